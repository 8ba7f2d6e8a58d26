//! What is said when something failed, and curl's exit code for it.

use std::io;

use super::connection::{Connection, STATUS_LINE};
use super::exchange::Answer;
use super::failure::{Failure, code, said};
use super::fields::find;
use super::output::Output;
use super::plan::is_foreign;
use super::report::Report;
use super::url_text::without_user;
use super::{FetchError, Framing, Head};

/// Who was asked, for a message. Not the URL as it was given: there may be a password in it.
pub fn whom(report: &Report) -> String {
    match report.remote {
        Some(address) => format!(" ({} at {address})", without_user(&report.effective)),
        None => String::new(),
    }
}

pub fn not_sent(error: &io::Error, report: &Report) -> Failure {
    match error.kind() {
        io::ErrorKind::TimedOut => timed_out(0, None, report),
        _ => Failure::new(
            FetchError::Send as u8,
            format!("Send failure: {}", said(error)),
        ),
    }
}

/// What is said when there is no head.
pub fn no_answer(
    error: FetchError,
    raw: &[u8],
    connection: &Connection,
    report: &Report,
) -> Failure {
    match error {
        FetchError::Timeout => timed_out(0, None, report),
        FetchError::EmptyReply => Failure::new(error as u8, "Empty reply from server"),
        FetchError::Receive => Failure::new(error as u8, receive_failure(connection)),
        // curl takes it for an answer of 1991, which had no head.
        FetchError::BadReply if !begins_with_status_line(raw) => {
            Failure::new(code::UNSUPPORTED, "Received HTTP/0.9 when not allowed")
        }
        _ => Failure::new(
            error as u8,
            "Weird server reply: this is no head of HTTP/1.x",
        ),
    }
}

/// Whether it is `HTTP/1.1 200 OK`, as far as it goes.
fn begins_with_status_line(raw: &[u8]) -> bool {
    let line = raw
        .split(|byte| b"\r\n".contains(byte))
        .next()
        .unwrap_or_default();
    let mut places = line.iter().zip(b"HTTP/1.0 000 ");
    places.all(|(byte, place)| match place {
        b'0' => byte.is_ascii_digit(),
        place => byte == place,
    }) && (line.len() >= STATUS_LINE || line.len() == raw.len())
}

/// What is said when the body ends before it should.
pub fn incomplete(
    error: FetchError,
    answer: &Answer,
    received: u64,
    output: &Output,
    report: &Report,
) -> Failure {
    let total = match answer.framing {
        Framing::Length(length) => Some(length),
        _ => None,
    };
    let reason = match (error, &output.trouble, total) {
        (FetchError::Timeout, ..) => return timed_out(received, total, report),
        (FetchError::Write, Some(trouble), _) => return output.failure(trouble),
        (FetchError::Partial, _, Some(total)) => {
            format!(
                "transfer closed with {} bytes remaining to read",
                total.saturating_sub(received)
            )
        }
        (FetchError::Partial, ..) => {
            "transfer closed with outstanding read data remaining".to_owned()
        }
        (FetchError::Receive, ..) if answer.connection.trouble.is_some() => {
            receive_failure(&answer.connection)
        }
        // curl's code for a malformed chunk is that for a connection that breaks.
        (FetchError::BadReply | FetchError::Receive, ..) => {
            let reason = "Illegal or missing hexadecimal sequence in chunked-encoding";
            return Failure::new(FetchError::Receive as u8, reason);
        }
        (error, ..) => format!("The transfer failed: {error:?}"),
    };
    Failure::new(error as u8, reason)
}

fn receive_failure(connection: &Connection) -> String {
    match &connection.trouble {
        Some(error) => format!("Recv failure: {}", said(error)),
        None => "Failure when receiving data".to_owned(),
    }
}

pub fn timed_out(received: u64, total: Option<u64>, report: &Report) -> Failure {
    let time = report.times.begun.elapsed().as_millis();
    let of_total = total
        .map(|total| format!(" out of {total}"))
        .unwrap_or_default();
    Failure::new(
        code::TIMEOUT,
        format!(
            "Operation timed out after {time} milliseconds with {received}{of_total} bytes received"
        ),
    )
}

pub fn bad_redirect(error: FetchError, head: &Head) -> Failure {
    let location = find(&head.headers, "Location").unwrap_or_default();
    match location.split_once("://") {
        Some((scheme, _)) if is_foreign(scheme) => Failure::new(
            code::UNSUPPORTED,
            format!("Protocol \"{scheme}\" not supported: the answer asks for {location:?}"),
        ),
        _ => Failure::new(
            error as u8,
            format!("The redirect URL is malformed: {location:?}"),
        ),
    }
}
