//! curl is the specification of the program of lesson 05. Each command line of the table in `curl/*.txt`
//! is run twice, by curl and by the program, each in a fresh folder and against the same scripted
//! server; and what they ask for, print and leave behind must be the same, and so must the exit code.
//!
//! Where the two differ on purpose, the book says so, in the table of `curl-differences.md`: a line that
//! is listed there must differ, and every other line must not.
//!
//! `curl/README.md` explains how a command line is written down.
//! `SOCKETLINGS_PROGRAM='curl -q'` compares curl with itself, which must never differ.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use harness::submission::PROGRAM_COMMAND_VARIABLE;
use harness::wire::{BlackHole, Refusing};
use harness_tests::is_strict;
use harness_tests::server::program;
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use socket2::SockRef;
use tempfile::TempDir;

/// The versions of curl that the table is right for. Others differ in some of the lines.
const KNOWN_VERSIONS: &[&str] = &["7.88.", "8.14."];
/// Names the file whose lines come first, without `.txt`: where somebody waits for the first that fails.
const FIRST_VARIABLE: &str = "HARNESS_TESTS_FIRST";
/// A command line that takes longer than this has hung.
const DEADLINE: Duration = Duration::from_secs(60);
/// Between two parts of an answer that are to arrive apart. Nothing is wrong where they do not: then one
/// line tests less than it could.
const APART: Duration = Duration::from_millis(5);
/// How many command lines are tried at a time, for each core.
const TRIALS_A_CORE: usize = 4;
/// The longest body: more than all the buffers between two programs hold.
const MAX_NOISE: usize = 16 << 20;
/// Fields of forms are looked for in so much of a body.
const LONGEST_FORM: usize = 8 << 10;
/// How many bytes of something that differs are shown.
const SHOWN: usize = 700;
/// How many of these come before the first that differs.
const SHOWN_BEFORE: usize = 120;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // curl does not differ from itself.
    let is_curl = std::env::var(PROGRAM_COMMAND_VARIABLE).is_ok_and(|it| it.starts_with("curl "));
    let differences = match is_curl {
        true => Ok(Vec::new()),
        false => Difference::all(),
    };
    let (mut lines, differences) = match (read_table(), differences) {
        (Ok(lines), Ok(differences)) => (lines, differences),
        (Err(error), _) | (_, Err(error)) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let known: HashSet<String> = lines.iter().map(|line| line.name.clone()).collect();
    let listed: Vec<String> = differences.iter().map(|it| it.name.clone()).collect();
    let name = "the_book_lists_lines_of_the_table";
    let mut trials = vec![Trial::test(name, move || {
        match listed.iter().find(|name| !known.contains(*name)) {
            Some(name) => Err(format!("there is no command line called {name}").into()),
            None => Ok(()),
        }
    })];
    let version = known_curl();
    if let Err(reason) = &version {
        eprintln!("skipped: {reason}");
    }
    // The others stay in their order.
    let first = std::env::var(FIRST_VARIABLE).unwrap_or_default();
    lines.sort_by_key(|line| line.file != first);
    for line in lines {
        let difference = differences.iter().find(|it| it.name == line.name).cloned();
        let version = version.clone();
        let (name, kind) = (line.name.clone(), line.file.clone());
        let check = move || match version {
            Ok(version) => line.check(&version, difference.as_ref()),
            Err(reason) => Ok(Completion::ignored_with(reason)),
        };
        trials.push(Trial::ignorable_test(name, check).with_kind(kind));
    }
    // Most of the time somebody waits for something: for the other side, or for a time-out.
    let cores = thread::available_parallelism().map_or(1, |cores| cores.get());
    arguments.test_threads.get_or_insert(cores * TRIALS_A_CORE);
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// curl's version, `7.88.1`, if the table is right for it; else why nothing can be compared.
fn known_curl() -> Result<String, String> {
    let output = Command::new("curl").arg("--version").output();
    let said = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let version = said.as_deref().unwrap_or_default().strip_prefix("curl ");
    let Some((version, _)) = version.and_then(|said| said.split_once(' ')) else {
        return Err("there is no curl here".to_owned());
    };
    let mut known = KNOWN_VERSIONS.iter();
    match known.any(|known| version.starts_with(known)) {
        true => Ok(version.to_owned()),
        false => Err(format!("the table is not about curl {version}")),
    }
}

// The table.

/// A command line, and all that belongs to it.
#[derive(Default)]
struct Line {
    name: String,
    /// The file's name, without `.txt`.
    file: String,
    /// Without `curl`. Placeholders are still in them.
    arguments: Option<Vec<String>>,
    setup: Vec<Setup>,
    stdin: Option<String>,
    /// The file that stdout is, where it is one.
    stdout: Option<String>,
    environment: Vec<(String, String)>,
    exchanges: Vec<Exchange>,
    /// What curl ends with. More than one where that is a matter of luck.
    exit: Vec<i32>,
    also: BTreeSet<String>,
    not: BTreeSet<String>,
    needs_linux: bool,
    /// The version of curl that it is about, if others differ.
    version: Option<String>,
}

/// What is in the folder before.
enum Setup {
    File { name: String, text: String },
    Noise { name: String, length: usize },
    Folder { name: String },
}

/// A request that comes to one of the servers, and what that does then.
#[derive(Clone)]
struct Exchange {
    server: Server,
    read: Extent,
    steps: Vec<Step>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Server {
    First,
    Second,
    Third,
    /// On `[::1]`.
    V6,
}

impl Server {
    const ALL: [Server; 4] = [Server::First, Server::Second, Server::Third, Server::V6];

    /// What its placeholders end with: `{port2}`.
    fn suffix(self) -> &'static str {
        match self {
            Server::First => "",
            Server::Second => "2",
            Server::Third => "3",
            Server::V6 => "6",
        }
    }
}

/// How much of a request is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    Whole,
    Head,
    Nothing,
}

#[derive(Clone)]
enum Step {
    Send(String),
    Noise(usize),
    /// What was sent arrives before what follows.
    Apart,
    /// The client is stopped, and goes on.
    Pause,
    /// From here on, each byte is sent by itself.
    Dribble,
    ReadBody,
    Close,
    Reset,
    /// Says nothing, and waits until the client has gone.
    Silence,
    /// The same, and reads nothing either.
    Stall,
}

fn read_table() -> Result<Vec<Line>, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("curl");
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .map_err(|error| format!("{}: {error}", folder.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    files.sort();
    let mut lines: Vec<Line> = Vec::new();
    for path in files {
        let text = fs::read_to_string(&path).map_err(|error| format!("{path:?}: {error}"))?;
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        for (number, statement) in text.lines().enumerate() {
            let in_this_file = lines.last_mut().filter(|line| line.file == stem);
            let outcome = match (statement.strip_prefix("== "), in_this_file) {
                (Some(name), _) => {
                    let name = name.trim().to_owned();
                    match lines.iter().any(|line| line.name == name) {
                        true => Err("another line has this name".to_owned()),
                        false => {
                            let file = stem.to_string();
                            lines.push(Line {
                                name,
                                file,
                                ..Line::default()
                            });
                            Ok(())
                        }
                    }
                }
                (None, _) if statement.is_empty() || statement.starts_with('#') => Ok(()),
                (None, Some(line)) => line.take(statement),
                (None, None) => Err("this comes before the first `== name`".to_owned()),
            };
            outcome.map_err(|error| format!("{}:{}: {error}", path.display(), number + 1))?;
        }
    }
    match lines.iter().find(|line| line.arguments.is_none()) {
        Some(line) => Err(format!("{}: no command line", line.name)),
        None => Ok(lines),
    }
}

impl Line {
    /// Takes one statement of the table.
    fn take(&mut self, statement: &str) -> Result<(), String> {
        let (word, rest) = match statement.split_once(' ') {
            Some((word, rest)) => (word, rest),
            None => (statement, ""),
        };
        match word {
            "curl" => {
                // A command line may go on in another line that starts with `curl` again.
                let words = shlex::split(rest).ok_or("a quote is left open")?;
                self.arguments.get_or_insert_default().extend(words);
            }
            "exit" => {
                let codes = rest.split_whitespace().map(str::parse);
                self.exit = codes
                    .collect::<Result<_, _>>()
                    .map_err(|_| "an exit code is a number")?;
            }
            "file" => {
                let (name, text) = rest.split_once(' ').unwrap_or((rest, ""));
                let (name, text) = (name.to_owned(), unescaped(text)?);
                self.setup.push(Setup::File { name, text });
            }
            "noise" => {
                let (name, length) = rest.split_once(' ').ok_or("`noise NAME LENGTH`")?;
                let length = noise_length(length)?;
                self.setup.push(Setup::Noise {
                    name: name.to_owned(),
                    length,
                });
            }
            "folder" => self.setup.push(Setup::Folder {
                name: rest.to_owned(),
            }),
            "stdin" => self.stdin = Some(unescaped(rest)?),
            "stdout" => self.stdout = Some(rest.to_owned()),
            "env" => {
                let (name, value) = rest.split_once(' ').unwrap_or((rest, ""));
                self.environment.push((name.to_owned(), value.to_owned()));
            }
            "also" if matches!(rest, "verbose" | "silence" | "meter") => {
                self.also.insert(rest.to_owned());
            }
            "not" if matches!(rest, "bodies" | "connections" | "stdout") => {
                self.not.insert(rest.to_owned());
            }
            "needs" if rest == "linux" => self.needs_linux = true,
            "only" => {
                let (version, _) = rest.split_once('#').unwrap_or((rest, ""));
                self.version = Some(version.trim().to_owned() + ".");
            }
            "<" => self.send(unescaped(rest)? + "\r\n")?,
            "<<" => self.send(unescaped(rest)?)?,
            "<*" => {
                let length = noise_length(rest)?;
                self.step(Step::Noise(length))?;
            }
            status if status.len() == 3 && status.bytes().all(|byte| byte.is_ascii_digit()) => {
                self.send(whole_answer(status, &unescaped(rest)?))?;
            }
            "apart" => self.step(Step::Apart)?,
            "pause" => self.step(Step::Pause)?,
            "dribble" => self.step(Step::Dribble)?,
            "close" => self.step(Step::Close)?,
            "reset" => self.step(Step::Reset)?,
            "silence" => self.step(Step::Silence)?,
            "stall" => self.step(Step::Stall)?,
            _ => match word.strip_prefix('>') {
                Some(suffix) => self.request(suffix, rest)?,
                None => return Err(format!("what is `{word}`?")),
            },
        }
        Ok(())
    }

    fn request(&mut self, suffix: &str, extent: &str) -> Result<(), String> {
        let server = Server::ALL
            .into_iter()
            .find(|server| server.suffix() == suffix);
        let server = server.ok_or_else(|| format!("there is no server {suffix:?}"))?;
        let read = match extent.trim() {
            "" => Extent::Whole,
            "head" => Extent::Head,
            "nothing" => Extent::Nothing,
            "body" => return self.step(Step::ReadBody),
            other => return Err(format!("what is `{other}`?")),
        };
        self.exchanges.push(Exchange {
            server,
            read,
            steps: Vec::new(),
        });
        Ok(())
    }

    fn step(&mut self, step: Step) -> Result<(), String> {
        let exchange = self
            .exchanges
            .last_mut()
            .ok_or("this comes before the first `>`")?;
        exchange.steps.push(step);
        Ok(())
    }

    fn send(&mut self, text: String) -> Result<(), String> {
        let steps = self
            .exchanges
            .last_mut()
            .map(|exchange| &mut exchange.steps);
        match steps.and_then(|steps| steps.last_mut()) {
            Some(Step::Send(before)) => before.push_str(&text),
            _ => return self.step(Step::Send(text)),
        }
        Ok(())
    }

    /// Does any of its texts have the placeholder?
    fn mentions(&self, placeholder: &str) -> bool {
        let sent = self.exchanges.iter().flat_map(|exchange| &exchange.steps);
        let sent = sent.filter_map(|step| match step {
            Step::Send(text) => Some(text),
            _ => None,
        });
        let files = self.setup.iter().filter_map(|setup| match setup {
            Setup::File { text, .. } => Some(text),
            _ => None,
        });
        let values = self.environment.iter().map(|(_, value)| value);
        let all = self.arguments.iter().flatten().chain(sent).chain(files);
        all.chain(&self.stdin)
            .chain(values)
            .any(|text| text.contains(placeholder))
    }
}

fn noise_length(text: &str) -> Result<usize, String> {
    match text.trim().parse() {
        Ok(length @ ..=MAX_NOISE) => Ok(length),
        _ => Err(format!("the length is a number up to {MAX_NOISE}")),
    }
}

/// An answer in short: with a body, with a place to go to, or the permission to go on.
fn whole_answer(status: &str, rest: &str) -> String {
    let reason = match status {
        "100" => return "HTTP/1.1 100 Continue\r\n\r\n".to_owned(),
        "200" => "OK",
        "201" => "Created",
        "206" => "Partial Content",
        "401" => "Unauthorized",
        "404" => "Not Found",
        "500" => "Internal Server Error",
        "503" => "Service Unavailable",
        status if status.starts_with('3') => {
            let line = format!("HTTP/1.1 {status} Elsewhere");
            return format!("{line}\r\nLocation: {rest}\r\nContent-Length: 0\r\n\r\n");
        }
        _ => "Whatever",
    };
    let length = bytes(rest).len();
    format!("HTTP/1.1 {status} {reason}\r\nContent-Length: {length}\r\n\r\n{rest}")
}

/// With `\r`, `\n`, `\t`, `\0`, `\\` and `\xHH` as what they stand for. A byte above 127 stands as the
/// character with its number, until it is sent.
fn unescaped(text: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        if character != '\\' {
            out.push(character);
            continue;
        }
        out.push(match rest.next() {
            Some('r') => '\r',
            Some('n') => '\n',
            Some('t') => '\t',
            Some('0') => '\0',
            Some('\\') => '\\',
            Some('x') => {
                let digits: String = rest.by_ref().take(2).collect();
                let byte = u8::from_str_radix(&digits, 16).map_err(|_| "`\\x` and two digits")?;
                char::from(byte)
            }
            _ => return Err("a `\\` stands before r, n, t, 0, x or \\".to_owned()),
        });
    }
    Ok(out)
}

/// The bytes that an unescaped text stands for.
fn bytes(text: &str) -> Vec<u8> {
    let byte = |character| u8::try_from(u32::from(character)).unwrap_or(b'?');
    text.chars().map(byte).collect()
}

/// Letters in which nothing repeats.
fn noise(length: usize) -> &'static [u8] {
    // Made once: it takes longer than anything else here.
    static NOISE: OnceLock<Vec<u8>> = OnceLock::new();
    let noise = NOISE.get_or_init(|| {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            b'a' + (state >> 32) as u8 % 26
        };
        (0..MAX_NOISE).map(|_| next()).collect()
    });
    &noise[..length]
}

/// A line of the book's table.
#[derive(Clone)]
struct Difference {
    name: String,
    why: String,
}

impl Difference {
    fn all() -> Result<Vec<Difference>, String> {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../book/src/curl-differences.md");
        let text = fs::read_to_string(&file).map_err(|error| format!("{file:?}: {error}"))?;
        // The first line is the header, the second is made of dashes.
        let rows = text.lines().filter(|line| line.starts_with('|')).skip(2);
        let mut found: Vec<Difference> = Vec::new();
        for row in rows {
            let cells: Vec<&str> = row.trim().trim_matches('|').split(" | ").collect();
            let [first, _, _, why] = cells.as_slice() else {
                return Err(format!("{file:?}: this row has not four cells: {row}"));
            };
            let name = first.split('`').nth(1).unwrap_or_default().to_owned();
            if found.iter().any(|other| other.name == name) {
                return Err(format!("{file:?}: {name} is listed twice"));
            }
            found.push(Difference {
                name,
                why: why.trim().to_owned(),
            });
        }
        Ok(found)
    }
}

// What is compared.

/// What one of the two did.
struct Outcome {
    /// `None` when it hung, or was ended by a signal.
    exit: Option<i32>,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    /// What is in the folder afterwards; a folder's name ends in a slash.
    files: BTreeMap<String, Vec<u8>>,
    /// For each server its connections, in the order in which they were taken, and what came in by them.
    connections: BTreeMap<Server, Vec<Connection>>,
    /// How many of the answers were never asked for.
    unused: usize,
}

/// The requests of one connection, and last what was none.
type Connection = Vec<Vec<u8>>;

impl Line {
    /// Runs the line, with this version of curl.
    fn check(&self, version: &str, listed: Option<&Difference>) -> Result<Completion, Failed> {
        if let Some(only) = self
            .version
            .as_ref()
            .filter(|only| !version.starts_with(*only))
        {
            return Ok(Completion::ignored_with(format!(
                "it is about curl {only}x"
            )));
        }
        if self.needs_linux && !cfg!(target_os = "linux") {
            return Ok(Completion::ignored_with("it needs Linux"));
        }
        if self.also.contains("meter") && !cfg!(unix) {
            return Ok(Completion::ignored_with("it needs a terminal of Unix"));
        }
        if self
            .exchanges
            .iter()
            .any(|exchange| exchange.server == Server::V6)
            && TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_err()
        {
            return Ok(Completion::ignored_with("there is no IPv6 here"));
        }
        match self.compare(listed) {
            Err(failed) if !is_strict() => {
                // Ports are used again: somebody who was late may have called at one that was theirs, on a
                // machine where other tests run. Twice that does not happen.
                let said = failed.message().unwrap_or_default();
                eprintln!("{}: at first {said}", self.name);
                self.compare(listed)
            }
            outcome => outcome,
        }
    }

    fn compare(&self, listed: Option<&Difference>) -> Result<Completion, Failed> {
        let mut curl = Command::new("curl");
        // First of all -q: what a configuration file says is not tested here.
        curl.arg("-q");
        let not_here = || Completion::ignored_with("no address can be had that answers no call");
        let Some(curl) = self.run(curl)? else {
            return Ok(not_here());
        };
        self.check_itself(&curl)?;
        let Some(ours) = self.run(ours()?)? else {
            return Ok(not_here());
        };
        let found = self.differences(&curl, &ours);
        match (found.as_slice(), listed) {
            ([], None) | ([_, ..], Some(_)) => Ok(Completion::Completed),
            ([], Some(listed)) => {
                let why = &listed.why;
                Err(format!("the book's table lists it, and it does not differ: {why}").into())
            }
            (found, None) => {
                let said = String::from_utf8_lossy(&ours.stderr);
                let said = said.lines().filter(|line| line.starts_with("fetch:"));
                let said: Vec<&str> = said.collect();
                let words = self.arguments.iter().flatten();
                let words = words.map(|word| shlex::try_quote(word).unwrap_or(word.into()));
                let words: Vec<_> = words.collect();
                let (words, found, said) = (words.join(" "), found.join("\n"), said.join("\n"));
                Err(format!("curl {words}\n{found}\n{said}").into())
            }
        }
    }

    /// Does curl what the line is there to show?
    fn check_itself(&self, curl: &Outcome) -> Result<(), Failed> {
        let expected: &[i32] = match self.exit.as_slice() {
            [] => &[0],
            codes => codes,
        };
        if !curl.exit.is_some_and(|code| expected.contains(&code)) {
            let said = String::from_utf8_lossy(&curl.stderr);
            let code = curl.exit;
            return Err(format!(
                "the table says that curl's exit code is {expected:?}, and it is {code:?}: {said}"
            )
            .into());
        }
        if curl.unused > 0 {
            let unused = curl.unused;
            return Err(format!("the last {unused} answers were never asked for").into());
        }
        Ok(())
    }

    fn differences(&self, curl: &Outcome, ours: &Outcome) -> Vec<String> {
        let mut found = Vec::new();
        let luck = self.exit.len() > 1 && ours.exit.is_some_and(|code| self.exit.contains(&code));
        if curl.exit != ours.exit && !luck {
            let code = |code: Option<i32>| code.map_or("none".to_owned(), |code| code.to_string());
            let (curl, ours) = (code(curl.exit), code(ours.exit));
            found.push(format!("exit code\n  curl   {curl}\n  fetch  {ours}"));
        }
        let mut compare = |what: &str, curl: &[u8], ours: &[u8]| {
            if curl != ours {
                found.push(shown(what, curl, ours));
            }
        };
        if !self.not.contains("stdout") {
            compare("stdout", &curl.stdout, &ours.stdout);
        }
        let names = |files: &BTreeMap<String, Vec<u8>>| {
            let names: Vec<&str> = files.keys().map(String::as_str).collect();
            names.join(" ").into_bytes()
        };
        compare("files", &names(&curl.files), &names(&ours.files));
        for (name, content) in &curl.files {
            if let Some(other) = ours.files.get(name) {
                compare(&format!("file {name}"), content, other);
            }
        }
        for server in Server::ALL {
            let requests = |outcome: &Outcome| -> Vec<Connection> {
                outcome
                    .connections
                    .get(&server)
                    .cloned()
                    .unwrap_or_default()
            };
            let (curl, ours) = (requests(curl), requests(ours));
            let count = |all: &[Connection]| {
                let requests = all.iter().map(|one| format!("{} requests", one.len()));
                let requests: Vec<String> = requests.collect();
                format!("{}: {}", all.len(), requests.join(", ")).into_bytes()
            };
            if !self.not.contains("connections") {
                let what = format!("connections to server {}", server.suffix());
                compare(what.trim(), &count(&curl), &count(&ours));
            }
            let all = |all: Vec<Connection>| all.into_iter().flatten();
            let (mut curl, mut ours) = (all(curl), all(ours));
            for number in 1.. {
                let (one, other) = (curl.next(), ours.next());
                if one.is_none() && other.is_none() {
                    break;
                }
                let (mut one, mut other) = (one.unwrap_or_default(), other.unwrap_or_default());
                if self.not.contains("bodies") {
                    one.truncate(head_length(&one).unwrap_or(one.len()));
                    other.truncate(head_length(&other).unwrap_or(other.len()));
                }
                let what = format!("request {number} to server {}", server.suffix());
                compare(what.trim(), &one, &other);
            }
        }
        if self.also.contains("verbose") {
            compare("verbose", &verbose(&curl.stderr), &verbose(&ours.stderr));
        }
        if self.also.contains("silence") {
            let silence = |stderr: &[u8]| match stderr {
                [] => &b"nothing"[..],
                _ => &b"something"[..],
            };
            compare("stderr", silence(&curl.stderr), silence(&ours.stderr));
        }
        if self.also.contains("meter") {
            let (curl, ours) = (meter(&curl.stderr), meter(&ours.stderr));
            if !alike(&curl.1, &ours.1) {
                compare("meter", curl.1.as_bytes(), ours.1.as_bytes());
            }
            // Once a second.
            if curl.0.max(ours.0) * 2 > curl.0.min(ours.0) * 5 {
                let times = |drawn: usize| format!("drawn {drawn} times").into_bytes();
                compare("meter", &times(curl.0), &times(ours.0));
            }
        }
        found
    }
}

/// The lines of -v that show what was sent and what came.
fn verbose(stderr: &[u8]) -> Vec<u8> {
    let lines = stderr.split_inclusive(|byte| *byte == b'\n');
    let shown = lines.filter(|line| matches!(line, [b'>' | b'<', b' ' | b'\r' | b'\n', ..]));
    shown.flatten().copied().collect()
}

/// The progress meter: how often it was drawn, and what it said last.
fn meter(stderr: &[u8]) -> (usize, String) {
    let stderr = String::from_utf8_lossy(stderr).replace("\r\n", "\n");
    let (_, last) = stderr.rsplit_once('\r').unwrap_or_default();
    // Behind it there may be a message.
    let last = last.lines().next().unwrap_or_default();
    (stderr.matches('\r').count(), last.to_owned())
}

/// The columns of the meter that depend on the clock: three speeds, and three times between them.
const SPEEDS: [Range<usize>; 3] = [33..38, 40..45, 73..78];
const TIMES: [Range<usize>; 3] = [46..54, 55..63, 64..72];

/// Are two meters the same, but for what depends on the clock?
fn alike(curl: &str, ours: &str) -> bool {
    let columns = |meter: &str| -> Option<(String, Vec<f64>, Vec<f64>)> {
        let mut rest = meter.to_owned();
        let mut numbers = |columns: [Range<usize>; 3], number: fn(&str) -> Option<f64>| {
            let found = columns.map(|columns| {
                let found = number(meter.get(columns.clone())?);
                rest.replace_range(columns.clone(), &" ".repeat(columns.len()));
                found
            });
            found.into_iter().collect::<Option<Vec<f64>>>()
        };
        let (speeds, times) = (numbers(SPEEDS, speed)?, numbers(TIMES, seconds)?);
        Some((rest, speeds, times))
    };
    let (Some(curl), Some(ours)) = (columns(curl), columns(ours)) else {
        return false;
    };
    // What took no time at all, one of the two may have done ten times as fast.
    let is_slow = curl.2[1] > 0.0;
    let close = |(one, other): (&f64, &f64)| one.max(*other) <= 2.0 * one.min(*other) + 1.0;
    let same_speed =
        |both: (&f64, &f64)| (*both.0 == 0.0) == (*both.1 == 0.0) && (!is_slow || close(both));
    curl.0 == ours.0
        && curl.1.iter().zip(&ours.1).all(same_speed)
        && curl.2.iter().zip(&ours.2).all(close)
}

/// Bytes a second in five columns: `12345`, ` 123k`, `12.3M`.
fn speed(text: &str) -> Option<f64> {
    let text = text.trim_start();
    let digits = text.trim_end_matches(|unit| "kMG".contains(unit));
    let unit = match &text[digits.len()..] {
        "" => 0,
        unit => "kMG".find(unit)? as i32 + 1,
    };
    Some(digits.parse::<f64>().ok()? * 1024_f64.powi(unit))
}

/// A time in eight columns: `--:--:--`, ` 0:00:12`, or more than thousand days, ` 123456d`, which are all the same.
fn seconds(text: &str) -> Option<f64> {
    if text == "--:--:--" {
        return Some(0.0);
    }
    if let Some(days) = text.strip_suffix('d') {
        return days.trim_start().parse::<u32>().ok().map(|_| f64::INFINITY);
    }
    let parts = text.trim_start().split(':').map(|part| part.parse().ok());
    match parts.collect::<Option<Vec<f64>>>()?[..] {
        [hours, minutes, seconds] => Some((hours * 60.0 + minutes) * 60.0 + seconds),
        _ => None,
    }
}

/// Both, from a little before the first byte in which they differ.
fn shown(what: &str, curl: &[u8], ours: &[u8]) -> String {
    let same = curl
        .iter()
        .zip(ours)
        .take_while(|(one, other)| one == other)
        .count();
    let from = same.saturating_sub(SHOWN_BEFORE);
    let part = |all: &[u8]| {
        let part = &all[from.min(all.len())..all.len().min(from + SHOWN)];
        let before = if from > 0 { "…" } else { "" };
        let after = if from + part.len() < all.len() {
            "…"
        } else {
            ""
        };
        format!(
            "{before}\"{}\"{after} ({} bytes)",
            part.escape_ascii(),
            all.len()
        )
    };
    format!("{what}\n  curl   {}\n  fetch  {}", part(curl), part(ours))
}

// A run.

/// The program of the lesson, or the command that stands in the environment.
fn ours() -> Result<Command, String> {
    let Ok(command) = std::env::var(PROGRAM_COMMAND_VARIABLE) else {
        return Ok(program("lesson05", env!("CARGO_BIN_EXE_graded")));
    };
    let words = shlex::split(&command).unwrap_or_default();
    let (program, arguments) = words
        .split_first()
        .ok_or_else(|| format!("{PROGRAM_COMMAND_VARIABLE}: {command:?} is no command"))?;
    let mut command = Command::new(program);
    command.args(arguments);
    Ok(command)
}

/// What would let the machine have a say.
const HIDDEN: &[&str] = &[
    "http_proxy",
    "HTTP_PROXY",
    "https_proxy",
    "HTTPS_PROXY",
    "all_proxy",
    "ALL_PROXY",
    "no_proxy",
    "NO_PROXY",
    "CURL_HOME",
    "XDG_CONFIG_HOME",
    "COLUMNS",
];

impl Line {
    /// Runs the command line by one of the two; `None` where the machine cannot be made to do what it
    /// takes.
    fn run(&self, mut command: Command) -> Result<Option<Outcome>, Failed> {
        let (folder, home) = (TempDir::new()?, TempDir::new()?);
        let Some(world) = World::new(self)? else {
            return Ok(None);
        };
        for setup in &self.setup {
            match setup {
                Setup::File { name, text } => {
                    fs::write(folder.path().join(name), bytes(&world.filled(text)))?;
                }
                Setup::Noise { name, length } => {
                    fs::write(folder.path().join(name), noise(*length))?;
                }
                Setup::Folder { name } => fs::create_dir(folder.path().join(name))?,
            }
        }
        let stdout = match &self.stdout {
            Some(file) => Stdio::from(File::options().write(true).open(file)?),
            None => Stdio::piped(),
        };
        for variable in HIDDEN {
            command.env_remove(variable);
        }
        for (name, value) in &self.environment {
            command.env(name, world.filled(value));
        }
        command
            .args(
                self.arguments
                    .iter()
                    .flatten()
                    .map(|argument| world.filled(argument)),
            )
            .env("HOME", home.path())
            .env("LC_ALL", "C")
            .env("RUST_BACKTRACE", "0")
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(stdout)
            .stderr(Stdio::piped());
        let mut screen = None;
        if self.also.contains("meter") {
            let (ours, theirs) = terminal()?;
            command.stderr(theirs);
            screen = Some(ours);
        }
        let servers = world.start(&self.exchanges)?;
        let mut child = command.spawn()?;
        // With it goes our copy of the terminal's other end: what the child has of it is to be the last.
        drop(command);
        for running in &servers {
            running.script.client.get_or_init(|| child.id());
        }
        if let Some(mut stdin) = child.stdin.take() {
            let text = self.stdin.as_ref().map(|text| bytes(&world.filled(text)));
            // It fits into the pipe. Who has ended already did not want it.
            let _ = stdin.write_all(&text.unwrap_or_default());
        }
        let stdout = read_all(child.stdout.take());
        let stderr = match screen {
            Some(screen) => read_all(Some(screen)),
            None => read_all(child.stderr.take()),
        };
        let ended = stdout.recv_timeout(DEADLINE).and_then(|stdout| {
            let stderr = stderr.recv_timeout(DEADLINE)?;
            Ok((stdout, stderr))
        });
        if ended.is_err() {
            child.kill()?;
        }
        let status = child.wait()?;
        let (stdout, stderr) = ended.clone().unwrap_or_default();
        let mut connections = BTreeMap::new();
        let mut unused = 0;
        for running in servers {
            let server = running.server;
            let (received, left) = running.stop()?;
            unused += left;
            let received = received.into_iter().map(|connection| {
                let requests = connection.into_iter();
                requests
                    .map(|request| world.normal(&plain_boundaries(&request)))
                    .collect()
            });
            connections.insert(server, received.collect());
        }
        let mut files = BTreeMap::new();
        list(folder.path(), "", &mut files)?;
        for content in files.values_mut() {
            *content = world.normal(content);
        }
        Ok(Some(Outcome {
            exit: ended.ok().and_then(|_| status.code()),
            stdout: world.normal(&stdout),
            stderr: world.normal(&stderr),
            files,
            connections,
            unused,
        }))
    }
}

/// Both ends of a new terminal. See openpty(3).
#[cfg(unix)]
fn terminal() -> io::Result<(File, Stdio)> {
    use std::os::fd::{FromRawFd, OwnedFd};
    use std::ptr::null_mut;
    let (mut ours, mut theirs) = (-1, -1);
    // SAFETY: two integers are written to; the name and the settings may be null.
    let code = unsafe { libc::openpty(&mut ours, &mut theirs, null_mut(), null_mut(), null_mut()) };
    if code != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: both are open, and nobody else's.
    let (ours, theirs) = unsafe { (OwnedFd::from_raw_fd(ours), OwnedFd::from_raw_fd(theirs)) };
    Ok((ours.into(), theirs.into()))
}

#[cfg(not(unix))]
fn terminal() -> io::Result<(File, Stdio)> {
    Err(io::ErrorKind::Unsupported.into())
}

fn read_all(pipe: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // What was read before an error is what there is to compare.
            let _ = pipe.read_to_end(&mut bytes);
        }
        let _ = sender.send(bytes);
    });
    receiver
}

/// Adds all that is in a folder.
fn list(folder: &Path, before: &str, files: &mut BTreeMap<String, Vec<u8>>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{before}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            let inside = name + "/";
            list(&entry.path(), &inside, files)?;
            files.insert(inside, Vec::new());
        } else {
            files.insert(name, fs::read(entry.path())?);
        }
    }
    Ok(())
}

/// The addresses of one run.
struct World {
    listeners: Vec<(Server, TcpListener)>,
    /// What the placeholders stand for.
    placeholders: Vec<(String, String)>,
    /// Ports, and what is compared in their place.
    ports: Vec<(u16, String)>,
    _refusing: Option<Refusing>,
    _hole: Option<BlackHole>,
}

impl World {
    /// All that the line mentions, and no more.
    fn new(line: &Line) -> io::Result<Option<World>> {
        let mut world = World {
            listeners: Vec::new(),
            placeholders: vec![
                ("{CR}".to_owned(), "\r".to_owned()),
                ("{LF}".to_owned(), "\n".to_owned()),
                ("{TAB}".to_owned(), "\t".to_owned()),
                ("{DEL}".to_owned(), "\x7f".to_owned()),
                ("{long}".to_owned(), "a".repeat(64)),
            ],
            ports: Vec::new(),
            _refusing: None,
            _hole: None,
        };
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        for server in Server::ALL {
            let suffix = server.suffix();
            let names = ["url", "host", "port"].map(|name| format!("{{{name}{suffix}}}"));
            let is_used = line
                .exchanges
                .iter()
                .any(|exchange| exchange.server == server)
                || names.iter().any(|name| line.mentions(name));
            if !is_used {
                continue;
            }
            let addr = match server {
                Server::V6 => (Ipv6Addr::LOCALHOST, 0).into(),
                _ => any,
            };
            let listener = TcpListener::bind(addr)?;
            let addr = listener.local_addr()?;
            world.listeners.push((server, listener));
            world.ports.push((addr.port(), format!("PORT{suffix}")));
            let [url, host, port] = names;
            world.placeholders.push((url, format!("http://{addr}")));
            world.placeholders.push((host, addr.to_string()));
            world.placeholders.push((port, addr.port().to_string()));
        }
        if line.mentions("{refused}") {
            let refusing = Refusing::bind(any)?;
            let addr = refusing.addr()?;
            world.ports.push((addr.port(), "REFUSED".to_owned()));
            world
                .placeholders
                .push(("{refused}".to_owned(), addr.to_string()));
            world._refusing = Some(refusing);
        }
        if line.mentions("{hole}") {
            let Some(hole) = BlackHole::open(any)? else {
                return Ok(None);
            };
            let addr = hole.addr()?;
            world.ports.push((addr.port(), "HOLE".to_owned()));
            world
                .placeholders
                .push(("{hole}".to_owned(), addr.to_string()));
            world._hole = Some(hole);
        }
        Ok(Some(world))
    }

    /// With the placeholders filled in. What comes after a `%` is a variable of `-w`, and stays.
    fn filled(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            let (before, from) = rest.split_at(at);
            out.push_str(before);
            let known = self
                .placeholders
                .iter()
                .find(|(name, _)| from.starts_with(name));
            match known.filter(|_| !before.ends_with('%')) {
                Some((name, value)) => {
                    out.push_str(value);
                    rest = &from[name.len()..];
                }
                None => {
                    out.push('{');
                    rest = &from[1..];
                }
            }
        }
        out + rest
    }

    /// With what differs from run to run, or is called after the program, as one word.
    fn normal(&self, text: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut rest = text;
        let is_digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
        let agents = [&b"curl/"[..], b"fetch/"].map(|agent| [b"User-Agent: ", agent].concat());
        'next: while !rest.is_empty() {
            let known = self
                .ports
                .iter()
                .map(|(port, name)| (port.to_string(), name));
            for (port, name) in known {
                if let Some(after) = rest.strip_prefix(port.as_bytes())
                    && !is_digit(out.last())
                    && !is_digit(after.first())
                {
                    out.extend(name.bytes());
                    rest = after;
                    continue 'next;
                }
            }
            for agent in &agents {
                if let Some(after) = rest.strip_prefix(agent.as_slice()) {
                    let version = |byte: &&u8| byte.is_ascii_digit() || **byte == b'.';
                    out.extend(b"User-Agent: AGENT");
                    rest = &after[after.iter().take_while(version).count()..];
                    continue 'next;
                }
            }
            // So says a cookie jar.
            let author = [&b"generated by libcurl!"[..], b"generated by fetch!"];
            if let Some(after) = author.iter().find_map(|author| rest.strip_prefix(*author)) {
                out.extend(b"generated by AGENT!");
                rest = after;
                continue 'next;
            }
            // On to where one of these may begin.
            let may_begin = |byte: &u8| byte.is_ascii_digit() || b"Ug".contains(byte);
            let plain = rest[1..]
                .iter()
                .position(may_begin)
                .map_or(rest.len(), |at| at + 1);
            out.extend(&rest[..plain]);
            rest = &rest[plain..];
        }
        out
    }

    fn start(&self, exchanges: &[Exchange]) -> io::Result<Vec<Running>> {
        let start = |(server, listener): &(Server, TcpListener)| {
            let mine = exchanges
                .iter()
                .filter(|exchange| exchange.server == *server);
            let mine = mine.cloned().map(|mut exchange| {
                for step in &mut exchange.steps {
                    if let Step::Send(text) = step {
                        *text = self.filled(text);
                    }
                }
                exchange
            });
            Running::start(*server, listener.try_clone()?, mine.collect())
        };
        self.listeners.iter().map(start).collect()
    }
}

/// The boundaries of a multipart body are made of random letters: here they are BOUNDARY, and the length is
/// that of the body with them.
fn plain_boundaries(request: &[u8]) -> Vec<u8> {
    let Some(head_length) = head_length(request) else {
        return request.to_vec();
    };
    let (head, body) = request.split_at(head_length);
    let (mut head, mut plain) = (head.to_vec(), body.to_vec());
    // A field of several files has a boundary of its own.
    while let Some(boundary) = boundary(&head).or_else(|| boundary(&plain)) {
        head = replaced(&head, &boundary, b"BOUNDARY");
        plain = replaced(&plain, &boundary, b"BOUNDARY");
    }
    let length = |body: &[u8]| format!("Content-Length: {}\r\n", body.len());
    let mut out = replaced(&head, length(body).as_bytes(), length(&plain).as_bytes());
    out.extend(plain);
    out
}

/// The first boundary that is not plain yet.
fn boundary(text: &[u8]) -> Option<Vec<u8>> {
    // Bodies that are no forms may be long.
    let text = &text[..text.len().min(LONGEST_FORM)];
    let text = String::from_utf8_lossy(text);
    let multipart = text.split("Content-Type: multipart/").skip(1);
    let boundaries = multipart.filter_map(|it| it.lines().next()?.split_once("boundary="));
    let mut boundaries = boundaries.map(|(_, boundary)| boundary.trim());
    let boundary = boundaries.find(|boundary| !matches!(*boundary, "" | "BOUNDARY"))?;
    Some(boundary.into())
}

fn replaced(text: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        match rest.strip_prefix(old) {
            Some(after) => {
                out.extend(new);
                rest = after;
            }
            None => {
                out.push(*first);
                rest = after;
            }
        }
    }
    out
}

// The server.

/// A server that goes by a script.
struct Running {
    server: Server,
    addr: SocketAddr,
    script: Arc<Script>,
    accepting: JoinHandle<Vec<JoinHandle<Connection>>>,
}

struct Script {
    exchanges: Mutex<VecDeque<Exchange>>,
    /// Who calls from here has come to say that no more calls follow.
    last_caller: Mutex<Option<SocketAddr>>,
    /// The client's process.
    client: OnceLock<u32>,
    /// Set when it has ended.
    ended: OnceLock<()>,
}

impl Script {
    fn exchanges(&self) -> MutexGuard<'_, VecDeque<Exchange>> {
        self.exchanges
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// The next exchange, if it starts as soon as there is a connection.
    fn unasked(&self) -> Option<Exchange> {
        let mut exchanges = self.exchanges();
        exchanges.pop_front_if(|exchange| exchange.read == Extent::Nothing)
    }
}

impl Running {
    fn start(
        server: Server,
        listener: TcpListener,
        exchanges: VecDeque<Exchange>,
    ) -> io::Result<Running> {
        let addr = listener.local_addr()?;
        let script = Arc::new(Script {
            exchanges: Mutex::new(exchanges),
            last_caller: Mutex::new(None),
            client: OnceLock::new(),
            ended: OnceLock::new(),
        });
        let shared = script.clone();
        let accepting = thread::spawn(move || {
            let mut connections = Vec::new();
            while let Ok((stream, caller)) = listener.accept() {
                let last = shared.last_caller.lock();
                if *last.unwrap_or_else(|poisoned| poisoned.into_inner()) == Some(caller) {
                    break;
                }
                // Taken here, by the order of the calls.
                let unasked = shared.unasked();
                let script = shared.clone();
                connections.push(thread::spawn(move || {
                    let mut peer = Peer::new(stream);
                    // An error is the client's going away, which is for the comparison to see.
                    let _ = peer.serve(&script, unasked);
                    peer.received()
                }));
            }
            connections
        });
        Ok(Running {
            server,
            addr,
            script,
            accepting,
        })
    }

    /// What was received, and how many answers were left. The client has ended.
    fn stop(self) -> io::Result<(Vec<Connection>, usize)> {
        self.script.ended.get_or_init(|| ());
        // Calls are taken in their order: when this one is, all of the client's were.
        let last = {
            let mut last = self
                .script
                .last_caller
                .lock()
                .unwrap_or_else(|it| it.into_inner());
            let stream = TcpStream::connect(self.addr)?;
            *last = Some(stream.local_addr()?);
            stream
        };
        let gone = |_| io::Error::other("the server panicked");
        let connections = self.accepting.join().map_err(gone)?;
        drop(last);
        let received = connections
            .into_iter()
            .map(|connection| connection.join().map_err(gone));
        let received = received.collect::<io::Result<_>>()?;
        Ok((received, self.script.exchanges().len()))
    }
}

/// One connection of the server's.
struct Peer {
    stream: TcpStream,
    /// What has come and is not part of a request yet.
    buffer: Vec<u8>,
    requests: Connection,
    /// Is a part of the last request still to come?
    is_cut: bool,
}

impl Peer {
    fn new(stream: TcpStream) -> Peer {
        Peer {
            stream,
            buffer: Vec::new(),
            requests: Vec::new(),
            is_cut: false,
        }
    }

    fn received(mut self) -> Connection {
        match self.requests.last_mut().filter(|_| self.is_cut) {
            Some(request) => request.extend(self.buffer),
            None if self.buffer.is_empty() => {}
            None => self.requests.push(self.buffer),
        }
        self.requests
    }

    /// Reads more; false at the end.
    fn more(&mut self) -> io::Result<bool> {
        let mut part = [0; 64 * 1024];
        let count = self.stream.read(&mut part)?;
        self.buffer.extend(&part[..count]);
        Ok(count > 0)
    }

    /// Waits until the client has gone.
    fn drain(&mut self) -> io::Result<()> {
        while self.more()? {}
        Ok(())
    }

    fn serve(&mut self, script: &Script, unasked: Option<Exchange>) -> io::Result<()> {
        self.stream.set_nodelay(true)?;
        let mut next = unasked;
        loop {
            let exchange = match next.take() {
                Some(exchange) => exchange,
                None => {
                    if self.buffer.is_empty() && !self.more()? {
                        return Ok(());
                    }
                    let mut exchanges = script.exchanges();
                    exchanges.pop_front().unwrap_or_else(|| Exchange {
                        server: Server::First,
                        read: Extent::Whole,
                        // Nothing is known to answer.
                        steps: vec![Step::Close],
                    })
                }
            };
            let head = match exchange.read {
                Extent::Nothing => None,
                Extent::Head | Extent::Whole => Some(self.read_head()?),
            };
            if let (Some(head), Extent::Whole) = (&head, exchange.read) {
                self.read_body(head)?;
            }
            if !self.answer(script, &exchange, &head.unwrap_or_default())? {
                return Ok(());
            }
        }
    }

    /// Answers; false when the connection is done with.
    fn answer(&mut self, script: &Script, exchange: &Exchange, head: &[u8]) -> io::Result<bool> {
        let mut dribbles = false;
        for step in &exchange.steps {
            match step {
                Step::Send(text) if dribbles => {
                    for byte in bytes(text) {
                        self.stream.write_all(&[byte])?;
                        thread::yield_now();
                    }
                }
                Step::Send(text) => self.stream.write_all(&bytes(text))?,
                Step::Noise(length) => self.stream.write_all(noise(*length))?,
                Step::Apart => thread::sleep(APART),
                Step::Pause => pause(*script.client.wait())?,
                Step::Dribble => dribbles = true,
                Step::ReadBody => self.read_body(head)?,
                Step::Close => {
                    self.stream.shutdown(Shutdown::Write)?;
                    self.drain()?;
                    return Ok(false);
                }
                Step::Reset => {
                    SockRef::from(&self.stream).set_linger(Some(Duration::ZERO))?;
                    return Ok(false);
                }
                Step::Silence => {
                    self.drain()?;
                    return Ok(false);
                }
                Step::Stall => {
                    script.ended.wait();
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// The head of a request becomes a request of its own, to which `read_body` adds.
    fn read_head(&mut self) -> io::Result<Vec<u8>> {
        let length = loop {
            if let Some(length) = head_length(&self.buffer) {
                break length;
            }
            if !self.more()? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        };
        let head: Vec<u8> = self.buffer.drain(..length).collect();
        self.requests.push(head.clone());
        self.is_cut = true;
        Ok(head)
    }

    fn read_body(&mut self, head: &[u8]) -> io::Result<()> {
        let head = String::from_utf8_lossy(head).to_ascii_lowercase();
        let field = |name: &str| {
            head.lines()
                .find_map(|line| line.strip_prefix(name))
                .map(str::trim)
        };
        let mut length = 0;
        if field("transfer-encoding:") == Some("chunked") {
            loop {
                if let Some(whole) = chunked_length(&self.buffer) {
                    length = whole;
                    break;
                }
                if !self.more()? {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
        } else if let Some(told) = field("content-length:") {
            length = told.parse().unwrap_or(0);
        }
        while self.buffer.len() < length {
            if !self.more()? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let body = self.buffer.drain(..length);
        if let Some(request) = self.requests.last_mut() {
            request.extend(body);
        }
        self.is_cut = false;
        Ok(())
    }
}

/// Stops a process, and lets it go on, as Ctrl-Z and `fg` do. On Linux a call that waits at a socket with a time-out
/// is interrupted then (signal(7)).
#[cfg(target_os = "linux")]
fn pause(process: u32) -> io::Result<()> {
    let done = |result| match result {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    };
    let id = process as libc::pid_t;
    // SAFETY: the process is a child that nobody has waited for yet, so the number is its own.
    done(unsafe { libc::kill(id, libc::SIGSTOP) })?;
    // SAFETY: all zeros is a `siginfo_t`.
    let mut info = unsafe { std::mem::zeroed() };
    let options = libc::WSTOPPED | libc::WEXITED | libc::WNOWAIT;
    // SAFETY: `info` is where the answer goes, and is a `siginfo_t`.
    done(unsafe { libc::waitid(libc::P_PID, process, &mut info, options) })?;
    // SAFETY: as above.
    done(unsafe { libc::kill(id, libc::SIGCONT) })
}

#[cfg(not(target_os = "linux"))]
fn pause(_: u32) -> io::Result<()> {
    Ok(())
}

/// How long the head is, with its empty line, once it is complete.
fn head_length(bytes: &[u8]) -> Option<usize> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some(end + 4)
}

/// How long a chunked body is, once it is complete. Of trailer fields there are none.
fn chunked_length(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let line = bytes[at..].windows(2).position(|two| two == b"\r\n")?;
        let digits = String::from_utf8_lossy(&bytes[at..at + line]).into_owned();
        let size = usize::from_str_radix(digits.trim(), 16).ok()?;
        at += line + 2 + size + 2;
        if at > bytes.len() {
            return None;
        }
        if size == 0 {
            return Some(at);
        }
    }
}
