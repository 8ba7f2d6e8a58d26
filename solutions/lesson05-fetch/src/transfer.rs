//! One URL, from its text to the last byte: redirects, and attempts that are made again.
//!
//! The lesson's `fetch` does the same in one piece. Here its steps are taken one by one, with `parse_url`,
//! `write_request`, `read_head`, `framing`, `copy_body` and `redirected`, because much of what curl's options want
//! happens in between: `-v` shows the heads, `-f` and `-C` look at them before the body, and connections are
//! kept for the next URL.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::body::Body;
use super::connection::{Connection, STATUS_LINE, Sent};
use super::cookies::Jar;
use super::failure::{Failure, code, said};
use super::fields::{self, Manner, Occasion, find, lists};
use super::meter::Meter;
use super::options::limit;
use super::output::{Output, Sink, cannot_write, check_writable};
use super::plan::{self, Job, Plan};
use super::pool::Pool;
use super::report::Report;
use super::trace::Trace;
use super::{
    FetchError, Framing, Head, Request, Url, copy_body, framing, parse_url, read_head, redirected,
};

/// As much of a body as is sent with one call. A smaller one goes along with the head.
const PIECE: usize = 64 * 1024;
/// What of it is left for a chunk, beside its size and line ends.
const CHUNK: usize = PIECE - 12;
/// How long to wait for `100 Continue` (RFC 9110 section 10.1.1 says: not for ever).
const PATIENCE: Duration = Duration::from_secs(1);
/// The longest wait between two attempts.
const LONGEST_WAIT: Duration = Duration::from_secs(600);
/// Statuses that may be others when asked again.
const PASSING: [u16; 6] = [408, 429, 500, 502, 503, 504];

/// What lasts from one URL to the next.
pub struct Session<'a> {
    plan: &'a Plan,
    pool: Pool,
    /// `None` when neither `-c` nor a file of `-b` asks for it: then nobody keeps cookies.
    pub jar: Option<Jar>,
    heads: Heads,
    trace: Trace,
}

/// Where `-D` writes.
enum Heads {
    Nowhere,
    Stdout,
    File(File),
}

/// An answer whose body is still to come.
struct Answer {
    connection: Connection,
    head: Head,
    framing: Framing,
    /// Whether the server took all of the request.
    taken: bool,
    /// Whether the body waited to be asked for.
    on_request: bool,
}

impl<'a> Session<'a> {
    /// # Errors
    ///
    /// When the file of `-D` cannot be written.
    pub fn new(plan: &'a Plan, jar: Option<Jar>) -> Result<Session<'a>, Failure> {
        let heads = match &plan.options.dump_header {
            None => Heads::Nowhere,
            Some(file) if file.as_os_str() == "-" => Heads::Stdout,
            Some(file) => {
                Heads::File(File::create(file).map_err(|error| cannot_write(Some(file), &error))?)
            }
        };
        Ok(Session {
            plan,
            pool: Pool::default(),
            jar,
            heads,
            trace: Trace {
                on: plan.options.verbose,
            },
        })
    }

    /// Does one job, again where `--retry` says so, and reports on the last attempt.
    pub fn run(&mut self, job: &Job, stdout: &mut Sink) -> Report {
        let options = &self.plan.options;
        let mut left = options.retry;
        let repeatable = job.upload.as_ref().is_none_or(Body::can_be_repeated);
        let mut wait = Duration::from_secs(1);
        let mut output = Output::new(
            stdout,
            job.file.clone(),
            job.resume > 0 && job.upload.is_none(),
        );
        loop {
            let mut report = Report::new(job.number, &job.url);
            report.file = job.file.as_ref().map(|file| file.display().to_string());
            let meter = self.meter(job);
            output.meter = meter.clone();
            let result = self.attempt(job, &mut output, &meter, &mut report);
            // What came before an error is kept.
            let saved = output.finish(result.is_ok());
            let result = result.and(saved);
            report.sizes.downloaded = output.received;
            report.times.done = Some(Instant::now());
            if let Some(meter) = &meter {
                meter.finish();
            }
            if let Err(failure) = result {
                report.exit_code = failure.code;
                if options.shows_errors() {
                    eprintln!(
                        "fetch: ({}) {}{}",
                        failure.code,
                        failure.reason,
                        place(&report)
                    );
                }
                report.error = Some(failure.reason);
            }
            let Some(problem) = passing_problem(&report).filter(|_| left > 0 && repeatable) else {
                return report;
            };
            let wait_now = retry_after(&report).or(options.retry_delay).unwrap_or(wait);
            if !options.silent {
                eprintln!(
                    "Warning: Problem : {problem}. Will retry in {} seconds. {left} retries left.",
                    wait_now.as_secs()
                );
            }
            if let Err(failure) = output.start_again() {
                report.exit_code = failure.code;
                report.error = Some(failure.reason);
                return report;
            }
            thread::sleep(wait_now);
            left -= 1;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    /// Only people look at it, and not when what comes is on the same screen.
    fn meter(&self, job: &Job) -> Option<Rc<Meter>> {
        let seen =
            io::stderr().is_terminal() && (job.file.is_some() || !io::stdout().is_terminal());
        (seen && !self.plan.options.silent).then(|| Rc::new(Meter::new()))
    }

    fn attempt(
        &mut self,
        job: &Job,
        output: &mut Output,
        meter: &Option<Rc<Meter>>,
        report: &mut Report,
    ) -> Result<(), Failure> {
        let plan = self.plan;
        let mut url = plan::read_url(&job.url)?;
        if let Some(file) = &job.file {
            check_writable(file)?;
        }
        report.effective = plan::shown(&job.url, &url);
        if plan.user.is_some() {
            url.user.clone_from(&plan.user);
        }
        let mut request = Request {
            method: job.method.to_owned(),
            url,
            // These only: what else is sent is found out anew for each request.
            headers: plan.own.fields.clone(),
            body: Vec::new(),
            proxy: plan.proxy.clone(),
            deadline: limit(plan.options.max_time).map(|time| report.times.begun + time),
        };
        if let Some(cookies) = &plan.cookies {
            request
                .headers
                .insert(0, ("Cookie".to_owned(), cookies.clone()));
        }
        let (referer, auto_referer) = referer(plan.options.referer.as_deref());
        let mut occasion = Occasion {
            referer,
            cookies: None,
            body: job.upload.as_ref().or(plan.body.as_ref()),
            content_type: plan.content_type.as_deref(),
            resume: job.resume,
            without_expect: false,
        };
        loop {
            report.method = plan.method(&request.method).to_owned();
            report.scheme.clone_from(&request.url.scheme);
            report.referer.clone_from(&occasion.referer);
            let mut answer = self.exchange(&request, &mut occasion, meter, report)?;
            self.show_head(&mut answer, output, report)?;
            self.keep_cookies(&request, &answer.head);

            if answer.head.status == 417 && answer.on_request && !answer.taken {
                // The server does not know `Expect`; perhaps it likes the request without.
                occasion.without_expect = true;
                self.pass_over(answer, &request, output, report)?;
                continue;
            }
            let follows = plan.options.location;
            let next = if follows || plan.write_out.is_some() {
                redirected(&request, &answer.head)
                    .map_err(|error| bad_redirect(error, &answer.head))?
            } else {
                None
            };
            let Some(next) = next.filter(|next| {
                let shown = plan::shown_next(&report.effective, &answer.head, &next.url);
                report.redirect_url = Some(shown).filter(|_| !follows);
                follows
            }) else {
                return self.save(answer, &request, &occasion, output, report);
            };
            let shown = plan::shown_next(&report.effective, &answer.head, &next.url);
            self.pass_over(answer, &request, output, report)?;
            let most = plan.options.max_redirs;
            if most >= 0 && i64::from(report.redirects) >= most {
                return Err(Failure::new(
                    FetchError::TooManyRedirects as u8,
                    format!("Maximum ({most}) redirects followed"),
                ));
            }
            report.redirects += 1;
            report.times.redirected = Some(Instant::now());
            if auto_referer {
                occasion.referer = Some(fields::text_of(&request.url));
            }
            if next.method != request.method {
                occasion.body = None;
                occasion.content_type = None;
            } else if occasion.body.is_some_and(|body| !body.can_be_repeated()) {
                return Err(Failure::new(
                    code::REWIND,
                    "necessary data rewind wasn't possible: stdin can be sent only once",
                ));
            }
            report.effective = shown;
            self.trace
                .note(|| format!("Issue another request to this URL: '{}'", report.effective));
            let same = is_same_origin(&request.url, &next.url);
            request = next;
            if plan.user.is_some() && request.url.user.is_some() {
                // `-u` is asked before any URL is, and for its own host only.
                request.url.user = plan.user.clone().filter(|_| same);
            }
        }
    }

    /// Sends a request, and reads the head of its answer. A connection that was kept may turn out to be dead: then
    /// another one is opened.
    fn exchange(
        &mut self,
        request: &Request,
        occasion: &mut Occasion,
        meter: &Option<Rc<Meter>>,
        report: &mut Report,
    ) -> Result<Answer, Failure> {
        let options = &self.plan.options;
        if request.url.scheme == "https" {
            return Err(plan::no_https(&fields::text_of(&request.url)));
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

    /// `-v`, `-D` and `-i`.
    fn show_head(
        &mut self,
        answer: &mut Answer,
        output: &mut Output,
        report: &mut Report,
    ) -> Result<(), Failure> {
        let bytes = answer.connection.take_recording();
        report.sizes.heads += bytes.len() as u64;
        report.head = Some(answer.head.clone());
        self.trace.received(&bytes);
        let dumped = match &mut self.heads {
            Heads::Nowhere => Ok(()),
            Heads::Stdout => output.stdout().write_all(&bytes),
            Heads::File(file) => file.write_all(&bytes),
        };
        dumped.map_err(|error| cannot_write(self.plan.options.dump_header.as_deref(), &error))?;
        if self.plan.options.include || self.plan.options.head {
            output.write_head(&bytes)?;
        }
        Ok(())
    }

    fn keep_cookies(&mut self, request: &Request, head: &Head) {
        if let Some(jar) = &mut self.jar {
            let url = as_asked_for(request);
            let set = head
                .headers
                .iter()
                .filter(|(name, _)| name.eq_ignore_ascii_case("Set-Cookie"));
            set.for_each(|(_, value)| jar.keep(value, &url));
        }
    }

    /// The cookies that were kept for this URL, and with them those that `-b` names.
    fn cookies_for(&self, request: &mut Request) -> Option<String> {
        let kept = self
            .jar
            .as_ref()
            .and_then(|jar| jar.for_request(&as_asked_for(request)));
        if self.plan.cookies.is_none() {
            return kept;
        }
        // `redirected` has taken it out where the request goes to another origin.
        let place = request
            .headers
            .iter()
            .position(|(name, _)| name == "Cookie");
        let named = place.map(|place| request.headers.remove(place).1);
        let all: Vec<_> = kept.into_iter().chain(named).collect();
        Some(all.join("; ")).filter(|it| !it.is_empty())
    }

    /// Reads a body that nobody wants, so that the connection can be used again.
    fn pass_over(
        &mut self,
        mut answer: Answer,
        request: &Request,
        output: &Output,
        report: &Report,
    ) -> Result<(), Failure> {
        match copy_body(&mut answer.connection, answer.framing, &mut io::sink()) {
            Ok(_) => self.put_back(answer, request),
            // What is missing is missed by nobody.
            Err(FetchError::Partial) => {}
            Err(error) => return Err(incomplete(error, &answer, 0, output, report)),
        }
        Ok(())
    }

    /// Writes the body to where it belongs, if it is the one that was asked for.
    fn save(
        &mut self,
        mut answer: Answer,
        request: &Request,
        occasion: &Occasion,
        output: &mut Output,
        report: &Report,
    ) -> Result<(), Failure> {
        let status = answer.head.status;
        if self.plan.options.fail && status >= 400 {
            return Err(Failure::new(
                code::HTTP_ERROR,
                format!("The requested URL returned error: {status}"),
            ));
        }
        if occasion.resume > 0 && request.method == "GET" {
            let begins = find(&answer.head.headers, "Content-Range").and_then(beginning);
            if status == 416
                || answer.framing == Framing::Length(occasion.resume) && begins.is_none()
            {
                self.trace
                    .note(|| "The entire document is already downloaded".to_owned());
                return Ok(());
            }
            if begins != Some(occasion.resume) {
                return Err(Failure::new(
                    code::RANGE,
                    "HTTP server doesn't seem to support byte ranges. Cannot resume.",
                ));
            }
        }
        if let Some(meter) = &output.meter {
            meter.expect_to_receive(match answer.framing {
                Framing::Length(length) => Some(length),
                _ => None,
            });
        }
        let before = output.received;
        if let Err(error) = copy_body(&mut answer.connection, answer.framing, output) {
            return Err(incomplete(
                error,
                &answer,
                output.received - before,
                output,
                report,
            ));
        }
        self.put_back(answer, request);
        Ok(())
    }

    /// Keeps the connection, if both sides do (RFC 9112 section 9.3).
    fn put_back(&mut self, answer: Answer, request: &Request) {
        let Answer {
            connection,
            head,
            framing,
            taken,
            ..
        } = answer;
        let says = |token| {
            lists(&head.headers, "Connection", token)
                || request.proxy.is_some() && lists(&head.headers, "Proxy-Connection", token)
        };
        let kept = match head.minor_version {
            0 => says("keep-alive"),
            _ => !says("close"),
        };
        if kept && taken && framing != Framing::UntilClose {
            let server = request.proxy.as_ref().unwrap_or(&request.url);
            self.pool.keep(server, connection, self.trace);
        } else {
            self.trace
                .note(|| format!("Closing connection {}", connection.number));
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

/// The URL, with the host that the `Host` of `-H` names: that is whose cookies these are.
fn as_asked_for(request: &Request) -> Cow<'_, Url> {
    match find(&request.headers, "Host").and_then(|host| parse_url(host).ok()) {
        Some(Url { host, .. }) => Cow::Owned(Url {
            host,
            ..request.url.clone()
        }),
        None => Cow::Borrowed(&request.url),
    }
}

fn is_same_origin(one: &Url, other: &Url) -> bool {
    let origin = |url: &Url| (url.scheme.clone(), url.host.to_ascii_lowercase(), url.port);
    origin(one) == origin(other)
}

/// What was given to `-e`, and whether redirects change it.
fn referer(given: Option<&str>) -> (Option<String>, bool) {
    let Some(given) = given else {
        return (None, false);
    };
    let (text, auto) = match given.split_once(";auto") {
        Some((text, _)) => (text, true),
        None => (given, false),
    };
    (Some(text.to_owned()).filter(|it| !it.is_empty()), auto)
}

/// Where a range begins: `bytes 5-9/10`.
fn beginning(content_range: &str) -> Option<u64> {
    content_range
        .strip_prefix("bytes")?
        .trim_start()
        .split('-')
        .next()?
        .parse()
        .ok()
}

/// What may be over when it is tried again.
fn passing_problem(report: &Report) -> Option<&'static str> {
    match report.exit_code {
        code::TIMEOUT => Some("timeout"),
        it if it == FetchError::Resolve as u8 => Some("timeout"),
        0 | code::HTTP_ERROR if PASSING.contains(&report.status()) => Some("HTTP error"),
        _ => None,
    }
}

/// When the server wants to be asked again: in so many seconds, or at a date.
fn retry_after(report: &Report) -> Option<Duration> {
    let value = find(&report.head.as_ref()?.headers, "Retry-After")?;
    let wait = match value.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => httpdate::parse_http_date(value)
            .ok()?
            .duration_since(SystemTime::now())
            .unwrap_or_default(),
    };
    Some(wait).filter(|wait| !wait.is_zero())
}

/// Who was asked, for a message. Not the URL as it was given: there may be a password in it.
fn place(report: &Report) -> String {
    match report.remote {
        Some(address) => format!(" ({} at {address})", plan::without_user(&report.effective)),
        None => String::new(),
    }
}

fn not_sent(error: &io::Error, report: &Report) -> Failure {
    match error.kind() {
        io::ErrorKind::TimedOut => timed_out(0, None, report),
        _ => Failure::new(
            FetchError::Send as u8,
            format!("Send failure: {}", said(error)),
        ),
    }
}

/// What is said when there is no head.
fn no_answer(error: FetchError, raw: &[u8], connection: &Connection, report: &Report) -> Failure {
    match error {
        FetchError::Timeout => timed_out(0, None, report),
        FetchError::EmptyReply => Failure::new(error as u8, "Empty reply from server"),
        FetchError::Receive => Failure::new(error as u8, receive_failure(connection)),
        // curl takes it for an answer of 1991, which had no head.
        FetchError::BadReply if !begins_with_status_line(raw) => {
            Failure::new(code::UNSUPPORTED, "Received HTTP/0.9 when not allowed")
        }
        _ => Failure::new(
            error as u8,
            "Weird server reply: this is no head of HTTP/1.x",
        ),
    }
}

/// Whether it is `HTTP/1.1 200 OK`, as far as it goes.
fn begins_with_status_line(raw: &[u8]) -> bool {
    let line = raw
        .split(|byte| b"\r\n".contains(byte))
        .next()
        .unwrap_or_default();
    let mut places = line.iter().zip(b"HTTP/1.0 000 ");
    places.all(|(byte, place)| match place {
        b'0' => byte.is_ascii_digit(),
        place => byte == place,
    }) && (line.len() >= STATUS_LINE || line.len() == raw.len())
}

/// What is said when the body ends before it should.
fn incomplete(
    error: FetchError,
    answer: &Answer,
    received: u64,
    output: &Output,
    report: &Report,
) -> Failure {
    let total = match answer.framing {
        Framing::Length(length) => Some(length),
        _ => None,
    };
    let reason = match (error, &output.trouble, total) {
        (FetchError::Timeout, ..) => return timed_out(received, total, report),
        (FetchError::Write, Some(trouble), _) => return output.failure(trouble),
        (FetchError::Partial, _, Some(total)) => {
            format!(
                "transfer closed with {} bytes remaining to read",
                total.saturating_sub(received)
            )
        }
        (FetchError::Partial, ..) => {
            "transfer closed with outstanding read data remaining".to_owned()
        }
        (FetchError::Receive, ..) if answer.connection.trouble.is_some() => {
            receive_failure(&answer.connection)
        }
        // curl's code for a malformed chunk is that for a connection that breaks.
        (FetchError::BadReply | FetchError::Receive, ..) => {
            let reason = "Illegal or missing hexadecimal sequence in chunked-encoding";
            return Failure::new(FetchError::Receive as u8, reason);
        }
        (error, ..) => format!("The transfer failed: {error:?}"),
    };
    Failure::new(error as u8, reason)
}

fn receive_failure(connection: &Connection) -> String {
    match &connection.trouble {
        Some(error) => format!("Recv failure: {}", said(error)),
        None => "Failure when receiving data".to_owned(),
    }
}

fn timed_out(received: u64, total: Option<u64>, report: &Report) -> Failure {
    let time = report.times.begun.elapsed().as_millis();
    let of_total = total
        .map(|total| format!(" out of {total}"))
        .unwrap_or_default();
    Failure::new(
        code::TIMEOUT,
        format!(
            "Operation timed out after {time} milliseconds with {received}{of_total} bytes received"
        ),
    )
}

fn bad_redirect(error: FetchError, head: &Head) -> Failure {
    let location = find(&head.headers, "Location").unwrap_or_default();
    match location.split_once("://") {
        Some((scheme, _)) if plan::is_foreign(scheme) => Failure::new(
            code::UNSUPPORTED,
            format!("Protocol \"{scheme}\" not supported: the answer asks for {location:?}"),
        ),
        _ => Failure::new(
            error as u8,
            format!("The redirect URL is malformed: {location:?}"),
        ),
    }
}
