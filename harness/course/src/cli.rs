//! The command line.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::commands::{
    book, check, completions, diagrams, diff, generate, grade, hint, list, report, reset, watch,
    xray,
};
use crate::course::{Course, Lesson};
use crate::failure::Failure;
use crate::screen::Screen;

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
  cargo course            on a terminal: grades at each save, and says what comes next
  cargo course --once     where you are, as plain text
  cargo course check      grade the first lesson that is not done
  cargo course check 2    grade lesson 02 (`02`, `lesson02` and its name do as well)
  cargo course hint       a hint for the case that you are at; asked again, a clearer one
  cargo course reset 2    a fresh stub for lesson 02; your file is kept

",
    exit_codes!()
);

const CHECK_EXAMPLES: &str = "\
Examples:
  cargo course check
  cargo course check listen
  cargo course check 1 waits_until_somebody_calls";

const HINT_EXAMPLES: &str = "\
Examples:
  cargo course hint       for the lesson that you are at
  cargo course hint 2     for lesson 02
  cargo course hint 2     asked again: the next step

Exit code:
  0  there is a hint, or nothing left to do
  1  the lesson does not compile, or cannot be graded
  2  there is no such lesson";

const DIFF_EXAMPLES: &str = "\
Examples:
  cargo course diff 1                    with colours; asks first if lesson 01 is not done
  cargo course diff 1 --yes | less       plain text, which patch(1) can read as well

Exit code:
  0  the differences were shown, or there are none
  1  you did not want to see them, or a file cannot be compared
  2  the lesson is not done, and there is nobody to ask";

const RESET_EXAMPLES: &str = "\
Examples:
  cargo course reset 1
  diff lessons/lesson01-listen/src/lib.rs.kept-1 lessons/lesson01-listen/src/lib.rs";

const REPORT_EXAMPLES: &str = "\
Examples:
  cargo course report --html -o report.html
  cargo course report --junit -o junit.xml
  cargo course report --json | jq '.lessons[].state'

Every lesson is graded anew, with all its cases.

The JSON is one object: `format`, `version`, `when`, and `lessons`, each with `number`, `name`, `package`,
`state` (missing, does-not-compile, stub, started, done or unknown), `reason`, the counts `passed`, `failed`,
`stubs` and `skipped`, the compiler's `errors`, and `cases`. A case has `name`, `function`, `state` (passed,
failed, stub or skipped), `seconds`, `reason`, `printed`, `rendered`, `finding` and `record`.

Exit code:
  0  the report was made, whatever it says of the lessons
  1  it could not be made
  2  the command line makes no sense";

const GRADE_EXAMPLES: &str = "\
Examples:
  cargo course grade 2 --program 'python3 echo.py'
  cargo course grade 2 --dir ~/inbox/ada/lesson02-echo
  cargo course grade 2 --all ~/inbox --out ~/grades

Exit code with --program and --dir:
  0  every case passes
  1  one does not, or the submission cannot be built or graded
  2  the command line makes no sense: no such command, no submission there
Exit code with --all:
  0  every submission has a grade, whatever it is; what is no submission is listed as `missing`
  1  one could not be graded, or a result could not be written; run it again, and only those are graded
  2  the command line makes no sense";

const BOOK_EXAMPLES: &str = "\
Examples:
  cargo course book              the chapter of the lesson that you are at
  cargo course book 2#recv       lesson 02, at the section about `recv`
  cargo course book when-it-fails#one-recv-is-not-a-message
  cargo course book book/src/lesson01-listen.md#port-0      as a finding's `read` has it
  cargo course book --text 1#port-0                         here, without a browser
  cargo course book --build                                 only build it

The book is built into target/book and served on this machine, by the server that lesson 04 ends
with, until you press Ctrl-C. The first time takes longer: what builds it has to be compiled.
Without a terminal it is built, and that is all.

With --text the page is shown by the program that PAGER names, or by less. Without a terminal its
Markdown is printed: all of it, or the section alone.

Exit code:
  0  the book was built, or the page shown
  1  it could not be
  2  there is no such page or section";

const XRAY_EXAMPLES: &str = "\
Examples:
  cargo course x-ray 1                  the case that you are at
  cargo course x-ray 2 answers_each     the case with this in its name

It needs Linux and strace. How to read it: book/src/x-ray.md

Exit code:
  0  the case is passed
  1  it is not, or it could not be shown
  2  the command line makes no sense";

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  source <(cargo course completions bash)            in bash, for as long as that shell lives
  cargo course completions bash > ~/.course.bash     and `. ~/.course.bash` in ~/.bashrc, for good
  source <(cargo course completions zsh)             in zsh, after `compinit`
  cargo course completions fish > ~/.config/fish/conf.d/course.fish

In bash, zsh and fish this completes `cargo course`. The scripts for elvish and PowerShell are
for a program called `course`: target/debug/course, where it is on your PATH.";

const DIAGRAMS_EXAMPLES: &str = "\
Examples:
  cargo course diagrams             record all pictures, and write those that are not yet as recorded
  cargo course diagrams --check     what would be written?

A page refers to a picture on a line of its own:
  ![what is to be seen](recordings/lesson02/CASE.svg \"caption\")
  ![what is to be seen](recordings/lesson02/mistakes/NAME.svg \"caption\")
The first is the solution of lesson 02 in its case CASE (cargo test -p solution02 --test grade -- --list), the
second the mistake harness/tests/mistakes/lesson02/NAME, .rs or .edit, in the case that it fails. Pictures that no
page refers to are removed. Ports, times and dates may differ from one recording to the next.

Exit code:
  0  every picture is as recorded, or has been written
  1  one differs, is missing or is on no page (with --check); a page refers to what cannot be recorded
  2  the command line makes no sense";

/// The way through the lessons of Socketlings. Without a command: `watch` on a terminal, else where you are.
#[derive(Parser)]
#[command(name = "course", bin_name = "cargo course", version, after_help = EXAMPLES)]
#[command(disable_help_subcommand = true)]
pub struct Cli {
    /// The folder of the course; when left out, the one around the current folder, or else the one that this program was built in
    #[arg(long, global = true, value_name = "DIR")]
    root: Option<PathBuf>,

    /// Say where you are and what comes next, as plain text, and end
    #[arg(long)]
    once: bool,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Grade at each save, show the current finding, and take single keys
    Watch,

    /// Show each lesson and how far you are with it
    List,

    /// Grade a lesson and show what the grader says
    #[command(after_help = CHECK_EXAMPLES)]
    Check {
        /// A lesson's number or name; when left out, the first one that is not done
        lesson: Option<String>,
        /// Grade only the cases with this in their name
        case: Option<String>,
    },

    /// Give a hint: first a question, then a pointer, then the call to look up
    #[command(after_help = HINT_EXAMPLES)]
    Hint {
        /// A lesson's number or name; when left out, the first one that is not done
        lesson: Option<String>,
    },

    /// Compare your files with the solution's
    #[command(after_help = DIFF_EXAMPLES)]
    Diff {
        /// A lesson's number or name
        lesson: String,
        /// Show the solution of an unfinished lesson without asking
        #[arg(long)]
        yes: bool,
    },

    /// Put fresh stubs in place of a lesson's files, and keep yours beside them
    #[command(after_help = RESET_EXAMPLES)]
    Reset {
        /// A lesson's number or name
        lesson: String,
    },

    /// Report on all lessons: each case, what went over the wire, what was printed
    #[command(after_help = REPORT_EXAMPLES)]
    Report(report::Options),

    /// Grade something else than your lesson: another program, or other people's copies
    #[command(after_help = GRADE_EXAMPLES)]
    Grade {
        /// A lesson's number or name
        lesson: String,
        #[command(flatten)]
        whom: grade::Options,
    },

    /// For `grade` itself: runs a program that may do no more than it has to
    #[command(hide = true)]
    Contained(grade::contain::Options),

    /// Read the book: the chapter of a lesson, or another page
    #[command(after_help = BOOK_EXAMPLES)]
    Book(book::Options),

    /// Run a case and show the system calls that your code makes, beside the wire
    #[command(name = "x-ray", after_help = XRAY_EXAMPLES)]
    Xray {
        /// A lesson's number or name
        lesson: String,
        /// A case, by its name or a part of it; when left out, the first that is not passed
        case: Option<String>,
        /// For the tests: the package to run in place of the lesson's
        #[arg(long, hide = true, value_name = "NAME")]
        package: Option<String>,
    },

    /// Print a script that lets a shell complete these commands, and the lessons
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions(completions::Options),

    /// For authors: make lessons/ out of solutions/
    ///
    /// A lesson in which somebody has written something is kept beside the new files, as `reset`
    /// does it.
    #[command(after_help = EXIT_CODES)]
    Stubs(StubsOptions),

    /// For authors: record the book's pictures of the wire
    ///
    /// Grades the solutions and the deliberate mistakes that the pages of the book show.
    #[command(after_help = DIAGRAMS_EXAMPLES)]
    Diagrams(DiagramsOptions),
}

#[derive(Args)]
struct StubsOptions {
    /// Write nothing; name the files that differ, and exit with 1 if there are any
    #[arg(long)]
    check: bool,
}

#[derive(Args)]
struct DiagramsOptions {
    /// Write nothing; name the pictures that differ, and exit with 1 if there are any
    #[arg(long)]
    check: bool,
}

/// Reads the command line and does what it says.
///
/// # Errors
///
/// What kept it from being done. That a lesson is not done, or that a file differs, is an exit
/// code and no error.
pub fn run(screen: &mut Screen) -> Result<ExitCode, Failure> {
    let cli = Cli::parse();
    if let Some(Command::Completions(options)) = &cli.command {
        // Without a course, it is the lessons' names that are missing.
        let course = Course::find(cli.root.as_deref()).ok();
        return completions::print(options, shown(Cli::command()), course.as_ref(), screen);
    }
    if let Some(Command::Contained(options)) = &cli.command {
        return Ok(grade::contain::supervise(options));
    }
    let course = Course::find(cli.root.as_deref())?;
    let lesson = |wanted: Option<String>| -> Result<Option<&Lesson>, Failure> {
        Ok(wanted.map(|wanted| course.lesson(&wanted)).transpose()?)
    };
    match cli.command {
        None if cli.once || !is_a_terminal() => list::here(&course, screen),
        None => watch::watch(&course, screen),
        Some(Command::Watch) if is_a_terminal() => watch::watch(&course, screen),
        Some(Command::Watch) => Err(Failure::Usage(
            "`watch` needs a terminal. `cargo course --once` says where you are without one."
                .to_owned(),
        )),
        Some(Command::List) => list::list(&course, screen),
        Some(Command::Check { lesson: l, case }) => {
            check::check(&course, lesson(l)?, case.as_deref(), screen)
        }
        Some(Command::Hint { lesson: l }) => hint::hint(&course, lesson(l)?, screen),
        Some(Command::Diff { lesson, yes }) => {
            diff::diff(&course, course.lesson(&lesson)?, yes, screen)
        }
        Some(Command::Reset { lesson }) => reset::reset(&course, course.lesson(&lesson)?, screen),
        Some(Command::Report(options)) => report::report(&course, &options, screen),
        Some(Command::Grade { lesson, whom }) => {
            grade::grade(&course, course.lesson(&lesson)?, &whom, screen)
        }
        Some(Command::Book(options)) => book::book(&course, &options, screen),
        Some(Command::Xray {
            lesson,
            case,
            package,
        }) => {
            let lesson = course.lesson(&lesson)?;
            xray::xray(&course, lesson, case.as_deref(), package.as_deref(), screen)
        }
        // Done above: they need no course.
        Some(Command::Completions(_) | Command::Contained(_)) => Ok(ExitCode::SUCCESS),
        Some(Command::Stubs(StubsOptions { check: false })) => generate::write(&course, screen),
        Some(Command::Stubs(StubsOptions { check: true })) => generate::compare(&course, screen),
        Some(Command::Diagrams(DiagramsOptions { check: false })) => {
            diagrams::write(&course, screen)
        }
        Some(Command::Diagrams(DiagramsOptions { check: true })) => {
            diagrams::compare(&course, screen)
        }
    }
}

/// The command line without what is for our own use.
fn shown(command: clap::Command) -> clap::Command {
    let shown = clap::Command::new("course").args(command.get_arguments().cloned());
    let commands = command.get_subcommands().filter(|it| !it.is_hide_set());
    shown.subcommands(commands.cloned())
}

/// Can keys be read, and a screen be drawn?
fn is_a_terminal() -> bool {
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal() && !dumb
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_defined() {
        Cli::command().debug_assert();
    }
}
