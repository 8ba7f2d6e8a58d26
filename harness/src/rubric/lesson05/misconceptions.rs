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

    // All of it: fetch.

    // The program and its options.
}
