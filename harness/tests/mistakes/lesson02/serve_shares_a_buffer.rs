//! fails: goes_on_after_clients_that_break_off
//! finding: bytes-of-another-client
//!
//! Keeps unsent bytes in a buffer that the next client inherits.

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
    let mut unsent = Vec::new();
    loop {
        let Ok((mut stream, _)) = listener.accept() else {
            continue;
        };
        while let Ok(data) = recv(&mut stream, 65536) {
            if data.is_empty() {
                break;
            }
            unsent.extend_from_slice(&data);
            if send_all(&mut stream, &unsent).is_err() {
                break;
            }
            unsent.clear();
        }
    }
}
