//! `cargo course`: the way through the lessons.
//!
//! | module | what it knows |
//! | --- | --- |
//! | [`cli`] | the command line |
//! | [`course`] | where the lessons are, and what a person may call them |
//! | [`stubs`] | how a solution becomes a stub: text in, text out |
//! | [`generate`] | `stubs`: the folder lessons/ as the solutions say |
//! | [`reset`] | `reset`: a fresh stub, the learner's files kept |
//! | [`files`] | writing so that nothing is lost |
//! | [`failure`] | why a command failed, and its exit code |
//! | [`grading`] | runs a lesson's grader and reads what it says |
//! | [`list`] | `list`, and `course` alone: where the learner is |
//! | [`check`] | `check`: one lesson, with the grader's own page |
//! | [`screen`] | what reaches the terminal |

mod check;
mod cli;
mod course;
mod failure;
mod files;
mod generate;
mod grading;
mod list;
mod reset;
mod screen;
mod stubs;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut screen = screen::Screen::new();
    let code = cli::run(&mut screen).unwrap_or_else(|failure| {
        screen.complain(format_args!("course: {failure}"));
        failure.exit_code()
    });
    match screen.trouble() {
        None => code,
        Some(error) => {
            screen.complain(format_args!("course: cannot write to stdout: {error}"));
            ExitCode::FAILURE
        }
    }
}
