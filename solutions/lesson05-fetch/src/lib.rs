//! Lesson 05, fetch: a small curl.
//!
//! Lesson 04 was one side of HTTP, and here is the other. A URL is taken apart, a request is
//! written, a head is read, and a body is copied to its end, which can be marked in three ways.
//! Then redirects, and all of it together. The program around these functions takes curl's options,
//! and means by them what curl means. The chapter is `book/src/lesson05-fetch.md`; `cargo test -p
//! solution05` grades what you write.
//!
//! The rules are those of RFC 3986 (URLs), RFC 9110 and RFC 9112 (HTTP). Where they leave a choice,
//! curl's is ours.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Ipv6Addr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::{AsciiSet, percent_decode_str, utf8_percent_encode};

/// How many bytes the head of an answer may have, with those of the 1xx answers before it. It is
/// also the limit for a chunk's size line, and for the trailer fields.
pub const MAX_HEAD: usize = 300 * 1024;

/// What may come behind a URL's authority begins with one of these.
const AFTER_AUTHORITY: [char; 3] = ['/', '?', '#'];

/// What ends a line has this many bytes.
const CRLF: usize = 2;

/// How much is received at once.
const PIECE: usize = 64 * 1024;

/// A URL, taken apart: `http://user:password@host:port/target#fragment`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    /// `http` or `https`, in lower case.
    pub scheme: String,
    /// User and password, with their percent escapes decoded. The password may be empty.
    pub user: Option<(String, String)>,
    /// A name or an address. An IPv6 address stands here without its brackets.
    pub host: String,
    /// 80 or 443 where the URL does not say.
    pub port: u16,
    /// The path and the query, as a request line has them: `/a%20b?x=1`. At least `/`.
    pub target: String,
}

/// A request that is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `GET`, say. Case matters.
    pub method: String,
    /// What is asked for, and whom.
    pub url: Url,
    /// Names and values of the header fields, in the order in which they are to be sent.
    /// `write_request` adds those that are missing.
    pub headers: Vec<(String, String)>,
    /// What follows the head. Often nothing.
    pub body: Vec<u8>,
    /// The proxy that is to fetch it for us.
    pub proxy: Option<Url>,
    /// When all must be over. `None` means no limit.
    pub deadline: Option<Instant>,
}

/// The head of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The number after the point: 1 in `HTTP/1.1`.
    pub minor_version: u8,
    /// Three digits: 200, say.
    pub status: u16,
    /// What follows the status: `OK`, say, or nothing.
    pub reason: String,
    /// Names and values of the header fields, in the order in which they came. A value has no
    /// whitespace around it.
    pub headers: Vec<(String, String)>,
}

/// What says where a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// There is none.
    None,
    /// After this many bytes.
    Length(u64),
    /// After the chunk of size 0, and the trailer fields.
    Chunked,
    /// Where the server closes the connection.
    UntilClose,
}

/// Why there is no answer, or not all of it. Each has the exit code that curl gives it, so
/// `error as u8` is what the program ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FetchError {
    /// The URL is malformed, or its scheme is none that we speak.
    Url = 3,
    /// Nobody knows the host's name.
    Resolve = 6,
    /// No address of the host takes the connection.
    Connect = 7,
    /// What came is no answer of HTTP.
    BadReply = 8,
    /// The body ended before it was complete.
    Partial = 18,
    /// What came could not be written down.
    Write = 23,
    /// The time was over.
    Timeout = 28,
    /// There were more redirects than were to be followed.
    TooManyRedirects = 47,
    /// The server closed the connection without a word.
    EmptyReply = 52,
    /// The request could not be sent.
    Send = 55,
    /// The connection broke while the answer came.
    Receive = 56,
}

/// Takes a URL apart.
///
/// - Without `://` it is an `http` URL: `example.com/a`. One behind the first `/`, `?` or `#` does
///   not count. The scheme's case does not matter; any other than `http` and `https` is an error.
/// - The authority is what comes before the first `/`, `?` or `#`: `user:password@host:port`, where
///   all but the host may be missing. There is no second `@`: in a password it is `%40`. User and
///   password are split first, and decoded then. A host has letters, digits and `-._~`, or is an
///   IPv6 address in brackets. The port is a number from 1 to 65535. With a colon and nothing
///   behind it, the port is the default one.
/// - The target is the path with the query. A missing path is `/`, also in front of a query. The
///   segments `.` and `..` of the path are resolved: `/a/../b` is `/b`. Percent escapes stay as
///   they are.
/// - The fragment, `#` and what follows, is never sent: it is no part of the target.
/// - A control character or a space anywhere is an error, and so is an empty host.
///
/// Look up: `str::split_once`, `str::split_at` and `str::find`; the crate `percent_encoding`; RFC
/// 3986 sections 3 and 5.2.4.
///
/// # Errors
///
/// `Url`, when the text is none.
pub fn parse_url(text: &str) -> Result<Url, FetchError> {
    if text.contains(|it: char| it.is_ascii_control() || it == ' ') {
        return Err(FetchError::Url);
    }
    // Only before the authority: a query may have a `://`, too.
    let scheme = text.split_once("://");
    let scheme = scheme.filter(|(scheme, _)| !scheme.contains(AFTER_AUTHORITY));
    let (scheme, rest) = scheme.unwrap_or(("http", text));
    let scheme = scheme.to_ascii_lowercase();
    let default_port = match scheme.as_str() {
        "http" => 80,
        "https" => 443,
        _ => return Err(FetchError::Url),
    };
    let (rest, _fragment) = split_before(rest, &['#']);
    let (authority, target) = split_before(rest, &AFTER_AUTHORITY);
    let (user, server) = match authority.split_once('@') {
        Some((user, server)) => (Some(parse_user(user)?), server),
        None => (None, authority),
    };
    let (host, port) = split_server(server).ok_or(FetchError::Url)?;
    let port = match port {
        "" | ":" => default_port,
        _ => parse_port(port).ok_or(FetchError::Url)?,
    };
    let (path, query) = split_before(target, &['?']);
    let target = remove_dot_segments(path) + query;
    Ok(Url {
        scheme,
        user,
        host: host.to_owned(),
        port,
        // What is no ASCII has no place in a request line.
        target: utf8_percent_encode(&target, &AsciiSet::EMPTY).to_string(),
    })
}

/// What stands before the first of `ends`, and the rest with it.
fn split_before<'a>(text: &'a str, ends: &[char]) -> (&'a str, &'a str) {
    text.split_at(text.find(ends).unwrap_or(text.len()))
}

/// User and password. Decoded after they are split: an encoded `:` is part of one of them.
fn parse_user(text: &str) -> Result<(String, String), FetchError> {
    let (user, password) = text.split_once(':').unwrap_or((text, ""));
    let decode = |text| match percent_decode_str(text).decode_utf8() {
        Ok(decoded) if !decoded.contains('\0') => Ok(decoded.into_owned()),
        _ => Err(FetchError::Url),
    };
    Ok((decode(user)?, decode(password)?))
}

/// The host, without brackets, and the port with its colon.
fn split_server(text: &str) -> Option<(&str, &str)> {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, port) = rest.split_once(']')?;
        return host.parse::<Ipv6Addr>().is_ok().then_some((host, port));
    }
    let (host, port) = split_before(text, &[':']);
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    (!host.is_empty() && host.bytes().all(allowed)).then_some((host, port))
}

fn parse_port(text: &str) -> Option<u16> {
    let port = parse_number(text.strip_prefix(':')?, 10)?;
    u16::try_from(port).ok().filter(|port| *port > 0)
}

/// The number that these digits are: no sign, no space.
fn parse_number(digits: &str, radix: u32) -> Option<u64> {
    // `from_str_radix` takes a sign.
    let is_number = digits.chars().all(|digit| digit.is_digit(radix));
    u64::from_str_radix(digits, radix)
        .ok()
        .filter(|_| is_number)
}

/// The path without `.` and `..` (RFC 3986 5.2.4). It begins with a slash, or is made to.
fn remove_dot_segments(path: &str) -> String {
    let mut kept = Vec::new();
    for segment in path.split('/').skip(1) {
        match segment {
            "." => {}
            ".." => drop(kept.pop()),
            _ => kept.push(segment),
        }
    }
    // These name a folder, too: its slash stays.
    if path.ends_with("/.") || path.ends_with("/..") {
        kept.push("");
    }
    format!("/{}", kept.join("/"))
}

/// Writes a request: its line, its fields, an empty line, and its body.
///
/// - The line is `METHOD TARGET HTTP/1.1`. To a proxy the target is the whole URL, without user,
///   password and fragment: `http://host:8080/a?b`.
/// - `Host` comes first: the host, in brackets when it is an IPv6 address, and the port unless it
///   is the scheme's own.
/// - Then `Proxy-Authorization` when the proxy's URL has a user, and `Authorization` when the URL
///   has one: `Basic` and the base64 of `user:password`.
/// - Then come `request.headers`, in their order, as `Name: value`, or `Name:` when the value is
///   empty. A field that stands there is not added again: with a `Host` of the caller's own there
///   is none of ours, and so it is with the others of this list.
/// - Last comes `Content-Length`, when there is a body, or the method is POST, PUT or PATCH. Where
///   the caller has given `Content-Length` or `Transfer-Encoding`, it is not added.
///
/// No other field is added. Nothing is written when a CR, LF or NUL stands in the method, the
/// target, the host, a name or a value, or a space in one of the first three: it would end the
/// line, and begin another request.
///
/// Look up: the crate `base64`; RFC 9112 sections 3.2 and 5, RFC 9110 sections 7.2 and 11, RFC
/// 7617.
///
/// # Errors
///
/// `Url` or `Send` when the request cannot be written as one; `Timeout` when the stream's time-out
/// is over, `Send` for any other of its errors but `Interrupted`: then the write is made again.
pub fn write_request(stream: &mut dyn Write, request: &Request) -> Result<(), FetchError> {
    let url = &request.url;
    let host = host_and_port(url);
    let target = match request.proxy {
        Some(_) => format!("{}://{host}{}", url.scheme, url.target),
        None => url.target.clone(),
    };
    let words = [&request.method, &target, &host];
    if words.iter().any(|it| it.contains([' ', '\r', '\n', '\0'])) {
        return Err(FetchError::Url);
    }
    let mut message = format!("{} {target} HTTP/1.1\r\n", request.method);
    let given = |name: &str| values(&request.headers, name).next().is_some();
    let mut add = |name, value: Option<String>| match value {
        Some(value) if !given(name) => message += &format!("{name}: {value}\r\n"),
        _ => {}
    };
    add("Host", Some(host));
    let proxy_user = request.proxy.as_ref().and_then(|proxy| proxy.user.as_ref());
    add("Proxy-Authorization", proxy_user.map(basic));
    add("Authorization", url.user.as_ref().map(basic));
    for (name, value) in &request.headers {
        if format!("{name}{value}").contains(['\r', '\n', '\0']) {
            return Err(FetchError::Url);
        }
        let space = if value.is_empty() { "" } else { " " };
        message += &format!("{name}:{space}{value}\r\n");
    }
    // A server expects a body with these methods, and wants to be told that there is none.
    let has_a_body =
        !request.body.is_empty() || ["POST", "PUT", "PATCH"].contains(&&*request.method);
    if has_a_body && !given("Content-Length") && !given("Transfer-Encoding") {
        message += &format!("Content-Length: {}\r\n", request.body.len());
    }
    message += "\r\n";
    // Head and body in one write: for a short body one packet is enough.
    let mut message = message.into_bytes();
    message.extend_from_slice(&request.body);
    let sent = stream.write_all(&message).and_then(|()| stream.flush());
    sent.map_err(|error| broken(&error, FetchError::Send))
}

/// The host as a URL and `Host` have it, with the port unless it is the scheme's own.
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

/// The values of all fields of this name.
fn values<'a>(fields: &'a [(String, String)], name: &str) -> impl Iterator<Item = &'a str> {
    let of_that_name = fields
        .iter()
        .filter(move |(other, _)| other.eq_ignore_ascii_case(name));
    of_that_name.map(|(_, value)| value.as_str())
}

/// Credentials as Basic has them (RFC 7617): coded, but for everybody to read.
fn basic((user, password): &(String, String)) -> String {
    let credentials = format!("{user}:{password}");
    format!("Basic {}", BASE64_STANDARD.encode(credentials))
}

/// `Timeout` when `error` is a time-out, else `otherwise`.
fn broken(error: &io::Error, otherwise: FetchError) -> FetchError {
    match error.kind() {
        // What a socket's time-out is called differs between systems.
        ErrorKind::WouldBlock | ErrorKind::TimedOut => FetchError::Timeout,
        _ => otherwise,
    }
}

/// Reads the head of the answer, up to and with its empty line. What follows stays in `reader`.
///
/// Heads with a status from 100 to 199 announce another, and are passed over; but 101 is an answer.
/// The first line is `HTTP/1.x STATUS REASON`, where the status has three digits and is not below
/// 100, and the reason may be empty, or missing with its space. A line that begins with a space or
/// a tab is no field of its own: it goes on with the one before, or is `BadReply`. A line may end
/// in LF alone. Bytes that are no UTF-8 are replaced.
///
/// Look up: `BufRead::fill_buf` and `consume`, or `BufRead::read_until` with `Read::take`; RFC 9112
/// sections 2.2, 4 and 5, RFC 9110 section 15.2.
///
/// # Errors
///
/// `EmptyReply` when the stream ends before its very first byte; `BadReply` when what comes is no
/// head of HTTP/1.x, when the stream ends within one or after a 1xx one, and when all of them are
/// longer than `MAX_HEAD`; `Timeout` when a read says `WouldBlock` or `TimedOut`; `Receive` for any
/// other error of a read, but for `Interrupted`: then it is made again.
pub fn read_head(reader: &mut dyn BufRead) -> Result<Head, FetchError> {
    let mut left = MAX_HEAD;
    loop {
        let head = read_one_head(reader, &mut left).map_err(|error| match error {
            FetchError::Partial if left == MAX_HEAD => FetchError::EmptyReply,
            FetchError::Partial => FetchError::BadReply,
            error => error,
        })?;
        if head.status == 101 || !(100..200).contains(&head.status) {
            return Ok(head);
        }
    }
}

/// A head of any status, of at most `left` bytes, which are then fewer by as many as it had.
fn read_one_head(reader: &mut dyn BufRead, left: &mut usize) -> Result<Head, FetchError> {
    let line = read_line(reader, left)?;
    let (minor_version, status, reason) = parse_status_line(&line).ok_or(FetchError::BadReply)?;
    let mut head = Head {
        minor_version,
        status,
        reason: reason.to_owned(),
        headers: Vec::new(),
    };
    loop {
        let line = read_line(reader, left)?;
        if line.is_empty() {
            return Ok(head);
        }
        // It would go on with the line before: not all see the same field in it.
        if line.starts_with([' ', '\t']) {
            return Err(FetchError::BadReply);
        }
        let (name, value) = line.split_once(':').ok_or(FetchError::BadReply)?;
        let value = value.trim_ascii();
        head.headers.push((name.to_owned(), value.to_owned()));
    }
}

/// The next line, without what ends it. `Partial` when the stream ends before it, `BadReply` when
/// it has more than `left` bytes.
fn read_line(reader: &mut dyn BufRead, left: &mut usize) -> Result<String, FetchError> {
    let mut line = Vec::new();
    let read = reader.take(*left as u64).read_until(b'\n', &mut line);
    *left -= read.map_err(|error| broken(&error, FetchError::Receive))?;
    match line.strip_suffix(b"\n") {
        Some(line) => {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            Ok(String::from_utf8_lossy(line).into_owned())
        }
        None if *left == 0 => Err(FetchError::BadReply),
        None => Err(FetchError::Partial),
    }
}

/// The minor version, the status and the reason.
fn parse_status_line(line: &str) -> Option<(u8, u16, &str)> {
    let mut words = line.splitn(3, ' ');
    let (version, status) = (words.next()?, words.next()?);
    let minor_version = match version.strip_prefix("HTTP/1.")?.as_bytes() {
        [digit @ b'0'..=b'9'] => digit - b'0',
        _ => return None,
    };
    let status = match status.as_bytes() {
        [b'1'..=b'9', _, _] => parse_number(status, 10)? as u16,
        _ => return None,
    };
    Some((minor_version, status, words.next().unwrap_or("")))
}

/// Says where the body of the answer ends (RFC 9112 section 6.3).
///
/// - There is none in answer to HEAD, and none with a status of 1xx, 204 or 304, whatever the
///   fields say.
/// - It comes in chunks if the last coding in `Transfer-Encoding` is `chunked`, whatever
///   `Content-Length` says. With other codings only, it goes on to the end of the connection.
/// - It has the length that `Content-Length` says: digits, nothing else. The field may be there
///   twice if both say the same.
/// - Else it goes on to the end of the connection.
///
/// The names of fields and codings are compared without case.
///
/// # Errors
///
/// `BadReply` when `Content-Length` is no number, or says two different ones.
pub fn framing(method: &str, head: &Head) -> Result<Framing, FetchError> {
    if method == "HEAD" || matches!(head.status, 100..200 | 204 | 304) {
        return Ok(Framing::None);
    }
    let codings = values(&head.headers, "Transfer-Encoding").flat_map(|it| it.split(','));
    if let Some(last) = codings.map(str::trim).filter(|it| !it.is_empty()).last() {
        return Ok(match last.eq_ignore_ascii_case("chunked") {
            true => Framing::Chunked,
            false => Framing::UntilClose,
        });
    }
    let mut framing = Framing::UntilClose;
    for length in values(&head.headers, "Content-Length") {
        let length = parse_number(length, 10).ok_or(FetchError::BadReply)?;
        let length = Framing::Length(length);
        if framing != Framing::UntilClose && framing != length {
            return Err(FetchError::BadReply);
        }
        framing = length;
    }
    Ok(framing)
}

/// Copies the body to `sink`, and gives how many bytes that were. What arrives is written at once,
/// and nothing is read that belongs to what follows the body.
///
/// A chunk is its size in hexadecimal digits, perhaps `;` and extensions, CRLF, as many bytes, and
/// CRLF. LF in the place of CRLF may be taken, or refused. After the one of size 0 come trailer
/// fields up to an empty line. Extensions and trailer fields are passed over. The body needs no
/// more memory for being longer.
///
/// Look up: `BufRead::fill_buf`, `BufRead::consume`, `Write::write_all`; RFC 9112 section 7.1.
///
/// # Errors
///
/// `Partial` when the stream ends before the body does, be it within a line between chunks;
/// `BadReply` or `Receive` when a chunk is malformed; `Write` when `sink` fails; `Timeout` and
/// `Receive` as with `read_head`. What came before an error is in `sink`.
pub fn copy_body(
    reader: &mut dyn BufRead,
    framing: Framing,
    sink: &mut dyn Write,
) -> Result<u64, FetchError> {
    match framing {
        Framing::None => Ok(0),
        Framing::Length(length) => copy_exactly(reader, length, sink),
        Framing::Chunked => copy_chunks(reader, sink),
        Framing::UntilClose => copy_up_to(reader, u64::MAX, sink),
    }
}

/// Copies `length` bytes, or less if the stream ends before. Gives how many there were.
fn copy_up_to(
    reader: &mut dyn BufRead,
    length: u64,
    sink: &mut dyn Write,
) -> Result<u64, FetchError> {
    let mut left = length;
    while left > 0 {
        let arrived = match reader.fill_buf() {
            Ok([]) => break,
            Ok(arrived) => arrived,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(broken(&error, FetchError::Receive)),
        };
        let count = left.min(arrived.len() as u64);
        let written = sink.write_all(&arrived[..count as usize]);
        let written = written.and_then(|()| sink.flush());
        written.map_err(|_| FetchError::Write)?;
        reader.consume(count as usize);
        left -= count;
    }
    Ok(length - left)
}

fn copy_exactly(
    reader: &mut dyn BufRead,
    length: u64,
    sink: &mut dyn Write,
) -> Result<u64, FetchError> {
    match copy_up_to(reader, length, sink)? {
        copied if copied == length => Ok(length),
        _ => Err(FetchError::Partial),
    }
}

fn copy_chunks(reader: &mut dyn BufRead, sink: &mut dyn Write) -> Result<u64, FetchError> {
    let mut copied = 0;
    loop {
        let mut left = MAX_HEAD;
        let line = read_line(reader, &mut left)?;
        let (size, _extensions) = split_before(&line, &[';']);
        match parse_number(size.trim_ascii_end(), 16) {
            None => return Err(FetchError::BadReply),
            Some(0) => break,
            Some(size) => copied += copy_exactly(reader, size, sink)?,
        }
        // After the data comes CRLF and nothing else, which is an empty line.
        left = CRLF;
        if !read_line(reader, &mut left)?.is_empty() {
            return Err(FetchError::BadReply);
        }
    }
    let mut left = MAX_HEAD;
    while !read_line(reader, &mut left)?.is_empty() {} // trailer fields
    Ok(copied)
}

/// The request that the answer asks us to send in place of `request`. `None` when it is no
/// redirect: 301, 302, 303, 307 or 308 with a `Location` that is not empty.
///
/// - `Location` may be relative: then it is resolved against `request.url` (RFC 3986 section 5.2).
///   Its fragment is dropped. Some servers write a space where none may be. In the path it is taken
///   for `%20`, in the query for `+`.
/// - 303 makes GET of any method but HEAD, 301 and 302 of POST. Then the body is dropped, and with
///   it each field that speaks of it: `Content-…`, `Transfer-Encoding`, `Expect`. 307 and 308 keep
///   method and body.
/// - To another origin (scheme, host or port) go no user and password of `request.url`, and no
///   `Authorization`, `Cookie` or `Host` of `request.headers`. Those were meant for the first one.
///   To the same origin all of these go again; only a user that `Location` names takes the place
///   of the URL's. A field `Authorization` of the caller's own stays also then, as curl has it.
///
/// Look up: RFC 9110 sections 10.2.2, 15.4 and 17.13.1.
///
/// # Errors
///
/// `Url` when `Location` is malformed, or its scheme is neither `http` nor `https`. A scheme is a
/// letter, then letters, digits and `+-.`, up to the first colon: `mailto:me` has one, too.
pub fn redirected(request: &Request, head: &Head) -> Result<Option<Request>, FetchError> {
    let location = values(&head.headers, "Location").next();
    let location = location.filter(|it| !it.is_empty());
    let (301 | 302 | 303 | 307 | 308, Some(location)) = (head.status, location) else {
        return Ok(None);
    };
    let mut next = request.clone();
    next.url = resolve(&request.url, location)?;
    if origin(&next.url) == origin(&request.url) {
        next.url.user = next.url.user.or_else(|| request.url.user.clone());
    } else {
        let secret = |name: &str| ["authorization", "cookie", "host"].contains(&name);
        next.headers
            .retain(|(name, _)| !secret(&name.to_ascii_lowercase()));
    }
    let becomes_get = match head.status {
        301 | 302 => request.method == "POST",
        303 => request.method != "HEAD",
        _ => false,
    };
    if becomes_get {
        next.method = "GET".to_owned();
        next.body.clear();
        let of_the_body = |name: &str| {
            name.starts_with("content-") || ["transfer-encoding", "expect"].contains(&name)
        };
        next.headers
            .retain(|(name, _)| !of_the_body(&name.to_ascii_lowercase()));
    }
    Ok(Some(next))
}

/// What has to be the same for a secret to be sent again.
fn origin(url: &Url) -> (&str, String, u16) {
    (&url.scheme, url.host.to_ascii_lowercase(), url.port)
}

/// The URL that `reference` is for somebody who has come from `base` (RFC 3986 5.2.2).
fn resolve(base: &Url, reference: &str) -> Result<Url, FetchError> {
    let (path, query) = split_before(reference, &['?']);
    let reference = path.replace(' ', "%20") + &query.replace(' ', "+");
    let (start, rest) = split_before(&reference, &AFTER_AUTHORITY);
    if start.contains(':') {
        // It ends a scheme. `parse_url` would take `mailto:25` for a host and a port.
        return match rest.starts_with("//") {
            true => parse_url(&reference),
            false => Err(FetchError::Url),
        };
    }
    if reference.starts_with("//") {
        return parse_url(&format!("{}:{reference}", base.scheme));
    }
    let (path, _) = split_before(&reference, &['?', '#']);
    let (base_path, _) = split_before(&base.target, &['?']);
    let before = match path {
        "" if reference.starts_with('?') => base_path,
        "" => &base.target,
        _ if path.starts_with('/') => "",
        _ => &base_path[..=base_path.rfind('/').unwrap_or(0)],
    };
    let host = host_and_port(base);
    parse_url(&format!("{}://{host}{before}{reference}", base.scheme))
}

/// Fetches what is asked for: connects to the host, or to the proxy, sends the request, reads the
/// answer, follows redirects, and copies the body of the last answer to `sink`. Gives the heads of
/// all answers, the last one last. 1xx answers are not among them.
///
/// The host's addresses are tried in their order. The body of a redirect that is followed does not
/// reach `sink`: nobody needs it, and its connection may be closed. A server may answer and hang up
/// before it has read all of a long body. Then sending fails, and the answer counts. All of it has
/// to be over at `request.deadline`. An answer that says 404 or 500 is an answer like any other.
///
/// Look up: `ToSocketAddrs`, `TcpStream::connect_timeout`, `set_read_timeout` and
/// `set_write_timeout`; lesson 03.
///
/// # Errors
///
/// `Url` for `https`, which a later lesson teaches: in the URL, in a redirect, and in the proxy's
/// URL. `Resolve`, `Connect`; `Timeout` when the deadline comes, whatever was going on;
/// `TooManyRedirects` when more than `max_redirects` would have to be followed; and those of the
/// functions above.
pub fn fetch(
    mut request: Request,
    max_redirects: u32,
    sink: &mut dyn Write,
) -> Result<Vec<Head>, FetchError> {
    let mut heads = Vec::new();
    loop {
        let mut reader = BufReader::with_capacity(PIECE, connect(&request)?);
        let sent = write_request(reader.get_mut(), &request);
        if let Err(error) = sent
            && error != FetchError::Send
        {
            return Err(error);
        }
        // A server may answer and close before it has read all of a long body: the answer counts.
        let head = read_head(&mut reader).map_err(|error| sent.err().unwrap_or(error))?;
        let Some(next) = redirected(&request, &head)? else {
            copy_body(&mut reader, framing(&request.method, &head)?, sink)?;
            heads.push(head);
            return Ok(heads);
        };
        heads.push(head);
        if heads.len() > max_redirects as usize {
            return Err(FetchError::TooManyRedirects);
        }
        request = next;
    }
}

/// Connects to the proxy, or else to the host.
fn connect(request: &Request) -> Result<Stream, FetchError> {
    let server = request.proxy.as_ref().unwrap_or(&request.url);
    if server.scheme != "http" || request.url.scheme != "http" {
        return Err(FetchError::Url);
    }
    let deadline = request.deadline;
    let timeout = |error: io::Error| broken(&error, FetchError::Connect);
    let addrs = (server.host.as_str(), server.port).to_socket_addrs();
    for addr in addrs.map_err(|_| FetchError::Resolve)? {
        let connected = match time_left(deadline).map_err(timeout)? {
            Some(left) => TcpStream::connect_timeout(&addr, left),
            None => TcpStream::connect(addr),
        };
        if let Ok(tcp) = connected {
            return Ok(Stream { tcp, deadline });
        }
    }
    time_left(deadline).map_err(timeout)?;
    Err(FetchError::Connect)
}

/// `None` when there is no limit, and the error `TimedOut` when nothing is left.
fn time_left(deadline: Option<Instant>) -> io::Result<Option<Duration>> {
    let left = deadline.map(|it| it.saturating_duration_since(Instant::now()));
    match left {
        Some(Duration::ZERO) => Err(ErrorKind::TimedOut.into()),
        left => Ok(left),
    }
}

/// A connection on which nothing goes on after the deadline.
///
/// A socket's time-out is for one recv, and a server that sends a byte a second never meets it. So
/// each call gets what is left.
struct Stream {
    tcp: TcpStream,
    deadline: Option<Instant>,
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.tcp.set_read_timeout(time_left(self.deadline)?)?;
        self.tcp.read(buffer)
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.tcp.set_write_timeout(time_left(self.deadline)?)?;
        self.tcp.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
