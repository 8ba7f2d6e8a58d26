//! How the solution of lesson 05 reads answers, and what must hold of that whatever the bytes are. Shared
//! by the tests and the fuzz targets.

use std::io::{BufRead, BufReader, Read};

use solution05::{FetchError, Framing, Head, MAX_HEAD, copy_body, read_head};

/// Reads `bytes` in one piece, and in others; gives the one way to read them, and how many bytes that takes.
///
/// # Panics
///
/// When there are two ways, or when something behind what is `right` matters.
fn read<T: std::fmt::Debug + PartialEq>(
    bytes: &[u8],
    read: impl Fn(&mut dyn BufRead) -> T,
    right: impl Fn(&T) -> bool,
) -> (T, usize) {
    let reading = |reader: &mut dyn BufRead| {
        let gave = read(reader);
        let mut left = Vec::new();
        reader.read_to_end(&mut left).expect("what is left");
        assert!(bytes.ends_with(&left), "what was not taken is as it was");
        (gave, bytes.len() - left.len())
    };
    let whole = reading(&mut &bytes[..]);
    let hash = bytes.iter().fold(17, |hash: usize, byte| {
        hash.wrapping_mul(31).wrapping_add((*byte).into())
    });
    let (first, rest) = bytes.split_at(hash / 64 % (bytes.len() + 1));
    assert_eq!(reading(&mut first.chain(rest)), whole, "in two pieces");
    for piece in [1, 1 + hash % 63] {
        let mut pieces = BufReader::with_capacity(piece, bytes);
        assert_eq!(reading(&mut pieces), whole, "{piece} at a time");
    }
    if right(&whole.0) {
        let taken = &bytes[..whole.1];
        assert_eq!(read(&mut &taken[..]), whole.0, "without what follows");
        if let Some((_, fewer)) = taken.split_last() {
            assert!(!right(&read(&mut &fewer[..])), "one byte is missing");
        }
    }
    whole
}

/// A head, as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadRead {
    pub gave: Result<Head, FetchError>,
    /// How many bytes were taken.
    pub taken: usize,
    /// Why httparse reads it in another way, if it does.
    pub difference: Option<Difference>,
}

/// Why two parsers do not agree on a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// httparse knows 1.0 and 1.1 only.
    Version,
    /// We look at the colon of a field only; httparse sees to it that the name is a token.
    NameIsNoToken,
    /// We hand on what stands in a line; httparse refuses control characters.
    ControlCharacter,
    /// httparse passes over empty lines before the first one, as servers do.
    EmptyLineBefore,
    /// httparse takes any three digits for a status; with us the first is not 0.
    StatusBelow100,
    /// We have a limit, and httparse has the whole head in its memory already.
    TooLong,
}

/// Reads a head, and checks all that must hold whatever the bytes are.
///
/// # Panics
///
/// When something of it does not hold.
pub fn check_head(bytes: &[u8]) -> HeadRead {
    let (gave, taken) = read(bytes, |reader| read_head(reader), Result::is_ok);
    assert!(taken <= MAX_HEAD, "no more is taken than a head has");
    match &gave {
        Ok(head) => {
            assert!(head.status == 101 || (200..1000).contains(&head.status));
            let mut head = bytes[..taken].split_inclusive(|byte| *byte == b'\n');
            assert!(
                matches!(head.next_back(), Some(b"\n" | b"\r\n")),
                "no empty line"
            );
        }
        Err(FetchError::EmptyReply) => assert!(bytes.is_empty()),
        Err(error) => assert_eq!(*error, FetchError::BadReply),
    }
    let theirs = by_httparse(bytes);
    let difference =
        match (&gave, &theirs) {
            (Ok(ours), Some((theirs, length))) => {
                assert_eq!((ours, taken), (theirs, *length));
                None
            }
            (Err(_), None) => None,
            (Ok(head), None) => Some(why_refused(&bytes[..taken], head).unwrap_or_else(|| {
                panic!("httparse refuses {:?}", bytes.escape_ascii().to_string())
            })),
            (Err(_), Some((_, length))) => Some(why_taken(bytes, *length).unwrap_or_else(|| {
                panic!("httparse takes {:?}", bytes.escape_ascii().to_string())
            })),
        };
    HeadRead {
        gave,
        taken,
        difference,
    }
}

/// The answer's head as httparse sees it, and how long it is with those before it.
fn by_httparse(bytes: &[u8]) -> Option<(Head, usize)> {
    let mut start = 0;
    loop {
        let lines = bytes[start..].iter().filter(|byte| **byte == b'\n').count();
        let mut fields = vec![httparse::EMPTY_HEADER; lines];
        let mut answer = httparse::Response::new(&mut fields);
        let httparse::Status::Complete(length) = answer.parse(&bytes[start..]).ok()? else {
            return None;
        };
        let fields = answer.headers.iter().map(|field| {
            let value = String::from_utf8_lossy(field.value);
            (field.name.to_owned(), value.trim_ascii().to_owned())
        });
        let mut head = Head {
            minor_version: answer.version?,
            status: answer.code?,
            reason: answer.reason?.to_owned(),
            headers: fields.collect(),
        };
        if head.reason.is_empty() {
            // It hides a reason that is not ASCII.
            head.reason = reason_of(&bytes[start..]);
        }
        start += length;
        if head.status == 101 || !(100..200).contains(&head.status) {
            return Some((head, start));
        }
    }
}

/// What follows the status in the first line that is not empty.
fn reason_of(bytes: &[u8]) -> String {
    let line = bytes.trim_ascii_start().split(|byte| *byte == b'\n').next();
    let line = line.unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let reason = line.get("HTTP/1.1 200 ".len()..).unwrap_or_default();
    String::from_utf8_lossy(reason).into_owned()
}

/// Why httparse refuses this head, or one of those before it.
fn why_refused(bytes: &[u8], head: &Head) -> Option<Difference> {
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    let mut lines = bytes.split_inclusive(|byte| *byte == b'\n');
    if lines.any(|line| {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        line.iter()
            .any(|byte| byte.is_ascii_control() && *byte != b'\t')
    }) {
        return Some(Difference::ControlCharacter);
    }
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let of_fields = |line: &&[u8]| !line.starts_with(b"HTTP/1.") || line.contains(&b':');
    if lines.clone().filter(of_fields).any(|line| {
        let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
        line.contains(&b':') && (name.is_empty() || !name.iter().all(is_token))
    }) {
        return Some(Difference::NameIsNoToken);
    }
    let known = |line: &[u8]| line.starts_with(b"HTTP/1.0") || line.starts_with(b"HTTP/1.1");
    let other = lines.any(|line| line.starts_with(b"HTTP/1.") && !known(line));
    (head.minor_version > 1 || other).then_some(Difference::Version)
}

/// Why httparse takes this head, of so many bytes.
fn why_taken(bytes: &[u8], length: usize) -> Option<Difference> {
    if length > MAX_HEAD {
        return Some(Difference::TooLong);
    }
    let mut lines = bytes[..length].split_inclusive(|byte| *byte == b'\n');
    // Each head begins behind the empty line of the one before it.
    let mut begins = true;
    lines.find_map(|line| {
        let is_empty = matches!(line, b"\n" | b"\r\n");
        if begins && is_empty {
            return Some(Difference::EmptyLineBefore);
        }
        let status = line.get(.."HTTP/1.1 0".len()).unwrap_or_default();
        if begins && status.ends_with(b" 0") {
            return Some(Difference::StatusBelow100);
        }
        begins = is_empty;
        None
    })
}

/// Chunks, as they are copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChunksRead {
    pub body: Vec<u8>,
    pub gave: Result<u64, FetchError>,
    /// How many bytes were taken.
    pub taken: usize,
}

/// Copies a body in chunks, and checks all that must hold whatever the bytes are.
///
/// # Panics
///
/// When something of it does not hold.
pub fn check_chunks(bytes: &[u8]) -> ChunksRead {
    let copy = |reader: &mut dyn BufRead| {
        let mut body = Vec::new();
        let gave = copy_body(reader, Framing::Chunked, &mut body);
        (body, gave)
    };
    let ((body, gave), taken) = read(bytes, copy, |(_, gave)| gave.is_ok());
    let mut expected = Vec::new();
    let end = decode(bytes, &mut expected);
    assert!(body == expected, "another body");
    assert_eq!(gave, end.map(|_| body.len() as u64));
    if let Ok(length) = end {
        assert_eq!(taken, length);
    }
    ChunksRead { body, gave, taken }
}

/// A decoder of the plainest kind, which has all of the bytes: the body, or what there is of it, and how
/// many bytes the chunks have.
fn decode(bytes: &[u8], body: &mut Vec<u8>) -> Result<usize, FetchError> {
    let mut at = 0;
    loop {
        let line = line_at(&bytes[at..], MAX_HEAD)?;
        at += line.len();
        let digits = line.split(|byte| *byte == b';').next().unwrap_or_default();
        let digits = String::from_utf8_lossy(digits.trim_ascii_end()).into_owned();
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(FetchError::BadReply);
        }
        let digits = digits.trim_start_matches('0');
        if digits.is_empty() {
            break;
        }
        if digits.len() > 16 {
            return Err(FetchError::BadReply);
        }
        let size = u64::from_str_radix(digits, 16).map_err(|_| FetchError::BadReply)?;
        let left = &bytes[at..];
        let Some(data) = usize::try_from(size).ok().and_then(|size| left.get(..size)) else {
            body.extend_from_slice(left);
            return Err(FetchError::Partial);
        };
        body.extend_from_slice(data);
        at += data.len();
        at += match &bytes[at..] {
            [b'\r', b'\n', ..] => 2,
            [b'\n', ..] => 1,
            // What is cut off here may have been right.
            [_] | [] => return Err(FetchError::Partial),
            _ => return Err(FetchError::BadReply),
        };
    }
    let trailers = at;
    loop {
        let line = line_at(&bytes[at..], MAX_HEAD - (at - trailers))?;
        at += line.len();
        if matches!(line, b"\n" | b"\r\n") {
            return Ok(at);
        }
    }
}

/// The line that these bytes begin with, of at most so many of them, with its end.
fn line_at(bytes: &[u8], most: usize) -> Result<&[u8], FetchError> {
    let within = &bytes[..bytes.len().min(most)];
    match within.iter().position(|byte| *byte == b'\n') {
        Some(end) => Ok(&within[..=end]),
        None if within.len() == most => Err(FetchError::BadReply),
        None => Err(FetchError::Partial),
    }
}
