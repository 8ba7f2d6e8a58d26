//! `serve_connection`: request after request, and an end that loses nothing.

use std::time::{Duration, Instant};

use super::Functions;
use super::conversation::{
    Page, SMALL, Talk, by_hand, end_of_head, received, returns, status_line,
};
use super::misconceptions::{
    ANSWERED_AFTER_REFUSAL, BAD_NOT_ANSWERED, BAD_WITH_A_BODY, BODY_LEFT, CLOSE_IGNORED,
    CLOSE_NOT_SAID, CLOSED_TOO_SOON, INVITED_UNASKED, LINGERS, MEMORY_GROWS, NO_ANSWER,
    NOT_GRANTED, NOT_INVITED, NOT_WHAT_WAS_ASKED, OLD_KEPT, OUT_OF_ORDER, OUTLIVES_CLIENT, PIECES,
    PIPELINED_LOST, RESET_EATS, TOO_MUCH,
};
use super::site::Site;
use harness::attempt::Attempt;
use harness::clock::{self, Slept};
use harness::finding::{Exhibit, Found, Misconception, Stop};
use harness::kernel;
use harness::rubric::control::or_trouble;
use harness::rubric::sleep::must_not_have_slept;
use harness::wire::http::Answer;

/// The field with which a message says that it is the last of its connection.
const CLOSE: &str = "Connection: close\r\n";

pub fn answers_a_request_with_the_file(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let site = Site::new()?;
    let page = Page::new(&site)?;
    let mut talk = Talk::begin(f, attempt, &site, None)?;
    talk.says(&page.request(CLOSE));
    let when = "The client asked for a file";
    talk.hears_page(attempt, &page, &NO_ANSWER, when)?;
    talk.ends(attempt)
}

pub fn closes_when_asked_to(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let site = Site::new()?;
    let page = Page::new(&site)?;
    for field in [
        CLOSE,
        "connection: Close\r\n",
        "Connection: keep-alive, close\r\n",
    ] {
        let slept = Slept::from_now();
        let mut talk = Talk::begin(f, attempt, &site, None)?;
        let request = page.request(field);
        talk.says(&request);
        let field = field.trim_end();
        let when = format!("The client asked for a file with `{field}`");
        let answer = talk.hears_page(attempt, &page, &NO_ANSWER, &when)?;
        talk.must_be_closed(attempt, &CLOSE_IGNORED, &format!("{when} and got it"))
            .map_err(|stop| {
                stop.pointing_at(received(&request, field, "the last of this connection"))
            })?;
        says_close(attempt, &talk, &answer, &when)?;
        must_not_have_slept(attempt, &slept, "serve_connection", &when)?;
        talk.ends(attempt)?;
    }
    Ok(())
}

/// The last answer of a connection says so.
fn says_close(attempt: &Attempt, talk: &Talk, answer: &Answer, when: &str) -> Result<(), Stop> {
    if has_option(answer, "close") {
        return Ok(());
    }
    attempt.remark("expected Connection: close");
    if let Some(misconception) = talk.closed_late {
        let seen = format!("{when}, and the connection was closed much later.");
        return Err(misconception
            .seen(seen)
            .by_hand(by_hand(&talk.visitor.said)));
    }
    Err(CLOSE_NOT_SAID
        .seen(format!(
            "{when}, and the answer, the last one, does not say `Connection: close`."
        ))
        .pointing_at(end_of_head(answer, "Connection: close is missing"))
        .by_hand(by_hand(&talk.visitor.said)))
}

/// Does `Connection` have this word?
pub fn has_option(answer: &Answer, option: &str) -> bool {
    answer
        .named("Connection")
        .flat_map(|field| field.value.split(','))
        .any(|it| it.trim().eq_ignore_ascii_case(option))
}

pub fn keeps_the_connection_for_the_next_request(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let site = Site::new()?;
    let mut talk = Talk::begin(f, attempt, &site, None)?;
    for number in 0..5 {
        let page = Page::new(&site)?;
        talk.says(&page.request(["", "Connection: keep-alive\r\n"][number % 2]));
        let (when, otherwise): (_, &'static Misconception) = match number {
            0 => ("The client asked for a file".to_owned(), &NO_ANSWER),
            1 => (
                "The client asked for a second file".to_owned(),
                &CLOSED_TOO_SOON,
            ),
            _ => (
                format!("After {number} files the client asked for one more"),
                &CLOSED_TOO_SOON,
            ),
        };
        let answer = talk.hears_page(attempt, &page, otherwise, &when)?;
        if has_option(&answer, "close") {
            attempt.remark("expected no Connection: close");
            return Err(CLOSED_TOO_SOON
                .seen(format!(
                    "{when}, by HTTP/1.1, and the answer says `Connection: close`."
                ))
                .pointing_at(status_line(&answer, "a field after this says close"))
                .by_hand(by_hand(&talk.visitor.said)));
        }
    }
    let missing = b"GET /no-such-file HTTP/1.1\r\nHost: localhost\r\n\r\n";
    talk.says(missing);
    let when = "After five files the client asked for one that is not there";
    talk.hears(attempt, "GET", &CLOSED_TOO_SOON, when)?;
    let page = Page::new(&site)?;
    talk.says(&page.request(CLOSE));
    let when = "After six answers, the last of them 404, the client asked for a last file, with `Connection: close`";
    talk.hears_page(attempt, &page, &CLOSED_TOO_SOON, when)?;
    talk.must_be_closed(attempt, &CLOSE_IGNORED, when)?;
    talk.ends(attempt)
}

pub fn keeps_a_connection_of_1_0_only_when_asked(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let site = Site::new()?;
    let page = Page::new(&site)?;
    let old = |fields: &str| format!("GET {} HTTP/1.0\r\n{fields}\r\n", page.target).into_bytes();
    let mut talk = Talk::begin(f, attempt, &site, None)?;
    let request = old("");
    talk.says(&request);
    let when = "A client of HTTP/1.0 asked for a file";
    let answer = talk.hears_page(attempt, &page, &NO_ANSWER, when)?;
    talk.must_be_closed(attempt, &OLD_KEPT, "A client of HTTP/1.0 got its file")
        .map_err(|stop| {
            stop.pointing_at(received(
                &request,
                "HTTP/1.0",
                "one request, one connection",
            ))
        })?;
    says_close(attempt, &talk, &answer, when)?;
    talk.ends(attempt)?;

    let mut talk = Talk::begin(f, attempt, &site, None)?;
    let asks = "Connection: keep-alive";
    let request = old(&format!("Host: localhost\r\n{asks}\r\n"));
    for when in [
        "A client of HTTP/1.0 asked for a file with `Connection: keep-alive`",
        "A client of HTTP/1.0 with `Connection: keep-alive` asked for its second file",
    ] {
        talk.says(&request);
        let points = received(&request, asks, "the connection is to go on");
        let answer = talk
            .hears_page(attempt, &page, &NOT_GRANTED, when)
            .map_err(|stop| {
                stop.rather(&NO_ANSWER, &NOT_GRANTED, when)
                    .pointing_at(points)
            })?;
        if !has_option(&answer, "keep-alive") {
            attempt.remark("expected Connection: keep-alive");
            return Err(NOT_GRANTED
                .seen(format!(
                    "{when}, and the answer does not say that it may go on."
                ))
                .pointing_at(end_of_head(&answer, "Connection: keep-alive is missing"))
                .by_hand(by_hand(&talk.visitor.said)));
        }
    }
    let request = old("");
    talk.says(&request);
    let when = "A client of HTTP/1.0 asked for a last file, without `Connection`";
    talk.hears_page(attempt, &page, &NOT_GRANTED, when)?;
    talk.must_be_closed(attempt, &OLD_KEPT, "A client of HTTP/1.0 got its last file")?;
    talk.ends(attempt)
}

pub fn answers_pipelined_requests_in_order(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    const MANY: usize = 200;
    let site = Site::new()?;
    let pages: Vec<Page> = (0..4).map(|_| Page::new(&site)).collect::<Result<_, _>>()?;
    for count in [2, 3, MANY] {
        let mut talk = Talk::begin(f, attempt, &site, None)?;
        let order: Vec<&Page> = (0..count)
            .map(|number| {
                &pages[if number < 2 {
                    number
                } else {
                    fastrand::usize(..4)
                }]
            })
            .collect();
        let mut requests = Vec::new();
        for (number, page) in order.iter().enumerate() {
            let last = number + 1 == count;
            requests.extend(page.request(if last { CLOSE } else { "" }));
        }
        talk.says(&requests);
        let command = by_hand(&[order[0].request(""), order[1].request(CLOSE)].concat());
        for (number, page) in order.iter().enumerate() {
            let when =
                format!("The client sent {count} requests at once and heard {number} answers");
            let answer = talk
                .hears(attempt, "GET", &PIPELINED_LOST, &when)
                .map_err(|stop| stop.by_hand(command.clone()))?;
            if page.is_in(&answer) {
                continue;
            }
            attempt.remark(format!("expected {}", page.target));
            if let Some(other) = pages.iter().find(|other| other.is_in(&answer)) {
                let seen = format!(
                    "{when}; the next one is for {}, not for {}.",
                    other.target, page.target
                );
                return Err(OUT_OF_ORDER.seen(seen).by_hand(command));
            }
            let stop = talk.visitor.not_the_page(&answer, page, &when);
            return Err(stop.by_hand(command));
        }
        let when = "All of them were answered, and the last one said `Connection: close`";
        talk.must_be_closed(attempt, &CLOSE_IGNORED, when)?;
        talk.ends(attempt)?;
    }

    // A client that has said all it has to say, and still listens.
    let mut talk = Talk::begin(f, attempt, &site, None)?;
    talk.says(&[pages[0].request(""), pages[1].request("")].concat());
    talk.visitor.client.peer.half_close()?;
    let when = "The client sent two requests and half-closed";
    talk.hears_page(attempt, &pages[0], &NO_ANSWER, when)?;
    talk.hears_page(attempt, &pages[1], &PIPELINED_LOST, when)?;
    talk.must_be_closed(attempt, &OUTLIVES_CLIENT, when)?;
    talk.ends(attempt)?;

    // What stands behind a last request is not read any more.
    let mut talk = Talk::begin(f, attempt, &site, None)?;
    let (last, more) = (pages[0].request(CLOSE), pages[1].request(""));
    talk.says(&[last.clone(), more].concat());
    let when = "The client sent two requests, and said `Connection: close` in the first";
    talk.hears_page(attempt, &pages[0], &NO_ANSWER, when)?;
    let otherwise = "A request said `Connection: close`, and the one behind it was answered, too.";
    talk.must_be_closed(attempt, &CLOSE_IGNORED, when)
        .map_err(|stop| {
            stop.rather(&TOO_MUCH, &CLOSE_IGNORED, otherwise)
                .pointing_at(received(
                    &last,
                    CLOSE.trim_end(),
                    "the last of this connection",
                ))
                .by_hand(by_hand(&talk.visitor.said))
        })?;
    talk.ends(attempt)
}

pub fn takes_requests_in_pieces(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let site = Site::new()?;
    let (first, second) = (Page::new(&site)?, Page::new(&site)?);
    // In each round the cut is one byte further on: within the first request, between them, within the
    // second.
    let both = [first.request(""), second.request("")].concat();
    let when = |cut: usize| format!("Two requests came in two pieces, cut after byte {cut}");
    let mut talk = Talk::begin(f, attempt, &site, None)?;
    for cut in 1..both.len() {
        talk.visitor.said.clear();
        talk.says(&both[..cut]);
        talk.visitor.until_it_is_read();
        talk.says(&both[cut..]);
        for page in [&first, &second] {
            talk.hears_page(attempt, page, &PIECES, &when(cut))?;
        }
    }
    talk.visitor.said.clear();
    for byte in first.request("") {
        talk.says(&[byte]);
        talk.visitor.until_it_is_read();
    }
    let when = "A request came byte by byte";
    talk.hears_page(attempt, &first, &PIECES, when)?;
    talk.ends(attempt)
}

pub fn reads_a_body_before_the_next_request(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let site = Site::new()?;
    let (page, secret) = (Page::new(&site)?, Page::new(&site)?);
    // A body that looks like a request: who reads on after the head takes it for one.
    let smuggled = secret.request("");
    let length = smuggled.len();
    let chunks = [
        format!("5;x=1\r\n{}\r\n", String::from_utf8_lossy(&smuggled[..5])),
        format!(
            "{:X}\r\n{}\r\n",
            length - 5,
            String::from_utf8_lossy(&smuggled[5..])
        ),
        "0\r\nX-Trailer: x\r\n\r\n".to_owned(),
    ]
    .concat();
    for (method, field, body, in_pieces) in [
        (
            "GET",
            format!("Content-Length: {length}"),
            smuggled.clone(),
            false,
        ),
        (
            "POST",
            format!("Content-Length: {length}"),
            smuggled.clone(),
            false,
        ),
        (
            "POST",
            format!("Content-Length: {length}"),
            smuggled.clone(),
            true,
        ),
        (
            "GET",
            "Transfer-Encoding: chunked".to_owned(),
            chunks.clone().into_bytes(),
            false,
        ),
        (
            "POST",
            "Transfer-Encoding: chunked".to_owned(),
            chunks.into_bytes(),
            true,
        ),
        (
            "HEAD",
            format!("content-length: {length}"),
            smuggled.clone(),
            false,
        ),
        (
            "BREW",
            format!("Content-Length: {length}"),
            smuggled.clone(),
            false,
        ),
    ] {
        let mut talk = Talk::begin(f, attempt, &site, None)?;
        let head = page.request_by(method, &format!("{field}\r\n"));
        talk.says(&head);
        if in_pieces {
            talk.visitor.until_it_is_read();
            for piece in body.chunks(7) {
                talk.says(piece);
                talk.visitor.until_it_is_read();
            }
        } else {
            talk.visitor.client.peer.offer(&body);
            talk.visitor.said.extend_from_slice(&body);
        }
        talk.says(&page.request(CLOSE));
        let points = || received(&head, &field, "says where the body ends");
        let when = format!("The client sent a {method} with a body, and a GET behind it");
        let answer = talk.hears(attempt, method, &NO_ANSWER, &when)?;
        let expected = match method {
            "GET" | "HEAD" => 200..=200,
            _ => 400..=599,
        };
        if !expected.contains(&answer.status) || answer.status == 400 {
            return Err(talk
                .visitor
                .not_the_page(&answer, &page, &when)
                .pointing_at(points()));
        }
        // A method that is refused is no reason to end the connection: its body has been read.
        let answer = talk
            .hears(
                attempt,
                "GET",
                &BODY_LEFT,
                &format!("{when}, heard one answer and waits for the other"),
            )
            .map_err(|stop| in_reading(stop, &BODY_LEFT).pointing_at(points()))?;
        if !page.is_in(&answer) {
            attempt.remark("expected the file of the second request");
            let seen = if secret.is_in(&answer) {
                format!(
                    "{when}. The body is text that looks like a request, and it was answered as one."
                )
            } else {
                format!(
                    "{when}. The second answer has status {}: what was read as a request was not the GET.",
                    answer.status
                )
            };
            return Err(BODY_LEFT
                .seen(seen)
                .in_function("read_request")
                .pointing_at(points())
                .by_hand(by_hand(&talk.visitor.said)));
        }
        talk.must_be_closed(attempt, &CLOSE_IGNORED, "Both requests were answered")?;
        talk.ends(attempt)?;
    }
    Ok(())
}

pub fn sends_nothing_where_no_body_may_be(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let site = Site::new()?;
    let page = Page::new(&site)?;
    let mut talk = Talk::begin(f, attempt, &site, None)?;
    talk.says(&page.request_by("HEAD", ""));
    let when = "The client asked by HEAD";
    let head = talk.hears(attempt, "HEAD", &NO_ANSWER, when)?;
    talk.says(&page.request(""));
    let when = "The client asked by HEAD, and then by GET";
    let answer = talk
        .hears_page(attempt, &page, &CLOSED_TOO_SOON, when)
        .map_err(|stop| after_no_body(stop, "HEAD"))?;
    let modified = answer
        .field("Last-Modified")
        .or(head.field("Last-Modified"));
    if let Some(modified) = modified {
        talk.says(&page.request(&format!("If-Modified-Since: {modified}\r\n")));
        let when = "The client asked for a file that it has already";
        talk.hears(attempt, "GET", &NO_ANSWER, when)?;
        talk.says(&page.request(""));
        let when = "The client asked again, without If-Modified-Since";
        talk.hears_page(attempt, &page, &CLOSED_TOO_SOON, when)
            .map_err(|stop| after_no_body(stop, "304"))?;
    }
    talk.ends(attempt)
}

/// What this misconception is about happens where a request is read.
fn in_reading(stop: Stop, misconception: &'static Misconception) -> Stop {
    match stop {
        Stop::Found(found) if found.misconception == misconception => {
            Stop::Found(found).in_function("read_request")
        }
        other => other,
    }
}

/// What is no answer, behind one without a body, is a body.
fn after_no_body(stop: Stop, what: &str) -> Stop {
    let Stop::Found(Found {
        exhibit: Some(exhibit),
        by_hand: Some(by_hand),
        misconception,
        ..
    }) = stop
    else {
        return stop;
    };
    if misconception == &NOT_WHAT_WAS_ASKED {
        return Stop::Found(Found {
            misconception,
            observed: format!("The answer after the one to {what} is another than the file."),
            function: None,
            exhibit: Some(exhibit),
            by_hand: Some(by_hand),
        });
    }
    TOO_MUCH
        .seen(format!(
            "After the answer to {what}, the next one does not begin with a status line: bytes of a \
             body stand before it."
        ))
        .pointing_at(Exhibit {
            from: 0,
            to: exhibit.bytes.len().min(8),
            remark: "expected HTTP/1.1".to_owned(),
            ..*exhibit
        })
        .by_hand(by_hand)
}

/// Requests that are wrong, each with the part that is.
const WRONG: &[(&str, &str)] = &[
    ("GET /\r\n\r\n", "GET /"),
    ("GET / HTTP/1.1\r\n\r\n", "\r\n\r\n"),
    ("GET / HTTP/one\r\nHost: localhost\r\n\r\n", "HTTP/one"),
    ("GET / HTTP/1.1\r\nHost : localhost\r\n\r\n", " :"),
    ("\u{16}\u{3}\u{1}\u{2}\r\n\r\n", "\u{16}\u{3}\u{1}"),
];

pub fn answers_a_wrong_request_and_closes(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let site = Site::new()?;
    let page = Page::new(&site)?;
    let long_line = format!(
        "GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "a".repeat(9000)
    );
    let many = format!(
        "GET / HTTP/1.1\r\nHost: localhost\r\n{}\r\n",
        "X: 1\r\n".repeat(101)
    );
    let large = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000000\r\n\r\n";
    let mut wrong = WRONG.to_vec();
    wrong.extend([
        (long_line.as_str(), "/aaaa"),
        (many.as_str(), "X: 1"),
        (large, "2000000"),
    ]);
    for (number, (request, part)) in wrong.into_iter().enumerate() {
        let points = || received(request.as_bytes(), part, "this is wrong");
        let mut talk = Talk::begin(f, attempt, &site, None)?;
        // Some come after a good one.
        if number % 2 == 1 {
            talk.says(&page.request(""));
            talk.hears_page(attempt, &page, &NO_ANSWER, "The client asked for a file")?;
            talk.visitor.said.clear();
        }
        talk.says(request.as_bytes());
        let when = "The client sent a request that is wrong";
        let answer = talk
            .hears(attempt, "GET", &BAD_NOT_ANSWERED, when)
            .map_err(|stop| stop.pointing_at(points()))?;
        let refused = refused(attempt, &talk, &answer, when, points);
        if answer.body.is_empty() {
            let when = "A wrong request was answered";
            talk.must_be_closed(attempt, &ANSWERED_AFTER_REFUSAL, when)?;
        }
        refused?;
        talk.ends(attempt)?;
    }
    Ok(())
}

/// An answer that refuses: 4xx or 5xx, no body, and `Connection: close`.
fn refused(
    attempt: &Attempt,
    talk: &Talk,
    answer: &Answer,
    when: &str,
    points: impl Fn() -> Exhibit,
) -> Result<(), Stop> {
    let said = by_hand(&talk.visitor.said);
    if !(400..600).contains(&answer.status) {
        attempt.remark("expected 400");
        return Err(BAD_NOT_ANSWERED
            .seen(format!(
                "{when}, and the answer has status {}.",
                answer.status
            ))
            .pointing_at(points())
            .by_hand(said));
    }
    if !answer.body.is_empty() {
        attempt.remark("expected an empty body");
        let seen = format!(
            "{when}, and {} bytes of a body came with the answer {}.",
            answer.body.len(),
            answer.status
        );
        let shown = status_line(answer, "a body follows");
        return Err(BAD_WITH_A_BODY.seen(seen).pointing_at(shown).by_hand(said));
    }
    says_close(attempt, talk, answer, when)
}

pub fn answers_nothing_after_a_refused_request(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let site = Site::new()?;
    let secret = Page::new(&site)?;
    // What one program takes for a body and another for the next request.
    let smuggled = String::from_utf8_lossy(&secret.request("")).into_owned();
    let length = smuggled.len();
    let both = "Transfer-Encoding: chunked\r\n";
    for (fields, body, part) in [
        (
            format!("Content-Length: {length}\r\n{both}"),
            "0\r\n\r\n",
            "Transfer-Encoding: chunked",
        ),
        (
            format!("{both}Content-Length: 5\r\n"),
            "0\r\n\r\n",
            "Content-Length: 5",
        ),
        (
            format!("Content-Length: 0\r\nContent-Length: {length}\r\n"),
            "",
            "Content-Length",
        ),
        ("Content-Length: 0, 0\r\n".to_owned(), "", "0, 0"),
        ("Content-Length: +0\r\n".to_owned(), "", "+0"),
        ("Content-Length: -9\r\n".to_owned(), "", "-9"),
        ("Content-Length : 0\r\n".to_owned(), "", " :"),
        (both.to_owned(), "0x0\r\n\r\n", "0x0"),
        (both.to_owned(), "-0\r\n\r\n", "-0"),
        (both.to_owned(), "3\r\nabcdef\r\n0\r\n\r\n", "abcdef"),
        (" Content-Length: 0\r\n".to_owned(), "", " Content"),
        (
            "Transfer-Encoding: xchunked\r\n".to_owned(),
            "0\r\n\r\n",
            "xchunked",
        ),
    ] {
        let request = format!("POST / HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n{body}");
        let points = || received(request.as_bytes(), part, "this is wrong");
        let mut talk = Talk::begin(f, attempt, &site, None)?;
        talk.says(format!("{request}{smuggled}").as_bytes());
        let when =
            "The client sent a request that nobody can tell the end of, and another behind it";
        let answer = talk
            .hears(attempt, "GET", &BAD_NOT_ANSWERED, when)
            .map_err(|stop| stop.pointing_at(points()))?;
        // An answer with 405 is one to a request that was taken for good.
        if answer.status == 405 || !(400..600).contains(&answer.status) {
            attempt.remark("expected 400");
            return Err(BAD_NOT_ANSWERED
                .seen(format!(
                    "{when}, and the answer has status {}.",
                    answer.status
                ))
                .pointing_at(points())
                .by_hand(by_hand(&talk.visitor.said)));
        }
        let when = "The first of two requests was refused";
        talk.must_be_closed(attempt, &ANSWERED_AFTER_REFUSAL, when)
            .map_err(|stop| {
                let seen = "A request was refused, and what stands behind it was answered, too.";
                stop.rather(&TOO_MUCH, &ANSWERED_AFTER_REFUSAL, seen)
                    .pointing_at(points())
                    .by_hand(by_hand(&talk.visitor.said))
            })?;
        talk.ends(attempt)?;
    }
    Ok(())
}

pub fn gets_its_last_answer_through(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    /// More than anybody reads by the way.
    const MORE: usize = 200 << 10;
    /// The server listens for 2 s; what is sent in the first of them may not be cut off.
    const IN_TIME: Duration = Duration::from_secs(1);
    let site = Site::new()?;
    let page = Page::new(&site)?;
    let too_long = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999\r\n\r\n";
    for (request, more, when) in [
        (
            too_long.to_vec(),
            MORE,
            "The client sent a request whose body is too long, and 200 KiB of it",
        ),
        (
            page.request(CLOSE),
            MORE,
            "The client asked for a file with `Connection: close`, and sent 200 KiB more",
        ),
        // With buffers as empty as this, what comes after the FIN comes at once.
        (
            too_long.to_vec(),
            0,
            "The client sent the head of a request whose body is too long",
        ),
    ] {
        let mut talk = Talk::begin(f, attempt, &site, None)?;
        talk.says(&[request, vec![b'a'; more]].concat());
        // Only now does it listen.
        let answer = talk.hears(attempt, "GET", &BAD_NOT_ANSWERED, when)?;
        says_close(attempt, &talk, &answer, when)?;
        talk.must_be_closed(attempt, &CLOSE_IGNORED, when)?;
        let since = Instant::now();
        // It reads on by now. Or it does not, and has returned.
        let ended = attempt.until_it_waits(&talk.call);
        for _ in 0..3 {
            let piece = [b'a'; 8 << 10];
            let taken = talk.visitor.client.peer.offer(&piece);
            talk.visitor.until_it_is_read();
            if taken < piece.len() && since.elapsed() < IN_TIME {
                attempt.remark("the connection is gone, by RST");
                return Err(RESET_EATS
                    .seen(format!(
                        "{when}. After its FIN the server did not read what still came."
                    ))
                    .by_hand(by_hand(&talk.visitor.said)));
            }
        }
        match ended {
            Some(ended) => drop(ended?),
            None => talk.ends(attempt)?,
        }
    }
    Ok(())
}

pub fn does_not_listen_for_ever_after_its_last_answer(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    /// The server reads 1 MiB; buffers take some more.
    const FAR_TOO_MUCH: usize = 4 << 20;
    /// Of the submission's time: it has 2 s.
    const LATE: Duration = Duration::from_secs(8);
    let site = Site::new()?;
    let page = Page::new(&site)?;
    // A client that sends for ever.
    let mut talk = Talk::named("client", f, attempt, &site, Some(SMALL))?;
    talk.says(b"GET /\r\n\r\n");
    let when = "The client sent a request that is wrong";
    talk.hears(attempt, "GET", &BAD_NOT_ANSWERED, when)?;
    let command = by_hand(&talk.visitor.said);
    let (mut taken, piece) = (0, vec![b'a'; 128 << 10]);
    while taken < FAR_TOO_MUCH {
        let count = talk.visitor.client.peer.offer(&piece);
        taken += count;
        if count < piece.len() {
            break;
        }
    }
    if taken >= FAR_TOO_MUCH {
        attempt.remark("expected an end after about 1 MiB");
        return Err(LINGERS
            .seen("The last answer was sent, the client went on sending, and the server read 4 MiB of that.")
            .by_hand(command));
    }
    let when = "The last answer was sent, and the client sent more than 1 MiB after it";
    let _ = returns(attempt, talk.call, &LINGERS, when)?;
    drop(talk.visitor);

    // Clients that stay: one says nothing more, one a byte now and then.
    let mut late = None;
    for factor in [40, 5] {
        if !clock::run_faster(factor) {
            return Ok(());
        }
        late = None;
        for drips in [false, true] {
            let mut talk = Talk::named("client", f, attempt, &site, None)?;
            talk.says(&page.request(CLOSE));
            let when = "The client asked for a file with `Connection: close`";
            talk.hears_page(attempt, &page, &NO_ANSWER, when)?;
            talk.must_be_closed(attempt, &CLOSE_IGNORED, when)?;
            let said = by_hand(&talk.visitor.said);
            let (since, limit) = (Instant::now(), LATE / factor);
            let Talk {
                mut visitor, call, ..
            } = talk;
            while drips && since.elapsed() < limit {
                if let Some(ended) = attempt.poll(&call) {
                    let _ = ended?;
                    break;
                }
                visitor.client.peer.offer(b"a");
                std::thread::park_timeout(Duration::from_millis(2));
            }
            if drips {
                if since.elapsed() >= limit {
                    late = Some("that sends a byte now and then");
                    attempt.abandon(call);
                }
            } else {
                let when = "The last answer was sent, and the client neither spoke nor hung up";
                let ended = returns(attempt, call, &LINGERS, when);
                let _ = ended.map_err(|stop| stop.by_hand(said))?;
                if since.elapsed() >= limit {
                    late = Some("that says nothing more");
                }
            }
        }
        if late.is_none() {
            break;
        }
    }
    match late {
        None => Ok(()),
        Some(client) => {
            attempt.remark("expected an end after 2 s");
            Err(LINGERS.seen(format!(
                "After its last answer the server held the connection of a client {client} for more than 8 s."
            )))
        }
    }
}

const INVITATION: u16 = 100;

pub fn invites_a_body_with_100_continue(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let site = Site::new()?;
    let (page, secret) = (Page::new(&site)?, Page::new(&site)?);
    let expect = "Expect: 100-continue";
    let body = secret.request("");
    let fields = format!("Content-Length: {}\r\n{expect}\r\n", body.len());
    let mut talk = Talk::begin(f, attempt, &site, None)?;
    // By GET, for which the answer is no error that could come at once.
    let head = page.request_by("GET", &fields);
    for round in 0..2 {
        talk.says(&head);
        let when = "The client waits to be told to send the body";
        let points = received(&head, expect, "waits for 100");
        let answer = talk
            .hears(attempt, "GET", &NOT_INVITED, when)
            .map_err(|stop| in_reading(stop, &NOT_INVITED).pointing_at(points.clone()))?;
        if answer.status != INVITATION {
            attempt.remark("expected 100 first");
            return Err(NOT_INVITED
                .seen(format!(
                    "{when}, and the answer has status {}.",
                    answer.status
                ))
                .in_function("read_request")
                .pointing_at(points)
                .by_hand(by_hand(&talk.visitor.said)));
        }
        talk.says(&body);
        let when = "The client was told to send the body, and sent it";
        talk.hears_page(attempt, &page, &NO_ANSWER, when)?;
        if round == 0 {
            talk.says(&page.request(""));
            let when = "After a request with a body, the client asked for a file";
            talk.hears_page(attempt, &page, &BODY_LEFT, when)?;
        }
    }
    talk.ends(attempt)
}

pub fn invites_no_body_that_nobody_wants(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let site = Site::new()?;
    let page = Page::new(&site)?;
    let target = &page.target;
    let expect = "Expect: 100-continue";
    for (request, why) in [
        (
            format!("GET {target} HTTP/1.0\r\nContent-Length: 3\r\n{expect}\r\n\r\nabc"),
            "from a client of HTTP/1.0, which knows no 100",
        ),
        (
            format!(
                "POST {target} HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n{expect}\r\n\r\n"
            ),
            "with a body that is too long",
        ),
        (
            format!("POST {target} HTTP/1.1\r\nContent-Length: 3\r\n{expect}\r\n\r\n"),
            "without a Host",
        ),
        (
            format!(
                "POST {target} HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n{expect}\r\n\r\n"
            ),
            "with two ways to find the end of its body",
        ),
    ] {
        let mut talk = Talk::begin(f, attempt, &site, None)?;
        talk.says(request.as_bytes());
        let when = format!("The client sent a request {why}");
        let answer = talk.hears(attempt, "GET", &BAD_NOT_ANSWERED, &when)?;
        if answer.status == INVITATION {
            attempt.remark("expected the final answer");
            return Err(INVITED_UNASKED
                .seen(format!("{when}, and was told to send the body."))
                .in_function("read_request")
                .pointing_at(received(
                    request.as_bytes(),
                    expect,
                    "is no reason for 100 here",
                ))
                .by_hand(by_hand(request.as_bytes())));
        }
        talk.must_be_closed(attempt, &CLOSE_IGNORED, "The last answer was sent")?;
        talk.ends(attempt)?;
    }
    Ok(())
}

pub fn returns_when_the_client_is_gone(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let site = Site::new()?;
    let page = Page::new(&site)?;
    let large = "large.bin";
    site.sparse(large, 32 << 20)?;

    // Clients that are done, and say so: nothing is wrong.
    for asks in [false, true] {
        let mut talk = Talk::begin(f, attempt, &site, None)?;
        let mut when = "The client hung up without a word";
        if asks {
            talk.says(&page.request(""));
            talk.hears_page(attempt, &page, &NO_ANSWER, "The client asked for a file")?;
            when = "The client got its file and hung up";
        }
        let result = talk.must_return(attempt, &OUTLIVES_CLIENT, when)?;
        or_trouble(result, || Ok(()), "serve_connection")?;
    }

    // Clients that break off: whatever it returns, it returns.
    for said in [
        b"".to_vec(),
        b"GET /".to_vec(),
        page.request_by("POST", "Content-Length: 100\r\n"),
        b"GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab".to_vec(),
    ] {
        for resets in [true, false] {
            let mut talk = Talk::begin(f, attempt, &site, None)?;
            talk.says(&said);
            talk.visitor.until_it_is_read();
            let Talk { visitor, call, .. } = talk;
            let said = by_hand(&visitor.said);
            let when = if resets {
                visitor.client.peer.reset()?;
                "The client reset the connection"
            } else {
                visitor.leaves();
                "The client hung up in the middle of its request"
            };
            returns(attempt, call, &OUTLIVES_CLIENT, when)
                .map_err(|stop| stop.by_hand(said))?
                .ok();
        }
    }
    // And one that leaves in the middle of a download.
    let request = format!("GET /{large} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let mut talk = Talk::begin(f, attempt, &site, Some(SMALL))?;
    talk.says(request.as_bytes());
    let Talk { visitor, call, .. } = talk;
    visitor.client.peer.wait_for_unread(1000);
    visitor.client.peer.reset()?;
    let when = "The client reset the connection in the middle of a download";
    returns(attempt, call, &OUTLIVES_CLIENT, when)?.ok();
    Ok(())
}

pub fn needs_no_more_memory_for_more_requests(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    const REQUESTS: usize = 500;
    const BODY: usize = 48 << 10;
    const GROWTH: u64 = 8 << 20;
    let site = Site::new()?;
    let page = Page::new(&site)?;
    // The same over and over: nobody wants to see it.
    let mut talk = Talk::unseen(f, attempt, &site)?;
    let mut request = page.request(&format!("Content-Length: {BODY}\r\n"));
    request.extend(vec![b'b'; BODY]);
    let memory = || kernel::private_memory(std::process::id());
    let mut before = None;
    for number in 0..REQUESTS {
        talk.says(&request);
        talk.visitor.said.clear();
        let when = format!("After {number} requests with a body of 48 KiB came another");
        talk.hears_page(attempt, &page, &CLOSED_TOO_SOON, &when)?;
        if number == 10 {
            before = memory();
        }
    }
    attempt.fact(
        format!("{REQUESTS} requests with a body of 48 KiB"),
        "answered",
    );
    let grown = memory()
        .zip(before)
        .map(|(now, before)| now.saturating_sub(before));
    if let Some(grown) = grown
        && grown > GROWTH
    {
        let grown = format!("{:.1} MiB", grown as f64 / f64::from(1 << 20));
        attempt.fact("the kernel says: memory grew by", &grown);
        attempt.remark("expected hardly anything");
        return Err(MEMORY_GROWS.seen(format!(
            "While {REQUESTS} requests were answered on one connection, the memory in use grew by {grown}."
        )));
    }
    talk.ends(attempt)
}
