//! Stands in for the crate of lesson 05 where its program is compiled: once for all submissions, which it
//! is long enough for. Which of them it works with is said before it runs.

use std::io::{BufRead, Write};
use std::sync::OnceLock;

pub use rubrics::lesson05::{FetchError, Framing, Functions, Head, Request, Url};

pub use crate::solutions_lesson05_lib::solution05::MAX_HEAD;

static FUNCTIONS: OnceLock<Functions> = OnceLock::new();

/// Whose functions these are, from now on.
pub fn be(functions: Functions) {
    assert!(FUNCTIONS.set(functions).is_ok(), "it is one submission");
}

fn functions() -> &'static Functions {
    FUNCTIONS.get().expect("a submission")
}

pub fn parse_url(text: &str) -> Result<Url, FetchError> {
    (functions().parse_url)(text)
}

pub fn write_request(stream: &mut dyn Write, request: &Request) -> Result<(), FetchError> {
    (functions().write_request)(stream, request)
}

pub fn read_head(reader: &mut dyn BufRead) -> Result<Head, FetchError> {
    (functions().read_head)(reader)
}

pub fn framing(method: &str, head: &Head) -> Result<Framing, FetchError> {
    (functions().framing)(method, head)
}

pub fn copy_body(
    reader: &mut dyn BufRead,
    framing: Framing,
    sink: &mut dyn Write,
) -> Result<u64, FetchError> {
    (functions().copy_body)(reader, framing, sink)
}

pub fn redirected(request: &Request, head: &Head) -> Result<Option<Request>, FetchError> {
    (functions().redirected)(request, head)
}

pub fn fetch(
    request: Request,
    max_redirects: u32,
    sink: &mut dyn Write,
) -> Result<Vec<Head>, FetchError> {
    (functions().fetch)(request, max_redirects, sink)
}
