//! What people believe about fetching over HTTP, and how it really is.

use crate::misconceptions;

misconceptions! { ALL:
    // URLs: parse_url.

    // Requests: write_request.

    // Heads: read_head.

    // Where a body ends: framing.

    // Bodies: copy_body.

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
