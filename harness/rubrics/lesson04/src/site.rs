//! A folder to serve, made for one case, and bait beside it that no target may reach.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use harness::rubric::folder::Folder;

/// A folder with what a case puts into it. It is removed when this is dropped.
///
/// Beside the root, where only a path that leaves it leads, stands a file `bait.txt`, and another one in
/// a folder whose name begins with the root's name.
pub struct Site {
    /// What is removed in the end: the root, and what stands beside it.
    all: Folder,
    root: PathBuf,
    bait: String,
}

/// The root's name.
const ROOT: &str = "site";
/// The name of the folder beside the root: who compares paths as text takes it for a part of the root.
pub const SIBLING: &str = "site-of-others";
/// The name of the files outside the root.
pub const BAIT: &str = "bait.txt";

impl Site {
    /// An empty site.
    ///
    /// # Errors
    ///
    /// Those of mkdir(2) and open(2).
    pub fn new() -> io::Result<Site> {
        let all = Folder::new()?;
        let site = Site {
            root: all.path().join(ROOT),
            bait: format!("bait {:016x}\n", fastrand::u64(..)),
            all,
        };
        fs::create_dir(&site.root)?;
        fs::create_dir(site.all.path().join(SIBLING))?;
        fs::write(site.all.path().join(BAIT), &site.bait)?;
        fs::write(site.all.path().join(SIBLING).join(BAIT), &site.bait)?;
        Ok(site)
    }

    /// The folder to serve: an absolute path without symlinks.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder that the root stands in.
    pub fn outside(&self) -> &Path {
        self.all.path()
    }

    /// What stands in the files outside the root: random, on one line.
    pub fn bait(&self) -> &str {
        &self.bait
    }

    /// Puts a file there, by its path from the root, and the folders that it stands in.
    ///
    /// # Errors
    ///
    /// Those of open(2) and write(2): the system may not have such names.
    pub fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> io::Result<PathBuf> {
        let path = self.place(name)?;
        let mut file = File::create(&path)?;
        file.write_all(bytes.as_ref())?;
        Ok(path)
    }

    /// Puts a file there that is as long as this and takes no room: all its bytes are 0.
    ///
    /// # Errors
    ///
    /// Those of open(2) and ftruncate(2).
    pub fn sparse(&self, name: &str, length: u64) -> io::Result<PathBuf> {
        let path = self.place(name)?;
        File::create(&path)?.set_len(length)?;
        Ok(path)
    }

    /// Puts a folder there.
    ///
    /// # Errors
    ///
    /// Those of mkdir(2).
    pub fn folder(&self, name: &str) -> io::Result<PathBuf> {
        let path = self.root.join(name);
        fs::create_dir_all(&path)?;
        Ok(path)
    }

    /// Puts a symlink there, to what `target` says, as it stands. False where the system has none.
    ///
    /// # Errors
    ///
    /// Those of symlink(2).
    pub fn link(&self, name: &str, target: impl AsRef<Path>) -> io::Result<bool> {
        let path = self.place(name)?;
        #[cfg(unix)]
        return std::os::unix::fs::symlink(target, path).map(|()| true);
        #[cfg(not(unix))]
        {
            let _ = (path, target);
            Ok(false)
        }
    }

    /// Says when a file was modified.
    ///
    /// # Errors
    ///
    /// Those of utimensat(2).
    pub fn modified(&self, name: &str, time: SystemTime) -> io::Result<()> {
        let file = File::options().append(true).open(self.root.join(name))?;
        file.set_modified(time)
    }

    fn place(&self, name: &str) -> io::Result<PathBuf> {
        let path = self.root.join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        Ok(path)
    }
}
