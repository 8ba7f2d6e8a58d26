//! How long `serve_connection` puts up with a client, on a clock that goes faster.

use std::cell::Cell;
use std::time::{Duration, Instant};

use super::Functions;
use super::conversation::{Page, SMALL, Talk, by_hand, end_of_head};
use super::misconceptions::{
    BODY_HELD, CLOSE_NOT_SAID, DRIP_HELD, HEAD_HELD, IDLE_ANSWERED, IDLE_HELD, NO_408, NO_ANSWER,
    READER_HELD, TOO_IMPATIENT,
};
use super::serve_connection::has_option;
use super::site::Site;
use harness::attempt::Attempt;
use harness::conduct;
use harness::finding::{Misconception, Stop};
use harness::rubric::faster::judged_twice;
use harness::watch::{self, GaveUp, Look};

/// A time-out, and when an end is late for it.
type Due = (Duration, Duration);

/// How long a head may take, and how long a client may say nothing.
const HEAD: Due = (Duration::from_secs(10), Duration::from_secs(25));
/// How often a client that drips begins a new line.
const LINE_EVERY: Duration = Duration::from_secs(2);
/// How long a body may stall.
const BODY: Due = (Duration::from_secs(30), Duration::from_secs(75));
/// How long a client may leave unread what it is sent. A send that has taken some of it when its time
/// is over succeeds: only the next one fails, so that there are two time-outs.
const READING: Due = (Duration::from_secs(60), Duration::from_secs(240));

/// How a client goes on and on.
struct Drip {
    /// Now and then a line of its head is complete, where this says how often: the time is for all of the
    /// head, not for each of them. They are far fewer than the fields that a head may have.
    line_every: Option<Duration>,
    lines: u32,
}

/// A client that is slow on purpose, and when its connection ended.
struct Slow {
    talk: Option<Talk>,
    since: Instant,
    ended: Option<Duration>,
    returned: bool,
    drips: Option<Drip>,
}

impl Slow {
    fn new(talk: Talk) -> Slow {
        Slow {
            talk: Some(talk),
            since: Instant::now(),
            ended: None,
            returned: false,
            drips: None,
        }
    }

    /// A client that goes on and on, with a line that is complete `line_every` so often, or never.
    fn dripping(talk: Talk, line_every: Option<Duration>) -> Slow {
        let lines = 0;
        Slow {
            drips: Some(Drip { line_every, lines }),
            ..Slow::new(talk)
        }
    }

    /// Has the connection ended, or the call returned?
    fn look(&mut self, attempt: &mut Attempt, reads: bool) -> Result<bool, Stop> {
        let Some(talk) = &mut self.talk else {
            return Ok(true);
        };
        if reads && self.ended.is_none() && talk.visitor.client.look() {
            self.ended = Some(self.since.elapsed());
        }
        if !self.returned
            && let Some(result) = attempt.poll(&talk.call)
        {
            // What it gives does not matter here, only that it does.
            let _ = result?;
            self.returned = true;
            if !reads {
                self.ended = Some(self.since.elapsed());
            }
        }
        if let Some(drip) = &mut self.drips
            && self.ended.is_none()
        {
            let line_due = drip.line_every.map(|every| every * (drip.lines + 1));
            let ends_line = line_due.is_some_and(|due| self.since.elapsed() >= due);
            drip.lines += u32::from(ends_line);
            let more: &[u8] = if ends_line { b"\r\nX: a" } else { b"a" };
            talk.visitor.client.peer.offer(more);
        }
        Ok(self.ended.is_some())
    }

    /// What the client heard before the end: whole answers' worth of bytes or nothing.
    fn heard_nothing(&self) -> bool {
        let talk = self.talk.as_ref();
        talk.is_none_or(|talk| talk.visitor.client.unread().is_empty())
    }

    fn command(&self) -> String {
        let talk = self.talk.as_ref();
        by_hand(talk.map_or(&[][..], |talk| &talk.visitor.said))
    }

    /// It ended neither too early nor too late for a time-out of `due.0`: after half of it at the earliest,
    /// and at the latest after `due.1`.
    fn in_time(
        &self,
        attempt: &Attempt,
        factor: u32,
        due: Due,
        who: &str,
        late: &'static Misconception,
    ) -> Option<Stop> {
        let stop = match self.ended.map(|ended| ended * factor) {
            Some(ended) if ended < due.0 / 2 => TOO_IMPATIENT.seen(format!(
                "A client {who}, and its connection was closed after {} s.",
                ended.as_secs()
            )),
            Some(ended) if ended <= due.1 => return None,
            Some(ended) => late.seen(format!(
                "A client {who}, and held its connection for {} s.",
                ended.as_secs()
            )),
            None => late.seen(format!(
                "A client {who}, and after {} s its connection is still open.",
                (self.since.elapsed() * factor).as_secs()
            )),
        };
        attempt.remark(format!("expected an end after {} s", due.0.as_secs()));
        Some(stop.by_hand(self.command()))
    }

    /// Hangs up. What is still running is left to itself.
    fn leave(&mut self, attempt: &mut Attempt) {
        let Some(talk) = self.talk.take() else {
            return;
        };
        let Talk { visitor, call, .. } = talk;
        // With RST: a server that waits for anything of this client's learns that it is gone.
        let _ = visitor.client.peer.reset();
        if !self.returned && attempt.finish(call).is_err() {
            // Said elsewhere, where it is the point.
        }
    }
}

/// Looks at all of them until each has ended, or this much time has passed. Real time. It is `certain`
/// that no end will come where nothing that the submission waits for has a time-out.
fn watch_all(
    attempt: &mut Attempt,
    slow: &mut [&mut Slow],
    limit: Duration,
    reads: bool,
    certain: &Cell<bool>,
) -> Result<(), Stop> {
    let began = Instant::now();
    while began.elapsed() < limit {
        let mut all = true;
        for slow in slow.iter_mut() {
            all &= slow.look(attempt, reads)?;
        }
        if all {
            return Ok(());
        }
        std::thread::park_timeout(Duration::from_millis(2));
    }
    watch::look_for_calls_past_libc();
    // Where bytes drip, something goes on; here it is asked whether anything does by itself.
    for slow in slow.iter_mut() {
        slow.drips = None;
    }
    let mut failed = None;
    let rest: Result<(), GaveUp> = watch::until(&watch::GLANCE, |slice| {
        // Those that have ended after all were late, and no more than that.
        let mut all = true;
        for slow in slow.iter_mut() {
            match slow.look(attempt, reads) {
                Ok(ended) => all &= ended,
                Err(stop) => failed = Some(stop),
            }
        }
        if all || failed.is_some() {
            return Look::Done(());
        }
        std::thread::park_timeout(slice);
        Look::Nothing
    });
    failed.map_or(Ok(()), Err)?;
    certain.set(matches!(rest, Err(GaveUp::Stuck(_))));
    Ok(())
}

pub fn closes_a_connection_that_stays_idle(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    judged_twice(attempt, [60, 10], HEAD.1, |attempt, factor, certain| {
        let site = Site::new()?;
        let page = Page::new(&site)?;
        let mut silent = Slow::new(Talk::named("silent", f, attempt, &site, None)?);
        let mut between = Talk::named("between", f, attempt, &site, None)?;
        between.says(&page.request(""));
        between.hears_page(attempt, &page, &NO_ANSWER, "The client asked for a file")?;
        let mut between = Slow::new(between);
        // One that takes its time: half of what it has.
        let mut honest = Talk::named("patient", f, attempt, &site, None)?;
        let since = Instant::now();
        while since.elapsed() * factor < HEAD.0 / 2 {
            silent.look(attempt, true)?;
            between.look(attempt, true)?;
            std::thread::park_timeout(Duration::from_millis(2));
        }
        honest.says(&page.request(""));
        let in_time = since.elapsed() * factor < HEAD.0 * 4 / 5;
        let heard = honest.hears_page(
            attempt,
            &page,
            &TOO_IMPATIENT,
            "The client said nothing for 5 s and asked for a file then",
        );
        let mut honest = Slow::new(honest);
        let limit = (HEAD.1 / factor).saturating_sub(since.elapsed());
        watch_all(
            attempt,
            &mut [&mut silent, &mut between],
            limit,
            true,
            certain,
        )?;

        let judged = judged_idle(attempt, factor, &silent, "said nothing").or_else(|| {
            judged_idle(
                attempt,
                factor,
                &between,
                "got a file and said nothing more",
            )
        });
        for slow in [&mut silent, &mut between, &mut honest] {
            slow.leave(attempt);
        }
        match heard {
            Err(stop) if in_time => Ok(Some(judged.unwrap_or(stop))),
            _ => Ok(judged),
        }
    })
}

fn judged_idle(attempt: &Attempt, factor: u32, slow: &Slow, who: &str) -> Option<Stop> {
    if slow.ended.is_some() && !slow.heard_nothing() {
        attempt.remark("expected FIN, and nothing before it");
        return Some(
            IDLE_ANSWERED
                .seen(format!("A client {who}, and got an answer all the same."))
                .by_hand(slow.command()),
        );
    }
    slow.in_time(attempt, factor, HEAD, who, &IDLE_HELD)
}

pub fn gives_up_a_head_that_does_not_come(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    judged_twice(attempt, [60, 10], HEAD.1, |attempt, factor, certain| {
        let site = Site::new()?;
        let page = Page::new(&site)?;
        let half = b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ";
        let mut stopped = Talk::named("stopped", f, attempt, &site, None)?;
        stopped.says(half);
        let mut stopped = Slow::new(stopped);
        // Each byte comes soon after the one before it.
        let mut dripping = Talk::unseen(f, attempt, &site)?;
        dripping.says(half);
        let mut dripping = Slow::dripping(dripping, None);
        let mut by_lines = Talk::unseen(f, attempt, &site)?;
        by_lines.says(half);
        let mut by_lines = Slow::dripping(by_lines, Some(LINE_EVERY / factor));
        let mut later = Talk::named("later", f, attempt, &site, None)?;
        later.says(&page.request(""));
        later.hears_page(attempt, &page, &NO_ANSWER, "The client asked for a file")?;
        later.says(half);
        let mut later = Slow::new(later);
        let limit = HEAD.1 / factor;
        watch_all(
            attempt,
            &mut [&mut stopped, &mut dripping, &mut by_lines, &mut later],
            limit,
            true,
            certain,
        )?;

        let mut judged = stopped.in_time(attempt, factor, HEAD, "sent half a head", &HEAD_HELD);
        let second = "got a file and sent half a head";
        judged = judged.or_else(|| later.in_time(attempt, factor, HEAD, second, &HEAD_HELD));
        let byte_by_byte = "sent its head byte by byte, without end";
        for dripping in [&dripping, &by_lines] {
            judged = judged
                .or_else(|| dripping.in_time(attempt, factor, HEAD, byte_by_byte, &DRIP_HELD));
        }
        if judged.is_none() {
            judged = [&mut stopped, &mut later, &mut dripping, &mut by_lines]
                .into_iter()
                .find_map(|slow| judged_408(attempt, slow));
        }
        for slow in [&mut stopped, &mut dripping, &mut by_lines, &mut later] {
            slow.leave(attempt);
        }
        Ok(judged)
    })
}

/// A client that sent half a head is told so.
fn judged_408(attempt: &Attempt, slow: &mut Slow) -> Option<Stop> {
    let command = slow.command();
    let talk = slow.talk.as_mut()?;
    let observed = match talk.visitor.hears() {
        Ok(answer) if answer.status == 408 && has_option(&answer, "close") => return None,
        Ok(answer) if answer.status == 408 => {
            attempt.remark("expected Connection: close");
            let seen = "The answer 408, the last one, does not say `Connection: close`.";
            let shown = end_of_head(&answer, "Connection: close is missing");
            return Some(
                CLOSE_NOT_SAID
                    .seen(seen)
                    .pointing_at(shown)
                    .by_hand(command),
            );
        }
        Ok(answer) => format!("the answer has status {}", answer.status),
        Err(_) => "the connection was closed without an answer".to_owned(),
    };
    attempt.remark("expected 408, and FIN");
    let seen = format!("The time for a head was over with half of it there, and {observed}.");
    Some(NO_408.seen(seen).by_hand(command))
}

pub fn gives_up_a_body_that_stalls(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    judged_twice(attempt, [150, 20], BODY.1, |attempt, factor, certain| {
        let site = Site::new()?;
        let page = Page::new(&site)?;
        let mut stalled = Vec::new();
        for start in [
            page.request_by("POST", "Content-Length: 100\r\n"),
            [
                page.request_by("POST", "Transfer-Encoding: chunked\r\n"),
                b"5\r\nab".to_vec(),
            ]
            .concat(),
        ] {
            let mut talk = Talk::named("stalls", f, attempt, &site, None)?;
            talk.says(&start);
            stalled.push(Slow::new(talk));
        }
        // One that pauses, and goes on.
        let mut honest = Talk::named("patient", f, attempt, &site, None)?;
        honest.says(&page.request("Content-Length: 2\r\n"));
        honest.says(b"a");
        let since = Instant::now();
        while since.elapsed() * factor < BODY.0 * 3 / 5 {
            for slow in &mut stalled {
                slow.look(attempt, true)?;
            }
            std::thread::park_timeout(Duration::from_millis(2));
        }
        honest.says(b"b");
        let in_time = since.elapsed() * factor < BODY.0 * 4 / 5;
        let when = "The client paused for 18 s within its body, and then sent the rest";
        let heard = honest.hears_page(attempt, &page, &TOO_IMPATIENT, when);
        let mut honest = Slow::new(honest);
        let limit = (BODY.1 / factor).saturating_sub(since.elapsed());
        let mut all: Vec<&mut Slow> = stalled.iter_mut().collect();
        watch_all(attempt, &mut all, limit, true, certain)?;
        let who = "sent a part of its body and no more";
        let judged = stalled
            .iter()
            .find_map(|slow| slow.in_time(attempt, factor, BODY, who, &BODY_HELD));
        for slow in stalled.iter_mut().chain([&mut honest]) {
            slow.leave(attempt);
        }
        match heard {
            Err(stop) if in_time => Ok(Some(judged.unwrap_or(stop))),
            _ => Ok(judged),
        }
    })
}

pub fn gives_up_a_client_that_does_not_read(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    /// Far more than fits between the two.
    const LENGTH: u64 = 1 << 20;
    judged_twice(attempt, [200, 40], READING.1, |attempt, factor, certain| {
        let site = Site::new()?;
        let large = "large.bin";
        site.sparse(large, LENGTH)?;
        let request = format!("GET /{large} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        let mut deaf = Talk::named("deaf", f, attempt, &site, Some(SMALL))?;
        deaf.says(request.as_bytes());
        let mut deaf = Slow::new(deaf);
        // One that does other things first, and then reads all.
        let mut honest = Talk::named("patient", f, attempt, &site, Some(SMALL))?;
        honest.says(request.as_bytes());
        let since = Instant::now();
        while since.elapsed() * factor < READING.0 / 2 {
            deaf.look(attempt, false)?;
            std::thread::park_timeout(Duration::from_millis(2));
        }
        let in_time = since.elapsed() * factor < READING.0 * 4 / 5;
        let when = "The client asked for a file of 1 MiB, and read nothing for 30 s";
        let heard = honest.hears(attempt, "GET", &TOO_IMPATIENT, when);
        let heard = heard.map_err(|stop| {
            let seen = format!("{when}; then it read, and a part was missing.");
            stop.rather(&super::misconceptions::BODY_TOO_SHORT, &TOO_IMPATIENT, seen)
                .rather(&conduct::UNEXPECTED_ERROR, &TOO_IMPATIENT, when)
        });
        let mut honest = Slow::new(honest);
        let limit = (READING.1 / factor).saturating_sub(since.elapsed());
        watch_all(attempt, &mut [&mut deaf], limit, false, certain)?;
        let who = "asked for a large file and read nothing of it";
        let judged = deaf.in_time(attempt, factor, READING, who, &READER_HELD);
        for slow in [&mut deaf, &mut honest] {
            slow.leave(attempt);
        }
        match heard {
            Err(stop) if in_time => Ok(Some(judged.unwrap_or(stop))),
            _ => Ok(judged),
        }
    })
}
