//! `read_head`: the head of an answer, all of it, and not one byte more.
//!
//! The reader that it gets is over a real connection. The server at the other end sends whole answers,
//! pieces of them, halves of them, and what is no answer.

use std::io;
use std::time::Duration;

use super::line::{
    Answer, GaveHead, Kind, Line, USUAL, any_answer, by_hand, received, with_command,
};
use super::misconceptions::{
    ANSWER_NOT_UTF_8, ANSWER_REFUSED, BODY_LOST, FIELD_CHANGED, FIELDS_LOST, FOLDED_TAKEN,
    HALF_A_HEAD, HEAD_PIECES, HEAD_TOO_SMALL, HEAD_UNBOUNDED, HEAD_WAITS, INTERIM_TAKEN,
    INTERRUPTED, LF_ENDS_A_LINE, NO_EMPTY_REPLY, NO_HTTP, REASON_MISREAD, RESET_HIDDEN,
    STATUS_LINE, SWITCHING_SKIPPED, TIMEOUT_HIDDEN, VALUE_CUT, WHITESPACE,
};
use super::{FetchError, Functions, Head};
use harness::attempt::{Attempt, Shown};
use harness::conduct;
use harness::finding::{Exhibit, Misconception, Stop};
use harness::rubric::message::word;
use harness::wire::random_payload;

pub fn reads_the_head_of_an_answer(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let answer = Answer::ok()
        .field("Server", " nginx")
        .field("Content-Type", " text/html")
        .field("Content-Length", " 5")
        .field("X-Id", &format!(" {}", word(6)))
        .end();
    let mut line = Line::new(attempt)?;
    line.send(&[&answer.bytes[..], b"hello"].concat());
    let gave = line.read_head(f, attempt);
    Blame::new(&ANSWER_REFUSED, "an answer", &[&answer.bytes])
        .waiting(&HEAD_WAITS)
        .must_be(attempt, gave, &answer)?;
    // With no field at all, and without a body.
    let answer = Answer::line(1, 204, " No Content").end();
    let mut line = Line::new(attempt)?;
    line.send(&answer.bytes);
    let gave = line.read_head(f, attempt);
    Blame::new(
        &ANSWER_REFUSED,
        "an answer without fields",
        &[&answer.bytes],
    )
    .waiting(&HEAD_WAITS)
    .must_be(attempt, gave, &answer)
}

pub fn leaves_the_body_in_the_reader(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    // One that looks like more of the head; one with the next answer behind it; one that is longer than
    // the reader's buffer; and none.
    let bodies = [
        b"\r\n\r\nX-Not: a field\r\n\r\n".to_vec(),
        [b"hello", &any_answer().bytes[..]].concat(),
        random_payload(30_000),
        Vec::new(),
        b"\n".to_vec(),
    ];
    for body in &bodies {
        for capacity in [USUAL, 1, 64 << 10] {
            let answer = any_answer();
            let bytes = [&answer.bytes[..], body].concat();
            let mut line = Line::in_pieces_of(attempt, capacity)?;
            line.send(&bytes);
            let gave = line.read_head(f, attempt);
            let what = format!("a head, and {} bytes of what follows it", body.len());
            let blame = Blame::new(&ANSWER_REFUSED, &what, &[&bytes]).waiting(&HEAD_WAITS);
            blame.must_be(attempt, gave, &answer)?;
            blame.must_leave(attempt, &mut line, body)?;
        }
    }
    Ok(())
}

pub fn reads_an_answers_head_in_pieces(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let answer = Answer::ok().field("X-A", &format!(" {}", word(2))).end();
    let bytes = &answer.bytes;
    let shown = |at: usize| received(bytes, at, at, "the first piece ends here");
    for at in 1..bytes.len() {
        let mut line = Line::new(attempt)?;
        line.send_in_two(bytes, at)?;
        let gave = line.read_head(f, attempt);
        let pieces = [&bytes[..at], &bytes[at..]];
        let mut blame = Blame::new(&HEAD_PIECES, "a head in two pieces", &pieces);
        blame.mark = Some(shown(at));
        blame.must_be(attempt, gave, &answer)?;
        blame.must_leave(attempt, &mut line, b"")?;
    }
    for capacity in [1, 3, 7] {
        let mut line = Line::in_pieces_of(attempt, capacity)?;
        line.send(bytes);
        let gave = line.read_head(f, attempt);
        let what = format!("a head in pieces of {capacity}");
        let blame = Blame::new(&HEAD_PIECES, &what, &[bytes]);
        blame.must_be(attempt, gave, &answer)?;
        blame.must_leave(attempt, &mut line, b"")?;
    }
    // While it waits for each of them.
    let mut line = Line::new(attempt)?;
    let call = line.start_read_head(f, attempt);
    let pieces: Vec<&[u8]> = bytes.chunks(1).collect();
    line.dribble(&pieces);
    let gave = attempt.finish(call);
    Blame::new(&HEAD_PIECES, "a head byte by byte", &[bytes]).must_be(attempt, gave, &answer)
}

pub fn takes_every_status_line(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let reason = word(5);
    let lines = [
        (1, 404, " Not Found".to_owned()),
        (1, 200, format!(" {reason}  with two spaces: and a colon")),
        (0, 200, " OK".to_owned()),
        (1, 200, " ".to_owned()),
        (1, 200, String::new()),
        (0, 302, String::new()),
        (1, 599, format!(" {reason}")),
        (1, 299, " 404 HTTP/1.0".to_owned()),
        (1, 999, " Request Denied".to_owned()),
    ];
    for (minor_version, status, rest) in lines {
        let answer = Answer::line(minor_version, status, &rest)
            .field("X-Id", &format!(" {}", word(3)))
            .end();
        let mut line = Line::new(attempt)?;
        line.send(&answer.bytes);
        let gave = line.read_head(f, attempt);
        let what = format!("`HTTP/1.{minor_version} {status}{rest}`");
        let mut blame = Blame::new(&ANSWER_REFUSED, &what, &[&answer.bytes]).waiting(&HEAD_WAITS);
        let at = "HTTP/1.1 200".len();
        blame.mark = Some(received(
            &answer.bytes,
            at,
            at + rest.len(),
            if rest.trim().is_empty() {
                "the reason may be empty, or missing"
            } else {
                "the reason"
            },
        ));
        if minor_version == 0 && rest == " OK" {
            let remark = "a version of HTTP/1 like 1.1";
            blame.mark = Some(received(&answer.bytes, 0, "HTTP/1.0".len(), remark));
        }
        blame.must_be(attempt, gave, &answer)?;
    }
    Ok(())
}

pub fn reads_fields_as_they_came(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let cookies = [
        format!(" a={}; Path=/", word(4)),
        format!(" B={}, \"C\"", word(4)),
    ];
    let fields = [
        ("Date", " Tue, 15 Nov 1994 08:12:31 GMT"),
        ("X-Spaces", " \t  one  two\tthree \t "),
        ("Set-Cookie", &cookies[0]),
        ("X-None", "none"),
        ("X-Empty", ""),
        ("Location", " http://localhost:8000/a?b:C::D"),
        ("Set-Cookie", &cookies[1]),
        ("X-Blank", " \t"),
        ("ETag", " W/\"AbC\""),
        ("set-cookie", " c=%41+b"),
        ("a", " B"),
    ];
    let add = |answer: Answer, (name, raw): &(&str, &str)| answer.field(name, raw);
    let answer = fields.iter().fold(Answer::ok(), add).end();
    let mut line = Line::new(attempt)?;
    line.send(&answer.bytes);
    let gave = line.read_head(f, attempt);
    // It may be one of them alone that is refused.
    if let Ok(Err(_)) = gave {
        for (name, raw) in fields {
            let answer = Answer::ok().field(name, raw).end();
            let mut line = Line::new(attempt)?;
            line.send(&answer.bytes);
            let gave = line.read_head(f, attempt);
            let what = format!("an answer with one field, `{name}:{raw}`");
            let mut blame = Blame::new(&ANSWER_REFUSED, &what, &[&answer.bytes]);
            let start = "HTTP/1.1 200 OK\r\n".len();
            let end = start + name.len() + 1 + raw.len();
            let remark = match raw.strip_prefix([' ', '\t']) {
                Some(_) => "a field like others",
                None => "no space has to follow the colon",
            };
            blame.mark = Some(received(&answer.bytes, start, end, remark));
            blame.must_be(attempt, gave, &answer)?;
        }
    }
    Blame::new(&ANSWER_REFUSED, "an answer with many fields", &[])
        .waiting(&HEAD_WAITS)
        .must_be(attempt, gave, &answer)
}

pub fn takes_lines_that_end_in_lf(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let answer = Answer::ok().field("X-Id", &format!(" {}", word(4))).end();
    let crlf = String::from_utf8_lossy(&answer.bytes).into_owned();
    // All of them, and each of the three by itself.
    let lines: Vec<&str> = crlf.split_inclusive("\r\n").collect();
    let with_lf = |which: &dyn Fn(usize) -> bool| -> Vec<u8> {
        let lines = lines.iter().enumerate();
        let ended = lines.map(|(number, line)| match which(number) {
            true => line.replace("\r\n", "\n"),
            false => (*line).to_owned(),
        });
        ended.collect::<String>().into_bytes()
    };
    let mut all = vec![with_lf(&|_| true)];
    all.extend((0..lines.len()).map(|only| with_lf(&|number| number == only)));
    for head in all {
        // Another empty line is the body's.
        for body in [&b"hello"[..], b"\n\r\n\n"] {
            let bytes = [&head[..], body].concat();
            let mut line = Line::new(attempt)?;
            line.send(&bytes);
            let gave = line.read_head(f, attempt);
            let at = head
                .windows(2)
                .position(|two| two[1] == b'\n' && two[0] != b'\r');
            let at = at.unwrap_or(0) + 1;
            let mut blame = Blame::new(&LF_ENDS_A_LINE, "a line that ends in LF alone", &[&bytes]);
            blame.mark = Some(received(&bytes, at, at + 1, "no CR before this LF"));
            let sent = Answer {
                bytes: bytes.clone(),
                ..answer.clone()
            };
            blame.must_be(attempt, gave, &sent)?;
            blame.must_leave(attempt, &mut line, body)?;
        }
    }
    Ok(())
}

pub fn takes_bytes_that_are_no_utf_8(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    for value in [
        &b"caf\xe9"[..],
        "caf\u{e9} \u{2603}".as_bytes(),
        b"\xff\xfe",
    ] {
        let mut answer = Answer::ok();
        let from = answer.bytes.len();
        answer.bytes.extend_from_slice(b"X-Place: ");
        answer.bytes.extend_from_slice(value);
        answer.bytes.extend_from_slice(b"\r\n");
        // What is put in the place of such bytes is not compared.
        let any = ("X-Place".to_owned(), "\u{e9}".to_owned());
        answer.meant.headers.push(any);
        let answer = answer.field("X-After", &format!(" {}", word(4))).end();
        let mut line = Line::new(attempt)?;
        line.send(&[&answer.bytes[..], b"\xe9"].concat());
        let gave = line.read_head(f, attempt);
        let what = "a field with bytes over 127";
        let mut blame = Blame::new(&ANSWER_NOT_UTF_8, what, &[&answer.bytes]);
        let from = from + "X-Place: ".len();
        let to = from + value.len();
        blame.mark = Some(received(&answer.bytes, from, to, "bytes over 127"));
        blame.must_be(attempt, gave, &answer)?;
        blame.must_leave(attempt, &mut line, b"\xe9")?;
    }
    Ok(())
}

pub fn passes_over_interim_answers(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    let hints = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nX-Id: hint\r\n\r\n";
    let befores = [
        go_on.to_owned(),
        hints.to_owned(),
        "HTTP/1.1 102 Processing\r\nContent-Length: 5\r\n\r\n".to_owned(),
        "HTTP/1.1 199\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned(),
        [go_on, hints, hints].concat(),
        go_on.repeat(20),
    ];
    for before in &befores {
        let answer = any_answer().after(before);
        let bytes = &answer.bytes;
        let what = match before.matches("HTTP/").count() {
            1 => format!("`{}`, and an answer", &before[..12]),
            count => format!("{count} answers with 1xx, and another"),
        };
        let mut blame = Blame::new(&INTERIM_TAKEN, &what, &[bytes]);
        blame.mark = Some(received(bytes, 9, 12, "announces another answer"));
        // At once, and after a pause: within the second head, and before it.
        for at in [bytes.len(), answer.start + 20, answer.start] {
            let mut line = Line::new(attempt)?;
            line.send_in_two(bytes, at)?;
            line.send(b"hello");
            let gave = line.read_head(f, attempt);
            blame.must_be(attempt, gave, &answer)?;
            blame.must_leave(attempt, &mut line, b"hello")?;
        }
    }
    // The answer may take its time.
    let answer = any_answer().after(go_on);
    let mut line = Line::new(attempt)?;
    line.send(go_on.as_bytes());
    let call = line.start_read_head(f, attempt);
    line.wait_until_read();
    if let Some(early) = attempt.until_it_waits(&call) {
        let gave = early?;
        attempt.remark("expected it to wait");
        let seen = format!("After 100 Continue, read_head gave {}.", gave.shown());
        return Err(with_command(
            INTERIM_TAKEN.seen(seen),
            &[go_on.as_bytes(), &answer.bytes[answer.start..]],
        ));
    }
    line.send(&answer.bytes[answer.start..]);
    let gave = attempt.finish(call);
    let pieces = [go_on.as_bytes(), &answer.bytes[answer.start..]];
    Blame::new(&INTERIM_TAKEN, "100 Continue, and an answer", &pieces)
        .must_be(attempt, gave, &answer)?;
    // Or never come.
    let mut line = Line::new(attempt)?;
    line.send(go_on.as_bytes());
    line.end()?;
    let gave = line.read_head(f, attempt)?;
    let seen = "After 100 Continue the server closed the connection;";
    if gave == Err(FetchError::EmptyReply) {
        attempt.remark("expected BadReply");
        let told = format!("{seen} read_head gave EmptyReply, though bytes had come.");
        let stop = NO_EMPTY_REPLY.seen(told);
        return Err(with_command(stop, &[go_on.as_bytes()]));
    }
    if ends_within(&gave) {
        return Ok(());
    }
    attempt.remark("expected BadReply");
    let stop = INTERIM_TAKEN.seen(format!("{seen} read_head gave {}.", gave.shown()));
    Err(with_command(stop, &[go_on.as_bytes()]))
}

pub fn takes_101_for_an_answer(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let answer = Answer::line(1, 101, " Switching Protocols")
        .field("Upgrade", " chat")
        .field("Connection", " Upgrade")
        .end();
    let next = random_payload(9);
    let bytes = [&answer.bytes[..], &next].concat();
    let mut line = Line::new(attempt)?;
    line.send(&bytes);
    let gave = line.read_head(f, attempt);
    let mut blame = Blame::new(&SWITCHING_SKIPPED, "a head with the status 101", &[&bytes]);
    blame.mark = Some(received(
        &answer.bytes,
        9,
        12,
        "the last answer of HTTP here",
    ));
    blame.must_be(attempt, gave, &answer)?;
    blame.must_leave(attempt, &mut line, &next)
}

pub fn refuses_what_is_no_answer(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    const TOO_LOW: &str = "100 is the lowest status";
    let lines = [
        ("⟦SSH-2.0-OpenSSH_9.6⟧", "another protocol"),
        ("⟦220⟧ mail.example ESMTP", "another protocol"),
        ("⟦<html>⟧hello</html>", "no status line"),
        ("⟦ICY⟧ 200 OK", "another protocol"),
        ("HTTP/⟦2⟧ 200", "another version"),
        ("HTTP/⟦2.0⟧ 200 OK", "another version"),
        ("HTTP/⟦0.9⟧ 200 OK", "another version"),
        ("HTTP/1.1 ⟦20⟧ OK", "three digits"),
        ("HTTP/1.1 ⟦2000⟧ OK", "three digits"),
        ("HTTP/1.1 ⟦099⟧ OK", TOO_LOW),
        ("HTTP/1.1 ⟦000⟧ OK", TOO_LOW),
        ("HTTP/1.1 ⟦abc⟧ OK", "three digits"),
        ("HTTP/1.1 ⟦2x0⟧ OK", "three digits"),
        ("HTTP/1.1 ⟦+20⟧ OK", "three digits"),
        ("HTTP/1.1 ⟦-20⟧ OK", "three digits"),
        ("HTTP/1.1 ⟦OK⟧", "no status"),
        ("HTTP/1.1⟦ ⟧", "no status"),
        ("HTTP/1.⟦x⟧ 200 OK", "no version"),
        ("HTTP/⟦11.1⟧ 200 OK", "no version"),
        ("⟦X-⟧HTTP/1.1 200 OK", "something before it"),
    ];
    for (marked, remark) in lines {
        let mut text = format!("{marked}\r\nX-Id: {}\r\n\r\n", word(3));
        if remark == TOO_LOW {
            // Whoever takes it for one that announces another finds that one.
            text += "HTTP/1.1 200 OK\r\n\r\n";
        }
        let malformed = harness::rubric::message::Malformed::new(&text);
        let mut line = Line::new(attempt)?;
        line.send(&malformed.bytes);
        // Whoever waits for more waits in vain, or gets the end.
        line.end()?;
        let gave = line.read_head(f, attempt)?;
        if gave == Err(FetchError::BadReply) {
            continue;
        }
        attempt.remark("expected BadReply");
        let first = marked.replace(['⟦', '⟧'], "");
        let seen = format!(
            "The server sent `{first}`, and read_head gave {}.",
            gave.shown()
        );
        let shown = received(&malformed.bytes, malformed.from, malformed.to, remark);
        let stop = NO_HTTP.seen(seen).pointing_at(shown);
        return Err(with_command(stop, &[&malformed.bytes]));
    }
    Ok(())
}

pub fn takes_no_folded_line_for_a_field(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    for (before, marked) in [
        ("X-A: b\r\n", "⟦ ⟧Content-Length: 5"),
        ("X-A: b\r\n", "⟦\t⟧c: d"),
        ("", "⟦ ⟧Content-Length: 5"),
    ] {
        let text = format!("HTTP/1.1 200 OK\r\n{before}{marked}\r\nX-Id: c\r\n\r\n");
        let malformed = harness::rubric::message::Malformed::new(&text);
        let mut line = Line::new(attempt)?;
        line.send(&malformed.bytes);
        line.end()?;
        let gave = line.read_head(f, attempt)?;
        let fields = match &gave {
            Err(FetchError::BadReply) => continue,
            Err(error) => format!("the error {error:?}"),
            Ok(head) => {
                let fields = head.headers.iter();
                // Joined to the one before, or passed over: both have been right.
                let mut names = fields.clone().map(|(name, _)| name.as_str());
                if names.all(|name| name == "X-Id" || name == "X-A" && !before.is_empty()) {
                    continue;
                }
                let fields = fields.map(|(name, value)| format!("`{name}: {value}`"));
                format!("the fields {}", fields.collect::<Vec<_>>().join(", "))
            }
        };
        attempt.remark("expected BadReply");
        let seen = "The server sent a line that begins with a space or a tab;";
        let remark = "no field of its own";
        let shown = received(&malformed.bytes, malformed.from, malformed.to, remark);
        let stop = FOLDED_TAKEN.seen(format!("{seen} read_head gave {fields}."));
        return Err(with_command(stop.pointing_at(shown), &[&malformed.bytes]));
    }
    Ok(())
}

pub fn says_that_nothing_came(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut line = Line::new(attempt)?;
    let call = line.start_read_head(f, attempt);
    if let Some(early) = attempt.until_it_waits(&call) {
        attempt.remark("expected it to wait");
        let seen = "The server has not sent anything yet, and the call has ended:";
        return Err(HEAD_PIECES.seen(format!("{seen} it gave {}.", early?.shown())));
    }
    line.end()?;
    let looped = "The server has closed without a word, and read_head goes on asking for more.";
    let gave = attempt.finish(call).map_err(|stop| {
        stop.rather(&conduct::SPINS, &NO_EMPTY_REPLY, looped)
            .rather(&conduct::NEVER_RETURNED, &NO_EMPTY_REPLY, looped)
    })?;
    if gave == Err(FetchError::EmptyReply) {
        return Ok(());
    }
    attempt.remark("expected EmptyReply");
    let seen = "The server closed the connection without a word;";
    Err(with_command(
        NO_EMPTY_REPLY.seen(format!("{seen} read_head gave {}.", gave.shown())),
        &[b""],
    ))
}

pub fn gives_no_half_head(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let answer = Answer::ok()
        .field("Content-Length", " 10")
        .field("X-A", " b")
        .end();
    let bytes = &answer.bytes;
    for part in (1..bytes.len()).map(|at| &bytes[..at]) {
        let mut line = Line::new(attempt)?;
        line.send(part);
        line.end()?;
        let looped =
            "The server has closed within the head, and read_head goes on asking for more.";
        let gave = line.read_head(f, attempt).map_err(|stop| {
            stop.rather(&conduct::SPINS, &HALF_A_HEAD, looped).rather(
                &conduct::NEVER_RETURNED,
                &HALF_A_HEAD,
                looped,
            )
        })?;
        if ends_within(&gave) {
            continue;
        }
        attempt.remark("expected BadReply");
        let told = "The server closed the connection";
        let seen = format!("{told} within the head; read_head gave {}.", gave.shown());
        let at = part.len();
        let shown = received(part, at, at, "the connection was closed here");
        let stop = HALF_A_HEAD.seen(seen).pointing_at(shown);
        return Err(with_command(stop, &[part]));
    }
    Ok(())
}

/// Which error it is that a head ends within is a matter of taste.
fn ends_within(gave: &GaveHead) -> bool {
    use FetchError::{BadReply, EmptyReply, Partial, Receive};
    matches!(gave, Err(BadReply | EmptyReply | Partial | Receive))
}

pub fn takes_a_long_head(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    /// Below the limit, and far beyond any buffer.
    const LONG: usize = 250 << 10;
    let filling = word(50).repeat(LONG / 50);
    let many = (0..1000).fold(Answer::ok(), |answer, number| {
        let value = format!(" {}", &filling[..LONG / 1000 - 12]);
        answer.field(&format!("X-{number:04}"), &value)
    });
    /// As long as a head may be: what the lesson calls MAX_HEAD.
    const MOST: usize = 300 << 10;
    let short = Answer::ok().field("X-Long", "").end().bytes.len();
    let exact = "a".repeat(MOST - short);
    let lines = [
        (Answer::ok().field("X-Long", &filling).end(), "one field"),
        (Answer::ok().field("X-Long", &exact).end(), "one field"),
        (many.end(), "1000 fields"),
        (
            Answer::line(1, 200, &format!(" {}", filling)).end(),
            "its reason",
        ),
    ];
    for (answer, most) in lines {
        let mut line = Line::new(attempt)?;
        let call = line.start_read_head(f, attempt);
        let ended = line.send_while(attempt, &call, &answer.bytes, u64::MAX);
        let ended = ended.or_else(|| line.wait_while(attempt, &call, u64::MAX));
        let gave = ended.unwrap_or_else(|| attempt.finish(call));
        let length = answer.bytes.len();
        let what = format!("a head of {length} bytes, most of them in {most}");
        Blame::new(&HEAD_TOO_SMALL, &what, &[])
            .must_be(attempt, gave, &answer)
            .map_err(|stop| {
                let slow = format!("{what}, took read_head too long.");
                stop.rather(&conduct::SPINS, &HEAD_TOO_SMALL, slow)
            })?;
    }
    Ok(())
}

pub fn stops_reading_a_head_without_end(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    /// Longer than anything that is needed to see that it is too long.
    const MUCH: usize = 3 << 20;
    let endless = |start: &str, piece: &str| {
        [
            start.as_bytes(),
            &piece.as_bytes().repeat(MUCH / piece.len()),
        ]
        .concat()
    };
    let ok = "HTTP/1.1 200 OK\r\n";
    // Long lines, so that there are not many to take apart.
    let value = word(200);
    let field = format!("X-Id: {value}\r\n");
    let hint = format!("HTTP/1.1 103 Early Hints\r\n{field}\r\n");
    let yes = |line: &str, start: &str| {
        format!(
            "(printf '{start}'; yes '{line}') | nc -lN 127.0.0.1 8900 & sleep 1; cargo run -qp lesson05 -- \
             127.0.0.1:8900"
        )
    };
    let cases = [
        (
            endless(ok, &field),
            "fields without an end",
            yes("X-Id: y", "HTTP/1.1 200 OK\\r\\n"),
        ),
        (
            endless(&format!("{ok}X-Id: "), "yyyyyyyy"),
            "a field without an end",
            String::new(),
        ),
        (
            endless("HTTP/1.1 200 ", "OK OK OK"),
            "a status line without an end",
            String::new(),
        ),
        (
            endless("", &hint),
            "1xx answers without an end",
            yes("HTTP/1.1 103 Early Hints\n", ""),
        ),
    ];
    for (bytes, what, command) in cases {
        let mut line = Line::new(attempt)?;
        let call = line.start_read_head(f, attempt);
        let ended = line.send_while(attempt, &call, &bytes, BOUND);
        let ended = ended.or_else(|| line.wait_while(attempt, &call, BOUND));
        let read = line.read();
        let seen = format!("The server sent {what}, and read_head");
        let stop = |told: String| {
            let stop = HEAD_UNBOUNDED.seen(format!("{seen} {told}."));
            match command.is_empty() {
                true => stop,
                false => stop.by_hand(command.clone()),
            }
        };
        if read > BOUND && ended.is_none() {
            attempt.remark("expected BadReply");
            // It ends with this process.
            attempt.abandon(call);
            return Err(stop(format!(
                "had read {read} bytes of it when it was given up"
            )));
        }
        let gave = match ended {
            Some(gave) => gave?,
            None => attempt.finish(call).map_err(|unreturned| {
                let more = format!("waits for more after {} bytes", line.read());
                match unreturned {
                    Stop::Found(found) if found.misconception == &conduct::NEVER_RETURNED => {
                        stop(more)
                    }
                    other => other,
                }
            })?,
        };
        if gave == Err(FetchError::BadReply) && line.read() <= BOUND {
            continue;
        }
        attempt.remark("expected BadReply");
        return Err(stop(format!(
            "gave {} after {} bytes",
            gave.shown(),
            line.read()
        )));
    }
    Ok(())
}

/// How many bytes of a head without an end may be read: twice the limit, and a buffer's length.
pub const BOUND: u64 = (600 << 10) + (64 << 10);

/// Long enough to be asked for, short enough to be waited for.
pub const MOMENT: Duration = Duration::from_millis(15);

pub fn tells_that_a_heads_time_is_over(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let head = any_answer().bytes;
    let interim = b"HTTP/1.1 100 Continue\r\n\r\n";
    // By what the system says, and by what it says elsewhere.
    let silent = || Kind {
        timeout: Some(MOMENT),
        ..Kind::default()
    };
    let fails = |at: usize| Kind {
        faults: vec![(at as u64, io::ErrorKind::TimedOut)],
        ..Kind::default()
    };
    for (kind, part, when) in [
        (silent(), &head[..0], "before the first byte"),
        (silent(), &head[..25], "within the head"),
        (silent(), interim, "after 100 Continue"),
        (fails(0), &head[..0], "before the first byte"),
        (fails(25), &head[..25], "within the head"),
    ] {
        let mut line = Line::of(attempt, kind)?;
        if !part.is_empty() {
            line.send(part);
        }
        let again = format!("A read's time-out was over {when}, and read_head read again.");
        let gave = line.read_head(f, attempt).map_err(|stop| {
            stop.rather(&conduct::SPINS, &TIMEOUT_HIDDEN, again.clone())
                .rather(&conduct::NEVER_RETURNED, &TIMEOUT_HIDDEN, again)
        })?;
        if gave == Err(FetchError::Timeout) {
            continue;
        }
        attempt.remark("expected Timeout");
        let seen = format!("A read's time-out was over {when};");
        return Err(TIMEOUT_HIDDEN.seen(format!("{seen} read_head gave {}.", gave.shown())));
    }
    Ok(())
}

pub fn tells_a_reset_from_the_end_of_an_answer(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let head = any_answer().bytes;
    for (part, when) in [
        (&head[..25], "within the head"),
        (&head[..head.len() - 2], "before the head's empty line"),
        (&head[..0], "before the first byte"),
    ] {
        let mut line = Line::new(attempt)?;
        // What was read before the reset is not lost with it.
        line.send_ahead(part)?;
        let call = line.start_read_head(f, attempt);
        if let Some(early) = attempt.until_it_waits(&call) {
            let gave = early?;
            attempt.remark("expected it to wait");
            let seen = "The head had not come to its end,";
            return Err(HEAD_PIECES.seen(format!("{seen} and read_head gave {}.", gave.shown())));
        }
        line.server.reset()?;
        let looped = format!("The connection was reset {when}, and read_head read again.");
        let gave = attempt.finish(call).map_err(|stop| {
            stop.rather(&conduct::SPINS, &RESET_HIDDEN, looped.clone())
                .rather(&conduct::NEVER_RETURNED, &RESET_HIDDEN, looped)
        })?;
        if gave == Err(FetchError::Receive) {
            continue;
        }
        attempt.remark("expected Receive");
        let seen = format!("The connection was reset {when};");
        return Err(RESET_HIDDEN.seen(format!("{seen} read_head gave {}.", gave.shown())));
    }
    Ok(())
}

pub fn reads_a_head_on_after_a_signal(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let answer = any_answer().after("HTTP/1.1 100 Continue\r\n\r\n");
    let length = answer.bytes.len() as u64;
    let kind = Kind {
        capacity: 16,
        faults: [0, 9, 25, 26, 40, length - 3, length - 1]
            .map(|at| (at, io::ErrorKind::Interrupted))
            .to_vec(),
        ..Kind::default()
    };
    let mut line = Line::of(attempt, kind)?;
    line.send(&answer.bytes);
    attempt.fact("signals interrupt seven of the reads", "Interrupted");
    let gave = line.read_head(f, attempt);
    let what = "an answer, and signals came while it was read";
    Blame::new(&INTERRUPTED, what, &[]).must_be(attempt, gave, &answer)
}

/// How to speak of an answer that had to be read.
struct Blame<'a> {
    /// What it means when it is refused.
    refused: &'static Misconception,
    /// What it means when the call waits for more.
    waits: &'static Misconception,
    /// What was special about it: "a head in two pieces".
    what: &'a str,
    /// How to send it by hand.
    command: Option<String>,
    /// What of it is special.
    mark: Option<Exhibit>,
}

impl<'a> Blame<'a> {
    fn new(refused: &'static Misconception, what: &'a str, pieces: &[&[u8]]) -> Blame<'a> {
        Blame {
            refused,
            waits: refused,
            what,
            command: by_hand(pieces),
            mark: None,
        }
    }

    fn waiting(self, waits: &'static Misconception) -> Blame<'a> {
        Blame { waits, ..self }
    }

    /// What is not read as it should be because of what is special here has that name.
    fn is_special(&self) -> bool {
        !std::ptr::eq(self.refused, &ANSWER_REFUSED)
    }

    fn told(&self, stop: Stop) -> Stop {
        let stop = match &self.mark {
            Some(mark) => stop.pointing_at(mark.clone()),
            None => stop,
        };
        self.commanded(stop)
    }

    fn commanded(&self, stop: Stop) -> Stop {
        match &self.command {
            Some(command) => stop.by_hand(command.clone()),
            None => stop,
        }
    }

    /// The call must have given the head that was sent.
    fn must_be(
        &self,
        attempt: &mut Attempt,
        gave: Result<GaveHead, Stop>,
        sent: &Answer,
    ) -> Result<(), Stop> {
        let what = self.what;
        let gave = gave.map_err(|stop| {
            let waits = format!("The server sent {what}, and read_head waits for more.");
            self.told(stop.rather(&conduct::NEVER_RETURNED, self.waits, waits))
        })?;
        let got = match &gave {
            Ok(got) if *got == sent.meant => return Ok(()),
            Ok(got) => got,
            Err(_) => {
                attempt.remark(format!("expected {}", sent.meant.shown()));
                let seen = format!(
                    "The server sent {what}, and read_head gave {}.",
                    gave.shown()
                );
                return Err(self.told(self.refused.seen(seen)));
            }
        };
        let Some(stop) = difference(got, sent) else {
            return Ok(());
        };
        // What differs within a field does not show in so few words.
        if got.shown() != sent.meant.shown() {
            attempt.remark(format!("expected {}", sent.meant.shown()));
        }
        Err(match stop {
            stop if !self.is_special() => self.commanded(stop),
            _ => self.told(self.refused.seen(format!(
                "The server sent {what}; read_head made of it: {}.",
                got.shown()
            ))),
        })
    }

    /// All that follows the head must still be in the reader.
    fn must_leave(&self, attempt: &mut Attempt, line: &mut Line, due: &[u8]) -> Result<(), Stop> {
        let left = line.left()?;
        if left == due {
            return Ok(());
        }
        attempt.fact("what is left to read", format!("{} bytes", left.len()));
        attempt.remark(format!("expected {}", due.len()));
        let seen = format!(
            "The server sent {}. After read_head, {} of the {} bytes behind the head are left in the reader.",
            self.what,
            match left.len() {
                0 => "none".to_owned(),
                count => count.to_string(),
            },
            due.len()
        );
        if left.len() > due.len() {
            let seen = format!(
                "The server sent {}. After read_head, {} bytes of the head are still in the reader.",
                self.what,
                left.len() - due.len()
            );
            return Err(self.told(self.refused.seen(seen)));
        }
        let misconception = match self.is_special() {
            true => self.refused,
            false => &BODY_LOST,
        };
        Err(self.told(misconception.seen(seen)))
    }
}

/// How a head differs from what was sent.
fn difference(got: &Head, sent: &Answer) -> Option<Stop> {
    let meant = &sent.meant;
    let line = &sent.bytes[sent.start..];
    let part = |from: usize, to: usize, remark: &str| received(line, from, to, remark);
    if (got.status, got.minor_version) != (meant.status, meant.minor_version) {
        let (seen, from, to, remark) = match got.status == meant.status {
            true => (
                format!("the minor version {}", got.minor_version),
                7,
                8,
                "the minor version",
            ),
            false => (format!("the status {}", got.status), 9, 12, "the status"),
        };
        let seen = format!("read_head returned {seen}.");
        return Some(STATUS_LINE.seen(seen).pointing_at(part(from, to, remark)));
    }
    if got.reason != meant.reason {
        let seen = format!(
            "The reason is {:?}; read_head returned {:?}.",
            cut(&meant.reason),
            cut(&got.reason)
        );
        let to = 13 + meant.reason.len();
        let shown = part(13.min(line.len()), to, "the reason, up to the line's end");
        return Some(REASON_MISREAD.seen(seen).pointing_at(shown));
    }
    fields_differ(got, sent)
}

fn fields_differ(got: &Head, sent: &Answer) -> Option<Stop> {
    let meant = &sent.meant.headers;
    let same_name = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
    let mut names = meant.iter().zip(&got.headers);
    let at = names.position(|(meant, got)| !same_name(&meant.0, &got.0));
    let at = at.or((meant.len() != got.headers.len()).then(|| meant.len().min(got.headers.len())));
    if let Some(at) = at {
        let told = match got.headers.get(at) {
            Some((name, _)) => format!(
                "As field {} of {}, read_head returned {:?}.",
                at + 1,
                meant.len(),
                cut(name)
            ),
            None => format!(
                "The answer has {} fields; read_head returned {}.",
                meant.len(),
                got.headers.len()
            ),
        };
        return Some(pointing_at_field(
            FIELDS_LOST.seen(told),
            sent,
            at,
            "this field was due",
        ));
    }
    let mut fields = meant.iter().zip(&got.headers);
    // What stands for bytes that are no UTF-8 is not compared.
    let at = fields
        .position(|(meant, got)| meant.0 != got.0 || meant.1 != got.1 && meant.1.is_ascii())?;
    let ((name, value), (got_name, got)) = (&meant[at], &got.headers[at]);
    if name != got_name {
        let seen = format!("The name of a field is {name:?}; read_head returned {got_name:?}.");
        let stop = FIELD_CHANGED.seen(seen);
        return Some(pointing_at_field(stop, sent, at, "names have their case"));
    }
    let is_cut = value.starts_with(got.as_str()) && value[got.len()..].starts_with(':')
        || value.rsplit(':').next() == Some(got);
    let misconception = if got.trim() == value || squeezed(got) == squeezed(value) {
        &WHITESPACE
    } else if is_cut {
        &VALUE_CUT
    } else if got.len() > value.len() && got.contains(',') {
        &FIELDS_LOST
    } else {
        &FIELD_CHANGED
    };
    let seen = format!(
        "The value of {name} is {:?}; read_head returned {:?}.",
        cut(value),
        cut(got)
    );
    Some(pointing_at_field(
        misconception.seen(seen),
        sent,
        at,
        "this field",
    ))
}

fn pointing_at_field(stop: Stop, sent: &Answer, number: usize, remark: &str) -> Stop {
    let mut start = sent.start;
    let lines = sent.bytes[start..].split_inclusive(|byte| *byte == b'\n');
    for (index, line) in lines.enumerate() {
        if index == number + 1 {
            let end = start + line.trim_ascii_end().len();
            return stop.pointing_at(received(&sent.bytes, start, end, remark));
        }
        start += line.len();
    }
    stop
}

fn squeezed(text: &str) -> String {
    text.split([' ', '\t']).collect()
}

/// The beginning of a text that may be long.
fn cut(text: &str) -> String {
    const ENOUGH: usize = 40;
    let mut cut: String = text.chars().take(ENOUGH).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    cut
}
