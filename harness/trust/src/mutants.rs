//! What `cargo mutants` makes of the solutions: no mutant survives the rubric, but those in `survivors.toml`.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::Value;

use crate::Lessons;
use crate::gradings::{root, target};
use crate::record::{self, Mutants, Run};

/// A mutant that no grading can tell from the solution.
#[derive(Deserialize, Debug)]
struct Survivor {
    file: String,
    /// As `cargo mutants` names it, without line and column.
    mutant: String,
    /// The line that it stands in, without the blanks around.
    line: String,
    reason: String,
}

#[derive(Deserialize)]
struct Survivors {
    #[serde(default)]
    survivor: Vec<Survivor>,
}

/// A mutant, as `cargo mutants` tells of it.
struct Mutant {
    file: String,
    mutant: String,
    line: String,
    place: String,
    /// `CaughtMutant`, `MissedMutant`, `Unviable`, `Timeout`.
    summary: String,
}

pub fn run(lessons: &Lessons) -> Result<bool> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("survivors.toml");
    let text = fs::read_to_string(&path).with_context(|| format!("{}", path.display()))?;
    let listed: Survivors = toml::from_str(&text).with_context(|| format!("{}", path.display()))?;
    let listed = listed.survivor;
    for survivor in &listed {
        ensure!(
            !survivor.reason.trim().is_empty(),
            "no reason is given for {survivor:?}"
        );
    }
    let mut right = true;
    for (package, folder) in solutions()? {
        let lesson = package.replace("solution", "lesson");
        if !lessons.have(&lesson) {
            continue;
        }
        let mutants = mutants_of(&package)?;
        let listed: Vec<&Survivor> = listed
            .iter()
            .filter(|it| it.file.contains(&folder))
            .collect();
        let is_listed = |mutant: &&Mutant| listed.iter().any(|it| it.is(mutant));
        let (missed, rest): (Vec<&Mutant>, Vec<&Mutant>) =
            mutants.iter().partition(|it| it.summary == "MissedMutant");
        let (expected, survived): (Vec<&Mutant>, Vec<&Mutant>) =
            missed.into_iter().partition(is_listed);
        let count = |summary: &str| rest.iter().filter(|it| it.summary == summary).count();
        let record = Mutants {
            lesson: lesson.clone(),
            mutants: mutants.len(),
            killed: count("CaughtMutant"),
            unviable: count("Unviable"),
            listed: expected.len(),
            survived: survived.len() + count("Timeout"),
            run: Run::now()?,
        };
        println!(
            "{lesson}: {} mutants, {} killed, {} do not compile, {} listed as survivors, {} survived",
            record.mutants, record.killed, record.unviable, record.listed, record.survived
        );
        for mutant in survived {
            println!(
                "  survived: {}: {}\n            {}",
                mutant.place, mutant.mutant, mutant.line
            );
        }
        for mutant in rest.iter().filter(|it| it.summary == "Timeout") {
            println!("  no case ended: {}: {}", mutant.place, mutant.mutant);
        }
        for survivor in listed
            .iter()
            .filter(|it| !expected.iter().any(|mutant| it.is(mutant)))
        {
            right = false;
            println!(
                "  listed, and does not survive: {} in `{}`",
                survivor.mutant, survivor.line
            );
        }
        right &= record.survived == 0;
        record::replace("mutants", vec![record], |it| it.lesson.clone())?;
    }
    Ok(right)
}

impl Survivor {
    fn is(&self, mutant: &Mutant) -> bool {
        self.file == mutant.file && self.mutant == mutant.mutant && self.line == mutant.line
    }
}

/// The solutions' packages, and their folders' names.
fn solutions() -> Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join("solutions"))? {
        let folder = entry?.file_name().to_string_lossy().into_owned();
        if let Some((lesson, _)) = folder.split_once('-') {
            found.push((lesson.replace("lesson", "solution"), folder));
        }
    }
    found.sort();
    Ok(found)
}

fn mutants_of(package: &str) -> Result<Vec<Mutant>> {
    let out = target()?.join("trust/mutants").join(package);
    fs::create_dir_all(&out)?;
    let run = Command::new(env!("CARGO"))
        .args(["mutants", "--package", package, "--output"])
        .arg(&out)
        .current_dir(root())
        .status()
        .context("cannot start cargo")?;
    // 0: all caught; 2: some missed; 3: some timed out. See the section on exit codes in its manual.
    match run.code() {
        Some(0 | 2 | 3) => {}
        Some(101) => bail!("there is no cargo-mutants: cargo install --locked cargo-mutants"),
        _ => bail!("cargo mutants ended with {run}"),
    }
    read(&out.join("mutants.out/outcomes.json"))
}

fn read(outcomes: &Path) -> Result<Vec<Mutant>> {
    let text = fs::read_to_string(outcomes).with_context(|| format!("{}", outcomes.display()))?;
    found(&serde_json::from_str(&text)?)
}

fn found(outcomes: &Value) -> Result<Vec<Mutant>> {
    let mut found = Vec::new();
    for outcome in outcomes["outcomes"].as_array().into_iter().flatten() {
        let Some(mutant) = outcome["scenario"].get("Mutant") else {
            continue;
        };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let file = text(&mutant["file"]);
        // `solutions/…/lib.rs:12:5: replace …`
        let name = text(&mutant["name"]);
        let (place, what) = name.split_once(": ").context("a mutant has a name")?;
        let number = mutant["span"]["start"]["line"].as_u64().unwrap_or(0) as usize;
        let source = fs::read_to_string(root().join(&file))?;
        let line = source
            .lines()
            .nth(number.saturating_sub(1))
            .unwrap_or_default();
        found.push(Mutant {
            line: line.trim().to_owned(),
            mutant: what.to_owned(),
            place: place.to_owned(),
            summary: text(&outcome["summary"]),
            file,
        });
    }
    ensure!(!found.is_empty(), "cargo mutants found nothing to change");
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn outcomes(summary: &str) -> Value {
        let file = "harness/trust/src/mutants.rs";
        json!({ "outcomes": [
            { "scenario": "Baseline", "summary": "Success" },
            { "scenario": { "Mutant": {
                "name": format!("{file}:1:5: replace found -> Result with Ok(vec![])"),
                "file": file,
                "span": { "start": { "line": 1, "column": 5 } },
            } }, "summary": summary },
        ] })
    }

    #[test]
    fn a_mutant_is_known_by_its_name_and_its_line_but_not_by_the_lines_number() {
        let mutants = found(&outcomes("MissedMutant")).unwrap();
        let [mutant] = &mutants[..] else {
            panic!("one mutant")
        };
        let mut survivor = Survivor {
            file: "harness/trust/src/mutants.rs".to_owned(),
            mutant: "replace found -> Result with Ok(vec![])".to_owned(),
            line: "//! What `cargo mutants` makes of the solutions: no mutant survives the rubric, but those in \
                   `survivors.toml`."
                .to_owned(),
            reason: String::new(),
        };
        assert!(survivor.is(mutant), "{}: {}", mutant.mutant, mutant.line);
        survivor.line = "another".to_owned();
        assert!(!survivor.is(mutant));
    }

    #[test]
    fn a_run_that_found_nothing_to_change_is_an_error() {
        assert!(found(&json!({ "outcomes": [] })).is_err());
    }
}
