//! What `-d` and its kin send.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use super::body::read_all;
use super::failure::Failure;

/// What may stand in a URL as it is (RFC 3986 section 2.3).
pub const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What one option gave.
#[derive(Clone, Debug)]
pub enum Data {
    Text(String),
    /// `keep_lines`: the file is sent as it is.
    File {
        name: String,
        keep_lines: bool,
    },
    /// Is escaped, and stands behind `prefix`.
    Escaped {
        prefix: String,
        content: Box<Data>,
    },
}

impl Data {
    /// Reads the value of the option that has this name.
    pub fn of(option: &str, value: &str) -> Data {
        if option == "data_urlencode" {
            return Data::to_be_escaped(value);
        }
        match value.strip_prefix('@') {
            Some(name) if option != "data_raw" => Data::File {
                name: name.to_owned(),
                keep_lines: option == "data_binary",
            },
            _ => Data::Text(value.to_owned()),
        }
    }

    /// `content`, `=content`, `name=content`, `@file` or `name@file`.
    fn to_be_escaped(value: &str) -> Data {
        let (name, content) = match value.find(['=', '@']) {
            Some(place) => (&value[..place], &value[place..]),
            None => ("", value),
        };
        let content = match content.strip_prefix('@') {
            Some(name) => Data::File {
                name: name.to_owned(),
                keep_lines: true,
            },
            None => Data::Text(content.strip_prefix('=').unwrap_or(content).to_owned()),
        };
        Data::Escaped {
            prefix: match name {
                "" => String::new(),
                name => format!("{name}="),
            },
            content: Box::new(content),
        }
    }

    /// All of it, joined with `&`.
    ///
    /// # Errors
    ///
    /// When a file cannot be read. (curl 7.88 warns, and sends nothing in its place.)
    pub fn join(all: &[Data]) -> Result<Vec<u8>, Failure> {
        if let [one] = all {
            return one.read(); // it may be large
        }
        let all: Vec<_> = all.iter().map(Data::read).collect::<Result<_, _>>()?;
        Ok(all.join(&b'&'))
    }

    fn read(&self) -> Result<Vec<u8>, Failure> {
        Ok(match self {
            Data::Text(text) => text.clone().into_bytes(),
            Data::File { name, keep_lines } => {
                let mut bytes = read_all(name)?;
                if !keep_lines {
                    bytes.retain(|byte| !b"\r\n\0".contains(byte));
                }
                bytes
            }
            Data::Escaped { prefix, content } => {
                let escaped = percent_encode(&content.read()?, RESERVED).to_string();
                (prefix.clone() + &escaped.replace("%20", "+")).into_bytes()
            }
        })
    }
}
