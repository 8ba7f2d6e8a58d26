//! fails: lets_clients_connect
//! finding: option-nobody-asked-for
//!
//! The learner takes the backlog for room for bytes, and makes the receive buffer as large. Each
//! connection inherits the smallest buffer that there is.

use std::io;
use std::net::SocketAddr;

use socket2::{Domain, Protocol, Socket, Type};

pub fn open() -> io::Result<Socket> {
    Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))
}

pub fn bind_to(socket: &Socket, addr: SocketAddr) -> io::Result<SocketAddr> {
    socket.bind(&addr.into())?;
    let local = socket.local_addr()?;
    local.as_socket().ok_or_else(|| io::Error::other("not an IP address"))
}

pub fn start_listening(socket: &Socket, backlog: i32) -> io::Result<()> {
    socket.set_recv_buffer_size(backlog.max(0) as usize)?;
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
