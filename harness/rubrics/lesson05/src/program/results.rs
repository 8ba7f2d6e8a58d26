//! What the program says of how it went: `-f`, `-w`, `-v`, `-s`, exit codes, messages.

use super::super::Functions;
use super::super::misconceptions::{
    ENDS_OTHERWISE, ERROR_FOR_PAGE, FAILS_SILENTLY, NONSENSE_TAKEN, NOT_SILENT,
    OUTPUT_NOT_THE_PAGE, TELLS_NOTHING, WRITE_OUT_WRONG,
};
use super::shell::{Shell, word};
use harness::attempt::Attempt;
use harness::finding::Stop;
use harness::rubric::control::ANY_PORT;
use harness::wire::Refusing;

pub fn tells_an_error_from_a_page_when_told(
    _: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    let origin = shell.origin("server")?;
    let page = word();
    // Without -f, an answer is an answer.
    shell.types(&[&origin.url("/")])?;
    let (mut visit, _) = shell.asked(&origin)?;
    shell.answers(&mut visit, "HTTP/1.1 404 Not Found", page.as_bytes())?;
    shell.prints(page.as_bytes())?;
    for status in ["404", "500", "400"] {
        shell.types(&["-f", &origin.url("/")])?;
        let (mut visit, _) = shell.asked(&origin)?;
        shell.answers(
            &mut visit,
            &format!("HTTP/1.1 {status} No"),
            page.as_bytes(),
        )?;
        let what = format!("The server said {status}, and -f was there");
        let ended = shell.fails_as(&[22], &what, &[status], &ERROR_FOR_PAGE)?;
        shell.printed_is(&ended, b"", &ERROR_FOR_PAGE)?;
    }
    shell.types(&["-f", &origin.url("/")])?;
    let (mut visit, _) = shell.asked(&origin)?;
    shell.answers(&mut visit, "HTTP/1.1 399 Odd", page.as_bytes())?;
    shell.prints(page.as_bytes())?;
    Ok(())
}

pub fn writes_out_what_it_is_asked_for(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    let origin = shell.origin("server")?;
    let page = word();
    let format = "%{http_code} %{size_download} %{num_redirects} %{content_type}\\t%{url_effective} 100%%\\n";
    shell.types(&["-L", "-w", format, "-o", "page", &origin.url("/a")])?;
    let mut visit = None;
    for (target, head) in [
        ("/a", "HTTP/1.1 302 Found\nLocation: /b"),
        (
            "/b",
            "HTTP/1.1 404 Not Found\nContent-Type: text/plain; charset=utf-8",
        ),
    ] {
        if let Some(asked) = shell.next(&origin, &mut visit)? {
            shell.gets(&asked, target, &origin.host_and_port())?;
        }
        if let Some(visit) = &mut visit {
            shell.answers(visit, head, page.as_bytes())?;
        }
    }
    let expected = format!(
        "404 {} 1 text/plain; charset=utf-8\t{} 100%\n",
        page.len(),
        origin.url("/b")
    );
    shell.prints_or(expected.as_bytes(), &WRITE_OUT_WRONG)?;

    // When there was no answer, too.
    let nobody = Refusing::bind(ANY_PORT)?;
    let url = format!("http://{}/", nobody.addr()?);
    shell.types(&["-w", "%{http_code}|%{size_download}|", &url])?;
    let what = "Nobody listens there";
    let ended = shell.fails_as(&[7], what, &[], &ENDS_OTHERWISE)?;
    shell.printed_is(&ended, b"000|0|", &WRITE_OUT_WRONG)
}

pub fn shows_the_conversation_when_told(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    let origin = shell.origin("server")?;
    let page = word();
    shell.types(&["-v", &origin.url("/a?b")])?;
    let (mut visit, _) = shell.asked(&origin)?;
    let head = "HTTP/1.1 203 Non-Authoritative Information\nX-Word: word";
    shell.answers(&mut visit, head, page.as_bytes())?;
    let ended = shell.prints_or(page.as_bytes(), &OUTPUT_NOT_THE_PAGE)?;
    let host = format!("> Host: {}", origin.host_and_port());
    for line in [
        "> GET /a?b HTTP/1.1",
        &host,
        "< HTTP/1.1 203 Non-Authoritative Information",
        "< X-Word: word",
    ] {
        let has = ended
            .stderr
            .lines()
            .any(|said| said.trim_end().ends_with(line));
        if !has {
            shell.remark(format!("expected a line {line:?} on stderr"));
            let seen = format!("{} did not say {line:?} on stderr.", shell.typed());
            return Err(shell.wrong(&TELLS_NOTHING, seen));
        }
    }
    Ok(())
}

pub fn is_silent_when_told(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    let nobody = Refusing::bind(ANY_PORT)?;
    let addr = nobody.addr()?;
    let url = format!("http://{addr}/");
    shell.types(&["-s", &url])?;
    let ended = shell.fails(7, "Nobody listens there", &[])?;
    if !ended.stderr.is_empty() {
        shell.fact("on stderr", ended.word());
        shell.remark("expected nothing");
        return Err(shell.wrong(&NOT_SILENT, "With -s, something was said on stderr."));
    }
    shell.types(&["-s", "-S", &url])?;
    let ended = shell.fails(7, "Nobody listens there", &[])?;
    if !ended.stderr.contains(&addr.port().to_string()) {
        shell.fact("on stderr", ended.word());
        shell.remark("expected the error");
        return Err(shell.wrong(&NOT_SILENT, "With -s -S, the error was not on stderr."));
    }
    Ok(())
}

pub fn says_who_could_not_be_reached_and_why(
    _: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let mut shell = Shell::with_time(attempt)?;
    let refusing = Refusing::bind(ANY_PORT)?;
    let port = refusing.addr()?.port().to_string();
    shell.types(&[&format!("http://127.0.0.1:{port}/")])?;
    let what = "Nobody listens there";
    shell.fails(7, what, &["127.0.0.1", &port, "refused|connect"])?;

    let host = format!("{}.invalid", word());
    shell.types(&[&format!("http://{host}/")])?;
    shell.fails(6, "Nobody knows that name", &[&host, "resolve"])?;
    Ok(())
}

pub fn says_how_an_answer_failed(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    let origin = shell.origin("server")?;
    // curl does not say whom it was talking to.
    let at = match shell.is_foreign() {
        true => String::new(),
        false => origin.port().to_string(),
    };
    shell.types(&[&origin.url("/")])?;
    let (visit, _) = shell.asked(&origin)?;
    visit.close();
    shell.fails(52, "The server hung up without a word", &["empty", &at])?;

    shell.types(&[&origin.url("/")])?;
    let (visit, _) = shell.asked(&origin)?;
    visit.reset()?;
    shell.fails(56, "The server reset the connection", &["reset", &at])?;

    // What came before is not lost.
    let came = word();
    shell.types(&[&origin.url("/")])?;
    let (mut visit, _) = shell.asked(&origin)?;
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{came}");
    shell.answers_bytes(&mut visit, answer.as_bytes())?;
    shell.printed(came.len());
    visit.reset()?;
    let what = "The server reset the connection in the middle of the page";
    let ended = shell.fails(56, what, &["reset", &at])?;
    shell.printed_is(&ended, came.as_bytes(), &OUTPUT_NOT_THE_PAGE)?;

    shell.types(&[&origin.url("/")])?;
    let (mut visit, _) = shell.asked(&origin)?;
    shell.answers_bytes(&mut visit, answer.as_bytes())?;
    visit.close();
    let what = "The server hung up in the middle of the page";
    shell.fails(18, what, &["transfer closed|bytes", &at])?;
    Ok(())
}

pub fn says_that_a_url_is_none(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    for url in [
        "http://127.0.0.1:99999/",
        "http://[::1/",
        "http://127.0.0.1:80a/",
    ] {
        shell.types(&[url])?;
        shell.fails(3, "The URL is malformed", &["url|port"])?;
    }
    // curl would take the next one for what it is, and speak TLS.
    let origin = shell.origin("server")?;
    shell.types(&[&format!("https://{}/", origin.host_and_port())])?;
    if shell.is_foreign() {
        if let Some(visit) = shell.called(&origin)? {
            visit.close();
        }
        let ended = shell.ended()?;
        if ended.code == Some(0) || ended.word().is_empty() {
            let seen = "https cannot have worked here, and nothing says so.";
            return Err(shell.wrong(&FAILS_SILENTLY, seen));
        }
        return Ok(());
    }
    if let Some(visit) = shell.called(&origin)? {
        visit.close();
        let seen = "https is not spoken yet, and the program called the server all the same.";
        return Err(shell.wrong(&FAILS_SILENTLY, seen));
    }
    shell.fails(1, "https is not spoken yet", &["https"])?;
    Ok(())
}

pub fn refuses_arguments_that_make_no_sense(
    _: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    let origin = shell.origin("server")?;
    let url = origin.url("/");
    for (args, named) in [
        (&[][..], ""),
        (&["--no-such-option", &url], "no-such-option"),
        (&["-m", "soon", &url], "-m"),
        (&["--max-redirs", "many", &url], "--max-redirs"),
        (&["--limit-rate", "fast", &url], "--limit-rate"),
        (&[&url, "-o"], "-o"),
    ] {
        shell.types(args)?;
        if shell.called(&origin)?.is_some() {
            let seen = format!(
                "{} makes no sense, and the program called the server.",
                shell.typed()
            );
            return Err(shell.wrong(&NONSENSE_TAKEN, seen));
        }
        let what = "The arguments make no sense";
        let ended = shell.fails_as(&[2], what, &[named], &NONSENSE_TAKEN)?;
        if ended.stderr.trim().is_empty() {
            let seen = format!(
                "{} makes no sense, and nothing on stderr says so.",
                shell.typed()
            );
            return Err(shell.wrong(&NONSENSE_TAKEN, seen));
        }
    }
    Ok(())
}
