//! What a submission that is graded may do to the machine.
//!
//! A submission is code that somebody else wrote. It runs when its grader runs; it does not run when it is built,
//! for it can bring neither a build script nor a macro of its own kind, but the compiler reads it then. Both run
//! below a supervisor: this very program once more, as the hidden command `contained`.
//!
//! Contained, on Linux 6.2 and newer, by Landlock (landlock(7)), which no later call can undo:
//! - Files are written, made, renamed, truncated and removed in the submission's own folders below
//!   target/course/grading only: the compiler may write to out/ and tmp/, the grader and what it starts to tmp/ and
//!   home/. So the submission can change neither its own source nor the programs that were built of it. The devices
//!   null, zero, full and tty may be written to.
//! - From Linux 6.12 on, signals and connections to abstract Unix sockets reach no process outside.
//!
//! Contained, on every Unix:
//! - Time: when the submission has had its time, its process group is killed, and so is what left the group (the
//!   latter on Linux, where orphans fall to the supervisor). The same happens when `cargo course` itself ends,
//!   however it ends: the supervisor reads from a pipe whose other end `cargo course` holds.
//! - Memory: a case has what the harness gives it (`RLIMIT_DATA`, of which it can ask for more); the compiler 2 GiB.
//! - Files are no longer than 8 GiB (`RLIMIT_FSIZE`; a case of lesson 04 makes a sparse one of 5), and no core is
//!   dumped (`RLIMIT_CORE`).
//! - The environment: PATH, the locale, the terminal's kind, and what [`Cell`] sets. HOME, TMPDIR and the XDG
//!   variables name folders of the submission's own.
//!
//! Not contained:
//! - Reading: whatever the user may read, at run time. What the compiler is told to take in is looked at, and refused
//!   when it is no file of the submission's own.
//! - The network: a grader of network programs needs it. A service that listens, also on a Unix socket with a path, can
//!   be asked to do what the submission may not do itself.
//! - The processor, the number of processes, and how much is written in all, until the time is up.
//! - The changes that Landlock does not know: modes, owners, times and extended attributes of files that exist.
//! - The grader's own process: a submission that reads and writes the memory of the process that grades it can say
//!   that it passed. Grades of those who are out to deceive need a reader.
//! - Submissions that are graded at the same time share the ports of the loopback interface.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use clap::Args;

use crate::course::Course;
use crate::failure::Failure;
use crate::screen::Screen;

/// The supervisor's exit code when the time was up.
pub const TOO_SLOW: i32 = 124;
/// The supervisor's exit code when it could not start what it was to start.
const NOT_STARTED: u8 = 125;
/// What the supervisor is called on the command line.
const COMMAND: &str = "contained";
/// Longer than any that a case makes.
#[cfg(unix)]
const FILE: u64 = 8 << 30;
/// More than this of complaints, or in a line, is not kept in memory.
const LONG: u64 = 16 << 20;
/// What is passed on of the environment: where programs are, and how the page is to look.
const PASSED_ON: [&str; 14] = [
    "PATH",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "LC_MESSAGES",
    "TZ",
    "TERM",
    "NO_COLOR",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    // The linker of a Mac.
    "SDKROOT",
    "DEVELOPER_DIR",
    "MACOSX_DEPLOYMENT_TARGET",
    // Nothing starts on Windows without it.
    "SYSTEMROOT",
];

/// The folders of a run, removed when this is dropped.
pub struct Scratch {
    folder: PathBuf,
    lock_path: PathBuf,
    /// Held while the folders are in use, by us.
    _lock: File,
}

impl Scratch {
    /// A new one. What a run that was killed left behind is removed.
    ///
    /// # Errors
    ///
    /// It cannot be made.
    pub fn new(course: &Course) -> Result<Scratch, Failure> {
        let base = course.target_dir().join("course").join("grading");
        Scratch::below(&base)
            .map_err(|error| Failure::Work(format!("cannot make {}: {error}", base.display())))
    }

    fn below(base: &Path) -> io::Result<Scratch> {
        fs::create_dir_all(base)?;
        let base = base.canonicalize()?;
        remove_what_was_left(&base)?;
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = since_1970.unwrap_or_default().as_nanos();
        let name = format!("{}-{now}", std::process::id());
        let lock_path = base.join(format!("{name}.lock"));
        let lock = File::create_new(&lock_path)?;
        lock.lock()?;
        let folder = base.join(name);
        fs::create_dir(&folder)?;
        Ok(Scratch {
            folder,
            lock_path,
            _lock: lock,
        })
    }

    /// A fresh cell of this name, for what has to end within `limit` from now.
    ///
    /// # Errors
    ///
    /// It cannot be made.
    pub fn cell(&self, name: &str, limit: Duration) -> Result<Cell, Failure> {
        Cell::new(self.folder.join(name), limit)
            .map_err(|error| Failure::Work(format!("cannot make a folder to build in: {error}")))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What stays is removed by the next run.
        let _ = fs::remove_dir_all(&self.folder);
        let _ = fs::remove_file(&self.lock_path);
    }
}

/// Removes the folders of runs that have ended: their locks are free.
fn remove_what_was_left(base: &Path) -> io::Result<()> {
    for entry in fs::read_dir(base)? {
        let lock_path = entry?.path();
        if lock_path.extension() != Some(OsStr::new("lock")) {
            continue;
        }
        let Ok(lock) = File::open(&lock_path) else {
            continue;
        };
        if lock.try_lock().is_ok() {
            let _ = fs::remove_dir_all(lock_path.with_extension(""));
            let _ = fs::remove_file(&lock_path);
        }
    }
    Ok(())
}

/// The folder in which one submission is built and graded, and the time that it has left.
pub struct Cell {
    folder: PathBuf,
    deadline: Instant,
}

impl Cell {
    fn new(folder: PathBuf, limit: Duration) -> io::Result<Cell> {
        for part in ["out", "tmp", "home"] {
            fs::create_dir_all(folder.join(part))?;
        }
        Ok(Cell {
            folder,
            deadline: Instant::now() + limit,
        })
    }

    /// A cell beside this one, with time of its own.
    ///
    /// # Errors
    ///
    /// It cannot be made.
    pub fn another(&self, name: &str) -> io::Result<Cell> {
        Cell::new(self.folder.with_file_name(name), Duration::from_secs(300))
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the compiler puts what it makes.
    pub fn out(&self, name: &str) -> PathBuf {
        self.folder.join("out").join(name)
    }

    /// A compiler, which may use this much memory.
    pub fn compiler(&self, compiler: &Path, memory: u64) -> Contained {
        let mut command = self.contained(&["out", "tmp"]);
        command.arg("--memory").arg(memory.to_string());
        self.finish(command, compiler)
    }

    /// A grader.
    pub fn grader(&self, grader: &Path) -> Contained {
        self.finish(self.contained(&["tmp", "home"]), grader)
    }

    fn contained(&self, writable: &[&str]) -> Command {
        let mut command = Command::new(own_program());
        command.arg(COMMAND);
        for part in writable {
            command.arg("--writable").arg(self.folder.join(part));
        }
        command.current_dir(&self.folder);
        command.env_clear();
        for name in PASSED_ON {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        let tmp = self.folder.join("tmp");
        for name in ["TMPDIR", "TMP", "TEMP", "XDG_RUNTIME_DIR"] {
            command.env(name, &tmp);
        }
        let home = self.folder.join("home");
        for name in [
            "HOME",
            "XDG_CACHE_HOME",
            "XDG_CONFIG_HOME",
            "XDG_DATA_HOME",
            "XDG_STATE_HOME",
        ] {
            command.env(name, &home);
        }
        command
    }

    fn finish(&self, mut command: Command, program: &Path) -> Contained {
        let left = self.deadline.saturating_duration_since(Instant::now());
        command.arg("--milliseconds");
        command.arg(left.as_millis().to_string());
        command.arg("--").arg(program);
        Contained { command }
    }
}

impl Drop for Cell {
    fn drop(&mut self) {
        // What stays goes with the run's own folder.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// This program, also when the file that it was started from has been replaced.
fn own_program() -> PathBuf {
    let link = Path::new("/proc/self/exe");
    if cfg!(target_os = "linux") && link.exists() {
        return link.to_owned();
    }
    std::env::current_exe().unwrap_or_else(|_| PathBuf::from("course"))
}

/// A program that is yet to be started, below a supervisor.
pub struct Contained {
    command: Command,
}

/// How a contained program ended.
pub struct Ended {
    /// [`TOO_SLOW`] when its time was up; `None` when the supervisor itself was killed.
    pub code: Option<i32>,
    pub stderr: Vec<u8>,
}

impl Contained {
    pub fn arg(&mut self, argument: impl AsRef<OsStr>) -> &mut Contained {
        self.command.arg(argument);
        self
    }

    pub fn args(
        &mut self,
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> &mut Contained {
        self.command.args(arguments);
        self
    }

    pub fn env(&mut self, name: &str, value: impl AsRef<OsStr>) -> &mut Contained {
        self.command.env(name, value);
        self
    }

    /// Runs it to its end, and hands over each line that it writes to stdout.
    ///
    /// # Errors
    ///
    /// It cannot be started.
    pub fn run(mut self, mut hear: impl FnMut(&[u8])) -> Result<Ended, Failure> {
        let failed = |error| Failure::Work(format!("cannot start the grader: {error}"));
        self.command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        // Ctrl-C ends us; the supervisor sees that, and ends the rest.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut self.command, 0);
        let mut child = self.command.spawn().map_err(failed)?;
        // The supervisor ends everything when this is closed.
        let _held = child.stdin.take();
        let stderr = child.stderr.take();
        let complaints = std::thread::spawn(move || {
            let mut text = Vec::new();
            if let Some(mut stderr) = stderr {
                let _ = stderr.by_ref().take(LONG).read_to_end(&mut text);
                // Whoever floods it is not to be stopped by a full pipe.
                let _ = io::copy(&mut stderr, &mut io::sink());
            }
            text
        });
        let mut stdout = child.stdout.take().map(BufReader::new);
        let mut line = Vec::new();
        while let Some(stdout) = &mut stdout {
            line.clear();
            let mut some = stdout.by_ref().take(LONG);
            if some.read_until(b'\n', &mut line).map_err(failed)? == 0 {
                break;
            }
            hear(&line);
        }
        let stderr = complaints.join().unwrap_or_default();
        let code = child.wait().map_err(failed)?.code();
        if code == Some(i32::from(NOT_STARTED)) {
            let said = String::from_utf8_lossy(&stderr);
            return Err(Failure::Work(said.trim_end().to_owned()));
        }
        Ok(Ended { code, stderr })
    }
}

/// Says once on stderr what this system cannot keep a submission from.
pub fn tell_what_is_missing(screen: &mut Screen) {
    if !writes_are_contained() {
        screen.complain(
            "This system has no Landlock (Linux 6.2 and newer): what a submission writes is not contained. \
             book/src/grading.md says what to do.",
        );
    }
}

#[cfg(target_os = "linux")]
fn writes_are_contained() -> bool {
    use landlock::{ABI, AccessFs, CompatLevel, Compatible, Ruleset, RulesetAttr};
    let rules = Ruleset::default().set_compatibility(CompatLevel::HardRequirement);
    rules
        .handle_access(AccessFs::from_write(ABI::V3))
        .and_then(Ruleset::create)
        .is_ok()
}

#[cfg(not(target_os = "linux"))]
fn writes_are_contained() -> bool {
    false
}

/// The supervisor's command line.
#[derive(Args)]
pub struct Options {
    /// A folder in which files may be written
    #[arg(long, value_name = "DIR")]
    writable: Vec<PathBuf>,
    /// How long it may take
    #[arg(long)]
    milliseconds: u64,
    /// How much memory it may use, in bytes
    #[arg(long)]
    memory: Option<u64>,
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

/// Supervises a program: its exit code is that of the program.
pub fn supervise(options: &Options) -> ExitCode {
    harness::kernel::adopt_orphans();
    match start(options) {
        Ok(child) => watch(child, Duration::from_millis(options.milliseconds)),
        Err(error) => {
            let program = options.command.first().map(PathBuf::from);
            let program = program.unwrap_or_default();
            eprintln!("cannot start {}: {error}", program.display());
            ExitCode::from(NOT_STARTED)
        }
    }
}

fn start(options: &Options) -> io::Result<Child> {
    let (program, arguments) = options
        .command
        .split_first()
        .ok_or(io::ErrorKind::InvalidInput)?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        command.process_group(0);
        let mut rules = rules(&options.writable)?;
        let memory = options.memory;
        // SAFETY: this process has one thread, so that what its fork inherits is whole, locks and heap included:
        // any function may be called there.
        unsafe {
            command.pre_exec(move || {
                limit(libc::RLIMIT_CORE as _, 0)?;
                limit(libc::RLIMIT_FSIZE as _, FILE)?;
                if let Some(memory) = memory {
                    limit(libc::RLIMIT_DATA as _, memory)?;
                }
                enforce(&mut rules)
            });
        }
    }
    command.spawn()
}

/// Waits for the end of `child`, of the time, or of who started us; then nothing of it is left.
fn watch(mut child: Child, limit: Duration) -> ExitCode {
    enum Heard {
        Ended(Option<ExitStatus>),
        Alone,
    }
    let (said, heard) = channel();
    let group = child.id();
    let alone = said.clone();
    std::thread::spawn(move || {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        let _ = alone.send(Heard::Alone);
    });
    std::thread::spawn(move || {
        let _ = said.send(Heard::Ended(child.wait().ok()));
    });
    let heard = heard.recv_timeout(limit);
    harness::kernel::kill_group(group);
    harness::kernel::kill_strays(&|_| false);
    match heard {
        Ok(Heard::Ended(status)) => {
            let code = status.and_then(|status| status.code());
            code.and_then(|code| u8::try_from(code).ok())
                .map_or(ExitCode::FAILURE, ExitCode::from)
        }
        Err(RecvTimeoutError::Timeout) => ExitCode::from(TOO_SLOW as u8),
        Ok(Heard::Alone) | Err(RecvTimeoutError::Disconnected) => ExitCode::FAILURE,
    }
}

/// Lowers a limit of this process for good. See setrlimit(2).
#[cfg(unix)]
fn limit(resource: libc::c_int, most: u64) -> io::Result<()> {
    // SAFETY: getrlimit writes and setrlimit reads one struct, which lives until they return.
    unsafe {
        let mut limit: libc::rlimit = std::mem::zeroed();
        if libc::getrlimit(resource as _, &raw mut limit) != 0 {
            return Err(io::Error::last_os_error());
        }
        limit.rlim_max = limit.rlim_max.min(most as libc::rlim_t);
        limit.rlim_cur = limit.rlim_cur.min(limit.rlim_max);
        if libc::setrlimit(resource as _, &raw const limit) != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

#[cfg(target_os = "linux")]
type Rules = Option<landlock::RulesetCreated>;

/// What may be written, as the kernel wants it; it grants as much of it as it knows.
#[cfg(target_os = "linux")]
fn rules(writable: &[PathBuf]) -> io::Result<Rules> {
    use landlock::{
        ABI, Access, AccessFs, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError, Scope,
        path_beneath_rules,
    };
    let rules = || -> Result<_, RulesetError> {
        let writing = AccessFs::from_write(ABI::V3);
        Ruleset::default()
            .handle_access(writing)?
            .scope(Scope::from_all(ABI::V6))?
            .create()?
            .add_rules(path_beneath_rules(writable, writing))?
            .add_rules(path_beneath_rules(
                ["/dev/null", "/dev/zero", "/dev/full", "/dev/tty"],
                AccessFs::WriteFile | AccessFs::Truncate,
            ))
    };
    rules().map(Some).map_err(io::Error::other)
}

#[cfg(target_os = "linux")]
fn enforce(rules: &mut Rules) -> io::Result<()> {
    let status = rules.take().map(landlock::RulesetCreated::restrict_self);
    status.transpose().map(drop).map_err(io::Error::other)
}

/// Here nothing can be forbidden.
#[cfg(all(unix, not(target_os = "linux")))]
struct Rules;

#[cfg(all(unix, not(target_os = "linux")))]
fn rules(_: &[PathBuf]) -> io::Result<Rules> {
    Ok(Rules)
}

#[cfg(all(unix, not(target_os = "linux")))]
fn enforce(_: &mut Rules) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_run_left_is_removed_and_what_runs_stays() {
        let base = tempfile::tempdir().unwrap();
        fs::create_dir_all(base.path().join("1-1/out")).unwrap();
        fs::write(base.path().join("1-1.lock"), "").unwrap();
        let runs = Scratch::below(base.path()).unwrap();
        assert!(!base.path().join("1-1").exists());
        let other = Scratch::below(base.path()).unwrap();
        assert!(runs.folder.is_dir() && other.folder.is_dir());
        drop((runs, other));
        assert_eq!(fs::read_dir(base.path()).unwrap().count(), 0);
    }
}
