//! `client HOST PORT`: connects, sends what it reads on stdin, and prints what the server says.
//!
//! Given, around the functions of `src/lib.rs`. Try it: `nc -l -p 7000` in one terminal, and in another
//! `cargo run -p lesson03 -- localhost 7000`. What is typed on either side appears on the other;
//! Ctrl-D ends your half of the conversation.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use lesson03::{connect_any, resolve, talk};

/// How long to look for a server that answers.
const PATIENCE: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let (Some(host), Some(port), None) = (args.next(), args.next(), args.next()) else {
        eprintln!("usage: client HOST PORT      (like client localhost 7000)");
        return ExitCode::from(2);
    };
    let Ok(port) = port.parse::<u16>() else {
        eprintln!("client: {port:?} is not a port: that is a number up to 65535");
        return ExitCode::from(2);
    };
    match client(&host, port) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("client: {host} port {port}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn client(host: &str, port: u16) -> io::Result<()> {
    let stream = connect_any(&resolve(host, port)?, PATIENCE)?;
    talk(stream, Box::new(io::stdin()), &mut io::stdout())
}
