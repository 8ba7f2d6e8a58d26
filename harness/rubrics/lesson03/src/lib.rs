//! Lesson 03, client: names, addresses, and both halves of a conversation.
//!
//! The server is the grader's, so that every case knows what was said on either side, and when. Where
//! a case is about waiting, what is waited for never comes, or comes only when the grader wants it to.

#![deny(unsafe_code)]
#![warn(missing_docs)]

mod connect_any;
mod exchange;
mod misconceptions;
mod program;
mod resolve;
mod talk;

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use harness::attempt::{Attempt, Call, Shown};
use harness::cases;
use harness::conduct;
use harness::finding::Stop;
use harness::kernel;
use harness::lesson::Lesson;
use harness::rubric::control::{ANY_PORT, own_socket};
use harness::watch::{self, GaveUp, Look};
use harness::wire::{Buffers, Echo, Peer, Server, random_payload};

use connect_any::{
    calls_an_empty_list_invalid_input, connects_over_ipv6_too,
    connects_to_the_address_it_was_given, gives_up_when_the_time_is_over,
    has_one_deadline_for_all_addresses, has_one_deadline_though_an_address_refuses_late,
    returns_the_error_of_the_last_address, takes_the_first_address_that_answers,
    tries_the_next_address_when_one_is_unreachable, tries_the_next_address_when_one_refuses,
};
use exchange::{
    exchanges_16_mib_with_an_echo, reports_a_reset, returns_an_answer_that_comes_in_pieces,
    says_when_it_has_sent_all, sends_all_however_little_the_kernel_takes,
    sends_the_message_and_returns_the_answer, takes_an_answer_that_comes_first,
    waits_for_the_answer_to_nothing,
};
use misconceptions::{
    ALL, END_IS_NO_ERROR, NOT_TEXT, OUTPUT_CHANGED, SHUTDOWN_OF_OVER, SILENCE_IS_NO_END,
};
use program::{
    ends_when_nobody_reads_its_output, ends_when_the_server_is_done, reaches_a_server_by_its_name,
    says_that_the_connection_broke, says_what_it_wants_as_arguments,
    says_whom_it_cannot_reach_and_why, shows_an_answer_while_input_is_still_open,
};
use resolve::{
    resolves_a_name, returns_all_addresses_of_a_name_in_order,
    returns_the_error_of_a_name_that_nobody_has, takes_an_address_as_it_is,
    takes_an_ipv6_address_too,
};
use talk::{
    carries_much_both_ways_at_once, copies_all_that_the_server_says, reports_a_broken_connection,
    reports_an_input_that_fails, reports_an_output_that_is_closed,
    returns_when_the_server_is_done_though_input_waits, says_when_its_input_has_ended,
    sends_all_of_its_input_however_little_the_kernel_takes, sends_what_is_typed_at_once,
    shows_what_arrives_at_once,
};

/// The functions of lesson 03, as one submission wrote them.
pub struct Functions {
    /// The addresses of a host.
    pub resolve: fn(&str, u16) -> io::Result<Vec<SocketAddr>>,
    /// Connects to the first address that answers, within a time.
    pub connect_any: fn(&[SocketAddr], Duration) -> io::Result<TcpStream>,
    /// Sends all, half-closes, takes all, closes.
    pub exchange: fn(TcpStream, &[u8]) -> io::Result<Vec<u8>>,
    /// Both ways at once.
    pub talk: fn(TcpStream, Box<dyn Read + Send>, &mut dyn Write) -> io::Result<()>,
}

/// Lesson 03.
pub static LESSON: Lesson<Functions> = Lesson {
    number: 3,
    name: "client",
    chapter: "book/src/lesson03-client.md",
    cases: cases! {
        "resolve" {
            takes_an_address_as_it_is,
            takes_an_ipv6_address_too,
            resolves_a_name,
            returns_all_addresses_of_a_name_in_order,
            returns_the_error_of_a_name_that_nobody_has,
        }
        "connect_any" {
            connects_to_the_address_it_was_given,
            connects_over_ipv6_too,
            tries_the_next_address_when_one_refuses,
            tries_the_next_address_when_one_is_unreachable,
            takes_the_first_address_that_answers,
            returns_the_error_of_the_last_address,
            calls_an_empty_list_invalid_input,
            gives_up_when_the_time_is_over,
            has_one_deadline_for_all_addresses,
            has_one_deadline_though_an_address_refuses_late,
        }
        "exchange" {
            sends_the_message_and_returns_the_answer,
            says_when_it_has_sent_all,
            returns_an_answer_that_comes_in_pieces,
            sends_all_however_little_the_kernel_takes,
            takes_an_answer_that_comes_first,
            waits_for_the_answer_to_nothing,
            reports_a_reset,
            exchanges_16_mib_with_an_echo,
        }
        "talk" {
            copies_all_that_the_server_says,
            shows_what_arrives_at_once,
            sends_what_is_typed_at_once,
            says_when_its_input_has_ended,
            sends_all_of_its_input_however_little_the_kernel_takes,
            returns_when_the_server_is_done_though_input_waits,
            reports_a_broken_connection,
            reports_an_output_that_is_closed,
            reports_an_input_that_fails,
            carries_much_both_ways_at_once,
        }
        "main" {
            shows_an_answer_while_input_is_still_open,
            ends_when_the_server_is_done,
            reaches_a_server_by_its_name,
            says_whom_it_cannot_reach_and_why,
            says_that_the_connection_broke,
            ends_when_nobody_reads_its_output,
            says_what_it_wants_as_arguments,
        }
    },
    misconceptions: ALL,
};

/// Waits until a call can get no further on its own, as [`Attempt::until_it_waits`]; one that looks
/// again and again is not waited for long.
fn rests<T: Shown>(attempt: &mut Attempt, call: &Call<T>) -> Option<Result<T, Stop>> {
    let began = Instant::now();
    let rested = watch::until(&watch::AT_REST, |slice| {
        if let Some(ended) = attempt.poll(call) {
            return Look::Done(Some(ended));
        }
        if began.elapsed() > LONG_ENOUGH {
            return Look::Done(None);
        }
        std::thread::park_timeout(slice);
        Look::Nothing
    });
    rested.unwrap_or_default().or_else(|| attempt.poll(call))
}

/// How long a call that looks again and again is left to itself.
const LONG_ENOUGH: Duration = Duration::from_millis(500);

/// What to say of a call when something did not happen: that it ended with an error or a panic, if it
/// did, or `otherwise`.
fn blame<T: Shown>(
    attempt: &mut Attempt,
    call: Call<io::Result<T>>,
    function: &'static str,
    otherwise: Stop,
) -> Stop {
    match rests(attempt, &call) {
        Some(Err(stop)) => unless_over(stop),
        Some(Ok(Err(error))) => failed(function, &error),
        Some(Ok(Ok(_))) => otherwise,
        None => {
            attempt.abandon(call);
            otherwise
        }
    }
}

/// The error of a call that had no reason to fail.
fn failed(function: &str, error: &io::Error) -> Stop {
    let told = format!("{function} gave the error {:?}.", error.to_string());
    match error.kind() {
        io::ErrorKind::InvalidData => NOT_TEXT.seen(told),
        // Of all that a case has to offer, only the output of talk says this.
        io::ErrorKind::Interrupted => OUTPUT_CHANGED.seen(format!(
            "The output said Interrupted, to have the write made again; {function} gave that error."
        )),
        io::ErrorKind::NotConnected => SHUTDOWN_OF_OVER.seen(told),
        io::ErrorKind::UnexpectedEof => END_IS_NO_ERROR.seen(told),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => SILENCE_IS_NO_END.seen(format!(
            "The server was silent for a while, and {function} gave the error {:?}.",
            error.to_string()
        )),
        _ => conduct::unexpected(error, told),
    }
}

/// A panic over a `shutdown` that came when all was over has a name of its own.
fn unless_over(stop: Stop) -> Stop {
    match stop {
        Stop::Found(found)
            if found.misconception == &conduct::PANICKED
                && found.observed.contains("NotConnected") =>
        {
            SHUTDOWN_OF_OVER.seen(found.observed)
        }
        stop => stop,
    }
}

/// Has the submission set a time-out for reading? Then silence for as long as that would be too long to
/// wait for: from the next read on it is this much. A program that reads on after a time-out goes on
/// as before.
fn shortens_patience(attempt: &Attempt, stream: &TcpStream) -> io::Result<Option<Duration>> {
    let timeout = stream.read_timeout()?;
    if let Some(timeout) = timeout {
        stream.set_read_timeout(Some(IMPATIENT.min(timeout)))?;
        attempt.fact(
            "the kernel says: a read time-out of",
            format!("{timeout:?}; {IMPATIENT:?} from now on"),
        );
    }
    Ok(timeout)
}

/// What is left of a time-out that the submission has set.
const IMPATIENT: Duration = Duration::from_millis(20);

/// A connection: the submission's end of it, and the server's.
fn connection(attempt: &Attempt) -> io::Result<(TcpStream, Peer)> {
    Server::listen("server", ANY_PORT, &attempt.recorder())?.connection()
}

/// A connection in which little is on the way: the submission's end, and the server's.
fn narrow_connection(attempt: &Attempt) -> io::Result<(TcpStream, Peer)> {
    let narrow = Buffers {
        to_submission: 8 << 10,
        to_peer: fastrand::usize(16 << 10..28 << 10),
        at_peer: 4 << 10,
        segment: fastrand::u32(300..1200),
    };
    let listening = own_socket(ANY_PORT)?;
    narrow.of_peer(&listening)?;
    listening.bind(&ANY_PORT.into())?;
    listening.listen(1)?;
    let calling = own_socket(ANY_PORT)?;
    narrow.of_submission(&calling)?;
    let server = Server::of("server", listening, &attempt.recorder());
    calling.connect(&server.addr()?.into())?;
    let peer = server
        .accept()
        .map_err(|gave_up| io::Error::other(gave_up.to_string()))?;
    Ok((calling.into(), peer))
}

/// Sends a signal to each thread of the submission that waits in `send`: the call ends early, and says
/// how much it took.
fn interrupt_sending(attempt: &Attempt) -> Result<(), Stop> {
    if !kernel::catch_interruptions() {
        return skip("only Linux sends a signal to one thread");
    }
    let sending = watch::graded_threads_in("send");
    for thread in &sending {
        kernel::interrupt(*thread);
    }
    if !sending.is_empty() {
        attempt.fact("a signal comes", "the `send` that waits is interrupted");
    }
    Ok(())
}

/// Is there a U+FFFD in bytes that had none? Then they were decoded on their way.
fn was_decoded(got: &[u8], expected: &[u8]) -> bool {
    let replaced = |bytes: &[u8]| bytes.windows(3).any(|three| three == "\u{fffd}".as_bytes());
    replaced(got) && !replaced(expected)
}

/// How many bytes stand in either direction between a call and an echo, both of which wait to send; to
/// be said after who waits for what.
fn on_the_connection(echo: &Echo) -> String {
    let Some((to_server, to_you)) = echo.peer().standing() else {
        return String::new();
    };
    format!(
        " {} stand on their way to the server, {} on their way to you, and neither side reads.",
        in_bytes(to_server),
        in_bytes(to_you)
    )
}

/// Bytes that nobody can know beforehand, and that are no text: 0xff stands in none of UTF-8.
fn binary(length: usize) -> Vec<u8> {
    let mut payload = random_payload(length);
    if let Some(first) = payload.first_mut() {
        *first = 0xff;
    }
    payload
}

/// A number of bytes as a person reads it.
fn in_bytes(count: u64) -> String {
    match count {
        0..10_000 => format!("{count} bytes"),
        10_000..10_485_760 => format!("{} KiB", count >> 10),
        _ => format!("{} MiB", count >> 20),
    }
}

/// Does a call of this name wait for ever?
fn waits_in(gave_up: &GaveUp, call: &str) -> bool {
    matches!(gave_up, GaveUp::Stuck(waiting) if waiting.iter().any(|one| one.call == call))
}

/// What is shown of a few bytes.
fn hex(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "nothing".to_owned();
    }
    let shown: Vec<String> = bytes
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let more = if bytes.len() > 8 { " …" } else { "" };
    format!("{}{more} ({} bytes)", shown.join(" "), bytes.len())
}

/// Why this machine cannot show what a case is about.
fn skip<T>(reason: &str) -> Result<T, Stop> {
    Err(Stop::Skip(reason.to_owned()))
}
