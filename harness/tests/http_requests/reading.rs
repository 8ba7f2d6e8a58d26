//! How the solution of lesson 04 reads bytes, and what must hold of that whatever the bytes are.
//! Shared by the tests and the fuzz target.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use solution04::{HEAD_TIME, MAX_HEAD, Request, RequestError, read_request};

/// What a server makes of all that a client sends before it half-closes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    pub requests: Vec<Request>,
    pub end: End,
}

/// What comes after the last request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Nothing: the client is done.
    Done,
    /// Something that gets an error for an answer.
    Bad(u16),
    /// The beginning of a request that never ends.
    Broken,
}

/// A connection, both ends of it.
pub struct Pair {
    pub client: TcpStream,
    pub server: TcpStream,
}

thread_local! {
    static LISTENER: RefCell<TcpListener> =
        RefCell::new(TcpListener::bind("127.0.0.1:0").expect("a port"));
}

impl Pair {
    pub fn new() -> Pair {
        LISTENER.with_borrow(|listener| {
            let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            client.set_nodelay(true).unwrap();
            // Closed with RST: nothing stays in TIME_WAIT, however many connections there are.
            socket2::SockRef::from(&client)
                .set_linger(Some(Duration::ZERO))
                .unwrap();
            let (server, _) = listener.accept().unwrap();
            Pair { client, server }
        })
    }
}

/// Who sends this much in one go cannot be held up: it fits into the socket's buffers.
const FITS: usize = 16 * 1024;

/// Whoever waits for what does not come waits longer than this.
const A_WAIT: Duration = HEAD_TIME.saturating_sub(Duration::from_secs(1));

/// Sends `bytes` while `server` does its part. What is no longer wanted is not sent.
fn send<T>(mut client: &TcpStream, bytes: &[u8], fin: bool, server: impl FnOnce() -> T) -> T {
    let mut send = || {
        if client.write_all(bytes).is_ok() && fin {
            let _ = client.shutdown(Shutdown::Write);
        }
    };
    if bytes.len() <= FITS {
        send();
        return server();
    }
    std::thread::scope(|scope| {
        scope.spawn(send);
        server()
    })
}

/// Reads `bytes` as they arrive: the `first` of them, and then no more than `piece` at a time.
pub fn read(bytes: &[u8], first: usize, piece: usize) -> Reading {
    let Pair { client, server } = Pair::new();
    let (first, rest) = bytes.split_at(first.min(piece).min(bytes.len()));
    let mut reader = BufReader::with_capacity(piece, server);
    if !first.is_empty() {
        (&client).write_all(first).unwrap();
        reader.fill_buf().unwrap(); // these are in the buffer before there are others
    }
    send(&client, rest, true, || read_all(reader))
}

/// Reads requests until there is none.
pub fn read_all(mut reader: BufReader<TcpStream>) -> Reading {
    let mut requests = Vec::new();
    let end = loop {
        match read_request(&mut reader) {
            Ok(Some(request)) => requests.push(request),
            Ok(None) => break End::Done,
            Err(RequestError::Bad(status)) => break End::Bad(status),
            Err(RequestError::Io(error)) => {
                assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
                break End::Broken;
            }
        }
    };
    Reading { requests, end }
}

/// Reads `count` requests, and gives them and what comes after them: `None` when the client does not
/// half-close, but waits for its answers.
///
/// # Panics
///
/// When there are not so many, or when reading them took as long as waiting for bytes that never come.
pub fn read_some(bytes: &[u8], count: usize, fin: bool) -> (Vec<Request>, Option<Vec<u8>>) {
    let Pair { client, server } = Pair::new();
    let mut reader = BufReader::new(server);
    let start = Instant::now();
    send(&client, bytes, fin, || {
        let requests = (0..count).map(|_| match read_request(&mut reader) {
            Ok(Some(request)) => request,
            other => panic!("no request, but {other:?}"),
        });
        let requests = requests.collect();
        assert!(start.elapsed() < A_WAIT, "nothing else is waited for");
        let rest = fin.then(|| {
            let mut rest = Vec::new();
            reader.read_to_end(&mut rest).unwrap();
            rest
        });
        drop(reader);
        (requests, rest)
    })
}

/// A request that may come after any other.
const NEXT: &[u8] = b"GET /next HTTP/1.1\r\nHost: next\r\n\r\n";

/// Checks all that must hold whatever the bytes are, and gives the one way to read them.
///
/// # Panics
///
/// When something of it does not hold.
pub fn check(bytes: &[u8]) -> Reading {
    let whole = read(bytes, 0, 8 * 1024);

    // How the bytes come in pieces makes no difference.
    let hash = bytes.iter().fold(17, |hash: usize, byte| {
        hash.wrapping_mul(31).wrapping_add((*byte).into())
    });
    let first = hash / 64 % (bytes.len() + 1);
    assert_eq!(read(bytes, first, 64 * 1024), whole, "{first} bytes first");
    let piece = 1 + hash % 63;
    assert_eq!(
        read(bytes, first % piece, piece),
        whole,
        "{piece} at a time"
    );
    if bytes.len() <= FITS {
        assert_eq!(read(bytes, 0, 1), whole, "one at a time");
    }

    // A request ends where it ends: there is no waiting for more, and nothing of the next is taken.
    let count = whole.requests.len();
    let (again, rest) = read_some(bytes, count, true);
    assert_eq!(again, whole.requests);
    let rest = rest.unwrap();
    assert!(bytes.ends_with(&rest), "what was not read is as it was");
    let end = bytes.len() - rest.len();
    let (again, _) = read_some(&bytes[..end], count, false);
    assert_eq!(again, whole.requests, "without what comes after them");
    let (mut again, _) = read_some(&[&bytes[..end], NEXT].concat(), count + 1, false);
    let next = again.pop().unwrap();
    assert_eq!((next.target.as_str(), again.len()), ("/next", count));

    // Another parser, which takes more than we do, sees the same.
    let mut start = 0;
    for request in &whole.requests {
        match by_httparse(&bytes[start..end], request) {
            Some(length) => start += length,
            None => break,
        }
        assert!(start <= end);
    }
    if whole.requests.iter().all(is_known_to_httparse) {
        assert_eq!(start, end, "where the last request ends");
    }

    // What was understood can be said again.
    let said: Vec<Vec<u8>> = whole.requests.iter().map(write).collect();
    if said.iter().all(|it| it.len() <= MAX_HEAD) {
        let again = read(&said.concat(), 0, 8 * 1024);
        assert_eq!(again.requests, whole.requests, "written and read again");
        assert_eq!(again.end, End::Done, "written and read again");
    }
    whole
}

fn values<'a>(request: &'a Request, name: &str) -> Vec<&'a str> {
    let fields = request.headers.iter();
    fields
        .filter(|field| field.0.eq_ignore_ascii_case(name))
        .map(|field| field.1.as_str())
        .collect()
}

fn is_chunked(request: &Request) -> bool {
    !values(request, "Transfer-Encoding").is_empty()
}

fn is_known_to_httparse(request: &Request) -> bool {
    request.minor_version <= 1
}

/// How long the first request is, as httparse sees it; it has to see it as `request`. `None` when it
/// knows no such version.
fn by_httparse(bytes: &[u8], request: &Request) -> Option<usize> {
    if !is_known_to_httparse(request) {
        return None;
    }
    let mut fields = [httparse::EMPTY_HEADER; 100];
    let mut other = httparse::Request::new(&mut fields);
    let head = other.parse(bytes).expect("a head").unwrap();
    assert_eq!(other.method, Some(request.method.as_str()));
    assert_eq!(other.path, Some(request.target.as_str()));
    assert_eq!(other.version, Some(request.minor_version));
    let fields = other.headers.iter().map(|field| {
        let value = String::from_utf8_lossy(field.value);
        (
            field.name.to_owned(),
            value.trim_matches([' ', '\t']).to_owned(),
        )
    });
    assert_eq!(fields.collect::<Vec<_>>(), request.headers);

    let mut end = head;
    let mut body = Vec::new();
    if is_chunked(request) {
        loop {
            let size = httparse::parse_chunk_size(&bytes[end..]).expect("a chunk");
            let (line, size) = size.unwrap();
            end += line;
            if size == 0 {
                break;
            }
            body.extend_from_slice(&bytes[end..][..size as usize]);
            end += size as usize + 2;
        }
        let mut trailers = [httparse::EMPTY_HEADER; 100];
        let trailers = httparse::parse_headers(&bytes[end..], &mut trailers);
        end += trailers.expect("trailer fields").unwrap().0;
    } else if let [length] = values(request, "Content-Length")[..] {
        let length: usize = length.parse().expect("a length");
        body.extend_from_slice(&bytes[end..][..length]);
        end += length;
    }
    assert!(body == request.body, "another body");
    Some(end)
}

/// The bytes of a request, in the plainest form.
pub fn write(request: &Request) -> Vec<u8> {
    let Request { method, target, .. } = request;
    let mut bytes = format!("{method} {target} HTTP/1.{}\r\n", request.minor_version).into_bytes();
    for (name, value) in &request.headers {
        write!(bytes, "{name}: {value}\r\n").unwrap();
    }
    bytes.extend(b"\r\n");
    if !is_chunked(request) {
        bytes.extend(&request.body);
        return bytes;
    }
    if !request.body.is_empty() {
        write!(bytes, "{:x}\r\n", request.body.len()).unwrap();
        bytes.extend(&request.body);
        bytes.extend(b"\r\n");
    }
    bytes.extend(b"0\r\n\r\n");
    bytes
}
