//! `start_listening`: clients can connect, and as many may wait as was asked for.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use socket2::{Domain, Protocol, Socket, Type};

use super::misconceptions::{BACKLOG_FIXED, LISTEN_FORGOTTEN, OTHER_ADDRESS, PHANTOM_CALLER};
use super::{Functions, left_usable, must_hand_on, slows_nobody};
use harness::attempt::Attempt;
use harness::finding::Stop;
use harness::kernel;
use harness::rubric::control::{
    ANY_PORT, internet_address, or_trouble, own_bound, own_listener, own_socket,
};
use harness::wire::Peer;

pub fn lets_clients_connect(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let socket = Arc::new(own_bound(ANY_PORT)?);
    let addr = internet_address(&socket)?;
    let result = listen(f, attempt, &socket, 8)?;
    or_trouble(
        result,
        || own_listener(ANY_PORT).map(drop),
        "start_listening",
    )?;
    left_usable(attempt, &socket, "the socket", "start_listening")?;
    slows_nobody(attempt, &socket, "start_listening")?;
    nobody_called(attempt, &socket, "start_listening")?;
    must_listen(attempt, &socket, addr, "start_listening")?;
    if internet_address(&socket)? != addr {
        return Err(OTHER_ADDRESS.seen("start_listening moved the socket to another address."));
    }
    Ok(())
}

/// No caller may be waiting on `listener`: nobody has called yet.
pub fn nobody_called(attempt: &mut Attempt, listener: &Socket, function: &str) -> Result<(), Stop> {
    if kernel::is_listening(listener) == Some(false) {
        return Ok(());
    }
    listener.set_nonblocking(true)?;
    let caller = listener.accept();
    listener.set_nonblocking(false)?;
    if caller.is_err() {
        return Ok(());
    }
    attempt.fact(
        "a caller is waiting on the listener",
        "the grader did not call",
    );
    Err(PHANTOM_CALLER.seen(format!(
        "{function} connected to the listener, which took it for a client."
    )))
}

pub fn hands_the_backlog_on(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    for backlog in several_backlogs() {
        let socket = Arc::new(own_bound(ANY_PORT)?);
        let result = listen(f, attempt, &socket, backlog)?;
        or_trouble(
            result,
            || own_listener(ANY_PORT).map(drop),
            "start_listening",
        )?;
        right_backlog(attempt, &socket, backlog, "start_listening")?;
    }
    Ok(())
}

pub fn returns_the_error_of_listen(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    // A datagram socket cannot listen, on any system.
    let socket = Arc::new(Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?);
    socket.bind(&ANY_PORT.into())?;
    let Err(expected) = socket.listen(1) else {
        return Err(Stop::Skip("a datagram socket can listen here".to_owned()));
    };
    attempt.fact("the socket is a datagram socket", "it cannot listen");
    let result = listen(f, attempt, &socket, 8);
    must_hand_on(
        result,
        &expected,
        "a datagram socket cannot listen",
        "start_listening",
    )?;

    // With SO_REUSEADDR several sockets may be bound to one address; only one of them may listen.
    let rivals = [own_socket(ANY_PORT)?, own_socket(ANY_PORT)?];
    let [first, second] = rivals.map(Arc::new);
    let share = |socket: &Socket, addr: SocketAddr| -> io::Result<()> {
        socket.set_reuse_address(true)?;
        socket.bind(&addr.into())
    };
    share(&first, ANY_PORT)?;
    let addr = internet_address(&first)?;
    if share(&second, addr).is_err() || first.listen(1).is_err() {
        return Ok(());
    }
    if let Err(expected) = second.listen(1) {
        attempt.fact(format!("another socket listens on {addr}"), "");
        let result = listen(f, attempt, &second, 8);
        must_hand_on(result, &expected, "the port was taken", "start_listening")?;
    }
    Ok(())
}

fn listen(
    f: &Functions,
    attempt: &mut Attempt,
    socket: &Arc<Socket>,
    backlog: i32,
) -> Result<io::Result<()>, Stop> {
    let (start_listening, socket) = (f.start_listening, Arc::clone(socket));
    let text = format!("start_listening(socket, {backlog})");
    attempt.call("start_listening", text, move || {
        start_listening(&socket, backlog)
    })
}

/// Does the socket listen, by the kernel's account and by a client's?
pub fn must_listen(
    attempt: &mut Attempt,
    socket: &Socket,
    addr: SocketAddr,
    function: &str,
) -> Result<(), Stop> {
    if kernel::is_listening(socket) == Some(false) {
        attempt.fact("the kernel says: listening", "no");
        attempt.remark("expected yes");
        return Err(LISTEN_FORGOTTEN.seen(format!(
            "{function} returned Ok, and the socket does not listen."
        )));
    }
    match Peer::connect("client", addr, &attempt.recorder()) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            attempt.remark("expected the connection to be made");
            Err(LISTEN_FORGOTTEN.seen(format!(
                "{function} returned Ok, and a client was refused at {addr}."
            )))
        }
        Err(error) => Err(error.into()),
    }
}

/// Backlogs that nobody would write into a program; the third may be more than a system allows. And none.
pub fn several_backlogs() -> [i32; 4] {
    let first = fastrand::i32(3..40);
    [
        first,
        first + fastrand::i32(11..40),
        fastrand::i32(300..1000),
        0,
    ]
}

pub fn right_backlog(
    attempt: &mut Attempt,
    socket: &Socket,
    backlog: i32,
    function: &'static str,
) -> Result<(), Stop> {
    // The system may have its own idea of the longest queue: ask what it makes of this backlog.
    let own = own_bound(ANY_PORT)?;
    own.listen(backlog)?;
    let Some(expected) = kernel::backlog(&own) else {
        return Err(Stop::Skip(
            "only Linux tells how long a listener's queue is".to_owned(),
        ));
    };
    if kernel::is_listening(socket) == Some(false) {
        return Err(LISTEN_FORGOTTEN.seen(format!(
            "{function} returned Ok, and the socket does not listen."
        )));
    }
    let found = kernel::backlog(socket).unwrap_or(0);
    attempt.fact(
        "the kernel says: room for",
        format!("{found} waiting callers"),
    );
    if found == expected {
        return Ok(());
    }
    attempt.remark(format!("expected {expected}"));
    Err(BACKLOG_FIXED.seen(format!(
        "{function} was given a backlog of {backlog}; the kernel has one of {found}."
    )))
}
