//! `fetch`: one request, one answer, and all that can go wrong with them.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use super::fetching::{Fetching, Full, ask, called_once, fails, gave, get, is_for, page_of, told};
use super::misconceptions::{
    CUT_SHORT_TAKEN, EARLY_ANSWER, EMPTY_REPLY_MISSED, ERROR_MIXED, FETCH_FAILED, FETCH_MEMORY,
    HTTPS_IN_CLEAR, PRINTED, REQUEST_CHANGED, SINK_WRONG, STATUS_IS_NO_ERROR, STRAY_302,
    WAITS_FOR_CLOSE, WRITE_ERROR_LOST,
};
use super::origin::{Flaw, Origin, answer, bare_answer, chunked};
use super::redirected::{request, url, word};
use super::{FetchError, Functions, Url};
use harness::attempt::Attempt;
use harness::finding::Stop;
use harness::kernel;
use harness::names::{self, Says};
use harness::rubric::connection::MEMORY_GROWTH;
use harness::rubric::control::ANY_PORT;
use harness::watch;
use harness::wire::{Pattern, Refusing, random_payload};

pub fn fetches_a_page_into_the_sink(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let origin = Origin::listen("server", &attempt.recorder())?;
    let target = format!("/{}?{}", word(), word());
    let mut call = Fetching::start(f, attempt, &get(&origin, &target), 0, None);
    let (mut visit, asked) = call.calls(attempt, &origin)?;
    is_for(attempt, &asked, "GET", &target, &origin.host_and_port())?;
    let page = page_of(100);
    let mark = word();
    visit.answer(&format!("HTTP/1.1 200 OK\nX-Mark: {mark}"), &page)?;
    visit.half_close()?;
    let fetched = call.finish(attempt)?;
    gave(attempt, &fetched, &[200], &page)?;
    let mut fields = fetched
        .result
        .iter()
        .flatten()
        .flat_map(|head| &head.headers);
    if !fields.any(|(name, value)| name.eq_ignore_ascii_case("X-Mark") && *value == mark) {
        return Err(
            FETCH_FAILED.seen("The head that fetch gave lacks a field of the answer's head.")
        );
    }
    if visit.look() && !visit.unread().is_empty() {
        return Err(REQUEST_CHANGED.seen("After the request, fetch sent more."));
    }
    called_once(attempt, &origin)
}

pub fn sends_the_fields_and_the_body(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    for (method, length) in [("POST", 20_000), ("PUT", 9), ("POST", 0)] {
        let origin = Origin::listen("server", &attempt.recorder())?;
        let mut request = ask(method, &origin, "/form");
        let mark = word();
        request.headers = vec![("X-Mark".to_owned(), mark.clone())];
        request.body = random_payload(length);
        let mut call = Fetching::start(f, attempt, &request, 0, None);
        let (mut visit, asked) = call.calls(attempt, &origin)?;
        is_for(attempt, &asked, method, "/form", &origin.host_and_port())?;
        if asked.body != request.body {
            return Err(REQUEST_CHANGED.seen(format!(
                "The request has a body of {length} bytes, and other {} came.",
                asked.body.len()
            )));
        }
        if asked.field("X-Mark") != Some(&mark) {
            return Err(REQUEST_CHANGED
                .seen("The request has a field X-Mark, which did not come.")
                .pointing_at(asked.at_end_of_head("no X-Mark up to here")));
        }
        visit.answer("HTTP/1.1 201 Created", b"done")?;
        visit.half_close()?;
        call.gives(attempt, &[201], b"done")?;
    }
    Ok(())
}

pub fn returns_when_the_answer_is_complete(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let page = page_of(50);
    let mut in_chunks = bare_answer("HTTP/1.1 200 OK\nTransfer-Encoding: chunked");
    in_chunks.extend(chunked(&page, 20));
    for (method, answer, status, body) in [
        ("GET", answer("HTTP/1.1 200 OK", &page), 200, &page[..]),
        ("GET", in_chunks, 200, &page),
        ("GET", answer("HTTP/1.1 200 OK", b""), 200, b""),
        ("GET", bare_answer("HTTP/1.1 204 No Content"), 204, b""),
        (
            "HEAD",
            bare_answer("HTTP/1.1 200 OK\nContent-Length: 50"),
            200,
            b"",
        ),
    ] {
        let origin = Origin::listen("server", &attempt.recorder())?;
        let mut call = Fetching::start(f, attempt, &ask(method, &origin, "/"), 0, None);
        let (mut visit, _) = call.calls(attempt, &origin)?;
        visit.send(&answer)?;
        let because =
            format!("The answer to {method} is complete, the server keeps the connection");
        let fetched = call.returns(attempt, &WAITS_FOR_CLOSE, &because)?;
        gave(attempt, &fetched, &[status], body)?;
    }
    Ok(())
}

pub fn reads_an_answer_that_comes_in_pieces(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    // Who reads with a time-out rests, too, until something comes.
    watch::timeouts_are_long();
    let page = random_payload(3000);
    let origin = Origin::listen("server", &attempt.recorder())?;
    let mut call = Fetching::start(f, attempt, &get(&origin, "/"), 0, None);
    let (mut visit, _) = call.calls(attempt, &origin)?;
    visit.peer().sends_at_once();
    for piece in [
        &b"HTTP/1.1 200 OK\r\nContent-"[..],
        b"Type: text/plain\r\n\r",
        b"\n",
        &page[..1000],
        &page[1000..1001],
        &page[1001..],
    ] {
        visit.send(piece)?;
        call.rests(attempt)?;
    }
    // No length and no chunks: the end of the connection says where the body ends.
    visit.close();
    call.gives(attempt, &[200], &page)
}

pub fn takes_any_status_for_an_answer(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    for (status, reason) in [
        (404, "Not Found"),
        (500, "Oh"),
        (401, "Unauthorized"),
        (302, "Found"),
    ] {
        let origin = Origin::listen("server", &attempt.recorder())?;
        let page = page_of(30);
        let mut call = Fetching::start(f, attempt, &get(&origin, "/"), 0, None);
        let (mut visit, _) = call.calls(attempt, &origin)?;
        visit.answer(&format!("HTTP/1.1 {status} {reason}"), &page)?;
        let fetched = call.finish(attempt)?;
        if let (302, Err(error)) = (status, &fetched.result) {
            attempt.remark(format!("expected {status}"));
            return Err(STRAY_302.seen(format!(
                "The server answered 302 without a Location, and fetch gave the error {error:?}."
            )));
        }
        if let Err(error) = &fetched.result {
            attempt.remark(format!("expected {status}"));
            return Err(STATUS_IS_NO_ERROR.seen(format!(
                "The server answered {status}, and fetch gave the error {error:?}."
            )));
        }
        if fetched.sink.is_empty() {
            return Err(STATUS_IS_NO_ERROR.seen(format!(
                "The server answered {status} with a page, and nothing of it reached the sink."
            )));
        }
        gave(attempt, &fetched, &[status], &page)?;
    }
    Ok(())
}

pub fn has_no_interim_answer_among_its_heads(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    // Who reads with a time-out rests, too, until something comes.
    watch::timeouts_are_long();
    let origin = Origin::listen("server", &attempt.recorder())?;
    let page = page_of(30);
    let mut call = Fetching::start(f, attempt, &get(&origin, "/"), 0, None);
    let (mut visit, _) = call.calls(attempt, &origin)?;
    visit.send(&bare_answer("HTTP/1.1 103 Early Hints\nLink: </a.css>"))?;
    call.rests(attempt)?;
    visit.answer("HTTP/1.1 200 OK", &page)?;
    call.gives(attempt, &[200], &page)
}

pub fn says_that_nobody_knows_the_host(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let host = format!("{}.test", word());
    if !names::invent(&host, Says::Addresses(Vec::new())) {
        return Err(Stop::Skip(
            "no name can be invented on this system".to_owned(),
        ));
    }
    attempt.fact(format!("{host} has"), "no address");
    let asked = request("GET", url("http", &host, 80, "/"));
    let fetched = Fetching::start(f, attempt, &asked, 0, None).finish(attempt)?;
    let why = "Nobody knows the host's name";
    fails(attempt, &fetched, &[FetchError::Resolve], why, &ERROR_MIXED)
        .map_err(|stop| stop.by_hand("curl http://nobody.invalid/; echo $?"))
}

pub fn says_that_nobody_takes_the_call(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let refusing = Refusing::bind(ANY_PORT)?;
    let addr = refusing.addr()?;
    attempt.fact(addr.to_string(), "refuses calls");
    let direct = request("GET", url("http", "127.0.0.1", addr.port(), "/"));
    let mut by_proxy = request("GET", url("http", "host.invalid", 80, "/"));
    by_proxy.proxy = Some(direct.url.clone());
    for asked in [direct, by_proxy] {
        let fetched = Fetching::start(f, attempt, &asked, 0, None).finish(attempt)?;
        let why = "The call was refused";
        fails(attempt, &fetched, &[FetchError::Connect], why, &ERROR_MIXED)
            .map_err(|stop| stop.by_hand("curl http://127.0.0.1:1/; echo $?"))?;
    }
    Ok(())
}

pub fn sends_nothing_in_clear_for_https(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let origin = Origin::listen("server", &attempt.recorder())?;
    let mut secure = get(&origin, "/");
    secure.url.scheme = "https".to_owned();
    let mut by_proxy = request("GET", url("http", "host.invalid", 80, "/"));
    by_proxy.proxy = Some(Url {
        user: Some((word(), word())),
        ..secure.url.clone()
    });
    for (asked, whose) in [(secure, "The URL"), (by_proxy, "The URL of the proxy")] {
        let mut call = Fetching::start(f, attempt, &asked, 0, None);
        let mut visit = None;
        if call.comes(attempt, &origin, &mut visit)? {
            call.abandon(attempt);
            let called = asked.proxy.as_ref().map_or("server", |_| "proxy");
            let seen = format!("{whose} begins with https, and fetch called the {called}.");
            return Err(HTTPS_IN_CLEAR.seen(seen));
        }
        let fetched = call.finish(attempt)?;
        // Who looks up the URL's host in place of the proxy's is told so elsewhere.
        if asked.proxy.is_some() && matches!(fetched.result, Err(FetchError::Resolve)) {
            continue;
        }
        let why = format!("{whose} begins with https");
        fails(attempt, &fetched, &[FetchError::Url], &why, &HTTPS_IN_CLEAR)?;
    }
    Ok(())
}

pub fn tells_an_empty_reply(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let origin = Origin::listen("server", &attempt.recorder())?;
    let mut call = Fetching::start(f, attempt, &get(&origin, "/"), 0, None);
    let (visit, _) = call.calls(attempt, &origin)?;
    visit.close();
    let because = "The server closed the connection without a word";
    let fetched = call.returns(attempt, &EMPTY_REPLY_MISSED, because)?;
    fails(
        attempt,
        &fetched,
        &[FetchError::EmptyReply],
        because,
        &EMPTY_REPLY_MISSED,
    )
}

pub fn tells_what_is_no_answer(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let origin = Origin::listen("server", &attempt.recorder())?;
    let mut call = Fetching::start(f, attempt, &get(&origin, "/"), 0, None);
    let (mut visit, _) = call.calls(attempt, &origin)?;
    visit.send(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")?;
    visit.close();
    let fetched = call.finish(attempt)?;
    let why = "What came is no answer of HTTP";
    fails(
        attempt,
        &fetched,
        &[FetchError::BadReply],
        why,
        &ERROR_MIXED,
    )
}

pub fn tells_a_body_that_is_cut_short(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let part = page_of(40);
    let mut in_chunks = bare_answer("HTTP/1.1 200 OK\nTransfer-Encoding: chunked");
    in_chunks.extend_from_slice(b"28\r\n");
    for mut cut in [
        bare_answer("HTTP/1.1 200 OK\nContent-Length: 100"),
        in_chunks,
    ] {
        let origin = Origin::listen("server", &attempt.recorder())?;
        cut.extend_from_slice(&part);
        let mut call = Fetching::start(f, attempt, &get(&origin, "/"), 0, None);
        let (mut visit, _) = call.calls(attempt, &origin)?;
        visit.send(&cut)?;
        visit.close();
        let why = "The body ended before it was complete";
        let fetched = call.returns(attempt, &CUT_SHORT_TAKEN, why)?;
        fails(
            attempt,
            &fetched,
            &[FetchError::Partial],
            why,
            &CUT_SHORT_TAKEN,
        )?;
        keeps_what_came(attempt, &fetched.sink, &part)?;
    }
    Ok(())
}

/// What came before an error is in the sink.
fn keeps_what_came(attempt: &Attempt, sink: &[u8], part: &[u8]) -> Result<(), Stop> {
    if sink == part {
        return Ok(());
    }
    attempt.remark(format!("expected {} bytes in the sink", part.len()));
    Err(SINK_WRONG.seen(format!(
        "{} bytes of the body came before the end, and {} reached the sink.",
        part.len(),
        sink.len()
    )))
}

pub fn tells_a_connection_that_breaks(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    // Who reads with a time-out rests, too, until something comes.
    watch::timeouts_are_long();
    let part = page_of(40);
    let in_body = {
        let mut bytes = bare_answer("HTTP/1.1 200 OK\nContent-Length: 100");
        bytes.extend_from_slice(&part);
        bytes
    };
    for (before, sink) in [(&b""[..], &b""[..]), (&in_body, &part)] {
        let origin = Origin::listen("server", &attempt.recorder())?;
        let mut call = Fetching::start(f, attempt, &get(&origin, "/"), 0, None);
        let (mut visit, _) = call.calls(attempt, &origin)?;
        visit.send(before)?;
        // A reset may throw away what was not read yet.
        call.rests(attempt)?;
        visit.reset()?;
        let fetched = call.finish(attempt)?;
        let why = "The connection broke while the answer came";
        fails(attempt, &fetched, &[FetchError::Receive], why, &ERROR_MIXED)?;
        keeps_what_came(attempt, &fetched.sink, sink)?;
    }
    Ok(())
}

pub fn tells_a_sink_that_takes_no_more(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let origin = Origin::listen("server", &attempt.recorder())?;
    let page = page_of(100);
    let full = Full {
        room: 30,
        taken: Vec::new(),
    };
    let mut call = Fetching::into(f, attempt, &get(&origin, "/"), 0, None, full);
    let (mut visit, _) = call.calls(attempt, &origin)?;
    // More is announced than comes, and the connection stays: nobody has to wait for that.
    let mut bytes = bare_answer("HTTP/1.1 200 OK\nContent-Length: 1000000");
    bytes.extend_from_slice(&page);
    visit.send(&bytes)?;
    let why = "The sink takes 30 bytes, and then no more";
    let fetched = call.returns(attempt, &WRITE_ERROR_LOST, why)?;
    fails(
        attempt,
        &fetched,
        &[FetchError::Write],
        why,
        &WRITE_ERROR_LOST,
    )?;
    keeps_what_came(attempt, &fetched.sink, &page[..30])
}

pub fn survives_an_answer_in_the_middle_of_an_upload(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let origin = Origin::with_little_room("server", &attempt.recorder())?;
    let mut asked = ask("POST", &origin, "/");
    // More than a connection holds, so that it is not all sent when the server hangs up.
    asked.body = vec![b'x'; 8 << 20];
    let mut call = Fetching::start(f, attempt, &asked, 0, None);
    let mut visit = None;
    call.comes(attempt, &origin, &mut visit)?;
    let Some(mut visit) = visit else {
        return Err(Stop::Trouble("nobody called".to_owned()));
    };
    visit.hear_head().map_err(Flaw::found)?;
    visit.answer("HTTP/1.1 413 Content Too Large\nConnection: close", b"")?;
    visit.close();
    let because = "The server answered and closed before it had read all of a long body";
    let fetched = call.returns(attempt, &EARLY_ANSWER, because)?;
    match &fetched.result {
        Ok(heads) if heads.len() == 1 && heads[0].status == 413 => Ok(()),
        // Elsewhere, what came before a reset may be lost with it.
        Err(FetchError::Send | FetchError::Receive) if !cfg!(target_os = "linux") => Ok(()),
        other => {
            attempt.remark("expected 413");
            let gave = told(other);
            Err(EARLY_ANSWER.seen(format!("{because}, and fetch gave {gave}.")))
        }
    }
}

/// Compares what comes with a stream, and keeps none of it.
struct Compares {
    pattern: Arc<Pattern>,
    so_far: Arc<Mutex<Compared>>,
}

#[derive(Default)]
struct Compared {
    came: u64,
    is_wrong: bool,
    /// The most that memory had grown by, and when.
    grown: u64,
    looked_at: u64,
    start: Option<u64>,
}

impl Write for Compares {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut so_far = self.so_far.lock().unwrap_or_else(PoisonError::into_inner);
        // Not every write is worth a look.
        if so_far.came >= so_far.looked_at {
            so_far.looked_at = so_far.came + (1 << 20);
            let now = kernel::private_memory(std::process::id());
            if let (Some(start), Some(now)) = (so_far.start, now) {
                so_far.grown = so_far.grown.max(now.saturating_sub(start));
            }
        }
        let block = self.pattern.block();
        let mut rest = bytes;
        while !rest.is_empty() {
            let at = usize::try_from(so_far.came % block.len() as u64).unwrap_or(0);
            let (piece, more) = rest.split_at(rest.len().min(block.len() - at));
            so_far.is_wrong |= piece != &block[at..at + piece.len()];
            so_far.came += piece.len() as u64;
            rest = more;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl From<Compares> for Vec<u8> {
    fn from(_: Compares) -> Vec<u8> {
        Vec::new()
    }
}

pub fn needs_no_more_memory_for_a_longer_body(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    // What runs for the first time needs memory for itself: the code, the thread, the buffers.
    fetches_a_long_body(f, attempt, 1)?;
    fetches_a_long_body(f, attempt, 64)
}

fn fetches_a_long_body(f: &Functions, attempt: &mut Attempt, length: u64) -> Result<(), Stop> {
    let bytes = length << 20;
    let origin = Origin::listen("server", &attempt.recorder())?;
    let pattern = Arc::new(Pattern::random());
    let so_far = Arc::new(Mutex::new(Compared {
        start: kernel::private_memory(std::process::id()),
        ..Compared::default()
    }));
    let sink = Compares {
        pattern: Arc::clone(&pattern),
        so_far: Arc::clone(&so_far),
    };
    let mut call = Fetching::into(f, attempt, &get(&origin, "/"), 0, None, sink);
    let (mut visit, _) = call.calls(attempt, &origin)?;
    visit.send(&bare_answer(&format!(
        "HTTP/1.1 200 OK\nContent-Length: {bytes}"
    )))?;
    let sent = visit.peer().send_until_full(&pattern, bytes)?;
    visit.close();
    let ended = call.finish(attempt);
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let compared = so_far.lock().unwrap_or_else(PoisonError::into_inner);
    let came = mib(compared.came);
    if length > 1 && compared.grown > MEMORY_GROWTH {
        let grown = mib(compared.grown);
        return Err(FETCH_MEMORY.seen(format!(
            "The body has {length} MiB. When {came:.1} MiB of it had reached the sink, the memory in use had \
             grown by {grown:.1} MiB."
        )));
    }
    let fetched = ended?;
    gave(attempt, &fetched, &[200], b"")?;
    if compared.came == bytes && !compared.is_wrong {
        return Ok(());
    }
    let how = match compared.is_wrong {
        true => ", not as they were sent",
        false => "",
    };
    Err(SINK_WRONG.seen(format!(
        "The server sent {:.1} MiB, and {came:.1} MiB reached the sink{how}.",
        mib(sent)
    )))
}

pub fn leaves_stdout_alone(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let (fetched, printed) = kernel::with_stdout_caught(|| one_hop_and_a_page(f, attempt))?;
    let printed = String::from_utf8_lossy(&printed);
    if let Some(first) = printed.lines().next() {
        attempt.fact("on stdout stands", format!("{first:?}"));
        attempt.remark("expected nothing");
        return Err(PRINTED.seen("fetch printed on stdout, where a program may want the body."));
    }
    fetched
}

fn one_hop_and_a_page(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let origin = Origin::listen("server", &attempt.recorder())?;
    let mut call = Fetching::start(f, attempt, &get(&origin, "/"), 1, None);
    let mut visit = None;
    for (head, body) in [
        ("HTTP/1.1 302 Found\nLocation: /b", b""),
        ("HTTP/1.1 200 OK", b""),
    ] {
        call.asks(attempt, &origin, &mut visit)?;
        if let Some(visit) = &mut visit {
            visit.answer(head, body)?;
        }
    }
    call.gives(attempt, &[302, 200], b"")
}
