//! `redirected`: what an answer asks for in place of what was asked.

use std::time::{Duration, Instant};

use super::misconceptions::{
    BAD_LOCATION_TAKEN, BASE_LOST, BODY_FIELDS_KEPT, BODY_KEPT, COOKIES_SENT_ON, CREDENTIALS_LOST,
    CREDENTIALS_SENT_ON, HEAD_MADE_GET, HOST_SENT_ON, HOSTS_WITH_CASE, LAST_SEGMENT_KEPT,
    LOCATION_FRAGMENT, LOCATION_MISREAD, LOCATION_WITH_CASE, METHOD_CHANGED, NO_REDIRECT_TAKEN,
    ONLY_POST_CHANGES, ORIGIN_IS_THREE, OTHER_SCHEME_TAKEN, POST_KEPT, QUERY_OF_BASE_KEPT,
    REDIRECT_MISSED, REQUEST_NOT_KEPT, SCHEME_OF_BASE, SPACE_IN_LOCATION, URL_IN_A_QUERY,
    USER_IN_LOCATION,
};
use super::{FetchError, Functions, Head, Request, Url};
use harness::attempt::{Attempt, Shown};
use harness::finding::{Exhibit, Misconception, Stop};

/// The statuses that redirect.
const REDIRECTS: [u16; 5] = [301, 302, 303, 307, 308];

/// A request's part, which a redirect may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// Scheme, host and port.
    Origin,
    Target,
    User,
    Method,
    Body,
    Fields,
    /// Proxy and deadline.
    Rest,
}

/// What `redirected` gave.
struct Next(Result<Option<Request>, FetchError>);

impl Shown for Next {
    fn shown(&self) -> String {
        match &self.0 {
            Ok(Some(next)) => asks(next),
            Ok(None) => "None".to_owned(),
            Err(error) => format!("the error {error:?}"),
        }
    }
}

/// `GET http://ann:…@example.com/a`.
fn asks(request: &Request) -> String {
    let user = request.url.user.as_ref();
    let shown = Url {
        user: user.map(|(user, _)| (user.clone(), "…".to_owned())),
        ..request.url.clone()
    };
    format!("{} {}", request.method, written(&shown))
}

/// A URL as one writes it.
pub fn written(url: &Url) -> String {
    let user = match &url.user {
        Some((user, password)) => format!("{user}:{password}@"),
        None => String::new(),
    };
    let host = match url.host.contains(':') {
        true => format!("[{}]", url.host),
        false => url.host.clone(),
    };
    let port = match (url.scheme.as_str(), url.port) {
        ("http", 80) | ("https", 443) => String::new(),
        (_, port) => format!(":{port}"),
    };
    format!("{}://{user}{host}{port}{}", url.scheme, url.target)
}

/// A URL whose host is a name or an address, without a user.
pub fn url(scheme: &str, host: &str, port: u16, target: &str) -> Url {
    Url {
        scheme: scheme.to_owned(),
        user: None,
        host: host.to_owned(),
        port,
        target: target.to_owned(),
    }
}

/// A request with nothing but its method and its URL.
pub fn request(method: &str, url: Url) -> Request {
    Request {
        method: method.to_owned(),
        url,
        headers: Vec::new(),
        body: Vec::new(),
        proxy: None,
        deadline: None,
    }
}

/// A word that nobody can know beforehand.
pub fn word() -> String {
    (0..8).map(|_| fastrand::lowercase()).collect()
}

fn fields(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    fields.iter().map(owned).collect()
}

/// The head of an answer with this `Location`, among other fields.
fn moved(status: u16, location: &str) -> Head {
    head(status, "Location", location)
}

fn head(status: u16, name: &str, value: &str) -> Head {
    Head {
        minor_version: 1,
        status,
        reason: "Moved".to_owned(),
        headers: fields(&[
            ("Server", "example"),
            (name, value),
            ("Content-Length", "0"),
        ]),
    }
}

/// The line with `Location`, and a mark under what it says.
fn at_location(head: &Head, remark: impl Into<String>) -> Option<Exhibit> {
    let mut fields = head.headers.iter();
    let (name, value) = fields.find(|field| field.0.eq_ignore_ascii_case("location"))?;
    Some(Exhibit {
        title: "received".to_owned(),
        bytes: format!("{name}: {value}\r\n").into_bytes(),
        from: name.len() + 2,
        to: name.len() + 2 + value.len(),
        remark: remark.into(),
    })
}

fn call(
    f: &Functions,
    attempt: &mut Attempt,
    request: &Request,
    head: &Head,
) -> Result<Result<Option<Request>, FetchError>, Stop> {
    let mut all = head.headers.iter();
    let location = all.find(|field| field.0.eq_ignore_ascii_case("location"));
    let location = location.map_or(String::new(), |(name, value)| format!(" {name}: {value}"));
    let text = format!("redirected({}, {}{location})", asks(request), head.status);
    let (redirected, request, head) = (f.redirected, request.clone(), head.clone());
    let Next(next) = attempt.call("redirected", text, move || {
        Next(redirected(&request, &head))
    })?;
    Ok(next)
}

/// The answer has to lead to `expected`. What differs is looked for in the parts that the case is `about`
/// first, and in the others then.
fn leads_to(
    f: &Functions,
    attempt: &mut Attempt,
    (request, head): (&Request, &Head),
    expected: &Request,
    about: &[(Part, &'static Misconception)],
) -> Result<(), Stop> {
    let of_case = |part: Part| {
        let mut about = about.iter();
        about.find(|(other, _)| *other == part).map(|(_, it)| *it)
    };
    let next = match call(f, attempt, request, head)? {
        Ok(Some(next)) => next,
        other => {
            attempt.remark(format!("expected {}", asks(expected)));
            let is_about_location = of_case(Part::Target).or(of_case(Part::Origin));
            let seen = format!("The answer is {} with a Location", head.status);
            let stop = match other {
                Err(error) => is_about_location
                    .unwrap_or(&LOCATION_MISREAD)
                    .seen(format!("{seen}, and redirected gave the error {error:?}.")),
                _ => REDIRECT_MISSED.seen(format!("{seen}, and redirected gave None.")),
            };
            return Err(shows_location(stop, request, head, expected));
        }
    };
    const PARTS: [Part; 7] = [
        Part::Origin,
        Part::Target,
        Part::User,
        Part::Method,
        Part::Body,
        Part::Fields,
        Part::Rest,
    ];
    let first = about.iter().map(|(part, _)| *part);
    for part in first.chain(PARTS) {
        if let Some((general, observed)) = differs(part, head.status, request, expected, &next) {
            attempt.remark(format!("expected {}", asks(expected)));
            let stop = of_case(part).unwrap_or(general).seen(observed);
            return Err(match part {
                Part::Origin | Part::Target => shows_location(stop, request, head, expected),
                _ => stop,
            });
        }
    }
    Ok(())
}

fn shows_location(stop: Stop, request: &Request, head: &Head, expected: &Request) -> Stop {
    let base = written(&without_user(&request.url));
    let to = written(&without_user(&expected.url));
    match at_location(head, format!("from {base} that is {to}")) {
        Some(exhibit) => stop.pointing_at(exhibit),
        None => stop,
    }
}

fn without_user(url: &Url) -> Url {
    Url {
        user: None,
        ..url.clone()
    }
}

/// What is wrong with a part of the request that came out, if anything: what it comes to where a case has no
/// name of its own for it, and what is seen.
fn differs(
    part: Part,
    status: u16,
    request: &Request,
    expected: &Request,
    next: &Request,
) -> Option<(&'static Misconception, String)> {
    let (was, url) = (&expected.url, &next.url);
    match part {
        Part::Origin => {
            let is_same = url.scheme == was.scheme
                && url.host.eq_ignore_ascii_case(&was.host)
                && url.port == was.port;
            let place = |url: &Url| format!("{}, host {}, port {}", url.scheme, url.host, url.port);
            (!is_same).then(|| {
                let observed =
                    format!("The next request is for {}; it had to be for {}.", place(url), place(was));
                (&LOCATION_MISREAD, observed)
            })
        }
        Part::Target => (url.target != was.target).then(|| {
            let observed = format!(
                "The next request's target is {:?}; it had to be {:?}.",
                url.target, was.target
            );
            (&LOCATION_MISREAD, observed)
        }),
        Part::User => (url.user != was.user).then(|| {
            let told = |user: &Option<(String, String)>| match user {
                Some((user, password)) => format!("{user:?} with password {password:?}"),
                None => "nobody".to_owned(),
            };
            let observed = format!(
                "The next request is in the name of {}; it had to be {}.",
                told(&url.user),
                told(&was.user)
            );
            match was.user {
                None => (&CREDENTIALS_SENT_ON, observed),
                Some(_) => (&CREDENTIALS_LOST, observed),
            }
        }),
        Part::Method => (next.method != expected.method).then(|| {
            let observed = format!(
                "After {status} in answer to {}, the next request is a {}; it had to be a {}.",
                request.method, next.method, expected.method
            );
            let misconception = match request.method.as_str() {
                "HEAD" => &HEAD_MADE_GET,
                _ if matches!(status, 307 | 308) => &METHOD_CHANGED,
                "POST" => &POST_KEPT,
                _ if status == 303 => &POST_KEPT,
                _ => &ONLY_POST_CHANGES,
            };
            (misconception, observed)
        }),
        Part::Body => (next.body != expected.body).then(|| {
            let observed = format!(
                "After {status} in answer to {}, the next request has a body of {} bytes; it had to have \
                 {}.",
                request.method,
                next.body.len(),
                expected.body.len()
            );
            match expected.body.is_empty() {
                true => (&BODY_KEPT, observed),
                false => (&METHOD_CHANGED, observed),
            }
        }),
        Part::Fields => differing_field(expected, next),
        Part::Rest => {
            let what = if next.proxy != expected.proxy {
                "proxy"
            } else if next.deadline != expected.deadline {
                "deadline"
            } else {
                return None;
            };
            let observed = format!("The next request does not have the {what} of the first.");
            Some((&REQUEST_NOT_KEPT, observed))
        }
    }
}

fn differing_field(expected: &Request, next: &Request) -> Option<(&'static Misconception, String)> {
    if next.headers == expected.headers {
        return None;
    }
    let is = |name: &str, other: &str| name.eq_ignore_ascii_case(other);
    if let Some((name, value)) = next
        .headers
        .iter()
        .find(|field| !expected.headers.contains(field))
    {
        let misconception = if is(name, "Authorization") {
            &CREDENTIALS_SENT_ON
        } else if is(name, "Cookie") {
            &COOKIES_SENT_ON
        } else if is(name, "Host") {
            &HOST_SENT_ON
        } else {
            &BODY_FIELDS_KEPT
        };
        let observed = format!("The next request has the field `{name}: {value}`, and must not.");
        return Some((misconception, observed));
    }
    let observed = match expected
        .headers
        .iter()
        .find(|field| !next.headers.contains(field))
    {
        Some((name, value)) => {
            let misconception = match ["Authorization", "Cookie", "Host"]
                .iter()
                .any(|it| is(name, it))
            {
                true => &CREDENTIALS_LOST,
                false => &REQUEST_NOT_KEPT,
            };
            let observed = format!("The next request has lost the field `{name}: {value}`.");
            return Some((misconception, observed));
        }
        None => "The fields of the next request are not in the order of the first's.",
    };
    Some((&REQUEST_NOT_KEPT, observed.to_owned()))
}

/// The same request for another URL.
fn at(request: &Request, url: Url) -> Request {
    Request {
        url,
        ..request.clone()
    }
}

/// The request becomes a GET without a body.
fn as_get(request: &Request) -> Request {
    Request {
        method: "GET".to_owned(),
        body: Vec::new(),
        ..request.clone()
    }
}

pub fn goes_where_location_says(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let (host, new) = (format!("{}.example", word()), format!("/{}?a=b", word()));
    for status in REDIRECTS {
        let mut first = request("GET", url("http", &host, 8000 + status, "/old?x=y"));
        first.headers = fields(&[("Accept", "*/*"), ("X-Word", &word())]);
        let expected = at(&first, url("http", &host, first.url.port, &new));
        let about = [(Part::Origin, &BASE_LOST)];
        leads_to(
            f,
            attempt,
            (&first, &moved(status, &new)),
            &expected,
            &about,
        )?;
    }
    Ok(())
}

pub fn goes_to_another_host(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let first = request("GET", url("http", "example.com", 8080, "/a/b?c"));
    let other = format!("{}.example", word());
    let about = [
        (Part::Origin, &LOCATION_MISREAD),
        (Part::Target, &LOCATION_MISREAD),
    ];
    for (location, expected) in [
        (
            format!("http://{other}:81/x?y=z"),
            url("http", &other, 81, "/x?y=z"),
        ),
        (format!("http://{other}/"), url("http", &other, 80, "/")),
        (format!("HTTP://{other}"), url("http", &other, 80, "/")),
        (
            format!("https://{other}/x"),
            url("https", &other, 443, "/x"),
        ),
        ("http://[::1]:81/x".to_owned(), url("http", "::1", 81, "/x")),
    ] {
        let answer = moved(302, &location);
        leads_to(f, attempt, (&first, &answer), &at(&first, expected), &about)?;
    }
    Ok(())
}

pub fn takes_only_redirects_for_redirects(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let first = request("GET", url("http", "example.com", 80, "/a"));
    let mut answers: Vec<Head> = [200, 201, 202, 300, 304, 305, 306, 399, 404, 503]
        .map(|status| moved(status, "/b"))
        .into();
    answers.extend(REDIRECTS.map(|status| head(status, "Content-Location", "/b")));
    answers.push(moved(302, ""));
    for answer in answers {
        let seen = match call(f, attempt, &first, &answer)? {
            Ok(None) => continue,
            Ok(Some(next)) => format!("redirected asks for {}", written(&next.url)),
            Err(error) => format!("redirected gave the error {error:?}"),
        };
        attempt.remark("expected None");
        let has = match answer.status {
            status if REDIRECTS.contains(&status) => {
                format!("The status is {status}, and there is no Location, or an empty one")
            }
            status => format!("The status is {status}, which redirects nobody"),
        };
        let stop = NO_REDIRECT_TAKEN.seen(format!("{has}; {seen}."));
        return Err(
            match at_location(&answer, "says where else it is, or what was made") {
                Some(exhibit) => stop.pointing_at(exhibit),
                None => stop,
            },
        );
    }
    Ok(())
}

pub fn finds_location_in_any_case(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let first = request("GET", url("http", "example.com", 80, "/a"));
    let expected = at(&first, url("http", "example.com", 80, "/b"));
    for name in ["location", "LOCATION", "LocaTion"] {
        let answer = head(301, name, "/b");
        leads_to(f, attempt, (&first, &answer), &expected, &[]).map_err(|stop| {
            let seen = format!("The answer is 301 with `{name}: /b`, and redirected gave None.");
            stop.rather(&REDIRECT_MISSED, &LOCATION_WITH_CASE, seen)
        })?;
    }
    Ok(())
}

pub fn resolves_a_relative_location(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let leaf = word();
    let below = |folder: &str| format!("{folder}{leaf}");
    let relative: &[(Part, &Misconception)] = &[
        (Part::Origin, &BASE_LOST),
        (Part::Target, &LAST_SEGMENT_KEPT),
    ];
    let query: &[(Part, &Misconception)] = &[
        (Part::Target, &QUERY_OF_BASE_KEPT),
        (Part::Origin, &BASE_LOST),
    ];
    let path: &[(Part, &Misconception)] = &[
        (Part::Origin, &BASE_LOST),
        (Part::Target, &LOCATION_MISREAD),
    ];
    for (base, location, target, about) in [
        ("/a/b/c", below("/"), below("/"), path),
        ("/a/b/c", leaf.clone(), below("/a/b/"), relative),
        ("/a/b/", leaf.clone(), below("/a/b/"), relative),
        ("/", leaf.clone(), below("/"), relative),
        ("/a/b/c", below("./"), below("/a/b/"), relative),
        ("/a/b/c", below("../"), below("/a/"), relative),
        ("/a/b/c", below("../../../"), below("/"), relative),
        ("/a/b/c", below("/x/../"), below("/"), path),
        ("/a/b/c?q=1", below("/"), below("/"), query),
        ("/a/b/c?q=1", leaf.clone(), below("/a/b/"), query),
        ("/a/b/c?q=/d/e", leaf.clone(), below("/a/b/"), query),
        ("/a/b/c?q=1", below("?"), below("/a/b/c?"), query),
        (
            "/a/b/c",
            below("d?e=/f/../"),
            below("/a/b/d?e=/f/../"),
            path,
        ),
        ("/a/b/c", below("/x:y/"), below("/x:y/"), path),
    ] {
        let first = request("GET", url("http", "example.com", 8080, base));
        let expected = at(&first, url("http", "example.com", 8080, &target));
        let answer = moved(302, &location);
        leads_to(f, attempt, (&first, &answer), &expected, about)
            .map_err(|stop| by_urljoin(stop, &first, &location))?;
    }
    Ok(())
}

/// Python resolves references, too.
fn by_urljoin(stop: Stop, first: &Request, location: &str) -> Stop {
    stop.by_hand(format!(
        "python3 -c 'from urllib.parse import urljoin; print(urljoin(\"{}\", \"{location}\"))'",
        written(&first.url)
    ))
}

pub fn keeps_what_a_relative_location_does_not_say(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let about = [(Part::Origin, &BASE_LOST)];
    for base in [
        url("http", "example.com", 80, "/a"),
        url("http", "example.com", 8080, "/a"),
        url("https", "example.com", 443, "/a"),
        url("https", "example.com", 8443, "/a"),
        url("http", "127.0.0.1", 80, "/a"),
        url("http", "::1", 8080, "/a"),
        url("http", "::1", 80, "/a"),
    ] {
        let first = request("GET", base);
        for (location, target) in [("/b", "/b"), ("b", "/b"), ("?b", "/a?b")] {
            let expected = at(
                &first,
                Url {
                    target: target.to_owned(),
                    ..first.url.clone()
                },
            );
            let answer = moved(302, location);
            leads_to(f, attempt, (&first, &answer), &expected, &about)
                .map_err(|stop| by_urljoin(stop, &first, location))?;
        }
    }
    Ok(())
}

pub fn takes_the_scheme_of_the_old_url(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let other = format!("{}.example", word());
    let about = [
        (Part::Origin, &SCHEME_OF_BASE),
        (Part::Target, &SCHEME_OF_BASE),
    ];
    for (scheme, location, port, target) in [
        ("http", format!("//{other}/x?y"), 80, "/x?y"),
        ("http", format!("//{other}:81/x"), 81, "/x"),
        ("http", format!("//{other}"), 80, "/"),
        ("https", format!("//{other}/x"), 443, "/x"),
    ] {
        let first = request("GET", url(scheme, "example.com", 8080, "/a/b"));
        let expected = at(&first, url(scheme, &other, port, target));
        let answer = moved(301, &location);
        leads_to(f, attempt, (&first, &answer), &expected, &about)
            .map_err(|stop| by_urljoin(stop, &first, &location))?;
    }
    Ok(())
}

pub fn takes_no_query_for_a_url(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let other = format!("http://{}.example/", word());
    let first = request("GET", url("http", "example.com", 80, "/a/b"));
    let about = [
        (Part::Origin, &URL_IN_A_QUERY),
        (Part::Target, &URL_IN_A_QUERY),
    ];
    for (location, target) in [
        (
            format!("/login?next={other}"),
            format!("/login?next={other}"),
        ),
        (
            format!("login?next={other}"),
            format!("/a/login?next={other}"),
        ),
        (format!("?next={other}"), format!("/a/b?next={other}")),
    ] {
        let expected = at(&first, url("http", "example.com", 80, &target));
        let answer = moved(302, &location);
        leads_to(f, attempt, (&first, &answer), &expected, &about)
            .map_err(|stop| by_urljoin(stop, &first, &location))?;
    }
    Ok(())
}

pub fn drops_the_fragment_of_location(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let first = request("GET", url("http", "example.com", 80, "/a?b"));
    let about = [(Part::Target, &LOCATION_FRAGMENT)];
    for (location, target) in [
        ("/x#part", "/x"),
        ("http://example.com/x?y#part", "/x?y"),
        ("x#/part?z", "/x"),
        ("#part", "/a?b"),
    ] {
        let expected = at(&first, url("http", "example.com", 80, target));
        leads_to(
            f,
            attempt,
            (&first, &moved(302, location)),
            &expected,
            &about,
        )?;
    }
    Ok(())
}

pub fn takes_a_space_in_location(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let first = request("GET", url("http", "example.com", 80, "/a"));
    let about = [(Part::Target, &SPACE_IN_LOCATION)];
    for (location, target) in [
        ("/a file", "/a%20file"),
        ("http://example.com/x%20y/a file?b c", "/x%20y/a%20file?b+c"),
    ] {
        let expected = at(&first, url("http", "example.com", 80, target));
        leads_to(
            f,
            attempt,
            (&first, &moved(302, location)),
            &expected,
            &about,
        )?;
    }
    Ok(())
}

pub fn makes_get_of_post(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut first = request("POST", url("http", "example.com", 80, "/form"));
    first.body = word().into_bytes();
    first.headers = fields(&[("Accept", "*/*"), ("X-Word", &word())]);
    for status in [303, 302, 301] {
        let expected = as_get(&at(&first, url("http", "example.com", 80, "/done")));
        leads_to(
            f,
            attempt,
            (&first, &moved(status, "/done")),
            &expected,
            &[],
        )?;
    }
    Ok(())
}

pub fn drops_the_fields_of_a_dropped_body(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let kept = fields(&[("Accept", "*/*"), ("X-Content-Kind", &word())]);
    let mut first = request("POST", url("http", "example.com", 80, "/form"));
    first.body = word().into_bytes();
    first.headers = fields(&[
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("content-length", "8"),
        ("Content-Encoding", "identity"),
        ("Content-Language", "en"),
        ("Transfer-Encoding", "chunked"),
        ("Expect", "100-continue"),
    ]);
    for (place, field) in [0, 7].into_iter().zip(&kept) {
        first.headers.insert(place, field.clone());
    }
    for status in [303, 301] {
        let mut expected = as_get(&at(&first, url("http", "example.com", 80, "/done")));
        expected.headers = kept.clone();
        leads_to(
            f,
            attempt,
            (&first, &moved(status, "/done")),
            &expected,
            &[],
        )?;
    }
    Ok(())
}

pub fn keeps_method_and_body_where_it_must(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    for (method, statuses) in [
        ("POST", [307, 308].as_slice()),
        ("PUT", &[307, 308, 301, 302]),
        ("DELETE", &[307, 302]),
        ("PATCH", &[308, 301]),
    ] {
        let mut first = request(method, url("http", "example.com", 80, "/a"));
        first.body = word().into_bytes();
        first.headers = fields(&[("Content-Type", "text/plain"), ("Content-Length", "8")]);
        for status in statuses {
            let expected = at(&first, url("http", "example.com", 80, "/b"));
            let is_kept_anyway = matches!(status, 301 | 302);
            let body = match is_kept_anyway {
                true => &ONLY_POST_CHANGES,
                false => &METHOD_CHANGED,
            };
            let about = [
                (Part::Method, body),
                (Part::Body, body),
                (Part::Fields, body),
            ];
            leads_to(
                f,
                attempt,
                (&first, &moved(*status, "/b")),
                &expected,
                &about,
            )?;
        }
    }
    Ok(())
}

pub fn makes_get_of_any_method_but_head_after_303(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    for method in ["PUT", "DELETE", "PATCH"] {
        let mut first = request(method, url("http", "example.com", 80, "/a"));
        first.body = word().into_bytes();
        let expected = as_get(&at(&first, url("http", "example.com", 80, "/b")));
        leads_to(f, attempt, (&first, &moved(303, "/b")), &expected, &[])?;
    }
    let first = request("HEAD", url("http", "example.com", 80, "/a"));
    for status in REDIRECTS {
        let expected = at(&first, url("http", "example.com", 80, "/b"));
        leads_to(f, attempt, (&first, &moved(status, "/b")), &expected, &[])?;
    }
    Ok(())
}

/// A request that says who asks in every way that there is.
fn in_the_name_of_somebody(scheme: &str, host: &str, port: u16) -> Request {
    let mut first = request("GET", url(scheme, host, port, "/a"));
    first.url.user = Some((word(), word()));
    first.headers = fields(&[
        ("Accept", "*/*"),
        ("Host", "own.example"),
        ("Authorization", &format!("Bearer {}", word())),
        ("Cookie", &format!("session={}", word())),
        ("X-Word", &word()),
        ("cookie", "b=c"),
    ]);
    first
}

/// The request without what was meant for the first origin only.
fn for_another(first: &Request, url: Url) -> Request {
    let mut expected = at(first, url);
    expected
        .headers
        .retain(|(name, _)| name.starts_with("Accept") || name.starts_with("X-"));
    expected
}

pub fn sends_no_secrets_to_another_host(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let other = format!("{}.example", word());
    for location in [format!("http://{other}/b"), format!("//{other}/b")] {
        let first = in_the_name_of_somebody("http", "example.com", 80);
        let expected = for_another(&first, url("http", &other, 80, "/b"));
        leads_to(f, attempt, (&first, &moved(302, &location)), &expected, &[])?;
    }
    Ok(())
}

pub fn knows_an_origin_by_scheme_host_and_port(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let about = [
        (Part::User, &ORIGIN_IS_THREE),
        (Part::Fields, &ORIGIN_IS_THREE),
    ];
    let http = |host: &str, port: u16| url("http", host, port, "/b");
    for ((scheme, host, port), location, to) in [
        // Another port.
        (
            ("http", "example.com", 80),
            "http://example.com:8080/b",
            http("example.com", 8080),
        ),
        (
            ("http", "127.0.0.1", 8000),
            "http://127.0.0.1:8001/b",
            http("127.0.0.1", 8001),
        ),
        // Another scheme.
        (
            ("https", "example.com", 8443),
            "http://example.com:8443/b",
            http("example.com", 8443),
        ),
        // Hosts that look alike.
        (
            ("http", "example.com", 80),
            "http://www.example.com/b",
            http("www.example.com", 80),
        ),
        (
            ("http", "www.example.com", 80),
            "http://example.com/b",
            http("example.com", 80),
        ),
        (
            ("http", "example.com", 80),
            "http://example.com.example.net/b",
            http("example.com.example.net", 80),
        ),
    ] {
        let first = in_the_name_of_somebody(scheme, host, port);
        let expected = for_another(&first, to);
        leads_to(
            f,
            attempt,
            (&first, &moved(307, location)),
            &expected,
            &about,
        )
        .map_err(|stop| {
            let marked = at_location(
                &moved(307, location),
                format!("from {scheme}, host {host}, port {port}: another origin"),
            );
            match marked {
                Some(exhibit) => stop.pointing_at(exhibit),
                None => stop,
            }
        })?;
    }
    Ok(())
}

pub fn keeps_secrets_for_the_same_origin(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut first = in_the_name_of_somebody("http", "example.com", 80);
    // Nothing of these is a part of a URL as it stands.
    first.url.user = Some((format!("{}@home", word()), format!("a:/?#%41 {}", word())));
    let user = [(Part::User, &CREDENTIALS_LOST)];
    let case = [
        (Part::User, &HOSTS_WITH_CASE),
        (Part::Fields, &HOSTS_WITH_CASE),
    ];
    for (location, about) in [
        ("/b", &user[..]),
        ("b", &user),
        ("//example.com/b", &user),
        ("http://example.com/b", &user),
        ("http://example.com:80/b", &user),
        ("http://EXAMPLE.com/b", &case),
    ] {
        let expected = at(
            &first,
            Url {
                target: "/b".to_owned(),
                ..first.url.clone()
            },
        );
        leads_to(
            f,
            attempt,
            (&first, &moved(302, location)),
            &expected,
            about,
        )?;
    }
    Ok(())
}

pub fn takes_the_user_that_location_names(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let mut first = request("GET", url("http", "example.com", 80, "/a"));
    let (user, password) = (word(), word());
    let about = [
        (Part::User, &USER_IN_LOCATION),
        (Part::Origin, &LOCATION_MISREAD),
    ];
    let to = |host: &str| Url {
        user: Some((user.clone(), password.clone())),
        ..url("http", host, 80, "/b")
    };
    let answer = |host: &str| moved(302, &format!("http://{user}:{password}@{host}/b"));
    for had in [None, Some((word(), word()))] {
        first.url.user = had;
        for host in ["example.com", "other.example"] {
            let expected = at(&first, to(host));
            leads_to(f, attempt, (&first, &answer(host)), &expected, &about)?;
        }
    }
    // Fields are no user: at the same origin they stay.
    let first = in_the_name_of_somebody("http", "example.com", 80);
    let expected = at(&first, to("example.com"));
    let answer = answer("example.com");
    leads_to(f, attempt, (&first, &answer), &expected, &about)
}

pub fn keeps_proxy_deadline_and_fields(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut first = request("GET", url("http", "example.com", 80, "/a"));
    first.headers = fields(&[
        ("Range", "bytes=5-"),
        ("User-Agent", &word()),
        ("Accept", "*/*"),
        ("Referer", "http://example.net/"),
        ("X-A", "1"),
        ("X-A", "2"),
    ]);
    first.proxy = Some(Url {
        user: Some((word(), word())),
        ..url("http", "proxy.example", 3128, "/")
    });
    first.deadline = Instant::now().checked_add(Duration::from_secs(100));
    for (location, host, status) in [
        ("/b", "example.com", 302),
        ("http://other.example/b", "other.example", 307),
    ] {
        let expected = at(&first, url("http", host, 80, "/b"));
        let about = [
            (Part::Fields, &REQUEST_NOT_KEPT),
            (Part::Rest, &REQUEST_NOT_KEPT),
        ];
        leads_to(
            f,
            attempt,
            (&first, &moved(status, location)),
            &expected,
            &about,
        )?;
    }
    Ok(())
}

pub fn refuses_a_malformed_location(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    refuses(
        f,
        attempt,
        &[
            "http://",
            "http://example.com:99999/",
            "http://example.com:x/",
            "//[::1/b",
        ],
        &BAD_LOCATION_TAKEN,
        "no URL",
    )?;
    refuses(
        f,
        attempt,
        &[
            "ftp://example.com/b",
            "file:///etc/hostname",
            "mailto:me@example.com",
        ],
        &OTHER_SCHEME_TAKEN,
        "neither http nor https",
    )
}

fn refuses(
    f: &Functions,
    attempt: &mut Attempt,
    locations: &[&str],
    otherwise: &'static Misconception,
    because: &str,
) -> Result<(), Stop> {
    let first = request("GET", url("http", "example.com", 80, "/a/b"));
    for location in locations {
        let answer = moved(302, location);
        let seen = match call(f, attempt, &first, &answer)? {
            Err(FetchError::Url) => continue,
            Err(error) => format!("gave the error {error:?}, where Url is the one"),
            Ok(None) => "gave None".to_owned(),
            Ok(Some(next)) => format!("asks for {}", written(&next.url)),
        };
        attempt.remark("expected the error Url");
        let stop = otherwise.seen(format!("Location is {because}, and redirected {seen}."));
        return Err(match at_location(&answer, because) {
            Some(exhibit) => stop.pointing_at(exhibit),
            None => stop,
        });
    }
    Ok(())
}
