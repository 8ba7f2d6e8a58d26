//! Lines by `read_until`, and deadlines that a watchdog looks after: one thread for all connections
//! raises a flag, and whoever waits looks at it ten times a second. Links are never followed,
//! `Location` is a whole URI, several ranges are sent as several parts.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, ErrorKind, Read, Seek, SeekFrom, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use httpdate::{fmt_http_date, parse_http_date};

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

// ------------------------------------------------------------------------------------ the watchdog

/// How often somebody who waits looks whether the time is over.
const TICK: Duration = Duration::from_millis(100);

struct Kennel {
    awake: bool,
    next: u64,
    flags: BTreeMap<(Instant, u64), Arc<AtomicBool>>,
}

static KENNEL: Mutex<Kennel> = Mutex::new(Kennel {
    awake: false,
    next: 0,
    flags: BTreeMap::new(),
});
static BELL: Condvar = Condvar::new();

fn kennel() -> MutexGuard<'static, Kennel> {
    KENNEL.lock().unwrap_or_else(PoisonError::into_inner)
}

fn watchdog() {
    let mut kennel = kennel();
    loop {
        let now = Instant::now();
        while let Some(first) = kennel.flags.first_entry()
            && first.key().0 <= now
        {
            first.remove().store(true, Ordering::Release);
        }
        let pause = kennel.flags.first_key_value().map(|(key, _)| key.0 - now);
        kennel = match pause {
            Some(pause) => {
                let woken = BELL.wait_timeout(kennel, pause);
                woken.unwrap_or_else(PoisonError::into_inner).0
            }
            None => BELL.wait(kennel).unwrap_or_else(PoisonError::into_inner),
        };
    }
}

/// A deadline. Dropped, it is none any more.
struct Watch {
    key: (Instant, u64),
    over: Arc<AtomicBool>,
}

impl Watch {
    fn new(time: Duration) -> io::Result<Self> {
        let over = Arc::new(AtomicBool::new(false));
        let mut kennel = kennel();
        if !kennel.awake {
            thread::Builder::new()
                .name("watchdog".to_owned())
                .spawn(watchdog)?;
            kennel.awake = true;
        }
        kennel.next += 1;
        let key = (Instant::now() + time, kennel.next);
        kennel.flags.insert(key, Arc::clone(&over));
        if kennel
            .flags
            .first_key_value()
            .is_some_and(|(first, _)| *first == key)
        {
            BELL.notify_one();
        }
        Ok(Self { key, over })
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        kennel().flags.remove(&self.key);
    }
}

/// Calls `attempt` until it comes to something else than the end of a tick.
fn until_over<T>(watch: &Watch, mut attempt: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match attempt() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                if watch.is_over() {
                    return Err(ErrorKind::TimedOut.into());
                }
            }
            result => return result,
        }
    }
}

// ---------------------------------------------------------------------------------------- requests

impl From<io::Error> for RequestError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::TimedOut => RequestError::Bad(408),
            _ => RequestError::Io(error),
        }
    }
}

type Fallible<T> = Result<T, RequestError>;

fn bad<T>(status: u16) -> Fallible<T> {
    Err(RequestError::Bad(status))
}

/// Adds to `line` up to the next LF, or until it has `max` bytes.
fn read_line(
    reader: &mut BufReader<TcpStream>,
    line: &mut Vec<u8>,
    max: usize,
    watch: &Watch,
) -> io::Result<()> {
    while !line.ends_with(b"\n") && line.len() < max {
        // Never more than is here: a byte now and then would keep `read_until` busy for ever.
        let here = until_over(watch, || reader.fill_buf().map(<[u8]>::len))?;
        let left = here.min(max - line.len()) as u64;
        if reader.by_ref().take(left).read_until(b'\n', line)? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        if watch.is_over() {
            return Err(ErrorKind::TimedOut.into());
        }
    }
    Ok(())
}

/// What stands before the CRLF.
fn content(line: &[u8], too_long: u16) -> Fallible<&[u8]> {
    if !line.ends_with(b"\n") {
        return bad(too_long);
    }
    match line.strip_suffix(b"\r\n") {
        Some(text)
            if text
                .iter()
                .all(|byte| *byte == b'\t' || !byte.is_ascii_control()) =>
        {
            Ok(text)
        }
        _ => bad(400),
    }
}

pub fn read_request(reader: &mut BufReader<TcpStream>) -> Result<Option<Request>, RequestError> {
    let watch = Watch::new(HEAD_TIME)?;
    reader.get_ref().set_read_timeout(Some(TICK))?;
    let mut line = Vec::new();
    let mut empty_lines = 0;
    loop {
        match read_line(reader, &mut line, MAX_REQUEST_LINE + 2, &watch) {
            Ok(()) if line == b"\r\n" && empty_lines < 100 => {
                empty_lines += 1;
                line.clear();
            }
            Ok(()) => break,
            Err(error) if line.is_empty() => match error.kind() {
                ErrorKind::TimedOut | ErrorKind::UnexpectedEof => return Ok(None),
                _ => return Err(error.into()),
            },
            Err(error) => return Err(error.into()),
        }
    }
    let (method, target, minor_version) = request_line(content(&line, 414)?)?;
    let headers = read_fields(reader, MAX_HEAD - line.len(), &watch)?;
    drop(watch);
    let mut request = Request {
        method,
        target,
        minor_version,
        headers,
        body: Vec::new(),
    };
    match request.all("Host").collect::<Vec<_>>()[..] {
        [] if minor_version == 0 => {}
        [host] if host_is_well_formed(host) => {}
        _ => return bad(400),
    }
    let lengths: Vec<&str> = request.all("Content-Length").collect();
    let codings: Vec<&str> = request.all("Transfer-Encoding").collect();
    let length = if codings.is_empty() {
        match lengths[..] {
            [] => Some(0),
            [text] => match decimal(text) {
                Some(length) if length <= MAX_BODY as u64 => Some(length as usize),
                Some(_) => return bad(413),
                None => return bad(400),
            },
            _ => return bad(400),
        }
    } else if minor_version == 0 || !lengths.is_empty() {
        return bad(400);
    } else if codings.len() == 1 && codings[0].eq_ignore_ascii_case("chunked") {
        None
    } else {
        return bad(501);
    };
    if length != Some(0) && minor_version > 0 && reader.buffer().is_empty() {
        let mut expectations = request.all("Expect");
        if expectations.any(|it| it.eq_ignore_ascii_case("100-continue")) {
            reader
                .get_mut()
                .write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
    }
    match length {
        Some(length) => read_bytes(reader, length, &mut request.body)?,
        None => read_chunks(reader, &mut request.body)?,
    }
    Ok(Some(request))
}

fn is_token(word: &[u8]) -> bool {
    let fine = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !word.is_empty() && word.iter().all(fine)
}

fn request_line(line: &[u8]) -> Fallible<(String, String, u8)> {
    let words: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
    let [method, target, version] = words[..] else {
        return bad(400);
    };
    if !is_token(method) || target.is_empty() || !target.iter().all(u8::is_ascii_graphic) {
        return bad(400);
    }
    let minor_version = match version {
        [
            b'H',
            b'T',
            b'T',
            b'P',
            b'/',
            b'1',
            b'.',
            minor @ b'0'..=b'9',
        ] => minor - b'0',
        [b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9'] => return bad(505),
        _ => return bad(400),
    };
    let text = |word: &[u8]| String::from_utf8_lossy(word).into_owned();
    let (method, target) = (text(method), text(target));
    let has_a_form = match (method.as_str(), target.as_str()) {
        ("OPTIONS", "*") => true,
        ("CONNECT", host) => host.contains(':') && host_is_well_formed(host),
        (_, target) => Target::of(target).is_some(),
    };
    match has_a_form {
        true => Ok((method, target, minor_version)),
        false => bad(400),
    }
}

fn host_is_well_formed(host: &str) -> bool {
    let name = host.trim_end_matches(|digit: char| digit.is_ascii_digit());
    let name = name.strip_suffix(':').unwrap_or(host);
    let in_a_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=".contains(&byte);
    match name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'))
    {
        Some(address) => address.bytes().all(|byte| in_a_name(byte) || byte == b':'),
        None => name.bytes().all(in_a_name),
    }
}

fn read_fields(
    reader: &mut BufReader<TcpStream>,
    mut left: usize,
    watch: &Watch,
) -> Fallible<Vec<(String, String)>> {
    let mut fields = Vec::new();
    loop {
        let mut line = Vec::new();
        read_line(reader, &mut line, left, watch)?;
        left -= line.len();
        let line = content(&line, 431)?;
        if line.is_empty() {
            return Ok(fields);
        }
        if fields.len() == MAX_FIELDS {
            return bad(431);
        }
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            return bad(400);
        };
        let (name, value) = (&line[..colon], &line[colon + 1..]);
        if !is_token(name) {
            return bad(400);
        }
        let value = String::from_utf8_lossy(value);
        fields.push((
            String::from_utf8_lossy(name).into_owned(),
            value.trim_matches([' ', '\t']).to_owned(),
        ));
    }
}

fn read_bytes(
    reader: &mut BufReader<TcpStream>,
    mut left: usize,
    body: &mut Vec<u8>,
) -> Fallible<()> {
    while left > 0 {
        if reader.buffer().is_empty() {
            let watch = Watch::new(BODY_TIME)?;
            if until_over(&watch, || reader.fill_buf().map(<[u8]>::len))? == 0 {
                return Err(RequestError::Io(ErrorKind::UnexpectedEof.into()));
            }
        }
        let here = reader.buffer();
        let count = here.len().min(left);
        body.extend_from_slice(&here[..count]);
        reader.consume(count);
        left -= count;
    }
    Ok(())
}

fn read_chunks(reader: &mut BufReader<TcpStream>, body: &mut Vec<u8>) -> Fallible<()> {
    let mut line = Vec::new();
    loop {
        line.clear();
        read_line(reader, &mut line, MAX_REQUEST_LINE, &Watch::new(BODY_TIME)?)?;
        let text = content(&line, 400)?;
        let size = text.split(|byte| *byte == b';').next().unwrap_or_default();
        let size = if size.len() < text.len() {
            size.trim_ascii_end()
        } else {
            size
        };
        if size.is_empty() || !size.iter().all(u8::is_ascii_hexdigit) {
            return bad(400);
        }
        let size = String::from_utf8_lossy(size);
        let size = usize::from_str_radix(&size, 16).unwrap_or(usize::MAX);
        if size == 0 {
            break;
        }
        if size > MAX_BODY - body.len() {
            return bad(413);
        }
        read_bytes(reader, size, body)?;
        line.clear();
        read_line(reader, &mut line, 2, &Watch::new(BODY_TIME)?)?;
        if line != b"\r\n" {
            return bad(400);
        }
    }
    read_fields(reader, MAX_HEAD, &Watch::new(BODY_TIME)?)?;
    Ok(())
}

/// A number written with digits alone; one that is too large is the largest.
fn decimal(text: &str) -> Option<u64> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(text.parse().unwrap_or(u64::MAX))
}

impl Request {
    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers
            .iter()
            .filter(move |(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    fn has(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }
}

pub fn keep_alive(request: &Request) -> bool {
    let words: Vec<String> = request
        .all("Connection")
        .flat_map(|value| value.split(','))
        .map(|word| word.trim().to_ascii_lowercase())
        .collect();
    let says = |word: &str| words.iter().any(|it| it == word);
    match request.minor_version {
        0 => says("keep-alive") && !says("close"),
        _ => !says("close"),
    }
}

// --------------------------------------------------------------------------------------- responses

/// Writes with a watchdog behind it. Once it has failed, it fails at once.
struct Patient<'a> {
    stream: &'a mut TcpStream,
    patience: Duration,
    given_up: bool,
}

impl Write for Patient<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.given_up {
            return Err(ErrorKind::TimedOut.into());
        }
        let watch = Watch::new(self.patience)?;
        let result = until_over(&watch, || self.stream.write(bytes));
        self.given_up = result.is_err();
        result
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub fn write_response(stream: &mut TcpStream, method: &str, response: Response) -> io::Result<()> {
    // The tick is ours. What the caller has set comes back, and holds where it is shorter.
    let before = stream.write_timeout()?;
    stream.set_write_timeout(Some(TICK))?;
    let patience = before.map_or(WRITE_TIME, |time| time.min(WRITE_TIME));
    let patient = Patient {
        stream,
        patience,
        given_up: false,
    };
    let result = write_to(patient, method, response);
    let restored = stream.set_write_timeout(before);
    result.and(restored)
}

fn write_to(stream: Patient<'_>, method: &str, response: Response) -> io::Result<()> {
    let mut writer = BufWriter::with_capacity(64 * 1024, stream);
    let status = response.status;
    write!(writer, "HTTP/1.1 {status} {}\r\n", phrase(status))?;
    let never_with_a_body = status < 200 || status == 204 || status == 304;
    if !never_with_a_body {
        let length = match &response.body {
            Body::Empty => 0,
            Body::Bytes(bytes) => bytes.len() as u64,
            Body::File { length, .. } => *length,
        };
        write!(writer, "Content-Length: {length}\r\n")?;
    }
    for (name, value) in &response.headers {
        // A value with a line end in it would be two fields, or the end of the head.
        if is_token(name.as_bytes()) && !value.contains(['\r', '\n', '\0']) {
            write!(writer, "{name}: {value}\r\n")?;
        }
    }
    write!(writer, "Date: {}\r\n\r\n", fmt_http_date(SystemTime::now()))?;
    if !never_with_a_body && method != "HEAD" {
        match response.body {
            Body::Empty => {}
            Body::Bytes(bytes) => writer.write_all(&bytes)?,
            Body::File {
                mut file,
                start,
                length,
            } => {
                file.seek(SeekFrom::Start(start))?;
                if io::copy(&mut file.take(length), &mut writer)? < length {
                    writer.flush()?;
                    return Err(ErrorKind::UnexpectedEof.into());
                }
            }
        }
    }
    writer.flush()
}

fn phrase(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "Nothing to Say",
        206 => "Partial Content",
        301 => "Moved",
        304 => "Not Modified",
        404 => "Not Found",
        405 => "Method Not Allowed",
        416 => "Range Not Satisfiable",
        501 => "Not Implemented",
        400..500 => "Client Error",
        500.. => "Server Error",
        _ => "Status",
    }
}

// ------------------------------------------------------------------------------------------- files

struct Target<'a> {
    path: &'a str,
    /// With its `?`, where there is one.
    query: &'a str,
}

impl<'a> Target<'a> {
    fn of(target: &'a str) -> Option<Self> {
        let mut local = target;
        if !target.starts_with('/') {
            let (scheme, rest) = target.split_once("://")?;
            if !["http", "https"]
                .iter()
                .any(|it| it.eq_ignore_ascii_case(scheme))
            {
                return None;
            }
            local = &rest[rest.find(['/', '?']).unwrap_or(rest.len())..];
        }
        let (path, query) = local.split_at(local.find('?').unwrap_or(local.len()));
        let path = if path.is_empty() { "/" } else { path };
        Some(Self { path, query })
    }

    fn names(&self) -> Option<Vec<String>> {
        let decoded = self.path.split('/').map(decode);
        let names: Vec<String> = decoded.collect::<Option<_>>()?;
        let names: Vec<String> = names
            .into_iter()
            .filter(|name| !name.is_empty() && name != ".")
            .collect();
        let plain = |name: &String| {
            let mut components = Path::new(name).components();
            matches!(components.next(), Some(Component::Normal(it)) if it == name.as_str())
                && components.next().is_none()
                && !name.contains('\0')
        };
        names.iter().all(plain).then_some(names)
    }
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    loop {
        match rest {
            [] => return String::from_utf8(bytes).ok(),
            [b'%', high, low, others @ ..] => {
                let digit = |byte: &u8| char::from(*byte).to_digit(16);
                bytes.push((digit(high)? * 16 + digit(low)?) as u8);
                rest = others;
            }
            [b'%', ..] => return None,
            [byte, others @ ..] => {
                bytes.push(*byte);
                rest = others;
            }
        }
    }
}

fn encode(name: &str) -> String {
    let mut encoded = String::new();
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => encoded += &format!("%{byte:02x}"),
        }
    }
    encoded
}

/// No link is followed on the way, so nothing leads out.
fn place_of(root: &Path, names: &[String]) -> Option<PathBuf> {
    let mut place = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    for name in names {
        place.push(name);
        if place.is_symlink() {
            return None;
        }
    }
    Some(place)
}

pub fn locate(root: &Path, target: &str) -> Option<PathBuf> {
    place_of(root, &Target::of(target)?.names()?)
}

impl Response {
    fn new(status: u16, body: Body) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body,
        }
    }

    fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

fn nothing(status: u16) -> Response {
    Response::new(status, Body::Empty)
}

pub fn respond(root: &Path, request: &Request) -> Response {
    const SERVED: &str = "GET,HEAD,OPTIONS";
    match request.method.as_str() {
        "GET" | "HEAD" => get(root, request).unwrap_or_else(|| nothing(404)),
        "OPTIONS" => nothing(204).with("Allow", SERVED),
        "POST" | "PUT" | "DELETE" | "CONNECT" | "TRACE" | "PATCH" => {
            nothing(405).with("Allow", SERVED)
        }
        _ => nothing(501),
    }
}

/// `None` where nothing is found.
fn get(root: &Path, request: &Request) -> Option<Response> {
    let target = Target::of(&request.target)?;
    let names = target.names()?;
    let place = place_of(root, &names)?;
    let is_folder = place.is_dir();
    match target.path.ends_with('/') {
        true if is_folder => {
            let index = place.join("index.html");
            match !index.is_symlink() && index.is_file() {
                true => send_file(&index, request),
                false => list(&place, &names),
            }
        }
        false if is_folder => {
            let path: String = names.iter().map(|name| encode(name) + "/").collect();
            let host = request.all("Host").next().unwrap_or_default();
            let server = match host {
                "" => String::new(),
                host => format!("http://{host}"),
            };
            let location = format!("{server}/{path}{}", target.query);
            Some(nothing(301).with("Location", location))
        }
        false if place.is_file() => send_file(&place, request),
        _ => None,
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&apos;")
}

fn list(folder: &Path, names: &[String]) -> Option<Response> {
    let here: String = names
        .iter()
        .map(|name| format!("/{}", encode(name)))
        .collect();
    let mut lines = BTreeMap::new();
    for entry in fs::read_dir(folder).ok()?.flatten() {
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        if kind.is_dir() || kind.is_file() {
            let slash = if kind.is_dir() { "/" } else { "" };
            let (link, text) = (encode(&name), escape(&name));
            let line = format!("<A HREF=\"{here}/{link}{slash}\">{text}{slash}</A>\n");
            lines.insert(name, line);
        }
    }
    let lines: String = lines.into_values().collect();
    let page = format!("<!DOCTYPE html>\n<TITLE>Files</TITLE>\n<PRE>\n{lines}</PRE>\n");
    let response = Response::new(200, Body::Bytes(page.into_bytes()));
    Some(response.with("Content-Type", "text/html; charset=UTF-8"))
}

const TYPES: &[(&str, &str)] = &[
    ("html", "text/html; charset=UTF-8"),
    ("css", "text/css; charset=UTF-8"),
    ("js", "text/javascript; charset=UTF-8"),
    ("txt", "text/plain; charset=UTF-8"),
    ("md", "text/markdown; charset=UTF-8"),
    ("csv", "text/csv; charset=UTF-8"),
    ("xml", "text/xml; charset=UTF-8"),
    ("json", "application/json"),
    ("pdf", "application/pdf"),
    ("wasm", "application/wasm"),
    ("zip", "application/zip"),
    ("gz", "application/gzip"),
    ("svg", "image/svg+xml"),
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("ico", "image/x-icon"),
    ("mp4", "video/mp4"),
    ("woff2", "font/woff2"),
];

fn type_of(path: &Path) -> &'static str {
    let ending = path.extension().and_then(|it| it.to_str()).unwrap_or("");
    TYPES
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(ending))
        .map_or("application/octet-stream", |(_, media_type)| media_type)
}

fn whole_seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

fn send_file(path: &Path, request: &Request) -> Option<Response> {
    let mut file = File::open(path).ok()?;
    let metadata = file.metadata().ok()?;
    let modified = metadata.modified().ok()?.min(SystemTime::now());
    let modified = UNIX_EPOCH + Duration::from_secs(whole_seconds(modified));
    let last_modified = fmt_http_date(modified);
    if !request.has("If-None-Match")
        && let Some(since) = request.all("If-Modified-Since").next()
        && let Ok(since) = parse_http_date(since)
        && modified <= since
    {
        return Some(nothing(304).with("Last-Modified", last_modified));
    }
    let size = metadata.len();
    let ranges = match request.all("If-Range").all(|it| it == last_modified) {
        true if request.method == "GET" => ranges(request, size),
        _ => None,
    };
    let response = match ranges.as_deref() {
        Some([(start, end)]) if start >= end => {
            let range = format!("bytes */{size}");
            return Some(nothing(416).with("Content-Range", range));
        }
        Some([(start, end)]) => {
            let body = Body::File {
                file,
                start: *start,
                length: end - start,
            };
            let range = format!("bytes {start}-{}/{size}", end - 1);
            Response::new(206, body)
                .with("Content-Type", type_of(path))
                .with("Content-Range", range)
        }
        Some(several) => {
            let (boundary, body) = parts(&mut file, several, size, type_of(path)).ok()?;
            let media_type = format!("multipart/byteranges; boundary={boundary}");
            Response::new(206, Body::Bytes(body)).with("Content-Type", media_type)
        }
        None => {
            let body = Body::File {
                file,
                start: 0,
                length: size,
            };
            Response::new(200, body).with("Content-Type", type_of(path))
        }
    };
    Some(
        response
            .with("Accept-Ranges", "bytes")
            .with("Last-Modified", last_modified),
    )
}

/// One range, perhaps without a byte in it, or several, each with one. `None`: the whole file.
fn ranges(request: &Request, size: u64) -> Option<Vec<(u64, u64)>> {
    let mut fields = request.all("Range");
    let (unit, list) = fields.next()?.split_once('=')?;
    if fields.next().is_some() || !unit.eq_ignore_ascii_case("bytes") {
        return None;
    }
    let one = |range: &str| match range.trim_matches([' ', '\t']).split_once('-')? {
        ("", count) => Some((size.saturating_sub(decimal(count)?), size)),
        (first, "") => Some((decimal(first)?, size)),
        (first, last) => {
            let (first, last) = (decimal(first)?, decimal(last)?);
            (first <= last).then(|| (first, last.saturating_add(1).min(size)))
        }
    };
    let mut ranges: Vec<(u64, u64)> = list.split(',').map(one).collect::<Option<_>>()?;
    if ranges.len() > 1 {
        ranges.retain(|(start, end)| start < end);
        let bytes: u64 = ranges.iter().map(|(start, end)| end - start).sum();
        // Few and small: this body is held in memory.
        if ranges.is_empty() || ranges.len() > 16 || bytes > 256 * 1024 {
            return None;
        }
    }
    Some(ranges)
}

/// The boundary, and the body (RFC 9110 14.6).
fn parts(
    file: &mut File,
    ranges: &[(u64, u64)],
    size: u64,
    media_type: &str,
) -> io::Result<(String, Vec<u8>)> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let boundary = format!("part-{:x}-{count:x}", now.as_nanos());
    let mut body = Vec::new();
    for (start, end) in ranges {
        let last = end - 1;
        write!(body, "\r\n--{boundary}\r\nContent-Type: {media_type}\r\n")?;
        write!(body, "Content-Range: bytes {start}-{last}/{size}\r\n\r\n")?;
        file.seek(SeekFrom::Start(*start))?;
        file.take(end - start).read_to_end(&mut body)?;
    }
    write!(body, "\r\n--{boundary}--\r\n")?;
    Ok((boundary, body))
}

// ------------------------------------------------------------------------------------- connections

pub fn serve_connection(stream: TcpStream, root: &Path) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    loop {
        match read_request(&mut reader) {
            Ok(Some(request)) => {
                let goes_on = keep_alive(&request);
                let word = if goes_on { "keep-alive" } else { "close" };
                let response = respond(root, &request).with("Connection", word);
                write_response(reader.get_mut(), &request.method, response)?;
                if !goes_on {
                    break;
                }
            }
            Ok(None) => break,
            Err(RequestError::Bad(status)) => {
                let response = nothing(status).with("Connection", "close");
                write_response(reader.get_mut(), "", response)?;
                break;
            }
            Err(RequestError::Io(error)) => return Err(error),
        }
    }
    let mut dropped = reader.buffer().len();
    let mut stream = reader.into_inner();
    let _ = stream.shutdown(Shutdown::Write);
    stream.set_read_timeout(Some(TICK))?;
    let watch = Watch::new(LINGER_TIME)?;
    let mut scrap = [0; 16 * 1024];
    while dropped < LINGER_BYTES && !watch.is_over() {
        match until_over(&watch, || stream.read(&mut scrap)) {
            Ok(count @ 1..) => dropped += count,
            _ => break,
        }
    }
    Ok(())
}

pub fn serve(listener: TcpListener, root: &Path) -> io::Result<()> {
    let root = Arc::new(root.to_owned());
    for caller in listener.incoming() {
        match caller {
            Ok(stream) => {
                let root = Arc::clone(&root);
                let connection = move || drop(serve_connection(stream, &root));
                drop(thread::Builder::new().spawn(connection));
            }
            Err(error) if error.kind() == ErrorKind::InvalidInput => return Err(error),
            Err(_) => thread::sleep(Duration::from_millis(20)),
        }
    }
    Ok(())
}
