//! A head is collected whole, and only then taken apart: with iterators and combinators, and with
//! `Box<dyn Error>` where something does not fit. A bare LF ends a line everywhere. Phrases, pages and
//! the order of fields are its own; a file that may not be read is 403, and a malformed range is 416.

use std::error::Error;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::net::{Ipv6Addr, Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
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

use RequestError::{Bad, Io};

// ----------------------------------------------------------------------------------------- requests

/// What has arrived, within this time; nothing where the stream ends.
fn piece(reader: &mut BufReader<TcpStream>, time: Duration) -> Result<&[u8], RequestError> {
    if reader.buffer().is_empty() {
        let time = Some(time).filter(|time| !time.is_zero()).ok_or(Bad(408))?;
        reader.get_ref().set_read_timeout(Some(time)).map_err(Io)?;
        loop {
            match reader.fill_buf().map(<[u8]>::len).map_err(|error| (error.kind(), error)) {
                Ok(_) => break,
                Err((ErrorKind::Interrupted, _)) => (),
                Err((ErrorKind::WouldBlock | ErrorKind::TimedOut, _)) => return Err(Bad(408)),
                Err((_, error)) => return Err(Io(error)),
            }
        }
    }
    Ok(reader.buffer())
}

/// All of the head, from the request line to the empty line. Nothing where the client is done.
fn head(reader: &mut BufReader<TcpStream>) -> Result<Vec<u8>, RequestError> {
    let deadline = Instant::now() + HEAD_TIME;
    let mut head = Vec::new();
    while !head.ends_with(b"\n\n") && !head.ends_with(b"\n\r\n") {
        let left = deadline.saturating_duration_since(Instant::now());
        let arrived = match piece(reader, left) {
            Ok([]) | Err(Bad(408)) if head.is_empty() => break,
            Ok([]) => return Err(Io(ErrorKind::UnexpectedEof.into())),
            arrived => arrived?,
        };
        let end = arrived.iter().position(|&it| it == b'\n');
        let count = end.map_or(arrived.len(), |end| end + 1);
        head.extend(&arrived[..count]);
        reader.consume(count);
        if [&b"\n"[..], b"\r\n"].contains(&head.as_slice()) {
            head.clear();
        }
        let first = head.iter().position(|&it| it == b'\n').unwrap_or(head.len());
        if head[..first].strip_suffix(b"\r").unwrap_or(&head[..first]).len() > MAX_REQUEST_LINE {
            return Err(Bad(414));
        }
        if head.len() > MAX_HEAD {
            return Err(Bad(431));
        }
    }
    Ok(head)
}

fn is_token(text: &[u8]) -> bool {
    let sign = |it: &u8| it.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(it);
    !text.is_empty() && text.iter().all(sign)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn parsed(head: &[u8]) -> Result<Request, u16> {
    let mut lines = head
        .split(|&it| it == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .take_while(|line| !line.is_empty());
    let words: Vec<_> = lines.next().unwrap_or_default().split(|&it| it == b' ').collect();
    let [method, target, version] = words[..] else {
        return Err(400);
    };
    let (major, minor) = version
        .strip_prefix(b"HTTP/")
        .and_then(|it| <[u8; 3]>::try_from(it).ok())
        .filter(|[a, dot, b]| a.is_ascii_digit() && *dot == b'.' && b.is_ascii_digit())
        .map(|[major, _, minor]| (major - b'0', minor - b'0'))
        .ok_or(400_u16)?;
    let fine = is_token(method) && target.iter().all(u8::is_ascii_graphic) && !target.is_empty();
    let (method, target) = (text(method), text(target));
    let fits = match (method.as_str(), target.as_str()) {
        ("OPTIONS", "*") => true,
        ("CONNECT", target) => {
            target.rsplit_once(':').is_some_and(|(host, port)| is_host(host) && is_digits(port))
        }
        (_, target) => path_of(target).is_some(),
    };
    if !fine || !fits {
        return Err(400);
    }
    if major != 1 {
        return Err(505);
    }
    let headers = lines
        .map(|line| {
            let colon = line.iter().position(|&it| it == b':')?;
            let (name, value) = (&line[..colon], &line[colon + 1..]);
            let control = |it: &u8| it.is_ascii_control() && *it != b'\t';
            let fine = is_token(name) && !value.iter().any(control);
            fine.then(|| (text(name), text(value).trim_matches([' ', '\t']).to_owned()))
        })
        .collect::<Option<Vec<_>>>()
        .ok_or(400_u16)?;
    let request = Request { method, target, minor_version: minor, headers, body: Vec::new() };
    if request.headers.len() > MAX_FIELDS {
        return Err(431);
    }
    match all(&request, "host").collect::<Vec<_>>()[..] {
        [] if minor == 0 => Ok(request),
        [host] if is_host_and_port(host) => Ok(request),
        _ => Err(400),
    }
}

fn is_host(host: &str) -> bool {
    let inside = host.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    let sign = |it: u8| it.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=".contains(&it);
    inside.map_or_else(|| host.bytes().all(sign), |it| it.parse::<Ipv6Addr>().is_ok())
}

fn is_host_and_port(value: &str) -> bool {
    is_host(value)
        || value
            .rsplit_once(':')
            .is_some_and(|(host, port)| is_host(host) && port.bytes().all(|it| it.is_ascii_digit()))
}

fn all<'a>(request: &'a Request, name: &str) -> impl Iterator<Item = &'a str> {
    request
        .headers
        .iter()
        .filter(move |(it, _)| it.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}

enum Framing {
    Length(usize),
    Chunks,
}

fn framing(request: &Request) -> Result<Framing, u16> {
    let codings: Vec<_> = all(request, "transfer-encoding").collect();
    let lengths: Vec<_> = all(request, "content-length").collect();
    match (&codings[..], &lengths[..]) {
        ([], []) => Ok(Framing::Length(0)),
        ([], [length]) if is_digits(length) => {
            length.parse().ok().filter(|&it| it <= MAX_BODY).map(Framing::Length).ok_or(413)
        }
        ([], _) | (_, [_, ..]) => Err(400),
        _ if request.minor_version == 0 => Err(400),
        ([coding], _) if coding.eq_ignore_ascii_case("chunked") => Ok(Framing::Chunks),
        _ => Err(501),
    }
}

pub fn read_request(reader: &mut BufReader<TcpStream>) -> Result<Option<Request>, RequestError> {
    let head = head(reader)?;
    if head.is_empty() {
        return Ok(None);
    }
    let mut request = parsed(&head).map_err(Bad)?;
    let framing = framing(&request).map_err(Bad)?;
    let waits = all(&request, "expect").any(|it| it.eq_ignore_ascii_case("100-continue"));
    if waits
        && request.minor_version >= 1
        && !matches!(framing, Framing::Length(0))
        && reader.buffer().is_empty()
    {
        reader.get_mut().write_all(b"HTTP/1.1 100 Go on\r\n\r\n").map_err(Io)?;
    }
    request.body = match framing {
        Framing::Length(length) => exactly(reader, length)?,
        Framing::Chunks => chunks(reader)?,
    };
    Ok(Some(request))
}

fn exactly(reader: &mut BufReader<TcpStream>, length: usize) -> Result<Vec<u8>, RequestError> {
    let mut body = Vec::new();
    while body.len() < length {
        let arrived = piece(reader, BODY_TIME)?;
        let count = arrived.len().min(length - body.len());
        if count == 0 {
            return Err(Io(ErrorKind::UnexpectedEof.into()));
        }
        body.extend(&arrived[..count]);
        reader.consume(count);
    }
    Ok(body)
}

/// A line without its end, of `most` bytes.
fn line(reader: &mut BufReader<TcpStream>, most: usize, over: u16) -> Result<String, RequestError> {
    let mut line = Vec::new();
    while !line.ends_with(b"\n") {
        line.extend(exactly(reader, 1)?);
        Some(()).filter(|()| line.len() <= most + 2).ok_or(Bad(over))?;
    }
    let line = line.strip_suffix(b"\n").unwrap_or(&line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    (!line.contains(&b'\r')).then(|| text(line)).ok_or(Bad(400))
}

fn chunks(reader: &mut BufReader<TcpStream>) -> Result<Vec<u8>, RequestError> {
    let mut body = Vec::new();
    loop {
        let line_of_size = line(reader, 1000, 400)?;
        let size = line_of_size.split(';').next().unwrap_or_default().trim_end_matches([' ', '\t']);
        let is_hexadecimal = !size.is_empty() && size.bytes().all(|it| it.is_ascii_hexdigit());
        Some(()).filter(|()| is_hexadecimal).ok_or(Bad(400))?;
        let size = usize::from_str_radix(size, 16).unwrap_or(usize::MAX);
        if size == 0 {
            break;
        }
        if size > MAX_BODY - body.len() {
            return Err(Bad(413));
        }
        body.extend(exactly(reader, size)?);
        if !line(reader, 0, 400)?.is_empty() {
            return Err(Bad(400));
        }
    }
    let mut left = MAX_HEAD;
    loop {
        match line(reader, left, 431)?.len() {
            0 => return Ok(body),
            length => left = left.checked_sub(length + 2).ok_or(Bad(431))?,
        }
    }
}

pub fn keep_alive(request: &Request) -> bool {
    let said = |word: &str| {
        all(request, "connection")
            .flat_map(|value| value.split(','))
            .any(|it| it.trim_matches([' ', '\t']).eq_ignore_ascii_case(word))
    };
    !said("close") && (request.minor_version > 0 || said("keep-alive"))
}

// ---------------------------------------------------------------------------------------- responses

/// Looks at the clock after each write.
struct Watched<'a>(&'a TcpStream, Option<Duration>);

impl Write for Watched<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let began = Instant::now();
        let count = self.0.write(bytes)?;
        match self.1 {
            Some(limit) if count < bytes.len() && began.elapsed() >= limit => {
                Err(ErrorKind::TimedOut.into())
            }
            _ => Ok(count),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub fn write_response(stream: &mut TcpStream, method: &str, response: Response) -> io::Result<()> {
    let Response { status, headers, body } = response;
    let evil = |it: &String| it.contains(['\r', '\n', '\0']);
    if headers.iter().any(|(name, value)| evil(name) || evil(value)) {
        return Err(io::Error::new(ErrorKind::InvalidInput, "a field with a line end in it"));
    }
    let (length, mut content): (u64, Box<dyn Read>) = match body {
        Body::Empty => (0, Box::new(io::empty())),
        Body::Bytes(bytes) => (bytes.len() as u64, Box::new(io::Cursor::new(bytes))),
        Body::File { mut file, start, length } => {
            file.seek(SeekFrom::Start(start))?;
            (length, Box::new(file.take(length)))
        }
    };
    let has_length = !matches!(status, 100..=199 | 204 | 304);
    let phrase = match status / 100 {
        2 => "Here you are",
        3 => "Look elsewhere",
        4 => "Not like that",
        _ => "Not today",
    };
    let date = httpdate::fmt_http_date(SystemTime::now());
    let fields = has_length
        .then(|| ("Content-Length".to_owned(), length.to_string()))
        .into_iter()
        .chain(headers)
        .chain([("Date".to_owned(), date)]);
    let head = format!("HTTP/1.1 {status} {phrase}\r\n")
        + &fields.map(|(name, value)| format!("{name}:{value}\r\n")).collect::<String>()
        + "\r\n";
    let mut buffer = vec![0; 1 << 16];
    let mut left = if has_length && method != "HEAD" { length } else { 0 };
    let mut filled = head.len();
    buffer.resize(buffer.len().max(filled), 0);
    buffer[..filled].copy_from_slice(head.as_bytes());
    let mut out = Watched(stream, stream.write_timeout()?);
    loop {
        while left > 0 && filled < buffer.len() {
            match content.read(&mut buffer[filled..]) {
                Ok(0) => {
                    out.write_all(&buffer[..filled])?;
                    return Err(ErrorKind::UnexpectedEof.into());
                }
                Ok(count) => {
                    filled += count;
                    left -= count as u64;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => (),
                Err(error) => return Err(error),
            }
        }
        out.write_all(&buffer[..filled])?;
        filled = 0;
        if left == 0 {
            return Ok(());
        }
    }
}

// -------------------------------------------------------------------------------------------- files

/// The path of a target, with its query.
fn path_of(target: &str) -> Option<&str> {
    if target.starts_with('/') {
        return Some(target);
    }
    let (scheme, rest) = target.split_once("://")?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let scheme_is_fine = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    (scheme_is_fine && end > 0 && is_host_and_port(&rest[..end])).then(|| &rest[end..])
}

fn split(target: &str) -> Option<(&str, &str)> {
    let target = path_of(target)?;
    let (path, query) = target.split_at(target.find('?').unwrap_or(target.len()));
    Some((if path.is_empty() { "/" } else { path }, query))
}

fn decoded(name: &str) -> Option<String> {
    let mut parts = name.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let digits = part.get(..2).filter(|it| it.bytes().all(|it| it.is_ascii_hexdigit()))?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend(part[2..].bytes());
    }
    String::from_utf8(bytes).ok().filter(|it| it != ".." && !it.contains(['\0', '/']))
}

pub fn locate(root: &Path, target: &str) -> Option<PathBuf> {
    let names = split(target)?.0.split('/').map(decoded).collect::<Option<Vec<_>>>()?;
    let path = names
        .iter()
        .filter(|name| !name.is_empty() && *name != ".")
        .fold(root.to_path_buf(), |path, name| path.join(name));
    let steps: Vec<_> = path.ancestors().take_while(|it| it.starts_with(root) && *it != root).collect();
    let inside = root.canonicalize().ok()?;
    let stays = |step: &Path| {
        !step.is_symlink() || step.canonicalize().is_ok_and(|real| real.starts_with(&inside))
    };
    steps.into_iter().rev().all(stays).then(|| path.clone())
}

fn says(status: u16, what: &str) -> Response {
    Response {
        status,
        headers: vec![("Content-Type".into(), "text/plain".into())],
        body: Body::Bytes(what.into()),
    }
}

fn with(mut response: Response, name: &str, value: impl Into<String>) -> Response {
    response.headers.insert(0, (name.to_owned(), value.into()));
    response
}

pub fn respond(root: &Path, request: &Request) -> Response {
    const SERVED: &str = "HEAD, GET, OPTIONS";
    match request.method.as_str() {
        "GET" | "HEAD" => found(root, request).unwrap_or_else(|error| {
            match error.downcast_ref::<io::Error>().map(io::Error::kind) {
                Some(ErrorKind::PermissionDenied) => says(403, "this is not for you"),
                Some(ErrorKind::Other) => says(500, "something is broken here"),
                _ => says(404, "there is nothing here"),
            }
        }),
        "OPTIONS" => with(
            Response { status: 204, headers: Vec::new(), body: Body::Empty },
            "Allow",
            SERVED,
        ),
        "POST" | "PUT" | "DELETE" | "CONNECT" | "TRACE" | "PATCH" => {
            with(says(405, "this is for reading"), "Allow", SERVED)
        }
        _ => says(501, "no such method"),
    }
}

fn found(root: &Path, request: &Request) -> Result<Response, Box<dyn Error>> {
    let path = locate(root, &request.target).ok_or("nothing that may be served")?;
    let (shown, query) = split(&request.target).ok_or("no path")?;
    let metadata = fs::metadata(&path)?;
    let has_slash = shown.ends_with('/');
    match (metadata.is_dir(), metadata.is_file(), has_slash) {
        (true, _, true) => locate(root, &format!("{shown}index.html"))
            .filter(|index| index.is_file())
            .map_or_else(|| listing(root, shown, &path), |index| file(&index, request)),
        (true, _, false) => {
            let names: Vec<_> = shown.split('/').filter(|it| !it.is_empty()).collect();
            let location = format!("/{}/{query}", names.join("/"));
            Ok(with(says(301, "with a slash, please"), "Location", location))
        }
        (_, true, false) => file(&path, request),
        _ => Err("neither a file nor a folder".into()),
    }
}

const TYPES: &[(&str, &[&str])] = &[
    ("text/html; charset=UTF-8", &["html"]),
    ("text/css; charset=UTF-8", &["css"]),
    ("text/javascript; charset=UTF-8", &["js"]),
    ("text/plain; charset=UTF-8", &["txt"]),
    ("text/markdown; charset=UTF-8", &["md"]),
    ("text/csv; charset=UTF-8", &["csv"]),
    ("text/xml; charset=UTF-8", &["xml"]),
    ("application/json", &["json"]),
    ("application/pdf", &["pdf"]),
    ("application/wasm", &["wasm"]),
    ("application/zip", &["zip"]),
    ("application/gzip", &["gz"]),
    ("image/svg+xml", &["svg"]),
    ("image/png", &["png"]),
    ("image/jpeg", &["jpg", "jpeg"]),
    ("image/gif", &["gif"]),
    ("image/webp", &["webp"]),
    ("image/vnd.microsoft.icon", &["ico"]),
    ("video/mp4", &["mp4"]),
    ("font/woff2", &["woff2"]),
];

fn file(path: &Path, request: &Request) -> Result<Response, Box<dyn Error>> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    let all_of_it = metadata.len();
    let seconds = metadata.modified()?.duration_since(UNIX_EPOCH).map_or(0, |it| it.as_secs());
    let modified = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds));
    let ending = path.extension().and_then(OsStr::to_str).unwrap_or_default().to_ascii_lowercase();
    let media_type = TYPES
        .iter()
        .find(|(_, endings)| endings.contains(&ending.as_str()))
        .map_or("application/octet-stream", |it| it.0);
    let answer = |status, body| Response {
        status,
        headers: vec![
            ("Accept-Ranges".into(), "bytes".into()),
            ("Last-Modified".into(), modified.clone()),
            ("Content-Type".into(), media_type.into()),
        ],
        body,
    };
    let since = all(request, "if-modified-since")
        .filter(|_| all(request, "if-none-match").next().is_none())
        .find_map(|date| httpdate::parse_http_date(date).ok()?.duration_since(UNIX_EPOCH).ok());
    if since.is_some_and(|since| seconds <= since.as_secs()) {
        return Ok(answer(304, Body::Empty));
    }
    let range = all(request, "range")
        .filter(|_| request.method == "GET")
        .filter(|_| all(request, "if-range").all(|it| it == modified))
        .filter_map(|it| it.strip_prefix("bytes="))
        .find(|it| !it.contains(','));
    match range.map(|range| part(range, all_of_it)) {
        None => Ok(answer(200, Body::File { file, start: 0, length: all_of_it })),
        Some(Some((start, length))) => {
            let place = format!("bytes {start}-{}/{all_of_it}", start + length - 1);
            Ok(with(answer(206, Body::File { file, start, length }), "Content-Range", place))
        }
        Some(None) => {
            Ok(with(says(416, "no such part"), "Content-Range", format!("bytes */{all_of_it}")))
        }
    }
}

/// Where a range begins, and how long it is.
fn part(range: &str, all_of_it: u64) -> Option<(u64, u64)> {
    let number = |it: &str| is_digits(it).then(|| it.parse().unwrap_or(u64::MAX));
    let (first, last) = range.split_once('-')?;
    let (first, end) = match (number(first), number(last)) {
        (None, Some(count)) if first.is_empty() => (all_of_it.saturating_sub(count), all_of_it),
        (Some(first), None) if last.is_empty() => (first, all_of_it),
        (Some(first), Some(last)) => (first, last.saturating_add(1).min(all_of_it)),
        _ => return None,
    };
    Some((first, end.checked_sub(first)?)).filter(|it| it.1 > 0)
}

fn listing(root: &Path, shown: &str, folder: &Path) -> Result<Response, Box<dyn Error>> {
    let link = |name: &str| -> String {
        let byte = |it: u8| match it {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(it).into(),
            _ => format!("%{it:02X}"),
        };
        name.bytes().map(byte).collect()
    };
    let mut items = fs::read_dir(folder)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|name| {
            let path = locate(root, &format!("{shown}{}", link(&name)))?;
            let slash = if path.is_dir() { Some("/") } else { path.is_file().then_some("") }?;
            Some((name, slash))
        })
        .collect::<Vec<_>>();
    items.sort_by(|a, b| b.cmp(a));
    let items = items.iter().rev().map(|(name, slash)| {
        format!("<tr><td><A CLASS=x\n HREF=\"./{}{slash}\">{}{slash}</A>", link(name), escaped(name))
    });
    let page = format!("<!DOCTYPE html><TITLE>{}</TITLE><table>", escaped(shown));
    let page = iter_join(std::iter::once(page).chain(items));
    Ok(Response {
        status: 200,
        headers: vec![("Content-Type".into(), "text/html;charset=\"utf-8\"".into())],
        body: Body::Bytes(page.into_bytes()),
    })
}

fn iter_join(parts: impl Iterator<Item = String>) -> String {
    parts.map(|part| part + "\n").collect()
}

fn escaped(text: &str) -> String {
    [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;"), ("'", "&#x27;")]
        .into_iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

// -------------------------------------------------------------------------------------- connections

pub fn serve_connection(stream: TcpStream, root: &Path) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_write_timeout(Some(WRITE_TIME))?;
    let mut reader = BufReader::with_capacity(1 << 17, stream);
    let mut goes_on = true;
    while goes_on {
        let (method, response) = match read_request(&mut reader) {
            Ok(None) => break,
            Ok(Some(request)) => {
                goes_on = keep_alive(&request);
                let response = respond(root, &request);
                (request.method, response)
            }
            Err(Bad(status)) => {
                goes_on = false;
                (String::new(), Response { status, headers: Vec::new(), body: Body::Empty })
            }
            Err(Io(error)) => return Err(error),
        };
        let word = if goes_on { "Keep-Alive" } else { "Close" };
        write_response(reader.get_mut(), &method, with(response, "connection", word))?;
    }
    let _ = reader.get_ref().shutdown(Shutdown::Write);
    let deadline = Instant::now() + LINGER_TIME;
    let mut left = LINGER_BYTES;
    while left > 0 {
        let time = deadline.saturating_duration_since(Instant::now());
        let count = piece(&mut reader, time).map_or(0, <[u8]>::len);
        if count == 0 {
            break;
        }
        reader.consume(count);
        left = left.saturating_sub(count);
    }
    Ok(())
}

pub fn serve(listener: TcpListener, root: &Path) -> io::Result<()> {
    for caller in listener.incoming() {
        let root = root.to_path_buf();
        let started = caller.map(|stream| {
            let serve = move || serve_connection(stream, &root);
            thread::Builder::new().stack_size(1 << 18).spawn(serve).map(drop)
        });
        match started {
            Ok(Ok(())) => (),
            Ok(Err(error)) => eprintln!("no thread: {error}"),
            Err(error) if error.kind() == ErrorKind::InvalidInput => return Err(error),
            Err(error) => {
                eprintln!("no caller: {error}");
                thread::sleep(Duration::from_millis(5));
            }
        }
    }
    Ok(())
}
