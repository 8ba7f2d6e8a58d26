//! Drives `cargo course` on a terminal: the real binary, in a pseudo-terminal that a parser looks at.
//!
//! The screens of a whole lesson are files in tests/watch/. To write them anew: `WRITE_SCREENS=1 cargo test -p
//! course --test watch`.

#![cfg(unix)]

mod script;

use std::fs;
use std::io::{Read, Write};
use std::num::NonZero;
use std::os::fd::RawFd;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use tempfile::TempDir;

/// How long to wait for what is sure to come, on however slow a machine.
const DEADLINE: Duration = Duration::from_secs(60);

const ESCAPE: &str = "\x1b";
const CTRL_C: &str = "\x03";
const CTRL_Z: &str = "\x1a";

const LIBRARY: &str = "lessons/lesson01-listen/src/lib.rs";

/// A course of three lessons in a folder of its own.
struct Course {
    folder: TempDir,
    /// What is run in place of cargo.
    cargo: Option<PathBuf>,
}

impl Course {
    /// With stubs in lessons/.
    fn new() -> Course {
        let course = Course {
            folder: tempfile::tempdir().unwrap(),
            cargo: None,
        };
        let members = "members = [\"lessons/*\", \"solutions/*\"]";
        course.write(
            "Cargo.toml",
            format!("[workspace]\nresolver = \"3\"\n{members}\n"),
        );
        fs::create_dir(course.path("lessons")).unwrap();
        for (number, name) in [("01", "listen"), ("02", "echo"), ("03", "client")] {
            let write = |path: &str, text: &str| {
                let text = text.replace("NN", number).replace("NAME", name);
                course.write(&format!("solutions/lesson{number}-{name}/{path}"), text);
            };
            write("Cargo.toml", MANIFEST);
            write("src/lib.rs", SOLUTION);
            write("src/main.rs", PROGRAM);
            write("tests/grade.rs", GRADE);
        }
        let stubs = course.command(&["stubs"]).output().unwrap();
        assert!(stubs.status.success(), "{stubs:?}");
        course
    }

    /// With this shell script for cargo: it is told the lesson's package as $1, and where the course is as $2. So
    /// nothing is compiled.
    fn with_cargo(script: &str) -> Course {
        let mut course = Course::new();
        course.write("solved", "");
        let script = format!(
            "#!/bin/sh\nset -- \"$3\" '{}'\n{CARGO}\n{script}\n",
            course.folder.path().display()
        );
        let cargo = course.path("cargo");
        script::make(&cargo, &script);
        course.cargo = Some(cargo);
        course
    }

    /// The same, past the welcome.
    fn welcomed(script: &str) -> Course {
        let course = Course::with_cargo(script);
        course.write(
            "target/course/progress.json",
            r#"{"version":1,"welcomed":true,"lesson":null,"hints":{},"graded":{}}"#,
        );
        course
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Saves as vim does it: writes another file, and gives it the name.
    fn write_by_rename(&self, path: &str, text: &str) {
        let new = format!("{path}.new~");
        self.write(&new, text);
        fs::rename(self.path(&new), self.path(path)).unwrap();
    }

    /// How often cargo was run, where the script counts it.
    fn runs(&self) -> usize {
        self.read("log").lines().count()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_course"));
        command.arg("--root").arg(self.folder.path());
        command.args(arguments);
        command.env("CARGO_TARGET_DIR", self.path("target"));
        command
    }

    /// `cargo course` on a terminal of 80 by 24.
    fn start(&self) -> Watch {
        self.start_by(CommandBuilder::new(env!("CARGO_BIN_EXE_course")))
    }

    /// The same, from this shell script, in which `"$@"` is `cargo course`.
    fn start_from_shell(&self, script: &str) -> Watch {
        let mut shell = CommandBuilder::new("sh");
        shell.args(["-c", script, "sh", env!("CARGO_BIN_EXE_course")]);
        self.start_by(shell)
    }

    fn start_by(&self, mut command: CommandBuilder) -> Watch {
        command.arg("--root");
        command.arg(self.folder.path());
        command.cwd(self.folder.path());
        command.env("CARGO_TARGET_DIR", self.path("target"));
        command.env("LC_ALL", "C.UTF-8");
        command.env("TERM", "xterm-256color");
        for variable in ["NO_COLOR", "CLICOLOR_FORCE", "RUST_BACKTRACE"] {
            command.env_remove(variable);
        }
        if let Some(cargo) = &self.cargo {
            command.env("CARGO", cargo);
        }
        Watch::start(command)
    }
}

/// What a grader's run is made of, for scripts.
const CARGO: &str = r#"
say() { # as it is, which echo does not do everywhere
    printf '%s\n' "$1"
}
started() {
    say '{"type":"suite","event":"started","test_count":2}'
}
case_of() { # event state name rendered
    say '{"type":"test","event":"'$1'","state":"'$2'","name":"'$3'","function":"first","rendered":"  '"$4"'\n"}'
}
finding() { # what the finding says
    started
    case_of failed failed it_counts "$1"
    case_of ignored waiting it_counts_again ''
    say '{"type":"suite","event":"failed"}'
    exit 101
}
stub() {
    started
    case_of failed stub it_counts 'Start with `first` here'
    case_of ignored waiting it_counts_again ''
    say '{"type":"suite","event":"failed"}'
    exit 101
}
library=$(cat "$2"/lessons/lesson01-listen/src/lib.rs)
"#;

/// Counts its runs of lesson 01; the finding is the library's first line.
const COUNTS: &str = r#"
[ "$1" = lesson01 ] || stub
echo run >> "$2/log"
finding "$(echo "$library" | head -n 1)"
"#;

/// A running `cargo course`, and its terminal.
struct Watch {
    child: Box<dyn Child + Send + Sync>,
    terminal: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    parser: vt100::Parser,
    /// The last bytes that the parser has seen.
    tail: Vec<u8>,
    settings: Settings,
}

impl Watch {
    fn start(command: CommandBuilder) -> Watch {
        let size = PtySize {
            rows: 24,
            cols: 80,
            ..PtySize::default()
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let terminal = pair.master;
        let settings = settings(terminal.as_raw_fd().unwrap());
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = terminal.try_clone_reader().unwrap();
        let keys = terminal.take_writer().unwrap();
        let (sender, output) = channel();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Watch {
            child,
            terminal,
            keys,
            output,
            parser: vt100::Parser::new(places(24), places(80), 0),
            tail: Vec::new(),
            settings,
        }
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// What is on the screen.
    fn screen(&self) -> String {
        let (_, width) = self.parser.screen().size();
        let rows = self.parser.screen().rows(0, width.get());
        let rows: Vec<_> = rows.map(|row| row.trim_end().to_owned()).collect();
        rows.join("\n") + "\n"
    }

    /// Reads on until the screen is as it should be, between two frames.
    fn wait_until(&mut self, what: &str, is_so: impl Fn(&Watch) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while !is_so(self) {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(bytes) = self.output.recv_timeout(left) else {
                panic!("waited for {what}, on the screen is:\n{}", self.screen());
            };
            self.parser.process(&bytes);
            self.tail.extend(bytes);
            self.tail.drain(..self.tail.len().saturating_sub(16));
        }
    }

    /// Waits until all of these are on the screen.
    fn wait_for(&mut self, texts: &[&str]) {
        self.wait_until(&format!("{texts:?}"), |watch| {
            let screen = watch.screen();
            watch.is_whole() && texts.iter().all(|text| screen.contains(text))
        });
    }

    /// Is the last frame whole?
    fn is_whole(&self) -> bool {
        self.tail.ends_with(b"\x1b[?2026l")
    }

    /// Compares the screen with the file of this name.
    fn shows(&self, name: &str) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/watch")
            .join(name)
            .with_extension("txt");
        let screen = self.screen();
        if std::env::var_os("WRITE_SCREENS").is_some() {
            fs::write(&path, screen).unwrap();
            return;
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            expected.replace("\r\n", "\n") == screen,
            "{name} is not as tests/watch/{name}.txt has it, but:\n{screen}"
        );
    }

    fn resize(&mut self, rows: u16, cols: u16) {
        // First: what was drawn for the old size is then drawn over.
        self.parser
            .screen_mut()
            .set_size(places(rows), places(cols));
        let size = PtySize {
            rows,
            cols,
            ..PtySize::default()
        };
        self.terminal.resize(size).unwrap();
    }

    fn signal(&self, signal: i32) {
        kill(self.pid(), signal);
    }

    fn pid(&self) -> i32 {
        self.child.process_id().unwrap().try_into().unwrap()
    }

    /// Waits until it has given the terminal back and has ended; how.
    fn ended(&mut self) -> portable_pty::ExitStatus {
        self.wait_until_left();
        self.child.wait().unwrap()
    }

    /// Waits until the terminal is as it was.
    fn wait_until_left(&mut self) {
        self.wait_until("the main screen", |watch| {
            let screen = watch.parser.screen();
            !screen.alternate_screen()
                && !screen.hide_cursor()
                && watch.settings() == watch.settings
        });
    }

    fn settings(&self) -> Settings {
        settings(self.terminal.as_raw_fd().unwrap())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// How a terminal is set.
type Settings = ([libc::tcflag_t; 4], Vec<libc::cc_t>);

fn settings(terminal: RawFd) -> Settings {
    let mut settings = std::mem::MaybeUninit::uninit();
    // SAFETY: tcgetattr writes a whole termios there when it returns 0.
    let settings: libc::termios = unsafe {
        assert_eq!(libc::tcgetattr(terminal, settings.as_mut_ptr()), 0);
        settings.assume_init()
    };
    let flags = [
        settings.c_iflag,
        settings.c_oflag,
        settings.c_cflag,
        settings.c_lflag,
    ];
    (flags, settings.c_cc.to_vec())
}

fn places(count: u16) -> NonZero<u16> {
    NonZero::new(count).unwrap()
}

fn kill(process: i32, signal: i32) {
    // SAFETY: kill takes integers only.
    assert_eq!(unsafe { libc::kill(process, signal) }, 0);
}

const MANIFEST: &str = r#"[package]
name = "solutionNN"
description = "Lesson NN, NAME: how long a slice is"
edition = "2024"

[lib]
test = false
doctest = false

[[bin]]
name = "solution-NAME"
path = "src/main.rs"
test = false

[[test]]
name = "grade"
harness = false
"#;

const SOLUTION: &str = r#"//! Lesson NN, NAME.

/// The first.
pub fn first(value: &[u8]) -> usize {
    value.len()
}

/// The second.
pub fn second(value: &[u8]) -> usize {
    value.len()
}
"#;

const PROGRAM: &str = "fn main() {\n    println!(\"{}\", solutionNN::first(b\"ab\"));\n}\n";

/// A grader with the real one's manners, as far as a watch knows them.
const GRADE: &str = r##"//! Given.

use solutionNN as submission;

type Graded = fn(&[u8]) -> usize;

fn main() {
    let graded: [(&str, &str, Graded, &[u8]); 4] = [
        ("the_first_counts", "first", submission::first, b"abc"), // fn(&[u8]) -> usize
        ("the_first_counts_nothing", "first", submission::first, b""),
        ("the_second_counts", "second", submission::second, b"abc"), // fn(&[u8]) -> usize
        ("the_second_counts_nothing", "second", submission::second, b""),
    ];
    let has = |wanted: &str| std::env::args().any(|it| it == wanted);
    std::panic::set_hook(Box::new(|_| {}));
    println!(r#"{{"type":"suite","event":"started","test_count":4}}"#);
    let mut failed = false;
    for (name, function, call, value) in graded {
        if failed && !has("--no-fail-fast") {
            println!(r#"{{"type":"test","event":"ignored","name":"{name}","function":"{function}","state":"waiting"}}"#);
            continue;
        }
        let file = "lessons/lessonNN-NAME/src/lib.rs:1";
        let (event, state, rendered) = match std::panic::catch_unwind(|| call(value)) {
            Ok(count) if count == value.len() => ("ok", "passed", String::new()),
            Ok(count) => {
                let observed = format!("  {function} gave {count} for {} bytes.\\n\\n", value.len());
                let why = "  why   A slice knows how many elements it has, and here somebody counted them\\n        in another way.\\n";
                let fix = format!("  fix   `{function}` in {file}: ask the slice\\n");
                ("failed", "failed", format!("{observed}{why}{fix}"))
            }
            Err(_) => ("failed", "stub", format!("  Start with `{function}` in {file}\\n  read  book/src/lessonNN-NAME.md#{function}\\n")),
        };
        failed |= event == "failed";
        println!(r#"{{"type":"test","event":"{event}","name":"{name}","function":"{function}","state":"{state}","rendered":"{rendered}"}}"#);
    }
    let event = if failed { "failed" } else { "ok" };
    println!(r#"{{"type":"suite","event":"{event}"}}"#);
    std::process::exit(if failed { 101 } else { 0 });
}
"##;

#[test]
fn a_lesson_from_the_welcome_to_green() {
    let course = Course::new();
    let hints = "1. How long is the value?\n2. A slice knows.\n3. `slice::len`.\n";
    course.write(
        "book/src/hints/lesson01.md",
        format!("# Hints\n\n## `first`\n\n{hints}"),
    );
    let stub = course.read(LIBRARY);
    let mut watch = course.start();
    watch.wait_for(&["Welcome to Socketlings.", "still a stub"]);
    watch.shows("01-welcome");
    watch.press("x");
    watch.wait_for(&["Start with `first`"]);
    watch.shows("02-stub");

    course.write(LIBRARY, "compile_error!(\"not yet\");\n");
    watch.wait_for(&["error: not yet", "does not compile yet"]);
    watch.shows("03-compile-error");

    let wrong = stub.replace("todo!(\"write `first`\")", "7");
    course.write_by_rename(LIBRARY, &wrong);
    watch.wait_for(&["first gave 7 for 3 bytes.", "stands at case 1 of 4"]);
    watch.shows("04-finding");
    watch.resize(12, 44);
    watch.wait_until("a narrow screen", |watch| {
        watch.is_whole() && watch.screen().lines().nth(1) == Some("stands at case 1 of 4")
    });
    watch.shows("05-narrow");
    watch.press("j");
    watch.wait_for(&["1 above"]);
    watch.resize(24, 80);
    watch.wait_for(&["lessons/lesson01-listen/src/lib.rs    ", "? help  q quit"]);
    watch.press("h");
    watch.wait_for(&["Hint 1 of 3 for first", "How long is the value?"]);
    watch.press("h");
    watch.wait_for(&["Hint 2 of 3 for first"]);
    watch.shows("06-hint");
    watch.press("h");
    watch.wait_for(&["Hint 3 of 3 for first"]);
    watch.press("h");
    watch.wait_for(&["That was the last hint."]);
    course.write_by_rename(
        LIBRARY,
        &course.read("solutions/lesson01-listen/src/lib.rs"),
    );
    watch.wait_for(&["Lesson 01 listen is done, all 4 cases pass."]);
    watch.shows("07-green");
    watch.press("n");
    watch.wait_for(&["lessons/lesson02-echo/src/lib.rs:1", "still a stub"]);
    watch.shows("08-next");
    watch.press("l");
    watch.wait_for(&["▶ 02 echo      still a stub", "03 client    still a stub"]);
    watch.shows("09-list");
    watch.press("1");
    watch.wait_for(&["Lesson 01 listen is done"]);
    watch.press("q");
    assert!(watch.ended().success());
    // And that is where the next start begins: with the first that is not done.
    let mut watch = course.start();
    watch.wait_for(&["lessons/lesson02-echo/src/lib.rs:1"]);
}

#[test]
fn what_is_remembered_is_shown_without_a_run() {
    let course = Course::welcomed(COUNTS);
    let mut watch = course.start();
    watch.wait_for(&["it_counts"]);
    watch.press("ln");
    watch.wait_for(&["02 echo      still a stub", "03 client    still a stub"]);
    watch.press("q");
    watch.ended();
    assert_eq!(course.runs(), 1);
    let mut watch = course.start();
    watch.wait_for(&["it_counts"]);
    course.write_by_rename(LIBRARY, "// the second run\n");
    watch.wait_for(&["// the second run"]);
    assert_eq!(course.runs(), 2);
}

#[test]
fn every_way_out_leaves_the_terminal_as_it_was() {
    for keys in ["q", CTRL_C] {
        let course = Course::welcomed(COUNTS);
        let mut watch = course.start();
        watch.wait_for(&["it_counts"]);
        assert_ne!(watch.settings(), watch.settings);
        watch.press(keys);
        let status = watch.ended();
        let code = if keys == CTRL_C { 130 } else { 0 };
        assert_eq!(status.exit_code(), code, "{keys:?}");
        assert_eq!(watch.screen().trim(), "");
    }
}

#[test]
fn a_signal_ends_it_and_leaves_the_terminal_as_it_was() {
    for signal in [libc::SIGTERM, libc::SIGHUP, libc::SIGINT, libc::SIGKILL] {
        let course = Course::welcomed(COUNTS);
        let mut watch = course.start();
        watch.wait_for(&["it_counts"]);
        watch.signal(signal);
        let status = watch.ended();
        assert!(status.signal().is_some(), "{signal}: {status:?}");
    }
}

#[test]
fn ctrl_z_stops_it_and_fg_goes_on() {
    let course = Course::welcomed(COUNTS);
    let script = "set -m; \"$@\"; echo stopped; read line; fg > /dev/null; echo over";
    let mut watch = course.start_from_shell(script);
    watch.wait_for(&["it_counts"]);
    watch.press(CTRL_Z);
    watch.wait_until_left();
    watch.wait_until("the shell", |watch| watch.screen().contains("stopped"));
    watch.press("\n");
    watch.wait_until("the watch", |watch| {
        watch.parser.screen().alternate_screen() && watch.screen().contains("it_counts")
    });
    watch.wait_for(&["it_counts"]);
    watch.press("?");
    watch.wait_for(&["Keys"]);
    watch.press("q");
    watch.wait_until_left();
    watch.wait_until("the shell", |watch| watch.screen().contains("over"));
}

#[test]
fn it_ends_when_the_terminal_is_gone() {
    let course = Course::welcomed(COUNTS);
    let mut watch = course.start();
    watch.wait_for(&["it_counts"]);
    // Every handle on it: ours, and that of the thread that reads, which ends when nobody listens.
    watch.output = channel().1;
    watch.press("?");
    watch.keys = Box::new(std::io::sink());
    let other = native_pty_system().openpty(PtySize::default()).unwrap();
    watch.terminal = other.master;
    watch.child.wait().unwrap();
}

#[test]
fn saves_at_once_are_one_run_and_what_is_no_change_is_none() {
    let course = Course::welcomed(COUNTS);
    let mut watch = course.start();
    watch.wait_for(&["it_counts"]);
    // So that it sees all of them at once, however slowly we write.
    watch.signal(libc::SIGSTOP);
    for number in 0..5 {
        course.write(LIBRARY, format!("// save {number}\n"));
        course.write("lessons/lesson01-listen/src/other.rs", number.to_string());
    }
    watch.signal(libc::SIGCONT);
    watch.wait_for(&["// save 4"]);
    assert_eq!(course.runs(), 2);

    // Read, written with what was there, and what is no source. Whole files at once: a watch that looks between a
    // file's being emptied and its being written rightly sees a change.
    course.read(LIBRARY);
    course.write_by_rename(LIBRARY, "// save 4\n");
    for name in [
        ".lib.rs.swp",
        "lib.rs~",
        "4913",
        "lib.rs.kept-1",
        "#lib.rs#",
    ] {
        course.write(&format!("lessons/lesson01-listen/src/{name}"), "x");
    }
    course.write("lessons/lesson01-listen/target/debug/x", "x");
    // In the order of the events, so what those cause would have come before.
    course.write_by_rename(LIBRARY, "// the last\n");
    watch.wait_for(&["// the last"]);
    assert_eq!(course.runs(), 3);
}

#[test]
fn a_newer_save_calls_off_the_run_that_is_under_way() {
    let blocks = r#"
[ "$1" = lesson01 ] || stub
case $library in
*blocks*) started; case_of ok passed it_counts ''; mkfifo "$2/never" && cat "$2/never" ;;
*) finding "$(echo "$library" | head -n 1)" ;;
esac
"#;
    let course = Course::welcomed(blocks);
    let mut watch = course.start();
    watch.wait_for(&["it_counts"]);
    course.write(LIBRARY, "// blocks\n");
    // The old finding stays, and the bar moves.
    watch.wait_for(&["it_counts", "grading 1 of 2", "1/2"]);
    course.write(LIBRARY, "// the newer one\n");
    watch.wait_for(&["// the newer one", "stands at case 1 of 2"]);
    watch.press("q");
    watch.ended();
    assert!(is_let_go(&course.path("never")));
}

#[test]
fn to_quit_ends_the_run_that_is_under_way() {
    let course = Course::welcomed("started; mkfifo \"$2/never\"; echo '{}'; cat \"$2/never\"");
    let mut watch = course.start();
    watch.wait_for(&["building"]);
    while !course.path("never").exists() {
        thread::yield_now();
    }
    watch.press("q");
    watch.ended();
    assert!(is_let_go(&course.path("never")));
}

/// Whether nobody reads from this any more, once those who were killed are gone.
fn is_let_go(fifo: &Path) -> bool {
    use std::os::unix::fs::OpenOptionsExt;
    let deadline = Instant::now() + DEADLINE;
    while Instant::now() < deadline {
        let mut options = fs::OpenOptions::new();
        options.write(true).custom_flags(libc::O_NONBLOCK);
        // Nobody has it open for reading.
        if options
            .open(fifo)
            .is_err_and(|error| error.raw_os_error() == Some(libc::ENXIO))
        {
            return true;
        }
        thread::yield_now();
    }
    false
}

#[test]
fn a_lesson_may_go_and_come_back() {
    let course = Course::welcomed(COUNTS);
    let mut watch = course.start();
    watch.wait_for(&["it_counts"]);
    let away = course.path("away");
    fs::rename(course.path("lessons/lesson01-listen"), &away).unwrap();
    watch.wait_for(&["lessons/lesson01-listen/ is missing", "This brings it back"]);
    fs::rename(&away, course.path("lessons/lesson01-listen")).unwrap();
    watch.wait_for(&["it_counts"]);
    course.write(LIBRARY, "// is watched again\n");
    watch.wait_for(&["// is watched again"]);

    fs::rename(course.path("lessons"), &away).unwrap();
    watch.wait_for(&["is missing"]);
    fs::rename(&away, course.path("lessons")).unwrap();
    watch.wait_for(&["it_counts"]);
    course.write(LIBRARY, "// and again\n");
    watch.wait_for(&["// and again"]);
}

#[test]
fn without_cargo_it_says_so() {
    let mut course = Course::welcomed("");
    course.cargo = Some(course.path("no/such/cargo"));
    let mut watch = course.start();
    watch.wait_for(&["Not graded: cannot start cargo"]);
    watch.press("l");
    watch.wait_for(&["Lessons"]);
}

#[test]
fn a_solution_is_shown_only_to_whoever_is_sure() {
    let course = Course::welcomed(COUNTS);
    let mut watch = course.start();
    watch.wait_for(&["it_counts"]);
    watch.press("d");
    watch.wait_for(&["is not done yet", "Show it?"]);
    watch.press("n");
    watch.wait_for(&["it_counts"]);
}

#[test]
fn no_key_does_harm() {
    let course = Course::welcomed(COUNTS);
    let mut watch = course.start();
    watch.wait_for(&["it_counts"]);
    watch.press("xXyzQ!0123\t\x7f\x1b[Z\x1bOP\x1b[1;5A");
    watch.press("?");
    watch.wait_for(&["Keys"]);
    watch.press(ESCAPE);
    watch.wait_for(&["it_counts"]);
    for (rows, columns) in [(5, 20), (1, 1), (2, 80), (3, 3), (24, 1), (24, 80)] {
        watch.resize(rows, columns);
    }
    watch.wait_for(&["it_counts", "h hint"]);
    watch.press("\r");
    watch.press("q");
    assert!(watch.ended().success());
}

/// At rest every thread waits for something to happen, and none for some time to pass.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[test]
fn at_rest_it_waits_for_nothing_but_events() {
    let course = Course::welcomed(COUNTS);
    let mut watch = course.start();
    watch.wait_for(&["it_counts"]);
    watch.press("l");
    watch.wait_for(&["02 echo      still a stub", "03 client    still a stub"]);
    let deadline = Instant::now() + DEADLINE;
    while !is_at_rest(watch.pid()) {
        assert!(Instant::now() < deadline, "{:?}", calls(watch.pid()));
        thread::yield_now();
    }
}

/// The calls that the process's threads are in, as the kernel tells them: a number and arguments, or `running`.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn calls(process: i32) -> Vec<Vec<u64>> {
    let threads = fs::read_dir(format!("/proc/{process}/task")).unwrap();
    let call = |thread: std::io::Result<fs::DirEntry>| {
        let call = fs::read_to_string(thread.unwrap().path().join("syscall")).unwrap();
        let number = |word: &str| match word.strip_prefix("0x") {
            Some(hex) => u64::from_str_radix(hex, 16).ok(),
            None => word.parse().ok(),
        };
        call.split_whitespace().filter_map(number).collect()
    };
    threads.map(call).collect()
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn is_at_rest(process: i32) -> bool {
    const FOR_EVER: u32 = u32::MAX;
    calls(process).iter().all(|call| {
        let Some(number) = call.first().and_then(|it| i64::try_from(*it).ok()) else {
            return false;
        };
        let timeout = |at: usize| call.get(at + 1).copied().unwrap_or(0);
        match number {
            libc::SYS_futex => timeout(3) == 0,
            libc::SYS_poll => timeout(2) as u32 == FOR_EVER,
            libc::SYS_epoll_wait | libc::SYS_epoll_pwait => timeout(3) as u32 == FOR_EVER,
            libc::SYS_read | libc::SYS_recvfrom | libc::SYS_recvmsg => true,
            _ => false,
        }
    })
}
