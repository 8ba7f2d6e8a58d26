//! A page of the book, found by what a person calls it.

use std::fs;
use std::ops::Range;
use std::path::Path;

use harness::book::{self, Heading};

use crate::course::Course;
use crate::failure::Failure;

/// Where the pages are, from the root of the course.
const FOLDER: &str = "book/src";

/// The page that says which others there are, and in which order.
const CONTENTS: &str = "SUMMARY";

/// A page of the book, in Markdown.
pub struct Page {
    /// From the root of the course.
    pub path: String,
    pub text: String,
}

impl Page {
    /// The page that a person means by a lesson's number or name, by `when-it-fails`, or by what a finding says.
    pub fn find(course: &Course, wanted: &str) -> Result<Page, Failure> {
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

    pub fn read(course: &Course, name: &str) -> Result<Page, Failure> {
        let path = format!("{FOLDER}/{name}.md");
        match fs::read_to_string(course.root().join(&path)) {
            Ok(text) => Ok(Page { path, text }),
            Err(error) => Err(Failure::Work(format!("cannot read {path}: {error}"))),
        }
    }

    /// The lines of the section `anchor`, counted from 0, or those of the whole page.
    pub fn lines(&self, anchor: Option<&str>) -> Result<Range<usize>, Failure> {
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

    /// Where it is in the built book: `lesson02-echo.html#recv`.
    pub fn in_the_book(&self, anchor: Option<&str>) -> String {
        let name = self.path.strip_prefix(FOLDER).unwrap_or(&self.path);
        let name = name.trim_start_matches('/').trim_end_matches(".md");
        let anchor = anchor.map_or_else(String::new, |anchor| format!("#{anchor}"));
        format!("{name}.html{anchor}")
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
    found.retain(|name| name != CONTENTS);
    found.sort();
    found
}
