//! What reaches the terminal: lines on stdout, complaints on stderr.
//!
//! Colours are for terminals only, and never where `NO_COLOR` is set. A reader that goes away, as
//! `head` does, is no error: the rest stays unsaid, and the exit code is what it would have been.

use std::fmt::Display;
use std::io::{self, ErrorKind, IsTerminal, Write};

use anstyle::{AnsiColor, Style};

pub const GOOD: Style = AnsiColor::Green.on_default();
pub const BAD: Style = AnsiColor::Red.on_default();
pub const NEXT: Style = AnsiColor::Cyan.on_default().bold();
pub const FAINT: Style = Style::new().dimmed();

/// Stdout and stderr, and what they can show.
pub struct Screen {
    pub signs: Signs,
    /// The width of the line about what is going on that stands on the terminal, to be wiped.
    busy: usize,
    trouble: Option<io::Error>,
}

/// The characters that stand for something.
pub struct Signs {
    pub arrow: &'static str,
    pub done: &'static str,
}

impl Screen {
    pub fn new() -> Screen {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .iter()
            .find_map(|name| set(name));
        Screen::with_signs(Signs::for_locale(locale.as_deref(), cfg!(windows)))
    }

    pub fn with_signs(signs: Signs) -> Screen {
        Screen {
            signs,
            busy: 0,
            trouble: None,
        }
    }

    /// Says on a terminal what is going on, until there is something else to say.
    pub fn busy(&mut self, line: impl Display) {
        if io::stderr().is_terminal() {
            self.wipe();
            let line = line.to_string();
            _ = write!(anstream::stderr(), "{line}");
            self.busy = line.chars().count();
        }
    }

    /// Wipes what `busy` said.
    pub fn wipe(&mut self) {
        let width = std::mem::take(&mut self.busy);
        if width > 0 {
            // With spaces, because escape codes may have been asked away.
            _ = write!(anstream::stderr(), "\r{:width$}\r", "");
        }
    }

    /// Writes a line to stdout.
    pub fn say(&mut self, line: impl Display) {
        self.wipe();
        match writeln!(anstream::stdout(), "{line}") {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => self.trouble = Some(error),
            _ => {}
        }
    }

    /// Why something that was said did not reach its reader, unless the reader went away.
    pub fn trouble(&mut self) -> Option<io::Error> {
        self.trouble.take()
    }

    /// Writes a line to stderr.
    pub fn complain(&mut self, line: impl Display) {
        self.wipe();
        _ = writeln!(anstream::stderr(), "{line}");
    }
}

impl Signs {
    /// Plain ASCII, unless the locale is one of UTF-8, or there are none and it is safe to assume.
    fn for_locale(locale: Option<&str>, assume_unicode: bool) -> Signs {
        let unicode = locale.map_or(assume_unicode, |locale| {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        });
        if unicode {
            Signs {
                arrow: "\u{2192}",
                done: "\u{2713}",
            }
        } else {
            Signs {
                arrow: ">",
                done: "+",
            }
        }
    }
}

/// `text` in `style`.
pub fn styled(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_ascii_unless_the_locale_says_otherwise() {
        assert_eq!(Signs::for_locale(Some("de_DE.UTF-8"), false).arrow, "→");
        assert_eq!(Signs::for_locale(Some("C.utf8"), false).done, "✓");
        assert_eq!(Signs::for_locale(Some("C"), true).arrow, ">");
        assert_eq!(Signs::for_locale(None, false).done, "+");
        assert_eq!(Signs::for_locale(None, true).done, "✓");
    }
}
