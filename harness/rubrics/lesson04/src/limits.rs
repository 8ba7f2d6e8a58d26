//! `read_request` and its limits: what is just allowed, what is just too much, what never ends.

use super::misconceptions::{
    BAD_IS_NOT_GONE, BODY_IN_PIECES, LIMIT_TOO_SMALL, NO_BODY_LIMIT, NO_HEAD_LIMIT, WRONG_REFUSAL,
};
use super::reading::{Blame, sent_while_read};
use super::refusals::refused;
use super::requests::Sent;
use super::{Functions, RequestError};
use harness::attempt::{Attempt, Shown};
use harness::conduct;
use harness::finding::Stop;
use harness::rubric::message::word;
use harness::wire::random_payload;

/// The longest request line that must be taken, without its end.
const REQUEST_LINE: usize = 8192;
/// The longest head that must be taken, with its empty line.
const HEAD: usize = 65_536;
/// How many fields a request may have.
const FIELDS: usize = 100;
/// The longest body that must be taken.
pub const BODY: usize = 1 << 20;

/// A request whose line is this long, without its end.
fn long_line(length: usize) -> Sent {
    let target = format!("/{}", word(length - "GET / HTTP/1.1".len()));
    Sent::line("GET", &target, 1)
        .field("Host", " localhost")
        .end()
}

/// A request with this many fields.
fn many_fields(count: usize) -> Sent {
    let mut sent = Sent::line("GET", "/", 1).field("Host", " localhost");
    for number in 1..count {
        sent = sent.field(&format!("X-{number}"), &format!(" {}", word(2)));
    }
    sent.end()
}

/// A request whose head is this long, with its empty line, in this many fields more than Host.
fn long_head(length: usize, fields: usize) -> Sent {
    let mut sent = Sent::line("GET", "/", 1).field("Host", " localhost");
    for number in (1..=fields).rev() {
        let left = length - sent.bytes.len() - 2;
        let value = left / number - "X-10: \r\n".len();
        sent = sent.field(
            &format!("X-{:02}", number % 100),
            &format!(" {}", word(value)),
        );
    }
    sent.end()
}

pub fn takes_what_the_limits_allow(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let fill = |before: &str, count: usize, after: &str| {
        format!(
            "(printf '{before}'; head -c {count} /dev/zero | tr '\\0' a; printf '{after}') | nc \
             127.0.0.1 8000"
        )
    };
    let one = long_head(HEAD, 1);
    let many = long_head(HEAD, FIELDS - 1);
    let end = "\\r\\nHost: localhost\\r\\n\\r\\n";
    let heads = [
        (
            long_line(REQUEST_LINE),
            format!("a request line of {REQUEST_LINE} bytes"),
            fill("GET /", REQUEST_LINE - 14, &format!(" HTTP/1.1{end}")),
        ),
        (
            many_fields(FIELDS),
            format!("a request with {FIELDS} fields"),
            format!(
                "(printf 'GET / HTTP/1.1\\r\\nHost: a\\r\\n'; yes 'X: y' | head -n {} | sed 's/$/\\r/'; \
                 printf '\\r\\n') | nc 127.0.0.1 8000",
                FIELDS - 1
            ),
        ),
        (
            one.clone(),
            format!("a head of {} bytes, most of them in one field", one.head()),
            fill(
                "GET / HTTP/1.1\\r\\nHost: a\\r\\nX: ",
                HEAD - 34,
                "\\r\\n\\r\\n",
            ),
        ),
        (
            many.clone(),
            format!("a head of {} bytes, in {FIELDS} fields", many.head()),
            String::new(),
        ),
    ];
    for (sent, what, command) in &heads {
        let blame = Blame {
            refused: &LIMIT_TOO_SMALL,
            waits: &LIMIT_TOO_SMALL,
            what,
            command: command.clone(),
            mark: None,
        };
        let gave = sent_while_read(f, attempt, &sent.bytes)?.0;
        blame.must_be(attempt, gave, sent)?;
    }
    let post = || Sent::line("POST", "/", 1).field("Host", " localhost");
    let body = random_payload(BODY);
    let mut chunks = Vec::new();
    for piece in body.chunks(400_000) {
        chunks.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
        chunks.extend_from_slice(piece);
        chunks.extend_from_slice(b"\r\n");
    }
    chunks.extend_from_slice(b"0\r\n\r\n");
    let bodies = [
        (
            post().body(&body),
            "a body of 1 MiB",
            "head -c 1048576 /dev/zero | curl --data-binary @- http://127.0.0.1:8000/",
        ),
        (
            post().chunked(&chunks, &body),
            "a body of 1 MiB in chunks",
            "head -c 1048576 /dev/zero | curl -H 'Transfer-Encoding: chunked' --data-binary @- \
             http://127.0.0.1:8000/",
        ),
    ];
    for (sent, what, command) in bodies {
        let blame = Blame {
            refused: &LIMIT_TOO_SMALL,
            waits: &BODY_IN_PIECES,
            what,
            command: command.to_owned(),
            mark: None,
        };
        let gave = sent_while_read(f, attempt, &sent.bytes)?.0;
        blame.must_be(attempt, gave, &sent)?;
    }
    Ok(())
}

pub fn refuses_heads_beyond_the_limits(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    // Longer than anything that is needed to see that it is too long.
    const MUCH: usize = 4 << 20;
    let start = b"GET / HTTP/1.1\r\nHost: localhost\r\n";
    let endless =
        |before: &[u8], piece: &[u8]| [before, &piece.repeat(MUCH / piece.len())].concat();
    let fill = |before: &str, count: usize| {
        format!("(printf '{before}'; head -c {count} /dev/zero | tr '\\0' a) | nc 127.0.0.1 8000")
    };
    let many = "(printf 'GET / HTTP/1.1\\r\\nHost: a\\r\\n'; yes 'X: y' | head -n 100 | sed 's/$/\\r/'; \
                printf '\\r\\n') | nc 127.0.0.1 8000";
    let header = "GET / HTTP/1.1\\r\\nHost: a\\r\\nX: ";
    for (bytes, status, what, command) in [
        (
            long_line(REQUEST_LINE + 1).bytes,
            414,
            format!("a request line of {} bytes", REQUEST_LINE + 1),
            fill("GET /", 8200),
        ),
        (
            endless(b"GET /", b"aaaaaaaa"),
            414,
            "a request line that does not end".to_owned(),
            fill("GET /", MUCH),
        ),
        (
            many_fields(FIELDS + 1).bytes,
            431,
            format!("a request with {} fields", FIELDS + 1),
            many.to_owned(),
        ),
        (
            // The empty line may count, or not.
            long_head(HEAD + 3, 1).bytes,
            431,
            format!("a head of {} bytes", HEAD + 3),
            fill(header, 70_000),
        ),
        (
            long_head(HEAD + 3, FIELDS - 1).bytes,
            431,
            format!("a head of {} bytes, in {FIELDS} fields", HEAD + 3),
            fill(header, 70_000),
        ),
        (
            endless(&[&start[..], b"X: "].concat(), b"aaaaaaaa"),
            431,
            "a field that does not end".to_owned(),
            fill(header, MUCH),
        ),
        (
            endless(start, b"X: y\r\n"),
            431,
            "fields without an end".to_owned(),
            many.to_owned(),
        ),
    ] {
        let (gave, sent) = sent_while_read(f, attempt, &bytes)?;
        let seen = format!("The client sent {what}, and read_request");
        let gave = gave.map_err(|stop| {
            let more = format!("{seen} waits for more, after {sent} bytes.");
            stop.rather(&conduct::NEVER_RETURNED, &NO_HEAD_LIMIT, more)
                .by_hand(command.clone())
        })?;
        let (misconception, told) = match gave {
            // As long as it is, somebody may read all of it, and refuse it then.
            Err(RequestError::Bad(_)) if sent >= MUCH => (
                &NO_HEAD_LIMIT,
                format!("{seen} refused it only after {sent} bytes."),
            ),
            Err(RequestError::Bad(got)) if got == status => continue,
            Err(RequestError::Bad(got)) => (&WRONG_REFUSAL, format!("{seen} gave Bad({got}).")),
            Ok(Some(_)) => (&NO_HEAD_LIMIT, format!("{seen} took it.")),
            Ok(None) | Err(RequestError::Io(_)) => {
                (&BAD_IS_NOT_GONE, format!("{seen} gave {}.", gave.shown()))
            }
        };
        attempt.remark(format!("expected Bad({status})"));
        return Err(misconception.seen(told).by_hand(command));
    }
    Ok(())
}

pub fn refuses_a_body_beyond_the_limit(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let head = "POST / HTTP/1.1\r\nHost: localhost\r\n";
    let coding = "Transfer-Encoding: chunked\r\n\r\n";
    // By what the head says, before anything of the body has come.
    let by_length = [BODY as u64 + 1, 1 << 40]
        .map(|length| format!("{head}Content-Length: ⟦{length}⟧\r\n\r\n"));
    let one_chunk = format!("{head}{coding}⟦{:X}⟧\r\n", BODY + 1);
    for marked in by_length.iter().chain([&one_chunk]) {
        refused(
            f,
            attempt,
            marked,
            "more than 1 MiB",
            &[413],
            &NO_BODY_LIMIT,
        )?;
    }
    // They wrap around, where numbers do: to 5.
    let wraps = ["18446744073709551621", "4294967301"]
        .map(|length| format!("{head}Content-Length: ⟦{length}⟧\r\n\r\nhello"));
    let chunks = ["10000000000000005", "100000005"]
        .map(|size| format!("{head}{coding}⟦{size}⟧\r\nhello\r\n0\r\n\r\n"));
    let not_first = format!("{head}{coding}5\r\nhello\r\n⟦ffffffffffffffff⟧\r\nhello\r\n0\r\n\r\n");
    for marked in wraps.iter().chain(&chunks).chain([&not_first]) {
        refused(
            f,
            attempt,
            marked,
            "more than 1 MiB",
            &[413, 400],
            &NO_BODY_LIMIT,
        )?;
    }
    // By what has come, without an end: chunks of 64 KiB, each within the limit; and what is no body,
    // where the status is a matter of taste.
    let mut chunk = b"10000\r\n".to_vec();
    chunk.resize(chunk.len() + 0x10000, b'a');
    chunk.extend_from_slice(b"\r\n");
    let chunks = (chunk, "chunks without an end", &[413][..]);
    let any = &[413, 400, 431];
    let extension = (
        vec![b';'; 1 << 16],
        "a chunk's size that does not end",
        &any[..],
    );
    let trailers = (
        b"X: y\r\n".repeat(1 << 13),
        "trailer fields without an end",
        &any[..],
    );
    let command = "yes | curl -H 'Transfer-Encoding: chunked' -T - http://127.0.0.1:8000/";
    for ((piece, what, statuses), before) in [(chunks, ""), (extension, "5"), (trailers, "0\r\n")] {
        let mut bytes = format!("{head}{coding}{before}").into_bytes();
        bytes.extend_from_slice(&piece.repeat(5 * BODY / piece.len() + 1));
        let (gave, sent) = sent_while_read(f, attempt, &bytes)?;
        let seen = format!("The client sent {what}, and read_request");
        let gave = gave.map_err(|stop| {
            let more = format!("{seen} waits for more, after {sent} bytes.");
            stop.rather(&conduct::NEVER_RETURNED, &NO_BODY_LIMIT, more)
                .by_hand(command)
        })?;
        let (misconception, told) = match gave {
            Err(RequestError::Bad(status)) if !statuses.contains(&status) => {
                (&WRONG_REFUSAL, format!("gave Bad({status})"))
            }
            Err(RequestError::Bad(_)) if sent < bytes.len() => continue,
            Err(RequestError::Bad(_)) => (&NO_BODY_LIMIT, format!("refused it after {sent} bytes")),
            Ok(Some(_)) => (&NO_BODY_LIMIT, "took it".to_owned()),
            Ok(None) | Err(RequestError::Io(_)) => {
                (&BAD_IS_NOT_GONE, format!("gave {}", gave.shown()))
            }
        };
        attempt.remark("expected Bad(413)");
        return Err(misconception
            .seen(format!("{seen} {told}."))
            .by_hand(command));
    }
    Ok(())
}
