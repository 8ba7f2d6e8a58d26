//! Starts a lesson's program, waits until it listens, and ends it.
//!
//! With [`crate::submission::PROGRAM_COMMAND_VARIABLE`] in the environment it is that command which is
//! started and graded, with the same arguments after its own.

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel, sync_channel};
use std::time::{Duration, Instant};

use crate::attempt::{Attempt, a_process_was_left, in_the_background};
use crate::conduct;
use crate::finding::Stop;
use crate::isolate::CASE_VARIABLE;
use crate::kernel;
use crate::submission::Submission;
use crate::watch::{self, GaveUp, Grader, Life, Look, Patience, Watched};

/// In the environment of every program that the grader starts.
pub const PROGRAM_VARIABLE: &str = "SOCKETLINGS_PROGRAM_OF";
/// A longer line than this is no line.
const LINE: u64 = 4096;
/// So many lines are kept until somebody asks for them. What comes then is lost.
const LINES: usize = 4096;
/// A program that prints more than this, in bytes, floods.
const FLOOD: usize = 64 << 20;
/// So much is kept of what a program said, in bytes.
const KEPT: usize = 64 << 10;

/// A program that runs, in the grader's hands; killed when this is dropped.
pub struct Program {
    child: Child,
    lines: Receiver<String>,
    errors: Receiver<String>,
    /// Is it a command that may have started the program proper as a child of its own?
    is_foreign: bool,
    /// Until it has ended.
    watched: Option<Watched>,
}

/// How a program ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// `None` when a signal ended it.
    pub code: Option<i32>,
    /// All that it said there.
    pub stdout: String,
    /// All that it said there.
    pub stderr: String,
}

impl Ended {
    /// Did it end in a panic? A `todo!` is work still to be done; any other is a mistake of its own.
    ///
    /// # Errors
    ///
    /// [`Stop::Stub`] or the finding `panicked`, if so.
    pub fn unless_it_panicked(self, submission: &Submission) -> Result<Ended, Stop> {
        // "thread 'main' (7) panicked at lessons/lesson01-listen/src/lib.rs:22:5:", then the message.
        let Some((_, panic)) = self.stderr.split_once("panicked at ") else {
            return Ok(self);
        };
        let (at, rest) = panic.split_once('\n').unwrap_or((panic, ""));
        let message = rest.lines().next().unwrap_or_default();
        let mut parts = at.trim_end_matches(':').rsplitn(3, ':').skip(1);
        let line = parts.next().and_then(|line| line.parse().ok()).unwrap_or(0);
        let place = submission.place_at(parts.next().unwrap_or_default(), line);
        if message.starts_with("not yet implemented") {
            return Err(Stop::Stub(place));
        }
        let file = place.file;
        Err(conduct::PANICKED.seen(format!(
            "The program panicked at {file}:{line}: {message:?}."
        )))
    }
}

/// Why a program did not come to listen.
#[derive(Debug)]
pub enum NotListening {
    /// Its first line was another.
    Said(String),
    /// It ended.
    Ended(Ended),
    /// It runs and says nothing.
    Silent,
}

fn path(submission: &Submission) -> Result<PathBuf, Stop> {
    submission
        .program
        .clone()
        .ok_or_else(|| Stop::Skip("this submission has no program".to_owned()))
}

/// The submission's program, or the command in its place, with no arguments of the grader's yet.
fn command(submission: &Submission) -> Result<Command, Stop> {
    let mut command = match &submission.command {
        Some(foreign) => {
            let words = foreign.words.as_deref().unwrap_or_default();
            let (program, args) = words
                .split_first()
                .ok_or_else(|| Stop::Trouble(format!("{:?} is no command", foreign.text)))?;
            let mut command = Command::new(program);
            command.args(args);
            // Cargo starts tests in the folder of their crate; the command was typed elsewhere.
            if let Some(typed_in) = std::env::var_os("PWD").map(PathBuf::from)
                && typed_in.is_dir()
            {
                command.current_dir(typed_in);
            }
            command
        }
        None => Command::new(path(submission)?),
    };
    command
        .env_remove(CASE_VARIABLE)
        .env(PROGRAM_VARIABLE, &submission.package)
        // A panic's message says enough, and its backtrace would bury it.
        .env("RUST_BACKTRACE", "0");
    Ok(command)
}

/// The same, in this folder.
fn command_in(submission: &Submission, folder: &Path) -> Result<Command, Stop> {
    let typed = command(submission)?;
    let typed_in = typed.get_current_dir().map_or(Path::new("."), |it| it);
    // The words of a command that name a file do so from where it was typed.
    let there = |word: &OsStr| {
        let file = std::path::absolute(typed_in.join(word)).ok()?;
        (file.is_file() && !word.is_empty()).then(|| file.into_os_string())
    };
    let named = |word: &OsStr| there(word).unwrap_or_else(|| word.to_owned());
    let program = typed.get_program();
    // Without a slash, it is looked for in PATH.
    let has_slash = Path::new(program).components().count() > 1;
    let mut command = Command::new(if has_slash {
        named(program)
    } else {
        program.to_owned()
    });
    command.args(typed.get_args().map(named));
    for (name, value) in typed.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    // One that has run there may have removed it.
    std::fs::create_dir_all(folder)?;
    command.current_dir(folder);
    Ok(command)
}

impl Program {
    /// Starts the submission's program.
    ///
    /// # Errors
    ///
    /// [`Stop::Skip`] where the submission has none, [`Stop::Trouble`] when it cannot be started.
    pub fn start<A: AsRef<OsStr>>(submission: &Submission, args: &[A]) -> Result<Program, Stop> {
        Program::start_by(command(submission)?, submission, args)
    }

    /// Starts the submission's program in this folder.
    ///
    /// # Errors
    ///
    /// As [`Program::start`].
    pub fn start_in<A: AsRef<OsStr>>(
        submission: &Submission,
        args: &[A],
        folder: &Path,
    ) -> Result<Program, Stop> {
        let command = command_in(submission, folder)?;
        Program::start_by(command, submission, args)
    }

    fn start_by<A: AsRef<OsStr>>(
        mut command: Command,
        submission: &Submission,
        args: &[A],
    ) -> Result<Program, Stop> {
        command.args(args).stdin(Stdio::null());
        let mut program = Program::spawn(command, submission)?;
        if let Some(stdout) = program.child.stdout.take() {
            program.lines = lines_of(stdout);
        }
        Ok(program)
    }

    /// Starts a command as the submission's program, with nobody listening to its stdout yet.
    fn spawn(mut command: Command, submission: &Submission) -> Result<Program, Stop> {
        // A command of somebody else's may need rights that this takes away.
        if submission.command.is_none() {
            kernel::confine_program(&mut command);
        }
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| Stop::Trouble(format!("the program could not be started: {error}")))?;
        let errors = child
            .stderr
            .take()
            .map(lines_of)
            .unwrap_or_else(|| channel().1);
        let watched = Some(Watched::process(child.id()));
        Ok(Program {
            child,
            lines: channel().1,
            errors,
            is_foreign: submission.command.is_some(),
            watched,
        })
    }

    /// Waits for the program's next line on stdout, with its end; `None` when the program ended.
    ///
    /// # Errors
    ///
    /// When it runs on and says nothing.
    pub fn next_line(&mut self) -> Result<Option<String>, GaveUp> {
        next(&self.lines, &watch::DUE)
    }

    /// Waits for `listening on ADDR`, and gives ADDR.
    ///
    /// # Errors
    ///
    /// What the program did instead.
    pub fn listens(&mut self) -> Result<SocketAddr, NotListening> {
        match next(&self.lines, &watch::DUE) {
            Ok(Some(line)) => line
                .strip_prefix("listening on ")
                .and_then(|addr| addr.trim_end().parse().ok())
                .ok_or(NotListening::Said(line)),
            Ok(None) => match self.wait() {
                Some(ended) => Err(NotListening::Ended(ended)),
                None => Err(NotListening::Silent),
            },
            Err(_) => Err(NotListening::Silent),
        }
    }

    /// The program says that it listens at `addr`. Is it another process that does, and neither the program nor one
    /// that it started? False where that cannot be known: a command may leave the work to a process that is no child
    /// of its own, as `docker run` does.
    pub fn names_anothers(&self, addr: SocketAddr) -> bool {
        /// How often it is looked at, and how often in a row it has to be so.
        const LOOKS: usize = 60;
        const SURE: usize = 4;
        if self.is_foreign {
            return false;
        }
        let mut sure = 0;
        for _ in 0..LOOKS {
            match watch::is_held_by_others(addr) {
                Some(false) => return false,
                // It may be on its way from one process to another.
                Some(true) if sure == SURE => return true,
                Some(true) => sure += 1,
                None => sure = 0,
            }
            std::thread::park_timeout(Duration::from_millis(2));
        }
        false
    }

    /// Does `work` while the program is stopped, by SIGSTOP: it sees what came of it all at once. Where there is no
    /// such signal, and for a command around the program, it runs on.
    pub fn while_it_sleeps<T>(&mut self, work: impl FnOnce() -> T) -> T {
        kernel::hold(self.child.id(), true);
        let done = work();
        kernel::hold(self.child.id(), false);
        done
    }

    /// Ends the program, and gives what it had printed on stdout that was not asked for yet.
    pub fn stop(mut self) -> String {
        // It may have ended by itself; there is nothing to do then.
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.watched = None;
        if self.is_foreign {
            kernel::kill_strays(&|process| watch::is_watched(process));
        }
        // Somebody else may hold its output.
        let mut text = String::new();
        while let Ok(Some(line)) = next(&self.lines, &watch::DUE)
            && text.len() < FLOOD
        {
            text.push_str(&line);
        }
        text
    }

    /// How the program ended, if it has, or is about to; `None` when it waits for something.
    pub fn has_ended(&mut self) -> Option<Ended> {
        let ended = watch::until(&watch::AT_REST, |slice| match self.child.try_wait() {
            Ok(Some(_)) => Look::Done(()),
            _ => {
                std::thread::park_timeout(slice);
                Look::Nothing
            }
        });
        ended.ok().and_then(|()| self.wait())
    }

    /// From now on the program can open nothing more: no descriptor is free. False where the system cannot do
    /// that, or where others than this process would have to be asked.
    pub fn can_open_nothing_more(&self) -> bool {
        !self.is_foreign && kernel::leave_no_descriptor(self.child.id())
    }

    /// Waits until the program has ended, or waits for something. The error is the processor time that it has
    /// spent in place of that.
    ///
    /// # Errors
    ///
    /// When it does nothing but spend processor time.
    pub fn ends_or_rests(&mut self) -> Result<(), Duration> {
        /// More than a program needs to end, or to find out that it has to wait.
        const BUSY: Duration = Duration::from_millis(100);
        let spent = |child: &Child| kernel::cpu_time_of(child.id());
        let before = spent(&self.child);
        let seen = watch::until(&watch::DUE, |slice| {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return Look::Done(Ok(()));
            }
            match (before, spent(&self.child)) {
                (Some(before), Some(now)) if now.saturating_sub(before) > BUSY => {
                    return Look::Done(Err(now.saturating_sub(before)));
                }
                _ => {}
            }
            std::thread::park_timeout(slice);
            Look::Nothing
        });
        seen.unwrap_or(Ok(()))
    }

    /// Waits for the program's end; `None` when it does not come.
    pub fn wait(&mut self) -> Option<Ended> {
        self.wait_for(&watch::DUE)
    }

    fn wait_for(&mut self, patience: &Patience) -> Option<Ended> {
        // Both pipes end with the program; only then is its exit status asked for.
        let rest = |lines: &Receiver<String>| -> Option<String> {
            let (mut text, mut count) = (String::new(), 0);
            while let Some(line) = next(lines, patience).ok()? {
                count += line.len();
                if count > FLOOD {
                    return None;
                }
                if text.len() < KEPT {
                    text.push_str(&line);
                }
            }
            Some(text)
        };
        let (stdout, stderr) = (rest(&self.lines)?, rest(&self.errors)?);
        let code = self.child.wait().ok()?.code();
        self.watched = None;
        Some(Ended {
            code,
            stdout,
            stderr,
        })
    }
}

/// The next line; `None` at the end.
fn next(lines: &Receiver<String>, patience: &Patience) -> Result<Option<String>, GaveUp> {
    watch::until(patience, |slice| match lines.recv_timeout(slice) {
        Ok(line) => Look::Done(Some(line)),
        Err(RecvTimeoutError::Timeout) => Look::Nothing,
        Err(RecvTimeoutError::Disconnected) => Look::Done(None),
    })
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself; there is nothing to do then.
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.watched = None;
        if self.is_foreign {
            // What the command started falls to this process now.
            kernel::kill_strays(&|process| watch::is_watched(process));
        }
        // The readers' pipes end with the program: nothing of it is open when this returns. What it started may have
        // them, too, and may be about to end.
        let orphans: Vec<Watched> = kernel::children()
            .into_iter()
            .filter(|process| !watch::is_watched(*process))
            .map(Watched::process)
            .collect();
        for lines in [&self.lines, &self.errors] {
            let ended = watch::until(&watch::DUE, |slice| {
                let began = Instant::now();
                while let Some(left) = slice.checked_sub(began.elapsed()) {
                    if lines.recv_timeout(left) == Err(RecvTimeoutError::Disconnected) {
                        return Look::Done(());
                    }
                }
                Look::Nothing
            });
            if ended.is_err() {
                a_process_was_left();
                drop(orphans);
                kernel::kill_strays(&|process| watch::is_watched(process));
                return;
            }
        }
        // What ends with the program may not be quite over yet; what stays is found later.
        let _ = watch::until(&watch::AT_REST, |slice| {
            let life = |life| orphans.iter().any(|orphan| orphan.life() == life);
            let (killed, goes_on) = (life(Life::Killed), life(Life::GoesOn));
            if !killed && !goes_on {
                return Look::Done(());
            }
            std::thread::park_timeout(slice);
            if killed {
                Look::Progress
            } else {
                Look::Nothing
            }
        });
    }
}

/// Runs the submission's program to its end: for what it says on bad input. One that does not end is ended, and has
/// said nothing.
///
/// # Errors
///
/// As [`Program::start`].
pub fn run<A: AsRef<OsStr>>(attempt: &mut Attempt, args: &[A]) -> Result<Ended, Stop> {
    let mut program = Program::start(attempt.submission(), args)?;
    match program.wait_for(&watch::ENDING) {
        Some(ended) => ended.unless_it_panicked(attempt.submission()),
        None => Ok(Ended {
            code: None,
            stdout: String::new(),
            stderr: "(it was ended by the grader: it did not end)".to_owned(),
        }),
    }
}

/// A program whose stdin and stdout are in the grader's hands; killed when this is dropped.
pub struct Dialogue {
    input: Option<ChildStdin>,
    output: Receiver<Vec<u8>>,
    /// What it has printed so far.
    pub printed: Vec<u8>,
    program: Program,
}

impl Dialogue {
    /// Starts the submission's program.
    ///
    /// # Errors
    ///
    /// As [`Program::start`].
    pub fn start<A: AsRef<OsStr>>(submission: &Submission, args: &[A]) -> Result<Dialogue, Stop> {
        Dialogue::start_by(command(submission)?, submission, args)
    }

    /// Starts the submission's program in this folder, without the variables `unset` in its environment.
    ///
    /// # Errors
    ///
    /// As [`Program::start`].
    pub fn start_in<A: AsRef<OsStr>>(
        submission: &Submission,
        args: &[A],
        folder: &Path,
        unset: &[&str],
    ) -> Result<Dialogue, Stop> {
        let mut command = command_in(submission, folder)?;
        for name in unset {
            command.env_remove(name);
        }
        Dialogue::start_by(command, submission, args)
    }

    fn start_by<A: AsRef<OsStr>>(
        mut command: Command,
        submission: &Submission,
        args: &[A],
    ) -> Result<Dialogue, Stop> {
        command.args(args).stdin(Stdio::piped());
        let mut program = Program::spawn(command, submission)?;
        let input = program.child.stdin.take();
        let output = program.child.stdout.take();
        Ok(Dialogue {
            input,
            output: output.map_or_else(|| channel().1, chunks_of),
            printed: Vec::new(),
            program,
        })
    }

    /// Types `bytes` into the program's stdin.
    ///
    /// # Errors
    ///
    /// When nobody is left to read them.
    pub fn types(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.input {
            Some(input) => input.write_all(bytes),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// Ends the program's stdin.
    pub fn ends_input(&mut self) {
        self.input = None;
    }

    /// Waits until the program has printed `count` bytes in all.
    ///
    /// # Errors
    ///
    /// When it never does; [`GaveUp::Stuck`] of nobody when it has ended.
    pub fn prints(&mut self, count: usize) -> Result<(), GaveUp> {
        let Dialogue {
            output, printed, ..
        } = self;
        watch::until(&watch::DUE, |slice| {
            if printed.len() >= count {
                return Look::Done(true);
            }
            match output.recv_timeout(slice) {
                Ok(chunk) => {
                    printed.extend(chunk);
                    Look::Progress
                }
                Err(RecvTimeoutError::Timeout) => Look::Nothing,
                Err(RecvTimeoutError::Disconnected) => Look::Done(false),
            }
        })?
        .then_some(())
        .ok_or(GaveUp::Stuck(Vec::new()))
    }

    /// Has it ended? No waiting here.
    pub fn is_over(&mut self) -> bool {
        matches!(self.program.child.try_wait(), Ok(Some(_)))
    }

    /// Closes the reading end of the program's stdout: whatever it prints from now on nobody takes.
    pub fn hangs_up(&mut self) {
        self.output = channel().1;
    }

    /// Waits for the program's end; `None` when it does not come.
    pub fn wait(&mut self) -> Option<Ended> {
        let mut ended = self.program.wait()?;
        let Dialogue {
            output, printed, ..
        } = self;
        // It has ended. Somebody else may hold its output.
        let all = watch::until(&watch::DUE, |slice| match output.recv_timeout(slice) {
            Ok(chunk) => {
                printed.extend(chunk);
                Look::Progress
            }
            Err(RecvTimeoutError::Timeout) => Look::Nothing,
            Err(RecvTimeoutError::Disconnected) => Look::Done(()),
        });
        all.ok()?;
        let kept = &self.printed[..self.printed.len().min(KEPT)];
        ended.stdout = String::from_utf8_lossy(kept).into_owned();
        Some(ended)
    }
}

/// Reads bytes as they come, in a thread that ends with the pipe.
fn chunks_of(mut pipe: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (said, chunks) = channel();
    let read = move || -> io::Result<()> {
        let _grader = Grader::waits();
        let mut buffer = vec![0; 64 << 10];
        let mut total = 0;
        loop {
            let count = pipe.read(&mut buffer)?;
            total += count;
            if total > FLOOD {
                return Ok(());
            }
            // Nobody listens any more: what the program prints is nobody's concern then.
            if count == 0 || said.send(buffer[..count].to_vec()).is_err() {
                return Ok(());
            }
        }
    };
    let _ = in_the_background(read);
    chunks
}

/// Reads lines as they come, in a thread that ends with the pipe.
fn lines_of(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (said, lines) = sync_channel(LINES);
    let read = move || -> io::Result<()> {
        let _grader = Grader::waits();
        let mut pipe = BufReader::new(pipe);
        let mut line = Vec::new();
        while pipe.by_ref().take(LINE).read_until(b'\n', &mut line)? > 0 {
            let text = String::from_utf8_lossy(&line).into_owned();
            // Nobody listens any more: read on, so that the program does not block on a full pipe.
            let _ = said.try_send(text);
            line.clear();
        }
        Ok(())
    };
    // A thread that cannot be started hears nothing; whoever waits for a line is told so.
    let _ = in_the_background(read);
    lines
}
