//! fails: returns_the_address_of_the_caller
//! finding: wrong-caller-returned
//!
//! The learner applies ntohs to the port of the caller as one does in C. socket2 has done it
//! already, so the port reported has its two bytes in the wrong order.

use std::io;
use std::net::{SocketAddr, TcpListener};

use socket2::{Domain, SockAddr, Socket, Type};

fn to_ip(addr: SockAddr) -> io::Result<SocketAddr> {
    addr.as_socket()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "not an IP address"))
}

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
    let (caller, addr) = socket.accept()?;
    let mut addr = to_ip(addr)?;
    addr.set_port(u16::from_be(addr.port()));
    Ok((caller, addr))
}

pub fn listen_on(addr: SocketAddr, backlog: i32) -> io::Result<Socket> {
    // std sets SO_REUSEADDR; listening once more gives it our backlog.
    let socket = Socket::from(TcpListener::bind(addr)?);
    socket.listen(backlog)?;
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
