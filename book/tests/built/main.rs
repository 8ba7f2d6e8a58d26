//! The book as it is built: its links, and how a browser shows it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Weak};

use tempfile::TempDir;

mod browser;
mod links;

/// The course that the book belongs to.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The book in a folder of its own, gone when the last test is done with it.
pub struct Built {
    folder: TempDir,
}

impl Built {
    /// One book for all tests that run at the same time.
    pub fn shared() -> Arc<Built> {
        static BUILT: Mutex<Weak<Built>> = Mutex::new(Weak::new());
        let mut last = BUILT.lock().unwrap();
        if let Some(built) = last.upgrade() {
            return built;
        }
        let built = Arc::new(Built::alone());
        *last = Arc::downgrade(&built);
        built
    }

    pub fn alone() -> Built {
        let folder = tempfile::tempdir().unwrap();
        book::build(Path::new(env!("CARGO_MANIFEST_DIR")), folder.path()).unwrap();
        Built { folder }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The names of all files that end in `suffix`, from the folder: `hints/lesson01.html`.
    pub fn files(&self, suffix: &str) -> Vec<String> {
        let mut found = Vec::new();
        files_below(self.folder(), "", &mut found);
        found.retain(|name| name.ends_with(suffix));
        found.sort();
        assert!(!found.is_empty(), "the book has no {suffix}");
        found
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder().join(name))
            .unwrap_or_else(|error| panic!("{name}: {error}"))
    }
}

fn files_below(folder: &Path, prefix: &str, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            files_below(&entry.path(), &format!("{name}/"), found);
        } else {
            found.push(name);
        }
    }
}
