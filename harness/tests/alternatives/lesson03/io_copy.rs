//! Threads and `io::copy`, with an output that flushes itself, and an address written as text.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream, ToSocketAddrs};
use std::thread;
use std::time::{Duration, Instant};

pub fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    let mut addrs: Vec<SocketAddr> = format!("{host}:{port}").to_socket_addrs()?.collect();
    addrs.dedup();
    Ok(addrs)
}

/// Each address gets its share of the time that is left.
pub fn connect_any(addrs: &[SocketAddr], timeout: Duration) -> io::Result<TcpStream> {
    let began = Instant::now();
    let mut result = Err(io::ErrorKind::InvalidInput.into());
    for (addr, still_to_try) in addrs.iter().zip((1..=addrs.len() as u32).rev()) {
        let left = timeout.saturating_sub(began.elapsed()) / still_to_try;
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        result = TcpStream::connect_timeout(addr, left);
        if result.is_ok() {
            break;
        }
    }
    result
}

pub fn exchange(mut stream: TcpStream, message: &[u8]) -> io::Result<Vec<u8>> {
    let (mut sending, message) = (stream.try_clone()?, message.to_vec());
    let sender = thread::spawn(move || {
        io::copy(&mut message.as_slice(), &mut sending)?;
        sending.shutdown(Shutdown::Write)
    });
    let mut answer = Vec::new();
    let received = io::copy(&mut stream, &mut answer);
    sender.join().map_err(|_| io::Error::other("a panic"))??;
    received.map(|_| answer)
}

struct Flushing<'a>(&'a mut dyn Write);

impl Write for Flushing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.0.write(bytes)?;
        self.0.flush()?;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

pub fn talk(
    mut stream: TcpStream,
    mut input: Box<dyn Read + Send>,
    output: &mut dyn Write,
) -> io::Result<()> {
    let mut sending = stream.try_clone()?;
    let sender = thread::spawn(move || {
        let copied = io::copy(&mut input, &mut sending);
        let _ = sending.shutdown(Shutdown::Write);
        copied
    });
    let copied = io::copy(&mut stream, &mut Flushing(output));
    let sent = sender.is_finished().then(|| sender.join());
    let _ = stream.shutdown(Shutdown::Both);
    copied?;
    match sent {
        Some(Ok(Err(error))) => Err(error),
        _ => Ok(()),
    }
}
