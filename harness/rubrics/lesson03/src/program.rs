//! The program `client`: a conversation over stdin and stdout, and a word when there is none.

use predicates::prelude::{Predicate, PredicateBooleanExt, predicate};
use predicates::str::contains;

use super::misconceptions::{
    NOT_REACHED, OUTPUT_ERROR_LOST, PROGRAM_HOLDS_BACK, PROGRAM_STAYS, SILENT_FAILURE,
};
use super::resolve::own_in_time;
use super::{Functions, binary, hex};
use harness::attempt::Attempt;
use harness::finding::Stop;
use harness::program::{self, Dialogue, Ended};
use harness::rubric::control::{ANY_PORT, ANY_PORT_V6};
use harness::wire::{Heard, Peer, Refusing, Server, has_ipv6};

pub fn shows_an_answer_while_input_is_still_open(
    _: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let (mut program, mut peer) = begin(attempt, "127.0.0.1", "127.0.0.1")?;
    let prompt = "who are you? ";
    let _ = peer.send(prompt.as_bytes());
    if program.prints(prompt.len()).is_err() {
        return Err(holds_back(attempt, program, prompt.as_bytes()));
    }
    let name = binary(8);
    types(attempt, &mut program, &name);
    heard(attempt, &mut program, &mut peer, &name)?;
    program.ends_input();
    attempt.fact("its stdin ends", "");
    if !matches!(peer.hear_end(), Heard::Fin(_)) {
        attempt.remark("expected FIN");
        return Err(unless_it_panicked(
            attempt,
            &mut program,
            PROGRAM_HOLDS_BACK
                .seen("The program's stdin has ended, and it did not tell the server."),
        ));
    }
    let rest = binary(100_000);
    let _ = peer.send(&rest);
    let _ = peer.half_close();
    let ended = ends(attempt, &mut program)?;
    let said = [prompt.as_bytes(), &rest].concat();
    if program.printed != said {
        attempt.fact("on stdout", hex(&program.printed));
        attempt.remark(format!("expected {}", hex(&said)));
        return Err(PROGRAM_HOLDS_BACK.seen("What the server said is not what stands on stdout."));
    }
    well(attempt, &ended)
}

pub fn ends_when_the_server_is_done(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let (mut program, mut peer) = begin(attempt, "127.0.0.1", "127.0.0.1")?;
    let bye = binary(9);
    let _ = peer.send(&bye);
    drop(peer);
    attempt.fact("the server closes; stdin stays open", "");
    let ended = ends(attempt, &mut program)?;
    if program.printed != bye {
        attempt.fact("on stdout", hex(&program.printed));
        attempt.remark(format!("expected {}", hex(&bye)));
        return Err(PROGRAM_HOLDS_BACK.seen("What the server said is not what stands on stdout."));
    }
    well(attempt, &ended)
}

pub fn reaches_a_server_by_its_name(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut hosts = vec![("localhost", "127.0.0.1")];
    if has_ipv6() {
        hosts.push(("::1", "::1"));
    }
    for (host, ip) in hosts {
        let (mut program, peer) = begin(attempt, host, ip)?;
        drop(peer);
        let ended = ends(attempt, &mut program)?;
        well(attempt, &ended)?;
    }
    Ok(())
}

pub fn says_whom_it_cannot_reach_and_why(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let refusing = Refusing::bind(ANY_PORT)?;
    let port = refusing.addr()?.port().to_string();
    attempt.fact(format!("127.0.0.1:{port}"), "refuses calls");
    let ended = program::run(attempt, &["127.0.0.1", &port])?;
    fails(
        attempt,
        &format!("client 127.0.0.1 {port}"),
        &ended,
        &["127.0.0.1", &port, "refused"],
    )?;

    let host = format!("no-such-host-{}.invalid", fastrand::u32(..));
    // Where it has an address all the same, that is nobody to call.
    if !matches!(own_in_time(&host, 80), Some(Err(_))) {
        return Ok(());
    }
    let ended = program::run(attempt, &[host.as_str(), "80"])?;
    fails(
        attempt,
        &format!("client {host} 80"),
        &ended,
        &[&host, "80"],
    )
}

pub fn says_that_the_connection_broke(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let (mut program, mut peer) = begin(attempt, "127.0.0.1", "127.0.0.1")?;
    let port = peer.own_addr()?.port().to_string();
    let said = binary(9);
    let _ = peer.send(&said);
    if program.prints(said.len()).is_err() {
        return Err(holds_back(attempt, program, &said));
    }
    peer.reset()?;
    let ended = ends(attempt, &mut program)?;
    fails(
        attempt,
        &format!("client 127.0.0.1 {port}"),
        &ended,
        &["127.0.0.1", &port, "reset"],
    )
}

pub fn ends_when_nobody_reads_its_output(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    /// More than stands in any pipe or buffer.
    const MUCH: usize = 4 << 20;
    let (mut program, mut peer) = begin(attempt, "127.0.0.1", "127.0.0.1")?;
    let said = binary(9);
    let _ = peer.send(&said);
    if program.prints(said.len()).is_err() {
        return Err(holds_back(attempt, program, &said));
    }
    program.hangs_up();
    attempt.fact("nobody reads its stdout any more", "the server talks on");
    let _ = peer.send_unless(&binary(MUCH), || program.is_over());
    let Some(ended) = program.wait() else {
        attempt.remark("expected the program to end");
        return Err(
            OUTPUT_ERROR_LOST.seen("Nobody reads the program's stdout any more, and it runs on.")
        );
    };
    let ended = ended.unless_it_panicked(attempt.submission())?;
    attempt.fact("the program ended with", code(&ended));
    if ended.code == Some(0) {
        attempt.remark("expected another exit code than 0");
        return Err(OUTPUT_ERROR_LOST.seen(
            "Nobody read what the server said, and the program ended with exit code 0, as if all were well.",
        ));
    }
    Ok(())
}

pub fn says_what_it_wants_as_arguments(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    // Whoever makes sense of it nevertheless calls here.
    let server = Server::listen("server", ANY_PORT, &attempt.recorder())?;
    let port = server.addr()?.port();
    // The port with a bit too many: cut to 16 bits it would be a port.
    let too_large = (u32::from(port) + (1 << 16)).to_string();
    let port = port.to_string();
    for (args, names) in [
        (&[][..], "PORT"),
        (&["127.0.0.1"], "PORT"),
        (&["127.0.0.1", &port, "81"], "PORT"),
        (&["127.0.0.1", "seventy"], "seventy"),
        (&["127.0.0.1", &too_large], &too_large),
    ] {
        let ended = program::run(attempt, args)?;
        let command = format!("client {}", args.join(" "));
        senseless(attempt, command.trim_end(), &ended, names, &server)?;
    }
    Ok(())
}

/// A server on `ip`, and the program that was told to call `host`.
fn begin(attempt: &mut Attempt, host: &str, ip: &str) -> Result<(Dialogue, Peer), Stop> {
    let like = if ip == "::1" { ANY_PORT_V6 } else { ANY_PORT };
    let server = Server::listen("server", like, &attempt.recorder())?;
    let port = server.addr()?.port().to_string();
    let mut program = Dialogue::start(attempt.submission(), &[host, &port])?;
    attempt.fact(format!("client {host} {port}"), "started");
    match server.accept() {
        Ok(peer) => Ok((program, peer)),
        Err(_) => {
            let said = match program.wait() {
                Some(ended) => ended.unless_it_panicked(attempt.submission())?.stderr,
                None => String::new(),
            };
            Err(NOT_REACHED.seen(format!(
                "A server listened on {ip} port {port}, and `client {host} {port}` did not call it. On \
                 stderr it said {:?}.",
                said.trim_end()
            )))
        }
    }
}

fn types(attempt: &mut Attempt, program: &mut Dialogue, bytes: &[u8]) {
    attempt.fact("on its stdin", hex(bytes));
    // A program that has ended reads nothing, and the server will not hear it.
    let _ = program.types(bytes);
}

fn heard(
    attempt: &mut Attempt,
    program: &mut Dialogue,
    peer: &mut Peer,
    expected: &[u8],
) -> Result<(), Stop> {
    match peer.hear(expected.len()) {
        Heard::Bytes(heard) if heard == expected => return Ok(()),
        _ => attempt.remark(format!("expected {}", hex(expected))),
    }
    let held = PROGRAM_HOLDS_BACK
        .seen("What was typed did not reach the server while the program's stdin was still open.");
    Err(unless_it_panicked(attempt, program, held))
}

/// The program did not show what the server said: because it panicked, it may be.
fn holds_back(attempt: &mut Attempt, mut program: Dialogue, expected: &[u8]) -> Stop {
    attempt.fact("on stdout", hex(&program.printed));
    attempt.remark(format!("expected {}", hex(expected)));
    let holds = PROGRAM_HOLDS_BACK
        .seen("The server spoke, and it is not to be seen on stdout while the connection is open.");
    unless_it_panicked(attempt, &mut program, holds)
}

fn unless_it_panicked(attempt: &mut Attempt, program: &mut Dialogue, otherwise: Stop) -> Stop {
    let Some(ended) = program.wait() else {
        return otherwise;
    };
    match ended.unless_it_panicked(attempt.submission()) {
        Ok(_) => otherwise,
        Err(stop) => stop,
    }
}

/// The program comes to its end, whatever that is.
fn ends(attempt: &mut Attempt, program: &mut Dialogue) -> Result<Ended, Stop> {
    match program.wait() {
        Some(ended) => ended.unless_it_panicked(attempt.submission()),
        None => {
            Err(PROGRAM_STAYS
                .seen("The server has closed the connection, and the program runs on."))
        }
    }
}

fn well(attempt: &mut Attempt, ended: &Ended) -> Result<(), Stop> {
    if ended.code == Some(0) {
        return Ok(());
    }
    attempt.fact("the program ended with", code(ended));
    attempt.remark("expected exit code 0");
    Err(PROGRAM_STAYS.seen(format!(
        "The conversation went well, and the program ended with {}. On stderr it said {:?}.",
        code(ended),
        ended.stderr.trim_end()
    )))
}

fn code(ended: &Ended) -> String {
    ended
        .code
        .map_or("a signal".to_owned(), |code| format!("exit code {code}"))
}

/// The program has to fail with 1, and to say all of this on stderr.
fn fails(attempt: &mut Attempt, command: &str, ended: &Ended, says: &[&str]) -> Result<(), Stop> {
    attempt.fact(command, code(ended));
    attempt.fact("on stderr", ended.stderr.trim());
    let said = ended.stderr.to_lowercase();
    let missing: Vec<&str> = says
        .iter()
        .filter(|word| !contains(**word).eval(&said))
        .copied()
        .collect();
    let missing: Vec<String> = missing.iter().map(|word| format!("{word:?}")).collect();
    if ended.code == Some(1) && missing.is_empty() {
        return Ok(());
    }
    let seen = if ended.code == Some(0) {
        format!("`{command}` failed, and ended with exit code 0, as if all were well.")
    } else if missing.is_empty() {
        format!("`{command}` failed, and ended with {}, not 1.", code(ended))
    } else {
        format!(
            "`{command}` failed, and nothing on stderr says {}.",
            missing.join(" or ")
        )
    };
    attempt.remark(format!("expected exit code 1, and {}", says.join(", ")));
    Err(SILENT_FAILURE.seen(seen))
}

/// The program has to fail with 1 or 2, to name what it wants, and to call nobody.
fn senseless(
    attempt: &mut Attempt,
    command: &str,
    ended: &Ended,
    names: &str,
    server: &Server,
) -> Result<(), Stop> {
    attempt.fact(command, code(ended));
    attempt.fact("on stderr", ended.stderr.trim());
    let is_failure = predicate::in_iter([Some(1), Some(2)]);
    let names_it = contains(names).or(contains(names.to_lowercase()));
    if server.waiting_caller().is_some() {
        attempt.remark("expected nobody to call");
        return Err(SILENT_FAILURE.seen(format!(
            "`{command}` makes no sense, and the program called somebody."
        )));
    }
    if is_failure.eval(&ended.code) && names_it.eval(&ended.stderr) {
        return Ok(());
    }
    attempt.remark(format!(
        "expected exit code 2, and a line that names {names}"
    ));
    Err(SILENT_FAILURE.seen(format!("`{command}` makes no sense, and did not say so.")))
}
