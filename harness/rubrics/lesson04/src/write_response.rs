//! `write_response`: every byte of a response, and not one more.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant, SystemTime};

use super::date;
use super::misconceptions::{
    BODY_AFTER_HEAD, BODY_CHANGED, BODY_TOO_LONG, BODY_WITHOUT_ONE, DATE_MALFORMED, DATE_WRONG,
    ENDS_CONNECTION, FIELDS_LOST, HEAD_OF_NOTHING, LENGTH_OF_HEAD, LENGTH_WITHOUT_BODY, MEMORY,
    NO_DATE, NO_LENGTH, NO_RESPONSE, PADDED, PART_IGNORED, PARTLY_SENT, SHORT_FILE, SPLIT,
    WRONG_STATUS,
};
use super::site::Site;
use super::{Body, Functions, Response, at_end_of_head, at_field, at_status, flawed, word};
use harness::attempt::{Attempt, Call};
use harness::clock;
use harness::conduct;
use harness::finding::{Exhibit, Stop};
use harness::kernel;
use harness::rubric::connection::{MEMORY_GROWTH, connected, uneven};
use harness::rubric::control::interrupt;
use harness::watch::{self, Look};
use harness::wire::http::{Answer, Client, Flaw};
use harness::wire::{Buffers, Heard, random_payload};

/// More than small buffers hold.
const MUCH: usize = 96 << 10;
/// How often the kernel is made to take a part.
const ROUNDS: usize = 2;
/// Long enough to show whether it is held in memory.
const LARGE: u64 = 24 << 20;
/// By how much a clock that was read may differ from one that is read now.
const NEAR: Duration = Duration::from_secs(5);

/// Two ends of a connection.
struct Talk {
    client: Client,
    stream: TcpStream,
    /// Has a response come?
    heard: bool,
}

impl Talk {
    fn new(attempt: &Attempt, buffers: Option<Buffers>) -> io::Result<Talk> {
        // Who looks at the time now and then while it sends waits all the same.
        watch::timeouts_are_long();
        let (peer, stream) = connected(attempt, buffers)?;
        Ok(Talk {
            client: Client::new(peer),
            stream,
            heard: false,
        })
    }

    /// Begins a call of `write_response`.
    fn start(
        &self,
        f: &Functions,
        attempt: &mut Attempt,
        method: &'static str,
        response: Response,
    ) -> Result<Call<io::Result<()>>, Stop> {
        let write_response = f.write_response;
        let mut stream = self.stream.try_clone()?;
        let text = format!("write_response(stream, {method:?}, {})", told(&response));
        Ok(attempt.start("write_response", text, move || {
            write_response(&mut stream, method, response)
        }))
    }

    /// Lets the submission write a short response, and reads it.
    fn exchange(
        &mut self,
        f: &Functions,
        attempt: &mut Attempt,
        method: &'static str,
        response: Response,
    ) -> Result<Answer, Stop> {
        let call = self.start(f, attempt, method, response)?;
        attempt.finish(call)?.map_err(|error| failed(&error))?;
        self.hear(method)
    }

    /// Reads a response that is written.
    fn hear(&mut self, method: &'static str) -> Result<Answer, Stop> {
        let heard = self.client.hear(method);
        let heard = heard.map_err(|flaw| self.flawed(flaw, method));
        self.heard = true;
        heard
    }

    fn flawed(&self, flaw: Flaw, method: &str) -> Stop {
        match flaw {
            // Where a response is to begin stands what is left of the one before.
            Flaw::Line(line)
                if self.heard && !line.line.starts_with(b"HTTP") && line.at.start == 0 =>
            {
                too_long(&line.line)
            }
            flaw => flawed(flaw).by_hand(by_hand(method)),
        }
    }

    /// As `exchange`, for a response that the buffers need not hold.
    fn exchange_much(
        &mut self,
        f: &Functions,
        attempt: &mut Attempt,
        response: Response,
    ) -> Result<Answer, Stop> {
        let call = self.start(f, attempt, "GET", response)?;
        self.hear_much(attempt, call)
    }

    fn hear_much(
        &mut self,
        attempt: &mut Attempt,
        call: Call<io::Result<()>>,
    ) -> Result<Answer, Stop> {
        match self.hear("GET") {
            Ok(answer) => {
                attempt.finish(call)?.map_err(|error| failed(&error))?;
                Ok(answer)
            }
            Err(stop) => {
                match attempt.until_it_waits(&call) {
                    Some(ended) => ended?.map_err(|error| failed(&error))?,
                    None => attempt.abandon(call),
                }
                Err(stop)
            }
        }
    }

    /// Nothing follows on what was read: neither a byte nor a FIN before its time.
    fn end(mut self, attempt: &mut Attempt) -> Result<(), Stop> {
        drop(self.stream);
        attempt.fact("the stream is dropped", "");
        let (more, _) = self.client.hear_end();
        if more.is_empty() {
            return Ok(());
        }
        Err(too_long(&more))
    }
}

fn told(response: &Response) -> String {
    let body = match &response.body {
        Body::Empty => "no body".to_owned(),
        Body::Bytes(bytes) => format!("{} bytes", bytes.len()),
        Body::File { start, length, .. } => format!("{length} bytes of a file from {start} on"),
    };
    format!("{} with {body}", response.status)
}

/// What shows a client what the functions do together.
fn by_hand(method: &str) -> String {
    format!(
        "printf '{method} / HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n' | nc 127.0.0.1 8000 | head -c 400"
    )
}

fn failed(error: &io::Error) -> Stop {
    conduct::UNEXPECTED_ERROR.seen(format!(
        "write_response gave the error {:?}.",
        error.to_string()
    ))
}

fn too_long(more: &[u8]) -> Stop {
    let shown = &more[..more.len().min(40)];
    BODY_TOO_LONG
        .seen(format!(
            "The response was complete, by its `Content-Length`, and {} more bytes came.",
            more.len()
        ))
        .pointing_at(Exhibit {
            title: "sent".to_owned(),
            bytes: shown.to_vec(),
            from: 0,
            to: shown.len(),
            remark: "not counted".to_owned(),
        })
        .by_hand(by_hand("GET"))
}

/// A response with these bytes.
fn ok(body: Body) -> Response {
    Response {
        status: 200,
        headers: vec![field("Content-Type", "text/plain")],
        body,
    }
}

fn field(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// The body must be these bytes, and its length must be said.
fn must_have(
    attempt: &mut Attempt,
    talk: &Talk,
    answer: &Answer,
    body: &[u8],
    what: &str,
) -> Result<(), Stop> {
    let Some(length) = answer.named("Content-Length").next() else {
        return Err(no_length(answer));
    };
    if answer.body == body {
        return Ok(());
    }
    attempt.fact("expected", format!("{} bytes: {what}", body.len()));
    let rest = body.strip_prefix(answer.body.as_slice());
    let unread = talk.client.unread();
    if let Some(rest) = rest
        && !unread.is_empty()
        && (rest.starts_with(unread) || unread.starts_with(rest))
    {
        let expected = format!("expected {}", body.len());
        return Err(BODY_TOO_LONG
            .seen(format!(
                "{} bytes come that the response does not count: {what} has {}.",
                rest.len(),
                body.len()
            ))
            .pointing_at(at_field(answer, length, expected))
            .by_hand(by_hand("GET")));
    }
    let differs = body.iter().zip(&answer.body).position(|(a, b)| a != b);
    Err(match differs {
        Some(at) => BODY_CHANGED.seen(format!(
            "Byte {at} of the body that came is not that of {what}."
        )),
        None => BODY_CHANGED
            .seen(format!(
                "Of the {} bytes of {what}, {} came.",
                body.len(),
                answer.body.len()
            ))
            .pointing_at(at_field(answer, length, format!("expected {}", body.len()))),
    }
    .by_hand(by_hand("GET")))
}

fn no_length(answer: &Answer) -> Stop {
    NO_LENGTH
        .seen("The response does not say how long its body is.")
        .pointing_at(at_end_of_head(answer, "no Content-Length up to here"))
        .by_hand(by_hand("GET"))
}

pub fn writes_a_status_line_fields_and_a_body(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let mut talk = Talk::new(attempt, None)?;
    let text = format!("Hello, {}.", word());
    let answer = talk.exchange(f, attempt, "GET", ok(Body::Bytes(text.clone().into())))?;
    must_be_status(&answer, 200)?;
    must_have(attempt, &talk, &answer, text.as_bytes(), "the body")?;
    must_have_field(&answer, "Content-Type", "text/plain")
}

fn must_be_status(answer: &Answer, status: u16) -> Result<(), Stop> {
    if answer.status == status {
        return Ok(());
    }
    Err(WRONG_STATUS
        .seen(format!(
            "write_response was to write a response with the status {status}; it wrote {}.",
            answer.status
        ))
        .pointing_at(at_status(answer, format!("expected {status}")))
        .by_hand(by_hand("GET")))
}

fn must_have_field(answer: &Answer, name: &str, value: &str) -> Result<(), Stop> {
    if answer.named(name).any(|field| field.value == value) {
        return Ok(());
    }
    let shown = match answer.named(name).next() {
        Some(field) => at_field(answer, field, format!("expected {value}")),
        None => at_end_of_head(answer, format!("no {name} up to here")),
    };
    Err(FIELDS_LOST
        .seen(format!(
            "The response was to have the field `{name}: {value}`, and it was not sent so."
        ))
        .pointing_at(shown)
        .by_hand(by_hand("GET")))
}

pub fn writes_every_status_and_every_field(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let mut talk = Talk::new(attempt, None)?;
    for status in [404, 206, 301, 416, 431, 500, 299, 418, 599] {
        let odd = format!("\"{}\"; 100% {{}} = a:b, <{}>", word(), word());
        let first = format!("a={}; Path=/", word());
        let (second, empty) = (format!("b={}; Path=/", word()), String::new());
        let fields = [
            ("Set-Cookie", &first),
            ("X-Odd", &odd),
            ("Set-Cookie", &second),
            ("X-Empty", &empty),
        ];
        let response = Response {
            status,
            headers: fields.map(|(name, value)| field(name, value)).to_vec(),
            body: Body::Bytes(word().into()),
        };
        let call = talk.start(f, attempt, "GET", response)?;
        match attempt.finish(call)? {
            Err(error) if super::is_broken(&error) && status != 404 => {
                return Err(ends_connection(&format!(
                    "the next gave the error {:?}",
                    error.to_string()
                )));
            }
            result => result.map_err(|error| failed(&error))?,
        }
        let answer = match talk.client.hear("GET") {
            Err(Flaw::NoHead(came, _)) if came.is_empty() && status != 404 => {
                return Err(ends_connection("nothing came of the next"));
            }
            heard => heard.map_err(|flaw| talk.flawed(flaw, "GET"))?,
        };
        talk.heard = true;
        must_be_status(&answer, status)?;
        for (name, value) in fields {
            must_have_field(&answer, name, value)?;
        }
        if kernel::is_nonblocking(&socket2::SockRef::from(&talk.stream)) == Some(true) {
            return Err(conduct::LEFT_NONBLOCKING
                .seen("After write_response the stream is in non-blocking mode."));
        }
    }
    talk.end(attempt)
}

fn ends_connection(then: &str) -> Stop {
    ENDS_CONNECTION.seen(format!(
        "The first response came, and then another was to follow on the same stream: {then}."
    ))
    .by_hand(
        "printf 'GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\nGET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n' | nc 127.0.0.1 8000",
    )
}

pub fn says_when_it_was_sent(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut talk = Talk::new(attempt, None)?;
    for status in [200, 404] {
        let response = Response {
            status,
            ..ok(Body::Bytes(word().into()))
        };
        let before = SystemTime::now() - NEAR;
        let answer = talk.exchange(f, attempt, "GET", response)?;
        let after = SystemTime::now() + NEAR;
        let mut dates = answer.named("Date");
        let Some(field) = dates.next() else {
            return Err(NO_DATE
                .seen(format!(
                    "The response with the status {status} has no `Date`."
                ))
                .pointing_at(at_end_of_head(&answer, "no Date up to here"))
                .by_hand(by_hand("GET")));
        };
        let now = date::imf_fixdate(SystemTime::now());
        if let Some(second) = dates.next() {
            return Err(DATE_MALFORMED
                .seen("The response says `Date` twice.")
                .pointing_at(at_field(&answer, second, "the second one"))
                .by_hand(by_hand("GET")));
        }
        let Some(time) = date::parse(&field.value) else {
            return Err(DATE_MALFORMED
                .seen("The response's `Date` is not written as HTTP writes dates.")
                .pointing_at(at_field(&answer, field, format!("expected {now}")))
                .by_hand(by_hand("GET")));
        };
        if time < before || time > after {
            return Err(DATE_WRONG
                .seen(format!("It is {now}, and the response says another time."))
                .pointing_at(at_field(&answer, field, format!("expected {now}")))
                .by_hand(by_hand("GET")));
        }
    }
    changes_with_the_clock(f, attempt, &mut talk)
}

/// Responses that are seconds apart have different dates.
fn changes_with_the_clock(
    f: &Functions,
    attempt: &mut Attempt,
    talk: &mut Talk,
) -> Result<(), Stop> {
    /// So that seconds pass in milliseconds, and the minute that a send may take does not.
    const FASTER: u32 = 100;
    /// Four seconds, then: a date that is made anew each second has changed, too.
    const APART: Duration = Duration::from_millis(40);
    if !clock::run_faster(FASTER) {
        return Ok(());
    }
    let mut first: Option<String> = None;
    loop {
        let response = ok(Body::Bytes(word().into()));
        let Ok(answer) = talk.exchange(f, attempt, "GET", response) else {
            // On a machine that stalls, a minute of the submission's may be over.
            return Ok(());
        };
        let Some(field) = answer.named("Date").next() else {
            return Ok(());
        };
        match first {
            None => first = Some(field.value.clone()),
            Some(first) if first != field.value => return Ok(()),
            Some(_) => {
                return Err(DATE_WRONG
                    .seen("Seconds had passed for the code, and `Date` is the same as before.")
                    .pointing_at(at_field(&answer, field, "as in the response before"))
                    .by_hand(by_hand("GET")));
            }
        }
        // What is waited for is time itself.
        let heard = Instant::now();
        while let Some(left) = APART.checked_sub(heard.elapsed()) {
            std::thread::park_timeout(left);
        }
    }
}

pub fn says_how_long_a_body_is(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut talk = Talk::new(attempt, None)?;
    let mut binary = random_payload(300);
    binary.extend_from_slice(b"\r\n\r\n\0HTTP/1.1 200 OK\r\n\n");
    let text = format!("Grüße, {}: naïve ☕\n", word());
    for body in [
        text.into_bytes(),
        Vec::new(),
        binary,
        b"\r\n".to_vec(),
        vec![b'x'],
    ] {
        let answer = talk.exchange(f, attempt, "GET", ok(Body::Bytes(body.clone())))?;
        must_have(attempt, &talk, &answer, &body, "the body")?;
    }
    let answer = talk.exchange(f, attempt, "GET", ok(Body::Empty))?;
    must_have(attempt, &talk, &answer, b"", "no body")?;
    let long = random_payload(300 << 10);
    let answer = talk.exchange_much(f, attempt, ok(Body::Bytes(long.clone())))?;
    must_have(attempt, &talk, &answer, &long, "the body")?;
    let answer = talk.exchange(f, attempt, "POST", ok(Body::Bytes(vec![b'y'])))?;
    must_have(attempt, &talk, &answer, b"y", "the body")?;
    talk.end(attempt)
}

/// A file with these bytes, open for reading.
fn file(site: &Site, bytes: &[u8]) -> io::Result<File> {
    let name = word();
    let path = site.file(&name, bytes)?;
    File::open(path)
}

pub fn sends_the_part_of_a_file_that_it_is_given(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let site = Site::new()?;
    let mut talk = Talk::new(attempt, None)?;
    for size in [1000, 150 << 10] {
        let bytes = random_payload(size);
        for (start, length) in [
            (0, size),
            (0, 10),
            (7, 100),
            (size - 1, 1),
            (size, 0),
            (size / 3, size / 2),
            (0, 0),
        ] {
            let body = Body::File {
                file: file(&site, &bytes)?,
                start: start as u64,
                length: length as u64,
            };
            let part = &bytes[start..start + length];
            let came = match length {
                0 => talk.exchange(f, attempt, "GET", ok(body)),
                _ => talk.exchange_much(f, attempt, ok(body)),
            };
            let answer = match came {
                // The rest of the file stands where the next response should.
                Err(Stop::Found(found)) if rest_of(&found.exhibit, &bytes) => {
                    return Err(PART_IGNORED
                        .seen("After a part of a file, the rest of the file came.")
                        .by_hand("curl -s -r 5-9 http://127.0.0.1:8000/ | head -c 400"));
                }
                Err(stop) if length == 0 => {
                    return Err(stop.rather(
                        &NO_RESPONSE,
                        &HEAD_OF_NOTHING,
                        "The body was to be 0 bytes of a file, and nothing of the response came, not even its \
                         head.",
                    ));
                }
                answer => answer?,
            };
            if answer.body != part
                && !answer.body.is_empty()
                && (start > 0 && bytes.starts_with(&answer.body)
                    || answer.body.len() > length && bytes[start..].starts_with(&answer.body))
            {
                return Err(PART_IGNORED
                    .seen(format!(
                        "{length} bytes of a file were to be sent, from byte {start} on; what came are {} \
                         bytes from another place of it.",
                        answer.body.len()
                    ))
                    .by_hand("curl -s -r 5-9 http://127.0.0.1:8000/ | head -c 400"));
            }
            must_have(attempt, &talk, &answer, part, "that part of the file")?;
        }
    }
    talk.end(attempt)
}

/// Is this line a piece of the file?
fn rest_of(exhibit: &Option<Box<Exhibit>>, file: &[u8]) -> bool {
    let Some(exhibit) = exhibit else { return false };
    let line = &exhibit.bytes[..exhibit.bytes.len().min(16)];
    line.len() > 3 && file.windows(line.len()).any(|part| part == line)
}

pub fn sends_the_head_alone_to_head(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let site = Site::new()?;
    let mut talk = Talk::new(attempt, None)?;
    let bytes = random_payload(fastrand::usize(100..1000));
    let length = bytes.len() as u64;
    for number in 0..4 {
        let (status, body, expected) = match number {
            0 => (200, Body::Bytes(bytes.clone()), length),
            1 => (404, Body::Bytes(bytes.clone()), length),
            2 => (200, Body::Empty, 0),
            _ => {
                let body = Body::File {
                    file: file(&site, &bytes)?,
                    start: 5,
                    length: length - 5,
                };
                (206, body, length - 5)
            }
        };
        let response = Response { status, ..ok(body) };
        let answer = talk.exchange(f, attempt, "HEAD", response)?;
        must_be_status(&answer, status)?;
        let expected = expected.to_string();
        let said = answer.named("Content-Length").next();
        if said.is_none_or(|field| field.value != expected) {
            let shown = match said {
                Some(field) => at_field(&answer, field, format!("expected {expected}")),
                None => at_end_of_head(&answer, "no Content-Length up to here"),
            };
            return Err(LENGTH_OF_HEAD
                .seen(format!(
                    "The response to HEAD was to say `Content-Length: {expected}`, as that to GET does."
                ))
                .pointing_at(shown)
                .by_hand("curl -sI http://127.0.0.1:8000/"));
        }
        // Whatever comes now comes before the next response.
        let call = talk.start(f, attempt, "GET", ok(Body::Bytes(bytes.clone())))?;
        attempt.finish(call)?.map_err(|error| failed(&error))?;
        match talk.client.hear("GET") {
            Ok(answer) if answer.body == bytes => {}
            Ok(_) | Err(Flaw::Line(_)) => {
                return Err(body_where_none_is(
                    &BODY_AFTER_HEAD,
                    "After the head of the response to HEAD, its body came, too.",
                    &bytes,
                    "HEAD",
                ));
            }
            Err(flaw) => return Err(flawed(flaw).by_hand(by_hand("GET"))),
        }
    }
    talk.end(attempt)
}

fn body_where_none_is(
    misconception: &'static harness::finding::Misconception,
    observed: &str,
    bytes: &[u8],
    method: &str,
) -> Stop {
    let shown = &bytes[..bytes.len().min(24)];
    misconception
        .seen(observed)
        .pointing_at(Exhibit {
            title: "sent".to_owned(),
            bytes: shown.to_vec(),
            from: 0,
            to: shown.len(),
            remark: "the client takes this for its next response".to_owned(),
        })
        .by_hand(by_hand(method))
}

pub fn sends_no_body_with_304_and_204(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut talk = Talk::new(attempt, None)?;
    let bytes = random_payload(fastrand::usize(100..1000));
    for (method, status, has_body) in [
        ("GET", 304, false),
        ("GET", 204, false),
        ("HEAD", 304, false),
        ("OPTIONS", 204, false),
        ("GET", 304, true),
    ] {
        let body = match has_body {
            true => Body::Bytes(bytes.clone()),
            false => Body::Empty,
        };
        let response = Response { status, ..ok(body) };
        let answer = talk.exchange(f, attempt, method, response)?;
        must_be_status(&answer, status)?;
        if let Some(field) = answer.named("Content-Length").next() {
            // Of a 304 it is the length that 200 would have.
            let right = status == 304 && has_body && field.value == bytes.len().to_string();
            if !right {
                return Err(LENGTH_WITHOUT_BODY
                    .seen(format!(
                        "A response with the status {status} has no body, and this one says how long it is."
                    ))
                    .pointing_at(at_field(&answer, field, "expected no such field"))
                    .by_hand("curl -si -z '+1 day' http://127.0.0.1:8000/"));
            }
        }
        if let Some(field) = answer.named("Transfer-Encoding").next() {
            return Err(BODY_WITHOUT_ONE
                .seen(format!(
                    "A response with the status {status} has no body, and this one announces chunks."
                ))
                .pointing_at(at_field(&answer, field, "expected no such field"))
                .by_hand("curl -si -z '+1 day' http://127.0.0.1:8000/"));
        }
        let call = talk.start(f, attempt, "GET", ok(Body::Bytes(bytes.clone())))?;
        attempt.finish(call)?.map_err(|error| failed(&error))?;
        match talk.client.hear("GET") {
            Ok(answer) if answer.body == bytes => {}
            Ok(_) | Err(Flaw::Line(_)) if has_body => {
                return Err(body_where_none_is(
                    &BODY_WITHOUT_ONE,
                    &format!("After the head of a response with the status {status}, a body came."),
                    &bytes,
                    "GET",
                ));
            }
            Ok(answer) => must_have(attempt, &talk, &answer, &bytes, "the body")?,
            Err(flaw) => return Err(flawed(flaw).by_hand(by_hand("GET"))),
        }
    }
    talk.end(attempt)
}

pub fn never_lets_a_value_split_the_response(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    for (name, value) in [
        ("Location", "/a\r\nX-Injected: 1"),
        ("Location", "/a\nX-Injected: 1"),
        ("Location", "/a\r\n\r\n<script>X-Injected: 1"),
        ("Location", "/a\rX-Injected: 1"),
        ("X-A: b\r\nX-Injected", "1"),
    ] {
        let mut talk = Talk::new(attempt, None)?;
        let response = Response {
            status: 301,
            headers: vec![field("X-First", "1"), field(name, value)],
            body: Body::Bytes(word().into()),
        };
        let call = talk.start(f, attempt, "GET", response)?;
        let text = format!("write_response was given a field with `{}`", {
            let text = format!("{name}: {value}");
            text.escape_debug().to_string()
        });
        let result = attempt.finish(call)?;
        drop(talk.stream);
        let mut came = Vec::new();
        while let Heard::Bytes(more) = talk.client.peer.hear_some(64 << 10) {
            came.extend(more);
        }
        attempt.fact(
            "the field",
            format!("{name}: {value}").escape_debug().to_string(),
        );
        let lines: Vec<&[u8]> = came
            .split_inclusive(|byte| matches!(byte, b'\n' | b'\r'))
            .collect();
        let injected = lines
            .iter()
            .find(|line| line.starts_with(b"X-Injected") || line.starts_with(b"<script>"));
        if let Some(line) = injected {
            return Err(SPLIT
                .seen(format!(
                    "{text}, and sent it so: a line that it never meant to send came of it."
                ))
                .pointing_at(Exhibit {
                    title: "sent".to_owned(),
                    bytes: line.to_vec(),
                    from: 0,
                    to: line.len(),
                    remark: "out of the value".to_owned(),
                })
                .by_hand("curl -si 'http://127.0.0.1:8000/%0d%0aX-Injected:%201'"));
        }
        if result.is_ok() && came.is_empty() {
            return Err(
                conduct::ERROR_SWALLOWED.seen(format!("{text}. It sent nothing, and returned Ok."))
            );
        }
    }
    Ok(())
}

pub fn sends_everything_however_little_the_client_takes(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let site = Site::new()?;
    for round in 0..2 * ROUNDS {
        let mut talk = Talk::new(attempt, Some(uneven()))?;
        let bytes = random_payload(MUCH + fastrand::usize(0..5000));
        let of_a_file = round >= ROUNDS;
        let body = match of_a_file {
            false => Body::Bytes(bytes.clone()),
            true => Body::File {
                file: file(&site, &bytes)?,
                start: 0,
                length: bytes.len() as u64,
            },
        };
        let call = talk.start(f, attempt, "GET", ok(body))?;
        // Nobody reads: the buffers fill, and the call waits in the middle of a write. A signal ends
        // that write, with a part of it done.
        let mut early = attempt.until_it_waits(&call).transpose()?;
        if early.is_none() && interrupt(attempt).is_ok() {
            early = attempt.until_it_waits(&call).transpose()?;
        }
        match early {
            None => {}
            // std itself gives it for a file that the kernel carries.
            Some(Err(error)) if error.kind() == io::ErrorKind::Interrupted => continue,
            Some(Err(error)) => return Err(failed(&error)),
            Some(Ok(())) => {
                return Err(PARTLY_SENT.seen(format!(
                    "The kernel had no room for a response of {} bytes, for nobody had read any yet; \
                     write_response returned Ok.",
                    bytes.len()
                )));
            }
        }
        let answer = match talk.client.hear("GET") {
            Ok(answer) => answer,
            Err(flaw) => {
                let ended = attempt.until_it_waits(&call).transpose()?;
                if let Some(Err(error)) = &ended
                    && error.kind() == io::ErrorKind::Interrupted
                {
                    continue;
                }
                if let Flaw::ShortBody { answer, .. } = &flaw
                    && let Some(Ok(())) = &ended
                {
                    return Err(PARTLY_SENT.seen(format!(
                        "The kernel took a part of what write_response had for it. Of a body of {} bytes, {} \
                         came; write_response returned Ok.",
                        bytes.len(),
                        answer.body.len()
                    )));
                }
                if ended.is_none() {
                    attempt.abandon(call);
                }
                return Err(flawed(flaw).by_hand(by_hand("GET")));
            }
        };
        match attempt.finish(call)? {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            result => result.map_err(|error| failed(&error))?,
        }
        if answer.body != bytes {
            return Err(PARTLY_SENT.seen(format!(
                "The kernel took a part of what write_response had for it, and then other bytes of the body \
                 came than those that were due, from byte {} on.",
                bytes
                    .iter()
                    .zip(&answer.body)
                    .take_while(|(a, b)| a == b)
                    .count()
            )));
        }
    }
    Ok(())
}

pub fn sends_a_large_file_in_constant_memory(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let site = Site::new()?;
    let path = site.sparse("large", LARGE)?;
    // Not all of it is a hole: something stands at the end.
    let mark = random_payload(1000);
    let mut file = File::options().write(true).open(&path)?;
    file.seek(SeekFrom::Start(LARGE - mark.len() as u64))?;
    file.write_all(&mark)?;
    // Not a peer: it would write down each of very many pieces, in the memory that is measured.
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut client = TcpStream::connect(listener.local_addr()?)?;
    let (mut stream, _) = listener.accept()?;
    let body = Body::File {
        file: File::open(&path)?,
        start: 0,
        length: LARGE,
    };
    let memory = || kernel::private_memory(std::process::id());
    let start = memory();
    let (write_response, response) = (f.write_response, ok(body));
    let text = format!("write_response(stream, \"GET\", {})", told(&response));
    let call = attempt.start("write_response", text, move || {
        write_response(&mut stream, "GET", response)
    });
    let (mut head, mut came, mut grown, mut looked_at) = (Vec::new(), 0, 0, 0);
    let (mut tail, mut piece) = (Vec::new(), vec![0; 256 << 10]);
    let _ = watch::until(&watch::DUE, |slice| {
        if client.set_read_timeout(Some(slice)).is_err() {
            return Look::Done(());
        }
        let mut bytes = match client.read(&mut piece) {
            Ok(0) => return Look::Done(()),
            Ok(count) => &piece[..count],
            Err(error) if is_not_yet(&error) => return Look::Nothing,
            Err(_) => return Look::Done(()),
        };
        if came == 0 {
            // What stands before the body was judged before.
            head.extend_from_slice(bytes);
            match head.windows(4).position(|four| four == b"\r\n\r\n") {
                Some(end) => bytes = &head[end + 4..],
                None if head.len() > 64 << 10 => return Look::Done(()),
                None => return Look::Progress,
            }
        }
        came += bytes.len() as u64;
        tail.extend_from_slice(bytes);
        let excess = tail.len().saturating_sub(mark.len());
        tail.drain(..excess);
        // Not every byte is worth a look.
        if came >= looked_at {
            looked_at = came + (1 << 20);
            if let (Some(start), Some(now)) = (start, memory()) {
                grown = grown.max(now.saturating_sub(start));
            }
        }
        match came >= LARGE || grown > MEMORY_GROWTH {
            true => Look::Done(()),
            false => Look::Progress,
        }
    });
    attempt.fact("what came of the file", format!("{came} bytes"));
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    if grown > MEMORY_GROWTH {
        attempt.abandon(call);
        return Err(MEMORY
            .seen(format!(
                "The file has {} MiB. When {:.1} MiB of it had come, the memory in use had grown by {:.1} MiB.",
                LARGE >> 20,
                mib(came),
                mib(grown)
            ))
            .by_hand("truncate -s 4G large; curl -so /dev/null http://127.0.0.1:8000/large & top"));
    }
    match attempt.until_it_waits(&call) {
        Some(ended) => ended?.map_err(|error| failed(&error))?,
        None => attempt.abandon(call),
    }
    if came == LARGE && tail == mark {
        return Ok(());
    }
    Err(PARTLY_SENT.seen(format!(
        "The file has {LARGE} bytes; {came} came of it{}.",
        if came == LARGE {
            ", and its end is another"
        } else {
            ""
        }
    )))
}

/// A time-out of one slice, or a signal.
fn is_not_yet(error: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), Interrupted | TimedOut | WouldBlock)
}

pub fn reports_a_client_that_is_gone(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let site = Site::new()?;
    // Before it begins; then while it waits for room, with bytes and with a file.
    let talk = Talk::new(attempt, None)?;
    talk.client.peer.reset()?;
    let stream = talk.stream.try_clone()?;
    let come = watch::until(&watch::DUE, |slice| {
        kernel::wait_until_ready(&stream, false, slice);
        match stream.peer_addr() {
            Err(_) => Look::Done(()),
            Ok(_) => Look::Nothing,
        }
    });
    come.map_err(|_| Stop::Trouble("the reset did not arrive".to_owned()))?;
    let write_response = f.write_response;
    let mut given = stream.try_clone()?;
    let response = ok(Body::Bytes(word().into()));
    let call = attempt.start(
        "write_response",
        "write_response(stream, \"GET\", 200 with a word)",
        move || write_response(&mut given, "GET", response),
    );
    let result = attempt.finish(call);
    must_fail(result, "the client had reset the connection")?;

    let bytes = random_payload(MUCH);
    for of_a_file in [false, true] {
        let talk = Talk::new(attempt, Some(uneven()))?;
        let body = match of_a_file {
            false => Body::Bytes(bytes.clone()),
            true => Body::File {
                file: file(&site, &bytes)?,
                start: 0,
                length: bytes.len() as u64,
            },
        };
        let call = talk.start(f, attempt, "GET", ok(body))?;
        match attempt.until_it_waits(&call).transpose()? {
            None => {}
            Some(Err(error)) => return Err(failed(&error)),
            Some(Ok(())) => {
                return Err(PARTLY_SENT.seen(format!(
                    "The kernel had no room for a response of {MUCH} bytes, for nobody had read any yet; \
                     write_response returned Ok."
                )));
            }
        }
        talk.client.peer.reset()?;
        let result = attempt.finish(call);
        must_fail(
            result,
            "the client reset the connection in the middle of the body",
        )?;
    }
    Ok(())
}

/// It must have given an error, of whatever kind.
fn must_fail(result: Result<io::Result<()>, Stop>, why: &str) -> Result<(), Stop> {
    match result {
        Ok(Err(_)) => Ok(()),
        Ok(Ok(())) => {
            Err(conduct::ERROR_SWALLOWED
                .seen(format!("write_response returned Ok, although {why}.")))
        }
        Err(stop) => {
            let panicked = format!("write_response panicked when {why}.");
            let looped = format!("write_response never returned, although {why}.");
            Err(stop
                .rather(&conduct::PANICKED, &conduct::ERROR_UNWRAPPED, panicked)
                .rather(&conduct::SPINS, &conduct::ERROR_RETRIED, looped.clone())
                .rather(&conduct::NEVER_RETURNED, &conduct::ERROR_RETRIED, looped))
        }
    }
}

pub fn reports_a_file_that_became_shorter(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let site = Site::new()?;
    // How long the file is, and which part of it was promised: more than there is.
    for (size, start, length) in [
        (1000, 0, 2000),
        (0, 0, 5),
        (1000, 900, 200),
        (1000, 2000, 10),
        (30 << 10, 10, 50 << 10),
    ] {
        let bytes = random_payload(size);
        let body = Body::File {
            file: file(&site, &bytes)?,
            start,
            length,
        };
        let mut talk = Talk::new(attempt, None)?;
        let call = talk.start(f, attempt, "GET", ok(body))?;
        let there =
            format!("{length} bytes from byte {start} on were promised, of a file of {size}");
        // Little enough for the buffers to hold.
        let ended = attempt.finish(call).map_err(|stop| {
            let looped = format!("{there}, and write_response did not return.");
            stop.rather(&conduct::SPINS, &SHORT_FILE, looped.clone())
                .rather(&conduct::NEVER_RETURNED, &SHORT_FILE, looped)
        })?;
        drop(talk.stream);
        let mut came = Vec::new();
        while let Heard::Bytes(more) = talk.client.peer.hear_some(64 << 10) {
            came.extend(more);
            if came.len() > 1 << 20 {
                break;
            }
        }
        let end = came.windows(4).position(|four| four == b"\r\n\r\n");
        let sent = end.map_or(&[][..], |end| &came[end + 4..]);
        let from = usize::try_from(start).unwrap_or(usize::MAX).min(size);
        if !bytes[from..].starts_with(sent) {
            return Err(PADDED.seen(format!(
                "{there}. What came of it are {} bytes, and they are not all the file's.",
                sent.len()
            )));
        }
        if ended.is_ok() {
            return Err(SHORT_FILE.seen(format!(
                "{there}. {} came, and write_response returned Ok.",
                sent.len()
            )));
        }
    }
    Ok(())
}
