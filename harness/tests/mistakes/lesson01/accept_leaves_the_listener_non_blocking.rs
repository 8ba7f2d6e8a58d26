//! fails: returns_a_socket_that_talks_to_the_caller
//! finding: left-nonblocking
//!
//! The learner waits by asking again and again in non-blocking mode, and does not switch the mode
//! back. It returns the right caller, but the listener is not as it was.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener};
use std::thread;
use std::time::Duration;

use socket2::{Domain, SockAddr, Socket, Type};

pub fn open() -> io::Result<Socket> {
    Socket::new(Domain::IPV4, Type::STREAM, None)
}

pub fn bind_to(socket: &Socket, addr: SocketAddr) -> io::Result<SocketAddr> {
    socket.bind(&addr.into())?;
    let as_std: TcpListener = socket.try_clone()?.into();
    as_std.local_addr()
}

pub fn start_listening(socket: &Socket, backlog: i32) -> io::Result<()> {
    socket.listen(backlog)
}

pub fn accept_one(socket: &Socket) -> io::Result<(Socket, SocketAddr)> {
    socket.set_nonblocking(true)?;
    loop {
        match socket.accept() {
            Ok((caller, addr)) => return Ok((caller, to_ip(addr)?)),
            Err(e) if e.kind() == ErrorKind::WouldBlock => thread::sleep(Duration::from_millis(5)),
            Err(e) => return Err(e),
        }
    }
}

pub fn listen_on(addr: SocketAddr, backlog: i32) -> io::Result<Socket> {
    // std sets SO_REUSEADDR; listening once more gives it our backlog.
    let socket = Socket::from(TcpListener::bind(addr)?);
    socket.listen(backlog)?;
    Ok(socket)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindError {
    PortTaken,
    NotAllowed,
    NotOurAddress,
    Other,
}

pub fn explain(error: &io::Error) -> BindError {
    use BindError::*;
    match error.kind() {
        ErrorKind::PermissionDenied => NotAllowed,
        ErrorKind::AddrInUse => PortTaken,
        ErrorKind::AddrNotAvailable => NotOurAddress,
        _ => Other,
    }
}

fn to_ip(addr: SockAddr) -> io::Result<SocketAddr> {
    addr.as_socket()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "not an IP address"))
}
