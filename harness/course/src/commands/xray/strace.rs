//! Reads what strace wrote with `-f -ttt -T -y`: text in, calls out.
//!
//! A line is a thread's number, the time in seconds since 1970, and what happened. A call during which another
//! thread's line came between is in two parts, `<unfinished ...>` and `<... NAME resumed>`.

use std::collections::HashMap;
use std::time::Duration;

/// Something that a thread did, or that was done to it.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    Call(Call),
    Signal(Signal),
}

/// A system call, whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub thread: u32,
    pub name: String,
    /// As strace writes them, with what `-y` says of descriptors.
    pub args: Vec<String>,
    /// As strace writes it; `None` when the call never returned.
    pub result: Option<String>,
    /// Since 1970.
    pub began: Duration,
    pub ended: Option<Duration>,
}

/// A signal that a thread got.
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    pub thread: u32,
    pub at: Duration,
    /// `SIGUSR1`
    pub name: String,
}

impl Call {
    /// The number that the call gave, if it gave one: a descriptor, a count, -1.
    pub fn number(&self) -> Option<i64> {
        let result = self.result.as_deref()?;
        let end = result
            .char_indices()
            .find(|(at, c)| !(c.is_ascii_digit() || (*at == 0 && *c == '-')))
            .map_or(result.len(), |(at, _)| at);
        result[..end].parse().ok()
    }

    /// The name of the error that the call gave: `ECONNREFUSED`.
    pub fn error(&self) -> Option<&str> {
        let mut words = self.result.as_deref()?.split_whitespace();
        let failed = matches!(words.next()?, "-1" | "?");
        words.next().filter(|word| failed && word.starts_with('E'))
    }

    /// The descriptor that is the argument with this index, and what it is: `socket:[4711]`.
    pub fn descriptor(&self, index: usize) -> Option<(i32, &str)> {
        described(self.args.get(index)?)
    }

    /// The descriptor that the call gave, in the same way.
    pub fn given_descriptor(&self) -> Option<(i32, &str)> {
        described(self.result.as_deref()?)
    }
}

fn described(text: &str) -> Option<(i32, &str)> {
    let (number, kind) = text.split_once('<')?;
    Some((number.parse().ok()?, kind.strip_suffix('>')?))
}

/// The entries of a log, in the order in which they began. Lines that are none are passed over: a log may end
/// in the middle of one.
pub fn parse(log: &str) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    // By thread: where the call stands that it is in, and its arguments so far.
    let mut unfinished: HashMap<u32, (usize, String)> = HashMap::new();
    for line in log.lines() {
        let Some((thread, at, rest)) = stamp(line) else {
            continue;
        };
        if let Some(rest) = rest.strip_prefix("<... ") {
            let Some((_, rest)) = rest.split_once(" resumed>") else {
                continue;
            };
            let Some((index, mut text)) = unfinished.remove(&thread) else {
                continue;
            };
            text.push_str(rest);
            if let (Some(end), Some(Entry::Call(call))) = (end(&text), entries.get_mut(index)) {
                call.finish(&text, end, Some(at));
            }
        } else if let Some(signal) = rest.strip_prefix("--- ") {
            let name = signal.split_whitespace().next().unwrap_or_default();
            entries.push(Entry::Signal(Signal {
                thread,
                at,
                name: name.to_owned(),
            }));
        } else if let Some((name, text)) = rest.split_once('(').filter(|it| is_name(it.0)) {
            let mut call = Call {
                thread,
                name: name.to_owned(),
                args: Vec::new(),
                result: None,
                began: at,
                ended: None,
            };
            if let Some(text) = text.strip_suffix("<unfinished ...>") {
                call.args = split(text);
                unfinished.insert(thread, (entries.len(), text.to_owned()));
            } else if let Some(end) = end(text) {
                call.finish(text, end, None);
            }
            entries.push(Entry::Call(call));
        }
    }
    entries
}

impl Call {
    /// Takes in its arguments and its result: the text behind its first parenthesis, the other one at `end`.
    /// When it came to its end is known for a call that was resumed; else by how long it took.
    fn finish(&mut self, text: &str, end: usize, at: Option<Duration>) {
        self.args = split(text[..end].trim_end_matches("<unfinished ...>"));
        let result = text[end + 1..].trim_start().trim_start_matches("= ");
        let (result, took) = match result.rsplit_once(" <") {
            Some((result, took)) => (result, seconds(took.trim_end_matches('>'))),
            None => (result, None),
        };
        let result = result.trim();
        // A thread that is killed in a call leaves a question mark, and no name of an error with it.
        if result == "?" {
            return;
        }
        self.result = Some(result.to_owned());
        self.ended = at.or(took.map(|took| self.began + took));
        self.ended = self.ended.or(Some(self.began));
    }
}

fn stamp(line: &str) -> Option<(u32, Duration, &str)> {
    let (thread, rest) = line.split_once(' ')?;
    let (at, rest) = rest.trim_start().split_once(' ')?;
    Some((thread.parse().ok()?, seconds(at)?, rest))
}

fn seconds(text: &str) -> Option<Duration> {
    let (seconds, micros) = text.split_once('.')?;
    if micros.len() != 6 {
        return None;
    }
    Some(Duration::from_secs(seconds.parse().ok()?) + Duration::from_micros(micros.parse().ok()?))
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// What stands at each place of a text: strace's strings are quoted as C's are, and its structures nest.
fn depths(text: &str) -> impl Iterator<Item = (usize, char, usize)> {
    let mut depth = 0_usize;
    let mut quoted = false;
    let mut escaped = false;
    text.char_indices().map(move |(at, c)| {
        let before = depth;
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        // Within quotes no character means anything.
        (at, c, if quoted { usize::MAX } else { before })
    })
}

/// Where the parenthesis is closed that was opened before `text`.
fn end(text: &str) -> Option<usize> {
    depths(text)
        .find(|(_, c, depth)| *c == ')' && *depth == 0)
        .map(|(at, _, _)| at)
}

/// The arguments, apart.
pub fn split(text: &str) -> Vec<String> {
    let mut args = Vec::new();
    let mut from = 0;
    for (at, c, depth) in depths(text) {
        if c == ',' && depth == 0 {
            args.push(text[from..at].trim().to_owned());
            from = at + 1;
        }
    }
    let last = text[from..].trim();
    if !last.is_empty() {
        args.push(last.to_owned());
    }
    args
}

/// The bytes of a string as strace quotes it, and whether there were more of them.
pub fn unquote(text: &str) -> Option<(Vec<u8>, bool)> {
    let rest = text.strip_prefix('"')?;
    let (inside, more) = match rest.strip_suffix("\"...") {
        Some(inside) => (inside, true),
        None => (rest.strip_suffix('"')?, false),
    };
    let mut bytes = Vec::new();
    let mut rest = inside.bytes().peekable();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        bytes.push(match rest.next()? {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 0x0b,
            b'f' => 0x0c,
            b'x' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            digit @ b'0'..=b'7' => {
                let mut value = u32::from(digit - b'0');
                for _ in 0..2 {
                    let Some(digit) = rest.next_if(|next| matches!(next, b'0'..=b'7')) else {
                        break;
                    };
                    value = value * 8 + u32::from(digit - b'0');
                }
                u8::try_from(value).ok()?
            }
            other => other,
        });
    }
    Some((bytes, more))
}
