//! A page of hints: Markdown in, steps out.
//!
//! A section for each function, and below it one for each case that is a stumbling block of its own. In each, a
//! numbered item for each step.

use harness::book;

/// The hints of a lesson.
#[derive(Debug, PartialEq)]
pub struct Page {
    pub sections: Vec<Section>,
}

/// The hints for a function, or for one case of it.
#[derive(Debug, PartialEq)]
pub struct Section {
    pub function: String,
    pub case: Option<String>,
    /// Each a line of plain text.
    pub steps: Vec<String>,
}

impl Page {
    /// Reads the page `text` that stands in `folder`, as seen from the root of the course.
    pub fn read(text: &str, folder: &str) -> Page {
        let lines: Vec<&str> = text.lines().collect();
        let headings = book::headings(text);
        let ends = headings.iter().skip(1).map(|next| next.line - 1);
        let ends = ends.chain([lines.len()]);
        let mut sections: Vec<Section> = Vec::new();
        for (heading, end) in headings.iter().zip(ends) {
            let name = heading.text.trim_matches('`').to_owned();
            let steps = || steps(&lines[heading.line..end], folder);
            let function = sections.last().map(|before| before.function.clone());
            match (heading.level, function) {
                (2, _) => sections.push(Section {
                    function: name,
                    case: None,
                    steps: steps(),
                }),
                (3, Some(function)) => sections.push(Section {
                    function,
                    case: Some(name),
                    steps: steps(),
                }),
                _ => {}
            }
        }
        Page { sections }
    }

    /// What there is for `case`, or else for `function`.
    pub fn into_section(self, function: &str, case: &str) -> Option<Section> {
        let mut of_function = None;
        for section in self.sections {
            if section.case.as_deref() == Some(case) {
                return Some(section);
            }
            if section.case.is_none() && section.function == function {
                of_function = Some(section);
            }
        }
        of_function
    }
}

/// The numbered items among these lines, each in one line.
fn steps(lines: &[&str], folder: &str) -> Vec<String> {
    let mut items: Vec<String> = Vec::new();
    let mut in_item = false;
    for line in lines {
        if let Some(first) = after_number(line) {
            items.push(first.trim().to_owned());
            in_item = true;
        } else if line.trim().is_empty() {
            in_item = false;
        } else if let Some(item) = items.last_mut().filter(|_| in_item) {
            item.push(' ');
            item.push_str(line.trim());
        }
    }
    items.iter().map(|item| plain(item, folder)).collect()
}

/// What stands behind `1. ` at the start of a line.
fn after_number(line: &str) -> Option<&str> {
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    (rest.len() < line.len()).then(|| rest.strip_prefix(". "))?
}

/// `markdown` without its marks: `text (address)` for a link, and no stars. The ticks around code stay.
fn plain(markdown: &str, folder: &str) -> String {
    let mut plain = String::new();
    let mut rest = markdown;
    while let Some(at) = rest.find(['`', '[', '*', '<']) {
        plain.push_str(&rest[..at]);
        let after_space = !plain.ends_with(|c: char| !c.is_whitespace());
        let (taken, text) = mark(&rest[at..], after_space, folder);
        plain.push_str(&text);
        rest = &rest[at + taken..];
    }
    plain + rest
}

/// What to make of the mark that `text` begins with, and how much of the text that is.
fn mark(text: &str, after_space: bool, folder: &str) -> (usize, String) {
    if let Some(end) = text[1..].find('`').filter(|_| text.starts_with('`')) {
        return (end + 2, text[..end + 2].to_owned());
    }
    if let Some((label, address)) = link(text) {
        let taken = label.len() + address.len() + "[]()".len();
        let text = format!("{} ({})", plain(label, folder), whole(address, folder));
        return (taken, text);
    }
    if let Some(end) = text.find('>').filter(|_| text.starts_with("<http")) {
        return (end + 1, text[1..end].to_owned());
    }
    // A star that stands alone is one.
    if text.starts_with('*') && !(after_space && text[1..].starts_with(' ')) {
        return (1, String::new());
    }
    (1, text[..1].to_owned())
}

/// The label and the address of a link at the start of `text`.
fn link(text: &str) -> Option<(&str, &str)> {
    let (label, rest) = text.strip_prefix('[')?.split_once("](")?;
    let (address, _) = rest.split_once(')')?;
    Some((label, address))
}

/// An address that means the same wherever one stands.
fn whole(address: &str, folder: &str) -> String {
    if address.contains("://") {
        return address.to_owned();
    }
    let mut folders: Vec<&str> = folder.split('/').collect();
    let mut address = address;
    while let Some(rest) = address.strip_prefix("../") {
        folders.pop();
        address = rest;
    }
    folders.push(address);
    folders.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# Hints\n\nWhat it is.\n\n## `first`\n\n1. Which *one*?\n2. Think of\n   [Port 0](../a.md#port-0).\n\
                        3. [`f`](https://x.org/f), **that** is `*f`.\n\n### `a_case`\n\n1. One\n\n## second\n1. Two\n";

    #[test]
    fn a_case_has_its_own_steps_or_those_of_its_function() {
        let steps = |function, case| {
            let page = Page::read(PAGE, "book/src/hints");
            page.into_section(function, case).map(|it| it.steps)
        };
        assert_eq!(
            steps("first", "another").unwrap(),
            [
                "Which one?",
                "Think of Port 0 (book/src/a.md#port-0).",
                "`f` (https://x.org/f), that is `*f`.",
            ]
        );
        assert_eq!(steps("first", "a_case").unwrap(), ["One"]);
        assert_eq!(steps("second", "other").unwrap(), ["Two"]);
        assert_eq!(steps("third", "other"), None);
    }

    #[test]
    fn marks_that_mean_nothing_stay() {
        for text in ["2 * 3", "a [b] c", "x < y", "one ` tick"] {
            assert_eq!(plain(text, ""), text);
        }
    }
}
