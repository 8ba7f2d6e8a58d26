//! `course reset N`: fresh files for a lesson. What the learner wrote stays beside them.

use std::fs;
use std::io::ErrorKind;
use std::process::ExitCode;

use crate::course::{Course, Lesson};
use crate::failure::Failure;
use crate::files;
use crate::progress::Progress;
use crate::screen::{NEXT, Screen, styled};
use crate::stubs::{self, LessonFile};

/// What happened to one file of a lesson.
#[derive(Debug, PartialEq)]
pub enum Change {
    /// It was already as it should be.
    None,
    /// There was no such file.
    New,
    /// Another one stood there, and is kept under this name.
    Kept(String),
}

/// Puts the stub of `lesson` in place of what the learner has, after keeping that.
///
/// # Errors
///
/// The solution cannot be made into a stub, or a file cannot be written. Then nothing is lost: a
/// file is only replaced once its copy is on disk.
pub fn reset(course: &Course, lesson: &Lesson, screen: &mut Screen) -> Result<ExitCode, Failure> {
    let mut changed = false;
    for file in &stubs::lesson_files(&course.solution_dir(lesson))? {
        let shown = lesson.shown(&file.path);
        match put(course, lesson, file)? {
            Change::None => continue,
            Change::New => screen.say(format_args!("made   {shown}")),
            Change::Kept(kept) => {
                screen.say(format_args!(
                    "kept   {} (what was in {shown})",
                    styled(NEXT, kept)
                ));
                screen.say(format_args!("fresh  {shown}"));
            }
        }
        changed = true;
    }
    if changed {
        let mut progress = Progress::load(course);
        progress.begin_anew(lesson);
        // Only a cache.
        let _ = progress.save();
        screen.say(format_args!("Lesson {lesson} is back at its start."));
    } else {
        let library = lesson.shown("src/lib.rs");
        screen.say(format_args!(
            "{library} already is the fresh stub. There is nothing to do."
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// Puts `file` in its place, and keeps what differs there.
///
/// # Errors
///
/// What stands there cannot be read or kept, or `file` cannot be written.
pub fn put(course: &Course, lesson: &Lesson, file: &LessonFile) -> Result<Change, Failure> {
    let path = course.lesson_dir(lesson).join(&file.path);
    let shown = lesson.shown(&file.path);
    let failed = |what: &str, error| Failure::Work(format!("cannot {what} {shown}: {error}"));
    let change = match fs::read(&path) {
        Ok(theirs) if stubs::same_text(&theirs, &file.contents) => return Ok(Change::None),
        Ok(theirs) => {
            let kept = files::keep(&path, &theirs).map_err(|e| failed("keep a copy of", e))?;
            let name = kept.strip_prefix(course.root()).unwrap_or(&kept);
            Change::Kept(name.display().to_string())
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Change::New,
        Err(error) => return Err(failed("read", error)),
    };
    files::replace(&path, file).map_err(|error| failed("write", error))?;
    Ok(change)
}
