//! The mutants that no judge can tell from the solution, or must not: `survivors.toml`.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::Mutant;

#[derive(Deserialize, Debug)]
pub struct Survivor {
    pub file: String,
    /// As `cargo mutants` names it, without line and column.
    pub mutant: String,
    /// The line that it stands in, without the blanks around.
    pub line: String,
    pub reason: String,
}

#[derive(Deserialize)]
struct Survivors {
    #[serde(default)]
    survivor: Vec<Survivor>,
}

/// Those that are listed.
pub fn all() -> Result<Vec<Survivor>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("survivors.toml");
    let text = fs::read_to_string(&path).with_context(|| format!("{}", path.display()))?;
    let listed: Survivors = toml::from_str(&text).with_context(|| format!("{}", path.display()))?;
    for survivor in &listed.survivor {
        ensure!(
            !survivor.reason.trim().is_empty(),
            "no reason is given for {survivor:?}"
        );
    }
    Ok(listed.survivor)
}

impl Survivor {
    pub fn is(&self, mutant: &Mutant) -> bool {
        self.file == mutant.file && self.mutant == mutant.mutant && self.line == mutant.line
    }
}
