//! fails: goes_on_receiving_after_a_signal
//! finding: interrupted-taken-for-failure
//!
//! The learner asks again after a signal, three times at most: a loop without a limit looks dangerous.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

pub fn recv(stream: &mut TcpStream, max: usize) -> io::Result<Vec<u8>> {
    let mut buffer = vec![0u8; max.min(1 << 20)];
    let mut tries = 0;
    loop {
        tries += 1;
        match stream.read(&mut buffer) {
            Ok(n) => {
                buffer.truncate(n);
                return Ok(buffer);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted && tries < 4 => {}
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
                let _ = echo(stream);
            }
            Err(error) if error.kind() == ErrorKind::InvalidInput => return Err(error),
            Err(_) => std::thread::sleep(Duration::from_millis(10)),
        }
    }
}
