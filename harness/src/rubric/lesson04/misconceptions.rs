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

    // The program.
}
