//! The other side: an origin server, or a proxy, that does what a case's script says.
//!
//! It reads requests by the letter of RFC 9112, and says which byte of which line breaks which rule. What it
//! answers is bytes, right or wrong, whole or in pieces. Who calls does not matter: the submission's `fetch`,
//! in a thread, or its program.

use std::io;
use std::net::SocketAddr;
use std::ops::Range;

use super::misconceptions::{REQUEST_CUT_SHORT, REQUEST_MALFORMED};
use harness::finding::{Exhibit, Stop};
use harness::rubric::connection::SMALL;
use harness::rubric::control::{ANY_PORT, own_socket};
use harness::trace::Recorder;
use harness::wire::http::{self, Client, End, Field, is_token};
use harness::wire::{Peer, Server};

/// A longer head than this is not read.
const HEAD: usize = 512 << 10;

/// A server that listens from the start, and does nothing by itself.
pub struct Origin {
    server: Server,
    addr: SocketAddr,
}

impl Origin {
    /// Listens on a free port of 127.0.0.1. `name` is how the server is called in pictures.
    pub fn listen(name: &str, recorder: &Recorder) -> io::Result<Origin> {
        Origin::listen_on(name, ANY_PORT, recorder)
    }

    /// Listens on `addr`, where port 0 is any free one.
    pub fn listen_on(name: &str, addr: SocketAddr, recorder: &Recorder) -> io::Result<Origin> {
        Origin::of(Server::listen(name, addr, recorder)?)
    }

    /// A server that takes few bytes before it has to read.
    pub fn with_little_room(name: &str, recorder: &Recorder) -> io::Result<Origin> {
        let listening = own_socket(ANY_PORT)?;
        SMALL.of_peer(&listening)?;
        listening.bind(&ANY_PORT.into())?;
        listening.listen(4)?;
        Origin::of(Server::of(name, listening, recorder))
    }

    fn of(server: Server) -> io::Result<Origin> {
        let addr = server.addr()?;
        Ok(Origin { server, addr })
    }

    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    pub fn port(&self) -> u16 {
        self.addr.port()
    }

    /// `127.0.0.1:40123`, or `[::1]:40123`: what `Host` says, and what a URL has for it.
    pub fn host_and_port(&self) -> String {
        self.addr.to_string()
    }

    /// The URL of this target, which begins with a slash.
    pub fn url(&self, target: &str) -> String {
        format!("http://{}{target}", self.addr)
    }

    /// The caller who waits to be accepted, if there is one: no waiting here.
    pub fn waiting_caller(&self) -> Option<Visit> {
        self.server.waiting_caller().map(Visit::new)
    }
}

/// A connection that somebody made to an [`Origin`].
pub struct Visit {
    connection: Client,
}

/// A request, as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    /// As it stands in the line.
    pub target: String,
    /// 1 in `HTTP/1.1`.
    pub minor_version: u8,
    /// The header fields, in order.
    pub fields: Vec<Field>,
    /// The head, with all line ends, up to and with the empty line.
    pub head: Vec<u8>,
    /// The body, without the chunks that it may have come in.
    pub body: Vec<u8>,
}

/// What is wrong with a request.
#[derive(Clone, Debug)]
pub enum Flaw {
    /// A line of the head, or of a chunk, breaks a rule.
    Line(BadLine),
    /// The connection ended, or nothing more came, with these bytes of the head there.
    NoHead(Vec<u8>, End),
    /// The head says that more bytes follow than came.
    ShortBody {
        /// The request, with what came of the body.
        asked: Box<Asked>,
        /// How many were announced; `None` with chunks.
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
    /// What belongs there, or does not.
    pub rule: &'static str,
}

impl Visit {
    /// At this end of a connection that is made already.
    pub fn new(peer: Peer) -> Visit {
        Visit {
            connection: Client::new(peer),
        }
    }

    /// The connection itself: for pieces, for silence, for whatever is not said here.
    pub fn peer(&mut self) -> &mut Peer {
        &mut self.connection.peer
    }

    /// Reads the next request, with its body.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn hear(&mut self) -> Result<Asked, Flaw> {
        let mut asked = self.hear_head()?;
        self.hear_body(&mut asked)?;
        Ok(asked)
    }

    /// Reads the head of the next request. Its body has not come yet, or is left unread.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn hear_head(&mut self) -> Result<Asked, Flaw> {
        let connection = &mut self.connection;
        connection.look_again();
        connection.fill(|came| http::end_of_head(came).is_some() || came.len() > HEAD);
        let end = http::end_of_head(connection.unread());
        match end {
            Some(end) => parsed(connection.take(end)),
            None => {
                let came = connection.take(HEAD);
                // A line of it may say already why there is no end.
                if came.contains(&b'\n')
                    && let Err(flaw) = parsed(came.clone())
                {
                    return Err(flaw);
                }
                Err(Flaw::NoHead(came, connection.how_it_ended()))
            }
        }
    }

    /// Reads the body that belongs to a head.
    ///
    /// # Errors
    ///
    /// What is wrong with it, or with what the head says of it.
    pub fn hear_body(&mut self, asked: &mut Asked) -> Result<(), Flaw> {
        let connection = &mut self.connection;
        connection.look_again();
        let announced = match asked.framing()? {
            Framing::Length(length) => {
                let length = usize::try_from(length).unwrap_or(usize::MAX);
                let complete = connection.fill(|came| came.len() >= length);
                asked.body.extend(connection.take(length));
                if complete {
                    return Ok(());
                }
                Some(length as u64)
            }
            Framing::Chunked => match connection.chunks(&mut asked.body) {
                Ok(true) => return Ok(()),
                Ok(false) => None,
                Err(flaw) => return Err(flaw.into()),
            },
        };
        Err(Flaw::ShortBody {
            asked: Box::new(asked.clone()),
            announced,
            end: connection.how_it_ended(),
        })
    }

    /// Waits for the end of the connection; whatever came before it was not asked for.
    pub fn hear_end(&mut self) -> (Vec<u8>, End) {
        self.connection.look_again();
        self.connection.hear_end()
    }

    /// Takes in what has come already, without waiting. True once the caller's direction has ended.
    pub fn look(&mut self) -> bool {
        self.connection.look()
    }

    /// What has come and was not read yet.
    pub fn unread(&self) -> &[u8] {
        self.connection.unread()
    }

    /// Sends these bytes. When the caller is gone, hearing tells it.
    ///
    /// # Errors
    ///
    /// Those of send(2), but for `ECONNRESET` and `EPIPE`.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.connection.peer.send(bytes)
    }

    /// Sends an answer with this head (lines parted by `\n`, without `Content-Length` and without the
    /// empty line) and a body of known length.
    ///
    /// # Errors
    ///
    /// As [`Visit::send`].
    pub fn answer(&mut self, head: &str, body: &[u8]) -> io::Result<()> {
        self.send(&answer(head, body))
    }

    /// Says that no more will be sent, and goes on listening.
    ///
    /// # Errors
    ///
    /// Those of shutdown(2).
    pub fn half_close(&mut self) -> io::Result<()> {
        self.connection.peer.half_close()
    }

    /// Hangs up with FIN, or with RST when bytes that came are still unread.
    pub fn close(self) {
        self.connection.peer.close();
    }

    /// Hangs up with RST.
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2).
    pub fn reset(self) -> io::Result<()> {
        self.connection.peer.reset()
    }
}

/// An answer with this head (lines parted by `\n`, without `Content-Length` and the empty line) and a body
/// of known length.
pub fn answer(head: &str, body: &[u8]) -> Vec<u8> {
    let length = format!("{head}\nContent-Length: {}", body.len());
    let mut bytes = bare_answer(&length);
    bytes.extend_from_slice(body);
    bytes
}

/// A head as it goes over the wire: these lines, parted by `\n`, and nothing added but their ends and the
/// empty line.
pub fn bare_answer(head: &str) -> Vec<u8> {
    format!("{}\r\n\r\n", head.replace('\n', "\r\n")).into_bytes()
}

/// These bytes in chunks of at most `size`, with the last one and its empty line.
pub fn chunked(body: &[u8], size: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for chunk in body.chunks(size.max(1)) {
        bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        bytes.extend_from_slice(chunk);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"0\r\n\r\n");
    bytes
}

enum Framing {
    Length(u64),
    Chunked,
}

impl Asked {
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

    /// The request line, with its end.
    pub fn request_line(&self) -> &[u8] {
        let end = self.head.iter().position(|byte| *byte == b'\n');
        &self.head[..end.map_or(self.head.len(), |end| end + 1)]
    }

    /// The request line, with a mark under its method.
    pub fn at_method(&self, remark: impl Into<String>) -> Exhibit {
        self.at_line(0..self.method.len(), remark)
    }

    /// The request line, with a mark under its target.
    pub fn at_target(&self, remark: impl Into<String>) -> Exhibit {
        let start = self.method.len() + 1;
        self.at_line(start..start + self.target.len(), remark)
    }

    fn at_line(&self, at: Range<usize>, remark: impl Into<String>) -> Exhibit {
        Exhibit {
            title: "sent".to_owned(),
            bytes: self.request_line().to_vec(),
            from: at.start,
            to: at.end,
            remark: remark.into(),
        }
    }

    /// The line of a field, with a mark under its value, or under its name where it has none.
    pub fn at_field(&self, field: &Field, remark: impl Into<String>) -> Exhibit {
        let line = self.line_of(field);
        let text = &line[..field.line.len()];
        let value = text[field.name.len() + 1..].trim_ascii();
        let (from, to) = if value.is_empty() {
            (0, field.name.len())
        } else {
            let to = text.trim_ascii_end().len();
            (to - value.len(), to)
        };
        Exhibit {
            title: "sent".to_owned(),
            bytes: line.to_vec(),
            from,
            to,
            remark: remark.into(),
        }
    }

    /// The empty line behind the head, with the line before it: what is missing would stand there.
    pub fn at_end_of_head(&self, remark: impl Into<String>) -> Exhibit {
        let lines: Vec<&[u8]> = self.head.split_inclusive(|byte| *byte == b'\n').collect();
        let last = &lines[lines.len().saturating_sub(2)..];
        Exhibit {
            title: "sent".to_owned(),
            bytes: last.concat(),
            from: last.first().map_or(0, |line| line.len()),
            to: last.concat().len(),
            remark: remark.into(),
        }
    }

    /// How long the body is (RFC 9112 section 6.3): without a word about it, there is none.
    fn framing(&self) -> Result<Framing, Flaw> {
        let bad = |field: &Field, rule| {
            let line = self.line_of(field).to_vec();
            let at = field.name.len() + 1..field.line.len();
            Err(Flaw::Line(BadLine { line, at, rule }))
        };
        let mut lengths = self.named("Content-Length");
        let length = lengths.next();
        if let Some(second) = lengths.next() {
            return bad(second, "a second length");
        }
        if let Some(coding) = self.named("Transfer-Encoding").next() {
            if length.is_some() {
                return bad(coding, "with Content-Length");
            }
            if !coding.value.eq_ignore_ascii_case("chunked") {
                return bad(coding, "expected chunked, or no such field");
            }
            return Ok(Framing::Chunked);
        }
        let Some(field) = length else {
            return Ok(Framing::Length(0));
        };
        let is_number = field.value.bytes().all(|byte| byte.is_ascii_digit());
        match field.value.parse() {
            Ok(length) if is_number => Ok(Framing::Length(length)),
            _ => bad(field, "expected a number"),
        }
    }
}

/// A head, line by line.
///
/// # Errors
///
/// The first line that breaks a rule.
pub fn parsed(head: Vec<u8>) -> Result<Asked, Flaw> {
    let mut asked = Asked {
        method: String::new(),
        target: String::new(),
        minor_version: 1,
        fields: Vec::new(),
        head,
        body: Vec::new(),
    };
    let mut start = 0;
    for (number, line) in asked
        .head
        .split_inclusive(|byte| *byte == b'\n')
        .enumerate()
    {
        let text = http::without_end(line)?;
        if number == 0 {
            (asked.method, asked.target, asked.minor_version) = request_line(line, text)?;
        } else if !text.is_empty() {
            let (name, value) = http::field(line)?;
            asked.fields.push(Field {
                name,
                value,
                line: start..start + text.len(),
            });
        }
        start += line.len();
    }
    Ok(asked)
}

/// `METHOD TARGET HTTP/1.x`, with one space each between them (RFC 9112 section 3).
fn request_line(line: &[u8], text: &[u8]) -> Result<(String, String, u8), Flaw> {
    let bad = |at: Range<usize>, rule| {
        let line = line.to_vec();
        Err(Flaw::Line(BadLine { line, at, rule }))
    };
    let mut spaces = text.iter().enumerate().filter(|(_, byte)| **byte == b' ');
    let (Some((first, _)), Some((second, _))) = (spaces.next(), spaces.next()) else {
        return bad(
            text.len()..text.len() + 1,
            "expected METHOD TARGET HTTP/1.1",
        );
    };
    if let Some((third, _)) = spaces.next() {
        return bad(third..third + 1, "a third space");
    }
    let (method, target) = (&text[..first], &text[first + 1..second]);
    if method.is_empty() || target.is_empty() {
        let at = if method.is_empty() { first } else { second };
        return bad(at..at + 1, "a space too many");
    }
    if let Some(at) = method.iter().position(|byte| !is_token(*byte)) {
        return bad(at..at + 1, "no character of a method");
    }
    if let Some(at) = target.iter().position(u8::is_ascii_control) {
        let at = first + 1 + at;
        return bad(at..at + 1, "a control character");
    }
    let minor_version = match &text[second + 1..] {
        b"HTTP/1.1" => 1,
        b"HTTP/1.0" => 0,
        _ => return bad(second + 1..text.len().max(second + 2), "expected HTTP/1.1"),
    };
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    Ok((text(method), text(target), minor_version))
}

/// The rules that both sides share, as they are told of a request.
impl From<http::Flaw> for Flaw {
    fn from(flaw: http::Flaw) -> Flaw {
        use http::Rule;
        let bad = match flaw {
            http::Flaw::Line(bad) => bad,
            // Lines and chunks have no other flaws; this is what is left when there is nothing.
            http::Flaw::NoHead(came, end) => return Flaw::NoHead(came, end),
            http::Flaw::ShortBody { end, .. } => return Flaw::NoHead(Vec::new(), end),
        };
        let rule = match bad.rule {
            Rule::LineEnd if bad.at.end == bad.line.len() => "CR LF belongs here",
            Rule::LineEnd => "a CR stands before an LF, and nowhere else",
            Rule::Colon => "expected a colon",
            Rule::Name => "no character of a name",
            Rule::Folded => "no field begins with a space",
            Rule::Value => "a control character",
            Rule::Chunk => "expected a size in hexadecimal, and CR LF",
            _ => "this breaks a rule of RFC 9112",
        };
        Flaw::Line(BadLine {
            line: bad.line,
            at: bad.at,
            rule,
        })
    }
}

impl Flaw {
    /// The finding that this is.
    pub fn found(self) -> Stop {
        let exhibit = |bytes: Vec<u8>, at: Range<usize>, remark: &str| Exhibit {
            title: "sent".to_owned(),
            bytes,
            from: at.start,
            to: at.end,
            remark: remark.to_owned(),
        };
        match self {
            Flaw::Line(BadLine { line, at, rule }) => REQUEST_MALFORMED
                .seen("A line of the request breaks a rule of HTTP.")
                .pointing_at(exhibit(line, at, rule)),
            Flaw::NoHead(came, end) if came.is_empty() => REQUEST_CUT_SHORT.seen(format!(
                "The server was called, and no request came: {}.",
                instead_of_more(&end)
            )),
            Flaw::NoHead(came, end) => {
                let observed = format!(
                    "{} bytes of a request came, and no empty line after them: {}.",
                    came.len(),
                    instead_of_more(&end)
                );
                let last = came.split_inclusive(|byte| *byte == b'\n').next_back();
                let last = last.unwrap_or_default().to_vec();
                let at = last.len()..last.len() + 1;
                REQUEST_CUT_SHORT.seen(observed).pointing_at(exhibit(
                    last,
                    at,
                    "the empty line is missing",
                ))
            }
            Flaw::ShortBody {
                asked,
                announced,
                end,
            } => {
                let came = asked.body.len();
                let then = instead_of_more(&end);
                let Some(announced) = announced else {
                    return REQUEST_CUT_SHORT.seen(format!(
                        "The request's body comes in chunks, and the last one does not come: after {came} \
                         bytes, {then}."
                    ));
                };
                let stop = REQUEST_CUT_SHORT.seen(format!(
                    "The request promises {announced} bytes of body, and {came} came: then {then}."
                ));
                match asked.named("Content-Length").next() {
                    Some(field) => stop.pointing_at(asked.at_field(field, format!("{came} came"))),
                    None => stop,
                }
            }
        }
    }
}

/// What a server sees in place of what it waits for.
pub fn instead_of_more(end: &End) -> &'static str {
    match end {
        End::Fin => "the connection was closed",
        End::Reset => "the connection was reset",
        End::Silence(_) => "nothing more came, and the server waits",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flaw(head: &str) -> Option<(&'static str, Range<usize>)> {
        let asked = match parsed(head.as_bytes().to_vec()) {
            Ok(asked) => asked,
            Err(Flaw::Line(bad)) => return Some((bad.rule, bad.at)),
            Err(other) => panic!("{other:?}"),
        };
        match asked.framing() {
            Err(Flaw::Line(bad)) => Some((bad.rule, bad.at)),
            Err(other) => panic!("{other:?}"),
            Ok(_) => None,
        }
    }

    #[test]
    fn a_good_request_has_no_flaw() {
        let head = "PUT /a?b=%20 HTTP/1.1\r\nHost: [::1]:8000\r\nContent-Length: 7\r\nX:\r\n\r\n";
        assert_eq!(flaw(head), None);
        let asked = parsed(head.as_bytes().to_vec()).unwrap();
        assert_eq!((&*asked.method, &*asked.target), ("PUT", "/a?b=%20"));
        assert_eq!(asked.field("host"), Some("[::1]:8000"));
        let shown = asked.at_field(&asked.fields[0], "");
        assert_eq!(&shown.bytes[shown.from..shown.to], b"[::1]:8000");
        let shown = asked.at_target("");
        assert_eq!(&shown.bytes[shown.from..shown.to], b"/a?b=%20");
    }

    #[test]
    fn each_flaw_is_found_at_its_byte() {
        for (head, at) in [
            ("GET / HTTP/1.1\n\r\n", 14..15),
            ("GET /\r\n\r\n", 5..6),
            ("GET  / HTTP/1.1\r\n\r\n", 6..7),
            ("GET / a HTTP/1.1\r\n\r\n", 7..8),
            (" / HTTP/1.1\r\n\r\n", 0..1),
            ("G@T / HTTP/1.1\r\n\r\n", 1..2),
            ("GET /\t HTTP/1.1\r\n\r\n", 5..6),
            ("GET / HTTP/2.0\r\n\r\n", 6..14),
            ("GET / HTTP/1.1\r\nA\r\n\r\n", 1..2),
            ("GET / HTTP/1.1\r\nA : b\r\n\r\n", 1..2),
            ("GET / HTTP/1.1\r\nContent-Length: +1\r\n\r\n", 15..18),
            (
                "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
                15..17,
            ),
            (
                "GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                18..26,
            ),
        ] {
            let found = flaw(head).map(|(_, at)| at);
            assert_eq!(found, Some(at), "{head:?}");
        }
    }

    #[test]
    fn chunks_are_counted_in_hexadecimal() {
        assert_eq!(chunked(b"abc", 2), b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n");
        assert_eq!(chunked(b"", 2), b"0\r\n\r\n");
    }
}
