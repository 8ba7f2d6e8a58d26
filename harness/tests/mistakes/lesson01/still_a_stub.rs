//! fails: opens_a_tcp_socket_over_ipv4
//! finding: stub
//!
//! Nothing is written yet.

use std::io;
use std::net::SocketAddr;

use socket2::Socket;

pub fn open() -> io::Result<Socket> {
    todo!("write `open`")
}

pub fn bind_to(socket: &Socket, addr: SocketAddr) -> io::Result<SocketAddr> {
    todo!("write `bind_to`")
}

pub fn start_listening(socket: &Socket, backlog: i32) -> io::Result<()> {
    todo!("write `start_listening`")
}

pub fn accept_one(socket: &Socket) -> io::Result<(Socket, SocketAddr)> {
    todo!("write `accept_one`")
}

pub fn listen_on(addr: SocketAddr, backlog: i32) -> io::Result<Socket> {
    todo!("write `listen_on`")
}

pub enum BindError {
    PortTaken,
    NotAllowed,
    NotOurAddress,
    Other,
}

pub fn explain(error: &io::Error) -> BindError {
    todo!("write `explain`")
}
