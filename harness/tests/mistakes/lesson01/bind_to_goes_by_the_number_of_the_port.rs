//! fails: returns_the_error_of_bind
//! finding: port-judged-by-its-number
//!
//! The learner has read that ports below 1024 are not for everyone, and spares the kernel the question.
//! As root, or where the system allows lower ports to all, the server could have had its port.

use std::io;
use std::net::SocketAddr;

use socket2::{Domain, Protocol, Socket, Type};

pub fn open() -> io::Result<Socket> {
    Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))
}

pub fn bind_to(socket: &Socket, addr: SocketAddr) -> io::Result<SocketAddr> {
    if addr.port() != 0 && addr.port() < 1024 {
        return Err(io::Error::from_raw_os_error(13));
    }
    socket.bind(&addr.into())?;
    let local = socket.local_addr()?;
    local.as_socket().ok_or_else(|| io::Error::other("not an IP address"))
}

pub fn start_listening(socket: &Socket, backlog: i32) -> io::Result<()> {
    socket.listen(backlog)
}

pub fn accept_one(socket: &Socket) -> io::Result<(Socket, SocketAddr)> {
    let (caller, addr) = socket.accept()?;
    let addr = addr.as_socket().ok_or_else(|| io::Error::other("not an IP address"))?;
    Ok((caller, addr))
}

pub fn listen_on(addr: SocketAddr, backlog: i32) -> io::Result<Socket> {
    let socket = if addr.is_ipv4() {
        open()?
    } else {
        Socket::new(Domain::IPV6, Type::STREAM, Some(Protocol::TCP))?
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
    match error.kind() {
        io::ErrorKind::AddrInUse => BindError::PortTaken,
        io::ErrorKind::PermissionDenied => BindError::NotAllowed,
        io::ErrorKind::AddrNotAvailable => BindError::NotOurAddress,
        _ => BindError::Other,
    }
}
