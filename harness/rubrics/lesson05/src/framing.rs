//! `framing`: where a body ends, by the method, the status, and two fields.

use super::misconceptions::{
    BODY_WHERE_NONE, CHUNKED_GUESSED, CHUNKS_OVERLOOKED, CLOSE_ENDS_IT, EQUAL_LENGTHS,
    FRAMING_WITH_CASE, LENGTH_GUESSED, LENGTH_MISREAD, LENGTH_OVER_CHUNKS, TWO_LENGTHS,
};
use super::{FetchError, Framing, Functions, Head};
use harness::attempt::{Attempt, Shown};
use harness::finding::{Exhibit, Misconception, Stop};
use harness::rubric::message::word;

type Gave = Result<Framing, FetchError>;
type Fields<'a> = &'a [(&'a str, &'a str)];

/// A head with these fields, among others.
fn head(status: u16, fields: Fields<'_>) -> Head {
    let field = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let mut headers = vec![(
        "Date".to_owned(),
        "Tue, 15 Nov 1994 08:12:31 GMT".to_owned(),
    )];
    headers.extend(fields.iter().map(field));
    headers.push(("X-Id".to_owned(), word(4)));
    Head {
        minor_version: 1,
        status,
        reason: word(3),
        headers,
    }
}

/// Asks for the framing of an answer with these fields.
fn asked(
    f: &Functions,
    attempt: &mut Attempt,
    method: &'static str,
    status: u16,
    fields: Fields<'_>,
) -> Result<Gave, Stop> {
    let (framing, head) = (f.framing, head(status, fields));
    let text = format!("framing({method:?}, {})", in_words(status, fields));
    attempt.call("framing", text, move || framing(method, &head))
}

fn in_words(status: u16, fields: Fields<'_>) -> String {
    let fields: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    match fields.as_slice() {
        [] => format!("{status} without fields"),
        fields => format!("{status}, {}", fields.join(", ")),
    }
}

/// The field that it is about.
fn shown((name, value): (&str, &str), remark: &str) -> Exhibit {
    let from = name.len() + 2;
    Exhibit {
        title: "field".to_owned(),
        bytes: format!("{name}: {value}").into_bytes(),
        from,
        to: from + value.len(),
        remark: remark.to_owned(),
    }
}

/// The framing must be this one.
fn must_be(
    f: &Functions,
    attempt: &mut Attempt,
    (method, status, fields): (&'static str, u16, Fields<'_>),
    due: Framing,
    otherwise: &'static Misconception,
) -> Result<(), Stop> {
    let gave = asked(f, attempt, method, status, fields)?;
    // Nothing is read of a body of length 0, as of none.
    let nothing = |framing| matches!(framing, Framing::None | Framing::Length(0));
    match gave {
        Ok(framing) if framing == due => return Ok(()),
        Ok(framing) if nothing(due) && nothing(framing) => return Ok(()),
        Ok(_) | Err(_) => {}
    }
    attempt.remark(format!("expected {}", due.shown()));
    let seen = format!(
        "In answer to {method} came {}; framing gave {}.",
        in_words(status, fields),
        gave.shown()
    );
    let stop = otherwise.seen(seen);
    Err(match fields.last() {
        Some(field) => stop.pointing_at(shown(*field, &format!("the body: {}", told(due)))),
        None => stop,
    })
}

fn told(framing: Framing) -> String {
    match framing {
        Framing::None => "none".to_owned(),
        Framing::Length(length) => format!("{length} bytes"),
        Framing::Chunked => "in chunks".to_owned(),
        Framing::UntilClose => "up to the close".to_owned(),
    }
}

pub fn goes_by_the_length(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let some = fastrand::u64(1..1_000_000);
    let huge = (5 << 30) + fastrand::u64(1..1000);
    for (text, length) in [
        (some.to_string(), some),
        ("0".to_owned(), 0),
        (huge.to_string(), huge),
        (format!("000{some}"), some),
        ("0000".to_owned(), 0),
        (u64::MAX.to_string(), u64::MAX),
    ] {
        let fields = [("Content-Length", text.as_str())];
        let due = Framing::Length(length);
        must_be(f, attempt, ("GET", 200, &fields), due, &LENGTH_MISREAD)?;
    }
    // Whatever it is an answer to, and whatever it says.
    for (method, status) in [
        ("POST", 201),
        ("GET", 404),
        ("DELETE", 200),
        ("GET", 206),
        ("PUT", 500),
    ] {
        let text = some.to_string();
        let fields = [("Content-Length", text.as_str())];
        let due = Framing::Length(some);
        must_be(f, attempt, (method, status, &fields), due, &LENGTH_MISREAD)?;
    }
    for name in ["content-length", "CONTENT-LENGTH", "Content-length"] {
        let fields = [(name, "17")];
        let due = Framing::Length(17);
        must_be(f, attempt, ("GET", 200, &fields), due, &FRAMING_WITH_CASE)?;
    }
    Ok(())
}

pub fn goes_to_the_close_without_a_length(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let fields: [Fields<'_>; 3] = [
        &[],
        &[("Connection", "close")],
        // Names that only look like the one.
        &[("X-Content-Length", "5"), ("Content-Length-Hint", "6")],
    ];
    for fields in fields {
        for (method, status) in [("GET", 200), ("POST", 200), ("GET", 404), ("GET", 203)] {
            let asked = (method, status, fields);
            must_be(f, attempt, asked, Framing::UntilClose, &CLOSE_ENDS_IT)?;
        }
    }
    Ok(())
}

pub fn knows_answers_without_a_body(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let fields: [Fields<'_>; 6] = [
        &[("Content-Length", "5")],
        // Of a body that is not there it does not matter how long it is.
        &[("Content-Length", "five")],
        &[("Content-Length", "5"), ("Content-Length", "6")],
        &[("Transfer-Encoding", "chunked")],
        &[],
        &[("Content-Length", "5"), ("Transfer-Encoding", "chunked")],
    ];
    for fields in fields {
        for (method, status) in [
            ("HEAD", 200),
            ("HEAD", 404),
            ("GET", 204),
            ("POST", 204),
            ("GET", 304),
            ("HEAD", 304),
            ("GET", 101),
            ("GET", 100),
            ("GET", 199),
        ] {
            let asked = (method, status, fields);
            must_be(f, attempt, asked, Framing::None, &BODY_WHERE_NONE)?;
        }
    }
    // Those beside them have one.
    for status in [200, 203, 205, 303, 305, 400] {
        let asked = ("GET", status, &[("Content-Length", "5")][..]);
        must_be(f, attempt, asked, Framing::Length(5), &LENGTH_MISREAD)?;
    }
    Ok(())
}

pub fn goes_by_chunks(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    const NAME: &str = "Transfer-Encoding";
    let due = Framing::Chunked;
    for (fields, otherwise) in [
        (&[(NAME, "chunked")][..], &CHUNKS_OVERLOOKED),
        (&[(NAME, "Chunked")], &FRAMING_WITH_CASE),
        (&[(NAME, "CHUNKED")], &FRAMING_WITH_CASE),
        (&[("transfer-encoding", "chunked")], &FRAMING_WITH_CASE),
        (&[("TRANSFER-ENCODING", "chunked")], &FRAMING_WITH_CASE),
        (&[(NAME, "gzip, chunked")], &CHUNKS_OVERLOOKED),
        (&[(NAME, "gzip,chunked")], &CHUNKS_OVERLOOKED),
        (&[(NAME, "gzip \t,\t  chunked")], &CHUNKS_OVERLOOKED),
        (&[(NAME, "gzip"), (NAME, "chunked")], &CHUNKS_OVERLOOKED),
        (
            &[("Content-Length", "5"), (NAME, "chunked")],
            &LENGTH_OVER_CHUNKS,
        ),
        (
            &[(NAME, "chunked"), ("Content-Length", "5")],
            &LENGTH_OVER_CHUNKS,
        ),
        (
            &[(NAME, "gzip, chunked"), ("Content-Length", "0")],
            &LENGTH_OVER_CHUNKS,
        ),
        (
            &[(NAME, "chunked"), ("Content-Length", "five")],
            &LENGTH_OVER_CHUNKS,
        ),
    ] {
        must_be(f, attempt, ("GET", 200, fields), due, otherwise)?;
    }
    let asked = ("POST", 500, &[(NAME, "chunked")][..]);
    must_be(f, attempt, asked, due, &CHUNKS_OVERLOOKED)
}

pub fn takes_no_other_coding_for_chunks(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    const NAME: &str = "Transfer-Encoding";
    let fields: [Fields<'_>; 6] = [
        &[(NAME, "gzip")],
        &[(NAME, "gzip, deflate")],
        &[(NAME, "x-chunked")],
        &[(NAME, "chunked-not")],
        // It says how to decode the content, not where it ends.
        &[("Content-Encoding", "chunked")],
        &[("Content-Length", "5"), (NAME, "gzip")],
    ];
    for fields in fields {
        let asked = ("GET", 200, fields);
        must_be(f, attempt, asked, Framing::UntilClose, &CHUNKED_GUESSED)?;
    }
    Ok(())
}

pub fn refuses_a_length_that_is_none(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    for (length, remark) in [
        ("-5", "digits, nothing else"),
        ("+5", "digits, nothing else"),
        ("-0", "digits, nothing else"),
        ("5 5", "digits, nothing else"),
        ("", "digits, at least one"),
        ("0x5", "digits, nothing else"),
        ("5.0", "digits, nothing else"),
        ("5e3", "digits, nothing else"),
        ("five", "digits, nothing else"),
        ("5;", "digits, nothing else"),
        ("1_000", "digits, nothing else"),
        ("\u{665}", "a digit, but not one of ASCII"),
    ] {
        let fields = [("Content-Length", length)];
        let gave = asked(f, attempt, "GET", 200, &fields)?;
        if gave != Err(FetchError::BadReply) {
            attempt.remark("expected BadReply");
            let seen = format!(
                "The answer has `Content-Length: {length}`, and framing gave {}.",
                gave.shown()
            );
            let stop = LENGTH_GUESSED.seen(seen);
            return Err(stop.pointing_at(shown(fields[0], remark)));
        }
    }
    // Whether it is refused is a matter of taste; where it wraps around, it is another number.
    let fields = [("Content-Length", "18446744073709551621")];
    let gave = asked(f, attempt, "GET", 200, &fields)?;
    if matches!(gave, Ok(Framing::Length(length)) if length < u64::MAX) || gave == Ok(Framing::None)
    {
        attempt.remark("expected BadReply");
        let seen = format!("framing made of a length beyond u64: {}.", gave.shown());
        let stop = LENGTH_GUESSED.seen(seen);
        return Err(stop.pointing_at(shown(fields[0], "more than u64 holds")));
    }
    Ok(())
}

pub fn refuses_two_different_lengths(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    const NAME: &str = "Content-Length";
    let differ: [Fields<'_>; 5] = [
        &[(NAME, "5"), (NAME, "6")],
        &[(NAME, "6"), ("content-length", "5")],
        &[(NAME, "5"), (NAME, "5"), (NAME, "7")],
        &[(NAME, "0"), (NAME, "5")],
        &[(NAME, "5, 6")],
    ];
    for fields in differ {
        let gave = asked(f, attempt, "GET", 200, fields)?;
        if gave != Err(FetchError::BadReply) {
            attempt.remark("expected BadReply");
            let lengths: Vec<&str> = fields.iter().map(|field| field.1).collect();
            let lengths = lengths.join(", ");
            let seen = format!(
                "The lengths {lengths} were given; framing gave {}.",
                gave.shown()
            );
            let field = fields.last().copied().unwrap_or_default();
            return Err(TWO_LENGTHS
                .seen(seen)
                .pointing_at(shown(field, "which one is it?")));
        }
    }
    let fields = [(NAME, "17"), ("content-length", "17")];
    let due = Framing::Length(17);
    must_be(f, attempt, ("GET", 200, &fields), due, &EQUAL_LENGTHS)
}
