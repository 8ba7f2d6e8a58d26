//! The verdicts for machines: libtest's JSON, one object a line, with more in it.
//!
//! Each case is one `test` event. `event` is libtest's word (`ok`, `failed`, `ignored`), `state` is ours
//! (`passed`, `failed`, `stub`, `skipped`, `waiting`); a `finding` has its stable `id`, and a stub its
//! `place`. A `suite` event stands before and after. The child that runs a case uses the same words.

use std::io;

use serde_json::{Value, json};

use super::{Out, Page};
use crate::finding::{Outcome, Verdict};
use crate::json::{finding_to_json, place_to_json};
use crate::lesson::CaseName;
use crate::runner::{Plan, Report, Summary};

/// One object a line.
pub struct Lines {
    out: Out,
    page: Page,
}

impl Lines {
    /// Writes to `out`.
    pub fn new(mut out: Out, page: Page) -> Lines {
        // JSON is UTF-8 wherever it goes.
        out.unicode = true;
        Lines { out, page }
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

    fn case(&mut self, case: CaseName, outcome: &Outcome) {
        let mut event = json!({
            "type": "test", "name": case.name, "function": case.function,
            "exec_time": outcome.took.as_secs_f64(),
        });
        let (word, state) = match &outcome.verdict {
            Verdict::Passed => ("ok", "passed"),
            Verdict::Failed(finding) => {
                event["finding"] = finding_to_json(finding);
                ("failed", "failed")
            }
            Verdict::Stub(place) => {
                event["place"] = place_to_json(place);
                ("failed", "stub")
            }
            Verdict::Skipped(reason) => {
                event["message"] = Value::from(reason.as_str());
                ("ignored", "skipped")
            }
        };
        event["event"] = Value::from(word);
        event["state"] = Value::from(state);
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
