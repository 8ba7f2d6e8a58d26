//! `read_request` and `Expect: 100-continue`: who is invited to send a body, and who is not.

use super::Functions;
use super::limits::BODY;
use super::misconceptions::{
    BODY_LEFT, CHUNKS_MISREAD, CHUNKS_NOT_INVITED, EXPECT_WITH_CASE, INVITATION_MALFORMED,
    INVITED_UNASKED, NAMES_WITH_CASE, NOT_INVITED,
};
use super::reading::{Blame, Talk, received};
use super::requests::{Sent, by_hand};
use harness::attempt::Attempt;
use harness::finding::Stop;
use harness::rubric::message::{exhibit, word};
use harness::wire::http::Flaw;
use harness::wire::random_payload;

pub fn invites_a_body_that_is_expected(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let body = random_payload(20);
    let post = |minor_version| {
        Sent::line("POST", &format!("/{}", word(4)), minor_version).field("Host", " localhost")
    };
    let command = "curl -v -H 'Expect: 100-continue' --data hello http://127.0.0.1:8000/";
    let chunks = b"5\r\nhello\r\n0\r\n\r\n";
    for (sent, not_invited, part, remark) in [
        (
            post(1).field("Expect", " 100-continue").body(&body),
            &NOT_INVITED,
            "100-continue",
            "the client waits for 100",
        ),
        (
            post(1).field("expect", " 100-continue").body(&body),
            &NAMES_WITH_CASE,
            "expect",
            "the name `Expect`",
        ),
        (
            post(1).field("Expect", " 100-Continue").body(&body),
            &EXPECT_WITH_CASE,
            "100-Continue",
            "100-continue, in another case",
        ),
        (
            post(1)
                .field("Expect", " 100-continue")
                .chunked(chunks, b"hello"),
            &CHUNKS_NOT_INVITED,
            "Transfer-Encoding: chunked",
            "a body is to come",
        ),
    ] {
        let points = || {
            let head = &sent.bytes[..sent.head()];
            let found = head
                .windows(part.len())
                .position(|it| it == part.as_bytes());
            let from = found.unwrap_or(0);
            exhibit(head, from, from + part.len(), remark)
        };
        let head = sent.head();
        let mut talk = Talk::new(attempt)?;
        let call = talk.start(f, attempt);
        talk.send(&sent.bytes[..head]);
        let answer = talk.client.hear("POST");
        if answer.is_err()
            && let Some(ended) = attempt.poll(&call)
        {
            let what = "a head, and waits to be invited to send the body";
            let blame = Blame::new(not_invited, what, &[&sent.bytes[..head]]);
            return blame.must_be(attempt, ended, &sent).map_err(|stop| {
                let seen = "The client sent a head, and waits to be invited to send the body; \
                            read_request returned without it.";
                stop.rather(&BODY_LEFT, not_invited, seen)
                    .rather(&CHUNKS_MISREAD, not_invited, seen)
                    .pointing_at(points())
                    .by_hand(command)
            });
        }
        match answer {
            Ok(answer) if answer.status == 100 => {
                let mut unwanted = answer.named("Content-Length");
                if let Some(field) = unwanted.next() {
                    return Err(INVITATION_MALFORMED
                        .seen("The client was invited, with a length of what does not follow.")
                        .pointing_at(received(answer.line_of(field), 0..14, "not in 1xx"))
                        .by_hand(command));
                }
            }
            Ok(answer) => {
                return Err(INVITATION_MALFORMED
                    .seen(
                        "The client waits to be invited to send its body, and got something else.",
                    )
                    .pointing_at(received(answer.status_line(), 9..12, "100 was due"))
                    .by_hand(command));
            }
            Err(Flaw::Line(bad)) => {
                return Err(INVITATION_MALFORMED
                    .seen("The client was invited to send its body, but not by the grammar.")
                    .pointing_at(received(&bad.line, bad.at, "malformed here"))
                    .by_hand(command));
            }
            Err(Flaw::NoHead(came, _)) if !came.is_empty() => {
                let end = came.len();
                return Err(INVITATION_MALFORMED
                    .seen(
                        "The client was invited to send its body, and waits for the empty line \
                         that ends the invitation.",
                    )
                    .pointing_at(received(&came, end..end, "an empty line is due"))
                    .by_hand(command));
            }
            Err(_) => {
                attempt.remark("expected HTTP/1.1 100 Continue");
                return Err(not_invited
                    .seen(
                        "The client sent a head and waits to be invited to send the body; \
                         read_request waits for the body.",
                    )
                    .pointing_at(points())
                    .by_hand(command));
            }
        }
        talk.send(&sent.bytes[head..]);
        let gave = attempt.finish(call);
        let what = "the body that it was invited to send";
        Blame {
            refused: not_invited,
            waits: not_invited,
            what,
            command: command.to_owned(),
            mark: None,
        }
        .must_be(attempt, gave, &sent)?;
        let unread = talk.client.unread().to_vec();
        let (more, _) = talk.said();
        let more = [unread, more].concat();
        if !more.is_empty() {
            return Err(INVITATION_MALFORMED
                .seen("More was sent than the invitation, a status line and an empty line.")
                .pointing_at(received(&more, 0..more.len(), "not due"))
                .by_hand(command));
        }
    }
    Ok(())
}

pub fn invites_no_body_without_need(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let expect = "Expect: 100-continue\r\n";
    let too_long = BODY + 1;
    let requests = [
        (
            format!("POST / HTTP/1.0\r\nHost: a\r\nContent-Length: 5\r\n{expect}\r\n"),
            "a client of 1.0, which does not know it",
        ),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n".to_owned(),
            "a client that does not wait for it",
        ),
        (
            format!("GET / HTTP/1.1\r\nHost: a\r\n{expect}\r\n"),
            "a client that announced no body",
        ),
        (
            format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n{expect}\r\n"),
            "a client that announced 0 bytes",
        ),
        (
            format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {too_long}\r\n{expect}\r\n"),
            "a client whose body is too long",
        ),
        (
            format!("POST / HTTP/1.1\r\nContent-Length: 5\r\n{expect}\r\n"),
            "a client that named no Host",
        ),
        (
            format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n{expect}\r\n"),
            "a client that sent two lengths",
        ),
        (
            format!("POST / HTTP/1.1\r\nHost: a\r\n{expect}Content-Length: 5\r\nX : y\r\n\r\n"),
            "a client whose head is malformed",
        ),
    ];
    for (head, whom) in &requests {
        let mut talk = Talk::new(attempt)?;
        let call = talk.start(f, attempt);
        talk.send(head.as_bytes());
        match attempt.until_it_waits(&call) {
            Some(ended) => drop(ended?),
            None => {
                talk.send(b"hello");
                drop(attempt.finish(call)?);
            }
        }
        let (said, _) = talk.said();
        if !said.is_empty() {
            let at = head
                .find("Expect")
                .map_or(0..0, |at| at..at + expect.len() - 2);
            let remark = match at.is_empty() {
                true => "no Expect here",
                false => "not to be answered with 100",
            };
            return Err(INVITED_UNASKED
                .seen(format!("read_request invited {whom}."))
                .pointing_at(exhibit(head.as_bytes(), at.start, at.end, remark))
                .by_hand(by_hand(&[head.as_bytes()])));
        }
    }
    Ok(())
}
