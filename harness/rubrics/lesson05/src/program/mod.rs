//! The program `fetch [OPTIONS] URL…`: a small curl.
//!
//! Its options come in the order in which introductions to curl present them. curl is the specification: it
//! passes each of these cases. Requests are compared by what they mean, stderr by what must stand there.

mod access;
mod cookies;
mod fields;
mod heads;
mod posting;
mod redirects;
mod results;
mod resuming;
mod saving;
mod shell;
mod time;
mod uploading;

pub use access::{asks_through_a_proxy, says_who_asks};
pub use cookies::{keeps_cookies_in_a_jar, reads_a_jar_of_others, sends_the_cookies_it_is_given};
pub use fields::{
    adds_replaces_and_removes_fields, lets_no_argument_end_a_line,
    says_where_it_comes_from_and_what_it_is, speaks_http_1_0_when_told, uses_the_method_it_is_told,
};
pub use heads::{saves_the_head_in_a_file, shows_heads_before_the_page, shows_the_head_alone};
pub use posting::{posts_data, posts_files, puts_data_into_the_query, sends_a_form};
pub use redirects::{
    counts_redirects, follows_redirects_when_told, keeps_secrets_from_another_host,
    posts_again_only_where_the_redirect_says_so, shows_a_redirect_and_does_not_follow_it,
};
pub use results::{
    is_silent_when_told, refuses_arguments_that_make_no_sense, says_how_an_answer_failed,
    says_that_a_url_is_none, says_who_could_not_be_reached_and_why,
    shows_the_conversation_when_told, tells_an_error_from_a_page_when_told,
    writes_out_what_it_is_asked_for,
};
pub use resuming::{
    appends_nothing_that_does_not_belong_there, fetches_a_part,
    finishes_a_download_that_was_cut_short, resumes_from_the_byte_it_is_told,
};
pub use saving::{
    calls_again_when_a_kept_connection_has_ended, fetches_a_page_to_stdout,
    fetches_several_urls_over_one_connection, gives_each_url_its_own_file,
    goes_on_with_the_next_url_after_a_failure, keeps_the_old_file_until_there_is_an_answer,
    saves_a_page_under_its_own_name, saves_a_page_under_the_name_it_is_given,
    says_that_it_cannot_write, says_that_the_page_is_not_whole,
};
pub use time::{ends_when_the_time_is_over, keeps_to_the_rate, tries_again_when_told};
pub use uploading::{
    asks_before_it_uploads_much, says_that_the_upload_broke, uploads_a_file,
    uploads_what_comes_on_stdin,
};
