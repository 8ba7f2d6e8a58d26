//! What people believe about listening, and how it really is.

use harness::misconceptions;

misconceptions! { ALL:
    DATAGRAM = "datagram-socket" {
        why: "A socket's type says what it carries: SOCK_STREAM a stream of bytes over a connection (TCP), \
              SOCK_DGRAM single messages without one (UDP). Nobody can connect to a datagram socket.",
        fix: "{place} has to ask for Type::STREAM",
        read: "what-a-socket-is",
    }
    WRONG_FAMILY = "wrong-address-family" {
        why: "A socket's address family is fixed when it is opened. An IPv4 address can only be bound to a \
              socket of AF_INET.",
        fix: "{place} has to ask for Domain::IPV4",
        read: "what-a-socket-is",
    }
    NOT_FRESH = "not-a-fresh-socket" {
        why: "`socket` makes a new socket that has no address and listens to nobody. `bind` and `listen` \
              come later, each with its own call.",
        fix: "{place} has to open a new socket and do nothing else with it",
        read: "open",
    }
    LINGER = "closes-with-a-reset" {
        why: "With SO_LINGER set to zero, `close` throws away what has not been delivered and sends RST in \
              place of FIN: the peer learns that something broke, not that the conversation is over.",
        fix: "{place} must leave SO_LINGER alone",
        read: "accept_one",
    }
    BIND_FORGOTTEN = "bind-forgotten" {
        why: "A socket that was never bound has no address. `listen` then gives it a port that nobody \
              knows, on every interface of the machine.",
        fix: "{place} has to bind the socket to the address it was given",
        read: "bind_to",
    }
    WILDCARD = "bound-the-wildcard" {
        why: "The wildcard address, 0.0.0.0 or [::], stands for every interface of the machine: whoever can \
              reach the machine can reach the server. 127.0.0.1 can be reached from the machine itself only.",
        fix: "{place} has to bind the address it was given, not the wildcard",
        read: "loopback-and-the-wildcard",
    }
    OTHER_PORT = "bound-another-port" {
        why: "The port is how clients find the server. The caller of this function said which one it is to \
              be; port 0 means any that is free, and a new one each time.",
        fix: "{place} has to bind the port it was given",
        read: "ports",
    }
    OTHER_ADDRESS = "bound-another-address" {
        why: "An address says on which interface, and over which version of IP, the server can be reached. \
              127.0.0.1 is only one of many.",
        fix: "{place} has to bind the address it was given",
        read: "loopback-and-the-wildcard",
    }
    // ANCHOR: a_misconception
    REQUESTED_PORT = "requested-port-returned" {
        why: "Port 0 asks the kernel to choose a free port. Only the kernel knows which one it chose; \
              getsockname(2) asks it.",
        fix: "{place} has to return what `local_addr` says after the bind",
        read: "port-0",
    }
    // ANCHOR_END: a_misconception
    WRONG_ADDRESS_RETURNED = "wrong-address-returned" {
        why: "The caller of this function tells clients the address that it returns. A wrong one sends them \
              somewhere else.",
        fix: "{place} has to return what `local_addr` says after the bind",
        read: "port-0",
    }
    BIND_LISTENS = "bound-is-not-listening" {
        why: "`bind` gives a socket its address, `listen` opens the door. Between the two a server can get \
              everything ready while clients are still refused.",
        fix: "{place} must not call listen: that is what start_listening is for",
        read: "bound-is-not-listening",
    }
    LISTEN_FORGOTTEN = "listen-forgotten" {
        why: "A bound socket refuses every client until `listen` is called. From then on the kernel \
              completes handshakes by itself, even before `accept`.",
        fix: "{place} has to call listen on the socket",
        read: "start_listening",
    }
    BACKLOG_FIXED = "backlog-hard-coded" {
        why: "The backlog is how many callers may wait to be accepted. A busy server needs a long queue, \
              another wants to turn callers away early: whoever calls this function decides.",
        fix: "{place} has to hand its backlog on to listen",
        read: "backlog",
    }
    BIND_AFTER_LISTEN = "bind-after-listen" {
        why: "`listen` on a socket without an address gives it one, a port of the kernel's choice on every \
              interface. After that `bind` fails with EINVAL: the socket has an address already.",
        fix: "{place} has to bind first and listen then",
        read: "the-order-of-the-calls",
    }
    LISTENER_RETURNED = "listener-returned" {
        why: "`accept` makes a new socket for each caller. The listener stays what it is: it never carries \
              a byte, it only gives birth to sockets that do.",
        fix: "{place} has to return the socket that `accept` gives",
        read: "accept_one",
    }
    OWN_ADDRESS = "own-address-returned" {
        why: "A connection has two ends. `local_addr` is the server's own; the caller's is what `accept` \
              gives beside the new socket, and `peer_addr` knows it too.",
        fix: "{place} has to return the address that `accept` gives",
        read: "accept_one",
    }
    WRONG_CALLER = "wrong-caller-returned" {
        why: "The address that `accept` gives is the caller's own, port included. Servers log it, and limit \
              and block by it.",
        fix: "{place} has to return the address that `accept` gives, as it is",
        read: "accept_one",
    }
    NOT_CONNECTED = "not-the-callers-socket" {
        why: "The socket that `accept` gives is this caller's, open both ways, with every byte that the \
              caller sends still to be read.",
        fix: "{place} has to return the accepted socket untouched",
        read: "accept_one",
    }
    TOOK_BYTES = "accept-took-the-bytes" {
        why: "What a caller sends before it is accepted waits in the kernel, on the new socket. A byte that \
              is read is gone: whoever gets the socket will never see it.",
        fix: "{place} has to return the accepted socket without reading from it",
        read: "accept_one",
    }
    CALLER_LOST = "caller-turned-away" {
        why: "A caller may have sent all it has and hung up before it is accepted, or call from an address \
              that nobody thought of. It is a caller all the same: its bytes wait to be read, and `accept` gives its address, which `peer_addr` can no \
              longer tell once the connection was reset.",
        fix: "{place} has to return each caller that `accept` gives, with the address from `accept`",
        read: "accept_one",
    }
    OPTION_SET = "option-nobody-asked-for" {
        why: "An option stays with the socket, a listener hands its own on to each connection, and whoever \
              gets the socket does not know of it. A small buffer slows them all; TCP_DEFER_ACCEPT hides a \
              caller who waits for the first word.",
        fix: "{place} must leave the socket's options as they are",
        read: "accept_one",
    }
    PORT_JUDGED = "port-judged-by-its-number" {
        why: "Which ports are for everyone depends on the rights of the process and on a setting, so only the \
              kernel knows. `bind` asks it.",
        fix: "{place} has to call bind, whatever the port, and hand on what it says",
        read: "ports",
    }
    LISTENER_CHANGED = "listener-changed" {
        why: "The listener belongs to whoever opened it. Its backlog, and whether it listens at all, were \
              settled before the first `accept`.",
        fix: "{place} has to call accept and nothing else on the listener: no listen, no option",
        read: "accept_one",
    }
    PHANTOM_CALLER = "called-to-find-out" {
        why: "A connection that is made to find out whether somebody listens is a caller like any other: \
              the server accepts it, logs it, and waits for what it wants. `bind` and `listen` tell by \
              themselves whether they worked.",
        fix: "{place} must not connect to anything",
        read: "errors-are-values",
    }
    DID_NOT_WAIT = "accept-did-not-wait" {
        why: "`accept` on a blocking socket waits until somebody calls, for as long as it takes. That \
              nobody has called yet is no error.",
        fix: "{place} has to wait for a caller",
        read: "calls-that-wait",
    }
    WORKS_ONCE = "accept-works-once" {
        why: "A server accepts on the same listener again and again. Closing the listener, or shutting it \
              down, turns away everybody who still waits.",
        fix: "{place} must leave the listener open and listening",
        read: "accept_one",
    }
    TOOK_MORE = "accepted-more-than-one" {
        why: "Each `accept` takes one caller out of the queue. One that is taken out and dropped has been \
              hung up on.",
        fix: "{place} has to call accept once",
        read: "backlog",
    }
    IPV4_ONLY = "ipv4-only" {
        why: "An IPv6 address needs a socket of AF_INET6, an IPv4 address one of AF_INET. Which one it must \
              be follows from the address.",
        fix: "{place} has to take both kinds of address: Domain::for_address tells which socket one needs, and as_socket() gives an address of either kind",
        read: "two-versions-of-ip",
    }
    NO_REUSEADDR = "no-reuseaddr" {
        why: "The side that closes a connection first keeps it in TIME_WAIT for a minute or so, and with it \
              the port. SO_REUSEADDR, set before bind, says that such leftovers do not matter.",
        fix: "{place} has to set SO_REUSEADDR before it binds",
        read: "time_wait-and-so_reuseaddr",
    }
    REUSEPORT = "reuseport-shares-the-port" {
        why: "SO_REUSEPORT lets several sockets listen on one port, and the kernel deals out the callers \
              among them. A second server that was started by mistake then takes half of them, in silence.",
        fix: "{place} must not set SO_REUSEPORT; SO_REUSEADDR is what a restart needs",
        read: "time_wait-and-so_reuseaddr",
    }
    WRONG_CLASS = "error-misclassified" {
        why: "EADDRINUSE: another socket has the port. EACCES: ports below 1024 are not for everyone. \
              EADDRNOTAVAIL: no interface of this machine has the address. Each has another cure.",
        fix: "{place} has to look at the error's kind()",
        read: "explain",
    }
    CALLER_NOT_SHOWN = "program-does-not-show-callers" {
        why: "The line for a caller is all that one sees of a server at work, so it names the caller's \
              address.",
        fix: "{place} has to print one line for each caller, with the caller's address in it",
        read: "the-program",
    }
    CALLER_KEPT = "program-does-not-hang-up" {
        why: "A socket that is kept is a connection that stays open: the caller waits, and the server runs \
              out of descriptors.",
        fix: "{place} has to drop each accepted socket before it waits for the next caller",
        read: "the-program",
    }
    CALLER_ENDS_PROGRAM = "caller-ends-the-program" {
        why: "A caller may be gone before the server gets to it; calls on its connection fail then. That is \
              about this one caller, and the next is as welcome.",
        fix: "{place} has to go on to the next caller when a call on a connection gives an error",
        read: "the-program",
    }
}
