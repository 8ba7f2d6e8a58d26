//! fails: returns_the_error_of_bind
//! finding: error-swallowed
//!
//! The learner means well: a taken port should not stop the program, so the kernel picks another.
//! The caller asked for one port, gets a different one, and sees no error.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener};

use socket2::{Domain, SockAddr, Socket, Type};

pub fn open() -> io::Result<Socket> {
    Socket::new(Domain::IPV4, Type::STREAM, None)
}

pub fn bind_to(socket: &Socket, addr: SocketAddr) -> io::Result<SocketAddr> {
    if let Err(error) = socket.bind(&addr.into()) {
        if error.kind() != ErrorKind::AddrInUse {
            return Err(error);
        }
        socket.bind(&SocketAddr::new(addr.ip(), 0).into())?;
    }
    to_ip(socket.local_addr()?)
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
