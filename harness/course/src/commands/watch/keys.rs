//! The keys, from the terminal.

use std::io;
use std::sync::mpsc::{Receiver, Sender, SyncSender, sync_channel};
use std::thread;

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

/// Hands over a key, and waits until it is done. Whether another one is wanted.
fn hand_over(key: Key, events: &Sender<Event>, gone_on: &Receiver<()>) -> bool {
    events.send(Event::Key(key)).is_ok() && gone_on.recv().is_ok()
}

/// Reads what the terminal sends.
///
/// Not with crossterm: it never comes back from a terminal that has hung up, and leaves a key unread that is pressed
/// while the terminal is resized.
#[cfg(unix)]
fn read_all(events: &Sender<Event>, gone_on: &Receiver<()>) -> io::Result<()> {
    use std::io::Read;
    use std::os::fd::AsFd;
    // Not through the buffer of stdin, for the same reason that keys are handed over one by one.
    let mut terminal = std::fs::File::from(io::stdin().as_fd().try_clone_to_owned()?);
    let mut buffer = [0; 256];
    let mut pending = Vec::new();
    loop {
        match terminal.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => pending.extend(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        while let Some((key, length)) = first_key(&pending) {
            pending.drain(..length);
            if !hand_over(key, events, gone_on) {
                return Ok(());
            }
        }
    }
}

/// The first key of what a terminal sent, and how many bytes it takes; none if its last bytes are still to come.
#[cfg(unix)]
fn first_key(bytes: &[u8]) -> Option<(Key, usize)> {
    let key = match *bytes.first()? {
        b'\x1b' => return escape_sequence(bytes),
        b'\r' | b'\n' => Key::Enter,
        0x03 => Key::Interrupt,
        0x1a => Key::Stop,
        0x0c => Key::Redraw,
        letter @ b' '..=b'~' => Key::Letter(char::from(letter)),
        _ => Key::Other,
    };
    Some((key, 1))
}

/// The key of a sequence that begins with an escape: that key itself, one of those that have no letter, or another
/// one pressed with Alt.
#[cfg(unix)]
fn escape_sequence(bytes: &[u8]) -> Option<(Key, usize)> {
    let of = |last: u8| match last {
        b'A' => Key::Up,
        b'B' => Key::Down,
        b'H' => Key::Home,
        b'F' => Key::End,
        _ => Key::Other,
    };
    match bytes.get(1) {
        // A key comes in one piece.
        None | Some(b'\x1b') => Some((Key::Escape, 1)),
        Some(b'O') => Some((of(*bytes.get(2)?), 3)),
        Some(b'[') => {
            let parameters = &bytes[2..];
            let length = parameters
                .iter()
                .position(|it| (b'@'..=b'~').contains(it))?;
            let number = parameters[..length].split(|it| *it == b';').next();
            let key = match (parameters[length], number) {
                (b'~', Some(b"1" | b"7")) => Key::Home,
                (b'~', Some(b"4" | b"8")) => Key::End,
                (b'~', Some(b"5")) => Key::PageUp,
                (b'~', Some(b"6")) => Key::PageDown,
                (last, _) => of(last),
            };
            Some((key, length + 3))
        }
        Some(_) => Some((Key::Other, 2)),
    }
}

#[cfg(not(unix))]
fn read_all(events: &Sender<Event>, gone_on: &Receiver<()>) -> io::Result<()> {
    use crossterm::event::{self, KeyEventKind};
    loop {
        match event::read()? {
            event::Event::Key(key) if key.kind != KeyEventKind::Release => {
                if !hand_over(key_of(key), events, gone_on) {
                    return Ok(());
                }
            }
            event::Event::Resize(..) if events.send(Event::Resized).is_err() => return Ok(()),
            _ => {}
        }
    }
}

#[cfg(not(unix))]
fn key_of(key: crossterm::event::KeyEvent) -> Key {
    use crossterm::event::{KeyCode, KeyModifiers};
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Char('c') if control => Key::Interrupt,
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

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn keys(bytes: &[u8]) -> (Vec<Key>, &[u8]) {
        let mut keys = Vec::new();
        let mut rest = bytes;
        while let Some((key, length)) = first_key(rest) {
            keys.push(key);
            rest = &rest[length..];
        }
        (keys, rest)
    }

    #[test]
    fn letters_and_controls_are_keys() {
        use Key::{Enter, Interrupt, Letter, Other, Redraw, Stop};
        let expected = [
            Letter('h'),
            Letter('?'),
            Enter,
            Interrupt,
            Stop,
            Redraw,
            Other,
        ];
        assert_eq!(keys(b"h?\r\x03\x1a\x0c\t").0, expected);
        let umlaut = keys("\u{e4}".as_bytes());
        assert_eq!(umlaut.0, [Other, Other]);
    }

    #[test]
    fn sequences_are_the_keys_that_have_no_letter() {
        use Key::{Down, End, Home, Other, PageDown, PageUp, Up};
        let sent = b"\x1b[A\x1b[B\x1bOA\x1bOB\x1b[5~\x1b[6~\x1b[H\x1b[F\x1bOH\x1bOF\x1b[1~\x1b[4~\x1b[1;5A\x1b[15~\x1b[Z";
        let expected = [
            Up, Down, Up, Down, PageUp, PageDown, Home, End, Home, End, Home, End, Up, Other, Other,
        ];
        assert_eq!(keys(sent), (expected.to_vec(), &b""[..]));
    }

    #[test]
    fn an_escape_alone_is_a_key_and_one_with_another_is_none() {
        assert_eq!(keys(b"\x1b").0, [Key::Escape]);
        assert_eq!(keys(b"\x1b\x1b").0, [Key::Escape, Key::Escape]);
        assert_eq!(keys(b"\x1bqh").0, [Key::Other, Key::Letter('h')]);
    }

    #[test]
    fn the_end_of_a_sequence_is_waited_for() {
        for begun in [&b"\x1b["[..], b"\x1b[5", b"\x1bO", b"\x1b[1;5"] {
            assert_eq!(keys(begun), (vec![], begun));
        }
    }
}
