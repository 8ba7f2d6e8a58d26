//! The report as one JSON object.
//!
//! | field | what it is |
//! | --- | --- |
//! | `format` | `socketlings-report` |
//! | `version` | 1, until a field goes or means something else; one more field is no new version |
//! | `when` | when the grading began, by RFC 3339, in UTC |
//! | `lessons` | the lessons, in order |
//!
//! Each lesson:
//!
//! | field | what it is |
//! | --- | --- |
//! | `number`, `name`, `package` | 1, `listen`, `lesson01` |
//! | `state` | `missing`, `does-not-compile`, `stub`, `started`, `done` or `unknown` |
//! | `reason` | of a lesson that is missing, does not compile or is unknown: why, for people; else null |
//! | `passed`, `failed`, `stubs`, `skipped` | how many cases ended so |
//! | `errors` | what the compiler said, an error each; or what cargo said |
//! | `cases` | the cases, in order |
//!
//! Each case:
//!
//! | field | what it is |
//! | --- | --- |
//! | `name`, `function` | the case, and the function that it is about; `main` for the program |
//! | `state` | `passed`, `failed`, `stub` or `skipped` |
//! | `seconds` | how long it took |
//! | `reason` | why it was skipped; else null |
//! | `printed` | what the submission printed; may be empty |
//! | `rendered` | what the grader's page for people says of it; empty where it passed |
//! | `finding` | of a case that failed, as the grader's own JSON has it, see `harness::json`; else null |
//! | `record` | when the case began, in seconds since 1970, and the trace of what happened; null where it came to no end of its own |

use chrono::SecondsFormat;
use serde_json::{Value, json};

use super::{Report, errors, state_word, trouble, verdict_word};
use crate::course::Lesson;
use crate::grading::{Case, Graded, Verdict};

/// The report as text.
pub fn write(report: &Report) -> String {
    let lessons = report.lessons.iter();
    let report = json!({
        "format": "socketlings-report",
        "version": 1,
        "when": report.when.to_rfc3339_opts(SecondsFormat::Secs, true),
        "lessons": lessons.map(|(lesson, graded)| of_lesson(lesson, graded)).collect::<Value>(),
    });
    format!("{report}\n")
}

fn of_lesson(lesson: &Lesson, graded: &Graded) -> Value {
    let state = graded.state();
    json!({
        "number": lesson.number,
        "name": lesson.name,
        "package": lesson.package(),
        "state": state_word(&state),
        "reason": trouble(lesson, graded),
        "passed": graded.passed(),
        "failed": graded.count(Verdict::Failed),
        "stubs": graded.count(Verdict::Stub),
        "skipped": graded.count(Verdict::Skipped),
        "errors": errors(graded),
        "cases": graded.cases.iter().map(of_case).collect::<Value>(),
    })
}

fn of_case(case: &Case) -> Value {
    let Case {
        name,
        function,
        verdict,
        took,
        printed,
        rendered,
        reason,
        finding,
        record,
    } = case;
    json!({
        "name": name,
        "function": function,
        "state": verdict_word(*verdict),
        "seconds": took,
        "reason": Some(reason).filter(|reason| !reason.is_empty()),
        "printed": printed,
        "rendered": rendered,
        "finding": finding,
        "record": record,
    })
}
