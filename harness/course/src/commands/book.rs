//! `course book`: the chapters of the book, to be read.

use std::fs;
use std::io::{self, IsTerminal, Write as _};
use std::ops::Range;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
#[cfg(unix)]
use std::sync::Arc;

use anstream::{AutoStream, ColorChoice};
use anstyle::Style;
use harness::book::{self, Heading};

use crate::commands::check;
use crate::course::{Course, Lesson};
use crate::failure::Failure;
use crate::screen::{FAINT, NEXT, Screen, styled};
use crate::wrap::{self, wrap};

/// Where the pages are, from the root of the course.
const FOLDER: &str = "book/src";

const HEADING: Style = NEXT;

/// How a page was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// By a program that the reader has left.
    InPager,
    /// It stands on stdout now.
    Printed,
}

/// Opens the lesson's chapter, at this anchor if there is one. An anchor with a page in front of it, as a finding has
/// it in `read`, opens that page: `book/src/lesson02-echo.md#half-close`.
///
/// # Errors
///
/// There is no such page or section.
pub fn open(course: &Course, lesson: &Lesson, anchor: Option<&str>) -> Result<Shown, Failure> {
    let wanted = anchor.map(|it| it.split_once('#').unwrap_or(("", it)));
    let page = match wanted {
        None | Some(("", _)) => Page::read(course, &lesson.folder())?,
        Some((page, _)) => Page::find(course, page)?,
    };
    show(&page, wanted.map(|(_, anchor)| anchor), &mut Screen::new())
}

/// `course book`: opens `wanted`, a lesson or another page and perhaps `#` and a section, or else the chapter of
/// the lesson that the learner is at.
///
/// # Errors
///
/// There is no such page or section; cargo cannot be started.
pub fn book(
    course: &Course,
    wanted: Option<&str>,
    screen: &mut Screen,
) -> Result<ExitCode, Failure> {
    let (page, anchor) = taken_apart(wanted.unwrap_or_default());
    let page = if page.is_empty() {
        let lesson = check::first_not_done(course, screen)?;
        // Whoever has done everything may begin anew.
        let lesson = lesson.or(course.lessons.first());
        let lesson = lesson.ok_or_else(|| Failure::Usage("there is no lesson.".to_owned()))?;
        Page::read(course, &lesson.folder())?
    } else {
        Page::find(course, page)?
    };
    show(&page, anchor, screen)?;
    Ok(ExitCode::SUCCESS)
}

fn taken_apart(wanted: &str) -> (&str, Option<&str>) {
    match wanted.split_once('#') {
        Some((page, anchor)) => (page, Some(anchor).filter(|it| !it.is_empty())),
        None => (wanted, None),
    }
}

/// A page of the book, in Markdown.
struct Page {
    /// From the root of the course.
    path: String,
    text: String,
}

impl Page {
    /// The page that a person means by a lesson's number or name, by `when-it-fails`, or by what a finding says.
    fn find(course: &Course, wanted: &str) -> Result<Page, Failure> {
        if let Ok(lesson) = course.lesson(wanted) {
            return Page::read(course, &lesson.folder());
        }
        let name = wanted.strip_prefix(FOLDER).unwrap_or(wanted);
        let name = name.trim_start_matches('/');
        let name = name.strip_suffix(".md").unwrap_or(name);
        let pages = pages(course);
        if pages.iter().any(|page| page == name) {
            return Page::read(course, name);
        }
        Err(Failure::Usage(format!(
            "the book has no page `{wanted}`. Its pages are:\n  {}",
            pages.join("\n  ")
        )))
    }

    fn read(course: &Course, name: &str) -> Result<Page, Failure> {
        let path = format!("{FOLDER}/{name}.md");
        match fs::read_to_string(course.root().join(&path)) {
            Ok(text) => Ok(Page { path, text }),
            Err(error) => Err(Failure::Work(format!("cannot read {path}: {error}"))),
        }
    }

    /// The lines of the section `anchor`, counted from 0, or those of the whole page.
    fn lines(&self, anchor: Option<&str>) -> Result<Range<usize>, Failure> {
        let all = self.text.lines().count();
        let Some(anchor) = anchor else {
            return Ok(0..all);
        };
        let mut headings = book::headings(&self.text).into_iter();
        let Some(Heading { line, level, .. }) = headings.find(|it| it.anchor == anchor) else {
            return Err(self.no_section(anchor));
        };
        let next = headings.find(|it| it.level <= level);
        Ok(line - 1..next.map_or(all, |next| next.line - 1))
    }

    fn no_section(&self, anchor: &str) -> Failure {
        let path = &self.path;
        let anchors: Vec<String> = book::headings(&self.text)
            .into_iter()
            .map(|heading| heading.anchor)
            .collect();
        let anchors: Vec<&str> = anchors.iter().map(String::as_str).collect();
        let close = similar::get_close_matches(anchor, &anchors, 3, 0.5);
        let hint = match close[..] {
            [] => String::new(),
            _ => format!(" Did you mean {}?", close.join(" or ")),
        };
        Failure::Usage(format!("{path} has no section #{anchor}.{hint}"))
    }
}

/// The names of the book's pages, sorted, as `course book` takes them.
pub fn pages(course: &Course) -> Vec<String> {
    pages_below(&course.root().join(FOLDER), "")
}

fn pages_below(folder: &Path, prefix: &str) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<String> = entries
        .flat_map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.path().is_dir() {
                return pages_below(&entry.path(), &format!("{prefix}{name}/"));
            }
            let name = name.strip_suffix(".md");
            Vec::from_iter(name.map(|name| format!("{prefix}{name}")))
        })
        .collect();
    found.sort();
    found
}

/// Shows a page. On a terminal that is with some style, and in a pager if there is one, which begins at the section.
/// Elsewhere it is the section's Markdown, or the page's.
fn show(page: &Page, anchor: Option<&str>, screen: &mut Screen) -> Result<Shown, Failure> {
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
    for line in lines {
        let is_fence = line.trim_start().starts_with("```");
        let is_text = !in_code && !is_fence && is_running_text(line);
        in_code ^= is_fence;
        match paragraphs.last_mut() {
            Some(paragraph) if may_go_on && is_text => {
                paragraph.push(' ');
                paragraph.push_str(line.trim_start());
            }
            _ => paragraphs.push((*line).to_owned()),
        }
        paragraph_of.push(paragraphs.len() - 1);
        may_go_on = is_text || !in_code && !is_fence && is_list_item(line);
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

/// A program that shows a text page by page.
struct Pager {
    command: Command,
    /// Whether it takes `+7` for "begin at line 7".
    knows_lines: bool,
}

/// The pagers to try: the one that `PAGER` names, and less(1). None where `PAGER` is empty, or the terminal cannot
/// do much.
fn pagers() -> impl Iterator<Item = Pager> {
    let set = |name| std::env::var(name).ok();
    let wish = set("PAGER");
    let none = wish.as_deref() == Some("") || set("TERM").as_deref() == Some("dumb");
    let wishes = wish.into_iter().chain(["less -R".to_owned()]);
    wishes
        .filter(move |_| !none)
        .filter_map(|wish| Pager::new(&wish))
}

impl Pager {
    fn new(wish: &str) -> Option<Pager> {
        let mut words = wish.split_whitespace();
        let program = words.next()?;
        let mut command = Command::new(program);
        command.args(words);
        let name = Path::new(program).file_stem()?;
        if name == "less" && std::env::var_os("LESS").is_none() {
            // Else it shows the codes of the colours in place of the colours.
            command.env("LESS", "R");
        }
        Some(Pager {
            command,
            knows_lines: name == "less" || name == "more",
        })
    }

    /// Shows the lines, from `first` on, until the reader has had enough. Returns whether there is such a program.
    fn shows(mut self, lines: &[String], first: usize) -> bool {
        let mut lines = lines;
        if !self.knows_lines {
            lines = &lines[first..];
        } else if first > 0 {
            self.command.arg(format!("+{}", first + 1));
        }
        // Ctrl-C is for the pager, which does not end at that.
        let _kept = Interrupts::keep();
        match self.command.stdin(Stdio::piped()).spawn() {
            Ok(child) => {
                feed(child, lines);
                true
            }
            Err(_) => false,
        }
    }
}

/// Hands `lines` to the pager, and waits until it ends.
fn feed(mut pager: Child, lines: &[String]) {
    let mut text = lines.join("\n") + "\n";
    // It writes to our stdout, which may be one where colours are not wanted.
    if AutoStream::choice(&io::stdout()) == ColorChoice::Never {
        text = anstream::adapter::strip_str(&text).to_string();
    }
    if let Some(mut stdin) = pager.stdin.take() {
        // A reader may leave before the end.
        let _ = stdin.write_all(text.as_bytes());
    }
    let _ = pager.wait();
}

/// While it lives, Ctrl-C does not end this process.
struct Interrupts {
    #[cfg(unix)]
    kept: Option<signal_hook::SigId>,
}

impl Interrupts {
    #[cfg(unix)]
    fn keep() -> Interrupts {
        use signal_hook::{consts::SIGINT, flag};
        Interrupts {
            kept: flag::register(SIGINT, Arc::default()).ok(),
        }
    }

    #[cfg(not(unix))]
    fn keep() -> Interrupts {
        Interrupts {}
    }
}

#[cfg(unix)]
impl Drop for Interrupts {
    fn drop(&mut self) {
        self.kept.take().map(signal_hook::low_level::unregister);
    }
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
