//! Why a transfer failed: a code for scripts, a sentence for people.

use std::io;

/// The exit codes of curl that none of the lesson's functions gives.
pub mod code {
    pub const UNSUPPORTED: u8 = 1;
    pub const USAGE: u8 = 2;
    pub const RESOLVE_PROXY: u8 = 5;
    pub const HTTP_ERROR: u8 = 22;
    pub const WRITE: u8 = 23;
    pub const UPLOAD: u8 = 25;
    pub const READ: u8 = 26;
    pub const TIMEOUT: u8 = 28;
    pub const RANGE: u8 = 33;
    pub const REWIND: u8 = 65;
}

/// What ends a transfer: curl's exit code, and the reason.
#[derive(Clone, Debug)]
pub struct Failure {
    pub code: u8,
    pub reason: String,
}

impl Failure {
    pub fn new(code: u8, reason: impl Into<String>) -> Failure {
        Failure {
            code,
            reason: reason.into(),
        }
    }

    pub fn usage(reason: impl Into<String>) -> Failure {
        Failure::new(code::USAGE, reason)
    }
}

/// What the system says, without its number.
pub fn said(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}
