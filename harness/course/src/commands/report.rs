//! `course report`: all lessons, for machines and for people.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::course::Course;
use crate::failure::Failure;
use crate::screen::Screen;

#[derive(Args)]
pub struct Options {
    /// One JSON object
    #[arg(long, group = "format")]
    json: bool,
    /// JUnit's XML, which hosted CI shows
    #[arg(long, group = "format")]
    junit: bool,
    /// One page that stands alone
    #[arg(long, group = "format")]
    html: bool,
    /// Where to write it; when left out, to stdout
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub fn report(_: &Course, _: &Options, _: &mut Screen) -> Result<ExitCode, Failure> {
    Err(Failure::Work("not written yet".to_owned()))
}
