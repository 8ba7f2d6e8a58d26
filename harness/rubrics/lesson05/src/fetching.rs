//! A `fetch` under way, and what it came to.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use super::misconceptions::{
    CALLED_TWICE, FETCH_FAILED, HEADS_WRONG, NOBODY_CALLED, REDIRECT_BODY, REQUEST_CHANGED,
    SINK_WRONG,
};
use super::origin::{Asked, Flaw, Origin, Visit};
use super::redirected::{request, url, written};
use super::{FetchError, Functions, Head, Request};
use harness::attempt::{Attempt, Call, Shown};
use harness::conduct;
use harness::finding::{Misconception, Stop};
use harness::watch::{self, GaveUp, Look};

/// How often something is looked at that nothing tells of.
const STEP: Duration = Duration::from_micros(500);

/// What `fetch` gave.
pub struct Fetched {
    pub result: Result<Vec<Head>, FetchError>,
    /// What reached the sink.
    pub sink: Vec<u8>,
    /// How long it took, by the submission's clock.
    pub took: Duration,
}

impl Shown for Fetched {
    fn shown(&self) -> String {
        let sink = match self.sink.len() {
            0 => "nothing in the sink".to_owned(),
            1 => "1 byte in the sink".to_owned(),
            count => format!("{count} bytes in the sink"),
        };
        format!("{}, {sink}", told(&self.result))
    }
}

/// What a call gave, in a few words: `200`, `302, 200`, `the error Url`.
pub fn told(result: &Result<Vec<Head>, FetchError>) -> String {
    match result {
        Ok(heads) if heads.is_empty() => "no head".to_owned(),
        Ok(heads) => {
            let statuses: Vec<String> = heads.iter().map(|head| head.status.to_string()).collect();
            statuses.join(", ")
        }
        Err(error) => format!("the error {error:?}"),
    }
}

/// A call of `fetch` that was begun.
pub struct Fetching {
    call: Option<Call<Fetched>>,
    ended: Option<Fetched>,
}

/// A page that nobody can know beforehand, and that can be read.
pub fn page_of(length: usize) -> Vec<u8> {
    (0..length).map(|_| fastrand::lowercase() as u8).collect()
}

/// A GET for this target of a server.
pub fn get(origin: &Origin, target: &str) -> Request {
    ask("GET", origin, target)
}

/// A request for this target of a server.
pub fn ask(method: &str, origin: &Origin, target: &str) -> Request {
    let host = origin.addr().ip().to_string();
    request(method, url("http", &host, origin.port(), target))
}

impl Fetching {
    /// Begins a call, with a deadline that is so far away by the submission's clock.
    pub fn start(
        f: &Functions,
        attempt: &mut Attempt,
        request: &Request,
        max_redirects: u32,
        time: Option<Duration>,
    ) -> Fetching {
        Fetching::into(f, attempt, request, max_redirects, time, Vec::new())
    }

    /// The same, with a sink of another kind.
    pub fn into<S: Write + Into<Vec<u8>> + Send + 'static>(
        f: &Functions,
        attempt: &mut Attempt,
        request: &Request,
        max_redirects: u32,
        time: Option<Duration>,
        mut sink: S,
    ) -> Fetching {
        let deadline = match time {
            Some(time) => format!(", {} s", time.as_secs()),
            None => String::new(),
        };
        let proxy = match &request.proxy {
            Some(proxy) => format!(" via port {}", proxy.port),
            None => String::new(),
        };
        let place = written(&request.url);
        let place = place.trim_start_matches("http://");
        let text = format!(
            "fetch({} {place}{proxy}{deadline}, {max_redirects})",
            request.method
        );
        let (fetch, mut request) = (f.fetch, request.clone());
        let call = attempt.start("fetch", text, move || {
            let began = Instant::now();
            // By this thread's clock, which may be another than the grader's.
            request.deadline = time.and_then(|time| began.checked_add(time));
            let result = fetch(request, max_redirects, &mut sink);
            Fetched {
                result,
                sink: sink.into(),
                took: began.elapsed(),
            }
        });
        Fetching {
            call: Some(call),
            ended: None,
        }
    }

    /// Has it ended?
    pub fn has_ended(&mut self, attempt: &mut Attempt) -> Result<bool, Stop> {
        if let Some(call) = &self.call
            && let Some(ended) = attempt.poll(call)
        {
            self.call = None;
            self.ended = Some(ended?);
        }
        Ok(self.ended.is_some())
    }

    /// Waits for what it gives.
    pub fn finish(mut self, attempt: &mut Attempt) -> Result<Fetched, Stop> {
        match self.ended.take() {
            Some(ended) => Ok(ended),
            None => match self.call.take() {
                Some(call) => attempt.finish(call),
                None => Err(Stop::Trouble("a call was waited for twice".to_owned())),
            },
        }
    }

    /// Waits for what it gives: these answers, and this in the sink.
    pub fn gives(self, attempt: &mut Attempt, statuses: &[u16], body: &[u8]) -> Result<(), Stop> {
        let fetched = self.finish(attempt)?;
        gave(attempt, &fetched, statuses, body)
    }

    /// Waits for what it gives. When it gives nothing, because it waits or spins, that is `otherwise`.
    pub fn returns(
        self,
        attempt: &mut Attempt,
        otherwise: &'static Misconception,
        because: &str,
    ) -> Result<Fetched, Stop> {
        self.finish(attempt).map_err(|stop| {
            let seen = format!("{because}, and fetch never came back.");
            stop.rather(&conduct::NEVER_RETURNED, otherwise, seen.clone())
                .rather(&conduct::SPINS, otherwise, seen)
        })
    }

    /// What it gave, if it has ended, in a few words.
    pub fn gave(&self) -> String {
        let ended = self.ended.as_ref();
        ended.map_or("nothing".to_owned(), |it| told(&it.result))
    }

    /// Leaves it to itself.
    pub fn abandon(self, attempt: &mut Attempt) {
        if let Some(call) = self.call {
            attempt.abandon(call);
        }
    }

    /// Waits until it can get no further by itself.
    pub fn rests(&mut self, attempt: &mut Attempt) -> Result<(), Stop> {
        if let Some(call) = &self.call
            && let Some(ended) = attempt.until_it_waits(call)
        {
            self.call = None;
            self.ended = Some(ended?);
        }
        Ok(())
    }

    /// Waits for a call to this server, or for another request over the connection that there is. False
    /// when `fetch` ended instead.
    pub fn comes(
        &mut self,
        attempt: &mut Attempt,
        origin: &Origin,
        visit: &mut Option<Visit>,
    ) -> Result<bool, Stop> {
        let mut look = |attempt: &mut Attempt| -> Result<Option<bool>, Stop> {
            // In this order: who has ended may have called before.
            let has_ended = self.has_ended(attempt)?;
            if let Some(new) = origin.waiting_caller() {
                *visit = Some(new);
                return Ok(Some(true));
            }
            if let Some(visit) = visit {
                visit.look();
                if !visit.unread().is_empty() {
                    return Ok(Some(true));
                }
            }
            Ok(has_ended.then_some(false))
        };
        let came = watch::until(&watch::DUE, |slice| {
            let began = Instant::now();
            loop {
                match look(attempt) {
                    Ok(None) => {}
                    Ok(Some(came)) => return Look::Done(Ok(came)),
                    Err(stop) => return Look::Done(Err(stop)),
                }
                if began.elapsed() >= slice {
                    return Look::Nothing;
                }
                std::thread::park_timeout(STEP);
            }
        });
        came.unwrap_or_else(|gave_up| Err(self.stands_still(attempt, origin, &gave_up)))
    }

    fn stands_still(&mut self, attempt: &mut Attempt, origin: &Origin, gave_up: &GaveUp) -> Stop {
        if let Some(call) = self.call.take() {
            attempt.abandon(call);
        }
        NOBODY_CALLED.seen(format!(
            "Nobody called the server at {}: {gave_up}.",
            origin.addr()
        ))
    }

    /// Waits for the next request to this server, over whichever connection, and reads it.
    pub fn asks(
        &mut self,
        attempt: &mut Attempt,
        origin: &Origin,
        visit: &mut Option<Visit>,
    ) -> Result<Asked, Stop> {
        if !self.comes(attempt, origin, visit)? {
            let gave = self
                .ended
                .as_ref()
                .map_or(String::new(), |it| told(&it.result));
            return Err(NOBODY_CALLED.seen(format!(
                "fetch gave {gave}, and did not ask the server at {}.",
                origin.addr()
            )));
        }
        let Some(visit) = visit else {
            return Err(Stop::Trouble("a visitor has no connection".to_owned()));
        };
        visit.hear().map_err(|flaw| {
            let is_empty = matches!(&flaw, Flaw::NoHead(came, _) if came.is_empty());
            match called_once(attempt, origin) {
                Err(twice) if is_empty => twice,
                _ => flaw.found(),
            }
        })
    }

    /// The first request to this server.
    pub fn calls(
        &mut self,
        attempt: &mut Attempt,
        origin: &Origin,
    ) -> Result<(Visit, Asked), Stop> {
        let mut visit = None;
        let asked = self.asks(attempt, origin, &mut visit)?;
        match visit {
            Some(visit) => Ok((visit, asked)),
            None => Err(Stop::Trouble("a visitor has no connection".to_owned())),
        }
    }
}

/// The request has this method and this target, and names this server.
pub fn is_for(
    attempt: &Attempt,
    asked: &Asked,
    method: &str,
    target: &str,
    host: &str,
) -> Result<(), Stop> {
    let seen = |what: &str| {
        attempt.remark(format!("expected {method} {target}"));
        REQUEST_CHANGED.seen(format!("The server was asked for something else: {what}."))
    };
    if asked.method != method {
        return Err(seen("the method is another").pointing_at(asked.at_method(method)));
    }
    if asked.target != target {
        let remark = format!("expected {target}");
        return Err(seen("the target is another").pointing_at(asked.at_target(remark)));
    }
    match asked.named("Host").next() {
        Some(field) if field.value.eq_ignore_ascii_case(host) => Ok(()),
        Some(field) => {
            let remark = format!("expected {host}");
            Err(seen("Host is another").pointing_at(asked.at_field(field, remark)))
        }
        None => {
            Err(seen("there is no Host").pointing_at(asked.at_end_of_head("no Host up to here")))
        }
    }
}

/// The answers had these statuses, and this is what had to reach the sink.
pub fn gave(
    attempt: &Attempt,
    fetched: &Fetched,
    statuses: &[u16],
    body: &[u8],
) -> Result<(), Stop> {
    let expected: Vec<String> = statuses.iter().map(u16::to_string).collect();
    let expected = expected.join(", ");
    let heads = match &fetched.result {
        Ok(heads) => heads,
        Err(error) => {
            attempt.remark(format!("expected {expected}"));
            if matches!(error, FetchError::Partial) {
                return Err(SINK_WRONG.seen(format!(
                    "All of the body came, {} bytes. {} reached the sink, and fetch gave the error Partial.",
                    body.len(),
                    fetched.sink.len()
                )));
            }
            return Err(FETCH_FAILED.seen(format!(
                "The server answered {expected}, and fetch gave the error {error:?}."
            )));
        }
    };
    if !heads
        .iter()
        .map(|head| head.status)
        .eq(statuses.iter().copied())
    {
        attempt.remark(format!("expected the heads of {expected}"));
        return Err(HEADS_WRONG.seen(format!(
            "The answers were {expected}, and fetch gave {}.",
            told(&fetched.result)
        )));
    }
    if fetched.sink == body {
        return Ok(());
    }
    attempt.remark(format!("expected {} bytes in the sink", body.len()));
    let sink = &fetched.sink;
    Err(
        if statuses.len() > 1 && sink.len() > body.len() && sink.ends_with(body) {
            REDIRECT_BODY.seen(format!(
            "The page has {} bytes. In the sink are {}: those of the redirects' bodies stand before it.",
            body.len(),
            sink.len()
        ))
        } else {
            let same = sink.iter().zip(body).take_while(|(a, b)| a == b).count();
            SINK_WRONG.seen(format!(
                "The body has {} bytes, and {} reached the sink; the first {same} are the same.",
                body.len(),
                sink.len()
            ))
        },
    )
}

/// Nobody else called.
pub fn called_once(attempt: &Attempt, origin: &Origin) -> Result<(), Stop> {
    if origin.waiting_caller().is_none() {
        return Ok(());
    }
    attempt.remark("expected no second connection");
    Err(CALLED_TWICE.seen(format!(
        "fetch called the server at {} once more than there was something to ask.",
        origin.addr()
    )))
}

/// The call had to fail with one of these.
pub fn fails(
    attempt: &Attempt,
    fetched: &Fetched,
    expected: &[FetchError],
    why: &str,
    otherwise: &'static Misconception,
) -> Result<(), Stop> {
    if let Err(error) = &fetched.result
        && expected.contains(error)
    {
        return Ok(());
    }
    let expected: Vec<String> = expected.iter().map(|it| format!("{it:?}")).collect();
    let expected = expected.join(" or ");
    attempt.remark(format!("expected {expected}"));
    Err(otherwise.seen(format!(
        "{why}, which is the error {expected}; fetch gave {}.",
        told(&fetched.result)
    )))
}

/// A sink that takes so many bytes, and then no more.
pub struct Full {
    pub room: usize,
    pub taken: Vec<u8>,
}

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = bytes.len().min(self.room - self.taken.len());
        if count == 0 && !bytes.is_empty() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.taken.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl From<Full> for Vec<u8> {
    fn from(full: Full) -> Vec<u8> {
        full.taken
    }
}
