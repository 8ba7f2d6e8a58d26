//! All edits of a lesson's functions in one module: what they leave as it is, is compiled once.
//!
//! A function that is edited has its body once as it is, and once for each edit of it; which of them runs
//! says `edit` of `src/graded.rs`. What an edit adds, helpers and constants and `use` lines, stands inside
//! the bodies that it changes. An edit that changes more than bodies is a module of its own.

use std::collections::BTreeMap;
use std::fmt::Write;

/// Bodies by the name of their function, and then by the name of the edit.
#[derive(Default)]
pub struct Bodies(BTreeMap<String, BTreeMap<String, String>>);

/// Something that stands by itself in a file. The text is formatted, so that it ends where the indent is gone.
struct Item<'a> {
    /// Without the documentation, attributes and comments in front of it.
    code: &'a str,
    /// Its first words: `const MAX_HEAD`.
    name: &'a str,
    /// Where the body of a function begins in the code, and where it ends.
    body: Option<(usize, usize)>,
}

impl<'a> Item<'a> {
    fn of(code: &'a str) -> Item<'a> {
        let visible = code.strip_prefix("pub ").unwrap_or(code);
        let name = match visible.split_once(' ') {
            Some(("fn" | "const" | "static" | "struct" | "enum" | "type" | "trait", _)) => {
                let end = visible[7.min(visible.len())..].find(|it: char| !is_of_a_word(it));
                &visible[..end.map_or(visible.len(), |end| end + 7.min(visible.len()))]
            }
            // The whole of it: there is no other.
            _ => visible,
        };
        let begin = visible
            .starts_with("fn ")
            .then(|| code.find("{\n"))
            .flatten();
        let end = code.rfind("}\n");
        Item {
            code,
            name,
            body: begin.zip(end).map(|(begin, end)| (begin + 2, end)),
        }
    }

    fn signature(&self) -> &'a str {
        self.body
            .map_or(self.code, |(begin, _)| &self.code[..begin])
    }
}

fn is_of_a_word(it: char) -> bool {
    it.is_alphanumeric() || it == '_'
}

fn items(text: &str) -> Vec<Item<'_>> {
    let mut items = Vec::new();
    let (mut begin, mut at) = (None, 0);
    for line in text.split_inclusive('\n') {
        let is_code = !line.trim().is_empty() && !line.starts_with("//") && !line.starts_with('#');
        if is_code && begin.is_none() {
            begin = Some(at);
        }
        at += line.len();
        let ends = line.starts_with('}') || !line.starts_with([' ', ')']) && line.ends_with(";\n");
        if ends && let Some(begin) = begin.take() {
            items.push(Item::of(&text[begin..at]));
        }
    }
    items
}

impl Bodies {
    /// Adds an edit, if what it changes is bodies of functions.
    pub fn add(&mut self, edit: &str, original: &str, edited: &str) -> bool {
        let originals = items(original);
        let (mut changed, mut added) = (Vec::new(), String::new());
        for item in items(edited) {
            match originals.iter().find(|it| it.name == item.name) {
                Some(it) if it.code == item.code => {}
                // Two bodies of one function have one type; what an `impl` in it stands for may differ.
                Some(it)
                    if item.body.is_some()
                        && it.signature() == item.signature()
                        && !item.signature().contains("impl ") =>
                {
                    changed.push(item);
                }
                None if !item.name.starts_with("impl") => added += item.code,
                _ => return false,
            }
        }
        for item in &changed {
            let (begin, end) = item.body.unwrap_or_default();
            let bodies = self.0.entry(item.name.to_owned()).or_default();
            bodies.insert(
                edit.to_owned(),
                format!("{added}{}", &item.code[begin..end]),
            );
        }
        !changed.is_empty()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The original, with all edits in it.
    pub fn in_one(&self, original: &str) -> String {
        let mut text = original.to_owned();
        // From the last to the first, so that the places of those before stay as they are.
        for item in items(original).iter().rev() {
            let (Some(edits), Some((begin, end))) = (self.0.get(item.name), item.body) else {
                continue;
            };
            let mut body = "match crate::edit() {\n".to_owned();
            for (edit, changed) in edits {
                let _ = writeln!(body, "{edit:?} => {{\n{changed}}}");
            }
            let _ = writeln!(body, "_ => {{\n{}}}\n}}", &item.code[begin..end]);
            let start = item.code.as_ptr() as usize - original.as_ptr() as usize;
            text.replace_range(start + begin..start + end, &body);
        }
        text
    }
}
