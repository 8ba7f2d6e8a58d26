//! Selects, orders, runs in parallel, collects. Knows no lesson and no terminal.

use std::collections::BTreeMap;
use std::io;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use crate::finding::{Outcome, Verdict};
use crate::isolate::{self, Job, Output, Running};
use crate::kernel;
use crate::lesson::CaseName;
use crate::submission::Submission;

/// What to run, and how.
pub struct Plan<'a> {
    /// Who is graded.
    pub submission: &'a Submission,
    /// The cases that were asked for, in order.
    pub cases: &'a [CaseName],
    /// How many the arguments left out.
    pub filtered_out: usize,
    /// What becomes of what the submission prints.
    pub output: Output,
    /// Is the record of every case wanted, also of one that is passed?
    pub record: bool,
    /// Go on after the first case that is not passed?
    pub after_failure: AfterFailure,
    /// How many cases at once; `None`: four for each processor.
    pub threads: Option<usize>,
}

/// What becomes of the cases after the first that is not passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterFailure {
    /// They are not run.
    Wait,
    /// They are run all the same.
    GoOn,
}

/// Is told of a run as it goes.
pub trait Report {
    /// Before the first case.
    fn begin(&mut self, plan: &Plan<'_>);
    /// A case is done, and so are all before it.
    fn case(&mut self, plan: &Plan<'_>, case: CaseName, outcome: &Outcome);
    /// All is done; `waiting` were not begun.
    fn end(&mut self, plan: &Plan<'_>, waiting: &[CaseName], summary: &Summary);
    /// What went wrong with writing, once.
    fn trouble(&mut self) -> Option<io::Error>;
}

/// The sums of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// How many hold.
    pub passed: usize,
    /// How many do not, or are still stubs.
    pub failed: usize,
    /// Not gradable on this machine.
    pub skipped: usize,
    /// Not run, because an earlier case was not passed.
    pub waiting: usize,
    /// How many the arguments left out.
    pub filtered_out: usize,
    /// The whole run.
    pub took: Duration,
}

impl Summary {
    /// Nothing failed and nothing waits.
    pub fn is_green(&self) -> bool {
        self.failed == 0 && self.waiting == 0
    }
}

/// Runs the plan, and reports each case in order as soon as it and all before it are done.
pub fn run(plan: &Plan<'_>, report: &mut dyn Report) -> Summary {
    let began = Instant::now();
    let mut summary = Summary {
        filtered_out: plan.filtered_out,
        ..Summary::default()
    };
    report.begin(plan);

    // So that whatever a case leaves behind can be found.
    kernel::adopt_orphans();
    let running = Running::default();
    let next = AtomicUsize::new(0);
    // The first case that was not passed: none after it is begun.
    let last = AtomicUsize::new(plan.cases.len());
    // A case waits more than it works.
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    let workers = plan
        .threads
        .unwrap_or(4 * processors)
        .clamp(1, plan.cases.len().max(1));
    let (done, outcomes) = channel();
    std::thread::scope(|scope| {
        for _ in 0..workers {
            let done = done.clone();
            let (running, next, last) = (&running, &next, &last);
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::SeqCst);
                    let Some(case) = plan.cases.get(index) else {
                        return;
                    };
                    if index > last.load(Ordering::SeqCst) {
                        return;
                    }
                    let outcome = isolate::run(
                        Job {
                            index,
                            case: *case,
                            submission: plan.submission,
                            output: plan.output,
                            record: plan.record,
                        },
                        running,
                    );
                    if plan.after_failure == AfterFailure::Wait && !is_fine(&outcome) {
                        last.fetch_min(index, Ordering::SeqCst);
                        running.kill_after(last.load(Ordering::SeqCst));
                    }
                    if done.send((index, outcome)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(done);
        let mut early: BTreeMap<usize, Outcome> = BTreeMap::new();
        let mut shown = 0;
        for (index, outcome) in outcomes {
            early.insert(index, outcome);
            while let Some(outcome) = early.remove(&shown) {
                if shown <= last.load(Ordering::SeqCst) {
                    count(&mut summary, &outcome);
                    report.case(plan, plan.cases[shown], &outcome);
                }
                shown += 1;
            }
        }
    });
    // A process that came into the world while its case's verdict was on the way.
    running.kill_strays();
    let ran = plan
        .cases
        .len()
        .min(last.load(Ordering::SeqCst).saturating_add(1));
    summary.waiting = plan.cases.len() - ran;
    summary.took = began.elapsed();
    report.end(plan, &plan.cases[ran..], &summary);
    summary
}

fn is_fine(outcome: &Outcome) -> bool {
    matches!(outcome.verdict, Verdict::Passed | Verdict::Skipped(_))
}

fn count(summary: &mut Summary, outcome: &Outcome) {
    match outcome.verdict {
        Verdict::Passed => summary.passed += 1,
        Verdict::Skipped(_) => summary.skipped += 1,
        Verdict::Failed(_) | Verdict::Stub(_) => summary.failed += 1,
    }
}
