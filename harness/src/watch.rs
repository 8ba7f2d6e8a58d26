//! Is anything still going to happen? What the threads of this process are waiting for.
//!
//! A deadline alone makes a learner wait for the whole of it, and still fails a right program on a
//! slow machine. So a wait ends early when the kernel itself says that it is in vain: every thread
//! that is not the grader's sits in a call that has no time-out, and nothing has moved for a while.
//! A thread that burns processor time to no effect is told by the time it burnt, not by the clock.
//! Only where neither can be known (no /proc, a sleep, a time-out of the code's own) the clock decides.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::File;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::kernel;
#[cfg(target_os = "linux")]
use crate::sockets;

/// How long to wait for what may never come.
pub struct Patience {
    /// How long one look at the awaited event may block before the threads are looked at.
    slice: Duration,
    /// For how many slices in a row nothing must have moved before a wait is given up.
    quiet_slices: u32,
    /// How long a wait may take where nothing else ends it, as the sum of its slices: one that ended
    /// late counts no more than one that was punctual, so that a slow machine has more time.
    wall: Duration,
    /// At how many looks the code must have been found pausing, see [`pauses`], for it to count as at
    /// rest, although it would go on by itself.
    pauses: u32,
}

/// For an event that is due: given up only when it is certain not to come.
pub const DUE: Patience = Patience {
    slice: Duration::from_millis(20),
    quiet_slices: 12,
    wall: Duration::from_secs(6),
    pauses: u32::MAX,
};

/// For the end of a program that has nothing to wait for but, maybe, a name server.
pub const ENDING: Patience = Patience {
    wall: Duration::from_secs(15),
    ..DUE
};

/// For an event that is not expected: all that is waited for is that the code comes to rest.
pub const AT_REST: Patience = Patience {
    slice: Duration::from_millis(4),
    quiet_slices: 2,
    wall: Duration::from_secs(3),
    pauses: u32::MAX,
};

/// As [`AT_REST`], for code that may look again and again, with pauses or with timeouts: a quarter of
/// a second of that is rest enough.
pub const AT_REST_OR_PAUSING: Patience = Patience {
    pauses: 60,
    ..AT_REST
};

/// For looking on, at code that may spin: only what it does counts. A spin that prints stands still while
/// nobody takes its lines.
pub const LOOKING_ON: Patience = Patience {
    quiet_slices: u32::MAX,
    wall: Duration::from_secs(6),
    ..AT_REST
};

/// For a look at whether anything may still happen by itself.
pub const GLANCE: Patience = Patience {
    wall: Duration::from_millis(100),
    ..AT_REST
};

/// How much processor time in a slice means that something is at work: more than the looking takes.
const AT_WORK: Duration = Duration::from_micros(2500);
/// How much processor time may be burnt without progress.
const CPU_LIMIT: Duration = Duration::from_millis(1500);

/// How late a slice may end and still be called punctual.
const PUNCTUAL: Duration = Duration::from_millis(20);

/// Does a wait with a time-out count like one without?
static TIMEOUTS_ARE_LONG: AtomicBool = AtomicBool::new(false);

/// From now on, and until this process ends, who waits with a time-out counts like one who waits without:
/// for cases in which nothing may depend on it that a time-out ends, because all of them are much longer
/// than anything in the case should take.
pub fn timeouts_are_long() {
    TIMEOUTS_ARE_LONG.store(true, Ordering::Relaxed);
}

/// What one look at the awaited event saw.
pub enum Look<T> {
    /// It has happened.
    Done(T),
    /// Not yet, but something has moved: the patience starts anew.
    Progress,
    /// Nothing.
    Nothing,
}

/// Why a wait was given up.
#[derive(Clone, Debug)]
pub enum GaveUp {
    /// Every thread waits in a call that nothing will ever end.
    Stuck(Vec<Waiting>),
    /// Processor time was burnt, and nothing came of it.
    Spinning(Duration),
    /// Nothing came in this time.
    TooLong(Duration),
}

impl fmt::Display for GaveUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GaveUp::Stuck(waiting) => match waiting.first() {
                Some(waiting) => write!(f, "it waits {waiting}, and nothing will end that"),
                None => write!(f, "no thread of it is left that could do anything"),
            },
            GaveUp::Spinning(burnt) => write!(
                f,
                "it kept a processor busy for {:.1} s and got nowhere",
                burnt.as_secs_f64()
            ),
            GaveUp::TooLong(waited) => {
                write!(f, "nothing came of it in {:.0} s", waited.as_secs_f64())
            }
        }
    }
}

/// A thread that waits: the call it is in, under the name that the lessons use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// `accept`, `recv`, `send`, `connect`, ...
    pub call: &'static str,
    /// The descriptor that it waits on.
    pub descriptor: Option<i32>,
}

/// In place of a call on a socket: the thread waits for a thread.
const ANOTHER_THREAD: &str = "another thread";

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.call {
            ANOTHER_THREAD => write!(
                f,
                "to be woken by another thread (a lock, a join, a channel)"
            ),
            call => write!(f, "in `{call}`"),
        }
    }
}

/// Waits until `look` says `Done`. `look` may block for the time it is given, no longer.
///
/// # Errors
///
/// [`GaveUp`], when the event cannot or does not come.
pub fn until<T>(
    patience: &Patience,
    mut look: impl FnMut(Duration) -> Look<T>,
) -> Result<T, GaveUp> {
    let _waiting = Grader::waits();
    let mut waited = Duration::ZERO;
    let mut burnt_before = kernel::cpu_time();
    let mut quiet = 0;
    let mut before = None;
    let mut pausing = 0;
    loop {
        let slice_began = Instant::now();
        let burnt_till_now = kernel::cpu_time();
        match look(patience.slice) {
            Look::Done(event) => return Ok(event),
            Look::Progress => {
                waited = Duration::ZERO;
                burnt_before = kernel::cpu_time();
                quiet = 0;
                pausing = 0;
                continue;
            }
            Look::Nothing => {}
        }
        // A slice that came back much too late says that this machine is short of processors; what
        // stood still meanwhile may have had no chance to move.
        let punctual = slice_began.elapsed() < patience.slice + PUNCTUAL;
        let now = survey();
        match &now {
            Some(threads) if punctual && threads.in_vain() && before == now => quiet += 1,
            _ => quiet = 0,
        }
        // Before the last look, not after it: what is sent again may come in between.
        if quiet + 1 == patience.quiet_slices
            && a_segment_was_lost(patience.quiet_slices >= DUE.quiet_slices)
        {
            quiet = 0;
        }
        if quiet >= patience.quiet_slices
            && let Some(threads) = now
        {
            return Err(GaveUp::Stuck(threads.waiting()));
        }
        before = now;
        if let (Some(before), Some(now)) = (burnt_before, kernel::cpu_time()) {
            let burnt = now.saturating_sub(before);
            if burnt > CPU_LIMIT {
                return Err(GaveUp::Spinning(burnt));
            }
        }
        // While something is at work, it is the work that is limited, not the time: on a busy machine
        // little gets done in much time.
        let at_work = match (burnt_till_now, kernel::cpu_time()) {
            (Some(before), Some(now)) => now.saturating_sub(before) > AT_WORK,
            _ => false,
        };
        if !at_work {
            waited += slice_began.elapsed().min(patience.slice);
        }
        if patience.pauses < u32::MAX && pauses() {
            pausing += 1;
        }
        if waited > patience.wall || pausing >= patience.pauses {
            return Err(GaveUp::TooLong(waited));
        }
    }
}

/// Has a segment been lost of a connection of this process, which will be sent again? Or, to look thoroughly and take
/// longer, also of one that only the watched processes know, or that is not made yet. Never where the system does not
/// tell.
fn a_segment_was_lost(thoroughly: bool) -> bool {
    #[cfg(target_os = "linux")]
    if thoroughly {
        let ours = std::cell::LazyCell::new(|| {
            let watched = linux::with_descendants(watched().clone());
            let processes = std::iter::once(std::process::id()).chain(watched);
            let sockets = processes.flat_map(linux::sockets_of);
            sockets.map(|(_, inode)| inode).collect::<BTreeSet<u32>>()
        });
        sockets::any_has_lost_a_segment(|inode| ours.contains(&inode))
    } else {
        let own = linux::sockets_of(std::process::id());
        let mut connections = own
            .iter()
            .filter_map(|(descriptor, _)| kernel::connection_at(*descriptor));
        connections.any(|(own, other)| sockets::has_lost_a_segment(own, other))
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = thoroughly;
        false
    }
}

/// The grader's own threads, and which of them wait only for what the graded code does.
static GRADERS: Mutex<BTreeMap<u32, bool>> = Mutex::new(BTreeMap::new());

/// Marks the calling thread as the grader's for as long as this lives.
pub struct Grader {
    thread: Option<u32>,
    before: Option<bool>,
}

impl Grader {
    /// A thread of the grader that may be about to do something.
    pub fn acts() -> Grader {
        Grader::mark(false)
    }

    /// A thread of the grader that only waits for what the graded code does.
    pub fn waits() -> Grader {
        Grader::mark(true)
    }

    fn mark(waits: bool) -> Grader {
        let thread = kernel::thread_id();
        let before = thread.and_then(|thread| graders().insert(thread, waits));
        Grader { thread, before }
    }
}

impl Drop for Grader {
    fn drop(&mut self) {
        if let Some(thread) = self.thread {
            match self.before {
                Some(before) => graders().insert(thread, before),
                None => graders().remove(&thread),
            };
        }
    }
}

/// The threads of this process that are not the grader's: those of the submission. Empty without a
/// /proc that tells.
pub fn graded_threads() -> Vec<u32> {
    let Ok(threads) = std::fs::read_dir("/proc/self/task") else {
        return Vec::new();
    };
    let graders = graders();
    threads
        .filter_map(|thread| thread.ok()?.file_name().to_str()?.parse().ok())
        .filter(|thread| !graders.contains_key(thread))
        .collect()
}

/// Processor time that others than the calling thread spend.
pub struct Burnt {
    before: Option<Duration>,
}

impl Burnt {
    /// A thread that waits needs none at all; one that does not has this together soon.
    const BUSY: Duration = Duration::from_millis(100);

    /// Counts from this moment on.
    pub fn from_now() -> Burnt {
        Burnt {
            before: Burnt::by_others(),
        }
    }

    /// Looking on costs time, too, and that is spent by this thread.
    fn by_others() -> Option<Duration> {
        kernel::cpu_time()?.checked_sub(kernel::thread_cpu_time()?)
    }

    /// How much it is, if it is more than whoever waits would spend.
    pub fn too_much(&self) -> Option<Duration> {
        let burnt = Burnt::by_others()?.saturating_sub(self.before?);
        (burnt > Burnt::BUSY).then_some(burnt)
    }
}

/// Those of [`graded_threads`] that wait in this call, with no time-out. Empty where that is not told.
pub fn graded_threads_in(call: &str) -> Vec<u32> {
    let mut threads = graded_threads();
    #[cfg(target_os = "linux")]
    threads.retain(|thread| {
        let looked = linux::look_at(std::process::id(), *thread);
        looked.is_some_and(|(_, _, waiting)| waiting.is_some_and(|it| it.call == call))
    });
    #[cfg(not(target_os = "linux"))]
    {
        let _ = call;
        threads.clear();
    }
    threads
}

/// Does the submission pause? Each of its threads waits in the kernel, neither running nor ready to
/// run, and at least one for something that comes by itself: the end of a sleep or of a timeout.
/// Never, without a /proc that tells.
pub fn pauses() -> bool {
    Onlooker::at_graded_threads().sees_a_pause()
}

/// Looks at the threads that the submission had when this was made. It needs no further descriptor, and
/// so can look on where none is free.
pub struct Onlooker {
    /// /proc/self/task/TID/syscall of each.
    calls: Vec<File>,
}

impl Onlooker {
    /// An onlooker for the threads that the submission has now.
    pub fn at_graded_threads() -> Onlooker {
        let call = |thread| File::open(format!("/proc/self/task/{thread}/syscall")).ok();
        Onlooker {
            calls: graded_threads().into_iter().filter_map(call).collect(),
        }
    }

    /// As [`pauses`], of these threads; of those that have ended, no more is said.
    pub fn sees_a_pause(&self) -> bool {
        #[cfg(target_os = "linux")]
        {
            let waits: Option<Vec<bool>> =
                self.calls.iter().filter_map(linux::is_in_vain).collect();
            waits.is_some_and(|waits| waits.contains(&false))
        }
        #[cfg(not(target_os = "linux"))]
        {
            let _ = &self.calls;
            false
        }
    }
}

/// Other processes whose threads count, too: the program under test.
static WATCHED: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

fn watched() -> std::sync::MutexGuard<'static, BTreeSet<u32>> {
    WATCHED
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Counts the threads of another process among those that are waited for, for as long as this lives.
pub struct Watched(u32);

impl Watched {
    /// Watches the process with this number.
    pub fn process(process: u32) -> Watched {
        watched().insert(process);
        Watched(process)
    }

    /// Is it alive? One that is only waited for is not.
    pub fn life(&self) -> Life {
        #[cfg(target_os = "linux")]
        return linux::life_of(self.0);
        #[cfg(not(target_os = "linux"))]
        Life::Over
    }
}

/// What can be said of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// It has ended.
    Over,
    /// It has been killed, and has not come to notice it yet.
    Killed,
    /// Neither.
    GoesOn,
}

/// Is this process watched?
pub fn is_watched(process: u32) -> bool {
    watched().contains(&process)
}

impl Drop for Watched {
    fn drop(&mut self) {
        watched().remove(&self.0);
    }
}

fn graders() -> std::sync::MutexGuard<'static, BTreeMap<u32, bool>> {
    GRADERS
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// What all threads are doing, at one moment.
#[derive(PartialEq)]
struct Survey {
    /// Each thread that is not the grader's: its number, what it has done so far by the kernel's count
    /// of its switches, and where it waits. `None`: it runs, or its wait may end by itself.
    threads: Vec<(u32, u64, Option<Waiting>)>,
    /// Is a thread of the grader about to do something?
    grader_acts: bool,
}

impl PartialEq for GaveUp {
    fn eq(&self, other: &GaveUp) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

impl Survey {
    fn in_vain(&self) -> bool {
        !self.grader_acts && self.threads.iter().all(|(_, _, waiting)| waiting.is_some())
    }

    /// Calls on a socket first: they tell more than a thread that waits for another thread.
    fn waiting(self) -> Vec<Waiting> {
        let mut waiting: Vec<Waiting> = self.threads.into_iter().filter_map(|t| t.2).collect();
        waiting.sort_by_key(|waiting| waiting.descriptor.is_none());
        waiting
    }
}

static CALLS_PAST_LIBC: AtomicBool = AtomicBool::new(false);

/// Looks whether a thread of the submission waits in a call of the kernel that it made by itself, without the C
/// library: for [`calls_past_libc`]. It is too late once what the thread waits for is gone.
pub fn look_for_calls_past_libc() {
    #[cfg(target_os = "linux")]
    if linux::calls_past_libc().unwrap_or(false) {
        CALLS_PAST_LIBC.store(true, Ordering::Relaxed);
    }
}

/// Was such a thread seen? Never where the system does not tell.
pub fn calls_past_libc() -> bool {
    CALLS_PAST_LIBC.load(Ordering::Relaxed)
}

#[cfg(not(target_os = "linux"))]
fn survey() -> Option<Survey> {
    None
}

/// Looks at every thread of this process and of those watched; `None` without a /proc that tells.
#[cfg(target_os = "linux")]
fn survey() -> Option<Survey> {
    let mut survey = Survey {
        threads: Vec::new(),
        grader_acts: false,
    };
    let own = std::process::id();
    let watched = linux::with_descendants(watched().clone());
    for process in std::iter::once(own).chain(watched) {
        let Ok(threads) = std::fs::read_dir(format!("/proc/{process}/task")) else {
            if process == own {
                return None;
            }
            // It has ended, which somebody will notice.
            survey.threads.push((process, 0, None));
            continue;
        };
        for entry in threads {
            let thread: u32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
            match graders().get(&thread) {
                Some(true) => continue,
                Some(false) => survey.grader_acts = true,
                None => survey.threads.extend(linux::look_at(process, thread)),
            }
        }
    }
    Some(survey)
}

/// Does somebody listen at this address who is neither a process that this one started, nor one that such a process
/// started in turn? `None` where that cannot be known at this moment, or where the system does not tell.
pub fn is_held_by_others(addr: SocketAddr) -> Option<bool> {
    #[cfg(target_os = "linux")]
    return linux::is_held_by_others(addr);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = addr;
        None
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::BTreeSet;
    use std::fs::File;
    use std::io;
    use std::net::SocketAddr;
    use std::os::unix::fs::FileExt;

    use super::{Life, Waiting};
    use crate::kernel::{TimeoutOf, has_timeout};
    use crate::sockets;

    /// See [`super::is_held_by_others`].
    pub fn is_held_by_others(addr: SocketAddr) -> Option<bool> {
        let sockets = sockets::listening_at(addr)?;
        if sockets.is_empty() {
            return Some(false);
        }
        let descendants = || {
            let own = std::process::id();
            let mut all = with_descendants(BTreeSet::from([own]));
            all.remove(&own);
            all
        };
        let looked_at = descendants();
        // Somebody has said something, and there has to be somebody: the kernel keeps no list of children here.
        if looked_at.is_empty() {
            return None;
        }
        for process in &looked_at {
            if holds(*process, &sockets)? {
                return Some(false);
            }
        }
        // One that has been started meanwhile may have it by now.
        let nothing_moved = looked_at == descendants() && sockets::listening_at(addr)? == sockets;
        nothing_moved.then_some(true)
    }

    /// Does a thread of this process have one of these sockets open? `None` where that cannot be known.
    fn holds(process: u32, sockets: &[u32]) -> Option<bool> {
        for thread in std::fs::read_dir(format!("/proc/{process}/task")).ok()? {
            let folder = thread.ok()?.path();
            if is_dead(&std::fs::read_to_string(folder.join("status")).ok()?) {
                continue;
            }
            for descriptor in std::fs::read_dir(folder.join("fd")).ok()? {
                let target = match std::fs::read_link(descriptor.ok()?.path()) {
                    // It has been closed meanwhile.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    target => target.ok()?,
                };
                let target = target.to_string_lossy();
                // It can hold sockets that are no descriptors, see io_uring_register(2).
                if target == "anon_inode:[io_uring]" {
                    return None;
                }
                let inode = target.strip_prefix("socket:[");
                let inode = inode.and_then(|rest| rest.strip_suffix(']')?.parse().ok());
                if inode.is_some_and(|inode| sockets.contains(&inode)) {
                    return Some(true);
                }
            }
        }
        Some(false)
    }

    /// One thread: its number, how often it was put to sleep or set aside, and where it waits. `None` when it
    /// is dead, and nobody has asked yet how it died: it will do nothing any more.
    pub fn look_at(process: u32, thread: u32) -> Option<(u32, u64, Option<Waiting>)> {
        let folder = format!("/proc/{process}/task/{thread}");
        let call = std::fs::read_to_string(format!("{folder}/syscall"));
        let status = std::fs::read_to_string(format!("{folder}/status"));
        if status.as_ref().is_ok_and(|status| is_dead(status)) {
            return None;
        }
        // What cannot be read has ended, or may not be looked at: it counts as running.
        let (Ok(call), Ok(status)) = (call, status) else {
            return Some((thread, 0, None));
        };
        let long = super::TIMEOUTS_ARE_LONG.load(super::Ordering::Relaxed);
        Some((thread, switches(&status), waiting(process, &call, long)))
    }

    /// See [`super::Watched::life`].
    pub fn life_of(process: u32) -> Life {
        let threads = std::fs::read_dir(format!("/proc/{process}/task"));
        let statuses = threads
            .into_iter()
            .flatten()
            .filter_map(|thread| std::fs::read_to_string(thread.ok()?.path().join("status")).ok());
        let alive: Vec<String> = statuses.filter(|status| !is_dead(status)).collect();
        if alive.is_empty() {
            Life::Over
        } else if alive.iter().any(|status| is_killed(status)) {
            Life::Killed
        } else {
            Life::GoesOn
        }
    }

    /// Does SIGKILL wait to be delivered? Signal N is the bit N - 1, see proc_pid_status(5).
    fn is_killed(status: &str) -> bool {
        let pending = status.lines().filter_map(|line| {
            let set = line
                .strip_prefix("SigPnd:")
                .or(line.strip_prefix("ShdPnd:"))?;
            u64::from_str_radix(set.trim(), 16).ok()
        });
        pending
            .into_iter()
            .any(|set| set & (1 << (libc::SIGKILL - 1)) != 0)
    }

    /// See proc_pid_status(5).
    fn is_dead(status: &str) -> bool {
        status.contains("\nState:\tZ") || status.contains("\nState:\tX")
    }

    /// By the instruction at which each thread entered the kernel, the last word of /proc/PID/task/TID/syscall.
    pub fn calls_past_libc() -> Option<bool> {
        let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
        // `7f…-7f… r-xp 00026000 fe:00 1234   /lib/x86_64-linux-gnu/libc.so.6`
        let libc: Vec<(u64, u64)> = maps
            .lines()
            .filter(|line| line.contains(" r-xp ") && line.contains("/libc"))
            .filter_map(|line| line.split_whitespace().next()?.split_once('-'))
            .filter_map(|(from, to)| {
                let number = |text| u64::from_str_radix(text, 16).ok();
                Some((number(from)?, number(to)?))
            })
            .collect();
        if libc.is_empty() {
            return None;
        }
        for entry in std::fs::read_dir("/proc/self/task").ok()?.flatten() {
            let thread = entry.file_name().to_str()?.parse().ok()?;
            if super::graders().contains_key(&thread) {
                continue;
            }
            let line = std::fs::read_to_string(entry.path().join("syscall")).unwrap_or_default();
            let at = line.split_whitespace().last();
            let at = at.and_then(|word| u64::from_str_radix(word.strip_prefix("0x")?, 16).ok());
            let is_of_libc = |at: u64| libc.iter().any(|(from, to)| (*from..*to).contains(&at));
            if is_in_a_call(&line) && at.is_some_and(|at| !is_of_libc(at)) {
                return Some(true);
            }
        }
        Some(false)
    }

    /// Does a thread of this process wait for something that nobody will bring? `Some(None)` when it does
    /// not wait at all, `None` when it has ended. The file is its /proc/self/task/TID/syscall.
    pub fn is_in_vain(call: &File) -> Option<Option<bool>> {
        let mut line = [0; 256];
        let count = call.read_at(&mut line, 0).ok()?;
        let line = String::from_utf8_lossy(&line[..count]);
        // A pause is one, however long others may call it.
        let waits_for_ever = || waiting(std::process::id(), &line, false).is_some();
        Some(is_in_a_call(&line).then(waits_for_ever))
    }

    /// What is not in a call of the kernel is "running", or, with -1, somewhere on its way.
    fn is_in_a_call(line: &str) -> bool {
        line.starts_with(|first: char| first.is_ascii_digit())
    }

    /// These processes, and those that they started: a command may be a shell around the program.
    pub fn with_descendants(processes: BTreeSet<u32>) -> BTreeSet<u32> {
        let mut found = processes.clone();
        let mut to_ask: Vec<u32> = processes.into_iter().collect();
        while let Some(process) = to_ask.pop() {
            let threads = std::fs::read_dir(format!("/proc/{process}/task"));
            for thread in threads.into_iter().flatten().flatten() {
                let children = std::fs::read_to_string(thread.path().join("children"));
                let children = children.unwrap_or_default();
                for child in children
                    .split_whitespace()
                    .filter_map(|pid| pid.parse().ok())
                {
                    if found.insert(child) {
                        to_ask.push(child);
                    }
                }
            }
        }
        found
    }

    fn switches(status: &str) -> u64 {
        status
            .lines()
            .filter(|line| line.contains("ctxt_switches"))
            .filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok())
            .sum()
    }

    /// The sockets that a process has open: descriptor and inode, which /proc/PID/fd shows as `socket:[INODE]`, see
    /// proc_pid_fd(5).
    pub fn sockets_of(process: u32) -> Vec<(i32, u32)> {
        let Ok(descriptors) = std::fs::read_dir(format!("/proc/{process}/fd")) else {
            return Vec::new();
        };
        let number = |entry: std::fs::DirEntry| {
            let target = std::fs::read_link(entry.path()).ok()?;
            let number = target
                .to_str()?
                .strip_prefix("socket:[")?
                .strip_suffix(']')?;
            let descriptor = entry.file_name().to_str()?.parse().ok()?;
            Some((descriptor, number.parse().ok()?))
        };
        descriptors.flatten().filter_map(number).collect()
    }

    /// Is this a descriptor on which a call waits for somebody else? A read from a disk ends by itself.
    fn has_another_end(process: u32, descriptor: i32) -> bool {
        let target = std::fs::read_link(format!("/proc/{process}/fd/{descriptor}"));
        target.is_ok_and(|target| {
            let target = target.to_string_lossy();
            target.starts_with("socket:") || target.starts_with("pipe:")
        })
    }

    /// The call in which a thread waits with no time-out, from /proc/PID/task/TID/syscall: a call's
    /// number in decimal and its six arguments in hexadecimal, or "running". See proc_pid_syscall(5).
    /// With `long`, a time-out counts for nothing.
    fn waiting(process: u32, line: &str, long: bool) -> Option<Waiting> {
        let mut words = line.split_whitespace();
        let number: i64 = words.next()?.parse().ok()?;
        let args: Vec<u64> = words
            .map_while(|word| u64::from_str_radix(word.strip_prefix("0x")?, 16).ok())
            .collect();
        let arg = |n: usize| args.get(n).copied().unwrap_or(0);
        let descriptor = arg(0) as i32;
        // A time-out in milliseconds is for ever when it is negative; one behind a pointer, when the
        // pointer is null.
        let negative = |n: usize| (arg(n) as i32) < 0;
        let on = |call, option| {
            let for_ever = has_another_end(process, descriptor)
                && (long || !has_timeout(process, descriptor, option));
            for_ever.then_some(Waiting {
                call,
                descriptor: Some(descriptor),
            })
        };
        let on_none = |call, for_ever: bool| {
            (long || for_ever).then_some(Waiting {
                call,
                descriptor: None,
            })
        };
        use TimeoutOf::{Receiving, Sending};
        match number {
            libc::SYS_accept | libc::SYS_accept4 => on("accept", Receiving),
            libc::SYS_read | libc::SYS_readv | libc::SYS_recvfrom | libc::SYS_recvmsg => {
                on("recv", Receiving)
            }
            libc::SYS_write
            | libc::SYS_writev
            | libc::SYS_sendto
            | libc::SYS_sendmsg
            | libc::SYS_sendfile => on("send", Sending),
            libc::SYS_splice => on("splice", Receiving),
            libc::SYS_connect => on("connect", Sending),
            libc::SYS_ppoll => on_none("poll", arg(2) == 0),
            libc::SYS_pselect6 => on_none("select", arg(4) == 0),
            libc::SYS_epoll_pwait => on_none("epoll_wait", negative(3)),
            libc::SYS_epoll_pwait2 => on_none("epoll_wait", arg(3) == 0),
            // FUTEX_WAIT and FUTEX_WAIT_BITSET: a lock, a condition variable, the end of a thread.
            libc::SYS_futex if matches!(arg(1) & 127, 0 | 9) => {
                on_none(super::ANOTHER_THREAD, arg(3) == 0)
            }
            #[cfg(target_arch = "x86_64")]
            libc::SYS_poll => on_none("poll", negative(2)),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_select => on_none("select", arg(4) == 0),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_epoll_wait => on_none("epoll_wait", negative(3)),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_pause => on_none("pause", true),
            _ => None,
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_running_thread_waits_for_nothing() {
            assert_eq!(waiting(1, "running\n", false), None);
            assert_eq!(waiting(1, "-1 0x7ffd 0x7f00\n", false), None);
        }

        #[test]
        fn only_what_is_in_a_call_can_pause() {
            assert!(!is_in_a_call("running\n"));
            assert!(!is_in_a_call("-1 0x7ffd 0x7f00\n"));
            assert!(is_in_a_call(
                "230 0x0 0x0 0x7ffd 0x0 0x0 0x0 0x7ffd 0x7f00\n"
            ));
        }

        #[test]
        fn an_accept_is_in_vain_unless_the_listener_has_a_timeout() {
            use std::os::fd::AsRawFd;
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let descriptor = listener.as_raw_fd();
            let accept = libc::SYS_accept4;
            let line = format!("{accept} {descriptor:#x} 0x0 0x0 0x80000 0x0 0x0 0x7ffd 0x7f00");
            let own = std::process::id();
            let expected = Waiting {
                call: "accept",
                descriptor: Some(descriptor),
            };
            assert_eq!(waiting(own, &line, false), Some(expected));
            let second = Some(std::time::Duration::from_secs(1));
            socket2::SockRef::from(&listener)
                .set_read_timeout(second)
                .unwrap();
            assert_eq!(waiting(own, &line, false), None);
        }

        #[test]
        fn a_read_from_a_file_ends_by_itself() {
            use std::os::fd::AsRawFd;
            let file = std::fs::File::open("/proc/self/status").unwrap();
            let line = format!(
                "{} {:#x} 0x1 0x1 0x0 0x0 0x0 0x7ffd 0x7f00",
                libc::SYS_read,
                file.as_raw_fd()
            );
            assert_eq!(waiting(std::process::id(), &line, false), None);
        }

        #[test]
        fn a_process_that_nobody_has_waited_for_is_dead() {
            let mut child = std::process::Command::new("true").spawn().unwrap();
            let number = child.id();
            let status = || std::fs::read_to_string(format!("/proc/{number}/status")).unwrap();
            while !is_dead(&status()) {
                std::thread::yield_now();
            }
            assert_eq!(look_at(number, number), None);
            child.wait().unwrap();
            let own = std::process::id();
            assert!(look_at(own, own).is_some());
        }

        #[test]
        fn one_that_was_killed_is_over_soon() {
            assert!(is_killed("Name:\tx\nSigPnd:\t0000000000000100\n"));
            assert!(!is_killed(
                "SigPnd:\t0000000000000000\nShdPnd:\t0000000000004000\n"
            ));
            let mut child = std::process::Command::new("sleep")
                .arg("600")
                .spawn()
                .unwrap();
            assert_eq!(life_of(child.id()), Life::GoesOn);
            child.kill().unwrap();
            while life_of(child.id()) != Life::Over {
                std::thread::yield_now();
            }
            child.wait().unwrap();
            assert_eq!(life_of(child.id()), Life::Over);
        }

        #[test]
        fn a_futex_with_a_timeout_may_end_by_itself() {
            let line = format!(
                "{} 0x1 0x80 0x0 0x7ffe 0x0 0x0 0x7ffd 0x7f00",
                libc::SYS_futex
            );
            assert_eq!(waiting(1, &line, false), None);
            assert!(waiting(1, &line, true).is_some());
        }
    }
}
