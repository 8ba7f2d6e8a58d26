//! The same verdicts for people, in [`terminal`], and for machines, in [`json`].

mod exhibit;
pub mod json;
pub mod picture;
pub mod terminal;

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use anstream::{AutoStream, ColorChoice};
use libtest_mimic::{Arguments, ColorSetting};

/// What stands at the head of a page.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// The lesson's number.
    pub number: u8,
    /// The lesson's name.
    pub name: &'static str,
    /// The lesson's chapter.
    pub chapter: &'static str,
}

/// Where a report is written: stdout or a file, with colour where that is wanted.
pub struct Out {
    to: Box<dyn Write>,
    trouble: Option<io::Error>,
    /// May the page hold letters beyond ASCII?
    pub unicode: bool,
}

impl Out {
    /// As the arguments say.
    ///
    /// # Errors
    ///
    /// When the log file cannot be made.
    pub fn new(options: &Arguments) -> io::Result<Out> {
        let colour = match options.color {
            Some(ColorSetting::Always) => ColorChoice::Always,
            Some(ColorSetting::Never) => ColorChoice::Never,
            // Asks whether this is a terminal, and for NO_COLOR, CLICOLOR and TERM=dumb.
            Some(ColorSetting::Auto) | None => AutoStream::choice(&io::stdout()),
        };
        let to: Box<dyn Write> = match &options.logfile {
            Some(path) => Box::new(AutoStream::never(std::fs::File::create(path)?)),
            None => Box::new(AutoStream::new(io::stdout(), colour)),
        };
        Ok(Out {
            to,
            trouble: None,
            unicode: locale_is_unicode(),
        })
    }

    /// Into memory, with colours if the arguments ask for them always, and with the letters that the
    /// locale has.
    pub fn in_memory(options: &Arguments) -> (Out, Written) {
        let colour = match options.color {
            Some(ColorSetting::Always) => ColorChoice::AlwaysAnsi,
            _ => ColorChoice::Never,
        };
        let written = Written::default();
        let out = Out {
            to: Box::new(AutoStream::new(
                Box::new(written.clone()) as Box<dyn Write>,
                colour,
            )),
            trouble: None,
            unicode: locale_is_unicode(),
        };
        (out, written)
    }

    /// Writes a line. The first failure is kept, and nothing is written after it.
    pub fn line(&mut self, line: &str) {
        self.write(&format!("{line}\n"));
    }

    /// Writes text as it is.
    pub fn write(&mut self, text: &str) {
        if self.trouble.is_some() {
            return;
        }
        let written = if self.unicode {
            self.to.write_all(text.as_bytes())
        } else {
            self.to.write_all(picture::in_ascii(text).as_bytes())
        };
        self.trouble = written.and_then(|()| self.to.flush()).err();
    }

    /// What went wrong first.
    pub fn trouble(&mut self) -> Option<io::Error> {
        self.trouble.take()
    }
}

/// What was written into memory so far.
#[derive(Clone, Default)]
pub struct Written(Rc<RefCell<Vec<u8>>>);

impl Written {
    /// Takes it away.
    pub fn take(&self) -> String {
        String::from_utf8_lossy(&self.0.take()).into_owned()
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Does the locale use UTF-8? By the variables in locale(7), the strongest first. Windows' console
/// takes Unicode whatever the locale.
fn locale_is_unicode() -> bool {
    if cfg!(windows) {
        return true;
    }
    let set = |name: &&str| std::env::var(name).is_ok_and(|value| !value.is_empty());
    let strongest = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find(set);
    strongest
        .and_then(|name| std::env::var(name).ok())
        .is_some_and(|value| {
            let value = value.to_ascii_lowercase();
            value.contains("utf-8") || value.contains("utf8")
        })
}
