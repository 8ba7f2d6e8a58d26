//! One URL, as often as `--retry` wants it, and what is said of it on stderr.

use std::io::{self, IsTerminal};
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::FetchError;
use super::body::Body;
use super::failure::code;
use super::fields::find;
use super::meter::Meter;
use super::output::{Output, Sink};
use super::plan::Job;
use super::reasons::whom;
use super::report::Report;
use super::transfer::Session;

/// The longest wait between two attempts.
const LONGEST_WAIT: Duration = Duration::from_secs(600);
/// Statuses that may be others when asked again.
const PASSING: [u16; 6] = [408, 429, 500, 502, 503, 504];

impl Session<'_> {
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
            // What came before an error is written when `output` is dropped.
            let result = result.and_then(|()| output.finish());
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
                        whom(&report)
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
