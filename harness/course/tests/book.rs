//! `course book` on a small course.

#[cfg(unix)]
mod script;
mod small_course;

use std::fs;
use std::io::Read;
use std::path::Path;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use predicates::str::contains;

use small_course::Course;

const CHAPTER: &str = "# Lesson 01 · listen\n\nThe first lesson.\n\n## Ports\n\n```sh\n# no heading\n```\n\n\
    ### Port 0\n\nAny port.\n\n## `first`\n\nWrite `len`.\n";

fn course() -> Course {
    let course = Course::with_stubs();
    course.write("book/src/lesson01-listen.md", CHAPTER);
    course.write("book/src/lesson02-echo.md", "# Lesson 02 · echo\n");
    course.write("book/src/when-it-fails.md", "# When it fails\n");
    course
}

#[test]
fn a_page_is_printed_as_it_is() {
    let course = course();
    let prints = |wanted: &[&str], text: &'static str| {
        let arguments = [&["book", "--text"], wanted].concat();
        course.run(&arguments).assert().success().stdout(text);
    };
    prints(&["1"], CHAPTER);
    prints(&["listen"], CHAPTER);
    prints(&["lesson01-listen.md"], CHAPTER);
    prints(&["when-it-fails"], "# When it fails\n");
    prints(&["1#port-0"], "### Port 0\n\nAny port.\n\n");
    prints(
        &["book/src/lesson01-listen.md#first"],
        "## `first`\n\nWrite `len`.\n",
    );
    prints(&["1#"], CHAPTER);
    // Where the learner is.
    prints(&[], CHAPTER);
    prints(&["#first"], "## `first`\n\nWrite `len`.\n");
    course.solve("lesson01-listen", "first");
    course.solve("lesson01-listen", "second");
    prints(&[], "# Lesson 02 · echo\n");
}

#[test]
fn what_the_book_does_not_have_is_said_with_what_it_has() {
    let course = course();
    course
        .run(&["book", "1#prots"])
        .assert()
        .code(2)
        .stdout("")
        .stderr(contains(
            "book/src/lesson01-listen.md has no section #prots. Did you mean ports",
        ));
    course
        .run(&["book", "whenitfails"])
        .assert()
        .code(2)
        .stderr(contains(
            "the book has no page `whenitfails`. Its pages are:",
        ))
        .stderr(contains("  lesson02-echo\n  when-it-fails"));
    course.run(&["book", "../../Cargo"]).assert().code(2);
    fs::remove_file(course.path("book/src/lesson01-listen.md")).unwrap();
    course
        .run(&["book", "--text", "1"])
        .assert()
        .code(1)
        .stderr(contains("cannot read book/src/lesson01-listen.md"));
}

/// Gives the course a package `book`, which only says what it was told.
fn with_a_press(course: &Course) {
    let root = course.read("Cargo.toml");
    course.write(
        "Cargo.toml",
        root.replace("[\"lessons/*\"", "[\"book\", \"lessons/*\""),
    );
    let manifest = "[package]\nname = \"book\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
        [[bin]]\nname = \"book\"\npath = \"main.rs\"\n";
    course.write("book/Cargo.toml", manifest);
    let program = "fn main() {\n    let told: Vec<String> = std::env::args().skip(1).collect();\n    \
        println!(\"told {}\", told.join(\" \"));\n    std::process::exit(i32::from(told[1].contains(\"full\")));\n}\n";
    course.write("book/main.rs", program);
}

#[test]
fn without_a_terminal_the_book_is_built_and_not_served() {
    let course = course();
    with_a_press(&course);
    let out = course.path("target/book");
    let told = format!("told --out {}\n", out.display());
    for arguments in [&["book"][..], &["book", "2"], &["book", "--build"]] {
        course
            .run(arguments)
            .assert()
            .success()
            .stdout(told.clone());
    }
    course
        .run(&["book", "--build", "2"])
        .assert()
        .code(2)
        .stderr(contains("cannot be used with"));
    // A section that is not there would go unnoticed in a browser.
    course.run(&["book", "1#prots"]).assert().code(2).stdout("");
    course
        .run(&["book", "--build"])
        .env("CARGO_TARGET_DIR", course.path("full"))
        .assert()
        .code(1);
}

#[test]
fn on_a_terminal_the_book_is_served_and_opened_at_the_section() {
    let course = course();
    with_a_press(&course);
    let shown = in_a_terminal(&course, &["book", "1#port-0"], |command| {
        // The builder of the book has to be compiled.
        command.env("CARGO", env!("CARGO"));
    });
    let told = "--serve --open lesson01-listen.html#port-0";
    assert!(
        shown.contains("target/book") && shown.contains(told),
        "{shown}"
    );
}

#[test]
fn a_builder_that_does_not_compile_is_said() {
    let course = course();
    with_a_press(&course);
    course.write("book/main.rs", "fn main() { none }");
    course
        .run(&["book"])
        .assert()
        .code(1)
        .stderr(contains("cannot find value `none`"))
        .stderr(contains("the book's builder does not compile"));
}

/// Runs `course book --text` on a terminal, with this `PAGER` and `PATH`, and returns what was shown.
fn on_a_terminal(course: &Course, wanted: &str, pager: Option<&Path>, path: &Path) -> String {
    in_a_terminal(course, &["book", "--text", wanted], |command| {
        command.env("PATH", path);
        if let Some(pager) = pager {
            command.env("PAGER", pager);
        }
    })
}

/// Runs the course on a terminal, with an environment of `set`'s making, and returns what was shown.
fn in_a_terminal(
    course: &Course,
    arguments: &[&str],
    set: impl FnOnce(&mut CommandBuilder),
) -> String {
    let pty = native_pty_system().openpty(PtySize::default()).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_course"));
    command.args(["--root".as_ref(), course.path("").as_os_str()]);
    command.args(arguments);
    command.env("TERM", "xterm");
    command.env("CARGO_TARGET_DIR", course.path("target"));
    for name in ["PAGER", "LESS", "NO_COLOR"] {
        command.env_remove(name);
    }
    set(&mut command);
    let mut child = pty.slave.spawn_command(command).unwrap();
    drop(pty.slave);
    let mut reader = pty.master.try_clone_reader().unwrap();
    let mut shown = Vec::new();
    let mut buffer = [0; 4096];
    // The end is an error on Linux: nobody has the other side open any more.
    while let Ok(count @ 1..) = reader.read(&mut buffer) {
        shown.extend_from_slice(&buffer[..count]);
    }
    assert!(child.wait().unwrap().success());
    String::from_utf8(shown).unwrap().replace('\r', "")
}

/// A pager that shows what it was called with, and then all that it gets.
#[cfg(unix)]
fn pager(course: &Course, name: &str) -> std::path::PathBuf {
    let script = "#!/bin/sh\necho \"called with $* LESS=$LESS\"\nwhile IFS= read -r line; do echo \"| $line\"; done\n";
    let path = course.path(&format!("bin/{name}"));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    script::make(&path, script);
    path
}

#[cfg(unix)]
#[test]
fn on_a_terminal_a_pager_begins_at_the_section() {
    let course = course();
    let nowhere = course.path("nowhere");
    let less = pager(&course, "less");
    let other = pager(&course, "other");
    let shown = on_a_terminal(&course, "1#port-0", Some(&less), &nowhere);
    assert!(shown.starts_with("called with +11 LESS=R\n"), "{shown}");
    assert!(
        shown.contains("| \u{1b}[1m\u{1b}[36m# Lesson 01"),
        "{shown}"
    );
    assert!(shown.contains("| Write \u{1b}[2mlen\u{1b}[0m."), "{shown}");
    // One that cannot be told where to begin gets the text from there on.
    let shown = on_a_terminal(&course, "1#port-0", Some(&other), &nowhere);
    assert!(shown.starts_with("called with  LESS=\n"), "{shown}");
    assert!(
        shown.contains("Any port.") && shown.contains("Write"),
        "{shown}"
    );
    assert!(!shown.contains("The first lesson."), "{shown}");
    // Without a wish it is less.
    let shown = on_a_terminal(&course, "1", None, &course.path("bin"));
    assert!(shown.starts_with("called with -R LESS=R\n"), "{shown}");
}

#[test]
fn on_a_terminal_without_a_pager_it_is_printed() {
    let course = course();
    let nowhere = course.path("nowhere");
    for pager in [
        None,
        Some(Path::new("")),
        Some(Path::new("no-such-pager -x")),
    ] {
        let shown = on_a_terminal(&course, "1#port-0", pager, &nowhere);
        assert_eq!(
            shown,
            "\u{1b}[1m\u{1b}[36m### Port 0\u{1b}[0m\n\nAny port.\n\n"
        );
    }
}
