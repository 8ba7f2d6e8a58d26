//! Whose thread is it? A log of the grader has the threads of the grader in it, and those of the learner's code.
//!
//! The grader runs a case in a process of its own: the root's child. There each call of a function has a thread
//! that is named after the function; the grader's own are called `grader`, or bear no name. A thread gets
//! its name a moment after it began, so that the whole log says who is who, and no line by itself. What the
//! learner's threads start is the learner's, too, whatever its name; and so is the program, a child of that
//! child.

use std::collections::HashMap;

use super::strace::{Call, Entry};

/// What the grader calls its own threads.
const GRADER: &str = "\"grader\"";

/// The threads of a log.
pub struct Threads {
    known: HashMap<u32, Thread>,
    root: u32,
}

struct Thread {
    parent: u32,
    /// Of the same process as its parent.
    shares: bool,
    name: Option<String>,
}

impl Threads {
    /// Those of this log. Its first line is the grader's.
    pub fn of(entries: &[Entry]) -> Threads {
        let mut threads = Threads {
            known: HashMap::new(),
            root: 0,
        };
        let calls = || {
            entries.iter().filter_map(|entry| match entry {
                Entry::Call(call) => Some(call),
                Entry::Signal(_) => None,
            })
        };
        threads.root = calls().next().map_or(0, |call| call.thread);
        for call in calls() {
            // Whoever is known has a known parent: no chain of them goes round in a circle.
            let is_known = call.thread == threads.root || threads.known.contains_key(&call.thread);
            let child = child(call).filter(|child| is_known && *child != threads.root);
            if let Some(child) = child {
                let thread = Thread {
                    parent: call.thread,
                    shares: call.args.iter().any(|arg| arg.contains("CLONE_THREAD")),
                    name: None,
                };
                threads.known.entry(child).or_insert(thread);
            }
        }
        for call in calls().filter(|call| call.name == "prctl") {
            if call.args.first().is_some_and(|arg| arg == "PR_SET_NAME")
                && let Some(thread) = threads.known.get_mut(&call.thread)
            {
                thread.name = thread.name.take().or(call.args.get(1).cloned());
            }
        }
        threads
    }

    /// Does this thread run the learner's code?
    pub fn is_learners(&self, thread: u32) -> bool {
        let Some(known) = self.known.get(&thread) else {
            return false;
        };
        if self.is_learners(known.parent) {
            return true;
        }
        if known.shares {
            return known.name.as_deref().is_some_and(|name| name != GRADER);
        }
        // The root's child runs the case. What that starts is the program.
        self.process(known.parent) != self.root
    }

    /// Was this thread started by the learner's code, and not by the grader's?
    pub fn is_started_by_learner(&self, thread: u32) -> bool {
        let parent = self.known.get(&thread).map(|known| known.parent);
        parent.is_some_and(|parent| self.is_learners(parent))
    }

    /// The process of a thread, by the number of its first thread.
    fn process(&self, thread: u32) -> u32 {
        match self.known.get(&thread) {
            Some(known) if known.shares => self.process(known.parent),
            _ => thread,
        }
    }
}

/// The thread or process that a call started.
fn child(call: &Call) -> Option<u32> {
    let starts = matches!(call.name.as_str(), "clone" | "clone3" | "fork" | "vfork");
    u32::try_from(call.number().filter(|_| starts)?)
        .ok()
        .filter(|child| *child > 0 && *child != call.thread)
}
