//! One request, and the head of its answer.

use std::io::{self, Read};
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::body::Body;
use super::connection::{Connection, Sent};
use super::failure::{Failure, code, said};
use super::fields::{self, Manner, Occasion};
use super::meter::Meter;
use super::options::limit;
use super::plan::no_https;
use super::reasons::{no_answer, not_sent};
use super::report::Report;
use super::transfer::Session;
use super::url_text::text_of;
use super::{FetchError, Framing, Head, Request, framing, read_head};

/// As much of a body as is sent with one call. A smaller one goes along with the head.
const PIECE: usize = 64 * 1024;
/// What of it is left for a chunk, beside its size and line ends.
const CHUNK: usize = PIECE - 12;
/// How long to wait for `100 Continue` (RFC 9110 section 10.1.1 says: not for ever).
const PATIENCE: Duration = Duration::from_secs(1);

/// An answer whose body is still to come.
pub struct Answer {
    pub connection: Connection,
    pub head: Head,
    pub framing: Framing,
    /// Whether the server took all of the request.
    pub taken: bool,
    /// Whether the body waited to be asked for.
    pub on_request: bool,
}

impl Session<'_> {
    /// Sends a request, and reads the head of its answer. A connection that was kept may turn out to be dead: then
    /// another one is opened.
    ///
    /// # Errors
    ///
    /// When there is no connection, or no answer.
    pub fn exchange(
        &mut self,
        request: &Request,
        occasion: &mut Occasion,
        meter: &Option<Rc<Meter>>,
        report: &mut Report,
    ) -> Result<Answer, Failure> {
        let options = &self.plan.options;
        if request.url.scheme == "https" {
            return Err(no_https(&text_of(&request.url)));
        }
        if options.http1_0 && occasion.body.is_some_and(|body| body.length().is_none()) {
            return Err(Failure::new(
                code::UPLOAD,
                "Chunky upload is not supported by HTTP 1.0",
            ));
        }
        let mut dressed = request.clone();
        occasion.cookies = self.cookies_for(&mut dressed);
        let manner = fields::dress(&mut dressed, options, &self.plan.own, occasion);
        let head = fields::head_of(&dressed, options, &self.plan.own)
            .map_err(|error| Failure::new(error as u8, "The request cannot be written as one"))?;
        if let (Some(meter), Some(body)) = (meter, occasion.body) {
            meter.expect_to_send(body.length());
        }
        let server = request.proxy.as_ref().unwrap_or(&request.url);
        loop {
            let kept = self.pool.take(server, self.trace);
            let reused = kept.is_some();
            let mut connection = match kept {
                Some(connection) => connection,
                None => {
                    let limit = limit(options.connect_timeout);
                    let opened =
                        self.pool
                            .open(server, request.deadline, limit, report, self.trace);
                    opened.map_err(|failure| match failure.code {
                        it if it == FetchError::Resolve as u8 && request.proxy.is_some() => {
                            Failure {
                                code: code::RESOLVE_PROXY,
                                ..failure
                            }
                        }
                        _ => failure,
                    })?
                }
            };
            report.connects += u32::from(!reused);
            report.remote = Some(connection.peer);
            report.local = connection.local;
            report.times.sending = Some(Instant::now());
            connection.begin(request.deadline, options.limit_rate, meter.clone());
            match self.converse(&mut connection, &head, manner, occasion.body, report) {
                Ok((head, taken)) => {
                    report.times.first_byte = connection.first_byte;
                    let framing = framing(&request.method, &head).map_err(|error| {
                        Failure::new(error as u8, "Invalid Content-Length: value")
                    })?;
                    return Ok(Answer {
                        connection,
                        head,
                        framing,
                        taken,
                        on_request: manner.on_request,
                    });
                }
                Err(failure)
                    if reused
                        && !connection.heard
                        && failure.code != code::TIMEOUT
                        && occasion.body.is_none_or(Body::can_be_repeated) =>
                {
                    // The server hung up while the request was on its way.
                    self.trace
                        .note(|| "Connection died, retrying a fresh connect".to_owned());
                }
                Err(failure) => return Err(failure),
            }
        }
    }

    /// Sends head and body, and reads a head. Gives it, and whether the server took all of the body.
    fn converse(
        &self,
        connection: &mut Connection,
        head: &[u8],
        manner: Manner,
        body: Option<&Body>,
        report: &mut Report,
    ) -> Result<(Head, bool), Failure> {
        self.trace.sent(head);
        report.sizes.uploaded = 0;
        let mut first = head.to_vec();
        let mut later = body;
        if let Some(Body::Bytes(bytes)) = body
            && bytes.len() <= PIECE
            && manner == Manner::default()
        {
            // One packet for both.
            first.extend_from_slice(bytes);
            report.sizes.uploaded = bytes.len() as u64;
            later = None;
        }
        let sent = connection.send(&first, false);
        report.sizes.requests += first.len() as u64;
        sent.map_err(|error| not_sent(&error, report))?;
        connection.count(first.len() - head.len());

        let mut taken = true;
        let mut trouble = None;
        if let Some(body) = later {
            let status = match manner.on_request {
                true => connection
                    .wait_for_status(PATIENCE)
                    .map_err(|error| not_sent(&error, report))?,
                false => None,
            };
            taken = status.is_none_or(|status| status < 300)
                && match send_body(connection, body, manner.chunked, report)? {
                    Ok(sent) => sent == Sent::All,
                    Err(error) => {
                        // The server may have said why before it hung up.
                        trouble = Some(error);
                        false
                    }
                };
            if !taken {
                self.trace
                    .note(|| "HTTP error before end of send, stop sending".to_owned());
            }
        }
        match (read_head(connection), trouble) {
            (Ok(head), _) => Ok((head, taken)),
            (Err(_), Some(error)) => Err(not_sent(&error, report)),
            (Err(error), None) => {
                let raw = connection.take_recording();
                self.trace.received(&raw);
                Err(no_answer(error, &raw, connection, report))
            }
        }
    }
}

/// Sends a body piece by piece. The outer error is that of the body, the inner one that of the connection.
fn send_body(
    connection: &mut Connection,
    body: &Body,
    chunked: bool,
    report: &mut Report,
) -> Result<io::Result<Sent>, Failure> {
    let failed = |error: &io::Error| {
        Failure::new(
            code::READ,
            format!("Failed to open/read local data: {}", said(error)),
        )
    };
    let mut reader = body.open().map_err(|error| failed(&error))?;
    let mut buffer = vec![0; if chunked { CHUNK } else { PIECE }];
    let mut chunk = Vec::new();
    let mut left = body.length();
    loop {
        let count = match reader.read(&mut buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(failed(&error)),
        };
        let piece = match chunked {
            false => &buffer[..count],
            true => {
                chunk.clear();
                chunk.extend_from_slice(format!("{count:x}\r\n").as_bytes());
                chunk.extend_from_slice(&buffer[..count]);
                chunk.extend_from_slice(b"\r\n");
                &chunk[..]
            }
        };
        match connection.send(piece, true) {
            Ok(Sent::All) => {}
            other => return Ok(other),
        }
        report.sizes.uploaded += piece.len() as u64;
        if count == 0 {
            return match left {
                Some(1..) if !chunked => Err(failed(&io::ErrorKind::UnexpectedEof.into())),
                _ => Ok(Ok(Sent::All)),
            };
        }
        left = left.map(|left| left.saturating_sub(count as u64));
    }
}
