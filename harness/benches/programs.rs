//! How fast the solutions' programs are, as ratios against what people use for the same.
//!
//! `cargo bench -p harness --bench programs` builds the release build of `echo` and compares it with
//! `socat` and `ncat` (many bytes) and with Python's `socketserver` (single bytes, to and fro). A peer
//! that is not installed is skipped.

use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// How often each of two programs is timed, in turn.
const ROUNDS: usize = 9;
/// How many bytes go there and back.
const BULK: usize = 256 << 20;
/// How often a block goes there and back.
const BLOCKS: usize = 20;
/// How often one byte goes there and back.
const TURNS: usize = 10_000;
/// How long a server may stand still before it counts as stuck.
const PATIENCE: Duration = Duration::from_secs(20);

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

fn main() -> ExitCode {
    match compare() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("programs: {error}");
            ExitCode::FAILURE
        }
    }
}

fn compare() -> Result<()> {
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

/// Where a server says its address.
#[derive(PartialEq)]
enum Says {
    OnStdout,
    OnStderr,
}

struct Server {
    child: Child,
    addr: SocketAddr,
}

impl Server {
    /// Starts a server and waits until it says where it listens; `None` where it is not installed.
    fn start(command: &mut Command, says: Says) -> Result<Option<Server>> {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if says == Says::OnStdout {
            command.stdout(Stdio::piped());
        } else {
            command.stderr(Stdio::piped());
        }
        let mut child = match command.spawn() {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            child => child?,
        };
        let pipe: Option<Box<dyn Read + Send>> = match says {
            Says::OnStdout => child.stdout.take().map(|pipe| Box::new(pipe) as _),
            Says::OnStderr => child.stderr.take().map(|pipe| Box::new(pipe) as _),
        };
        let mut lines = BufReader::new(pipe.ok_or("the server has no pipe")?).lines();
        let addr = lines
            .by_ref()
            .map_while(std::io::Result::ok)
            .find_map(|line| line.split_whitespace().find_map(|word| word.parse().ok()));
        // Whatever else it says is read, so that it does not wait for room in the pipe.
        std::thread::spawn(move || lines.map_while(std::io::Result::ok).for_each(drop));
        let addr = addr.ok_or("the server did not say where it listens")?;
        Ok(Some(Server { child, addr }))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Builds a program for release and gives its path.
fn built(package: &str, name: &str) -> Result<PathBuf> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
    cargo.args([
        "build",
        "-q",
        "--release",
        "-p",
        package,
        "--message-format",
        "json",
    ]);
    let output = cargo.output()?;
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let message: serde_json::Value = serde_json::from_str(line)?;
        if let (Some(path), true) = (
            message["executable"].as_str(),
            message["target"]["name"] == name,
        ) {
            return Ok(path.into());
        }
    }
    Err(format!("{package}: {}", String::from_utf8_lossy(&output.stderr)).into())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1000.0)
}
