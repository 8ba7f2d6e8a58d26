//! fails: serves_clients_that_had_to_wait
//! finding: silence-taken-for-the-end
//!
//! The learner sets a read timeout on each client, so that none can hold the server. One that thinks for
//! longer is hung up on.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

pub fn recv(stream: &mut TcpStream, max: usize) -> io::Result<Vec<u8>> {
    let mut buffer = vec![0u8; max.min(1 << 20)];
    loop {
        match stream.read(&mut buffer) {
            Ok(n) => {
                buffer.truncate(n);
                return Ok(buffer);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

pub fn send_all(stream: &mut TcpStream, data: &[u8]) -> io::Result<()> {
    stream.write_all(data)
}

pub fn echo(mut stream: TcpStream) -> io::Result<u64> {
    let mut total = 0;
    loop {
        let piece = recv(&mut stream, 16 * 1024)?;
        if piece.is_empty() {
            return Ok(total);
        }
        send_all(&mut stream, &piece)?;
        total += piece.len() as u64;
    }
}

pub fn serve(listener: TcpListener) -> io::Result<()> {
    loop {
        match listener.accept() {
            Ok((stream, _)) => {
                let _ = stream.set_read_timeout(Some(Duration::from_secs(30)));
                let _ = echo(stream);
            }
            Err(error) if error.kind() == ErrorKind::InvalidInput => return Err(error),
            Err(_) => std::thread::sleep(Duration::from_millis(10)),
        }
    }
}
