//! `book`: builds the book, and shows it in a browser.
//!
//! `cargo course book` is what people type; it runs this.

use std::io::{self, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;

/// Builds the book of Socketlings.
#[derive(Parser)]
#[command(name = "book")]
struct Args {
    /// The folder with book.toml
    #[arg(long, value_name = "DIR", default_value = "book")]
    book: PathBuf,
    /// Where to put the pages
    #[arg(long, value_name = "DIR", default_value = "target/book")]
    out: PathBuf,
    /// Serve it on this machine, until this program is ended, and print where
    #[arg(long)]
    serve: bool,
    /// Open this page in a browser, which is a path like `lesson01-listen.html#port-0`
    #[arg(long, value_name = "PAGE", requires = "serve")]
    open: Option<String>,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("book: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> anyhow::Result<()> {
    book::build(&args.book, &args.out)?;
    let index = args.out.join("index.html");
    if !args.serve {
        writeln!(io::stdout(), "the book is in {}", index.display())?;
        return Ok(());
    }
    serve(&args.out, args.open.as_deref())
}

/// Serves the pages with the server that lesson 04 ends with, on any free port.
fn serve(root: &Path, open: Option<&str>) -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").context("cannot listen on 127.0.0.1")?;
    let page = format!("http://{}/{}", listener.local_addr()?, open.unwrap_or(""));
    writeln!(io::stdout(), "the book is at {page} until you press Ctrl-C")?;
    // Where there is no browser, the line above says where to look.
    if open.is_some()
        && let Err(error) = opener::open_browser(&page)
    {
        eprintln!("book: no browser could be opened: {error}");
    }
    Ok(solution04::serve(listener, root)?)
}
