//! The fields of a request, in curl's order.

use super::body::{Body, read_all};
use super::failure::Failure;
use super::options::{Options, Resume, has_line_end};
use super::{FetchError, Request, write_request};

/// With a body longer than this, the server is asked first whether it wants it.
const EXPECT_ABOVE: u64 = 1024 * 1024;

/// The fields of `-H`.
#[derive(Debug, Default)]
pub struct Own {
    /// To be added, or to take another's place.
    pub fields: Vec<(String, String)>,
    /// Not to be sent at all.
    pub removed: Vec<String>,
}

/// Whether this is the field that says for which host a request is.
fn is_host(name: &str) -> bool {
    name.eq_ignore_ascii_case("Host")
}

impl Own {
    /// Reads what `-H` was given: `Name: value`, `Name:`, `Name;` or `@FILE` with a line for each.
    ///
    /// # Errors
    ///
    /// When a file cannot be read, or holds what would end a line.
    pub fn parse(given: &[String]) -> Result<Own, Failure> {
        let mut own = Own::default();
        for field in given {
            match field.strip_prefix('@') {
                Some(name) => {
                    let text = String::from_utf8_lossy(&read_all(name)?).into_owned();
                    text.lines().try_for_each(|line| own.add(line))?;
                }
                None => own.add(field)?,
            }
        }
        Ok(own)
    }

    fn add(&mut self, line: &str) -> Result<(), Failure> {
        if has_line_end(line) {
            return Err(Failure::usage(
                "-H: there is a CR or NUL in a line of the file",
            ));
        }
        if let Some((name, value)) = line.split_once(':') {
            match value.trim() {
                // A field without a name is none, and a request has one Host.
                _ if name.is_empty() => {}
                value if !value.is_empty() && is_host(name) && self.has(name) => {}
                "" => self.removed.push(name.to_owned()),
                value => self.fields.push((name.to_owned(), value.to_owned())),
            }
        } else if let Some(name) = line.trim_end().strip_suffix(';') {
            self.fields.push((name.to_owned(), String::new()));
        }
        // curl says nothing to a line that is neither.
        Ok(())
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        find(&self.fields, name)
    }

    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    fn removes(&self, name: &str) -> bool {
        self.removed
            .iter()
            .any(|removed| removed.eq_ignore_ascii_case(name))
    }
}

/// What one request has of its own, beside what the options say for all.
pub struct Occasion<'a> {
    /// From the redirect before, or from `-e`.
    pub referer: Option<String>,
    pub cookies: Option<String>,
    pub body: Option<&'a Body>,
    /// What `-F` or `-d` says about the body.
    pub content_type: Option<&'a str>,
    /// Where `-C` goes on.
    pub resume: u64,
    /// A server has answered 417: it does not know `Expect`.
    pub without_expect: bool,
}

/// How the body goes out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Manner {
    pub chunked: bool,
    /// Only after a `100 Continue`, or a second of silence.
    pub on_request: bool,
}

/// Adds to the caller's own fields those that curl sends. One that stands there takes the place of ours.
pub fn dress(request: &mut Request, options: &Options, own: &Own, occasion: &Occasion) -> Manner {
    let own_fields = std::mem::take(&mut request.headers);
    let length = occasion.body.and_then(Body::length);
    let chunked = occasion.body.is_some()
        && match find(&own_fields, "Transfer-Encoding") {
            Some(coding) => coding.to_ascii_lowercase().contains("chunked"),
            None => length.is_none() && find(&own_fields, "Content-Length").is_none(),
        };

    let mut fields: Vec<(String, String)> = Vec::with_capacity(own_fields.len() + 8);
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value
            && find(&own_fields, name).is_none()
        {
            fields.push((name.to_owned(), value));
        }
    };
    match range(options, occasion, length) {
        Some(value) if occasion.body.is_some() => add("Content-Range", Some(value)),
        value => add("Range", value),
    }
    let agent = match options.user_agent.as_deref() {
        None => Some(concat!("fetch/", env!("CARGO_PKG_VERSION"))),
        Some("") => None,
        agent => agent,
    };
    add("User-Agent", agent.map(str::to_owned));
    add("Accept", Some("*/*".to_owned()));
    add("Referer", occasion.referer.clone());
    add(
        "Proxy-Connection",
        request.proxy.as_ref().map(|_| "Keep-Alive".to_owned()),
    );
    add("Transfer-Encoding", chunked.then(|| "chunked".to_owned()));
    // Cookies that were kept go beside those of `-H`.
    fields.extend(
        occasion
            .cookies
            .clone()
            .map(|value| ("Cookie".to_owned(), value)),
    );
    let (host, others): (Vec<_>, Vec<_>) = own_fields
        .into_iter()
        .partition(|(name, _)| name.eq_ignore_ascii_case("Host"));
    let host = host
        .into_iter()
        .map(|(_, value)| ("Host".to_owned(), value));
    fields.splice(0..0, host);
    let typed = find(&others, "Content-Type").is_some();
    fields.extend(others);

    let mut on_request = false;
    if occasion.body.is_some() {
        if !chunked && find(&fields, "Content-Length").is_none() {
            fields.extend(length.map(|length| ("Content-Length".to_owned(), length.to_string())));
        }
        if let Some(kind) = occasion.content_type
            && !typed
        {
            fields.push(("Content-Type".to_owned(), kind.to_owned()));
        }
        on_request = expects(&mut fields, options, own, occasion, length);
    }
    request.headers = fields;
    Manner {
        chunked,
        on_request,
    }
}

/// Whether the body waits to be asked for. Adds `Expect` where curl does.
fn expects(
    fields: &mut Vec<(String, String)>,
    options: &Options,
    own: &Own,
    occasion: &Occasion,
    length: Option<u64>,
) -> bool {
    if let Some(value) = find(fields, "Expect") {
        return value.eq_ignore_ascii_case("100-continue");
    }
    let uploads = !options.upload_file.is_empty();
    let worth_asking = match length {
        Some(length) if uploads => length > 0,
        Some(length) => length > EXPECT_ABOVE,
        None => true,
    };
    let asks =
        worth_asking && !options.http1_0 && !occasion.without_expect && !own.removes("Expect");
    if asks {
        fields.push(("Expect".to_owned(), "100-continue".to_owned()));
    }
    asks
}

/// The value of `Range`, or of `Content-Range` where something is sent.
fn range(options: &Options, occasion: &Occasion, length: Option<u64>) -> Option<String> {
    let sends = occasion.body.is_some();
    let resume =
        occasion.resume > 0 || sends && matches!(options.continue_at, Some(Resume::FileEnd));
    // One number is where to begin, as with curl: not what the server would take it for.
    let is_number = |range: &str| !range.is_empty() && range.bytes().all(|it| it.is_ascii_digit());
    let wanted = options.range.as_ref().map(|range| match is_number(range) {
        true => format!("{range}-"),
        false => range.clone(),
    });
    match (resume, length.filter(|_| sends)) {
        (true, Some(length)) => {
            let whole = occasion.resume + length;
            Some(format!(
                "bytes {}-{}/{whole}",
                occasion.resume,
                whole.saturating_sub(1)
            ))
        }
        (true, None) => Some(format!("bytes={}-", occasion.resume)),
        (false, Some(length)) => wanted.map(|range| format!("bytes {range}/{length}")),
        (false, None) => wanted.map(|range| format!("bytes={range}")),
    }
}

/// The head of the request as it goes over the wire.
///
/// `write_request` knows one version, and adds what a request should have. `-0`, `-X` and the fields that `-H` removes
/// are exceptions to that, which people ask for to see what a server makes of them.
///
/// # Errors
///
/// Those of `write_request`.
pub fn head_of(request: &Request, options: &Options, own: &Own) -> Result<Vec<u8>, FetchError> {
    let mut bytes = Vec::with_capacity(1024);
    write_request(&mut bytes, request)?;
    let plain = own.removed.is_empty() && options.request.is_none() && !options.http1_0;
    if plain && !own.has("Host") {
        return Ok(bytes);
    }
    let text = String::from_utf8(bytes).map_err(|_| FetchError::Send)?;
    let mut lines = text.split_inclusive("\r\n");
    let mut line = lines.next().unwrap_or_default().to_owned();
    if let Some(method) = &options.request
        && let Some(rest) = line.strip_prefix(request.method.as_str())
    {
        line = format!("{method}{rest}");
    }
    if options.http1_0 {
        line = line.replace("HTTP/1.1\r\n", "HTTP/1.0\r\n");
    }
    let name = |line: &str| line.split(':').next().unwrap_or_default().to_owned();
    let mut lines: Vec<_> = lines
        .filter(|line| !own.removes(&name(line)) || own.has(&name(line)))
        .collect();
    // The host comes first, also when it is the caller's.
    lines.sort_by_key(|line| !is_host(&name(line)));
    Ok((line + &lines.concat()).into_bytes())
}

pub fn find<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let field = fields.iter().find(|(it, _)| it.eq_ignore_ascii_case(name));
    field.map(|(_, value)| value.as_str())
}

/// Whether a list such as that of `Connection` names the token.
pub fn lists(fields: &[(String, String)], name: &str, token: &str) -> bool {
    fields
        .iter()
        .filter(|(it, _)| it.eq_ignore_ascii_case(name))
        .flat_map(|(_, value)| value.split(','))
        .any(|it| it.trim().eq_ignore_ascii_case(token))
}
