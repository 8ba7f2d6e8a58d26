//! `accept_one`: the caller's own socket and address, one caller at a time.

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;

use socket2::Socket;

use super::misconceptions::{
    CALLER_LOST, DID_NOT_WAIT, IPV4_ONLY, LINGER, LISTENER_CHANGED, LISTENER_RETURNED,
    NOT_CONNECTED, OPTION_SET, OWN_ADDRESS, TOOK_BYTES, TOOK_MORE, WORKS_ONCE, WRONG_CALLER,
};
use super::{Functions, another_loopback_address, left_usable, must_hand_on};
use harness::attempt::Attempt;
use harness::clock::Slept;
use harness::conduct;
use harness::finding::Stop;
use harness::kernel;
use harness::rubric::control::{
    ANY_PORT, ANY_PORT_V6, OsError, TRIES, internet_address, needs_ipv6, or_trouble, os_error,
    own_bound, own_listener, without_descriptors,
};
use harness::rubric::sleep::must_not_have_asked;
use harness::trace::hex;
use harness::watch::{self, Look};
use harness::wire::{Heard, Peer, random_payload};

pub fn returns_a_socket_that_talks_to_the_caller(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let listener = Arc::new(own_listener(ANY_PORT)?);
    let addr = internet_address(&listener)?;
    let mut client = Peer::connect("client", addr, &attempt.recorder())?;
    let payload = random_payload(6);
    // Sent before the call: what waits to be read when the caller is accepted must still be there.
    client.send(&payload)?;
    let accepted = accept(f, attempt, &listener).map_err(|stop| match stop {
        // It has the one caller that there is.
        Stop::Found(found) if found.observed.contains("waits in `accept`") => TOOK_MORE
            .seen("One client had called. accept_one took it, and waits in `accept` for another."),
        stop => stop,
    })?;
    let (socket, _) = or_trouble(accepted, || Ok(()), "accept_one")?;
    is_callers_socket(attempt, &socket, &client)?;
    left_usable(attempt, &socket, "the returned socket", "accept_one")?;
    left_usable(attempt, &listener, "the listener", "accept_one")?;
    has_no_option(attempt, &socket)?;
    must_still_hold(attempt, &socket, &payload)?;
    let answer = random_payload(5);
    let sent = (&socket).write_all(&answer);
    match client.hear(answer.len()) {
        Heard::Bytes(heard) if heard == answer => {}
        _ => {
            attempt.remark(format!("expected {}", hex(&answer)));
            return Err(NOT_CONNECTED.seen(match sent {
                Err(error) => format!(
                    "Nothing can be sent over the socket that accept_one returned: {error}."
                ),
                Ok(()) => {
                    "What was sent over the returned socket did not reach the client.".to_owned()
                }
            }));
        }
    }
    // Dropped, the socket hangs up: unless another handle to it is kept.
    drop(socket);
    attempt.fact("the returned socket is dropped", "");
    match client.hear_end() {
        Heard::Fin(_) => Ok(()),
        Heard::Reset(_) => {
            attempt.remark("expected FIN");
            Err(LINGER
                .seen("The returned socket was dropped, and the client's connection was reset."))
        }
        Heard::Bytes(_) | Heard::Nothing(..) => {
            attempt.remark("expected FIN");
            Err(conduct::LEFT_OPEN.seen(
                "The returned socket was dropped, and the client did not see the end of the connection.",
            ))
        }
    }
}

/// The connection has the options of its listener, which has none.
fn has_no_option(attempt: &mut Attempt, socket: &Socket) -> Result<(), Stop> {
    let options = [
        ("TCP_NODELAY", socket.tcp_nodelay()?),
        ("SO_KEEPALIVE", socket.keepalive()?),
        ("SO_OOBINLINE", socket.out_of_band_inline()?),
    ];
    for (name, is_set) in options {
        if is_set {
            attempt.fact(format!("the kernel says: {name}"), "set");
            return Err(OPTION_SET.seen(format!(
                "After accept_one the returned socket has {name} set."
            )));
        }
    }
    Ok(())
}

/// What the client sent can be read from the socket that was returned for it.
fn must_still_hold(attempt: &mut Attempt, socket: &Socket, payload: &[u8]) -> Result<(), Stop> {
    let mut got = vec![0; payload.len()];
    let mut filled = 0;
    let read = watch::until(&watch::DUE, |slice| {
        if socket.set_read_timeout(Some(slice)).is_err() {
            return Look::Done(());
        }
        match (&mut &*socket).read(&mut got[filled..]) {
            Ok(0) => Look::Done(()),
            Ok(more) => {
                filled += more;
                if filled == payload.len() {
                    Look::Done(())
                } else {
                    Look::Progress
                }
            }
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
                ) =>
            {
                Look::Nothing
            }
            Err(_) => Look::Done(()),
        }
    });
    got.truncate(filled);
    if read.is_ok() && got == payload {
        return Ok(());
    }
    attempt.fact(
        "reading from the returned socket gives",
        if got.is_empty() {
            "nothing".to_owned()
        } else {
            hex(&got)
        },
    );
    attempt.remark(format!("expected {}", hex(payload)));
    Err(TOOK_BYTES.seen(
        "What the client had sent could not be read from the socket that accept_one returned.",
    ))
}

pub fn returns_the_address_of_the_caller(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let listener = Arc::new(own_listener(ANY_PORT)?);
    let addr = internet_address(&listener)?;
    // Twice: an address that is remembered shows at the second.
    for name in ["A", "B"] {
        let client = match Peer::connect(name, addr, &attempt.recorder()) {
            Err(_) if name == "B" => {
                return Err(
                    WORKS_ONCE.seen("After the first caller the listener refused the second.")
                );
            }
            client => client?,
        };
        let accepted = accept(f, attempt, &listener)?;
        let (_socket, returned) = or_trouble(accepted, || Ok(()), "accept_one")?;
        right_caller(attempt, returned, client.addr()?, addr)?;
    }
    if let Some(elsewhere) = another_loopback_address() {
        let socket = own_bound(elsewhere)?;
        let client = Peer::connect_from("C", socket, addr, &attempt.recorder())?;
        let lost = format!(
            "A client called from {}; accept_one did not return it.",
            client.addr()?
        );
        let accepted = accept(f, attempt, &listener)
            .map_err(|stop| stop.rather(&conduct::NEVER_RETURNED, &CALLER_LOST, lost))?;
        let (_socket, returned) = or_trouble(accepted, || Ok(()), "accept_one")?;
        right_caller(attempt, returned, client.addr()?, addr)?;
    }
    Ok(())
}

fn right_caller(
    attempt: &mut Attempt,
    returned: SocketAddr,
    caller: SocketAddr,
    own: SocketAddr,
) -> Result<(), Stop> {
    if returned == caller {
        return Ok(());
    }
    attempt.fact("the client calls from", caller.to_string());
    attempt.remark("expected accept_one to return this");
    Err(if returned == own {
        OWN_ADDRESS.seen(format!(
            "accept_one returned {returned}, which is the listener's own address."
        ))
    } else {
        WRONG_CALLER.seen(format!(
            "accept_one returned {returned}; the caller is {caller}."
        ))
    })
}

pub fn waits_until_somebody_calls(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let listener = Arc::new(own_listener(ANY_PORT)?);
    let addr = internet_address(&listener)?;
    let (accept_one, theirs) = (f.accept_one, Arc::clone(&listener));
    let slept = Slept::from_now();
    let call = attempt.start("accept_one", "accept_one(listener)", move || {
        accept_one(&theirs)
    });
    // A call that busies itself until a client comes gets its client at once, and is judged by what it
    // returns; one that returns before that has not waited.
    let early = if cfg!(target_os = "linux") {
        attempt.until_it_waits(&call)
    } else {
        attempt.poll(&call)
    };
    if let Some(early) = early {
        return Err(match early {
            Ok(Err(error)) => DID_NOT_WAIT.seen(format!(
                "With nobody calling, accept_one returned the error {error:?}.",
                error = error.to_string()
            )),
            Ok(Ok(_)) => DID_NOT_WAIT.seen("With nobody calling, accept_one returned a socket."),
            Err(stop) => stop,
        });
    }
    must_not_have_asked(attempt, &slept, "accept_one")?;
    let client = Peer::connect("client", addr, &attempt.recorder())?;
    let (_socket, returned) = or_trouble(attempt.finish(call)?, || Ok(()), "accept_one")?;
    right_caller(attempt, returned, client.addr()?, addr)
}

pub fn accepts_one_caller_after_another(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let listener = Arc::new(own_listener(ANY_PORT)?);
    let addr = internet_address(&listener)?;
    let room = kernel::backlog(&listener);
    let mut clients = Vec::new();
    for name in ["A", "B", "C"] {
        clients.push(Peer::connect(name, addr, &attempt.recorder())?);
    }
    let callers = clients
        .iter()
        .map(Peer::addr)
        .collect::<io::Result<Vec<_>>>()?;
    for (number, client) in clients.iter_mut().enumerate() {
        let accepted = match accept(f, attempt, &listener) {
            Err(stop) if number > 0 => {
                return Err(stop.rather(
                    &conduct::NEVER_RETURNED,
                    &TOOK_MORE,
                    "Three clients were waiting; the first call returned, and a later one found none left.",
                ));
            }
            accepted => accepted?,
        };
        let (socket, _) = match accepted {
            Err(error) if number > 0 => {
                let error = error.to_string();
                return Err(WORKS_ONCE.seen(format!(
                    "accept_one worked once; then it gave the error {error:?}."
                )));
            }
            accepted => or_trouble(accepted, || Ok(()), "accept_one")?,
        };
        let peer = socket.peer_addr().ok().and_then(|peer| peer.as_socket());
        if peer != Some(callers[number]) && peer.is_some_and(|peer| callers.contains(&peer)) {
            return Err(TOOK_MORE.seen(
                "Three clients were waiting, and were not returned one by one, in the order of their calls.",
            ));
        }
        is_callers_socket(attempt, &socket, client)?;
        let payload = random_payload(4);
        client.send(&payload)?;
        must_still_hold(attempt, &socket, &payload)?;
    }
    drop(clients);
    if kernel::is_listening(&listener) == Some(false) {
        return Err(WORKS_ONCE.seen("After three callers the listener does not listen any more."));
    }
    if kernel::backlog(&listener) != room {
        return Err(LISTENER_CHANGED.seen("After three callers the listener has another backlog."));
    }
    left_usable(attempt, &listener, "the listener", "accept_one")
}

pub fn accepts_callers_over_ipv6(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    needs_ipv6()?;
    let listener = Arc::new(own_listener(ANY_PORT_V6)?);
    let addr = internet_address(&listener)?;
    let client = Peer::connect("client", addr, &attempt.recorder())?;
    match accept(f, attempt, &listener) {
        Ok(Err(error)) => Err(IPV4_ONLY.seen(format!(
            "accept_one could not take a caller over IPv6: {error}."
        ))),
        Err(stop) => Err(stop
            .rather(
                &conduct::PANICKED,
                &IPV4_ONLY,
                "accept_one panicked at a caller over IPv6.",
            )
            .rather(
                &conduct::NEVER_RETURNED,
                &IPV4_ONLY,
                "accept_one did not take a caller over IPv6.",
            )),
        Ok(Ok((_socket, returned))) => right_caller(attempt, returned, client.addr()?, addr),
    }
}

pub fn takes_a_caller_who_has_hung_up(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let listener = Arc::new(own_listener(ANY_PORT)?);
    let addr = internet_address(&listener)?;
    // With something to read first, and with nothing at all.
    for (name, length) in [("A", 4), ("B", 0)] {
        let mut client = Peer::connect(name, addr, &attempt.recorder())?;
        let payload = random_payload(length);
        if length > 0 {
            client.send(&payload)?;
        }
        client.half_close()?;
        let lost = "A client half-closed before it was accepted; accept_one did not return it.";
        let accepted = accept(f, attempt, &listener)
            .map_err(|stop| stop.rather(&conduct::NEVER_RETURNED, &CALLER_LOST, lost))?;
        let (socket, _) = or_trouble(accepted, || Ok(()), "accept_one")?;
        is_callers_socket(attempt, &socket, &client)?;
        if length > 0 {
            must_still_hold(attempt, &socket, &payload)?;
        }
    }

    // Other systems may say ECONNABORTED, or nothing at all.
    if cfg!(target_os = "linux") {
        let client = Peer::connect("C", addr, &attempt.recorder())?;
        let caller = client.addr()?;
        client.reset()?;
        let lost =
            "A client called and reset the connection at once; accept_one did not return it.";
        let accepted = accept(f, attempt, &listener)
            .map_err(|stop| stop.rather(&conduct::NEVER_RETURNED, &CALLER_LOST, lost))?;
        match accepted {
            Ok((_socket, returned)) => right_caller(attempt, returned, caller, addr)?,
            Err(error) => {
                return Err(CALLER_LOST.seen(format!(
                    "A client called and reset the connection at once; accept_one gave the error {:?}.",
                    error.to_string()
                )));
            }
        }
    }
    Ok(())
}

pub fn returns_the_error_of_accept(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let socket = Arc::new(own_bound(ANY_PORT)?);
    let Err(expected) = socket.accept() else {
        return Err(Stop::Skip(
            "a socket that does not listen accepts here".to_owned(),
        ));
    };
    attempt.fact("the socket is bound, and does not listen", "");
    let result = accept(f, attempt, &socket);
    if kernel::is_listening(&socket) == Some(true) {
        return Err(LISTENER_CHANGED.seen("accept_one made a socket listen that did not."));
    }
    must_hand_on(result, &expected, "the socket did not listen", "accept_one")?;

    let listener = Arc::new(own_listener(ANY_PORT)?);
    let _client = Peer::connect("client", internet_address(&listener)?, &attempt.recorder())?;
    let result = without_descriptors(attempt, |attempt| accept(f, attempt, &listener))?;
    must_hand_on(
        result,
        &os_error(OsError::TooManyOpen),
        "no descriptor was left",
        "accept_one",
    )
}

fn accept(
    f: &Functions,
    attempt: &mut Attempt,
    listener: &Arc<Socket>,
) -> Result<io::Result<(Socket, SocketAddr)>, Stop> {
    // A signal may interrupt accept(2), and whoever calls this function is meant to try again.
    for _ in 0..TRIES {
        let (accept_one, listener) = (f.accept_one, Arc::clone(listener));
        let result = attempt.call("accept_one", "accept_one(listener)", move || {
            accept_one(&listener)
        })?;
        match result {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return Ok(result),
        }
    }
    Err(conduct::ERROR_REPLACED
        .seen("accept_one gave the error Interrupted again and again; no signal had come."))
}

/// Is this the socket of `client`'s connection?
fn is_callers_socket(attempt: &mut Attempt, socket: &Socket, client: &Peer) -> Result<(), Stop> {
    let peer = socket.peer_addr().ok().and_then(|peer| peer.as_socket());
    if peer == Some(client.addr()?) {
        return Ok(());
    }
    attempt.fact(
        "the returned socket talks to",
        peer.map_or("nobody".to_owned(), |peer| peer.to_string()),
    );
    attempt.remark(format!("expected {}", client.addr()?));
    if kernel::is_listening(socket) == Some(true) {
        return Err(
            LISTENER_RETURNED.seen("The socket that accept_one returned is the listener itself.")
        );
    }
    Err(NOT_CONNECTED.seen("The socket that accept_one returned is not connected to the caller."))
}
