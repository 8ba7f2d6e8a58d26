//! A client that speaks HTTP/1.1 and forgives nothing: it reads a response by the letter of RFC 9112,
//! and says which byte of which line breaks which rule.

use std::ops::Range;

use super::{Heard, Peer};
use crate::watch::GaveUp;

/// A longer head than this is not read.
const HEAD: usize = 64 << 10;
/// How much is read at once.
const PIECE: usize = 64 << 10;

/// A connection to a server, and what it has said that was not read yet. (The other side of HTTP reads
/// requests through it, by the same rules for lines and chunks.)
pub struct Client {
    /// The connection.
    pub peer: Peer,
    unread: Vec<u8>,
    end: Option<End>,
}

/// How the server's direction of a connection ended.
#[derive(Clone, Debug)]
pub enum End {
    /// With FIN.
    Fin,
    /// With a reset.
    Reset,
    /// It did not: nothing more comes.
    Silence(GaveUp),
}

/// A response, as it came.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Three digits.
    pub status: u16,
    /// The header fields, in order.
    pub fields: Vec<Field>,
    /// The head, with all line ends, up to and with the empty line.
    pub head: Vec<u8>,
    /// The body, without the chunks that it may have come in.
    pub body: Vec<u8>,
}

/// A header field.
#[derive(Clone, Debug)]
pub struct Field {
    /// As it was sent.
    pub name: String,
    /// Without the whitespace around it; bytes beyond UTF-8 are replaced.
    pub value: String,
    /// Where its line stands in the head, without the line's end.
    pub line: Range<usize>,
}

impl Answer {
    /// The value of the first field with this name.
    pub fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        let found = fields.find(|field| field.name.eq_ignore_ascii_case(name));
        found.map(|field| field.value.as_str())
    }

    /// All fields with this name, in whatever case.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Field> {
        self.fields
            .iter()
            .filter(move |field| field.name.eq_ignore_ascii_case(name))
    }

    /// The line of a field, with its end.
    pub fn line_of(&self, field: &Field) -> &[u8] {
        &self.head[field.line.start..(field.line.end + 2).min(self.head.len())]
    }

    /// The status line, with its end.
    pub fn status_line(&self) -> &[u8] {
        let end = self.head.iter().position(|byte| *byte == b'\n');
        &self.head[..end.map_or(self.head.len(), |end| end + 1)]
    }
}

/// What is wrong with a response.
#[derive(Clone, Debug)]
pub enum Flaw {
    /// A line of the head, or of a chunk, breaks a rule.
    Line(BadLine),
    /// The connection ended, or nothing more came, with these bytes of the head there.
    NoHead(Vec<u8>, End),
    /// The head says that more bytes follow than came.
    ShortBody {
        /// The response, with what came of the body.
        answer: Box<Answer>,
        /// How many were announced; `None` with chunks, or where the end of the connection says it.
        announced: Option<u64>,
        /// What came instead of the rest.
        end: End,
    },
}

/// A line that breaks a rule, and where.
#[derive(Clone, Debug)]
pub struct BadLine {
    /// The line, with its end, as far as it came.
    pub line: Vec<u8>,
    /// The bytes that break it.
    pub at: Range<usize>,
    /// Which rule.
    pub rule: Rule,
}

/// Rules of RFC 9112 that a line can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// A line ends in CR LF, and neither stands anywhere else (section 2.2).
    LineEnd,
    /// `HTTP/1.1 200 OK`: the version (section 2.3).
    Version,
    /// Three digits after one space (section 4).
    StatusCode,
    /// A space after the status code, even where no reason follows (section 4).
    SpaceBeforeReason,
    /// `name: value` (section 5).
    Colon,
    /// A name is a token, and the colon follows at once (section 5.1).
    Name,
    /// No line of the head starts with a space or a tab (section 5.2).
    Folded,
    /// No control character in a value (section 5.5 of RFC 9110).
    Value,
    /// `Content-Length` is a number, in digits (section 6.2).
    Length,
    /// One `Content-Length` (section 6.3).
    TwoLengths,
    /// Not both `Content-Length` and `Transfer-Encoding` (section 6.2).
    LengthAndChunks,
    /// `chunked` is the only coding that every client knows (section 6.1).
    Coding,
    /// The size of a chunk, in hexadecimal digits, and its data with CR LF (section 7.1).
    Chunk,
}

impl Client {
    /// A client on this connection.
    pub fn new(peer: Peer) -> Client {
        Client {
            peer,
            unread: Vec::new(),
            end: None,
        }
    }

    /// Reads the next response to a request with this method.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn hear(&mut self, method: &str) -> Result<Answer, Flaw> {
        let head = self.head()?;
        let mut answer = parsed(head)?;
        let framing = framing(method, &answer)?;
        let flaw = match framing {
            Framing::None => None,
            Framing::Length(length) => {
                let complete = self.fill(|unread| unread.len() as u64 >= length);
                let count = self
                    .unread
                    .len()
                    .min(usize::try_from(length).unwrap_or(usize::MAX));
                answer.body = self.unread.drain(..count).collect();
                (!complete).then_some(Some(length))
            }
            Framing::Chunked => {
                let complete = self.chunks(&mut answer.body)?;
                (!complete).then_some(None)
            }
            Framing::UntilClose => {
                self.fill(|_| false);
                answer.body = std::mem::take(&mut self.unread);
                (!matches!(self.end, Some(End::Fin))).then_some(None)
            }
        };
        match flaw {
            None => Ok(answer),
            Some(announced) => Err(Flaw::ShortBody {
                answer: Box::new(answer),
                announced,
                end: self.how_it_ended(),
            }),
        }
    }

    /// Waits for the end of the connection; whatever came before it was not asked for.
    pub fn hear_end(&mut self) -> (Vec<u8>, End) {
        self.fill(|unread| unread.len() > HEAD);
        (std::mem::take(&mut self.unread), self.how_it_ended())
    }

    /// Takes in what has come already, without waiting. True once the server's direction has ended.
    pub fn look(&mut self) -> bool {
        while !matches!(self.end, Some(End::Fin | End::Reset)) {
            match self.peer.hear_now(PIECE) {
                Some(Heard::Bytes(bytes)) => self.unread.extend(bytes),
                Some(Heard::Fin(_)) => self.end = Some(End::Fin),
                Some(Heard::Reset(_)) => self.end = Some(End::Reset),
                Some(Heard::Nothing(..)) | None => return false,
            }
        }
        true
    }

    /// What has come and was not read yet.
    pub fn unread(&self) -> &[u8] {
        &self.unread
    }

    /// Takes `count` bytes of what has come, or as many as there are.
    pub fn take(&mut self, count: usize) -> Vec<u8> {
        self.unread.drain(..count.min(self.unread.len())).collect()
    }

    /// Forgets that nothing came for a while: it may come now.
    pub fn look_again(&mut self) {
        if matches!(self.end, Some(End::Silence(_))) {
            self.end = None;
        }
    }

    /// How the other side's direction ended.
    pub fn how_it_ended(&self) -> End {
        self.end.clone().unwrap_or(End::Fin)
    }

    /// Reads on until there is enough; false when it does not come.
    pub fn fill(&mut self, enough: impl Fn(&[u8]) -> bool) -> bool {
        while !enough(&self.unread) {
            if self.end.is_some() {
                return false;
            }
            match self.peer.hear_some(PIECE) {
                Heard::Bytes(bytes) => self.unread.extend(bytes),
                Heard::Fin(_) => self.end = Some(End::Fin),
                Heard::Reset(_) => self.end = Some(End::Reset),
                Heard::Nothing(_, gave_up) => {
                    // It may come later: asked again, the client looks again.
                    self.end = Some(End::Silence(gave_up));
                    return false;
                }
            }
        }
        true
    }

    /// Takes the bytes of the next head, up to and with its empty line.
    fn head(&mut self) -> Result<Vec<u8>, Flaw> {
        self.look_again();
        let complete = self.fill(|unread| end_of_head(unread).is_some() || unread.len() > HEAD);
        match end_of_head(&self.unread) {
            Some(end) if complete => Ok(self.unread.drain(..end).collect()),
            _ => {
                let came = std::mem::take(&mut self.unread);
                // A line of it may say already why there is no end.
                if let Some(Err(flaw)) = came.contains(&b'\n').then(|| parsed(came.clone())) {
                    return Err(flaw);
                }
                Err(Flaw::NoHead(came, self.how_it_ended()))
            }
        }
    }

    /// Takes the chunks of a body; false when the last one does not come.
    pub fn chunks(&mut self, body: &mut Vec<u8>) -> Result<bool, Flaw> {
        loop {
            let Some(line) = self.line() else {
                return Ok(false);
            };
            let size = line.strip_suffix(b"\r\n").unwrap_or(&line);
            let digits = size.split(|byte| *byte == b';').next().unwrap_or_default();
            let length = std::str::from_utf8(digits)
                .ok()
                .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
                .and_then(|digits| usize::from_str_radix(digits, 16).ok());
            let Some(length) = length.filter(|_| line.ends_with(b"\r\n")) else {
                let at = 0..digits.len().max(1).min(line.len());
                return Err(bad(&line, at, Rule::Chunk));
            };
            if length == 0 {
                // Trailers, up to an empty line.
                while let Some(line) = self.line() {
                    if line == b"\r\n" {
                        return Ok(true);
                    }
                    let _ = field(&line)?;
                }
                return Ok(false);
            }
            let complete = self.fill(|unread| unread.len() >= length + 2);
            let count = self.unread.len().min(length);
            body.extend(self.unread.drain(..count));
            if !complete {
                return Ok(false);
            }
            let end: Vec<u8> = self.unread.drain(..2).collect();
            if end != b"\r\n" {
                return Err(bad(&end, 0..2, Rule::Chunk));
            }
        }
    }

    /// Takes a line with its end.
    fn line(&mut self) -> Option<Vec<u8>> {
        self.fill(|unread| unread.contains(&b'\n') || unread.len() > HEAD);
        let end = self.unread.iter().position(|byte| *byte == b'\n')?;
        Some(self.unread.drain(..=end).collect())
    }
}

/// Where a head ends, by CR LF or, wrongly, by LF alone.
pub fn end_of_head(bytes: &[u8]) -> Option<usize> {
    let mut start_of_line = 0;
    loop {
        let rest = &bytes[start_of_line..];
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        let line = &rest[..end];
        start_of_line += end + 1;
        if line.is_empty() || line == b"\r" {
            return Some(start_of_line);
        }
    }
}

fn bad(line: &[u8], at: Range<usize>, rule: Rule) -> Flaw {
    Flaw::Line(BadLine {
        line: line.to_vec(),
        at,
        rule,
    })
}

/// A head, line by line.
fn parsed(head: Vec<u8>) -> Result<Answer, Flaw> {
    let mut answer = Answer {
        status: 0,
        fields: Vec::new(),
        head,
        body: Vec::new(),
    };
    let mut start = 0;
    for (number, line) in answer
        .head
        .split_inclusive(|byte| *byte == b'\n')
        .enumerate()
    {
        let text = without_end(line)?;
        if number == 0 {
            answer.status = status(line, text)?;
        } else if !text.is_empty() {
            let (name, value) = field(line)?;
            answer.fields.push(Field {
                name,
                value,
                line: start..start + text.len(),
            });
        }
        start += line.len();
    }
    Ok(answer)
}

/// The line without its CR LF, if it has that and neither of the two elsewhere.
pub fn without_end(line: &[u8]) -> Result<&[u8], Flaw> {
    let Some(text) = line.strip_suffix(b"\r\n") else {
        let end = line.len() - usize::from(line.ends_with(b"\n"));
        return Err(bad(line, end..line.len(), Rule::LineEnd));
    };
    match text.iter().position(|byte| *byte == b'\r') {
        Some(at) => Err(bad(line, at..at + 1, Rule::LineEnd)),
        None => Ok(text),
    }
}

fn status(line: &[u8], text: &[u8]) -> Result<u16, Flaw> {
    let Some(rest) = text.strip_prefix(b"HTTP/1.1") else {
        let end = text.iter().position(|byte| *byte == b' ');
        return Err(bad(line, 0..end.unwrap_or(text.len()), Rule::Version));
    };
    let digits = rest.strip_prefix(b" ").and_then(|rest| rest.get(..3));
    let Some(digits) = digits.filter(|digits| digits.iter().all(u8::is_ascii_digit)) else {
        return Err(bad(line, 8..text.len().min(12), Rule::StatusCode));
    };
    match rest.get(4) {
        Some(b' ') => {}
        Some(byte) if byte.is_ascii_digit() => return Err(bad(line, 9..13, Rule::StatusCode)),
        _ => return Err(bad(line, 12..13, Rule::SpaceBeforeReason)),
    }
    Ok(digits
        .iter()
        .fold(0, |status, digit| status * 10 + u16::from(digit - b'0')))
}

/// A character of a token, see section 5.6.2 of RFC 9110.
pub fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// A field's name and value.
pub fn field(line: &[u8]) -> Result<(String, String), Flaw> {
    let text = without_end(line)?;
    if text.starts_with(b" ") || text.starts_with(b"\t") {
        return Err(bad(line, 0..1, Rule::Folded));
    }
    let Some(colon) = text.iter().position(|byte| *byte == b':') else {
        return Err(bad(line, text.len()..text.len() + 1, Rule::Colon));
    };
    let (name, value) = (&text[..colon], &text[colon + 1..]);
    if name.is_empty() {
        return Err(bad(line, 0..1, Rule::Name));
    }
    if let Some(at) = name.iter().position(|byte| !is_token(*byte)) {
        return Err(bad(line, at..at + 1, Rule::Name));
    }
    let is_control = |byte: &u8| *byte != b'\t' && byte.is_ascii_control();
    if let Some(at) = value.iter().position(is_control) {
        return Err(bad(line, colon + 1 + at..colon + 2 + at, Rule::Value));
    }
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    Ok((text(name), text(value.trim_ascii())))
}

enum Framing {
    None,
    Length(u64),
    Chunked,
    UntilClose,
}

/// How the reader knows where the body ends (section 6.3 of RFC 9112).
fn framing(method: &str, answer: &Answer) -> Result<Framing, Flaw> {
    let mut lengths = answer.named("Content-Length");
    let length = lengths.next();
    if let Some(second) = lengths.next() {
        let line = answer.line_of(second);
        return Err(bad(line, 0..second.name.len(), Rule::TwoLengths));
    }
    if let Some(field) = length
        && (field.value.is_empty()
            || !field.value.bytes().all(|byte| byte.is_ascii_digit())
            || field.value.parse::<u64>().is_err())
    {
        let from = field.name.len() + 1;
        return Err(bad(
            answer.line_of(field),
            from..field.line.len(),
            Rule::Length,
        ));
    }
    let coding = answer.named("Transfer-Encoding").next();
    if let Some(field) = coding {
        let line = answer.line_of(field);
        if length.is_some() {
            return Err(bad(line, 0..field.name.len(), Rule::LengthAndChunks));
        }
        if !field.value.eq_ignore_ascii_case("chunked") {
            return Err(bad(
                line,
                field.name.len() + 1..field.line.len(),
                Rule::Coding,
            ));
        }
    }
    let no_body = matches!(answer.status, 100..200 | 204 | 304);
    Ok(if method == "HEAD" || no_body {
        Framing::None
    } else if coding.is_some() {
        Framing::Chunked
    } else if let Some(length) = length.and_then(|field| field.value.parse().ok()) {
        Framing::Length(length)
    } else {
        Framing::UntilClose
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flaw(head: &str) -> Option<(Rule, Range<usize>)> {
        let answer = match parsed(head.as_bytes().to_vec()) {
            Ok(answer) => answer,
            Err(Flaw::Line(bad)) => return Some((bad.rule, bad.at)),
            Err(other) => panic!("{other:?}"),
        };
        match framing("GET", &answer) {
            Err(Flaw::Line(bad)) => Some((bad.rule, bad.at)),
            Err(other) => panic!("{other:?}"),
            Ok(_) => None,
        }
    }

    #[test]
    fn a_good_head_has_no_flaw() {
        let head = "HTTP/1.1 404 \r\nContent-Length:7\r\nX: \t a, b \r\nY:\r\n\r\n";
        assert_eq!(flaw(head), None);
        let answer = parsed(head.as_bytes().to_vec()).unwrap();
        assert_eq!(answer.status, 404);
        assert_eq!(answer.field("x"), Some("a, b"));
        assert_eq!(answer.line_of(&answer.fields[0]), b"Content-Length:7\r\n");
    }

    #[test]
    fn each_flaw_is_found_at_its_byte() {
        for (head, rule, at) in [
            ("HTTP/1.1 200 OK\n\r\n", Rule::LineEnd, 15..16),
            ("HTTP/1.1 200 OK\r\nA: b\n\n", Rule::LineEnd, 4..5),
            ("HTTP/1.1 200 O\rK\r\n\r\n", Rule::LineEnd, 14..15),
            ("HTTP/1.0 200 OK\r\n\r\n", Rule::Version, 0..8),
            ("HTTP/1.1 20 OK\r\n\r\n", Rule::StatusCode, 8..12),
            ("HTTP/1.1 2000 OK\r\n\r\n", Rule::StatusCode, 9..13),
            ("HTTP/1.1 200\r\n\r\n", Rule::SpaceBeforeReason, 12..13),
            ("HTTP/1.1 200 OK\r\nA b\r\n\r\n", Rule::Colon, 3..4),
            ("HTTP/1.1 200 OK\r\nA : b\r\n\r\n", Rule::Name, 1..2),
            ("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", Rule::Folded, 0..1),
            ("HTTP/1.1 200 OK\r\nA: b\0\r\n\r\n", Rule::Value, 4..5),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n",
                Rule::Length,
                15..18,
            ),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 1\r\ncontent-length: 1\r\n\r\n",
                Rule::TwoLengths,
                0..14,
            ),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                Rule::LengthAndChunks,
                0..17,
            ),
        ] {
            assert_eq!(flaw(head), Some((rule, at)), "{head:?}");
        }
    }

    #[test]
    fn a_head_ends_at_its_empty_line() {
        assert_eq!(end_of_head(b"a\r\n\r\nb"), Some(5));
        assert_eq!(end_of_head(b"a\n\nb"), Some(3));
        assert_eq!(end_of_head(b"a\r\nb\r\n"), None);
    }
}
