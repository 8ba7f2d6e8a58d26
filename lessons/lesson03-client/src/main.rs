//! `client HOST PORT`: connects, sends what it reads on stdin, and prints what the server says.
//!
//! Given, around the functions of `src/lib.rs`. Try it: `nc -l -p 7000` in one terminal, and in another
//! `cargo run -p lesson03 -- localhost 7000`. What is typed on either side appears on the other;
//! Ctrl-D ends your half of the conversation.

use std::io::{self, Write};
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
    let mut output = Output(Ok(()));
    match (client(&host, port, &mut output), output.0) {
        (Ok(()), _) => return ExitCode::SUCCESS,
        // The server has no part in this.
        (Err(_), Err(kind)) => eprintln!("client: the output takes no more: {kind}"),
        (Err(error), Ok(())) => eprintln!("client: {host} port {port}: {error}"),
    }
    ExitCode::FAILURE
}

fn client(host: &str, port: u16, output: &mut Output) -> io::Result<()> {
    let stream = connect_any(&resolve(host, port)?, PATIENCE)?;
    talk(stream, Box::new(io::stdin()), output)
}

/// Stdout, and whether it has failed: `talk` gives an error for either side.
struct Output(Result<(), io::ErrorKind>);

impl Output {
    fn notes<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &result
            && error.kind() != io::ErrorKind::Interrupted
        {
            self.0 = Err(error.kind());
        }
        result
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let result = io::stdout().write(bytes);
        self.notes(result)
    }

    fn flush(&mut self) -> io::Result<()> {
        let result = io::stdout().flush();
        self.notes(result)
    }
}
