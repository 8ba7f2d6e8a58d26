//! Where a body is copied to: keeps what comes, and is as awkward as a `Write` may be.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A sink, in the hands of a call. All clones hold the same.
#[derive(Clone, Default)]
pub struct Sink(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    manner: Manner,
    got: Vec<u8>,
    count: u64,
    calls: usize,
}

/// How a sink takes what it is given.
#[derive(Clone, Copy, Default)]
pub enum Manner {
    /// All of it.
    #[default]
    Whole,
    /// At most so many bytes at a time.
    Few(usize),
    /// Every other call is interrupted.
    Interrupted,
    /// So many bytes, and then no more: this error.
    Fails(usize, io::ErrorKind),
    /// So many bytes, and then not one, without an error.
    Full(usize),
    /// All of it, and none of it is kept.
    Counts,
}

impl Sink {
    pub fn new(manner: Manner) -> Sink {
        let sink = Sink::default();
        sink.state().manner = manner;
        sink
    }

    /// What has been written.
    pub fn got(&self) -> Vec<u8> {
        self.state().got.clone()
    }

    /// How many bytes that are.
    pub fn count(&self) -> u64 {
        self.state().count
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.state();
        state.calls += 1;
        let room = match state.manner {
            Manner::Whole | Manner::Counts => bytes.len(),
            Manner::Few(most) => bytes.len().min(most),
            Manner::Interrupted if state.calls % 2 == 1 => {
                return Err(io::ErrorKind::Interrupted.into());
            }
            Manner::Interrupted => bytes.len(),
            Manner::Fails(most, _) | Manner::Full(most) => bytes.len().min(most - state.got.len()),
        };
        if room == 0
            && !bytes.is_empty()
            && let Manner::Fails(_, kind) = state.manner
        {
            return Err(kind.into());
        }
        if !matches!(state.manner, Manner::Counts) {
            state.got.extend_from_slice(&bytes[..room]);
        }
        state.count += room as u64;
        Ok(room)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
