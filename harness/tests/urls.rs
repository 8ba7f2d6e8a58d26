//! The URL parser of lesson 05's solution: never a panic, and each part of what was put together. Then
//! beside the crate `url`, which takes URLs apart as browsers do: where the two differ, it is for one
//! of the reasons that [`Reason`] lists. `harness/fuzz` looks for more; what it finds is kept in
//! `urls/known`.

#[path = "urls/check.rs"]
mod check;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use check::{check, put_together};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use proptest::prelude::*;
use proptest::string::string_regex;
use solution05::{Url, parse_url};

/// Each line of `urls/known` is a text, as Rust writes it, and what it is read as.
#[test]
fn each_known_text_is_read_as_before() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("urls/known");
    let known = fs::read_to_string(file).unwrap();
    let mut wrong = Vec::new();
    for line in known.lines().filter(|line| !line.starts_with('#')) {
        let (text, expected) = line.split_once("  ").unwrap();
        let reading = match check(&unescaped(text)) {
            Some(url) => put_together(&url),
            None => "none".to_owned(),
        };
        if reading != expected.trim_start() {
            wrong.push(format!("{text}  {reading}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "not as in `urls/known`:\n{}",
        wrong.join("\n")
    );
}

/// A text without the escapes `\\`, `\s` (a space), `\t`, `\r`, `\n` and `\u{7f}`.
fn unescaped(line: &str) -> String {
    let mut text = String::new();
    let mut pieces = line.split('\\');
    text += pieces.next().unwrap_or_default();
    while let Some(piece) = pieces.next() {
        let mut letters = piece.chars();
        match letters.next() {
            None => {
                text.push('\\');
                text += pieces.next().unwrap_or_default();
            }
            Some('u') => {
                let (code, rest) = letters.as_str()[1..].split_once('}').unwrap();
                let code = u32::from_str_radix(code, 16).unwrap();
                text.push(char::from_u32(code).unwrap());
                text += rest;
            }
            Some(letter) => {
                text.push(match letter {
                    's' => ' ',
                    't' => '\t',
                    'r' => '\r',
                    _ => '\n',
                });
                text += letters.as_str();
            }
        }
    }
    text
}

fn any_url() -> impl Strategy<Value = Url> {
    let host = prop_oneof![
        string_regex("[a-z0-9]([a-zA-Z0-9-]{0,8}[.]){0,3}[a-z]{1,8}").unwrap(),
        any::<[u8; 4]>().prop_map(|it| std::net::Ipv4Addr::from(it).to_string()),
        any::<u128>().prop_map(|it| std::net::Ipv6Addr::from(it).to_string()),
        (0..1000_u128).prop_map(|it| std::net::Ipv6Addr::from(it).to_string()),
    ];
    let word = || string_regex("[^\\x00]{0,6}").unwrap();
    let segment = string_regex("([a-zA-Z0-9_~!$&'()*+,;=:@%-]|%[0-9A-F]{2}){1,6}[.]{0,3}").unwrap();
    let query = string_regex("[?]([a-zA-Z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-F]{2}){0,12}").unwrap();
    let target = (
        proptest::collection::vec(prop_oneof![4 => segment, 1 => Just(String::new())], 1..5),
        proptest::option::of(query),
    )
        .prop_map(|(segments, query)| {
            format!("/{}{}", segments.join("/"), query.unwrap_or_default())
        });
    (
        prop_oneof!["http", "https"],
        proptest::option::of((word(), word())),
        host,
        1..=u16::MAX,
        target,
    )
        .prop_map(|(scheme, user, host, port, target)| Url {
            scheme,
            user,
            host,
            port,
            target,
        })
}

proptest! {
    // What fails is printed, reduced, and belongs into `urls/known`.
    #![proptest_config(ProptestConfig {
        cases: 2000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_text_is_a_url_or_none(text in any::<String>(), odd in "([a:/@?#\\[\\].%0-9é ]|//|::|http:|%2e){0,20}") {
        check(&text);
        check(&odd);
        check(&format!("http://{text}"));
        check(&format!("http://h/{odd}"));
    }

    #[test]
    fn what_is_put_together_is_taken_apart(url in any_url(), fragment in proptest::option::of("[^\\x00-\\x20\\x7f]{0,6}")) {
        let text = put_together(&url);
        prop_assert_eq!(parse_url(&text), Ok(url.clone()), "{}", text);
        // Each part that may be left out.
        let fragment = fragment.map_or(String::new(), |it| format!("#{it}"));
        prop_assert_eq!(check(&(text.clone() + &fragment)), Some(url.clone()), "{}{}", text, fragment);
        if url.scheme == "http" {
            let rest = text.strip_prefix("http://").unwrap_or_default();
            prop_assert_eq!(check(rest), Some(url.clone()), "{}", rest);
        }
        let default = Url { port: if url.scheme == "http" { 80 } else { 443 }, ..url };
        let short = put_together(&default).replacen(&format!(":{}/", default.port), "/", 1);
        prop_assert_eq!(check(&short), Some(default.clone()), "{}", short);
    }
}

/// Why the crate `url` reads a text otherwise. It follows the URL Standard of browsers, which repair what
/// people type; we follow RFC 3986, and curl where that leaves a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reason {
    /// It knows no URL without a scheme: it is given `http://` and the text.
    NoScheme,
    /// It takes spaces and control characters off both ends. To us they are an error.
    Trimmed,
    /// It takes tabs and line ends out. To us they are an error.
    LineEndsTakenOut,
    /// It writes `%20` and the like for spaces and control characters, and refuses them in a host only. To us they are an
    /// error.
    SpaceEscaped,
    /// It takes any number of slashes behind `http:`, none included.
    Slashes,
    /// It takes a backslash for a slash, outside of the query.
    Backslash,
    /// Of several `@` the last one ends the user. To us, as to curl, the first one does, and a host has no `@`.
    LastAt,
    /// `%2e` in a path is a dot to it. To us, as to curl, it is an escape like others.
    EscapedDots,
    /// `..` takes no segment away that could be a drive's letter, `C:` or `C|`, as if the URL were that of a file.
    DriveLetter,
    /// It writes more characters of a path or a query as escapes: `"`, `<`, `>`, `{` and so on.
    Escaped,
    /// It writes a host in its own way: lower case, IPv6 as short as it gets, `127.1` as `127.0.0.1`.
    HostSpelling,
    /// It takes schemes that we do not speak.
    OtherScheme,
    /// It takes port 0.
    PortZero,
    /// It takes hosts with escapes, letters beyond ASCII, and characters that no name of a host has. We refuse them.
    HostCharacters,
    /// It leaves the escapes of the user, whatever they stand for. We decode them, and refuse a NUL and what is no UTF-8.
    UserNotText,
    /// A host whose last part is a number is an IPv4 address to it, or an error. To us it is a name.
    NoAddress,
    /// It refuses a name that begins with `xn--` and is no Punycode. We do not look.
    NoPunycode,
    /// It knows no user where both user and password are empty.
    EmptyUser,
}

use Reason::*;

const ALL: [Reason; 18] = [
    NoScheme,
    Trimmed,
    LineEndsTakenOut,
    SpaceEscaped,
    Slashes,
    Backslash,
    LastAt,
    EscapedDots,
    DriveLetter,
    Escaped,
    HostSpelling,
    OtherScheme,
    PortZero,
    HostCharacters,
    UserNotText,
    NoAddress,
    NoPunycode,
    EmptyUser,
];

/// A text in three parts: up to `//` and with it, the authority, and the rest.
fn split(text: &str) -> (&str, &str, &str) {
    let start = text.find("//").map_or(0, |at| at + 2);
    let end = text[start..].find(['/', '?', '#']);
    let end = end.map_or(text.len(), |end| start + end);
    (&text[..start], &text[start..end], &text[end..])
}

/// The text as the crate `url` means it, by what it does to texts first; with the reasons that changed
/// something.
fn repaired(text: &str) -> (String, Vec<Reason>) {
    let mut reasons = Vec::new();
    let mut text = text.to_owned();
    let mut by = |reason, text: &mut String, repaired: String| {
        if *text != repaired {
            reasons.push(reason);
            *text = repaired;
        }
    };
    let trimmed = text.trim_matches(|it: char| it <= ' ').to_owned();
    by(Trimmed, &mut text, trimmed);
    let in_one_line = text.replace(['\t', '\r', '\n'], "");
    by(LineEndsTakenOut, &mut text, in_one_line);
    let lower = text.to_ascii_lowercase();
    for scheme in ["http:", "https:"] {
        if lower.starts_with(scheme) {
            let rest = text[scheme.len()..].trim_start_matches(['/', '\\']);
            let slashes = format!("{}//{rest}", &text[..scheme.len()]);
            by(Slashes, &mut text, slashes);
        }
    }
    let end = text.find(['?', '#']).unwrap_or(text.len());
    let straight = text[..end].replace('\\', "/") + &text[end..];
    by(Backslash, &mut text, straight);
    // The user, and what it ends in.
    let (scheme, authority, rest) = split(&text);
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let at = &authority[user.len()..authority.len() - host.len()];
    let (scheme, host, at) = (scheme.to_owned(), host.to_owned(), at.to_owned());
    let (user, rest) = (user.to_owned(), rest.to_owned());
    let last_at = format!("{scheme}{}{at}{host}{rest}", user.replace('@', "%40"));
    by(LastAt, &mut text, last_at);
    // What is in a fragment is not sent.
    let (rest, _) = rest.split_once('#').unwrap_or((&rest, ""));
    let escaped = |part: &str| {
        let odd = |it: char| it.is_ascii_control() || it == ' ';
        let coded = |it: char| match odd(it) {
            true => format!("%{:02X}", u32::from(it)),
            false => it.to_string(),
        };
        part.chars().map(coded).collect::<String>()
    };
    let user = user.replace('@', "%40");
    let without_fragment = format!("{scheme}{user}{at}{host}{rest}");
    let visible = format!("{scheme}{}{at}{host}{}", escaped(&user), escaped(rest));
    let fragment_is_odd = text
        .split_once('#')
        .is_some_and(|(_, it)| escaped(it) != it);
    if without_fragment != visible || fragment_is_odd {
        by(SpaceEscaped, &mut text, visible.clone());
    }
    let (start, _, rest) = split(&visible);
    let authority = &visible[start.len()..visible.len() - rest.len()];
    let (path, query) = rest.split_at(rest.find('?').unwrap_or(rest.len()));
    let dots = |segment: &str| match segment.to_ascii_lowercase().replace("%2e", ".") {
        dots if dots == "." || dots == ".." => dots,
        _ => segment.to_owned(),
    };
    let mut path: Vec<String> = path.split('/').map(dots).collect();
    let dotted = format!("{start}{authority}{}{query}", path.join("/"));
    if dotted != visible {
        by(EscapedDots, &mut text, dotted.clone());
    }
    let mut kept: Vec<String> = Vec::new();
    for segment in &mut path {
        let is_letter = |it: &String| matches!(it.as_bytes(), [letter, b':' | b'|'] if letter.is_ascii_alphabetic());
        match segment.as_str() {
            "." => {}
            ".." if kept.last().is_some_and(is_letter) => *segment = ".".to_owned(),
            ".." => drop(kept.pop()),
            _ => kept.push(segment.clone()),
        }
    }
    let with_letters = format!("{start}{authority}{}{query}", path.join("/"));
    if with_letters != dotted {
        by(DriveLetter, &mut text, with_letters);
    }
    (text, reasons)
}

/// What the crate escapes in a path, and in a query.
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}');
const QUERY: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'\'');

/// Why the two differ in this text; `Err` when none of the reasons explains it.
fn reasons(text: &str) -> Result<Vec<Reason>, String> {
    let ours = check(text);
    let mut given = text.to_owned();
    let mut reasons = Vec::new();
    let before = text.find(['/', '?', '#']).unwrap_or(text.len());
    let begins_with_a_scheme = text[..before].ends_with(':') && text[before..].starts_with("//");
    let lower = text.trim_matches(|it: char| it <= ' ').to_ascii_lowercase();
    let is_http = ["http:", "https:"].iter().any(|it| lower.starts_with(it));
    if !(begins_with_a_scheme || is_http && ours.is_none()) {
        reasons.push(NoScheme);
        given = format!("http://{text}");
    }
    let theirs = url::Url::parse(&given);
    let (repaired, repairs) = repaired(&given);
    let told = format!("{text:?}, {repaired:?} by {repairs:?}: {ours:?} and {theirs:?}");
    let same = |ours: &Option<Url>, reasons: &mut Vec<Reason>| match (ours, &theirs) {
        (None, Err(_)) => true,
        (Some(ours), Ok(theirs)) => are_the_same(ours, theirs, reasons),
        (Some(ours), Err(_)) => {
            let last = ours
                .host
                .trim_end_matches('.')
                .rsplit('.')
                .next()
                .unwrap_or_default();
            let number = last.bytes().all(|it| it.is_ascii_digit())
                || last
                    .to_ascii_lowercase()
                    .strip_prefix("0x")
                    .is_some_and(|it| it.bytes().all(|it| it.is_ascii_hexdigit()));
            let coded = ours
                .host
                .to_ascii_lowercase()
                .split('.')
                .any(|it| it.starts_with("xn--"));
            reasons.extend(number.then_some(NoAddress).or(coded.then_some(NoPunycode)));
            number || coded
        }
        (None, Ok(theirs)) => {
            let (_, authority, _) = split(&repaired);
            let (user, server) = authority.rsplit_once('@').unwrap_or(("", authority));
            let host = match server.starts_with('[') {
                true => server
                    .split(']')
                    .next()
                    .unwrap_or_default()
                    .trim_start_matches('['),
                false => server.split(':').next().unwrap_or_default(),
            };
            let plain = |it: char| it.is_ascii_alphanumeric() || "-._~:".contains(it);
            let user: Vec<u8> = percent_decode_str(user).collect();
            let reason = if !["http", "https"].contains(&theirs.scheme()) {
                OtherScheme
            } else if theirs.port() == Some(0) {
                PortZero
            } else if !host.chars().all(plain) {
                HostCharacters
            } else if user.contains(&0) || String::from_utf8(user).is_err() {
                UserNotText
            } else {
                return false;
            };
            reasons.push(reason);
            true
        }
    };
    // As it stands, or else as the crate repairs it.
    let mut direct = reasons.clone();
    if same(&ours, &mut direct)
        && !direct
            .iter()
            .any(|it| [HostCharacters, OtherScheme].contains(it))
    {
        return Ok(direct);
    }
    reasons.extend(repairs);
    match same(&check(&repaired), &mut reasons) {
        true => Ok(reasons),
        false => Err(told),
    }
}

fn are_the_same(ours: &Url, theirs: &url::Url, reasons: &mut Vec<Reason>) -> bool {
    let decoded = |part: &str| percent_decode_str(part).decode_utf8().map(String::from);
    let (Ok(user), Ok(password)) = (
        decoded(theirs.username()),
        decoded(theirs.password().unwrap_or_default()),
    ) else {
        return false;
    };
    let same_user = match &ours.user {
        None => user.is_empty() && password.is_empty(),
        Some(both) => *both == (user, password),
    };
    if same_user
        && ours
            .user
            .as_ref()
            .is_some_and(|(a, b)| a.is_empty() && b.is_empty())
    {
        reasons.push(EmptyUser);
    }
    let spelt = match ours.host.contains(':') {
        true => format!("[{}]", ours.host),
        false => ours.host.clone(),
    };
    let host = theirs.host_str().unwrap_or_default();
    if host != spelt {
        reasons.push(HostSpelling);
    }
    let same_host = url::Host::parse(&spelt).ok() == theirs.host().map(|it| it.to_owned());
    let query = theirs.query().map_or(String::new(), |it| format!("?{it}"));
    let target = format!("{}{query}", theirs.path());
    let (path, query) = ours
        .target
        .split_at(ours.target.find('?').unwrap_or(ours.target.len()));
    let escaped = match query.strip_prefix('?') {
        None => utf8_percent_encode(path, PATH).to_string(),
        Some(query) => format!(
            "{}?{}",
            utf8_percent_encode(path, PATH),
            utf8_percent_encode(query, QUERY)
        ),
    };
    if escaped != ours.target {
        reasons.push(Escaped);
    }
    ours.scheme == theirs.scheme()
        && same_user
        && same_host
        && Some(ours.port) == theirs.port_or_known_default()
        && escaped == target
}

/// A text with something odd in most of its places.
fn odd_url(random: &mut fastrand::Rng) -> String {
    const SCHEMES: &[&str] = &[
        "http://",
        "http://",
        "http://",
        "http://",
        "https://",
        "https://",
        "",
        "",
        "HTTP://",
        "hTTpS://",
        "http:/",
        "http:",
        "http:///",
        "http:\\\\",
        "https:\\/",
        "ftp://",
        "ws://",
        "file://",
        "data:",
        "x-y+z.1://",
        "httpx://",
        "//",
        "://",
        "1http://",
    ];
    const USERS: &[&str] = &[
        "",
        "",
        "",
        "",
        "",
        "",
        "u@",
        "u:p@",
        "u:p:q@",
        "u:@",
        ":p@",
        "@",
        ":@",
        "u%40:p%3a%2F@",
        "u%2541@",
        "u%zz:%@",
        "u%ff@",
        "u%00@",
        "a@b@",
        "a:b@c:d@",
        "\u{fc}:\u{2615}@",
        "u+v:w+@",
        "u;=:!$&'()*,@",
        "u v@",
        "u[:]@",
        "u\\v@",
        "%75%0a@",
        "\"<>^`{|}:p@",
    ];
    const HOSTS: &[&str] = &[
        "example.com",
        "h",
        "h",
        "h",
        "EXAMPLE.Com",
        "localhost",
        "a-b.c_d",
        "a.",
        "a..b",
        "-a",
        "a~b",
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "2130706433",
        "017700000001",
        "256.1.1.1",
        "1.2.3.4.5",
        "1.2.3",
        "09.1",
        "1.2.3.4.",
        "a.1",
        "[::1]",
        "[::1]",
        "[0:0:0::1]",
        "[2001:DB8::A]",
        "[::127.0.0.1]",
        "[::ffff:1.2.3.4]",
        "[1::2::3]",
        "[::1%25lo]",
        "[::1",
        "::1]",
        "::1",
        "[]",
        "[h]",
        "[127.0.0.1]",
        "[::1]x",
        "",
        "",
        "ex%61mple",
        "h%20",
        "\u{fc}.de",
        "b\u{fc}cher.example",
        "\u{ff21}.b",
        "xn--bcher-kva.de",
        "xn--\u{fc}",
        "xn--a",
        "a,b",
        "a;b",
        "a!b",
        "a$b",
        "a&b",
        "a'b",
        "a(b)",
        "a*b",
        "a+b",
        "a=b",
        "a\"b",
        "a<b",
        "a^b",
        "a`b",
        "a|b",
        "a{b}",
        "a%b",
        "a b",
        "a\\b",
        "%00",
        "\u{ad}",
        "\u{2615}",
    ];
    const PORTS: &[&str] = &[
        "",
        "",
        "",
        "",
        "",
        ":",
        ":80",
        ":443",
        ":8080",
        ":1",
        ":65535",
        ":0",
        ":00",
        ":65536",
        ":99999999999999999999",
        ":0080",
        ":000000000081",
        ":+80",
        ":-1",
        ":8a",
        ":a",
        ":81:82",
        "::81",
        ":\u{661}",
        ": 80",
        ":80 ",
        ":8%30",
    ];
    const SEGMENTS: &[&str] = &[
        "",
        "",
        "a",
        "b",
        "c.d",
        ".",
        "..",
        ".",
        "..",
        "...",
        "..a",
        ".b",
        "%2e",
        "%2E%2e",
        ".%2e",
        "%2e.",
        "%2f",
        "%2e%2e%2f",
        "%",
        "%zz",
        "%20",
        "%C3%bc",
        "\u{fc}",
        "\u{2615}",
        "a b",
        "a\\b",
        "..\\",
        "\"",
        "<>",
        "^",
        "`",
        "{}",
        "|",
        "~!$&'()*+,;=:@-_",
        "a:b@c",
        "[]",
        "C:",
        "C|",
        ";x",
        "..;x",
        "+",
    ];
    const QUERIES: &[&str] = &[
        "",
        "",
        "",
        "",
        "?",
        "?a=b",
        "?a=b&c",
        "??",
        "?/../x",
        "?a/./b",
        "?http://x@y:1/",
        "?%zz%2e",
        "?'",
        "?\"<>",
        "?^`{|}",
        "?\u{fc}",
        "?a b",
        "?\\",
        "?[]",
        "?+",
    ];
    const FRAGMENTS: &[&str] = &[
        "",
        "",
        "",
        "",
        "#",
        "#f",
        "#a?b/../c",
        "##",
        "#\u{fc}",
        "#a b",
        "#@h:1",
    ];
    const ODD: &[&str] = &[
        " ", "\t", "\n", "\r\n", "\u{1}", "\u{7f}", "\0", "\\", "/", "@", ":", "#", "?", "%", "[",
        "]", ".", "\u{a0}", "\u{85}", "\u{301}",
    ];
    let mut pick = |from: &[&'static str]| from[random.usize(..from.len())];
    let mut text = pick(SCHEMES).to_owned() + pick(USERS) + pick(HOSTS) + pick(PORTS);
    for _ in 0..random.usize(..5) {
        text += "/";
        text += SEGMENTS[random.usize(..SEGMENTS.len())];
    }
    text += QUERIES[random.usize(..QUERIES.len())];
    text += FRAGMENTS[random.usize(..FRAGMENTS.len())];
    if random.u8(..8) == 0 {
        let places: Vec<usize> = text
            .char_indices()
            .map(|(at, _)| at)
            .chain([text.len()])
            .collect();
        let at = places[random.usize(..places.len())];
        text.insert_str(at, ODD[random.usize(..ODD.len())]);
    }
    text
}

/// 50,000 texts, the same ones each time.
#[test]
fn each_difference_from_the_crate_url_has_a_reason() {
    const COUNT: usize = 50_000;
    let mut random = fastrand::Rng::with_seed(5);
    let mut counts: BTreeMap<Reason, usize> = BTreeMap::new();
    let (mut same, mut unexplained) = (0, Vec::new());
    for _ in 0..COUNT {
        match reasons(&odd_url(&mut random)) {
            Ok(found) => {
                same += usize::from(found.is_empty());
                for reason in found {
                    *counts.entry(reason).or_default() += 1;
                }
            }
            Err(told) => unexplained.push(told),
        }
    }
    println!("{same} of {COUNT} without any difference; {counts:#?}");
    let some = &unexplained[..unexplained.len().min(20)];
    assert!(
        unexplained.is_empty(),
        "{} unexplained:\n{}",
        unexplained.len(),
        some.join("\n")
    );
    for reason in ALL {
        assert!(counts.contains_key(&reason), "{reason:?} explains nothing");
    }
}
