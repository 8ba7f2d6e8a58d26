//! The lesson by somebody who trusts nothing: SO_REUSEADDR everywhere, interrupted calls begun again,
//! IPv6 kept to itself, time-outs and non-blocking mode used on the way and taken back, errors logged.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};

fn again<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                eprintln!("a call failed: {error}");
                return Err(error);
            }
            result => return result,
        }
    }
}

fn tcp(domain: Domain) -> io::Result<Socket> {
    let socket = again(|| Socket::new(domain, Type::STREAM, Some(Protocol::TCP)))?;
    socket.set_reuse_address(true)?;
    socket.set_keepalive(true)?;
    Ok(socket)
}

pub fn open() -> io::Result<Socket> {
    tcp(Domain::IPV4)
}

pub fn bind_to(socket: &Socket, addr: SocketAddr) -> io::Result<SocketAddr> {
    again(|| socket.bind(&addr.into()))?;
    let bound = again(|| socket.local_addr())?;
    bound.as_socket().ok_or_else(|| io::Error::other("no address of the internet"))
}

pub fn start_listening(socket: &Socket, backlog: i32) -> io::Result<()> {
    again(|| socket.listen(backlog))
}

pub fn accept_one(socket: &Socket) -> io::Result<(Socket, SocketAddr)> {
    // Looks every few milliseconds whether it is to stop, as a server with a stop flag would.
    socket.set_read_timeout(Some(Duration::from_millis(5)))?;
    let accepted = loop {
        match socket.accept() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            result => break result,
        }
    };
    socket.set_read_timeout(None)?;
    let (caller, addr) = accepted?;
    let addr = addr.as_socket().ok_or_else(|| io::Error::other("not TCP/IP"))?;
    Ok((caller, addr))
}

pub fn listen_on(addr: SocketAddr, backlog: i32) -> io::Result<Socket> {
    let socket = tcp(if addr.is_ipv6() { Domain::IPV6 } else { Domain::IPV4 })?;
    if addr.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    bind_to(&socket, addr)?;
    start_listening(&socket, backlog)?;
    Ok(socket)
}

pub enum BindError {
    PortTaken,
    NotAllowed,
    NotOurAddress,
    Other,
}

pub fn explain(error: &io::Error) -> BindError {
    if error.kind() == io::ErrorKind::AddrInUse {
        return BindError::PortTaken;
    }
    if error.kind() == io::ErrorKind::PermissionDenied {
        return BindError::NotAllowed;
    }
    if error.kind() == io::ErrorKind::AddrNotAvailable {
        return BindError::NotOurAddress;
    }
    BindError::Other
}
