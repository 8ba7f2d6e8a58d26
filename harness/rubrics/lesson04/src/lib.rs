//! Lesson 04, HTTP: a server for a folder, by RFC 9110 and RFC 9112.
//!
//! The cases are a ladder. A page stands in the browser after the first few of them; the others are
//! what makes it a server that one may leave alone with the network: heads, framing, files,
//! connections, limits, hostility.

#![deny(unsafe_code)]
#![warn(missing_docs)]

mod conversation;
mod date;
mod expect;
mod keep_alive;
mod limits;
mod listing;
mod locate;
mod misconceptions;
mod program;
mod read_request;
mod reading;
mod refusals;
mod requests;
mod respond;
mod serve;
mod serve_connection;
mod site;
mod time_outs;
mod write_response;

use std::fs::File;
use std::io::{self, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};

use harness::cases;
use harness::finding::{Exhibit, Stop};
use harness::lesson::Lesson;
use harness::wire::http::{Answer, BadLine, End, Field, Flaw, Rule};

use expect::{invites_a_body_that_is_expected, invites_no_body_without_need};
use keep_alive::{
    closes_when_the_client_says_so, goes_by_the_version, keeps_1_0_alive_when_asked_to,
};
use limits::{
    refuses_a_body_beyond_the_limit, refuses_heads_beyond_the_limits, takes_what_the_limits_allow,
};
use locate::{
    decodes_a_name_once, finds_a_file_below_the_root, follows_no_link_out_of_the_root,
    never_leaves_the_root, takes_a_root_however_it_is_spelt, takes_dots_within_a_name,
    takes_no_encoded_slash, takes_no_malformed_escape, takes_the_query_off,
};
use misconceptions::{
    ALL, BARE_LF, BODY_TOO_SHORT, CHUNKS_SENT, FIELD_LINE, HEAD_WITHOUT_END, LENGTH_NOT_A_NUMBER,
    LENGTH_TWICE, NO_LENGTH, NO_RESPONSE, STATUS_LINE,
};
use program::{
    listens_on_ipv6_for_http, outlives_hostile_clients, says_that_it_cannot_have_the_address,
    says_that_the_root_is_none, says_what_is_wrong_with_its_arguments, serves_a_page_where_it_says,
    serves_request_after_request, serves_the_current_folder_without_a_root,
};
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
use respond::{
    escapes_names_in_a_listing, has_nothing_below_a_file, has_nothing_where_nothing_is,
    lists_a_folder, redirects_a_folder_to_its_slash, refuses_other_methods,
    responds_to_head_as_to_get, responds_with_a_file, responds_with_a_part_of_a_file,
    responds_with_empty_and_huge_files, says_that_a_file_may_not_be_read,
    says_that_a_range_is_not_there, says_what_kind_of_file_it_is, says_when_a_file_was_modified,
    sends_nothing_again_that_the_client_has, sends_the_whole_file_where_a_range_does_not_count,
    serves_index_html_for_a_folder, serves_only_files_within_the_root, takes_a_target_with_a_host,
};
use serve::{
    goes_on_after_a_failed_accept, goes_on_after_clients_that_leave,
    goes_on_without_a_thread_for_a_caller, is_not_held_up_by_a_hundred_slow_clients,
    keeps_nothing_of_connections_that_are_over, returns_when_nothing_listens,
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
use write_response::{
    never_lets_a_value_split_the_response, reports_a_client_that_is_gone,
    reports_a_file_that_became_shorter, says_how_long_a_body_is, says_when_it_was_sent,
    sends_a_large_file_in_constant_memory, sends_everything_however_little_the_client_takes,
    sends_no_body_with_304_and_204, sends_the_head_alone_to_head,
    sends_the_part_of_a_file_that_it_is_given, writes_a_status_line_fields_and_a_body,
    writes_every_status_and_every_field,
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
        "write_response" {
            writes_a_status_line_fields_and_a_body,
        }
        "read_request" {
            reads_a_request_as_curl_sends_it,
            gives_none_when_the_client_is_done,
        }
        "locate" {
            finds_a_file_below_the_root,
        }
        "respond" {
            responds_with_a_file,
            has_nothing_where_nothing_is,
        }
        "keep_alive" {
            goes_by_the_version,
        }
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
            closes_when_the_client_says_so,
            keeps_1_0_alive_when_asked_to,
        }

        "write_response" {
            writes_every_status_and_every_field,
            says_how_long_a_body_is,
            says_when_it_was_sent,
            sends_the_head_alone_to_head,
            sends_no_body_with_304_and_204,
            sends_the_part_of_a_file_that_it_is_given,
            sends_everything_however_little_the_client_takes,
            sends_a_large_file_in_constant_memory,
            reports_a_client_that_is_gone,
            reports_a_file_that_became_shorter,
            never_lets_a_value_split_the_response,
        }

        // Files: where they are, what they are, HEAD, conditions, ranges.
        "locate" {
            decodes_a_name_once,
            takes_the_query_off,
            takes_no_malformed_escape,
            takes_dots_within_a_name,
            never_leaves_the_root,
            follows_no_link_out_of_the_root,
            takes_a_root_however_it_is_spelt,
            takes_no_encoded_slash,
        }
        "respond" {
            says_what_kind_of_file_it_is,
            serves_index_html_for_a_folder,
            lists_a_folder,
            escapes_names_in_a_listing,
            redirects_a_folder_to_its_slash,
            has_nothing_below_a_file,
            responds_to_head_as_to_get,
            refuses_other_methods,
            says_when_a_file_was_modified,
            sends_nothing_again_that_the_client_has,
            responds_with_a_part_of_a_file,
            says_that_a_range_is_not_there,
            sends_the_whole_file_where_a_range_does_not_count,
            responds_with_empty_and_huge_files,
            takes_a_target_with_a_host,
            serves_only_files_within_the_root,
            says_that_a_file_may_not_be_read,
        }

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
            goes_on_without_a_thread_for_a_caller,
            returns_when_nothing_listens,
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
            let mut lines = came.split_inclusive(|byte| *byte == b'\n');
            let last = lines.next_back().unwrap_or_default();
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
                let then = instead_of_more(&end);
                return match answer.named("Transfer-Encoding").next() {
                    Some(field) => CHUNKS_SENT
                        .seen(format!(
                            "The response announces chunks, and the last one does not come: after {came} bytes, \
                             {then}."
                        ))
                        .pointing_at(at_field(&answer, field, "announced here")),
                    None => NO_LENGTH
                        .seen(format!(
                            "The response does not say how long its body is: after {came} bytes of it, {then}."
                        ))
                        .pointing_at(at_end_of_head(&answer, "no Content-Length up to here")),
                };
            };
            let stop = BODY_TOO_SHORT.seen(format!(
                "The response promises {announced} bytes, and {came} came: then {}.",
                instead_of_more(&end)
            ));
            match answer.named("Content-Length").next() {
                Some(field) => stop.pointing_at(at_field(&answer, field, format!("{came} came"))),
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
    if rule == Rule::LineEnd && !line.ends_with(b"\n") {
        return HEAD_WITHOUT_END
            .seen("The response's head goes over into something that is no line of it.")
            .pointing_at(Exhibit {
                title: "sent".to_owned(),
                to: line.len(),
                bytes: line,
                from: 0,
                remark: "the empty line is missing before this".to_owned(),
            });
    }
    let (misconception, remark, observed) = match rule {
        Rule::LineEnd if at.end == line.len() => (
            &BARE_LF,
            "CR LF belongs here",
            "A line of the response's head ends in LF alone.",
        ),
        Rule::LineEnd => (
            &BARE_LF,
            "a CR stands before an LF, and nowhere else",
            "A line of the response's head has a CR in it that ends no line.",
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

/// The line of a field, with a mark under its value.
fn at_field(answer: &Answer, field: &Field, remark: impl Into<String>) -> Exhibit {
    let line = answer.line_of(field);
    let text = &line[..field.line.len()];
    let value = text[field.name.len() + 1..].trim_ascii_start();
    Exhibit {
        title: "sent".to_owned(),
        bytes: line.to_vec(),
        from: text.len() - value.len(),
        to: text.len(),
        remark: remark.into(),
    }
}

/// The status line, with a mark under its code.
fn at_status(answer: &Answer, remark: impl Into<String>) -> Exhibit {
    Exhibit {
        title: "sent".to_owned(),
        bytes: answer.status_line().to_vec(),
        from: "HTTP/1.1 ".len(),
        to: "HTTP/1.1 200".len(),
        remark: remark.into(),
    }
}

/// The empty line behind the head: what is missing would stand before it.
fn at_end_of_head(answer: &Answer, remark: impl Into<String>) -> Exhibit {
    let lines: Vec<&[u8]> = answer.head.split_inclusive(|byte| *byte == b'\n').collect();
    let last = &lines[lines.len().saturating_sub(2)..];
    Exhibit {
        title: "sent".to_owned(),
        bytes: last.concat(),
        from: last.first().map_or(0, |line| line.len()),
        to: last.concat().len(),
        remark: remark.into(),
    }
}

/// A word that nobody can know beforehand.
fn word() -> String {
    (0..8).map(|_| fastrand::lowercase()).collect()
}

/// Is this an error with which a connection tells that it was reset or closed?
fn is_broken(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected};
    matches!(
        error.kind(),
        BrokenPipe | ConnectionAborted | ConnectionReset | NotConnected
    )
}

/// A word for a shell.
fn quoted(text: &str) -> String {
    match shlex::try_quote(text) {
        Ok(quoted) => quoted.into_owned(),
        Err(_) => format!("'{text}'"),
    }
}
