//! A connection to a server: what comes from it, within the time there is, and what is sent.

use std::io::{self, BufRead, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::meter::Meter;
use super::pace::Pace;

/// As much as is read with one call.
const BUFFER: usize = 128 * 1024;
/// How often to look for an early answer while the server takes nothing of the body.
const GLANCE: Duration = Duration::from_millis(100);
/// `HTTP/1.1 200`: what has to be there for the status to be known.
pub const STATUS_LINE: usize = 12;

/// One connection, which may serve several requests, one after the other.
pub struct Connection {
    stream: TcpStream,
    /// Counted from 0, as curl does with `-v`.
    pub number: u32,
    pub peer: SocketAddr,
    pub local: Option<SocketAddr>,
    /// What has come and was not yet consumed is `buffer[start..end]`.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// What is consumed while a head is read: `-i` and `-D` want each byte as it came.
    recording: Option<Vec<u8>>,
    /// Whether anything has come since the request began.
    pub heard: bool,
    pub first_byte: Option<Instant>,
    deadline: Option<Instant>,
    /// The socket's time-outs for reading and for writing, so as to set them only when they change.
    limits: (Option<Duration>, Option<Duration>),
    incoming: Pace,
    outgoing: Pace,
    meter: Option<Rc<Meter>>,
    /// What the system said when reading or sending failed: `FetchError` has no room for it.
    pub trouble: Option<io::Error>,
}

/// How sending ended, where nothing failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    All,
    /// The server said no before it had all.
    Refused,
}

impl Connection {
    pub fn new(stream: TcpStream, peer: SocketAddr, number: u32) -> Connection {
        // What is sent goes out at once: an answer is waited for right after it. Where this fails, it is only slower.
        let _ = stream.set_nodelay(true);
        Connection {
            local: stream.local_addr().ok(),
            stream,
            number,
            peer,
            buffer: vec![0; BUFFER],
            start: 0,
            end: 0,
            recording: None,
            heard: false,
            first_byte: None,
            deadline: None,
            limits: (None, None),
            incoming: Pace::new(None),
            outgoing: Pace::new(None),
            meter: None,
            trouble: None,
        }
    }

    /// Prepares for a request: when it has to be over, and how fast it may be.
    pub fn begin(
        &mut self,
        deadline: Option<Instant>,
        rate: Option<u64>,
        meter: Option<Rc<Meter>>,
    ) {
        self.deadline = deadline;
        self.incoming = Pace::new(rate);
        self.outgoing = Pace::new(rate);
        self.meter = meter;
        self.heard = false;
        self.first_byte = None;
        self.trouble = None;
        self.recording = Some(Vec::new());
    }

    /// The bytes of the head, and of the 1xx answers before it, as they came.
    pub fn take_recording(&mut self) -> Vec<u8> {
        self.recording.take().unwrap_or_default()
    }

    /// Whether another request can be sent here: the server has not hung up, and has said nothing that
    /// nobody asked for.
    pub fn is_idle(&mut self) -> bool {
        self.start == self.end
            && matches!(self.glance(), Err(error) if error.kind() == ErrorKind::WouldBlock)
    }

    /// Sends all of it. While a body is sent (`watchful`), the server may answer before it has all: when it says no,
    /// the rest is not sent.
    ///
    /// # Errors
    ///
    /// Those of the system; `TimedOut` when the deadline has come.
    pub fn send(&mut self, mut bytes: &[u8], watchful: bool) -> io::Result<Sent> {
        while !bytes.is_empty() {
            if watchful && self.early_status().is_some_and(|status| status >= 300) {
                return Ok(Sent::Refused);
            }
            let piece = &bytes[..bytes.len().min(self.outgoing.wait(self.deadline))];
            let limit = match self.remaining()? {
                Some(remaining) if watchful => Some(remaining.min(GLANCE)),
                None if watchful => Some(GLANCE),
                other => other,
            };
            if self.limits.1 != limit {
                self.stream.set_write_timeout(limit)?;
                self.limits.1 = limit;
            }
            match self.stream.write(piece) {
                Ok(count) => {
                    self.outgoing.passed(count);
                    if watchful {
                        self.count(count);
                    }
                    bytes = &bytes[count..];
                }
                Err(error) if is_passing(&error) => {} // `remaining` knows whether it was the deadline
                Err(error) => return Err(error),
            }
        }
        Ok(Sent::All)
    }

    /// Tells the meter of bytes of a body that were sent.
    pub fn count(&self, sent: usize) {
        if let Some(meter) = &self.meter {
            meter.sent(sent);
        }
    }

    /// Waits for the status line of the answer, but not longer than `limit`. It stays where it is.
    ///
    /// # Errors
    ///
    /// `TimedOut` when the deadline comes first, and those of the system.
    pub fn wait_for_status(&mut self, limit: Duration) -> io::Result<Option<u16>> {
        let end = Instant::now() + limit;
        while self.status().is_none() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() || self.receive(Some(left))? == 0 {
                return Ok(None);
            }
        }
        Ok(self.status())
    }

    /// The status of the answer that has begun to come. Does not wait.
    fn early_status(&mut self) -> Option<u16> {
        if self.status().is_none() {
            // What is wrong will show when the rest is sent.
            let _ = self.glance();
        }
        self.status()
    }

    /// The status in what has come and was not consumed.
    fn status(&self) -> Option<u16> {
        let line = self.buffer[self.start..self.end].get(..STATUS_LINE)?;
        let digits = line.strip_prefix(b"HTTP/1.")?.get(2..)?;
        std::str::from_utf8(digits).ok()?.parse().ok()
    }

    /// Reads what is there already.
    fn glance(&mut self) -> io::Result<usize> {
        self.stream.set_nonblocking(true)?;
        let result = self.read_some(BUFFER);
        self.stream.set_nonblocking(false)?;
        result
    }

    /// Waits for more, until the deadline, or `limit`: then it gives 0.
    fn receive(&mut self, limit: Option<Duration>) -> io::Result<usize> {
        let room = self.incoming.wait(self.deadline);
        let until = limit.map(|limit| Instant::now() + limit);
        loop {
            let mut wait = self.remaining()?;
            if let Some(until) = until {
                let left = until.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return Ok(0);
                }
                wait = Some(wait.map_or(left, |wait| wait.min(left)));
            }
            if let Some(meter) = &self.meter {
                wait = Some(wait.map_or(Meter::TICK, |wait| wait.min(Meter::TICK)));
                meter.tick();
            }
            if self.limits.0 != wait {
                self.stream.set_read_timeout(wait)?;
                self.limits.0 = wait;
            }
            match self.read_some(room) {
                // `remaining` knows whether it was the deadline.
                Err(error) if is_passing(&error) => {}
                result => return result,
            }
        }
    }

    fn read_some(&mut self, room: usize) -> io::Result<usize> {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
        let free = &mut self.buffer[self.end..];
        let room = room.min(free.len());
        let count = self.stream.read(&mut free[..room])?;
        if count > 0 && !self.heard {
            self.heard = true;
            self.first_byte = Some(Instant::now());
        }
        self.end += count;
        self.incoming.passed(count);
        Ok(count)
    }

    /// How long there is until the deadline.
    fn remaining(&self) -> io::Result<Option<Duration>> {
        match self.deadline {
            None => Ok(None),
            Some(deadline) => match deadline.saturating_duration_since(Instant::now()) {
                Duration::ZERO => Err(ErrorKind::TimedOut.into()),
                remaining => Ok(Some(remaining)),
            },
        }
    }
}

/// What the lesson's functions read from. A deadline that has come is `TimedOut`.
impl BufRead for Connection {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end
            && let Err(error) = self.receive(None)
        {
            let kind = error.kind();
            self.trouble = Some(error);
            return Err(kind.into());
        }
        Ok(&self.buffer[self.start..self.end])
    }

    fn consume(&mut self, count: usize) {
        let consumed = &self.buffer[self.start..][..count];
        if let Some(recording) = &mut self.recording {
            recording.extend_from_slice(consumed);
        }
        self.start += count;
    }
}

impl Read for Connection {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

/// Whether the call is to be made again. A time-out of a socket is one or the other, as the system likes. A program that
/// was stopped and goes on meets `Interrupted`.
fn is_passing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
    )
}
