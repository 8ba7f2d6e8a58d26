//! `course hint`: three steps towards what a function has to do.

use std::process::ExitCode;

use crate::course::{Course, Lesson};
use crate::failure::Failure;
use crate::screen::Screen;

/// The three steps for a case, or for its function: a question, a pointer, the call to look up.
///
/// # Errors
///
/// The page with the hints cannot be read.
#[expect(dead_code, reason = "not written yet")]
pub fn steps(
    _course: &Course,
    _lesson: &Lesson,
    _function: &str,
    _case: &str,
) -> Result<Vec<String>, Failure> {
    Err(Failure::Work("not written yet".to_owned()))
}

pub fn hint(_: &Course, _: Option<&Lesson>, _: &mut Screen) -> Result<ExitCode, Failure> {
    Err(Failure::Work("not written yet".to_owned()))
}
