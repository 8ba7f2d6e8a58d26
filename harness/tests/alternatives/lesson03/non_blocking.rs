//! No call that blocks: sockets that are asked again and again, in one thread. Only the input, which
//! may block, has another.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc::{TryRecvError, channel};
use std::thread;
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, Socket, Type};

fn a_moment() {
    thread::sleep(Duration::from_millis(1));
}

fn not_yet(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}

pub fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    (host, port).to_socket_addrs().map(Iterator::collect)
}

fn connect(addr: SocketAddr, until: Instant) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    match socket.connect(&addr.into()) {
        Ok(()) => {}
        Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => loop {
            if let Some(error) = socket.take_error()? {
                return Err(error);
            }
            if socket.peer_addr().is_ok() {
                break;
            }
            if Instant::now() >= until {
                return Err(io::ErrorKind::TimedOut.into());
            }
            a_moment();
        },
        Err(error) => return Err(error),
    }
    socket.set_nonblocking(false)?;
    Ok(socket.into())
}

pub fn connect_any(addrs: &[SocketAddr], timeout: Duration) -> io::Result<TcpStream> {
    let until = Instant::now() + timeout;
    let mut last = io::Error::from(io::ErrorKind::InvalidInput);
    for addr in addrs {
        match connect(*addr, until) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

pub fn exchange(mut stream: TcpStream, mut message: &[u8]) -> io::Result<Vec<u8>> {
    stream.set_nonblocking(true)?;
    let mut answer = Vec::new();
    let mut buffer = vec![0; 1 << 20];
    let mut all_is_sent = false;
    let mut all_is_read = false;
    while !(all_is_sent && all_is_read) {
        let mut moved = false;
        if message.is_empty() && !all_is_sent {
            stream.shutdown(Shutdown::Write)?;
            all_is_sent = true;
        }
        if !message.is_empty() {
            match stream.write(message) {
                Ok(count) => {
                    message = &message[count..];
                    moved = true;
                }
                Err(error) if not_yet(&error) => {}
                Err(error) => return Err(error),
            }
        }
        if !all_is_read {
            match stream.read(&mut buffer) {
                Ok(0) => all_is_read = true,
                Ok(count) => {
                    answer.extend_from_slice(&buffer[..count]);
                    moved = true;
                }
                Err(error) if not_yet(&error) => {}
                Err(error) => return Err(error),
            }
        }
        if !moved {
            a_moment();
        }
    }
    Ok(answer)
}

pub fn talk(
    mut stream: TcpStream,
    mut input: Box<dyn Read + Send>,
    output: &mut dyn Write,
) -> io::Result<()> {
    let (typed, to_send) = channel();
    thread::spawn(move || {
        let mut buffer = [0; 5000];
        loop {
            let piece = input.read(&mut buffer).map(|count| buffer[..count].to_vec());
            let is_last = !matches!(&piece, Ok(piece) if !piece.is_empty());
            if typed.send(piece).is_err() || is_last {
                break;
            }
        }
    });
    stream.set_nonblocking(true)?;
    let mut pending = Vec::new();
    let mut input_ended = false;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let mut moved = true;
        match stream.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => {
                output.write_all(&buffer[..count])?;
                output.flush()?;
            }
            Err(error) if not_yet(&error) => moved = false,
            Err(error) => return Err(error),
        }
        if pending.is_empty() && !input_ended {
            match to_send.try_recv() {
                Ok(Ok(more)) => pending = more,
                Ok(Err(error)) => return Err(error),
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Disconnected) => {
                    input_ended = true;
                    stream.shutdown(Shutdown::Write)?;
                }
            }
        }
        if !pending.is_empty() {
            match stream.write(&pending) {
                Ok(count) => {
                    pending.drain(..count);
                    moved = true;
                }
                Err(error) if not_yet(&error) => {}
                Err(error) => return Err(error),
            }
        }
        if !moved {
            a_moment();
        }
    }
}
