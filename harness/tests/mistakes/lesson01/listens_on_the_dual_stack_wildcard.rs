//! fails: listens_on_the_address_it_was_given
//! finding: bound-the-wildcard
//!
//! The learner read that [::] is the modern way to serve IPv4 and IPv6 at once and always binds
//! it. Only the port of the argument is used.

use std::io::{self, ErrorKind};
use std::net::{Ipv6Addr, SocketAddr, TcpListener};

use socket2::{Domain, Protocol, SockAddr, Socket, Type};

fn to_ip(addr: SockAddr) -> io::Result<SocketAddr> {
    addr.as_socket()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "not an IP address"))
}

pub fn open() -> io::Result<Socket> {
    Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))
}

pub fn bind_to(socket: &Socket, addr: SocketAddr) -> io::Result<SocketAddr> {
    socket.bind(&addr.into())?;
    let as_std: TcpListener = socket.try_clone()?.into();
    as_std.local_addr()
}

pub fn start_listening(socket: &Socket, backlog: i32) -> io::Result<()> {
    socket.listen(backlog)?;
    Ok(())
}

pub fn accept_one(socket: &Socket) -> io::Result<(Socket, SocketAddr)> {
    socket
        .accept()
        .and_then(|(caller, addr)| Ok((caller, to_ip(addr)?)))
}

pub fn listen_on(addr: SocketAddr, backlog: i32) -> io::Result<Socket> {
    let socket = Socket::new(Domain::IPV6, Type::STREAM, Some(Protocol::TCP))?;
    socket.set_only_v6(false)?;
    socket.set_reuse_address(true)?;
    let all = SocketAddr::from((Ipv6Addr::UNSPECIFIED, addr.port()));
    bind_to(&socket, all)?;
    start_listening(&socket, backlog)?;
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
