//! `course diff` on a small course.

mod small_course;

use std::fs;
use std::io::{Read, Write};
use std::process::{Command, Stdio};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use predicates::prelude::*;
use predicates::str::contains;

use small_course::Course;

const LIBRARY: &str = "lessons/lesson01-listen/src/lib.rs";

/// What `course diff 1` prints into a pipe.
fn diff(course: &Course) -> String {
    let output = course.run(&["diff", "1", "--yes"]).assert().success();
    String::from_utf8(output.get_output().stdout.clone()).unwrap()
}

#[test]
fn it_is_what_diff_prints() {
    let course = Course::with_stubs();
    course.solve("lesson01-listen", "second");
    let expected = "\
--- lessons/lesson01-listen/src/lib.rs
+++ solutions/lesson01-listen/src/lib.rs
@@ -2,12 +2,14 @@
 
 /// The first.
 pub fn first(value: &[u8]) -> usize {
-    let _ = value; // keeps the compiler quiet until you use it
-    todo!(\"write `first`\")
+    length(value)
 }
 
 /// The second.
 pub fn second(value: &[u8]) -> usize {
-    let _ = value; // keeps the compiler quiet until you use it
+    length(value)
+}
+
+fn length(value: &[u8]) -> usize {
     value.len()
 }
";
    assert_eq!(diff(&course), expected);
}

/// Makes the learner's file what `patch` makes of the diff, and sees that nothing is left to compare.
fn patches(course: &Course) {
    let patch = Command::new("patch")
        .args(["-p0", "--binary", "--no-backup-if-mismatch", "-r", "-"])
        .current_dir(course.path(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    // Not every system has it.
    let Ok(mut patch) = patch else { return };
    let diff = diff(course);
    patch
        .stdin
        .take()
        .unwrap()
        .write_all(diff.as_bytes())
        .unwrap();
    let output = patch.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}\n{diff}");
    course
        .run(&["diff", "1"])
        .assert()
        .success()
        .stdout(contains("are what the solution has."));
}

#[test]
fn patch_reads_it_whatever_the_files_end_in() {
    let course = Course::with_stubs();
    let stub = course.read(LIBRARY);
    let solution = "solutions/lesson01-listen/src/lib.rs";
    let solved = course.read(solution);
    patches(&course);

    course.write(LIBRARY, stub.trim_end());
    assert!(diff(&course).contains("}\n\\ No newline at end of file\n"));
    patches(&course);

    course.write(LIBRARY, stub.replace('\n', "\r\n"));
    patches(&course);
    assert_eq!(course.read(LIBRARY), solved.replace('\n', "\r\n"));

    course.write(LIBRARY, &stub);
    course.write(solution, solved.trim_end());
    assert!(diff(&course).ends_with("}\n\\ No newline at end of file\n"));
    patches(&course);

    course.write(LIBRARY, "");
    patches(&course);
}

#[test]
fn other_files_are_compared_too_and_names_are_no_difference() {
    let course = Course::with_stubs();
    assert!(!diff(&course).contains("main.rs"));
    course.write("lessons/lesson01-listen/src/main.rs", "fn main() {}\n");
    course.write("lessons/lesson01-listen/src/mine.rs", "//! Mine.\n");
    // What the solution has put into a file of its own is nothing that a learner lacks.
    let solution = "solutions/lesson01-listen/src/lib.rs";
    course.write(solution, course.read(solution) + "mod more;\n");
    course.write("solutions/lesson01-listen/src/more.rs", "fn more() {}\n");
    let shown = diff(&course);
    for line in [
        "--- lessons/lesson01-listen/src/main.rs\n+++ solutions/lesson01-listen/src/main.rs\n",
        "+    println!(\"{}\", lesson01::first(b\"ab\"));\n",
        "Only you have lessons/lesson01-listen/src/mine.rs\n",
        "--- /dev/null\n+++ solutions/lesson01-listen/src/more.rs\n@@ -0,0 +1 @@\n+fn more() {}\n",
    ] {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
}

#[test]
fn a_solution_is_not_shown_to_whoever_has_not_asked_for_it() {
    let course = Course::with_stubs();
    course
        .run(&["diff", "1"])
        .assert()
        .code(2)
        .stdout("")
        .stderr(contains("lesson 01 listen is not done (still a stub)"))
        .stderr(contains("`cargo course diff 1 --yes`"));
    course.solve("lesson01-listen", "first");
    course.solve("lesson01-listen", "second");
    course
        .run(&["diff", "1"])
        .assert()
        .success()
        .stdout(contains("+fn length"))
        .stderr("");
}

#[test]
fn what_cannot_be_compared_is_said() {
    let course = Course::with_stubs();
    let says = |message: &str| {
        let run = course.run(&["diff", "1", "--yes"]).assert().code(1);
        run.stdout("").stderr(contains(message));
    };
    course.write(LIBRARY, b"//! One.\n//! \xff\n");
    says(&format!(
        "{LIBRARY} cannot be compared: line 2 is not UTF-8."
    ));
    fs::remove_file(course.path(LIBRARY)).unwrap();
    says(&format!("{LIBRARY} is missing. This brings it back"));
    fs::remove_dir_all(course.path("lessons/lesson01-listen")).unwrap();
    says("course reset 1\n");
}

/// Runs `course diff 1` on a terminal, types `answer` when it asks, and returns what was shown and the exit code.
fn on_a_terminal(course: &Course, answer: &str) -> (String, u32) {
    let pty = native_pty_system().openpty(PtySize::default()).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_course"));
    command.args(["--root".as_ref(), course.path("").as_os_str()]);
    command.args(["diff", "1"]);
    command.env("CARGO_TARGET_DIR", course.path("target"));
    command.env("LC_ALL", "C.UTF-8");
    command.env("TERM", "xterm");
    command.env_remove("NO_COLOR");
    let mut child = pty.slave.spawn_command(command).unwrap();
    drop(pty.slave);
    let mut reader = pty.master.try_clone_reader().unwrap();
    let mut writer = pty.master.take_writer().unwrap();
    let mut shown = Vec::new();
    let mut answer = Some(answer);
    let mut buffer = [0; 4096];
    // The end is an error on Linux: nobody has the other side open any more.
    while let Ok(count @ 1..) = reader.read(&mut buffer) {
        shown.extend_from_slice(&buffer[..count]);
        if shown.ends_with(b"[y/N] ")
            && let Some(answer) = answer.take()
        {
            writer.write_all(answer.as_bytes()).unwrap();
        }
    }
    let code = child.wait().unwrap().exit_code();
    (String::from_utf8_lossy(&shown).into_owned(), code)
}

#[test]
fn on_a_terminal_it_asks_first_and_is_coloured_then() {
    let course = Course::with_stubs();
    for (answer, is_shown) in [
        ("y\n", true),
        ("Yes\n", true),
        ("\n", false),
        ("n\n", false),
    ] {
        let (shown, code) = on_a_terminal(&course, answer);
        assert!(shown.contains("Show its solution all the same?"), "{shown}");
        assert_eq!(shown.contains("@@ -2,"), is_shown, "{answer:?}: {shown}");
        assert_eq!(code, u32::from(!is_shown), "{answer:?}: {shown}");
        let green = predicate::str::contains("\u{1b}[32m+");
        assert_eq!(green.eval(&shown), is_shown, "{answer:?}: {shown:?}");
    }
}
