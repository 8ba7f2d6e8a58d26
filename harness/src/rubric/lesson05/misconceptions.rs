//! What people believe about fetching over HTTP, and how it really is.

use crate::misconceptions;

misconceptions! { ALL:
    // URLs: parse_url.

    // Requests: write_request.

    // Heads: read_head.
    ANSWER_REFUSED = "legal-answer-refused" {
        why: "An answer's head is `HTTP/1.x STATUS REASON`, fields, and an empty line. The reason may hold \
              anything, or nothing, or be missing with its space; there may be many fields, or none (RFC \
              9112, section 4).",
        fix: "{place} has to take every head that is well formed",
        read: "the-head-of-an-answer",
    }
    STATUS_LINE = "status-line-misread" {
        why: "The first line is the version, a space, the status, a space, and the reason. The minor \
              version is the digit after the point, and the status is three digits (RFC 9112, section 4).",
        fix: "{place} has to take version and status from the first line of the answer",
        read: "the-head-of-an-answer",
    }
    REASON_MISREAD = "reason-misread" {
        why: "The reason is all that follows the second space of the first line: with spaces of its own, \
              empty, or missing. It is for people to read; programs go by the status (RFC 9112, section 4).",
        fix: "{place} has to split the first line at its first two spaces, and no further",
        read: "the-head-of-an-answer",
    }
    HEAD_WAITS = "waits-beyond-the-head" {
        why: "A server may keep the connection open after its answer. Whoever reads to the end of the \
              stream, or until a buffer is full, waits for a server that has said all it has to say.",
        fix: "{place} has to return as soon as the empty line is there",
        read: "read_head",
    }
    BODY_LOST = "body-lost-with-the-head" {
        why: "The body comes right behind the head, often with the same read. The BufReader holds it until \
              it is asked for; what is taken from there and not handed on is lost.",
        fix: "{place} has to take from `reader` only the bytes up to the empty line: no BufReader of its own, \
              no read into a buffer of its own",
        read: "read_head",
    }
    HEAD_PIECES = "one-read-is-not-a-head" {
        why: "TCP carries bytes, not messages: a head may come in as many pieces as it has bytes. It ends \
              with its empty line, and not before (RFC 9112, section 2.2).",
        fix: "{place} has to go on reading until the empty line, however many reads that takes",
        read: "read_head",
    }
    FIELDS_LOST = "answer-fields-lost" {
        why: "A field may come more than once, as Set-Cookie does, and those must not be joined nor change \
              places (RFC 9110, section 5.3). An empty value is a value. A map from names to values loses \
              all that.",
        fix: "{place} has to keep each field as it came: a Vec, in order",
        read: "the-head-of-an-answer",
    }
    FIELD_CHANGED = "answer-field-changed" {
        why: "Names are compared without case, but that is for whoever looks for one. A value's case means \
              something: in a path, in a cookie, in an ETag. With `-i` people see what is kept here.",
        fix: "{place} has to keep names and values as they came",
        read: "the-head-of-an-answer",
    }
    VALUE_CUT = "answer-value-cut-at-a-colon" {
        why: "The first colon ends the name. Others belong to the value: `Location: http://localhost:8000/` \
              has three (RFC 9112, section 5).",
        fix: "{place} has to split a line at its first colon only: split_once",
        read: "the-head-of-an-answer",
    }
    WHITESPACE = "answer-value-not-trimmed" {
        why: "Spaces and tabs around a field's value are no part of it, be there none, one or many; those \
              within are (RFC 9112, section 5.1).",
        fix: "{place} has to take whitespace, and the line's end, off both ends of a value, and nothing from \
              within",
        read: "the-head-of-an-answer",
    }
    LF_ALONE = "lf-alone-ends-a-line" {
        why: "Lines end in CRLF, but some servers send LF alone, and a client may take that (RFC 9112, \
              section 2.2). Here it does, as curl does: at every line, the empty one too.",
        fix: "{place} has to end a line at LF, and take off a CR before it, if there is one",
        read: "the-head-of-an-answer",
    }
    ANSWER_NOT_UTF_8 = "answers-are-not-utf-8" {
        why: "A head may hold bytes over 127, and nothing says that they are UTF-8 (RFC 9110, section 5.5). \
              A file's name in Latin-1 is no reason to refuse the file.",
        fix: "{place} has to take such bytes: String::from_utf8_lossy does, `read_line` and `lines` do not",
        read: "the-head-of-an-answer",
    }
    INTERIM_TAKEN = "interim-answer-taken" {
        why: "A head with 1xx says that the answer is still to come: 100 Continue, 103 Early Hints. There \
              may be several, with fields of their own, and never with a body (RFC 9110, section 15.2).",
        fix: "{place} has to read on after the empty line of a 1xx head, until another status comes; nothing \
              of the 1xx head counts",
        read: "interim-answers",
    }
    SWITCHING_SKIPPED = "switching-protocols-skipped" {
        why: "101 is the last answer of HTTP on its connection: what follows is the other protocol, and no \
              other head (RFC 9110, section 15.2.2).",
        fix: "{place} has to return a head with 101 like any other answer",
        read: "interim-answers",
    }
    NO_HTTP = "not-http-taken" {
        why: "On any port something may answer that is no server of HTTP/1.x. An answer begins with \
              `HTTP/1.`, a digit, a space, and three digits (RFC 9112, section 4); all else is a guess.",
        fix: "{place} has to check version and status, and give BadReply for what is neither",
        read: "the-head-of-an-answer",
    }
    NO_EMPTY_REPLY = "empty-reply-has-its-own-error" {
        why: "A server that closes without a byte has not sent a bad answer, but none. That is curl's exit \
              code 52, and often a server that has crashed.",
        fix: "{place} has to give EmptyReply when the very first read gives 0 bytes",
        read: "read_head",
    }
    HALF_A_HEAD = "half-a-head-taken" {
        why: "A connection can end at any byte. A head counts when its empty line has come (RFC 9112, \
              section 8): the length or the cookie that is missing may be the one that matters.",
        fix: "{place} must not return a head when the stream ends before its empty line",
        read: "read_head",
    }
    HEAD_TOO_SMALL = "answer-head-limit-too-small" {
        why: "Cookies and policies make heads long. MAX_HEAD says what is still allowed, be it in one line \
              or in a thousand.",
        fix: "{place} has to take a head of up to MAX_HEAD bytes, and look at each byte a few times at most",
        read: "bounds",
    }
    HEAD_UNBOUNDED = "answer-head-without-bound" {
        why: "A server can send fields for ever, or one line, or 1xx answers. Whoever reads until the end \
              that never comes fills the memory, or never returns.",
        fix: "{place} has to count the bytes of all heads together, and give BadReply beyond MAX_HEAD: \
              `reader.take(…)` ends a line that does not",
        read: "bounds",
    }
    TIMEOUT_HIDDEN = "time-out-not-told" {
        why: "A read whose time-out is over says WouldBlock, or TimedOut on some systems. The server may \
              still be there, but nobody waits any longer: curl's exit code is 28 then.",
        fix: "{place} has to give Timeout for both kinds, and must not read again",
        read: "one-deadline",
    }
    RESET_HIDDEN = "reset-is-no-end" {
        why: "FIN says that the server has sent all it had to send. RST says that the connection broke: what \
              was still to come is lost (RFC 9293, section 3.5.2).",
        fix: "{place} has to give Receive for the error of a read, and must not take it for the end",
        read: "cut-short",
    }
    INTERRUPTED = "interrupted-read-given-up" {
        why: "A signal can interrupt any call that waits. The read fails with Interrupted then, and nothing \
              is lost: it has to be made again. `read_until` and `read_exact` do so themselves, `fill_buf` \
              and `read` do not.",
        fix: "{place} has to go on when the kind of a read's error is Interrupted, from where it was",
        read: "read_head",
    }

    // Where a body ends: framing.
    LENGTH_MISREAD = "answer-length-misread" {
        why: "Content-Length is a decimal number of any size, be the answer a page or an error: a file may \
              have more than 4 GiB, and zeros before a number change nothing (RFC 9110, section 8.6).",
        fix: "{place} has to parse the value as u64, and give Length",
        read: "framing",
    }
    FRAMING_WITH_CASE = "framing-compared-with-case" {
        why: "`content-length` and `Content-Length` are one name, `chunked` and `Chunked` one coding: case \
              matters in neither (RFC 9110, section 5.1; RFC 9112, section 7).",
        fix: "{place} has to compare with eq_ignore_ascii_case",
        read: "framing",
    }
    CLOSE_ENDS_IT = "close-ends-a-body" {
        why: "An answer with neither length nor chunks goes on until the server closes (RFC 9112, section \
              6.3). It is how bodies ended in 1.0, and some servers still send pages so.",
        fix: "{place} has to give UntilClose when no field says where the body ends",
        read: "three-ways-to-end-a-body",
    }
    BODY_WHERE_NONE = "body-where-none-can-be" {
        why: "Nothing follows the head in answer to HEAD, nor with 1xx, 204 or 304. The fields there say \
              what a GET would bring (RFC 9112, section 6.3). Whoever waits for that body waits in vain.",
        fix: "{place} has to look at the method and the status before any field",
        read: "framing",
    }
    CHUNKS_OVERLOOKED = "chunked-overlooked" {
        why: "Transfer-Encoding is a list of codings, in one field or in several, and the last of them is \
              the outermost. If it is `chunked`, the body comes in chunks (RFC 9112, section 6.1).",
        fix: "{place} has to split the values of all Transfer-Encoding fields at commas, trim, and look at the \
              last one",
        read: "framing",
    }
    LENGTH_OVER_CHUNKS = "length-believed-over-chunks" {
        why: "Where both fields stand, Transfer-Encoding overrides Content-Length (RFC 9112, section 6.3): \
              the length may be that of what was packed into chunks.",
        fix: "{place} has to look at Transfer-Encoding first",
        read: "framing",
    }
    CHUNKED_GUESSED = "other-coding-taken-for-chunked" {
        why: "Only the coding `chunked` says where a body ends. With any other the body goes on to the close \
              (RFC 9112, section 6.3), and Content-Encoding is another field altogether.",
        fix: "{place} has to compare the whole name of the last coding; `contains` finds `x-chunked` too",
        read: "framing",
    }
    LENGTH_GUESSED = "malformed-answer-length-taken" {
        why: "Content-Length is one or more digits and nothing else (RFC 9110, section 8.6). `parse` takes a \
              sign as well. A length that is guessed cuts a file, or waits for what never comes.",
        fix: "{place} has to see that each byte of the value is a digit before it parses: else BadReply",
        read: "framing",
    }
    TWO_LENGTHS = "two-answer-lengths-taken" {
        why: "With two different lengths, nobody knows where the body ends, and proxies on the way may know \
              it differently (RFC 9112, section 6.3).",
        fix: "{place} has to look at all Content-Length fields, and give BadReply unless they say the same",
        read: "framing",
    }
    EQUAL_LENGTHS = "equal-answer-lengths-refused" {
        why: "A field that is there twice and says the same is harmless, and some servers behind proxies \
              send it so. A client may take it (RFC 9110, section 8.6), and here it does.",
        fix: "{place} has to compare the lengths, not count the fields",
        read: "framing",
    }

    // Bodies: copy_body.
    BODY_PIECES = "one-read-is-not-the-body" {
        why: "A read gives what is there, which need not be all of it, nor all of a line or a chunk. Only the \
              framing says where the body ends.",
        fix: "{place} has to go on reading until the framing says that this was the end",
        read: "copy_body",
    }
    BODY_CHANGED = "answer-body-changed" {
        why: "A body is bytes: with zeros, with line ends, with what looks like an answer. Nothing in it is \
              decoded, trimmed or added.",
        fix: "{place} has to write the body's bytes as they came",
        read: "copy_body",
    }
    BODY_COUNT = "body-counted-wrong" {
        why: "What copy_body returns is how many bytes of the body came: without the sizes and line ends of \
              chunks. Progress, `-w` and a resumed download go by it.",
        fix: "{place} has to add up what it has written to the sink",
        read: "copy_body",
    }
    BODY_WAITS = "waits-beyond-the-body" {
        why: "After the body a server waits for the next request, and the connection stays open. Whoever \
              reads on to see the end waits for ever.",
        fix: "{place} has to return when the last byte of the body is there, without another read",
        read: "copy_body",
    }
    FOLLOWING_LOST = "what-follows-a-body-lost" {
        why: "Behind a body the next answer may stand in the reader already. A buffer's worth too much taken \
              here is missing there.",
        fix: "{place} has to consume exactly the body's bytes: not more than are left of it",
        read: "copy_body",
    }
    READS_FOR_NOTHING = "reads-where-nothing-comes" {
        why: "Where there is no body, nothing comes: a read waits for ever, or takes the beginning of the next \
              answer. That holds for a length of 0 as well.",
        fix: "{place} must not read at all before it knows that something is left",
        read: "copy_body",
    }
    COLLECTED = "body-collected-first" {
        why: "A body may come slowly, or without an end, or break off, and whoever reads it wants to have what \
              is there: a log, a progress bar, the half of a file that can be resumed.",
        fix: "{place} has to write what each read gives before the next one: no Vec of the whole, no whole \
              chunk, no BufWriter",
        read: "copy_body",
    }
    CHUNKS_MISREAD = "answer-chunks-misread" {
        why: "A chunk is its size in hexadecimal digits of either case, perhaps `;` and extensions, CRLF, the \
              data, CRLF (RFC 9112, section 7.1). The data alone is the body.",
        fix: "{place} has to take each chunk apart, up to and with the one of size 0",
        read: "chunks",
    }
    TRAILERS_LEFT = "answer-trailers-left" {
        why: "Behind the chunk of size 0 there may be trailer fields, and then there is an empty line (RFC \
              9112, section 7.1.2). All of that belongs to this answer.",
        fix: "{place} has to read on to the empty line after the last chunk, and drop the fields before it",
        read: "chunks",
    }
    CHUNK_TAKEN = "malformed-answer-chunk-taken" {
        why: "A chunk's size is hexadecimal digits, with no sign and no `0x`; from_str_radix takes a sign. \
              After the data comes CRLF (RFC 9112, section 7.1). Whoever guesses takes data for sizes.",
        fix: "{place} has to give BadReply for a size that is no such number, and for data without CRLF \
              behind it",
        read: "chunks",
    }
    CHUNK_UNBOUNDED = "chunk-line-without-bound" {
        why: "A size line, its extensions and the trailer fields come from the network like everything else, \
              and need not end. Only the data may be of any length, for it is not kept.",
        fix: "{place} has to read at most MAX_HEAD bytes of a size line, and of the trailer fields: \
              `reader.take(…)`",
        read: "bounds",
    }
    CUT_SHORT = "body-cut-short-unnoticed" {
        why: "A connection that ends before the body has lost the rest of it. Only an error keeps the part of \
              a file from being taken for the whole: curl's exit code is 18 (RFC 9112, section 8).",
        fix: "{place} has to give Partial when a read gives 0 bytes before the body is complete, the last \
              chunk's empty line included",
        read: "cut-short",
    }
    SINK_TAKES_LESS = "short-write-to-the-sink" {
        why: "`write` may take less than it is given, and says how much. What it did not take is lost unless \
              it is written again.",
        fix: "{place} has to use write_all, or go on with the rest",
        read: "copy_body",
    }
    SINK_INTERRUPTED = "interrupted-write-given-up" {
        why: "A signal can interrupt a write, too. It fails with Interrupted then, and has to be made again; \
              write_all does.",
        fix: "{place} has to use write_all, or go on when the kind of a write's error is Interrupted",
        read: "copy_body",
    }
    SINK_ERROR = "sink-error-hidden" {
        why: "A full disk is no fault of the server, and no end of the body: curl's exit code is 23. Whoever \
              reads on downloads for nobody.",
        fix: "{place} has to give Write for any error of the sink, whatever its kind, and stop reading",
        read: "copy_body",
    }
    BODY_MEMORY = "memory-grows-with-the-body" {
        why: "A file may be larger than the memory, and so may one chunk of it. What was written to the sink \
              need not be kept.",
        fix: "{place} has to copy through a buffer of fixed size, or from fill_buf to the sink",
        read: "copy_body",
    }

    // Redirects: redirected.
    REDIRECT_MISSED = "redirect-not-seen" {
        why: "301, 302, 303, 307 and 308 with a Location say: ask there instead (RFC 9110, section 15.4). \
              They differ in what becomes of the method, and in nothing else that matters here.",
        fix: "{place} has to give the next request for each of the five",
        read: "redirected",
    }
    NO_REDIRECT_TAKEN = "location-taken-for-a-redirect" {
        why: "The status makes a redirect, and Location only says where to. With 201 it names what was made, \
              with others it says nothing to us (RFC 9110, section 10.2.2). And with no Location there is \
              nowhere to go: then the answer is an answer.",
        fix: "{place} has to give None unless the status is 301, 302, 303, 307 or 308, and there is a Location",
        read: "redirected",
    }
    LOCATION_WITH_CASE = "location-looked-up-with-case" {
        why: "The case of a field's name does not matter (RFC 9110, section 5.1): `location` is what many \
              servers write.",
        fix: "{place} has to look for Location with eq_ignore_ascii_case",
        read: "redirected",
    }
    LOCATION_MISREAD = "location-misread" {
        why: "Location is a URL, or a reference relative to the one that was asked for (RFC 9110, section \
              10.2.2). A whole URL replaces all of the old one: scheme, host, port and target.",
        fix: "{place} has to take scheme, host, port and target from Location as far as it says them",
        read: "relative-references",
    }
    BASE_LOST = "scheme-host-or-port-lost" {
        why: "A relative reference keeps what it does not say: the scheme, the host and the port of the URL \
              that it is relative to (RFC 3986, section 5.2.2).",
        fix: "{place} has to keep all three of request.url when Location is a path or a query",
        read: "relative-references",
    }
    LAST_SEGMENT_KEPT = "reference-put-behind-the-last-segment" {
        why: "A relative path takes the place of what stands behind the last slash: from `/a/b/c`, `x` leads to \
              `/a/b/x`, and `../x` to `/a/x` (RFC 3986, sections 5.2.3 and 5.2.4).",
        fix: "{place} has to cut the old path behind its last slash, add the reference, and then resolve dot \
              segments",
        read: "relative-references",
    }
    QUERY_OF_BASE_KEPT = "old-query-kept" {
        why: "A query belongs to one target. A reference with a path has its own query or none; one that is \
              only a query takes the place of the old one, behind the old path. A slash in a query is no part \
              of the path (RFC 3986, section 5.2.2).",
        fix: "{place} has to cut the old target at its first `?` before anything else",
        read: "relative-references",
    }
    SCHEME_OF_BASE = "location-without-a-scheme" {
        why: "A reference that begins with two slashes names a host, and takes the scheme of the URL that it is \
              relative to, with that scheme's port (RFC 3986, section 4.2).",
        fix: "{place} has to read `//host/path` as `http://host/path` or `https://host/path`",
        read: "relative-references",
    }
    URL_IN_A_QUERY = "url-in-a-query-taken-for-location" {
        why: "A URL begins with its scheme. A `://` behind a `/` or a `?` is a part of the path or of the query, \
              as pages to log in have it.",
        fix: "{place} has to look for a scheme at the beginning of Location: a letter, then letters, digits, \
              `+`, `-` or `.`, up to the first colon",
        read: "relative-references",
    }
    LOCATION_FRAGMENT = "fragment-of-location-sent" {
        why: "A fragment is for whoever shows the page, and never sent (RFC 9110, section 4.2.5). A Location \
              that is only a fragment is the old URL once more.",
        fix: "{place} has to drop `#` and what follows before it resolves Location",
        read: "relative-references",
    }
    SPACE_IN_LOCATION = "space-in-location-refused" {
        why: "A space belongs in no URL, but servers put names of files into Location as they are. It would \
              end the target in the next request's line; `%20` says the same.",
        fix: "{place} has to take a space in Location for %20",
        read: "relative-references",
    }
    POST_KEPT = "post-kept-across-a-redirect" {
        why: "303 says: it is done, now GET that page. After 301 and 302 everybody makes GET of POST, for so \
              browsers did from the start (RFC 9110, section 15.4). A POST sent again does it again.",
        fix: "{place} has to make GET of POST after 301 and 302, and of any method but HEAD after 303",
        read: "methods-across-redirects",
    }
    METHOD_CHANGED = "method-or-body-dropped-by-307" {
        why: "307 and 308 are there to keep the method and the body, unlike 302 and 301 (RFC 9110, sections \
              15.4.8 and 15.4.9). A GET in place of the POST loses what was posted.",
        fix: "{place} has to send the same method, the same body and its fields again after 307 and 308",
        read: "methods-across-redirects",
    }
    ONLY_POST_CHANGES = "other-methods-changed-by-302" {
        why: "Only POST becomes GET after 301 and 302. A PUT or a DELETE stays what it is, with its body (RFC \
              9110, sections 15.4.2 and 15.4.3).",
        fix: "{place} has to look for POST there, not for any method with a body",
        read: "methods-across-redirects",
    }
    HEAD_MADE_GET = "head-made-get" {
        why: "Whoever asks with HEAD wants no body, of whatever page (RFC 9110, section 15.4.4).",
        fix: "{place} has to leave HEAD as it is after each of the five",
        read: "methods-across-redirects",
    }
    BODY_KEPT = "body-kept-with-get" {
        why: "The GET that a redirect makes of a POST asks for a page. What was posted has been taken already, \
              and the new server need not see it.",
        fix: "{place} has to drop the body where it makes GET of the method",
        read: "methods-across-redirects",
    }
    BODY_FIELDS_KEPT = "fields-of-a-dropped-body-kept" {
        why: "`Content-Length` without a body makes the server wait for one; `Transfer-Encoding` and `Expect` do \
              the same. All fields `Content-…` speak of the body, whatever their case (RFC 9110, section 15.4).",
        fix: "{place} has to drop Content-…, Transfer-Encoding and Expect together with the body",
        read: "methods-across-redirects",
    }
    CREDENTIALS_SENT_ON = "credentials-sent-to-another-host" {
        why: "Whoever controls one server can redirect to another. A password that goes along is given away (RFC \
              9110, section 15.4; curl calls it CVE-2018-1000007).",
        fix: "{place} has to drop request.url.user and each field Authorization when the origin is another",
        read: "what-stays-with-its-host",
    }
    COOKIES_SENT_ON = "cookies-sent-to-another-host" {
        why: "A session's cookie is as good as a password, and was set by the first host for itself (RFC 6265, \
              section 8.6). The name of the field may be written in any case.",
        fix: "{place} has to drop each field Cookie when the origin is another",
        read: "what-stays-with-its-host",
    }
    HOST_SENT_ON = "host-field-sent-to-another-host" {
        why: "A Host that the caller gave is the first server's name. The next one would look for a site that it \
              does not have.",
        fix: "{place} has to drop a field Host when the origin is another: write_request makes the right one",
        read: "what-stays-with-its-host",
    }
    ORIGIN_IS_THREE = "origin-is-scheme-host-and-port" {
        why: "Two URLs have the same origin if scheme, host and port are equal, all three and in full (RFC 6454, \
              section 4). On another port listens another program; with another scheme everybody on the way \
              reads along; `www.example.com` and `example.com.example.net` may be anybody's.",
        fix: "{place} has to compare scheme, whole host and port before it hands on a secret",
        read: "what-stays-with-its-host",
    }
    CREDENTIALS_LOST = "credentials-lost-on-the-way" {
        why: "What was meant for an origin is needed there again: after a redirect within it, the next page asks \
              for the same password.",
        fix: "{place} has to keep user, Authorization, Cookie and Host when the origin is the same",
        read: "what-stays-with-its-host",
    }
    HOSTS_WITH_CASE = "hosts-compared-with-case" {
        why: "The case of a host's name does not matter: `EXAMPLE.com` is `example.com` (RFC 3986, section \
              3.2.2).",
        fix: "{place} has to compare hosts with eq_ignore_ascii_case",
        read: "what-stays-with-its-host",
    }
    USER_IN_LOCATION = "user-in-location-ignored" {
        why: "A Location may say in whose name to ask there. That is more recent than what the old URL said.",
        fix: "{place} has to take the user of Location if there is one, and of request.url only if there is not",
        read: "what-stays-with-its-host",
    }
    REQUEST_NOT_KEPT = "rest-of-the-request-lost" {
        why: "The next request is the old one for another URL: the proxy and the deadline hold for it, too, and \
              the fields say what the caller wants of any server.",
        fix: "{place} has to begin with request.clone(), and change only what the redirect changes",
        read: "redirected",
    }
    BAD_LOCATION_TAKEN = "malformed-location-taken" {
        why: "What a server sends is input like any other. To go somewhere in its place, or to hold it for no \
              redirect, hides what is wrong.",
        fix: "{place} has to return Url where parse_url would",
        read: "redirects",
    }
    OTHER_SCHEME_TAKEN = "scheme-of-location-not-looked-at" {
        why: "`ftp:`, `file:` and `mailto:` begin a URL of another kind, also without `//`. A server must not \
              be able to make us read our own files, or take an address of mail for a path.",
        fix: "{place} has to return Url for a scheme that is neither http nor https",
        read: "redirects",
    }

    // All of it: fetch.
    FETCH_FAILED = "answer-not-fetched" {
        why: "A whole, well-formed answer came, and that is all that fetch needs: connect, write_request, \
              read_head, framing and copy_body lead there.",
        fix: "{place}: find out which of its calls gives this error, and why",
        read: "fetch",
    }
    SINK_WRONG = "body-not-as-it-came" {
        why: "What read_head leaves in its reader is the beginning of the body. A second BufReader around the \
              stream does not have it, and what the first had read is lost.",
        fix: "{place} has to hand one and the same reader to read_head and copy_body, and the sink to nobody else",
        read: "fetch",
    }
    HEADS_WRONG = "heads-of-all-answers" {
        why: "fetch gives the head of each answer, those of redirects, too: the program prints them with -i and \
              -D. Heads of 1xx only announce an answer.",
        fix: "{place} has to collect the heads that read_head gives, in their order",
        read: "fetch",
    }
    REQUEST_CHANGED = "another-request-sent" {
        why: "What the caller asks for goes to the server as it is: method, target, Host, fields and body.",
        fix: "{place} has to hand the request to write_request as it is",
        read: "fetch",
    }
    CALLED_TWICE = "called-more-than-once" {
        why: "A connection that is made and not used holds a place in the server's queue, and a thread of it. \
              One request needs one.",
        fix: "{place} has to connect once for each request, and to use what connect gave",
        read: "fetch",
    }
    WAITS_FOR_CLOSE = "waits-for-the-connection-to-end" {
        why: "A server keeps its connection open for the next request. That the answer is complete is said by its \
              framing, and there may be no body at all: after HEAD, with 204 and 304.",
        fix: "{place} has to ask framing with the request's own method, and to return when copy_body does",
        read: "three-ways-to-end-a-body",
    }
    STATUS_IS_NO_ERROR = "status-taken-for-an-error" {
        why: "404 and 500 are answers, and their pages say more than a number. Whether a status is a failure is \
              the caller's question: that is what curl's option -f is for.",
        fix: "{place} has to treat every status alike, but for redirects",
        read: "fetch",
    }
    ERROR_MIXED = "error-of-another-kind" {
        why: "Each FetchError is an exit code of curl, and a script goes by it: 6 is a name that nobody knows, 7 a \
              call that nobody takes, 28 a deadline, 56 a broken connection.",
        fix: "{place} has to turn each error into the one that names what failed, where it fails",
        read: "exit-codes",
    }
    HTTPS_IN_CLEAR = "https-without-encryption" {
        why: "Whoever writes https wants nobody on the way to read along. To ask in clear, even on port 443, gives \
              that away.",
        fix: "{place} has to return Url for https before it connects, after a redirect as well",
        read: "fetch",
    }
    EMPTY_REPLY_MISSED = "empty-reply-taken-for-something-else" {
        why: "A server that closes without a word has crashed, or speaks another protocol: curl's exit code 52. \
              It is no answer, and no broken connection either.",
        fix: "{place} has to hand on the EmptyReply of read_head",
        read: "exit-codes",
    }
    CUT_SHORT_TAKEN = "cut-short-taken-for-whole" {
        why: "A connection can end at any byte. Whoever does not compare what came with what was announced keeps a \
              part of a file as if it were whole: exit code 18 is there to say so.",
        fix: "{place} has to hand on the error of copy_body",
        read: "cut-short",
    }
    WRITE_ERROR_LOST = "write-error-lost" {
        why: "A full disk and a closed pipe show when the body is written. Without a word about it, the caller \
              takes what there is for the page.",
        fix: "{place} has to return Write as soon as the sink fails, and to read no further",
        read: "copy_body",
    }
    FETCH_MEMORY = "body-kept-in-memory" {
        why: "A body has no natural end: a video, an archive, a stream. What is read goes to the sink at once, and \
              one buffer does for all of it.",
        fix: "{place} has to let copy_body write to the sink, with no Vec between",
        read: "copy_body",
    }
    PRINTED = "printed-on-stdout" {
        why: "stdout belongs to the program: it may be the file that the page goes to.",
        fix: "{place} must not print; eprintln! and dbg! write to stderr",
        read: "fetch",
    }
    REDIRECT_NOT_FETCHED = "redirect-not-followed" {
        why: "A redirect within the limit is followed: fetch asks again, with the request that redirected makes, \
              until an answer is none.",
        fix: "{place} has to go on in a loop while redirected gives another request",
        read: "redirects",
    }
    REDIRECT_COUNT = "redirects-miscounted" {
        why: "max_redirects is how many may be followed: with 2, the third is one too many, with 0 the first. \
              Without a limit a page that redirects to itself holds the program for ever.",
        fix: "{place} has to return TooManyRedirects in place of following one more than max_redirects",
        read: "redirects",
    }
    REDIRECT_BODY = "body-of-a-redirect-in-the-sink" {
        why: "The page of a redirect says `moved`, for people whose browser cannot follow. In a file it would stand \
              in front of what was asked for.",
        fix: "{place} has to look whether the answer is followed before it copies the body",
        read: "redirects",
    }
    PROXY_MISSED = "proxy-not-asked" {
        why: "With a proxy it is the proxy that is called, at its own host and port, for each request. It looks up \
              the name in the URL, which may mean nothing to us.",
        fix: "{place} has to resolve and connect to request.proxy where there is one",
        read: "proxies",
    }
    NEXT_ADDRESS_MISSED = "only-the-first-address-tried" {
        why: "A name may stand for several addresses, and one of them may be down, or of a family that has no way \
              there.",
        fix: "{place} has to go on with the next address when one refuses the call",
        read: "several-addresses",
    }
    ORDER_OF_ADDRESSES = "addresses-out-of-order" {
        why: "The system sorts addresses by how well they can be reached (RFC 6724).",
        fix: "{place} has to try the addresses as to_socket_addrs gives them",
        read: "several-addresses",
    }
    NO_DEADLINE_KEPT = "deadline-not-kept" {
        why: "A read or a write waits for ever, unless the socket has a time-out. A server that says nothing holds \
              whoever waits for it.",
        fix: "{place} has to give the stream the time that is left, with set_read_timeout and set_write_timeout",
        read: "one-deadline",
    }
    DEADLINE_PER_READ = "deadline-begins-anew-with-each-read" {
        why: "A socket's time-out is for one call. A server that sends a byte now and then never lets it pass.",
        fix: "{place} has to set the time that is left before each read: deadline minus Instant::now()",
        read: "one-deadline",
    }
    DEADLINE_PER_REQUEST = "deadline-begins-anew-with-each-redirect" {
        why: "The deadline is for all of it. With each redirect it comes nearer, and stands where it stood.",
        fix: "{place} has to go by the same Instant for every request that it makes",
        read: "one-deadline",
    }
    DEADLINE_OF_CONNECT = "deadline-not-kept-while-connecting" {
        why: "A host that is gone does not refuse: it says nothing, and the kernel asks again for minutes.",
        fix: "{place} has to use TcpStream::connect_timeout with the time that is left",
        read: "one-deadline",
    }
    DEADLINE_EARLY = "gives-up-before-the-deadline" {
        why: "A slow server is no broken one, and the caller has said how long it may take.",
        fix: "{place} has to wait until the deadline, for a connection, a read and a write",
        read: "one-deadline",
    }
    DEADLINE_PAST = "deadline-already-over" {
        why: "After a slow redirect nothing may be left of the time. A time-out of zero is an error to \
              set_read_timeout and connect_timeout, and the subtraction of Instants gives zero.",
        fix: "{place} has to return Timeout when the deadline is over, before it sets anything",
        read: "one-deadline",
    }
    TIME_OUT_UNASKED = "time-out-that-nobody-asked-for" {
        why: "None means no limit. Some answers take minutes: a report, a long poll, a large upload.",
        fix: "{place} must set no time-out when request.deadline is None",
        read: "one-deadline",
    }
    NOBODY_CALLED = "no-call-was-made" {
        why: "The host and the port of the URL say whom to call. With a proxy it is the proxy that is \
              called, and nobody else.",
        fix: "{place} has to connect to the host and the port of the URL, or of the proxy",
        read: "fetch",
    }
    REQUEST_MALFORMED = "request-not-well-formed" {
        why: "A request is a line of three words, a line for each field, and an empty line; each ends in CR \
              LF (RFC 9112, section 2.1). A server answers anything else with 400, or not at all.",
        fix: "{place} has to send what write_request writes, and nothing before, within or after it",
        read: "a-request-by-hand",
    }
    REQUEST_CUT_SHORT = "request-cut-short" {
        why: "A server answers once it has all of a request: the head up to its empty line, and as many \
              bytes of body as the head promises. Until then it waits.",
        fix: "{place} has to send the whole request before it reads the answer: write_all, and flush where \
              a BufWriter is between",
        read: "a-request-by-hand",
    }

    // The program and its options.
}
