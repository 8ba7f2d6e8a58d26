//! Every link of the built book leads somewhere, and no page needs anything from elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use scraper::{Html, Selector};

use crate::{Built, root};

/// The pages that mdBook makes of all others. Their links are those of the others.
const COLLECTIONS: [&str; 2] = ["print.html", "toc.html"];

/// What the checks need of a page.
struct Page {
    html: Html,
    anchors: Vec<String>,
}

impl Page {
    fn new(text: &str) -> Page {
        let html = Html::parse_document(text);
        let named = attributes(&html, "[id]", "id");
        Page {
            html,
            anchors: named,
        }
    }

    fn has(&self, anchor: &str) -> bool {
        self.anchors.iter().any(|it| it == anchor)
    }
}

fn attributes(html: &Html, selector: &str, attribute: &str) -> Vec<String> {
    let selector = Selector::parse(selector).unwrap();
    let found = html.select(&selector);
    let values = found.filter_map(|element| element.value().attr(attribute));
    values.map(str::to_owned).collect()
}

fn pages(book: &Built) -> BTreeMap<String, Page> {
    let names = book.files(".html").into_iter();
    names
        .filter(|name| !COLLECTIONS.contains(&name.as_str()))
        .map(|name| (name.clone(), Page::new(&book.read(&name))))
        .collect()
}

fn is_elsewhere(link: &str) -> bool {
    link.contains("://") || link.starts_with("//") || link.starts_with("mailto:")
}

#[test]
fn every_link_within_the_book_leads_to_a_page_and_a_section() {
    let book = Built::shared();
    let pages = pages(&book);
    let mut broken = Vec::new();
    for (name, page) in &pages {
        let folder = Path::new(name).parent().unwrap();
        for link in attributes(&page.html, "a[href]", "href") {
            if is_elsewhere(&link) {
                continue;
            }
            let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if path.is_empty() {
                name.clone()
            } else {
                plain(&folder.join(path))
            };
            let is_there = match pages.get(&target) {
                Some(target) => anchor.is_empty() || target.has(anchor),
                None => anchor.is_empty() && book.folder().join(&target).is_file(),
            };
            if !is_there {
                broken.push(format!("{name}: {link}"));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// A path without `..`.
fn plain(path: &Path) -> String {
    let mut parts: Vec<String> = Vec::new();
    for part in path.iter() {
        match part.to_str().unwrap() {
            ".." => drop(parts.pop()),
            "." => {}
            part => parts.push(part.to_owned()),
        }
    }
    parts.join("/")
}

#[test]
fn no_page_needs_anything_from_elsewhere() {
    let book = Built::shared();
    for (name, page) in &pages(&book) {
        let needed = [
            ("script[src]", "src"),
            ("link[href]", "href"),
            ("img[src]", "src"),
            ("iframe[src]", "src"),
            ("object[data]", "data"),
            ("source[srcset]", "srcset"),
            ("use[href]", "href"),
        ];
        let folder = Path::new(name).parent().unwrap();
        for (selector, attribute) in needed {
            for path in attributes(&page.html, selector, attribute) {
                assert!(!is_elsewhere(&path), "{name} needs {path}");
                let path = path.split(['#', '?']).next().unwrap().to_owned();
                let file = book.folder().join(plain(&folder.join(&path)));
                assert!(file.is_file(), "{name} needs {path}, which is not there");
            }
        }
    }
    for name in book.files(".css") {
        let style = book.read(&name);
        for (_, rest) in style.match_indices("url(").map(|it| style.split_at(it.0)) {
            let target = rest["url(".len()..].split(')').next().unwrap();
            let target = target.trim_matches(['\'', '"']);
            let inside = target.starts_with("data:") || !is_elsewhere(target);
            assert!(inside, "{name} needs {target}");
        }
        assert!(!style.contains("@import"), "{name}");
    }
}

#[test]
fn every_page_of_the_text_is_in_the_contents() {
    let book = Built::shared();
    let built: BTreeSet<String> = book.files(".html").into_iter().collect();
    let left_out: Vec<String> = sources(&root().join("book/src"), "")
        .into_iter()
        .filter(|name| name != "SUMMARY" && !built.contains(&format!("{name}.html")))
        .collect();
    assert!(left_out.is_empty(), "not in SUMMARY.md: {left_out:?}");
}

fn sources(folder: &Path, prefix: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            found.extend(sources(&entry.path(), &format!("{name}/")));
        } else if let Some(name) = name.strip_suffix(".md") {
            found.push(name.to_owned());
        }
    }
    found
}

#[test]
fn every_page_with_programs_has_them_tested() {
    let listed = include_str!("../../press/programs.rs");
    for page in sources(&root().join("book/src"), "") {
        let text = std::fs::read_to_string(root().join(format!("book/src/{page}.md"))).unwrap();
        // What is cut from the code is tested there.
        let has_programs = text.split("\n```rust").skip(1).any(|block| {
            let (attributes, _) = block.split_once('\n').unwrap();
            assert!(
                !attributes.contains("ignore") || block.contains("{{#include"),
                "{page}: a program that is never compiled:{block:.200}"
            );
            !attributes.contains("ignore")
        });
        let is_listed = listed.contains(&format!("\"{page}\""));
        assert_eq!(has_programs, is_listed, "{page}");
    }
}

/// The map of the code in the page for authors names what is there.
#[test]
fn the_map_for_authors_has_every_module_of_the_grader() {
    let page = std::fs::read_to_string(root().join("book/src/authors.md")).unwrap();
    let missing: Vec<String> = std::fs::read_dir(root().join("harness/src"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .map(|name| name.trim_end_matches(".rs").to_owned())
        .filter(|name| name != "lib" && !page.contains(&format!("`{name}`")))
        .filter(|name| !page.contains(&format!("harness/src/{name}")))
        .collect();
    assert!(missing.is_empty(), "authors.md does not name {missing:?}");
}

#[test]
fn every_finding_opens_its_section_and_its_explanation() {
    let book = Built::shared();
    let pages = pages(&book);
    let mut count = 0;
    for (read, misconception) in rubrics::misconceptions() {
        count += 1;
        let more = format!("book/src/when-it-fails.md#{}", misconception.id);
        for pointer in [read, more] {
            let (page, anchor) = pointer.split_once('#').unwrap();
            let page = page.strip_prefix("book/src/").unwrap();
            let page = page.replace(".md", ".html");
            let opened = pages.get(&page);
            assert!(
                opened.is_some_and(|it| it.has(anchor)),
                "{}: {pointer} opens nothing",
                misconception.id
            );
        }
    }
    assert!(count > 0);
}

#[test]
fn a_name_stands_for_one_place() {
    let book = Built::shared();
    for (name, page) in &pages(&book) {
        let mut seen = BTreeSet::new();
        let twice: Vec<&String> = page.anchors.iter().filter(|it| !seen.insert(*it)).collect();
        assert!(twice.is_empty(), "{name}: {twice:?}");
    }
}

#[test]
fn every_picture_has_words() {
    let book = Built::shared();
    let figures = Selector::parse("figure.recording").unwrap();
    let title = Selector::parse("svg[role=img] > title").unwrap();
    let description = Selector::parse("svg[role=img] > desc").unwrap();
    for (name, page) in &pages(&book) {
        for alternative in attributes(&page.html, "#mdbook-content img", "alt") {
            assert!(!alternative.is_empty(), "{name}");
        }
        for figure in page.html.select(&figures) {
            let words = figure.value().attr("aria-label").unwrap_or_default();
            assert!(words.len() > 20, "{name}: {words:?} says little");
            for part in [&title, &description] {
                let text = figure.select(part).next().map(|it| it.inner_html());
                assert!(text.is_some_and(|text| !text.is_empty()), "{name}: {words}");
            }
        }
    }
}

/// The standard library's own documentation, if rustup has installed it.
fn rust_docs() -> Option<PathBuf> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .args(["--print", "sysroot"])
        .output()
        .ok()?;
    let sysroot = String::from_utf8(output.stdout).ok()?;
    let docs = Path::new(sysroot.trim()).join("share/doc/rust/html");
    docs.is_dir().then_some(docs)
}

#[test]
fn every_link_to_rusts_documentation_leads_somewhere() {
    let Some(docs) = rust_docs() else {
        eprintln!(
            "skipped: Rust's documentation is not installed (`rustup component add rust-docs`)"
        );
        return;
    };
    let book = Built::shared();
    let mut read: BTreeMap<PathBuf, Vec<String>> = BTreeMap::new();
    for (name, page) in &pages(&book) {
        for link in attributes(&page.html, "a[href]", "href") {
            let Some(path) = link.strip_prefix("https://doc.rust-lang.org/") else {
                continue;
            };
            let (path, anchor) = path.split_once('#').unwrap_or((path, ""));
            let mut file = docs.join(path.strip_prefix("stable/").unwrap_or(path));
            if file.is_dir() {
                file.push("index.html");
            }
            assert!(file.is_file(), "{name}: {link}");
            let anchors = read.entry(file).or_insert_with_key(|file| {
                Page::new(&std::fs::read_to_string(file).unwrap()).anchors
            });
            assert!(
                anchor.is_empty() || anchors.iter().any(|it| it == anchor),
                "{name}: {link}"
            );
        }
    }
}
