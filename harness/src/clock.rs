//! Time that runs faster for the code that is graded.
//!
//! A server has to give up a client that says nothing for ten seconds, and nobody should wait ten
//! seconds to hear whether it does. So a case can let time run faster for the submission: its clocks go
//! faster, and what it waits for with a time-out (a read, a poll, a sleep, a lock) comes sooner, by the
//! same factor. The grader's own threads, the network, and the processor stay as they are.
//!
//! It works because a test's executable holds std, the submission and this file, and its own symbols
//! come first where std calls the C library: the functions below stand in for those of libc, and
//! hand on to them. What bypasses libc (rustix, assembler) has time-outs of real time, and clocks that go faster all
//! the same, where std reads them: see [`crate::watch::look_for_calls_past_libc`].

#![allow(
    unsafe_code,
    reason = "stands in for functions of the C library, with their signatures"
)]

use std::cell::Cell;
#[cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64"))]
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

thread_local! {
    static OF_THE_GRADER: Cell<bool> = const { Cell::new(false) };
    static OF_A_CALL: Cell<bool> = const { Cell::new(false) };
}

/// Threads of the grader keep their own time; all others have the submission's.
pub fn this_thread_is_the_graders() {
    OF_THE_GRADER.set(true);
}

/// In this thread a function of the submission is called: its sleeps count, see [`Slept`].
pub fn this_thread_is_a_calls() {
    OF_A_CALL.set(true);
}

/// Lets time run `factor` times as fast for the submission, from now on and until this process ends.
/// The calling thread is the grader's. False where this system has no way to do so.
pub fn run_faster(factor: u32) -> bool {
    this_thread_is_the_graders();
    #[cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64"))]
    {
        gnu::run_faster(factor);
        true
    }
    #[cfg(not(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64")))]
    {
        let _ = factor;
        false
    }
}

/// The sleeps of a function from a moment on, in the thread in which it was called: a watchdog in another may sleep.
///
/// A sleep is a call that nothing but the clock ends, nanosleep(2) or clock_nanosleep(2). Who waits with a time-out for
/// something to come does not sleep. None are counted where [`run_faster`] cannot be had, nor of code that bypasses
/// libc.
pub struct Slept {
    nanoseconds: u64,
    between_questions: u64,
}

static NANOSECONDS: AtomicU64 = AtomicU64::new(0);
static BETWEEN_QUESTIONS: AtomicU64 = AtomicU64::new(0);

impl Slept {
    /// Counts from this moment on.
    pub fn from_now() -> Slept {
        Slept {
            nanoseconds: NANOSECONDS.load(Ordering::Relaxed),
            between_questions: BETWEEN_QUESTIONS.load(Ordering::Relaxed),
        }
    }

    /// For how long since then, as it was asked for, but for the sleeps between questions.
    pub fn long(&self) -> Duration {
        Duration::from_nanos(NANOSECONDS.load(Ordering::Relaxed) - self.nanoseconds)
    }

    /// How often since then with EAGAIN, "not yet", as the last error that the thread had been given.
    pub fn between_questions(&self) -> u64 {
        BETWEEN_QUESTIONS.load(Ordering::Relaxed) - self.between_questions
    }

    /// The calling thread is about to sleep so long.
    #[cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64"))]
    fn count(nanoseconds: i64) {
        let Ok(nanoseconds @ 1..) = u64::try_from(nanoseconds) else {
            return;
        };
        if !OF_A_CALL.get() {
            return;
        }
        if io::Error::last_os_error().kind() == io::ErrorKind::WouldBlock {
            BETWEEN_QUESTIONS.fetch_add(1, Ordering::Relaxed);
        } else {
            NANOSECONDS.fetch_add(nanoseconds, Ordering::Relaxed);
        }
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64"))]
mod gnu {
    use std::ffi::CStr;
    use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

    use libc::{c_int, c_long, c_void, clockid_t, socklen_t, timespec, timeval};

    use super::Slept;

    const SECOND: i64 = 1_000_000_000;
    /// `CLOCK_TAI` is the last that there is, see clock_gettime(2).
    const CLOCKS: usize = 12;

    static FACTOR: AtomicI64 = AtomicI64::new(1);
    /// What each clock showed when its time began to run faster, in nanoseconds.
    static BEGAN: [AtomicI64; CLOCKS] = [const { AtomicI64::new(0) }; CLOCKS];

    pub fn run_faster(factor: u32) {
        for (clock, began) in BEGAN.iter().enumerate() {
            let now = real_time(clock as clockid_t).unwrap_or(0);
            began.store(now, Ordering::Relaxed);
        }
        FACTOR.store(i64::from(factor.max(1)), Ordering::Release);
    }

    /// By how much time is faster for this thread; `None` where it is not.
    fn factor() -> Option<i64> {
        let factor = FACTOR.load(Ordering::Acquire);
        (factor > 1 && !super::OF_THE_GRADER.get()).then_some(factor)
    }

    /// What a clock of wall time showed at the beginning; the clocks of processor time stay as they are.
    fn began(clock: clockid_t) -> Option<i64> {
        if matches!(
            clock,
            libc::CLOCK_PROCESS_CPUTIME_ID | libc::CLOCK_THREAD_CPUTIME_ID
        ) {
            return None;
        }
        Some(
            BEGAN
                .get(usize::try_from(clock).ok()?)?
                .load(Ordering::Relaxed),
        )
    }

    fn nanoseconds(time: &timespec) -> i64 {
        time.tv_sec
            .saturating_mul(SECOND)
            .saturating_add(time.tv_nsec)
    }

    fn timespec_of(nanoseconds: i64) -> timespec {
        timespec {
            tv_sec: nanoseconds.div_euclid(SECOND),
            tv_nsec: nanoseconds.rem_euclid(SECOND),
        }
    }

    /// A span of the submission's time in real time: never nothing, where it was something.
    fn shorter(nanoseconds: i64, factor: i64) -> i64 {
        if nanoseconds <= 0 {
            return nanoseconds;
        }
        (nanoseconds / factor).max(1)
    }

    /// The real time at which the submission's clock shows `time`.
    fn real_moment(clock: clockid_t, time: i64, factor: i64) -> i64 {
        match began(clock) {
            Some(began) => began.saturating_add(shorter(time.saturating_sub(began), factor)),
            None => time,
        }
    }

    fn real_time(clock: clockid_t) -> Option<i64> {
        let mut time = timespec_of(0);
        // SAFETY: `time` lives until the call returns, and has the type that the call writes.
        let outcome = unsafe {
            real!(clock_gettime: fn(clockid_t, *mut timespec) -> c_int)(clock, &raw mut time)
        };
        (outcome == 0).then(|| nanoseconds(&time))
    }

    /// The C library's own function of this name: the next one after ours. Looked up once.
    fn next_symbol(name: &CStr, found: &AtomicUsize) -> usize {
        let known = found.load(Ordering::Relaxed);
        if known != 0 {
            return known;
        }
        // SAFETY: the name ends with a zero; dlsym(3) has no other requirement.
        let address = unsafe { libc::dlsym(libc::RTLD_NEXT, name.as_ptr()) } as usize;
        if address == 0 {
            // Without it nothing can be called at all, not even a panic.
            std::process::abort();
        }
        found.store(address, Ordering::Relaxed);
        address
    }

    macro_rules! real {
        ($name:ident: fn($($argument:ty),*) -> $result:ty) => {{
            static FOUND: AtomicUsize = AtomicUsize::new(0);
            let name = concat!(stringify!($name), "\0");
            // In an unsafe block already: the bytes end with the one zero in them; and the address is
            // that of the C library's function of this name, which has this signature.
            let name = CStr::from_bytes_with_nul_unchecked(name.as_bytes());
            std::mem::transmute::<usize, unsafe extern "C" fn($($argument),*) -> $result>(
                next_symbol(name, &FOUND),
            )
        }};
    }
    use real;

    /// clock_gettime(2).
    #[unsafe(no_mangle)]
    unsafe extern "C" fn clock_gettime(clock: clockid_t, time: *mut timespec) -> c_int {
        // SAFETY: as the caller of clock_gettime promises: `time` may be written to.
        unsafe {
            let outcome = real!(clock_gettime: fn(clockid_t, *mut timespec) -> c_int)(clock, time);
            if outcome == 0
                && let Some(factor) = factor()
                && let Some(began) = began(clock)
            {
                let passed = nanoseconds(&*time) - began;
                *time = timespec_of(began.saturating_add(passed.saturating_mul(factor)));
            }
            outcome
        }
    }

    /// nanosleep(2).
    #[unsafe(no_mangle)]
    unsafe extern "C" fn nanosleep(asked: *const timespec, rest: *mut timespec) -> c_int {
        // SAFETY: as the caller of nanosleep promises.
        unsafe {
            Slept::count(nanoseconds(&*asked));
            let shortened;
            let asked = match factor() {
                Some(factor) => {
                    shortened = timespec_of(shorter(nanoseconds(&*asked), factor));
                    &raw const shortened
                }
                None => asked,
            };
            real!(nanosleep: fn(*const timespec, *mut timespec) -> c_int)(asked, rest)
        }
    }

    /// clock_nanosleep(2).
    #[unsafe(no_mangle)]
    unsafe extern "C" fn clock_nanosleep(
        clock: clockid_t,
        flags: c_int,
        asked: *const timespec,
        rest: *mut timespec,
    ) -> c_int {
        // SAFETY: as the caller of clock_nanosleep promises.
        unsafe {
            Slept::count(if flags & libc::TIMER_ABSTIME == 0 {
                nanoseconds(&*asked)
            } else {
                let until = real_moment(clock, nanoseconds(&*asked), factor().unwrap_or(1));
                real_time(clock).map_or(0, |now| until.saturating_sub(now))
            });
            let shortened;
            let asked = match factor() {
                Some(factor) => {
                    let time = nanoseconds(&*asked);
                    let time = if flags & libc::TIMER_ABSTIME != 0 {
                        real_moment(clock, time, factor)
                    } else {
                        shorter(time, factor)
                    };
                    shortened = timespec_of(time);
                    &raw const shortened
                }
                None => asked,
            };
            real!(clock_nanosleep: fn(clockid_t, c_int, *const timespec, *mut timespec) -> c_int)(
                clock, flags, asked, rest,
            )
        }
    }

    fn is_timeout(level: c_int, name: c_int) -> bool {
        level == libc::SOL_SOCKET && matches!(name, libc::SO_RCVTIMEO | libc::SO_SNDTIMEO)
    }

    /// setsockopt(2).
    #[unsafe(no_mangle)]
    unsafe extern "C" fn setsockopt(
        socket: c_int,
        level: c_int,
        name: c_int,
        value: *const c_void,
        length: socklen_t,
    ) -> c_int {
        // SAFETY: as the caller of setsockopt promises: there are `length` bytes at `value`.
        unsafe {
            let shortened;
            let mut value = value;
            if is_timeout(level, name)
                && length as usize == size_of::<timeval>()
                && let Some(factor) = factor()
            {
                let timeout = value.cast::<timeval>().read_unaligned();
                let microseconds = timeout.tv_sec.saturating_mul(1_000_000) + timeout.tv_usec;
                let microseconds = shorter(microseconds, factor);
                shortened = timeval {
                    tv_sec: microseconds / 1_000_000,
                    tv_usec: microseconds % 1_000_000,
                };
                value = (&raw const shortened).cast();
            }
            real!(setsockopt: fn(c_int, c_int, c_int, *const c_void, socklen_t) -> c_int)(
                socket, level, name, value, length,
            )
        }
    }

    /// getsockopt(2): what was set, not what it was made into.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn getsockopt(
        socket: c_int,
        level: c_int,
        name: c_int,
        value: *mut c_void,
        length: *mut socklen_t,
    ) -> c_int {
        // SAFETY: as the caller of getsockopt promises: there is room for `length` bytes at `value`.
        unsafe {
            let outcome = real!(getsockopt: fn(c_int, c_int, c_int, *mut c_void, *mut socklen_t) -> c_int)(
                socket, level, name, value, length,
            );
            if outcome == 0
                && is_timeout(level, name)
                && *length as usize == size_of::<timeval>()
                && let Some(factor) = factor()
            {
                let timeout = value.cast::<timeval>().read_unaligned();
                let microseconds = timeout.tv_sec.saturating_mul(1_000_000) + timeout.tv_usec;
                let microseconds = microseconds.saturating_mul(factor);
                value.cast::<timeval>().write_unaligned(timeval {
                    tv_sec: microseconds / 1_000_000,
                    tv_usec: microseconds % 1_000_000,
                });
            }
            outcome
        }
    }

    fn shorter_milliseconds(timeout: c_int) -> c_int {
        match factor() {
            Some(factor) => c_int::try_from(shorter(i64::from(timeout), factor)).unwrap_or(timeout),
            None => timeout,
        }
    }

    /// poll(2).
    #[unsafe(no_mangle)]
    unsafe extern "C" fn poll(
        sockets: *mut libc::pollfd,
        count: libc::nfds_t,
        timeout: c_int,
    ) -> c_int {
        let timeout = shorter_milliseconds(timeout);
        // SAFETY: as the caller of poll promises.
        unsafe {
            real!(poll: fn(*mut libc::pollfd, libc::nfds_t, c_int) -> c_int)(
                sockets, count, timeout,
            )
        }
    }

    /// epoll_wait(2).
    #[unsafe(no_mangle)]
    unsafe extern "C" fn epoll_wait(
        epoll: c_int,
        events: *mut libc::epoll_event,
        most: c_int,
        timeout: c_int,
    ) -> c_int {
        let timeout = shorter_milliseconds(timeout);
        // SAFETY: as the caller of epoll_wait promises.
        unsafe {
            real!(epoll_wait: fn(c_int, *mut libc::epoll_event, c_int, c_int) -> c_int)(
                epoll, events, most, timeout,
            )
        }
    }

    /// syscall(2): std waits for its locks, channels and parked threads with futex(2).
    #[unsafe(no_mangle)]
    unsafe extern "C" fn syscall(
        number: c_long,
        a: usize,
        b: usize,
        c: usize,
        d: usize,
        e: usize,
        f: usize,
    ) -> c_long {
        // SAFETY: as the caller of syscall promises; for futex(2), `d` is null or points to the time,
        // for the operations that wait.
        unsafe {
            let shortened;
            let mut d = d;
            if number == libc::SYS_futex
                && d != 0
                && let Some(factor) = factor()
            {
                let flags = libc::FUTEX_PRIVATE_FLAG | libc::FUTEX_CLOCK_REALTIME;
                let time = || nanoseconds(&*(d as *const timespec));
                let real = match b as c_int & !flags {
                    libc::FUTEX_WAIT => Some(shorter(time(), factor)),
                    libc::FUTEX_WAIT_BITSET => {
                        let clock = if b as c_int & libc::FUTEX_CLOCK_REALTIME != 0 {
                            libc::CLOCK_REALTIME
                        } else {
                            libc::CLOCK_MONOTONIC
                        };
                        Some(real_moment(clock, time(), factor))
                    }
                    _ => None,
                };
                if let Some(real) = real {
                    shortened = timespec_of(real);
                    d = (&raw const shortened) as usize;
                }
            }
            real!(syscall: fn(c_long, usize, usize, usize, usize, usize, usize) -> c_long)(
                number, a, b, c, d, e, f,
            )
        }
    }
}
