//! `course grade` with the real grader of lesson 01: what counts of a submission, what it comes to, and what it may do.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::SystemTime;

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;
use tempfile::TempDir;

const LIBRARY: &str = "src/lib.rs";
/// How often it is looked whether something has happened.
#[cfg(target_os = "linux")]
const LOOK: std::time::Duration = std::time::Duration::from_millis(5);

/// A folder of submissions, and one for what they came to.
struct Class {
    folder: TempDir,
}

impl Class {
    fn new() -> Class {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("inbox")).unwrap();
        Class { folder }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Puts a file into a submission.
    fn hand_in(&self, name: &str, path: &str, text: &str) {
        let path = self.path("inbox").join(name).join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// `course grade 1` with these arguments, in the folder around the inbox.
    fn grade(&self, arguments: &[&str]) -> Command {
        Command::from_std(self.std_command(arguments))
    }

    fn std_command(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_course"));
        command
            .arg("--root")
            .arg(root())
            .args(["grade", "1"])
            .args(arguments)
            .current_dir(self.folder.path())
            .env("LC_ALL", "C.UTF-8")
            .env_remove("CLICOLOR_FORCE");
        command
    }

    /// Grades all of them, and gives what was said on stdout.
    fn grade_all(&self, more: &[&str]) -> String {
        let all = ["--all", "inbox", "--out", "out"];
        let output = self.grade(&[&all, more].concat()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{said}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// grades.json of the last grading.
    fn grades(&self) -> Vec<Value> {
        let text = fs::read(self.path("out/grades.json")).unwrap();
        serde_json::from_slice(&text).unwrap()
    }

    /// The name and the state of each.
    fn states(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let grades = self.grades().into_iter();
        grades
            .map(|grade| (text(&grade["name"]), text(&grade["state"])))
            .collect()
    }
}

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap().to_owned()
}

fn solution() -> String {
    fs::read_to_string(root().join("solutions/lesson01-listen/src/lib.rs")).unwrap()
}

/// One of those that the grader's own tests grade.
fn mistake(name: &str) -> String {
    let folder = root().join("harness/tests/mistakes/lesson01");
    fs::read_to_string(folder.join(name).with_extension("rs")).unwrap()
}

/// The solution with `code` at the start of `open`, and with `items` at its end.
fn solution_with(code: &str, items: &str) -> String {
    let start = "pub fn open() -> io::Result<Socket> {\n";
    let solution = solution();
    assert!(solution.contains(start), "{solution}");
    solution.replace(start, &format!("{start}{code}\n")) + items
}

/// Every file below `folder`, with what is in it.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.clone(), fs::read(path).unwrap()));
        }
    }
    found.sort();
    found
}

#[test]
fn a_class_is_graded_and_written_down() {
    let class = Class::new();
    class.hand_in("ada", "lessons/lesson01-listen/src/lib.rs", &solution());
    class.hand_in(
        "Bea Löwe",
        "lesson01-listen/src/lib.rs",
        &mistake("returns_the_requested_port"),
    );
    class.hand_in("=1+2", LIBRARY, &mistake("still_a_stub"));
    class.hand_in("c..d", LIBRARY, "pub fn open( {\n");
    class.hand_in("e\nf", LIBRARY, "include!(\"/etc/passwd\");\n");
    class.hand_in("nothing", "lessons/lesson02-echo/src/lib.rs", "");
    class.hand_in(".hidden", LIBRARY, "");
    fs::write(class.path("inbox/notes.txt"), "").unwrap();
    let handed_in = files(&class.path("inbox"));

    let said = class.grade_all(&[]);

    let expected = [
        ("=1+2", "stub"),
        ("Bea Löwe", "started"),
        ("ada", "done"),
        ("c..d", "does-not-compile"),
        ("e\nf", "does-not-compile"),
        ("notes.txt", "missing"),
        ("nothing", "missing"),
    ]
    .map(|(name, state)| (name.to_owned(), state.to_owned()));
    assert_eq!(class.states(), expected);
    assert!(said.contains("1 of 7 are done."), "{said}");
    assert!(said.contains("In out: grades.csv"), "{said}");
    assert_eq!(files(&class.path("inbox")), handed_in);

    let grades = class.grades();
    let bea = &grades[1];
    assert_eq!(
        bea["first"]["case"],
        "returns_the_port_that_the_kernel_chose"
    );
    assert_eq!(bea["first"]["finding"], "requested-port-returned");
    let place = bea["first"]["place"].as_str().unwrap();
    assert!(place.starts_with("src/lib.rs:"), "{place}");
    assert_eq!(grades[2]["passed"], grades[2]["cases"]);
    let error = grades[3]["error"].as_str().unwrap();
    assert!(error.contains("src/lib.rs:1"), "{error}");

    let csv = fs::read_to_string(class.path("out/grades.csv")).unwrap();
    let lines: Vec<&str> = csv.split("\r\n").collect();
    assert!(
        lines[0].starts_with("name,state,passed,cases,skipped,"),
        "{csv}"
    );
    assert!(lines[1].starts_with("'=1+2,stub,"), "{csv}");
    assert!(lines[5].starts_with("\"e\nf\",does-not-compile,"), "{csv}");
    let xml = fs::read_to_string(class.path("out/grades.xml")).unwrap();
    assert_eq!(xml.matches("<testsuite ").count(), 7, "{xml}");
    for file in ["ada", "Bea Löwe", "=1+2", "c..d", "e%0Af", "nothing"] {
        assert!(class.path(&format!("out/{file}.json")).is_file(), "{file}");
    }
}

#[test]
fn what_is_graded_already_is_taken_over_until_it_changes() {
    let class = Class::new();
    class.hand_in("ada", LIBRARY, &solution());
    class.hand_in("bea", LIBRARY, &mistake("returns_the_requested_port"));
    class.hand_in("eva", LIBRARY, "not rust");
    let said = class.grade_all(&[]);
    assert!(!said.contains("taken over"), "{said}");
    let first = class.grades();

    let said = class.grade_all(&[]);
    assert!(said.contains("3 taken over from an earlier run."), "{said}");
    assert_eq!(class.grades(), first);

    class.hand_in("bea", LIBRARY, &solution());
    let said = class.grade_all(&[]);
    assert!(said.contains("2 taken over from an earlier run."), "{said}");
    let second = class.grades();
    assert_eq!((&second[0], &second[2]), (&first[0], &first[2]));
    assert_eq!(second[1]["state"], "done");
}

/// The worst that could happen: that somebody gets the grade of the one before.
#[test]
fn nobody_gets_anothers_grade() {
    let right = solution();
    let word = "socket.listen(backlog)";
    assert!(right.contains(word));
    let wrong = right.replace(word, "Ok((socket,backlog).1-backlog).map(drop)");
    let length = wrong.len();
    let right = format!("{right}{}", "/".repeat(length - right.len() - 1));
    let right = format!("{right}\n");
    assert_eq!(right.len(), wrong.len());
    let class = Class::new();
    let then = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    for number in 0..6 {
        let name = format!("s{number}");
        let text = if number % 2 == 0 { &right } else { &wrong };
        class.hand_in(&name, LIBRARY, text);
        let file = class.path("inbox").join(&name).join(LIBRARY);
        let file = File::options().write(true).open(file).unwrap();
        file.set_modified(then).unwrap();
    }
    let expected: Vec<(String, String)> = (0..6)
        .map(|number| {
            let state = if number % 2 == 0 { "done" } else { "started" };
            (format!("s{number}"), state.to_owned())
        })
        .collect();
    for jobs in ["1", "3"] {
        class.grade_all(&["--jobs", jobs]);
        assert_eq!(class.states(), expected, "with --jobs {jobs}");
        fs::remove_dir_all(class.path("out")).unwrap();
    }
}

#[test]
fn nothing_but_the_sources_counts() {
    let class = Class::new();
    let lesson = "lesson01-listen";
    let hand_in = |path: &str, text: &str| class.hand_in("ada", path, text);
    hand_in(
        &format!("{lesson}/src/lib.rs"),
        &mistake("backlog_hard_coded"),
    );
    let passes = "fn main() {}\n";
    hand_in(&format!("{lesson}/tests/grade.rs"), passes);
    let built = class.path("built");
    let writes = format!("fn main() {{ std::fs::write({built:?}, \"\").unwrap(); }}\n");
    hand_in(&format!("{lesson}/build.rs"), &writes);
    hand_in(
        &format!("{lesson}/Cargo.toml"),
        "[package]\nname = \"lesson01\"\nbuild = \"build.rs\"\n[workspace]\n[dependencies]\nharness = { path = \"x\" }\n",
    );
    let config = "[build]\nrustc = \"/bin/true\"\n[env]\nSOCKETLINGS_PROGRAM = \"true\"\n";
    for folder in ["", "lesson01-listen/"] {
        hand_in(&format!("{folder}.cargo/config.toml"), config);
        hand_in(
            &format!("{folder}rust-toolchain.toml"),
            "[toolchain]\nchannel = \"1.0.0\"\n",
        );
        hand_in(&format!("{folder}Cargo.lock"), "nonsense");
    }
    class
        .grade(&["--dir", "inbox/ada"])
        .assert()
        .code(1)
        .stdout(contains("book/src/when-it-fails.md#backlog"));
    class.grade_all(&[]);
    assert_eq!(class.grades()[0]["state"], "started");
    assert!(!built.exists());
}

#[test]
fn what_the_compiler_takes_in_from_elsewhere_is_refused() {
    let class = Class::new();
    let elsewhere = root().join("solutions/lesson01-listen/src/lib.rs");
    class.hand_in(
        "bea",
        LIBRARY,
        &format!("#[path = {elsewhere:?}]\nmod it;\npub use it::*;\n"),
    );
    class.hand_in("eva", LIBRARY, &solution());
    class.hand_in(
        "eva",
        "src/main.rs",
        "fn main() { println!(include_str!(\"/etc/passwd\")) }\n",
    );
    // A file of its own may be taken in.
    class.hand_in("ivo", LIBRARY, "include!(\"more/a b.rs\");\n");
    let without_docs = solution().replace("//!", "//");
    class.hand_in("ivo", "src/more/a b.rs", &without_docs);
    class.grade_all(&[]);
    let expected = [("bea", "refused"), ("eva", "refused"), ("ivo", "done")];
    let expected = expected.map(|(name, state)| (name.to_owned(), state.to_owned()));
    assert_eq!(class.states(), expected);
    let error = class.grades()[0]["error"].as_str().unwrap().to_owned();
    assert!(error.contains(elsewhere.to_str().unwrap()), "{error}");
}

/// A submission that is green only when none of these places can be written to.
fn writes_to(places: &[PathBuf]) -> String {
    // One of the cases leaves no descriptor to look around with.
    let code = "    if std::fs::File::open(\"/dev/null\").is_ok() { look_around().map_err(io::Error::other)?; }";
    let items = format!(
        r#"
/// Where something could be written that is none of its business.
fn look_around() -> Result<(), String> {{
    let own = std::env::temp_dir().join("mine");
    std::fs::write(&own, "x").map_err(|error| format!("{{own:?}}: {{error}}"))?;
    for secret in ["A_SECRET_TOKEN", "CARGO_REGISTRY_TOKEN"] {{
        if std::env::var_os(secret).is_some() {{
            return Err(format!("sees {{secret}}"));
        }}
    }}
    let mut places: Vec<std::path::PathBuf> = vec!{places:?}.into_iter().map(Into::into).collect();
    let grader = std::env::current_exe().map_err(|error| error.to_string())?;
    let cell = grader.ancestors().nth(2).unwrap().to_owned();
    places.extend(["src/lib.rs", "out/grade", "out/listen", "new", "../new"].map(|it| cell.join(it)));
    for place in places {{
        if std::fs::write(&place, "x").is_ok() {{
            return Err(format!("wrote to {{place:?}}"));
        }}
        if std::fs::create_dir_all(place.join("sub")).is_ok() {{
            return Err(format!("made {{place:?}}/sub"));
        }}
        if std::fs::rename(&own, &place).is_ok() || std::fs::hard_link(&own, &place).is_ok() {{
            return Err(format!("put something at {{place:?}}"));
        }}
        if std::fs::remove_file(&place).is_ok() || std::fs::remove_dir_all(&place).is_ok() {{
            return Err(format!("removed {{place:?}}"));
        }}
    }}
    Ok(())
}}
"#
    );
    solution_with(code, &items)
}

#[test]
fn a_submission_writes_nowhere_but_in_its_own_folders() {
    let class = Class::new();
    let places = [
        class.path("inbox/eve/src/lib.rs"),
        class.path("inbox/eve/new"),
        class.path("inbox/ada/src/lib.rs"),
        class.path("out/ada.json"),
        class.path("out/grades.csv"),
        class.path("home/.bashrc"),
        class.path("new"),
        std::env::temp_dir().join("socketlings-was-here"),
        root().join("lessons/lesson01-listen/new"),
    ];
    class.hand_in("ada", LIBRARY, &solution());
    class.hand_in("eve", LIBRARY, &writes_to(&places));
    let home = class.path("home");
    fs::create_dir(&home).unwrap();
    fs::write(home.join(".bashrc"), "mine").unwrap();
    let before = files(&class.path("inbox"));

    let mut grade = class.grade(&["--all", "inbox", "--out", "out", "--jobs", "1"]);
    // The toolchain is found by them, where there is no other word of it.
    for name in ["CARGO_HOME", "RUSTUP_HOME"] {
        let folder = format!(".{}", name[..name.len() - 5].to_lowercase());
        let known = std::env::var_os(name).map(PathBuf::from);
        let usual = std::env::home_dir().map(|home| home.join(folder));
        if let Some(folder) = known.or(usual) {
            grade.env(name, folder);
        }
    }
    grade.env("HOME", &home).env("A_SECRET_TOKEN", "x");
    grade.env("CARGO_REGISTRY_TOKEN", "x");
    let output = grade.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    if said.contains("no Landlock") {
        eprintln!("skipped: {said}");
        return;
    }
    assert_eq!(output.status.code(), Some(0), "{said}");
    let eve = &class.grades()[1];
    assert_eq!(eve["state"], "done", "{eve:#}");
    assert_eq!(files(&class.path("inbox")), before);
    assert_eq!(fs::read(home.join(".bashrc")).unwrap(), b"mine");
    assert!(!places[6].exists() && !places[7].exists() && !places[8].exists());
}

#[test]
fn whoever_takes_too_long_is_ended_and_graded_again() {
    let class = Class::new();
    class.hand_in("ada", LIBRARY, &solution_with("    loop {}", ""));
    for _ in 0..2 {
        let said = class.grade_all(&["--time-limit", "1"]);
        assert!(!said.contains("taken over"), "{said}");
        assert_eq!(class.grades()[0]["state"], "too-slow");
    }
    class
        .grade(&["--dir", "inbox/ada", "--time-limit", "1"])
        .assert()
        .code(1)
        .stderr(contains("--time-limit"));
}

/// A grading that is killed when this is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_killed_run_leaves_nothing_running_and_is_gone_on_with() {
    let class = Class::new();
    for number in 0..5 {
        let text = format!("{}// {number}\n", solution());
        class.hand_in(&format!("s{number}"), LIBRARY, &text);
    }
    let arguments = ["--all", "inbox", "--out", "out", "--jobs", "1"];
    let mut command = class.std_command(&arguments);
    command.stdout(Stdio::null());
    let mut running = Running(command.spawn().unwrap());
    let written = || -> Vec<(PathBuf, SystemTime)> {
        let entries = fs::read_dir(class.path("out")).into_iter().flatten();
        let mut paths: Vec<PathBuf> = entries
            .map(|entry| entry.unwrap().path())
            .filter(|path| {
                let name = path.file_name().unwrap().to_string_lossy();
                name.starts_with('s') && name.ends_with(".json")
            })
            .collect();
        paths.sort();
        let when = |path: &PathBuf| fs::metadata(path).unwrap().modified().unwrap();
        paths
            .iter()
            .map(|path| (path.clone(), when(path)))
            .collect()
    };
    while written().is_empty() {
        assert!(running.0.try_wait().unwrap().is_none(), "it ended first");
        std::thread::park_timeout(LOOK);
    }
    running.0.kill().unwrap();
    running.0.wait().unwrap();
    let first = written();
    assert!(!first.is_empty());
    // What it started ends when it sees that it is alone.
    while mentions_in_processes(&format!("/course/grading/{}-", running.0.id())) {
        std::thread::park_timeout(LOOK);
    }

    let said = class.grade_all(&["--jobs", "1"]);
    let taken_over = format!("{} taken over from an earlier run.", first.len());
    assert!(said.contains(&taken_over), "{said}");
    let after = written();
    for known in &first {
        assert!(after.contains(known), "{known:?} was graded twice");
    }
    let states = class.states();
    assert_eq!(states.len(), 5);
    assert!(
        states.iter().all(|(_, state)| state == "done"),
        "{states:?}"
    );
}

/// Whether a process has this in its command line.
#[cfg(target_os = "linux")]
fn mentions_in_processes(text: &str) -> bool {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    processes
        .filter_map(|entry| fs::read(entry.path().join("cmdline")).ok())
        .any(|line| String::from_utf8_lossy(&line).contains(text))
}

#[test]
fn one_submission_is_shown_by_the_graders_own_page() {
    let class = Class::new();
    class.hand_in("ada", LIBRARY, &solution());
    class
        .grade(&["--dir", "inbox/ada"])
        .assert()
        .code(0)
        .stdout(contains("lesson 01 · listen").and(contains("test result: ok.")));

    class.hand_in("Bea L", LIBRARY, &mistake("returns_the_requested_port"));
    let case = "returns_the_port_that_the_kernel_chose";
    let again = format!("grade 1 --dir 'inbox/Bea L' {case}");
    class
        .grade(&["--dir", "inbox/Bea L", case])
        .assert()
        .code(1)
        .stdout(contains("inbox/Bea L/src/lib.rs:").and(contains(again)))
        .stdout(contains("test result: FAILED. 0 passed; 1 failed"));

    class.hand_in("ivo", LIBRARY, "pub fn open() -> io::Nothing {}\n");
    class
        .grade(&["--dir", "inbox/ivo"])
        .assert()
        .code(1)
        .stderr(contains("src/lib.rs:1").and(contains("inbox/ivo does not compile")));

    for nowhere in ["inbox", "nowhere"] {
        class
            .grade(&["--dir", nowhere])
            .assert()
            .code(2)
            .stderr(contains(nowhere));
    }
}

/// What would be one's own fault is told from what a submission has done.
#[test]
fn the_command_line_has_to_make_sense() {
    let class = Class::new();
    class.grade(&[]).assert().code(2);
    class.grade(&["--dir", "a", "--all", "b"]).assert().code(2);
    class.grade(&["--dir", "a", "--jobs", "2"]).assert().code(2);
    class.grade(&["--all", "nowhere"]).assert().code(2);
    class
        .grade(&["--all", "inbox", "--out", "out"])
        .assert()
        .code(2)
        .stderr(contains("holds no folder"));
    for (command, words) in [
        ("", "is no command"),
        ("python3 'echo.py", "is no command"),
        ("there-is-no-such-program", "PATH"),
        ("./nowhere", "there is no such file"),
    ] {
        class
            .grade(&["--program", command])
            .assert()
            .code(2)
            .stderr(contains(words));
    }
    // A case that is about a function says nothing of a program.
    class
        .grade(&["--program", "true", "opens_a_tcp_socket_over_ipv4"])
        .assert()
        .code(2);
    class
        .grade(&["--program", "true", "there_is_no_such_case"])
        .assert()
        .code(2);
}

/// A program in the shell that keeps no contract, and the lesson's own, which does.
#[test]
#[cfg(unix)]
fn a_program_is_graded_from_where_it_was_named() -> io::Result<()> {
    let class = Class::new();
    class
        .grade(&["--program", "true", "says_where_it_listens"])
        .assert()
        .code(1)
        .stdout(contains("grade 1 --program true says_where_it_listens"));

    let mut build = std::process::Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "--package", "solution01"]);
    build.args(["--message-format", "json"]).current_dir(root());
    let output = build.output()?;
    let stdout = String::from_utf8_lossy(&output.stdout);
    let program = stdout
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find_map(|message| message["executable"].as_str().map(str::to_owned))
        .unwrap();
    fs::create_dir(class.path("a b"))?;
    std::os::unix::fs::symlink(program, class.path("a b/listen"))?;
    class
        .grade(&["--program", "'a b/listen'"])
        .assert()
        .code(0)
        .stdout(contains("skipped: not applicable").and(contains("test result: ok.")));
    Ok(())
}
