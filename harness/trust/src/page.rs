//! The figures in `book/src/trust.md`. Each table stands between `<!-- figures: NAME -->` and `<!-- end -->`; the rest
//! of the page is written by hand.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail, ensure};
use harness_tests::Submission;

use crate::gradings::{self, root};
use crate::record::{self, Harvest, Mutants, Run, Soak, Surrounding};

const END: &str = "<!-- end -->";

pub fn run(check: bool) -> Result<bool> {
    let path = root().join("book/src/trust.md");
    let old = fs::read_to_string(&path).with_context(|| format!("{}", path.display()))?;
    let mut page = old.clone();
    for (name, table) in tables()? {
        page = with(&page, name, &table)?;
    }
    if page == old {
        return Ok(true);
    }
    if check {
        println!("book/src/trust.md does not have the figures of today: cargo trust page");
        return Ok(false);
    }
    fs::write(&path, page).with_context(|| format!("{}", path.display()))?;
    println!("written: book/src/trust.md");
    Ok(true)
}

/// The page with this table in its place.
fn with(page: &str, name: &str, table: &str) -> Result<String> {
    let mark = format!("<!-- figures: {name} -->\n");
    let Some((before, rest)) = page.split_once(&mark) else {
        bail!(
            "book/src/trust.md has no place for {name}: {}",
            mark.trim_end()
        );
    };
    let (_, after) = rest
        .split_once(END)
        .context("a place in book/src/trust.md has no end")?;
    Ok(format!("{before}{mark}\n{table}\n{END}{after}"))
}

fn tables() -> Result<Vec<(&'static str, String)>> {
    let lessons = lessons()?;
    let soak: Vec<Soak> = record::read("soak")?;
    let mutants: Vec<Mutants> = record::read("mutants")?;
    let harvest: Vec<Harvest> = record::read("harvest")?;
    let surroundings: Vec<Surrounding> = record::read("surroundings")?;
    Ok(vec![
        ("lessons", overview(&lessons)),
        ("harvest", of_harvest(&harvest)),
        ("mutants", of_mutants(&mutants, sources)),
        ("soak", of_soak(&soak)),
        ("surroundings", of_surroundings(&surroundings)),
    ])
}

/// What there is of one lesson.
struct Counts {
    cases: usize,
    mistakes: usize,
    alternatives: usize,
    hostile: usize,
}

fn lessons() -> Result<BTreeMap<String, Counts>> {
    let graded = gradings::graded()?;
    let mut lessons = BTreeMap::new();
    for entry in fs::read_dir(root().join("solutions"))? {
        let folder = entry?.file_name().to_string_lossy().into_owned();
        let Some((lesson, _)) = folder.split_once('-') else {
            continue;
        };
        let tests = root().join("harness/tests");
        lessons.insert(
            lesson.to_owned(),
            Counts {
                cases: cases(lesson, &graded)?,
                mistakes: files(&tests.join("mistakes").join(lesson)),
                alternatives: files(&tests.join("alternatives").join(lesson)),
                hostile: files(&tests.join("hostile").join(lesson)),
            },
        );
    }
    Ok(lessons)
}

fn cases(lesson: &str, graded: &Path) -> Result<usize> {
    let solution = Submission::named(
        &format!("solutions/{lesson}/lib"),
        &graded.to_string_lossy(),
    );
    let list = solution
        .command()
        .args(["--list", "--format", "terse"])
        .stderr(Stdio::inherit())
        .output()?;
    ensure!(
        list.status.success(),
        "the cases of {lesson} cannot be listed"
    );
    Ok(String::from_utf8_lossy(&list.stdout)
        .lines()
        .filter(|line| line.ends_with(": test"))
        .count())
}

fn files(folder: &PathBuf) -> usize {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files
        .filter(|file| {
            file.path()
                .extension()
                .is_some_and(|it| it == "rs" || it == "edit" || it == "sh")
        })
        .count()
}

fn overview(lessons: &BTreeMap<String, Counts>) -> String {
    let rows = lessons.iter().map(|(lesson, it)| {
        vec![
            number(lesson),
            it.cases.to_string(),
            it.mistakes.to_string(),
            it.alternatives.to_string(),
            it.hostile.to_string(),
        ]
    });
    table(
        &[
            "Lesson",
            "Cases",
            "Mistakes",
            "Right by other means",
            "Hostile",
        ],
        rows,
    )
}

fn of_harvest(harvest: &[Harvest]) -> String {
    let rows = harvest.iter().map(|it| {
        let wrong = it.written - it.right_after_all;
        vec![
            number(&it.lesson),
            it.date.clone(),
            wrong.to_string(),
            it.caught.to_string(),
            it.named.to_string(),
        ]
    });
    table(
        &[
            "Lesson",
            "Date",
            "Wrong programs",
            "Caught at once",
            "Named at once",
        ],
        rows,
    )
}

fn of_mutants(mutants: &[Mutants], files: impl Fn(&str) -> usize) -> String {
    let mut lessons = BTreeMap::<&str, Vec<&Mutants>>::new();
    for record in mutants {
        // `solutions/lesson05-fetch/src/form.rs`
        let folder = record.file.split('/').nth(1).unwrap_or_default();
        lessons.entry(folder).or_default().push(record);
    }
    let rows = lessons.iter().map(|(folder, records)| {
        let sum = |count: fn(&Mutants) -> usize| -> String {
            let counts = records.iter().map(|&it| count(it));
            counts.sum::<usize>().to_string()
        };
        // A file's record may be younger than another's: not more is said than what holds for all of them.
        let oldest = records.iter().min_by_key(|it| &it.run.date);
        vec![
            number(folder.split('-').next().unwrap_or_default()),
            format!("{} of {}", records.len(), files(folder)),
            sum(|it| it.mutants),
            sum(|it| it.unviable),
            sum(|it| it.by_rubric),
            sum(|it| it.by_curl),
            sum(|it| it.listed),
            sum(|it| it.survived),
            oldest.map(|it| when(&it.run)).unwrap_or_default(),
        ]
    });
    table(
        &[
            "Lesson",
            "Files",
            "Mutants",
            "Do not compile",
            "Killed by the rubric",
            "Killed beside curl",
            "Listed",
            "Survived",
            "Run",
        ],
        rows,
    )
}

/// How many source files a solution has.
fn sources(folder: &str) -> usize {
    files(&root().join("solutions").join(folder).join("src"))
}

fn of_soak(soak: &[Soak]) -> String {
    let rows = soak.iter().map(|it| {
        vec![
            number(&it.lesson),
            it.kind.clone(),
            it.load.clone(),
            it.submissions.to_string(),
            it.gradings.to_string(),
            it.wrong.to_string(),
            when(&it.run),
        ]
    });
    table(
        &[
            "Lesson",
            "Kind",
            "Load",
            "Submissions",
            "Gradings",
            "Wrong",
            "Run",
        ],
        rows,
    )
}

fn of_surroundings(surroundings: &[Surrounding]) -> String {
    let rows = surroundings.iter().map(|it| {
        vec![
            it.name.clone(),
            it.right.to_string(),
            it.mistakes.to_string(),
            it.not_run.to_string(),
            it.wrong.to_string(),
            when(&it.run),
        ]
    });
    table(
        &[
            "Where",
            "Right programs",
            "Mistakes",
            "Cannot show there",
            "Wrong verdicts",
            "Run",
        ],
        rows,
    )
}

/// `lesson03`: `03`.
fn number(lesson: &str) -> String {
    lesson.trim_start_matches("lesson").to_owned()
}

fn when(run: &Run) -> String {
    format!("{}, {}", run.date, run.machine)
}

fn table(heads: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let heads: Vec<String> = heads.iter().map(|&head| head.to_owned()).collect();
    let rule = vec!["---".to_owned(); heads.len()];
    let rows: String = rows.map(|row| line(&row)).collect();
    if rows.is_empty() {
        return "It has not been run yet.\n".to_owned();
    }
    line(&heads) + &line(&rule) + &rows
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str =
        "a\n\n<!-- figures: soak -->\nold\n<!-- end -->\n\nb\n<!-- figures: x -->\n<!-- end -->\n";

    #[test]
    fn a_table_takes_the_place_of_the_last_one() {
        let once = with(PAGE, "soak", "| new |\n").unwrap();
        assert!(!once.contains("old"), "{once}");
        assert!(
            once.starts_with("a\n\n<!-- figures: soak -->\n\n| new |\n\n<!-- end -->\n\nb\n"),
            "{once}"
        );
        assert_eq!(with(&once, "soak", "| new |\n").unwrap(), once);
    }

    #[test]
    fn a_page_without_a_place_for_a_table_is_an_error() {
        let error = with(PAGE, "mutants", "").unwrap_err().to_string();
        assert!(error.contains("mutants"), "{error}");
    }

    #[test]
    fn a_table_without_records_says_so() {
        assert_eq!(
            table(&["a"], std::iter::empty()),
            "It has not been run yet.\n"
        );
    }

    #[test]
    fn the_mutants_of_all_files_of_a_lesson_are_one_line() {
        let record = |file: &str, mutants, date: &str| Mutants {
            file: file.to_owned(),
            mutants,
            by_rubric: mutants - 3,
            by_curl: 2,
            unviable: 0,
            listed: 1,
            survived: 0,
            run: Run {
                date: date.to_owned(),
                commit: String::new(),
                machine: "a machine".to_owned(),
            },
        };
        let records = [
            record("solutions/lesson03-client/src/lib.rs", 8, "2026-01-03"),
            record("solutions/lesson05-fetch/src/form.rs", 10, "2026-01-02"),
            record("solutions/lesson05-fetch/src/pool.rs", 20, "2026-01-01"),
        ];
        let table = of_mutants(&records, |folder| folder.len());
        let rows: Vec<&str> = table.lines().skip(2).collect();
        assert_eq!(
            rows,
            [
                "| 03 | 1 of 15 | 8 | 0 | 5 | 2 | 1 | 0 | 2026-01-03, a machine |",
                "| 05 | 2 of 14 | 30 | 0 | 24 | 4 | 2 | 0 | 2026-01-01, a machine |"
            ]
        );
    }

    #[test]
    fn a_table_has_a_line_for_each_record() {
        let rows = [
            vec!["1".to_owned(), "2".to_owned()],
            vec!["3".to_owned(), "4".to_owned()],
        ];
        assert_eq!(
            table(&["a", "b"], rows.into_iter()),
            "| a | b |\n| --- | --- |\n| 1 | 2 |\n| 3 | 4 |\n"
        );
    }
}
