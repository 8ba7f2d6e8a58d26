//! fails: sends_back_what_the_client_sends
//! finding: stub
//!
//! Two of four are written.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

pub fn recv(stream: &mut TcpStream, max: usize) -> io::Result<Vec<u8>> {
    let mut data = vec![0; max.min(1 << 20)];
    loop {
        match stream.read(&mut data) {
            Ok(count) => {
                data.truncate(count);
                return Ok(data);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

pub fn send_all(stream: &mut TcpStream, data: &[u8]) -> io::Result<()> {
    stream.write_all(data)
}

pub fn echo(stream: TcpStream) -> io::Result<u64> {
    todo!("write `echo`")
}

pub fn serve(listener: TcpListener) -> io::Result<()> {
    todo!("write `serve`")
}
