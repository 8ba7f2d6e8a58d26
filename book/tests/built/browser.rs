//! The built book in a real browser, served by the server that lesson 04 ends with.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tiny_http::Server;

use crate::Built;

/// A browser that has not looked at the book by then has hung.
const DEADLINE: Duration = Duration::from_secs(300);

/// Opens one page after the other in a frame, as wide as a screen and as a telephone, measures each, and tells what it
/// found out.
const MEASURE: &str = include_str!("measure.js");

/// A page that looks at the pages `names` of the book, in the theme `theme`, and tells `listener`.
fn around(theme: &str, names: &[String], listener: SocketAddr) -> String {
    let names = json!(names);
    format!(
        "<!DOCTYPE html><meta charset=utf-8><body><script>const theme = {theme:?}; const pages = {names};\n\
         const listener = \"http://{listener}/\";\n{MEASURE}</script>"
    )
}

/// Serves the folder until the tests are over.
fn serve(root: &Path) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let root = root.to_owned();
    thread::spawn(move || solution04::serve(listener, &root));
    address
}

/// What the browser's script found out about each page and in the search, and what the console said.
struct Measured {
    frames: Vec<Value>,
    search: Value,
    console: Vec<String>,
}

/// Has a browser look at the whole book. `None` where there is no browser.
fn measured(theme: &str) -> Option<Measured> {
    let mut chromium = chromium()?;
    // A page is added to it, which the other tests need not see.
    let book = Built::alone();
    let mut names = book.files(".html");
    let no_pages = ["print.html", "toc.html"];
    names.retain(|name| !no_pages.contains(&name.as_str()));
    let listener = Server::http("127.0.0.1:0").unwrap();
    let address = listener.server_addr().to_ip().unwrap();
    let page = "around.html";
    fs::write(book.folder().join(page), around(theme, &names, address)).unwrap();
    let profile = tempfile::tempdir().unwrap();
    let log = profile.path().join("log");
    let browser = chromium
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("http://{}/{page}", serve(book.folder())))
        .stderr(fs::File::create(&log).unwrap())
        .spawn()
        .unwrap();
    let told = listener.recv_timeout(DEADLINE);
    end(browser);
    let said = fs::read(&log).unwrap();
    let said = String::from_utf8_lossy(&said);
    let mut told = told
        .unwrap()
        .unwrap_or_else(|| panic!("no word from the browser, which said:\n{said}"));
    let found: Value = serde_json::from_reader(told.as_reader()).unwrap();
    let frames = found["frames"].as_array().unwrap().clone();
    // Each page at both widths.
    assert_eq!(frames.len(), 2 * names.len());
    let console = said.lines().filter(|line| line.contains("CONSOLE"));
    Some(Measured {
        frames,
        search: found["search"].clone(),
        console: console.map(str::to_owned).collect(),
    })
}

fn end(mut browser: Child) {
    browser.kill().unwrap();
    browser.wait().unwrap();
}

fn can_be_read_in(theme: &str) {
    let Some(Measured {
        frames,
        search,
        console,
    }) = measured(theme)
    else {
        return;
    };
    assert_eq!(console, Vec::<String>::new());
    let mut pictures = 0;
    for frame in &frames {
        assert_eq!(frame["theme"], theme, "{frame}");
        assert_eq!(frame["overflow"], 0, "{frame}");
        assert_eq!(frame["wide"], json!([]), "{frame}");
        assert_eq!(frame["hidden"], json!([]), "{frame}");
        assert_eq!(frame["faint"], json!([]), "{frame}");
        pictures += frame["pictures"].as_u64().unwrap();
    }
    assert!(pictures > 0, "no page has a picture");
    // A word that a lesson is about is found in its chapter.
    let found = search.as_array().unwrap();
    assert!(
        found
            .iter()
            .any(|link| link.as_str().unwrap().contains("lesson02-echo.html")),
        "{search}"
    );
}

#[test]
fn every_page_can_be_read_in_light() {
    can_be_read_in("light");
}

#[test]
fn every_page_can_be_read_in_the_dark() {
    can_be_read_in("navy");
}

/// A browser without a window. `None` where there is none.
fn chromium() -> Option<Command> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let is_there = |name: &&str| {
        let mut asked = Command::new(name);
        asked.arg("--version").stdin(Stdio::null());
        asked.stdout(Stdio::null()).stderr(Stdio::null());
        asked.status().is_ok_and(|status| status.success())
    };
    let Some(name) = names.into_iter().find(|name| is_there(name)) else {
        eprintln!("skipped: there is no {} here", names.join(" and no "));
        return None;
    };
    let mut chromium = Command::new(name);
    chromium
        .args(["--headless=new", "--no-sandbox", "--disable-gpu"])
        .args(["--disable-dev-shm-usage", "--no-first-run"])
        .args([
            "--disable-background-networking",
            "--proxy-server=direct://",
        ])
        .arg("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")
        .args(["--enable-logging=stderr", "--window-size=1400,1000"])
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    Some(chromium)
}
