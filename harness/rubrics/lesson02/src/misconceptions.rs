//! What people believe about a stream of bytes, and how it really is.

use harness::misconceptions;

misconceptions! { ALL:
    UNUSED_TAIL = "unused-tail-returned" {
        why: "`read` fills the front of the buffer and says how many bytes it put there. What stands behind \
              them never came over the network.",
        fix: "{place} has to cut the buffer to the count that `read` returned: truncate(count), or [..count]",
        read: "short-reads",
    }
    EMPTY_BUFFER = "read-into-an-empty-buffer" {
        why: "`read` gives at most as many bytes as the slice is long, and a Vec that only has capacity is a \
              slice of length 0. The 0 that comes back then does not mean that the peer is done.",
        fix: "{place} has to read into a buffer of length `max`: vec![0; max]",
        read: "recv",
    }
    WAITS_FOR_MORE = "recv-waits-for-more" {
        why: "A recv gives what is there, as soon as there is anything. Whoever waits until the buffer is \
              full, for a line, or for the end waits for bytes that the peer may never send.",
        fix: "{place} has to return what one `read` gives, however little",
        read: "short-reads",
    }
    DID_NOT_WAIT = "recv-did-not-wait" {
        why: "On a blocking socket `read` waits until something comes, for as long as it takes. That \
              nothing has come yet is neither an error nor the end.",
        fix: "{place} has to wait: no time-out, no non-blocking mode",
        read: "recv",
    }
    MORE_THAN_MAX = "more-than-max" {
        why: "`max` is how much the caller is ready to take. The rest waits in the kernel, for the next call.",
        fix: "{place} has to read into a buffer of no more than `max` bytes",
        read: "recv",
    }
    PEEKED = "peeked-and-not-read" {
        why: "`peek` shows what is there and leaves it there. The next recv gives the same bytes again.",
        fix: "{place} has to take the bytes from the stream: `read`, not `peek`",
        read: "recv",
    }
    BYTES_LOST = "bytes-lost-between-calls" {
        why: "What is read from a socket is gone from it: what is read and then cut off is lost. A BufReader \
              reads ahead, and takes what it holds with it when it is dropped.",
        fix: "{place} has to take from the stream only what it returns: read from the stream itself, into no \
              more than `max` bytes, `&mut buffer[..max]`",
        read: "recv",
    }
    BYTES_CHANGED = "bytes-changed" {
        why: "TCP carries bytes. Text is only one meaning they can have, and decoding, trimming or splitting \
              into lines changes every stream that is not such text.",
        fix: "{place} has to hand on every byte as it is: &[u8], no String and no lines",
        read: "bytes-not-text",
    }
    MEANING = "bytes-taken-for-a-sign" {
        why: "What the bytes mean is between the client and whoever reads the answer. On the wire a Ctrl-D, a blank \
              line and the word quit are bytes like any others; the end is a FIN.",
        fix: "{place} has to send every byte back as it came, and go on until recv gives 0 bytes",
        read: "bytes-not-text",
    }
    END_AS_ERROR = "end-taken-for-an-error" {
        why: "A read of 0 bytes is how a stream ends when all went well: the peer has said everything, and \
              closed its side.",
        fix: "{place} has to treat a read of 0 bytes as the end, and succeed",
        read: "zero-bytes-mean-done",
    }
    ZERO_NOT_YET = "zero-taken-for-not-yet" {
        why: "A blocking read never gives 0 bytes because nothing has come yet: then it waits. 0 means that \
              the peer is done, and every further read gives 0 again, at once.",
        fix: "{place} has to stop when a read gives 0 bytes",
        read: "zero-bytes-mean-done",
    }
    INTERRUPTED = "interrupted-taken-for-failure" {
        why: "A signal wakes a thread out of the call in which it waits, and the call fails with Interrupted \
              (EINTR). The connection is as good as before.",
        fix: "{place} has to make the call again after ErrorKind::Interrupted",
        read: "interrupted",
    }
    NOT_SENT = "not-sent" {
        why: "Bytes in a buffer of the program are not on their way. A BufWriter keeps them until it is full \
              or flushed, and the peer waits.",
        fix: "{place} has to hand every byte to the kernel before it goes on",
        read: "send_all",
    }
    SHORT_WRITE = "short-write-ignored" {
        why: "`write` may take only the first part of what it is given, or be interrupted before it takes \
              any: its result says how much. The rest is still yours to send.",
        fix: "{place} has to go on until every byte is taken: write_all does, a lone write does not",
        read: "short-writes",
    }
    SENT_MORE = "sent-more-than-was-asked" {
        why: "The peer cannot tell which bytes were meant. A newline, a length or a second copy that nobody \
              asked for is data like all the rest.",
        fix: "{place} has to send the bytes that it was given, once, and nothing else; after a short write, \
              `&data[sent..]`",
        read: "send_all",
    }
    GAVE_UP = "send-gave-up" {
        why: "When the peer reads slowly, the buffers between fill up and `write` waits. That is how a fast \
              sender is slowed down; nothing is wrong.",
        fix: "{place} has to wait until the kernel takes the bytes: no time-out, no non-blocking mode",
        read: "short-writes",
    }
    ENDS_THE_STREAM = "send-ends-the-stream" {
        why: "A FIN says that nothing will ever follow. Whoever called this function may have more to send.",
        fix: "{place} has to leave the stream open: no shutdown",
        read: "half-close",
    }
    ONE_RECV = "one-recv-is-not-a-message" {
        why: "TCP is a stream of bytes, not of messages: what one send puts in may come out of several \
              recvs. Only a recv of 0 bytes means that the client is done.",
        fix: "{place} has to go on until recv gives 0 bytes",
        read: "short-reads",
    }
    HOLDS_BACK = "holds-the-answer-back" {
        why: "Whoever waits for the end, for a newline or for a full buffer before answering waits for a \
              client who waits for the answer. A stream has no marks in it that say: now.",
        fix: "{place} has to send back what a recv gave before it calls recv again, or flush what is buffered",
        read: "echo",
    }
    SILENCE = "silence-taken-for-the-end" {
        why: "A client that says nothing may be thinking, or a person at a keyboard. The end is something \
              that it says: a recv of 0 bytes.",
        fix: "{place} has to wait for the client, however long that takes: no timeout, or one after which it \
              goes on",
        read: "echo",
    }
    TRUNCATED = "bytes-missing" {
        why: "A buffer has a size, a stream has none. What does not fit into the buffer this time has to be \
              read the next time, not dropped.",
        fix: "{place} has to send back all that it received, in rounds, until recv gives 0 bytes",
        read: "short-reads",
    }
    CUT_OFF = "closed-before-the-last-bytes" {
        why: "A client that half-closes has said all it has to say, and still listens. What it sent before \
              its FIN has to come back first; only then is it time to close.",
        fix: "{place} has to send the last bytes before it closes the stream",
        read: "half-close",
    }
    RESET = "reset-in-place-of-fin" {
        why: "Closing a socket with bytes unread, or with SO_LINGER at 0, sends RST, not FIN. The client \
              learns that something broke, and may lose what was still on its way to it.",
        fix: "{place} has to read to the end, and then close, with no SO_LINGER",
        read: "unread-data-turns-a-close-into-a-reset",
    }
    KEPT_OPEN = "connection-left-open" {
        why: "The client sees the end when the last handle to the socket is closed. A clone that is kept, in \
              a list, a thread or a forgotten value, keeps the client waiting.",
        fix: "{place} has to close the connection once the client is done: drop every handle to it",
        read: "close-fin-and-rst",
    }
    WRONG_COUNT = "wrong-count" {
        why: "The count is what the caller knows of the conversation: every byte that went back, of all \
              rounds together.",
        fix: "{place} has to add up the bytes of each round, in a u64, and return the sum",
        read: "echo",
    }
    BREAK_HIDDEN = "broken-connection-hidden" {
        why: "FIN says that all was said, RST that it broke off: bytes are lost. Whoever called the function \
              takes Ok for the former, and can do nothing about the latter. A BufWriter that is dropped \
              sends what it holds, and throws the error away.",
        fix: "{place} has to return the error that the call gave; with a BufWriter, that of `flush()?`",
        read: "close-fin-and-rst",
    }
    BREAK_UNWRAPPED = "broken-connection-unwrapped" {
        why: "Connections break, every day, and by no fault of the program's. A panic ends the thread, and \
              with it whatever else the thread was to do.",
        fix: "{place} has to return the error: `?` in place of unwrap or expect",
        read: "close-fin-and-rst",
    }
    MEMORY = "memory-grows-with-the-stream" {
        why: "A stream may be longer than any memory. One buffer, used again for each round, is enough; and \
              when the client does not read, TCP itself makes the sender wait.",
        fix: "{place} has to send what it has before it receives more, and keep nothing of it",
        read: "constant-memory",
    }
    MIXED = "bytes-of-another-client" {
        why: "Each connection is a stream of its own. What is left of one conversation must not turn up in \
              the next: whoever sent it meant it for nobody else.",
        fix: "{place}: each client needs a buffer of its own, empty at the start",
        read: "serve",
    }
    SERVES_ONCE = "serves-too-few" {
        why: "Each `accept` gives one client. A server is a loop around it that has no end of its own.",
        fix: "{place} has to accept again when a conversation is over, for ever",
        read: "serve",
    }
    NOT_SERVED = "client-never-served" {
        why: "The kernel keeps callers in a queue until they are accepted. They have called, they may have \
              sent something already, and they wait.",
        fix: "{place} has to serve the next client when one is done",
        read: "one-client-at-a-time",
    }
    CLIENT_ENDS_SERVER = "client-ends-the-server" {
        why: "Clients crash, lose their network and reset connections, every day. An error on a connection \
              concerns that client; passed on with `?` or unwrap it ends the server for all.",
        fix: "{place} has to go on with the next client, whatever became of this one",
        read: "a-server-outlives-its-clients",
    }
    ACCEPT_ENDS_SERVER = "accept-error-ends-the-server" {
        why: "Some errors of accept(2) pass: a caller left too early, a signal came, no descriptor was free \
              for a moment. The listener is as good as before.",
        fix: "{place} has to accept again after such an error, perhaps after a short pause",
        read: "a-server-outlives-its-clients",
    }
    ACCEPT_SPINS = "accept-retried-without-a-pause" {
        why: "An accept that fails takes no caller out of the queue, and fails again at once: some hundred \
              thousand times a second while no descriptor is free, and for ever when the listener is gone.",
        fix: "{place} has to pause before it accepts again, 10 ms perhaps, and may return the error that says \
              that the listener is gone",
        read: "a-server-outlives-its-clients",
    }
    ONLY_IPV4 = "program-takes-only-ipv4" {
        why: "[::1]:7000 is an address like any other. SocketAddr holds both kinds, and TcpListener binds both.",
        fix: "{place} has to parse the whole address as a SocketAddr",
        read: "the-program",
    }
}
