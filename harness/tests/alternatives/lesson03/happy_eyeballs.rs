//! Each address has a head start before the next is tried beside it, as RFC 8305 has it; and small
//! buffers, filled and emptied by hand.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

const HEAD_START: Duration = Duration::from_millis(100);

pub fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    let mut addrs = Vec::new();
    for addr in (host, port).to_socket_addrs()? {
        if !addrs.contains(&addr) {
            addrs.push(addr);
        }
    }
    Ok(addrs)
}

pub fn connect_any(addrs: &[SocketAddr], timeout: Duration) -> io::Result<TcpStream> {
    let until = Instant::now() + timeout;
    let left = || {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            Err(io::Error::from(io::ErrorKind::TimedOut))
        } else {
            Ok(left)
        }
    };
    let (tried, results) = channel();
    let mut under_way = 0;
    let mut last = io::Error::from(io::ErrorKind::InvalidInput);
    let mut waiting = addrs.iter().copied();
    loop {
        let next = waiting.next();
        if let Some(addr) = next {
            let (tried, time) = (tried.clone(), left()?);
            thread::spawn(move || tried.send(TcpStream::connect_timeout(&addr, time)));
            under_way += 1;
        }
        if under_way == 0 {
            return Err(last);
        }
        let wait = if next.is_some() {
            left()?.min(HEAD_START)
        } else {
            left()?
        };
        match results.recv_timeout(wait) {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => {
                under_way -= 1;
                last = error;
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                left()?;
            }
        }
    }
}

pub fn exchange(stream: TcpStream, message: &[u8]) -> io::Result<Vec<u8>> {
    let (mut sending, mut receiving) = (&stream, &stream);
    thread::scope(|scope| {
        // The other way round: the answer in a thread, the message here.
        let answer = scope.spawn(move || {
            let mut answer = Vec::new();
            let mut buffer = [0; 100];
            loop {
                match receiving.read(&mut buffer)? {
                    0 => return io::Result::Ok(answer),
                    count => answer.extend_from_slice(&buffer[..count]),
                }
            }
        });
        for piece in message.chunks(1000) {
            sending.write_all(piece)?;
        }
        sending.shutdown(Shutdown::Write)?;
        answer.join().map_err(|_| io::Error::other("a panic"))?
    })
}

pub fn talk(
    stream: TcpStream,
    mut input: Box<dyn Read + Send>,
    output: &mut dyn Write,
) -> io::Result<()> {
    let mut sending = stream.try_clone()?;
    let (failed, input_error) = channel();
    thread::spawn(move || {
        let mut buffer = [0; 100];
        loop {
            match input.read(&mut buffer) {
                Ok(count @ 1..) if sending.write_all(&buffer[..count]).is_ok() => {}
                Ok(_) => {
                    let _ = sending.shutdown(Shutdown::Write);
                    break;
                }
                // Half of an input is none: the whole conversation ends.
                Err(error) => {
                    let _ = failed.send(error);
                    let _ = sending.shutdown(Shutdown::Both);
                    break;
                }
            }
        }
    });
    let mut receiving = &stream;
    let mut buffer = [0; 300];
    let result = loop {
        match receiving.read(&mut buffer) {
            Ok(0) => break Ok(()),
            Ok(count) => {
                let shown = output.write_all(&buffer[..count]);
                if let Err(error) = shown.and_then(|()| output.flush()) {
                    break Err(error);
                }
            }
            Err(error) => break Err(error),
        }
    };
    let _ = stream.shutdown(Shutdown::Both);
    input_error.try_recv().map_or(result, Err)
}
