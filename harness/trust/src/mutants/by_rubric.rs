//! `cargo mutants` as it comes: it builds and grades each mutant, `cargo test -p solution03`.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::{Mutant, Verdict, cargo_mutants};
use crate::gradings::target;

/// The verdicts on all mutants of this file.
pub fn judge(package: &str, file: &str, mutants: &[Mutant]) -> Result<Vec<Verdict>> {
    let out = target()?.join("trust/mutants").join(package);
    fs::create_dir_all(&out)?;
    let run = cargo_mutants(package)
        .args(["--file", file, "--output"])
        .arg(&out)
        .status()
        .context("cannot start cargo")?;
    // 0: all caught; 2: some missed; 3: some timed out. See the section on exit codes in its manual.
    if !matches!(run.code(), Some(0 | 2 | 3)) {
        bail!("cargo mutants ended with {run}");
    }
    let outcomes = read(&out.join("mutants.out/outcomes.json"))?;
    verdicts(&outcomes, mutants)
}

fn read(outcomes: &Path) -> Result<Value> {
    let text = fs::read_to_string(outcomes).with_context(|| format!("{}", outcomes.display()))?;
    Ok(serde_json::from_str(&text)?)
}

fn verdicts(outcomes: &Value, mutants: &[Mutant]) -> Result<Vec<Verdict>> {
    let mut found = HashMap::new();
    for outcome in outcomes["outcomes"].as_array().into_iter().flatten() {
        if let Some(name) = outcome["scenario"]["Mutant"]["name"].as_str() {
            let verdict = match outcome["summary"].as_str() {
                Some("CaughtMutant") => Verdict::KilledByRubric,
                Some("MissedMutant") => Verdict::Missed,
                Some("Unviable") => Verdict::DoesNotCompile,
                Some("Timeout") => Verdict::TimedOut,
                other => bail!("{name}: what is {other:?}?"),
            };
            found.insert(name, verdict);
        }
    }
    let verdict = |mutant: &Mutant| {
        let name = format!("{}: {}", mutant.place, mutant.mutant);
        let verdict = found.get(name.as_str()).copied();
        verdict.with_context(|| format!("cargo mutants says nothing of {name}"))
    };
    mutants.iter().map(verdict).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutants::tests::told;
    use serde_json::json;

    #[test]
    fn each_mutant_has_its_verdict() {
        let mutants = ["a", "b"].map(|what| Mutant::read(&told(what)).unwrap());
        let mut outcomes = json!({ "outcomes": [
            { "scenario": "Baseline", "summary": "Success" },
            { "scenario": { "Mutant": told("b") }, "summary": "MissedMutant" },
        ] });
        let error = verdicts(&outcomes, &mutants).unwrap_err().to_string();
        assert!(error.ends_with(": a"), "{error}");
        let list = outcomes["outcomes"].as_array_mut().unwrap();
        list.push(json!({ "scenario": { "Mutant": told("a") }, "summary": "CaughtMutant" }));
        let found = verdicts(&outcomes, &mutants).unwrap();
        assert_eq!(found, [Verdict::KilledByRubric, Verdict::Missed]);
    }
}
