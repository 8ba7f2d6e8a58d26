//! The record of one attempt: calls made and bytes on the wire, in order, each with its time.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// What happened, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// One after the other.
    pub events: Vec<Event>,
}

/// A trace, and when it began: so that it can be laid beside what others recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Since 1970, by the system's clock.
    pub began: Duration,
    /// What happened.
    pub trace: Trace,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Since the attempt began.
    pub at: Duration,
    /// What it was.
    pub what: What,
    /// What should have happened instead: `expected "lo"`.
    pub remark: Option<String>,
}

/// What can happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A function of the submission was called; `gave` is empty until it returns.
    Call {
        /// How it reads: `bind_to(socket, 127.0.0.1:0)`.
        call: String,
        /// What it returned, in a few words, and when.
        gave: Option<(String, Duration)>,
    },
    /// The grader looked at something or did something itself.
    Fact {
        /// What was asked or done.
        asked: String,
        /// What came of it; may be empty.
        answer: String,
    },
    /// Something crossed the wire, or did not.
    Wire {
        /// The grader's end, by its name.
        peer: String,
        /// Which way.
        direction: Direction,
        /// What.
        signal: Signal,
    },
}

/// Which way something went on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the peer to the submission.
    ToSubmission,
    /// From the submission to the peer.
    ToPeer,
}

/// What can cross a wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signal {
    /// A connection was asked for and granted: the handshake is done.
    Connected,
    /// A connection was asked for and refused.
    Refused,
    /// Bytes; of a long run the first and the last, and how many there were in all.
    Bytes {
        /// All of them, or the first.
        start: Vec<u8>,
        /// The last, where some are left out.
        end: Vec<u8>,
        /// How many there were in all.
        count: u64,
    },
    /// The end of the stream: no more bytes will come.
    Fin,
    /// The connection was torn down.
    Reset,
    /// Nothing, for so long that it was given up.
    Silence,
}

/// What a call "gave" that was given up.
pub const HAS_NOT_RETURNED: &str = "has not returned";

/// How many bytes at either end of a run are kept.
const KEPT: usize = 64;

impl Signal {
    /// The signal for a run of bytes.
    pub fn bytes(bytes: &[u8]) -> Signal {
        let count = bytes.len() as u64;
        if bytes.len() <= 2 * KEPT {
            return Signal::Bytes {
                start: bytes.to_vec(),
                end: Vec::new(),
                count,
            };
        }
        Signal::Bytes {
            start: bytes[..KEPT].to_vec(),
            end: bytes[bytes.len() - KEPT..].to_vec(),
            count,
        }
    }
}

/// Writes a [`Trace`]; all clones write the same one.
#[derive(Clone)]
pub struct Recorder {
    began: Instant,
    /// The same moment by the system's clock, since 1970.
    clock: Duration,
    trace: Arc<Mutex<Trace>>,
}

impl Recorder {
    /// An empty record that begins now.
    #[expect(
        clippy::new_without_default,
        reason = "it reads the clock: no two are alike"
    )]
    pub fn new() -> Recorder {
        Recorder {
            began: Instant::now(),
            clock: SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default(),
            trace: Arc::default(),
        }
    }

    /// Records `what`, and returns its number, for [`Recorder::returned`].
    pub fn record(&self, what: What) -> usize {
        let at = self.began.elapsed();
        let mut trace = self.lock();
        trace.events.push(Event {
            at,
            what,
            remark: None,
        });
        trace.events.len() - 1
    }

    /// Records something that crossed the wire between `peer` and the submission.
    pub fn wire(&self, peer: &str, direction: Direction, signal: Signal) {
        self.record(What::Wire {
            peer: peer.to_owned(),
            direction,
            signal,
        });
    }

    /// Says what the call with this number gave.
    pub fn returned(&self, number: usize, result: String) {
        let at = self.began.elapsed();
        if let Some(Event {
            what: What::Call { gave, .. },
            ..
        }) = self.lock().events.get_mut(number)
        {
            *gave = Some((result, at));
        }
    }

    /// Remarks on the newest event.
    pub fn remark(&self, remark: impl Into<String>) {
        if let Some(event) = self.lock().events.last_mut() {
            event.remark = Some(remark.into());
        }
    }

    /// What has been recorded so far.
    pub fn so_far(&self) -> Trace {
        self.lock().clone()
    }

    /// The same, with the moment when it began.
    pub fn record_so_far(&self) -> Record {
        Record {
            began: self.clock,
            trace: self.so_far(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Trace> {
        self.trace
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// Bytes in hexadecimal: `c2 00 ff`.
pub fn hex(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.join(" ")
}
