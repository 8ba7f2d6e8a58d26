//! What cases make messages of, and how they show them.

use crate::finding::Exhibit;

/// A word that nobody can know beforehand: lower-case letters.
pub fn word(length: usize) -> String {
    (0..length).map(|_| fastrand::lowercase()).collect()
}

/// A message that breaks a rule, and where.
pub struct Malformed {
    /// As it goes over the wire.
    pub bytes: Vec<u8>,
    /// The first byte that is wrong.
    pub from: usize,
    /// One past the last.
    pub to: usize,
}

impl Malformed {
    /// What is wrong in `message` stands between `⟦` and `⟧`, which are not sent.
    pub fn new(message: &str) -> Malformed {
        let from = message.find('⟦').unwrap_or(0);
        let text = message.replacen('⟦', "", 1);
        let to = text.find('⟧').unwrap_or(from);
        Malformed {
            bytes: text.replacen('⟧', "", 1).into_bytes(),
            from,
            to,
        }
    }
}

/// The line of `bytes` that holds the byte `from`, with its end, and the marks up to `to` in it.
pub fn exhibit(bytes: &[u8], from: usize, to: usize, remark: &str) -> Exhibit {
    let before = bytes[..from].iter().rposition(|byte| *byte == b'\n');
    let start = before.map_or(0, |at| at + 1);
    let after = bytes[to.max(from)..].iter().position(|byte| *byte == b'\n');
    let end = after.map_or(bytes.len(), |at| to.max(from) + at + 1);
    // A mark may be the end of its line.
    let end = if to > from && bytes[to - 1] == b'\n' {
        to
    } else {
        end
    };
    Exhibit {
        title: "sent".to_owned(),
        bytes: bytes[start..end].to_vec(),
        from: from - start,
        to: to - start,
        remark: remark.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_found_in_its_line() {
        let Malformed { bytes, from, to } = Malformed::new("GET / HTTP/1.1\r\nHost⟦ ⟧: x\r\n\r\n");
        assert_eq!(bytes, b"GET / HTTP/1.1\r\nHost : x\r\n\r\n");
        let shown = exhibit(&bytes, from, to, "a space");
        assert_eq!(shown.bytes, b"Host : x\r\n");
        assert_eq!((shown.from, shown.to), (4, 5));
    }
}
