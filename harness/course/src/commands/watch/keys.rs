//! The keys, from the terminal.

use std::io;
use std::sync::mpsc::{Receiver, Sender, SyncSender, sync_channel};
use std::thread;

use crossterm::event::{self, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::event::Event;

/// A key that may mean something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    Letter(char),
    Enter,
    Escape,
    Up,
    Down,
    PageUp,
    PageDown,
    Home,
    End,
    /// Ctrl-C
    Interrupt,
    /// Ctrl-Z
    Stop,
    /// Ctrl-L
    Redraw,
    Other,
}

/// The thread that reads keys.
///
/// It hands over one and reads on when that is done: while a pager runs, the keys are the pager's.
pub struct Keys {
    go_on: SyncSender<()>,
}

impl Keys {
    /// Starts it; keys come as events.
    pub fn read(events: Sender<Event>) -> Keys {
        let (go_on, gone_on) = sync_channel(1);
        thread::spawn(move || {
            // An error means that the terminal is gone.
            _ = read_all(&events, &gone_on);
            _ = events.send(Event::NoMoreKeys);
        });
        Keys { go_on }
    }

    /// What the last key asked for is done.
    pub fn go_on(&self) {
        // The thread is gone when the terminal is.
        _ = self.go_on.try_send(());
    }
}

fn read_all(events: &Sender<Event>, gone_on: &Receiver<()>) -> io::Result<()> {
    loop {
        wait_for_input()?;
        while event::poll(PROMPT)? {
            let event = match event::read()? {
                event::Event::Key(key) if key.kind != KeyEventKind::Release => {
                    Event::Key(Key::from(key))
                }
                event::Event::Resize(..) => Event::Resized,
                _ => continue,
            };
            let is_key = matches!(event, Event::Key(_));
            if events.send(event).is_err() || is_key && gone_on.recv().is_err() {
                return Ok(());
            }
        }
    }
}

/// How long input that the terminal has announced may take to be read.
#[cfg(unix)]
const PROMPT: std::time::Duration = std::time::Duration::from_millis(20);
/// There is nothing that announces it.
#[cfg(not(unix))]
const PROMPT: std::time::Duration = std::time::Duration::MAX;

/// Blocks until there is something to read. Crossterm does not: it reads for ever where a terminal has hung up.
#[cfg(unix)]
fn wait_for_input() -> io::Result<()> {
    let mut stdin = libc::pollfd {
        fd: libc::STDIN_FILENO,
        events: libc::POLLIN,
        revents: 0,
    };
    loop {
        // SAFETY: poll reads and writes the one pollfd that it is told of.
        let ready = unsafe { libc::poll(&mut stdin, 1, -1) };
        if ready < 0 {
            let error = io::Error::last_os_error();
            if error.kind() != io::ErrorKind::Interrupted {
                return Err(error);
            }
        } else if stdin.revents & (libc::POLLHUP | libc::POLLERR | libc::POLLNVAL) != 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        } else if ready > 0 {
            return Ok(());
        }
    }
}

#[cfg(not(unix))]
fn wait_for_input() -> io::Result<()> {
    Ok(())
}

impl From<KeyEvent> for Key {
    fn from(key: KeyEvent) -> Key {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('c') if control => Key::Interrupt,
            KeyCode::Char('z') if control => Key::Stop,
            KeyCode::Char('l') if control => Key::Redraw,
            KeyCode::Char(letter) if !control => Key::Letter(letter),
            KeyCode::Enter => Key::Enter,
            KeyCode::Esc => Key::Escape,
            KeyCode::Up => Key::Up,
            KeyCode::Down => Key::Down,
            KeyCode::PageUp => Key::PageUp,
            KeyCode::PageDown => Key::PageDown,
            KeyCode::Home => Key::Home,
            KeyCode::End => Key::End,
            _ => Key::Other,
        }
    }
}
