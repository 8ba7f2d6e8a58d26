//! What a submission is: somebody's copy of a lesson's crate, of which the folder src/ counts and nothing else.
//!
//! What would choose the grader or change how it is built never counts: Cargo.toml, build.rs, .cargo/, tests/,
//! rust-toolchain.toml, Cargo.lock. The files are read once; nothing is ever written to a submission.

use std::fmt;
use std::fs;
use std::hash::{Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};

use crate::course::Lesson;

/// More than this is no submission.
const FILES: usize = 1000;
const BYTES: u64 = 16 << 20;
/// A longer path below src/ might not fit where we copy it to.
const PATH: usize = 200;

/// What counts of a submission.
#[derive(Debug)]
pub struct Sources {
    /// The crate's folder, as it was named.
    pub folder: PathBuf,
    /// Below src/, sorted.
    pub files: Vec<(PathBuf, Vec<u8>)>,
}

/// Why something is not graded.
#[derive(Debug)]
pub enum Unfit {
    /// It is no copy of the lesson.
    Missing(String),
    /// It is one, and holds what no submission may hold.
    Refused(String),
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Unfit::Missing(reason) | Unfit::Refused(reason)) = self;
        f.write_str(reason)
    }
}

impl Sources {
    /// Reads the submission in `folder`: the lesson's crate itself, a folder with it in it, or a clone of the
    /// course.
    ///
    /// # Errors
    ///
    /// There is none, or it holds what no submission may hold.
    pub fn read(folder: &Path, lesson: &Lesson) -> Result<Sources, Unfit> {
        if !folder.is_dir() {
            let what = if folder.exists() {
                "is no folder"
            } else {
                "is not there"
            };
            return Err(Unfit::Missing(format!("{} {what}", folder.display())));
        }
        let found = crate_in(folder, lesson).ok_or_else(|| {
            Unfit::Missing(format!(
                "{} holds no {name}: no src/lib.rs, {name}/src/lib.rs or lessons/{name}/src/lib.rs",
                folder.display(),
                name = lesson.folder()
            ))
        })?;
        let src = found.join("src");
        let refused =
            |error: io::Error| Unfit::Refused(format!("cannot read {}: {error}", src.display()));
        let real = src.canonicalize().map_err(refused)?;
        if !real.starts_with(folder.canonicalize().map_err(refused)?) {
            return Err(Unfit::Refused(format!(
                "{} leads out of the submission",
                src.display()
            )));
        }
        let mut reading = Reading {
            src: &src,
            real,
            left: BYTES,
            files: Vec::new(),
        };
        reading.folder(Path::new(""))?;
        let mut files = reading.files;
        files.sort();
        Ok(Sources {
            folder: found,
            files,
        })
    }

    /// Whether src/ has this file.
    pub fn has(&self, path: &Path) -> bool {
        self.files
            .binary_search_by(|(known, _)| known.as_path().cmp(path))
            .is_ok()
    }

    /// Adds what tells these sources from others.
    pub fn hash(&self, hasher: &mut impl Hasher) {
        self.files.hash(hasher);
    }
}

/// Where the lesson's crate is in a submission.
fn crate_in(folder: &Path, lesson: &Lesson) -> Option<PathBuf> {
    let name = lesson.folder();
    let here = |folder: &Path| {
        let places = [
            folder.join("lessons").join(&name),
            folder.join(&name),
            folder.to_owned(),
        ];
        let has_library = |place: &PathBuf| {
            place.join("src").join("lib.rs").exists() && !is_another_lesson(place, &name)
        };
        places.into_iter().find(has_library)
    };
    // An archive tends to bring a folder of its own along.
    here(folder).or_else(|| here(&only_folder_in(folder)?))
}

/// By the folder's name: another lesson's crate is easily handed in.
fn is_another_lesson(folder: &Path, name: &str) -> bool {
    let theirs = folder.file_name().unwrap_or_default().to_string_lossy();
    let digits = theirs.strip_prefix("lesson").and_then(|it| it.get(..3));
    let like_a_lesson = digits.is_some_and(|it| {
        it.ends_with('-') && it.bytes().take(2).all(|byte| byte.is_ascii_digit())
    });
    like_a_lesson && theirs != name
}

fn only_folder_in(folder: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?.flatten();
    let mut folders = entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            !name.starts_with('.') && name != "__MACOSX"
        });
    let only = folders.next()?.path();
    folders.next().is_none().then_some(only)
}

struct Reading<'a> {
    src: &'a Path,
    /// The same, without a symbolic link on the way.
    real: PathBuf,
    left: u64,
    files: Vec<(PathBuf, Vec<u8>)>,
}

impl Reading<'_> {
    fn folder(&mut self, below: &Path) -> Result<(), Unfit> {
        let folder = self.src.join(below);
        let failed =
            |error: io::Error| Unfit::Refused(format!("cannot read {}: {error}", folder.display()));
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            let shown = name.to_string_lossy();
            // What an editor or `reset` puts beside the files.
            if shown.starts_with('.') || shown.ends_with('~') || shown.contains(".kept-") {
                continue;
            }
            let path = below.join(&name);
            if path.as_os_str().len() > PATH {
                return Err(Unfit::Refused(format!(
                    "{} holds a path of more than {PATH} bytes",
                    self.src.display()
                )));
            }
            let kind = entry.file_type().map_err(failed)?;
            if kind.is_dir() {
                self.folder(&path)?;
            } else if kind.is_symlink() {
                self.link(path)?;
            } else {
                self.file(path, &entry.path())?;
            }
        }
        Ok(())
    }

    /// A symbolic link counts as the file that it leads to, if that is one of the submission's.
    fn link(&mut self, path: PathBuf) -> Result<(), Unfit> {
        let link = self.src.join(&path);
        let target = link.canonicalize().ok();
        match target.filter(|target| target.starts_with(&self.real) && target.is_file()) {
            Some(target) => self.file(path, &target),
            None => Err(Unfit::Refused(format!(
                "{} is a symbolic link that leads to no file in src/",
                link.display()
            ))),
        }
    }

    fn file(&mut self, path: PathBuf, on_disk: &Path) -> Result<(), Unfit> {
        let refused = |reason: String| {
            Err(Unfit::Refused(format!(
                "{} {reason}",
                self.src.join(&path).display()
            )))
        };
        let metadata = match fs::metadata(on_disk) {
            Ok(metadata) => metadata,
            Err(error) => return refused(format!("cannot be read: {error}")),
        };
        // Reading from a pipe or a device might never end.
        if !metadata.is_file() {
            return refused("is neither a file nor a folder".to_owned());
        }
        if metadata.len() > self.left || self.files.len() == FILES {
            return refused(format!(
                "is too much: src/ may hold {FILES} files and {} MiB",
                BYTES >> 20
            ));
        }
        self.left -= metadata.len();
        match fs::read(on_disk) {
            Ok(bytes) => self.files.push((path, bytes)),
            Err(error) => return refused(format!("cannot be read: {error}")),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lesson() -> Lesson {
        Lesson {
            number: 2,
            name: "echo".to_owned(),
        }
    }

    fn write(folder: &Path, path: &str, text: &str) {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn a_submission_is_found_in_each_of_its_layouts() {
        for layout in [
            "",
            "lesson02-echo/",
            "lessons/lesson02-echo/",
            "socketlings-main/lessons/lesson02-echo/",
            "anything/",
        ] {
            let folder = tempfile::tempdir().unwrap();
            write(folder.path(), &format!("{layout}src/lib.rs"), "mine");
            write(folder.path(), &format!("{layout}src/.lib.rs.swp"), "");
            let sources = Sources::read(folder.path(), &lesson()).unwrap();
            assert_eq!(sources.files, [("lib.rs".into(), b"mine".to_vec())]);
            assert_eq!(sources.folder, folder.path().join(layout), "{layout}");
        }
    }

    #[test]
    fn what_is_no_submission_is_missing() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "lessons/lesson01-listen/src/lib.rs", "");
        write(folder.path(), "notes.txt", "");
        write(folder.path(), "ada/lesson03-client/src/lib.rs", "");
        for place in [".", "notes.txt", "nowhere", "ada", "ada/lesson03-client"] {
            let unfit = Sources::read(&folder.path().join(place), &lesson()).unwrap_err();
            assert!(matches!(unfit, Unfit::Missing(_)), "{unfit}");
        }
    }

    #[test]
    #[cfg(unix)]
    fn links_stay_within() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let one = folder.path().join("one");
        write(&one, "src/lib.rs", "mine");
        symlink("lib.rs", one.join("src/again.rs")).unwrap();
        assert_eq!(Sources::read(&one, &lesson()).unwrap().files.len(), 2);

        let refused = |folder: &Path| {
            let unfit = Sources::read(folder, &lesson()).unwrap_err();
            assert!(matches!(unfit, Unfit::Refused(_)), "{unfit}");
        };
        let two = folder.path().join("two");
        fs::create_dir(&two).unwrap();
        symlink("../one/src", two.join("src")).unwrap();
        refused(&two);
        for target in ["../../one/src/lib.rs", "/etc/hostname", ".", "nowhere"] {
            let three = folder.path().join("three");
            write(&three, "src/lib.rs", "mine");
            symlink(target, three.join("src/link.rs")).unwrap();
            refused(&three);
            fs::remove_dir_all(three).unwrap();
        }
    }

    #[test]
    fn there_may_not_be_too_much_of_it() {
        let refused = |fill: &dyn Fn(&Path)| {
            let folder = tempfile::tempdir().unwrap();
            write(folder.path(), "src/lib.rs", "mine");
            fill(&folder.path().join("src"));
            let unfit = Sources::read(folder.path(), &lesson()).unwrap_err();
            assert!(matches!(unfit, Unfit::Refused(_)), "{unfit}");
        };
        refused(&|src| write(src, &("deep/".repeat(41) + "it.rs"), ""));
        refused(&|src| {
            let file = fs::File::create(src.join("large.rs")).unwrap();
            file.set_len(BYTES + 1).unwrap();
        });
        refused(&|src| (0..FILES).for_each(|number| write(src, &format!("{number}.rs"), "")));
    }

    #[test]
    #[cfg(unix)]
    fn a_pipe_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "src/lib.rs", "mine");
        let pipe = folder.path().join("src/pipe.rs");
        let made = std::process::Command::new("mkfifo").arg(pipe).status();
        if made.is_ok_and(|status| status.success()) {
            let unfit = Sources::read(folder.path(), &lesson()).unwrap_err();
            assert!(matches!(unfit, Unfit::Refused(_)), "{unfit}");
        }
    }
}
