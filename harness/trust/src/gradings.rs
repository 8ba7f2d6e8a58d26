//! Grades many submissions at once, and holds each verdict against what it must be.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, bail, ensure};
use harness_tests::{Depth, Expected, Graded, Submission};

use crate::Lessons;
use crate::network::Network;

/// The top of the project.
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Where what was said of wrong verdicts is kept.
fn wrong_folder() -> Result<PathBuf> {
    let folder = target()?.join("trust/wrong");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// The folder of what has been built.
pub fn target() -> Result<PathBuf> {
    let here = std::env::current_exe()?;
    let target = here
        .ancestors()
        .nth(2)
        .context("a program stands somewhere")?;
    Ok(target.to_owned())
}

/// Builds the program that holds all submissions.
pub fn graded() -> Result<PathBuf> {
    eprintln!("building all submissions");
    let built = Command::new(env!("CARGO"))
        .args([
            "build",
            "--quiet",
            "--package",
            "harness-tests",
            "--bin",
            "graded",
        ])
        .current_dir(root())
        .stdin(Stdio::null())
        .status()
        .context("cannot start cargo")?;
    ensure!(built.success(), "the submissions do not compile");
    let program = target()?
        .join("debug")
        .join(format!("graded{}", std::env::consts::EXE_SUFFIX));
    ensure!(program.is_file(), "{} is not there", program.display());
    Ok(program)
}

/// A submission, and what must be said of it.
pub struct Held {
    pub submission: Submission,
    pub expected: Expected,
}

impl Held {
    /// `mistakes`, `alternatives`, `solutions`.
    pub fn kind(&self) -> &str {
        self.submission.name.split('/').next().unwrap_or_default()
    }

    /// `lesson03`.
    pub fn lesson(&self) -> &str {
        self.submission.name.split('/').nth(1).unwrap_or_default()
    }
}

/// All submissions of these lessons, but the hostile ones: those have a test of their own.
pub fn all(graded: &Path, lessons: &Lessons) -> Result<Vec<Held>> {
    let graded = graded.to_string_lossy();
    let mut found = Vec::new();
    for kind in ["solutions", "mistakes"] {
        for submission in harness_tests::submissions(kind, &graded)? {
            let expected = match Expected::by(&submission) {
                Ok(expected) => expected,
                Err(error) => bail!(
                    "{}: {}",
                    submission.file.display(),
                    error.message().unwrap_or_default()
                ),
            };
            let held = Held {
                submission,
                expected,
            };
            if lessons.have(held.lesson()) {
                found.push(held);
            }
        }
    }
    ensure!(!found.is_empty(), "there is no such lesson");
    Ok(found)
}

/// What came of grading one kind of one lesson's submissions.
#[derive(Default, Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    pub submissions: usize,
    pub gradings: usize,
    pub wrong: usize,
    /// A mistake that shows only in cases that cannot run in these surroundings.
    pub not_run: usize,
}

/// Gradings wait more than they work: two for each processor.
pub fn at_once() -> usize {
    2 * std::thread::available_parallelism().map_or(1, usize::from)
}

/// How to grade.
pub struct Manner<'a> {
    pub times: usize,
    pub depth: Depth,
    pub jobs: usize,
    pub network: Network,
    /// What makes of the grading's command the one to run.
    pub wrap: &'a (dyn Fn(Command) -> Command + Sync),
}

/// Grades each, and gives a tally for each kind and lesson: by `(lesson, kind)`.
pub fn run(all: &[&Held], manner: &Manner) -> Result<BTreeMap<(String, String), Tally>> {
    let wrong_folder = wrong_folder()?;
    let tallies = Mutex::new(BTreeMap::<(String, String), Tally>::new());
    for held in all {
        let key = (held.lesson().to_owned(), held.kind().to_owned());
        let mut tallies = tallies.lock().unwrap_or_else(|broken| broken.into_inner());
        tallies.entry(key).or_default().submissions += 1;
    }
    let next = AtomicUsize::new(0);
    let work = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= all.len() * manner.times {
                return;
            }
            // Round after round, so that a run that is broken off has seen all of them.
            let held = all[number % all.len()];
            let verdict = verdict(held, manner);
            let mut tallies = tallies.lock().unwrap_or_else(|broken| broken.into_inner());
            let key = (held.lesson().to_owned(), held.kind().to_owned());
            let tally = tallies.entry(key).or_default();
            tally.gradings += 1;
            match verdict {
                Verdict::Right => {}
                Verdict::NotRun => tally.not_run += 1,
                Verdict::Wrong(said) => {
                    tally.wrong += 1;
                    let name = held.submission.name.replace('/', "-");
                    let file = wrong_folder.join(format!("{name}-{number}.txt"));
                    let first = said.lines().next().unwrap_or_default();
                    eprintln!(
                        "WRONG  {}: {first}\n       {}",
                        held.submission.name,
                        file.display()
                    );
                    if let Err(error) = fs::write(&file, said) {
                        eprintln!("       which cannot be written: {error}");
                    }
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..manner.jobs {
            scope.spawn(work);
        }
    });
    Ok(tallies
        .into_inner()
        .unwrap_or_else(|broken| broken.into_inner()))
}

enum Verdict {
    Right,
    NotRun,
    Wrong(String),
}

fn verdict(held: &Held, manner: &Manner) -> Verdict {
    let command = held.expected.command(&held.submission, manner.depth);
    let graded = match Graded::run(manner.network.around((manner.wrap)(command))) {
        Ok(graded) => graded,
        Err(error) => return Verdict::Wrong(format!("it could not be graded: {error}")),
    };
    let found = match graded.verdict() {
        Ok(found) => found,
        Err(error) => return Verdict::Wrong(error.message().unwrap_or_default().to_owned()),
    };
    let passes = Expected::Passes;
    if found != held.expected {
        let needs_ipv6 = || harness_tests::needs_ipv6(&held.submission).unwrap_or(false);
        let cannot_show = || {
            graded.skipped(&held.expected) || manner.network == Network::WithoutIpv6 && needs_ipv6()
        };
        if held.expected != passes && found == passes && cannot_show() {
            return Verdict::NotRun;
        }
        let said = graded.said();
        return Verdict::Wrong(format!("must {:?}, does {found:?}\n{said}", held.expected));
    }
    if graded.success != (found == passes) {
        return Verdict::Wrong(format!(
            "the verdict is right, and the exit code another: {found:?}"
        ));
    }
    match graded.left_behind.as_slice() {
        [] => Verdict::Right,
        left => Verdict::Wrong(format!("it left processes behind: {left:?}")),
    }
}
