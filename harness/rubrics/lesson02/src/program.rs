//! The program `echo`: says where it listens, sends everything back, fails with a word.

use std::net::SocketAddr;

use super::Functions;
use super::misconceptions::{
    BYTES_CHANGED, CLIENT_ENDS_SERVER, CUT_OFF, HOLDS_BACK, KEPT_OPEN, MIXED, ONE_RECV, ONLY_IPV4,
    RESET, SERVES_ONCE, TRUNCATED, UNUSED_TAIL,
};
use super::{binary, bytes, standstill};
use harness::attempt::Attempt;
use harness::finding::Stop;
use harness::program::Program;
use harness::rubric::control::{ANY_PORT, ANY_PORT_V6, needs_ipv6};
use harness::rubric::program;
use harness::rubric::program::SILENT_PROGRAM;
use harness::wire::{Heard, InItsPlace, Pattern, Peer, StreamEnd};

pub fn says_where_it_listens(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let (mut program, addr) = start(attempt, ANY_PORT)?;
    first_client(attempt, &mut program, "client", addr)?;
    // A call succeeds while the program is still on its way to a panic, or to its end.
    unless_it_panicked(attempt, &mut program)
}

pub fn sends_everything_back(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    /// More than any buffer in a program is likely to hold.
    const LENGTH: u64 = 300_000;
    let (mut program, addr) = start(attempt, ANY_PORT)?;
    // As a person types, waiting for each answer.
    let mut client = first_client(attempt, &mut program, "A", addr)?;
    let mut last = Vec::new();
    for length in [5, 2] {
        let payload = binary(length);
        client.send(&payload)?;
        is_heard(attempt, &mut program, &mut client, &payload, &last)?;
        last = payload;
    }
    client.half_close()?;
    ends(attempt, &mut program, &mut client)?;

    // As a file is piped into nc.
    let Ok(mut client) = Peer::connect("B", addr, &attempt.recorder()) else {
        unless_it_panicked(attempt, &mut program)?;
        return Err(
            SERVES_ONCE.seen("After its first client, the program does not listen any more.")
        );
    };
    let streamed = client.stream(&Pattern::random(), 0, 0, |so_far, _| so_far.sent >= LENGTH)?;
    let (came, all) = (bytes(streamed.heard), bytes(streamed.sent));
    // A connection that was reset before the first byte gives zeros, too.
    let all_sent = streamed.sent >= LENGTH;
    if all_sent && streamed.heard == streamed.sent && matches!(streamed.end, StreamEnd::Fin) {
        return Ok(());
    }
    attempt.remark(format!("expected {all}, and FIN"));
    if let Some(ended) = program.has_ended() {
        ended.unless_it_panicked(attempt.submission())?;
        return Err(SERVES_ONCE.seen("After its first client, the program ended."));
    }
    let observed = format!("The client sent {all}, and {came} came back.");
    Err(match &streamed.end {
        StreamEnd::Differs(_, InItsPlace::Zeros | InItsPlace::More) => UNUSED_TAIL.seen(observed),
        StreamEnd::Differs(_, InItsPlace::Others) => BYTES_CHANGED.seen(observed),
        StreamEnd::Differs(..) | StreamEnd::Fin => TRUNCATED.seen(observed),
        StreamEnd::Reset => RESET.seen(observed),
        StreamEnd::Stalled(gave_up) => {
            let still = standstill(&client, "the rest", "the program", gave_up);
            if streamed.heard == streamed.sent {
                KEPT_OPEN.seen(still)
            } else {
                HOLDS_BACK.seen(still)
            }
        }
    })
}

pub fn outlives_its_clients(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let (mut program, addr) = start(attempt, ANY_PORT)?;
    let mut secret = Vec::new();
    for name in ["A", "B", "C"] {
        let broken = Peer::connect(name, addr, &attempt.recorder()).and_then(|mut client| {
            secret = binary(6);
            client.send(&secret)?;
            client.wait_for_unread(6);
            client.reset()
        });
        let client = Peer::connect("next", addr, &attempt.recorder());
        let (Ok(()), Ok(mut client)) = (broken, client) else {
            unless_it_panicked(attempt, &mut program)?;
            return Err(CLIENT_ENDS_SERVER
                .seen("A client reset its connection, and after that nobody listens any more."));
        };
        let payload = binary(5);
        client.send(&payload)?;
        is_heard(attempt, &mut program, &mut client, &payload, &secret).map_err(|stop| {
            let after = "A client reset its connection, and the next one was not served.";
            stop.rather(&CUT_OFF, &CLIENT_ENDS_SERVER, after).rather(
                &HOLDS_BACK,
                &CLIENT_ENDS_SERVER,
                after,
            )
        })?;
        client.half_close()?;
        ends(attempt, &mut program, &mut client)?;
    }
    Ok(())
}

pub fn listens_on_ipv6_too(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    needs_ipv6()?;
    let (mut program, addr) = start(attempt, ANY_PORT_V6).map_err(|stop| {
        let observed = "The program does not listen on [::1]:0.";
        stop.rather(&SILENT_PROGRAM, &ONLY_IPV4, observed)
    })?;
    let mut client = first_client(attempt, &mut program, "client", addr)?;
    let payload = binary(6);
    client.send(&payload)?;
    is_heard(attempt, &mut program, &mut client, &payload, &[])
}

pub fn says_what_is_wrong_with_an_address(
    _: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    program::says_what_is_wrong_with_an_address(attempt, "echo")
}

pub fn says_why_it_cannot_listen(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    program::says_why_it_cannot_listen(attempt, "echo")
}

/// The client hears `payload`; nothing of what `another` client, or an earlier answer, was.
fn is_heard(
    attempt: &mut Attempt,
    program: &mut Program,
    client: &mut Peer,
    payload: &[u8],
    another: &[u8],
) -> Result<(), Stop> {
    let heard = client.hear(payload.len());
    if matches!(&heard, Heard::Bytes(heard) if heard == payload) {
        return Ok(());
    }
    attempt.remark(format!("expected {} back", bytes(payload.len() as u64)));
    unless_it_panicked(attempt, program)?;
    Err(match heard {
        Heard::Bytes(heard) if another.starts_with(&heard[..heard.len().min(3)]) => {
            MIXED.seen("A client got bytes that were not its own.")
        }
        Heard::Bytes(_) => BYTES_CHANGED.seen("Other bytes came back than the client had sent."),
        Heard::Fin(_) | Heard::Reset(_) if payload.len() == 2 => {
            ONE_RECV.seen("The program closed the connection after the first message.")
        }
        Heard::Fin(_) | Heard::Reset(_) => CUT_OFF.seen(
            "The program closed the connection, and what the client had sent did not come back.",
        ),
        Heard::Nothing(part, gave_up) => {
            let missing = bytes((payload.len() - part.len()) as u64);
            HOLDS_BACK.seen(standstill(client, &missing, "the program", &gave_up))
        }
    })
}

fn ends(attempt: &mut Attempt, program: &mut Program, client: &mut Peer) -> Result<(), Stop> {
    let heard = client.hear_end();
    if let Heard::Fin(_) = heard {
        return Ok(());
    }
    attempt.remark("expected FIN");
    unless_it_panicked(attempt, program)?;
    Err(match heard {
        Heard::Fin(_) | Heard::Bytes(_) => {
            UNUSED_TAIL.seen("More came back than the client had sent.")
        }
        Heard::Reset(_) => RESET.seen("At the end, the program reset the connection."),
        Heard::Nothing(_, gave_up) => KEPT_OPEN.seen(standstill(
            client,
            "the end of the connection",
            "the program",
            &gave_up,
        )),
    })
}

/// Calls the program where it said that it listens.
fn first_client(
    attempt: &Attempt,
    program: &mut Program,
    name: &str,
    addr: SocketAddr,
) -> Result<Peer, Stop> {
    if let Ok(peer) = Peer::connect(name, addr, &attempt.recorder()) {
        return Ok(peer);
    }
    unless_it_panicked(attempt, program)?;
    Err(SILENT_PROGRAM.seen(format!(
        "The program said `listening on {addr}`, and nobody listens there."
    )))
}

/// If the program has ended in a panic or a stub, that explains the rest.
fn unless_it_panicked(attempt: &Attempt, program: &mut Program) -> Result<(), Stop> {
    if let Some(ended) = program.has_ended() {
        ended.unless_it_panicked(attempt.submission())?;
    }
    Ok(())
}

/// Starts the program, and waits until it listens.
fn start(attempt: &mut Attempt, asked: SocketAddr) -> Result<(Program, SocketAddr), Stop> {
    let mut program = Program::start(attempt.submission(), &[asked.to_string()])?;
    attempt.fact(format!("echo {asked}"), "started");
    let addr = program::listens(attempt, &mut program, asked, &SILENT_PROGRAM)?;
    Ok((program, addr))
}
