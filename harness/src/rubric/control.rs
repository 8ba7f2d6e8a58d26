//! The control experiment: what the grader does with sockets of its own, beside the submission's.
//!
//! A function of the submission that fails is only to blame where the same calls work for the grader.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};

use crate::attempt::Attempt;
use crate::conduct;
use crate::finding::Stop;
use crate::kernel;
use crate::watch;
use crate::wire::has_ipv6;

/// `127.0.0.1:0`.
pub const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// `[::1]:0`.
pub const ANY_PORT_V6: SocketAddr = SocketAddr::new(std::net::IpAddr::V6(Ipv6Addr::LOCALHOST), 0);

/// How often a case tries again when somebody else took the port that it had looked out.
pub const TRIES: usize = 20;

/// A socket of the grader's own, of the family of `addr`.
pub fn own_socket(addr: SocketAddr) -> io::Result<Socket> {
    Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))
        .map_err(|error| cannot("open a socket", addr, &error))
}

/// A socket of the grader's own with an address, which does not listen.
pub fn own_bound(addr: SocketAddr) -> io::Result<Socket> {
    let socket = own_socket(addr)?;
    socket
        .bind(&addr.into())
        .map_err(|error| cannot("bind a socket", addr, &error))?;
    Ok(socket)
}

/// A listener of the grader's own.
pub fn own_listener(addr: SocketAddr) -> io::Result<Socket> {
    let socket = own_socket(addr)?;
    if cfg!(not(windows)) {
        socket.set_reuse_address(true)?;
    }
    socket
        .bind(&addr.into())
        .map_err(|error| cannot("bind a socket", addr, &error))?;
    socket
        .listen(16)
        .map_err(|error| cannot("listen", addr, &error))?;
    Ok(socket)
}

/// What the grader cannot do here, in words: the kernel's own do not say who wanted what.
fn cannot(what: &str, addr: SocketAddr, error: &io::Error) -> io::Error {
    io::Error::new(
        error.kind(),
        format!("it cannot {what} on {addr} here ({error})"),
    )
}

/// The address that a socket is bound to.
///
/// # Errors
///
/// Those of getsockname(2).
pub fn internet_address(socket: &Socket) -> io::Result<SocketAddr> {
    socket
        .local_addr()?
        .as_socket()
        .ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// Skips a case where the loopback interface has no IPv6.
///
/// # Errors
///
/// The case, skipped.
pub fn needs_ipv6() -> Result<(), Stop> {
    if has_ipv6() {
        Ok(())
    } else {
        Err(Stop::Skip("this machine has no IPv6".to_owned()))
    }
}

/// What a function gave; or, if it gave an error, whose fault that is: the grader makes the same
/// `calls` itself.
pub fn or_trouble<T>(
    result: io::Result<T>,
    calls: impl FnOnce() -> io::Result<()>,
    function: &str,
) -> Result<T, Stop> {
    result.or_else(|error| {
        calls()?;
        let observed = format!("{function} gave the error {:?}.", error.to_string());
        Err(conduct::unexpected(&error, observed))
    })
}

/// The call must have given an error of this kind.
pub fn must_fail<T>(
    result: Result<io::Result<T>, Stop>,
    kind: io::ErrorKind,
    why: &str,
    function: &str,
) -> Result<(), Stop> {
    must_fail_as(result, &kind.into(), why, function)
}

/// The call must have given an error of the kind of `expected`, or with its code.
pub fn must_fail_as<T>(
    result: Result<io::Result<T>, Stop>,
    expected: &io::Error,
    why: &str,
    function: &str,
) -> Result<(), Stop> {
    match result {
        Ok(Err(error)) if error.kind() == expected.kind() => Ok(()),
        Ok(Err(error)) => Err(conduct::ERROR_REPLACED.seen(format!(
            "{function} had to fail, because {why}: the kernel's error is of the kind {:?}; {function} returned {:?}.",
            expected.kind(),
            error.to_string()
        ))),
        Ok(Ok(_)) => {
            Err(conduct::ERROR_SWALLOWED.seen(format!("{function} returned Ok, although {why}.")))
        }
        Err(Stop::Found(found)) if found.misconception == &conduct::PANICKED => {
            let panicked = found.observed;
            Err(conduct::ERROR_UNWRAPPED.seen(format!("When {why}: {panicked}")))
        }
        Err(stop) => {
            let looped = format!("{function} never returned, although {why}.");
            Err(stop
                .rather(&conduct::SPINS, &conduct::ERROR_RETRIED, looped.clone())
                .rather(&conduct::NEVER_RETURNED, &conduct::ERROR_RETRIED, looped))
        }
    }
}

/// Does `work` while this process can open nothing more.
pub fn without_descriptors<T>(
    attempt: &mut Attempt,
    work: impl FnOnce(&mut Attempt) -> T,
) -> Result<T, Stop> {
    // The lowest free number is the first that a socket would get.
    let lowest = own_socket(ANY_PORT)?;
    let Some(before) = kernel::limit_descriptors(lowest_number(&lowest)) else {
        return Err(Stop::Skip(
            "this system knows no limit for descriptors".to_owned(),
        ));
    };
    drop(lowest);
    attempt.fact(
        "the limit for descriptors is reached",
        "nothing more can be opened",
    );
    let result = work(attempt);
    kernel::limit_descriptors(before);
    Ok(result)
}

fn lowest_number(socket: &Socket) -> u64 {
    #[cfg(unix)]
    return u64::try_from(std::os::fd::AsRawFd::as_raw_fd(socket)).unwrap_or(0);
    #[cfg(not(unix))]
    {
        let _ = socket;
        0
    }
}

/// An address that this process may not bind, below 1024 and free; `None` where everybody may. As root,
/// the right is given up first: this process ends with the case.
pub fn forbidden_address() -> Option<SocketAddr> {
    kernel::forbid_low_ports();
    (0..TRIES).find_map(|_| {
        let addr = SocketAddr::new(ANY_PORT.ip(), fastrand::u16(600..1024));
        let error = own_socket(addr).ok()?.bind(&addr.into()).err()?;
        (error.kind() == io::ErrorKind::PermissionDenied).then_some(addr)
    })
}

/// Errors that cannot be had for real everywhere: as root every port is allowed.
pub enum OsError {
    /// EACCES.
    NotAllowed,
    /// EADDRNOTAVAIL.
    NotOurAddress,
    /// ECONNREFUSED.
    Refused,
    /// EMFILE.
    TooManyOpen,
    /// EINVAL.
    AlreadyBound,
    /// EAFNOSUPPORT.
    WrongFamily,
    /// EEXIST.
    Exists,
    /// ENETUNREACH.
    NoWayToNetwork,
    /// EHOSTUNREACH.
    NoWayToHost,
}

/// The error as the system gives it, with both its code and its kind.
pub fn os_error(error: OsError) -> io::Error {
    #[cfg(unix)]
    let code = match error {
        OsError::NotAllowed => libc::EACCES,
        OsError::NotOurAddress => libc::EADDRNOTAVAIL,
        OsError::Refused => libc::ECONNREFUSED,
        OsError::TooManyOpen => libc::EMFILE,
        OsError::AlreadyBound => libc::EINVAL,
        OsError::WrongFamily => libc::EAFNOSUPPORT,
        OsError::Exists => libc::EEXIST,
        OsError::NoWayToNetwork => libc::ENETUNREACH,
        OsError::NoWayToHost => libc::EHOSTUNREACH,
    };
    // Windows Sockets Error Codes: WSAEACCES and so on.
    #[cfg(not(unix))]
    let code = match error {
        OsError::NotAllowed => 10013,
        OsError::NotOurAddress => 10049,
        OsError::Refused => 10061,
        OsError::TooManyOpen => 10024,
        OsError::AlreadyBound => 10022,
        OsError::WrongFamily => 10047,
        // ERROR_ALREADY_EXISTS, of Windows itself.
        OsError::Exists => 183,
        OsError::NoWayToNetwork => 10051,
        OsError::NoWayToHost => 10065,
    };
    io::Error::from_raw_os_error(code)
}

/// Sends each thread of the submission a signal, in whatever call it waits.
pub fn interrupt(attempt: &Attempt) -> Result<(), Stop> {
    if !kernel::catch_interruptions() {
        return Err(Stop::Skip(
            "only Linux sends a signal to one thread".to_owned(),
        ));
    }
    for thread in watch::graded_threads() {
        kernel::interrupt(thread);
    }
    attempt.fact("a signal comes", "the call that waits is interrupted");
    Ok(())
}
