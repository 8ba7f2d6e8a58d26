//! Lesson 04, HTTP: a server for a folder, by RFC 9110 and RFC 9112.
//!
//! The cases are a ladder. A page stands in the browser after the first few of them; the others are
//! what makes it a server that one may leave alone with the network: heads, framing, files,
//! connections, limits, hostility.

mod misconceptions;

use std::fs::File;
use std::io::{self, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};

use crate::cases;
use crate::lesson::Lesson;

use misconceptions::ALL;

/// A request, as the submission read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `GET`.
    pub method: String,
    /// `/index.html?x=1`, as it was sent.
    pub target: String,
    /// 1 for `HTTP/1.1`.
    pub minor_version: u8,
    /// Names and values of the header fields, in order.
    pub headers: Vec<(String, String)>,
    /// All of it, without the chunks that it may have come in.
    pub body: Vec<u8>,
}

/// What follows a response's head.
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
        /// The first byte to send, counted from 0.
        start: u64,
        /// How many.
        length: u64,
    },
}

/// A response, before it is sent.
#[derive(Debug)]
pub struct Response {
    /// 200, say.
    pub status: u16,
    /// Names and values of the header fields, but for `Content-Length` and `Date`.
    pub headers: Vec<(String, String)>,
    /// What follows.
    pub body: Body,
}

/// Why there is no request to answer.
#[derive(Debug)]
pub enum RequestError {
    /// It is wrong: this is the status to answer with.
    Bad(u16),
    /// The connection is gone.
    Io(io::Error),
}

/// The functions of lesson 04, as one submission wrote them.
pub struct Functions {
    /// The next request; `None` when the client is done.
    pub read_request: fn(&mut BufReader<TcpStream>) -> Result<Option<Request>, RequestError>,
    /// Does the connection go on after this request?
    pub keep_alive: fn(&Request) -> bool,
    /// Sends the head, and the body where the method and the status have one.
    pub write_response: fn(&mut TcpStream, &str, Response) -> io::Result<()>,
    /// The path that a target names, never outside the root.
    pub locate: fn(&Path, &str) -> Option<PathBuf>,
    /// The answer to a request.
    pub respond: fn(&Path, &Request) -> Response,
    /// Request after request, until the connection ends.
    pub serve_connection: fn(TcpStream, &Path) -> io::Result<()>,
    /// A thread for each connection, for ever.
    pub serve: fn(TcpListener, &Path) -> io::Result<()>,
}

/// Lesson 04.
pub static LESSON: Lesson<Functions> = Lesson {
    number: 4,
    name: "http",
    chapter: "book/src/lesson04-http.md",
    cases: cases! {
        // A page in the browser.

        // Requests: heads, framing, limits.

        // Files: where they are, what they are, HEAD, conditions, ranges.

        // Connections: one request after another, bodies, time-outs, hostility.

        // The program.
    },
    misconceptions: ALL,
};
