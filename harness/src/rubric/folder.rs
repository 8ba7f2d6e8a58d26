//! A folder of a case's own, for programs that read and write files.

use std::fs;
use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How the names of all such folders begin, in the system's folder for temporary files.
const PREFIX: &str = "socketlings-folder-";
/// No case takes so long.
const FORGOTTEN: Duration = Duration::from_secs(600);

/// A folder, empty at first. It is removed when this is dropped.
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// A new one.
    ///
    /// # Errors
    ///
    /// Those of mkdir(2).
    pub fn new() -> io::Result<Folder> {
        // The system's folder for such things may be behind a symlink. This one is not.
        let temporary = std::env::temp_dir().canonicalize()?;
        remove_forgotten(&temporary);
        // Also where the case chooses as it did before, the folder is another.
        let random = RandomState::new().hash_one(std::process::id());
        let path = temporary.join(format!("{PREFIX}{random:016x}"));
        fs::create_dir(&path)?;
        Ok(Folder { path })
    }

    /// Where it is: an absolute path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts a file there.
    ///
    /// # Errors
    ///
    /// Those of open(2) and write(2).
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        fs::write(self.path.join(name), bytes)
    }

    /// What stands in a file; `None` when there is no such file.
    ///
    /// # Errors
    ///
    /// Those of open(2) and read(2), but for `ENOENT`.
    pub fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.path.join(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The names of what stands there, in order.
    ///
    /// # Errors
    ///
    /// Those of readdir(3).
    pub fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed stays; there is nobody to tell.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Removes the folders of cases that were ended by force: the first that fails ends those that run beside
/// it, and then nothing is dropped.
fn remove_forgotten(temporary: &Path) {
    let Ok(entries) = fs::read_dir(temporary) else {
        return;
    };
    for entry in entries.flatten() {
        let is_ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        let modified = || entry.metadata().ok()?.modified().ok()?.elapsed().ok();
        if is_ours && modified().is_some_and(|ago| ago > FORGOTTEN) {
            // Another case may be at it, too.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
