//! `talk`: both ways at once, until the server is done.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::misconceptions::{
    ANSWER_NOT_AWAITED, DEADLOCK, INPUT_CUT, INPUT_ERROR_LOST, INPUT_HELD_BACK, INPUT_HOLDS,
    NO_HALF_CLOSE, NOT_FLUSHED, NOT_TEXT, OUTPUT_CHANGED, OUTPUT_ERROR_LOST, OUTPUT_HELD_BACK,
    RESET_TAKEN_FOR_END, SILENCE_IS_NO_END, STOPPED_EARLY, TAKES_TURNS, TYPED_BYTES_CHANGED,
    WAITS_FOR_INPUT,
};
use super::{
    Functions, binary, blame, connection, hex, interrupt_sending, narrow_connection,
    on_the_connection, rests, shortens_patience, unless_over, waits_in, was_decoded,
};
use harness::attempt::{Attempt, Call};
use harness::clock::Slept;
use harness::conduct;
use harness::finding::Stop;
use harness::rubric::sleep::must_not_have_slept;
use harness::watch::{self, GaveUp, Look};
use harness::wire::{Echo, Heard, Peer};

/// An input whose end the grader holds: a read of it waits until something is typed.
struct Keyboard {
    typed: Receiver<io::Result<Vec<u8>>>,
    rest: io::Cursor<Vec<u8>>,
}

impl Read for Keyboard {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.rest.position() == self.rest.get_ref().len() as u64 {
            // Nobody can type any more: the end of the input.
            self.rest = io::Cursor::new(self.typed.recv().unwrap_or_else(|_| Ok(Vec::new()))?);
        }
        self.rest.read(buffer)
    }
}

/// What an output was given.
#[derive(Default)]
struct Seen {
    written: Vec<u8>,
    /// How many of these are flushed, and so to be seen.
    flushed: usize,
}

/// An output that keeps what is written until it is flushed, and takes only so much at a time.
struct Screen {
    seen: Arc<Mutex<Seen>>,
    changed: Sender<()>,
    closed: Closed,
    /// The last write took nothing, and has to be made again.
    was_interrupted: bool,
}

/// What an output has come to.
#[derive(Clone, Copy, PartialEq)]
enum Closed {
    /// It takes what it is given.
    No,
    /// It takes it into a buffer, and says at a flush that this leads nowhere.
    AtFlush,
    /// It takes nothing.
    Yes,
}

/// How much a screen takes in one write at most, as a pipe that is nearly full.
const AT_A_TIME: usize = 1000;

/// One write in so many is interrupted before it takes anything.
const INTERRUPTED_ONE_IN: u8 = 8;

impl Screen {
    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.closed == Closed::Yes {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        self.was_interrupted =
            !self.was_interrupted && !bytes.is_empty() && fastrand::u8(..INTERRUPTED_ONE_IN) == 0;
        if self.was_interrupted {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let count = bytes.len().min(fastrand::usize(1..=AT_A_TIME));
        self.lock().written.extend_from_slice(&bytes[..count]);
        let _ = self.changed.send(());
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.closed != Closed::No {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let mut seen = self.lock();
        seen.flushed = seen.written.len();
        drop(seen);
        let _ = self.changed.send(());
        Ok(())
    }
}

/// A conversation under way: the server's end, the input's, the output's, and the call between them.
struct Scene {
    peer: Peer,
    /// `None` when the input has ended.
    typist: Option<Sender<io::Result<Vec<u8>>>>,
    seen: Arc<Mutex<Seen>>,
    changed: Receiver<()>,
    call: Call<io::Result<()>>,
}

impl Scene {
    fn begin(f: &Functions, attempt: &mut Attempt, closed: Closed) -> Result<Scene, Stop> {
        let connection = connection(attempt)?;
        Scene::on(f, attempt, closed, connection)
    }

    fn on(
        f: &Functions,
        attempt: &mut Attempt,
        closed: Closed,
        (stream, peer): (TcpStream, Peer),
    ) -> Result<Scene, Stop> {
        let (typist, typed) = channel();
        let (change, changed) = channel();
        let seen = Arc::<Mutex<Seen>>::default();
        let mut screen = Screen {
            seen: Arc::clone(&seen),
            changed: change,
            closed,
            was_interrupted: false,
        };
        let keyboard = Keyboard {
            typed,
            rest: io::Cursor::default(),
        };
        let talk = f.talk;
        let call = attempt.start("talk", "talk(stream, input, output)", move || {
            talk(stream, Box::new(keyboard), &mut screen)
        });
        Ok(Scene {
            peer,
            typist: Some(typist),
            seen,
            changed,
            call,
        })
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn types(&self, attempt: &Attempt, bytes: &[u8]) {
        attempt.fact("typed", hex(bytes));
        if let Some(typist) = &self.typist {
            // Nobody reads any more when the call is over, which shows by itself.
            let _ = typist.send(Ok(bytes.to_vec()));
        }
    }

    fn input_fails(&mut self, attempt: &Attempt, error: io::Error) {
        attempt.fact("the input fails", error.to_string());
        if let Some(typist) = self.typist.take() {
            let _ = typist.send(Err(error));
        }
    }

    fn ends_input(&mut self, attempt: &Attempt) {
        attempt.fact("the input ends", "");
        self.typist = None;
    }

    /// Waits until the output shows this many bytes in all.
    fn shows(&self, count: usize) -> Result<(), GaveUp> {
        watch::until(&watch::DUE, |slice| {
            if self.seen().flushed >= count {
                return Look::Done(());
            }
            match self.changed.recv_timeout(slice) {
                Ok(()) => Look::Progress,
                Err(RecvTimeoutError::Timeout) => Look::Nothing,
                Err(RecvTimeoutError::Disconnected) => {
                    // The call is over; there is no more to come.
                    std::thread::park_timeout(slice);
                    Look::Nothing
                }
            }
        })
    }

    /// Both ends come, first the server's; the call ends, and has shown these bytes.
    fn ends_well(mut self, attempt: &mut Attempt, expected: &[u8]) -> Result<(), Stop> {
        let _ = self.peer.half_close();
        // Those who wait for either end get both, one after the other.
        let ended = rests(attempt, &self.call);
        if self.typist.is_some() {
            self.ends_input(attempt);
        }
        let Scene {
            call, seen, peer, ..
        } = self;
        let ended = ended.unwrap_or_else(|| attempt.finish(call));
        ended
            .map_err(unless_over)?
            .map_err(|error| failed(&error))?;
        let seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        same(attempt, &seen.written, expected)?;
        drop(peer);
        attempt.nothing_left_behind("talk").map_err(unless_over)
    }
}

fn same(attempt: &Attempt, written: &[u8], expected: &[u8]) -> Result<(), Stop> {
    if written == expected {
        return Ok(());
    }
    attempt.fact("the output has", hex(written));
    attempt.remark(format!("expected {}", hex(expected)));
    if was_decoded(written, expected) {
        return Err(
            NOT_TEXT.seen("Bytes from the server that are no UTF-8 came out as U+FFFD (ef bf bd).")
        );
    }
    Err(OUTPUT_CHANGED.seen(format!(
        "The server sent {} bytes; the output was given {}{}.",
        expected.len(),
        written.len(),
        if expected.starts_with(written) {
            ", the first of them"
        } else {
            ", and not the same"
        }
    )))
}

pub fn copies_all_that_the_server_says(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let (stream, peer) = connection(attempt)?;
    let handle = stream.try_clone()?;
    let mut scene = Scene::on(f, attempt, Closed::No, (stream, peer))?;
    let mut said = Vec::new();
    for length in [5, 40_000, 7] {
        let payload = binary(length);
        let _ = scene.peer.send(&payload);
        said.extend(payload);
        // After the first piece it has to wait; and after the second, if it has a time-out.
        if length == 7 || (length == 40_000 && handle.read_timeout()?.is_none()) {
            continue;
        }
        match rests(attempt, &scene.call) {
            None => shortens_patience(attempt, &handle)?,
            Some(ended) => {
                ended
                    .map_err(unless_over)?
                    .map_err(|error| failed(&error))?;
                let seen = "The server was not done, the input had not ended, and talk returned.";
                return Err(match handle.read_timeout()? {
                    Some(_) => SILENCE_IS_NO_END.seen(seen),
                    None => STOPPED_EARLY.seen(seen),
                });
            }
        };
    }
    drop(handle);
    scene.ends_well(attempt, &said)
}

pub fn shows_what_arrives_at_once(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut scene = Scene::begin(f, attempt, Closed::No)?;
    let mut said = Vec::new();
    // A prompt has no line break: the cursor is to stay behind it.
    for prompt in ["login: ", "password: "] {
        let _ = scene.peer.send(prompt.as_bytes());
        said.extend(prompt.as_bytes());
        let Err(gave_up) = scene.shows(said.len()) else {
            continue;
        };
        let (written, flushed) = {
            let seen = scene.seen();
            (seen.written.len(), seen.flushed)
        };
        let shown = String::from_utf8_lossy(&said[..flushed.min(said.len())]).into_owned();
        attempt.fact("the output shows", format!("{shown:?}"));
        attempt.remark(format!("expected {:?}", String::from_utf8_lossy(&said)));
        let stop = if written >= said.len() {
            NOT_FLUSHED.seen(format!(
                "The server sent {prompt:?}; talk wrote it to the output, and did not flush it."
            ))
        } else if waits_in(&gave_up, "recv") {
            OUTPUT_HELD_BACK.seen(format!(
                "The server sent {prompt:?}; talk has read it, and waits for more before it shows it."
            ))
        } else {
            TAKES_TURNS.seen(format!(
                "The server sent {prompt:?}, and talk does not read it: nothing was typed yet."
            ))
        };
        return Err(blame(attempt, scene.call, "talk", stop));
    }
    scene.ends_well(attempt, &said)
}

pub fn sends_what_is_typed_at_once(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut scene = Scene::begin(f, attempt, Closed::No)?;
    for turn in 0..3 {
        let mut payload = binary(4 + turn);
        if turn == 1 {
            // A line break in the middle is a byte like any other.
            payload[1] = b'\n';
        }
        scene.types(attempt, &payload);
        let stop = match scene.peer.hear(payload.len()) {
            Heard::Bytes(heard) if heard == payload => continue,
            Heard::Bytes(heard) if was_decoded(&heard, &payload) => NOT_TEXT.seen(
                "Bytes that were typed and are no UTF-8 reached the server as U+FFFD (ef bf bd).",
            ),
            Heard::Bytes(_) => {
                TYPED_BYTES_CHANGED.seen("The server heard other bytes than were typed.")
            }
            Heard::Fin(heard) | Heard::Reset(heard) => STOPPED_EARLY.seen(format!(
                "The server heard {} of the {} bytes that were typed, and then the end.",
                heard.len(),
                payload.len()
            )),
            Heard::Nothing(_, gave_up) => {
                let reads_input = waits_in(&gave_up, "another thread");
                if turn == 0 && reads_input {
                    INPUT_HELD_BACK.seen(
                        "Something was typed, and talk waits for more input before it sends it.",
                    )
                } else {
                    TAKES_TURNS.seen(
                        "Something was typed, and talk does not send it: the server has not spoken since.",
                    )
                }
            }
        };
        attempt.remark(format!("expected {}", hex(&payload)));
        return Err(blame(attempt, scene.call, "talk", stop));
    }
    scene.ends_well(attempt, &[])
}

pub fn says_when_its_input_has_ended(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut scene = Scene::begin(f, attempt, Closed::No)?;
    let (payload, answer) = (binary(6), binary(5));
    scene.types(attempt, &payload);
    scene.ends_input(attempt);
    match scene.peer.hear(payload.len()) {
        Heard::Bytes(heard) if heard == payload => {}
        _ => {
            attempt.remark(format!("expected {}", hex(&payload)));
            let lost = STOPPED_EARLY.seen("What was typed last did not reach the server.");
            return Err(blame(attempt, scene.call, "talk", lost));
        }
    }
    match scene.peer.hear_end() {
        Heard::Fin(_) => {}
        heard => {
            attempt.remark("expected FIN");
            let stop = match heard {
                Heard::Nothing(..) => NO_HALF_CLOSE.seen(
                    "The input has ended; the server waits to hear that, and talk waits for the server.",
                ),
                _ => TYPED_BYTES_CHANGED.seen("After what was typed came something else than the end."),
            };
            return Err(blame(attempt, scene.call, "talk", stop));
        }
    }
    if let Some(ended) = rests(attempt, &scene.call) {
        ended
            .map_err(unless_over)?
            .map_err(|error| failed(&error))?;
        return Err(ANSWER_NOT_AWAITED
            .seen("The input has ended, the server has not answered yet, and talk returned."));
    }
    let _ = scene.peer.send(&answer);
    scene.ends_well(attempt, &answer)
}

/// More than fits into a narrow connection.
const MORE_THAN_FITS: usize = 200_000;

pub fn sends_all_of_its_input_however_little_the_kernel_takes(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let connection = narrow_connection(attempt)?;
    let mut scene = Scene::on(f, attempt, Closed::No, connection)?;
    let payload = binary(MORE_THAN_FITS);
    scene.types(attempt, &payload);
    scene.ends_input(attempt);
    for _ in 0..2 {
        match rests(attempt, &scene.call) {
            None => interrupt_sending(attempt)?,
            Some(ended) => {
                return match ended.map_err(unless_over)? {
                    // It says that it was interrupted: nobody takes that for a success.
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
                    Err(error) => Err(failed(&error)),
                    Ok(()) => Err(STOPPED_EARLY
                        .seen("The server was not done, and had not heard all; talk returned.")),
                };
            }
        }
    }
    let heard = match scene.peer.hear(payload.len()) {
        Heard::Bytes(heard) if heard == payload => return scene.ends_well(attempt, &[]),
        Heard::Bytes(heard)
        | Heard::Fin(heard)
        | Heard::Reset(heard)
        | Heard::Nothing(heard, _) => heard.len(),
    };
    attempt.remark(format!("expected {}", hex(&payload)));
    let _ = scene.peer.half_close();
    match attempt.finish(scene.call).map_err(unless_over)? {
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
        _ => Err(INPUT_CUT.seen(format!(
            "The kernel took only a part in one `write`; of {} bytes of input the server heard {heard}, \
             not all as they were.",
            payload.len()
        ))),
    }
}

pub fn reports_an_input_that_fails(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut scene = Scene::begin(f, attempt, Closed::No)?;
    let half = binary(6);
    scene.types(attempt, &half);
    match scene.peer.hear(half.len()) {
        Heard::Bytes(heard) if heard == half => {}
        _ => {
            attempt.remark(format!("expected {}", hex(&half)));
            let lost = STOPPED_EARLY.seen("What was typed did not reach the server.");
            return Err(blame(attempt, scene.call, "talk", lost));
        }
    }
    let reason = format!("bad sector {}", fastrand::u32(..));
    scene.input_fails(attempt, io::Error::other(reason.clone()));
    // At once, or when the server is done: both are right.
    let ended = rests(attempt, &scene.call);
    if let Heard::Nothing(..) = scene.peer.hear_end() {
        attempt.remark("expected FIN");
        let stop = NO_HALF_CLOSE.seen(
            "The input has failed, so there is no more of it; the server waits to hear that, and talk waits \
             for the server.",
        );
        return Err(match ended {
            None => blame(attempt, scene.call, "talk", stop),
            Some(_) => stop,
        });
    }
    let _ = scene.peer.half_close();
    let result = match ended {
        Some(ended) => ended,
        None => attempt.finish(scene.call),
    };
    match result.map_err(unless_over)? {
        Err(error) if error.to_string().contains(&reason) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotConnected => Err(failed(&error)),
        Err(error) => Err(INPUT_ERROR_LOST.seen(format!(
            "The input gave the error {reason:?}; talk gave another one, {:?}.",
            error.to_string()
        ))),
        Ok(()) => {
            attempt.remark("expected that error");
            Err(INPUT_ERROR_LOST.seen(format!(
                "The input gave the error {reason:?} in the middle; talk returned Ok."
            )))
        }
    }
}

pub fn returns_when_the_server_is_done_though_input_waits(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let slept = Slept::from_now();
    let Scene {
        mut peer,
        typist,
        seen,
        call,
        ..
    } = Scene::begin(f, attempt, Closed::No)?;
    let said = binary(6);
    let _ = peer.send(&said);
    let _ = peer.half_close();
    let waits = "The server is done; talk waits for input that nobody types.";
    attempt
        .finish(call)
        .map_err(|stop| {
            unless_over(stop.rather(&conduct::NEVER_RETURNED, &WAITS_FOR_INPUT, waits))
        })?
        .map_err(|error| failed(&error))?;
    same(
        attempt,
        &seen.lock().unwrap_or_else(PoisonError::into_inner).written,
        &said,
    )?;
    hangs_up(attempt, &mut peer)?;
    must_not_have_slept(
        attempt,
        &slept,
        "talk",
        "The server said something, and that it was done",
    )?;
    // A thread may wait for input still: it ends now, and lets go of what it holds.
    drop((typist, peer));
    attempt.fact("the input ends", "");
    attempt.nothing_left_behind("talk").map_err(unless_over)
}

pub fn reports_a_broken_connection(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut scene = Scene::begin(f, attempt, Closed::No)?;
    let said = binary(6);
    let _ = scene.peer.send(&said);
    if scene.shows(said.len()).is_err() {
        let held = OUTPUT_HELD_BACK.seen("The server spoke, and the output does not show it.");
        return Err(blame(attempt, scene.call, "talk", held));
    }
    let Scene {
        peer, typist, call, ..
    } = scene;
    peer.reset()?;
    let waits = "The server reset the connection; talk waits for input that nobody types.";
    let result = attempt
        .finish(call)
        .map_err(|stop| stop.rather(&conduct::NEVER_RETURNED, &WAITS_FOR_INPUT, waits))?;
    drop(typist);
    match result {
        Err(_) => Ok(()),
        Ok(()) => {
            attempt.remark("expected an error");
            Err(RESET_TAKEN_FOR_END
                .seen("The server reset the connection in the middle; talk returned Ok."))
        }
    }
}

pub fn reports_an_output_that_is_closed(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    for closed in [Closed::Yes, Closed::AtFlush] {
        reports_a_closed_output(f, attempt, closed)?;
    }
    Ok(())
}

fn reports_a_closed_output(
    f: &Functions,
    attempt: &mut Attempt,
    closed: Closed,
) -> Result<(), Stop> {
    let Scene {
        mut peer,
        typist,
        call,
        ..
    } = Scene::begin(f, attempt, closed)?;
    let what = match closed {
        Closed::AtFlush => "a write goes into a buffer, a flush gives BrokenPipe",
        Closed::No | Closed::Yes => "a write to it gives BrokenPipe",
    };
    attempt.fact("the output is closed", what);
    let _ = peer.send(&binary(6));
    let goes_on = "The output takes nothing any more; talk goes on as if it did.";
    let result = attempt
        .finish(call)
        .map_err(|stop| stop.rather(&conduct::NEVER_RETURNED, &OUTPUT_ERROR_LOST, goes_on))?;
    if result.is_ok() {
        attempt.remark("expected an error");
        return Err(OUTPUT_ERROR_LOST.seen("The output takes nothing any more; talk returned Ok."));
    }
    hangs_up(attempt, &mut peer)?;
    // A connection that is closed takes no more, or drops it: either way the server need not wait.
    let more = vec![0; MUCH];
    if let Ok(sent) = peer.send_unless(&more, || false)
        && sent < more.len()
    {
        return Err(INPUT_HOLDS.seen(
            "talk has returned, and only its own half is closed: the server talks on to a connection that \
             nobody reads from, and waits in `send`.",
        ));
    }
    drop(typist);
    Ok(())
}

/// More than fits into a connection that nobody reads from.
const MUCH: usize = 12 << 20;

pub fn carries_much_both_ways_at_once(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let payload = binary(MUCH);
    let mut scene = Scene::begin(f, attempt, Closed::No)?;
    scene.types(attempt, &payload);
    scene.ends_input(attempt);
    let Scene {
        peer,
        seen,
        changed,
        call,
        ..
    } = scene;
    // Nobody waits for what changes, and nobody is to be told.
    drop(changed);
    let mut echo = Echo::new(peer)?;
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
            ended
                .map_err(unless_over)?
                .map_err(|error| failed(&error))?;
            let seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            same(attempt, &seen.written, &payload)
        }
        Err(gave_up) => {
            echo.tell();
            attempt.abandon(call);
            if echo.waits_to_send() && !matches!(gave_up, GaveUp::Spinning(_)) {
                let queues = on_the_connection(&echo);
                return Err(DEADLOCK.seen(format!(
                    "talk waits in `send` until the server reads; the server, an echo, waits in `send` \
                     until talk reads.{queues}"
                )));
            }
            Err(match gave_up {
                GaveUp::Spinning(_) => &conduct::SPINS,
                _ => &conduct::NEVER_RETURNED,
            }
            .seen(format!("talk never came back: {gave_up}.")))
        }
    }
}

/// After the call the connection is closed, whoever may still hold a handle to it.
fn hangs_up(attempt: &mut Attempt, peer: &mut Peer) -> Result<(), Stop> {
    let stop = match peer.hear_end() {
        Heard::Fin(_) | Heard::Reset(_) => return Ok(()),
        Heard::Nothing(_, gave_up) if waits_in(&gave_up, "another thread") => INPUT_HOLDS.seen(
            "talk has returned, and the server did not see the end of the connection: a thread that \
             waits for input holds it open.",
        ),
        Heard::Bytes(_) | Heard::Nothing(..) => conduct::LEFT_OPEN
            .seen("talk has returned, and the server did not see the end of the connection."),
    };
    attempt.remark("expected FIN");
    Err(stop)
}

/// The error of a call that had no reason to fail.
fn failed(error: &io::Error) -> Stop {
    super::failed("talk", error)
}
