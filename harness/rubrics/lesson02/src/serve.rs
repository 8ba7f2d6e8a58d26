//! `serve`: one client after another, whatever becomes of each.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener};

use socket2::{SockRef, Socket};

use super::misconceptions::{
    ACCEPT_ENDS_SERVER, ACCEPT_SPINS, BYTES_CHANGED, CLIENT_ENDS_SERVER, CUT_OFF, KEPT_OPEN, MIXED,
    NOT_SERVED, RESET, SERVES_ONCE, SILENCE, UNUSED_TAIL,
};
use super::{Functions, binary, hurry, interrupt, standstill};
use harness::attempt::{Attempt, Call};
use harness::clock::Slept;
use harness::conduct;
use harness::finding::{Misconception, Stop};
use harness::kernel;
use harness::rubric::accept::pauses_between_accepts;
use harness::rubric::connection::SMALL;
use harness::rubric::control::{ANY_PORT, must_fail, own_socket};
use harness::rubric::sleep::must_not_have_asked;
use harness::watch::{self, Onlooker};
use harness::wire::{Buffers, Heard, Pattern, Peer};

fn listener() -> io::Result<TcpListener> {
    let socket = own_socket(ANY_PORT)?;
    socket.bind(&ANY_PORT.into())?;
    socket.listen(16)?;
    Ok(TcpListener::from(socket))
}

/// `serve` at work, on a listener that the grader made.
struct Server {
    addr: SocketAddr,
    call: Call<io::Result<()>>,
    /// What earlier clients sent.
    before: Vec<Vec<u8>>,
}

impl Server {
    fn start(f: &Functions, attempt: &mut Attempt) -> Result<Server, Stop> {
        Server::start_on(f, attempt, listener()?)
    }

    fn start_on(
        f: &Functions,
        attempt: &mut Attempt,
        listener: TcpListener,
    ) -> Result<Server, Stop> {
        let addr = listener.local_addr()?;
        let serve = f.serve;
        let call = attempt.start("serve", "serve(listener)", move || serve(listener));
        Ok(Server {
            addr,
            call,
            before: Vec::new(),
        })
    }

    /// If the server has ended, that is `otherwise`: something happened, says `after`, and it was no
    /// reason to end.
    fn must_run(
        &mut self,
        attempt: &mut Attempt,
        otherwise: &'static Misconception,
        after: &str,
    ) -> Result<(), Stop> {
        let ended = attempt.poll(&self.call);
        self.judge(ended, otherwise, after)
    }

    fn judge(
        &self,
        ended: Option<Result<io::Result<()>, Stop>>,
        otherwise: &'static Misconception,
        after: &str,
    ) -> Result<(), Stop> {
        let how = match ended {
            None => return Ok(()),
            Some(Ok(Ok(()))) => "serve returned".to_owned(),
            Some(Ok(Err(error))) => format!("serve gave the error {:?}", error.to_string()),
            Some(Err(stop)) => {
                let panicked = format!("{after}, and serve panicked.");
                return Err(stop.rather(&conduct::PANICKED, otherwise, panicked));
            }
        };
        Err(otherwise.seen(format!("{after}, and {how}.")))
    }

    /// A client has called. If the server does not listen any more, that is `otherwise`.
    fn called(
        &mut self,
        attempt: &mut Attempt,
        name: &str,
        buffers: Option<Buffers>,
        otherwise: &'static Misconception,
        after: &str,
    ) -> Result<Peer, Stop> {
        let calling = own_socket(ANY_PORT)?;
        if let Some(buffers) = buffers {
            buffers.of_peer(&calling)?;
        }
        let error = match Peer::connect_from(name, calling, self.addr, &attempt.recorder()) {
            Ok(client) => return Ok(client),
            Err(error) => error,
        };
        // A server that ends takes its port and its queue along: who calls is refused, or reset.
        let ended = attempt.until_it_waits(&self.call);
        self.judge(ended, otherwise, after)?;
        Err(match error.kind() {
            io::ErrorKind::ConnectionRefused => {
                otherwise.seen(format!("{after}, and the server does not listen any more."))
            }
            _ => error.into(),
        })
    }

    /// A client is served as it should be. If the server does not, and had no trouble before, that is
    /// `otherwise`.
    fn serves(
        &mut self,
        attempt: &mut Attempt,
        name: &str,
        otherwise: &'static Misconception,
        after: &str,
    ) -> Result<(), Stop> {
        let client = self.called(attempt, name, None, otherwise, after)?;
        let payload = binary(fastrand::usize(6..9));
        self.answers(attempt, client, payload, true, otherwise, after)
    }

    /// The client, who is connected, gets back what it sends, or has sent already, and then the end.
    fn answers(
        &mut self,
        attempt: &mut Attempt,
        mut client: Peer,
        payload: Vec<u8>,
        send: bool,
        otherwise: &'static Misconception,
        after: &str,
    ) -> Result<(), Stop> {
        if send {
            client.send(&payload)?;
        }
        let heard = client.hear(payload.len());
        if !matches!(&heard, Heard::Bytes(heard) if *heard == payload) {
            attempt.remark(format!("expected the {} bytes that it sent", payload.len()));
        }
        match heard {
            Heard::Bytes(heard) if heard == payload => {}
            Heard::Bytes(heard) => return Err(self.wrong_bytes(&heard)),
            Heard::Fin(part) | Heard::Reset(part) => {
                if !part.is_empty() && !payload.starts_with(&part) {
                    return Err(self.wrong_bytes(&part));
                }
                let ended = attempt.until_it_waits(&self.call);
                self.judge(ended, otherwise, after)?;
                if part.is_empty() && std::ptr::eq(otherwise, &CLIENT_ENDS_SERVER) {
                    return Err(NOT_SERVED.seen(format!(
                        "{after}; the next client was hung up on, with nothing back."
                    )));
                }
                return Err(CUT_OFF.seen(format!(
                    "{after}; the next client was hung up on before its bytes had come back."
                )));
            }
            Heard::Nothing(part, gave_up) => {
                if !part.is_empty() && !payload.starts_with(&part) {
                    return Err(self.wrong_bytes(&part));
                }
                self.must_run(attempt, otherwise, after)?;
                let still = standstill(&client, "its answer", "serve", &gave_up);
                return Err(if std::ptr::eq(otherwise, &SERVES_ONCE) {
                    NOT_SERVED.seen(format!("{after}. {still}"))
                } else {
                    otherwise.seen(format!("{after}. {still}"))
                });
            }
        }
        client.half_close()?;
        match client.hear_end() {
            Heard::Fin(_) => {}
            Heard::Bytes(_) => {
                attempt.remark("expected FIN");
                return Err(UNUSED_TAIL.seen("A client got back more than it had sent."));
            }
            Heard::Reset(_) => {
                attempt.remark("expected FIN");
                let ended = attempt.until_it_waits(&self.call);
                self.judge(ended, otherwise, after)?;
                return Err(RESET.seen("A client's connection was reset at the end."));
            }
            Heard::Nothing(_, gave_up) => {
                attempt.remark("expected FIN");
                return Err(KEPT_OPEN.seen(standstill(
                    &client,
                    "the end of the connection",
                    "serve",
                    &gave_up,
                )));
            }
        }
        self.before.push(payload);
        Ok(())
    }

    fn wrong_bytes(&self, heard: &[u8]) -> Stop {
        let probe = &heard[..heard.len().min(6)];
        let anothers = |sent: &Vec<u8>| sent.windows(probe.len()).any(|part| part == probe);
        if probe.len() > 3 && self.before.iter().any(anothers) {
            MIXED.seen("A client got bytes that another client had sent.")
        } else {
            BYTES_CHANGED.seen("A client got other bytes than it had sent.")
        }
    }

    /// The case is over; the server would serve for ever.
    fn leave(self, attempt: &mut Attempt) {
        attempt.abandon(self.call);
    }
}

pub fn serves_one_client_after_another(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut server = Server::start(f, attempt)?;
    let mut open = None;
    for (number, name) in ["A", "B", "C", "D", "E", "F", "G", "H", "I"]
        .iter()
        .enumerate()
    {
        let after = match number {
            0 => "A first client called".to_owned(),
            1 => "One client was served".to_owned(),
            _ => format!("{number} clients were served"),
        };
        server.serves(attempt, name, &SERVES_ONCE, &after)?;
        // Back where it waits, for a client who has not called yet.
        let slept = Slept::from_now();
        let ended = attempt.until_it_waits(&server.call);
        server.judge(ended, &SERVES_ONCE, "A client was served")?;
        must_not_have_asked(attempt, &slept, "serve")?;
        // Only now is everything there that serve may keep from client to client.
        if number == 1 {
            open = Some(kernel::open_descriptors().len());
        }
    }
    let now = kernel::open_descriptors().len();
    if let Some(before) = open
        && now >= before + 7
    {
        attempt.fact(
            "descriptors open after 2 clients and after 9",
            format!("{before}, {now}"),
        );
        attempt.remark("expected no more than before");
        return Err(conduct::LEFT_OPEN
            .seen("Each client leaves a descriptor open in the server, long after it is gone."));
    }
    server.leave(attempt);
    Ok(())
}

pub fn serves_clients_that_had_to_wait(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut server = Server::start(f, attempt)?;
    let mut waiting = Vec::new();
    for name in ["A", "B", "C"] {
        let after = "The server was started";
        let mut client = server.called(attempt, name, None, &NOT_SERVED, after)?;
        let payload = binary(6);
        // To a server that has ended by now it may fail; what comes back then says why.
        let _ = client.send(&payload);
        // In a server that mixes them up, each may get the bytes of any other.
        server.before.push(payload.clone());
        waiting.push((client, payload));
    }
    for (number, (client, payload)) in waiting.into_iter().enumerate() {
        let after = match number {
            0 => "Three clients called at once".to_owned(),
            1 => "Three clients called at once, and one was served".to_owned(),
            _ => format!("Three clients called at once, and {number} were served"),
        };
        server.answers(attempt, client, payload, false, &NOT_SERVED, &after)?;
    }
    // And now the server has to wait.
    if hurry(attempt) {
        let client = server.called(attempt, "D", None, &NOT_SERVED, "Three clients were served")?;
        attempt.fact("the client thinks, for the better part of a minute", "");
        let ended = attempt.until_it_rests(&server.call, &watch::AT_REST_OR_PAUSING);
        let after = "A client said nothing for a while";
        server.judge(ended, &SILENCE, after)?;
        let hung_up =
            "A client said nothing for a while and was not done, and the server hung up on it.";
        let payload = binary(7);
        server
            .answers(attempt, client, payload, true, &SILENCE, after)
            .map_err(|stop| stop.rather(&CUT_OFF, &SILENCE, hung_up))?;
    }
    server.leave(attempt);
    Ok(())
}

pub fn goes_on_after_clients_that_break_off(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let mut server = Server::start(f, attempt)?;
    server.serves(attempt, "first", &SERVES_ONCE, "A first client called")?;

    let after = "A first client was served";
    let client = server.called(attempt, "resets", None, &SERVES_ONCE, after)?;
    client.reset()?;
    let after = "A client reset its connection at once";
    server.serves(attempt, "next", &CLIENT_ENDS_SERVER, after)?;

    let client = server.called(attempt, "leaves", None, &CLIENT_ENDS_SERVER, after)?;
    client.close();
    let after = "A client hung up without a word";
    server.serves(attempt, "next", &CLIENT_ENDS_SERVER, after)?;

    let mut client = server.called(attempt, "resets", None, &CLIENT_ENDS_SERVER, after)?;
    let payload = binary(7);
    client.send(&payload)?;
    server.before.push(payload);
    let come = client.wait_for_unread(7);
    if come {
        // Bytes that came and were not read turn a close into a reset.
        client.close();
    } else {
        client.reset()?;
    }
    let after = "A client hung up without reading its answer";
    server.serves(attempt, "next", &CLIENT_ENDS_SERVER, after)?;

    let mut client = server.called(attempt, "resets", Some(SMALL), &CLIENT_ENDS_SERVER, after)?;
    let pattern = Pattern::random();
    server.before.push(pattern.block().to_vec());
    // Until the server waits for room, or has taken all.
    if client.send_until_full(&pattern, 16 << 20).is_ok() {
        client.reset()?;
    }
    let after = "A client sent much, read nothing, and reset the connection";
    server.serves(attempt, "next", &CLIENT_ENDS_SERVER, after)?;

    // Two who are gone before a server that serves one after another comes to them. Then the kernel has
    // no peer for the connection any more, or will have none once the answer is sent: ENOTCONN.
    let first = server.called(attempt, "first", None, &CLIENT_ENDS_SERVER, after)?;
    let resets = server.called(attempt, "resets", None, &CLIENT_ENDS_SERVER, after)?;
    resets.reset()?;
    let after = "A client that had to wait reset its connection";
    let mut leaves = server.called(attempt, "leaves", None, &CLIENT_ENDS_SERVER, after)?;
    let payload = binary(6);
    leaves.send(&payload)?;
    leaves.close();
    server.before.push(payload);
    let after = "Of two clients that had to wait one reset its connection, and one hung up";
    let payload = binary(7);
    server.answers(attempt, first, payload, true, &CLIENT_ENDS_SERVER, after)?;
    server.serves(attempt, "next", &CLIENT_ENDS_SERVER, after)?;

    // After a FIN, a reset is EPIPE to whoever answers. Many of them, each gone before the server comes to it.
    let first = server.called(attempt, "first", None, &CLIENT_ENDS_SERVER, after)?;
    for _ in 0..12 {
        let mut breaks = server.called(attempt, "breaks", None, &CLIENT_ENDS_SERVER, after)?;
        let payload = binary(6);
        breaks.send(&payload)?;
        server.before.push(payload);
        breaks.half_close()?;
        breaks.reset()?;
    }
    let after = "Clients that had to wait half-closed and reset their connections";
    let payload = binary(7);
    server.answers(attempt, first, payload, true, &CLIENT_ENDS_SERVER, after)?;
    server.serves(attempt, "next", &CLIENT_ENDS_SERVER, after)?;
    server.leave(attempt);
    Ok(())
}

pub fn goes_on_after_errors_of_accept(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut server = Server::start(f, attempt)?;
    server.serves(attempt, "A", &SERVES_ONCE, "A first client called")?;
    let ended = attempt.until_it_waits(&server.call);
    server.judge(ended, &SERVES_ONCE, "A first client was served")?;
    let after = "A signal came while serve waited in accept";
    if cfg!(target_os = "linux") {
        for _ in 0..2 {
            interrupt(attempt)?;
            let ended = attempt.until_it_waits(&server.call);
            server.judge(ended, &ACCEPT_ENDS_SERVER, after)?;
        }
    }
    server.serves(attempt, "B", &ACCEPT_ENDS_SERVER, after)?;

    // The accept in which it waits has its descriptor already: only the one after that finds none.
    let ended = attempt.until_it_waits(&server.call);
    server.judge(ended, &SERVES_ONCE, "Two clients were served")?;
    let (first, second) = (own_socket(ANY_PORT)?, own_socket(ANY_PORT)?);
    let onlooker = Onlooker::at_graded_threads();
    let Some(before) = kernel::limit_descriptors(1) else {
        server.leave(attempt);
        return Ok(());
    };
    attempt.fact("no descriptor is free", "");
    let starved = server.starves(attempt, first, second, &onlooker);
    kernel::limit_descriptors(before);
    attempt.fact("there are descriptors again", "");
    let (client, payload) = starved?;
    let after = "No descriptor was free for a moment";
    server.answers(attempt, client, payload, false, &ACCEPT_ENDS_SERVER, after)?;
    server.leave(attempt);
    Ok(())
}

pub fn ends_or_rests_when_the_listener_is_gone(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    if !cfg!(target_os = "linux") {
        return Err(Stop::Skip(
            "only Linux lets a listener be shut down".to_owned(),
        ));
    }
    let listener = listener()?;
    let handle = listener.try_clone()?;
    let mut server = Server::start_on(f, attempt, listener)?;
    server.serves(attempt, "A", &SERVES_ONCE, "A first client called")?;
    let ended = attempt.until_it_waits(&server.call);
    server.judge(ended, &SERVES_ONCE, "A first client was served")?;
    let onlooker = Onlooker::at_graded_threads();
    SockRef::from(&handle).shutdown(Shutdown::Both)?;
    drop(handle);
    attempt.fact(
        "the listener is shut down",
        "every accept fails, with EINVAL",
    );
    let situation = "The listener does not listen any more";
    match server.retries(attempt, &onlooker, situation)? {
        // It may have hopes yet.
        None => {
            server.leave(attempt);
            Ok(())
        }
        Some(ended) => {
            let why = "the listener does not listen any more";
            must_fail(ended, io::ErrorKind::InvalidInput, why, "serve")
        }
    }
}

impl Server {
    /// While nothing can be opened: one client that may be served, and one for whom there is no
    /// descriptor. Gives the latter, with what it sent.
    fn starves(
        &mut self,
        attempt: &mut Attempt,
        first: Socket,
        second: Socket,
        onlooker: &Onlooker,
    ) -> Result<(Peer, Vec<u8>), Stop> {
        let mut last = Peer::connect_from("C", first, self.addr, &attempt.recorder())?;
        // It is served where a descriptor was taken in time, and where the server waits, later.
        last.half_close()?;
        let payload = binary(6);
        // A server that has ended already refuses the client, or resets the connection.
        let called = Peer::connect_from("D", second, self.addr, &attempt.recorder())
            .and_then(|mut client| client.send(&payload).map(|()| client));
        let client = called.map_err(|error| match error.kind() {
            io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::BrokenPipe => ACCEPT_ENDS_SERVER
                .seen("No descriptor was free for a moment, and then the next client was refused."),
            _ => error.into(),
        })?;
        let ended = self.retries(attempt, onlooker, "No descriptor was free")?;
        let after = "No descriptor was free for a moment";
        self.judge(ended, &ACCEPT_ENDS_SERVER, after)?;
        last.close();
        Ok((client, payload))
    }

    /// Every accept fails at once: waits until the server has paused before it accepts again, more than
    /// once, or gives what it returned. A loop without a pause is found out.
    fn retries(
        &mut self,
        attempt: &mut Attempt,
        onlooker: &Onlooker,
        situation: &str,
    ) -> Result<Option<Result<io::Result<()>, Stop>>, Stop> {
        pauses_between_accepts(attempt, &self.call, onlooker).map_err(|burnt| {
            ACCEPT_SPINS.seen(format!(
                "{situation}, and serve kept a processor busy for {:.1} s: it calls accept again and again.",
                burnt.as_secs_f64()
            ))
        })
    }
}
