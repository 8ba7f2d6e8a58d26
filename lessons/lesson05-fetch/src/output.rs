//! Where what comes is written to: stdout, or files that are opened when there is something for them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::failure::{Failure, code, said};
use super::meter::Meter;

/// Pieces smaller than this are gathered where nobody watches.
const BUFFER: usize = 64 * 1024;

/// An open file. Into a pipe or to a terminal, what arrives goes at once; into a regular file it may gather.
pub enum Sink {
    AtOnce(File),
    Gathering(BufWriter<File>),
}

impl Sink {
    pub fn new(file: File) -> Sink {
        match file.metadata() {
            Ok(metadata) if metadata.is_file() => {
                Sink::Gathering(BufWriter::with_capacity(BUFFER, file))
            }
            _ => Sink::AtOnce(file),
        }
    }

    /// Our stdout. `std::io::stdout` would look for line ends in all that passes.
    ///
    /// # Errors
    ///
    /// When the system has no more descriptors.
    pub fn stdout() -> io::Result<Sink> {
        #[cfg(unix)]
        let file = std::os::fd::AsFd::as_fd(&io::stdout()).try_clone_to_owned()?;
        #[cfg(windows)]
        let file = std::os::windows::io::AsHandle::as_handle(&io::stdout()).try_clone_to_owned()?;
        Ok(Sink::new(File::from(file)))
    }

    /// Forgets what was written since the file had `length` bytes.
    fn shorten(&mut self, length: u64) -> io::Result<()> {
        self.flush()?;
        let file = match self {
            Sink::AtOnce(_) => return Ok(()), // what is in a pipe is gone
            Sink::Gathering(file) => file.get_mut(),
        };
        file.set_len(length)?;
        file.seek(SeekFrom::Start(length))?;
        Ok(())
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Sink::AtOnce(file) => file.write(bytes),
            Sink::Gathering(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Sink::AtOnce(file) => file.flush(),
            Sink::Gathering(file) => file.flush(),
        }
    }
}

/// What is saved of one URL. The file is opened, and emptied, when the first byte comes, or at the end of
/// a transfer that succeeded: one that failed before leaves alone what is there.
pub struct Output<'a> {
    stdout: &'a mut Sink,
    /// `None` is stdout.
    file: Option<PathBuf>,
    /// Go on behind what the file has.
    appends: bool,
    opened: Option<(Sink, u64)>,
    /// Bytes of bodies.
    pub received: u64,
    /// What the system said when writing failed.
    pub trouble: Option<io::Error>,
    pub meter: Option<Rc<Meter>>,
}

impl Output<'_> {
    pub fn new(stdout: &mut Sink, file: Option<PathBuf>, appends: bool) -> Output<'_> {
        Output {
            stdout,
            file,
            appends,
            opened: None,
            received: 0,
            trouble: None,
            meter: None,
        }
    }

    /// Writes what is no body: `-i` wants heads in the same place.
    pub fn write_head(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let result = self.sink().and_then(|sink| sink.write_all(bytes));
        result.map_err(|error| self.failure(&error))
    }

    /// Makes sure of what was written. Also an empty body makes a file.
    pub fn finish(&mut self) -> Result<(), Failure> {
        let result = self.sink().and_then(|sink| sink.flush());
        result.map_err(|error| self.failure(&error))
    }

    /// Makes the file what it was before, for another attempt.
    pub fn start_again(&mut self) -> Result<(), Failure> {
        let result = match &mut self.opened {
            Some((sink, length)) => sink.shorten(*length),
            None => Ok(()),
        };
        self.received = 0;
        result.map_err(|error| self.failure(&error))
    }

    /// What is said when writing failed.
    pub fn failure(&self, error: &io::Error) -> Failure {
        cannot_write(self.file.as_deref(), error)
    }

    /// Where `-D -` writes, whatever becomes of the body.
    pub fn stdout(&mut self) -> &mut Sink {
        self.stdout
    }

    fn sink(&mut self) -> io::Result<&mut Sink> {
        let Some(file) = &self.file else {
            return Ok(self.stdout);
        };
        match &mut self.opened {
            Some((sink, _)) => Ok(sink),
            opened => {
                let mut options = OpenOptions::new();
                match self.appends {
                    true => options.append(true),
                    false => options.write(true).truncate(true),
                };
                let file = options.create(true).open(file)?;
                let length = if self.appends {
                    file.metadata()?.len()
                } else {
                    0
                };
                let (sink, _) = opened.insert((Sink::new(file), length));
                Ok(sink)
            }
        }
    }
}

/// What the lesson's `copy_body` writes to.
impl Write for Output<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.sink().and_then(|sink| sink.write(bytes)) {
            Ok(count) => {
                self.received += count as u64;
                if let Some(meter) = &self.meter {
                    meter.received(count);
                }
                Ok(count)
            }
            Err(error) => {
                let kind = error.kind();
                if kind != ErrorKind::Interrupted {
                    self.trouble = Some(error);
                }
                Err(kind.into())
            }
        }
    }

    /// Nobody watches a file while it is written; what anybody may watch goes at once.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Says before a transfer that its file cannot be written, as far as that can be known without touching it.
///
/// # Errors
///
/// When it is a folder or not ours to write, or its folder is not there.
pub fn check_writable(file: &Path) -> Result<(), Failure> {
    let result = match fs::metadata(file) {
        Ok(metadata) if metadata.is_dir() => Err(ErrorKind::IsADirectory.into()),
        // A pipe or a device would notice.
        Ok(metadata) if !metadata.is_file() => Ok(()),
        Ok(_) => OpenOptions::new().append(true).open(file).map(drop),
        Err(error) if error.kind() == ErrorKind::NotFound => match file.parent() {
            Some(folder) if folder != Path::new("") => fs::metadata(folder).map(drop),
            _ => Ok(()),
        },
        Err(error) => Err(error),
    };
    result.map_err(|error| cannot_write(Some(file), &error))
}

pub fn cannot_write(file: Option<&Path>, error: &io::Error) -> Failure {
    let reason = match file {
        Some(file) => format!("Cannot write to {}: {}", file.display(), said(error)),
        None => format!("Cannot write to stdout: {}", said(error)),
    };
    Failure::new(code::WRITE, reason)
}
