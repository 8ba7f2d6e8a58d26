//! What cargo and the grader said, and what it comes to.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Place, State};
use crate::course::Lesson;

/// A lesson, graded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Graded {
    /// What the compiler had to say about errors, as it would have stood on the terminal.
    pub errors: Vec<String>,
    /// The first of the lesson's files with an error, in the order of [`Place`].
    pub broken: Option<Place>,
    /// How many cases the grader was going to grade.
    pub asked: usize,
    /// In order; those that were never begun are the last.
    pub cases: Vec<Case>,
    suites_started: usize,
    suites_ok: usize,
    build_failed: bool,
    /// What it all comes to, once it is over.
    concluded: Option<State>,
}

/// A case, graded or waiting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Case {
    pub name: String,
    /// The function that it is about; `main` for the program.
    pub function: String,
    pub verdict: Verdict,
    /// In seconds.
    pub took: f64,
    /// What the submission printed.
    pub printed: String,
    /// What the page for people says of it; nothing of one that is passed.
    pub rendered: String,
    /// Why it was skipped.
    pub reason: String,
    /// The finding, as the grader's JSON has it, or null; see [`harness::json::finding_from_json`].
    pub finding: Value,
    /// Its record, or null; see [`harness::json::record_from_json`].
    pub record: Value,
}

/// The grader's word for how a case ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    Passed,
    Failed,
    Stub,
    Skipped,
    Waiting,
}

impl Case {
    fn read(event: &Value) -> Option<Case> {
        let text = |key: &str| event[key].as_str().unwrap_or_default();
        let verdict = match (text("event"), text("state")) {
            ("ok", _) => Verdict::Passed,
            ("failed", "stub") => Verdict::Stub,
            ("failed", _) => Verdict::Failed,
            ("ignored", "skipped" | "") => Verdict::Skipped,
            ("ignored", _) => Verdict::Waiting,
            _ => return None,
        };
        Some(Case {
            name: text("name").to_owned(),
            function: text("function").to_owned(),
            verdict,
            took: event["exec_time"].as_f64().unwrap_or(0.0),
            printed: text("stdout").to_owned(),
            rendered: text("rendered").to_owned(),
            reason: text("message").to_owned(),
            finding: event["finding"].clone(),
            record: event["record"].clone(),
        })
    }

    /// Whether it was graded and is not as it should be.
    pub fn is_to_do(&self) -> bool {
        matches!(self.verdict, Verdict::Failed | Verdict::Stub)
    }
}

impl Graded {
    /// The lesson, or a file that it cannot be without, is not there; what to say of that.
    pub fn missing(words: String) -> Graded {
        Graded {
            errors: vec![words],
            concluded: Some(State::Missing),
            ..Graded::default()
        }
    }

    /// Takes in a line of what cargo and the grader wrote.
    pub fn read(&mut self, line: &str, lesson: &Lesson) {
        if !line.trim_start().starts_with('{') {
            return;
        }
        let Ok(event) = serde_json::from_str::<Value>(line) else {
            return;
        };
        let text = |key: &str| event[key].as_str().unwrap_or_default();
        match (text("reason"), text("type"), text("event")) {
            ("compiler-message", _, _) => self.compiler_message(&event, lesson),
            ("build-finished", _, _) => self.build_failed |= event["success"] == false,
            ("", "suite", "started") => {
                self.suites_started += 1;
                let count = event["test_count"].as_u64().unwrap_or(0);
                self.asked += usize::try_from(count).unwrap_or(0);
            }
            ("", "suite", "ok") => self.suites_ok += 1,
            ("", "test", _) => self.cases.extend(Case::read(&event)),
            _ => {}
        }
    }

    fn compiler_message(&mut self, message: &Value, lesson: &Lesson) {
        let manifest = Path::new(message["manifest_path"].as_str().unwrap_or_default());
        let of_lesson = Path::new("lessons")
            .join(lesson.folder())
            .join("Cargo.toml");
        if message["message"]["level"] != "error" {
            return;
        }
        let rendered = message["message"]["rendered"].as_str().unwrap_or_default();
        self.errors.push(rendered.to_owned());
        if !manifest.ends_with(of_lesson) {
            return;
        }
        let place = match message["target"]["kind"][0].as_str() {
            Some("bin" | "example") => Place::Program,
            Some("test" | "bench") => Place::Grade,
            _ => Place::Library,
        };
        self.broken = Some(self.broken.map_or(place, |known| known.min(place)));
    }

    /// Nothing more will come: cargo ended, well or not, and wrote `stderr`.
    pub fn conclude(&mut self, success: bool, stderr: &str) {
        let state = self.judge(success, stderr);
        if matches!(state, State::Unknown(_)) && self.errors.is_empty() {
            self.errors.push(stderr.to_owned());
        }
        self.concluded = Some(state);
    }

    /// What it came to.
    pub fn state(&self) -> State {
        self.concluded
            .clone()
            .unwrap_or_else(|| State::Unknown("the grading is not over".to_owned()))
    }

    /// The first case that is not as it should be.
    pub fn first_to_do(&self) -> Option<&Case> {
        self.cases.iter().find(|case| case.is_to_do())
    }

    /// How many cases are passed.
    pub fn passed(&self) -> usize {
        self.count(Verdict::Passed)
    }

    /// How many cases ended so.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.cases
            .iter()
            .filter(|case| case.verdict == verdict)
            .count()
    }

    fn judge(&self, success: bool, stderr: &str) -> State {
        if let Some(place) = self.broken {
            return State::DoesNotCompile(place);
        }
        let passed = self.passed();
        let stubs = self.count(Verdict::Stub);
        let skipped = self.count(Verdict::Skipped);
        let not_passed = self.count(Verdict::Failed) + self.count(Verdict::Waiting);
        if self.build_failed || self.suites_started == 0 {
            // Cargo's first error says most. The others tend to be its consequences.
            let error = stderr.lines().find_map(|line| {
                let line = anstream::adapter::strip_str(line).to_string();
                line.strip_prefix("error: ").map(str::to_owned)
            });
            return State::Unknown(error.unwrap_or_else(|| "the grader did not start".to_owned()));
        }
        if success && stubs + not_passed == 0 && self.suites_ok == self.suites_started && passed > 0
        {
            return State::Done { passed, skipped };
        }
        if stubs + not_passed == 0 {
            return State::Unknown("the grader ended before it was done".to_owned());
        }
        if stubs > 0 && !self.has_begun() {
            return State::Stub;
        }
        State::Started {
            passed,
            cases: passed + stubs + not_passed,
        }
    }

    /// Whether a case of the library came to a verdict other than that it is a stub.
    fn has_begun(&self) -> bool {
        self.cases.iter().any(|case| {
            case.function != "main" && matches!(case.verdict, Verdict::Passed | Verdict::Failed)
        })
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
        graded(stdout, success, "").state()
    }

    fn graded(stdout: &str, success: bool, stderr: &str) -> Graded {
        let mut graded = Graded::default();
        stdout.lines().for_each(|line| graded.read(line, &lesson()));
        graded.conclude(success, stderr);
        graded
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
        let state = graded("", false, stderr).state();
        assert_eq!(state, State::Unknown("no such package".to_owned()));
    }
}
