//! Changes a text by byte ranges, so that whatever is not named stays as its author wrote it.
//!
//! What needs care is what stands around an item that goes: the comment above it, the comment
//! behind it, and the blank lines, of which exactly the right ones must remain.
//!
//! All texts here have `\n` as their line end.

use std::ops::Range;

/// Replacements to make in one text. They must not overlap.
#[derive(Default)]
pub struct Edits {
    list: Vec<(Range<usize>, String)>,
}

impl Edits {
    /// Puts `text` where `range` is.
    pub fn replace(&mut self, range: Range<usize>, text: impl Into<String>) {
        self.list.push((range, text.into()));
    }

    /// The text with all replacements made.
    pub fn apply(mut self, source: &str) -> String {
        self.list.sort_by_key(|(range, _)| (range.start, range.end));
        let mut result = String::with_capacity(source.len());
        let mut done = 0;
        for (range, text) in &self.list {
            assert!(
                done <= range.start,
                "two edits overlap at byte {}",
                range.start
            );
            result.push_str(&source[done..range.start]);
            result.push_str(text);
            done = range.end;
        }
        result.push_str(&source[done..]);
        result
    }
}

/// A place that holds items: a file, or what is between two braces.
pub struct Container {
    /// Behind the opening brace, or behind the inner attributes and docs that come first.
    pub open: usize,
    /// Where the closing brace is, or the end of the file.
    pub close: usize,
}

/// One item in its container.
pub struct Sibling {
    pub range: Range<usize>,
    pub stays: bool,
}

/// The ranges to cut so that the siblings that do not stay are gone, with the comments that belong
/// to them, and with blank lines left as a person would leave them.
///
/// `siblings` are in the order of the text.
pub fn cuts(source: &str, container: &Container, siblings: &[Sibling]) -> Vec<Range<usize>> {
    let mut cuts = Vec::new();
    // A comment with a blank line below it is a heading. It speaks for the items up to the next
    // heading, and goes when all of them go.
    let mut heading: Option<(Vec<Range<usize>>, bool)> = None;
    let mut before = container.open;
    for (nth, sibling) in siblings.iter().enumerate() {
        let mut blocks = comment_blocks(source, before, line_start(source, sibling.range.start));
        let attached = blocks.pop_if(|block| block.end == line_start(source, sibling.range.start));
        // What stands above the first item speaks for the whole container.
        if nth > 0 && !blocks.is_empty() {
            cuts.extend(
                heading
                    .take()
                    .filter(|(_, lives)| !lives)
                    .into_iter()
                    .flat_map(|h| h.0),
            );
            heading = Some((blocks, false));
        }
        if sibling.stays {
            if let Some((_, lives)) = &mut heading {
                *lives = true;
            }
        } else {
            let start = attached.map_or(line_start(source, sibling.range.start), |it| it.start);
            cuts.push(start..rest_of_line(source, sibling.range.end));
        }
        before = sibling.range.end;
    }
    cuts.extend(
        heading
            .take()
            .filter(|(_, lives)| !lives)
            .into_iter()
            .flat_map(|h| h.0),
    );
    cuts.sort_by_key(|cut| cut.start);
    tidy(source, container, cuts)
}

/// Joins neighbouring cuts and takes the blank lines that would be one too many.
fn tidy(source: &str, container: &Container, cuts: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let mut joined: Vec<Range<usize>> = Vec::new();
    for cut in cuts {
        match joined.last_mut() {
            Some(last) if source[last.end..cut.start].trim().is_empty() => last.end = cut.end,
            _ => joined.push(cut),
        }
    }
    for cut in &mut joined {
        let opens = source[container.open..cut.start].trim().is_empty();
        let blank_before = source[..cut.start].ends_with("\n\n");
        if source[cut.end..container.close].trim().is_empty() {
            // Nothing follows: what precedes ends the container, without blank lines.
            cut.start = source[..cut.start].trim_end().len().max(container.open);
            if source[cut.start..].starts_with('\n') {
                cut.start += 1;
            }
            cut.end = cut.end.max(line_start(source, container.close));
        } else if opens || blank_before {
            let rest = &source[cut.end..];
            let first = rest.len() - rest.trim_start().len();
            cut.end = line_start(source, cut.end + first);
        }
    }
    joined
}

/// Whether `// given` stands directly above the item at `range`, or between its docs and itself.
pub fn is_given(source: &str, before: usize, range: &Range<usize>) -> bool {
    let own_line = line_start(source, range.start);
    let above = comment_blocks(source, before, own_line)
        .pop()
        .filter(|it| it.end == own_line);
    let marked = |text: &str| text.lines().any(is_given_line);
    above.is_some_and(|block| marked(&source[block]))
        || source[range.clone()]
            .lines()
            .take_while(|line| ["//", "#", ""].iter().any(|it| opens_with(line, it)))
            .any(is_given_line)
}

/// An attribute or a comment, or nothing at all.
fn opens_with(line: &str, opening: &str) -> bool {
    if opening.is_empty() {
        line.trim().is_empty()
    } else {
        line.trim_start().starts_with(opening)
    }
}

/// `// given`, or `// given: and the reason`.
fn is_given_line(line: &str) -> bool {
    let Some(comment) = line.trim().strip_prefix("//") else {
        return false;
    };
    let mark = comment.trim().split(':').next().unwrap_or_default();
    mark.eq_ignore_ascii_case("given")
}

/// The runs of comment lines, without blank lines in them, between `start` and `end`.
///
/// The rest of the line that `start` is in belongs to what comes before it.
fn comment_blocks(source: &str, start: usize, end: usize) -> Vec<Range<usize>> {
    let mut blocks: Vec<Range<usize>> = Vec::new();
    let mut at = if start == 0 || source[..start].ends_with('\n') {
        start
    } else {
        start
            + source[start..]
                .find('\n')
                .map_or(source.len() - start, |newline| newline + 1)
    };
    let mut inside_block_comment = false;
    let mut blank_before = true;
    while at < end {
        let next = source[at..]
            .find('\n')
            .map_or(source.len(), |newline| at + newline + 1);
        let line = source[at..next].trim();
        if line.is_empty() && !inside_block_comment {
            blank_before = true;
        } else {
            match blocks.last_mut() {
                Some(block) if !blank_before => block.end = next,
                _ => blocks.push(at..next),
            }
            blank_before = false;
            if inside_block_comment || line.starts_with("/*") {
                inside_block_comment = !line.ends_with("*/");
            }
        }
        at = next;
    }
    blocks
}

/// Where the line of `at` starts, or `at` itself when something else stands before it in its line.
pub fn line_start(source: &str, at: usize) -> usize {
    let start = source[..at].rfind('\n').map_or(0, |newline| newline + 1);
    if source[start..at].trim().is_empty() {
        start
    } else {
        at
    }
}

/// The white space that the line of `at` starts with.
pub fn indent_of(source: &str, at: usize) -> &str {
    let line = &source[source[..at].rfind('\n').map_or(0, |newline| newline + 1)..];
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// Past the end of the line of `end`, if there is nothing more in it than a comment.
fn rest_of_line(source: &str, end: usize) -> usize {
    let next = source[end..]
        .find('\n')
        .map_or(source.len(), |newline| end + newline + 1);
    let rest = source[end..next].trim();
    let only_comment =
        rest.is_empty() || rest.starts_with("//") || rest.starts_with("/*") && rest.ends_with("*/");
    if only_comment { next } else { end }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cuts the lines that hold an `x` out of `source`, as items.
    fn without_x(source: &str) -> String {
        let mut siblings = Vec::new();
        let mut at = 0;
        for line in source.split_inclusive('\n') {
            let item = line.trim_end();
            if !item.is_empty() && !item.starts_with("//") {
                siblings.push(Sibling {
                    range: at..at + 1,
                    stays: !item.starts_with('x'),
                });
            }
            at += line.len();
        }
        let mut edits = Edits::default();
        for cut in cuts(
            source,
            &Container {
                open: 0,
                close: source.len(),
            },
            &siblings,
        ) {
            edits.replace(cut, "");
        }
        edits.apply(source)
    }

    #[test]
    fn one_blank_line_stays_between_the_neighbours() {
        assert_eq!(without_x("a\n\nx\n\nb\n"), "a\n\nb\n");
        assert_eq!(without_x("a\n\nx\nx\n\nx\n\nb\n"), "a\n\nb\n");
        assert_eq!(without_x("a\nx\n\nb\n"), "a\n\nb\n");
        assert_eq!(without_x("a\n\nx\nb\n"), "a\n\nb\n");
        assert_eq!(without_x("a\nx\nb\n"), "a\nb\n");
    }

    #[test]
    fn no_blank_line_stays_at_the_start_or_the_end() {
        assert_eq!(without_x("x\n\na\n\nx\n"), "a\n");
        assert_eq!(without_x("a\n\nx\n\nx"), "a\n");
    }

    #[test]
    fn the_comments_above_and_behind_go_too() {
        assert_eq!(
            without_x("a\n\n// about x\n// more\nx // why\n\n// about b\nb\n"),
            "a\n\n// about b\nb\n"
        );
        assert_eq!(without_x("a\n\n// about x\nx /* why */\n\nb\n"), "a\n\nb\n");
    }

    #[test]
    fn a_comment_behind_the_item_before_stays() {
        assert_eq!(without_x("a // about a\nx\n"), "a // about a\n");
    }

    #[test]
    fn a_heading_goes_with_the_last_item_below_it() {
        assert_eq!(without_x("a\n\n// head\n\nx\n\nx\n"), "a\n");
        assert_eq!(
            without_x("a\n\n// head\n\nx\n\n// next\n\nb\n"),
            "a\n\n// next\n\nb\n"
        );
        assert_eq!(without_x("a\n\n// head\n\nx\nb\n"), "a\n\n// head\n\nb\n");
    }

    #[test]
    fn what_stands_on_top_of_a_file_stays() {
        assert_eq!(
            without_x("// licence\n\nx\n\n// more\n\nb\n"),
            "// licence\n\n// more\n\nb\n"
        );
    }

    #[test]
    fn given_is_a_line_of_its_own() {
        assert!(is_given_line("  // given"));
        assert!(is_given_line("// Given: the grader reads it"));
        assert!(!is_given_line("// given that all is well"));
        assert!(!is_given_line("/// given"));
        assert!(!is_given_line("let given = 1;"));
    }
}
