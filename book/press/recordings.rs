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
            match with_recordings(&chapter.content, folder) {
                Ok(content) => chapter.content = content,
                Err(error) => result = Err(error.context(path.display().to_string())),
            }
        });
        result.map(|()| book)
    }
}

fn with_recordings(page: &str, folder: &Path) -> Result<String> {
    let mut text = String::with_capacity(page.len());
    let mut recordings = harness::book::recordings(page).into_iter().peekable();
    for (line, number) in page.lines().zip(1..) {
        match recordings.next_if(|it| it.line == number) {
            Some(recording) => text.push_str(&figure(&recording, folder)?),
            None => text.push_str(line),
        }
        text.push('\n');
    }
    Ok(text)
}

/// The recording as a figure. Its line tells it apart from the others on its page.
fn figure(reference: &Recording<'_>, folder: &Path) -> Result<String> {
    let path = folder.join(reference.path);
    let file = fs::read_to_string(&path)
        .with_context(|| format!("cannot read the recording {}", reference.path))?;
    let svg = within_a_page(&file, reference.line).ok_or_else(|| {
        anyhow!(
            "{} is not as `cargo course diagrams` makes it",
            reference.path
        )
    })?;
    let alternative = escape(reference.alternative);
    let caption = reference.caption.map_or_else(String::new, |caption| {
        format!("<figcaption>{}</figcaption>", escape(caption))
    });
    // To Markdown, HTML ends at the first empty line.
    Ok(format!(
        "<figure class=\"recording\" aria-label=\"{alternative}\">\n{svg}\n{caption}</figure>\n"
    ))
}

/// The picture of a file of its own as a part of a page: without colours and paper, for the page has its own, and with
/// names that no other picture has.
fn within_a_page(file: &str, number: usize) -> Option<String> {
    let svg = &file[file.find("<svg")?..];
    let (before, rest) = svg.split_once("<style>")?;
    let (_, rest) = rest.split_once("</style>")?;
    let (paper, after) = rest.split_once("/>")?;
    if !paper.contains("class=\"paper\"") {
        return None;
    }
    let svg = format!("{before}{after}").replace("\"wire-", &format!("\"recording-{number}-"));
    Some(svg.trim_end().replace("\n\n", "\n&#10;\n"))
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
        let expected = "<svg class=\"wire\" aria-labelledby=\"recording-7-t\">\
            <title id=\"recording-7-t\">t</title><text>\"hel\"</text></svg>";
        assert_eq!(within_a_page(FILE, 7).as_deref(), Some(expected));
        assert_eq!(within_a_page("<svg></svg>", 7), None);
    }

    #[test]
    fn a_page_shows_its_recordings_and_code_stays_code() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("recordings")).unwrap();
        fs::write(folder.path().join("recordings/a.svg"), FILE).unwrap();
        let page = "one\n![x < y](recordings/a.svg)\n```text\n![b](recordings/b.svg)\n```\n";
        let shown = with_recordings(page, folder.path()).unwrap();
        assert!(
            shown.contains("<figure class=\"recording\" aria-label=\"x &lt; y\">\n<svg"),
            "{shown}"
        );
        assert!(
            shown.ends_with("```text\n![b](recordings/b.svg)\n```\n"),
            "{shown}"
        );
        let missing = with_recordings("![b](recordings/b.svg)", folder.path()).unwrap_err();
        assert!(
            missing.to_string().contains("recordings/b.svg"),
            "{missing}"
        );
    }
}
