//! What only the kernel can tell or do, and std and socket2 do not reach. It,
//! [`crate::clock`] and [`crate::names`] are the files with `unsafe`.
//!
//! Where a system does not know a thing, the function returns `None` and whoever asks goes without.
//! Nothing here knows of lessons.

#![allow(
    unsafe_code,
    reason = "system calls that neither std nor socket2 offers"
)]

#[cfg(unix)]
use std::net::SocketAddr;
use std::time::Duration;

use socket2::Socket;

/// Is this socket listening? By `SO_ACCEPTCONN`, see socket(7); `None` where the system does not tell.
pub fn is_listening(socket: &Socket) -> Option<bool> {
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
    return socket.is_listener().ok();
    #[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
    {
        let _ = socket;
        None
    }
}

/// For how many seconds this listener keeps a caller back who says nothing: `TCP_DEFER_ACCEPT`, see tcp(7).
pub fn keeps_back(socket: &Socket) -> Option<i32> {
    #[cfg(target_os = "linux")]
    {
        use std::os::fd::AsRawFd;
        let mut seconds: libc::c_int = 0;
        let mut len = size_of_val(&seconds) as libc::socklen_t;
        // SAFETY: the kernel writes at most `len` bytes, and both pointers live until the call returns.
        let outcome = unsafe {
            libc::getsockopt(
                socket.as_raw_fd(),
                libc::IPPROTO_TCP,
                libc::TCP_DEFER_ACCEPT,
                (&raw mut seconds).cast(),
                &raw mut len,
            )
        };
        (outcome == 0 && seconds > 0).then_some(seconds)
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = socket;
        None
    }
}

/// How many callers a listening socket keeps waiting at most: the backlog that listen(2) was given,
/// capped by the system's own limit. Linux reports it in `tcpi_sacked` of `TCP_INFO`, see tcp(7).
pub fn backlog(socket: &Socket) -> Option<u32> {
    #[cfg(target_os = "linux")]
    return listener_info(socket).map(|info| info.tcpi_sacked);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = socket;
        None
    }
}

#[cfg(target_os = "linux")]
fn listener_info(socket: &Socket) -> Option<libc::tcp_info> {
    use std::os::fd::AsRawFd;
    // SAFETY: `info` is plain old data that may be zero; the kernel writes at most `len` bytes
    // into it, and both pointers live until the call returns.
    unsafe {
        let mut info: libc::tcp_info = std::mem::zeroed();
        let mut len = size_of_val(&info) as libc::socklen_t;
        let outcome = libc::getsockopt(
            socket.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_INFO,
            (&raw mut info).cast(),
            &raw mut len,
        );
        (outcome == 0).then_some(info)
    }
}

/// Is the queue of this listener full, so that the kernel drops whoever calls? Linux reports how many
/// wait in `tcpi_unacked` of `TCP_INFO` and how many may in `tcpi_sacked`, see tcp(7).
pub fn queue_is_full(socket: &Socket) -> Option<bool> {
    #[cfg(target_os = "linux")]
    return listener_info(socket).map(|info| info.tcpi_unacked > info.tcpi_sacked);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = socket;
        None
    }
}

/// Is this socket in non-blocking mode? See fcntl(2), `O_NONBLOCK`.
pub fn is_nonblocking(socket: &Socket) -> Option<bool> {
    #[cfg(unix)]
    {
        use std::os::fd::AsRawFd;
        // SAFETY: F_GETFL takes no argument and touches no memory of ours.
        let flags = unsafe { libc::fcntl(socket.as_raw_fd(), libc::F_GETFL) };
        (flags >= 0).then_some(flags & libc::O_NONBLOCK != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = socket;
        None
    }
}

/// The file descriptors that this process has open (below 4096, where the system has no list of them).
/// Empty where there are none to count.
pub fn open_descriptors() -> Vec<i32> {
    #[cfg(unix)]
    {
        // The folder lists itself, too: by a descriptor that is closed again when the list is read.
        if let Ok(entries) = std::fs::read_dir("/dev/fd") {
            let listed: Vec<i32> = entries
                .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
                .collect();
            return listed.into_iter().filter(is_open).collect();
        }
        (0..4096).filter(is_open).collect()
    }
    #[cfg(not(unix))]
    Vec::new()
}

#[cfg(unix)]
fn is_open(descriptor: &i32) -> bool {
    // SAFETY: F_GETFD takes no argument and touches no memory; on a closed descriptor it fails.
    unsafe { libc::fcntl(*descriptor, libc::F_GETFD) != -1 }
}

/// The number of a stream's descriptor, where it has one.
pub fn descriptor(stream: &std::net::TcpStream) -> Option<i32> {
    #[cfg(unix)]
    return Some(std::os::fd::AsRawFd::as_raw_fd(stream));
    #[cfg(not(unix))]
    {
        let _ = stream;
        None
    }
}

/// What a descriptor is, in words: "a socket", "a pipe", "a file".
pub fn kind_of(descriptor: i32) -> &'static str {
    #[cfg(unix)]
    {
        // SAFETY: fstat writes one struct, which lives until the call returns.
        let mode = unsafe {
            let mut status: libc::stat = std::mem::zeroed();
            if libc::fstat(descriptor, &raw mut status) != 0 {
                return "a closed descriptor";
            }
            status.st_mode
        };
        match mode & libc::S_IFMT {
            libc::S_IFSOCK => "a socket",
            libc::S_IFIFO => "a pipe",
            _ => "a file",
        }
    }
    #[cfg(not(unix))]
    {
        let _ = descriptor;
        "a handle"
    }
}

/// The signals that the calling thread blocks, as a set to compare. See pthread_sigmask(3).
pub fn blocked_signals() -> Vec<i32> {
    #[cfg(unix)]
    {
        // SAFETY: with no new set, pthread_sigmask only writes the current one, which lives here.
        let mask = unsafe {
            let mut mask: libc::sigset_t = std::mem::zeroed();
            libc::pthread_sigmask(libc::SIG_BLOCK, std::ptr::null(), &raw mut mask);
            mask
        };
        // SAFETY: sigismember reads the set by reference.
        let blocked = |signal: &i32| unsafe { libc::sigismember(&raw const mask, *signal) } == 1;
        (1..32).filter(blocked).collect()
    }
    #[cfg(not(unix))]
    Vec::new()
}

/// The processor time that all threads of this process have used so far.
pub fn cpu_time() -> Option<Duration> {
    #[cfg(unix)]
    return clock(libc::CLOCK_PROCESS_CPUTIME_ID);
    #[cfg(not(unix))]
    None
}

/// The processor time that all threads of another process have used so far. See clock_getcpuclockid(3).
pub fn cpu_time_of(process: u32) -> Option<Duration> {
    #[cfg(target_os = "linux")]
    {
        let process = libc::pid_t::try_from(process).ok()?;
        let mut its_clock = 0;
        // SAFETY: the call writes one number, which lives until it returns.
        let outcome = unsafe { libc::clock_getcpuclockid(process, &raw mut its_clock) };
        (outcome == 0).then(|| clock(its_clock)).flatten()
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = process;
        None
    }
}

/// The processor time that the calling thread has used so far.
pub fn thread_cpu_time() -> Option<Duration> {
    #[cfg(unix)]
    return clock(libc::CLOCK_THREAD_CPUTIME_ID);
    #[cfg(not(unix))]
    None
}

#[cfg(unix)]
fn clock(clock: libc::clockid_t) -> Option<Duration> {
    // SAFETY: clock_gettime writes one struct, which lives until the call returns.
    let now = unsafe {
        let mut now: libc::timespec = std::mem::zeroed();
        if libc::clock_gettime(clock, &raw mut now) != 0 {
            return None;
        }
        now
    };
    Some(Duration::new(
        u64::try_from(now.tv_sec).ok()?,
        u32::try_from(now.tv_nsec).ok()?,
    ))
}

/// The kernel's number for the calling thread, as it stands in /proc/self/task.
pub fn thread_id() -> Option<u32> {
    #[cfg(target_os = "linux")]
    // SAFETY: gettid takes nothing and cannot fail.
    return u32::try_from(unsafe { libc::gettid() }).ok();
    #[cfg(not(target_os = "linux"))]
    None
}

/// May a blocking call on this descriptor of a process end by itself, because a time-out is set on the
/// socket? `SO_RCVTIMEO` and `SO_SNDTIMEO`, see socket(7). What is no socket has none; where the
/// process does not let itself be asked, it may.
#[cfg(target_os = "linux")]
pub fn has_timeout(process: u32, descriptor: i32, option: TimeoutOf) -> bool {
    use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
    let option = match option {
        TimeoutOf::Receiving => libc::SO_RCVTIMEO,
        TimeoutOf::Sending => libc::SO_SNDTIMEO,
    };
    let copy;
    let descriptor = if process == std::process::id() {
        descriptor
    } else {
        // SAFETY: both calls take integers and give a new descriptor of ours, which `OwnedFd` closes.
        // See pidfd_getfd(2).
        let got = unsafe {
            let handle = libc::syscall(libc::SYS_pidfd_open, process, 0);
            if handle < 0 {
                return true;
            }
            let handle = OwnedFd::from_raw_fd(handle as i32);
            let got = libc::syscall(libc::SYS_pidfd_getfd, handle.as_raw_fd(), descriptor, 0);
            if got < 0 {
                return true;
            }
            OwnedFd::from_raw_fd(got as i32)
        };
        copy = got;
        copy.as_raw_fd()
    };
    // SAFETY: the kernel writes at most `len` bytes into `timeout`; both live until it returns.
    unsafe {
        let mut timeout: libc::timeval = std::mem::zeroed();
        let mut len = size_of_val(&timeout) as libc::socklen_t;
        let outcome = libc::getsockopt(
            descriptor,
            libc::SOL_SOCKET,
            option,
            (&raw mut timeout).cast(),
            &raw mut len,
        );
        outcome == 0 && (timeout.tv_sec, timeout.tv_usec) != (0, 0)
    }
}

/// Which of a socket's two time-outs is meant.
#[cfg(target_os = "linux")]
#[derive(Clone, Copy)]
pub enum TimeoutOf {
    /// `SO_RCVTIMEO`.
    Receiving,
    /// `SO_SNDTIMEO`.
    Sending,
}

/// Bounds what this process may do to the machine: `memory` bytes of its own data, and no core file.
/// See setrlimit(2). Systems that do not know `RLIMIT_DATA` for mappings leave memory unbounded.
pub fn limit_process(memory: u64) {
    #[cfg(unix)]
    for (resource, most) in [(libc::RLIMIT_DATA, memory), (libc::RLIMIT_CORE, 0)] {
        // SAFETY: getrlimit writes and setrlimit reads one struct, which lives until they return.
        // The soft limit alone is lowered, never past the hard one.
        unsafe {
            let mut limit: libc::rlimit = std::mem::zeroed();
            if libc::getrlimit(resource, &raw mut limit) == 0 {
                limit.rlim_cur = limit.rlim_max.min(most as libc::rlim_t);
                libc::setrlimit(resource, &raw const limit);
            }
        }
    }
    #[cfg(not(unix))]
    let _ = memory;
}

/// From here on, this thread and all that it starts, threads and processes, can reach no process but their own kind:
/// no signal gets to another one, and they can neither look into it, nor hold it as a debugger does, nor open what it
/// has open. Nothing else changes, and no right is needed for it. By a Landlock domain, see landlock(7), which exists
/// from Linux 5.13 on, and for signals from 6.12 on. False where that cannot be had.
///
/// It makes system calls and nothing else, and so may be called between fork(2) and execve(2).
pub fn confine() -> bool {
    #[cfg(all(
        target_os = "linux",
        any(target_arch = "x86_64", target_arch = "aarch64")
    ))]
    {
        /// `LANDLOCK_SCOPE_SIGNAL` of linux/landlock.h.
        const SIGNALS: u64 = 1 << 1;
        // `struct landlock_ruleset_attr`: what is handled of files and of the network, and the scopes.
        let rules: [u64; 3] = [0, 0, SIGNALS];
        // SAFETY: prctl takes integers; the rules live until the call that reads them returns; the descriptor
        // that it gives is ours, and is closed here.
        unsafe {
            if libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1_u64, 0_u64, 0_u64, 0_u64) != 0 {
                return false;
            }
            let size = size_of_val(&rules);
            let ruleset = libc::syscall(
                libc::SYS_landlock_create_ruleset,
                rules.as_ptr(),
                size,
                0_u64,
            );
            if ruleset < 0 {
                return false;
            }
            let outcome = libc::syscall(libc::SYS_landlock_restrict_self, ruleset, 0_u64);
            libc::close(ruleset as libc::c_int);
            outcome == 0
        }
    }
    #[cfg(not(all(
        target_os = "linux",
        any(target_arch = "x86_64", target_arch = "aarch64")
    )))]
    false
}

/// Has a program that is yet to be started, and all that it will start, [`confine`]d.
pub fn confine_program(command: &mut std::process::Command) {
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::process::CommandExt;
        // SAFETY: between fork(2) and execve(2) the closure makes system calls and nothing else.
        unsafe {
            command.pre_exec(|| {
                // Where that cannot be had, the program starts all the same.
                confine();
                Ok(())
            });
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = command;
}

/// What belongs to a whole process, and not to a function that it calls.
#[derive(Debug)]
pub struct Manners {
    /// How often the grader itself had changed something when this was looked at.
    changes: u64,
    /// What is done at each signal.
    #[cfg(unix)]
    at_signals: Vec<usize>,
    folder: Option<std::path::PathBuf>,
    descriptors: u64,
    mask: Option<String>,
}

/// How often the grader itself has changed some of what [`Manners`] holds.
static CHANGES: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);

impl Manners {
    /// As they are now.
    pub fn now() -> Manners {
        let changes = CHANGES.load(std::sync::atomic::Ordering::SeqCst);
        #[cfg(unix)]
        let (at_signals, descriptors) = {
            // SAFETY: sigaction, with no new action, and getrlimit write one struct each, which live until the
            // calls return, and may be zero.
            let at = |signal| unsafe {
                let mut action: libc::sigaction = std::mem::zeroed();
                libc::sigaction(signal, std::ptr::null(), &raw mut action);
                action.sa_sigaction
            };
            // SAFETY: as above.
            let descriptors = unsafe {
                let mut limit: libc::rlimit = std::mem::zeroed();
                libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit);
                limit.rlim_cur
            };
            ((1..32).map(at).collect(), descriptors)
        };
        #[cfg(not(unix))]
        let descriptors = 0;
        // In /proc alone it can be read without changing it.
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mask = status
            .lines()
            .find_map(|line| line.strip_prefix("Umask:"))
            .map(str::to_owned);
        Manners {
            changes,
            #[cfg(unix)]
            at_signals,
            folder: std::env::current_dir().ok(),
            descriptors,
            mask,
        }
    }

    /// What has changed for the worse since then, in words, and not by the grader's own doing: a signal that is
    /// ignored now, another folder, another umask, fewer descriptors.
    pub fn changed(&self) -> Option<&'static str> {
        let now = Manners::now();
        if now.changes != self.changes {
            return None;
        }
        #[cfg(unix)]
        {
            let mut both = self.at_signals.iter().zip(&now.at_signals).zip(1..);
            // That of `catch_interruptions` is to stay.
            let is_worse = |((before, after), signal): ((&usize, &usize), i32)| {
                let was_caught = signal == libc::SIGUSR1 && *before != libc::SIG_DFL;
                before != after && (*after == libc::SIG_IGN || was_caught)
            };
            if both.any(is_worse) {
                return Some("what the process does at signals");
            }
        }
        if self.folder.is_some() && now.folder != self.folder {
            return Some("the folder that the process is in");
        }
        if self.mask.is_some() && now.mask.is_some() && now.mask != self.mask {
            return Some("the umask of the process");
        }
        (now.descriptors < self.descriptors).then_some("how many descriptors the process may have")
    }
}

/// The grader is about to change what [`Manners`] holds, or has done so.
fn the_grader_changes_it() {
    CHANGES.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
}

/// From now on no thread can be started in this process, for ever: EAGAIN, as where the system has no more
/// of them, see pthread_create(3). Children can be started. False where the system cannot do that.
/// See seccomp(2).
pub fn forbid_threads() -> bool {
    #[cfg(all(
        target_os = "linux",
        any(target_arch = "x86_64", target_arch = "aarch64")
    ))]
    {
        /// Of `seccomp_data`: the number of the call, and the lower half of its first argument.
        const NUMBER: u32 = 0;
        const FIRST: u32 = 16;
        const LOAD: u32 = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
        const IF_EQUAL: u32 = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
        const IF_SET: u32 = libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K;
        const RETURN: u32 = libc::BPF_RET | libc::BPF_K;
        let step = |code: u32, jt: u8, jf: u8, k: u32| libc::sock_filter {
            code: code as u16,
            jt,
            jf,
            k,
        };
        // The flags of clone3(2) stand in memory, where no filter can look: without it, clone(2) is used.
        let mut steps = [
            step(LOAD, 0, 0, NUMBER),
            step(IF_EQUAL, 4, 0, libc::SYS_clone3 as u32),
            step(IF_EQUAL, 0, 2, libc::SYS_clone as u32),
            step(LOAD, 0, 0, FIRST),
            step(IF_SET, 2, 0, libc::CLONE_THREAD as u32),
            step(RETURN, 0, 0, libc::SECCOMP_RET_ALLOW),
            step(RETURN, 0, 0, libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32),
            step(RETURN, 0, 0, libc::SECCOMP_RET_ERRNO | libc::EAGAIN as u32),
        ];
        let program = libc::sock_fprog {
            len: steps.len() as u16,
            filter: steps.as_mut_ptr(),
        };
        // SAFETY: the program and its steps live until the call returns; the kernel copies both.
        unsafe {
            libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1_u64, 0_u64, 0_u64, 0_u64) == 0
                && libc::syscall(
                    libc::SYS_seccomp,
                    libc::SECCOMP_SET_MODE_FILTER,
                    libc::SECCOMP_FILTER_FLAG_TSYNC,
                    &raw const program,
                ) == 0
        }
    }
    #[cfg(not(all(
        target_os = "linux",
        any(target_arch = "x86_64", target_arch = "aarch64")
    )))]
    false
}

/// Lets this process have no more than `most` descriptors; those that it has stay open. Gives the limit
/// that held before. `RLIMIT_NOFILE`, see setrlimit(2).
pub fn limit_descriptors(most: u64) -> Option<u64> {
    the_grader_changes_it();
    #[cfg(unix)]
    // SAFETY: getrlimit writes and setrlimit reads one struct, which lives until they return.
    unsafe {
        let mut limit: libc::rlimit = std::mem::zeroed();
        if libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) != 0 {
            return None;
        }
        let before = limit.rlim_cur;
        limit.rlim_cur = limit.rlim_max.min(most as libc::rlim_t);
        (libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) == 0).then_some(before)
    }
    #[cfg(not(unix))]
    {
        let _ = most;
        None
    }
}

/// Makes all folders in this one such that their owner may remove what is in them. No symlink is followed.
pub fn open_folders(folder: &std::path::Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // What is not ours stays as it is.
        let _ = std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700));
    }
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|it| it.is_dir()) {
            open_folders(&entry.path());
        }
    }
}

/// Lets another process open nothing more; what it has stays open. False where the system cannot do that. See
/// prlimit(2).
pub fn leave_no_descriptor(process: u32) -> bool {
    #[cfg(target_os = "linux")]
    {
        let Ok(process) = libc::pid_t::try_from(process) else {
            return false;
        };
        let is_open = |number: &u64| {
            let entry = format!("/proc/{process}/fd/{number}");
            std::fs::symlink_metadata(entry).is_ok()
        };
        let Some(lowest_free) = (0..1024).find(|number| !is_open(number)) else {
            return false;
        };
        // SAFETY: prlimit writes one struct or reads it, and it lives until the call returns.
        unsafe {
            let mut limit: libc::rlimit = std::mem::zeroed();
            let none = std::ptr::null();
            if libc::prlimit(process, libc::RLIMIT_NOFILE, none, &raw mut limit) != 0 {
                return false;
            }
            limit.rlim_cur = limit.rlim_max.min(lowest_free);
            let unasked = std::ptr::null_mut();
            libc::prlimit(process, libc::RLIMIT_NOFILE, &raw const limit, unasked) == 0
        }
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = process;
        false
    }
}

/// Takes from the calling thread, and from threads that it starts, the right to bind ports below 1024,
/// which root has. See capabilities(7), `CAP_NET_BIND_SERVICE`.
pub fn forbid_low_ports() {
    const NET_BIND_SERVICE: u32 = 1 << 10;
    give_up(NET_BIND_SERVICE);
}

/// Takes from the calling thread, and from threads that it starts, the right to read files whose mode forbids
/// it, which root has. See capabilities(7), `CAP_DAC_OVERRIDE` and `CAP_DAC_READ_SEARCH`.
pub fn forbid_forbidden_files() {
    const DAC_OVERRIDE: u32 = 1 << 1;
    const DAC_READ_SEARCH: u32 = 1 << 2;
    give_up(DAC_OVERRIDE | DAC_READ_SEARCH);
}

/// Takes these capabilities from the calling thread, and from threads that it starts. See capset(2).
fn give_up(capabilities: u32) {
    #[cfg(target_os = "linux")]
    {
        const VERSION_3: u32 = 0x2008_0522;
        // The version, and 0 for the calling thread; then effective, permitted and inheritable sets.
        let header = [VERSION_3, 0];
        let mut sets = [0u32; 6];
        // SAFETY: version 3 reads and writes two structs of three words each, which `sets` holds, and
        // a header of two words; all live until the calls return.
        unsafe {
            if libc::syscall(libc::SYS_capget, &raw const header, &raw mut sets) == 0 {
                sets[0] &= !capabilities;
                libc::syscall(libc::SYS_capset, &raw const header, &raw const sets);
            }
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = capabilities;
}

/// Makes this process the one to whom orphaned descendants fall, instead of init: so that a process
/// that was left behind can be found and ended. `PR_SET_CHILD_SUBREAPER` in prctl(2); Linux only.
pub fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    // SAFETY: this prctl takes integers only.
    unsafe {
        libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    }
}

/// Has this process a child that still runs? Those that have ended are cleared away. See waitpid(2).
pub fn has_running_child() -> bool {
    #[cfg(unix)]
    loop {
        // SAFETY: no status is asked for, so nothing of ours is written.
        match unsafe { libc::waitpid(-1, std::ptr::null_mut(), libc::WNOHANG) } {
            0 => return true,
            -1 => return false,
            _ended => {}
        }
    }
    #[cfg(not(unix))]
    false
}

/// Is this child of ours stopped by a signal? See waitid(2), `WSTOPPED`.
pub fn is_stopped(child: u32) -> bool {
    #[cfg(unix)]
    {
        // SAFETY: waitid writes one struct, which lives until the call returns; WNOWAIT leaves the child
        // as it is, for whoever waits for it.
        unsafe {
            let mut info: libc::siginfo_t = std::mem::zeroed();
            let options = libc::WSTOPPED | libc::WNOHANG | libc::WNOWAIT;
            libc::waitid(libc::P_PID, child, &raw mut info, options) == 0 && info.si_signo != 0
        }
    }
    #[cfg(not(unix))]
    {
        let _ = child;
        false
    }
}

/// Stops a child of ours, or lets it go on. `SIGSTOP` and `SIGCONT`, see signal(7).
pub fn hold(child: u32, stop: bool) {
    #[cfg(unix)]
    if let Ok(child) = libc::pid_t::try_from(child) {
        let signal = if stop { libc::SIGSTOP } else { libc::SIGCONT };
        // SAFETY: kill touches no memory; the child has not been waited for, so the number is still its own.
        unsafe { libc::kill(child, signal) };
    }
    #[cfg(not(unix))]
    let _ = (child, stop);
}

/// Ends every process of the group that `leader` leads. See kill(2).
pub fn kill_group(leader: u32) {
    #[cfg(unix)]
    if let Ok(group) = i32::try_from(leader)
        && group > 1
    {
        // SAFETY: kill takes integers only. `group` is above 1, so it can mean neither all
        // processes (-1) nor our own group (0).
        unsafe { libc::kill(-group, libc::SIGKILL) };
    }
    #[cfg(not(unix))]
    let _ = leader;
}

/// Ends the process group of the calling process, itself included; where there are no groups, the process.
pub fn kill_own_group() {
    #[cfg(unix)]
    // SAFETY: kill takes integers only; 0 means the caller's own group.
    unsafe {
        libc::kill(0, libc::SIGKILL);
    }
    #[cfg(not(unix))]
    exit_now(1);
}

/// Ends the children of this process that `known` does not name: orphans that fell to it, and theirs
/// in turn. Needs /proc.
pub fn kill_strays(known: &dyn Fn(u32) -> bool) {
    #[cfg(target_os = "linux")]
    // A stray's own children fall to us when it ends. One that keeps making new ones is given up on.
    for _ in 0..1000 {
        let strays: Vec<u32> = children().into_iter().filter(|pid| !known(*pid)).collect();
        if strays.is_empty() {
            return;
        }
        for pid in strays {
            // SAFETY: kill and waitpid take integers and a null pointer. The process is a child of
            // ours that has not been waited for, so its number cannot have passed to another.
            unsafe {
                libc::kill(pid as i32, libc::SIGKILL);
                libc::waitpid(pid as i32, std::ptr::null_mut(), 0);
            }
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = known;
}

/// The processes whose parent is this one, ended ones included. Empty where the system does not tell.
pub fn children() -> Vec<u32> {
    // Sooner told where the kernel keeps a list of them: see proc_tid_children(5).
    if let Ok(threads) = std::fs::read_dir("/proc/self/task") {
        let lists: Option<Vec<String>> = threads
            .flatten()
            .map(|thread| std::fs::read_to_string(thread.path().join("children")).ok())
            .collect();
        if let Some(lists) = lists {
            let words = lists.iter().flat_map(|list| list.split_whitespace());
            return words.filter_map(|pid| pid.parse().ok()).collect();
        }
    }
    let own = std::process::id();
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    let pid_of = |entry: std::fs::DirEntry| entry.file_name().to_str()?.parse().ok();
    let parent_of = |pid: &u32| -> Option<u32> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name, in parentheses, may hold anything; what follows the last one is "S PPID ...".
        stat.rsplit_once(')')?
            .1
            .split_whitespace()
            .nth(1)?
            .parse()
            .ok()
    };
    entries
        .filter_map(|entry| pid_of(entry.ok()?))
        .filter(|pid| parent_of(pid) == Some(own))
        .collect()
}

/// Puts /dev/null in the place of standard input.
#[cfg(unix)]
pub fn close_stdin() -> std::io::Result<()> {
    use std::os::fd::AsRawFd;
    let null = std::fs::File::open("/dev/null")?;
    // SAFETY: dup2 takes integers. Descriptor 0 belongs to standard input, which stays usable: only
    // what it reads from changes.
    match unsafe { libc::dup2(null.as_raw_fd(), 0) } {
        -1 => Err(std::io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// What `work` and all other threads write to standard output while it runs, in place of where it goes.
/// More than a pipe holds stops the writer. Nothing is caught where no descriptor can stand in for another.
///
/// # Errors
///
/// Those of pipe(2) and dup(2).
#[cfg(unix)]
pub fn with_stdout_caught<T>(work: impl FnOnce() -> T) -> std::io::Result<(T, Vec<u8>)> {
    use std::io::{Read, Write};
    use std::os::fd::{AsFd, AsRawFd};
    let stand_in = |for_it: &std::os::fd::OwnedFd| {
        std::io::stdout().flush()?;
        // SAFETY: dup2 takes integers. Descriptor 1 belongs to standard output, which stays usable: only
        // where it writes to changes.
        match unsafe { libc::dup2(for_it.as_raw_fd(), 1) } {
            -1 => Err(std::io::Error::last_os_error()),
            _ => Ok(()),
        }
    };
    let (mut reader, writer) = std::io::pipe()?;
    let real = std::io::stdout().as_fd().try_clone_to_owned()?;
    stand_in(&writer.into())?;
    let result = work();
    // The pipe's only writer is gone with this.
    stand_in(&real)?;
    let mut caught = Vec::new();
    reader.read_to_end(&mut caught)?;
    Ok((result, caught))
}

#[cfg(not(unix))]
/// Runs `work`, and catches nothing.
pub fn with_stdout_caught<T>(work: impl FnOnce() -> T) -> std::io::Result<(T, Vec<u8>)> {
    Ok((work(), Vec::new()))
}

/// Ends this process at once, with no destructor and no `atexit` function run.
pub fn exit_now(code: i32) -> ! {
    #[cfg(unix)]
    // SAFETY: _exit cannot fail and does not return; nothing of this process is used after it.
    unsafe {
        libc::_exit(code)
    }
    #[cfg(not(unix))]
    std::process::exit(code)
}

/// How many bytes have arrived at this socket and were not read yet. `SIOCINQ`, see tcp(7).
pub fn unread(stream: &std::net::TcpStream) -> Option<u64> {
    #[cfg(unix)]
    return queue(stream, libc::FIONREAD as _);
    #[cfg(not(unix))]
    {
        let _ = stream;
        None
    }
}

/// The same, by the number of a descriptor that somebody else has in hand, and may have closed: `None`
/// then.
pub fn unread_at(descriptor: i32) -> Option<u64> {
    #[cfg(unix)]
    return queue_at(descriptor, libc::FIONREAD as _);
    #[cfg(not(unix))]
    {
        let _ = descriptor;
        None
    }
}

/// How many bytes were given to this socket that the other side's kernel has not confirmed. `SIOCOUTQ`,
/// see tcp(7).
pub fn unsent(stream: &std::net::TcpStream) -> Option<u64> {
    #[cfg(target_os = "linux")]
    return queue(stream, libc::TIOCOUTQ as _);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = stream;
        None
    }
}

#[cfg(unix)]
fn queue(stream: &std::net::TcpStream, request: u64) -> Option<u64> {
    queue_at(std::os::fd::AsRawFd::as_raw_fd(stream), request)
}

/// What type a request has differs from system to system; none has more than 32 bits.
#[cfg(unix)]
fn queue_at(descriptor: i32, request: u64) -> Option<u64> {
    let mut count: libc::c_int = 0;
    // SAFETY: both requests write one int, which lives until the call returns; on what is no socket, or
    // is not open, they fail.
    let outcome = unsafe { libc::ioctl(descriptor, request as _, &raw mut count) };
    (outcome == 0).then(|| u64::try_from(count).unwrap_or(0))
}

/// Between which addresses the connection goes that this descriptor of ours is an end of. `None` where it is of
/// something else, or not open any more.
#[cfg(unix)]
pub fn connection_at(descriptor: i32) -> Option<(SocketAddr, SocketAddr)> {
    // SAFETY: it is used for two questions only, which fail on what is no socket, or is not open.
    let descriptor = unsafe { std::os::fd::BorrowedFd::borrow_raw(descriptor) };
    let socket = socket2::SockRef::from(&descriptor);
    let other = socket.peer_addr().ok()?.as_socket()?;
    Some((socket.local_addr().ok()?.as_socket()?, other))
}

/// How much memory a process occupies that no file stands behind, in bytes: `resident` less `shared` in
/// /proc/PID/statm, see proc(5). What a file stands behind, the program's own code before all, comes and goes as the
/// kernel likes: of a large program some MiB at a time.
pub fn private_memory(process: u32) -> Option<u64> {
    let statm = std::fs::read_to_string(format!("/proc/{process}/statm")).ok()?;
    let mut pages = statm.split_whitespace().skip(1);
    let mut next = || pages.next()?.parse::<u64>().ok();
    let (resident, shared) = (next()?, next()?);
    #[cfg(unix)]
    // SAFETY: sysconf takes an integer and touches no memory of ours.
    let page = u64::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).ok()?;
    #[cfg(not(unix))]
    let page = 4096;
    Some(resident.saturating_sub(shared) * page)
}

/// Waits until this socket has something to read, or, if `room` is asked for, room to write; no longer
/// than `timeout`. See poll(2).
pub fn wait_until_ready(stream: &std::net::TcpStream, room: bool, timeout: Duration) {
    #[cfg(unix)]
    {
        use std::os::fd::AsRawFd;
        let mut asked = libc::pollfd {
            fd: stream.as_raw_fd(),
            events: libc::POLLIN | if room { libc::POLLOUT } else { 0 },
            revents: 0,
        };
        let timeout = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX);
        // SAFETY: poll reads and writes one struct, which lives until the call returns. Whether it was
        // the socket, the time or a signal that ended it, whoever waits looks for himself.
        unsafe { libc::poll(&raw mut asked, 1, timeout) };
    }
    #[cfg(not(unix))]
    {
        let _ = (stream, room);
        std::thread::park_timeout(timeout.min(Duration::from_millis(1)));
    }
}

/// Makes [`interrupt`] possible: from here on SIGUSR1 is caught, does nothing, and interrupts the call
/// that a thread is in, for no `SA_RESTART` is set. See signal(7). False where there is no such thing.
pub fn catch_interruptions() -> bool {
    the_grader_changes_it();
    #[cfg(target_os = "linux")]
    {
        extern "C" fn nothing(_: libc::c_int) {}
        // SAFETY: the handler does nothing, which is safe at any moment; the struct is plain old data
        // that may be zero, and lives until the call returns.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = nothing as extern "C" fn(libc::c_int) as libc::sighandler_t;
            libc::sigaction(libc::SIGUSR1, &raw const action, std::ptr::null_mut()) == 0
        }
    }
    #[cfg(not(target_os = "linux"))]
    false
}

/// Sends a thread of this process the signal of [`catch_interruptions`]. See tgkill(2).
pub fn interrupt(thread: u32) {
    #[cfg(target_os = "linux")]
    // SAFETY: tgkill takes integers only, and reaches threads of this process alone.
    unsafe {
        libc::syscall(libc::SYS_tgkill, libc::getpid(), thread, libc::SIGUSR1);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = thread;
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::os::fd::AsRawFd;

    use super::*;

    /// So much that what other tests of this process do beside it makes no difference.
    const MUCH: usize = 64 << 20;

    #[test]
    fn memory_that_a_file_stands_behind_is_nobodys_own() {
        let memory = || private_memory(std::process::id()).unwrap();
        let path = std::env::temp_dir().join(format!("socketlings-memory-{}", std::process::id()));
        let file = std::fs::File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .open(&path)
            .unwrap();
        std::fs::remove_file(&path).unwrap();
        file.set_len(MUCH as u64).unwrap();
        let before = memory();
        // SAFETY: the mapping is a new one, of a file that nobody shortens.
        let mapped = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                MUCH,
                libc::PROT_READ,
                libc::MAP_PRIVATE | libc::MAP_POPULATE,
                file.as_raw_fd(),
                0,
            )
        };
        assert_ne!(mapped, libc::MAP_FAILED);
        let with_the_file = memory();
        // SAFETY: nothing refers to the mapping.
        unsafe { libc::munmap(mapped, MUCH) };
        assert!(with_the_file < before + MUCH as u64 / 2);

        let own = std::hint::black_box(vec![1_u8; MUCH]);
        assert!(memory() > before + MUCH as u64 / 2);
        drop(own);
    }
}
