//! `http-server [--bind ADDR] [ROOT]`: serves the files below the folder ROOT.
//!
//! Given, around the functions of `src/lib.rs`. Try it: `cargo run -p lesson04 -- book`, and open
//! <http://127.0.0.1:8000/> in a browser.

use std::fs;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use lesson04::serve;

/// Serves the files below a folder over HTTP.
#[derive(Parser)]
#[command(name = "http-server")]
struct Args {
    /// Where to listen; port 0 is any free port
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8000")]
    bind: SocketAddr,
    /// The folder to serve
    #[arg(default_value = ".")]
    root: PathBuf,
}

fn main() -> ExitCode {
    let Args { bind, root } = Args::parse(); // bad arguments end the program here, with exit code 2
    match fs::metadata(&root) {
        Ok(it) if it.is_dir() => {}
        Ok(_) => return fail(root.display(), "this is not a folder"),
        Err(error) => return fail(root.display(), error),
    }
    match listen_and_serve(bind, &root) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(bind, error),
    }
}

fn listen_and_serve(bind: SocketAddr, root: &Path) -> io::Result<()> {
    let listener = TcpListener::bind(bind)?;
    let mut stdout = io::stdout();
    writeln!(stdout, "listening on {}", listener.local_addr()?)?;
    stdout.flush()?;
    serve(listener, root)
}

fn fail(what: impl std::fmt::Display, why: impl std::fmt::Display) -> ExitCode {
    eprintln!("http-server: {what}: {why}");
    ExitCode::FAILURE
}
