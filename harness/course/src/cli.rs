//! The command line.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::course::Course;
use crate::failure::Failure;
use crate::screen::Screen;
use crate::{check, generate, list, reset};

/// What the exit code says.
macro_rules! exit_codes {
    () => {
        "\
Exit code:
  0  all is well
  1  a lesson is not done, or files differ
  2  the command line makes no sense"
    };
}

const EXIT_CODES: &str = exit_codes!();

const EXAMPLES: &str = concat!(
    "\
Examples:
  cargo course            where you are, and what comes next
  cargo course check      grade the first lesson that is not done
  cargo course check 2    grade lesson 02 (`02`, `lesson02` and its name do as well)
  cargo course reset 2    a fresh stub for lesson 02; your file is kept

",
    exit_codes!()
);

const CHECK_EXAMPLES: &str = "\
Examples:
  cargo course check
  cargo course check listen
  cargo course check 1 accept_gives_the_caller";

const RESET_EXAMPLES: &str = "\
Examples:
  cargo course reset 1
  diff lessons/lesson01-listen/src/lib.rs.kept-1 lessons/lesson01-listen/src/lib.rs";

/// The way through the lessons of Socketlings. Without a command: where you are.
#[derive(Parser)]
#[command(name = "course", bin_name = "cargo course", version, after_help = EXAMPLES)]
#[command(disable_help_subcommand = true)]
struct Cli {
    /// The folder with lessons/ and solutions/; when left out, the one around the current folder
    #[arg(long, global = true, value_name = "DIR")]
    root: Option<PathBuf>,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Show each lesson and how far you are with it
    #[command(after_help = EXIT_CODES)]
    List,

    /// Grade a lesson and show what the grader says
    #[command(after_help = CHECK_EXAMPLES)]
    Check {
        /// A lesson's number or name; when left out, the first one that is not done
        lesson: Option<String>,
        /// Grade only the cases with this in their name
        case: Option<String>,
    },

    /// Put fresh stubs in place of a lesson's files, and keep yours beside them
    #[command(after_help = RESET_EXAMPLES)]
    Reset {
        /// A lesson's number or name
        lesson: String,
    },

    /// For authors: make lessons/ out of solutions/
    ///
    /// A lesson in which somebody has written something is kept beside the new files, as `reset`
    /// does it.
    #[command(after_help = EXIT_CODES)]
    Stubs {
        /// Write nothing; name the files that differ, and exit with 1 if there are any
        #[arg(long)]
        check: bool,
    },
}

/// Reads the command line and does what it says.
///
/// # Errors
///
/// What kept it from being done. That a lesson is not done, or that a file differs, is an exit
/// code and no error.
pub fn run(screen: &mut Screen) -> Result<ExitCode, Failure> {
    let cli = Cli::parse();
    let course = Course::find(cli.root.as_deref())?;
    match cli.command {
        None => list::here(&course, screen),
        Some(Command::List) => list::list(&course, screen),
        Some(Command::Check { lesson, case }) => {
            let lesson = lesson.map(|wanted| course.lesson(&wanted)).transpose()?;
            check::check(&course, lesson, case.as_deref(), screen)
        }
        Some(Command::Reset { lesson }) => reset::reset(&course, course.lesson(&lesson)?, screen),
        Some(Command::Stubs { check: false }) => generate::write(&course, screen),
        Some(Command::Stubs { check: true }) => generate::compare(&course, screen),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_defined() {
        Cli::command().debug_assert();
    }
}
