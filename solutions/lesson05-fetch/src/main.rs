//! `fetch [OPTIONS] URL…`: a small curl.
//!
//! Given, around the functions of `src/lib.rs`. Each option means what it means in curl, so that curl's manual
//! is ours. Try it: `cargo run -p solution05 -- -i http://example.com/`.
//!
//! [`transfer`] is where to begin reading: it takes one URL from its text to the last byte.

mod body;
mod connection;
mod cookies;
mod data;
mod exchange;
mod failure;
mod fields;
mod form;
mod meter;
mod options;
mod output;
mod pace;
mod plan;
mod pool;
mod reasons;
mod report;
mod retry;
mod trace;
mod transfer;
mod url_text;
mod write_out;

use std::fs;
use std::io::Write;
use std::process::ExitCode;

use solution05::{
    FetchError, Framing, Head, Request, Url, copy_body, framing, parse_url, read_head, redirected,
    write_request,
};

use cookies::Jar;
use failure::{Failure, said};
use options::Options;
use output::{Sink, cannot_write};
use plan::Plan;
use transfer::Session;

fn main() -> ExitCode {
    let code = Options::from_command_line()
        .and_then(Plan::new)
        .and_then(|plan| fetch_all(&plan))
        .unwrap_or_else(|failure| {
            eprintln!("fetch: ({}) {}", failure.code, failure.reason);
            failure.code
        });
    ExitCode::from(code)
}

/// Fetches all URLs. The exit code is that of the last one, as it is with curl.
fn fetch_all(plan: &Plan) -> Result<u8, Failure> {
    let mut stdout = Sink::stdout().map_err(|error| cannot_write(None, &error))?;
    let mut session = Session::new(plan, load_cookies(plan))?;
    let mut code = 0;
    for number in 0..plan.options.urls.len() {
        let report = session.run(&plan.job(number)?, &mut stdout);
        code = report.exit_code;
        if let Some(format) = &plan.write_out {
            write_out::write_out(format, &report, &mut stdout)
                .map_err(|error| cannot_write(None, &error))?;
        }
    }
    if let (Some(jar), Some(file)) = (&session.jar, &plan.options.cookie_jar) {
        let text = jar.to_text();
        let saved = match file.to_str() {
            Some("-") => stdout.write_all(text.as_bytes()),
            _ => fs::write(file, text),
        };
        if let Err(error) = saved {
            // What was fetched is there; curl warns too.
            eprintln!(
                "Warning: failed to save cookies in {}: {}",
                file.display(),
                said(&error)
            );
        }
    }
    stdout.flush().map_err(|error| cannot_write(None, &error))?;
    Ok(code)
}

/// Cookies are kept when there is a file for them, or one that they come from.
fn load_cookies(plan: &Plan) -> Option<Jar> {
    if plan.cookie_files.is_empty() && plan.options.cookie_jar.is_none() {
        return None;
    }
    let mut jar = Jar::default();
    if let Ok(url) = parse_url(&plan.options.urls[0]) {
        for file in plan.cookie_files.iter().filter(|file| !file.is_empty()) {
            // A file that is not there has no cookies. It may be the one that `-c` is going to write.
            if let Ok(bytes) = body::read_all(file) {
                jar.load(&String::from_utf8_lossy(&bytes), &url);
            }
        }
    }
    if plan.options.junk_session_cookies {
        jar.drop_session();
    }
    Some(jar)
}
