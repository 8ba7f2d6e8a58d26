//! `-w`: prints what is asked for about a URL that is done.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::fields::find;
use super::meter::per_second;
use super::report::Report;

/// One of the values behind `%{…}`.
enum Value {
    Text(Option<String>),
    Number(u64),
    /// Three digits in text.
    Status(u16),
    Seconds(Duration),
}

/// Prints the format to stdout, or from `%{stderr}` on to stderr.
///
/// # Errors
///
/// When stdout takes no more.
pub fn write_out(format: &str, report: &Report, stdout: &mut dyn Write) -> io::Result<()> {
    let mut pieces = Pieces {
        to_stderr: false,
        text: Vec::new(),
        stdout,
    };
    let mut rest = format;
    while let Some(place) = rest.find(['%', '\\']) {
        pieces.push(&rest[..place]);
        rest = &rest[place..];
        let (text, behind) = if let Some(behind) = rest.strip_prefix('\\') {
            escaped(behind)
        } else if let Some(behind) = rest.strip_prefix("%%") {
            ("%".to_owned(), behind)
        } else if let Some((name, behind)) = between(rest, "%{") {
            match name {
                "stdout" => pieces.turn(false)?,
                "stderr" => pieces.turn(true)?,
                // What follows is for errors only.
                "onerror" if report.exit_code == 0 => return pieces.turn(false),
                _ => {}
            }
            (variable(name, report), behind)
        } else if let Some((name, behind)) = between(rest, "%header{") {
            let value = report
                .head
                .as_ref()
                .and_then(|head| find(&head.headers, name));
            (value.unwrap_or_default().to_owned(), behind)
        } else {
            ("%".to_owned(), &rest[1..])
        };
        pieces.push(&text);
        rest = behind;
    }
    pieces.push(rest);
    pieces.turn(false)
}

/// What is printed, in its order, on one of the two.
struct Pieces<'a> {
    to_stderr: bool,
    text: Vec<u8>,
    stdout: &'a mut dyn Write,
}

impl Pieces<'_> {
    fn push(&mut self, text: &str) {
        self.text.extend_from_slice(text.as_bytes());
    }

    fn turn(&mut self, to_stderr: bool) -> io::Result<()> {
        let text = std::mem::take(&mut self.text);
        if self.to_stderr {
            let _ = io::stderr().write_all(&text);
        } else {
            self.stdout.write_all(&text)?;
        }
        self.to_stderr = to_stderr;
        Ok(())
    }
}

fn between<'a>(text: &'a str, opening: &str) -> Option<(&'a str, &'a str)> {
    text.strip_prefix(opening)?.split_once('}')
}

fn escaped(behind: &str) -> (String, &str) {
    let mut letters = behind.chars();
    let text = match letters.next() {
        Some('n') => "\n".to_owned(),
        Some('r') => "\r".to_owned(),
        Some('t') => "\t".to_owned(),
        Some(other) => format!("\\{other}"),
        None => "\\".to_owned(),
    };
    (text, letters.as_str())
}

fn variable(name: &str, report: &Report) -> String {
    match name {
        "stdout" | "stderr" | "onerror" => String::new(),
        "json" => json(report),
        "header_json" => header_json(report),
        _ => match VARIABLES.iter().find(|(it, _)| *it == name) {
            Some((_, value)) => match value(report) {
                Value::Text(text) => text.unwrap_or_default(),
                Value::Number(number) => number.to_string(),
                Value::Status(status) => format!("{status:03}"),
                Value::Seconds(time) => format!("{:.6}", time.as_secs_f64()),
            },
            None => {
                eprintln!("fetch: unknown --write-out variable: '{name}'");
                String::new()
            }
        },
    }
}

type Variable = (&'static str, fn(&Report) -> Value);

/// The variables, in the order of their names.
const VARIABLES: &[Variable] = &[
    ("content_type", |it| {
        let head = it.head.as_ref();
        Value::Text(
            head.and_then(|head| find(&head.headers, "Content-Type"))
                .map(str::to_owned),
        )
    }),
    ("errormsg", |it| Value::Text(it.error.clone())),
    ("exitcode", |it| Value::Number(it.exit_code.into())),
    ("filename_effective", |it| Value::Text(it.file.clone())),
    ("http_code", |it| Value::Status(it.status())),
    ("http_connect", |_| Value::Status(0)),
    ("http_version", |it| {
        // curl calls HTTP/1.0 so.
        let version = match it.head.as_ref().map(|head| head.minor_version) {
            None => "0",
            Some(0) => "1",
            Some(_) => "1.1",
        };
        Value::Text(Some(version.to_owned()))
    }),
    ("local_ip", |it| Value::Text(ip(it.local))),
    ("local_port", |it| Value::Number(port(it.local))),
    ("method", |it| Value::Text(Some(it.method.clone()))),
    ("num_connects", |it| Value::Number(it.connects.into())),
    ("num_headers", |it| {
        Value::Number(it.head.as_ref().map_or(0, |head| head.headers.len()) as u64)
    }),
    ("num_redirects", |it| Value::Number(it.redirects.into())),
    ("redirect_url", |it| Value::Text(it.redirect_url.clone())),
    ("referer", |it| Value::Text(it.referer.clone())),
    ("remote_ip", |it| Value::Text(ip(it.remote))),
    ("remote_port", |it| Value::Number(port(it.remote))),
    ("response_code", |it| Value::Status(it.status())),
    ("scheme", |it| {
        Value::Text(Some(it.scheme.to_ascii_uppercase()))
    }),
    ("size_download", |it| Value::Number(it.sizes.downloaded)),
    ("size_header", |it| Value::Number(it.sizes.heads)),
    ("size_request", |it| Value::Number(it.sizes.requests)),
    ("size_upload", |it| Value::Number(it.sizes.uploaded)),
    ("speed_download", |it| {
        Value::Number(speed(it, it.sizes.downloaded))
    }),
    ("speed_upload", |it| {
        Value::Number(speed(it, it.sizes.uploaded))
    }),
    ("time_appconnect", |_| Value::Seconds(Duration::ZERO)),
    ("time_connect", |it| since(it, it.times.connected)),
    ("time_namelookup", |it| since(it, it.times.resolved)),
    ("time_pretransfer", |it| since(it, it.times.sending)),
    ("time_redirect", |it| since(it, it.times.redirected)),
    ("time_starttransfer", |it| since(it, it.times.first_byte)),
    ("time_total", |it| since(it, it.times.done)),
    ("url", |it| Value::Text(Some(it.url.clone()))),
    ("url_effective", |it| {
        Value::Text(Some(it.effective.clone()))
    }),
    ("urlnum", |it| Value::Number(it.number as u64)),
];

fn ip(address: Option<SocketAddr>) -> Option<String> {
    address.map(|address| address.ip().to_string())
}

fn port(address: Option<SocketAddr>) -> u64 {
    address.map_or(0, |address| address.port().into())
}

fn since(report: &Report, then: Option<Instant>) -> Value {
    Value::Seconds(then.map_or(Duration::ZERO, |then| then - report.times.begun))
}

fn speed(report: &Report, bytes: u64) -> u64 {
    report
        .times
        .done
        .map_or(0, |done| per_second(bytes, done - report.times.begun))
}

/// All of them, as a JSON object.
fn json(report: &Report) -> String {
    let members = VARIABLES.iter().map(|(name, value)| match value(report) {
        Value::Text(Some(text)) => format!("\"{name}\":{}", quoted(&text)),
        Value::Text(None) => format!("\"{name}\":null"),
        Value::Number(number) => format!("\"{name}\":{number}"),
        Value::Status(status) => format!("\"{name}\":{status}"),
        Value::Seconds(time) => format!("\"{name}\":{:.6}", time.as_secs_f64()),
    });
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

/// The fields of the last head, each with all its values.
fn header_json(report: &Report) -> String {
    let mut fields: Vec<(String, Vec<String>)> = Vec::new();
    for (name, value) in report.head.iter().flat_map(|head| &head.headers) {
        let name = name.to_ascii_lowercase();
        match fields.iter_mut().find(|(it, _)| *it == name) {
            Some((_, values)) => values.push(quoted(value)),
            None => fields.push((name, vec![quoted(value)])),
        }
    }
    let members = fields
        .iter()
        .map(|(name, values)| format!("{}:[{}]", quoted(name), values.join(",")));
    format!("{{{}\n}}", members.collect::<Vec<_>>().join(",\n"))
}

/// A string of JSON.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            letter if letter.is_control() => {
                quoted.push_str(&format!("\\u{:04x}", u32::from(letter)))
            }
            letter => quoted.push(letter),
        }
    }
    quoted + "\""
}
