//! Whether the processes of a session still do something, or all wait for somebody: read from /proc, so that no step
//! depends on a pause that was long enough on the author's machine.

use std::fs;
use std::time::{Duration, Instant};

/// How long nothing may have run until nothing is expected to run by itself. It bridges what the kernel does between
/// two processes, such as bringing a line from the terminal's one end to the other.
const QUIET: Duration = Duration::from_millis(50);
const SIGHTS: u32 = 5;

/// What `look` saw: who is there, and how often each thread has been given the processor.
#[derive(PartialEq, Clone, Default, Debug)]
pub struct Sight {
    runs: Vec<(u32, u64)>,
    pub printed: usize,
}

/// All descendants of this process as they are now; or who of them is busy.
///
/// Whoever pauses (`sleep`) goes on by itself. The command started last, `last`, is waited for in that case; an older
/// one that does something now and then is not.
pub fn look(printed: usize, last: Option<u32>) -> Result<Sight, String> {
    let mut sight = Sight {
        runs: Vec::new(),
        printed,
    };
    let mut found = vec![(std::process::id(), false)];
    while let Some((process, in_last)) = found.pop() {
        let own = process == std::process::id();
        let Ok(tasks) = fs::read_dir(format!("/proc/{process}/task")) else {
            continue;
        };
        for task in tasks.flatten() {
            let task = task.path();
            let read = |name: &str| fs::read_to_string(task.join(name)).unwrap_or_default();
            let children = read("children");
            found.extend(
                children
                    .split_whitespace()
                    .filter_map(|child| child.parse().ok())
                    .map(|child| (child, in_last || Some(child) == last)),
            );
            if own {
                continue;
            }
            let stat = read("stat");
            let Some((name, rest)) = stat.rsplit_once(')') else {
                continue;
            };
            let name = name.split_once('(').map_or(name, |(_, name)| name);
            match rest.trim_start().chars().next() {
                Some('S') if in_last && pauses(&read("syscall")) => {
                    return Err(format!("{name} pauses"));
                }
                // Waiting, stopped, or dead.
                Some('S' | 'T' | 'Z' | 'X' | 'I') => {}
                _ => return Err(format!("{name} runs")),
            }
            let id = task
                .file_name()
                .and_then(|id| id.to_str()?.parse().ok())
                .unwrap_or(0);
            let status = read("status");
            let runs = status.lines().filter(|line| line.contains("ctxt_switches"));
            let runs = runs
                .filter_map(|line| line.split_whitespace().last()?.parse::<u64>().ok())
                .sum();
            sight.runs.push((id, runs));
        }
    }
    sight.runs.sort_unstable();
    Ok(sight)
}

fn pauses(syscall: &str) -> bool {
    let number = syscall
        .split_whitespace()
        .next()
        .and_then(|number| number.parse::<libc::c_long>().ok());
    matches!(
        number,
        Some(libc::SYS_nanosleep | libc::SYS_clock_nanosleep)
    )
}

/// Looks again and again.
pub struct Watch {
    /// What was seen, since when, and how often.
    seen: Option<(Sight, Instant, u32)>,
    pub busy: String,
}

impl Watch {
    pub fn new() -> Watch {
        Watch {
            seen: None,
            busy: String::new(),
        }
    }

    /// For how long everything has been still; none if it is not.
    pub fn still(&mut self, printed: usize, last: Option<u32>) -> Option<Duration> {
        match look(printed, last) {
            Err(busy) => {
                self.seen = None;
                self.busy = busy;
                None
            }
            Ok(sight) => match &mut self.seen {
                Some((seen, since, times)) if *seen == sight => {
                    *times += 1;
                    (*times >= SIGHTS && since.elapsed() >= QUIET).then(|| since.elapsed())
                }
                _ => {
                    self.seen = Some((sight, Instant::now(), 1));
                    "something has run just now".clone_into(&mut self.busy);
                    None
                }
            },
        }
    }
}
