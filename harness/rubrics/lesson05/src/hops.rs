//! `fetch` on its way: redirects, proxies, and the addresses of a host.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::fetching::{Fetching, ask, called_once, fails, get, is_for, page_of, told};
use super::misconceptions::{
    COOKIES_SENT_ON, CREDENTIALS_SENT_ON, ERROR_MIXED, FETCH_FAILED, HTTPS_IN_CLEAR, IPV6_LEFT_OUT,
    NEXT_ADDRESS_MISSED, NOBODY_CALLED, ORDER_OF_ADDRESSES, PROXY_MISSED, REDIRECT_COUNT,
    REDIRECT_NOT_FETCHED, REQUEST_CHANGED, REST_OF_ANSWER,
};
use super::origin::{Origin, Visit};
use super::redirected::{request, url, word};
use super::{FetchError, Functions};
use harness::attempt::Attempt;
use harness::finding::Stop;
use harness::names::{self, Says};
use harness::rubric::control::{ANY_PORT_V6, TRIES, needs_ipv6};

pub fn follows_redirects_to_the_page(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let origin = Origin::listen("server", &attempt.recorder())?;
    let names = [word(), word(), word()];
    let page = page_of(60);
    let mut call = Fetching::start(f, attempt, &get(&origin, "/a/start"), 10, None);
    let mut visit = None;
    let hops = [
        ("/a/start".to_owned(), 301, format!("/b/{}", names[0])),
        (format!("/b/{}", names[0]), 302, names[1].clone()),
        (
            format!("/b/{}", names[1]),
            307,
            origin.url(&format!("/c?{}", names[2])),
        ),
    ];
    for (target, status, location) in hops {
        let asked = next(&mut call, attempt, &origin, &mut visit)?;
        is_for(attempt, &asked, "GET", &target, &origin.host_and_port())?;
        let head = format!("HTTP/1.1 {status} Moved\nLocation: {location}");
        answers(&mut visit, &head, &page_of(20))?;
    }
    let asked = next(&mut call, attempt, &origin, &mut visit)?;
    let target = format!("/c?{}", names[2]);
    is_for(attempt, &asked, "GET", &target, &origin.host_and_port())?;
    answers(&mut visit, "HTTP/1.1 200 OK", &page)?;
    call.gives(attempt, &[301, 302, 307, 200], &page)
}

/// The next request to this server, which is due because of a redirect if there was one before.
fn next(
    call: &mut Fetching,
    attempt: &mut Attempt,
    origin: &Origin,
    visit: &mut Option<Visit>,
) -> Result<super::origin::Asked, Stop> {
    let is_first = visit.is_none();
    if call.comes(attempt, origin, visit)? || is_first {
        return call.asks(attempt, origin, visit);
    }
    let gave = call.gave();
    let addr = origin.addr();
    Err(if gave.contains("BadReply") {
        REST_OF_ANSWER.seen(format!(
            "The server at {addr} answered with well-formed redirects, and fetch gave {gave}."
        ))
    } else {
        REDIRECT_NOT_FETCHED.seen(format!(
            "The answer was a redirect, which may be followed. fetch did not ask the server at {addr} again, \
             and gave {gave}."
        ))
    })
}

fn answers(visit: &mut Option<Visit>, head: &str, body: &[u8]) -> Result<(), Stop> {
    match visit {
        Some(visit) => Ok(visit.answer(head, body)?),
        None => Err(Stop::Trouble("a visitor has no connection".to_owned())),
    }
}

pub fn follows_no_more_redirects_than_allowed(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    // How many may be followed, and how many there are; `None` is a loop.
    for (most, there_are) in [
        (2, Some(2)),
        (2, Some(3)),
        (1, Some(1)),
        (0, Some(0)),
        (0, None),
        (5, None),
        (u32::MAX, Some(1)),
    ] {
        let origin = Origin::listen("server", &attempt.recorder())?;
        let mut call = Fetching::start(f, attempt, &get(&origin, "/0"), most, None);
        let mut visit = None;
        let mut asked_for = 0;
        let has_page = |asked_for| there_are.is_some_and(|there_are| asked_for > there_are);
        // More than that is a mistake already.
        while asked_for < most.saturating_add(2).min(20)
            && call.comes(attempt, &origin, &mut visit)?
        {
            call.asks(attempt, &origin, &mut visit)?;
            asked_for += 1;
            if has_page(asked_for) {
                answers(&mut visit, "HTTP/1.1 200 OK", b"page")?;
                break;
            }
            let location = if there_are.is_some() { asked_for } else { 0 };
            let head = format!("HTTP/1.1 302 Found\nLocation: /{location}");
            answers(&mut visit, &head, b"")?;
        }
        let ways = match there_are {
            Some(there_are) => format!("There are {there_are} redirects before the page"),
            None => "The page redirects to itself".to_owned(),
        };
        let seen = |what: &str| {
            REDIRECT_COUNT.seen(format!("{ways}, {most} may be followed, and {what}."))
        };
        let due = there_are.map_or(most.saturating_add(1), |there_are| {
            most.saturating_add(1).min(there_are + 1)
        });
        if asked_for != due {
            call.abandon(attempt);
            attempt.remark(format!("expected {due} requests"));
            return Err(seen(&format!("fetch made {asked_for} requests")));
        }
        let fetched = call.finish(attempt)?;
        match &fetched.result {
            Ok(heads) if has_page(due) && heads.len() == due as usize => {}
            Err(FetchError::TooManyRedirects) if !has_page(due) => {}
            other => {
                attempt.remark(match has_page(due) {
                    true => "expected the page",
                    false => "expected TooManyRedirects",
                });
                return Err(seen(&format!("fetch gave {}", told(other))));
            }
        }
    }
    Ok(())
}

pub fn sends_what_a_redirect_makes_of_a_post(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    for (status, method) in [(303, "GET"), (307, "POST")] {
        let origin = Origin::listen("server", &attempt.recorder())?;
        let mut asked = ask("POST", &origin, "/form");
        asked.body = page_of(50);
        let mut call = Fetching::start(f, attempt, &asked, 1, None);
        let mut visit = None;
        next(&mut call, attempt, &origin, &mut visit)?;
        let head = format!("HTTP/1.1 {status} Moved\nLocation: /done");
        answers(&mut visit, &head, b"")?;
        let again = next(&mut call, attempt, &origin, &mut visit)?;
        is_for(attempt, &again, method, "/done", &origin.host_and_port())?;
        let body: &[u8] = if method == "POST" { &asked.body } else { b"" };
        if again.body != body {
            return Err(REQUEST_CHANGED.seen(format!(
                "After {status} the request had to have a body of {} bytes, and came with {}.",
                body.len(),
                again.body.len()
            )));
        }
        answers(&mut visit, "HTTP/1.1 200 OK", b"done")?;
        call.gives(attempt, &[status, 200], b"done")?;
    }
    Ok(())
}

pub fn tells_one_server_nothing_that_was_meant_for_another(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let first = Origin::listen("first", &attempt.recorder())?;
    let second = Origin::listen("second", &attempt.recorder())?;
    let mut asked = get(&first, "/a");
    asked.url.user = Some((word(), word()));
    asked.headers = vec![("Cookie".to_owned(), format!("session={}", word()))];
    let page = page_of(40);
    let mut call = Fetching::start(f, attempt, &asked, 2, None);
    let mut visit = None;
    let heard = next(&mut call, attempt, &first, &mut visit)?;
    if heard.field("Authorization").is_none() {
        return Err(REQUEST_CHANGED
            .seen("The URL has a user, and the request has no Authorization.")
            .pointing_at(heard.at_end_of_head("no Authorization up to here")));
    }
    let head = format!("HTTP/1.1 302 Found\nLocation: {}", second.url("/b"));
    answers(&mut visit, &head, b"")?;
    // The first connection is not the second server's.
    let mut visit = None;
    if !call.comes(attempt, &second, &mut visit)? {
        return Err(REDIRECT_NOT_FETCHED.seen(format!(
            "The answer was a redirect to the server at {}, and fetch did not call it.",
            second.addr()
        )));
    }
    // What was left out on the way to another server stays left out there.
    for target in ["/b", "/c"] {
        let heard = next(&mut call, attempt, &second, &mut visit)?;
        is_for(attempt, &heard, "GET", target, &second.host_and_port())?;
        for (name, misconception) in [
            ("Authorization", &CREDENTIALS_SENT_ON),
            ("Cookie", &COOKIES_SENT_ON),
        ] {
            if let Some(field) = heard.named(name).next() {
                attempt.remark(format!("expected no {name}"));
                let seen =
                    format!("The {name} that was meant for the first server reached the second.");
                let shown = heard.at_field(field, "meant for another server");
                return Err(misconception.seen(seen).pointing_at(shown));
            }
        }
        if target == "/b" {
            let head = format!("HTTP/1.1 302 Found\nLocation: {}", second.url("/c"));
            answers(&mut visit, &head, b"")?;
        }
    }
    answers(&mut visit, "HTTP/1.1 200 OK", &page)?;
    call.gives(attempt, &[302, 302, 200], &page)?;
    called_once(attempt, &first)
}

pub fn follows_no_redirect_that_leads_nowhere(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let other = Origin::listen("other", &attempt.recorder())?;
    for (location, otherwise) in [
        ("http://127.0.0.1:99999/".to_owned(), &ERROR_MIXED),
        (
            format!("https://{}/", other.host_and_port()),
            &HTTPS_IN_CLEAR,
        ),
    ] {
        let origin = Origin::listen("server", &attempt.recorder())?;
        let mut call = Fetching::start(f, attempt, &get(&origin, "/"), 3, None);
        let (mut visit, _) = call.calls(attempt, &origin)?;
        visit.answer(&format!("HTTP/1.1 302 Found\nLocation: {location}"), b"")?;
        let mut called = None;
        if location.starts_with("https") && call.comes(attempt, &other, &mut called)? {
            call.abandon(attempt);
            attempt.remark("expected the error Url");
            let seen =
                format!("The redirect leads to {location}, and fetch called the server there.");
            return Err(HTTPS_IN_CLEAR.seen(seen));
        }
        let fetched = call.finish(attempt)?;
        let why = format!("The redirect leads to {location}");
        fails(attempt, &fetched, &[FetchError::Url], &why, otherwise)?;
    }
    Ok(())
}

pub fn asks_the_proxy(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let proxy = Origin::listen("proxy", &attempt.recorder())?;
    // Nobody but the proxy needs to know what the name stands for.
    let [host, other] = [format!("{}.invalid", word()), format!("{}.invalid", word())];
    names::invent(&host, Says::Addresses(Vec::new()));
    let page = page_of(40);
    let mut asked = request("GET", url("http", &host, 8080, "/a?b"));
    asked.proxy = Some(get(&proxy, "/").url);
    let mut call = Fetching::start(f, attempt, &asked, 1, None);
    let mut visit = None;
    for (target, host, head, body) in [
        (
            format!("http://{host}:8080/a?b"),
            format!("{host}:8080"),
            format!("HTTP/1.1 302 Found\nLocation: http://{other}/c"),
            &b""[..],
        ),
        (
            format!("http://{other}/c"),
            other.clone(),
            "HTTP/1.1 200 OK".to_owned(),
            &page,
        ),
    ] {
        if !call.comes(attempt, &proxy, &mut visit)? {
            let fetched = call.finish(attempt)?;
            return Err(PROXY_MISSED.seen(format!(
                "The request for {target} has a proxy, {}. fetch did not ask it, and gave {}.",
                proxy.addr(),
                told(&fetched.result)
            )));
        }
        let asked = call.asks(attempt, &proxy, &mut visit)?;
        is_for(attempt, &asked, "GET", &target, &host)?;
        answers(&mut visit, &head, body)?;
    }
    call.gives(attempt, &[302, 200], &page)
}

pub fn fetches_over_ipv6(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    needs_ipv6()?;
    let origin = Origin::listen_on("server", ANY_PORT_V6, &attempt.recorder())?;
    let page = page_of(40);
    let mut call = Fetching::start(f, attempt, &get(&origin, "/"), 1, None);
    let mut visit = None;
    for (target, head, body) in [
        ("/", "HTTP/1.1 302 Found\nLocation: /b", &b""[..]),
        ("/b", "HTTP/1.1 200 OK", &page),
    ] {
        let asked = next(&mut call, attempt, &origin, &mut visit).map_err(|stop| {
            let seen = format!(
                "The server at {} is there, and fetch did not call it.",
                origin.addr()
            );
            stop.rather(&NOBODY_CALLED, &IPV6_LEFT_OUT, seen)
        })?;
        is_for(attempt, &asked, "GET", target, &origin.host_and_port())?;
        answers(&mut visit, head, body)?;
    }
    call.gives(attempt, &[302, 200], &page)
}

/// Addresses of this machine, on all of which the same port is free.
const ADDRS: [Ipv4Addr; 3] = [
    Ipv4Addr::new(127, 0, 0, 2),
    Ipv4Addr::new(127, 0, 0, 3),
    Ipv4Addr::new(127, 0, 0, 4),
];

/// A name with three addresses, and a server on some of them, on one port.
fn servers(attempt: &mut Attempt, on: &[usize]) -> Result<(String, Vec<Origin>), Stop> {
    let host = format!("{}.test", word());
    let addrs = ADDRS.map(IpAddr::V4).to_vec();
    if !names::invent(&host, Says::Addresses(addrs)) {
        return Err(Stop::Skip(
            "no name can be invented on this system".to_owned(),
        ));
    }
    for _ in 0..TRIES {
        let mut found: Vec<Origin> = Vec::new();
        for index in on {
            let port = found.first().map_or(0, Origin::port);
            let names = ["first", "second", "third"];
            let addr = SocketAddr::from((ADDRS[*index], port));
            match Origin::listen_on(names[*index], addr, &attempt.recorder()) {
                Ok(origin) => found.push(origin),
                Err(_) if port != 0 => break,
                Err(error) => {
                    let why = format!(
                        "only some systems have more than one address on loopback ({error})"
                    );
                    return Err(Stop::Skip(why));
                }
            }
        }
        if found.len() == on.len() {
            for origin in &found {
                attempt.fact(format!("{host} has a server at"), origin.addr().to_string());
            }
            return Ok((host, found));
        }
    }
    Err(Stop::Trouble(
        "no port is free on three addresses".to_owned(),
    ))
}

pub fn tries_the_addresses_of_a_host_in_their_order(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    // Two refuse, and the third answers; then all answer, and the first one is called.
    for on in [&[2][..], &[0, 1, 2]] {
        let (host, origins) = servers(attempt, on)?;
        let origin = &origins[0];
        let page = page_of(40);
        let asked = request("GET", url("http", &host, origin.port(), "/"));
        let mut call = Fetching::start(f, attempt, &asked, 0, None);
        let mut visit = None;
        let came = call.comes(attempt, origin, &mut visit);
        if !matches!(came, Ok(true)) {
            let another = origins[1..].iter().find(|it| it.waiting_caller().is_some());
            if let Some(another) = another {
                call.abandon(attempt);
                attempt.remark(format!("expected a call to {}", origin.addr()));
                return Err(ORDER_OF_ADDRESSES.seen(format!(
                    "The first address of {host} answers, and fetch called another, {}.",
                    another.addr()
                )));
            }
            came?;
            let fetched = call.finish(attempt)?;
            return Err(NEXT_ADDRESS_MISSED.seen(format!(
                "{host} has three addresses. Two refuse calls, the third one answers; fetch gave {}.",
                told(&fetched.result)
            )));
        }
        let asked = call.asks(attempt, origin, &mut visit)?;
        let name = format!("{host}:{}", origin.port());
        is_for(attempt, &asked, "GET", "/", &name)?;
        answers(&mut visit, "HTTP/1.1 200 OK", &page)?;
        call.gives(attempt, &[200], &page)?;
    }
    Ok(())
}

pub fn says_that_no_address_takes_the_call(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    // Its port is taken on one address, and called on the two others.
    let (host, origins) = servers(attempt, &[0])?;
    let addrs = ADDRS[1..].iter().map(|addr| IpAddr::V4(*addr)).collect();
    names::invent(&host, Says::Addresses(addrs));
    attempt.fact(format!("both addresses of {host}"), "refuse calls");
    let asked = request("GET", url("http", &host, origins[0].port(), "/"));
    let fetched = Fetching::start(f, attempt, &asked, 0, None).finish(attempt)?;
    if fetched.result.is_ok() {
        return Err(FETCH_FAILED.seen("Nobody answers, and fetch gave an answer."));
    }
    let why = "No address of the host takes the call";
    fails(attempt, &fetched, &[FetchError::Connect], why, &ERROR_MIXED)
}
