//! Requests: what is sent, what has to become of it, and how to send the same by hand.

use harness::rubric::by_hand::for_printf;
use harness::rubric::message::word;

use super::Request;

/// A request, and what a reader has to make of it.
#[derive(Clone, Debug)]
pub struct Sent {
    /// As it goes over the wire.
    pub bytes: Vec<u8>,
    /// As it must be read.
    pub meant: Request,
}

impl Sent {
    /// The beginning of a request: its first line.
    pub fn line(method: &str, target: &str, minor_version: u8) -> Sent {
        Sent {
            bytes: format!("{method} {target} HTTP/1.{minor_version}\r\n").into_bytes(),
            meant: Request {
                method: method.to_owned(),
                target: target.to_owned(),
                minor_version,
                headers: Vec::new(),
                body: Vec::new(),
            },
        }
    }

    /// With one more field, `raw` as it stands behind the colon.
    pub fn field(mut self, name: &str, raw: &str) -> Sent {
        self.bytes
            .extend_from_slice(format!("{name}:{raw}\r\n").as_bytes());
        let value = raw.trim_matches([' ', '\t']);
        self.meant.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With the end of the head, and nothing after it.
    pub fn end(mut self) -> Sent {
        self.bytes.extend_from_slice(b"\r\n");
        self
    }

    /// With a length, the end of the head, and this body.
    pub fn body(self, body: &[u8]) -> Sent {
        let mut sent = self
            .field("Content-Length", &format!(" {}", body.len()))
            .end();
        sent.bytes.extend_from_slice(body);
        sent.meant.body = body.to_vec();
        sent
    }

    /// With `Transfer-Encoding: chunked`, the end of the head, and these chunks, which make up `body`.
    pub fn chunked(self, chunks: &[u8], body: &[u8]) -> Sent {
        let mut sent = self.field("Transfer-Encoding", " chunked").end();
        sent.bytes.extend_from_slice(chunks);
        sent.meant.body = body.to_vec();
        sent
    }

    /// How long the head is, with its empty line.
    pub fn head(&self) -> usize {
        let end = self.bytes.windows(4).position(|it| it == b"\r\n\r\n");
        end.map_or(self.bytes.len(), |end| end + 4)
    }
}

/// A GET of 1.1 for something that nobody can know beforehand.
pub fn any_get() -> Sent {
    Sent::line("GET", &format!("/{}", word(7)), 1)
        .field("Host", " localhost:8000")
        .end()
}

/// A command that sends these pieces to the program, with a moment between them.
pub fn by_hand(pieces: &[&[u8]]) -> String {
    let printf: Vec<String> = pieces
        .iter()
        .map(|piece| format!("printf '{}'", for_printf(piece)))
        .collect();
    match printf.as_slice() {
        [one] => format!("{one} | nc 127.0.0.1 8000"),
        several => format!("({}) | nc 127.0.0.1 8000", several.join("; sleep 1; ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_sends_the_bytes() {
        let command = by_hand(&[b"a'b\r\n%\0", b"\xff"]);
        assert_eq!(
            command,
            "(printf 'a'\\''b\\r\\n%%\\000'; sleep 1; printf '\\377') | nc 127.0.0.1 8000"
        );
    }
}
