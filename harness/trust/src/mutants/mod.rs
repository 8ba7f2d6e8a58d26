//! What `cargo mutants` makes of the solutions: no mutant survives its judges, but those in `survivors.toml`.
//!
//! A mutant is judged by the rubric of its lesson, and most files by nothing else. The program of lesson 05 is given to
//! the learner, and its rubric is about the functions around which it stands; so what the rubric lets pass is put beside
//! curl, see [`bench`]. There is a record for each source file, written as soon as the file is done.

mod bench;
mod by_rubric;
mod survivors;

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::Lessons;
use crate::gradings::root;
use crate::record::{self, Mutants, Run};
use bench::Bench;
use survivors::Survivor;

#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    lessons: Lessons,
    /// Only the source files of this name
    #[arg(long = "file", value_name = "NAME")]
    files: Vec<String>,
    /// Only the source files that there is no record of: to go on where a run was broken off
    #[arg(long)]
    missing: bool,
}

/// A mutant, as `cargo mutants` tells of it.
#[derive(Debug)]
struct Mutant {
    file: String,
    /// Without the place.
    mutant: String,
    /// The line that it stands in, without the blanks around.
    line: String,
    place: String,
    /// The bytes of the file that it changes.
    span: Range<usize>,
    replacement: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Verdict {
    DoesNotCompile,
    KilledByRubric,
    KilledByCurl,
    /// No judge saw it.
    Missed,
    /// A judge did not come to an end with it.
    TimedOut,
}

pub fn run(arguments: &Arguments) -> Result<bool> {
    survivors::all()?; // sooner than after hours
    let known: Vec<Mutants> = record::read("mutants")?;
    let mut bench = None;
    let (mut right, mut found) = (true, false);
    for package in packages()? {
        if !arguments.lessons.have(&package) {
            continue;
        }
        for (file, mutants) in mutants_of(&package)? {
            if !arguments.wants(&file, &known) {
                continue;
            }
            found = true;
            eprintln!("{file}: {} mutants", mutants.len());
            // Both judge a copy of the project, which is made now.
            let (run, verdicts) = if bench::has_second_judge(&file) {
                let bench = match &mut bench {
                    Some(bench) => bench,
                    none => none.insert(Bench::new(&package)?),
                };
                (bench.made.clone(), bench.judge(&mutants)?)
            } else {
                let now = Run::now()?;
                (now, by_rubric::judge(&package, &file, &mutants)?)
            };
            let listed = survivors::all()?;
            let listed: Vec<&Survivor> = listed.iter().filter(|it| it.file == file).collect();
            let (record, said) = summary(&file, run, mutants.iter().zip(verdicts), &listed);
            right &= said.is_empty();
            println!(
                "{file}: {} mutants, {} killed by the rubric, {} by curl, {} do not compile, {} listed as survivors, \
                 {} survived\n{said}",
                record.mutants,
                record.by_rubric,
                record.by_curl,
                record.unviable,
                record.listed,
                record.survived
            );
            record::replace("mutants", vec![record], |it| it.file.clone())?;
        }
    }
    ensure!(found || arguments.missing, "there is no such file");
    Ok(right)
}

impl Arguments {
    fn wants(&self, file: &str, known: &[Mutants]) -> bool {
        let name = file.rsplit('/').next().unwrap_or_default();
        let is_named = self.files.is_empty() || self.files.iter().any(|it| it == name);
        let is_known = || known.iter().any(|it| it.file == file);
        is_named && !(self.missing && is_known())
    }
}

/// The record, and what is wrong.
fn summary<'a>(
    file: &str,
    run: Run,
    judged: impl Iterator<Item = (&'a Mutant, Verdict)>,
    listed: &[&Survivor],
) -> (Mutants, String) {
    let mut record = Mutants {
        file: file.to_owned(),
        mutants: 0,
        by_rubric: 0,
        by_curl: 0,
        unviable: 0,
        listed: 0,
        survived: 0,
        run,
    };
    let mut said = String::new();
    let mut seen = vec![false; listed.len()];
    for (mutant, verdict) in judged {
        let entry = listed.iter().position(|it| it.is(mutant));
        record.mutants += 1;
        let (count, complaint) = match verdict {
            Verdict::DoesNotCompile => (&mut record.unviable, None),
            Verdict::KilledByRubric => (&mut record.by_rubric, None),
            Verdict::KilledByCurl => (&mut record.by_curl, None),
            Verdict::TimedOut => (&mut record.survived, Some("no case ended")),
            Verdict::Missed => match entry {
                Some(entry) => {
                    seen[entry] = true;
                    (&mut record.listed, None)
                }
                None => (&mut record.survived, Some("survived")),
            },
        };
        *count += 1;
        if let Some(complaint) = complaint {
            let Mutant {
                place,
                mutant,
                line,
                ..
            } = mutant;
            said += &format!("  {complaint}: {place}: {mutant}\n      {line}\n");
        }
    }
    for (survivor, _) in listed.iter().zip(seen).filter(|(_, seen)| !seen) {
        said += &format!(
            "  listed, and does not survive: {} in `{}`\n",
            survivor.mutant, survivor.line
        );
    }
    (record, said)
}

/// The solutions' packages.
fn packages() -> Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join("solutions"))? {
        let folder = entry?.file_name().to_string_lossy().into_owned();
        if let Some((lesson, _)) = folder.split_once('-') {
            found.push(lesson.replace("lesson", "solution"));
        }
    }
    found.sort();
    Ok(found)
}

/// `cargo mutants` with these arguments.
fn cargo_mutants(package: &str) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command
        .args(["mutants", "--package", package])
        .current_dir(root());
    command
}

/// The mutants of each of the package's source files.
fn mutants_of(package: &str) -> Result<BTreeMap<String, Vec<Mutant>>> {
    let output = cargo_mutants(package)
        .args(["--list", "--json"])
        .output()
        .context("cannot start cargo")?;
    match output.status.code() {
        Some(0) => {}
        Some(101) => bail!("there is no cargo-mutants: cargo install --locked cargo-mutants"),
        _ => bail!(
            "cargo mutants: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        ),
    }
    let list: Vec<Value> = serde_json::from_slice(&output.stdout)?;
    let mut found = BTreeMap::<String, Vec<Mutant>>::new();
    for mutant in &list {
        let mutant = Mutant::read(mutant)?;
        found.entry(mutant.file.clone()).or_default().push(mutant);
    }
    ensure!(!found.is_empty(), "cargo mutants found nothing to change");
    Ok(found)
}

impl Mutant {
    fn read(told: &Value) -> Result<Mutant> {
        let text = |name: &str| {
            let text = told[name].as_str().map(str::to_owned);
            text.with_context(|| format!("a mutant has no {name}: {told}"))
        };
        let file = text("file")?;
        // `solutions/…/lib.rs:12:5: replace …`
        let name = text("name")?;
        let (place, what) = name.split_once(": ").context("a mutant has a name")?;
        let source = fs::read_to_string(root().join(&file))?;
        let number = |end: &str, name: &str| told["span"][end][name].as_u64().unwrap_or(0) as usize;
        let offset = |end: &str| {
            offset(&source, number(end, "line"), number(end, "column"))
                .with_context(|| format!("{name}: there is no such place"))
        };
        let line = source
            .lines()
            .nth(number("start", "line").saturating_sub(1))
            .unwrap_or_default();
        Ok(Mutant {
            span: offset("start")?..offset("end")?,
            replacement: text("replacement")?,
            line: line.trim().to_owned(),
            mutant: what.to_owned(),
            place: place.to_owned(),
            file,
        })
    }

    /// The source with the change.
    fn applied(&self, source: &str) -> String {
        let mut source = source.to_owned();
        source.replace_range(self.span.clone(), &self.replacement);
        source
    }
}

/// Where a line's column is; both are counted from 1, and columns in characters.
fn offset(source: &str, line: usize, column: usize) -> Option<usize> {
    let mut lines = source.split_inclusive('\n');
    let before: usize = lines
        .by_ref()
        .take(line.checked_sub(1)?)
        .map(str::len)
        .sum();
    let mut places = lines.next()?.char_indices().map(|(place, _)| place);
    Some(before + places.nth(column.checked_sub(1)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A mutant of this very file, as it is told.
    pub fn told(what: &str) -> Value {
        let file = "harness/trust/src/mutants/mod.rs";
        json!({
            "name": format!("{file}:1:5: {what}"),
            "file": file,
            "span": { "start": { "line": 1, "column": 5 }, "end": { "line": 1, "column": 9 } },
            "replacement": "Why",
        })
    }

    const FIRST_LINE: &str = "//! What `cargo mutants` makes of the solutions: no mutant survives its judges, but those \
                              in `survivors.toml`.";

    fn survivor(what: &str) -> Survivor {
        Survivor {
            file: "harness/trust/src/mutants/mod.rs".to_owned(),
            mutant: what.to_owned(),
            line: FIRST_LINE.to_owned(),
            reason: "of no matter".to_owned(),
        }
    }

    #[test]
    fn a_mutant_is_known_by_its_name_and_its_line_but_not_by_the_lines_number() {
        let mutant = Mutant::read(&told("replace a")).unwrap();
        let mut survivor = survivor("replace a");
        assert!(survivor.is(&mutant), "{}: {}", mutant.mutant, mutant.line);
        survivor.line = "another".to_owned();
        assert!(!survivor.is(&mutant));
    }

    #[test]
    fn a_mutant_is_applied_where_it_stands() {
        let mutant = Mutant::read(&told("replace a")).unwrap();
        assert_eq!(mutant.applied("//! What\n"), "//! Why\n");
    }

    #[test]
    fn columns_are_counted_in_characters() {
        let source = "one\n„two“ three\n";
        assert_eq!(offset(source, 1, 1), Some(0));
        assert_eq!(offset(source, 2, 7), source.find("three"));
        assert_eq!(offset(source, 4, 1), None);
    }

    #[test]
    fn what_survives_is_listed_or_said() {
        let mutants = ["a", "b", "c", "d", "e", "f"].map(|what| Mutant::read(&told(what)).unwrap());
        let verdicts = [
            Verdict::DoesNotCompile,
            Verdict::KilledByRubric,
            Verdict::KilledByCurl,
            Verdict::Missed,
            Verdict::Missed,
            Verdict::TimedOut,
        ];
        let (listed, killed) = (survivor("d"), survivor("b"));
        let judged = mutants.iter().zip(verdicts);
        let run = Run::now().unwrap();
        let (record, said) = summary("x.rs", run, judged, &[&listed, &killed]);
        let Mutants {
            mutants: all,
            unviable,
            by_rubric,
            by_curl,
            listed,
            survived,
            ..
        } = record;
        assert_eq!(
            [all, unviable, by_rubric, by_curl, listed, survived],
            [6, 1, 1, 1, 1, 2]
        );
        let said: Vec<&str> = said.lines().step_by(2).collect();
        let [one, other, third] = said[..] else {
            panic!("{said:?}")
        };
        assert!(one.contains("survived: ") && one.ends_with(": e"), "{one}");
        assert!(other.contains("no case ended: "), "{other}");
        assert!(third.contains("listed, and does not survive: b"), "{third}");
    }

    #[test]
    fn files_are_chosen_by_their_names_or_for_having_no_record() {
        let record = |file: &str| {
            let run = Run::now().unwrap();
            let (record, _) = summary(file, run, std::iter::empty(), &[]);
            record
        };
        let known = [record("solutions/a/src/lib.rs")];
        let mut arguments = Arguments {
            lessons: Lessons { numbers: vec![] },
            files: vec!["lib.rs".to_owned()],
            missing: false,
        };
        assert!(arguments.wants("solutions/a/src/lib.rs", &known));
        assert!(!arguments.wants("solutions/a/src/main.rs", &known));
        arguments.missing = true;
        assert!(!arguments.wants("solutions/a/src/lib.rs", &known));
        assert!(arguments.wants("solutions/b/src/lib.rs", &known));
    }
}
