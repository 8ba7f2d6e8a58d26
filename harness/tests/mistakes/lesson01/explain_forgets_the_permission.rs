//! fails: tells_a_forbidden_port
//! finding: error-misclassified
//!
//! The learner always worked as root or with high ports and left this case out. A forbidden port
//! is explained as Other.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use socket2::{Domain, Protocol, SockAddr, Socket, Type};

pub fn open() -> io::Result<Socket> {
    Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))
}

pub fn bind_to(socket: &Socket, addr: SocketAddr) -> io::Result<SocketAddr> {
    let wanted = SockAddr::from(addr);
    socket.bind(&wanted)?;
    let got = socket.local_addr()?;
    to_ip(got)
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
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    bind_to(&socket, addr)?;
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
    if error.kind() == ErrorKind::AddrInUse {
        BindError::PortTaken
    } else if error.kind() == ErrorKind::AddrNotAvailable {
        BindError::NotOurAddress
    } else {
        BindError::Other
    }
}

fn to_ip(addr: SockAddr) -> io::Result<SocketAddr> {
    match addr.as_socket() {
        Some(addr) => Ok(addr),
        None => Err(io::Error::other("neither IPv4 nor IPv6")),
    }
}
