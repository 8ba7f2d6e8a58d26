//! Writes files so that nothing a learner wrote is ever lost.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::stubs::LessonFile;

/// Puts `contents` beside `path` under the first free name of `path.kept-1`, `path.kept-2` and so
/// on, and returns that name. It is on disk when this returns.
///
/// # Errors
///
/// The copy could not be written. Nothing is overwritten, whatever happens.
pub fn keep(path: &Path, contents: &[u8]) -> io::Result<PathBuf> {
    for number in 1.. {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".kept-{number}"));
        let kept = PathBuf::from(name);
        // Taking the name and finding it free is one step, or two of us could take it.
        match OpenOptions::new().write(true).create_new(true).open(&kept) {
            Ok(file) => {
                write_through(file, contents).inspect_err(|_| _ = fs::remove_file(&kept))?;
                sync_folder(&kept)?;
                return Ok(kept);
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    unreachable!("the numbers go on for ever")
}

/// Puts `file` at `path`, whole or not at all, and makes the folders on the way.
///
/// # Errors
///
/// It could not be written; what was at `path` is still there.
pub fn replace(path: &Path, file: &LessonFile) -> io::Result<()> {
    put(path, &file.contents, file.executable)
}

/// Puts `contents` at `path`, whole or not at all, and makes the folders on the way. For what can be made
/// again: when the machine loses its power the file may be lost, and when this process is killed it may not.
///
/// # Errors
///
/// As [`replace`].
pub fn replace_unsynced(path: &Path, contents: &[u8]) -> io::Result<()> {
    let new = new_beside(path)?;
    let write = || {
        fs::write(&new, contents)?;
        fs::rename(&new, path)
    };
    write().inspect_err(|_| _ = fs::remove_file(&new))?;
    remove_left_behind(path);
    Ok(())
}

fn put(path: &Path, contents: &[u8], executable: bool) -> io::Result<()> {
    let new = new_beside(path)?;
    let write = || {
        write_through(File::create(&new)?, contents)?;
        make_executable(&new, executable)?;
        fs::rename(&new, path)
    };
    write().inspect_err(|_| _ = fs::remove_file(&new))?;
    remove_left_behind(path);
    sync_folder(path)
}

/// A name for a new file that is to take the place of `path`. No other process has it, nor does another
/// thread; the folder is there.
///
/// # Errors
///
/// The folder cannot be made.
pub fn new_beside(path: &Path) -> io::Result<PathBuf> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let mut name = prefix(path);
    name.push(format!("{}-{number}{SUFFIX}", std::process::id()));
    Ok(folder.join(name))
}

const SUFFIX: &str = ".new";

/// `.lib.rs.`, for `lib.rs`.
fn prefix(path: &Path) -> OsString {
    let mut prefix = OsString::from(".");
    prefix.push(path.file_name().unwrap_or_default());
    prefix.push(".");
    prefix
}

/// Removes the new files for `path` that were never put in its place: those of processes that were killed.
pub fn remove_left_behind(path: &Path) {
    let folder = path.parent().unwrap_or(Path::new("."));
    let prefix = prefix(path);
    let Some(prefix) = prefix.to_str() else {
        return;
    };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let maker = name
            .to_str()
            .and_then(|name| name.strip_prefix(prefix)?.strip_suffix(SUFFIX))
            .and_then(|maker| maker.split('-').next()?.parse().ok());
        if maker.is_some_and(|maker| !is_alive(maker)) {
            // Whoever was quicker has done it.
            _ = fs::remove_file(entry.path());
        }
    }
}

/// Is there a process with this number? Where that cannot be told, there is.
#[cfg(unix)]
fn is_alive(process: u32) -> bool {
    let Ok(process) = libc::pid_t::try_from(process) else {
        return false;
    };
    // SAFETY: kill(2) with signal 0 sends nothing; it only says whether it could.
    let answer = unsafe { libc::kill(process, 0) };
    answer == 0 || io::Error::last_os_error().raw_os_error() != Some(libc::ESRCH)
}

#[cfg(not(unix))]
fn is_alive(_: u32) -> bool {
    true
}

fn write_through(mut file: File, contents: &[u8]) -> io::Result<()> {
    file.write_all(contents)?;
    file.sync_all()
}

/// Makes a new name in a folder as durable as the file that it names.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|it| !it.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    match File::open(folder)?.sync_all() {
        // Not every file system does this for folders, and there is no other way to ask.
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::InvalidInput | ErrorKind::Unsupported
            ) =>
        {
            Ok(())
        }
        result => result,
    }
}

/// A folder cannot be synced here; the file system does what it does.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn make_executable(path: &Path, executable: bool) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    if !executable {
        return Ok(());
    }
    let mode = fs::metadata(path)?.permissions().mode();
    // Whoever may read it may run it.
    fs::set_permissions(path, fs::Permissions::from_mode(mode | (mode & 0o444) >> 2))
}

#[cfg(not(unix))]
fn make_executable(_: &Path, _: bool) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(contents: &str) -> LessonFile {
        LessonFile {
            path: String::new(),
            contents: contents.into(),
            executable: false,
        }
    }

    #[test]
    fn each_copy_gets_a_name_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lib.rs");
        assert_eq!(
            keep(&path, b"one").unwrap(),
            folder.path().join("lib.rs.kept-1")
        );
        assert_eq!(
            keep(&path, b"two").unwrap(),
            folder.path().join("lib.rs.kept-2")
        );
        fs::remove_file(folder.path().join("lib.rs.kept-1")).unwrap();
        assert_eq!(
            keep(&path, b"three").unwrap(),
            folder.path().join("lib.rs.kept-1")
        );
        assert_eq!(
            fs::read(folder.path().join("lib.rs.kept-2")).unwrap(),
            b"two"
        );
    }

    #[test]
    fn replacing_leaves_nothing_else_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/lib.rs");
        replace(&path, &file("one")).unwrap();
        replace(&path, &file("two")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn what_killed_processes_left_behind_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lib.rs");
        // No process has number 0, nor one beyond what a number may be.
        let left_behind = [".lib.rs.4294967295-0.new", ".lib.rs.4294967295.new"];
        let own = format!(".lib.rs.{}-77.new", std::process::id());
        let others = [&own, ".main.rs.4294967295-0.new", ".lib.rs.x.new", "new"];
        for name in left_behind.iter().chain(&others) {
            fs::write(folder.path().join(name), "half").unwrap();
        }
        replace_unsynced(&path, b"one").unwrap();
        let mut expected = others.map(str::to_owned).to_vec();
        expected.push("lib.rs".to_owned());
        expected.sort();
        let names = fs::read_dir(folder.path()).unwrap();
        let mut names: Vec<String> = names
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, expected);
    }

    #[test]
    fn what_cannot_be_replaced_is_still_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lib.rs");
        fs::create_dir(&path).unwrap();
        fs::write(path.join("inside"), "x").unwrap();
        assert!(replace(&path, &file("new")).is_err());
        assert!(path.join("inside").exists());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
