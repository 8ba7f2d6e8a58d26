//! The guard: a process of our own that gives the terminal back when we could not.
//!
//! Nothing in a process can act once that is killed by SIGKILL. So our own program is started once more, with
//! [`VARIABLE`] in its environment. It holds the terminal and the end of a pipe from us. We say when we take the
//! terminal and when we give it back; when the pipe ends while it is taken, the guard gives it back.

use std::env;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};

use super::terminal::LEAVE;

/// Tells a process that it is the guard.
const VARIABLE: &str = "SOCKETLINGS_TERMINAL_GUARD";

/// The terminal is about to be taken. Answered once its settings are noted.
const TAKE: u8 = b't';
/// The terminal was given back.
const GIVE_BACK: u8 = b'g';

/// The guard, as we see it.
pub struct Guard {
    child: Child,
}

impl Guard {
    /// Starts it.
    ///
    /// # Errors
    ///
    /// It cannot be started.
    pub fn start() -> io::Result<Guard> {
        let terminal = io::stdout().as_fd().try_clone_to_owned()?;
        let child = Command::new(ourselves()?)
            .arg0("course")
            .env(VARIABLE, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(terminal)
            // What the terminal sends to us for Ctrl-C and the like is not for the guard.
            .process_group(0)
            .spawn()?;
        Ok(Guard { child })
    }

    /// The terminal is about to be taken. Returns once the guard has seen how it is now.
    ///
    /// # Errors
    ///
    /// The guard is gone.
    pub fn take(&mut self) -> io::Result<()> {
        self.tell(TAKE)?;
        let answer = self.child.stdout.as_mut().ok_or(ErrorKind::BrokenPipe)?;
        answer.read_exact(&mut [0])
    }

    /// The terminal was given back.
    ///
    /// # Errors
    ///
    /// The guard is gone.
    pub fn give_back(&mut self) -> io::Result<()> {
        self.tell(GIVE_BACK)
    }

    fn tell(&mut self, what: u8) -> io::Result<()> {
        let pipe = self.child.stdin.as_mut().ok_or(ErrorKind::BrokenPipe)?;
        pipe.write_all(&[what])
    }
}

impl Drop for Guard {
    /// Sends it home.
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        _ = self.child.wait();
    }
}

/// This very program, also where another has been built in its place meanwhile.
#[cfg(target_os = "linux")]
fn ourselves() -> io::Result<PathBuf> {
    Ok(PathBuf::from("/proc/self/exe"))
}

#[cfg(not(target_os = "linux"))]
fn ourselves() -> io::Result<PathBuf> {
    env::current_exe()
}

/// Does a guard's work, if this process is one, until its other end is gone.
pub fn work() -> Option<ExitCode> {
    env::var_os(VARIABLE)?;
    ignore_signals();
    let stderr = io::stderr();
    let terminal = stderr.as_fd();
    let mut taken_from = None;
    let mut said = [0];
    while io::stdin().read_exact(&mut said).is_ok() {
        if said == [TAKE] {
            taken_from = settings(terminal).ok();
            // Whoever asked may be gone already; then the pipe says so.
            _ = io::stdout()
                .write_all(&said)
                .and_then(|()| io::stdout().flush());
        } else {
            taken_from = None;
        }
    }
    if let Some(before) = taken_from {
        _ = give_back(terminal, &before);
    }
    Some(ExitCode::SUCCESS)
}

fn give_back(terminal: BorrowedFd<'_>, before: &libc::termios) -> io::Result<()> {
    // A shell may have been quicker, and set the terminal as it needs it.
    if is_raw_of(&settings(terminal)?, before) {
        set(terminal, before)?;
    }
    io::stderr().write_all(LEAVE.as_bytes())
}

/// What a terminal sends is not for the guard; and the terminal lets a process of the background change it
/// only if that ignores SIGTTOU.
fn ignore_signals() {
    for signal in [
        libc::SIGTTOU,
        libc::SIGINT,
        libc::SIGHUP,
        libc::SIGQUIT,
        libc::SIGTSTP,
        libc::SIGTERM,
    ] {
        // SAFETY: SIG_IGN installs no handler.
        unsafe { libc::signal(signal, libc::SIG_IGN) };
    }
}

/// How the terminal is set.
fn settings(terminal: BorrowedFd<'_>) -> io::Result<libc::termios> {
    let mut settings = std::mem::MaybeUninit::uninit();
    // SAFETY: the descriptor is open, and tcgetattr writes a whole termios there when it returns 0.
    let result = unsafe { libc::tcgetattr(terminal.as_raw_fd(), settings.as_mut_ptr()) };
    if result != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: it returned 0.
    Ok(unsafe { settings.assume_init() })
}

fn set(terminal: BorrowedFd<'_>, settings: &libc::termios) -> io::Result<()> {
    // SAFETY: the descriptor is open, and tcsetattr only reads the termios.
    match unsafe { libc::tcsetattr(terminal.as_raw_fd(), libc::TCSANOW, settings) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Whether `now` is what raw mode makes of `before`.
fn is_raw_of(now: &libc::termios, before: &libc::termios) -> bool {
    let mut raw = *before;
    // SAFETY: cfmakeraw changes the termios that it is given, and nothing else.
    unsafe { libc::cfmakeraw(&mut raw) };
    (now.c_iflag, now.c_oflag, now.c_cflag, now.c_lflag)
        == (raw.c_iflag, raw.c_oflag, raw.c_cflag, raw.c_lflag)
}
