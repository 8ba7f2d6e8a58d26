//! fails: opens_a_tcp_socket_over_ipv4
//! finding: reuseport-shares-the-port
//!
//! The learner confuses SO_REUSEPORT with SO_REUSEADDR and sets it on each new socket. Two sockets
//! from `open` can then be bound to one port and both listen there.

use std::io;
use std::net::SocketAddr;

use socket2::{Domain, Protocol, SockAddr, Socket, Type};

fn to_ip(addr: SockAddr) -> io::Result<SocketAddr> {
    addr.as_socket()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "not an IP address"))
}

pub fn open() -> io::Result<Socket> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_port(true)?;
    Ok(socket)
}

pub fn bind_to(socket: &Socket, addr: SocketAddr) -> io::Result<SocketAddr> {
    socket.bind(&addr.into())?;
    to_ip(socket.local_addr()?)
}

pub fn start_listening(socket: &Socket, backlog: i32) -> io::Result<()> {
    socket.listen(backlog)
}

pub fn accept_one(socket: &Socket) -> io::Result<(Socket, SocketAddr)> {
    let (caller, addr) = socket.accept()?;
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
