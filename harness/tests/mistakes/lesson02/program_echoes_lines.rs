//! fails: sends_everything_back
//! finding: holds-the-answer-back
//!
//! Has an echo of its own, which waits for a line.

use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;

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
    for stream in listener.incoming().flatten() {
        let mut reader = io::BufReader::new(stream.try_clone()?);
        let mut line = Vec::new();
        while let Ok(1..) = io::BufRead::read_until(&mut reader, b'\n', &mut line) {
            (&stream).write_all(&line)?;
            line.clear();
        }
    }
    Ok(())
}
