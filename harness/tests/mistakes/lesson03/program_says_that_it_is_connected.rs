//! fails: shows_an_answer_while_input_is_still_open
//! finding: program-does-not-pass-on
//!
//! The learner greets the user, on stdout, where only what the server says belongs.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use solution03::{connect_any, resolve, talk};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [host, port] = args.as_slice() else {
        eprintln!("usage: client HOST PORT");
        return ExitCode::from(2);
    };
    let Ok(port) = port.parse::<u16>() else {
        eprintln!("client: {port:?} is not a port");
        return ExitCode::from(2);
    };
    match client(host, port) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("client: {host}:{port}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn client(host: &str, port: u16) -> io::Result<()> {
    let stream = connect_any(&resolve(host, port)?, Duration::from_secs(10))?;
    println!("connected to {host}");
    talk(stream, Box::new(io::stdin()), &mut io::stdout())
}
