//! A program in any language, graded by the cases of the lesson's program.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use harness::submission::{AGAIN_VARIABLE, ForeignProgram, PROGRAM_COMMAND_VARIABLE};
use serde_json::Value;

use crate::course::{Course, Lesson};
use crate::failure::Failure;
use crate::grading;
use crate::screen::Screen;

/// Grades `command` by the cases of the program of `lesson`, or by those with `case` in their names.
///
/// The solution's grader does it: so that what a learner has half done in lessons/ does not matter.
///
/// # Errors
///
/// `command` is no command, or none of the cases is about the program; cargo cannot be started.
pub fn grade(
    course: &Course,
    lesson: &Lesson,
    command: &str,
    case: Option<&str>,
    screen: &mut Screen,
) -> Result<ExitCode, Failure> {
    let here = std::env::current_dir()
        .map_err(|error| Failure::Work(format!("cannot tell the current folder: {error}")))?;
    is_a_command(command, &here).map_err(Failure::Usage)?;
    let package = format!("solution{:02}", lesson.number);
    screen.busy("building the grader");
    let grader = built_grader(course, &package)?;
    screen.wipe();
    let start = |arguments: &[&str]| {
        let mut command = Command::new(&grader);
        command
            .current_dir(course.solution_dir(lesson))
            .args(arguments)
            .args(case);
        command
    };
    let failed = |error| Failure::Work(format!("cannot start {}: {error}", grader.display()));
    if let Some(case) = case {
        // A solution's grader passes by a filter that fits none of its cases.
        let output = start(&["--list"]).output().map_err(failed)?;
        let list = String::from_utf8_lossy(&output.stdout);
        if !list.lines().any(|line| line.ends_with(": test")) {
            return Err(Failure::Usage(format!(
                "no case of lesson {lesson} has `{case}` in its name. `cargo test -p {package} -- --list` \
                 shows all of them."
            )));
        }
    }
    let mut grader = start(&["--no-fail-fast"]);
    grader.env(PROGRAM_COMMAND_VARIABLE, command);
    grader.env(
        AGAIN_VARIABLE,
        super::again(course, lesson, "--program", command),
    );
    // Where the command was typed: the words in it may name files from there.
    grader.env("PWD", &here);
    let status = grader.status().map_err(failed)?;
    Ok(match status.code() {
        Some(0) => ExitCode::SUCCESS,
        Some(2) => ExitCode::from(2),
        _ => ExitCode::FAILURE,
    })
}

/// Has cargo build the grader of `package`, and says where it is.
fn built_grader(course: &Course, package: &str) -> Result<PathBuf, Failure> {
    let output = grading::cargo(course)
        .args(["test", "--package", package, "--test", "grade", "--no-run"])
        .args(["--message-format", "json-render-diagnostics"])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Failure::Work(format!("cannot start cargo: {error}")))?;
    let stdout = String::from_utf8_lossy(&output.stdout);
    let executable = stdout
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == "grade")
        .find_map(|message| message["executable"].as_str().map(PathBuf::from));
    executable.ok_or_else(|| {
        let said = String::from_utf8_lossy(&output.stderr);
        Failure::Work(format!(
            "the grader of {package} cannot be built:\n{}",
            said.trim_end()
        ))
    })
}

/// Whether the shell would find a program to start, from this folder.
fn is_a_command(command: &str, here: &Path) -> Result<(), String> {
    let words = ForeignProgram::new(command).words;
    let Some(program) = words.and_then(|words| words.into_iter().next()) else {
        return Err(format!(
            "`{command}` is no command. One looks like this: --program 'python3 echo.py'"
        ));
    };
    let candidates: Vec<PathBuf> = if program.contains('/') {
        vec![here.join(&program)]
    } else {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path)
            .map(|folder| here.join(folder).join(&program))
            .collect()
    };
    if candidates.iter().any(|file| is_executable(file)) {
        return Ok(());
    }
    if program.contains('/') && here.join(&program).is_file() {
        return Err(format!(
            "`{program}` is not executable. `chmod +x {program}` makes it so, or name its interpreter, as in \
             --program 'python3 {program}'"
        ));
    }
    let place = if program.contains('/') {
        "there is no such file"
    } else {
        "no folder of PATH has it (write ./ before a file of this folder)"
    };
    Err(format!("`{program}` cannot be started: {place}"))
}

#[cfg(unix)]
fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata()
        .is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0)
}

/// Windows tells by a name's ending, and adds one that is missing.
#[cfg(not(unix))]
fn is_executable(file: &Path) -> bool {
    file.is_file() || file.with_extension("exe").is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_is_none_is_told_from_one() {
        let folder = tempfile::tempdir().unwrap();
        let error = |command| is_a_command(command, folder.path()).unwrap_err();
        assert!(error("").contains("is no command"));
        assert!(error("python3 'echo.py").contains("is no command"));
        assert!(error("./echo").contains("there is no such file"));
        assert!(error("there-is-no-such-program").contains("PATH"));
        std::fs::write(folder.path().join("echo"), "").unwrap();
        #[cfg(unix)]
        assert!(error("./echo 1").contains("chmod +x ./echo"));
        #[cfg(unix)]
        assert_eq!(is_a_command("sh -c 'exit 1'", folder.path()), Ok(()));
    }
}
