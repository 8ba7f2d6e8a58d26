//! `course watch`, and `course` alone on a terminal.

use std::process::ExitCode;

use crate::commands::list;
use crate::course::Course;
use crate::failure::Failure;
use crate::screen::Screen;

pub fn watch(course: &Course, screen: &mut Screen) -> Result<ExitCode, Failure> {
    list::here(course, screen)
}
