//! A builder in front of socket2, with `Box<dyn Error>` inside, every option that does no harm, and a log
//! on stderr.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

use socket2::{Domain, Protocol, SockAddr, Socket, TcpKeepalive, Type};

/// A listener in the making.
struct Plan {
    domain: Domain,
    reuse: bool,
}

impl Plan {
    fn over(domain: Domain) -> Plan {
        Plan { domain, reuse: false }
    }

    fn reusing(self) -> Plan {
        Plan { reuse: true, ..self }
    }

    fn socket(&self) -> Result<Socket, Box<dyn Error>> {
        let socket = Socket::new(self.domain, Type::STREAM, Some(Protocol::TCP))?;
        socket.set_keepalive(true)?;
        socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(Duration::from_secs(300)))?;
        socket.set_tcp_nodelay(true)?;
        socket.set_recv_buffer_size(64 * 1024)?;
        socket.set_send_buffer_size(64 * 1024)?;
        if self.domain == Domain::IPV6 {
            socket.set_only_v6(true)?;
        }
        socket.set_reuse_address(self.reuse)?;
        Ok(socket)
    }
}

/// The error of the kernel that is inside.
fn unboxed(error: Box<dyn Error>) -> io::Error {
    eprintln!("error: {error}");
    match error.downcast::<io::Error>() {
        Ok(error) => *error,
        Err(other) => io::Error::other(other.to_string()),
    }
}

fn internet(addr: &SockAddr) -> Result<SocketAddr, Box<dyn Error>> {
    addr.as_socket().ok_or_else(|| "no address of the internet".into())
}

pub fn open() -> io::Result<Socket> {
    Plan::over(Domain::IPV4).socket().map_err(unboxed)
}

pub fn bind_to(socket: &Socket, addr: SocketAddr) -> io::Result<SocketAddr> {
    let bound = || -> Result<SocketAddr, Box<dyn Error>> {
        socket.bind(&addr.into())?;
        internet(&socket.local_addr()?)
    };
    bound().inspect(|real| eprintln!("{addr} is {real}")).map_err(unboxed)
}

pub fn start_listening(socket: &Socket, backlog: i32) -> io::Result<()> {
    eprintln!("room for {backlog}");
    socket.listen(backlog)
}

pub fn accept_one(socket: &Socket) -> io::Result<(Socket, SocketAddr)> {
    let accepted = || -> Result<(Socket, SocketAddr), Box<dyn Error>> {
        let (caller, addr) = socket.accept()?;
        Ok((caller, internet(&addr)?))
    };
    accepted().inspect(|(_, addr)| eprintln!("{addr} calls")).map_err(unboxed)
}

pub fn listen_on(addr: SocketAddr, backlog: i32) -> io::Result<Socket> {
    let plan = Plan::over(if addr.is_ipv6() { Domain::IPV6 } else { Domain::IPV4 }).reusing();
    let socket = plan.socket().map_err(unboxed)?;
    bind_to(&socket, addr).and_then(|_| start_listening(&socket, backlog)).map(|()| socket)
}

pub enum BindError {
    PortTaken,
    NotAllowed,
    NotOurAddress,
    Other,
}

pub fn explain(error: &io::Error) -> BindError {
    let reasons = [
        (ErrorKind::AddrInUse, BindError::PortTaken),
        (ErrorKind::PermissionDenied, BindError::NotAllowed),
        (ErrorKind::AddrNotAvailable, BindError::NotOurAddress),
    ];
    reasons
        .into_iter()
        .find_map(|(kind, reason)| (error.kind() == kind).then_some(reason))
        .unwrap_or(BindError::Other)
}
