//! What the options come to: what is the same for all URLs, and what each URL has of its own.

use std::path::PathBuf;

use super::body::{Body, read_all};
use super::data::Data;
use super::failure::{Failure, code};
use super::fields::Own;
use super::form;
use super::options::{Kind, Options, Resume, Target};
use super::url_text::{authority_of, name_in, with_name, with_query};
use super::{FetchError, Url, parse_url};

/// curl's port for proxies whose URL has none.
const PROXY_PORT: u16 = 1080;

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
        let mut own = Own::parse(&options.header)?;
        let (mut body, mut content_type, mut query) = (None, None, None);
        match kind {
            Kind::Form => {
                let (form, kind) = form::encode(&options.fields, own.get("Content-Type"))?;
                (body, content_type) = (Some(form), Some(kind));
                own.fields
                    .retain(|(name, _)| !name.eq_ignore_ascii_case("Content-Type"));
            }
            Kind::Post => {
                body = Some(Body::Bytes(Data::join(&options.body)?));
                content_type = Some("application/x-www-form-urlencoded".to_owned());
            }
            Kind::Get | Kind::Head if !options.body.is_empty() => {
                query = Some(String::from_utf8_lossy(&Data::join(&options.body)?).into_owned());
            }
            Kind::Get | Kind::Head => {}
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
            // The lines of a file are for its writer: `\n` is what prints a line end.
            Some((_, Some(file))) => {
                Some(String::from_utf8_lossy(&read_all(file)?).replace(['\r', '\n'], ""))
            }
            Some((format, None)) => Some(format.to_owned()),
            None => None,
        };
        let proxy = options.proxy.as_deref().filter(|it| !it.is_empty());
        let mut proxy = proxy.map(read_proxy).transpose()?;
        if let (Some(proxy), Some(user)) = (&mut proxy, &options.proxy_user) {
            proxy.user.get_or_insert_with(|| user_and_password(user));
        }
        Ok(Plan {
            proxy,
            user: options.user.as_deref().map(user_and_password),
            cookies: Some(cookies.join(";")).filter(|it| !it.is_empty() && !own.has("Cookie")),
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
            None if self.options.remote_name_all => Some(name_in(&url)?),
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

fn user_and_password(text: &str) -> (String, String) {
    let (user, password) = text.split_once(':').unwrap_or((text, ""));
    (user.to_owned(), password.to_owned())
}

fn read_proxy(text: &str) -> Result<Url, Failure> {
    if let Some((scheme, _)) = text.split_once("://")
        && !scheme.eq_ignore_ascii_case("http")
    {
        return Err(Failure::new(
            FetchError::Connect as u8,
            format!("Unsupported proxy scheme for '{text}': only http is spoken here"),
        ));
    }
    let mut url = parse_url(text).map_err(|_| {
        Failure::new(
            code::RESOLVE_PROXY,
            format!("Unsupported proxy syntax in '{text}'"),
        )
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
