//! `-F`: the fields of a form, as `multipart/form-data` (RFC 7578).

use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::Path;

use super::body::{Body, read_all};
use super::failure::Failure;
use super::options::has_line_end;

/// The parts of the form one after the other, and the `Content-Type` that says what parts them.
///
/// # Errors
///
/// When a field is malformed, or a file cannot be read.
pub fn encode(fields: &[String]) -> Result<(Body, String), Failure> {
    let boundary = boundary();
    let mut parts = Vec::new();
    for field in fields {
        let Field { name, content } = Field::parse(field)?;
        let name = escape(&name);
        match content {
            Content::Value(part) => {
                let disposition = format!("form-data; name=\"{name}\"");
                part.write(&mut parts, &boundary, &disposition);
            }
            Content::Files(files) => match <[Part; 1]>::try_from(files) {
                Ok([file]) => {
                    let disposition = format!("form-data; name=\"{name}\"{}", file.filename());
                    file.write(&mut parts, &boundary, &disposition);
                }
                Err(files) => write_several(&mut parts, &boundary, &name, files),
            },
        }
    }
    push(&mut parts, format!("--{boundary}--\r\n"));
    Ok((
        Body::Parts(parts),
        format!("multipart/form-data; boundary={boundary}"),
    ))
}

struct Field {
    name: String,
    content: Content,
}

enum Content {
    Value(Part),
    Files(Vec<Part>),
}

struct Part {
    body: Body,
    kind: Option<String>,
    filename: Option<String>,
}

impl Field {
    /// `name=value`, `name=@file,file` or `name=<file`, each with `;type=…` and `;filename=…`.
    fn parse(field: &str) -> Result<Field, Failure> {
        let (name, content) = field
            .split_once('=')
            .ok_or_else(|| bad(field, "there is no = in it"))?;
        if has_line_end(name) {
            return Err(bad(field, "there is a line end in its name"));
        }
        let content = match content.as_bytes().first() {
            Some(b'@') => {
                let mut files = Vec::new();
                let mut rest = Some(&content[1..]);
                while let Some(text) = rest {
                    let (file, parameters, behind) = words(text, true);
                    let path = Path::new(&file);
                    let body = match file.as_str() {
                        "-" => Body::Bytes(read_all("-")?),
                        _ => Body::of_file(path, 0)?,
                    };
                    let last = path
                        .file_name()
                        .map(|name| name.to_string_lossy().into_owned());
                    files.push(Part {
                        // How long the form is has to be known before it is sent.
                        body: match body.length() {
                            Some(_) => body,
                            None => Body::Bytes(read_all(&file)?),
                        },
                        kind: parameters.kind.or_else(|| Some(kind_of(path).to_owned())),
                        filename: parameters.filename.or(last),
                    });
                    rest = behind;
                }
                Content::Files(files)
            }
            Some(b'<') => {
                let (file, parameters, _) = words(&content[1..], false);
                Content::Value(Part {
                    body: Body::Bytes(read_all(&file)?),
                    kind: parameters.kind,
                    filename: None,
                })
            }
            _ => {
                let (value, parameters, _) = words(content, false);
                Content::Value(Part {
                    body: Body::Bytes(value.into_bytes()),
                    kind: parameters.kind,
                    filename: parameters.filename,
                })
            }
        };
        let parts = match &content {
            Content::Value(part) => std::slice::from_ref(part),
            Content::Files(parts) => parts,
        };
        if parts
            .iter()
            .any(|part| part.kind.as_deref().is_some_and(has_line_end))
        {
            return Err(bad(field, "there is a line end in its type"));
        }
        Ok(Field {
            name: name.to_owned(),
            content,
        })
    }
}

impl Part {
    fn filename(&self) -> String {
        self.filename
            .as_ref()
            .map(|name| format!("; filename=\"{}\"", escape(name)))
            .unwrap_or_default()
    }

    fn write(self, parts: &mut Vec<Body>, boundary: &str, disposition: &str) {
        let kind = self.kind.map(|kind| format!("Content-Type: {kind}\r\n"));
        push(
            parts,
            format!(
                "--{boundary}\r\nContent-Disposition: {disposition}\r\n{}\r\n",
                kind.unwrap_or_default()
            ),
        );
        parts.push(self.body);
        push(parts, "\r\n".to_owned());
    }
}

/// Several files in one field are a form within the form.
fn write_several(parts: &mut Vec<Body>, outer: &str, name: &str, files: Vec<Part>) {
    let inner = boundary();
    push(
        parts,
        format!(
            "--{outer}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\
             Content-Type: multipart/mixed; boundary={inner}\r\n\r\n"
        ),
    );
    for file in files {
        let disposition = format!("attachment{}", file.filename());
        file.write(parts, &inner, &disposition);
    }
    push(parts, format!("--{inner}--\r\n\r\n"));
}

fn push(parts: &mut Vec<Body>, text: String) {
    match parts.last_mut() {
        Some(Body::Bytes(bytes)) => bytes.extend_from_slice(text.as_bytes()),
        _ => parts.push(Body::Bytes(text.into_bytes())),
    }
}

#[derive(Default)]
struct Parameters {
    kind: Option<String>,
    filename: Option<String>,
}

/// What stands in front of `;`, the parameters behind it, and what follows a comma where there are lists.
fn words(text: &str, lists: bool) -> (String, Parameters, Option<&str>) {
    let ends: &[char] = if lists { &[';', ','] } else { &[';'] };
    let (first, mut rest) = word(text, ends);
    let mut parameters = Parameters::default();
    while let Some(behind) = rest.strip_prefix(';') {
        let behind = behind.trim_start();
        let (place, text) = if let Some(text) = behind.strip_prefix("type=") {
            (Some(&mut parameters.kind), text)
        } else if let Some(text) = behind.strip_prefix("filename=") {
            (Some(&mut parameters.filename), text)
        } else {
            (None, behind)
        };
        let (value, behind) = word(text, ends);
        if let Some(place) = place {
            *place = Some(value);
        }
        rest = behind;
    }
    (first, parameters, rest.strip_prefix(','))
}

/// A word up to one of `ends`. In quotes it may have these in it, and `\` in front of a quote.
fn word<'a>(text: &'a str, ends: &[char]) -> (String, &'a str) {
    if let Some(quoted) = text.strip_prefix('"') {
        let mut word = String::new();
        let mut letters = quoted.char_indices();
        while let Some((place, letter)) = letters.next() {
            match letter {
                '"' => {
                    let rest = &quoted[place + 1..];
                    return (word, &rest[rest.find(ends).unwrap_or(rest.len())..]);
                }
                '\\' => match letters.next() {
                    Some((_, letter @ ('"' | '\\'))) => word.push(letter),
                    Some((_, letter)) => word.extend(['\\', letter]),
                    None => word.push('\\'),
                },
                letter => word.push(letter),
            }
        }
        // Without its second quote, the first is a letter like any other.
    }
    let (word, rest) = text.split_at(text.find(ends).unwrap_or(text.len()));
    (word.to_owned(), rest)
}

fn escape(name: &str) -> String {
    name.replace('"', "%22")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Nobody can know it who writes what the parts have in them.
fn boundary() -> String {
    let random = RandomState::new().build_hasher().finish();
    format!("------------------------{random:016x}")
}

/// The types that curl knows.
fn kind_of(file: &Path) -> &'static str {
    let extension = file
        .extension()
        .map(|it| it.to_string_lossy().to_ascii_lowercase());
    match extension.as_deref() {
        Some("gif") => "image/gif",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("png") => "image/png",
        Some("svg") => "image/svg+xml",
        Some("txt") => "text/plain",
        Some("htm" | "html") => "text/html",
        Some("pdf") => "application/pdf",
        Some("xml") => "application/xml",
        _ => "application/octet-stream",
    }
}

fn bad(field: &str, reason: &str) -> Failure {
    Failure::usage(format!("-F {field:?}: {reason}"))
}
