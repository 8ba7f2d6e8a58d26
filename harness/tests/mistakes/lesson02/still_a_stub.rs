//! fails: returns_the_bytes_that_arrived
//! finding: stub
//!
//! Nothing is written yet.

use std::io::{self};
use std::net::{TcpListener, TcpStream};

pub fn recv(stream: &mut TcpStream, max: usize) -> io::Result<Vec<u8>> {
    todo!("write `recv`")
}

pub fn send_all(stream: &mut TcpStream, data: &[u8]) -> io::Result<()> {
    todo!("write `send_all`")
}

pub fn echo(stream: TcpStream) -> io::Result<u64> {
    todo!("write `echo`")
}

pub fn serve(listener: TcpListener) -> io::Result<()> {
    todo!("write `serve`")
}
