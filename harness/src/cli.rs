//! The front door: libtest's arguments in, a page and an exit code out.

use std::process::ExitCode;

use clap::Parser;
use libtest_mimic::{Arguments, FormatSetting};

use crate::attempt::Attempt;
use crate::finding::Stop;
use crate::isolate::{self, Output};
use crate::lesson::{CaseName, Lesson};
use crate::report::{self, Page};
use crate::runner::{self, AfterFailure, Plan, Report};
use crate::submission::{ForeignProgram, PROGRAM_COMMAND_VARIABLE, Submission};

/// libtest's arguments, and two more.
#[derive(Parser)]
#[command(disable_version_flag = true)]
struct Options {
    #[command(flatten)]
    libtest: Arguments,

    /// Grade every case, even after one that was not passed
    #[arg(long)]
    no_fail_fast: bool,

    /// With `--format json`: give the record of every case, also of one that is passed
    #[arg(long)]
    record: bool,
}

/// What cargo takes for "some tests failed", as libtest exits with.
const FAILED: u8 = 101;
/// The arguments ask for something that is not there.
const USAGE: u8 = 2;

/// Grades `functions`, which `submission` wrote for `lesson`, as the process's arguments ask for, and
/// prints the page. Call it from `main`, and return what it gives.
///
/// The arguments are libtest's, so that `cargo test` and `cargo nextest` can drive it: a filter,
/// `--exact`, `--skip`, `--list`, `--nocapture`, `--test-threads`, `--format pretty|terse|json`,
/// `--color`; and `--no-fail-fast` and `--record`. The exit code is 0 when every case asked for is passed, 101 when one
/// is not, 2 when the arguments make no sense.
pub fn grade<F: 'static>(lesson: &Lesson<F>, submission: Submission, functions: F) -> ExitCode {
    let page = Page {
        number: lesson.number,
        name: lesson.name,
        chapter: lesson.chapter,
    };
    // What is generic is compiled again in each lesson's crate, at each save: so it ends here.
    let case = |index: usize| {
        let case = lesson.cases.get(index)?;
        Some(CaseName {
            name: case.name,
            function: case.function,
            chapter: lesson.chapter,
        })
    };
    let run = |index: usize, attempt: &mut Attempt| (lesson.cases[index].run)(&functions, attempt);
    grade_cases(page, submission, &case, &run)
}

fn grade_cases(
    page: Page,
    submission: Submission,
    case: &dyn Fn(usize) -> Option<CaseName>,
    run: &dyn Fn(usize, &mut Attempt) -> Result<(), Stop>,
) -> ExitCode {
    let all: Vec<CaseName> = (0..).map_while(case).collect();
    if let Some(asked) = isolate::case_to_run() {
        return match all.iter().position(|case| asked == case.name) {
            Some(index) => {
                isolate::run_here(all[index], &|attempt| run(index, attempt), submission)
            }
            None => ExitCode::from(USAGE),
        };
    }
    let options = Options::parse();
    if let Some(ForeignProgram { text, words: None }) = &submission.command {
        eprintln!("{PROGRAM_COMMAND_VARIABLE}={text:?} is no command, such as 'python3 echo.py'.");
        return ExitCode::from(USAGE);
    }
    let asked: Vec<CaseName> = all
        .iter()
        .copied()
        .filter(|case| is_asked_for(&options.libtest, case.name))
        .collect();
    if options.libtest.list {
        return list(&options.libtest, &asked);
    }
    // A solution is one of many test targets of `cargo test FILTER`, and passes by a filter that is not
    // meant for it, as libtest does. A learner who asks for a case means one.
    let many_targets = submission.package.starts_with("solution");
    if asked.is_empty() && !options.libtest.bench && !many_targets {
        return nothing_matches(&options.libtest, &submission, &all);
    }
    let is_gradable = |case: &CaseName| submission.not_applicable(case.function).is_none();
    if !asked.is_empty() && !asked.iter().any(is_gradable) {
        eprintln!(
            "None of these cases grades a program; they are about functions. All of them: cargo test -p {} -- \
             --list",
            submission.package
        );
        return ExitCode::from(USAGE);
    }
    let plan = Plan {
        submission: &submission,
        cases: &asked,
        filtered_out: all.len() - asked.len(),
        output: if options.libtest.nocapture {
            Output::PassedOn
        } else {
            Output::Kept
        },
        record: options.record,
        after_failure: if options.no_fail_fast {
            AfterFailure::GoOn
        } else {
            AfterFailure::Wait
        },
        threads: options.libtest.test_threads,
    };
    let out = match report::Out::new(&options.libtest) {
        Ok(out) => out,
        Err(error) => {
            eprintln!("The page cannot be written: {error}.");
            return ExitCode::from(USAGE);
        }
    };
    let mut report: Box<dyn Report> = match format(&options.libtest) {
        FormatSetting::Json => Box::new(report::json::Lines::new(out, page, &options.libtest)),
        FormatSetting::Terse => Box::new(report::terminal::Terse::new(out, page)),
        FormatSetting::Pretty => Box::new(report::terminal::Pretty::new(out, page)),
    };
    let summary = runner::run(&plan, report.as_mut());
    if let Some(error) = report.trouble() {
        eprintln!("The page could not be written to its end: {error}.");
    }
    if summary.is_green() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(FAILED)
    }
}

fn format(options: &Arguments) -> FormatSetting {
    match options.format {
        Some(format) => format,
        None if options.quiet => FormatSetting::Terse,
        None => FormatSetting::Pretty,
    }
}

/// libtest's rules: no case is a benchmark, and none is ignored beforehand.
fn is_asked_for(options: &Arguments, name: &str) -> bool {
    let matches = |filter: &str| {
        if options.exact {
            name == filter
        } else {
            name.contains(filter)
        }
    };
    !options.bench
        && !options.ignored
        && options.filter.as_deref().is_none_or(matches)
        && !options.skip.iter().any(|skip| matches(skip))
}

fn list(options: &Arguments, cases: &[CaseName]) -> ExitCode {
    use std::io::Write;
    let mut text = String::new();
    for case in cases {
        text.push_str(&format!("{}: test\n", case.name));
    }
    if format(options) == FormatSetting::Pretty {
        text.push_str(&format!("\n{} tests, 0 benchmarks\n", cases.len()));
    }
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("The list could not be written: {error}.");
            ExitCode::FAILURE
        }
    }
}

fn nothing_matches(options: &Arguments, submission: &Submission, all: &[CaseName]) -> ExitCode {
    let package = &submission.package;
    match &options.filter {
        Some(filter) => {
            eprintln!("No case of {package} is called {filter:?}, or has that in its name.");
            if let Some(name) = nearest(all.iter().map(|case| case.name), filter) {
                eprintln!("The nearest is: cargo test -p {package} {name}");
            }
        }
        None => eprintln!("These arguments leave no case of {package} to grade."),
    }
    eprintln!("All of them: cargo test -p {package} -- --list");
    ExitCode::from(USAGE)
}

/// Of these names, the one that shares most with what somebody looked for; `None` when none shares a word.
pub fn nearest<'a>(names: impl Iterator<Item = &'a str>, filter: &str) -> Option<&'a str> {
    names
        .max_by_key(|name| shared_words(name, filter))
        .filter(|name| shared_words(name, filter) > 0)
}

/// How many letters of `filter`'s words stand in `name`, word by word.
fn shared_words(name: &str, filter: &str) -> usize {
    let words = filter
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.len() > 2);
    words
        .filter(|word| name.contains(&word.to_lowercase()))
        .map(str::len)
        .sum()
}
