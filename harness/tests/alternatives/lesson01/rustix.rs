//! The lesson by raw system calls, through `rustix`; errors go by their number.

use std::io;
use std::net::SocketAddr;

use rustix::net::{
    AddressFamily, SocketFlags, SocketType, acceptfrom_with, bind, getsockname, listen, socket_with,
    sockopt,
};
use socket2::Socket;

fn tcp(family: AddressFamily) -> io::Result<Socket> {
    Ok(socket_with(family, SocketType::STREAM, SocketFlags::CLOEXEC, None)?.into())
}

pub fn open() -> io::Result<Socket> {
    tcp(AddressFamily::INET)
}

pub fn bind_to(socket: &Socket, addr: SocketAddr) -> io::Result<SocketAddr> {
    bind(socket, &addr)?;
    Ok(SocketAddr::try_from(getsockname(socket)?)?)
}

pub fn start_listening(socket: &Socket, backlog: i32) -> io::Result<()> {
    Ok(listen(socket, backlog)?)
}

pub fn accept_one(socket: &Socket) -> io::Result<(Socket, SocketAddr)> {
    let (caller, addr) = acceptfrom_with(socket, SocketFlags::CLOEXEC)?;
    let addr = addr.ok_or(io::ErrorKind::InvalidData)?;
    Ok((caller.into(), SocketAddr::try_from(addr)?))
}

pub fn listen_on(addr: SocketAddr, backlog: i32) -> io::Result<Socket> {
    let family = if addr.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let socket = tcp(family)?;
    sockopt::set_socket_reuseaddr(&socket, true)?;
    bind(&socket, &addr)?;
    listen(&socket, backlog)?;
    Ok(socket)
}

pub enum BindError {
    PortTaken,
    NotAllowed,
    NotOurAddress,
    Other,
}

pub fn explain(error: &io::Error) -> BindError {
    match error.raw_os_error() {
        Some(libc::EADDRINUSE) => BindError::PortTaken,
        Some(libc::EACCES) => BindError::NotAllowed,
        Some(libc::EADDRNOTAVAIL) => BindError::NotOurAddress,
        _ => BindError::Other,
    }
}
