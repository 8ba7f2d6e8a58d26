//! `echo ADDR`: listens on ADDR, and sends back to each client what it sends.
//!
//! Given, around the functions of `src/lib.rs`. Try it: `cargo run -p lesson02 -- 127.0.0.1:7000`,
//! and in another terminal `nc 127.0.0.1 7000`.

use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;

use lesson02::serve;

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
    let listener = TcpListener::bind(addr)?;
    writeln!(io::stdout(), "listening on {}", listener.local_addr()?)?;
    serve(listener)
}
