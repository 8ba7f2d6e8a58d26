//! The verdicts for machines: libtest's JSON, one object a line, with more in it.
//!
//! Each case is one `test` event. `event` is libtest's word (`ok`, `failed`, `ignored`), `state` is ours
//! (`passed`, `failed`, `stub`, `skipped`, `waiting`); a `finding` has its stable `id`, and a stub its
//! `place`. Both come with `rendered`, the words of the page for people; with colours under `--color always`.
//! With `--record` each case that came to an end of its own has its `record`: when it began, in seconds since
//! 1970, and the `trace` of what happened. A `suite` event stands before and after. The child that runs a case uses the same words.

use std::io;

use libtest_mimic::Arguments;
use serde_json::{Value, json};

use super::terminal::Explained;
use super::{Out, Page, Written};
use crate::finding::{Outcome, Verdict};
use crate::json::{finding_to_json, place_to_json, record_to_json};
use crate::lesson::CaseName;
use crate::runner::{Plan, Report, Summary};

/// One object a line.
pub struct Lines {
    out: Out,
    page: Page,
    explained: Explained,
    written: Written,
    passed: usize,
}

impl Lines {
    /// Writes to `out`.
    pub fn new(mut out: Out, page: Page, options: &Arguments) -> Lines {
        // JSON is UTF-8 wherever it goes.
        out.unicode = true;
        let (in_memory, written) = Out::in_memory(options);
        Lines {
            out,
            page,
            explained: Explained::new(in_memory, page),
            written,
            passed: 0,
        }
    }
}

impl Report for Lines {
    fn begin(&mut self, plan: &Plan<'_>) {
        let event = json!({
            "type": "suite", "event": "started", "test_count": plan.cases.len(),
            "lesson": self.page.number, "name": self.page.name, "chapter": self.page.chapter,
            "package": plan.submission.package,
        });
        self.out.line(&event.to_string());
    }

    fn case(&mut self, plan: &Plan<'_>, case: CaseName, outcome: &Outcome) {
        let mut event = json!({
            "type": "test", "name": case.name, "function": case.function,
            "exec_time": outcome.took.as_secs_f64(),
        });
        let (word, state) = match &outcome.verdict {
            Verdict::Passed => {
                self.passed += 1;
                ("ok", "passed")
            }
            Verdict::Failed(finding) => {
                event["finding"] = finding_to_json(finding);
                self.explained.tell(plan, case, finding, &outcome.printed);
                ("failed", "failed")
            }
            Verdict::Stub(place) => {
                event["place"] = place_to_json(place);
                self.explained.start_here(place, case, self.passed);
                ("failed", "stub")
            }
            Verdict::Skipped(reason) => {
                event["message"] = Value::from(reason.as_str());
                ("ignored", "skipped")
            }
        };
        event["event"] = Value::from(word);
        event["state"] = Value::from(state);
        let rendered = self.written.take();
        if !rendered.is_empty() {
            event["rendered"] = Value::from(rendered.trim_start_matches('\n'));
        }
        if let Some(record) = &outcome.record {
            event["record"] = record_to_json(record);
        }
        if !outcome.printed.is_empty() {
            event["stdout"] = Value::from(outcome.printed.as_str());
        }
        self.out.line(&event.to_string());
    }

    fn end(&mut self, _: &Plan<'_>, waiting: &[CaseName], summary: &Summary) {
        for case in waiting {
            let event = json!({
                "type": "test", "event": "ignored", "state": "waiting",
                "name": case.name, "function": case.function,
            });
            self.out.line(&event.to_string());
        }
        let event = json!({
            "type": "suite", "event": if summary.is_green() { "ok" } else { "failed" },
            "passed": summary.passed, "failed": summary.failed,
            "ignored": summary.skipped + summary.waiting, "measured": 0,
            "filtered_out": summary.filtered_out, "exec_time": summary.took.as_secs_f64(),
        });
        self.out.line(&event.to_string());
    }

    fn trouble(&mut self) -> Option<io::Error> {
        self.out.trouble()
    }
}
