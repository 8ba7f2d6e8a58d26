//! Two judges for the program of lesson 05: what its rubric lets pass is put beside curl, by the table of
//! `harness/tests/curl`.
//!
//! `cargo mutants` would run both to their ends for each mutant. Here each mutant's program is built in a copy of the
//! project, and graded until the first thing that is wrong.

use std::cell::RefCell;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result, bail, ensure};
use harness::kernel;
use harness::submission::PROGRAM_COMMAND_VARIABLE;
use serde_json::Value;

use super::{Mutant, Verdict};
use crate::gradings::{root, target};
use crate::record::Run;

/// The files that are judged so.
const FOLDER: &str = "solutions/lesson05-fetch/src/";
/// Not the functions, which are what the rubric is about.
const BUT: &str = "solutions/lesson05-fetch/src/lib.rs";
const PROGRAM: &str = "solution-fetch";
/// Names the file of the table whose lines come first.
const FIRST_VARIABLE: &str = "HARNESS_TESTS_FIRST";
/// A judge that takes longer has hung. One case or one row that hangs is ended by the judge itself, see
/// `.cargo/mutants.toml`.
const LIMIT: Duration = Duration::from_secs(180);

pub fn has_second_judge(file: &str) -> bool {
    file.starts_with(FOLDER) && file != BUT
}

/// A copy of the project to change and build in, and two judges.
pub struct Bench {
    /// When, and of which commit.
    pub made: Run,
    package: String,
    tree: PathBuf,
    target: PathBuf,
    rubric: PathBuf,
    table: PathBuf,
    /// Where in the table the last mutant failed. The next one, a few lines on in the source, often fails there, too.
    first: RefCell<String>,
}

#[derive(PartialEq, Eq, Debug)]
enum Said {
    Right,
    /// By which file of the table.
    Wrong(String),
    Nothing,
}

impl Bench {
    /// Copies, builds, and makes sure of the judges.
    pub fn new(package: &str) -> Result<Bench> {
        let folder = target()?.join("trust/mutants");
        let mut bench = Bench {
            made: Run::now()?,
            package: package.to_owned(),
            tree: folder.join("tree"),
            target: folder.join("target"),
            rubric: PathBuf::new(),
            table: PathBuf::new(),
            first: RefCell::default(),
        };
        copy(&bench.tree)?;
        eprintln!("building the program and its judges");
        ensure!(bench.build()?, "the solution does not compile");
        bench.rubric = bench.judge_named(package, "grade")?;
        bench.table = bench.judge_named("harness-tests", "curl")?;
        // A judge who skips all that there is would let everything pass.
        let (solution, wrong) = (bench.program(), Path::new("true"));
        for judge in [&bench.rubric, &bench.table] {
            let name = judge.display();
            ensure!(
                bench.ask(judge, &solution)? == Said::Right,
                "{name} fails the solution"
            );
            ensure!(
                matches!(bench.ask(judge, wrong)?, Said::Wrong(_)),
                "{name} does not fail true(1)"
            );
        }
        Ok(bench)
    }

    /// The verdicts on these mutants.
    pub fn judge(&self, mutants: &[Mutant]) -> Result<Vec<Verdict>> {
        let mut verdicts = Vec::new();
        for mutant in mutants {
            let file = self.tree.join(&mutant.file);
            let source =
                fs::read_to_string(&file).with_context(|| format!("{}", file.display()))?;
            fs::write(&file, mutant.applied(&source))?;
            let verdict = self.judge_what_is_there();
            fs::write(&file, source)?;
            let verdict = verdict?;
            eprintln!("{verdict:?}: {}: {}", mutant.place, mutant.mutant);
            verdicts.push(verdict);
        }
        Ok(verdicts)
    }

    fn judge_what_is_there(&self) -> Result<Verdict> {
        if !self.build()? {
            return Ok(Verdict::DoesNotCompile);
        }
        let program = self.program();
        for (judge, verdict) in [
            (&self.rubric, Verdict::KilledByRubric),
            (&self.table, Verdict::KilledByCurl),
        ] {
            match self.ask(judge, &program)? {
                Said::Right => {}
                Said::Wrong(place) => {
                    self.first.replace(place);
                    return Ok(verdict);
                }
                Said::Nothing => return Ok(Verdict::TimedOut),
            }
        }
        Ok(Verdict::Missed)
    }

    fn program(&self) -> PathBuf {
        let name = format!("{PROGRAM}{}", std::env::consts::EXE_SUFFIX);
        self.target.join("debug").join(name)
    }

    fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO"));
        command
            .args(arguments)
            .current_dir(&self.tree)
            .env("CARGO_TARGET_DIR", &self.target)
            // As cap_lints in `.cargo/mutants.toml` has it.
            .env("RUSTFLAGS", "--cap-lints=warn")
            .stdin(Stdio::null());
        command
    }

    /// Does it compile?
    fn build(&self) -> Result<bool> {
        let arguments = [
            "build",
            "--quiet",
            "--package",
            &self.package,
            "--bin",
            PROGRAM,
        ];
        let output = self.cargo(&arguments).output();
        Ok(output.context("cannot start cargo")?.status.success())
    }

    /// Builds a test of the copy, and gives its program.
    fn judge_named(&self, package: &str, test: &str) -> Result<PathBuf> {
        let output = self
            .cargo(&["test", "--no-run", "--package", package, "--test", test])
            .args(["--message-format", "json-render-diagnostics"])
            .stderr(Stdio::inherit())
            .output()
            .context("cannot start cargo")?;
        ensure!(output.status.success(), "{test} does not compile");
        executable(&String::from_utf8_lossy(&output.stdout), test)
            .with_context(|| format!("cargo does not tell where {test} is"))
    }

    fn ask(&self, judge: &Path, program: &Path) -> Result<Said> {
        let program = program.to_str().context("this folder has an odd name")?;
        let mut command = Command::new(judge);
        command
            .env(PROGRAM_COMMAND_VARIABLE, format!("'{program}'"))
            .env(FIRST_VARIABLE, &*self.first.borrow())
            .current_dir(&self.tree)
            .stdin(Stdio::null())
            .stderr(Stdio::null());
        ask(command, LIMIT)
    }
}

/// Runs a judge until it has seen something wrong.
fn ask(mut command: Command, limit: Duration) -> Result<Said> {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let end = Instant::now() + limit;
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let lines = lines(child.stdout.take().context("stdout is a pipe")?);
    let said = loop {
        match lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
            // The rubric ends by itself at the first case.
            Ok(line) => {
                if let Some(place) = failed(&line) {
                    break Said::Wrong(place.to_owned());
                }
            }
            Err(RecvTimeoutError::Timeout) => break Said::Nothing,
            Err(RecvTimeoutError::Disconnected) => {
                return match child.wait()?.success() {
                    true => Ok(Said::Right),
                    false => Ok(Said::Wrong(String::new())),
                };
            }
        }
    };
    end_all(child)?;
    Ok(said)
}

/// `test [05-sending] form-empty ... FAILED`: gives `05-sending`.
fn failed(line: &str) -> Option<&str> {
    let test = line.strip_prefix("test ")?.strip_suffix("... FAILED")?;
    let place = test.strip_prefix('[').and_then(|it| it.split_once(']'));
    Some(place.map_or("", |(place, _)| place))
}

fn end_all(mut judge: Child) -> Result<()> {
    // Also the programs that it has started.
    kernel::kill_group(judge.id());
    judge.kill()?;
    judge.wait()?;
    Ok(())
}

fn lines(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).into_owned();
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

/// Where cargo's messages say that this test is.
fn executable(messages: &str, test: &str) -> Option<PathBuf> {
    let messages = messages.lines().map(serde_json::from_str::<Value>);
    let mut tests = messages
        .flatten()
        .filter(|it| it["target"]["name"] == test && it["target"]["kind"][0] == "test");
    tests.find_map(|it| it["executable"].as_str().map(PathBuf::from))
}

/// Makes `tree` a copy of the project, as it is now.
fn copy(tree: &Path) -> Result<()> {
    let output = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(root())
        .output()
        .context("cannot start git")?;
    if !output.status.success() {
        bail!("git: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    if tree.exists() {
        fs::remove_dir_all(tree)?;
    }
    for name in String::from_utf8(output.stdout)?.split_terminator('\0') {
        let (from, to) = (root().join(name), tree.join(name));
        if !from.is_file() {
            continue; // it has been removed
        }
        fs::create_dir_all(to.parent().context("a file is in a folder")?)?;
        fs::copy(&from, &to).with_context(|| name.to_owned())?;
        // What has not changed since the last run need not be built again, but for what the last run has changed.
        let time = match name.starts_with(FOLDER) {
            true => SystemTime::now(),
            false => fs::metadata(&from)?.modified()?,
        };
        fs::File::options()
            .write(true)
            .open(&to)?
            .set_modified(time)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn the_program_has_two_judges_and_the_functions_have_one() {
        assert!(has_second_judge("solutions/lesson05-fetch/src/form.rs"));
        assert!(!has_second_judge("solutions/lesson05-fetch/src/lib.rs"));
        assert!(!has_second_judge("solutions/lesson04-http/src/main.rs"));
    }

    #[test]
    #[cfg(unix)]
    fn a_judge_that_ends_has_said_it() {
        assert_eq!(ask(shell("echo test a ... ok"), LONG).unwrap(), Said::Right);
        let wrong = Said::Wrong(String::new());
        assert_eq!(ask(shell("exit 101"), LONG).unwrap(), wrong);
    }

    #[test]
    #[cfg(unix)]
    fn a_judge_is_ended_at_the_first_failure_with_all_that_it_started() {
        // The test would wait for the pipe of `sleep` if it were left.
        let judge = shell("echo 'test [01-one] a ... FAILED'; sleep 1000 & wait");
        let wrong = Said::Wrong("01-one".to_owned());
        assert_eq!(ask(judge, LONG).unwrap(), wrong);
    }

    #[test]
    #[cfg(unix)]
    fn a_judge_that_hangs_has_said_nothing() {
        let judge = shell("sleep 1000 & wait");
        assert_eq!(ask(judge, Duration::ZERO).unwrap(), Said::Nothing);
    }

    #[test]
    fn a_test_s_program_is_found_among_the_messages_of_cargo() {
        let messages = r#"{"reason":"compiler-artifact","target":{"kind":["lib"],"name":"curl"},"executable":null}
{"reason":"compiler-artifact","target":{"kind":["test"],"name":"curl"},"executable":"/a/curl-1"}
{"reason":"build-finished","success":true}"#;
        assert_eq!(executable(messages, "curl"), Some("/a/curl-1".into()));
        assert_eq!(executable(messages, "grade"), None);
    }
}
