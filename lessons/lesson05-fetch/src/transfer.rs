//! One URL, from its text to the last byte, across all redirects.
//!
//! The lesson's `fetch` does the same in one piece. Here its steps are taken one by one, with `parse_url`,
//! `write_request`, `read_head`, `framing`, `copy_body` and `redirected`, because much of what curl's options want
//! happens in between: `-v` shows the heads, `-f` and `-C` look at them before the body, and connections are
//! kept for the next URL. What stands between a request and the head of its answer is in `exchange`.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Write};
use std::rc::Rc;
use std::time::Instant;

use super::cookies::Jar;
use super::exchange::Answer;
use super::failure::{Failure, code};
use super::fields::{Occasion, find, lists};
use super::meter::Meter;
use super::options::limit;
use super::output::{Output, cannot_write, check_writable};
use super::plan::{Job, Plan, read_url};
use super::pool::Pool;
use super::reasons::{bad_redirect, incomplete};
use super::report::Report;
use super::trace::Trace;
use super::url_text::{shown, shown_next, text_of};
use super::{FetchError, Framing, Head, Request, Url, copy_body, parse_url, redirected};

/// What lasts from one URL to the next.
pub struct Session<'a> {
    pub plan: &'a Plan,
    pub pool: Pool,
    /// `None` when neither `-c` nor a file of `-b` asks for it: then nobody keeps cookies.
    pub jar: Option<Jar>,
    heads: Heads,
    pub trace: Trace,
}

/// Where `-D` writes.
enum Heads {
    Nowhere,
    Stdout,
    File(File),
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

    /// Follows one URL to its end.
    ///
    /// # Errors
    ///
    /// Whatever goes wrong on the way, with curl's exit code for it.
    pub fn attempt(
        &mut self,
        job: &Job,
        output: &mut Output,
        meter: &Option<Rc<Meter>>,
        report: &mut Report,
    ) -> Result<(), Failure> {
        let plan = self.plan;
        let mut url = read_url(&job.url)?;
        if let Some(file) = &job.file {
            check_writable(file)?;
        }
        report.effective = shown(&job.url, &url);
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
            let next = match redirected(&request, &answer.head) {
                Ok(Some(next)) => {
                    let text = shown_next(&report.effective, &answer.head, &next.url);
                    Some((next, text))
                }
                Err(error) if follows => return Err(bad_redirect(error, &answer.head)),
                Ok(None) | Err(_) => None,
            };
            let (next, text) = match next {
                Some(next) if follows => next,
                other => {
                    report.redirect_url = other.map(|(_, text)| text);
                    return self.save(answer, &request, &occasion, output, report);
                }
            };
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
                occasion.referer = Some(text_of(&request.url));
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
            report.effective = text;
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
    pub fn cookies_for(&self, request: &mut Request) -> Option<String> {
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
            let range = find(&answer.head.headers, "Content-Range");
            let begins = range.and_then(beginning);
            if status == 416
                || answer.framing == Framing::Length(occasion.resume) && range.is_none()
            {
                self.trace
                    .note(|| "The entire document is already downloaded".to_owned());
                return Ok(());
            }
            // Anything else would be appended where it does not belong.
            if status != 206 || begins != Some(occasion.resume) {
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
        if let Err(error) = copy_body(&mut answer.connection, answer.framing, output) {
            return Err(incomplete(error, &answer, output.received, output, report));
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
