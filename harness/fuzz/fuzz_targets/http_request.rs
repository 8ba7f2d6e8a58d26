//! The request parser of lesson 04's solution, on any bytes: it never panics, it takes nothing that belongs
//! to what comes next, and however the bytes come in pieces, they are the same requests.
//!
//! With a nightly toolchain and cargo-fuzz (`cargo install cargo-fuzz`), in `harness/`:
//!
//! ```text
//! mkdir -p fuzz/corpus/http_request
//! cargo +nightly fuzz run http_request fuzz/corpus/http_request tests/http_requests/corpus -- \
//!     -dict=fuzz/http.dict -max_total_time=300
//! ```
//!
//! An input that it finds belongs, minimised by `cargo +nightly fuzz tmin`, into
//! `harness/tests/http_requests/corpus`, and what it is read as into `readings` beside it: the test
//! `http_requests` then checks it for ever.
#![no_main]

#[path = "../../tests/http_requests/reading.rs"]
mod reading;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    reading::check(bytes);
});
