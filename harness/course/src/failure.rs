//! Why a command did not do what was asked, and the exit code that says so.

use std::fmt;
use std::process::ExitCode;

use crate::course;
use crate::stubs;

/// Why a command could not be carried out.
#[derive(Debug)]
pub enum Failure {
    /// The command line asks for what is not there.
    Usage(String),
    /// Anything else.
    Work(String),
}

impl Failure {
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Failure::Usage(_) => ExitCode::from(2),
            Failure::Work(_) => ExitCode::from(1),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Failure::Usage(message) | Failure::Work(message)) = self;
        f.write_str(message)
    }
}

impl From<course::Error> for Failure {
    fn from(error: course::Error) -> Failure {
        match error {
            course::Error::NoCourse(_) => Failure::Usage(error.to_string()),
            _ => Failure::Work(error.to_string()),
        }
    }
}

impl From<course::NoSuchLesson> for Failure {
    fn from(error: course::NoSuchLesson) -> Failure {
        Failure::Usage(error.to_string())
    }
}

impl From<stubs::Error> for Failure {
    fn from(error: stubs::Error) -> Failure {
        Failure::Work(error.to_string())
    }
}
