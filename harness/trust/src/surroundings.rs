//! The verdict is the same for another user, without IPv6, with few descriptors, on one processor, in another language,
//! in a folder with another name and in one that cannot be written to.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use harness_tests::Depth;
use harness_tests::place::behind;

use crate::Lessons;
use crate::gradings::{self, Held, Manner, Tally};
use crate::network::{Network, is_root};
use crate::record::{self, Run, Surrounding};

/// A learner's folder need not be called what its author would call it.
const FOLDER: &str = "Мои уроки (сокеты)";

/// Surroundings that a grading's command can be put into.
struct Place {
    name: &'static str,
    network: Network,
    /// Words before the command.
    words: &'static [&'static str],
    variables: &'static [(&'static str, &'static str)],
}

/// A user and a group without rights and without a name of somebody's: `nobody` has these numbers on most systems.
const SOMEBODY: &[&str] = &[
    "setpriv",
    "--reuid=65534",
    "--regid=65534",
    "--clear-groups",
    "--",
];

const PLACES: &[Place] = &[
    Place {
        name: "as root",
        network: Network::Own,
        words: &[],
        variables: &[],
    },
    Place {
        name: "not as root",
        network: Network::Shared,
        words: SOMEBODY,
        variables: &[],
    },
    Place {
        name: "without IPv6",
        network: Network::WithoutIpv6,
        words: &[],
        variables: &[],
    },
    Place {
        name: "with 256 descriptors",
        network: Network::Own,
        words: &["sh", "-c", "ulimit -n 256 && exec \"$@\"", "sh"],
        variables: &[],
    },
    Place {
        name: "on one processor",
        network: Network::Own,
        words: &["taskset", "1"],
        variables: &[],
    },
    Place {
        name: "LANG=C, TERM=dumb, NO_COLOR",
        network: Network::Own,
        words: &[],
        variables: &[
            ("LANG", "C"),
            ("LC_ALL", "C"),
            ("TERM", "dumb"),
            ("NO_COLOR", "1"),
        ],
    },
];

pub fn run(lessons: &Lessons) -> Result<bool> {
    let graded = gradings::graded()?;
    let all = gradings::all(&graded, lessons)?;
    let whole = lessons.have_all();
    let mut records = Vec::new();
    for place in PLACES {
        if let Some(why) = place.trouble(&graded) {
            println!("{}: skipped: {why}", place.name);
            continue;
        }
        let record = place.grade(&all)?;
        say(&record);
        records.push(record);
    }
    for (name, read_only) in [
        ("in a folder with spaces and Cyrillic letters", false),
        ("in a read-only tree", true),
    ] {
        if read_only && !is_root() {
            println!("{name}: skipped: only root can mount it so");
            continue;
        }
        let record = in_a_clone(name, read_only, &all)?;
        say(&record);
        records.push(record);
    }
    let right = records.iter().all(|record| record.wrong == 0);
    if whole {
        record::replace("surroundings", records, |it| it.name.clone())?;
    }
    Ok(right)
}

fn say(record: &Surrounding) {
    let Surrounding {
        name,
        right,
        mistakes,
        not_run,
        wrong,
        ..
    } = record;
    println!(
        "{name}: {right} right ones, {mistakes} mistakes ({not_run} cannot show there): {wrong} wrong"
    );
}

impl Place {
    /// Why this cannot be had here.
    fn trouble(&self, graded: &Path) -> Option<String> {
        if (self.name == "as root" || self.words == SOMEBODY) && !is_root() {
            return Some("this is not root".to_owned());
        }
        if let Some(trouble) = self.network.trouble() {
            return Some(trouble);
        }
        let mut look = self.wrap(Command::new(graded));
        match look.stderr(Stdio::piped()).stdout(Stdio::null()).output() {
            // It says that it has not been told which submission to be.
            Ok(look) if String::from_utf8_lossy(&look.stderr).contains("submission") => None,
            Ok(look) => Some(String::from_utf8_lossy(&look.stderr).trim().to_owned()),
            Err(error) => Some(format!("{}: {error}", self.words.first().unwrap_or(&""))),
        }
    }

    fn wrap(&self, command: Command) -> Command {
        let mut command = behind(self.words, &command);
        command.envs(self.variables.iter().copied());
        command
    }

    fn grade(&self, all: &[Held]) -> Result<Surrounding> {
        let manner = Manner {
            times: 1,
            depth: Depth::ItsCase,
            jobs: gradings::at_once(),
            network: self.network,
            wrap: &|command| self.wrap(command),
        };
        let tallies = gradings::run(&all.iter().collect::<Vec<_>>(), &manner)?;
        let mut wrong: usize = tallies.values().map(|tally| tally.wrong).sum();
        if self.variables.iter().any(|(key, _)| *key == "LC_ALL") {
            wrong += beyond_ascii(all, &|command| self.wrap(command))?;
        }
        let count = |of: &dyn Fn(&str) -> bool, what: &dyn Fn(&Tally) -> usize| {
            let of = tallies.iter().filter(|((_, kind), _)| of(kind));
            of.map(|(_, tally)| what(tally)).sum()
        };
        Ok(Surrounding {
            name: self.name.to_owned(),
            right: count(&|kind| kind != "mistakes", &|tally| tally.submissions),
            mistakes: count(&|kind| kind == "mistakes", &|tally| tally.submissions),
            not_run: count(&|_| true, &|tally| tally.not_run),
            wrong,
            run: Run::now()?,
        })
    }
}

/// How many mistakes' pages have something that such a terminal cannot show.
fn beyond_ascii(all: &[Held], wrap: &dyn Fn(Command) -> Command) -> Result<usize> {
    let mut found = 0;
    for held in all {
        let command = held.expected.command(&held.submission, Depth::ItsCase);
        let page = wrap(command).stdin(Stdio::null()).output()?;
        if page.stdout.is_ascii() && !page.stdout.contains(&b'\x1b') {
            continue;
        }
        found += 1;
        let page = String::from_utf8_lossy(&page.stdout).into_owned();
        let line = page
            .lines()
            .find(|line| !line.is_ascii() || line.contains('\x1b'));
        eprintln!(
            "WRONG  {}: {:?}",
            held.submission.name,
            line.unwrap_or_default()
        );
    }
    Ok(found)
}

/// As a learner, in a clone: each stub fails, and each solution in its place passes.
fn in_a_clone(name: &str, read_only: bool, all: &[Held]) -> Result<Surrounding> {
    let folder = tempfile::tempdir()?;
    let clone = folder.path().join(FOLDER);
    let built = match read_only {
        true => folder.path().join("built"),
        false => clone.join("target"),
    };
    let root = gradings::root().canonicalize()?;
    let cloned = Command::new("git")
        .args(["clone", "--quiet", "--no-local"])
        .arg(&root)
        .arg(&clone)
        .status();
    ensure!(
        cloned.context("cannot start git")?.success(),
        "there is no clone"
    );
    let (mut right, mut mistakes, mut wrong) = (0, 0, 0);
    for lesson in folders(&clone.join("lessons"))? {
        let package = lesson.split('-').next().unwrap_or_default();
        if !all.iter().any(|held| held.lesson() == package) {
            continue;
        }
        let learner = clone.join("lessons").join(&lesson).join("src/lib.rs");
        let solution = clone.join("solutions").join(&lesson).join("src/lib.rs");
        for (is_solution, passes) in [(false, false), (true, true)] {
            if is_solution {
                fs::copy(&solution, &learner)?;
            }
            let mut test = Command::new("cargo");
            test.args(["test", "--quiet", "--package", package]);
            let mut test = match read_only {
                false => test,
                true => {
                    let script = "mount --bind \"$0\" \"$0\" && mount -o remount,ro,bind \"$0\" && cd \"$0\" && exec \"$@\"";
                    let clone = clone.to_string_lossy();
                    behind(&["unshare", "--mount", "sh", "-c", script, &clone], &test)
                }
            };
            test.current_dir(&clone)
                .env("CARGO_TARGET_DIR", &built)
                .stdin(Stdio::null());
            let page = test.output().context("cannot start cargo")?;
            let said = String::from_utf8_lossy(&page.stdout);
            // Its closing line says that it was the grader who said so, and not the compiler.
            let closing = if passes {
                "test result: ok"
            } else {
                "test result: FAILED"
            };
            if page.status.success() != passes || !said.contains(closing) {
                wrong += 1;
                let stderr = String::from_utf8_lossy(&page.stderr);
                eprintln!("WRONG  {name}, {lesson}, the solution: {is_solution}\n{said}{stderr}");
            }
            *(if is_solution {
                &mut right
            } else {
                &mut mistakes
            }) += 1;
        }
    }
    Ok(Surrounding {
        name: name.to_owned(),
        right,
        mistakes,
        not_run: 0,
        wrong,
        run: Run::now()?,
    })
}

fn folders(of: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(of)? {
        let path = entry?.path();
        if path.is_dir() {
            found.push(
                path.file_name()
                    .unwrap_or(OsStr::new(""))
                    .to_string_lossy()
                    .into_owned(),
            );
        }
    }
    found.sort();
    Ok(found)
}
