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
}
