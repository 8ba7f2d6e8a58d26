//! `course grade N`: the rubric of a lesson for something else than the learner's crate.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::course::{Course, Lesson};
use crate::failure::Failure;
use crate::screen::Screen;

#[derive(Args)]
pub struct Options {
    /// Grade a program in any language: a command that keeps the lesson's contract
    #[arg(long, value_name = "CMD", group = "whom", required = true)]
    program: Option<String>,
    /// Grade a submission: another copy of the lesson's crate
    #[arg(long, value_name = "DIR", group = "whom")]
    dir: Option<PathBuf>,
    /// Grade a folder of submissions, each a folder of its own
    #[arg(long, value_name = "DIR", group = "whom")]
    all: Option<PathBuf>,
}

pub fn grade(_: &Course, _: &Lesson, _: &Options, _: &mut Screen) -> Result<ExitCode, Failure> {
    Err(Failure::Work("not written yet".to_owned()))
}
