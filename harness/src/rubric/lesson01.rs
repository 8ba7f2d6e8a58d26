//! Lesson 01, listen: what each function must do, asked of the kernel.
//!
//! A case trusts nothing that a function says of itself. Where a function of the submission fails, the
//! case does the same with its own socket: only if that works is the failure the submission's.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use predicates::prelude::{Predicate, predicate};
use socket2::{Domain, Protocol, Socket, Type};

use crate::attempt::{Attempt, Shown};
use crate::cases;
use crate::conduct;
use crate::kernel;
use crate::lesson::{Lesson, Stop};
use crate::misconceptions;
use crate::program::{self, Ended, NotListening, Program};
use crate::watch::{self, Look};
use crate::wire::{Heard, Peer, free_address, has_ipv6, random_payload};

/// The functions of lesson 01, as one submission wrote them.
pub struct Functions {
    /// Opens a TCP socket over IPv4.
    pub open: fn() -> io::Result<Socket>,
    /// Binds, and returns the address that was really bound.
    pub bind_to: fn(&Socket, SocketAddr) -> io::Result<SocketAddr>,
    /// Listens with a backlog.
    pub start_listening: fn(&Socket, i32) -> io::Result<()>,
    /// Accepts one caller: the new socket, and who called.
    pub accept_one: fn(&Socket) -> io::Result<(Socket, SocketAddr)>,
    /// All of it, over IPv4 or IPv6, restartable at once.
    pub listen_on: fn(SocketAddr, i32) -> io::Result<Socket>,
    /// Says why an address could not be bound.
    pub explain: fn(&io::Error) -> BindError,
}

/// The submission's own `BindError`, in the grader's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindError {
    /// EADDRINUSE.
    PortTaken,
    /// EACCES.
    NotAllowed,
    /// EADDRNOTAVAIL.
    NotOurAddress,
    /// Anything else.
    Other,
}

/// Lesson 01.
pub static LESSON: Lesson<Functions> = Lesson {
    number: 1,
    name: "listen",
    chapter: "book/src/lesson01-listen.md",
    cases: cases! {
        "open" {
            opens_a_tcp_socket_over_ipv4,
            opens_a_new_socket_each_time,
            returns_the_error_of_socket,
        }
        "bind_to" {
            binds_the_address_it_was_given,
            returns_the_port_that_the_kernel_chose,
            does_not_listen_yet,
            binds_a_socket_of_ipv6_too,
            returns_the_error_of_bind,
            lets_no_second_socket_share_the_port,
        }
        "start_listening" {
            lets_clients_connect,
            hands_the_backlog_on,
            returns_the_error_of_listen,
        }
        "accept_one" {
            returns_a_socket_that_talks_to_the_caller,
            returns_the_address_of_the_caller,
            waits_until_somebody_calls,
            accepts_one_caller_after_another,
            accepts_callers_over_ipv6,
            takes_a_caller_who_has_hung_up,
            returns_the_error_of_accept,
        }
        "listen_on" {
            listens_on_the_address_it_was_given,
            gives_the_backlog_it_was_given,
            listens_on_ipv6_too,
            refuses_a_second_server,
            can_be_restarted_at_once,
            stops_listening_when_dropped,
            returns_the_error_that_stopped_it,
        }
        "explain" {
            tells_a_taken_port,
            tells_a_forbidden_port,
            tells_an_address_that_is_not_ours,
            calls_the_rest_other,
        }
        "main" {
            says_where_it_listens,
            prints_each_caller_and_hangs_up,
            says_what_is_wrong_with_an_address,
            says_why_it_cannot_listen,
        }
    },
    misconceptions: ALL,
};

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
    LEFT_NONBLOCKING = "left-nonblocking" {
        why: "On a non-blocking socket, a call that would have to wait fails with WouldBlock. Whoever \
              gets the socket expects `accept` and `recv` to wait.",
        fix: "{place} must hand the socket on in blocking mode",
        read: "calls-that-wait",
    }
    LEFT_TIMEOUT = "left-a-timeout" {
        why: "A time-out that is set on a socket stays on it: every later `accept` or `recv` gives up \
              after that time, and fails with WouldBlock.",
        fix: "{place} must leave the socket without a time-out",
        read: "calls-that-wait",
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
    REQUESTED_PORT = "requested-port-returned" {
        why: "Port 0 asks the kernel to choose a free port. Only the kernel knows which one it chose; \
              getsockname(2) asks it.",
        fix: "{place} has to return what `local_addr` says after the bind",
        read: "port-0",
    }
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
        why: "A caller may have sent all it has and hung up before it is accepted. It is a caller all the \
              same: its bytes wait to be read, and `accept` gives its address, which `peer_addr` can no \
              longer tell once the connection was reset.",
        fix: "{place} has to return each caller that `accept` gives, with the address from `accept`",
        read: "accept_one",
    }
    LISTENER_CHANGED = "listener-changed" {
        why: "The listener belongs to whoever opened it. Its backlog, and whether it listens at all, were \
              settled before the first `accept`.",
        fix: "{place} has to call accept, and to leave the listener as it is",
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
        fix: "{place} has to open a socket of the address's own family: Domain::for_address tells it",
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
        fix: "{place} has to set SO_REUSEADDR, not SO_REUSEPORT",
        read: "time_wait-and-so_reuseaddr",
    }
    UNEXPECTED_ERROR = "failed-where-it-could-work" {
        why: "The grader made the same calls with a socket of its own, and they worked.",
        fix: "{place}: find out which of its calls gives this error; the man page lists what each one means",
        read: "errors-are-values",
    }
    ERROR_UNWRAPPED = "error-unwrapped" {
        why: "A taken port is no bug in the program, and `unwrap` turns it into a crash. Who called the \
              function could have tried another port, had it been told.",
        fix: "{place} has to return the error: `?` in place of unwrap or expect",
        read: "errors-are-values",
    }
    ERROR_SWALLOWED = "error-swallowed" {
        why: "A function that says Ok when the kernel said no leaves its caller with a server that nobody \
              can reach, and with no idea why.",
        fix: "{place} has to return the error that the call gave",
        read: "errors-are-values",
    }
    ERROR_REPLACED = "error-replaced" {
        why: "The kernel's error says exactly what is wrong. Another one in its place sends the caller of \
              the function looking in the wrong direction.",
        fix: "{place} has to return the error as it came from the call",
        read: "errors-are-values",
    }
    ERROR_RETRIED = "error-retried-for-ever" {
        why: "Some errors go away by themselves, most do not. To try again at once, whatever the error, is \
              to try for ever.",
        fix: "{place} has to return the error, not go on in a loop",
        read: "errors-are-values",
    }
    WRONG_CLASS = "error-misclassified" {
        why: "EADDRINUSE: another socket has the port. EACCES: ports below 1024 are not for everyone. \
              EADDRNOTAVAIL: no interface of this machine has the address. Each has another cure.",
        fix: "{place} has to look at the error's kind() or raw_os_error()",
        read: "explain",
    }
    SILENT_PROGRAM = "program-does-not-say-where" {
        why: "With port 0 only the program knows where it listens. Who started it waits for the line \
              `listening on ADDR`, on stdout, and then calls ADDR.",
        fix: "{place} has to print `listening on ADDR`, with the address really bound, once it listens",
        read: "the-program",
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
    BAD_EXIT = "program-fails-without-a-word" {
        why: "A script sees only the exit code, a person only stderr. Both need to be told, and the person \
              needs to know which address is meant.",
        fix: "{place} has to say on stderr which address it could not take, and exit with 1, or 2 for \
              arguments that make no sense",
        read: "the-program",
    }
}

/// `127.0.0.1:0`.
const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
/// `[::1]:0`.
const ANY_PORT_V6: SocketAddr = SocketAddr::new(std::net::IpAddr::V6(Ipv6Addr::LOCALHOST), 0);
/// How often a case tries again when somebody else took the port that it had looked out.
const TRIES: usize = 20;

// open

fn opens_a_tcp_socket_over_ipv4(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let open = f.open;
    let socket = attempt.call("open", "open()", open)?;
    let socket = or_trouble(socket, || own_socket(ANY_PORT).map(drop), "open()")?;
    // A bound or connected socket has an address: this one must not. An unbound one of IPv6 still has
    // its family in the answer.
    let kind = socket.r#type()?;
    attempt.fact(
        "its type",
        if kind == Type::STREAM {
            "stream"
        } else {
            "datagram"
        },
    );
    if kind != Type::STREAM {
        attempt.remark("expected stream");
        return Err(DATAGRAM.seen("open() gave a socket that is not of type SOCK_STREAM."));
    }
    let addr = socket.local_addr()?;
    let family = if addr.is_ipv4() {
        "IPv4"
    } else if addr.is_ipv6() {
        "IPv6"
    } else {
        "another"
    };
    attempt.fact("its address family", family);
    if !addr.is_ipv4() {
        attempt.remark("expected IPv4");
        return Err(WRONG_FAMILY.seen(format!("open() gave a socket of the family {family}.")));
    }
    if let Some(bound) = addr.as_socket()
        && bound.port() != 0
    {
        attempt.fact("its address", bound.to_string());
        attempt.remark("expected none yet");
        return Err(NOT_FRESH.seen(format!(
            "open() gave a socket that is bound to {bound} already."
        )));
    }
    left_usable(attempt, &socket, "open()")
}

fn opens_a_new_socket_each_time(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let open = f.open;
    let first = attempt.call("open", "open()", open)?;
    let first = or_trouble(first, || own_socket(ANY_PORT).map(drop), "open()")?;
    let second = attempt.call("open", "open()", open)?;
    let second = or_trouble(second, || own_socket(ANY_PORT).map(drop), "open()")?;
    // Two handles to one socket share its address: what is bound through one shows in the other.
    first.bind(&ANY_PORT.into())?;
    let bound = first.local_addr()?.as_socket();
    if second.local_addr()?.as_socket() == bound {
        attempt.fact("bind on the first", "shows in the second, too");
        return Err(NOT_FRESH.seen("open() gave the same socket twice."));
    }
    Ok(())
}

fn returns_the_error_of_socket(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let open = f.open;
    let result = without_descriptors(attempt, |attempt| attempt.call("open", "open()", open))?;
    must_fail_as(
        result,
        &os_error(OsError::TooManyOpen),
        "no descriptor is left",
        "open",
    )
}

/// Does `work` while this process can open nothing more.
fn without_descriptors<T>(
    attempt: &mut Attempt,
    work: impl FnOnce(&mut Attempt) -> T,
) -> Result<T, Stop> {
    // The lowest free number is the first that a socket would get.
    let lowest = own_socket(ANY_PORT)?;
    let Some(before) = kernel::limit_descriptors(lowest_number(&lowest)) else {
        return Err(Stop::Skip(
            "this system knows no limit for descriptors".to_owned(),
        ));
    };
    drop(lowest);
    attempt.fact(
        "the limit for descriptors is reached",
        "nothing more can be opened",
    );
    let result = work(attempt);
    kernel::limit_descriptors(before);
    Ok(result)
}

fn lowest_number(socket: &Socket) -> u64 {
    #[cfg(unix)]
    return u64::try_from(std::os::fd::AsRawFd::as_raw_fd(socket)).unwrap_or(0);
    #[cfg(not(unix))]
    {
        let _ = socket;
        0
    }
}

// bind_to

fn binds_the_address_it_was_given(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    bind_at_a_given_port(f, attempt, ANY_PORT)?;
    match another_loopback_address() {
        Some(another) => bind_at_a_given_port(f, attempt, another),
        None => Ok(()),
    }
}

fn bind_at_a_given_port(
    f: &Functions,
    attempt: &mut Attempt,
    like: SocketAddr,
) -> Result<(), Stop> {
    for _ in 0..TRIES {
        let asked = free_address(like)?;
        let socket = Arc::new(own_socket(like)?);
        let result = bind(f, attempt, &socket, asked)?;
        if let Err(error) = &result
            && error.kind() == io::ErrorKind::AddrInUse
            && own_listener(asked).is_err()
        {
            // Somebody took the port between the look and the call.
            continue;
        }
        return judge_bound(attempt, &socket, asked, result);
    }
    Err(Stop::Trouble(
        "no port stayed free for as long as a call takes".to_owned(),
    ))
}

fn returns_the_port_that_the_kernel_chose(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    // Twice, and both at once: a fixed port, or one remembered, shows at the second.
    let first = Arc::new(own_socket(ANY_PORT)?);
    let result = bind(f, attempt, &first, ANY_PORT)?;
    judge_bound(attempt, &first, ANY_PORT, result)?;
    let second = Arc::new(own_socket(ANY_PORT)?);
    let result = bind(f, attempt, &second, ANY_PORT)?;
    if let Err(error) = &result
        && error.kind() == io::ErrorKind::AddrInUse
    {
        return Err(OTHER_PORT.seen(
            "The second socket that was to have any free port got none, while the first one had its own: \
             both asked for the same port.",
        ));
    }
    judge_bound(attempt, &second, ANY_PORT, result)
}

fn does_not_listen_yet(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let socket = Arc::new(own_socket(ANY_PORT)?);
    let result = bind(f, attempt, &socket, ANY_PORT)?;
    judge_bound(attempt, &socket, ANY_PORT, result)?;
    if let Some(addr) = socket.local_addr()?.as_socket()
        && Peer::connect("client", addr, &attempt.recorder()).is_ok()
    {
        attempt.remark("expected: refused");
        return Err(BIND_LISTENS.seen("A client could connect to the socket after bind_to alone."));
    }
    Ok(())
}

fn binds_a_socket_of_ipv6_too(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    needs_ipv6()?;
    let socket = Arc::new(own_socket(ANY_PORT_V6)?);
    match bind(f, attempt, &socket, ANY_PORT_V6) {
        Err(stop) => Err(stop.rather(
            &conduct::PANICKED,
            &IPV4_ONLY,
            "bind_to panicked when it was given [::1].",
        )),
        Ok(Err(error)) => Err(IPV4_ONLY.seen(format!(
            "bind_to could not bind [::1] to a socket of IPv6: {error}."
        ))),
        Ok(result) => judge_bound(attempt, &socket, ANY_PORT_V6, result),
    }
}

fn returns_the_error_of_bind(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let taken = own_listener(ANY_PORT)?;
    let addr = internet_address(&taken)?;
    attempt.fact(format!("another socket listens on {addr}"), "");
    let socket = Arc::new(own_socket(ANY_PORT)?);
    let result = bind(f, attempt, &socket, addr);
    must_fail(
        result,
        io::ErrorKind::AddrInUse,
        "the port is taken",
        "bind_to",
    )?;

    let bound = Arc::new(own_socket(ANY_PORT)?);
    bound.bind(&ANY_PORT.into())?;
    if let Err(expected) = bound.bind(&ANY_PORT.into()) {
        attempt.fact(
            "another socket has an address already",
            internet_address(&bound)?.to_string(),
        );
        let result = bind(f, attempt, &bound, ANY_PORT);
        must_fail_as(
            result,
            &expected,
            "the socket has an address already",
            "bind_to",
        )?;
    }
    if let Some(addr) = forbidden_address() {
        attempt.fact(
            format!("port {} is below 1024", addr.port()),
            "not for everyone",
        );
        let socket = Arc::new(own_socket(ANY_PORT)?);
        let result = bind(f, attempt, &socket, addr);
        must_fail(
            result,
            io::ErrorKind::PermissionDenied,
            "the port is not for everyone",
            "bind_to",
        )?;
    }
    Ok(())
}

fn lets_no_second_socket_share_the_port(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let first = Arc::new(own_socket(ANY_PORT)?);
    let result = bind(f, attempt, &first, ANY_PORT)?;
    let addr = or_trouble(result, || own_listener(ANY_PORT).map(drop), "bind_to")?;
    first.listen(1)?;
    attempt.fact("the socket listens", "");
    let second = Arc::new(own_socket(ANY_PORT)?);
    match bind(f, attempt, &second, addr) {
        Ok(Ok(_)) if internet_address(&second)? == addr => {
            attempt.remark("expected an error");
            Err(REUSEPORT.seen(format!(
                "One socket listens on {addr}, and bind_to gave the same address to a second."
            )))
        }
        result => must_fail(
            result,
            io::ErrorKind::AddrInUse,
            "the port is taken",
            "bind_to",
        ),
    }
}

/// An address that this process may not bind, below 1024 and free; `None` where everybody may. As root,
/// the right is given up first: this process ends with the case.
fn forbidden_address() -> Option<SocketAddr> {
    kernel::forbid_low_ports();
    (0..TRIES).find_map(|_| {
        let addr = SocketAddr::new(ANY_PORT.ip(), fastrand::u16(600..1024));
        let error = own_socket(addr).ok()?.bind(&addr.into()).err()?;
        (error.kind() == io::ErrorKind::PermissionDenied).then_some(addr)
    })
}

fn bind(
    f: &Functions,
    attempt: &mut Attempt,
    socket: &Arc<Socket>,
    addr: SocketAddr,
) -> Result<io::Result<SocketAddr>, Stop> {
    let (bind_to, socket) = (f.bind_to, Arc::clone(socket));
    attempt.call("bind_to", format!("bind_to(socket, {addr})"), move || {
        bind_to(&socket, addr)
    })
}

/// Is the socket bound as it was asked for, and is that what was returned?
fn judge_bound(
    attempt: &mut Attempt,
    socket: &Socket,
    asked: SocketAddr,
    result: io::Result<SocketAddr>,
) -> Result<(), Stop> {
    let returned = or_trouble(
        result,
        || own_socket(asked)?.bind(&SocketAddr::new(asked.ip(), 0).into()),
        "bind_to",
    )?;
    let bound = right_address(attempt, socket, asked, "bind_to")?;
    if returned == bound {
        return left_usable(attempt, socket, "bind_to");
    }
    attempt.remark("expected bind_to to return this");
    let what = format!("bind_to returned {returned}, and the socket is bound to {bound}.");
    if asked.port() == 0 && returned.port() == 0 {
        Err(REQUESTED_PORT.seen(what))
    } else {
        Err(WRONG_ADDRESS_RETURNED.seen(what))
    }
}

/// The address of a socket that was to be bound to `asked`, by the kernel's account.
fn right_address(
    attempt: &mut Attempt,
    socket: &Socket,
    asked: SocketAddr,
    function: &str,
) -> Result<SocketAddr, Stop> {
    let bound = internet_address(socket)?;
    attempt.fact("the kernel says: bound to", bound.to_string());
    if bound.ip() == asked.ip()
        && (asked.port() == 0 || bound.port() == asked.port())
        && bound.port() != 0
    {
        return Ok(bound);
    }
    attempt.remark(format!("expected {asked}"));
    if bound.port() == 0 {
        return Err(BIND_FORGOTTEN.seen(format!("{function} left the socket without an address.")));
    }
    let what =
        format!("{function} was asked for {asked}; the kernel says that the socket is on {bound}.");
    if bound.ip().is_unspecified() {
        // An unbound socket that listens is on the wildcard too, with a port of the kernel's choice.
        let by_the_kernel = asked.port() != 0 && bound.port() != asked.port();
        return Err(if by_the_kernel {
            BIND_FORGOTTEN.seen(what)
        } else {
            WILDCARD.seen(what)
        });
    }
    Err(if bound.ip() == asked.ip() {
        OTHER_PORT.seen(what)
    } else {
        OTHER_ADDRESS.seen(what)
    })
}

// start_listening

fn lets_clients_connect(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let socket = Arc::new(own_socket(ANY_PORT)?);
    socket.bind(&ANY_PORT.into())?;
    let addr = internet_address(&socket)?;
    let result = listen(f, attempt, &socket, 8)?;
    or_trouble(
        result,
        || own_listener(ANY_PORT).map(drop),
        "start_listening",
    )?;
    left_usable(attempt, &socket, "start_listening")?;
    nobody_called(attempt, &socket, "start_listening")?;
    must_listen(attempt, &socket, addr, "start_listening")?;
    if internet_address(&socket)? != addr {
        return Err(OTHER_ADDRESS.seen("start_listening moved the socket to another address."));
    }
    Ok(())
}

/// No caller may be waiting on `listener`: nobody has called yet.
fn nobody_called(attempt: &mut Attempt, listener: &Socket, function: &str) -> Result<(), Stop> {
    if kernel::is_listening(listener) == Some(false) {
        return Ok(());
    }
    listener.set_nonblocking(true)?;
    let caller = listener.accept();
    listener.set_nonblocking(false)?;
    if caller.is_err() {
        return Ok(());
    }
    attempt.fact(
        "a caller is waiting on the listener",
        "the grader did not call",
    );
    Err(PHANTOM_CALLER.seen(format!(
        "{function} connected to the listener, which took it for a client."
    )))
}

fn hands_the_backlog_on(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    for backlog in several_backlogs() {
        let socket = Arc::new(own_socket(ANY_PORT)?);
        socket.bind(&ANY_PORT.into())?;
        let result = listen(f, attempt, &socket, backlog)?;
        or_trouble(
            result,
            || own_listener(ANY_PORT).map(drop),
            "start_listening",
        )?;
        right_backlog(attempt, &socket, backlog, "start_listening")?;
    }
    Ok(())
}

fn returns_the_error_of_listen(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    // A datagram socket cannot listen, on any system.
    let socket = Arc::new(Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?);
    socket.bind(&ANY_PORT.into())?;
    let Err(expected) = socket.listen(1) else {
        return Err(Stop::Skip("a datagram socket can listen here".to_owned()));
    };
    attempt.fact("the socket is a datagram socket", "it cannot listen");
    let result = listen(f, attempt, &socket, 8);
    must_fail_as(
        result,
        &expected,
        "a datagram socket cannot listen",
        "start_listening",
    )?;

    // With SO_REUSEADDR several sockets may be bound to one address; only one of them may listen.
    let rivals = [own_socket(ANY_PORT)?, own_socket(ANY_PORT)?];
    let [first, second] = rivals.map(Arc::new);
    let share = |socket: &Socket, addr: SocketAddr| -> io::Result<()> {
        socket.set_reuse_address(true)?;
        socket.bind(&addr.into())
    };
    share(&first, ANY_PORT)?;
    let addr = internet_address(&first)?;
    if share(&second, addr).is_err() || first.listen(1).is_err() {
        return Ok(());
    }
    if let Err(expected) = second.listen(1) {
        attempt.fact(format!("another socket listens on {addr}"), "");
        let result = listen(f, attempt, &second, 8);
        must_fail_as(result, &expected, "the port is taken", "start_listening")?;
    }
    Ok(())
}

fn listen(
    f: &Functions,
    attempt: &mut Attempt,
    socket: &Arc<Socket>,
    backlog: i32,
) -> Result<io::Result<()>, Stop> {
    let (start_listening, socket) = (f.start_listening, Arc::clone(socket));
    let text = format!("start_listening(socket, {backlog})");
    attempt.call("start_listening", text, move || {
        start_listening(&socket, backlog)
    })
}

/// Does the socket listen, by the kernel's account and by a client's?
fn must_listen(
    attempt: &mut Attempt,
    socket: &Socket,
    addr: SocketAddr,
    function: &str,
) -> Result<(), Stop> {
    if kernel::is_listening(socket) == Some(false) {
        attempt.fact("the kernel says: listening", "no");
        attempt.remark("expected yes");
        return Err(LISTEN_FORGOTTEN.seen(format!(
            "{function} returned Ok, and the socket does not listen."
        )));
    }
    match Peer::connect("client", addr, &attempt.recorder()) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            attempt.remark("expected the connection to be made");
            Err(LISTEN_FORGOTTEN.seen(format!(
                "{function} returned Ok, and a client was refused at {addr}."
            )))
        }
        Err(error) => Err(error.into()),
    }
}

/// Backlogs that nobody would write into a program. The last may be more than a system allows.
fn several_backlogs() -> [i32; 3] {
    let first = fastrand::i32(3..40);
    [
        first,
        first + fastrand::i32(11..40),
        fastrand::i32(300..1000),
    ]
}

fn right_backlog(
    attempt: &mut Attempt,
    socket: &Socket,
    backlog: i32,
    function: &'static str,
) -> Result<(), Stop> {
    // The system may have its own idea of the longest queue: ask what it makes of this backlog.
    let own = own_socket(ANY_PORT)?;
    own.bind(&ANY_PORT.into())?;
    own.listen(backlog)?;
    let Some(expected) = kernel::backlog(&own) else {
        return Err(Stop::Skip(
            "only Linux tells how long a listener's queue is".to_owned(),
        ));
    };
    if kernel::is_listening(socket) == Some(false) {
        return Err(LISTEN_FORGOTTEN.seen(format!(
            "{function} returned Ok, and the socket does not listen."
        )));
    }
    let found = kernel::backlog(socket).unwrap_or(0);
    attempt.fact(
        "the kernel says: room for",
        format!("{found} waiting callers"),
    );
    if found == expected {
        return Ok(());
    }
    attempt.remark(format!("expected {expected}"));
    Err(BACKLOG_FIXED.seen(format!(
        "{function} was given a backlog of {backlog}; the kernel has one of {found}."
    )))
}

// accept_one

fn returns_a_socket_that_talks_to_the_caller(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let listener = Arc::new(own_listener(ANY_PORT)?);
    let addr = internet_address(&listener)?;
    let mut client = Peer::connect("client", addr, &attempt.recorder())?;
    let payload = random_payload(6);
    // Sent before the call: what waits to be read when the caller is accepted must still be there.
    client.send(&payload)?;
    let accepted = accept(f, attempt, &listener)?;
    let (socket, _) = or_trouble(accepted, || Ok(()), "accept_one")?;
    is_callers_socket(attempt, &socket, &client)?;
    left_usable(attempt, &socket, "accept_one")?;
    left_usable(attempt, &listener, "accept_one")?;
    must_still_hold(attempt, &socket, &payload)?;
    let answer = random_payload(5);
    let sent = (&socket).write_all(&answer);
    match client.hear(answer.len()) {
        Heard::Bytes(heard) if heard == answer => {}
        _ => {
            attempt.remark(format!("expected {answer:02x?}"));
            return Err(NOT_CONNECTED.seen(match sent {
                Err(error) => format!(
                    "Nothing can be sent over the socket that accept_one returned: {error}."
                ),
                Ok(()) => {
                    "What was sent over the returned socket did not reach the client.".to_owned()
                }
            }));
        }
    }
    // Dropped, the socket hangs up: unless another handle to it is kept.
    drop(socket);
    attempt.fact("the returned socket is dropped", "");
    match client.hear_end() {
        Heard::Fin(_) => Ok(()),
        Heard::Reset(_) => {
            attempt.remark("expected FIN");
            Err(LINGER
                .seen("The returned socket was dropped, and the client's connection was reset."))
        }
        Heard::Bytes(_) | Heard::Nothing(..) => {
            attempt.remark("expected FIN");
            Err(conduct::LEFT_OPEN.seen(
                "The returned socket was dropped, and the client did not see the end of the connection.",
            ))
        }
    }
}

/// What the client sent can be read from the socket that was returned for it.
fn must_still_hold(attempt: &mut Attempt, socket: &Socket, payload: &[u8]) -> Result<(), Stop> {
    let mut got = vec![0; payload.len()];
    let mut filled = 0;
    let read = watch::until(&watch::DUE, |slice| {
        if socket.set_read_timeout(Some(slice)).is_err() {
            return Look::Done(());
        }
        match (&mut &*socket).read(&mut got[filled..]) {
            Ok(0) => Look::Done(()),
            Ok(more) => {
                filled += more;
                if filled == payload.len() {
                    Look::Done(())
                } else {
                    Look::Progress
                }
            }
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
                ) =>
            {
                Look::Nothing
            }
            Err(_) => Look::Done(()),
        }
    });
    got.truncate(filled);
    if read.is_ok() && got == payload {
        return Ok(());
    }
    attempt.fact(
        "reading from the returned socket gives",
        format!("{got:02x?}"),
    );
    attempt.remark(format!("expected {payload:02x?}"));
    Err(TOOK_BYTES.seen(
        "What the client had sent could not be read from the socket that accept_one returned.",
    ))
}

fn returns_the_address_of_the_caller(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let listener = Arc::new(own_listener(ANY_PORT)?);
    let addr = internet_address(&listener)?;
    // Twice: an address that is remembered shows at the second.
    for name in ["A", "B"] {
        let client = match Peer::connect(name, addr, &attempt.recorder()) {
            Err(_) if name == "B" => {
                return Err(
                    WORKS_ONCE.seen("After the first caller the listener refused the second.")
                );
            }
            client => client?,
        };
        let accepted = accept(f, attempt, &listener)?;
        let (_socket, returned) = or_trouble(accepted, || Ok(()), "accept_one")?;
        right_caller(attempt, returned, client.addr()?, addr)?;
    }
    Ok(())
}

fn right_caller(
    attempt: &mut Attempt,
    returned: SocketAddr,
    caller: SocketAddr,
    own: SocketAddr,
) -> Result<(), Stop> {
    if returned == caller {
        return Ok(());
    }
    attempt.fact("the client calls from", caller.to_string());
    attempt.remark("expected accept_one to return this");
    Err(if returned == own {
        OWN_ADDRESS.seen(format!(
            "accept_one returned {returned}, which is the listener's own address."
        ))
    } else {
        WRONG_CALLER.seen(format!(
            "accept_one returned {returned}; the caller is {caller}."
        ))
    })
}

fn waits_until_somebody_calls(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let listener = Arc::new(own_listener(ANY_PORT)?);
    let addr = internet_address(&listener)?;
    let (accept_one, theirs) = (f.accept_one, Arc::clone(&listener));
    let call = attempt.start("accept_one", "accept_one(listener)", move || {
        accept_one(&theirs)
    });
    // A call that busies itself until a client comes gets its client at once, and is judged by what it
    // returns; one that returns before that has not waited.
    let early = if cfg!(target_os = "linux") {
        attempt.until_it_waits(&call)
    } else {
        attempt.poll(&call)
    };
    if let Some(early) = early {
        return Err(match early {
            Ok(Err(error)) => DID_NOT_WAIT.seen(format!(
                "With nobody calling, accept_one returned the error {error:?}.",
                error = error.to_string()
            )),
            Ok(Ok(_)) => DID_NOT_WAIT.seen("With nobody calling, accept_one returned a socket."),
            Err(stop) => stop,
        });
    }
    let client = Peer::connect("client", addr, &attempt.recorder())?;
    let (_socket, returned) = or_trouble(attempt.finish(call)?, || Ok(()), "accept_one")?;
    right_caller(attempt, returned, client.addr()?, addr)
}

fn accepts_one_caller_after_another(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let listener = Arc::new(own_listener(ANY_PORT)?);
    let addr = internet_address(&listener)?;
    let room = kernel::backlog(&listener);
    let mut clients = Vec::new();
    for name in ["A", "B", "C"] {
        clients.push(Peer::connect(name, addr, &attempt.recorder())?);
    }
    let callers = clients
        .iter()
        .map(Peer::addr)
        .collect::<io::Result<Vec<_>>>()?;
    for (number, client) in clients.iter_mut().enumerate() {
        let accepted = match accept(f, attempt, &listener) {
            Err(stop) if number > 0 => {
                return Err(stop.rather(
                    &conduct::NEVER_RETURNED,
                    &TOOK_MORE,
                    "Three clients were waiting; the first call returned, and a later one found none left.",
                ));
            }
            accepted => accepted?,
        };
        let (socket, _) = match accepted {
            Err(error) if number > 0 => {
                let error = error.to_string();
                return Err(WORKS_ONCE.seen(format!(
                    "accept_one worked once; then it gave the error {error:?}."
                )));
            }
            accepted => or_trouble(accepted, || Ok(()), "accept_one")?,
        };
        let peer = socket.peer_addr().ok().and_then(|peer| peer.as_socket());
        if peer != Some(callers[number]) && peer.is_some_and(|peer| callers.contains(&peer)) {
            return Err(TOOK_MORE.seen(
                "Three clients were waiting, and were not returned one by one, in the order of their calls.",
            ));
        }
        is_callers_socket(attempt, &socket, client)?;
        let payload = random_payload(4);
        client.send(&payload)?;
        must_still_hold(attempt, &socket, &payload)?;
    }
    drop(clients);
    if kernel::is_listening(&listener) == Some(false) {
        return Err(WORKS_ONCE.seen("After three callers the listener does not listen any more."));
    }
    if kernel::backlog(&listener) != room {
        return Err(LISTENER_CHANGED.seen("After three callers the listener has another backlog."));
    }
    left_usable(attempt, &listener, "accept_one")
}

fn accepts_callers_over_ipv6(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    needs_ipv6()?;
    let listener = Arc::new(own_listener(ANY_PORT_V6)?);
    let addr = internet_address(&listener)?;
    let client = Peer::connect("client", addr, &attempt.recorder())?;
    match accept(f, attempt, &listener) {
        Ok(Err(error)) => Err(IPV4_ONLY.seen(format!(
            "accept_one could not take a caller over IPv6: {error}."
        ))),
        Err(stop) => Err(stop
            .rather(
                &conduct::PANICKED,
                &IPV4_ONLY,
                "accept_one panicked at a caller over IPv6.",
            )
            .rather(
                &conduct::NEVER_RETURNED,
                &IPV4_ONLY,
                "accept_one did not take a caller over IPv6.",
            )),
        Ok(Ok((_socket, returned))) => right_caller(attempt, returned, client.addr()?, addr),
    }
}

fn takes_a_caller_who_has_hung_up(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let listener = Arc::new(own_listener(ANY_PORT)?);
    let addr = internet_address(&listener)?;
    // With something to read first, and with nothing at all.
    for (name, length) in [("A", 4), ("B", 0)] {
        let mut client = Peer::connect(name, addr, &attempt.recorder())?;
        let payload = random_payload(length);
        if length > 0 {
            client.send(&payload)?;
        }
        client.half_close()?;
        let lost = "A client half-closed before it was accepted; accept_one did not return it.";
        let accepted = accept(f, attempt, &listener)
            .map_err(|stop| stop.rather(&conduct::NEVER_RETURNED, &CALLER_LOST, lost))?;
        let (socket, _) = or_trouble(accepted, || Ok(()), "accept_one")?;
        is_callers_socket(attempt, &socket, &client)?;
        if length > 0 {
            must_still_hold(attempt, &socket, &payload)?;
        }
    }

    // Other systems may say ECONNABORTED, or nothing at all.
    if cfg!(target_os = "linux") {
        let client = Peer::connect("C", addr, &attempt.recorder())?;
        let caller = client.addr()?;
        client.reset()?;
        let lost =
            "A client called and reset the connection at once; accept_one did not return it.";
        let accepted = accept(f, attempt, &listener)
            .map_err(|stop| stop.rather(&conduct::NEVER_RETURNED, &CALLER_LOST, lost))?;
        match accepted {
            Ok((_socket, returned)) => right_caller(attempt, returned, caller, addr)?,
            Err(error) => {
                return Err(CALLER_LOST.seen(format!(
                    "A client called and reset the connection at once; accept_one gave the error {:?}.",
                    error.to_string()
                )));
            }
        }
    }
    Ok(())
}

fn returns_the_error_of_accept(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let socket = Arc::new(own_socket(ANY_PORT)?);
    socket.bind(&ANY_PORT.into())?;
    let Err(expected) = socket.accept() else {
        return Err(Stop::Skip(
            "a socket that does not listen accepts here".to_owned(),
        ));
    };
    attempt.fact("the socket is bound, and does not listen", "");
    let result = accept(f, attempt, &socket);
    if kernel::is_listening(&socket) == Some(true) {
        return Err(LISTENER_CHANGED.seen("accept_one made a socket listen that did not."));
    }
    must_fail_as(
        result,
        &expected,
        "a socket that does not listen has no callers",
        "accept_one",
    )?;

    let listener = Arc::new(own_listener(ANY_PORT)?);
    let _client = Peer::connect("client", internet_address(&listener)?, &attempt.recorder())?;
    let result = without_descriptors(attempt, |attempt| accept(f, attempt, &listener))?;
    must_fail_as(
        result,
        &os_error(OsError::TooManyOpen),
        "no descriptor is left",
        "accept_one",
    )
}

fn accept(
    f: &Functions,
    attempt: &mut Attempt,
    listener: &Arc<Socket>,
) -> Result<io::Result<(Socket, SocketAddr)>, Stop> {
    // A signal may interrupt accept(2), and whoever calls this function is meant to try again.
    for _ in 0..TRIES {
        let (accept_one, listener) = (f.accept_one, Arc::clone(listener));
        let result = attempt.call("accept_one", "accept_one(listener)", move || {
            accept_one(&listener)
        })?;
        match result {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return Ok(result),
        }
    }
    Err(ERROR_REPLACED
        .seen("accept_one gave the error Interrupted again and again; no signal had come."))
}

/// Is this the socket of `client`'s connection?
fn is_callers_socket(attempt: &mut Attempt, socket: &Socket, client: &Peer) -> Result<(), Stop> {
    let peer = socket.peer_addr().ok().and_then(|peer| peer.as_socket());
    if peer == Some(client.addr()?) {
        return Ok(());
    }
    attempt.fact(
        "the returned socket talks to",
        peer.map_or("nobody".to_owned(), |peer| peer.to_string()),
    );
    attempt.remark(format!("expected {}", client.addr()?));
    if kernel::is_listening(socket) == Some(true) {
        return Err(
            LISTENER_RETURNED.seen("The socket that accept_one returned is the listener itself.")
        );
    }
    Err(NOT_CONNECTED.seen("The socket that accept_one returned is not connected to the caller."))
}

// listen_on

fn listens_on_the_address_it_was_given(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    // First a given port, which tells a forgotten bind from the wildcard; then any port.
    listen_on_a_given_port(f, attempt, ANY_PORT)?;
    let result = listen_on(f, attempt, ANY_PORT, 8)?;
    judge_listener(attempt, ANY_PORT, result)?;
    match another_loopback_address() {
        Some(another) => listen_on_a_given_port(f, attempt, another),
        None => Ok(()),
    }
}

fn listen_on_a_given_port(
    f: &Functions,
    attempt: &mut Attempt,
    like: SocketAddr,
) -> Result<(), Stop> {
    for _ in 0..TRIES {
        let asked = free_address(like)?;
        let result = listen_on(f, attempt, asked, 8)?;
        if let Err(error) = &result
            && error.kind() == io::ErrorKind::AddrInUse
            && own_listener(asked).is_err()
        {
            // Somebody took the port between the look and the call.
            continue;
        }
        return judge_listener(attempt, asked, result);
    }
    Err(Stop::Trouble(
        "no port stayed free for as long as a call takes".to_owned(),
    ))
}

/// Linux gives the whole of 127.0.0.0/8 to the loopback interface; elsewhere it is one address.
fn another_loopback_address() -> Option<SocketAddr> {
    let any = || fastrand::u8(2..255);
    let another = Ipv4Addr::new(127, any(), any(), any());
    cfg!(target_os = "linux").then_some((another, 0).into())
}

fn gives_the_backlog_it_was_given(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    for backlog in several_backlogs() {
        let socket = listen_on(f, attempt, ANY_PORT, backlog)?;
        let socket = or_trouble(socket, || own_listener(ANY_PORT).map(drop), "listen_on")?;
        right_backlog(attempt, &socket, backlog, "listen_on")?;
    }
    Ok(())
}

fn listens_on_ipv6_too(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    needs_ipv6()?;
    let result = match listen_on(f, attempt, ANY_PORT_V6, 8) {
        Err(stop) => {
            return Err(stop.rather(
                &conduct::PANICKED,
                &IPV4_ONLY,
                "listen_on panicked when it was given [::1].",
            ));
        }
        Ok(Err(error)) => {
            return Err(IPV4_ONLY.seen(format!("listen_on could not listen on [::1]: {error}.")));
        }
        Ok(result) => result,
    };
    if let Ok(socket) = &result
        && socket.local_addr()?.is_ipv4()
    {
        return Err(IPV4_ONLY.seen("listen_on was given [::1], and listens over IPv4."));
    }
    judge_listener(attempt, ANY_PORT_V6, result)
}

fn can_be_restarted_at_once(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    restart(f, attempt, ANY_PORT)?;
    if has_ipv6() {
        restart(f, attempt, ANY_PORT_V6)
    } else {
        Ok(())
    }
}

fn restart(f: &Functions, attempt: &mut Attempt, any_port: SocketAddr) -> Result<(), Stop> {
    for _ in 0..TRIES {
        // The first life of the server, which closes a connection first.
        let first = listen_on(f, attempt, any_port, 8)?;
        let first = or_trouble(first, || own_listener(any_port).map(drop), "listen_on")?;
        let addr = internet_address(&first)?;
        let reuses = first.reuse_address()?;
        let mut client = Peer::connect("client", addr, &attempt.recorder())?;
        let (accepted, _) = first.accept()?;
        drop(accepted);
        attempt.fact("the server hangs up, and stops", "");
        if !matches!(client.hear_end(), Heard::Fin(_)) {
            return Err(LINGER.seen("The server closed a connection, and its client's was reset."));
        }
        drop(client);
        drop(first);
        // Without SO_REUSEADDR nobody gets the port now: else this system shows no TIME_WAIT.
        if own_socket(addr)?.bind(&addr.into()).is_ok() {
            return Err(Stop::Skip(
                "this system lets a port in TIME_WAIT be bound".to_owned(),
            ));
        }
        attempt.fact(format!("a connection of {addr} is in"), "TIME_WAIT");
        let result = listen_on(f, attempt, addr, 8)?;
        if let Err(error) = &result
            && error.kind() == io::ErrorKind::AddrInUse
        {
            // The option counts on both sides: a connection has that of the listener that accepted it.
            if reuses && own_listener(addr).is_err() {
                // Somebody took the port between the two lives.
                continue;
            }
            return Err(NO_REUSEADDR.seen(format!(
                "A server had just stopped on {addr}; listen_on could not have the port again: {error}."
            )));
        }
        return judge_listener(attempt, addr, result);
    }
    Err(Stop::Trouble(
        "no port stayed free for as long as a restart takes".to_owned(),
    ))
}

fn refuses_a_second_server(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    second_server(f, attempt, ANY_PORT)?;
    if has_ipv6() {
        second_server(f, attempt, ANY_PORT_V6)
    } else {
        Ok(())
    }
}

fn second_server(f: &Functions, attempt: &mut Attempt, any_port: SocketAddr) -> Result<(), Stop> {
    let first = listen_on(f, attempt, any_port, 8)?;
    let first = or_trouble(first, || own_listener(any_port).map(drop), "listen_on")?;
    let addr = internet_address(&first)?;
    match listen_on(f, attempt, addr, 8) {
        Ok(Ok(second)) if internet_address(&second)? == addr => {
            attempt.remark("expected an error");
            return Err(REUSEPORT.seen(format!("Two sockets listen on {addr} at the same time.")));
        }
        second => must_fail(
            second,
            io::ErrorKind::AddrInUse,
            "the port is taken",
            "listen_on",
        )?,
    }
    nobody_called(attempt, &first, "listen_on")
}

fn stops_listening_when_dropped(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let socket = listen_on(f, attempt, ANY_PORT, 8)?;
    let socket = or_trouble(socket, || own_listener(ANY_PORT).map(drop), "listen_on")?;
    let addr = internet_address(&socket)?;
    drop(socket);
    attempt.fact("the socket is dropped", "");
    match Peer::connect("client", addr, &attempt.recorder()) {
        Err(_) => Ok(()),
        Ok(_) => {
            attempt.remark("expected: refused");
            Err(conduct::LEFT_OPEN
                .seen("The returned socket was dropped, and a client could still connect."))
        }
    }
}

fn returns_the_error_that_stopped_it(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let taken = own_listener(ANY_PORT)?;
    let addr = internet_address(&taken)?;
    attempt.fact(format!("another socket listens on {addr}"), "");
    let result = listen_on(f, attempt, addr, 8);
    must_fail(
        result,
        io::ErrorKind::AddrInUse,
        "the port is taken",
        "listen_on",
    )?;
    let result = without_descriptors(attempt, |attempt| listen_on(f, attempt, ANY_PORT, 8))?;
    must_fail_as(
        result,
        &os_error(OsError::TooManyOpen),
        "no descriptor is left",
        "listen_on",
    )?;
    if let Some(addr) = forbidden_address() {
        attempt.fact(
            format!("port {} is below 1024", addr.port()),
            "not for everyone",
        );
        let result = listen_on(f, attempt, addr, 8);
        must_fail(
            result,
            io::ErrorKind::PermissionDenied,
            "the port is not for everyone",
            "listen_on",
        )?;
    }
    Ok(())
}

fn listen_on(
    f: &Functions,
    attempt: &mut Attempt,
    addr: SocketAddr,
    backlog: i32,
) -> Result<io::Result<Socket>, Stop> {
    let listen_on = f.listen_on;
    attempt.call(
        "listen_on",
        format!("listen_on({addr}, {backlog})"),
        move || listen_on(addr, backlog),
    )
}

fn judge_listener(
    attempt: &mut Attempt,
    asked: SocketAddr,
    result: io::Result<Socket>,
) -> Result<(), Stop> {
    let result = match result {
        Err(error) if error.raw_os_error() == einval() => {
            return Err(BIND_AFTER_LISTEN.seen(format!(
                "listen_on gave the error {:?}: the socket had an address before it was bound.",
                error.to_string()
            )));
        }
        result => result,
    };
    let socket = or_trouble(result, || own_listener(asked).map(drop), "listen_on")?;
    if socket.r#type()? != Type::STREAM {
        return Err(DATAGRAM.seen("listen_on gave a socket that is not of type SOCK_STREAM."));
    }
    let bound = right_address(attempt, &socket, asked, "listen_on")?;
    must_listen(attempt, &socket, bound, "listen_on")?;
    left_usable(attempt, &socket, "listen_on")
}

/// What bind(2) says when the socket has an address already.
fn einval() -> Option<i32> {
    let socket = own_socket(ANY_PORT).ok()?;
    socket.bind(&ANY_PORT.into()).ok()?;
    socket.bind(&ANY_PORT.into()).err()?.raw_os_error()
}

// explain

fn tells_a_taken_port(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    explains(f, attempt, taken()?, BindError::PortTaken)
}

/// The error that a taken port gives, from the kernel itself.
fn taken() -> Result<io::Error, Stop> {
    let taken = own_listener(ANY_PORT)?;
    let addr = internet_address(&taken)?;
    match own_socket(addr)?.bind(&addr.into()) {
        Err(error) => Ok(error),
        Ok(()) => Err(Stop::Skip(
            "this system lets a taken port be bound".to_owned(),
        )),
    }
}

fn tells_a_forbidden_port(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    // The one before as well: an answer that is remembered shows at the second.
    explains(f, attempt, taken()?, BindError::PortTaken)?;
    explains(
        f,
        attempt,
        os_error(OsError::NotAllowed),
        BindError::NotAllowed,
    )
}

fn tells_an_address_that_is_not_ours(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    explains(
        f,
        attempt,
        os_error(OsError::NotOurAddress),
        BindError::NotOurAddress,
    )
}

fn calls_the_rest_other(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    for error in [
        OsError::Refused,
        OsError::TooManyOpen,
        OsError::AlreadyBound,
        OsError::WrongFamily,
    ] {
        explains(f, attempt, os_error(error), BindError::Other)?;
    }
    // An error that no call of the kernel's gave has no code.
    explains(
        f,
        attempt,
        io::Error::other("the configuration names no address"),
        BindError::Other,
    )
}

fn explains(
    f: &Functions,
    attempt: &mut Attempt,
    error: io::Error,
    expected: BindError,
) -> Result<(), Stop> {
    let explain = f.explain;
    let text = error.to_string();
    let found = attempt.call("explain", format!("explain({text:?})"), move || {
        explain(&error)
    })?;
    if found == expected {
        return Ok(());
    }
    attempt.remark(format!("expected {expected:?}"));
    Err(WRONG_CLASS.seen(format!(
        "explain called the error {text:?} {found:?}; it is {expected:?}."
    )))
}

/// Errors that cannot be had for real everywhere: as root every port is allowed.
enum OsError {
    NotAllowed,
    NotOurAddress,
    Refused,
    TooManyOpen,
    AlreadyBound,
    WrongFamily,
}

/// The error as the system gives it, with both its code and its kind.
fn os_error(error: OsError) -> io::Error {
    #[cfg(unix)]
    let code = match error {
        OsError::NotAllowed => libc::EACCES,
        OsError::NotOurAddress => libc::EADDRNOTAVAIL,
        OsError::Refused => libc::ECONNREFUSED,
        OsError::TooManyOpen => libc::EMFILE,
        OsError::AlreadyBound => libc::EINVAL,
        OsError::WrongFamily => libc::EAFNOSUPPORT,
    };
    // Windows Sockets Error Codes: WSAEACCES and so on.
    #[cfg(not(unix))]
    let code = match error {
        OsError::NotAllowed => 10013,
        OsError::NotOurAddress => 10049,
        OsError::Refused => 10061,
        OsError::TooManyOpen => 10024,
        OsError::AlreadyBound => 10022,
        OsError::WrongFamily => 10047,
    };
    io::Error::from_raw_os_error(code)
}

impl Shown for BindError {
    fn shown(&self) -> String {
        format!("{self:?}")
    }
}

// The program

fn says_where_it_listens(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut program = Program::start(attempt.submission(), &["127.0.0.1:0"])?;
    let addr = listens(attempt, &mut program, ANY_PORT)?;
    match Peer::connect("client", addr, &attempt.recorder()) {
        Ok(_) => Ok(()),
        Err(_) => Err(SILENT_PROGRAM.seen(format!(
            "The program said `listening on {addr}`, and nobody listens there."
        ))),
    }
}

fn prints_each_caller_and_hangs_up(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut program = Program::start(attempt.submission(), &["127.0.0.1:0"])?;
    let addr = listens(attempt, &mut program, ANY_PORT)?;
    for name in ["A", "B", "C", "D", "E"] {
        let mut client = match Peer::connect(name, addr, &attempt.recorder()) {
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                return Err(conduct::ENDED_THE_PROCESS
                    .seen("The program stopped listening after a few callers."));
            }
            client => client?,
        };
        let caller = client.addr()?;
        let line = match program.next_line() {
            Ok(Some(line)) => line,
            Ok(None) => {
                return Err(
                    conduct::ENDED_THE_PROCESS.seen("The program ended after a few callers.")
                );
            }
            Err(_) => String::new(),
        };
        attempt.fact("the program printed", line.trim_end());
        if !predicate::str::contains(caller.to_string()).eval(&line) {
            attempt.remark(format!("expected a line with {caller}"));
            return Err(CALLER_NOT_SHOWN.seen(format!(
                "A client called from {caller}, and no line said so."
            )));
        }
        match client.hear_end() {
            Heard::Fin(_) | Heard::Reset(_) => {}
            Heard::Bytes(_) | Heard::Nothing(..) => {
                attempt.remark("expected FIN");
                return Err(
                    CALLER_KEPT.seen("The program did not close the connection to its caller.")
                );
            }
        }
    }
    Ok(())
}

fn says_what_is_wrong_with_an_address(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let nonsense = "localhost-7000";
    let ended = program::run(attempt, &[nonsense])?;
    ends_badly(attempt, &format!("listen {nonsense}"), ended, nonsense)?;
    let ended = program::run::<&str>(attempt, &[])?;
    ends_badly(attempt, "listen", ended, "ADDR")
}

fn says_why_it_cannot_listen(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let taken = own_listener(ANY_PORT)?;
    let addr = internet_address(&taken)?.to_string();
    attempt.fact(format!("another socket listens on {addr}"), "");
    let ended = program::run(attempt, &[&addr])?;
    ends_badly(attempt, &format!("listen {addr}"), ended, &addr)
}

fn ends_badly(attempt: &mut Attempt, command: &str, ended: Ended, names: &str) -> Result<(), Stop> {
    let code = ended
        .code
        .map_or("a signal".to_owned(), |code| format!("exit code {code}"));
    attempt.fact(command, code);
    attempt.fact("on stderr", ended.stderr.trim());
    let is_failure = predicate::in_iter([Some(1), Some(2)]);
    let names_it = predicate::str::contains(names);
    if is_failure.eval(&ended.code) && names_it.eval(&ended.stderr) {
        return Ok(());
    }
    attempt.remark(format!(
        "expected exit code 1 or 2, and a line that names {names}"
    ));
    Err(BAD_EXIT.seen(format!("`{command}` cannot work, and did not say so.")))
}

fn listens(
    attempt: &mut Attempt,
    program: &mut Program,
    asked: SocketAddr,
) -> Result<SocketAddr, Stop> {
    attempt.fact(format!("listen {asked}"), "started");
    let what = match program.listens() {
        Ok(addr) if addr.port() != 0 && addr.ip() == asked.ip() => {
            attempt.fact("the program printed", format!("listening on {addr}"));
            return Ok(addr);
        }
        Ok(addr) => format!("The program said `listening on {addr}`, where nobody can call."),
        Err(NotListening::Said(line)) => {
            format!(
                "The program's first line was {:?}, not `listening on ADDR`.",
                line.trim_end()
            )
        }
        Err(NotListening::Ended(ended)) => {
            let said = ended.unless_it_panicked(attempt.submission())?.stderr;
            format!(
                "The program ended before it listened. On stderr it said {:?}.",
                said.trim_end()
            )
        }
        Err(NotListening::Silent) => "The program ran, and never said where it listens.".to_owned(),
    };
    Err(SILENT_PROGRAM.seen(what))
}

// What several cases need

/// A socket of the grader's own, of the family of `addr`.
fn own_socket(addr: SocketAddr) -> io::Result<Socket> {
    Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))
        .map_err(|error| cannot("open a socket", addr, &error))
}

/// A listener of the grader's own.
fn own_listener(addr: SocketAddr) -> io::Result<Socket> {
    let socket = own_socket(addr)?;
    if cfg!(not(windows)) {
        socket.set_reuse_address(true)?;
    }
    socket
        .bind(&addr.into())
        .map_err(|error| cannot("bind a socket", addr, &error))?;
    socket
        .listen(16)
        .map_err(|error| cannot("listen", addr, &error))?;
    Ok(socket)
}

/// What the grader cannot do here, in words: the kernel's own do not say who wanted what.
fn cannot(what: &str, addr: SocketAddr, error: &io::Error) -> io::Error {
    io::Error::new(
        error.kind(),
        format!("the grader itself cannot {what} on {addr} here ({error})"),
    )
}

fn internet_address(socket: &Socket) -> io::Result<SocketAddr> {
    socket
        .local_addr()?
        .as_socket()
        .ok_or_else(|| io::ErrorKind::InvalidData.into())
}

fn needs_ipv6() -> Result<(), Stop> {
    if has_ipv6() {
        Ok(())
    } else {
        Err(Stop::Skip("this machine has no IPv6".to_owned()))
    }
}

/// What a function gave; or, if it gave an error, whose fault that is: the grader makes the same
/// `calls` itself.
fn or_trouble<T>(
    result: io::Result<T>,
    calls: impl FnOnce() -> io::Result<()>,
    function: &str,
) -> Result<T, Stop> {
    result.or_else(|error| {
        calls()?;
        Err(UNEXPECTED_ERROR.seen(format!(
            "{function} gave the error {:?}.",
            error.to_string()
        )))
    })
}

/// Nothing was set on the socket that would surprise whoever uses it next.
fn left_usable(attempt: &mut Attempt, socket: &Socket, function: &str) -> Result<(), Stop> {
    if kernel::is_nonblocking(socket) == Some(true) {
        attempt.fact("the kernel says: O_NONBLOCK", "set");
        return Err(LEFT_NONBLOCKING.seen(format!(
            "After {function} the socket is in non-blocking mode."
        )));
    }
    if let Some(timeout) = socket.read_timeout()?.or(socket.write_timeout()?) {
        attempt.fact("the kernel says: a time-out of", format!("{timeout:?}"));
        attempt.remark("expected none");
        return Err(LEFT_TIMEOUT.seen(format!(
            "After {function} the socket has a time-out of {timeout:?}."
        )));
    }
    #[cfg(unix)]
    if socket.reuse_port()? {
        attempt.fact("the kernel says: SO_REUSEPORT", "set");
        return Err(REUSEPORT.seen(format!("After {function} the socket has SO_REUSEPORT set.")));
    }
    Ok(())
}

/// The call must have given an error of this kind.
fn must_fail<T>(
    result: Result<io::Result<T>, Stop>,
    kind: io::ErrorKind,
    why: &str,
    function: &str,
) -> Result<(), Stop> {
    must_fail_as(result, &kind.into(), why, function)
}

/// The call must have given an error of the kind of `expected`, or with its code.
fn must_fail_as<T>(
    result: Result<io::Result<T>, Stop>,
    expected: &io::Error,
    why: &str,
    function: &str,
) -> Result<(), Stop> {
    match result {
        Ok(Err(error)) if error.kind() == expected.kind() => Ok(()),
        Ok(Err(error)) => Err(ERROR_REPLACED.seen(format!(
            "{function} should have failed, for {why}, with {:?}; its error is {:?}.",
            expected.kind(),
            error.to_string()
        ))),
        Ok(Ok(_)) => Err(ERROR_SWALLOWED.seen(format!("{function} returned Ok, although {why}."))),
        Err(stop) => {
            let panicked = format!("{function} panicked when {why}.");
            let looped = format!("{function} never returned when {why}.");
            Err(stop
                .rather(&conduct::PANICKED, &ERROR_UNWRAPPED, panicked)
                .rather(&conduct::SPINS, &ERROR_RETRIED, looped.clone())
                .rather(&conduct::NEVER_RETURNED, &ERROR_RETRIED, looped))
        }
    }
}
