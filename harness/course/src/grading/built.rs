//! A package's grader as a program: built by cargo, started without it.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{Graded, cargo, listed};
use crate::course::{Course, Lesson};
use crate::failure::Failure;

/// A grader, built.
pub struct Grader {
    pub program: PathBuf,
    /// Where cargo would start it.
    pub folder: PathBuf,
}

impl Grader {
    /// Builds the grader of `package`. The second is what the compiler had to say, if it could not be built.
    ///
    /// # Errors
    ///
    /// Cargo cannot be started, or said nothing of a grader.
    pub fn build(
        course: &Course,
        lesson: &Lesson,
        package: &str,
    ) -> Result<Result<Grader, Graded>, Failure> {
        let what = ["test", "--package", package, "--test", "grade", "--no-run"];
        let built = Grader::built_by(course, lesson, &what, "grade")?;
        let nameless = || format!("cargo built {package}, and named no grader, tests/grade.rs");
        match built {
            Ok(grader) => Ok(Ok(grader.ok_or_else(|| Failure::Work(nameless()))?)),
            Err(graded) => Ok(Err(graded)),
        }
    }

    /// The program of the target called `target` that cargo builds with these arguments, if it does; as
    /// [`Grader::build`] otherwise.
    ///
    /// # Errors
    ///
    /// Cargo cannot be started.
    pub fn built_by(
        course: &Course,
        lesson: &Lesson,
        arguments: &[&str],
        target: &str,
    ) -> Result<Result<Option<Grader>, Graded>, Failure> {
        let output = cargo(course)
            .args(arguments)
            .args(["--message-format", "json-diagnostic-rendered-ansi"])
            .stdin(Stdio::null())
            .output()
            .map_err(|error| Failure::Work(format!("cannot start cargo: {error}")))?;
        let mut graded = Graded::default();
        let mut grader = None;
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            graded.read(line, lesson);
            let artifact = serde_json::from_str::<Value>(line).unwrap_or_default();
            if artifact["target"]["name"] == target
                && let Some(program) = artifact["executable"].as_str()
            {
                let manifest = Path::new(artifact["manifest_path"].as_str().unwrap_or_default());
                grader = Some(Grader {
                    program: PathBuf::from(program),
                    folder: manifest.parent().unwrap_or(course.root()).to_owned(),
                });
            }
        }
        if !output.status.success() {
            graded.conclude(false, &String::from_utf8_lossy(&output.stderr));
            return Ok(Err(graded));
        }
        Ok(Ok(grader))
    }

    /// Its command line, to be given arguments.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.current_dir(&self.folder).stdin(Stdio::null());
        command
    }

    /// The names of its cases, in order.
    ///
    /// # Errors
    ///
    /// It cannot be started.
    pub fn cases(&self) -> io::Result<Vec<String>> {
        let output = self
            .command()
            .args(["--list", "--format", "terse"])
            .output()?;
        Ok(listed(&String::from_utf8_lossy(&output.stdout)))
    }

    /// The first case that is not passed, if there is one.
    ///
    /// # Errors
    ///
    /// It cannot be started.
    pub fn first_to_do(&self, lesson: &Lesson) -> io::Result<Option<String>> {
        let output = self.command().args(["--format", "json"]).output()?;
        let mut graded = Graded::default();
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            graded.read(line, lesson);
        }
        Ok(graded.first_to_do().map(|case| case.name.clone()))
    }
}
