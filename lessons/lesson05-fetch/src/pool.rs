//! Connections: opened when they are needed, and kept for the next request to the same server.

use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::connection::Connection;
use super::failure::{Failure, code, said};
use super::report::Report;
use super::trace::Trace;
use super::{FetchError, Url};

/// How long connecting may take where the options do not say. curl's number.
const PATIENCE: Duration = Duration::from_secs(300);
/// So many connections are kept. curl's number.
const KEPT: usize = 5;

/// A name, or an address, and a port.
type Place = (String, u16);

#[derive(Default)]
pub struct Pool {
    /// The oldest first.
    idle: Vec<(Place, Connection)>,
    /// What the names came to: asked once for a run.
    addresses: HashMap<Place, Vec<SocketAddr>>,
    opened: u32,
}

impl Pool {
    /// A connection to this server that is still open.
    pub fn take(&mut self, url: &Url, trace: Trace) -> Option<Connection> {
        let place = place(url);
        while let Some(index) = self.idle.iter().position(|(it, _)| *it == place) {
            let (_, mut connection) = self.idle.remove(index);
            if connection.is_idle() {
                trace.note(|| {
                    format!(
                        "Re-using existing connection #{} with host {}",
                        connection.number, url.host
                    )
                });
                return Some(connection);
            }
            trace.note(|| format!("Connection {} seems to be dead", connection.number));
        }
        None
    }

    /// Keeps a connection for another request to this server.
    pub fn keep(&mut self, url: &Url, connection: Connection, trace: Trace) {
        trace.note(|| {
            format!(
                "Connection #{} to host {} left intact",
                connection.number, url.host
            )
        });
        if self.idle.len() == KEPT {
            self.idle.remove(0);
        }
        self.idle.push((place(url), connection));
    }

    /// Connects to the first address of the server that takes it.
    ///
    /// # Errors
    ///
    /// When the host has no address (6), none of them takes it (7), or the time is over (28).
    pub fn open(
        &mut self,
        url: &Url,
        deadline: Option<Instant>,
        connect_timeout: Option<Duration>,
        report: &mut Report,
        trace: Trace,
    ) -> Result<Connection, Failure> {
        let begun = Instant::now();
        let end = begun + connect_timeout.unwrap_or(PATIENCE);
        let end = deadline.map_or(end, |deadline| end.min(deadline));
        let limited = deadline.is_some() || connect_timeout.is_some();
        let addresses = self.resolve(url, limited.then_some(end), begun)?;
        report.times.resolved = Some(Instant::now());

        let mut reasons = Vec::new();
        for (index, &address) in addresses.iter().enumerate() {
            trace.note(|| format!("  Trying {address}..."));
            // Each address gets its share: one that is silent must not keep us from the next.
            let others = (addresses.len() - index) as u32;
            let share = end.saturating_duration_since(Instant::now()) / others;
            match connect(address, share) {
                Ok(stream) => {
                    report.times.connected = Some(Instant::now());
                    let connection = Connection::new(stream, address, self.opened);
                    self.opened += 1;
                    trace.note(|| {
                        format!(
                            "Connected to {} ({}) port {} (#{})",
                            url.host,
                            address.ip(),
                            address.port(),
                            connection.number
                        )
                    });
                    return Ok(connection);
                }
                Err(error) => {
                    trace.note(|| format!("connect to {address} failed: {}", said(&error)));
                    reasons.push((address, error));
                }
            }
        }
        Err(failed_to_connect(
            url,
            begun,
            Instant::now() >= end,
            &reasons,
        ))
    }

    /// The host's addresses. Waiting for a name can take long, and cannot be interrupted: with a limit, another
    /// thread waits.
    fn resolve(
        &mut self,
        url: &Url,
        limit: Option<Instant>,
        begun: Instant,
    ) -> Result<&[SocketAddr], Failure> {
        let place = place(url);
        if !self.addresses.contains_key(&place) {
            let asked = place.clone();
            let addresses = match limit {
                Some(limit) if url.host.parse::<std::net::IpAddr>().is_err() => {
                    let (sender, receiver) = mpsc::channel();
                    thread::spawn(move || sender.send(look_up(&asked)));
                    let left = limit.saturating_duration_since(Instant::now());
                    receiver.recv_timeout(left).map_err(|_| {
                        let reason = format!(
                            "Resolving of {} timed out after {} milliseconds",
                            url.host,
                            begun.elapsed().as_millis()
                        );
                        Failure::new(code::TIMEOUT, reason)
                    })?
                }
                _ => look_up(&asked),
            };
            let addresses = addresses.map_err(|error| {
                let reason = format!("Could not resolve host: {} ({})", url.host, said(&error));
                Failure::new(FetchError::Resolve as u8, reason)
            })?;
            self.addresses.insert(place.clone(), addresses);
        }
        Ok(&self.addresses[&place])
    }
}

fn place(url: &Url) -> Place {
    (url.host.to_ascii_lowercase(), url.port)
}

fn look_up((host, port): &Place) -> io::Result<Vec<SocketAddr>> {
    let addresses: Vec<_> = (host.as_str(), *port).to_socket_addrs()?.collect();
    if addresses.is_empty() {
        return Err(io::Error::new(ErrorKind::NotFound, "it has no address"));
    }
    Ok(addresses)
}

fn connect(address: SocketAddr, limit: Duration) -> io::Result<TcpStream> {
    if limit.is_zero() {
        return Err(ErrorKind::TimedOut.into());
    }
    TcpStream::connect_timeout(&address, limit)
}

fn failed_to_connect(
    url: &Url,
    begun: Instant,
    over: bool,
    reasons: &[(SocketAddr, io::Error)],
) -> Failure {
    let reasons: Vec<_> = match reasons {
        // An address that is the host itself need not be said again.
        [(address, error)] if address.ip().to_string() == url.host => vec![said(error)],
        _ => reasons
            .iter()
            .map(|(address, error)| format!("{address}: {}", said(error)))
            .collect(),
    };
    let code = if over {
        code::TIMEOUT
    } else {
        FetchError::Connect as u8
    };
    let reason = format!(
        "Failed to connect to {} port {} after {} ms: {}",
        url.host,
        url.port,
        begun.elapsed().as_millis(),
        reasons.join("; ")
    );
    Failure::new(code, reason)
}
