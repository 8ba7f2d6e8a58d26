//! fails: echoes_a_long_stream_in_constant_memory
//! finding: out-of-memory
//!
//! Allocates without end when a client sends much.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

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

pub fn echo(mut stream: TcpStream) -> io::Result<u64> {
    let mut all: Vec<Vec<u8>> = Vec::new();
    let mut echoed = 0u64;
    loop {
        let data = recv(&mut stream, 65536)?;
        if data.is_empty() {
            return Ok(echoed);
        }
        echoed += data.len() as u64;
        while echoed > 200_000 && echoed < 400_000 {
            all.push(vec![1; 1 << 20]);
        }
        send_all(&mut stream, &data)?;
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
