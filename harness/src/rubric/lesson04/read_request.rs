//! `read_request`: one request, all of it, and not one byte more.
//!
//! The reader that it gets is over a real connection. The other end sends whole requests, pieces of
//! them, halves of them, several at once, and such as must be refused.

use std::io::BufReader;
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use super::misconceptions::{
    BAD_IS_NOT_GONE, BARE_LF, BODY_CHANGED, BODY_IN_PIECES, BODY_LEFT, CHUNK_TAKEN, CHUNKS_MISREAD,
    CODING_TAKEN, CONTROL_TAKEN, CUT_AT_A_COLON, EMPTY_LINE_FIRST, END_IS_NO_ERROR_HERE,
    FIELD_TAKEN, FIELDS_LOST, FOLDED_TAKEN, HALF_A_REQUEST, HEAD_IN_PIECES, HOST_NOT_DEMANDED,
    INVITATION_MALFORMED, INVITED_UNASKED, LEGAL_REFUSED, LENGTH_AND_CHUNKS_TAKEN, LENGTH_TAKEN,
    LIMIT_TOO_SMALL, LINE_TAKEN, NAMES_WITH_CASE, NEXT_LOST, NO_BODY_LIMIT, NO_HEAD_LIMIT,
    NOT_INVITED, REQUEST_MISREAD, RESET_HIDDEN, SIGNAL_ENDS_REQUEST, SPACE_BEFORE_COLON,
    TARGET_CHANGED, TRAILERS_LEFT, TWO_LENGTHS_TAKEN, VALUE_NOT_UTF_8, VERSION_TAKEN, WAITS_BEYOND,
    WHITESPACE_IN_VALUE, WRONG_STATUS,
};
use super::requests::{Malformed, Sent, any_get, by_hand, exhibit, word};
use super::{Functions, Request, RequestError};
use crate::attempt::{Attempt, Call, Shown};
use crate::conduct;
use crate::finding::{Exhibit, Misconception, Stop};
use crate::kernel;
use crate::rubric::control::{ANY_PORT, interrupt, own_listener};
use crate::watch::{self, Look};
use crate::wire::http::{Client, End, Flaw};
use crate::wire::{Peer, random_payload};

type Gave = Result<Option<Request>, RequestError>;

impl Shown for Gave {
    fn shown(&self) -> String {
        match self {
            Ok(None) => "None".to_owned(),
            Ok(Some(request)) => shown(request),
            Err(RequestError::Bad(status)) => format!("Bad({status})"),
            Err(RequestError::Io(error)) => format!("Io({:?})", error.to_string()),
        }
    }
}

/// A request in a few words.
fn shown(request: &Request) -> String {
    let Request {
        method,
        target,
        minor_version,
        headers,
        body,
    } = request;
    let target: String = target.chars().take(24).collect();
    let fields = match headers.len() {
        1 => "1 field".to_owned(),
        count => format!("{count} fields"),
    };
    let body = match body.len() {
        0 => String::new(),
        count => format!(", {count} bytes"),
    };
    format!("{method} {target} HTTP/1.{minor_version}, {fields}{body}").replace(['\r', '\n'], "?")
}

/// A connection, from one end of which `read_request` reads.
struct Talk {
    client: Client,
    reader: Arc<Mutex<BufReader<TcpStream>>>,
    /// Another handle to the submission's end, for questions to the kernel.
    handle: TcpStream,
}

impl Talk {
    /// Nothing that these cases are about takes a second: a wait for the network is in vain, whatever
    /// time-out it has, once all has been sent and read.
    fn new(attempt: &Attempt) -> Result<Talk, Stop> {
        watch::timeouts_are_long();
        let listener = TcpListener::from(own_listener(ANY_PORT)?);
        let peer = Peer::connect("client", listener.local_addr()?, &attempt.recorder())?;
        // A stranger may have found the port.
        let stream = loop {
            let (stream, caller) = listener.accept()?;
            if caller == peer.addr()? {
                break stream;
            }
        };
        Ok(Talk {
            client: Client::new(peer),
            handle: stream.try_clone()?,
            reader: Arc::new(Mutex::new(BufReader::new(stream))),
        })
    }

    /// What the submission ended or broke already shows in what the call gives.
    fn send(&mut self, bytes: &[u8]) {
        let _ = self.client.peer.send(bytes);
    }

    fn start(&self, f: &Functions, attempt: &mut Attempt) -> Call<Gave> {
        let (read_request, reader) = (f.read_request, Arc::clone(&self.reader));
        attempt.start("read_request", "read_request(reader)", move || {
            read_request(&mut reader.lock().unwrap_or_else(PoisonError::into_inner))
        })
    }

    /// Sends `bytes`, and asks for one request.
    fn read(&mut self, f: &Functions, attempt: &mut Attempt, bytes: &[u8]) -> Result<Gave, Stop> {
        self.send(bytes);
        let call = self.start(f, attempt);
        attempt.finish(call)
    }

    /// Waits until the submission has taken from the kernel what was sent: what is sent next comes with
    /// another recv then. Or until it is clear that it does not.
    fn wait_until_taken(&self) {
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
    fn read_pieces(
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
    fn said(self) -> (Vec<u8>, End) {
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
struct Blame<'a> {
    /// What it means when it is refused, or not returned.
    refused: &'static Misconception,
    /// What it means when the call waits for more.
    waits: &'static Misconception,
    /// What was special about it: "a head that came in two pieces".
    what: &'a str,
    /// How it was sent.
    command: String,
}

impl<'a> Blame<'a> {
    fn new(refused: &'static Misconception, what: &'a str, pieces: &[&[u8]]) -> Blame<'a> {
        Blame {
            refused,
            waits: refused,
            what,
            command: by_hand(pieces),
        }
    }

    fn waiting(self, waits: &'static Misconception) -> Blame<'a> {
        Blame { waits, ..self }
    }

    /// The call must have given the request that was sent.
    fn must_be(
        &self,
        attempt: &mut Attempt,
        gave: Result<Gave, Stop>,
        sent: &Sent,
    ) -> Result<(), Stop> {
        let what = self.what;
        let gave = gave.map_err(|stop| {
            let waits = format!("The client sent {what}, and read_request waits for more.");
            stop.rather(&conduct::NEVER_RETURNED, self.waits, waits)
                .by_hand(self.command.clone())
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
        attempt.remark(format!("expected {}", shown(&sent.meant)));
        Err(self
            .refused
            .seen(format!("The client sent {what}: {told}."))
            .by_hand(self.command.clone()))
    }

    fn must_match(&self, attempt: &mut Attempt, got: &Request, sent: &Sent) -> Result<(), Stop> {
        difference(got, sent).map_or(Ok(()), |stop| {
            attempt.remark(format!("expected {}", shown(&sent.meant)));
            // What is not read as it should be because of what is special here has that name.
            let stop = match self.refused {
                special if std::ptr::eq(special, &LEGAL_REFUSED) => stop,
                special => stop.rather(
                    &REQUEST_MISREAD,
                    special,
                    format!(
                        "The client sent {}; read_request made of it: {}.",
                        self.what,
                        shown(got)
                    ),
                ),
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
            true => &FIELDS_LOST,
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
        &FIELDS_LOST
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
    Some(if got.is_empty() && !meant.is_empty() {
        BODY_LEFT.seen(told)
    } else if chunked {
        CHUNKS_MISREAD.seen(told)
    } else if meant.starts_with(got) {
        BODY_IN_PIECES.seen(told)
    } else {
        BODY_CHANGED.seen(told)
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
fn as_curl_sends_it() -> Sent {
    Sent::line("GET", &format!("/{}.html", word(6)), 1)
        .field("Host", " localhost:8000")
        .field("User-Agent", " curl/8.5.0")
        .field("Accept", " */*")
        .end()
}

pub fn reads_a_request_as_curl_sends_it(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let sent = as_curl_sends_it();
    let mut talk = Talk::new(attempt)?;
    let gave = talk.read(f, attempt, &sent.bytes);
    Blame::new(&LEGAL_REFUSED, "a request", &[&sent.bytes])
        .waiting(&WAITS_BEYOND)
        .must_be(attempt, gave, &sent)
}

pub fn gives_none_when_the_client_is_done(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    // At once, and after a request.
    for before in [None, Some(as_curl_sends_it())] {
        let mut talk = Talk::new(attempt)?;
        let command = by_hand(&[before.as_ref().map_or(b"", |sent| &sent.bytes)]);
        if let Some(sent) = &before {
            let gave = talk.read(f, attempt, &sent.bytes);
            Blame::new(&LEGAL_REFUSED, "a request", &[&sent.bytes])
                .waiting(&WAITS_BEYOND)
                .must_be(attempt, gave, sent)?;
        }
        talk.client.peer.half_close()?;
        let call = talk.start(f, attempt);
        let looped = "The client is done, and read_request goes on asking for more.";
        let gave = attempt.finish(call).map_err(|stop| {
            stop.rather(&conduct::SPINS, &END_IS_NO_ERROR_HERE, looped)
                .rather(&conduct::NEVER_RETURNED, &END_IS_NO_ERROR_HERE, looped)
        })?;
        if matches!(gave, Ok(None)) {
            continue;
        }
        attempt.remark("expected None");
        let told = match gave {
            Ok(_) => "returned a request that nobody sent".to_owned(),
            Err(error) => format!("gave {}", Gave::Err(error).shown()),
        };
        return Err(END_IS_NO_ERROR_HERE
            .seen(format!(
                "The client has closed, with no byte of another request; read_request {told}."
            ))
            .by_hand(command));
    }
    Ok(())
}

pub fn reads_a_head_that_comes_in_pieces(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let sent = Sent::line("GET", &format!("/{}", word(4)), 1)
        .field("Host", " localhost")
        .field("X-A", " b")
        .end();
    let bytes = &sent.bytes;
    let mut splits: Vec<Vec<&[u8]>> = (1..bytes.len())
        .map(|at| vec![&bytes[..at], &bytes[at..]])
        .collect();
    splits.push(bytes.chunks(1).collect());
    splits.push(bytes.chunks(17).collect());
    for pieces in splits {
        let mut talk = Talk::new(attempt)?;
        let gave = talk.read_pieces(f, attempt, &pieces);
        let what = format!("a head in {} pieces", pieces.len());
        let shown = &pieces[..pieces.len().min(2)];
        Blame::new(&HEAD_IN_PIECES, &what, shown).must_be(attempt, gave, &sent)?;
    }
    Ok(())
}

pub fn leaves_the_next_request_in_the_reader(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    // As many as go into one packet; and more than a BufReader holds at once.
    for count in [3, 100] {
        let all: Vec<Sent> = (0..count)
            .map(|number| match number % 2 {
                0 => any_get(),
                _ => as_curl_sends_it(),
            })
            .collect();
        let bytes: Vec<u8> = all.iter().flat_map(|sent| sent.bytes.clone()).collect();
        let mut talk = Talk::new(attempt)?;
        talk.send(&bytes);
        talk.client.peer.half_close()?;
        for (number, sent) in all.iter().enumerate() {
            let call = talk.start(f, attempt);
            let gave = attempt.finish(call);
            let what = format!("{count} requests at once, this being number {}", number + 1);
            let refused = match number {
                0 => &WAITS_BEYOND,
                _ => &NEXT_LOST,
            };
            let first: Vec<u8> = all[..2].iter().flat_map(|it| it.bytes.clone()).collect();
            Blame::new(refused, &what, &[&first]).must_be(attempt, gave, sent)?;
        }
        let call = talk.start(f, attempt);
        if !matches!(attempt.finish(call)?, Ok(None)) {
            attempt.remark("expected None");
            return Err(END_IS_NO_ERROR_HERE.seen(format!(
                "The client sent {count} requests and closed; after the last of them, read_request did \
                 not give None."
            )));
        }
    }
    Ok(())
}

pub fn reads_fields_as_they_were_sent(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let sent = Sent::line("GET", &format!("/{}", word(4)), 1)
        .field("Host", "localhost:8000")
        .field("X-Spaces", " \t  one  two\tthree \t ")
        .field("X-Twice", &format!(" {}", word(5)))
        .field("X-Empty", "")
        .field("X-Blank", " \t")
        .field("Cookie", &format!(" a={}; b=\"c, d\"", word(5)))
        .field("X-TWICE", &format!(" {}, {}", word(5), word(5)))
        .field("X-Colons", " http://localhost:8000/?a:b::")
        .field("a", " b")
        .field("!#$%&'*+-.^_`|~09aZ", " any token is a name")
        .field("x-twice", "")
        .end();
    let mut talk = Talk::new(attempt)?;
    let gave = talk.read(f, attempt, &sent.bytes);
    Blame::new(&LEGAL_REFUSED, "a request with many fields", &[&sent.bytes])
        .waiting(&WAITS_BEYOND)
        .must_be(attempt, gave, &sent)?;

    // A value in Latin-1, and one in UTF-8; how they are decoded is not graded.
    for value in [&b"caf\xe9"[..], "caf\u{e9} \u{2603}".as_bytes()] {
        let mut sent = Sent::line("GET", &format!("/{}", word(4)), 1).field("Host", " localhost");
        sent.bytes.extend_from_slice(b"X-Place: ");
        sent.bytes.extend_from_slice(value);
        sent.bytes.extend_from_slice(b"\r\n");
        sent.meant
            .headers
            .push(("X-Place".to_owned(), "\u{e9}".to_owned()));
        let sent = sent.field("X-After", " it").end();
        let mut talk = Talk::new(attempt)?;
        let gave = talk.read(f, attempt, &sent.bytes);
        let what = "a field with bytes over 127";
        Blame::new(&VALUE_NOT_UTF_8, what, &[&sent.bytes]).must_be(attempt, gave, &sent)?;
    }

    for name in ["host", "hOST"] {
        let sent = Sent::line("GET", "/", 1).field(name, " localhost").end();
        let mut talk = Talk::new(attempt)?;
        let gave = talk.read(f, attempt, &sent.bytes);
        let what = format!("a request with the field `{name}`");
        Blame::new(&NAMES_WITH_CASE, &what, &[&sent.bytes]).must_be(attempt, gave, &sent)?;
    }
    Ok(())
}

pub fn takes_every_form_of_request_line(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let name = word(5);
    let lines = [
        ("GET", format!("/{name}?a=b&c=%26#").replace('#', ""), 1),
        ("HEAD", format!("/%41%2f%252e%00/../{name}//"), 1),
        ("GET", format!("http://localhost:8000/{name}?x"), 1),
        ("OPTIONS", "*".to_owned(), 1),
        ("DELETE", "/".to_owned(), 0),
        ("PATCH", format!("/~{name};p=1,2:@!$'()*+"), 2),
        ("PUT", "/".to_owned(), 9),
    ];
    for (method, target, minor_version) in lines {
        let sent = Sent::line(method, &target, minor_version)
            .field("Host", " localhost:8000")
            .end();
        let mut talk = Talk::new(attempt)?;
        let gave = talk.read(f, attempt, &sent.bytes);
        let line = format!("`{method} {target} HTTP/1.{minor_version}`");
        Blame::new(&LEGAL_REFUSED, &line, &[&sent.bytes])
            .waiting(&WAITS_BEYOND)
            .must_be(attempt, gave, &sent)?;
    }
    // Without Host, which 1.0 does not know.
    let sent = Sent::line("GET", &format!("/{name}"), 0).end();
    let mut talk = Talk::new(attempt)?;
    let gave = talk.read(f, attempt, &sent.bytes);
    Blame::new(
        &LEGAL_REFUSED,
        "a request of 1.0, which has no Host,",
        &[&sent.bytes],
    )
    .waiting(&WAITS_BEYOND)
    .must_be(attempt, gave, &sent)?;
    // Any token is a method; whether it is known may be decided here, or later.
    for method in ["get", "BREW", "M-SEARCH", "!#$%&'*+-.^_`|~"] {
        let sent = Sent::line(method, &format!("/{name}"), 1)
            .field("Host", " localhost:8000")
            .end();
        let mut talk = Talk::new(attempt)?;
        let gave = talk.read(f, attempt, &sent.bytes);
        if matches!(gave, Ok(Err(RequestError::Bad(501)))) {
            continue;
        }
        let what = format!("a request with the method {method}");
        Blame::new(&LEGAL_REFUSED, &what, &[&sent.bytes])
            .waiting(&WAITS_BEYOND)
            .must_be(attempt, gave, &sent)?;
    }
    Ok(())
}

pub fn skips_an_empty_line_before_a_request(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let (first, second) = (any_get(), any_get());
    let mut talk = Talk::new(attempt)?;
    let bytes = [b"\r\n", &first.bytes[..], b"\r\n", &second.bytes].concat();
    talk.send(&bytes);
    for sent in [&first, &second] {
        let call = talk.start(f, attempt);
        let gave = attempt.finish(call);
        let what = "an empty line, and a request behind it";
        Blame::new(&EMPTY_LINE_FIRST, what, &[b"\r\n", &sent.bytes])
            .must_be(attempt, gave, sent)?;
    }
    Ok(())
}

pub fn refuses_a_malformed_request_line(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    const REST: &str = "\r\nHost: localhost\r\n\r\n";
    let lines = [
        ("⟦GET⟧", "one word"),
        ("GET /⟦⟧", "no version"),
        ("GET⟦ ⟧HTTP/1.1", "no target"),
        ("GET ⟦ ⟧HTTP/1.1", "no target"),
        ("GET ⟦ ⟧/ HTTP/1.1", "two spaces"),
        ("GET / ⟦ ⟧HTTP/1.1", "two spaces"),
        ("GET /a⟦ ⟧b HTTP/1.1", "a space in the target"),
        ("⟦ ⟧GET / HTTP/1.1", "a space at the beginning"),
        ("GET / HTTP/1.1⟦ ⟧", "a space at the end"),
        ("GET / HTTP/1.1⟦ x⟧", "a word too many"),
        ("GET⟦\t⟧/⟦\t⟧HTTP/1.1", "a tab in place of a space"),
        ("⟦ ⟧/ HTTP/1.1", "no method"),
        ("G⟦(⟧T / HTTP/1.1", "no character of a token"),
        ("GET⟦:⟧ / HTTP/1.1", "no character of a token"),
        ("⟦\u{c4}⟧GET / HTTP/1.1", "no character of a token"),
    ];
    let versions = [
        ("GET / ⟦HTTP/1⟧", "no minor version"),
        ("GET / ⟦HTTP/1.⟧", "no minor version"),
        ("GET / HTTP/1.1⟦0⟧", "two digits"),
        ("GET / HTTP/1⟦1⟧.1", "two digits"),
        ("GET / HTTP/⟦0⟧1.1", "two digits"),
        ("GET / ⟦http⟧/1.1", "small letters"),
        ("GET / ⟦HTTPS⟧/1.1", "not HTTP"),
        ("GET / ⟦HTP⟧/1.1", "not HTTP"),
        ("GET / HTTP/1.1⟦x⟧", "junk behind it"),
        ("GET / HTTP/1⟦,⟧1", "no point"),
        ("GET / HTTP/1.⟦+⟧1", "a sign"),
        ("GET / HTTP/⟦+⟧1.1", "a sign"),
        ("GET / HTTP⟦ ⟧1.1", "no slash"),
        ("GET / HTTP/1.⟦x⟧", "no digit"),
    ];
    let controls = [
        ("GET /⟦\0⟧ HTTP/1.1", "a NUL"),
        ("GET /a⟦\r⟧b HTTP/1.1", "a CR without LF"),
        ("GET / HTTP/1.1⟦\r⟧", "a CR without LF"),
        ("GET /⟦\u{7f}⟧ HTTP/1.1", "a control character"),
        ("G⟦\0⟧ET / HTTP/1.1", "a NUL"),
    ];
    let tables: [(&[(&str, &str)], _); 3] = [
        (&lines, &LINE_TAKEN),
        (&versions, &VERSION_TAKEN),
        (&controls, &CONTROL_TAKEN),
    ];
    for (lines, taken) in tables {
        for (line, remark) in lines {
            // Only the first pair of marks is one.
            let request = unmarked(&format!("{line}{REST}"));
            refused(f, attempt, &request, remark, &[400], taken)?;
        }
    }
    for (line, statuses) in [
        ("GET / ⟦HTTP/2.0⟧", &[505, 400]),
        ("GET / ⟦HTTP/3.1⟧", &[505, 400]),
        ("GET / ⟦HTTP/0.9⟧", &[505, 400]),
        ("GET / ⟦HTTP/2⟧", &[400, 505]),
    ] {
        let remark = "another major version";
        let request = unmarked(&format!("{line}{REST}"));
        refused(f, attempt, &request, remark, statuses, &VERSION_TAKEN)?;
    }
    Ok(())
}

/// Leaves the first pair of marks, and takes away the others.
fn unmarked(text: &str) -> String {
    let after = text.find('⟧').map_or(0, |at| at + '⟧'.len_utf8());
    let (first, rest) = text.split_at(after);
    format!("{first}{}", rest.replace(['⟦', '⟧'], ""))
}

pub fn refuses_malformed_fields(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let tables: [(&[(&str, &str)], _); 4] = [
        (
            &[
                ("X-A⟦ ⟧: b\r\n", "a space before the colon"),
                ("X-A⟦\t⟧: b\r\n", "a tab before the colon"),
                ("Content-Length⟦ ⟧: 5\r\n", "a space before the colon"),
                (
                    "Transfer-Encoding⟦ ⟧: chunked\r\n",
                    "a space before the colon",
                ),
            ],
            &SPACE_BEFORE_COLON,
        ),
        (
            &[
                ("⟦nothing⟧\r\n", "no colon"),
                ("⟦X-A b⟧\r\n", "no colon"),
                ("⟦:⟧ b\r\n", "no name"),
                ("X⟦ ⟧A: b\r\n", "a space in the name"),
                ("X⟦(⟧A: b\r\n", "no character of a token"),
                ("X⟦/⟧A: b\r\n", "no character of a token"),
                ("⟦\"⟧XA\": b\r\n", "no character of a token"),
                ("X⟦\u{e4}⟧A: b\r\n", "no character of a token"),
            ],
            &FIELD_TAKEN,
        ),
        (
            &[
                ("X-A: b\r\n⟦ ⟧c\r\n", "a folded line"),
                ("X-A: b\r\n⟦\t⟧c\r\n", "a folded line"),
                ("X-A: b\r\n⟦ ⟧c: d\r\n", "a folded line"),
                ("X-A: b\r\n⟦ ⟧\r\n", "a folded line, with nothing in it"),
            ],
            &FOLDED_TAKEN,
        ),
        (
            &[
                ("X-A: b⟦\0⟧c\r\n", "a NUL"),
                ("X-A: ⟦\0⟧\r\n", "a NUL"),
                ("X-⟦\0⟧A: b\r\n", "a NUL"),
                ("X-A: b⟦\r⟧c\r\n", "a CR without LF"),
                ("X-A: b⟦\r⟧Content-Length: 5\r\n", "a CR without LF"),
                ("X-A: b⟦\r⟧\r\n", "a CR without LF"),
                ("⟦\r⟧X-A: b\r\n", "a CR without LF"),
                ("X-A: b⟦\u{1}⟧\r\n", "a control character"),
                ("X-A: ⟦\u{1b}⟧[2J\r\n", "a control character"),
                ("X-A: b⟦\u{7f}⟧c\r\n", "a control character"),
                ("X-A:⟦\u{b}⟧b\r\n", "a control character"),
            ],
            &CONTROL_TAKEN,
        ),
    ];
    for (fields, taken) in tables {
        for (field, remark) in fields {
            let request = format!("GET / HTTP/1.1\r\nHost: localhost\r\n{field}X-B: c\r\n\r\n");
            refused(f, attempt, &request, remark, &[400], taken)?;
        }
    }
    // With no field before it there is nothing to continue.
    let request = "GET / HTTP/1.1\r\n⟦ ⟧X-A: b\r\nHost: localhost\r\n\r\n";
    refused(f, attempt, request, "a folded line", &[400], &FOLDED_TAKEN)?;
    let request = "GET / HTTP/1.1\r\nHost⟦ ⟧: localhost\r\n\r\n";
    let remark = "a space before the colon";
    refused(f, attempt, request, remark, &[400], &SPACE_BEFORE_COLON)
}

pub fn demands_one_host(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    for (request, remark) in [
        ("GET / HTTP/1.1\r\n⟦⟧\r\n", "no Host"),
        ("GET / HTTP/1.1\r\nX-Host: a\r\n⟦⟧\r\n", "no Host"),
        ("GET http://a/ HTTP/1.1\r\n⟦⟧\r\n", "no Host"),
        ("GET / HTTP/1.2\r\n⟦⟧\r\n", "no Host"),
        (
            "GET / HTTP/1.1\r\nHost: a\r\n⟦Host⟧: b\r\n\r\n",
            "a second Host",
        ),
        (
            "GET / HTTP/1.1\r\nHost: a\r\n⟦host⟧: a\r\n\r\n",
            "a second Host",
        ),
        (
            "GET / HTTP/1.0\r\nHost: a\r\n⟦Host⟧: b\r\n\r\n",
            "a second Host",
        ),
        ("GET / HTTP/1.1\r\nHost: ⟦a b⟧\r\n\r\n", "no host"),
    ] {
        refused(f, attempt, request, remark, &[400], &HOST_NOT_DEMANDED)?;
    }
    Ok(())
}

pub fn refuses_unclear_lengths(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let start = "POST / HTTP/1.1\r\nHost: localhost\r\n";
    for (value, remark) in [
        (" ⟦-5⟧", "a sign"),
        (" ⟦-0⟧", "a sign"),
        (" ⟦+⟧5", "a sign"),
        (" ⟦0x⟧5", "no digits"),
        (" ⟦a⟧", "no digits"),
        ("⟦⟧", "no digits"),
        (" 5⟦.0⟧", "no digits"),
        (" 5⟦ 5⟧", "two numbers"),
        (" 5⟦;⟧", "no digits"),
        (" ⟦\"⟧5\"", "no digits"),
        (" ⟦\u{665}⟧", "no digits of ASCII"),
    ] {
        let request = format!("{start}Content-Length:{value}\r\n\r\nhello");
        refused(f, attempt, &request, remark, &[400], &LENGTH_TAKEN)?;
    }
    for fields in [
        "Content-Length: 5\r\n⟦Content-Length⟧: 5\r\n",
        "Content-Length: 5\r\n⟦Content-Length⟧: 6\r\n",
        "Content-Length: 6\r\n⟦content-length⟧: 5\r\n",
        "Content-Length: 0\r\nX-A: b\r\n⟦Content-Length⟧: 5\r\n",
        "Content-Length: 5⟦, 5⟧\r\n",
        "Content-Length: 5⟦,6⟧\r\n",
        "Content-Length: 5⟦,⟧\r\n",
    ] {
        let request = format!("{start}{fields}\r\nhello");
        let remark = "a second length";
        refused(f, attempt, &request, remark, &[400], &TWO_LENGTHS_TAKEN)?;
    }
    Ok(())
}

pub fn refuses_unclear_codings(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let chunks = "5\r\nhello\r\n0\r\n\r\n";
    for fields in [
        "Content-Length: 15\r\n⟦Transfer-Encoding⟧: chunked\r\n",
        "Transfer-Encoding: chunked\r\n⟦Content-Length⟧: 15\r\n",
        "Transfer-Encoding: chunked\r\n⟦content-length⟧: 0\r\n",
        "transfer-encoding: CHUNKED\r\n⟦CONTENT-LENGTH⟧: 15\r\n",
    ] {
        let request = format!("POST / HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n{chunks}");
        let remark = "two ends";
        let taken = &LENGTH_AND_CHUNKS_TAKEN;
        refused(f, attempt, &request, remark, &[400], taken)?;
    }
    for (version, value, remark) in [
        (0, "⟦chunked⟧", "1.0 knows no chunks"),
        (1, "chunked⟦, gzip⟧", "chunked is not last"),
        (1, "chunked⟦, identity⟧", "chunked is not last"),
        (1, "⟦xchunked⟧", "not chunked"),
        (1, "⟦chunked-not⟧", "not chunked"),
        (1, "⟦identity⟧", "not chunked"),
        (1, "⟦gzip⟧", "not chunked"),
        (1, "⟦gzip⟧, chunked", "a coding that is not known"),
        (1, "chunked⟦, chunked⟧", "chunked twice"),
        (
            1,
            "chunked\r\nTransfer-Encoding: ⟦chunked⟧",
            "chunked twice",
        ),
        (
            1,
            "chunked\r\nTransfer-Encoding: ⟦identity⟧",
            "chunked is not last",
        ),
    ] {
        let request = format!(
            "POST / HTTP/1.{version}\r\nHost: localhost\r\nTransfer-Encoding: {value}\r\n\r\n{chunks}"
        );
        let statuses = &[400, 501];
        refused(f, attempt, &request, remark, statuses, &CODING_TAKEN)?;
    }
    Ok(())
}

pub fn refuses_malformed_chunks(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    for (chunks, remark) in [
        ("⟦x⟧\r\nhello\r\n0\r\n\r\n", "no hexadecimal digit"),
        ("5⟦x⟧\r\nhello\r\n0\r\n\r\n", "no hexadecimal digit"),
        ("⟦-5⟧\r\nhello\r\n0\r\n\r\n", "a sign"),
        ("⟦-0⟧\r\n\r\n", "a sign"),
        ("⟦+5⟧\r\nhello\r\n0\r\n\r\n", "a sign"),
        ("⟦0x5⟧\r\nhello\r\n0\r\n\r\n", "no hexadecimal digit"),
        ("⟦\r\n⟧hello\r\n0\r\n\r\n", "no size"),
        ("⟦;a=b⟧\r\nhello\r\n0\r\n\r\n", "no size"),
        ("5⟦ 5⟧\r\nhello\r\n0\r\n\r\n", "two numbers"),
        ("5\r\nhello⟦!⟧\r\n0\r\n\r\n", "no CRLF behind 5 bytes"),
        ("5\r\nhello⟦0⟧\r\n\r\n\r\n", "no CRLF behind 5 bytes"),
        ("5\r\nhello⟦xx⟧0\r\n\r\n", "no CRLF behind 5 bytes"),
        ("6\r\nhello\r⟦\n⟧0\r\n\r\n", "no CRLF behind 6 bytes"),
        ("5\r\nhello\r\n⟦junk⟧\r\n\r\n", "no hexadecimal digit"),
    ] {
        let request = format!(
            "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}"
        );
        refused(f, attempt, &request, remark, &[400], &CHUNK_TAKEN)?;
    }
    Ok(())
}

/// Sends a request with a mark in it, which must be refused with one of `statuses`.
fn refused(
    f: &Functions,
    attempt: &mut Attempt,
    marked: &str,
    remark: &str,
    statuses: &[u16],
    taken: &'static Misconception,
) -> Result<(), Stop> {
    let malformed = Malformed::new(marked);
    let Malformed { bytes, from, to } = &malformed;
    let mut talk = Talk::new(attempt)?;
    let gave = talk.read(f, attempt, bytes);
    let due = match statuses {
        [one] => format!("Bad({one})"),
        [one, other, ..] => format!("Bad({one}), or {other}"),
        [] => String::new(),
    };
    let told = |stop: Stop| {
        stop.pointing_at(exhibit(bytes, *from, *to, remark))
            .by_hand(by_hand(&[bytes]))
    };
    let gave = gave.map_err(|stop| {
        let waits = "The request is malformed; read_request does not say so, and waits for more.";
        let spins = "The request is malformed; read_request does not say so, and goes on for ever.";
        told(stop.rather(&conduct::NEVER_RETURNED, taken, waits).rather(
            &conduct::SPINS,
            taken,
            spins,
        ))
    })?;
    let (misconception, seen) = match gave {
        Err(RequestError::Bad(status)) if statuses.contains(&status) => return Ok(()),
        Ok(Some(request)) => (
            taken,
            format!(
                "The request is malformed; read_request took it, for {}.",
                shown(&request)
            ),
        ),
        Err(RequestError::Bad(status)) => (
            &WRONG_STATUS,
            format!("The request is malformed; read_request refused it with {status}."),
        ),
        Ok(None) => (
            &BAD_IS_NOT_GONE,
            "The request is malformed; read_request gave None, as if the client were done."
                .to_owned(),
        ),
        Err(RequestError::Io(error)) => (
            &BAD_IS_NOT_GONE,
            format!(
                "The request is malformed; read_request gave Io({:?}), as if nobody were there.",
                error.to_string()
            ),
        ),
    };
    attempt.remark(format!("expected {due}"));
    Err(told(misconception.seen(seen)))
}

pub fn reads_a_body_of_the_announced_length(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let post = || Sent::line("POST", &format!("/{}", word(4)), 1).field("Host", " localhost");
    // What looks like a request, or like the end of one, is none.
    let tricky = b"\r\n\r\n0\r\n\r\nGET /body HTTP/1.1\r\nHost: b\r\n\r\n";
    let binary = random_payload(40);
    let long = random_payload(30_000);
    for body in [&b"hello"[..], b"", tricky, &binary, &long] {
        let sent = post().body(body);
        let what = format!("a body of {} bytes", body.len());
        // With the head, after it, and with its end by itself.
        let (bytes, head) = (&sent.bytes, sent.head());
        let mut splits = vec![vec![&bytes[..]]];
        if !body.is_empty() {
            splits.push(vec![&bytes[..head], &bytes[head..]]);
            splits.push(vec![&bytes[..head + 1], &bytes[head + 1..]]);
            splits.push(vec![&bytes[..bytes.len() - 1], &bytes[bytes.len() - 1..]]);
        }
        for pieces in splits {
            let blame = if pieces.len() > 1 {
                &BODY_IN_PIECES
            } else {
                &BODY_LEFT
            };
            read_with_next(f, attempt, &sent, &pieces, &what, blame)?;
        }
    }
    // On every method, a GET even.
    for method in ["GET", "DELETE", "PUT", "HEAD"] {
        let sent = Sent::line(method, "/", 1)
            .field("Host", " localhost")
            .body(word(9).as_bytes());
        let what = format!("a body with {method}");
        read_with_next(f, attempt, &sent, &[&sent.bytes], &what, &BODY_LEFT)?;
    }
    let mut sent = post().field("cONTENT-lENGTH", " 5").end();
    sent.bytes.extend_from_slice(b"hello");
    sent.meant.body = b"hello".to_vec();
    let what = "a body with `cONTENT-lENGTH`";
    read_with_next(f, attempt, &sent, &[&sent.bytes], what, &NAMES_WITH_CASE)?;
    let sent = Sent::line("POST", "/", 0).body(&random_payload(7));
    read_with_next(
        f,
        attempt,
        &sent,
        &[&sent.bytes],
        "a body in 1.0",
        &BODY_LEFT,
    )
}

pub fn reads_a_chunked_body(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let post = || Sent::line("POST", &format!("/{}", word(4)), 1).field("Host", " localhost");
    let binary = {
        let mut binary = random_payload(26);
        binary[..6].copy_from_slice(b"\r\n0\r\n\r");
        binary
    };
    let mut in_binary = b"1A\r\n".to_vec();
    in_binary.extend_from_slice(&binary);
    in_binary.extend_from_slice(b"\r\n0\r\n\r\n");
    let text = b"hello, world, and more";
    let plain = post().chunked(
        b"5\r\nhello\r\n7\r\n, world\r\na\r\n, and more\r\n0\r\n\r\n",
        text,
    );
    let all = [
        ("a body in chunks", plain.clone()),
        ("an empty body in chunks", post().chunked(b"0\r\n\r\n", b"")),
        ("a chunk of 1A bytes", post().chunked(&in_binary, &binary)),
        (
            "sizes with zeros before them",
            post().chunked(b"0005\r\nhello\r\n000\r\n\r\n", b"hello"),
        ),
        (
            "chunks with extensions",
            post().chunked(
                b"5;a=b\r\nhello\r\n2;x=\"y;z\";w\r\n!!\r\n0;last\r\n\r\n",
                b"hello!!",
            ),
        ),
        (
            "chunks of one byte",
            post().chunked(b"1\r\na\r\n1\r\nb\r\n1\r\n\n\r\n0\r\n\r\n", b"ab\n"),
        ),
    ];
    for (what, sent) in &all {
        read_with_next(f, attempt, sent, &[&sent.bytes], what, &CHUNKS_MISREAD)?;
    }
    let mut sent = post().field("tRANSFER-eNCODING", "\tCHUNKED ").end();
    sent.bytes.extend_from_slice(b"2\r\nhi\r\n0\r\n\r\n");
    sent.meant.body = b"hi".to_vec();
    let what = "a body in chunks, with the field in another case";
    read_with_next(f, attempt, &sent, &[&sent.bytes], what, &NAMES_WITH_CASE)?;
    let trailers = post()
        .field("Trailer", " X-Sum")
        .chunked(b"5\r\nhello\r\n0\r\nX-Sum: 1\r\nX-B:\r\n\r\n", b"hello");
    let what = "a body in chunks, with trailer fields";
    read_with_next(
        f,
        attempt,
        &trailers,
        &[&trailers.bytes],
        what,
        &TRAILERS_LEFT,
    )?;
    // In pieces, wherever they end.
    for sent in [&plain, &trailers] {
        let (bytes, head) = (&sent.bytes, sent.head());
        for at in head..bytes.len() {
            let pieces = [&bytes[..at], &bytes[at..]];
            let what = "a body in chunks, in two pieces";
            read_with_next(f, attempt, sent, &pieces, what, &BODY_IN_PIECES)?;
        }
    }
    let pieces: Vec<&[u8]> = plain.bytes.chunks(1).collect();
    let what = "a body in chunks, byte by byte";
    read_with_next(f, attempt, &plain, &pieces, what, &BODY_IN_PIECES)
}

/// Reads a request that is sent in these pieces, with another request right behind it, which must not
/// suffer.
fn read_with_next(
    f: &Functions,
    attempt: &mut Attempt,
    sent: &Sent,
    pieces: &[&[u8]],
    what: &str,
    blame: &'static Misconception,
) -> Result<(), Stop> {
    let next = any_get();
    let mut talk = Talk::new(attempt)?;
    let mut pieces = pieces.to_vec();
    let end = [pieces.pop().unwrap_or_default(), &next.bytes].concat();
    pieces.push(&end);
    let gave = talk.read_pieces(f, attempt, &pieces);
    // A command need not be complete to show where it goes wrong.
    let shown: Vec<Vec<u8>> = pieces
        .iter()
        .take(2)
        .map(|piece| piece[..piece.len().min(300)].to_vec())
        .collect();
    let shown: Vec<&[u8]> = shown.iter().map(Vec::as_slice).collect();
    Blame::new(blame, what, &shown)
        .must_be(attempt, gave, sent)
        .map_err(|stop| match (pieces.len() > 1, blame) {
            (true, _) => stop.rather(
                &BODY_LEFT,
                &BODY_IN_PIECES,
                format!("The client sent {what}; read_request returned none of it."),
            ),
            _ => stop,
        })?;
    let call = talk.start(f, attempt);
    let gave = attempt.finish(call);
    let after = format!("{what}, and another request right behind it");
    let lost = match blame {
        it if std::ptr::eq(it, &TRAILERS_LEFT) => &TRAILERS_LEFT,
        it if std::ptr::eq(it, &CHUNKS_MISREAD) => &CHUNKS_MISREAD,
        _ => &NEXT_LOST,
    };
    Blame::new(lost, &after, &shown).must_be(attempt, gave, &next)
}

pub fn finds_the_end_of_a_line_in_one_way(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let body = word(6);
    let chunked = "Transfer-Encoding: chunked\r\n\r\n";
    let sized = format!("POST / HTTP/1.1\r\nHost: a\r\nX: y⟦\n⟧Content-Length: 6\r\n\r\n{body}");
    let get = |fields: &[(&str, &str)]| {
        let headers = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Request {
            method: "GET".to_owned(),
            target: "/".to_owned(),
            minor_version: 1,
            headers: headers.collect(),
            body: Vec::new(),
        }
    };
    let post = |fields: &[(&str, &str)], body: &[u8]| Request {
        method: "POST".to_owned(),
        body: body.to_vec(),
        ..get(fields)
    };
    let (host, x) = (("Host", "a"), ("X", "y"));
    let coding = ("Transfer-Encoding", "chunked");
    for (marked, meant) in [
        ("GET / HTTP/1.1⟦\n⟧Host: a\n\n".to_owned(), get(&[host])),
        ("GET / HTTP/1.1⟦\n⟧Host: a\r\n\r\n".to_owned(), get(&[host])),
        (
            "GET / HTTP/1.1\r\nHost: a⟦\n⟧X: y\r\n\r\n".to_owned(),
            get(&[host, x]),
        ),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nX: y⟦\n⟧\r\n".to_owned(),
            get(&[host, x]),
        ),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n⟦\n⟧".to_owned(),
            get(&[host, x]),
        ),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nX: y⟦\n⟧\n".to_owned(),
            get(&[host, x]),
        ),
        (
            sized,
            post(&[host, x, ("Content-Length", "6")], body.as_bytes()),
        ),
        (
            format!("POST / HTTP/1.1\r\nHost: a\r\n{chunked}6⟦\n⟧{body}\r\n0\r\n\r\n"),
            post(&[host, coding], body.as_bytes()),
        ),
        (
            format!("POST / HTTP/1.1\r\nHost: a\r\n{chunked}6\r\n{body}⟦\n⟧0\r\n\r\n"),
            post(&[host, coding], body.as_bytes()),
        ),
        (
            format!("POST / HTTP/1.1\r\nHost: a\r\n{chunked}6\r\n{body}\r\n0⟦\n⟧\r\n"),
            post(&[host, coding], body.as_bytes()),
        ),
        (
            format!("POST / HTTP/1.1\r\nHost: a\r\n{chunked}6\r\n{body}\r\n0\r\n⟦\n⟧"),
            post(&[host, coding], body.as_bytes()),
        ),
    ] {
        let malformed = Malformed::new(&marked);
        let Malformed { bytes, from, to } = &malformed;
        let sent = Sent {
            bytes: bytes.clone(),
            meant,
        };
        let next = any_get();
        let both = [&bytes[..], &next.bytes].concat();
        let mut talk = Talk::new(attempt)?;
        let first = talk.read(f, attempt, &both);
        if matches!(first, Ok(Err(RequestError::Bad(400)))) {
            continue;
        }
        let what = "a line that ends with LF alone, and another request right behind it";
        let blame = Blame::new(&BARE_LF, what, &[&both]);
        let second = |attempt: &mut Attempt| {
            blame.must_be(attempt, first, &sent)?;
            let call = talk.start(f, attempt);
            let gave = attempt.finish(call);
            blame.must_be(attempt, gave, &next)
        };
        second(attempt).map_err(|stop| {
            // Whatever is not as it was sent is so because of the line's end.
            let seen = match &stop {
                Stop::Found(found) => found.observed.clone(),
                _ => String::new(),
            };
            let generals = [
                &BODY_LEFT,
                &BODY_CHANGED,
                &BODY_IN_PIECES,
                &CHUNKS_MISREAD,
                &FIELDS_LOST,
                &WHITESPACE_IN_VALUE,
                &TARGET_CHANGED,
                &CUT_AT_A_COLON,
            ];
            let stop = generals.into_iter().fold(stop, |stop, general| {
                stop.rather(general, &BARE_LF, seen.clone())
            });
            stop.pointing_at(exhibit(
                bytes,
                *from,
                *to,
                "LF without CR: a line's end, or 400",
            ))
            .by_hand(by_hand(&[&both]))
        })?;
    }
    Ok(())
}

pub fn gives_no_half_request(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let get = as_curl_sends_it();
    let sized = Sent::line("POST", "/", 1)
        .field("Host", " a")
        .body(word(9).as_bytes());
    let chunked = Sent::line("POST", "/", 1)
        .field("Host", " a")
        .chunked(b"5\r\nhello\r\n2;x\r\n!!\r\n0\r\nX: y\r\n\r\n", b"hello!!");
    for (sent, from) in [
        (&get, 1),
        (&sized, sized.head()),
        (&chunked, chunked.head()),
    ] {
        let bytes = &sent.bytes;
        for at in from..bytes.len() {
            let mut talk = Talk::new(attempt)?;
            talk.send(&bytes[..at]);
            talk.client.peer.half_close()?;
            let call = talk.start(f, attempt);
            let told = |stop: Stop| {
                let remark = "the client closes here";
                stop.pointing_at(exhibit(bytes, at, at, remark))
                    .by_hand(format!("{} -N", by_hand(&[&bytes[..at]])))
            };
            let looped = "The client closed in the middle of a request; read_request goes on asking \
                          for more.";
            let gave = attempt.finish(call).map_err(|stop| {
                told(
                    stop.rather(&conduct::SPINS, &HALF_A_REQUEST, looped)
                        .rather(&conduct::NEVER_RETURNED, &HALF_A_REQUEST, looped),
                )
            })?;
            if let Ok(Some(request)) = gave {
                attempt.remark("expected an error");
                return Err(told(HALF_A_REQUEST.seen(format!(
                    "The client closed after {at} of {} bytes; read_request returned {}.",
                    bytes.len(),
                    shown(&request)
                ))));
            }
        }
    }
    Ok(())
}

pub fn tells_a_reset_from_a_bad_request(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let sized = Sent::line("POST", "/", 1)
        .field("Host", " a")
        .body(word(9).as_bytes());
    for (at, whereabouts) in [
        (5, "within the request line"),
        (sized.head() - 3, "within the head"),
        (sized.head() + 3, "within the body"),
    ] {
        let mut talk = Talk::new(attempt)?;
        let call = talk.start(f, attempt);
        talk.send(&sized.bytes[..at]);
        talk.wait_until_taken();
        if let Some(ended) = attempt.poll(&call) {
            let what = format!("{at} of {} bytes of a request", sized.bytes.len());
            let blame = Blame::new(&HEAD_IN_PIECES, &what, &[&sized.bytes[..at]]);
            return blame.must_be(attempt, ended, &sized);
        }
        let Talk { client, .. } = talk;
        client.peer.reset()?;
        let gave = attempt.finish(call)?;
        if !matches!(gave, Err(RequestError::Io(_))) {
            attempt.remark("expected Io");
            return Err(RESET_HIDDEN.seen(format!(
                "The connection was reset {whereabouts}; read_request gave {}.",
                gave.shown()
            )));
        }
    }
    // Nothing was asked for yet: the client is gone, or the connection is broken. It is both.
    let talk = Talk::new(attempt)?;
    let call = talk.start(f, attempt);
    if let Some(early) = attempt.until_it_waits(&call) {
        let gave = early?;
        return Err(END_IS_NO_ERROR_HERE.seen(format!(
            "The client has not sent anything yet; read_request gave {}.",
            gave.shown()
        )));
    }
    talk.client.peer.reset()?;
    let gave = attempt.finish(call)?;
    if matches!(gave, Ok(Some(_)) | Err(RequestError::Bad(_))) {
        attempt.remark("expected Io");
        return Err(RESET_HIDDEN.seen(format!(
            "The connection was reset before a request; read_request gave {}.",
            gave.shown()
        )));
    }
    Ok(())
}

pub fn goes_on_reading_a_request_after_a_signal(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let sent = Sent::line("POST", "/", 1)
        .field("Host", " localhost")
        .body(&random_payload(9));
    let chunked = Sent::line("POST", "/", 1)
        .field("Host", " localhost")
        .chunked(b"5\r\nhello\r\n0\r\n\r\n", b"hello");
    for (sent, cuts) in [
        (
            &sent,
            [0, 7, sent.head(), sent.head() + 4, sent.bytes.len()],
        ),
        (
            &chunked,
            [
                0,
                9,
                chunked.head() + 1,
                chunked.head() + 5,
                chunked.bytes.len(),
            ],
        ),
    ] {
        let bytes = &sent.bytes;
        let mut talk = Talk::new(attempt)?;
        let call = talk.start(f, attempt);
        for piece in cuts.windows(2) {
            waits_on(
                attempt,
                &call,
                "The request was not complete yet",
                &HEAD_IN_PIECES,
            )?;
            interrupt(attempt)?;
            let situation = "A signal came while read_request waited";
            waits_on(attempt, &call, situation, &SIGNAL_ENDS_REQUEST)?;
            talk.send(&bytes[piece[0]..piece[1]]);
        }
        let gave = attempt.finish(call);
        let what = "a request in pieces, with signals between them";
        Blame::new(&SIGNAL_ENDS_REQUEST, what, &[bytes]).must_be(attempt, gave, sent)?;
    }
    Ok(())
}

/// The call must wait for the rest of its request.
fn waits_on(
    attempt: &mut Attempt,
    call: &Call<Gave>,
    situation: &str,
    otherwise: &'static Misconception,
) -> Result<(), Stop> {
    match attempt.until_it_waits(call) {
        None => Ok(()),
        Some(Err(stop)) => Err(stop),
        Some(Ok(gave)) => {
            attempt.remark("expected it to wait");
            Err(otherwise.seen(format!("{situation}; read_request gave {}.", gave.shown())))
        }
    }
}

/// The longest request line that must be taken, without its end.
const REQUEST_LINE: usize = 8192;
/// The longest head that must be taken, with its empty line.
const HEAD: usize = 65_536;
/// How many fields a request may have.
const FIELDS: usize = 100;
/// The longest body that must be taken.
const BODY: usize = 1 << 20;

/// A request whose line is this long, without its end.
fn long_line(length: usize) -> Sent {
    let target = format!("/{}", word(length - "GET / HTTP/1.1".len()));
    Sent::line("GET", &target, 1)
        .field("Host", " localhost")
        .end()
}

/// A request with this many fields.
fn many_fields(count: usize) -> Sent {
    let mut sent = Sent::line("GET", "/", 1).field("Host", " localhost");
    for number in 1..count {
        sent = sent.field(&format!("X-{number}"), &format!(" {}", word(2)));
    }
    sent.end()
}

/// A request whose head is this long, with its empty line, in this many fields more than Host.
fn long_head(length: usize, fields: usize) -> Sent {
    let mut sent = Sent::line("GET", "/", 1).field("Host", " localhost");
    for number in (1..=fields).rev() {
        let left = length - sent.bytes.len() - 2;
        let value = left / number - "X-10: \r\n".len();
        sent = sent.field(
            &format!("X-{:02}", number % 100),
            &format!(" {}", word(value)),
        );
    }
    sent.end()
}

pub fn takes_what_the_limits_allow(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let fill = |before: &str, count: usize, after: &str| {
        format!(
            "(printf '{before}'; head -c {count} /dev/zero | tr '\\0' a; printf '{after}') | nc \
             127.0.0.1 8000"
        )
    };
    let one = long_head(HEAD, 1);
    let many = long_head(HEAD, FIELDS - 1);
    let end = "\\r\\nHost: localhost\\r\\n\\r\\n";
    let heads = [
        (
            long_line(REQUEST_LINE),
            format!("a request line of {REQUEST_LINE} bytes"),
            fill("GET /", REQUEST_LINE - 14, &format!(" HTTP/1.1{end}")),
        ),
        (
            many_fields(FIELDS),
            format!("a request with {FIELDS} fields"),
            format!(
                "(printf 'GET / HTTP/1.1\\r\\nHost: a\\r\\n'; yes 'X: y' | head -n {} | sed 's/$/\\r/'; \
                 printf '\\r\\n') | nc 127.0.0.1 8000",
                FIELDS - 1
            ),
        ),
        (
            one.clone(),
            format!("a head of {} bytes, most of them in one field", one.head()),
            fill(
                "GET / HTTP/1.1\\r\\nHost: a\\r\\nX: ",
                HEAD - 34,
                "\\r\\n\\r\\n",
            ),
        ),
        (
            many.clone(),
            format!("a head of {} bytes, in {FIELDS} fields", many.head()),
            String::new(),
        ),
    ];
    for (sent, what, command) in &heads {
        let blame = Blame {
            refused: &LIMIT_TOO_SMALL,
            waits: &LIMIT_TOO_SMALL,
            what,
            command: command.clone(),
        };
        let gave = sent_while_read(f, attempt, &sent.bytes)?.0;
        blame.must_be(attempt, gave, sent)?;
    }
    let post = || Sent::line("POST", "/", 1).field("Host", " localhost");
    let body = random_payload(BODY);
    let mut chunks = Vec::new();
    for piece in body.chunks(400_000) {
        chunks.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
        chunks.extend_from_slice(piece);
        chunks.extend_from_slice(b"\r\n");
    }
    chunks.extend_from_slice(b"0\r\n\r\n");
    let bodies = [
        (
            post().body(&body),
            "a body of 1 MiB",
            "head -c 1048576 /dev/zero | curl --data-binary @- http://127.0.0.1:8000/",
        ),
        (
            post().chunked(&chunks, &body),
            "a body of 1 MiB in chunks",
            "head -c 1048576 /dev/zero | curl -H 'Transfer-Encoding: chunked' --data-binary @- \
             http://127.0.0.1:8000/",
        ),
    ];
    for (sent, what, command) in bodies {
        let blame = Blame {
            refused: &LIMIT_TOO_SMALL,
            waits: &BODY_IN_PIECES,
            what,
            command: command.to_owned(),
        };
        let gave = sent_while_read(f, attempt, &sent.bytes)?.0;
        blame.must_be(attempt, gave, &sent)?;
    }
    Ok(())
}

/// Sends a long request while it is being read, and stops when the call has ended. What the call gave,
/// and how many bytes were sent by then.
fn sent_while_read(
    f: &Functions,
    attempt: &mut Attempt,
    bytes: &[u8],
) -> Result<(Result<Gave, Stop>, usize), Stop> {
    let mut talk = Talk::new(attempt)?;
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

pub fn refuses_heads_beyond_the_limits(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    // Longer than anything that is needed to see that it is too long.
    const MUCH: usize = 4 << 20;
    let start = b"GET / HTTP/1.1\r\nHost: localhost\r\n";
    let endless = |before: &[u8], piece: &[u8]| {
        let mut bytes = before.to_vec();
        while bytes.len() < MUCH {
            bytes.extend_from_slice(piece);
        }
        bytes
    };
    let fill = |before: &str, count: usize| {
        format!("(printf '{before}'; head -c {count} /dev/zero | tr '\\0' a) | nc 127.0.0.1 8000")
    };
    let many = "(printf 'GET / HTTP/1.1\\r\\nHost: a\\r\\n'; yes 'X: y' | head -n 100 | sed 's/$/\\r/'; \
                printf '\\r\\n') | nc 127.0.0.1 8000";
    let header = "GET / HTTP/1.1\\r\\nHost: a\\r\\nX: ";
    for (bytes, status, what, command) in [
        (
            long_line(REQUEST_LINE + 1).bytes,
            414,
            format!("a request line of {} bytes", REQUEST_LINE + 1),
            fill("GET /", 8200),
        ),
        (
            endless(b"GET /", b"aaaaaaaa"),
            414,
            "a request line that does not end".to_owned(),
            fill("GET /", MUCH),
        ),
        (
            many_fields(FIELDS + 1).bytes,
            431,
            format!("a request with {} fields", FIELDS + 1),
            many.to_owned(),
        ),
        (
            // The empty line may count, or not.
            long_head(HEAD + 3, 1).bytes,
            431,
            format!("a head of {} bytes", HEAD + 3),
            fill(header, 70_000),
        ),
        (
            long_head(HEAD + 3, FIELDS - 1).bytes,
            431,
            format!("a head of {} bytes, in {FIELDS} fields", HEAD + 3),
            fill(header, 70_000),
        ),
        (
            endless(&[&start[..], b"X: "].concat(), b"aaaaaaaa"),
            431,
            "a field that does not end".to_owned(),
            fill(header, MUCH),
        ),
        (
            endless(start, b"X: y\r\n"),
            431,
            "fields without an end".to_owned(),
            many.to_owned(),
        ),
    ] {
        let (gave, sent) = sent_while_read(f, attempt, &bytes)?;
        let seen = format!("The client sent {what}, and read_request");
        let gave = gave.map_err(|stop| {
            let more = format!("{seen} waits for more, after {sent} bytes.");
            stop.rather(&conduct::NEVER_RETURNED, &NO_HEAD_LIMIT, more)
                .by_hand(command.clone())
        })?;
        let (misconception, told) = match gave {
            // As long as it is, somebody may read all of it, and refuse it then.
            Err(RequestError::Bad(_)) if sent >= MUCH => (
                &NO_HEAD_LIMIT,
                format!("{seen} refused it only after {sent} bytes."),
            ),
            Err(RequestError::Bad(got)) if got == status => continue,
            Err(RequestError::Bad(got)) => (&WRONG_STATUS, format!("{seen} gave Bad({got}).")),
            Ok(Some(_)) => (&NO_HEAD_LIMIT, format!("{seen} took it.")),
            Ok(None) | Err(RequestError::Io(_)) => {
                (&BAD_IS_NOT_GONE, format!("{seen} gave {}.", gave.shown()))
            }
        };
        attempt.remark(format!("expected Bad({status})"));
        return Err(misconception.seen(told).by_hand(command));
    }
    Ok(())
}

pub fn refuses_a_body_beyond_the_limit(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let head = "POST / HTTP/1.1\r\nHost: localhost\r\n";
    let coding = "Transfer-Encoding: chunked\r\n\r\n";
    // By what the head says, before anything of the body has come.
    let by_length = [BODY as u64 + 1, 1 << 40]
        .map(|length| format!("{head}Content-Length: ⟦{length}⟧\r\n\r\n"));
    let one_chunk = format!("{head}{coding}⟦{:X}⟧\r\n", BODY + 1);
    for marked in by_length.iter().chain([&one_chunk]) {
        refused(
            f,
            attempt,
            marked,
            "more than 1 MiB",
            &[413],
            &NO_BODY_LIMIT,
        )?;
    }
    // They wrap around, where numbers do: to 5.
    let wraps = ["18446744073709551621", "4294967301"]
        .map(|length| format!("{head}Content-Length: ⟦{length}⟧\r\n\r\nhello"));
    let chunks = ["10000000000000005", "100000005"]
        .map(|size| format!("{head}{coding}⟦{size}⟧\r\nhello\r\n0\r\n\r\n"));
    let not_first = format!("{head}{coding}5\r\nhello\r\n⟦ffffffffffffffff⟧\r\nhello\r\n0\r\n\r\n");
    for marked in wraps.iter().chain(&chunks).chain([&not_first]) {
        refused(
            f,
            attempt,
            marked,
            "more than 1 MiB",
            &[413, 400],
            &NO_BODY_LIMIT,
        )?;
    }
    // By what has come: chunks of 64 KiB, each within the limit, without an end.
    let mut bytes = format!("{head}{coding}").into_bytes();
    while bytes.len() < 5 * BODY {
        bytes.extend_from_slice(b"10000\r\n");
        bytes.resize(bytes.len() + 0x10000, b'a');
        bytes.extend_from_slice(b"\r\n");
    }
    let command = "yes | curl -H 'Transfer-Encoding: chunked' -T - http://127.0.0.1:8000/";
    let (gave, sent) = sent_while_read(f, attempt, &bytes)?;
    let seen = "The client sent chunks without an end, and read_request";
    let gave = gave.map_err(|stop| {
        let more = format!("{seen} waits for more, after {sent} bytes.");
        stop.rather(&conduct::NEVER_RETURNED, &NO_BODY_LIMIT, more)
            .by_hand(command)
    })?;
    let (misconception, told) = match gave {
        Err(RequestError::Bad(413)) if sent < bytes.len() => return Ok(()),
        Err(RequestError::Bad(413)) => (&NO_BODY_LIMIT, format!("refused it after {sent} bytes")),
        Err(RequestError::Bad(status)) => (&WRONG_STATUS, format!("gave Bad({status})")),
        Ok(Some(_)) => (&NO_BODY_LIMIT, "took it".to_owned()),
        Ok(None) | Err(RequestError::Io(_)) => (&BAD_IS_NOT_GONE, format!("gave {}", gave.shown())),
    };
    attempt.remark("expected Bad(413)");
    Err(misconception
        .seen(format!("{seen} {told}."))
        .by_hand(command))
}

pub fn invites_a_body_that_is_expected(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let body = random_payload(20);
    let post = |minor_version| {
        Sent::line("POST", &format!("/{}", word(4)), minor_version).field("Host", " localhost")
    };
    let command = "curl -v -H 'Expect: 100-continue' --data hello http://127.0.0.1:8000/";
    for sent in [
        post(1).field("Expect", " 100-continue").body(&body),
        post(1).field("expect", " 100-Continue").body(&body),
        post(1)
            .field("Expect", " 100-continue")
            .chunked(b"5\r\nhello\r\n0\r\n\r\n", b"hello"),
    ] {
        let head = sent.head();
        let mut talk = Talk::new(attempt)?;
        let call = talk.start(f, attempt);
        talk.send(&sent.bytes[..head]);
        let answer = talk.client.hear("POST");
        if answer.is_err()
            && let Some(ended) = attempt.poll(&call)
        {
            let what = "a head, and waits to be invited to send the body";
            let blame = Blame::new(&NOT_INVITED, what, &[&sent.bytes[..head]]);
            return blame.must_be(attempt, ended, &sent).map_err(|stop| {
                let seen = "The client sent a head, and waits to be invited to send the body; \
                            read_request returned without it.";
                stop.rather(&BODY_LEFT, &NOT_INVITED, seen)
                    .rather(&CHUNKS_MISREAD, &NOT_INVITED, seen)
                    .by_hand(command)
            });
        }
        match answer {
            Ok(answer) if answer.status == 100 => {
                let mut unwanted = answer.named("Content-Length");
                if let Some(field) = unwanted.next() {
                    return Err(INVITATION_MALFORMED
                        .seen("The client was invited, with a length of what does not follow.")
                        .pointing_at(received(answer.line_of(field), 0..14, "not in 1xx"))
                        .by_hand(command));
                }
            }
            Ok(answer) => {
                return Err(INVITATION_MALFORMED
                    .seen(
                        "The client waits to be invited to send its body, and got something else.",
                    )
                    .pointing_at(received(answer.status_line(), 9..12, "100 was due"))
                    .by_hand(command));
            }
            Err(Flaw::Line(bad)) => {
                return Err(INVITATION_MALFORMED
                    .seen("The client was invited to send its body, but not by the grammar.")
                    .pointing_at(received(&bad.line, bad.at, "malformed here"))
                    .by_hand(command));
            }
            Err(Flaw::NoHead(came, _)) if !came.is_empty() => {
                let end = came.len();
                return Err(INVITATION_MALFORMED
                    .seen(
                        "The client was invited to send its body, and waits for the empty line \
                         that ends the invitation.",
                    )
                    .pointing_at(received(&came, end..end, "an empty line is due"))
                    .by_hand(command));
            }
            Err(_) => {
                attempt.remark("expected HTTP/1.1 100 Continue");
                return Err(NOT_INVITED
                    .seen(
                        "The client sent a head and waits to be invited to send the body; \
                         read_request waits for the body.",
                    )
                    .by_hand(command));
            }
        }
        talk.send(&sent.bytes[head..]);
        let gave = attempt.finish(call);
        let what = "the body that it was invited to send";
        Blame {
            refused: &NOT_INVITED,
            waits: &NOT_INVITED,
            what,
            command: command.to_owned(),
        }
        .must_be(attempt, gave, &sent)?;
        let unread = talk.client.unread().to_vec();
        let (more, _) = talk.said();
        let more = [unread, more].concat();
        if !more.is_empty() {
            return Err(INVITATION_MALFORMED
                .seen("More was sent than the invitation, a status line and an empty line.")
                .pointing_at(received(&more, 0..more.len(), "not due"))
                .by_hand(command));
        }
    }
    Ok(())
}

fn received(bytes: &[u8], at: std::ops::Range<usize>, remark: &str) -> Exhibit {
    Exhibit {
        title: "received".to_owned(),
        bytes: bytes.to_vec(),
        from: at.start,
        to: at.end,
        remark: remark.to_owned(),
    }
}

pub fn invites_no_body_without_need(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let expect = "Expect: 100-continue\r\n";
    let too_long = BODY + 1;
    let requests = [
        (
            format!("POST / HTTP/1.0\r\nHost: a\r\nContent-Length: 5\r\n{expect}\r\n"),
            "a client of 1.0, which does not know it",
        ),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n".to_owned(),
            "a client that does not wait for it",
        ),
        (
            format!("GET / HTTP/1.1\r\nHost: a\r\n{expect}\r\n"),
            "a client that announced no body",
        ),
        (
            format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n{expect}\r\n"),
            "a client that announced 0 bytes",
        ),
        (
            format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {too_long}\r\n{expect}\r\n"),
            "a client whose body is too long",
        ),
        (
            format!("POST / HTTP/1.1\r\nContent-Length: 5\r\n{expect}\r\n"),
            "a client that named no Host",
        ),
        (
            format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n{expect}\r\n"),
            "a client that sent two lengths",
        ),
        (
            format!("POST / HTTP/1.1\r\nHost: a\r\n{expect}Content-Length: 5\r\nX : y\r\n\r\n"),
            "a client whose head is malformed",
        ),
    ];
    for (head, whom) in &requests {
        let mut talk = Talk::new(attempt)?;
        let call = talk.start(f, attempt);
        talk.send(head.as_bytes());
        match attempt.until_it_waits(&call) {
            Some(ended) => drop(ended?),
            None => {
                talk.send(b"hello");
                drop(attempt.finish(call)?);
            }
        }
        let (said, _) = talk.said();
        if !said.is_empty() {
            let at = head
                .find("Expect")
                .map_or(0..0, |at| at..at + expect.len() - 2);
            let remark = match at.is_empty() {
                true => "no Expect here",
                false => "not to be answered with 100",
            };
            return Err(INVITED_UNASKED
                .seen(format!("read_request invited {whom}."))
                .pointing_at(exhibit(head.as_bytes(), at.start, at.end, remark))
                .by_hand(by_hand(&[head.as_bytes()])));
        }
    }
    Ok(())
}
