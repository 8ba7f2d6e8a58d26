//! Lesson 02, echo: every byte comes back, and nothing else.
//!
//! What is rare on a good day is made to happen: a signal comes while a call waits, the kernel takes
//! only a part, a connection is reset, nobody reads. The kernel does it each time, see [`harness::kernel`].

#![deny(unsafe_code)]
#![warn(missing_docs)]

mod echo;
mod misconceptions;
mod program;
mod recv;
mod send_all;
mod serve;

use std::io;
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use socket2::{SockRef, Socket};

use harness::attempt::{Attempt, Call, Shown};
use harness::cases;
use harness::clock;
use harness::conduct;
use harness::finding::Stop;
use harness::kernel;
use harness::lesson::Lesson;
use harness::rubric::control::{interrupt, must_fail};
use harness::watch::{self, Burnt, GaveUp};
use harness::wire::{Peer, random_payload};

use echo::{
    answers_each_piece_as_it_comes, echoes_a_long_stream_in_constant_memory,
    ends_when_the_client_is_done, gives_the_answer_before_it_closes, goes_on_after_a_signal,
    returns_the_error_that_ended_it, sends_back_what_the_client_sends,
    sends_everything_back_however_little_the_kernel_takes, waits_for_a_client_that_does_not_read,
    waits_for_a_client_that_takes_its_time,
};
use misconceptions::{
    ALL, BREAK_HIDDEN, BREAK_UNWRAPPED, BYTES_CHANGED, END_AS_ERROR, SHORT_WRITE,
};
use program::{
    listens_on_ipv6_too, outlives_its_clients, says_what_is_wrong_with_an_address,
    says_where_it_listens, says_why_it_cannot_listen, sends_everything_back,
};
use recv::{
    goes_on_receiving_after_a_signal, returns_nothing_when_the_peer_is_done,
    returns_the_bytes_that_arrived, returns_the_error_of_recv, returns_what_is_there,
    takes_no_more_than_it_may, waits_until_something_comes,
};
use send_all::{
    goes_on_sending_after_a_signal, returns_the_error_of_send,
    sends_everything_however_little_the_kernel_takes, sends_the_bytes_it_was_given,
    waits_while_the_peer_does_not_read,
};
use serve::{
    ends_or_rests_when_the_listener_is_gone, goes_on_after_clients_that_break_off,
    goes_on_after_errors_of_accept, serves_clients_that_had_to_wait,
    serves_one_client_after_another,
};

/// The functions of lesson 02, as one submission wrote them.
pub struct Functions {
    /// What one recv gives; empty: the peer is done.
    pub recv: fn(&mut TcpStream, usize) -> io::Result<Vec<u8>>,
    /// Sends all of it.
    pub send_all: fn(&mut TcpStream, &[u8]) -> io::Result<()>,
    /// Until the client is done; how many bytes went back.
    pub echo: fn(TcpStream) -> io::Result<u64>,
    /// One client after another, for ever.
    pub serve: fn(TcpListener) -> io::Result<()>,
}

/// Lesson 02.
pub static LESSON: Lesson<Functions> = Lesson {
    number: 2,
    name: "echo",
    chapter: "book/src/lesson02-echo.md",
    cases: cases! {
        "recv" {
            returns_the_bytes_that_arrived,
            returns_what_is_there,
            takes_no_more_than_it_may,
            returns_nothing_when_the_peer_is_done,
            waits_until_something_comes,
            goes_on_receiving_after_a_signal,
            returns_the_error_of_recv,
        }
        "send_all" {
            sends_the_bytes_it_was_given,
            waits_while_the_peer_does_not_read,
            sends_everything_however_little_the_kernel_takes,
            goes_on_sending_after_a_signal,
            returns_the_error_of_send,
        }
        "echo" {
            sends_back_what_the_client_sends,
            answers_each_piece_as_it_comes,
            gives_the_answer_before_it_closes,
            ends_when_the_client_is_done,
            waits_for_a_client_that_does_not_read,
            waits_for_a_client_that_takes_its_time,
            echoes_a_long_stream_in_constant_memory,
            sends_everything_back_however_little_the_kernel_takes,
            goes_on_after_a_signal,
            returns_the_error_that_ended_it,
        }
        "serve" {
            serves_one_client_after_another,
            serves_clients_that_had_to_wait,
            goes_on_after_clients_that_break_off,
            goes_on_after_errors_of_accept,
            ends_or_rests_when_the_listener_is_gone,
        }
        "main" {
            says_where_it_listens,
            sends_everything_back,
            outlives_its_clients,
            listens_on_ipv6_too,
            says_what_is_wrong_with_an_address,
            says_why_it_cannot_listen,
        }
    },
    misconceptions: ALL,
};

/// A stream that is lent to the submission, call by call, and stays the grader's.
struct Lent {
    stream: Arc<Mutex<TcpStream>>,
    /// Another handle to it, for questions to the kernel.
    handle: TcpStream,
}

impl Lent {
    fn new(stream: TcpStream) -> io::Result<Lent> {
        Ok(Lent {
            handle: stream.try_clone()?,
            stream: Arc::new(Mutex::new(stream)),
        })
    }

    /// What a call needs to work with the stream in a thread of its own.
    fn to_a_call<T>(
        &self,
        code: impl FnOnce(&mut TcpStream) -> T + Send + 'static,
    ) -> impl FnOnce() -> T + Send + 'static {
        let stream = Arc::clone(&self.stream);
        move || code(&mut stream.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Bytes that are no text, whatever the encoding that one tries, with no zero and no newline in them.
fn binary(length: usize) -> Vec<u8> {
    let mut payload = random_payload(length);
    for byte in &mut payload {
        if matches!(*byte, 0 | b'\n' | b'\r') {
            *byte = 0xfe;
        }
    }
    if let [_, second, ..] = payload.as_mut_slice() {
        // No UTF-8 has this byte.
        *second = 0xff;
    }
    payload
}

/// The function must have given an error, for the connection is broken.
fn must_break<T>(
    result: Result<io::Result<T>, Stop>,
    why: &str,
    function: &str,
) -> Result<(), Stop> {
    let kind = match &result {
        Ok(Err(error)) if is_broken(error) => return Ok(()),
        _ => io::ErrorKind::ConnectionReset,
    };
    let panicked = format!("{function} panicked when {why}.");
    let hidden = format!("{function} returned Ok, although {why}.");
    must_fail(result, kind, why, function).map_err(|stop| {
        stop.rather(&conduct::ERROR_UNWRAPPED, &BREAK_UNWRAPPED, panicked)
            .rather(&conduct::ERROR_SWALLOWED, &BREAK_HIDDEN, hidden)
    })
}

/// An error where nothing stood in the way of the function: what `error` tells of the code that gave it.
fn failed(error: &io::Error, function: &str) -> Stop {
    let observed = format!("{function} gave the error {:?}.", error.to_string());
    match error.kind() {
        _ if is_about_text(error) => {
            BYTES_CHANGED.seen(format!("The bytes are no text, and {observed}"))
        }
        io::ErrorKind::WriteZero => {
            SHORT_WRITE.seen(format!("Not every byte was taken at once, and {observed}"))
        }
        io::ErrorKind::UnexpectedEof => {
            END_AS_ERROR.seen(format!("The stream ended as it should, and {observed}"))
        }
        _ => conduct::unexpected(error, observed),
    }
}

/// Does this error come from decoding the bytes as text?
fn is_about_text(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::InvalidData || error.to_string().to_lowercase().contains("utf-8")
}

/// A panic because the bytes are no text says what was believed of them.
fn or_text_unwrapped(mut stop: Stop) -> Stop {
    if let Stop::Found(found) = &mut stop
        && found.misconception == &conduct::PANICKED
        && ["Utf8Error", "utf-8", "UTF-8"]
            .iter()
            .any(|sign| found.observed.contains(sign))
    {
        found.misconception = &BYTES_CHANGED;
        found.observed.insert_str(0, "The bytes are no text: ");
    }
    stop
}

/// Lets time run faster for the submission from here on: what sets itself a limit of seconds reaches
/// it soon. False where that cannot be done.
fn hurry(attempt: &Attempt) -> bool {
    /// Code that pauses is looked at for about a quarter of a second, see
    /// [`watch::AT_REST_OR_PAUSING`]: the better part of a minute then.
    const FACTOR: u32 = 200;
    let hurries = clock::run_faster(FACTOR);
    if hurries {
        attempt.fact(
            format!("time passes {FACTOR} times as fast for the code"),
            "",
        );
    }
    hurries
}

/// Waits until a call can get no further on its own; gives what it gave if it ended instead. A loop
/// that asks again and again does not wait, although it gets nowhere.
fn waits<T: Shown>(
    attempt: &mut Attempt,
    call: &Call<T>,
    function: &str,
) -> Result<Option<T>, Stop> {
    let spent = Burnt::from_now();
    let ended = attempt
        .until_it_rests(call, &watch::AT_REST_OR_PAUSING)
        .transpose()?;
    if ended.is_none()
        && let Some(burnt) = spent.too_much()
    {
        return Err(conduct::SPINS.seen(format!(
            "There was nothing to do but to wait, and {function} kept a processor busy for {:.1} s.",
            burnt.as_secs_f64()
        )));
    }
    Ok(ended)
}

/// Nothing was set on the stream that would surprise whoever uses it next.
fn left_usable(attempt: &Attempt, stream: &TcpStream, function: &str) -> Result<(), Stop> {
    let socket = SockRef::from(stream);
    if nonblocking(&socket) {
        attempt.fact("the kernel says: O_NONBLOCK", "set");
        return Err(conduct::LEFT_NONBLOCKING.seen(format!(
            "After {function} the stream is in non-blocking mode."
        )));
    }
    if let Some(timeout) = stream.read_timeout()?.or(stream.write_timeout()?) {
        attempt.fact("the kernel says: a time-out of", format!("{timeout:?}"));
        attempt.remark("expected none");
        return Err(conduct::LEFT_TIMEOUT.seen(format!(
            "After {function} the stream has a time-out of {timeout:?}."
        )));
    }
    Ok(())
}

fn nonblocking(socket: &Socket) -> bool {
    kernel::is_nonblocking(socket) == Some(true)
}

/// Is this an error with which a connection tells that it was reset or closed?
fn is_broken(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected};
    matches!(
        error.kind(),
        BrokenPipe | ConnectionAborted | ConnectionReset | NotConnected
    )
}

/// Two sides that wait for each other, in words: who waits where, and what is on the way.
fn standstill(peer: &Peer, client_waits: &str, function: &str, gave_up: &GaveUp) -> String {
    let here = match gave_up {
        GaveUp::Stuck(waiting) => match waiting.first() {
            Some(waiting) => format!("{function} waits {waiting}"),
            None => format!("of {function} nothing is running any more"),
        },
        other => format!("of {function}: {other}"),
    };
    let on_the_way = match peer.on_the_way() {
        None => String::new(),
        Some(way) if (way.to_submission, way.to_peer) == (0, 0) => {
            " Nothing is under way in either direction.".to_owned()
        }
        Some(way) => format!(
            " On the way to {function}: {}. On the way to the client: {}.",
            bytes(way.to_submission),
            bytes(way.to_peer)
        ),
    };
    format!("The client waits for {client_waits}, and {here}.{on_the_way}")
}

fn bytes(count: u64) -> String {
    match count {
        0 => "nothing".to_owned(),
        1 => "1 byte".to_owned(),
        count => format!("{count} bytes"),
    }
}
