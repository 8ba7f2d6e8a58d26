//! Finds the course and its lessons on disk.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The folder of the course, and its lessons in order.
#[derive(Clone, Debug)]
pub struct Course {
    root: PathBuf,
    pub lessons: Vec<Lesson>,
}

/// A lesson, by the name of its folder: `lesson01-listen`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lesson {
    pub number: u8,
    /// `listen`
    pub name: String,
}

/// Why there is no course to work with.
#[derive(Debug)]
pub enum Error {
    NoCourse(PathBuf),
    Read(PathBuf, io::Error),
    SameNumber(Lesson, Lesson),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NoCourse(path) => {
                write!(
                    f,
                    "{} holds no course: there is no solutions/ in it",
                    path.display()
                )
            }
            Error::Read(path, error) => write!(f, "cannot read {}: {error}", path.display()),
            Error::SameNumber(one, other) => {
                write!(
                    f,
                    "{} and {} have the same number",
                    one.folder(),
                    other.folder()
                )
            }
        }
    }
}

impl std::error::Error for Error {}

impl Course {
    /// The course at `root`, or else the one around the current folder, or else the one that this
    /// program was built in.
    ///
    /// # Errors
    ///
    /// There is none; its folders cannot be read; two lessons have one number.
    pub fn find(root: Option<&Path>) -> Result<Course, Error> {
        let root = match root {
            Some(root) => root.to_owned(),
            None => around_here().unwrap_or_else(built_in),
        };
        if !root.join("solutions").is_dir() {
            return Err(Error::NoCourse(root));
        }
        let mut lessons = lesson_folders(&root.join("solutions"))?;
        lessons.sort();
        if let Some(two) = lessons
            .windows(2)
            .find(|two| two[0].number == two[1].number)
        {
            return Err(Error::SameNumber(two[0].clone(), two[1].clone()));
        }
        Ok(Course { root, lessons })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where cargo puts what it builds, and we what we remember.
    pub fn target_dir(&self) -> PathBuf {
        let set = std::env::var_os("CARGO_TARGET_DIR").filter(|it| !it.is_empty());
        self.root.join(set.unwrap_or_else(|| "target".into()))
    }

    /// Where the learner's files of `lesson` are.
    pub fn lesson_dir(&self, lesson: &Lesson) -> PathBuf {
        self.root.join("lessons").join(lesson.folder())
    }

    /// What to say when one of the files that every lesson has, or its whole folder, is not there.
    pub fn missing(&self, lesson: &Lesson) -> Option<String> {
        let folder = self.lesson_dir(lesson);
        let files = ["", "Cargo.toml", "src/lib.rs"];
        let missing = files.into_iter().find(|file| !folder.join(file).exists())?;
        Some(format!(
            "{} is missing. This brings it back, also where cargo itself cannot start:\n  {} reset {}",
            lesson.shown(missing),
            self.own_program(),
            lesson.number
        ))
    }

    /// This very program, as a person at the root would type it.
    fn own_program(&self) -> String {
        let own = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("course"));
        let root = self
            .root
            .canonicalize()
            .unwrap_or_else(|_| self.root.clone());
        own.strip_prefix(root).unwrap_or(&own).display().to_string()
    }

    pub fn solution_dir(&self, lesson: &Lesson) -> PathBuf {
        self.root.join("solutions").join(lesson.folder())
    }

    /// Folders in lessons/ that are named like a lesson but have no solution.
    ///
    /// # Errors
    ///
    /// The folder lessons/ is there but cannot be read.
    pub fn lessons_without_solution(&self) -> Result<Vec<Lesson>, Error> {
        let folder = self.root.join("lessons");
        let mut found = if folder.is_dir() {
            lesson_folders(&folder)?
        } else {
            Vec::new()
        };
        found.retain(|lesson| !self.lessons.contains(lesson));
        found.sort();
        Ok(found)
    }

    /// The lesson that a person means by `1`, `01`, `lesson01`, `listen` or `lesson01-listen`.
    ///
    /// # Errors
    ///
    /// None of the lessons; the message says which there are.
    pub fn lesson(&self, wanted: &str) -> Result<&Lesson, NoSuchLesson> {
        let wanted = wanted.trim_end_matches('/').to_lowercase();
        let number = wanted
            .strip_prefix("lesson")
            .unwrap_or(&wanted)
            .parse::<u8>()
            .ok();
        self.lessons
            .iter()
            .find(|lesson| {
                number == Some(lesson.number) || wanted == lesson.name || wanted == lesson.folder()
            })
            .ok_or_else(|| NoSuchLesson {
                wanted,
                lessons: self.lessons.clone(),
            })
    }
}

impl Lesson {
    fn from_folder(folder: &str) -> Option<Lesson> {
        let (digits, name) = folder.strip_prefix("lesson")?.split_once('-')?;
        let two_digits = digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit());
        let number = digits
            .parse()
            .ok()
            .filter(|_| two_digits && !name.is_empty())?;
        Some(Lesson {
            number,
            name: name.to_owned(),
        })
    }

    /// `lesson01-listen`
    pub fn folder(&self) -> String {
        format!("{}-{}", self.package(), self.name)
    }

    /// `lesson01`
    pub fn package(&self) -> String {
        format!("lesson{:02}", self.number)
    }

    /// `lessons/lesson01-listen/` and then `path`: what to show a person, who stands at the root.
    pub fn shown(&self, path: &str) -> String {
        format!("lessons/{}/{path}", self.folder())
    }
}

impl fmt::Display for Lesson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02} {}", self.number, self.name)
    }
}

/// Somebody asked for a lesson that is not there.
#[derive(Debug)]
pub struct NoSuchLesson {
    wanted: String,
    lessons: Vec<Lesson>,
}

impl fmt::Display for NoSuchLesson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no lesson `{}`", self.wanted)?;
        if self.lessons.is_empty() {
            return f.write_str(", nor any other");
        }
        f.write_str(". The lessons are:")?;
        self.lessons
            .iter()
            .try_for_each(|lesson| write!(f, "\n  {lesson}"))
    }
}

impl std::error::Error for NoSuchLesson {}

/// The nearest folder, from the current one upwards, that has both lessons/ and solutions/.
fn around_here() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    let both = |dir: &&Path| dir.join("lessons").is_dir() && dir.join("solutions").is_dir();
    here.ancestors().find(both).map(Path::to_owned)
}

fn built_in() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    folder.ancestors().nth(2).unwrap_or(folder).to_owned()
}

fn lesson_folders(folder: &Path) -> Result<Vec<Lesson>, Error> {
    let failed = |error| Error::Read(folder.to_owned(), error);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.path().is_dir() {
            found.extend(entry.file_name().to_str().and_then(Lesson::from_folder));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lesson(number: u8, name: &str) -> Lesson {
        Lesson {
            number,
            name: name.to_owned(),
        }
    }

    #[test]
    fn a_folder_is_a_lesson_only_by_its_whole_name() {
        assert_eq!(
            Lesson::from_folder("lesson01-listen"),
            Some(lesson(1, "listen"))
        );
        assert_eq!(Lesson::from_folder("lesson12-a-b"), Some(lesson(12, "a-b")));
        for other in [
            "lesson1-listen",
            "lesson01",
            "lesson01-",
            "lesson+1-x",
            "notes",
            "lesson001-x",
        ] {
            assert_eq!(Lesson::from_folder(other), None, "{other}");
        }
    }

    #[test]
    fn a_lesson_has_many_names() {
        let lessons = vec![lesson(1, "listen"), lesson(12, "proxy")];
        let course = Course {
            root: PathBuf::new(),
            lessons,
        };
        for name in [
            "1",
            "01",
            "lesson01",
            "listen",
            "lesson01-listen",
            "Listen",
            "lesson1",
        ] {
            assert_eq!(course.lesson(name).unwrap().number, 1, "{name}");
        }
        assert_eq!(course.lesson("12").unwrap().name, "proxy");
        let error = course.lesson("2").unwrap_err().to_string();
        assert_eq!(
            error,
            "there is no lesson `2`. The lessons are:\n  01 listen\n  12 proxy"
        );
    }
}
