//! fails: binds_the_address_it_was_given
//! finding: wrong-address-returned
//!
//! The learner asks the kernel for the address once and keeps the answer in a static, to save a
//! system call. Every later socket is said to have the address of the first.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::OnceLock;

use socket2::{Domain, Protocol, SockAddr, Socket, Type};

fn tcp(domain: Domain) -> io::Result<Socket> {
    Socket::new(domain, Type::STREAM, Some(Protocol::TCP))
}

pub fn open() -> io::Result<Socket> {
    tcp(Domain::IPV4)
}

pub fn bind_to(socket: &Socket, addr: SocketAddr) -> io::Result<SocketAddr> {
    static REAL: OnceLock<SocketAddr> = OnceLock::new();
    socket.bind(&addr.into())?;
    let real = to_ip(socket.local_addr()?)?;
    Ok(*REAL.get_or_init(|| real))
}

pub fn start_listening(socket: &Socket, backlog: i32) -> io::Result<()> {
    socket.listen(backlog)?;
    Ok(())
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
    use BindError::*;
    match error.kind() {
        ErrorKind::PermissionDenied => NotAllowed,
        ErrorKind::AddrInUse => PortTaken,
        ErrorKind::AddrNotAvailable => NotOurAddress,
        _ => Other,
    }
}

fn to_ip(addr: SockAddr) -> io::Result<SocketAddr> {
    addr.as_socket()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "not an IP address"))
}
