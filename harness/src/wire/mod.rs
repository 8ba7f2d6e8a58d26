//! The scripted peer that talks to a submission over real sockets, and records what is said.
//!
//! Knows nothing of grading: it says what it heard, and a rubric says what that means.

pub mod http;
mod server;
mod stream;

use std::io::{self, Read, Write};
use std::net::{Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use crate::sockets::{self, State};
use crate::trace::{Direction, Recorder, Signal};
use crate::watch::{self, GaveUp, Look};

pub use server::{BlackHole, Echo, Refusing, Server};
pub use stream::{Buffers, InItsPlace, OnTheWay, Pattern, StreamEnd, Streamed};

/// How long a handshake may take. On loopback it takes microseconds, unless the queue of the listener
/// is full: then the kernel drops it, and tries again after a second, and then after two more.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// One end of a connection, in the grader's hands.
pub struct Peer {
    name: String,
    stream: TcpStream,
    recorder: Recorder,
    /// The kernel tells of a reset once, and here a send was told: what is read after it looks like FIN.
    reset: bool,
}

/// What a peer heard.
#[derive(Debug)]
pub enum Heard {
    /// All the bytes that were asked for.
    Bytes(Vec<u8>),
    /// These bytes, and then the end of the stream.
    Fin(Vec<u8>),
    /// These bytes, and then a reset.
    Reset(Vec<u8>),
    /// These bytes, and then nothing more.
    Nothing(Vec<u8>, GaveUp),
}

impl Peer {
    /// Calls `addr`. `name` is how the peer is called in pictures.
    ///
    /// # Errors
    ///
    /// Those of connect(2), such as `ConnectionRefused` when nobody listens there.
    pub fn connect(name: &str, addr: SocketAddr, recorder: &Recorder) -> io::Result<Peer> {
        sockets::watch_who_is_kept_back();
        let connected = TcpStream::connect_timeout(&addr, HANDSHAKE);
        if let Ok(stream) = &connected {
            wait_until_the_other_end_knows(stream.local_addr().ok(), addr);
        }
        recorder.wire(name, Direction::ToSubmission, Signal::Connected);
        match &connected {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                recorder.wire(name, Direction::ToPeer, Signal::Refused);
            }
            Err(_) => recorder.wire(name, Direction::ToPeer, Signal::Silence),
        }
        Ok(Peer {
            name: name.to_owned(),
            stream: connected?,
            recorder: recorder.clone(),
            reset: false,
        })
    }

    /// The address that this peer calls from.
    ///
    /// # Errors
    ///
    /// Those of getsockname(2).
    pub fn addr(&self) -> io::Result<SocketAddr> {
        self.stream.local_addr()
    }

    /// Each piece goes out when it is said, whether or not the last one was confirmed (`TCP_NODELAY`, see
    /// tcp(7)).
    pub fn sends_at_once(&self) {
        // A connection that is gone already says so when it is used.
        let _ = self.stream.set_nodelay(true);
    }

    /// Sends all of `bytes`, or as much as goes: when the other side is gone, hearing tells it.
    ///
    /// # Errors
    ///
    /// Those of send(2), but for `ECONNRESET` and `EPIPE`, and what Windows says in their place, `WSAECONNABORTED`.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.recorder
            .wire(&self.name, Direction::ToSubmission, Signal::bytes(bytes));
        match self.stream.write_all(bytes) {
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {
                self.reset = true;
                Ok(())
            }
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionAborted
                ) =>
            {
                Ok(())
            }
            sent => sent,
        }
    }

    /// Says that no more will be sent, and goes on listening. When the other side is gone, hearing tells it.
    ///
    /// # Errors
    ///
    /// Those of shutdown(2), but for `ENOTCONN`.
    pub fn half_close(&mut self) -> io::Result<()> {
        self.recorder
            .wire(&self.name, Direction::ToSubmission, Signal::Fin);
        match self.stream.shutdown(Shutdown::Write) {
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
            said => said,
        }
    }

    /// Tears the connection down at once, with RST in place of FIN: `SO_LINGER` of zero, see socket(7).
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2).
    pub fn reset(self) -> io::Result<()> {
        socket2::SockRef::from(&self.stream).set_linger(Some(Duration::ZERO))?;
        self.recorder
            .wire(&self.name, Direction::ToSubmission, Signal::Reset);
        Ok(())
    }

    /// Waits for `count` bytes, or for what comes instead.
    pub fn hear(&mut self, count: usize) -> Heard {
        let mut bytes = vec![0; count];
        let mut filled = 0;
        // Zero bytes asked for would be answered at once, with the peer still there.
        let heard = watch::until(&watch::DUE, |slice| {
            if self.stream.set_read_timeout(Some(slice)).is_err() {
                return Look::Done(Some(true));
            }
            match self.stream.read(&mut bytes[filled..]) {
                Ok(0) => Look::Done(Some(self.reset)),
                Ok(more) => {
                    filled += more;
                    if filled == count {
                        Look::Done(None)
                    } else {
                        Look::Progress
                    }
                }
                Err(error) if is_not_yet(&error) => Look::Nothing,
                Err(_) => Look::Done(Some(true)),
            }
        });
        bytes.truncate(filled);
        if filled > 0 {
            self.recorder
                .wire(&self.name, Direction::ToPeer, Signal::bytes(&bytes));
        }
        let (signal, heard) = match heard {
            Ok(None) => return Heard::Bytes(bytes),
            Ok(Some(false)) => (Signal::Fin, Heard::Fin(bytes)),
            Ok(Some(true)) => (Signal::Reset, Heard::Reset(bytes)),
            Err(gave_up) => (Signal::Silence, Heard::Nothing(bytes, gave_up)),
        };
        self.recorder.wire(&self.name, Direction::ToPeer, signal);
        heard
    }

    /// Waits until something has come, and takes what is there, at most `most` bytes. `Fin`, `Reset` and
    /// `Nothing` have no bytes with them then.
    pub fn hear_some(&mut self, most: usize) -> Heard {
        let mut bytes = vec![0; most];
        let heard = watch::until(&watch::DUE, |slice| {
            if self.stream.set_read_timeout(Some(slice)).is_err() {
                return Look::Done(Err(()));
            }
            match self.stream.read(&mut bytes) {
                Ok(count) => Look::Done(Ok(count)),
                Err(error) if is_not_yet(&error) => Look::Nothing,
                Err(_) => Look::Done(Err(())),
            }
        });
        let (signal, heard) = match heard {
            Ok(Ok(0)) if self.reset => (Signal::Reset, Heard::Reset(Vec::new())),
            Ok(Ok(0)) => (Signal::Fin, Heard::Fin(Vec::new())),
            Ok(Ok(count)) => {
                bytes.truncate(count);
                (Signal::bytes(&bytes), Heard::Bytes(bytes))
            }
            Ok(Err(())) => (Signal::Reset, Heard::Reset(Vec::new())),
            Err(gave_up) => (Signal::Silence, Heard::Nothing(Vec::new(), gave_up)),
        };
        self.recorder.wire(&self.name, Direction::ToPeer, signal);
        heard
    }

    /// Takes what has come already, at most `most` bytes, without waiting: `None` when nothing has. `Fin`
    /// and `Reset` have no bytes with them.
    pub fn hear_now(&mut self, most: usize) -> Option<Heard> {
        let mut bytes = vec![0; most];
        let heard = self
            .stream
            .set_nonblocking(true)
            .and_then(|()| self.stream.read(&mut bytes));
        let (signal, heard) = match heard {
            Ok(0) if self.reset => (Signal::Reset, Heard::Reset(Vec::new())),
            Ok(0) => (Signal::Fin, Heard::Fin(Vec::new())),
            Ok(count) => {
                bytes.truncate(count);
                (Signal::bytes(&bytes), Heard::Bytes(bytes))
            }
            Err(error) if is_not_yet(&error) => {
                let _ = self.stream.set_nonblocking(false);
                return None;
            }
            Err(_) => (Signal::Reset, Heard::Reset(Vec::new())),
        };
        let _ = self.stream.set_nonblocking(false);
        self.recorder.wire(&self.name, Direction::ToPeer, signal);
        Some(heard)
    }

    /// Sends as much of `bytes` as is taken, and gives how much that was: less than all when the
    /// connection broke, or when nobody at the other end will read on.
    pub fn offer(&mut self, bytes: &[u8]) -> usize {
        let mut sent = 0;
        if self.stream.set_nonblocking(true).is_err() {
            return 0;
        }
        let _ = watch::until(&watch::DUE, |slice| {
            let before = sent;
            while sent < bytes.len() {
                match self.stream.write(&bytes[sent..]) {
                    Ok(count) => sent += count,
                    Err(error) if is_not_yet(&error) => break,
                    Err(_) => return Look::Done(()),
                }
            }
            if sent == bytes.len() {
                return Look::Done(());
            }
            if sent > before {
                return Look::Progress;
            }
            // Not for room alone: there may be something to read all the time.
            std::thread::park_timeout(slice.min(Duration::from_millis(1)));
            Look::Nothing
        });
        let _ = self.stream.set_nonblocking(false);
        let taken = Signal::bytes(&bytes[..sent]);
        self.recorder
            .wire(&self.name, Direction::ToSubmission, taken);
        sent
    }

    /// Waits for the end of the stream: whatever comes before it is in what was heard.
    pub fn hear_end(&mut self) -> Heard {
        self.hear(1)
    }
}

/// Who calls is connected one segment before who is called (RFC 9293, section 3.5), and only then stands in the queue of
/// the listener. That segment may be late, or lost: the kernel notices after a second. Not so where the listener keeps
/// its callers back.
fn wait_until_the_other_end_knows(own: Option<SocketAddr>, called: SocketAddr) {
    const LOST: Duration = Duration::from_millis(1500);
    let Some(own) = own else { return };
    let began = Instant::now();
    let is_on_its_way =
        || sockets::at(called, own).is_some_and(|it| it.state == State::SynReceived);
    while is_on_its_way() && !sockets::callers_are_kept_back() && began.elapsed() < LOST {
        std::thread::park_timeout(Duration::from_millis(1));
    }
}

/// A time-out of one slice, or a signal: look again.
fn is_not_yet(error: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), Interrupted | TimedOut | WouldBlock)
}

/// Does this machine have IPv6 on its loopback interface?
pub fn has_ipv6() -> bool {
    TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok()
}

/// An address on the interface of `like` whose port was free a moment ago. Whoever binds it may still
/// come too late, and has to try again with another.
///
/// # Errors
///
/// Those of bind(2).
pub fn free_address(like: SocketAddr) -> io::Result<SocketAddr> {
    TcpListener::bind(SocketAddr::new(like.ip(), 0))?.local_addr()
}

/// A payload that nobody can know beforehand. The first byte says that it is no text.
///
/// A short one has no zero and no line end in it: whether it had would be chance, and the verdict on a
/// program that goes by lines or by zeros must not be. In a long one every byte occurs.
pub fn random_payload(length: usize) -> Vec<u8> {
    const SHORT: usize = 256;
    let mut payload = vec![0; length];
    fastrand::Rng::new().fill(&mut payload);
    if length < SHORT {
        for byte in &mut payload {
            if matches!(*byte, 0 | b'\n' | b'\r') {
                *byte = 0xfe;
            }
        }
    }
    if let Some(first) = payload.first_mut() {
        *first |= 0x80;
    }
    payload
}
