//! `course report`: all lessons, for machines and for people.

mod html;
mod json;
mod junit;
mod target;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;

use chrono::{DateTime, SubsecRound, Utc};
use clap::{ArgGroup, Args};

use self::target::Target;
use super::check;
use crate::course::{Course, Lesson};
use crate::failure::Failure;
use crate::grading::{Graded, Run, State, Verdict, Wish};
use crate::screen::Screen;

#[derive(Args)]
#[command(group = ArgGroup::new("format").required(true))]
pub struct Options {
    /// One JSON object
    #[arg(long, group = "format")]
    json: bool,
    /// JUnit's XML, which hosted CI shows
    #[arg(long, group = "format")]
    junit: bool,
    /// One page that stands alone
    #[arg(long, group = "format")]
    html: bool,
    /// Where to write it; when left out or `-`, to stdout
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// All lessons, graded.
struct Report {
    /// When the grading began.
    when: DateTime<Utc>,
    lessons: Vec<(Lesson, Graded)>,
}

/// Grades all lessons and writes a report of it.
///
/// # Errors
///
/// Cargo cannot be started; the report cannot be written, which is found out before anything is graded where that
/// is possible.
pub fn report(
    course: &Course,
    options: &Options,
    screen: &mut Screen,
) -> Result<ExitCode, Failure> {
    let target = Target::find(options.output.as_deref())?;
    let report = grade(course, screen)?;
    let text = if options.json {
        json::write(&report)
    } else if options.junit {
        junit::write(&report)?
    } else {
        html::write(&report)
    };
    target.write(&text, screen)?;
    Ok(ExitCode::SUCCESS)
}

fn grade(course: &Course, screen: &mut Screen) -> Result<Report, Failure> {
    let when = DateTime::<Utc>::from(SystemTime::now()).trunc_subsecs(0);
    let wish = Wish {
        record: true,
        ..Wish::default()
    };
    let mut lessons = Vec::new();
    for lesson in &course.lessons {
        screen.busy(format_args!("grading {lesson}"));
        let mut graded_so_far = 0;
        let graded = Run::default().grade(course, lesson, &wish, |graded| {
            if graded.cases.len() > graded_so_far {
                graded_so_far = graded.cases.len();
                let asked = graded.asked;
                screen.busy(format_args!("grading {lesson}: {graded_so_far} of {asked}"));
            }
        });
        screen.wipe();
        let graded =
            graded.map_err(|error| Failure::Work(format!("cannot start cargo: {error}")))?;
        lessons.push((lesson.clone(), graded.unwrap_or_default()));
    }
    Ok(Report { when, lessons })
}

/// The state in a word that stays as it is.
fn state_word(state: &State) -> &'static str {
    match state {
        State::Missing => "missing",
        State::DoesNotCompile(_) => "does-not-compile",
        State::Stub => "stub",
        State::Started { .. } => "started",
        State::Done { .. } => "done",
        State::Unknown(_) => "unknown",
    }
}

/// The verdict in the grader's own word for it.
fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "passed",
        Verdict::Failed => "failed",
        Verdict::Stub => "stub",
        Verdict::Skipped => "skipped",
        Verdict::Waiting => "waiting",
    }
}

/// What cargo and the compiler had to say, if it was they who kept the lesson from a verdict.
fn errors(graded: &Graded) -> &[String] {
    match graded.state() {
        State::Missing => &[],
        _ => &graded.errors,
    }
}

/// Why there is no verdict on the lesson as a whole, if there is none.
fn trouble(lesson: &Lesson, graded: &Graded) -> Option<String> {
    match graded.state() {
        State::Missing => graded.errors.first().cloned(),
        State::DoesNotCompile(place) => Some(check::explanation(lesson, place)),
        State::Unknown(reason) => Some(reason),
        State::Stub | State::Started { .. } | State::Done { .. } => None,
    }
}
