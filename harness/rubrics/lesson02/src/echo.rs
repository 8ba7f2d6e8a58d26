//! `echo`: all of a conversation, with whoever is at the other end.

use std::io;
use std::net::TcpStream;
use std::time::Duration;

use super::misconceptions::{
    BYTES_CHANGED, CUT_OFF, GAVE_UP, HOLDS_BACK, INTERRUPTED, KEPT_OPEN, MEANING, MEMORY, ONE_RECV,
    RESET, SHORT_WRITE, SILENCE, TRUNCATED, UNUSED_TAIL, WRONG_COUNT, ZERO_NOT_YET,
};
use super::{
    Functions, binary, bytes, hurry, interrupt, must_break, or_text_unwrapped, standstill, waits,
};
use harness::attempt::{Attempt, Call};
use harness::clock::Slept;
use harness::conduct;
use harness::finding::Stop;
use harness::kernel;
use harness::rubric::connection::{MEMORY_GROWTH, SMALL, connected, uneven};
use harness::rubric::sleep::must_not_have_slept;
use harness::watch::{self, GaveUp};
use harness::wire::{Buffers, Heard, InItsPlace, Pattern, Peer, StreamEnd, Streamed};

/// A conversation between the grader's client and `echo`.
struct Talk {
    client: Peer,
    call: Call<io::Result<u64>>,
}

/// Makes a connection, and hands one end to `echo`.
fn talk(f: &Functions, attempt: &mut Attempt, buffers: Option<Buffers>) -> Result<Talk, Stop> {
    let (client, stream) = connected(attempt, buffers)?;
    Ok(talk_over(f, attempt, client, stream))
}

/// Hands one end of a connection to `echo`.
fn talk_over(f: &Functions, attempt: &mut Attempt, client: Peer, stream: TcpStream) -> Talk {
    let echo = f.echo;
    let call = attempt.start("echo", "echo(stream)", move || echo(stream));
    Talk { client, call }
}

pub fn sends_back_what_the_client_sends(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut talk = talk(f, attempt, None)?;
    let payload = binary(fastrand::usize(5..12));
    talk.client.send(&payload)?;
    talk.must_hear(attempt, &payload, 0)?;
    talk.client.half_close()?;
    talk.must_end(attempt, payload.len() as u64)
}

pub fn answers_each_piece_as_it_comes(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut talk = talk(f, attempt, None)?;
    let mut sent = 0;
    for length in [3, 1, fastrand::usize(3000..6000), 2] {
        let payload = binary(length);
        talk.client.send(&payload)?;
        talk.must_hear(attempt, &payload, sent)?;
        sent += length as u64;
    }
    // What other programs take for a sign.
    for piece in ["\n", "\r\n", "\x04", "\x03", "quit\r\n", "exit\n"] {
        talk.client.send(piece.as_bytes())?;
        talk.must_hear(attempt, piece.as_bytes(), sent)
            .map_err(|stop| {
                let observed =
                    format!("The client sent {piece:?}, and these bytes did not come back.");
                [&CUT_OFF, &ONE_RECV, &HOLDS_BACK, &BYTES_CHANGED, &TRUNCATED]
                    .into_iter()
                    .fold(stop, |stop, found| {
                        stop.rather(found, &MEANING, observed.clone())
                    })
            })?;
        sent += piece.len() as u64;
    }
    talk.client.half_close()?;
    talk.must_end(attempt, sent)
}

pub fn gives_the_answer_before_it_closes(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    for most in [5, 5000, 70_000] {
        // All of it is there, and the FIN behind it, before echo begins.
        let (mut client, stream) = connected(attempt, None)?;
        let pattern = Pattern::random();
        let sent = client.send_until_full(&pattern, most)?;
        client.half_close()?;
        let slept = Slept::from_now();
        let mut talk = talk_over(f, attempt, client, stream);
        let streamed = talk.client.stream_back(&pattern, sent)?;
        talk.must_be_whole(attempt, &streamed)?;
        let why = "All that the client had to say was there before echo began, and its FIN";
        must_not_have_slept(attempt, &slept, "echo", why)?;
    }
    Ok(())
}

pub fn ends_when_the_client_is_done(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    // A client that says nothing, and two that hang up altogether.
    let mut silent = talk(f, attempt, None)?;
    silent.client.half_close()?;
    silent.must_end(attempt, 0)?;
    for length in [0, 6] {
        let mut talk = talk(f, attempt, None)?;
        let payload = binary(length);
        if length > 0 {
            talk.client.send(&payload)?;
            talk.must_hear(attempt, &payload, 0)?;
        }
        let Talk { client, call } = talk;
        client.close();
        must_return(attempt, call, length as u64)?;
    }
    Ok(())
}

pub fn waits_for_a_client_that_takes_its_time(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let (mut client, stream) = connected(attempt, Some(SMALL))?;
    if !hurry(attempt) {
        return Err(Stop::Skip(
            "only Linux lets time run faster for the code".to_owned(),
        ));
    }
    // It is there before echo begins: whatever limit echo sets itself, this piece comes in time.
    let first = binary(5);
    client.send(&first)?;
    let mut talk = talk_over(f, attempt, client, stream);
    talk.must_hear(attempt, &first, 0)?;
    attempt.fact("the client thinks, for the better part of a minute", "");
    let patience = &watch::AT_REST_OR_PAUSING;
    if let Some(early) = attempt.until_it_rests(&talk.call, patience) {
        let gave = match early? {
            Ok(count) => format!("returned {count}"),
            Err(error) => format!("gave the error {:?}", error.to_string()),
        };
        return Err(SILENCE.seen(format!(
            "The client said nothing for a while and was not done, and echo {gave}."
        )));
    }
    let second = binary(7);
    talk.client.send(&second)?;
    talk.must_hear(attempt, &second, first.len() as u64)?;

    let heard = (first.len() + second.len()) as u64;
    let pattern = Pattern::random();
    let Ok(sent) = talk.client.send_until_full(&pattern, 1 << 20) else {
        return Err(talk.hung_up(attempt, 0));
    };
    attempt.fact("the client does not read, for as long", "");
    if let Some(early) = attempt.until_it_rests(&talk.call, patience) {
        return Err(too_early(early?));
    }
    let streamed = talk.client.stream(&pattern, sent, 0, |_, _| true)?;
    talk.must_be_whole_after(attempt, &streamed, heard)
}

pub fn echoes_a_long_stream_in_constant_memory(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    /// A stream of this length shows whether memory grows with it.
    const LONG: u64 = 24 << 20;
    /// Whoever has not come further than this by then takes small steps, and has all the right to.
    const SLOW: (u64, Duration) = (1 << 20, Duration::from_millis(400));
    const LATE: Duration = Duration::from_secs(3);

    let mut talk = talk(f, attempt, None)?;
    let mut memory = Memory::now();
    let streamed = talk
        .client
        .stream(&Pattern::random(), 0, 0, |so_far, time| {
            let slow = so_far.heard < SLOW.0 && time > SLOW.1;
            so_far.sent >= LONG || slow || time > LATE || memory.has_grown(so_far.sent)
        })?;
    memory.judge(attempt, streamed.sent)?;
    talk.must_be_whole(attempt, &streamed)
}

pub fn waits_for_a_client_that_does_not_read(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    /// Far more than fits between the two.
    const FAR_TOO_MUCH: u64 = 12 << 20;
    let mut talk = talk(f, attempt, Some(SMALL))?;
    let mut memory = Memory::now();
    let pattern = Pattern::random();
    let sent = talk.client.send_until_full(&pattern, FAR_TOO_MUCH);
    let sent = match sent {
        Ok(sent) => sent,
        Err(_) => return Err(talk.hung_up(attempt, 0)),
    };
    memory.has_grown(sent);
    if memory.grown > MEMORY_GROWTH {
        attempt.remark("the client has read nothing yet");
    }
    memory.judge(attempt, sent)?;
    attempt.fact("the client sends no more, and begins to read", "");
    let streamed = talk.client.stream(&pattern, sent, 0, |_, _| true)?;
    talk.must_be_whole(attempt, &streamed)
}

pub fn sends_everything_back_however_little_the_kernel_takes(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    const ROUNDS: usize = 3;
    const MOST_ROUNDS: usize = 10;
    /// Much fits on the way to `echo`, little on the way back: so the first send is one too much.
    fn funnel() -> Buffers {
        Buffers {
            to_submission: 400 << 10,
            ..uneven()
        }
    }
    let mut interrupted = false;
    for round in 0..MOST_ROUNDS {
        if round >= ROUNDS && !interrupted {
            break;
        }
        let (mut client, stream) = connected(attempt, Some(funnel()))?;
        let pattern = Pattern::random();
        let sent = client.send_until_full(&pattern, fastrand::u64(100_000..120_000))?;
        let mut talk = talk_over(f, attempt, client, stream);
        if let Some(early) = waits(attempt, &talk.call, "echo")? {
            return Err(too_early(early));
        }
        interrupt(attempt)?;
        match waits(attempt, &talk.call, "echo")? {
            None => {}
            Some(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {
                interrupted = true;
                continue;
            }
            Some(early) => return Err(too_early(early)),
        }
        let streamed = talk.client.stream(&pattern, sent, 0, |_, _| true)?;
        if let StreamEnd::Differs(at, InItsPlace::AnotherPart) = streamed.end {
            attempt.remark("bytes are missing before these");
            return Err(SHORT_WRITE.seen(format!(
                "The kernel took a part of what echo sent and then a signal came; the rest of it, from byte \
                 {at} of the stream, never came back."
            )));
        }
        if matches!(streamed.end, StreamEnd::Fin | StreamEnd::Reset)
            && streamed.heard < streamed.sent
        {
            let ended = waits(attempt, &talk.call, "echo")?;
            if let Some(Err(error)) = &ended
                && error.kind() == io::ErrorKind::Interrupted
            {
                interrupted = true;
                continue;
            }
            attempt.remark(format!("expected all {} bytes", streamed.sent));
            return Err(SHORT_WRITE.seen(format!(
                "The kernel took a part of what echo sent and then a signal came; of {} bytes, {} came back.",
                streamed.sent, streamed.heard
            )));
        }
        talk.must_be_whole(attempt, &streamed)?;
    }
    if interrupted {
        return Err(INTERRUPTED.seen(
            "A signal came while echo waited in send, and echo gave the error Interrupted.",
        ));
    }
    Ok(())
}

/// It came back while the client had read nothing of what it had sent.
fn too_early(early: io::Result<u64>) -> Stop {
    match early {
        Ok(count) => CUT_OFF.seen(format!(
            "The client had read nothing yet and was not done, and echo returned {count}."
        )),
        Err(error) if error.kind() == io::ErrorKind::WriteZero => failed(&error),
        Err(error) => GAVE_UP.seen(format!(
            "The client had read nothing yet, and echo gave the error {:?}.",
            error.to_string()
        )),
    }
}

pub fn goes_on_after_a_signal(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut talk = talk(f, attempt, Some(SMALL))?;
    // While it waits for the client to speak, and while it waits for the client to listen.
    talk.survives_signals(attempt, "recv")?;
    let pattern = Pattern::random();
    let sent = talk.client.send_until_full(&pattern, 1 << 20)?;
    talk.survives_signals(attempt, "send")?;
    let streamed = talk.client.stream(&pattern, sent, 0, |_, _| true)?;
    talk.must_be_whole(attempt, &streamed)
}

pub fn returns_the_error_that_ended_it(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    // While it waits in recv.
    let mut talking = talk(f, attempt, None)?;
    let payload = binary(4);
    talking.client.send(&payload)?;
    talking.must_hear(attempt, &payload, 0)?;
    talking.client.reset()?;
    let result = attempt.finish(talking.call);
    must_break(result, "the client reset the connection", "echo")?;
    // While it waits in send.
    let mut talking = talk(f, attempt, Some(SMALL))?;
    talking
        .client
        .send_until_full(&Pattern::random(), 1 << 20)?;
    talking.client.reset()?;
    let result = attempt.finish(talking.call);
    must_break(
        result,
        "the client reset the connection and read nothing",
        "echo",
    )
}

impl Talk {
    /// The client hears `payload`, having heard `before` bytes of answers before.
    fn must_hear(
        &mut self,
        attempt: &mut Attempt,
        payload: &[u8],
        before: u64,
    ) -> Result<(), Stop> {
        let heard = self.client.hear(payload.len());
        if matches!(&heard, Heard::Bytes(heard) if heard == payload) {
            return Ok(());
        }
        attempt.remark(format!("expected {} back", bytes(payload.len() as u64)));
        Err(match heard {
            Heard::Bytes(heard) => wrong_bytes(&heard),
            Heard::Fin(part) | Heard::Reset(part) => {
                let stop = self.hung_up(attempt, part.len());
                if before > 0 && part.is_empty() {
                    stop.rather(
                        &CUT_OFF,
                        &ONE_RECV,
                        "echo closed the connection after the first message.",
                    )
                } else {
                    stop
                }
            }
            Heard::Nothing(part, gave_up) => {
                if let Some(ended) = attempt.poll(&self.call) {
                    ended
                        .map_err(or_text_unwrapped)?
                        .map_err(|error| failed(&error))?;
                }
                self.stands_still(&part, payload.len(), &gave_up)
            }
        })
    }

    fn stands_still(&self, part: &[u8], length: usize, gave_up: &GaveUp) -> Stop {
        if let GaveUp::Spinning(_) = gave_up {
            return conduct::SPINS.seen(format!("echo does not answer: {gave_up}."));
        }
        let missing = (length - part.len()) as u64;
        let observed = standstill(
            &self.client,
            &format!("{} to come back", bytes(missing)),
            "echo",
            gave_up,
        );
        if part.is_empty() {
            HOLDS_BACK.seen(observed)
        } else {
            TRUNCATED.seen(observed)
        }
    }

    /// The connection ended while the client waited for its bytes, of which it had heard some.
    fn hung_up(&mut self, attempt: &mut Attempt, heard: usize) -> Stop {
        match attempt.until_it_waits(&self.call).transpose() {
            Err(stop) => or_text_unwrapped(stop),
            Ok(Some(Err(error))) => failed(&error),
            _ if heard > 0 => TRUNCATED.seen(format!(
                "Only {} came back before echo closed the connection.",
                bytes(heard as u64)
            )),
            _ => CUT_OFF.seen(
                "echo closed the connection, and what the client had sent did not come back.",
            ),
        }
    }

    /// The client has half-closed, and has heard everything: only the end is missing, and the count.
    fn must_end(mut self, attempt: &mut Attempt, count: u64) -> Result<(), Stop> {
        match self.client.hear_end() {
            Heard::Fin(_) => must_return(attempt, self.call, count),
            Heard::Bytes(_) => {
                attempt.remark("expected FIN");
                Err(UNUSED_TAIL.seen("More came back than the client had sent."))
            }
            Heard::Reset(_) => {
                attempt.remark("expected FIN");
                if let Some(Err(stop)) = attempt.until_it_waits(&self.call) {
                    return Err(stop);
                }
                Err(RESET.seen("At the end, echo reset the connection instead of closing it."))
            }
            Heard::Nothing(_, gave_up) => {
                attempt.remark("expected FIN");
                Err(self.does_not_end(attempt, &gave_up))
            }
        }
    }

    /// The client is done, and the end does not come.
    fn does_not_end(&mut self, attempt: &mut Attempt, gave_up: &GaveUp) -> Stop {
        match attempt.poll(&self.call).transpose() {
            Err(stop) => stop,
            Ok(Some(_)) => KEPT_OPEN.seen(
                "echo returned, and the connection is still open: the client waits for its end.",
            ),
            Ok(None) => match gave_up {
                GaveUp::Stuck(_) => KEPT_OPEN.seen(standstill(
                    &self.client,
                    "the end of the connection",
                    "echo",
                    gave_up,
                )),
                GaveUp::Spinning(_) | GaveUp::TooLong(_) => ZERO_NOT_YET.seen(format!(
                    "The client is done, and echo did not close the connection: {gave_up}."
                )),
            },
        }
    }

    /// Everything that was streamed has come back, and nothing else, and then the end.
    fn must_be_whole(self, attempt: &mut Attempt, streamed: &Streamed) -> Result<(), Stop> {
        self.must_be_whole_after(attempt, streamed, 0)
    }

    /// As [`Talk::must_be_whole`], where so many bytes had come back before the stream.
    fn must_be_whole_after(
        mut self,
        attempt: &mut Attempt,
        streamed: &Streamed,
        before: u64,
    ) -> Result<(), Stop> {
        let Streamed { sent, heard, end } = streamed;
        if *heard == *sent && matches!(end, StreamEnd::Fin) {
            return must_return(attempt, self.call, before + *sent);
        }
        let (came, all) = (bytes(*heard), bytes(*sent));
        attempt.remark(if heard == sent {
            "expected FIN".to_owned()
        } else {
            format!("expected {all}")
        });
        Err(match end {
            StreamEnd::Differs(at, instead) => match instead {
                InItsPlace::More => UNUSED_TAIL.seen(format!("More came back than the {all} that were sent.")),
                InItsPlace::Zeros => UNUSED_TAIL.seen(format!("From byte {at} on, zeros came back that nobody had sent.")),
                InItsPlace::AnotherPart => TRUNCATED.seen(format!("At byte {at}, another part of the stream came back: some bytes are missing, or came twice.")),
                InItsPlace::Others => BYTES_CHANGED.seen(format!("Byte {at} of what came back is not the one that was sent.")),
            },
            StreamEnd::Fin | StreamEnd::Reset => match attempt.until_it_waits(&self.call).transpose() {
                Err(stop) => stop,
                Ok(Some(Err(error))) => failed(&error),
                _ if matches!(end, StreamEnd::Reset) => RESET.seen(format!(
                    "The client sent {all}. {came} came back, and then echo reset the connection."
                )),
                _ if *heard == 0 => CUT_OFF.seen(format!(
                    "The client sent {all} and half-closed; echo closed the connection, and none came back."
                )),
                _ => TRUNCATED.seen(format!(
                    "The client sent {all} and half-closed; echo closed the connection when {came} had come back."
                )),
            },
            StreamEnd::Stalled(gave_up) if heard == sent => self.does_not_end(attempt, gave_up),
            StreamEnd::Stalled(gave_up) => {
                if let Some(ended) = attempt.poll(&self.call) {
                    ended?.map_err(|error| failed(&error))?;
                }
                let missing = format!("{} to come back", bytes(sent - heard));
                let observed = standstill(&self.client, &missing, "echo", gave_up);
                match gave_up {
                    GaveUp::Spinning(_) => ZERO_NOT_YET.seen(observed),
                    _ if *heard == 0 => HOLDS_BACK.seen(observed),
                    _ => TRUNCATED.seen(observed),
                }
            }
        })
    }

    /// Nothing can be done at the moment, and a signal changes nothing about that.
    fn survives_signals(&mut self, attempt: &mut Attempt, waits_in: &str) -> Result<(), Stop> {
        for signal in [false, true, true] {
            if signal {
                interrupt(attempt)?;
            }
            match waits(attempt, &self.call, "echo")? {
                None => {}
                Some(ended) if signal => {
                    let gave = match ended {
                        Ok(count) => format!("returned {count}"),
                        Err(error) => format!("gave the error {:?}", error.to_string()),
                    };
                    return Err(INTERRUPTED.seen(format!(
                        "A signal came while echo waited in {waits_in}, and echo {gave}."
                    )));
                }
                Some(early) => return Err(too_early(early)),
            }
        }
        Ok(())
    }
}

/// The call returns, with this count.
fn must_return(attempt: &mut Attempt, call: Call<io::Result<u64>>, count: u64) -> Result<(), Stop> {
    let looped = "The client is done, and echo did not return.";
    let result = attempt.finish(call).map_err(|stop| {
        stop.rather(&conduct::SPINS, &ZERO_NOT_YET, looped).rather(
            &conduct::NEVER_RETURNED,
            &ZERO_NOT_YET,
            looped,
        )
    })?;
    let returned = result.map_err(|error| failed(&error))?;
    if returned == count {
        return Ok(());
    }
    attempt.remark(format!("expected echo to return {count}"));
    Err(WRONG_COUNT.seen(format!(
        "{} went to echo and came back; echo returned {returned}.",
        bytes(count)
    )))
}

/// Why a conversation ended that was to go on.
fn failed(error: &io::Error) -> Stop {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => GAVE_UP.seen(format!(
            "Echo could not go on for a moment, and gave the error {:?}.",
            error.to_string()
        )),
        _ => super::failed(error, "echo"),
    }
}

fn wrong_bytes(heard: &[u8]) -> Stop {
    if heard.iter().rev().take(3).all(|byte| *byte == 0) {
        UNUSED_TAIL.seen("Zeros came back that the client had not sent.")
    } else {
        BYTES_CHANGED.seen("Other bytes came back than the client had sent.")
    }
}

/// How this process's memory grows while a stream passes.
struct Memory {
    start: Option<u64>,
    grown: u64,
    looked_at: u64,
}

impl Memory {
    fn now() -> Memory {
        Memory {
            start: kernel::private_memory(std::process::id()),
            grown: 0,
            looked_at: 0,
        }
    }

    /// Has it grown too much, after so many bytes? Not every byte is worth a look.
    fn has_grown(&mut self, sent: u64) -> bool {
        if sent >= self.looked_at + (1 << 20) {
            self.looked_at = sent;
            if let (Some(start), Some(now)) =
                (self.start, kernel::private_memory(std::process::id()))
            {
                self.grown = self.grown.max(now.saturating_sub(start));
            }
        }
        self.grown > MEMORY_GROWTH
    }

    fn judge(&self, attempt: &mut Attempt, sent: u64) -> Result<(), Stop> {
        if self.grown <= MEMORY_GROWTH {
            return Ok(());
        }
        // It is caught as soon as it is too much: in MiB the two would often be the same.
        let kib = |bytes: u64| format!("{} KiB", bytes >> 10);
        attempt.fact("the kernel says: memory grew by", kib(self.grown));
        attempt.remark(format!("expected at most {}", kib(MEMORY_GROWTH)));
        Err(MEMORY.seen(format!(
            "The client had sent {}, and the memory in use had grown by {}.",
            kib(sent),
            kib(self.grown)
        )))
    }
}
