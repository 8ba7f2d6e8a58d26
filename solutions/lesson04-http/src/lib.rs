//! Lesson 04, HTTP: a server for a folder, for every browser there is.
//!
//! Bytes become a protocol: a request has a line, fields and perhaps a body, and both sides know to the
//! byte where it ends. Here is a function that reads one, one that writes the response, two that find
//! out what was asked for, and two that keep a connection, and then all of them, going. The chapter is
//! `book/src/lesson04-http.md`; `cargo test -p solution04` grades what you write.
//!
//! The rules are those of RFC 9110 (what the words mean) and RFC 9112 (how they are written). Whoever
//! reads a request more kindly than the next program does lends a hand to the attacker who lives on the
//! difference: what is malformed is answered with 400, and the connection ends.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use httpdate::HttpDate;

/// How long a request line may be, in bytes, without its CRLF. A longer one is answered with 414.
pub const MAX_REQUEST_LINE: usize = 8 * 1024;

/// How long a head may be, in bytes, from its request line to the empty line, both included. A longer
/// one is answered with 431.
pub const MAX_HEAD: usize = 64 * 1024;

/// How many header fields a request may have. One more is answered with 431.
pub const MAX_FIELDS: usize = 100;

/// How long a request's body may be, in bytes. A longer one is answered with 413.
pub const MAX_BODY: usize = 1024 * 1024;

/// How long a client may take for a head. A slower one is answered with 408.
pub const HEAD_TIME: Duration = Duration::from_secs(10);

/// How long a client may pause within a body. A longer pause is answered with 408.
pub const BODY_TIME: Duration = Duration::from_secs(30);

/// How long a client may leave unread what it is sent, before the connection is closed.
pub const WRITE_TIME: Duration = Duration::from_secs(60);

/// How long the server listens after its last response, and to how many bytes, before it closes.
pub const LINGER: (Duration, usize) = (Duration::from_secs(2), 1024 * 1024);

/// How long `serve` waits when the system has nothing left for another caller.
const BREATHER: Duration = Duration::from_millis(10);

/// How much of a body goes out together with the head.
const FIRST_PIECE: u64 = 16 * 1024;

/// A request, as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `GET`, say. Case matters: `get` is another method.
    pub method: String,
    /// What is asked for, as it was sent: `/a%20file.txt?x=1`.
    pub target: String,
    /// The number after the point: 1 in `HTTP/1.1`.
    pub minor_version: u8,
    /// The names and values of the header fields, in the order in which they were sent. Case does not
    /// matter in a name. A value has no whitespace around it.
    pub headers: Vec<(String, String)>,
    /// All of the body, without the chunks that it may have come in. Often empty.
    pub body: Vec<u8>,
}

/// What follows the head of a response.
#[derive(Debug)]
pub enum Body {
    /// Nothing.
    Empty,
    /// These bytes.
    Bytes(Vec<u8>),
    /// A part of a file, or all of it.
    File {
        /// Open for reading.
        file: File,
        /// The place of the first byte to send, counted from 0.
        start: u64,
        /// How many bytes to send.
        length: u64,
    },
}

/// A response, before it is written.
#[derive(Debug)]
pub struct Response {
    /// The status code: 200, say.
    pub status: u16,
    /// The names and values of the header fields, without `Content-Length` and `Date`, which
    /// `write_response` adds, and without `Connection`, which is `serve_connection`'s.
    pub headers: Vec<(String, String)>,
    /// What follows. For HEAD it is the same as for GET: only `write_response` knows the difference.
    pub body: Body,
}

/// Why there is no request to respond to.
#[derive(Debug)]
pub enum RequestError {
    /// The request is wrong: answer with this status, and close.
    Bad(u16),
    /// The connection is broken: there is nobody to answer.
    Io(io::Error),
}

/// Reads the next request, all of it, and not one byte more than that.
///
/// `None` means that the client is done: it has closed, or has sent nothing for `HEAD_TIME`. What
/// belongs to the next request stays in `reader`, so the same `reader` must be there for all requests of
/// a connection.
///
/// The head is CRLF lines: `METHOD SP TARGET SP HTTP/1.x`, the fields, an empty line. It has to be
/// there `HEAD_TIME` after the call, however busily its bytes drip. One empty line may stand before it.
///
/// - 400 is the answer to whatever is not by the grammar: a method or a field's name that is no token, a
///   target that is no visible ASCII, a version like `HTTP/1.10`, a line that ends with a bare LF, a
///   space before the colon, a folded line, a control character other than tab. Bytes over 127 in a
///   value are taken. 505 is for another major version; 1.2 and its like are taken as 1.1.
/// - 400 is for a 1.1 request without `Host`, and for any with two, or with one that names no host.
/// - 414, 431 and 413 are for what is longer than the limits above.
///
/// The body's length is what `Content-Length` says: one field, nothing but digits (else 400). Or the
/// body is chunked: `Transfer-Encoding: chunked`, alone (another coding is 501), not together with
/// `Content-Length` and not in HTTP/1.0 (both 400). Malformed chunks are 400; extensions and trailer fields
/// are dropped. Without either field there is no body.
///
/// A client of 1.1 with `Expect: 100-continue` waits, before it sends the body, for
/// `HTTP/1.1 100 Continue` and an empty line. It gets them when the body is not here yet, is not empty
/// and not too long, and the head is right.
///
/// Look up: `BufRead::fill_buf` and `consume`, `BufReader::get_ref`, `TcpStream::set_read_timeout`;
/// RFC 9112 sections 2 to 7, RFC 9110 section 10.1.1.
///
/// # Errors
///
/// `Bad` with the status to answer with; 408 when the time was over within a head or a body. `Io` with
/// what recv(2) reports, or with `UnexpectedEof` when the client closed within the request.
pub fn read_request(reader: &mut BufReader<TcpStream>) -> Result<Option<Request>, RequestError> {
    let deadline = Instant::now() + HEAD_TIME;
    let mut line = Vec::new();
    // An empty line is skipped: there are clients that send one after a body (RFC 9112 2.2).
    for _ in 0..2 {
        match wait(reader, deadline) {
            Ok(true) => {}
            Ok(false) | Err(RequestError::Bad(408)) => return Ok(None),
            Err(error) => return Err(error),
        }
        line = read_line(reader, MAX_REQUEST_LINE + CRLF, 414, deadline)?;
        if !line.is_empty() {
            break;
        }
    }
    let (method, target, minor_version) = parse_request_line(&line)?;
    let mut request = Request {
        method,
        target,
        minor_version,
        headers: read_fields(reader, MAX_HEAD - line.len() - CRLF, deadline)?,
        body: Vec::new(),
    };
    check_host(&request)?;
    let framing = framing(&request)?;
    if framing != Framing::Length(0) {
        invite_body(reader, &request)?;
    }
    match framing {
        Framing::Length(length) => read_body(reader, length, &mut request.body)?,
        Framing::Chunked => read_chunks(reader, &mut request.body)?,
    }
    Ok(Some(request))
}

/// The length of what ends a line.
const CRLF: usize = 2;

/// Waits until something is in the buffer, but not beyond `deadline`: `false` when the client is done.
fn wait(reader: &mut BufReader<TcpStream>, deadline: Instant) -> Result<bool, RequestError> {
    while reader.buffer().is_empty() {
        // The socket's time-out is for one recv, and a client that sends a byte a second never meets
        // it. So each recv gets what is left.
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(RequestError::Bad(408));
        }
        let set = reader.get_ref().set_read_timeout(Some(left));
        match set.and_then(|()| Ok(reader.fill_buf()?.len())) {
            Ok(0) => return Ok(false),
            Ok(_) => {}
            Err(error) => match error.kind() {
                ErrorKind::Interrupted | ErrorKind::WouldBlock | ErrorKind::TimedOut => {}
                _ => return Err(RequestError::Io(error)),
            },
        }
    }
    Ok(true)
}

/// As `wait`, within a request, where the client may not be done.
fn wait_for_more(reader: &mut BufReader<TcpStream>, deadline: Instant) -> Result<(), RequestError> {
    if wait(reader, deadline)? {
        return Ok(());
    }
    Err(RequestError::Io(ErrorKind::UnexpectedEof.into()))
}

/// The next line, without its CRLF. With it, it may be `max` bytes, else `too_long` is the status.
fn read_line(
    reader: &mut BufReader<TcpStream>,
    max: usize,
    too_long: u16,
    deadline: Instant,
) -> Result<Vec<u8>, RequestError> {
    let mut line = Vec::new();
    while !line.ends_with(b"\n") {
        if line.len() == max {
            return Err(RequestError::Bad(too_long));
        }
        wait_for_more(reader, deadline)?;
        let arrived = reader.buffer();
        let arrived = &arrived[..arrived.len().min(max - line.len())];
        let end = arrived.iter().position(|byte| *byte == b'\n');
        let count = end.map_or(arrived.len(), |at| at + 1);
        line.extend_from_slice(&arrived[..count]);
        reader.consume(count);
    }
    // A CR alone ends a line for some programs, and not for others. So it may not be in one.
    let forbidden = |byte: &u8| byte.is_ascii_control() && *byte != b'\t';
    match line.strip_suffix(b"\r\n") {
        Some(line) if !line.iter().any(forbidden) => Ok(line.to_vec()),
        _ => Err(RequestError::Bad(400)),
    }
}

fn parse_request_line(line: &[u8]) -> Result<(String, String, u8), RequestError> {
    let bad = RequestError::Bad(400);
    let mut words = line.split(|byte| *byte == b' ');
    let (Some(method), Some(target), Some(version), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(bad);
    };
    if !is_token(method) || !target.iter().all(u8::is_ascii_graphic) {
        return Err(bad);
    }
    let method = String::from_utf8_lossy(method).into_owned();
    let target = String::from_utf8_lossy(target).into_owned();
    // RFC 9112 3.2: a path, a whole URI, or what one method alone may ask for.
    match method.as_str() {
        "OPTIONS" if target == "*" => {}
        "CONNECT" if !target.is_empty() => {}
        _ if split_target(&target).is_some() => {}
        _ => return Err(bad),
    }
    match version {
        [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]
            if major.is_ascii_digit() && minor.is_ascii_digit() =>
        {
            match major {
                b'1' => Ok((method, target, minor - b'0')),
                _ => Err(RequestError::Bad(505)),
            }
        }
        _ => Err(bad),
    }
}

/// RFC 9110 5.6.2: what a method and a field's name are made of.
fn is_token(word: &[u8]) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !word.is_empty() && word.iter().all(allowed)
}

/// The fields up to the empty line, which together may have `left` bytes.
fn read_fields(
    reader: &mut BufReader<TcpStream>,
    mut left: usize,
    deadline: Instant,
) -> Result<Vec<(String, String)>, RequestError> {
    let mut fields = Vec::new();
    loop {
        let line = read_line(reader, left, 431, deadline)?;
        left -= line.len() + CRLF;
        if line.is_empty() {
            return Ok(fields);
        }
        if fields.len() == MAX_FIELDS {
            return Err(RequestError::Bad(431));
        }
        // A folded line begins with a space, and a space before the colon belongs to the name: no token.
        let colon = line.iter().position(|byte| *byte == b':');
        let (name, value) = line.split_at(colon.ok_or(RequestError::Bad(400))?);
        if !is_token(name) {
            return Err(RequestError::Bad(400));
        }
        let value = String::from_utf8_lossy(&value[1..]);
        fields.push((
            String::from_utf8_lossy(name).into_owned(),
            value.trim_matches([' ', '\t']).to_owned(),
        ));
    }
}

/// The values of all fields of this name.
fn values<'a>(request: &'a Request, name: &str) -> impl Iterator<Item = &'a str> {
    let fields = request.headers.iter();
    fields
        .filter(move |field| field.0.eq_ignore_ascii_case(name))
        .map(|field| field.1.as_str())
}

/// RFC 9112 3.2: a request of 1.1 says for which host it is, and no request says it twice.
fn check_host(request: &Request) -> Result<(), RequestError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:[]".contains(&byte);
    let mut hosts = values(request, "Host");
    match (hosts.next(), hosts.next()) {
        (Some(host), None) if host.bytes().all(allowed) => Ok(()),
        (None, _) if request.minor_version == 0 => Ok(()),
        _ => Err(RequestError::Bad(400)),
    }
}

/// How a receiver knows where a body ends.
#[derive(PartialEq)]
enum Framing {
    Length(usize),
    Chunked,
}

/// RFC 9112 6.3. Two programs that see different ends take the rest for different requests: that is
/// request smuggling. So nothing here is guessed.
fn framing(request: &Request) -> Result<Framing, RequestError> {
    let mut codings = values(request, "Transfer-Encoding");
    let mut lengths = values(request, "Content-Length");
    match (
        codings.next(),
        codings.next(),
        lengths.next(),
        lengths.next(),
    ) {
        (None, _, None, _) => Ok(Framing::Length(0)),
        (None, _, Some(length), None) => {
            let length = parse_number(length, 10).ok_or(RequestError::Bad(400))?;
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            match length {
                0..=MAX_BODY => Ok(Framing::Length(length)),
                _ => Err(RequestError::Bad(413)),
            }
        }
        (Some(coding), None, None, _) if request.minor_version > 0 => {
            match coding.eq_ignore_ascii_case("chunked") {
                true => Ok(Framing::Chunked),
                false => Err(RequestError::Bad(501)),
            }
        }
        _ => Err(RequestError::Bad(400)),
    }
}

/// The number that these digits are: no sign, no space. One that is too large for us is the largest.
fn parse_number(digits: &str, radix: u32) -> Option<u64> {
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    Some(u64::from_str_radix(digits, radix).unwrap_or(u64::MAX))
}

/// Tells a client that waits for it to send the body (RFC 9110 10.1.1).
fn invite_body(reader: &mut BufReader<TcpStream>, request: &Request) -> Result<(), RequestError> {
    let waits = values(request, "Expect").any(|it| it.eq_ignore_ascii_case("100-continue"));
    if waits && request.minor_version > 0 && reader.buffer().is_empty() {
        let invitation = b"HTTP/1.1 100 Continue\r\n\r\n";
        reader
            .get_mut()
            .write_all(invitation)
            .map_err(RequestError::Io)?;
    }
    Ok(())
}

/// Adds the next `length` bytes to `body`.
fn read_body(
    reader: &mut BufReader<TcpStream>,
    length: usize,
    body: &mut Vec<u8>,
) -> Result<(), RequestError> {
    let end = body.len() + length;
    while body.len() < end {
        wait_for_more(reader, Instant::now() + BODY_TIME)?;
        let arrived = reader.buffer();
        let count = arrived.len().min(end - body.len());
        body.extend_from_slice(&arrived[..count]);
        reader.consume(count);
    }
    Ok(())
}

/// RFC 9112 7.1: chunks, each behind its size, until one of size 0, and then trailer fields.
fn read_chunks(reader: &mut BufReader<TcpStream>, body: &mut Vec<u8>) -> Result<(), RequestError> {
    loop {
        let line = read_line(reader, MAX_REQUEST_LINE, 400, Instant::now() + BODY_TIME)?;
        let line = String::from_utf8_lossy(&line);
        let size = match line.split_once(';') {
            Some((size, _extension)) => size.trim_end_matches([' ', '\t']),
            None => &line,
        };
        match parse_number(size, 16) {
            None => return Err(RequestError::Bad(400)),
            Some(0) => break,
            Some(size) if size > (MAX_BODY - body.len()) as u64 => {
                return Err(RequestError::Bad(413));
            }
            Some(size) => read_body(reader, size as usize, body)?,
        }
        // Behind the data stands CRLF and nothing else: a line of two bytes.
        read_line(reader, CRLF, 400, Instant::now() + BODY_TIME)?;
    }
    read_fields(reader, MAX_HEAD, Instant::now() + BODY_TIME)?;
    Ok(())
}

/// Whether the connection goes on after this request.
///
/// In 1.1 it does, unless `Connection` has the word `close`. In 1.0 it does not, unless `Connection`
/// has the word `keep-alive` (and not `close`). `Connection` is a list of words between commas, perhaps
/// in several fields; case does not matter.
///
/// Look up: RFC 9112 section 9.3; `str::split`.
pub fn keep_alive(request: &Request) -> bool {
    let says = |word| {
        values(request, "Connection")
            .flat_map(|value| value.split(','))
            .any(|it| it.trim().eq_ignore_ascii_case(word))
    };
    !says("close") && (request.minor_version > 0 || says("keep-alive"))
}

/// Writes a response to a request whose method was `method`.
///
/// The status line says `HTTP/1.1`. After it come the fields of `response`, and `Date` and
/// `Content-Length`, and an empty line. All lines end with CRLF. A response to HEAD ends here: its
/// `Content-Length` is what GET would have had. 1xx, 204 and 304 end here, too, and have no
/// `Content-Length`. What `method` is does not matter otherwise.
///
/// However large the file of a body is, the memory for it stays the same.
///
/// Look up: `httpdate::fmt_http_date`; `Seek`, `Read::take` and `io::copy`, which lets the kernel carry
/// a file to a socket (sendfile(2)); RFC 9112 section 4, RFC 9110 sections 6.6.1 and 8.6.
///
/// # Errors
///
/// Those of send(2), and of reading the file. `UnexpectedEof` when the file has become shorter: then
/// only closing the connection tells the client so.
pub fn write_response(stream: &mut TcpStream, method: &str, response: Response) -> io::Result<()> {
    let status = response.status;
    let mut message = format!("HTTP/1.1 {status} {}\r\n", reason(status)).into_bytes();
    for (name, value) in &response.headers {
        write!(message, "{name}: {value}\r\n")?;
    }
    write!(message, "Date: {}\r\n", HttpDate::from(SystemTime::now()))?;
    let length = match &response.body {
        Body::Empty => 0,
        Body::Bytes(bytes) => bytes.len() as u64,
        Body::File { length, .. } => *length,
    };
    let has_body = !matches!(status, 100..200 | 204 | 304);
    if has_body {
        write!(message, "Content-Length: {length}\r\n")?;
    }
    message.extend_from_slice(b"\r\n");
    match response.body {
        Body::Bytes(bytes) if has_body && method != "HEAD" => message.extend_from_slice(&bytes),
        Body::File { file, start, .. } if has_body && method != "HEAD" => {
            return send_file(stream, message, file, start, length);
        }
        _ => {}
    }
    stream.write_all(&message)
}

fn send_file(
    stream: &mut TcpStream,
    mut message: Vec<u8>,
    mut file: File,
    start: u64,
    length: u64,
) -> io::Result<()> {
    file.seek(SeekFrom::Start(start))?;
    // A small file goes out with the head, in one packet.
    let head = message.len();
    let first = length.min(FIRST_PIECE);
    message.resize(head + first as usize, 0);
    file.read_exact(&mut message[head..])?;
    stream.write_all(&message)?;
    if first < length && io::copy(&mut file.take(length - first), stream)? < length - first {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    Ok(())
}

/// RFC 9110 section 15: what a status code is called.
fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        206 => "Partial Content",
        301 => "Moved Permanently",
        304 => "Not Modified",
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
        _ => "", // may be empty: only people read it
    }
}

/// The place in the file system that `target` names, whether or not something is there. `None` when it
/// names none, or none within `root`.
///
/// `target` is a path like `/a%20file.txt?x=1`, or a whole URI like `http://localhost/a%20file.txt`. The
/// query is no part of the name. `%20` and its like are decoded, once. A malformed escape, an encoded
/// NUL or `/`, a name that is not UTF-8, and `..` name nothing. A symlink is followed when it stays within
/// `root`.
///
/// Look up: `Path::components`, `Path::is_symlink` and `Path::canonicalize`; RFC 3986 section 2.1, RFC
/// 9112 section 3.2; CWE-22.
pub fn locate(root: &Path, target: &str) -> Option<PathBuf> {
    let (path, _query) = split_target(target)?;
    let mut place = root.to_owned();
    // Decoded after it was split: an encoded `/` does not make two names of one.
    for segment in path.split('/') {
        let name = percent_decode(segment)?;
        let mut parts = Path::new(&name).components();
        match (parts.next(), parts.next()) {
            (None | Some(Component::CurDir), None) => continue, // as in `//` and `/./`
            // What the system does not take for exactly one name is none: `..`, or `C:` on Windows.
            (Some(Component::Normal(part)), None) if part == name.as_str() => place.push(part),
            _ => return None,
        }
        if place.is_symlink() {
            let leads_to = place.canonicalize().ok()?;
            if !leads_to.starts_with(root.canonicalize().ok()?) {
                return None;
            }
        }
    }
    Some(place)
}

/// The path of a target, and its query with the `?`.
fn split_target(target: &str) -> Option<(&str, &str)> {
    let mut local = target;
    for scheme in ["http://", "https://"] {
        if target
            .get(..scheme.len())
            .is_some_and(|it| it.eq_ignore_ascii_case(scheme))
        {
            let host = &target[scheme.len()..];
            local = &host[host.find(['/', '?']).unwrap_or(host.len())..];
        }
    }
    let (path, query) = local.split_at(local.find('?').unwrap_or(local.len()));
    match path {
        "" if local.len() < target.len() => Some(("/", query)), // http://localhost
        _ => path.starts_with('/').then_some((path, query)),
    }
}

fn percent_decode(text: &str) -> Option<String> {
    let mut pieces = text.split('%');
    let mut bytes = pieces.next()?.as_bytes().to_vec();
    for piece in pieces {
        let (digits, rest) = piece.split_at_checked(2)?;
        bytes.push(parse_number(digits, 16)? as u8);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes)
        .ok()
        .filter(|text| !text.contains('\0'))
}

/// All but the unreserved characters of RFC 3986 2.3 encoded: fit to be a name in a link.
fn percent_encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(byte.into());
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// The response to `request`: a file below `root`, or part of it, a listing of a folder, or why not.
///
/// - GET and HEAD get the same response. OPTIONS gets 204. The other methods of RFC 9110, and PATCH, get
///   405; whatever else 501. 204 and 405 come with `Allow`.
/// - What `locate` does not find, and what is neither a file nor a folder, is 404. A file is 200, with
///   `Content-Type` (by its name's ending, text with `; charset=utf-8`, unknown ones
///   `application/octet-stream`), `Last-Modified` and `Accept-Ranges: bytes`.
/// - A folder without `/` at its target's end is 301 to the same target with it, the query kept. One with it
///   is its `index.html`, or else a listing: an HTML page with a link to every file and, with `/` behind
///   its name, every folder, sorted by name. Names are escaped in HTML and percent-encoded in links.
/// - `If-Modified-Since`: 304 when the file is not newer, by whole seconds. Not a date, or together with
///   `If-None-Match`: as if it were not there.
/// - `Range`, for GET: `bytes=0-99`, `bytes=100-` and `bytes=-100` are 206 with `Content-Range`, the
///   end cut to the file's. Where no such byte is, 416 with `Content-Range: bytes */LENGTH`. Malformed,
///   several ranges, another unit, or an `If-Range` that is not the very `Last-Modified`: 200 and all of it.
///
/// Look up: `fs::metadata`, `fs::read_dir`; `httpdate::HttpDate`; RFC 9110 sections 9, 13, 14 and 15.
pub fn respond(root: &Path, request: &Request) -> Response {
    let allow = || vec![field("Allow", "GET, HEAD, OPTIONS")];
    let result = match request.method.as_str() {
        "GET" | "HEAD" => respond_to_get(root, request),
        "OPTIONS" => Ok(Response {
            status: 204,
            headers: allow(),
            body: Body::Empty,
        }),
        "POST" | "PUT" | "DELETE" | "CONNECT" | "TRACE" | "PATCH" => Ok(Response {
            headers: allow(),
            ..explained(405)
        }),
        _ => Ok(explained(501)),
    };
    result.unwrap_or_else(|error| match error.kind() {
        ErrorKind::NotFound => explained(404),
        ErrorKind::PermissionDenied => explained(403),
        _ => explained(500),
    })
}

fn field(name: &str, value: impl ToString) -> (String, String) {
    (name.to_owned(), value.to_string())
}

/// A response that tells people what its status tells programs.
fn explained(status: u16) -> Response {
    Response {
        status,
        headers: vec![field("Content-Type", "text/plain; charset=utf-8")],
        body: Body::Bytes(format!("{status} {}\n", reason(status)).into_bytes()),
    }
}

fn respond_to_get(root: &Path, request: &Request) -> io::Result<Response> {
    let nothing = || io::Error::from(ErrorKind::NotFound);
    let (path, query) = split_target(&request.target).ok_or_else(nothing)?;
    let place = locate(root, path).ok_or_else(nothing)?;
    let metadata = fs::metadata(&place).map_err(|_| nothing())?;
    // Only files are opened: to open a FIFO is to wait for somebody who writes into it.
    match (metadata.is_dir(), path.ends_with('/')) {
        (false, false) if metadata.is_file() => respond_with_file(&place, request),
        (true, true) => match locate(root, &format!("{path}index.html")) {
            Some(index) if index.is_file() => respond_with_file(&index, request),
            _ => list(root, path, &place),
        },
        (true, false) => Ok(Response {
            status: 301,
            // One `/` before it: `//name/` would be another host's.
            headers: vec![field(
                "Location",
                format!("/{}/{query}", path.trim_start_matches('/')),
            )],
            body: Body::Empty,
        }),
        _ => Err(nothing()),
    }
}

fn list(root: &Path, path: &str, folder: &Path) -> io::Result<Response> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        // What could not be fetched is not offered.
        let Ok(name) = entry?.file_name().into_string() else {
            continue;
        };
        let place = locate(root, &format!("{path}{}", percent_encode(&name)));
        match place.map(fs::metadata) {
            Some(Ok(it)) if it.is_dir() => names.push((name, "/")),
            Some(Ok(it)) if it.is_file() => names.push((name, "")),
            _ => {}
        }
    }
    names.sort();
    let title = escape(&percent_decode(path).unwrap_or_default());
    let mut page = format!(
        "<!DOCTYPE html>\n<meta charset=\"utf-8\">\n<title>{title}</title>\n<h1>{title}</h1>\n<ul>\n"
    );
    for (name, slash) in names {
        let (link, text) = (percent_encode(&name), escape(&name));
        page.push_str(&format!(
            "<li><a href=\"{link}{slash}\">{text}{slash}</a></li>\n"
        ));
    }
    page.push_str("</ul>\n");
    Ok(Response {
        status: 200,
        headers: vec![field("Content-Type", "text/html; charset=utf-8")],
        body: Body::Bytes(page.into_bytes()),
    })
}

/// So that a file's name is text in a page, and nothing else.
fn escape(text: &str) -> String {
    let text = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&#39;")
}

fn respond_with_file(path: &Path, request: &Request) -> io::Result<Response> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    // RFC 9110 8.8.2.1: not in the future. And a date before 1970 is none that httpdate can write.
    let modified = metadata.modified()?.min(SystemTime::now()).max(UNIX_EPOCH);
    let modified = HttpDate::from(modified);
    let size = metadata.len();
    let mut response = Response {
        status: 200,
        headers: vec![
            field("Content-Type", media_type(path)),
            field("Last-Modified", modified),
            field("Accept-Ranges", "bytes"),
        ],
        body: Body::Empty,
    };
    let since = values(request, "If-Modified-Since").next();
    if let Some(Ok(since)) = since.map(str::parse::<HttpDate>)
        && modified <= since
        && values(request, "If-None-Match").next().is_none()
    {
        response.status = 304;
        return Ok(response);
    }
    match requested_range(request, size, &modified.to_string()) {
        None => {
            response.body = Body::File {
                file,
                start: 0,
                length: size,
            }
        }
        Some((start, end)) if start < end => {
            response.status = 206;
            let range = format!("bytes {start}-{}/{size}", end - 1);
            response.headers.push(field("Content-Range", range));
            response.body = Body::File {
                file,
                start,
                length: end - start,
            };
        }
        Some(_) => {
            response = explained(416);
            response
                .headers
                .push(field("Content-Range", format!("bytes */{size}")));
        }
    }
    Ok(response)
}

/// The bytes that the client wants, from the first to before the second number, within a file of
/// `size`; an empty range where the file has none of them. `None`: all of it (RFC 9110 14.2).
fn requested_range(request: &Request, size: u64, modified: &str) -> Option<(u64, u64)> {
    let still_the_same = values(request, "If-Range").all(|validator| validator == modified);
    if request.method != "GET" || !still_the_same {
        return None;
    }
    let (unit, range) = values(request, "Range").next()?.split_once('=')?;
    if !unit.eq_ignore_ascii_case("bytes") {
        return None;
    }
    match range.split_once('-')? {
        ("", last) => Some((size.saturating_sub(parse_number(last, 10)?), size)),
        (first, "") => Some((parse_number(first, 10)?, size)),
        (first, last) => {
            let (first, last) = (parse_number(first, 10)?, parse_number(last, 10)?);
            (first <= last).then(|| (first, size.min(last.saturating_add(1))))
        }
    }
}

fn media_type(path: &Path) -> &'static str {
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    match ending.to_ascii_lowercase().as_str() {
        "html" | "htm" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "txt" => "text/plain; charset=utf-8",
        "md" => "text/markdown; charset=utf-8",
        "csv" => "text/csv; charset=utf-8",
        "xml" => "text/xml; charset=utf-8",
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

/// Reads requests and writes the response to each, in order, until the connection ends.
///
/// It ends when the client is done, or a request is not one to keep it alive, or is `Bad`. The last
/// response says `Connection: close`; the answer to a bad request has an empty body. To a client of 1.0
/// that wants to keep the connection, every other response says `Connection: keep-alive`.
///
/// The end is gentle: FIN, then what still comes is read and dropped until the client is done, too, for
/// no more than `LINGER`. Closed with something unread, the connection would be reset, and the
/// client might never see the response. A client that reads nothing for `WRITE_TIME` is dropped.
///
/// Look up: `BufReader::get_mut`; `TcpStream::set_nodelay`, `set_write_timeout` and `shutdown`; RFC 9112
/// section 9.
///
/// # Errors
///
/// The connection broke: reset, not read for too long, or closed within a request.
pub fn serve_connection(stream: TcpStream, root: &Path) -> io::Result<()> {
    stream.set_nodelay(true)?; // what is written is complete: nothing to wait for
    stream.set_write_timeout(Some(WRITE_TIME))?;
    let mut reader = BufReader::new(stream);
    let mut goes_on = true;
    while goes_on {
        let (method, mut response) = match read_request(&mut reader) {
            Ok(Some(request)) => {
                let mut response = respond(root, &request);
                goes_on = keep_alive(&request);
                if goes_on && request.minor_version == 0 {
                    response.headers.push(field("Connection", "keep-alive"));
                }
                (request.method, response)
            }
            Ok(None) => break,
            Err(RequestError::Bad(status)) => {
                goes_on = false;
                let response = Response {
                    status,
                    headers: Vec::new(),
                    body: Body::Empty,
                };
                (String::new(), response)
            }
            Err(RequestError::Io(error)) => return Err(error),
        };
        if !goes_on {
            response.headers.push(field("Connection", "close"));
        }
        write_response(reader.get_mut(), &method, response)?;
    }
    hang_up(reader);
    Ok(())
}

/// FIN, and then a while of listening.
fn hang_up(mut reader: BufReader<TcpStream>) {
    let deadline = Instant::now() + LINGER.0;
    let mut dropped = 0;
    let mut open = reader.get_ref().shutdown(Shutdown::Write).is_ok();
    while open && dropped < LINGER.1 {
        let count = reader.buffer().len();
        reader.consume(count);
        dropped += count;
        open = matches!(wait(&mut reader, deadline), Ok(true));
    }
}

/// Serves everybody who connects, each in a thread of its own, for ever.
///
/// A connection that breaks off ends itself and no other, and so does a panic in its thread. An accept that
/// fails for one caller, a thread that cannot be had, a system that is short of something for a
/// while: none is a reason to stop.
///
/// Look up: `TcpListener::accept`, `std::thread::Builder` and `Arc`; the errors in the man page accept(2).
///
/// # Errors
///
/// That of accept(2) when the listener does not listen, or no longer does (EINVAL).
pub fn serve(listener: TcpListener, root: &Path) -> io::Result<()> {
    let root: Arc<Path> = root.into();
    loop {
        match listener.accept() {
            Ok((stream, _)) => {
                let root = Arc::clone(&root);
                // How a connection ended concerns the client that had it. Without a thread it is closed.
                let _ = thread::Builder::new().spawn(move || drop(serve_connection(stream, &root)));
            }
            Err(error) if error.kind() == ErrorKind::InvalidInput => return Err(error),
            // The caller has left (ECONNABORTED), or no descriptor is free (EMFILE). Without a pause,
            // the latter would come again at once, and keep a processor busy.
            Err(_) => thread::sleep(BREATHER),
        }
    }
}
