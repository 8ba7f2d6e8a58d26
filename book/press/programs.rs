//! The Rust programs of the book's pages, each compiled and run by `cargo test -p book --doc`. Lines that begin with
//! `# ` are hidden from readers.

macro_rules! pages {
    ($($name:ident: $page:literal,)*) => {$(
        #[doc = include_str!(concat!("../src/", $page, ".md"))]
        mod $name {}
    )*};
}

pages! {
    start: "start",
    sockets: "sockets",
    lesson01: "lesson01-listen",
    lesson02: "lesson02-echo",
    lesson03: "lesson03-client",
    lesson04: "lesson04-http",
    lesson05: "lesson05-fetch",
    when_it_fails: "when-it-fails",
    python: "python",
    curl: "curl",
}
