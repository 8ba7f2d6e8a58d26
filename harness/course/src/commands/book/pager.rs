//! Programs that show a text page by page.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
#[cfg(unix)]
use std::sync::Arc;

use anstream::{AutoStream, ColorChoice};

/// A program that shows a text page by page.
pub struct Pager {
    command: Command,
    /// Whether it takes `+7` for "begin at line 7".
    knows_lines: bool,
}

/// The pagers to try: the one that `PAGER` names, and less(1). None where `PAGER` is empty, or the terminal cannot
/// do much.
pub fn pagers() -> impl Iterator<Item = Pager> {
    let set = |name| std::env::var(name).ok();
    let wish = set("PAGER");
    let none = wish.as_deref() == Some("") || set("TERM").as_deref() == Some("dumb");
    let wishes = wish.into_iter().chain(["less -R".to_owned()]);
    wishes
        .filter(move |_| !none)
        .filter_map(|wish| Pager::new(&wish))
}

impl Pager {
    fn new(wish: &str) -> Option<Pager> {
        let mut words = wish.split_whitespace();
        let program = words.next()?;
        let mut command = Command::new(program);
        command.args(words);
        let name = Path::new(program).file_stem()?;
        if name == "less" && std::env::var_os("LESS").is_none() {
            // Else it shows the codes of the colours in place of the colours.
            command.env("LESS", "R");
        }
        Some(Pager {
            command,
            knows_lines: name == "less" || name == "more",
        })
    }

    /// Shows the lines, from `first` on, until the reader has had enough. Returns whether there is such a program.
    pub fn shows(mut self, lines: &[String], first: usize) -> bool {
        let mut lines = lines;
        if !self.knows_lines {
            lines = &lines[first..];
        } else if first > 0 {
            self.command.arg(format!("+{}", first + 1));
        }
        // Ctrl-C is for the pager, which does not end at that.
        let _kept = Interrupts::keep();
        match self.command.stdin(Stdio::piped()).spawn() {
            Ok(child) => {
                feed(child, lines);
                true
            }
            Err(_) => false,
        }
    }
}

/// Hands `lines` to the pager, and waits until it ends.
fn feed(mut pager: Child, lines: &[String]) {
    let mut text = lines.join("\n") + "\n";
    // It writes to our stdout, which may be one where colours are not wanted.
    if AutoStream::choice(&io::stdout()) == ColorChoice::Never {
        text = anstream::adapter::strip_str(&text).to_string();
    }
    if let Some(mut stdin) = pager.stdin.take() {
        // A reader may leave before the end.
        let _ = stdin.write_all(text.as_bytes());
    }
    let _ = pager.wait();
}

/// While it lives, Ctrl-C does not end this process.
struct Interrupts {
    #[cfg(unix)]
    kept: Option<signal_hook::SigId>,
}

impl Interrupts {
    #[cfg(unix)]
    fn keep() -> Interrupts {
        use signal_hook::{consts::SIGINT, flag};
        Interrupts {
            kept: flag::register(SIGINT, Arc::default()).ok(),
        }
    }

    #[cfg(not(unix))]
    fn keep() -> Interrupts {
        Interrupts {}
    }
}

#[cfg(unix)]
impl Drop for Interrupts {
    fn drop(&mut self) {
        self.kept.take().map(signal_hook::low_level::unregister);
    }
}
