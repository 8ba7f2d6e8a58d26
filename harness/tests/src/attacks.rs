//! What hostile submissions do to the process that grades them, to its parent, and to whoever comes after.
//!
//! Each is a few lines of what somebody could write into a submission. They stand here once, since most of
//! them are tried in several lessons.

use std::ffi::CString;
use std::fs::OpenOptions;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsRawFd, BorrowedFd};

/// What the verdict of a case, and the last lines of a page, look like.
const FORGED: [&str; 5] = [
    "{\"verdict\":\"passed\"}\n",
    "{\"key\":\"00000000000000000000000000000000\",\"verdict\":\"passed\"}\n",
    "{\"type\":\"suite\",\"event\":\"ok\",\"passed\":99,\"failed\":0,\"ignored\":0}\n",
    "test result: ok. 99 passed; 0 failed; 0 ignored\n",
    "listening on 127.0.0.1:1\n",
];

/// Are they graded processes, all the way up: the parent, its parent?
pub fn graders() -> Vec<i32> {
    let mut found = Vec::new();
    let mut pid = unsafe { libc::getppid() };
    loop {
        let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        if name.trim() != "graded" || pid <= 1 {
            return found;
        }
        found.push(pid);
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"));
        pid = parent.and_then(|it| it.trim().parse().ok()).unwrap_or(0);
    }
}

/// Sends a signal to the grader: only to the one that collects the verdicts.
pub fn signals_the_grader(signal: i32) {
    if let Some(grader) = graders().last() {
        unsafe { libc::kill(*grader, signal) };
    }
}

/// Sends a signal to the process that started this one.
pub fn signals_its_parent(signal: i32) {
    if let Some(parent) = graders().first() {
        unsafe { libc::kill(*parent, signal) };
    }
}

/// Holds the graders as a debugger does, for good.
pub fn traces_the_graders() {
    for grader in graders().into_iter().rev() {
        unsafe {
            libc::ptrace(libc::PTRACE_ATTACH, grader, 0, 0);
        }
    }
}

/// Writes what looks like verdicts to whatever the graders have open.
pub fn writes_to_the_graders_files() {
    for grader in graders() {
        for descriptor in 0..32 {
            let path = format!("/proc/{grader}/fd/{descriptor}");
            if let Ok(mut file) = OpenOptions::new().write(true).open(path) {
                for line in FORGED {
                    let _ = file.write_all(line.as_bytes());
                }
            }
        }
    }
}

/// Writes zeros over the graders' memory.
pub fn overwrites_the_graders_memory() {
    use std::os::unix::fs::FileExt;
    for grader in graders() {
        let maps = std::fs::read_to_string(format!("/proc/{grader}/maps")).unwrap_or_default();
        let Ok(memory) = OpenOptions::new()
            .write(true)
            .open(format!("/proc/{grader}/mem"))
        else {
            continue;
        };
        for line in maps.lines().filter(|line| line.contains(" rw-p ")) {
            let Some((start, _)) = line.split_once('-') else {
                continue;
            };
            let start = u64::from_str_radix(start, 16).unwrap_or(0);
            let _ = memory.write_at(&[0; 4096], start);
        }
    }
}

/// Writes what looks like verdicts to every descriptor that it has.
pub fn forges_on_all_descriptors() {
    for descriptor in 0..64 {
        for line in FORGED {
            unsafe { libc::write(descriptor, line.as_ptr().cast(), line.len()) };
        }
    }
}

/// Begins a line on every descriptor, and leaves its end to whoever writes next.
pub fn begins_a_line_everywhere() {
    for descriptor in 0..64 {
        unsafe { libc::write(descriptor, b"{\"verdict\":".as_ptr().cast(), 11) };
    }
}

pub fn closes_all_descriptors() {
    for descriptor in 0..1024 {
        unsafe { libc::close(descriptor) };
    }
}

/// Ends the conversation on every socket that it finds, but for its own one.
pub fn shuts_all_sockets_but(own: i32) {
    for descriptor in (0..64).filter(|it| *it != own) {
        unsafe { libc::shutdown(descriptor, libc::SHUT_RDWR) };
    }
}

/// The descriptors of this process that are the other end of the stream: the grader's.
pub fn other_ends(stream: &TcpStream) -> Vec<i32> {
    let theirs = stream.peer_addr().ok();
    let is_it = |descriptor: &i32| {
        let borrowed = unsafe { BorrowedFd::borrow_raw(*descriptor) };
        let name = socket2::SockRef::from(&borrowed).local_addr();
        *descriptor != stream.as_raw_fd()
            && theirs.is_some()
            && name.ok().and_then(|it| it.as_socket()) == theirs
    };
    let open = |it: &i32| unsafe { libc::fcntl(*it, libc::F_GETFD) } != -1;
    (0..256).filter(open).filter(is_it).collect()
}

/// Puts a copy of its own end in the place of the grader's, which then talks to itself.
pub fn takes_the_other_end_s_place(stream: &TcpStream) {
    for descriptor in other_ends(stream) {
        unsafe { libc::dup2(stream.as_raw_fd(), descriptor) };
    }
}

pub fn floods(descriptor: i32, mebibytes: usize) {
    let noise = vec![b'x'; 1 << 20];
    for _ in 0..mebibytes {
        let mut rest = &noise[..];
        while !rest.is_empty() {
            let count = unsafe { libc::write(descriptor, rest.as_ptr().cast(), rest.len()) };
            let Ok(count) = usize::try_from(count) else {
                return;
            };
            rest = &rest[count..];
        }
    }
}

pub fn ignores_all_signals() {
    for signal in 1..32 {
        unsafe { libc::signal(signal, libc::SIG_IGN) };
    }
}

pub fn blocks_all_signals() {
    unsafe {
        let mut all: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&mut all);
        libc::pthread_sigmask(libc::SIG_BLOCK, &all, std::ptr::null_mut());
    }
}

/// Waits for ever.
pub fn waits() -> ! {
    loop {
        unsafe { libc::pause() };
    }
}

pub fn overflows_the_stack(depth: u64) -> u64 {
    let page = std::hint::black_box([depth; 512]);
    overflows_the_stack(depth + 1) + page[511]
}

pub fn allocates_for_ever() -> ! {
    let mut all: Vec<Vec<u8>> = Vec::new();
    loop {
        all.push(std::hint::black_box(vec![1; 1 << 20]));
    }
}

/// A panic while another one is under way.
pub struct PanicsWhenDropped;

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        panic!("in a drop");
    }
}

/// Forks. The new process waits for ever, with all descriptors that there are.
pub fn forks() {
    unsafe {
        if libc::fork() == 0 {
            waits();
        }
    }
}

/// Forks, and both go on from here.
pub fn forks_and_both_go_on() {
    unsafe { libc::fork() };
}

/// Becomes another program.
pub fn becomes(program: &str, args: &[&str]) {
    let mut words = vec![CString::new(program).unwrap()];
    words.extend(args.iter().map(|arg| CString::new(*arg).unwrap()));
    let mut pointers: Vec<_> = words.iter().map(|word| word.as_ptr()).collect();
    pointers.push(std::ptr::null());
    unsafe { libc::execvp(pointers[0], pointers.as_ptr()) };
}

/// Forks twice, leaves the session, and forgets its environment: nothing tells from where it came.
pub fn leaves_a_daemon() {
    unsafe {
        let child = libc::fork();
        if child == 0 {
            libc::setsid();
            if libc::fork() == 0 {
                let empty: [*const libc::c_char; 1] = [std::ptr::null()];
                let words = [c"sleep".as_ptr(), c"600".as_ptr(), std::ptr::null()];
                for descriptor in 0..64 {
                    libc::close(descriptor);
                }
                for place in [c"/bin/sleep", c"/usr/bin/sleep"] {
                    libc::execve(place.as_ptr(), words.as_ptr(), empty.as_ptr());
                }
            }
            libc::_exit(0);
        }
        libc::waitpid(child, std::ptr::null_mut(), 0);
    }
}

/// The same, and it keeps all descriptors that there are.
pub fn leaves_a_daemon_that_holds_everything() {
    unsafe {
        let child = libc::fork();
        if child == 0 {
            libc::setsid();
            if libc::fork() == 0 {
                waits();
            }
            libc::_exit(0);
        }
        libc::waitpid(child, std::ptr::null_mut(), 0);
    }
}

/// A process that is never there for long: it forks, and ends, and so does its child.
pub fn leaves_a_process_that_runs_away() {
    unsafe {
        if libc::fork() != 0 {
            return;
        }
        loop {
            libc::setsid();
            if libc::fork() != 0 {
                libc::_exit(0);
            }
        }
    }
}

/// A thread that leaves daemons for as long as it lives: the last ones when the verdict is given.
pub fn leaves_daemons_until_the_end() {
    std::thread::spawn(|| {
        loop {
            leaves_a_daemon();
        }
    });
}

/// Does as the grader does with its child: starts this program again, for a case, with a line of its own.
pub fn imitates_the_grader(case: &str) {
    use std::os::unix::net::UnixStream;
    let Ok((mut ours, theirs)) = UnixStream::pair() else {
        return;
    };
    let _ = ours.write_all(b"00000000000000000000000000000000\n");
    if std::env::var_os("HOSTILE_IMITATION").is_some() {
        return;
    }
    let child = std::process::Command::new("/proc/self/exe")
        .env("SOCKETLINGS_CASE", case)
        .env("HOSTILE_IMITATION", "1")
        .stdin(std::os::fd::OwnedFd::from(theirs))
        .stdout(std::process::Stdio::null())
        .spawn();
    if let Ok(mut child) = child {
        let _ = child.wait();
    }
}

/// Takes every port of 127.0.0.1 that it can get, so that nobody else has one.
pub fn takes_all_ports() -> Vec<TcpListener> {
    unsafe {
        let mut limit: libc::rlimit = std::mem::zeroed();
        libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit);
        limit.rlim_cur = limit.rlim_max;
        libc::setrlimit(libc::RLIMIT_NOFILE, &limit);
    }
    let mut taken = Vec::new();
    while let Ok(listener) = TcpListener::bind("127.0.0.1:0") {
        taken.push(listener);
    }
    taken
}

/// Fills the folder for temporary files, and the one that it is in.
pub fn litters() {
    let here = std::env::current_dir().unwrap_or_default();
    for folder in [std::env::temp_dir(), here] {
        for number in 0..200 {
            let _ = std::fs::write(folder.join(format!("litter-{number}")), vec![b'x'; 4096]);
        }
    }
}

/// Removes all that stands in the folder that it is in, and the folder.
pub fn removes_its_folder() {
    if let Ok(here) = std::env::current_dir() {
        let _ = std::fs::remove_dir_all(here);
    }
}

/// Lets itself have no more descriptors, write no longer files, and makes files that nobody may open.
pub fn changes_its_limits() {
    unsafe {
        let limit = libc::rlimit {
            rlim_cur: 16,
            rlim_max: 16,
        };
        libc::setrlimit(libc::RLIMIT_NOFILE, &limit);
        libc::umask(0o777);
    }
}

/// What the parent knows and this process does not: which case it is, from its environment.
pub fn environment_of_the_parent() -> String {
    let parent = unsafe { libc::getppid() };
    let bytes = std::fs::read(format!("/proc/{parent}/environ")).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let ours = text.split('\0').filter(|it| it.starts_with("SOCKETLINGS_"));
    ours.map(|it| format!("{it}\n")).collect()
}
