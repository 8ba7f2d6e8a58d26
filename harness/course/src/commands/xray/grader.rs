//! The grader of a package as a program: built by cargo, asked for its cases, run under strace.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use serde_json::Value;

use crate::course::{Course, Lesson};
use crate::failure::Failure;
use crate::grading::{self, Case, Graded, State, Verdict};

/// The calls that strace is to tell of: those of sockets, and those that say who is who. A question mark
/// stands before those that not every machine has.
const CALLS: &str = "trace=%network,read,readv,write,writev,sendfile,splice,close,fcntl,ioctl,dup,?dup2,dup3,\
                     ?poll,ppoll,?select,pselect6,epoll_ctl,?epoll_wait,epoll_pwait,?epoll_pwait2,\
                     clone,?clone3,?fork,?vfork,execve,prctl";
/// How much of a string strace shows.
const STRING: &str = "64";

/// A lesson's grader, built.
pub struct Grader {
    program: PathBuf,
    /// Where cargo would start it.
    folder: PathBuf,
}

/// What came of a run under strace.
pub struct Run {
    pub case: Option<Case>,
    /// What strace wrote.
    pub log: String,
    /// What went to stderr: strace's complaints.
    pub complaints: String,
    pub status: ExitStatus,
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
        let output = grading::cargo(course)
            .args(["test", "--package", package, "--test", "grade", "--no-run"])
            .args(["--message-format", "json-diagnostic-rendered-ansi"])
            .stdin(Stdio::null())
            .output()
            .map_err(|error| Failure::Work(format!("cannot start cargo: {error}")))?;
        let stdout = String::from_utf8_lossy(&output.stdout);
        let mut graded = Graded::default();
        let mut grader = None;
        for line in stdout.lines() {
            graded.read(line, lesson);
            let artifact = serde_json::from_str::<Value>(line).unwrap_or_default();
            if artifact["target"]["name"] == "grade"
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
        grader.map(Ok).ok_or_else(|| {
            Failure::Work(format!(
                "cargo built {package}, and named no grader, tests/grade.rs"
            ))
        })
    }

    fn command(&self) -> Command {
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
        Ok(grading::listed(&String::from_utf8_lossy(&output.stdout)))
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

    /// Runs this case under `strace`, which writes to `log`.
    ///
    /// # Errors
    ///
    /// Strace cannot be started, or its log cannot be read.
    pub fn run(&self, case: &str, lesson: &Lesson, strace: &Strace, log: &Path) -> io::Result<Run> {
        let mut command = strace.command();
        command
            .args(["-f", "-ttt", "-T", "-y", "-qq", "-s", STRING, "-e", CALLS])
            .arg("-o")
            .arg(log)
            .arg("--")
            .arg(&self.program)
            .args(["--exact", case, "--format", "json", "--color", "always"])
            .args(["--record", "--no-fail-fast"]);
        command.current_dir(&self.folder).stdin(Stdio::null());
        let output = command.output()?;
        let mut graded = Graded::default();
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            graded.read(line, lesson);
        }
        let written = match fs::read(log) {
            Ok(written) => written,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        Ok(Run {
            case: graded
                .cases
                .into_iter()
                .find(|it| it.verdict != Verdict::Waiting),
            log: String::from_utf8_lossy(&written).into_owned(),
            complaints: String::from_utf8_lossy(&output.stderr).into_owned(),
            status: output.status,
        })
    }
}

/// Why a grader could not be built, for people.
pub fn why_not(graded: &Graded, lesson: &Lesson) -> String {
    match graded.state() {
        State::DoesNotCompile(_) => format!(
            "Lesson {lesson} does not compile yet: `cargo course check {}` says more.",
            lesson.number
        ),
        state => format!("Lesson {lesson} cannot be run: {state}."),
    }
}

/// Strace, found.
pub struct Strace {
    /// Does it know how to stop the code only at the calls that are asked for? The code is faster then.
    filters: bool,
}

impl Strace {
    /// Strace, if it is there.
    ///
    /// # Errors
    ///
    /// It is there and cannot be started.
    pub fn find() -> io::Result<Option<Strace>> {
        let answers = |arguments: &[&str]| {
            let status = Command::new("strace")
                .args(arguments)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
            status.map(|status| status.success())
        };
        match answers(&["-V"]) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
            // Older ones do not know the option.
            Ok(_) => Ok(Some(Strace {
                filters: answers(&["-f", "--seccomp-bpf", "-V"])?,
            })),
        }
    }

    fn command(&self) -> Command {
        let mut command = Command::new("strace");
        if self.filters {
            command.arg("--seccomp-bpf");
        }
        command
    }
}
