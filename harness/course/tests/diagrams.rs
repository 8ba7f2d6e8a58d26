//! `course diagrams`, on a small course whose graders say what each test has them say.

#[expect(dead_code, reason = "nobody learns from the course of these tests")]
mod small_course;

use harness::finding::{Finding, Place};
use harness::json::{finding_to_json, record_to_json};
use harness::trace::{Direction, Recorder, Signal};
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::{Value, json};

use small_course::Course;

const RECORDINGS: &str = "book/src/recordings";
const PAGE: &str = "book/src/lesson01-listen.md";

/// A grader that repeats what stands in a file beside it, with another port each time.
const GRADE: &str = r##"
fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let file = match std::env::var("HARNESS_TESTS_SUBMISSION") {
        Ok(mistake) => format!("{mistake}.events"),
        Err(_) => "tests/events".to_owned(),
    };
    let events = std::fs::read_to_string(&file).unwrap();
    let exact = arguments.iter().position(|it| it == "--exact");
    let wanted = exact.map(|at| format!("\"name\":\"{}\"", arguments[at + 1]));
    println!(r#"{{"type":"suite","event":"started","test_count":1}}"#);
    for event in events.lines() {
        if arguments.iter().any(|it| it == "--list") {
            let name = event.split("\"name\":\"").nth(1).unwrap();
            println!("{}: test", name.split('"').next().unwrap());
        } else if wanted.as_ref().is_none_or(|wanted| event.contains(wanted)) {
            assert_eq!(std::env::var("SOCKETLINGS_SEED").as_deref(), Ok("1"));
            let port = 40000 + std::process::id() % 10000;
            println!("{}", event.replace("PORT", &port.to_string()));
        }
    }
    println!(r#"{{"type":"suite","event":"ok"}}"#);
}
"##;

/// A case of this name, in which the client sends this.
fn passed(name: &str, sent: &[u8]) -> Value {
    let recorder = Recorder::new();
    recorder.wire("client", Direction::ToSubmission, Signal::Connected);
    recorder.wire("client", Direction::ToSubmission, Signal::bytes(sent));
    recorder.record(harness::trace::What::Fact {
        asked: "the caller".to_owned(),
        answer: "127.0.0.1:PORT".to_owned(),
    });
    let record = record_to_json(&recorder.record_so_far());
    json!({ "type": "test", "event": "ok", "state": "passed", "name": name, "record": record })
}

fn failed(name: &str) -> Value {
    let recorder = Recorder::new();
    recorder.wire("A", Direction::ToSubmission, Signal::Connected);
    recorder.wire("A", Direction::ToPeer, Signal::Silence);
    recorder.remark("expected \"hel\"");
    let finding = Finding {
        id: "says-nothing".to_owned(),
        place: Place::default(),
        observed: "It says nothing.".to_owned(),
        trace: recorder.so_far(),
        exhibit: None,
        by_hand: None,
        why: String::new(),
        fix: String::new(),
        read: String::new(),
    };
    json!({
        "type": "test", "event": "failed", "state": "failed", "name": name,
        "finding": finding_to_json(&finding),
    })
}

fn lines(events: &[Value]) -> String {
    events.iter().map(|event| format!("{event}\n")).collect()
}

/// A course with two cases and a mistake, and a page with these lines.
fn course(page: &[&str]) -> Course {
    let course = Course::new();
    let cases = [passed("takes_calls", b"hel"), passed("says_hello", b"lo")];
    course.write("solutions/lesson01-listen/tests/grade.rs", GRADE);
    course.write("solutions/lesson01-listen/tests/events", lines(&cases));
    let members = "members = [\"solutions/*\", \"harness/tests\"]";
    course.write(
        "Cargo.toml",
        format!("[workspace]\nresolver = \"3\"\n{members}\n"),
    );
    let manifest =
        "[package]\nname = \"harness-tests\"\nedition = \"2024\"\n\n[[bin]]\nname = \"graded\"\n";
    course.write("harness/tests/Cargo.toml", manifest);
    course.write("harness/tests/src/bin/graded.rs", GRADE);
    let mistake = "harness/tests/mistakes/lesson01/says_nothing";
    course.write(
        &format!("{mistake}.edit"),
        "fails: says_hello\nfinding: says-nothing\n--- solution\n",
    );
    course.write(&format!("{mistake}.events"), lines(&[failed("says_hello")]));
    course.write(PAGE, page.join("\n"));
    course
}

const CALLS: &str = "![a](recordings/lesson01/takes_calls.svg \"b\")";
const MISTAKE: &str = "![a](recordings/lesson01/mistakes/says_nothing.svg \"b\")";

#[test]
fn writes_what_the_pages_show_and_nothing_twice() {
    let course = course(&[
        "# Listen",
        CALLS,
        MISTAKE,
        "```text",
        "![a](recordings/none.svg)",
        "```",
    ]);
    // The same again, from a folder within.
    course.write(
        "book/src/hints/lesson01.md",
        "![a](../recordings/lesson01/takes_calls.svg)",
    );
    let (calls, mistake) = (
        format!("{RECORDINGS}/lesson01/takes_calls.svg"),
        format!("{RECORDINGS}/lesson01/mistakes/says_nothing.svg"),
    );
    let said = format!("wrote    {calls}\nwrote    {mistake}\n2 pictures changed.\n");
    course
        .run(&["diagrams"])
        .assert()
        .success()
        .stdout(said)
        .stderr("");

    let svg = course.read(&calls);
    for part in [
        "<title id=\"wire-t\">Lesson 01. Takes calls</title>",
        "client to server: connect.",
        "&quot;hel&quot;",
        ">client</text>",
        ">server</text>",
        "class=\"paper\"",
        "prefers-color-scheme: dark",
    ] {
        assert!(svg.contains(part), "{part}: {svg}");
    }
    assert!(!svg.contains(" ms<"), "{svg}");
    let svg_of_mistake = course.read(&mistake);
    for part in [
        "Lesson 01. A mistake: says nothing",
        "expected &quot;hel&quot;",
        ">client</text>",
    ] {
        assert!(svg_of_mistake.contains(part), "{part}: {svg_of_mistake}");
    }

    // The port is another each time, and that is no other picture.
    for arguments in [&["diagrams"][..], &["diagrams", "--check"]] {
        course
            .run(arguments)
            .assert()
            .success()
            .stdout("Every picture shows what is recorded now.\n");
    }
    assert_eq!(course.read(&calls), svg);
}

#[test]
fn a_check_names_what_would_be_written() {
    let course = course(&[CALLS, "![a](recordings/lesson01/says_hello.svg)"]);
    course.run(&["diagrams"]).assert().success();
    let changed = format!("{RECORDINGS}/lesson01/takes_calls.svg");
    let missing = format!("{RECORDINGS}/lesson01/says_hello.svg");
    let stranger = format!("{RECORDINGS}/lesson09/on_no_page.svg");
    let other = format!("{RECORDINGS}/readme.txt");
    let (recorded, text) = (course.read(&changed), course.read(&missing));
    course.write(&changed, recorded.replace("hel", "hal"));
    std::fs::remove_file(course.path(&missing)).unwrap();
    course.write(&stranger, text);
    course.write(&other, "not ours");
    let said = format!(
        "{changed} differs from what is recorded now\n\
         {missing} is missing, and {PAGE}:2 shows it\n\
         {stranger} is on no page\n\
         Run `cargo course diagrams` and commit what it writes.\n"
    );
    course
        .run(&["diagrams", "--check"])
        .assert()
        .code(1)
        .stdout(said);
    assert!(!course.path(&missing).exists(), "a check writes nothing");

    let said = format!(
        "wrote    {changed}\nwrote    {missing}\nremoved  {stranger}\n3 pictures changed.\n"
    );
    course.run(&["diagrams"]).assert().success().stdout(said);
    assert!(course.read(&changed).contains("hel"));
    assert!(!course.path(&format!("{RECORDINGS}/lesson09")).exists());
    assert_eq!(course.read(&other), "not ours");
    course.run(&["diagrams", "--check"]).assert().success();
}

#[test]
fn a_reference_that_leads_nowhere_is_named_by_its_line() {
    let course = course(&[
        "# Listen",
        "![a](recordings/lesson01/take_calls.svg)",
        "![a](recordings/lesson01/mistakes/says_more.svg)",
        "![a](recordings/lesson07/takes_calls.svg)",
        "![a](../recordings/lesson01/takes_calls.svg)",
        CALLS,
    ]);
    let said = format!(
        "{PAGE}:4: there is no lesson07\n\
         {PAGE}:5: ../recordings/lesson01/takes_calls.svg is no recording. Here they are called \
         recordings/lessonNN/CASE.svg and recordings/lessonNN/mistakes/NAME.svg\n\
         {PAGE}:2: lesson 01 has no case `take_calls`. The nearest is `takes_calls`\n\
         {PAGE}:3: there is no mistake harness/tests/mistakes/lesson01/says_more.rs, nor says_more.edit\n"
    );
    let wrote = format!("wrote    {RECORDINGS}/lesson01/takes_calls.svg\n");
    // What can be recorded is.
    let run = course.run(&["diagrams"]).assert().code(1);
    run.stdout(format!("{said}{wrote}"));
    course
        .run(&["diagrams", "--check"])
        .assert()
        .code(1)
        .stdout(said);
    course
        .run(&["diagrams", "--chek"])
        .assert()
        .code(2)
        .stderr(contains("--check"));
}

#[test]
fn what_the_book_shows_has_to_come_out_as_it_says() {
    let course = course(&[
        "![a](recordings/lesson01/fails.svg)",
        "![a](recordings/lesson01/skipped.svg)",
        MISTAKE,
    ]);
    let skipped = json!({
        "type": "test", "event": "ignored", "state": "skipped", "name": "skipped", "message": "no IPv6 here",
    });
    course.write(
        "solutions/lesson01-listen/tests/events",
        lines(&[failed("fails"), skipped]),
    );
    course.write(
        "harness/tests/mistakes/lesson01/says_nothing.events",
        lines(&[passed("says_hello", b"x")]),
    );
    course.run(&["diagrams"]).assert().code(1).stdout(format!(
        "{PAGE}:1: the solution does not pass `fails` of lesson 01\n\
         {PAGE}:2: `skipped` of lesson 01 cannot run here: no IPv6 here\n\
         {PAGE}:3: the mistake `says_nothing` of lesson 01 does not fail says_hello\n"
    ));

    course.write("solutions/lesson01-listen/src/lib.rs", "what?");
    course
        .run(&["diagrams"])
        .assert()
        .code(1)
        .stderr(contains("solution01 cannot be built").and(contains("what?")));
}
