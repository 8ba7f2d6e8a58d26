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
    FILE_WITH_SLASH = "slash-behind-a-file-taken" {
        why: "A target that ends in `/` names a folder. Relative links in a page that were served so would \
              lead below a file.",
        fix: "{place} has to answer with 404 when the target ends in / and the path is a file",
        read: "respond",
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
        read: "respond",
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
    NAME_CASE = "field-name-compared-with-case" {
        why: "The names of fields have no case: `range` and `RANGE` are `Range` (RFC 9110, section 5.1). \
              Many clients send them in lower case.",
        fix: "{place} has to compare names with eq_ignore_ascii_case",
        read: "header-fields",
    }
    RANGE_IGNORED = "range-ignored" {
        why: "Who asks for a part of a file, to resume a download or to seek in a film, gets 206 and that \
              part (RFC 9110, section 14).",
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
        fix: "{place} has to ignore a Range that is not exactly bytes=FIRST-LAST, and to take digits only: \
              parse takes a +, too",
        read: "ranges",
    }
    RANGE_FIRST_ONLY = "first-of-several-ranges" {
        why: "A client that asks for several parts takes a 206 with one for all of it. Several parts are \
              answered in a body of the type multipart/byteranges, or with the whole file (RFC 9110, \
              section 15.3.7.2).",
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
        why: "405 has to say what is allowed, in a field `Allow` (RFC 9110, section 15.5.6).",
        fix: "{place} has to send Allow: GET, HEAD",
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
        fix: "{place} has to leave out the scheme and the host before it looks for the path",
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

    // The program.
}
