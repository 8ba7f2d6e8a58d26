//! `read_request`: one request, all of it, and not one byte more.
//!
//! The reader that it gets is over a real connection. The other end sends whole requests, pieces of
//! them, halves of them, and several at once.

use super::misconceptions::{
    BODY_IN_PIECES, BODY_LEFT, CHUNKS_MISREAD, CODING_WITH_CASE, EMPTY_LINE_FIRST,
    END_IS_NO_ERROR_HERE, HALF_A_REQUEST, HEAD_IN_PIECES, LEGAL_REFUSED, NAMES_WITH_CASE,
    NEXT_LOST, RESET_HIDDEN, SIGNAL_ENDS_REQUEST, TRAILERS_LEFT, VALUE_NOT_UTF_8, WAITS_BEYOND,
};
use super::reading::{Blame, Gave, Talk, as_curl_sends_it};
use super::requests::{Sent, any_get, by_hand};
use super::{Functions, RequestError};
use harness::attempt::{Attempt, Call, Shown};
use harness::conduct;
use harness::finding::{Misconception, Stop};
use harness::rubric::control::interrupt;
use harness::rubric::message::{exhibit, word};
use harness::wire::random_payload;

pub fn reads_a_request_as_curl_sends_it(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let sent = as_curl_sends_it();
    let mut talk = Talk::new(attempt)?;
    let gave = talk.read(f, attempt, &sent.bytes);
    Blame::new(&LEGAL_REFUSED, "a request", &[&sent.bytes])
        .waiting(&WAITS_BEYOND)
        .must_be(attempt, gave, &sent)
}

pub fn gives_none_when_the_client_is_done(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    // At once, and after a request.
    for before in [None, Some(as_curl_sends_it())] {
        let mut talk = Talk::new(attempt)?;
        let command = by_hand(&[before.as_ref().map_or(b"", |sent| &sent.bytes)]);
        if let Some(sent) = &before {
            let gave = talk.read(f, attempt, &sent.bytes);
            Blame::new(&LEGAL_REFUSED, "a request", &[&sent.bytes])
                .waiting(&WAITS_BEYOND)
                .must_be(attempt, gave, sent)?;
        }
        talk.client.peer.half_close()?;
        let call = talk.start(f, attempt);
        let looped = "The client is done, and read_request goes on asking for more.";
        let gave = attempt.finish(call).map_err(|stop| {
            stop.rather(&conduct::SPINS, &END_IS_NO_ERROR_HERE, looped)
                .rather(&conduct::NEVER_RETURNED, &END_IS_NO_ERROR_HERE, looped)
        })?;
        if matches!(gave, Ok(None)) {
            continue;
        }
        attempt.remark("expected None");
        let told = match gave {
            Ok(_) => "returned a request that nobody sent".to_owned(),
            Err(error) => format!("gave {}", Gave::Err(error).shown()),
        };
        return Err(END_IS_NO_ERROR_HERE
            .seen(format!(
                "The client has closed, with no byte of another request; read_request {told}."
            ))
            .by_hand(command));
    }
    Ok(())
}

pub fn reads_a_head_that_comes_in_pieces(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let sent = Sent::line("GET", &format!("/{}", word(4)), 1)
        .field("Host", " localhost")
        .field("X-A", " b")
        .end();
    let bytes = &sent.bytes;
    let mut splits: Vec<Vec<&[u8]>> = (1..bytes.len())
        .map(|at| vec![&bytes[..at], &bytes[at..]])
        .collect();
    splits.push(bytes.chunks(1).collect());
    splits.push(bytes.chunks(17).collect());
    for pieces in splits {
        let mut talk = Talk::new(attempt)?;
        let gave = talk.read_pieces(f, attempt, &pieces);
        let what = format!("a head in {} pieces", pieces.len());
        let shown = &pieces[..pieces.len().min(2)];
        let mut blame = Blame::new(&HEAD_IN_PIECES, &what, shown);
        let at = pieces[0].len();
        blame.mark = Some(exhibit(bytes, at, at, "the first piece ends here"));
        blame.must_be(attempt, gave, &sent)?;
    }
    Ok(())
}

pub fn leaves_the_next_request_in_the_reader(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    // As many as go into one packet; and more than a BufReader holds at once.
    for count in [3, 100] {
        let all: Vec<Sent> = (0..count)
            .map(|number| match number % 2 {
                0 => any_get(),
                _ => as_curl_sends_it(),
            })
            .collect();
        let bytes: Vec<u8> = all.iter().flat_map(|sent| sent.bytes.clone()).collect();
        let mut talk = Talk::new(attempt)?;
        talk.send(&bytes);
        talk.client.peer.half_close()?;
        for (number, sent) in all.iter().enumerate() {
            let call = talk.start(f, attempt);
            let gave = attempt.finish(call);
            let what = format!("{count} requests at once, this being number {}", number + 1);
            let refused = match number {
                0 => &WAITS_BEYOND,
                _ => &NEXT_LOST,
            };
            let first: Vec<u8> = all[..2].iter().flat_map(|it| it.bytes.clone()).collect();
            Blame::new(refused, &what, &[&first]).must_be(attempt, gave, sent)?;
        }
        let call = talk.start(f, attempt);
        if !matches!(attempt.finish(call)?, Ok(None)) {
            attempt.remark("expected None");
            return Err(END_IS_NO_ERROR_HERE.seen(format!(
                "The client sent {count} requests and closed; after the last of them, read_request did \
                 not give None."
            )));
        }
    }
    Ok(())
}

pub fn reads_fields_as_they_were_sent(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let sent = Sent::line("GET", &format!("/{}", word(4)), 1)
        .field("Host", "localhost:8000")
        .field("X-Spaces", " \t  one  two\tthree \t ")
        .field("X-Twice", &format!(" {}", word(5)))
        .field("X-Empty", "")
        .field("X-Blank", " \t")
        .field("Cookie", &format!(" a={}; b=\"c, d\"", word(5)))
        .field("X-TWICE", &format!(" {}, {}", word(5), word(5)))
        .field("X-Colons", " http://localhost:8000/?a:b::")
        .field("a", " b")
        .field("!#$%&'*+-.^_`|~09aZ", " any token is a name")
        .field("x-twice", "")
        .end();
    let mut talk = Talk::new(attempt)?;
    let gave = talk.read(f, attempt, &sent.bytes);
    Blame::new(&LEGAL_REFUSED, "a request with many fields", &[&sent.bytes])
        .waiting(&WAITS_BEYOND)
        .must_be(attempt, gave, &sent)?;

    // A value in Latin-1, and one in UTF-8; how they are decoded is not graded.
    for value in [&b"caf\xe9"[..], "caf\u{e9} \u{2603}".as_bytes()] {
        let mut sent = Sent::line("GET", &format!("/{}", word(4)), 1).field("Host", " localhost");
        sent.bytes.extend_from_slice(b"X-Place: ");
        sent.bytes.extend_from_slice(value);
        sent.bytes.extend_from_slice(b"\r\n");
        sent.meant
            .headers
            .push(("X-Place".to_owned(), "\u{e9}".to_owned()));
        let sent = sent.field("X-After", " it").end();
        let mut talk = Talk::new(attempt)?;
        let gave = talk.read(f, attempt, &sent.bytes);
        let what = "a field with bytes over 127";
        Blame::new(&VALUE_NOT_UTF_8, what, &[&sent.bytes])
            .marking(&sent.bytes, "X-Place", "bytes over 127 in its value")
            .must_be(attempt, gave, &sent)?;
    }

    for name in ["host", "hOST"] {
        let sent = Sent::line("GET", "/", 1).field(name, " localhost").end();
        let mut talk = Talk::new(attempt)?;
        let gave = talk.read(f, attempt, &sent.bytes);
        let what = format!("a request with the field `{name}`");
        Blame::new(&NAMES_WITH_CASE, &what, &[&sent.bytes])
            .marking(&sent.bytes, name, "the name `Host`")
            .must_be(attempt, gave, &sent)?;
    }
    Ok(())
}

pub fn takes_every_form_of_request_line(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let name = word(5);
    let lines = [
        ("GET", format!("/{name}?a=b&c=%26#").replace('#', ""), 1),
        ("HEAD", format!("/%41%2f%252e%00/../{name}//"), 1),
        ("GET", format!("http://localhost:8000/{name}?x"), 1),
        ("OPTIONS", "*".to_owned(), 1),
        ("CONNECT", "localhost:8000".to_owned(), 1),
        ("DELETE", "/".to_owned(), 0),
        ("PATCH", format!("/~{name};p=1,2:@!$'()*+"), 2),
        ("PUT", "/".to_owned(), 9),
    ];
    for (method, target, minor_version) in lines {
        let sent = Sent::line(method, &target, minor_version)
            .field("Host", " localhost:8000")
            .end();
        let mut talk = Talk::new(attempt)?;
        let gave = talk.read(f, attempt, &sent.bytes);
        let line = format!("`{method} {target} HTTP/1.{minor_version}`");
        let words = &line[1..line.len() - 1];
        Blame::new(&LEGAL_REFUSED, &line, &[&sent.bytes])
            .waiting(&WAITS_BEYOND)
            .marking(&sent.bytes, words, "well formed")
            .must_be(attempt, gave, &sent)?;
    }
    // Without Host, which 1.0 does not know.
    let sent = Sent::line("GET", &format!("/{name}"), 0).end();
    let mut talk = Talk::new(attempt)?;
    let gave = talk.read(f, attempt, &sent.bytes);
    Blame::new(
        &LEGAL_REFUSED,
        "a request of 1.0, which has no Host,",
        &[&sent.bytes],
    )
    .waiting(&WAITS_BEYOND)
    .marking(&sent.bytes, "HTTP/1.0", "needs no Host")
    .must_be(attempt, gave, &sent)?;
    // Any token is a method; whether it is known may be decided here, or later.
    for method in ["get", "BREW", "M-SEARCH", "!#$%&'*+-.^_`|~"] {
        let sent = Sent::line(method, &format!("/{name}"), 1)
            .field("Host", " localhost:8000")
            .end();
        let mut talk = Talk::new(attempt)?;
        let gave = talk.read(f, attempt, &sent.bytes);
        if matches!(gave, Ok(Err(RequestError::Bad(501)))) {
            continue;
        }
        let what = format!("a request with the method {method}");
        Blame::new(&LEGAL_REFUSED, &what, &[&sent.bytes])
            .waiting(&WAITS_BEYOND)
            .marking(&sent.bytes, method, "any token is a method")
            .must_be(attempt, gave, &sent)?;
    }
    Ok(())
}

pub fn skips_an_empty_line_before_a_request(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let (first, second) = (any_get(), any_get());
    let mut talk = Talk::new(attempt)?;
    let bytes = [b"\r\n", &first.bytes[..], b"\r\n", &second.bytes].concat();
    talk.send(&bytes);
    for sent in [&first, &second] {
        let call = talk.start(f, attempt);
        let gave = attempt.finish(call);
        let what = "an empty line, and a request behind it";
        Blame::new(&EMPTY_LINE_FIRST, what, &[b"\r\n", &sent.bytes])
            .marking(b"\r\n", "\r\n", "an empty line before the request")
            .must_be(attempt, gave, sent)?;
    }
    Ok(())
}

pub fn reads_a_body_of_the_announced_length(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let post = || Sent::line("POST", &format!("/{}", word(4)), 1).field("Host", " localhost");
    // What looks like a request, or like the end of one, is none.
    let tricky = b"\r\n\r\n0\r\n\r\nGET /body HTTP/1.1\r\nHost: b\r\n\r\n";
    let binary = random_payload(40);
    let long = random_payload(30_000);
    for body in [&b"hello"[..], b"", tricky, &binary, &long] {
        let sent = post().body(body);
        let what = format!("a body of {} bytes", body.len());
        // With the head, after it, and with its end by itself.
        let (bytes, head) = (&sent.bytes, sent.head());
        let mut splits = vec![vec![&bytes[..]]];
        if !body.is_empty() {
            splits.push(vec![&bytes[..head], &bytes[head..]]);
            splits.push(vec![&bytes[..head + 1], &bytes[head + 1..]]);
            splits.push(vec![&bytes[..bytes.len() - 1], &bytes[bytes.len() - 1..]]);
        }
        for pieces in splits {
            let blame = if pieces.len() > 1 {
                &BODY_IN_PIECES
            } else {
                &BODY_LEFT
            };
            read_with_next(f, attempt, &sent, &pieces, &what, blame)?;
        }
    }
    // With neither field there is none, whatever the method.
    for method in ["POST", "PUT"] {
        let sent = Sent::line(method, "/", 1).field("Host", " localhost").end();
        let mut talk = Talk::new(attempt)?;
        let gave = talk.read(f, attempt, &sent.bytes);
        let what = format!(
            "a {method} with neither Content-Length nor Transfer-Encoding, which has no body"
        );
        Blame::new(&LEGAL_REFUSED, &what, &[&sent.bytes])
            .waiting(&WAITS_BEYOND)
            .marking(&sent.bytes, "\r\n\r\n", "the request ends here")
            .must_be(attempt, gave, &sent)?;
    }
    // On every method, a GET even.
    for method in ["GET", "DELETE", "PUT", "HEAD"] {
        let sent = Sent::line(method, "/", 1)
            .field("Host", " localhost")
            .body(word(9).as_bytes());
        let what = format!("a body with {method}");
        read_with_next(f, attempt, &sent, &[&sent.bytes], &what, &BODY_LEFT)?;
    }
    let mut sent = post().field("cONTENT-lENGTH", " 5").end();
    sent.bytes.extend_from_slice(b"hello");
    sent.meant.body = b"hello".to_vec();
    let what = "a body with `cONTENT-lENGTH`";
    read_with_next(f, attempt, &sent, &[&sent.bytes], what, &NAMES_WITH_CASE)?;
    let sent = Sent::line("POST", "/", 0).body(&random_payload(7));
    read_with_next(
        f,
        attempt,
        &sent,
        &[&sent.bytes],
        "a body in 1.0",
        &BODY_LEFT,
    )
}

pub fn reads_a_chunked_body(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let post = || Sent::line("POST", &format!("/{}", word(4)), 1).field("Host", " localhost");
    let binary = {
        let mut binary = random_payload(26);
        binary[..6].copy_from_slice(b"\r\n0\r\n\r");
        binary
    };
    let mut in_binary = b"1A\r\n".to_vec();
    in_binary.extend_from_slice(&binary);
    in_binary.extend_from_slice(b"\r\n0\r\n\r\n");
    let text = b"hello, world, and more";
    let plain = post().chunked(
        b"5\r\nhello\r\n7\r\n, world\r\na\r\n, and more\r\n0\r\n\r\n",
        text,
    );
    let all = [
        ("a body in chunks", plain.clone()),
        ("an empty body in chunks", post().chunked(b"0\r\n\r\n", b"")),
        ("a chunk of 1A bytes", post().chunked(&in_binary, &binary)),
        (
            "sizes with zeros before them",
            post().chunked(b"0005\r\nhello\r\n000\r\n\r\n", b"hello"),
        ),
        (
            "chunks with extensions",
            post().chunked(
                b"5;a=b\r\nhello\r\n2;x=\"y;z\";w\r\n!!\r\n0;last\r\n\r\n",
                b"hello!!",
            ),
        ),
        (
            "chunks of one byte",
            post().chunked(b"1\r\na\r\n1\r\nb\r\n1\r\n\n\r\n0\r\n\r\n", b"ab\n"),
        ),
    ];
    for (what, sent) in &all {
        read_with_next(f, attempt, sent, &[&sent.bytes], what, &CHUNKS_MISREAD)?;
    }
    for (name, value, what, misconception) in [
        (
            "tRANSFER-eNCODING",
            " chunked",
            "a body in chunks, with the field's name in another case",
            &NAMES_WITH_CASE,
        ),
        (
            "Transfer-Encoding",
            "\tCHUNKED ",
            "a body in chunks, with the field's value in another case",
            &CODING_WITH_CASE,
        ),
    ] {
        let mut sent = post().field(name, value).end();
        sent.bytes.extend_from_slice(b"2\r\nhi\r\n0\r\n\r\n");
        sent.meant.body = b"hi".to_vec();
        read_with_next(f, attempt, &sent, &[&sent.bytes], what, misconception)?;
    }
    let trailers = post()
        .field("Trailer", " X-Sum")
        .chunked(b"5\r\nhello\r\n0\r\nX-Sum: 1\r\nX-B:\r\n\r\n", b"hello");
    let what = "a body in chunks, with trailer fields";
    read_with_next(
        f,
        attempt,
        &trailers,
        &[&trailers.bytes],
        what,
        &TRAILERS_LEFT,
    )?;
    // In pieces, wherever they end.
    let bytes = &trailers.bytes;
    for at in trailers.head()..bytes.len() {
        let pieces = [&bytes[..at], &bytes[at..]];
        let what = "a body in chunks, in two pieces";
        read_with_next(f, attempt, &trailers, &pieces, what, &BODY_IN_PIECES)?;
    }
    let pieces: Vec<&[u8]> = plain.bytes.chunks(1).collect();
    let what = "a body in chunks, byte by byte";
    read_with_next(f, attempt, &plain, &pieces, what, &BODY_IN_PIECES)
}

/// Reads a request that is sent in these pieces, with another request right behind it, which must not
/// suffer.
fn read_with_next(
    f: &Functions,
    attempt: &mut Attempt,
    sent: &Sent,
    pieces: &[&[u8]],
    what: &str,
    blame: &'static Misconception,
) -> Result<(), Stop> {
    let next = any_get();
    let mut talk = Talk::new(attempt)?;
    let mut pieces = pieces.to_vec();
    let end = [pieces.pop().unwrap_or_default(), &next.bytes].concat();
    pieces.push(&end);
    let gave = talk.read_pieces(f, attempt, &pieces);
    // What is special about it, as far as it has no name of its own in `what`.
    let special = [
        "tRANSFER-eNCODING",
        "CHUNKED",
        "X-Sum: 1",
        ";a=b",
        "0005",
        "1A\r\n",
        "Transfer-Encoding: chunked",
    ]
    .into_iter()
    .find(|special| contains(&sent.bytes, special.as_bytes()))
    .unwrap_or("\r\n\r\n");
    // A command need not be complete to show where it goes wrong.
    let shown: Vec<Vec<u8>> = pieces
        .iter()
        .take(2)
        .map(|piece| piece[..piece.len().min(300)].to_vec())
        .collect();
    let shown: Vec<&[u8]> = shown.iter().map(Vec::as_slice).collect();
    let remark = match special {
        "CHUNKED" => "chunked, in another case",
        _ => "this has to be read, too",
    };
    Blame::new(blame, what, &shown)
        .marking(&sent.bytes, special, remark)
        .must_be(attempt, gave, sent)
        .map_err(|stop| match pieces.len() {
            1 => stop,
            _ => stop.rather(
                &BODY_LEFT,
                &BODY_IN_PIECES,
                format!("The client sent {what}; read_request returned none of it."),
            ),
        })?;
    let call = talk.start(f, attempt);
    let gave = attempt.finish(call);
    let after = format!("{what}, and another request right behind it");
    let lost = match blame {
        it if std::ptr::eq(it, &TRAILERS_LEFT) => &TRAILERS_LEFT,
        it if std::ptr::eq(it, &CHUNKS_MISREAD) => &CHUNKS_MISREAD,
        _ => &NEXT_LOST,
    };
    Blame::new(lost, &after, &shown)
        .marking(&sent.bytes, special, "this has to be read, too")
        .must_be(attempt, gave, &next)
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|it| it == part)
}

pub fn gives_no_half_request(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let get = as_curl_sends_it();
    let sized = Sent::line("POST", "/", 1)
        .field("Host", " a")
        .body(word(9).as_bytes());
    let chunked = Sent::line("POST", "/", 1)
        .field("Host", " a")
        .chunked(b"5\r\nhello\r\n2;x\r\n!!\r\n0\r\nX: y\r\n\r\n", b"hello!!");
    for (sent, from) in [
        (&get, 1),
        (&sized, sized.head()),
        (&chunked, chunked.head()),
    ] {
        let bytes = &sent.bytes;
        for at in from..bytes.len() {
            let mut talk = Talk::new(attempt)?;
            talk.send(&bytes[..at]);
            talk.client.peer.half_close()?;
            let call = talk.start(f, attempt);
            let told = |stop: Stop| {
                let remark = "the client closes here";
                stop.pointing_at(exhibit(bytes, at, at, remark))
                    .by_hand(by_hand(&[&bytes[..at]]).replace("| nc ", "| nc -N "))
            };
            let looped = "The client closed in the middle of a request; read_request goes on asking \
                          for more.";
            let gave = attempt.finish(call).map_err(|stop| {
                told(
                    stop.rather(&conduct::SPINS, &HALF_A_REQUEST, looped)
                        .rather(&conduct::NEVER_RETURNED, &HALF_A_REQUEST, looped),
                )
            })?;
            if let Ok(Some(request)) = gave {
                attempt.remark("expected an error");
                return Err(told(HALF_A_REQUEST.seen(format!(
                    "The client closed after {at} of {} bytes; read_request returned {}.",
                    bytes.len(),
                    request.shown()
                ))));
            }
        }
    }
    Ok(())
}

pub fn tells_a_reset_from_a_bad_request(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let sized = Sent::line("POST", "/", 1)
        .field("Host", " a")
        .body(word(9).as_bytes());
    for (at, whereabouts) in [
        (5, "within the request line"),
        (sized.head() - 3, "within the head"),
        (sized.head() + 3, "within the body"),
    ] {
        let mut talk = Talk::new(attempt)?;
        let call = talk.start(f, attempt);
        talk.send(&sized.bytes[..at]);
        talk.wait_until_taken();
        if let Some(ended) = attempt.poll(&call) {
            let what = format!("{at} of {} bytes of a request", sized.bytes.len());
            let blame = Blame::new(&HEAD_IN_PIECES, &what, &[&sized.bytes[..at]]);
            return blame.must_be(attempt, ended, &sized);
        }
        let Talk { client, .. } = talk;
        client.peer.reset()?;
        let gave = attempt.finish(call)?;
        if !matches!(gave, Err(RequestError::Io(_))) {
            attempt.remark("expected Io");
            return Err(RESET_HIDDEN.seen(format!(
                "The connection was reset {whereabouts}; read_request gave {}.",
                gave.shown()
            )));
        }
    }
    // Nothing was asked for yet: the client is gone, or the connection is broken. It is both.
    let talk = Talk::new(attempt)?;
    let call = talk.start(f, attempt);
    if let Some(early) = attempt.until_it_waits(&call) {
        let gave = early?;
        return Err(END_IS_NO_ERROR_HERE.seen(format!(
            "The client has not sent anything yet; read_request gave {}.",
            gave.shown()
        )));
    }
    talk.client.peer.reset()?;
    let gave = attempt.finish(call)?;
    if matches!(gave, Ok(Some(_)) | Err(RequestError::Bad(_))) {
        attempt.remark("expected Io");
        return Err(RESET_HIDDEN.seen(format!(
            "The connection was reset before a request; read_request gave {}.",
            gave.shown()
        )));
    }
    Ok(())
}

pub fn goes_on_reading_a_request_after_a_signal(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let sent = Sent::line("POST", "/", 1)
        .field("Host", " localhost")
        .body(&random_payload(9));
    let chunked = Sent::line("POST", "/", 1)
        .field("Host", " localhost")
        .chunked(b"5\r\nhello\r\n0\r\n\r\n", b"hello");
    // Within the request line, and behind two bytes of the body; within the data of a chunk.
    for (sent, cuts) in [
        (&sent, [0, 7, sent.head() + 2, sent.bytes.len()]),
        (&chunked, [0, 0, chunked.head() + 5, chunked.bytes.len()]),
    ] {
        let bytes = &sent.bytes;
        let mut talk = Talk::new(attempt)?;
        let call = talk.start(f, attempt);
        for piece in cuts.windows(2).filter(|piece| piece[0] < piece[1]) {
            waits_on(
                attempt,
                &call,
                "The request was not complete yet",
                &HEAD_IN_PIECES,
            )?;
            interrupt(attempt)?;
            let situation = "A signal came while read_request waited";
            waits_on(attempt, &call, situation, &SIGNAL_ENDS_REQUEST)?;
            talk.send(&bytes[piece[0]..piece[1]]);
        }
        let gave = attempt.finish(call);
        let what = "a request in pieces, with signals between them";
        Blame::new(&SIGNAL_ENDS_REQUEST, what, &[bytes]).must_be(attempt, gave, sent)?;
    }
    Ok(())
}

/// The call must wait for the rest of its request.
fn waits_on(
    attempt: &mut Attempt,
    call: &Call<Gave>,
    situation: &str,
    otherwise: &'static Misconception,
) -> Result<(), Stop> {
    match attempt.until_it_waits(call) {
        None => Ok(()),
        Some(Err(stop)) => Err(stop),
        Some(Ok(gave)) => {
            attempt.remark("expected it to wait");
            Err(otherwise.seen(format!("{situation}; read_request gave {}.", gave.shown())))
        }
    }
}
