//! Plays one section, in a process of its own that has a network of its own.

use crate::idle::{Watch, look};
use crate::normal::{like, normal, pattern};
use crate::page::{Section, Step, What};
use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use regex::Regex;
use std::collections::HashSet;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};
use std::{fs, io, thread};

/// How long a line, a prompt or an end is waited for.
const DEADLINE: Duration = Duration::from_secs(20);
/// An expected line is given up earlier when nothing at all has run for this long.
const STANDSTILL: Duration = Duration::from_secs(8);
/// How long typed keys may take to have an effect.
const KEYS: Duration = Duration::from_secs(2);
const LOOK: Duration = Duration::from_millis(5);
/// More than this is not kept of one command's output.
const MOST: usize = 8 << 20;

pub enum Outcome {
    Played,
    /// What was to be played next, and why it cannot be.
    Skipped(String),
    Failed(String),
}

/// A network with nothing but a loopback interface, for this process and its children.
pub fn own_network() -> Result<(), String> {
    let (user, group) = {
        // SAFETY: these cannot fail and change nothing.
        unsafe { (libc::geteuid(), libc::getegid()) }
    };
    // SAFETY: `unshare` is called while this process has one thread, and has no other preconditions.
    if unsafe { libc::unshare(libc::CLONE_NEWNET) } != 0 {
        // SAFETY: as above.
        if unsafe { libc::unshare(libc::CLONE_NEWUSER | libc::CLONE_NEWNET) } != 0 {
            return Err(format!(
                "no network namespace: {}",
                io::Error::last_os_error()
            ));
        }
        let become_root = fs::write("/proc/self/setgroups", "deny")
            .and_then(|()| fs::write("/proc/self/uid_map", format!("0 {user} 1")))
            .and_then(|()| fs::write("/proc/self/gid_map", format!("0 {group} 1")));
        become_root.map_err(|error| format!("no user namespace: {error}"))?;
    }
    // On a busy machine an end retransmits its FIN, and the reset that answers the second ACK would end the other end's
    // TIME_WAIT (RFC 1337): the page shows it. Where this cannot be set, that is the worst that comes of it.
    let _ = fs::write("/proc/sys/net/ipv4/tcp_rfc1337", "1");
    loopback_up().map_err(|error| format!("no loopback interface: {error}"))
}

fn loopback_up() -> io::Result<()> {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0")?;
    let socket = std::os::fd::AsRawFd::as_raw_fd(&socket);
    // SAFETY: all zeroes is a valid `ifreq`.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    request.ifr_name[0] = b'l'.cast_signed() as libc::c_char;
    request.ifr_name[1] = b'o'.cast_signed() as libc::c_char;
    request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;
    // SAFETY: the descriptor is open, and the request is what SIOCSIFFLAGS takes.
    match unsafe { libc::ioctl(socket, libc::SIOCSIFFLAGS as _, &request) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// What a terminal has been sent.
#[derive(Default)]
struct Screen {
    bytes: Vec<u8>,
    /// Nobody has the terminal open any more.
    over: bool,
}

#[derive(Default)]
struct Screens {
    all: Mutex<Vec<Screen>>,
    changed: Condvar,
}

struct Process {
    what: String,
    line: usize,
    python: bool,
    child: Box<dyn Child + Send + Sync>,
    keyboard: Box<dyn Write + Send>,
    _terminal: Box<dyn MasterPty + Send>,
    ended: Option<ExitStatus>,
    /// Where the reader of the page has got to in the output.
    read: usize,
    /// The line that begins at `read` is Python's echo of what it was given.
    echo: bool,
    /// Its lines come in an order of the kernel's choice.
    any_order: bool,
    /// Where lines begin that the page shows.
    shown: HashSet<usize>,
}

struct Line {
    start: usize,
    end: usize,
    text: String,
    /// No line feed yet.
    open: bool,
}

impl Process {
    fn lines(&self, screen: &Screen, from: usize) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut start = from;
        while start < screen.bytes.len() {
            let length = screen.bytes[start..].iter().position(|&byte| byte == b'\n');
            let end = length.map_or(screen.bytes.len(), |length| start + length + 1);
            let mut text = String::from_utf8_lossy(&screen.bytes[start..end])
                .trim_end_matches('\n')
                .to_owned();
            if self.python {
                // What a thread prints comes after the prompt.
                while let Some(rest) = text
                    .strip_prefix(">>> ")
                    .or_else(|| text.strip_prefix("... "))
                {
                    text = rest.to_owned();
                }
            }
            lines.push(Line {
                start,
                end,
                text,
                open: length.is_none() && !screen.over,
            });
            start = end;
        }
        lines
    }

    fn unread(&self, screen: &Screen) -> Vec<Line> {
        let mut lines = self.lines(screen, self.read);
        if self.echo && !lines.is_empty() {
            lines.remove(0);
        }
        lines
    }

    /// Python's prompt, if it has come since it was given a line.
    fn prompt(&self, screen: &Screen) -> Option<&'static str> {
        let unread = String::from_utf8_lossy(&screen.bytes[self.read..]).into_owned();
        let text = if self.echo {
            unread.split_once('\n')?.1
        } else {
            &unread
        };
        let last = text.rsplit('\n').next().unwrap_or("");
        let prompts = [">>> ", "... "];
        let at_end = prompts.into_iter().find(|prompt| last.ends_with(prompt));
        at_end.or_else(|| {
            text.rsplit('\n')
                .find_map(|line| prompts.into_iter().find(|prompt| line.starts_with(prompt)))
        })
    }

    fn number(&self) -> Option<u32> {
        self.child.process_id()
    }

    /// A complaint that this process printed from `from` on, and that the page does not show.
    fn complaint(&self, screen: &Screen, from: usize) -> Option<String> {
        let lines = self.lines(screen, from);
        let shown = |line: &Line| self.shown.contains(&line.start);
        let mut raised = false;
        let mut last: Option<&Line> = None;
        for line in &lines {
            let text = line.text.trim_end_matches('\r');
            if text.starts_with("bash: ") && !shown(line) {
                return Some(text.to_owned());
            }
            let syntax = ["SyntaxError: ", "IndentationError: ", "TabError: "];
            if syntax.iter().any(|error| text.starts_with(error)) && !shown(line) {
                return Some(text.to_owned());
            }
            if text.starts_with("Traceback (most recent call last)") {
                raised = true;
            } else if raised && !text.is_empty() && !text.starts_with(' ') {
                // An exception may be the cause of another one; then the last one counts.
                let more = text.starts_with("During handling of")
                    || text.starts_with("The above exception");
                if !more {
                    last = Some(line);
                }
                raised = more;
            } else if let (Some(line), false) = (last, text.is_empty()) {
                let more = text.starts_with("During handling of")
                    || text.starts_with("The above exception");
                if !more && !shown(line) && !line.text.starts_with("KeyboardInterrupt") {
                    return Some(line.text.clone());
                }
                last = None;
            }
        }
        let line =
            last.filter(|line| !shown(line) && !line.text.starts_with("KeyboardInterrupt"))?;
        Some(line.text.clone())
    }
}

pub struct Player<'a> {
    page: &'a str,
    scratch: &'a Path,
    root: bool,
    screens: Arc<Screens>,
    processes: Vec<Process>,
    /// Who was given something last: whose output the page shows next, as a rule.
    addressed: usize,
}

impl<'a> Player<'a> {
    /// `page` is how messages call it. In `scratch` are the folders `bin`, `home` and `work`.
    pub fn new(page: &'a str, scratch: &'a Path, root: bool) -> Player<'a> {
        Player {
            page,
            scratch,
            root,
            screens: Arc::default(),
            processes: Vec::new(),
            addressed: 0,
        }
    }

    pub fn play(mut self, section: &Section) -> Outcome {
        let mut outcome = Outcome::Played;
        for step in &section.steps {
            if matches!(step.what, What::Shell { root: true, .. }) && !self.root {
                outcome = Outcome::Skipped(format!(
                    "line {} and what follows it: only root may do that",
                    step.line
                ));
                break;
            }
            if let Err(complaint) = self.step(step) {
                outcome = Outcome::Failed(self.report(step.line, &complaint));
                break;
            }
        }
        if !matches!(outcome, Outcome::Failed(_)) {
            let _ = self.settle();
            if let Some((line, complaint)) = self.complaints() {
                outcome = Outcome::Failed(self.report(line, &complaint));
            }
        }
        self.end();
        outcome
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        match &step.what {
            What::Shell { command, .. } => {
                self.settle()?;
                let mut bash = CommandBuilder::new("bash");
                // In a terminal of its own it needs no background, and would lose it with the shell.
                bash.args([
                    "-c",
                    command.trim_end().strip_suffix(" &").unwrap_or(command),
                ]);
                self.start(bash, format!("$ {command}"), step.line, false)
            }
            What::Python { line, goes_on } => self.python(step.line, line, *goes_on),
            What::Expect(line) => self.expect(line, &pattern(line), line.ends_with('…')),
            What::Like { shown, pattern } => self.expect(shown, &like(shown, pattern)?, false),
            What::Type(keys) => self.type_keys(keys),
            What::Wait => self.wait(),
        }
    }

    fn start(
        &mut self,
        mut command: CommandBuilder,
        what: String,
        line: usize,
        python: bool,
    ) -> Result<(), String> {
        let size = PtySize {
            rows: 50,
            cols: 400,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system()
            .openpty(size)
            .map_err(|error| format!("no terminal: {error}"))?;
        let path = std::env::var("PATH").unwrap_or_default();
        command.env_clear();
        command.env(
            "PATH",
            format!(
                "{}:{path}:/usr/sbin:/sbin",
                self.scratch.join("bin").display()
            ),
        );
        command.env("HOME", self.scratch.join("home"));
        command.env("TERM", "dumb");
        command.env("LANG", "C.UTF-8");
        command.env("PYTHON_BASIC_REPL", "1");
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        command.cwd(self.scratch.join("work"));
        let child = pair
            .slave
            .spawn_command(command)
            .map_err(|error| format!("cannot start {what}: {error}"))?;
        drop(pair.slave);
        let mut reader = pair
            .master
            .try_clone_reader()
            .map_err(|error| error.to_string())?;
        let keyboard = pair
            .master
            .take_writer()
            .map_err(|error| error.to_string())?;
        let index = self.processes.len();
        self.screens.all.lock().unwrap().push(Screen::default());
        let screens = Arc::clone(&self.screens);
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            loop {
                let n = match reader.read(&mut buffer) {
                    Ok(n) => n,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(_) => 0,
                };
                let mut all = screens.all.lock().unwrap();
                if n == 0 {
                    all[index].over = true;
                } else if all[index].bytes.len() < MOST {
                    all[index].bytes.extend_from_slice(&buffer[..n]);
                }
                screens.changed.notify_all();
                if n == 0 {
                    break;
                }
            }
        });
        let any_order = what
            .strip_prefix("$ ss ")
            .is_some_and(|rest| !rest.contains('|'));
        self.processes.push(Process {
            any_order,
            what,
            line,
            python,
            child,
            keyboard,
            _terminal: pair.master,
            ended: None,
            read: 0,
            echo: false,
            shown: HashSet::new(),
        });
        self.addressed = index;
        Ok(())
    }

    /// The `$` command started last.
    fn command(&self) -> Option<usize> {
        self.processes.iter().rposition(|process| !process.python)
    }

    fn python(&mut self, number: usize, line: &str, goes_on: bool) -> Result<(), String> {
        let index = match self.processes.iter().position(|process| process.python) {
            Some(index) => index,
            None => {
                self.settle()?;
                let mut python = CommandBuilder::new("python3");
                python.arg("-q");
                self.start(python, ">>> python3".to_owned(), number, true)?;
                let index = self.processes.len() - 1;
                self.prompt(index)?;
                self.give(index, "import socket")?;
                index
            }
        };
        let mut prompt = self.prompt(index)?;
        if !goes_on {
            self.settle()?;
            if prompt == "... " {
                self.give(index, "")?;
                prompt = self.prompt(index)?;
            }
            if prompt != ">>> " {
                return Err("Python waits for more of the statement before".to_owned());
            }
        } else if prompt != "... " {
            if line.is_empty() {
                return Ok(());
            }
            return Err("Python does not wait for more of the statement before".to_owned());
        }
        self.give(index, line)
    }

    /// Gives Python a line, and waits until it has taken it.
    fn give(&mut self, index: usize, line: &str) -> Result<(), String> {
        let process = &mut self.processes[index];
        {
            let all = self.screens.all.lock().unwrap();
            // What it printed before belongs to the line before, and is behind us.
            let from = process.read;
            if let Some(complaint) = process.complaint(&all[index], from) {
                return Err(format!(
                    "Python said what the page does not show: {complaint}"
                ));
            }
            process.read = all[index].bytes.len();
        }
        process.echo = true;
        process
            .keyboard
            .write_all(format!("{line}\n").as_bytes())
            .map_err(|error| format!("Python: {error}"))?;
        self.addressed = index;
        self.until("Python did not take the line", |player, all| {
            let process = &player.processes[index];
            all[index].over || all[index].bytes[process.read..].contains(&b'\n')
        })
    }

    fn prompt(&mut self, index: usize) -> Result<&'static str, String> {
        let mut prompt = None;
        self.until("Python is not done with the line before", |player, all| {
            prompt = player.processes[index].prompt(&all[index]);
            prompt.is_some() || all[index].over
        })?;
        prompt.ok_or_else(|| "Python has ended".to_owned())
    }

    fn until(
        &mut self,
        or: &str,
        mut done: impl FnMut(&Player, &[Screen]) -> bool,
    ) -> Result<(), String> {
        let begin = Instant::now();
        let screens = Arc::clone(&self.screens);
        let mut all = screens.all.lock().unwrap();
        loop {
            if done(self, &all) {
                return Ok(());
            }
            let left = DEADLINE.saturating_sub(begin.elapsed());
            if left.is_zero() {
                return Err(format!("{or} within {} seconds", DEADLINE.as_secs()));
            }
            all = screens.changed.wait_timeout(all, left).unwrap().0;
        }
    }

    fn printed(&self) -> usize {
        self.screens
            .all
            .lock()
            .unwrap()
            .iter()
            .map(|screen| screen.bytes.len() + usize::from(screen.over))
            .sum()
    }

    /// For how long nothing has run.
    fn still(&mut self, watch: &mut Watch) -> Option<Duration> {
        for process in &mut self.processes {
            if process.ended.is_none() {
                process.ended = process.child.try_wait().ok().flatten();
            }
        }
        let last = self
            .command()
            .map(|index| &self.processes[index])
            .filter(|process| process.ended.is_none());
        let last = last.and_then(Process::number);
        watch.still(self.printed(), last)
    }

    /// Waits for something to happen, but not long.
    fn pause(&self) {
        let all = self.screens.all.lock().unwrap();
        drop(self.screens.changed.wait_timeout(all, LOOK).unwrap());
    }

    /// Waits until everybody has ended, or waits for somebody else.
    fn settle(&mut self) -> Result<(), String> {
        let begin = Instant::now();
        let mut watch = Watch::new();
        while self.still(&mut watch).is_none() {
            if begin.elapsed() > DEADLINE {
                return Err(format!(
                    "no rest within {} seconds: {}",
                    DEADLINE.as_secs(),
                    watch.busy
                ));
            }
            self.pause();
        }
        Ok(())
    }

    fn expect(&mut self, expected: &str, pattern: &Regex, may_go_on: bool) -> Result<(), String> {
        let begin = Instant::now();
        let mut watch = Watch::new();
        loop {
            if self.take(self.addressed, pattern, may_go_on) {
                return Ok(());
            }
            // Only when all is still is it certain who has printed it, and that it was not the one addressed.
            let still = self.still(&mut watch);
            if still.is_some()
                && (0..self.processes.len())
                    .rev()
                    .any(|index| self.take(index, pattern, may_go_on))
            {
                return Ok(());
            }
            let over = self
                .screens
                .all
                .lock()
                .unwrap()
                .iter()
                .all(|screen| screen.over);
            let standstill = still.is_some_and(|still| still > STANDSTILL || over);
            if standstill || begin.elapsed() > DEADLINE {
                let earlier = self.printed_earlier(pattern);
                return Err(format!(
                    "nothing has printed this line:\n    {expected}{earlier}"
                ));
            }
            self.pause();
        }
    }

    fn take(&mut self, index: usize, pattern: &Regex, may_go_on: bool) -> bool {
        let Some(process) = self.processes.get_mut(index) else {
            return false;
        };
        let all = self.screens.all.lock().unwrap();
        let mut unread = match process.any_order {
            true => process.lines(&all[index], 0),
            false => process.unread(&all[index]),
        };
        unread.retain(|line| !process.shown.contains(&line.start));
        let fits = |line: &Line| (may_go_on || !line.open) && pattern.is_match(&normal(&line.text));
        if let Some(line) = unread.into_iter().find(fits) {
            process.read = process.read.max(line.end);
            process.echo = false;
            process.shown.insert(line.start);
            return true;
        }
        false
    }

    fn printed_earlier(&self, pattern: &Regex) -> String {
        let all = self.screens.all.lock().unwrap();
        let earlier = self.processes.iter().zip(&*all).any(|(process, screen)| {
            process
                .lines(screen, 0)
                .iter()
                .any(|line| line.start < process.read && pattern.is_match(&normal(&line.text)))
        });
        let note = "\n(It has been printed, but before a line that the page shows earlier, or that was typed.)";
        if earlier {
            note.to_owned()
        } else {
            String::new()
        }
    }

    fn type_keys(&mut self, keys: &[u8]) -> Result<(), String> {
        self.settle()?;
        let index = self.command().ok_or("there is no command to type into")?;
        if self.processes[index].ended.is_some() {
            return Err(format!(
                "{} has ended, nothing can be typed into it",
                self.processes[index].what
            ));
        }
        let before = look(self.printed(), None);
        self.addressed = index;
        let keyboard = &mut self.processes[index].keyboard;
        keyboard
            .write_all(keys)
            .map_err(|error| format!("cannot type: {error}"))?;
        let begin = Instant::now();
        while before.is_ok() && look(self.printed(), None) == before && begin.elapsed() < KEYS {
            self.pause();
        }
        Ok(())
    }

    fn wait(&mut self) -> Result<(), String> {
        let index = self.command().ok_or("there is no command to wait for")?;
        let begin = Instant::now();
        let mut watch = Watch::new();
        loop {
            let still = self.still(&mut watch).is_some();
            let over = self.screens.all.lock().unwrap()[index].over;
            if self.processes[index].ended.is_some() && (over || still) {
                return Ok(());
            }
            if begin.elapsed() > DEADLINE {
                let what = &self.processes[index].what;
                return Err(format!(
                    "{what} did not end within {} seconds",
                    DEADLINE.as_secs()
                ));
            }
            self.pause();
        }
    }

    fn complaints(&self) -> Option<(usize, String)> {
        let all = self.screens.all.lock().unwrap();
        self.processes
            .iter()
            .zip(&*all)
            .find_map(|(process, screen)| {
                // Python's earlier lines have been looked at, each before the next one.
                let from = if process.python { process.read } else { 0 };
                let complaint = process.complaint(screen, from)?;
                Some((
                    process.line,
                    format!(
                        "{} printed what the page does not show: {complaint}",
                        process.what
                    ),
                ))
            })
    }

    fn report(&self, line: usize, complaint: &str) -> String {
        let mut report = format!(
            "{}:{line}: {complaint}\n\nPrinted by then (`|` marks what the page shows):\n",
            self.page
        );
        let all = self.screens.all.lock().unwrap();
        for (process, screen) in self.processes.iter().zip(&*all) {
            let state = match &process.ended {
                None => "running".to_owned(),
                Some(status) => match status.signal() {
                    Some(signal) => format!("ended by a signal, {signal}"),
                    None => format!("ended with {}", status.exit_code()),
                },
            };
            report.push_str(&format!(
                "--- line {}: {} ({state})\n",
                process.line, process.what
            ));
            let mut lines = process.lines(screen, 0);
            let left_out = lines.len().saturating_sub(200);
            if left_out > 0 {
                report.push_str(&format!("    ({left_out} lines)\n"));
            }
            for line in lines.drain(left_out..) {
                let mark = if process.shown.contains(&line.start) {
                    '|'
                } else {
                    ' '
                };
                let prompted = &screen.bytes[line.start..line.end];
                let text = String::from_utf8_lossy(prompted);
                report.push_str(&format!("  {mark} {}\n", text.trim_end()));
            }
        }
        report
    }

    /// Ends all that the section started, whatever became of it.
    fn end(&mut self) {
        let me = std::process::id();
        for _ in 0..200 {
            let mut found = vec![me];
            let mut living = false;
            while let Some(process) = found.pop() {
                if process != me {
                    living = true;
                    // SAFETY: it is a descendant of ours that nobody has reaped, so the number is still its own.
                    unsafe { libc::kill(process.cast_signed(), libc::SIGKILL) };
                }
                let tasks = fs::read_dir(format!("/proc/{process}/task"))
                    .into_iter()
                    .flatten()
                    .flatten();
                for task in tasks {
                    let children =
                        fs::read_to_string(task.path().join("children")).unwrap_or_default();
                    found.extend(
                        children
                            .split_whitespace()
                            .filter_map(|child| child.parse::<u32>().ok()),
                    );
                }
            }
            // SAFETY: reaps whoever has ended, the adopted ones as well; no memory is handed over.
            while unsafe { libc::waitpid(-1, std::ptr::null_mut(), libc::WNOHANG) } > 0 {}
            if !living {
                break;
            }
            thread::sleep(Duration::from_millis(1));
        }
    }
}
