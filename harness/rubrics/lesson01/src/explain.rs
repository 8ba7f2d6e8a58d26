//! `explain`: each error of bind under its own name.

use std::io;

use super::misconceptions::WRONG_CLASS;
use super::{BindError, Functions};
use harness::attempt::{Attempt, Shown};
use harness::finding::Stop;
use harness::rubric::control::{
    ANY_PORT, OsError, internet_address, os_error, own_listener, own_socket,
};

pub fn tells_a_taken_port(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    explains(f, attempt, taken()?, BindError::PortTaken)
}

/// The error that a taken port gives, from the kernel itself.
fn taken() -> Result<io::Error, Stop> {
    let taken = own_listener(ANY_PORT)?;
    let addr = internet_address(&taken)?;
    match own_socket(addr)?.bind(&addr.into()) {
        Err(error) => Ok(error),
        Ok(()) => Err(Stop::Skip(
            "this system lets a taken port be bound".to_owned(),
        )),
    }
}

pub fn tells_a_forbidden_port(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    // The one before as well: an answer that is remembered shows at the second.
    explains(f, attempt, taken()?, BindError::PortTaken)?;
    explains(
        f,
        attempt,
        os_error(OsError::NotAllowed),
        BindError::NotAllowed,
    )
}

pub fn tells_an_address_that_is_not_ours(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    explains(
        f,
        attempt,
        os_error(OsError::NotOurAddress),
        BindError::NotOurAddress,
    )
}

pub fn calls_the_rest_other(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    for error in [
        OsError::Refused,
        OsError::TooManyOpen,
        OsError::AlreadyBound,
        OsError::WrongFamily,
        OsError::Exists,
        OsError::NoWayToNetwork,
        OsError::NoWayToHost,
    ] {
        explains(f, attempt, os_error(error), BindError::Other)?;
    }
    // An error that no call of the kernel's gave has no code.
    explains(
        f,
        attempt,
        io::Error::other("the configuration names no address"),
        BindError::Other,
    )
}

fn explains(
    f: &Functions,
    attempt: &mut Attempt,
    error: io::Error,
    expected: BindError,
) -> Result<(), Stop> {
    let explain = f.explain;
    let text = error.to_string();
    let found = attempt.call("explain", format!("explain({text:?})"), move || {
        explain(&error)
    })?;
    if found == expected {
        return Ok(());
    }
    attempt.remark(format!("expected {expected:?}"));
    Err(WRONG_CLASS.seen(format!(
        "explain called the error {text:?} {found:?}; it is {expected:?}."
    )))
}

impl Shown for BindError {
    fn shown(&self) -> String {
        format!("{self:?}")
    }
}
