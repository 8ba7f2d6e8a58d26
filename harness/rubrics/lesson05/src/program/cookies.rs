//! `-b` and `-c`.

use super::super::Functions;
use super::super::misconceptions::{COOKIES_ASTRAY, COOKIES_LOST};
use super::super::origin::Asked;
use super::shell::{Shell, word};
use harness::attempt::Attempt;
use harness::finding::Stop;

/// The cookies of a request, sorted: their order is nobody's business.
fn cookies(asked: &Asked) -> Vec<String> {
    let mut cookies: Vec<String> = asked
        .named("Cookie")
        .flat_map(|field| field.value.split(';'))
        .map(|cookie| cookie.trim().to_owned())
        .filter(|cookie| !cookie.is_empty())
        .collect();
    cookies.sort();
    cookies
}

/// The request has to have these cookies, sorted.
fn has_cookies(
    shell: &mut Shell<'_>,
    asked: &Asked,
    expected: &[&str],
    when: &str,
) -> Result<(), Stop> {
    let found = cookies(asked);
    let missing = expected
        .iter()
        .find(|cookie| !found.iter().any(|one| one == *cookie));
    let astray = found
        .iter()
        .find(|cookie| !expected.contains(&cookie.as_str()));
    let (why, seen) = match (missing, astray) {
        (None, None) => return Ok(()),
        (Some(missing), _) => (
            &COOKIES_LOST,
            format!("{when}; {missing} was to go with the request."),
        ),
        (None, Some(astray)) => (
            &COOKIES_ASTRAY,
            format!("{when}; {astray} was not to go with the request."),
        ),
    };
    let remark = match expected {
        [] => "expected no cookie".to_owned(),
        expected => format!("expected {}", expected.join("; ")),
    };
    let exhibit = match asked.named("Cookie").next() {
        Some(field) => asked.at_field(field, remark),
        None => asked.at_end_of_head(remark),
    };
    Err(shell.wrong_at(why, seen, exhibit))
}

pub fn sends_the_cookies_it_is_given(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    let origin = shell.origin("server")?;
    let page = word();
    shell.types(&["-b", "id=1; theme=dark", &origin.url("/")])?;
    let (mut visit, asked) = shell.asked(&origin)?;
    has_cookies(
        &mut shell,
        &asked,
        &["id=1", "theme=dark"],
        "-b named two cookies",
    )?;
    shell.answers(&mut visit, "HTTP/1.1 200 OK", page.as_bytes())?;
    shell.prints(page.as_bytes())?;
    Ok(())
}

pub fn keeps_cookies_in_a_jar(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    let origin = shell.origin("server")?;
    let id = format!("id={}", word());
    // The server sets some, and sends us on: within one run they are known at once.
    shell.types(&["-L", "-c", "jar", &origin.url("/a/start")])?;
    let mut visit = None;
    shell.next(&origin, &mut visit)?;
    let head = format!(
        "HTTP/1.1 302 Found\nLocation: /a/next\nSet-Cookie: {id}; Path=/; HttpOnly\nset-cookie: here=1\n\
         Set-Cookie: b=2; path=/b\nSet-Cookie: long=3; Max-Age=1000; Path=/\n\
         Set-Cookie: gone=4; Max-Age=0; Path=/\n\
         Set-Cookie: past=5; Expires=Thu, 01 Jan 1970 00:00:10 GMT; Path=/\n\
         Set-Cookie: other=6; Domain=example.com; Path=/"
    );
    if let Some(visit) = &mut visit {
        shell.answers(visit, &head, b"")?;
    }
    let Some(asked) = shell.next(&origin, &mut visit)? else {
        let ended = shell.ended()?;
        let seen = format!(
            "The redirect was not followed; the program ended with {}.",
            ended.how()
        );
        return Err(shell.wrong(&COOKIES_LOST, seen));
    };
    let when = "With -c, the server set cookies, and sent the program on to /a/next";
    has_cookies(&mut shell, &asked, &["here=1", &id, "long=3"], when)?;
    let page = word();
    if let Some(visit) = &mut visit {
        shell.answers(
            visit,
            "HTTP/1.1 200 OK\nSet-Cookie: here=9",
            page.as_bytes(),
        )?;
    }
    shell.prints(page.as_bytes())?;

    // And in the next run they are known from the file.
    let elsewhere = origin.url("/b/x").replace("127.0.0.1", "localhost");
    for (url, expected) in [
        (origin.url("/a/x"), &["here=9", id.as_str(), "long=3"][..]),
        (origin.url("/b/x"), &["b=2", id.as_str(), "long=3"]),
        (origin.url("/bb"), &[id.as_str(), "long=3"]),
        (elsewhere, &[]),
    ] {
        shell.types(&["-b", "jar", &url])?;
        let (mut visit, asked) = shell.asked(&origin)?;
        let when = format!("-b read the file that -c wrote, and the URL is {url}");
        has_cookies(&mut shell, &asked, expected, &when)?;
        shell.answers(&mut visit, "HTTP/1.1 200 OK", page.as_bytes())?;
        shell.prints(page.as_bytes())?;
    }
    Ok(())
}

pub fn reads_a_jar_of_others(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    let origin = shell.origin("server")?;
    let page = word();
    let id = word();
    let jar = format!(
        "# Netscape HTTP Cookie File\n# a remark\n\n127.0.0.1\tFALSE\t/\tFALSE\t0\tid\t{id}\n\
         #HttpOnly_127.0.0.1\tFALSE\t/a\tFALSE\t4102444800\thidden\t1\n127.0.0.1\tFALSE\t/\tFALSE\t10\told\t2\n\
         127.0.0.1\tFALSE\t/b\tFALSE\t0\tb\t3\nexample.com\tTRUE\t/\tFALSE\t0\tother\t4\n"
    );
    shell.folder.write("jar", jar)?;
    shell.types(&["-b", "jar", "-c", "new", &origin.url("/a/b")])?;
    let (mut visit, asked) = shell.asked(&origin)?;
    let id = format!("id={id}");
    let when = "-b read a file of cookies, as browsers and curl write it";
    has_cookies(&mut shell, &asked, &["hidden=1", &id], when)?;
    shell.answers(&mut visit, "HTTP/1.1 200 OK", page.as_bytes())?;
    shell.prints(page.as_bytes())?;
    // What is for others stays in the jar.
    let new = shell.folder.read("new")?.unwrap_or_default();
    let new = String::from_utf8_lossy(&new).into_owned();
    for line in [
        "\t/b\tFALSE\t0\tb\t3",
        "example.com\tTRUE\t/\tFALSE\t0\tother\t4",
    ] {
        if !new.lines().any(|found| found.ends_with(line)) {
            shell.remark(format!("expected a line {line:?}"));
            let seen = "-b JAR -c NEW: a cookie of the first, for another path or host, is not in the second.";
            return Err(shell.wrong(&COOKIES_LOST, seen));
        }
    }
    Ok(())
}
