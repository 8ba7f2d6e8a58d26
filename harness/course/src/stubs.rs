//! Makes a lesson's files out of its solution's.
//!
//! Every file comes along with the names changed; the library also loses what the learner is to
//! write. Nothing here writes to disk: `stubs`, `stubs --check` and `reset` all start from the same
//! [`lesson_files`].

mod body;
mod edit;
mod imports;
mod mentions;
mod surface;

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub use surface::StubError;
use surface::stub_library;

const LIBRARY: &str = "src/lib.rs";

/// A file of a lesson, as it should be.
#[derive(Debug)]
pub struct LessonFile {
    /// Below the lesson's folder, with `/` between the parts.
    pub path: String,
    pub contents: Vec<u8>,
    pub executable: bool,
}

/// Why a lesson could not be made.
#[derive(Debug)]
pub enum Error {
    Read(PathBuf, io::Error),
    Stub(StubError),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Read(path, error) => write!(f, "cannot read {}: {error}", path.display()),
            Error::Stub(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

/// The files of the lesson whose solution is in the folder `solution`, sorted by path.
///
/// # Errors
///
/// A file cannot be read, or the library cannot be turned into a stub.
pub fn lesson_files(solution: &Path) -> Result<Vec<LessonFile>, Error> {
    let (mut files, library) = renamed_files(solution)?;
    if library.contains_key(LIBRARY) {
        let renamed = library
            .iter()
            .map(|(path, (text, _))| (as_lesson(path), as_lesson(text)));
        let mut stubs = stub_library(&renamed.collect(), LIBRARY).map_err(|error| {
            let file = format!("{}/{}", solution.display(), error.file);
            Error::Stub(StubError { file, ..error })
        })?;
        let line_ends: BTreeMap<String, LineEnd> = library
            .iter()
            .map(|(path, (_, line_end))| (as_lesson(path), *line_end))
            .collect();
        files.retain_mut(|file| match stubs.remove(&file.path) {
            Some(Some(stub)) => {
                file.contents = line_ends[&file.path].put_into(stub).into_bytes();
                true
            }
            Some(None) => false,
            None => true,
        });
    }
    Ok(files)
}

/// The same files, but with nothing left out: what the lesson is when it is solved.
///
/// # Errors
///
/// A file cannot be read.
pub fn solved_files(solution: &Path) -> Result<Vec<LessonFile>, Error> {
    Ok(renamed_files(solution)?.0)
}

/// A solution's files in Rust, by their paths, without their line ends.
type Library = BTreeMap<String, (String, LineEnd)>;

/// The solution's files with the lesson's names; and those in Rust as they are in the solution.
fn renamed_files(solution: &Path) -> Result<(Vec<LessonFile>, Library), Error> {
    let mut library = BTreeMap::new();
    let mut files = Vec::new();
    for path in tracked_files(solution)? {
        let on_disk = solution.join(&path);
        let bytes = fs::read(&on_disk).map_err(|error| Error::Read(on_disk.clone(), error))?;
        let executable = is_executable(&on_disk);
        let contents = match String::from_utf8(bytes) {
            Ok(text) if path.ends_with(".rs") => {
                let (text, line_end) = with_plain_line_ends(&text);
                library.insert(path.clone(), (text.clone(), line_end));
                let renamed = imports::in_order_as_before(&text, as_lesson(&text));
                line_end.put_into(renamed).into_bytes()
            }
            Ok(text) => as_lesson(&text).into_bytes(),
            // Not text, so there is no name in it.
            Err(error) => error.into_bytes(),
        };
        files.push(LessonFile {
            path: as_lesson(&path),
            contents,
            executable,
        });
    }
    Ok((files, library))
}

/// Whether the library in `folder`, a lesson's, is a stub in which nobody has written anything:
/// whether making a stub of it changes nothing.
pub fn is_untouched(folder: &Path) -> bool {
    let Ok(paths) = tracked_files(folder) else {
        return false;
    };
    let mut library = BTreeMap::new();
    for path in paths.into_iter().filter(|path| path.ends_with(".rs")) {
        let Ok(text) = fs::read_to_string(folder.join(&path)) else {
            return false;
        };
        library.insert(path, with_plain_line_ends(&text).0);
    }
    is_stub(&library)
}

fn is_stub(library: &BTreeMap<String, String>) -> bool {
    library.contains_key(LIBRARY)
        && stub_library(library, LIBRARY).is_ok_and(|stubs| {
            stubs
                .iter()
                .all(|(path, stub)| stub.as_deref() == Some(library[path].as_str()))
        })
}

/// Whether two files say the same, whatever their line ends.
pub fn same_text(one: &[u8], other: &[u8]) -> bool {
    let plain = |bytes: &[u8]| -> Vec<u8> {
        let followed_by_newline = |at: usize| bytes.get(at + 1) == Some(&b'\n');
        let kept = bytes
            .iter()
            .enumerate()
            .filter(|(at, b)| **b != b'\r' || !followed_by_newline(*at));
        kept.map(|(_, b)| *b).collect()
    };
    one == other || plain(one) == plain(other)
}

/// The files below `folder` that belong to a lesson: not what cargo built, what `reset` kept, or
/// what an editor left lying about. With `/` between the parts of a path, and sorted.
///
/// # Errors
///
/// A folder cannot be read.
pub fn tracked_files(folder: &Path) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    walk(folder, "", &mut found)?;
    found.sort();
    Ok(found)
}

fn walk(folder: &Path, prefix: &str, found: &mut Vec<String>) -> Result<(), Error> {
    let failed = |error| Error::Read(folder.to_owned(), error);
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_folder = entry.file_type().map_err(failed)?.is_dir();
        if is_folder && !["target", ".git"].contains(&name.as_str()) {
            walk(&entry.path(), &format!("{prefix}{name}/"), found)?;
        } else if !is_folder && !is_litter(&name) {
            found.push(format!("{prefix}{name}"));
        }
    }
    Ok(())
}

fn is_litter(name: &str) -> bool {
    name.contains(".kept-")
        || name.ends_with('~')
        || name.ends_with(".swp")
        || name.starts_with('.') && name.ends_with(".new")
        || name == ".DS_Store"
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|it| it.permissions().mode() & 0o100 != 0)
}

#[cfg(not(unix))]
fn is_executable(_: &Path) -> bool {
    false
}

/// `text` with the solution's names turned into the lesson's: `solution01` into `lesson01`, and
/// `solution-listen` into `listen`.
fn as_lesson(text: &str) -> String {
    const WORD: &str = "solution";
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(WORD) {
        let (before, after) = (&rest[..at], &rest[at + WORD.len()..]);
        result.push_str(before);
        let starts_a_word = !result.ends_with(char::is_alphanumeric);
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        let dashed = after
            .strip_prefix('-')
            .filter(|name| name.starts_with(|c: char| c.is_ascii_alphanumeric()));
        rest = match dashed {
            Some(name) if starts_a_word => name,
            _ => {
                result.push_str(if starts_a_word && digits == 2 {
                    "lesson"
                } else {
                    WORD
                });
                after
            }
        };
    }
    result + rest
}

/// How the lines of a text end.
#[derive(Clone, Copy, Debug, PartialEq)]
enum LineEnd {
    Plain,
    /// `\r\n`, as git may check a text out on Windows.
    WithReturn,
}

impl LineEnd {
    fn put_into(self, text: String) -> String {
        match self {
            LineEnd::Plain => text,
            LineEnd::WithReturn => text.replace('\n', "\r\n"),
        }
    }
}

/// `text` with `\n` as its line end and no byte order mark, and how its lines ended.
fn with_plain_line_ends(text: &str) -> (String, LineEnd) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let first = text.split_inclusive('\n').next().unwrap_or_default();
    if first.ends_with("\r\n") {
        (text.replace("\r\n", "\n"), LineEnd::WithReturn)
    } else {
        (text.to_owned(), LineEnd::Plain)
    }
}

#[cfg(test)]
mod tests;
