//! What people believe about serving HTTP, and how it really is.

use crate::misconceptions;

misconceptions! { ALL:
    // Messages: requests read and responses written.

    BARE_LF = "bare-lf-sent" {
        why: "Every line of a head ends in CR LF, the empty one, too (RFC 9112, section 2.2). `\\n` alone is \
              half of that: some clients forgive it, others see a head that never ends.",
        fix: "{place} has to end each line with \\r\\n: `writeln!` writes \\n alone",
        read: "a-line-ends-in-cr-lf",
    }
    STATUS_LINE = "status-line-malformed" {
        why: "A response begins with `HTTP/1.1`, a space, three digits, another space, and a reason, which may be \
              empty (RFC 9112, section 4). `HTTP/1.1 200 OK`.",
        fix: "{place} has to write the status line as \"HTTP/1.1 {status} {reason}\\r\\n\"",
        read: "the-status-line",
    }
    FIELD_LINE = "field-line-malformed" {
        why: "A field is a line `Name: value`: a name that is a token, the colon at once, and a value without \
              control characters (RFC 9112, section 5, and RFC 9110, section 5.5).",
        fix: "{place} has to write each field as \"{name}: {value}\\r\\n\"",
        read: "header-fields",
    }
    LENGTH_NOT_A_NUMBER = "length-not-a-number" {
        why: "The value of `Content-Length` is the number of the body's bytes in decimal digits, and nothing \
              else (RFC 9110, section 8.6).",
        fix: "{place} has to write the number alone: \"Content-Length: {length}\\r\\n\"",
        read: "where-a-message-ends",
    }
    LENGTH_TWICE = "length-sent-twice" {
        why: "Two `Content-Length` in one message are an error, even where they agree: two programs may \
              believe two different ones (RFC 9112, section 6.3).",
        fix: "{place} has to write `Content-Length` in one place only",
        read: "where-a-message-ends",
    }
    CHUNKS_SENT = "chunks-sent-wrongly" {
        why: "`Transfer-Encoding: chunked` means that the body comes in chunks, each behind its size, and it \
              excludes `Content-Length` (RFC 9112, sections 6.1 and 7.1).",
        fix: "{place} knows how long the body is: it has to send `Content-Length`, and no `Transfer-Encoding`",
        read: "where-a-message-ends",
    }
    NO_RESPONSE = "no-response" {
        why: "A client that has sent a request waits for the response to it. What is kept in a buffer that \
              nobody flushes never leaves the process.",
        fix: "{place} has to write the response to the stream, and flush what it wraps around the stream",
        read: "write_response",
    }
    HEAD_WITHOUT_END = "head-without-end" {
        why: "An empty line ends the head, even where no field and no body stand before and after it (RFC \
              9112, section 2.1). Until it comes, the client waits for more fields.",
        fix: "{place} has to write \\r\\n once more after the last field",
        read: "the-grammar-of-a-message",
    }
    BODY_TOO_SHORT = "body-shorter-than-its-length" {
        why: "`Content-Length` promises a number of bytes, and the client waits until it has them all (RFC 9112, \
              section 6.3). Bytes are counted, not characters.",
        fix: "{place} has to send exactly as many bytes as its `Content-Length` says",
        read: "where-a-message-ends",
    }

    // Files.

    // Connections.

    NO_ANSWER = "request-not-answered" {
        why: "Whoever has sent a whole request waits for the response, and says nothing until it is there. A \
              server that waits for more, or hangs up, leaves them both with nothing (RFC 9112, section 9.2).",
        fix: "{place} has to read a request, respond to it, and write the response, before it reads on",
        read: "serve_connection",
    }
    NOT_WHAT_WAS_ASKED = "answer-to-another-question" {
        why: "A response has no name on it: it answers the request that was read last (RFC 9112, section 9.2). \
              Its status, its fields and its body are what `respond` gave for that request, and for ROOT.",
        fix: "{place} has to hand on its own root and the request as it was read, and write what came back",
        read: "serve_connection",
    }
    TOO_MUCH = "bytes-that-nobody-asked-for" {
        why: "On a connection one message follows the other. A byte too many, such as a body after the answer \
              to HEAD, is taken for the start of the next answer (RFC 9112, section 6.3).",
        fix: "{place} has to send one response for each request, with a body only where there may be one",
        read: "where-a-message-ends",
    }
    OUTLIVES_CLIENT = "connection-outlives-its-client" {
        why: "A read of 0 bytes says that the client is done, and an error that it is gone. Nothing will come \
              after either, and whoever waits on holds a thread and a descriptor for nobody.",
        fix: "{place} has to return when there is no next request, and when reading or writing fails",
        read: "serve_connection",
    }
    CLOSE_IGNORED = "close-not-honoured" {
        why: "`Connection: close` says that this request is the last. The server closes after its answer, and \
              the client waits for that (RFC 9112, section 9.6).",
        fix: "{place} has to stop, with FIN, after a request for which `keep_alive` says no",
        read: "keep-alive-and-close",
    }
    CLOSE_NOT_SAID = "last-answer-does-not-say-close" {
        why: "A client may send its next request at any time. Only `Connection: close` tells it beforehand \
              that nobody will read that (RFC 9112, section 9.6).",
        fix: "{place} has to add `Connection: close` to the last response of a connection",
        read: "keep-alive-and-close",
    }
    CLOSED_TOO_SOON = "one-request-for-each-connection" {
        why: "By HTTP/1.1 a connection goes on after an answer, unless somebody says `Connection: close` (RFC \
              9112, section 9.3). A page with twenty images needs no twenty handshakes.",
        fix: "{place} has to read the next request from the same connection, in a loop",
        read: "keep-alive-and-close",
    }
    OLD_KEPT = "1-0-kept-alive-unasked" {
        why: "A client of HTTP/1.0 reads until the connection ends, unless it asks for something else with \
              `Connection: keep-alive` (RFC 9112, section 9.3).",
        fix: "{place} has to close after a request of 1.0 that does not ask to be kept alive",
        read: "keep-alive-and-close",
    }
    NOT_GRANTED = "1-0-keep-alive-not-granted" {
        why: "A client of HTTP/1.0 that asks for `keep-alive` knows that it has got it only when the answer \
              says `Connection: keep-alive` (RFC 9112, section 9.3 and appendix C.2.2).",
        fix: "{place} has to go on, and to add `Connection: keep-alive` to the answer to such a request",
        read: "keep-alive-and-close",
    }
    PIPELINED_LOST = "pipelined-request-lost" {
        why: "A client may send its next request before it has heard the answer (RFC 9112, section 9.3.2). \
              A BufReader may hold the next request already; with the reader, that is thrown away.",
        fix: "{place} has to keep one BufReader for the whole connection, made before the loop",
        read: "pipelining",
    }
    OUT_OF_ORDER = "answers-out-of-order" {
        why: "Answers carry no number: the first answers the first request, the second the second (RFC 9112, \
              section 9.3.2).",
        fix: "{place} has to finish one answer before it begins the next, in the order of the requests",
        read: "pipelining",
    }
    PIECES = "pieces-taken-for-requests" {
        why: "TCP knows no messages. A request may come in many pieces, and one piece may hold the end of one \
              request and the start of the next.",
        fix: "{place} has to leave it to `read_request` where a request ends, and to lose nothing in between",
        read: "pipelining",
    }
    BAD_NOT_ANSWERED = "wrong-request-not-answered" {
        why: "Whoever sent something wrong needs to hear so: 400 is for what is malformed, and there are others \
              for what is too long (RFC 9110, section 15.5.1).",
        fix: "{place} has to write an answer with the status in `RequestError::Bad`, and then to close",
        read: "serve_connection",
    }
    BAD_WITH_A_BODY = "refusal-with-a-body" {
        why: "After a request that is malformed nobody knows what its method was, and after HEAD no body may \
              come (RFC 9110, section 9.3.2). So a refusal has none.",
        fix: "{place} has to answer `RequestError::Bad` with an empty body, and `Connection: close`",
        read: "serve_connection",
    }
    ANSWERED_AFTER_REFUSAL = "goes-on-after-a-refusal" {
        why: "Where a malformed request ends nobody knows, and what is read behind it may be a body that \
              an attacker made to look like a request (RFC 9112, section 11.2).",
        fix: "{place} has to close the connection after `RequestError::Bad`, and to read no request from it",
        read: "parsing-leniently-is-dangerous",
    }
    RESET_EATS = "reset-eats-the-answer" {
        why: "To close a socket with bytes unread sends RST, and a client that gets one may lose the answer \
              that is on its way. So a server sends FIN, and reads on for a while (RFC 9112, section 9.6).",
        fix: "{place} has to shut down writing, then read and drop what still comes, and only then close",
        read: "lingering-close",
    }
    LINGERS = "listens-for-ever-after-the-end" {
        why: "After its last answer the server reads on for the client's sake, and some clients never stop \
              and never leave. So that has an end: after 2 s in all, or 1 MiB.",
        fix: "{place} has to stop reading after the last answer when 2 s are over or 1 MiB has come",
        read: "lingering-close",
    }
    MEMORY_GROWS = "memory-grows-with-requests" {
        why: "A connection may carry requests for as long as the client likes. What is kept of each, however \
              little, is too much in the end.",
        fix: "{place} has to let go of a request once it is answered",
        read: "slow-and-hostile-clients",
    }
    IDLE_HELD = "idle-client-holds-the-connection" {
        why: "A client may say nothing and never leave: it has crashed, or it means harm. Each holds a thread \
              and a descriptor (RFC 9112, section 9.5).",
        fix: "{place} has to close a connection on which no request has begun for 10 s",
        read: "time-outs",
    }
    IDLE_ANSWERED = "idle-client-answered" {
        why: "An answer belongs to a request. A client that has begun none takes what comes for the answer to \
              the next one, which it may be sending just now (RFC 9110, section 15.5.9).",
        fix: "{place} has to close an idle connection with FIN alone; 408 is for a request that has begun",
        read: "time-outs",
    }
    HEAD_HELD = "half-a-head-holds-the-connection" {
        why: "A head that has begun need never end. Until it does, or the time is over, it holds a thread and \
              a descriptor (RFC 9110, section 15.5.9).",
        fix: "{place} has to give up a head that is not complete after 10 s: 408, and close",
        read: "time-outs",
    }
    NO_408 = "time-out-not-told" {
        why: "A client whose request has begun waits for an answer, and 408 is the one for a request that took \
              too long (RFC 9110, section 15.5.9).",
        fix: "{place} has to answer with 408 when the time for a head is over, and then to close",
        read: "time-outs",
    }
    DRIP_HELD = "every-byte-starts-the-time-anew" {
        why: "A time-out on the socket is for one recv. A client that sends a byte now and then never meets it, \
              and holds the connection for as long as it likes.",
        fix: "{place} needs one deadline for the whole head: each recv gets only what is left of it",
        read: "slow-and-hostile-clients",
    }
    BODY_HELD = "stalled-body-holds-the-connection" {
        why: "A body that was promised need never come. While the server waits for it, it holds a thread and a \
              descriptor.",
        fix: "{place} has to close the connection when a body stalls for 30 s",
        read: "time-outs",
    }
    READER_HELD = "deaf-client-holds-the-connection" {
        why: "When a client does not read, the buffers fill up and `write` waits: without a time-out, for ever.",
        fix: "{place} has to set a write time-out of 60 s on the stream, and to end when it strikes",
        read: "time-outs",
    }
    TOO_IMPATIENT = "gives-up-too-early" {
        why: "Networks stall, and people are slow. 10 s are for a head, 30 s for a pause in a body, 60 s for a \
              client that does not read: who takes less time is served.",
        fix: "{place} may not give up a client before its time is over; each kind of waiting has its own",
        read: "time-outs",
    }
    SERVES_ONE = "http-serves-too-few" {
        why: "Each `accept` gives one client. A server is a loop around it that has no end of its own.",
        fix: "{place} has to accept again, for ever",
        read: "serve",
    }
    ONE_AT_A_TIME = "one-client-keeps-others-waiting" {
        why: "A client may take minutes for a request, or for a download. In one thread, and in any fixed number \
              of them, all others wait for the slowest.",
        fix: "{place} has to serve each connection in a thread of its own, and accept again at once",
        read: "one-thread-for-each-connection",
    }
    CONNECTION_ENDS = "one-connection-ends-the-server" {
        why: "Clients crash, leave and send nonsense, every day. An error or a panic in one connection concerns \
              that one; passed on with `?`, unwrap or join it ends the server for all.",
        fix: "{place} has to go on accepting, whatever became of a connection",
        read: "slow-and-hostile-clients",
    }
    ACCEPT_ERROR_ENDS = "failed-accept-ends-the-http-server" {
        why: "Some errors of accept(2) pass: a caller left too early, no descriptor was free for a moment. \
              The listener is as good as before.",
        fix: "{place} has to accept again after such an error, perhaps after a short pause",
        read: "serve",
    }
    THREADS_STAY = "threads-outlive-their-connections" {
        why: "A thread takes memory, and a system has only so many. One for each connection is fine as long as \
              it ends with the connection.",
        fix: "{place} has to let the thread of a connection end when the client is gone",
        read: "one-thread-for-each-connection",
    }
    HANDLES_KEPT = "handles-of-ended-threads-kept" {
        why: "A thread that has ended keeps its stack for as long as somebody may still join it. A list of \
              handles that only grows keeps the stacks of all clients there ever were.",
        fix: "{place} has to drop the JoinHandle: the thread runs on without it",
        read: "one-thread-for-each-connection",
    }

    // The program.

    UNANNOUNCED = "http-server-does-not-say-where" {
        why: "With port 0 only the program knows where it listens. Who started it waits for the line \
              `listening on ADDR`, on stdout, and then calls ADDR.",
        fix: "{place} has to print `listening on ADDR`, with the address really bound, once it listens",
        read: "the-program",
    }
    ONLY_IPV4 = "http-server-takes-only-ipv4" {
        why: "[::1]:8000 is an address like any other. SocketAddr holds both kinds, and TcpListener binds both.",
        fix: "{place} has to parse what --bind says as a SocketAddr",
        read: "the-program",
    }
    NOT_ITS_FOLDER = "another-folder-served" {
        why: "ROOT is the folder that was asked for, seen from where the program was started, and without it \
              that place itself. Not the folder that the program was built in.",
        fix: "{place} has to serve ROOT as it was given, and `.` where none was",
        read: "the-program",
    }
    STDOUT_NOISE = "more-than-the-address-on-stdout" {
        why: "Another program may read stdout, for the address. Its pipe fills up when nobody reads on, and \
              then the next line that is printed waits, and the client with it.",
        fix: "{place}: what is for people, such as a log, belongs on stderr",
        read: "the-program",
    }
    ROOT_UNCHECKED = "root-not-checked" {
        why: "A folder that is not there is a typing error. A server that starts all the same answers 404 to \
              everything, and its user looks for the reason in the wrong place.",
        fix: "{place} has to see that ROOT is a folder before it listens, else name it on stderr and exit with 1",
        read: "the-program",
    }
    ADDRESS_UNTOLD = "taken-address-not-told" {
        why: "A script sees only the exit code, a person only stderr. The person needs to know which address \
              it is that somebody else has.",
        fix: "{place} has to name the address on stderr when it cannot listen there, and to exit with 1",
        read: "the-program",
    }
    ARGUMENTS_UNTOLD = "senseless-arguments-not-told" {
        why: "What is misspelt on a command line has to be said at once: a server that guesses serves at \
              another place than its user believes.",
        fix: "{place} has to name on stderr what it does not understand, and to exit with 2",
        read: "the-program",
    }
}
