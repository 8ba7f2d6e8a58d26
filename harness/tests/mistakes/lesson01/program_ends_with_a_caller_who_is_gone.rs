//! fails: prints_each_caller_and_hangs_up
//! finding: caller-ends-the-program
//!
//! The learner hangs up with shutdown, to be on the safe side, and takes its error for the program's. One
//! caller who reset the connection ends the service for all.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;

use solution01::{BindError, accept_one, explain, listen_on};

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let (Some(addr), None) = (args.next(), args.next()) else {
        eprintln!("usage: listen ADDR      (ADDR is like 127.0.0.1:7000; port 0 is any free port)");
        return ExitCode::from(2);
    };
    let Ok(addr) = addr.parse::<SocketAddr>() else {
        eprintln!("listen: {addr:?} is not an address like 127.0.0.1:7000 or [::1]:7000");
        return ExitCode::from(2);
    };
    match listen(addr) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let reason = match explain(&error) {
                BindError::PortTaken => "another program has this port; port 0 is any free one",
                BindError::NotAllowed => "ports below 1024 are not for everyone; take a higher one",
                BindError::NotOurAddress => "this machine does not have this address",
                BindError::Other => "it did not work",
            };
            eprintln!("listen: {addr}: {reason} ({error})");
            ExitCode::FAILURE
        }
    }
}

fn listen(addr: SocketAddr) -> io::Result<()> {
    let listener = listen_on(addr, 128)?;
    let mut stdout = io::stdout();
    if let Some(addr) = listener.local_addr()?.as_socket() {
        writeln!(stdout, "listening on {addr}")?;
    }
    loop {
        match accept_one(&listener) {
            Ok((c, caller)) => {
                writeln!(stdout, "call from {caller}")?;
                c.shutdown(std::net::Shutdown::Both)?;
            }
            // This caller changed its mind, or a signal came; the next one is as welcome.
            Err(error) if is_about_one_caller(&error) => {}
            Err(error) => return Err(error),
        }
    }
}

fn is_about_one_caller(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionReset | Interrupted
    )
}
