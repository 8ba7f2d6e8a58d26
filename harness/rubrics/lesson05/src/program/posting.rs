//! `-d`, `--data-binary`, `-G`, `-F`.

use super::super::Functions;
use super::super::misconceptions::{DATA_CHANGED, FORM_BROKEN};
use super::super::origin::Asked;
use super::shell::{Shell, word};
use super::uploading::uploaded;
use harness::attempt::Attempt;
use harness::finding::Stop;
use harness::wire::random_payload;

const URLENCODED: &str = "application/x-www-form-urlencoded";

/// One command line, and what has to come of it.
fn posts(
    shell: &mut Shell<'_>,
    args: &[&str],
    input: &[u8],
    body: &[u8],
    media_type: &str,
) -> Result<(), Stop> {
    let origin = shell.origin("server")?;
    let page = word();
    shell.types_and_pipes(&[args, &[&origin.url("/form?x")]].concat(), input)?;
    let (mut visit, asked) = uploaded(shell, &origin)?;
    shell.asks_for(&asked, "POST", "/form?x", &DATA_CHANGED)?;
    shell.has_field(&asked, "Content-Type", &[media_type], &DATA_CHANGED)?;
    shell.has_field(
        &asked,
        "Content-Length",
        &[&body.len().to_string()],
        &DATA_CHANGED,
    )?;
    shell.sends(&asked, body, &DATA_CHANGED)?;
    shell.answers(&mut visit, "HTTP/1.1 200 OK", page.as_bytes())?;
    shell.prints(page.as_bytes())?;
    Ok(())
}

pub fn posts_data(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    let word = word();
    let first = format!("a={word}");
    posts(
        &mut shell,
        &["-d", &first],
        b"",
        first.as_bytes(),
        URLENCODED,
    )?;
    let both = format!("{first}&b=x y%20+&&c");
    posts(
        &mut shell,
        &["-d", &first, "-d", "b=x y%20+&&c"],
        b"",
        both.as_bytes(),
        URLENCODED,
    )?;
    posts(&mut shell, &["-d", ""], b"", b"", URLENCODED)?;
    let json = ["-d", "{\"a\":1}", "-H", "Content-Type: application/json"];
    posts(&mut shell, &json, b"", b"{\"a\":1}", "application/json")
}

pub fn posts_files(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    let lines = format!("{}\r\nb=2\nc=3\n", word());
    let joined = lines.replace(['\r', '\n'], "");
    shell.folder.write("lines", &lines)?;
    posts(
        &mut shell,
        &["-d", "@lines"],
        b"",
        joined.as_bytes(),
        URLENCODED,
    )?;
    posts(
        &mut shell,
        &["-d", "@-"],
        lines.as_bytes(),
        joined.as_bytes(),
        URLENCODED,
    )?;
    // Not a byte is lost, though it be a zero or no text.
    let binary = [random_payload(3000), b"\r\n\0\xff\n".to_vec()].concat();
    shell.folder.write("binary", &binary)?;
    posts(
        &mut shell,
        &["--data-binary", "@binary"],
        b"",
        &binary,
        URLENCODED,
    )?;
    let mixed = [b"a=1&".to_vec(), binary].concat();
    posts(
        &mut shell,
        &["-d", "a=1", "--data-binary", "@binary"],
        b"",
        &mixed,
        URLENCODED,
    )
}

pub fn puts_data_into_the_query(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    let origin = shell.origin("server")?;
    let word = word();
    let data = format!("q={word}");
    for (at, target) in [
        ("/find", format!("/find?{data}&n=1")),
        ("/find?lang=en#top", format!("/find?lang=en&{data}&n=1")),
    ] {
        let page = super::shell::word();
        shell.types(&["-G", "-d", &data, "-d", "n=1", &origin.url(at)])?;
        let (mut visit, asked) = shell.asked(&origin)?;
        shell.asks_for(&asked, "GET", &target, &DATA_CHANGED)?;
        shell.has_no_field(&asked, "Content-Type", &DATA_CHANGED)?;
        shell.sends(&asked, b"", &DATA_CHANGED)?;
        shell.answers(&mut visit, "HTTP/1.1 200 OK", page.as_bytes())?;
        shell.prints(page.as_bytes())?;
    }
    Ok(())
}

/// A part of a form.
#[derive(Debug, PartialEq, Eq)]
struct Part {
    name: String,
    file: Option<String>,
    media_type: Option<String>,
    content: Vec<u8>,
}

pub fn sends_a_form(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    let origin = shell.origin("server")?;
    let (word, photo, page) = (word(), random_payload(3000), super::shell::word());
    shell.folder.write("photo.bin", &photo)?;
    shell.folder.write("note", "from a file")?;
    let named = format!("name={word}");
    let args = [
        "-F",
        named.as_str(),
        "-F",
        "photo=@photo.bin",
        "-F",
        "other=@photo.bin;type=image/png;filename=me.png",
        "-F",
        "note=<note",
    ];
    shell.types(&[&args[..], &[&origin.url("/form")]].concat())?;
    let (mut visit, asked) = uploaded(&mut shell, &origin)?;
    shell.asks_for(&asked, "POST", "/form", &FORM_BROKEN)?;
    let parts = match parts(&asked) {
        Ok(parts) => parts,
        Err(why) => {
            let seen = format!("The body that {} sent is no form: {why}.", shell.typed());
            return Err(shell.wrong(&FORM_BROKEN, seen));
        }
    };
    let part = |name: &str, file: Option<&str>, media_type: Option<&str>, content: &[u8]| Part {
        name: name.to_owned(),
        file: file.map(str::to_owned),
        media_type: media_type.map(str::to_owned),
        content: content.to_vec(),
    };
    let octets = Some("application/octet-stream");
    let expected = [
        part("name", None, None, word.as_bytes()),
        part("photo", Some("photo.bin"), octets, &photo),
        part("other", Some("me.png"), Some("image/png"), &photo),
        part("note", None, None, b"from a file"),
    ];
    for (index, expected) in expected.iter().enumerate() {
        let found = parts.get(index);
        if found == Some(expected) {
            continue;
        }
        shell.fact(
            format!("part {} of the form", index + 1),
            found.map_or("missing".to_owned(), Part::told),
        );
        shell.remark(format!("expected {}", expected.told()));
        let seen = format!(
            "The form that {} sent is not the one of its -F: see the part {:?}.",
            shell.typed(),
            expected.name
        );
        return Err(shell.wrong(&FORM_BROKEN, seen));
    }
    if parts.len() > expected.len() {
        let seen = format!(
            "The form has {} parts; there were {} -F.",
            parts.len(),
            expected.len()
        );
        return Err(shell.wrong(&FORM_BROKEN, seen));
    }
    shell.answers(&mut visit, "HTTP/1.1 200 OK", page.as_bytes())?;
    shell.prints(page.as_bytes())?;
    Ok(())
}

impl Part {
    fn told(&self) -> String {
        let mut told = format!("name={}", self.name);
        if let Some(file) = &self.file {
            told.push_str(&format!(" filename={file}"));
        }
        if let Some(media_type) = &self.media_type {
            told.push_str(&format!(" {media_type}"));
        }
        format!("{told}, {} bytes", self.content.len())
    }
}

/// The parts of a form, by RFC 7578 and RFC 2046, section 5.1.1; or what keeps it from being one.
fn parts(asked: &Asked) -> Result<Vec<Part>, String> {
    let media_type = asked.field("Content-Type").unwrap_or_default();
    let boundary = media_type
        .strip_prefix("multipart/form-data;")
        .and_then(|rest| rest.trim_start().strip_prefix("boundary="))
        .map(|boundary| boundary.trim_matches('"'))
        .filter(|boundary| !boundary.is_empty())
        .ok_or_else(|| format!("its Content-Type is {media_type:?}, without a boundary"))?;
    let line = format!("--{boundary}");
    // Seen as one, the first boundary is like all others.
    let body = [b"\r\n", asked.body.as_slice()].concat();
    let delimiter = format!("\r\n{line}");
    let mut pieces = split(&body, delimiter.as_bytes());
    if pieces.len() < 2 {
        return Err(format!("no line of it is the boundary {line}"));
    }
    let last = pieces.pop().unwrap_or_default();
    if !last.starts_with(b"--") {
        return Err(format!("it does not end with the line {line}--"));
    }
    let mut parts = Vec::new();
    for piece in &pieces[1..] {
        let piece = piece
            .strip_prefix(b"\r\n")
            .ok_or("something follows the boundary on its line")?;
        let end = piece
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .ok_or("a part has no empty line after its head")?;
        let head = String::from_utf8_lossy(&piece[..end]).into_owned();
        let field = |name: &str| {
            head.split("\r\n").find_map(|line| {
                let (found, value) = line.split_once(':')?;
                found
                    .eq_ignore_ascii_case(name)
                    .then(|| value.trim().to_owned())
            })
        };
        let disposition = field("Content-Disposition").unwrap_or_default();
        let parameter = |name: &str| {
            disposition.split(';').skip(1).find_map(|parameter| {
                let (found, value) = parameter.trim().split_once('=')?;
                (found == name).then(|| value.trim_matches('"').to_owned())
            })
        };
        parts.push(Part {
            name: parameter("name").ok_or("a part has no name in its Content-Disposition")?,
            file: parameter("filename"),
            media_type: field("Content-Type"),
            content: piece[end + 4..].to_vec(),
        });
    }
    Ok(parts)
}

fn split<'a>(bytes: &'a [u8], at: &[u8]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    let mut rest = bytes;
    while let Some(found) = rest.windows(at.len()).position(|window| window == at) {
        pieces.push(&rest[..found]);
        rest = &rest[found + at.len()..];
    }
    pieces.push(rest);
    pieces
}
