//! Makes a module of each submission under `mistakes/`, `hostile/` and `alternatives/`, so that adding
//! one is adding a file.
//!
//! A file NAME.rs is a whole `src/lib.rs`; one whose name starts with `program_` is a whole
//! `src/main.rs`. A file NAME.edit says only where it differs from the solution's, see [`edited`]; the
//! whole of it is written to the build folder. A line `file: src/options.rs` before the first change says
//! that it is that module of the program which differs; its NAME begins with `program_`.
//! Edits of functions are compiled together, see [`functions`]: whole copies would take the compiler minutes.
//! Each is graded as a learner's crate would be: beside it stands the text of the lesson's own
//! `tests/grade.rs` and `src/main.rs`, from the solution's folder. (Not from `lessons/`: that folder
//! belongs to the learner.)
//!
//! Where `src/stand_ins/LESSON.rs` stands in for the lesson's crate, its program is compiled against that,
//! once for all submissions, and each says which functions it is to work with. Edits of the program are
//! compiled together, too: see [`Switched`].

#[path = "build/functions.rs"]
mod functions;

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use functions::Bodies;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The root of a lesson's program.
const PROGRAM: &str = "src/main.rs";

fn main() -> Result<()> {
    let here = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let lessons = lessons(&here, &here.join("../../solutions").canonicalize()?)?;
    // It is started thousands of times. Where it may be loaded anywhere, each start writes to some hundreds of its pages.
    if std::env::var("CARGO_CFG_TARGET_OS")? == "linux" {
        println!("cargo::rustc-link-arg-bin=graded=-no-pie");
    }
    let mut modules = String::new();
    let mut entries = String::new();
    for lesson in &lessons {
        lesson.add_stand_in(&mut modules)?;
    }
    for kind in ["mistakes", "hostile", "alternatives"] {
        for lesson in &lessons {
            let folder = here.join(kind).join(&lesson.name);
            // One that is missing would count as changed, at each build.
            let watched = if folder.is_dir() {
                folder.clone()
            } else {
                here.join(kind)
            };
            println!("cargo::rerun-if-changed={}", watched.display());
            let mut files = Vec::new();
            let mut switched = Switched::default();
            let (mut bodies, mut edits) = (Bodies::default(), Vec::new());
            if folder.is_dir() {
                files = files_named(&folder, "rs")?;
                for edit in files_named(&folder, "edit")? {
                    println!("cargo::rerun-if-changed={}", edit.display());
                    let whole = lesson.edited(kind, &edit, &out)?;
                    if lesson.stand_in.is_some() && file_name(&edit).starts_with("program_") {
                        switched.names.push(stem(&edit));
                        lesson
                            .switch(&mut switched, &edit)
                            .map_err(|error| format!("{}: {error}", edit.display()))?;
                    } else if !file_name(&edit).starts_with("program_") && {
                        let edited = fs::read_to_string(&whole)?;
                        bodies.add(&stem(&edit), &lesson.functions()?, &edited)
                    } {
                        edits.push(stem(&edit));
                    } else {
                        files.push(whole);
                    }
                }
            }
            for file in files {
                lesson.add(kind, &file, &mut modules, &mut entries)?;
            }
            lesson.add_switched(kind, &switched, &out, &mut modules, &mut entries)?;
            lesson.add_bodies(kind, &bodies, &edits, &out, &mut modules, &mut entries)?;
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

/// Has this script run again when `file` changes, unless it wrote that itself: such a file is always newer than the
/// last run.
fn watch(file: &Path) {
    if !std::env::var_os("OUT_DIR").is_some_and(|out| file.starts_with(out)) {
        println!("cargo::rerun-if-changed={}", file.display());
    }
}

struct Lesson {
    /// `lesson01`.
    name: String,
    /// `solution01`.
    solution: String,
    /// The solution's folder.
    folder: PathBuf,
    grade: String,
    /// What the program is compiled against in place of the lesson's crate.
    stand_in: Option<PathBuf>,
}

fn lessons(here: &Path, solutions: &Path) -> Result<Vec<Lesson>> {
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
        // Modules of the program, which an edit may be of.
        println!("cargo::rerun-if-changed={}", folder.join("src").display());
        let stand_in = here.join("src/stand_ins").join(format!("{lesson}.rs"));
        // Not the file: one that is missing counts as changed, at each build.
        println!(
            "cargo::rerun-if-changed={}",
            here.join("src/stand_ins").display()
        );
        lessons.push(Lesson {
            stand_in: stand_in.is_file().then_some(stand_in),
            name: lesson.to_owned(),
            solution: lesson.replace("lesson", "solution"),
            grade: text("tests/grade.rs")?,
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
        let changes = fs::read_to_string(edit)?;
        let original = if !stem.starts_with("program_") {
            "src/lib.rs"
        } else {
            named_file(&changes).unwrap_or(PROGRAM)
        };
        let original = fs::read_to_string(self.folder.join(original))?;
        let text =
            edited(&changes, &original).map_err(|error| format!("{}: {error}", edit.display()))?;
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
        watch(file);
        let is_program = stem.starts_with("program_");
        let functions = if is_program {
            self.folder.join("src/lib.rs")
        } else {
            file.to_owned()
        };
        writeln!(modules, "mod {module} {{")?;
        // With a stand-in, only what differs from the solution is compiled.
        if !is_program || self.stand_in.is_none() {
            let grade = as_a_module(&self.grade, &BTreeMap::new());
            writeln!(
                modules,
                "    #[path = {functions:?}]\n    pub mod {solution};\n    pub mod grade {{\n        use \
                 super::{solution};\n{grade}\n    }}"
            )?;
        }
        if is_program || self.stand_in.is_none() {
            let program = self.program_of(is_program.then_some(file))?;
            let solution = match self.stand_in {
                Some(_) => format!("crate::stand_in_{lesson}::{solution}"),
                None => format!("super::{solution}"),
            };
            writeln!(
                modules,
                "    pub mod program {{\n        use {solution};\n{program}\n    }}"
            )?;
        }
        writeln!(modules, "}}")?;
        let (grade, program) = match self.stand_in {
            None => (module.clone(), format!("{module}::program::main")),
            Some(_) => {
                let stand_in = format!("stand_in_{lesson}");
                let (grade, program) = if is_program {
                    (format!("solutions_{lesson}_lib"), &module)
                } else {
                    (module.clone(), &stand_in)
                };
                let be = format!("{stand_in}::{solution}::be({grade}::grade::functions())");
                (grade, format!("|| {{ {be}; {program}::program::main() }}"))
            }
        };
        writeln!(
            entries,
            "    Submission {{ name: \"{kind}/{lesson}/{stem}\", grade: {grade}::grade::main, \
             program: {program} }},"
        )?;
        Ok(())
    }

    /// Adds what stands in for the lesson's crate, and the program around it.
    fn add_stand_in(&self, modules: &mut String) -> Result<()> {
        let Lesson { name, solution, .. } = self;
        let Some(stand_in) = &self.stand_in else {
            return Ok(());
        };
        let program = self.program_of(None)?;
        writeln!(
            modules,
            "mod stand_in_{name} {{\n    #[path = {stand_in:?}]\n    pub mod {solution};\n    pub mod program \
             {{\n        use super::{solution};\n{program}\n    }}\n}}"
        )?;
        Ok(())
    }

    /// Adds an edit of the program to those that are compiled together.
    fn switch(&self, switched: &mut Switched, edit: &Path) -> Result<()> {
        let name = stem(edit);
        let changes = fs::read_to_string(edit)?;
        let file = named_file(&changes).unwrap_or(PROGRAM).to_owned();
        let original = fs::read_to_string(self.folder.join(&file))?;
        let bodies = switched.files.entry(file).or_default();
        for (old, new) in changes_of(&changes)?.1 {
            let start = original.find(old).ok_or("this is not in the solution")?;
            let body = body_around(&original, start..start + old.len())
                .ok_or_else(|| format!("no function has all of this in its body:\n{old}"))?;
            let text = &original[body.clone()];
            let edited = bodies.entry((body.start, body.end)).or_default();
            let edited = edited.entry(name.clone()).or_insert(text.to_owned());
            *edited = edited.replacen(old, new, 1);
        }
        Ok(())
    }

    /// Adds the program with all of these edits in it, and an entry for each.
    fn add_switched(
        &self,
        kind: &str,
        switched: &Switched,
        out: &Path,
        modules: &mut String,
        entries: &mut String,
    ) -> Result<()> {
        if switched.names.is_empty() {
            return Ok(());
        }
        let Lesson { name, solution, .. } = self;
        let module = format!("{kind}_{name}_programs");
        let folder = out.join(&module);
        fs::create_dir_all(&folder)?;
        let mut files = BTreeMap::new();
        for file in files_named(&self.folder.join("src"), "rs")? {
            let name = format!("src/{}", file_name(&file));
            let mut text = fs::read_to_string(&file)?;
            // From the last to the first, so that the places of those before stay as they are.
            for ((start, end), edited) in switched.files.get(&name).into_iter().flatten().rev() {
                let mut arms = String::new();
                for (name, body) in edited {
                    writeln!(arms, "{name:?} => {{\n{body}}}")?;
                }
                let original = &text[*start..*end];
                let body = format!("match crate::edit() {{\n{arms}_ => {{\n{original}}}\n}}\n");
                text.replace_range(*start..*end, &body);
            }
            let copy = folder.join(file_name(&file));
            fs::write(&copy, text)?;
            files.insert(name, copy);
        }
        let program = files.get(PROGRAM).ok_or("a lesson has a program")?;
        let program = as_a_module(&fs::read_to_string(program)?, &files);
        writeln!(
            modules,
            "mod {module} {{\n    pub mod program {{\n        use \
             crate::stand_in_{name}::{solution};\n{program}\n    }}\n}}"
        )?;
        for edit in &switched.names {
            writeln!(
                entries,
                "    Submission {{ name: \"{kind}/{name}/{edit}\", grade: solutions_{name}_lib::grade::main, \
                 program: || {{ \
                 stand_in_{name}::{solution}::be(solutions_{name}_lib::grade::functions()); \
                 {module}::program::main() }} }},"
            )?;
        }
        Ok(())
    }

    /// The text of the solution's functions.
    fn functions(&self) -> Result<String> {
        Ok(fs::read_to_string(self.folder.join("src/lib.rs"))?)
    }

    /// Adds the functions with all of these edits in them, and an entry for each.
    fn add_bodies(
        &self,
        kind: &str,
        bodies: &Bodies,
        edits: &[String],
        out: &Path,
        modules: &mut String,
        entries: &mut String,
    ) -> Result<()> {
        if bodies.is_empty() {
            return Ok(());
        }
        let Lesson { name, solution, .. } = self;
        let module = format!("{kind}_{name}_functions");
        let file = out.join(format!("{module}.rs"));
        fs::write(&file, bodies.in_one(&self.functions()?))?;
        let grade = as_a_module(&self.grade, &BTreeMap::new());
        writeln!(
            modules,
            "mod {module} {{\n    #[path = {file:?}]\n    pub mod {solution};\n    pub mod grade {{\n        \
             use super::{solution};\n{grade}\n    }}"
        )?;
        let program = match &self.stand_in {
            Some(_) => format!(
                "|| {{ stand_in_{name}::{solution}::be({module}::grade::functions()); \
                 stand_in_{name}::program::main() }}"
            ),
            None => {
                let program = self.program_of(None)?;
                writeln!(
                    modules,
                    "    pub mod program {{\n        use super::{solution};\n{program}\n    }}"
                )?;
                format!("{module}::program::main")
            }
        };
        writeln!(modules, "}}")?;
        for edit in edits {
            writeln!(
                entries,
                "    Submission {{ name: \"{kind}/{name}/{edit}\", grade: {module}::grade::main, \
                 program: {program} }},"
            )?;
        }
        Ok(())
    }

    /// The text of the program as that of a module, with its own modules where they stand; with `edited`
    /// in place of the file that it is an edit of.
    fn program_of(&self, edited: Option<&Path>) -> Result<String> {
        let mut files = BTreeMap::new();
        for file in files_named(&self.folder.join("src"), "rs")? {
            let name = format!("src/{}", file_name(&file));
            files.insert(name, file);
        }
        if let Some(edited) = edited {
            let text = fs::read_to_string(edited)?;
            let of = named_file(&text).unwrap_or(PROGRAM).to_owned();
            files.insert(of, edited.to_owned());
        }
        let program = files.get(PROGRAM).ok_or("a lesson has a program")?;
        watch(program);
        Ok(as_a_module(&fs::read_to_string(program)?, &files))
    }
}

/// By the name of the edit: what a function's body is with it.
type Edits = BTreeMap<String, String>;

/// A program with all of its edits in it, for it is long to compile: each function that is edited has its body
/// once as it is, and once for each edit of it. Which of them runs says `edit` of
/// `src/graded.rs`. An edit stands inside the body of a function, therefore.
#[derive(Default)]
struct Switched {
    /// The edits, by their files' names without the ending.
    names: Vec<String>,
    /// By file, and by where the body begins and ends in it.
    files: BTreeMap<String, BTreeMap<(usize, usize), Edits>>,
}

/// The lines of the body of the innermost function around this place. The text is formatted, so that a
/// function ends where its indent comes back.
fn body_around(text: &str, place: Range<usize>) -> Option<Range<usize>> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut lines = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        lines.push((start, line));
        start += line.len();
    }
    let at = lines.iter().rposition(|(start, _)| *start <= place.start)?;
    let begins = |(_, line): &(usize, &str)| {
        let words = line.trim_start().strip_prefix("pub ");
        words.unwrap_or(line.trim_start()).starts_with("fn ")
    };
    let function = lines[..at].iter().rposition(begins)?;
    let depth = indent(lines[function].1);
    let mut rest = lines[function..].iter();
    let (brace, line) = rest.find(|(_, line)| line.trim_end().ends_with('{'))?;
    let body = brace + line.len();
    let end = format!("{}}}\n", " ".repeat(depth));
    let (end, _) = rest.find(|(_, line)| *line == end)?;
    (body <= place.start && place.end <= *end).then_some(body..*end)
}

/// The file that an edit is of, where it says so.
fn named_file(text: &str) -> Option<&str> {
    text.lines()
        .take_while(|line| !line.starts_with("--- "))
        .find_map(|line| {
            let line = line.strip_prefix("//! ").unwrap_or(line);
            Some(line.strip_prefix("file: ")?.trim())
        })
}

/// Applies an edit: see [`changes_of`]. Lines before the first change become documentation.
fn edited(edit: &str, original: &str) -> Result<String> {
    let (header, changes) = changes_of(edit)?;
    let mut text = original.to_owned();
    for (old, new) in changes {
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

/// The parts of an edit: what must be said of the submission, and a word about it; and then, as often as it
/// takes, what stands in the solution after a line `--- solution`, and what the learner wrote in its
/// place after a line `+++ mistake`.
fn changes_of(edit: &str) -> Result<(&str, Vec<(&str, &str)>)> {
    let (header, changes) = edit
        .split_once("--- solution\n")
        .ok_or("there is no line `--- solution`")?;
    let changes = changes.split("--- solution\n").map(|change| {
        change
            .split_once("+++ mistake\n")
            .ok_or("a line `--- solution` has no `+++ mistake` after it".into())
    });
    Ok((header, changes.collect::<Result<_>>()?))
}

/// The text of a crate's root as that of a module inside another: with its `main` to be called from
/// outside, its documentation as plain comments, which may stand anywhere, and each of its modules
/// in the file that `files` has for it.
fn as_a_module(text: &str, files: &BTreeMap<String, PathBuf>) -> String {
    let text = text
        .replace("//!", "//")
        .replace("\nfn main()", "\npub fn main()");
    let lines = text.lines().map(|line| {
        let module = line
            .split_once("mod ")
            .filter(|(before, _)| before.is_empty() || before.starts_with("pub"))
            .and_then(|(_, name)| name.strip_suffix(';'));
        match module.and_then(|name| files.get(&format!("src/{name}.rs"))) {
            Some(file) => format!("#[path = {file:?}]\n{line}\n"),
            None => format!("{line}\n"),
        }
    });
    lines.collect()
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

/// The file's name without its ending.
fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
