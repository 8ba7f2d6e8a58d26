//! Lesson 05, fetch: a small curl, by RFC 3986, RFC 9110 and RFC 9112.
//!
//! The cases are a ladder: a URL, a request, a head, a body of known length, redirects, chunks; then the
//! program, with its options in the order in which people meet them.

#![deny(unsafe_code)]
#![warn(missing_docs)]

mod copy_body;
mod deadlines;
mod fetch;
mod fetching;
mod framing;
mod hops;
mod line;
mod misconceptions;
mod origin;
mod parse_url;
mod program;
mod read_head;
mod redirected;
mod sink;
mod write_request;

use std::io::{BufRead, Write};
use std::time::Instant;

use harness::attempt::Shown;
use harness::cases;
use harness::lesson::Lesson;

use copy_body::{
    copies_a_body_of_known_length, copies_a_body_that_comes_in_pieces,
    copies_a_long_body_in_constant_memory, copies_on_after_a_signal, copies_up_to_the_close,
    hands_on_at_once_what_arrives, hands_on_at_once_what_arrives_of_a_chunk,
    passes_over_trailer_fields, reads_nothing_where_there_is_none, refuses_malformed_body_chunks,
    reports_a_body_that_ends_early, reports_a_sink_that_fails,
    stops_reading_a_chunk_line_without_end, takes_chunks_apart, takes_chunks_that_come_in_pieces,
    tells_a_reset_from_the_end_of_a_body, tells_that_a_bodys_time_is_over,
    waits_for_nothing_behind_the_last_chunk, writes_all_however_little_the_sink_takes,
};
use deadlines::{
    gives_up_a_host_that_takes_no_call, gives_up_a_server_that_drips, gives_up_a_server_that_stops,
    gives_up_at_once_when_the_time_is_over, has_one_deadline_for_all_requests,
    waits_as_long_as_it_takes_without_a_deadline,
};
use fetch::{
    fetches_a_page_into_the_sink, has_no_interim_answer_among_its_heads, leaves_stdout_alone,
    needs_no_more_memory_for_a_longer_body, reads_an_answer_that_comes_in_pieces,
    returns_when_the_answer_is_complete, says_that_nobody_knows_the_host,
    says_that_nobody_takes_the_call, sends_nothing_in_clear_for_https,
    sends_the_fields_and_the_body, survives_an_answer_in_the_middle_of_an_upload,
    takes_any_status_for_an_answer, tells_a_body_that_is_cut_short, tells_a_connection_that_breaks,
    tells_a_sink_that_takes_no_more, tells_an_empty_reply, tells_what_is_no_answer,
};
use framing::{
    goes_by_chunks, goes_by_the_length, goes_to_the_close_without_a_length,
    knows_answers_without_a_body, refuses_a_length_that_is_none, refuses_two_different_lengths,
    takes_no_other_coding_for_chunks,
};
use hops::{
    asks_the_proxy, fetches_over_ipv6, follows_no_more_redirects_than_allowed,
    follows_no_redirect_that_leads_nowhere, follows_redirects_to_the_page,
    says_that_no_address_takes_the_call, sends_what_a_redirect_makes_of_a_post,
    tells_one_server_nothing_that_was_meant_for_another,
    tries_the_addresses_of_a_host_in_their_order,
};
use misconceptions::ALL;
use parse_url::{
    decodes_user_and_password_once, finds_where_the_authority_ends, keeps_the_query_in_the_target,
    knows_http_and_https_only, knows_the_port, leaves_the_escapes_of_the_target,
    leaves_the_fragment_out, refuses_a_host_that_is_no_name, refuses_a_port_that_is_none,
    refuses_spaces_and_control_characters, refuses_what_has_no_host, resolves_dot_segments,
    survives_any_text, takes_a_url_apart, takes_a_url_without_a_scheme, takes_an_ipv6_host,
    takes_user_and_password,
};
use program::{
    adds_replaces_and_removes_fields, appends_nothing_that_does_not_belong_there,
    asks_before_it_uploads_much, asks_through_a_proxy,
    calls_again_when_a_kept_connection_has_ended, counts_redirects, ends_when_the_time_is_over,
    fetches_a_page_to_stdout, fetches_a_part, fetches_several_urls_over_one_connection,
    finishes_a_download_that_was_cut_short, follows_redirects_when_told,
    gives_each_url_its_own_file, goes_on_with_the_next_url_after_a_failure, is_silent_when_told,
    keeps_cookies_in_a_jar, keeps_secrets_from_another_host,
    keeps_the_old_file_until_there_is_an_answer, keeps_to_the_rate, lets_no_argument_end_a_line,
    posts_again_only_where_the_redirect_says_so, posts_data, posts_files, puts_data_into_the_query,
    reads_a_jar_of_others, refuses_arguments_that_make_no_sense, resumes_from_the_byte_it_is_told,
    saves_a_page_under_its_own_name, saves_a_page_under_the_name_it_is_given,
    saves_the_head_in_a_file, says_how_an_answer_failed, says_that_a_url_is_none,
    says_that_it_cannot_write, says_that_the_page_is_not_whole, says_that_the_upload_broke,
    says_where_it_comes_from_and_what_it_is, says_who_asks, says_who_could_not_be_reached_and_why,
    sends_a_form, sends_the_cookies_it_is_given, shows_a_redirect_and_does_not_follow_it,
    shows_heads_before_the_page, shows_the_conversation_when_told, shows_the_head_alone,
    speaks_http_1_0_when_told, tells_an_error_from_a_page_when_told, tries_again_when_told,
    uploads_a_file, uploads_what_comes_on_stdin, uses_the_method_it_is_told,
    writes_out_what_it_is_asked_for,
};
use read_head::{
    gives_no_half_head, leaves_the_body_in_the_reader, passes_over_interim_answers,
    reads_a_head_on_after_a_signal, reads_an_answers_head_in_pieces, reads_fields_as_they_came,
    reads_the_head_of_an_answer, refuses_what_is_no_answer, says_that_nothing_came,
    stops_reading_a_head_without_end, takes_101_for_an_answer, takes_a_long_head,
    takes_bytes_that_are_no_utf_8, takes_every_status_line, takes_lines_that_end_in_lf,
    takes_no_folded_line_for_a_field, tells_a_reset_from_the_end_of_an_answer,
    tells_that_a_heads_time_is_over,
};
use redirected::{
    drops_the_fields_of_a_dropped_body, drops_the_fragment_of_location, finds_location_in_any_case,
    goes_to_another_host, goes_where_location_says, keeps_method_and_body_where_it_must,
    keeps_proxy_deadline_and_fields, keeps_secrets_for_the_same_origin,
    keeps_what_a_relative_location_does_not_say, knows_an_origin_by_scheme_host_and_port,
    makes_get_of_any_method_but_head_after_303, makes_get_of_post, refuses_a_malformed_location,
    resolves_a_relative_location, sends_no_secrets_to_another_host, takes_a_space_in_location,
    takes_no_query_for_a_url, takes_only_redirects_for_redirects, takes_the_scheme_of_the_old_url,
    takes_the_user_that_location_names,
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
    #[expect(clippy::type_complexity, reason = "the signature is the lesson's")]
    pub fetch: fn(Request, u32, &mut dyn Write) -> Result<Vec<Head>, FetchError>,
}

/// Lesson 05.
pub static LESSON: Lesson<Functions> = Lesson {
    number: 5,
    name: "fetch",
    chapter: "book/src/lesson05-fetch.md",
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
            refuses_a_host_that_is_no_name,
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

        // A head, and where the body behind it ends.
        "read_head" {
            reads_the_head_of_an_answer,
            reads_an_answers_head_in_pieces,
            leaves_the_body_in_the_reader,
            takes_every_status_line,
            reads_fields_as_they_came,
            says_that_nothing_came,
            gives_no_half_head,
            refuses_what_is_no_answer,
            takes_no_folded_line_for_a_field,
            passes_over_interim_answers,
            takes_101_for_an_answer,
            takes_lines_that_end_in_lf,
            takes_bytes_that_are_no_utf_8,
            takes_a_long_head,
            stops_reading_a_head_without_end,
            tells_a_reset_from_the_end_of_an_answer,
            tells_that_a_heads_time_is_over,
            reads_a_head_on_after_a_signal,
        }
        "framing" {
            goes_by_the_length,
            goes_to_the_close_without_a_length,
            knows_answers_without_a_body,
            refuses_a_length_that_is_none,
            refuses_two_different_lengths,
        }
        "copy_body" {
            copies_a_body_of_known_length,
            copies_a_body_that_comes_in_pieces,
            reads_nothing_where_there_is_none,
            copies_up_to_the_close,
            hands_on_at_once_what_arrives,
        }

        // Redirects.
        "redirected" {
            goes_where_location_says,
            goes_to_another_host,
            takes_only_redirects_for_redirects,
            finds_location_in_any_case,
            resolves_a_relative_location,
            keeps_what_a_relative_location_does_not_say,
            takes_the_scheme_of_the_old_url,
            takes_no_query_for_a_url,
            drops_the_fragment_of_location,
            takes_a_space_in_location,
            makes_get_of_post,
            drops_the_fields_of_a_dropped_body,
            keeps_method_and_body_where_it_must,
            makes_get_of_any_method_but_head_after_303,
            sends_no_secrets_to_another_host,
            knows_an_origin_by_scheme_host_and_port,
            keeps_secrets_for_the_same_origin,
            takes_the_user_that_location_names,
            keeps_proxy_deadline_and_fields,
            refuses_a_malformed_location,
        }

        // Chunks, and all that can go wrong with a body.
        "framing" {
            goes_by_chunks,
            takes_no_other_coding_for_chunks,
        }
        "copy_body" {
            takes_chunks_apart,
            passes_over_trailer_fields,
            waits_for_nothing_behind_the_last_chunk,
            takes_chunks_that_come_in_pieces,
            hands_on_at_once_what_arrives_of_a_chunk,
            refuses_malformed_body_chunks,
            reports_a_body_that_ends_early,
            stops_reading_a_chunk_line_without_end,
            tells_a_reset_from_the_end_of_a_body,
            tells_that_a_bodys_time_is_over,
            copies_on_after_a_signal,
            writes_all_however_little_the_sink_takes,
            reports_a_sink_that_fails,
            copies_a_long_body_in_constant_memory,
        }

        // All of it.
        "fetch" {
            fetches_a_page_into_the_sink,
            sends_the_fields_and_the_body,
            returns_when_the_answer_is_complete,
            reads_an_answer_that_comes_in_pieces,
            takes_any_status_for_an_answer,
            has_no_interim_answer_among_its_heads,
            needs_no_more_memory_for_a_longer_body,
            follows_redirects_to_the_page,
            follows_no_more_redirects_than_allowed,
            sends_what_a_redirect_makes_of_a_post,
            tells_one_server_nothing_that_was_meant_for_another,
            sends_nothing_in_clear_for_https,
            follows_no_redirect_that_leads_nowhere,
            asks_the_proxy,
            fetches_over_ipv6,
            tries_the_addresses_of_a_host_in_their_order,
            says_that_no_address_takes_the_call,
            says_that_nobody_knows_the_host,
            says_that_nobody_takes_the_call,
            tells_an_empty_reply,
            tells_what_is_no_answer,
            tells_a_body_that_is_cut_short,
            tells_a_connection_that_breaks,
            tells_a_sink_that_takes_no_more,
            survives_an_answer_in_the_middle_of_an_upload,
            gives_up_at_once_when_the_time_is_over,
            gives_up_a_server_that_stops,
            gives_up_a_server_that_drips,
            has_one_deadline_for_all_requests,
            gives_up_a_host_that_takes_no_call,
            waits_as_long_as_it_takes_without_a_deadline,
            leaves_stdout_alone,
        }
        "main" {
            fetches_a_page_to_stdout,
            saves_a_page_under_the_name_it_is_given,
            saves_a_page_under_its_own_name,
            keeps_the_old_file_until_there_is_an_answer,
            says_that_the_page_is_not_whole,
            says_that_it_cannot_write,
            fetches_several_urls_over_one_connection,
            gives_each_url_its_own_file,
            calls_again_when_a_kept_connection_has_ended,
            goes_on_with_the_next_url_after_a_failure,
            shows_a_redirect_and_does_not_follow_it,
            follows_redirects_when_told,
            counts_redirects,
            fetches_a_part,
            finishes_a_download_that_was_cut_short,
            resumes_from_the_byte_it_is_told,
            appends_nothing_that_does_not_belong_there,
            shows_the_head_alone,
            shows_heads_before_the_page,
            saves_the_head_in_a_file,
            says_who_asks,
            keeps_secrets_from_another_host,
            asks_through_a_proxy,
            uploads_a_file,
            uploads_what_comes_on_stdin,
            asks_before_it_uploads_much,
            says_that_the_upload_broke,
            keeps_to_the_rate,
            posts_data,
            posts_files,
            puts_data_into_the_query,
            posts_again_only_where_the_redirect_says_so,
            sends_a_form,
            sends_the_cookies_it_is_given,
            keeps_cookies_in_a_jar,
            reads_a_jar_of_others,
            says_where_it_comes_from_and_what_it_is,
            adds_replaces_and_removes_fields,
            lets_no_argument_end_a_line,
            uses_the_method_it_is_told,
            tells_an_error_from_a_page_when_told,
            writes_out_what_it_is_asked_for,
            shows_the_conversation_when_told,
            is_silent_when_told,
            ends_when_the_time_is_over,
            tries_again_when_told,
            speaks_http_1_0_when_told,
            says_who_could_not_be_reached_and_why,
            says_how_an_answer_failed,
            says_that_a_url_is_none,
            refuses_arguments_that_make_no_sense,
        }
    },
    misconceptions: ALL,
};

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

impl Shown for Framing {
    fn shown(&self) -> String {
        format!("{self:?}")
    }
}
