//! How far a learner is with a lesson.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How far a learner is with a lesson.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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
