//! The report as JUnit's XML: a test suite for each lesson, a test case for each case.
//!
//! A lesson without a verdict has a test case that is an error and says why: else nobody would look at a suite of
//! which nothing failed.

use std::time::Duration;

use harness::json::finding_from_json;
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use super::{Report, errors, state_word, trouble};
use crate::course::Lesson;
use crate::failure::Failure;
use crate::grading::{Case, Graded, Verdict};
use crate::markup::visible;

/// The report as text.
///
/// # Errors
///
/// None that is known: it is written into memory.
pub fn write(report: &Report) -> Result<String, Failure> {
    let mut junit = quick_junit::Report::new("socketlings");
    junit.set_timestamp(report.when);
    let mut took = Duration::ZERO;
    for (lesson, graded) in &report.lessons {
        let suite = suite(lesson, graded);
        took += suite.time.unwrap_or_default();
        junit.add_test_suite(suite);
    }
    junit.set_time(took);
    junit
        .to_string()
        .map_err(|error| Failure::Work(format!("cannot write the report: {error}")))
}

fn suite(lesson: &Lesson, graded: &Graded) -> TestSuite {
    let mut suite = TestSuite::new(lesson.folder());
    let state = graded.state();
    suite.set_time(graded.cases.iter().map(took).sum());
    suite.add_property(("state", state_word(&state)));
    suite.add_test_cases(graded.cases.iter().map(|case| test_case(lesson, case)));
    if let Some(reason) = trouble(lesson, graded) {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_type(state_word(&state));
        status.set_message(visible(&reason));
        if !errors(graded).is_empty() {
            status.set_description(visible(&errors(graded).join("\n")));
        }
        let mut case = TestCase::new("is graded", status);
        case.set_classname(lesson.package());
        suite.add_test_case(case);
    }
    suite
}

fn test_case(lesson: &Lesson, case: &Case) -> TestCase {
    let status = match case.verdict {
        Verdict::Passed => TestCaseStatus::success(),
        Verdict::Failed => {
            let (id, observed) = match finding_from_json(&case.finding) {
                Some(finding) => (finding.id, finding.observed),
                None => ("unknown".to_owned(), "the case failed".to_owned()),
            };
            failure(&id, &observed, &case.rendered)
        }
        Verdict::Stub => failure("stub", "still a stub", &case.rendered),
        Verdict::Skipped => skipped(&case.reason),
        Verdict::Waiting => skipped("it was not begun"),
    };
    let mut test_case = TestCase::new(visible(&case.name), status);
    let function = visible(&case.function);
    test_case.set_classname(format!("{}.{function}", lesson.package()));
    test_case.set_time(took(case));
    if !case.printed.is_empty() {
        test_case.set_system_out(visible(&case.printed));
    }
    test_case
}

fn failure(id: &str, observed: &str, rendered: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_type(visible(id));
    status.set_message(visible(observed));
    status.set_description(visible(rendered));
    status
}

fn skipped(reason: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(visible(reason));
    status
}

fn took(case: &Case) -> Duration {
    Duration::try_from_secs_f64(case.took).unwrap_or_default()
}
