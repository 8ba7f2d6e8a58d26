//! `listen_on`: all of it in the right order, over both versions of IP, restartable at once.

use std::io;
use std::net::SocketAddr;

use socket2::{Socket, Type};

use super::bind_to::{or_another_port, right_address};
use super::misconceptions::{
    BIND_AFTER_LISTEN, DATAGRAM, IPV4_ONLY, LINGER, NO_REUSEADDR, REUSEPORT,
};
use super::start_listening::{must_listen, nobody_called, right_backlog, several_backlogs};
use super::{Functions, another_loopback_address, left_usable, slows_nobody};
use harness::attempt::Attempt;
use harness::conduct;
use harness::finding::Stop;
use harness::rubric::control::{
    ANY_PORT, ANY_PORT_V6, OsError, TRIES, forbidden_address, internet_address, must_fail,
    must_fail_as, needs_ipv6, os_error, own_listener, own_socket, without_descriptors,
};
use harness::sockets;
use harness::wire::{Heard, Peer, free_address, has_ipv6};

pub fn listens_on_the_address_it_was_given(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    // First a given port, which tells a forgotten bind from the wildcard; then any port.
    listen_on_a_given_port(f, attempt, ANY_PORT)?;
    let result = listen_on(f, attempt, ANY_PORT, 8)?;
    judge_listener(attempt, ANY_PORT, result)?;
    match another_loopback_address() {
        Some(another) => listen_on_a_given_port(f, attempt, another),
        None => Ok(()),
    }
}

fn listen_on_a_given_port(
    f: &Functions,
    attempt: &mut Attempt,
    like: SocketAddr,
) -> Result<(), Stop> {
    let mut tries = 1;
    loop {
        let asked = free_address(like)?;
        let result = listen_on(f, attempt, asked, 8)?;
        if let Err(error) = &result
            && error.kind() == io::ErrorKind::AddrInUse
            && tries < TRIES
        {
            // Somebody may have taken the port between the look and the call, and may have given it back since.
            tries += 1;
            continue;
        }
        return judge_listener(attempt, asked, result);
    }
}

pub fn gives_the_backlog_it_was_given(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    for backlog in several_backlogs() {
        let socket = listen_on(f, attempt, ANY_PORT, backlog)?;
        let socket = or_another_port(socket, ANY_PORT, "listen_on")?;
        right_backlog(attempt, &socket, backlog, "listen_on")?;
    }
    Ok(())
}

pub fn listens_on_ipv6_too(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    needs_ipv6()?;
    let result = match listen_on(f, attempt, ANY_PORT_V6, 8) {
        Err(stop) => {
            return Err(stop.rather(
                &conduct::PANICKED,
                &IPV4_ONLY,
                "listen_on panicked when it was given [::1].",
            ));
        }
        Ok(Err(error)) => {
            return Err(IPV4_ONLY.seen(format!("listen_on could not listen on [::1]: {error}.")));
        }
        Ok(result) => result,
    };
    if let Ok(socket) = &result
        && socket.local_addr()?.is_ipv4()
    {
        return Err(IPV4_ONLY.seen("listen_on was given [::1], and listens over IPv4."));
    }
    judge_listener(attempt, ANY_PORT_V6, result)?;
    let [backlog, ..] = several_backlogs();
    let socket = listen_on(f, attempt, ANY_PORT_V6, backlog)?;
    let socket = or_another_port(socket, ANY_PORT_V6, "listen_on")?;
    match right_backlog(attempt, &socket, backlog, "listen_on") {
        Err(Stop::Skip(_)) => Ok(()),
        judged => judged,
    }
}

pub fn can_be_restarted_at_once(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    restart(f, attempt, ANY_PORT)?;
    if has_ipv6() {
        restart(f, attempt, ANY_PORT_V6)
    } else {
        Ok(())
    }
}

fn restart(f: &Functions, attempt: &mut Attempt, any_port: SocketAddr) -> Result<(), Stop> {
    let mut rested = false;
    for _ in 0..TRIES {
        // The first life of the server, which closes a connection first.
        let first = listen_on(f, attempt, any_port, 8)?;
        let first = or_another_port(first, any_port, "listen_on")?;
        let addr = internet_address(&first)?;
        let reuses = first.reuse_address()?;
        let mut client = Peer::connect("client", addr, &attempt.recorder())?;
        let (accepted, _) = first.accept()?;
        drop(accepted);
        attempt.fact("the server hangs up, and stops", "");
        if !matches!(client.hear_end(), Heard::Fin(_)) {
            return Err(LINGER.seen("The server closed a connection, and its client's was reset."));
        }
        drop(client);
        drop(first);
        // Without SO_REUSEADDR nobody gets the port now: else there is no TIME_WAIT.
        if own_socket(addr)?.bind(&addr.into()).is_ok() {
            continue;
        }
        rested = true;
        let listed = sockets::is_in_time_wait(addr) == Some(true);
        attempt.fact(format!("a connection of {addr} is in"), "TIME_WAIT");
        let result = listen_on(f, attempt, addr, 8)?;
        if let Err(error) = &result
            && error.kind() == io::ErrorKind::AddrInUse
        {
            // The option counts on both sides: a connection has that of the listener that accepted it.
            if reuses && own_listener(addr).is_err() {
                // Somebody took the port between the two lives.
                continue;
            }
            return Err(NO_REUSEADDR.seen(format!(
                "A server had just stopped on {addr}; listen_on could not have the port again: {error}."
            )));
        }
        // On a busy machine a FIN is sent again, and the reset that answers its second ACK ends TIME_WAIT before
        // its time (RFC 1337): then the restart has shown nothing.
        if listed && result.is_ok() && sockets::is_in_time_wait(addr) == Some(false) {
            continue;
        }
        return judge_listener(attempt, addr, result);
    }
    Err(if rested {
        Stop::Trouble("no port stayed as it was for as long as a restart takes".to_owned())
    } else {
        Stop::Skip("this system lets a port in TIME_WAIT be bound".to_owned())
    })
}

pub fn refuses_a_second_server(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    second_server(f, attempt, ANY_PORT)?;
    if has_ipv6() {
        second_server(f, attempt, ANY_PORT_V6)
    } else {
        Ok(())
    }
}

fn second_server(f: &Functions, attempt: &mut Attempt, any_port: SocketAddr) -> Result<(), Stop> {
    let first = listen_on(f, attempt, any_port, 8)?;
    let first = or_another_port(first, any_port, "listen_on")?;
    let addr = internet_address(&first)?;
    match listen_on(f, attempt, addr, 8) {
        Ok(Ok(second)) if internet_address(&second)? == addr => {
            attempt.remark("expected an error");
            return Err(REUSEPORT.seen(format!("Two sockets listen on {addr} at the same time.")));
        }
        second => must_fail(
            second,
            io::ErrorKind::AddrInUse,
            "the port was taken",
            "listen_on",
        )?,
    }
    nobody_called(attempt, &first, "listen_on")
}

pub fn stops_listening_when_dropped(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let socket = listen_on(f, attempt, ANY_PORT, 8)?;
    let socket = or_another_port(socket, ANY_PORT, "listen_on")?;
    let addr = internet_address(&socket)?;
    drop(socket);
    attempt.fact("the socket is dropped", "");
    match Peer::connect("client", addr, &attempt.recorder()) {
        Err(_) => Ok(()),
        Ok(_) => {
            attempt.remark("expected: refused");
            Err(conduct::LEFT_OPEN
                .seen("The returned socket was dropped, and a client could still connect."))
        }
    }
}

pub fn returns_the_error_that_stopped_it(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let taken = own_listener(ANY_PORT)?;
    let addr = internet_address(&taken)?;
    attempt.fact(format!("another socket listens on {addr}"), "");
    let result = listen_on(f, attempt, addr, 8);
    must_fail(
        result,
        io::ErrorKind::AddrInUse,
        "the port was taken",
        "listen_on",
    )?;
    let result = without_descriptors(attempt, |attempt| listen_on(f, attempt, ANY_PORT, 8))?;
    must_fail_as(
        result,
        &os_error(OsError::TooManyOpen),
        "no descriptor was left",
        "listen_on",
    )?;
    if let Some(addr) = forbidden_address() {
        attempt.fact(
            format!("port {} is below 1024", addr.port()),
            "not for everyone",
        );
        let result = listen_on(f, attempt, addr, 8);
        must_fail(
            result,
            io::ErrorKind::PermissionDenied,
            "the port was not for everyone",
            "listen_on",
        )?;
    }
    Ok(())
}

fn listen_on(
    f: &Functions,
    attempt: &mut Attempt,
    addr: SocketAddr,
    backlog: i32,
) -> Result<io::Result<Socket>, Stop> {
    let listen_on = f.listen_on;
    attempt.call(
        "listen_on",
        format!("listen_on({addr}, {backlog})"),
        move || listen_on(addr, backlog),
    )
}

fn judge_listener(
    attempt: &mut Attempt,
    asked: SocketAddr,
    result: io::Result<Socket>,
) -> Result<(), Stop> {
    let result = match result {
        Err(error) if error.raw_os_error() == einval() => {
            return Err(BIND_AFTER_LISTEN.seen(format!(
                "listen_on gave the error {:?}: the socket had an address before it was bound.",
                error.to_string()
            )));
        }
        result => result,
    };
    let socket = or_another_port(result, asked, "listen_on")?;
    if socket.r#type()? != Type::STREAM {
        return Err(DATAGRAM.seen("listen_on gave a socket that is not of type SOCK_STREAM."));
    }
    let bound = right_address(attempt, &socket, asked, "listen_on")?;
    must_listen(attempt, &socket, bound, "listen_on")?;
    left_usable(attempt, &socket, "the socket", "listen_on")?;
    slows_nobody(attempt, &socket, "listen_on")
}

/// What bind(2) says when the socket has an address already.
fn einval() -> Option<i32> {
    let socket = own_socket(ANY_PORT).ok()?;
    socket.bind(&ANY_PORT.into()).ok()?;
    socket.bind(&ANY_PORT.into()).err()?.raw_os_error()
}
