//! Lesson 03, client: find a server by its name, connect, and talk both ways at once.
//!
//! A client turns a name into addresses, calls one after another until one answers, sends, and
//! listens. Here is a function for each step, and then the two together. The chapter is
//! `book/src/lesson03-client.md`; `cargo test -p solution03` grades what you write.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// Turns a host and a port into the addresses where a server may be reached, in the order in which
/// they should be tried.
///
/// `host` is a name like `localhost`, or an IP address like `127.0.0.1` or `::1`. A name may have
/// several addresses.
///
/// Look up: the trait `ToSocketAddrs`, and what implements it; the man page getaddrinfo(3).
///
/// # Errors
///
/// Those of getaddrinfo(3): nobody has this name, say.
pub fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    Ok((host, port).to_socket_addrs()?.collect())
}

/// Connects to the first of `addrs` that answers, tried in this order, all within `timeout`.
///
/// However many addresses there are, the call takes no longer than `timeout`. What it returns is an
/// ordinary blocking stream.
///
/// Look up: `TcpStream::connect_timeout`, `Instant` and `Duration`; the man page connect(2).
///
/// # Errors
///
/// That of the last address tried: refused or unreachable, say. `TimedOut` when the time was over,
/// `InvalidInput` when `addrs` is empty.
pub fn connect_any(addrs: &[SocketAddr], timeout: Duration) -> io::Result<TcpStream> {
    let began = Instant::now();
    let mut last = io::Error::new(io::ErrorKind::InvalidInput, "no address to connect to");
    for addr in addrs {
        let left = timeout.saturating_sub(began.elapsed());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        match TcpStream::connect_timeout(addr, left) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Sends all of `message`, says that this was all, and returns everything that the peer answers until
/// it is done, too. The connection is closed then.
///
/// The peer may begin to answer before it has heard everything: an echo does. Whoever only writes, and
/// does not read meanwhile, may wait for ever for a peer who does the same.
///
/// Look up: `TcpStream::shutdown`, `Read::read_to_end` and `std::thread::scope`; the man page
/// shutdown(2).
///
/// # Errors
///
/// Those of send(2) and recv(2): the peer reset the connection, say.
pub fn exchange(stream: TcpStream, message: &[u8]) -> io::Result<Vec<u8>> {
    thread::scope(|scope| {
        let sender = thread::Builder::new().spawn_scoped(scope, || {
            (&stream).write_all(message)?;
            stream.shutdown(Shutdown::Write)
        })?;
        let mut answer = Vec::new();
        let received = (&stream).read_to_end(&mut answer);
        let sent = sender.join().expect("the sender does not panic");
        received.and(sent).and(Ok(answer))
    })
}

/// Copies `input` to the peer and what the peer says to `output`, both at once, until the peer is done.
///
/// When `input` ends, the peer is told so, and may go on talking. When the peer is done, `talk`
/// returns, even while `input` still waits for somebody to type, and the connection is closed. What
/// arrives is written and flushed at once.
///
/// Look up: `TcpStream::try_clone`, `std::thread::Builder` and `io::copy`, and what `io::copy` does not
/// do: flush; the man page shutdown(2).
///
/// # Errors
///
/// The connection was reset; `output` takes no more, or `input` fails.
pub fn talk(
    stream: TcpStream,
    mut input: Box<dyn Read + Send>,
    output: &mut dyn Write,
) -> io::Result<()> {
    let mut to_peer = stream.try_clone()?;
    let (outcome, sent) = mpsc::channel();
    // Nobody waits for this thread: it may sit in a read that only a key press ends.
    thread::Builder::new().spawn(move || {
        let copied = io::copy(&mut input, &mut to_peer);
        let told = to_peer.shutdown(Shutdown::Write);
        let _ = outcome.send(copied.and(told)); // fails when talk has returned
    })?;
    let received = copy_as_it_arrives(&stream, output);
    // Asked before the shutdown, which makes a thread that still sends fail, and is no failure of talk.
    let sent = sent.try_recv().unwrap_or(Ok(()));
    // The thread holds the connection, too: closing our handle would not be heard by the peer.
    let _ = stream.shutdown(Shutdown::Both); // fails when the peer has gone
    received.and(sent)
}

/// As `io::copy`, but nothing waits in a buffer of `output`.
fn copy_as_it_arrives(mut stream: &TcpStream, output: &mut dyn Write) -> io::Result<()> {
    let mut buffer = [0; 16 * 1024];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => {
                output.write_all(&buffer[..count])?;
                output.flush()?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
