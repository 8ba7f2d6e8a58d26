//! The grader's arguments and exit codes, and what it says on bad input and on poor machines.

use std::process::{Command, Output, Stdio};

use assert_cmd::assert::OutputAssertExt;
use harness_tests::Submission;
use predicates::prelude::*;
use predicates::str::contains;

const RIGHT: &str = "alternatives/lesson01/rustix";
const WRONG: &str = "mistakes/lesson01/returns_the_requested_port";
const STUB: &str = "mistakes/lesson01/still_a_stub";

fn grade(name: &str) -> Command {
    let mut command = Submission::named(name, env!("CARGO_BIN_EXE_graded")).command();
    command.env("LC_ALL", "C.UTF-8").env_remove("NO_COLOR");
    command
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}

/// How many cases lesson 01 has.
fn cases() -> usize {
    let output = grade(RIGHT)
        .args(["--list", "--format", "terse"])
        .output()
        .unwrap();
    stdout(&output).lines().count()
}

/// No word of Rust's panics may reach a learner.
fn no_panic_text() -> impl Predicate<str> {
    contains("panicked at")
        .not()
        .and(contains("RUST_BACKTRACE").not())
}

#[test]
fn a_right_submission_lists_every_case_and_ends_like_libtest() {
    grade(RIGHT)
        .assert()
        .success()
        .stdout(contains("✓ opens_a_tcp_socket_over_ipv4"))
        .stdout(contains("✓ says_why_it_cannot_listen"))
        .stdout(contains("\ntest result: ok. "))
        .stdout(contains(
            " passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in ",
        ));
}

#[test]
fn a_stub_is_told_where_to_start_and_nothing_else() {
    let output = grade(STUB).output().unwrap();
    assert_eq!(output.status.code(), Some(101));
    let page = stdout(&output);
    assert!(
        contains("○ opens_a_tcp_socket_over_ipv4").eval(&page),
        "{page}"
    );
    assert!(contains("still a stub").eval(&page), "{page}");
    assert!(
        contains(format!("{} more cases wait behind it", cases() - 1)).eval(&page),
        "{page}"
    );
    assert!(contains("Start with `open` in ").eval(&page), "{page}");
    assert!(
        contains(
            "still_a_stub.rs:12
"
        )
        .eval(&page),
        "{page}"
    );
    assert!(
        contains("book/src/lesson01-listen.md#open").eval(&page),
        "{page}"
    );
    assert!(contains("not yet implemented").not().eval(&page), "{page}");
}

#[test]
fn a_mistake_is_explained_in_25_lines() {
    let output = grade(WRONG).output().unwrap();
    assert_eq!(output.status.code(), Some(101));
    let page = stdout(&output);
    for part in [
        "bind_to returned 127.0.0.1:0",
        "  why   ",
        "  fix   `bind_to` in",
        "  read  book/src/lesson01-listen.md#port-0",
        "  again cargo test -p harness-tests --test grade returns_the_port_that_the_kernel_chose",
    ] {
        assert!(page.contains(part), "{part:?} is missing:\n{page}");
    }
    let all = lines(&page);
    let begin = all
        .iter()
        .position(|line| line.contains("more cases wait"))
        .unwrap();
    let end = all
        .iter()
        .position(|line| line.starts_with("test result"))
        .unwrap();
    assert!(end - begin <= 28, "{page}");
}

#[test]
fn every_case_is_graded_when_asked_to() {
    let output = grade(WRONG).arg("--no-fail-fast").output().unwrap();
    assert_eq!(output.status.code(), Some(101));
    let page = stdout(&output);
    assert!(
        contains("✓ says_why_it_cannot_listen").eval(&page),
        "{page}"
    );
    assert!(contains("wait behind it").not().eval(&page), "{page}");
}

#[test]
fn cases_can_be_listed_as_cargo_nextest_does() {
    let output = grade(RIGHT)
        .args(["--list", "--format", "terse"])
        .output()
        .unwrap();
    assert!(output.status.success());
    let page = stdout(&output);
    assert!(lines(&page).len() > 20, "{page}");
    assert!(page.lines().all(|line| line.ends_with(": test")), "{page}");
    let ignored = grade(RIGHT)
        .args(["--list", "--format", "terse", "--ignored"])
        .output()
        .unwrap();
    assert_eq!(stdout(&ignored), "");
}

#[test]
fn a_filter_selects_by_a_part_of_the_name_and_exact_by_all_of_it() {
    let some = grade(RIGHT).arg("backlog").output().unwrap();
    assert!(
        contains("2 passed; 0 failed").eval(&stdout(&some)),
        "{}",
        stdout(&some)
    );
    let one = grade(RIGHT)
        .args(["--exact", "hands_the_backlog_on"])
        .output()
        .unwrap();
    assert!(
        contains("1 passed; 0 failed").eval(&stdout(&one)),
        "{}",
        stdout(&one)
    );
    let others = grade(RIGHT)
        .args(["backlog", "--skip", "gives"])
        .output()
        .unwrap();
    assert!(
        contains("1 passed; 0 failed").eval(&stdout(&others)),
        "{}",
        stdout(&others)
    );
}

#[test]
fn an_unknown_case_is_no_pass_and_the_nearest_is_named() {
    grade(RIGHT)
        .args(["--exact", "hands_the_backlog_onn"])
        .assert()
        .code(2)
        .stdout("")
        .stderr(contains("\"hands_the_backlog_onn\""))
        .stderr(contains("hands_the_backlog_on\n"))
        .stderr(contains("-- --list"));
    grade(RIGHT)
        .arg("zzz")
        .assert()
        .code(2)
        .stderr(contains("\"zzz\""));
}

#[test]
fn an_unknown_argument_is_a_matter_of_usage() {
    grade(RIGHT)
        .arg("--frobnicate")
        .assert()
        .code(2)
        .stderr(contains("--frobnicate"));
}

#[test]
fn json_is_one_object_a_line_in_libtests_words() {
    let output = grade(WRONG).args(["--format", "json"]).output().unwrap();
    let events: Vec<serde_json::Value> = stdout(&output)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    assert_eq!(events[0]["type"], "suite");
    assert_eq!(
        events[0]["test_count"].as_u64().map(|count| count as usize),
        Some(events.len() - 2)
    );
    let failed = events
        .iter()
        .find(|event| event["event"] == "failed")
        .unwrap();
    assert_eq!(failed["finding"]["id"], "requested-port-returned");
    assert_eq!(failed["finding"]["place"]["function"], "bind_to");
    assert!(
        failed["finding"]["trace"]
            .as_array()
            .is_some_and(|trace| !trace.is_empty())
    );
    let rendered = failed["rendered"].as_str().unwrap();
    assert!(rendered.contains("\n  why   "), "{rendered}");
    assert!(!rendered.contains('\u{1b}'), "{rendered}");
    let waiting = events
        .iter()
        .filter(|event| event["state"] == "waiting")
        .count();
    let passed = events
        .iter()
        .filter(|event| event["state"] == "passed")
        .count();
    assert_eq!(passed + 1 + waiting, cases());
    assert_eq!(events.last().unwrap()["event"], "failed");
}

#[test]
fn json_holds_the_words_of_the_page_with_its_colours() {
    let arguments = ["--format", "json", "--color", "always"];
    let output = grade(WRONG).args(arguments).output().unwrap();
    let rendered = |line: &str| {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        Some(event["rendered"].as_str()?.to_owned())
    };
    let text: Vec<String> = stdout(&output).lines().filter_map(rendered).collect();
    assert_eq!(text.len(), 1);
    assert!(text[0].starts_with("  \u{1b}["), "{:?}", text[0]);
}

#[test]
fn a_record_is_given_of_every_case_when_asked_for() {
    let arguments = ["--format", "json", "--no-fail-fast"];
    for (more, expected) in [(None, false), (Some("--record"), true)] {
        let output = grade(WRONG).args(arguments).args(more).output().unwrap();
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap();
        for line in stdout(&output).lines() {
            let event: serde_json::Value = serde_json::from_str(line).unwrap();
            if event["type"] != "test" || event["state"] == "skipped" {
                continue;
            }
            let record = harness::json::record_from_json(&event["record"]);
            assert_eq!(record.is_some(), expected, "{line}");
            // It began in this test, whatever the machine has to do besides.
            let hour = std::time::Duration::from_secs(3600);
            let recent = |record: harness::trace::Record| record.began.abs_diff(now) < hour;
            assert!(record.is_none_or(recent), "{line}");
        }
    }
}

#[test]
fn terse_is_a_letter_a_case() {
    let output = grade(RIGHT).arg("-q").output().unwrap();
    let dots = |line: &&str| line.len() > 20 && line.bytes().all(|letter| letter == b'.');
    assert!(
        stdout(&output).lines().any(|line| dots(&line)),
        "{}",
        stdout(&output)
    );
}

#[test]
fn colour_is_for_terminals_and_for_those_who_ask() {
    assert!(!stdout(&grade(WRONG).output().unwrap()).contains('\u{1b}'));
    assert!(stdout(&grade(WRONG).args(["--color", "always"]).output().unwrap()).contains('\u{1b}'));
}

#[test]
fn a_locale_without_unicode_gets_ascii() {
    let output = grade(WRONG).env("LC_ALL", "C").output().unwrap();
    assert!(stdout(&output).is_ascii(), "{}", stdout(&output));
    assert!(
        contains("x returns_the_port").eval(&stdout(&output)),
        "{}",
        stdout(&output)
    );
}

#[test]
fn a_closed_pipe_is_said_on_stderr_and_changes_no_verdict() {
    for (name, code) in [(RIGHT, 0), (WRONG, 101)] {
        let mut child = grade(name)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(code));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            contains("could not be written")
                .and(no_panic_text())
                .eval(&said),
            "{said}"
        );
    }
}

#[test]
fn a_log_file_takes_the_place_of_stdout() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("page.txt");
    let output = grade(RIGHT).arg("--logfile").arg(&file).output().unwrap();
    assert!(output.status.success());
    assert_eq!(stdout(&output), "");
    assert!(contains("test result: ok").eval(&std::fs::read_to_string(&file).unwrap()));
    let nowhere = folder.path().join("no/such/folder");
    grade(RIGHT)
        .arg("--logfile")
        .arg(nowhere)
        .assert()
        .code(2)
        .stderr(contains("cannot be written"));
}

#[test]
fn what_a_submission_prints_is_shown_with_the_case_that_failed_only() {
    let flood = "hostile/lesson01/floods_stdout";
    let output = grade(flood).output().unwrap();
    let page = stdout(&output);
    assert!(contains("your code printed").eval(&page), "{page}");
    assert!(page.len() < 10_000, "{} bytes", page.len());
    assert!(
        contains("your code printed")
            .not()
            .eval(&stdout(&grade(RIGHT).output().unwrap()))
    );
}

#[test]
fn the_variable_of_a_child_is_of_no_use_to_anybody_else() {
    grade(RIGHT)
        .env("SOCKETLINGS_CASE", "hands_the_backlog_on")
        .assert()
        .code(2)
        .stderr(contains("grader's own use"));
}

/// Runs a grading in namespaces of its own, prepared by a line of shell; `None`, with a word, where that
/// is not permitted.
fn in_a_namespace(flags: &str, prepare: &str, name: &str) -> Option<Output> {
    let graded = grade(name);
    let mut command = Command::new("unshare");
    command
        .args([flags, "sh", "-c", &format!("{prepare} && exec \"$0\"")])
        .arg(graded.get_program());
    for (key, value) in graded.get_envs() {
        match value {
            Some(value) => command.env(key, value),
            None => command.env_remove(key),
        };
    }
    match command.output() {
        Ok(output) if !output.stdout.is_empty() => Some(output),
        other => {
            eprintln!("skipped: no namespace with {flags} could be made here ({other:?})");
            None
        }
    }
}

#[test]
fn without_ipv6_its_cases_are_skipped_and_the_rest_passes() {
    let prepare = "ip link set lo up && echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6";
    let Some(output) = in_a_namespace("-rn", prepare, RIGHT) else {
        return;
    };
    let page = stdout(&output);
    assert!(output.status.success(), "{page}");
    assert!(contains("this machine has no IPv6").eval(&page), "{page}");
    assert!(contains(" 3 ignored").eval(&page), "{page}");
}

#[test]
fn without_proc_everything_is_still_graded() {
    let Some(output) = in_a_namespace("-rm", "mount -t tmpfs none /proc", RIGHT) else {
        return;
    };
    assert!(output.status.success(), "{}", stdout(&output));
    let Some(output) = in_a_namespace("-rm", "mount -t tmpfs none /proc", WRONG) else {
        return;
    };
    assert_eq!(output.status.code(), Some(101));
    assert!(
        contains("bind_to returned 127.0.0.1:0").eval(&stdout(&output)),
        "{}",
        stdout(&output)
    );
}

#[test]
fn without_loopback_the_grader_says_so_and_blames_nobody() {
    let Some(output) = in_a_namespace("-rn", "true", RIGHT) else {
        return;
    };
    let page = stdout(&output);
    assert_eq!(output.status.code(), Some(101), "{page}");
    assert!(contains("could not be graded").eval(&page), "{page}");
}
