//! `cargo course`: the way through the lessons.
//!
//! | module | what it knows |
//! | --- | --- |
//! | [`cli`] | the command line |
//! | [`commands`] | what it can ask for, a module for each |
//! | [`course`] | where the lessons are, and what a person may call them |
//! | [`grading`] | runs a lesson's grader and reads what it says |
//! | [`progress`] | what is remembered from one start to the next |
//! | [`stubs`] | how a solution becomes a stub: text in, text out |
//! | [`files`] | writing so that nothing is lost |
//! | [`picture`] | draws what the grader recorded |
//! | [`markup`] | text of others, made fit for XML and HTML |
//! | [`failure`] | why a command failed, and its exit code |
//! | [`screen`] | what reaches the terminal |
//! | [`wrap`] | lines for a terminal that is not as wide as they are |
//!
//! Knowledge flows one way: a command knows the modules below it and, at most, what another command says of one
//! lesson; none of those knows a command.

#![cfg_attr(
    not(unix),
    allow(
        dead_code,
        reason = "stopping, going on and process groups are for Unix"
    )
)]

mod cli;
mod commands;
mod course;
mod failure;
mod files;
mod grading;
mod markup;
mod picture;
mod progress;
mod screen;
mod stubs;
mod wrap;

use std::process::ExitCode;

fn main() -> ExitCode {
    #[cfg(unix)]
    if let Some(code) = commands::watch::guard::work() {
        return code;
    }
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
