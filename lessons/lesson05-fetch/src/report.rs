//! What there is to say about one URL when it is done: for `-w`, for messages.

use std::net::SocketAddr;
use std::time::Instant;

use super::Head;

pub struct Report {
    /// Counted from 0.
    pub number: usize,
    /// As it was given.
    pub url: String,
    /// The last one asked for.
    pub effective: String,
    pub method: String,
    pub scheme: String,
    /// That of the last answer.
    pub head: Option<Head>,
    pub redirects: u32,
    pub connects: u32,
    pub remote: Option<SocketAddr>,
    pub local: Option<SocketAddr>,
    /// Where a redirect would lead that is not followed.
    pub redirect_url: Option<String>,
    pub referer: Option<String>,
    pub file: Option<String>,
    /// Bytes.
    pub sizes: Sizes,
    pub times: Times,
    pub exit_code: u8,
    pub error: Option<String>,
}

#[derive(Default)]
pub struct Sizes {
    pub downloaded: u64,
    pub uploaded: u64,
    /// Of all heads received.
    pub heads: u64,
    /// Of all that was sent.
    pub requests: u64,
}

/// When each step was done for the last time.
pub struct Times {
    pub begun: Instant,
    pub redirected: Option<Instant>,
    pub resolved: Option<Instant>,
    pub connected: Option<Instant>,
    pub sending: Option<Instant>,
    pub first_byte: Option<Instant>,
    pub done: Option<Instant>,
}

impl Report {
    pub fn new(number: usize, url: &str) -> Report {
        Report {
            number,
            url: url.to_owned(),
            effective: url.to_owned(),
            method: String::new(),
            scheme: String::new(),
            head: None,
            redirects: 0,
            connects: 0,
            remote: None,
            local: None,
            redirect_url: None,
            referer: None,
            file: None,
            sizes: Sizes::default(),
            times: Times {
                begun: Instant::now(),
                redirected: None,
                resolved: None,
                connected: None,
                sending: None,
                first_byte: None,
                done: None,
            },
            exit_code: 0,
            error: None,
        }
    }

    pub fn status(&self) -> u16 {
        self.head.as_ref().map_or(0, |head| head.status)
    }
}
