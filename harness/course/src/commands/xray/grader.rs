//! A grader, run under strace.

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use crate::course::Lesson;
use crate::grading::{Case, Graded, Grader, State, Verdict};

/// The calls that strace is to tell of: those of sockets, and those that say who is who. A question mark
/// stands before those that not every machine has.
const CALLS: &str = "trace=%network,read,readv,write,writev,sendfile,splice,close,fcntl,ioctl,dup,?dup2,dup3,\
                     ?poll,ppoll,?select,pselect6,epoll_ctl,?epoll_wait,epoll_pwait,?epoll_pwait2,\
                     clone,?clone3,?fork,?vfork,execve,prctl";
/// How much of a string strace shows.
const STRING: &str = "64";

/// What came of a run under strace.
pub struct Run {
    pub case: Option<Case>,
    /// What strace wrote.
    pub log: String,
    /// What went to stderr: strace's complaints.
    pub complaints: String,
    pub status: ExitStatus,
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

    /// Runs this case of `grader`, and writes to `log`.
    ///
    /// # Errors
    ///
    /// Strace cannot be started, or its log cannot be read.
    pub fn run(&self, grader: &Grader, case: &str, lesson: &Lesson, log: &Path) -> io::Result<Run> {
        let mut command = self.command();
        command
            .args(["-f", "-ttt", "-T", "-y", "-qq", "-s", STRING, "-e", CALLS])
            .arg("-o")
            .arg(log)
            .arg("--")
            .arg(&grader.program)
            .args(["--exact", case, "--format", "json", "--color", "always"])
            .args(["--record", "--no-fail-fast"]);
        command.current_dir(&grader.folder).stdin(Stdio::null());
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

    fn command(&self) -> Command {
        let mut command = Command::new("strace");
        if self.filters {
            command.arg("--seccomp-bpf");
        }
        command
    }
}
