//! `http-server` beside tiny-http, Python's http.server and nginx.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::{PATIENCE, Result, Says, Server, built, median, ms};

/// How often each of two programs is timed, in turn.
const ROUNDS: usize = 5;
/// How many connections wrk keeps busy.
const CONNECTIONS: &str = "64";
/// How long wrk asks, each time.
const SPELL: &str = "2s";
/// The size of the large file.
const LARGE: u64 = 256 << 20;
/// How many clients are connected and say nothing.
const IDLE: usize = 1000;
/// How many send a byte now and then.
const SLOW: usize = 100;
/// How many requests memory is watched over.
const MANY: u64 = 1_000_000;

/// All the comparisons, one after the other.
pub fn compare() -> Result<()> {
    let root = Folder::new()?;
    let http_server = built("solution04", "solution-http-server")?;
    // A thousand clients take more descriptors than a shell's usual limit.
    let start = || -> Result<Server> {
        let mut ours = Command::new("sh");
        ours.args(["-c", "ulimit -n 4096; exec \"$0\" \"$@\""]);
        ours.arg(&http_server)
            .args(["--bind", "127.0.0.1:0"])
            .arg(&root.0);
        Server::start(&mut ours, Says::OnStdout)?.ok_or_else(|| "sh is not there".into())
    };
    let ours = start()?;
    println!(
        "http-server: medians of {ROUNDS}, the two of a ratio in turn; more than 1.00 is faster\n"
    );
    small_file(&ours, &root)?;
    large_file(&ours, &root)?;
    drop(ours);
    many_idle(&start()?)?;
    many_slow(&start()?)?;
    memory(&start()?)
}

/// A folder that is served, removed in the end.
pub struct Folder(PathBuf);

impl Folder {
    /// With a small file and a large one in it.
    pub fn new() -> Result<Folder> {
        let path = std::env::temp_dir().join(format!("socketlings-bench-{}", std::process::id()));
        std::fs::create_dir(&path)?;
        let folder = Folder(path);
        std::fs::write(folder.0.join("small.txt"), [b'x'; 1024])?;
        let large = std::fs::File::create(folder.0.join("large.bin"))?;
        let mut large = std::io::BufWriter::new(large);
        let block = vec![0x5a; 1 << 20];
        for _ in 0..LARGE / block.len() as u64 {
            large.write_all(&block)?;
        }
        large.flush()?;
        Ok(folder)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is in the temporary folder, at least.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// For [`compare`]: this program as tiny-http's server, in the way of its documentation.
pub fn serve_with_tiny_http(root: &str) -> Result<()> {
    let server = tiny_http::Server::http("127.0.0.1:0")
        .map_err(|error| -> Box<dyn std::error::Error> { error })?;
    println!("listening on {}", server.server_addr());
    let server = std::sync::Arc::new(server);
    let workers: Vec<_> = (0..4)
        .map(|_| {
            let (server, root) = (server.clone(), PathBuf::from(root));
            std::thread::spawn(move || {
                while let Ok(request) = server.recv() {
                    let path = root.join(request.url().trim_start_matches('/'));
                    // A client that is gone concerns nobody here.
                    let _ = match std::fs::File::open(path) {
                        Ok(file) => request.respond(tiny_http::Response::from_file(file)),
                        Err(_) => request.respond(tiny_http::Response::empty(404)),
                    };
                }
            })
        })
        .collect();
    for worker in workers {
        worker.join().map_err(|_| "a worker panicked")?;
    }
    Ok(())
}

fn small_file(ours: &Server, root: &Folder) -> Result<()> {
    let Ok(version) = Command::new("wrk").arg("-v").output() else {
        println!("wrk is not installed: the small file is skipped\n");
        return Ok(());
    };
    drop(version);
    let mut tiny = Command::new(std::env::current_exe()?);
    tiny.arg("tiny-http").arg(&root.0);
    let mut python = Command::new("python3");
    python.args([
        "-u",
        "-m",
        "http.server",
        "--protocol",
        "HTTP/1.1",
        "--bind",
        "127.0.0.1",
        "0",
        "--directory",
    ]);
    python.arg(&root.0);
    for (name, command, says) in [
        ("tiny-http", &mut tiny, Says::OnStdout),
        ("python3 -m http.server", &mut python, Says::PortOnStdout),
    ] {
        let Some(theirs) = Server::start(command, says)? else {
            println!("{name} is not installed: skipped\n");
            continue;
        };
        let (mut our_rates, mut their_rates) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            our_rates.push(requests_per_second(ours.addr)?);
            their_rates.push(requests_per_second(theirs.addr)?);
        }
        let (ours, theirs) = (middle(our_rates), middle(their_rates));
        println!(
            "a file of 1 KiB, kept alive, {CONNECTIONS} connections: http-server {ours:.0}/s   {name} {theirs:.0}/s"
        );
        println!("  ratio {:.2}\n", ours / theirs);
    }
    Ok(())
}

fn middle(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

fn wrk(addr: SocketAddr, spell: &str) -> Result<String> {
    let output = Command::new("wrk")
        .args(["-t", "2", "-c", CONNECTIONS, "-d", spell])
        .arg(format!("http://{addr}/small.txt"))
        .output()?;
    let text = String::from_utf8(output.stdout)?;
    if text.contains("Non-2xx") {
        return Err(format!("not every answer was 200:\n{text}").into());
    }
    Ok(text)
}

fn requests_per_second(addr: SocketAddr) -> Result<f64> {
    let text = wrk(addr, SPELL)?;
    let rate = text
        .lines()
        .find_map(|line| line.strip_prefix("Requests/sec:"))
        .ok_or("wrk said nothing of requests")?;
    Ok(rate.trim().parse()?)
}

fn large_file(ours: &Server, root: &Folder) -> Result<()> {
    let Some(nginx) = start_nginx(&root.0)? else {
        println!("nginx is not installed: skipped\n");
        return Ok(());
    };
    let (mut our_times, mut their_times) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        our_times.push(download(ours.addr)?);
        their_times.push(download(nginx.addr)?);
    }
    let (ours, theirs) = (median(our_times), median(their_times));
    println!(
        "a file of {} MiB: http-server {}   nginx {}",
        LARGE >> 20,
        ms(ours),
        ms(theirs)
    );
    println!("  ratio {:.2}\n", theirs.as_secs_f64() / ours.as_secs_f64());
    Ok(())
}

/// nginx does not say which port it got: it is given one that was free a moment ago, and asked until it
/// answers.
fn start_nginx(root: &Path) -> Result<Option<Server>> {
    let addr = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let root = root.display();
    let conf = format!(
        "daemon off; pid {root}/nginx.pid; error_log stderr; worker_processes auto;
         events {{ worker_connections 1024; }}
         http {{ access_log off; sendfile on; tcp_nopush on;
           client_body_temp_path {root}/nginx-body; proxy_temp_path {root}/nginx-proxy;
           fastcgi_temp_path {root}/nginx-fastcgi; uwsgi_temp_path {root}/nginx-uwsgi;
           scgi_temp_path {root}/nginx-scgi;
           server {{ listen {addr}; root {root}; }} }}"
    );
    let path = Path::new(&root.to_string()).join("nginx.conf");
    std::fs::write(&path, conf)?;
    // As root, its workers would be somebody who may not read the folder of root's.
    let mut command = Command::new("nginx");
    command.args(["-g", "user root;"]).arg("-c").arg(&path);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let child = match command.spawn() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        child => child?,
    };
    let mut server = Server { child, addr };
    while TcpStream::connect(addr).is_err() {
        if let Some(status) = server.child.try_wait()? {
            return Err(format!("nginx ended: {status}").into());
        }
        std::thread::yield_now();
    }
    Ok(Some(server))
}

fn download(addr: SocketAddr) -> Result<Duration> {
    let mut stream = connected(addr)?;
    let mut buffer = vec![0; 1 << 18];
    let began = Instant::now();
    write!(
        stream,
        "GET /large.bin HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    )?;
    let mut received = 0;
    loop {
        match stream.read(&mut buffer)? {
            0 if received > LARGE => return Ok(began.elapsed()),
            0 => return Err(format!("only {received} bytes came").into()),
            count => received += count as u64,
        }
    }
}

fn connected(addr: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(addr)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// How long a newcomer waits for a page, from its connect on.
fn a_page(addr: SocketAddr) -> Result<Duration> {
    let began = Instant::now();
    let mut stream = connected(addr)?;
    write!(
        stream,
        "GET /small.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    )?;
    let mut status = String::new();
    let mut reader = BufReader::new(stream);
    reader.read_line(&mut status)?;
    let took = began.elapsed();
    if !status.starts_with("HTTP/1.1 200") {
        return Err(format!("the answer was {status:?}").into());
    }
    std::io::copy(&mut reader, &mut std::io::sink())?;
    Ok(took)
}

fn pages(addr: SocketAddr) -> Result<Duration> {
    let times = (0..100).map(|_| a_page(addr));
    Ok(median(times.collect::<Result<_>>()?))
}

fn many_idle(ours: &Server) -> Result<()> {
    let alone = pages(ours.addr)?;
    // Each has been answered once: the server has it in hand.
    let mut idle = Vec::new();
    for _ in 0..IDLE {
        let mut stream = connected(ours.addr)?;
        write!(
            stream,
            "HEAD /small.txt HTTP/1.1\r\nHost: localhost\r\n\r\n"
        )?;
        let read = stream.read(&mut [0; 1024])?;
        if read == 0 {
            return Err("an idle client was not kept".into());
        }
        idle.push(stream);
    }
    let beside = pages(ours.addr)?;
    println!(
        "a page: {} alone, {} beside {IDLE} idle connections\n  ratio {:.2}\n",
        ms(alone),
        ms(beside),
        alone.as_secs_f64() / beside.as_secs_f64()
    );
    Ok(())
}

fn many_slow(ours: &Server) -> Result<()> {
    let alone = pages(ours.addr)?;
    let head = b"GET /small.txt HTTP/1.1\r\nHost: localhost\r\nX-Slow: ";
    let mut slow = (0..SLOW)
        .map(|_| connected(ours.addr))
        .collect::<Result<Vec<_>>>()?;
    let mut times = Vec::new();
    for byte in head {
        for stream in &mut slow {
            stream.write_all(&[*byte])?;
        }
        times.push(a_page(ours.addr)?);
    }
    let beside = median(times);
    println!(
        "a page: {} alone, {} beside {SLOW} clients that send a byte now and then\n  ratio {:.2}\n",
        ms(alone),
        ms(beside),
        alone.as_secs_f64() / beside.as_secs_f64()
    );
    Ok(())
}

fn memory(ours: &Server) -> Result<()> {
    let resident = || -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", ours.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
        Ok(kib.ok_or("no VmRSS")?.trim().parse()?)
    };
    if resident().is_err() || Command::new("wrk").arg("-v").output().is_err() {
        println!("no /proc or no wrk: memory over many requests is skipped");
        return Ok(());
    }
    let (mut done, mut seen) = (0, Vec::new());
    while done < MANY {
        let text = wrk(ours.addr, SPELL)?;
        let count = text.lines().find_map(|line| {
            let (count, _) = line.trim().split_once(" requests in ")?;
            count.parse::<u64>().ok()
        });
        done += count.ok_or("wrk did not count")?;
        seen.push(resident()?);
    }
    println!(
        "memory over {done} requests: {} KiB after the first {SPELL}, {} KiB at the end",
        seen[0],
        seen[seen.len() - 1]
    );
    Ok(())
}
