//! Runs the `course` binary on a small course that each test makes for itself.

mod small_course;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use predicates::prelude::*;
use predicates::str::contains;

use small_course::Course;

const LIBRARY: &str = "lessons/lesson01-listen/src/lib.rs";

/// Every file of the course but those that cargo makes, with what is in it.
fn files(course: &Course) -> Vec<(PathBuf, Vec<u8>)> {
    fn walk(folder: &Path, found: &mut Vec<(PathBuf, Vec<u8>)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if !path.is_dir() {
                found.push((path.clone(), fs::read(path).unwrap()));
            } else if !path.ends_with("target") {
                walk(&path, found);
            }
        }
    }
    let mut found = Vec::new();
    walk(&course.path(""), &mut found);
    found.sort();
    found
}

#[test]
fn stubs_makes_every_lesson_and_check_agrees() {
    let course = Course::new();
    course
        .run(&["stubs", "--check"])
        .assert()
        .code(1)
        .stdout(contains("lessons/lesson02-echo/tests/grade.rs is missing"))
        .stdout(contains("cargo course stubs"));
    course
        .run(&["stubs"])
        .assert()
        .success()
        .stdout(contains("8 files written."));
    assert_eq!(
        course.read(LIBRARY),
        "//! Lesson 01, listen.

/// The first.
pub fn first(value: &[u8]) -> usize {
    let _ = value; // keeps the compiler quiet until you use it
    todo!(\"write `first`\")
}

/// The second.
pub fn second(value: &[u8]) -> usize {
    let _ = value; // keeps the compiler quiet until you use it
    todo!(\"write `second`\")
}
"
    );
    assert!(
        course
            .read("lessons/lesson02-echo/Cargo.toml")
            .contains("name = \"echo\"")
    );
    let before = files(&course);
    course.run(&["stubs", "--check"]).assert().success();
    course
        .run(&["stubs"])
        .assert()
        .success()
        .stdout(contains("already"));
    assert_eq!(files(&course), before);
}

#[test]
fn stubs_check_names_what_differs_and_writes_nothing() {
    let course = Course::with_stubs();
    course.write("lessons/lesson01-listen/src/main.rs", "fn main() {}\n");
    course.write("lessons/lesson02-echo/notes.txt", "mine\n");
    course.write("lessons/lesson07-old/Cargo.toml", "\n");
    course.write("lessons/lesson02-echo/src/lib.rs.kept-1", "kept\n");
    let with_returns = course.read(LIBRARY).replace('\n', "\r\n");
    course.write(LIBRARY, with_returns);
    let before = files(&course);
    course
        .run(&["stubs", "--check"])
        .assert()
        .code(1)
        .stdout(contains("lessons/lesson01-listen/src/main.rs differs"))
        .stdout(contains("lessons/lesson02-echo/notes.txt has no solution"))
        .stdout(contains("lessons/lesson07-old/ has no solution"))
        .stdout(contains("lib.rs").not())
        .stdout(contains("Cargo.toml").not());
    assert_eq!(files(&course), before);
}

#[test]
fn stubs_says_where_a_solution_cannot_be_stubbed() {
    let course = Course::new();
    let solution = "pub fn all() -> impl Iterator<Item = u8> {\n    0..3\n}\n";
    course.write("solutions/lesson01-listen/src/lib.rs", solution);
    course
        .run(&["stubs"])
        .assert()
        .code(1)
        .stderr(contains("solutions/lesson01-listen/src/lib.rs:1: "));
}

#[test]
fn stubs_keeps_a_changed_program_of_an_untouched_lesson() {
    let course = Course::with_stubs();
    let program = "lessons/lesson01-listen/src/main.rs";
    course.write(program, "fn main() {} // mine\n");
    course
        .run(&["stubs"])
        .assert()
        .success()
        .stdout(contains(format!("{program}.kept-1")));
    assert_eq!(
        course.read(&format!("{program}.kept-1")),
        "fn main() {} // mine\n"
    );
    course.run(&["stubs", "--check"]).assert().success();
}

#[test]
fn stubs_overwrites_old_stubs_but_keeps_what_somebody_wrote() {
    let course = Course::with_stubs();
    for lesson in ["lesson01-listen", "lesson02-echo"] {
        let solution = format!("solutions/{lesson}/src/lib.rs");
        course.write(
            &solution,
            course
                .read(&solution)
                .replace("The first.", "The very first."),
        );
    }
    course.solve("lesson01-listen", "first");
    let theirs = course.read(LIBRARY);
    course
        .run(&["stubs"])
        .assert()
        .success()
        .stdout(contains("lesson01-listen/src/lib.rs.kept-1"));
    assert_eq!(course.read(&format!("{LIBRARY}.kept-1")), theirs);
    assert!(course.read(LIBRARY).contains("The very first."));
    assert!(
        course
            .read("lessons/lesson02-echo/src/lib.rs")
            .contains("The very first.")
    );
    assert!(
        !course
            .path("lessons/lesson02-echo/src/lib.rs.kept-1")
            .exists()
    );
}

#[test]
fn reset_gives_a_fresh_stub_and_keeps_every_version_of_the_learner() {
    let course = Course::with_stubs();
    let stub = course.read(LIBRARY);
    course
        .run(&["reset", "1"])
        .assert()
        .success()
        .stdout(contains("already is the fresh stub"));
    assert!(!course.path(&format!("{LIBRARY}.kept-1")).exists());

    course.write(LIBRARY, "pub fn mine() {}\n");
    // Not text, and no matter: it is the learner's.
    course.write("lessons/lesson01-listen/tests/grade.rs", b"\xff\xfe");
    course
        .run(&["reset", "listen"])
        .assert()
        .success()
        .stdout(contains(format!("kept   {LIBRARY}.kept-1")))
        .stdout(contains("lessons/lesson01-listen/tests/grade.rs.kept-1"))
        .stdout(contains("main.rs").not());
    assert_eq!(course.read(LIBRARY), stub);
    course.write(LIBRARY, b"\xff second");
    course.run(&["reset", "01"]).assert().success();
    assert_eq!(
        course.read(&format!("{LIBRARY}.kept-1")),
        "pub fn mine() {}\n"
    );
    assert_eq!(
        fs::read(course.path(&format!("{LIBRARY}.kept-2"))).unwrap(),
        b"\xff second"
    );
    let grade = "lessons/lesson01-listen/tests/grade.rs.kept-1";
    assert_eq!(fs::read(course.path(grade)).unwrap(), b"\xff\xfe");
    course.run(&["stubs", "--check"]).assert().success();
}

#[test]
fn reset_brings_back_what_was_deleted() {
    let course = Course::with_stubs();
    let before = files(&course);
    fs::remove_dir_all(course.path("lessons/lesson02-echo")).unwrap();
    fs::remove_file(course.path(LIBRARY)).unwrap();
    course
        .run(&["reset", "1"])
        .assert()
        .success()
        .stdout(contains(format!("made   {LIBRARY}")));
    course.run(&["reset", "lesson02"]).assert().success();
    assert_eq!(files(&course), before);
}

#[test]
fn list_shows_every_state_and_what_comes_next() {
    let course = Course::with_stubs();
    course
        .run(&["list"])
        .assert()
        .success()
        .stdout(contains(
            "→ 01 listen    still a stub\n  02 echo      still a stub\n",
        ))
        .stdout(contains(format!(
            "next  write the first function in {LIBRARY}"
        )))
        .stdout(contains("cargo course check 1\n"))
        .stdout(contains("\u{1b}").not());

    course.solve("lesson01-listen", "first");
    fs::remove_dir_all(course.path("lessons/lesson02-echo")).unwrap();
    course
        .run(&["list"])
        .env("LC_ALL", "C")
        .assert()
        .stdout(contains(
            "> 01 listen    1 of 2 cases pass\n  02 echo      is missing\n",
        ))
        .stdout(predicate::str::ends_with("next  cargo course check 1\n"));

    course.solve("lesson01-listen", "second");
    course.run(&["reset", "2"]).assert().success();
    course.write("lessons/lesson02-echo/src/lib.rs", "pub fn first( {\n");
    course.run(&["list"]).assert().success().stdout(contains(
        "  01 listen  ✓ done, all 2 cases pass\n→ 02 echo      does not compile\n",
    ));
}

#[test]
fn course_alone_welcomes_first_and_succeeds_last() {
    let course = Course::with_stubs();
    let inside = course.path("lessons/lesson01-listen/src");
    let here = || course.command().current_dir(&inside).assert();
    here()
        .code(1)
        .stdout(predicate::str::starts_with("Welcome to Socketlings."));
    course.solve("lesson01-listen", "first");
    here()
        .code(1)
        .stdout(contains("Welcome").not())
        .stdout(contains("1 of 2 cases pass"));
    course.solve("lesson01-listen", "second");
    course.solve("lesson02-echo", "first");
    course.solve("lesson02-echo", "second");
    here().code(0).stdout(contains("Every lesson is done."));
    course
        .run(&["check"])
        .assert()
        .success()
        .stdout(contains("Every lesson is done."));
}

#[test]
fn check_shows_the_graders_page_and_fails_until_all_is_green() {
    let course = Course::with_stubs();
    let page = contains("\"name\":\"the_first_counts\"");
    course
        .run(&["check", "1"])
        .assert()
        .code(1)
        .stdout(page.clone())
        .stderr(contains("Lesson").not());
    course.solve("lesson01-listen", "first");
    course.run(&["check"]).assert().code(1).stdout(page.clone());
    course
        .run(&["check", "listen", "first"])
        .assert()
        .success()
        .stdout(page);
    course
        .run(&["check", "listen", "frist"])
        .assert()
        .code(2)
        .stderr(contains(
            "no case of lesson 01 listen has `frist` in its name",
        ));
    course.solve("lesson01-listen", "second");
    course.run(&["check", "01"]).assert().success();
}

#[test]
fn check_says_what_to_do_when_a_lesson_does_not_compile() {
    let course = Course::with_stubs();
    let stub = course.read(LIBRARY);
    course.write(LIBRARY, "pub fn first( {\n");
    course
        .run(&["check", "1"])
        .assert()
        .code(1)
        .stderr(contains("error: mismatched").or(contains("unclosed delimiter")))
        .stderr(contains(format!(
            "Lesson 01 listen: {LIBRARY} does not compile yet. The grader starts once it does."
        )));

    course.write(
        LIBRARY,
        stub.replace("pub fn second(value: &[u8])", "pub fn second(value: &str)"),
    );
    course
        .run(&["check", "1"])
        .assert()
        .code(1)
        .stderr(contains(
            "lessons/lesson01-listen/tests/grade.rs no longer fits",
        ))
        .stderr(contains(
            "`cargo course reset 1` gives you the stub back, and keeps your file.",
        ));

    course.write(LIBRARY, stub.replace("pub fn first", "pub fn fisrt"));
    course
        .run(&["check", "1"])
        .assert()
        .code(1)
        .stderr(contains("no longer fits").and(contains("`cargo course reset 1`")));

    fs::remove_dir_all(course.path("lessons/lesson01-listen")).unwrap();
    course
        .run(&["check", "1"])
        .assert()
        .code(1)
        .stderr(contains("lessons/lesson01-listen/ is missing").and(contains("course reset 1")));
}

#[test]
fn what_is_not_there_cannot_be_asked_for() {
    let course = Course::with_stubs();
    for arguments in [&["check", "3"], &["reset", "lesson9"], &["check", "lsiten"]] {
        course
            .run(arguments)
            .assert()
            .code(2)
            .stderr(contains("there is no lesson").and(contains("01 listen\n  02 echo")));
    }
    course.run(&["nonsense"]).assert().code(2);
    course.run(&["reset"]).assert().code(2);
    let elsewhere = course.path("solutions/lesson01-listen");
    let mut command = course.command();
    command
        .arg("--root")
        .arg(elsewhere)
        .assert()
        .code(2)
        .stderr(contains("holds no course"));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let course = Course::with_stubs();
    course.write(LIBRARY, "pub fn mine() {}\n");
    for (arguments, code) in [
        (&["stubs", "--check"][..], 1),
        (&["list"], 0),
        (&["--help"], 0),
    ] {
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_course"))
            .arg("--root")
            .arg(course.path(""))
            .args(arguments)
            .env("CARGO_TARGET_DIR", course.path("target"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert_eq!(said, "", "{arguments:?}");
    }
}
