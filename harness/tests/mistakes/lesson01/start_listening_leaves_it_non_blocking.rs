//! fails: lets_clients_connect
//! finding: left-nonblocking
//!
//! The learner believes that a listener has to be non-blocking for the kernel to do handshakes on
//! its own. Waiting for a caller afterwards fails at once with WouldBlock.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener};

use socket2::{Domain, Protocol, SockAddr, Socket, Type};

fn to_ip(addr: SockAddr) -> io::Result<SocketAddr> {
    addr.as_socket()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "not an IP address"))
}

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
    socket.set_nonblocking(true)?;
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
