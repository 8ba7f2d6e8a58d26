//! The chunk reader of lesson 05's solution, on any bytes: it never panics, it takes nothing that belongs to
//! what follows, however the bytes come in pieces it is the same body, and a decoder of the plainest kind
//! sees the same.
//!
//! With a nightly toolchain and cargo-fuzz (`cargo install cargo-fuzz`), in `harness/`:
//!
//! ```text
//! mkdir -p fuzz/corpus/copy_chunks
//! cargo +nightly fuzz run copy_chunks fuzz/corpus/copy_chunks tests/http_answers/chunks -- \
//!     -dict=fuzz/http.dict -max_total_time=300
//! ```
//!
//! An input that it finds belongs, minimised by `cargo +nightly fuzz tmin`, into
//! `harness/tests/http_answers/chunks`, and what it is read as into the table beside it: the test
//! `http_answers` then checks it for ever.
#![no_main]

#[path = "../../tests/http_answers/reading.rs"]
#[allow(dead_code, reason = "the other half is for the other target")]
mod reading;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    reading::check_chunks(bytes);
});
