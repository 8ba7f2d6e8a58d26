//! Lesson 05, fetch: a small curl.
//!
//! Lesson 04 was one side of HTTP, and here is the other. A URL is taken apart, a request is
//! written, a head is read, and a body is copied to its end, which can be marked in three ways.
//! Then redirects, and all of it together. The program around these functions takes curl's options,
//! and means by them what curl means. The chapter is `book/src/lesson05-fetch.md`; `cargo test -p
//! lesson05` grades what you write.
//!
//! The rules are those of RFC 3986 (URLs), RFC 9110 and RFC 9112 (HTTP). Where they leave a choice,
//! curl's is ours.

use std::io::{BufRead, Write};
use std::time::Instant;

/// How many bytes the head of an answer may have, with those of the 1xx answers before it. It is
/// also the limit for a chunk's size line, and for the trailer fields.
pub const MAX_HEAD: usize = 300 * 1024;

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

/// Takes a URL apart.
///
/// - Without `://` it is an `http` URL: `example.com/a`. One behind the first `/`, `?` or `#` does
///   not count. The scheme's case does not matter; any other than `http` and `https` is an error.
/// - The authority is what comes before the first `/`, `?` or `#`: `user:password@host:port`, where
///   all but the host may be missing. There is no second `@`: in a password it is `%40`. User and
///   password are split first, and decoded then. A host has letters, digits and `-._~`, or is an
///   IPv6 address in brackets. The port is a number from 1 to 65535. With a colon and nothing
///   behind it, the port is the default one.
/// - The target is the path with the query. A missing path is `/`, also in front of a query. The
///   segments `.` and `..` of the path are resolved: `/a/../b` is `/b`. Percent escapes stay as
///   they are.
/// - The fragment, `#` and what follows, is never sent: it is no part of the target.
/// - A control character or a space anywhere is an error, and so is an empty host.
///
/// Look up: `str::split_once`, `str::split_at` and `str::find`; the crate `percent_encoding`; RFC
/// 3986 sections 3 and 5.2.4.
///
/// # Errors
///
/// `Url`, when the text is none.
pub fn parse_url(text: &str) -> Result<Url, FetchError> {
    let _ = text; // keeps the compiler quiet until you use it
    todo!("write `parse_url`")
}

/// Writes a request: its line, its fields, an empty line, and its body.
///
/// - The line is `METHOD TARGET HTTP/1.1`. To a proxy the target is the whole URL, without user,
///   password and fragment: `http://host:8080/a?b`.
/// - `Host` comes first: the host, in brackets when it is an IPv6 address, and the port unless it
///   is the scheme's own.
/// - Then `Proxy-Authorization` when the proxy's URL has a user, and `Authorization` when the URL
///   has one: `Basic` and the base64 of `user:password`.
/// - Then come `request.headers`, in their order, as `Name: value`, or `Name:` when the value is
///   empty. A field that stands there is not added again: with a `Host` of the caller's own there
///   is none of ours, and so it is with the others of this list.
/// - Last comes `Content-Length`, when there is a body, or the method is POST, PUT or PATCH. Where
///   the caller has given `Content-Length` or `Transfer-Encoding`, it is not added.
///
/// No other field is added. Nothing is written when a CR, LF or NUL stands in the method, the
/// target, the host, a name or a value, or a space in one of the first three: it would end the
/// line, and begin another request.
///
/// Look up: the crate `base64`; RFC 9112 sections 3.2 and 5, RFC 9110 sections 7.2 and 11, RFC
/// 7617.
///
/// # Errors
///
/// `Url` or `Send` when the request cannot be written as one; `Timeout` when the stream's time-out
/// is over, `Send` for any other of its errors but `Interrupted`: then the write is made again.
pub fn write_request(stream: &mut dyn Write, request: &Request) -> Result<(), FetchError> {
    let _ = (stream, request); // keeps the compiler quiet until you use them
    todo!("write `write_request`")
}

/// Reads the head of the answer, up to and with its empty line. What follows stays in `reader`.
///
/// Heads with a status from 100 to 199 announce another, and are passed over; but 101 is an answer.
/// The first line is `HTTP/1.x STATUS REASON`, where the status has three digits and is not below
/// 100, and the reason may be empty, or missing with its space. A line that begins with a space or
/// a tab is no field of its own: it goes on with the one before, or is `BadReply`. A line may end
/// in LF alone. Bytes that are no UTF-8 are replaced.
///
/// Look up: `BufRead::fill_buf` and `consume`, or `BufRead::read_until` with `Read::take`; RFC 9112
/// sections 2.2, 4 and 5, RFC 9110 section 15.2.
///
/// # Errors
///
/// `EmptyReply` when the stream ends before its very first byte; `BadReply` when what comes is no
/// head of HTTP/1.x, when the stream ends within one or after a 1xx one, and when all of them are
/// longer than `MAX_HEAD`; `Timeout` when a read says `WouldBlock` or `TimedOut`; `Receive` for any
/// other error of a read, but for `Interrupted`: then it is made again.
pub fn read_head(reader: &mut dyn BufRead) -> Result<Head, FetchError> {
    let _ = reader; // keeps the compiler quiet until you use it
    todo!("write `read_head`")
}

/// Says where the body of the answer ends (RFC 9112 section 6.3).
///
/// - There is none in answer to HEAD, and none with a status of 1xx, 204 or 304, whatever the
///   fields say.
/// - It comes in chunks if the last coding in `Transfer-Encoding` is `chunked`, whatever
///   `Content-Length` says. With other codings only, it goes on to the end of the connection.
/// - It has the length that `Content-Length` says: digits, nothing else. The field may be there
///   twice if both say the same.
/// - Else it goes on to the end of the connection.
///
/// The names of fields and codings are compared without case.
///
/// # Errors
///
/// `BadReply` when `Content-Length` is no number, or says two different ones.
pub fn framing(method: &str, head: &Head) -> Result<Framing, FetchError> {
    let _ = (method, head); // keeps the compiler quiet until you use them
    todo!("write `framing`")
}

/// Copies the body to `sink`, and gives how many bytes that were. What arrives is written at once,
/// and nothing is read that belongs to what follows the body.
///
/// A chunk is its size in hexadecimal digits, perhaps `;` and extensions, CRLF, as many bytes, and
/// CRLF. LF in the place of CRLF may be taken, or refused. After the one of size 0 come trailer
/// fields up to an empty line. Extensions and trailer fields are passed over. The body needs no
/// more memory for being longer.
///
/// Look up: `BufRead::fill_buf`, `BufRead::consume`, `Write::write_all`; RFC 9112 section 7.1.
///
/// # Errors
///
/// `Partial` when the stream ends before the body does, be it within a line between chunks;
/// `BadReply` or `Receive` when a chunk is malformed; `Write` when `sink` fails; `Timeout` and
/// `Receive` as with `read_head`. What came before an error is in `sink`.
pub fn copy_body(
    reader: &mut dyn BufRead,
    framing: Framing,
    sink: &mut dyn Write,
) -> Result<u64, FetchError> {
    let _ = (reader, framing, sink); // keeps the compiler quiet until you use them
    todo!("write `copy_body`")
}

/// The request that the answer asks us to send in place of `request`. `None` when it is no
/// redirect: 301, 302, 303, 307 or 308 with a `Location` that is not empty.
///
/// - `Location` may be relative: then it is resolved against `request.url` (RFC 3986 section 5.2).
///   Its fragment is dropped. Some servers write a space where none may be. In the path it is taken
///   for `%20`, in the query for `+`.
/// - 303 makes GET of any method but HEAD, 301 and 302 of POST. Then the body is dropped, and with
///   it each field that speaks of it: `Content-…`, `Transfer-Encoding`, `Expect`. 307 and 308 keep
///   method and body.
/// - To another origin (scheme, host or port) go no user and password of `request.url`, and no
///   `Authorization`, `Cookie` or `Host` of `request.headers`. Those were meant for the first one.
///   To the same origin all of these go again; only a user that `Location` names takes the place
///   of the URL's. A field `Authorization` of the caller's own stays also then, as curl has it.
///
/// Look up: RFC 9110 sections 10.2.2, 15.4 and 17.13.1.
///
/// # Errors
///
/// `Url` when `Location` is malformed, or its scheme is neither `http` nor `https`. A scheme is a
/// letter, then letters, digits and `+-.`, up to the first colon: `mailto:me` has one, too.
pub fn redirected(request: &Request, head: &Head) -> Result<Option<Request>, FetchError> {
    let _ = (request, head); // keeps the compiler quiet until you use them
    todo!("write `redirected`")
}

/// Fetches what is asked for: connects to the host, or to the proxy, sends the request, reads the
/// answer, follows redirects, and copies the body of the last answer to `sink`. Gives the heads of
/// all answers, the last one last. 1xx answers are not among them.
///
/// The host's addresses are tried in their order. The body of a redirect that is followed does not
/// reach `sink`: nobody needs it, and its connection may be closed. A server may answer and hang up
/// before it has read all of a long body. Then sending fails, and the answer counts. All of it has
/// to be over at `request.deadline`. An answer that says 404 or 500 is an answer like any other.
///
/// Look up: `ToSocketAddrs`, `TcpStream::connect_timeout`, `set_read_timeout` and
/// `set_write_timeout`; lesson 03.
///
/// # Errors
///
/// `Url` for `https`, which a later lesson teaches: in the URL, in a redirect, and in the proxy's
/// URL. `Resolve`, `Connect`; `Timeout` when the deadline comes, whatever was going on;
/// `TooManyRedirects` when more than `max_redirects` would have to be followed; and those of the
/// functions above.
pub fn fetch(
    request: Request,
    max_redirects: u32,
    sink: &mut dyn Write,
) -> Result<Vec<Head>, FetchError> {
    let _ = (request, max_redirects, sink); // keeps the compiler quiet until you use them
    todo!("write `fetch`")
}
