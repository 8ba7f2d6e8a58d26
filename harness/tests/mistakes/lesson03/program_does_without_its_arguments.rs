//! fails: says_what_it_wants_as_arguments
//! finding: client-fails-without-a-word
//!
//! The learner has a default for each argument, and never says what the program wants.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use solution03::{connect_any, resolve, talk};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let host = args.first().map_or("localhost", String::as_str);
    let port = args.get(1).map_or("7000", String::as_str);
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
