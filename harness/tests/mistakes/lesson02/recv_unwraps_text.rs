//! fails: returns_the_bytes_that_arrived
//! finding: bytes-changed
//!
//! Panics when the bytes are no UTF-8.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

pub fn recv(stream: &mut TcpStream, max: usize) -> io::Result<Vec<u8>> {
    let mut data = vec![0; max.min(1 << 20)];
    let count = stream.read(&mut data)?;
    let text = std::str::from_utf8(&data[..count]).expect("a client sends text");
    Ok(text.as_bytes().to_vec())
}

pub fn send_all(stream: &mut TcpStream, data: &[u8]) -> io::Result<()> {
    stream.write_all(data)
}

pub fn echo(mut stream: TcpStream) -> io::Result<u64> {
    let mut echoed = 0;
    loop {
        let data = recv(&mut stream, 65536)?;
        if data.is_empty() {
            return Ok(echoed);
        }
        send_all(&mut stream, &data)?;
        echoed += data.len() as u64;
    }
}

pub fn serve(listener: TcpListener) -> io::Result<()> {
    loop {
        match listener.accept() {
            Ok((stream, _)) => drop(echo(stream)),
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => return Err(error),
            Err(_) => std::thread::sleep(std::time::Duration::from_millis(10)),
        }
    }
}
