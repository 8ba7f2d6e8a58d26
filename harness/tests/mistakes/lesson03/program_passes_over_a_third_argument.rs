//! fails: says_what_it_wants_as_arguments
//! finding: client-fails-without-a-word
//!
//! The learner takes the first two arguments, and never looks whether there are more.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use solution03::{connect_any, resolve, talk};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [host, port, ..] = args.as_slice() else {
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
            eprintln!("client: {host} port {port}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn client(host: &str, port: u16) -> io::Result<()> {
    let stream = connect_any(&resolve(host, port)?, Duration::from_secs(10))?;
    talk(stream, Box::new(io::stdin()), &mut io::stdout())
}
