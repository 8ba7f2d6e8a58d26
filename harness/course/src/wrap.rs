//! Breaks lines that are wider than the terminal, with their colours.

use std::io::IsTerminal;

use unicode_width::UnicodeWidthChar;

/// How many columns apart the stops of a tab are.
const TAB: usize = 4;

/// A character on the screen, and which of the line's styles it is in.
#[derive(Clone, Copy)]
struct Cell {
    letter: char,
    width: usize,
    style: usize,
}

/// `line` in rows of at most `width` columns: broken between words where there are some, with the line's own
/// indentation. Each row sets its colours itself, and ends with none. Escape codes other than colours, and
/// other control characters, are left out.
pub fn wrap(line: &str, width: usize) -> Vec<String> {
    let leading = leading(&cells(line).0);
    wrap_behind(line, width, leading)
}

/// The same, with this indentation behind the first row.
pub fn wrap_behind(line: &str, width: usize, indent: usize) -> Vec<String> {
    let width = width.max(1);
    let (cells, styles) = cells(line);
    let leading = leading(&cells);
    let indent = if leading < cells.len() && indent <= width / 2 {
        indent
    } else {
        0
    };
    let mut rows = Vec::new();
    let mut rest = &cells[..];
    loop {
        let indent = if rows.is_empty() { 0 } else { indent };
        let (row, behind) = split(
            rest,
            width - indent,
            if rows.is_empty() { leading } else { 0 },
        );
        rows.push(" ".repeat(indent) + &text(row, &styles));
        rest = behind;
        if rest.is_empty() {
            return rows;
        }
    }
}

/// How wide text for people is: as the terminal, but no wider than is good to read, and so where there is none.
pub fn columns() -> usize {
    const GOOD: usize = 100;
    let size = crossterm::terminal::size().ok();
    let size = size.filter(|_| std::io::stdout().is_terminal());
    size.map_or(GOOD, |(columns, _)| usize::from(columns))
        .clamp(30, GOOD)
}

/// How many spaces they begin with.
fn leading(cells: &[Cell]) -> usize {
    cells.iter().take_while(|cell| cell.letter == ' ').count()
}

/// How many columns `line` takes.
pub fn width(line: &str) -> usize {
    cells(line).0.iter().map(|cell| cell.width).sum()
}

/// What of `cells` fits into `width`, and the rest. Spaces up to `leading` are no place to break.
fn split(cells: &[Cell], width: usize, leading: usize) -> (&[Cell], &[Cell]) {
    let mut taken = 0;
    let fitting = cells
        .iter()
        .take_while(|cell| {
            taken += cell.width;
            taken <= width
        })
        .count();
    if fitting == cells.len() {
        return (cells, &[]);
    }
    let is_space = |at: &usize| cells[*at].letter == ' ';
    let break_at = match (leading + 1..=fitting).rev().find(is_space) {
        Some(space) => space,
        // A character that is wider than the terminal has to go somewhere.
        None => fitting.max(1),
    };
    let (row, behind) = cells.split_at(break_at);
    // The spaces at a break are not missed.
    let end = row.iter().rposition(|cell| cell.letter != ' ');
    let start = behind.iter().position(|cell| cell.letter != ' ');
    (
        &row[..end.map_or(row.len(), |end| end + 1)],
        &behind[start.unwrap_or(behind.len())..],
    )
}

fn text(cells: &[Cell], styles: &[String]) -> String {
    let mut row = String::new();
    let mut style = 0;
    for cell in cells {
        if cell.style != style {
            if style != 0 {
                row.push_str("\x1b[0m");
            }
            row.push_str(&styles[cell.style]);
            style = cell.style;
        }
        row.push(cell.letter);
    }
    if style != 0 && !styles[style].is_empty() {
        row.push_str("\x1b[0m");
    }
    row
}

/// The line's characters, and the styles that they are in, of which the first is none.
fn cells(line: &str) -> (Vec<Cell>, Vec<String>) {
    let mut cells = Vec::new();
    let mut styles = vec![String::new()];
    let mut column = 0;
    let mut rest = line.chars();
    while let Some(letter) = rest.next() {
        match letter {
            '\x1b' => {
                if let Some(code) = colour_code(&mut rest) {
                    let known = styles.last().cloned().unwrap_or_default();
                    styles.push(style_after(&known, &code));
                }
            }
            '\t' => {
                for _ in 0..TAB - column % TAB {
                    column += 1;
                    cells.push(Cell {
                        letter: ' ',
                        width: 1,
                        style: styles.len() - 1,
                    });
                }
            }
            _ => {
                if let Some(width) = letter.width() {
                    column += width;
                    cells.push(Cell {
                        letter,
                        width,
                        style: styles.len() - 1,
                    });
                }
            }
        }
    }
    (cells, styles)
}

/// Takes an escape sequence, without its escape, off `rest`. The parameters of one that sets colours.
fn colour_code(rest: &mut std::str::Chars<'_>) -> Option<String> {
    match rest.next()? {
        '[' => {
            let mut parameters = String::new();
            loop {
                match rest.next()? {
                    'm' => return Some(parameters),
                    '@'..='~' => return None,
                    parameter => parameters.push(parameter),
                }
            }
        }
        // A command to the terminal: up to a bell, or to an escape and a backslash.
        ']' => loop {
            match rest.next()? {
                '\x07' => return None,
                '\x1b' => {
                    rest.next();
                    return None;
                }
                _ => {}
            }
        },
        _ => None,
    }
}

fn style_after(known: &str, parameters: &str) -> String {
    match parameters {
        "" | "0" => String::new(),
        // A code that begins with a reset says all that counts.
        _ if parameters.starts_with("0;") => format!("\x1b[{parameters}m"),
        _ => format!("{known}\x1b[{parameters}m"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_fits_is_left_as_it_is() {
        assert_eq!(wrap("", 5), [""]);
        assert_eq!(wrap("12345", 5), ["12345"]);
        assert_eq!(wrap("  a  b", 6), ["  a  b"]);
    }

    #[test]
    fn a_wide_line_is_broken_between_words_and_keeps_its_indentation() {
        assert_eq!(wrap("    one two three", 12), ["    one two", "    three"]);
        assert_eq!(wrap("one  two", 4), ["one", "two"]);
    }

    #[test]
    fn a_word_that_is_too_wide_is_broken_anywhere() {
        assert_eq!(wrap("123456789", 4), ["1234", "5678", "9"]);
        assert_eq!(wrap("  12345", 4), ["  12", "  34", "  5"]);
        assert_eq!(wrap("ab", 0), ["a", "b"]);
    }

    #[test]
    fn colours_go_on_in_the_next_row_and_end_with_each() {
        assert_eq!(
            wrap("\x1b[1m\x1b[31mred red\x1b[0m on", 4),
            [
                "\x1b[1m\x1b[31mred\x1b[0m",
                "\x1b[1m\x1b[31mred\x1b[0m",
                "on"
            ]
        );
        assert_eq!(width("\x1b[1mab\x1b[0m"), 2);
    }

    #[test]
    fn a_wide_character_takes_two_columns() {
        assert_eq!(wrap("日本語", 4), ["日本", "語"]);
        assert_eq!(wrap("日本", 1), ["日", "本"]);
    }

    #[test]
    fn other_codes_and_control_characters_are_left_out() {
        assert_eq!(
            wrap("a\x1b[2Kb\x1b]8;;http://x\x1b\\c\x07\r\u{9b}d", 9),
            ["abcd"]
        );
        assert_eq!(wrap("a\tb", 9), ["a   b"]);
        assert_eq!(wrap("a\x1b[", 9), ["a"]);
    }
}
