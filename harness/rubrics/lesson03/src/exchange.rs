//! `exchange`: all of the message, then the end, then all of the answer.

use std::io;
use std::net::TcpStream;

use super::misconceptions::{
    ANSWER_CHANGED, ANSWER_ENDS_SENDING, ANSWER_NOT_AWAITED, DEADLOCK, END_IS_NO_ERROR,
    MESSAGE_NOT_SENT, NO_HALF_CLOSE, NOT_TEXT, RESET_TAKEN_FOR_END, SILENCE_IS_NO_END, SINGLE_READ,
};
use super::{
    Functions, binary, blame, connection, failed, hex, in_bytes, interrupt_sending,
    narrow_connection, on_the_connection, rests, shortens_patience, unless_over, was_decoded,
};
use harness::attempt::{Attempt, Call};
use harness::clock::Slept;
use harness::conduct;
use harness::finding::Stop;
use harness::rubric::control::ANY_PORT;
use harness::rubric::sleep::must_not_have_slept;
use harness::watch::{self, GaveUp, Look};
use harness::wire::{Echo, Heard, Peer, Server};

type Answer = io::Result<Vec<u8>>;

pub fn sends_the_message_and_returns_the_answer(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let (message, answer) = (binary(6), binary(5));
    let (stream, mut peer) = connection(attempt)?;
    let handle = stream.try_clone()?;
    let call = start(f, attempt, stream, &message);
    let call = hears(attempt, &mut peer, call, &message)?;
    let call = still_waits(attempt, call).map_err(|stop| because_of_silence(stop, &handle))?;
    // As long as there is another handle, nobody hears that the submission has dropped its own.
    drop(handle);
    let _ = peer.send(&answer);
    let _ = peer.half_close();
    right(attempt, call, &answer)?;
    hangs_up(attempt, &mut peer)
}

pub fn says_when_it_has_sent_all(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let (message, answer) = (binary(6), binary(5));
    let (mut peer, call) = begin(f, attempt, &message)?;
    let call = hears(attempt, &mut peer, call, &message)?;
    let call = hears_fin(attempt, &mut peer, call)?;
    // A server like this one answers only when it has heard everything.
    let call = still_waits(attempt, call)?;
    let _ = peer.send(&answer);
    let _ = peer.half_close();
    right(attempt, call, &answer)
}

pub fn returns_an_answer_that_comes_in_pieces(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let message = binary(6);
    let (stream, mut peer) = connection(attempt)?;
    let handle = stream.try_clone()?;
    let call = start(f, attempt, stream, &message);
    let mut call = hears(attempt, &mut peer, call, &message)?;
    let mut answer = Vec::new();
    // The last piece is longer than any buffer that one would think of as large enough.
    for length in [fastrand::usize(3..9), fastrand::usize(3..9), 300_000] {
        let mut piece = binary(length);
        if length > 9 {
            // A line that ends belongs to the answer with its end.
            piece.extend(b"\r\n");
        }
        let _ = peer.send(&piece);
        answer.extend(piece);
        if length < 9 {
            call = match rests(attempt, &call) {
                None => {
                    // The next piece ends the read that waits; the one after that has less patience.
                    shortens_patience(attempt, &handle)?;
                    call
                }
                Some(Err(stop)) => return Err(unless_over(stop)),
                Some(Ok(Err(error))) => return Err(failed("exchange", &error)),
                Some(Ok(Ok(got))) => {
                    let stop = SINGLE_READ.seen(format!(
                        "The server had sent {} bytes of its answer and was not done; exchange \
                         returned {}.",
                        answer.len(),
                        hex(&got)
                    ));
                    return Err(because_of_silence(stop, &handle));
                }
            };
        }
    }
    let _ = peer.half_close();
    right(attempt, call, &answer)
}

pub fn takes_an_answer_that_comes_first(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let (message, answer) = (binary(MUCH), binary(7));
    let server = Server::listen("server", ANY_PORT, &attempt.recorder())?;
    let (stream, mut peer) = server.connection()?;
    let _ = peer.send(&answer);
    let _ = peer.half_close();
    let call = start(f, attempt, stream, &message);
    // More than the kernel has room for: as long as the server does not read, the call cannot be done.
    let call = match rests(attempt, &call) {
        None => call,
        Some(Err(stop)) => return Err(unless_over(stop)),
        Some(Ok(Err(error))) => return Err(failed("exchange", &error)),
        Some(Ok(Ok(_))) => {
            return Err(ANSWER_ENDS_SENDING.seen(format!(
                "The server answered and said that it was done, before it read any of the {}; \
                 exchange returned without having sent them all.",
                in_bytes(message.len() as u64)
            )));
        }
    };
    let call = hears(attempt, &mut peer, call, &message)?;
    let call = hears_fin(attempt, &mut peer, call)?;
    right(attempt, call, &answer)?;

    // With a message that fits there is nothing left to wait for.
    let (stream, mut peer) = connection(attempt)?;
    let _ = peer.send(&answer);
    let _ = peer.half_close();
    let slept = Slept::from_now();
    let call = start(f, attempt, stream, &message[..6]);
    right(attempt, call, &answer)?;
    let why = "The answer was there before exchange began, and its end";
    must_not_have_slept(attempt, &slept, "exchange", why)
}

pub fn waits_for_the_answer_to_nothing(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    // Nothing to send, and an answer all the same.
    let answer = binary(5);
    let (mut peer, call) = begin(f, attempt, &[])?;
    let call = hears_fin(attempt, &mut peer, call)?;
    let call = still_waits(attempt, call)?;
    let _ = peer.send(&answer);
    let _ = peer.half_close();
    right(attempt, call, &answer)?;

    // Something to send, and nothing comes back.
    let message = binary(6);
    let (mut peer, call) = begin(f, attempt, &message)?;
    let call = hears(attempt, &mut peer, call, &message)?;
    let _ = peer.half_close();
    match attempt.finish(call)? {
        Ok(got) if got.is_empty() => Ok(()),
        Ok(got) => Err(ANSWER_CHANGED.seen(format!(
            "The server answered nothing; exchange returned {}.",
            hex(&got)
        ))),
        Err(error) => Err(END_IS_NO_ERROR.seen(format!(
            "The server answered nothing and was done; exchange gave the error {:?}.",
            error.to_string()
        ))),
    }
}

pub fn reports_a_reset(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let message = binary(6);
    let (mut peer, call) = begin(f, attempt, &message)?;
    let call = hears(attempt, &mut peer, call, &message)?;
    let call = hears_fin(attempt, &mut peer, call)?;
    let _ = peer.send(&binary(5));
    peer.reset()?;
    if let Ok(got) = attempt.finish(call)? {
        attempt.remark("expected an error");
        return Err(RESET_TAKEN_FOR_END.seen(format!(
            "The server reset the connection in the middle of its answer; exchange returned Ok, with \
             {} bytes.",
            got.len()
        )));
    }

    // The answer is complete, the message is not: whoever looks at the answer alone misses that.
    let message = binary(MUCH);
    let (mut peer, call) = begin(f, attempt, &message)?;
    let _ = peer.send(&binary(5));
    let _ = peer.half_close();
    if let Some(Err(stop)) = rests(attempt, &call) {
        return Err(stop);
    }
    peer.reset()?;
    if attempt.finish(call)?.is_ok() {
        attempt.remark("expected an error");
        return Err(RESET_TAKEN_FOR_END.seen(format!(
            "The server reset the connection before it had heard all of the {}; exchange returned Ok.",
            in_bytes(message.len() as u64)
        )));
    }
    Ok(())
}

/// More than fits into a connection that nobody reads from.
const MUCH: usize = 16 << 20;

pub fn exchanges_16_mib_with_an_echo(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let message = binary(MUCH);
    let server = Server::listen("echo", ANY_PORT, &attempt.recorder())?;
    let (stream, peer) = server.connection()?;
    let mut echo = Echo::new(peer)?;
    let call = start(f, attempt, stream, &message);
    let ended = watch::until(&watch::DUE, |slice| {
        if let Some(ended) = attempt.poll(&call) {
            return Look::Done(ended);
        }
        match echo.step(slice) {
            true => Look::Progress,
            false => Look::Nothing,
        }
    });
    match ended {
        Ok(ended) => {
            let got = ended
                .map_err(unless_over)?
                .map_err(|error| failed("exchange", &error))?;
            compare(attempt, &got, &message)
        }
        Err(gave_up) => {
            echo.tell();
            attempt.abandon(call);
            if echo.waits_to_send() && !matches!(gave_up, GaveUp::Spinning(_)) {
                let queues = on_the_connection(&echo);
                return Err(DEADLOCK.seen(format!(
                    "exchange waits in `send` until the server reads; the server, an echo, waits in \
                     `send` until exchange reads.{queues}"
                )));
            }
            Err(match gave_up {
                GaveUp::Spinning(_) => &conduct::SPINS,
                _ => &conduct::NEVER_RETURNED,
            }
            .seen(format!("exchange never came back: {gave_up}.")))
        }
    }
}

/// More than fits into a narrow connection.
const MORE_THAN_FITS: usize = 200_000;

pub fn sends_all_however_little_the_kernel_takes(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let (message, answer) = (binary(MORE_THAN_FITS), binary(5));
    let (stream, mut peer) = narrow_connection(attempt)?;
    let call = start(f, attempt, stream, &message);
    for _ in 0..2 {
        match rests(attempt, &call) {
            None => interrupt_sending(attempt)?,
            Some(Err(stop)) => return Err(unless_over(stop)),
            // It says that it was interrupted: nobody takes that for a success.
            Some(Ok(Err(error))) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            Some(Ok(Err(error))) => return Err(failed("exchange", &error)),
            Some(Ok(Ok(_))) => {
                return Err(MESSAGE_NOT_SENT.seen(format!(
                    "The kernel had taken only a part of {}; exchange returned Ok.",
                    in_bytes(message.len() as u64)
                )));
            }
        }
    }
    let call = hears(attempt, &mut peer, call, &message)?;
    let call = hears_fin(attempt, &mut peer, call)?;
    let _ = peer.send(&answer);
    let _ = peer.half_close();
    right(attempt, call, &answer)
}

/// A call that ended too early, with a time-out set on its stream, may have taken silence for the end.
fn because_of_silence(stop: Stop, stream: &TcpStream) -> Stop {
    let Ok(Some(timeout)) = stream.read_timeout() else {
        return stop;
    };
    let seen = format!(
        "The server had not said all, and was silent; exchange returned Ok. It had set a read time-out \
         of {timeout:?}."
    );
    stop.rather(&ANSWER_NOT_AWAITED, &SILENCE_IS_NO_END, seen.clone())
        .rather(&SINGLE_READ, &SILENCE_IS_NO_END, seen)
}

/// A connection, and the call that uses it.
fn begin(
    f: &Functions,
    attempt: &mut Attempt,
    message: &[u8],
) -> Result<(Peer, Call<Answer>), Stop> {
    let (stream, peer) = connection(attempt)?;
    Ok((peer, start(f, attempt, stream, message)))
}

fn start(f: &Functions, attempt: &mut Attempt, stream: TcpStream, message: &[u8]) -> Call<Answer> {
    let text = format!("exchange(stream, {})", hex(message));
    let (exchange, message) = (f.exchange, message.to_vec());
    attempt.start("exchange", text, move || exchange(stream, &message))
}

/// The server hears the message, byte for byte.
fn hears(
    attempt: &mut Attempt,
    peer: &mut Peer,
    call: Call<Answer>,
    message: &[u8],
) -> Result<Call<Answer>, Stop> {
    let seen = match peer.hear(message.len()) {
        Heard::Bytes(heard) if heard == message => return Ok(call),
        Heard::Bytes(_) => "The server heard other bytes than those of the message.".to_owned(),
        Heard::Fin(heard) | Heard::Reset(heard) | Heard::Nothing(heard, _) => format!(
            "The server heard {} of the {} bytes of the message.",
            heard.len(),
            message.len()
        ),
    };
    attempt.remark(format!("expected {}", hex(message)));
    Err(blame(
        attempt,
        call,
        "exchange",
        MESSAGE_NOT_SENT.seen(seen),
    ))
}

/// The server hears the end of the message.
fn hears_fin(
    attempt: &mut Attempt,
    peer: &mut Peer,
    call: Call<Answer>,
) -> Result<Call<Answer>, Stop> {
    match peer.hear_end() {
        Heard::Fin(_) => return Ok(call),
        Heard::Nothing(..) => attempt.remark("expected FIN"),
        Heard::Bytes(_) | Heard::Reset(_) => {
            attempt.remark("expected FIN");
            let more = MESSAGE_NOT_SENT.seen("After the message came something else than its end.");
            return Err(blame(attempt, call, "exchange", more));
        }
    }
    let waits = NO_HALF_CLOSE.seen(
        "The server waits to hear that the message is complete, and exchange waits for the answer.",
    );
    Err(blame(attempt, call, "exchange", waits))
}

/// The answer has not come yet: a call that is over has not waited for it.
fn still_waits(attempt: &mut Attempt, call: Call<Answer>) -> Result<Call<Answer>, Stop> {
    match rests(attempt, &call) {
        None => Ok(call),
        Some(Err(stop)) => Err(unless_over(stop)),
        Some(Ok(Err(error))) => Err(failed("exchange", &error)),
        Some(Ok(Ok(got))) => Err(ANSWER_NOT_AWAITED.seen(format!(
            "The server had not answered yet, and exchange returned {}.",
            hex(&got)
        ))),
    }
}

/// The call ends, with this answer.
fn right(attempt: &mut Attempt, call: Call<Answer>, answer: &[u8]) -> Result<(), Stop> {
    let ended = attempt.finish(call).map_err(unless_over)?;
    let got = ended.map_err(|error| failed("exchange", &error))?;
    compare(attempt, &got, answer)
}

fn compare(attempt: &mut Attempt, got: &[u8], answer: &[u8]) -> Result<(), Stop> {
    if got == answer {
        return Ok(());
    }
    attempt.fact("exchange returned", hex(got));
    attempt.remark(format!("expected {}", hex(answer)));
    if was_decoded(got, answer) {
        return Err(NOT_TEXT.seen("Bytes of the answer that are no UTF-8 came back as U+FFFD."));
    }
    if got == answer.trim_ascii_end() {
        return Err(ANSWER_CHANGED.seen("The answer lost the line break at its end."));
    }
    let cut = got.len() < answer.len() && answer.starts_with(got);
    Err(if cut {
        SINGLE_READ.seen(format!(
            "The answer had {} bytes; exchange returned the first {}.",
            answer.len(),
            got.len()
        ))
    } else {
        ANSWER_CHANGED.seen(format!(
            "The answer had {} bytes; exchange returned {}, which are others.",
            answer.len(),
            got.len()
        ))
    })
}

/// After the call the connection is closed.
fn hangs_up(attempt: &mut Attempt, peer: &mut Peer) -> Result<(), Stop> {
    match peer.hear_end() {
        Heard::Fin(_) | Heard::Reset(_) => Ok(()),
        Heard::Bytes(_) => {
            attempt.remark("expected FIN");
            Err(MESSAGE_NOT_SENT.seen("After the message came something else than its end."))
        }
        Heard::Nothing(..) => {
            attempt.remark("expected FIN");
            Err(conduct::LEFT_OPEN.seen(
                "exchange has returned, and the server did not see the end of the connection.",
            ))
        }
    }
}
