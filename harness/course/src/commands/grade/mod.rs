//! `course grade N`: the rubric of a lesson for something else than the learner's crate.
//!
//! | module | what it knows |
//! | --- | --- |
//! | [`program`] | a program in any language |
//! | [`submission`] | what a submission is, and which of its files count |
//! | [`workshop`] | how a submission and the grader become programs |
//! | [`contain`] | what those may do while they run |
//! | [`class`] | many submissions |
//! | [`results`] | what is written down of them |

mod class;
pub mod contain;
mod program;
mod results;
mod submission;
mod workshop;

use std::io::{self, Write};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anstream::{AutoStream, ColorChoice};
use clap::{ArgGroup, Args};

use crate::course::{Course, Lesson};
use crate::failure::Failure;
use crate::screen::{BAD, Screen, styled};
use contain::Scratch;
use submission::{Sources, Unfit};
use workshop::{Built, Workshop};

#[derive(Args)]
#[command(group = ArgGroup::new("whom").args(["program", "dir", "all"]).required(true))]
pub struct Options {
    /// Grade a program in any language: a command that keeps the lesson's contract
    #[arg(long, value_name = "CMD")]
    program: Option<String>,
    /// Grade a submission: another copy of the lesson's crate
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Grade a folder of submissions, each a folder of its own
    #[arg(long, value_name = "DIR")]
    all: Option<PathBuf>,

    /// Grade only the cases with this in their name
    #[arg(conflicts_with = "all")]
    case: Option<String>,

    /// With --all: where the results go; when left out, target/grades/lessonNN. What is there and still fits is
    /// not graded again
    #[arg(long, value_name = "DIR", requires = "all")]
    out: Option<PathBuf>,
    /// With --all: how many to grade at once; when left out, as many as there are processors
    #[arg(long, value_name = "N", requires = "all")]
    jobs: Option<NonZero<usize>>,
    /// How long a submission may take in all, from its build to its last case
    #[arg(long, value_name = "SECONDS", default_value = "600")]
    #[arg(conflicts_with = "program", value_parser = clap::value_parser!(u32).range(1..))]
    time_limit: u32,
}

impl Options {
    fn time_limit(&self) -> Duration {
        Duration::from_secs(u64::from(self.time_limit))
    }
}

/// Grades what the options name.
///
/// # Errors
///
/// There is no such thing; the grader cannot be built; results cannot be written.
pub fn grade(
    course: &Course,
    lesson: &Lesson,
    options: &Options,
    screen: &mut Screen,
) -> Result<ExitCode, Failure> {
    if let Some(command) = &options.program {
        return program::grade(course, lesson, command, options.case.as_deref(), screen);
    }
    if let Some(folder) = &options.dir {
        return one(course, lesson, folder, options, screen);
    }
    match &options.all {
        Some(folder) => class::grade(course, lesson, folder, options, screen),
        None => Err(Failure::Usage(
            "say whom to grade: --program, --dir or --all".to_owned(),
        )),
    }
}

/// Grades one submission, and shows the grader's page.
fn one(
    course: &Course,
    lesson: &Lesson,
    folder: &Path,
    options: &Options,
    screen: &mut Screen,
) -> Result<ExitCode, Failure> {
    let sources = Sources::read(folder, lesson).map_err(|unfit| match unfit {
        Unfit::Missing(reason) => Failure::Usage(reason),
        Unfit::Refused(reason) => Failure::Work(reason),
    })?;
    contain::tell_what_is_missing(screen);
    screen.busy("building the grader");
    let workshop = Workshop::open(course, lesson)?;
    screen.wipe();
    let scratch = Scratch::new(course)?;
    let cell = scratch.cell("submission", options.time_limit())?;
    let built = workshop.build(&sources, &cell)?;
    match built {
        Built::Grader => {}
        Built::Broken(errors) => {
            for error in &errors {
                screen.complain(error.trim_end());
            }
            screen.complain(format_args!(
                "\n{} does not compile. The grader starts once it does.",
                sources.folder.display()
            ));
            return Ok(ExitCode::from(1));
        }
        Built::Refused(reason) => {
            return Err(Failure::Work(format!(
                "{}: {reason}",
                sources.folder.display()
            )));
        }
        Built::TooSlow => return Ok(too_slow(options, screen)),
    }
    let mut grader = workshop.grader(&cell);
    grader.env(harness::submission::SHOWN_VARIABLE, &sources.folder);
    grader.env(
        harness::submission::AGAIN_VARIABLE,
        again(course, lesson, "--dir", &folder.to_string_lossy()),
    );
    grader.args(["--color", if has_colours() { "always" } else { "never" }]);
    grader.args(options.case.as_deref());
    let ended = grader.run(|line| {
        // A reader that goes away, as `head` does, is no error.
        let _ = io::stdout().write_all(line);
    })?;
    let _ = io::stderr().write_all(&ended.stderr);
    match ended.code {
        Some(0) => Ok(ExitCode::SUCCESS),
        Some(contain::TOO_SLOW) => Ok(too_slow(options, screen)),
        Some(2) => Ok(ExitCode::from(2)),
        _ => Ok(ExitCode::from(1)),
    }
}

fn too_slow(options: &Options, screen: &mut Screen) -> ExitCode {
    screen.complain(styled(
        BAD,
        format_args!(
            "Ended after {} s. `--time-limit` gives it more time.",
            options.time_limit
        ),
    ));
    ExitCode::from(1)
}

fn has_colours() -> bool {
    AutoStream::choice(&io::stdout()) != ColorChoice::Never
}

/// The command that grades this again, a case's name to be added.
fn again(course: &Course, lesson: &Lesson, whom: &str, which: &str) -> String {
    let number = lesson.number.to_string();
    let root = course.root().to_string_lossy();
    let mut words = vec!["cargo", "course"];
    if std::env::args_os().any(|argument| argument == "--root") {
        words.extend(["--root", &root]);
    }
    words.extend(["grade", &number, whom, which]);
    // Only a word with a zero byte has no quotes that fit, and no argument has one.
    shlex::try_join(words).unwrap_or_default()
}
