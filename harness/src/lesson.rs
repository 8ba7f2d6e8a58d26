//! The words that everything else is written in: lesson, case, finding, verdict.

use std::path::PathBuf;
use std::time::Duration;

use crate::attempt::Attempt;
use crate::trace::Trace;

/// What is graded: the cases of one lesson, in the order in which a learner should meet them.
///
/// `F` holds the lesson's functions, as one submission wrote them.
pub struct Lesson<F: 'static> {
    /// 1 for lesson 01.
    pub number: u8,
    /// One word: `listen`.
    pub name: &'static str,
    /// The chapter, from the workspace's root.
    pub chapter: &'static str,
    /// The cases, in order.
    pub cases: &'static [Case<F>],
    /// Every misconception that a case of this lesson can find, besides those of [`crate::conduct`].
    pub misconceptions: &'static [&'static Misconception],
}

/// One thing that must hold.
pub struct Case<F: 'static> {
    /// Says what holds: `reports_the_port_the_kernel_chose`.
    pub name: &'static str,
    /// The function that is graded; [`PROGRAM`] for the lesson's program.
    pub function: &'static str,
    /// Does it hold?
    pub run: fn(&F, &mut Attempt) -> Result<(), Stop>,
}

/// A [`Case`] as far as it is no lesson's own: all that the runner and the reports know of it.
#[derive(Clone, Copy, Debug)]
pub struct CaseName {
    pub name: &'static str,
    pub function: &'static str,
    /// The chapter of its lesson, from the workspace's root.
    pub chapter: &'static str,
}

/// In place of a function's name: the case grades the lesson's program, `src/main.rs`.
pub const PROGRAM: &str = "main";

/// Lists cases under the function that they grade; a case's name is the name of its function here.
#[macro_export]
macro_rules! cases {
    ($($function:literal { $($case:ident),* $(,)? })*) => {
        &[$($($crate::lesson::Case {
            name: stringify!($case),
            function: $function,
            run: $case,
        }),*),*]
    };
}

/// Something that people believe about sockets, and that is not so. One id, one misconception.
#[derive(Debug, PartialEq, Eq)]
pub struct Misconception {
    /// Stable, in kebab-case: the key in JSON, and the anchor in the book's chapter *When it fails*.
    pub id: &'static str,
    /// How it really is.
    pub why: &'static str,
    /// What to do; `{place}` becomes the function, its file and its line.
    pub fix: &'static str,
    /// Where to read on: an anchor in the lesson's chapter, without the `#`, or a page with its anchor.
    pub read: &'static str,
}

/// Defines misconceptions, each as a `static`, and `$all`, the list of them: one list, not two.
#[macro_export]
macro_rules! misconceptions {
    ($all:ident: $($name:ident = $id:literal { why: $why:expr, fix: $fix:expr, read: $read:expr $(,)? })*) => {
        $(
            pub static $name: $crate::lesson::Misconception =
                $crate::lesson::Misconception { id: $id, why: $why, fix: $fix, read: $read };
        )*
        pub static $all: &[&$crate::lesson::Misconception] = &[$(&$name),*];
    };
}

impl Misconception {
    /// The page to read for this, with its anchor, in a lesson with this chapter.
    pub fn page(&self, chapter: &str) -> String {
        match self.read {
            "" => chapter.to_owned(),
            page if page.contains('#') => page.to_owned(),
            anchor => format!("{chapter}#{anchor}"),
        }
    }

    /// Ends a case: this misconception shows in what was `observed`, a sentence or two.
    pub fn seen(&'static self, observed: impl Into<String>) -> Stop {
        Stop::Found(Found {
            misconception: self,
            observed: observed.into(),
            function: None,
        })
    }
}

/// A misconception, found in a case.
#[derive(Debug)]
pub struct Found {
    pub misconception: &'static Misconception,
    pub observed: String,
    /// Where to mend it, when that is not the case's own function.
    pub function: Option<String>,
}

/// Why a case ended without being passed.
#[derive(Debug)]
pub enum Stop {
    /// The submission is wrong.
    Found(Found),
    /// The code ran into a `todo!`, in the function or at the place that is named here.
    Stub(Place),
    /// This machine cannot show what the case is about; the reason.
    Skip(String),
    /// The grader could not do its own part; the reason. No fault of the submission, and no pass.
    Trouble(String),
}

impl Stop {
    /// Points to another function than the case's own.
    pub fn in_function(mut self, function: &str) -> Stop {
        if let Stop::Found(found) = &mut self {
            found.function = Some(function.to_owned());
        }
        self
    }

    /// Gives a general misconception of [`crate::conduct`] the name that it has in this case.
    pub fn rather(
        self,
        general: &'static Misconception,
        here: &'static Misconception,
        observed: impl Into<String>,
    ) -> Stop {
        match self {
            Stop::Found(found) if found.misconception == general => here.seen(observed),
            other => other,
        }
    }
}

/// The grader's own calls fail for no fault of the submission: `?` says so.
impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Stop {
        Stop::Trouble(format!(
            "a call that the grader itself made failed: {error}"
        ))
    }
}

/// A place in the submission's source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The function, if it is known.
    pub function: Option<String>,
    /// The file as the learner would type it, from the workspace's root.
    pub file: String,
    /// Counted from 1; `None` when the function is not there.
    pub line: Option<u32>,
}

/// Reads as in "`recv` in lessons/lesson02-echo/src/lib.rs:19".
impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(function) = &self.function {
            write!(f, "`{function}` in ")?;
        }
        write!(f, "{}", self.file)?;
        self.line.map_or(Ok(()), |line| write!(f, ":{line}"))
    }
}

/// What a case came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Passed,
    Failed(Box<Finding>),
    /// Not written yet; where to start.
    Stub(Place),
    /// Not gradable on this machine, and why.
    Skipped(String),
}

/// What a learner is told about a case that failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finding {
    /// The id of the [`Misconception`].
    pub id: String,
    /// What happened, in a sentence or two.
    pub observed: String,
    /// The calls that were made, and what went over the wire.
    pub trace: Trace,
    pub why: String,
    pub fix: String,
    /// The page to read, from the workspace's root, and the anchor in it.
    pub read: String,
    /// Where to mend it.
    pub place: Place,
}

/// A case, graded.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub verdict: Verdict,
    pub took: Duration,
    /// What the submission printed, shortened in the middle if it was much.
    pub printed: String,
}

/// Who is graded: a crate with the functions of a lesson. Made by [`crate::submission!`].
#[derive(Clone, Debug)]
pub struct Submission {
    /// The package's name: `lesson01`.
    pub package: String,
    /// The file with the functions.
    pub source: PathBuf,
    /// The program, where there is one.
    pub program: Option<PathBuf>,
    /// A command that is graded in place of the program: what [`PROGRAM_COMMAND_VARIABLE`] says.
    pub command: Option<ForeignProgram>,
}

/// A program that is no crate of the course: in any language, started by a command line.
#[derive(Clone, Debug)]
pub struct ForeignProgram {
    /// As it was given.
    pub text: String,
    /// In words, without quotes; `None` where they cannot be told apart.
    pub words: Option<Vec<String>>,
}

impl ForeignProgram {
    /// Splits a command line as a POSIX shell does.
    pub fn new(text: &str) -> ForeignProgram {
        ForeignProgram {
            text: text.to_owned(),
            words: shlex::split(text).filter(|words| !words.is_empty()),
        }
    }
}

/// The crate that this is written in, as a [`Submission`]. Takes the name of its program.
#[macro_export]
macro_rules! submission {
    ($program:literal) => {
        $crate::lesson::Submission::new(
            env!("CARGO_PKG_NAME"),
            env!("CARGO_MANIFEST_DIR"),
            option_env!(concat!("CARGO_BIN_EXE_", $program)),
        )
    };
}

/// Overrides the file with the functions, for a submission that is no crate of its own.
pub const SOURCE_VARIABLE: &str = "SOCKETLINGS_SOURCE";
/// Names the program of a submission that was compiled without one.
pub const PROGRAM_FILE_VARIABLE: &str = "SOCKETLINGS_PROGRAM_FILE";
/// A command to grade in place of the lesson's program: `python3 echo.py`.
pub const PROGRAM_COMMAND_VARIABLE: &str = "SOCKETLINGS_PROGRAM";

impl Submission {
    /// For [`crate::submission!`].
    pub fn new(package: &str, folder: &str, program: Option<&str>) -> Submission {
        let variable = |name| std::env::var_os(name).map(PathBuf::from);
        let crate_root = || PathBuf::from(folder).join("src").join("lib.rs");
        Submission {
            package: package.to_owned(),
            source: variable(SOURCE_VARIABLE).unwrap_or_else(crate_root),
            program: program
                .map(PathBuf::from)
                .or_else(|| variable(PROGRAM_FILE_VARIABLE)),
            command: std::env::var_os(PROGRAM_COMMAND_VARIABLE)
                .map(|command| ForeignProgram::new(&command.to_string_lossy())),
        }
    }

    /// Why a case of `function` says nothing of this submission, if so.
    pub fn not_applicable(&self, function: &str) -> Option<String> {
        (self.command.is_some() && function != PROGRAM)
            .then(|| format!("not applicable: {PROGRAM_COMMAND_VARIABLE} is graded"))
    }

    /// Where `function` stands: the line of `fn function` in the submission's source.
    pub fn place_of(&self, function: &str) -> Place {
        if let Some(command) = &self.command {
            return Place {
                file: format!("`{}`", command.text),
                ..Place::default()
            };
        }
        let source = if function == PROGRAM {
            self.source.with_file_name("main.rs")
        } else {
            self.source.clone()
        };
        let text = std::fs::read(&source).unwrap_or_default();
        let line = String::from_utf8_lossy(&text)
            .lines()
            .position(|line| function_defined_in(line) == Some(function))
            .and_then(|index| u32::try_from(index + 1).ok());
        Place {
            function: Some(function.to_owned()),
            file: from_the_root(&source),
            line,
        }
    }

    /// The function around a line of the submission's source, for a panic that names only the line.
    pub fn place_at(&self, file: &str, line: u32) -> Place {
        let at_hand = self.source.ends_with(file) || std::path::Path::new(file) == self.source;
        let text = if at_hand {
            std::fs::read(&self.source).unwrap_or_default()
        } else {
            Vec::new()
        };
        let text = String::from_utf8_lossy(&text);
        let above: Vec<&str> = text.lines().take(line as usize).collect();
        let function = above
            .iter()
            .rev()
            .find_map(|line| function_defined_in(line));
        Place {
            function: function.map(str::to_owned),
            file: from_the_root(std::path::Path::new(file)),
            line: Some(line),
        }
    }
}

/// The name of the function whose definition starts on this line.
fn function_defined_in(line: &str) -> Option<&str> {
    let mut words = line.split_whitespace();
    words
        .find(|word| {
            !matches!(
                *word,
                "pub" | "const" | "async" | "unsafe" | "extern" | "pub(crate)"
            )
        })
        .filter(|word| *word == "fn")?;
    let name = words.next()?;
    Some(
        name.split(|c: char| !c.is_alphanumeric() && c != '_')
            .next()
            .unwrap_or(name),
    )
}

/// A path as one would type it at the workspace's root: from its folder of lessons or solutions on.
fn from_the_root(path: &std::path::Path) -> String {
    let parts: Vec<String> = path
        .components()
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    let root = parts
        .iter()
        .rposition(|part| matches!(part.as_str(), "lessons" | "solutions"));
    match root {
        Some(start) => parts[start..].join("/"),
        None => path.display().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_is_told_from_a_call() {
        assert_eq!(
            function_defined_in("pub fn open() -> Socket {"),
            Some("open")
        );
        assert_eq!(
            function_defined_in("    pub(crate) async fn go<T>(x: T)"),
            Some("go")
        );
        assert_eq!(function_defined_in("    open()?;"), None);
        assert_eq!(function_defined_in("// fn open is below"), None);
    }

    #[test]
    fn a_command_is_split_as_a_shell_splits_it() {
        let words = |text| ForeignProgram::new(text).words;
        let expected = ["python3", "my echo.py", "-u"].map(str::to_owned).to_vec();
        assert_eq!(words("python3 'my echo.py' \"-u\""), Some(expected));
        assert_eq!(words("python3 'echo.py"), None);
        assert_eq!(words("  "), None);
    }

    #[test]
    fn paths_are_shown_from_the_root_of_the_workspace() {
        let path = std::path::Path::new("/home/ä b/course/lessons/lesson01-listen/src/lib.rs");
        assert_eq!(from_the_root(path), "lessons/lesson01-listen/src/lib.rs");
    }
}
