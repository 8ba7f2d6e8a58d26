//! fails: gives_the_backlog_it_was_given
//! finding: backlog-hard-coded
//!
//! The learner takes the short way through std, which does all of it in one call, and has no place
//! for the backlog. The queue has the length that std chose.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener};

use socket2::{Domain, SockAddr, Socket, Type};

pub fn open() -> io::Result<Socket> {
    Socket::new(Domain::IPV4, Type::STREAM, None)
}

pub fn bind_to(socket: &Socket, addr: SocketAddr) -> io::Result<SocketAddr> {
    socket.bind(&addr.into())?;
    to_ip(socket.local_addr()?)
}

pub fn start_listening(socket: &Socket, backlog: i32) -> io::Result<()> {
    socket.listen(backlog)?;
    Ok(())
}

pub fn accept_one(socket: &Socket) -> io::Result<(Socket, SocketAddr)> {
    match socket.accept() {
        Ok((caller, addr)) => to_ip(addr).map(|addr| (caller, addr)),
        Err(error) => Err(error),
    }
}

pub fn listen_on(addr: SocketAddr, backlog: i32) -> io::Result<Socket> {
    let _ = backlog;
    TcpListener::bind(addr).map(Socket::from)
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
