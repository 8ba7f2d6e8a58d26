//! The system calls of the learner's code and the grader's record, in one order.

use std::collections::HashMap;
use std::time::Duration;

use harness::trace::{Direction, Record, Signal as OnTheWire, What as Recorded};

use super::strace::{Call, Entry};
use super::whose::Threads;

/// A line of what is to be shown.
#[derive(Debug, PartialEq)]
pub struct Row<'a> {
    /// Since the record began.
    pub at: Duration,
    pub what: What<'a>,
}

/// What a line tells.
#[derive(Debug, PartialEq)]
pub enum What<'a> {
    /// A system call, and what it gave. A thread that the learner's code started has a number.
    Did(&'a Call, Option<usize>),
    /// A system call that waits: something else happens before it returns, or it never does.
    Waits(&'a Call, Option<usize>),
    /// What the call gave that waited.
    Gave(&'a Call, Option<usize>),
    /// A signal came, by its name.
    Interrupted(&'a str, Option<usize>),
    /// The grader called a function, or it returned.
    Function(String),
    /// The grader did or saw something else.
    Fact(String),
    /// Something was on the wire.
    Wire(&'a str, Direction, &'a OnTheWire),
    /// What the grader had to say of the line before.
    Remark(&'a str),
}

/// A call that is shorter than this is shown in one line, whatever happened meanwhile.
const WAIT: Duration = Duration::from_millis(1);

/// The calls on sockets that the learner's code made, and what the record has, in the order in which they
/// happened.
///
/// The grader notes what it did on the wire a moment before or after, and a long run of bytes at its end. So a
/// line of the wire is put no later than the return of the call that it caused.
pub fn rows<'a>(entries: &'a [Entry], record: &'a Record) -> Vec<Row<'a>> {
    let threads = Threads::of(entries);
    let shown: Vec<&Entry> = entries
        .iter()
        .filter(|entry| match entry {
            Entry::Call(call) => threads.is_learners(call.thread) && is_of_a_socket(call),
            Entry::Signal(signal) => threads.is_learners(signal.thread) && signal.name != "SIGCHLD",
        })
        .collect();
    let since = |at: Duration| at.saturating_sub(record.began);
    // In front of a call at the same moment stands what caused it.
    let mut rows: Vec<(Duration, u8, What<'a>)> = Vec::new();
    let mut wire_at = moments(&shown, &threads, record).into_iter();
    for event in &record.trace.events {
        let at = wire_at.next().unwrap_or(event.at);
        match &event.what {
            Recorded::Call { call, gave } => {
                rows.push((at, 0, What::Function(call.clone())));
                if let Some((gave, returned)) = gave {
                    let function = call.split('(').next().unwrap_or(call);
                    let text = format!("{function} gave {gave}");
                    rows.push((*returned, 2, What::Function(text)));
                }
            }
            Recorded::Fact { asked, answer } if answer.is_empty() => {
                rows.push((at, 0, What::Fact(asked.clone())));
            }
            Recorded::Fact { asked, answer } => {
                rows.push((at, 0, What::Fact(format!("{asked}: {answer}"))));
            }
            Recorded::Wire {
                peer,
                direction,
                signal,
            } => rows.push((at, 0, What::Wire(peer, *direction, signal))),
        }
        if let Some(remark) = &event.remark {
            rows.push((at, 0, What::Remark(remark)));
        }
    }
    let mut numbers: HashMap<u32, usize> = HashMap::new();
    let mut number = |thread: u32| {
        if !threads.is_started_by_learner(thread) {
            return None;
        }
        // The one that the grader started, or the program's first, is number 1.
        let next = numbers.len() + 2;
        Some(*numbers.entry(thread).or_insert(next))
    };
    let mut calls = Vec::new();
    for entry in &shown {
        match entry {
            Entry::Signal(signal) => {
                let what = What::Interrupted(&signal.name, number(signal.thread));
                rows.push((since(signal.at), 1, what));
            }
            Entry::Call(call) => calls.push((call, number(call.thread))),
        }
    }
    let mut moments: Vec<Duration> = rows.iter().map(|row| row.0).collect();
    moments.extend(calls.iter().map(|(call, _)| since(call.began)));
    moments.sort();
    for (call, number) in calls {
        let began = since(call.began);
        let Some(ended) = call.ended.map(since) else {
            rows.push((began, 1, What::Waits(call, number)));
            continue;
        };
        let next = moments.partition_point(|moment| *moment <= began);
        let overtaken = moments.get(next).is_some_and(|moment| *moment <= ended);
        if overtaken && ended.saturating_sub(began) >= WAIT {
            rows.push((began, 1, What::Waits(call, number)));
            rows.push((ended, 1, What::Gave(call, number)));
        } else {
            let at = if is_a_wait(call) { ended } else { began };
            rows.push((at, 1, What::Did(call, number)));
        }
    }
    rows.sort_by_key(|row| (row.0, row.1));
    rows.into_iter()
        .map(|(at, _, what)| Row { at, what })
        .collect()
}

/// Does the call end when something comes? Else it brings something about.
fn is_a_wait(call: &Call) -> bool {
    let names = ["accept", "recv", "read", "poll", "select", "epoll_"];
    names.iter().any(|name| call.name.contains(name))
}

/// Is it one of the calls that this is about?
fn is_of_a_socket(call: &Call) -> bool {
    let on_a_socket = || call.descriptor(0).is_some_and(|it| is_socket(it.1));
    let any_socket = || call.args.iter().any(|arg| mentions_a_socket(arg));
    match call.name.as_str() {
        // In a build for debugging, std asks this of each descriptor that it is about to close.
        "fcntl" => on_a_socket() && call.args.get(1).is_none_or(|what| what != "F_GETFD"),
        "poll" | "ppoll" | "sendfile" | "splice" | "epoll_ctl" => any_socket(),
        "select" | "pselect6" | "epoll_wait" | "epoll_pwait" | "epoll_pwait2" => true,
        "socket" | "socketpair" => true,
        "execve" | "clone" | "clone3" | "fork" | "vfork" | "prctl" => false,
        _ => on_a_socket(),
    }
}

fn mentions_a_socket(arg: &str) -> bool {
    arg.split('<').skip(1).any(is_socket)
}

/// Is a descriptor that strace describes so a socket? `TCP:[127.0.0.1:7000]`, `UDPv6:[53]`, `socket:[12]`.
fn is_socket(kind: &str) -> bool {
    let Some((kind, _)) = kind.split_once(":[") else {
        return false;
    };
    let is_a_word = kind
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    is_a_word && !matches!(kind, "pipe" | "anon_inode" | "mnt" | "net" | "pid")
}

/// What came in on a connection, by the calls that fetched it.
#[derive(Default)]
struct Connection {
    /// When the call returned that gave the connection; the grader may have made it itself.
    since: Option<Duration>,
    /// When a call returned, and how many bytes had come in by then.
    received: Vec<(Duration, u64)>,
    ended: Option<Duration>,
    reset: Option<Duration>,
    /// How many bytes the peer sent, by the events so far.
    sent: u64,
}

/// When each event of the record is to be shown: when it was noted, or before the call returned that it caused.
fn moments(shown: &[&Entry], threads: &Threads, record: &Record) -> Vec<Duration> {
    let mut connections = connections(shown, threads, record.began);
    let events = &record.trace.events;
    // Which connection a peer's events are about: the one that it made last. The first that was made is the
    // first that was accepted.
    let mut current: HashMap<&str, usize> = HashMap::new();
    let mut made = 0;
    let is_granted = |index: usize, name: &str| {
        let next = events[index + 1..]
            .iter()
            .find_map(|event| match &event.what {
                Recorded::Wire { peer, signal, .. } if peer == name => Some(signal),
                _ => None,
            });
        !matches!(next, Some(OnTheWire::Refused))
    };
    let mut moments = Vec::new();
    for (index, event) in events.iter().enumerate() {
        let caused = match &event.what {
            Recorded::Wire {
                peer,
                direction,
                signal,
            } => {
                if *signal == OnTheWire::Connected && is_granted(index, peer) {
                    current.insert(peer, made);
                    made += 1;
                }
                let connection = current.get(peer.as_str());
                let connection = connection.and_then(|number| connections.get_mut(*number));
                connection
                    .filter(|_| *direction == Direction::ToSubmission)
                    .and_then(|connection| connection.effect_of(signal))
            }
            _ => None,
        };
        moments.push(caused.map_or(event.at, |caused| caused.min(event.at)));
    }
    moments
}

impl Connection {
    /// When a call returned that could not have done so without this.
    fn effect_of(&mut self, signal: &OnTheWire) -> Option<Duration> {
        match signal {
            OnTheWire::Connected => self.since,
            OnTheWire::Bytes { count, .. } => {
                let before = self.sent;
                self.sent += count;
                let mut received = self.received.iter();
                Some(received.find(|(_, so_far)| *so_far > before)?.0)
            }
            OnTheWire::Fin => self.ended,
            OnTheWire::Reset => self.reset,
            OnTheWire::Refused | OnTheWire::Silence => None,
        }
    }
}

/// The connections that the learner's code came to have, in their order.
fn connections(shown: &[&Entry], threads: &Threads, began: Duration) -> Vec<Connection> {
    let mut returned: Vec<(Duration, &Call)> = shown
        .iter()
        .filter_map(|entry| match entry {
            Entry::Call(call) => Some((call.ended?.saturating_sub(began), call)),
            Entry::Signal(_) => None,
        })
        .collect();
    returned.sort_by_key(|(at, _)| *at);
    let mut found = Found::default();
    for (at, call) in returned {
        let Some(gave) = call.number() else { continue };
        let process = threads.process(call.thread);
        let new = match call.name.as_str() {
            "accept" | "accept4" if gave >= 0 => call.given_descriptor(),
            // A call that cannot wait says that the connection is on its way.
            "connect" if gave == 0 || call.error() == Some("EINPROGRESS") => call.descriptor(0),
            _ => None,
        };
        if let Some(descriptor) = new {
            found.add(process, descriptor, at);
            continue;
        }
        let Some(descriptor) = call.descriptor(0) else {
            continue;
        };
        let peeks = call.args.iter().any(|arg| arg.contains("MSG_PEEK"));
        let receives = matches!(
            call.name.as_str(),
            "recvfrom" | "recvmsg" | "read" | "readv"
        );
        let sends = matches!(
            call.name.as_str(),
            "sendto" | "sendmsg" | "write" | "writev"
        );
        if !receives && !sends {
            continue;
        }
        let Some(connection) = found.of(process, descriptor) else {
            continue;
        };
        if !receives || peeks {
            continue;
        }
        match u64::try_from(gave) {
            Ok(0) => connection.ended = connection.ended.or(Some(at)),
            Ok(count) => {
                let so_far = connection.received.last().map_or(0, |last| last.1);
                connection.received.push((at, so_far + count));
            }
            Err(_) if call.error() == Some("ECONNRESET") => {
                connection.reset = connection.reset.or(Some(at));
            }
            Err(_) => {}
        }
    }
    found.connections
}

/// Connections, and how a call's descriptor leads to one.
#[derive(Default)]
struct Found {
    connections: Vec<Connection>,
    /// By both addresses, of which no two connections have the same.
    by_addresses: HashMap<String, usize>,
    /// By process and descriptor: for when the addresses are not told, as after a reset.
    by_descriptor: HashMap<(u32, i32), usize>,
}

impl Found {
    fn add(&mut self, process: u32, (number, kind): (i32, &str), since: Duration) {
        let index = self.connections.len();
        self.connections.push(Connection {
            since: Some(since),
            ..Connection::default()
        });
        self.know(process, (number, kind), index);
    }

    fn know(&mut self, process: u32, (number, kind): (i32, &str), index: usize) {
        self.by_descriptor.insert((process, number), index);
        if kind.contains("->") {
            self.by_addresses.insert(kind.to_owned(), index);
        }
    }

    /// The connection behind a descriptor. One that is met here first was made by the grader, and handed to
    /// the code.
    fn of(&mut self, process: u32, (number, kind): (i32, &str)) -> Option<&mut Connection> {
        let by_descriptor = self.by_descriptor.get(&(process, number)).copied();
        let index = if !kind.contains("->") {
            by_descriptor?
        } else if let Some(known) = self.by_addresses.get(kind) {
            *known
        } else if let Some(connecting) = by_descriptor
            && !self.by_addresses.values().any(|it| *it == connecting)
        {
            // It was connected under this number, when its addresses were not known yet.
            connecting
        } else {
            self.connections.push(Connection::default());
            self.connections.len() - 1
        };
        self.know(process, (number, kind), index);
        self.connections.get_mut(index)
    }
}
