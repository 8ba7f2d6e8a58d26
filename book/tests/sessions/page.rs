//! A page of the book, cut into its sections, and their sessions into steps.

use std::path::Path;

pub struct Page {
    /// The file's name without `.md`, as in `lesson02-echo`.
    pub name: String,
    pub sections: Vec<Section>,
    /// `<!-- file: NAME -->` and the block after it.
    pub files: Vec<(String, String)>,
    pub fences: Vec<Fence>,
}

/// A `##` or `###`, with the steps of its ```console blocks. One whose first block `continues` has been joined to the
/// section before it.
pub struct Section {
    pub name: String,
    pub steps: Vec<Step>,
}

pub struct Step {
    /// The line in the page's file, counted from one.
    pub line: usize,
    pub what: What,
}

#[derive(Debug, PartialEq)]
pub enum What {
    /// `$ command`, or `# command` for root.
    Shell {
        command: String,
        root: bool,
    },
    /// `>>> line`, or `... line`, which goes on with the statement before.
    Python {
        line: String,
        goes_on: bool,
    },
    /// A line that something is to print: what the page shows, or a pattern of which that is an example.
    Expect(String),
    Like {
        shown: String,
        pattern: String,
    },
    /// `~<text`, as bytes that are typed.
    Type(Vec<u8>),
    /// `~wait`
    Wait,
}

pub struct Fence {
    pub line: usize,
    /// What stands after the three backticks.
    pub info: String,
    pub text: String,
}

impl Fence {
    pub fn language(&self) -> &str {
        self.info.split([',', ' ']).next().unwrap_or("")
    }

    pub fn says(&self, word: &str) -> bool {
        self.info
            .split([',', ' '])
            .skip(1)
            .any(|attribute| attribute == word)
    }
}

pub fn read(path: &Path) -> Result<Page, String> {
    let text =
        std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    parse(&name, &text)
        .map_err(|(line, complaint)| format!("{}:{line}: {complaint}", path.display()))
}

pub fn parse(name: &str, text: &str) -> Result<Page, (usize, String)> {
    let mut page = Page {
        name: name.to_owned(),
        sections: Vec::new(),
        files: Vec::new(),
        fences: Vec::new(),
    };
    let mut heading = "top".to_owned();
    // Whether the section at hand is in `page.sections` already.
    let mut begun = false;
    // The file that the next block is to be, and the line that says so.
    let mut file: Option<(usize, String)> = None;
    let mut lines = text
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line));
    while let Some((number, line)) = lines.next() {
        let trimmed = line.trim_start();
        let indent = line.len() - trimmed.len();
        if let Some(title) = line
            .strip_prefix("## ")
            .or_else(|| line.strip_prefix("### "))
        {
            heading = slug(title);
            begun = false;
        } else if trimmed.starts_with("```") {
            let ticks = trimmed.len() - trimmed.trim_start_matches('`').len();
            let mut fence = Fence {
                line: number,
                info: trimmed[ticks..].trim().to_owned(),
                text: String::new(),
            };
            loop {
                let Some((_, line)) = lines.next() else {
                    return Err((number, "this block has no end".to_owned()));
                };
                let end = line.trim();
                if end.len() >= ticks && end.bytes().all(|byte| byte == b'`') {
                    break;
                }
                let margin = line.len() - line.trim_start().len();
                fence.text.push_str(&line[indent.min(margin)..]);
                fence.text.push('\n');
            }
            if let Some((_, name)) = file.take() {
                page.files.push((name, fence.text.clone()));
            }
            if fence.language() == "console" {
                let steps = steps(&fence)?;
                match page.sections.last_mut() {
                    Some(section) if begun => section.steps.extend(steps),
                    Some(section) if fence.says("continues") => {
                        section.name = format!("{}+{heading}", section.name);
                        section.steps.extend(steps);
                    }
                    _ if fence.says("continues") => {
                        return Err((
                            number,
                            "no session comes before the one that continues".to_owned(),
                        ));
                    }
                    _ => {
                        let again = page
                            .sections
                            .iter()
                            .filter(|section| section.name == heading)
                            .count();
                        let name = if again == 0 {
                            heading.clone()
                        } else {
                            format!("{heading}-{again}")
                        };
                        page.sections.push(Section { name, steps });
                    }
                }
                begun = true;
            }
            page.fences.push(fence);
        } else if let Some(comment) = trimmed.strip_prefix("<!-- file:") {
            let name = comment.trim_end().strip_suffix("-->").unwrap_or("").trim();
            if name.is_empty() || name.contains(['/', ' ']) {
                return Err((number, "a file's comment is <!-- file: NAME -->".to_owned()));
            }
            file = Some((number, name.to_owned()));
            continue;
        } else if trimmed.is_empty() {
            continue;
        }
        if let Some((number, name)) = file.take() {
            return Err((
                number,
                format!("no block follows that could be the file {name}"),
            ));
        }
    }
    Ok(page)
}

fn steps(fence: &Fence) -> Result<Vec<Step>, (usize, String)> {
    let mut steps: Vec<Step> = Vec::new();
    let mut lines = fence
        .text
        .lines()
        .enumerate()
        .map(|(index, line)| (fence.line + 1 + index, line));
    while let Some((line, shown)) = lines.next() {
        let hidden = shown.strip_prefix('~');
        let text = hidden.unwrap_or(shown).trim_end();
        if let (Some(_), Some(pattern)) = (hidden, text.strip_prefix('=')) {
            let Some(What::Expect(shown)) = steps.pop().map(|step| step.what) else {
                return Err((
                    line,
                    "~= says what the line of output before it may look like".to_owned(),
                ));
            };
            steps.push(Step {
                line: line - 1,
                what: What::Like {
                    shown,
                    pattern: pattern.to_owned(),
                },
            });
            continue;
        }
        let what = if hidden.is_some() && text == "wait" {
            What::Wait
        } else if hidden.is_some() && text.starts_with('<') {
            What::Type(keys(&text[1..]).ok_or((line, format!("no such key: {text}")))?)
        } else if let Some(command) = text.strip_prefix("$ ").or_else(|| text.strip_prefix("# ")) {
            let mut command = command.to_owned();
            while command.ends_with('\\') {
                let Some((_, more)) = lines.next() else {
                    return Err((
                        line,
                        "a command that ends in \\ needs another line".to_owned(),
                    ));
                };
                let more = more.strip_prefix('~').unwrap_or(more);
                command.push('\n');
                command.push_str(more.strip_prefix("> ").unwrap_or(more));
            }
            What::Shell {
                command,
                root: text.starts_with('#'),
            }
        } else if let Some(statement) = after_prompt(text, ">>>") {
            What::Python {
                line: statement.to_owned(),
                goes_on: false,
            }
        } else if let (Some(statement), Some(What::Python { .. })) = (
            after_prompt(text, "..."),
            steps.last().map(|step| &step.what),
        ) {
            What::Python {
                line: statement.to_owned(),
                goes_on: true,
            }
        } else if text.chars().any(char::is_alphanumeric)
            || text.chars().any(|c| c.is_ascii_punctuation())
        {
            What::Expect(text.to_owned())
        } else if text.trim_matches(['…', ' ', '\t']).is_empty() {
            // Nothing, or a line of which only is said that something was left out here.
            continue;
        } else {
            What::Expect(text.to_owned())
        };
        if steps.is_empty() && matches!(what, What::Expect(_)) && !fence.says("continues") {
            return Err((
                line,
                "what comes before the first prompt of a session is nobody's output".to_owned(),
            ));
        }
        steps.push(Step { line, what });
    }
    Ok(steps)
}

fn after_prompt<'a>(text: &'a str, prompt: &str) -> Option<&'a str> {
    let rest = text.strip_prefix(prompt)?;
    if rest.is_empty() {
        Some("")
    } else {
        rest.strip_prefix(' ')
    }
}

/// `text` and Enter, or one key, as in `<^D`.
fn keys(text: &str) -> Option<Vec<u8>> {
    match text.strip_prefix('^') {
        None => Some(format!("{text}\r").into_bytes()),
        Some(key) => match key.as_bytes() {
            [key @ (b'A'..=b'Z' | b'\\')] => Some(vec![key - b'@']),
            _ => None,
        },
    }
}

/// A heading as mdBook makes an anchor of it.
fn slug(title: &str) -> String {
    title
        .trim()
        .chars()
        .filter_map(|c| match c {
            _ if c.is_alphanumeric() || c == '_' || c == '-' => Some(c.to_ascii_lowercase()),
            _ if c.is_whitespace() => Some('-'),
            _ => None,
        })
        .collect()
}
