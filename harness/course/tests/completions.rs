//! `course completions`: what a shell makes of it.

use std::process::{Command, Stdio};

use predicates::prelude::*;
use predicates::str::contains;

fn completions(shell: &str) -> String {
    let run = assert_cmd::Command::new(env!("CARGO_BIN_EXE_course"))
        .args(["completions", shell])
        .assert()
        .success()
        .stderr("");
    String::from_utf8(run.get_output().stdout.clone()).unwrap()
}

#[test]
fn every_shell_has_a_script_and_others_have_none() {
    for (shell, line) in [
        ("bash", "complete -F _course "),
        ("zsh", "#compdef course\n"),
        ("fish", "complete -c course "),
        ("elvish", "set edit:completion:arg-completer[course]"),
        (
            "powershell",
            "Register-ArgumentCompleter -Native -CommandName 'course'",
        ),
    ] {
        let script = completions(shell);
        assert!(script.contains(line), "{shell}: {script}");
        assert!(script.contains("check"), "{shell}: {script}");
    }
    assert_cmd::Command::new(env!("CARGO_BIN_EXE_course"))
        .args(["completions", "csh"])
        .assert()
        .code(2)
        .stdout("")
        .stderr(contains("bash").and(contains("fish")));
}

/// What bash offers for the last of these words; `None` where there is no bash.
fn offered(words: &[&str]) -> Option<Vec<String>> {
    let script = "
        _cargo() { COMPREPLY=(cargos-own \"$2\"); }
        source /dev/fd/3 3<<<\"$SCRIPT\"
        COMP_WORDS=(\"$@\") COMP_CWORD=$(($# - 1))
        $(complete -p cargo | sed 's/.*-F \\([^ ]*\\).*/\\1/') cargo \"${COMP_WORDS[COMP_CWORD]}\" \"${COMP_WORDS[COMP_CWORD - 1]}\"
        printf '%s\\n' \"${COMPREPLY[@]}\"";
    let output = Command::new("bash")
        .args(["--norc", "-c", script, "bash"])
        .args(words)
        .env("SCRIPT", completions("bash"))
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && said.is_empty(),
        "{words:?}: {said}"
    );
    let offered = String::from_utf8_lossy(&output.stdout);
    Some(offered.lines().map(str::to_owned).collect())
}

#[test]
fn bash_completes_what_stands_behind_cargo_course() {
    let Some(check) = offered(&["cargo", "course", "ch"]) else {
        return;
    };
    assert_eq!(check, ["check"]);
    let is = |words: &[&str], expected: &[&str]| assert_eq!(offered(words).unwrap(), expected);
    is(&["cargo", "course", "check", "li"], &["listen"]);
    is(&["cargo", "+nightly", "course", "bo"], &["book"]);
    is(&["cargo", "course", "completions", "po"], &["powershell"]);
    let lessons = offered(&["cargo", "course", "diff", ""]).unwrap();
    for lesson in ["1", "5", "echo"] {
        assert!(lessons.iter().any(|it| it == lesson), "{lessons:?}");
    }
    is(&["cargo", "course", "book", "wh"], &["when-it-fails"]);
    // The rest is cargo's.
    is(&["cargo", "bui"], &["cargos-own", "bui"]);
    is(&["cargo", "course"], &["cargos-own", "course"]);
}
