//! fails: listens_on_ipv6_too
//! finding: ipv4-only
//!
//! The learner wrote the IPv6 branch separately and mistyped the kind of socket there. For ::1 the
//! bind works and listen says that the operation is not supported.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener};

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
    socket.listen(backlog)
}

pub fn accept_one(socket: &Socket) -> io::Result<(Socket, SocketAddr)> {
    let listener: TcpListener = socket.try_clone()?.into();
    let (stream, addr) = listener.accept()?;
    Ok((stream.into(), addr))
}

pub fn listen_on(addr: SocketAddr, backlog: i32) -> io::Result<Socket> {
    let socket = if addr.is_ipv4() {
        open()?
    } else {
        Socket::new(Domain::IPV6, Type::DGRAM, None)?
    };
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
    addr.as_socket()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "not an IP address"))
}
