//! `copy_body`: a body to its end, and not one byte of what follows.

use std::io;

use super::line::{Fault, Kind, Line, USUAL, received, with_command};
use super::misconceptions::{
    ANSWER_BODY_CHANGED, BODY_COUNT, BODY_MEMORY, BODY_PIECES, BODY_WAITS, CHUNK_TAKEN,
    CHUNK_UNBOUNDED, CHUNKS_MISREAD, COLLECTED, CUT_SHORT, CUT_SHORT_MISNAMED, FOLLOWING_LOST,
    INTERRUPTED, READS_FOR_NOTHING, RESET_HIDDEN, SINK_ERROR, SINK_INTERRUPTED, SINK_TAKES_LESS,
    TIMEOUT_HIDDEN, TRAILERS_LEFT,
};
use super::read_head::{BOUND, MOMENT};
use super::sink::{Manner, Sink};
use super::{FetchError, Framing, Functions};
use harness::attempt::{Attempt, Call, Shown};
use harness::conduct;
use harness::finding::{Exhibit, Misconception, Stop};
use harness::kernel;
use harness::rubric::connection::MEMORY_GROWTH;
use harness::rubric::message::Malformed;
use harness::wire::random_payload;

type Gave = Result<u64, FetchError>;

/// The beginning of what may follow a body.
const NEXT: &[u8] = b"HTTP/1.1 404 Not Found\r\n";

/// A body being copied.
struct Copying {
    line: Line,
    sink: Sink,
    framing: Framing,
}

impl Copying {
    fn new(attempt: &Attempt, framing: Framing) -> Result<Copying, Stop> {
        Copying::of(attempt, framing, Kind::default(), Manner::Whole)
    }

    fn of(
        attempt: &Attempt,
        framing: Framing,
        kind: Kind,
        manner: Manner,
    ) -> Result<Copying, Stop> {
        Ok(Copying {
            line: Line::of(attempt, kind)?,
            sink: Sink::new(manner),
            framing,
        })
    }

    fn start(&self, f: &Functions, attempt: &mut Attempt) -> Call<Gave> {
        let (copy_body, framing) = (f.copy_body, self.framing);
        let (reader, mut sink) = (self.line.reader(), self.sink.clone());
        let text = format!("copy_body(reader, {}, sink)", framing.shown());
        attempt.start("copy_body", text, move || {
            reader.with(|reader| copy_body(reader, framing, &mut sink))
        })
    }

    fn call(&self, f: &Functions, attempt: &mut Attempt) -> Result<Gave, Stop> {
        let call = self.start(f, attempt);
        attempt.finish(call)
    }

    /// The call must have copied `body`, and left `next`.
    fn must_have(
        &mut self,
        attempt: &mut Attempt,
        gave: Result<Gave, Stop>,
        body: &[u8],
        next: &[u8],
        blame: &Blame<'_>,
    ) -> Result<(), Stop> {
        let what = blame.what;
        let gave = gave.map_err(|stop| {
            let seen = format!("The server sent {what}, and copy_body waits for more.");
            blame.told(stop.rather(&conduct::NEVER_RETURNED, blame.waits, seen))
        })?;
        let due = body.len() as u64;
        let got = self.sink.got();
        let copied = match gave {
            Ok(copied) if got == body => copied,
            Ok(_) | Err(_) => {
                attempt.remark(format!("expected {due}"));
                let differs = match (&gave, got.len()) {
                    (Err(error), _) => format!("copy_body gave {}", error.shown()),
                    (_, count) if count == body.len() => "others came to the sink".to_owned(),
                    (_, 0) => "none came to the sink".to_owned(),
                    (_, count) => format!("{count} came to the sink"),
                };
                let seen = format!("The server sent {what}, a body of {due} bytes; {differs}.");
                return Err(blame.told(blame.wrong.seen(seen)));
            }
        };
        if copied != due {
            attempt.remark(format!("expected {due}"));
            let seen = format!("A body of {due} bytes came to the sink; copy_body gave {copied}.");
            return Err(blame.told(BODY_COUNT.seen(seen)));
        }
        self.must_leave(attempt, next, blame)
    }

    /// What follows the body must still be in the reader.
    fn must_leave(
        &mut self,
        attempt: &mut Attempt,
        next: &[u8],
        blame: &Blame<'_>,
    ) -> Result<(), Stop> {
        let left = self.line.left()?;
        if left == next {
            return Ok(());
        }
        attempt.fact("what is left to read", format!("{} bytes", left.len()));
        attempt.remark(format!("expected {}", next.len()));
        let what = blame.what;
        let (misconception, seen) = match left.len() > next.len() {
            true => (
                blame.left,
                format!(
                    "The server sent {what}. After copy_body, {} bytes of it are still in the reader.",
                    left.len() - next.len()
                ),
            ),
            false => (
                &FOLLOWING_LOST,
                format!(
                    "The server sent {what}, and {} bytes behind it. After copy_body, {} of those are left in \
                     the reader.",
                    next.len(),
                    match left.len() {
                        0 => "none".to_owned(),
                        count => count.to_string(),
                    }
                ),
            ),
        };
        let stop = blame.told(misconception.seen(seen));
        Err(match &blame.left_mark {
            Some(mark) if left.len() > next.len() => stop.pointing_at(mark.clone()),
            _ => stop,
        })
    }
}

/// How to speak of a body that had to be copied.
struct Blame<'a> {
    /// What it means when it comes out as another, or not at all.
    wrong: &'static Misconception,
    /// What it means when the call waits for more.
    waits: &'static Misconception,
    /// What it means when something of it is left in the reader.
    left: &'static Misconception,
    /// What was sent: "a body in two pieces".
    what: &'a str,
    /// How it was sent.
    pieces: &'a [&'a [u8]],
    /// What of it is special.
    mark: Option<Exhibit>,
    /// The same, where something of it is left.
    left_mark: Option<Exhibit>,
}

impl<'a> Blame<'a> {
    fn new(wrong: &'static Misconception, what: &'a str, pieces: &'a [&'a [u8]]) -> Blame<'a> {
        Blame {
            wrong,
            waits: &BODY_WAITS,
            left: wrong,
            what,
            pieces,
            mark: None,
            left_mark: None,
        }
    }

    fn told(&self, stop: Stop) -> Stop {
        match &self.mark {
            Some(mark) => stop.pointing_at(mark.clone()),
            None => stop,
        }
    }

    /// With the command that has a server send it, with such a field in its head.
    fn commanded(&self, stop: Stop, field: &str) -> Stop {
        let head = format!("HTTP/1.1 200 OK\r\n{field}\r\n\r\n").into_bytes();
        let pieces: Vec<&[u8]> = [&head[..]]
            .into_iter()
            .chain(self.pieces.iter().copied())
            .collect();
        with_command(stop, &pieces)
    }
}

/// Bodies that a reader may take for something else.
fn bodies() -> Vec<Vec<u8>> {
    vec![
        b"hello, world\n".to_vec(),
        b"\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n5\r\n".to_vec(),
        random_payload(40),
        random_payload(30_000),
        vec![0],
        vec![0; 300],
    ]
}

pub fn copies_a_body_of_known_length(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    for body in bodies() {
        let length = body.len();
        for next in [&b""[..], NEXT] {
            let bytes = [&body[..], next].concat();
            let mut copying = Copying::new(attempt, Framing::Length(length as u64))?;
            copying.line.send(&bytes);
            let gave = copying.call(f, attempt);
            let what = format!("a body of {length} bytes");
            // More than a buffer holds comes in pieces, whoever sends it.
            let wrong = match length > USUAL {
                true => &BODY_PIECES,
                false => &ANSWER_BODY_CHANGED,
            };
            let blame = Blame::new(wrong, &what, &[]);
            copying.must_have(attempt, gave, &body, next, &blame)?;
        }
    }
    Ok(())
}

pub fn copies_a_body_that_comes_in_pieces(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let body = random_payload(fastrand::usize(12..20));
    let framing = Framing::Length(body.len() as u64);
    let bytes = [&body[..], NEXT].concat();
    for at in 1..body.len() {
        let mut copying = Copying::new(attempt, framing)?;
        copying.line.send_in_two(&bytes, at)?;
        let gave = copying.call(f, attempt);
        let what = "a body in two pieces";
        let blame = Blame::new(&BODY_PIECES, what, &[]);
        copying.must_have(attempt, gave, &body, NEXT, &blame)?;
    }
    for capacity in [1, 7] {
        let kind = Kind {
            capacity,
            ..Kind::default()
        };
        let mut copying = Copying::of(attempt, framing, kind, Manner::Whole)?;
        copying.line.send(&bytes);
        let gave = copying.call(f, attempt);
        let what = format!("a body in pieces of {capacity}");
        let blame = Blame::new(&BODY_PIECES, &what, &[]);
        copying.must_have(attempt, gave, &body, NEXT, &blame)?;
    }
    // While it waits for each of them, and with nothing behind the last.
    let mut copying = Copying::new(attempt, framing)?;
    let call = copying.start(f, attempt);
    copying.line.dribble(&body.chunks(1).collect::<Vec<_>>());
    let gave = attempt.finish(call);
    let blame = Blame::new(&BODY_PIECES, "a body byte by byte", &[]);
    copying.must_have(attempt, gave, &body, b"", &blame)
}

pub fn reads_nothing_where_there_is_none(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    for framing in [Framing::None, Framing::Length(0)] {
        for next in [&b""[..], NEXT] {
            let mut copying = Copying::new(attempt, framing)?;
            if !next.is_empty() {
                copying.line.send(next);
            }
            let gave = copying.call(f, attempt);
            let what = "nothing of a body, for there is none";
            let blame = Blame {
                waits: &READS_FOR_NOTHING,
                ..Blame::new(&READS_FOR_NOTHING, what, &[])
            };
            let had = copying.must_have(attempt, gave, b"", next, &blame);
            had.map_err(|stop| {
                let seen = format!(
                    "With {}, copy_body takes what belongs to the next answer.",
                    framing.shown()
                );
                stop.rather(&FOLLOWING_LOST, &READS_FOR_NOTHING, seen)
            })?;
        }
    }
    Ok(())
}

pub fn copies_up_to_the_close(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut all = bodies();
    all.push(Vec::new());
    for body in all {
        for capacity in [USUAL, 3] {
            let kind = Kind {
                capacity,
                ..Kind::default()
            };
            let mut copying = Copying::of(attempt, Framing::UntilClose, kind, Manner::Whole)?;
            let (first, second) = body.split_at(body.len() / 2);
            copying.line.send_ahead(first)?;
            copying.line.send(second);
            copying.line.end()?;
            let gave = copying.call(f, attempt);
            let what = format!("{} bytes, and closed the connection", body.len());
            let blame = Blame::new(&BODY_PIECES, &what, &[]);
            copying.must_have(attempt, gave, &body, b"", &blame)?;
        }
    }
    // Only its end ends it.
    let body = random_payload(40);
    let mut copying = Copying::new(attempt, Framing::UntilClose)?;
    let call = copying.start(f, attempt);
    for piece in body.chunks(20) {
        copying.line.send(piece);
        copying.line.wait_until_read();
        if let Some(early) = attempt.until_it_waits(&call) {
            let gave = early?;
            attempt.remark("expected it to wait");
            let seen = "The server has not closed the connection yet;";
            return Err(BODY_PIECES.seen(format!("{seen} copy_body gave {}.", gave.shown())));
        }
    }
    copying.line.end()?;
    let gave = attempt.finish(call);
    let blame = Blame::new(&BODY_PIECES, "two pieces, and closed the connection", &[]);
    copying.must_have(attempt, gave, &body, b"", &blame)
}

pub fn hands_on_at_once_what_arrives(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let body = random_payload(40);
    hands_on(
        f,
        attempt,
        Framing::Length(40),
        (&body, &body),
        20,
        "half of the body",
    )?;
    hands_on(
        f,
        attempt,
        Framing::UntilClose,
        (&body, &body),
        20,
        "20 bytes",
    )
}

pub fn hands_on_at_once_what_arrives_of_a_chunk(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let body = random_payload(40);
    let (first, second) = body.split_at(20);
    let two = [b"14\r\n", first, b"\r\n14\r\n", second, b"\r\n0\r\n\r\n"].concat();
    hands_on(
        f,
        attempt,
        Framing::Chunked,
        (&body, &two),
        26,
        "the first chunk",
    )?;
    let one = [b"28\r\n", &body[..], b"\r\n0\r\n\r\n"].concat();
    hands_on(
        f,
        attempt,
        Framing::Chunked,
        (&body, &one),
        24,
        "half of a chunk",
    )
}

/// Sends the first `cut` bytes of what goes over the wire, which hold the first 20 of the body: they must come to
/// the sink before the others are sent.
fn hands_on(
    f: &Functions,
    attempt: &mut Attempt,
    framing: Framing,
    (body, bytes): (&[u8], &[u8]),
    cut: usize,
    what: &str,
) -> Result<(), Stop> {
    let mut copying = Copying::new(attempt, framing)?;
    let call = copying.start(f, attempt);
    copying.line.send(&bytes[..cut]);
    copying.line.wait_until_read();
    if let Some(early) = attempt.until_it_waits(&call) {
        let gave = early?;
        attempt.remark("expected it to wait");
        let seen = format!("The server sent {what}; copy_body gave {}.", gave.shown());
        return Err(BODY_PIECES.seen(seen));
    }
    let came = copying.sink.got();
    if came != body[..20] {
        attempt.fact("what is in the sink", format!("{} bytes", came.len()));
        attempt.remark("expected 20");
        attempt.abandon(call);
        let seen = format!(
            "The server sent {what}, and then nothing for a while. {} of the 20 bytes came to the sink.",
            match came.len() {
                0 => "None".to_owned(),
                count => count.to_string(),
            }
        );
        return Err(COLLECTED.seen(seen));
    }
    copying.line.send(&bytes[cut..]);
    if framing == Framing::UntilClose {
        copying.line.end()?;
    }
    let gave = attempt.finish(call);
    let blame = Blame::new(&BODY_PIECES, "a body in two pieces", &[]);
    copying.must_have(attempt, gave, body, b"", &blame)
}

/// Chunks, and the body that they make up.
struct Chunks {
    what: &'static str,
    bytes: Vec<u8>,
    body: Vec<u8>,
}

fn chunks(what: &'static str, bytes: impl Into<Vec<u8>>, body: impl Into<Vec<u8>>) -> Chunks {
    Chunks {
        what,
        bytes: bytes.into(),
        body: body.into(),
    }
}

/// The first chunk's size that is more than a digit, or else the first one. The chunks are well formed.
fn at_a_size(chunks: &[u8]) -> Exhibit {
    let (mut at, mut marked) = (0, None);
    while let Some(length) = chunks[at..].iter().position(|byte| *byte == b'\r') {
        let line = String::from_utf8_lossy(&chunks[at..at + length]).into_owned();
        let digits = line.split(';').next().unwrap_or_default();
        let size = usize::from_str_radix(digits, 16).unwrap_or(0);
        let is_plain = matches!(line.as_bytes(), [b'0'..=b'9']);
        let remark = match size {
            1 => "hexadecimal: 1 byte follows".to_owned(),
            size => format!("hexadecimal: {size} bytes follow"),
        };
        if marked.is_none() || !is_plain {
            marked = Some((at, at + length, remark));
        }
        if size == 0 || !is_plain {
            break;
        }
        at += length + 2 + size + 2;
    }
    let (from, to, remark) = marked.unwrap_or_default();
    received(chunks, from, to, &remark)
}

pub fn takes_chunks_apart(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let binary = {
        let mut binary = random_payload(26);
        binary[..12].copy_from_slice(b"\r\n0\r\n\r\n5\r\n\r\n");
        binary
    };
    let long = random_payload(20_000);
    let sized =
        |size: &str, body: &[u8]| [size.as_bytes(), b"\r\n", body, b"\r\n0\r\n\r\n"].concat();
    let single: Vec<u8> = b"one byte each"
        .iter()
        .flat_map(|byte| [b"1\r\n", &[*byte][..], b"\r\n"].concat())
        .collect();
    for Chunks { what, bytes, body } in [
        chunks("a chunk", sized("5", b"hello"), "hello"),
        chunks(
            "three chunks",
            "5\r\nhello\r\n7\r\n, world\r\na\r\n, and more\r\n0\r\n\r\n",
            "hello, world, and more",
        ),
        chunks("no chunk but the last", "0\r\n\r\n", ""),
        chunks("a chunk of size 1A", sized("1A", &binary), binary.clone()),
        chunks("a chunk of size 1a", sized("1a", &binary), binary.clone()),
        chunks(
            "a chunk of size 10",
            sized("10", &binary[..16]),
            &binary[..16],
        ),
        chunks(
            "sizes with zeros before them",
            "0005\r\nhello\r\n000\r\n\r\n",
            "hello",
        ),
        chunks(
            "chunk extensions",
            "5;a=b\r\nhello\r\n1;c\r\n!\r\n0;last\r\n\r\n",
            "hello!",
        ),
        chunks(
            "a chunk extension in quotes",
            "5;a=\"1;2, \\\"3\\\"\"\r\nhello\r\n0\r\n\r\n",
            "hello",
        ),
        chunks("a long chunk", sized("4e20", &long), long.clone()),
        chunks(
            "many chunks of size 1",
            [&single[..], b"0\r\n\r\n"].concat(),
            "one byte each",
        ),
    ] {
        let mut copying = Copying::new(attempt, Framing::Chunked)?;
        copying.line.send(&[&bytes[..], NEXT].concat());
        let gave = copying.call(f, attempt);
        let pieces = [&bytes[..]];
        // More than a buffer holds comes in pieces, whoever sends it.
        let wrong = match bytes.len() > USUAL {
            true => &BODY_PIECES,
            false => &CHUNKS_MISREAD,
        };
        let mut blame = Blame::new(wrong, what, &pieces);
        blame.mark = Some(at_a_size(&bytes));
        let last = bytes.len();
        let ends = "the empty line belongs to the body";
        blame.left_mark = Some(received(&bytes, last - 2, last, ends));
        blame.waits = &CHUNKS_MISREAD;
        blame.left = &TRAILERS_LEFT;
        let had = copying.must_have(attempt, gave, &body, NEXT, &blame);
        had.map_err(|stop| blame.commanded(stop, "Transfer-Encoding: chunked"))?;
    }
    Ok(())
}

pub fn waits_for_nothing_behind_the_last_chunk(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    for ends in ["\r\n0\r\n\r\n", "\r\n0\r\nX-Sum: 1\r\n\r\n"] {
        let body = random_payload(12);
        let bytes = [b"c\r\n", &body[..], ends.as_bytes()].concat();
        let mut copying = Copying::new(attempt, Framing::Chunked)?;
        copying.line.send(&bytes);
        let gave = copying.call(f, attempt);
        let what = "a body in chunks, and keeps the connection open";
        let blame = Blame::new(&CHUNKS_MISREAD, what, &[]);
        copying.must_have(attempt, gave, &body, b"", &blame)?;
    }
    Ok(())
}

pub fn takes_chunks_that_come_in_pieces(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let body = b"hello\r\n0\r\n\r\nyou";
    let bytes = b"5;x\r\nhello\r\n0A\r\n\r\n0\r\n\r\nyou\r\n0\r\nA: b\r\n\r\n";
    let whole = [&bytes[..], NEXT].concat();
    for at in 0..bytes.len() {
        let mut copying = Copying::new(attempt, Framing::Chunked)?;
        copying.line.send_in_two(&whole, at)?;
        let gave = copying.call(f, attempt);
        let what = "chunks in two pieces";
        let mut blame = Blame::new(&BODY_PIECES, what, &[]);
        blame.waits = &BODY_PIECES;
        blame.mark = Some(received(bytes, at, at, "the first piece ends here"));
        copying.must_have(attempt, gave, body, NEXT, &blame)?;
    }
    for capacity in [1, 2, 5] {
        let kind = Kind {
            capacity,
            ..Kind::default()
        };
        let mut copying = Copying::of(attempt, Framing::Chunked, kind, Manner::Whole)?;
        copying.line.send(&whole);
        let gave = copying.call(f, attempt);
        let what = format!("chunks in pieces of {capacity}");
        let mut blame = Blame::new(&BODY_PIECES, &what, &[]);
        blame.waits = &BODY_PIECES;
        copying.must_have(attempt, gave, body, NEXT, &blame)?;
    }
    let mut copying = Copying::new(attempt, Framing::Chunked)?;
    let call = copying.start(f, attempt);
    copying.line.dribble(&bytes.chunks(1).collect::<Vec<_>>());
    let gave = attempt.finish(call);
    let mut blame = Blame::new(&BODY_PIECES, "chunks byte by byte", &[]);
    blame.waits = &BODY_PIECES;
    copying.must_have(attempt, gave, body, b"", &blame)
}

pub fn passes_over_trailer_fields(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    for trailers in [
        "X-Sum: 1\r\n",
        "X-Sum: 1\r\nX-Time: 2\r\nX-More: \"a: b\"\r\n",
        "Content-Length: 7\r\n",
        "0: 0\r\n",
    ] {
        let bytes = format!("5\r\nhello\r\n0\r\n{trailers}\r\n").into_bytes();
        // Another empty line belongs to what follows.
        for next in [&b"\r\n"[..], NEXT] {
            let mut copying = Copying::new(attempt, Framing::Chunked)?;
            copying.line.send(&[&bytes[..], next].concat());
            let gave = copying.call(f, attempt);
            let pieces = [&bytes[..]];
            let what = "chunks with trailer fields";
            let mut blame = Blame::new(&TRAILERS_LEFT, what, &pieces);
            blame.waits = &TRAILERS_LEFT;
            let at = bytes.len() - trailers.len() - 2;
            let to = bytes.len() - 4;
            let line = at
                + bytes[at..]
                    .iter()
                    .position(|byte| *byte == b'\r')
                    .unwrap_or(0);
            blame.mark = Some(received(&bytes, at, line.min(to), "a trailer field"));
            let had = copying.must_have(attempt, gave, b"hello", next, &blame);
            had.map_err(|stop| blame.commanded(stop, "Transfer-Encoding: chunked"))?;
        }
    }
    Ok(())
}

pub fn refuses_malformed_body_chunks(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let digits = "hexadecimal digits, nothing else";
    for (marked, remark) in [
        ("⟦-1⟧\r\nhello\r\n0\r\n\r\n", digits),
        ("⟦+5⟧\r\nhello\r\n0\r\n\r\n", digits),
        ("⟦0x5⟧\r\nhello\r\n0\r\n\r\n", digits),
        ("⟦\r\n⟧hello\r\n0\r\n\r\n", "no size"),
        ("⟦;a=b⟧\r\nhello\r\n0\r\n\r\n", "no size"),
        ("⟦five⟧\r\nhello\r\n0\r\n\r\n", digits),
        ("⟦5 5⟧\r\nhello\r\n0\r\n\r\n", digits),
        ("⟦5g⟧\r\nhello\r\n0\r\n\r\n", digits),
        ("⟦5,0⟧\r\nhello\r\n0\r\n\r\n", digits),
        ("5\r\nhello⟦XY⟧\r\n0\r\n\r\n", "CRLF is due after 5 bytes"),
        ("5\r\nhello⟦0⟧\r\n\r\n", "CRLF is due after 5 bytes"),
        ("5\r\nhello⟦XY⟧0\r\n\r\n", "CRLF is due after 5 bytes"),
        ("4\r\nhell⟦o⟧\r\n0\r\n\r\n", "CRLF is due after 4 bytes"),
        ("5\r\nhello\r\n⟦\r\n⟧0\r\n\r\n", "a size is due here"),
        (
            "⟦10000000000000005⟧\r\nhello\r\n0\r\n\r\n",
            "more than 64 bits",
        ),
        ("5\r\nhello\r\n⟦g⟧\r\n\r\n0\r\n\r\n", digits),
        ("⟦5\r⟧hello\r\n0\r\n\r\n", "no end of a line"),
    ] {
        let malformed = Malformed::new(marked);
        let mut copying = Copying::new(attempt, Framing::Chunked)?;
        copying.line.send(&malformed.bytes);
        // Whoever waits for more gets the end.
        copying.line.end()?;
        let gave = copying.call(f, attempt)?;
        if matches!(gave, Err(FetchError::BadReply | FetchError::Receive)) {
            continue;
        }
        attempt.remark("expected BadReply");
        let seen = format!(
            "The server sent a malformed chunk; copy_body gave {}.",
            gave.shown()
        );
        let pieces = [&malformed.bytes[..]];
        let mut blame = Blame::new(&CHUNK_TAKEN, "", &pieces);
        blame.mark = Some(received(
            &malformed.bytes,
            malformed.from,
            malformed.to,
            remark,
        ));
        return Err(blame.commanded(
            blame.told(CHUNK_TAKEN.seen(seen)),
            "Transfer-Encoding: chunked",
        ));
    }
    Ok(())
}

pub fn stops_reading_a_chunk_line_without_end(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    /// Longer than anything that is needed to see that it is too long.
    const MUCH: usize = 3 << 20;
    let endless = |start: &str, piece: &str| {
        [
            start.as_bytes(),
            &piece.as_bytes().repeat(MUCH / piece.len()),
        ]
        .concat()
    };
    let field = format!("X-Id: {}\r\n", "y".repeat(200));
    for (bytes, what) in [
        (
            endless("5;", "aaaaaaaa"),
            "a chunk extension without an end",
        ),
        (endless("", "00000000"), "a chunk's size without an end"),
        (endless("0\r\n", &field), "trailer fields without an end"),
        (
            endless("0\r\nX-Id: ", "yyyyyyyy"),
            "a trailer field without an end",
        ),
    ] {
        let mut copying = Copying::new(attempt, Framing::Chunked)?;
        let call = copying.start(f, attempt);
        let ended = copying.line.send_while(attempt, &call, &bytes, BOUND);
        let ended = ended.or_else(|| copying.line.wait_while(attempt, &call, BOUND));
        let seen = format!("The server sent {what}, and copy_body");
        if ended.is_none() && copying.line.read() > BOUND {
            attempt.remark("expected BadReply");
            let read = copying.line.read();
            // It ends with this process.
            attempt.abandon(call);
            let told = format!("{seen} had read {read} bytes of it when it was given up.");
            return Err(CHUNK_UNBOUNDED.seen(told));
        }
        let gave = match ended {
            Some(gave) => gave?,
            None => attempt.finish(call).map_err(|stop| {
                let more = format!("{seen} waits for more after {} bytes.", copying.line.read());
                stop.rather(&conduct::NEVER_RETURNED, &CHUNK_UNBOUNDED, more)
            })?,
        };
        let read = copying.line.read();
        if matches!(gave, Err(FetchError::BadReply | FetchError::Receive)) && read <= BOUND {
            continue;
        }
        attempt.remark("expected BadReply");
        let told = format!("{seen} gave {} after {read} bytes.", gave.shown());
        return Err(CHUNK_UNBOUNDED.seen(told));
    }
    // Extensions and trailer fields of a few kilobytes are none of that.
    let some = "a".repeat(4000);
    let bytes = format!("5;{some}\r\nhello\r\n0\r\nX-Id: {some}\r\n\r\n").into_bytes();
    let mut copying = Copying::new(attempt, Framing::Chunked)?;
    copying.line.send(&bytes);
    let gave = copying.call(f, attempt);
    let what = "a chunk with 4000 bytes of extensions";
    copying.must_have(
        attempt,
        gave,
        b"hello",
        b"",
        &Blame::new(&CHUNKS_MISREAD, what, &[]),
    )
}

pub fn reports_a_body_that_ends_early(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let body = random_payload(10);
    let by_length = |length: u64, sent: usize| {
        let what = format!("{sent} of {length} bytes");
        (
            Framing::Length(length),
            body[..sent].to_vec(),
            body[..sent].to_vec(),
            what,
        )
    };
    let mut cuts = vec![
        by_length(10, 9),
        by_length(10, 1),
        by_length(10, 0),
        by_length(5 << 30, 10),
    ];
    // The data: from byte 3 on five of them, from byte 15 on another five.
    let chunks = [
        b"5\r\n",
        &body[..5],
        b"\r\n05;x\r\n",
        &body[5..],
        b"\r\n0\r\nX-Id: y\r\n\r\n",
    ]
    .concat();
    for at in 0..chunks.len() {
        let first = at.clamp(3, 8) - 3;
        let second = at.clamp(16, 21) - 16;
        let due = [&body[..first], &body[5..5 + second]].concat();
        let what = format!("{at} of {} bytes of chunks", chunks.len());
        cuts.push((Framing::Chunked, chunks[..at].to_vec(), due, what));
    }
    let huge = [b"ffffffffffffffff\r\n", &body[..]].concat();
    let what = "10 bytes of a chunk of 2^64 - 1".to_owned();
    cuts.push((Framing::Chunked, huge, body.clone(), what));
    for (framing, bytes, due, what) in cuts {
        let mut copying = Copying::new(attempt, framing)?;
        if !bytes.is_empty() {
            copying.line.send(&bytes);
        }
        copying.line.end()?;
        let looped = format!("The server sent {what} and closed, and copy_body goes on reading.");
        let gave = copying.call(f, attempt).map_err(|stop| {
            stop.rather(&conduct::SPINS, &CUT_SHORT, looped.clone())
                .rather(&conduct::NEVER_RETURNED, &CUT_SHORT, looped)
        })?;
        if gave != Err(FetchError::Partial) {
            attempt.remark("expected Partial");
            let seen = format!(
                "The server sent {what} and closed; copy_body gave {}.",
                gave.shown()
            );
            return Err(match gave {
                Ok(_) => CUT_SHORT.seen(seen),
                Err(_) => CUT_SHORT_MISNAMED.seen(seen),
            });
        }
        must_have_arrived(
            attempt,
            &copying,
            &due,
            &format!("The server sent {what} and closed"),
        )?;
    }
    Ok(())
}

/// What came before an error must be in the sink.
fn must_have_arrived(
    attempt: &mut Attempt,
    copying: &Copying,
    due: &[u8],
    when: &str,
) -> Result<(), Stop> {
    let got = copying.sink.got();
    if got == due {
        return Ok(());
    }
    attempt.fact("what is in the sink", format!("{} bytes", got.len()));
    attempt.remark(format!("expected {}", due.len()));
    let seen = format!(
        "{when}. Of the body {} bytes had come; {} are in the sink.",
        due.len(),
        got.len()
    );
    Err(COLLECTED.seen(seen))
}

/// The framings of a body of 20 bytes, and what of it goes over the wire: the beginning, with 10 bytes.
fn halves(body: &[u8]) -> [(Framing, Vec<u8>); 3] {
    [
        (Framing::Length(20), body[..10].to_vec()),
        (Framing::UntilClose, body[..10].to_vec()),
        (Framing::Chunked, [b"14\r\n", &body[..10]].concat()),
    ]
}

pub fn tells_a_reset_from_the_end_of_a_body(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let body = random_payload(20);
    for (framing, part) in halves(&body) {
        let mut copying = Copying::new(attempt, framing)?;
        // What was read before the reset is not lost with it.
        copying.line.send_ahead(&part)?;
        let call = copying.start(f, attempt);
        if let Some(early) = attempt.until_it_waits(&call) {
            let gave = early?;
            attempt.remark("expected it to wait");
            let seen = "The body had not come to its end;";
            return Err(BODY_PIECES.seen(format!("{seen} copy_body gave {}.", gave.shown())));
        }
        let Copying { line, sink, .. } = copying;
        line.server.reset()?;
        let looped = "The connection was reset within the body, and copy_body read again.";
        let gave = attempt.finish(call).map_err(|stop| {
            stop.rather(&conduct::SPINS, &RESET_HIDDEN, looped).rather(
                &conduct::NEVER_RETURNED,
                &RESET_HIDDEN,
                looped,
            )
        })?;
        if gave != Err(FetchError::Receive) {
            attempt.remark("expected Receive");
            let seen = "The connection was reset within the body;";
            return Err(RESET_HIDDEN.seen(format!("{seen} copy_body gave {}.", gave.shown())));
        }
        if sink.got() != body[..10] {
            let seen = format!(
                "10 bytes of the body came, and the connection was reset; {} are in the sink.",
                sink.got().len()
            );
            return Err(COLLECTED.seen(seen));
        }
    }
    Ok(())
}

pub fn tells_that_a_bodys_time_is_over(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let body = random_payload(20);
    let silent = || Kind {
        timeout: Some(MOMENT),
        ..Kind::default()
    };
    let fails = |at: usize| Kind {
        faults: vec![(at as u64, io::ErrorKind::TimedOut)],
        ..Kind::default()
    };
    let mut cases = Vec::new();
    for (framing, part) in halves(&body) {
        cases.push((framing, fails(part.len()), part.clone()));
        cases.push((framing, silent(), part));
    }
    // Within a line of its size.
    cases.push((
        Framing::Chunked,
        silent(),
        [b"a\r\n", &body[..10], b"\r\n1"].concat(),
    ));
    for (framing, kind, part) in cases {
        let mut copying = Copying::of(attempt, framing, kind, Manner::Whole)?;
        copying.line.send(&part);
        let again = "A read's time-out was over within the body, and copy_body read again.";
        let gave = copying.call(f, attempt).map_err(|stop| {
            stop.rather(&conduct::SPINS, &TIMEOUT_HIDDEN, again).rather(
                &conduct::NEVER_RETURNED,
                &TIMEOUT_HIDDEN,
                again,
            )
        })?;
        let seen = "A read's time-out was over within the body";
        if gave != Err(FetchError::Timeout) {
            attempt.remark("expected Timeout");
            return Err(TIMEOUT_HIDDEN.seen(format!("{seen}; copy_body gave {}.", gave.shown())));
        }
        must_have_arrived(attempt, &copying, &body[..10], seen)?;
    }
    Ok(())
}

pub fn copies_on_after_a_signal(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let body = random_payload(20);
    let (first, second) = body.split_at(10);
    let in_chunks = [b"a\r\n", first, b"\r\nA\r\n", second, b"\r\n0\r\n\r\n"].concat();
    for (framing, bytes) in [
        (Framing::Length(20), &body),
        (Framing::UntilClose, &body),
        (Framing::Chunked, &in_chunks),
    ] {
        let faults: Vec<Fault> = (0..bytes.len() as u64)
            .step_by(3)
            .map(|at| (at, io::ErrorKind::Interrupted))
            .collect();
        let signals = faults.len();
        let kind = Kind {
            faults,
            ..Kind::default()
        };
        let mut copying = Copying::of(attempt, framing, kind, Manner::Whole)?;
        copying.line.send(bytes);
        if framing == Framing::UntilClose {
            copying.line.end()?;
        }
        attempt.fact(
            format!("signals interrupt {signals} of the reads"),
            "Interrupted",
        );
        let gave = copying.call(f, attempt);
        let what = "a body, and signals came while it was read";
        let mut blame = Blame::new(&INTERRUPTED, what, &[]);
        blame.waits = &INTERRUPTED;
        copying.must_have(attempt, gave, &body, b"", &blame)?;
    }
    Ok(())
}

/// A body in each of the framings, on the wire.
fn framed(body: &[u8]) -> [(Framing, Vec<u8>); 3] {
    let chunk = format!("{:x}\r\n", body.len());
    [
        (Framing::Length(body.len() as u64), body.to_vec()),
        (Framing::UntilClose, body.to_vec()),
        (
            Framing::Chunked,
            [chunk.as_bytes(), body, b"\r\n0\r\n\r\n"].concat(),
        ),
    ]
}

pub fn writes_all_however_little_the_sink_takes(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let body = random_payload(300);
    for (manner, wrong, what) in [
        (
            Manner::Few(7),
            &SINK_TAKES_LESS,
            "a body, and the sink takes 7 bytes at a time",
        ),
        (
            Manner::Few(1),
            &SINK_TAKES_LESS,
            "a body, and the sink takes a byte at a time",
        ),
        (
            Manner::Interrupted,
            &SINK_INTERRUPTED,
            "a body, and signals interrupt every other write",
        ),
    ] {
        for (framing, bytes) in framed(&body) {
            let mut copying = Copying::of(attempt, framing, Kind::default(), manner)?;
            copying.line.send(&bytes);
            copying.line.end()?;
            let gave = copying.call(f, attempt);
            let blame = Blame::new(wrong, what, &[]);
            copying.must_have(attempt, gave, &body, b"", &blame)?;
        }
    }
    Ok(())
}

pub fn reports_a_sink_that_fails(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    /// More than a reader with a large buffer takes at once.
    const LONG: usize = 1 << 20;
    let body = random_payload(LONG);
    let kinds = [
        (
            Manner::Fails(10, io::ErrorKind::StorageFull),
            "the disk is full",
        ),
        (
            Manner::Fails(0, io::ErrorKind::BrokenPipe),
            "nobody reads on",
        ),
        (
            Manner::Fails(10, io::ErrorKind::TimedOut),
            "the time is over",
        ),
        (
            Manner::Fails(10, io::ErrorKind::ConnectionReset),
            "its connection is gone",
        ),
        (
            Manner::Fails(10, io::ErrorKind::UnexpectedEof),
            "its end is reached",
        ),
        (Manner::Full(10), "it takes 0 bytes"),
    ];
    let mut all: Vec<_> = kinds.iter().map(|kind| (kind, 0)).collect();
    // The other framings once.
    all.extend([(&kinds[0], 1), (&kinds[0], 2)]);
    let framed = framed(&body);
    for ((manner, reason), framing) in all {
        let (framing, bytes) = &framed[framing];
        let mut copying = Copying::of(attempt, *framing, Kind::default(), *manner)?;
        let call = copying.start(f, attempt);
        let ended = copying.line.send_while(attempt, &call, bytes, u64::MAX);
        let gave = match ended {
            Some(gave) => gave,
            None => attempt.finish(call),
        };
        let seen = format!("The sink fails, for {reason}:");
        let gave = gave.map_err(|stop| {
            let again = format!("{seen} copy_body goes on.");
            stop.rather(&conduct::SPINS, &SINK_ERROR, again.clone())
                .rather(&conduct::NEVER_RETURNED, &SINK_ERROR, again)
        })?;
        if gave != Err(FetchError::Write) {
            attempt.remark("expected Write");
            return Err(SINK_ERROR.seen(format!("{seen} copy_body gave {}.", gave.shown())));
        }
        let read = copying.line.read();
        if read > LONG as u64 / 2 {
            attempt.fact("what was read of the body", format!("{read} bytes"));
            attempt.remark("expected it to stop");
            return Err(SINK_ERROR.seen(format!(
                "{seen} copy_body has read {read} bytes before it says so."
            )));
        }
    }
    Ok(())
}

pub fn copies_a_long_body_in_constant_memory(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    /// Twice as much as memory may grow by, and more.
    const LONG: usize = 16 << 20;
    const PIECE: usize = 1 << 20;
    let piece = random_payload(PIECE);
    let small = [b"10000\r\n", &piece[..1 << 16], b"\r\n"].concat();
    for (framing, start, piece, what) in [
        (
            Framing::Length(LONG as u64),
            String::new(),
            &piece,
            "a body",
        ),
        (Framing::Chunked, format!("{LONG:x}\r\n"), &piece, "a chunk"),
        (Framing::Chunked, String::new(), &small, "chunks"),
    ] {
        let memory = || kernel::private_memory(std::process::id());
        let mut copying = Copying::of(attempt, framing, Kind::default(), Manner::Counts)?;
        let before = memory();
        let call = copying.start(f, attempt);
        copying.line.send(start.as_bytes());
        let (mut sent, mut grown) = (0, 0);
        let mut ended = None;
        while sent + piece.len() <= LONG && ended.is_none() && grown <= MEMORY_GROWTH {
            ended = copying.line.send_while(attempt, &call, piece, u64::MAX);
            sent += piece.len();
            if sent % PIECE < piece.len()
                && let (Some(before), Some(now)) = (before, memory())
            {
                grown = grown.max(now.saturating_sub(before));
            }
        }
        let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        if grown > MEMORY_GROWTH {
            attempt.abandon(call);
            return Err(BODY_MEMORY.seen(format!(
                "The server sent {what} of {} MiB. When {:.1} MiB of it were sent, the memory in use had \
                 grown by {:.1} MiB.",
                LONG >> 20,
                mib(sent as u64),
                mib(grown)
            )));
        }
        if framing == Framing::Chunked {
            let end: &[u8] = if start.is_empty() {
                b"0\r\n\r\n"
            } else {
                b"\r\n0\r\n\r\n"
            };
            copying.line.send(end);
        }
        let gave = match ended {
            Some(gave) => gave?,
            None => attempt.finish(call)?,
        };
        let due = match start.is_empty() && framing == Framing::Chunked {
            true => (sent / small.len() * (1 << 16)) as u64,
            false => sent as u64,
        };
        if gave != Ok(due) || copying.sink.count() != due {
            attempt.remark(format!("expected {due}"));
            let seen = format!(
                "The server sent {what} with {due} bytes; copy_body gave {}, and {} came to the sink.",
                gave.shown(),
                copying.sink.count()
            );
            return Err(BODY_PIECES.seen(seen));
        }
    }
    Ok(())
}
