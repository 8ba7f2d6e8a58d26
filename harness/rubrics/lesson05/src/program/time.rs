//! `--limit-rate`, `-m`, `--connect-timeout`, `--retry`.

use std::time::{Duration, Instant};

use super::super::Functions;
use super::super::misconceptions::{
    NOT_TRIED_AGAIN, OUTPUT_NOT_THE_PAGE, PARTIAL_LOST, RATE_EXCEEDED, RUNS_ON, TIME_NOT_KEPT,
    UPLOAD_CHANGED,
};
use super::shell::{Shell, word};
use harness::attempt::Attempt;
use harness::finding::Stop;
use harness::rubric::control::ANY_PORT;
use harness::wire::{BlackHole, random_payload};

/// 1 MiB a second for this much takes 0.3 s. A part of it may come at once.
const LIMITED: usize = 307 << 10;
const AT_LEAST: Duration = Duration::from_millis(150);
/// How often it is timed, where the machine was too slow to tell.
const TIMINGS: usize = 3;

pub fn keeps_to_the_rate(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut shell = Shell::with_time(attempt)?;
    let origin = shell.origin("server")?;
    let file = random_payload(LIMITED);
    shell.folder.write("file", &file)?;
    keeps_to_it(&mut shell, |shell| {
        shell.types(&["--limit-rate", "1M", "-T", "file", &origin.url("/")])?;
        let mut visit = shell.visited(&origin)?;
        let mut asked = shell.hears_head(&mut visit)?;
        let heard = Instant::now();
        if asked.field("Expect").is_some() {
            visit.send(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        shell.hears_body(&mut visit, &mut asked)?;
        shell.sends(&asked, &file, &UPLOAD_CHANGED)?;
        shell.answers(&mut visit, "HTTP/1.1 201 Created", b"")?;
        shell.succeeds()?;
        Ok(heard)
    })?;
    let download = |shell: &mut Shell<'_>| {
        shell.types(&["--limit-rate", "1M", "-o", "page", &origin.url("/")])?;
        let (mut visit, _) = shell.asked(&origin)?;
        let heard = Instant::now();
        shell.answers(&mut visit, "HTTP/1.1 200 OK", &file)?;
        shell.succeeds()?;
        let when = "The page was fetched with --limit-rate";
        shell.file_is("page", &file, &OUTPUT_NOT_THE_PAGE, when)?;
        Ok(heard)
    };
    // curl 7.88 does not hold to it here, where all of the page is there at once.
    if shell.is_foreign() {
        return download(&mut shell).map(drop);
    }
    keeps_to_it(&mut shell, download)
}

/// Times a transfer, which says when its request came. The program may have begun to count before that, at
/// the earliest when it was started: it is too fast only if it is by that. Whether it is slow enough can be
/// told by the request only; where the two are far apart, it is timed again.
fn keeps_to_it<'a>(
    shell: &mut Shell<'a>,
    transfer: impl Fn(&mut Shell<'a>) -> Result<Instant, Stop>,
) -> Result<(), Stop> {
    for _ in 0..TIMINGS {
        let started = Instant::now();
        let heard = transfer(shell)?;
        let took = started.elapsed();
        if took < AT_LEAST {
            let seen = format!(
                "{} took {} ms for {} KiB, which at 1 MiB a second take 300 ms.",
                shell.typed(),
                took.as_millis(),
                LIMITED >> 10
            );
            return Err(shell.wrong(&RATE_EXCEEDED, seen));
        }
        if heard.elapsed() >= AT_LEAST {
            break;
        }
    }
    Ok(())
}

pub fn ends_when_the_time_is_over(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut shell = Shell::with_time(attempt)?;
    let origin = shell.origin("server")?;
    let came = word();
    // On a machine that stands still for a moment the time is over before the first bytes: then with more.
    for seconds in ["0.2", "1", "5"] {
        shell.types(&["-m", seconds, "-o", "page", &origin.url("/")])?;
        let what = format!("-m allows {seconds} s, and the rest of the page does not come");
        let mut visit = shell.called(&origin)?;
        if let Some(visit) = &mut visit
            && visit.hear().is_ok()
        {
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{came}");
            shell.answers_bytes(visit, answer.as_bytes())?;
            shell.fact("the server says nothing more", "");
        }
        shell
            .fails_as(&[28], &what, &["time"], &TIME_NOT_KEPT)
            .map_err(|stop| waits_on(stop, &what))?;
        if seconds == "5" || shell.folder.read("page")?.as_deref() == Some(came.as_bytes()) {
            shell.file_is("page", came.as_bytes(), &PARTIAL_LOST, &what)?;
            break;
        }
    }

    let Some(hole) = BlackHole::open(ANY_PORT)? else {
        return Ok(());
    };
    let nobody = hole.addr()?;
    shell.types(&["--connect-timeout", "0.2", &format!("http://{nobody}/")])?;
    let what = "--connect-timeout allows 0.2 s, and the host does not answer the call";
    // curl does not always say whom it called.
    let named = match shell.is_foreign() {
        true => "time".to_owned(),
        false => nobody.port().to_string(),
    };
    shell
        .fails_as(&[28], what, &[&named], &TIME_NOT_KEPT)
        .map_err(|stop| waits_on(stop, what))?;
    Ok(())
}

/// A program that never ends has not kept to its time.
fn waits_on(stop: Stop, what: &str) -> Stop {
    stop.rather(
        &RUNS_ON,
        &TIME_NOT_KEPT,
        format!("{what}; the program waits on."),
    )
}

pub fn tries_again_when_told(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut shell = Shell::with_time(attempt)?;
    let origin = shell.origin("server")?;
    let page = word();
    shell.types(&["--retry", "2", "-o", "page", &origin.url("/")])?;
    let mut visit = None;
    shell.next(&origin, &mut visit)?;
    if let Some(visit) = &mut visit {
        shell.answers(
            visit,
            "HTTP/1.1 503 Service Unavailable",
            b"the server is too busy for that",
        )?;
    }
    if shell.next(&origin, &mut visit)?.is_none() {
        let ended = shell.ended()?;
        let seen = format!(
            "The server said 503; {} ended with {}, and did not ask again.",
            shell.typed(),
            ended.how()
        );
        return Err(shell.wrong(&NOT_TRIED_AGAIN, seen));
    }
    if let Some(visit) = &mut visit {
        shell.answers(visit, "HTTP/1.1 200 OK", page.as_bytes())?;
    }
    shell.succeeds()?;
    let when = "The server said 503 at first, and sent the page at the second try";
    shell.file_is("page", page.as_bytes(), &NOT_TRIED_AGAIN, when)?;

    // No is no.
    shell.types(&["--retry", "2", &origin.url("/")])?;
    let (mut visit, _) = shell.asked(&origin)?;
    shell.answers(&mut visit, "HTTP/1.1 404 Not Found", page.as_bytes())?;
    shell.prints(page.as_bytes())?;
    Ok(())
}
