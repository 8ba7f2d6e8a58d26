//! A trace as an SVG: two lines, one for each side, arrows between them for what crossed the wire, and notes on
//! the submission's side for what was called and found out. The words are those of the grader's own page, see
//! [`harness::report::picture`].
//!
//! The picture is narrow, so that its letters can be read on a phone, and it has no script and refers to nothing
//! outside. What was recorded is never taken for markup.

use std::fmt::Write as _;

use harness::report::picture::{Shown, Step, YOUR_SIDE, shorten, steps};
use harness::trace::{Direction, Signal, Trace, hex};

use crate::markup::{escape, visible};

/// How the picture looks, in light and in dark: for the page that it stands in. One that stands alone has it in
/// itself.
pub const STYLE: &str = include_str!("style.css");

/// How wide it is, in its own units, of which a letter has 7.2.
const WIDTH: usize = 360;
const LETTER: f64 = 7.2;
/// Where the lines of the two sides are; the times stand to the right of the second.
const LEFT: usize = 12;
const RIGHT: usize = 292;
const RIGHT_WITHOUT_TIMES: usize = WIDTH - LEFT;
/// From one line of text to the next.
const LINE: usize = 16;
/// Between one step and the next.
const GAP: usize = 8;
/// How many steps are drawn: the first, which say what it is about, and the last, which lead to how it ended.
const FIRST: usize = 4;
const LAST: usize = 9;
/// How long a note or a remark may be.
const TEXT: usize = 150;
/// How much of a text that was shortened can be had in full.
const FULL: usize = 1500;

/// What to draw, and how.
#[derive(Clone, Copy, Debug)]
pub struct Picture<'a> {
    /// What happened.
    pub trace: &'a Trace,
    /// What it is about, in a few words.
    pub title: &'a str,
    /// The same in more words. When left out, each step that is drawn, as text.
    pub description: Option<&'a str>,
    /// What the grader's side is called; when left out, as the trace calls it.
    pub peer: Option<&'a str>,
    /// What the submission's side is called; when left out, as the grader's page calls it.
    pub submission: Option<&'a str>,
    /// Say when each step happened. Without, the same steps make the same picture each time.
    pub times: bool,
}

impl Picture<'_> {
    /// A file of its own: with its colours, and with paper below it.
    pub fn standing_alone(&self) -> String {
        // A style sheet without `<` and `&` is the same in XML as in HTML.
        let style = format!("<style>{STYLE}</style>");
        let paper = "<rect class=\"paper\" width=\"100%\" height=\"100%\"/>";
        let svg = self.draw(
            "wire",
            &format!("{style}{paper}"),
            " xmlns=\"http://www.w3.org/2000/svg\"",
        );
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{svg}\n")
    }

    /// A part of a page that has [`STYLE`], and nothing else that is called `id` or begins so.
    pub fn within_a_page(&self, id: &str) -> String {
        self.draw(id, "", "")
    }

    fn draw(&self, id: &str, first: &str, namespace: &str) -> String {
        let right = if self.times {
            RIGHT
        } else {
            RIGHT_WITHOUT_TIMES
        };
        let found = steps(&self.trace.events, label(right));
        let shown = rows(&found.steps);
        let mut canvas = Canvas {
            svg: String::new(),
            y: LINE,
            wire: found.wire,
            right,
            times: self.times,
            hidden: None,
        };
        let peer = self.peer.unwrap_or(found.peer);
        let submission = self.submission.unwrap_or(YOUR_SIDE);
        canvas.heads(peer, submission);
        for row in &shown {
            canvas.row(row);
        }
        let rails = canvas.rails();
        let height = canvas.y + GAP;
        let told = self
            .description
            .map_or_else(|| in_words(&shown, peer, submission), str::to_owned);
        let (id, title, told) = (escape(id), escape(self.title), escape(&told));
        format!(
            "<svg{namespace} class=\"wire\" role=\"img\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
             height=\"{height}\" aria-labelledby=\"{id}-t\" aria-describedby=\"{id}-d\">\
             <title id=\"{id}-t\">{title}</title><desc id=\"{id}-d\">{told}</desc>{first}{rails}{}</svg>",
            canvas.svg
        )
    }
}

/// What is drawn of the steps, one below the other.
enum Row<'a> {
    Step(&'a Step<'a>),
    /// So many are left out.
    More(usize),
}

fn rows<'a>(steps: &'a [Step<'a>]) -> Vec<Row<'a>> {
    // To leave out a single one would save nothing.
    if steps.len() <= FIRST + LAST + 1 {
        return steps.iter().map(Row::Step).collect();
    }
    let hidden = steps.len() - FIRST - LAST;
    let (first, last) = (&steps[..FIRST], &steps[FIRST + hidden..]);
    let more = std::iter::once(Row::More(hidden));
    first
        .iter()
        .map(Row::Step)
        .chain(more)
        .chain(last.iter().map(Row::Step))
        .collect()
}

fn more(hidden: usize) -> String {
    format!("{hidden} more steps")
}

/// Each row as a sentence of its own.
fn in_words(rows: &[Row<'_>], peer: &str, submission: &str) -> String {
    let mut words = String::new();
    for row in rows {
        let Step { shown, remark, .. } = match row {
            Row::More(hidden) => {
                _ = writeln!(words, "{}.", more(*hidden));
                continue;
            }
            Row::Step(step) => step,
        };
        match shown {
            Shown::Arrow {
                signal: Signal::Silence,
                label,
                ..
            } => words.push_str(label),
            Shown::Arrow {
                direction: Direction::ToSubmission,
                label,
                ..
            } => {
                _ = write!(words, "{peer} to {submission}: {label}");
            }
            Shown::Arrow {
                direction: Direction::ToPeer,
                label,
                ..
            } => {
                _ = write!(words, "{submission} to {peer}: {label}");
            }
            Shown::Note(note) => words.push_str(&shorten(note, TEXT)),
        }
        if !remark.is_empty() {
            _ = write!(words, "; {}", shorten(remark, TEXT));
        }
        words.push_str(".\n");
    }
    words
}

/// What has been drawn so far.
struct Canvas {
    svg: String,
    /// How far down.
    y: usize,
    /// Are there two sides?
    wire: bool,
    /// Where the submission's line is.
    right: usize,
    times: bool,
    /// From where to where steps are left out.
    hidden: Option<(usize, usize)>,
}

/// Where a text is anchored.
#[derive(Clone, Copy)]
enum Anchor {
    Start,
    Middle,
    End,
}

impl Canvas {
    fn heads(&mut self, peer: &str, submission: &str) {
        if self.wire {
            self.text("side", Anchor::Start, 2, &shorten(peer, 20));
        }
        let end = self.right + LEFT - 2;
        self.text("side", Anchor::End, end, &shorten(submission, 20));
        self.y += GAP;
    }

    fn row(&mut self, row: &Row<'_>) {
        match row {
            Row::More(hidden) => {
                let from = self.y;
                self.y += LINE + GAP / 2;
                self.text("more", Anchor::Middle, self.middle(), &more(*hidden));
                self.y += GAP + GAP / 2;
                self.hidden = Some((from, self.y));
            }
            Row::Step(step) => self.step(step),
        }
    }

    fn step(&mut self, step: &Step<'_>) {
        self.y += LINE;
        if self.times {
            let (x, y) = (WIDTH - 2, self.y);
            let ms = in_ms(step.at);
            _ = write!(
                self.svg,
                "<text class=\"time\" x=\"{x}\" y=\"{y}\" text-anchor=\"end\">{ms}</text>"
            );
        }
        match &step.shown {
            Shown::Arrow {
                direction,
                signal,
                label,
            } => self.arrow(*direction, signal, label),
            Shown::Note(note) => self.note(note),
        }
        self.remark(step.remark);
        self.y += GAP;
    }

    fn arrow(&mut self, direction: Direction, signal: &Signal, label: &str) {
        let short = shorten(label, self::label(self.right));
        let full = in_full(signal).filter(|_| short.contains('…'));
        self.titled(full.as_deref(), |canvas| {
            canvas.text("", Anchor::Middle, canvas.middle(), &short);
            canvas.y += GAP;
            let (from, to, y) = (LEFT, canvas.right, canvas.y);
            let (class, path) = match (signal, direction) {
                (Signal::Silence, _) => (" class=\"nothing\"", format!("M{from} {y}H{to}")),
                (_, Direction::ToSubmission) => {
                    ("", format!("M{from} {y}H{}m-7-4 7 4-7 4", to - 1))
                }
                (_, Direction::ToPeer) => ("", format!("M{to} {y}H{}m7-4-7 4 7 4", from + 1)),
            };
            _ = write!(canvas.svg, "<path{class} d=\"{path}\"/>");
        });
    }

    fn note(&mut self, note: &str) {
        let short = shorten(note, TEXT);
        let full = (short != note).then(|| shorten(note, FULL));
        let x = if self.wire { LEFT + 16 } else { 2 };
        let width = self.right - GAP - x;
        let lines = lines(&short, letters(width - 2 * GAP));
        self.titled(full.as_deref(), |canvas| {
            let (y, height) = (canvas.y + 3 - LINE, lines.len() * LINE + 2);
            let (right, middle) = (canvas.right, y + height / 2);
            _ = write!(
                canvas.svg,
                "<rect class=\"note\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"3\"/>\
                 <path class=\"rail\" d=\"M{} {middle}H{right}\"/>",
                x + width
            );
            canvas.block("", x + GAP, &lines);
        });
        self.y += 2;
    }

    fn remark(&mut self, remark: &str) {
        if remark.is_empty() {
            return;
        }
        let short = shorten(remark, TEXT);
        let full = (short != remark).then(|| shorten(remark, FULL));
        let x = if self.wire { LEFT + 16 + GAP } else { 2 + GAP };
        let lines = lines(&short, letters(self.right - GAP - x));
        self.y += LINE;
        self.titled(full.as_deref(), |canvas| canvas.block("remark", x, &lines));
    }

    /// Lines one below the other, the first at this height.
    fn block(&mut self, class: &str, x: usize, lines: &[String]) {
        for (index, line) in lines.iter().enumerate() {
            self.y += if index == 0 { 0 } else { LINE };
            self.text(class, Anchor::Start, x, line);
        }
    }

    /// What `draw` draws, with a text that is there for whoever asks for it.
    fn titled(&mut self, full: Option<&str>, draw: impl FnOnce(&mut Canvas)) {
        if let Some(full) = full {
            _ = write!(self.svg, "<g><title>{}</title>", escape(full));
        }
        draw(self);
        if full.is_some() {
            self.svg.push_str("</g>");
        }
    }

    fn text(&mut self, class: &str, anchor: Anchor, x: usize, text: &str) {
        let (y, text) = (self.y, escape(text));
        self.svg.push_str("<text");
        if !class.is_empty() {
            _ = write!(self.svg, " class=\"{class}\"");
        }
        self.svg.push_str(match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        });
        _ = write!(self.svg, " x=\"{x}\" y=\"{y}\">{text}</text>");
    }

    fn middle(&self) -> usize {
        if self.wire {
            (LEFT + self.right) / 2
        } else {
            self.right / 2
        }
    }

    /// The lines of the sides, interrupted where steps are left out; to be drawn below all else.
    fn rails(&self) -> String {
        let (top, bottom) = (LINE + GAP / 2, self.y);
        let (from, to) = self.hidden.unwrap_or((bottom, bottom));
        let mut rails = String::new();
        for x in self.wire.then_some(LEFT).into_iter().chain([self.right]) {
            _ = write!(
                rails,
                "<path class=\"rail\" d=\"M{x} {top}V{from}M{x} {to}V{bottom}\"/>"
            );
            if from < to {
                _ = write!(
                    rails,
                    "<path class=\"rail hidden\" d=\"M{x} {from}V{to}\"/>"
                );
            }
        }
        rails
    }
}

/// Whatever was too long for an arrow: the bytes, as far as they were recorded.
fn in_full(signal: &Signal) -> Option<String> {
    let Signal::Bytes { start, end, count } = signal else {
        return None;
    };
    let is_text = |byte: &u8| matches!(byte, b' '..=b'~' | b'\r' | b'\n' | b'\t');
    let shown = |bytes: &[u8]| {
        if start.iter().chain(end).all(is_text) {
            format!("\"{}\"", bytes.escape_ascii())
        } else {
            hex(bytes)
        }
    };
    let rest = if end.is_empty() {
        String::new()
    } else {
        format!(" … {}", shown(end))
    };
    Some(format!("{}{rest} ({count} bytes)", shown(start)))
}

fn in_ms(at: std::time::Duration) -> String {
    let ms = at.as_secs_f64() * 1000.0;
    // There is room for nine letters.
    if ms < 9999.0 {
        format!("{ms:.1} ms")
    } else {
        format!("{ms:.0} ms")
    }
}

/// How many letters there is room for.
fn letters(width: usize) -> usize {
    (width as f64 / LETTER) as usize
}

/// How many letters there are on an arrow, when the submission's line is there.
fn label(right: usize) -> usize {
    letters(right - LEFT) - 2
}

/// Breaks `text` at spaces, and within words that are longer than a line.
fn lines(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = vec![String::new()];
    // An escape takes several places, so that it is made before lines are.
    for word in visible(text).split_whitespace() {
        let mut room = width.saturating_sub(last(&mut lines).chars().count());
        if room < width {
            if room > word.chars().count() || (room > 1 && word.chars().count() > width) {
                last(&mut lines).push(' ');
                room -= 1;
            } else {
                lines.push(String::new());
                room = width;
            }
        }
        for letter in word.chars() {
            if room == 0 {
                lines.push(String::new());
                room = width;
            }
            last(&mut lines).push(letter);
            room -= 1;
        }
    }
    lines
}

fn last(lines: &mut [String]) -> &mut String {
    lines.last_mut().expect("there is always a line")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use harness::trace::{Event, What};
    use quick_xml::Reader;
    use quick_xml::events::Event as Xml;

    use super::*;

    fn event(ms: u64, what: What) -> Event {
        Event {
            at: Duration::from_millis(ms),
            what,
            remark: None,
        }
    }

    fn wire(ms: u64, direction: Direction, signal: Signal) -> Event {
        let peer = "client".to_owned();
        event(
            ms,
            What::Wire {
                peer,
                direction,
                signal,
            },
        )
    }

    fn call(ms: u64, call: &str, gave: Option<(&str, u64)>) -> Event {
        let call = call.to_owned();
        let gave = gave.map(|(gave, ms)| (gave.to_owned(), Duration::from_millis(ms)));
        event(ms, What::Call { call, gave })
    }

    fn picture<'a>(trace: &'a Trace, title: &'a str) -> Picture<'a> {
        Picture {
            trace,
            title,
            description: None,
            peer: None,
            submission: None,
            times: true,
        }
    }

    /// The texts of a picture, each with the name of its element, which an XML parser found.
    fn texts(svg: &str) -> Vec<(String, String)> {
        let mut reader = Reader::from_str(svg);
        let mut open: Vec<String> = Vec::new();
        let mut texts: Vec<(String, String)> = Vec::new();
        loop {
            let event = reader
                .read_event()
                .unwrap_or_else(|error| panic!("{error}: {svg}"));
            let piece = match &event {
                Xml::Start(tag) | Xml::Empty(tag) => {
                    tag.attributes()
                        .for_each(|it| _ = it.expect("an attribute"));
                    let name = String::from_utf8(tag.name().as_ref().to_vec()).unwrap();
                    if matches!(event, Xml::Start(_)) {
                        texts.push((name.clone(), String::new()));
                        open.push(name);
                    }
                    continue;
                }
                Xml::End(_) => {
                    open.pop();
                    continue;
                }
                Xml::Text(text) => text.decode().unwrap().into_owned(),
                Xml::GeneralRef(name) => match name.decode().unwrap().as_ref() {
                    "lt" => "<".to_owned(),
                    "gt" => ">".to_owned(),
                    "amp" => "&".to_owned(),
                    "quot" => "\"".to_owned(),
                    "#39" => "'".to_owned(),
                    other => panic!("&{other};"),
                },
                Xml::Eof => break,
                _ => continue,
            };
            if let (Some(name), Some(last)) = (open.last(), texts.last_mut())
                && *name == last.0
            {
                last.1.push_str(&piece);
            }
        }
        assert!(open.is_empty(), "{open:?} in {svg}");
        let allowed = |c: char| !c.is_control() || c == '\n';
        assert!(svg.chars().all(allowed), "{svg}");
        texts
    }

    fn of(svg: &str, name: &str) -> Vec<String> {
        let texts = texts(svg).into_iter();
        texts.filter(|it| it.0 == name).map(|it| it.1).collect()
    }

    #[test]
    fn every_kind_of_event_is_drawn_and_told() {
        use Direction::{ToPeer, ToSubmission};
        let fact = |asked: &str, answer: &str| What::Fact {
            asked: asked.to_owned(),
            answer: answer.to_owned(),
        };
        let mut trace = Trace {
            events: vec![
                wire(0, ToSubmission, Signal::Connected),
                call(1, "echo(stream)", Some(("Ok", 8))),
                wire(2, ToSubmission, Signal::bytes(b"lo\r\n")),
                wire(3, ToPeer, Signal::bytes(&[0xff, 0])),
                wire(4, ToPeer, Signal::Fin),
                wire(5, ToSubmission, Signal::Reset),
                wire(6, ToSubmission, Signal::Refused),
                wire(7, ToPeer, Signal::Silence),
                event(9, fact("its type", "stream")),
                event(10, fact("it hung up", "")),
                call(11, "stop()", None),
            ],
        };
        trace.events[3].remark = Some("expected \"lo\"".to_owned());
        let svg = picture(&trace, "a title").within_a_page("id");
        assert_eq!(of(&svg, "title"), ["a title"]);
        let told = "\
client to your side: connect.
echo(stream).
client to your side: \"lo\\r\\n\".
your side to client: ff 00 (2 bytes); expected \"lo\".
your side to client: FIN.
client to your side: RST.
client to your side: refused.
(nothing).
echo gave Ok.
its type: stream.
it hung up.
stop().
";
        assert_eq!(of(&svg, "desc"), [told]);
        let drawn = of(&svg, "text");
        let without_times = drawn.iter().filter(|text| !text.ends_with(" ms"));
        assert_eq!(
            without_times.collect::<Vec<_>>(),
            [
                "client",
                "your side",
                "connect",
                "echo(stream)",
                "\"lo\\r\\n\"",
                "ff 00 (2 bytes)",
                "expected \"lo\"",
                "FIN",
                "RST",
                "refused",
                "(nothing)",
                "echo gave Ok",
                "its type: stream",
                "it hung up",
                "stop()",
            ]
        );
        assert!(
            svg.contains(" aria-labelledby=\"id-t\" aria-describedby=\"id-d\""),
            "{svg}"
        );
    }

    #[test]
    fn an_arrow_points_to_whom_it_goes() {
        let trace = |direction| Trace {
            events: vec![wire(0, direction, Signal::Fin)],
        };
        let to_submission = trace(Direction::ToSubmission);
        let to_peer = trace(Direction::ToPeer);
        let there = picture(&to_submission, "").within_a_page("a");
        let back = picture(&to_peer, "").within_a_page("a");
        assert!(there.contains("H291m-7-4 7 4-7 4"), "{there}");
        assert!(back.contains("H13m7-4-7 4 7 4"), "{back}");
    }

    #[test]
    fn calls_alone_have_no_wire() {
        let trace = Trace {
            events: vec![call(0, "open()", Some(("a socket", 1)))],
        };
        let svg = picture(&trace, "").within_a_page("a");
        assert_eq!(
            of(&svg, "text"),
            ["your side", "0.0 ms", "open() gave a socket"]
        );
    }

    #[test]
    fn a_picture_without_times_is_the_same_each_time() {
        let trace = |ms| Trace {
            events: vec![
                wire(ms, Direction::ToSubmission, Signal::Connected),
                call(2 * ms, "echo(stream)", None),
            ],
        };
        let (one, other) = (trace(1), trace(20));
        let draw = |trace| {
            let times = false;
            Picture {
                times,
                ..picture(trace, "")
            }
            .standing_alone()
        };
        assert_eq!(draw(&one), draw(&other));
        assert!(!draw(&one).contains(" ms"));
        assert_ne!(
            picture(&one, "").standing_alone(),
            picture(&other, "").standing_alone()
        );
    }

    #[test]
    fn what_was_recorded_is_no_markup_and_is_seen() {
        let hostile = "</svg><script>alert(1)</script>\u{0}\u{1b}[2J\u{202e}&'\"\n\u{ffff}";
        let seen = "</svg><script>alert(1)</script>\\u{0}\\u{1b}[2J\\u{202e}&'\"";
        let mut trace = Trace {
            events: vec![
                wire(
                    0,
                    Direction::ToPeer,
                    Signal::bytes(b"</text><script>&amp;]]>"),
                ),
                call(1, hostile, Some((hostile, 2))),
            ],
        };
        trace.events[0].remark = Some(hostile.to_owned());
        let drawn = Picture {
            peer: Some(hostile),
            submission: Some(hostile),
            description: Some(hostile),
            ..picture(&trace, hostile)
        };
        for svg in [drawn.standing_alone(), drawn.within_a_page(hostile)] {
            assert!(!svg.contains("<script"), "{svg}");
            assert!(of(&svg, "title")[0].starts_with(seen), "{svg}");
            assert!(of(&svg, "desc")[0].starts_with(seen), "{svg}");
            assert!(
                of(&svg, "text").contains(&"\"</text><script>&amp;]]>\"".to_owned()),
                "{svg}"
            );
            let joined = of(&svg, "text").concat().replace(' ', "");
            assert!(
                joined.contains("gave</svg><script>alert(1)</script>\\u{0}"),
                "{joined}"
            );
        }
    }

    #[test]
    fn a_long_trace_keeps_its_beginning_and_its_end() {
        let calls = |count: u64| Trace {
            events: (0..count)
                .map(|n| call(n, &format!("call_{n}()"), None))
                .collect(),
        };
        let shown = |trace: &Trace| {
            let svg = Picture {
                times: false,
                ..picture(trace, "")
            }
            .within_a_page("a");
            of(&svg, "text").split_off(1)
        };
        assert_eq!(shown(&calls(14)).len(), 14);
        let shown = shown(&calls(3000));
        assert_eq!(shown.len(), 14);
        assert_eq!(shown[3..6], ["call_3()", "2987 more steps", "call_2991()"]);
        assert_eq!(shown[13], "call_2999()");
    }

    #[test]
    fn a_long_text_is_cut_and_can_be_had_in_full() {
        let long = format!("echo({})", "x".repeat(1000));
        let trace = Trace {
            events: vec![
                call(0, &long, None),
                wire(1, Direction::ToPeer, Signal::bytes(&[b'y'; 100])),
            ],
        };
        let svg = picture(&trace, "").within_a_page("a");
        let titles = of(&svg, "title");
        assert_eq!(titles[1], long);
        assert_eq!(titles[2], format!("\"{}\" (100 bytes)", "y".repeat(100)));
        let longest = of(&svg, "text")
            .iter()
            .map(|text| text.chars().count())
            .max();
        assert!(longest <= Some(letters(WIDTH)), "{svg}");
        assert!(svg.len() < 6000, "{}", svg.len());
    }

    #[test]
    fn lines_are_no_longer_than_there_is_room() {
        assert_eq!(lines("one two three", 7), ["one two", "three"]);
        assert_eq!(lines("a bcdefghijk l", 5), ["a bcd", "efghi", "jk l"]);
        assert_eq!(lines("abcdefg", 3), ["abc", "def", "g"]);
        assert_eq!(lines("", 3), [""]);
        for width in 1..20 {
            let lines = lines(
                "GET http://example.com/a/long/path with words, and more",
                width,
            );
            assert!(
                lines.iter().all(|line| line.chars().count() <= width),
                "{lines:?}"
            );
            let letters = lines.concat().replace(' ', "");
            assert_eq!(
                letters,
                "GEThttp://example.com/a/long/pathwithwords,andmore"
            );
        }
    }

    #[test]
    fn the_style_is_the_same_in_xml_and_in_html() {
        assert!(!STYLE.contains(['<', '&']));
    }
}
