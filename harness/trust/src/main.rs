//! `cargo trust`: is the grader right, in both directions, always? The runs that are too long for `cargo test`, and
//! the page of the book that says what came of them.
//!
//! | module | what it knows |
//! | --- | --- |
//! | [`gradings`] | grades many submissions at once, and holds each verdict against what it must be |
//! | [`network`] | a network of its own for a grading; a lossy one, one without IPv6 |
//! | [`load`] | keeps the machine busy meanwhile |
//! | [`soak`] | the same again and again, on a busy machine |
//! | [`surroundings`] | the same for other users, limits, languages and folders |
//! | [`mutants`] | what `cargo mutants` makes of the solutions |
//! | [`record`] | what came of a run, and where and when it ran: the files in `records/` |
//! | [`page`] | the figures in `book/src/trust.md` |
//!
//! A run ends with exit code 1 if a verdict was wrong, and says which; what was said of it is kept in
//! `target/trust/wrong/`.

mod gradings;
mod load;
mod mutants;
mod network;
mod page;
mod record;
mod soak;
mod surroundings;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Is the grader right, in both directions, always?
#[derive(Parser)]
#[command(name = "cargo trust", bin_name = "cargo trust")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Grades each mistake by all cases of its lesson: the case that it must fail at has to be the first
    Mistakes(Lessons),
    /// Grades the same again and again while the machine is kept busy
    Soak(soak::Arguments),
    /// Grades everything as another user, without IPv6, with few descriptors, on one processor, and so on
    Surroundings(Lessons),
    /// Judges what `cargo mutants` makes of the solutions: by the rubrics, and the program of lesson 05 also beside curl
    Mutants(mutants::Arguments),
    /// Writes the figures into the book's page
    Page {
        /// Only says whether the page has the figures of today
        #[arg(long)]
        check: bool,
    },
}

#[derive(clap::Args, Clone)]
pub struct Lessons {
    /// Numbers of lessons; without one, all
    #[arg(value_parser = clap::value_parser!(u32).range(1..=99), value_name = "LESSON")]
    numbers: Vec<u32>,
}

impl Lessons {
    pub fn have_all(&self) -> bool {
        self.numbers.is_empty()
    }

    /// Is `lesson`, as in `lesson03`, one of them?
    pub fn have(&self, lesson: &str) -> bool {
        let number = lesson.trim_start_matches(|it: char| !it.is_ascii_digit());
        self.numbers.is_empty()
            || number
                .parse()
                .is_ok_and(|number| self.numbers.contains(&number))
    }
}

fn main() -> ExitCode {
    let right = match Arguments::parse().command {
        Command::Mistakes(lessons) => soak::mistakes(&lessons),
        Command::Soak(arguments) => soak::run(&arguments),
        Command::Surroundings(lessons) => surroundings::run(&lessons),
        Command::Mutants(arguments) => mutants::run(&arguments),
        Command::Page { check } => page::run(check),
    };
    match right {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("trust: {error:#}");
            ExitCode::from(2)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lessons_are_chosen_by_their_numbers() {
        let some = Lessons {
            numbers: vec![3, 12],
        };
        assert!(some.have("lesson03") && some.have("lesson12"));
        assert!(!some.have("lesson01") && !some.have_all());
        assert!(Lessons { numbers: vec![] }.have("lesson01"));
    }
}
