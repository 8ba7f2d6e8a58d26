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
    NO_LENGTH = "no-content-length" {
        why: "On a connection that stays open, a client knows where the body ends only because the head says how \
              long it is (RFC 9112, section 6.3). A body of no bytes says so, too: `Content-Length: 0`.",
        fix: "{place} has to send `Content-Length` with every response but 1xx, 204 and 304",
        read: "where-a-message-ends",
    }
    BODY_TOO_LONG = "body-longer-than-its-length" {
        why: "Whatever follows on the last byte of a body is the beginning of the next response (RFC 9112, section \
              6.3). Not even a line end belongs there.",
        fix: "{place} has to count all that it sends after the head, and send nothing else",
        read: "where-a-message-ends",
    }
    BODY_CHANGED = "body-changed" {
        why: "A body is bytes, as many as they are and whatever they are: text in some encoding, a picture, line \
              ends, zeros.",
        fix: "{place} has to send the bytes of the body as they are: no String, no lines, no trimming",
        read: "write_response",
    }
    WRONG_STATUS = "another-status-sent" {
        why: "The status says what came of the request, and a client acts on its three digits alone. Any from 100 \
              to 599 may come, known or not (RFC 9110, section 15).",
        fix: "{place} has to write the number in `response.status`, whatever it is",
        read: "the-status-line",
    }
    FIELDS_LOST = "fields-not-sent-as-given" {
        why: "Each field of the response is a line of its own, with its value as it is. A name may come twice, as \
              Set-Cookie does, and both count.",
        fix: "{place} has to write every pair of `response.headers`, in order, and change none of them",
        read: "header-fields",
    }
    NO_DATE = "no-date" {
        why: "A server that has a clock says in every response when it was made (RFC 9110, section 6.6.1). Caches \
              reckon with it.",
        fix: "{place} has to write a field `Date`",
        read: "header-fields",
    }
    DATE_MALFORMED = "date-malformed" {
        why: "A date in HTTP has one form, `Sun, 06 Nov 1994 08:49:37 GMT`: two digits for the day, English names, \
              and always GMT (RFC 9110, section 5.6.7).",
        fix: "{place} has to write dates in that form: httpdate::fmt_http_date does",
        read: "header-fields",
    }
    DATE_WRONG = "date-not-now" {
        why: "`Date` is the moment in which the response was made, in GMT (RFC 9110, section 6.6.1).",
        fix: "{place} has to ask the clock for each response: SystemTime::now()",
        read: "header-fields",
    }
    BODY_AFTER_HEAD = "body-on-head" {
        why: "The response to HEAD ends with its head, whatever its `Content-Length` says (RFC 9110, section \
              9.3.2). The client takes bytes after it for its next response.",
        fix: "{place} has to send no body when the method is HEAD",
        read: "head-the-method",
    }
    LENGTH_OF_HEAD = "head-without-the-length" {
        why: "HEAD asks what GET would be answered, without the body. So `Content-Length` is that of the body that GET \
              would have had, not of the one that is not sent (RFC 9110, section 8.6).",
        fix: "{place} has to write the length of the body before it drops the body for HEAD",
        read: "head-the-method",
    }
    BODY_WITHOUT_ONE = "body-on-304" {
        why: "1xx, 204 and 304 end with their head, always (RFC 9112, section 6.3). The client takes bytes after it for \
              its next response.",
        fix: "{place} has to send no body with these statuses, whatever `response.body` is",
        read: "conditional-requests",
    }
    LENGTH_WITHOUT_BODY = "length-on-304" {
        why: "204 may have no `Content-Length` at all, and that of a 304 would be the length that 200 had had: 0 says \
              that the file is empty now (RFC 9110, section 8.6).",
        fix: "{place} has to leave `Content-Length` out with 1xx, 204 and 304",
        read: "conditional-requests",
    }
    PART_IGNORED = "part-of-a-file-ignored" {
        why: "A body can be a part of a file: `length` bytes, of which the first stands at `start`. A file that was \
              opened is read from its beginning to its end.",
        fix: "{place} has to seek to `start`, and to take no more than `length` bytes",
        read: "ranges",
    }
    MEMORY = "whole-file-in-memory" {
        why: "A file may be larger than the memory, and a hundred clients may ask for it at once. A piece of it is \
              all that has to be there at a time.",
        fix: "{place} has to copy the file piece by piece: io::copy from file.take(length)",
        read: "a-large-file-in-constant-memory",
    }
    PARTLY_SENT = "response-partly-sent" {
        why: "`write` may take only a part of what it is given, and says how many bytes those were. With full buffers, a \
              slow client or a signal, it does.",
        fix: "{place} has to go on until all is sent: write_all, io::copy",
        read: "write_response",
    }
    SHORT_FILE = "short-file-hidden" {
        why: "A file can become shorter between the moment in which its length was asked and the one in which it is read. \
              The length is promised by then: only closing the connection tells the client that the rest is \
              missing, and only an error tells `serve_connection` to do so.",
        fix: "{place} has to return an error (UnexpectedEof) when the file ends before `length` bytes",
        read: "a-large-file-in-constant-memory",
    }
    PADDED = "short-file-padded" {
        why: "Bytes that are not in the file make a file that nobody has written, and the client cannot tell. A \
              response that breaks off is known to be broken.",
        fix: "{place} has to send only what it has read, and to return an error where the file ends too early",
        read: "a-large-file-in-constant-memory",
    }
    SPLIT = "response-split-by-a-value" {
        why: "A CR or LF in a field ends its line, and what follows is a line of its own. Whoever gets to choose a part of \
              a value, by a target say, so writes fields, or a whole response (RFC 9110, section 5.5; CWE-113).",
        fix: "{place} has to refuse a name or value with CR, LF or NUL: an error, or the field left out",
        read: "header-fields",
    }
    ENDS_CONNECTION = "response-ends-the-connection" {
        why: "Many responses follow each other on one connection. Whether it ends is for `serve_connection` to say.",
        fix: "{place} has to leave the stream open: no shutdown",
        read: "keep-alive-and-close",
    }
    BODY_TOO_SHORT = "body-shorter-than-its-length" {
        why: "`Content-Length` promises a number of bytes, and the client waits until it has them all (RFC 9112, \
              section 6.3). Bytes are counted, not characters.",
        fix: "{place} has to send exactly as many bytes as its `Content-Length` says",
        read: "where-a-message-ends",
    }

    // Files.

    NOT_FOUND = "file-not-found" {
        why: "A target is a path from the root of the site: its first `/` is the root, and each name after it a step \
              down. In `Path::join` an absolute path takes the place of what was there.",
        fix: "{place} has to add the target's names to `root`, one after the other",
        read: "a-target-is-not-a-path",
    }
    NOT_DECODED = "escapes-not-decoded" {
        why: "A target has room for few characters; each byte of the others is written as `%` and two hexadecimal \
              digits (RFC 3986, section 2.1). On the disk stands what they mean.",
        fix: "{place} has to decode %XX, to bytes first, and those as UTF-8",
        read: "a-target-is-not-a-path",
    }
    DECODED_TWICE = "escapes-decoded-twice" {
        why: "`%25` is a percent sign, and what stands after it is text. To decode what was decoded finds other files, and \
              lets pass what a check before had not seen (RFC 3986, section 2.4; CWE-174).",
        fix: "{place} has to decode once, and never again",
        read: "a-target-is-not-a-path",
    }
    PLUS_AS_SPACE = "plus-taken-for-a-space" {
        why: "`+` is a space in what a form sends as its query. In a path it is a plus.",
        fix: "{place} has to leave `+` as it is",
        read: "a-target-is-not-a-path",
    }
    QUERY_AS_NAME = "query-taken-for-the-name" {
        why: "From the first `?` on, a target is a query, which is for the program behind it and no part of the path (RFC \
              3986, section 3.4).",
        fix: "{place} has to cut the target at its first `?`, and to look at nothing behind it",
        read: "a-target-is-not-a-path",
    }
    CUT_AFTER_DECODING = "query-cut-after-decoding" {
        why: "An encoded `%3F` is a question mark within a name, and begins no query: what separates the parts is \
              looked for before they are decoded (RFC 3986, section 2.4).",
        fix: "{place} has to cut the query off first, and to decode then",
        read: "a-target-is-not-a-path",
    }
    MALFORMED_ESCAPE = "malformed-escape-taken" {
        why: "`%` is followed by two hexadecimal digits, of which neither is a sign, and no name has a NUL in it. What is \
              guessed here, another program guesses differently.",
        fix: "{place} has to give None for a % without two hexadecimal digits, and for %00",
        read: "a-target-is-not-a-path",
    }
    LOSSILY_DECODED = "name-decoded-lossily" {
        why: "Bytes that are no UTF-8 are no text, and with a replacement in their place the name is another one: \
              many targets name one file then.",
        fix: "{place} has to give None where the bytes are no UTF-8: String::from_utf8, not from_utf8_lossy",
        read: "a-target-is-not-a-path",
    }
    DOT_DOT = "dot-dot-leaves-the-root" {
        why: "`..` is the folder above, and above the root is everything else: keys, passwords. A path is not inside \
              because it begins with the root's name; the system walks it step by step (CWE-22).",
        fix: "{place} has to give None for a target with a step `..` in it, or to go down and up itself and stop at the root",
        read: "never-outside-the-root",
    }
    ENCODED_DOT_DOT = "encoded-dot-dot-leaves-the-root" {
        why: "`%2e` is a dot and `%2f` a slash. A check of the target as it was sent sees neither, and the file system \
              sees both (CWE-22).",
        fix: "{place} has to look for `..` after decoding, in each name, and to refuse names with a `/` in them",
        read: "never-outside-the-root",
    }
    DOTS_REMOVED = "dot-dot-removed-from-the-text" {
        why: "Where `../` is cut out of `....//`, what is left is `../`. Bad input is refused, not repaired (CWE-182).",
        fix: "{place} has to give None when a name is `..`, and not to replace anything",
        read: "never-outside-the-root",
    }
    ABSOLUTE_PATH = "absolute-path-leaves-the-root" {
        why: "To join an absolute path is to forget the root: `Path::join` and `push` replace all that was there. `//etc` \
              without its first slash is such a path, and `%2fetc` decoded is one, too.",
        fix: "{place} has to take only names from the target: Component::Normal of Path::components, nothing else",
        read: "never-outside-the-root",
    }
    PREFIX_AS_TEXT = "root-compared-as-text" {
        why: "`/srv/site-of-others` begins with `/srv/site`, as text. As paths, one is not in the other: \
              `Path::starts_with` compares whole names.",
        fix: "{place} has to compare paths as paths, not as strings",
        read: "never-outside-the-root",
    }
    SYMLINK_OUT = "symlink-out-of-the-root" {
        why: "A symlink is another path that the system walks in place of its name, and that may lead anywhere. Only \
              `canonicalize` tells where (CWE-59).",
        fix: "{place} has to give None where the canonicalized path is not below the canonicalized root",
        read: "never-outside-the-root",
    }
    INNER_LINK = "symlink-to-another-file" {
        why: "A symlink that stays inside the root may be followed or refused. What it leads to is what the system says.",
        fix: "{place} has to give the path through the link, or None",
        read: "never-outside-the-root",
    }
    DOTS_REFUSED = "dots-within-a-name-refused" {
        why: "Only a name that is `..`, and nothing else, leads up. `a..b` and `..a` are names like any other.",
        fix: "{place} has to compare each name with \"..\": text.contains(\"..\") refuses too much",
        read: "never-outside-the-root",
    }
    ROOT_SPELT = "root-compared-as-it-was-spelt" {
        why: "A root may be given as a relative path, with a `.` or a `/` at its end, or by a symlink. What was \
              canonicalized does not begin with it then.",
        fix: "{place} has to canonicalize the root, too, before it compares",
        read: "never-outside-the-root",
    }

    // Connections.

    // The program.
}
