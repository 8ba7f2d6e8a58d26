//! Lesson 04, HTTP: a server for a folder, by RFC 9110 and RFC 9112.
//!
//! The cases are a ladder. A page stands in the browser after the first few of them; the others are
//! what makes it a server that one may leave alone with the network: heads, framing, files,
//! connections, limits, hostility.

mod conversation;
mod misconceptions;
mod program;
mod serve;
mod serve_connection;
mod site;
mod time_outs;

use std::fs::File;
use std::io::{self, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};

use crate::cases;
use crate::finding::{Exhibit, Stop};
use crate::lesson::Lesson;
use crate::wire::http::{BadLine, End, Flaw, Rule};

use program::{
    listens_on_ipv6_for_http, outlives_hostile_clients, says_that_it_cannot_have_the_address,
    says_that_the_root_is_none, says_what_is_wrong_with_its_arguments, serves_a_page_where_it_says,
    serves_request_after_request, serves_the_current_folder_without_a_root,
};
use serve::{
    goes_on_after_a_failed_accept, goes_on_after_clients_that_leave,
    is_not_held_up_by_a_hundred_slow_clients, keeps_nothing_of_connections_that_are_over,
    serves_a_page_to_one_after_another, serves_clients_side_by_side, serves_over_ipv6,
};
use serve_connection::{
    answers_a_request_with_the_file, answers_a_wrong_request_and_closes,
    answers_nothing_after_a_refused_request, answers_pipelined_requests_in_order,
    closes_when_asked_to, does_not_listen_for_ever_after_its_last_answer,
    gets_its_last_answer_through, invites_a_body_with_100_continue,
    invites_no_body_that_nobody_wants, keeps_a_connection_of_1_0_only_when_asked,
    keeps_the_connection_for_the_next_request, needs_no_more_memory_for_more_requests,
    reads_a_body_before_the_next_request, returns_when_the_client_is_gone,
    sends_nothing_where_no_body_may_be, takes_requests_in_pieces,
};
use time_outs::{
    closes_a_connection_that_stays_idle, gives_up_a_body_that_stalls,
    gives_up_a_client_that_does_not_read, gives_up_a_head_that_does_not_come,
};

use misconceptions::{
    ALL, BARE_LF, BODY_TOO_SHORT, CHUNKS_SENT, FIELD_LINE, HEAD_WITHOUT_END, LENGTH_NOT_A_NUMBER,
    LENGTH_TWICE, NO_RESPONSE, STATUS_LINE,
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
        "serve_connection" {
            answers_a_request_with_the_file,
        }
        "serve" {
            serves_a_page_to_one_after_another,
        }
        "main" {
            serves_a_page_where_it_says,
        }

        // Requests: heads, framing, limits.

        // Files: where they are, what they are, HEAD, conditions, ranges.

        // Connections: one request after another, bodies, time-outs, hostility.
        "serve_connection" {
            closes_when_asked_to,
            keeps_the_connection_for_the_next_request,
            keeps_a_connection_of_1_0_only_when_asked,
            answers_pipelined_requests_in_order,
            takes_requests_in_pieces,
            answers_a_wrong_request_and_closes,
            sends_nothing_where_no_body_may_be,
            reads_a_body_before_the_next_request,
            invites_a_body_with_100_continue,
            invites_no_body_that_nobody_wants,
            answers_nothing_after_a_refused_request,
            gets_its_last_answer_through,
            does_not_listen_for_ever_after_its_last_answer,
            returns_when_the_client_is_gone,
            closes_a_connection_that_stays_idle,
            gives_up_a_head_that_does_not_come,
            gives_up_a_body_that_stalls,
            gives_up_a_client_that_does_not_read,
            needs_no_more_memory_for_more_requests,
        }
        "serve" {
            serves_over_ipv6,
            serves_clients_side_by_side,
            is_not_held_up_by_a_hundred_slow_clients,
            goes_on_after_clients_that_leave,
            goes_on_after_a_failed_accept,
            keeps_nothing_of_connections_that_are_over,
        }

        // The program.
        "main" {
            serves_the_current_folder_without_a_root,
            serves_request_after_request,
            listens_on_ipv6_for_http,
            says_that_the_root_is_none,
            says_that_it_cannot_have_the_address,
            says_what_is_wrong_with_its_arguments,
            outlives_hostile_clients,
        }
    },
    misconceptions: ALL,
};

/// The finding that a flaw in a response is, with the line that shows it.
fn flawed(flaw: Flaw) -> Stop {
    match flaw {
        Flaw::Line(line) => line_flawed(line),
        Flaw::NoHead(came, end) if came.is_empty() => NO_RESPONSE.seen(format!(
            "Nothing of the response came: {}.",
            instead_of_more(&end)
        )),
        Flaw::NoHead(came, end) => {
            let lines = came.split_inclusive(|byte| *byte == b'\n');
            let last = lines.last().unwrap_or_default();
            let shown = Exhibit {
                title: "sent".to_owned(),
                bytes: last.to_vec(),
                from: last.len(),
                to: last.len() + 1,
                remark: "the empty line is missing".to_owned(),
            };
            let observed = format!(
                "The response has {} bytes of a head and no empty line after them: {}.",
                came.len(),
                instead_of_more(&end)
            );
            HEAD_WITHOUT_END.seen(observed).pointing_at(shown)
        }
        Flaw::ShortBody {
            answer,
            announced,
            end,
        } => {
            let came = answer.body.len();
            let Some(announced) = announced else {
                return CHUNKS_SENT.seen(format!(
                    "The response has no end that a client would see: after {came} bytes of its body, {}.",
                    instead_of_more(&end)
                ));
            };
            let stop = BODY_TOO_SHORT.seen(format!(
                "The response promises {announced} bytes, and {came} came: then {}.",
                instead_of_more(&end)
            ));
            match answer.named("Content-Length").next() {
                Some(field) => {
                    let line = answer.line_of(field);
                    let text = &line[..field.line.len()];
                    let value = &text[field.name.len() + 1..];
                    let from = text.len() - value.trim_ascii_start().len();
                    stop.pointing_at(Exhibit {
                        title: "sent".to_owned(),
                        bytes: line.to_vec(),
                        from,
                        to: from + field.value.len(),
                        remark: format!("{came} came"),
                    })
                }
                None => stop,
            }
        }
    }
}

/// What a client sees in place of what it waits for.
fn instead_of_more(end: &End) -> &'static str {
    match end {
        End::Fin => "the connection was closed",
        End::Reset => "the connection was reset",
        End::Silence(_) => "nothing more came, and the client waits",
    }
}

fn line_flawed(BadLine { line, at, rule }: BadLine) -> Stop {
    let (misconception, remark, observed) = match rule {
        Rule::LineEnd => (
            &BARE_LF,
            "CR LF belongs here, and only here",
            "A line of the response does not end in CR LF, or has one of the two elsewhere.",
        ),
        Rule::Version => (
            &STATUS_LINE,
            "expected HTTP/1.1",
            "The response does not begin with its version.",
        ),
        Rule::StatusCode => (
            &STATUS_LINE,
            "expected a space and three digits",
            "The response has no status code where one belongs.",
        ),
        Rule::SpaceBeforeReason => (
            &STATUS_LINE,
            "expected a space, even with no reason after it",
            "The response has no space after its status code.",
        ),
        Rule::Colon => (
            &FIELD_LINE,
            "expected a colon",
            "A line in the response's head is no field: it has no colon.",
        ),
        Rule::Name => (
            &FIELD_LINE,
            "no character of a name",
            "The name of a field of the response has a character that no name may have.",
        ),
        Rule::Folded => (
            &FIELD_LINE,
            "no field begins with a space",
            "A line in the response's head begins with a space or a tab.",
        ),
        Rule::Value => (
            &FIELD_LINE,
            "a control character",
            "A field of the response has a control character in its value.",
        ),
        Rule::Length => (
            &LENGTH_NOT_A_NUMBER,
            "expected digits",
            "The response's `Content-Length` is no number.",
        ),
        Rule::TwoLengths => (
            &LENGTH_TWICE,
            "the second one",
            "The response says `Content-Length` twice.",
        ),
        Rule::LengthAndChunks => (
            &CHUNKS_SENT,
            "with Content-Length",
            "The response has both `Content-Length` and `Transfer-Encoding`.",
        ),
        Rule::Coding => (
            &CHUNKS_SENT,
            "expected chunked, or no such field",
            "The response has a transfer coding that not every client knows.",
        ),
        Rule::Chunk => (
            &CHUNKS_SENT,
            "expected a size in hexadecimal, and CR LF",
            "The response announces chunks, and what came is none.",
        ),
    };
    misconception.seen(observed).pointing_at(Exhibit {
        title: "sent".to_owned(),
        bytes: line,
        from: at.start,
        to: at.end,
        remark: remark.to_owned(),
    })
}
