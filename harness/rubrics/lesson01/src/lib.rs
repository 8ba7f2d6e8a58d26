//! Lesson 01, listen: what each function must do, asked of the kernel.
//!
//! A case trusts nothing that a function says of itself. Where a function of the submission fails, the
//! case does the same with its own socket: only if that works is the failure the submission's.

#![deny(unsafe_code)]
#![warn(missing_docs)]

mod accept_one;
mod bind_to;
mod explain;
mod listen_on;
mod misconceptions;
mod open;
mod program;
mod start_listening;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use socket2::Socket;

use harness::attempt::Attempt;
use harness::cases;
use harness::conduct;
use harness::finding::Stop;
use harness::kernel;
use harness::lesson::Lesson;
use harness::rubric::control::{internet_address, must_fail_as, own_socket};

use accept_one::{
    accepts_callers_over_ipv6, accepts_one_caller_after_another,
    returns_a_socket_that_talks_to_the_caller, returns_the_address_of_the_caller,
    returns_the_error_of_accept, takes_a_caller_who_has_hung_up, waits_until_somebody_calls,
};
use bind_to::{
    binds_a_socket_of_ipv6_too, binds_the_address_it_was_given, does_not_listen_yet,
    lets_no_second_socket_share_the_port, returns_the_error_of_bind,
    returns_the_port_that_the_kernel_chose,
};
use explain::{
    calls_the_rest_other, tells_a_forbidden_port, tells_a_taken_port,
    tells_an_address_that_is_not_ours,
};
use listen_on::{
    can_be_restarted_at_once, gives_the_backlog_it_was_given, listens_on_ipv6_too,
    listens_on_the_address_it_was_given, refuses_a_second_server,
    returns_the_error_that_stopped_it, stops_listening_when_dropped,
};
use misconceptions::ALL;
use open::{
    opens_a_new_socket_each_time, opens_a_tcp_socket_over_ipv4, returns_the_error_of_socket,
};
use program::{
    prints_each_caller_and_hangs_up, says_what_is_wrong_with_an_address, says_where_it_listens,
    says_why_it_cannot_listen,
};
use start_listening::{hands_the_backlog_on, lets_clients_connect, returns_the_error_of_listen};

/// The functions of lesson 01, as one submission wrote them.
pub struct Functions {
    /// Opens a TCP socket over IPv4.
    pub open: fn() -> io::Result<Socket>,
    /// Binds, and returns the address that was really bound.
    pub bind_to: fn(&Socket, SocketAddr) -> io::Result<SocketAddr>,
    /// Listens with a backlog.
    pub start_listening: fn(&Socket, i32) -> io::Result<()>,
    /// Accepts one caller: the new socket, and who called.
    pub accept_one: fn(&Socket) -> io::Result<(Socket, SocketAddr)>,
    /// All of it, over IPv4 or IPv6, restartable at once.
    pub listen_on: fn(SocketAddr, i32) -> io::Result<Socket>,
    /// Says why an address could not be bound.
    pub explain: fn(&io::Error) -> BindError,
}

/// The submission's own `BindError`, in the grader's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindError {
    /// EADDRINUSE.
    PortTaken,
    /// EACCES.
    NotAllowed,
    /// EADDRNOTAVAIL.
    NotOurAddress,
    /// Anything else.
    Other,
}

/// Lesson 01.
pub static LESSON: Lesson<Functions> = Lesson {
    number: 1,
    name: "listen",
    chapter: "book/src/lesson01-listen.md",
    cases: cases! {
        "open" {
            opens_a_tcp_socket_over_ipv4,
            opens_a_new_socket_each_time,
            returns_the_error_of_socket,
        }
        "bind_to" {
            binds_the_address_it_was_given,
            returns_the_port_that_the_kernel_chose,
            does_not_listen_yet,
            binds_a_socket_of_ipv6_too,
            returns_the_error_of_bind,
            lets_no_second_socket_share_the_port,
        }
        "start_listening" {
            lets_clients_connect,
            hands_the_backlog_on,
            returns_the_error_of_listen,
        }
        "accept_one" {
            returns_a_socket_that_talks_to_the_caller,
            returns_the_address_of_the_caller,
            waits_until_somebody_calls,
            accepts_one_caller_after_another,
            accepts_callers_over_ipv6,
            takes_a_caller_who_has_hung_up,
            returns_the_error_of_accept,
        }
        "listen_on" {
            listens_on_the_address_it_was_given,
            gives_the_backlog_it_was_given,
            listens_on_ipv6_too,
            refuses_a_second_server,
            can_be_restarted_at_once,
            stops_listening_when_dropped,
            returns_the_error_that_stopped_it,
        }
        "explain" {
            tells_a_taken_port,
            tells_a_forbidden_port,
            tells_an_address_that_is_not_ours,
            calls_the_rest_other,
        }
        "main" {
            says_where_it_listens,
            prints_each_caller_and_hangs_up,
            says_what_is_wrong_with_an_address,
            says_why_it_cannot_listen,
        }
    },
    misconceptions: ALL,
};

/// Nothing was set on the socket that would surprise whoever uses it next.
fn left_usable(
    attempt: &mut Attempt,
    socket: &Socket,
    which: &str,
    function: &str,
) -> Result<(), Stop> {
    if kernel::is_nonblocking(socket) == Some(true) {
        attempt.fact("the kernel says: O_NONBLOCK", "set");
        return Err(conduct::LEFT_NONBLOCKING
            .seen(format!("After {function} {which} is in non-blocking mode.")));
    }
    if let Some(timeout) = socket.read_timeout()?.or(socket.write_timeout()?) {
        attempt.fact("the kernel says: a time-out of", format!("{timeout:?}"));
        attempt.remark("expected none");
        return Err(conduct::LEFT_TIMEOUT.seen(format!(
            "After {function} {which} has a time-out of {timeout:?}."
        )));
    }
    #[cfg(unix)]
    if socket.reuse_port()? {
        attempt.fact("the kernel says: SO_REUSEPORT", "set");
        return Err(misconceptions::REUSEPORT
            .seen(format!("After {function} {which} has SO_REUSEPORT set.")));
    }
    Ok(())
}

/// No option was set on the listener that its callers would suffer from.
fn slows_nobody(attempt: &mut Attempt, socket: &Socket, function: &str) -> Result<(), Stop> {
    if let Some(seconds) = kernel::keeps_back(socket) {
        attempt.fact(
            "the kernel says: TCP_DEFER_ACCEPT",
            format!("{seconds} seconds"),
        );
        attempt.remark("expected none");
        return Err(misconceptions::OPTION_SET.seen(format!(
            "After {function} a caller who says nothing is kept from accept, by TCP_DEFER_ACCEPT."
        )));
    }
    let usual = own_socket(internet_address(socket)?)?;
    let buffers = |socket: &Socket| -> io::Result<(usize, usize)> {
        Ok((socket.recv_buffer_size()?, socket.send_buffer_size()?))
    };
    let (found, expected) = (buffers(socket)?, buffers(&usual)?);
    if found.0 < expected.0 || found.1 < expected.1 {
        let text = |(receive, send)| format!("{receive} to receive, {send} to send");
        attempt.fact("the kernel says: buffers", text(found));
        attempt.remark(format!("expected {}", text(expected)));
        return Err(misconceptions::OPTION_SET.seen(format!(
            "After {function} the listener has smaller buffers than a fresh socket."
        )));
    }
    Ok(())
}

/// The call must have given the kernel's own error, with its number.
fn must_hand_on<T>(
    result: Result<io::Result<T>, Stop>,
    expected: &io::Error,
    why: &str,
    function: &str,
) -> Result<(), Stop> {
    if let Ok(Err(error)) = &result
        && error.kind() == expected.kind()
        && error.raw_os_error().is_none()
    {
        return Err(conduct::OWN_ERROR.seen(format!(
            "{function} had to fail, because {why}. Its error, {:?}, is of the right kind, and has lost the \
             kernel's number.",
            error.to_string()
        )));
    }
    must_fail_as(result, expected, why, function)
}

/// Linux gives the whole of 127.0.0.0/8 to the loopback interface; elsewhere it is one address.
fn another_loopback_address() -> Option<SocketAddr> {
    let any = || fastrand::u8(2..255);
    let another = Ipv4Addr::new(127, any(), any(), any());
    cfg!(target_os = "linux").then_some((another, 0).into())
}
