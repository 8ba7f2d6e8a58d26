//! Lesson 01, listen: from a fresh socket to the first caller.
//!
//! A server makes four calls before it meets anybody: `socket`, `bind`, `listen`, `accept`. Here is
//! a function for each, then one that makes the first three in the right order. The chapter is
//! `book/src/lesson01-listen.md`; `cargo test -p lesson01` grades what you write.

use std::io;
use std::net::SocketAddr;

use socket2::Socket;

/// Opens a TCP socket over IPv4.
///
/// The socket has no address yet and talks to nobody.
///
/// Look up: `Socket::new` in socket2; the man pages socket(2) and tcp(7).
///
/// # Errors
///
/// Those of socket(2): too many open files, say.
pub fn open() -> io::Result<Socket> {
    todo!("write `open`")
}

/// Gives `socket` the address `addr`, and returns the address that it really has now.
///
/// The two differ when `addr` has port 0, which asks the kernel to choose a free port. Binding is
/// not listening: a client that connects now is still refused.
///
/// Look up: `Socket::bind` and `Socket::local_addr`; the man pages bind(2) and getsockname(2).
///
/// # Errors
///
/// Those of bind(2), as they come: the port is taken, or below 1024 and not for us; the address
/// belongs to another machine.
pub fn bind_to(socket: &Socket, addr: SocketAddr) -> io::Result<SocketAddr> {
    let _ = (socket, addr); // keeps the compiler quiet until you use them
    todo!("write `bind_to`")
}

/// Lets clients call: from here on the kernel completes handshakes for `socket`, and keeps up to
/// about `backlog` callers waiting until they are accepted.
///
/// Look up: `Socket::listen`; the man page listen(2).
///
/// # Errors
///
/// Those of listen(2), as they come.
pub fn start_listening(socket: &Socket, backlog: i32) -> io::Result<()> {
    let _ = (socket, backlog); // keeps the compiler quiet until you use them
    todo!("write `start_listening`")
}

/// Waits for the next caller and returns a new socket, connected to that caller, and the caller's
/// address.
///
/// `socket` itself goes on listening.
///
/// Look up: `Socket::accept` and `SockAddr::as_socket`; the man page accept(2).
///
/// # Errors
///
/// Those of accept(2), as they come.
pub fn accept_one(socket: &Socket) -> io::Result<(Socket, SocketAddr)> {
    let _ = socket; // keeps the compiler quiet until you use it
    todo!("write `accept_one`")
}

/// Opens a socket that listens on `addr`, over IPv4 or IPv6, with room for about `backlog` waiting
/// callers.
///
/// A server that was stopped can be started again at once, although connections of its former life
/// are still in TIME_WAIT. A second server on an address where one is listening is refused.
///
/// Look up: `Domain::for_address` and `Socket::set_reuse_address`; SO_REUSEADDR in the man page
/// socket(7).
///
/// # Errors
///
/// Those of socket(2), bind(2) and listen(2), as they come. Nothing stays open then.
pub fn listen_on(addr: SocketAddr, backlog: i32) -> io::Result<Socket> {
    let _ = (addr, backlog); // keeps the compiler quiet until you use them
    todo!("write `listen_on`")
}

/// Why an address could not be bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindError {
    /// Another socket has the port (EADDRINUSE).
    PortTaken,
    /// The port is below 1024, and we are not allowed to have it (EACCES).
    NotAllowed,
    /// The address belongs to no interface of this machine (EADDRNOTAVAIL).
    NotOurAddress,
    /// Anything else.
    Other,
}

/// Says in one word why an address could not be bound.
///
/// Look up: `io::Error::kind`; the errors in the man page bind(2).
pub fn explain(error: &io::Error) -> BindError {
    let _ = error; // keeps the compiler quiet until you use it
    todo!("write `explain`")
}
