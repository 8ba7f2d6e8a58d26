//! What people believe about fetching over HTTP, and how it really is.

use crate::misconceptions;

misconceptions! { ALL:
    // URLs: parse_url.

    // Requests: write_request.

    // Heads: read_head.

    // Where a body ends: framing.

    // Bodies: copy_body.

    // Redirects: redirected.

    // All of it: fetch.
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
