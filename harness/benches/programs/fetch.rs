//! `fetch` beside curl, with the server of lesson 04 for both.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::http::Folder;
use crate::{Result, Says, Server, built, median, ms};

/// How often each of two programs is timed, in turn.
const ROUNDS: usize = 7;
/// The size of the large file.
const LARGE: u64 = 1 << 30;
/// How many small requests are timed together, each with a program of its own.
const STARTS: usize = 100;
/// How many URLs one program fetches over its connection.
const URLS: usize = 1000;

pub fn compare() -> Result<()> {
    let fetch = built("solution05", "solution-fetch")?;
    let curl = Path::new("curl");
    if Command::new(curl).arg("--version").output().is_err() {
        println!("curl is not installed: fetch is skipped\n");
        return Ok(());
    }
    let folder = Folder::new()?;
    // A file with a hole: what is measured is the way over loopback, and to the disk.
    File::create(folder.path().join("huge.bin"))?.set_len(LARGE)?;
    let mut server = Command::new(built("solution04", "solution-http-server")?);
    server.args(["--bind", "127.0.0.1:0"]).arg(folder.path());
    let server = Server::start(&mut server, Says::OnStdout)?.ok_or("http-server is not there")?;
    let url = |name: &str| format!("http://{}/{name}", server.addr);

    println!("fetch: medians of {ROUNDS}, the two of a ratio in turn; more than 1.00 is faster\n");
    let saved = folder.path().join("saved.bin");
    let huge = [
        "-s".to_owned(),
        "-o".to_owned(),
        saved.display().to_string(),
        url("huge.bin"),
    ];
    versus(&fetch, curl, "1 GiB to a file", |program| {
        // Neither may write over the pages of the other's file.
        let _ = std::fs::remove_file(&saved);
        run(program, &huge)
    })?;
    let small = ["-s".to_owned(), url("small.txt")];
    let name = format!("{STARTS} small files, a program for each");
    versus(&fetch, curl, &name, |program| {
        for _ in 0..STARTS {
            run(program, &small)?;
        }
        Ok(())
    })?;
    let mut many = vec!["-s".to_owned()];
    many.extend((0..URLS).map(|at| url(&format!("small.txt?{at}"))));
    let name = format!("{URLS} URLs over one connection");
    versus(&fetch, curl, &name, |program| run(program, &many))?;
    memory(&fetch, curl, &url("small.txt"), &huge)
}

fn versus(fetch: &Path, curl: &Path, what: &str, task: impl Fn(&Path) -> Result<()>) -> Result<()> {
    let timed = |program: &Path| -> Result<Duration> {
        let began = Instant::now();
        task(program)?;
        Ok(began.elapsed())
    };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(timed(fetch)?);
        theirs.push(timed(curl)?);
    }
    let (ours, theirs) = (median(ours), median(theirs));
    println!(
        "  {what}: fetch {}, curl {}, ratio {:.2}",
        ms(ours),
        ms(theirs),
        theirs.as_secs_f64() / ours.as_secs_f64()
    );
    Ok(())
}

fn command(program: &Path, args: &[String]) -> Command {
    let mut command = Command::new(program);
    if program == Path::new("curl") {
        command.arg("-q");
    }
    command
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    command
}

fn run(program: &Path, args: &[String]) -> Result<()> {
    let status = command(program, args).status()?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("{}: {status}", program.display()).into()),
    }
}

/// The most memory that each takes, for a small file and for a huge one. Where the system does not tell,
/// nothing is said.
fn memory(fetch: &Path, curl: &Path, small: &str, huge: &[String]) -> Result<()> {
    let small = ["-s".to_owned(), small.to_owned()];
    for (name, program) in [("fetch", fetch), ("curl", curl)] {
        let (little, much) = (peak(program, &small)?, peak(program, huge)?);
        if let (Some(little), Some(much)) = (little, much) {
            println!("  memory of {name}: {little} KiB for a small file, {much} KiB for 1 GiB");
        }
    }
    println!();
    Ok(())
}

/// The highest resident size in KiB that was seen while the program ran: VmHWM of proc(5).
fn peak(program: &Path, args: &[String]) -> Result<Option<u64>> {
    let mut child = command(program, args).spawn()?;
    let status = format!("/proc/{}/status", child.id());
    let mut peak = None;
    while child.try_wait()?.is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let seen = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        peak = seen.or(peak);
        std::thread::yield_now();
    }
    Ok(peak)
}
