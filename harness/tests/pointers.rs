//! Every pointer that a finding gives leads somewhere, and every finding has a mistake that shows it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use harness::book;
use harness::conduct;
use rubrics::misconceptions;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The anchors of a page.
fn anchors(page: &str) -> BTreeSet<String> {
    let text =
        fs::read_to_string(root().join(page)).unwrap_or_else(|error| panic!("{page}: {error}"));
    let headings = book::headings(&text).into_iter();
    headings.map(|heading| heading.anchor).collect()
}

/// The pages in a folder of the book, and in the folders below it.
fn pages(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(root().join(folder)).unwrap();
    let entries = entries.map(|entry| entry.unwrap());
    entries
        .flat_map(|entry| {
            let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                pages(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

#[test]
fn every_finding_points_to_a_section_of_the_book() {
    for (page, misconception) in misconceptions() {
        let (file, anchor) = page.split_once('#').unwrap_or((&page, ""));
        let found = anchors(file).contains(anchor);
        assert!(
            found,
            "{}: {file} has no section #{anchor}",
            misconception.id
        );
    }
}

#[test]
fn every_link_within_the_book_and_the_readme_leads_somewhere() {
    let pages = pages("book/src").into_iter();
    for page in pages.chain(["README.md".to_owned()]) {
        let text = fs::read_to_string(root().join(&page)).unwrap();
        // Every second part is a block of code, where a link is an example.
        let prose: String = text.split("\n```").step_by(2).collect();
        let links = prose
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
            // A picture has its caption behind the path.
            .filter_map(|link| link.split(" \"").next());
        for link in links.filter(|link| !link.contains("://")) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let folder = Path::new(&page).parent().unwrap();
            let target = if file.is_empty() {
                PathBuf::from(&page)
            } else {
                folder.join(file)
            };
            assert!(root().join(&target).exists(), "{page}: {link}");
            if !anchor.is_empty() {
                let anchors = anchors(&target.to_string_lossy());
                assert!(anchors.contains(anchor), "{page}: {link}");
            }
        }
    }
}

#[test]
fn every_finding_has_its_section_in_when_it_fails() {
    let anchors = anchors("book/src/when-it-fails.md");
    for (_, misconception) in misconceptions() {
        assert!(
            anchors.contains(misconception.id),
            "when-it-fails.md lacks {}",
            misconception.id
        );
    }
}

#[test]
fn when_it_fails_has_no_section_for_what_is_no_finding() {
    let known: BTreeSet<&str> = misconceptions().iter().map(|(_, known)| known.id).collect();
    let text = fs::read_to_string(root().join("book/src/when-it-fails.md")).unwrap();
    let ids = text
        .lines()
        .filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`'));
    for id in ids {
        assert!(
            known.contains(id) || id == conduct::NOT_GRADED.id,
            "no rubric finds {id}"
        );
    }
}

#[test]
fn ids_are_unique_and_in_kebab_case() {
    let mut seen = BTreeSet::new();
    for (_, misconception) in misconceptions() {
        let id = misconception.id;
        assert!(seen.insert(id), "{id} stands for two misconceptions");
        assert!(
            id.chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'),
            "{id}"
        );
    }
}

#[test]
fn every_finding_names_the_place_to_mend() {
    for (_, misconception) in misconceptions() {
        assert!(
            misconception.fix.contains("{place}"),
            "{}",
            misconception.id
        );
    }
}

/// The ids that the first lines of mistakes and hostile submissions expect.
fn expected() -> BTreeSet<String> {
    let mut expected = BTreeSet::new();
    for kind in ["mistakes", "hostile"] {
        for lesson in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(kind)).unwrap() {
            for file in fs::read_dir(lesson.unwrap().path()).unwrap() {
                let text = fs::read_to_string(file.unwrap().path()).unwrap();
                let ids = text.lines().find_map(|line| {
                    let line = line.trim_start_matches("//! ").trim_start_matches("# ");
                    line.strip_prefix("finding: ")
                });
                let ids = ids.into_iter().flat_map(|ids| ids.split(" or "));
                expected.extend(ids.map(str::to_owned));
            }
        }
    }
    expected
}

#[test]
fn every_finding_is_shown_by_a_submission() {
    let expected = expected();
    for (_, misconception) in misconceptions() {
        assert!(
            expected.contains(misconception.id),
            "no submission shows {}",
            misconception.id
        );
    }
}

#[test]
fn general_findings_are_not_a_lessons_own() {
    for misconception in rubrics::lesson01::LESSON.misconceptions {
        assert!(
            !conduct::ALL
                .iter()
                .any(|general| general.id == misconception.id)
        );
    }
}

/// What stands between these two headings of the page on grading, and between the second and the next.
fn elsewhere() -> (String, String) {
    let text = fs::read_to_string(root().join("book/src/grading.md")).unwrap();
    let (_, text) = text.split_once("### What only Linux can show\n").unwrap();
    let (linux, rest) = text.split_once("### On Windows\n").unwrap();
    let windows = rest.split("\n##").next().unwrap();
    (linux.to_owned(), windows.to_owned())
}

#[test]
fn the_cases_that_need_a_system_are_cases() {
    use rubrics::{lesson01, lesson02, lesson03, lesson04, lesson05};
    let mut known: BTreeSet<&str> = BTreeSet::new();
    known.extend(lesson01::LESSON.cases.iter().map(|case| case.name));
    known.extend(lesson02::LESSON.cases.iter().map(|case| case.name));
    known.extend(lesson03::LESSON.cases.iter().map(|case| case.name));
    known.extend(lesson04::LESSON.cases.iter().map(|case| case.name));
    known.extend(lesson05::LESSON.cases.iter().map(|case| case.name));
    let (linux, windows) = elsewhere();
    for table in [linux, windows] {
        let rows = table.lines().filter(|line| line.starts_with("| 0"));
        let mut names = rows
            .flat_map(|row| row.split('`').skip(1).step_by(2))
            .filter(|name| name.contains('_') && name.to_lowercase() == *name)
            .peekable();
        assert!(names.peek().is_some());
        for name in names {
            assert!(
                known.contains(name),
                "grading.md names {name}, which is no case"
            );
        }
    }
}
