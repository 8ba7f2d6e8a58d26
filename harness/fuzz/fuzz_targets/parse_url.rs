//! The URL parser of lesson 05's solution, on any text: it never panics, no part has in it what would
//! end another, and the parts put together again are the same URL.
//!
//! With a nightly toolchain and cargo-fuzz (`cargo install cargo-fuzz`), in `harness/`:
//!
//! ```text
//! mkdir -p fuzz/corpus/parse_url
//! cargo +nightly fuzz run parse_url -- -dict=fuzz/url.dict -max_len=200 -max_total_time=300
//! ```
//!
//! An input that it finds belongs, minimised by `cargo +nightly fuzz tmin`, as a line of its own into
//! `harness/tests/urls/known`: the test `urls` then checks it for ever.
#![no_main]

#[path = "../../tests/urls/check.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|text: &str| {
    check::check(text);
});
