//! `course stubs`: lessons/ is what solutions/ says it is.

use std::fs;
use std::io::ErrorKind;
use std::process::{Command, ExitCode, Stdio};

use crate::commands::reset::{self, Change};
use crate::course::{Course, Lesson};
use crate::failure::Failure;
use crate::files;
use crate::screen::{BAD, GOOD, Screen, styled};
use crate::stubs::{self, LessonFile};

/// Writes every file of every lesson that is not as it should be.
///
/// What can be had again is overwritten: an old stub, and a file that is as git has it. Anything else is
/// kept first: this command may have been typed by a learner.
///
/// # Errors
///
/// A solution cannot be made into a stub, or a file cannot be written.
pub fn write(course: &Course, screen: &mut Screen) -> Result<ExitCode, Failure> {
    let mut written = 0;
    for lesson in &course.lessons {
        let files = stubs::lesson_files(&course.solution_dir(lesson))?;
        let differing: Vec<&LessonFile> = files
            .iter()
            .filter(|file| difference(course, lesson, file).is_some())
            .collect();
        let somebodys_work = is_somebodys_work(course, lesson);
        for file in differing {
            let shown = lesson.shown(&file.path);
            let is_old_stub = file.path == "src/lib.rs" && !somebodys_work;
            if !is_old_stub && !is_as_git_has_it(course, lesson, file) {
                if let Change::Kept(kept) = reset::put(course, lesson, file)? {
                    screen.say(format_args!("kept   {kept} (what was in {shown})"));
                }
            } else {
                files::replace(&course.lesson_dir(lesson).join(&file.path), file)
                    .map_err(|error| Failure::Work(format!("cannot write {shown}: {error}")))?;
            }
            screen.say(format_args!("wrote  {shown}"));
            written += 1;
        }
        for path in strangers(course, lesson, &files)? {
            screen.say(format_args!(
                "left   {} (no solution has it)",
                lesson.shown(&path)
            ));
        }
    }
    match written {
        0 => screen.say(styled(
            GOOD,
            "Every lesson already is what its solution says.",
        )),
        1 => screen.say("1 file written."),
        _ => screen.say(format_args!("{written} files written.")),
    }
    Ok(ExitCode::SUCCESS)
}

/// Names every file of lessons/ that `write` would change, and those that no solution has.
///
/// # Errors
///
/// A solution cannot be made into a stub, or a folder cannot be read.
pub fn compare(course: &Course, screen: &mut Screen) -> Result<ExitCode, Failure> {
    let mut to_write = 0;
    let mut to_remove = 0;
    for lesson in &course.lessons {
        let files = stubs::lesson_files(&course.solution_dir(lesson))?;
        for file in &files {
            if let Some(difference) = difference(course, lesson, file) {
                screen.say(format_args!(
                    "{} {}",
                    lesson.shown(&file.path),
                    styled(BAD, difference)
                ));
                to_write += 1;
            }
        }
        for path in strangers(course, lesson, &files)? {
            screen.say(format_args!(
                "{} {}",
                lesson.shown(&path),
                styled(BAD, "has no solution")
            ));
            to_remove += 1;
        }
    }
    for lesson in course.lessons_without_solution()? {
        screen.say(format_args!(
            "{} {}",
            lesson.shown(""),
            styled(BAD, "has no solution")
        ));
        to_remove += 1;
    }
    if to_write + to_remove == 0 {
        screen.say(styled(GOOD, "Every lesson is what its solution says."));
        return Ok(ExitCode::SUCCESS);
    }
    if to_write > 0 {
        screen.say("Run `cargo course stubs` and commit what it writes.");
    }
    if to_remove > 0 {
        screen.say("What has no solution has to be removed by hand.");
    }
    Ok(ExitCode::from(1))
}

/// How the file in lessons/ differs from what it should be.
fn difference(course: &Course, lesson: &Lesson, file: &LessonFile) -> Option<&'static str> {
    match fs::read(course.lesson_dir(lesson).join(&file.path)) {
        Ok(theirs) if stubs::same_text(&theirs, &file.contents) => None,
        Err(error) if error.kind() == ErrorKind::NotFound => Some("is missing"),
        _ => Some("differs from what its solution gives"),
    }
}

/// Whether the lesson's library is there and is more than an old stub.
fn is_somebodys_work(course: &Course, lesson: &Lesson) -> bool {
    let folder = course.lesson_dir(lesson);
    folder.join("src/lib.rs").exists() && !stubs::is_untouched(&folder)
}

/// Whether git has this very text as its newest. Where there is no git to ask, it has not.
fn is_as_git_has_it(course: &Course, lesson: &Lesson, file: &LessonFile) -> bool {
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        command
            .arg("-C")
            .arg(course.lesson_dir(lesson))
            .args(args)
            .arg(&file.path);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    git(&["ls-files", "--error-unmatch", "--"]) && git(&["diff", "--quiet", "HEAD", "--"])
}

/// Files in the lesson's folder that no solution has.
fn strangers(
    course: &Course,
    lesson: &Lesson,
    files: &[LessonFile],
) -> Result<Vec<String>, Failure> {
    let folder = course.lesson_dir(lesson);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut found = stubs::tracked_files(&folder)?;
    found.retain(|path| files.iter().all(|file| file.path != *path));
    Ok(found)
}
