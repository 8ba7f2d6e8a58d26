//! `fetch` and its deadline, on a clock that goes faster.

use std::cell::Cell;
use std::time::{Duration, Instant};

use super::fetching::{Fetched, Fetching, ask, gave, get, told};
use super::misconceptions::{
    DEADLINE_EARLY, DEADLINE_MISNAMED, DEADLINE_OF_CONNECT, DEADLINE_PAST, DEADLINE_PER_READ,
    DEADLINE_PER_REQUEST, ERROR_MIXED, NO_DEADLINE_KEPT, TIME_OUT_UNASKED,
};
use super::origin::{Flaw, Origin, Visit, bare_answer};
use super::redirected::{request, url};
use super::{FetchError, Functions, Request};
use harness::attempt::Attempt;
use harness::finding::{Misconception, Stop};
use harness::rubric::control::ANY_PORT;
use harness::rubric::faster::judged_twice;
use harness::trace::Recorder;
use harness::watch::{self, GaveUp, Look};
use harness::wire::BlackHole;

/// What each call has.
const TIME: Duration = Duration::from_secs(10);
/// When an end is early.
const EARLIEST: Duration = Duration::from_secs(9);
/// When an end is late. A send that took some of a body when its time was over succeeds, and only the next
/// one fails: that is two time-outs.
const LATE: Duration = Duration::from_secs(25);
/// How much faster time runs: first, and where it has to be certain.
const FACTORS: [u32; 2] = [120, 12];
/// How often the calls are looked at, by the real clock.
const STEP: Duration = Duration::from_millis(2);

/// What a server does that does not answer as it should.
#[derive(Clone, Copy)]
enum Does {
    /// It takes the call and the request, and that is all.
    Nothing,
    /// It sends these bytes and says no more.
    Stops(&'static str),
    /// It sends these bytes, and one more every now and then.
    Drips(&'static str),
    /// It redirects to itself each time, after 4 of 10 seconds.
    Redirects,
    /// It reads nothing of a long body.
    NeverReads,
}

/// A call that is to end by its deadline.
struct Waits {
    who: &'static str,
    does: Does,
    call: Option<Fetching>,
    origin: Origin,
    visit: Option<Visit>,
    /// When it was asked.
    asked: Option<Instant>,
    ended: Option<Fetched>,
}

impl Waits {
    fn start(
        f: &Functions,
        attempt: &mut Attempt,
        (name, who): (&str, &'static str),
        does: Does,
    ) -> Result<Waits, Stop> {
        // What drips would fill the picture.
        let recorder = match does {
            Does::Drips(_) => Recorder::new(),
            _ => attempt.recorder(),
        };
        let origin = match does {
            Does::NeverReads => Origin::with_little_room(name, &recorder)?,
            _ => Origin::listen(name, &recorder)?,
        };
        let asked = match does {
            Does::NeverReads => Request {
                body: vec![b'x'; 8 << 20],
                ..ask("POST", &origin, "/")
            },
            _ => get(&origin, "/"),
        };
        Ok(Waits {
            who,
            does,
            call: Some(Fetching::start(f, attempt, &asked, 50, Some(TIME))),
            origin,
            visit: None,
            asked: None,
            ended: None,
        })
    }

    /// Takes what has come, does what is due, and looks whether the call has ended.
    fn step(&mut self, attempt: &mut Attempt, factor: u32) -> Result<bool, Stop> {
        let Some(call) = &mut self.call else {
            return Ok(true);
        };
        if call.has_ended(attempt)? {
            if let Some(call) = self.call.take() {
                self.ended = Some(call.finish(attempt)?);
            }
            return Ok(true);
        }
        if let Some(new) = self.origin.waiting_caller() {
            self.visit = Some(new);
            self.asked = None;
        }
        let Some(visit) = &mut self.visit else {
            return Ok(false);
        };
        if !matches!(self.does, Does::NeverReads) {
            visit.look();
        }
        let Some(asked) = self.asked else {
            let is_whole = visit.unread().windows(4).any(|four| four == b"\r\n\r\n");
            if is_whole {
                visit.hear().map_err(Flaw::found)?;
                self.asked = Some(Instant::now());
                if let Does::Stops(text) | Does::Drips(text) = self.does {
                    visit.send(text.as_bytes())?;
                }
            }
            return Ok(false);
        };
        match self.does {
            Does::Drips(_) => {
                visit.peer().offer(b"a");
            }
            Does::Redirects if asked.elapsed() * factor >= TIME * 2 / 5 => {
                visit.send(&bare_answer(
                    "HTTP/1.1 302 Found\nLocation: /\nContent-Length: 0",
                ))?;
                self.asked = None;
            }
            _ => {}
        }
        Ok(false)
    }

    /// It ended in time, and for that reason.
    fn judged(
        &self,
        attempt: &Attempt,
        certain: &Cell<bool>,
        late: &'static Misconception,
    ) -> Option<Stop> {
        let who = self.who;
        let Some(ended) = &self.ended else {
            attempt.remark("expected Timeout after 10 s");
            return Some(late.seen(format!(
                "A server {who}. fetch had {} s, and after {} s it had not returned.",
                TIME.as_secs(),
                LATE.as_secs()
            )));
        };
        judged(attempt, who, ended, certain, late)
    }
}

/// It ended in time, and for that reason.
fn judged(
    attempt: &Attempt,
    who: &str,
    ended: &Fetched,
    certain: &Cell<bool>,
    late: &'static Misconception,
) -> Option<Stop> {
    let took = ended.took.as_secs_f64();
    let is_timeout = matches!(ended.result, Err(FetchError::Timeout));
    let misconception = if ended.took > LATE {
        late
    } else if ended.took < EARLIEST {
        &DEADLINE_EARLY
    } else if !is_timeout {
        certain.set(true);
        match ended.result {
            Err(FetchError::Send | FetchError::Receive | FetchError::Connect) => &DEADLINE_MISNAMED,
            _ => &ERROR_MIXED,
        }
    } else {
        return None;
    };
    attempt.remark("expected Timeout after 10 s");
    Some(misconception.seen(format!(
        "A server {who}. fetch had {} s, and gave {} after {took:.0} s.",
        TIME.as_secs(),
        told(&ended.result)
    )))
}

/// Calls servers that do this, all at once, and judges how each call ended.
fn all_end(
    f: &Functions,
    attempt: &mut Attempt,
    servers: &[(&str, &'static str, Does)],
    late: &'static Misconception,
) -> Result<(), Stop> {
    judged_twice(attempt, FACTORS, LATE, |attempt, factor, certain| {
        let mut waits = Vec::new();
        for (name, who, does) in servers {
            waits.push(Waits::start(f, attempt, (name, who), *does)?);
        }
        let began = Instant::now();
        while began.elapsed() * factor < LATE {
            let mut all = true;
            for wait in &mut waits {
                all &= wait.step(attempt, factor)?;
            }
            if all {
                break;
            }
            std::thread::park_timeout(STEP);
        }
        watch::look_for_calls_past_libc();
        let mut found = None;
        for wait in &waits {
            found = found.or_else(|| wait.judged(attempt, certain, late));
        }
        for wait in waits {
            leave(attempt, wait, certain)?;
        }
        Ok(found)
    })
}

/// Hangs up. What is still running is left to itself.
fn leave(attempt: &mut Attempt, wait: Waits, certain: &Cell<bool>) -> Result<(), Stop> {
    let Some(mut call) = wait.call else {
        return Ok(());
    };
    if !matches!(wait.does, Does::Drips(_) | Does::Redirects) {
        let rest: Result<(), GaveUp> = watch::until(&watch::GLANCE, |slice| {
            std::thread::park_timeout(slice);
            Look::Nothing
        });
        // Nothing that it waits for has a time-out; unless it was late, and is not waiting any more.
        let is_stuck = matches!(rest, Err(GaveUp::Stuck(waiting)) if !waiting.is_empty());
        certain.set(certain.get() || is_stuck && !call.has_ended(attempt)?);
    }
    call.abandon(attempt);
    Ok(())
}

pub fn gives_up_a_server_that_stops(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let head = "HTTP/1.1 200 OK\r\nContent-";
    let body = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf";
    let chunk = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nhalf";
    let servers = [
        (
            "silent",
            "takes the request and says nothing",
            Does::Nothing,
        ),
        ("head", "sends half a head", Does::Stops(head)),
        ("body", "sends half a body", Does::Stops(body)),
        ("chunk", "sends half a chunk", Does::Stops(chunk)),
        ("full", "reads nothing of a long body", Does::NeverReads),
    ];
    all_end(f, attempt, &servers, &NO_DEADLINE_KEPT)
}

pub fn gives_up_a_server_that_drips(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let head = "HTTP/1.1 200 OK\r\nX: ";
    let body = "HTTP/1.1 200 OK\r\n\r\n";
    let servers = [
        (
            "head",
            "sends its head byte by byte, without end",
            Does::Drips(head),
        ),
        (
            "body",
            "sends its body byte by byte, without end",
            Does::Drips(body),
        ),
    ];
    all_end(f, attempt, &servers, &DEADLINE_PER_READ)
}

pub fn has_one_deadline_for_all_requests(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let who = "redirects to itself, each time after 4 s";
    all_end(
        f,
        attempt,
        &[("server", who, Does::Redirects)],
        &DEADLINE_PER_REQUEST,
    )
}

pub fn gives_up_a_host_that_takes_no_call(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let Some(hole) = BlackHole::open(ANY_PORT)? else {
        return Err(Stop::Skip(
            "only on Linux can an address be made that answers no call".to_owned(),
        ));
    };
    let addr = hole.addr()?;
    attempt.fact(addr.to_string(), "answers no call");
    let asked = request("GET", url("http", "127.0.0.1", addr.port(), "/"));
    judged_twice(attempt, FACTORS, LATE, |attempt, factor, certain| {
        let mut call = Fetching::start(f, attempt, &asked, 0, Some(TIME));
        let began = Instant::now();
        while began.elapsed() * factor < LATE && !call.has_ended(attempt)? {
            std::thread::park_timeout(STEP);
        }
        watch::look_for_calls_past_libc();
        let who = "does not take the call";
        if call.has_ended(attempt)? {
            let ended = call.finish(attempt)?;
            return Ok(judged(attempt, who, &ended, certain, &DEADLINE_OF_CONNECT));
        }
        call.abandon(attempt);
        attempt.remark("expected Timeout after 10 s");
        Ok(Some(DEADLINE_OF_CONNECT.seen(format!(
            "A server {who}. fetch had {} s, and after {} s it had not returned.",
            TIME.as_secs(),
            LATE.as_secs()
        ))))
    })
}

pub fn gives_up_at_once_when_the_time_is_over(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let origin = Origin::listen("server", &attempt.recorder())?;
    let call = Fetching::start(f, attempt, &get(&origin, "/"), 0, Some(Duration::ZERO));
    let because = "The deadline is over before the call";
    let fetched = call.returns(attempt, &DEADLINE_PAST, because)?;
    if matches!(fetched.result, Err(FetchError::Timeout)) {
        return Ok(());
    }
    attempt.remark("expected Timeout");
    Err(DEADLINE_PAST.seen(format!(
        "{because}, and fetch gave {}.",
        told(&fetched.result)
    )))
}

pub fn waits_as_long_as_it_takes_without_a_deadline(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    /// Longer than anybody's own idea of a time-out.
    const LONG: Duration = Duration::from_secs(300);
    judged_twice(attempt, [3000, 1000], LONG, |attempt, factor, certain| {
        let origin = Origin::listen("server", &attempt.recorder())?;
        let mut call = Fetching::start(f, attempt, &get(&origin, "/"), 0, None);
        let (mut visit, _) = call.calls(attempt, &origin)?;
        let since = Instant::now();
        while since.elapsed() * factor < LONG && !call.has_ended(attempt)? {
            std::thread::park_timeout(STEP);
        }
        if call.has_ended(attempt)? {
            let fetched = call.finish(attempt)?;
            certain.set(true);
            attempt.remark("expected it to wait on");
            return Ok(Some(TIME_OUT_UNASKED.seen(format!(
                "The server took its time, there is no deadline, and fetch gave {} after {} s.",
                told(&fetched.result),
                fetched.took.as_secs()
            ))));
        }
        visit.answer("HTTP/1.1 200 OK", b"page")?;
        let fetched = call.finish(attempt)?;
        Ok(gave(attempt, &fetched, &[200], b"page").err())
    })
}
