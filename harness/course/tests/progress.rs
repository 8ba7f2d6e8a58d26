//! What is remembered from one start to the next may be lost at any moment, and nothing else with it.
//!
//! The real binary runs on a course of one lesson. In cargo's place stands a script that says at once what a
//! grader would have said: so that hundreds of starts take seconds.
#![cfg(unix)]

mod script;

use std::collections::BTreeSet;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// Says that `CASES` cases are passed, and makes a line in the file `calls`.
const CARGO: &str = r#"#!/bin/sh
echo call >>"$(dirname "$0")/calls"
echo '{"type":"suite","event":"started","test_count":'"$CASES"'}'
case=0
while [ "$case" -lt "$CASES" ]; do
    case=$((case + 1))
    echo '{"type":"test","event":"ok","name":"case_'"$case"'","state":"passed","function":"of_'"$CASES"'"}'
done
echo '{"type":"suite","event":"ok"}'
"#;

/// A course in a folder of its own.
struct Course {
    folder: TempDir,
}

impl Course {
    fn new() -> Course {
        let course = Course {
            folder: tempfile::tempdir().unwrap(),
        };
        fs::create_dir_all(course.path("solutions/lesson01-listen")).unwrap();
        fs::create_dir_all(course.path("lessons/lesson01-listen/src")).unwrap();
        fs::write(course.path("lessons/lesson01-listen/src/lib.rs"), "").unwrap();
        fs::write(course.path("lessons/lesson01-listen/Cargo.toml"), "").unwrap();
        script::make(&course.path("cargo"), CARGO);
        course
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn cache(&self) -> PathBuf {
        self.path("target/course/progress.json")
    }

    /// `course list`, where a grader would say that so many cases are passed.
    fn list(&self, cases: usize) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_course"));
        self.prepare(&mut command, cases);
        command.arg("--root").arg(self.folder.path()).arg("list");
        command
    }

    fn prepare(&self, command: &mut Command, cases: usize) {
        command
            .env("CARGO", self.path("cargo"))
            .env("CARGO_TARGET_DIR", self.path("target"))
            .env("CASES", cases.to_string())
            .env("LC_ALL", "C.UTF-8")
            .env_remove("CLICOLOR_FORCE")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
    }

    /// Changes the lesson, so that what is remembered of it counts no more.
    fn change(&self, text: &str) {
        fs::write(self.path("lessons/lesson01-listen/notes"), text).unwrap();
    }

    /// `course list` works, and says that so many cases are passed.
    fn lists(&self, cases: usize) {
        let output = self.list(cases).output().unwrap();
        says(&output, cases);
    }

    /// How often something was graded.
    fn gradings(&self) -> usize {
        let calls = fs::read_to_string(self.path("calls")).unwrap_or_default();
        calls.lines().count()
    }

    /// Everything in the cache's folder.
    fn names(&self) -> BTreeSet<String> {
        let entries = fs::read_dir(self.path("target/course"));
        let entries = entries.into_iter().flatten().flatten();
        entries
            .map(|entry| entry.file_name().into_string().unwrap())
            .collect()
    }

    /// Makes the cache a large one, so that it takes a while to write: with a lesson that is long gone.
    fn fatten(&self) {
        let mut cache = parsed(&self.cache());
        let mut gone = cache["graded"]["lesson01"].clone();
        gone["graded"]["errors"] = Value::from(vec![FAT.repeat(1 << 15)]);
        cache["graded"]["lesson99"] = gone;
        fs::write(self.cache(), cache.to_string()).unwrap();
    }
}

const FAT: &str = "0123456789abcdef";

/// Is all of it there that `fatten` put in?
fn is_fat(cache: &Value) -> bool {
    let errors = &cache["graded"]["lesson99"]["graded"]["errors"];
    errors[0]
        .as_str()
        .is_some_and(|text| text == FAT.repeat(1 << 15))
}

fn says(output: &Output, cases: usize) {
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stdout}{stderr}");
    let expected = format!("done, all {cases} cases pass");
    assert!(stdout.contains(&expected), "{expected}: {stdout}{stderr}");
    assert_eq!(stderr, "");
}

fn parsed(cache: &Path) -> Value {
    serde_json::from_slice(&fs::read(cache).unwrap()).unwrap()
}

/// How many cases the cache says are passed; it must say so all through.
fn remembered(cache: &Value) -> usize {
    let cases = cache["graded"]["lesson01"]["graded"]["cases"]
        .as_array()
        .unwrap();
    let function = format!("of_{}", cases.len());
    for case in cases {
        assert_eq!(case["function"], function, "a mix of two gradings");
    }
    cases.len()
}

/// Only this stands in the cache's folder, and what a killed process left there.
fn is_a_new_file(name: &str) -> bool {
    name.starts_with(".progress.json.") && name.ends_with(".new")
}

#[test]
fn a_start_without_a_change_grades_nothing() {
    let course = Course::new();
    course.lists(3);
    course.lists(3);
    assert_eq!(course.gradings(), 1);
    course.change("new");
    course.lists(4);
    assert_eq!(course.gradings(), 2);
}

/// Killed by SIGKILL at a hundred moments around the writing of a large cache.
#[test]
fn whoever_is_killed_while_writing_leaves_the_old_or_the_new() {
    let course = Course::new();
    course.lists(1);
    course.fatten();
    let mut in_the_middle = 0;
    let mut runs = 0;
    // How long the writing takes is not known: so until enough were hit in the midst of it.
    let mut before = 1;
    while runs < 100 || in_the_middle < 10 {
        runs += 1;
        assert!(
            runs < 2000,
            "only {in_the_middle} were killed while writing"
        );
        let cases = before % 3 + 1;
        course.change(&format!("run {runs}"));
        let mut child = course.list(cases).spawn().unwrap();
        // From the moment on when the new file appears, a different time each run.
        let mut looks_left = runs % 20;
        while looks_left > 0 && child.try_wait().unwrap().is_none() {
            if course.names().iter().any(|name| is_a_new_file(name)) {
                looks_left -= 1;
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();

        let left_behind = course.names().iter().filter(|it| is_a_new_file(it)).count();
        assert!(left_behind <= 1, "{:?}", course.names());
        in_the_middle += left_behind;
        let cache = parsed(&course.cache());
        let now = remembered(&cache);
        assert!(now == before || now == cases, "{now}");
        assert!(is_fat(&cache));

        course.lists(cases);
        let alone = BTreeSet::from(["progress.json".to_owned()]);
        assert_eq!(course.names(), alone);
        before = cases;
    }
}

/// The kernel kills whoever writes more than it may into a file: here at each size that was asked for.
#[test]
fn whoever_ends_after_so_many_bytes_leaves_the_old() {
    let course = Course::new();
    course.lists(1);
    course.fatten();
    let old = fs::read(course.cache()).unwrap();
    // In blocks of 512 or 1024 bytes, as the shell has it. Enough for what the script in cargo's place writes.
    let all_blocks = [1, 2, 7, 64, 500, 900];
    for blocks in all_blocks {
        course.change(&format!("{blocks} blocks"));
        let mut shell = Command::new("sh");
        course.prepare(&mut shell, 2);
        let limited = "ulimit -c 0; ulimit -f \"$1\"; exec \"$2\" --root \"$3\" list";
        shell.args(["-c", limited, "sh", &blocks.to_string()]);
        shell
            .arg(env!("CARGO_BIN_EXE_course"))
            .arg(course.folder.path());
        let output = shell.output().unwrap();
        assert!(!output.status.success(), "it was to be killed");
        assert!(fs::read(course.cache()).unwrap() == old);
    }
    // Nobody came to an end who could have cleared them away.
    let left_behind = course.names().iter().filter(|it| is_a_new_file(it)).count();
    assert_eq!(left_behind, all_blocks.len());
    course.lists(2);
    assert_eq!(course.names(), BTreeSet::from(["progress.json".to_owned()]));
}

#[test]
fn of_two_who_save_at_once_the_last_one_wins() {
    let course = Course::new();
    course.lists(1);
    course.fatten();
    for run in 0..20 {
        course.change(&format!("run {run}"));
        let children: Vec<_> = (2..6)
            .map(|cases| (cases, course.list(cases).spawn().unwrap()))
            .collect();
        for (cases, child) in children {
            let output = child.wait_with_output().unwrap();
            let stdout = String::from_utf8_lossy(&output.stdout);
            // One that came late finds what another has remembered.
            assert!(output.status.success(), "{cases}: {stdout}");
            assert!(stdout.contains("cases pass"), "{cases}: {stdout}");
        }
        let cache = parsed(&course.cache());
        assert!((2..6).contains(&remembered(&cache)));
        assert!(is_fat(&cache));
        assert_eq!(course.names(), BTreeSet::from(["progress.json".to_owned()]));
    }
}

/// A cache that is none is as good as a missing one: the lesson is graded again, and remembered.
#[test]
fn a_cache_that_cannot_be_read_is_made_anew() {
    let course = Course::new();
    course.lists(2);
    let good = fs::read(course.cache()).unwrap();
    let mut future = parsed(&course.cache());
    future["version"] = Value::from(4_000_000_000_u32);
    let mut other_shape = parsed(&course.cache());
    other_shape["graded"]["lesson01"] = Value::from("all is well");
    let half = &good[..good.len() / 2];
    let deep = "[".repeat(1 << 20);
    let twice = [good.as_slice(), good.as_slice()].concat();
    let (future, other_shape) = (future.to_string(), other_shape.to_string());
    let wrong: [(&str, &[u8]); 8] = [
        ("empty", b""),
        ("garbage", b"\x00\xff\xfe garbage"),
        ("half", half),
        ("more than one", &twice),
        ("another shape", other_shape.as_bytes()),
        ("a future version", future.as_bytes()),
        ("a number", b"12"),
        ("deep", deep.as_bytes()),
    ];
    for (name, text) in wrong {
        fs::write(course.cache(), text).unwrap();
        is_made_anew(&course, name);
    }

    // A gigabyte takes no time, for nobody reads it.
    let large = File::create(course.cache()).unwrap();
    large.set_len(1 << 30).unwrap();
    drop(large);
    is_made_anew(&course, "a gigabyte");
    assert!(fs::metadata(course.cache()).unwrap().len() < 1 << 20);

    // Root may read it all the same, and then it is a good one.
    fs::set_permissions(course.cache(), Permissions::from_mode(0o000)).unwrap();
    course.change("unreadable");
    course.lists(2);
    course.lists(2);

    fs::set_permissions(course.cache(), Permissions::from_mode(0o444)).unwrap();
    course.change("read-only");
    is_made_anew(&course, "read-only");

    // Nobody writes into this pipe: whoever opened it to read would wait for ever.
    fs::remove_file(course.cache()).unwrap();
    let made = Command::new("mkfifo").arg(course.cache()).status().unwrap();
    assert!(made.success());
    is_made_anew(&course, "a pipe");
}

fn is_made_anew(course: &Course, name: &str) {
    let before = course.gradings();
    course.lists(2);
    assert_eq!(course.gradings(), before + 1, "{name}");
    course.lists(2);
    assert_eq!(course.gradings(), before + 1, "{name} was not replaced");
    assert_eq!(course.names(), BTreeSet::from(["progress.json".to_owned()]));
}

/// Where nothing can be remembered, each start grades, and says what is so.
#[test]
fn a_cache_that_cannot_be_written_is_no_trouble() {
    let a_folder = Course::new();
    fs::create_dir_all(a_folder.cache().join("inside")).unwrap();
    let in_the_way = Course::new();
    fs::create_dir_all(in_the_way.path("target")).unwrap();
    fs::write(in_the_way.path("target/course"), "a file").unwrap();
    let read_only = Course::new();
    fs::create_dir_all(read_only.path("target/course")).unwrap();
    let forbidden = Permissions::from_mode(0o555);
    fs::set_permissions(read_only.path("target/course"), forbidden).unwrap();
    for course in [&a_folder, &in_the_way, &read_only] {
        course.lists(2);
        course.lists(2);
    }
    assert!(a_folder.cache().join("inside").is_dir());
    assert_eq!(
        a_folder.names(),
        BTreeSet::from(["progress.json".to_owned()])
    );
    let file = fs::read_to_string(in_the_way.path("target/course")).unwrap();
    assert_eq!(file, "a file");
    let allowed = Permissions::from_mode(0o755);
    fs::set_permissions(read_only.path("target/course"), allowed).unwrap();
}

#[test]
fn a_lesson_that_is_gone_is_passed_over() {
    let course = Course::new();
    course.lists(2);
    let mut cache = parsed(&course.cache());
    cache["graded"]["lesson77"] = cache["graded"]["lesson01"].clone();
    cache["lesson"] = Value::from(77);
    cache["hints"]["lesson77 gone"] = Value::from(2);
    fs::write(course.cache(), cache.to_string()).unwrap();
    course.lists(2);
    assert_eq!(course.gradings(), 1);
    let output = course.list(2).output().unwrap();
    assert!(!String::from_utf8_lossy(&output.stdout).contains("77"));
}
