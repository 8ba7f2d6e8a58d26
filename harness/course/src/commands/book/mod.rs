//! `course book`: the book, in a browser or as text.

use std::process::ExitCode;

use clap::Args;

use crate::commands::check;
use crate::course::{Course, Lesson};
use crate::failure::Failure;
use crate::screen::Screen;
use page::Page;

mod browser;
mod page;
mod pager;
mod text;

pub use page::pages;
pub use text::Shown;

/// What `course book` may be told.
#[derive(Args)]
pub struct Options {
    /// A lesson or a page by name; when left out, the first lesson not done
    #[arg(value_name = "PAGE[#SECTION]")]
    page: Option<String>,
    /// Show the page here, as text
    #[arg(long)]
    text: bool,
    /// Build the book, say where it is, and open nothing
    #[arg(long, conflicts_with_all = ["page", "text"])]
    build: bool,
}

/// Shows the lesson's chapter as text, at this anchor if there is one. An anchor with a page in front of it, as a
/// finding has it in `read`, opens that page: `book/src/lesson02-echo.md#half-close`.
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
    text::show(&page, wanted.map(|(_, anchor)| anchor), &mut Screen::new())
}

/// `course book`: builds the book and opens the page that is wanted, or else the chapter of the lesson that the
/// learner is at.
///
/// # Errors
///
/// There is no such page or section; the book cannot be built; cargo cannot be started.
pub fn book(course: &Course, options: &Options, screen: &mut Screen) -> Result<ExitCode, Failure> {
    if options.build {
        return browser::build(course);
    }
    let (page, anchor) = taken_apart(options.page.as_deref().unwrap_or_default());
    let page = if page.is_empty() {
        let lesson = check::first_not_done(course, screen)?;
        // Whoever has done everything may begin anew.
        let lesson = lesson.or(course.lessons.first());
        let lesson = lesson.ok_or_else(|| Failure::Usage("there is no lesson.".to_owned()))?;
        Page::read(course, &lesson.folder())?
    } else {
        Page::find(course, page)?
    };
    if options.text {
        text::show(&page, anchor, screen)?;
        return Ok(ExitCode::SUCCESS);
    }
    browser::open(course, &page, anchor)
}

fn taken_apart(wanted: &str) -> (&str, Option<&str>) {
    match wanted.split_once('#') {
        Some((page, anchor)) => (page, Some(anchor).filter(|it| !it.is_empty())),
        None => (wanted, None),
    }
}
