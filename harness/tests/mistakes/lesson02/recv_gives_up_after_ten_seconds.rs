//! fails: waits_until_something_comes
//! finding: recv-did-not-wait
//!
//! Sets a limit that is far longer than a test, and takes it back.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

pub fn recv(stream: &mut TcpStream, max: usize) -> io::Result<Vec<u8>> {
    let mut data = vec![0; max.min(1 << 20)];
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let count = loop {
        match stream.read(&mut data) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            count => break count,
        }
    };
    stream.set_read_timeout(None)?;
    data.truncate(count?);
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
            Err(_) => std::thread::sleep(std::time::Duration::from_millis(10)),
        }
    }
}
