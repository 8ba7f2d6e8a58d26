//! Where a report goes.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::files;
use crate::screen::Screen;

/// Where a report goes.
#[derive(Debug)]
pub enum Target {
    Stdout,
    /// A file, which is replaced whole.
    File(PathBuf),
    /// A pipe or a device. It is written to, and stays what it is.
    Stream(PathBuf),
}

impl Target {
    /// What is meant by `output`. Whether a file can be written there is tried, since it takes minutes until there
    /// is something to write.
    ///
    /// # Errors
    ///
    /// It is a folder, or cannot be written.
    pub fn find(output: Option<&Path>) -> Result<Target, Failure> {
        let Some(path) = output.filter(|path| *path != Path::new("-")) else {
            return Ok(Target::Stdout);
        };
        let failed = |error| cannot_write(path, &error);
        let target = match fs::metadata(path) {
            Ok(found) if found.is_dir() => {
                let path = path.display();
                return Err(Failure::Work(format!(
                    "{path} is a folder. Name a file in it, such as {path}/report.html."
                )));
            }
            Ok(found) if !found.is_file() => return Ok(Target::Stream(path.to_owned())),
            // A link stays one: what it leads to is replaced.
            Ok(_) => fs::canonicalize(path).map_err(failed)?,
            Err(_) => path.to_owned(),
        };
        try_out(&target).map_err(failed)?;
        Ok(Target::File(target))
    }

    /// Writes `text` there.
    ///
    /// # Errors
    ///
    /// It cannot be written. Nothing says so of stdout but [`Screen::trouble`].
    pub fn write(&self, text: &str, screen: &mut Screen) -> Result<(), Failure> {
        match self {
            Target::Stdout => {
                screen.say(text.trim_end());
                Ok(())
            }
            Target::File(path) => files::replace_unsynced(path, text.as_bytes())
                .map_err(|error| cannot_write(path, &error)),
            Target::Stream(path) => OpenOptions::new()
                .write(true)
                .open(path)
                .and_then(|mut stream| stream.write_all(text.as_bytes()))
                .map_err(|error| cannot_write(path, &error)),
        }
    }
}

/// Could a file be put there? What is there now stays as it is.
fn try_out(path: &Path) -> io::Result<()> {
    if path.exists() {
        OpenOptions::new().append(true).open(path)?;
    }
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut beside = std::ffi::OsString::from(".");
    beside.push(name);
    beside.push(format!(".{}.try", std::process::id()));
    let beside = folder.join(beside);
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&beside)?;
    fs::remove_file(&beside)
}

fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    Failure::Work(format!("cannot write {}: {error}", path.display()))
}
