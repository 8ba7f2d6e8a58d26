//! URLs as text: what is shown of them, and what options put into them.

use std::path::{Path, PathBuf};

use percent_encoding::utf8_percent_encode;

use super::data::RESERVED;
use super::failure::{Failure, code};
use super::fields::find;
use super::{Head, Url};

/// The URL as text, without who asks, and without a fragment.
pub fn text_of(url: &Url) -> String {
    let host = match url.host.contains(':') {
        true => format!("[{}]", url.host),
        false => url.host.clone(),
    };
    let port = match (url.scheme.as_str(), url.port) {
        ("http", 80) | ("https", 443) => String::new(),
        (_, port) => format!(":{port}"),
    };
    format!("{}://{host}{port}{}", url.scheme, url.target)
}

/// What stands between `://` and the path.
pub fn authority_of(text: &str) -> &str {
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    &text[..text.find(['/', '?', '#']).unwrap_or(text.len())]
}

/// The URL as it is shown once it was understood: with its scheme, its path, and all else as it was given.
pub fn shown(text: &str, url: &Url) -> String {
    let fragment = text.find('#').map_or("", |place| &text[place..]);
    format!(
        "{}://{}{}{fragment}",
        url.scheme,
        authority_of(text),
        url.target
    )
}

/// The URL that `Location` leads to, as it is shown: with the user and the fragment that it has.
pub fn shown_next(before: &str, head: &Head, url: &Url) -> String {
    let location = find(&head.headers, "Location").unwrap_or_default();
    let absolute = location.contains("://") || location.starts_with("//");
    let authority = match absolute {
        true => authority_of(location.trim_start_matches('/')),
        false => authority_of(before),
    };
    let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
    let fragment = location.find('#').map_or("", |place| &location[place..]);
    let text = text_of(url) + fragment;
    match user {
        "" => text,
        user => text.replacen("://", &format!("://{user}@"), 1),
    }
}

/// The URL without the user and the password in it.
pub fn without_user(text: &str) -> String {
    let authority = authority_of(text);
    match authority.rsplit_once('@') {
        Some((_, host)) => text.replacen(authority, host, 1),
        None => text.to_owned(),
    }
}

/// The path in the text of a URL, with what stands before and behind it.
fn around_path(text: &str) -> (&str, &str, &str) {
    let start = text.find("://").map_or(0, |place| place + 3);
    let end = text.find(['?', '#']).unwrap_or(text.len());
    let path = text[start..end.max(start)]
        .find('/')
        .map_or(end, |place| start + place);
    (
        &text[..path],
        &text[path..end.max(path)],
        &text[end.max(path)..],
    )
}

pub fn with_query(text: &str, query: &str) -> String {
    let (before, path, behind) = around_path(text);
    let (old, fragment) = behind.split_at(behind.find('#').unwrap_or(behind.len()));
    let path = if path.is_empty() { "/" } else { path };
    let mark = match old {
        "" if query.is_empty() => "",
        "" => "?",
        "?" => "",
        _ => "&",
    };
    format!("{before}{path}{old}{mark}{query}{fragment}")
}

/// A URL that ends in a slash, or has no path, gets the file's name.
pub fn with_name(text: &str, file: &Path) -> String {
    let (before, path, behind) = around_path(text);
    let Some(name) = file
        .file_name()
        .filter(|_| path.is_empty() || path.ends_with('/'))
    else {
        return text.to_owned();
    };
    let name = name.to_string_lossy();
    let name = utf8_percent_encode(&name, RESERVED);
    let path = if path.is_empty() { "/" } else { path };
    format!("{before}{path}{name}{behind}")
}

/// The last segment of the path.
pub fn name_in(text: &str) -> Result<PathBuf, Failure> {
    let (_, path, _) = around_path(text);
    match path.rsplit('/').next().unwrap_or_default() {
        "" | "." | ".." => Err(Failure::new(
            code::WRITE,
            format!("Remote file name has no length: -O finds none in {text}"),
        )),
        name => Ok(PathBuf::from(name)),
    }
}
