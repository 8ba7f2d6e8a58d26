//! `open`: a fresh TCP socket, and nothing more.

use socket2::Type;

use super::misconceptions::{DATAGRAM, NOT_FRESH, WRONG_FAMILY};
use super::{Functions, left_usable, must_hand_on};
use harness::attempt::Attempt;
use harness::finding::Stop;
use harness::rubric::control::{
    ANY_PORT, OsError, or_trouble, os_error, own_socket, without_descriptors,
};

pub fn opens_a_tcp_socket_over_ipv4(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let open = f.open;
    let socket = attempt.call("open", "open()", open)?;
    let socket = or_trouble(socket, || own_socket(ANY_PORT).map(drop), "open()")?;
    // A bound or connected socket has an address: this one must not. An unbound one of IPv6 still has
    // its family in the answer.
    let kind = socket.r#type()?;
    attempt.fact(
        "its type",
        if kind == Type::STREAM {
            "stream"
        } else {
            "datagram"
        },
    );
    if kind != Type::STREAM {
        attempt.remark("expected stream");
        return Err(DATAGRAM.seen("open() gave a socket that is not of type SOCK_STREAM."));
    }
    let addr = socket.local_addr()?;
    let family = if addr.is_ipv4() {
        "IPv4"
    } else if addr.is_ipv6() {
        "IPv6"
    } else {
        "another"
    };
    attempt.fact("its address family", family);
    if !addr.is_ipv4() {
        attempt.remark("expected IPv4");
        return Err(WRONG_FAMILY.seen(format!("open() gave a socket of the family {family}.")));
    }
    if let Some(bound) = addr.as_socket()
        && bound.port() != 0
    {
        attempt.fact("its address", bound.to_string());
        attempt.remark("expected none yet");
        return Err(NOT_FRESH.seen(format!(
            "open() gave a socket that is bound to {bound} already."
        )));
    }
    left_usable(attempt, &socket, "the socket", "open()")
}

// ANCHOR: a_case
pub fn opens_a_new_socket_each_time(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let open = f.open;
    let first = attempt.call("open", "open()", open)?;
    let first = or_trouble(first, || own_socket(ANY_PORT).map(drop), "open()")?;
    let second = attempt.call("open", "open()", open)?;
    let second = or_trouble(second, || own_socket(ANY_PORT).map(drop), "open()")?;
    // Two handles to one socket share its address: what is bound through one shows in the other.
    first.bind(&ANY_PORT.into())?;
    let bound = first.local_addr()?.as_socket();
    if second.local_addr()?.as_socket() == bound {
        attempt.fact("bind on the first", "shows in the second, too");
        return Err(NOT_FRESH.seen("open() gave the same socket twice."));
    }
    Ok(())
}
// ANCHOR_END: a_case

pub fn returns_the_error_of_socket(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let open = f.open;
    let result = without_descriptors(attempt, |attempt| attempt.call("open", "open()", open))?;
    must_hand_on(
        result,
        &os_error(OsError::TooManyOpen),
        "no descriptor was left",
        "open",
    )
}
