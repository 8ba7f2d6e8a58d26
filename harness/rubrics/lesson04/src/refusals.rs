//! `read_request` refuses what is malformed: tables of requests, each with a mark at what is wrong.

use super::misconceptions::{
    BAD_IS_NOT_GONE, BARE_LF_READ, BODY_IN_PIECES, BODY_LEFT, CHUNK_TAKEN, CHUNKS_MISREAD,
    CODING_TAKEN, CONTROL_TAKEN, CUT_AT_A_COLON, FIELD_TAKEN, FIELDS_NOT_READ, FOLDED_TAKEN,
    HOST_MALFORMED, HOST_NOT_DEMANDED, HOST_REFUSED, LENGTH_AND_CHUNKS_TAKEN, LENGTH_TAKEN,
    LINE_TAKEN, NO_OTHER_VERSION, REQUEST_BODY_CHANGED, SPACE_BEFORE_COLON, SPACES_OF_UNICODE,
    TARGET_CHANGED, TARGET_TAKEN, TWO_LENGTHS_TAKEN, VERSION_TAKEN, WHITESPACE_IN_VALUE,
    WRONG_REFUSAL,
};
use super::reading::{Blame, Talk};
use super::requests::{Sent, any_get, by_hand};
use super::{Functions, Request, RequestError};
use harness::attempt::{Attempt, Shown};
use harness::conduct;
use harness::finding::{Misconception, Stop};
use harness::rubric::message::{Malformed, exhibit, word};

pub fn refuses_a_malformed_request_line(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    const REST: &str = "\r\nHost: localhost\r\n\r\n";
    let lines = [
        ("⟦GET⟧", "one word"),
        ("GET /⟦⟧", "no version"),
        ("GET⟦ ⟧HTTP/1.1", "no target"),
        ("GET ⟦ ⟧HTTP/1.1", "no target"),
        ("GET ⟦ ⟧/ HTTP/1.1", "two spaces"),
        ("GET / ⟦ ⟧HTTP/1.1", "two spaces"),
        ("GET /a⟦ ⟧b HTTP/1.1", "a space in the target"),
        ("⟦ ⟧GET / HTTP/1.1", "a space at the beginning"),
        ("GET / HTTP/1.1⟦ ⟧", "a space at the end"),
        ("GET / HTTP/1.1⟦ x⟧", "a word too many"),
        ("GET⟦\t⟧/\tHTTP/1.1", "a tab in place of a space"),
        ("⟦ ⟧/ HTTP/1.1", "no method"),
        ("G⟦(⟧T / HTTP/1.1", "no character of a token"),
        ("GET⟦:⟧ / HTTP/1.1", "no character of a token"),
        ("⟦\u{c4}⟧GET / HTTP/1.1", "no character of a token"),
    ];
    let versions = [
        ("GET / ⟦HTTP/1⟧", "no minor version"),
        ("GET / ⟦HTTP/1.⟧", "no minor version"),
        ("GET / HTTP/1.1⟦0⟧", "two digits"),
        ("GET / HTTP/⟦0⟧1.1", "two digits"),
        ("GET / ⟦http⟧/1.1", "small letters"),
        ("GET / ⟦HTTPS⟧/1.1", "not HTTP"),
        ("GET / ⟦HTP⟧/1.1", "not HTTP"),
        ("GET / HTTP/1.1⟦x⟧", "junk behind it"),
        ("GET / HTTP/1⟦,⟧1", "no point"),
        ("GET / HTTP/1.⟦+⟧1", "a sign"),
        ("GET / HTTP/⟦+⟧1.1", "a sign"),
        ("GET / HTTP⟦ ⟧1.1", "no slash"),
        ("GET / HTTP/1.⟦x⟧", "no digit"),
    ];
    let controls = [
        ("GET /⟦\0⟧ HTTP/1.1", "a NUL"),
        ("GET /a⟦\r⟧b HTTP/1.1", "a CR without LF"),
        ("GET / HTTP/1.1⟦\r⟧", "a CR without LF"),
        ("GET /⟦\u{7f}⟧ HTTP/1.1", "a control character"),
        ("G⟦\0⟧ET / HTTP/1.1", "a NUL"),
    ];
    let targets = [
        ("GET ⟦foo⟧ HTTP/1.1", "no path, and no URI"),
        ("GET ⟦foo/bar?x⟧ HTTP/1.1", "no path, and no URI"),
        ("GET ⟦*⟧ HTTP/1.1", "for OPTIONS alone"),
        ("OPTIONS ⟦foo⟧ HTTP/1.1", "no path, no URI, and no *"),
        ("GET ⟦127.0.0.1:80⟧ HTTP/1.1", "for CONNECT alone"),
        ("CONNECT ⟦foo⟧ HTTP/1.1", "no port"),
    ];
    let tables: [(&[(&str, &str)], _); 4] = [
        (&lines, &LINE_TAKEN),
        (&versions, &VERSION_TAKEN),
        (&controls, &CONTROL_TAKEN),
        (&targets, &TARGET_TAKEN),
    ];
    for (lines, taken) in tables {
        for (line, remark) in lines {
            let request = format!("{line}{REST}");
            // What is no method may also be called an unknown one.
            let statuses: &[u16] = match line.starts_with("GET ") {
                true => &[400],
                false => &[400, 501],
            };
            refused(f, attempt, &request, remark, statuses, taken)?;
        }
    }
    for (line, statuses) in [
        ("GET / ⟦HTTP/2.0⟧", &[505, 400]),
        ("GET / ⟦HTTP/3.1⟧", &[505, 400]),
        ("GET / ⟦HTTP/0.9⟧", &[505, 400]),
        ("GET / ⟦HTTP/2⟧", &[400, 505]),
        ("GET / ⟦HTTP/11.1⟧", &[400, 505]),
    ] {
        let remark = "another major version";
        let request = format!("{line}{REST}");
        refused(f, attempt, &request, remark, statuses, &VERSION_TAKEN)?;
    }
    Ok(())
}

pub fn refuses_malformed_fields(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let tables: [(&[(&str, &str)], _); 4] = [
        (
            &[
                ("X-A⟦ ⟧: b\r\n", "a space before the colon"),
                ("X-A⟦\t⟧: b\r\n", "a tab before the colon"),
                ("Content-Length⟦ ⟧: 5\r\n", "a space before the colon"),
                (
                    "Transfer-Encoding⟦ ⟧: chunked\r\n",
                    "a space before the colon",
                ),
            ],
            &SPACE_BEFORE_COLON,
        ),
        (
            &[
                ("⟦nothing⟧\r\n", "no colon"),
                ("⟦X-A b⟧\r\n", "no colon"),
                ("⟦:⟧ b\r\n", "no name"),
                ("X⟦ ⟧A: b\r\n", "a space in the name"),
                ("X⟦(⟧A: b\r\n", "no character of a token"),
                ("X⟦/⟧A: b\r\n", "no character of a token"),
                ("⟦\"⟧XA\": b\r\n", "no character of a token"),
                ("X⟦\u{e4}⟧A: b\r\n", "no character of a token"),
            ],
            &FIELD_TAKEN,
        ),
        (
            &[
                ("X-A: b\r\n⟦ ⟧c\r\n", "a folded line"),
                ("X-A: b\r\n⟦\t⟧c\r\n", "a folded line"),
                ("X-A: b\r\n⟦ ⟧c: d\r\n", "a folded line"),
                ("X-A: b\r\n⟦ ⟧\r\n", "a folded line, with nothing in it"),
            ],
            &FOLDED_TAKEN,
        ),
        (
            &[
                ("X-A: b⟦\0⟧c\r\n", "a NUL"),
                ("X-A: ⟦\0⟧\r\n", "a NUL"),
                ("X-⟦\0⟧A: b\r\n", "a NUL"),
                ("X-A: b⟦\r⟧c\r\n", "a CR without LF"),
                ("X-A: b⟦\r⟧Content-Length: 5\r\n", "a CR without LF"),
                ("X-A: b⟦\r⟧\r\n", "a CR without LF"),
                ("⟦\r⟧X-A: b\r\n", "a CR without LF"),
                ("X-A: b⟦\u{1}⟧\r\n", "a control character"),
                ("X-A: ⟦\u{1b}⟧[2J\r\n", "a control character"),
                ("X-A: b⟦\u{7f}⟧c\r\n", "a control character"),
                ("X-A:⟦\u{b}⟧b\r\n", "a control character"),
            ],
            &CONTROL_TAKEN,
        ),
    ];
    for (fields, taken) in tables {
        for (field, remark) in fields {
            let request = format!("GET / HTTP/1.1\r\nHost: localhost\r\n{field}X-B: c\r\n\r\n");
            refused(f, attempt, &request, remark, &[400], taken)?;
        }
    }
    // With no field before it there is nothing to continue.
    let request = "GET / HTTP/1.1\r\n⟦ ⟧X-A: b\r\nHost: localhost\r\n\r\n";
    refused(f, attempt, request, "a folded line", &[400], &FOLDED_TAKEN)?;
    let request = "GET / HTTP/1.1\r\nHost⟦ ⟧: localhost\r\n\r\n";
    let remark = "a space before the colon";
    refused(f, attempt, request, remark, &[400], &SPACE_BEFORE_COLON)
}

pub fn demands_one_host(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    for (request, remark) in [
        ("GET / HTTP/1.1\r\n⟦⟧\r\n", "no Host"),
        ("GET / HTTP/1.1\r\nX-Host: a\r\n⟦⟧\r\n", "no Host"),
        ("GET http://a/ HTTP/1.1\r\n⟦⟧\r\n", "no Host"),
        ("GET / HTTP/1.2\r\n⟦⟧\r\n", "no Host"),
        (
            "GET / HTTP/1.1\r\nHost: a\r\n⟦Host⟧: b\r\n\r\n",
            "a second Host",
        ),
        (
            "GET / HTTP/1.1\r\nHost: a\r\n⟦host⟧: a\r\n\r\n",
            "a second Host",
        ),
        (
            "GET / HTTP/1.0\r\nHost: a\r\n⟦Host⟧: b\r\n\r\n",
            "a second Host",
        ),
    ] {
        refused(f, attempt, request, remark, &[400], &HOST_NOT_DEMANDED)?;
    }
    for (request, remark) in [
        ("GET / HTTP/1.1\r\nHost: a⟦ ⟧b\r\n\r\n", "no host"),
        ("GET / HTTP/1.0\r\nHost: a⟦ ⟧b\r\n\r\n", "no host"),
    ] {
        refused(f, attempt, request, remark, &[400], &HOST_MALFORMED)?;
    }
    // What is well formed, on the other hand, some client sends.
    for host in [
        "localhost",
        "LOCALHOST:8000",
        "127.0.0.1:8000",
        "[::1]:8000",
        "[::1]",
        "my_host.a-b.example.",
        "a~b",
        "caf%C3%A9.example",
        "",
    ] {
        let sent = Sent::line("GET", "/", 1)
            .field("Host", &format!(" {host}"))
            .end();
        let mut talk = Talk::new(attempt)?;
        let gave = talk.read(f, attempt, &sent.bytes);
        let line = format!("Host: {host}");
        Blame::new(
            &HOST_REFUSED,
            &format!("a request with `{line}`"),
            &[&sent.bytes],
        )
        .marking(&sent.bytes, &line, "well formed")
        .must_be(attempt, gave, &sent)?;
    }
    Ok(())
}

pub fn refuses_unclear_lengths(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let start = "POST / HTTP/1.1\r\nHost: localhost\r\n";
    for (value, remark) in [
        (" ⟦-5⟧", "a sign"),
        (" ⟦-0⟧", "a sign"),
        (" ⟦+⟧5", "a sign"),
        (" ⟦0x⟧5", "no digits"),
        (" ⟦a⟧", "no digits"),
        ("⟦⟧", "no digits"),
        (" 5⟦.0⟧", "no digits"),
        (" 5⟦ 5⟧", "two numbers"),
        (" 5⟦;⟧", "no digits"),
        (" ⟦\"⟧5\"", "no digits"),
        (" ⟦\u{665}⟧", "no digit of ASCII"),
        ("⟦\u{a0}⟧5", "no space, and no digit"),
        (" 5⟦\u{3000}⟧", "no space, and no digit"),
    ] {
        let request = format!("{start}Content-Length:{value}\r\n\r\nhello");
        let misconception = match remark {
            "no space, and no digit" => &SPACES_OF_UNICODE,
            _ => &LENGTH_TAKEN,
        };
        refused(f, attempt, &request, remark, &[400], misconception)?;
    }
    for fields in [
        "Content-Length: 5\r\n⟦Content-Length⟧: 5\r\n",
        "Content-Length: 5\r\n⟦Content-Length⟧: 6\r\n",
        "Content-Length: 6\r\n⟦content-length⟧: 5\r\n",
        "Content-Length: 0\r\nX-A: b\r\n⟦Content-Length⟧: 5\r\n",
        "Content-Length: 5⟦, 5⟧\r\n",
        "Content-Length: 5⟦,6⟧\r\n",
        "Content-Length: 5⟦,⟧\r\n",
    ] {
        let request = format!("{start}{fields}\r\nhello");
        let remark = "a second length";
        refused(f, attempt, &request, remark, &[400], &TWO_LENGTHS_TAKEN)?;
    }
    Ok(())
}

pub fn refuses_unclear_codings(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let chunks = "5\r\nhello\r\n0\r\n\r\n";
    for fields in [
        "Content-Length: 15\r\n⟦Transfer-Encoding⟧: chunked\r\n",
        "Transfer-Encoding: chunked\r\n⟦Content-Length⟧: 15\r\n",
        "Transfer-Encoding: chunked\r\n⟦content-length⟧: 0\r\n",
        "transfer-encoding: CHUNKED\r\n⟦CONTENT-LENGTH⟧: 15\r\n",
    ] {
        let request = format!("POST / HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n{chunks}");
        let remark = "two ends";
        let taken = &LENGTH_AND_CHUNKS_TAKEN;
        refused(f, attempt, &request, remark, &[400], taken)?;
    }
    for (version, value, remark) in [
        (0, "⟦chunked⟧", "1.0 knows no chunks"),
        (1, "chunked⟦, gzip⟧", "chunked is not last"),
        (1, "chunked⟦, identity⟧", "chunked is not last"),
        (1, "⟦xchunked⟧", "not chunked"),
        (1, "⟦chunked-not⟧", "not chunked"),
        (1, "⟦identity⟧", "not chunked"),
        (1, "⟦gzip⟧", "not chunked"),
        (1, "⟦gzip⟧, chunked", "a coding that is not known"),
        (1, "chunked⟦, chunked⟧", "chunked twice"),
        (
            1,
            "chunked\r\nTransfer-Encoding: ⟦chunked⟧",
            "chunked twice",
        ),
        (
            1,
            "chunked\r\nTransfer-Encoding: ⟦identity⟧",
            "chunked is not last",
        ),
    ] {
        let request = format!(
            "POST / HTTP/1.{version}\r\nHost: localhost\r\nTransfer-Encoding: {value}\r\n\r\n{chunks}"
        );
        let statuses = &[400, 501];
        refused(f, attempt, &request, remark, statuses, &CODING_TAKEN)?;
    }
    Ok(())
}

pub fn refuses_malformed_chunks(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    for (chunks, remark) in [
        ("⟦x⟧\r\nhello\r\n0\r\n\r\n", "no hexadecimal digit"),
        ("5⟦x⟧\r\nhello\r\n0\r\n\r\n", "no hexadecimal digit"),
        ("⟦-5⟧\r\nhello\r\n0\r\n\r\n", "a sign"),
        ("⟦-0⟧\r\n\r\n", "a sign"),
        ("⟦+5⟧\r\nhello\r\n0\r\n\r\n", "a sign"),
        ("⟦0x5⟧\r\nhello\r\n0\r\n\r\n", "no hexadecimal digit"),
        ("⟦\r\n⟧hello\r\n0\r\n\r\n", "no size"),
        ("⟦;a=b⟧\r\nhello\r\n0\r\n\r\n", "no size"),
        ("5⟦ 5⟧\r\nhello\r\n0\r\n\r\n", "two numbers"),
        ("⟦ ⟧5\r\nhello\r\n0\r\n\r\n", "a space"),
        ("5\r\nhello⟦!⟧\r\n0\r\n\r\n", "no CRLF behind 5 bytes"),
        ("5\r\nhello⟦0⟧\r\n\r\n\r\n", "no CRLF behind 5 bytes"),
        ("5\r\nhello⟦xx⟧0\r\n\r\n", "no CRLF behind 5 bytes"),
        ("4\r\nhell⟦o⟧\r\n0\r\n\r\n", "no CRLF behind 4 bytes"),
        ("5\r\nhello\r\n⟦junk⟧\r\n\r\n", "no hexadecimal digit"),
    ] {
        let request = format!(
            "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}"
        );
        refused(f, attempt, &request, remark, &[400], &CHUNK_TAKEN)?;
    }
    Ok(())
}

/// Sends a request with a mark in it, which must be refused with one of `statuses`.
pub fn refused(
    f: &Functions,
    attempt: &mut Attempt,
    marked: &str,
    remark: &str,
    statuses: &[u16],
    taken: &'static Misconception,
) -> Result<(), Stop> {
    let malformed = Malformed::new(marked);
    let Malformed { bytes, from, to } = &malformed;
    let mut talk = Talk::new(attempt)?;
    let gave = talk.read(f, attempt, bytes);
    let due = match statuses {
        [one] => format!("Bad({one})"),
        [one, other, ..] => format!("Bad({one}), or {other}"),
        [] => String::new(),
    };
    let told = |stop: Stop| {
        stop.pointing_at(exhibit(bytes, *from, *to, remark))
            .by_hand(by_hand(&[bytes]))
    };
    let gave = gave.map_err(|stop| {
        let waits =
            "This request is to be refused; read_request does not say so, and waits for more.";
        let spins =
            "This request is to be refused; read_request does not say so, and goes on for ever.";
        told(stop.rather(&conduct::NEVER_RETURNED, taken, waits).rather(
            &conduct::SPINS,
            taken,
            spins,
        ))
    })?;
    let (misconception, seen) = match gave {
        Err(RequestError::Bad(status)) if statuses.contains(&status) => return Ok(()),
        Ok(Some(request)) => (
            taken,
            format!(
                "This request is to be refused; read_request took it, for {}.",
                request.shown()
            ),
        ),
        Err(RequestError::Bad(status)) => (
            match (status, std::ptr::eq(taken, &VERSION_TAKEN)) {
                (505, true) => &NO_OTHER_VERSION,
                _ => &WRONG_REFUSAL,
            },
            format!("This request is to be refused; read_request refused it with {status}."),
        ),
        Ok(None) => (
            &BAD_IS_NOT_GONE,
            "This request is to be refused; read_request gave None, as if the client were done."
                .to_owned(),
        ),
        Err(RequestError::Io(error)) => (
            &BAD_IS_NOT_GONE,
            format!(
                "This request is to be refused; read_request gave Io({:?}), as if nobody were there.",
                error.to_string()
            ),
        ),
    };
    attempt.remark(format!("expected {due}"));
    Err(told(misconception.seen(seen)))
}

pub fn finds_the_end_of_a_line_in_one_way(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let body = word(6);
    let chunked = "Transfer-Encoding: chunked\r\n\r\n";
    let sized = format!("POST / HTTP/1.1\r\nHost: a\r\nX: y⟦\n⟧Content-Length: 6\r\n\r\n{body}");
    let get = |fields: &[(&str, &str)]| {
        let headers = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Request {
            method: "GET".to_owned(),
            target: "/".to_owned(),
            minor_version: 1,
            headers: headers.collect(),
            body: Vec::new(),
        }
    };
    let post = |fields: &[(&str, &str)], body: &[u8]| Request {
        method: "POST".to_owned(),
        body: body.to_vec(),
        ..get(fields)
    };
    let (host, x) = (("Host", "a"), ("X", "y"));
    let coding = ("Transfer-Encoding", "chunked");
    for (marked, meant) in [
        ("GET / HTTP/1.1⟦\n⟧Host: a\n\n".to_owned(), get(&[host])),
        ("GET / HTTP/1.1⟦\n⟧Host: a\r\n\r\n".to_owned(), get(&[host])),
        (
            "GET / HTTP/1.1\r\nHost: a⟦\n⟧X: y\r\n\r\n".to_owned(),
            get(&[host, x]),
        ),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nX: y⟦\n⟧\r\n".to_owned(),
            get(&[host, x]),
        ),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n⟦\n⟧".to_owned(),
            get(&[host, x]),
        ),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nX: y⟦\n⟧\n".to_owned(),
            get(&[host, x]),
        ),
        (
            sized,
            post(&[host, x, ("Content-Length", "6")], body.as_bytes()),
        ),
        (
            format!("POST / HTTP/1.1\r\nHost: a\r\n{chunked}6⟦\n⟧{body}\r\n0\r\n\r\n"),
            post(&[host, coding], body.as_bytes()),
        ),
        (
            format!("POST / HTTP/1.1\r\nHost: a\r\n{chunked}6\r\n{body}⟦\n⟧0\r\n\r\n"),
            post(&[host, coding], body.as_bytes()),
        ),
        (
            format!("POST / HTTP/1.1\r\nHost: a\r\n{chunked}6\r\n{body}\r\n0⟦\n⟧\r\n"),
            post(&[host, coding], body.as_bytes()),
        ),
        (
            format!("POST / HTTP/1.1\r\nHost: a\r\n{chunked}6\r\n{body}\r\n0\r\n⟦\n⟧"),
            post(&[host, coding], body.as_bytes()),
        ),
    ] {
        let malformed = Malformed::new(&marked);
        let Malformed { bytes, from, to } = &malformed;
        let sent = Sent {
            bytes: bytes.clone(),
            meant,
        };
        let next = any_get();
        let both = [&bytes[..], &next.bytes].concat();
        let mut talk = Talk::new(attempt)?;
        let first = talk.read(f, attempt, &both);
        if matches!(first, Ok(Err(RequestError::Bad(400)))) {
            continue;
        }
        let what = "a line that ends with LF alone, and another request right behind it";
        let blame = Blame::new(&BARE_LF_READ, what, &[&both]);
        let second = |attempt: &mut Attempt| {
            blame.must_be(attempt, first, &sent)?;
            let call = talk.start(f, attempt);
            let gave = attempt.finish(call);
            blame.must_be(attempt, gave, &next)
        };
        second(attempt).map_err(|stop| {
            // Whatever is not as it was sent is so because of the line's end.
            let seen = match &stop {
                Stop::Found(found) => format!("A line ends with LF alone. {}", found.observed),
                _ => String::new(),
            };
            let generals = [
                &BODY_LEFT,
                &REQUEST_BODY_CHANGED,
                &BODY_IN_PIECES,
                &CHUNKS_MISREAD,
                &FIELDS_NOT_READ,
                &WHITESPACE_IN_VALUE,
                &TARGET_CHANGED,
                &CUT_AT_A_COLON,
            ];
            let stop = generals.into_iter().fold(stop, |stop, general| {
                stop.rather(general, &BARE_LF_READ, seen.clone())
            });
            stop.pointing_at(exhibit(
                bytes,
                *from,
                *to,
                "LF without CR: a line's end, or 400",
            ))
            .by_hand(by_hand(&[&both]))
        })?;
    }
    Ok(())
}
