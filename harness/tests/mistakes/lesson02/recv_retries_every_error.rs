//! fails: returns_the_error_of_recv
//! finding: broken-connection-hidden
//!
//! Tries again whatever the error; after a reset, the next read gives 0.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

pub fn recv(stream: &mut TcpStream, max: usize) -> io::Result<Vec<u8>> {
    let mut data = vec![0; max];
    loop {
        if let Ok(count) = stream.read(&mut data) {
            data.truncate(count);
            return Ok(data);
        }
    }
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
