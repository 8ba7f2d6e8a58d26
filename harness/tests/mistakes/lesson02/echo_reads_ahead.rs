//! fails: waits_for_a_client_that_does_not_read
//! finding: memory-grows-with-the-stream
//!
//! Receives in a thread of its own, as fast as it can, and queues what it cannot send.

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
    let (queue, queued) = std::sync::mpsc::channel();
    let mut receiving = stream.try_clone()?;
    let receiver = std::thread::spawn(move || {
        loop {
            let data = recv(&mut receiving, 65536)?;
            if data.is_empty() || queue.send(data).is_err() {
                return io::Result::Ok(());
            }
        }
    });
    let mut echoed = 0;
    for data in queued {
        send_all(&mut stream, &data)?;
        echoed += data.len() as u64;
    }
    receiver.join().unwrap()?;
    Ok(echoed)
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
