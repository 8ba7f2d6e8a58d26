//! The scripted peer on the other side: a server, for a submission that calls.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};

use super::{Peer, is_not_yet};
use crate::kernel;
use crate::sockets;
use crate::trace::{Direction, Recorder, Signal};
use crate::watch::{self, GaveUp, Look};

/// A server in the grader's hands: it listens from the start, and accepts when it is told to.
pub struct Server {
    name: String,
    listener: TcpListener,
    recorder: Recorder,
}

impl Server {
    /// Listens on `addr`, where port 0 is any free one. `name` is how the server is called in pictures.
    ///
    /// # Errors
    ///
    /// Those of bind(2).
    pub fn listen(name: &str, addr: SocketAddr, recorder: &Recorder) -> io::Result<Server> {
        Ok(Server {
            name: name.to_owned(),
            listener: TcpListener::bind(addr)?,
            recorder: recorder.clone(),
        })
    }

    /// A server on a socket that listens already.
    pub fn of(name: &str, listening: Socket, recorder: &Recorder) -> Server {
        Server {
            name: name.to_owned(),
            listener: listening.into(),
            recorder: recorder.clone(),
        }
    }

    /// Where it listens.
    ///
    /// # Errors
    ///
    /// Those of getsockname(2).
    pub fn addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Waits for the next caller.
    ///
    /// # Errors
    ///
    /// When nobody is going to call.
    pub fn accept(&self) -> Result<Peer, GaveUp> {
        let accepted = watch::until(&watch::DUE, |slice| match self.waiting_caller() {
            Some(peer) => Look::Done(peer),
            None => {
                // std waits for a caller without an end only; this wait has to have one.
                std::thread::park_timeout(slice.min(Duration::from_millis(1)));
                match self.waiting_caller() {
                    Some(peer) => Look::Done(peer),
                    None => {
                        std::thread::park_timeout(slice);
                        Look::Nothing
                    }
                }
            }
        });
        if accepted.is_err() {
            self.recorder
                .wire(&self.name, Direction::ToPeer, Signal::Silence);
        }
        accepted
    }

    /// The caller who waits to be accepted, if there is one: no waiting here.
    pub fn waiting_caller(&self) -> Option<Peer> {
        self.listener.set_nonblocking(true).ok()?;
        let (stream, _) = self.listener.accept().ok()?;
        stream.set_nonblocking(false).ok()?;
        self.recorder
            .wire(&self.name, Direction::ToPeer, Signal::Connected);
        Some(Peer::of(&self.name, stream, &self.recorder))
    }

    /// A connection to this server for the submission to use, and the server's end of it.
    ///
    /// # Errors
    ///
    /// Those of connect(2).
    pub fn connection(&self) -> io::Result<(TcpStream, Peer)> {
        let stream = TcpStream::connect(self.addr()?)?;
        let peer = self
            .accept()
            .map_err(|gave_up| io::Error::other(gave_up.to_string()))?;
        Ok((stream, peer))
    }
}

impl Peer {
    /// The address on this side: that of the server.
    ///
    /// # Errors
    ///
    /// Those of getsockname(2).
    pub fn own_addr(&self) -> io::Result<SocketAddr> {
        self.stream.local_addr()
    }

    /// How many bytes stand in the connection, sent and not read: first those on their way here, then
    /// those on their way to the other end. `None` where the kernel does not tell.
    pub fn standing(&self) -> Option<(u64, u64)> {
        let other = self.stream.peer_addr().ok()?;
        let theirs = sockets::at(other, self.own_addr().ok()?)?;
        let here = u64::from(theirs.unconfirmed) + kernel::unread(&self.stream)?;
        Some((
            here,
            u64::from(theirs.unread) + kernel::unsent(&self.stream)?,
        ))
    }
}

/// A server that sends back what it reads, and reads on only when that is out of its hands: as a simple
/// echo does. It moves when it is asked to, so that whoever asks knows that nothing has moved.
pub struct Echo {
    peer: Peer,
    pending: Vec<u8>,
    buffer: Vec<u8>,
    /// The first bytes that it read, and the last ones.
    first: Vec<u8>,
    last: Vec<u8>,
    /// How many bytes it has read.
    pub heard: u64,
    /// How many bytes it has sent.
    pub sent: u64,
    done: bool,
}

/// How many bytes at either end of a stream are kept for its picture.
const ENDS: usize = 8;

impl Echo {
    /// An echo at this end of a connection.
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2).
    pub fn new(peer: Peer) -> io::Result<Echo> {
        // Room that does not grow: how much fits into the connection is known then.
        let socket = socket2::SockRef::from(&peer.stream);
        socket.set_recv_buffer_size(256 << 10)?;
        socket.set_send_buffer_size(256 << 10)?;
        Ok(Echo {
            peer,
            pending: Vec::new(),
            buffer: vec![0; 256 << 10],
            first: Vec::new(),
            last: Vec::new(),
            heard: 0,
            sent: 0,
            done: false,
        })
    }

    /// Reads or writes once, for at most `slice`. Has anything moved?
    pub fn step(&mut self, slice: Duration) -> bool {
        if self.done {
            std::thread::park_timeout(slice);
            return false;
        }
        let Echo { peer, pending, .. } = self;
        if pending.is_empty() {
            let _ = peer.stream.set_read_timeout(Some(slice));
            match peer.stream.read(&mut self.buffer) {
                Ok(0) => {
                    self.tell();
                    let _ = self.peer.half_close();
                    self.done = true;
                    return true;
                }
                Ok(count) => {
                    let read = &self.buffer[..count];
                    pending.extend_from_slice(read);
                    let missing = ENDS.saturating_sub(self.first.len()).min(count);
                    self.first.extend_from_slice(&read[..missing]);
                    self.last = read[count.saturating_sub(ENDS)..].to_vec();
                    self.heard += count as u64;
                    return true;
                }
                Err(error) if is_not_yet(&error) => return false,
                Err(_) => {}
            }
        } else {
            let _ = peer.stream.set_write_timeout(Some(slice));
            match peer.stream.write(pending) {
                Ok(count) => {
                    pending.drain(..count);
                    self.sent += count as u64;
                    return count > 0;
                }
                Err(error) if is_not_yet(&error) => return false,
                Err(_) => {}
            }
        }
        self.tell();
        self.peer
            .recorder
            .wire(&self.peer.name, Direction::ToPeer, Signal::Reset);
        self.done = true;
        true
    }

    /// Does it wait to send, with nobody taking what it sent?
    pub fn waits_to_send(&self) -> bool {
        !self.done && !self.pending.is_empty()
    }

    /// The end of the connection that it holds.
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// Records what was said so far.
    pub fn tell(&self) {
        // What it sends is what it heard, so that both runs begin alike; where one ends is not kept.
        let run = |count: u64| match self
            .first
            .get(..usize::try_from(count).unwrap_or(usize::MAX))
        {
            Some(all) => Signal::bytes(all),
            None => Signal::Bytes {
                start: self.first.clone(),
                end: self.last.clone(),
                count,
            },
        };
        let Peer { name, recorder, .. } = &self.peer;
        recorder.wire(name, Direction::ToPeer, run(self.heard));
        recorder.wire(name, Direction::ToSubmission, run(self.sent));
    }
}

/// An address that answers no call: a listener whose queue is full. The kernel drops the handshake of
/// whoever calls there, and the caller hears nothing.
pub struct BlackHole {
    listener: Socket,
    _callers: Vec<TcpStream>,
}

impl BlackHole {
    /// Stops listening and keeps the port: whoever calls again, as TCP does by itself after a second
    /// without an answer (RFC 6298, section 2), is refused.
    ///
    /// # Errors
    ///
    /// Those of shutdown(2).
    pub fn refuses_from_now_on(&self) -> io::Result<()> {
        self.listener.shutdown(Shutdown::Both)
    }

    /// A black hole on the interface of `like`; `None` where it cannot be known that it is one.
    ///
    /// # Errors
    ///
    /// Those of bind(2) and connect(2).
    pub fn open(like: SocketAddr) -> io::Result<Option<BlackHole>> {
        let listener = Socket::new(Domain::for_address(like), Type::STREAM, Some(Protocol::TCP))?;
        listener.bind(&SocketAddr::new(like.ip(), 0).into())?;
        listener.listen(0)?;
        let mut hole = BlackHole {
            listener,
            _callers: Vec::new(),
        };
        let addr = hole.addr()?;
        // A queue of length 0 has room for one, or for two.
        for _ in 0..4 {
            match kernel::queue_is_full(&hole.listener) {
                Some(true) => return Ok(Some(hole)),
                Some(false) => {}
                None => return Ok(None),
            }
            hole._callers.push(TcpStream::connect(addr)?);
            // The caller's side of the handshake is done a moment before the listener's.
            for _ in 0..100 {
                if kernel::queue_is_full(&hole.listener) == Some(true) {
                    break;
                }
                std::thread::park_timeout(Duration::from_millis(1));
            }
        }
        Ok(None)
    }

    /// Where nobody answers.
    ///
    /// # Errors
    ///
    /// Those of getsockname(2).
    pub fn addr(&self) -> io::Result<SocketAddr> {
        self.listener
            .local_addr()?
            .as_socket()
            .ok_or_else(|| io::ErrorKind::InvalidData.into())
    }
}

/// An address where calls are refused: a socket that is bound, and does not listen, keeps others from it.
pub struct Refusing {
    socket: Socket,
}

impl Refusing {
    /// A refusing address on the interface of `like`.
    ///
    /// # Errors
    ///
    /// Those of bind(2).
    pub fn bind(like: SocketAddr) -> io::Result<Refusing> {
        let socket = Socket::new(Domain::for_address(like), Type::STREAM, Some(Protocol::TCP))?;
        socket.bind(&SocketAddr::new(like.ip(), 0).into())?;
        Ok(Refusing { socket })
    }

    /// Where calls are refused.
    ///
    /// # Errors
    ///
    /// Those of getsockname(2).
    pub fn addr(&self) -> io::Result<SocketAddr> {
        self.socket
            .local_addr()?
            .as_socket()
            .ok_or_else(|| io::ErrorKind::InvalidData.into())
    }
}
