//! fails: lets_clients_connect
//! finding: never-returned
//!
//! The learner takes listen for the call that waits, and has it return once a client is through.
//! Without a caller the function blocks, and the first caller is gone when accept_one asks for it.

use std::io;
use std::net::SocketAddr;

use socket2::{Domain, Protocol, SockAddr, Socket, Type};

fn tcp(domain: Domain) -> io::Result<Socket> {
    Socket::new(domain, Type::STREAM, Some(Protocol::TCP))
}

pub fn open() -> io::Result<Socket> {
    tcp(Domain::IPV4)
}

pub fn bind_to(socket: &Socket, addr: SocketAddr) -> io::Result<SocketAddr> {
    socket.bind(&addr.into())?;
    to_ip(socket.local_addr()?)
}

pub fn start_listening(socket: &Socket, backlog: i32) -> io::Result<()> {
    socket.listen(backlog)?;
    let _first = socket.accept()?;
    Ok(())
}

pub fn accept_one(socket: &Socket) -> io::Result<(Socket, SocketAddr)> {
    socket
        .accept()
        .and_then(|(caller, addr)| Ok((caller, to_ip(addr)?)))
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
