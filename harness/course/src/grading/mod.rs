//! Runs a lesson's grader, and reads what it and cargo say.
//!
//! The grader prints libtest's JSON, one object a line; cargo prints objects of its own in between.
//! Whatever else is there is passed over.

mod built;
mod events;
mod state;

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use built::Grader;
pub use events::{Case, Graded, Verdict};
pub use state::{Place, State};

use crate::course::{Course, Lesson};

/// What to grade, and what to be told.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// Only the cases with this in their names.
    pub filter: Option<String>,
    /// End at the first case that is not passed; those behind it wait.
    pub fail_fast: bool,
    /// Hand over the record of every case, also of one that is passed.
    pub record: bool,
    /// Colours in what cargo and the grader wrote for people.
    pub colour: bool,
}

/// Grades `lesson` without a word on the terminal.
///
/// # Errors
///
/// Cargo cannot be started.
pub fn grade(course: &Course, lesson: &Lesson, wish: &Wish) -> io::Result<Graded> {
    let run = Run::default();
    let graded = run.grade(course, lesson, wish, |_| {})?;
    Ok(graded.unwrap_or_default())
}

/// A grading, to be begun once.
#[derive(Clone, Default)]
pub struct Run {
    progress: Arc<Mutex<Progress>>,
    /// Cargo leads a process group. Else Ctrl-C in a terminal ends it as it ends us.
    own_group: bool,
}

#[derive(Default)]
enum Progress {
    #[default]
    Waits,
    Runs(Child),
    CalledOff,
    Over,
}

impl Run {
    /// One that another thread can call off.
    pub fn to_call_off() -> Run {
        Run {
            own_group: true,
            ..Run::default()
        }
    }

    /// Grades `lesson`, and tells `hear` how far it is after each line that cargo or the grader wrote.
    /// `None` when it was called off.
    ///
    /// # Errors
    ///
    /// Cargo cannot be started.
    pub fn grade(
        &self,
        course: &Course,
        lesson: &Lesson,
        wish: &Wish,
        mut hear: impl FnMut(&Graded),
    ) -> io::Result<Option<Graded>> {
        if let Some(missing) = course.missing(lesson) {
            return Ok(Some(Graded::missing(missing)));
        }
        let mut command = cargo_test(course, lesson);
        command.args(["--message-format", wish.message_format()]);
        command.args(["--", "--format", "json"]);
        command.args(["--color", if wish.colour { "always" } else { "never" }]);
        if !wish.fail_fast {
            command.arg("--no-fail-fast");
        }
        if wish.record {
            command.arg("--record");
        }
        command.args(wish.filter.as_deref());
        command.stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        // So that cargo, the compiler and the grader can be ended together.
        #[cfg(unix)]
        if self.own_group {
            std::os::unix::process::CommandExt::process_group(&mut command, 0);
        }
        let (stdout, stderr) = {
            let mut progress = self.lock();
            if matches!(*progress, Progress::CalledOff) {
                return Ok(None);
            }
            let mut child = command.spawn()?;
            let pipes = (child.stdout.take(), child.stderr.take());
            *progress = Progress::Runs(child);
            pipes
        };
        // Read beside stdout, or a long complaint would stop cargo.
        let complaints = std::thread::spawn(move || {
            let mut text = Vec::new();
            let _ = stderr.map(|mut stderr| stderr.read_to_end(&mut text));
            String::from_utf8_lossy(&text).into_owned()
        });
        let mut graded = Graded::default();
        let mut stdout = stdout.map(BufReader::new);
        let mut line = Vec::new();
        while let Some(stdout) = &mut stdout {
            line.clear();
            if stdout.read_until(b'\n', &mut line)? == 0 {
                break;
            }
            graded.read(&String::from_utf8_lossy(&line), lesson);
            hear(&graded);
        }
        let complaints = complaints.join().unwrap_or_default();
        let mut progress = self.lock();
        let Progress::Runs(child) = &mut *progress else {
            return Ok(None);
        };
        let status = child.wait()?;
        *progress = Progress::Over;
        graded.conclude(status.success(), &complaints);
        Ok(Some(graded))
    }

    /// Ends it, with everything that it started.
    pub fn call_off(&self) {
        let mut progress = self.lock();
        if let Progress::Runs(child) = &mut *progress {
            self.end(child);
        }
        if !matches!(*progress, Progress::Over) {
            *progress = Progress::CalledOff;
        }
    }

    /// Does something while cargo is not just being started: a process that is stopped before it has become cargo
    /// keeps us from being stopped, and from everything else.
    pub fn while_nothing_starts<T>(&self, something: impl FnOnce() -> T) -> T {
        let _progress = self.lock();
        something()
    }

    /// The grader's own children lead groups of their own; they end when they see that it is gone.
    fn end(&self, child: &mut Child) {
        #[cfg(unix)]
        if self.own_group {
            harness::kernel::kill_group(child.id());
        }
        let _ = child.kill();
        let _ = child.wait();
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wish {
    fn message_format(&self) -> &'static str {
        if self.colour {
            "json-diagnostic-rendered-ansi"
        } else {
            "json"
        }
    }
}

/// Why `lesson` does not compile: the file that the compiler complains of, or `None` if that is
/// none of the lesson's own, or if it compiles after all.
///
/// # Errors
///
/// Cargo cannot be started.
pub fn what_does_not_compile(course: &Course, lesson: &Lesson) -> io::Result<Option<Place>> {
    let output = cargo_test(course, lesson)
        .args(["--no-run", "--message-format", "json"])
        .stdin(Stdio::null())
        .output()?;
    let mut graded = Graded::default();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        graded.read(line, lesson);
    }
    Ok(graded.broken)
}

/// The names of the cases of `lesson` that have `filter` in them.
///
/// # Errors
///
/// Cargo cannot be started.
pub fn cases(course: &Course, lesson: &Lesson, filter: &str) -> io::Result<Vec<String>> {
    let output = cargo_test(course, lesson)
        .args(["--", "--list", filter])
        .stdin(Stdio::null())
        .output()?;
    Ok(listed(&String::from_utf8_lossy(&output.stdout)))
}

/// The names in what a grader prints for `--list`.
pub fn listed(stdout: &str) -> Vec<String> {
    let names = stdout
        .lines()
        .filter_map(|line| line.strip_suffix(": test"));
    names.map(str::to_owned).collect()
}

/// `cargo test` for `lesson`, to be given more arguments.
pub fn cargo_test(course: &Course, lesson: &Lesson) -> Command {
    let mut command = cargo(course);
    command.args(["test", "--package", &lesson.package()]);
    command
}

/// Cargo, at the root of the course.
pub fn cargo(course: &Course) -> Command {
    // Cargo says which of several cargos it is to those that it runs.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(cargo);
    command.current_dir(course.root());
    command
}
