//! What the programs of several lessons have in common: each says where it listens, or why it cannot.

use std::net::SocketAddr;

use predicates::prelude::{Predicate, predicate};

use super::control::{ANY_PORT, internet_address, own_listener};
use crate::attempt::Attempt;
use crate::finding::{Misconception, Stop};
use crate::misconceptions;
use crate::program::{self, Ended, NotListening, Program};

misconceptions! { ALL:
    SILENT_PROGRAM = "program-does-not-say-where" {
        why: "With port 0 only the program knows where it listens. Who started it waits for the line \
              `listening on ADDR`, on stdout, and then calls ADDR.",
        fix: "{place} has to print `listening on ADDR`, with the address really bound, once it listens, and nothing \
              before that: a println! in a function of the library comes first",
        read: "the-program",
    }
    BAD_EXIT = "program-fails-without-a-word" {
        why: "A script sees only the exit code, a person only stderr. Both need to be told, and the person \
              needs to know which address is meant.",
        fix: "{place} has to say on stderr which address it could not take, and exit with 1, or 2 for \
              arguments that make no sense",
        read: "the-program",
    }
}

/// Waits until the program says where it listens: at the address that was `asked` for, and at a port of its own. If it
/// does not, that is `otherwise`.
pub fn listens(
    attempt: &mut Attempt,
    program: &mut Program,
    asked: SocketAddr,
    otherwise: &'static Misconception,
) -> Result<SocketAddr, Stop> {
    let what = match program.listens() {
        Ok(addr) if addr.port() == 0 || addr.ip() != asked.ip() => {
            format!("The program said `listening on {addr}`, where nobody can call.")
        }
        Ok(addr) => {
            attempt.fact("the program printed", format!("listening on {addr}"));
            if !program.names_anothers(addr) {
                return Ok(addr);
            }
            attempt.fact(
                format!("the kernel says: {addr} belongs to"),
                "another process",
            );
            format!(
                "The program said `listening on {addr}`, and it is another process that listens there: neither the \
                 program nor one that it started."
            )
        }
        Err(NotListening::Said(line)) => format!(
            "The program's first line was {:?}, not `listening on ADDR`.",
            line.trim_end()
        ),
        Err(NotListening::Ended(ended)) => {
            let said = ended.unless_it_panicked(attempt.submission())?.stderr;
            format!(
                "The program ended before it listened. On stderr it said {:?}.",
                said.trim_end()
            )
        }
        Err(NotListening::Silent) => "The program ran, and never said where it listens.".to_owned(),
    };
    Err(otherwise.seen(what))
}

/// The program is told to listen where somebody else does: it has to fail, and to name the address.
pub fn says_why_it_cannot_listen(attempt: &mut Attempt, program: &str) -> Result<(), Stop> {
    let taken = own_listener(ANY_PORT)?;
    let addr = internet_address(&taken)?.to_string();
    attempt.fact(format!("another socket listens on {addr}"), "");
    let ended = program::run(attempt, &[&addr])?;
    let said = ended.stdout.clone();
    ends_badly(attempt, &format!("{program} {addr}"), ended, &addr)?;
    if said.contains("listening on") {
        attempt.fact("on stdout", said.trim_end());
        attempt.remark("expected nothing");
        return Err(SILENT_PROGRAM.seen(format!(
            "The program could not listen on {addr}, and said that it does."
        )));
    }
    Ok(())
}

/// The program is given an address that is none, and then no address.
pub fn says_what_is_wrong_with_an_address(
    attempt: &mut Attempt,
    program: &str,
) -> Result<(), Stop> {
    let nonsense = "localhost-7000";
    let ended = program::run(attempt, &[nonsense])?;
    ends_badly(attempt, &format!("{program} {nonsense}"), ended, nonsense)?;
    let ended = program::run::<&str>(attempt, &[])?;
    ends_badly(attempt, program, ended, "ADDR")
}

/// The program has to fail, and to name on stderr what it is about.
pub fn ends_badly(
    attempt: &mut Attempt,
    command: &str,
    ended: Ended,
    names: &str,
) -> Result<(), Stop> {
    let code = ended
        .code
        .map_or("a signal".to_owned(), |code| format!("exit code {code}"));
    attempt.fact(command, code);
    let said = ended.stderr.trim();
    attempt.fact(
        "on stderr",
        if said.is_empty() { "(nothing)" } else { said },
    );
    let is_failure = predicate::in_iter([Some(1), Some(2)]);
    let names_it = predicate::str::contains(names);
    if is_failure.eval(&ended.code) && names_it.eval(&ended.stderr) {
        return Ok(());
    }
    let what = if is_failure.eval(&ended.code) {
        attempt.remark(format!("expected a line that names {names}"));
        format!("`{command}` cannot work, and what it said on stderr does not name {names}.")
    } else {
        attempt.remark("expected exit code 1 or 2");
        format!("`{command}` cannot work, and its exit code does not say so.")
    };
    Err(BAD_EXIT.seen(what))
}
