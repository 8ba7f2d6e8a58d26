//! The terminal: taken, drawn upon, and given back as it was.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crossterm::terminal::{disable_raw_mode, enable_raw_mode};

#[cfg(unix)]
use super::guard::Guard;
use super::view::Size;

/// Enters the alternate screen, without a cursor.
const ENTER: &str = "\x1b[?1049h\x1b[?25l";
/// Ends what may be under way, shows the cursor, and leaves the alternate screen.
pub const LEAVE: &str = "\x1b[?2026l\x1b[0m\x1b[?25h\x1b[?1049l";

/// There is one terminal, and a panic anywhere has to give it back.
static TAKEN: Mutex<Taken> = Mutex::new(Taken {
    taken: false,
    #[cfg(unix)]
    guard: None,
});

struct Taken {
    taken: bool,
    #[cfg(unix)]
    guard: Option<Guard>,
}

/// The terminal, for as long as it is ours.
pub struct Terminal {
    out: File,
    /// What it shows.
    drawn: Vec<u8>,
    colours: bool,
}

impl Terminal {
    /// Takes it: the alternate screen, keys as they are pressed. Given back when this is dropped, when
    /// something panics, and when we are killed.
    ///
    /// # Errors
    ///
    /// It is no terminal.
    pub fn take() -> io::Result<Terminal> {
        let out = stdout()?;
        #[cfg(unix)]
        {
            // Without a guard only a SIGKILL leaves traces.
            taken().guard = Guard::start().ok();
        }
        let mut terminal = Terminal {
            out,
            drawn: Vec::new(),
            colours: has_colours(),
        };
        terminal.take_again()?;
        Ok(terminal)
    }

    /// Takes it after it was given back, or after somebody else set it.
    ///
    /// # Errors
    ///
    /// It is no terminal any more.
    pub fn take_again(&mut self) -> io::Result<()> {
        self.drawn.clear();
        let mut taken = taken();
        if taken.taken {
            disable_raw_mode()?;
        }
        #[cfg(unix)]
        if let Some(guard) = &mut taken.guard
            && guard.take().is_err()
        {
            taken.guard = None;
        }
        enable_raw_mode()?;
        taken.taken = true;
        self.out.write_all(ENTER.as_bytes())
    }

    /// Whether it shows colours.
    pub fn colours(&self) -> bool {
        self.colours
    }

    /// Shows these rows, and nothing else, in one write.
    ///
    /// # Errors
    ///
    /// The terminal is gone.
    pub fn draw(&mut self, rows: &[String]) -> io::Result<()> {
        // All at once: a terminal that knows how shows nothing until the frame is whole. Each row is wiped first,
        // because to wipe behind a row that is full would take its last character.
        let mut frame = b"\x1b[?2026h".to_vec();
        for (number, row) in rows.iter().enumerate() {
            let row = if self.colours {
                row.clone()
            } else {
                anstream::adapter::strip_str(row).to_string()
            };
            frame.extend(format!("\x1b[{};1H\x1b[2K{row}", number + 1).bytes());
        }
        frame.extend(b"\x1b[J\x1b[?2026l");
        if frame != self.drawn {
            self.out.write_all(&frame)?;
            self.drawn = frame;
        }
        Ok(())
    }

    /// What is shown may not be what was drawn: all of it is drawn next time.
    pub fn forget(&mut self) {
        self.drawn.clear();
    }

    /// How large it is.
    pub fn size(&self) -> Size {
        let (width, height) = crossterm::terminal::size().unwrap_or((80, 24));
        Size {
            width: width.max(1).into(),
            height: height.max(1).into(),
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back();
        #[cfg(unix)]
        drop(taken().guard.take());
    }
}

/// Gives the terminal back as it was. Once is enough.
pub fn give_back() {
    let mut taken = taken();
    if !taken.taken {
        return;
    }
    taken.taken = false;
    // Where the terminal is gone there is nothing to give back.
    _ = disable_raw_mode();
    _ = stdout().and_then(|mut out| out.write_all(LEAVE.as_bytes()));
    #[cfg(unix)]
    if let Some(guard) = &mut taken.guard {
        _ = guard.give_back();
    }
}

/// Whether the terminal is ours.
pub fn is_taken() -> bool {
    taken().taken
}

/// From now on a panic anywhere gives the terminal back before it says what it is, does `farewell`, and ends us.
pub fn give_back_on_panic(farewell: impl Fn() + Send + Sync + 'static) {
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        give_back();
        tell(panic);
        farewell();
        std::process::exit(101);
    }));
}

fn taken() -> MutexGuard<'static, Taken> {
    TAKEN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn has_colours() -> bool {
    let choice = anstream::AutoStream::choice(&io::stdout());
    io::stdout().is_terminal() && choice != anstream::ColorChoice::Never
}

/// Stdout without a buffer of lines: what is written at once arrives at once.
#[cfg(unix)]
fn stdout() -> io::Result<File> {
    use std::os::fd::AsFd;
    Ok(File::from(io::stdout().as_fd().try_clone_to_owned()?))
}

#[cfg(windows)]
fn stdout() -> io::Result<File> {
    use std::os::windows::io::AsHandle;
    Ok(File::from(io::stdout().as_handle().try_clone_to_owned()?))
}
