//! `resolve`: the addresses of a host, each with the port.

use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::mpsc::channel;
use std::time::Duration;

use super::misconceptions::{
    ADDRESS_SPLIT, NAME_IGNORED, NO_ADDRESS_IS_AN_ERROR, NOT_EVERY_ADDRESS, PORT_LOST, SORTED_AGAIN,
};
use super::{Functions, skip};
use harness::attempt::{Attempt, in_the_background};
use harness::conduct;
use harness::finding::Stop;
use harness::names::{self, Says};
use harness::rubric::control::or_trouble;

/// How long this machine's own resolver may take before a case does without it.
const RESOLVER: Duration = Duration::from_secs(2);

pub fn takes_an_address_as_it_is(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    // Any address of the loopback network: nothing has to be there.
    let host = format!("127.{}.0.1", fastrand::u8(1..255));
    for port in [fastrand::u16(40_000..), fastrand::u16(1..1000)] {
        let found = resolve(f, attempt, &host, port)?;
        let found = or_trouble(found, || own(&host, port).map(drop), "resolve")?;
        right(attempt, &found, &own(&host, port)?, port)?;
    }
    Ok(())
}

pub fn takes_an_ipv6_address_too(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let port = fastrand::u16(1024..);
    // What follows the % is the interface behind which the second one is to be looked for.
    for host in ["::1", "fe80::1%1"] {
        let expected = match own(host, port) {
            Ok(expected) => expected,
            Err(_) if host == "::1" => return skip("this machine knows no IPv6 addresses"),
            Err(_) => return Ok(()),
        };
        match resolve(f, attempt, host, port)? {
            Ok(found) if !found.is_empty() => right(attempt, &found, &expected, port)?,
            Ok(_) => {
                return Err(NOT_EVERY_ADDRESS.seen(format!(
                    "resolve returned no address for {host}, which is one."
                )));
            }
            // Not everybody knows of the interface; who does has to keep it.
            Err(_) if host != "::1" => {}
            Err(error) => {
                return Err(ADDRESS_SPLIT.seen(format!(
                    "resolve gave the error {:?} for {host}, which is an address.",
                    error.to_string()
                )));
            }
        }
    }
    Ok(())
}

pub fn resolves_a_name(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let port = fastrand::u16(1024..);
    knows(f, attempt, "localhost", port)?;
    // A name in a local network has no dot, and localhost has one address on this machine, and two on
    // another. Where no names can be invented, this is what was seen above.
    let address = IpAddr::from([127, 0, 0, fastrand::u8(2..)]);
    for (host, addrs) in [
        (format!("host-{}", fastrand::u32(..)), vec![address]),
        (
            "localhost".to_owned(),
            vec![Ipv6Addr::LOCALHOST.into(), address],
        ),
    ] {
        if names::invent(&host, Says::Addresses(addrs.clone()))
            && own(&host, port).is_ok_and(|own| own.iter().map(SocketAddr::ip).eq(addrs))
        {
            knows(f, attempt, &host, port)?;
        }
    }
    Ok(())
}

fn knows(f: &Functions, attempt: &mut Attempt, host: &str, port: u16) -> Result<(), Stop> {
    let Some(Ok(expected)) = own_in_time(host, port) else {
        return skip("this machine does not know the name localhost");
    };
    match resolve(f, attempt, host, port)? {
        Ok(found) => right(attempt, &found, &expected, port),
        Err(error) => Err(NAME_IGNORED.seen(format!(
            "The system knows the name {host}; resolve gave the error {:?}.",
            error.to_string()
        ))),
    }
}

pub fn returns_all_addresses_of_a_name_in_order(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let (host, port) = (
        format!("host-{}.test", fastrand::u32(..)),
        fastrand::u16(1024..),
    );
    let mut lasts = [1, 2, 3].map(|part| fastrand::u8(part * 50..part * 50 + 50));
    // Neither up nor down, and back to front it is another list.
    lasts.swap(0, 1);
    let [middle, low, high] = lasts.map(|last| IpAddr::from([127, 0, 0, last]));
    let addrs = vec![middle, low, Ipv6Addr::LOCALHOST.into(), high];
    if !names::invent(&host, Says::Addresses(addrs.clone())) {
        return skip("only with the GNU C library can a name be invented");
    }
    let expected = own(&host, port).unwrap_or_default();
    if !expected.iter().map(SocketAddr::ip).eq(addrs) {
        return skip("a name that is invented does not reach this system's resolver");
    }
    let found = resolve(f, attempt, &host, port)?;
    let found = or_trouble(found, || Ok(()), "resolve")?;
    right(attempt, &found, &expected, port)?;
    let mut distinct: Vec<SocketAddr> = Vec::new();
    for addr in found {
        if !distinct.contains(&addr) {
            distinct.push(addr);
        }
    }
    if distinct == expected {
        return Ok(());
    }
    Err(SORTED_AGAIN.seen(format!(
        "resolve returned {distinct:?}; the system says {expected:?}, in this order."
    )))
}

pub fn returns_the_error_of_a_name_that_nobody_has(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    keeps_the_reason(f, attempt)?;
    // Nobody can have a name under .invalid, see RFC 2606.
    let host = format!("no-such-host-{}.invalid", fastrand::u32(..));
    match own_in_time(&host, 80) {
        Some(Err(_)) => {}
        Some(Ok(_)) => return skip("here every name has an address, even one that cannot exist"),
        None => return skip("names that do not exist take too long here"),
    }
    // Which kind of error it is differs from system to system; that it is one does not.
    match resolve(f, attempt, &host, 80)? {
        Err(_) => Ok(()),
        Ok(found) => {
            attempt.remark("expected an error");
            Err(NO_ADDRESS_IS_AN_ERROR.seen(format!(
                "Nobody has the name {host}; resolve returned Ok({found:?})."
            )))
        }
    }
}

/// What the system says of a name is to be read in the error, if in other words around it.
fn keeps_the_reason(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let host = format!("host-{}.test", fastrand::u32(..));
    if !names::invent(&host, Says::NothingForNow) {
        return Ok(());
    }
    let Err(expected) = own(&host, 80) else {
        return Ok(());
    };
    let expected = expected.to_string();
    let reason = expected.rsplit(": ").next().unwrap_or(&expected);
    attempt.fact(format!("the system says of {host}"), reason);
    match resolve(f, attempt, &host, 80)? {
        Err(error) if error.to_string().contains(reason) => Ok(()),
        Err(error) => Err(conduct::ERROR_REPLACED.seen(format!(
            "The system says {reason:?}, which may be over soon; resolve returned the error {:?}.",
            error.to_string()
        ))),
        Ok(found) => {
            attempt.remark("expected an error");
            Err(NO_ADDRESS_IS_AN_ERROR.seen(format!(
                "The system says {reason:?} of {host}; resolve returned Ok({found:?})."
            )))
        }
    }
}

fn resolve(
    f: &Functions,
    attempt: &mut Attempt,
    host: &str,
    port: u16,
) -> Result<io::Result<Vec<SocketAddr>>, Stop> {
    let (resolve, theirs) = (f.resolve, host.to_owned());
    let text = format!("resolve({host:?}, {port})");
    attempt.call("resolve", text, move || resolve(&theirs, port))
}

/// What the system itself says.
fn own(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    Ok((host, port).to_socket_addrs()?.collect())
}

/// What the system itself says, if it does not take too long to say it.
pub fn own_in_time(host: &str, port: u16) -> Option<io::Result<Vec<SocketAddr>>> {
    let (said, answer) = channel();
    let host = host.to_owned();
    in_the_background(move || {
        let _ = said.send(own(&host, port));
    })
    .ok()?;
    answer.recv_timeout(RESOLVER).ok()
}

/// All of the expected addresses and no others, in any order, each with the port.
fn right(
    attempt: &mut Attempt,
    found: &[SocketAddr],
    expected: &[SocketAddr],
    port: u16,
) -> Result<(), Stop> {
    let ips = |addrs: &[SocketAddr]| {
        addrs
            .iter()
            .map(SocketAddr::ip)
            .collect::<BTreeSet<IpAddr>>()
    };
    attempt.fact("the system's own answer", format!("{expected:?}"));
    if let Some(other) = found.iter().find(|addr| addr.port() != port) {
        return Err(PORT_LOST.seen(format!(
            "resolve was asked for port {port}, and returned {other}."
        )));
    }
    let (found_ips, expected_ips) = (ips(found), ips(expected));
    if found_ips == expected_ips {
        // What an address of IPv6 has beside its bytes: the interface.
        let strange = found.iter().find(|addr| !expected.contains(addr));
        return match strange {
            None => Ok(()),
            Some(strange) => Err(NAME_IGNORED.seen(format!(
                "resolve returned {strange}, without the interface; the system says {expected:?}."
            ))),
        };
    }
    if !found_ips.is_empty() && found_ips.is_subset(&expected_ips) {
        return Err(NOT_EVERY_ADDRESS.seen(format!(
            "The name has {} addresses; resolve returned {}.",
            expected_ips.len(),
            found_ips.len()
        )));
    }
    Err(NAME_IGNORED.seen(format!(
        "resolve returned {found:?}; the system says {expected:?}."
    )))
}
