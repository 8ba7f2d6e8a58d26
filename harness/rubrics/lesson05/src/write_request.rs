//! `write_request`: the bytes of a request, all of them and no others.
//!
//! Most of it goes to a stream that keeps what is written, takes as little at a time as a case
//! wants, and fails where a case wants it to.

use std::io::{self, ErrorKind, Write};
use std::ops::Range;

use base64::prelude::{BASE64_STANDARD, Engine};

use super::misconceptions::{
    BODY_CHANGED, CREDENTIALS_ASTRAY, CREDENTIALS_WRONG, FIELD_ADDED, FIELD_TWICE, FIELDS_CHANGED,
    HOST_MISSING, HOST_WRONG, LENGTH_MISSING, LENGTH_UNASKED, LENGTH_WRONG, LF_ALONE,
    NO_CREDENTIALS, NO_END_OF_HEAD, OWN_FIELD_LOST, PARTLY_WRITTEN, PROXY_TARGET, REQUEST_LINE,
    REQUEST_SPLIT, SEND_HIDDEN, SEND_MISNAMED, SIGNAL_ENDS_SENDING, SPACE_IN_LINE, USER_IN_TARGET,
    WRITTEN_BEFORE_REFUSED,
};
use super::{FetchError, Functions, Request, Url};
use harness::attempt::{Attempt, Shown};
use harness::conduct;
use harness::finding::{Exhibit, Misconception, Stop};
use harness::rubric::connection::{connected, uneven};
use harness::rubric::control::interrupt;
use harness::rubric::message::word;
use harness::wire::{Heard, random_payload};

/// More than small buffers hold.
const MUCH: usize = 96 << 10;

/// How a [`Wire`] takes what is written.
#[derive(Clone, Copy)]
struct Manner {
    /// At most so many bytes with one write.
    most: usize,
    /// Every other write is interrupted before it takes a byte.
    interrupted: bool,
    /// It takes so many bytes, and then gives this error.
    breaks: Option<(usize, ErrorKind)>,
}

/// Takes all that is written at once.
const READILY: Manner = Manner {
    most: usize::MAX,
    interrupted: false,
    breaks: None,
};

/// A stream that keeps what is written to it.
struct Wire {
    taken: Vec<u8>,
    manner: Manner,
    writes: usize,
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writes += 1;
        if self.manner.interrupted && self.writes % 2 == 1 {
            return Err(ErrorKind::Interrupted.into());
        }
        let mut count = bytes.len().min(self.manner.most);
        if let Some((room, error)) = self.manner.breaks {
            count = count.min(room - self.taken.len());
            if count == 0 && !bytes.is_empty() {
                return Err(error.into());
            }
        }
        self.taken.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a call gave, and what it wrote.
struct Gave {
    result: Result<(), FetchError>,
    bytes: Vec<u8>,
}

impl Shown for Gave {
    fn shown(&self) -> String {
        format!(
            "{}; {} bytes written",
            self.result.shown(),
            self.bytes.len()
        )
    }
}

fn write(
    f: &Functions,
    attempt: &mut Attempt,
    request: &Request,
    manner: Manner,
) -> Result<Gave, Stop> {
    let (write_request, given) = (f.write_request, request.clone());
    attempt.call("write_request", told(request), move || {
        let mut wire = Wire {
            taken: Vec::new(),
            manner,
            writes: 0,
        };
        let result = write_request(&mut wire, &given);
        Gave {
            result,
            bytes: wire.taken,
        }
    })
}

/// The call, as it reads.
fn told(request: &Request) -> String {
    let url = &request.url;
    let user = match &url.user {
        Some((user, password)) => format!("{user}:{password}@"),
        None => String::new(),
    };
    let mut text = format!(
        "write_request(stream, {} {}://{user}{}:{}{}",
        request.method, url.scheme, url.host, url.port, url.target
    );
    for (name, value) in &request.headers {
        text += &format!(", {name}: {value}");
    }
    if !request.body.is_empty() {
        text += &format!(", a body of {} bytes", request.body.len());
    }
    if let Some(proxy) = &request.proxy {
        text += &format!(", by the proxy {}:{}", proxy.host, proxy.port);
    }
    text.escape_debug().to_string().replace("\\'", "'") + ")"
}

/// A GET that nobody can know beforehand.
fn get() -> Request {
    Request {
        method: "GET".to_owned(),
        url: url(
            &format!("{}.example", word(6)),
            80,
            &format!("/{}", word(6)),
        ),
        headers: Vec::new(),
        body: Vec::new(),
        proxy: None,
        deadline: None,
    }
}

fn url(host: &str, port: u16, target: &str) -> Url {
    Url {
        scheme: "http".to_owned(),
        user: None,
        host: host.to_owned(),
        port,
        target: target.to_owned(),
    }
}

impl Request {
    fn method(mut self, method: &str) -> Request {
        self.method = method.to_owned();
        self
    }

    fn user(mut self, user: &str, password: &str) -> Request {
        self.url.user = Some((user.to_owned(), password.to_owned()));
        self
    }

    fn field(mut self, name: &str, value: &str) -> Request {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    fn body(mut self, body: impl Into<Vec<u8>>) -> Request {
        self.body = body.into();
        self
    }

    /// The value of a field that the caller gives, and its place.
    fn own(&self, name: &str) -> Option<&str> {
        let mut fields = self.headers.iter();
        let own = fields.find(|(other, _)| other.eq_ignore_ascii_case(name));
        own.map(|(_, value)| value.as_str())
    }
}

/// The host as `Host` names it.
fn host_and_port(url: &Url) -> String {
    let host = match url.host.contains(':') {
        true => format!("[{}]", url.host),
        false => url.host.clone(),
    };
    match (url.scheme.as_str(), url.port) {
        ("http", 80) | ("https", 443) => host,
        (_, port) => format!("{host}:{port}"),
    }
}

fn basic(user: &Option<(String, String)>) -> Option<String> {
    let (user, password) = user.as_ref()?;
    let coded = BASE64_STANDARD.encode(format!("{user}:{password}"));
    Some(format!("Basic {coded}"))
}

/// What curl makes of the same, as far as it can be told with options.
fn by_hand(request: &Request) -> String {
    let mut words = vec!["curl".to_owned(), "-gsm1".to_owned()];
    let user = |url: &Url| {
        let user = url.user.as_ref();
        user.map(|(user, password)| format!("{user}:{password}"))
    };
    match &request.proxy {
        None => words.extend(["--connect-to".to_owned(), "::127.0.0.1:8900".to_owned()]),
        Some(proxy) => {
            words.extend(["-x".to_owned(), "127.0.0.1:8900".to_owned()]);
            words.extend(user(proxy).map(|user| format!("-U{user}")));
        }
    }
    if request.method != "GET" {
        words.push(format!("-X{}", request.method));
    }
    words.extend(user(&request.url).map(|user| format!("-u{user}")));
    for (name, value) in request.headers.iter().take(3) {
        let field = match value.is_empty() {
            true => format!("-H{name};"),
            false => format!("-H{name}: {value}"),
        };
        words.push(field);
    }
    if !request.body.is_empty() {
        words.push("-dhello".to_owned());
    }
    let host = host_and_port(&request.url);
    words.push(format!(
        "{}://{host}{}",
        request.url.scheme, request.url.target
    ));
    let words: Vec<String> = words
        .iter()
        .filter_map(|word| shlex::try_quote(word).ok())
        .map(|word| word.into_owned())
        .collect();
    format!("nc -lN 127.0.0.1 8900 & {}", words.join(" "))
}

/// A request as it was written.
struct Sent<'a> {
    bytes: &'a [u8],
    /// Without its end.
    line: Range<usize>,
    /// Each without its end.
    fields: Vec<Range<usize>>,
    body: &'a [u8],
}

impl<'a> Sent<'a> {
    /// The head's lines, and what follows.
    fn read(bytes: &'a [u8]) -> Result<Sent<'a>, Stop> {
        let mut lines = Vec::new();
        let mut start = 0;
        loop {
            let rest = &bytes[start..];
            let Some(length) = rest.iter().position(|byte| *byte == b'\n') else {
                return Err(no_end(bytes, start));
            };
            let line = &rest[..length];
            let Some(line) = line.strip_suffix(b"\r") else {
                // What follows a head without an empty line may be anything.
                if !lines.is_empty() && !line.is_empty() && !line.contains(&b':') {
                    return Err(no_end(bytes, start));
                }
                return Err(LF_ALONE
                    .seen("A line of the request's head ends in LF alone.")
                    .pointing_at(shown(rest, length..length + 1, "CR LF belongs here")));
            };
            let end = start + line.len();
            if line.is_empty() && !lines.is_empty() {
                let mut lines = lines.into_iter();
                return Ok(Sent {
                    bytes,
                    line: lines.next().unwrap_or_default(),
                    fields: lines.collect(),
                    body: &bytes[end + 2..],
                });
            }
            lines.push(start..end);
            start = end + 2;
        }
    }

    fn text(&self, at: &Range<usize>) -> String {
        String::from_utf8_lossy(&self.bytes[at.clone()]).into_owned()
    }

    /// Lines of this field, with their values.
    fn named(&self, name: &str) -> Vec<(Range<usize>, String)> {
        let values = self.fields.iter().filter_map(|line| {
            let text = self.text(line);
            let (other, value) = text.split_once(':')?;
            let is_it = other.eq_ignore_ascii_case(name);
            is_it.then(|| (line.clone(), value.trim().to_owned()))
        });
        values.collect()
    }

    /// A line, with a mark under all of it.
    fn at(&self, line: &Range<usize>, remark: impl Into<String>) -> Exhibit {
        let end = (line.end + 2).min(self.bytes.len());
        let length = line.len();
        shown(&self.bytes[line.start..end], 0..length, remark)
    }

    /// The end of the head: what is missing would stand there.
    fn at_end(&self, remark: impl Into<String>) -> Exhibit {
        let last = self.fields.last().unwrap_or(&self.line);
        let end = last.end + 4;
        let from = last.len() + 2;
        shown(&self.bytes[last.start..end], from..from + 2, remark)
    }
}

fn shown(bytes: &[u8], at: Range<usize>, remark: impl Into<String>) -> Exhibit {
    let end = bytes[at.end..].iter().position(|byte| *byte == b'\n');
    let end = match at.end > 0 && bytes[at.end - 1] == b'\n' {
        true => at.end,
        false => end.map_or(bytes.len(), |end| at.end + end + 1),
    };
    Exhibit {
        title: "sent".to_owned(),
        bytes: bytes[..end].to_vec(),
        from: at.start,
        to: at.end,
        remark: remark.into(),
    }
}

fn no_end(bytes: &[u8], start: usize) -> Stop {
    let rest = &bytes[start..];
    let (observed, at) = match rest {
        [] => (
            "The request's head has no empty line after its last line.",
            0..0,
        ),
        _ => (
            "The request's head goes over into something that is no line of it.",
            0..rest.len().min(40),
        ),
    };
    let from = match rest {
        [] => bytes[..start.saturating_sub(2)]
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1),
        _ => start,
    };
    let offset = start - from;
    let bytes = &bytes[from..(start + 40).min(bytes.len())];
    NO_END_OF_HEAD.seen(observed).pointing_at(Exhibit {
        title: "sent".to_owned(),
        bytes: bytes.to_vec(),
        from: offset + at.start,
        to: offset + at.end,
        remark: "the empty line is missing here".to_owned(),
    })
}

/// The request is written as it must be, to a stream that takes all at once.
fn must_write(f: &Functions, attempt: &mut Attempt, request: &Request) -> Result<Vec<u8>, Stop> {
    let gave = write(f, attempt, request, READILY)?;
    judge(attempt, request, &gave)?;
    Ok(gave.bytes)
}

fn judge(attempt: &Attempt, request: &Request, gave: &Gave) -> Result<(), Stop> {
    if let Err(error) = gave.result {
        attempt.remark("expected Ok");
        return Err(conduct::UNEXPECTED_ERROR.seen(format!(
            "write_request gave the error {error:?} for a request that can be sent."
        )));
    }
    let judged = Sent::read(&gave.bytes).and_then(|sent| {
        line_is_right(request, &sent)?;
        host_is_right(request, &sent)?;
        credentials_are_right(request, &sent)?;
        length_is_right(request, &sent)?;
        fields_are_right(request, &sent)?;
        body_is_right(request, &sent)
    });
    judged.map_err(|stop| stop.by_hand(by_hand(request)))
}

fn line_is_right(request: &Request, sent: &Sent) -> Result<(), Stop> {
    let url = &request.url;
    let target = match &request.proxy {
        None => url.target.clone(),
        Some(_) => format!("{}://{}{}", url.scheme, host_and_port(url), url.target),
    };
    let expected = format!("{} {target} HTTP/1.1", request.method);
    let line = sent.text(&sent.line);
    if line == expected {
        return Ok(());
    }
    let came = line.split(' ').nth(1).unwrap_or_default();
    let is_whole = came.contains("://") && !url.target.contains("://");
    let to_whom = match &request.proxy {
        None => "to the server itself",
        Some(_) => "to a proxy",
    };
    let misconception = if is_whole && came.contains('@') {
        &USER_IN_TARGET
    } else if is_whole || came == url.target && request.proxy.is_some() {
        &PROXY_TARGET
    } else {
        &REQUEST_LINE
    };
    // From the first byte that differs to the last.
    let same = |(a, b): &(u8, u8)| a == b;
    let from = line.bytes().zip(expected.bytes()).take_while(same).count();
    let rest = line.len().min(expected.len()) - from;
    let backwards = line.bytes().rev().zip(expected.bytes().rev());
    let until = line.len() - backwards.take(rest).take_while(same).count();
    let mut exhibit = sent.at(&sent.line, "not as expected");
    (exhibit.from, exhibit.to) = (from, until);
    Err(misconception
        .seen(format!(
            "The line of the request {to_whom} was to be: {expected}"
        ))
        .pointing_at(exhibit))
}

fn host_is_right(request: &Request, sent: &Sent) -> Result<(), Stop> {
    let own = request.own("Host");
    let expected = own.map_or_else(|| host_and_port(&request.url), str::to_owned);
    let hosts = sent.named("Host");
    let Some((line, value)) = hosts.first() else {
        let misconception = own.map_or(&HOST_MISSING, |_| &OWN_FIELD_LOST);
        return Err(misconception
            .seen(format!(
                "The request was to have `Host: {expected}`, and has none."
            ))
            .pointing_at(sent.at_end("no Host up to here")));
    };
    must_be_once(&hosts, sent, "Host")?;
    if *value != expected {
        let misconception = own.map_or(&HOST_WRONG, |_| &OWN_FIELD_LOST);
        let whose = own.map_or("The URL's host", |_| "The caller's own `Host`");
        return Err(misconception
            .seen(format!("{whose} is {expected}, and `Host` says another."))
            .pointing_at(sent.at(line, format!("expected {expected}"))));
    }
    if own.is_none() && Some(line) != sent.fields.first() {
        return Err(HOST_MISSING
            .seen("`Host` comes behind other fields.")
            .pointing_at(sent.at(line, "expected as the first field")));
    }
    Ok(())
}

fn must_be_once(found: &[(Range<usize>, String)], sent: &Sent, name: &str) -> Result<(), Stop> {
    match found {
        [_, (second, _), ..] => Err(FIELD_TWICE
            .seen(format!("The request has `{name}` twice."))
            .pointing_at(sent.at(second, "the second one"))),
        _ => Ok(()),
    }
}

fn credentials_are_right(request: &Request, sent: &Sent) -> Result<(), Stop> {
    let of_proxy = request.proxy.as_ref().and_then(|proxy| basic(&proxy.user));
    let of_server = basic(&request.url.user);
    for (name, coded, others) in [
        ("Proxy-Authorization", &of_proxy, &of_server),
        ("Authorization", &of_server, &of_proxy),
    ] {
        let own = request.own(name);
        let expected = own.or(coded.as_deref());
        let found = sent.named(name);
        let is_others = |value: &str| Some(value) == others.as_deref() && *others != *coded;
        match (expected, found.first()) {
            (None, None) => {}
            (None, Some((line, _))) => {
                return Err(CREDENTIALS_ASTRAY
                    .seen(format!("The request was not to have `{name}`, and has it."))
                    .pointing_at(sent.at(line, "not for this one")));
            }
            (Some(expected), None) => {
                let misconception = own.map_or(&NO_CREDENTIALS, |_| &OWN_FIELD_LOST);
                return Err(misconception
                    .seen(format!(
                        "The request was to have `{name}: {expected}`, and has it not."
                    ))
                    .pointing_at(sent.at_end(format!("no {name} up to here"))));
            }
            (Some(expected), Some((line, value))) => {
                must_be_once(&found, sent, name)?;
                // The scheme's case does not matter.
                let same = match (expected.split_once(' '), value.split_once(' ')) {
                    (Some((a, coded)), Some((b, came))) => {
                        a.eq_ignore_ascii_case(b) && coded == came
                    }
                    _ => expected == value,
                };
                if same {
                    continue;
                }
                let misconception = match own {
                    Some(_) => &OWN_FIELD_LOST,
                    None if is_others(value) => &CREDENTIALS_ASTRAY,
                    None => &CREDENTIALS_WRONG,
                };
                return Err(misconception
                    .seen(format!("`{name}` was to be `{expected}`."))
                    .pointing_at(sent.at(line, decoded(value))));
            }
        }
    }
    Ok(())
}

/// What these credentials say.
fn decoded(value: &str) -> String {
    let coded = value.split_once(' ').map_or(value, |(_, coded)| coded);
    match BASE64_STANDARD.decode(coded) {
        Ok(bytes) => format!("that is {:?}", String::from_utf8_lossy(&bytes)),
        Err(_) => "that is no base64 with padding".to_owned(),
    }
}

fn length_is_right(request: &Request, sent: &Sent) -> Result<(), Stop> {
    let found = sent.named("Content-Length");
    if let Some(own) = request.own("Content-Length") {
        must_be_once(&found, sent, "Content-Length")?;
        return match found.first() {
            Some((_, value)) if value == own => Ok(()),
            _ => Err(OWN_FIELD_LOST
                .seen(format!(
                    "The caller's own `Content-Length: {own}` was not sent."
                ))
                .pointing_at(sent.at_end("up to here"))),
        };
    }
    let (method, length) = (&request.method, request.body.len());
    let has_coding = request.own("Transfer-Encoding").is_some();
    let is_due = !has_coding && (length > 0 || ["POST", "PUT", "PATCH"].contains(&method.as_str()));
    match (found.first(), is_due) {
        (None, false) => Ok(()),
        (None, true) => Err(LENGTH_MISSING
            .seen(format!(
                "A {method} with {length} bytes of a body was written without `Content-Length`."
            ))
            .pointing_at(sent.at_end("no Content-Length up to here"))),
        (Some((line, _)), false) => {
            let observed = match has_coding {
                true => "The caller has given `Transfer-Encoding`, and `Content-Length` was added."
                    .to_owned(),
                false => format!("A {method} without a body was written with `Content-Length`."),
            };
            Err(LENGTH_UNASKED
                .seen(observed)
                .pointing_at(sent.at(line, "expected no such field")))
        }
        (Some((line, value)), true) => {
            must_be_once(&found, sent, "Content-Length")?;
            if *value == length.to_string() {
                return Ok(());
            }
            Err(LENGTH_WRONG
                .seen(format!(
                    "The body has {length} bytes, and `Content-Length` says another number."
                ))
                .pointing_at(sent.at(line, format!("expected {length}"))))
        }
    }
}

/// The caller's fields are there as given, in order, and no others than those that are added.
fn fields_are_right(request: &Request, sent: &Sent) -> Result<(), Stop> {
    const ADDED: [&str; 3] = ["Proxy-Authorization", "Authorization", "Content-Length"];
    let named = |line: &str, name: &str| {
        let (other, _) = line.split_once(':').unwrap_or((line, ""));
        other.eq_ignore_ascii_case(name)
    };
    let is_added = |line: &str| {
        let by_us = |name: &&str| named(line, name) && request.own(name).is_none();
        // Where `Host` stands is judged already.
        ADDED.iter().any(by_us) || named(line, "Host")
    };
    let came: Vec<(&Range<usize>, String)> = sent
        .fields
        .iter()
        .map(|line| (line, sent.text(line)))
        .filter(|(_, text)| !is_added(text))
        .collect();
    let given: Vec<String> = request
        .headers
        .iter()
        .filter(|(name, _)| !name.eq_ignore_ascii_case("Host"))
        .map(|(name, value)| match value.is_empty() {
            true => format!("{name}:"),
            false => format!("{name}: {value}"),
        })
        .collect();
    let stranger = came.iter().find(|(_, line)| {
        let (name, _) = line.split_once(':').unwrap_or((line, ""));
        request.own(name.trim()).is_none()
    });
    if let Some((line, text)) = stranger {
        if !text.contains(':') {
            return Err(no_end(sent.bytes, line.start));
        }
        return Err(FIELD_ADDED
            .seen("The request has a field that is none of the caller's.")
            .pointing_at(sent.at(line, "nobody asked for it")));
    }
    let mut pairs = given.iter().zip(&came);
    if let Some((given, (line, _))) = pairs.find(|(given, (_, came))| *given != came) {
        return Err(FIELDS_CHANGED
            .seen(format!(
                "Where the caller's field `{given}` was to stand, another line stands."
            ))
            .pointing_at(sent.at(line, "not as given")));
    }
    if let Some(missing) = given.get(came.len()) {
        return Err(FIELDS_CHANGED
            .seen(format!("The caller's field `{missing}` was not sent."))
            .pointing_at(sent.at_end("not up to here")));
    }
    match came.get(given.len()) {
        Some((line, _)) => Err(FIELDS_CHANGED
            .seen("A field of the caller's was sent again.")
            .pointing_at(sent.at(line, "once too often"))),
        None => Ok(()),
    }
}

fn body_is_right(request: &Request, sent: &Sent) -> Result<(), Stop> {
    let (body, came) = (&request.body, sent.body);
    if body == came {
        return Ok(());
    }
    let at = body.iter().zip(came).position(|(a, b)| a != b);
    let (observed, remark) = match at {
        Some(at) => (
            format!("Byte {at} of the body is not the one that was to be sent."),
            "another byte",
        ),
        None if came.len() < body.len() => (
            format!(
                "Of {} bytes of the body, {} were sent.",
                body.len(),
                came.len()
            ),
            "the rest is missing",
        ),
        None => (
            format!(
                "After the body of {} bytes, {} more came.",
                body.len(),
                came.len() - body.len()
            ),
            "no part of the body",
        ),
    };
    // Little of it is enough to see.
    let at = at.unwrap_or(body.len().min(came.len()));
    let from = at.saturating_sub(12);
    let bytes = &came[from..came.len().min(at + 12)];
    let to = match at < came.len() {
        true => at - from + 1,
        false => at - from,
    };
    Err(BODY_CHANGED.seen(observed).pointing_at(Exhibit {
        title: "body sent".to_owned(),
        bytes: bytes.to_vec(),
        from: at - from,
        to,
        remark: remark.to_owned(),
    }))
}

pub fn writes_a_request_line_and_a_host(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    must_write(f, attempt, &get())?;
    for method in ["HEAD", "DELETE", "OPTIONS", "purge", "M-SEARCH"] {
        let mut request = get().method(method);
        request.url.target = format!("/{}/%20a?b=c&d=%26", word(6));
        must_write(f, attempt, &request)?;
    }
    let mut request = get();
    request.url.target = format!("/?next=http://{}:1/@x", word(6));
    must_write(f, attempt, &request)?;
    Ok(())
}

pub fn names_the_host_as_the_url_does(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let port = fastrand::u16(1024..);
    let addr = format!("2001:db8::{:x}", fastrand::u16(1..));
    for (scheme, host, port) in [
        ("http", "127.0.0.1", port),
        ("http", "localhost", port),
        ("http", &addr, 80),
        ("http", &addr, port),
        ("https", "localhost", 443),
        ("https", "localhost", 80),
        ("http", "localhost", 443),
        ("https", &addr, 443),
    ] {
        let mut request = get();
        request.url = url(host, port, "/");
        request.url.scheme = scheme.to_owned();
        must_write(f, attempt, &request)?;
    }
    Ok(())
}

pub fn writes_the_fields_as_they_are_given(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let request = get()
        .field("User-Agent", "fetch/0.1.0")
        .field("Accept", "*/*");
    must_write(f, attempt, &request)?;
    let request = get()
        .field("X-Z", &word(6))
        .field("cookie", &format!("a={}; b=\"c, d\"", word(6)))
        .field("X-Empty", "")
        .field("Cookie", &word(6))
        .field("X-A", "http://localhost:8000/?a:b::")
        .field("x-a", &format!("  two  spaces, {}\tand a tab ", word(6)))
        .field("X-Z", "100% {} \\ '")
        .field("X-Wide", "na\u{ef}ve \u{2615}")
        .field("Connection", "close");
    must_write(f, attempt, &request)?;
    Ok(())
}

pub fn sends_the_body_as_it_is(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let post = || get().method("POST").field("Content-Type", "text/plain");
    let mut binary = random_payload(300);
    binary.extend_from_slice(b"\r\n\r\n\0GET / HTTP/1.1\r\n\n");
    for body in [
        word(6).into_bytes(),
        b"\r\n".to_vec(),
        binary,
        "Gr\u{fc}\u{df}e, \u{2615}".into(),
        b"\0".to_vec(),
        random_payload(300 << 10),
    ] {
        must_write(f, attempt, &post().body(body))?;
    }
    Ok(())
}

pub fn says_how_long_the_body_is(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    for method in ["POST", "PUT", "PATCH"] {
        must_write(f, attempt, &get().method(method))?;
    }
    for method in ["PUT", "PATCH", "DELETE", "GET", "QUERY"] {
        let body = random_payload(fastrand::usize(1..200));
        must_write(f, attempt, &get().method(method).body(body))?;
    }
    for method in ["GET", "HEAD", "DELETE", "OPTIONS"] {
        must_write(f, attempt, &get().method(method))?;
    }
    Ok(())
}

pub fn logs_in_with_user_and_password(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let (user, password) = (word(6), word(6));
    for (user, password) in [
        (user.clone(), password.clone()),
        (user.clone(), format!("{password}!")),
        (user.clone(), format!("{password}:a b@c")),
        (user.clone(), String::new()),
        (String::new(), password.clone()),
        // The other alphabet writes these with `-` and `_`.
        ("a>".to_owned(), format!("??>>~~{password}")),
        (format!("{user}\u{e4}"), format!("{password}\u{2615}\u{fc}")),
        // Long enough for an encoder that breaks its lines.
        (user.clone(), password.repeat(20)),
    ] {
        must_write(f, attempt, &get().user(&user, &password))?;
    }
    Ok(())
}

pub fn leaves_a_field_of_the_callers_own_alone(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let (name, token) = (word(6), word(6));
    let with_proxy = |request: Request| Request {
        proxy: Some(Url {
            user: Some((word(6), word(6))),
            ..url("proxy.example", 8080, "/")
        }),
        ..request
    };
    for request in [
        get().field("Host", &format!("{name}.example")),
        get()
            .field("X-A", "b")
            .field("HOST", &format!("{name}.example:81")),
        get()
            .user(&name, "p")
            .field("Authorization", &format!("Bearer {token}")),
        get()
            .user(&name, "p")
            .field("authorization", &format!("Bearer {token}")),
        with_proxy(get().field("Proxy-Authorization", &format!("Bearer {token}"))),
        with_proxy(get().user(&name, "p").field("proxy-authorization", &token)),
        get()
            .method("POST")
            .body(name.clone())
            .field("Content-Length", &name.len().to_string()),
        get()
            .method("POST")
            .body(name.clone())
            .field("content-length", &name.len().to_string()),
        // A body that the caller sends on its own.
        get().method("PUT").field("Content-Length", "1000000"),
        get().method("PUT").field("Transfer-Encoding", "chunked"),
        get()
            .method("POST")
            .body("1\r\na\r\n0\r\n\r\n")
            .field("transfer-encoding", "chunked"),
    ] {
        must_write(f, attempt, &request)?;
    }
    Ok(())
}

pub fn asks_a_proxy_for_the_whole_url(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let port = fastrand::u16(1024..);
    let (user, password) = (word(6), word(6));
    let proxy = |user: Option<(&str, &str)>| {
        Some(Url {
            user: user.map(|(user, password)| (user.to_owned(), password.to_owned())),
            ..url("proxy.example", 3128, "/")
        })
    };
    for (mut request, host, port) in [
        (get(), word(6), 80),
        (get(), word(6), port),
        (get(), "2001:db8::1".to_owned(), 80),
        (get(), "2001:db8::1".to_owned(), port),
        (get().user(&user, &password), word(6), port),
    ] {
        request.url.target = format!("/{}?a", word(6));
        (request.url.host, request.url.port) = (host, port);
        request.proxy = proxy(None);
        must_write(f, attempt, &request)?;
    }
    for mut request in [get(), get().user(&user, &password)] {
        request.proxy = proxy(Some((&word(6), &word(6))));
        must_write(f, attempt, &request)?;
        request.proxy = proxy(Some((&word(6), "")));
        must_write(f, attempt, &request)?;
    }
    Ok(())
}

/// Requests that must not be sent: what is wrong, and where.
fn unsendable() -> Vec<(Request, &'static str, &'static str)> {
    const INJECTED: &str = "X-Injected: 1";
    let post = || get().method("POST").body(word(6));
    let ends = [
        ("CR LF", "\r\n"),
        ("an LF", "\n"),
        ("a CR", "\r"),
        ("a NUL", "\0"),
        ("two line ends", "\r\n\r\n"),
    ];
    let mut all = Vec::new();
    for (what, end) in ends {
        let with = |before: &str| format!("{before}{end}{INJECTED}");
        let mut at_target = post();
        at_target.url.target += &with("");
        let mut at_host = post();
        at_host.url.host += &with("");
        let mut to_proxy = post();
        to_proxy.proxy = Some(url("proxy.example", 3128, "/"));
        let mut target_to_proxy = to_proxy.clone();
        target_to_proxy.url.target += &with("");
        to_proxy.url.host += &with("");
        all.extend([
            (post().method(&with("GET / HTTP/1.1")), what, "the method"),
            (at_target, what, "the target"),
            (target_to_proxy, what, "the target"),
            (at_host, what, "the host"),
            (to_proxy, what, "the host"),
            (
                post().field("X-A", &with("b")).field("X-B", "c"),
                what,
                "a value",
            ),
            (
                post().field("X-B", "c").field("X-A", &with("")),
                what,
                "a value",
            ),
            (post().field(&with("X-A"), "b"), what, "a name"),
            (post().field("Host", &with("a.example")), what, "a value"),
            (post().field("X-A", &format!("b{end}")), what, "a value"),
        ]);
    }
    let mut at_target = post();
    at_target.url.target += "a b";
    let mut at_host = post();
    at_host.url.host = "a b.example".to_owned();
    let mut at_the_end = post();
    at_the_end.url.target += " ";
    let space = "a space";
    all.extend([
        (post().method("GET /"), space, "the method"),
        (at_target, space, "the target"),
        (at_the_end, space, "the target"),
        (at_host, space, "the host"),
    ]);
    all
}

pub fn refuses_what_would_end_a_line(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    for (request, what, whereabouts) in unsendable() {
        let gave = write(f, attempt, &request, READILY)?;
        let written = gave.bytes.len();
        let situation = format!("write_request was given a request with {what} in {whereabouts}");
        let stop = match gave.result {
            Err(FetchError::Url | FetchError::Send) if written == 0 => continue,
            Err(FetchError::Url | FetchError::Send) => WRITTEN_BEFORE_REFUSED.seen(format!(
                "{situation}. It gave an error, and had written {written} bytes before."
            )),
            Err(error) => SEND_MISNAMED.seen(format!("{situation}. It gave the error {error:?}.")),
            Ok(()) => {
                let misconception = match what {
                    "a space" => &SPACE_IN_LINE,
                    _ => &REQUEST_SPLIT,
                };
                misconception.seen(format!(
                    "{situation}. It wrote {written} bytes, and returned Ok."
                ))
            }
        };
        attempt.remark("expected the error Url or Send, and nothing written");
        return Err(match injected(&gave.bytes) {
            Some(shown) => stop.pointing_at(shown),
            None => stop,
        });
    }
    Ok(())
}

/// The line that was never to be sent, or the first one.
fn injected(bytes: &[u8]) -> Option<Exhibit> {
    const INJECTED: &[u8] = b"X-Injected";
    let found = bytes
        .windows(INJECTED.len())
        .position(|part| part == INJECTED);
    let at = found.unwrap_or(0);
    let rest = &bytes[at..];
    let length = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
    let length = length.unwrap_or(rest.len());
    (length > 0).then(|| {
        let remark = match found {
            Some(_) => "a line of its own",
            None => "written",
        };
        shown(rest, 0..length, remark)
    })
}

pub fn writes_all_however_little_is_taken(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let request = get()
        .method("POST")
        .user(&word(6), &word(6))
        .field("X-A", &word(6))
        .body(random_payload(200));
    let whole = must_write(f, attempt, &request)?;
    for (most, interrupted) in [
        (1, false),
        (7, false),
        (64, false),
        (usize::MAX, true),
        (5, true),
    ] {
        let manner = Manner {
            most,
            interrupted,
            ..READILY
        };
        let gave = write(f, attempt, &request, manner)?;
        if gave.result.is_ok() && gave.bytes == whole {
            continue;
        }
        let (misconception, situation) = match interrupted {
            false => (
                &PARTLY_WRITTEN,
                format!("The stream took at most {most} bytes with each write"),
            ),
            true => (
                &SIGNAL_ENDS_SENDING,
                "Every other write was interrupted by a signal, before it had taken anything"
                    .to_owned(),
            ),
        };
        attempt.remark(format!("expected Ok, and {} bytes", whole.len()));
        let Gave { result, bytes } = gave;
        return Err(misconception.seen(format!(
            "{situation}. Of the {} bytes of the request, {} were written as they must be, {} in all; \
             write_request gave {}.",
            whole.len(),
            whole.iter().zip(&bytes).take_while(|(a, b)| a == b).count(),
            bytes.len(),
            result.shown()
        )));
    }
    over_a_connection(f, attempt)
}

/// A body that the kernel does not take at once, to a server that takes its time.
fn over_a_connection(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let request = get().method("PUT").body(random_payload(MUCH));
    let (mut peer, mut stream) = connected(attempt, Some(uneven()))?;
    let (write_request, given) = (f.write_request, request.clone());
    let call = attempt.start("write_request", told(&request), move || {
        // The connection is closed when it is dropped here.
        write_request(&mut stream, &given)
    });
    let mut early = attempt.until_it_waits(&call).transpose()?;
    if early.is_none() && interrupt(attempt).is_ok() {
        early = attempt.until_it_waits(&call).transpose()?;
    }
    let mut bytes = Vec::new();
    while let Heard::Bytes(more) = peer.hear_some(64 << 10) {
        bytes.extend(more);
    }
    let result = match early {
        Some(result) => result,
        None => attempt.finish(call)?,
    };
    let sent = Sent::read(&bytes);
    let body = sent.as_ref().map_or(0, |sent| sent.body.len());
    if body < request.body.len() {
        return Err(PARTLY_WRITTEN.seen(format!(
            "The kernel took a part of the request, for the server had not read any yet. Of a body of \
             {MUCH} bytes, {body} came; write_request gave {}.",
            result.shown()
        )));
    }
    judge(attempt, &request, &Gave { result, bytes })
}

pub fn tells_why_sending_failed(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let request = get()
        .method("POST")
        .field("X-A", &word(6))
        .body(random_payload(100));
    let whole = must_write(f, attempt, &request)?.len();
    let kinds = [
        (ErrorKind::BrokenPipe, FetchError::Send),
        (ErrorKind::WouldBlock, FetchError::Timeout),
        (ErrorKind::ConnectionReset, FetchError::Send),
        (ErrorKind::TimedOut, FetchError::Timeout),
        (ErrorKind::Other, FetchError::Send),
    ];
    for room in [0, 5, whole - 101, whole - 50, whole - 1] {
        for (kind, expected) in kinds {
            let manner = Manner {
                breaks: Some((room, kind)),
                ..READILY
            };
            let situation = format!(
                "The stream took {room} bytes of {whole}, and then gave the error {kind:?}"
            );
            let gave = write(f, attempt, &request, manner).map_err(|stop| {
                let looped = format!("{situation}. write_request did not return.");
                let panicked = format!("{situation}. write_request panicked.");
                stop.rather(&conduct::SPINS, &conduct::ERROR_RETRIED, looped.clone())
                    .rather(&conduct::NEVER_RETURNED, &conduct::ERROR_RETRIED, looped)
                    .rather(&conduct::PANICKED, &conduct::ERROR_UNWRAPPED, panicked)
            })?;
            let misconception: &'static Misconception = match gave.result {
                Err(error) if error == expected => continue,
                Err(_) => &SEND_MISNAMED,
                Ok(()) => &SEND_HIDDEN,
            };
            attempt.remark(format!("expected the error {expected:?}"));
            return Err(misconception.seen(format!(
                "{situation}. write_request gave {}, and not {expected:?}.",
                gave.result.shown()
            )));
        }
    }
    Ok(())
}
