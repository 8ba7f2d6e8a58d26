//! Grades submissions that are files, each in a process of its own, exactly as `cargo test -p lessonNN`
//! grades a learner's crate, and compares what is said with what the file's first lines promise:
//!
//! ```text
//! //! fails: returns_the_port_that_the_kernel_chose
//! //! finding: requested-port-returned
//! ```
//!
//! A file `.edit` holds the same two lines without the `//!`, and then only what differs from the
//! solution: see `build.rs`.
//!
//! The program `graded` holds all submissions, and is the one that [`SUBMISSION_VARIABLE`] names. The
//! tests start it once for each.

pub mod place;
pub mod server;

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use harness::submission::{PROGRAM_COMMAND_VARIABLE, PROGRAM_FILE_VARIABLE, SOURCE_VARIABLE};
use libtest_mimic::{Arguments, Failed, Trial};
use place::Place;
use serde_json::Value;

/// Names the submission that `graded` is to be: `mistakes/lesson01/returns_the_requested_port`.
pub const SUBMISSION_VARIABLE: &str = "HARNESS_TESTS_SUBMISSION";
/// Marks all that descends from one grading, so that what is left of it can be found.
const MARK_VARIABLE: &str = "HARNESS_TESTS_MARK";
/// Set, each mistake has to show as it must at the first grading: for soaking.
const STRICT_VARIABLE: &str = "HARNESS_TESTS_STRICT";
/// A grading that takes longer than this has hung.
const DEADLINE: Duration = Duration::from_secs(120);

/// A submission, as `graded` can be it.
#[derive(Clone)]
pub struct Submission {
    /// `mistakes/lesson01/returns_the_requested_port`.
    pub name: String,
    pub file: PathBuf,
    /// The program that is this submission when its name is in the environment.
    pub graded: PathBuf,
    /// The command that is graded in place of the lesson's program, if it is such a one.
    script: Option<String>,
}

impl Submission {
    /// The submission with this name.
    pub fn named(name: &str, graded: &str) -> Submission {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut file = here.join(name).with_extension("rs");
        let script = file.with_extension("sh");
        if script.is_file() {
            let lesson = name.split('/').nth(1).unwrap_or_default();
            return Submission {
                script: Some(format!("sh '{}'", script.display())),
                file: script,
                ..Submission::named(&format!("solutions/{lesson}/lib"), graded)
            };
        }
        if file.with_extension("edit").is_file() {
            // The build script wrote the whole of it.
            file = Path::new(env!("OUT_DIR")).join(name).with_extension("rs");
        }
        Submission {
            name: name.to_owned(),
            file,
            graded: PathBuf::from(graded),
            script: None,
        }
    }

    /// What its first lines say after this word, if they have it.
    fn says(&self, word: &str) -> io::Result<Option<String>> {
        let text = std::fs::read_to_string(&self.file)?;
        let lines = text.lines().skip_while(|line| line.starts_with("#!"));
        let mut lines = lines.map_while(|line| line.strip_prefix("//!").or(line.strip_prefix('#')));
        Ok(lines.find_map(|line| Some(line.trim().strip_prefix(word)?.trim().to_owned())))
    }

    /// Does it wait where no clock of the grader's makes the time shorter? Its first lines say `slow:`, and why.
    fn is_slow(&self) -> bool {
        matches!(self.says("slow:"), Ok(Some(_)))
    }

    /// The command that grades it; arguments may be added.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.graded);
        command
            .env(SUBMISSION_VARIABLE, &self.name)
            .env(SOURCE_VARIABLE, &self.file)
            .env(PROGRAM_FILE_VARIABLE, &self.graded)
            .stdin(Stdio::null());
        if let Some(script) = &self.script {
            command.env(PROGRAM_COMMAND_VARIABLE, script);
        }
        command
    }

    /// What its test is called.
    fn title(&self) -> String {
        match (&self.script, self.file.file_stem()) {
            (Some(_), Some(stem)) => {
                let lesson = self.name.replace("solutions/", "hostile/");
                lesson.replace("/lib", &format!("/{}", stem.to_string_lossy()))
            }
            _ => self.name.clone(),
        }
    }

    /// Does it try to do harm?
    fn is_hostile(&self) -> bool {
        self.name.starts_with("hostile/") || self.script.is_some()
    }
}

/// How much of its lesson a submission is graded by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Depth {
    /// The case that it must fail at, alone; a submission that passes, by all.
    ItsCase,
    /// All cases: the one that it must fail at has to be the first.
    Whole,
}

impl Depth {
    /// Those that a test is asked for by name are graded by the whole.
    pub fn by_arguments() -> Depth {
        match Arguments::from_args().filter {
            Some(_) => Depth::Whole,
            None => Depth::ItsCase,
        }
    }
}

/// The `main` of a test target: grades every submission of a kind, each a test of its own.
pub fn grade_all(kind: &str, graded: &str, depth: Depth) -> ExitCode {
    let submissions = match submissions(kind, graded) {
        Ok(submissions) if !submissions.is_empty() => submissions,
        Ok(_) => {
            eprintln!("There is no submission of the kind {kind:?}.");
            return ExitCode::FAILURE;
        }
        Err(error) => {
            eprintln!("The submissions of the kind {kind:?} cannot be listed: {error}.");
            return ExitCode::FAILURE;
        }
    };
    // What is begun last should not be what is waited for: the slow ones come first, then the later lessons.
    let mut submissions: Vec<Submission> = submissions.into_iter().rev().collect();
    submissions.sort_by_cached_key(|submission| !submission.is_slow());
    let trials = submissions
        .into_iter()
        .map(|submission| Trial::test(submission.title(), move || check(&submission, depth)))
        .collect();
    let mut arguments = Arguments::from_args();
    // Gradings wait more than they work, those of one case most of the time, and hostile programs hardly do anything else.
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let at_once = match kind {
        // Each grading has several cases at once.
        "solutions" => cores,
        "mistakes" => 4 * cores,
        _ => 8 * cores,
    };
    arguments.test_threads.get_or_insert(at_once);
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// The submissions of a kind: `mistakes`, `hostile`; `solutions` are those and the alternatives.
pub fn submissions(kind: &str, graded: &str) -> io::Result<Vec<Submission>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    if kind == "solutions" {
        found.extend(submissions("alternatives", graded)?);
        for entry in std::fs::read_dir(here.join("../../solutions"))? {
            let folder = entry?.path();
            let name = folder
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let Some((lesson, _)) = name.split_once('-') else {
                continue;
            };
            let name = format!("solutions/{lesson}/lib");
            found.push(Submission {
                file: folder.join("src/lib.rs"),
                ..Submission::named(&name, graded)
            });
        }
        return Ok(found);
    }
    for lesson in std::fs::read_dir(here.join(kind))? {
        let lesson = lesson?;
        for file in std::fs::read_dir(lesson.path())? {
            let file = file?.file_name().to_string_lossy().into_owned();
            let stem = [".rs", ".edit", ".sh"]
                .iter()
                .find_map(|it| file.strip_suffix(it));
            if let Some(stem) = stem {
                let lesson = lesson.file_name().to_string_lossy().into_owned();
                found.push(Submission::named(
                    &format!("{kind}/{lesson}/{stem}"),
                    graded,
                ));
            }
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// Can this mistake show only where there is IPv6? Its first lines say `needs: IPv6`. One whose case is skipped without
/// need not.
pub fn needs_ipv6(submission: &Submission) -> io::Result<bool> {
    Ok(submission.says("needs:")?.as_deref() == Some("IPv6"))
}

fn has_ipv6() -> bool {
    std::net::TcpListener::bind((std::net::Ipv6Addr::LOCALHOST, 0)).is_ok()
}

/// What must be said of a submission.
#[derive(Debug, PartialEq, Eq)]
pub enum Expected {
    Passes,
    Fails { case: String, finding: String },
}

fn check(submission: &Submission, depth: Depth) -> Result<(), Failed> {
    let expected = Expected::by(submission)?;
    let grade = |depth| {
        let place = submission.is_hostile().then(Place::new).transpose()?;
        Graded::run_in(place, expected.command(submission, depth))
    };
    let mut graded = grade(depth)?;
    let mut found = graded.verdict()?;
    let passes = found == Expected::Passes && (depth == Depth::Whole || submission.is_hostile());
    let wrong_and_failed = expected != Expected::Passes && !passes;
    if wrong_and_failed && !expected.is_met_by(&found) && !is_strict() {
        // On a machine that stands still for a moment a mistake may show at another place. Twice it may
        // not; and a wrong program that passes the lesson, or a right one that fails, is never graded again.
        eprintln!("{}: at first {found:?}", submission.name);
        graded = grade(Depth::Whole)?;
        found = graded.verdict()?;
    }
    let cannot_show = |graded: &Graded| -> io::Result<bool> {
        Ok(graded.skipped(&expected) || needs_ipv6(submission)? && !has_ipv6())
    };
    if expected != Expected::Passes && found == Expected::Passes && cannot_show(&graded)? {
        eprintln!("{}: it cannot show here", submission.name);
        return Ok(());
    }
    if !expected.is_met_by(&found) {
        return Err(format!(
            "{}\n  must: {expected:?}\n  does: {found:?}\n  said: {}",
            submission.file.display(),
            graded.said()
        )
        .into());
    }
    if expected == Expected::Passes && !graded.success {
        return Err("the exit code says that it failed".into());
    }
    if expected != Expected::Passes && graded.success {
        return Err("the exit code says that it passed".into());
    }
    match graded.left_behind.as_slice() {
        [] => Ok(()),
        left => Err(format!("it left behind: {left:#?}").into()),
    }
}

/// Does each test have to show at the first attempt what it must show?
pub fn is_strict() -> bool {
    std::env::var_os(STRICT_VARIABLE).is_some()
}

impl Expected {
    /// Is it what was found? A finding may be one or the other, `crashed or not-graded`, where that depends on how
    /// far a submission comes on this machine.
    fn is_met_by(&self, found: &Expected) -> bool {
        match (self, found) {
            (
                Expected::Fails { case, finding },
                Expected::Fails {
                    case: failed,
                    finding: id,
                },
            ) => case == failed && finding.split(" or ").any(|it| it == id),
            _ => self == found,
        }
    }

    /// The command that shows whether it is so.
    pub fn command(&self, submission: &Submission, depth: Depth) -> Command {
        let mut command = submission.command();
        // Beside a hostile program stand the solution's functions.
        let alone = depth == Depth::ItsCase
            || submission.name.starts_with("hostile/") && submission.name.contains("/program_");
        if let Expected::Fails { case, .. } = self
            && alone
        {
            command.args(["--exact", case]);
        }
        command
    }

    /// By the first lines of the submission's file. A solution has none, and passes.
    pub fn by(submission: &Submission) -> Result<Expected, Failed> {
        match (submission.says("fails:")?, submission.says("finding:")?) {
            (Some(case), Some(finding)) => Ok(Expected::Fails { case, finding }),
            (None, None) => Ok(Expected::Passes),
            _ => Err("the first lines must be `//! fails: CASE` and `//! finding: ID`".into()),
        }
    }
}

/// A submission, graded.
pub struct Graded {
    pub success: bool,
    /// The grader's JSON, line by line.
    events: Vec<Value>,
    stderr: String,
    /// Processes that were still there when the grader had ended; sockets and files, too, where it is hostile.
    pub left_behind: Vec<String>,
}

/// Waits until there are enough free ports. Each connection leaves one taken for a minute, TIME_WAIT, see RFC 9293,
/// section 3.6, and ip_local_port_range in ip(7); a thousand gradings make more than there are. A learner's makes
/// some hundreds.
fn wait_for_free_ports() {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let number = |word: Option<&str>| word?.parse::<usize>().ok();
    // Elsewhere nobody tells.
    let taken = || {
        let text = read("/proc/net/sockstat")?;
        number(text.split(" tw ").nth(1)?.split_whitespace().next())
    };
    let ports = || {
        let text = read("/proc/sys/net/ipv4/ip_local_port_range")?;
        let mut words = text.split_whitespace();
        let first = number(words.next())?;
        Some((number(words.next())? + 1).saturating_sub(first))
    };
    let Some(ports) = ports() else { return };
    while taken().is_some_and(|taken| taken > ports * 4 / 5) {
        // The kernel tells nobody when their minute is over.
        std::thread::park_timeout(Duration::from_millis(100));
    }
}

impl Graded {
    /// Runs a submission's command, see [`Submission::command`].
    pub fn run(command: Command) -> io::Result<Graded> {
        Graded::run_in(None, command)
    }

    /// The same in a place of its own.
    fn run_in(place: Option<Place>, mut command: Command) -> io::Result<Graded> {
        wait_for_free_ports();
        let mark = format!("{}-{:?}", std::process::id(), Instant::now());
        command.args(["--format", "json"]).env(MARK_VARIABLE, &mark);
        if let Some(place) = &place {
            command = place.hold(&command);
        }
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        // The pipes are read in threads of their own: a full one would hold the grader up.
        let stdout = read_all(child.stdout.take());
        let stderr = read_all(child.stderr.take());
        let (Ok(stdout), Ok(stderr)) =
            (stdout.recv_timeout(DEADLINE), stderr.recv_timeout(DEADLINE))
        else {
            child.kill()?;
            child.wait()?;
            return Err(io::Error::new(io::ErrorKind::TimedOut, "the grader hung"));
        };
        let success = child.wait()?.success();
        let mut left_behind = marked(&mark);
        left_behind.extend(place.iter().flat_map(Place::left_behind));
        Ok(Graded {
            success,
            events: stdout
                .lines()
                .filter_map(|line| serde_json::from_str(line).ok())
                .collect(),
            stderr,
            left_behind,
        })
    }

    /// What the grader said, by its first case that did not pass.
    pub fn verdict(&self) -> Result<Expected, Failed> {
        let last = self.events.last().filter(|event| event["type"] == "suite");
        let Some(last) = last else {
            return Err(format!("the grader did not come to its end: {}", self.stderr).into());
        };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        match self
            .events
            .iter()
            .find(|event| event["event"] == "failed" && event["type"] == "test")
        {
            Some(event) => Ok(Expected::Fails {
                case: text(&event["name"]),
                finding: match event["state"].as_str() {
                    Some("failed") => text(&event["finding"]["id"]),
                    state => state.unwrap_or_default().to_owned(),
                },
            }),
            None if last["event"] == "ok" && last["failed"] == 0 => Ok(Expected::Passes),
            None => Err(format!("no case failed, and yet: {last}").into()),
        }
    }

    /// Was the case that it had to fail at left out? The reason is in its event.
    pub fn skipped(&self, expected: &Expected) -> bool {
        let Expected::Fails { case, .. } = expected else {
            return false;
        };
        let of_case = |event: &&Value| event["type"] == "test" && event["name"] == case.as_str();
        self.events
            .iter()
            .filter(of_case)
            .any(|event| event["event"] == "ignored")
    }

    /// What was said of that case.
    pub fn said(&self) -> String {
        let failed = self.events.iter().find(|event| event["event"] == "failed");
        failed.map_or(String::new(), |event| format!("{event:#}"))
    }
}

fn read_all(pipe: Option<impl io::Read + Send + 'static>) -> std::sync::mpsc::Receiver<String> {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // What was read before an error is what there is to judge.
            let _ = pipe.read_to_end(&mut bytes);
        }
        let _ = sender.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    receiver
}

/// The processes with this mark in their environment, where the system tells.
fn marked(mark: &str) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    let mark = format!("{MARK_VARIABLE}={mark}");
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let environment = std::fs::read(entry.path().join("environ")).unwrap_or_default();
        if environment
            .split(|byte| *byte == 0)
            .any(|variable| variable == mark.as_bytes())
        {
            found.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    found
}
