//! The program `listen`: says where it listens, shows its callers, fails with a word.

use std::io;
use std::net::SocketAddr;

use predicates::prelude::{Predicate, predicate};

use super::Functions;
use super::misconceptions::{CALLER_ENDS_PROGRAM, CALLER_KEPT, CALLER_NOT_SHOWN, LINGER};
use harness::attempt::Attempt;
use harness::conduct;
use harness::finding::Stop;
use harness::program::Program;
use harness::rubric::control::ANY_PORT;
use harness::rubric::program;
use harness::wire::{Heard, Peer};

pub fn says_where_it_listens(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut program = Program::start(attempt.submission(), &["127.0.0.1:0"])?;
    let addr = listens(attempt, &mut program, ANY_PORT)?;
    match Peer::connect("client", addr, &attempt.recorder()) {
        // Who is reset has been heard; how it ends is for the next case.
        Err(error) if error.kind() != io::ErrorKind::ConnectionReset => {
            Err(program::SILENT_PROGRAM.seen(format!(
                "The program said `listening on {addr}`, and nobody listens there."
            )))
        }
        _ => Ok(()),
    }
}

pub fn prints_each_caller_and_hangs_up(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    /// How many lines are looked at for a caller.
    const OTHER_LINES: usize = 8;
    /// How many bytes a caller may get.
    const GREETING: usize = 256;
    const RESET: &str = "The program closed the connection to its caller, and it was reset.";
    let mut program = Program::start(attempt.submission(), &["127.0.0.1:0"])?;
    let addr = listens(attempt, &mut program, ANY_PORT)?;
    for name in ["A", "B", "C", "D", "E"] {
        let mut client = match Peer::connect(name, addr, &attempt.recorder()) {
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                return Err(conduct::ENDED_THE_PROCESS
                    .seen("The program stopped listening after a few callers."));
            }
            // So soon that the call itself hears of it.
            Err(error)
                if error.kind() == io::ErrorKind::ConnectionReset
                    && program.has_ended().is_none() =>
            {
                attempt.remark("expected FIN");
                return Err(LINGER.seen(RESET));
            }
            client => client?,
        };
        let caller = client.addr()?;
        let shows_it = predicate::str::contains(caller.to_string());
        // A line or two beside it is its own affair, a flood is not.
        let mut others = 0;
        loop {
            match program.next_line() {
                Ok(Some(line)) if others < OTHER_LINES => {
                    others += 1;
                    attempt.fact("the program printed", line.trim_end());
                    if shows_it.eval(&line) {
                        break;
                    }
                }
                Ok(None) => {
                    if let Some(ended) = program.wait() {
                        ended.unless_it_panicked(attempt.submission())?;
                    }
                    return Err(
                        conduct::ENDED_THE_PROCESS.seen("The program ended after a few callers.")
                    );
                }
                Ok(Some(_)) | Err(_) => {
                    attempt.remark(format!("expected a line with {caller}"));
                    return Err(CALLER_NOT_SHOWN.seen(format!(
                        "A client called from {caller}, and no line said so."
                    )));
                }
            }
        }
        // A greeting before the end is the program's own affair.
        let mut end = client.hear_end();
        for _ in 0..GREETING {
            if let Heard::Bytes(_) = end {
                end = client.hear_end();
            }
        }
        match end {
            Heard::Fin(_) => {}
            Heard::Reset(_) => {
                attempt.remark("expected FIN");
                return Err(LINGER.seen(RESET));
            }
            Heard::Bytes(_) | Heard::Nothing(..) => {
                attempt.remark("expected FIN");
                return Err(
                    CALLER_KEPT.seen("The program did not close the connection to its caller.")
                );
            }
        }
    }
    // One who is gone when the program gets to it, and the next.
    let gone = program.while_it_sleeps(|| Peer::connect("F", addr, &attempt.recorder())?.reset());
    gone?;
    let ended =
        "A client called, and reset its connection before it was accepted. The program ended.";
    match Peer::connect("G", addr, &attempt.recorder()) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            Err(CALLER_ENDS_PROGRAM.seen(ended))
        }
        client => {
            let caller = client?.addr()?.to_string();
            for _ in 0..2 * OTHER_LINES {
                match program.next_line() {
                    Ok(Some(line)) if line.contains(&caller) => return Ok(()),
                    Ok(Some(_)) => {}
                    Ok(None) => {
                        if let Some(ended) = program.wait() {
                            ended.unless_it_panicked(attempt.submission())?;
                        }
                        return Err(CALLER_ENDS_PROGRAM.seen(ended));
                    }
                    Err(_) => break,
                }
            }
            attempt.remark(format!("expected a line with {caller}"));
            Err(CALLER_NOT_SHOWN.seen(format!(
                "A client called from {caller}, and no line said so."
            )))
        }
    }
}

pub fn says_what_is_wrong_with_an_address(
    _: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    program::says_what_is_wrong_with_an_address(attempt, "listen")
}

pub fn says_why_it_cannot_listen(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    program::says_why_it_cannot_listen(attempt, "listen")?;
    without_descriptors(attempt)
}

/// A listener that cannot accept any more. The program may hope for better times, if it waits for them.
fn without_descriptors(attempt: &mut Attempt) -> Result<(), Stop> {
    let mut program = Program::start(attempt.submission(), &["127.0.0.1:0"])?;
    let addr = listens(attempt, &mut program, ANY_PORT)?;
    if !program.can_open_nothing_more() {
        return Ok(());
    }
    attempt.fact("no descriptor is free", "nothing more can be opened");
    // The accept in which it waits has its descriptor already: only the one after that finds none.
    if let Ok(mut client) = Peer::connect("client", addr, &attempt.recorder()) {
        client.hear_end();
    }
    program.ends_or_rests().map_err(|spent| {
        conduct::ERROR_RETRIED.seen(format!(
            "No descriptor was free, every accept failed, and the program kept a processor busy for {:.1} s: \
             it accepts again and again.",
            spent.as_secs_f64()
        ))
    })?;
    match program.has_ended() {
        Some(ended) => {
            let ended = ended.unless_it_panicked(attempt.submission())?;
            program::ends_badly(attempt, "listen, and no descriptor is free", ended, "")
        }
        None => Ok(()),
    }
}

fn listens(
    attempt: &mut Attempt,
    program: &mut Program,
    asked: SocketAddr,
) -> Result<SocketAddr, Stop> {
    attempt.fact(format!("listen {asked}"), "started");
    program::listens(attempt, program, asked, &program::SILENT_PROGRAM)
}
