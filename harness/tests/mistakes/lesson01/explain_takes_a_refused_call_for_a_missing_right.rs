//! fails: calls_the_rest_other
//! finding: error-misclassified
//!
//! The learner reads ConnectionRefused as "you are not allowed" and counts it as NotAllowed. It
//! has nothing to do with the right to a port and belongs under Other.

use std::io::{self, ErrorKind};
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
    socket.listen(backlog)
}

pub fn accept_one(socket: &Socket) -> io::Result<(Socket, SocketAddr)> {
    let (caller, addr) = socket.accept()?;
    Ok((caller, to_ip(addr)?))
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
    use ErrorKind::{AddrInUse, AddrNotAvailable, ConnectionRefused, PermissionDenied};
    match error.kind() {
        AddrInUse => BindError::PortTaken,
        PermissionDenied | ConnectionRefused => BindError::NotAllowed,
        AddrNotAvailable => BindError::NotOurAddress,
        _ => BindError::Other,
    }
}

fn to_ip(addr: SockAddr) -> io::Result<SocketAddr> {
    addr.as_socket()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "not an IP address"))
}
