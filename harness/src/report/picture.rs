//! Draws a [`Trace`]: as a picture of the wire where there was one, else as a list of calls.

use std::time::Duration;

use crate::trace::{Direction, Event, HAS_NOT_RETURNED, Signal, Trace, What, hex};

/// The length of an arrow.
const ARROW: usize = 39;
/// How long a text on an arrow may be.
pub const LABEL: usize = 32;
/// How long a call or an answer may be.
const TEXT: usize = 72;
/// How wide the first column of a list may be; what is longer has a line of its own.
const COLUMN: usize = 44;
/// How wide the whole may be.
const WIDTH: usize = 92;
/// Beside the wire.
const BESIDE: usize = WIDTH - ARROW - 18;
/// How many events are drawn: the last ones, which lead to what went wrong.
const EVENTS: usize = 9;
/// How many where the bytes themselves are shown below, too.
const FEWER_EVENTS: usize = 5;

/// The trace as lines, without an indent; short where more is to follow.
pub fn draw(trace: &Trace, short: bool) -> Vec<String> {
    let events = &trace.events;
    let most = if short { FEWER_EVENTS } else { EVENTS };
    let skipped = events.len().saturating_sub(most);
    let shown = &events[skipped..];
    if shown
        .iter()
        .any(|event| matches!(event.what, What::Wire { .. }))
    {
        wire(shown, skipped, side(shown, events))
    } else {
        list(shown, skipped)
    }
}

/// `echo gave 7`, and `echo has not returned`.
fn returned(call: &str, gave: &str) -> String {
    if gave == HAS_NOT_RETURNED {
        return format!("{call} {gave}");
    }
    format!("{call} gave {gave}")
}

fn earlier(skipped: usize) -> Option<String> {
    match skipped {
        0 => None,
        1 => Some("(after 1 earlier step)".to_owned()),
        more => Some(format!("(after {more} earlier steps)")),
    }
}

fn list(events: &[Event], skipped: usize) -> Vec<String> {
    let rows: Vec<(String, String, &str)> = events
        .iter()
        .map(|event| {
            let (asked, answer) = match &event.what {
                What::Call { call, gave } => (
                    call.as_str(),
                    gave.as_ref().map_or("...", |(gave, _)| gave.as_str()),
                ),
                What::Fact { asked, answer } => (asked.as_str(), answer.as_str()),
                What::Wire { .. } => ("", ""),
            };
            (
                shorten(asked, TEXT),
                shorten(answer, TEXT),
                event.remark.as_deref().unwrap_or(""),
            )
        })
        .collect();
    let wide = |text: &str| text.chars().count();
    let fitting = rows.iter().map(|row| wide(&row.0));
    let asked_width = fitting.filter(|width| *width <= COLUMN).max().unwrap_or(0);
    let remarked = rows.iter().filter(|row| !row.2.is_empty());
    let answer_width = remarked.map(|row| wide(&row.1)).max().unwrap_or(0);
    let mut lines: Vec<String> = earlier(skipped).into_iter().collect();
    let digits = (skipped + rows.len()).to_string().len();
    for (index, (asked, answer, remark)) in rows.iter().enumerate() {
        let number = format!("{:digits$}", skipped + index + 1);
        let line = format!("{number}  {asked:asked_width$}   {answer:answer_width$}   {remark}");
        if wide(asked) <= COLUMN && wide(line.trim_end()) <= WIDTH {
            lines.push(line.trim_end().to_owned());
            continue;
        }
        // No room for all of it side by side: each on a line of its own.
        lines.push(format!("{number}  {asked}"));
        let below = [answer.as_str(), remark].into_iter();
        lines.extend(
            below
                .filter(|text| !text.is_empty())
                .map(|text| format!("     {text}")),
        );
    }
    lines
}

/// What a picture of the wire shows, one below the other: what crossed it, and what was called and found out
/// meanwhile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Steps<'a> {
    /// What the grader's side is called.
    pub peer: &'a str,
    /// Did anything cross the wire, or was it at least waited for?
    pub wire: bool,
    /// In the order in which they happened.
    pub steps: Vec<Step<'a>>,
}

/// A row of a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step<'a> {
    /// Since the attempt began.
    pub at: Duration,
    /// What happened.
    pub shown: Shown<'a>,
    /// What should have happened instead; may be empty.
    pub remark: &'a str,
}

/// What happened in a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown<'a> {
    /// Something on the wire.
    Arrow {
        /// Which way.
        direction: Direction,
        /// What.
        signal: &'a Signal,
        /// The same in a few words; with the name of the peer where there are several.
        label: String,
    },
    /// A call, what it gave, or a fact.
    Note(String),
}

/// What the submission's side is called.
pub const YOUR_SIDE: &str = "your side";

/// What the grader's side is called: by the name of the peer that is `shown`, and where there are several by what
/// they are. Those that the submission connects to, at any time of `all`, are servers.
fn side<'a>(shown: &'a [Event], all: &[Event]) -> &'a str {
    let mut peers = shown.iter().filter_map(|event| match &event.what {
        What::Wire { peer, .. } => Some(peer.as_str()),
        _ => None,
    });
    let first = peers.next().unwrap_or("client");
    let connects = |event: &Event| {
        matches!(
            &event.what,
            What::Wire {
                direction: Direction::ToPeer,
                signal: Signal::Connected | Signal::Refused,
                ..
            }
        )
    };
    match peers.all(|peer| peer == first) {
        true => first,
        false if all.iter().any(connects) => "servers",
        false => "clients",
    }
}

/// Every event as a step; a call is two where something happened before it returned. An arrow has room for a label of
/// so many letters.
pub fn steps(events: &[Event], room: usize) -> Steps<'_> {
    let mut peers = events.iter().filter_map(|event| match &event.what {
        What::Wire { peer, .. } => Some(peer),
        _ => None,
    });
    let first = peers.next();
    let several = peers.any(|peer| Some(peer) != first);
    let mut steps: Vec<Step<'_>> = Vec::new();
    for (index, event) in events.iter().enumerate() {
        let mut later = None;
        let shown = match &event.what {
            What::Wire {
                peer,
                direction,
                signal,
            } => {
                let name = if several {
                    format!("{peer}: ")
                } else {
                    String::new()
                };
                let room = room.saturating_sub(name.chars().count());
                Shown::Arrow {
                    direction: *direction,
                    signal,
                    label: name + &label(signal, room),
                }
            }
            What::Call {
                call,
                gave: Some((gave, at)),
            } => {
                let next = events.get(index + 1);
                if next.is_some_and(|next| next.at < *at) {
                    let function = call.split('(').next().unwrap_or(call);
                    later = Some((*at, Shown::Note(returned(function, gave))));
                    Shown::Note(call.clone())
                } else {
                    Shown::Note(returned(call, gave))
                }
            }
            What::Call { call, gave: None } => Shown::Note(call.clone()),
            What::Fact { asked, answer } if answer.is_empty() => Shown::Note(asked.clone()),
            What::Fact { asked, answer } => Shown::Note(format!("{asked}: {answer}")),
        };
        let remark = event.remark.as_deref().unwrap_or("");
        steps.push(Step {
            at: event.at,
            shown,
            remark: if later.is_some() { "" } else { remark },
        });
        steps.extend(later.map(|(at, shown)| Step { at, shown, remark }));
    }
    // A stable sort: what happened at the same time stays in the order in which it was recorded.
    steps.sort_by_key(|step| step.at);
    Steps {
        peer: side(events, events),
        wire: first.is_some(),
        steps,
    }
}

/// The last events, and what the grader's side is called.
fn wire(events: &[Event], skipped: usize, side: &str) -> Vec<String> {
    let Steps { steps, .. } = steps(events, LABEL);
    let head = format!("{side:<40} {YOUR_SIDE}");
    let mut lines: Vec<String> = earlier(skipped).into_iter().chain([head]).collect();
    let blank = " ".repeat(ARROW);
    for Step { at, shown, remark } in steps {
        let (arrow, beside) = match shown {
            Shown::Arrow {
                direction,
                signal,
                label,
            } => (arrow(direction, signal, &label), String::new()),
            Shown::Note(note) => (blank.clone(), note),
        };
        let ms = at.as_secs_f64() * 1000.0;
        let mut texts = wrap(&shorten(&beside, TEXT), BESIDE);
        texts.extend(wrap(&shorten(remark, TEXT), BESIDE));
        let first = texts.first().map_or("", String::as_str);
        let line = format!("  │ {arrow} │ {ms:>6.1} ms  {first}");
        lines.push(line.trim_end().to_owned());
        for text in texts.iter().skip(1) {
            lines.push(format!("  │ {blank} │ {:>9}  {text}", ""));
        }
    }
    lines
}

fn arrow(direction: Direction, signal: &Signal, label: &str) -> String {
    let label = shorten(label, LABEL);
    let fill = ARROW - label.chars().count() - 5;
    match (signal, direction) {
        (Signal::Silence, _) => format!("{label:>ARROW$}"),
        (_, Direction::ToSubmission) => format!("── {label} {}▶", "─".repeat(fill)),
        (_, Direction::ToPeer) => format!("◀{} {label} ──", "─".repeat(fill)),
    }
}

/// What stands on the arrow of a signal, if possible in so many letters.
pub fn label(signal: &Signal, room: usize) -> String {
    match signal {
        Signal::Connected => "connect".to_owned(),
        Signal::Refused => "refused".to_owned(),
        Signal::Fin => "FIN".to_owned(),
        Signal::Reset => "RST".to_owned(),
        Signal::Silence => "(nothing)".to_owned(),
        Signal::Bytes { start, end, count } => bytes(start, end, *count, room),
    }
}

/// Bytes as text where they are text, else in hexadecimal with their count; long runs cut in the middle.
fn bytes(start: &[u8], end: &[u8], count: u64, room: usize) -> String {
    let is_text = |byte: &u8| matches!(byte, b' '..=b'~' | b'\r' | b'\n' | b'\t');
    let whole: Vec<u8> = if end.is_empty() {
        start.to_vec()
    } else {
        Vec::new()
    };
    let is_all_text = start.iter().chain(end).all(is_text);
    if is_all_text {
        let text = whole.escape_ascii().to_string();
        if end.is_empty() && text.len() + 2 <= room {
            return format!("\"{text}\"");
        }
    }
    // A message of lines is known by its first, whatever follows.
    let count_told = format!(" ({count} bytes)");
    let line = start.windows(2).position(|pair| pair == b"\r\n");
    let line = line.map(|line| &start[..line]);
    let fits = |line: &&[u8]| (6..=room.saturating_sub(count_told.len() + 3)).contains(&line.len());
    if let Some(line) = line.filter(fits).filter(|line| line.iter().all(is_text)) {
        return format!("\"{}\"…{count_told}", line.escape_ascii());
    }
    if is_all_text {
        let last = if end.is_empty() { start } else { end };
        let (first, last) = (
            &start[..start.len().min(5)],
            &last[last.len().saturating_sub(5)..],
        );
        let (first, last) = (first.escape_ascii(), last.escape_ascii());
        let both = format!("\"{first}\"…\"{last}\"{count_told}");
        return if both.chars().count() <= room {
            both
        } else {
            format!("\"{first}\"…{count_told}")
        };
    }
    if end.is_empty() && start.len() <= 6 {
        return format!("{} ({})", hex(start), count_of_bytes(count));
    }
    let last = if end.is_empty() { start } else { end };
    format!(
        "{} … {} ({count} bytes)",
        hex(&start[..3]),
        hex(&last[last.len() - 2..])
    )
}

fn count_of_bytes(count: u64) -> String {
    match count {
        1 => "1 byte".to_owned(),
        count => format!("{count} bytes"),
    }
}

/// Breaks text at spaces into lines of at most `width` characters.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Cuts a text in the middle to `width` characters.
pub fn shorten(text: &str, width: usize) -> String {
    let length = text.chars().count();
    if length <= width {
        return text.to_owned();
    }
    let kept = width - 1;
    let start: String = text.chars().take(kept - kept / 2).collect();
    let end: String = text.chars().skip(length - kept / 2).collect();
    format!("{start}…{end}")
}

/// The page in ASCII, for locales that know nothing else.
pub fn in_ascii(text: &str) -> String {
    let mut ascii = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '✓' => ascii.push('+'),
            '✗' => ascii.push('x'),
            '○' => ascii.push('o'),
            '·' | '─' => ascii.push('-'),
            '│' => ascii.push('|'),
            '▶' => ascii.push('>'),
            '◀' => ascii.push('<'),
            '…' => ascii.push_str("..."),
            c if c.is_ascii() => ascii.push(c),
            _ => ascii.push('?'),
        }
    }
    ascii
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::Recorder;

    fn timeless(trace: Trace) -> Vec<String> {
        let mut trace = trace;
        trace
            .events
            .iter_mut()
            .for_each(|event| event.at = std::time::Duration::ZERO);
        draw(&trace, false)
    }

    #[test]
    fn a_wire_is_drawn_as_arrows_between_two_lines() {
        let recorder = Recorder::new();
        recorder.wire("client", Direction::ToSubmission, Signal::Connected);
        recorder.wire("client", Direction::ToSubmission, Signal::bytes(b"hel"));
        recorder.wire("client", Direction::ToPeer, Signal::Fin);
        recorder.remark("expected \"hel\"");
        assert_eq!(
            timeless(recorder.so_far()),
            [
                "client                                   your side",
                "  │ ── connect ───────────────────────────▶ │    0.0 ms",
                "  │ ── \"hel\" ─────────────────────────────▶ │    0.0 ms",
                "  │ ◀─────────────────────────────── FIN ── │    0.0 ms  expected \"hel\"",
            ]
        );
    }

    #[test]
    fn several_peers_are_called_by_what_they_are() {
        let recorder = Recorder::new();
        recorder.wire("A", Direction::ToSubmission, Signal::Connected);
        recorder.wire("A", Direction::ToPeer, Signal::Fin);
        let named = |recorder: &Recorder| {
            let events = recorder.so_far().events;
            side(&events, &events).to_owned()
        };
        assert_eq!(named(&recorder), "A");
        recorder.wire("B", Direction::ToSubmission, Signal::Connected);
        assert_eq!(named(&recorder), "clients");

        let recorder = Recorder::new();
        recorder.wire("server", Direction::ToPeer, Signal::Connected);
        recorder.wire("elsewhere", Direction::ToPeer, Signal::Connected);
        assert_eq!(named(&recorder), "servers");
        recorder.wire("server", Direction::ToPeer, Signal::Fin);
        for _ in 1..EVENTS {
            recorder.wire("elsewhere", Direction::ToPeer, Signal::bytes(b"x"));
        }
        // The connections are no longer shown.
        let lines = timeless(recorder.so_far());
        assert!(lines[1].starts_with("servers  "), "{lines:#?}");
        assert!(lines[2].contains(" server: FIN "), "{lines:#?}");
        // And now only one of them is.
        recorder.wire("elsewhere", Direction::ToPeer, Signal::Fin);
        let lines = timeless(recorder.so_far());
        assert!(lines[1].starts_with("elsewhere  "), "{lines:#?}");
    }

    #[test]
    fn calls_alone_are_a_numbered_list() {
        let recorder = Recorder::new();
        let call = recorder.record(What::Call {
            call: "open()".to_owned(),
            gave: None,
        });
        recorder.returned(call, "a socket".to_owned());
        recorder.record(What::Fact {
            asked: "its type".to_owned(),
            answer: "datagram".to_owned(),
        });
        recorder.remark("expected stream");
        assert_eq!(
            timeless(recorder.so_far()),
            [
                "1  open()     a socket",
                "2  its type   datagram   expected stream"
            ]
        );
    }

    #[test]
    fn binary_is_hexadecimal_and_long_runs_are_cut() {
        let bytes = |start: &[u8], end: &[u8], count| bytes(start, end, count, LABEL);
        assert_eq!(bytes(&[0xff, 0], &[], 2), "ff 00 (2 bytes)");
        assert_eq!(bytes(&[0xff], &[], 1), "ff (1 byte)");
        assert_eq!(
            bytes(&[7; 64], &[9; 64], 1 << 20),
            "07 07 07 … 09 09 (1048576 bytes)"
        );
        assert_eq!(
            bytes(&[b'a'; 64], &[b'z'; 64], 4000),
            "\"aaaaa\"…\"zzzzz\" (4000 bytes)"
        );
        assert_eq!(bytes(b"one\r\n", &[], 5), "\"one\\r\\n\"");
        let head = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
        assert_eq!(bytes(head, &[], 35), "\"GET / HTTP/1.1\"… (35 bytes)");
        let answer = b"HTTP/1.1 200 OK\r\n\r\n\xff\xd8";
        assert_eq!(bytes(answer, &[], 21), "\"HTTP/1.1 200 OK\"… (21 bytes)");
    }

    #[test]
    fn the_name_of_a_peer_takes_its_room_from_the_bytes() {
        let recorder = Recorder::new();
        recorder.wire("server", Direction::ToPeer, Signal::Connected);
        let head = b"GET /a/b HTTP/1.1\r\nHost: localhost\r\n\r\n";
        recorder.wire("elsewhere", Direction::ToPeer, Signal::bytes(head));
        let events = recorder.so_far().events;
        let labels = |room| {
            let steps = steps(&events, room).steps.into_iter();
            let labels = steps.map(|step| match step.shown {
                Shown::Arrow { label, .. } => label,
                Shown::Note(note) => note,
            });
            labels.collect::<Vec<_>>()
        };
        let expected = [
            "server: connect",
            "elsewhere: \"GET /a/b HTTP/1.1\"… (38 bytes)",
        ];
        assert_eq!(labels(44), expected);
        assert_eq!(labels(34)[1], "elsewhere: \"GET /\"… (38 bytes)");
    }

    #[test]
    fn every_arrow_has_the_same_length() {
        for signal in [
            Signal::Connected,
            Signal::Silence,
            Signal::bytes(&[b'x'; 5000]),
        ] {
            for direction in [Direction::ToPeer, Direction::ToSubmission] {
                let arrow = arrow(direction, &signal, &label(&signal, LABEL));
                assert_eq!(arrow.chars().count(), ARROW, "{arrow}");
            }
        }
    }

    #[test]
    fn the_page_survives_a_locale_without_unicode() {
        assert_eq!(in_ascii("✗ a │ ──▶ …é"), "x a | --> ...?");
    }
}
