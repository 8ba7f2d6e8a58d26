//! Long streams, full buffers, and what is on the way: what a peer does with a stream of bytes.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use socket2::Socket;

use super::{HANDSHAKE, Peer, is_not_yet};
use crate::kernel;
use crate::sockets;
use crate::trace::{Direction, Recorder, Signal};
use crate::watch::{self, GaveUp, Look};

/// A long stream that nobody can know beforehand, and that takes no memory to speak of: one block of
/// random bytes, over and over. Its length is a prime, so that no buffer's length divides it.
pub struct Pattern(Vec<u8>);

/// How far a peer that reads is ahead of what it has heard: whoever takes one byte at a time need not
/// work through all that a kernel is ready to keep.
const AHEAD: u64 = 256 << 10;

/// The length of the block.
const BLOCK: usize = 65_521;

impl Pattern {
    /// A new stream.
    pub fn random() -> Pattern {
        Pattern(super::random_payload(BLOCK))
    }

    /// The block that is repeated.
    pub fn block(&self) -> &[u8] {
        &self.0
    }

    /// The bytes from `position` on, as many as lie in one piece.
    fn from(&self, position: u64) -> &[u8] {
        let start = usize::try_from(position % BLOCK as u64).unwrap_or(0);
        &self.0[start..]
    }

    /// What these bytes are, which are not the stream's at their place.
    fn tell(&self, wrong: &[u8]) -> InItsPlace {
        const ENOUGH: usize = 8;
        let wrong = &wrong[..wrong.len().min(ENOUGH)];
        if wrong.iter().all(|byte| *byte == 0) {
            return InItsPlace::Zeros;
        }
        let is_part = self.0.windows(wrong.len()).any(|part| part == wrong);
        // A byte or two are found anywhere.
        if is_part && wrong.len() > 2 {
            InItsPlace::AnotherPart
        } else {
            InItsPlace::Others
        }
    }

    /// The first of `heard`, read from `position` on, that is not of this stream.
    fn first_difference(&self, position: u64, heard: &[u8]) -> Option<u64> {
        let mut at = 0;
        while at < heard.len() {
            let expected = self.from(position + at as u64);
            let piece = &heard[at..heard.len().min(at + expected.len())];
            if piece != &expected[..piece.len()] {
                let index = piece.iter().zip(expected).position(|(a, b)| a != b);
                return Some(position + (at + index.unwrap_or(0)) as u64);
            }
            at += piece.len();
        }
        None
    }
}

/// How a stream went: what was sent of it, what came back, and how that ended.
#[derive(Debug)]
pub struct Streamed {
    /// How many bytes of it the peer sent.
    pub sent: u64,
    /// How many came back as they were sent.
    pub heard: u64,
    /// How it ended.
    pub end: StreamEnd,
}

/// What came back where another byte of the stream was due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InItsPlace {
    /// Another part of the stream, as if bytes had been left out or sent twice.
    AnotherPart,
    /// Zeros, as they stand in a buffer that was not filled.
    Zeros,
    /// More, after all that was sent.
    More,
    /// None of these.
    Others,
}

/// How a stream ended.
#[derive(Debug)]
pub enum StreamEnd {
    /// With FIN.
    Fin,
    /// With a reset.
    Reset,
    /// This byte of what came back is not the one that was sent.
    Differs(u64, InItsPlace),
    /// Nothing moves any more.
    Stalled(GaveUp),
}

/// What is on the way between a peer and the submission: handed to a kernel, and not yet read.
#[derive(Clone, Copy, Debug)]
pub struct OnTheWay {
    /// In bytes.
    pub to_submission: u64,
    /// In bytes.
    pub to_peer: u64,
}

/// Is it enough, having come so far in so much time?
type Enough<'a> = dyn FnMut(&Streamed, Duration) -> bool + 'a;

impl Peer {
    /// Calls `addr` from a socket that is open already.
    ///
    /// # Errors
    ///
    /// Those of connect(2).
    pub fn connect_from(
        name: &str,
        socket: Socket,
        addr: SocketAddr,
        recorder: &Recorder,
    ) -> io::Result<Peer> {
        sockets::watch_who_is_kept_back();
        socket.connect_timeout(&addr.into(), HANDSHAKE)?;
        super::wait_until_the_other_end_knows(socket.local_addr()?.as_socket(), addr);
        recorder.wire(name, Direction::ToSubmission, Signal::Connected);
        Ok(Peer::of(name, socket.into(), recorder))
    }

    /// A peer at this end of a connection that is made already.
    pub fn of(name: &str, stream: TcpStream, recorder: &Recorder) -> Peer {
        Peer {
            name: name.to_owned(),
            stream,
            recorder: recorder.clone(),
            reset: false,
        }
    }

    /// Hangs up altogether: with FIN, or with RST when bytes that came are still unread.
    pub fn close(self) {
        let unread = kernel::unread(&self.stream).is_some_and(|unread| unread > 0);
        let signal = if unread { Signal::Reset } else { Signal::Fin };
        self.recorder
            .wire(&self.name, Direction::ToSubmission, signal);
    }

    /// What is on the way, as far as the system tells.
    pub fn on_the_way(&self) -> Option<OnTheWay> {
        let (own, other) = (
            self.stream.local_addr().ok()?,
            self.stream.peer_addr().ok()?,
        );
        let theirs = sockets::at(other, own)?;
        Some(OnTheWay {
            to_submission: kernel::unsent(&self.stream)? + u64::from(theirs.unread),
            to_peer: u64::from(theirs.unconfirmed) + kernel::unread(&self.stream)?,
        })
    }

    /// Waits until `count` bytes have come, and leaves them unread: to hang up on them, say. False when
    /// they do not come.
    pub fn wait_for_unread(&self, count: u64) -> bool {
        let come = watch::until(&watch::DUE, |slice| {
            if kernel::unread(&self.stream).is_none_or(|unread| unread >= count) {
                return Look::Done(());
            }
            // What is there already would end a poll at once.
            std::thread::park_timeout(slice.min(Duration::from_millis(1)));
            Look::Nothing
        });
        come.is_ok()
    }

    /// Sends `bytes` as far as they are taken, until `enough` says so: a peer of which one does not know
    /// whether it reads. Gives how many were sent.
    ///
    /// # Errors
    ///
    /// Those of fcntl(2) and send(2).
    pub fn send_unless(
        &mut self,
        bytes: &[u8],
        mut enough: impl FnMut() -> bool,
    ) -> io::Result<usize> {
        self.stream.set_nonblocking(true)?;
        let mut sent = 0;
        let result = watch::until(&watch::DUE, |slice| {
            let began = Instant::now();
            // A look takes a whole slice, as with any other wait, but not to see that it is enough.
            while sent < bytes.len() && !enough() {
                match (&self.stream).write(&bytes[sent..]) {
                    Ok(count) => {
                        sent += count;
                        return Look::Progress;
                    }
                    Err(error) if is_not_yet(&error) && began.elapsed() < slice => {
                        std::thread::park_timeout(Duration::from_millis(1));
                    }
                    Err(error) if is_not_yet(&error) => return Look::Nothing,
                    Err(error) => return Look::Done(Err(error)),
                }
            }
            Look::Done(Ok(()))
        });
        let signal = Signal::bytes(&bytes[..sent]);
        self.recorder
            .wire(&self.name, Direction::ToSubmission, signal);
        self.stream.set_nonblocking(false)?;
        result.unwrap_or(Ok(()))?;
        Ok(sent)
    }

    /// Sends the stream without reading what comes back, until nothing more is taken and all is at
    /// rest, or `most` bytes are taken. Gives how many.
    ///
    /// # Errors
    ///
    /// Those of send(2).
    pub fn send_until_full(&mut self, pattern: &Pattern, most: u64) -> io::Result<u64> {
        self.stream.set_nonblocking(true)?;
        let mut sent = 0;
        let result = watch::until(&watch::AT_REST_OR_PAUSING, |slice| {
            let before = sent;
            while sent < most {
                let left = usize::try_from(most - sent).unwrap_or(usize::MAX);
                let piece = pattern.from(sent);
                match (&self.stream).write(&piece[..piece.len().min(left)]) {
                    Ok(count) => sent += count as u64,
                    Err(error) if is_not_yet(&error) => break,
                    Err(error) => return Look::Done(Err(error)),
                }
            }
            if sent == most {
                return Look::Done(Ok(()));
            }
            if sent > before {
                return Look::Progress;
            }
            // Not for room alone: there may be something to read all the time.
            std::thread::park_timeout(slice);
            Look::Nothing
        });
        self.record_run(Direction::ToSubmission, pattern, 0, sent);
        self.stream.set_nonblocking(false)?;
        result.unwrap_or(Ok(()))?;
        Ok(sent)
    }

    /// Sends the stream from byte `sent` on and reads what comes back, from byte `heard` on, both at
    /// once, until `enough` says so of how far it has come and how long that took; then half-closes,
    /// and reads to the end.
    ///
    /// # Errors
    ///
    /// Those of fcntl(2) and shutdown(2).
    pub fn stream(
        &mut self,
        pattern: &Pattern,
        sent: u64,
        heard: u64,
        mut enough: impl FnMut(&Streamed, Duration) -> bool,
    ) -> io::Result<Streamed> {
        self.streamed(pattern, sent, heard, Some(&mut enough))
    }

    /// Without `enough`, the peer has half-closed already.
    fn streamed(
        &mut self,
        pattern: &Pattern,
        sent: u64,
        heard: u64,
        mut enough: Option<&mut Enough<'_>>,
    ) -> io::Result<Streamed> {
        let began = Instant::now();
        let mut buffer = vec![0; 1 << 18];
        let mut so_far = Streamed {
            sent,
            heard,
            end: StreamEnd::Fin,
        };
        let (mut done, mut half_closed) = (enough.is_none(), false);
        self.stream.set_nonblocking(true)?;
        let end = watch::until(&watch::DUE, |slice| {
            let mut moved = false;
            if let Some(enough) = &mut enough
                && !done
                && enough(&so_far, began.elapsed())
            {
                done = true;
                // It fails when the connection is gone, which reading tells.
                half_closed = self.stream.shutdown(std::net::Shutdown::Write).is_ok();
                moved = true;
            }
            let room = so_far.sent < so_far.heard + AHEAD;
            if !done && room {
                match (&self.stream).write(pattern.from(so_far.sent)) {
                    Ok(count) => {
                        so_far.sent += count as u64;
                        moved = true;
                    }
                    Err(error) if is_not_yet(&error) => {}
                    // Reading tells why, and what came before it.
                    Err(_) => done = true,
                }
            }
            match (&self.stream).read(&mut buffer) {
                Ok(0) => return Look::Done(StreamEnd::Fin),
                Ok(count) => {
                    let before = so_far.heard;
                    so_far.heard += count as u64;
                    if let Some(at) = pattern.first_difference(before, &buffer[..count]) {
                        let start = usize::try_from(at - before).unwrap_or(0);
                        let instead = if at >= so_far.sent {
                            InItsPlace::More
                        } else {
                            pattern.tell(&buffer[start..count])
                        };
                        return Look::Done(StreamEnd::Differs(at, instead));
                    }
                    if so_far.heard > so_far.sent {
                        return Look::Done(StreamEnd::Differs(so_far.sent, InItsPlace::More));
                    }
                    moved = true;
                }
                Err(error) if is_not_yet(&error) => {}
                Err(_) => return Look::Done(StreamEnd::Reset),
            }
            if moved {
                return Look::Progress;
            }
            kernel::wait_until_ready(&self.stream, !done && room, slice);
            Look::Nothing
        });
        so_far.end = end.unwrap_or_else(StreamEnd::Stalled);
        self.record_run(Direction::ToSubmission, pattern, sent, so_far.sent);
        if half_closed {
            self.recorder
                .wire(&self.name, Direction::ToSubmission, Signal::Fin);
        }
        self.record_run(Direction::ToPeer, pattern, heard, so_far.heard);
        let signal = match so_far.end {
            StreamEnd::Fin => Some(Signal::Fin),
            StreamEnd::Reset => Some(Signal::Reset),
            StreamEnd::Stalled(_) => Some(Signal::Silence),
            StreamEnd::Differs(..) => None,
        };
        if let Some(signal) = signal {
            self.recorder.wire(&self.name, Direction::ToPeer, signal);
        }
        self.stream.set_nonblocking(false)?;
        Ok(so_far)
    }

    /// Reads back the first `sent` bytes of the stream, after a half-close, to the end.
    ///
    /// # Errors
    ///
    /// Those of fcntl(2).
    pub fn stream_back(&mut self, pattern: &Pattern, sent: u64) -> io::Result<Streamed> {
        self.streamed(pattern, sent, 0, None)
    }

    /// Records the bytes of a stream from one position to another as one run.
    fn record_run(&self, direction: Direction, pattern: &Pattern, from: u64, to: u64) {
        if to > from {
            let start = pattern.from(from);
            let shown = usize::try_from(to - from)
                .unwrap_or(usize::MAX)
                .min(64)
                .min(start.len());
            let last = pattern.from(to.saturating_sub(8).max(from));
            let signal = Signal::Bytes {
                start: start[..shown].to_vec(),
                end: if to - from > 64 {
                    last[..last.len().min(8)].to_vec()
                } else {
                    Vec::new()
                },
                count: to - from,
            };
            self.recorder.wire(&self.name, direction, signal);
        }
    }
}

/// About how many bytes the kernel keeps for a connection, in each direction. It doubles the numbers,
/// and has a least one of its own; see socket(7).
#[derive(Clone, Copy, Debug)]
pub struct Buffers {
    /// What each side keeps of what the peer sends.
    pub to_submission: usize,
    /// What the submission's side keeps of what it sends.
    pub to_peer: usize,
    /// What the peer's side keeps of what was not read yet.
    pub at_peer: usize,
    /// How long a segment may be. The kernel fills one after the other: with short ones, it runs out of
    /// room in the middle of even a small piece.
    pub segment: u32,
}

impl Buffers {
    /// For the submission's socket, before it connects or listens; what a listener accepts inherits
    /// them.
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2).
    pub fn of_submission(self, socket: &Socket) -> io::Result<()> {
        socket.set_recv_buffer_size(self.to_submission)?;
        socket.set_send_buffer_size(self.to_peer)
    }

    /// For the peer's socket, before it connects or listens.
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2).
    pub fn of_peer(self, socket: &Socket) -> io::Result<()> {
        #[cfg(unix)]
        socket.set_tcp_mss(self.segment)?;
        socket.set_recv_buffer_size(self.at_peer)?;
        socket.set_send_buffer_size(self.to_submission)
    }
}
