//! `course diff`: what the learner wrote beside what the solution has.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, ErrorKind, IsTerminal, Write as _};
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use similar::udiff::UnifiedDiff;
use similar::{Algorithm, ChangeTag, InlineChange, TextDiff};

use crate::commands::list;
use crate::course::{Course, Lesson};
use crate::failure::Failure;
use crate::progress::Progress;
use crate::screen::Screen;
use crate::stubs;

const HEADER: Style = Style::new().bold();
const HUNK: Style = AnsiColor::Cyan.on_default();
const GONE: Style = AnsiColor::Red.on_default();
const NEW: Style = AnsiColor::Green.on_default();

/// The learner's files beside the solution's, coloured; nothing where they are the same.
///
/// Without its colours it is what diff(1) writes with `-u`, and patch(1) reads. The solution's files are shown with
/// the lesson's names, `lesson01` for `solution01`, so that a name is no difference.
///
/// # Errors
///
/// A file is missing, is not text, or cannot be read.
pub fn unified(course: &Course, lesson: &Lesson) -> Result<String, Failure> {
    let mut text = String::new();
    let solution = course.solution_dir(lesson);
    let solved = stubs::solved_files(&solution)?;
    let given = stubs::lesson_files(&solution)?;
    for file in &solved {
        // What is no text in the solution is nothing that a learner edits.
        let Ok(ours) = std::str::from_utf8(&file.contents) else {
            continue;
        };
        let theirs = read(course, lesson, &file.path)?;
        let mut their_name = lesson.shown(&file.path);
        // The solution may have put something into a file of its own.
        let has_none = theirs.is_none() && given.iter().all(|it| it.path != file.path);
        let theirs = match theirs {
            Some(theirs) => theirs,
            None if has_none => {
                their_name = "/dev/null".to_owned();
                String::new()
            }
            None => return Err(missing(lesson, &file.path)),
        };
        if !stubs::same_text(theirs.as_bytes(), ours.as_bytes()) {
            let our_name = format!("solutions/{}/{}", lesson.folder(), file.path);
            let ours = with_line_ends_of(&theirs, ours);
            text.push_str(&of_two(&theirs, &ours, &[their_name, our_name]));
        }
    }
    for path in stubs::tracked_files(&course.lesson_dir(lesson))? {
        if solved.iter().all(|file| file.path != path) {
            let shown = lesson.shown(&path);
            _ = writeln!(text, "{HEADER}Only you have {shown}{HEADER:#}");
        }
    }
    Ok(text)
}

fn missing(lesson: &Lesson, path: &str) -> Failure {
    let shown = lesson.shown(path);
    Failure::Work(format!(
        "{shown} is missing. `cargo course reset {}` brings it back.",
        lesson.number
    ))
}

/// The learner's file, if there is one.
fn read(course: &Course, lesson: &Lesson, path: &str) -> Result<Option<String>, Failure> {
    let shown = lesson.shown(path);
    let bytes = match fs::read(course.lesson_dir(lesson).join(path)) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::Work(format!("cannot read {shown}: {error}"))),
    };
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = before.split(|byte| *byte == b'\n').count();
        Failure::Work(format!(
            "{shown} cannot be compared: line {line} is not UTF-8."
        ))
    })?;
    Ok(Some(text))
}

/// `ours` with lines that end as those of `theirs` do.
fn with_line_ends_of(theirs: &str, ours: &str) -> String {
    let with_return = |text: &str| {
        text.split_inclusive('\n')
            .next()
            .is_some_and(|it| it.ends_with("\r\n"))
    };
    match (with_return(theirs), with_return(ours)) {
        (true, false) => ours.replace('\n', "\r\n"),
        (false, true) => ours.replace("\r\n", "\n"),
        _ => ours.to_owned(),
    }
}

fn of_two(theirs: &str, ours: &str, [their_name, our_name]: &[String; 2]) -> String {
    // As patch(1) has it: only a line feed ends a line.
    let lines =
        |text: &'_ str| -> Vec<String> { text.split_inclusive('\n').map(str::to_owned).collect() };
    let (theirs, ours) = (lines(theirs), lines(ours));
    let theirs: Vec<&str> = theirs.iter().map(String::as_str).collect();
    let ours: Vec<&str> = ours.iter().map(String::as_str).collect();
    let diff = TextDiff::configure()
        .algorithm(Algorithm::Patience)
        .newline_terminated(true)
        .diff_slices(&theirs, &ours);
    let mut text = String::new();
    for hunk in UnifiedDiff::from_text_diff(&diff).iter_hunks() {
        if text.is_empty() {
            _ = writeln!(text, "{HEADER}--- {their_name}{HEADER:#}");
            _ = writeln!(text, "{HEADER}+++ {our_name}{HEADER:#}");
        }
        _ = writeln!(text, "{HUNK}{}{HUNK:#}", hunk.header());
        for change in hunk
            .ops()
            .iter()
            .flat_map(|op| diff.iter_inline_changes(op))
        {
            push(&mut text, &change);
        }
    }
    text
}

/// Adds a line, with the words in it that are others.
fn push(text: &mut String, change: &InlineChange<'_, str>) {
    let style = match change.tag() {
        ChangeTag::Equal => Style::new(),
        ChangeTag::Delete => GONE,
        ChangeTag::Insert => NEW,
    };
    _ = write!(text, "{style}{}", change.tag());
    let mut end = "";
    for (is_other, value) in change.values() {
        let value = value
            .strip_suffix('\n')
            .inspect(|_| end = "\n")
            .unwrap_or(value);
        let marked = style.invert();
        match is_other {
            true => _ = write!(text, "{marked}{value}{marked:#}{style}"),
            false => text.push_str(value),
        }
    }
    _ = writeln!(text, "{style:#}");
    if end.is_empty() {
        text.push_str("\\ No newline at end of file\n");
    }
}

/// `course diff`: shows [`unified`], after a question where the lesson is not done.
///
/// # Errors
///
/// As [`unified`]; cargo cannot be started; there is nobody to ask.
pub fn diff(
    course: &Course,
    lesson: &Lesson,
    yes: bool,
    screen: &mut Screen,
) -> Result<ExitCode, Failure> {
    if let Some(missing) = course.missing(lesson) {
        return Err(Failure::Work(missing));
    }
    let text = unified(course, lesson)?;
    if text.is_empty() {
        screen.say(format_args!(
            "Your files of lesson {lesson} are what the solution has."
        ));
        return Ok(ExitCode::SUCCESS);
    }
    if !yes && !may_be_shown(course, lesson, screen)? {
        return Ok(ExitCode::from(1));
    }
    screen.say(text.trim_end_matches('\n'));
    Ok(ExitCode::SUCCESS)
}

/// Whether the lesson is done, or else the learner wants to see the solution all the same.
fn may_be_shown(course: &Course, lesson: &Lesson, screen: &mut Screen) -> Result<bool, Failure> {
    let state = list::grade(course, lesson, &mut Progress::load(course), screen)?;
    if state.is_done() {
        return Ok(true);
    }
    let number = lesson.number;
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Err(Failure::Usage(format!(
            "lesson {lesson} is not done ({state}), and this would show its solution. \
             `cargo course diff {number} --yes` does so."
        )));
    }
    screen.wipe();
    let mut stderr = anstream::stderr();
    _ = write!(
        stderr,
        "Lesson {lesson} is not done ({state}). Show its solution all the same? [y/N] "
    );
    _ = stderr.flush();
    let mut answer = String::new();
    io::stdin()
        .read_line(&mut answer)
        .map_err(|error| Failure::Work(format!("cannot read the answer: {error}")))?;
    // Ctrl-D ends no line on the terminal.
    if !answer.ends_with('\n') {
        screen.complain("");
    }
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
