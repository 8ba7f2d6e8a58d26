//! `echo` beside socat, ncat and Python's socketserver.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::{PATIENCE, Result, Says, Server, built, median, ms};

/// How often each of two programs is timed, in turn.
const ROUNDS: usize = 9;
/// How many bytes go there and back.
const BULK: usize = 256 << 20;
/// How often a block goes there and back.
const BLOCKS: usize = 20;
/// How often one byte goes there and back.
const TURNS: usize = 10_000;
/// An echo server of Python's own, as its documentation writes one.
const SOCKETSERVER: &str = "
import socketserver
class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(65536):
            self.request.sendall(data)
with socketserver.TCPServer(('127.0.0.1', 0), Echo) as server:
    print('listening on %s:%d' % server.server_address, flush=True)
    server.serve_forever()
";

pub fn compare() -> Result<()> {
    let echo = built("solution02", "solution-echo")?;
    println!(
        "medians of {ROUNDS}, the two of a ratio in turn; more than 1.00 is faster than the other\n"
    );
    let mut ours = Command::new(&echo);
    let ours =
        Server::start(ours.arg("127.0.0.1:0"), Says::OnStdout)?.ok_or("echo is not there")?;

    let mut socat = Command::new("socat");
    socat.args([
        "-d",
        "-d",
        "-b65536",
        "TCP-LISTEN:0,bind=127.0.0.1,fork",
        // Its own PIPE stands still here: it waits in a write to the pipe that it alone would read.
        "EXEC:/bin/cat",
    ]);
    let mut ncat = Command::new("ncat");
    // It names the port that it was given, never the one that the kernel chose for port 0.
    let port = std::net::TcpListener::bind("127.0.0.1:0")?
        .local_addr()?
        .port();
    ncat.args(["-v", "-l", "-k", "-e", "/bin/cat", "127.0.0.1"]);
    ncat.arg(port.to_string());
    match Server::start(&mut socat, Says::OnStderr)? {
        Some(server) => versus("socat", &ours, &server, "a stream", stream)?,
        None => println!("socat is not installed: skipped\n"),
    }
    // It stands still when more is under way than fits into a pipe.
    match Server::start(&mut ncat, Says::OnStderr)? {
        Some(server) => versus("ncat", &ours, &server, "blocks, to and fro", blocks)?,
        None => println!("ncat is not installed: skipped\n"),
    }
    let mut python = Command::new("python3");
    python.args(["-c", SOCKETSERVER]);
    match Server::start(&mut python, Says::OnStdout)? {
        Some(server) => versus(
            "python3 socketserver",
            &ours,
            &server,
            "one byte, to and fro",
            turns,
        )?,
        None => println!("python3 is not installed: skipped"),
    }
    Ok(())
}

fn versus(
    name: &str,
    ours: &Server,
    theirs: &Server,
    what: &str,
    measure: fn(SocketAddr) -> Result<Duration>,
) -> Result<()> {
    let (mut our_times, mut their_times) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        our_times.push(measure(ours.addr)?);
        their_times.push(measure(theirs.addr)?);
    }
    let (ours, theirs) = (median(our_times), median(their_times));
    println!("{what}: echo {}   {name} {}", ms(ours), ms(theirs));
    println!("  ratio {:.2}\n", theirs.as_secs_f64() / ours.as_secs_f64());
    Ok(())
}

/// Sends much and reads it back at the same time.
fn stream(addr: SocketAddr) -> Result<Duration> {
    let stream = connected(addr)?;
    let block = vec![0x5a; 1 << 18];
    let mut buffer = vec![0; 1 << 18];
    let began = Instant::now();
    std::thread::scope(|scope| -> Result<()> {
        let sender = scope.spawn(|| -> std::io::Result<()> {
            (0..BULK / block.len()).try_for_each(|_| (&stream).write_all(&block))
        });
        let mut missing = BULK;
        while missing > 0 {
            match (&stream).read(&mut buffer)? {
                0 => return Err(format!("the server closed with {missing} bytes missing").into()),
                count => missing -= count,
            }
        }
        sender.join().map_err(|_| "the sender panicked")??;
        Ok(())
    })?;
    Ok(began.elapsed())
}

/// Sends a block and reads it back before the next.
fn blocks(addr: SocketAddr) -> Result<Duration> {
    let mut stream = connected(addr)?;
    let mut block = vec![0x5a; 1 << 15];
    let began = Instant::now();
    for _ in 0..BLOCKS {
        stream.write_all(&block)?;
        stream.read_exact(&mut block)?;
    }
    Ok(began.elapsed())
}

/// Sends a byte and waits for it to come back, many times.
fn turns(addr: SocketAddr) -> Result<Duration> {
    let mut stream = connected(addr)?;
    let mut byte = [0];
    let began = Instant::now();
    for _ in 0..TURNS {
        stream.write_all(&byte)?;
        stream.read_exact(&mut byte)?;
    }
    Ok(began.elapsed())
}

/// A connection on which a first byte has gone there and back: the server has nothing left to prepare.
fn connected(addr: SocketAddr) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(addr)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(&[1])?;
    stream.read_exact(&mut [0])?;
    Ok(stream)
}
