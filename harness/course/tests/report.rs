//! `course report`, on a small course whose graders say what each test has them say.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::{Command as StdCommand, Stdio};

use assert_cmd::Command;
use harness::finding::{Exhibit, Finding, Place};
use harness::json::{finding_to_json, record_to_json};
use harness::trace::{Direction, Recorder, Signal, What};
use predicates::prelude::*;
use predicates::str::{contains, starts_with};
use quick_junit::{NonSuccessKind, TestCaseStatus};
use quick_xml::Reader;
use quick_xml::events::Event as Xml;
use serde_json::{Value, json};
use tempfile::TempDir;

/// What a hostile submission prints, and what a hostile client sends.
const HOSTILE: &str = "</pre></desc><script>document.title = 'taken'</script>\
    <img src=x onerror=\"document.title='taken'\">&amp;\u{0}\u{1b}[2J\u{202e}txt.exe\u{ffff}]]>";

/// The same as it is shown.
const SEEN: &str = "</pre></desc><script>document.title = 'taken'</script>\
    <img src=x onerror=\"document.title='taken'\">&amp;\\u{0}\\u{1b}[2J\\u{202e}txt.exe\\u{ffff}]]>";

/// A course in a folder of its own, whose graders repeat what stands in a file.
struct Course {
    folder: TempDir,
}

impl Course {
    fn new() -> Course {
        let course = Course {
            folder: tempfile::tempdir().unwrap(),
        };
        course.write(
            "Cargo.toml",
            "[workspace]\nresolver = \"3\"\nmembers = [\"lessons/*\"]\n[profile.dev]\ndebug = false\n",
        );
        fs::create_dir(course.path("lessons")).unwrap();
        fs::create_dir(course.path("solutions")).unwrap();
        course
    }

    /// One in which the lessons are in every state that there is.
    fn in_every_state() -> Course {
        let course = Course::new();
        course.lesson(
            "lesson01-listen",
            &[passed("takes_calls"), skipped("speaks_ipv6")],
        );
        course.lesson(
            "lesson02-echo",
            &[
                passed("sends_back"),
                failed("ends_in_time"),
                stub("says_goodbye"),
            ],
        );
        course.lesson("lesson03-client", &[stub("connects"), stub("gives_up")]);
        course.lesson("lesson04-http", &[passed("responds")]);
        course.write(
            "lessons/lesson04-http/src/lib.rs",
            "pub fn respond() -> u8 { \"<none>\" }\n",
        );
        course.missing_lesson("lesson05-fetch");
        course.lesson("lesson06-proxy", &[]);
        course.write("lessons/lesson06-proxy/tests/grade.rs", "fn main() {}\n");
        course
    }

    fn missing_lesson(&self, folder: &str) {
        fs::create_dir(self.path("solutions").join(folder)).unwrap();
    }

    /// A lesson whose cases come to this.
    fn lesson(&self, folder: &str, cases: &[Value]) {
        self.missing_lesson(folder);
        let package = &folder[..8];
        let targets =
            "[lib]\ntest = false\ndoctest = false\n\n[[test]]\nname = \"grade\"\nharness = false\n";
        let manifest = format!("[package]\nname = \"{package}\"\nedition = \"2024\"\n\n{targets}");
        let file = |path: &str, text: &str| self.write(&format!("lessons/{folder}/{path}"), text);
        file("Cargo.toml", &manifest);
        file("src/lib.rs", "");
        file("tests/grade.rs", GRADE);
        let is_green = cases.iter().all(|case| case["event"] != "failed");
        let mut lines = vec![json!({
            "type": "suite", "event": "started", "test_count": cases.len()
        })];
        lines.extend_from_slice(cases);
        let event = if is_green { "ok" } else { "failed" };
        lines.push(json!({ "type": "suite", "event": event }));
        let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
        file("tests/events", &lines.join("\n"));
        file("tests/exit_code", if is_green { "0" } else { "101" });
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn report(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_course"));
        command
            .arg("--root")
            .arg(self.folder.path())
            .arg("report")
            .args(arguments)
            .current_dir(self.folder.path())
            .env("CARGO_TARGET_DIR", self.path("target"))
            .env("LC_ALL", "C.UTF-8")
            .env_remove("CLICOLOR_FORCE")
            .env_remove("RUST_BACKTRACE");
        command
    }

    /// What it writes to stdout.
    fn text(&self, format: &str) -> String {
        let assert = self.report(&[format]).assert().success().stderr("");
        String::from_utf8(assert.get_output().stdout.clone()).unwrap()
    }

    /// The same, where nothing could be graded.
    fn report_without_cargo(&self, arguments: &[&str]) -> Command {
        let mut command = self.report(arguments);
        command.env("CARGO", self.path("no-cargo-here"));
        command
    }
}

/// It must be asked for all that a report needs.
const GRADE: &str = r#"fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let wanted = ["--format", "json", "--color", "never", "--no-fail-fast", "--record"];
    assert_eq!(arguments, wanted);
    println!("{}", include_str!("events"));
    std::process::exit(include_str!("exit_code").parse().unwrap());
}
"#;

fn case(name: &str, event: &str, state: &str) -> Value {
    json!({
        "type": "test", "name": name, "function": "serve", "event": event, "state": state,
        "exec_time": 0.25,
    })
}

fn passed(name: &str) -> Value {
    let recorder = Recorder::new();
    recorder.wire("client", Direction::ToSubmission, Signal::Connected);
    recorder.wire("client", Direction::ToPeer, Signal::bytes(b"hello\r\n"));
    let mut case = case(name, "ok", "passed");
    case["record"] = record_to_json(&recorder.record_so_far());
    case["stdout"] = json!("all is well");
    case
}

fn skipped(name: &str) -> Value {
    let mut case = case(name, "ignored", "skipped");
    case["message"] = json!("no IPv6 <here>");
    case
}

fn stub(name: &str) -> Value {
    let mut case = case(name, "failed", "stub");
    case["rendered"] =
        json!("  Start with `serve` in lessons/x/src/lib.rs:7\n  read  book/src/x.md#serve\n");
    case
}

/// A finding with something hostile in each of its parts.
fn failed(name: &str) -> Value {
    let recorder = Recorder::new();
    recorder.wire(
        HOSTILE,
        Direction::ToSubmission,
        Signal::bytes(HOSTILE.as_bytes()),
    );
    recorder.wire(
        "client",
        Direction::ToPeer,
        Signal::bytes(&[0xff, 0xc0, b'<', 0]),
    );
    recorder.record(What::Call {
        call: HOSTILE.to_owned(),
        gave: None,
    });
    recorder.remark(HOSTILE);
    let finding = Finding {
        id: "ends-too-late".to_owned(),
        observed: format!("`serve` goes on. {HOSTILE}"),
        trace: recorder.so_far(),
        exhibit: Some(Exhibit {
            title: "received".to_owned(),
            bytes: b"Host <b>: \xff\r\n".to_vec(),
            from: 5,
            to: 8,
            remark: "a space too many".to_owned(),
        }),
        by_hand: Some("printf 'a < b' | nc 127.0.0.1 7000".to_owned()),
        why: "A stream has an end.".to_owned(),
        fix: "Let `serve` return.".to_owned(),
        read: "book/src/lesson02-echo.md#the-end".to_owned(),
        place: Place::default(),
    };
    let mut case = case(name, "failed", "failed");
    case["finding"] = finding_to_json(&finding);
    case["record"] = record_to_json(&recorder.record_so_far());
    case["rendered"] = json!(format!("  The page for people: {HOSTILE}\n"));
    case["stdout"] = json!(HOSTILE);
    case
}

#[test]
fn the_json_has_every_lesson_and_every_case() {
    let course = Course::in_every_state();
    let report: Value = serde_json::from_str(&course.text("--json")).unwrap();
    assert_eq!(report["format"], "socketlings-report");
    assert_eq!(report["version"], 1);
    let when = report["when"].as_str().unwrap();
    assert!(
        when.ends_with('Z') && when.len() == "2026-01-02T03:04:05Z".len(),
        "{when}"
    );
    chrono::DateTime::parse_from_rfc3339(when).unwrap();

    let lessons = report["lessons"].as_array().unwrap();
    let told = lessons.iter().map(|lesson| {
        let number = |key: &str| lesson[key].as_u64().unwrap();
        let counts = ["passed", "failed", "stubs", "skipped"].map(number);
        (
            lesson["package"].as_str().unwrap(),
            lesson["state"].as_str().unwrap(),
            counts,
        )
    });
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            ("lesson01", "done", [1, 0, 0, 1]),
            ("lesson02", "started", [1, 1, 1, 0]),
            ("lesson03", "stub", [0, 0, 2, 0]),
            ("lesson04", "does-not-compile", [0, 0, 0, 0]),
            ("lesson05", "missing", [0, 0, 0, 0]),
            ("lesson06", "unknown", [0, 0, 0, 0]),
        ]
    );
    assert_eq!(
        (&lessons[1]["number"], &lessons[1]["name"]),
        (&json!(2), &json!("echo"))
    );
    let reason = |index: usize| lessons[index]["reason"].as_str();
    assert_eq!(reason(0), None);
    assert!(
        reason(3)
            .unwrap()
            .contains("lessons/lesson04-http/src/lib.rs does not compile")
    );
    assert!(reason(4).unwrap().contains("course reset 5"));
    assert_eq!(reason(5), Some("the grader did not start"));
    let error = lessons[3]["errors"][0].as_str().unwrap();
    assert!(
        error.contains("mismatched types") && !error.contains('\u{1b}'),
        "{error}"
    );

    let cases = lessons[1]["cases"].as_array().unwrap();
    let states: Vec<&Value> = cases.iter().map(|case| &case["state"]).collect();
    assert_eq!(states, ["passed", "failed", "stub"]);
    let (sent, got) = (failed("ends_in_time"), &cases[1]);
    assert_eq!(got["name"], "ends_in_time");
    assert_eq!(got["function"], "serve");
    assert_eq!(got["seconds"], 0.25);
    assert_eq!(got["printed"], HOSTILE);
    assert_eq!(got["rendered"], sent["rendered"]);
    assert_eq!(got["reason"], Value::Null);
    assert_eq!(got["finding"]["exhibit"], sent["finding"]["exhibit"]);
    assert_eq!(got["record"]["trace"].as_array().unwrap().len(), 3);
    assert_eq!(lessons[0]["cases"][1]["reason"], "no IPv6 <here>");
}

#[test]
fn the_junit_file_says_the_same_in_its_words() {
    let course = Course::in_every_state();
    let xml = course.text("--junit");
    let unfit = |c: char| (c.is_control() && c != '\n') || c == '\u{ffff}';
    assert!(!xml.contains(unfit), "{xml}");
    let report = quick_junit::Report::deserialize_from_str(&xml).unwrap();
    assert_eq!((report.tests, report.failures, report.errors), (10, 4, 3));
    let names: Vec<&str> = report
        .test_suites
        .iter()
        .map(|it| it.name.as_str())
        .collect();
    let folders = [
        "lesson01-listen",
        "lesson02-echo",
        "lesson03-client",
        "lesson04-http",
        "lesson05-fetch",
        "lesson06-proxy",
    ];
    assert_eq!(names, folders);

    let case = |suite: usize, case: usize| &report.test_suites[suite].test_cases[case];
    assert_eq!(case(0, 0).classname.as_deref(), Some("lesson01.serve"));
    assert_eq!(case(0, 0).time.unwrap().as_millis(), 250);
    assert_eq!(case(0, 0).system_out.as_deref(), Some("all is well"));
    let TestCaseStatus::Skipped { message, .. } = &case(0, 1).status else {
        panic!("{:?}", case(0, 1));
    };
    assert_eq!(message.as_deref(), Some("no IPv6 <here>"));

    let of_failure = |suite: usize, index: usize| match &case(suite, index).status {
        TestCaseStatus::NonSuccess {
            kind,
            message,
            ty,
            description,
            ..
        } => {
            let text = |text: &Option<quick_junit::XmlString>| {
                text.as_ref()
                    .map(|it| it.as_str().to_owned())
                    .unwrap_or_default()
            };
            (*kind, text(ty), text(message), text(description))
        }
        other => panic!("{other:?}"),
    };
    let (kind, id, observed, rendered) = of_failure(1, 1);
    assert_eq!(
        (kind, id.as_str()),
        (NonSuccessKind::Failure, "ends-too-late")
    );
    assert_eq!(observed, format!("`serve` goes on. {SEEN}"));
    assert!(rendered.contains(SEEN), "{rendered}");
    assert_eq!(case(1, 1).system_out.as_deref(), Some(SEEN));
    let (kind, id, _, rendered) = of_failure(1, 2);
    assert_eq!((kind, id.as_str()), (NonSuccessKind::Failure, "stub"));
    assert!(rendered.contains("Start with `serve`"), "{rendered}");

    let (kind, state, reason, words) = of_failure(3, 0);
    assert_eq!(
        (kind, state.as_str()),
        (NonSuccessKind::Error, "does-not-compile")
    );
    assert!(
        reason.contains("lessons/lesson04-http/src/lib.rs"),
        "{reason}"
    );
    assert!(words.contains("mismatched types"), "{words}");
    assert_eq!(of_failure(4, 0).1, "missing");
    assert_eq!(of_failure(5, 0).1, "unknown");
}

/// An element of a page, with its text and that of all that is in it.
#[derive(Debug, Default)]
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
    /// The names of the elements around it.
    within: Vec<String>,
}

impl Element {
    fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|it| it.0 == name)?;
        Some(&found.1)
    }
}

/// The page as a parser sees it that forgives nothing.
fn elements(page: &str) -> Vec<Element> {
    let mut reader = Reader::from_str(page);
    let mut elements: Vec<Element> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    loop {
        let event = reader
            .read_event()
            .unwrap_or_else(|error| panic!("{error}: {page}"));
        let piece = match &event {
            Xml::Start(tag) | Xml::Empty(tag) => {
                let attributes = tag.attributes().map(Result::unwrap).map(|it| {
                    let value =
                        quick_xml::escape::unescape(std::str::from_utf8(&it.value).unwrap());
                    (text(it.key.as_ref()), value.unwrap().into_owned())
                });
                elements.push(Element {
                    name: text(tag.name().as_ref()),
                    attributes: attributes.collect(),
                    text: String::new(),
                    within: open.iter().map(|it| elements[*it].name.clone()).collect(),
                });
                if matches!(event, Xml::Start(_)) {
                    open.push(elements.len() - 1);
                }
                continue;
            }
            Xml::End(_) => {
                open.pop();
                continue;
            }
            Xml::Text(text) => text.decode().unwrap().into_owned(),
            Xml::GeneralRef(name) => {
                let entity = format!("&{};", name.decode().unwrap());
                quick_xml::escape::unescape(&entity).unwrap().into_owned()
            }
            Xml::Eof => break,
            Xml::DocType(_) => continue,
            other => panic!("{other:?}"),
        };
        for index in &open {
            elements[*index].text.push_str(&piece);
        }
    }
    assert!(open.is_empty());
    elements
}

#[test]
fn the_page_is_made_of_what_it_should_be_made_of() {
    let course = Course::in_every_state();
    let page = course.text("--html");
    assert!(page.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"));
    let unfit = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}' || c == '\u{ffff}';
    assert!(!page.contains(unfit));

    let elements = elements(&page);
    let names: BTreeSet<&str> = elements.iter().map(|it| it.name.as_str()).collect();
    let known = BTreeSet::from([
        "a",
        "body",
        "code",
        "dd",
        "desc",
        "details",
        "div",
        "dl",
        "dt",
        "figcaption",
        "figure",
        "g",
        "h1",
        "h2",
        "h3",
        "head",
        "header",
        "html",
        "li",
        "main",
        "mark",
        "meta",
        "nav",
        "p",
        "path",
        "pre",
        "rect",
        "section",
        "span",
        "strong",
        "style",
        "summary",
        "svg",
        "text",
        "time",
        "title",
        "ul",
    ]);
    assert_eq!(names.difference(&known).count(), 0, "{names:?}");
    for element in &elements {
        for (name, value) in &element.attributes {
            assert!(!name.starts_with("on") && name != "style", "{element:?}");
            if name == "href" {
                assert!(value.starts_with("#lesson"), "{element:?}");
            }
        }
    }
    let policy = elements.iter().find_map(|it| {
        let is_policy = it.attribute("http-equiv") == Some("Content-Security-Policy");
        it.attribute("content").filter(|_| is_policy)
    });
    assert!(
        policy
            .unwrap()
            .starts_with("default-src 'none'; style-src 'unsafe-inline';")
    );

    // What is referred to is there, and once.
    let mut ids = BTreeSet::new();
    for id in elements.iter().filter_map(|it| it.attribute("id")) {
        assert!(ids.insert(id), "{id} is there twice");
    }
    for element in &elements {
        for name in ["aria-labelledby", "aria-describedby", "href"] {
            let id = element.attribute(name).map(|id| id.trim_start_matches('#'));
            assert!(id.is_none_or(|id| ids.contains(id)), "{element:?}");
        }
    }

    // No heading is skipped.
    let is_heading = |name: &&str| matches!(name.as_bytes(), [b'h', b'1'..=b'6']);
    let headings = elements
        .iter()
        .map(|it| it.name.as_str())
        .filter(is_heading);
    let levels: Vec<u8> = headings.map(|name| name.as_bytes()[1] - b'0').collect();
    assert_eq!(levels[..2], [1, 2]);
    assert!(
        levels.windows(2).all(|two| two[1] <= two[0] + 1),
        "{levels:?}"
    );
    assert_eq!(levels.iter().filter(|level| **level == 2).count(), 6);

    let pictures: Vec<&Element> = elements
        .iter()
        .filter(|it| it.name == "svg" && it.attribute("aria-hidden").is_none())
        .collect();
    // Two cases passed, one failed; nothing was recorded of the others.
    assert_eq!(pictures.len(), 3);
    assert!(
        pictures
            .iter()
            .all(|it| it.attribute("role") == Some("img"))
    );
    let steps = "connect.\nyour side to client: \"hello\\r\\n\".\n";
    let described = elements
        .iter()
        .filter(|it| it.name == "desc" && it.text.contains(steps));
    assert_eq!(described.count(), 2);
}

#[test]
fn the_page_says_what_happened_and_what_to_do() {
    let course = Course::in_every_state();
    let page = course.text("--html");
    let elements = elements(&page);
    let text_of = |name: &str| -> Vec<&str> {
        let found = elements.iter().filter(|it| it.name == name);
        found.map(|it| it.text.as_str()).collect()
    };
    let all = text_of("main")[0];
    for expected in [
        "1 of 6 lessons done, 2 of 6 cases pass, 1 cannot run here.",
        "Done, 1 cases pass, 1 cannot run here",
        "1 of 3 cases pass",
        "Still a stub",
        "lessons/lesson04-http/src/lib.rs does not compile yet",
        "mismatched types",
        "lessons/lesson05-fetch/ is missing",
        "Not graded: the grader did not start",
        "no IPv6 <here>",
        "all is well",
        "serve · 250 ms",
    ] {
        assert!(all.contains(expected), "{expected}: {all}");
    }
    assert_eq!(text_of("strong"), [format!("serve goes on. {SEEN}")]);
    let (labels, texts) = (text_of("dt"), text_of("dd"));
    let told: Vec<_> = labels
        .iter()
        .zip(&texts)
        .map(|(label, text)| (*label, *text))
        .collect();
    assert_eq!(
        told,
        [
            ("why", "A stream has an end."),
            ("fix", "Let serve return."),
            ("read", "book/src/lesson02-echo.md#the-end"),
            ("more", "book/src/when-it-fails.md#ends-too-late"),
            ("try", "printf 'a < b' | nc 127.0.0.1 7000"),
            ("again", "cargo test -p lesson02 --test grade ends_in_time"),
        ]
    );
    let pres = text_of("pre");
    assert!(pres.contains(&"Host <b>: \\xff\\r\\n"), "{pres:?}");
    assert!(pres.contains(&SEEN), "{pres:?}");
    assert_eq!(text_of("mark"), ["<b>"]);
    assert!(text_of("text").contains(&"client: ff c0 3c 00 (4 bytes)"));

    // What failed is open, and what passed is not.
    let open = elements
        .iter()
        .filter(|it| it.name == "details" && it.attribute("open").is_some());
    let open: Vec<&str> = open.filter_map(|it| it.attribute("class")).collect();
    assert_eq!(open, ["case skipped", "group failed", "case failed"]);
    // Where to start with a stub can be seen without opening anything, once.
    let seen = |it: &&Element| it.name == "pre" && !it.within.contains(&"details".to_owned());
    let start = elements
        .iter()
        .filter(seen)
        .filter(|it| it.text.contains("Start with `serve`"));
    assert_eq!(start.count(), 2, "one for each lesson with stubs");
}

#[test]
fn a_report_goes_into_a_file_whole() {
    let course = Course::new();
    course.lesson("lesson01-listen", &[passed("takes_calls")]);
    let file = course.path("out/deep/report.json");
    let json = || -> Value { serde_json::from_slice(&fs::read(&file).unwrap()).unwrap() };
    for _ in 0..2 {
        course
            .report(&["--json", "-o", "out/deep/report.json"])
            .assert()
            .success()
            .stdout("");
        assert_eq!(json()["lessons"][0]["state"], "done");
        assert_eq!(fs::read_dir(course.path("out/deep")).unwrap().count(), 1);
    }
    // What is in the way stays as it is when there is nothing to put in its place.
    fs::write(&file, "old").unwrap();
    course
        .report_without_cargo(&["--json", "-o", "out/deep/report.json"])
        .assert()
        .code(1)
        .stderr(contains("cannot start cargo"));
    assert_eq!(fs::read_to_string(&file).unwrap(), "old");
    course
        .report(&["--html", "-o", "-"])
        .assert()
        .success()
        .stdout(starts_with("<!DOCTYPE html>"));
}

#[cfg(unix)]
#[test]
fn a_link_or_a_device_stays_what_it_is() {
    let course = Course::new();
    course.lesson("lesson01-listen", &[passed("takes_calls")]);
    course.write("kept/report.xml", "old");
    std::os::unix::fs::symlink("kept/report.xml", course.path("link.xml")).unwrap();
    course
        .report(&["--junit", "-o", "link.xml"])
        .assert()
        .success();
    assert!(
        fs::symlink_metadata(course.path("link.xml"))
            .unwrap()
            .is_symlink()
    );
    let written = fs::read_to_string(course.path("kept/report.xml")).unwrap();
    assert!(written.starts_with("<?xml"), "{written}");
    // As a shell's `>(gzip > report.gz)` has it.
    course
        .report(&["--junit", "-o", "/dev/fd/1"])
        .assert()
        .success()
        .stdout(starts_with("<?xml"));
}

#[test]
fn what_cannot_be_written_is_found_out_first() {
    let course = Course::new();
    course.lesson("lesson01-listen", &[passed("takes_calls")]);
    course
        .report_without_cargo(&["--html", "-o", "lessons"])
        .assert()
        .code(1)
        .stderr(contains("lessons is a folder").and(contains("lessons/report.html")));
    course
        .report_without_cargo(&["--html", "-o", "Cargo.toml/report.html"])
        .assert()
        .code(1)
        .stderr(contains("cannot write Cargo.toml/report.html: "));
}

#[test]
fn a_report_has_one_format() {
    let course = Course::new();
    course.report_without_cargo(&[]).assert().code(2).stderr(
        contains("--json")
            .and(contains("--junit"))
            .and(contains("--html")),
    );
    course
        .report_without_cargo(&["--json", "--html"])
        .assert()
        .code(2);
    course
        .report_without_cargo(&["--help"])
        .assert()
        .success()
        .stdout(contains("Exit code:"));
}

/// Opens everything in the frames and measures them; what a script finds out stands in the page then.
const MEASURE: &str = r##"
addEventListener("load", () => {
  const channel = (value) => value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const parse = (colour) => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (colour) => {
    const [r, g, b] = parse(colour).map((value) => channel(value / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [dark, bright] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (bright + 0.05) / (dark + 0.05);
  };
  const found = Array.from(document.querySelectorAll("iframe"), (frame) => {
    const page = frame.contentDocument;
    const style = (element) => frame.contentWindow.getComputedStyle(element);
    page.querySelectorAll("details").forEach((it) => it.open = true);
    const behind = (element) => {
      for (let at = element; at; at = at.parentElement) {
        const colour = style(at).backgroundColor;
        if (parse(colour)[3] !== 0) return colour;
      }
      return "rgb(255, 255, 255)";
    };
    const notes = page.querySelector(".wire .note");
    let least = 21;
    let faintest = "";
    for (const element of page.body.querySelectorAll("*")) {
      const own = Array.from(element.childNodes, (it) => it.nodeType === 3 ? it.data.trim() : "").join("");
      const isDrawn = element.closest("svg");
      if (!own || (isDrawn && element.tagName !== "text")) continue;
      const colour = isDrawn ? style(element).fill : style(element).color;
      const grounds = isDrawn ? [behind(isDrawn), style(notes).fill] : [behind(element)];
      for (const ground of grounds) {
        const ratio = contrast(colour, ground);
        if (ratio < least) [least, faintest] = [ratio, `${own.slice(0, 20)} ${colour} on ${ground}`];
      }
    }
    const pictures = Array.from(page.querySelectorAll("svg.wire"), (it) => it.getBoundingClientRect());
    const root = page.documentElement;
    const wide = Array.from(page.body.querySelectorAll("*"))
      .filter((it) => !it.closest("svg") && !it.closest(".verdict") && it.getBoundingClientRect().right > frame.clientWidth + 0.5)
      .map((it) => it.tagName);
    return {
      width: root.clientWidth, overflow: root.scrollWidth - root.clientWidth, wide,
      ground: style(page.body).backgroundColor, title: page.title,
      pictures: pictures.length, hidden: pictures.filter((it) => it.width < 200 || it.height < 30).length,
      contrast: least, faintest,
    };
  });
  document.body.textContent = "measured " + JSON.stringify(found) + " end";
});
"##;

#[test]
fn a_browser_shows_the_page_large_and_small_in_light_and_in_dark() {
    let Some(mut chromium) = chromium() else {
        return;
    };
    let course = Course::in_every_state();
    let page = course.text("--html");
    let dark = page.replace("(prefers-color-scheme: dark)", "all");
    assert_ne!(page, dark);
    let light = page.replace("(prefers-color-scheme: dark)", "not all");
    let escape = |text: &str| text.replace('&', "&amp;").replace('"', "&quot;");
    let frames = [(1280, &light), (360, &light), (1280, &dark), (360, &dark)];
    let frames = frames.map(|(width, page)| {
        // Scripts in the page are forbidden, and those around it can measure it.
        let sandbox = "sandbox=\"allow-same-origin\"";
        let size = format!("style=\"border: 0; width: {width}px; height: 900px\"");
        format!(
            "<iframe {sandbox} {size} srcdoc=\"{}\"></iframe>",
            escape(page)
        )
    });
    let around = format!(
        "<!DOCTYPE html><meta charset=utf-8><body>{}<script>{MEASURE}</script>",
        frames.concat()
    );
    course.write("around.html", &around);
    let output = chromium
        .arg(format!(
            "--user-data-dir={}",
            course.path("profile").display()
        ))
        .arg(format!("file://{}", course.path("around.html").display()))
        .output()
        .unwrap();
    let dom = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = String::from_utf8_lossy(&output.stderr);
    let console = said.lines().filter(|line| line.contains("CONSOLE"));
    assert_eq!(console.collect::<Vec<_>>(), Vec::<&str>::new());
    let measured = dom
        .split_once("measured ")
        .and_then(|it| it.1.split_once(" end"));
    let (measured, _) = measured.unwrap_or_else(|| panic!("{dom}\n{said}"));
    let measured = measured
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&");
    let measured: Vec<Value> = serde_json::from_str(&measured).unwrap();
    assert_eq!(measured.len(), 4);
    for (frame, width) in measured.iter().zip([1280, 360, 1280, 360]) {
        assert_eq!(frame["title"], "Socketlings: report", "{frame}");
        assert!(
            (width - 20..=width).contains(&frame["width"].as_i64().unwrap()),
            "{frame}"
        );
        assert_eq!(frame["overflow"], 0, "{frame}");
        assert_eq!(frame["wide"], json!([]), "{frame}");
        assert_eq!(
            (&frame["pictures"], &frame["hidden"]),
            (&json!(3), &json!(0)),
            "{frame}"
        );
        assert!(frame["contrast"].as_f64().unwrap() >= 4.5, "{frame}");
    }
    assert_ne!(measured[0]["ground"], measured[2]["ground"]);
}

/// A browser that prints the page as it stands once its scripts have run. `None` where there is none.
fn chromium() -> Option<Command> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let is_there = |name: &&str| {
        let mut asked = StdCommand::new(name);
        asked.arg("--version").stdin(Stdio::null());
        asked.stdout(Stdio::null()).stderr(Stdio::null());
        asked.status().is_ok_and(|status| status.success())
    };
    let Some(name) = names.into_iter().find(|name| is_there(name)) else {
        eprintln!("skipped: there is no {} here", names.join(" and no "));
        return None;
    };
    let mut chromium = Command::new(name);
    chromium
        .timeout(std::time::Duration::from_secs(240))
        .args(["--headless=new", "--no-sandbox", "--disable-gpu"])
        .args(["--disable-dev-shm-usage", "--no-first-run"])
        .args([
            "--disable-background-networking",
            "--proxy-server=direct://",
        ])
        .arg("--host-resolver-rules=MAP * ~NOTFOUND")
        .args(["--enable-logging=stderr", "--window-size=1400,1000"])
        .args(["--virtual-time-budget=10000", "--dump-dom"]);
    Some(chromium)
}
