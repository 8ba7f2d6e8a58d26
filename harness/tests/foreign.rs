//! Programs in another language, graded by the same cases: `SOCKETLINGS_PROGRAM` names the command.

use std::path::Path;
use std::process::{Command, Stdio};

use harness::submission::PROGRAM_COMMAND_VARIABLE;
use harness_tests::Submission;
use serde_json::Value;

/// `python3`, where there is one.
fn python() -> Option<&'static str> {
    let mut version = Command::new("python3");
    version.arg("--version").stdout(Stdio::null());
    if version.status().is_ok_and(|status| status.success()) {
        return Some("python3");
    }
    eprintln!("skipped: there is no python3 here");
    None
}

/// Grades `command` by the program cases of a lesson: the exit code, and each case's event.
fn grade(lesson: &str, command: &str) -> (Option<i32>, Vec<Value>) {
    let name = format!("solutions/{lesson}/lib");
    let output = Submission::named(&name, env!("CARGO_BIN_EXE_graded"))
        .command()
        .args(["--format", "json", "--no-fail-fast"])
        .env(PROGRAM_COMMAND_VARIABLE, command)
        .output()
        .unwrap();
    let events = String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|event| event["type"] == "test" && event["event"] != "started")
        .collect();
    (output.status.code(), events)
}

/// Each program case passes, and each function case is not applicable.
fn passes(lesson: &str, command: &str) {
    let (code, events) = grade(lesson, command);
    assert_eq!(code, Some(0), "{events:#?}");
    let passed = events.iter().filter(|event| event["event"] == "ok").count();
    assert!(passed > 2, "{events:#?}");
    for event in events.iter().filter(|event| event["event"] != "ok") {
        let said = event.to_string();
        assert!(
            said.contains("not applicable") || said.contains("IPv6"),
            "{said}"
        );
    }
}

/// `curl`, where there is one of an age that the cases know: the older and the newer differ in what they say.
fn curl() -> Option<&'static str> {
    let version = Command::new("curl").arg("--version").output();
    let said = version.map_or(String::new(), |output| {
        String::from_utf8_lossy(&output.stdout).into_owned()
    });
    let version = said.strip_prefix("curl ").unwrap_or_default();
    let mut numbers = version
        .split('.')
        .map_while(|number| number.parse::<u32>().ok());
    match (numbers.next(), numbers.next()) {
        (Some(7), Some(83..)) | (Some(8), _) => Some("curl -q"),
        (Some(_), _) => {
            eprintln!("skipped: this curl is older than 7.83: {version}");
            None
        }
        (None, _) => {
            eprintln!("skipped: there is no curl here");
            None
        }
    }
}

/// A command that runs a script of `harness/tests/programs`.
fn script(interpreter: &str, name: &str) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("programs")
        .join(name);
    format!(
        "{interpreter} {}",
        shlex::try_quote(script.to_str().unwrap()).unwrap()
    )
}

#[test]
fn a_python_echo_server_passes() {
    if let Some(python) = python() {
        passes("lesson02", &script(python, "echo.py"));
    }
}

#[test]
fn a_python_client_passes() {
    if let Some(python) = python() {
        passes("lesson03", &script(python, "client.py"));
    }
}

/// curl is the specification of lesson 05: no case may ask for what it does not do.
#[test]
fn curl_passes() {
    if let Some(curl) = curl() {
        passes("lesson05", curl);
    }
}

#[test]
fn a_server_inside_a_shell_passes_and_ends_with_it() {
    if let Some(python) = python() {
        let server = script(python, "echo.py");
        passes("lesson02", &format!("sh -c '{server} \"$@\" & wait $!' sh"));
    }
}

#[test]
fn a_command_that_is_none_is_refused() {
    for command in ["", "python3 'echo.py"] {
        let (code, events) = grade("lesson02", command);
        assert_eq!((code, events.len()), (Some(2), 0), "{command:?}");
    }
}

#[test]
fn a_command_that_cannot_be_started_does_not_pass() {
    let (code, _) = grade("lesson02", "/there/is/no/such/program");
    assert_eq!(code, Some(101));
}
