//! A page as text: in a pager, or on stdout.

use std::borrow::Cow;
use std::io::{self, IsTerminal};

use anstyle::Style;
use harness::book::{Recording, recordings};

use super::page::Page;
use super::pager::pagers;
use crate::failure::Failure;
use crate::screen::{FAINT, NEXT, Screen, styled};
use crate::wrap::{self, wrap};

const HEADING: Style = NEXT;

/// How a page was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// By a program that the reader has left.
    InPager,
    /// It stands on stdout now.
    Printed,
}

/// Shows a page. On a terminal that is with some style, and in a pager if there is one, which begins at the section.
/// Elsewhere it is the section's Markdown, or the page's.
pub fn show(page: &Page, anchor: Option<&str>, screen: &mut Screen) -> Result<Shown, Failure> {
    let section = page.lines(anchor)?;
    let lines: Vec<&str> = page.text.lines().collect();
    if !io::stdout().is_terminal() {
        lines[section].iter().for_each(|line| screen.say(line));
        return Ok(Shown::Printed);
    }
    let (rows, row_of) = for_terminal(&lines, wrap::columns());
    let (first, end) = (row_of[section.start], row_of[section.end]);
    if pagers().any(|pager| pager.shows(&rows, first)) {
        return Ok(Shown::InPager);
    }
    rows[first..end].iter().for_each(|row| screen.say(row));
    Ok(Shown::Printed)
}

/// The page in rows of at most `width` columns, each paragraph broken anew, and in which row each of `lines`, and what
/// comes after the last, begins. Code keeps its lines.
fn for_terminal(lines: &[&str], width: usize) -> (Vec<String>, Vec<usize>) {
    let mut paragraphs: Vec<String> = Vec::new();
    let mut paragraph_of = Vec::new();
    let mut in_code = false;
    let mut may_go_on = false;
    for line in for_readers(lines) {
        let Some(line) = line else {
            paragraph_of.push(paragraphs.len());
            continue;
        };
        let is_fence = line.trim_start().starts_with("```");
        let is_text = !in_code && !is_fence && is_running_text(&line);
        in_code ^= is_fence;
        match paragraphs.last_mut() {
            Some(paragraph) if may_go_on && is_text => {
                paragraph.push(' ');
                paragraph.push_str(line.trim_start());
            }
            _ => paragraphs.push(line.clone().into_owned()),
        }
        paragraph_of.push(paragraphs.len() - 1);
        may_go_on = is_text || !in_code && !is_fence && is_list_item(&line);
    }
    paragraph_of.push(paragraphs.len());
    let paragraphs: Vec<&str> = paragraphs.iter().map(String::as_str).collect();
    let mut rows = Vec::new();
    let mut row_of_paragraph = Vec::new();
    for styled in with_style(&paragraphs) {
        row_of_paragraph.push(rows.len());
        rows.extend(wrap(&styled, width));
    }
    row_of_paragraph.push(rows.len());
    let row_of = paragraph_of.iter().map(|it| row_of_paragraph[*it]);
    (rows, row_of.collect())
}

/// What readers see of each line: nothing of a line that is only for the tests of the book, and the words of a picture.
fn for_readers<'a>(lines: &[&'a str]) -> Vec<Option<Cow<'a, str>>> {
    let page = lines.join("\n");
    let mut recordings = recordings(&page).into_iter().peekable();
    let mut code: Option<&str> = None;
    let mut shown = Vec::new();
    for (line, number) in lines.iter().zip(1..) {
        let start = line.trim_start();
        let hidden = match code {
            Some(language) if language.starts_with("rust") => {
                start == "#" || start.starts_with("# ")
            }
            Some(language) if language.starts_with("console") => line.starts_with('~'),
            Some(_) => false,
            None => start.starts_with("<!--") && start.ends_with("-->"),
        };
        if let Some(language) = start.strip_prefix("```") {
            code = if code.is_some() { None } else { Some(language) };
        }
        shown.push(match recordings.next_if(|it| it.line == number) {
            _ if hidden => None,
            Some(recording) => Some(Cow::Owned(in_words(&recording))),
            None => Some(Cow::Borrowed(*line)),
        });
    }
    shown
}

fn in_words(recording: &Recording<'_>) -> String {
    let caption = recording.caption.unwrap_or_default();
    format!("Picture: {} {caption}", recording.alternative)
        .trim_end()
        .to_owned()
}

fn is_running_text(line: &str) -> bool {
    let line = line.trim();
    let begins_something = ["#", "|", "<", ">", "---"];
    !line.is_empty()
        && !begins_something.iter().any(|it| line.starts_with(it))
        && !is_list_item(line)
}

fn is_list_item(line: &str) -> bool {
    let line = line.trim_start();
    let number = line.trim_start_matches(|c: char| c.is_ascii_digit());
    line.starts_with("- ")
        || line.starts_with("* ")
        || number.len() < line.len() && number.starts_with(". ")
}

/// Each line, with headings and code set apart from the text.
fn with_style(lines: &[&str]) -> Vec<String> {
    let mut in_code = false;
    let mut shown = Vec::new();
    for line in lines {
        let is_fence = line.trim_start().starts_with("```");
        in_code ^= is_fence;
        shown.push(if is_fence {
            String::new()
        } else if in_code {
            styled(FAINT, line)
        } else if line.starts_with('#') {
            styled(HEADING, line)
        } else {
            let line = line
                .replace("<details><summary>", "")
                .replace("</summary>", ":");
            with_dim_code(line.trim_start_matches("</details>"))
        });
    }
    shown
}

/// A line in which what stands between ticks is dim.
fn with_dim_code(line: &str) -> String {
    let mut parts = line.split('`');
    let mut text = parts.next().unwrap_or_default().to_owned();
    while let Some(code) = parts.next() {
        match parts.next() {
            Some(after) => {
                text.push_str(&styled(FAINT, code));
                text.push_str(after);
            }
            None => {
                text.push('`');
                text.push_str(code);
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_broken_anew_and_code_is_not() {
        let page = "# One\n\nsome text of\ntwo lines\n- an item\n  goes on\n- more\n\n```\nlet a;\nlet b;\n```\n## Two\nend";
        let lines: Vec<&str> = page.lines().collect();
        let (rows, row_of) = for_terminal(&lines, 14);
        let rows: Vec<String> = rows
            .iter()
            .map(|row| anstream::adapter::strip_str(row).to_string())
            .collect();
        let expected = [
            "# One",
            "",
            "some text of",
            "two lines",
            "- an item goes",
            "on",
            "- more",
            "",
            "",
            "let a;",
            "let b;",
            "",
            "## Two",
            "end",
        ];
        assert_eq!(rows, expected);
        assert_eq!(row_of.len(), lines.len() + 1);
        let two = lines.iter().position(|line| *line == "## Two").unwrap();
        assert_eq!(rows[row_of[two]], "## Two");
        assert_eq!(row_of[lines.len()], rows.len());
    }

    #[test]
    fn what_is_for_the_tests_is_not_shown_and_a_picture_is_told() {
        let page = "one\n<!-- file: a.py -->\n```rust\n# use std::fs;\nlet a;\n```\n\
            ![Two arrows.](recordings/a/b.svg \"The first.\")\n```console\n$ ls\n~wait\n# id\n```\n";
        let lines: Vec<&str> = page.lines().collect();
        let shown: Vec<_> = for_readers(&lines).into_iter().flatten().collect();
        let expected = [
            "one",
            "```rust",
            "let a;",
            "```",
            "Picture: Two arrows. The first.",
            "```console",
            "$ ls",
            "# id",
            "```",
        ];
        assert_eq!(shown, expected);
        let (rows, row_of) = for_terminal(&lines, 80);
        assert_eq!(row_of.len(), lines.len() + 1);
        assert_eq!(row_of[lines.len()], rows.len());
    }

    #[test]
    fn style_changes_no_line_number_and_hides_nothing_but_marks() {
        let page = "## One `two`\ntext `code` text ` tick\n```sh\n# no heading\n```\n\
                    <details><summary>Answer</summary>\n\nYes.\n\n</details>\n";
        let lines: Vec<&str> = page.lines().collect();
        let shown = with_style(&lines).join("\n");
        assert_eq!(
            anstream::adapter::strip_str(&shown).to_string(),
            "## One `two`\ntext code text ` tick\n\n# no heading\n\nAnswer:\n\nYes.\n\n"
        );
        assert!(
            shown.starts_with(&styled(HEADING, "## One `two`")),
            "{shown}"
        );
        assert!(shown.contains(&styled(FAINT, "# no heading")), "{shown}");
    }
}
