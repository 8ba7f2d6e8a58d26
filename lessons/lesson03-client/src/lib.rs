//! Lesson 03, client: find a server by its name, connect, and talk both ways at once.
//!
//! A client turns a name into addresses, calls one after another until one answers, sends, and
//! listens. Here is a function for each step, and then the two together. The chapter is
//! `book/src/lesson03-client.md`; `cargo test -p lesson03` grades what you write.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Turns a host and a port into the addresses where a server may be reached, in the order in which
/// they should be tried.
///
/// `host` is a name like `localhost`, or an IP address like `127.0.0.1` or `::1`. A name may have
/// several addresses.
///
/// Look up: the trait `ToSocketAddrs`, and what implements it; the man page getaddrinfo(3).
///
/// # Errors
///
/// Those of getaddrinfo(3): nobody has this name, say.
pub fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    let _ = (host, port); // keeps the compiler quiet until you use them
    todo!("write `resolve`")
}

/// Connects to the first of `addrs` that answers, tried in this order, all within `timeout`.
///
/// However many addresses there are, the call takes no longer than `timeout`. What it returns is an
/// ordinary blocking stream.
///
/// Look up: `TcpStream::connect_timeout`, `Instant` and `Duration`; the man page connect(2).
///
/// # Errors
///
/// That of the last address tried: refused or unreachable, say. `TimedOut` when the time was over,
/// `InvalidInput` when `addrs` is empty.
pub fn connect_any(addrs: &[SocketAddr], timeout: Duration) -> io::Result<TcpStream> {
    let _ = (addrs, timeout); // keeps the compiler quiet until you use them
    todo!("write `connect_any`")
}

/// Sends all of `message`, says that this was all, and returns everything that the peer answers until
/// it is done, too. The connection is closed then.
///
/// The peer may begin to answer before it has heard everything: an echo does. Whoever only writes, and
/// does not read meanwhile, may wait for ever for a peer who does the same.
///
/// Look up: `TcpStream::shutdown`, `Read::read_to_end` and `std::thread::scope`; the man page
/// shutdown(2).
///
/// # Errors
///
/// Those of send(2) and recv(2): the peer reset the connection, say.
pub fn exchange(stream: TcpStream, message: &[u8]) -> io::Result<Vec<u8>> {
    let _ = (stream, message); // keeps the compiler quiet until you use them
    todo!("write `exchange`")
}

/// Copies `input` to the peer and what the peer says to `output`, both at once, until the peer is done.
///
/// When `input` ends, the peer is told so, and may go on talking. When the peer is done, `talk`
/// returns, even while `input` still waits for somebody to type, and the connection is closed. What
/// arrives is written and flushed at once.
///
/// Look up: `TcpStream::try_clone`, `std::thread::Builder` and `io::copy`, and what `io::copy` does not
/// do: flush; the man page shutdown(2).
///
/// # Errors
///
/// The connection was reset; `output` takes no more, or `input` fails.
pub fn talk(
    stream: TcpStream,
    input: Box<dyn Read + Send>,
    output: &mut dyn Write,
) -> io::Result<()> {
    let _ = (stream, input, output); // keeps the compiler quiet until you use them
    todo!("write `talk`")
}
