//! Makes a book of the pages in `src`, with [mdBook](https://rust-lang.github.io/mdBook/).
//!
//! What this adds to mdBook: the recordings of the wire become part of the page that shows them, so that they have the
//! colours of the reader's theme ([`recordings`]), and the Rust programs of the pages are tests of this crate
//! (`cargo test -p book --doc`).

use std::path::Path;

use anyhow::Context as _;
use mdbook_driver::MDBook;
use mdbook_driver::config::Config;

#[cfg(doctest)]
mod programs;
pub mod recordings;

/// Builds the book whose `book.toml` is in the folder `book`, into the folder `out`. What was in `out` is gone
/// afterwards.
///
/// # Errors
///
/// A page is missing or cannot be read, or `out` cannot be written.
pub fn build(book: &Path, out: &Path) -> anyhow::Result<()> {
    let settings = book.join("book.toml");
    let mut config = Config::from_disk(&settings)
        .with_context(|| format!("cannot read {}", settings.display()))?;
    // A relative path would be taken from the book's folder.
    config.build.build_dir = std::path::absolute(out)?;
    let mut pages = MDBook::load_with_config(book, config).context("cannot read the book")?;
    pages.with_preprocessor(recordings::Inlined);
    pages.build().context("cannot build the book")
}
