//! Who asks, and through whom: `-u` and `-x`.

use super::super::Functions;
use super::super::misconceptions::{NOT_IDENTIFIED, PROXY_MISUSED};
use super::shell::{Shell, word};
use harness::attempt::Attempt;
use harness::finding::Stop;
use harness::rubric::control::ANY_PORT;
use harness::wire::Refusing;

pub fn says_who_asks(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    let origin = shell.origin("server")?;
    let at = origin.host_and_port();
    let by_url = format!("http://ann:s%3Acret@{at}/");
    let plain = origin.url("/");
    // printf ann:s:cret | base64
    let basic = "Basic YW5uOnM6Y3JldA==";
    for args in [&["-u", "ann:s:cret", &plain][..], &[&by_url]] {
        let page = word();
        shell.types(args)?;
        let (mut visit, asked) = shell.asked(&origin)?;
        shell.gets(&asked, "/", &at)?;
        shell.has_field(&asked, "Authorization", &[basic], &NOT_IDENTIFIED)?;
        shell.answers(&mut visit, "HTTP/1.1 200 OK", page.as_bytes())?;
        shell.prints(page.as_bytes())?;
    }
    Ok(())
}

pub fn asks_through_a_proxy(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    let proxy = shell.origin("proxy")?;
    let host = format!("{}.invalid", word());
    let page = word();
    let url = format!("http://ann:secret@{host}:8080/a?b#c");
    let at = format!("http://proxy:%70w@{}", proxy.host_and_port());
    shell.types(&["-x", &at, &url])?;
    let (mut visit, asked) = shell.asked(&proxy)?;
    shell.asks_for(
        &asked,
        "GET",
        &format!("http://{host}:8080/a?b"),
        &PROXY_MISUSED,
    )?;
    shell.has_field(&asked, "Host", &[&format!("{host}:8080")], &PROXY_MISUSED)?;
    // printf ann:secret | base64, and proxy:pw.
    shell.has_field(
        &asked,
        "Authorization",
        &["Basic YW5uOnNlY3JldA=="],
        &NOT_IDENTIFIED,
    )?;
    let basic = "Basic cHJveHk6cHc=";
    shell.has_field(&asked, "Proxy-Authorization", &[basic], &PROXY_MISUSED)?;
    shell.answers(&mut visit, "HTTP/1.1 200 OK", page.as_bytes())?;
    shell.prints(page.as_bytes())?;

    // As people type it; and nobody but the proxy hears who we are to it.
    let origin = shell.origin("server")?;
    shell.types(&["-x", &proxy.host_and_port(), &origin.url("/")])?;
    let (mut visit, asked) = shell.asked(&proxy)?;
    shell.asks_for(&asked, "GET", &origin.url("/"), &PROXY_MISUSED)?;
    shell.has_no_field(&asked, "Proxy-Authorization", &PROXY_MISUSED)?;
    shell.answers(&mut visit, "HTTP/1.1 200 OK", page.as_bytes())?;
    shell.prints(page.as_bytes())?;

    let refusing = Refusing::bind(ANY_PORT)?;
    let nobody = refusing.addr()?;
    shell.types(&["-x", &nobody.to_string(), &url])?;
    let port = nobody.port().to_string();
    shell.fails(
        7,
        "Nobody listens where the proxy should be",
        &[&port, "refused|connect"],
    )?;
    Ok(())
}
