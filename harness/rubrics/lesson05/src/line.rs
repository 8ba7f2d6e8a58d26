//! A line to the grader's server: the server's end is the grader's, and from the other one the
//! submission reads, through a `BufReader`. And answers, as they go over it.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{FetchError, Functions, Head};
use harness::attempt::{Attempt, Call, Shown};
use harness::finding::{Exhibit, Stop};
use harness::rubric::by_hand::for_printf;
use harness::rubric::control::ANY_PORT;
use harness::rubric::message;
use harness::watch::{self, Look};
use harness::wire::{Peer, Server};

/// What `BufReader::new` takes.
pub const USUAL: usize = 8 << 10;

/// A read that fails: when so many bytes were read, once, with this.
pub type Fault = (u64, io::ErrorKind);

/// How a line is.
pub struct Kind {
    /// How many bytes the reader keeps.
    pub capacity: usize,
    /// How long a read waits.
    pub timeout: Option<Duration>,
    /// Reads that fail, in order.
    pub faults: Vec<Fault>,
}

impl Default for Kind {
    fn default() -> Kind {
        Kind {
            capacity: USUAL,
            timeout: None,
            faults: Vec::new(),
        }
    }
}

/// A connection to the grader's server.
pub struct Line {
    pub server: Peer,
    reader: Arc<Mutex<BufReader<Tap>>>,
    counts: Arc<Counts>,
    sent: u64,
    ended: bool,
}

#[derive(Default)]
struct Counts {
    read: AtomicU64,
    in_vain: AtomicU64,
}

/// The submission's end: counts what is read there, and fails where it was told to.
struct Tap {
    stream: TcpStream,
    counts: Arc<Counts>,
    faults: VecDeque<Fault>,
}

/// Whoever reads again after so many time-outs will not give up at the next one either.
const ENOUGH_TIMEOUTS: u64 = 4;

impl Read for Tap {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.counts.read.load(Ordering::Acquire);
        let mut most = buffer.len();
        if let Some((place, kind)) = self.faults.front().copied() {
            if place <= read {
                self.faults.pop_front();
                return Err(kind.into());
            }
            most = usize::try_from(place - read).map_or(most, |left| left.min(most));
        }
        match self.stream.read(&mut buffer[..most]) {
            Ok(count) => {
                self.counts.read.fetch_add(count as u64, Ordering::Release);
                Ok(count)
            }
            Err(error) if is_timeout(&error) => {
                if self.counts.in_vain.fetch_add(1, Ordering::Release) + 1 == ENOUGH_TIMEOUTS {
                    // A wait without an end is seen to be in vain, and this one would have none.
                    self.stream.set_read_timeout(None)?;
                }
                Err(error)
            }
            Err(error) => Err(error),
        }
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}

impl Line {
    pub fn new(attempt: &Attempt) -> Result<Line, Stop> {
        Line::of(attempt, Kind::default())
    }

    /// With a reader that keeps this many bytes: as many pieces as a stream has of them.
    pub fn in_pieces_of(attempt: &Attempt, capacity: usize) -> Result<Line, Stop> {
        let kind = Kind {
            capacity,
            ..Kind::default()
        };
        Line::of(attempt, kind)
    }

    pub fn of(attempt: &Attempt, kind: Kind) -> Result<Line, Stop> {
        let (stream, server) =
            Server::listen("server", ANY_PORT, &attempt.recorder())?.connection()?;
        server.sends_at_once();
        stream.set_read_timeout(kind.timeout)?;
        let counts = Arc::new(Counts::default());
        let tap = Tap {
            stream,
            counts: Arc::clone(&counts),
            faults: kind.faults.into(),
        };
        Ok(Line {
            server,
            reader: Arc::new(Mutex::new(BufReader::with_capacity(kind.capacity, tap))),
            counts,
            sent: 0,
            ended: false,
        })
    }

    /// Whether the submission is still there shows in what its call gives.
    pub fn send(&mut self, bytes: &[u8]) {
        let _ = self.server.send(bytes);
        self.sent += bytes.len() as u64;
    }

    /// Sends this, and has it stand in the reader's buffer: what is sent next is another read.
    pub fn send_ahead(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        if !bytes.is_empty() {
            self.send(bytes);
            reader(&self.reader).fill_buf()?;
        }
        Ok(())
    }

    /// Sends two pieces, which are two reads, and nothing after them.
    pub fn send_in_two(&mut self, bytes: &[u8], at: usize) -> Result<(), Stop> {
        self.send_ahead(&bytes[..at])?;
        if at < bytes.len() {
            self.send(&bytes[at..]);
        }
        Ok(())
    }

    /// No more will come.
    pub fn end(&mut self) -> Result<(), Stop> {
        if !self.ended {
            self.ended = true;
            self.server.half_close()?;
        }
        Ok(())
    }

    /// How many bytes were read from the connection, be it into the reader's buffer.
    pub fn read(&self) -> u64 {
        self.counts.read.load(Ordering::Acquire)
    }

    /// Sends `bytes` while `call` runs, until it has ended, or more than `most` bytes
    /// were read. What the call gave, if it has ended.
    pub fn send_while<T: Shown>(
        &mut self,
        attempt: &mut Attempt,
        call: &Call<T>,
        bytes: &[u8],
        most: u64,
    ) -> Option<Result<T, Stop>> {
        let (mut ended, counts) = (None, Arc::clone(&self.counts));
        // A broken connection ends the call, too.
        let sent = self.server.send_unless(bytes, || {
            ended = ended.take().or_else(|| attempt.poll(call));
            ended.is_some() || counts.read.load(Ordering::Acquire) > most
        });
        self.sent += sent.unwrap_or(0) as u64;
        ended
    }

    /// Waits until `call` has ended, or more than `most` bytes were read: all that is needed has been sent. What the
    /// call gave, if it has ended.
    pub fn wait_while<T: Shown>(
        &self,
        attempt: &mut Attempt,
        call: &Call<T>,
        most: u64,
    ) -> Option<Result<T, Stop>> {
        let mut before = self.read();
        let waited = watch::until(&watch::DUE, |slice| {
            let began = Instant::now();
            while began.elapsed() < slice {
                if let Some(ended) = attempt.poll(call) {
                    return Look::Done(Some(ended));
                }
                if self.read() > most {
                    return Look::Done(None);
                }
                std::thread::park_timeout(slice / 40);
            }
            // Whoever reads byte by byte is slow, and gets somewhere.
            match self.read() > std::mem::replace(&mut before, self.read()) {
                true => Look::Progress,
                false => Look::Nothing,
            }
        });
        waited.ok().flatten()
    }

    /// Waits until all that was sent has been read, or until it is clear that it will not be.
    pub fn wait_until_read(&self) {
        let _ = watch::until(&watch::AT_REST, |slice| {
            if self.read() >= self.sent {
                return Look::Done(());
            }
            std::thread::park_timeout(slice / 80);
            Look::Nothing
        });
    }

    /// Sends these pieces while `call` runs, each when the one before it has been read.
    pub fn dribble(&mut self, pieces: &[&[u8]]) {
        for piece in pieces {
            self.send(piece);
            self.wait_until_read();
        }
    }

    /// Ends the stream, and gives what the submission has left of it.
    pub fn left(&mut self) -> Result<Vec<u8>, Stop> {
        self.end()?;
        let mut left = Vec::new();
        reader(&self.reader).read_to_end(&mut left)?;
        Ok(left)
    }

    pub fn start_read_head(&self, f: &Functions, attempt: &mut Attempt) -> Call<GaveHead> {
        let (read_head, shared) = (f.read_head, Arc::clone(&self.reader));
        attempt.start("read_head", "read_head(reader)", move || {
            read_head(&mut *reader(&shared))
        })
    }

    pub fn read_head(&self, f: &Functions, attempt: &mut Attempt) -> Result<GaveHead, Stop> {
        let call = self.start_read_head(f, attempt);
        attempt.finish(call)
    }

    /// The reader, for another call.
    pub fn reader(&self) -> SharedReader {
        SharedReader(Arc::clone(&self.reader))
    }
}

/// What `read_head` gives.
pub type GaveHead = Result<Head, FetchError>;

/// A line's reader, in the thread of a call.
pub struct SharedReader(Arc<Mutex<BufReader<Tap>>>);

impl SharedReader {
    pub fn with<T>(&self, work: impl FnOnce(&mut dyn BufRead) -> T) -> T {
        work(&mut *reader(&self.0))
    }
}

fn reader(shared: &Mutex<BufReader<Tap>>) -> MutexGuard<'_, BufReader<Tap>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An answer, and what a reader has to make of its head.
#[derive(Clone, Debug)]
pub struct Answer {
    /// As it goes over the wire.
    pub bytes: Vec<u8>,
    /// As its head must be read.
    pub meant: Head,
    /// Where the status line begins: behind the 1xx answers.
    pub start: usize,
}

impl Answer {
    /// The beginning of an answer: its first line, where `rest` is what follows the status.
    pub fn line(minor_version: u8, status: u16, rest: &str) -> Answer {
        Answer {
            bytes: format!("HTTP/1.{minor_version} {status}{rest}\r\n").into_bytes(),
            meant: Head {
                minor_version,
                status,
                reason: rest.strip_prefix(' ').unwrap_or(rest).to_owned(),
                headers: Vec::new(),
            },
            start: 0,
        }
    }

    /// What most answers begin with.
    pub fn ok() -> Answer {
        Answer::line(1, 200, " OK")
    }

    /// With one more field, `raw` as it stands behind the colon.
    pub fn field(mut self, name: &str, raw: &str) -> Answer {
        self.bytes
            .extend_from_slice(format!("{name}:{raw}\r\n").as_bytes());
        let value = raw.trim_matches([' ', '\t']);
        self.meant.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With the end of the head, and nothing after it.
    pub fn end(mut self) -> Answer {
        self.bytes.extend_from_slice(b"\r\n");
        self
    }

    /// With these heads before it, which are not meant.
    pub fn after(mut self, heads: &str) -> Answer {
        self.start += heads.len();
        self.bytes.splice(..0, heads.bytes());
        self
    }
}

/// An answer as servers send it.
pub fn any_answer() -> Answer {
    Answer::ok()
        .field("Content-Type", " text/plain")
        .field("X-Id", &format!(" {}", message::word(6)))
        .end()
}

/// The line of `bytes` that holds the byte `from`, as the submission received it, with marks up to `to`.
pub fn received(bytes: &[u8], from: usize, to: usize, remark: &str) -> Exhibit {
    Exhibit {
        title: "received".to_owned(),
        ..message::exhibit(bytes, from, to, remark)
    }
}

/// A command that has a server send these pieces to the lesson's program; none where there are none, or they are long.
pub fn by_hand(pieces: &[&[u8]]) -> Option<String> {
    /// More than that nobody wants to see in a shell.
    const MUCH: usize = 160;
    if pieces.is_empty() || pieces.iter().map(|piece| piece.len()).sum::<usize>() > MUCH {
        return None;
    }
    let printf: Vec<String> = pieces
        .iter()
        .map(|piece| format!("printf '{}'", for_printf(piece)))
        .collect();
    let server = match printf.as_slice() {
        [one] => one.clone(),
        several => format!("({})", several.join("; sleep 1; ")),
    };
    Some(format!(
        "{server} | nc -lN 127.0.0.1 8900 & sleep 1; cargo run -qp lesson05 -- -i 127.0.0.1:8900"
    ))
}

/// The finding, with that command where there is one.
pub fn with_command(stop: Stop, pieces: &[&[u8]]) -> Stop {
    match by_hand(pieces) {
        Some(command) => stop.by_hand(command),
        None => stop,
    }
}
