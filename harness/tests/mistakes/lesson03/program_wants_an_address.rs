//! fails: reaches_a_server_by_its_name
//! finding: program-does-not-reach-the-server
//!
//! The learner takes an address where a name may stand.

use std::io;
use std::net::IpAddr;
use std::process::ExitCode;
use std::time::Duration;

use solution03::{connect_any, talk};

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
    let ip: IpAddr = host.parse().map_err(io::Error::other)?;
    let stream = connect_any(&[(ip, port).into()], Duration::from_secs(10))?;
    talk(stream, Box::new(io::stdin()), &mut io::stdout())
}
