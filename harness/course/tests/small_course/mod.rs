//! A small course, on which the tests run the `course` binary, with a grader that is quick.

use std::fs;
use std::path::PathBuf;

use assert_cmd::Command;
use tempfile::TempDir;

/// A course of two lessons in a folder of its own.
pub struct Course {
    folder: TempDir,
}

impl Course {
    /// Lessons 01 and 02 solved, and no lessons/ yet.
    pub fn new() -> Course {
        let course = Course {
            folder: tempfile::tempdir().unwrap(),
        };
        let members = "members = [\"lessons/*\", \"solutions/*\"]";
        course.write(
            "Cargo.toml",
            format!("[workspace]\nresolver = \"3\"\n{members}\n"),
        );
        fs::create_dir(course.path("lessons")).unwrap();
        for (number, name) in [("01", "listen"), ("02", "echo")] {
            let write = |path: &str, text: &str| {
                let text = text.replace("NN", number).replace("NAME", name);
                course.write(&format!("solutions/lesson{number}-{name}/{path}"), &text);
            };
            write("Cargo.toml", MANIFEST);
            write("src/lib.rs", SOLUTION);
            write("src/main.rs", PROGRAM);
            write("tests/grade.rs", GRADE);
        }
        course
    }

    /// The same, with stubs in lessons/.
    pub fn with_stubs() -> Course {
        let course = Course::new();
        course.run(&["stubs"]).assert().success();
        course
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Puts the solution's body of `function` into the lesson's library.
    pub fn solve(&self, lesson: &str, function: &str) {
        let path = format!("lessons/{lesson}/src/lib.rs");
        let stub = format!("todo!(\"write `{function}`\")");
        let library = self.read(&path);
        assert!(library.contains(&stub), "{library}");
        self.write(&path, library.replace(&stub, "value.len()"));
    }

    pub fn run(&self, arguments: &[&str]) -> Command {
        let mut command = self.command();
        command
            .arg("--root")
            .arg(self.folder.path())
            .args(arguments);
        command
    }

    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_course"));
        command
            .env("CARGO_TARGET_DIR", self.path("target"))
            .env("LC_ALL", "C.UTF-8")
            .env_remove("CLICOLOR_FORCE")
            .env_remove("RUST_BACKTRACE");
        command
    }
}

const MANIFEST: &str = r#"[package]
name = "solutionNN"
edition = "2024"

[lib]
test = false
doctest = false

[[bin]]
name = "solution-NAME"
path = "src/main.rs"
test = false

[[test]]
name = "grade"
harness = false
"#;

const SOLUTION: &str = r#"//! Lesson NN, NAME.

/// The first.
pub fn first(value: &[u8]) -> usize {
    length(value)
}

/// The second.
pub fn second(value: &[u8]) -> usize {
    length(value)
}

fn length(value: &[u8]) -> usize {
    value.len()
}
"#;

const PROGRAM: &str = "fn main() {\n    println!(\"{}\", solutionNN::first(b\"ab\"));\n}\n";

/// A grader that knows as much of the real one's manners as these tests need.
const GRADE: &str = r##"//! Given.

use solutionNN as submission;

type Graded = fn(&[u8]) -> usize;

fn main() {
    let graded: [(&str, Graded); 2] = [
        ("the_first_counts", submission::first),   // fn(&[u8]) -> usize
        ("the_second_counts", submission::second), // fn(&[u8]) -> usize
    ];
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |wanted: &str| arguments.iter().any(|it| it == wanted);
    let values = ["json", "always", "never"];
    let filter = arguments.iter().find(|it| !it.starts_with("-") && !values.contains(&it.as_str()));
    let wanted = |name: &str| filter.is_none_or(|filter| name.contains(filter.as_str()));
    std::panic::set_hook(Box::new(|_| {}));
    println!(r#"{{"type":"suite","event":"started","test_count":2}}"#);
    let mut failed = false;
    for (name, function) in graded.into_iter().filter(|(name, _)| wanted(name)) {
        if has("--list") {
            println!("{name}: test");
            continue;
        }
        let (event, state) = match std::panic::catch_unwind(|| function(b"abc")) {
            Ok(3) => ("ok", "passed"),
            Ok(_) => ("failed", "failed"),
            Err(_) => ("failed", "stub"),
        };
        failed |= event == "failed";
        let function = name.split('_').nth(1).unwrap();
        println!(
            r#"{{"type":"test","event":"{event}","name":"{name}","function":"{function}","state":"{state}"}}"#
        );
    }
    let event = if failed { "failed" } else { "ok" };
    println!(r#"{{"type":"suite","event":"{event}"}}"#);
    std::process::exit(if failed { 101 } else { 0 });
}
"##;
