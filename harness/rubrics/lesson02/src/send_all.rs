//! `send_all`: every byte, however little the kernel takes at a time.

use std::io;

use super::misconceptions::{
    BYTES_CHANGED, ENDS_THE_STREAM, GAVE_UP, INTERRUPTED, NOT_SENT, SENT_MORE, SHORT_WRITE,
};
use super::{
    Functions, Lent, binary, bytes, failed, hurry, interrupt, left_usable, must_break,
    or_text_unwrapped, waits,
};
use harness::attempt::{Attempt, Call};
use harness::clock::Slept;
use harness::finding::Stop;
use harness::kernel;
use harness::rubric::connection::{SMALL, connected, uneven};
use harness::rubric::sleep::must_not_have_slept;
use harness::watch::{self, Look};
use harness::wire::{Heard, Peer};

/// More than the small buffers hold, and quickly sent a byte at a time.
const MUCH: usize = 96 << 10;
/// How often the kernel is made to take a part: where in a write that happens is a matter of chance.
const ROUNDS: usize = 3;
/// How often it is tried again when an error came before the part was taken.
const MOST_ROUNDS: usize = 10;

pub fn sends_the_bytes_it_was_given(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let (mut client, stream) = connected(attempt, None)?;
    let stream = Lent::new(stream)?;
    let mut first = binary(fastrand::usize(4..9));
    first.extend_from_slice(b"\r\n\0");
    let second = binary(fastrand::usize(4..9));
    let slept = Slept::from_now();
    for (number, payload) in [first, Vec::new(), second].into_iter().enumerate() {
        let call = start(f, attempt, &stream, payload.clone());
        let result = attempt.finish(call).map_err(or_text_unwrapped)?;
        if let Err(error) = &result
            && number > 0
            && super::is_broken(error)
        {
            return Err(ENDS_THE_STREAM.seen(format!(
                "The first send_all worked; the next gave the error {:?}.",
                error.to_string()
            )));
        }
        result.map_err(|error| failed(&error, "send_all"))?;
        if !payload.is_empty() {
            must_hear(attempt, &mut client, &payload, number)?;
        }
        left_usable(attempt, &stream.handle, "send_all")?;
    }
    drop(stream);
    attempt.fact("the stream is dropped", "");
    match client.hear_end() {
        Heard::Fin(_) => {
            must_not_have_slept(attempt, &slept, "send_all", "There was room for all bytes")
        }
        Heard::Bytes(_) => {
            attempt.remark("expected FIN");
            Err(SENT_MORE.seen("After the bytes that were to be sent, more came."))
        }
        Heard::Reset(_) | Heard::Nothing(..) => {
            attempt.remark("expected FIN");
            Err(ENDS_THE_STREAM.seen("After send_all, the stream does not end as it should."))
        }
    }
}

fn must_hear(
    attempt: &mut Attempt,
    client: &mut Peer,
    payload: &[u8],
    number: usize,
) -> Result<(), Stop> {
    let heard = client.hear(payload.len());
    match &heard {
        Heard::Bytes(heard) if heard == payload => return Ok(()),
        _ => attempt.remark(format!("expected all {} bytes", payload.len())),
    }
    Err(match heard {
        Heard::Bytes(_) if number > 0 => SENT_MORE.seen(
            "Something that nobody asked for came between the bytes of two calls of send_all.",
        ),
        Heard::Bytes(heard) if heard.windows(3).any(|part| payload.starts_with(part)) => {
            SENT_MORE.seen("Something that nobody asked for came before the bytes.")
        }
        Heard::Bytes(_) => BYTES_CHANGED.seen("Other bytes came than send_all was given."),
        Heard::Fin(_) | Heard::Reset(_) => {
            ENDS_THE_STREAM.seen("The stream ended before the bytes had come.")
        }
        Heard::Nothing(part, _) if part.is_empty() => {
            NOT_SENT.seen("send_all returned Ok, and none of the bytes came.")
        }
        Heard::Nothing(part, _) => BYTES_CHANGED.seen(format!(
            "send_all returned Ok; {} came, and the rest did not.",
            bytes(part.len() as u64)
        )),
    })
}

pub fn waits_while_the_peer_does_not_read(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let (mut client, stream) = connected(attempt, Some(SMALL))?;
    let stream = Lent::new(stream)?;
    let payload = binary(MUCH);
    hurry(attempt);
    let call = start(f, attempt, &stream, payload.clone());
    if let Some(early) = waits(attempt, &call, "send_all")? {
        return Err(too_early(early));
    }
    attempt.fact("the buffers are full", "send_all waits");
    let result = read_all(attempt, &mut client, call, &payload)?;
    result.map_err(|error| failed(&error, "send_all"))?;
    left_usable(attempt, &stream.handle, "send_all")
}

/// It came back while the peer had read nothing, although the buffers cannot hold so much.
fn too_early(early: io::Result<()>) -> Stop {
    match early {
        Ok(()) => SHORT_WRITE.seen(format!(
            "send_all returned Ok although the buffers had no room for its {MUCH} bytes, and the peer had \
             not read any."
        )),
        Err(error) if error.kind() == io::ErrorKind::WriteZero => failed(&error, "send_all"),
        Err(error) => GAVE_UP.seen(format!(
            "The peer did not read yet, and send_all gave the error {:?}.",
            error.to_string()
        )),
    }
}

/// The peer reads everything that is to come, and the call ends.
fn read_all(
    attempt: &mut Attempt,
    client: &mut Peer,
    call: Call<io::Result<()>>,
    payload: &[u8],
) -> Result<io::Result<()>, Stop> {
    let heard = client.hear(payload.len());
    let (part, whole) = match &heard {
        Heard::Bytes(bytes) => (bytes, true),
        Heard::Fin(part) | Heard::Reset(part) | Heard::Nothing(part, _) => (part, false),
    };
    if whole && part == payload {
        return attempt.finish(call);
    }
    attempt.remark(format!("expected all {} bytes", payload.len()));
    let ended = waits(attempt, &call, "send_all")?;
    Err(match ended {
        Some(Err(error)) => {
            return Ok(Err(error));
        }
        _ if whole && !payload.starts_with(part) => other_bytes(part, payload),
        ended => SHORT_WRITE.seen(format!(
            "Of {} bytes, {} came; send_all {}.",
            payload.len(),
            part.len(),
            if ended.is_some() {
                "returned Ok"
            } else {
                "has not returned"
            }
        )),
    })
}

/// Other bytes came: perhaps those from the beginning, once more.
fn other_bytes(part: &[u8], payload: &[u8]) -> Stop {
    /// So many bytes in a row are no chance.
    const SURE: usize = 8;
    let same = part.iter().zip(payload).take_while(|(a, b)| a == b);
    let differs = same.count();
    // A byte or two before that may have been the right ones by chance.
    let again = (differs.saturating_sub(3)..=differs)
        .find(|at| *at > 0 && part[*at..].starts_with(&payload[..SURE]));
    match again {
        Some(at) => SENT_MORE.seen(format!(
            "The first {at} bytes came, and after them those from the beginning again, in place of the rest."
        )),
        None => BYTES_CHANGED.seen("Other bytes came than send_all was given."),
    }
}

pub fn sends_everything_however_little_the_kernel_takes(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let mut interrupted = false;
    for round in 0..MOST_ROUNDS {
        if round >= ROUNDS && !interrupted {
            break;
        }
        let (mut client, stream) = connected(attempt, Some(uneven()))?;
        let stream = Lent::new(stream)?;
        let payload = binary(MUCH + fastrand::usize(0..5000));
        let call = start(f, attempt, &stream, payload.clone());
        if let Some(early) = waits(attempt, &call, "send_all")? {
            return Err(too_early(early));
        }
        interrupt(attempt)?;
        match waits(attempt, &call, "send_all")? {
            None => {
                let result = read_all(attempt, &mut client, call, &payload)?;
                result.map_err(|error| failed(&error, "send_all"))?;
            }
            Some(Ok(())) => {
                let taken = client.on_the_way().map_or(0, |way| way.to_peer);
                attempt.fact("the kernel says: taken", bytes(taken));
                attempt.remark(format!("expected all {} bytes", payload.len()));
                return Err(SHORT_WRITE.seen(format!(
                    "The kernel took {taken} of {} bytes and then a signal came; send_all returned Ok, and \
                     never sent the rest.",
                    payload.len()
                )));
            }
            Some(Err(error)) if error.kind() == io::ErrorKind::Interrupted => interrupted = true,
            Some(Err(error)) => return Err(failed(&error, "send_all")),
        }
    }
    if interrupted {
        return Err(gave_up_at_a_signal());
    }
    Ok(())
}

fn gave_up_at_a_signal() -> Stop {
    INTERRUPTED.seen(
        "A signal came while send_all waited for room, and send_all gave the error Interrupted.",
    )
}

pub fn goes_on_sending_after_a_signal(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let (mut client, stream) = connected(attempt, Some(SMALL))?;
    let stream = Lent::new(stream)?;
    // Full before the call: most of what it is given is not taken at all.
    let before = fill(&stream)?;
    attempt.fact("the buffers are full", bytes(before));
    let payload = binary(MUCH);
    let call = start(f, attempt, &stream, payload.clone());
    // On a busy machine a little room may come up late: what takes a part of the bytes gives no error, and
    // only the signal after that shows what is made of one.
    for signal in [false, true, true, true, true] {
        if signal {
            interrupt(attempt)?;
        }
        match waits(attempt, &call, "send_all")? {
            None => {}
            Some(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {
                return Err(gave_up_at_a_signal());
            }
            Some(Ok(())) => {
                return Err(SHORT_WRITE.seen(format!(
                    "There was no room for {} bytes, and send_all returned Ok.",
                    payload.len()
                )));
            }
            Some(Err(error)) => return Err(too_early(Err(error))),
        }
    }
    let mut expected = vec![0; usize::try_from(before).unwrap_or(0)];
    expected.extend_from_slice(&payload);
    let result = read_all(attempt, &mut client, call, &expected)?;
    result.map_err(|error| failed(&error, "send_all"))
}

/// Sends zeros until the kernel takes no more, and gives how many.
fn fill(stream: &Lent) -> io::Result<u64> {
    use std::io::Write;
    stream.handle.set_nonblocking(true)?;
    let mut filled = 0;
    loop {
        match (&stream.handle).write(&[0; 4096]) {
            Ok(count) => filled += count as u64,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) => return Err(error),
        }
    }
    stream.handle.set_nonblocking(false)?;
    Ok(filled)
}

pub fn returns_the_error_of_send(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    // While it waits.
    let (client, stream) = connected(attempt, Some(SMALL))?;
    let stream = Lent::new(stream)?;
    let call = start(f, attempt, &stream, binary(MUCH));
    if let Some(early) = waits(attempt, &call, "send_all")? {
        return Err(too_early(early));
    }
    client.reset()?;
    let result = attempt.finish(call);
    must_break(result, "the peer reset the connection", "send_all")?;

    // Before it begins.
    let (client, stream) = connected(attempt, None)?;
    let stream = Lent::new(stream)?;
    client.reset()?;
    let come = watch::until(&watch::DUE, |slice| {
        kernel::wait_until_ready(&stream.handle, false, slice);
        // A connection that was reset has no peer.
        if stream.handle.peer_addr().is_err() {
            return Look::Done(());
        }
        Look::Nothing
    });
    come.map_err(|_| Stop::Trouble("the reset did not arrive".to_owned()))?;
    let call = start(f, attempt, &stream, binary(6));
    let result = attempt.finish(call);
    must_break(result, "the peer has reset the connection", "send_all")?;
    // The reset was told; from now on it is EPIPE.
    let call = start(f, attempt, &stream, binary(6));
    let result = attempt.finish(call);
    must_break(result, "the connection is broken", "send_all")
}

fn start(
    f: &Functions,
    attempt: &mut Attempt,
    stream: &Lent,
    payload: Vec<u8>,
) -> Call<io::Result<()>> {
    let send_all = f.send_all;
    let text = format!("send_all(stream, {} bytes)", payload.len());
    let code = stream.to_a_call(move |stream| send_all(stream, &payload));
    attempt.start("send_all", text, code)
}
