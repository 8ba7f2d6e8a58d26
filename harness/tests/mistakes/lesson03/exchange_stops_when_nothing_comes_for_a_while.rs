//! fails: returns_an_answer_that_comes_in_pieces
//! finding: quiet-server-taken-for-done
//!
//! The learner takes a pause of 5 ms for the end of the answer, once it has begun.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};
use std::{io, thread};

pub fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    Ok((host, port).to_socket_addrs()?.collect())
}

pub fn connect_any(addrs: &[SocketAddr], timeout: Duration) -> io::Result<TcpStream> {
    let deadline = Instant::now() + timeout;
    let mut error = io::Error::from(io::ErrorKind::InvalidInput);
    for addr in addrs {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        match TcpStream::connect_timeout(addr, left) {
            Ok(stream) => return Ok(stream),
            Err(failed) => error = failed,
        }
    }
    Err(error)
}

pub fn exchange(mut stream: TcpStream, message: &[u8]) -> io::Result<Vec<u8>> {
    stream.write_all(message)?;
    stream.shutdown(Shutdown::Write)?;
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return Ok(answer),
            Ok(count) => answer.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(answer),
            Err(error) => return Err(error),
        }
        stream.set_read_timeout(Some(Duration::from_millis(5)))?;
    }
}

pub fn talk(
    mut stream: TcpStream,
    mut input: Box<dyn Read + Send>,
    output: &mut dyn Write,
) -> io::Result<()> {
    let mut sending = stream.try_clone()?;
    let sender = thread::spawn(move || {
        let sent = io::copy(&mut input, &mut sending);
        let _ = sending.shutdown(Shutdown::Write);
        sent
    });
    let mut buffer = [0; 4096];
    let result = loop {
        match stream.read(&mut buffer) {
            Ok(0) => break Ok(()),
            Ok(count) => {
                if let Err(error) = output
                    .write_all(&buffer[..count])
                    .and_then(|()| output.flush())
                {
                    break Err(error);
                }
            }
            Err(error) => break Err(error),
        }
    };
    let sent = if sender.is_finished() {
        sender.join().unwrap_or(Ok(0))
    } else {
        Ok(0)
    };
    let _ = stream.shutdown(Shutdown::Both);
    result.and(sent.map(drop))
}
