//! Connections that the grader makes: one end is its own, the other goes to the submission.

use std::io;
use std::net::{TcpListener, TcpStream};

use crate::attempt::Attempt;
use crate::rubric::control::{ANY_PORT, own_socket};
use crate::trace::Recorder;
use crate::wire::{Buffers, Peer};

/// Buffers that a few kilobytes fill.
pub const SMALL: Buffers = Buffers {
    to_submission: 8 << 10,
    to_peer: 8 << 10,
    at_peer: 8 << 10,
    segment: 536,
};

/// Small buffers whose room ends at another place each time: in the middle of a piece that is being
/// sent, sooner or later, however long the pieces are.
pub fn uneven() -> Buffers {
    Buffers {
        to_peer: fastrand::usize(16 << 10..28 << 10),
        at_peer: 4 << 10,
        segment: fastrand::u32(300..1200),
        ..SMALL
    }
}

/// How far memory may grow over the start, whatever the length of a stream: room for buffers of a
/// megabyte, for threads, and for a runtime.
pub const MEMORY_GROWTH: u64 = 6 << 20;

/// A connection over loopback: the grader's end, and the submission's.
pub fn connected(attempt: &Attempt, buffers: Option<Buffers>) -> io::Result<(Peer, TcpStream)> {
    connected_as("client", buffers, &attempt.recorder())
}

/// The same, with another name for the grader's end, or another record.
pub fn connected_as(
    name: &str,
    buffers: Option<Buffers>,
    recorder: &Recorder,
) -> io::Result<(Peer, TcpStream)> {
    let listening = own_socket(ANY_PORT)?;
    let calling = own_socket(ANY_PORT)?;
    if let Some(buffers) = buffers {
        buffers.of_submission(&listening)?;
        buffers.of_peer(&calling)?;
    }
    listening.bind(&ANY_PORT.into())?;
    listening.listen(1)?;
    let listener = TcpListener::from(listening);
    let peer = Peer::connect_from(name, calling, listener.local_addr()?, recorder)?;
    // A stranger may have found the port.
    loop {
        let (stream, caller) = listener.accept()?;
        if caller == peer.addr()? {
            return Ok((peer, stream));
        }
    }
}
