//! fails: returns_the_bytes_that_arrived
//! finding: recv-waits-for-more
//!
//! Waits for the end of the stream.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

pub fn recv(stream: &mut TcpStream, max: usize) -> io::Result<Vec<u8>> {
    let mut data = Vec::new();
    stream.take(max as u64).read_to_end(&mut data)?;
    Ok(data)
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
            Err(_) => std::thread::sleep(Duration::from_millis(10)),
        }
    }
}
