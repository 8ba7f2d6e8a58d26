//! Lesson 04, HTTP: a server for a folder, by RFC 9110 and RFC 9112.
//!
//! The cases are a ladder. A page stands in the browser after the first few of them; the others are
//! what makes it a server that one may leave alone with the network: heads, framing, files,
//! connections, limits, hostility.

mod expect;
mod keep_alive;
mod limits;
mod misconceptions;
mod read_request;
mod reading;
mod refusals;
mod requests;

use std::fs::File;
use std::io::{self, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};

use crate::cases;
use crate::lesson::Lesson;

use expect::{invites_a_body_that_is_expected, invites_no_body_without_need};
use keep_alive::{
    closes_when_the_client_says_so, goes_by_the_version, keeps_1_0_alive_when_asked_to,
};
use limits::{
    refuses_a_body_beyond_the_limit, refuses_heads_beyond_the_limits, takes_what_the_limits_allow,
};
use misconceptions::ALL;
use read_request::{
    gives_no_half_request, gives_none_when_the_client_is_done,
    goes_on_reading_a_request_after_a_signal, leaves_the_next_request_in_the_reader,
    reads_a_body_of_the_announced_length, reads_a_chunked_body, reads_a_head_that_comes_in_pieces,
    reads_a_request_as_curl_sends_it, reads_fields_as_they_were_sent,
    skips_an_empty_line_before_a_request, takes_every_form_of_request_line,
    tells_a_reset_from_a_bad_request,
};
use refusals::{
    demands_one_host, finds_the_end_of_a_line_in_one_way, refuses_a_malformed_request_line,
    refuses_malformed_chunks, refuses_malformed_fields, refuses_unclear_codings,
    refuses_unclear_lengths,
};

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
        "read_request" {
            reads_a_request_as_curl_sends_it,
            gives_none_when_the_client_is_done,
        }

        // Requests: heads, framing, limits.
        "read_request" {
            reads_a_head_that_comes_in_pieces,
            leaves_the_next_request_in_the_reader,
            reads_fields_as_they_were_sent,
            takes_every_form_of_request_line,
            skips_an_empty_line_before_a_request,
            refuses_a_malformed_request_line,
            refuses_malformed_fields,
            demands_one_host,
            reads_a_body_of_the_announced_length,
            refuses_unclear_lengths,
            reads_a_chunked_body,
            refuses_malformed_chunks,
            refuses_unclear_codings,
            finds_the_end_of_a_line_in_one_way,
            gives_no_half_request,
            takes_what_the_limits_allow,
            refuses_heads_beyond_the_limits,
            refuses_a_body_beyond_the_limit,
            invites_a_body_that_is_expected,
            invites_no_body_without_need,
            tells_a_reset_from_a_bad_request,
            goes_on_reading_a_request_after_a_signal,
        }
        "keep_alive" {
            goes_by_the_version,
            closes_when_the_client_says_so,
            keeps_1_0_alive_when_asked_to,
        }

        // Files: where they are, what they are, HEAD, conditions, ranges.

        // Connections: one request after another, bodies, time-outs, hostility.

        // The program.
    },
    misconceptions: ALL,
};
