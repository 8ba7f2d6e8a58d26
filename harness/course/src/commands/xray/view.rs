//! How an x-ray is shown: the learner's calls on the left, the wire on the right, time downwards.

use std::collections::BTreeMap;

use harness::report::picture;
use harness::trace::{Direction, Signal, hex};

use super::merge::{Row, What};
use super::strace::{self, Call};
use crate::screen::{BAD, FAINT, NEXT, styled};

/// How wide the whole may be.
const WIDTH: usize = 92;
/// The times, with the space behind them.
const TIMES: usize = 10;
/// The arrows of the wire, at the right.
const ARROW: usize = 40;
/// How long a text on an arrow may be.
const LABEL: usize = ARROW - 6;
/// How long a call may be.
const CALL: usize = 150;
/// How many bytes of a string are shown: as text, and in hexadecimal.
const AS_TEXT: usize = 24;
const AS_HEX: usize = 6;
/// How many calls in a row are shown at either end of a long run, when it is longer than `RUN`.
const ENDS: usize = 4;
const RUN: usize = 12;
/// How many lines are shown at either end of a long case, when it is longer than both.
const HALF: usize = 60;
/// How many pages of the manual are named.
const PAGES: usize = 4;

/// The picture: a heading, then the rows.
pub fn picture(rows: &[Row<'_>]) -> Vec<String> {
    let mut peers: Vec<&str> = Vec::new();
    for row in rows {
        if let What::Wire(peer, ..) = row.what
            && !peers.contains(&peer)
        {
            peers.push(peer);
        }
    }
    let several = peers.len() > 1;
    let right = match peers.as_slice() {
        [] => "",
        [peer] => peer,
        _ => "the other ends",
    };
    let room = WIDTH - TIMES;
    let heading = format!("{:>7}   {:<room$}", "ms", "your code");
    let kept = WIDTH - right.chars().count();
    let heading = format!("{}{right}", cut(&heading, kept));
    let mut lines = vec![styled(FAINT, heading.trim_end())];
    for piece in fold(rows) {
        match piece {
            Piece::Row(row) => draw(row, several, &mut lines),
            Piece::LeftOut(left_out) => {
                let text = format!("{:TIMES$}  ... {}", "", counted(left_out));
                lines.extend(
                    hanging(&text, TIMES + 6)
                        .into_iter()
                        .map(|line| styled(FAINT, line)),
                );
            }
        }
    }
    if rows.iter().any(|row| number_of(row).is_some()) {
        lines.push(String::new());
        lines.push(styled(
            FAINT,
            "A number in brackets is a thread or a process that your code started.",
        ));
    }
    lines
}

/// The manual's pages of the calls, one line; nothing where there were no calls.
pub fn pages(rows: &[Row<'_>]) -> Option<String> {
    let calls = || {
        rows.iter().filter_map(|row| match &row.what {
            What::Did(call, _) | What::Waits(call, _) => Some(*call),
            _ => None,
        })
    };
    // A call that failed or never returned is what to read about first.
    let trouble =
        |call: &&Call| call.result.is_none() || call.error().is_some_and(|it| it != "ERESTARTSYS");
    let mut names: Vec<&str> = Vec::new();
    for call in calls()
        .filter(|call| trouble(call))
        .chain(calls().filter(|call| !trouble(call)))
    {
        let name = page(&call.name);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.truncate(PAGES);
    let pages: Vec<String> = names.iter().map(|name| format!("man 2 {name}")).collect();
    (!pages.is_empty()).then(|| pages.join(", "))
}

/// The page that is about a call: several calls share one.
fn page(name: &str) -> &str {
    match name {
        "accept4" => "accept",
        "recvfrom" | "recvmsg" => "recv",
        "sendto" | "sendmsg" => "send",
        "ppoll" => "poll",
        "pselect6" => "select",
        "epoll_pwait" | "epoll_pwait2" => "epoll_wait",
        "dup2" | "dup3" => "dup",
        other => other,
    }
}

enum Piece<'a, 'b> {
    Row(&'b Row<'a>),
    LeftOut(&'b [Row<'a>]),
}

/// Leaves out the middle of long runs of calls, and of what is too long still.
fn fold<'a, 'b>(rows: &'b [Row<'a>]) -> Vec<Piece<'a, 'b>> {
    let mut pieces = Vec::new();
    for run in rows.chunk_by(is_more_of_the_same) {
        if run.len() > RUN {
            pieces.extend(run[..ENDS].iter().map(Piece::Row));
            pieces.push(Piece::LeftOut(&run[ENDS..run.len() - ENDS]));
            pieces.extend(run[run.len() - ENDS..].iter().map(Piece::Row));
        } else {
            pieces.extend(run.iter().map(Piece::Row));
        }
    }
    if pieces.len() <= 2 * HALF {
        return pieces;
    }
    // The pieces are slices of `rows`, one behind the other: so what is left out is a slice, too.
    let length = |piece: &Piece<'_, '_>| match piece {
        Piece::Row(_) => 1,
        Piece::LeftOut(left_out) => left_out.len(),
    };
    let before: usize = pieces[..HALF].iter().map(length).sum();
    let after: usize = pieces[pieces.len() - HALF..].iter().map(length).sum();
    let mut end = pieces.split_off(pieces.len() - HALF);
    pieces.truncate(HALF);
    pieces.push(Piece::LeftOut(&rows[before..rows.len() - after]));
    pieces.append(&mut end);
    pieces
}

/// Does a row tell no more than the one before it: bytes that go on going in and out, a call that fails again?
fn is_more_of_the_same(one: &Row<'_>, other: &Row<'_>) -> bool {
    let (Some(one), Some(other)) = (call_of(one), call_of(other)) else {
        return false;
    };
    let moves = [
        "send", "recv", "read", "write", "splice", "poll", "select", "epoll_w",
    ];
    let is_moving =
        |call: &Call| !is_failure(call) && moves.iter().any(|it| call.name.contains(it));
    let is_same = one.name == other.name && one.error() == other.error();
    is_same || (is_moving(one) && is_moving(other))
}

fn call_of<'a>(row: &Row<'a>) -> Option<&'a Call> {
    match row.what {
        What::Did(call, _) | What::Waits(call, _) | What::Gave(call, _) => Some(call),
        _ => None,
    }
}

/// What was left out: `4096 more: 2048 recvfrom, 2048 sendto`.
fn counted(left_out: &[Row<'_>]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for row in left_out {
        let name = match &row.what {
            What::Did(call, _) | What::Waits(call, _) => call.name.as_str(),
            What::Wire(..) => "on the wire",
            _ => continue,
        };
        *counts.entry(name).or_default() += 1;
    }
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let all: usize = counts.iter().map(|(_, count)| count).sum();
    let each: Vec<String> = counts
        .iter()
        .map(|(name, count)| format!("{count} {name}"))
        .collect();
    format!("{all} more: {}", each.join(", "))
}

fn number_of(row: &Row<'_>) -> Option<usize> {
    match row.what {
        What::Did(_, number)
        | What::Waits(_, number)
        | What::Gave(_, number)
        | What::Interrupted(_, number) => number,
        _ => None,
    }
}

fn draw(row: &Row<'_>, several: bool, lines: &mut Vec<String>) {
    let ms = format!("{:>7.1}", row.at.as_secs_f64() * 1000.0);
    let thread = number_of(row).map_or(String::new(), |number| format!("[{number}] "));
    let (indent, text, style) = match &row.what {
        What::Did(call, _) => (2, done(call), is_failure(call).then_some(BAD)),
        What::Waits(call, _) if call.ended.is_none() => {
            let text = format!("{} has not returned", asked(call));
            (2, text, Some(BAD))
        }
        What::Waits(call, _) => (2, format!("{} ...", asked(call)), None),
        What::Gave(call, _) => (2, returned(call), is_failure(call).then_some(BAD)),
        What::Interrupted(signal, _) => (2, format!("--- {signal} ---"), None),
        What::Function(text) => (0, text.clone(), Some(NEXT)),
        What::Fact(text) => (0, text.clone(), Some(FAINT)),
        What::Remark(text) => (4, (*text).to_owned(), Some(BAD)),
        What::Wire(peer, direction, signal) => {
            let arrow = arrow(*direction, signal, several.then_some(*peer));
            let before = WIDTH - ARROW - ms.len();
            lines.push(format!("{}{:before$}{arrow}", styled(FAINT, ms), ""));
            return;
        }
    };
    let text = picture::shorten(&without_controls(&text), CALL);
    let text = format!("{:1$}{thread}{text}", "", TIMES + indent);
    for (index, line) in hanging(&text, TIMES + indent + 4).into_iter().enumerate() {
        let (margin, rest) = line.split_at(TIMES);
        let margin = if index == 0 {
            styled(FAINT, format!("{ms}   "))
        } else {
            margin.to_owned()
        };
        let rest = match style {
            Some(style) => styled(style, rest),
            None => rest.to_owned(),
        };
        lines.push(format!("{margin}{rest}"));
    }
}

/// Breaks a line at spaces, or where there are none at its end, and hangs what follows the first under it.
fn hanging(text: &str, indent: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest: Vec<char> = text.chars().collect();
    while rest.len() > WIDTH {
        let margin = rest.iter().take_while(|c| **c == ' ').count();
        let space = rest[..=WIDTH].iter().rposition(|c| *c == ' ');
        let end = space.filter(|space| *space > margin).unwrap_or(WIDTH);
        lines.push(rest[..end].iter().collect());
        let left = rest[end..].iter().skip_while(|c| **c == ' ');
        rest = " ".repeat(indent).chars().chain(left.copied()).collect();
    }
    lines.push(rest.into_iter().collect());
    lines
}

/// What a program printed may hold codes that a terminal would obey.
fn without_controls(text: &str) -> String {
    let escape = |c: char| match c.is_control() {
        true => c.escape_default().to_string(),
        false => c.to_string(),
    };
    text.chars().map(escape).collect()
}

fn cut(text: &str, width: usize) -> String {
    text.chars().take(width).collect()
}

/// As the grader's pictures have it, seen from the other side: the code is on the left.
fn arrow(direction: Direction, signal: &Signal, peer: Option<&str>) -> String {
    let label = picture::label(signal, LABEL);
    let label = match peer {
        Some(peer) => format!("{peer}: {label}"),
        None => label,
    };
    let label = picture::shorten(&label, LABEL);
    let fill = "─".repeat(ARROW - label.chars().count() - 5);
    match (signal, direction) {
        (Signal::Silence, _) => format!("{label:>ARROW$}"),
        (_, Direction::ToSubmission) => format!("◀{fill} {label} ──"),
        (_, Direction::ToPeer) => format!("── {label} {fill}▶"),
    }
}

/// Did it fail in a way worth a colour? A call that has nothing for now has not.
fn is_failure(call: &Call) -> bool {
    call.error()
        .is_some_and(|error| !matches!(error, "EAGAIN" | "EINPROGRESS" | "ERESTARTSYS"))
}

/// `bind(5, 127.0.0.1:7000) = 0`
fn done(call: &Call) -> String {
    format!("{} = {}", entered(call), result(call))
}

/// `accept4 = 6`, for a call whose arguments were shown when it began; what it fetched is shown now.
fn returned(call: &Call) -> String {
    if fetches(call) && call.error().is_none() {
        return done(call);
    }
    format!("{} = {}", call.name, result(call))
}

/// `bind(5, 127.0.0.1:7000)`
fn entered(call: &Call) -> String {
    format!("{}({})", call.name, args(call).join(", "))
}

/// The same, when the call has not fetched anything yet.
fn asked(call: &Call) -> String {
    if !fetches(call) {
        return entered(call);
    }
    let mut asked = call.clone();
    asked.result = None;
    if let Some(fetched) = asked.args.get_mut(1) {
        "0x00000".clone_into(fetched);
    }
    entered(&asked)
}

/// Is its second argument a place for what it fetches?
fn fetches(call: &Call) -> bool {
    let name = call.name.as_str();
    matches!(
        name,
        "accept" | "accept4" | "recvfrom" | "recvmsg" | "read" | "readv"
    )
}

fn result(call: &Call) -> String {
    let result = call.result.as_deref().unwrap_or("?");
    match call.error() {
        Some("ERESTARTSYS") => "interrupted by a signal".to_owned(),
        Some(error) => format!("-1 {error}"),
        None => plain(result),
    }
}

/// The arguments that say something: without the lengths of addresses, without nothings at the end.
fn args(call: &Call) -> Vec<String> {
    let mut args: Vec<String> = Vec::new();
    let count = call.number().and_then(|count| u64::try_from(count).ok());
    for (index, arg) in call.args.iter().enumerate() {
        let left_out = match (call.name.as_str(), index) {
            ("bind" | "connect", 2) => true,
            ("accept" | "accept4" | "getsockname" | "getpeername", 2) => true,
            ("accept" | "accept4", 1) => !arg.starts_with('{'),
            ("setsockopt" | "getsockopt", 4) => true,
            ("sendto" | "recvfrom", 3) => arg == "0",
            ("sendto" | "recvfrom", 4) => arg == "NULL",
            ("sendto" | "recvfrom", 5) => true,
            _ => false,
        };
        if left_out {
            continue;
        }
        let length = match call.name.as_str() {
            "sendto" | "write" => call.args.get(2).and_then(|length| length.parse().ok()),
            _ => count,
        };
        let shown = match call.name.as_str() {
            "setsockopt" | "getsockopt" if index == 3 => timeout(call).unwrap_or(plain(arg)),
            _ => match strace::unquote(arg) {
                Some((bytes, more)) => text(&bytes, more, length),
                None => plain(arg),
            },
        };
        args.push(shown);
    }
    args
}

/// The time in the option of a time-out, which strace shows as bytes on some systems.
fn timeout(call: &Call) -> Option<String> {
    let option = call.args.get(2)?;
    if !option.starts_with("SO_RCVTIMEO") && !option.starts_with("SO_SNDTIMEO") {
        return None;
    }
    let (bytes, _) = strace::unquote(call.args.get(3)?)?;
    let (seconds, micros) = bytes.split_at_checked(8)?;
    let number = |bytes: &[u8]| bytes.try_into().map(i64::from_ne_bytes).ok();
    Some(format!("[{}.{:06} s]", number(seconds)?, number(micros)?))
}

/// Bytes, as the grader's pictures have them: text where it is text, else in hexadecimal.
fn text(bytes: &[u8], more: bool, count: Option<u64>) -> String {
    let is_text = |byte: &u8| matches!(byte, b' '..=b'~' | b'\r' | b'\n' | b'\t');
    let count = count.map_or(bytes.len(), |count| {
        usize::try_from(count).unwrap_or(usize::MAX)
    });
    let whole = !more && count <= bytes.len();
    if bytes.iter().all(is_text) {
        let shown = if bytes.len() <= AS_TEXT + 8 && whole {
            bytes.len()
        } else {
            bytes.len().min(AS_TEXT)
        };
        let rest = if shown < bytes.len() || !whole {
            "…"
        } else {
            ""
        };
        return format!("\"{}\"{rest}", bytes[..shown].escape_ascii());
    }
    if whole && bytes.len() <= AS_HEX + 2 {
        return format!("<{}>", hex(bytes));
    }
    format!("<{} …>", hex(&bytes[..bytes.len().min(AS_HEX)]))
}

/// What strace wrote, for people: a descriptor is its number, an address is written as everywhere.
fn plain(text: &str) -> String {
    let text = without_kinds(text);
    if let Some(addr) = address(&text) {
        return addr;
    }
    if text.len() > 4
        && text.starts_with("0x")
        && text.bytes().skip(2).all(|b| b.is_ascii_hexdigit())
    {
        return "…".to_owned();
    }
    text.replace("_OLD", "")
}

/// Leaves out what `-y` says of each descriptor: `5<socket:[4711]>` is 5.
fn without_kinds(text: &str) -> String {
    let mut plain = String::new();
    let mut depth = 0_usize;
    let mut quoted = false;
    let mut before = ' ';
    for c in text.chars() {
        if depth == 0 {
            quoted ^= c == '"' && before != '\\';
        }
        match c {
            '<' if !quoted && (depth > 0 || before.is_ascii_digit()) => depth += 1,
            '>' if depth > 0 => depth -= 1,
            _ if depth > 0 => {}
            c => plain.push(c),
        }
        before = c;
    }
    plain
}

/// `127.0.0.1:7000`, of the structure that holds it.
fn address(text: &str) -> Option<String> {
    let fields = text.strip_prefix('{')?.strip_suffix('}')?;
    let fields = strace::split(fields);
    let port = |name: &str| {
        let field = fields.iter().find_map(|field| field.strip_prefix(name))?;
        field.strip_prefix("=htons(")?.strip_suffix(')')
    };
    match fields.first()?.as_str() {
        "sa_family=AF_INET" => {
            let addr = fields
                .iter()
                .find_map(|field| field.strip_prefix("sin_addr=inet_addr(\""))?;
            let addr = addr.strip_suffix("\")")?;
            Some(format!("{addr}:{}", port("sin_port")?))
        }
        "sa_family=AF_INET6" => {
            let addr = fields
                .iter()
                .find_map(|field| field.strip_prefix("inet_pton(AF_INET6, \""))?;
            let addr = addr.split('"').next()?;
            Some(format!("[{addr}]:{}", port("sin6_port")?))
        }
        "sa_family=AF_UNIX" => Some(fields.get(1)?.strip_prefix("sun_path=")?.to_owned()),
        _ => None,
    }
}
