//! `course hint`: three steps towards what a function has to do.
//!
//! The hints are pages of the book, `book/src/hints/lesson01.md` and so on.

mod page;

use std::fs;
use std::process::ExitCode;

use crate::commands::check;
use crate::course::{Course, Lesson};
use crate::failure::Failure;
use crate::grading::{self, Case, Graded, State, Wish};
use crate::progress::{self, Progress};
use crate::screen::{FAINT, NEXT, Screen, styled};

use crate::wrap::{self, wrap};
use page::{Page, Section};

/// Where the pages are, from the root of the course.
const FOLDER: &str = "book/src/hints";

/// The steps that somebody has asked for: a question, a pointer, the call to look up.
#[derive(Debug, PartialEq)]
pub struct Given {
    /// The case that they are about, or the function.
    pub about: String,
    /// Those given before, and then the new one, if there was one left.
    pub steps: Vec<String>,
    /// How many there are.
    pub of: usize,
}

impl Given {
    /// Whether there are more.
    pub fn more(&self) -> bool {
        self.steps.len() < self.of
    }
}

/// One step more than was given before for this case, or for its function; `progress` knows how many that were, and
/// takes note.
///
/// # Errors
///
/// The page with the hints cannot be read, or has none for it.
pub fn next(
    course: &Course,
    lesson: &Lesson,
    case: &Case,
    progress: &mut Progress,
) -> Result<Given, Failure> {
    let section = section(course, lesson, &case.function, &case.name)?;
    let about = section.case.unwrap_or(section.function);
    let given = progress
        .hints
        .entry(format!("{} {about}", lesson.package()))
        .or_default();
    *given = (*given + 1).min(section.steps.len());
    Ok(Given {
        about,
        of: section.steps.len(),
        steps: section.steps.into_iter().take(*given).collect(),
    })
}

fn section(
    course: &Course,
    lesson: &Lesson,
    function: &str,
    case: &str,
) -> Result<Section, Failure> {
    let path = format!("{FOLDER}/{}.md", lesson.package());
    let text = fs::read_to_string(course.root().join(&path))
        .map_err(|error| Failure::Work(format!("cannot read the hints in {path}: {error}")))?;
    Page::read(&text, FOLDER)
        .into_section(function, case)
        .ok_or_else(|| Failure::Work(format!("{path} has no hint for `{function}`.")))
}

/// `course hint`: the next step for the case that comes next.
///
/// # Errors
///
/// Cargo cannot be started, or there are no hints.
pub fn hint(
    course: &Course,
    lesson: Option<&Lesson>,
    screen: &mut Screen,
) -> Result<ExitCode, Failure> {
    let lesson = match lesson {
        Some(lesson) => lesson,
        None => match check::first_not_done(course, screen)? {
            Some(lesson) => lesson,
            None => {
                screen.say("Every lesson is done.");
                return Ok(ExitCode::SUCCESS);
            }
        },
    };
    let graded = grade(course, lesson, screen)?;
    match (graded.state(), graded.first_to_do()) {
        (State::Done { .. }, _) => {
            screen.say(format_args!(
                "Lesson {lesson} is done: there is nothing left to hint at."
            ));
            Ok(ExitCode::SUCCESS)
        }
        (_, Some(case)) => give(course, lesson, case, screen),
        (state, None) => {
            complain(lesson, &graded, &state, screen);
            Ok(ExitCode::from(1))
        }
    }
}

/// How `lesson` stands, as far as its first case that is not as it should be.
fn grade(course: &Course, lesson: &Lesson, screen: &mut Screen) -> Result<Graded, Failure> {
    let fingerprint = progress::fingerprint(course, lesson);
    if let Some(known) = Progress::load(course).found(lesson, fingerprint) {
        return Ok(known.clone());
    }
    screen.busy(format_args!("grading {lesson}"));
    let wish = Wish {
        fail_fast: true,
        colour: true,
        ..Wish::default()
    };
    let graded = grading::grade(course, lesson, &wish);
    screen.wipe();
    graded.map_err(|error| Failure::Work(format!("cannot start cargo: {error}")))
}

/// Says why there is no case to give a hint for.
fn complain(lesson: &Lesson, graded: &Graded, state: &State, screen: &mut Screen) {
    for error in &graded.errors {
        screen.complain(error.trim_end());
    }
    match state {
        State::DoesNotCompile(place) => {
            screen.complain(format_args!("\n{}", check::explanation(lesson, *place)));
        }
        State::Missing => {}
        state => screen.complain(format_args!("Lesson {lesson}: {state}.")),
    }
}

fn give(
    course: &Course,
    lesson: &Lesson,
    case: &Case,
    screen: &mut Screen,
) -> Result<ExitCode, Failure> {
    let mut progress = Progress::load(course);
    let given = next(course, lesson, case, &mut progress)?;
    screen.say(format_args!(
        "Lesson {lesson}, `{}`: {}",
        case.function,
        styled(NEXT, &case.name)
    ));
    let width = wrap::columns();
    for (step, number) in given.steps.iter().zip(1..) {
        screen.say("");
        let mut label = format!("{number}.");
        for line in wrap(step, width - 4) {
            screen.say(format_args!(
                "{} {line}",
                styled(FAINT, format_args!("{label:>3}"))
            ));
            label.clear();
        }
    }
    screen.say("");
    let number = lesson.number;
    if given.more() {
        screen.say(format_args!(
            "Asked again, `cargo course hint {number}` is clearer."
        ));
    } else {
        let book = format!("cargo course book {}", pointer(lesson, case));
        let diff = format!("cargo course diff {number}");
        let width = book.len();
        screen.say("There are no more hints for this. What is left:");
        screen.say(format_args!("  {book}  what the chapter says"));
        screen.say(format_args!("  {diff:width$}  how the solution does it"));
    }
    if let Err(error) = progress.save() {
        screen.complain(format_args!(
            "course: which hints were given could not be noted: {error}"
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// What to read about a case, as `course book` takes it: what its finding says, or else the section about its function.
fn pointer(lesson: &Lesson, case: &Case) -> String {
    let section = match case.function.as_str() {
        "main" => "the-program",
        function => function,
    };
    let chapter = format!("book/src/{}.md", lesson.folder());
    match case.finding["read"].as_str() {
        None => format!("{}#{section}", lesson.number),
        Some(read) => match read.strip_prefix(&chapter) {
            Some(anchor) => format!("{}{anchor}", lesson.number),
            None => read.to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use harness::lesson;
    use rubrics::{lesson01, lesson02, lesson03, lesson04, lesson05};

    use super::*;

    /// The cases of a lesson, each after its function.
    fn cases<F>(lesson: &lesson::Lesson<F>) -> BTreeSet<(&'static str, &'static str)> {
        let cases = lesson.cases.iter();
        cases.map(|case| (case.function, case.name)).collect()
    }

    fn judge<F>(lesson: &lesson::Lesson<F>) {
        let file = format!("book/src/hints/lesson{:02}.md", lesson.number);
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let text = fs::read_to_string(root.join(&file)).unwrap();
        assert!(text.starts_with("# Hints for lesson"), "{file}");
        assert!(!text.contains("```"), "{file}: a hint shows no code");
        let cases = cases(lesson);
        let functions: BTreeSet<&str> = cases.iter().map(|(function, _)| *function).collect();
        let mut with_hints = BTreeSet::new();
        for Section {
            function,
            case,
            steps,
        } in Page::read(&text, FOLDER).sections
        {
            let name = format!("{file}: {function} {case:?}");
            assert_eq!(steps.len(), 3, "{name}: {steps:#?}");
            assert!(steps.iter().all(|step| !step.is_empty()), "{name}");
            match case {
                None => {
                    assert!(functions.contains(&*function), "{name}: no such function");
                    assert!(with_hints.insert((function, None)), "{name}: twice");
                }
                Some(case) => {
                    let is_there = cases.contains(&(&*function, &*case));
                    assert!(is_there, "{name}: the function has no such case");
                    assert!(with_hints.insert((function, Some(case))), "{name}: twice");
                }
            }
        }
        for function in functions {
            let has = with_hints.contains(&(function.to_owned(), None));
            assert!(has, "{file} has no hint for {function}");
        }
    }

    #[test]
    fn every_graded_function_has_three_hints_and_nothing_else_has() {
        judge(&lesson01::LESSON);
        judge(&lesson02::LESSON);
        judge(&lesson03::LESSON);
        judge(&lesson04::LESSON);
        judge(&lesson05::LESSON);
    }
}
