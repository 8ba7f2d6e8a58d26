//! What holds for any text that is given to `parse_url` of lesson 05's solution.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use solution05::{FetchError, Url, parse_url};

/// Takes the text apart, and looks at whatever comes of it.
///
/// # Panics
///
/// When a part has something in it that it must not have, or when the parts, put together again, are
/// another URL.
pub fn check(text: &str) -> Option<Url> {
    let url = match parse_url(text) {
        Ok(url) => url,
        Err(error) => {
            assert_eq!(error, FetchError::Url, "{text:?}");
            return None;
        }
    };
    let told = format!("{text:?} is {url:?}");
    let ends_a_line = |part: &str| part.contains(|it: char| it.is_ascii_control() || it == ' ');
    assert!(["http", "https"].contains(&&*url.scheme), "{told}");
    assert!(!url.host.is_empty() && !ends_a_line(&url.host), "{told}");
    assert!(!url.host.contains(['/', '?', '#', '@', '[', ']']), "{told}");
    assert!(url.port > 0, "{told}");
    assert!(url.target.starts_with('/'), "{told}");
    assert!(
        !url.target.contains('#') && !ends_a_line(&url.target),
        "{told}"
    );
    let (path, _) = url.target.split_once('?').unwrap_or((&url.target, ""));
    assert!(path.split('/').all(|it| it != "." && it != ".."), "{told}");
    let again = put_together(&url);
    assert_eq!(parse_url(&again).as_ref(), Ok(&url), "{told}, or {again:?}");
    Some(url)
}

/// The URL with these parts, each of which it says.
pub fn put_together(url: &Url) -> String {
    let Url {
        scheme,
        user,
        host,
        port,
        target,
    } = url;
    let coded = |part| utf8_percent_encode(part, NON_ALPHANUMERIC).to_string();
    let user = match user {
        Some((user, password)) => format!("{}:{}@", coded(user), coded(password)),
        None => String::new(),
    };
    match host.contains(':') {
        true => format!("{scheme}://{user}[{host}]:{port}{target}"),
        false => format!("{scheme}://{user}{host}:{port}{target}"),
    }
}
