//! What people believe about calling a server, and how it really is.

use harness::misconceptions;

misconceptions! { ALL:
    PORT_LOST = "port-lost" {
        why: "A name says which machine is meant, the port which program on it. An address to connect to \
              has both, and resolving changes only the first.",
        fix: "{place} has to put the port it was given into every address",
        read: "resolve",
    }
    NAME_IGNORED = "resolved-to-something-else" {
        why: "The system knows what a name stands for: from its hosts file, from DNS, or because the name \
              is an address already. No other address will do.",
        fix: "{place} has to return what the system says: `(host, port).to_socket_addrs()` asks it",
        read: "names-and-addresses",
    }
    ADDRESS_SPLIT = "ipv6-address-refused" {
        why: "::1 is an address as good as 127.0.0.1. It is full of colons: glued to a port it is ::1:7000, \
              and `parse` refuses that, for it reads as another address, without a port. \
              `to_socket_addrs` cuts it at the last colon. Kept apart, the two never need a cut.",
        fix: "{place}: the tuple (host, port) is something to resolve as well; no format! is needed",
        read: "names-and-addresses",
    }
    NOT_EVERY_ADDRESS = "not-every-address" {
        why: "A name may have several addresses, of both families, IPv4 and IPv6. Any of them may be the \
              only one that works, and only whoever calls them finds out which.",
        fix: "{place} has to return every address that the system gives, of both families",
        read: "names-and-addresses",
    }
    SORTED_AGAIN = "addresses-sorted-again" {
        why: "The system puts first what is likely to work. Whoever sorts the addresses again, or collects \
              them in a set, loses that.",
        fix: "{place} has to return the addresses in the order in which the system gives them",
        read: "names-and-addresses",
    }
    NO_ADDRESS_IS_AN_ERROR = "unknown-name-taken-for-success" {
        why: "A name that nobody has is the most frequent mistake of whoever types it. An empty list, or \
              an address that was made up, hides what getaddrinfo(3) said about it.",
        fix: "{place} has to return the error of the lookup: `?` does",
        read: "names-and-addresses",
    }
    FIRST_ONLY = "first-address-only" {
        why: "A name may have several addresses, and some may be dead: the server may listen on IPv4 only, \
              where the name has an IPv6 address, too. What one says, \"refused\" or \"unreachable\", says \
              nothing about the next.",
        fix: "{place} has to go through all of the addresses until one works",
        read: "connect_any",
    }
    ORDER_IGNORED = "order-ignored" {
        why: "The system sorts the addresses of a name: the best comes first. Whoever connects to another \
              one, or goes on after one has answered, undoes that, and bothers servers for nothing.",
        fix: "{place} has to return the first connection that is made, in the order of the list",
        read: "connect_any",
    }
    CALLED_TWICE = "called-more-than-once" {
        why: "A connection that is made to find out whether somebody answers is a caller like any other: \
              the server accepts it, logs it, and waits for what it wants.",
        fix: "{place} has to return the connection that it made, and make no second one",
        read: "connect_any",
    }
    NOT_CONNECTED = "not-connected-to-the-server" {
        why: "What this function returns is all that its caller has: a stream that leads to the server, \
              both ways, with every byte that the server sends still in it.",
        fix: "{place} has to return the stream that `connect` gave, untouched",
        read: "connect_any",
    }
    LAST_ERROR = "last-error-lost" {
        why: "Refused, unreachable, timed out: each has another cure, and the error is all that the user \
              will see. When no address works, it is that of the last one tried, or TimedOut when time ran out.",
        fix: "{place} has to return the last error as it came, or TimedOut when no time is left (a time-out \
              of zero is none: `connect_timeout` calls it InvalidInput)",
        read: "which-error-to-return",
    }
    EMPTY_LIST = "empty-list-of-addresses" {
        why: "With no address there is nothing to try, and no error of the kernel to return. That the \
              list is empty is the caller's mistake, and InvalidInput says so.",
        fix: "{place} has to return io::ErrorKind::InvalidInput for an empty list",
        read: "which-error-to-return",
    }
    NO_TIMEOUT = "no-timeout" {
        why: "A host that is switched off, or a firewall that drops packets, does not refuse: it says \
              nothing. `connect` alone then tries for two minutes, and a user is gone by then.",
        fix: "{place} has to give up after the time that it was given: TcpStream::connect_timeout helps",
        read: "refused-timed-out-unreachable",
    }
    TIMEOUT_STAYS = "timeout-left-on-the-stream" {
        why: "The time was for connecting. A read time-out stays on the stream: whoever reads from it later \
              gets WouldBlock from a server that takes its time.",
        fix: "{place} has to return the stream without time-outs",
        read: "one-deadline-for-all",
    }
    GAVE_UP_EARLY = "gave-up-early" {
        why: "A server at the other end of the world, or a busy one, may need its time to answer. The \
              caller said how much of it there is.",
        fix: "{place} has to wait for as long as it was told to",
        read: "one-deadline-for-all",
    }
    TIMEOUT_PER_ADDRESS = "timeout-starts-anew" {
        why: "Who says 5 seconds means the whole call. If each address gets them anew, a name with six \
              dead addresses takes half a minute.",
        fix: "{place} has to note when it began, and give each address only what is left",
        read: "one-deadline-for-all",
    }
    MESSAGE_NOT_SENT = "message-not-sent-as-it-is" {
        why: "The server gets the bytes that are written to the stream, these and no others. What waits in \
              a buffer of the program, or was never written, does not exist for it.",
        fix: "{place} has to write all of the message, and nothing else: `write_all`",
        read: "exchange",
    }
    NO_HALF_CLOSE = "no-half-close" {
        why: "A stream has no end of message in it. A server that has to hear everything first waits until \
              your half is closed; if you wait for its answer meanwhile, both wait for ever.",
        fix: "{place} has to call shutdown(Shutdown::Write) when all is sent",
        read: "half-close-your-turn",
    }
    ANSWER_NOT_AWAITED = "answer-not-awaited" {
        why: "The answer comes after your last byte. Shutdown::Both closes the half that you read from, \
              too, and dropping the stream closes everything: the answer then finds nobody.",
        fix: "{place} has to close only its writing half, Shutdown::Write, and read on until 0 bytes",
        read: "half-close-your-turn",
    }
    SINGLE_READ = "one-read-is-not-the-answer" {
        why: "TCP is a stream: an answer comes in as many pieces as the network likes, and no buffer is \
              large enough for all of them. Only a read of 0 bytes says that the peer is done.",
        fix: "{place} has to read until the end: `read_to_end`, or a loop until 0",
        read: "reading-to-the-end",
    }
    ANSWER_CHANGED = "answer-changed" {
        why: "Bytes are to arrive as they were sent. What is left over in a buffer, or missing at a seam, \
              makes another answer of them.",
        fix: "{place} has to return the bytes that were read: of a buffer only the part that `read` filled",
        read: "reading-to-the-end",
    }
    NOT_TEXT = "bytes-are-not-text" {
        why: "A stream carries bytes. A picture is no UTF-8, and even in a text a character may be cut in \
              two by the end of a piece. What is decoded and encoded again is not what was sent.",
        fix: "{place} has to keep bytes as bytes: Vec<u8> and &[u8], no String",
        read: "book/src/lesson02-echo.md#bytes-not-text",
    }
    SILENCE_IS_NO_END = "quiet-server-taken-for-done" {
        why: "A read time-out says that nothing came for a while, and no more. The server may be thinking, \
              or a user of it is typing: it is neither done nor broken. Only 0 bytes are the end.",
        fix: "{place} has to wait for as long as the server takes: without a time-out, or by reading \
              again after one",
        read: "reading-to-the-end",
    }
    ANSWER_ENDS_SENDING = "stopped-sending-when-the-answer-ended" {
        why: "The two halves of a connection end one by one. A server may have said all it has, and still \
              read: its FIN means \"I am done\", not \"stop\".",
        fix: "{place} has to finish sending, too: wait for whatever sends before returning",
        read: "exchange",
    }
    END_IS_NO_ERROR = "end-taken-for-failure" {
        why: "A read of 0 bytes is the end of the stream, which is how every conversation ends. An answer \
              of no bytes is an answer.",
        fix: "{place} has to take that end for the end of the answer, however many bytes came before",
        read: "reading-to-the-end",
    }
    RESET_TAKEN_FOR_END = "reset-taken-for-the-end" {
        why: "FIN says: that was all. RST says: this connection broke, and what you have may be half of it. \
              A half answer that passes for a whole one is worse than none.",
        fix: "{place} has to return the error that `read` or `write` gives; only a read of Ok(0) is the end",
        read: "reading-to-the-end",
    }
    DEADLOCK = "both-sides-only-write" {
        why: "A connection holds only so much. A server that answers while it reads stops reading when \
              nobody takes its answers; then your `send` waits, too. Both wait for the other to read.",
        fix: "{place} has to read while it writes: one of the two in a thread of its own",
        read: "two-sides-that-only-write",
    }
    STOPPED_EARLY = "stopped-before-the-server-was-done" {
        why: "A conversation is over when the server says so, by closing its half. Until then there may be \
              more to copy, in either direction.",
        fix: "{place} has to go on until `read` on the stream gives 0 bytes, and send all that is typed \
              until then",
        read: "who-ends-first",
    }
    OUTPUT_CHANGED = "output-is-not-what-was-sent" {
        why: "`write` may take only a part of what it is given, and says how much; or nothing, and says \
              Interrupted: then it wants to be called again. And of a buffer only the part that `read` \
              filled was sent by the server.",
        fix: "{place} has to write each piece whole and as it is: `write_all(&buffer[..count])`",
        read: "talk",
    }
    TYPED_BYTES_CHANGED = "input-is-not-what-was-typed" {
        why: "The server gets exactly the bytes that are written to the stream. A line break that is added \
              or dropped, or a byte that is decoded, changes the message.",
        fix: "{place} has to copy the input as bytes, and add nothing",
        read: "talk",
    }
    INPUT_CUT = "input-not-sent-whole" {
        why: "`write` may take only the first part of what it is given, or be interrupted before it takes \
              any: its result says so. Whoever does not look at it loses the rest, and nobody notices.",
        fix: "{place} has to send each piece of the input whole: `write_all`, or `io::copy`",
        read: "book/src/lesson02-echo.md#short-writes",
    }
    INPUT_ERROR_LOST = "input-error-ignored" {
        why: "A file may fail in the middle of being read. The server has a half of it then, and took the \
              half-close for its end: only the result of `talk` can say that this was not all.",
        fix: "{place} has to return the error of its input, at once or when the server is done",
        read: "who-ends-first",
    }
    NOT_FLUSHED = "output-not-flushed" {
        why: "An output like stdout collects what is written until there is a line, or much of it. A prompt \
              has no line break: it stays in that buffer while the user waits for it.",
        fix: "{place} has to flush the output after each piece; `io::copy` alone never does",
        read: "output-as-it-arrives",
    }
    OUTPUT_HELD_BACK = "output-held-back" {
        why: "Whoever collects until a line or the stream ends shows nothing of a server that waits for an \
              answer: the question is in the program, and nobody sees it.",
        fix: "{place} has to write out each piece as soon as `read` gives it",
        read: "output-as-it-arrives",
    }
    INPUT_HELD_BACK = "input-held-back" {
        why: "Somebody who types waits for what the server says to it. To read the input to its end, or \
              into a buffer until that is full, is to say nothing until the conversation is over.",
        fix: "{place} has to send each piece of the input as soon as it is read, unbuffered or flushed",
        read: "both-ways-at-once",
    }
    TAKES_TURNS = "takes-turns" {
        why: "Nothing says who speaks next. A program that reads from one side, then from the other, sits \
              in the wrong `read` as soon as one side speaks twice.",
        fix: "{place} has to copy both ways at the same time: one direction in a thread of its own",
        read: "both-ways-at-once",
    }
    WAITS_FOR_INPUT = "waits-for-input-when-all-is-said" {
        why: "When the server is done there is nobody left to type for. A read from a keyboard cannot be \
              called off, so nobody must wait for the thread that sits in it.",
        fix: "{place} has to return when the server's half ends, without joining the thread that reads \
              the input",
        read: "who-ends-first",
    }
    INPUT_HOLDS = "input-thread-holds-the-connection" {
        why: "The thread that waits for input has a second handle, and nobody can make it let go. \
              `shutdown` speaks for all handles of a connection, a drop for one.",
        fix: "{place} has to call `shutdown(Shutdown::Both)` before it returns, also when it returns an error",
        read: "who-ends-first",
    }
    SHUTDOWN_OF_OVER = "shutdown-of-what-is-over" {
        why: "Both halves of the connection had ended already: there is nothing left to shut down, and \
              `shutdown` says NotConnected. Nothing has failed by that.",
        fix: "{place} has to ignore the result of that one `shutdown`: `let _ =` in place of `?` or unwrap",
        read: "who-ends-first",
    }
    OUTPUT_ERROR_LOST = "closed-output-ignored" {
        why: "In `client host 80 | head -1` nobody reads the output any more after a line. Whoever does not \
              look at the error of a write copies on into nothing, or calls it a success.",
        fix: "{place} has to return the error that a write or a flush of the output gives",
        read: "output-as-it-arrives",
    }
    PROGRAM_HOLDS_BACK = "program-does-not-pass-on" {
        why: "What the server says is to be seen while the user may still type, and what is typed is to \
              reach the server while it still talks.",
        fix: "{place} has to hand stdin and stdout to `talk` as they are",
        read: "the-program",
    }
    PROGRAM_STAYS = "program-does-not-end" {
        why: "When the server has closed the connection the program has nothing left to do, even if its \
              stdin is a terminal that stays open.",
        fix: "{place} has to end when `talk` returns: with exit code 0 if all went well",
        read: "the-program",
    }
    NOT_REACHED = "program-does-not-reach-the-server" {
        why: "HOST is a name or an address of either version of IP, PORT a number: where the name leads to \
              several addresses, each may be the one where the server listens.",
        fix: "{place} has to resolve HOST, and connect to whichever address answers",
        read: "the-program",
    }
    SILENT_FAILURE = "client-fails-without-a-word" {
        why: "A script sees only the exit code, a person only stderr. The person needs to know which host \
              and which port were meant, and what was wrong with them.",
        fix: "{place} has to say host, port and reason on stderr, and exit with 1; with 2 where its \
              arguments make no sense",
        read: "the-program",
    }
}
