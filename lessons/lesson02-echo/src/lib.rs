//! Lesson 02, echo: what a client sends comes back, every byte of it and nothing else.
//!
//! The smallest server that does something: `accept`, `recv`, `send`, `close`. Here is a function that
//! receives, one that sends, one that keeps a conversation going, and one that serves client after
//! client. The chapter is `book/src/lesson02-echo.md`; `cargo test -p lesson02` grades what you write.

use std::io;
use std::net::{TcpListener, TcpStream};

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
    let _ = (stream, max); // keeps the compiler quiet until you use them
    todo!("write `recv`")
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
    let _ = (stream, data); // keeps the compiler quiet until you use them
    todo!("write `send_all`")
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
pub fn echo(stream: TcpStream) -> io::Result<u64> {
    let _ = stream; // keeps the compiler quiet until you use it
    todo!("write `echo`")
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
    let _ = listener; // keeps the compiler quiet until you use it
    todo!("write `serve`")
}
