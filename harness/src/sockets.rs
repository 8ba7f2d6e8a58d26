//! What the kernel says of TCP sockets in whatever hands: sock_diag(7). Nobody tells but Linux, and not each Linux.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::LazyLock;

/// A TCP socket, as the kernel sees it at this moment.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    /// Of the connection, or what it listens for.
    pub state: State,
    /// Its own address.
    pub own: SocketAddr,
    /// Whom it talks to.
    pub other: SocketAddr,
    /// Bytes that have come and were not read yet. Of a listener: callers in its queue.
    pub unread: u32,
    /// Bytes that were given to it and that the other end's kernel has not confirmed. Of a listener: the length of its
    /// queue.
    pub unconfirmed: u32,
    /// The number in `socket:[NUMBER]`, as /proc/PID/fd has it; 0 where no process has it.
    pub inode: u32,
    /// What it sends by itself, if nothing comes.
    pub timer: Timer,
}

/// See RFC 9293, sections 3.8.1 and 3.8.6.1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Timer {
    /// None of these two.
    None,
    /// What was sent and not confirmed is sent again.
    Retransmission,
    /// The other end had no room, and is asked whether it has some now.
    Probe,
}

/// RFC 9293, section 3.3.2, with the kernel's numbers: include/net/tcp_states.h.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
#[expect(missing_docs, reason = "the RFC has them")]
pub enum State {
    Established = 1,
    SynSent,
    SynReceived,
    FinWait1,
    FinWait2,
    TimeWait,
    Closed,
    CloseWait,
    LastAck,
    Listen,
    Closing,
}

/// The socket at `own` that is connected to `other`; where there is none, the one that listens at `own`. `None` where
/// there is neither, or nobody tells.
pub fn at(own: SocketAddr, other: SocketAddr) -> Option<Told> {
    let sockets = ask(own, Some(other), u32::MAX, false)?;
    sockets.into_iter().next()
}

/// Is there a connection at `own` in TIME_WAIT? `None` where the system does not tell.
pub fn is_in_time_wait(own: SocketAddr) -> Option<bool> {
    let sockets = ask(own, None, 1 << State::TimeWait as u8, true)?;
    Some(sockets.iter().any(|it| it.own == own))
}

/// The sockets that listen where a call to `addr` arrives, each by its inode. `None` where the system does not tell.
pub fn listening_at(addr: SocketAddr) -> Option<Vec<u32>> {
    let any = |ip| SocketAddr::new(ip, addr.port());
    let of = |ip| ask(any(ip), None, 1 << State::Listen as u8, true);
    // A socket that listens on all addresses takes the call, too; one of IPv6 takes those of both families.
    let takes_it = |it: &Told| it.own.ip() == addr.ip() || it.own.ip().is_unspecified();
    let mut found = of(Ipv4Addr::UNSPECIFIED.into())?;
    // A kernel may be without IPv6.
    found.extend(of(Ipv6Addr::UNSPECIFIED.into()).unwrap_or_default());
    Some(
        found
            .iter()
            .filter(|it| takes_it(it))
            .map(|it| it.inode)
            .collect(),
    )
}

/// Has a segment of the connection between these two been lost, which will be sent again?
pub fn has_lost_a_segment(own: SocketAddr, other: SocketAddr) -> bool {
    let (own, other) = (at(own, other), at(other, own));
    own.is_some_and(|it| it.lacks_an_answer(other))
        || other.is_some_and(|it| it.lacks_an_answer(own))
}

/// How many callers had been kept back when this was first looked at.
static KEPT_BACK_BEFORE: LazyLock<Option<u64>> = LazyLock::new(kept_back);

/// From here on `callers_are_kept_back` notices it.
pub fn watch_who_is_kept_back() {
    LazyLock::force(&KEPT_BACK_BEFORE);
}

/// Has a listener kept a caller back until it says something: `TCP_DEFER_ACCEPT`, see tcp(7)? No listener in particular:
/// the kernel counts them together.
pub fn callers_are_kept_back() -> bool {
    let before = *KEPT_BACK_BEFORE;
    kept_back() > before
}

/// `TCPDeferAcceptDrop` in /proc/net/netstat: a line of names, and below it one of numbers.
fn kept_back() -> Option<u64> {
    let statistics = std::fs::read_to_string("/proc/net/netstat").ok()?;
    let (names, numbers) = statistics.split_once('\n')?;
    let mut pairs = names.split(' ').zip(numbers.lines().next()?.split(' '));
    let (_, number) = pairs.find(|(name, _)| *name == "TCPDeferAcceptDrop")?;
    number.parse().ok()
}

impl Told {
    /// Has a segment been lost that this end will send again, or one that says that the other end has room?
    fn lacks_an_answer(self, other_end: Option<Told>) -> bool {
        self.own.ip().is_loopback()
            && match self.timer {
                Timer::None => false,
                // Whom a listener keeps back looks like somebody whose acknowledgement was lost.
                Timer::Retransmission => {
                    self.state != State::SynReceived || !callers_are_kept_back()
                }
                Timer::Probe => other_end.is_some_and(|it| it.unread == 0),
            }
    }
}

/// Has a segment of any connection on the loopback interface been lost, which will be sent again? `is_ours` says by their
/// inodes which count. Not what is sent again and again because a queue is full, or a window: that may be long.
pub fn any_has_lost_a_segment(is_ours: impl Fn(u32) -> bool) -> bool {
    use State::{CloseWait, Closing, Established, FinWait1, LastAck, SynReceived, SynSent};
    let states = [
        Established,
        SynSent,
        SynReceived,
        FinWait1,
        CloseWait,
        LastAck,
        Closing,
    ];
    let states = states.into_iter().map(|it| 1 << it as u8).sum();
    let families = [
        SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), 0),
        SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0),
    ];
    let all = families
        .into_iter()
        .filter_map(|family| ask(family, None, states, true));
    let mut may_send_again = all.flatten().filter(|it| it.timer != Timer::None);
    may_send_again.any(|it| {
        let other_end = at(it.other, it.own);
        let theirs = other_end.filter(|it| it.state != State::Listen);
        let counts = match it.state {
            SynSent => {
                let is_dropped =
                    |end: Told| end.state == State::Listen && end.unread > end.unconfirmed;
                is_ours(it.inode) && !other_end.is_none_or(is_dropped)
            }
            // What nobody has accepted has no number; nor has what nobody has open any more.
            _ => is_ours(it.inode) || theirs.is_some_and(|it| is_ours(it.inode)),
        };
        counts && it.lacks_an_answer(theirs)
    })
}

/// The sockets at the address `own`, where port 0 and a missing `other` stand for any, in one of these states: all of
/// them, or the one that a segment from `other` to `own` would be for.
#[cfg(not(target_os = "linux"))]
fn ask(_: SocketAddr, _: Option<SocketAddr>, _: u32, _: bool) -> Option<Vec<Told>> {
    None
}

#[cfg(target_os = "linux")]
use linux::ask;

#[cfg(target_os = "linux")]
mod linux {
    use std::io::{self, Read, Write};
    use std::net::IpAddr;

    use super::*;

    const STATES: [State; 11] = [
        State::Established,
        State::SynSent,
        State::SynReceived,
        State::FinWait1,
        State::FinWait2,
        State::TimeWait,
        State::Closed,
        State::CloseWait,
        State::LastAck,
        State::Listen,
        State::Closing,
    ];

    const NETLINK_SOCK_DIAG: i32 = 4;
    const SOCK_DIAG_BY_FAMILY: u16 = 20;
    const NLM_F_REQUEST: u16 = 0x1;
    const NLM_F_DUMP: u16 = 0x300;
    const NLMSG_ERROR: u16 = 2;
    const NLMSG_DONE: u16 = 3;
    /// A `struct nlmsghdr`: length, type, flags, sequence number, port.
    const HEADER: usize = 16;
    /// `idiag_timer`.
    const RETRANSMISSION: u8 = 1;
    const PROBE: u8 = 4;

    /// A `struct nlmsghdr` and a `struct inet_diag_req_v2`, see sock_diag(7).
    fn request(own: SocketAddr, other: Option<SocketAddr>, states: u32, all: bool) -> Vec<u8> {
        let family = match own {
            SocketAddr::V4(_) => libc::AF_INET,
            SocketAddr::V6(_) => libc::AF_INET6,
        };
        let octets = |addr: SocketAddr| {
            let mut bytes = [0; 16];
            match addr.ip() {
                IpAddr::V4(ip) => bytes[..4].copy_from_slice(&ip.octets()),
                IpAddr::V6(ip) => bytes.copy_from_slice(&ip.octets()),
            }
            bytes
        };
        let mut body = vec![family as u8, libc::IPPROTO_TCP as u8, 0, 0];
        body.extend(states.to_ne_bytes());
        body.extend(own.port().to_be_bytes());
        body.extend(other.map_or(0, |it| it.port()).to_be_bytes());
        body.extend(octets(own));
        body.extend(other.map_or([0; 16], octets));
        // Any interface; any cookie.
        body.extend(0_u32.to_ne_bytes());
        body.extend([0xff; 8]);
        let mut message = Vec::with_capacity(HEADER + body.len());
        message.extend(((HEADER + body.len()) as u32).to_ne_bytes());
        message.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
        message.extend((NLM_F_REQUEST | if all { NLM_F_DUMP } else { 0 }).to_ne_bytes());
        message.extend([0; 8]);
        message.extend(body);
        message
    }

    pub fn ask(
        own: SocketAddr,
        other: Option<SocketAddr>,
        states: u32,
        all: bool,
    ) -> Option<Vec<Told>> {
        answers(&request(own, other, states, all), all).ok()
    }

    fn answers(request: &[u8], all: bool) -> io::Result<Vec<Told>> {
        let kind = socket2::Type::DGRAM.cloexec();
        let mut socket = socket2::Socket::new(
            libc::AF_NETLINK.into(),
            kind,
            Some(NETLINK_SOCK_DIAG.into()),
        )?;
        socket.write_all(request)?;
        let mut found = Vec::new();
        let mut buffer = vec![0; 1 << 16];
        loop {
            let count = socket.read(&mut buffer)?;
            let mut messages = &buffer[..count];
            while let Some((kind, body, rest)) = first_message(messages) {
                match kind {
                    NLMSG_DONE => return Ok(found),
                    // Nothing is there, or nobody tells.
                    NLMSG_ERROR => return Err(io::ErrorKind::NotFound.into()),
                    _ => found.extend(told(body)),
                }
                messages = rest;
            }
            if !all || count == 0 {
                return Ok(found);
            }
        }
    }

    /// The type and the body of the first message, and what comes after it.
    fn first_message(messages: &[u8]) -> Option<(u16, &[u8], &[u8])> {
        let length = u32::from_ne_bytes(*messages.first_chunk()?) as usize;
        let kind = u16::from_ne_bytes([*messages.get(4)?, *messages.get(5)?]);
        let body = messages.get(HEADER..length)?;
        // Each begins at a multiple of four.
        let rest = messages.get(length.next_multiple_of(4)..);
        Some((kind, body, rest.unwrap_or_default()))
    }

    /// A `struct inet_diag_msg`: family, state, timer, retransmissions, ports, addresses, interface, cookie, time to the
    /// timer, the two queues, user, inode.
    fn told(message: &[u8]) -> Option<Told> {
        let number = |at: usize| Some(u32::from_ne_bytes(*message.get(at..)?.first_chunk()?));
        let addr = |port: usize, ip: usize| {
            let port = u16::from_be_bytes(*message.get(port..)?.first_chunk()?);
            let octets: [u8; 16] = *message.get(ip..)?.first_chunk()?;
            let ip = match i32::from(message[0]) {
                libc::AF_INET => IpAddr::from([octets[0], octets[1], octets[2], octets[3]]),
                _ => IpAddr::from(octets).to_canonical(),
            };
            Some(SocketAddr::new(ip, port))
        };
        Some(Told {
            state: STATES.into_iter().find(|it| *it as u8 == message[1])?,
            own: addr(4, 8)?,
            other: addr(6, 24)?,
            unread: number(56)?,
            unconfirmed: number(60)?,
            inode: number(68)?,
            timer: match message[2] {
                RETRANSMISSION => Timer::Retransmission,
                PROBE => Timer::Probe,
                _ => Timer::None,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn both_ends_of_a_connection_are_seen() {
        for loopback in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(listener) = TcpListener::bind(loopback) else {
                eprintln!("no IPv6 here");
                continue;
            };
            let here = listener.local_addr().unwrap();
            let mut client = TcpStream::connect(here).unwrap();
            let there = client.local_addr().unwrap();
            client.write_all(b"12345").unwrap();
            let Some(server) = at(here, there) else {
                eprintln!("nobody tells here");
                return;
            };
            assert_eq!((server.own, server.other), (here, there));
            assert_eq!((server.state, server.unread), (State::Established, 5));
            assert_eq!(at(there, here).map(|it| it.unread), Some(0));
            // Nobody has accepted it yet.
            let nobody = SocketAddr::new(there.ip(), 1);
            let listening = at(here, nobody).unwrap();
            assert_eq!((listening.state, listening.unread), (State::Listen, 1));
            assert!(listening.inode > 0);
            assert_eq!(is_in_time_wait(here), Some(false));
            drop(listener.accept().unwrap());
            drop(client);
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_listener_is_found_where_calls_to_it_arrive() {
        let found = |addr: SocketAddr| listening_at(addr).unwrap();
        let to = |ip: &str, port| SocketAddr::new(ip.parse().unwrap(), port);
        for (bound, calls) in [
            ("127.0.0.1", &["127.0.0.1"][..]),
            ("0.0.0.0", &["127.0.0.1", "127.9.9.9"]),
            ("::1", &["::1"]),
            ("::", &["::1", "127.0.0.1"]),
            ("::ffff:127.0.0.1", &["127.0.0.1"]),
        ] {
            // Without IPv6 half of them cannot be had.
            let Ok(listener) = TcpListener::bind(to(bound, 0)) else {
                continue;
            };
            let port = listener.local_addr().unwrap().port();
            for ip in calls {
                assert_eq!(found(to(ip, port)).len(), 1, "{bound} {ip}");
            }
            assert!(found(to("127.1.2.3", port)).is_empty() || bound.ends_with([':', '0']));
            drop(listener);
            assert!(found(to(calls[0], port)).is_empty(), "{bound}");
        }
    }

    fn inode(socket: &socket2::Socket) -> u64 {
        use std::os::{fd::AsRawFd, unix::fs::MetadataExt};
        let entry = format!("/proc/self/fd/{}", socket.as_raw_fd());
        std::fs::metadata(entry).unwrap().ino()
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_queue_is_no_lost_segment() {
        let listener = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None);
        let listener = listener.unwrap();
        let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
        listener.bind(&any.into()).unwrap();
        listener.listen(0).unwrap();
        let addr = listener.local_addr().unwrap();
        let mut callers = Vec::new();
        for _ in 0..3 {
            let caller =
                socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
            caller.set_nonblocking(true).unwrap();
            let _ = caller.connect(&addr);
            callers.push(caller);
        }
        let inodes: Vec<u64> = callers.iter().map(inode).collect();
        assert!(!any_has_lost_a_segment(|it| inodes.contains(&it.into())));
    }

    #[test]
    #[cfg(target_os = "linux")]
    #[expect(unsafe_code, reason = "no library has the option")]
    fn whom_a_listener_keeps_back_has_lost_no_segment() {
        watch_who_is_kept_back();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let seconds: libc::c_int = 60;
        // SAFETY: the kernel reads an int, which lives until the call returns.
        let outcome = unsafe {
            libc::setsockopt(
                std::os::fd::AsRawFd::as_raw_fd(&listener),
                libc::IPPROTO_TCP,
                libc::TCP_DEFER_ACCEPT,
                (&raw const seconds).cast(),
                size_of_val(&seconds) as libc::socklen_t,
            )
        };
        assert_eq!(outcome, 0);
        let addr = listener.local_addr().unwrap();
        let mut caller = TcpStream::connect(addr).unwrap();
        let from = caller.local_addr().unwrap();
        assert_eq!(at(addr, from).unwrap().state, State::SynReceived);
        assert!(callers_are_kept_back());
        assert!(!has_lost_a_segment(from, addr));
        caller.write_all(b"x").unwrap();
        assert_eq!(at(addr, from).unwrap().state, State::Established);
    }
}
