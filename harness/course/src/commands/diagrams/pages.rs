//! Which recordings the pages of the book refer to.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use harness::book;

use super::{FOLDER, cannot};
use crate::course::{Course, Lesson};
use crate::failure::Failure;

/// Where the pages are, from the root of the course.
const PAGES: &str = "book/src";
/// The folder of the recordings, from that of the pages.
const RECORDINGS: &str = "recordings";

/// A line of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// `book/src/lesson02-echo.md`
    pub page: String,
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.page, self.line)
    }
}

/// A recording that a page refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Where it is referred to, first.
    pub place: Place,
    pub what: What,
}

/// A reference, or where there is a wrong one, and what is wrong with it.
pub type Reference = Result<Wanted, (Place, String)>;

/// What is to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct What {
    pub lesson: Lesson,
    pub by: By,
}

/// Whose code is graded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// The solution's, in the case of this name.
    Solution(String),
    /// That of the deliberate mistake of this name.
    Mistake(String),
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.lesson.number;
        match &self.by {
            By::Solution(case) => write!(f, "`{case}` of lesson {number:02}"),
            By::Mistake(name) => write!(f, "the mistake `{name}` of lesson {number:02}"),
        }
    }
}

impl Wanted {
    /// Its file, from the root of the course.
    pub fn shown(&self) -> String {
        let lesson = self.what.lesson.package();
        match &self.what.by {
            By::Solution(case) => format!("{FOLDER}/{lesson}/{case}.svg"),
            By::Mistake(name) => format!("{FOLDER}/{lesson}/mistakes/{name}.svg"),
        }
    }
}

/// Every reference to a recording on a page of the book, or what is wrong with it.
///
/// # Errors
///
/// A page cannot be read.
pub fn references(course: &Course) -> Result<Vec<Reference>, Failure> {
    let mut files = Vec::new();
    let folder = course.root().join(PAGES);
    files_below(&folder, &mut files).map_err(cannot(format!("read the folder {PAGES}")))?;
    files.retain(|it| it.extension().is_some_and(|ending| ending == "md"));
    let mut found = Vec::new();
    for file in files {
        let page = shown(course, &file);
        let text = fs::read_to_string(&file).map_err(cannot(format!("read {page}")))?;
        for recording in book::recordings(&text) {
            let (page, line) = (page.clone(), recording.line);
            let place = Place { page, line };
            let from = place.page.trim_start_matches(PAGES);
            let what = what(course, from.trim_start_matches('/'), recording.path);
            found.push(match what {
                Ok(what) => Ok(Wanted { place, what }),
                Err(why) => Err((place, why)),
            });
        }
    }
    Ok(found)
}

/// What a page, named from the folder of the pages, means by `path`.
fn what(course: &Course, page: &str, path: &str) -> Result<What, String> {
    let not_one = || {
        let up = "../".repeat(page.matches('/').count());
        format!(
            "{path} is no recording. Here they are called {up}{RECORDINGS}/lessonNN/CASE.svg and \
             {up}{RECORDINGS}/lessonNN/mistakes/NAME.svg"
        )
    };
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            ".." => _ = parts.pop().ok_or_else(not_one)?,
            part => parts.push(part),
        }
    }
    let (lesson, by) = match parts.as_slice() {
        [RECORDINGS, lesson, file] => (lesson, By::Solution(name(file).ok_or_else(not_one)?)),
        [RECORDINGS, lesson, "mistakes", file] => {
            (lesson, By::Mistake(name(file).ok_or_else(not_one)?))
        }
        _ => return Err(not_one()),
    };
    let known = course.lessons.iter().find(|it| it.package() == **lesson);
    let lesson = known
        .ok_or_else(|| format!("there is no {lesson}"))?
        .clone();
    Ok(What { lesson, by })
}

/// The name in `NAME.svg`, which is that of a function or of a file.
fn name(file: &str) -> Option<String> {
    let name = file.strip_suffix(".svg")?;
    let is_of_a_name = |it: char| it.is_ascii_alphanumeric() || it == '_';
    (!name.is_empty() && name.chars().all(is_of_a_name)).then(|| name.to_owned())
}

/// All files in this folder and those within it, in order.
///
/// # Errors
///
/// A folder cannot be read.
pub fn files_below(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    let entries = fs::read_dir(folder)?;
    let mut entries: Vec<PathBuf> = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<_>>()?;
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files_below(&path, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}

/// A path for people, who stand at the root: with slashes.
pub fn shown(course: &Course, path: &Path) -> String {
    let path = path.strip_prefix(course.root()).unwrap_or(path);
    let parts = path.components().map(|it| it.as_os_str().to_string_lossy());
    parts.collect::<Vec<_>>().join("/")
}
