//! What is remembered from one start to the next: how the lessons were graded last, and where the learner is.
//!
//! It is a cache, `target/course/progress.json`: losing it loses nothing that grading does not bring back, and
//! no more than a welcome that is said twice. It is replaced whole, so that whoever is killed while writing
//! leaves the old one.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use crate::course::{Course, Lesson};
use crate::files;
use crate::grading::{Graded, Verdict};

/// What the shape of the file is called; one with another shape is as good as none.
const VERSION: u32 = 1;

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
        let read = fs::read(&path).ok();
        let known = read.and_then(|text| serde_json::from_slice::<Progress>(&text).ok());
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
        files::replace_bytes(&self.path, &text)
    }

    /// How the lesson was graded when it and its grader were just what they are now.
    pub fn graded(&self, course: &Course, lesson: &Lesson) -> Option<&Graded> {
        let remembered = self.graded.get(&lesson.package())?;
        (remembered.fingerprint == fingerprint(course, lesson)).then_some(&remembered.graded)
    }

    /// How the lesson was graded last, whatever it has become since.
    pub fn graded_last(&self, lesson: &Lesson) -> Option<&Graded> {
        Some(&self.graded.get(&lesson.package())?.graded)
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

    /// Forgets how the lesson was graded.
    pub fn forget(&mut self, lesson: &Lesson) {
        self.graded.remove(&lesson.package());
        self.found.remove(&lesson.package());
    }

    /// Remembers how the lesson was graded when its fingerprint was this: all of its cases, with no records.
    pub fn remember(&mut self, lesson: &Lesson, fingerprint: u64, graded: Graded) {
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
        progress.graded_last(&lesson())
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
