//! Lesson 03, client: names, addresses, and both halves of a conversation.
//!
//! The server is the grader's, so that every case knows what was said on either side, and when. Where
//! a case is about waiting, what is waited for never comes, or comes only when the grader wants it to.

mod connect_any;
mod exchange;
mod misconceptions;
mod program;
mod resolve;
mod talk;

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::attempt::{Attempt, Call, Shown};
use crate::cases;
use crate::conduct;
use crate::finding::Stop;
use crate::lesson::Lesson;
use crate::watch::{self, GaveUp, Look};
use crate::wire::{Echo, random_payload};

use connect_any::{
    calls_an_empty_list_invalid_input, connects_over_ipv6_too,
    connects_to_the_address_it_was_given, gives_up_when_the_time_is_over,
    has_one_deadline_for_all_addresses, returns_the_error_of_the_last_address,
    takes_the_first_address_that_answers, tries_the_next_address_when_one_refuses,
};
use exchange::{
    exchanges_16_mib_with_an_echo, reports_a_reset, returns_an_answer_that_comes_in_pieces,
    says_when_it_has_sent_all, sends_the_message_and_returns_the_answer,
    takes_an_answer_that_comes_first, waits_for_the_answer_to_nothing,
};
use misconceptions::ALL;
use program::{
    ends_when_the_server_is_done, reaches_a_server_by_its_name, says_that_the_connection_broke,
    says_what_it_wants_as_arguments, says_whom_it_cannot_reach_and_why,
    shows_an_answer_while_input_is_still_open,
};
use resolve::{
    resolves_a_name, returns_the_error_of_a_name_that_nobody_has, takes_an_address_as_it_is,
    takes_an_ipv6_address_too,
};
use talk::{
    carries_much_both_ways_at_once, copies_all_that_the_server_says, reports_a_broken_connection,
    reports_an_output_that_is_closed, returns_when_the_server_is_done_though_input_waits,
    says_when_its_input_has_ended, sends_what_is_typed_at_once, shows_what_arrives_at_once,
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
            returns_the_error_of_a_name_that_nobody_has,
        }
        "connect_any" {
            connects_to_the_address_it_was_given,
            connects_over_ipv6_too,
            tries_the_next_address_when_one_refuses,
            takes_the_first_address_that_answers,
            returns_the_error_of_the_last_address,
            calls_an_empty_list_invalid_input,
            gives_up_when_the_time_is_over,
            has_one_deadline_for_all_addresses,
        }
        "exchange" {
            sends_the_message_and_returns_the_answer,
            says_when_it_has_sent_all,
            returns_an_answer_that_comes_in_pieces,
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
            returns_when_the_server_is_done_though_input_waits,
            reports_a_broken_connection,
            reports_an_output_that_is_closed,
            carries_much_both_ways_at_once,
        }
        "main" {
            shows_an_answer_while_input_is_still_open,
            ends_when_the_server_is_done,
            reaches_a_server_by_its_name,
            says_whom_it_cannot_reach_and_why,
            says_that_the_connection_broke,
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
        Some(Err(stop)) => stop,
        Some(Ok(Err(error))) => {
            let observed = format!("{function} gave the error {:?}.", error.to_string());
            conduct::unexpected(&error, observed)
        }
        Some(Ok(Ok(_))) => otherwise,
        None => {
            attempt.abandon(call);
            otherwise
        }
    }
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
