//! A connection from one end of which `read_request` reads, and how what it makes of a request is judged.

use std::io::BufReader;
use std::net::TcpStream;
use std::sync::{Arc, Mutex, PoisonError};

use super::misconceptions::{
    BODY_IN_PIECES, BODY_LEFT, CHUNKS_MISREAD, CUT_AT_A_COLON, FIELDS_NOT_READ, LEGAL_REFUSED,
    REQUEST_BODY_CHANGED, REQUEST_MISREAD, TARGET_CHANGED, WHITESPACE_IN_VALUE,
};
use super::requests::{Sent, by_hand};
use super::{Functions, Request, RequestError};
use harness::attempt::{Attempt, Call, Shown};
use harness::conduct;
use harness::finding::{Exhibit, Misconception, Stop};
use harness::kernel;
use harness::rubric::connection::connected;
use harness::rubric::message::{exhibit, word};
use harness::watch::{self, Look};
use harness::wire::Buffers;
use harness::wire::http::{Client, End};

pub type Gave = Result<Option<Request>, RequestError>;

impl Shown for RequestError {
    fn shown(&self) -> String {
        match self {
            RequestError::Bad(status) => format!("Bad({status})"),
            RequestError::Io(error) => format!("Io({:?})", error.to_string()),
        }
    }
}

impl Shown for Request {
    fn shown(&self) -> String {
        let Request {
            method,
            target,
            minor_version,
            headers,
            body,
        } = self;
        let target: String = target.chars().take(24).collect();
        let fields = match headers.len() {
            1 => "1 field".to_owned(),
            count => format!("{count} fields"),
        };
        let body = match body.len() {
            0 => String::new(),
            count => format!(", {count} bytes"),
        };
        format!("{method} {target} HTTP/1.{minor_version}, {fields}{body}")
            .replace(['\r', '\n'], "?")
    }
}

/// A connection, from one end of which `read_request` reads.
pub struct Talk {
    pub client: Client,
    reader: Arc<Mutex<BufReader<TcpStream>>>,
    /// Another handle to the submission's end, for questions to the kernel.
    pub handle: TcpStream,
}

/// How much a kernel keeps of what was not read yet, where that matters.
const SMALL: Buffers = Buffers {
    to_submission: 128 << 10,
    to_peer: 64 << 10,
    at_peer: 64 << 10,
    // With the long ones of loopback there is often no room for even one.
    segment: 1400,
};

impl Talk {
    /// Nothing that these cases are about takes a second: a wait for the network is in vain, whatever
    /// time-out it has, once all has been sent and read.
    pub fn new(attempt: &Attempt) -> Result<Talk, Stop> {
        Talk::over(attempt, None)
    }

    /// Between kernels that keep little of what was not read yet: what was sent has been read, but for a
    /// few hundred kilobytes.
    pub fn through_small_buffers(attempt: &Attempt) -> Result<Talk, Stop> {
        Talk::over(attempt, Some(SMALL))
    }

    fn over(attempt: &Attempt, buffers: Option<Buffers>) -> Result<Talk, Stop> {
        watch::timeouts_are_long();
        let (peer, stream) = connected(attempt, buffers)?;
        Ok(Talk {
            client: Client::new(peer),
            handle: stream.try_clone()?,
            reader: Arc::new(Mutex::new(BufReader::new(stream))),
        })
    }

    /// What the submission ended or broke already shows in what the call gives.
    pub fn send(&mut self, bytes: &[u8]) {
        let _ = self.client.peer.send(bytes);
    }

    pub fn start(&self, f: &Functions, attempt: &mut Attempt) -> Call<Gave> {
        let (read_request, reader) = (f.read_request, Arc::clone(&self.reader));
        attempt.start("read_request", "read_request(reader)", move || {
            read_request(&mut reader.lock().unwrap_or_else(PoisonError::into_inner))
        })
    }

    /// Sends `bytes`, and asks for one request.
    pub fn read(
        &mut self,
        f: &Functions,
        attempt: &mut Attempt,
        bytes: &[u8],
    ) -> Result<Gave, Stop> {
        self.send(bytes);
        let call = self.start(f, attempt);
        attempt.finish(call)
    }

    /// Waits until the submission has taken from the kernel what was sent: what is sent next comes with
    /// another recv then. Or until it is clear that it does not.
    pub fn wait_until_taken(&self) {
        let _ = watch::until(&watch::AT_REST, |slice| {
            if kernel::unread(&self.handle).is_none_or(|unread| unread == 0) {
                return Look::Done(());
            }
            std::thread::park_timeout(slice / 80);
            Look::Nothing
        });
    }

    /// Sends these pieces, each when the one before has been taken; gives what the call gave, which may
    /// have ended too early.
    pub fn read_pieces(
        &mut self,
        f: &Functions,
        attempt: &mut Attempt,
        pieces: &[&[u8]],
    ) -> Result<Gave, Stop> {
        let call = self.start(f, attempt);
        for piece in pieces {
            self.send(piece);
            self.wait_until_taken();
            if let Some(ended) = attempt.poll(&call) {
                return ended;
            }
        }
        attempt.finish(call)
    }

    /// Closes the submission's end, and gives all that it has sent since it was last asked.
    pub fn said(self) -> (Vec<u8>, End) {
        let Talk {
            mut client,
            reader,
            handle,
        } = self;
        drop((reader, handle));
        client.hear_end()
    }
}

/// How to speak of a request that had to be read.
pub struct Blame<'a> {
    /// What it means when it is refused, or not returned.
    pub refused: &'static Misconception,
    /// What it means when the call waits for more.
    pub waits: &'static Misconception,
    /// What was special about it: "a head that came in two pieces".
    pub what: &'a str,
    /// How it was sent.
    pub command: String,
    /// What of it is special.
    pub mark: Option<Exhibit>,
}

impl<'a> Blame<'a> {
    pub fn new(refused: &'static Misconception, what: &'a str, pieces: &[&[u8]]) -> Blame<'a> {
        Blame {
            refused,
            waits: refused,
            what,
            command: by_hand(pieces),
            mark: None,
        }
    }

    pub fn waiting(self, waits: &'static Misconception) -> Blame<'a> {
        Blame { waits, ..self }
    }

    /// What is special is the first `part` of `bytes`.
    pub fn marking(mut self, bytes: &[u8], part: &str, remark: &str) -> Blame<'a> {
        let found = bytes
            .windows(part.len().max(1))
            .position(|it| it == part.as_bytes());
        self.mark = found.map(|from| exhibit(bytes, from, from + part.len(), remark));
        self
    }

    fn told(&self, stop: Stop) -> Stop {
        let stop = stop.by_hand(self.command.clone());
        match &self.mark {
            Some(mark) => stop.pointing_at(mark.clone()),
            None => stop,
        }
    }

    /// The call must have given the request that was sent.
    pub fn must_be(
        &self,
        attempt: &mut Attempt,
        gave: Result<Gave, Stop>,
        sent: &Sent,
    ) -> Result<(), Stop> {
        let what = self.what;
        let gave = gave.map_err(|stop| {
            let waits = format!("The client sent {what}, and read_request waits for more.");
            self.told(stop.rather(&conduct::NEVER_RETURNED, self.waits, waits))
        })?;
        let told = match gave {
            Ok(Some(request)) => return self.must_match(attempt, &request, sent),
            Ok(None) => "read_request gave None".to_owned(),
            Err(RequestError::Bad(status)) => {
                format!("read_request refused it with {status}")
            }
            Err(RequestError::Io(error)) => {
                format!("read_request gave Io({:?})", error.to_string())
            }
        };
        attempt.remark(format!("expected {}", sent.meant.shown()));
        Err(self.told(
            self.refused
                .seen(format!("The client sent {what}: {told}.")),
        ))
    }

    fn must_match(&self, attempt: &mut Attempt, got: &Request, sent: &Sent) -> Result<(), Stop> {
        difference(got, sent).map_or(Ok(()), |stop| {
            // What differs within a field or the body does not show in so few words.
            if got.shown() != sent.meant.shown() {
                attempt.remark(format!("expected {}", sent.meant.shown()));
            }
            // What is not read as it should be because of what is special here has that name.
            let stop = match self.refused {
                special if std::ptr::eq(special, &LEGAL_REFUSED) => stop,
                special => match stop {
                    Stop::Found(found) if found.misconception == &REQUEST_MISREAD => {
                        self.told(special.seen(format!(
                            "The client sent {}; read_request made of it: {}.",
                            self.what,
                            got.shown()
                        )))
                    }
                    other => other,
                },
            };
            Err(stop.by_hand(self.command.clone()))
        })
    }
}

/// How a request differs from what was sent.
fn difference(got: &Request, sent: &Sent) -> Option<Stop> {
    let meant = &sent.meant;
    let line_end = sent.bytes.iter().position(|byte| *byte == b'\n');
    let line = &sent.bytes[..line_end.map_or(sent.bytes.len(), |end| end + 1)];
    let word = |remark: &str, from: usize, length: usize| Exhibit {
        title: "sent".to_owned(),
        bytes: line.to_vec(),
        from,
        to: from + length,
        remark: remark.to_owned(),
    };
    if got.method != meant.method {
        let seen = format!("read_request returned the method {:?}.", cut(&got.method));
        return Some(REQUEST_MISREAD.seen(seen).pointing_at(word(
            "the method",
            0,
            meant.method.len(),
        )));
    }
    if got.target != meant.target {
        let seen = format!("read_request returned the target {:?}.", cut(&got.target));
        let target = word("the target", meant.method.len() + 1, meant.target.len());
        // With something of it: then it was taken from the right place.
        let about = meant.target.len() > 1
            && !got.target.contains(' ')
            && got.target.starts_with(&meant.target[..1]);
        let misconception = match about {
            true => &TARGET_CHANGED,
            false => &REQUEST_MISREAD,
        };
        return Some(misconception.seen(seen).pointing_at(target));
    }
    if got.minor_version != meant.minor_version {
        let seen = format!(
            "read_request returned the minor version {}.",
            got.minor_version
        );
        let at = meant.method.len() + meant.target.len() + "  HTTP/1.".len();
        return Some(
            REQUEST_MISREAD
                .seen(seen)
                .pointing_at(word("the minor version", at, 1)),
        );
    }
    fields_differ(got, sent).or_else(|| body_differs(got, sent))
}

fn fields_differ(got: &Request, sent: &Sent) -> Option<Stop> {
    let meant = &sent.meant.headers;
    let same_name = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
    let mut names = meant.iter().zip(&got.headers);
    let at = names.position(|(meant, got)| !same_name(&meant.0, &got.0));
    let at = at.or((meant.len() != got.headers.len()).then(|| meant.len().min(got.headers.len())));
    if let Some(at) = at {
        let told = match got.headers.get(at) {
            Some((name, _)) => format!(
                "As field {} of {}, read_request returned {:?}.",
                at + 1,
                meant.len(),
                cut(name)
            ),
            None => format!(
                "The request has {} fields; read_request returned {}.",
                meant.len(),
                got.headers.len()
            ),
        };
        // More than there are, or such as nobody sent: lines were not told apart.
        let known = |name: &str| meant.iter().any(|field| same_name(&field.0, name));
        let misconception = match got.headers.iter().all(|(name, _)| known(name)) {
            true => &FIELDS_NOT_READ,
            false => &REQUEST_MISREAD,
        };
        let stop = misconception.seen(told);
        return Some(match line_of_field(sent, at) {
            Some((from, to)) => {
                stop.pointing_at(exhibit(&sent.bytes, from, to, "this field was due"))
            }
            None => stop,
        });
    }
    let mut values = meant.iter().zip(&got.headers);
    let at = values.position(|(meant, got)| meant.1 != got.1 && meant.1.is_ascii())?;
    let (name, value) = &meant[at];
    let got = &got.headers[at].1;
    let misconception = if got.trim() == value {
        &WHITESPACE_IN_VALUE
    } else if value.starts_with(got.as_str()) && value[got.len()..].starts_with(':')
        || value.rsplit(':').next() == Some(got)
    {
        &CUT_AT_A_COLON
    } else if squeezed(got) == squeezed(value) {
        &WHITESPACE_IN_VALUE
    } else if got.contains(',') {
        &FIELDS_NOT_READ
    } else {
        &REQUEST_MISREAD
    };
    let stop = misconception.seen(format!(
        "The value of {name} is {:?}; read_request returned {:?}.",
        cut(value),
        cut(got)
    ));
    Some(match line_of_field(sent, at) {
        Some((from, to)) => stop.pointing_at(exhibit(
            &sent.bytes,
            from + name.len() + 1,
            to,
            "the value, with the whitespace around it",
        )),
        None => stop,
    })
}

fn squeezed(text: &str) -> String {
    text.split([' ', '\t']).collect()
}

/// Where the line of the field with this number stands, without its end.
fn line_of_field(sent: &Sent, number: usize) -> Option<(usize, usize)> {
    let mut start = 0;
    for (index, line) in sent
        .bytes
        .split_inclusive(|byte| *byte == b'\n')
        .enumerate()
    {
        if index == number + 1 {
            return (line.len() > 2).then_some((start, start + line.len() - 2));
        }
        start += line.len();
    }
    None
}

fn body_differs(got: &Request, sent: &Sent) -> Option<Stop> {
    let (got, meant) = (&got.body, &sent.meant.body);
    if got == meant {
        return None;
    }
    let told = format!(
        "The body has {} bytes; read_request returned {}.",
        meant.len(),
        match (got.len(), got.len() == meant.len()) {
            (0, _) => "none".to_owned(),
            (_, true) => "others".to_owned(),
            (count, false) => count.to_string(),
        }
    );
    let head = sent.head();
    let whole = &sent.bytes[head..];
    let chunked = whole != meant;
    let stop = if chunked {
        CHUNKS_MISREAD.seen(told)
    } else if got.is_empty() && !meant.is_empty() {
        BODY_LEFT.seen(told)
    } else if meant.starts_with(got) {
        BODY_IN_PIECES.seen(told)
    } else {
        REQUEST_BODY_CHANGED.seen(told)
    };
    let (name, remark) = match chunked {
        true => ("transfer-encoding", "the body comes in chunks"),
        false => ("content-length", "how long the body is"),
    };
    let fields = &sent.meant.headers;
    let at = fields
        .iter()
        .position(|field| field.0.eq_ignore_ascii_case(name));
    Some(match at.and_then(|at| line_of_field(sent, at)) {
        Some((from, to)) => stop.pointing_at(exhibit(&sent.bytes, from, to, remark)),
        None => stop,
    })
}

/// The beginning of a text that may be long.
fn cut(text: &str) -> String {
    const ENOUGH: usize = 40;
    let mut cut: String = text.chars().take(ENOUGH).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    cut
}

/// What curl sends for `http://localhost:8000/...`.
pub fn as_curl_sends_it() -> Sent {
    Sent::line("GET", &format!("/{}.html", word(6)), 1)
        .field("Host", " localhost:8000")
        .field("User-Agent", " curl/8.5.0")
        .field("Accept", " */*")
        .end()
}

/// Sends a long request while it is being read, and stops when the call has ended. What the call gave,
/// and how many bytes were sent by then.
pub fn sent_while_read(
    f: &Functions,
    attempt: &mut Attempt,
    bytes: &[u8],
) -> Result<(Result<Gave, Stop>, usize), Stop> {
    let mut talk = Talk::through_small_buffers(attempt)?;
    let call = talk.start(f, attempt);
    let mut early = None;
    let sent = talk.client.peer.send_unless(bytes, || {
        early = early.take().or_else(|| attempt.poll(&call));
        early.is_some()
    });
    // It broke: the submission's end is closed, and the call over.
    let sent = sent.unwrap_or(0);
    Ok((early.unwrap_or_else(|| attempt.finish(call)), sent))
}

pub fn received(bytes: &[u8], at: std::ops::Range<usize>, remark: &str) -> Exhibit {
    Exhibit {
        title: "received".to_owned(),
        bytes: bytes.to_vec(),
        from: at.start,
        to: at.end,
        remark: remark.to_owned(),
    }
}
