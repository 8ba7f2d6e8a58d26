//! Fetching pages: to stdout, into files, several at once.

use super::super::Functions;
use super::super::misconceptions::{
    CALLED_ANEW, DEFAULTS_MISSING, ENDS_OTHERWISE, FILE_LOST, NOT_SAVED, PARTIAL_LOST,
    REST_FORGOTTEN, STALE_CONNECTION,
};
use super::shell::{Shell, word};
use harness::attempt::Attempt;
use harness::finding::Stop;
use harness::rubric::control::ANY_PORT;
use harness::wire::{Refusing, random_payload};

pub fn fetches_a_page_to_stdout(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    let origin = shell.origin("server")?;
    let (page, at) = (random_payload(70_000), origin.host_and_port());
    shell.types(&[&origin.url("/a%20b/c?x=1&y=/#part")])?;
    let (mut visit, asked) = shell.asked(&origin)?;
    shell.gets(&asked, "/a%20b/c?x=1&y=/", &at)?;
    shell.has_field(&asked, "Accept", &["*/*"], &DEFAULTS_MISSING)?;
    if asked
        .named("User-Agent")
        .all(|field| field.value.is_empty())
    {
        let exhibit = asked.at_end_of_head("expected User-Agent: …");
        let seen = "The request does not say who asks.";
        return Err(shell.wrong_at(&DEFAULTS_MISSING, seen, exhibit));
    }
    shell.answers(&mut visit, "HTTP/1.1 200 OK", &page)?;
    shell.prints(&page)?;

    // As a person types it, and an answer whose end is that of the connection.
    let page = word();
    shell.types(&[&at])?;
    let (mut visit, asked) = shell.asked(&origin)?;
    shell.gets(&asked, "/", &at)?;
    shell.answers_bytes(
        &mut visit,
        format!("HTTP/1.0 200 OK\r\n\r\n{page}").as_bytes(),
    )?;
    visit.close();
    shell.prints(page.as_bytes())?;
    Ok(())
}

pub fn saves_a_page_under_the_name_it_is_given(
    _: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    let origin = shell.origin("server")?;
    let page = word();
    shell
        .folder
        .write("page", "what stood there before, and was longer")?;
    shell.types(&["-o", "page", &origin.url("/")])?;
    let (mut visit, _) = shell.asked(&origin)?;
    shell.answers(&mut visit, "HTTP/1.1 200 OK", page.as_bytes())?;
    shell.prints(b"")?;
    shell.file_is(
        "page",
        page.as_bytes(),
        &NOT_SAVED,
        "The page was fetched with -o",
    )?;

    // A page of no bytes is a page, and has a file.
    shell.types(&[&origin.url("/empty"), "-o", "empty"])?;
    let (mut visit, _) = shell.asked(&origin)?;
    shell.answers(&mut visit, "HTTP/1.1 200 OK", b"")?;
    shell.prints(b"")?;
    shell.file_is(
        "empty",
        b"",
        &NOT_SAVED,
        "A page of no bytes was fetched with -o",
    )
}

pub fn saves_a_page_under_its_own_name(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    let origin = shell.origin("server")?;
    let (name, page) = (format!("{}.txt", word()), word());
    shell.types(&[
        "-O",
        &origin.url(&format!("/folder/{name}?version=2/1#top")),
    ])?;
    let (mut visit, _) = shell.asked(&origin)?;
    shell.answers(&mut visit, "HTTP/1.1 200 OK", page.as_bytes())?;
    shell.prints(b"")?;
    shell.file_is(
        &name,
        page.as_bytes(),
        &NOT_SAVED,
        "The page was fetched with -O",
    )
}

pub fn keeps_the_old_file_until_there_is_an_answer(
    _: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    let origin = shell.origin("server")?;
    let old = word();
    shell.folder.write("page", &old)?;
    let nobody = Refusing::bind(ANY_PORT)?;
    shell.types(&["-o", "page", &format!("http://{}/", nobody.addr()?)])?;
    shell.fails(7, "Nobody listens there", &[])?;
    shell.file_is("page", old.as_bytes(), &FILE_LOST, "Nobody listens there")?;

    shell.types(&["-o", "page", &origin.url("/")])?;
    let (visit, _) = shell.asked(&origin)?;
    visit.close();
    shell.fails(52, "The server hung up without a word", &[])?;
    shell.file_is(
        "page",
        old.as_bytes(),
        &FILE_LOST,
        "The server hung up without a word",
    )?;

    shell.types(&["-f", "-o", "page", &origin.url("/")])?;
    let (mut visit, _) = shell.asked(&origin)?;
    shell.answers(&mut visit, "HTTP/1.1 404 Not Found", b"no such page")?;
    shell.fails(22, "The server said 404, and -f was there", &[])?;
    shell.file_is(
        "page",
        old.as_bytes(),
        &FILE_LOST,
        "The server said 404, and -f was there",
    )
}

pub fn says_that_the_page_is_not_whole(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    let origin = shell.origin("server")?;
    let arrived = word();
    let announced = arrived.len() + 10;
    let chunk = format!("{:x}\r\n{arrived}", arrived.len() + 5);
    for (framing, body) in [
        (format!("Content-Length: {announced}"), arrived.clone()),
        ("Transfer-Encoding: chunked".to_owned(), chunk),
    ] {
        shell.types(&["-o", "page", &origin.url("/")])?;
        let (mut visit, _) = shell.asked(&origin)?;
        let answer = format!("HTTP/1.1 200 OK\r\n{framing}\r\n\r\n{body}");
        shell.answers_bytes(&mut visit, answer.as_bytes())?;
        visit.close();
        let what = "The server hung up in the middle of the page";
        shell.fails_as(&[18], what, &[], &PARTIAL_LOST)?;
        shell.file_is("page", arrived.as_bytes(), &PARTIAL_LOST, what)?;
    }
    Ok(())
}

pub fn says_that_it_cannot_write(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    let origin = shell.origin("server")?;
    let mut targets = vec!["no-such-folder/page"];
    if cfg!(target_os = "linux") {
        // A disk that is full.
        targets.push("/dev/full");
    }
    for target in targets {
        shell.types(&["-o", target, &origin.url("/")])?;
        // Some ask first, and some look first whether it can be written.
        if let Some(mut visit) = shell.called(&origin)? {
            shell.asks_again(&mut visit)?;
            shell.answers(&mut visit, "HTTP/1.1 200 OK", word().as_bytes())?;
            shell.fails(23, "The file cannot be written", &["writ|open"])?;
        } else {
            shell.fails(23, "The file cannot be written", &["writ|open"])?;
        }
    }

    // `fetch URL | head -1`: nobody takes the rest.
    shell.types(&[&origin.url("/")])?;
    let (mut visit, _) = shell.asked(&origin)?;
    visit.send(b"HTTP/1.1 200 OK\r\n\r\nfirst line\n")?;
    shell.printed(11);
    shell.hangs_up_on_stdout();
    shell.fact("nobody reads its stdout any more", "");
    let line = [b'x'; 1000];
    // Until it notices, or has had more than a pipe holds.
    for _ in 0..400 {
        visit.send(&line)?;
        if visit.look() {
            break;
        }
    }
    visit.close();
    shell.fails(23, "Nobody reads its stdout any more", &[])?;
    Ok(())
}

pub fn fetches_several_urls_over_one_connection(
    _: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    let origin = shell.origin("server")?;
    let (pages, at) = ([word(), word(), word()], origin.host_and_port());
    let urls = ["/1", "/2", "/3"].map(|target| origin.url(target));
    shell.types(&[&urls[0], &urls[1], &urls[2]])?;
    let mut visit = shell.visited(&origin)?;
    for (page, target) in pages.iter().zip(["/1", "/2", "/3"]) {
        let mut next = Some(visit);
        let asked = shell.next(&origin, &mut next)?;
        let (Some(same), Some(asked)) = (next, asked) else {
            break;
        };
        visit = same;
        if shell.calls > 1 {
            shell.remark(format!("expected GET {target} over the first connection"));
            let seen = "The server kept the connection open after its answer, and the next request came \
                        over another.";
            return Err(shell.wrong(&CALLED_ANEW, seen));
        }
        shell.gets(&asked, target, &at)?;
        // In chunks: their end is known, too.
        let body = format!("{:x}\r\n{page}\r\n0\r\n\r\n", page.len());
        let answer = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{body}");
        shell.answers_bytes(&mut visit, answer.as_bytes())?;
    }
    shell.prints(pages.concat().as_bytes())?;
    Ok(())
}

pub fn gives_each_url_its_own_file(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    let origin = shell.origin("server")?;
    for options in [["-o", "one", "-o", "two"], ["-O", "-O", "-s", "-s"]] {
        let pages = [word(), word()];
        let (one, two) = (origin.url("/one"), origin.url("/two"));
        shell.types(&[&options[..], &[&one, &two]].concat())?;
        let mut visit = None;
        for page in &pages {
            // Over one connection or two: that is another case's matter.
            shell.next(&origin, &mut visit)?;
            if let Some(visit) = &mut visit {
                shell.answers(visit, "HTTP/1.1 200 OK", page.as_bytes())?;
            }
        }
        shell.prints(b"")?;
        let when = "Two URLs, and a file for each";
        shell.file_is("one", pages[0].as_bytes(), &NOT_SAVED, when)?;
        shell.file_is("two", pages[1].as_bytes(), &NOT_SAVED, when)?;
    }
    Ok(())
}

pub fn calls_again_when_a_kept_connection_has_ended(
    _: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    let origin = shell.origin("server")?;
    // With a word of warning, and without: then the next request meets the end.
    for close in ["\nConnection: close", ""] {
        let pages = [word(), word()];
        shell.types(&[&origin.url("/1"), &origin.url("/2")])?;
        let (mut visit, _) = shell.asked(&origin)?;
        let head = format!("HTTP/1.1 200 OK{close}");
        shell.answers(&mut visit, &head, pages[0].as_bytes())?;
        if close.is_empty() {
            // The next request is on its way, and nobody will read it: the kernel answers with a reset.
            let _ = visit.hear_head();
        }
        visit.close();
        let Some(mut visit) = shell.called(&origin)? else {
            let ended = shell.ended()?;
            let seen = format!(
                "The server closed the connection after its first answer, and {} ended with {} in place of \
                 calling again.",
                shell.typed(),
                ended.how()
            );
            return Err(shell.wrong(&STALE_CONNECTION, seen));
        };
        let asked = shell.asks_again(&mut visit)?;
        shell.gets(&asked, "/2", &origin.host_and_port())?;
        shell.answers(&mut visit, "HTTP/1.1 200 OK", pages[1].as_bytes())?;
        shell.prints(pages.concat().as_bytes())?;
    }
    Ok(())
}

pub fn goes_on_with_the_next_url_after_a_failure(
    _: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    let origin = shell.origin("server")?;
    let refusing = Refusing::bind(ANY_PORT)?;
    let nobody = format!("http://{}/", refusing.addr()?);
    let page = word();
    shell.types(&[&nobody, &origin.url("/")])?;
    let Some(mut visit) = shell.called(&origin)? else {
        let ended = shell.ended()?;
        let seen = format!(
            "Nobody listens at the first of two URLs; {} ended with {}, and never asked for the second.",
            shell.typed(),
            ended.how()
        );
        return Err(shell.wrong(&REST_FORGOTTEN, seen));
    };
    shell.asks_again(&mut visit)?;
    shell.answers(&mut visit, "HTTP/1.1 200 OK", page.as_bytes())?;
    shell.prints(page.as_bytes())?;

    shell.types(&[&origin.url("/"), &nobody])?;
    let (mut visit, _) = shell.asked(&origin)?;
    shell.answers(&mut visit, "HTTP/1.1 200 OK", page.as_bytes())?;
    let what = "Nobody listens at the second of two URLs";
    let ended = shell.fails_as(&[7], what, &[], &ENDS_OTHERWISE)?;
    shell.printed_is(
        &ended,
        page.as_bytes(),
        &super::super::misconceptions::OUTPUT_NOT_THE_PAGE,
    )
}
