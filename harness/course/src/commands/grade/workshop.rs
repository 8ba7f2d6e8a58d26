//! Builds what is graded: with the compiler, the flags and the libraries that cargo takes for the solution, and
//! without cargo.
//!
//! Cargo builds the grader's library once, as for any lesson, and is asked how it would start the compiler for the
//! solution's grader. A submission is then three compilations in a folder of its own: the library, the program,
//! the grader's test. Nothing is taken over from one submission to the next: so that none can get another's verdict,
//! and no submission's manifest, build script or configuration is ever looked at.

use std::ffi::OsString;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use harness::submission::{PROGRAM_FILE_VARIABLE, SOURCE_VARIABLE};
use serde_json::Value;

use super::contain::{self, Cell, Contained};
use super::submission::Sources;
use crate::course::{Course, Lesson};
use crate::failure::Failure;
use crate::grading;
use crate::stubs::{self, LessonFile};

/// No compiler knows this flag: it ends at once, and cargo does not take the work for done.
const QUESTION: &str = "--how-would-you-build-it";
/// How much memory the compiler may use.
const MEMORY: u64 = 2 << 30;

/// Builds submissions of one lesson. May be used from several threads.
pub struct Workshop {
    lesson: Lesson,
    recipe: Recipe,
    /// The lesson's files as a learner gets them.
    given: Vec<LessonFile>,
    /// The name of the lesson's program, as a crate's.
    program: String,
    /// Whether the lesson as it is given can be built at all, once somebody asked.
    sound: OnceLock<Result<(), String>>,
    grader: u64,
}

/// What a build came to.
#[derive(Debug)]
pub enum Built {
    Grader,
    /// It does not compile: the compiler's own words, with colours.
    Broken(Vec<String>),
    /// It holds what no submission may hold.
    Refused(String),
    TooSlow,
}

/// How cargo starts the compiler.
#[derive(Debug, Default, PartialEq, Hash)]
struct Recipe {
    compiler: String,
    /// What is the same for each of a package's targets.
    flags: Vec<String>,
    /// `name=path` of each library that the package uses, but its own.
    libraries: Vec<String>,
}

impl Workshop {
    /// Has cargo build the grader, and learns from it how submissions are built.
    ///
    /// # Errors
    ///
    /// Cargo cannot be started, or the solution and its grader cannot be built.
    pub fn open(course: &Course, lesson: &Lesson) -> Result<Workshop, Failure> {
        let package = format!("solution{:02}", lesson.number);
        let output = grading::cargo(course)
            .args(["rustc", "--package", &package, "--test", "grade"])
            .args(["--verbose", "--color", "never", "--", QUESTION])
            .stdin(Stdio::null())
            .output()
            .map_err(|error| Failure::Work(format!("cannot start cargo: {error}")))?;
        let said = String::from_utf8_lossy(&output.stderr);
        let recipe = Recipe::read(&said, &package).ok_or_else(|| {
            let said = said.trim_end();
            Failure::Work(format!("the grader of {package} cannot be built:\n{said}"))
        })?;
        let given = stubs::lesson_files(&course.solution_dir(lesson))?;
        let program = program_name(course, &package)?;
        let mut workshop = Workshop {
            lesson: lesson.clone(),
            recipe: recipe.without_detours(course),
            given,
            program,
            sound: OnceLock::new(),
            grader: 0,
        };
        workshop.grader = workshop.fingerprint_of_the_grader();
        Ok(workshop)
    }

    /// A number that changes when the grader does: what it compares, or what it is built with.
    fn fingerprint_of_the_grader(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.recipe.hash(&mut hasher);
        for library in &self.recipe.libraries {
            let path = library.split_once('=').map_or("", |(_, path)| path);
            // Cargo gives it this time when it builds it anew.
            let metadata = fs::metadata(path).ok();
            metadata.as_ref().map(fs::Metadata::len).hash(&mut hasher);
            let changed = metadata.and_then(|it| it.modified().ok());
            changed.hash(&mut hasher);
        }
        for file in &self.given {
            (&file.path, &file.contents).hash(&mut hasher);
        }
        hasher.finish()
    }

    /// What tells this submission under this grader from any other.
    pub fn fingerprint(&self, sources: &Sources) -> String {
        let mut hasher = DefaultHasher::new();
        self.grader.hash(&mut hasher);
        sources.hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    }

    /// Builds a submission in `cell`, which is fresh.
    ///
    /// # Errors
    ///
    /// A file cannot be written, the compiler cannot be started, or not even the given stub can be built.
    pub fn build(&self, sources: &Sources, cell: &Cell) -> Result<Built, Failure> {
        let built = self.build_alone(sources, cell)?;
        if matches!(built, Built::Broken(_)) {
            self.is_sound(cell)?;
        }
        Ok(built)
    }

    fn build_alone(&self, sources: &Sources, cell: &Cell) -> Result<Built, Failure> {
        self.lay_out(sources, cell)
            .map_err(|error| Failure::Work(format!("cannot copy a submission: {error}")))?;
        let package = self.lesson.package();
        let (grader, library): (Vec<&String>, Vec<&String>) = self
            .recipe
            .libraries
            .iter()
            .partition(|library| library.starts_with("harness="));
        let extern_flags = |libraries: &[&String]| -> Vec<OsString> {
            let flags = libraries
                .iter()
                .flat_map(|library| ["--extern".to_owned(), (*library).clone()]);
            flags.map(OsString::from).collect()
        };
        let mut own = OsString::from(format!("{package}="));
        own.push(cell.out(&format!("lib{package}.rlib")));
        let own = [OsString::from("--extern"), own];
        let used = extern_flags(&library);
        let with_own = [used.as_slice(), own.as_slice()].concat();
        let with_grader = [with_own.as_slice(), &extern_flags(&grader)].concat();

        let library = self.compiler(cell, &package, "src/lib.rs", "lib", &used);
        if let Some(trouble) = compile(library)? {
            return Ok(trouble);
        }
        if let Some(path) = taken_in_from_elsewhere(cell, &package) {
            return Ok(Built::Refused(path));
        }
        let mut program = self.compiler(cell, &self.program, "src/main.rs", "bin", &with_own);
        program.env("CARGO_BIN_NAME", &self.program);
        let mut test = self.compiler(cell, "grade", "tests/grade.rs", "bin", &with_grader);
        test.args(["--cfg", "test"]);
        let (program, test) = std::thread::scope(|scope| {
            let test = scope.spawn(|| compile(test));
            let program = compile(program);
            (program, test.join())
        });
        let test = test.map_err(|_| Failure::Work("a thread of ours panicked".to_owned()))?;
        let mut broken = Vec::new();
        for trouble in [test?, program?].into_iter().flatten() {
            match trouble {
                Built::Broken(errors) => broken.extend(errors),
                trouble => return Ok(trouble),
            }
        }
        if !broken.is_empty() {
            return Ok(Built::Broken(broken));
        }
        match taken_in_from_elsewhere(cell, &self.program) {
            Some(path) => Ok(Built::Refused(path)),
            None => Ok(Built::Grader),
        }
    }

    /// The submission's src/, and everything else as it is given.
    fn lay_out(&self, sources: &Sources, cell: &Cell) -> io::Result<()> {
        let write = |path: &Path, bytes: &[u8]| {
            let path = cell.folder().join(path);
            fs::create_dir_all(path.parent().unwrap_or(cell.folder()))?;
            fs::write(path, bytes)
        };
        for (path, bytes) in &sources.files {
            write(&Path::new("src").join(path), bytes)?;
        }
        for file in &self.given {
            if !is_handed_in(&file.path, sources) {
                write(Path::new(&file.path), &file.contents)?;
            }
        }
        Ok(())
    }

    /// The compiler, for one crate of the submission.
    fn compiler(
        &self,
        cell: &Cell,
        name: &str,
        root: &str,
        kind: &str,
        libraries: &[OsString],
    ) -> Contained {
        let mut compiler = cell.compiler(Path::new(&self.recipe.compiler), MEMORY);
        compiler
            .args(["--crate-name", name, root])
            .args(["--crate-type", kind, "--emit", "dep-info,link"])
            .args(["--error-format=json", "--json=diagnostic-rendered-ansi"])
            .args(&self.recipe.flags)
            .args(libraries)
            .args(["-C", &format!("metadata={}", self.lesson.package())]);
        compiler.arg("--out-dir").arg(cell.out(""));
        compiler
            .env("CARGO_CRATE_NAME", name)
            .env("CARGO_PKG_NAME", self.lesson.package())
            .env("CARGO_MANIFEST_DIR", cell.folder());
        for (variable, value) in [
            ("CARGO_PKG_VERSION", env!("CARGO_PKG_VERSION")),
            ("CARGO_PKG_VERSION_MAJOR", env!("CARGO_PKG_VERSION_MAJOR")),
            ("CARGO_PKG_VERSION_MINOR", env!("CARGO_PKG_VERSION_MINOR")),
            ("CARGO_PKG_VERSION_PATCH", env!("CARGO_PKG_VERSION_PATCH")),
            ("CARGO_PKG_VERSION_PRE", env!("CARGO_PKG_VERSION_PRE")),
        ] {
            compiler.env(variable, value);
        }
        compiler
    }

    /// The grader of what was built in `cell`, to be given arguments.
    pub fn grader(&self, cell: &Cell) -> Contained {
        let mut grader = cell.grader(&cell.out("grade"));
        grader.env(SOURCE_VARIABLE, cell.folder().join("src").join("lib.rs"));
        grader.env(PROGRAM_FILE_VARIABLE, cell.out(&self.program));
        grader.arg("--no-fail-fast");
        grader
    }

    /// When a submission does not compile, it had better not be our fault.
    fn is_sound(&self, beside: &Cell) -> Result<(), Failure> {
        let check = || -> Result<(), String> {
            let mut files: Vec<_> = self
                .given
                .iter()
                .filter_map(|file| {
                    let path = file.path.strip_prefix("src/")?;
                    Some((PathBuf::from(path), file.contents.clone()))
                })
                .collect();
            files.sort();
            let stub = Sources {
                folder: PathBuf::new(),
                files,
            };
            let cell = beside.another("given").map_err(|error| error.to_string())?;
            match self.build_alone(&stub, &cell) {
                Ok(Built::Broken(errors)) => Err(errors.concat()),
                Ok(_) => Ok(()),
                Err(failure) => Err(failure.to_string()),
            }
        };
        let lesson = &self.lesson;
        self.sound.get_or_init(check).as_ref().map_err(|error| {
            Failure::Work(format!(
                "lesson {lesson} cannot be built here, not even as it is given:\n{error}"
            ))
        })?;
        Ok(())
    }
}

/// Whether the submission brings this file of the lesson's, or another in its place.
fn is_handed_in(path: &str, sources: &Sources) -> bool {
    let Some(path) = path.strip_prefix("src/") else {
        return false;
    };
    let path = Path::new(path);
    // `options.rs` and `options/mod.rs` are the same module.
    let folder = path.with_extension("").join("mod.rs");
    let file = path.parent().map(|folder| folder.with_extension("rs"));
    sources.has(path)
        || sources.has(&folder)
        || path.ends_with("mod.rs") && file.is_some_and(|file| sources.has(&file))
}

/// Compiles; `None` when all is well.
fn compile(compiler: Contained) -> Result<Option<Built>, Failure> {
    let ended = compiler.run(|_| {})?;
    let said = String::from_utf8_lossy(&ended.stderr);
    match ended.code {
        Some(0) => return Ok(None),
        Some(contain::TOO_SLOW) => return Ok(Some(Built::TooSlow)),
        _ => {}
    }
    let messages = said
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["level"] == "error")
        .filter_map(|message| message["rendered"].as_str().map(str::to_owned));
    let mut errors: Vec<String> = messages.collect();
    if errors.is_empty() {
        // A compiler that was ended, or fell over its own feet, says so in plain words.
        errors.push(said.into_owned());
    }
    Ok(Some(Built::Broken(errors)))
}

/// A file outside of the submission that the compiler was told to take in, as by `include!`. By the list that the
/// compiler writes of all that it read.
fn taken_in_from_elsewhere(cell: &Cell, name: &str) -> Option<String> {
    let list = ["lib", ""]
        .iter()
        .find_map(|prefix| fs::read_to_string(cell.out(&format!("{prefix}{name}.d"))).ok())
        .unwrap_or_default();
    let home = cell.folder().canonicalize().ok()?;
    files_in(&list).into_iter().find_map(|path| {
        let real = cell.folder().join(&path).canonicalize();
        let inside = real.is_ok_and(|real| real.starts_with(&home));
        (!inside).then(|| format!("it takes in {path}, which is no file of its own"))
    })
}

/// The files in a list for make: each stands on a line of its own, with a colon behind it.
fn files_in(list: &str) -> Vec<String> {
    list.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.strip_suffix(':'))
        .map(|path| path.replace("\\ ", " "))
        .collect()
}

/// The name of the package's program, as a lesson calls it.
fn program_name(course: &Course, package: &str) -> Result<String, Failure> {
    let output = grading::cargo(course)
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .stderr(Stdio::null())
        .output()
        .map_err(|error| Failure::Work(format!("cannot start cargo: {error}")))?;
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let packages = metadata["packages"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let package = packages.iter().find(|it| it["name"] == package);
    let targets = package.and_then(|it| it["targets"].as_array());
    let program = targets
        .into_iter()
        .flatten()
        .find(|target| target["kind"][0] == "bin")
        .and_then(|target| target["name"].as_str())
        .map(|name| {
            name.strip_prefix("solution-")
                .unwrap_or(name)
                .replace('-', "_")
        });
    program.ok_or_else(|| Failure::Work("the solution has no program to build".to_owned()))
}

impl Recipe {
    /// Reads what cargo said when it was asked [`QUESTION`].
    fn read(said: &str, package: &str) -> Option<Recipe> {
        let line = said
            .lines()
            .filter_map(|line| {
                line.trim_start()
                    .strip_prefix("Running `")?
                    .strip_suffix('`')
            })
            .find(|line| line.contains("--crate-name grade ") && line.contains(QUESTION))?;
        let words = shlex::split(line)?;
        let start = words.iter().position(|word| word == "--crate-name")?;
        let mut recipe = Recipe {
            // Before it may stand a wrapper, such as sccache.
            compiler: words[..start].last()?.clone(),
            ..Recipe::default()
        };
        let own = format!("{package}=");
        let mut words = words[start..].iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--crate-name" | "--crate-type" | "--out-dir" => _ = words.next(),
                "--extern" => {
                    let library = words.next()?;
                    if !library.starts_with(&own) {
                        recipe.libraries.push(library.clone());
                    }
                }
                "-C" | "--cfg" => {
                    let value = words.next()?;
                    let of_this_crate = ["metadata=", "extra-filename=", "incremental="];
                    let is_a_test = word == "--cfg" && value == "test";
                    if !is_a_test && !of_this_crate.iter().any(|name| value.starts_with(name)) {
                        recipe.flags.extend([word.clone(), value.clone()]);
                    }
                }
                QUESTION => {}
                word if word.starts_with("--emit=")
                    || word.starts_with("--error-format=")
                    || word.starts_with("--json=")
                    || word.ends_with("grade.rs") => {}
                _ => recipe.flags.push(word.clone()),
            }
        }
        Some(recipe)
    }

    /// With the compiler itself in place of what would choose one by the folder that it is started in.
    fn without_detours(mut self, course: &Course) -> Recipe {
        let output = Command::new(&self.compiler)
            .args(["--print", "sysroot"])
            .current_dir(course.root())
            .output();
        if let Ok(output) = output {
            let sysroot = String::from_utf8_lossy(&output.stdout);
            let compiler = Path::new(sysroot.trim_end()).join("bin").join("rustc");
            if compiler.is_file() {
                self.compiler = compiler.to_string_lossy().into_owned();
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_tells_how_it_would_build() {
        let said = "       Fresh libc v0.2.191\n     Running `sccache /bin/rustc --crate-name grade \
                    --edition=2024 solutions/lesson02-echo/tests/grade.rs --error-format=json --json=artifacts \
                    --emit=dep-info,link -C debuginfo=line-tables-only --deny=unused_must_use \
                    '--warn=clippy::undocumented_unsafe_blocks' --cfg test --check-cfg 'cfg(feature, values())' -C \
                    metadata=6f -C extra-filename=-c0 --out-dir '/a b/deps' -C incremental='/a b/incremental' -L \
                    'dependency=/a b/deps' --extern 'harness=/a b/libharness.rlib' --extern \
                    'solution02=/a b/libsolution02.rlib' --how-would-you-build-it`\nerror: Unrecognized option\n";
        let words = |text: &[&str]| text.iter().map(|word| (*word).to_owned()).collect();
        let recipe = Recipe {
            compiler: "/bin/rustc".to_owned(),
            flags: words(&[
                "--edition=2024",
                "-C",
                "debuginfo=line-tables-only",
                "--deny=unused_must_use",
                "--warn=clippy::undocumented_unsafe_blocks",
                "--check-cfg",
                "cfg(feature, values())",
                "-L",
                "dependency=/a b/deps",
            ]),
            libraries: words(&["harness=/a b/libharness.rlib"]),
        };
        assert_eq!(Recipe::read(said, "solution02"), Some(recipe));
        assert_eq!(Recipe::read("error: no such package", "solution02"), None);
    }

    #[test]
    fn a_list_for_make_names_files() {
        let list = "out/lib.rlib: src/lib.rs /etc/my\\ file\n\nsrc/lib.rs:\n/etc/my\\ file:\n\n# env-dep:A=b:\n";
        assert_eq!(files_in(list), ["src/lib.rs", "/etc/my file"]);
    }

    #[test]
    fn a_module_is_handed_in_as_a_file_or_as_a_folder() {
        let sources = |paths: &[&str]| Sources {
            folder: PathBuf::new(),
            files: paths
                .iter()
                .map(|it| (PathBuf::from(it), Vec::new()))
                .collect(),
        };
        assert!(is_handed_in(
            "src/main.rs",
            &sources(&["lib.rs", "main.rs"])
        ));
        assert!(is_handed_in("src/a.rs", &sources(&["a/mod.rs"])));
        assert!(is_handed_in("src/a/mod.rs", &sources(&["a.rs"])));
        assert!(!is_handed_in("src/main.rs", &sources(&["lib.rs"])));
        assert!(!is_handed_in("tests/grade.rs", &sources(&["lib.rs"])));
    }
}
