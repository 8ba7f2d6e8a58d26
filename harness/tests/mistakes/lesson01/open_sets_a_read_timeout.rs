//! fails: opens_a_tcp_socket_over_ipv4
//! finding: left-a-timeout
//!
//! The learner wants no call to hang for ever and gives each new socket a timeout of five seconds.
//! Waiting for a caller then ends with WouldBlock after that time.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use socket2::{Domain, SockAddr, Socket, Type};

pub fn open() -> io::Result<Socket> {
    let s = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    s.set_read_timeout(Some(Duration::from_secs(5)))?;
    Ok(s)
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
    let listener: TcpListener = socket.try_clone()?.into();
    let (stream, addr) = listener.accept()?;
    Ok((stream.into(), addr))
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
