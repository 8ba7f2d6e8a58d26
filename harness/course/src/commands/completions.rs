//! `course completions`: scripts for shells.

use std::process::ExitCode;

use clap::Args;

use crate::failure::Failure;
use crate::screen::Screen;

#[derive(Args)]
pub struct Options {
    shell: String,
}

pub fn print(_: &Options, _: &mut Screen) -> Result<ExitCode, Failure> {
    Err(Failure::Work("not written yet".to_owned()))
}
