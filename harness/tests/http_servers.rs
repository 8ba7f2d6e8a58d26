//! The solution of lesson 05 with the servers that the world uses: Python's, nginx, and that of lesson 04.
//! A server that is not installed is skipped with a word.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command as StdCommand, Stdio};
use std::time::Duration;

use assert_cmd::Command;
use harness_tests::server::{Server, program};
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use tempfile::TempDir;

/// A transfer that takes longer than this has hung.
const DEADLINE: Duration = Duration::from_secs(120);

/// A server for a folder, and a place for what is fetched from it.
struct Site {
    addr: SocketAddr,
    folder: TempDir,
    fetched: TempDir,
    _running: Running,
}

enum Running {
    Ours(#[expect(dead_code, reason = "it is killed when this is dropped")] Server),
    Theirs(Child),
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Running::Theirs(child) = self {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Site {
    fn new(folder: TempDir, addr: SocketAddr, running: Running) -> Site {
        let fetched = TempDir::new().unwrap();
        Site {
            addr,
            folder,
            fetched,
            _running: running,
        }
    }

    /// The solution of lesson 04.
    fn ours() -> Site {
        let folder = TempDir::new().unwrap();
        let mut command = program("lesson04", env!("CARGO_BIN_EXE_graded"));
        command.args(["--bind", "127.0.0.1:0"]).arg(folder.path());
        let server = Server::start(command).expect("the server");
        Site::new(folder, server.addr, Running::Ours(server))
    }

    /// `python3 -m http.server`, which speaks HTTP/1.0. `None` where there is no Python.
    fn python() -> Option<Site> {
        let folder = TempDir::new().unwrap();
        let started = StdCommand::new("python3")
            .args(["-u", "-m", "http.server", "--bind", "127.0.0.1", "0"])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut child) = started else {
            eprintln!("skipped: there is no python3 here");
            return None;
        };
        // Serving HTTP on 127.0.0.1 port 43567 (http://127.0.0.1:43567/) ...
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let mut words = line.split(' ').skip_while(|word| *word != "port").skip(1);
        let port: u16 = words.next().unwrap().parse().unwrap();
        let addr = SocketAddr::from(([127, 0, 0, 1], port));
        Some(Site::new(folder, addr, Running::Theirs(child)))
    }

    /// nginx, with these lines in its `server` block. `None` where it is not installed.
    fn nginx(lines: &str) -> Option<Site> {
        // It cannot say which port it was given for port 0. So it gets one that is free, and another one
        // when somebody was quicker.
        for _ in 0..20 {
            let folder = TempDir::new().unwrap();
            let port = portpicker::pick_unused_port().expect("a free port");
            let addr = SocketAddr::from(([127, 0, 0, 1], port));
            let path = folder.path().to_owned();
            fs::create_dir(path.join("root")).unwrap();
            let root = path.display();
            let config = format!(
                "daemon off; master_process off; pid {root}/pid; error_log {root}/errors;
                 events {{ }}
                 http {{
                     access_log off; client_max_body_size 0; types {{ text/html html; text/plain txt; }}
                     client_body_temp_path {root}/body; proxy_temp_path {root}/proxy;
                     fastcgi_temp_path {root}/fastcgi; uwsgi_temp_path {root}/uwsgi;
                     scgi_temp_path {root}/scgi;
                     server {{ listen {addr}; root {root}/root; {lines} }}
                 }}",
                lines = lines.replace("{root}", &root.to_string())
            );
            fs::write(path.join("config"), config).unwrap();
            let started = StdCommand::new("nginx")
                .arg("-e")
                .arg(path.join("errors"))
                .arg("-p")
                .arg(&path)
                .arg("-c")
                .arg(path.join("config"))
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn();
            let Ok(mut child) = started else {
                eprintln!("skipped: there is no nginx here");
                return None;
            };
            // It listens, or it has ended because the port was taken.
            loop {
                if TcpStream::connect(addr).is_ok() && is_held_by(&child, addr) {
                    return Some(Site::new(folder, addr, Running::Theirs(child)));
                }
                if child.try_wait().unwrap().is_some() {
                    let errors = fs::read_to_string(path.join("errors")).unwrap_or_default();
                    assert!(errors.contains("in use"), "nginx: {errors}");
                    break;
                }
                std::thread::yield_now();
            }
        }
        panic!("no port stayed free for nginx");
    }

    fn root(&self) -> PathBuf {
        let nested = self.folder.path().join("root");
        match nested.is_dir() {
            true => nested,
            false => self.folder.path().to_owned(),
        }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    /// Adds a file to the folder that is served.
    fn add(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.root().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// The program, started where it may write what it fetches.
    fn fetch(&self) -> Command {
        let mut command = program("lesson05", env!("CARGO_BIN_EXE_graded"));
        command.current_dir(self.fetched.path());
        let mut command = Command::from_std(command);
        command.arg("-sS").timeout(DEADLINE);
        command
    }

    fn fetched(&self, name: &str) -> Vec<u8> {
        fs::read(self.fetched.path().join(name)).unwrap()
    }
}

/// Is it this program that listens there, and not a stranger who was quicker with the port? nginx ends
/// where it cannot have its port, so if nobody else can listen and it is still there, it is.
fn is_held_by(child: &Child, addr: SocketAddr) -> bool {
    let is_there = fs::exists(format!("/proc/{}", child.id())).unwrap_or(true);
    is_there && TcpListener::bind(addr).is_err()
}

/// Bytes in which nothing repeats, so that none can be taken for another.
fn noise(length: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(5);
    std::iter::repeat_with(|| random.u8(..))
        .take(length)
        .collect()
}

/// What holds for every server of files.
fn fetches_and_saves(site: &Site) {
    let (small, large) = (noise(1000), noise(20 << 20));
    site.add("small.bin", &small);
    site.add("large.bin", &large);
    site.add("folder/index.html", "<p>Hello");
    let assert = site.fetch().arg(site.url("/small.bin")).assert().success();
    assert!(assert.get_output().stdout == small);
    site.fetch()
        .args(["-O", &site.url("/small.bin")])
        .args(["-o", "mine", &site.url("/large.bin")])
        .assert()
        .success()
        .stdout("");
    assert!(site.fetched("small.bin") == small);
    assert!(site.fetched("mine") == large);
    // A folder without its slash is redirected to the one with it.
    site.fetch()
        .args(["-w", "%{http_code} %{num_redirects}", "-o", "moved"])
        .arg(site.url("/folder"))
        .assert()
        .success()
        .stdout("301 0");
    site.fetch()
        .args(["-L", "-w", " %{http_code} %{num_redirects}"])
        .arg(site.url("/folder"))
        .assert()
        .success()
        .stdout("<p>Hello 200 1");
    let length = contains("Content-Length: 1000\r\n").or(contains("Content-length: 1000\r\n"));
    site.fetch()
        .args(["-I", &site.url("/small.bin")])
        .assert()
        .success()
        .stdout(length.and(contains(" 200 OK\r\n")));
    site.fetch()
        .args(["-f", &site.url("/missing")])
        .assert()
        .code(22)
        .stdout("")
        .stderr(contains("404"));
}

/// What holds for servers that know ranges and keep a connection.
fn resumes_and_keeps(site: &Site) {
    let large = noise(5 << 20);
    site.add("whole.bin", &large);
    fs::write(site.fetched.path().join("whole.bin"), &large[..1_234_567]).unwrap();
    site.fetch()
        .args(["-C", "-", "-O", &site.url("/whole.bin")])
        .assert()
        .success();
    assert!(site.fetched("whole.bin") == large);
    let assert = site
        .fetch()
        .args(["-r", "100-199", "-w", "%{stderr}%{http_code}"])
        .arg(site.url("/whole.bin"))
        .assert()
        .success()
        .stderr("206");
    assert!(assert.get_output().stdout == large[100..200]);
    let mut several = site.fetch();
    several.args(["-w", "%{http_code} %{num_connects}\n"]);
    for path in ["/whole.bin", "/missing", "/whole.bin?again"] {
        several.args(["-o", "several", &site.url(path)]);
    }
    several.assert().success().stdout("200 1\n404 0\n200 0\n");
}

#[test]
fn of_lesson_04() {
    let site = Site::ours();
    fetches_and_saves(&site);
    resumes_and_keeps(&site);
    // A method that it does not have: the body is read all the same, and the connection goes on.
    site.fetch()
        .args(["-d", "a=1", "-w", "%{http_code} %{num_connects}\n"])
        .args(["-o", "no", "-o", "no", &site.url("/"), &site.url("/")])
        .assert()
        .success()
        .stdout("405 1\n405 0\n");
}

#[test]
fn of_python() {
    let Some(site) = Site::python() else { return };
    fetches_and_saves(&site);
    // It knows no ranges: what is here already stays as it is.
    site.add("whole.bin", noise(1000));
    fs::write(site.fetched.path().join("whole.bin"), "begun").unwrap();
    site.fetch()
        .args(["-C", "-", "-O", &site.url("/whole.bin")])
        .assert()
        .code(33);
    assert_eq!(site.fetched("whole.bin"), b"begun");
    // It speaks 1.0, and closes after each answer.
    site.fetch()
        .args(["-w", "%{http_version} %{num_connects}\n", "-o", "small"])
        .args([
            "-o",
            "small",
            &site.url("/small.bin"),
            &site.url("/small.bin"),
        ])
        .assert()
        .success()
        .stdout("1 1\n1 1\n");
}

#[test]
fn nginx_serves_files() {
    let Some(site) = Site::nginx("") else { return };
    fetches_and_saves(&site);
    resumes_and_keeps(&site);
}

#[test]
fn nginx_wants_a_password() {
    let lines = "auth_basic secret; auth_basic_user_file {root}/users;";
    let Some(site) = Site::nginx(lines) else {
        return;
    };
    fs::write(site.folder.path().join("users"), "me:{PLAIN}pass word\n").unwrap();
    site.add("page.txt", "for me");
    let url = site.url("/page.txt");
    site.fetch().args(["-f", &url]).assert().code(22);
    site.fetch()
        .args(["-f", "-u", "me:wrong", &url])
        .assert()
        .code(22);
    site.fetch()
        .args(["-f", "-u", "me:pass word", &url])
        .assert()
        .success()
        .stdout("for me");
    let in_the_url = format!("http://me:pass%20word@{}/page.txt", site.addr);
    site.fetch()
        .args(["-f", &in_the_url])
        .assert()
        .success()
        .stdout("for me");
}

#[test]
fn nginx_compresses_and_sends_chunks() {
    let lines = "gzip on; gzip_types text/plain; gzip_min_length 0; gzip_http_version 1.0;";
    let Some(site) = Site::nginx(lines) else {
        return;
    };
    let text = "so wide a sea, so small a boat\n".repeat(50_000);
    site.add("sea.txt", &text);
    let url = site.url("/sea.txt");
    let plain = site.fetch().arg(&url).assert().success();
    assert!(plain.get_output().stdout == text.as_bytes());
    // Whoever asks for gzip gets gzip: nothing is unpacked that nobody asked to have unpacked.
    let packed = site
        .fetch()
        .args(["-H", "Accept-Encoding: gzip", "-D", "head", &url])
        .assert()
        .success();
    let head = String::from_utf8(site.fetched("head")).unwrap();
    assert!(head.contains("Transfer-Encoding: chunked\r\n"), "{head}");
    let packed = &packed.get_output().stdout;
    assert!(packed.starts_with(&[0x1f, 0x8b]), "{} bytes", packed.len());
    assert!(packed.len() < text.len() / 10);
}

#[test]
fn nginx_redirects() {
    let lines = "location = /old { return 301 /new; }
        location = /other { return 302 $scheme://$http_host/new?a=1; }
        location = /form { return 303 /new; }
        location = /keep { return 307 /store/kept; }
        location = /round { return 302 /round; }
        location /store/ { dav_methods PUT; root {root}/root; }
        location = /new { default_type text/plain; return 200 \"$request_method $request_uri\"; }";
    let Some(site) = Site::nginx(lines) else {
        return;
    };
    fs::create_dir(site.root().join("store")).unwrap();
    for (options, path, answer) in [
        (&["-L"][..], "/old", "GET /new"),
        (&["-L"], "/other", "GET /new?a=1"),
        (&["-L", "-d", "a=1"], "/form", "GET /new"),
        (&["-L", "-d", "a=1"], "/old", "GET /new"),
    ] {
        site.fetch()
            .args(options)
            .arg(site.url(path))
            .assert()
            .success()
            .stdout(answer);
    }
    site.fetch()
        .args(["-L", "--max-redirs", "7", &site.url("/round")])
        .assert()
        .code(47);
    // An upload goes where the redirect says, with its body.
    let large = noise(3 << 20);
    fs::write(site.fetched.path().join("large"), &large).unwrap();
    for path in ["/store/straight", "/keep"] {
        site.fetch()
            .args(["-L", "-T", "large", "-w", "%{http_code}", &site.url(path)])
            .assert()
            .success()
            .stdout("201");
    }
    for name in ["store/straight", "store/kept"] {
        assert!(fs::read(site.root().join(name)).unwrap() == large, "{name}");
    }
}

#[test]
fn nginx_is_a_proxy() {
    let Some(proxy) = Site::nginx("location / { proxy_pass http://$http_host$request_uri; }")
    else {
        return;
    };
    let site = Site::ours();
    site.add("page.txt", "by way of nginx");
    let through = format!("http://{}", proxy.addr);
    site.fetch()
        .args(["-x", &through, "-w", " %{http_code} %{remote_port}"])
        .arg(site.url("/page.txt"))
        .assert()
        .success()
        .stdout(format!("by way of nginx 200 {}", proxy.addr.port()));
}

/// Runs a program on a terminal of its own, and prints what stands there in the end.
const ON_A_TERMINAL: &str =
    "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";

#[test]
fn a_meter_is_for_terminals_only() {
    let site = Site::ours();
    let page = noise(300_000);
    site.add("page.bin", &page);
    let url = site.url("/page.bin");
    let mut fetch = program("lesson05", env!("CARGO_BIN_EXE_graded"));
    fetch.current_dir(site.fetched.path()).args(["-o", "piped"]);
    Command::from_std(fetch)
        .arg(&url)
        .timeout(DEADLINE)
        .assert()
        .success()
        .stdout("")
        .stderr("");
    assert!(site.fetched("piped") == page);

    let fetch = program("lesson05", env!("CARGO_BIN_EXE_graded"));
    let mut python = StdCommand::new("python3");
    for (name, value) in fetch.get_envs() {
        python.env(name, value.unwrap_or_default());
    }
    python
        .args(["-c", ON_A_TERMINAL])
        .arg(fetch.get_program())
        .current_dir(site.fetched.path())
        .stdin(Stdio::null());
    if StdCommand::new("python3")
        .arg("--version")
        .output()
        .is_err()
    {
        eprintln!("skipped: there is no python3 here");
        return;
    }
    let mut python = Command::from_std(python);
    python
        .args(["-o", "seen", &url])
        .timeout(DEADLINE)
        .assert()
        .success()
        .stdout(contains("% Total").and(contains("100")));
    assert!(site.fetched("seen") == page);
}
