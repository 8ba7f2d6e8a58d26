//! fails: can_be_restarted_at_once
//! finding: no-reuseaddr
//!
//! The learner thinks that the order of options and bind does not matter. SO_REUSEADDR comes too
//! late to help the bind, and the restart fails.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener};

use socket2::{Domain, Protocol, Socket, Type};

pub fn open() -> io::Result<Socket> {
    Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))
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
    let listener: TcpListener = socket.try_clone()?.into();
    let (stream, addr) = listener.accept()?;
    Ok((stream.into(), addr))
}

pub fn listen_on(addr: SocketAddr, backlog: i32) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
    bind_to(&socket, addr)?;
    socket.set_reuse_address(true)?;
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
    let kind = error.kind();
    if kind == ErrorKind::AddrInUse {
        BindError::PortTaken
    } else if kind == ErrorKind::PermissionDenied {
        BindError::NotAllowed
    } else if kind == ErrorKind::AddrNotAvailable {
        BindError::NotOurAddress
    } else {
        BindError::Other
    }
}
