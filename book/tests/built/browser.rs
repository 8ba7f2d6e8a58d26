//! The built book in a real browser, served by the server that lesson 04 ends with.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Command as StdCommand, Stdio};
use std::thread;
use std::time::Duration;

use assert_cmd::Command;
use serde_json::{Value, json};

use crate::Built;

/// Opens one page after the other in a frame, as wide as a screen and as a telephone, measures each, and leaves what it
/// found out in the document.
const MEASURE: &str = include_str!("measure.js");

/// A page that looks at the pages `names` of the book, in the theme `theme`.
fn around(theme: &str, names: &[String]) -> String {
    let names = json!(names);
    format!(
        "<!DOCTYPE html><meta charset=utf-8><body><script>const theme = {theme:?}; const pages = {names};\n\
         {MEASURE}</script>"
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

/// What the browser's script found out about each page, and what the console said.
fn measured(theme: &str) -> Option<(Vec<Value>, Value, Vec<String>)> {
    let mut chromium = chromium()?;
    let book = Built::shared();
    let mut names = book.files(".html");
    names.retain(|name| !["print.html", "toc.html"].contains(&name.as_str()));
    let page = format!("around-{theme}.html");
    fs::write(book.folder().join(&page), around(theme, &names)).unwrap();
    let profile = tempfile::tempdir().unwrap();
    let output = chromium
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("http://{}/{page}", serve(book.folder())))
        .output()
        .unwrap();
    fs::remove_file(book.folder().join(&page)).unwrap();
    let dom = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = String::from_utf8_lossy(&output.stderr);
    let console = said.lines().filter(|line| line.contains("CONSOLE"));
    let console = console.map(str::to_owned).collect();
    let found = dom
        .split_once("measured ")
        .and_then(|it| it.1.split_once(" end"));
    let (found, _) = found.unwrap_or_else(|| panic!("{dom}\n{said}"));
    let found = found
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&");
    let found: Value = serde_json::from_str(&found).unwrap();
    let frames = found["frames"].as_array().unwrap().clone();
    // Each page at both widths.
    assert_eq!(frames.len(), 2 * names.len());
    Some((frames, found["search"].clone(), console))
}

fn can_be_read_in(theme: &str) {
    let Some((frames, search, console)) = measured(theme) else {
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

/// A browser that prints the page as it stands once its scripts have run. `None` where there is none.
fn chromium() -> Option<Command> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let is_there = |name: &&str| {
        let mut asked = StdCommand::new(name);
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
        .timeout(Duration::from_secs(240))
        .args(["--headless=new", "--no-sandbox", "--disable-gpu"])
        .args(["--disable-dev-shm-usage", "--no-first-run"])
        .args([
            "--disable-background-networking",
            "--proxy-server=direct://",
        ])
        .arg("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")
        .args(["--enable-logging=stderr", "--window-size=1400,1000"])
        .args(["--virtual-time-budget=600000", "--dump-dom"]);
    Some(chromium)
}
