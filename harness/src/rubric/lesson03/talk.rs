//! `talk`: both ways at once, until the server is done.

use std::io::{self, Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::misconceptions::{
    ANSWER_NOT_AWAITED, DEADLOCK, INPUT_HELD_BACK, NO_HALF_CLOSE, NOT_FLUSHED, OUTPUT_CHANGED,
    OUTPUT_ERROR_LOST, OUTPUT_HELD_BACK, RESET_TAKEN_FOR_END, STOPPED_EARLY, TAKES_TURNS,
    TYPED_BYTES_CHANGED, WAITS_FOR_INPUT,
};
use super::{Functions, binary, blame, hex, on_the_connection, rests, waits_in};
use crate::attempt::{Attempt, Call};
use crate::conduct;
use crate::finding::Stop;
use crate::rubric::control::ANY_PORT;
use crate::watch::{self, GaveUp, Look};
use crate::wire::{Echo, Heard, Peer, Server};

/// An input whose end the grader holds: a read of it waits until something is typed.
struct Keyboard {
    typed: Receiver<Vec<u8>>,
    rest: io::Cursor<Vec<u8>>,
}

impl Read for Keyboard {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.rest.position() == self.rest.get_ref().len() as u64 {
            // Nobody can type any more: the end of the input.
            self.rest = io::Cursor::new(self.typed.recv().unwrap_or_default());
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
    is_closed: bool,
}

/// How much a screen takes in one write, as a pipe that is nearly full.
const AT_A_TIME: usize = 10_000;

impl Screen {
    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_closed {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let count = bytes.len().min(AT_A_TIME);
        self.lock().written.extend_from_slice(&bytes[..count]);
        let _ = self.changed.send(());
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.is_closed {
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
    typist: Option<Sender<Vec<u8>>>,
    seen: Arc<Mutex<Seen>>,
    changed: Receiver<()>,
    call: Call<io::Result<()>>,
}

impl Scene {
    fn begin(f: &Functions, attempt: &mut Attempt, is_closed: bool) -> Result<Scene, Stop> {
        let server = Server::listen("server", ANY_PORT, &attempt.recorder())?;
        let (stream, peer) = server.connection()?;
        let (typist, typed) = channel();
        let (change, changed) = channel();
        let seen = Arc::<Mutex<Seen>>::default();
        let mut screen = Screen {
            seen: Arc::clone(&seen),
            changed: change,
            is_closed,
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
            let _ = typist.send(bytes.to_vec());
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

    /// The call ends, and has shown these bytes.
    fn ends_well(self, attempt: &mut Attempt, expected: &[u8]) -> Result<(), Stop> {
        let Scene { call, seen, .. } = self;
        attempt.finish(call)?.map_err(|error| failed(&error))?;
        let seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        same(attempt, &seen.written, expected)
    }
}

fn failed(error: &io::Error) -> Stop {
    let observed = format!("talk gave the error {:?}.", error.to_string());
    conduct::unexpected(error, observed)
}

fn same(attempt: &Attempt, written: &[u8], expected: &[u8]) -> Result<(), Stop> {
    if written == expected {
        return Ok(());
    }
    attempt.fact("the output has", hex(written));
    attempt.remark(format!("expected {}", hex(expected)));
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
    let mut scene = Scene::begin(f, attempt, false)?;
    let mut said = Vec::new();
    for length in [5, 40_000, 7] {
        let payload = binary(length);
        let _ = scene.peer.send(&payload);
        said.extend(payload);
        if length == 5
            && let Some(ended) = rests(attempt, &scene.call)
        {
            ended?.map_err(|error| failed(&error))?;
            return Err(STOPPED_EARLY
                .seen("The server was not done, the input had not ended, and talk returned."));
        }
    }
    let _ = scene.peer.half_close();
    // Those who wait for either end get both.
    scene.ends_input(attempt);
    scene.ends_well(attempt, &said)
}

pub fn shows_what_arrives_at_once(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut scene = Scene::begin(f, attempt, false)?;
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
    scene.ends_input(attempt);
    let _ = scene.peer.half_close();
    scene.ends_well(attempt, &said)
}

pub fn sends_what_is_typed_at_once(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut scene = Scene::begin(f, attempt, false)?;
    for turn in 0..3 {
        let payload = binary(4 + turn);
        scene.types(attempt, &payload);
        let stop = match scene.peer.hear(payload.len()) {
            Heard::Bytes(heard) if heard == payload => continue,
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
    scene.ends_input(attempt);
    let _ = scene.peer.half_close();
    scene.ends_well(attempt, &[])
}

pub fn says_when_its_input_has_ended(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut scene = Scene::begin(f, attempt, false)?;
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
        ended?.map_err(|error| failed(&error))?;
        return Err(ANSWER_NOT_AWAITED
            .seen("The input has ended, the server has not answered yet, and talk returned."));
    }
    let _ = scene.peer.send(&answer);
    let _ = scene.peer.half_close();
    scene.ends_well(attempt, &answer)
}

pub fn returns_when_the_server_is_done_though_input_waits(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let Scene {
        mut peer,
        typist,
        seen,
        call,
        ..
    } = Scene::begin(f, attempt, false)?;
    let said = binary(6);
    let _ = peer.send(&said);
    let _ = peer.half_close();
    let waits = "The server is done; talk waits for input that nobody types.";
    attempt
        .finish(call)
        .map_err(|stop| stop.rather(&conduct::NEVER_RETURNED, &WAITS_FOR_INPUT, waits))?
        .map_err(|error| failed(&error))?;
    same(
        attempt,
        &seen.lock().unwrap_or_else(PoisonError::into_inner).written,
        &said,
    )?;
    hangs_up(attempt, &mut peer)?;
    // A thread may wait for input still: it ends now, and lets go of what it holds.
    drop(typist);
    Ok(())
}

pub fn reports_a_broken_connection(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut scene = Scene::begin(f, attempt, false)?;
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
    let Scene {
        mut peer,
        typist,
        call,
        ..
    } = Scene::begin(f, attempt, true)?;
    attempt.fact("the output is closed", "a write to it gives BrokenPipe");
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
    drop(typist);
    Ok(())
}

/// More than fits into a connection that nobody reads from.
const MUCH: usize = 12 << 20;

pub fn carries_much_both_ways_at_once(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let payload = binary(MUCH);
    let mut scene = Scene::begin(f, attempt, false)?;
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
            ended?.map_err(|error| failed(&error))?;
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
    match peer.hear_end() {
        Heard::Fin(_) | Heard::Reset(_) => Ok(()),
        Heard::Bytes(_) | Heard::Nothing(..) => {
            attempt.remark("expected FIN");
            Err(conduct::LEFT_OPEN.seen(
                "talk has returned, and the server did not see the end of the connection: a thread \
                 that waits for input holds it open.",
            ))
        }
    }
}
