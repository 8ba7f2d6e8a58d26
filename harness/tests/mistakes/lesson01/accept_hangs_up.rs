//! fails: returns_a_socket_that_talks_to_the_caller
//! finding: not-the-callers-socket
//!
//! The learner thinks that the function that meets the caller also ends the call. The connection
//! is shut down in both directions before it is handed over.

use std::io;
use std::net::{Shutdown, SocketAddr};

use socket2::{Domain, SockAddr, Socket, Type};

pub fn open() -> io::Result<Socket> {
    Socket::new(Domain::IPV4, Type::STREAM, None)
}

pub fn bind_to(socket: &Socket, addr: SocketAddr) -> io::Result<SocketAddr> {
    socket
        .bind(&addr.into())
        .and_then(|()| socket.local_addr())
        .and_then(to_ip)
}

pub fn start_listening(socket: &Socket, backlog: i32) -> io::Result<()> {
    socket.listen(backlog)
}

pub fn accept_one(socket: &Socket) -> io::Result<(Socket, SocketAddr)> {
    let (caller, addr) = socket.accept()?;
    caller.shutdown(Shutdown::Both)?;
    Ok((caller, to_ip(addr)?))
}

pub fn listen_on(addr: SocketAddr, backlog: i32) -> io::Result<Socket> {
    let domain = if addr.is_ipv4() {
        Domain::IPV4
    } else {
        Domain::IPV6
    };
    let listener = Socket::new(domain, Type::STREAM, None)?;
    listener.set_reuse_address(true)?;
    listener.bind(&addr.into())?;
    listener.listen(backlog)?;
    Ok(listener)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindError {
    PortTaken,
    NotAllowed,
    NotOurAddress,
    Other,
}

pub fn explain(error: &io::Error) -> BindError {
    match error.kind() {
        io::ErrorKind::AddrInUse => BindError::PortTaken,
        io::ErrorKind::PermissionDenied => BindError::NotAllowed,
        io::ErrorKind::AddrNotAvailable => BindError::NotOurAddress,
        _ => BindError::Other,
    }
}

fn to_ip(addr: SockAddr) -> io::Result<SocketAddr> {
    match addr.as_socket() {
        Some(addr) => Ok(addr),
        None => Err(io::Error::other("neither IPv4 nor IPv6")),
    }
}
