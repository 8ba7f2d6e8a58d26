//! Runs a lesson's grader, and reads what it and cargo say.
//!
//! The grader prints libtest's JSON, one object a line; cargo prints objects of its own in between.
//! Whatever else is there is passed over.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::course::{Course, Lesson};

/// How far a learner is with a lesson.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    /// The lesson's folder is not there.
    Missing,
    /// The compiler found something in this file.
    DoesNotCompile(Place),
    /// Every case of the library meets a `todo!()`. The program around it is given and may well pass
    /// a case.
    Stub,
    /// Some cases pass, others do not.
    Started { passed: usize, cases: usize },
    /// Every case passes that this system can run.
    Done { passed: usize, skipped: usize },
    /// The grader gave no verdict, for this reason.
    Unknown(String),
}

/// Which file of a lesson does not compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    Library,
    /// `tests/grade.rs`, which names each function and its signature.
    Grade,
    /// `src/main.rs`, or any other program.
    Program,
}

impl State {
    pub fn is_done(&self) -> bool {
        matches!(self, State::Done { .. })
    }

    /// Whether the learner has not begun.
    pub fn is_fresh(&self) -> bool {
        matches!(self, State::Stub | State::Missing)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            State::Missing => f.write_str("is missing"),
            State::DoesNotCompile(_) => f.write_str("does not compile"),
            State::Stub => f.write_str("still a stub"),
            State::Started { passed, cases } => write!(f, "{passed} of {cases} cases pass"),
            State::Done { passed, skipped: 0 } => write!(f, "done, all {passed} cases pass"),
            State::Done { passed, skipped } => {
                write!(f, "done, {passed} cases pass, {skipped} cannot run here")
            }
            State::Unknown(reason) => write!(f, "not graded: {reason}"),
        }
    }
}

/// Grades `lesson`, all of it, without a word on the terminal.
///
/// # Errors
///
/// Cargo cannot be started.
pub fn grade(course: &Course, lesson: &Lesson) -> io::Result<State> {
    if !course.lesson_dir(lesson).join("Cargo.toml").exists() {
        return Ok(State::Missing);
    }
    let output = cargo_test(course, lesson)
        .args([
            "--message-format",
            "json",
            "--",
            "--format",
            "json",
            "--no-fail-fast",
        ])
        .stdin(Stdio::null())
        .output()?;
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    Ok(state(
        &Events::read(&stdout, lesson),
        output.status.success(),
        &stderr,
    ))
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
    Ok(Events::read(&String::from_utf8_lossy(&output.stdout), lesson).broken)
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
    let stdout = String::from_utf8_lossy(&output.stdout);
    Ok(stdout
        .lines()
        .filter_map(|line| line.strip_suffix(": test"))
        .map(str::to_owned)
        .collect())
}

/// `cargo test` for `lesson`, to be given more arguments.
pub fn cargo_test(course: &Course, lesson: &Lesson) -> Command {
    // Cargo says which of several cargos it is to those that it runs.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(cargo);
    command
        .current_dir(course.root())
        .args(["test", "--package", &lesson.package()]);
    command
}

/// What a run of `cargo test` said.
#[derive(Debug, Default, PartialEq)]
struct Events {
    /// The first of the lesson's files with an error, in the order of [`Place`].
    broken: Option<Place>,
    /// Cargo said that the build failed.
    build_failed: bool,
    suites_started: usize,
    suites_ok: usize,
    passed: usize,
    /// Failed, but only because `todo!()` was reached.
    stubs: usize,
    skipped: usize,
    /// Anything else: failed, or never run.
    not_passed: usize,
    /// A case of the library came to a verdict.
    begun: bool,
}

impl Events {
    fn read(stdout: &str, lesson: &Lesson) -> Events {
        let mut events = Events::default();
        let objects = stdout
            .lines()
            .filter(|line| line.trim_start().starts_with('{'));
        for event in objects.filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
            let text = |key: &str| event[key].as_str().unwrap_or_default();
            match (text("reason"), text("type"), text("event")) {
                ("compiler-message", _, _) => events.compiler_message(&event, lesson),
                ("build-finished", _, _) => events.build_failed |= event["success"] == false,
                ("", "suite", "started") => events.suites_started += 1,
                ("", "suite", "ok") => events.suites_ok += 1,
                ("", "test", event @ ("ok" | "failed" | "ignored")) => {
                    let counter = match (event, text("state")) {
                        ("ok", _) => &mut events.passed,
                        (_, "stub") => &mut events.stubs,
                        ("ignored", "skipped" | "") => &mut events.skipped,
                        _ => &mut events.not_passed,
                    };
                    *counter += 1;
                    let of_library = text("function") != "main";
                    events.begun |= of_library && matches!(text("state"), "passed" | "failed");
                }
                _ => {}
            }
        }
        events
    }

    fn compiler_message(&mut self, message: &Value, lesson: &Lesson) {
        let manifest = Path::new(message["manifest_path"].as_str().unwrap_or_default());
        let of_lesson = Path::new("lessons")
            .join(lesson.folder())
            .join("Cargo.toml");
        if message["message"]["level"] != "error" || !manifest.ends_with(of_lesson) {
            return;
        }
        let place = match message["target"]["kind"][0].as_str() {
            Some("bin" | "example") => Place::Program,
            Some("test" | "bench") => Place::Grade,
            _ => Place::Library,
        };
        self.broken = Some(self.broken.map_or(place, |known| known.min(place)));
    }
}

/// What `events` mean, when cargo ended well or not and wrote `stderr`.
fn state(events: &Events, success: bool, stderr: &str) -> State {
    if let Some(place) = events.broken {
        return State::DoesNotCompile(place);
    }
    let Events {
        passed,
        stubs,
        skipped,
        not_passed,
        ..
    } = *events;
    if events.build_failed || events.suites_started == 0 {
        // Cargo's first error says most. The others tend to be its consequences.
        let error = stderr.lines().find_map(|line| line.strip_prefix("error: "));
        return State::Unknown(error.unwrap_or("the grader did not start").to_owned());
    }
    if success && stubs + not_passed == 0 && events.suites_ok == events.suites_started && passed > 0
    {
        return State::Done { passed, skipped };
    }
    if stubs + not_passed == 0 {
        return State::Unknown("the grader ended before it was done".to_owned());
    }
    if stubs > 0 && !events.begun {
        return State::Stub;
    }
    State::Started {
        passed,
        cases: passed + stubs + not_passed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lesson() -> Lesson {
        Lesson {
            number: 1,
            name: "listen".to_owned(),
        }
    }

    fn of(stdout: &str, success: bool) -> State {
        state(&Events::read(stdout, &lesson()), success, "")
    }

    const STARTED: &str = "{\"type\":\"suite\",\"event\":\"started\",\"test_count\":2}\n";
    const PASSED: &str =
        "{\"type\":\"test\",\"event\":\"ok\",\"name\":\"a\",\"state\":\"passed\"}\n";
    const FAILED: &str =
        "{\"type\":\"test\",\"event\":\"failed\",\"name\":\"b\",\"state\":\"failed\"}\n";
    const STUB: &str =
        "{\"type\":\"test\",\"event\":\"failed\",\"name\":\"c\",\"state\":\"stub\"}\n";
    const SKIPPED: &str =
        "{\"type\":\"test\",\"event\":\"ignored\",\"name\":\"d\",\"state\":\"skipped\"}\n";
    const WAITING: &str =
        "{\"type\":\"test\",\"event\":\"ignored\",\"name\":\"e\",\"state\":\"waiting\"}\n";
    const OK: &str = "{\"type\":\"suite\",\"event\":\"ok\",\"passed\":2,\"failed\":0}\n";
    const NOT_OK: &str = "{\"type\":\"suite\",\"event\":\"failed\",\"passed\":1,\"failed\":1}\n";

    #[test]
    fn a_lesson_is_done_when_all_that_can_run_passes() {
        let all = [STARTED, PASSED, PASSED, OK].concat();
        assert_eq!(
            of(&all, true),
            State::Done {
                passed: 2,
                skipped: 0
            }
        );
        let but_one = [STARTED, PASSED, SKIPPED, OK].concat();
        assert_eq!(
            of(&but_one, true),
            State::Done {
                passed: 1,
                skipped: 1
            }
        );
    }

    #[test]
    fn a_lesson_is_not_done_when_anything_is_missing_from_that() {
        let failing_exit = of(&[STARTED, PASSED, OK].concat(), false);
        let no_end = of(&[STARTED, PASSED].concat(), true);
        let nothing_ran = of(&[STARTED, OK].concat(), true);
        let waiting = of(&[STARTED, PASSED, WAITING, OK].concat(), true);
        for state in [failing_exit, no_end, nothing_ran, waiting] {
            assert!(!state.is_done(), "{state:?}");
        }
    }

    #[test]
    fn a_stub_is_a_lesson_where_only_todos_were_met() {
        assert_eq!(
            of(&[STARTED, STUB, STUB, NOT_OK].concat(), false),
            State::Stub
        );
        assert_eq!(
            of(&[STARTED, STUB, SKIPPED, NOT_OK].concat(), false),
            State::Stub
        );
        let started = State::Started {
            passed: 0,
            cases: 2,
        };
        assert_eq!(
            of(&[STARTED, STUB, FAILED, NOT_OK].concat(), false),
            started
        );
    }

    #[test]
    fn the_given_program_does_not_make_a_stub_a_start() {
        let program = |verdict: &str| verdict.replace("\"name\"", "\"function\":\"main\",\"name\"");
        let passed = [STARTED, STUB, &program(PASSED), &program(FAILED), NOT_OK].concat();
        assert_eq!(of(&passed, false), State::Stub);
        let begun = [STARTED, STUB, &program(PASSED), PASSED, NOT_OK].concat();
        assert_eq!(
            of(&begun, false),
            State::Started {
                passed: 2,
                cases: 3
            }
        );
    }

    #[test]
    fn what_cannot_run_here_counts_neither_way() {
        let lines = [STARTED, PASSED, FAILED, STUB, SKIPPED, NOT_OK].concat();
        assert_eq!(
            of(&lines, false),
            State::Started {
                passed: 1,
                cases: 3
            }
        );
    }

    #[test]
    fn other_lines_are_passed_over() {
        let noise = "   Compiling x\n{not json}\n[1]\n{\"type\":\"report\"}\n{\"reason\":\"x\"}\n";
        let started = "{\"type\":\"test\",\"event\":\"started\",\"name\":\"a\"}\n";
        let lines = [noise, STARTED, started, noise, PASSED, "  ", OK, "\nbye\n"].concat();
        assert_eq!(
            of(&lines, true),
            State::Done {
                passed: 1,
                skipped: 0
            }
        );
    }

    fn compiler_message(folder: &str, kind: &str, level: &str) -> String {
        serde_json::json!({
            "reason": "compiler-message",
            "manifest_path": format!("/somewhere/lessons/{folder}/Cargo.toml"),
            "target": { "kind": [kind] },
            "message": { "level": level },
        })
        .to_string()
            + "\n"
    }

    const BUILD_FAILED: &str = "{\"reason\":\"build-finished\",\"success\":false}\n";

    #[test]
    fn an_error_is_looked_for_in_the_library_first() {
        let of = |kinds: &[&str]| {
            let lines: String = kinds
                .iter()
                .map(|kind| compiler_message("lesson01-listen", kind, "error"))
                .collect();
            of(&(lines + BUILD_FAILED), false)
        };
        assert_eq!(of(&["lib"]), State::DoesNotCompile(Place::Library));
        assert_eq!(of(&["bin"]), State::DoesNotCompile(Place::Program));
        assert_eq!(of(&["bin", "test"]), State::DoesNotCompile(Place::Grade));
        assert_eq!(of(&["test", "lib"]), State::DoesNotCompile(Place::Library));
    }

    #[test]
    fn warnings_and_errors_elsewhere_are_not_the_lessons() {
        let warning = compiler_message("lesson01-listen", "lib", "warning");
        let elsewhere = compiler_message("lesson02-echo", "lib", "error");
        assert_eq!(
            of(&[&warning, STARTED, PASSED, OK].concat(), true),
            State::Done {
                passed: 1,
                skipped: 0
            }
        );
        let state = of(&[&elsewhere, BUILD_FAILED].concat(), false);
        assert!(matches!(state, State::Unknown(_)), "{state:?}");
    }

    #[test]
    fn cargos_own_error_is_the_reason_when_nothing_ran() {
        let stderr = "   Updating\nerror: no such package\nerror: other\n";
        let state = state(&Events::default(), false, stderr);
        assert_eq!(state, State::Unknown("no such package".to_owned()));
    }
}
