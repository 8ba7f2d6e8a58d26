//! The head reader and the chunk reader of lesson 05's solution: never a panic, never a byte taken that
//! belongs to what follows, and never two readings of the same bytes. Heads are compared with httparse,
//! and each difference has a name; chunks with a decoder of the plainest kind. Every input is checked for
//! all of that, see [`reading`]: those that are kept in `http_answers`, with what they are read as, and
//! generated ones. `harness/fuzz` looks for more.

mod damage;
#[path = "http_answers/reading.rs"]
mod reading;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write;
use std::path::Path;

use damage::{damage, tries};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use reading::{ChunksRead, HeadRead, check_chunks, check_head};
use solution05::{FetchError, Head, MAX_HEAD};

/// Each file of a corpus is read as the table beside it says.
#[test]
fn each_known_input_is_read_as_before() {
    as_before("heads", |bytes| {
        let HeadRead {
            gave,
            taken,
            difference,
        } = check_head(bytes);
        let mut said = match gave {
            Ok(head) => of_head(&head),
            Err(error) => format!("{error:?}"),
        };
        write!(said, " ({taken} of {} bytes)", bytes.len()).unwrap();
        if let Some(difference) = difference {
            write!(said, "; httparse differs: {difference:?}").unwrap();
        }
        said
    });
    as_before("chunks", |bytes| {
        let ChunksRead { body, gave, taken } = check_chunks(bytes);
        let end = match gave {
            Ok(_) => "Ok".to_owned(),
            Err(error) => format!("{error:?}"),
        };
        let (body, length) = (body.escape_ascii(), bytes.len());
        format!("\"{body}\" {end} ({taken} of {length} bytes)")
    });
}

fn as_before(corpus: &str, read: impl Fn(&[u8]) -> String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("http_answers");
    let table = fs::read_to_string(folder.join(corpus).with_extension("readings")).unwrap();
    let lines = table.lines().filter(|line| !line.starts_with('#'));
    let expected: BTreeMap<&str, &str> = lines.map(|line| line.split_once(": ").unwrap()).collect();
    let mut wrong = Vec::new();
    let mut count = 0;
    for file in fs::read_dir(folder.join(corpus)).unwrap() {
        let file = file.unwrap();
        let name = file.file_name().into_string().unwrap();
        let said = read(&fs::read(file.path()).unwrap());
        if expected.get(name.as_str()) != Some(&said.as_str()) {
            wrong.push(format!("{name}: {said}"));
        }
        count += 1;
    }
    wrong.sort();
    println!("{}", wrong.join("\n"));
    assert!(
        wrong.is_empty(),
        "the lines above are not in the table of {corpus}"
    );
    assert_eq!(count, expected.len(), "a file of {corpus} is gone");
}

fn of_head(head: &Head) -> String {
    let mut said = format!("1.{} {} {:?}", head.minor_version, head.status, head.reason);
    for (name, value) in &head.headers {
        write!(said, " [{}: {}]", name.escape_debug(), value.escape_debug()).unwrap();
    }
    said
}

/// What is just not too long is read to its end, and what is by one longer is not.
#[test]
fn limits_hold_to_the_byte() {
    let filled = |start: &str, length: usize, end: &str| {
        let filling = "a".repeat(length - start.len() - end.len());
        format!("{start}{filling}{end}").into_bytes()
    };
    let go_on = "HTTP/1.1 100 Continue\r\n\r\n".repeat(9);
    for (length, expected) in [(MAX_HEAD, None), (MAX_HEAD + 1, Some(FetchError::BadReply))] {
        for head in [
            filled("HTTP/1.1 200 ", length, "\r\n\r\n"),
            filled("HTTP/1.1 200 OK\r\nA: ", length, "\n\n"),
            filled(&format!("{go_on}HTTP/1.1 200 "), length, "\r\n\r\n"),
        ] {
            assert_eq!(check_head(&head).gave.err(), expected);
        }
        let size = [&filled("1;", length, "\r\n")[..], b"b\r\n0\r\n\r\n"].concat();
        let trailer = filled("A: ", length, "\r\n\r\n");
        let trailer = [&b"1\r\nb\r\n0\r\n"[..], &trailer].concat();
        for chunks in [size, trailer] {
            assert_eq!(check_chunks(&chunks).gave.err(), expected);
        }
    }
}

/// A head, and one of the many ways to write it.
#[derive(Clone, Debug)]
struct Written {
    head: Head,
    bytes: Vec<u8>,
}

fn any_field() -> impl Strategy<Value = (String, String)> {
    let value = "([!-~ü]([ -~\tü€]{0,20}[!-~€])?)?";
    ("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}", value)
}

fn line_end() -> impl Strategy<Value = &'static str> {
    select(vec!["\r\n", "\r\n", "\n"])
}

fn head(status: impl Strategy<Value = u16>) -> impl Strategy<Value = Written> {
    let white = select(vec!["", " ", "\t", "  \t"]);
    let reason = prop_oneof![Just(None), "[ -~]{0,16}".prop_map(Some)];
    let line = (0..=1_u8, status, reason);
    (line, vec(any_field(), 0..6), white, vec(line_end(), 8)).prop_map(
        |((minor_version, status, reason), headers, white, ends)| {
            let mut ends = ends.into_iter();
            let mut end = || ends.next().unwrap_or("\r\n");
            let mut bytes = format!("HTTP/1.{minor_version} {status}").into_bytes();
            if let Some(reason) = &reason {
                write!(bytes, " {reason}").unwrap();
            }
            write!(bytes, "{}", end()).unwrap();
            for (name, value) in &headers {
                write!(bytes, "{name}:{white}{value}{white}{}", end()).unwrap();
            }
            write!(bytes, "{}", end()).unwrap();
            let head = Head {
                minor_version,
                status,
                reason: reason.unwrap_or_default(),
                headers,
            };
            Written { head, bytes }
        },
    )
}

/// An answer's head, with those of 1xx before it.
fn answer() -> impl Strategy<Value = Written> {
    let interim = head(prop_oneof![Just(100_u16), 102..200_u16]);
    let last = head(prop_oneof![Just(101_u16), Just(200), 200..1000_u16]);
    (vec(interim, 0..3), last).prop_map(|(before, last)| {
        let before = before.iter().flat_map(|it| it.bytes.clone());
        Written {
            bytes: before.chain(last.bytes).collect(),
            head: last.head,
        }
    })
}

/// A body, in chunks.
fn chunks() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
    let extension = select(vec![
        "",
        ";",
        ";a",
        " ; a=b",
        "\t;q=\"\\\"; 5\"",
        ";ü",
        ";a;b",
        "  ",
    ]);
    let chunk = (
        vec(any::<u8>(), 1..80),
        0..4_usize,
        any::<bool>(),
        extension,
    );
    let trailers = vec(any_field(), 0..3);
    (vec(chunk, 0..5), trailers, vec(line_end(), 16)).prop_map(|(chunks, trailers, ends)| {
        let mut ends = ends.into_iter();
        let mut end = || ends.next().unwrap_or("\r\n");
        let (mut body, mut bytes) = (Vec::new(), Vec::new());
        for (data, zeros, upper_case, extension) in chunks {
            let size = match upper_case {
                true => format!("{:X}", data.len()),
                false => format!("{:x}", data.len()),
            };
            let zeros = "0".repeat(zeros);
            write!(bytes, "{zeros}{size}{extension}{}", end()).unwrap();
            bytes.extend(&data);
            write!(bytes, "{}", end()).unwrap();
            body.extend(data);
        }
        write!(bytes, "0{}", end()).unwrap();
        for (name, value) in trailers {
            write!(bytes, "{name}: {value}{}", end()).unwrap();
        }
        write!(bytes, "{}", end()).unwrap();
        (body, bytes)
    })
}

/// Something between an answer and noise: pieces of answers, in any order.
fn fragments() -> impl Strategy<Value = Vec<u8>> {
    let known = vec![
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 100\r\n\r\n",
        "HTTP/1.0 ",
        "HTTP/1.",
        "HTTP/2 ",
        "1 ",
        "101",
        "204 ",
        "099",
        " ",
        "A: b\r\n",
        "A:",
        ":",
        "\r\n",
        "\r\n\r\n",
        "\n",
        "\r",
        "\t",
        "\0",
        "\u{fc}",
        "0",
        "5",
        "-1",
        "+1",
        "0x",
        "0\r\n\r\n",
        "5\r\nhello\r\n",
        "hello",
        ";a=b",
        "FFFFFFFFFFFFFFFF\r\n",
        "10000000000000000\r\n",
    ];
    let piece = prop_oneof![
        8 => select(known).prop_map(|text| text.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 1..4),
    ];
    vec(piece, 0..16).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(tries(512))]

    /// Heads come out as they went in, and what follows is not touched.
    #[test]
    fn a_head_is_read_exactly(written in answer(), body in vec(any::<u8>(), 0..40)) {
        let length = written.bytes.len();
        let read = check_head(&[written.bytes, body].concat());
        prop_assert_eq!(read.gave, Ok(written.head));
        prop_assert_eq!(read.taken, length);
        prop_assert_eq!(read.difference, None);
    }

    #[test]
    fn a_damaged_head_has_one_reading(written in answer(), damage in vec(damage(), 1..4)) {
        let mut bytes = written.bytes;
        for damage in damage {
            damage.apply(&mut bytes);
        }
        check_head(&bytes);
    }

    #[test]
    fn a_head_that_is_cut_off_is_none(written in answer(), cut in any::<Index>()) {
        let cut = cut.index(written.bytes.len());
        prop_assert!(check_head(&written.bytes[..cut]).gave.is_err());
    }

    /// Bodies come out of chunks as they went in, and what follows is not touched.
    #[test]
    fn chunks_are_copied_exactly((body, mut bytes) in chunks(), next in vec(any::<u8>(), 0..40)) {
        let length = bytes.len();
        bytes.extend(next);
        let read = check_chunks(&bytes);
        prop_assert_eq!(read.gave, Ok(body.len() as u64));
        prop_assert_eq!(read.body, body);
        prop_assert_eq!(read.taken, length);
    }

    #[test]
    fn damaged_chunks_have_one_reading((_, mut bytes) in chunks(), damage in vec(damage(), 1..4)) {
        for damage in damage {
            damage.apply(&mut bytes);
        }
        check_chunks(&bytes);
    }

    #[test]
    fn chunks_that_are_cut_off_are_a_part((body, bytes) in chunks(), cut in any::<Index>()) {
        let read = check_chunks(&bytes[..cut.index(bytes.len())]);
        prop_assert_eq!(read.gave, Err(FetchError::Partial));
        prop_assert!(body.starts_with(&read.body));
    }

    #[test]
    fn fragments_have_one_reading(bytes in fragments()) {
        check_head(&bytes);
        check_chunks(&bytes);
    }
}
