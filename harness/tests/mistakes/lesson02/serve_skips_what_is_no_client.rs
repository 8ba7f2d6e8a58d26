//! fails: goes_on_after_errors_of_accept
//! finding: accept-retried-without-a-pause
//!
//! Accepts again at once after an error, whatever it is.

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
    loop {
        let Ok((stream, _)) = listener.accept() else {
            continue;
        };
        let _ = echo(stream);
    }
}
