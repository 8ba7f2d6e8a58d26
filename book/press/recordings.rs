//! Recordings of the wire within a page.
//!
//! A page refers to one as to any picture, on a line of its own:
//! `![what is to be seen](recordings/lesson02/half_close.svg "what to look at")`. As a picture it would have the
//! colours of the system and not those of the theme that the reader chose, so it becomes a part of the page. The
//! style for it is in `theme/book.css`.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, anyhow};
use harness::book::Recording;
use mdbook_driver::book::Book;
use mdbook_preprocessor::{Preprocessor, PreprocessorContext, errors::Result};

/// Puts every recording into the page that refers to it.
pub struct Inlined;

impl Preprocessor for Inlined {
    fn name(&self) -> &str {
        "recordings"
    }

    fn run(&self, context: &PreprocessorContext, mut book: Book) -> Result<Book> {
        let source = context.root.join(&context.config.book.src);
        let mut result = Ok(());
        book.for_each_chapter_mut(|chapter| {
            let Some(path) = chapter.source_path.clone() else {
                return;
            };
            let folder = source.join(&path);
            let folder = folder.parent().unwrap_or(&source);
            // Part of every name within the pictures, for all pages stand on one when the book is printed.
            let page = path.with_extension("").to_string_lossy().replace('/', "-");
            match with_recordings(&chapter.content, folder, &page) {
                Ok(content) => chapter.content = content,
                Err(error) => result = Err(error.context(path.display().to_string())),
            }
        });
        result.map(|()| book)
    }
}

fn with_recordings(text: &str, folder: &Path, page: &str) -> Result<String> {
    let mut shown = String::with_capacity(text.len());
    let mut recordings = harness::book::recordings(text).into_iter().peekable();
    for (line, number) in text.lines().zip(1..) {
        match recordings.next_if(|it| it.line == number) {
            Some(recording) => {
                shown.push_str(&figure(&recording, folder, &format!("{page}-{number}"))?)
            }
            None => shown.push_str(line),
        }
        shown.push('\n');
    }
    Ok(shown)
}

/// The recording as a figure, with a name that tells it apart from all others.
fn figure(recording: &Recording<'_>, folder: &Path, name: &str) -> Result<String> {
    let path = folder.join(recording.path);
    let file = fs::read_to_string(&path)
        .with_context(|| format!("cannot read the recording {}", recording.path))?;
    let svg = within_a_page(&file, name).ok_or_else(|| {
        anyhow!(
            "{} is not as `cargo course diagrams` makes it",
            recording.path
        )
    })?;
    let alternative = escape(recording.alternative);
    let caption = recording.caption.map_or_else(String::new, |caption| {
        format!("<figcaption>{}</figcaption>", with_code(&escape(caption)))
    });
    // To Markdown, HTML ends at the first empty line.
    Ok(format!(
        "<figure class=\"recording\" aria-label=\"{alternative}\">\n{svg}\n{caption}</figure>\n"
    ))
}

/// The picture of a file of its own as a part of a page: without colours and paper, for the page has its own, and with
/// names that no other picture has.
fn within_a_page(file: &str, name: &str) -> Option<String> {
    let svg = &file[file.find("<svg")?..];
    let (before, rest) = svg.split_once("<style>")?;
    let (_, rest) = rest.split_once("</style>")?;
    let (paper, after) = rest.split_once("/>")?;
    if !paper.contains("class=\"paper\"") {
        return None;
    }
    let svg = format!("{before}{after}").replace("\"wire-", &format!("\"{name}-"));
    Some(svg.trim_end().replace("\n\n", "\n&#10;\n"))
}

/// What stands between ticks as code.
fn with_code(text: &str) -> String {
    let mut shown = String::new();
    let mut parts = text.split('`');
    shown.extend(parts.next());
    while let Some(code) = parts.next() {
        match parts.next() {
            Some(after) => shown.push_str(&format!("<code>{code}</code>{after}")),
            None => shown.push_str(&format!("`{code}")),
        }
    }
    shown
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg class=\"wire\" aria-labelledby=\"wire-t\">\
        <title id=\"wire-t\">t</title><style>.wire { }\n\n.a { }</style>\
        <rect class=\"paper\" width=\"100%\"/><text>\"hel\"</text></svg>\n";

    #[test]
    fn a_recording_loses_its_own_colours_and_names() {
        let expected = "<svg class=\"wire\" aria-labelledby=\"a-7-t\">\
            <title id=\"a-7-t\">t</title><text>\"hel\"</text></svg>";
        assert_eq!(within_a_page(FILE, "a-7").as_deref(), Some(expected));
        assert_eq!(within_a_page("<svg></svg>", "a-7"), None);
    }

    #[test]
    fn a_caption_may_have_code() {
        assert_eq!(
            with_code("`a` and `b`."),
            "<code>a</code> and <code>b</code>."
        );
        assert_eq!(with_code("one ` tick"), "one ` tick");
    }

    #[test]
    fn a_page_shows_its_recordings_and_code_stays_code() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("recordings")).unwrap();
        fs::write(folder.path().join("recordings/a.svg"), FILE).unwrap();
        let page = "one\n![x < y](recordings/a.svg)\n```text\n![b](recordings/b.svg)\n```\n";
        let shown = with_recordings(page, folder.path(), "a").unwrap();
        assert!(
            shown.contains("<figure class=\"recording\" aria-label=\"x &lt; y\">\n<svg"),
            "{shown}"
        );
        assert!(
            shown.ends_with("```text\n![b](recordings/b.svg)\n```\n"),
            "{shown}"
        );
        let missing = with_recordings("![b](recordings/b.svg)", folder.path(), "a").unwrap_err();
        assert!(
            missing.to_string().contains("recordings/b.svg"),
            "{missing}"
        );
    }
}
