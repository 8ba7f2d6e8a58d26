//! What people believe about serving HTTP, and how it really is.

use crate::misconceptions;

misconceptions! { ALL:
    // Messages: requests read and responses written.
<<<<<<< HEAD
=======
    REQUEST_MISREAD = "request-line-misread" {
        why: "A request begins with METHOD SP TARGET SP HTTP/1.x, and ends with an empty line (RFC 9112, \
              section 3). The three words are the request's method, target and version.",
        fix: "{place} has to split the first line at its two spaces",
        read: "the-grammar-of-a-message",
    }
    TARGET_CHANGED = "target-changed" {
        why: "The target is what the client sent. Decoding it or cutting off its query is the work of \
              whoever looks for the file: done twice, it lets `%252e` become a dot (RFC 3986, section \
              2.4).",
        fix: "{place} has to hand on the target as it stands in the line",
        read: "read_request",
    }
    LEGAL_REFUSED = "legal-request-refused" {
        why: "What the grammar allows, some client sends: any token as a method, a target that is a whole \
              URI or `*`, any order of fields (RFC 9110, section 9.1; RFC 9112, section 3.2).",
        fix: "{place} has to take every request that is well formed; what to do about it is decided later",
        read: "the-grammar-of-a-message",
    }
    END_IS_NO_ERROR_HERE = "end-between-requests-is-no-error" {
        why: "A connection ends when the client closes it, and between two requests is the right moment \
              for that (RFC 9112, section 9.5). There is nothing to answer then, and nothing is wrong.",
        fix: "{place} has to return Ok(None) when the first recv for a request gives 0 bytes",
        read: "read_request",
    }
    HALF_A_REQUEST = "half-a-request-taken" {
        why: "A connection can break at any byte. A request counts when its head has come to the empty \
              line, and its body to the last byte that was announced (RFC 9112, section 8).",
        fix: "{place} must not return a request when the stream ends within it: that is an error",
        read: "where-a-message-ends",
    }
    HEAD_IN_PIECES = "one-recv-is-not-a-head" {
        why: "TCP carries bytes, not messages: a head may come in as many pieces as it has bytes. It is \
              complete at its empty line, and not before (RFC 9112, section 2.2).",
        fix: "{place} has to go on reading until the empty line, however many recvs that takes",
        read: "where-a-message-ends",
    }
    WAITS_BEYOND = "waits-beyond-the-request" {
        why: "A client that wants its connection kept sends a request and then waits for the response. \
              Whoever reads to the end of the stream, or until a buffer is full, waits for the client, and \
              the client for the server.",
        fix: "{place} has to return as soon as the last byte of the request is there",
        read: "where-a-message-ends",
    }
    NEXT_LOST = "next-request-lost" {
        why: "A client need not wait for a response before it sends the next request (RFC 9112, section \
              9.3.2). Both may come with one recv; the BufReader holds what was not asked for yet.",
        fix: "{place} has to take from `reader` only the bytes of this request, and leave the rest in it: \
              no BufReader of its own, no clearing",
        read: "pipelining",
    }
    WHITESPACE_IN_VALUE = "whitespace-belongs-to-no-value" {
        why: "Spaces and tabs around a field's value are no part of it, be there none, one or many; those \
              within are (RFC 9112, section 5.1).",
        fix: "{place} has to take whitespace, and the line's end, off both ends of a value, and leave the \
              rest of it alone",
        read: "header-fields",
    }
    FIELDS_LOST = "header-fields-lost" {
        why: "A request may have a field more than once, and the order of those matters (RFC 9110, section \
              5.3). An empty value is a value. A map from names to values loses all that.",
        fix: "{place} has to keep each field as it came: a Vec, in order",
        read: "header-fields",
    }
    CUT_AT_A_COLON = "value-cut-at-a-colon" {
        why: "The first colon ends the name. Others belong to the value: `Host: localhost:8000` (RFC 9112, \
              section 5).",
        fix: "{place} has to split a line at its first colon only",
        read: "header-fields",
    }
    VALUE_NOT_UTF_8 = "field-values-are-not-utf-8" {
        why: "A value may hold bytes over 127, and nothing says that they are UTF-8 (RFC 9110, section \
              5.5). One name in Latin-1 is no reason to turn a client away.",
        fix: "{place} has to take such bytes: String::from_utf8_lossy does",
        read: "header-fields",
    }
    NAMES_WITH_CASE = "field-names-compared-with-case" {
        why: "`content-length` and `Content-Length` are the same name: case does not matter in it (RFC \
              9110, section 5.1). Many clients write all of it small.",
        fix: "{place} has to compare names with eq_ignore_ascii_case",
        read: "header-fields",
    }
    EMPTY_LINE_FIRST = "empty-line-before-a-request" {
        why: "Some clients send a CRLF too many after a body. A server ignores an empty line where a \
              request line is due (RFC 9112, section 2.2).",
        fix: "{place} has to skip an empty line, and read the request line after it",
        read: "a-line-ends-in-cr-lf",
    }
    LINE_TAKEN = "malformed-request-line-taken" {
        why: "A request line is three words with one space between them, and the first is a token (RFC \
              9112, section 3). Where two programs split a line differently, an attacker gets past the one \
              with what the other sees.",
        fix: "{place} has to answer everything else with 400",
        read: "the-grammar-of-a-message",
    }
    VERSION_TAKEN = "malformed-version-taken" {
        why: "The version is `HTTP/`, a digit, a point, a digit, and case matters (RFC 9112, section 2.3). \
              Another major version has other rules for where a message ends: 505.",
        fix: "{place} has to compare all eight bytes of it: 400 for what is no version, 505 for another \
              major one",
        read: "the-grammar-of-a-message",
    }
    SPACE_BEFORE_COLON = "space-before-the-colon-taken" {
        why: "No whitespace stands between a field's name and its colon; such a request is answered with \
              400 (RFC 9112, section 5.1). One program reads `Content-Length : 5` as a length, another \
              ignores it, and they see different requests.",
        fix: "{place} must not trim a field's name: a space in it is an error",
        read: "parsing-leniently-is-dangerous",
    }
    FOLDED_TAKEN = "folded-line-taken" {
        why: "A line that begins with a space or a tab once continued the one before. That is over (RFC \
              9112, section 5.2): some join the lines, some do not, so 400 is the answer.",
        fix: "{place} has to refuse a field's line that begins with whitespace",
        read: "parsing-leniently-is-dangerous",
    }
    FIELD_TAKEN = "malformed-field-taken" {
        why: "A field's line is a name, which is a token, and a colon (RFC 9112, section 5; RFC 9110, \
              section 5.6.2). A line that is skipped here is read by some other program.",
        fix: "{place} has to answer with 400 when a line has no colon, or its name is no token",
        read: "header-fields",
    }
    CONTROL_TAKEN = "control-character-taken" {
        why: "A NUL or a CR ends a line or a string for some programs, and not for others. Neither they \
              nor other control characters may stand in a head (RFC 9110, section 5.5; RFC 9112, section \
              2.2).",
        fix: "{place} has to refuse control characters other than the tab, and a CR that has no LF after \
              it",
        read: "parsing-leniently-is-dangerous",
    }
    HOST_NOT_DEMANDED = "host-not-demanded" {
        why: "One server may stand for many hosts, so a request of 1.1 says which one it means, once; 400 \
              is the answer to one that does not, or says it twice, or names no host (RFC 9112, section \
              3.2).",
        fix: "{place} has to count the Host fields: exactly one in 1.1, never two",
        read: "host",
    }
    LENGTH_TAKEN = "malformed-length-taken" {
        why: "Content-Length is one or more digits and nothing else (RFC 9110, section 8.6). `parse` takes \
              a sign as well, and a length that is guessed makes the body's rest the next request.",
        fix: "{place} has to look at each byte of the value before it parses: digits only, else 400",
        read: "where-a-message-ends",
    }
    TWO_LENGTHS_TAKEN = "two-lengths-taken" {
        why: "With two lengths, one program believes the first and another the second: what is body to one \
              is a request to the other. Here every second length is 400, equal or not (RFC 9112, section \
              6.3).",
        fix: "{place} has to refuse a request with more than one Content-Length, or with a list in it",
        read: "parsing-leniently-is-dangerous",
    }
    LENGTH_AND_CHUNKS_TAKEN = "length-and-chunked-taken" {
        why: "A request with both Content-Length and Transfer-Encoding has two ends. It is how requests \
              are smuggled, and refused with 400 (RFC 9112, section 6.1).",
        fix: "{place} has to refuse a request that has both fields",
        read: "parsing-leniently-is-dangerous",
    }
    CODING_TAKEN = "transfer-coding-guessed" {
        why: "Only `chunked`, once and last, says where a request's body ends (RFC 9112, section 6.3), and \
              1.0 does not know it. With anything else in Transfer-Encoding the end is a guess.",
        fix: "{place} has to take exactly `chunked`, in any case, and only in 1.1; else 400, or 501 for a \
              coding that it does not know",
        read: "where-a-message-ends",
    }
    BODY_LEFT = "body-left-in-the-stream" {
        why: "A body belongs to its request, whatever the method. What is left of it stands in the stream, \
              and is read as the next request (RFC 9112, section 6).",
        fix: "{place} has to read the body to its end, before it returns",
        read: "bodies-must-be-read",
    }
    BODY_IN_PIECES = "one-recv-is-not-a-body" {
        why: "A body comes in pieces like everything else. `read` gives what is there, which need not be \
              all of it.",
        fix: "{place} has to read until the announced number of bytes is there: `read_exact`, or a loop",
        read: "bodies-must-be-read",
    }
    BODY_CHANGED = "request-body-changed" {
        why: "A body is bytes: with zeros, with empty lines, with what looks like a request. Only the \
              framing says where it ends, and nothing in it is decoded or trimmed.",
        fix: "{place} has to hand on the body's bytes as they came",
        read: "where-a-message-ends",
    }
    CHUNKS_MISREAD = "chunks-misread" {
        why: "A chunk is its size in hexadecimal digits of either case, perhaps an extension behind `;`, \
              CRLF, the data, CRLF (RFC 9112, section 7.1). The data alone is the body.",
        fix: "{place} has to take each chunk apart, up to the one of size 0",
        read: "where-a-message-ends",
    }
    TRAILERS_LEFT = "trailers-left-in-the-stream" {
        why: "Behind the chunk of size 0 there may be trailer fields, and then there is an empty line (RFC \
              9112, section 7.1.2). It all belongs to this request.",
        fix: "{place} has to read on to the empty line after the last chunk, and drop the fields before it",
        read: "where-a-message-ends",
    }
    CHUNK_TAKEN = "malformed-chunk-taken" {
        why: "A chunk's size is hexadecimal digits, with no sign and no `0x`, and after its data comes \
              CRLF (RFC 9112, section 7.1). Whoever guesses takes data for sizes, and bodies for requests.",
        fix: "{place} has to refuse with 400 a size that is no such number, and data that has no CRLF \
              behind it",
        read: "parsing-leniently-is-dangerous",
    }
    BARE_LF = "bare-lf-read-in-two-ways" {
        why: "A server may take an LF alone for the end of a line, or refuse it with 400 (RFC 9112, \
              section 2.2). What it may not do is take it here and overlook it there: then its own parts \
              disagree where a head ends.",
        fix: "{place} has to find the end of every line in one and the same way",
        read: "a-line-ends-in-cr-lf",
    }
    WRONG_STATUS = "wrong-status-for-a-bad-request" {
        why: "The status tells the client what was wrong: 400 malformed, 413 body too long, 414 target too \
              long, 431 head too long, 501 not known here, 505 another major version (RFC 9110, section \
              15.5; RFC 6585).",
        fix: "{place} has to return RequestError::Bad with the status of what is wrong",
        read: "limits",
    }
    BAD_IS_NOT_GONE = "refused-without-a-status" {
        why: "A client that sent nonsense is still there, and waits. RequestError::Bad carries the status \
              to answer with; Io and None say that there is nobody to answer.",
        fix: "{place} has to return Bad with a status for what is malformed, and Io only for what recv \
              reported",
        read: "read_request",
    }
    LIMIT_TOO_SMALL = "limit-below-what-is-allowed" {
        why: "A limit says what is still allowed: 8,192 bytes of request line without its end, 65,536 \
              bytes of head, 100 fields, 1 MiB of body.",
        fix: "{place} has to refuse what is longer than that, and nothing else",
        read: "limits",
    }
    NO_HEAD_LIMIT = "head-without-a-limit" {
        why: "What comes from the network has no natural end: a line can go on for ever, and fields can. \
              Without a limit one client fills the memory.",
        fix: "{place} has to stop reading at the limit, not look at the length afterwards: 414 for the \
              request line, 431 for the fields",
        read: "limits",
    }
    NO_BODY_LIMIT = "body-without-a-limit" {
        why: "A length is a number that anybody can write, and chunks need not end. Memory is to be had \
              only for what has arrived, up to the limit (RFC 9110, section 15.5.14).",
        fix: "{place} has to answer 413 as soon as it is known that the body is too long, before it reads \
              or reserves that much",
        read: "limits",
    }
    NOT_INVITED = "body-not-invited" {
        why: "With `Expect: 100-continue` a client holds its body back until it hears `HTTP/1.1 100 \
              Continue` (RFC 9110, section 10.1.1). Case does not matter in the value.",
        fix: "{place} has to send it, and an empty line, when the head is right and the body has not come \
              yet",
        read: "expect-100-continue",
    }
    INVITATION_MALFORMED = "invitation-malformed" {
        why: "100 Continue is a response of its own: a status line, and an empty line, each with CRLF, and \
              no body and no Content-Length (RFC 9110, section 15.2).",
        fix: "{place} has to send exactly HTTP/1.1 100 Continue\\r\\n\\r\\n",
        read: "expect-100-continue",
    }
    INVITED_UNASKED = "invited-without-need" {
        why: "100 Continue goes to a client of 1.1 that asked for it, when its body is wanted. To others \
              it is the response to their request (RFC 9110, section 10.1.1), and with an error the body \
              need not come at all.",
        fix: "{place} has to look at the version, the length and everything else in the head before it \
              invites",
        read: "expect-100-continue",
    }
    SIGNAL_ENDS_REQUEST = "signal-ends-a-request" {
        why: "A signal can interrupt any call that waits. The connection is as good as before, and so is \
              what was read.",
        fix: "{place} has to read on when the error's kind is Interrupted",
        read: "read_request",
    }
    RESET_HIDDEN = "reset-taken-for-a-bad-request" {
        why: "After a reset nobody is there to be answered. The caller has to be told so: it is not the \
              client that sent something wrong.",
        fix: "{place} has to return RequestError::Io with the error that recv gave",
        read: "read_request",
    }
    CLOSED_UNASKED = "closed-unasked" {
        why: "In 1.1 a connection stays, unless one side says `close`; 1.2 and later would be the same \
              (RFC 9112, section 9.3). In 1.0 `keep-alive` keeps it.",
        fix: "{place} has to go by minor_version first, and then by the words in Connection",
        read: "keep-alive-and-close",
    }
    KEPT_UNASKED = "kept-alive-unasked" {
        why: "A client of 1.0 takes the end of the connection for the end of the response. It is kept only \
              where the client asks with `Connection: keep-alive` (RFC 9112, section 9.3).",
        fix: "{place} has to give false for minor_version 0, unless that word is there",
        read: "keep-alive-and-close",
    }
    CLOSE_OVERHEARD = "connection-is-a-list-of-words" {
        why: "Connection holds words between commas, perhaps in several fields, and case does not matter \
              in them: `keep-alive, Close` says close, too (RFC 9110, section 7.6.1).",
        fix: "{place} has to look at each word of each Connection field, without its case and the spaces \
              around it",
        read: "keep-alive-and-close",
    }
    PART_OF_A_WORD = "part-of-a-word-taken" {
        why: "`close` is a word of its own. In `closed` or `not-close` it is five letters of another (RFC \
              9110, section 7.6.1).",
        fix: "{place} has to compare whole words, between the commas",
        read: "keep-alive-and-close",
    }
    CLOSE_WINS = "keep-alive-taken-over-close" {
        why: "Where both words stand, `close` holds: whoever says it will send nothing more (RFC 9112, \
              section 9.3).",
        fix: "{place} has to look for `close` first, in every version",
        read: "keep-alive-and-close",
    }
>>>>>>> l04A

    // Files.

    // Connections.

    // The program.
}
