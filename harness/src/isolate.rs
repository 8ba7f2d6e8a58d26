//! One case, one child process: so that nothing a submission does can hang, fool or flood a run.
//!
//! The test binary starts itself again with the same arguments and [`CASE_VARIABLE`] in the
//! environment. The two talk over a channel that is neither stdout nor stderr, which belong to the
//! submission: each line that the child sends carries a key, which the parent hands it before the
//! submission's code has run. No line with the key and a verdict: not passed, whatever the exit code.
//!
//! The child leads a process group, which is killed at the deadline and whenever the child is done. On
//! Linux what left the group falls to the parent, and is killed too. When the parent dies, the child
//! notices the end of the channel and kills its own group. Windows has no such groups: there only the
//! child itself is ended.
//!
//! What the child runs cannot reach the parent: see [`kernel::confine`]. Its temporary files are in a folder that the
//! parent removes.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::attempt::{Attempt, PanicNote, in_the_background};
use crate::conduct;
use crate::finding::{Finding, Found, Misconception, Outcome, Place, Stop, Verdict};
use crate::json::{
    finding_from_json, finding_to_json, place_from_json, place_to_json, record_from_json,
    record_to_json,
};
use crate::kernel;
use crate::lesson::CaseName;
use crate::submission::Submission;
use crate::trace::Trace;
use crate::watch::Grader;

/// Names the case that a child process is to run.
pub const CASE_VARIABLE: &str = "SOCKETLINGS_CASE";
/// Set when the child is to hand over its record, however the case ends.
const RECORD_VARIABLE: &str = "SOCKETLINGS_RECORD";
/// A number. With it, a case that is graded again chooses its random bytes, names and lengths as it did before: for
/// pictures that are to be compared.
pub const SEED_VARIABLE: &str = "SOCKETLINGS_SEED";
/// How long a case may take in all. The waits inside a case end much earlier, see [`crate::watch`];
/// this is for a child that stopped answering altogether.
const DEADLINE: Duration = Duration::from_secs(60);
/// How much memory a case may use.
const MEMORY: u64 = 256 << 20;
/// How much of what a submission prints is kept.
const PRINTED: usize = 4096;
/// How long a child may take to flush what it printed, once its verdict is in.
const FAREWELL: Duration = Duration::from_millis(500);
/// How often a silent child is looked at.
const LOOK: Duration = Duration::from_millis(200);
/// The exit code of a child whose channel is gone.
const CHANNEL_LOST: i32 = 97;

/// Shows what a submission prints while it prints it, instead of keeping it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// Shown with a case that failed.
    Kept,
    /// Shown while it is printed.
    PassedOn,
}

/// The name of the case that this process is to run, if it is such a child.
pub fn case_to_run() -> Option<OsString> {
    std::env::var_os(CASE_VARIABLE)
}

/// Runs one case in this process, reports to the parent, and ends the process.
pub fn run_here(
    case: CaseName,
    run: &dyn Fn(&mut Attempt) -> Result<(), Stop>,
    submission: Submission,
) -> ! {
    // Not dropped: `exit_now` runs no destructors.
    let _grader = Grader::acts();
    let Ok((channel, mut parent)) = Channel::to_parent() else {
        eprintln!(
            "{CASE_VARIABLE} is for the grader's own use; run `cargo test -p {}`",
            submission.package
        );
        kernel::exit_now(2);
    };
    kernel::limit_process(MEMORY);
    kernel::adopt_orphans();
    // The parent, which collects the verdicts, is out of reach from here on. A command of somebody else's may be one
    // that needs rights which this takes away, such as sudo.
    if submission.command.is_none() {
        kernel::confine();
    }
    let seed = std::env::var(SEED_VARIABLE).ok();
    if let Some(seed) = seed.and_then(|seed| seed.parse().ok()) {
        fastrand::seed(seed);
    }
    let channel = Arc::new(channel);
    let panics_go_to = Arc::clone(&channel);
    let told = submission.clone();
    PanicNote::collect_all(move |note| {
        if !note.is_stub() {
            panics_go_to.send(json!({ "panic": note.told(&told) }));
        }
    });
    // The watcher's thread must have begun before descriptors are counted.
    let (begun, has_begun) = std::sync::mpsc::channel();
    let watcher = in_the_background(move || {
        let _grader = Grader::waits();
        let _ = begun.send(());
        parent.wait_for_its_end();
        if cfg!(target_os = "linux") && parent.is_there() {
            // Somebody has shut the line; or the parent is about to end, and then nobody asks for the code.
            kernel::kill_strays(&|_| false);
            kernel::exit_now(CHANNEL_LOST);
        }
        kernel::kill_own_group();
    });
    if watcher.is_ok() {
        let _ = has_begun.recv();
    }

    let calls_go_to = Arc::clone(&channel);
    let mut attempt = Attempt::new(
        submission.clone(),
        Box::new(move |function, call| {
            calls_go_to.send(json!({ "calls": function, "call": call }));
        }),
    );
    let graded = catch_unwind(AssertUnwindSafe(|| {
        run(&mut attempt)?;
        attempt.nothing_left_behind(case.function)
    }));
    let mut verdict = match graded {
        Ok(Ok(())) => json!({ "verdict": "passed" }),
        Ok(Err(Stop::Found(found))) => {
            let finding = finding(found, attempt.recorder().so_far(), case, &submission);
            json!({ "verdict": "failed", "finding": finding_to_json(&finding) })
        }
        Ok(Err(Stop::Stub(place))) => json!({ "verdict": "stub", "place": place_to_json(&place) }),
        Ok(Err(Stop::Skip(reason))) => json!({ "verdict": "skipped", "reason": reason }),
        Ok(Err(Stop::Trouble(reason))) => json!({ "verdict": "trouble", "reason": reason }),
        Err(_) => {
            let reason =
                PanicNote::any_stray().map_or_else(String::new, |note| note.told(&submission));
            json!({ "verdict": "trouble", "reason": format!("the grader itself {reason}") })
        }
    };
    if std::env::var_os(RECORD_VARIABLE).is_some() {
        verdict["record"] = record_to_json(&attempt.recorder().record_so_far());
    }
    let heard = channel.send(verdict);
    let _ = io::stdout().flush();
    kernel::exit_now(if heard { 0 } else { CHANNEL_LOST })
}

fn finding(found: Found, trace: Trace, case: CaseName, submission: &Submission) -> Finding {
    let function = found.function.as_deref().unwrap_or(case.function);
    let place = submission.place_of(function);
    Finding {
        exhibit: found.exhibit.map(|exhibit| *exhibit),
        by_hand: found.by_hand.map(String::from),
        ..explain(
            found.misconception,
            case.chapter,
            found.observed,
            trace,
            place,
        )
    }
}

fn explain(
    misconception: &Misconception,
    chapter: &str,
    observed: String,
    trace: Trace,
    place: Place,
) -> Finding {
    Finding {
        id: misconception.id.to_owned(),
        observed: shortened(observed),
        trace,
        why: misconception.why.to_owned(),
        fix: misconception.fix.replace("{place}", &place.to_string()),
        read: misconception.page(chapter),
        place,
        ..Finding::default()
    }
}

/// A sentence quotes what a program says, which may be anything. One that is too long loses its middle.
fn shortened(sentence: String) -> String {
    const LONG: usize = 1500;
    let count = sentence.chars().count();
    if count <= LONG {
        return sentence;
    }
    let part = |skipped, taken| {
        sentence
            .chars()
            .skip(skipped)
            .take(taken)
            .collect::<String>()
    };
    format!(
        "{} … {}",
        part(0, LONG / 2),
        part(count - LONG / 2, LONG / 2)
    )
}

/// A case to run in a child process.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    /// Its place in the order of the cases.
    pub index: usize,
    /// Which one.
    pub case: CaseName,
    /// Whose.
    pub submission: &'a Submission,
    /// What becomes of what it prints.
    pub output: Output,
    /// Is its record wanted, however it ends?
    pub record: bool,
}

/// Runs a case in a child process of its own and waits for its end.
pub fn run(job: Job<'_>, running: &Running) -> Outcome {
    let submission = job.submission;
    let began = Instant::now();
    let outcome = |verdict, printed| Outcome {
        verdict,
        took: began.elapsed(),
        printed,
        record: None,
    };
    if let Some(reason) = submission.not_applicable(job.case.function) {
        return outcome(Verdict::Skipped(reason), String::new());
    }
    let trouble = |reason: String| {
        let observed = format!("This case could not be graded: {reason}.");
        let place = Place::default();
        explain(
            &conduct::NOT_GRADED,
            job.case.chapter,
            observed,
            Trace::default(),
            place,
        )
    };
    // Dropped when all else is done.
    let folder = match Folder::new() {
        Ok(folder) => folder,
        Err(error) => {
            let reason = format!("a folder for its temporary files cannot be made: {error}");
            return outcome(Verdict::Failed(Box::new(trouble(reason))), String::new());
        }
    };
    let (mut child, mut channel, printed) = match start(job, running, &folder) {
        Ok(started) => started,
        Err(error) => {
            return outcome(
                Verdict::Failed(Box::new(trouble(error.to_string()))),
                String::new(),
            );
        }
    };
    let heard = channel.listen(began + DEADLINE, || kernel::is_stopped(child.id()));
    let status = end(&mut child, &mut channel, &heard, running);
    if heard
        .verdict
        .as_ref()
        .is_none_or(|verdict| verdict["verdict"] != "passed")
    {
        running.kill_strays();
    }
    let printed = printed.and_then(|printed| printed.recv_timeout(FAREWELL).ok());
    let printed = printed.unwrap_or_default();
    let verdict = match &heard.verdict {
        Some(verdict) => read_verdict(verdict)
            .unwrap_or_else(|reason| Verdict::Failed(Box::new(trouble(reason)))),
        None => {
            let function = heard.function.as_deref().unwrap_or(job.case.function);
            let (misconception, observed) = death(&heard, status, &printed);
            let place = submission.place_of(function);
            let trace = Trace::default();
            let finding = explain(misconception, job.case.chapter, observed, trace, place);
            Verdict::Failed(Box::new(finding))
        }
    };
    let record = heard
        .verdict
        .and_then(|verdict| record_from_json(&verdict["record"]));
    Outcome {
        record,
        ..outcome(verdict, printed)
    }
}

fn read_verdict(verdict: &Value) -> Result<Verdict, String> {
    let reason = || {
        verdict["reason"]
            .as_str()
            .unwrap_or("for a reason unknown")
            .to_owned()
    };
    match verdict["verdict"].as_str() {
        Some("passed") => Ok(Verdict::Passed),
        Some("failed") => finding_from_json(&verdict["finding"])
            .map(|finding| Verdict::Failed(Box::new(finding)))
            .ok_or_else(|| "its finding cannot be read".to_owned()),
        Some("stub") => Ok(Verdict::Stub(place_from_json(&verdict["place"]))),
        Some("skipped") => Ok(Verdict::Skipped(reason())),
        _ => Err(reason()),
    }
}

/// What became of a child that gave no verdict.
fn death(
    heard: &Heard,
    status: Option<ExitStatus>,
    printed: &str,
) -> (&'static Misconception, String) {
    let during = match &heard.call {
        Some(call) => format!("While {call} ran"),
        None => "Before the first call".to_owned(),
    };
    if heard.stopped {
        return (
            &conduct::CRASHED,
            format!("{during}, the process was stopped by a signal, such as SIGSTOP."),
        );
    }
    if heard.timed_out {
        let seconds = DEADLINE.as_secs();
        let what =
            format!("{during}, the process stopped answering; it was ended after {seconds} s.");
        return (&conduct::NEVER_RETURNED, what);
    }
    let Some(status) = status else {
        return (
            &conduct::CLOSED_ANOTHERS,
            format!("{during}, the descriptor on which the grader's verdict travels was closed."),
        );
    };
    // On Windows a process that crashes has an exit code, too: an NTSTATUS, the highest bit of which is set.
    let code = status.code().filter(|code| !cfg!(windows) || *code >= 0);
    match (code, signal_of(status)) {
        (Some(CHANNEL_LOST), _) => (
            &conduct::CLOSED_ANOTHERS,
            format!("{during}, descriptors were closed that the code had not opened."),
        ),
        _ if printed.contains("IO Safety violation") => (
            &conduct::CLOSED_ANOTHERS,
            format!("{during}, a descriptor was closed twice, and Rust aborted the process."),
        ),
        (Some(code), _) => (
            &conduct::ENDED_THE_PROCESS,
            format!("{during}, the code ended the whole process, with exit code {code}."),
        ),
        (None, _) if printed.contains("has overflowed its stack") => (
            &conduct::STACK_OVERFLOW,
            format!("{during}, the thread used up its stack."),
        ),
        (None, _) if printed.contains("memory allocation of") => (
            &conduct::OUT_OF_MEMORY,
            format!(
                "{during}, the process asked for more than the {} MiB that a case may use.",
                MEMORY >> 20
            ),
        ),
        (None, signal) => match &heard.panic {
            Some(panic) => (
                &conduct::PANICKED,
                format!(
                    "{during}, the code {panic}; it did so while another panic was under way, or where \
                         none may pass, and the process was aborted."
                ),
            ),
            None => (
                &conduct::CRASHED,
                format!("{during}, the process was ended by {signal}."),
            ),
        },
    }
}

fn signal_of(status: ExitStatus) -> String {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        match status.signal() {
            Some(libc::SIGABRT) => "SIGABRT: it aborted itself".to_owned(),
            Some(libc::SIGSEGV) => "SIGSEGV: it touched memory that is not its own".to_owned(),
            Some(libc::SIGKILL) => {
                "SIGKILL: something killed it, and it was not the grader".to_owned()
            }
            Some(signal) => format!("signal {signal}"),
            None => "nobody knows what".to_owned(),
        }
    }
    #[cfg(not(unix))]
    format!("{status}")
}

/// The children that run now: so that they can be killed, and told from what they left behind.
#[derive(Default)]
pub struct Running {
    children: Mutex<BTreeSet<(u32, usize)>>,
}

impl Running {
    fn lock(&self) -> MutexGuard<'_, BTreeSet<(u32, usize)>> {
        self.children.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Kills the children that run a case after the one with this index: nobody will ask for them.
    pub fn kill_after(&self, index: usize) {
        for (pid, _) in self.lock().iter().filter(|(_, theirs)| *theirs > index) {
            kernel::kill_group(*pid);
        }
    }

    fn forget(&self, child: u32) {
        self.lock().retain(|(pid, _)| *pid != child);
    }

    /// Kills what has fallen to this process and is none of these children.
    pub fn kill_strays(&self) {
        let children = self.lock();
        kernel::kill_strays(&|pid| children.iter().any(|(known, _)| *known == pid));
    }
}

/// Where a case has its temporary files. It is removed with all that is in it when this is dropped, however the case
/// ended.
struct Folder(PathBuf);

impl Folder {
    /// How the names of all of them begin.
    const PREFIX: &str = "socketlings-case-";
    /// No case takes so long.
    const FORGOTTEN: Duration = Duration::from_secs(600);

    fn new() -> io::Result<Folder> {
        // The system's folder for such things may be behind a symlink. This one is not.
        let temporary = std::env::temp_dir().canonicalize()?;
        static ONCE: Once = Once::new();
        ONCE.call_once(|| Folder::remove_forgotten(&temporary));
        // Also where the case chooses as it did before, the folder is another.
        let random = RandomState::new().hash_one(std::process::id());
        let path = temporary.join(format!("{}{random:016x}", Folder::PREFIX));
        std::fs::create_dir(&path)?;
        Ok(Folder(path))
    }

    fn path(&self) -> &Path {
        &self.0
    }

    /// Removes the folders of graders that were ended by force.
    fn remove_forgotten(temporary: &Path) {
        let Ok(entries) = std::fs::read_dir(temporary) else {
            return;
        };
        for entry in entries.flatten() {
            let is_ours = entry
                .file_name()
                .to_string_lossy()
                .starts_with(Folder::PREFIX);
            let modified = || entry.metadata().ok()?.modified().ok()?.elapsed().ok();
            if is_ours && modified().is_some_and(|ago| ago > Folder::FORGOTTEN) {
                // Another grader may be at it, too.
                let _ = std::fs::remove_dir_all(entry.path());
            }
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if std::fs::remove_dir_all(&self.0).is_err() {
            // There may be folders in it that nobody may open.
            kernel::open_folders(&self.0);
            // What cannot be removed stays; there is nobody to tell.
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}

/// What a child prints, all of it, once it has ended; nothing where that is passed on.
type Printed = Option<Receiver<String>>;

fn start(
    job: Job<'_>,
    running: &Running,
    folder: &Folder,
) -> io::Result<(Child, Channel, Printed)> {
    let mut command = Command::new(own_program()?);
    command
        .args(std::env::args_os().skip(1))
        .env(CASE_VARIABLE, job.case.name)
        .env("TMPDIR", folder.path());
    if job.record {
        command.env(RECORD_VARIABLE, "1");
    } else {
        command.env_remove(RECORD_VARIABLE);
    }
    let mut printed = None;
    if job.output == Output::Kept {
        // One pipe for both, so that what was printed stays in its order.
        let (reader, writer) = io::pipe()?;
        command.stdout(writer.try_clone()?).stderr(writer);
        printed = Some(reader);
    }
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let (line, end) = Line::to_child()?;
    command.stdin(end);
    // Held until the child is known: what is unknown may be killed as a stray.
    let mut children = running.lock();
    let mut child = command.spawn()?;
    children.insert((child.id(), job.index));
    drop(children);
    // Our ends of what the child was given: while they are open, neither line ends.
    drop(command);
    match line.open(&mut child) {
        Ok(channel) => Ok((child, channel, printed.map(keep))),
        Err(error) => {
            let _ = child.kill();
            let _ = child.wait();
            running.forget(child.id());
            Err(error)
        }
    }
}

/// The program that runs now. Without /proc Linux does not tell; then it is what it was called by.
fn own_program() -> io::Result<std::path::PathBuf> {
    std::env::current_exe().or_else(|error| {
        std::env::args_os()
            .next()
            .map(std::path::PathBuf::from)
            .ok_or(error)
    })
}

/// Ends a child and its group, and gives its exit status; `None` when it still ran.
fn end(
    child: &mut Child,
    channel: &mut Channel,
    heard: &Heard,
    running: &Running,
) -> Option<ExitStatus> {
    // The channel ends with the process, a moment before the process itself does.
    let mut status = None;
    if heard.verdict.is_some() {
        channel.drain_until(Instant::now() + FAREWELL);
    } else {
        // How it ended is all there is to tell: it is given the time to do so.
        let deadline = Instant::now() + FAREWELL;
        let ends = !heard.timed_out && !heard.stopped;
        while ends && status.is_none() && Instant::now() < deadline {
            status = child.try_wait().ok().flatten();
            std::thread::yield_now();
        }
    }
    // Killed before it is waited for when it still runs; if it was waited for, its number cannot have
    // been given to another group while one of its group lives.
    kernel::kill_group(child.id());
    if status.is_none() {
        let _ = child.kill();
        let _ = child.wait();
    }
    running.forget(child.id());
    status
}

/// Reads a pipe to its end, keeps the start and the end of what came, and then gives them.
fn keep(mut pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (kept, keeps) = channel();
    // A thread that cannot be started loses what was printed, and nothing else.
    let _ = in_the_background(move || {
        let mut start = Vec::new();
        let _ = pipe.by_ref().take(PRINTED as u64).read_to_end(&mut start);
        let mut end = Vec::new();
        let mut left_out = 0;
        let mut buffer = vec![0; 1 << 16];
        while let Ok(count @ 1..) = pipe.read(&mut buffer) {
            end.extend_from_slice(&buffer[..count]);
            if end.len() > PRINTED {
                left_out += end.len() - PRINTED;
                end.drain(..end.len() - PRINTED);
            }
        }
        let mut text = String::from_utf8_lossy(&start).into_owned();
        if left_out > 0 {
            text.push_str(&format!("\n... {left_out} bytes left out ...\n"));
        }
        text.push_str(&String::from_utf8_lossy(&end));
        let _ = kept.send(text);
    });
    keeps
}

/// What was heard from a child.
#[derive(Default)]
struct Heard {
    verdict: Option<Value>,
    /// The function and the text of the call that was made last.
    function: Option<String>,
    call: Option<String>,
    /// The panic that was heard of last.
    panic: Option<String>,
    timed_out: bool,
    /// Stopped by a signal, as with SIGSTOP: it neither ends nor answers.
    stopped: bool,
}

/// One end of the line between the grader and a child.
struct Channel {
    key: String,
    stream: Mutex<Stream>,
}

#[cfg(not(unix))]
use over_tcp::{Line, Stream};
#[cfg(unix)]
use over_unix::{Line, Stream};

fn new_key() -> String {
    format!("{:032x}", fastrand::u128(..))
}

/// The line is the child's standard input.
#[cfg(unix)]
mod over_unix {
    use super::*;

    pub type Stream = std::os::unix::net::UnixStream;

    /// A line to a child that is yet to be started.
    pub struct Line(Channel);

    impl Line {
        /// The line, and what the child gets as its standard input.
        pub fn to_child() -> io::Result<(Line, Stdio)> {
            let (mut ours, theirs) = Stream::pair()?;
            let key = new_key();
            // 33 bytes fit into any socket's buffer: this does not wait for the child to read them.
            ours.write_all(format!("{key}\n").as_bytes())?;
            let end = Stdio::from(std::os::fd::OwnedFd::from(theirs));
            Ok((Line(Channel::new(key, ours)), end))
        }

        pub fn open(self, _: &mut Child) -> io::Result<Channel> {
            Ok(self.0)
        }
    }

    impl Channel {
        /// The line to the parent, taken from standard input, which is empty from then on; and the means
        /// to notice the parent's end.
        pub fn to_parent() -> io::Result<(Channel, Parent)> {
            use std::os::fd::AsFd;
            let mut stream = Stream::from(io::stdin().as_fd().try_clone_to_owned()?);
            let mut key = [0; 33];
            stream.set_read_timeout(Some(Duration::from_secs(10)))?;
            stream.read_exact(&mut key)?;
            stream.set_read_timeout(None)?;
            kernel::close_stdin()?;
            let key = String::from_utf8_lossy(&key).trim_end().to_owned();
            let parent = Parent(stream.try_clone()?, std::os::unix::process::parent_id());
            Ok((Channel::new(key, stream), parent))
        }
    }
}

/// Where standard input cannot be a socket: it tells the child a port on loopback, at which the child calls
/// before the submission's code has run. Nobody but the first caller is heard.
#[cfg(not(unix))]
mod over_tcp {
    use std::net::{Ipv4Addr, TcpListener};

    use super::*;

    pub type Stream = std::net::TcpStream;

    /// A line to a child that is yet to be started.
    pub struct Line {
        key: String,
        listener: TcpListener,
    }

    impl Line {
        /// The line, and what the child gets as its standard input.
        pub fn to_child() -> io::Result<(Line, Stdio)> {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
            let key = new_key();
            let (end, mut writer) = io::pipe()?;
            // So few bytes fit into any pipe.
            writeln!(writer, "{} {key}", listener.local_addr()?.port())?;
            Ok((Line { key, listener }, end.into()))
        }

        /// Waits for the call of the child, which has started.
        pub fn open(self, child: &mut Child) -> io::Result<Channel> {
            let deadline = Instant::now() + DEADLINE;
            self.listener.set_nonblocking(true)?;
            loop {
                match self.listener.accept() {
                    Ok((stream, _)) => {
                        stream.set_nonblocking(false)?;
                        return Ok(Channel::new(self.key, stream));
                    }
                    Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
                    Err(_) if Instant::now() > deadline => {
                        return Err(io::ErrorKind::TimedOut.into());
                    }
                    Err(_) => {}
                }
                if let Some(status) = child.try_wait()? {
                    let ended = format!("its process ended before it began ({status})");
                    return Err(io::Error::other(ended));
                }
                std::thread::park_timeout(Duration::from_millis(1));
            }
        }
    }

    impl Channel {
        /// The line to the parent, whose port stands in standard input, which is at its end then; and the
        /// means to notice the parent's end.
        pub fn to_parent() -> io::Result<(Channel, Parent)> {
            let mut told = String::new();
            io::stdin().read_line(&mut told)?;
            let (port, key) = told
                .trim_end()
                .split_once(' ')
                .and_then(|(port, key)| Some((port.parse::<u16>().ok()?, key.to_owned())))
                .ok_or(io::ErrorKind::InvalidData)?;
            let stream = Stream::connect((Ipv4Addr::LOCALHOST, port))?;
            stream.set_nodelay(true)?;
            let parent = Parent(stream.try_clone()?, 0);
            Ok((Channel::new(key, stream), parent))
        }
    }
}

impl Channel {
    fn new(key: String, stream: Stream) -> Channel {
        Channel {
            key,
            stream: Mutex::new(stream),
        }
    }

    /// Sends one line, with the key. False when the line is gone.
    fn send(&self, mut message: Value) -> bool {
        message["key"] = Value::from(self.key.as_str());
        // The submission may have found this line, and begun something on it that it did not end.
        let line = format!("\n{message}\n");
        self.lock().write_all(line.as_bytes()).is_ok()
    }

    /// Listens until the verdict is in, the line ends, the child is stopped, or the deadline has passed.
    fn listen(&mut self, deadline: Instant, is_stopped: impl Fn() -> bool) -> Heard {
        let mut heard = Heard::default();
        let Ok(stream) = self.lock().try_clone() else {
            return heard;
        };
        let mut lines = BufReader::new(Deadlined {
            stream,
            deadline: Instant::now(),
        });
        let mut line = Vec::new();
        loop {
            lines.get_mut().deadline = deadline.min(Instant::now() + LOOK);
            match lines.by_ref().take(1 << 22).read_until(b'\n', &mut line) {
                Ok(0) => return heard,
                Ok(_) => {}
                // What was read of a line so far stays in `line`.
                Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                    heard.stopped = is_stopped();
                    heard.timed_out = Instant::now() >= deadline;
                    if heard.stopped || heard.timed_out {
                        return heard;
                    }
                    continue;
                }
                Err(_) => return heard,
            }
            let message = serde_json::from_slice::<Value>(&line);
            line.clear();
            let Ok(message) = message else { continue };
            if message["key"].as_str() != Some(self.key.as_str()) {
                continue;
            }
            let text = |key: &str| message[key].as_str().map(str::to_owned);
            if message.get("verdict").is_some() {
                heard.verdict = Some(message);
                return heard;
            }
            if let Some(function) = text("calls") {
                heard.function = Some(function);
                heard.call = text("call");
            }
            heard.panic = text("panic").or(heard.panic);
        }
    }

    /// Waits for the end of the line.
    fn drain_until(&mut self, deadline: Instant) {
        if let Ok(stream) = self.lock().try_clone() {
            let _ = io::copy(&mut Deadlined { stream, deadline }, &mut io::sink());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Stream> {
        self.stream.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The child's view of its parent: the line to it, and its number where processes have one that tells.
struct Parent(Stream, u32);

impl Parent {
    /// Returns when the parent is gone: it never sends anything after the key.
    fn wait_for_its_end(&mut self) {
        loop {
            match self.0.read(&mut [0]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // So ends a parent that was killed, where the line is one of TCP.
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return,
                // Somebody closed the descriptor: that is no death of the parent's.
                Err(_) => loop {
                    std::thread::park();
                },
                Ok(_) => return,
            }
        }
    }
}

impl Parent {
    /// A process whose parent has ended has another one.
    fn is_there(&self) -> bool {
        #[cfg(unix)]
        let parent = std::os::unix::process::parent_id();
        #[cfg(not(unix))]
        let parent = 0;
        parent == self.1
    }
}

/// Reads a stream until a deadline, and then fails with `TimedOut`.
struct Deadlined {
    stream: Stream,
    deadline: Instant,
}

impl Read for Deadlined {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.stream.set_read_timeout(Some(left))?;
        self.stream
            .read(buffer)
            .map_err(|error| match error.kind() {
                io::ErrorKind::WouldBlock => io::ErrorKind::TimedOut.into(),
                _ => error,
            })
    }
}
