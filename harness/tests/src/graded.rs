//! One of the submissions: which one stands in the environment, see [`harness_tests`].
#![allow(warnings, clippy::all, reason = "submissions are wrong on purpose")]

mod attacks;

use std::process::ExitCode;
use std::sync::OnceLock;

use harness::program::PROGRAM_VARIABLE;
use harness_tests::SUBMISSION_VARIABLE;

struct Submission {
    name: &'static str,
    /// The `main` of the lesson's `tests/grade.rs`.
    grade: fn() -> ExitCode,
    /// The `main` of the lesson's program.
    program: fn() -> ExitCode,
}

include!(concat!(env!("OUT_DIR"), "/submissions.rs"));

/// The edit that this submission is, by its file's name without the ending.
fn edit() -> &'static str {
    static EDIT: OnceLock<String> = OnceLock::new();
    let edit = EDIT.get_or_init(|| {
        let name = std::env::var(SUBMISSION_VARIABLE).unwrap_or_default();
        name.rsplit('/').next().unwrap_or_default().to_owned()
    });
    edit
}

fn main() -> ExitCode {
    let name = std::env::var(SUBMISSION_VARIABLE).unwrap_or_default();
    let Some(submission) = SUBMISSIONS
        .iter()
        .find(|submission| submission.name == name)
    else {
        eprintln!("There is no submission called {name:?}; {SUBMISSION_VARIABLE} names one.");
        return ExitCode::from(2);
    };
    // The grader marks the programs that it starts.
    if std::env::var_os(PROGRAM_VARIABLE).is_some() {
        (submission.program)()
    } else {
        (submission.grade)()
    }
}
