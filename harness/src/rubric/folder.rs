//! A folder of a case's own, for programs that read and write files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A folder, empty at first, among the temporary files of the case. It is removed when this is dropped, or with them.
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
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        // The system's folder for such things may be behind a symlink. This one is not.
        let temporary = std::env::temp_dir().canonicalize()?;
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = temporary.join(format!("folder-{number}"));
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
