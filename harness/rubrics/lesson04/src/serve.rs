//! `serve`: everybody at once, whatever becomes of each.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use socket2::Socket;

use super::Functions;
use super::conversation::{Page, SMALL, Visitor, ended_by_now, is_over};
use super::misconceptions::{
    ACCEPT_ERROR_ENDS, ACCEPT_HOT, CONNECTION_ENDS, HANDLES_KEPT, NO_ANSWER, NO_THREAD_ENDS,
    NOTHING_LISTENS, ONE_AT_A_TIME, SERVES_ONE, THREADS_STAY,
};
use super::site::Site;
use harness::attempt::{Attempt, Call};
use harness::clock::Slept;
use harness::conduct;
use harness::finding::{Misconception, Stop};
use harness::kernel;
use harness::rubric::accept::pauses_between_accepts;
use harness::rubric::control::{ANY_PORT, ANY_PORT_V6, needs_ipv6, own_socket};
use harness::rubric::sleep::must_not_have_asked;
use harness::trace::Recorder;
use harness::watch::{self, Look, Onlooker};
use harness::wire::Peer;

/// `serve` at work, on a listener that the grader made.
struct Server {
    addr: SocketAddr,
    call: Call<io::Result<()>>,
}

impl Server {
    fn start(f: &Functions, attempt: &mut Attempt, site: &Site) -> Result<Server, Stop> {
        Server::start_on(f, attempt, site, ANY_PORT)
    }

    fn start_on(
        f: &Functions,
        attempt: &mut Attempt,
        site: &Site,
        addr: SocketAddr,
    ) -> Result<Server, Stop> {
        // Whatever is due in these cases is due at once.
        watch::timeouts_are_long();
        let socket = own_socket(addr)?;
        socket.bind(&addr.into())?;
        socket.listen(256)?;
        let listener = TcpListener::from(socket);
        let addr = listener.local_addr()?;
        let (serve, root) = (f.serve, site.root().to_owned());
        let call = attempt.start("serve", "serve(listener, root)", move || {
            serve(listener, &root)
        });
        Ok(Server { addr, call })
    }

    /// If the server has ended, that is `otherwise`: something happened, says `when`, and it was no
    /// reason to end.
    fn judge(
        &self,
        ended: Option<Result<io::Result<()>, Stop>>,
        otherwise: &'static Misconception,
        when: &str,
    ) -> Result<(), Stop> {
        let how = match ended {
            None => return Ok(()),
            Some(Ok(Ok(()))) => "serve returned".to_owned(),
            Some(Ok(Err(error))) => format!("serve gave the error {:?}", error.to_string()),
            Some(Err(stop)) => {
                let panicked = format!("{when}, and serve panicked.");
                return Err(stop.rather(&conduct::PANICKED, otherwise, panicked));
            }
        };
        Err(otherwise.seen(format!("{when}, and {how}.")))
    }

    fn must_run(
        &mut self,
        attempt: &mut Attempt,
        otherwise: &'static Misconception,
        when: &str,
    ) -> Result<(), Stop> {
        let ended = attempt.poll(&self.call);
        self.judge(ended, otherwise, when)
    }

    /// Somebody calls.
    fn visitor(
        &mut self,
        attempt: &mut Attempt,
        name: &str,
        otherwise: &'static Misconception,
        when: &str,
    ) -> Result<Visitor, Stop> {
        let recorder = attempt.recorder();
        self.visitor_recorded(attempt, name, otherwise, when, &recorder)
    }

    fn visitor_recorded(
        &mut self,
        attempt: &mut Attempt,
        name: &str,
        otherwise: &'static Misconception,
        when: &str,
        recorder: &Recorder,
    ) -> Result<Visitor, Stop> {
        match Visitor::calls(name, self.addr, recorder) {
            Ok(visitor) => Ok(visitor),
            Err(error) if is_refusal(&error) => {
                let ended = ended_by_now(attempt, &self.call, true);
                self.judge(ended, otherwise, when)?;
                Err(otherwise.seen(format!("{when}, and the server does not listen any more.")))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// A visitor asks for a page and gets it. If not, that is `otherwise`.
    fn serves(
        &mut self,
        attempt: &mut Attempt,
        visitor: &mut Visitor,
        page: &Page,
        otherwise: &'static Misconception,
        when: &str,
    ) -> Result<(), Stop> {
        visitor.says(&page.request(""));
        self.answers(attempt, visitor, page, otherwise, when)
    }

    /// A visitor who has asked for a page gets it.
    fn answers(
        &mut self,
        attempt: &mut Attempt,
        visitor: &mut Visitor,
        page: &Page,
        otherwise: &'static Misconception,
        when: &str,
    ) -> Result<(), Stop> {
        match visitor.hears() {
            Ok(answer) if page.is_in(&answer) => Ok(()),
            Ok(answer) => {
                attempt.remark("expected 200, and the file");
                Err(visitor.not_the_page(&answer, page, when))
            }
            Err(flaw) => {
                attempt.remark("expected an answer");
                let ended = ended_by_now(attempt, &self.call, is_over(&flaw));
                self.judge(ended, otherwise, when)?;
                if let Some(panic) = harness::attempt::PanicNote::any_stray() {
                    return Err(panic.into_stop(attempt.submission(), "serve"));
                }
                Err(visitor.unheard(flaw, otherwise, when))
            }
        }
    }

    /// Somebody new calls, asks for a page, and gets it.
    fn serves_somebody(
        &mut self,
        attempt: &mut Attempt,
        name: &str,
        page: &Page,
        otherwise: &'static Misconception,
        when: &str,
    ) -> Result<(), Stop> {
        let mut visitor = self.visitor(attempt, name, otherwise, when)?;
        self.serves(attempt, &mut visitor, page, otherwise, when)?;
        visitor.leaves();
        Ok(())
    }

    /// The case is over; the server would serve for ever.
    fn leave(self, attempt: &mut Attempt) {
        attempt.abandon(self.call);
    }
}

fn is_refusal(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset
    )
}

pub fn serves_a_page_to_one_after_another(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let site = Site::new()?;
    let mut server = Server::start(f, attempt, &site)?;
    for (number, name) in ["A", "B", "C"].into_iter().enumerate() {
        let page = Page::new(&site)?;
        let (otherwise, when): (&'static Misconception, _) = match number {
            0 => (&NO_ANSWER, "A first client asked for a file"),
            1 => (
                &SERVES_ONE,
                "One client was served, and another asked for a file",
            ),
            _ => (
                &SERVES_ONE,
                "Two clients were served, and another asked for a file",
            ),
        };
        server.serves_somebody(attempt, name, &page, otherwise, when)?;
    }
    let slept = Slept::from_now();
    let ended = attempt.until_it_rests(&server.call, &watch::AT_REST_OR_PAUSING);
    server.judge(ended, &SERVES_ONE, "Three clients were served")?;
    must_not_have_asked(attempt, &slept, "serve")?;
    server.leave(attempt);
    Ok(())
}

pub fn serves_over_ipv6(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    needs_ipv6()?;
    let site = Site::new()?;
    let page = Page::new(&site)?;
    let mut server = Server::start_on(f, attempt, &site, ANY_PORT_V6)?;
    let when = "The listener is one of IPv6, and a client asked for a file";
    server.serves_somebody(attempt, "client", &page, &NO_ANSWER, when)?;
    server.leave(attempt);
    Ok(())
}

pub fn serves_clients_side_by_side(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let site = Site::new()?;
    let page = Page::new(&site)?;
    let large = "large.bin";
    site.sparse(large, 32 << 20)?;
    let mut server = Server::start(f, attempt, &site)?;
    let when = "A first client asked for a file";
    server.serves_somebody(attempt, "first", &page, &NO_ANSWER, when)?;

    let when = "A client has called and says nothing; another asked for a file";
    let idle = server.visitor(attempt, "idle", &SERVES_ONE, when)?;
    server.serves_somebody(attempt, "good", &page, &ONE_AT_A_TIME, when)?;

    let when = "A client has sent half a head; another asked for a file";
    let mut half = server.visitor(attempt, "half", &SERVES_ONE, when)?;
    half.says(b"GET / HTTP/1.1\r\nHo");
    server.serves_somebody(attempt, "good", &page, &ONE_AT_A_TIME, when)?;

    let when = "A client got a file and keeps its connection; another asked for a file";
    let mut keeps = server.visitor(attempt, "keeps", &SERVES_ONE, when)?;
    server.serves(attempt, &mut keeps, &page, &ONE_AT_A_TIME, when)?;
    server.serves_somebody(attempt, "good", &page, &ONE_AT_A_TIME, when)?;

    let when = "A client asked for 32 MiB and reads nothing of it; another asked for a file";
    let calling = own_socket(ANY_PORT)?;
    SMALL.of_peer(&calling)?;
    let peer = Peer::connect_from("deaf", calling, server.addr, &attempt.recorder())?;
    let mut deaf = Visitor::new(peer);
    deaf.says(format!("GET /{large} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes());
    deaf.client.peer.wait_for_unread(1000);
    server.serves_somebody(attempt, "good", &page, &ONE_AT_A_TIME, when)?;

    // Whoever waited is served, too.
    let when = "A client that kept its connection asked for another file";
    server.serves(attempt, &mut keeps, &page, &ONE_AT_A_TIME, when)?;
    let when = "A client that had said nothing so far asked for a file";
    let mut idle = idle;
    server.serves(attempt, &mut idle, &page, &ONE_AT_A_TIME, when)?;
    deaf.client.peer.reset()?;
    server.leave(attempt);
    Ok(())
}

pub fn is_not_held_up_by_a_hundred_slow_clients(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    const CROWD: usize = 100;
    let site = Site::new()?;
    let page = Page::new(&site)?;
    let mut server = Server::start(f, attempt, &site)?;
    // A stack of 2 MiB each is more than a case may have otherwise; nearly all of it stays untouched.
    kernel::limit_process(2 << 30);
    let unseen = Recorder::new();
    let mut crowd = Vec::new();
    for _ in 0..CROWD {
        let when = "Clients called that send half a head";
        let mut slow = server.visitor_recorded(attempt, "slow", &CONNECTION_ENDS, when, &unseen)?;
        slow.says(b"GET / HTTP/1.1\r\nHo");
        crowd.push(slow);
    }
    attempt.fact(format!("{CROWD} clients call, and send half a head"), "");
    let when = "A hundred clients have sent half a head; another asked for a file";
    server.serves_somebody(attempt, "good", &page, &ONE_AT_A_TIME, when)?;
    drop(crowd);
    server.leave(attempt);
    Ok(())
}

pub fn goes_on_after_clients_that_leave(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let site = Site::new()?;
    let page = Page::new(&site)?;
    let large = "large.bin";
    site.sparse(large, 32 << 20)?;
    let mut server = Server::start(f, attempt, &site)?;
    let when = "A first client asked for a file";
    server.serves_somebody(attempt, "first", &page, &NO_ANSWER, when)?;

    let download = format!("GET /{large} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let upload = page.request_by("POST", "Content-Length: 1000\r\n");
    for (said, resets, when) in [
        (&b""[..], true, "A client reset its connection at once"),
        (b"", false, "A client hung up without a word"),
        (
            b"GET / HT",
            true,
            "A client reset its connection within a head",
        ),
        (b"GET / HT", false, "A client hung up within a head"),
        (&upload, true, "A client reset its connection within a body"),
        (
            download.as_bytes(),
            true,
            "A client reset its connection in the middle of a download",
        ),
        (
            b"\xff\xfe\x80 \x00\r\n\r\n",
            true,
            "A client sent what is no request, and reset its connection",
        ),
    ] {
        for at_once in [true, false] {
            let open_before = open();
            let mut visitor = server.visitor(attempt, "leaves", &CONNECTION_ENDS, when)?;
            visitor.says(said);
            if !at_once {
                if said == download.as_bytes() {
                    visitor.client.peer.wait_for_unread(1000);
                } else {
                    until_read(open_before);
                }
            }
            if resets {
                visitor.client.peer.reset()?;
            } else {
                visitor.leaves();
            }
            let when = format!("{when}, and another asked for a file");
            server.serves_somebody(attempt, "next", &page, &CONNECTION_ENDS, &when)?;
        }
    }
    server.must_run(attempt, &CONNECTION_ENDS, "Some clients broke off")?;
    server.leave(attempt);
    Ok(())
}

pub fn goes_on_after_a_failed_accept(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let site = Site::new()?;
    let page = Page::new(&site)?;
    let mut server = Server::start(f, attempt, &site)?;
    let when = "A first client asked for a file";
    server.serves_somebody(attempt, "A", &page, &NO_ANSWER, when)?;
    // The accept in which it waits has its descriptor already: only the one after that finds none.
    let ended = attempt.until_it_waits(&server.call);
    server.judge(ended, &SERVES_ONE, "A first client was served")?;
    let (first, second) = (own_socket(ANY_PORT)?, own_socket(ANY_PORT)?);
    let onlooker = Onlooker::at_graded_threads();
    let Some(before) = kernel::limit_descriptors(1) else {
        server.leave(attempt);
        return Ok(());
    };
    attempt.fact("no descriptor is free", "");
    let starved = server.starves(attempt, first, second, &page, &onlooker);
    kernel::limit_descriptors(before);
    attempt.fact("there are descriptors again", "");
    let mut visitor = starved?;
    let when = "No descriptor was free for a moment, while a client called";
    server.answers(attempt, &mut visitor, &page, &ACCEPT_ERROR_ENDS, when)?;
    visitor.leaves();
    server.serves_somebody(attempt, "D", &page, &ACCEPT_ERROR_ENDS, when)?;
    server.leave(attempt);
    Ok(())
}

impl Server {
    /// While nothing can be opened: one client that may be accepted, and one for whom there is no
    /// descriptor. Gives the latter, who has asked for a page.
    fn starves(
        &mut self,
        attempt: &mut Attempt,
        first: Socket,
        second: Socket,
        page: &Page,
        onlooker: &Onlooker,
    ) -> Result<Visitor, Stop> {
        let when = "No descriptor was free for a moment";
        let mut last = Peer::connect_from("B", first, self.addr, &attempt.recorder())?;
        // A server may accept first who speaks first.
        last.offer(b"GET");
        let called = Peer::connect_from("C", second, self.addr, &attempt.recorder());
        let mut visitor = match called {
            Ok(peer) => Visitor::new(peer),
            Err(error) if is_refusal(&error) => {
                return Err(
                    ACCEPT_ERROR_ENDS.seen(format!("{when}, and the next client was refused."))
                );
            }
            Err(error) => return Err(error.into()),
        };
        visitor.says(&page.request(""));
        let paused = pauses_between_accepts(attempt, &self.call, onlooker);
        let ended = paused.map_err(|burnt| {
            ACCEPT_HOT.seen(format!(
                "{when}, and serve kept a processor busy for {:.1} s: it calls accept again and again.",
                burnt.as_secs_f64()
            ))
        })?;
        self.judge(ended, &ACCEPT_ERROR_ENDS, when)?;
        last.close();
        Ok(visitor)
    }
}

pub fn goes_on_without_a_thread_for_a_caller(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    const CALLERS: usize = 3;
    let site = Site::new()?;
    let page = Page::new(&site)?;
    let mut server = Server::start(f, attempt, &site)?;
    let when = "A first client asked for a file";
    server.serves_somebody(attempt, "A", &page, &NO_ANSWER, when)?;
    let ended = attempt.until_it_waits(&server.call);
    server.judge(ended, &SERVES_ONE, "A first client was served")?;
    if !kernel::forbid_threads() {
        server.leave(attempt);
        return Err(Stop::Skip(
            "here a process cannot be kept from starting threads".to_owned(),
        ));
    }
    attempt.fact("no more threads can be had", "");
    let when = "No thread could be had for a client";
    for _ in 0..CALLERS {
        // Whatever becomes of this one: who has a thread left may serve it.
        let mut visitor = server.visitor(attempt, "one", &NO_THREAD_ENDS, when)?;
        visitor.says(&page.request("Connection: close\r\n"));
        let _ = visitor.hears();
        let ended = attempt.until_it_waits(&server.call);
        server.judge(ended, &NO_THREAD_ENDS, when)?;
    }
    server.leave(attempt);
    Ok(())
}

pub fn returns_when_nothing_listens(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    watch::timeouts_are_long();
    let site = Site::new()?;
    let socket = own_socket(ANY_PORT)?;
    socket.bind(&ANY_PORT.into())?;
    attempt.fact(
        "the listener does not listen",
        "every accept fails, with EINVAL",
    );
    let (serve, root) = (f.serve, site.root().to_owned());
    let listener = TcpListener::from(socket);
    let call = attempt.start("serve", "serve(listener, root)", move || {
        serve(listener, &root)
    });
    let onlooker = Onlooker::at_graded_threads();
    let how = match pauses_between_accepts(attempt, &call, &onlooker) {
        Ok(Some(ended)) => match ended? {
            Err(_) => return Ok(()),
            Ok(()) => "serve gave Ok",
        },
        Ok(None) | Err(_) => "serve calls accept again and again",
    };
    attempt.abandon(call);
    attempt.remark("expected the error of accept");
    Err(NOTHING_LISTENS.seen(format!("The listener does not listen, and {how}.")))
}

pub fn keeps_nothing_of_connections_that_are_over(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    /// As many at a time, so that a server may make as many threads as it likes to keep.
    const AT_ONCE: usize = 8;
    const ROUNDS: usize = 10;
    const SOME: usize = AT_ONCE * ROUNDS / 2;
    let site = Site::new()?;
    let page = Page::new(&site)?;
    let mut server = Server::start(f, attempt, &site)?;
    let unseen = Recorder::new();
    let mut before = None;
    for round in 0..ROUNDS {
        let when = format!(
            "{} clients were served, and others asked for a file",
            round * AT_ONCE
        );
        let mut visitors = Vec::new();
        for _ in 0..AT_ONCE {
            visitors.push(server.visitor_recorded(attempt, "one", &SERVES_ONE, &when, &unseen)?);
        }
        for mut visitor in visitors {
            server.serves(attempt, &mut visitor, &page, &SERVES_ONE, &when)?;
            visitor.leaves();
        }
        if round == 1 {
            settled(0, 0);
            before = Some((watch::graded_threads().len(), open(), stacks()));
        }
    }
    attempt.fact(format!("{} clients", AT_ONCE * ROUNDS), "served, and gone");
    if let Some((threads, descriptors, space)) = before {
        settled(threads + SOME / 2, descriptors + SOME / 2);
        let now = (watch::graded_threads().len(), open(), stacks());
        if now.0 > threads + SOME {
            attempt.fact("threads before and after", format!("{threads}, {}", now.0));
            attempt.remark("expected no more than before");
            return Err(THREADS_STAY.seen(format!(
                "{} threads still run, long after their clients have hung up.",
                now.0 - threads
            )));
        }
        if now.1 > descriptors + SOME {
            attempt.fact(
                "descriptors before and after",
                format!("{descriptors}, {}", now.1),
            );
            attempt.remark("expected no more than before");
            return Err(conduct::LEFT_OPEN.seen(
                "Each client leaves a descriptor open in the server, long after it is gone.",
            ));
        }
        // The stack of a thread is 2 MiB of addresses, given back when nobody can ask for its result.
        if let (Some(before), Some(now)) = (space, now.2)
            && now.saturating_sub(before) > (SOME as u64) << 20
        {
            let mib = (now - before) >> 20;
            attempt.fact("addresses in use: more by", format!("{mib} MiB"));
            attempt.remark("expected no more than before");
            return Err(HANDLES_KEPT.seen(format!(
                "The threads have ended, and {mib} MiB of addresses of their stacks are still taken."
            )));
        }
    }
    server.leave(attempt);
    Ok(())
}

/// Waits until a caller was accepted, where so many descriptors were open before, and what it said was
/// read. No longer than a moment: nothing depends on it.
fn until_read(open_before: usize) {
    const MOMENT: Duration = Duration::from_millis(10);
    let began = Instant::now();
    let is_read = || {
        let descriptors = kernel::open_descriptors();
        descriptors.len() >= open_before + 2
            && descriptors
                .into_iter()
                .filter(|descriptor| kernel::kind_of(*descriptor) == "a socket")
                .all(|descriptor| kernel::unread_at(descriptor).is_none_or(|unread| unread == 0))
    };
    while !is_read() && began.elapsed() < MOMENT {
        std::thread::park_timeout(Duration::from_micros(200));
    }
}

fn open() -> usize {
    kernel::open_descriptors().len()
}

/// How many bytes this process may write to, whether or not it has: most of it are the stacks of threads.
/// `data` in /proc/self/statm, see proc(5).
fn stacks() -> Option<u64> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = pages.split_whitespace().nth(5)?.parse().ok()?;
    Some(pages * 4096)
}

/// Waits until there are no more threads and descriptors than these, or all is at rest.
fn settled(threads: usize, descriptors: usize) {
    let _ = watch::until(&watch::AT_REST, |slice| {
        if watch::graded_threads().len() <= threads && open() <= descriptors {
            return Look::Done(());
        }
        std::thread::park_timeout(slice);
        Look::Nothing
    });
}
