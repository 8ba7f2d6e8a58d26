//! Where the learner is: `course list`, and `course` alone.

use std::process::ExitCode;

use crate::course::{Course, Lesson};
use crate::failure::Failure;
use crate::grading::{self, State, Wish};
use crate::progress::{self, Progress};
use crate::screen::{BAD, FAINT, GOOD, NEXT, Screen, styled};

/// `course list`: a line for each lesson, and what to type next.
///
/// # Errors
///
/// Cargo cannot be started.
pub fn list(course: &Course, screen: &mut Screen) -> Result<ExitCode, Failure> {
    let next = grade_all(course, screen, |line, screen| screen.say(line))?.1;
    say_what_is_next(next.as_ref(), screen);
    Ok(ExitCode::SUCCESS)
}

/// `course` alone: the same, with a welcome for whoever has not begun, and an exit code that says
/// whether everything is done.
///
/// # Errors
///
/// Cargo cannot be started.
pub fn here(course: &Course, screen: &mut Screen) -> Result<ExitCode, Failure> {
    let mut lines = Vec::new();
    let (begun, next) = grade_all(course, screen, |line, _| lines.push(line))?;
    if !begun {
        screen.say("Welcome to Socketlings. Each lesson is a file of functions for you to write.");
        screen.say("Real sockets tell you what is right, what is wrong, and why.");
        screen.say("");
    }
    lines.iter().for_each(|line| screen.say(line));
    say_what_is_next(next.as_ref(), screen);
    Ok(if next.is_none() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

/// Grades each lesson and hands a line about it to `show`. Returns whether anything has been begun,
/// and the first lesson that is not done.
fn grade_all(
    course: &Course,
    screen: &mut Screen,
    mut show: impl FnMut(String, &mut Screen),
) -> Result<(bool, Option<(Lesson, State)>), Failure> {
    let width = course
        .lessons
        .iter()
        .map(|lesson| lesson.name.chars().count())
        .max()
        .unwrap_or(0);
    let mut begun = false;
    let mut progress = Progress::load(course);
    let mut next = None;
    for lesson in &course.lessons {
        let state = grade(course, lesson, &mut progress, screen)?;
        begun |= !state.is_fresh();
        let is_next = next.is_none() && !state.is_done();
        show(line(lesson, &state, is_next, width, screen), screen);
        if is_next {
            next = Some((lesson.clone(), state));
        }
    }
    Ok((begun, next))
}

/// How far the learner is with `lesson`: remembered where nothing has changed, or else graded, which is said
/// for as long as it takes.
///
/// # Errors
///
/// Cargo cannot be started.
pub fn grade(
    course: &Course,
    lesson: &Lesson,
    progress: &mut Progress,
    screen: &mut Screen,
) -> Result<State, Failure> {
    if let Some(graded) = progress.graded(course, lesson) {
        return Ok(graded.state());
    }
    screen.busy(format_args!("grading {lesson}"));
    let fingerprint = progress::fingerprint(course, lesson);
    let wish = Wish {
        colour: true,
        ..Wish::default()
    };
    let graded = grading::grade(course, lesson, &wish);
    screen.wipe();
    let graded = graded.map_err(|error| Failure::Work(format!("cannot start cargo: {error}")))?;
    let state = graded.state();
    // What kept the grader from a verdict may be gone next time, without a change to any file.
    if !matches!(state, State::Unknown(_)) {
        progress.remember(lesson, fingerprint, graded);
        // Only a cache.
        let _ = progress.save();
    }
    Ok(state)
}

fn line(lesson: &Lesson, state: &State, is_next: bool, width: usize, screen: &Screen) -> String {
    let (style, sign) = match state {
        State::Done { .. } => (GOOD, screen.signs.done),
        State::DoesNotCompile(_) | State::Unknown(_) => (BAD, " "),
        State::Stub | State::Missing => (FAINT, " "),
        State::Started { .. } => (NEXT, " "),
    };
    let arrow = if is_next {
        styled(NEXT, screen.signs.arrow)
    } else {
        " ".to_owned()
    };
    let Lesson { number, name } = lesson;
    format!(
        "{arrow} {number:02} {name:width$}  {}",
        styled(style, format_args!("{sign} {state}"))
    )
}

fn say_what_is_next(next: Option<&(Lesson, State)>, screen: &mut Screen) {
    screen.say("");
    screen.say(match next {
        None => "Every lesson is done.".to_owned(),
        Some((lesson, State::Missing)) => {
            format!(
                "next  {}",
                styled(NEXT, format_args!("cargo course reset {}", lesson.number))
            )
        }
        Some((lesson, State::Stub)) => format!(
            "next  write the first function in {}, then type {}",
            lesson.shown("src/lib.rs"),
            styled(NEXT, format_args!("cargo course check {}", lesson.number))
        ),
        Some((lesson, _)) => {
            format!(
                "next  {}",
                styled(NEXT, format_args!("cargo course check {}", lesson.number))
            )
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::Signs;

    #[test]
    fn the_next_lesson_has_the_arrow_and_the_columns_line_up() {
        let screen = Screen::with_signs(Signs {
            arrow: ">",
            done: "+",
        });
        let line = |number, name: &str, state: &State, is_next| {
            let lesson = Lesson {
                number,
                name: name.to_owned(),
            };
            anstream::adapter::strip_str(&line(&lesson, state, is_next, 6, &screen)).to_string()
        };
        let done = State::Done {
            passed: 27,
            skipped: 0,
        };
        assert_eq!(
            line(1, "listen", &done, false),
            "  01 listen  + done, all 27 cases pass"
        );
        let started = State::Started {
            passed: 5,
            cases: 14,
        };
        assert_eq!(
            line(2, "echo", &started, true),
            "> 02 echo      5 of 14 cases pass"
        );
        assert_eq!(
            line(3, "client", &State::Stub, false),
            "  03 client    still a stub"
        );
    }
}
