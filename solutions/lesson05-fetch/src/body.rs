//! What is sent after the head: bytes at hand, a file, stdin, the parts of a form.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::failure::{Failure, code, said};

/// A body that can be read as often as it has to be sent, but for stdin's.
#[derive(Debug)]
pub enum Body {
    Bytes(Vec<u8>),
    /// From `start` on, `length` bytes. Without a length, to the file's end.
    File {
        file: PathBuf,
        start: u64,
        length: Option<u64>,
    },
    Stdin,
    /// One after the other.
    Parts(Vec<Body>),
}

impl Body {
    /// A file's, from `start` on.
    ///
    /// # Errors
    ///
    /// When it cannot be opened: to hear of that before a connection is made is better.
    pub fn of_file(file: &Path, start: u64) -> Result<Body, Failure> {
        let metadata = File::open(file)
            .and_then(|opened| opened.metadata())
            .map_err(|error| unreadable(&file.display(), &error))?;
        if metadata.is_dir() {
            return Err(unreadable(
                &file.display(),
                &io::ErrorKind::IsADirectory.into(),
            ));
        }
        Ok(Body::File {
            file: file.to_owned(),
            start,
            // Only of a regular file is it known beforehand.
            length: metadata
                .is_file()
                .then(|| metadata.len().saturating_sub(start)),
        })
    }

    /// `None` when only reading it will tell.
    pub fn length(&self) -> Option<u64> {
        match self {
            Body::Bytes(bytes) => Some(bytes.len() as u64),
            Body::File { length, .. } => *length,
            Body::Stdin => None,
            Body::Parts(parts) => parts.iter().map(Body::length).sum(),
        }
    }

    /// Whether it can be sent a second time.
    pub fn can_be_repeated(&self) -> bool {
        // No form has stdin for a part: it reads that beforehand.
        !matches!(self, Body::Stdin)
    }

    /// Reads it, from its first byte.
    ///
    /// # Errors
    ///
    /// When a file cannot be opened.
    pub fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        Ok(match self {
            Body::Bytes(bytes) => Box::new(&bytes[..]),
            Body::File {
                file,
                start,
                length,
            } => {
                let mut file = File::open(file)?;
                if *start > 0 {
                    file.seek(SeekFrom::Start(*start))?;
                }
                // A file that grows meanwhile must not send more than was announced.
                Box::new(file.take(length.unwrap_or(u64::MAX)))
            }
            Body::Stdin => Box::new(io::stdin().lock()),
            Body::Parts(parts) => Box::new(PartsReader {
                current: Box::new(io::empty()),
                rest: parts.iter(),
            }),
        })
    }
}

/// Opens each part when its turn comes: a form may have more files than a process may have open.
struct PartsReader<'a> {
    current: Box<dyn Read + 'a>,
    rest: std::slice::Iter<'a, Body>,
}

impl Read for PartsReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.current.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            match self.rest.next() {
                Some(part) => self.current = part.open()?,
                None => return Ok(0),
            }
        }
    }
}

/// A whole file; `-` is stdin.
///
/// # Errors
///
/// When it cannot be read.
pub fn read_all(name: &str) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let result = match name {
        "-" => io::stdin().read_to_end(&mut bytes),
        _ => File::open(name).and_then(|mut file| file.read_to_end(&mut bytes)),
    };
    result.map_err(|error| unreadable(&name, &error))?;
    Ok(bytes)
}

pub fn unreadable(name: &dyn std::fmt::Display, error: &io::Error) -> Failure {
    Failure::new(code::READ, format!("Cannot read {name}: {}", said(error)))
}
