//! What is remembered from one start to the next: how the lessons were graded last, and where the learner is.
//!
//! It is a cache, `target/course/progress.json`: losing it loses nothing that grading does not bring back, and
//! no more than a welcome that is said twice. It is replaced whole, so that whoever is killed while writing
//! leaves the old one. Of several processes that save at once, the last one's is what stays.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::course::{Course, Lesson};
use crate::files;
use crate::grading::{Case, Graded, Verdict};

/// What the shape of the file is called; one with another shape is as good as none.
const VERSION: u32 = 1;

/// No cache of ours comes near this size: what is larger is none, and is not read.
const LARGEST: u64 = 16 << 20;

/// What is remembered.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Progress {
    version: u32,
    /// Has the learner been welcomed?
    pub welcomed: bool,
    /// The lesson that the learner looked at last, by its number.
    pub lesson: Option<u8>,
    /// How many of its hints were given, for each function that hints were asked for, as `lesson01 bind_to`.
    pub hints: BTreeMap<String, usize>,
    /// By the lesson's package.
    graded: BTreeMap<String, Remembered>,
    /// The same, up to the first case that was not passed: enough to say what comes next, and not how many pass.
    #[serde(default)]
    found: BTreeMap<String, Remembered>,
    #[serde(skip)]
    path: PathBuf,
}

/// How a lesson was graded, and what it was then.
#[derive(Debug, Serialize, Deserialize)]
struct Remembered {
    fingerprint: u64,
    graded: Graded,
}

impl Progress {
    /// What is remembered of `course`; nothing where that cannot be read.
    pub fn load(course: &Course) -> Progress {
        let path = course.target_dir().join("course").join("progress.json");
        let known = read(&path).and_then(|text| serde_json::from_slice::<Progress>(&text).ok());
        let known = known.filter(|progress| progress.version == VERSION);
        Progress {
            version: VERSION,
            path,
            ..known.unwrap_or_default()
        }
    }

    /// Remembers it.
    ///
    /// # Errors
    ///
    /// The file cannot be written. Then the old one is still there.
    pub fn save(&self) -> io::Result<()> {
        let text = serde_json::to_vec(self)?;
        files::replace_unsynced(&self.path, &text)
    }

    /// How the lesson was graded when it and its grader were just what they are now.
    pub fn graded(&self, course: &Course, lesson: &Lesson) -> Option<&Graded> {
        let remembered = self.graded.get(&lesson.package())?;
        (remembered.fingerprint == fingerprint(course, lesson)).then_some(&remembered.graded)
    }

    /// How the lesson was graded when its fingerprint was this, be it only up to the first case that was not
    /// passed.
    pub fn found(&self, lesson: &Lesson, fingerprint: u64) -> Option<&Graded> {
        let package = lesson.package();
        let known = [self.found.get(&package), self.graded.get(&package)];
        let remembered = known.into_iter().flatten();
        let mut fitting = remembered.filter(|it| it.fingerprint == fingerprint);
        Some(&fitting.next()?.graded)
    }

    /// Forgets which hints of the lesson were given.
    pub fn begin_anew(&mut self, lesson: &Lesson) {
        let prefix = format!("{} ", lesson.package());
        self.hints.retain(|about, _| !about.starts_with(&prefix));
    }

    /// Forgets how the lesson was graded.
    pub fn forget(&mut self, lesson: &Lesson) {
        self.graded.remove(&lesson.package());
        self.found.remove(&lesson.package());
    }

    /// Remembers how the lesson was graded when its fingerprint was this: all of its cases, with no records.
    /// What was said of a case is kept of the first that is to do, where the learner is. Nobody asks for the
    /// others, and each start reads all of it.
    pub fn remember(&mut self, lesson: &Lesson, fingerprint: u64, mut graded: Graded) {
        let first = graded.cases.iter().position(Case::is_to_do);
        for (index, case) in graded.cases.iter_mut().enumerate() {
            case.record = Value::Null;
            if Some(index) != first {
                case.printed.clear();
                case.rendered.clear();
                case.finding = Value::Null;
            }
        }
        let remembered = Remembered {
            fingerprint,
            graded,
        };
        self.graded.insert(lesson.package(), remembered);
        self.found.remove(&lesson.package());
    }

    /// Remembers how the lesson was graded up to its first case that is not passed. Where no case waits behind
    /// that one, these were all.
    pub fn remember_found(&mut self, lesson: &Lesson, fingerprint: u64, graded: Graded) {
        if graded.count(Verdict::Waiting) == 0 {
            return self.remember(lesson, fingerprint, graded);
        }
        // What was seen now counts.
        let package = lesson.package();
        let known = self.graded.get(&package);
        if known.is_some_and(|it| it.fingerprint == fingerprint && it.graded.state().is_done()) {
            self.graded.remove(&package);
        }
        let remembered = Remembered {
            fingerprint,
            graded,
        };
        self.found.insert(package, remembered);
    }
}

/// What is in a file, if that can be a cache.
fn read(path: &Path) -> Option<Vec<u8>> {
    // Asked before it is opened: to open a pipe is to wait for its other end.
    let metadata = fs::metadata(path).ok()?;
    if !metadata.is_file() || metadata.len() > LARGEST {
        return None;
    }
    fs::read(path).ok()
}

/// A number that changes when the lesson's files do, or its grader's, or the versions of what they use.
/// Of the lesson everything counts; of the rest, when it was changed and how long it is.
pub fn fingerprint(course: &Course, lesson: &Lesson) -> u64 {
    let mut hasher = DefaultHasher::new();
    let root = course.root();
    for file in ["Cargo.toml", "Cargo.lock"] {
        hash_stamp(&root.join(file), &mut hasher);
    }
    hash_folder(&root.join("harness").join("src"), &mut hasher, &hash_stamp);
    hash_folder(&course.lesson_dir(lesson), &mut hasher, &|path, hasher| {
        fs::read(path).ok().hash(hasher);
    });
    hasher.finish()
}

/// Whether a file or folder of this name is no part of a lesson: what cargo, an editor or `reset` puts there.
pub fn is_no_source(name: &str) -> bool {
    let is_of_emacs = name.starts_with('#') && name.ends_with('#');
    // Vim makes a file of this name to see whether it may, and removes it.
    let is_of_vim = name == "4913";
    name.starts_with('.')
        || name.ends_with('~')
        || name.contains(".kept-")
        || name == "target"
        || is_of_emacs
        || is_of_vim
}

fn hash_folder(
    folder: &Path,
    hasher: &mut DefaultHasher,
    hash_file: &impl Fn(&Path, &mut DefaultHasher),
) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    let mut entries: Vec<_> = entries.flatten().collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if is_no_source(&entry.file_name().to_string_lossy()) {
            continue;
        }
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            hash_folder(&path, hasher, hash_file);
        } else {
            path.hash(hasher);
            hash_file(&path, hasher);
        }
    }
}

fn hash_stamp(path: &Path, hasher: &mut DefaultHasher) {
    let Ok(metadata) = fs::metadata(path) else {
        return;
    };
    metadata.len().hash(hasher);
    let changed = metadata.modified().ok();
    let changed = changed.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    changed.hash(hasher);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_the_first_case_to_do_all_is_remembered_and_of_the_others_how_they_ended() {
        let lesson = Lesson {
            number: 1,
            name: "listen".to_owned(),
        };
        let mut graded = Graded::default();
        for (name, event) in [("a", "ok"), ("b", "failed"), ("c", "failed")] {
            let line = serde_json::json!({
                "type": "test", "name": name, "event": event, "state": "failed", "stdout": "printed",
                "rendered": "why", "finding": { "id": "x" }, "record": { "began": 1.0 },
            });
            graded.read(&line.to_string(), &lesson);
        }
        let before = graded.clone();
        let mut progress = Progress::default();
        progress.remember(&lesson, 7, graded);
        let after = all(&progress).unwrap();
        assert_eq!(after.first_to_do().map(|case| &case.name[..]), Some("b"));
        for (before, after) in before.cases.iter().zip(&after.cases) {
            assert_eq!((&after.name, after.verdict), (&before.name, before.verdict));
            let texts = [after.rendered.as_str(), after.printed.as_str()];
            let expected = if after.name == "b" {
                ["why", "printed"]
            } else {
                ["", ""]
            };
            assert_eq!(texts, expected);
            assert_eq!(after.finding.is_null(), after.name != "b");
            assert!(after.record.is_null());
        }
    }
    fn lesson() -> Lesson {
        Lesson {
            number: 1,
            name: "listen".to_owned(),
        }
    }

    /// A grading with these verdicts, in order.
    fn graded(states: &[&str]) -> Graded {
        let mut graded = Graded::default();
        let mut read = |event: serde_json::Value| graded.read(&event.to_string(), &lesson());
        read(
            serde_json::json!({ "type": "suite", "event": "started", "test_count": states.len() }),
        );
        for state in states {
            let event = match *state {
                "passed" => "ok",
                "waiting" => "ignored",
                _ => "failed",
            };
            read(serde_json::json!({ "type": "test", "event": event, "state": state }));
        }
        let is_green = states.iter().all(|state| *state == "passed");
        let end = if is_green { "ok" } else { "failed" };
        read(serde_json::json!({ "type": "suite", "event": end }));
        graded.conclude(is_green, "");
        graded
    }

    /// What is remembered as a grading of all cases.
    fn all(progress: &Progress) -> Option<&Graded> {
        let remembered = progress.graded.get(&lesson().package())?;
        Some(&remembered.graded)
    }

    #[test]
    fn what_waits_is_never_counted_as_graded() {
        let mut progress = Progress::default();
        let found = graded(&["passed", "failed", "waiting"]);
        progress.remember_found(&lesson(), 7, found.clone());
        assert_eq!(progress.found(&lesson(), 7), Some(&found));
        assert_eq!(progress.found(&lesson(), 8), None);
        assert_eq!(all(&progress), None);
        // Once all is known, that says more.
        let whole = graded(&["passed", "failed", "passed"]);
        progress.remember(&lesson(), 7, whole.clone());
        assert_eq!(progress.found(&lesson(), 7), Some(&whole));
        assert_eq!(all(&progress), Some(&whole));
    }

    #[test]
    fn a_grading_up_to_the_end_is_one_of_all_cases() {
        let mut progress = Progress::default();
        let done = graded(&["passed", "passed"]);
        progress.remember_found(&lesson(), 7, done.clone());
        assert_eq!(all(&progress), Some(&done));
        let last_fails = graded(&["passed", "failed"]);
        progress.remember_found(&lesson(), 8, last_fails.clone());
        assert_eq!(all(&progress), Some(&last_fails));
    }

    #[test]
    fn a_finding_in_what_was_done_counts() {
        let mut progress = Progress::default();
        progress.remember(&lesson(), 7, graded(&["passed", "passed"]));
        progress.remember_found(&lesson(), 7, graded(&["failed", "waiting"]));
        assert_eq!(all(&progress), None);
        // Of other files it says nothing.
        progress.remember(&lesson(), 7, graded(&["passed", "passed"]));
        progress.remember_found(&lesson(), 8, graded(&["failed", "waiting"]));
        assert!(all(&progress).is_some());
        progress.forget(&lesson());
        assert_eq!((all(&progress), progress.found(&lesson(), 8)), (None, None));
    }
}
