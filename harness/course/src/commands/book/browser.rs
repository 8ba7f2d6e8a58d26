//! The book in a browser.
//!
//! It is built and served by a program of its own, the package `book`, so that whoever never opens it never waits
//! for mdBook to compile.

use std::ffi::OsStr;
use std::io::{self, IsTerminal};
use std::process::ExitCode;

use super::page::Page;
use crate::course::Course;
use crate::failure::Failure;
use crate::grading::cargo;

/// Builds the book and says where it is.
///
/// # Errors
///
/// Cargo cannot be started.
pub fn build(course: &Course) -> Result<ExitCode, Failure> {
    press(course, &[])
}

/// Builds the book and opens a page of it in a browser; it is served until this process is ended. Without a terminal
/// there is nobody to end it, so the book is built, and that is all.
///
/// # Errors
///
/// The page has no such section; cargo cannot be started.
pub fn open(course: &Course, page: &Page, anchor: Option<&str>) -> Result<ExitCode, Failure> {
    // A browser would open the page at its top and say nothing.
    page.lines(anchor)?;
    if !io::stdout().is_terminal() {
        return build(course);
    }
    let place = page.in_the_book(anchor);
    press(course, &["--serve", "--open", &place])
}

/// Runs the program that builds the book, which cargo builds where that has to be.
fn press(course: &Course, arguments: &[&str]) -> Result<ExitCode, Failure> {
    // Cargo shows how far it is, which `--quiet` would hide; and with nothing to do it says one line.
    let built = run(course, ["build", "--package", "book"])?;
    if !built {
        return Err(Failure::Work(
            "the book's builder does not compile.".to_owned(),
        ));
    }
    let out = course.target_dir().join("book");
    let fixed = ["run", "--quiet", "--package", "book", "--", "--out"].map(OsStr::new);
    let arguments = arguments.iter().map(OsStr::new);
    let shown = run(
        course,
        fixed.into_iter().chain([out.as_os_str()]).chain(arguments),
    )?;
    Ok(if shown {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn run<A: AsRef<OsStr>>(
    course: &Course,
    arguments: impl IntoIterator<Item = A>,
) -> Result<bool, Failure> {
    let status = cargo(course).args(arguments).status();
    let status = status.map_err(|error| Failure::Work(format!("cannot start cargo: {error}")))?;
    Ok(status.success())
}
