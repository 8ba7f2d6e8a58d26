//! fails: returns_the_error_of_accept
//! finding: error-retried-for-ever
//!
//! The learner thinks that a server must survive every error and tries again after each. On a
//! socket that does not listen it goes round for ever.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

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
    loop {
        let Ok((caller, addr)) = socket.accept() else {
            thread::sleep(Duration::from_millis(20));
            continue;
        };
        return Ok((caller, to_ip(addr)?));
    }
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

fn to_ip(addr: SockAddr) -> io::Result<SocketAddr> {
    match addr.as_socket() {
        Some(addr) => Ok(addr),
        None => Err(io::Error::other("neither IPv4 nor IPv6")),
    }
}
