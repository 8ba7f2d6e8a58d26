//! Lesson 04, HTTP: a server for the files of a folder.
//!
//! Bytes become a protocol: a request has a line, fields and perhaps a body, and both sides know to
//! the byte where it ends. Here is a function that reads one and one that writes a response,
//! between them two that find what was asked for, and then the two that keep it all going. The
//! chapter is `book/src/lesson04-http.md`; `cargo test -p solution04` grades what you write.
//!
//! The rules are those of RFC 9110 (what the words mean) and RFC 9112 (how they are written). They
//! are strict with reason: where two programs read the same bytes differently, an attacker slips
//! through between them. So what is malformed is not guessed at. It is answered with 400, and the
//! connection ends.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use httpdate::HttpDate;

/// How many bytes a request line may have, without its CRLF. More are answered with 414.
pub const MAX_REQUEST_LINE: usize = 8 * 1024;

/// How many bytes a head may have, from its request line to the empty line, with both of them. More
/// are answered with 431.
pub const MAX_HEAD: usize = 64 * 1024;

/// How many fields a head may have. More are answered with 431.
pub const MAX_FIELDS: usize = 100;

/// How many bytes a request's body may have. More are answered with 413.
pub const MAX_BODY: usize = 1024 * 1024;

/// How long a client may take for a head. Longer is answered with 408.
pub const HEAD_TIME: Duration = Duration::from_secs(10);

/// How long a client may pause within a body. Longer is answered with 408.
pub const BODY_TIME: Duration = Duration::from_secs(30);

/// How long a client may leave unread what it is sent. Then the connection is closed.
pub const WRITE_TIME: Duration = Duration::from_secs(60);

/// How long the server goes on listening after its last response.
pub const LINGER_TIME: Duration = Duration::from_secs(2);

/// How many bytes the server takes after its last response.
pub const LINGER_BYTES: usize = 1024 * 1024;

/// What ends a line has this many bytes.
const CRLF: usize = 2;

/// How much of a file is read, and how much is sent, at once.
const PIECE: usize = 64 * 1024;

/// How long `serve` waits when the system has nothing left for another caller.
const BREATHER: Duration = Duration::from_millis(10);

/// A request, as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `GET`, say. Case matters: `get` is another method.
    pub method: String,
    /// What is asked for, as it was sent: `/a%20file.txt?x=1`.
    pub target: String,
    /// The number after the point: 1 in `HTTP/1.1`.
    pub minor_version: u8,
    /// The names and values of the header fields, in the order in which they were sent. Case does
    /// not matter in a name. A value has no whitespace around it.
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
    /// What follows. For HEAD it is the same as for GET: only `write_response` knows the
    /// difference.
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

/// Reads the next request: its head, and its body.
///
/// `None` means that the client is done: it has closed, or has sent nothing for `HEAD_TIME`. Bytes
/// behind the request belong to the next one. They stay in `reader`, which is the same for all
/// requests of a connection.
///
/// The head consists of lines, each with CRLF at its end: `METHOD TARGET HTTP/1.x` with one space
/// between the words, fields like `Name: value`, and an empty line. Empty lines before it are
/// skipped, as if they had not been sent. It has to be there `HEAD_TIME` after the call, however
/// steadily its bytes drip. The read time-out that this takes stays on the stream.
///
/// - 400 is for all that is not so: a method or a field's name that is no token; a target with
///   other bytes than visible ASCII, or that is neither a path nor a whole URI (but `OPTIONS *` and
///   `CONNECT host:port` are fine); a version like `HTTP/1.10`; a space before the colon; a folded
///   line; a control character other than tab. A bare LF is 400, or the end of a line everywhere.
///   In a value, bytes over 127 are taken, and replaced where they are no UTF-8. Spaces and tabs
///   around a value are no part of it.
/// - 505 is for a version other than 1.x. 1.2 is taken for what it is, a 1.1 with more to it.
/// - 400 is for 1.1 without `Host`, and for two `Host`s or a malformed one in any version. It is a
///   name of letters, digits, `-._~%` and `!$&'()*+,;=`, or an address, an IPv6 one in brackets;
///   then perhaps `:` and digits. It may be empty.
/// - 414, 431 and 413 are for what exceeds the limits above.
///
/// A body is as long as `Content-Length` says: one such field, with nothing but digits (else 400).
/// Or it comes in chunks: `Transfer-Encoding: chunked`. Any other coding is 501; this field in 1.0,
/// or together with `Content-Length`, is 400. So is a malformed chunk. Extensions of chunks, and
/// the trailer fields behind them, are dropped; neither may go on without limit. With neither field
/// there is no body, whatever the method.
///
/// A client of 1.1 that says `Expect: 100-continue` may wait with its body until it hears
/// `HTTP/1.1 100 Continue` and an empty line. It is told so when the head is fine, a body is to
/// come, not too long and not empty, and nothing of it is here yet.
///
/// Look up: `BufReader::buffer` and `get_ref`, `BufRead::fill_buf` and `consume`;
/// `TcpStream::set_read_timeout` and `Instant`; RFC 9112 sections 2 to 7, RFC 9110 sections 5.5,
/// 5.6.2 and 10.1.1.
///
/// # Errors
///
/// `Bad` with the status to answer with: also 408, when the time was over within a head or a body.
/// `Io` with what recv(2) reports, or with `UnexpectedEof` when the client closed within the
/// request.
pub fn read_request(reader: &mut BufReader<TcpStream>) -> Result<Option<Request>, RequestError> {
    let deadline = Instant::now() + HEAD_TIME;
    let mut line = Vec::new();
    // Some clients send an empty line after a body: it is skipped (RFC 9112 2.2).
    while line.is_empty() {
        match wait(reader, deadline) {
            Err(RequestError::Bad(408)) => return Ok(None),
            Err(RequestError::Io(error)) if error.kind() == ErrorKind::UnexpectedEof => {
                return Ok(None);
            }
            outcome => outcome?,
        }
        line = read_line(reader, MAX_REQUEST_LINE + CRLF, 414, deadline)?;
    }
    let (method, target, minor_version) = parse_request_line(&line)?;
    let headers = read_fields(reader, MAX_HEAD - line.len() - CRLF, deadline)?;
    let mut request = Request {
        method,
        target,
        minor_version,
        headers,
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

/// Waits until there is something in the buffer, but not beyond `deadline`.
fn wait(reader: &mut BufReader<TcpStream>, deadline: Instant) -> Result<(), RequestError> {
    while reader.buffer().is_empty() {
        // A time-out is for one recv, and somebody who sends a byte a second never meets it. So
        // each recv gets what is left.
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(RequestError::Bad(408));
        }
        let set = reader.get_ref().set_read_timeout(Some(left));
        match set.and_then(|()| Ok(reader.fill_buf()?.len())) {
            Ok(0) => return Err(RequestError::Io(ErrorKind::UnexpectedEof.into())),
            Ok(_) => {}
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => {}
                _ => return Err(RequestError::Io(error)),
            },
        }
    }
    Ok(())
}

/// The next line, without its CRLF. With it, it may have `max` bytes, else it is `Bad(too_long)`.
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
        wait(reader, deadline)?;
        let arrived = reader.buffer();
        let arrived = &arrived[..arrived.len().min(max - line.len())];
        let end = arrived.iter().position(|byte| *byte == b'\n');
        let count = end.map_or(arrived.len(), |at| at + 1);
        line.extend_from_slice(&arrived[..count]);
        reader.consume(count);
    }
    let end = line.len().saturating_sub(CRLF);
    // A lone CR ends a line for some programs and not for others, so it may not be in one either.
    let forbidden = |byte: &u8| byte.is_ascii_control() && *byte != b'\t';
    if &line[end..] != b"\r\n" || line[..end].iter().any(forbidden) {
        return Err(RequestError::Bad(400));
    }
    line.truncate(end);
    Ok(line)
}

/// The method, the target and the minor version.
fn parse_request_line(line: &[u8]) -> Result<(String, String, u8), RequestError> {
    let line = String::from_utf8_lossy(line);
    let [method, target, version] = line.split(' ').collect::<Vec<_>>()[..] else {
        return Err(RequestError::Bad(400));
    };
    // RFC 9112 3.2: a path or a whole URI, but for two methods.
    let has_a_form = split_target(target).is_some()
        || method == "OPTIONS" && target == "*"
        || method == "CONNECT" && target.contains(':');
    if !is_token(method) || !has_a_form || !target.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(RequestError::Bad(400));
    }
    match version.strip_prefix("HTTP/").map(str::as_bytes) {
        Some([b'1', b'.', minor @ b'0'..=b'9']) => {
            Ok((method.to_owned(), target.to_owned(), minor - b'0'))
        }
        Some([b'0'..=b'9', b'.', b'0'..=b'9']) => Err(RequestError::Bad(505)),
        _ => Err(RequestError::Bad(400)),
    }
}

/// Whether `word` is what a method and a field's name are (RFC 9110 5.6.2).
fn is_token(word: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !word.is_empty() && word.bytes().all(allowed)
}

/// The fields up to the empty line. With it, they may have `left` bytes.
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
        // A space before the colon, or at the start of a folded line, would be in the name: no
        // token.
        match String::from_utf8_lossy(&line).split_once(':') {
            Some((name, value)) if is_token(name) => {
                fields.push((name.to_owned(), value.trim_matches([' ', '\t']).to_owned()));
            }
            _ => return Err(RequestError::Bad(400)),
        }
    }
}

/// The values of all fields of this name.
fn values<'a>(request: &'a Request, name: &str) -> Vec<&'a str> {
    let fields = request.headers.iter();
    let of_that_name = fields.filter(|(other, _)| other.eq_ignore_ascii_case(name));
    of_that_name.map(|(_, value)| value.as_str()).collect()
}

/// A request of 1.1 says for which host it is, and none says it twice (RFC 9112 3.2).
fn check_host(request: &Request) -> Result<(), RequestError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:[]".contains(&byte);
    match values(request, "Host")[..] {
        [] if request.minor_version == 0 => Ok(()),
        [host] if host.bytes().all(allowed) => Ok(()),
        _ => Err(RequestError::Bad(400)),
    }
}

/// What says where a body ends.
#[derive(PartialEq)]
enum Framing {
    Length(usize),
    Chunked,
}

/// RFC 9112 6.3. Two programs that disagree here take the same bytes for different requests, which
/// is called request smuggling.
fn framing(request: &Request) -> Result<Framing, RequestError> {
    let codings = values(request, "Transfer-Encoding");
    match (&codings[..], &values(request, "Content-Length")[..]) {
        ([], []) => Ok(Framing::Length(0)),
        ([], [length]) => match parse_number(length, 10) {
            Some(length) if length <= MAX_BODY as u64 => Ok(Framing::Length(length as usize)),
            Some(_) => Err(RequestError::Bad(413)),
            None => Err(RequestError::Bad(400)),
        },
        ([coding], []) if request.minor_version > 0 => {
            match coding.eq_ignore_ascii_case("chunked") {
                true => Ok(Framing::Chunked),
                false => Err(RequestError::Bad(501)),
            }
        }
        _ => Err(RequestError::Bad(400)),
    }
}

/// The number that these digits are: no sign, no space. One that is too large for us is the
/// largest.
fn parse_number(digits: &str, radix: u32) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
    is_number.then(|| u64::from_str_radix(digits, radix).unwrap_or(u64::MAX))
}

/// Tells a client that waits for it to send the body (RFC 9110 10.1.1).
fn invite_body(reader: &mut BufReader<TcpStream>, request: &Request) -> Result<(), RequestError> {
    let expect = values(request, "Expect");
    let waits = expect
        .iter()
        .any(|it| it.eq_ignore_ascii_case("100-continue"));
    if waits && request.minor_version > 0 && reader.buffer().is_empty() {
        let sent = reader.get_mut().write_all(b"HTTP/1.1 100 Continue\r\n\r\n");
        sent.map_err(RequestError::Io)?;
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
        wait(reader, Instant::now() + BODY_TIME)?;
        let arrived = reader.buffer();
        let count = arrived.len().min(end - body.len());
        body.extend_from_slice(&arrived[..count]);
        reader.consume(count);
    }
    Ok(())
}

/// Chunks, each behind its size, until one of size 0. Then trailer fields (RFC 9112 7.1).
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
            Some(size) if size <= (MAX_BODY - body.len()) as u64 => {
                read_body(reader, size as usize, body)?;
            }
            Some(_) => return Err(RequestError::Bad(413)),
        }
        // After the data comes CRLF, and nothing else: a line of two bytes.
        read_line(reader, CRLF, 400, Instant::now() + BODY_TIME)?;
    }
    read_fields(reader, MAX_HEAD, Instant::now() + BODY_TIME).map(drop)
}

/// Whether the connection goes on after this request.
///
/// In 1.1 it does, unless `Connection` has the word `close`. In 1.0 it does not, unless
/// `Connection` has the word `keep-alive` (and not `close`). `Connection` is a list of words
/// between commas, perhaps in several fields; case does not matter.
///
/// Look up: RFC 9112 section 9.3; `str::split`.
pub fn keep_alive(request: &Request) -> bool {
    let connection = values(request, "Connection").join(",");
    let says = |word| {
        connection
            .split(',')
            .any(|it| it.trim().eq_ignore_ascii_case(word))
    };
    !says("close") && (request.minor_version > 0 || says("keep-alive"))
}

/// Writes the response to a request whose method was `method`.
///
/// First the head, in lines with CRLF at their end: `HTTP/1.1 200 OK` and its like, the fields of
/// `response`, `Date`, `Content-Length`, and an empty line. Then the body. Head and body are
/// written together as far as that is easy: for a small body one packet is enough.
///
/// A response to HEAD has no body, and the `Content-Length` that GET would have got. One with
/// status 1xx, 204 or 304 has neither body nor `Content-Length`.
///
/// However large a file is, the memory for it stays the same.
///
/// The stream has a write time-out, which is for one send(2). One that has sent a part when its time
/// is over is no error: a client that reads nothing should be given up then, not after another.
///
/// Look up: `httpdate::HttpDate`; `write!`, `Seek::seek` and `Read::read_exact`; RFC 9112 section
/// 4, RFC 9110 sections 6.6.1, 8.6, 9.3.2 and 15.
///
/// # Errors
///
/// `InvalidInput` when a name or a value has CR, LF or NUL in it: then nothing is sent. Those of send(2),
/// and of reading the file. `UnexpectedEof` when the file has become shorter than
/// `length`: the client has been promised more than there is, and hears of it when the connection
/// closes.
pub fn write_response(stream: &mut TcpStream, method: &str, response: Response) -> io::Result<()> {
    let status = response.status;
    let mut message = format!("HTTP/1.1 {status} {}\r\n", reason(status)).into_bytes();
    for (name, value) in &response.headers {
        // A line end in it would begin a line that nobody meant to send.
        if format!("{name}{value}").contains(['\r', '\n', '\0']) {
            return Err(ErrorKind::InvalidInput.into());
        }
        write!(message, "{name}: {value}\r\n")?;
    }
    write!(message, "Date: {}\r\n", HttpDate::from(SystemTime::now()))?;
    let length = match &response.body {
        Body::Empty => 0,
        Body::Bytes(bytes) => bytes.len() as u64,
        Body::File { length, .. } => *length,
    };
    let never_has_a_body = matches!(status, 100..200 | 204 | 304);
    if !never_has_a_body {
        write!(message, "Content-Length: {length}\r\n")?;
    }
    message.extend_from_slice(b"\r\n");
    match response.body {
        _ if never_has_a_body || method == "HEAD" => {}
        Body::Empty => {}
        Body::Bytes(bytes) => message.extend_from_slice(&bytes),
        Body::File {
            file,
            start,
            length,
        } => return send_file(stream, message, file, start, length),
    }
    send(stream, &message)
}

/// Sends all of `bytes`, unless the client does not read: as `write_all`, but for the time-out.
fn send(stream: &mut TcpStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let began = Instant::now();
        match stream.write(&bytes[..bytes.len().min(PIECE)]) {
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        // A send that has sent a part when its time is over is no error. The next would wait as long.
        if began.elapsed() >= WRITE_TIME {
            return Err(ErrorKind::TimedOut.into());
        }
    }
    Ok(())
}

/// Sends the head that is in `message`, and these bytes of the file behind it.
fn send_file(
    stream: &mut TcpStream,
    mut message: Vec<u8>,
    mut file: File,
    start: u64,
    length: u64,
) -> io::Result<()> {
    file.seek(SeekFrom::Start(start))?;
    let mut left = length;
    loop {
        let filled = if left == length { message.len() } else { 0 };
        let piece = left.min(PIECE as u64);
        message.resize(filled + piece as usize, 0);
        file.read_exact(&mut message[filled..])?;
        send(stream, &message)?;
        left -= piece;
        if left == 0 {
            return Ok(());
        }
    }
}

/// What a status code is called (RFC 9110 section 15).
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

/// The path of the file or folder that `target` names, never outside of `root`.
///
/// Nothing needs to be there. `None` means that nothing there may be served.
///
/// `target` is what a request asks for: a path like `/a%20file.txt?x=1`, or a whole URI like
/// `http://localhost/a%20file.txt`; no path behind the host is `/`. The query does not count.
/// Between the slashes stand names, in which each `%XX` is decoded, once. A malformed `%XX`, a NUL or
/// a `/` among the decoded, bytes that are no UTF-8, and the name `..` give `None`. Empty names and
/// `.` are skipped. A symlink may be followed where it stays within `root`; one that leads out of it,
/// or nowhere, gives `None`.
///
/// Look up: `Path::components`, `Path::is_symlink`, `Path::canonicalize` and `Path::starts_with`;
/// RFC 3986 sections 2.1 and 3.3, RFC 9112 section 3.2; path traversal, CWE-22.
pub fn locate(root: &Path, target: &str) -> Option<PathBuf> {
    let (path, _query) = split_target(target)?;
    let mut place = root.to_owned();
    // Split first, decoded then: an encoded `/` is part of a name, and no file has such a name.
    for segment in path.split('/') {
        let name = percent_decode(segment)?;
        let mut parts = Path::new(&name).components();
        match (parts.next(), parts.next()) {
            (None | Some(Component::CurDir), None) => continue, // as in `//` and `/./`
            // It has to be one name for this system: not `..`, and not `C:` where that is a drive.
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
    let local = match target.split_once("://") {
        Some((scheme, rest)) if ["http", "https"].contains(&&*scheme.to_ascii_lowercase()) => {
            &rest[rest.find(['/', '?']).unwrap_or(rest.len())..]
        }
        _ => target,
    };
    let (path, query) = local.split_at(local.find('?').unwrap_or(local.len()));
    if path.is_empty() && local != target {
        return Some(("/", query)); // of http://localhost, say
    }
    path.starts_with('/').then_some((path, query))
}

/// Every `%XX` made into its byte, once. `None` when one is malformed, when there is a NUL, and
/// when the bytes are no UTF-8.
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

/// `text` as a name in a link: all but the unreserved characters (RFC 3986 2.3) made into `%XX`.
fn percent_encode(text: &str) -> String {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let encode = |byte: u8| match unreserved(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

/// The response to `request`: a file below `root` or a part of it, a list of a folder, or why not.
///
/// - GET and HEAD get the same response. OPTIONS gets 204. POST, PUT, DELETE, CONNECT, TRACE and
///   PATCH get 405, all else 501. 204 and 405 say in `Allow` what is served.
/// - 404 is for what `locate` does not give, what is not there, and what is neither a file nor a
///   folder (to open a FIFO could take for ever). Also for a file with `/` at its path's end. What may
///   not be read is 403, or 404.
/// - A file is 200 with `Content-Type` and `Last-Modified`, and should say `Accept-Ranges: bytes`.
///   The type is found by the ending, whose case does not matter: html, css, js, txt, md, csv and xml
///   are text, and should say `; charset=utf-8`; also known are json, pdf, wasm, zip, gz, svg, png,
///   jpg, jpeg, gif, webp, ico, mp4 and woff2. Anything else is `application/octet-stream`. A file is
///   served whatever its time is, before 1970 even.
/// - A folder with `/` at its path's end is its `index.html`, if that is a file and `locate` gives
///   it. Else it is an HTML page with a link to each file and each folder in it, a folder with `/`
///   behind its name. It should be sorted by name. Names, and what is shown of the target, are
///   escaped in the text, and percent-encoded in the links. Without the `/` it is 301, and `Location`
///   is the path with one, and with the query.
/// - `If-Modified-Since`: 304 when the file is not newer, in whole seconds. It is ignored when it
///   is no date, and when there is `If-None-Match`.
/// - `Range`, for GET: `bytes=0-99`, `bytes=100-` and `bytes=-100` are 206 with `Content-Range`,
///   cut off where the file ends. 416 with `Content-Range: bytes */LENGTH` where it has none of
///   these bytes. What is in other units, or several ranges, is ignored, and so is `Range` beside an
///   `If-Range` that is not exactly `Last-Modified`. What is malformed is no range; it should be
///   ignored, too.
///
/// Look up: `fs::metadata`, `fs::read_dir`, `Path::extension`; `httpdate::HttpDate`; RFC 9110
/// sections 8.3, 8.8.2, 9, 13.1, 14 and 15.
pub fn respond(root: &Path, request: &Request) -> Response {
    let result = match request.method.as_str() {
        "GET" | "HEAD" => get(root, request),
        "OPTIONS" => Ok(response(204, &[ALLOW], Body::Empty)),
        "POST" | "PUT" | "DELETE" | "CONNECT" | "TRACE" | "PATCH" => Ok(explain(405, Some(ALLOW))),
        _ => Ok(explain(501, None)),
    };
    result.unwrap_or_else(|error| match error.kind() {
        ErrorKind::NotFound => explain(404, None),
        ErrorKind::PermissionDenied => explain(403, None),
        _ => explain(500, None),
    })
}

const ALLOW: (&str, &str) = ("Allow", "GET, HEAD, OPTIONS");

fn response(status: u16, fields: &[(&str, &str)], body: Body) -> Response {
    let owned = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
    let headers = fields.iter().map(owned).collect();
    Response {
        status,
        headers,
        body,
    }
}

/// A response whose body tells people what its status tells programs.
fn explain(status: u16, field: Option<(&str, &str)>) -> Response {
    let text = format!("{status} {}\n", reason(status)).into_bytes();
    let text_type = ("Content-Type", "text/plain; charset=utf-8");
    let fields: Vec<_> = [text_type].into_iter().chain(field).collect();
    response(status, &fields, Body::Bytes(text))
}

fn get(root: &Path, request: &Request) -> io::Result<Response> {
    let (path, query) = split_target(&request.target).ok_or(ErrorKind::NotFound)?;
    let place = locate(root, path).ok_or(ErrorKind::NotFound)?;
    let metadata = fs::metadata(&place).map_err(|_| ErrorKind::NotFound)?;
    match (metadata.is_dir(), path.ends_with('/')) {
        (true, true) => match locate(root, &format!("{path}index.html")) {
            Some(index) if index.is_file() => get_file(&index, request),
            _ => list(root, path, &place),
        },
        (true, false) => {
            // One slash at its beginning: `//name/` would be the root of a host with this name.
            let with_slash = format!("/{}/{query}", path.trim_start_matches('/'));
            Ok(response(301, &[("Location", &with_slash)], Body::Empty))
        }
        // Nothing else is opened. To open a FIFO is to wait for somebody who writes into it.
        (false, false) if metadata.is_file() => get_file(&place, request),
        _ => Err(ErrorKind::NotFound.into()),
    }
}

/// The page that lists `folder`, which is at `path`.
fn list(root: &Path, path: &str, folder: &Path) -> io::Result<Response> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let Ok(name) = entry?.file_name().into_string() else {
            continue; // no target can name it
        };
        let place = locate(root, &format!("{path}{}", percent_encode(&name)));
        match place.map(fs::metadata) {
            Some(Ok(it)) if it.is_dir() => names.push((name, "/")),
            Some(Ok(it)) if it.is_file() => names.push((name, "")),
            _ => {} // `get` would not find it
        }
    }
    names.sort();
    let title = escape(&percent_decode(path).unwrap_or_default());
    let mut page = format!("<!DOCTYPE html>\n<title>{title}</title>\n<h1>{title}</h1>\n<ul>\n");
    for (name, slash) in names {
        let (link, text) = (percent_encode(&name), escape(&name));
        page += &format!("<li><a href=\"{link}{slash}\">{text}{slash}</a></li>\n");
    }
    page += "</ul>\n";
    let html = [("Content-Type", "text/html; charset=utf-8")];
    Ok(response(200, &html, Body::Bytes(page.into_bytes())))
}

/// `text` as it is written in HTML: a file's name may look like a tag.
fn escape(text: &str) -> String {
    let text = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&#39;")
}

fn get_file(path: &Path, request: &Request) -> io::Result<Response> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    // Never in the future (RFC 9110 8.8.2.1), nor before 1970, for which `HttpDate` has no words.
    let modified = metadata.modified()?.min(SystemTime::now()).max(UNIX_EPOCH);
    let modified = HttpDate::from(modified);
    let last_modified = modified.to_string();
    let last_modified = ("Last-Modified", last_modified.as_str());
    if let [since] = values(request, "If-Modified-Since")[..]
        && since
            .parse::<HttpDate>()
            .is_ok_and(|since| modified <= since)
        && values(request, "If-None-Match").is_empty()
    {
        return Ok(response(304, &[last_modified], Body::Empty));
    }
    let size = metadata.len();
    let requested = requested_range(request, size, last_modified.1);
    let (start, end) = requested.unwrap_or((0, size));
    if requested.is_some() && start >= end {
        let content_range = format!("bytes */{size}");
        return Ok(explain(416, Some(("Content-Range", &content_range))));
    }
    let body = Body::File {
        file,
        start,
        length: end - start,
    };
    let content_type = ("Content-Type", media_type(path));
    if requested.is_some() {
        let content_range = format!("bytes {start}-{}/{size}", end - 1);
        let fields = [
            content_type,
            last_modified,
            ("Content-Range", &content_range),
        ];
        return Ok(response(206, &fields, body));
    }
    let fields = [content_type, last_modified, ("Accept-Ranges", "bytes")];
    Ok(response(200, &fields, body))
}

/// From which byte to before which byte the client wants a file of `size`; nothing lies between
/// them when the file has no such byte. `None` is for all of it (RFC 9110 14.2).
fn requested_range(request: &Request, size: u64, last_modified: &str) -> Option<(u64, u64)> {
    let [range] = values(request, "Range")[..] else {
        return None;
    };
    let still_wanted = values(request, "If-Range")
        .iter()
        .all(|it| *it == last_modified);
    let (unit, range) = range.split_once('=')?;
    if request.method != "GET" || !still_wanted || !unit.eq_ignore_ascii_case("bytes") {
        return None;
    }
    match range.split_once('-')? {
        ("", count) => Some((size.saturating_sub(parse_number(count, 10)?), size)),
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

/// Reads request after request, and writes the response to each, until the connection is at its
/// end.
///
/// It is when the client is done; when a request, by `keep_alive`, was the last; and when a request
/// is `Bad`, which is answered with an empty body. The last response says `Connection: close`, the
/// others `Connection: keep-alive`, for which a client of 1.0 waits.
///
/// The end is gentle. To close while something is unread is to reset the connection, and then the
/// client may never see the last response. So: FIN, then read and drop what comes until the client
/// is done, too, but no longer than `LINGER_TIME` and no more than `LINGER_BYTES`.
///
/// A client that reads nothing for `WRITE_TIME` is given up.
///
/// Look up: `BufReader::get_mut`; `TcpStream::set_nodelay`, `set_write_timeout` and `shutdown`; RFC
/// 9112 section 9.
///
/// # Errors
///
/// The connection broke: it was reset, given up, or closed within a request.
pub fn serve_connection(stream: TcpStream, root: &Path) -> io::Result<()> {
    stream.set_nodelay(true)?; // each write is complete: nothing to wait for
    stream.set_write_timeout(Some(WRITE_TIME))?;
    let mut reader = BufReader::new(stream);
    loop {
        let (mut response, goes_on, method) = match read_request(&mut reader) {
            Ok(None) => break,
            Ok(Some(request)) => (
                respond(root, &request),
                keep_alive(&request),
                request.method,
            ),
            Err(RequestError::Bad(status)) => {
                (response(status, &[], Body::Empty), false, String::new())
            }
            Err(RequestError::Io(error)) => return Err(error),
        };
        let connection = if goes_on { "keep-alive" } else { "close" };
        response
            .headers
            .push(("Connection".to_owned(), connection.to_owned()));
        write_response(reader.get_mut(), &method, response)?;
        if !goes_on {
            break;
        }
    }
    hang_up(reader);
    Ok(())
}

/// Says that this was all, and listens for a while.
fn hang_up(mut reader: BufReader<TcpStream>) {
    let deadline = Instant::now() + LINGER_TIME;
    let mut dropped = 0;
    // Fails when the client has gone, and then there is nobody to listen to.
    let _ = reader.get_ref().shutdown(Shutdown::Write);
    while dropped < LINGER_BYTES && wait(&mut reader, deadline).is_ok() {
        let count = reader.buffer().len();
        reader.consume(count);
        dropped += count;
    }
}

/// Serves everybody who connects, each in a thread of its own, for ever.
///
/// A connection that breaks ends for itself, and so does one whose thread panics. No thread for a
/// caller, an accept that fails for one caller, or because the system is short of something for a
/// while: none of it is a reason to stop.
///
/// Look up: `TcpListener::accept`, `std::thread::Builder`, `Arc`; the errors in the man page
/// accept(2).
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
                // How a connection ended concerns the client that had it. Without a thread, it ends
                // here.
                let _ = thread::Builder::new().spawn(move || drop(serve_connection(stream, &root)));
            }
            Err(error) if error.kind() == ErrorKind::InvalidInput => return Err(error),
            // The caller has left (ECONNABORTED), or no descriptor is free (EMFILE). Without a
            // pause, the latter would come again at once, and keep a processor busy.
            Err(_) => thread::sleep(BREATHER),
        }
    }
}
