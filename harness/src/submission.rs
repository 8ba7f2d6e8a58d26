//! Who is graded, and where to look in its source.

use std::path::{Path, PathBuf};

use crate::finding::Place;

/// In place of a function's name: the case grades the lesson's program, `src/main.rs`.
pub const PROGRAM: &str = "main";

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
    /// The crate's folder as people know it, where what is graded is a copy: what [`SHOWN_VARIABLE`] says.
    pub shown: Option<PathBuf>,
    /// What grades a case again once its name is added: what [`AGAIN_VARIABLE`] says.
    pub again: Option<String>,
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
        $crate::submission::Submission::new(
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
/// Names the folder that people know the crate by, where [`SOURCE_VARIABLE`] names a copy.
pub const SHOWN_VARIABLE: &str = "SOCKETLINGS_SHOWN";
/// A command that grades a case again once its name is added, where that is not `cargo test`.
pub const AGAIN_VARIABLE: &str = "SOCKETLINGS_AGAIN";
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
            shown: variable(SHOWN_VARIABLE),
            again: std::env::var(AGAIN_VARIABLE).ok(),
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
            file: self.as_known(&source),
            line,
        }
    }

    /// The function around a line of the submission's source, for a panic that names only the line.
    pub fn place_at(&self, file: &str, line: u32) -> Place {
        let file = Path::new(file);
        let at_hand = self.source.ends_with(file) || file == self.source;
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
            file: self.as_known(file),
            line: Some(line),
        }
    }

    /// A file's path as people know it.
    fn as_known(&self, path: &Path) -> String {
        let Some(shown) = &self.shown else {
            return from_the_root(path);
        };
        // From `src/lib.rs` to the crate's folder. The compiler names files from there on.
        let folder = self.source.ancestors().nth(2).unwrap_or(Path::new(""));
        let inside = path.strip_prefix(folder).unwrap_or(path);
        shown.join(inside).display().to_string()
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
fn from_the_root(path: &Path) -> String {
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
        let path = Path::new("/home/ä b/course/lessons/lesson01-listen/src/lib.rs");
        assert_eq!(from_the_root(path), "lessons/lesson01-listen/src/lib.rs");
    }

    #[test]
    fn a_copy_is_shown_as_what_it_is_a_copy_of() {
        let submission = Submission {
            package: "lesson01".to_owned(),
            source: PathBuf::from("/scratch/1/src/lib.rs"),
            program: None,
            command: None,
            shown: Some(PathBuf::from("inbox/ada")),
            again: None,
        };
        let known = |path| submission.as_known(Path::new(path));
        assert_eq!(known("/scratch/1/src/main.rs"), "inbox/ada/src/main.rs");
        assert_eq!(known("src/lib.rs"), "inbox/ada/src/lib.rs");
        assert_eq!(known("/rustc/library/core.rs"), "/rustc/library/core.rs");
    }
}
