//! Makes a module of each submission under `mistakes/`, `hostile/` and `alternatives/`, so that adding
//! one is adding a file.
//!
//! A file NAME.rs is a whole `src/lib.rs`; one whose name starts with `program_` is a whole
//! `src/main.rs`. A file NAME.edit says only where it differs from the solution's, see [`edited`]; the
//! whole of it is written to the build folder.
//! Each is graded as a learner's crate would be: beside it stands the text of the lesson's own
//! `tests/grade.rs` and `src/main.rs`, from the solution's folder. (Not from `lessons/`: that folder
//! belongs to the learner.)

use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let here = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let lessons = lessons(&here.join("../../solutions").canonicalize()?)?;
    let mut modules = String::new();
    let mut entries = String::new();
    for kind in ["mistakes", "hostile", "alternatives"] {
        for lesson in &lessons {
            let folder = here.join(kind).join(&lesson.name);
            println!("cargo::rerun-if-changed={}", folder.display());
            let mut files = Vec::new();
            if folder.is_dir() {
                files = files_named(&folder, "rs")?;
                for edit in files_named(&folder, "edit")? {
                    println!("cargo::rerun-if-changed={}", edit.display());
                    files.push(lesson.edited(kind, &edit, &out)?);
                }
            }
            for file in files {
                lesson.add(kind, &file, &mut modules, &mut entries)?;
            }
        }
    }
    for lesson in &lessons {
        lesson.add(
            "solutions",
            &lesson.folder.join("src/lib.rs"),
            &mut modules,
            &mut entries,
        )?;
    }
    let list = format!("static SUBMISSIONS: &[Submission] = &[\n{entries}];\n");
    fs::write(out.join("submissions.rs"), modules + &list)?;
    Ok(())
}

struct Lesson {
    /// `lesson01`.
    name: String,
    /// `solution01`.
    solution: String,
    /// The solution's folder.
    folder: PathBuf,
    grade: String,
    program: String,
}

fn lessons(solutions: &Path) -> Result<Vec<Lesson>> {
    let mut lessons = Vec::new();
    // A new lesson is a new folder.
    println!("cargo::rerun-if-changed={}", solutions.display());
    for entry in fs::read_dir(solutions)? {
        let folder = entry?.path();
        let name = file_name(&folder);
        let Some((lesson, _)) = name.split_once('-') else {
            continue;
        };
        let text = |file: &str| -> Result<String> {
            let path = folder.join(file);
            println!("cargo::rerun-if-changed={}", path.display());
            Ok(fs::read_to_string(path)?)
        };
        lessons.push(Lesson {
            name: lesson.to_owned(),
            solution: lesson.replace("lesson", "solution"),
            grade: text("tests/grade.rs")?,
            program: text("src/main.rs")?,
            folder,
        });
    }
    lessons.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(lessons)
}

impl Lesson {
    /// Writes out the whole of the submission that the file `edit` describes, and gives its path.
    fn edited(&self, kind: &str, edit: &Path, out: &Path) -> Result<PathBuf> {
        let name = file_name(edit);
        let stem = name.trim_end_matches(".edit");
        let original = if stem.starts_with("program_") {
            "src/main.rs"
        } else {
            "src/lib.rs"
        };
        let original = fs::read_to_string(self.folder.join(original))?;
        let text = edited(&fs::read_to_string(edit)?, &original)
            .map_err(|error| format!("{}: {error}", edit.display()))?;
        let folder = out.join(kind).join(&self.name);
        fs::create_dir_all(&folder)?;
        let file = folder.join(format!("{stem}.rs"));
        fs::write(&file, text)?;
        Ok(file)
    }

    /// Adds the submission in `file`: a module with its functions, the lesson's grader and program
    /// beside them, and an entry in the list.
    fn add(
        &self,
        kind: &str,
        file: &Path,
        modules: &mut String,
        entries: &mut String,
    ) -> Result<()> {
        let Lesson {
            name: lesson,
            solution,
            ..
        } = self;
        let stem = file_name(file).trim_end_matches(".rs").to_owned();
        let module = format!("{kind}_{lesson}_{stem}");
        // A wrong program around the right functions, or wrong functions inside the right program.
        println!("cargo::rerun-if-changed={}", file.display());
        let text = fs::read_to_string(file)?;
        let (functions, program) = if stem.starts_with("program_") {
            (self.folder.join("src/lib.rs"), &text)
        } else {
            (file.to_owned(), &self.program)
        };
        writeln!(
            modules,
            "mod {module} {{\n    #[path = {functions:?}]\n    pub mod {solution};"
        )?;
        for (part, text) in [("grade", &self.grade), ("program", program)] {
            let text = as_a_module(text);
            writeln!(
                modules,
                "    pub mod {part} {{\n        use super::{solution};\n{text}\n    }}"
            )?;
        }
        writeln!(modules, "}}")?;
        writeln!(
            entries,
            "    Submission {{ name: \"{kind}/{lesson}/{stem}\", grade: {module}::grade::main, \
             program: {module}::program::main }},"
        )?;
        Ok(())
    }
}

/// Applies an edit: what must be said of the submission, a word about it, and then, as often as it
/// takes, what stands in the solution after a line `--- solution`, and what the learner wrote in its
/// place after a line `+++ mistake`. Lines before the first of these become documentation.
fn edited(edit: &str, original: &str) -> Result<String> {
    let (header, changes) = edit
        .split_once("--- solution\n")
        .ok_or("there is no line `--- solution`")?;
    let mut text = original.to_owned();
    for change in changes.split("--- solution\n") {
        let (old, new) = change
            .split_once("+++ mistake\n")
            .ok_or("a line `--- solution` has no `+++ mistake` after it")?;
        if text.matches(old).count() != 1 {
            let times = text.matches(old).count();
            return Err(
                format!("this stands in the solution {times} times, not once:\n{old}").into(),
            );
        }
        text = text.replacen(old, new, 1);
    }
    let header: String = header
        .lines()
        .map(|line| format!("//! {line}").trim_end().to_owned() + "\n")
        .collect();
    Ok(header + "//!\n" + &text)
}

/// The text of a crate's root as that of a module inside another: with its `main` to be called from
/// outside, and its documentation as plain comments, which may stand anywhere.
fn as_a_module(text: &str) -> String {
    text.replace("//!", "//")
        .replace("\nfn main()", "\npub fn main()")
}

fn files_named(folder: &Path, wanted: &str) -> Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<_>>()?;
    files.retain(|file| {
        file.extension()
            .is_some_and(|extension| extension == wanted)
    });
    files.sort();
    Ok(files)
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
