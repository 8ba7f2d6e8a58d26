//! Timeouts everywhere, after each of which it goes on; long pauses where accept fails.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// Time for other work, of which there is none here.
const A_WHILE: Option<Duration> = Some(Duration::from_secs(5));

fn is_no_failure(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Interrupted | ErrorKind::WouldBlock | ErrorKind::TimedOut
    )
}

pub fn recv(stream: &mut TcpStream, max: usize) -> io::Result<Vec<u8>> {
    let mut data = vec![0; max.min(1 << 20)];
    let before = stream.read_timeout()?;
    stream.set_read_timeout(A_WHILE)?;
    let count = loop {
        match stream.read(&mut data) {
            Err(error) if is_no_failure(&error) => {}
            count => break count,
        }
    };
    stream.set_read_timeout(before)?;
    data.truncate(count?);
    Ok(data)
}

pub fn send_all(stream: &mut TcpStream, mut data: &[u8]) -> io::Result<()> {
    let before = stream.write_timeout()?;
    stream.set_write_timeout(A_WHILE)?;
    let result = loop {
        if data.is_empty() {
            break Ok(());
        }
        match stream.write(data) {
            Ok(0) => break Err(ErrorKind::WriteZero.into()),
            Ok(count) => data = &data[count..],
            Err(error) if is_no_failure(&error) => {}
            Err(error) => break Err(error),
        }
    };
    stream.set_write_timeout(before)?;
    result
}

pub fn echo(mut stream: TcpStream) -> io::Result<u64> {
    let mut count = 0;
    loop {
        let data = recv(&mut stream, 32 * 1024)?;
        if data.is_empty() {
            return Ok(count);
        }
        send_all(&mut stream, &data)?;
        count += data.len() as u64;
    }
}

pub fn serve(listener: TcpListener) -> io::Result<()> {
    let mut failures = 0;
    loop {
        match listener.accept() {
            Ok((stream, _)) => {
                failures = 0;
                if let Err(error) = echo(stream) {
                    eprintln!("a client: {error}");
                }
            }
            Err(error) if failures > 20 => return Err(error),
            Err(error) => {
                failures += 1;
                eprintln!("accept: {error}");
                thread::sleep(Duration::from_secs(1));
            }
        }
    }
}
