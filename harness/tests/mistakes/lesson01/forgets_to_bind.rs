//! fails: listens_on_the_address_it_was_given
//! finding: bind-forgotten
//!
//! The learner forgets the bind, and the kernel does not complain: listen on an unbound socket
//! takes any free port on all addresses. The server is somewhere, but not where it should be.

use std::io;
use std::net::{SocketAddr, TcpListener};

use socket2::{Domain, Protocol, SockAddr, Socket, Type};

fn tcp(domain: Domain) -> io::Result<Socket> {
    Socket::new(domain, Type::STREAM, Some(Protocol::TCP))
}

pub fn open() -> io::Result<Socket> {
    tcp(Domain::IPV4)
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
    match socket.accept() {
        Ok((caller, addr)) => to_ip(addr).map(|addr| (caller, addr)),
        Err(error) => Err(error),
    }
}

pub fn listen_on(addr: SocketAddr, backlog: i32) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
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
    match error.kind() {
        io::ErrorKind::AddrInUse => BindError::PortTaken,
        io::ErrorKind::PermissionDenied => BindError::NotAllowed,
        io::ErrorKind::AddrNotAvailable => BindError::NotOurAddress,
        _ => BindError::Other,
    }
}

fn to_ip(addr: SockAddr) -> io::Result<SocketAddr> {
    addr.as_socket()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "not an IP address"))
}
