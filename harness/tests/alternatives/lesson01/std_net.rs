//! The lesson by means of `std::net`, where it reaches: a listener of std is opened, bound and
//! listening at once, so that the single steps are taken on it as a socket.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};

use socket2::{Domain, SockRef, Socket, Type};

pub fn open() -> io::Result<Socket> {
    Socket::new(Domain::IPV4, Type::STREAM, None)
}

pub fn bind_to(socket: &Socket, addr: SocketAddr) -> io::Result<SocketAddr> {
    SockRef::from(socket).bind(&addr.into())?;
    // A clone as a listener of std, only to ask it for its address; closed on return.
    let listener: TcpListener = socket.try_clone()?.into();
    listener.local_addr()
}

pub fn start_listening(socket: &Socket, backlog: i32) -> io::Result<()> {
    SockRef::from(socket).listen(backlog)
}

pub fn accept_one(socket: &Socket) -> io::Result<(Socket, SocketAddr)> {
    let listener: TcpListener = socket.try_clone()?.into();
    let (stream, addr): (TcpStream, SocketAddr) = listener.accept()?;
    Ok((stream.into(), addr))
}

pub fn listen_on(addr: SocketAddr, backlog: i32) -> io::Result<Socket> {
    let listener = TcpListener::bind(addr)?;
    let socket = Socket::from(listener);
    // std has listened with a backlog of its own; listening again changes it.
    socket.listen(backlog)?;
    Ok(socket)
}

#[derive(Debug)]
pub enum BindError {
    PortTaken,
    NotAllowed,
    NotOurAddress,
    Other,
}

pub fn explain(error: &io::Error) -> BindError {
    use io::ErrorKind::{AddrInUse, AddrNotAvailable, PermissionDenied};
    let table = [
        (AddrInUse, BindError::PortTaken),
        (PermissionDenied, BindError::NotAllowed),
        (AddrNotAvailable, BindError::NotOurAddress),
    ];
    let found = table.into_iter().find(|(kind, _)| *kind == error.kind());
    found.map_or(BindError::Other, |(_, found)| found)
}
