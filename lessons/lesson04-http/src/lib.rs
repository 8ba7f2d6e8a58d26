//! Lesson 04, HTTP: a server for the files of a folder.
//!
//! Bytes become a protocol: a request has a line, fields and perhaps a body, and both sides know to
//! the byte where it ends. Here is a function that reads one and one that writes a response,
//! between them two that find what was asked for, and then the two that keep it all going. The
//! chapter is `book/src/lesson04-http.md`; `cargo test -p lesson04` grades what you write.
//!
//! The rules are those of RFC 9110 (what the words mean) and RFC 9112 (how they are written). They
//! are strict with reason: where two programs read the same bytes differently, an attacker slips
//! through between them. So what is malformed is not guessed at. It is answered with 400, and the
//! connection ends.

use std::fs::File;
use std::io::{self, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How many bytes a request line may have, without its CRLF. More are answered with 414.
pub const MAX_REQUEST_LINE: usize = 8 * 1024;

/// How many bytes a head may have, from its request line to the empty line, with both of them. More
/// are answered with 431.
pub const MAX_HEAD: usize = 64 * 1024;

/// How many fields a head may have. More are answered with 431.
pub const MAX_FIELDS: usize = 100;

/// How many bytes a request's body may have. More are answered with 413.
pub const MAX_BODY: usize = 1024 * 1024;

/// How long a client may take for a head. Longer is answered with 408.
pub const HEAD_TIME: Duration = Duration::from_secs(10);

/// How long a client may pause within a body. Longer is answered with 408.
pub const BODY_TIME: Duration = Duration::from_secs(30);

/// How long a client may leave unread what it is sent. Then the connection is closed.
pub const WRITE_TIME: Duration = Duration::from_secs(60);

/// How long the server goes on listening after its last response.
pub const LINGER_TIME: Duration = Duration::from_secs(2);

/// How many bytes the server takes after its last response.
pub const LINGER_BYTES: usize = 1024 * 1024;

/// A request, as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `GET`, say. Case matters: `get` is another method.
    pub method: String,
    /// What is asked for, as it was sent: `/a%20file.txt?x=1`.
    pub target: String,
    /// The number after the point: 1 in `HTTP/1.1`.
    pub minor_version: u8,
    /// The names and values of the header fields, in the order in which they were sent. Case does
    /// not matter in a name. A value has no whitespace around it.
    pub headers: Vec<(String, String)>,
    /// All of the body, without the chunks that it may have come in. Often empty.
    pub body: Vec<u8>,
}

/// What follows the head of a response.
#[derive(Debug)]
pub enum Body {
    /// Nothing.
    Empty,
    /// These bytes.
    Bytes(Vec<u8>),
    /// A part of a file, or all of it.
    File {
        /// Open for reading.
        file: File,
        /// The place of the first byte to send, counted from 0.
        start: u64,
        /// How many bytes to send.
        length: u64,
    },
}

/// A response, before it is written.
#[derive(Debug)]
pub struct Response {
    /// The status code: 200, say.
    pub status: u16,
    /// The names and values of the header fields, without `Content-Length` and `Date`, which
    /// `write_response` adds, and without `Connection`, which is `serve_connection`'s.
    pub headers: Vec<(String, String)>,
    /// What follows. For HEAD it is the same as for GET: only `write_response` knows the
    /// difference.
    pub body: Body,
}

/// Why there is no request to respond to.
#[derive(Debug)]
pub enum RequestError {
    /// The request is wrong: answer with this status, and close.
    Bad(u16),
    /// The connection is broken: there is nobody to answer.
    Io(io::Error),
}

/// Reads the next request: its head, and its body.
///
/// `None` means that the client is done: it has closed, or has sent nothing for `HEAD_TIME`. Bytes
/// behind the request belong to the next one. They stay in `reader`, which is the same for all
/// requests of a connection.
///
/// The head consists of lines, each with CRLF at its end: `METHOD TARGET HTTP/1.x` with one space
/// between the words, fields like `Name: value`, and an empty line. Empty lines before it are
/// skipped, as if they had not been sent. It has to be there `HEAD_TIME` after the call, however
/// steadily its bytes drip. The read time-out that this takes stays on the stream.
///
/// - 400 is for all that is not so: a method or a field's name that is no token; a target with
///   other bytes than visible ASCII, or that is neither a path nor a whole URI (but `OPTIONS *` and
///   `CONNECT host:port` are fine); a version like `HTTP/1.10`; a space before the colon; a folded
///   line; a control character other than tab. A bare LF is 400, or the end of a line everywhere.
///   In a value, bytes over 127 are taken, and replaced where they are no UTF-8. Spaces and tabs
///   around a value are no part of it.
/// - 505 is for a version other than 1.x. 1.2 is taken for what it is, a 1.1 with more to it.
/// - 400 is for 1.1 without `Host`, and for two `Host`s or a malformed one in any version. It is a
///   name of letters, digits, `-._~%` and `!$&'()*+,;=`, or an address, an IPv6 one in brackets;
///   then perhaps `:` and digits. It may be empty.
/// - 414, 431 and 413 are for what exceeds the limits above.
///
/// A body is as long as `Content-Length` says: one such field, with nothing but digits (else 400).
/// Or it comes in chunks: `Transfer-Encoding: chunked`. Any other coding is 501; this field in 1.0,
/// or together with `Content-Length`, is 400. So is a malformed chunk. Extensions of chunks, and
/// the trailer fields behind them, are dropped; neither may go on without limit. With neither field
/// there is no body, whatever the method.
///
/// A client of 1.1 that says `Expect: 100-continue` may wait with its body until it hears
/// `HTTP/1.1 100 Continue` and an empty line. It is told so when the head is fine, a body is to
/// come, not too long and not empty, and nothing of it is here yet.
///
/// Look up: `BufReader::buffer` and `get_ref`, `BufRead::fill_buf` and `consume`;
/// `TcpStream::set_read_timeout` and `Instant`; RFC 9112 sections 2 to 7, RFC 9110 sections 5.5,
/// 5.6.2 and 10.1.1.
///
/// # Errors
///
/// `Bad` with the status to answer with: also 408, when the time was over within a head or a body.
/// `Io` with what recv(2) reports, or with `UnexpectedEof` when the client closed within the
/// request.
pub fn read_request(reader: &mut BufReader<TcpStream>) -> Result<Option<Request>, RequestError> {
    let _ = reader; // keeps the compiler quiet until you use it
    todo!("write `read_request`")
}

/// Whether the connection goes on after this request.
///
/// In 1.1 it does, unless `Connection` has the word `close`. In 1.0 it does not, unless
/// `Connection` has the word `keep-alive` (and not `close`). `Connection` is a list of words
/// between commas, perhaps in several fields; case does not matter.
///
/// Look up: RFC 9112 section 9.3; `str::split`.
pub fn keep_alive(request: &Request) -> bool {
    let _ = request; // keeps the compiler quiet until you use it
    todo!("write `keep_alive`")
}

/// Writes the response to a request whose method was `method`.
///
/// First the head, in lines with CRLF at their end: `HTTP/1.1 200 OK` and its like, the fields of
/// `response`, `Date`, `Content-Length`, and an empty line. Then the body. Head and body are
/// written together as far as that is easy: for a small body one packet is enough.
///
/// A response to HEAD has no body, and the `Content-Length` that GET would have got. One with
/// status 1xx, 204 or 304 has neither body nor `Content-Length`.
///
/// However large a file is, the memory for it stays the same.
///
/// The stream has a write time-out, which is for one send(2). One that has sent a part when its time
/// is over is no error: a client that reads nothing should be given up then, not after another.
///
/// Look up: `httpdate::HttpDate`; `write!`, `Seek::seek` and `Read::read_exact`; RFC 9112 section
/// 4, RFC 9110 sections 6.6.1, 8.6, 9.3.2 and 15.
///
/// # Errors
///
/// `InvalidInput` when a name or a value has CR, LF or NUL in it: then nothing is sent. Those of send(2),
/// and of reading the file. `UnexpectedEof` when the file has become shorter than
/// `length`: the client has been promised more than there is, and hears of it when the connection
/// closes.
pub fn write_response(stream: &mut TcpStream, method: &str, response: Response) -> io::Result<()> {
    let _ = (stream, method, response); // keeps the compiler quiet until you use them
    todo!("write `write_response`")
}

/// The path of the file or folder that `target` names, never outside of `root`.
///
/// Nothing needs to be there. `None` means that nothing there may be served.
///
/// `target` is what a request asks for: a path like `/a%20file.txt?x=1`, or a whole URI like
/// `http://localhost/a%20file.txt`; no path behind the host is `/`. The query does not count.
/// Between the slashes stand names, in which each `%XX` is decoded, once. A malformed `%XX`, a NUL or
/// a `/` among the decoded, bytes that are no UTF-8, and the name `..` give `None`. Empty names and
/// `.` are skipped. A symlink may be followed where it stays within `root`; one that leads out of it,
/// or nowhere, gives `None`.
///
/// Look up: `Path::components`, `Path::is_symlink`, `Path::canonicalize` and `Path::starts_with`;
/// RFC 3986 sections 2.1 and 3.3, RFC 9112 section 3.2; path traversal, CWE-22.
pub fn locate(root: &Path, target: &str) -> Option<PathBuf> {
    let _ = (root, target); // keeps the compiler quiet until you use them
    todo!("write `locate`")
}

/// The response to `request`: a file below `root` or a part of it, a list of a folder, or why not.
///
/// - GET and HEAD get the same response. OPTIONS gets 204. POST, PUT, DELETE, CONNECT, TRACE and
///   PATCH get 405, all else 501. 204 and 405 say in `Allow` what is served.
/// - 404 is for what `locate` does not give, what is not there, and what is neither a file nor a
///   folder (to open a FIFO could take for ever). Also for a file with `/` at its path's end. What may
///   not be read is 403, or 404.
/// - A file is 200 with `Content-Type` and `Last-Modified`, and should say `Accept-Ranges: bytes`.
///   The type is found by the ending, whose case does not matter: html, css, js, txt, md, csv and xml
///   are text, and should say `; charset=utf-8`; also known are json, pdf, wasm, zip, gz, svg, png,
///   jpg, jpeg, gif, webp, ico, mp4 and woff2. Anything else is `application/octet-stream`. A file is
///   served whatever its time is, before 1970 even.
/// - A folder with `/` at its path's end is its `index.html`, if that is a file and `locate` gives
///   it. Else it is an HTML page with a link to each file and each folder in it, a folder with `/`
///   behind its name. It should be sorted by name. Names, and what is shown of the target, are
///   escaped in the text, and percent-encoded in the links. Without the `/` it is 301, and `Location`
///   is the path with one, and with the query.
/// - `If-Modified-Since`: 304 when the file is not newer, in whole seconds. It is ignored when it
///   is no date, and when there is `If-None-Match`.
/// - `Range`, for GET: `bytes=0-99`, `bytes=100-` and `bytes=-100` are 206 with `Content-Range`,
///   cut off where the file ends. 416 with `Content-Range: bytes */LENGTH` where it has none of
///   these bytes. What is in other units, or several ranges, is ignored, and so is `Range` beside an
///   `If-Range` that is not exactly `Last-Modified`. What is malformed is no range; it should be
///   ignored, too.
///
/// Look up: `fs::metadata`, `fs::read_dir`, `Path::extension`; `httpdate::HttpDate`; RFC 9110
/// sections 8.3, 8.8.2, 9, 13.1, 14 and 15.
pub fn respond(root: &Path, request: &Request) -> Response {
    let _ = (root, request); // keeps the compiler quiet until you use them
    todo!("write `respond`")
}

/// Reads request after request, and writes the response to each, until the connection is at its
/// end.
///
/// It is when the client is done; when a request, by `keep_alive`, was the last; and when a request
/// is `Bad`, which is answered with an empty body. The last response says `Connection: close`, the
/// others `Connection: keep-alive`, for which a client of 1.0 waits.
///
/// The end is gentle. To close while something is unread is to reset the connection, and then the
/// client may never see the last response. So: FIN, then read and drop what comes until the client
/// is done, too, but no longer than `LINGER_TIME` and no more than `LINGER_BYTES`.
///
/// A client that reads nothing for `WRITE_TIME` is given up.
///
/// Look up: `BufReader::get_mut`; `TcpStream::set_nodelay`, `set_write_timeout` and `shutdown`; RFC
/// 9112 section 9.
///
/// # Errors
///
/// The connection broke: it was reset, given up, or closed within a request.
pub fn serve_connection(stream: TcpStream, root: &Path) -> io::Result<()> {
    let _ = (stream, root); // keeps the compiler quiet until you use them
    todo!("write `serve_connection`")
}

/// Serves everybody who connects, each in a thread of its own, for ever.
///
/// A connection that breaks ends for itself, and so does one whose thread panics. No thread for a
/// caller, an accept that fails for one caller, or because the system is short of something for a
/// while: none of it is a reason to stop.
///
/// Look up: `TcpListener::accept`, `std::thread::Builder`, `Arc`; the errors in the man page
/// accept(2).
///
/// # Errors
///
/// That of accept(2) when the listener does not listen, or no longer does (EINVAL).
pub fn serve(listener: TcpListener, root: &Path) -> io::Result<()> {
    let _ = (listener, root); // keeps the compiler quiet until you use them
    todo!("write `serve`")
}
