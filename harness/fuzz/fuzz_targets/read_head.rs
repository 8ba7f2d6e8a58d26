//! The head reader of lesson 05's solution, on any bytes: it never panics, it takes nothing that belongs
//! to the body, however the bytes come in pieces it is the same head, and httparse sees the same or differs
//! for a reason that has a name.
//!
//! With a nightly toolchain and cargo-fuzz (`cargo install cargo-fuzz`), in `harness/`:
//!
//! ```text
//! mkdir -p fuzz/corpus/read_head
//! cargo +nightly fuzz run read_head fuzz/corpus/read_head tests/http_answers/heads -- \
//!     -dict=fuzz/http.dict -max_total_time=300
//! ```
//!
//! An input that it finds belongs, minimised by `cargo +nightly fuzz tmin`, into
//! `harness/tests/http_answers/heads`, and what it is read as into the table beside it: the test
//! `http_answers` then checks it for ever.
#![no_main]

#[path = "../../tests/http_answers/reading.rs"]
#[allow(dead_code, reason = "the other half is for the other target")]
mod reading;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    reading::check_head(bytes);
});
