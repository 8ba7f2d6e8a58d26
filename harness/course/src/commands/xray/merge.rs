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
    let mut rows = recorded(record, &moments(&shown, record));
    rows.extend(called(&shown, &threads, record, &rows));
    rows.sort_by_key(|(at, rank, _)| (*at, *rank));
    rows.into_iter()
        .map(|(at, _, what)| Row { at, what })
        .collect()
}

/// When, which of those at the same moment is the first, and what.
type Ranked<'a> = (Duration, u8, What<'a>);

/// In front of a call stands what caused it, and behind it what came of it.
const BEFORE: u8 = 0;
const SAME: u8 = 1;
const AFTER: u8 = 2;

/// What the record has, each event at its moment.
fn recorded<'a>(record: &'a Record, moments: &[Duration]) -> Vec<Ranked<'a>> {
    let mut rows = Vec::new();
    for (event, at) in record.trace.events.iter().zip(moments) {
        let what = match &event.what {
            Recorded::Call { call, gave } => {
                if let Some((gave, returned)) = gave {
                    let function = call.split('(').next().unwrap_or(call);
                    let text = format!("{function} gave {gave}");
                    rows.push((*returned, AFTER, What::Function(text)));
                }
                What::Function(call.clone())
            }
            Recorded::Fact { asked, answer } if answer.is_empty() => What::Fact(asked.clone()),
            Recorded::Fact { asked, answer } => What::Fact(format!("{asked}: {answer}")),
            Recorded::Wire {
                peer,
                direction,
                signal,
            } => What::Wire(peer, *direction, signal),
        };
        rows.push((*at, BEFORE, what));
        if let Some(remark) = &event.remark {
            rows.push((*at, BEFORE, What::Remark(remark)));
        }
    }
    rows
}

/// The calls and the signals. A call is in two rows when something else happened while it waited.
fn called<'a>(
    shown: &[&'a Entry],
    threads: &Threads,
    record: &Record,
    others: &[Ranked<'_>],
) -> Vec<Ranked<'a>> {
    let since = |at: Duration| at.saturating_sub(record.began);
    let mut moments: Vec<Duration> = others.iter().map(|row| row.0).collect();
    moments.extend(shown.iter().map(|entry| match entry {
        Entry::Call(call) => since(call.began),
        Entry::Signal(signal) => since(signal.at),
    }));
    moments.sort();
    let mut numbers: HashMap<u32, usize> = HashMap::new();
    let mut number = |thread: u32| {
        if !threads.is_started_by_learner(thread) {
            return None;
        }
        // The one that the grader started, or the program's first, is number 1.
        let next = numbers.len() + 2;
        Some(*numbers.entry(thread).or_insert(next))
    };
    let mut rows = Vec::new();
    for entry in shown {
        let call = match entry {
            Entry::Call(call) => call,
            Entry::Signal(signal) => {
                let what = What::Interrupted(&signal.name, number(signal.thread));
                rows.push((since(signal.at), SAME, what));
                continue;
            }
        };
        let number = number(call.thread);
        let began = since(call.began);
        let Some(ended) = call.ended.map(since) else {
            rows.push((began, SAME, What::Waits(call, number)));
            continue;
        };
        let next = moments.partition_point(|moment| *moment <= began);
        let overtaken = moments.get(next).is_some_and(|moment| *moment <= ended);
        if overtaken && ended.saturating_sub(began) >= WAIT {
            rows.push((began, SAME, What::Waits(call, number)));
            rows.push((ended, SAME, What::Gave(call, number)));
        } else {
            let at = if is_a_wait(call) { ended } else { began };
            rows.push((at, SAME, What::Did(call, number)));
        }
    }
    rows
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

/// Is a descriptor that strace describes so a socket?
fn is_socket(kind: &str) -> bool {
    kind.starts_with("socket:[")
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
fn moments(shown: &[&Entry], record: &Record) -> Vec<Duration> {
    let mut connections = connections(shown, record.began);
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
fn connections<'a>(shown: &[&'a Entry], began: Duration) -> Vec<Connection> {
    let mut returned: Vec<(Duration, &'a Call)> = shown
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
        let gives = |descriptor: Option<(i32, &'a str)>| descriptor.map(|it| it.1);
        match call.name.as_str() {
            "socket" if !call.args.iter().any(|arg| arg.starts_with("SOCK_STREAM")) => {
                if let Some(socket) = gives(call.given_descriptor()) {
                    found.known.insert(socket, None);
                }
            }
            "accept" | "accept4" => {
                if let Some(socket) = gives(call.given_descriptor()) {
                    found.add(socket, Some(at));
                }
            }
            // A call that cannot wait says that the connection is on its way.
            "connect" if gave == 0 || call.error() == Some("EINPROGRESS") => {
                if let Some(socket) = gives(call.descriptor(0)) {
                    found.add(socket, Some(at));
                }
            }
            _ => {}
        }
        let Some((_, socket)) = call.descriptor(0).filter(|it| is_socket(it.1)) else {
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
        let Some(connection) = found.of(socket) else {
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

/// Connections, by what strace says of their sockets: `socket:[NUMBER]`, with a number that no two have.
#[derive(Default)]
struct Found<'a> {
    connections: Vec<Connection>,
    /// `None` for a socket that has no connections, as one of datagrams.
    known: HashMap<&'a str, Option<usize>>,
}

impl<'a> Found<'a> {
    fn add(&mut self, socket: &'a str, since: Option<Duration>) -> Option<usize> {
        if let Some(known) = self.known.get(socket) {
            return *known;
        }
        let index = self.connections.len();
        self.connections.push(Connection {
            since,
            ..Connection::default()
        });
        self.known.insert(socket, Some(index));
        Some(index)
    }

    /// The connection of a socket. One that is met here first was made by the grader, and handed to the code.
    fn of(&mut self, socket: &'a str) -> Option<&mut Connection> {
        let index = self.add(socket, None)?;
        self.connections.get_mut(index)
    }
}
