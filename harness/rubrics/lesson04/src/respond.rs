//! `respond`: what a request is answered with, before any byte of it is written.

use std::io::{Read, Seek, SeekFrom};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::date;
use super::listing;
use super::misconceptions::{
    ABSOLUTE_FORM, AROUND_LOCATE, CONDITION_AS_TEXT, CONDITION_IGNORED, CONDITION_TRUSTED,
    CONTENT_RANGE, DATE_MALFORMED, EMPTY_PATH, ENDING_CASE, ESCAPED_TWICE, FILE_NOT_SERVED,
    FILE_TIME, FILE_WITH_SLASH, FRACTIONS, HEAD_DIFFERS, HEAD_RANGE, HOST_INVENTED, IF_RANGE,
    INDEX_IGNORED, INDEX_NO_FILE, LARGE_FILE, LAST_MODIFIED, LINKS_NOT_ENCODED, LISTING_INCOMPLETE,
    MEDIA_TYPE, METHOD_CASE, NAMES_NOT_ESCAPED, NAMES_WITH_CASE, NO_ALLOW, NO_REDIRECT, NONE_MATCH,
    NOT_404, NOT_405, NOT_416, NOT_501, NOT_LISTED, OPEN_REDIRECT, OTHER_BYTES, QUERY_LOST,
    RANGE_END, RANGE_FIRST_ONLY, RANGE_IGNORED, RANGE_MALFORMED, RANGE_PAST_THE_END,
    REDIRECT_DECODED, SPECIAL_FILE, SUFFIX_RANGE, TYPE_OF_TARGET, UNKNOWN_AS_TEXT, UNREADABLE,
};
use super::site::Site;
use super::{Body, Functions, Request, Response, quoted, word};
use harness::attempt::{Attempt, Shown};
use harness::conduct;
use harness::finding::{Exhibit, Misconception, Stop};
use harness::wire::random_payload;

/// A longer body is not read.
const READ: u64 = 1 << 20;
/// More than 32 bits count.
const HUGE: u64 = (5 << 30) + 7;

impl Shown for Response {
    fn shown(&self) -> String {
        let body = match &self.body {
            Body::Empty => "no body".to_owned(),
            Body::Bytes(bytes) => format!("{} bytes", bytes.len()),
            Body::File {
                start: 0, length, ..
            } => format!("{length} bytes of a file"),
            Body::File { start, length, .. } => {
                format!("{length} bytes of a file from {start} on")
            }
        };
        format!("{}, {body}", self.status)
    }
}

/// A response, with its body read where that is not too long.
struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    length: u64,
    body: Vec<u8>,
    /// The same by hand.
    by_hand: String,
    /// `GET /a.txt`.
    asked: String,
}

/// What shows a finding.
enum Mark<'a> {
    Status(&'a str),
    /// The field, or that it is missing.
    Field(&'a str, String),
}

impl Reply {
    fn field(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|field| field.0.eq_ignore_ascii_case(name));
        found.map(|field| field.1.as_str())
    }

    /// The media type, without its parameters.
    fn media_type(&self) -> String {
        let value = self.field("Content-Type").unwrap_or_default();
        let essence = value.split(';').next().unwrap_or_default();
        essence.trim().to_ascii_lowercase()
    }

    fn wrong(
        &self,
        misconception: &'static Misconception,
        observed: impl Into<String>,
        mark: Mark<'_>,
    ) -> Stop {
        let exhibit = match mark {
            Mark::Status(remark) => Exhibit {
                title: "returned".to_owned(),
                bytes: format!("status {}", self.status).into_bytes(),
                from: "status ".len(),
                to: "status 200".len(),
                remark: remark.to_owned(),
            },
            Mark::Field(name, remark) => match self.field(name) {
                Some(value) => Exhibit {
                    title: "returned".to_owned(),
                    bytes: format!("{name}: {value}").into_bytes(),
                    from: name.len() + 2,
                    to: name.len() + 2 + value.len(),
                    remark,
                },
                None => {
                    let names: Vec<&str> =
                        self.headers.iter().map(|field| field.0.as_str()).collect();
                    let text = format!("status {}; {}", self.status, names.join(", "));
                    Exhibit {
                        title: "returned".to_owned(),
                        from: text.len(),
                        to: text.len(),
                        bytes: text.into_bytes(),
                        remark: format!("no {name}"),
                    }
                }
            },
        };
        misconception
            .seen(observed)
            .pointing_at(exhibit)
            .by_hand(self.by_hand.clone())
    }
}

/// Whoever asks: the submission's `respond`, for a site.
struct Asking<'a> {
    f: &'a Functions,
    attempt: &'a mut Attempt,
    site: &'a Site,
}

impl Asking<'_> {
    fn get(&mut self, target: &str) -> Result<Reply, Stop> {
        self.ask("GET", target, &[])
    }

    fn ask(&mut self, method: &str, target: &str, fields: &[(&str, &str)]) -> Result<Reply, Stop> {
        let mut headers = vec![("Host".to_owned(), "127.0.0.1:8000".to_owned())];
        let mut by_hand = match method {
            "GET" => "curl -si --path-as-is".to_owned(),
            "HEAD" => "curl -sI --path-as-is".to_owned(),
            method => format!("curl -si -X {method}"),
        };
        let mut asked = format!("{method} {target}");
        for (name, value) in fields {
            headers.push(((*name).to_owned(), (*value).to_owned()));
            by_hand.push_str(&format!(" -H {}", quoted(&format!("{name}: {value}"))));
            asked.push_str(&format!(", {name}: {value}"));
        }
        by_hand.push_str(&match target.strip_prefix('/') {
            Some(rest) => format!(" {}", quoted(&format!("http://127.0.0.1:8000/{rest}"))),
            None => format!(
                " --request-target {} http://127.0.0.1:8000/",
                quoted(target)
            ),
        });
        let request = Request {
            method: method.to_owned(),
            target: target.to_owned(),
            minor_version: 1,
            headers,
            body: Vec::new(),
        };
        let (respond, root) = (self.f.respond, self.site.root().to_owned());
        let text = format!("respond(root, {asked})");
        let response = self
            .attempt
            .call("respond", text, move || respond(&root, &request))?;
        let (length, body) = match response.body {
            Body::Empty => (0, Vec::new()),
            Body::Bytes(bytes) => (bytes.len() as u64, bytes),
            Body::File {
                mut file,
                start,
                length,
            } => {
                let mut bytes = Vec::new();
                // What cannot be read is no body: the case finds it too short.
                if length <= READ && file.seek(SeekFrom::Start(start)).is_ok() {
                    let _ = file.take(length).read_to_end(&mut bytes);
                }
                (length, bytes)
            }
        };
        Ok(Reply {
            status: response.status,
            headers: response.headers,
            length,
            body,
            by_hand,
            asked,
        })
    }

    /// The target is served, with these bytes.
    fn must_get(
        &mut self,
        target: &str,
        bytes: &[u8],
        otherwise: &'static Misconception,
    ) -> Result<Reply, Stop> {
        let reply = self.get(target)?;
        if reply.status != 200 {
            self.attempt.remark("expected 200");
            let observed = format!("{target} is there, and respond gave {}.", reply.status);
            return Err(reply.wrong(otherwise, observed, Mark::Status("expected 200")));
        }
        if reply.body != bytes {
            self.attempt
                .remark(format!("expected the file's {} bytes", bytes.len()));
            let observed = format!(
                "The file behind {target} has {} bytes; what respond gave for it are {} others.",
                bytes.len(),
                reply.body.len()
            );
            let otherwise = match otherwise == &FILE_NOT_SERVED {
                true => &OTHER_BYTES,
                false => otherwise,
            };
            return Err(otherwise.seen(observed).by_hand(reply.by_hand));
        }
        Ok(reply)
    }
}

pub fn responds_with_a_file(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let site = Site::new()?;
    let mut asking = Asking {
        f,
        attempt,
        site: &site,
    };
    let text = format!("Hello, {}.\n", word());
    site.file("hello.txt", &text)?;
    asking.must_get("/hello.txt", text.as_bytes(), &FILE_NOT_SERVED)?;
    // Whatever is in it, and below a folder.
    let (folder, name) = (word(), word());
    let mut bytes = random_payload(5000);
    bytes.extend_from_slice(b"\r\n\0\n");
    site.file(&format!("{folder}/{name}"), &bytes)?;
    let target = format!("/{folder}/{name}");
    asking.must_get(&target, &bytes, &FILE_NOT_SERVED)?;
    Ok(())
}

pub fn has_nothing_where_nothing_is(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let site = Site::new()?;
    let mut asking = Asking {
        f,
        attempt,
        site: &site,
    };
    site.file("hello.txt", "Hello.\n")?;
    let missing = word();
    for target in [
        format!("/{missing}.txt"),
        format!("/{missing}/"),
        format!("/{missing}/hello.txt"),
        format!("/hello.txt{missing}"),
    ] {
        must_be_404(&mut asking, &target, &NOT_404)?;
    }
    Ok(())
}

fn must_be_404(
    asking: &mut Asking<'_>,
    target: &str,
    misconception: &'static Misconception,
) -> Result<(), Stop> {
    let reply = asking.get(target)?;
    if reply.status == 404 {
        return Ok(());
    }
    asking.attempt.remark("expected 404");
    let observed = format!(
        "Nothing is behind {target}, and respond gave {}.",
        reply.status
    );
    Err(reply.wrong(misconception, observed, Mark::Status("expected 404")))
}

pub fn has_nothing_below_a_file(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let site = Site::new()?;
    let mut asking = Asking {
        f,
        attempt,
        site: &site,
    };
    site.file("hello.txt", "Hello.\n")?;
    // The system calls the first another error than that of a missing file, and so with the second.
    must_be_404(&mut asking, "/hello.txt/hello.txt", &NOT_404)?;
    must_be_404(&mut asking, &format!("/{}", "long".repeat(500)), &NOT_404)?;
    must_be_404(&mut asking, "/hello.txt/", &FILE_WITH_SLASH)?;
    must_be_404(&mut asking, "/hello.txt/?x=1", &FILE_WITH_SLASH)
}

pub fn says_what_kind_of_file_it_is(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let site = Site::new()?;
    let mut asking = Asking {
        f,
        attempt,
        site: &site,
    };
    let name = word();
    let unknown = &["application/octet-stream"][..];
    let html = &["text/html"][..];
    let mut all = vec![
        (format!("{name}.html"), "", html, &MEDIA_TYPE),
        (format!("{name}.css"), "", &["text/css"][..], &MEDIA_TYPE),
        (
            format!("{name}.js"),
            "",
            &["text/javascript", "application/javascript"],
            &MEDIA_TYPE,
        ),
        (
            format!("{name}.json"),
            "",
            &["application/json"],
            &MEDIA_TYPE,
        ),
        (format!("{name}.txt"), "", &["text/plain"], &MEDIA_TYPE),
        (format!("{name}.svg"), "", &["image/svg+xml"], &MEDIA_TYPE),
        (format!("{name}.png"), "", &["image/png"], &MEDIA_TYPE),
        (format!("{name}.jpg"), "", &["image/jpeg"], &MEDIA_TYPE),
        (format!("{name}.min.css"), "", &["text/css"], &MEDIA_TYPE),
        (format!("{name}.HTML"), "", html, &ENDING_CASE),
        (format!("{name}.Png"), "", &["image/png"], &ENDING_CASE),
        (
            format!("{name}.html"),
            "?v=style.css",
            html,
            &TYPE_OF_TARGET,
        ),
        (format!("{name}.html.{name}"), "", unknown, &UNKNOWN_AS_TEXT),
        (name.clone(), "", unknown, &UNKNOWN_AS_TEXT),
        (
            format!("{name}.css.d/{name}"),
            "",
            unknown,
            &UNKNOWN_AS_TEXT,
        ),
        (format!("{name}html"), "", unknown, &UNKNOWN_AS_TEXT),
    ];
    for (ending, types) in [
        (
            "md",
            &["text/markdown", "text/x-markdown", "text/plain"][..],
        ),
        ("csv", &["text/csv", "text/plain"]),
        ("xml", &["text/xml", "application/xml"]),
        ("pdf", &["application/pdf"]),
        ("wasm", &["application/wasm"]),
        ("zip", &["application/zip", "application/x-zip-compressed"]),
        ("gz", &["application/gzip", "application/x-gzip"]),
        ("jpeg", &["image/jpeg"]),
        ("gif", &["image/gif"]),
        ("webp", &["image/webp"]),
        ("ico", &["image/x-icon", "image/vnd.microsoft.icon"]),
        ("mp4", &["video/mp4"]),
        ("woff2", &["font/woff2", "application/font-woff2"]),
    ] {
        all.push((format!("{name}.{ending}"), "", types, &MEDIA_TYPE));
    }
    for (file, query, types, misconception) in all {
        let bytes = word();
        site.file(&file, &bytes)?;
        let target = format!("/{file}{query}");
        let reply = asking.must_get(&target, bytes.as_bytes(), &FILE_NOT_SERVED)?;
        if !types.contains(&reply.media_type().as_str()) {
            let observed = match reply.field("Content-Type") {
                Some(value) => format!("{target} is {}, and respond says {value:?}.", types[0]),
                None => format!("{target} is {}, and respond does not say so.", types[0]),
            };
            let mark = Mark::Field("Content-Type", format!("expected {}", types[0]));
            return Err(reply.wrong(misconception, observed, mark));
        }
    }
    Ok(())
}

pub fn serves_index_html_for_a_folder(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let site = Site::new()?;
    let mut asking = Asking {
        f,
        attempt,
        site: &site,
    };
    for folder in [
        "/".to_owned(),
        format!("/{}/", word()),
        format!("/a%20b/{}/", word()),
    ] {
        let page = format!("<p>{}</p>", word());
        site.file(
            &format!("{}index.html", folder[1..].replace("%20", " ")),
            &page,
        )?;
        for query in ["", "?x=1"] {
            let target = format!("{folder}{query}");
            let reply = asking.must_get(&target, page.as_bytes(), &INDEX_IGNORED)?;
            if reply.media_type() != "text/html" {
                let mark = Mark::Field("Content-Type", "expected text/html".to_owned());
                let observed =
                    format!("{target} is its index.html, and respond does not call it text/html.");
                return Err(reply.wrong(&MEDIA_TYPE, observed, mark));
            }
        }
    }
    Ok(())
}

/// A listing of this folder, as a page.
fn listed(asking: &mut Asking<'_>, target: &str) -> Result<(Reply, String), Stop> {
    let reply = asking.get(target)?;
    if reply.status != 200 {
        asking.attempt.remark("expected 200");
        let observed = format!(
            "{target} is a folder without index.html, and respond gave {}.",
            reply.status
        );
        return Err(reply.wrong(&NOT_LISTED, observed, Mark::Status("expected 200")));
    }
    if reply.media_type() != "text/html" {
        let mark = Mark::Field("Content-Type", "expected text/html".to_owned());
        let observed = format!("The listing of {target} is not called text/html.");
        return Err(reply.wrong(&NOT_LISTED, observed, mark));
    }
    let page = String::from_utf8_lossy(&reply.body).into_owned();
    Ok((reply, page))
}

pub fn lists_a_folder(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let site = Site::new()?;
    let mut asking = Asking {
        f,
        attempt,
        site: &site,
    };
    for folder in ["".to_owned(), format!("{}/", word())] {
        let target = format!("/{folder}");
        let names = [
            word(),
            format!("{}.txt", word()),
            format!("{}.html", word()),
        ];
        for name in &names {
            site.file(&format!("{folder}{name}"), name)?;
        }
        let within = word();
        site.file(&format!("{folder}{within}/deep.txt"), "deep")?;
        let (reply, page) = listed(&mut asking, &target)?;
        let links: Vec<String> = listing::links(&page)
            .iter()
            .filter_map(|link| listing::followed(&target, link))
            .collect();
        for name in &names {
            let link = format!("{target}{name}");
            if !links.contains(&link) {
                return Err(incomplete(&reply, &target, &link));
            }
            asking.must_get(&link, name.as_bytes(), &FILE_NOT_SERVED)?;
        }
        let link = format!("{target}{within}/");
        if !links.contains(&link) {
            return Err(incomplete(&reply, &target, &link));
        }
        // What is in the folder within is not in this one.
        if page.contains("deep.txt") {
            return Err(LISTING_INCOMPLETE
                .seen(format!(
                    "The listing of {target} has deep.txt in it, which is in the folder {within}."
                ))
                .by_hand(reply.by_hand));
        }
        listed(&mut asking, &link)?;
    }
    let empty = word();
    site.folder(&empty)?;
    listed(&mut asking, &format!("/{empty}/"))?;
    // What is called index.html may be a folder, too.
    let (folder, name) = (word(), word());
    site.file(&format!("{folder}/{name}"), "a")?;
    site.folder(&format!("{folder}/index.html"))?;
    let target = format!("/{folder}/");
    let reply = asking.get(&target)?;
    let page = String::from_utf8_lossy(&reply.body).into_owned();
    if reply.status != 200 || !page.contains(&name) {
        asking.attempt.remark("expected 200, and a listing");
        let observed = format!(
            "In {target} the name index.html is that of a folder, and respond gave {}, {} bytes{}.",
            reply.status,
            reply.length,
            match reply.length != reply.body.len() as u64 {
                true => " of which none can be read",
                false => "",
            }
        );
        return Err(reply.wrong(&INDEX_NO_FILE, observed, Mark::Status("expected a listing")));
    }
    Ok(())
}

fn incomplete(reply: &Reply, target: &str, link: &str) -> Stop {
    LISTING_INCOMPLETE
        .seen(format!(
            "The listing of {target} has no link that leads to {link}."
        ))
        .by_hand(reply.by_hand.clone())
}

pub fn escapes_names_in_a_listing(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let site = Site::new()?;
    let mut asking = Asking {
        f,
        attempt,
        site: &site,
    };
    let w = word();
    // Names that the system does not take are left out.
    let names: Vec<String> = [
        format!("<img src=x onerror=alert(1)>{w}"),
        format!("a&lt;b{w}"),
        format!("a&amp;b&copy{w}"),
        format!("\"{w}\" x=\"y.txt"),
        format!("'{w}' x='y.txt"),
        format!("a b {w}.txt"),
        format!("100%{w}"),
        format!("%41{w}"),
        format!("{w}?x=1"),
        format!("{w}#top"),
        format!("é☕{w}.txt"),
        format!("a:b{w}"),
        format!("a\\b{w}"),
        format!("{w}+c;d=e"),
    ]
    .into_iter()
    .filter(|name| site.file(&format!("names/{name}"), name).is_ok())
    .collect();
    let (reply, page) = listed(&mut asking, "/names/")?;
    must_be_escaped(&reply, &page, "/names/")?;
    let shown = listing::text(&page);
    for name in names
        .iter()
        .filter(|name| name.contains(['&', '<', '"', '\'']))
    {
        if !shown.contains(name.as_str()) && listing::unescaped(&shown).contains(name.as_str()) {
            let of_the_entry = |line: &&str| {
                line.contains("&amp;") && !name.contains("&amp;") && line.contains(w.as_str())
            };
            let line = page.lines().find(of_the_entry).unwrap_or_default();
            let from = line.rfind("&amp;").unwrap_or(0);
            return Err(ESCAPED_TWICE
                .seen(format!(
                    "A file is called {name}, and whoever reads the listing sees an escape in its place."
                ))
                .pointing_at(Exhibit {
                    title: "page".to_owned(),
                    bytes: line.as_bytes().to_vec(),
                    from,
                    to: (from + "&amp;".len()).min(line.len()),
                    remark: "the & of an escape, escaped once more".to_owned(),
                })
                .by_hand(reply.by_hand.clone()));
        }
        if !shown.contains(name.as_str()) {
            return Err(not_escaped(
                &reply,
                &page,
                &format!(
                    "A file is called {name}, and nobody who reads the listing sees that name in it."
                ),
                "&",
            ));
        }
    }
    let links = listing::links(&page);
    let targets: Vec<(&String, String)> = links
        .iter()
        .filter_map(|link| Some((link, listing::followed("/names/", link)?)))
        .filter(|(_, target)| target.starts_with("/names/") && *target != "/names/")
        .collect();
    let mut reached = Vec::new();
    for (link, target) in &targets {
        let reply = asking.get(target)?;
        let body = String::from_utf8_lossy(&reply.body).into_owned();
        if reply.status == 200 && names.contains(&body) {
            reached.push(body);
            continue;
        }
        return Err(not_encoded(
            &reply,
            link,
            &format!(
                "A browser that follows a link of the listing asks for {target}, and gets {}.",
                reply.status
            ),
        ));
    }
    if let Some(name) = names.iter().find(|name| !reached.contains(name)) {
        let odd = links
            .iter()
            .find(|link| listing::followed("/names/", link).is_none());
        let link = odd.map_or("", String::as_str);
        return Err(not_encoded(
            &reply,
            link,
            &format!("No link of the listing leads to the file {name}."),
        ));
    }
    // What a page says of the folder, or of what is not there, is text, too.
    let folder = format!("<img src=y>{w}");
    if site.folder(&folder).is_ok() {
        let target = format!("/%3Cimg%20src=y%3E{w}/");
        let (reply, page) = listed(&mut asking, &target)?;
        must_be_escaped(&reply, &page, &target)?;
    }
    // A client need not encode it.
    let folder = format!("<b>{w}");
    let _ = site.folder(&folder);
    for target in [
        format!("/%3Cimg%20src=z%3E{w}"),
        format!("/<b>{w}/"),
        format!("/<b>{w}/missing"),
    ] {
        let reply = asking.get(&target)?;
        let page = String::from_utf8_lossy(&reply.body).into_owned();
        if reply.media_type() == "text/plain" {
            continue;
        }
        must_be_escaped(&reply, &page, &target)?;
        if page.contains(&folder) {
            let observed =
                format!("The page for {target} has an element in it that is a part of the target.");
            return Err(not_escaped(&reply, &page, &observed, &folder));
        }
    }
    Ok(())
}

fn must_be_escaped(reply: &Reply, page: &str, target: &str) -> Result<(), Stop> {
    // A listing may have pictures of its own.
    let names = ["<img src=x", "<img src=y", "<img src=z"];
    let Some(part) = names.into_iter().find(|name| page.contains(name)) else {
        return Ok(());
    };
    let observed = format!("The page for {target} has an element in it that is a file's name.");
    Err(not_escaped(reply, page, &observed, part))
}

/// The line of the page with this in it.
fn not_escaped(reply: &Reply, page: &str, observed: &str, part: &str) -> Stop {
    let line = page
        .lines()
        .find(|line| line.contains(part))
        .unwrap_or_default();
    let from = line.find(part).unwrap_or(0);
    NAMES_NOT_ESCAPED
        .seen(observed)
        .pointing_at(Exhibit {
            title: "page".to_owned(),
            bytes: line.as_bytes().to_vec(),
            from,
            to: (from + part.len()).min(line.len()),
            remark: "a browser reads this as HTML".to_owned(),
        })
        .by_hand(reply.by_hand.clone())
}

fn not_encoded(reply: &Reply, link: &str, observed: &str) -> Stop {
    let stop = LINKS_NOT_ENCODED
        .seen(observed)
        .by_hand(reply.by_hand.clone());
    let odd = ['%', '?', '#', ':', '\\', '"', '\''];
    let Some(from) = link.find(odd).or_else(|| (!link.is_empty()).then_some(0)) else {
        return stop;
    };
    stop.pointing_at(Exhibit {
        title: "link".to_owned(),
        bytes: link.as_bytes().to_vec(),
        from,
        to: link.len(),
        remark: "no longer the name".to_owned(),
    })
}

pub fn redirects_a_folder_to_its_slash(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let site = Site::new()?;
    let mut asking = Asking {
        f,
        attempt,
        site: &site,
    };
    let w = word();
    site.file(&format!("{w}/index.html"), &w)?;
    site.file(&format!("{w}/a b/é/c.txt"), &w)?;
    for (target, misconception) in [
        (format!("/{w}"), &NO_REDIRECT),
        (format!("/{w}?x=1&y=/2"), &QUERY_LOST),
        (format!("/{w}/a%20b"), &REDIRECT_DECODED),
        (format!("/{w}/a%20b/%C3%A9?q"), &REDIRECT_DECODED),
    ] {
        let reply = asking.get(&target)?;
        let (path, query) = target.split_at(target.find('?').unwrap_or(target.len()));
        let expected = format!("{path}/{query}");
        if !matches!(reply.status, 301 | 302 | 307 | 308) {
            let observed = format!("{target} is a folder, and respond gave {}.", reply.status);
            return Err(reply.wrong(&NO_REDIRECT, observed, Mark::Status("expected 301 or 308")));
        }
        let location = reply.field("Location").unwrap_or_default();
        let to = listing::followed(&target, location);
        let is_ascii = location.bytes().all(|byte| byte.is_ascii_graphic());
        // `%c3` is `%C3` (RFC 3986, section 6.2.2.1).
        let leads_there = to.is_some_and(|to| with_capital_escapes(&to) == expected);
        if !is_ascii || !leads_there {
            let observed =
                format!("{target} is a folder, and Location does not lead to {expected}.");
            let mark = Mark::Field("Location", format!("expected {expected}"));
            if let Some((_, rest)) = location.split_once("://")
                && rest.ends_with(&expected)
            {
                let observed = format!(
                    "The client called 127.0.0.1:8000, asked for {target}, and is sent to {location}."
                );
                return Err(reply.wrong(&HOST_INVENTED, observed, mark));
            }
            return Err(reply.wrong(misconception, observed, mark));
        }
        let reply = asking.get(&expected)?;
        if reply.status != 200 {
            let observed = format!(
                "{target} is redirected to {expected}, for which respond gives {}.",
                reply.status
            );
            return Err(reply.wrong(&NOT_LISTED, observed, Mark::Status("expected 200")));
        }
    }
    // What begins with two slashes is another host.
    for target in [
        format!("//{w}"),
        format!("///{w}"),
        format!("//{w}?x=1"),
        "//evil.example/..".to_owned(),
        "//evil.example/%2e%2e".to_owned(),
        format!("//evil.example/../{w}"),
        format!("/\\{w}"),
        format!("/%2f{w}"),
    ] {
        let reply = asking.get(&target)?;
        let Some(location) = reply.field("Location") else {
            continue;
        };
        if (300..400).contains(&reply.status) && listing::followed("/", location).is_none() {
            let observed = format!("Who asks for {target} is sent to another host.");
            let mark = Mark::Field("Location", "another host".to_owned());
            return Err(reply.wrong(&OPEN_REDIRECT, observed, mark));
        }
    }
    if site.folder("a\r\nX-Injected: 1").is_ok() {
        let reply = asking.get("/a%0d%0aX-Injected:%201")?;
        let broken = |field: &(String, String)| field.1.contains(['\r', '\n']);
        if reply.headers.iter().any(broken) {
            let observed = "The name of the folder has a line end in it, and so has Location.";
            let mark = Mark::Field("Location", "the target as it was sent".to_owned());
            return Err(reply.wrong(&REDIRECT_DECODED, observed, mark));
        }
    }
    Ok(())
}

/// The same target, with each `%XX` in capital letters.
fn with_capital_escapes(target: &str) -> String {
    let mut pieces = target.split('%');
    let mut capital = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (digits, rest) = piece.split_at_checked(2).unwrap_or((piece, ""));
        capital.push('%');
        capital.push_str(&digits.to_ascii_uppercase());
        capital.push_str(rest);
    }
    capital
}

pub fn responds_to_head_as_to_get(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let site = Site::new()?;
    let mut asking = Asking {
        f,
        attempt,
        site: &site,
    };
    site.file("a.txt", word())?;
    site.file("sub/b.css", word())?;
    for target in ["/a.txt", "/", "/sub", "/missing", "/sub/b.css?x"] {
        let get = asking.get(target)?;
        let head = asking.ask("HEAD", target, &[])?;
        if get.status != head.status {
            let observed = format!(
                "For {target} respond gives {} to GET, and {} to HEAD.",
                get.status, head.status
            );
            let expected = format!("expected {}", get.status);
            return Err(head.wrong(&HEAD_DIFFERS, observed, Mark::Status(&expected)));
        }
        for (name, value) in &get.headers {
            if name.eq_ignore_ascii_case("Date") || head.field(name) == Some(value) {
                continue;
            }
            let observed =
                format!("For {target} the response to HEAD differs in the field {name}.");
            return Err(head.wrong(
                &HEAD_DIFFERS,
                observed,
                Mark::Field(name, format!("expected {value}")),
            ));
        }
        let says_it = head.field("Content-Length") == Some(get.length.to_string().as_str());
        if get.length != head.length && !says_it {
            return Err(HEAD_DIFFERS
                .seen(format!(
                    "For {target} respond gives {} bytes to GET and {} to HEAD: nobody can say how long the \
                     body would be.",
                    get.length, head.length
                ))
                .by_hand(head.by_hand));
        }
    }
    Ok(())
}

/// A time after 1970 and before yesterday, with a fraction of a second.
fn some_time() -> SystemTime {
    UNIX_EPOCH
        + Duration::new(
            fastrand::u64(100_000_000..1_700_000_000),
            fastrand::u32(1..10) * 100_000_000 - 1,
        )
}

const DAY: Duration = Duration::from_secs(86_400);

pub fn says_when_a_file_was_modified(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let site = Site::new()?;
    let mut asking = Asking {
        f,
        attempt,
        site: &site,
    };
    let hour_ago = SystemTime::now() - Duration::from_secs(3600);
    // The last is in February of a leap year.
    let leap = UNIX_EPOCH + Duration::from_secs(951_830_000);
    for (number, time) in [some_time(), some_time(), hour_ago, leap]
        .into_iter()
        .enumerate()
    {
        let name = format!("{number}.txt");
        site.file(&name, &name)?;
        site.modified(&name, time)?;
        let reply = asking.must_get(&format!("/{name}"), name.as_bytes(), &FILE_NOT_SERVED)?;
        let expected = date::imf_fixdate(time);
        let mark = Mark::Field("Last-Modified", format!("expected {expected}"));
        let Some(value) = reply.field("Last-Modified") else {
            let observed = format!(
                "The response to {} does not say when the file was modified.",
                reply.asked
            );
            return Err(reply.wrong(&LAST_MODIFIED, observed, mark));
        };
        if date::parse(value).is_none() {
            let observed = "Last-Modified is not written as HTTP writes dates.";
            return Err(reply.wrong(&DATE_MALFORMED, observed, mark));
        }
        if value != expected {
            let observed =
                format!("The file was modified at {expected}; respond says another time.");
            return Err(reply.wrong(&LAST_MODIFIED, observed, mark));
        }
    }
    // Files say what somebody made them say.
    for (number, time, when) in [
        (
            10,
            UNIX_EPOCH.checked_sub(Duration::from_secs(1)),
            "before 1970",
        ),
        (11, UNIX_EPOCH.checked_sub(DAY * 9000), "before 1970"),
        (
            12,
            SystemTime::now().checked_add(DAY * 9000),
            "in the future",
        ),
        (13, UNIX_EPOCH.checked_add(DAY * 4_000_000), "after 9999"),
    ] {
        let name = format!("{number}.txt");
        site.file(&name, &name)?;
        // The system may not have such times.
        let Some(time) = time else { continue };
        if site.modified(&name, time).is_err() {
            continue;
        }
        let asked = asking.must_get(&format!("/{name}"), name.as_bytes(), &FILE_TIME);
        let panicked =
            format!("A file was modified {when}, by what it says, and respond panicked.");
        let reply = asked.map_err(|stop| stop.rather(&conduct::PANICKED, &FILE_TIME, panicked))?;
        let is_date = |value: &str| value.len() == date::LENGTH && value.ends_with(" GMT");
        if reply
            .field("Last-Modified")
            .is_some_and(|value| !is_date(value))
        {
            let mark = Mark::Field("Last-Modified", "no such date".to_owned());
            let observed = format!(
                "A file was modified {when}, by what it says, and Last-Modified is no date."
            );
            return Err(reply.wrong(&FILE_TIME, observed, mark));
        }
    }
    Ok(())
}

pub fn sends_nothing_again_that_the_client_has(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let site = Site::new()?;
    let mut asking = Asking {
        f,
        attempt,
        site: &site,
    };
    let time = some_time();
    let name = format!("{}.txt", word());
    let target = format!("/{name}");
    site.file(&name, &name)?;
    site.modified(&name, time)?;
    let (same, earlier) = (date::imf_fixdate(time), date::imf_fixdate(time - DAY));
    let (second_earlier, later) = (
        date::imf_fixdate(time - Duration::from_secs(1)),
        date::imf_fixdate(time + DAY),
    );
    // Which comes later as text is another matter.
    let odd_later = (1..4000)
        .map(|days| time + DAY * days)
        .take_while(|later| *later < SystemTime::now())
        .map(date::imf_fixdate)
        .find(|later| *later < same);
    let odd_earlier = (1..1000)
        .map(|days| time - DAY * days)
        .map(date::imf_fixdate)
        .find(|earlier| *earlier > same);
    let since = "If-Modified-Since";
    let whole = site.file("whole.txt", "whole");
    whole?;
    let whole_seconds = UNIX_EPOCH + Duration::from_secs(fastrand::u64(100_000_000..1_700_000_000));
    site.modified("whole.txt", whole_seconds)?;
    let date_of_whole = date::imf_fixdate(whole_seconds);

    let not_modified = [
        (
            "GET",
            "/whole.txt",
            since,
            Some(&date_of_whole),
            &CONDITION_IGNORED,
        ),
        ("GET", target.as_str(), since, Some(&same), &FRACTIONS),
        ("GET", &target, since, Some(&later), &CONDITION_AS_TEXT),
        (
            "GET",
            &target,
            since,
            odd_later.as_ref(),
            &CONDITION_AS_TEXT,
        ),
        (
            "GET",
            &target,
            "if-modified-since",
            Some(&same),
            &NAMES_WITH_CASE,
        ),
        (
            "GET",
            &target,
            "IF-MODIFIED-SINCE",
            Some(&same),
            &NAMES_WITH_CASE,
        ),
        ("HEAD", &target, since, Some(&same), &HEAD_DIFFERS),
    ];
    for (method, target, name, value, misconception) in not_modified {
        let Some(value) = value else { continue };
        let reply = asking.ask(method, target, &[(name, value)])?;
        if reply.status != 304 {
            asking.attempt.remark("expected 304");
            let observed = format!(
                "The file is as old as Last-Modified says, and the client has one of {value}; respond gave {}.",
                reply.status
            );
            return Err(reply.wrong(misconception, observed, Mark::Status("expected 304")));
        }
    }
    let no_date = [
        "yesterday",
        "",
        "0",
        "Sun, 99 Foo 2030 99:99:99 GMT",
        "2030-01-01T00:00:00Z",
    ];
    let modified = [
        (since, Some(second_earlier.as_str()), &CONDITION_TRUSTED),
        (since, Some(&earlier), &CONDITION_TRUSTED),
        (since, odd_earlier.as_deref(), &CONDITION_AS_TEXT),
    ];
    let malformed = no_date.map(|value| (since, Some(value), &CONDITION_TRUSTED));
    for (name, value, misconception) in modified.into_iter().chain(malformed) {
        let Some(value) = value else { continue };
        let reply = asking.ask("GET", &target, &[(name, value)])?;
        if reply.status != 200 {
            asking.attempt.remark("expected 200");
            let observed = format!(
                "With {name}: {value:?} respond gave {}, for a file that was modified at {same}.",
                reply.status
            );
            return Err(reply.wrong(misconception, observed, Mark::Status("expected 200")));
        }
    }
    // The older forms may be known or not.
    for value in [date::rfc850(time), date::asctime(time)] {
        let reply = asking.ask("GET", &target, &[(since, &value)])?;
        if !matches!(reply.status, 200 | 304) {
            let observed = format!("With {since}: {value:?} respond gave {}.", reply.status);
            return Err(reply.wrong(
                &CONDITION_TRUSTED,
                observed,
                Mark::Status("expected 304 or 200"),
            ));
        }
    }
    let tag = format!("\"{}\"", word());
    let reply = asking.ask("GET", &target, &[("If-None-Match", &tag), (since, &same)])?;
    if reply.status != 200 {
        let observed = format!(
            "The client has a file with the tag {tag}, which is not this one; respond gave {}.",
            reply.status
        );
        return Err(reply.wrong(&NONE_MATCH, observed, Mark::Status("expected 200")));
    }
    let reply = asking.ask("GET", "/missing", &[(since, &later)])?;
    if reply.status != 404 {
        let observed = format!(
            "Nothing is behind /missing, and respond gave {}.",
            reply.status
        );
        return Err(reply.wrong(&NOT_404, observed, Mark::Status("expected 404")));
    }
    let reply = asking.ask("POST", &target, &[(since, &same)])?;
    if reply.status != 405 {
        let observed = format!("POST with {since} was answered with {}.", reply.status);
        return Err(reply.wrong(&NOT_405, observed, Mark::Status("expected 405")));
    }
    Ok(())
}

/// A part of the file: 206, with these bytes and no other.
fn must_be_part(
    attempt: &mut Attempt,
    reply: &Reply,
    file: &[u8],
    (start, end): (usize, usize),
    misconception: &'static Misconception,
) -> Result<(), Stop> {
    let part = &file[start..end];
    let expected = format!("bytes {start}-{}/{}", end - 1, file.len());
    if reply.status != 206 {
        attempt.remark("expected 206");
        let misconception = match reply.status {
            200 if misconception == &RANGE_END => &RANGE_IGNORED,
            _ => misconception,
        };
        let observed = format!(
            "Asked for a part of a file of {} bytes ({}), respond gave {}.",
            file.len(),
            reply.asked,
            reply.status
        );
        return Err(reply.wrong(misconception, observed, Mark::Status("expected 206")));
    }
    if reply.body != part || reply.length != part.len() as u64 {
        attempt.remark(format!(
            "expected {} bytes, {start} to {}",
            part.len(),
            end - 1
        ));
        return Err(misconception
            .seen(format!(
                "{} is for {} bytes, {start} to {}, of a file of {}; respond gave {} bytes{}.",
                reply.asked,
                part.len(),
                end - 1,
                file.len(),
                reply.length,
                if reply.length == part.len() as u64 {
                    ", and others"
                } else {
                    ""
                }
            ))
            .by_hand(reply.by_hand.clone()));
    }
    if reply.field("Content-Range") == Some(expected.as_str()) {
        return Ok(());
    }
    let observed =
        format!("The part is right, and Content-Range does not say which it is: {expected}.");
    Err(reply.wrong(
        &CONTENT_RANGE,
        observed,
        Mark::Field("Content-Range", format!("expected {expected}")),
    ))
}

pub fn responds_with_a_part_of_a_file(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let site = Site::new()?;
    let mut asking = Asking {
        f,
        attempt,
        site: &site,
    };
    let size = fastrand::usize(50..500);
    let bytes = random_payload(size);
    let name = word();
    site.file(&name, &bytes)?;
    let target = format!("/{name}");
    let huge = "99999999999999999999999999";
    for (range, start, end, misconception) in [
        ("bytes=5-9".to_owned(), 5, 10, &RANGE_END),
        ("bytes=0-0".to_owned(), 0, 1, &RANGE_END),
        (
            format!("bytes={}-{}", size - 1, size - 1),
            size - 1,
            size,
            &RANGE_END,
        ),
        (format!("bytes=0-{}", size - 1), 0, size, &RANGE_END),
        ("bytes=5-".to_owned(), 5, size, &RANGE_END),
        ("bytes=0-".to_owned(), 0, size, &RANGE_END),
        ("bytes=-5".to_owned(), size - 5, size, &SUFFIX_RANGE),
        ("bytes=-1".to_owned(), size - 1, size, &SUFFIX_RANGE),
        (format!("bytes=-{size}"), 0, size, &SUFFIX_RANGE),
        (format!("bytes=7-{size}"), 7, size, &RANGE_PAST_THE_END),
        ("bytes=7-100000".to_owned(), 7, size, &RANGE_PAST_THE_END),
        (format!("bytes=-{}", size + 1), 0, size, &RANGE_PAST_THE_END),
        ("bytes=-100000".to_owned(), 0, size, &RANGE_PAST_THE_END),
        (
            format!("bytes=7-{}", u64::MAX),
            7,
            size,
            &RANGE_PAST_THE_END,
        ),
        (format!("bytes=-{}", u64::MAX), 0, size, &RANGE_PAST_THE_END),
    ] {
        let reply = asking.ask("GET", &target, &[("Range", &range)])?;
        must_be_part(asking.attempt, &reply, &bytes, (start, end), misconception)?;
    }
    let reply = asking.ask("GET", &target, &[("range", "bytes=5-9")])?;
    must_be_part(asking.attempt, &reply, &bytes, (5, 10), &NAMES_WITH_CASE)?;
    // Numbers that no file is as long as: to be understood, or else the whole file.
    for (range, start) in [
        (format!("bytes=7-{huge}"), 7),
        (format!("bytes=-{huge}"), 0),
    ] {
        let reply = asking.ask("GET", &target, &[("Range", &range)])?;
        if reply.status != 200 || reply.body != bytes {
            must_be_part(
                asking.attempt,
                &reply,
                &bytes,
                (start, size),
                &RANGE_PAST_THE_END,
            )?;
        }
    }
    let reply = asking.ask("HEAD", &target, &[("Range", "bytes=5-9")])?;
    if reply.status != 200 || reply.field("Content-Range").is_some() {
        let observed = format!("HEAD with a Range was answered with {}.", reply.status);
        return Err(reply.wrong(&HEAD_RANGE, observed, Mark::Status("expected 200")));
    }
    Ok(())
}

pub fn says_that_a_range_is_not_there(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let site = Site::new()?;
    let mut asking = Asking {
        f,
        attempt,
        site: &site,
    };
    let size = fastrand::usize(50..500);
    let name = word();
    site.file(&name, random_payload(size))?;
    site.file("empty", "")?;
    let target = format!("/{name}");
    // Where the whole file is right, too, it is the fourth.
    for (target, range, size, or_whole) in [
        (&*target, format!("bytes={size}-"), size, false),
        (
            &target,
            format!("bytes={}-{}", size + 5, size + 10),
            size,
            false,
        ),
        (&target, format!("bytes={size}-{size}"), size, false),
        (&target, format!("bytes={}-", u64::MAX), size, false),
        (
            &target,
            format!("bytes={}-{}", u64::MAX, u64::MAX),
            size,
            false,
        ),
        (
            &target,
            "bytes=99999999999999999999999999-".to_owned(),
            size,
            true,
        ),
        (&target, "bytes=-0".to_owned(), size, true),
        ("/empty", "bytes=0-0".to_owned(), 0, true),
        ("/empty", "bytes=0-".to_owned(), 0, true),
        ("/empty", "bytes=-5".to_owned(), 0, true),
    ] {
        let reply = asking.ask("GET", target, &[("Range", &range)])?;
        if or_whole && reply.status == 200 && reply.length == size as u64 {
            continue;
        }
        if reply.status != 416 {
            asking.attempt.remark("expected 416");
            let observed = format!(
                "A file has {size} bytes, and {range} is none of them; respond gave {}.",
                reply.status
            );
            return Err(reply.wrong(&NOT_416, observed, Mark::Status("expected 416")));
        }
        let expected = format!("bytes */{size}");
        if reply.field("Content-Range") != Some(&expected) {
            let observed =
                format!("416 has to say how long the file is: Content-Range: {expected}.");
            let mark = Mark::Field("Content-Range", format!("expected {expected}"));
            return Err(reply.wrong(&CONTENT_RANGE, observed, mark));
        }
    }
    Ok(())
}

pub fn sends_the_whole_file_where_a_range_does_not_count(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let site = Site::new()?;
    let mut asking = Asking {
        f,
        attempt,
        site: &site,
    };
    let bytes = random_payload(fastrand::usize(50..500));
    let name = word();
    site.file(&name, &bytes)?;
    let time = some_time();
    site.modified(&name, time)?;
    let target = format!("/{name}");
    for range in [
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes=9-5",
        "bytes 0-5",
        "0-5",
        "bytes=0-5x",
        "bytes=+0-5",
        "bytes=0-+5",
        "bytes=-+5",
        "bytes=0x0-5",
        "bytes=--5",
        "",
        "bytes",
        "bytes=5",
        "bytes=1-2-3",
        "=0-5",
        "bytes=٣-٤",
    ] {
        let reply = asking.ask("GET", &target, &[("Range", range)])?;
        // To refuse it is right, too (RFC 9110, section 14.2).
        let whole = reply.status == 200 && reply.body == bytes;
        if !whole && !matches!(reply.status, 400 | 416) {
            let observed = format!(
                "Range: {range:?} is no range, and respond gave {}, {} bytes.",
                reply.status, reply.length
            );
            return Err(reply.wrong(&RANGE_MALFORMED, observed, Mark::Status("expected 200")));
        }
    }
    for range in ["lines=0-5", "seconds=1-2", "x=0-5"] {
        let reply = asking.ask("GET", &target, &[("Range", range)])?;
        if reply.status != 200 || reply.body != bytes {
            let observed = format!(
                "Range: {range} is in units that nobody has agreed on, and respond gave {}.",
                reply.status
            );
            return Err(reply.wrong(&RANGE_MALFORMED, observed, Mark::Status("expected 200")));
        }
    }
    for range in ["bytes=0-1,4-5", "bytes=0-0, -1", "bytes=5-9,20-"] {
        let reply = asking.ask("GET", &target, &[("Range", range)])?;
        let whole = reply.status == 200 && reply.body == bytes;
        let several = reply.status == 206 && reply.media_type() == "multipart/byteranges";
        if !whole && !several {
            let observed = format!(
                "{range} is several parts, and respond gave {}, {} bytes.",
                reply.status, reply.length
            );
            return Err(reply.wrong(
                &RANGE_FIRST_ONLY,
                observed,
                Mark::Status("expected 200, or several parts"),
            ));
        }
    }
    let tag = format!("\"{}\"", word());
    let (later, earlier) = (date::imf_fixdate(time + DAY), date::imf_fixdate(time - DAY));
    for validator in [&tag, &earlier, &later, "W/\"a\"", "", "no date"] {
        let fields = [("Range", "bytes=5-9"), ("If-Range", validator)];
        let reply = asking.ask("GET", &target, &fields)?;
        if reply.status != 200 || reply.body != bytes {
            let observed = format!(
                "The client has a part of another file than this one (If-Range: {validator}), and respond gave {}, {} bytes.",
                reply.status, reply.length
            );
            return Err(reply.wrong(&IF_RANGE, observed, Mark::Status("expected 200")));
        }
    }
    let exact = date::imf_fixdate(time);
    let fields = [("Range", "bytes=5-9"), ("If-Range", exact.as_str())];
    let reply = asking.ask("GET", &target, &fields)?;
    if reply.status == 200 && reply.body == bytes {
        return Ok(());
    }
    must_be_part(asking.attempt, &reply, &bytes, (5, 10), &IF_RANGE)
}

pub fn refuses_other_methods(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let site = Site::new()?;
    let mut asking = Asking {
        f,
        attempt,
        site: &site,
    };
    site.file("a.txt", "a")?;
    for method in [
        "POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "OPTIONS",
    ] {
        let reply = asking.ask(method, "/a.txt", &[])?;
        let is_right =
            reply.status == 405 || method == "OPTIONS" && matches!(reply.status, 200 | 204);
        if !is_right {
            asking.attempt.remark("expected 405");
            let observed = format!(
                "Nothing is to be done with {method} here, and respond gave {}.",
                reply.status
            );
            return Err(reply.wrong(&NOT_405, observed, Mark::Status("expected 405")));
        }
        let allow = reply.field("Allow").unwrap_or_default();
        let allowed = |wanted| allow.split(',').any(|word| word.trim() == wanted);
        if !allowed("GET") || !allowed("HEAD") {
            let observed = format!(
                "To {method} respond gave {}, and does not say what is allowed.",
                reply.status
            );
            let mark = Mark::Field("Allow", "expected GET, HEAD".to_owned());
            return Err(reply.wrong(&NO_ALLOW, observed, mark));
        }
    }
    for (method, misconception) in [
        ("BREW", &NOT_501),
        ("PROPFIND", &NOT_501),
        ("GETS", &NOT_501),
        ("get", &METHOD_CASE),
        ("Head", &METHOD_CASE),
        ("post", &METHOD_CASE),
    ] {
        let reply = asking.ask(method, "/a.txt", &[])?;
        if reply.status != 501 {
            asking.attempt.remark("expected 501");
            let observed = format!(
                "The method {method} is none that HTTP has, and respond gave {}.",
                reply.status
            );
            return Err(reply.wrong(misconception, observed, Mark::Status("expected 501")));
        }
    }
    Ok(())
}

pub fn serves_only_files_within_the_root(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let site = Site::new()?;
    let mut asking = Asking {
        f,
        attempt,
        site: &site,
    };
    site.file("sub/a.txt", "a")?;
    let linked = site.link("out.txt", "../bait.txt")?;
    let bait = site.outside().join("bait.txt").display().to_string();
    let mut targets = vec![
        "/../bait.txt".to_owned(),
        "/sub/../../bait.txt".to_owned(),
        "/%2e%2e/bait.txt".to_owned(),
        "/..%2fbait.txt".to_owned(),
        "/../site-of-others/bait.txt".to_owned(),
        format!("/{bait}"),
        format!("/%2f{bait}"),
        "http://localhost/../bait.txt".to_owned(),
        "../bait.txt".to_owned(),
    ];
    if linked {
        targets.push("/out.txt".to_owned());
    }
    // What a folder's target leads to is a file like any other.
    site.folder("indexed")?;
    if site.link("indexed/index.html", "../../bait.txt")? {
        targets.push("/indexed/".to_owned());
    }
    for target in &targets {
        let reply = asking.get(target)?;
        if reply.body == site.bait().as_bytes() {
            return Err(AROUND_LOCATE
                .seen(format!(
                    "{target} is outside the root, and respond gave what is in that file."
                ))
                .by_hand(reply.by_hand));
        }
    }
    // To open a FIFO takes until somebody opens its other end. Here somebody has.
    let fifo = site.root().join("fifo");
    let makes_fifo = |path| std::process::Command::new("mkfifo").arg(path).status();
    if cfg!(unix) && makes_fifo(&fifo).is_ok_and(|made| made.success()) {
        let _other_end = asking
            .attempt
            .own_work(|_| std::fs::File::options().read(true).write(true).open(&fifo))?;
        let opened = "respond opened a FIFO, and waits for what nobody writes.";
        let reply = asking
            .get("/fifo")
            .map_err(|stop| stop.rather(&conduct::NEVER_RETURNED, &SPECIAL_FILE, opened))?;
        if !matches!(reply.status, 403 | 404) {
            let observed = format!("/fifo is no file, and respond gave {}.", reply.status);
            return Err(reply.wrong(&SPECIAL_FILE, observed, Mark::Status("expected 404")));
        }
        // And here nobody has.
        let lonely = site.root().join("lonely");
        if makes_fifo(&lonely).is_ok_and(|made| made.success()) {
            let opened = "respond opened a FIFO before it looked at what it is, and waits for somebody who \
                          writes into it.";
            asking
                .get("/lonely")
                .map_err(|stop| stop.rather(&conduct::NEVER_RETURNED, &SPECIAL_FILE, opened))?;
        }
    }
    Ok(())
}

pub fn says_that_a_file_may_not_be_read(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let site = Site::new()?;
    let name = format!("{}.txt", word());
    let file = site.file(&name, "a secret")?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o000))?;
        harness::kernel::forbid_forbidden_files();
    }
    if std::fs::File::open(&file).is_ok() {
        return Err(Stop::Skip("here every file may be read".to_owned()));
    }
    attempt.fact(format!("chmod 000 {name}"), "nobody may read it");
    let mut asking = Asking {
        f,
        attempt,
        site: &site,
    };
    let reply = asking.get(&format!("/{name}"))?;
    if matches!(reply.status, 403 | 404) {
        return Ok(());
    }
    let observed = format!(
        "/{name} may not be read, and respond gave {}.",
        reply.status
    );
    Err(reply.wrong(&UNREADABLE, observed, Mark::Status("expected 403")))
}

pub fn takes_a_target_with_a_host(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let site = Site::new()?;
    let mut asking = Asking {
        f,
        attempt,
        site: &site,
    };
    let name = format!("{}.txt", word());
    site.file(&format!("sub/{name}"), &name)?;
    site.file("index.html", "index")?;
    for (target, body, misconception) in [
        (
            format!("http://127.0.0.1:8000/sub/{name}"),
            name.as_str(),
            &ABSOLUTE_FORM,
        ),
        (
            format!("http://localhost/sub/{name}?x=1"),
            &name,
            &ABSOLUTE_FORM,
        ),
        (
            format!("HTTP://localhost/sub/{name}"),
            &name,
            &ABSOLUTE_FORM,
        ),
        ("http://localhost/".to_owned(), "index", &ABSOLUTE_FORM),
        ("http://localhost".to_owned(), "index", &EMPTY_PATH),
    ] {
        asking.must_get(&target, body.as_bytes(), misconception)?;
    }
    Ok(())
}

pub fn responds_with_empty_and_huge_files(
    f: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let site = Site::new()?;
    let mut asking = Asking {
        f,
        attempt,
        site: &site,
    };
    site.file("empty.txt", "")?;
    asking.must_get("/empty.txt", b"", &FILE_NOT_SERVED)?;
    if let Err(error) = site.sparse("huge", HUGE) {
        return Err(Stop::Skip(format!("no file can have 5 GiB here ({error})")));
    }
    let wrong = |reply: &Reply| -> Stop {
        LARGE_FILE
            .seen(format!(
                "A file has {HUGE} bytes, and to {} respond gave {}, {} bytes.",
                reply.asked, reply.status, reply.length
            ))
            .by_hand("truncate -s 5G huge; curl -sI http://127.0.0.1:8000/huge")
    };
    let reply = asking.get("/huge")?;
    if reply.status != 200 || reply.length != HUGE {
        return Err(wrong(&reply));
    }
    for (range, start, end) in [
        ("bytes=-5".to_owned(), HUGE - 5, HUGE),
        (
            "bytes=4294967296-4294967300".to_owned(),
            1 << 32,
            (1 << 32) + 5,
        ),
        (format!("bytes=5-{}", u64::MAX), 5, HUGE),
    ] {
        let reply = asking.ask("GET", "/huge", &[("Range", &range)])?;
        let expected = format!("bytes {start}-{}/{HUGE}", end - 1);
        if reply.status != 206 || reply.length != end - start {
            return Err(wrong(&reply));
        }
        if reply.field("Content-Range") != Some(&expected) {
            let observed = format!("Content-Range does not say which part it is: {expected}.");
            let mark = Mark::Field("Content-Range", format!("expected {expected}"));
            return Err(reply.wrong(&CONTENT_RANGE, observed, mark));
        }
    }
    Ok(())
}
