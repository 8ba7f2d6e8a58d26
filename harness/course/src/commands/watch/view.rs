//! What a screen looks like: from what is known to rows.

use super::event::Tally;
use super::page;
use super::state::{Extent, Known, Marks, Overlay, State};
use crate::grading::{Graded, State as Progress};
use crate::screen::{BAD, FAINT, GOOD, NEXT, styled};
use crate::wrap::{self, wrap};

/// How large a terminal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    pub width: usize,
    pub height: usize,
}

/// The rows of a screen.
pub struct Frame {
    /// At most as many as the terminal has, and none wider.
    pub rows: Vec<String>,
    pub extent: Extent,
}

/// The widest bar over the cases of a lesson.
const BAR: usize = 20;

/// Draws what `state` knows.
pub fn frame(state: &State, size: Size) -> Frame {
    let Size { width, height } = size;
    // The lower the terminal, the less is put around what is to be read.
    let mut head = Vec::new();
    if height >= 3 {
        head.push(lessons(state, width));
    }
    if height >= 6 {
        head.push(status(state, width));
    }
    if height >= 10 {
        head.push(String::new());
    }
    let mut foot = Vec::new();
    if let Some(notice) = &state.notice {
        foot.extend(wrap(&format!("  {}", styled(NEXT, notice)), width));
        foot.truncate(height / 3);
    }
    let note_row = height >= 5;
    let keys_row = height >= 2;
    let around = head.len() + foot.len() + usize::from(note_row) + usize::from(keys_row);
    let room = height.saturating_sub(around);
    let body: Vec<String> = body(state, width)
        .iter()
        .flat_map(|line| wrap(line, width))
        .collect();
    let extent = Extent {
        most: body.len().saturating_sub(room),
        page: room,
    };
    let scroll = state.scroll.min(extent.most);
    let mut rows = head;
    rows.extend(body.iter().skip(scroll).take(room).cloned());
    rows.resize(
        (height - foot.len()).saturating_sub(usize::from(note_row) + usize::from(keys_row)),
        String::new(),
    );
    rows.append(&mut foot);
    if note_row {
        rows.push(note(extent, scroll, width));
    }
    if keys_row {
        rows.push(keys(state, width));
    }
    Frame { rows, extent }
}

fn body(state: &State, width: usize) -> Vec<String> {
    let lesson = &state.here().lesson;
    match &state.overlay {
        None => page::lesson(state, width),
        Some(Overlay::Welcome) => page::welcome(state),
        Some(Overlay::Help) => page::help(),
        Some(Overlay::List(chosen)) => page::list(state, *chosen),
        Some(Overlay::MayShowSolution) => page::may_show_solution(lesson),
        Some(Overlay::Diff(difference)) => page::diff(lesson, difference),
    }
}

/// The bar over the lessons, and over the cases of the current one.
fn lessons(state: &State, width: usize) -> String {
    let all = |bar| {
        let each = (0..state.standings.len()).map(|it| lesson(state, it, bar));
        each.collect::<Vec<_>>().join("  ")
    };
    let wide_enough = |line: &String| wrap::width(line) <= width;
    let here = |bar| lesson(state, state.current, bar);
    (0..=BAR)
        .rev()
        .map(all)
        .chain((0..=BAR).rev().map(here))
        .find(wide_enough)
        .unwrap_or_else(|| wrap(&here(0), width).swap_remove(0))
}

fn lesson(state: &State, lesson: usize, bar: usize) -> String {
    let standing = &state.standings[lesson];
    let marks = state.marks;
    let number = standing.lesson.number;
    if lesson != state.current {
        return if standing.is_done() {
            styled(GOOD, format_args!("{number:02} {}", marks.done))
        } else {
            styled(FAINT, format_args!("{number:02} {}", marks.open))
        };
    }
    let tally = shown_tally(state);
    let is_done = standing.is_done() && tally.passed == tally.asked;
    let style = if is_done { GOOD } else { NEXT };
    let place = styled(style, format_args!("{number:02} {}", marks.here));
    let bar = cases(tally, bar, marks);
    let mut shown = vec![place, bar];
    if tally.asked > 0 {
        shown.push(format!("{}/{}", tally.passed, tally.asked));
    }
    shown.retain(|it| !it.is_empty());
    shown.join(" ")
}

/// What the bar of the current lesson shows: how far the grading is, once the first case has come in.
fn shown_tally(state: &State) -> Tally {
    match state.grading(state.current) {
        Some(tally) if tally.seen > 0 => tally,
        _ => state.here().tally(),
    }
}

fn cases(tally: Tally, width: usize, marks: &Marks) -> String {
    let full = match tally.asked {
        0 => 0,
        // Full only when everything is passed.
        asked => width * tally.passed / asked,
    };
    if width == 0 {
        return String::new();
    }
    let rest = styled(FAINT, marks.empty.repeat(width - full));
    styled(GOOD, marks.full.repeat(full)) + &rest
}

/// Which file this is about, and how it is with it.
fn status(state: &State, width: usize) -> String {
    let standing = state.here();
    let library = standing.lesson.shown("src/lib.rs");
    let marks = state.marks;
    let says = match state.grading(state.current) {
        Some(Tally { seen: 0, .. }) if standing.stale => {
            styled(NEXT, format_args!("saved, building{}", marks.dots))
        }
        Some(Tally { seen: 0, .. }) => styled(NEXT, format_args!("building{}", marks.dots)),
        Some(tally) => styled(
            NEXT,
            format_args!("grading {} of {}{}", tally.seen, tally.asked, marks.dots),
        ),
        None if standing.stale => styled(NEXT, "changed since"),
        None if standing.is_done() => styled(GOOD, "done"),
        None => match (&standing.known, standing.graded().map(Graded::state)) {
            (_, Some(Progress::DoesNotCompile(_))) => styled(BAD, standing.says()),
            // The page says why.
            (Known::Trouble(_), _) | (_, Some(Progress::Unknown(_))) => styled(BAD, "not graded"),
            _ => standing.says(),
        },
    };
    let gap = width.checked_sub(wrap::width(&library) + wrap::width(&says));
    match gap {
        Some(gap) if gap >= 2 => format!("{}{}{says}", styled(FAINT, library), " ".repeat(gap)),
        _ => wrap(&says, width).swap_remove(0),
    }
}

/// That there is more than is seen.
fn note(extent: Extent, scroll: usize, width: usize) -> String {
    let below = extent.most - scroll;
    let lines = |count: usize| if count == 1 { "line" } else { "lines" };
    let notes = match (scroll, below) {
        (0, 0) => return String::new(),
        (0, below) => [
            format!("{below} more {} below: arrows or PgDn", lines(below)),
            format!("{below} below"),
        ],
        (above, 0) => [
            format!("{above} {} above: arrows or PgUp", lines(above)),
            format!("{above} above"),
        ],
        (above, below) => [
            format!(
                "{above} {} above, {below} more below: arrows, PgUp, PgDn",
                lines(above)
            ),
            format!("{above} above, {below} below"),
        ],
    };
    let note = notes.into_iter().find(|note| note.len() <= width);
    styled(NEXT, note.unwrap_or_default())
}

/// The keys that mean something now, as many as there is room for.
fn keys(state: &State, width: usize) -> String {
    const QUIT: (&str, &str) = ("q", "quit");
    const BACK: (&str, &str) = ("Esc", "back");
    let keys: &[(&str, &str)] = match &state.overlay {
        Some(Overlay::Welcome) => &[("any key", "goes on"), QUIT],
        Some(Overlay::Help | Overlay::Diff(_)) => &[BACK, QUIT],
        Some(Overlay::List(_)) => &[("1-9 arrows Enter", "choose"), BACK, QUIT],
        Some(Overlay::MayShowSolution) => &[("y", "yes"), ("n", "no"), QUIT],
        None if state.here().is_done() => &[
            ("?", "help"),
            QUIT,
            ("Enter", "next"),
            ("d", "diff"),
            ("l", "list"),
            ("b", "book"),
            ("p", "prev"),
            ("r", "again"),
            ("a", "all"),
        ],
        None => &[
            ("?", "help"),
            QUIT,
            ("h", "hint"),
            ("b", "book"),
            ("l", "list"),
            ("n", "next"),
            ("p", "prev"),
            ("d", "diff"),
            ("r", "again"),
            ("a", "all"),
        ],
    };
    let mut taken = 0;
    let mut shown = Vec::new();
    for (key, does) in keys {
        let gap = if shown.is_empty() { 0 } else { 2 };
        taken += gap + key.len() + 1 + does.len();
        if taken > width {
            break;
        }
        shown.push(format!("{} {}", styled(NEXT, key), styled(FAINT, does)));
    }
    // Help and quit stand last, where one looks for them, but are the last to go.
    if state.overlay.is_none() {
        let first = shown.len().min(2);
        shown.rotate_left(first);
    }
    shown.join("  ")
}
