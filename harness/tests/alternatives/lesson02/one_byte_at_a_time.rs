//! A buffer of one byte: slow, and right.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

pub fn recv(stream: &mut TcpStream, _max: usize) -> io::Result<Vec<u8>> {
    match receive_from(stream)? {
        Some(byte) => Ok(vec![byte]),
        None => Ok(Vec::new()),
    }
}

fn receive_from(mut reader: impl Read) -> io::Result<Option<u8>> {
    let mut byte = [0];
    loop {
        match reader.read(&mut byte) {
            Ok(0) => return Ok(None),
            Ok(_) => return Ok(Some(byte[0])),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

pub fn send_all(stream: &mut TcpStream, data: &[u8]) -> io::Result<()> {
    data.chunks(1)
        .try_for_each(|byte| send_to(&mut *stream, byte))
}

fn send_to(mut writer: impl Write, data: &[u8]) -> io::Result<()> {
    writer.write_all(data)
}

pub fn echo(stream: TcpStream) -> io::Result<u64> {
    let mut count = 0;
    while let Some(byte) = receive_from(&stream)? {
        send_to(&stream, &[byte])?;
        count += 1;
    }
    Ok(count)
}

pub fn serve(listener: TcpListener) -> io::Result<()> {
    loop {
        match listener.accept() {
            Ok((stream, _)) => {
                if let Err(error) = echo(stream) {
                    eprintln!("a client: {error}");
                }
            }
            Err(_) => std::thread::sleep(Duration::from_millis(1)),
        }
    }
}
