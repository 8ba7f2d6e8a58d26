//! How fast the solutions' programs are, as ratios against what people use for the same.
//!
//! `cargo bench -p harness --bench programs` builds the release builds and compares `echo` with `socat`
//! and `ncat` (many bytes) and with Python's `socketserver` (single bytes, to and fro); and `http-server`
//! with tiny-http and `python3 -m http.server` (a small file, by `wrk`) and with nginx (a large file); and
//! `fetch` with curl. `-- echo`, `-- http` or `-- fetch` runs one of them. A peer that is not installed is
//! skipped.

mod echo;
mod fetch;
mod http;

use std::error::Error;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// How long a server may stand still before it counts as stuck.
const PATIENCE: Duration = Duration::from_secs(20);

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| arg != "--bench")
        .collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let result = match args.as_slice() {
        [] => echo::compare()
            .and_then(|()| http::compare())
            .and_then(|()| fetch::compare()),
        ["echo"] => echo::compare(),
        ["http"] => http::compare(),
        ["fetch"] => fetch::compare(),
        // This program is tiny-http's server as well.
        ["tiny-http", root] => http::serve_with_tiny_http(root),
        _ => Err("usage: cargo bench -p harness --bench programs [-- echo | http | fetch]".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("programs: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Where a server says its address.
#[derive(PartialEq)]
enum Says {
    OnStdout,
    OnStderr,
    /// `Serving HTTP on 127.0.0.1 port 8000 ...`
    PortOnStdout,
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
        if says == Says::OnStderr {
            command.stderr(Stdio::piped());
        } else {
            command.stdout(Stdio::piped());
        }
        let mut child = match command.spawn() {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            child => child?,
        };
        let pipe: Option<Box<dyn Read + Send>> = match says {
            Says::OnStdout | Says::PortOnStdout => {
                child.stdout.take().map(|pipe| Box::new(pipe) as _)
            }
            Says::OnStderr => child.stderr.take().map(|pipe| Box::new(pipe) as _),
        };
        let mut lines = BufReader::new(pipe.ok_or("the server has no pipe")?).lines();
        let addr = lines
            .by_ref()
            .map_while(std::io::Result::ok)
            .find_map(|line| {
                let mut words = line.split_whitespace();
                if says == Says::PortOnStdout {
                    let port = words.skip_while(|word| *word != "port").nth(1)?;
                    return Some(SocketAddr::from(([127, 0, 0, 1], port.parse().ok()?)));
                }
                words.find_map(|word| word.parse().ok())
            });
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
