//! Lesson 01, listen: from a fresh socket to the first caller.
//!
//! A server makes four calls before it meets anybody: `socket`, `bind`, `listen`, `accept`. Here is
//! a function for each, then one that makes the first three in the right order. The chapter is
//! `book/src/lesson01-listen.md`; `cargo test -p solution01` grades what you write.

use std::io;
use std::net::SocketAddr;

use socket2::{Domain, Protocol, Socket, Type};

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
    Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))
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
    socket.bind(&addr.into())?;
    internet_address(socket.local_addr()?)
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
    socket.listen(backlog)
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
    let (caller, addr) = socket.accept()?;
    Ok((caller, internet_address(addr)?))
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
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
    // Windows needs no option for a restart; there SO_REUSEADDR would let a second server in.
    if cfg!(not(windows)) {
        socket.set_reuse_address(true)?;
    }
    bind_to(&socket, addr)?;
    start_listening(&socket, backlog)?;
    Ok(socket)
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
    match error.kind() {
        io::ErrorKind::AddrInUse => BindError::PortTaken,
        io::ErrorKind::PermissionDenied => BindError::NotAllowed,
        io::ErrorKind::AddrNotAvailable => BindError::NotOurAddress,
        _ => BindError::Other,
    }
}

/// The IP address and port in `addr`: the sockets API also knows addresses of other kinds.
fn internet_address(addr: socket2::SockAddr) -> io::Result<SocketAddr> {
    addr.as_socket()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "not an IP address"))
}
