//! A state machine that is fed byte by byte, and takes a bare LF for the end of a line; its own
//! dates; head and body in writes of their own; error pages in HTML, and fields that nobody asked for.
//! `..` is resolved inside of the root, and nothing in here can panic.

use std::fs::{self, File, Metadata};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

pub const MAX_REQUEST_LINE: usize = 8 * 1024;
pub const MAX_HEAD: usize = 64 * 1024;
pub const MAX_FIELDS: usize = 100;
pub const MAX_BODY: usize = 1024 * 1024;
pub const HEAD_TIME: Duration = Duration::from_secs(10);
pub const BODY_TIME: Duration = Duration::from_secs(30);
pub const WRITE_TIME: Duration = Duration::from_secs(60);
pub const LINGER_TIME: Duration = Duration::from_secs(2);
pub const LINGER_BYTES: usize = 1024 * 1024;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub method: String,
    pub target: String,
    pub minor_version: u8,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

#[derive(Debug)]
pub enum Body {
    Empty,
    Bytes(Vec<u8>),
    File { file: File, start: u64, length: u64 },
}

#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Body,
}

#[derive(Debug)]
pub enum RequestError {
    Bad(u16),
    Io(io::Error),
}

// ---------------------------------------------------------------------------------------- requests

#[derive(Clone, Copy, PartialEq)]
enum State {
    BeforeRequest,
    BeforeRequestCr,
    Method,
    Target,
    Version,
    VersionCr,
    FieldStart,
    FieldName,
    FieldValue,
    FieldCr,
    HeadCr,
    Data(usize),
    ChunkSizeStart,
    ChunkSize,
    ChunkSpace,
    ChunkExtension,
    ChunkSizeCr,
    ChunkData(usize),
    ChunkDataCr,
    ChunkDataLf,
    TrailerStart,
    TrailerName,
    TrailerValue,
    TrailerCr,
    TrailersCr,
    Done,
}

/// Takes a request byte by byte, and knows after each whether this was all.
struct Machine {
    state: State,
    skipped: usize,
    line: usize,
    head: usize,
    chunk: usize,
    trailers: usize,
    method: Vec<u8>,
    target: Vec<u8>,
    version: Vec<u8>,
    name: Vec<u8>,
    value: Vec<u8>,
    invites: bool,
    request: Request,
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn is_text_byte(byte: u8) -> bool {
    byte == b'\t' || byte >= b' ' && byte != 0x7F
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|digit| digit as u8)
}

fn latin_1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

impl Machine {
    fn new() -> Self {
        Self {
            state: State::BeforeRequest,
            skipped: 0,
            line: 0,
            head: 0,
            chunk: 0,
            trailers: 0,
            method: Vec::new(),
            target: Vec::new(),
            version: Vec::new(),
            name: Vec::new(),
            value: Vec::new(),
            invites: false,
            request: Request {
                method: String::new(),
                target: String::new(),
                minor_version: 0,
                headers: Vec::new(),
                body: Vec::new(),
            },
        }
    }

    fn has_nothing(&self) -> bool {
        self.state == State::BeforeRequest
    }

    fn is_in_head(&self) -> bool {
        use State::*;
        matches!(
            self.state,
            BeforeRequest
                | BeforeRequestCr
                | Method
                | Target
                | Version
                | VersionCr
                | FieldStart
                | FieldName
                | FieldValue
                | FieldCr
                | HeadCr
        )
    }

    fn feed(&mut self, byte: u8) -> Result<(), u16> {
        use State::*;
        if self.is_in_head() && !matches!(self.state, BeforeRequest | BeforeRequestCr) {
            self.count_head()?;
        } else if !self.is_in_head() {
            self.invites = false;
        }
        self.state = match (self.state, byte) {
            (BeforeRequest, b'\r') => BeforeRequestCr,
            (BeforeRequest | BeforeRequestCr, b'\n') => {
                self.skipped += 1;
                if self.skipped > MAX_HEAD / 2 {
                    return Err(400);
                }
                BeforeRequest
            }
            (BeforeRequest, byte) if is_token_byte(byte) => {
                self.count_head()?;
                self.count_line()?;
                self.method.push(byte);
                Method
            }
            (Method, b' ') => {
                self.count_line()?;
                Target
            }
            (Method, byte) if is_token_byte(byte) => {
                self.count_line()?;
                self.method.push(byte);
                Method
            }
            (Target, b' ') if !self.target.is_empty() => {
                self.count_line()?;
                Version
            }
            (Target, b'!'..=b'~') => {
                self.count_line()?;
                self.target.push(byte);
                Target
            }
            (Version, b'\r') => VersionCr,
            (Version | VersionCr, b'\n') => {
                self.end_request_line()?;
                FieldStart
            }
            (Version, b'!'..=b'~') => {
                self.count_line()?;
                self.version.push(byte);
                Version
            }
            (FieldStart, b'\r') => HeadCr,
            (FieldStart | HeadCr, b'\n') => self.end_head()?,
            (FieldStart, byte) if is_token_byte(byte) => {
                if self.request.headers.len() >= MAX_FIELDS {
                    return Err(431);
                }
                self.name.push(byte);
                FieldName
            }
            (FieldName, b':') => FieldValue,
            (FieldName, byte) if is_token_byte(byte) => {
                self.name.push(byte);
                FieldName
            }
            (FieldValue, b'\r') => FieldCr,
            (FieldValue | FieldCr, b'\n') => {
                let value = latin_1(&self.value);
                let value = value.trim_matches([' ', '\t']).to_owned();
                self.request.headers.push((latin_1(&self.name), value));
                self.name.clear();
                self.value.clear();
                FieldStart
            }
            (FieldValue, byte) if is_text_byte(byte) => {
                self.value.push(byte);
                FieldValue
            }
            (Data(left), byte) => {
                self.request.body.push(byte);
                if left > 1 { Data(left - 1) } else { Done }
            }
            (ChunkSizeStart | ChunkSize, byte) if hex_digit(byte).is_some() => {
                self.count_chunk_line()?;
                let digit = hex_digit(byte).map_or(0, usize::from);
                self.chunk = self.chunk.saturating_mul(16).saturating_add(digit);
                ChunkSize
            }
            (ChunkSize | ChunkSpace, b' ' | b'\t') => {
                self.count_chunk_line()?;
                ChunkSpace
            }
            (ChunkSize | ChunkSpace, b';') => ChunkExtension,
            (ChunkExtension, byte) if is_text_byte(byte) => {
                self.count_chunk_line()?;
                ChunkExtension
            }
            (ChunkSize | ChunkExtension, b'\r') => ChunkSizeCr,
            (ChunkSizeCr, b'\n') => {
                self.line = 0;
                match std::mem::take(&mut self.chunk) {
                    0 => TrailerStart,
                    size if size > MAX_BODY - self.request.body.len() => return Err(413),
                    size => ChunkData(size),
                }
            }
            (ChunkData(left), byte) => {
                self.request.body.push(byte);
                if left > 1 {
                    ChunkData(left - 1)
                } else {
                    ChunkDataCr
                }
            }
            (ChunkDataCr, b'\r') => ChunkDataLf,
            (ChunkDataLf, b'\n') => ChunkSizeStart,
            (TrailerStart, b'\r') => TrailersCr,
            (TrailersCr, b'\n') => Done,
            (TrailerStart | TrailerName, byte) if is_token_byte(byte) => {
                self.trailer(TrailerName)?
            }
            (TrailerName, b':') => self.trailer(TrailerValue)?,
            (TrailerValue, b'\r') => self.trailer(TrailerCr)?,
            (TrailerValue, byte) if is_text_byte(byte) => self.trailer(TrailerValue)?,
            (TrailerCr, b'\n') => self.trailer(TrailerStart)?,
            _ => return Err(400),
        };
        Ok(())
    }

    fn count_head(&mut self) -> Result<(), u16> {
        self.head += 1;
        if self.head > MAX_HEAD {
            Err(431)
        } else {
            Ok(())
        }
    }

    fn count_line(&mut self) -> Result<(), u16> {
        self.line += 1;
        if self.line > MAX_REQUEST_LINE {
            return Err(414);
        }
        Ok(())
    }

    fn count_chunk_line(&mut self) -> Result<(), u16> {
        self.line += 1;
        if self.line > MAX_REQUEST_LINE {
            return Err(400);
        }
        Ok(())
    }

    fn trailer(&mut self, next: State) -> Result<State, u16> {
        self.trailers += 1;
        if self.trailers > MAX_HEAD {
            return Err(431);
        }
        Ok(next)
    }

    fn end_request_line(&mut self) -> Result<(), u16> {
        self.line = 0;
        let method = latin_1(&self.method);
        let target = latin_1(&self.target);
        let fine = match (method.as_str(), target.as_str()) {
            ("OPTIONS", "*") => true,
            ("CONNECT", authority) => authority.rsplit_once(':').is_some_and(|(host, port)| {
                !host.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
            }),
            (_, target) => path_and_query(target).is_some(),
        };
        let minor = match self.version[..] {
            [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]
                if major.is_ascii_digit() && minor.is_ascii_digit() =>
            {
                if major != b'1' {
                    return Err(505);
                }
                minor - b'0'
            }
            _ => return Err(400),
        };
        if !fine {
            return Err(400);
        }
        self.request.method = method;
        self.request.target = target;
        self.request.minor_version = minor;
        Ok(())
    }

    /// What comes behind the head.
    fn end_head(&mut self) -> Result<State, u16> {
        let minor = self.request.minor_version;
        let hosts = fields(&self.request, "host");
        match hosts.as_slice() {
            [] if minor == 0 => {}
            [host] if is_host(host) => {}
            _ => return Err(400),
        }
        let codings: Vec<String> = fields(&self.request, "transfer-encoding")
            .iter()
            .flat_map(|value| value.split(','))
            .map(|word| word.trim_matches([' ', '\t']).to_ascii_lowercase())
            .collect();
        let lengths = fields(&self.request, "content-length");
        let next = match (codings.as_slice(), lengths.as_slice()) {
            ([], []) => State::Done,
            ([], [length]) => {
                if length.is_empty() || !length.bytes().all(|byte| byte.is_ascii_digit()) {
                    return Err(400);
                }
                match length.parse::<usize>() {
                    Ok(0) => State::Done,
                    Ok(length) if length <= MAX_BODY => State::Data(length),
                    _ => return Err(413),
                }
            }
            ([], _) => return Err(400),
            (_, [_, ..]) => return Err(400),
            _ if minor == 0 => return Err(400),
            ([coding], []) if coding == "chunked" => State::ChunkSizeStart,
            (codings, []) => {
                let only_known = codings.iter().all(|coding| coding == "chunked");
                return Err(if only_known { 400 } else { 501 });
            }
        };
        let waits = fields(&self.request, "expect")
            .iter()
            .flat_map(|value| value.split(','))
            .any(|word| word.trim().eq_ignore_ascii_case("100-continue"));
        self.invites = waits && minor > 0 && next != State::Done;
        Ok(next)
    }
}

/// A name or an address, and perhaps a port (RFC 3986 3.2).
fn is_host(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port),
        _ => (text, ""),
    };
    let host_is_fine = match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').is_some_and(|inner| {
            let fine =
                |byte: u8| byte.is_ascii_alphanumeric() || b":.-_~%!$&'()*+,;=".contains(&byte);
            !inner.is_empty() && inner.bytes().all(fine)
        }),
        None => host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=".contains(&byte)),
    };
    host_is_fine && port.bytes().all(|byte| byte.is_ascii_digit())
}

fn fields<'a>(request: &'a Request, name: &str) -> Vec<&'a str> {
    let mut found = Vec::new();
    for (other, value) in &request.headers {
        if other.eq_ignore_ascii_case(name) {
            found.push(value.as_str());
        }
    }
    found
}

enum Waited {
    Arrived,
    Closed,
    Over,
}

fn wait(reader: &mut BufReader<TcpStream>, deadline: Instant) -> io::Result<Waited> {
    loop {
        let left = match deadline.checked_duration_since(Instant::now()) {
            None | Some(Duration::ZERO) => return Ok(Waited::Over),
            Some(left) => left,
        };
        reader.get_ref().set_read_timeout(Some(left))?;
        match reader.fill_buf() {
            Ok([]) => return Ok(Waited::Closed),
            Ok(_) => return Ok(Waited::Arrived),
            Err(error) => match error.kind() {
                ErrorKind::Interrupted | ErrorKind::WouldBlock | ErrorKind::TimedOut => {}
                _ => return Err(error),
            },
        }
    }
}

pub fn read_request(reader: &mut BufReader<TcpStream>) -> Result<Option<Request>, RequestError> {
    let head_deadline = Instant::now() + HEAD_TIME;
    let mut machine = Machine::new();
    while machine.state != State::Done {
        let Some(byte) = reader.buffer().first().copied() else {
            if std::mem::take(&mut machine.invites) {
                reader
                    .get_mut()
                    .write_all(b"HTTP/1.1 100 Continue\r\n\r\n")
                    .map_err(RequestError::Io)?;
            }
            let deadline = match machine.is_in_head() {
                true => head_deadline,
                false => Instant::now() + BODY_TIME,
            };
            match wait(reader, deadline) {
                Ok(Waited::Arrived) => continue,
                Ok(_) if machine.has_nothing() => return Ok(None),
                Ok(Waited::Closed) => {
                    return Err(RequestError::Io(ErrorKind::UnexpectedEof.into()));
                }
                Ok(Waited::Over) => return Err(RequestError::Bad(408)),
                Err(error) => return Err(RequestError::Io(error)),
            }
        };
        reader.consume(1);
        machine.feed(byte).map_err(RequestError::Bad)?;
    }
    Ok(Some(machine.request))
}

pub fn keep_alive(request: &Request) -> bool {
    let mut says_close = false;
    let mut says_keep_alive = false;
    for value in fields(request, "connection") {
        for word in value.split(',') {
            let word = word.trim();
            says_close |= word.eq_ignore_ascii_case("close");
            says_keep_alive |= word.eq_ignore_ascii_case("keep-alive");
        }
    }
    if says_close {
        return false;
    }
    request.minor_version >= 1 || says_keep_alive
}

// ------------------------------------------------------------------------------------------- dates

const WEEKDAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Whole seconds since 1970, also before it.
fn seconds(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        Err(error) => {
            let before = error.duration();
            let whole = i64::try_from(before.as_secs()).unwrap_or(i64::MAX);
            -whole - i64::from(before.subsec_nanos() > 0)
        }
    }
}

/// Days since 1970-01-01 in the Gregorian calendar; January is 1.
fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn year_month_day(days: i64) -> (i64, usize, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day = days.rem_euclid(146_097);
    let year_of_era = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, usize::try_from(month).unwrap_or(1), day)
}

fn http_date(seconds: i64) -> String {
    let days = seconds.div_euclid(86_400);
    let time = seconds.rem_euclid(86_400);
    let (year, month, day) = year_month_day(days);
    let weekday = usize::try_from((days + 4).rem_euclid(7)).unwrap_or(0);
    format!(
        "{:.3}, {day:02} {} {year:04} {:02}:{:02}:{:02} GMT",
        WEEKDAYS.get(weekday).unwrap_or(&""),
        MONTHS.get(month - 1).unwrap_or(&""),
        time / 3600,
        time / 60 % 60,
        time % 60,
    )
}

/// Each of the three forms that a recipient has to know (RFC 9110 5.6.7).
fn parse_date(text: &str) -> Option<i64> {
    let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
    let short = |word: &str| WEEKDAYS.iter().any(|day| day.get(..3) == Some(word));
    let (day, month, year, time) = match words.as_slice() {
        [weekday, day, month, year, time, "GMT"] => {
            if !short(weekday.strip_suffix(',')?) || year.len() != 4 {
                return None;
            }
            (*day, *month, number(year)?, *time)
        }
        [weekday, date, time, "GMT"] => {
            if !WEEKDAYS.contains(&weekday.strip_suffix(',')?) {
                return None;
            }
            let mut parts = date.split('-');
            let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
            if parts.next().is_some() || year.len() != 2 {
                return None;
            }
            let (this_year, ..) = year_month_day(seconds(SystemTime::now()).div_euclid(86_400));
            let guess = this_year - this_year.rem_euclid(100) + number(year)?;
            let year = if guess > this_year + 50 {
                guess - 100
            } else {
                guess
            };
            (day, month, year, *time)
        }
        [weekday, month, day, time, year] => {
            if !short(weekday) || year.len() != 4 {
                return None;
            }
            (*day, *month, number(year)?, *time)
        }
        _ => return None,
    };
    let month = MONTHS.iter().position(|name| *name == month)?;
    let month = i64::try_from(month).ok()? + 1;
    let day = number(day)?;
    let days = days_of(year, month, day);
    let (_, real_month, real_day) = year_month_day(days);
    if (i64::try_from(real_month).ok()?, real_day) != (month, day) {
        return None; // the 31st of February
    }
    let mut clock = time.split(':');
    let (hour, minute, second) = (clock.next()?, clock.next()?, clock.next()?);
    if clock.next().is_some() || [hour, minute, second].iter().any(|part| part.len() != 2) {
        return None;
    }
    let (hour, minute, second) = (number(hour)?, number(minute)?, number(second)?);
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    Some(days * 86_400 + hour * 3600 + minute * 60 + second)
}

fn number(digits: &str) -> Option<i64> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

// --------------------------------------------------------------------------------------- responses

fn reason(status: u16) -> &'static str {
    match status {
        100 => "Continue",
        200 => "OK",
        204 => "No Content",
        206 => "Partial Content",
        301 => "Moved Permanently",
        304 => "Not Modified",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        413 => "Content Too Large",
        414 => "URI Too Long",
        416 => "Range Not Satisfiable",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        505 => "HTTP Version Not Supported",
        _ => "Unknown",
    }
}

pub fn write_response(stream: &mut TcpStream, method: &str, response: Response) -> io::Result<()> {
    let Response {
        status,
        headers,
        body,
    } = response;
    let bare = matches!(status, 100..=199 | 204 | 304);
    let mut head = format!("HTTP/1.1 {status} {}\r\n", reason(status));
    head.push_str(&format!(
        "Date: {}\r\n",
        http_date(seconds(SystemTime::now()))
    ));
    for (name, value) in headers {
        if name.is_empty() || !name.bytes().all(is_token_byte) || !value.bytes().all(is_text_byte) {
            return Err(ErrorKind::InvalidInput.into());
        }
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if !bare {
        let length = match &body {
            Body::Empty => 0,
            Body::Bytes(bytes) => bytes.len() as u64,
            Body::File { length, .. } => *length,
        };
        head.push_str(&format!("Content-Length: {length}\r\n"));
    }
    head.push_str("\r\n");
    send(stream, head.as_bytes())?;
    if bare || method == "HEAD" {
        return Ok(());
    }
    match body {
        Body::Empty => Ok(()),
        Body::Bytes(bytes) => send(stream, &bytes),
        Body::File {
            mut file,
            start,
            length,
        } => {
            file.seek(SeekFrom::Start(start))?;
            let mut file = file.take(length);
            let mut piece = [0; 8192];
            while file.limit() > 0 {
                match file.read(&mut piece) {
                    Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                    Ok(count) => send(stream, piece.get(..count).unwrap_or_default())?,
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        }
    }
}

/// A send whose time is over after a part of it succeeds; it has waited all the same.
fn send(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
    for mut piece in bytes.chunks(8192) {
        while !piece.is_empty() {
            let began = Instant::now();
            match stream.write(piece) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => piece = piece.get(count..).unwrap_or_default(),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            if !piece.is_empty() && began.elapsed() >= WRITE_TIME {
                return Err(ErrorKind::TimedOut.into());
            }
        }
    }
    Ok(())
}

// ------------------------------------------------------------------------------------------- files

fn path_and_query(target: &str) -> Option<(&str, &str)> {
    let local = if target.starts_with('/') {
        target
    } else {
        let (scheme, rest) = target.split_once("://")?;
        let mut letters = scheme.bytes();
        if !letters.next()?.is_ascii_alphabetic()
            || !letters.all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
        {
            return None;
        }
        let authority = rest.find(['/', '?']).unwrap_or(rest.len());
        if authority == 0 {
            return None;
        }
        rest.get(authority..)?
    };
    let query = local.find('?').unwrap_or(local.len());
    let (path, query) = local.split_at_checked(query)?;
    Some((if path.is_empty() { "/" } else { path }, query))
}

fn percent_decode(text: &str) -> Option<String> {
    let mut decoded = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => hex_digit(bytes.next()?)? << 4 | hex_digit(bytes.next()?)?,
            other => other,
        });
    }
    String::from_utf8(decoded).ok()
}

/// The names that lead from the root to what is meant, `..` resolved.
fn names(path: &str) -> Option<Vec<String>> {
    let mut names = Vec::new();
    for segment in path.split('/') {
        let name = percent_decode(segment)?;
        if name.contains(['/', '\0']) {
            return None;
        }
        match name.as_str() {
            "" | "." => {}
            ".." => drop(names.pop()?),
            _ => {
                let mut parts = Path::new(&name).components();
                match (parts.next(), parts.next()) {
                    (Some(Component::Normal(part)), None) if part == name.as_str() => {}
                    _ => return None,
                }
                names.push(name);
            }
        }
    }
    Some(names)
}

fn follow(root: &Path, names: &[String]) -> Option<PathBuf> {
    let mut place = root.to_path_buf();
    for name in names {
        place.push(name);
        let is_link = fs::symlink_metadata(&place).is_ok_and(|it| it.file_type().is_symlink());
        if is_link
            && !fs::canonicalize(&place)
                .ok()?
                .starts_with(fs::canonicalize(root).ok()?)
        {
            return None;
        }
    }
    Some(place)
}

pub fn locate(root: &Path, target: &str) -> Option<PathBuf> {
    let (path, _) = path_and_query(target)?;
    follow(root, &names(path)?)
}

/// `text` in HTML.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&#34;"),
            '\'' => escaped.push_str("&#x27;"),
            other => escaped.push(other),
        }
    }
    escaped
}

fn percent_encode(text: &str, allowed: &[u8]) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || allowed.contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02x}"));
        }
    }
    encoded
}

fn answer(status: u16, more: &[(&str, &str)], body: Body) -> Response {
    let mut headers = vec![
        ("server".to_owned(), "by-the-byte/1.0".to_owned()),
        ("x-content-type-options".to_owned(), "nosniff".to_owned()),
    ];
    for (name, value) in more {
        headers.push(((*name).to_owned(), (*value).to_owned()));
    }
    Response {
        status,
        headers,
        body,
    }
}

fn html(status: u16, more: &[(&str, &str)], title: &str, content: &str) -> Response {
    let title = escape(title);
    let page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{title}</title></head>\n\
         <body>\n<h1>{title}</h1>\n{content}</body>\n</html>\n"
    );
    let mut more = more.to_vec();
    more.push(("content-type", "text/html; charset=utf-8"));
    answer(status, &more, Body::Bytes(page.into_bytes()))
}

fn sorry(status: u16, more: &[(&str, &str)]) -> Response {
    html(status, more, &format!("{status} {}", reason(status)), "")
}

const ALLOW: (&str, &str) = ("allow", "OPTIONS, GET, HEAD");

pub fn respond(root: &Path, request: &Request) -> Response {
    match request.method.as_str() {
        "GET" | "HEAD" => match get(root, request) {
            Ok(response) => response,
            Err(error) if error.kind() == ErrorKind::PermissionDenied => sorry(403, &[]),
            Err(error) if error.kind() == ErrorKind::NotFound => sorry(404, &[]),
            Err(_) => sorry(500, &[]),
        },
        "OPTIONS" => answer(200, &[ALLOW], Body::Empty),
        "POST" | "PUT" | "DELETE" | "CONNECT" | "TRACE" | "PATCH" => sorry(405, &[ALLOW]),
        _ => sorry(501, &[]),
    }
}

fn get(root: &Path, request: &Request) -> io::Result<Response> {
    let not_found = || io::Error::from(ErrorKind::NotFound);
    let (path, query) = path_and_query(&request.target).ok_or_else(not_found)?;
    let mut names = names(path).ok_or_else(not_found)?;
    let place = follow(root, &names).ok_or_else(not_found)?;
    let metadata = fs::metadata(&place).map_err(|_| not_found())?;
    let slash = path.ends_with('/');
    if metadata.is_dir() && slash {
        names.push("index.html".to_owned());
        if let Some(index) = follow(root, &names)
            && let Ok(metadata) = fs::metadata(&index)
            && metadata.is_file()
        {
            return file(&index, &metadata, request);
        }
        names.pop();
        return list(root, &names);
    }
    if metadata.is_dir() {
        let mut location = format!("/{}/", path.trim_start_matches('/'));
        location.push_str(query);
        let location = percent_encode(&location, b"-._~%!$&'()*+,;=:@/?[]");
        let link = format!("<a href=\"{0}\">{0}</a>\n", escape(&location));
        return Ok(html(308, &[("location", &location)], "Moved", &link));
    }
    if metadata.is_file() && !slash {
        return file(&place, &metadata, request);
    }
    Err(not_found())
}

fn list(root: &Path, names: &[String]) -> io::Result<Response> {
    let mut rows = Vec::new();
    let folder = follow(root, names).ok_or(ErrorKind::NotFound)?;
    for entry in fs::read_dir(folder)? {
        let Ok(name) = entry?.file_name().into_string() else {
            continue;
        };
        let mut names = names.to_vec();
        names.push(name.clone());
        let Some(Ok(metadata)) = follow(root, &names).map(fs::metadata) else {
            continue;
        };
        if metadata.is_dir() {
            rows.push((name, "/", String::new()));
        } else if metadata.is_file() {
            rows.push((name, "", metadata.len().to_string()));
        }
    }
    rows.sort();
    let mut table = String::from("<table>\n<tr><th>Name</th><th>Bytes</th></tr>\n");
    if !names.is_empty() {
        table.push_str("<tr><td><a href=\"../\">..</a></td><td></td></tr>\n");
    }
    for (name, slash, size) in rows {
        let link = percent_encode(&name, b"-._~!$*+,;=@");
        let name = escape(&name);
        table.push_str(&format!(
            "<tr><td><a href=\"./{link}{slash}\">{name}{slash}</a></td><td>{size}</td></tr>\n"
        ));
    }
    table.push_str("</table>\n");
    let title = format!("Index of /{}", names.join("/"));
    Ok(html(200, &[("cache-control", "no-cache")], &title, &table))
}

fn media_type(path: &Path) -> &'static str {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.to_ascii_lowercase();
    match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html",
        "css" => "text/css",
        "js" => "text/javascript",
        "txt" => "text/plain",
        "md" => "text/markdown",
        "csv" => "text/csv",
        "xml" => "text/xml",
        "json" => "application/json",
        "pdf" => "application/pdf",
        "wasm" => "application/wasm",
        "zip" => "application/zip",
        "gz" => "application/gzip",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "ico" => "image/vnd.microsoft.icon",
        "mp4" => "video/mp4",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

fn file(path: &Path, metadata: &Metadata, request: &Request) -> io::Result<Response> {
    let modified = seconds(metadata.modified()?).min(seconds(SystemTime::now()));
    let last_modified = http_date(modified);
    let modified_since = fields(request, "if-modified-since").join(", ");
    let not_newer = parse_date(&modified_since).is_some_and(|since| modified <= since);
    if not_newer && fields(request, "if-none-match").is_empty() {
        return Ok(answer(
            304,
            &[("last-modified", &last_modified)],
            Body::Empty,
        ));
    }
    let size = metadata.len();
    let mut more = vec![
        ("content-type", media_type(path)),
        ("last-modified", &last_modified),
        ("accept-ranges", "bytes"),
    ];
    let (start, end, status, content_range) = match wanted(request, size, &last_modified) {
        None => (0, size, 200, String::new()),
        Some(Range::Bytes(start, end)) => {
            let content_range = format!("bytes {start}-{}/{size}", end.saturating_sub(1));
            (start, end, 206, content_range)
        }
        Some(Range::Nothing) => {
            let content_range = format!("bytes */{size}");
            return Ok(sorry(416, &[("content-range", &content_range)]));
        }
    };
    if status == 206 {
        more.push(("content-range", &content_range));
    }
    let body = Body::File {
        file: File::open(path)?,
        start,
        length: end.saturating_sub(start),
    };
    Ok(answer(status, &more, body))
}

enum Range {
    /// From the first up to, but without, the second.
    Bytes(u64, u64),
    Nothing,
}

/// Which bytes; `None` for all of them without being asked.
fn wanted(request: &Request, size: u64, last_modified: &str) -> Option<Range> {
    let ranges = fields(request, "range");
    let [range] = ranges.as_slice() else {
        return None;
    };
    let if_range = fields(request, "if-range");
    if request.method != "GET" || if_range.iter().any(|it| *it != last_modified) {
        return None;
    }
    let (unit, range) = range.split_once('=')?;
    let (first, last) = range.split_once('-')?;
    if !unit.eq_ignore_ascii_case("bytes") {
        return None;
    }
    let position = |digits: &str| match digits.bytes().all(|byte| byte.is_ascii_digit()) {
        true => Some(digits.parse::<u64>().unwrap_or(u64::MAX)),
        false => None,
    };
    let (start, end) = match (first.is_empty(), last.is_empty()) {
        (true, true) => return None,
        (true, false) => (size.saturating_sub(position(last)?), size),
        (false, true) => (position(first)?, size),
        (false, false) => {
            let (first, last) = (position(first)?, position(last)?);
            if first > last {
                return None;
            }
            (first, last.saturating_add(1).min(size))
        }
    };
    Some(if start < end {
        Range::Bytes(start, end)
    } else {
        Range::Nothing
    })
}

// ------------------------------------------------------------------------------------- connections

pub fn serve_connection(stream: TcpStream, root: &Path) -> io::Result<()> {
    let _ = stream.set_nodelay(true);
    stream.set_write_timeout(Some(WRITE_TIME))?;
    let mut reader = BufReader::with_capacity(2048, stream);
    let mut goes_on = true;
    while goes_on {
        let (method, mut response) = match read_request(&mut reader) {
            Ok(Some(request)) => {
                goes_on = keep_alive(&request);
                let response = respond(root, &request);
                (request.method, response)
            }
            Ok(None) => break,
            Err(RequestError::Bad(status)) => {
                goes_on = false;
                (String::new(), answer(status, &[], Body::Empty))
            }
            Err(RequestError::Io(error)) => return Err(error),
        };
        let word = if goes_on { "keep-alive" } else { "close" };
        response
            .headers
            .push(("connection".to_owned(), word.to_owned()));
        write_response(reader.get_mut(), &method, response)?;
    }
    if reader.get_ref().shutdown(Shutdown::Write).is_err() {
        return Ok(());
    }
    let deadline = Instant::now() + LINGER_TIME;
    let mut dropped = 0;
    while dropped < LINGER_BYTES {
        let count = reader.buffer().len();
        reader.consume(count);
        dropped += count;
        match wait(&mut reader, deadline) {
            Ok(Waited::Arrived) => {}
            _ => break,
        }
    }
    Ok(())
}

pub fn serve(listener: TcpListener, root: &Path) -> io::Result<()> {
    loop {
        let stream = match listener.accept() {
            Ok((stream, _)) => stream,
            Err(error) => match error.raw_os_error() {
                Some(libc::EINVAL | libc::EBADF | libc::ENOTSOCK | libc::EOPNOTSUPP) => {
                    return Err(error);
                }
                _ => {
                    thread::sleep(Duration::from_millis(10));
                    continue;
                }
            },
        };
        let root = root.to_path_buf();
        let thread = thread::Builder::new().name("connection".to_owned());
        if let Err(error) = thread.spawn(move || serve_connection(stream, &root)) {
            eprintln!("no thread for a caller: {error}");
        }
    }
}
