//! fails: opens_a_tcp_socket_over_ipv4
//! finding: spins or never-returned
//!
//! An endless loop.

use std::io;

use socket2::{Domain, Socket, Type};

pub fn open() -> io::Result<Socket> {
    let mut turns = 0u64;
    loop {
        turns = std::hint::black_box(turns.wrapping_add(1));
    }
}

pub use rest::*;

/// The other functions, as they should be.
mod rest {
    use std::io;
    use std::net::SocketAddr;

    use socket2::{Domain, Socket, Type};

    pub fn bind_to(socket: &Socket, addr: SocketAddr) -> io::Result<SocketAddr> {
        socket.bind(&addr.into())?;
        Ok(socket.local_addr()?.as_socket().unwrap())
    }

    pub fn start_listening(socket: &Socket, backlog: i32) -> io::Result<()> {
        socket.listen(backlog)
    }

    pub fn accept_one(socket: &Socket) -> io::Result<(Socket, SocketAddr)> {
        let (caller, addr) = socket.accept()?;
        Ok((caller, addr.as_socket().unwrap()))
    }

    pub fn listen_on(addr: SocketAddr, backlog: i32) -> io::Result<Socket> {
        let socket = Socket::new(Domain::for_address(addr), Type::STREAM, None)?;
        socket.set_reuse_address(true)?;
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
        match error.kind() {
            io::ErrorKind::AddrInUse => BindError::PortTaken,
            io::ErrorKind::PermissionDenied => BindError::NotAllowed,
            io::ErrorKind::AddrNotAvailable => BindError::NotOurAddress,
            _ => BindError::Other,
        }
    }
}
