//! Lesson 04, HTTP: a server for a folder, for every browser there is.
//!
//! Bytes become a protocol: a request has a line, fields and perhaps a body, and both sides know to the
//! byte where it ends. Here is a function that reads one, one that writes the response, two that find
//! out what was asked for, and two that keep a connection, and then all of them, going. The chapter is
//! `book/src/lesson04-http.md`; `cargo test -p lesson04` grades what you write.
//!
//! The rules are those of RFC 9110 (what the words mean) and RFC 9112 (how they are written). Whoever
//! reads a request more kindly than the next program does lends a hand to the attacker who lives on the
//! difference: what is malformed is answered with 400, and the connection ends.

use std::fs::File;
use std::io::{self, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a request line may be, in bytes, without its CRLF. A longer one is answered with 414.
pub const MAX_REQUEST_LINE: usize = 8 * 1024;

/// How long a head may be, in bytes, from its request line to the empty line, both included. A longer
/// one is answered with 431.
pub const MAX_HEAD: usize = 64 * 1024;

/// How many header fields a request may have. One more is answered with 431.
pub const MAX_FIELDS: usize = 100;

/// How long a request's body may be, in bytes. A longer one is answered with 413.
pub const MAX_BODY: usize = 1024 * 1024;

/// How long a client may take for a head. A slower one is answered with 408.
pub const HEAD_TIME: Duration = Duration::from_secs(10);

/// How long a client may pause within a body. A longer pause is answered with 408.
pub const BODY_TIME: Duration = Duration::from_secs(30);

/// How long a client may leave unread what it is sent, before the connection is closed.
pub const WRITE_TIME: Duration = Duration::from_secs(60);

/// How long the server listens after its last response, and to how many bytes, before it closes.
pub const LINGER: (Duration, usize) = (Duration::from_secs(2), 1024 * 1024);

/// A request, as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `GET`, say. Case matters: `get` is another method.
    pub method: String,
    /// What is asked for, as it was sent: `/a%20file.txt?x=1`.
    pub target: String,
    /// The number after the point: 1 in `HTTP/1.1`.
    pub minor_version: u8,
    /// The names and values of the header fields, in the order in which they were sent. Case does not
    /// matter in a name. A value has no whitespace around it.
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
    /// What follows. For HEAD it is the same as for GET: only `write_response` knows the difference.
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

/// Reads the next request, all of it, and not one byte more than that.
///
/// `None` means that the client is done: it has closed, or has sent nothing for `HEAD_TIME`. What
/// belongs to the next request stays in `reader`, so the same `reader` must be there for all requests of
/// a connection.
///
/// The head is CRLF lines: `METHOD SP TARGET SP HTTP/1.x`, the fields, an empty line. It has to be
/// there `HEAD_TIME` after the call, however busily its bytes drip. One empty line may stand before it.
///
/// - 400 is the answer to whatever is not by the grammar: a method or a field's name that is no token, a
///   target that is no visible ASCII, a version like `HTTP/1.10`, a line that ends with a bare LF, a
///   space before the colon, a folded line, a control character other than tab. Bytes over 127 in a
///   value are taken. 505 is for another major version; 1.2 and its like are taken as 1.1.
/// - 400 is for a 1.1 request without `Host`, and for any with two, or with one that names no host.
/// - 414, 431 and 413 are for what is longer than the limits above.
///
/// The body's length is what `Content-Length` says: one field, nothing but digits (else 400). Or the
/// body is chunked: `Transfer-Encoding: chunked`, alone (another coding is 501), not together with
/// `Content-Length` and not in HTTP/1.0 (both 400). Malformed chunks are 400; extensions and trailer fields
/// are dropped. Without either field there is no body.
///
/// A client of 1.1 with `Expect: 100-continue` waits, before it sends the body, for
/// `HTTP/1.1 100 Continue` and an empty line. It gets them when the body is not here yet, is not empty
/// and not too long, and the head is right.
///
/// Look up: `BufRead::fill_buf` and `consume`, `BufReader::get_ref`, `TcpStream::set_read_timeout`;
/// RFC 9112 sections 2 to 7, RFC 9110 section 10.1.1.
///
/// # Errors
///
/// `Bad` with the status to answer with; 408 when the time was over within a head or a body. `Io` with
/// what recv(2) reports, or with `UnexpectedEof` when the client closed within the request.
pub fn read_request(reader: &mut BufReader<TcpStream>) -> Result<Option<Request>, RequestError> {
    let _ = reader; // keeps the compiler quiet until you use it
    todo!("write `read_request`")
}

/// Whether the connection goes on after this request.
///
/// In 1.1 it does, unless `Connection` has the word `close`. In 1.0 it does not, unless `Connection`
/// has the word `keep-alive` (and not `close`). `Connection` is a list of words between commas, perhaps
/// in several fields; case does not matter.
///
/// Look up: RFC 9112 section 9.3; `str::split`.
pub fn keep_alive(request: &Request) -> bool {
    let _ = request; // keeps the compiler quiet until you use it
    todo!("write `keep_alive`")
}

/// Writes a response to a request whose method was `method`.
///
/// The status line says `HTTP/1.1`. After it come the fields of `response`, and `Date` and
/// `Content-Length`, and an empty line. All lines end with CRLF. A response to HEAD ends here: its
/// `Content-Length` is what GET would have had. 1xx, 204 and 304 end here, too, and have no
/// `Content-Length`. What `method` is does not matter otherwise.
///
/// However large the file of a body is, the memory for it stays the same.
///
/// Look up: `httpdate::fmt_http_date`; `Seek`, `Read::take` and `io::copy`, which lets the kernel carry
/// a file to a socket (sendfile(2)); RFC 9112 section 4, RFC 9110 sections 6.6.1 and 8.6.
///
/// # Errors
///
/// Those of send(2), and of reading the file. `UnexpectedEof` when the file has become shorter: then
/// only closing the connection tells the client so.
pub fn write_response(stream: &mut TcpStream, method: &str, response: Response) -> io::Result<()> {
    let _ = (stream, method, response); // keeps the compiler quiet until you use them
    todo!("write `write_response`")
}

/// The place in the file system that `target` names, whether or not something is there. `None` when it
/// names none, or none within `root`.
///
/// `target` is a path like `/a%20file.txt?x=1`, or a whole URI like `http://localhost/a%20file.txt`. The
/// query is no part of the name. `%20` and its like are decoded, once. A malformed escape, an encoded
/// NUL or `/`, a name that is not UTF-8, and `..` name nothing. A symlink is followed when it stays within
/// `root`.
///
/// Look up: `Path::components`, `Path::is_symlink` and `Path::canonicalize`; RFC 3986 section 2.1, RFC
/// 9112 section 3.2; CWE-22.
pub fn locate(root: &Path, target: &str) -> Option<PathBuf> {
    let _ = (root, target); // keeps the compiler quiet until you use them
    todo!("write `locate`")
}

/// The response to `request`: a file below `root`, or part of it, a listing of a folder, or why not.
///
/// - GET and HEAD get the same response. OPTIONS gets 204. The other methods of RFC 9110, and PATCH, get
///   405; whatever else 501. 204 and 405 come with `Allow`.
/// - What `locate` does not find, and what is neither a file nor a folder, is 404. A file is 200, with
///   `Content-Type` (by its name's ending, text with `; charset=utf-8`, unknown ones
///   `application/octet-stream`), `Last-Modified` and `Accept-Ranges: bytes`.
/// - A folder without `/` at its target's end is 301 to the same target with it, the query kept. One with it
///   is its `index.html`, or else a listing: an HTML page with a link to every file and, with `/` behind
///   its name, every folder, sorted by name. Names are escaped in HTML and percent-encoded in links.
/// - `If-Modified-Since`: 304 when the file is not newer, by whole seconds. Not a date, or together with
///   `If-None-Match`: as if it were not there.
/// - `Range`, for GET: `bytes=0-99`, `bytes=100-` and `bytes=-100` are 206 with `Content-Range`, the
///   end cut to the file's. Where no such byte is, 416 with `Content-Range: bytes */LENGTH`. Malformed,
///   several ranges, another unit, or an `If-Range` that is not the very `Last-Modified`: 200 and all of it.
///
/// Look up: `fs::metadata`, `fs::read_dir`; `httpdate::HttpDate`; RFC 9110 sections 9, 13, 14 and 15.
pub fn respond(root: &Path, request: &Request) -> Response {
    let _ = (root, request); // keeps the compiler quiet until you use them
    todo!("write `respond`")
}

/// Reads requests and writes the response to each, in order, until the connection ends.
///
/// It ends when the client is done, or a request is not one to keep it alive, or is `Bad`. The last
/// response says `Connection: close`; the answer to a bad request has an empty body. To a client of 1.0
/// that wants to keep the connection, every other response says `Connection: keep-alive`.
///
/// The end is gentle: FIN, then what still comes is read and dropped until the client is done, too, for
/// no more than `LINGER`. Closed with something unread, the connection would be reset, and the
/// client might never see the response. A client that reads nothing for `WRITE_TIME` is dropped.
///
/// Look up: `BufReader::get_mut`; `TcpStream::set_nodelay`, `set_write_timeout` and `shutdown`; RFC 9112
/// section 9.
///
/// # Errors
///
/// The connection broke: reset, not read for too long, or closed within a request.
pub fn serve_connection(stream: TcpStream, root: &Path) -> io::Result<()> {
    let _ = (stream, root); // keeps the compiler quiet until you use them
    todo!("write `serve_connection`")
}

/// Serves everybody who connects, each in a thread of its own, for ever.
///
/// A connection that breaks off ends itself and no other, and so does a panic in its thread. An accept that
/// fails for one caller, a thread that cannot be had, a system that is short of something for a
/// while: none is a reason to stop.
///
/// Look up: `TcpListener::accept`, `std::thread::Builder` and `Arc`; the errors in the man page accept(2).
///
/// # Errors
///
/// That of accept(2) when the listener does not listen, or no longer does (EINVAL).
pub fn serve(listener: TcpListener, root: &Path) -> io::Result<()> {
    let _ = (listener, root); // keeps the compiler quiet until you use them
    todo!("write `serve`")
}
