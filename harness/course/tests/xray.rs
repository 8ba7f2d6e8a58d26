//! `course x-ray` on the solutions, with the real grader and the real strace.
//!
//! Where there is no strace, or it may not look, the tests that need it say so and are passed.
#![cfg(target_os = "linux")]

mod script;

use std::path::Path;
use std::process::Stdio;

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;

/// `course x-ray` for a lesson's solution.
fn xray(lesson: &str, arguments: &[&str]) -> Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut command = Command::new(env!("CARGO_BIN_EXE_course"));
    command
        .arg("--root")
        .arg(root)
        .args(["x-ray", lesson, "--package", &format!("solution0{lesson}")])
        .args(arguments)
        .env("LC_ALL", "C.UTF-8")
        .env_remove("CLICOLOR_FORCE")
        .env_remove("RUST_BACKTRACE")
        .env_remove("SOCKETLINGS_PROGRAM");
    command
}

/// Can strace look at a process here?
fn strace_works() -> bool {
    let works = std::process::Command::new("strace")
        .args(["-f", "-o", "/dev/null", "true"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !works {
        eprintln!("skipped: there is no strace here, or it may not look at processes");
    }
    works
}

/// The lines of the picture, each from its first letter on, without the times and the arrows.
fn words(output: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(output);
    let lines = text.lines().skip(3).take_while(|line| !line.is_empty());
    let mut words = Vec::new();
    for line in lines {
        assert!(line.chars().count() <= 92, "{line}");
        let (time, rest) = line.split_at(8);
        assert!(time.trim().parse::<f64>().is_ok(), "{line}");
        let is_no_text = |c: char| matches!(c, ' ' | '─' | '◀' | '▶');
        words.push(rest.trim_matches(is_no_text).to_owned());
    }
    words
}

/// Where the first line is that begins so.
fn place(words: &[String], beginning: &str) -> usize {
    let place = words.iter().position(|line| line.starts_with(beginning));
    place.unwrap_or_else(|| panic!("{beginning:?} is not in {words:#?}"))
}

#[test]
fn a_conversation_is_shown_with_its_calls_in_order() {
    if !strace_works() {
        return;
    }
    let assert = xray("2", &["answers_each_piece"]).assert().success();
    let output = assert.get_output();
    let words = words(&output.stdout);
    let order = [
        "connect",
        "echo(stream)",
        "recvfrom(",
        "sendto(",
        "FIN",
        "close(",
    ];
    let places = order.map(|beginning| place(&words, beginning));
    assert!(places.is_sorted(), "{words:#?}");
    assert_eq!(words.last().unwrap().split(' ').next(), Some("echo"));
    // What the grader did on its own sockets is not there.
    for others in ["socket(", "connect(", "setsockopt(", "getsockopt(", "poll("] {
        assert!(
            !words.iter().any(|line| line.starts_with(others)),
            "{words:#?}"
        );
    }
    let stdout = String::from_utf8_lossy(&output.stdout);
    let begins = "lesson 02 · echo  answers_each_piece_as_it_comes\n";
    assert!(stdout.starts_with(begins), "{stdout}");
    assert!(
        stdout.contains("\n✓ answers_each_piece_as_it_comes is passed\n"),
        "{stdout}"
    );
    assert!(stdout.contains("\nread man 2 recv, man 2 send"), "{stdout}");
}

#[test]
fn a_programs_calls_are_shown_from_its_first_socket_on() {
    if !strace_works() {
        return;
    }
    let assert = xray("1", &["prints_each_caller"]).assert().success();
    let words = words(&assert.get_output().stdout);
    let order = [
        "socket(AF_INET, SOCK_STREAM",
        "bind(3, 127.0.0.1:0) = 0",
        "listen(3, ",
        "the program printed: listening on 127.0.0.1:",
        "A: connect",
        "accept4(3, 127.0.0.1:",
        "close(4) = 0",
    ];
    let places = order.map(|beginning| place(&words, beginning));
    assert!(places.is_sorted(), "{words:#?}");
}

#[test]
fn without_a_case_it_is_the_first_where_all_are_passed() {
    if !strace_works() {
        return;
    }
    xray("1", &[])
        .assert()
        .success()
        .stdout(contains("\n✓ opens_a_tcp_socket_over_ipv4 is passed\n"))
        .stdout(contains(
            "socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_TCP) = ",
        ));
}

#[test]
fn a_case_that_is_not_passed_comes_with_its_finding() {
    if !strace_works() {
        return;
    }
    // A program that listens to nobody, and ends.
    xray("1", &["says_where_it_listens"])
        .env("SOCKETLINGS_PROGRAM", "true")
        .assert()
        .code(1)
        .stdout(contains("\n✗ says_where_it_listens is not passed\n"))
        .stdout(contains("\n  why "));
}

#[test]
fn a_locale_without_unicode_gets_none() {
    if !strace_works() {
        return;
    }
    let assert = xray("2", &["answers_each_piece"])
        .env("LC_ALL", "C")
        .assert();
    let output = assert.success().get_output().stdout.clone();
    assert!(output.is_ascii(), "{}", String::from_utf8_lossy(&output));
}

#[test]
fn a_part_of_several_names_or_of_none_is_not_enough() {
    if !strace_works() {
        return;
    }
    xray("1", &["returns_the_error"])
        .assert()
        .code(2)
        .stderr(contains("\n  returns_the_error_of_bind\n"));
    xray("1", &["backlog_forgotten"])
        .assert()
        .code(2)
        .stderr(contains("cargo course x-ray 1 "))
        .stderr(contains("backlog"));
}

#[test]
fn without_strace_it_says_how_to_get_it() {
    let nothing = tempfile::tempdir().unwrap();
    xray("1", &[])
        .env("PATH", nothing.path())
        .assert()
        .code(1)
        .stdout("")
        .stderr(contains("sudo apt-get install strace"))
        .stderr(contains("sudo dnf install strace"))
        .stderr(contains("sudo pacman -S strace"));
}

/// What strace says in a container that forbids ptrace(2).
const REFUSED: &str = "#!/bin/sh
case \" $* \" in *\" -V \"*) exit 0 ;; esac
echo 'strace: test_ptrace_get_syscall_info: PTRACE_TRACEME: Operation not permitted' >&2
echo 'strace: ptrace(PTRACE_TRACEME, ...): Operation not permitted' >&2
exit 1
";

#[test]
fn where_strace_may_not_look_it_says_what_strace_said() {
    let folder = tempfile::tempdir().unwrap();
    let strace = folder.path().join("strace");
    script::make(&strace, REFUSED);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::split_paths(&path);
    let path = std::env::join_paths([folder.path().to_owned()].into_iter().chain(path)).unwrap();
    xray("1", &["says_where_it_listens"])
        .env("PATH", path)
        .assert()
        .code(1)
        .stdout("")
        .stderr(contains(
            "ptrace(PTRACE_TRACEME, ...): Operation not permitted",
        ))
        .stderr(contains("--cap-add=SYS_PTRACE"))
        .stderr(contains("panicked").not());
}
