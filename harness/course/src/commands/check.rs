//! `course check`: one lesson, with the grader's own page.

use std::process::{ExitCode, ExitStatus};

use crate::commands::list;
use crate::course::{Course, Lesson};
use crate::failure::Failure;
use crate::grading::{self, Place};
use crate::progress::Progress;
use crate::screen::Screen;

/// Grades `lesson`, or else the first one that is not done, and only the cases with `case` in their
/// name if there is one. Cargo and the grader write to the terminal themselves.
///
/// # Errors
///
/// Cargo cannot be started; no case is called `case`.
pub fn check(
    course: &Course,
    lesson: Option<&Lesson>,
    case: Option<&str>,
    screen: &mut Screen,
) -> Result<ExitCode, Failure> {
    let lesson = match lesson {
        Some(lesson) => lesson,
        None => match first_not_done(course, screen)? {
            Some(lesson) => lesson,
            None => {
                screen.say("Every lesson is done.");
                return Ok(ExitCode::SUCCESS);
            }
        },
    };
    if let Some(missing) = course.missing(lesson) {
        screen.complain(missing);
        return Ok(ExitCode::from(1));
    }
    let success = run(course, lesson, case)?.success();
    if case.is_none() {
        forget_what_differs(course, lesson, success);
    }
    if success {
        return Ok(ExitCode::SUCCESS);
    }
    let broken = grading::what_does_not_compile(course, lesson).map_err(no_cargo)?;
    if let Some(place) = broken {
        screen.complain(format_args!("\n{}", explanation(lesson, place)));
    }
    Ok(ExitCode::from(1))
}

/// The lesson that the learner is at.
///
/// # Errors
///
/// Cargo cannot be started.
pub fn first_not_done<'a>(
    course: &'a Course,
    screen: &mut Screen,
) -> Result<Option<&'a Lesson>, Failure> {
    let mut progress = Progress::load(course);
    for lesson in &course.lessons {
        if !list::grade(course, lesson, &mut progress, screen)?.is_done() {
            return Ok(Some(lesson));
        }
    }
    Ok(None)
}

fn run(course: &Course, lesson: &Lesson, case: Option<&str>) -> Result<ExitStatus, Failure> {
    let mut command = grading::cargo_test(course, lesson);
    if let Some(case) = case {
        command.arg("--").args(selection(course, lesson, case)?);
    }
    command.status().map_err(no_cargo)
}

/// What was seen now counts, and what is remembered only where it says the same.
fn forget_what_differs(course: &Course, lesson: &Lesson, success: bool) {
    let mut progress = Progress::load(course);
    let known = progress
        .graded(course, lesson)
        .map(|it| it.state().is_done());
    if known.is_some_and(|done| done != success) {
        progress.forget(lesson);
        // Only a cache.
        let _ = progress.save();
    }
}

/// The arguments that select the cases with `wanted` in their names, or the one of that very name. None where the
/// lesson does not compile, and so names no cases.
fn selection<'a>(
    course: &Course,
    lesson: &Lesson,
    wanted: &'a str,
) -> Result<Vec<&'a str>, Failure> {
    let names = grading::cases(course, lesson, "").map_err(no_cargo)?;
    if names.iter().any(|name| name == wanted) {
        return Ok(vec!["--exact", wanted]);
    }
    if names.is_empty() || names.iter().any(|name| name.contains(wanted)) {
        return Ok(vec![wanted]);
    }
    let nearest = harness::nearest(names.iter().map(String::as_str), wanted);
    let nearest = nearest.map_or_else(String::new, |nearest| {
        format!(
            " The nearest is:\n  cargo course check {} {nearest}\n",
            lesson.number
        )
    });
    Err(Failure::Usage(format!(
        "no case of lesson {lesson} has `{wanted}` in its name.{nearest} `cargo test -p {} -- --list` \
         shows all of them.",
        lesson.package()
    )))
}

/// What to say below the compiler's own words.
pub fn explanation(lesson: &Lesson, place: Place) -> String {
    let library = lesson.shown("src/lib.rs");
    let number = lesson.number;
    match place {
        Place::Library => format!(
            "Lesson {lesson}: {library} does not compile yet. The grader starts once it does."
        ),
        Place::Grade => format!(
            "Lesson {lesson}: {grade} no longer fits {library}. A function's signature has been \
             changed there, or a function is missing.\n\
             The right signature stands beside the name, in the line of {grade} that the compiler \
             points at. The grader starts once that line compiles.\n\
             `cargo course reset {number}` gives you the stub back, and keeps your file.",
            grade = lesson.shown("tests/grade.rs"),
        ),
        Place::Program => format!(
            "Lesson {lesson}: {program} no longer fits {library}. The program is given: a \
             function's signature has been changed in the library, or something is missing there.\n\
             The right signatures stand in {grade}. The grader starts once the program compiles.\n\
             `cargo course reset {number}` gives you the stub back, and keeps your file.",
            program = lesson.shown("src/main.rs"),
            grade = lesson.shown("tests/grade.rs"),
        ),
    }
}

fn no_cargo(error: std::io::Error) -> Failure {
    Failure::Work(format!("cannot start cargo: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_explanation_names_the_lesson_and_the_file_and_the_way_back() {
        let lesson = Lesson {
            number: 1,
            name: "listen".to_owned(),
        };
        let library = explanation(&lesson, Place::Library);
        assert!(
            library.contains("Lesson 01 listen: lessons/lesson01-listen/src/lib.rs"),
            "{library}"
        );
        for place in [Place::Grade, Place::Program] {
            let text = explanation(&lesson, place);
            assert!(
                text.contains("lessons/lesson01-listen/tests/grade.rs"),
                "{text}"
            );
            assert!(text.contains("`cargo course reset 1`"), "{text}");
        }
    }
}
