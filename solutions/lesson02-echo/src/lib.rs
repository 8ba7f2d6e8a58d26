//! Lesson 02, echo: what a client sends comes back, every byte of it and nothing else.
//!
//! The smallest server that does something: `accept`, `recv`, `send`, `close`. Here is a function that
//! receives, one that sends, one that keeps a conversation going, and one that serves client after
//! client. The chapter is `book/src/lesson02-echo.md`; `cargo test -p solution02` grades what you write.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// How much `echo` asks for at once, and so how much memory a conversation takes.
const BUFFER: usize = 16 * 1024;

/// How long `serve` waits when the system has nothing left for another caller.
const BREATHER: Duration = Duration::from_millis(10);

/// Waits until something has arrived, and returns it: at least one byte, at most `max`.
///
/// An empty `Vec` means that the peer is done: it will send no more. How much comes is the network's
/// choice, and says nothing about how it was sent.
///
/// Look up: `Read::read` and `Vec::truncate`; `ErrorKind::Interrupted`; the man page recv(2).
///
/// # Errors
///
/// Those of recv(2), as they come: the connection was reset, say. A signal is none: it goes on.
pub fn recv(stream: &mut TcpStream, max: usize) -> io::Result<Vec<u8>> {
    // A wish for more than this is granted in part, so that nobody can wish the memory away.
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

/// Sends all of `data`, however little of it the kernel takes at a time.
///
/// When it returns, the kernel has the bytes. That the peer has read them is another matter.
///
/// Look up: `Write::write` and `Write::write_all`; the man page send(2).
///
/// # Errors
///
/// Those of send(2), as they come: the peer has closed or reset the connection. Some of `data` may be
/// on its way then. A signal is none: it goes on.
pub fn send_all(stream: &mut TcpStream, data: &[u8]) -> io::Result<()> {
    stream.write_all(data)
}

/// Sends back what the client sends, as soon as it arrives, until the client is done. Then closes the
/// connection, and returns how many bytes went back.
///
/// However long the stream, the memory for it stays the same.
///
/// Look up: `recv` and `send_all` above; when a `TcpStream` is closed.
///
/// # Errors
///
/// Those of recv(2) and send(2), as they come. The connection is closed then, too.
pub fn echo(mut stream: TcpStream) -> io::Result<u64> {
    let mut echoed = 0;
    loop {
        let data = recv(&mut stream, BUFFER)?;
        if data.is_empty() {
            return Ok(echoed);
        }
        send_all(&mut stream, &data)?;
        echoed += data.len() as u64;
    }
}

/// Serves one client after another, for ever.
///
/// A client that breaks off ends its own conversation, and no other. An accept that fails for one
/// caller, or because the system is short of something for a while, is no reason to stop either.
///
/// Look up: `TcpListener::accept`; the errors in the man page accept(2).
///
/// # Errors
///
/// That of accept(2) when the listener does not listen, or no longer does (EINVAL).
pub fn serve(listener: TcpListener) -> io::Result<()> {
    loop {
        match listener.accept() {
            // How a conversation ended concerns the client that had it.
            Ok((stream, _)) => drop(echo(stream)),
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => return Err(error),
            // The caller has left (ECONNABORTED), or no descriptor is free (EMFILE). Without a pause,
            // the latter would come again at once, and keep a processor busy.
            Err(_) => thread::sleep(BREATHER),
        }
    }
}
