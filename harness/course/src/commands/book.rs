//! `course book`: the chapter of a lesson, to be read.

use std::process::ExitCode;

use crate::course::{Course, Lesson};
use crate::failure::Failure;
use crate::screen::Screen;

/// Opens the lesson's chapter, at this anchor if there is one.
///
/// # Errors
///
/// It cannot be opened.
#[expect(dead_code, reason = "not written yet")]
pub fn open(_: &Course, _: &Lesson, _anchor: Option<&str>) -> Result<(), Failure> {
    Err(Failure::Work("not written yet".to_owned()))
}

pub fn book(_: &Course, _: Option<&Lesson>, _: &mut Screen) -> Result<ExitCode, Failure> {
    Err(Failure::Work("not written yet".to_owned()))
}
