//! `recv`: what one recv gives, no more and no less.

use std::io::{self, Write};
use std::time::Duration;

use super::misconceptions::{
    BYTES_CHANGED, BYTES_LOST, DID_NOT_WAIT, EMPTY_BUFFER, END_AS_ERROR, ENDS_THE_STREAM,
    INTERRUPTED, MORE_THAN_MAX, PEEKED, UNUSED_TAIL, WAITS_FOR_MORE, ZERO_NOT_YET,
};
use super::{
    Functions, Lent, binary, bytes, failed, hurry, interrupt, left_usable, must_break,
    or_text_unwrapped, waits,
};
use harness::attempt::{Attempt, Call};
use harness::clock::Slept;
use harness::conduct;
use harness::finding::{Misconception, Stop};
use harness::kernel;
use harness::rubric::connection::connected;
use harness::rubric::sleep::must_not_have_slept;
use harness::watch::{self, Look};
use harness::wire::{Heard, Peer};

pub fn returns_the_bytes_that_arrived(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let (mut client, stream) = connected(attempt, None)?;
    let stream = Lent::new(stream)?;
    let payload = binary(fastrand::usize(5..12));
    arrive(&mut client, &stream, &payload)?;
    receive(f, attempt, &stream, &payload, 64)
}

pub fn returns_what_is_there(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let (mut client, stream) = connected(attempt, None)?;
    let stream = Lent::new(stream)?;
    // With what text has at its ends, and with what strings in C have; then with neither.
    for end in [&b" \r\n"[..], &[0, 0, 0], &[]] {
        let mut payload = binary(fastrand::usize(3..9));
        payload.extend_from_slice(end);
        arrive(&mut client, &stream, &payload)?;
        receive(f, attempt, &stream, &payload, 1000)?;
    }
    Ok(())
}

pub fn takes_no_more_than_it_may(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let (mut client, stream) = connected(attempt, None)?;
    let stream = Lent::new(stream)?;
    for (length, max) in [(20, 7), (3, 1), (5000, 100_000)] {
        let payload = binary(length);
        arrive(&mut client, &stream, &payload)?;
        receive(f, attempt, &stream, &payload, max)?;
    }
    Ok(())
}

pub fn returns_nothing_when_the_peer_is_done(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let (mut client, stream) = connected(attempt, None)?;
    let stream = Lent::new(stream)?;
    let payload = binary(4);
    arrive(&mut client, &stream, &payload)?;
    client.half_close()?;
    receive(f, attempt, &stream, &payload, 64)?;
    // At the end it is said again and again.
    for _ in 0..2 {
        let call = start(f, attempt, &stream, 64);
        let looped = "The peer is done, and recv went on asking for more.";
        let result = attempt.finish(call).map_err(|stop| {
            stop.rather(&conduct::SPINS, &ZERO_NOT_YET, looped).rather(
                &conduct::NEVER_RETURNED,
                &ZERO_NOT_YET,
                looped,
            )
        })?;
        match result {
            Ok(bytes) if bytes.is_empty() => {}
            Ok(bytes) => {
                attempt.remark("expected 0 bytes");
                return Err(UNUSED_TAIL.seen(format!(
                    "The peer is done, and recv returned {} bytes that nobody sent.",
                    bytes.len()
                )));
            }
            Err(error) => {
                attempt.remark("expected 0 bytes");
                return Err(END_AS_ERROR.seen(format!(
                    "The peer is done, and recv gave the error {:?}.",
                    error.to_string()
                )));
            }
        }
    }
    left_usable(attempt, &stream.handle, "recv")?;
    // Only one direction has ended.
    let answer = binary(5);
    let sent = (&stream.handle).write_all(&answer);
    attempt.fact("an answer is sent after the end", bytes(5));
    match client.hear(answer.len()) {
        Heard::Bytes(heard) if sent.is_ok() && heard == answer => {}
        _ => {
            attempt.remark("expected the answer");
            return Err(ENDS_THE_STREAM.seen(
                "The peer was done, recv said so, and after that the peer could not be answered.",
            ));
        }
    }

    // With a limit that is no small number, nothing is no answer.
    let (mut client, stream) = connected(attempt, None)?;
    let stream = Lent::new(stream)?;
    let payload = binary(4);
    arrive(&mut client, &stream, &payload)?;
    receive(f, attempt, &stream, &payload, 1 << 16)
}

pub fn waits_until_something_comes(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let (mut client, stream) = connected(attempt, None)?;
    let stream = Lent::new(stream)?;
    hurry(attempt);
    let call = start(f, attempt, &stream, 64);
    still_waits(attempt, &call, &DID_NOT_WAIT, "Nothing had been sent yet")?;
    let payload = binary(5);
    client.send(&payload)?;
    finish(f, attempt, &stream, call, &payload)
}

pub fn goes_on_receiving_after_a_signal(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let (mut client, stream) = connected(attempt, None)?;
    let stream = Lent::new(stream)?;
    let call = start(f, attempt, &stream, 64);
    still_waits(attempt, &call, &DID_NOT_WAIT, "Nothing had been sent yet")?;
    for _ in 0..6 {
        interrupt(attempt)?;
        still_waits(
            attempt,
            &call,
            &INTERRUPTED,
            "A signal came while recv waited",
        )?;
    }
    let payload = binary(5);
    client.send(&payload)?;
    finish(f, attempt, &stream, call, &payload)
}

pub fn returns_the_error_of_recv(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let (client, stream) = connected(attempt, None)?;
    let stream = Lent::new(stream)?;
    client.reset()?;
    let call = start(f, attempt, &stream, 64);
    let result = attempt.finish(call);
    must_break(result, "the peer reset the connection", "recv")?;

    // Behind bytes: the reset is still to be told when they are read.
    let (mut client, stream) = connected(attempt, None)?;
    let stream = Lent::new(stream)?;
    arrive(&mut client, &stream, &binary(5))?;
    client.reset()?;
    let come = watch::until(&watch::DUE, |slice| {
        // A connection that was reset has no peer.
        if stream.handle.peer_addr().is_err() {
            return Look::Done(());
        }
        std::thread::park_timeout(slice.min(Duration::from_millis(1)));
        Look::Nothing
    });
    come.map_err(|_| Stop::Trouble("the reset did not arrive".to_owned()))?;
    // One that takes the bytes in several calls has several to make.
    for _ in 0..=5 {
        let call = start(f, attempt, &stream, 64);
        let result = attempt.finish(call);
        if !matches!(&result, Ok(Ok(got)) if !got.is_empty()) {
            let why = "the peer reset the connection after its bytes";
            return must_break(result, why, "recv");
        }
    }
    Ok(())
}

/// There is nothing to receive yet: the call must wait.
fn still_waits(
    attempt: &mut Attempt,
    call: &Call<io::Result<Vec<u8>>>,
    otherwise: &'static Misconception,
    situation: &str,
) -> Result<(), Stop> {
    let Some(early) = waits(attempt, call, "recv")? else {
        return Ok(());
    };
    let gave = match early {
        Ok(bytes) => format!("{} bytes", bytes.len()),
        Err(error) => format!("the error {:?}", error.to_string()),
    };
    Err(otherwise.seen(format!("{situation}, and recv gave {gave}.")))
}

/// Sends `payload`, and waits until all of it stands in the submission's kernel.
fn arrive(client: &mut Peer, stream: &Lent, payload: &[u8]) -> Result<(), Stop> {
    client.send(payload)?;
    let arrived = || kernel::unread(&stream.handle).is_none_or(|n| n >= payload.len() as u64);
    let come = watch::until(&watch::DUE, |slice| {
        if arrived() {
            return Look::Done(());
        }
        kernel::wait_until_ready(&stream.handle, false, slice.min(Duration::from_millis(1)));
        Look::Nothing
    });
    come.map_err(|_| Stop::Trouble("what the grader sent did not arrive".to_owned()))
}

fn start(
    f: &Functions,
    attempt: &mut Attempt,
    stream: &Lent,
    max: usize,
) -> Call<io::Result<Vec<u8>>> {
    let recv = f.recv;
    let text = format!("recv(stream, {max})");
    attempt.start(
        "recv",
        text,
        stream.to_a_call(move |stream| recv(stream, max)),
    )
}

/// Receives `payload`, which has arrived, in as many calls as it takes: one may give less than there is.
fn receive(
    f: &Functions,
    attempt: &mut Attempt,
    stream: &Lent,
    payload: &[u8],
    max: usize,
) -> Result<(), Stop> {
    let mut missing = payload;
    let slept = Slept::from_now();
    while !missing.is_empty() {
        let call = start(f, attempt, stream, max);
        let got = settle(attempt, call, missing)?;
        if got.len() > max {
            attempt.remark(format!("expected at most {max} bytes"));
            return Err(MORE_THAN_MAX.seen(format!(
                "recv was asked for at most {max} bytes and returned {}.",
                got.len()
            )));
        }
        missing = judge(attempt, stream, &got, missing, max)?;
    }
    if let Some(unread @ 1..) = kernel::unread(&stream.handle) {
        attempt.fact(
            "the kernel says: still to be read",
            format!("{unread} bytes"),
        );
        attempt.remark("expected 0");
        return Err(PEEKED.seen("recv returned what had arrived, and left it in the stream."));
    }
    must_not_have_slept(attempt, &slept, "recv", "The bytes had arrived")?;
    left_usable(attempt, &stream.handle, "recv")
}

fn finish(
    f: &Functions,
    attempt: &mut Attempt,
    stream: &Lent,
    call: Call<io::Result<Vec<u8>>>,
    payload: &[u8],
) -> Result<(), Stop> {
    let got = settle(attempt, call, payload)?;
    let missing = judge(attempt, stream, &got, payload, 64)?;
    receive(f, attempt, stream, missing, 64)
}

/// What a call gave, for which there are bytes to be had.
fn settle(
    attempt: &mut Attempt,
    call: Call<io::Result<Vec<u8>>>,
    missing: &[u8],
) -> Result<Vec<u8>, Stop> {
    let waits = format!(
        "{} bytes had arrived, and recv did not return them: it waits for more.",
        missing.len()
    );
    let result = attempt
        .finish(call)
        .map_err(|stop| stop.rather(&conduct::NEVER_RETURNED, &WAITS_FOR_MORE, waits))
        .map_err(or_text_unwrapped)?;
    result.map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::UnexpectedEof => {
            WAITS_FOR_MORE.seen(format!(
                "{} bytes had arrived, and recv gave the error {:?} in their place.",
                missing.len(),
                error.to_string()
            ))
        }
        _ => failed(&error, "recv"),
    })
}

/// `got` must be the beginning of `missing`. Gives what is missing then.
fn judge<'a>(
    attempt: &mut Attempt,
    stream: &Lent,
    got: &[u8],
    missing: &'a [u8],
    max: usize,
) -> Result<&'a [u8], Stop> {
    if got.is_empty() {
        attempt.remark(format!("expected some of {} bytes", missing.len()));
        return Err(EMPTY_BUFFER.seen(format!(
            "{} bytes had arrived, and recv returned none.",
            missing.len()
        )));
    }
    if let Some(rest) = missing.strip_prefix(got) {
        if rest.is_empty() || kernel::unread(&stream.handle).is_none_or(|unread| unread > 0) {
            return Ok(rest);
        }
        let gone = rest.len();
        attempt.fact("the kernel says: still to be read", "0 bytes");
        attempt.remark(format!("expected {gone}"));
        return Err(if got.len() < max {
            BYTES_CHANGED.seen(format!(
                "recv returned the first {} bytes; the {gone} after them are gone.",
                got.len()
            ))
        } else {
            BYTES_LOST.seen(format!(
                "recv returned {} bytes, as it may; the {gone} after them are gone.",
                got.len()
            ))
        });
    }
    attempt.remark(format!("expected the {} bytes that arrived", missing.len()));
    let tail = got.strip_prefix(missing);
    Err(match tail {
        Some(tail) => UNUSED_TAIL.seen(format!(
            "{} bytes had arrived; recv returned them, and {} more that nobody sent.",
            missing.len(),
            tail.len()
        )),
        None => BYTES_CHANGED.seen("recv returned other bytes than those that had arrived."),
    })
}
