//! Tokio inside: tasks in place of threads. The requests are decoded by something that knows no
//! socket, and so the blocking `read_request` and the asynchronous server share it.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use ::tokio::io::{AsyncReadExt, AsyncWriteExt};
use ::tokio::net;
use ::tokio::runtime::{Builder, Runtime};
use ::tokio::time::{sleep, timeout};
use httpdate::HttpDate;

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

// ----------------------------------------------------------------------------------------- decoding

enum Phase {
    RequestLine,
    Fields,
    Data(usize),
    ChunkSize,
    ChunkData(usize),
    ChunkEnd,
    Trailers,
    Done,
}

/// Takes what has arrived, however it is cut.
struct Decoder {
    phase: Phase,
    line: Vec<u8>,
    /// How many bytes the head, or the trailers, may still have.
    room: usize,
    untouched: bool,
    invitation: bool,
    request: Request,
}

impl Decoder {
    fn new() -> Self {
        let request = Request {
            method: String::new(),
            target: String::new(),
            minor_version: 0,
            headers: Vec::new(),
            body: Vec::new(),
        };
        Self {
            phase: Phase::RequestLine,
            line: Vec::new(),
            room: MAX_HEAD,
            untouched: true,
            invitation: false,
            request,
        }
    }

    fn is_done(&self) -> bool {
        matches!(self.phase, Phase::Done)
    }

    fn is_in_head(&self) -> bool {
        matches!(self.phase, Phase::RequestLine | Phase::Fields)
    }

    /// How many of the bytes belong to this request. To be called again with the others, until all
    /// are taken or the request is done.
    fn feed(&mut self, bytes: &[u8]) -> Result<usize, u16> {
        let mut taken = 0;
        while taken < bytes.len() && !self.is_done() {
            taken += self.step(&bytes[taken..])?;
        }
        Ok(taken)
    }

    fn step(&mut self, bytes: &[u8]) -> Result<usize, u16> {
        self.untouched = false;
        if !self.is_in_head() {
            self.invitation = false;
        }
        if let Phase::Data(left) | Phase::ChunkData(left) = &mut self.phase {
            let count = bytes.len().min(*left);
            self.request.body.extend_from_slice(&bytes[..count]);
            *left -= count;
            match self.phase {
                Phase::Data(0) => self.phase = Phase::Done,
                Phase::ChunkData(0) => self.phase = Phase::ChunkEnd,
                _ => {}
            }
            return Ok(count);
        }
        let (max, too_long) = match self.phase {
            Phase::RequestLine => (MAX_REQUEST_LINE + 2, 414),
            Phase::Fields | Phase::Trailers => (self.room, 431),
            Phase::ChunkEnd => (2, 400),
            _ => (4096, 400),
        };
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let count = end.map_or(bytes.len(), |at| at + 1);
        if self.line.len() + count > max {
            return Err(too_long);
        }
        self.line.extend_from_slice(&bytes[..count]);
        if end.is_some() {
            let line = std::mem::take(&mut self.line);
            let text = line.strip_suffix(b"\r\n").ok_or(400u16)?;
            if text
                .iter()
                .any(|byte| byte.is_ascii_control() && *byte != b'\t')
            {
                return Err(400);
            }
            self.phase = self.take_line(text)?;
        } else if self.line.len() == max {
            return Err(too_long);
        }
        Ok(count)
    }

    fn take_line(&mut self, line: &[u8]) -> Result<Phase, u16> {
        let text = String::from_utf8_lossy(line);
        match self.phase {
            Phase::RequestLine if line.is_empty() => {
                self.untouched = true;
                self.room = self.room.checked_sub(2).ok_or(400u16)?;
                Ok(Phase::RequestLine)
            }
            Phase::RequestLine => {
                self.room = MAX_HEAD - line.len() - 2;
                self.request_line(&text)?;
                Ok(Phase::Fields)
            }
            Phase::Fields => {
                self.room -= line.len() + 2;
                if line.is_empty() {
                    return self.end_of_head();
                }
                if self.request.headers.len() == MAX_FIELDS {
                    return Err(431);
                }
                self.request.headers.push(field(&text)?);
                Ok(Phase::Fields)
            }
            Phase::ChunkSize => {
                let size = match text.split_once(';') {
                    Some((size, _)) => size.trim_end_matches([' ', '\t']),
                    None => &text,
                };
                match number(size, 16).ok_or(400u16)? {
                    0 => {
                        self.room = MAX_HEAD;
                        Ok(Phase::Trailers)
                    }
                    size if size > (MAX_BODY - self.request.body.len()) as u64 => Err(413),
                    size => Ok(Phase::ChunkData(size as usize)),
                }
            }
            Phase::ChunkEnd if line.is_empty() => Ok(Phase::ChunkSize),
            Phase::Trailers if line.is_empty() => Ok(Phase::Done),
            Phase::Trailers => {
                self.room -= line.len() + 2;
                field(&text)?;
                Ok(Phase::Trailers)
            }
            _ => Err(400),
        }
    }

    fn request_line(&mut self, line: &str) -> Result<(), u16> {
        let mut words = line.split(' ');
        let (Some(method), Some(target), Some(version), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(400);
        };
        let version = version.strip_prefix("HTTP/").ok_or(400u16)?;
        let &[major @ b'0'..=b'9', b'.', minor @ b'0'..=b'9'] = version.as_bytes() else {
            return Err(400);
        };
        if major != b'1' {
            return Err(505);
        }
        let form = target.starts_with('/')
            || is_uri(target)
            || (method, target) == ("OPTIONS", "*")
            || method == "CONNECT" && target.contains(':');
        if !is_token(method) || !form || !target.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(400);
        }
        self.request.method.push_str(method);
        self.request.target.push_str(target);
        self.request.minor_version = minor - b'0';
        Ok(())
    }

    fn end_of_head(&mut self) -> Result<Phase, u16> {
        let request = &self.request;
        let modern = request.minor_version > 0;
        let host_char = |it: char| it.is_ascii_alphanumeric() || "-._~%!$&'()*+,;=:[]".contains(it);
        match find(request, "host").as_slice() {
            [] if !modern => {}
            [host] if host.chars().all(host_char) => {}
            _ => return Err(400),
        }
        let codings = find(request, "transfer-encoding").join(",");
        let lengths = find(request, "content-length");
        let phase = match (codings.as_str(), lengths.as_slice()) {
            ("", []) if find(request, "transfer-encoding").is_empty() => Phase::Done,
            ("", [length]) if find(request, "transfer-encoding").is_empty() => {
                match number(length, 10).ok_or(400u16)? {
                    0 => Phase::Done,
                    length if length > MAX_BODY as u64 => return Err(413),
                    length => Phase::Data(length as usize),
                }
            }
            (_, []) if modern && codings.eq_ignore_ascii_case("chunked") => Phase::ChunkSize,
            (_, []) if modern && !codings.is_empty() => return Err(501),
            _ => return Err(400),
        };
        let expects = find(request, "expect").join(",").to_ascii_lowercase();
        self.invitation = modern
            && !matches!(phase, Phase::Done)
            && expects.split(',').any(|it| it.trim() == "100-continue");
        Ok(phase)
    }

    /// What has to be sent before more can be expected.
    fn take_invitation(&mut self) -> Option<&'static [u8]> {
        std::mem::take(&mut self.invitation).then_some(b"HTTP/1.1 100 Continue\r\n\r\n")
    }

    fn closed(self) -> Result<Option<Request>, RequestError> {
        match self.untouched {
            true => Ok(None),
            false => Err(RequestError::Io(ErrorKind::UnexpectedEof.into())),
        }
    }

    fn time_is_over(self) -> Result<Option<Request>, RequestError> {
        match self.untouched {
            true => Ok(None),
            false => Err(RequestError::Bad(408)),
        }
    }

    fn deadline(&self, head: Instant) -> Instant {
        match self.is_in_head() {
            true => head,
            false => Instant::now() + BODY_TIME,
        }
    }
}

fn is_token(text: &str) -> bool {
    let fine = |it: char| it.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(it);
    !text.is_empty() && text.chars().all(fine)
}

/// Whether this is a whole URI: a scheme, and more (RFC 3986 3).
fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else {
        return false;
    };
    let in_a_scheme = |it: char| it.is_ascii_alphanumeric() || "+-.".contains(it);
    scheme.starts_with(|it: char| it.is_ascii_alphabetic())
        && scheme.chars().all(in_a_scheme)
        && !rest.is_empty()
}

fn field(line: &str) -> Result<(String, String), u16> {
    let (name, value) = line.split_once(':').ok_or(400u16)?;
    if !is_token(name) {
        return Err(400);
    }
    let value = value.trim_matches([' ', '\t']);
    Ok((name.to_owned(), value.to_owned()))
}

fn find<'a>(request: &'a Request, name: &str) -> Vec<&'a str> {
    let fields = request.headers.iter();
    fields
        .filter_map(|(it, value)| it.eq_ignore_ascii_case(name).then_some(value.as_str()))
        .collect()
}

fn number(digits: &str, radix: u32) -> Option<u64> {
    digits.chars().next()?;
    digits.chars().try_fold(0u64, |number, digit| {
        let digit = digit.to_digit(radix)?;
        Some(
            number
                .saturating_mul(radix.into())
                .saturating_add(digit.into()),
        )
    })
}

pub fn read_request(reader: &mut BufReader<TcpStream>) -> Result<Option<Request>, RequestError> {
    let head = Instant::now() + HEAD_TIME;
    let mut decoder = Decoder::new();
    while !decoder.is_done() {
        if reader.buffer().is_empty() {
            if let Some(invitation) = decoder.take_invitation() {
                let sent = reader.get_mut().write_all(invitation);
                sent.map_err(RequestError::Io)?;
            }
            let left = decoder
                .deadline(head)
                .saturating_duration_since(Instant::now());
            if left.is_zero() {
                return decoder.time_is_over();
            }
            let set = reader.get_ref().set_read_timeout(Some(left));
            set.map_err(RequestError::Io)?;
        }
        let arrived = match reader.fill_buf() {
            Ok([]) => return decoder.closed(),
            Ok(arrived) => arrived,
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut => return decoder.time_is_over(),
                ErrorKind::Interrupted => continue,
                _ => return Err(RequestError::Io(error)),
            },
        };
        let count = decoder.feed(arrived).map_err(RequestError::Bad)?;
        reader.consume(count);
    }
    Ok(Some(decoder.request))
}

pub fn keep_alive(request: &Request) -> bool {
    let connection = find(request, "connection").join(",").to_ascii_lowercase();
    let mut words = connection.split(',').map(str::trim);
    if words.clone().any(|word| word == "close") {
        return false;
    }
    request.minor_version > 0 || words.any(|word| word == "keep-alive")
}

// --------------------------------------------------------------------------------------- responses

/// The head, and the body where one is to be sent.
fn encode(method: &str, response: Response) -> (Vec<u8>, Body) {
    let status = response.status;
    // The reason may be missing, but not the space in front of it (RFC 9112 4).
    let mut head = format!(
        "HTTP/1.1 {status} \r\nDATE: {}\r\n",
        HttpDate::from(SystemTime::now())
    );
    for (name, value) in &response.headers {
        // What would end the line becomes a space, as RFC 9110 5.5 allows.
        let value = value.replace(|it: char| it.is_control() && it != '\t', " ");
        let _ = write!(head, "{}:{}\r\n", name.to_uppercase(), value);
    }
    let bodiless = matches!(status, 100..=199 | 204 | 304);
    if !bodiless {
        let length = match &response.body {
            Body::Empty => 0,
            Body::Bytes(bytes) => bytes.len() as u64,
            Body::File { length, .. } => *length,
        };
        let _ = write!(head, "CONTENT-LENGTH:{length}\r\n");
    }
    head += "\r\n";
    match bodiless || method == "HEAD" {
        true => (head.into_bytes(), Body::Empty),
        false => (head.into_bytes(), response.body),
    }
}

/// What is to be sent, piece by piece.
struct Pieces {
    first: Option<Vec<u8>>,
    file: Option<io::Take<File>>,
}

impl Pieces {
    fn new(method: &str, response: Response) -> io::Result<Self> {
        let (mut first, body) = encode(method, response);
        let mut rest = None;
        match body {
            Body::Empty => {}
            Body::Bytes(bytes) => first.extend(bytes),
            Body::File {
                mut file,
                start,
                length,
            } => {
                file.seek(SeekFrom::Start(start))?;
                rest = Some(file.take(length));
            }
        }
        Ok(Self {
            first: Some(first),
            file: rest,
        })
    }

    /// The next piece, none at the end.
    fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        const PIECE: u64 = 128 * 1024;
        let mut piece = self.first.take().unwrap_or_default();
        if let Some(file) = &mut self.file {
            let wanted = file.limit().min(PIECE);
            let count = file.by_ref().take(wanted).read_to_end(&mut piece)?;
            if (count as u64) < wanted {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        Ok((!piece.is_empty()).then_some(piece))
    }
}

pub fn write_response(stream: &mut TcpStream, method: &str, response: Response) -> io::Result<()> {
    let mut pieces = Pieces::new(method, response)?;
    while let Some(piece) = pieces.next()? {
        stream.write_all(&piece)?;
    }
    Ok(())
}

// ------------------------------------------------------------------------------------------- files

fn split(target: &str) -> Option<(&str, &str)> {
    let local = match target.find("://") {
        Some(at) if !target.starts_with('/') => {
            let rest = &target[at + 3..];
            rest.find(['/', '?']).map_or("/", |at| &rest[at..])
        }
        _ => target,
    };
    let (path, query) = local.split_once('?').unwrap_or((local, ""));
    match path {
        "" if local != target => Some(("/", query)),
        path => path.starts_with('/').then_some((path, query)),
    }
}

fn decode(text: &str) -> Option<String> {
    let mut decoded = Vec::new();
    let mut left = text;
    while let Some((plain, escaped)) = left.split_once('%') {
        decoded.extend_from_slice(plain.as_bytes());
        let digits = escaped.get(..2)?;
        decoded.push(u8::try_from(number(digits, 16)?).ok()?);
        left = &escaped[2..];
    }
    decoded.extend_from_slice(left.as_bytes());
    String::from_utf8(decoded).ok()
}

fn quote(text: &str) -> String {
    text.bytes().fold(String::new(), |mut quoted, byte| {
        let _ = match byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            true => write!(quoted, "{}", char::from(byte)),
            false => write!(quoted, "%{byte:02x}"),
        };
        quoted
    })
}

pub fn locate(root: &Path, target: &str) -> Option<PathBuf> {
    let (path, _) = split(target)?;
    let mut relative = PathBuf::new();
    for segment in path.split('/') {
        let name = decode(segment)?;
        if name.contains(['/', '\0']) {
            return None;
        }
        for part in Path::new(&name).components() {
            match part {
                Component::Normal(part) => relative.push(part),
                Component::CurDir => {}
                _ => return None,
            }
        }
    }
    let wanted = root.join(relative);
    // Whatever of it is there already, followed to its real place, has to be below the root.
    let mut there = wanted.as_path();
    while there != root && there.symlink_metadata().is_err() {
        there = there.parent()?;
    }
    if there == root {
        return Some(wanted);
    }
    let inside = there
        .canonicalize()
        .ok()?
        .starts_with(root.canonicalize().ok()?);
    inside.then_some(wanted)
}

fn plain(status: u16, fields: &[(&str, String)]) -> Response {
    let headers = fields
        .iter()
        .map(|(name, value)| (name.to_string(), value.clone()));
    Response {
        status,
        headers: headers.collect(),
        body: Body::Empty,
    }
}

fn told(status: u16, fields: &[(&str, String)], text: &str) -> Response {
    let mut response = plain(status, fields);
    let text_type = (
        "Content-Type".to_owned(),
        "text/plain; charset=utf-8".to_owned(),
    );
    response.headers.push(text_type);
    response.body = Body::Bytes(text.as_bytes().to_vec());
    response
}

pub fn respond(root: &Path, request: &Request) -> Response {
    let allow = [("Allow", "GET, HEAD, OPTIONS".to_owned())];
    match request.method.as_str() {
        "GET" | "HEAD" => match get(root, request) {
            Ok(response) => response,
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                told(403, &[], "This is not for everybody.\n")
            }
            Err(_) => told(404, &[], "There is nothing here.\n"),
        },
        "OPTIONS" => plain(204, &allow),
        "POST" | "PUT" | "DELETE" | "CONNECT" | "TRACE" | "PATCH" => {
            told(405, &allow, "This can be read, and no more.\n")
        }
        _ => told(501, &[], "What is this?\n"),
    }
}

fn get(root: &Path, request: &Request) -> io::Result<Response> {
    let nothing = || io::Error::from(ErrorKind::NotFound);
    let (path, query) = split(&request.target).ok_or_else(nothing)?;
    let place = locate(root, path).ok_or_else(nothing)?;
    let metadata = fs::metadata(&place)?;
    if metadata.is_dir() {
        let Some(inside) = path.strip_suffix('/') else {
            let mut location = format!("/{}/", path.trim_start_matches('/'));
            if request.target.contains('?') {
                location = location + "?" + query;
            }
            return Ok(plain(301, &[("Location", location)]));
        };
        return match locate(root, &format!("{inside}/index.html")) {
            Some(index) if index.is_file() => send(&index, request),
            _ => folder(root, path, &place),
        };
    }
    if path.ends_with('/') || !metadata.is_file() {
        return Err(nothing());
    }
    send(&place, request)
}

fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for it in text.chars() {
        let _ = match it {
            '<' | '>' | '&' | '"' | '\'' => write!(escaped, "&#{};", u32::from(it)),
            _ => write!(escaped, "{it}"),
        };
    }
    escaped
}

fn folder(root: &Path, path: &str, place: &Path) -> io::Result<Response> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(place)? {
        if let Ok(name) = entry?.file_name().into_string()
            && let Some(place) = locate(root, &format!("{path}{}", quote(&name)))
        {
            if place.is_dir() {
                entries.push((name, "/"));
            } else if place.is_file() {
                entries.push((name, ""));
            }
        }
    }
    entries.sort_unstable();
    let mut page = String::from("<!DOCTYPE html><meta charset=utf-8><title>Folder</title><ol>\n");
    for (name, slash) in entries {
        let (link, text) = (quote(&name), escape(&name));
        let _ = writeln!(
            page,
            "<li><a class=entry href='{link}{slash}'><b>{text}{slash}</b></a>"
        );
    }
    let html = ("Content-Type", "text/html;charset=utf-8".to_owned());
    let mut response = plain(200, &[html]);
    response.body = Body::Bytes(page.into_bytes());
    Ok(response)
}

fn type_of(path: &Path) -> &'static str {
    let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
    match ending.to_str().unwrap_or_default() {
        "html" => "text/html;charset=utf-8",
        "css" => "text/css;charset=utf-8",
        "js" => "text/javascript;charset=utf-8",
        "txt" => "text/plain;charset=utf-8",
        "md" => "text/markdown;charset=utf-8",
        "csv" => "text/csv;charset=utf-8",
        "xml" => "text/xml;charset=utf-8",
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
        "ico" => "image/x-icon",
        "mp4" => "video/mp4",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

fn send(path: &Path, request: &Request) -> io::Result<Response> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    let size = metadata.len();
    let modified = metadata
        .modified()?
        .clamp(SystemTime::UNIX_EPOCH, SystemTime::now());
    let since_1970 = modified
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let tag = format!("\"{:x}-{size:x}\"", since_1970.as_nanos());
    let last_modified = HttpDate::from(modified).to_string();
    let mut fields = vec![
        ("ETag", tag.clone()),
        ("Last-Modified", last_modified.clone()),
    ];
    // RFC 9110 13.2.2: the tag first, and the date only where there is none.
    let known_tags = find(request, "if-none-match");
    let is_known = if known_tags.is_empty() {
        let since = find(request, "if-modified-since");
        let since = since.first().and_then(|date| date.parse::<HttpDate>().ok());
        since.is_some_and(|since| HttpDate::from(modified) <= since)
    } else {
        let mut tags = known_tags.iter().flat_map(|value| value.split(','));
        tags.any(|it| it.trim() == "*" || it.trim().trim_start_matches("W/") == tag)
    };
    if is_known {
        return Ok(plain(304, &fields));
    }
    let same = find(request, "if-range")
        .iter()
        .all(|it| *it == tag || *it == last_modified);
    let range = match same && request.method == "GET" {
        true => range(&find(request, "range"), size),
        false => None,
    };
    fields.push(("Accept-Ranges", "bytes".to_owned()));
    let (status, start, end) = match range {
        None => (200, 0, size),
        Some((start, end)) if start < end => {
            let content_range = format!("bytes {start}-{}/{size}", end - 1);
            fields.push(("Content-Range", content_range));
            (206, start, end)
        }
        Some(_) => {
            fields.push(("Content-Range", format!("bytes */{size}")));
            return Ok(told(416, &fields, "There is no such byte.\n"));
        }
    };
    fields.push(("Content-Type", type_of(path).to_owned()));
    let mut response = plain(status, &fields);
    response.body = Body::File {
        file,
        start,
        length: end - start,
    };
    Ok(response)
}

fn range(fields: &[&str], size: u64) -> Option<(u64, u64)> {
    let &[field] = fields else {
        return None;
    };
    let (unit, range) = field.split_once('=')?;
    let (first, last) = range.split_once('-')?;
    if !unit.eq_ignore_ascii_case("bytes") {
        return None;
    }
    if first.is_empty() {
        return Some((size.saturating_sub(number(last, 10)?), size));
    }
    let first = number(first, 10)?;
    let last = match last {
        "" => u64::MAX,
        last => number(last, 10)?,
    };
    (first <= last).then(|| (first, size.min(last.saturating_add(1))))
}

// ------------------------------------------------------------------------------------- connections

fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

fn asynchronous(stream: TcpStream) -> io::Result<net::TcpStream> {
    stream.set_nonblocking(true)?;
    net::TcpStream::from_std(stream)
}

struct Connection {
    stream: net::TcpStream,
    /// What has arrived and belongs to the next request.
    arrived: Vec<u8>,
}

impl Connection {
    async fn request(&mut self) -> Result<Option<Request>, RequestError> {
        let head = Instant::now() + HEAD_TIME;
        let mut decoder = Decoder::new();
        loop {
            let count = decoder.feed(&self.arrived).map_err(RequestError::Bad)?;
            self.arrived.drain(..count);
            if decoder.is_done() {
                return Ok(Some(decoder.request));
            }
            if let Some(invitation) = decoder.take_invitation() {
                self.write(invitation).await.map_err(RequestError::Io)?;
            }
            self.arrived.reserve(16 * 1024);
            let left = decoder
                .deadline(head)
                .saturating_duration_since(Instant::now());
            match timeout(left, self.stream.read_buf(&mut self.arrived)).await {
                Err(_over) => return decoder.time_is_over(),
                Ok(Ok(0)) => return decoder.closed(),
                Ok(Ok(_)) => {}
                Ok(Err(error)) => return Err(RequestError::Io(error)),
            }
        }
    }

    async fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match timeout(WRITE_TIME, self.stream.write(bytes)).await {
                Ok(count) => bytes = &bytes[count?..],
                Err(_over) => return Err(ErrorKind::TimedOut.into()),
            }
        }
        Ok(())
    }

    async fn serve(mut self, root: &Path) -> io::Result<()> {
        let mut goes_on = true;
        while goes_on {
            let (mut response, method) = match self.request().await {
                Ok(None) => break,
                Ok(Some(request)) => {
                    goes_on = keep_alive(&request);
                    (respond(root, &request), request.method)
                }
                Err(RequestError::Bad(status)) => {
                    goes_on = false;
                    (plain(status, &[]), String::new())
                }
                Err(RequestError::Io(error)) => return Err(error),
            };
            let word = if goes_on { "Keep-Alive" } else { "Close" };
            response
                .headers
                .push(("Connection".to_owned(), word.to_owned()));
            let mut pieces = Pieces::new(&method, response)?;
            while let Some(piece) = pieces.next()? {
                self.write(&piece).await?;
            }
        }
        if self.stream.shutdown().await.is_ok() {
            let _ = timeout(LINGER_TIME, self.drop_the_rest()).await;
        }
        Ok(())
    }

    async fn drop_the_rest(&mut self) {
        let mut dropped = self.arrived.len();
        let mut scrap = vec![0; 16 * 1024];
        while dropped < LINGER_BYTES {
            match self.stream.read(&mut scrap).await {
                Ok(count @ 1..) => dropped += count,
                _ => break,
            }
        }
    }
}

async fn serve_one(stream: net::TcpStream, root: &Path) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let arrived = Vec::new();
    Connection { stream, arrived }.serve(root).await
}

pub fn serve_connection(stream: TcpStream, root: &Path) -> io::Result<()> {
    runtime()?.block_on(async { serve_one(asynchronous(stream)?, root).await })
}

pub fn serve(listener: TcpListener, root: &Path) -> io::Result<()> {
    let root: Arc<Path> = Arc::from(root);
    runtime()?.block_on(async {
        listener.set_nonblocking(true)?;
        let listener = net::TcpListener::from_std(listener)?;
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    let root = Arc::clone(&root);
                    ::tokio::spawn(async move { serve_one(stream, &root).await });
                }
                Err(error) if error.kind() == ErrorKind::InvalidInput => return Err(error),
                Err(_) => sleep(Duration::from_millis(10)).await,
            }
        }
    })
}
