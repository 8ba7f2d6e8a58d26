//! The request parser of lesson 04's solution: never a panic, never a byte taken that belongs to what
//! comes next, and never two readings of the same bytes. Every input is checked for all of that, see
//! [`reading::check`]: those that are kept in `http_requests/corpus`, with what they are read as, and
//! generated ones. `harness/fuzz` looks for more.

mod damage;
#[path = "http_requests/reading.rs"]
mod reading;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufReader, Read, Write};
use std::net::Shutdown;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use damage::{damage, tries};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use reading::{End, Pair, Reading, check, read_all};
use solution04::{MAX_BODY, MAX_FIELDS, MAX_HEAD, MAX_REQUEST_LINE, Request};

/// Each file of the corpus is read as `readings` says: a line for each request, and one for what comes
/// after the last.
#[test]
fn each_known_input_is_read_as_before() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("http_requests");
    let mut expected = BTreeMap::new();
    let mut reading = &mut String::new();
    let table = fs::read_to_string(folder.join("readings")).unwrap();
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        match line.strip_prefix("    ") {
            Some(line) => *reading += &format!("{line}\n"),
            None => reading = expected.entry(line.to_owned()).or_default(),
        }
    }
    let mut found = BTreeMap::new();
    for file in fs::read_dir(folder.join("corpus")).unwrap() {
        let file = file.unwrap();
        let bytes = fs::read(file.path()).unwrap();
        let name = file.file_name().into_string().unwrap();
        found.insert(name, said(&check(&bytes)));
    }
    for (name, reading) in &found {
        if expected.get(name) != Some(reading) {
            println!("{name}\n    {}", reading.trim_end().replace('\n', "\n    "));
        }
    }
    assert!(found == expected, "the lines above are not in `readings`");
}

fn said(reading: &Reading) -> String {
    let mut said = String::new();
    for request in &reading.requests {
        write!(
            said,
            "{} {} 1.{}",
            request.method, request.target, request.minor_version
        )
        .unwrap();
        for (name, value) in &request.headers {
            write!(said, " [{name}: {}]", value.escape_debug()).unwrap();
        }
        if !request.body.is_empty() {
            write!(said, " \"{}\"", request.body.escape_ascii()).unwrap();
        }
        said.push('\n');
    }
    match reading.end {
        End::Done => said += "done\n",
        End::Broken => said += "broken off\n",
        End::Bad(status) => said += &format!("{status}\n"),
    }
    said
}

/// What is just not too long is read to its end, and what is by one longer gets its status.
#[test]
fn limits_hold_to_the_byte() {
    let get = "GET / HTTP/1.1\r\nHost: h\r\n";
    let post = "POST / HTTP/1.1\r\nHost: h\r\n";
    let next = "GET /next HTTP/1.0\r\n\r\n";
    let filled = |start: &str, length: usize, end: &str| {
        let filling = "a".repeat(length - start.len() - end.len());
        format!("{start}{filling}{end}")
    };
    for more in [0, 1] {
        let body = "b".repeat(MAX_BODY + more);
        let chunks = body.as_bytes().chunks(50_000);
        let chunks = chunks.map(|it| format!("{:x}\r\n{}\r\n", it.len(), "b".repeat(it.len())));
        let chunks: String = chunks.collect();
        for (status, bytes) in [
            (
                414,
                filled("GET /", MAX_REQUEST_LINE + more, " HTTP/1.1") + "\r\nHost: h\r\n\r\n",
            ),
            (
                431,
                filled(&format!("{get}A: "), MAX_HEAD + more, "\r\n\r\n"),
            ),
            (
                431,
                format!("{get}{}\r\n", "A: b\r\n".repeat(MAX_FIELDS - 1 + more)),
            ),
            (
                431,
                format!(
                    "{post}Transfer-Encoding: chunked\r\n\r\n0\r\n{}\r\n",
                    "A: b\r\n".repeat(MAX_FIELDS + more)
                ),
            ),
            (
                413,
                format!("{post}Content-Length: {}\r\n\r\n{body}", body.len()),
            ),
            (
                413,
                format!(
                    "{post}Transfer-Encoding: chunked\r\n\r\n{:X}\r\n{body}\r\n0\r\n\r\n",
                    body.len()
                ),
            ),
            (
                413,
                format!("{post}Transfer-Encoding: chunked\r\n\r\n{chunks}0\r\n\r\n"),
            ),
        ] {
            let reading = check(format!("{bytes}{next}").as_bytes());
            let expected = match more {
                0 => (2, End::Done),
                _ => (0, End::Bad(status)),
            };
            assert_eq!((reading.requests.len(), reading.end), expected);
        }
    }
}

/// A request, and one of the many ways to write it.
#[derive(Clone, Debug)]
struct Written {
    request: Request,
    bytes: Vec<u8>,
}

/// How the body of a request is framed.
#[derive(Clone, Debug)]
enum Framing {
    None,
    Length {
        zeros: usize,
    },
    Chunked {
        sizes: Vec<usize>,
        line: ChunkLine,
        trailers: Vec<(String, String)>,
    },
}

/// What may stand around a chunk's size.
#[derive(Clone, Debug)]
struct ChunkLine {
    zeros: usize,
    upper_case: bool,
    extension: &'static str,
}

fn framing() -> impl Strategy<Value = Framing> {
    let extensions = vec!["", ";", ";a", " ; a=b", "\t;q=\"\\\"; 5\"", ";ü", ";a;b"];
    let line = (0..4_usize, any::<bool>(), select(extensions)).prop_map(
        |(zeros, upper_case, extension)| ChunkLine {
            zeros,
            upper_case,
            extension,
        },
    );
    prop_oneof![
        Just(Framing::None),
        (0..4_usize).prop_map(|zeros| Framing::Length { zeros }),
        (vec(1..300_usize, 0..4), line, vec(any_field(), 0..3)).prop_map(
            |(sizes, line, trailers)| Framing::Chunked {
                sizes,
                line,
                trailers
            }
        ),
    ]
}

fn any_field() -> impl Strategy<Value = (String, String)> {
    // Nothing that has a meaning for how a message is read begins like this.
    (
        "[Xx]-[!#$%&'*+.^_`|~0-9A-Za-z-]{0,12}",
        "([!-~ü]([ -~\tü€]{0,20}[!-~€])?)?",
    )
}

fn written() -> impl Strategy<Value = Written> {
    let method = prop_oneof![
        select(vec!["GET", "HEAD", "POST", "PUT", "get"]).prop_map(str::to_owned),
        "[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}",
    ];
    let target = prop_oneof![
        "/[!-~]{0,30}",
        "(http|HTTPS)://[a-z0-9.:-]{1,9}/[!-~]{0,9}",
        "/(%[0-9A-Fa-f]{2}|\\.\\.|/){0,6}",
    ];
    let host = select(vec!["localhost", "127.0.0.1:8000", "[::1]:80", "a.b", ""]);
    let white = select(vec!["", " ", "\t", "  \t"]);
    let head = (method, target, 0..=2_u8, host, vec(any_field(), 0..6));
    let body = (framing(), vec(any::<u8>(), 0..600), any::<bool>());
    (head, body, any::<Index>(), white, 0..3_usize).prop_map(
        |((method, target, minor_version, host, mut headers), body, at, white, empty_lines)| {
            let (mut framing, mut body, expects) = body;
            if minor_version == 0 && matches!(framing, Framing::Chunked { .. }) {
                framing = Framing::Length { zeros: 0 };
            }
            let mut add = |name: &str, value: String| {
                let at = at.index(headers.len() + 1);
                headers.insert(at, (name.to_owned(), value));
            };
            add("hOST", host.to_owned());
            if expects {
                add("Expect", "100-Continue".to_owned());
            }
            match &framing {
                Framing::None => body.clear(),
                Framing::Length { zeros } => {
                    add(
                        "content-Length",
                        format!("{}{}", "0".repeat(*zeros), body.len()),
                    );
                }
                Framing::Chunked { .. } => add("transfer-ENCODING", "CHUNKED".to_owned()),
            }
            let mut bytes = b"\r\n".repeat(empty_lines);
            write!(bytes, "{method} {target} HTTP/1.{minor_version}\r\n").unwrap();
            for (name, value) in &headers {
                write!(bytes, "{name}:{white}{value}{white}\r\n").unwrap();
            }
            bytes.extend(b"\r\n");
            match framing {
                Framing::None | Framing::Length { .. } => bytes.extend(&body),
                Framing::Chunked {
                    sizes,
                    line,
                    trailers,
                } => {
                    let mut rest = &body[..];
                    for size in sizes.into_iter().chain([body.len()]) {
                        let (chunk, others) = rest.split_at(size.min(rest.len()));
                        if !chunk.is_empty() {
                            line.write(chunk.len(), &mut bytes);
                            bytes.extend(chunk);
                            bytes.extend(b"\r\n");
                        }
                        rest = others;
                    }
                    line.write(0, &mut bytes);
                    for (name, value) in trailers {
                        write!(bytes, "{name}: {value}\r\n").unwrap();
                    }
                    bytes.extend(b"\r\n");
                }
            }
            let request = Request {
                method,
                target,
                minor_version,
                headers,
                body,
            };
            Written { request, bytes }
        },
    )
}

impl ChunkLine {
    fn write(&self, size: usize, bytes: &mut Vec<u8>) {
        let zeros = "0".repeat(self.zeros);
        let size = match self.upper_case {
            true => format!("{size:X}"),
            false => format!("{size:x}"),
        };
        write!(bytes, "{zeros}{size}{}\r\n", self.extension).unwrap();
    }
}

fn joined(written: &[Written]) -> (Vec<Request>, Vec<u8>) {
    let requests = written.iter().map(|it| it.request.clone()).collect();
    let bytes = written.iter().flat_map(|it| it.bytes.clone()).collect();
    (requests, bytes)
}

/// Something between a request and noise: pieces of requests, in any order.
fn fragments() -> impl Strategy<Value = Vec<u8>> {
    let known = vec![
        "GET / HTTP/1.1\r\n",
        "POST /a HTTP/1.1\r\nHost: h\r\n",
        "GET",
        " ",
        "/",
        "HTTP/1.",
        "1\r\n",
        "Host: h\r\n",
        "Content-Length: ",
        "Content-Length: 5\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding:",
        "Expect: 100-continue\r\n",
        "chunked",
        ", ",
        "\r\n",
        "\r\n\r\n",
        "\n",
        "\r",
        "0",
        "5",
        "-1",
        "+1",
        "0\r\n\r\n",
        "5\r\nhello\r\n",
        "hello",
        ";a=b",
        ":",
        "\t",
        "\0",
        "\u{fc}",
        "FFFFFFFFFFFFFFFF",
        "18446744073709551616",
    ];
    let piece = prop_oneof![
        8 => select(known).prop_map(|text| text.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 1..4),
    ];
    vec(piece, 0..16).prop_map(|pieces| pieces.concat())
}

/// Reads bytes that are sent in pieces, each when the one before it has been taken.
fn read_in_pieces(bytes: &[u8], cuts: &[usize]) -> Reading {
    let Pair { mut client, server } = Pair::new();
    let queue = Arc::new(server.try_clone().unwrap());
    thread::scope(move |scope| {
        let while_there_is_a_reader = Arc::downgrade(&queue);
        let waits = move || {
            let queue = while_there_is_a_reader.upgrade();
            queue.is_some_and(|queue| rustix::io::ioctl_fionread(queue).unwrap() > 0)
        };
        scope.spawn(move || {
            let mut start = 0;
            for cut in cuts.iter().chain([&bytes.len()]) {
                client.write_all(&bytes[start..*cut]).unwrap();
                start = *cut;
                while waits() {
                    thread::yield_now();
                }
            }
            client.shutdown(Shutdown::Write).unwrap();
            // What is closed with RST might take its last bytes with it.
            let _ = client.read_to_end(&mut Vec::new());
        });
        let reading = read_all(BufReader::new(server));
        drop(queue);
        reading
    })
}

proptest! {
    #![proptest_config(tries(256))]

    /// Requests come out as they went in, one after the other, whatever is between them.
    #[test]
    fn what_is_right_is_read_exactly(written in vec(written(), 1..5)) {
        let (requests, bytes) = joined(&written);
        let reading = check(&bytes);
        prop_assert_eq!(reading.requests, requests);
        prop_assert_eq!(reading.end, End::Done);
    }

    /// However the network cuts the stream.
    #[test]
    fn pieces_make_the_whole(
        written in vec(written(), 1..4),
        cuts in vec(any::<Index>(), 0..40),
    ) {
        let (requests, bytes) = joined(&written);
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len())).collect();
        cuts.sort();
        let reading = read_in_pieces(&bytes, &cuts);
        prop_assert_eq!(reading.requests, requests);
        prop_assert_eq!(reading.end, End::Done);
    }

    /// A client that goes away in the middle of a request has sent those before it, and no other.
    #[test]
    fn what_is_cut_off_is_no_request(written in vec(written(), 1..4), cut in any::<Index>()) {
        let (requests, bytes) = joined(&written);
        let cut = cut.index(bytes.len());
        let mut end = 0;
        let ends = written.iter().map(|it| { end += it.bytes.len(); end });
        let complete = ends.filter(|end| *end <= cut).count();
        let reading = check(&bytes[..cut]);
        prop_assert_eq!(&reading.requests[..], &requests[..complete]);
        let boundary = written[..complete].iter().map(|it| it.bytes.len()).sum::<usize>();
        // The empty lines before a request are none.
        let expected = match &bytes[boundary..cut] {
            b"" | b"\r\n" | b"\r\n\r\n" => End::Done,
            _ => End::Broken,
        };
        prop_assert_eq!(reading.end, expected);
    }

    /// What is damaged is read in one way, or not at all.
    #[test]
    fn what_is_damaged_has_one_reading(
        written in vec(written(), 1..4),
        damage in vec(damage(), 1..4),
    ) {
        let (_, mut bytes) = joined(&written);
        for damage in damage {
            damage.apply(&mut bytes);
        }
        check(&bytes);
    }

    #[test]
    fn fragments_have_one_reading(bytes in fragments()) {
        check(&bytes);
    }
}
