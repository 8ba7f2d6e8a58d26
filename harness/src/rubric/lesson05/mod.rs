//! Lesson 05, fetch: a small curl, by RFC 3986, RFC 9110 and RFC 9112.
//!
//! The cases are a ladder: a URL, a request, a head, a body of known length, redirects, chunks; then the
//! program, with its options in the order in which people meet them.

mod misconceptions;
mod parse_url;
mod write_request;

use std::io::{BufRead, Write};
use std::time::Instant;

use crate::attempt::Shown;
use crate::cases;
use crate::lesson::Lesson;

use misconceptions::ALL;
use parse_url::{
    decodes_user_and_password_once, finds_where_the_authority_ends, keeps_the_query_in_the_target,
    knows_http_and_https_only, knows_the_port, leaves_the_escapes_of_the_target,
    leaves_the_fragment_out, refuses_a_port_that_is_none, refuses_spaces_and_control_characters,
    refuses_what_has_no_host, resolves_dot_segments, survives_any_text, takes_a_url_apart,
    takes_a_url_without_a_scheme, takes_an_ipv6_host, takes_user_and_password,
};
use write_request::{
    asks_a_proxy_for_the_whole_url, leaves_a_field_of_the_callers_own_alone,
    logs_in_with_user_and_password, names_the_host_as_the_url_does, refuses_what_would_end_a_line,
    says_how_long_the_body_is, sends_the_body_as_it_is, tells_why_sending_failed,
    writes_a_request_line_and_a_host, writes_all_however_little_is_taken,
    writes_the_fields_as_they_are_given,
};

/// A URL, taken apart: `http://user:password@host:port/target#fragment`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    /// `http` or `https`, in lower case.
    pub scheme: String,
    /// User and password, with their percent escapes decoded. The password may be empty.
    pub user: Option<(String, String)>,
    /// A name or an address. An IPv6 address stands here without its brackets.
    pub host: String,
    /// 80 or 443 where the URL does not say.
    pub port: u16,
    /// The path and the query, as a request line has them: `/a%20b?x=1`. At least `/`.
    pub target: String,
}

/// A request that is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `GET`, say. Case matters.
    pub method: String,
    /// What is asked for, and whom.
    pub url: Url,
    /// Names and values of the header fields, in the order in which they are to be sent.
    /// `write_request` adds those that are missing.
    pub headers: Vec<(String, String)>,
    /// What follows the head. Often nothing.
    pub body: Vec<u8>,
    /// The proxy that is to fetch it for us.
    pub proxy: Option<Url>,
    /// When all must be over. `None` means no limit.
    pub deadline: Option<Instant>,
}

/// The head of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The number after the point: 1 in `HTTP/1.1`.
    pub minor_version: u8,
    /// Three digits: 200, say.
    pub status: u16,
    /// What follows the status: `OK`, say, or nothing.
    pub reason: String,
    /// Names and values of the header fields, in the order in which they came. A value has no
    /// whitespace around it.
    pub headers: Vec<(String, String)>,
}

/// What says where a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// There is none.
    None,
    /// After this many bytes.
    Length(u64),
    /// After the chunk of size 0, and the trailer fields.
    Chunked,
    /// Where the server closes the connection.
    UntilClose,
}

/// Why there is no answer, or not all of it. Each has the exit code that curl gives it, so
/// `error as u8` is what the program ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FetchError {
    /// The URL is malformed, or its scheme is none that we speak.
    Url = 3,
    /// Nobody knows the host's name.
    Resolve = 6,
    /// No address of the host takes the connection.
    Connect = 7,
    /// What came is no answer of HTTP.
    BadReply = 8,
    /// The body ended before it was complete.
    Partial = 18,
    /// What came could not be written down.
    Write = 23,
    /// The time was over.
    Timeout = 28,
    /// There were more redirects than were to be followed.
    TooManyRedirects = 47,
    /// The server closed the connection without a word.
    EmptyReply = 52,
    /// The request could not be sent.
    Send = 55,
    /// The connection broke while the answer came.
    Receive = 56,
}

/// The functions of lesson 05, as one submission wrote them.
pub struct Functions {
    /// Takes a URL apart.
    pub parse_url: fn(&str) -> Result<Url, FetchError>,
    /// Writes a request.
    pub write_request: fn(&mut dyn Write, &Request) -> Result<(), FetchError>,
    /// Reads the head of an answer.
    pub read_head: fn(&mut dyn BufRead) -> Result<Head, FetchError>,
    /// Says where a body ends.
    pub framing: fn(&str, &Head) -> Result<Framing, FetchError>,
    /// Copies a body to its end.
    pub copy_body: fn(&mut dyn BufRead, Framing, &mut dyn Write) -> Result<u64, FetchError>,
    /// The request that a redirect asks for.
    pub redirected: fn(&Request, &Head) -> Result<Option<Request>, FetchError>,
    /// All of it.
    pub fetch: fn(Request, u32, &mut dyn Write) -> Result<Vec<Head>, FetchError>,
}

/// Lesson 05.
pub static LESSON: Lesson<Functions> = Lesson {
    number: 5,
    name: "fetch",
    chapter: "book/src/lesson05-fetch.md",
    // The ladder: parse_url, write_request, read_head, framing, copy_body, redirected, fetch, main.
    cases: cases! {
        // A URL, taken apart.
        "parse_url" {
            takes_a_url_apart,
            knows_the_port,
            keeps_the_query_in_the_target,
            leaves_the_fragment_out,
            takes_a_url_without_a_scheme,
            knows_http_and_https_only,
            finds_where_the_authority_ends,
            takes_user_and_password,
            decodes_user_and_password_once,
            leaves_the_escapes_of_the_target,
            resolves_dot_segments,
            refuses_a_port_that_is_none,
            takes_an_ipv6_host,
            refuses_what_has_no_host,
            refuses_spaces_and_control_characters,
            survives_any_text,
        }

        // A request, written.
        "write_request" {
            writes_a_request_line_and_a_host,
            names_the_host_as_the_url_does,
            writes_the_fields_as_they_are_given,
            sends_the_body_as_it_is,
            says_how_long_the_body_is,
            logs_in_with_user_and_password,
            asks_a_proxy_for_the_whole_url,
            leaves_a_field_of_the_callers_own_alone,
            refuses_what_would_end_a_line,
            writes_all_however_little_is_taken,
            tells_why_sending_failed,
        }
    },
    misconceptions: ALL,
};

impl<T: Shown> Shown for Result<T, FetchError> {
    fn shown(&self) -> String {
        match self {
            Ok(value) => value.shown(),
            Err(error) => error.shown(),
        }
    }
}

impl Shown for FetchError {
    fn shown(&self) -> String {
        format!("the error {self:?}")
    }
}

impl Shown for Url {
    fn shown(&self) -> String {
        let Url {
            scheme,
            user,
            host,
            port,
            target,
        } = self;
        let user = user
            .as_ref()
            .map(|(user, password)| format!("user {user:?}, password {password:?}, "))
            .unwrap_or_default();
        format!("scheme {scheme:?}, {user}host {host:?}, port {port}, target {target:?}")
    }
}

impl Shown for Request {
    fn shown(&self) -> String {
        format!(
            "{} {}://{}:{}{} with {} {} and {} bytes",
            self.method,
            self.url.scheme,
            self.url.host,
            self.url.port,
            self.url.target,
            self.headers.len(),
            if self.headers.len() == 1 {
                "field"
            } else {
                "fields"
            },
            self.body.len()
        )
    }
}

impl Shown for Option<Request> {
    fn shown(&self) -> String {
        self.as_ref().map_or("None".to_owned(), Shown::shown)
    }
}

impl Shown for Head {
    fn shown(&self) -> String {
        format!(
            "HTTP/1.{} {} {:?} with {} {}",
            self.minor_version,
            self.status,
            self.reason,
            self.headers.len(),
            if self.headers.len() == 1 {
                "field"
            } else {
                "fields"
            },
        )
    }
}

impl Shown for Vec<Head> {
    fn shown(&self) -> String {
        let statuses: Vec<String> = self.iter().map(|head| head.status.to_string()).collect();
        match statuses.as_slice() {
            [] => "no head".to_owned(),
            [one] => format!("a head with the status {one}"),
            _ => format!("heads with the statuses {}", statuses.join(", ")),
        }
    }
}

impl Shown for Framing {
    fn shown(&self) -> String {
        format!("{self:?}")
    }
}
