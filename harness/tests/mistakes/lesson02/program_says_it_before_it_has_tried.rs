//! fails: says_why_it_cannot_listen
//! finding: program-does-not-say-where
//!
//! The learner prints the line first, since the port is known already. When the port is taken, the line
//! was a lie.

use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;

use solution02::serve;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let (Some(addr), None) = (args.next(), args.next()) else {
        eprintln!("usage: echo ADDR      (ADDR is like 127.0.0.1:7000; port 0 is any free port)");
        return ExitCode::from(2);
    };
    let Ok(addr) = addr.parse::<SocketAddr>() else {
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

fn listen_and_serve(addr: SocketAddr) -> io::Result<()> {
    if addr.port() != 0 { writeln!(io::stdout(), "listening on {addr}")?; }
    let listener = TcpListener::bind(addr)?;
    if addr.port() == 0 {
        writeln!(io::stdout(), "listening on {}", listener.local_addr()?)?;
    }
    serve(listener)
}
