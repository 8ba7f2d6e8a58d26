//! The options: what they are called, what they take, which of them exclude each other.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser};

use super::data::Data;
use super::failure::Failure;

/// Fetches URLs, and sends things to them: a small curl. Each option means what it means in curl.
#[derive(Debug, Parser)]
#[command(
    name = "fetch",
    version,
    infer_long_args = true,
    args_override_self = true
)]
pub struct Options {
    /// What to fetch: http://host:port/path?query
    #[arg(value_name = "URL")]
    pub operands: Vec<String>,
    /// The same as an URL without an option in front of it
    #[arg(long = "url", value_name = "URL", hide = true)]
    pub more_urls: Vec<String>,

    /// Write to FILE in place of stdout; once for each URL
    #[arg(short, long, value_name = "FILE")]
    pub output: Vec<PathBuf>,
    /// Write to a file that is called as the URL's last segment; once for each URL
    #[arg(short = 'O', long, num_args = 0, default_missing_value = "true")]
    remote_name: Vec<bool>,
    /// As if there were -O for each URL that has no -o
    #[arg(long)]
    pub remote_name_all: bool,
    /// Follow redirects
    #[arg(short = 'L', long)]
    pub location: bool,
    /// How many redirects to follow; -1 is any number
    #[arg(long, value_name = "NUMBER", default_value = "50", value_parser = clap::value_parser!(i64).range(-1..))]
    pub max_redirs: i64,

    /// Ask for the head only
    #[arg(short = 'I', long)]
    pub head: bool,
    /// Print the heads of answers in front of the body
    #[arg(short, long)]
    pub include: bool,
    /// Write the heads of answers to FILE; - is stdout
    #[arg(short = 'D', long, value_name = "FILE")]
    pub dump_header: Option<PathBuf>,
    /// Tell on stderr what is sent and what comes
    #[arg(short, long)]
    pub verbose: bool,
    /// No progress meter, no messages
    #[arg(short, long)]
    pub silent: bool,
    /// Messages of errors all the same
    #[arg(short = 'S', long)]
    pub show_error: bool,
    /// Fail, with exit code 22, when the status is 400 or more
    #[arg(short, long)]
    pub fail: bool,
    /// Print FORMAT after each URL: %{http_code} and others, \n; @FILE has it in a file
    #[arg(short, long, value_name = "FORMAT")]
    pub write_out: Option<String>,

    /// Use METHOD in place of GET, HEAD, POST or PUT
    #[arg(short = 'X', long, value_name = "METHOD")]
    pub request: Option<String>,
    /// Send a field, or take one's place; `Name:` removes it, `Name;` sends it empty; @FILE has them in a file
    #[arg(short = 'H', long, value_name = "FIELD")]
    pub header: Vec<String>,
    /// What to call ourselves
    #[arg(short = 'A', long, value_name = "NAME")]
    pub user_agent: Option<String>,
    /// Where we come from; `;auto` at its end gives it anew at each redirect
    #[arg(short = 'e', long, value_name = "URL")]
    pub referer: Option<String>,
    /// Who we are, for Basic authentication
    #[arg(short, long, value_name = "USER:PASSWORD")]
    pub user: Option<String>,
    /// Cookies to send, or the file that has them
    #[arg(short = 'b', long, value_name = "NAME=VALUE|FILE")]
    pub cookie: Vec<String>,
    /// Leave out the cookies of that file that were for one session
    #[arg(short = 'j', long)]
    pub junk_session_cookies: bool,
    /// Write all cookies to FILE at the end
    #[arg(short = 'c', long, value_name = "FILE")]
    pub cookie_jar: Option<PathBuf>,
    /// Ask for these bytes only, like 0-99
    #[arg(short, long, value_name = "RANGE")]
    pub range: Option<String>,
    /// Go on at OFFSET; `-` takes the file's length for it
    #[arg(short = 'C', long, value_name = "OFFSET", value_parser = resume)]
    pub continue_at: Option<Resume>,

    /// Send DATA with POST; @FILE sends a file without its line ends; several are joined with &
    #[arg(short, long, visible_alias = "data-ascii", value_name = "DATA")]
    data: Vec<String>,
    /// As -d, and an @ in front means nothing
    #[arg(long, value_name = "DATA")]
    data_raw: Vec<String>,
    /// As -d, and a file is sent as it is
    #[arg(long, value_name = "DATA")]
    data_binary: Vec<String>,
    /// As -d, with its content escaped: CONTENT, NAME=CONTENT, @FILE or NAME@FILE
    #[arg(long, value_name = "DATA")]
    data_urlencode: Vec<String>,
    /// Put what -d gives into the URL, and use GET
    #[arg(short = 'G', long)]
    pub get: bool,
    /// Send a field of a form: NAME=VALUE, NAME=@FILE, NAME=<FILE, with ;type= and ;filename=
    #[arg(short = 'F', long, value_name = "NAME=CONTENT")]
    form: Vec<String>,
    /// As -F, and only NAME=VALUE
    #[arg(long, value_name = "NAME=VALUE")]
    form_string: Vec<String>,
    /// Send FILE with PUT, `-` is stdin; once for each URL
    #[arg(short = 'T', long, value_name = "FILE")]
    pub upload_file: Vec<PathBuf>,

    /// Let the proxy at HOST:PORT fetch it
    #[arg(short = 'x', long, value_name = "URL")]
    pub proxy: Option<String>,
    /// Who we are, for the proxy
    #[arg(short = 'U', long, value_name = "USER:PASSWORD")]
    pub proxy_user: Option<String>,
    /// How long all of one URL may take
    #[arg(short, long, value_name = "SECONDS", value_parser = seconds)]
    pub max_time: Option<Duration>,
    /// How long connecting may take
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub connect_timeout: Option<Duration>,
    /// At most so many bytes a second: 200k, 3m, 1g
    #[arg(long, value_name = "SPEED", value_parser = rate)]
    pub limit_rate: Option<u64>,
    /// Try again so many times after a time-out, 408, 429, 500, 502, 503 or 504
    #[arg(long, value_name = "NUMBER", default_value = "0")]
    pub retry: u32,
    /// Wait so long between two attempts, in place of 1 s, 2 s, 4 s…
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub retry_delay: Option<Duration>,
    /// Say HTTP/1.0
    #[arg(short = '0', long = "http1.0")]
    pub http1_0: bool,

    /// Nothing new: brackets and braces in a URL are never more than themselves
    #[arg(short, long, hide = true)]
    globoff: bool,
    /// Nothing new: there is no other authentication
    #[arg(long, hide = true)]
    basic: bool,
    /// For https, which lesson 10 teaches
    #[arg(short = 'k', long, hide = true)]
    insecure: bool,

    /// All URLs, in their order.
    #[arg(skip)]
    pub urls: Vec<String>,
    /// Where what comes goes: the first for the first URL.
    #[arg(skip)]
    pub targets: Vec<Target>,
    /// What -d and its like have given, in their order.
    #[arg(skip)]
    pub body: Vec<Data>,
    /// The fields of -F and --form-string, in their order.
    #[arg(skip)]
    pub fields: Vec<FormField>,
}

/// Where what comes from one URL goes.
#[derive(Clone, Debug)]
pub enum Target {
    Stdout,
    File(PathBuf),
    /// `-O`.
    NamedByUrl,
}

/// Where `-C` goes on.
#[derive(Clone, Copy, Debug)]
pub enum Resume {
    At(u64),
    /// At the end of what the file has.
    FileEnd,
}

/// A field of a form.
#[derive(Clone, Debug)]
pub enum FormField {
    /// Of `-F`: it may name files.
    Any(String),
    /// Of `--form-string`.
    Literal(String),
}

/// Which request the options ask for. `-X` does not change it, only the word on the wire; a URL for which there is a
/// `-T` has PUT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Get,
    Head,
    Post,
    Form,
}

impl Options {
    /// Reads the command line. Ends the program for `--help`, and with exit code 2 where clap finds
    /// a mistake.
    ///
    /// # Errors
    ///
    /// What curl does not take either.
    pub fn from_command_line() -> Result<Options, Failure> {
        // What follows an option is its value, also when it starts with a hyphen.
        let command = Options::command().mut_args(|arg| {
            let has_value = arg.get_action().takes_values()
                && arg
                    .get_num_args()
                    .is_none_or(|number| number.takes_values());
            match has_value && !arg.is_positional() {
                true => arg.allow_hyphen_values(true),
                false => arg,
            }
        });
        let matches = command.get_matches();
        let mut options = match Options::from_arg_matches(&matches) {
            Ok(options) => options,
            Err(error) => error.exit(),
        };
        let urls = ["operands", "more_urls"]
            .into_iter()
            .flat_map(|id| given::<String>(&matches, id));
        options.urls = in_order(urls.map(|(at, url)| (at, url.clone())));
        let files = given::<PathBuf>(&matches, "output").map(|(at, file)| (at, Target::to(file)));
        let named = given::<bool>(&matches, "remote_name").map(|(at, _)| (at, Target::NamedByUrl));
        options.targets = in_order(files.chain(named));
        let data = ["data", "data_raw", "data_binary", "data_urlencode"]
            .into_iter()
            .flat_map(|id| {
                given::<String>(&matches, id).map(move |(at, it)| (at, Data::of(id, it)))
            });
        options.body = in_order(data);
        let forms =
            given::<String>(&matches, "form").map(|(at, it)| (at, FormField::Any(it.clone())));
        let strings = given::<String>(&matches, "form_string")
            .map(|(at, it)| (at, FormField::Literal(it.clone())));
        options.fields = in_order(forms.chain(strings));
        options.check()?;
        Ok(options)
    }

    /// What the options make of the request.
    pub fn kind(&self) -> Kind {
        if !self.fields.is_empty() {
            Kind::Form
        } else if self.head {
            Kind::Head
        } else if !self.body.is_empty() && !self.get {
            Kind::Post
        } else {
            Kind::Get
        }
    }

    /// Whether messages of errors are wanted.
    pub fn shows_errors(&self) -> bool {
        !self.silent || self.show_error
    }

    fn check(&self) -> Result<(), Failure> {
        if self.insecure {
            return Err(Failure::usage(
                "-k is for https, and that is not spoken here before lesson 10",
            ));
        }
        if self.urls.is_empty() {
            return Err(Failure::usage(
                "no URL specified; fetch --help lists the options",
            ));
        }
        let posts = !self.body.is_empty() && !self.get;
        let methods = [
            posts,
            self.head,
            !self.fields.is_empty(),
            !self.upload_file.is_empty(),
        ];
        if methods.iter().filter(|&&it| it).count() > 1 {
            return Err(Failure::usage(
                "only one of -d (--data), -F (--form), -I (--head) and -T (--upload-file) can be the request",
            ));
        }
        if self.continue_at.is_some() && (posts || !self.fields.is_empty()) {
            return Err(Failure::usage(
                "-C goes on with a download, or with the upload of -T; -d and -F are neither",
            ));
        }
        self.refuse_line_ends()
    }

    /// A line end in an argument would end a line of the request, and begin another of somebody's choice.
    ///
    /// What is sent as a body may have them, and so may file names and the format of `-w`.
    fn refuse_line_ends(&self) -> Result<(), Failure> {
        let arguments = [
            ("URL", &self.urls[..]),
            ("-H", &self.header),
            ("-b", &self.cookie),
            ("-X", self.request.as_slice()),
            ("-A", self.user_agent.as_slice()),
            ("-e", self.referer.as_slice()),
            ("-u", self.user.as_slice()),
            ("-r", self.range.as_slice()),
            ("-x", self.proxy.as_slice()),
            ("-U", self.proxy_user.as_slice()),
        ];
        for (option, values) in arguments {
            if values.iter().any(|value| has_line_end(value)) {
                return Err(Failure::usage(format!(
                    "{option}: there is a CR, LF or NUL in it, which would end a line of the request"
                )));
            }
        }
        Ok(())
    }
}

impl Target {
    fn to(file: &Path) -> Target {
        match file.to_str() {
            Some("-") => Target::Stdout,
            _ => Target::File(file.to_owned()),
        }
    }
}

/// The values of an option, and where on the command line each stood.
fn given<'a, T>(
    matches: &'a ArgMatches,
    id: &str,
) -> impl Iterator<Item = (usize, &'a T)> + use<'a, T>
where
    T: Clone + Send + Sync + 'static,
{
    let places = matches.indices_of(id).into_iter().flatten();
    places.zip(matches.get_many(id).into_iter().flatten())
}

/// Different options that count as one are taken in the order of the command line.
fn in_order<T>(values: impl Iterator<Item = (usize, T)>) -> Vec<T> {
    let mut values: Vec<_> = values.collect();
    values.sort_by_key(|(place, _)| *place);
    values.into_iter().map(|(_, value)| value).collect()
}

fn resume(text: &str) -> Result<Resume, String> {
    match text {
        "-" => Ok(Resume::FileEnd),
        _ => text
            .parse()
            .map(Resume::At)
            .map_err(|_| "a number of bytes is wanted, or -".to_owned()),
    }
}

/// As with curl, no time at all is no limit.
pub fn limit(time: Option<Duration>) -> Option<Duration> {
    time.filter(|time| !time.is_zero())
}

fn seconds(text: &str) -> Result<Duration, String> {
    text.parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| "a number of seconds is wanted, like 2.5".to_owned())
}

fn rate(text: &str) -> Result<u64, String> {
    let (digits, shift) = match text.to_ascii_lowercase().as_bytes() {
        [.., b'k'] => (&text[..text.len() - 1], 10),
        [.., b'm'] => (&text[..text.len() - 1], 20),
        [.., b'g'] => (&text[..text.len() - 1], 30),
        [.., b'b'] => (&text[..text.len() - 1], 0),
        _ => (text, 0),
    };
    digits
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(1 << shift))
        .ok_or_else(|| "a number of bytes is wanted, like 200k, 3m or 1g".to_owned())
}

/// Whether the text has what ends a line, or what ends a string in C.
pub fn has_line_end(text: &str) -> bool {
    text.contains(['\r', '\n', '\0'])
}
