//! What people believe about serving HTTP, and how it really is.

use harness::misconceptions;

misconceptions! { ALL:
    // Messages: requests read and responses written.
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
    FIELDS_NOT_READ = "header-fields-lost" {
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
    TARGET_TAKEN = "malformed-target-taken" {
        why: "A target is a path, which begins with `/`, or a whole URI. `*` is for OPTIONS alone, and `host:port` \
              for CONNECT (RFC 9112, section 3.2). What is none of these, one program takes for a path, and \
              another for a host.",
        fix: "{place} has to answer a target with 400 that neither begins with / nor with http:// or https://",
        read: "the-grammar-of-a-message",
    }
    VERSION_TAKEN = "malformed-version-taken" {
        why: "The version is `HTTP/`, a digit, a point, a digit, and case matters (RFC 9112, section 2.3). \
              Another major version has other rules for where a message ends: 505.",
        fix: "{place} has to compare all eight bytes of it: 400 for what is no version, 505 for another \
              major one",
        read: "the-grammar-of-a-message",
    }
    NO_OTHER_VERSION = "malformed-version-not-400" {
        why: "505 says: this is a version, a digit, a point and a digit, and not one that I speak (RFC 9110, section \
              15.6.6). What is not written so, such as `HTTP/1` or `http/1.1`, is no version, and the request is \
              malformed (RFC 9112, section 2.3).",
        fix: "{place} has to look at the form first: 400 for what is not HTTP/ digit point digit, 505 for another \
              first digit than 1",
        read: "parsing-leniently-is-dangerous",
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
    HOST_MALFORMED = "malformed-host-field-taken" {
        why: "A Host is a name or an address, and perhaps `:` and digits. No space stands in it, and no other \
              character that a host cannot have (RFC 9112, section 3.2; RFC 3986, section 3.2.2). One program reads \
              it up to there, and another to its end.",
        fix: "{place} has to look at each character of the one Host's value, too, and to answer with 400 where one \
              can be in no host",
        read: "host",
    }
    HOST_REFUSED = "well-formed-host-refused" {
        why: "A Host is a name of letters, digits, `- . _ ~ %` and `!$&'()*+,;=`, or an address, an IPv6 one in \
              brackets. Then come perhaps `:` and digits. It may be empty (RFC 9110, section 7.2; RFC 3986, section \
              3.2.2).",
        fix: "{place} has to take every Host that is written so: `[::1]:8000` is what a browser sends for that \
              address",
        read: "host",
    }
    LENGTH_TAKEN = "malformed-length-taken" {
        why: "Content-Length is one or more digits and nothing else (RFC 9110, section 8.6). `parse` takes \
              a sign as well, and a length that is guessed makes the body's rest the next request.",
        fix: "{place} has to look at each byte of the value before it parses: digits only, else 400",
        read: "parsing-leniently-is-dangerous",
    }
    SPACES_OF_UNICODE = "spaces-of-unicode-trimmed" {
        why: "Around a value stand spaces and tabs, and nothing else is taken off (RFC 9110, section 5.6.3). \
              `str::trim` takes off what is white space in any script, such as U+00A0; what is left is a number \
              here, and none for other programs.",
        fix: "{place} has to trim spaces and tabs only: trim_matches([' ', '\\t'])",
        read: "header-fields",
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
              are smuggled. A server may refuse it (RFC 9112, section 6.1), and here it does, with 400.",
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
    CODING_WITH_CASE = "transfer-coding-compared-with-case" {
        why: "The names of codings are the same in capitals: `CHUNKED` is `chunked` (RFC 9112, section 7). It is the \
              field's value that is meant here, not its name.",
        fix: "{place} has to compare the value of Transfer-Encoding with eq_ignore_ascii_case",
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
    REQUEST_BODY_CHANGED = "request-body-changed" {
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
    BARE_LF_READ = "bare-lf-read-in-two-ways" {
        why: "A server may take an LF alone for the end of a line, or refuse it with 400 (RFC 9112, \
              section 2.2). What it may not do is take it here and overlook it there: then its own parts \
              disagree where a head ends.",
        fix: "{place} has to find the end of every line in one and the same way",
        read: "a-line-ends-in-cr-lf",
    }
    WRONG_REFUSAL = "wrong-status-for-a-bad-request" {
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
              Continue` (RFC 9110, section 10.1.1).",
        fix: "{place} has to send it, and an empty line, when the head is right and the body has not come \
              yet",
        read: "expect-100-continue",
    }
    EXPECT_WITH_CASE = "expectation-compared-with-case" {
        why: "The value of Expect is the same in capitals: `100-Continue` is `100-continue` (RFC 9110, section 10.1.1). \
              A client that is not understood waits.",
        fix: "{place} has to compare the value of Expect with eq_ignore_ascii_case",
        read: "expect-100-continue",
    }
    CHUNKS_NOT_INVITED = "chunked-body-not-invited" {
        why: "A body is announced by Content-Length or by `Transfer-Encoding: chunked`, and a client may hold back \
              either until it hears `HTTP/1.1 100 Continue` (RFC 9110, section 10.1.1).",
        fix: "{place} has to invite also a body that is to come in chunks, which has no Content-Length",
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
              where the client asks with `Connection: keep-alive`; and whoever says `close` has it closed, in \
              every version (RFC 9112, section 9.3).",
        fix: "{place} has to give false where `close` stands, and for minor_version 0 unless keep-alive does",
        read: "keep-alive-and-close",
    }
    CLOSE_OVERHEARD = "connection-is-a-list-of-words" {
        why: "Connection holds words between commas, perhaps in several fields, and case does not matter \
              in them: `keep-alive, Close` says close, too (RFC 9110, section 7.6.1).",
        fix: "{place} has to look at each word of each Connection field, without its case and the spaces \
              around it",
        read: "keep_alive",
    }
    PART_OF_A_WORD = "part-of-a-word-taken" {
        why: "`close` is a word of its own. In `closed` or `not-close` it is five letters of another (RFC \
              9110, section 7.6.1).",
        fix: "{place} has to compare whole words, between the commas",
        read: "keep_alive",
    }
    CLOSE_WINS = "keep-alive-taken-over-close" {
        why: "Where both words stand, `close` holds: whoever says it will send nothing more (RFC 9112, \
              section 9.3).",
        fix: "{place} has to look for `close` first, in every version",
        read: "keep-alive-and-close",
    }

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
    HEAD_OF_NOTHING = "no-head-for-an-empty-file" {
        why: "A file may be empty, and so may the part of it that is asked for. The response has a head all the same, \
              with `Content-Length: 0`. A loop for as long as bytes are left is not gone through even once then.",
        fix: "{place} has to send the head also when there are 0 bytes to send after it",
        read: "a-large-file-in-constant-memory",
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
        read: "write_response",
    }
    DATE_MALFORMED = "date-malformed" {
        why: "A date in HTTP has one form, `Sun, 06 Nov 1994 08:49:37 GMT`: two digits for the day, English names, \
              and always GMT (RFC 9110, section 5.6.7).",
        fix: "{place} has to write dates in that form: httpdate::fmt_http_date does",
        read: "write_response",
    }
    DATE_WRONG = "date-not-now" {
        why: "`Date` is the moment in which the response was made, in GMT (RFC 9110, section 6.6.1).",
        fix: "{place} has to ask the clock for each response: SystemTime::now()",
        read: "write_response",
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
        read: "where-a-message-ends",
    }
    LENGTH_WITHOUT_BODY = "length-on-304" {
        why: "204 may have no `Content-Length` at all, and that of a 304 would be the length that 200 had had: 0 says \
              that the file is empty now (RFC 9110, section 8.6).",
        fix: "{place} has to leave `Content-Length` out with 1xx, 204 and 304",
        read: "where-a-message-ends",
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
        fix: "{place} has to copy the file piece by piece, and to see at the end that it was all of it",
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
        fix: "{place} has to return an error (InvalidInput) for a name or value with CR, LF or NUL, and to send nothing",
        read: "redirect-to-the-slash",
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
    DOT_FILE = "name-with-a-dot-first-refused" {
        why: "A name that begins with a dot is a name like any other; only `ls` hides it. What is under \
              `/.well-known/` is asked for every day (RFC 8615).",
        fix: "{place} has to give None for the name `..` alone, and to step over `.` alone",
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
    URI_WITHIN = "uri-found-within-a-path" {
        why: "A target that begins with `/` is a path, whatever stands behind it. A query often holds a whole URI, as in \
              `/login?next=http://localhost/`. Only what begins with a scheme is one (RFC 9112, section 3.2).",
        fix: "{place} has to look at the beginning of the target for a scheme, not anywhere in it",
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
    SLASH_DECODED = "encoded-slash-taken" {
        why: "What separates names is looked for before they are decoded (RFC 3986, section 2.4). `%2f` is a slash \
              within a name, and no file has such a name. Whoever guards `/sub/` in front of this server does not \
              see it in `/sub%2f`.",
        fix: "{place} has to split the path at its slashes first, to decode each name then, and to give None for one \
              with a / in it",
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
        fix: "{place} has to give None for a target with a step `..` in it",
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
    DOTS_REFUSED = "dots-within-a-name-refused" {
        why: "Only a name that is `..`, and nothing else, leads up. `a..b` and `..a` are names like any other.",
        fix: "{place} has to compare each name with \"..\": text.contains(\"..\") refuses too much",
        read: "never-outside-the-root",
    }
    DOT_DOT_SKIPPED = "dot-dot-skipped" {
        why: "`/a/../b` is `/b` for whoever resolves it (RFC 3986, section 5.2.4). With its `..` left out it would \
              be `/a/b`: another file under the name that was asked for.",
        fix: "{place} has to give None for a target with a step `..` in it, or to go up one folder for it",
        read: "never-outside-the-root",
    }
    ROOT_SPELT = "root-compared-as-it-was-spelt" {
        why: "A root may be given as a relative path, with a `.` or a `/` at its end, or by a symlink. What was \
              canonicalized does not begin with it then.",
        fix: "{place} has to canonicalize the root, too, before it compares",
        read: "never-outside-the-root",
    }
    FILE_NOT_SERVED = "file-not-served" {
        why: "GET of a file that is there is answered with 200 and the file (RFC 9110, section 9.3.1).",
        fix: "{place} has to answer with 200, and with the file that `locate` found as the body",
        read: "respond",
    }
    OTHER_BYTES = "other-bytes-than-the-file-s" {
        why: "A file is served as it is, to the byte: no text to be decoded, no line ends to be changed, \
              nothing added.",
        fix: "{place} has to give the whole file: Body::File from 0 on, with the length that its metadata \
              says",
        read: "respond",
    }
    NOT_404 = "missing-file-not-404" {
        why: "404 says that nothing is there. With 200 the client takes the explanation for the file, and \
              500 says that the server is broken (RFC 9110, section 15.5.5).",
        fix: "{place} has to answer with 404 when `locate` gives None, and when nothing is at the path \
              that it gives",
        read: "respond",
    }
    UNREADABLE = "unreadable-file-not-403" {
        why: "That a file may not be read is no failure of the server, and to ask again does not help: 403 says so. \
              404 is allowed as well, and hides that there is something (RFC 9110, section 15.5.4).",
        fix: "{place} has to answer with 403, or 404, where the error's kind is PermissionDenied",
        read: "respond",
    }
    FILE_WITH_SLASH = "slash-behind-a-file-taken" {
        why: "A target that ends in `/` names a folder. Relative links in a page that were served so would \
              lead below a file.",
        fix: "{place} has to answer with 404 when the target ends in / and the path is a file",
        read: "never-outside-the-root",
    }
    MEDIA_TYPE = "media-type-missing-or-wrong" {
        why: "The client does not look at the name of a file: `Content-Type` tells it what to do with the \
              bytes (RFC 9110, section 8.3). A browser ignores a stylesheet that is not text/css.",
        fix: "{place} has to look up the media type by the ending of the file's name",
        read: "media-types",
    }
    ENDING_CASE = "ending-compared-with-case" {
        why: "`PHOTO.JPG` and `index.HTML` are what they are in capitals, too.",
        fix: "{place} has to compare the ending in lower case: to_ascii_lowercase",
        read: "media-types",
    }
    TYPE_OF_TARGET = "media-type-by-the-target" {
        why: "What kind of file it is, its name on the disk says. At the end of the target may stand a \
              query.",
        fix: "{place} has to look at the extension of the path that `locate` gave, not at the target",
        read: "media-types",
    }
    UNKNOWN_AS_TEXT = "unknown-type-guessed" {
        why: "What is not known is `application/octet-stream`: bytes, to be saved. A guess of text or HTML \
              makes a browser show it, or run it.",
        fix: "{place} has to take application/octet-stream where the name has no ending that it knows; \
              only what stands behind the last dot of the name is one",
        read: "media-types",
    }
    INDEX_IGNORED = "index-html-not-served" {
        why: "The page of a folder is the file index.html in it, where there is one.",
        fix: "{place} has to look for index.html in the folder before it lists it",
        read: "a-listing-is-html",
    }
    INDEX_NO_FILE = "index-html-that-is-no-file" {
        why: "A folder may be called index.html. It exists, and `File::open` opens it; only to read from it \
              fails, when the head has been sent.",
        fix: "{place} has to serve index.html only where it is a file (`is_file`), and to list the folder else",
        read: "a-listing-is-html",
    }
    NOT_LISTED = "folder-not-listed" {
        why: "A folder without index.html is answered with 200 and a page of HTML that links to what is in \
              it.",
        fix: "{place} has to answer with a listing, and to call it text/html",
        read: "a-listing-is-html",
    }
    LISTING_INCOMPLETE = "listing-with-wrong-links" {
        why: "A listing has a link to each file and each folder in this one folder, whose name has a `/` \
              behind it. A link is resolved against the target, which ends in `/`: the name alone is \
              enough.",
        fix: "{place} has to link each entry of read_dir by its name, a folder with a / behind it",
        read: "a-listing-is-html",
    }
    NAMES_NOT_ESCAPED = "names-not-escaped-in-html" {
        why: "A file may have any name, `<script>` included. Put into a page as it is, it becomes a part \
              of the page, with all that the site may do (CWE-79).",
        fix: "{place} has to write &amp; &lt; &gt; &quot; &#39; for & < > \" ' in all text that is not its \
              own, the & first",
        read: "a-listing-is-html",
    }
    ESCAPED_TWICE = "names-escaped-twice-in-html" {
        why: "Whoever replaces `<` first and `&` then escapes the `&` of `&lt;`, too. The page shows `&lt;` where `<` \
              should be: safe, and wrong.",
        fix: "{place} has to replace & before all others, or to go through the text once, character by character",
        read: "a-listing-is-html",
    }
    LINKS_NOT_ENCODED = "links-not-percent-encoded" {
        why: "In a URL `?` begins the query, `#` the fragment, `:` ends a scheme, and `%` is an escape. In \
              a file's name they are letters (RFC 3986, section 2.1).",
        fix: "{place} has to percent-encode names in links: every byte but letters, digits and - . _ ~",
        read: "a-listing-is-html",
    }
    NO_REDIRECT = "folder-without-slash-not-redirected" {
        why: "Links in a page are relative to the last `/` of its address. Without the `/` behind a \
              folder, they would lead beside it. So the client is sent to the address with it.",
        fix: "{place} has to answer with 301, and with Location: the target's path with a / behind it",
        read: "redirect-to-the-slash",
    }
    QUERY_LOST = "redirect-without-the-query" {
        why: "The `/` belongs behind the path, and the query stays behind that: whoever is redirected asks \
              for the same.",
        fix: "{place} has to put the / before the ?, and to keep the query",
        read: "redirect-to-the-slash",
    }
    REDIRECT_DECODED = "redirect-to-the-decoded-name" {
        why: "`Location` is a URL, with its escapes. A decoded name is none: a space or a line end in it \
              breaks the field, and `?` begins a query.",
        fix: "{place} has to build Location from the target as it was sent",
        read: "redirect-to-the-slash",
    }
    OPEN_REDIRECT = "redirect-to-another-host" {
        why: "A URL that begins with `//` names a host (RFC 3986, section 4.2). Who can choose the target \
              sends others wherever they like, in the name of this site (CWE-601).",
        fix: "{place} has to let Location begin with exactly one /, and no \\ after it",
        read: "redirect-to-the-slash",
    }
    HOST_INVENTED = "redirect-to-a-host-of-its-own" {
        why: "`Location` may be a path, and the host stays the one that the client called (RFC 9110, section 10.2.2). \
              A server does not know what it is called by others: `localhost` is another machine for each of \
              them.",
        fix: "{place} has to put the path alone into Location, not a whole URL",
        read: "redirect-to-the-slash",
    }
    HEAD_DIFFERS = "head-answered-otherwise-than-get" {
        why: "HEAD is GET without the body: the same status, the same fields (RFC 9110, section 9.3.2). \
              The body has to be there for `write_response` to say its length.",
        fix: "{place} has to treat HEAD as GET; only `write_response` leaves the body out",
        read: "head-the-method",
    }
    LAST_MODIFIED = "last-modified-missing-or-wrong" {
        why: "`Last-Modified` is when the file was modified last, in whole seconds (RFC 9110, section \
              8.8.2). Without it no client can ask whether its copy is still good.",
        fix: "{place} has to send the `modified` of the file's metadata",
        read: "conditional-requests",
    }
    FILE_TIME = "odd-file-time-not-served" {
        why: "The time of a file is what somebody set: before 1970, in the future, or after 9999, by `touch -d` or \
              out of an archive. `duration_since(UNIX_EPOCH)` is an error before 1970, and `httpdate` panics \
              before 1970 and after 9999.",
        fix: "{place} has to serve such a file, too: bring its time between UNIX_EPOCH and now, or leave \
              Last-Modified out",
        read: "conditional-requests",
    }
    CONDITION_IGNORED = "if-modified-since-ignored" {
        why: "A client that has a copy says how old it is. Where the file is no younger, 304 saves sending \
              it again (RFC 9110, section 13.1.3).",
        fix: "{place} has to answer with 304 when the file was not modified after If-Modified-Since",
        read: "conditional-requests",
    }
    FRACTIONS = "modified-compared-with-fractions" {
        why: "A file's time has fractions of a second, a date in HTTP has none. Compared as they are, the \
              file is always a little younger than the date that it was sent with, and 304 never comes.",
        fix: "{place} has to cut the file's time to whole seconds before it compares",
        read: "conditional-requests",
    }
    CONDITION_AS_TEXT = "dates-compared-as-text" {
        why: "Dates are compared as times: `Fri` comes before `Mon` as text. And a copy that is younger \
              than the file is good, too.",
        fix: "{place} has to parse If-Modified-Since, and answer with 304 when the file's time is not \
              after it",
        read: "conditional-requests",
    }
    CONDITION_TRUSTED = "if-modified-since-not-compared" {
        why: "304 says: what you have is good. A client that has an older copy, or sent something that is \
              no date, has to get the file (RFC 9110, section 13.1.3).",
        fix: "{place} has to compare the dates, and to ignore what it cannot parse",
        read: "conditional-requests",
    }
    NONE_MATCH = "if-none-match-overruled" {
        why: "Where a client sends a tag of its copy, too, the tag counts and the date does not (RFC 9110, \
              section 13.1.3).",
        fix: "{place} has to ignore If-Modified-Since beside If-None-Match",
        read: "conditional-requests",
    }
    RANGE_IGNORED = "range-ignored" {
        why: "Who asks for a part of a file, to resume a download or to seek in a film, gets 206 and that \
              part (RFC 9110, section 14). HTTP lets a server ignore the wish; this one does not.",
        fix: "{place} has to answer a Range of one part with 206",
        read: "ranges",
    }
    RANGE_END = "range-end-taken-wrongly" {
        why: "Both ends of `bytes=5-9` are included: it is five bytes, and `0-0` is one. Without the \
              second number the range goes to the end (RFC 9110, section 14.1.2).",
        fix: "{place} has to send last - first + 1 bytes, from first on",
        read: "ranges",
    }
    SUFFIX_RANGE = "suffix-range-taken-for-a-start" {
        why: "`bytes=-5` is the last five bytes, not those up to the fifth (RFC 9110, section 14.1.2).",
        fix: "{place} has to begin at size - 5 for bytes=-5",
        read: "ranges",
    }
    RANGE_PAST_THE_END = "range-past-the-end-refused" {
        why: "A client need not know how long a file is. A range that begins in it and ends behind it is \
              cut to what is there, however large its number (RFC 9110, section 14.1.2).",
        fix: "{place} has to cut the range to the file's size, with saturating or checked arithmetic",
        read: "ranges",
    }
    CONTENT_RANGE = "content-range-missing-or-wrong" {
        why: "206 says which part it is, `Content-Range: bytes 5-9/100`, and 416 how long the file is, \
              `bytes */100` (RFC 9110, section 14.4). Both numbers count from 0, and the last is included.",
        fix: "{place} has to send Content-Range with 206 and with 416",
        read: "ranges",
    }
    NOT_416 = "range-behind-the-end-not-416" {
        why: "Where a file has none of the bytes that are asked for, 416 says so, and says how long it is \
              (RFC 9110, section 15.5.17).",
        fix: "{place} has to answer with 416 when the range begins at the file's size or behind it",
        read: "ranges",
    }
    RANGE_MALFORMED = "malformed-range-taken" {
        why: "What is not by the grammar, digits, a hyphen, digits, is no range, and neither is one in \
              another unit than bytes: the file is sent as if nothing had been asked (RFC 9110, section \
              14.2).",
        fix: "{place} has to ignore a Range that is none of bytes=5-9, bytes=5- and bytes=-5, and to take \
              digits only: parse takes a +, too",
        read: "ranges",
    }
    RANGE_FIRST_ONLY = "first-of-several-ranges" {
        why: "Several parts are answered in a body of the type multipart/byteranges, or with the whole \
              file (RFC 9110, section 15.3.7.2). One part alone is not what was asked for.",
        fix: "{place} has to send the whole file when there is a comma in the range",
        read: "ranges",
    }
    IF_RANGE = "if-range-ignored" {
        why: "`If-Range` says of which file the client has a part. If it is not exactly this one, a part \
              of this one would make a file that nobody has written (RFC 9110, section 13.1.5).",
        fix: "{place} has to ignore Range unless If-Range is the very Last-Modified that it sends",
        read: "ranges",
    }
    HEAD_RANGE = "range-on-head" {
        why: "`Range` is defined for GET alone; for every other method it is ignored (RFC 9110, section \
              14.2).",
        fix: "{place} has to ignore Range when the method is not GET",
        read: "ranges",
    }
    NOT_405 = "known-method-not-405" {
        why: "A method that HTTP has and this server has no use for is 405 (RFC 9110, section 15.5.6): the \
              client did nothing wrong but to ask it here.",
        fix: "{place} has to answer with 405 to POST, PUT, DELETE, CONNECT, TRACE and PATCH",
        read: "which-methods",
    }
    NO_ALLOW = "405-without-allow" {
        why: "405 has to say what is allowed, in a field `Allow` (RFC 9110, section 15.5.6), and an answer to \
              OPTIONS says it, too.",
        fix: "{place} has to say in Allow what is served: GET, HEAD, OPTIONS",
        read: "which-methods",
    }
    NOT_501 = "unknown-method-not-501" {
        why: "A method that the server does not know is 501: nobody can say what it means for this target \
              (RFC 9110, section 15.6.2).",
        fix: "{place} has to answer with 501 to every method that it does not know",
        read: "which-methods",
    }
    METHOD_CASE = "method-compared-without-case" {
        why: "A method has case: `get` is not GET, but another method, and nobody knows it (RFC 9110, \
              section 9.1).",
        fix: "{place} has to compare methods as they are",
        read: "which-methods",
    }
    AROUND_LOCATE = "file-opened-without-locate" {
        why: "`locate` keeps to the root; a path that is made otherwise, from the target itself, does not \
              (CWE-22).",
        fix: "{place} has to open only what `locate` gives for the target as it was sent",
        read: "never-outside-the-root",
    }
    SPECIAL_FILE = "special-file-opened" {
        why: "Not all that has a name is a file: to open a FIFO waits for somebody who writes into it, and \
              a device may never end.",
        fix: "{place} has to ask for the metadata first, and to open only what is_file",
        read: "respond",
    }
    ABSOLUTE_FORM = "target-with-a-host-not-understood" {
        why: "A target may be a whole URL, `http://host/path`, as it is sent to a proxy. Every server has \
              to take it for the path in it (RFC 9112, section 3.2.2).",
        fix: "{place}, or `locate`, which gets the target from it, has to leave out the scheme and the host before \
              it looks for the path",
        read: "a-target-is-not-a-path",
    }
    EMPTY_PATH = "empty-path-not-the-root" {
        why: "In `http://host` nothing stands behind the host, and that is the same as `http://host/` (RFC 9110, \
              section 4.2.3).",
        fix: "{place}, or `locate`, which gets the target from it, has to take an empty path behind a host for /",
        read: "a-target-is-not-a-path",
    }
    LARGE_FILE = "large-file-not-served" {
        why: "A file may be longer than 32 bits count, and than the memory holds. Its length is known \
              without reading it.",
        fix: "{place} has to give Body::File with the length from the metadata, as u64, and to read \
              nothing",
        read: "a-large-file-in-constant-memory",
    }

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
        fix: "{place} has to send one response for each request, and to give `write_response` the method of that request, by which \
              it knows where no body may be",
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
        read: "read_request",
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
        read: "limits",
    }
    IDLE_HELD = "idle-client-holds-the-connection" {
        why: "A client may say nothing and never leave: it has crashed, or it means harm. Each holds a thread \
              and a descriptor (RFC 9112, section 9.5).",
        fix: "`read_request`, or {place} around it, needs a deadline for the first byte of a request: after 10 s the connection is \
              closed",
        read: "time-outs",
    }
    IDLE_ANSWERED = "idle-client-answered" {
        why: "An answer belongs to a request. A client that has begun none takes what comes for the answer to \
              the next one, which it may be sending at this moment.",
        fix: "`read_request` has to give None where the time is over and no request has begun, and {place} to close with FIN \
              alone; 408 is for a request that has begun",
        read: "time-outs",
    }
    HEAD_HELD = "half-a-head-holds-the-connection" {
        why: "A head that has begun need never end. Until it does, or the time is over, it holds a thread and \
              a descriptor (RFC 9110, section 15.5.9).",
        fix: "`read_request`, or {place} around it, has to give up a head that is not complete after 10 s: 408, and close",
        read: "time-outs",
    }
    NO_408 = "time-out-not-told" {
        why: "A client whose request has begun waits for an answer, and 408 is the one for a request that took \
              too long (RFC 9110, section 15.5.9).",
        fix: "`read_request` has to give Bad(408) when the time for a head is over, and {place} to answer so and to close",
        read: "time-outs",
    }
    DRIP_HELD = "every-byte-starts-the-time-anew" {
        why: "A time-out on the socket is for one recv. A client that sends a byte now and then never meets it, \
              and holds the connection for as long as it likes.",
        fix: "`read_request`, or {place} around it, needs one deadline for the whole head: each recv gets only what is left of \
              it",
        read: "time-outs",
    }
    BODY_HELD = "stalled-body-holds-the-connection" {
        why: "A body that was promised need never come. While the server waits for it, it holds a thread and a \
              descriptor.",
        fix: "`read_request`, or {place} around it, has to give up a body that stalls for 30 s: with 408, or without a word",
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
        fix: "neither {place} nor `read_request` in it may give up a client before its time is over; each kind of waiting has its \
              own",
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
        read: "one-thread-for-each-connection",
    }
    ACCEPT_HOT = "http-server-accepts-without-a-pause" {
        why: "An accept that finds no free descriptor takes no caller out of the queue, and fails again at once, some \
              hundred thousand times a second.",
        fix: "{place} has to pause before it accepts again, 10 ms perhaps",
        read: "one-thread-for-each-connection",
    }
    NO_THREAD_ENDS = "no-thread-ends-the-server" {
        why: "A system has only so many threads, and so much memory for their stacks. When there is none for one \
              client, those who have one are still to be served. `thread::spawn` panics then, and \
              `thread::Builder::spawn` gives an error.",
        fix: "{place} has to use thread::Builder, and to go on accepting when `spawn` gives an error; the client's \
              connection closes by itself",
        read: "one-thread-for-each-connection",
    }
    NOTHING_LISTENS = "goes-on-where-nothing-listens" {
        why: "Some errors of accept(2) pass. EINVAL does not: the listener does not listen, and never will. Whoever \
              called `serve` has to hear of it.",
        fix: "{place} has to return an error of the kind InvalidInput, which is EINVAL, and to go on after all others",
        read: "one-thread-for-each-connection",
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
        read: "serve",
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
