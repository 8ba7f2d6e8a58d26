//! What people believe about fetching over HTTP, and how it really is.

use crate::misconceptions;

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
        fix: "{place} has to refuse a port with anything but digits in it, and one above 65535",
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
        why: "An empty segment is one: `/a//b` is another path than `/a/b`, and `..` behind it takes the empty one away \
              (RFC 3986, section 3.3).",
        fix: "{place} has to keep empty segments, and count them as others",
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

    // Where a body ends: framing.

    // Bodies: copy_body.

    // Redirects: redirected.

    // All of it: fetch.

    // The program and its options.
}
