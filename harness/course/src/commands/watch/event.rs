//! What can happen while we watch.

use std::path::PathBuf;

use super::keys::Key;
use crate::grading::Graded;

/// Something happened.
pub enum Event {
    /// A key was pressed. The next one is read once this is done.
    Key(Key),
    /// No key will ever be pressed again.
    NoMoreKeys,
    /// The terminal has another size.
    Resized,
    /// We are to stop, as Ctrl-Z does it.
    Stop,
    /// We go on after a stop.
    Continued,
    /// A signal says that we are to end.
    End(i32),
    /// Something was written, renamed or removed here.
    Touched(Vec<PathBuf>),
    /// A grading, by its number, has come so far.
    Tally(u64, Tally),
    /// A grading, by its number, is over; with nothing when it was called off, or why there was none.
    Graded(u64, Result<Option<Graded>, String>),
}

/// How far a grading is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many cases are passed.
    pub passed: usize,
    /// How many were graded.
    pub seen: usize,
    /// How many there are. None are known while cargo builds.
    pub asked: usize,
}
