//! `parse_url`: each part of a URL, and no part of what is none.

use std::iter;

use super::misconceptions::{
    AUTHORITY_END, BRACKETS_KEPT, CREDENTIALS_ENCODED, CREDENTIALS_TWICE, CUT_IN_A_CHARACTER,
    DECODED_FIRST, DEFAULT_PORT, DOTS_ABOVE, DOTS_IN_NAMES, DOTS_IN_QUERY, DOTS_KEPT,
    EMPTY_SEGMENTS, FRAGMENT_SENT, HOST_TAKEN, IPV6_MISREAD, IPV6_TAKEN, NO_ADDRESS, NO_HOST,
    NO_SCHEME, PASSWORD_CUT, PATH_MISSING, PORT_MISREAD, PORT_TAKEN, QUERY_LOST, SCHEME_CASE,
    SCHEME_TAKEN, SPACE_TAKEN, TARGET_CHANGED, TWO_ATS, URL_MISREAD, URL_OTHER_ERROR, USER_MISREAD,
};
use super::{FetchError, Functions, Url};
use harness::attempt::{Attempt, Shown};
use harness::conduct;
use harness::finding::{Exhibit, Misconception, Stop};
use harness::rubric::message::word;

/// A text, and the URL that it is. `http`, port 80 and `/` where nothing else is said.
struct Meant {
    text: String,
    url: Url,
    /// What of the text is looked at.
    part: String,
    /// What it means that there is an error, or another host or port, if that says it better than the case.
    by_host: Option<&'static Misconception>,
}

/// This text is a URL of that host.
fn meant(text: impl Into<String>, host: &str) -> Meant {
    let text = text.into();
    Meant {
        part: text.clone(),
        by_host: None,
        text,
        url: Url {
            scheme: "http".to_owned(),
            user: None,
            host: host.to_owned(),
            port: 80,
            target: "/".to_owned(),
        },
    }
}

impl Meant {
    fn scheme(mut self, scheme: &str, port: u16) -> Meant {
        self.url.scheme = scheme.to_owned();
        self.port(port)
    }

    fn user(mut self, user: &str, password: &str) -> Meant {
        self.url.user = Some((user.to_owned(), password.to_owned()));
        self
    }

    fn port(mut self, port: u16) -> Meant {
        self.url.port = port;
        self
    }

    fn target(mut self, target: impl Into<String>) -> Meant {
        self.url.target = target.into();
        self
    }

    /// The authority ends here at something else than a slash.
    fn ends_without_a_slash(mut self) -> Meant {
        self.by_host = Some(&AUTHORITY_END);
        self
    }

    /// Marks the first place of the text where this stands.
    fn marking(mut self, part: &str) -> Meant {
        self.part = part.to_owned();
        self
    }
}

/// The name of a host that nobody can know beforehand.
fn any_host() -> String {
    format!("{}.example", word(6))
}

/// A port that no scheme has for its own. The largest are looked at by themselves.
fn any_port() -> u16 {
    fastrand::u16(1024..=9999)
}

fn parse(
    f: &Functions,
    attempt: &mut Attempt,
    text: &str,
) -> Result<Result<Url, FetchError>, Stop> {
    let parse_url = f.parse_url;
    let given = text.to_owned();
    attempt.call("parse_url", format!("parse_url({text:?})"), move || {
        parse_url(&given)
    })
}

/// The text, with a mark under the first place where `part` stands.
fn exhibit(text: &str, part: &str, remark: impl Into<String>) -> Exhibit {
    let from = text.find(part).unwrap_or(0);
    let to = match text.contains(part) {
        true => from + part.len(),
        false => text.len(),
    };
    Exhibit {
        title: "URL".to_owned(),
        bytes: text.as_bytes().to_vec(),
        from,
        to,
        remark: remark.into(),
    }
}

/// What curl makes of the same text.
fn by_hand(text: &str) -> Option<String> {
    let word = shlex::try_quote(text).ok()?;
    let typed = !text.chars().any(char::is_control);
    typed.then(|| {
        format!("nc -lN 127.0.0.1 8900 & curl -gsS -m 1 --connect-to ::127.0.0.1:8900 -- {word}")
    })
}

/// The error that curl gives for the same text.
fn refused_by_hand(text: &str) -> Option<String> {
    let word = shlex::try_quote(text).ok()?;
    let typed = !text.chars().any(char::is_control);
    typed.then(|| format!("curl -gsS -- {word}; echo $?"))
}

fn with_command(stop: Stop, command: Option<String>) -> Stop {
    match command {
        Some(command) => stop.by_hand(command),
        None => stop,
    }
}

/// The parts in which two URLs differ: how each is called, what is expected, and what came.
fn differences(expected: &Url, gave: &Url) -> Vec<(&'static str, String, String)> {
    let user = |url: &Url| match &url.user {
        None => "nobody".to_owned(),
        Some((user, _)) => format!("{user:?}"),
    };
    let password = |url: &Url| match &url.user {
        None => "none".to_owned(),
        Some((_, password)) => format!("{password:?}"),
    };
    let all = |url: &Url| {
        [
            ("scheme", format!("{:?}", url.scheme)),
            ("user", user(url)),
            ("password", password(url)),
            // Its case does not matter.
            ("host", format!("{:?}", url.host.to_ascii_lowercase())),
            ("port", url.port.to_string()),
            ("target", format!("{:?}", url.target)),
        ]
    };
    iter::zip(all(expected), all(gave))
        .filter(|((_, expected), (_, gave))| expected != gave)
        .map(|((name, expected), (_, gave))| (name, expected, gave))
        .collect()
}

/// Is this the target without some of its empty segments?
fn is_less_of(target: &str, whole: &str) -> bool {
    let segments = |text: &str| -> Vec<String> {
        let segments = text.split('/').filter(|it| !it.is_empty());
        segments.map(str::to_owned).collect()
    };
    target.starts_with('/') && target.len() < whole.len() && segments(target) == segments(whole)
}

/// The text is a URL with these parts, or the misconception shows. Some differences say by themselves
/// what they come from.
fn must_be(
    f: &Functions,
    attempt: &mut Attempt,
    meant: &Meant,
    otherwise: &'static Misconception,
) -> Result<(), Stop> {
    let Meant {
        text,
        url,
        part,
        by_host,
    } = meant;
    let gave = match parse(f, attempt, text)? {
        Ok(gave) => gave,
        Err(error) => {
            attempt.remark("expected a URL, and no error");
            let stop = by_host.unwrap_or(otherwise).seen(format!(
                "parse_url gave the error {error:?} for {text}, which is a URL."
            ));
            let shown = exhibit(text, part, "nothing is wrong with this");
            return Err(with_command(stop.pointing_at(shown), by_hand(text)));
        }
    };
    let differences = differences(url, &gave);
    let Some((name, expected, came)) = differences.first() else {
        return Ok(());
    };
    attempt.remark(format!("expected the {name} {expected}"));
    let misconception = if name == &"host" && gave.host == format!("[{}]", url.host) {
        &BRACKETS_KEPT
    } else if gave.target.contains('#') {
        &FRAGMENT_SENT
    } else if url.user.is_none() && gave.user.is_some() {
        // The `@` stands behind the authority.
        &AUTHORITY_END
    } else if name == &"target" && !text.contains("/.") && is_less_of(&gave.target, &url.target) {
        &EMPTY_SEGMENTS
    } else if matches!(*name, "host" | "port") {
        by_host.unwrap_or(otherwise)
    } else {
        otherwise
    };
    let others: Vec<&str> = differences[1..].iter().map(|(name, ..)| *name).collect();
    let others = match others.as_slice() {
        [] => String::new(),
        others => format!(" Not as expected either: {}.", others.join(", ")),
    };
    let stop = misconception.seen(format!(
        "Of {text}, parse_url gave as the {name}: {came}. It is: {expected}.{others}"
    ));
    let shown = exhibit(text, part, format!("{name}: {expected}"));
    Err(with_command(stop.pointing_at(shown), by_hand(text)))
}

/// The text is no URL because of `part`: `remark` says why.
fn must_refuse(
    f: &Functions,
    attempt: &mut Attempt,
    text: &str,
    part: &str,
    remark: &str,
    otherwise: &'static Misconception,
) -> Result<(), Stop> {
    let stop = match parse(f, attempt, text)? {
        Err(FetchError::Url) => return Ok(()),
        Ok(gave) => otherwise.seen(format!(
            "parse_url was given {text:?}, which is no URL: {remark}. It gave {}.",
            gave.shown()
        )),
        Err(error) => URL_OTHER_ERROR.seen(format!(
            "parse_url was given {text:?}, which is no URL: {remark}. It gave the error {error:?}."
        )),
    };
    attempt.remark("expected the error Url");
    let shown = exhibit(text, part, remark);
    Err(with_command(stop.pointing_at(shown), refused_by_hand(text)))
}

pub fn takes_a_url_apart(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let (host, page, port) = (any_host(), word(6), any_port());
    for url in [
        meant(format!("http://{host}/{page}.html"), &host).target(format!("/{page}.html")),
        meant(format!("http://{host}:{port}/{page}/a"), &host)
            .port(port)
            .target(format!("/{page}/a")),
        meant("http://127.0.0.1/", "127.0.0.1"),
    ] {
        must_be(f, attempt, &url, &URL_MISREAD)?;
    }
    Ok(())
}

pub fn knows_the_port(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let (host, port) = (any_host(), any_port());
    for (text, scheme, expected) in [
        (format!("http://{host}:{port}/"), "http", port),
        (format!("https://{host}:{port}/"), "https", port),
        (format!("https://{host}:80/"), "https", 80),
        (format!("http://{host}:443/"), "http", 443),
        (format!("http://{host}:1/"), "http", 1),
        (format!("http://{host}:65535/"), "http", 65535),
    ] {
        let part = format!(":{expected}");
        let url = meant(text, &host).scheme(scheme, expected).marking(&part);
        must_be(f, attempt, &url, &PORT_MISREAD)?;
    }
    for (text, scheme, expected) in [
        (format!("http://{host}/"), "http", 80),
        (format!("https://{host}/"), "https", 443),
        (format!("http://{host}:/"), "http", 80),
        (format!("https://{host}:/"), "https", 443),
    ] {
        let url = meant(text, &host).scheme(scheme, expected);
        let url = url.marking(scheme);
        must_be(f, attempt, &url, &DEFAULT_PORT)?;
    }
    Ok(())
}

pub fn keeps_the_query_in_the_target(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let (host, name, port) = (any_host(), word(6), any_port());
    for query in [
        format!("?{name}=1&b=c"),
        "?a?b?".to_owned(),
        format!("?next=http://{name}:1/x"),
        "?".to_owned(),
    ] {
        let target = format!("/{name}{query}");
        let url = meant(format!("http://{host}{target}"), &host).target(target);
        must_be(f, attempt, &url.marking(&query), &QUERY_LOST)?;
    }
    for (text, port, target, part) in [
        (format!("http://{host}"), 80, "/".to_owned(), host.clone()),
        (
            format!("http://{host}:{port}"),
            port,
            "/".to_owned(),
            host.clone(),
        ),
        (
            format!("http://{host}?{name}=1"),
            80,
            format!("/?{name}=1"),
            "?".to_owned(),
        ),
        (
            format!("http://{host}:{port}?a=/b"),
            port,
            "/?a=/b".to_owned(),
            "?".to_owned(),
        ),
    ] {
        let mut url = meant(text, &host).port(port).target(target).marking(&part);
        if part == "?" {
            url = url.ends_without_a_slash();
        }
        must_be(f, attempt, &url, &PATH_MISSING)?;
    }
    Ok(())
}

pub fn leaves_the_fragment_out(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let (host, name, port) = (any_host(), word(6), any_port());
    for (before, port, target, fragment) in [
        (
            format!("/{name}"),
            80,
            format!("/{name}"),
            format!("#{name}"),
        ),
        (
            format!("/{name}?a=b"),
            80,
            format!("/{name}?a=b"),
            "#c".to_owned(),
        ),
        (
            format!("/{name}"),
            80,
            format!("/{name}"),
            "#a?b=c".to_owned(),
        ),
        (
            format!("/{name}"),
            80,
            format!("/{name}"),
            "#a/../b#c".to_owned(),
        ),
        ("/".to_owned(), 80, "/".to_owned(), "#".to_owned()),
        (String::new(), 80, "/".to_owned(), format!("#{name}")),
        (
            format!(":{port}"),
            port,
            "/".to_owned(),
            "#/a:b@c".to_owned(),
        ),
    ] {
        let url = meant(format!("http://{host}{before}{fragment}"), &host);
        let url = url.port(port).target(target).marking(&fragment);
        must_be(f, attempt, &url, &FRAGMENT_SENT)?;
    }
    Ok(())
}

pub fn takes_a_url_without_a_scheme(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let (host, name, port) = (any_host(), word(6), any_port());
    for (rest, port, target) in [
        (format!("/{name}"), 80, format!("/{name}")),
        (String::new(), 80, "/".to_owned()),
        (format!(":{port}"), port, "/".to_owned()),
        (format!(":{port}/{name}?a"), port, format!("/{name}?a")),
        (format!("?a={name}"), 80, format!("/?a={name}")),
    ] {
        let url = meant(format!("{host}{rest}"), &host)
            .port(port)
            .target(target);
        must_be(f, attempt, &url, &NO_SCHEME)?;
    }
    // There is one further on, which is none of this URL's.
    let target = format!("/login?next=http://{name}/");
    let url = meant(format!("{host}{target}"), &host).target(target);
    must_be(f, attempt, &url.marking("://"), &NO_SCHEME)?;
    let url = meant(format!("{host}?to=ftp://{name}"), &host).target(format!("/?to=ftp://{name}"));
    must_be(f, attempt, &url.marking("://"), &NO_SCHEME)
}

pub fn knows_http_and_https_only(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let host = any_host();
    for (scheme, lower, port) in [
        ("HTTP", "http", 80),
        ("Http", "http", 80),
        ("hTTpS", "https", 443),
    ] {
        let url = meant(format!("{scheme}://{host}/"), &host).scheme(lower, port);
        must_be(f, attempt, &url.marking(scheme), &SCHEME_CASE)?;
    }
    for scheme in [
        "ftp",
        "ws",
        "httpx",
        "htt",
        "xhttp",
        "http+unix",
        "https2",
        "",
    ] {
        let text = format!("{scheme}://{host}/");
        let part = format!("{scheme}:");
        let remark = "neither http nor https stands before ://";
        must_refuse(f, attempt, &text, &part, remark, &SCHEME_TAKEN)?;
    }
    Ok(())
}

pub fn finds_where_the_authority_ends(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let (host, other) = (any_host(), any_host());
    for (rest, target) in [
        (format!("/@{other}"), format!("/@{other}")),
        (format!("/a:b@{other}:1/"), format!("/a:b@{other}:1/")),
        (format!("?a=b@{other}"), format!("/?a=b@{other}")),
        (format!("?a:b@{other}/c"), format!("/?a:b@{other}/c")),
        (format!("#a:b@{other}/c"), "/".to_owned()),
        (format!("?{other}:8/"), format!("/?{other}:8/")),
        ("/a:8".to_owned(), "/a:8".to_owned()),
        ("/[::1]:8".to_owned(), "/[::1]:8".to_owned()),
    ] {
        let url = meant(format!("http://{host}{rest}"), &host).target(target);
        must_be(f, attempt, &url.marking(&rest), &AUTHORITY_END)?;
    }
    Ok(())
}

pub fn takes_user_and_password(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let (host, user, password) = (any_host(), word(6), word(6));
    let port = any_port();
    for (before, given, expected, misconception) in [
        (
            format!("{user}:{password}"),
            &user,
            password.clone(),
            &USER_MISREAD,
        ),
        (user.clone(), &user, String::new(), &USER_MISREAD),
        (format!("{user}:"), &user, String::new(), &USER_MISREAD),
        (
            format!(":{password}"),
            &String::new(),
            password.clone(),
            &USER_MISREAD,
        ),
        (
            format!("{user}:8:{password}:"),
            &user,
            format!("8:{password}:"),
            &PASSWORD_CUT,
        ),
        (
            format!("{user}+a:+{password}"),
            &format!("{user}+a"),
            format!("+{password}"),
            &CREDENTIALS_ENCODED,
        ),
    ] {
        let text = format!("http://{before}@{host}:{port}/a");
        let url = meant(text, &host).user(given, &expected).port(port);
        let url = url.target("/a").marking(&before);
        must_be(f, attempt, &url, misconception)?;
    }
    let text = format!("https://{user}:{password}@{host}");
    let url = meant(text, &host)
        .scheme("https", 443)
        .user(&user, &password);
    must_be(f, attempt, &url, &USER_MISREAD)?;
    let text = format!("{user}:{password}@{host}/");
    let url = meant(text, &host).user(&user, &password);
    must_be(f, attempt, &url, &NO_SCHEME)?;
    // Where the user ends nobody can say then, nor which host is meant.
    for before in [
        format!("{user}:{password}@{user}"),
        format!("{user}@{host}"),
        format!("{user}:@"),
    ] {
        let text = format!("http://{before}@{host}:{port}/a");
        let part = format!("{before}@");
        must_refuse(f, attempt, &text, &part, "a second @", &TWO_ATS)?;
    }
    Ok(())
}

pub fn decodes_user_and_password_once(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let (host, user, password) = (any_host(), word(6), word(6));
    for (before, given, expected, part, misconception) in [
        (
            format!("{user}%20a:{password}"),
            format!("{user} a"),
            password.clone(),
            "%20",
            &CREDENTIALS_ENCODED,
        ),
        (
            format!("{user}:{password}%21%3d"),
            user.clone(),
            format!("{password}!="),
            "%21",
            &CREDENTIALS_ENCODED,
        ),
        (
            format!("%C3%A4{user}:%e2%98%95{password}"),
            format!("\u{e4}{user}"),
            format!("\u{2615}{password}"),
            "%C3%A4",
            &CREDENTIALS_ENCODED,
        ),
        (
            format!("{user}:{password}%40{user}"),
            user.clone(),
            format!("{password}@{user}"),
            "%40",
            &DECODED_FIRST,
        ),
        (
            format!("{user}%3Aa:{password}"),
            format!("{user}:a"),
            password.clone(),
            "%3A",
            &DECODED_FIRST,
        ),
        (
            format!("{user}:{password}%2F%3F%23"),
            user.clone(),
            format!("{password}/?#"),
            "%2F",
            &DECODED_FIRST,
        ),
        (
            format!("{user}:{password}%2541"),
            user.clone(),
            format!("{password}%41"),
            "%2541",
            &CREDENTIALS_TWICE,
        ),
        (
            format!("{user}%2525:{password}"),
            format!("{user}%25"),
            password.clone(),
            "%2525",
            &CREDENTIALS_TWICE,
        ),
    ] {
        let text = format!("http://{before}@{host}/");
        let url = meant(text, &host).user(&given, &expected).marking(part);
        must_be(f, attempt, &url, misconception)?;
    }
    Ok(())
}

pub fn leaves_the_escapes_of_the_target(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let (host, name) = (any_host(), word(6));
    for (target, part) in [
        (format!("/{name}%20a"), "%20"),
        (format!("/{name}%2Fa?x=%26"), "%2F"),
        (format!("/{name}%41%7e"), "%41"),
        (format!("/{name}%23a%3Fb"), "%23"),
        (format!("/{name}?a=%2541+b"), "%2541"),
        (format!("/{name}%e4%C3%A4"), "%e4"),
        // Whatever it is meant to be, it is the server's to say.
        (format!("/{name}/100%"), "%"),
        (format!("/{name}/%zz"), "%zz"),
        (format!("/{name}/%2e%2E/a"), "%2e"),
        (format!("/{name}/%2e/a"), "%2e"),
        (format!("/{name}/a%2f..%2fb"), "%2f"),
    ] {
        let url = meant(format!("http://{host}{target}"), &host).target(target);
        must_be(f, attempt, &url.marking(part), &TARGET_CHANGED)?;
    }
    Ok(())
}

pub fn refuses_a_port_that_is_none(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let host = any_host();
    for port in [
        "65536",
        "65616",
        "99999",
        "4294967376",
        "18446744073709551696",
        "+80",
        "-1",
        "-80",
        "8o",
        "80x",
        "x",
        "0x50",
        "80.0",
        "8_0",
        "http",
        "0",
        "00",
    ] {
        let remark = match port.bytes().all(|byte| byte.is_ascii_digit()) {
            true => "there is no such port",
            false => "a port has digits only",
        };
        for text in [format!("http://{host}:{port}/"), format!("{host}:{port}")] {
            must_refuse(f, attempt, &text, &format!(":{port}"), remark, &PORT_TAKEN)?;
        }
    }
    Ok(())
}

pub fn takes_an_ipv6_host(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let port = any_port();
    let addr = format!("2001:db8::{:x}", fastrand::u16(1..));
    let user = word(6);
    for url in [
        meant("http://[::1]/", "::1"),
        meant(format!("http://[{addr}]/a"), &addr).target("/a"),
        meant(format!("http://[{addr}]:{port}/"), &addr).port(port),
        meant(format!("https://[{addr}]"), &addr).scheme("https", 443),
        meant(format!("http://[{addr}]:?a"), &addr).target("/?a"),
        meant(format!("[{addr}]:{port}"), &addr).port(port),
        meant(format!("http://{user}:a:b@[{addr}]:{port}/"), &addr)
            .user(&user, "a:b")
            .port(port),
        meant("http://[::ffff:127.0.0.1]/", "::ffff:127.0.0.1"),
    ] {
        let marked = format!("[{}]", url.url.host);
        must_be(f, attempt, &url.marking(&marked), &IPV6_MISREAD)?;
    }
    for (text, part, remark) in [
        ("http://[::1/", "[::1", "the bracket is never closed"),
        (
            "http://[::1]8080/",
            "8080",
            "the colon before the port is missing",
        ),
        (
            "http://[::1]a/",
            "]a",
            "something else than a port follows the bracket",
        ),
        ("http://[h]/", "[h]", "no address is in the brackets"),
        (
            "http://[127.0.0.1]/",
            "[127.0.0.1]",
            "no IPv6 address is in the brackets",
        ),
        ("http://[]/", "[]", "no address is in the brackets"),
        ("http://::1/", "::1", "an IPv6 address stands in brackets"),
        (
            "http://::1:8080/",
            "::1:8080",
            "an IPv6 address stands in brackets",
        ),
        (
            "http://2001:db8::1/",
            "2001:db8::1",
            "an IPv6 address stands in brackets",
        ),
        (
            "http://[::1]:80:80/",
            ":80:80",
            "two ports follow the bracket",
        ),
        (
            "http://a.example:81:82/",
            ":81:82",
            "two ports follow the host",
        ),
        ("http://[::1]:+80/", ":+80", "a port has digits only"),
        ("http://[::1]:65616?a", ":65616", "there is no such port"),
    ] {
        let misconception = match part {
            "[h]" | "[127.0.0.1]" => &NO_ADDRESS,
            _ => &IPV6_TAKEN,
        };
        must_refuse(f, attempt, text, part, remark, misconception)?;
    }
    Ok(())
}

pub fn refuses_spaces_and_control_characters(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let (host, name) = (any_host(), word(6));
    let url = format!("http://u:p@{host}:81/{name}/a?b=c#d");
    // At both ends, and behind each delimiter.
    let mut places = vec![0, url.len()];
    places.extend((1..=url.len()).filter(|at| "/:@?=#".contains(&url[at - 1..*at])));
    for (number, at) in places.into_iter().enumerate() {
        let bad = [
            " ", "\n", "\r\n", "\t", "\0", "\u{7f}", "\u{1}", "\r", "\u{1f}",
        ];
        for bad in [" ", bad[number % bad.len()]] {
            let text = format!("{}{bad}{}", &url[..at], &url[at..]);
            let remark = match bad {
                " " => "a space",
                _ => "a control character",
            };
            must_refuse(f, attempt, &text, bad, remark, &SPACE_TAKEN)?;
        }
    }
    let injected = format!("http://{host}/{name} HTTP/1.1\r\nX-Injected: 1\r\nX: ");
    let remark = "ends the line";
    must_refuse(f, attempt, &injected, "\r\n", remark, &SPACE_TAKEN)
}

pub fn refuses_what_has_no_host(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let name = word(6);
    for text in [
        String::new(),
        "http://".to_owned(),
        "https://".to_owned(),
        format!("/{name}"),
        format!("?{name}"),
        format!("#{name}"),
        format!("http://?{name}"),
        format!("http://#{name}"),
        "http://:80/".to_owned(),
        ":80".to_owned(),
        format!("http://{name}@/"),
        format!("http://{name}:p@:80/"),
        "http://:".to_owned(),
    ] {
        let remark = "it names no host";
        must_refuse(f, attempt, &text, &text, remark, &NO_HOST)?;
    }
    Ok(())
}

pub fn refuses_a_host_that_is_no_name(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let name = word(6);
    // What curl refuses, too, and no other part of a URL begins with.
    for odd in "\\\"<>^`{}!$&'()*+,;=".chars() {
        let host = format!("{name}{odd}a.example");
        let part = odd.to_string();
        for text in [format!("http://{host}/"), format!("u:p@{host}:81/a")] {
            let remark = "no character of a host's name";
            must_refuse(f, attempt, &text, &part, remark, &HOST_TAKEN)?;
        }
    }
    // What such a name may have.
    for host in [
        format!("{name}-a_b~c.x"),
        format!("a.{name}."),
        format!("7{name}"),
    ] {
        must_be(
            f,
            attempt,
            &meant(format!("http://{host}/"), &host),
            &HOST_TAKEN,
        )?;
    }
    Ok(())
}

pub fn resolves_dot_segments(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let (host, a, b) = (any_host(), word(6), word(6));
    for (path, target, part, misconception) in [
        (format!("/{a}/../{b}"), format!("/{b}"), "/../", &DOTS_KEPT),
        (
            format!("/{a}/./{b}"),
            format!("/{a}/{b}"),
            "/./",
            &DOTS_KEPT,
        ),
        (format!("/./{b}"), format!("/{b}"), "/./", &DOTS_KEPT),
        (format!("/{a}/{b}/.."), format!("/{a}/"), "/..", &DOTS_KEPT),
        (format!("/{a}/."), format!("/{a}/"), "/.", &DOTS_KEPT),
        (format!("/{a}/.."), "/".to_owned(), "/..", &DOTS_KEPT),
        (format!("/{a}/../"), "/".to_owned(), "/../", &DOTS_KEPT),
        (
            format!("/{a}/b/c/./../../{b}"),
            format!("/{a}/{b}"),
            "/./../../",
            &DOTS_KEPT,
        ),
        (
            format!("/{a}/b/../c/../{b}"),
            format!("/{a}/{b}"),
            "/../",
            &DOTS_KEPT,
        ),
        ("/..".to_owned(), "/".to_owned(), "/..", &DOTS_ABOVE),
        (format!("/../{a}"), format!("/{a}"), "/..", &DOTS_ABOVE),
        (
            format!("/{a}/../../../{b}"),
            format!("/{b}"),
            "/../../..",
            &DOTS_ABOVE,
        ),
        (
            format!("/../../{a}/"),
            format!("/{a}/"),
            "/../..",
            &DOTS_ABOVE,
        ),
        ("/...".to_owned(), "/...".to_owned(), "...", &DOTS_IN_NAMES),
        (
            format!("/..{a}/b"),
            format!("/..{a}/b"),
            "..",
            &DOTS_IN_NAMES,
        ),
        (
            format!("/{a}../b./.c"),
            format!("/{a}../b./.c"),
            "..",
            &DOTS_IN_NAMES,
        ),
        (
            format!("/{a}/..;{b}/c"),
            format!("/{a}/..;{b}/c"),
            "..;",
            &DOTS_IN_NAMES,
        ),
        (
            format!("/{a}?b=/../{b}"),
            format!("/{a}?b=/../{b}"),
            "/../",
            &DOTS_IN_QUERY,
        ),
        (
            format!("?/./{a}/.."),
            format!("/?/./{a}/.."),
            "/./",
            &DOTS_IN_QUERY,
        ),
        (
            format!("/{a}/../{b}?../c"),
            format!("/{b}?../c"),
            "?../",
            &DOTS_IN_QUERY,
        ),
        (format!("/{a}/..?{b}"), format!("/?{b}"), "/..", &DOTS_KEPT),
        (format!("/{a}/..#{b}"), "/".to_owned(), "/..", &DOTS_KEPT),
        (
            format!("//{a}//{b}"),
            format!("//{a}//{b}"),
            "//",
            &EMPTY_SEGMENTS,
        ),
        (
            format!("/{a}//../{b}"),
            format!("/{a}/{b}"),
            "//../",
            &EMPTY_SEGMENTS,
        ),
        (format!("/{a}//"), format!("/{a}//"), "//", &EMPTY_SEGMENTS),
        (
            format!("//../{a}"),
            format!("/{a}"),
            "//../",
            &EMPTY_SEGMENTS,
        ),
    ] {
        // The slashes of `http://` are not meant.
        let text = format!("{host}{path}");
        let url = meant(text, &host).target(target).marking(part);
        must_be(f, attempt, &url, misconception)?;
    }
    let target = format!("/{a}/https://{b}/x");
    let url = meant(format!("{host}{target}"), &host).target(target);
    must_be(f, attempt, &url.marking("://"), &NO_SCHEME)
}

/// Texts that somebody may give, whatever they are.
fn odd_texts() -> Vec<String> {
    // Wherever a text is cut at a fixed place, it cuts one of these within a character.
    let wide = "\u{e4}\u{2615}\u{1f600}";
    let mut texts: Vec<String> = (0..9)
        .map(|count| format!("{}{wide}", "a".repeat(count)))
        .collect();
    for url in ["http://h/", "https://u:p@h:1/a/../b?c#d", "http://[::1]:8/"] {
        let places = (0..=url.len()).step_by(2);
        texts.extend(places.map(|at| format!("{}{wide}{}", &url[..at], &url[at..])));
    }
    texts.extend(
        [
            "http:",
            "http:/",
            "://",
            ":///",
            ":",
            "::",
            "@",
            "@:",
            ":@",
            "//",
            "///",
            "[",
            "]",
            "[]",
            "][",
            "[]:",
            "]:[",
            "http://]",
            "http://[",
            "http://@",
            "http://]:[/",
            "http://@@/",
            "http://a]b[c/",
            "http://u:p@h@/",
            "http://%/",
            "http://%@h/",
            "http://%4@h/",
            "http://u%:%4@h/",
            "http://%ff:%fe@h/",
            "http://%\u{e4}\u{e4}:p@h/",
            "http://%\u{2615}:p@h/",
            "http://u:%a\u{2615}@h/",
            "http://h/%a\u{2615}",
            "http://h/%\u{2615}",
            "http://u:%00@h/",
            "http://h:\u{664}/",
            "http://h:\u{e4}/",
            "http://[\u{e4}]:\u{e4}/",
            "/..",
            "/../",
            "..",
            ".",
            "http://../..",
            "http://./.",
            "h/../../../..",
            "h/%",
            "h?%",
            "h#%",
        ]
        .map(str::to_owned),
    );
    texts.push(format!("http://{}/", "a".repeat(9_000)));
    texts.push(format!("http://h{}", "/..".repeat(3_000)));
    texts.push(format!("http://h{}", "/a".repeat(3_000)));
    texts.push(format!("http://h:{}/", "9".repeat(9_000)));
    texts
}

pub fn survives_any_text(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    for text in odd_texts() {
        let parse_url = f.parse_url;
        let given = text.clone();
        let shown: String = text.chars().take(60).collect();
        let gave = attempt.call("parse_url", format!("parse_url({shown:?})"), move || {
            parse_url(&given)
        });
        // Whether it is one need not be clear; where it goes wrong is.
        let error = match gave {
            Ok(Ok(_) | Err(FetchError::Url)) => continue,
            Ok(Err(error)) => {
                attempt.remark("expected the error Url, if any");
                URL_OTHER_ERROR.seen(format!("parse_url gave the error {error:?} for {shown:?}."))
            }
            Err(Stop::Found(found))
                if found.misconception == &conduct::PANICKED && !text.is_ascii() =>
            {
                let at = text.find(|c: char| !c.is_ascii()).unwrap_or(0);
                let wide: String = text[at..].chars().take(1).collect();
                let bytes = wide.len();
                CUT_IN_A_CHARACTER
                    .seen(format!("{} The text was {shown:?}.", found.observed))
                    .pointing_at(exhibit(
                        &text,
                        &wide,
                        format!("one character, {bytes} bytes"),
                    ))
            }
            Err(stop) => stop,
        };
        return Err(error);
    }
    Ok(())
}
