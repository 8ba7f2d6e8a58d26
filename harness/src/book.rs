//! The pages of the book: what a finding's pointer into them means.

use std::collections::HashMap;

/// A heading of a page in Markdown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading<'a> {
    /// Its line, counted from 1.
    pub line: usize,
    /// How many signs it has: 1 for the title.
    pub level: usize,
    /// Its text, as it is written.
    pub text: &'a str,
    /// What comes behind `#` in a pointer to it.
    pub anchor: String,
}

/// The headings of a page, in order. What looks like one within a block of code is none.
pub fn headings(page: &str) -> Vec<Heading<'_>> {
    let mut in_code = false;
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut found = Vec::new();
    for (line, number) in page.lines().zip(1..) {
        in_code ^= line.trim_start().starts_with("```");
        let text = line.trim_start_matches('#');
        let level = line.len() - text.len();
        if in_code || level == 0 || !text.starts_with(' ') {
            continue;
        }
        let text = text.trim();
        let mut anchor = anchor(text);
        let before = seen.entry(anchor.clone()).or_default();
        if *before > 0 {
            anchor = format!("{anchor}-{before}");
        }
        *before += 1;
        found.push(Heading {
            line: number,
            level,
            text,
            anchor,
        });
    }
    found
}

/// The anchor of a heading, by mdBook's rule, which is GitHub's: the text in lower case, with its spaces as
/// hyphens and its punctuation left out.
fn anchor(heading: &str) -> String {
    heading
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

/// A reference of a page to a recording of the wire: a line of its own, which says
/// `![what is to be seen](recordings/lesson02/half_close.svg "what to look at")`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recording<'a> {
    /// Its line, counted from 1.
    pub line: usize,
    /// What is to be seen, for those who do not see it.
    pub alternative: &'a str,
    /// Where the file is, from the page's folder.
    pub path: &'a str,
    /// What stands below it.
    pub caption: Option<&'a str>,
}

/// The recordings that a page shows, in order. What looks like a reference within a block of code is none.
pub fn recordings(page: &str) -> Vec<Recording<'_>> {
    let mut in_code = false;
    let mut found = Vec::new();
    for (text, line) in page.lines().zip(1..) {
        in_code ^= text.trim_start().starts_with("```");
        if !in_code {
            found.extend(recording(text, line));
        }
    }
    found
}

fn recording(text: &str, line: usize) -> Option<Recording<'_>> {
    let inside = text.trim().strip_prefix("![")?.strip_suffix(')')?;
    let (alternative, target) = inside.split_once("](")?;
    let (path, caption) = match target.split_once(' ') {
        Some((path, title)) => (path, Some(title.trim().trim_matches('"'))),
        None => (target, None),
    };
    let is_recording = path.contains("recordings/") && path.ends_with(".svg");
    is_recording.then_some(Recording {
        line,
        alternative,
        path,
        caption,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_stands_on_a_line_of_its_own_outside_of_code() {
        let page = "# A\n![A \"hel\" (1)](../recordings/lesson02/a.svg \"Two sends\")\n\
            see ![a](recordings/a.svg)\n![a](pictures/a.svg)\n```text\n![b](recordings/b.svg)\n```\n\
            ![c](recordings/lesson01/mistakes/c.svg)\n";
        let expected = [
            Recording {
                line: 2,
                alternative: "A \"hel\" (1)",
                path: "../recordings/lesson02/a.svg",
                caption: Some("Two sends"),
            },
            Recording {
                line: 8,
                alternative: "c",
                path: "recordings/lesson01/mistakes/c.svg",
                caption: None,
            },
        ];
        assert_eq!(recordings(page), expected);
    }

    #[test]
    fn a_heading_becomes_its_anchor() {
        let page = "# Lesson 01 · listen\n\n## TIME_WAIT and SO_REUSEADDR\ntext\n### `bind_to`\n";
        let anchors: Vec<_> = headings(page).into_iter().map(|it| it.anchor).collect();
        assert_eq!(
            anchors,
            ["lesson-01--listen", "time_wait-and-so_reuseaddr", "bind_to"]
        );
    }

    #[test]
    fn code_has_no_headings_and_a_second_of_one_name_gets_a_number() {
        let page = "## Host\n```sh\n# tcpdump -i lo\n```\n#HttpOnly_127.0.0.1\n## Host\n";
        let found: Vec<_> = headings(page)
            .into_iter()
            .map(|it| (it.line, it.level, it.anchor))
            .collect();
        let expected = [(1, 2, "host".to_owned()), (6, 2, "host-1".to_owned())];
        assert_eq!(found, expected);
    }
}
