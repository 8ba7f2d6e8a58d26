//! `-v`: what is sent, what comes, and what we think about it.

use std::io::{self, Write};

/// Says it on stderr, or nothing.
#[derive(Clone, Copy)]
pub struct Trace {
    pub on: bool,
}

impl Trace {
    /// `* …`
    pub fn note(self, text: impl FnOnce() -> String) {
        if self.on {
            self.write(format!("* {}\n", text()).as_bytes());
        }
    }

    /// `> …`
    pub fn sent(self, head: &[u8]) {
        self.lines("> ", head);
    }

    /// `< …`
    ///
    /// The empty lines behind 1xx answers are left out, as curl does.
    pub fn received(self, head: &[u8]) {
        let mut lines: Vec<_> = head.split_inclusive(|&byte| byte == b'\n').collect();
        let last = lines.pop();
        lines.retain(|line| !line.trim_ascii().is_empty());
        lines.extend(last);
        self.lines("< ", &lines.concat());
    }

    fn lines(self, mark: &str, head: &[u8]) {
        if self.on {
            let lines = head.split_inclusive(|&byte| byte == b'\n');
            let marked: Vec<u8> = lines
                .flat_map(|line| [mark.as_bytes(), line])
                .flatten()
                .copied()
                .collect();
            self.write(&marked);
        }
    }

    fn write(self, bytes: &[u8]) {
        // Who does not want to hear it may close stderr.
        let _ = io::stderr().write_all(bytes);
    }
}
