//! The grader breaks a finding's lines for a width of its own. This breaks them anew, for the terminal's.

use crate::wrap::{self, wrap, wrap_behind};

/// What stands in front of the grader's paragraphs, each in a column of [`TEXT`] characters.
const LABELS: [&str; 6] = ["why", "fix", "read", "more", "try", "again"];
/// Where the text behind a label begins.
const TEXT: usize = 8;
/// Where the left line of a picture stands, and the right one.
const LEFT: usize = 6;
const RIGHT: usize = 48;
/// How wide the time beside the right line is, with what is around it.
const TIME: usize = 13;
/// The least room for what stands beside a picture.
const BESIDE: usize = 16;

/// A finding as the grader wrote it, in rows of at most `width` columns.
pub fn fit(rendered: &str, width: usize) -> Vec<String> {
    let mut rows = Vec::new();
    let lines: Vec<&str> = rendered.trim_matches('\n').lines().collect();
    let mut rest = &lines[..];
    while let Some(line) = rest.first() {
        let count;
        if is_labelled(line) {
            count = 1 + rest[1..].iter().take_while(|it| indent(it) == TEXT).count();
            rows.extend(wrap_behind(&joined(&rest[..count]), width, TEXT));
        } else if rest.len() == lines.len() && indent(line) == 2 {
            // What was observed.
            let goes_on = |it: &&&str| indent(it) == 2 && !is_labelled(it);
            count = rest.iter().take_while(goes_on).count().max(1);
            rows.extend(wrap(&joined(&rest[..count]), width));
        } else {
            count = rest.iter().take_while(|it| indent(it) > 2).count().max(1);
            rows.extend(picture(&rest[..count], width));
        }
        rest = &rest[count..];
    }
    rows
}

/// The lines as one, with the first one's indentation and colours.
fn joined(lines: &[&str]) -> String {
    let mut all = lines[0].to_owned();
    // Before the colours end.
    let reset = "\x1b[0m";
    let is_coloured = lines.len() > 1 && all.ends_with(reset);
    if is_coloured {
        all.truncate(all.len() - reset.len());
    }
    for line in &lines[1..] {
        all.push(' ');
        all.push_str(plain(line).trim());
    }
    if is_coloured {
        all.push_str(reset);
    }
    all
}

fn plain(line: &str) -> String {
    anstream::adapter::strip_str(line).to_string()
}

/// How many spaces the line begins with; none if it is empty.
fn indent(line: &str) -> usize {
    let line = plain(line);
    let text = line.trim_start_matches(' ');
    if text.is_empty() {
        0
    } else {
        line.len() - text.len()
    }
}

fn is_labelled(line: &str) -> bool {
    let line = plain(line);
    LABELS
        .iter()
        .any(|label| line.starts_with(&format!("  {label:<5} ")))
}

/// A picture of the wire with shorter arrows, and what stands beside it broken where it stands.
fn picture(lines: &[&str], width: usize) -> Vec<String> {
    let lines: Vec<Vec<char>> = lines.iter().map(|line| line.chars().collect()).collect();
    let widest = lines.iter().map(Vec::len).max().unwrap_or(0);
    let is_picture = lines.iter().any(|line| is_row(line));
    let spare = lines
        .iter()
        .filter(|line| is_row(line))
        .map(|line| filler(&line[LEFT + 2..RIGHT - 1]).len().saturating_sub(2))
        .min()
        .unwrap_or(0);
    let shorter = widest.saturating_sub(width).min(spare);
    let beside = RIGHT + TIME - shorter;
    if !is_picture || widest <= width || beside + BESIDE > width {
        let lines = lines.iter().map(|line| line.iter().collect::<String>());
        return lines.flat_map(|line| wrap(&line, width)).collect();
    }
    let mut rows = Vec::new();
    for mut line in lines {
        let is_row = is_row(&line);
        if is_row || line.len() > RIGHT {
            let from = if is_row { LEFT + 2 } else { 0 };
            let to = line.len().min(RIGHT - 1);
            let gap = filler(&line[from..to]);
            let gap = from + gap.start..from + gap.end;
            line.drain(gap.start..gap.end.min(gap.start + shorter));
        }
        if !is_row || line.len() <= beside {
            rows.extend(wrap(&line.iter().collect::<String>(), width));
            continue;
        }
        let text: String = line[beside..].iter().collect();
        let mut before: String = line[..beside].iter().collect();
        for row in wrap(&text, width - beside) {
            rows.push(before + &row);
            let is_edge = |at: usize| at == LEFT || at == RIGHT - shorter;
            let edge = |at: usize| if is_edge(at) { line[at] } else { ' ' };
            before = (0..beside).map(edge).collect();
        }
    }
    debug_assert!(rows.iter().all(|row| wrap::width(row) <= width));
    rows
}

fn is_row(line: &[char]) -> bool {
    let is_line = |at| matches!(line.get(at), Some('│' | '|'));
    is_line(LEFT) && is_line(RIGHT)
}

/// The longest run of what an arrow is made of, or of spaces.
fn filler(arrow: &[char]) -> std::ops::Range<usize> {
    let mut longest = 0..0;
    let mut start = 0;
    for at in 0..arrow.len() {
        if arrow[at] != arrow[start] {
            start = at;
        }
        if matches!(arrow[at], '─' | '-' | ' ') && at + 1 - start > longest.len() {
            longest = start..at + 1;
        }
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    const FINDING: &str = "  \x1b[1mIt gave what nobody had asked for, and that\x1b[0m
  \x1b[1mtwice.\x1b[0m

    client                                   your side
      │ ── connect ───────────────────────────▶ │    0.1 ms
      │ ◀─── \"echo of a longer text\" ── │    0.1 ms

  \x1b[2mwhy  \x1b[0m A paragraph that the grader
  \x1b[2m     \x1b[0m has broken into lines.
  \x1b[2mread \x1b[0m book/src/a.md
";

    #[test]
    fn paragraphs_are_broken_anew() {
        let rows = fit(FINDING, 100);
        assert_eq!(
            rows[0],
            "  \x1b[1mIt gave what nobody had asked for, and that twice.\x1b[0m"
        );
        let why = rows.iter().position(|row| row.contains("why")).unwrap();
        assert_eq!(
            plain(&rows[why]),
            "  why   A paragraph that the grader has broken into lines."
        );
        assert_eq!(plain(&rows[why + 1]), "  read  book/src/a.md");
        let narrow: Vec<_> = fit(FINDING, 30).iter().map(|row| plain(row)).collect();
        assert!(
            narrow.ends_with(&[
                "  why   A paragraph that the".to_owned(),
                "        grader has broken into".to_owned(),
                "        lines.".to_owned(),
                "  read  book/src/a.md".to_owned(),
            ]),
            "{narrow:#?}"
        );
    }

    #[test]
    fn a_picture_gets_shorter_arrows_and_what_is_beside_stays_beside() {
        let picture = "
    client                                   your side
      │ ── connect ───────────────────────────▶ │    0.1 ms
      │ ◀───────────────── \"a longer answer\" ── │    0.2 ms
      │                                         │    0.2 ms  accept_one(listener) gave the error";
        assert_eq!(
            fit(picture, 80),
            [
                "    client                    your side",
                "      │ ── connect ────────────▶ │    0.1 ms",
                "      │ ◀── \"a longer answer\" ── │    0.2 ms",
                "      │                          │    0.2 ms  accept_one(listener) gave the",
                "      │                          │            error",
            ]
        );
        assert_eq!(
            fit(picture, 100),
            picture.trim_matches('\n').lines().collect::<Vec<_>>()
        );
        for width in 1..100 {
            assert!(
                fit(picture, width)
                    .iter()
                    .all(|row| wrap::width(row) <= width)
            );
        }
    }
}
