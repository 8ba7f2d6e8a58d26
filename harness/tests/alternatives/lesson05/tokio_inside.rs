//! tokio inside, on a runtime of one thread, and expressions rather than statements: iterators, folds,
//! and closures. A line without a colon is passed over, folded lines are joined, of a chunk the CR LF is
//! demanded, and everything goes through a small buffer.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::iter;
use std::time::Instant;

use base64::prelude::{BASE64_STANDARD, Engine};
use percent_encoding::percent_decode_str;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};

pub const MAX_HEAD: usize = 300 * 1024;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    pub scheme: String,
    pub user: Option<(String, String)>,
    pub host: String,
    pub port: u16,
    pub target: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub method: String,
    pub url: Url,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub proxy: Option<Url>,
    pub deadline: Option<Instant>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub minor_version: u8,
    pub status: u16,
    pub reason: String,
    pub headers: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    None,
    Length(u64),
    Chunked,
    UntilClose,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FetchError {
    Url = 3,
    Resolve = 6,
    Connect = 7,
    BadReply = 8,
    Partial = 18,
    Write = 23,
    Timeout = 28,
    TooManyRedirects = 47,
    EmptyReply = 52,
    Send = 55,
    Receive = 56,
}

use FetchError::{BadReply, Connect, EmptyReply, Partial, Receive, Resolve, Send, Timeout};

const fn default_port(scheme: &str) -> u16 {
    if scheme.len() == 5 { 443 } else { 80 }
}

/// Up to the first of `ends`, and from there on.
fn until<'a>(text: &'a str, ends: &[char]) -> (&'a str, &'a str) {
    text.split_at(text.find(ends).unwrap_or(text.len()))
}

pub fn parse_url(text: &str) -> Result<Url, FetchError> {
    if text.chars().any(|it| it.is_control() || it == ' ') {
        return Err(FetchError::Url);
    }
    let (scheme, rest) = text
        .split_once("://")
        .filter(|(scheme, _)| !scheme.contains(['/', '?', '#']))
        .map_or(("http".to_owned(), text), |(scheme, rest)| (scheme.to_lowercase(), rest));
    let (authority, rest) = until(rest, &['/', '?', '#']);
    let decoded = |part: &str| {
        percent_decode_str(part).decode_utf8().map(String::from).map_err(|_| FetchError::Url)
    };
    let (user, place) = match authority.split('@').collect::<Vec<_>>()[..] {
        [place] => (None, place),
        [user, place] => {
            let (user, password) = user.split_once(':').unwrap_or((user, ""));
            (Some((decoded(user)?, decoded(password)?)), place)
        }
        _ => return Err(FetchError::Url),
    };
    let (host, port) = match place.strip_prefix('[') {
        Some(address) => address
            .split_once(']')
            .filter(|(address, _)| address.parse::<std::net::Ipv6Addr>().is_ok()),
        None => Some(until(place, &[':'])).filter(|(host, _)| {
            !host.is_empty()
                && host.bytes().all(|it| it.is_ascii_alphanumeric() || b"-._~".contains(&it))
        }),
    }
    .ok_or(FetchError::Url)?;
    let port = match (port.strip_prefix(':'), port) {
        (Some(""), _) | (None, "") => Some(default_port(&scheme)),
        (Some(digits), _) if digits.bytes().all(|it| it.is_ascii_digit()) => {
            digits.parse().ok().filter(|&port| port > 0)
        }
        _ => None,
    };
    let (path, query) = until(until(rest, &['#']).0, &['?']);
    Ok(Url {
        user,
        host: host.to_owned(),
        port: port.ok_or(FetchError::Url)?,
        target: without_dots(path) + query,
        scheme: Some(scheme).filter(|it| it == "http" || it == "https").ok_or(FetchError::Url)?,
    })
}

fn without_dots(path: &str) -> String {
    let last = path.rsplit('/').next();
    let folder = matches!(last, Some("." | ".."));
    let kept = path.split('/').skip(1).fold(Vec::new(), |mut kept, name| {
        match name {
            "." => (),
            ".." => drop(kept.pop()),
            name => kept.push(name),
        }
        kept
    });
    let kept: String = kept.into_iter().flat_map(|name| ["/", name]).collect();
    match (folder, kept.is_empty()) {
        (true, _) => kept + "/",
        (false, true) => "/".to_owned(),
        (false, false) => kept,
    }
}

fn authority(url: &Url) -> String {
    let host = if url.host.contains(':') { format!("[{}]", url.host) } else { url.host.clone() };
    if url.port == default_port(&url.scheme) { host } else { format!("{host}:{}", url.port) }
}

fn broken(error: &io::Error, other: FetchError) -> FetchError {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => Timeout,
        _ => other,
    }
}

pub fn write_request(stream: &mut dyn Write, request: &Request) -> Result<(), FetchError> {
    let Request { method, url, headers, body, proxy, .. } = request;
    let words = [method, &url.target, &url.host];
    let fields = headers.iter().flat_map(|(name, value)| [name, value]);
    if words.iter().any(|it| it.contains(' '))
        || words.into_iter().chain(fields).any(|it| it.contains(['\r', '\n', '\0']))
    {
        return Err(Send);
    }
    let missing = |name: &str| !headers.iter().any(|it| it.0.eq_ignore_ascii_case(name));
    let basic = |url: &Url| {
        let user = url.user.as_ref();
        user.map(|(user, password)| "Basic ".to_owned() + &BASE64_STANDARD.encode(format!("{user}:{password}")))
    };
    let ours = [
        ("Host", Some(authority(url))),
        ("Proxy-Authorization", proxy.as_ref().and_then(basic)),
        ("Authorization", basic(url)),
    ];
    let length = (!body.is_empty() || matches!(method.as_str(), "POST" | "PUT" | "PATCH"))
        && missing("transfer-encoding");
    let length = ("Content-Length", length.then(|| body.len().to_string()));
    let ours_first = ours.into_iter().chain(iter::once(length)).map(|(name, value)| {
        (name, value.filter(|_| missing(name)).map(|value| format!("{name}: {value}\r\n")))
    });
    let (first, last): (Vec<_>, Vec<_>) = ours_first.partition(|it| it.0 != "Content-Length");
    let theirs = headers.iter().map(|(name, value)| match value.as_str() {
        "" => format!("{name}:\r\n"),
        value => format!("{name}: {value}\r\n"),
    });
    let whole = proxy.as_ref().map(|_| format!("{}://{}", url.scheme, authority(url)));
    let line = format!("{method} {}{} HTTP/1.1\r\n", whole.unwrap_or_default(), url.target);
    let head: String = iter::once(line)
        .chain(first.into_iter().filter_map(|it| it.1))
        .chain(theirs)
        .chain(last.into_iter().filter_map(|it| it.1))
        .chain(iter::once("\r\n".to_owned()))
        .collect();
    [head.as_bytes(), body]
        .iter()
        .try_for_each(|part| stream.write_all(part))
        .and_then(|()| stream.flush())
        .map_err(|error| broken(&error, Send))
}

/// The next byte, or `None` where the stream ends.
fn byte(reader: &mut dyn BufRead) -> Result<Option<u8>, FetchError> {
    reader.bytes().next().transpose().map_err(|error| broken(&error, Receive))
}

/// A line with its LF. It lacks the LF where the stream ends.
fn line(reader: &mut dyn BufRead, room: &mut usize) -> Result<Vec<u8>, FetchError> {
    let mut line = Vec::new();
    while line.last() != Some(&b'\n') {
        *room = room.checked_sub(1).ok_or(BadReply)?;
        match byte(reader)? {
            Some(byte) => line.push(byte),
            None => break,
        }
    }
    Ok(line)
}

pub fn read_head(reader: &mut dyn BufRead) -> Result<Head, FetchError> {
    let mut room = MAX_HEAD;
    let mut next = || {
        let line = line(reader, &mut room)?;
        let text = |line: &[u8]| String::from_utf8_lossy(line).into_owned();
        match line.strip_suffix(b"\n") {
            Some(line) => Ok(text(line.strip_suffix(b"\r").unwrap_or(line))),
            None if line.is_empty() => Err(EmptyReply),
            None => Err(BadReply),
        }
    };
    let mut first = next()?;
    loop {
        let mut head = status_line(&first).ok_or(BadReply)?;
        let mut fields = iter::from_fn(|| match next() {
            Ok(line) if line.is_empty() => None,
            Ok(line) => Some(Ok(line)),
            Err(EmptyReply) => Some(Err(BadReply)),
            Err(error) => Some(Err(error)),
        });
        head.headers = fields.try_fold(Vec::new(), |mut headers: Vec<(String, String)>, line| {
            let line = line?;
            if line.starts_with([' ', '\t']) {
                let (_, value) = headers.last_mut().ok_or(BadReply)?;
                *value = format!("{value} {}", line.trim_matches([' ', '\t']));
            } else if let Some((name, value)) = line.split_once(':') {
                headers.push((name.to_owned(), value.trim_matches([' ', '\t']).to_owned()));
            }
            Ok(headers)
        })?;
        if head.status >= 200 || head.status == 101 {
            return Ok(head);
        }
        first = next().map_err(|error| if error == EmptyReply { BadReply } else { error })?;
    }
}

fn status_line(line: &str) -> Option<Head> {
    let (version, rest) = line.strip_prefix("HTTP/1.")?.split_once(' ')?;
    let (status, reason) = rest.split_once(' ').unwrap_or((rest, ""));
    let digits = |text: &str, count| {
        (text.len() == count && text.bytes().all(|it| it.is_ascii_digit())).then_some(())
    };
    digits(version, 1)?;
    digits(status, 3)?;
    Some(Head {
        minor_version: version.parse().ok()?,
        status: status.parse().ok().filter(|&it| it >= 100)?,
        reason: reason.to_owned(),
        headers: Vec::new(),
    })
}

fn values<'a>(headers: &'a [(String, String)], name: &'a str) -> impl Iterator<Item = &'a str> {
    headers.iter().filter(move |it| it.0.eq_ignore_ascii_case(name)).map(|it| it.1.as_str())
}

pub fn framing(method: &str, head: &Head) -> Result<Framing, FetchError> {
    let coding = values(&head.headers, "transfer-encoding").flat_map(|it| it.split(',')).last();
    let bare = method == "HEAD" || matches!(head.status, 100..=199 | 204 | 304);
    match (bare, coding) {
        (true, _) => Ok(Framing::None),
        (_, Some(coding)) if coding.trim().eq_ignore_ascii_case("chunked") => Ok(Framing::Chunked),
        (_, Some(_)) => Ok(Framing::UntilClose),
        (_, None) => values(&head.headers, "content-length")
            .map(|text| {
                let digits = !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
                text.parse::<u64>().ok().filter(|_| digits).ok_or(BadReply)
            })
            .try_fold(Framing::UntilClose, |before, length| match (before, length?) {
                (Framing::Length(before), length) if before != length => Err(BadReply),
                (_, length) => Ok(Framing::Length(length)),
            }),
    }
}

/// Copies up to `most` bytes, less where the stream ends.
fn copy(reader: &mut dyn BufRead, most: u64, sink: &mut dyn Write) -> Result<u64, FetchError> {
    let mut copied = 0;
    while copied < most {
        let piece = match reader.fill_buf() {
            Ok([]) => break,
            Ok(piece) => piece,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(broken(&error, Receive)),
        };
        let count = usize::try_from(most - copied).unwrap_or(usize::MAX).min(piece.len());
        let written = sink.write_all(&piece[..count]).and_then(|()| sink.flush());
        written.map_err(|_| FetchError::Write)?;
        reader.consume(count);
        copied += count as u64;
    }
    Ok(copied)
}

pub fn copy_body(
    reader: &mut dyn BufRead,
    framing: Framing,
    sink: &mut dyn Write,
) -> Result<u64, FetchError> {
    match framing {
        Framing::None => Ok(0),
        Framing::UntilClose => copy(reader, u64::MAX, sink),
        Framing::Length(length) => match copy(reader, length, sink)? {
            copied if copied == length => Ok(length),
            _ => Err(Partial),
        },
        Framing::Chunked => {
            let whole = |line: Vec<u8>| match line.strip_suffix(b"\n") {
                None => Err(Partial),
                Some(line) => line.strip_suffix(b"\r").map(<[u8]>::to_vec).ok_or(Receive),
            };
            let mut total = 0;
            loop {
                let size = whole(line(reader, &mut { MAX_HEAD })?)?;
                let digits = size.split(|&it| it == b';').next().unwrap_or_default();
                let size = digits.iter().try_fold(0_u64, |size, &digit| {
                    let digit = char::from(digit).to_digit(16)?;
                    size.checked_mul(16)?.checked_add(u64::from(digit))
                });
                match size.filter(|_| !digits.is_empty()).ok_or(Receive)? {
                    0 => break,
                    size if copy(reader, size, sink)? < size => return Err(Partial),
                    size => total += size,
                }
                if !whole(line(reader, &mut { MAX_HEAD })?)?.is_empty() {
                    return Err(BadReply);
                }
            }
            let mut room = MAX_HEAD;
            while !whole(line(reader, &mut room)?)?.is_empty() {}
            Ok(total)
        }
    }
}

pub fn redirected(request: &Request, head: &Head) -> Result<Option<Request>, FetchError> {
    let location = values(&head.headers, "location").next().filter(|it| !it.is_empty());
    let Some(location) = location.filter(|_| matches!(head.status, 301..=303 | 307 | 308)) else {
        return Ok(None);
    };
    let from = &request.url;
    let mut url = parse_url(&resolved(from, location)?)?;
    let stays = from.scheme == url.scheme
        && from.host.eq_ignore_ascii_case(&url.host)
        && from.port == url.port;
    url.user = url.user.or_else(|| from.user.clone().filter(|_| stays));
    let anew = match head.status {
        303 => request.method != "HEAD",
        301 | 302 => request.method == "POST",
        _ => false,
    };
    let goes = |name: &str| {
        let of_the_body = name.starts_with("content-") || ["transfer-encoding", "expect"].contains(&name);
        let private = ["authorization", "cookie", "host"].contains(&name);
        !(anew && of_the_body || private && !stays)
    };
    Ok(Some(Request {
        method: if anew { "GET".to_owned() } else { request.method.clone() },
        headers: request.headers.iter().filter(|it| goes(&it.0.to_ascii_lowercase())).cloned().collect(),
        body: if anew { Vec::new() } else { request.body.clone() },
        url,
        ..request.clone()
    }))
}

/// `location` as a whole URL (RFC 3986 section 5.2.2), with its dots.
fn resolved(base: &Url, location: &str) -> Result<String, FetchError> {
    let location = until(location, &['#']).0;
    let (path, query) = until(location, &['?']);
    let location = path.replace(' ', "%20") + &query.replace(' ', "+");
    let (scheme, rest) = until(&location, &[':', '/', '?']);
    let mut letters = scheme.chars();
    let origin = format!("{}://{}", base.scheme, authority(base));
    let (base_path, base_query) = until(&base.target, &['?']);
    if rest.starts_with(':')
        && letters.next().is_some_and(|it| it.is_ascii_alphabetic())
        && letters.all(|it| it.is_ascii_alphanumeric() || "+-.".contains(it))
    {
        return Some(location.clone()).filter(|_| rest.starts_with("://")).ok_or(FetchError::Url);
    }
    Ok(match location.as_bytes() {
        [b'/', b'/', ..] => format!("{}:{location}", base.scheme),
        [b'/', ..] => origin + &location,
        [] => origin + base_path + base_query,
        [b'?', ..] => origin + base_path + &location,
        _ => {
            let folder = base_path.rsplit_once('/').map_or("", |it| it.0);
            format!("{origin}{folder}/{location}")
        }
    })
}

/// A stream of tokio's, for those who wait.
struct Waiting<'a> {
    runtime: &'a Runtime,
    stream: TcpStream,
    deadline: Option<Instant>,
}

async fn in_time<T>(
    deadline: Option<Instant>,
    work: impl Future<Output = io::Result<T>>,
) -> io::Result<T> {
    match deadline {
        None => work.await,
        Some(deadline) => tokio::time::timeout_at(deadline.into(), work).await?,
    }
}

impl Read for Waiting<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.runtime.block_on(in_time(self.deadline, self.stream.read(buffer)))
    }
}

impl Write for Waiting<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.runtime.block_on(in_time(self.deadline, self.stream.write(bytes)))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn connect(request: &Request) -> Result<TcpStream, FetchError> {
    let server = request.proxy.as_ref().unwrap_or(&request.url);
    let addrs = tokio::net::lookup_host((server.host.as_str(), server.port));
    let addrs = in_time(request.deadline, addrs).await.map_err(|error| broken(&error, Resolve))?;
    let mut failure = Connect;
    for addr in addrs {
        match in_time(request.deadline, TcpStream::connect(addr)).await {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = broken(&error, Connect),
        }
    }
    Err(failure)
}

pub fn fetch(
    mut request: Request,
    max_redirects: u32,
    sink: &mut dyn Write,
) -> Result<Vec<Head>, FetchError> {
    let runtime = Builder::new_current_thread().enable_all().build().map_err(|_| Connect)?;
    let mut heads = Vec::new();
    let outcome = loop {
        let plain = |url: &Url| url.scheme == "http";
        if !plain(&request.url) || !request.proxy.as_ref().is_none_or(plain) {
            break Err(FetchError::Url);
        }
        let (deadline, connected) = (request.deadline, runtime.block_on(connect(&request)));
        let stream = match connected {
            Ok(stream) => stream,
            Err(error) => break Err(error),
        };
        let mut stream = Waiting { runtime: &runtime, stream, deadline };
        let sent = write_request(&mut stream, &request);
        if let Err(error @ (FetchError::Url | Timeout)) = sent {
            break Err(error);
        }
        let mut reader = BufReader::with_capacity(700, stream);
        let head = match (read_head(&mut reader), sent) {
            (Ok(head), _) => head,
            (Err(_), Err(error)) | (Err(error), Ok(())) => break Err(error),
        };
        heads.push(head);
        let head = &heads[heads.len() - 1];
        match redirected(&request, head) {
            Ok(None) => {
                let copied = framing(&request.method, head)
                    .and_then(|framing| copy_body(&mut reader, framing, sink));
                break copied.map(|_| ());
            }
            Ok(Some(_)) if heads.len() > max_redirects as usize => {
                break Err(FetchError::TooManyRedirects);
            }
            Ok(Some(next)) => request = next,
            Err(error) => break Err(error),
        }
    };
    // A look-up that goes on is nobody's any more.
    runtime.shutdown_background();
    outcome.map(|()| heads)
}
