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

    // The program and its options.
}
