//! Lesson 05, fetch: a small curl, by RFC 3986, RFC 9110 and RFC 9112.
//!
//! The cases are a ladder: a URL, a request, a head, a body of known length, redirects, chunks; then the
//! program, with its options in the order in which people meet them.

mod misconceptions;
mod origin;
mod program;

use std::io::{BufRead, Write};
use std::time::Instant;

use crate::cases;
use crate::lesson::Lesson;

use misconceptions::ALL;
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
