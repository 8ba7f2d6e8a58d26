//! What holds for every function of every lesson: it returns, it does not panic, it leaves nothing
//! behind, and it leaves the process alone.

use crate::misconceptions;

misconceptions! { ALL:
    PANICKED = "panicked" {
        why: "A panic ends the thread, and with it whatever that thread served. The network fails \
              daily: what can fail there is a value to return, not a reason to stop.",
        fix: "{place}: return the error (`?` does) where it panics now",
        read: "errors-are-values",
    }
    NEVER_RETURNED = "never-returned" {
        why: "A call that blocks waits until the kernel has something for it. When nobody will ever \
              send, connect or hang up, that is for ever.",
        fix: "{place} must not wait for something that never comes",
        read: "calls-that-wait",
    }
    SPINS = "spins" {
        why: "A loop that asks again and again keeps a processor busy and gets nowhere. A blocking \
              call waits for free: the kernel wakes the thread when there is something to do.",
        fix: "{place} has a loop that does not end; look at what should end it",
        read: "calls-that-wait",
    }
    LEFT_OPEN = "left-open" {
        why: "A socket stays open until the last handle to it is closed. One that is forgotten keeps \
              its port, keeps its peer waiting, and uses up one of the descriptors a process may have.",
        fix: "{place} has to close what it opened and does not hand back; dropping it does",
        read: "nothing-left-open",
    }
    CLOSED_ANOTHERS = "closed-what-is-not-its-own" {
        why: "A descriptor is only a number. Whoever closes a number that it did not open closes \
              somebody else's file or socket.",
        fix: "{place} may close only what it opened itself",
        read: "nothing-left-open",
    }
    ENDED_THE_PROCESS = "ended-the-process" {
        why: "A library function that exits takes down the program around it: a server, and all of \
              its clients.",
        fix: "{place} has to return, with an error if need be",
        read: "errors-are-values",
    }
    CRASHED = "crashed" {
        why: "The system ended the process, because of something that no program may do or by a \
              signal that somebody sent. Nothing after that point could run.",
        fix: "{place} was running then; look there first",
        read: "errors-are-values",
    }
    STACK_OVERFLOW = "stack-overflow" {
        why: "Each call takes some of its thread's stack, which has a fixed size. A function that \
              calls itself without end uses it up.",
        fix: "{place}: look for a call that leads back to itself",
        read: "errors-are-values",
    }
    OUT_OF_MEMORY = "out-of-memory" {
        why: "What arrives from a network has no natural end, so nothing may grow with it. The \
              grader gives each case a bounded amount of memory.",
        fix: "{place}: look for what grows in a loop",
        read: "errors-are-values",
    }
    LEFT_A_PROCESS = "left-a-process-behind" {
        why: "A process that outlives its maker keeps the sockets that it inherited, and nobody is \
              left to end it.",
        fix: "{place} started another process, and did not wait for it",
        read: "nothing-left-open",
    }
    CHANGED_SIGNALS = "changed-the-signal-mask" {
        why: "The set of blocked signals belongs to the whole thread: what a function blocks there \
              stays blocked for its caller, Ctrl-C and all.",
        fix: "{place} must leave the signal mask as it found it",
        read: "nothing-left-open",
    }
}
