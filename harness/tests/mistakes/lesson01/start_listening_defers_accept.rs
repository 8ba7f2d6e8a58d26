//! fails: lets_clients_connect
//! finding: option-nobody-asked-for
//!
//! The learner has read that TCP_DEFER_ACCEPT saves a server from waking up for nothing. A caller who
//! waits for the server to speak first is never accepted, or much too late.

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
    unsafe extern "C" { fn setsockopt(fd: i32, l: i32, n: i32, v: *const i32, len: u32) -> i32; }
    use std::os::fd::AsRawFd;
    let s: i32 = 10;
    // SAFETY: v points to an int
    unsafe { setsockopt(socket.as_raw_fd(), 6, 9, &s, 4) };
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
