//! `connect_any`: the first address that answers, within one deadline.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use super::misconceptions::{
    CALLED_TWICE, EMPTY_LIST, FIRST_ONLY, GAVE_UP_EARLY, LAST_ERROR, NO_TIMEOUT, NOT_CONNECTED,
    ORDER_IGNORED, TIMEOUT_PER_ADDRESS, TIMEOUT_STAYS,
};
use super::{Functions, binary, skip, waits_in};
use harness::attempt::Attempt;
use harness::conduct;
use harness::finding::{Misconception, Stop};
use harness::kernel;
use harness::rubric::control::{ANY_PORT, ANY_PORT_V6, internet_address, needs_ipv6, own_listener};
use harness::watch::{self, GaveUp, Look};
use harness::wire::{BlackHole, Heard, Refusing, Server};

/// More time than any case needs in which somebody answers.
const AMPLE: Duration = Duration::from_secs(20);

/// How often a call is looked at whose time is taken.
const STEP: Duration = Duration::from_millis(2);

/// What is given where nobody answers.
const SHORT: Duration = Duration::from_millis(400);

pub fn connects_to_the_address_it_was_given(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    connects(f, attempt, ANY_PORT)
}

pub fn connects_over_ipv6_too(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    needs_ipv6()?;
    connects(f, attempt, ANY_PORT_V6)
}

/// Connected, both ways, as a plain stream, and hung up when dropped.
fn connects(f: &Functions, attempt: &mut Attempt, like: SocketAddr) -> Result<(), Stop> {
    let server = Server::listen("server", like, &attempt.recorder())?;
    let addr = server.addr()?;
    let result = connect(f, attempt, &[addr], AMPLE)?;
    let stream = or_blame(result, addr)?;
    talks_to(attempt, &stream, &[addr])?;
    left_usable(attempt, &stream)?;
    let Ok(mut peer) = server.accept() else {
        return Err(
            NOT_CONNECTED.seen("connect_any returned a stream, and nobody called the server.")
        );
    };
    let payload = binary(6);
    (&stream).write_all(&payload)?;
    match peer.hear(payload.len()) {
        Heard::Bytes(heard) if heard == payload => {}
        _ if server.waiting_caller().is_some() => return Err(twice(addr)),
        _ => {
            return Err(NOT_CONNECTED
                .seen("What was sent over the returned stream did not reach the server."));
        }
    }
    let answer = binary(5);
    peer.send(&answer)?;
    let mut got = [0; 5];
    stream.set_read_timeout(Some(AMPLE))?;
    if (&stream).read_exact(&mut got).is_err() || got != answer[..] {
        return Err(
            NOT_CONNECTED.seen("What the server sent did not come out of the returned stream.")
        );
    }
    drop(stream);
    attempt.fact("the returned stream is dropped", "");
    match peer.hear_end() {
        Heard::Fin(_) | Heard::Reset(_) => {}
        Heard::Bytes(_) | Heard::Nothing(..) => {
            attempt.remark("expected FIN");
            return Err(conduct::LEFT_OPEN.seen(
                "The returned stream was dropped, and the server did not see the end of the connection.",
            ));
        }
    }
    match server.waiting_caller() {
        None => Ok(()),
        Some(_) => Err(twice(addr)),
    }
}

fn twice(addr: SocketAddr) -> Stop {
    CALLED_TWICE.seen(format!("connect_any called {addr} more than once."))
}

pub fn tries_the_next_address_when_one_refuses(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let refusing = [Refusing::bind(ANY_PORT)?, Refusing::bind(ANY_PORT)?];
    let server = Server::listen("server", ANY_PORT, &attempt.recorder())?;
    let good = server.addr()?;
    let addrs = [refusing[0].addr()?, refusing[1].addr()?, good];
    attempt.fact(format!("{} and {}", addrs[0], addrs[1]), "refuse calls");
    attempt.fact(good.to_string(), "answers");
    match connect(f, attempt, &addrs, AMPLE)? {
        Ok(stream) => talks_to(attempt, &stream, &[good]),
        Err(error) => Err(FIRST_ONLY.seen(format!(
            "The last of three addresses answers, and connect_any gave the error {:?}.",
            error.to_string()
        ))),
    }
}

pub fn tries_the_next_address_when_one_is_unreachable(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let server = Server::listen("server", ANY_PORT, &attempt.recorder())?;
    let good = server.addr()?;
    let (unreachable, reason) = no_way_to(good.port())?;
    attempt.fact(unreachable.to_string(), reason.to_string());
    attempt.fact(good.to_string(), "answers");
    match connect(f, attempt, &[unreachable, good], AMPLE)? {
        Ok(stream) => talks_to(attempt, &stream, &[good]),
        Err(error) => Err(FIRST_ONLY.seen(format!(
            "There is no way to the first address, the second answers, and connect_any gave the error \
             {:?}.",
            error.to_string()
        ))),
    }
}

/// An address of the loopback network that nobody can be reached at, and what the system says of it.
fn no_way_to(port: u16) -> Result<(SocketAddr, io::Error), Stop> {
    // The network's broadcast address, which TCP has no use for: not a packet is sent.
    let addr = SocketAddr::from(([127, 255, 255, 255], port));
    if cfg!(target_os = "linux")
        && let Err(error) = TcpStream::connect_timeout(&addr, SHORT)
        && error.kind() == io::ErrorKind::NetworkUnreachable
    {
        return Ok((addr, error));
    }
    skip("this system knows no address on loopback to which there is no way")
}

pub fn takes_the_first_address_that_answers(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    // Whichever of the two has the lower port: the order is that of the list.
    for is_first in [true, false] {
        let mut tries = 0;
        // A second call may be made beside the first when that takes long, as a call does on a machine
        // that stands still: what is wrong has to be so each time.
        while let Err(stop) = takes_the_first(f, attempt, is_first)? {
            tries += 1;
            if tries == 3 {
                return Err(stop);
            }
            attempt.fact("once more, in case this machine stood still", "");
        }
    }
    Ok(())
}

/// Two addresses answer, of which the one with the lower port stands first, or second. In the end, what
/// may be wrong because the first took too long.
fn takes_the_first(
    f: &Functions,
    attempt: &mut Attempt,
    lower_is_first: bool,
) -> Result<Result<(), Stop>, Stop> {
    let refusing = Refusing::bind(ANY_PORT)?;
    let [one, other] = [own_listener(ANY_PORT)?, own_listener(ANY_PORT)?];
    let is_lower = internet_address(&one)?.port() < internet_address(&other)?.port();
    let (first, second) = if is_lower == lower_is_first {
        (one, other)
    } else {
        (other, one)
    };
    let first = Server::of("first", first, &attempt.recorder());
    let second = Server::of("second", second, &attempt.recorder());
    let addrs = [first.addr()?, second.addr()?, refusing.addr()?];
    attempt.fact(format!("{} and {}", addrs[0], addrs[1]), "answer");
    attempt.fact(addrs[2].to_string(), "refuses calls");
    let stream = match connect(f, attempt, &addrs, AMPLE)? {
        Ok(stream) => stream,
        Err(error) => {
            return Err(ORDER_IGNORED.seen(format!(
                "The first two addresses answer, and connect_any gave the error {:?}.",
                error.to_string()
            )));
        }
    };
    // Whatever it has begun beside that is to come to its end.
    let _ = watch::until(&watch::AT_REST, |slice| {
        std::thread::park_timeout(slice);
        Look::<()>::Nothing
    });
    if stream.peer_addr().ok() == Some(addrs[1]) {
        let stop = ORDER_IGNORED.seen(format!(
            "The first address answers, and connect_any returned a connection to the second, {}.",
            addrs[1]
        ));
        return match first.waiting_caller() {
            Some(_) => Ok(Err(stop)),
            None => Err(stop),
        };
    }
    talks_to(attempt, &stream, &addrs[..1])?;
    Ok(match second.waiting_caller() {
        Some(_) => Err(ORDER_IGNORED.seen(format!(
            "The first address answers, and connect_any called the second, {}, all the same.",
            addrs[1]
        ))),
        None => Ok(()),
    })
}

pub fn returns_the_error_of_the_last_address(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let refusing = Refusing::bind(ANY_PORT)?;
    let refused = refusing.addr()?;
    let Err(refusal) = TcpStream::connect_timeout(&refused, AMPLE) else {
        return Err(Stop::Trouble(
            "a socket that does not listen was connected to".to_owned(),
        ));
    };
    attempt.fact(refused.to_string(), refusal.to_string());
    let result = connect(f, attempt, &[refused], AMPLE).map_err(|stop| {
        let what = "The only address refused the call at once, and connect_any has not said so: does it try \
                    again?";
        stop.rather(&conduct::NEVER_RETURNED, &LAST_ERROR, what)
    })?;
    must_give(
        attempt,
        result,
        &refusal,
        "the only address refused the call",
        &LAST_ERROR,
    )?;

    // Where an address can be made that answers no call, the last error is another than the first.
    if let Some(hole) = BlackHole::open(ANY_PORT)? {
        let silent = hole.addr()?;
        attempt.fact(silent.to_string(), "answers no call");
        let result = connect(f, attempt, &[refused, silent], SHORT).map_err(|stop| {
            let what = format!("connect_any had {SHORT:?}, and never came back.");
            stop.rather(&conduct::NEVER_RETURNED, &NO_TIMEOUT, what)
        })?;
        let late = io::Error::from(io::ErrorKind::TimedOut);
        must_give(
            attempt,
            result,
            &late,
            "the last address did not answer",
            &LAST_ERROR,
        )?;
    }
    Ok(())
}

pub fn calls_an_empty_list_invalid_input(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let result = connect(f, attempt, &[], AMPLE).map_err(|stop| {
        let looked = "There is no address to try, and connect_any did not look at that.";
        stop.rather(
            &conduct::PANICKED,
            &EMPTY_LIST,
            format!("{looked} It panicked."),
        )
        .rather(
            &conduct::NEVER_RETURNED,
            &EMPTY_LIST,
            format!("{looked} It never returned."),
        )
    })?;
    let kind = io::ErrorKind::InvalidInput.into();
    must_give(
        attempt,
        result,
        &kind,
        "there is no address to try",
        &EMPTY_LIST,
    )
}

pub fn gives_up_when_the_time_is_over(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let hole = black_hole(attempt)?;
    let addr = hole.addr()?;
    in_time(f, attempt, &[addr], |Took { real, fair }| {
        if real < SHORT / 2 {
            return Some(GAVE_UP_EARLY.seen(format!(
                "connect_any had {SHORT:?}, and gave up after {} ms.",
                real.as_millis()
            )));
        }
        (fair > SHORT * 2).then(|| {
            NO_TIMEOUT.seen(format!(
                "connect_any had {SHORT:?}, and took {} ms.",
                real.as_millis()
            ))
        })
    })
}

pub fn has_one_deadline_for_all_addresses(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let holes = [
        black_hole(attempt)?,
        black_hole(attempt)?,
        black_hole(attempt)?,
    ];
    let addrs = holes
        .iter()
        .map(BlackHole::addr)
        .collect::<io::Result<Vec<_>>>()?;
    in_time(f, attempt, &addrs, |Took { real, fair }| {
        (fair > SHORT * 2).then(|| {
            TIMEOUT_PER_ADDRESS.seen(format!(
                "connect_any had {SHORT:?} for three addresses that do not answer, and took {} ms.",
                real.as_millis()
            ))
        })
    })
}

/// What is given where one address refuses after a second.
const LONG: Duration = Duration::from_millis(1500);

/// By how much a call may be late that had [`LONG`].
const LATE: Duration = Duration::from_millis(400);

/// How many addresses are left when that one has refused.
const MORE: usize = 8;

pub fn has_one_deadline_though_an_address_refuses_late(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let mut holes = Vec::new();
    for _ in 0..MORE {
        let Some(hole) = BlackHole::open(ANY_PORT)? else {
            return skip("only on Linux can an address be made that answers no call");
        };
        holes.push(hole);
    }
    attempt.fact(format!("{MORE} addresses"), "answer no call");
    // A machine that stood still is no fault of the submission: what is wrong has to be so twice.
    let mut tries = 0;
    loop {
        tries += 1;
        let first = black_hole(attempt)?;
        let mut addrs = vec![first.addr()?];
        for hole in &holes {
            addrs.push(hole.addr()?);
        }
        let stops = || first.refuses_from_now_on();
        let (result, took) = timed(f, attempt, &addrs, LONG, stops)?;
        attempt.fact(
            addrs[0].to_string(),
            "refused, when it was called again after a second",
        );
        let kind = io::ErrorKind::TimedOut.into();
        must_give(attempt, result, &kind, "the time was over", &LAST_ERROR)?;
        if took.fair <= LONG + LATE {
            return Ok(());
        }
        if tries == 2 {
            return Err(TIMEOUT_PER_ADDRESS.seen(format!(
                "connect_any had {LONG:?}. The first address refused after a second, {MORE} others did not \
                 answer, and the call took {} ms.",
                took.real.as_millis()
            )));
        }
        attempt.fact("once more, in case this machine stood still", "");
    }
}

fn black_hole(attempt: &mut Attempt) -> Result<BlackHole, Stop> {
    let Some(hole) = BlackHole::open(ANY_PORT)? else {
        return skip("only on Linux can an address be made that answers no call");
    };
    attempt.fact(hole.addr()?.to_string(), "answers no call");
    Ok(hole)
}

/// The call has to end with `TimedOut`, and `judge` says what is wrong with the time that it took.
///
/// A machine that stood still is no fault of the submission: what is wrong has to be so twice.
fn in_time(
    f: &Functions,
    attempt: &mut Attempt,
    addrs: &[SocketAddr],
    judge: impl Fn(Took) -> Option<Stop>,
) -> Result<(), Stop> {
    let mut tries = 0;
    loop {
        tries += 1;
        let (result, took) = timed(f, attempt, addrs, SHORT, || Ok(()))?;
        let kind = io::ErrorKind::TimedOut.into();
        must_give(attempt, result, &kind, "the time was over", &LAST_ERROR)?;
        match judge(took) {
            Some(stop) if tries == 2 => return Err(stop),
            Some(_) => attempt.fact("once more, in case this machine stood still", ""),
            None => return Ok(()),
        }
    }
}

/// How long a call took: by the clock, and by one that stands still when this machine does, so that a
/// call that had no processor is not called slow.
struct Took {
    real: Duration,
    fair: Duration,
}

/// Calls with so much time, and gives how long it took. `under_way` is done while the call waits.
fn timed(
    f: &Functions,
    attempt: &mut Attempt,
    addrs: &[SocketAddr],
    timeout: Duration,
    under_way: impl FnOnce() -> io::Result<()>,
) -> Result<(io::Result<TcpStream>, Took), Stop> {
    let (connect_any, theirs) = (f.connect_any, addrs.to_vec());
    let text = format!("connect_any({}, {timeout:?})", listed(addrs));
    let call = attempt.start("connect_any", text.clone(), move || {
        let began = Instant::now();
        let result = connect_any(&theirs, timeout);
        (result, began.elapsed())
    });
    let mut under_way = Some(under_way);
    let mut passed = Duration::ZERO;
    let ended = watch::until(&watch::DUE, |slice| {
        let began = Instant::now();
        let mut ended = None;
        while ended.is_none() && began.elapsed() < slice {
            ended = attempt.poll(&call);
            if ended.is_none() {
                std::thread::park_timeout(STEP);
            }
        }
        // As much as a slice is late on a busy machine; what is later than that stood still.
        passed += began.elapsed().min(2 * slice);
        if let Some(ended) = ended {
            return Look::Done(ended);
        }
        if passed > SHORT / 2
            && let Some(under_way) = under_way.take()
            && let Err(error) = under_way()
        {
            return Look::Done(Err(error.into()));
        }
        Look::Nothing
    });
    match ended {
        Ok(ended) => {
            let (result, took) = ended?;
            let fair = took.min(passed);
            Ok((result, Took { real: took, fair }))
        }
        Err(gave_up) => {
            attempt.abandon(call);
            Err(match gave_up {
                GaveUp::Spinning(_) => {
                    conduct::SPINS.seen(format!("{text} never came back: {gave_up}."))
                }
                _ if waits_in(&gave_up, "connect") => NO_TIMEOUT.seen(format!(
                    "connect_any had {timeout:?}. It waits in `connect` without an end: nobody answers there."
                )),
                _ => NO_TIMEOUT.seen(format!(
                    "connect_any had {timeout:?}, and did not come back: {gave_up}."
                )),
            })
        }
    }
}

fn connect(
    f: &Functions,
    attempt: &mut Attempt,
    addrs: &[SocketAddr],
    timeout: Duration,
) -> Result<io::Result<TcpStream>, Stop> {
    let (connect_any, theirs) = (f.connect_any, addrs.to_vec());
    let text = format!("connect_any({}, {timeout:?})", listed(addrs));
    attempt.call("connect_any", text, move || connect_any(&theirs, timeout))
}

fn listed(addrs: &[SocketAddr]) -> String {
    let addrs: Vec<String> = addrs.iter().map(SocketAddr::to_string).collect();
    format!("[{}]", addrs.join(", "))
}

/// A failed call to a server that answers: the grader calls it, too.
fn or_blame(result: io::Result<TcpStream>, addr: SocketAddr) -> Result<TcpStream, Stop> {
    result.or_else(|error| {
        drop(TcpStream::connect_timeout(&addr, AMPLE)?);
        let observed = format!(
            "A server listens on {addr}, and connect_any gave the error {:?}.",
            error.to_string()
        );
        Err(conduct::unexpected(&error, observed))
    })
}

/// The call had to fail in just this way.
fn must_give(
    attempt: &mut Attempt,
    result: io::Result<TcpStream>,
    expected: &io::Error,
    why: &str,
    otherwise: &'static Misconception,
) -> Result<(), Stop> {
    let kind = expected.kind();
    let (misconception, seen) = match result {
        Err(error) if error.kind() == kind => return Ok(()),
        Err(error) => {
            let told = error.to_string();
            let is = format!("so the error had to be of the kind {kind:?}; it is {told:?}");
            (otherwise, is)
        }
        Ok(_) => (
            &NOT_CONNECTED,
            "and connect_any returned a stream".to_owned(),
        ),
    };
    attempt.remark(format!("expected {kind:?}"));
    Err(misconception.seen(format!("{}, {seen}.", sentence(why))))
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}

/// The stream is connected to one of these.
fn talks_to(attempt: &mut Attempt, stream: &TcpStream, right: &[SocketAddr]) -> Result<(), Stop> {
    let peer = stream.peer_addr().ok();
    if peer.is_some_and(|peer| right.contains(&peer)) {
        return Ok(());
    }
    let peer = peer.map_or("nobody".to_owned(), |peer| peer.to_string());
    attempt.fact("the returned stream talks to", peer.clone());
    attempt.remark(format!("expected {}", listed(right)));
    Err(NOT_CONNECTED.seen(format!("The returned stream is connected to {peer}.")))
}

/// Nothing was set on the stream that would surprise whoever uses it next.
fn left_usable(attempt: &mut Attempt, stream: &TcpStream) -> Result<(), Stop> {
    let socket = socket2::Socket::from(stream.try_clone()?);
    if kernel::is_nonblocking(&socket) == Some(true) {
        attempt.fact("the kernel says: O_NONBLOCK", "set");
        return Err(conduct::LEFT_NONBLOCKING
            .seen("The stream that connect_any returned is in non-blocking mode."));
    }
    if let Some(timeout) = stream.read_timeout()?.or(stream.write_timeout()?) {
        attempt.fact("the kernel says: a time-out of", format!("{timeout:?}"));
        attempt.remark("expected none");
        return Err(TIMEOUT_STAYS.seen(format!(
            "The stream that connect_any returned has a time-out of {timeout:?}."
        )));
    }
    Ok(())
}
