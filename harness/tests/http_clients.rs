//! The solution of lesson 04, used by the clients that the world uses: curl, nc, Python, a browser. None
//! of them may notice that it is homework. A client that is not installed is skipped with a word.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command as StdCommand, Stdio};
use std::time::{Duration, SystemTime};

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use harness_tests::server::{Server, program};
use predicates::prelude::PredicateBooleanExt;
use predicates::str::{contains, starts_with};
use tempfile::TempDir;

/// A client that takes longer than this has hung.
const DEADLINE: Duration = Duration::from_secs(120);

/// How long a request's body may be.
const MAX_BODY: usize = 1024 * 1024;

/// A server for a folder, and a place for what its clients fetch.
struct Site {
    server: Server,
    folder: TempDir,
    fetched: TempDir,
}

impl Site {
    fn new() -> Site {
        let folder = TempDir::new().unwrap();
        let mut command = program("lesson04", env!("CARGO_BIN_EXE_graded"));
        command.args(["--bind", "127.0.0.1:0"]).arg(folder.path());
        Site {
            server: Server::start(command).expect("the server"),
            folder,
            fetched: TempDir::new().unwrap(),
        }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.server.addr)
    }

    /// Adds a file to the folder that is served.
    fn add(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// curl, started where it may write what it fetches. `None` where there is none.
    fn curl(&self) -> Option<Command> {
        let mut curl = tool(&["curl"], "--version")?;
        // First of all -q: what a configuration file says is not tested here.
        curl.args(["-q", "--silent", "--show-error", "--noproxy", "*"])
            .current_dir(self.fetched.path());
        Some(curl)
    }

    fn fetched(&self, name: &str) -> Vec<u8> {
        fs::read(self.fetched.path().join(name)).unwrap()
    }
}

/// The first of these programs that is installed: one that can say what it is.
fn tool(names: &[&str], version: &str) -> Option<Command> {
    for name in names {
        let mut asked = StdCommand::new(name);
        asked
            .arg(version)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if asked.status().is_ok_and(|status| status.success()) {
            let mut command = Command::new(name);
            command.timeout(DEADLINE);
            return Some(command);
        }
    }
    eprintln!("skipped: there is no {} here", names.join(" and no "));
    None
}

/// Bytes in which nothing repeats, so that none can be taken for another.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..length).map(|_| next()).collect()
}

fn stdout(assert: &Assert) -> String {
    String::from_utf8_lossy(&assert.get_output().stdout).into_owned()
}

#[test]
fn curl_keeps_its_connection() {
    let site = Site::new();
    let Some(mut curl) = site.curl() else { return };
    let (small, large) = (noise(1000), noise(3 << 20));
    site.add("small", &small);
    site.add("large", &large);
    let urls = ["/small", "/large", "/missing", "/"].map(|path| site.url(path));
    curl.args(["-w", "%{http_code} %{num_connects}\n"]);
    for (name, url) in ["small", "large", "missing", "listing"].iter().zip(&urls) {
        curl.args(["-o", name, url]);
    }
    curl.assert()
        .success()
        .stdout("200 1\n200 0\n404 0\n200 0\n");
    assert!(site.fetched("small") == small);
    assert!(site.fetched("large") == large);
}

#[test]
fn curl_asks_for_the_heads_alone() {
    let site = Site::new();
    let Some(mut curl) = site.curl() else { return };
    site.add("page.html", "<p>Hello");
    // Were there a body, it would be taken for the second response.
    let heads = curl
        .args(["--head", "-w", "%{num_connects} %{size_download}\n"])
        .args([site.url("/page.html"), site.url("/none")])
        .assert()
        .success();
    let heads = stdout(&heads);
    let (first, second) = heads.split_once("1 0\n").expect("the first");
    assert!(first.starts_with("HTTP/1.1 200 OK\r\n"), "{first}");
    assert!(first.contains("\r\nContent-Length: 8\r\n"), "{first}");
    assert!(
        first.contains("\r\nContent-Type: text/html; charset=utf-8\r\n"),
        "{first}"
    );
    assert!(second.starts_with("HTTP/1.1 404 Not Found\r\n"), "{second}");
    assert!(second.ends_with("\r\n\r\n0 0\n"), "{second}");
}

#[test]
fn curl_takes_a_part() {
    let site = Site::new();
    let content = noise(5000);
    site.add("noise", &content);
    for (range, part) in [
        ("0-0", &content[..1]),
        ("100-199", &content[100..200]),
        ("4000-", &content[4000..]),
        ("-70", &content[4930..]),
        ("4990-9999", &content[4990..]),
    ] {
        let Some(mut curl) = site.curl() else { return };
        curl.args(["-o", "part", "-w", "%{http_code}", "-r", range])
            .arg(site.url("/noise"))
            .assert()
            .success()
            .stdout("206");
        assert!(site.fetched("part") == part, "{range}");
    }
    // The first status that is no success ends curl with 22, when it is asked to judge.
    let mut curl = site.curl().unwrap();
    curl.args(["--fail", "-i", "-r", "5000-", &site.url("/noise")])
        .assert()
        .code(22)
        .stderr(contains("416"));
}

#[test]
fn curl_resumes_where_it_was_broken_off() {
    let site = Site::new();
    let content = noise(700_001);
    site.add("noise", &content);
    for already in [1, content.len() / 2, content.len() - 1, content.len()] {
        let Some(mut curl) = site.curl() else { return };
        fs::write(site.fetched.path().join("half"), &content[..already]).unwrap();
        let missing = content.len() - already;
        let assert = curl
            .args([
                "-C",
                "-",
                "-o",
                "half",
                "-w",
                "%{http_code} %{size_download}",
            ])
            .arg(site.url("/noise"))
            .assert()
            .success();
        // Of what it has already, curl asks for the rest, and takes 416 for what it is.
        match missing {
            0 => assert.stdout(starts_with("416 ")),
            _ => assert.stdout(format!("206 {missing}")),
        };
        assert!(site.fetched("half") == content, "from {already} on");
    }
}

#[test]
fn curl_fetches_only_what_is_newer() {
    let site = Site::new();
    let path = site.add("news", "old news");
    let written = SystemTime::now() - Duration::from_secs(3600);
    let file = fs::File::options().write(true).open(path).unwrap();
    file.set_modified(written).unwrap();
    let fetch = |more: &[&str]| {
        let mut curl = site.curl()?;
        let code = curl
            .args(["--remote-time", "-o", "news", "-w", "%{http_code}"])
            .args(more)
            .arg(site.url("/news"))
            .assert()
            .success();
        Some(stdout(&code))
    };
    let Some(first) = fetch(&[]) else { return };
    assert_eq!(first, "200");
    // The copy has the date that the server gave, and is compared by it.
    assert_eq!(fetch(&["-z", "news"]).unwrap(), "304");
    assert_eq!(site.fetched("news"), b"old news");
    assert_eq!(
        fetch(&["-z", "Thu, 01 Jan 2015 00:00:00 GMT"]).unwrap(),
        "200"
    );
    file.set_modified(written + Duration::from_secs(60))
        .unwrap();
    assert_eq!(fetch(&["-z", "news"]).unwrap(), "200");
}

/// curl, about to POST `length` bytes.
fn upload(site: &Site, length: usize) -> Option<Command> {
    let mut curl = site.curl()?;
    fs::write(site.fetched.path().join("body"), noise(length)).unwrap();
    // It would wait a second for the permission, and then send all the same. Here it waits.
    curl.args(["-v", "--expect100-timeout", "100", "-o", "answer"])
        .args(["-w", "%{http_code} %{num_connects} %{size_upload}\n"])
        .args(["--data-binary", "@body"])
        .arg(site.url("/"));
    Some(curl)
}

/// Then it fetches a page, over the same connection if it can.
fn and_a_page<'a>(site: &Site, curl: &'a mut Command) -> &'a mut Command {
    curl.args(["--next", "--silent", "-o", "page"]).args([
        "-w",
        "%{http_code} %{num_connects}\n",
        &site.url("/page"),
    ])
}

#[test]
fn curl_waits_until_a_large_body_is_welcome() {
    let site = Site::new();
    site.add("page", "still here");
    for length in [1, 70_000, MAX_BODY] {
        let Some(mut curl) = upload(&site, length) else {
            return;
        };
        curl.args(["-H", "Expect: 100-continue"]);
        and_a_page(&site, &mut curl)
            .assert()
            .success()
            .stderr(contains("< HTTP/1.1 100 Continue"))
            .stderr(contains("< Allow: GET, HEAD, OPTIONS"))
            .stdout(format!("405 1 {length}\n200 0\n"));
        assert_eq!(site.fetched("page"), b"still here");
    }
}

#[test]
fn curl_is_told_that_a_body_is_too_large_before_it_sends_it() {
    let site = Site::new();
    site.add("page", "still here");
    let Some(mut curl) = upload(&site, MAX_BODY + 1) else {
        return;
    };
    curl.args(["-H", "Expect: 100-continue"]);
    and_a_page(&site, &mut curl)
        .assert()
        .success()
        .stderr(contains("100 Continue").not())
        .stdout("413 1 0\n200 1\n");
}

#[test]
fn curl_is_told_that_a_body_is_too_large_while_it_sends_it() {
    let site = Site::new();
    site.add("page", "still here");
    for length in [MAX_BODY + 1, 2 * MAX_BODY, 16 * MAX_BODY] {
        for more in [
            &["-H", "Expect:"][..],
            &["-H", "Expect:", "-H", "Transfer-Encoding: chunked"],
        ] {
            let Some(mut curl) = upload(&site, length) else {
                return;
            };
            curl.args(more);
            let said = and_a_page(&site, &mut curl)
                .assert()
                .success()
                .stderr(contains("< HTTP/1.1 413 "))
                .stderr(contains("< Connection: close"));
            let said = stdout(&said);
            assert!(
                said.starts_with("413 1 ") && said.ends_with("\n200 1\n"),
                "{said}"
            );
        }
    }
}

#[test]
fn curl_uploads_in_chunks() {
    let site = Site::new();
    site.add("page", "still here");
    for length in [0, 1, 200_000, MAX_BODY] {
        let Some(mut curl) = upload(&site, length) else {
            return;
        };
        curl.args(["-H", "Transfer-Encoding: chunked"]);
        let said = and_a_page(&site, &mut curl).assert().success();
        let said = stdout(&said);
        assert!(
            said.starts_with("405 1 ") && said.ends_with("\n200 0\n"),
            "{said}"
        );
    }
}

#[test]
fn curl_of_1996_is_served() {
    let site = Site::new();
    site.add("page", "plain");
    let urls = [site.url("/page"), site.url("/page")];
    for (more, expected) in [
        (&[][..], "200 1\n200 1\n"),
        (&["-H", "Connection: keep-alive"], "200 1\n200 0\n"),
    ] {
        let Some(mut curl) = site.curl() else { return };
        curl.args(["--http1.0", "-w", "%{http_code} %{num_connects}\n"])
            .args(more)
            .args(["-o", "1", &urls[0], "-o", "2", &urls[1]])
            .assert()
            .success()
            .stdout(expected);
        assert_eq!(site.fetched("2"), b"plain");
    }
}

#[test]
fn curl_follows_the_way_to_a_folder() {
    let site = Site::new();
    let Some(mut curl) = site.curl() else { return };
    site.add("a folder/index.html", "<p>In");
    let written = "%{num_redirects} %{num_connects} %{url_effective}\n";
    curl.args(["-L", "-w", written, &site.url("/a%20folder?q=1")])
        .assert()
        .success()
        .stdout(format!("<p>In1 1 {}\n", site.url("/a%20folder/?q=1")));
}

#[test]
fn curl_gets_every_file_that_a_listing_names() {
    let site = Site::new();
    let names = [
        "plain.txt",
        "with space.txt",
        "<b>bold&'\".txt",
        "100%.txt",
        "%41.txt",
        "#hash?query.txt",
        "größe.txt",
        "a:b",
        "..txt",
        "sub/inside.txt",
    ];
    for name in names {
        site.add(&format!("files/{name}"), name);
    }
    let mut found = Vec::new();
    let mut folders = vec![site.url("/files/")];
    while let Some(folder) = folders.pop() {
        let Some(mut curl) = site.curl() else { return };
        let page = curl.arg(&folder).assert().success();
        for link in stdout(&page).split("href=\"").skip(1) {
            let (link, _) = link.split_once('"').unwrap();
            // As a browser does: what looks like a scheme is one, unless a path comes first.
            assert!(!link.contains(':'), "{link}");
            if link.ends_with('/') {
                folders.push(format!("{folder}{link}"));
                continue;
            }
            let mut curl = site.curl().unwrap();
            let file = curl.args(["--fail", &format!("{folder}{link}")]).assert();
            found.push(stdout(&file.success()));
        }
    }
    found.sort();
    let mut expected = names.to_vec();
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn curl_does_not_get_out_of_the_folder() {
    let site = Site::new();
    fs::write(site.fetched.path().join("secret"), "secret").unwrap();
    let secret = site.fetched.path().join("secret");
    let secret = secret.to_str().unwrap();
    for path in [
        format!("/../../../../../../..{secret}"),
        format!("/{}{secret}", "%2e%2e/".repeat(9).trim_end_matches('/')),
        format!("/..%2f..%2f..%2f..%2f..{}", secret.replace('/', "%2f")),
        format!("/{secret}"),
    ] {
        let Some(mut curl) = site.curl() else { return };
        curl.args(["--path-as-is", "-w", "%{http_code}", &site.url(&path)])
            .assert()
            .success()
            .stdout(contains("secret").not().and(contains("404")));
    }
}

/// nc, which ends its own direction when its stdin ends. `None` where there is none that can.
fn nc(site: &Site) -> Option<Command> {
    let help = StdCommand::new("nc").arg("-h").output();
    let can_half_close = help.is_ok_and(|it| {
        let text = [it.stdout, it.stderr].concat();
        String::from_utf8_lossy(&text).contains("-N\t")
    });
    if !can_half_close {
        eprintln!("skipped: there is no nc here that knows -N, as OpenBSD's does");
        return None;
    }
    let mut nc = Command::new("nc");
    nc.timeout(DEADLINE)
        .args(["-N", &site.server.addr.ip().to_string()])
        .arg(site.server.addr.port().to_string());
    Some(nc)
}

/// The status and the body of each response, as those to requests with these methods.
fn responses(mut bytes: &[u8], methods: &[&str]) -> Vec<(u16, String)> {
    let mut found = Vec::new();
    for method in methods {
        let end = bytes.windows(4).position(|it| it == b"\r\n\r\n");
        let end = end.unwrap_or_else(|| panic!("{found:?}, and no head after it")) + 4;
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        bytes = &bytes[end..];
        let status = head["HTTP/1.1 ".len()..][..3].parse().unwrap();
        let length = head.split("\r\nContent-Length: ").nth(1);
        let length = length.map_or(0, |it| it.lines().next().unwrap().parse().unwrap());
        let length = if *method == "HEAD" { 0 } else { length };
        let body = String::from_utf8_lossy(&bytes[..length]).into_owned();
        bytes = &bytes[length..];
        found.push((status, body));
    }
    assert!(bytes.is_empty(), "{} bytes too many", bytes.len());
    found
}

#[test]
fn nc_sends_all_requests_at_once_and_hangs_up() {
    let site = Site::new();
    let Some(mut nc) = nc(&site) else { return };
    let (mut sent, mut methods, mut expected) = (String::new(), Vec::new(), Vec::new());
    for number in 0..200 {
        let (method, body) = match number % 4 {
            0 => ("GET", ""),
            1 => ("HEAD", ""),
            2 => (
                "POST",
                "Content-Length: 33\r\n\r\nGET /0 HTTP/1.1\r\nHost: smuggled\r\n",
            ),
            _ => (
                "PUT",
                "Transfer-Encoding: chunked\r\n\r\n4;x=\"y\"\r\nGET \r\n0\r\nA: b\r\n\r\n",
            ),
        };
        let end = if body.is_empty() { "\r\n" } else { "" };
        site.add(&number.to_string(), format!("file {number}"));
        sent += &format!("{method} /{number} HTTP/1.1\r\nHost: localhost\r\n{body}{end}");
        methods.push(method);
        expected.push(match method {
            "GET" => (200, format!("file {number}")),
            "HEAD" => (200, String::new()),
            _ => (405, "405 Method Not Allowed\n".to_owned()),
        });
    }
    let output = nc.write_stdin(sent).assert().success();
    let found = responses(&output.get_output().stdout, &methods);
    assert!(found == expected, "{found:?}");
}

#[test]
fn nc_types_nonsense_and_is_told_so() {
    let site = Site::new();
    for (nonsense, status) in [
        ("hello?\r\n\r\n".to_owned(), 400),
        ("GET / HTTP/1.1\r\n\r\n".to_owned(), 400),
        ("GET / HTTP/2.0\r\nHost: h\r\n\r\n".to_owned(), 505),
        (format!("GET /{} HTTP/1.1\r\n", "a".repeat(9000)), 414),
        (
            format!(
                "GET / HTTP/1.1\r\nHost: h\r\n{}",
                // Less than what the server takes after its last answer: more would have it reset the
                // connection, and nc might lose what it has not read.
                "A: b\r\n".repeat(150_000)
            ),
            431,
        ),
    ] {
        let Some(mut nc) = nc(&site) else { return };
        let page = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
        let output = nc
            .write_stdin(format!("{page}{nonsense}{page}"))
            .assert()
            .success();
        let found = responses(&output.get_output().stdout, &["GET", "GET"]);
        assert_eq!((found[0].0, found[1].0), (200, status), "{nonsense:.40}");
    }
}

/// A script of `harness/tests/programs`, in Python, with the server's URL and its folder as arguments.
fn python(site: &Site, name: &str) -> Option<Command> {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs");
    let mut python = tool(&["python3"], "--version")?;
    python
        .arg(scripts.join(name))
        .arg(site.url("/"))
        .arg(site.folder.path());
    Some(python)
}

#[test]
fn python_has_its_clients_served() {
    let site = Site::new();
    site.add("page.html", "<p>Hello");
    site.add("noise.bin", noise(300_000));
    site.add("folder/a file.txt", "Inside");
    if let Some(mut python) = python(&site, "http_clients.py") {
        python.assert().success().stdout("served\n");
    }
}

/// A picture that is `width` wide, in the GIF format: one pixel on an empty canvas.
fn gif(width: u8) -> Vec<u8> {
    let mut picture = b"GIF89a".to_vec();
    picture.extend([width, 0, 1, 0, 0x80, 0, 0]); // a canvas, and two colours for it:
    picture.extend([0, 0, 0, 255, 255, 255]);
    picture.extend(b",\0\0\0\0\x01\0\x01\0\0"); // a picture of 1 by 1,
    picture.extend(b"\x02\x02\x44\x01\0;"); // its pixel, compressed, and the end
    picture
}

const PAGE: &str = r#"<!DOCTYPE html>
<meta charset="utf-8">
<title>Twenty pictures</title>
<link rel="stylesheet" href="style/page.css">
<script src="script.js" defer></script>
<h1>Nothing yet</h1>
"#;

/// Runs when all that the page names has been loaded, or has not.
const SCRIPT: &str = r#"addEventListener("load", () => {
    const widths = Array.from(document.images, image => image.naturalWidth);
    const { color } = getComputedStyle(document.querySelector("h1"));
    const report = `pictures ${widths.join(" ")}; colour ${color}; ${document.characterSet}`;
    document.querySelector("h1").textContent = report;
});
"#;

#[test]
fn chromium_loads_a_page_with_all_that_belongs_to_it() {
    let site = Site::new();
    let mut page = PAGE.to_owned();
    for width in 1..=20 {
        // Only with its media type is an SVG taken for a picture.
        let picture = match width % 2 {
            0 => format!("pictures/{width}.gif"),
            _ => format!("pictures/{width} wide.svg"),
        };
        let svg =
            format!(r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="1"/>"#);
        match width % 2 {
            0 => site.add(&picture, gif(width)),
            _ => site.add(&picture, svg),
        };
        page += &format!("<img src=\"{picture}\" alt=\"\">\n");
    }
    site.add("index.html", page);
    site.add("style/page.css", "h1 { color: rgb(1, 2, 3) }\n");
    site.add("script.js", SCRIPT);

    let names = ["chromium", "chromium-browser", "google-chrome"];
    let Some(mut chromium) = tool(&names, "--version") else {
        return;
    };
    let mut profile = OsStr::new("--user-data-dir=").to_owned();
    profile.push(site.fetched.path());
    let dom = chromium
        .args(["--headless=new", "--no-sandbox", "--disable-gpu"])
        .args(["--disable-dev-shm-usage", "--no-first-run"])
        // Nothing but the page is asked for, and nobody but the server is asked.
        .args([
            "--disable-background-networking",
            "--proxy-server=direct://",
        ])
        .arg("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")
        .args(["--virtual-time-budget=10000", "--dump-dom"])
        .args([profile, site.url("/").into()])
        .assert()
        .success();
    let widths: Vec<String> = (1..=20).map(|width: u8| width.to_string()).collect();
    let report = format!(
        "<h1>pictures {}; colour rgb(1, 2, 3); UTF-8</h1>",
        widths.join(" ")
    );
    assert!(stdout(&dom).contains(&report), "{}", stdout(&dom));
}
