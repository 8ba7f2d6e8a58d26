//! The page about curl has a section for each option of lesson 05's program, and no other; and so has its table.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use harness::book::headings;

/// Where clap is told which options there are: what a learner gets is a copy of it.
const OPTIONS: &str = "../solutions/lesson05-fetch/src/options.rs";

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn page() -> String {
    read("src/curl.md")
}

/// The options of the program, as a heading names them: `-o, --output`. clap adds the last two.
fn options() -> BTreeSet<String> {
    let source = read(OPTIONS);
    let (_, after) = source.split_once("pub struct Options {").unwrap();
    let (fields, _) = after.split_once("\n}").unwrap();
    let of_the_program = fields
        .split("#[arg(")
        .skip(1)
        .filter_map(|attribute_and_field| {
            let (attribute, field) = attribute_and_field.split_once(")]\n").unwrap();
            let field = field
                .lines()
                .find(|line| !line.trim_start().starts_with("#["));
            let (name, _) = field.unwrap().split_once(':').unwrap();
            heading_of(attribute, name.trim().trim_start_matches("pub "))
        });
    let of_clap = ["-h, --help", "-V, --version"].map(str::to_owned);
    of_the_program.chain(of_clap).collect()
}

/// `None` for an operand.
fn heading_of(attribute: &str, field: &str) -> Option<String> {
    // What takes arguments of its own has commas in it; `short` and `long` are always in front of that.
    let words: Vec<&str> = attribute.split(',').map(str::trim).collect();
    let named = |option: &str| {
        words.iter().find_map(|word| {
            let value = word.strip_prefix(option)?.trim_start().strip_prefix('=')?;
            Some(value.trim().trim_matches(['\'', '"']).to_owned())
        })
    };
    let long = match words.contains(&"long") {
        true => Some(field.replace('_', "-")),
        false => named("long"),
    };
    let short = match words.contains(&"short") {
        true => field.get(..1).map(str::to_owned),
        false => named("short"),
    };
    let long = long?;
    Some(match short {
        Some(short) => format!("-{short}, --{long}"),
        None => format!("--{long}"),
    })
}

/// The sections that are about an option: title and anchor.
fn sections() -> Vec<(String, String)> {
    let page = page();
    let sections = headings(&page).into_iter();
    sections
        .map(|heading| (heading.text.replace('`', ""), heading.anchor))
        .filter(|(title, _)| title.starts_with('-'))
        .collect()
}

/// As it is written: outside of code, two hyphens would become a dash.
fn in_code(title: &str) -> String {
    let names: Vec<String> = title.split(", ").map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

#[test]
fn every_option_has_a_section() {
    let sections: BTreeSet<String> = sections().into_iter().map(|(title, _)| title).collect();
    let options = options();
    assert!(options.len() > 40, "{options:?}");
    for option in &options {
        assert!(
            sections.contains(option),
            "book/src/curl.md has no section `### {option}`"
        );
    }
    for section in &sections {
        assert!(
            options.contains(section),
            "book/src/curl.md has a section `### {section}`, and fetch has no such option"
        );
    }
}

#[test]
fn every_section_shows_its_option_at_work() {
    let page = page();
    for (title, _) in sections() {
        let (_, after) = page
            .split_once(&format!("### {}\n", in_code(&title)))
            .unwrap();
        let section = after.split("\n#").next().unwrap();
        assert!(section.contains("```console\n"), "{title}: no session");
    }
}

#[test]
fn every_section_is_in_the_table() {
    let page = page();
    let (_, table) = page.split_once("## All options in one table").unwrap();
    for (title, anchor) in sections() {
        let link = format!("| [{}](#{anchor}) |", in_code(&title));
        assert!(
            table.contains(&link),
            "{title}: no line `{link}` in the table"
        );
    }
}

#[test]
fn what_fetch_is_said_not_to_have_it_has_not() {
    let options = options();
    let names: BTreeSet<&str> = options.iter().flat_map(|it| it.split(", ")).collect();
    let page = page();
    let (_, table) = page
        .split_once("## What curl has and `fetch` has not")
        .unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let missing: Vec<&str> = rows
        .filter_map(|row| row.split('|').nth(1))
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .filter_map(|option| option.split(' ').next())
        .collect();
    assert!(missing.len() > 40, "{missing:?}");
    for option in missing {
        assert!(!names.contains(option), "fetch has {option} by now");
    }
}
