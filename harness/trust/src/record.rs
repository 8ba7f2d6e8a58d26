//! What came of a run, and where and when it ran: the files in `records/`, which the book's page is made from.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Where and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    pub date: String,
    /// The commit that was looked at.
    pub commit: String,
    pub machine: String,
}

impl Run {
    pub fn now() -> Result<Run> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let system = match said("uname", &["-sr"]) {
            // Without what only its builder knows: `Linux 6.18.5`.
            Ok(system) => system
                .split(['-', '+'])
                .next()
                .unwrap_or_default()
                .to_owned(),
            Err(_) => std::env::consts::OS.to_owned(),
        };
        Ok(Run {
            date: said("date", &["+%Y-%m-%d"])?,
            commit: said("git", &["rev-parse", "--short", "HEAD"])?,
            machine: format!("{cores} cores, {}, {system}", std::env::consts::ARCH),
        })
    }
}

fn said(program: &str, arguments: &[&str]) -> Result<String> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(crate::gradings::root())
        .output()
        .with_context(|| format!("cannot start {program}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// How often the same was graded, see [`crate::soak`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Soak {
    pub lesson: String,
    /// `solutions`, `alternatives`, `mistakes`.
    pub kind: String,
    pub load: String,
    pub submissions: usize,
    pub gradings: usize,
    pub wrong: usize,
    #[serde(flatten)]
    pub run: Run,
}

/// What came of grading everything in other surroundings, see [`crate::surroundings`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Surrounding {
    pub name: String,
    pub right: usize,
    pub mistakes: usize,
    /// Mistakes that show only in cases that cannot run there.
    pub not_run: usize,
    pub wrong: usize,
    #[serde(flatten)]
    pub run: Run,
}

/// What came of the mutants of a solution's source file, see [`crate::mutants`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Mutants {
    /// `solutions/lesson05-fetch/src/form.rs`
    pub file: String,
    pub mutants: usize,
    pub by_rubric: usize,
    /// The rubric let them pass, and beside curl they were seen.
    pub by_curl: usize,
    /// They do not compile.
    pub unviable: usize,
    /// They survive, and `survivors.toml` says why.
    pub listed: usize,
    pub survived: usize,
    #[serde(flatten)]
    pub run: Run,
}

/// Mistakes that somebody wrote who knew the chapter and the stub, and neither rubric nor solution. This file is written
/// by hand: nothing else knows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Harvest {
    pub lesson: String,
    pub date: String,
    pub written: usize,
    /// Wrong programs that were right after all.
    pub right_after_all: usize,
    /// By the first grading, before the rubric was mended.
    pub caught: usize,
    /// Caught, and the finding named what was wrong.
    pub named: usize,
}

/// A file of records: a table with one list.
#[derive(Serialize, Deserialize)]
struct File<T> {
    records: Vec<T>,
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("records/{name}.toml"))
}

/// The records of this name; none if there is no such file.
pub fn read<T: DeserializeOwned>(name: &str) -> Result<Vec<T>> {
    let path = path(name);
    if !path.is_file() {
        return Ok(Vec::new());
    }
    let text = fs::read_to_string(&path).with_context(|| format!("{}", path.display()))?;
    let file: File<T> = toml::from_str(&text).with_context(|| format!("{}", path.display()))?;
    Ok(file.records)
}

/// Puts `new` in the place of the records that are of the same thing.
pub fn replace<T, K>(name: &str, new: Vec<T>, key: impl Fn(&T) -> K) -> Result<()>
where
    T: Serialize + DeserializeOwned,
    K: Ord,
{
    let mut records: Vec<T> = read(name)?;
    records.retain(|old| !new.iter().any(|new| key(new) == key(old)));
    records.extend(new);
    records.sort_by_key(key);
    let text = toml::to_string(&File { records })?;
    fs::write(path(name), text).with_context(|| format!("{}", path(name).display()))
}
