//! C in Rust: poll(2) keeps the time, send(2) with MSG_MORE holds the head back until sendfile(2) adds
//! the file, and every result is looked at with `match`. Fields have small letters, `Date` comes first,
//! reason phrases are left out, and what the stub says with "should" is not done.
#![allow(unsafe_code, reason = "what C would call")]

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::net::{Ipv6Addr, Shutdown, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
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

// ------------------------------------------------------------------------------------------ waiting

enum Arrival {
    Bytes,
    End,
    Late,
    Broken(io::Error),
}

/// Waits with poll(2) until there is something to read, and lets the reader take it.
fn arrival(reader: &mut BufReader<TcpStream>, deadline: Instant) -> Arrival {
    if !reader.buffer().is_empty() {
        return Arrival::Bytes;
    }
    loop {
        let now = Instant::now();
        if now >= deadline {
            return Arrival::Late;
        }
        let milliseconds = (deadline - now).as_millis().min(60_000) as i32 + 1;
        let mut waiting = libc::pollfd {
            fd: reader.get_ref().as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        };
        // SAFETY: `waiting` is one `pollfd`, and it is valid while the call lasts.
        let ready = unsafe { libc::poll(&raw mut waiting, 1, milliseconds) };
        if ready < 0 {
            let error = io::Error::last_os_error();
            if error.kind() == ErrorKind::Interrupted {
                continue;
            }
            return Arrival::Broken(error);
        }
        if ready == 0 {
            continue;
        }
        match reader.fill_buf() {
            Ok([]) => return Arrival::End,
            Ok(_) => return Arrival::Bytes,
            Err(error) => match error.kind() {
                ErrorKind::Interrupted | ErrorKind::WouldBlock | ErrorKind::TimedOut => (),
                _ => return Arrival::Broken(error),
            },
        }
    }
}

/// A line without its CR LF. `None`: the connection ended before its first byte.
fn line(
    reader: &mut BufReader<TcpStream>,
    deadline: impl Fn() -> Instant,
    most: usize,
    too_long: u16,
) -> Result<Option<Vec<u8>>, RequestError> {
    let mut line = Vec::new();
    loop {
        match arrival(reader, deadline()) {
            Arrival::Bytes => (),
            Arrival::End if line.is_empty() => return Ok(None),
            Arrival::End => return Err(RequestError::Io(ErrorKind::UnexpectedEof.into())),
            Arrival::Late if line.is_empty() && too_long == 414 => return Ok(None),
            Arrival::Late => return Err(RequestError::Bad(408)),
            Arrival::Broken(error) => return Err(RequestError::Io(error)),
        }
        while let Some(&byte) = reader.buffer().first() {
            reader.consume(1);
            if byte == b'\n' {
                if line.pop() != Some(b'\r') {
                    return Err(RequestError::Bad(400));
                }
                return Ok(Some(line));
            }
            if line.last() == Some(&b'\r') {
                return Err(RequestError::Bad(400));
            }
            line.push(byte);
            if line.len() > most + usize::from(byte == b'\r') {
                return Err(RequestError::Bad(too_long));
            }
        }
    }
}

// ----------------------------------------------------------------------------------------- requests

pub fn read_request(reader: &mut BufReader<TcpStream>) -> Result<Option<Request>, RequestError> {
    let deadline = Instant::now() + HEAD_TIME;
    let first = loop {
        match line(reader, || deadline, MAX_REQUEST_LINE, 414) {
            Ok(None) => return Ok(None),
            Ok(Some(line)) if line.is_empty() => (),
            Ok(Some(line)) => break line,
            Err(error) => return Err(error),
        }
    };
    let mut request = match request_line(&first) {
        Ok(request) => request,
        Err(status) => return Err(RequestError::Bad(status)),
    };
    let mut room = MAX_HEAD - first.len() - 2;
    loop {
        let line = match line(reader, || deadline, room.saturating_sub(2), 431) {
            Ok(Some(line)) => line,
            Ok(None) => return Err(RequestError::Io(ErrorKind::UnexpectedEof.into())),
            Err(error) => return Err(error),
        };
        if room < line.len() + 2 {
            return Err(RequestError::Bad(431));
        }
        room -= line.len() + 2;
        if line.is_empty() {
            break;
        }
        if request.headers.len() == MAX_FIELDS {
            return Err(RequestError::Bad(431));
        }
        match field(&line) {
            Some(field) => request.headers.push(field),
            None => return Err(RequestError::Bad(400)),
        }
    }
    match host_is_fine(&request) {
        true => (),
        false => return Err(RequestError::Bad(400)),
    }
    let framing = match framing(&request) {
        Ok(framing) => framing,
        Err(status) => return Err(RequestError::Bad(status)),
    };
    let expects = values(&request, "expect").any(|it| it.eq_ignore_ascii_case("100-continue"));
    if expects
        && request.minor_version > 0
        && framing != Some(0)
        && reader.buffer().is_empty()
        && let Err(error) = reader.get_mut().write_all(b"HTTP/1.1 100 Continue\r\n\r\n")
    {
        return Err(RequestError::Io(error));
    }
    let read = match framing {
        Some(length) => bytes(reader, length, &mut request.body),
        None => chunks(reader, &mut request.body),
    };
    match read {
        Ok(()) => Ok(Some(request)),
        Err(error) => Err(error),
    }
}

fn is_token(bytes: &[u8]) -> bool {
    let mut seen = false;
    for byte in bytes {
        if !byte.is_ascii_alphanumeric() && !b"!#$%&'*+-.^_`|~".contains(byte) {
            return false;
        }
        seen = true;
    }
    seen
}

fn request_line(line: &[u8]) -> Result<Request, u16> {
    let mut words = Vec::new();
    for word in line.split(|&byte| byte == b' ') {
        words.push(word);
    }
    let &[method, target, version] = words.as_slice() else {
        return Err(400);
    };
    if !is_token(method) {
        return Err(400);
    }
    for byte in target {
        if !byte.is_ascii_graphic() {
            return Err(400);
        }
    }
    let (major, minor) = match version {
        [b'H', b'T', b'T', b'P', b'/', a @ b'0'..=b'9', b'.', b @ b'0'..=b'9'] => (*a, *b),
        _ => return Err(400),
    };
    if major != b'1' {
        return Err(505);
    }
    let request = Request {
        method: String::from_utf8_lossy(method).into_owned(),
        target: String::from_utf8_lossy(target).into_owned(),
        minor_version: minor - b'0',
        headers: Vec::new(),
        body: Vec::new(),
    };
    let fine = match request.method.as_str() {
        "CONNECT" => match request.target.rsplit_once(':') {
            Some((host, port)) => !host.is_empty() && all_digits(port),
            None => false,
        },
        "OPTIONS" if request.target == "*" => true,
        _ => path_and_query(&request.target).is_some(),
    };
    match fine {
        true => Ok(request),
        false => Err(400),
    }
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The path and the query of a target, also where it is a whole URI.
fn path_and_query(target: &str) -> Option<String> {
    if target.starts_with('/') {
        return Some(target.to_owned());
    }
    let (scheme, rest) = match target.split_once("://") {
        Some(parts) => parts,
        None => return None,
    };
    let begins_well = scheme.starts_with(|it: char| it.is_ascii_alphabetic());
    if !begins_well || !scheme.bytes().all(|it| it.is_ascii_alphanumeric() || b"+-.".contains(&it)) {
        return None;
    }
    match rest.find(['/', '?']) {
        Some(0) => None,
        None if rest.is_empty() => None,
        None => Some("/".to_owned()),
        Some(at) if rest[at..].starts_with('/') => Some(rest[at..].to_owned()),
        Some(at) => Some(format!("/{}", &rest[at..])),
    }
}

fn field(line: &[u8]) -> Option<(String, String)> {
    let colon = match line.iter().position(|&byte| byte == b':') {
        Some(colon) => colon,
        None => return None,
    };
    let (name, value) = (&line[..colon], &line[colon + 1..]);
    if !is_token(name) {
        return None;
    }
    for byte in value {
        if byte.is_ascii_control() && *byte != b'\t' {
            return None;
        }
    }
    let value = String::from_utf8_lossy(value);
    let value = value.trim_matches([' ', '\t']);
    Some((String::from_utf8_lossy(name).into_owned(), value.to_owned()))
}

fn values<'a>(request: &'a Request, name: &'a str) -> impl Iterator<Item = &'a str> {
    let same = move |it: &&(String, String)| it.0.eq_ignore_ascii_case(name);
    request.headers.iter().filter(same).map(|it| it.1.as_str())
}

fn host_is_fine(request: &Request) -> bool {
    let hosts: Vec<&str> = values(request, "host").collect();
    let host = match hosts.as_slice() {
        [] => return request.minor_version == 0,
        [host] => *host,
        _ => return false,
    };
    let port = if let Some(rest) = host.strip_prefix('[') {
        match rest.split_once(']') {
            Some((address, port)) if address.parse::<Ipv6Addr>().is_ok() => port,
            _ => return false,
        }
    } else {
        let end = host.find(':').unwrap_or(host.len());
        let allowed = |it: u8| it.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=".contains(&it);
        if !host[..end].bytes().all(allowed) {
            return false;
        }
        &host[end..]
    };
    match port.strip_prefix(':') {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_digit()),
        None => port.is_empty(),
    }
}

/// How long the body is; `None` for chunks.
fn framing(request: &Request) -> Result<Option<usize>, u16> {
    let codings: Vec<&str> = values(request, "transfer-encoding").collect();
    let lengths: Vec<&str> = values(request, "content-length").collect();
    if !codings.is_empty() {
        if request.minor_version == 0 || !lengths.is_empty() {
            return Err(400);
        }
        return match codings.as_slice() {
            [coding] if coding.eq_ignore_ascii_case("chunked") => Ok(None),
            _ => Err(501),
        };
    }
    match lengths.as_slice() {
        [] => Ok(Some(0)),
        [length] if all_digits(length) => match length.parse::<usize>() {
            Ok(length) if length <= MAX_BODY => Ok(Some(length)),
            _ => Err(413),
        },
        _ => Err(400),
    }
}

fn bytes(
    reader: &mut BufReader<TcpStream>,
    length: usize,
    body: &mut Vec<u8>,
) -> Result<(), RequestError> {
    let mut left = length;
    while left > 0 {
        match arrival(reader, Instant::now() + BODY_TIME) {
            Arrival::Bytes => (),
            Arrival::End => return Err(RequestError::Io(ErrorKind::UnexpectedEof.into())),
            Arrival::Late => return Err(RequestError::Bad(408)),
            Arrival::Broken(error) => return Err(RequestError::Io(error)),
        }
        let count = left.min(reader.buffer().len());
        body.extend_from_slice(&reader.buffer()[..count]);
        reader.consume(count);
        left -= count;
    }
    Ok(())
}

fn chunks(reader: &mut BufReader<TcpStream>, body: &mut Vec<u8>) -> Result<(), RequestError> {
    let next = |reader: &mut _, most, status| {
        match line(reader, || Instant::now() + BODY_TIME, most, status) {
            Ok(Some(line)) => Ok(line),
            Ok(None) => Err(RequestError::Io(ErrorKind::UnexpectedEof.into())),
            Err(error) => Err(error),
        }
    };
    loop {
        let line = match next(reader, MAX_REQUEST_LINE, 400) {
            Ok(line) => line,
            Err(error) => return Err(error),
        };
        let mut size = 0_usize;
        let mut digits = 0;
        let mut rest = line.as_slice();
        while let [byte, behind @ ..] = rest {
            let Some(digit) = char::from(*byte).to_digit(16) else {
                break;
            };
            size = size.saturating_mul(16).saturating_add(digit as usize);
            digits += 1;
            rest = behind;
        }
        let rest = rest.trim_ascii_start();
        if digits == 0 || !(rest.is_empty() || rest[0] == b';') {
            return Err(RequestError::Bad(400));
        }
        if size > MAX_BODY - body.len() {
            return Err(RequestError::Bad(413));
        }
        if size == 0 {
            break;
        }
        match bytes(reader, size, body) {
            Ok(()) => (),
            Err(error) => return Err(error),
        }
        match next(reader, 0, 400) {
            Ok(_) => (),
            Err(error) => return Err(error),
        }
    }
    let mut room = MAX_HEAD;
    loop {
        match next(reader, room.saturating_sub(2), 431) {
            Ok(line) if line.is_empty() => return Ok(()),
            Ok(line) => room = room.saturating_sub(line.len() + 2),
            Err(error) => return Err(error),
        }
    }
}

pub fn keep_alive(request: &Request) -> bool {
    let mut close = false;
    let mut keep = request.minor_version > 0;
    for value in values(request, "connection") {
        for word in value.split(',') {
            match word.trim().to_ascii_lowercase().as_str() {
                "close" => close = true,
                "keep-alive" => keep = true,
                _ => (),
            }
        }
    }
    keep && !close
}

// ---------------------------------------------------------------------------------------- responses

/// Calls `once` until it says that it is done. It sends a piece, and gives what is left then.
fn until_sent(
    stream: &TcpStream,
    mut left: u64,
    mut once: impl FnMut(u64) -> isize,
) -> io::Result<()> {
    let patience = match stream.write_timeout() {
        Ok(patience) => patience.unwrap_or(Duration::MAX),
        Err(error) => return Err(error),
    };
    while left > 0 {
        let start = Instant::now();
        match once(left) {
            ..0 => {
                let error = io::Error::last_os_error();
                if error.kind() != ErrorKind::Interrupted {
                    return Err(error);
                }
            }
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            sent => left -= (sent as u64).min(left),
        }
        if left > 0 && start.elapsed() >= patience {
            return Err(ErrorKind::TimedOut.into());
        }
    }
    Ok(())
}

fn send(stream: &TcpStream, bytes: &[u8], flags: i32) -> io::Result<()> {
    until_sent(stream, bytes.len() as u64, |left| {
        let rest = &bytes[bytes.len() - left as usize..];
        // SAFETY: `rest` is valid for as many bytes as its length says.
        unsafe {
            libc::send(stream.as_raw_fd(), rest.as_ptr().cast(), rest.len(), flags | libc::MSG_NOSIGNAL)
        }
    })
}

pub fn write_response(stream: &mut TcpStream, method: &str, response: Response) -> io::Result<()> {
    for (name, value) in &response.headers {
        if name.contains(['\r', '\n', '\0']) || value.contains(['\r', '\n', '\0']) {
            return Err(ErrorKind::InvalidInput.into());
        }
    }
    let mut head = format!("HTTP/1.1 {} \r\n", response.status).into_bytes();
    head.extend(format!("date: {}\r\n", httpdate::fmt_http_date(SystemTime::now())).into_bytes());
    for (name, value) in &response.headers {
        head.extend(format!("{name}: {value}\r\n").into_bytes());
    }
    let bare = matches!(response.status, 100..=199 | 204 | 304);
    let length = match &response.body {
        Body::Empty => 0,
        Body::Bytes(bytes) => bytes.len() as u64,
        Body::File { length, .. } => *length,
    };
    if !bare {
        head.extend(format!("content-length: {length}\r\n").into_bytes());
    }
    head.extend(b"\r\n");
    if bare || method == "HEAD" {
        return send(stream, &head, 0);
    }
    match response.body {
        Body::Empty => send(stream, &head, 0),
        Body::Bytes(bytes) => {
            head.extend(bytes);
            send(stream, &head, 0)
        }
        Body::File { length: 0, .. } => send(stream, &head, 0),
        Body::File { file, start, length } => {
            match send(stream, &head, libc::MSG_MORE) {
                Ok(()) => (),
                Err(error) => return Err(error),
            }
            let mut at = match i64::try_from(start) {
                Ok(at) => at,
                Err(_) => return Err(ErrorKind::UnexpectedEof.into()),
            };
            until_sent(stream, length, |left| {
                let count = left.min(1 << 20) as usize;
                // SAFETY: both descriptors are open while the call lasts, and `at` is ours.
                unsafe {
                    libc::sendfile(stream.as_raw_fd(), file.as_raw_fd(), &raw mut at, count)
                }
            })
        }
    }
}

// -------------------------------------------------------------------------------------------- files

fn names(path: &str) -> Option<Vec<String>> {
    let mut names = Vec::new();
    for part in path.split('/') {
        let mut name = Vec::new();
        let mut bytes = part.bytes();
        while let Some(byte) = bytes.next() {
            if byte != b'%' {
                name.push(byte);
                continue;
            }
            let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
            match (digit(bytes.next()), digit(bytes.next())) {
                (Some(high), Some(low)) => name.push((high * 16 + low) as u8),
                _ => return None,
            }
        }
        if name.contains(&0) || name.contains(&b'/') {
            return None;
        }
        match String::from_utf8(name) {
            Ok(name) if name == ".." => return None,
            Ok(name) if name.is_empty() || name == "." => (),
            Ok(name) => names.push(name),
            Err(_) => return None,
        }
    }
    Some(names)
}

pub fn locate(root: &Path, target: &str) -> Option<PathBuf> {
    let target = match path_and_query(target) {
        Some(target) => target,
        None => return None,
    };
    let path = target.split('?').next().unwrap_or("");
    let names = match names(path) {
        Some(names) => names,
        None => return None,
    };
    let inside = match root.canonicalize() {
        Ok(inside) => inside,
        Err(_) => return None,
    };
    let mut found = root.to_path_buf();
    for name in names {
        found.push(name);
        if found.is_symlink() {
            match found.canonicalize() {
                Ok(real) if real.starts_with(&inside) => (),
                _ => return None,
            }
        }
    }
    Some(found)
}

fn page(status: u16, headers: &[(&str, &str)]) -> Response {
    let mut response = Response {
        status,
        headers: vec![("server".to_owned(), "raw/1".to_owned())],
        body: Body::Bytes(format!("<!doctype html><h1>{status}</h1>\n").into_bytes()),
    };
    response.headers.push(("content-type".to_owned(), "text/html".to_owned()));
    for (name, value) in headers {
        response.headers.push((name.to_string(), value.to_string()));
    }
    response
}

pub fn respond(root: &Path, request: &Request) -> Response {
    match request.method.as_str() {
        "GET" | "HEAD" => (),
        "OPTIONS" => {
            return Response {
                status: 204,
                headers: vec![("allow".to_owned(), "OPTIONS,HEAD,GET".to_owned())],
                body: Body::Empty,
            };
        }
        "POST" | "PUT" | "DELETE" | "CONNECT" | "TRACE" | "PATCH" => {
            return page(405, &[("allow", "OPTIONS,HEAD,GET")]);
        }
        _ => return page(501, &[]),
    }
    let (path, target) = match (locate(root, &request.target), path_and_query(&request.target)) {
        (Some(path), Some(target)) => (path, target),
        _ => return page(404, &[]),
    };
    let (shown, query) = match target.find('?') {
        Some(at) => target.split_at(at),
        None => (target.as_str(), ""),
    };
    let metadata = match fs::metadata(&path) {
        Ok(metadata) => metadata,
        Err(_) => return page(404, &[]),
    };
    if metadata.is_dir() {
        if !shown.ends_with('/') {
            let location = format!("/{}/{query}", shown.trim_matches('/'));
            return page(301, &[("location", &location)]);
        }
        if let Some(index) = locate(root, &format!("{shown}index.html"))
            && index.is_file()
        {
            return file(&index, request);
        }
        return listing(root, shown, &path);
    }
    if !metadata.is_file() || shown.ends_with('/') {
        return page(404, &[]);
    }
    file(&path, request)
}

fn media_type(path: &Path) -> &'static str {
    let ending = path.extension().and_then(|it| it.to_str()).unwrap_or("");
    match ending.to_ascii_lowercase().as_str() {
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
        "ico" => "image/x-icon",
        "mp4" => "video/mp4",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

fn file(path: &Path, request: &Request) -> Response {
    let (file, metadata) = match File::open(path) {
        Ok(file) => match file.metadata() {
            Ok(metadata) => (file, metadata),
            Err(_) => return page(500, &[]),
        },
        Err(_) => return page(404, &[]),
    };
    let seconds = match metadata.modified() {
        Ok(time) => time.duration_since(UNIX_EPOCH).ok().map(|it| it.as_secs()),
        Err(_) => None,
    };
    let modified = seconds.map(|it| httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(it)));
    if values(request, "if-none-match").next().is_none()
        && let Some(date) = values(request, "if-modified-since").next()
        && let Ok(date) = httpdate::parse_http_date(date)
        && let Ok(since) = date.duration_since(UNIX_EPOCH)
        && seconds.unwrap_or(0) <= since.as_secs()
    {
        return Response { status: 304, headers: Vec::new(), body: Body::Empty };
    }
    let mut headers = vec![("content-type".to_owned(), media_type(path).to_owned())];
    if let Some(date) = &modified {
        headers.push(("last-modified".to_owned(), date.clone()));
    }
    let all = metadata.len();
    let mut part = Part::All;
    if request.method == "GET" {
        let ranges: Vec<&str> = values(request, "range").collect();
        if let [range] = ranges.as_slice() {
            part = self::part(range, all);
        }
        if values(request, "if-range").any(|it| Some(it) != modified.as_deref()) {
            part = Part::All;
        }
    }
    let (status, start, length) = match part {
        Part::All => (200, 0, all),
        Part::Of(first, last) => {
            headers.push(("content-range".to_owned(), format!("bytes {first}-{last}/{all}")));
            (206, first, last - first + 1)
        }
        Part::Nothing => return page(416, &[("content-range", &format!("bytes */{all}"))]),
    };
    Response { status, headers, body: Body::File { file, start, length } }
}

enum Part {
    All,
    Of(u64, u64),
    Nothing,
}

fn part(range: &str, all: u64) -> Part {
    let (first, last) = match range.strip_prefix("bytes=").and_then(|it| it.split_once('-')) {
        Some(parts) => parts,
        None => return Part::All,
    };
    // More digits than a number takes are a large number.
    let number = |text: &str| text.parse::<u64>().unwrap_or(u64::MAX);
    match (first, last) {
        ("", last) if all_digits(last) => match number(last) {
            0 => Part::Nothing,
            _ if all == 0 => Part::Nothing,
            count => Part::Of(all - count.min(all), all - 1),
        },
        (first, "") if all_digits(first) => match number(first) {
            first if first >= all => Part::Nothing,
            first => Part::Of(first, all - 1),
        },
        (first, last) if all_digits(first) && all_digits(last) => {
            match (number(first), number(last)) {
                (first, last) if last < first => Part::All,
                (first, _) if first >= all => Part::Nothing,
                (first, last) => Part::Of(first, last.min(all - 1)),
            }
        }
        _ => Part::All,
    }
}

fn listing(root: &Path, shown: &str, folder: &Path) -> Response {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(_) => return page(404, &[]),
    };
    let mut text = format!("<!doctype html>\n<title>{0}</title>\n<h1>{0}</h1>\n", escaped(shown));
    for entry in entries {
        let name = match entry {
            Ok(entry) => match entry.file_name().into_string() {
                Ok(name) => name,
                Err(_) => continue,
            },
            Err(_) => continue,
        };
        let mut link = String::new();
        for byte in name.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'_' => link.push(char::from(byte)),
                _ => link.push_str(&format!("%{byte:02x}")),
            }
        }
        let slash = match locate(root, &format!("{shown}{link}")) {
            Some(path) if path.is_dir() => "/",
            Some(path) if path.is_file() => "",
            _ => continue,
        };
        text.push_str(&format!("<a href='{link}{slash}'>{}{slash}</a><br>\n", escaped(&name)));
    }
    let mut response = page(200, &[]);
    response.body = Body::Bytes(text.into_bytes());
    response
}

fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for it in text.chars() {
        match it {
            '&' | '<' | '>' | '"' | '\'' => escaped.push_str(&format!("&#{};", it as u32)),
            _ => escaped.push(it),
        }
    }
    escaped
}

// -------------------------------------------------------------------------------------- connections

pub fn serve_connection(stream: TcpStream, root: &Path) -> io::Result<()> {
    match stream.set_write_timeout(Some(WRITE_TIME)) {
        Ok(()) => (),
        Err(error) => return Err(error),
    }
    let mut reader = BufReader::with_capacity(333, stream);
    loop {
        let (mut response, method, goes_on) = match read_request(&mut reader) {
            Ok(None) => break,
            Ok(Some(request)) => {
                (respond(root, &request), request.method.clone(), keep_alive(&request))
            }
            Err(RequestError::Bad(status)) => {
                let response = Response { status, headers: Vec::new(), body: Body::Empty };
                (response, String::new(), false)
            }
            Err(RequestError::Io(error)) => return Err(error),
        };
        let word = if goes_on { "keep-alive" } else { "close" };
        response.headers.push(("connection".to_owned(), word.to_owned()));
        match write_response(reader.get_mut(), &method, response) {
            Ok(()) if goes_on => (),
            Ok(()) => break,
            Err(error) => return Err(error),
        }
    }
    let _ = reader.get_ref().shutdown(Shutdown::Write);
    let deadline = Instant::now() + LINGER_TIME;
    let mut dropped = 0;
    while dropped < LINGER_BYTES {
        match arrival(&mut reader, deadline) {
            Arrival::Bytes => {
                let count = reader.buffer().len();
                reader.consume(count);
                dropped += count;
            }
            _ => break,
        }
    }
    Ok(())
}

pub fn serve(listener: TcpListener, root: &Path) -> io::Result<()> {
    let root: Arc<Path> = root.into();
    loop {
        match listener.accept() {
            Ok((stream, _)) => {
                let root = Arc::clone(&root);
                let connection = move || {
                    if let Err(error) = serve_connection(stream, &root) {
                        eprintln!("a connection: {error}");
                    }
                };
                if let Err(error) = thread::Builder::new().spawn(connection) {
                    eprintln!("no thread for a caller: {error}");
                }
            }
            Err(error) => match error.raw_os_error() {
                Some(libc::EINVAL | libc::EBADF | libc::ENOTSOCK | libc::EOPNOTSUPP) => {
                    return Err(error);
                }
                Some(libc::ECONNABORTED | libc::EINTR) => (),
                _ => thread::sleep(Duration::from_millis(20)),
            },
        }
    }
}
