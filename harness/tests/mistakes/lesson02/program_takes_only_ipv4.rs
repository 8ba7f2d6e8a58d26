//! fails: listens_on_ipv6_too
//! finding: program-takes-only-ipv4
//!
//! Parses the address as one of IPv4.

use std::io::{self, Write};
use std::net::{SocketAddrV4, TcpListener};
use std::process::ExitCode;

use solution02::serve;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let (Some(addr), None) = (args.next(), args.next()) else {
        eprintln!("usage: echo ADDR      (ADDR is like 127.0.0.1:7000; port 0 is any free port)");
        return ExitCode::from(2);
    };
    let Ok(addr) = addr.parse::<SocketAddrV4>() else {
        eprintln!("echo: {addr:?} is not an address like 127.0.0.1:7000 or [::1]:7000");
        return ExitCode::from(2);
    };
    match listen_and_serve(addr) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("echo: {addr}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn listen_and_serve(addr: SocketAddrV4) -> io::Result<()> {
    let listener = TcpListener::bind(addr)?;
    writeln!(io::stdout(), "listening on {}", listener.local_addr()?)?;
    serve(listener)
}
