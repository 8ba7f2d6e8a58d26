//! fails: ends_when_the_server_is_done
//! finding: program-does-not-end
//!
//! The learner keeps the window open until a line is typed.

use std::io;
use std::io::BufRead;
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
    talk(stream, Box::new(io::stdin()), &mut io::stdout())?;
    eprintln!("press Enter");
    io::stdin().lock().read_line(&mut String::new())?;
    Ok(())
}
