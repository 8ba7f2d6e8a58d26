//! What people believe about fetching over HTTP, and how it really is.

use harness::misconceptions;

misconceptions! { ALL:
    // URLs: parse_url.
    URL_MISREAD = "url-misread" {
        why: "A URL is a scheme, `://`, an authority, and then a path, with a query perhaps (RFC 3986, section 3). \
              The authority goes to the first `/`, and the rest belongs to the target.",
        fix: "{place} has to give each part of the URL as it stands there",
        read: "the-anatomy-of-a-url",
    }
    URL_OTHER_ERROR = "malformed-url-has-one-error" {
        why: "Whoever typed the URL can mend it, once they hear that it is the URL. curl ends with the exit code 3 \
              then, and so do we: FetchError::Url.",
        fix: "{place} has to return FetchError::Url for every text that is no URL",
        read: "exit-codes",
    }
    DEFAULT_PORT = "default-port-wrong" {
        why: "A URL that names no port means the one that its scheme has: 80 for http, 443 for https (RFC 9110, \
              sections 4.2.1 and 4.2.2). A colon with nothing behind it names none either (RFC 3986, section 3.2.3).",
        fix: "{place} has to take 80 or 443, by the scheme, where no digit follows the colon",
        read: "the-anatomy-of-a-url",
    }
    PORT_MISREAD = "port-misread" {
        why: "The digits behind the authority's last colon are the port, whatever the scheme (RFC 3986, section \
              3.2.3). Another port is another server.",
        fix: "{place} has to take the number behind the colon for the port, and leave it out of the host",
        read: "the-anatomy-of-a-url",
    }
    PORT_TAKEN = "malformed-port-taken" {
        why: "A port is a number of 16 bits in decimal digits, nothing else (RFC 3986, section 3.2.3). `parse::<u16>` \
              takes a plus sign as well, and a wider type or `as` lets 65616 become 80: then another server answers.",
        fix: "{place} has to refuse a port with anything but digits in it, one above 65535, and 0",
        read: "parse_url",
    }
    QUERY_LOST = "query-lost" {
        why: "The query belongs to what is asked for: `/search?q=a` without it is another page. The server gets path \
              and query in one piece (RFC 9112, section 3.2.1), and what the query holds is nobody's business on the way.",
        fix: "{place} has to put the query into the target, with its `?`",
        read: "the-anatomy-of-a-url",
    }
    PATH_MISSING = "path-missing" {
        why: "A request line needs a target that begins with a slash. Where the URL has no path, the target's path is \
              `/`, also in front of a query (RFC 9112, section 3.2.1).",
        fix: "{place} has to put a `/` before whatever follows the authority, unless it is there",
        read: "the-anatomy-of-a-url",
    }
    FRAGMENT_SENT = "fragment-sent" {
        why: "The fragment says which place of a page to show, once the page is there. It is the reader's own business, \
              and is never sent (RFC 9110, section 7.1). It goes from the first `#` to the end, `?` and `/` included.",
        fix: "{place} has to cut the text at its first `#`, before it looks for anything else",
        read: "the-anatomy-of-a-url",
    }
    NO_SCHEME = "url-without-a-scheme-misread" {
        why: "People type `example.com/a`, and mean http. The scheme is what stands before `://` at the beginning; a \
              `://` behind the first `/`, `?` or `#` belongs to the path or the query, and says nothing of this URL.",
        fix: "{place} has to take a text for http when no scheme with `://` stands in front of its authority",
        read: "parse_url",
    }
    SCHEME_CASE = "scheme-compared-with-case" {
        why: "`HTTP://` is the same as `http://` (RFC 3986, section 3.1). Whoever compares schemes later would have to \
              remember that, so the scheme is handed on in lower case.",
        fix: "{place} has to put the scheme into lower case before it compares it",
        read: "the-anatomy-of-a-url",
    }
    SCHEME_TAKEN = "unknown-scheme-taken" {
        why: "The scheme says which language the server speaks. HTTP sent to a server for something else is at best not \
              understood.",
        fix: "{place} has to refuse a scheme that is neither `http` nor `https`",
        read: "parse_url",
    }
    AUTHORITY_END = "authority-ends-too-late" {
        why: "The authority ends at the first `/`, `?` or `#` (RFC 3986, section 3.2). Behind that, a `@` is no user and \
              a `:` no port. Whoever looks for them first can be led to another server: `http://bank/@evil`.",
        fix: "{place} has to cut off the authority first, and look for `@` and `:` within it only",
        read: "parse_url",
    }
    USER_MISREAD = "user-misread" {
        why: "What stands before the `@` is a user and, behind the first colon, a password (RFC 3986, section 3.2.1). \
              The user may stand alone: then the password is empty.",
        fix: "{place} has to give what is before the `@` as the user, and what is behind it as the host",
        read: "credentials",
    }
    TWO_ATS = "second-at-sign-taken" {
        why: "With two `@` one program takes `u@a@b` for the host a, and another for b: whoever checks a URL and whoever \
              asks for it may mean different servers. A user and a password have no `@` but as `%40` (RFC 3986, \
              section 3.2.1), and curl refuses it.",
        fix: "{place} has to give Url when the authority has more than one `@`",
        read: "parse_url",
    }
    PASSWORD_CUT = "password-cut-at-a-colon" {
        why: "The first colon ends the user, who can have none. All others belong to the password (RFC 7617, section 2).",
        fix: "{place} has to split user and password at the first colon only",
        read: "credentials",
    }
    CREDENTIALS_ENCODED = "credentials-not-decoded" {
        why: "A `@`, `:` or `/` of a password is written as `%40`, `%3A` or `%2F` in a URL, or it would end something \
              there. The server knows the password itself.",
        fix: "{place} has to decode the percent escapes of user and password, each by itself; a `+` is no escape",
        read: "credentials",
    }
    DECODED_FIRST = "url-decoded-before-it-is-split" {
        why: "A character is escaped so that it splits nothing. Whoever decodes first and splits then gets the `@` and the \
              `:` of a password back as delimiters (RFC 3986, section 2.4).",
        fix: "{place} has to split the URL, and the user from the password, before anything is decoded",
        read: "credentials",
    }
    CREDENTIALS_TWICE = "credentials-decoded-twice" {
        why: "`%2541` is the text `%41`. Decoded again it is `A`, and the password another (RFC 3986, section 2.4).",
        fix: "{place} has to decode user and password once",
        read: "credentials",
    }
    TARGET_CHANGED = "escapes-of-the-target-changed" {
        why: "The server decodes the path, and it does so once. `%2F` is part of a name, `/` divides two; `%20` decoded is \
              a space, which ends the target (RFC 3986, section 2.4). And `%2e` is left as it is, as curl does.",
        fix: "{place} has to leave the percent escapes of path and query as they stand",
        read: "parse_url",
    }
    IPV6_MISREAD = "ipv6-host-misread" {
        why: "An IPv6 address is full of colons, so a URL has it in brackets, and the port stands behind them (RFC 3986, \
              section 3.2.2). A colon within them says nothing.",
        fix: "{place} has to look for `]` when the host begins with `[`, and for the port behind it only",
        read: "the-anatomy-of-a-url",
    }
    BRACKETS_KEPT = "brackets-kept" {
        why: "The brackets belong to the URL, not to the address. `resolve` knows no host called `[::1]`, and \
              `\"::1\".parse::<Ipv6Addr>()` works where `\"[::1]\"` fails.",
        fix: "{place} has to give the host without its brackets",
        read: "the-anatomy-of-a-url",
    }
    IPV6_TAKEN = "malformed-ipv6-host-taken" {
        why: "Without brackets nobody can say where an IPv6 address ends and its port begins. With a bracket that is \
              never closed, or something else than a port behind it, nobody can either (RFC 3986, section 3.2.2).",
        fix: "{place} has to refuse a colon in a host without brackets, and anything but `:port` behind the `]`",
        read: "parse_url",
    }
    NO_ADDRESS = "no-address-in-the-brackets" {
        why: "What stands in brackets is an IPv6 address, and nothing else: no name, and no IPv4 address (RFC 3986, \
              section 3.2.2). A resolver may take such a text for something all the same.",
        fix: "{place} has to parse what stands in the brackets as std::net::Ipv6Addr, and to give Url when it is none",
        read: "parse_url",
    }
    SPACE_TAKEN = "space-or-control-character-taken" {
        why: "No URL has a space or a control character in it (RFC 3986, section 2). A space would end the target in the \
              request line, CR LF the line itself, and what stands behind it would be sent as a field of its own.",
        fix: "{place} has to look at the whole text first, and refuse it if one of these is in it: no trimming",
        read: "nothing-may-end-a-line",
    }
    NO_HOST = "url-without-a-host-taken" {
        why: "An http URL names a host: without one there is nobody to ask (RFC 9110, section 4.2.1).",
        fix: "{place} has to refuse a URL whose host is empty, also where a port or a user stands beside it",
        read: "parse_url",
    }
    HOST_TAKEN = "malformed-host-taken" {
        why: "The name of a host has letters, digits and `-._~` in it, nothing else. With a backslash or a quote in it, other \
              programs see another host than you do, and the safe one is the error that curl gives, too.",
        fix: "{place} has to look at each character of a host without brackets",
        read: "parse_url",
    }
    DOTS_KEPT = "dot-segments-kept" {
        why: "`.` is where one is, and `..` one level up: the client resolves them before it asks (RFC 3986, section 5.2.4). \
              curl does, and so do browsers, so a server may take such a request for an attack.",
        fix: "{place} has to take the segments `.` and `..` out of the path, `..` with the segment before it; at the \
              end of the path each leaves its slash",
        read: "dot-segments",
    }
    DOTS_ABOVE = "dots-lead-above-the-root" {
        why: "There is nothing above the root: `/../a` is `/a`, and `/a/../../b` is `/b` (RFC 3986, section 5.2.4). It is \
              no error, and the target still begins with a slash.",
        fix: "{place} has to drop a `..` that has no segment before it",
        read: "dot-segments",
    }
    DOTS_IN_NAMES = "dots-within-a-name-resolved" {
        why: "Only a segment that is `.` or `..` as a whole means a place. `..a`, `b..` and `...` are names.",
        fix: "{place} has to compare whole segments, between one slash and the next",
        read: "dot-segments",
    }
    DOTS_IN_QUERY = "dots-in-the-query-resolved" {
        why: "The query is no path. What looks like one there is a value, and the server wants it as it is (RFC 3986, \
              section 3.4).",
        fix: "{place} has to cut off the query before it resolves the path, and put it back behind",
        read: "dot-segments",
    }
    EMPTY_SEGMENTS = "empty-segments-dropped" {
        why: "An empty segment is one: `/a//b` is another path than `/a/b`, and `/a/` than `/a`. A `..` behind it takes the \
              empty one away (RFC 3986, section 3.3).",
        fix: "{place} has to keep empty segments, the last one too, and count them as others",
        read: "dot-segments",
    }
    CUT_IN_A_CHARACTER = "text-cut-within-a-character" {
        why: "`&text[..n]` panics when byte n is not where a character begins, and the text comes from outside: somebody \
              sends a Location with an umlaut.",
        fix: "{place} has to cut texts where `find` or `split_once` found something, or with `get`",
        read: "parse_url",
    }

    // Requests: write_request.
    REQUEST_LINE = "request-line-wrong" {
        why: "A request begins with its line: METHOD, a space, the target, a space, `HTTP/1.1` (RFC 9112, section 3). The \
              method is sent as it is: its case matters.",
        fix: "{place} has to write the line of the request with its method and its target",
        read: "a-request-by-hand",
    }
    LF_ALONE = "request-lines-end-in-lf" {
        why: "Each line of a head ends in CR LF (RFC 9112, section 2.2). Some servers forgive LF alone, some answer 400, and \
              where two see different lines, an attacker gets between them.",
        fix: "{place} has to end each line with \\r\\n",
        read: "a-request-by-hand",
    }
    NO_END_OF_HEAD = "no-empty-line" {
        why: "The empty line ends the head (RFC 9112, section 2.1). Until it comes, the server waits for another field, and \
              the client for an answer.",
        fix: "{place} has to write an empty line behind the last field, and one only",
        read: "a-request-by-hand",
    }
    HOST_MISSING = "host-missing" {
        why: "Many names lead to one server, and `Host` says which of them is meant. Each request of HTTP/1.1 has one, and \
              it stands first (RFC 9110, section 7.2); without it the answer is 400.",
        fix: "{place} has to write one `Host` field, before all others",
        read: "host",
    }
    HOST_WRONG = "host-wrong" {
        why: "`Host` is the URL's host as it stands in the URL: brackets around an IPv6 address, and the port unless it is \
              the scheme's own (RFC 9110, section 7.2). Servers make links and redirects of it.",
        fix: "{place} has to write host and port into `Host`; the port stays away when it is 80 for http, or 443 for https",
        read: "host",
    }
    FIELD_TWICE = "field-sent-twice" {
        why: "A caller who gives a field means it to be sent as given: a second one contradicts it, and two `Host` or \
              `Content-Length` fields are answered with 400. Names are compared without case (RFC 9110, section 5.1).",
        fix: "{place} has to look through request.headers with eq_ignore_ascii_case before it adds a field",
        read: "write_request",
    }
    OWN_FIELD_LOST = "own-field-not-sent" {
        why: "A field of the caller's own takes the place of ours: that is how one asks a server by its address for a page of \
              another name, or logs in with a token.",
        fix: "{place} has to send the caller's field, and leave out its own",
        read: "write_request",
    }
    FIELDS_CHANGED = "request-fields-changed" {
        why: "Some fields may be there twice, and then their order counts; values may hold colons, spaces and any letter \
              (RFC 9110, section 5.3). A map, a filter or a trim loses something of that.",
        fix: "{place} has to write each of request.headers as `Name: value`, in order; `Name:` when the value is empty",
        read: "write_request",
    }
    FIELD_ADDED = "field-added-unasked" {
        why: "What else is to be sent, the caller decides: `-A ''` means no User-Agent, and `Connection: close` costs the next \
              request its connection.",
        fix: "{place} may add Host, Proxy-Authorization, Authorization and Content-Length, and no other field",
        read: "write_request",
    }
    LENGTH_MISSING = "no-length-for-a-body" {
        why: "The server learns from `Content-Length` that there is a body, and where it ends. Without it there is none, and \
              the body is read as the next request (RFC 9112, section 6.3). POST, PUT and PATCH say it even when it is 0.",
        fix: "{place} has to add `Content-Length` when there is a body, or the method is POST, PUT or PATCH",
        read: "write_request",
    }
    LENGTH_WRONG = "length-of-the-body-wrong" {
        why: "`Content-Length` counts the bytes of the body, not its characters and not its line ends (RFC 9110, section 8.6). \
              The server waits for a byte too many, or takes one too few.",
        fix: "{place} has to write request.body.len() into it",
        read: "write_request",
    }
    LENGTH_UNASKED = "length-without-a-body" {
        why: "A GET has no body, and says nothing about one (RFC 9110, section 8.6). With `Transfer-Encoding`, or with the \
              caller's own length, a second word about it is taken for an attempt to smuggle a request.",
        fix: "{place} must not add `Content-Length` to a GET without a body, nor where the caller has said how long it is",
        read: "write_request",
    }
    BODY_CHANGED = "body-not-sent-as-it-is" {
        why: "The body is bytes, and the server counts them: nothing is decoded, nothing comes between, and nothing behind.",
        fix: "{place} has to write all of request.body behind the empty line, as it is",
        read: "write_request",
    }
    NO_CREDENTIALS = "credentials-not-sent" {
        why: "A user in the URL is to log in: `Authorization: Basic` says so, without being asked first (RFC 7617, section \
              2.2). For the proxy's user that is `Proxy-Authorization`.",
        fix: "{place} has to add the field when the URL, or the proxy's, has a user",
        read: "credentials",
    }
    CREDENTIALS_WRONG = "credentials-malformed" {
        why: "It is `Basic`, a space, and the base64 of `user:password` with its padding, by the alphabet with `+` and `/` (RFC \
              7617, section 2). The colon is there even when the password is empty. Other letters are UTF-8.",
        fix: "{place} has to encode user, colon and password in one piece; base64::prelude::BASE64_STANDARD does",
        read: "credentials",
    }
    CREDENTIALS_ASTRAY = "credentials-sent-to-another" {
        why: "`Authorization` is for the server, `Proxy-Authorization` for the proxy (RFC 9110, section 11.7). Whoever mixes them \
              up shows the one the password of the other, and is let in by neither.",
        fix: "{place} has to take the user of request.url for Authorization, and that of the proxy's URL for \
              Proxy-Authorization",
        read: "proxies",
    }
    PROXY_TARGET = "target-without-a-host-to-a-proxy" {
        why: "A proxy is asked for anybody's pages, so the request line has the whole URL: `http://host/path` (RFC 9112, section \
              3.2.2). Its `Host` is that of the URL, too. A server that is asked directly gets the path only.",
        fix: "{place} has to write scheme, host, port and target into the line when there is a proxy; brackets and port as \
              in `Host`",
        read: "proxies",
    }
    USER_IN_TARGET = "credentials-in-the-request-line" {
        why: "The request line stands in every log on the way. The password goes into its field and nowhere else (RFC 9110, \
              section 4.2.4).",
        fix: "{place} has to write the URL into the line without its user",
        read: "proxies",
    }
    PARTLY_WRITTEN = "request-partly-written" {
        why: "`write` takes as much as there is room for, and says how much that was. It may be one byte; the rest is to be \
              written again.",
        fix: "{place} has to use write_all, or go on until nothing is left",
        read: "book/src/lesson02-echo.md#send_all",
    }
    SIGNAL_ENDS_SENDING = "signal-ends-a-request-sent" {
        why: "`Interrupted` says that a signal came before a byte was taken. Nothing is wrong with the connection.",
        fix: "{place} has to write again after Interrupted; write_all does so by itself",
        read: "book/src/lesson02-echo.md#interrupted",
    }
    REQUEST_SPLIT = "request-split-by-a-value" {
        why: "CR LF ends a line, wherever it came from. In a value it begins another field, and with an empty line another \
              request, in the name of whoever sends it (RFC 9110, section 5.5). Some servers take LF or CR alone for a line's \
              end, and a NUL for the end of the text.",
        fix: "{place} has to look for CR, LF and NUL in method, target, host, names and values, before it writes anything",
        read: "nothing-may-end-a-line",
    }
    SPACE_IN_LINE = "space-in-the-request-line" {
        why: "The server splits the line at its spaces: with one more, the target ends early, and the rest is taken for the \
              version. It answers 400, or does not agree with the proxy on what was asked (RFC 9112, section 3.2).",
        fix: "{place} has to refuse a space in the method, the target or the host, before it writes anything",
        read: "nothing-may-end-a-line",
    }
    WRITTEN_BEFORE_REFUSED = "refused-after-writing" {
        why: "What is written cannot be taken back. Half a request leaves the connection in a state that nobody knows, and the \
              part that was sent may be all that the attacker wanted.",
        fix: "{place} has to look at every part of the request first, and write then",
        read: "nothing-may-end-a-line",
    }
    SEND_HIDDEN = "failed-send-hidden" {
        why: "A request of which a part is missing gets no answer, or one to something else. A BufWriter that is dropped throws \
              the error away: only `flush` tells.",
        fix: "{place} has to return Send for every error of the stream, also that of the last bytes",
        read: "write_request",
    }
    SEND_MISNAMED = "send-error-misnamed" {
        why: "The exit code tells a script what to do: 28 means that it took too long, 55 that the connection broke. A stream \
              whose time-out is over says `WouldBlock` on Unix and `TimedOut` on Windows.",
        fix: "{place} has to return Timeout for WouldBlock and TimedOut, and Send for all other errors of the stream",
        read: "exit-codes",
    }

    // Heads: read_head.
    ANSWER_REFUSED = "legal-answer-refused" {
        why: "An answer's head is `HTTP/1.x STATUS REASON`, fields, and an empty line. The reason may hold \
              anything, or nothing, or be missing with its space; there may be many fields, or none (RFC \
              9112, section 4).",
        fix: "{place} has to take every head that is well formed: of HTTP/1.0 as of 1.1, and with what is \
              marked here, if anything is",
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
    LF_ENDS_A_LINE = "lf-alone-ends-a-line" {
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
              `HTTP/1.`, a digit, a space, and three digits (RFC 9112, section 4), of which the first is no \
              0 (RFC 9110, section 15); all else is a guess.",
        fix: "{place} has to check version and status, and give BadReply for what is neither",
        read: "the-head-of-an-answer",
    }
    FOLDED_TAKEN = "folded-line-taken-for-a-field" {
        why: "A line that begins with a space or a tab was once the rest of the field before it (RFC 9112, section \
              5.2). Where one program sees a `Content-Length` there and another sees none, they disagree on the \
              body's end.",
        fix: "{place} has to give BadReply for such a line, or to add it to the value before it",
        read: "the-head-of-an-answer",
    }
    NO_EMPTY_REPLY = "empty-reply-has-its-own-error" {
        why: "A server that closes without a byte has not sent a bad answer, but none: curl's exit code 52, and \
              often a server that has crashed. After a 1xx head that is otherwise: the server has \
              announced an answer, and broken off.",
        fix: "{place} has to give EmptyReply when the very first read of all gives 0 bytes, and only then",
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
    TIMEOUT_HIDDEN = "read-time-out-not-told" {
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
    ANSWER_BODY_CHANGED = "answer-body-changed" {
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
    CUT_SHORT_MISNAMED = "body-cut-short-misnamed" {
        why: "What ends too early is cut short, and nothing of what came is wrong: it can be resumed. curl's exit code is \
              18 then, not that of a malformed answer. So a line that ends within is BadReply to read_head, and \
              Partial to copy_body.",
        fix: "{place} has to give Partial wherever a read gives 0 bytes before the body is complete, within the line of \
              a chunk's size, too",
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
              end the target in the next request's line: `%20` says the same in a path, `+` in a query.",
        fix: "{place} has to take a space in Location for %20, and behind a `?` for +",
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
        why: "A Location may say in whose name to ask there. That is more recent than what the old URL said. A field \
              of the caller's own stays beside it, at the same origin.",
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
        fix: "{place} has to return Url for a scheme that is neither http nor https: what stands before the first \
              colon, with `//` behind it or not",
        read: "relative-references",
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
    CALLED_TWICE = "more-calls-than-requests" {
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
    STRAY_302 = "redirect-without-a-location" {
        why: "A 302 without a Location leads nowhere: it is an answer, with a page, like any other (RFC 9110, section \
              15.4). Only what redirected gives is a request to be made, and counts against max_redirects.",
        fix: "{place} has to ask redirected, not the status, whether there is another request",
        read: "redirected",
    }
    ERROR_MIXED = "error-of-another-kind" {
        why: "Each FetchError is an exit code of curl, and a script goes by it: 6 is a name that nobody knows, 7 a \
              call that nobody takes, 28 a deadline, 56 a broken connection.",
        fix: "{place} has to turn each error into the one that names what failed, where it fails",
        read: "exit-codes",
    }
    EARLY_ANSWER = "answer-during-an-upload-lost" {
        why: "A server need not read all of a long body before it says no: it answers 413, and hangs up. Then a \
              send fails, and the answer has come all the same: it waits to be read (RFC 9112, section 9.5). \
              It says why, and Send does not.",
        fix: "{place} has to call read_head also when write_request gives Send, and to return Send only if that \
              finds no answer",
        read: "fetch",
    }
    HTTPS_IN_CLEAR = "https-without-encryption" {
        why: "Whoever writes https wants nobody on the way to read along. To ask in clear, even on port 443, gives \
              that away.",
        fix: "{place} has to return Url for https before it connects: after a redirect as well, and for the proxy",
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
    REST_OF_ANSWER = "rest-of-an-answer-left-in-the-connection" {
        why: "Where a connection is used again, the next answer begins behind the body of the one before, and \
              that has to be read first. In the middle of it stands no status line.",
        fix: "{place} has to copy the body of a redirect to std::io::sink before the next request goes over the \
              same connection, or to make a new one",
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
        fix: "{place} has to resolve and connect to request.proxy where there is one, and must not look up the host \
              of the URL then",
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
    IPV6_LEFT_OUT = "ipv6-address-left-out" {
        why: "An address is an address. Many hosts have one of IPv6 only, and many networks, too.",
        fix: "{place} has to try what to_socket_addrs gives, of either family",
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
    DEADLINE_MISNAMED = "deadline-told-as-another-error" {
        why: "When the deadline comes, the error is Timeout, whatever was going on: exit code 28. A read or a write whose \
              time-out is over says WouldBlock or TimedOut. A time-out of zero, when nothing is left, is refused as \
              InvalidInput, and looks like a broken connection.",
        fix: "{place} has to make Timeout of WouldBlock and TimedOut, and to return it before a time-out of zero is set",
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
    CALLS_NOBODY = "program-calls-nobody" {
        why: "The URL says whom to call: the host, and the port after its colon. What stands on the command \
              line beside it are options, and none of these keeps the program from calling.",
        fix: "{place} has to take the options as curl does, and to call the host of each URL",
        read: "the-program",
    }
    RUNS_ON = "program-waits-on" {
        why: "An answer has an end that its head announces. The connection may stay open after it, for the \
              next request; who waits for it to close waits for the server's patience to end.",
        fix: "{place} has to end when the last answer is complete",
        read: "the-program",
    }
    ENDS_OTHERWISE = "exit-code-is-not-curls" {
        why: "A script knows how it went by the exit code alone. curl has a number for each kind of failure: \
              7 nobody listens, 18 the page is not whole, 28 the time is over. 0 says that all is well.",
        fix: "{place} has to end with the code of what went wrong: `error as u8`, and 0 for nothing else \
              than success",
        read: "exit-codes",
    }
    FAILS_SILENTLY = "fetch-fails-without-a-word" {
        why: "The exit code is for scripts. A person reads stderr, and needs to know who was asked, at which \
              address, and what was the matter.",
        fix: "{place} has to say host, port and reason on stderr: `fetch: (7) Failed to connect to …`",
        read: "exit-codes",
    }
    NONSENSE_TAKEN = "nonsense-taken" {
        why: "Whoever misspells an option wants to hear of it. To go on without it is to do something else \
              than was asked for.",
        fix: "{place} has to name what it does not understand on stderr, and to exit with 2 before it calls \
              anybody",
        read: "exit-codes",
    }
    OUTPUT_NOT_THE_PAGE = "output-is-not-the-page" {
        why: "What the server sends as the body belongs on stdout: each byte as it came, nothing added, and \
              nothing of what the program itself has to say. That goes to stderr.",
        fix: "{place} has to copy the body to stdout, and nothing else",
        read: "the-program",
    }
    NOT_WHAT_WAS_TYPED = "asks-for-something-else" {
        why: "Path and query of the URL are what is asked for. Host and port go into the field Host, the \
              fragment goes nowhere.",
        fix: "{place} has to ask for the target of the URL",
        read: "the-anatomy-of-a-url",
    }
    DEFAULTS_MISSING = "default-fields-missing" {
        why: "Servers expect to hear who asks (User-Agent) and what may come (Accept): some answer 403 to \
              whoever does not say. curl sends both unless it is told otherwise.",
        fix: "{place} has to put User-Agent and `Accept: */*` into the request's headers",
        read: "the-program",
    }
    NOT_SAVED = "not-saved-under-its-name" {
        why: "With -o the page goes into the file of that name, with -O into one named like the last part of \
              the URL's path: the query is no part of a name. The page is all that stands there then.",
        fix: "{place} has to open that file, empty it, and copy the body there in place of stdout",
        read: "saving",
    }
    FILE_LOST = "file-lost-before-the-answer" {
        why: "To open a file for writing empties it. When the server is not even there, or says no, the old \
              page is gone and there is no new one.",
        fix: "{place} has to open the file when the body begins, not before",
        read: "saving",
    }
    PARTIAL_LOST = "partial-page-lost-or-hidden" {
        why: "A page that was cut short is not the page: that is what the exit code says, 18 where the stream \
              ended and 28 where the time did. What has arrived stays: -C - goes on from there.",
        fix: "{place} has to leave in the file what arrived, and to end with the code of the error",
        read: "cut-short",
    }
    CALLED_ANEW = "a-connection-for-each-url" {
        why: "A connection costs a handshake. After an answer whose end is known it is ready for the next \
              request to the same host, unless the server says `Connection: close`.",
        fix: "{place} has to keep the connection for the next URL of the same host and port",
        read: "several-urls",
    }
    STALE_CONNECTION = "gave-up-with-the-old-connection" {
        why: "A server may close a connection that is kept at any time, and the next request meets that end. \
              It was not even read: to send it again over a new connection is safe.",
        fix: "{place} has to call again when a kept connection ends before the first byte of an answer",
        read: "several-urls",
    }
    REST_FORGOTTEN = "stopped-at-the-first-failure" {
        why: "The URLs of a command line have nothing to do with each other: one that fails says nothing of \
              the next. The exit code is that of the last one.",
        fix: "{place} has to go on with the next URL after an error",
        read: "several-urls",
    }
    FOLLOWED_UNASKED = "redirect-followed-unasked" {
        why: "A redirect leads to somebody else. Whoever wants to go there says so with -L; without it, the \
              redirect is the answer, and its body is what there is to see.",
        fix: "{place} has to follow redirects with -L only",
        read: "redirects",
    }
    NOT_FOLLOWED = "redirect-not-followed-to-its-end" {
        why: "With -L the answer to show is the last one: each redirect on the way there says where to ask \
              next, and its own body is for nobody.",
        fix: "{place} has to ask again until an answer is no redirect, and to show that one alone",
        read: "redirects",
    }
    REDIRECTS_UNCOUNTED = "redirects-not-counted" {
        why: "Two servers can send a client to and fro for ever. curl follows 50 redirects, or as many as \
              --max-redirs says, and ends with 47 when there is one more.",
        fix: "{place} has to count the redirects that it follows, and to stop at the limit",
        read: "redirects",
    }
    SECRETS_HANDED_ON = "secrets-handed-on" {
        why: "Password and cookies were given for one host. A redirect to another is written by a stranger, \
              and a stranger would only have to ask for them.",
        fix: "{place} has to leave out credentials and cookies where a redirect leads to another host or port",
        read: "what-stays-with-its-host",
    }
    PART_NOT_ASKED = "part-not-asked-for" {
        why: "`Range: bytes=FROM-TO` asks for a part of the page, both ends counted from 0 and both \
              included. The server says 206 when it sends that part alone.",
        fix: "{place} has to send the Range that -r or -C asks for",
        read: "resuming",
    }
    RESUMED_WRONG = "resumed-at-the-wrong-place" {
        why: "-C - goes on where the file ends: it asks for the bytes from there, and appends them. An \
              answer of 200 is the whole page from its first byte, and must not be appended.",
        fix: "{place} has to append what a 206 brings, and to leave the file alone (33) when the server \
              sends another part than was asked for",
        read: "resuming",
    }
    HEAD_NOT_SHOWN = "head-not-as-it-came" {
        why: "What -I, -i and -D show is the head as the server sent it: its status line, each field, the \
              empty line, each with CR LF. With -I there is nothing after it, whatever Content-Length says.",
        fix: "{place} has to write each head, in order, to where the option says",
        read: "only-the-head",
    }
    NOT_IDENTIFIED = "credentials-not-as-given" {
        why: "`Authorization: Basic` carries the base64 of NAME:PASSWORD. The name ends at the first colon; \
              a password may have more of them.",
        fix: "{place} has to hand name and password of -u on as the URL's own",
        read: "credentials",
    }
    PROXY_MISUSED = "proxy-not-asked-as-a-proxy" {
        why: "A proxy is called in place of the host, and asked for the whole URL: it has to know whom to \
              call. Credentials for the proxy go to the proxy, in a field of their own.",
        fix: "{place} has to call the proxy of -x, and to send it the URL as the target",
        read: "proxies",
    }
    UPLOAD_CHANGED = "upload-not-as-it-is" {
        why: "-T sends a file as it is, by PUT. Where its length is known the head says it; stdin has none \
              that is known, and goes in chunks. A URL that ends in / gets the file's name.",
        fix: "{place} has to send the bytes of the file, with a length or in chunks that fit them",
        read: "uploading",
    }
    EXPECT_UNHEARD = "body-sent-before-100-continue" {
        why: "`Expect: 100-continue` asks whether a large body is welcome. 100 says yes; any other status is \
              the answer already, and the body is not to be sent.",
        fix: "{place} has to wait for the server's word after the head: a second, then it may go on without",
        read: "uploading",
    }
    RATE_EXCEEDED = "rate-not-kept" {
        why: "--limit-rate is a promise to everybody who shares the line: so many bytes a second on average, \
              whatever the server could send. K is 1024, M 1024 times that.",
        fix: "{place} has to pause between pieces, for as long as it is ahead of the rate",
        read: "rate",
    }
    DATA_CHANGED = "data-not-sent-as-given" {
        why: "-d posts what it is given; several are joined by &. @FILE takes it from a file, without CR and \
              LF; --data-binary leaves those in. With -G all of it goes behind a ? in the URL.",
        fix: "{place} has to put the data together as curl does, with \
              `Content-Type: application/x-www-form-urlencoded`",
        read: "forms",
    }
    FORM_BROKEN = "form-not-in-parts" {
        why: "-F sends multipart/form-data (RFC 7578): between lines of the boundary that Content-Type names, \
              a part for each field, with a head of its own. A file's part says its name and its type.",
        fix: "{place} has to make a part of each -F, and to end with the boundary and two dashes",
        read: "forms",
    }
    COOKIES_LOST = "cookies-not-kept" {
        why: "A server that sets a cookie expects to see it again, with each request to its host and below its \
              path, until it expires. -c writes what was set into a file, and -b FILE reads it.",
        fix: "{place} has to keep name, value, host and path of each Set-Cookie, and to send it where they fit",
        read: "cookies",
    }
    COOKIES_ASTRAY = "cookies-sent-astray" {
        why: "A cookie belongs to the host that set it, to a path, and to a time. Elsewhere it gives away who \
              somebody is; after its time it says what is no longer so.",
        fix: "{place} has to send a cookie to its own host only, below its path, and not once it has expired",
        read: "cookies",
    }
    NOT_ITS_FIELD = "fields-not-as-told" {
        why: "-H 'Name: value' adds a field, or takes the place of the program's own of that name; 'Name:' \
              removes that one, and 'Name;' sends it empty. -A and -e are short for two of them.",
        fix: "{place} has to put the fields of -H, -A and -e into the request in place of its own",
        read: "the-program",
    }
    NOT_ITS_METHOD = "method-not-as-told" {
        why: "-X says the word that the request begins with, and nothing else: what follows from -d or -I \
              stays as it is.",
        fix: "{place} has to send the method of -X as it was typed",
        read: "the-program",
    }
    WRONG_VERSION = "version-not-as-told" {
        why: "Old servers and simple ones speak HTTP/1.0, and are asked for that with -0.",
        fix: "{place} has to end the request line with HTTP/1.0 when it is told to",
        read: "the-program",
    }
    LINE_SMUGGLED = "argument-ends-a-line" {
        why: "A line break in an argument would end its line in the request, and what follows would be a \
              field, or a request, that nobody meant to send. Arguments come from scripts, and from \
              strangers.",
        fix: "{place} has to refuse CR, LF and NUL in any argument, with 2 and before it calls anybody",
        read: "nothing-may-end-a-line",
    }
    ERROR_FOR_PAGE = "error-taken-for-the-page" {
        why: "404 and 500 come with a page that says so, and that is no failure of the transfer. A script \
              that wants the real page or none says -f: then it is 22, and the error's page is not shown.",
        fix: "{place} has to look at the status when -f is there: from 400 on, 22 and no body",
        read: "exit-codes",
    }
    WRITE_OUT_WRONG = "write-out-not-as-asked" {
        why: "-w prints a line about the transfer on stdout after the page: %{name} is replaced by what it \
              stands for, %% by %, and \\n by a line break.",
        fix: "{place} has to print what -w asks for, when each transfer is over and also when it failed",
        read: "the-program",
    }
    TELLS_NOTHING = "verbose-tells-nothing" {
        why: "-v shows on stderr what goes over the wire: each line that is sent after >, and each line of \
              the answer's head after <. The page itself stays alone on stdout.",
        fix: "{place} has to show both heads on stderr when -v is there",
        read: "the-program",
    }
    NOT_SILENT = "silent-is-not-silent" {
        why: "-s keeps everything from stderr, progress and errors alike: the exit code says it all. -S \
              brings back the errors.",
        fix: "{place} has to say nothing on stderr with -s, and errors only with -s -S",
        read: "the-program",
    }
    TIME_NOT_KEPT = "time-limit-not-kept" {
        why: "A server that never answers would hold a script for ever. -m is a limit for all of the \
              transfer, --connect-timeout for the time until the connection stands; both end in 28.",
        fix: "{place} has to give each wait no more than what is left of the time",
        read: "one-deadline",
    }
    NOT_TRIED_AGAIN = "not-tried-again" {
        why: "503 says: not now. --retry asks again, after a second at first. What the failed try brought is \
              not the page, and must not stay in the file.",
        fix: "{place} has to try again as often as --retry says, from the beginning of the file",
        read: "the-program",
    }
}
