//! What holds for every function of every lesson: it returns, it does not panic, it leaves nothing
//! behind, and it leaves the process alone.

use std::io;

use crate::finding::{Misconception, Stop};
use crate::misconceptions;

misconceptions! { ALL:
    PANICKED = "panicked" {
        why: "A panic ends the thread, and with it whatever that thread served. The network fails \
              daily: what can fail there is a value to return, not a reason to stop.",
        fix: "{place} has to get by without that panic; an error is something to return",
        read: "book/src/lesson01-listen.md#errors-are-values",
    }
    NEVER_RETURNED = "never-returned" {
        why: "A call that blocks waits until the kernel has something for it. When nobody will ever \
              send, connect or hang up, that is for ever.",
        fix: "{place} must not wait for something that never comes",
        read: "book/src/lesson01-listen.md#calls-that-wait",
    }
    SPINS = "spins" {
        why: "A loop that asks again and again keeps a processor busy and gets nowhere. A blocking \
              call waits for free: the kernel wakes the thread when there is something to do.",
        fix: "{place} has a loop that does not end; look at what should end it",
        read: "book/src/lesson01-listen.md#calls-that-wait",
    }
    SLEEPS = "sleeps-to-wait" {
        why: "Only the clock ends a sleep. What comes meanwhile lies there until it is over, and if nothing comes \
              the thread wakes up for nothing. A call that blocks ends as soon as there is something for it.",
        fix: "{place} has to do without a sleep: let the call on the socket wait",
        read: "book/src/lesson01-listen.md#calls-that-wait",
    }
    LEFT_OPEN = "left-open" {
        why: "A socket stays open until the last handle to it is closed. One that is forgotten keeps \
              its port, keeps its peer waiting, and uses up one of the descriptors a process may have.",
        fix: "{place} has to close what it opened and does not hand back; dropping it does",
        read: "book/src/lesson01-listen.md#nothing-left-open",
    }
    CLOSED_ANOTHERS = "closed-what-is-not-its-own" {
        why: "A descriptor is only a number. Whoever closes a number that it did not open closes \
              somebody else's file or socket.",
        fix: "{place} may close only what it opened itself",
        read: "book/src/lesson01-listen.md#nothing-left-open",
    }
    ENDED_THE_PROCESS = "ended-the-process" {
        why: "A library function that exits takes down the program around it: a server, and all of \
              its clients.",
        fix: "{place} has to return, with an error if need be",
        read: "book/src/lesson01-listen.md#errors-are-values",
    }
    CRASHED = "crashed" {
        why: "The system ended the process, because of something that no program may do or by a \
              signal that somebody sent. Nothing after that point could run.",
        fix: "{place} was running then; look there first",
        read: "book/src/lesson01-listen.md#errors-are-values",
    }
    STACK_OVERFLOW = "stack-overflow" {
        why: "Each call takes some of its thread's stack, which has a fixed size. A function that \
              calls itself without end uses it up.",
        fix: "{place}: look for a call that leads back to itself",
        read: "book/src/lesson01-listen.md#errors-are-values",
    }
    OUT_OF_MEMORY = "out-of-memory" {
        why: "What arrives from a network has no natural end, so nothing may grow with it. The \
              grader gives each case a bounded amount of memory.",
        fix: "{place}: look for what grows in a loop",
        read: "book/src/lesson01-listen.md#errors-are-values",
    }
    LEFT_A_PROCESS = "left-a-process-behind" {
        why: "A process that outlives its maker keeps the sockets that it inherited, and nobody is \
              left to end it.",
        fix: "{place} started another process, and did not wait for it",
        read: "book/src/lesson01-listen.md#nothing-left-open",
    }
    CHANGED_SIGNALS = "changed-the-signal-mask" {
        why: "The set of blocked signals belongs to the whole thread: what a function blocks there \
              stays blocked for its caller, Ctrl-C and all.",
        fix: "{place} must leave the signal mask as it found it",
        read: "book/src/lesson01-listen.md#nothing-left-open",
    }
    CHANGED_THE_PROCESS = "changed-the-process" {
        why: "What a process does at a signal, the folder that it is in, its umask and its limits belong to \
              all of its code. A function that changes them changes them for its caller, and for every thread.",
        fix: "{place} must leave them as it found them",
        read: "book/src/lesson01-listen.md#nothing-left-open",
    }
    LEFT_NONBLOCKING = "left-nonblocking" {
        why: "On a non-blocking socket, a call that would have to wait fails with WouldBlock. Whoever \
              gets the socket expects `accept` and `recv` to wait.",
        fix: "{place} must hand the socket on in blocking mode",
        read: "book/src/lesson01-listen.md#calls-that-wait",
    }
    LEFT_TIMEOUT = "left-a-timeout" {
        why: "A time-out that is set on a socket stays on it: every later `accept` or `recv` gives up \
              after that time, and fails with WouldBlock.",
        fix: "{place} must leave the socket without a time-out",
        read: "book/src/lesson01-listen.md#calls-that-wait",
    }
    UNEXPECTED_ERROR = "failed-where-it-could-work" {
        why: "Nothing was wrong with what the function was given: the same calls work when the grader \
              makes them.",
        fix: "{place}: find out which of its calls gives this error; the man page lists what each one means",
        read: "book/src/lesson01-listen.md#errors-are-values",
    }
    OWN_ERROR = "error-of-its-own-making" {
        why: "This error has no number: it was not the kernel that made it, but your code or the standard \
              library.",
        fix: "{place}: look for what makes it, an Error::new, an Error::other, an ErrorKind turned into an \
              error, or a call of std that refuses its input",
        read: "book/src/lesson01-listen.md#errors-are-values",
    }
    ERROR_UNWRAPPED = "error-unwrapped" {
        why: "An error is no bug in the program, and `unwrap` turns it into a crash. Whoever called the \
              function could have done something about it, had it been told.",
        fix: "{place} has to return the error: `?` in place of unwrap or expect",
        read: "book/src/lesson01-listen.md#errors-are-values",
    }
    ERROR_SWALLOWED = "error-swallowed" {
        why: "A function that says Ok when the kernel said no leaves its caller with a server that nobody \
              can reach, and with no idea why.",
        fix: "{place} has to return the error that the call gave",
        read: "book/src/lesson01-listen.md#errors-are-values",
    }
    ERROR_REPLACED = "error-replaced" {
        why: "The kernel's error says exactly what is wrong. Another one in its place sends the caller of \
              the function looking in the wrong direction.",
        fix: "{place} has to return the error as it came from the call",
        read: "book/src/lesson01-listen.md#errors-are-values",
    }
    ERROR_RETRIED = "error-retried-for-ever" {
        why: "Some errors go away by themselves, most do not. To try again at once, whatever the error, is \
              to try for ever.",
        fix: "{place} has to return the error, not go on in a loop",
        read: "book/src/lesson01-listen.md#errors-are-values",
    }
}

/// The grader could not do its own part: no fault of the submission, and no pass.
pub static NOT_GRADED: Misconception = Misconception {
    id: "not-graded",
    why: "The grader could not do its own part, which is no fault of your code, and no pass either.",
    fix: "try again; if it stays, what the first line says is what is missing on this machine",
    read: "",
};

/// An error that no call had to give, as `observed` tells it: the kernel's are numbered, those that are
/// made in Rust are not.
pub fn unexpected(error: &io::Error, observed: impl Into<String>) -> Stop {
    match error.raw_os_error() {
        Some(_) => UNEXPECTED_ERROR.seen(observed),
        None => OWN_ERROR.seen(observed),
    }
}
