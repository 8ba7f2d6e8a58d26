//! `bind_to`: the address that was asked for, by the kernel's account.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use socket2::Socket;

use super::misconceptions::{
    BIND_FORGOTTEN, BIND_LISTENS, IPV4_ONLY, OTHER_ADDRESS, OTHER_PORT, PORT_JUDGED,
    REQUESTED_PORT, REUSEPORT, WILDCARD, WRONG_ADDRESS_RETURNED,
};
use super::{Functions, another_loopback_address, left_usable, must_hand_on};
use harness::attempt::Attempt;
use harness::conduct;
use harness::finding::Stop;
use harness::rubric::control::{
    ANY_PORT, ANY_PORT_V6, TRIES, forbidden_address, internet_address, needs_ipv6, or_trouble,
    own_bound, own_listener, own_socket,
};
use harness::wire::{Peer, free_address};

pub fn binds_the_address_it_was_given(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    bind_at_a_given_port(f, attempt, ANY_PORT)?;
    if let Some(another) = another_loopback_address() {
        bind_at_a_given_port(f, attempt, another)?;
    }
    Ok(())
}

fn bind_at_a_given_port(
    f: &Functions,
    attempt: &mut Attempt,
    like: SocketAddr,
) -> Result<(), Stop> {
    let mut tries = 1;
    loop {
        let asked = free_address(like)?;
        let socket = Arc::new(own_socket(like)?);
        let result = bind(f, attempt, &socket, asked)?;
        if let Err(error) = &result
            && error.kind() == io::ErrorKind::AddrInUse
            && tries < TRIES
        {
            // Somebody may have taken the port between the look and the call, and may have given it back since.
            tries += 1;
            continue;
        }
        return judge_bound(attempt, &socket, asked, result);
    }
}

pub fn returns_the_port_that_the_kernel_chose(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    // Twice, and both at once: a fixed port, or one remembered, shows at the second.
    let first = Arc::new(own_socket(ANY_PORT)?);
    let result = bind(f, attempt, &first, ANY_PORT)?;
    judge_bound(attempt, &first, ANY_PORT, result)?;
    let second = Arc::new(own_socket(ANY_PORT)?);
    let result = bind(f, attempt, &second, ANY_PORT)?;
    if let Err(error) = &result
        && error.kind() == io::ErrorKind::AddrInUse
    {
        return Err(OTHER_PORT.seen(
            "The second socket that was to have any free port got none, while the first one had its own: \
             both asked for the same port.",
        ));
    }
    judge_bound(attempt, &second, ANY_PORT, result)?;
    // Of the wildcard, too. Nobody gets in there: the socket does not listen.
    let wildcard = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    let socket = Arc::new(own_socket(wildcard)?);
    let result = bind(f, attempt, &socket, wildcard)?;
    judge_bound(attempt, &socket, wildcard, result)
}

pub fn does_not_listen_yet(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let socket = Arc::new(own_socket(ANY_PORT)?);
    let result = bind(f, attempt, &socket, ANY_PORT)?;
    judge_bound(attempt, &socket, ANY_PORT, result)?;
    if let Some(addr) = socket.local_addr()?.as_socket()
        && Peer::connect("client", addr, &attempt.recorder()).is_ok()
    {
        attempt.remark("expected: refused");
        return Err(BIND_LISTENS.seen("A client could connect to the socket after bind_to alone."));
    }
    Ok(())
}

pub fn binds_a_socket_of_ipv6_too(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    needs_ipv6()?;
    let socket = Arc::new(own_socket(ANY_PORT_V6)?);
    match bind(f, attempt, &socket, ANY_PORT_V6) {
        Err(stop) => Err(stop.rather(
            &conduct::PANICKED,
            &IPV4_ONLY,
            "bind_to panicked when it was given [::1].",
        )),
        Ok(Err(error)) => Err(IPV4_ONLY.seen(format!(
            "bind_to could not bind [::1] to a socket of IPv6: {error}."
        ))),
        Ok(result) => judge_bound(attempt, &socket, ANY_PORT_V6, result),
    }
}

pub fn returns_the_error_of_bind(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let taken = own_listener(ANY_PORT)?;
    let addr = internet_address(&taken)?;
    attempt.fact(format!("another socket listens on {addr}"), "");
    let socket = Arc::new(own_socket(ANY_PORT)?);
    let result = bind(f, attempt, &socket, addr);
    must_hand_on(
        result,
        &io::ErrorKind::AddrInUse.into(),
        "the port was taken",
        "bind_to",
    )?;

    let bound = Arc::new(own_bound(ANY_PORT)?);
    if let Err(expected) = bound.bind(&ANY_PORT.into()) {
        attempt.fact(
            "another socket has an address already",
            internet_address(&bound)?.to_string(),
        );
        let result = bind(f, attempt, &bound, ANY_PORT);
        must_hand_on(
            result,
            &expected,
            "the socket had an address already",
            "bind_to",
        )?;
    }
    anothers_address(f, attempt)?;
    if let Some(addr) = forbidden_address() {
        attempt.fact(
            format!("port {} is below 1024", addr.port()),
            "not for everyone",
        );
        let socket = Arc::new(own_socket(ANY_PORT)?);
        let result = bind(f, attempt, &socket, addr);
        must_hand_on(
            result,
            &io::ErrorKind::PermissionDenied.into(),
            "the port was not for everyone",
            "bind_to",
        )?;
    }
    Ok(())
}

/// An address that no machine has (RFC 5737), also with a port below 1024: the address is what the kernel minds, and who
/// goes by the number does not get as far.
fn anothers_address(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    for port in [fastrand::u16(20_000..30_000), fastrand::u16(600..1024)] {
        let addr = SocketAddr::from((Ipv4Addr::new(203, 0, 113, 7), port));
        let Err(expected) = own_socket(addr)?.bind(&addr.into()) else {
            return Ok(());
        };
        if expected.kind() != io::ErrorKind::AddrNotAvailable {
            return Ok(());
        }
        let socket = Arc::new(own_socket(ANY_PORT)?);
        let result = bind(f, attempt, &socket, addr);
        if port < 1024
            && let Ok(Err(error)) = &result
            && error.kind() == io::ErrorKind::PermissionDenied
        {
            attempt.remark("expected the error that the kernel gives");
            return Err(PORT_JUDGED.seen(format!(
                "bind_to called port {port} forbidden. The kernel, asked for the same address, says: {expected}."
            )));
        }
        must_hand_on(
            result,
            &expected,
            "no interface of this machine has the address",
            "bind_to",
        )?;
    }
    Ok(())
}

pub fn lets_no_second_socket_share_the_port(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let first = Arc::new(own_socket(ANY_PORT)?);
    let result = bind(f, attempt, &first, ANY_PORT)?;
    let addr = or_another_port(result, ANY_PORT, "bind_to")?;
    first.listen(1)?;
    attempt.fact("the socket listens", "");
    let second = Arc::new(own_socket(ANY_PORT)?);
    match bind(f, attempt, &second, addr) {
        Ok(Ok(_)) if internet_address(&second)? == addr => {
            attempt.remark("expected an error");
            Err(REUSEPORT.seen(format!(
                "One socket listens on {addr}, and bind_to gave the same address to a second."
            )))
        }
        result => must_hand_on(
            result,
            &io::ErrorKind::AddrInUse.into(),
            "the port was taken",
            "bind_to",
        ),
    }
}

fn bind(
    f: &Functions,
    attempt: &mut Attempt,
    socket: &Arc<Socket>,
    addr: SocketAddr,
) -> Result<io::Result<SocketAddr>, Stop> {
    let (bind_to, socket) = (f.bind_to, Arc::clone(socket));
    attempt.call("bind_to", format!("bind_to(socket, {addr})"), move || {
        bind_to(&socket, addr)
    })
}

/// Is the socket bound as it was asked for, and is that what was returned?
fn judge_bound(
    attempt: &mut Attempt,
    socket: &Socket,
    asked: SocketAddr,
    result: io::Result<SocketAddr>,
) -> Result<(), Stop> {
    let returned = or_another_port(result, asked, "bind_to")?;
    let bound = right_address(attempt, socket, asked, "bind_to")?;
    if returned == bound {
        return left_usable(attempt, socket, "the socket", "bind_to");
    }
    attempt.remark("expected bind_to to return this");
    let what = format!("bind_to returned {returned}, and the socket is bound to {bound}.");
    if asked.port() == 0 && returned.port() == 0 {
        Err(REQUESTED_PORT.seen(what))
    } else {
        Err(WRONG_ADDRESS_RETURNED.seen(what))
    }
}

/// What a function gave that was to bind `asked`. "Address already in use", while `asked` is free, is
/// about another port.
pub fn or_another_port<T>(
    result: io::Result<T>,
    asked: SocketAddr,
    function: &str,
) -> Result<T, Stop> {
    if let Err(error) = &result
        && error.kind() == io::ErrorKind::AddrInUse
        && own_listener(asked).is_ok()
    {
        return Err(OTHER_PORT.seen(format!(
            "{function} was asked for {asked}, which was free, and gave the error {:?}: that is about \
             another port.",
            error.to_string()
        )));
    }
    // At another port: the function may have bound the one asked for, and failed after that.
    let any_port = SocketAddr::new(asked.ip(), 0);
    or_trouble(result, || own_listener(any_port).map(drop), function)
}

/// The address of a socket that was to be bound to `asked`, by the kernel's account.
pub fn right_address(
    attempt: &mut Attempt,
    socket: &Socket,
    asked: SocketAddr,
    function: &str,
) -> Result<SocketAddr, Stop> {
    let bound = internet_address(socket)?;
    attempt.fact("the kernel says: bound to", bound.to_string());
    if bound.ip() == asked.ip()
        && (asked.port() == 0 || bound.port() == asked.port())
        && bound.port() != 0
    {
        return Ok(bound);
    }
    attempt.remark(format!("expected {asked}"));
    if bound.port() == 0 {
        return Err(BIND_FORGOTTEN.seen(format!("{function} left the socket without an address.")));
    }
    let what =
        format!("{function} was asked for {asked}; the kernel says that the socket is on {bound}.");
    if bound.ip().is_unspecified() {
        // An unbound socket that listens is on the wildcard too, with a port of the kernel's choice.
        let by_the_kernel = asked.port() != 0 && bound.port() != asked.port();
        return Err(if by_the_kernel {
            BIND_FORGOTTEN.seen(what)
        } else {
            WILDCARD.seen(what)
        });
    }
    Err(if bound.ip() == asked.ip() {
        OTHER_PORT.seen(what)
    } else {
        OTHER_ADDRESS.seen(what)
    })
}
