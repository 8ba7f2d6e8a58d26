//! `-e`, `-A`, `-H`, `-X`, `-0`; and what no argument may do.

use super::super::Functions;
use super::super::misconceptions::{LINE_SMUGGLED, NOT_ITS_FIELD, NOT_ITS_METHOD, WRONG_VERSION};
use super::shell::{Shell, word};
use harness::attempt::Attempt;
use harness::finding::Stop;

pub fn says_where_it_comes_from_and_what_it_is(
    _: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    let origin = shell.origin("server")?;
    let agent = word();
    let page = word();
    shell.types(&["-e", "http://example.com/a", "-A", &agent, &origin.url("/")])?;
    let (mut visit, asked) = shell.asked(&origin)?;
    shell.has_option_field(&asked, "Referer", "http://example.com/a")?;
    shell.has_option_field(&asked, "User-Agent", &agent)?;
    shell.answers(&mut visit, "HTTP/1.1 200 OK", page.as_bytes())?;
    shell.prints(page.as_bytes())?;

    shell.types(&["-A", "", &origin.url("/")])?;
    let (mut visit, asked) = shell.asked(&origin)?;
    shell.has_no_field(&asked, "User-Agent", &NOT_ITS_FIELD)?;
    shell.answers(&mut visit, "HTTP/1.1 200 OK", page.as_bytes())?;
    shell.prints(page.as_bytes())?;
    Ok(())
}

pub fn adds_replaces_and_removes_fields(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    let origin = shell.origin("server")?;
    let (value, page) = (word(), word());
    let added = format!("X-Word: {value}");
    let args = [
        "-H",
        &added,
        "-H",
        "X-Twice: 1",
        "-H",
        "X-Twice: 2",
        "-H",
        "accept: text/html",
        "-H",
        "User-Agent:",
        "-H",
        "X-Empty;",
        "-H",
        "Host: example.com",
    ];
    shell.types(&[&args[..], &[&origin.url("/")]].concat())?;
    let (mut visit, asked) = shell.asked(&origin)?;
    for (name, values) in [
        ("X-Word", &[value.as_str()][..]),
        ("X-Twice", &["1", "2"]),
        ("Accept", &["text/html"]),
        ("User-Agent", &[]),
        ("X-Empty", &[""]),
        ("Host", &["example.com"]),
    ] {
        shell.has_field(&asked, name, values, &NOT_ITS_FIELD)?;
    }
    shell.answers(&mut visit, "HTTP/1.1 200 OK", page.as_bytes())?;
    shell.prints(page.as_bytes())?;
    Ok(())
}

pub fn uses_the_method_it_is_told(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    let origin = shell.origin("server")?;
    for (args, method, body) in [
        (&["-X", "DELETE"][..], "DELETE", &b""[..]),
        (&["-X", "PATCH", "-d", "a=1"], "PATCH", b"a=1"),
        (&["-X", "get"], "get", b""),
    ] {
        let page = word();
        shell.types(&[args, &[&origin.url("/")]].concat())?;
        let (mut visit, asked) = shell.asked(&origin)?;
        shell.asks_for(&asked, method, "/", &NOT_ITS_METHOD)?;
        shell.sends(&asked, body, &NOT_ITS_METHOD)?;
        shell.answers(&mut visit, "HTTP/1.1 200 OK", page.as_bytes())?;
        shell.prints(page.as_bytes())?;
    }
    Ok(())
}

pub fn speaks_http_1_0_when_told(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    let origin = shell.origin("server")?;
    let page = word();
    shell.types(&["-0", &origin.url("/")])?;
    let (mut visit, asked) = shell.asked(&origin)?;
    if asked.minor_version != 0 {
        let mut exhibit = asked.at_target("expected HTTP/1.0");
        (exhibit.from, exhibit.to) = (exhibit.to + 1, exhibit.bytes.len() - 2);
        return Err(shell.wrong_at(
            &WRONG_VERSION,
            "With -0, the request is of HTTP/1.1.",
            exhibit,
        ));
    }
    shell.answers_bytes(
        &mut visit,
        format!("HTTP/1.0 200 OK\r\n\r\n{page}").as_bytes(),
    )?;
    visit.close();
    shell.prints(page.as_bytes())?;
    Ok(())
}

pub fn lets_no_argument_end_a_line(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    shell.not_for_others("curl sends some of these")?;
    let origin = shell.origin("server")?;
    let url = origin.url("/");
    let smuggled = origin.url("/ HTTP/1.1\r\nX: 1");
    for args in [
        &["-H", "A: b\r\nX: 1", &url][..],
        &["-H", "A: b\nX: 1", &url],
        &["-A", "me\r\nX: 1", &url],
        &["-e", "http://a/\r\nX: 1", &url],
        &["-b", "a=1\r\nX: 1", &url],
        &["-X", "GET / HTTP/1.1\r\nX: 1\r\n\r\nGET", &url],
        &["-r", "1-2\r\nX: 1", &url],
        &[&smuggled],
    ] {
        shell.types(args)?;
        if let Some(mut visit) = shell.called(&origin)? {
            let _ = visit.hear_head();
            let seen = "A line break stands in an argument, and the program called the server all the same.";
            return Err(shell.wrong(&LINE_SMUGGLED, seen));
        }
        let what = "A line break stands in an argument";
        shell.fails_as(&[2, 3], what, &[], &LINE_SMUGGLED)?;
    }
    Ok(())
}
