//! What the options come to: what is the same for all URLs, and what each URL has of its own.

use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::body::{Body, read_all};
use super::failure::{Failure, code};
use super::fields::Own;
use super::form;
use super::options::{Kind, Options, Resume, Target};
use super::{FetchError, Url, parse_url};

/// curl's port for proxies whose URL has none.
const PROXY_PORT: u16 = 1080;
/// What may stand in a path as it is (RFC 3986 section 2.3).
const NOT_IN_PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The same for all URLs.
pub struct Plan {
    pub options: Options,
    pub own: Own,
    /// What `-d` or `-F` sends.
    pub body: Option<Body>,
    pub content_type: Option<String>,
    pub proxy: Option<Url>,
    /// From `-u`.
    pub user: Option<(String, String)>,
    /// The cookies that `-b` names itself.
    pub cookies: Option<String>,
    /// The files of `-b`.
    pub cookie_files: Vec<String>,
    /// The format of `-w`.
    pub write_out: Option<String>,
    query: Option<String>,
}

/// One URL, and what is done with it.
pub struct Job {
    /// Counted from 0.
    pub number: usize,
    pub url: String,
    /// `GET`, `HEAD`, `POST` or `PUT`, whatever `-X` says.
    pub method: &'static str,
    /// `None` is stdout.
    pub file: Option<PathBuf>,
    /// What `-T` sends.
    pub upload: Option<Body>,
    /// How much there is already.
    pub resume: u64,
}

impl Plan {
    /// # Errors
    ///
    /// When something that an option names cannot be read, or is malformed.
    pub fn new(options: Options) -> Result<Plan, Failure> {
        let kind = options.kind();
        let (mut body, mut content_type, mut query) = (None, None, None);
        match kind {
            Kind::Form => {
                let (form, kind) = form::encode(&options.form)?;
                (body, content_type) = (Some(form), Some(kind));
            }
            Kind::Post => {
                body = Some(Body::Bytes(Body::of_data(&options.body)?));
                content_type = Some("application/x-www-form-urlencoded".to_owned());
            }
            Kind::Get | Kind::Head if !options.body.is_empty() => {
                query = Some(String::from_utf8_lossy(&Body::of_data(&options.body)?).into_owned());
            }
            Kind::Get | Kind::Head => {}
        }
        let own = Own::parse(&options.header)?;
        if kind == Kind::Form
            && let (Some(ours), Some(theirs)) = (&mut content_type, own.get("Content-Type"))
            && let Some(boundary) = ours.split_once(';')
        {
            // Without the boundary nobody could tell the parts.
            *ours = format!("{theirs};{}", boundary.1);
        }
        let (cookies, cookie_files): (Vec<_>, Vec<_>) = options
            .cookie
            .iter()
            .cloned()
            .partition(|it| it.contains('='));
        let write_out = match options
            .write_out
            .as_deref()
            .map(|it| (it, it.strip_prefix('@')))
        {
            Some((_, Some(file))) => Some(String::from_utf8_lossy(&read_all(file)?).into_owned()),
            Some((format, None)) => Some(format.to_owned()),
            None => None,
        };
        Ok(Plan {
            proxy: options
                .proxy
                .as_deref()
                .filter(|it| !it.is_empty())
                .map(proxy)
                .transpose()?,
            user: options.user.as_deref().map(|user| {
                let (user, password) = user.split_once(':').unwrap_or((user, ""));
                (user.to_owned(), password.to_owned())
            }),
            cookies: Some(cookies.join("; ")).filter(|it| !it.is_empty() && !own.has("Cookie")),
            cookie_files,
            write_out,
            own,
            body,
            content_type,
            query,
            options,
        })
    }

    /// What is to be done with the URL of this number.
    ///
    /// # Errors
    ///
    /// When what it sends cannot be read, or it has no name for `-O`.
    pub fn job(&self, number: usize) -> Result<Job, Failure> {
        let mut url = self.options.urls[number].clone();
        if let Some(query) = &self.query {
            url = with_query(&url, query);
        }
        let file = match self.options.targets.get(number) {
            None | Some(Target::Stdout) => None,
            Some(Target::File(file)) => Some(file.clone()),
            Some(Target::NamedByUrl) => Some(name_in(&url)?),
        };
        let mut resume = match self.options.continue_at {
            None => 0,
            Some(Resume::At(offset)) => offset,
            Some(Resume::FileEnd) => {
                let length = |file: &PathBuf| std::fs::metadata(file).map(|it| it.len()).ok();
                file.as_ref().and_then(length).unwrap_or(0)
            }
        };
        let upload = match self.options.upload_file.get(number) {
            None => None,
            Some(file) if matches!(file.to_str(), Some("-" | ".")) => Some(Body::Stdin),
            Some(file) => {
                url = with_name(&url, file);
                // How much of it the server has, it does not say.
                if matches!(self.options.continue_at, Some(Resume::FileEnd)) {
                    resume = 0;
                }
                Some(Body::of_file(file, resume)?)
            }
        };
        Ok(Job {
            number,
            url,
            method: match self.options.kind() {
                _ if upload.is_some() => "PUT",
                Kind::Head => "HEAD",
                Kind::Post | Kind::Form => "POST",
                Kind::Get => "GET",
            },
            file,
            upload,
            resume,
        })
    }

    /// The word in the request line.
    pub fn method<'a>(&'a self, intrinsic: &'a str) -> &'a str {
        self.options.request.as_deref().unwrap_or(intrinsic)
    }
}

/// Reads a URL. Of schemes that are not spoken here there is more to say than that the URL is malformed.
///
/// # Errors
///
/// 3 for a URL that is none, 1 for such schemes.
pub fn read_url(text: &str) -> Result<Url, Failure> {
    match parse_url(text) {
        Ok(url) if url.scheme == "https" => Err(no_https(text)),
        Ok(url) => Ok(url),
        Err(error) => Err(match text.split_once("://") {
            Some((scheme, _)) if is_foreign(scheme) => Failure::new(
                code::UNSUPPORTED,
                format!("Protocol \"{scheme}\" not supported: {text}"),
            ),
            _ => Failure::new(
                error as u8,
                format!("URL using bad/illegal format or missing URL: {text:?}"),
            ),
        }),
    }
}

pub fn no_https(url: &str) -> Failure {
    Failure::new(
        code::UNSUPPORTED,
        format!("Protocol \"https\" not supported before lesson 10, which teaches TLS: {url}"),
    )
}

/// Whether it is a scheme, and none of ours.
pub fn is_foreign(scheme: &str) -> bool {
    let letters = scheme.starts_with(|it: char| it.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|it| it.is_ascii_alphanumeric() || "+-.".contains(it));
    letters && !["http", "https"].contains(&scheme.to_ascii_lowercase().as_str())
}

fn proxy(text: &str) -> Result<Url, Failure> {
    if let Some((scheme, _)) = text.split_once("://")
        && !scheme.eq_ignore_ascii_case("http")
    {
        return Err(Failure::new(
            FetchError::Connect as u8,
            format!("Unsupported proxy scheme for '{text}': only http is spoken here"),
        ));
    }
    let mut url = parse_url(text).map_err(|_| {
        // curl's code for it: 5, "Couldn't resolve proxy".
        Failure::new(5, format!("Unsupported proxy syntax in '{text}'"))
    })?;
    let authority = authority_of(text);
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let port = host.rsplit_once(']').map_or(host, |(_, port)| port);
    if !port.contains(':') {
        url.port = PROXY_PORT;
    }
    Ok(url)
}

/// What stands between `://` and the path.
fn authority_of(text: &str) -> &str {
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

fn with_query(text: &str, query: &str) -> String {
    let (before, path, behind) = around_path(text);
    let (old, fragment) = behind.split_at(behind.find('#').unwrap_or(behind.len()));
    let path = if path.is_empty() { "/" } else { path };
    let mark = match old {
        "" => "?",
        "?" => "",
        _ if query.is_empty() => "",
        _ => "&",
    };
    format!("{before}{path}{old}{mark}{query}{fragment}")
}

/// A URL that ends in a slash, or has no path, gets the file's name.
fn with_name(text: &str, file: &Path) -> String {
    let (before, path, behind) = around_path(text);
    let Some(name) = file
        .file_name()
        .filter(|_| path.is_empty() || path.ends_with('/'))
    else {
        return text.to_owned();
    };
    let name = name.to_string_lossy();
    let name = utf8_percent_encode(&name, NOT_IN_PATH);
    let path = if path.is_empty() { "/" } else { path };
    format!("{before}{path}{name}{behind}")
}

/// The last segment of the path.
fn name_in(text: &str) -> Result<PathBuf, Failure> {
    let (_, path, _) = around_path(text);
    match path.rsplit('/').next().unwrap_or_default() {
        "" | "." | ".." => Err(Failure::new(
            code::WRITE,
            format!("Remote file name has no length: -O finds none in {text}"),
        )),
        name => Ok(PathBuf::from(name)),
    }
}
