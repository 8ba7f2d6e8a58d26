//! `-F`: the fields of a form, as `multipart/form-data` (RFC 7578).

use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::Path;

use super::body::{Body, read_all};
use super::failure::Failure;
use super::options::{FormField, has_line_end};

/// What a form is if `-H` says nothing else.
const FORM: &str = "multipart/form-data";

/// The parts of the form one after the other, and the `Content-Type` that says what parts them. `kind` is the one that
/// the caller wants in place of the usual.
///
/// # Errors
///
/// When a field is malformed, or a file cannot be read.
pub fn encode(fields: &[FormField], kind: Option<&str>) -> Result<(Body, String), Failure> {
    let kind = kind.unwrap_or(FORM);
    let disposition = match kind.to_ascii_lowercase().starts_with(FORM) {
        true => "form-data",
        false => "attachment",
    };
    let boundary = boundary();
    let mut parts = Vec::new();
    for field in fields {
        let Field { name, contents } = Field::parse(field)?;
        let name = match name.as_str() {
            "" => String::new(),
            name => format!("; name=\"{}\"", escape(name)),
        };
        let disposition = format!("{disposition}{name}");
        match <[Part; 1]>::try_from(contents) {
            Ok([part]) => part.write(&mut parts, &boundary, &disposition),
            Err(files) => write_several(&mut parts, &boundary, &disposition, files),
        }
    }
    parts.push(text(format!("--{boundary}--\r\n")));
    Ok((Body::Parts(parts), format!("{kind}; boundary={boundary}")))
}

struct Field {
    name: String,
    /// One, but for a list of files.
    contents: Vec<Part>,
}

struct Part {
    body: Body,
    kind: Option<String>,
    filename: Option<String>,
}

impl Field {
    /// `name=value`, `name=@file,file` or `name=<file`, each with `;type=…` and `;filename=…`.
    fn parse(field: &FormField) -> Result<Field, Failure> {
        let (FormField::Any(text) | FormField::Literal(text)) = field;
        let bad = |reason: &str| Failure::usage(format!("-F {text:?}: {reason}"));
        let (name, content) = text
            .split_once('=')
            .ok_or_else(|| bad("there is no = in it"))?;
        let contents = match (field, content.as_bytes().first()) {
            (FormField::Any(_), Some(b'@')) => files(&content[1..])?,
            (FormField::Any(_), Some(b'<')) => {
                let (file, parameters, _) = words(&content[1..], false);
                vec![parameters.part(Body::Bytes(read_all(&file)?))]
            }
            (FormField::Any(_), _) => {
                let (value, parameters, _) = words(content, false);
                vec![parameters.part(Body::Bytes(value.into_bytes()))]
            }
            (FormField::Literal(_), _) => {
                vec![Parameters::default().part(Body::Bytes(content.as_bytes().to_vec()))]
            }
        };
        let types = contents.iter().filter_map(|part| part.kind.as_deref());
        if has_line_end(name) || types.into_iter().any(has_line_end) {
            return Err(bad("there is a line end in its name or type"));
        }
        Ok(Field {
            name: name.to_owned(),
            contents,
        })
    }
}

/// The files of a list, each with its parameters.
fn files(list: &str) -> Result<Vec<Part>, Failure> {
    let mut files = Vec::new();
    let mut rest = Some(list);
    while let Some(text) = rest {
        let (file, parameters, behind) = words(text, true);
        let path = Path::new(&file);
        let body = match file.as_str() {
            "-" => Body::Bytes(read_all("-")?),
            _ => Body::of_file(path, 0)?,
        };
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        let part = parameters.part(body);
        files.push(Part {
            kind: part.kind.or_else(|| kind_of(path).map(str::to_owned)),
            filename: part.filename.or(name),
            ..part
        });
        rest = behind;
    }
    Ok(files)
}

impl Part {
    fn filename(&self) -> String {
        self.filename
            .as_ref()
            .map(|name| format!("; filename=\"{}\"", escape(name)))
            .unwrap_or_default()
    }

    fn write(self, parts: &mut Vec<Body>, boundary: &str, disposition: &str) {
        let filename = self.filename();
        let kind = self.kind.map(|kind| format!("Content-Type: {kind}\r\n"));
        parts.push(text(format!(
            "--{boundary}\r\nContent-Disposition: {disposition}{filename}\r\n{}\r\n",
            kind.unwrap_or_default()
        )));
        parts.push(self.body);
        parts.push(text("\r\n".to_owned()));
    }
}

/// Several files in one field are a form within the form.
fn write_several(parts: &mut Vec<Body>, outer: &str, disposition: &str, files: Vec<Part>) {
    let inner = boundary();
    parts.push(text(format!(
        "--{outer}\r\nContent-Disposition: {disposition}\r\n\
         Content-Type: multipart/mixed; boundary={inner}\r\n\r\n"
    )));
    for file in files {
        file.write(parts, &inner, "attachment");
    }
    parts.push(text(format!("--{inner}--\r\n\r\n")));
}

fn text(text: String) -> Body {
    Body::Bytes(text.into_bytes())
}

#[derive(Default)]
struct Parameters {
    kind: Option<String>,
    filename: Option<String>,
}

impl Parameters {
    fn part(self, body: Body) -> Part {
        Part {
            body,
            kind: self.kind,
            filename: self.filename,
        }
    }
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
                    let rest = &quoted[place..];
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

/// The types that curl knows. Of stdin nobody knows.
fn kind_of(file: &Path) -> Option<&'static str> {
    if file == Path::new("-") {
        return None;
    }
    let extension = file
        .extension()
        .map(|it| it.to_string_lossy().to_ascii_lowercase());
    Some(match extension.as_deref() {
        Some("gif") => "image/gif",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("png") => "image/png",
        Some("svg") => "image/svg+xml",
        Some("txt") => "text/plain",
        Some("htm" | "html") => "text/html",
        Some("pdf") => "application/pdf",
        Some("xml") => "application/xml",
        _ => "application/octet-stream",
    })
}
