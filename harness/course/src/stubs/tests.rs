//! Small solutions, and the stubs that must come of them.
//!
//! Every pair here is also compiled and formatted, by the last two tests.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Stdio};

use super::*;

/// The stub of a library in one file.
fn stub(source: &str) -> String {
    try_stub(source).unwrap()
}

fn try_stub(source: &str) -> Result<String, StubError> {
    let sources = BTreeMap::from([(LIBRARY.to_owned(), source.to_owned())]);
    Ok(stub_library(&sources, LIBRARY)?
        .remove(LIBRARY)
        .flatten()
        .unwrap())
}

/// A solution and its stub.
struct Pair {
    holds: &'static str,
    solution: &'static str,
    stub: &'static str,
}

const PAIRS: &[Pair] = &[
    Pair {
        holds: "a public function loses its body and keeps the rest",
        solution: r#"
/// Sends it all.
#[inline]
#[must_use]
pub fn send(data: &[u8], times: usize) -> usize {
    // By hand.
    data.len() * times
}

pub fn ready() {}
"#,
        stub: r#"
/// Sends it all.
#[inline]
#[must_use]
pub fn send(data: &[u8], times: usize) -> usize {
    let _ = (data, times); // keeps the compiler quiet until you use them
    todo!("write `send`")
}

pub fn ready() {
    todo!("write `ready`")
}
"#,
    },
    Pair {
        holds: "a signature may be generic, async, const, unsafe and long",
        solution: r#"
use std::fmt::Debug;
use std::io::Read;

pub fn generic<'a, T: Debug, const N: usize>(all: &'a [T; N]) -> Option<&'a T> {
    all.first()
}

pub fn bounded<T>(value: T) -> String
where
    T: Debug + Send,
{
    format!("{value:?}")
}

pub async fn later(bytes: Vec<u8>) -> usize {
    bytes.len()
}

pub const fn doubled(value: u32) -> u32 {
    value * 2
}

pub const fn constant() -> u32 {
    7
}

/// # Safety
///
/// None.
pub unsafe fn risky(at: *const u8) -> bool {
    at.is_null()
}

pub fn long(
    // The one that opens.
    opening: impl Read + Send + 'static,
    closing: Box<dyn FnMut(&[u8]) -> std::io::Result<usize> + Send>, // and the one that closes
) -> Result<(), Box<dyn std::error::Error>> {
    drop((opening, closing));
    Ok(())
}
"#,
        stub: r#"
use std::fmt::Debug;
use std::io::Read;

pub fn generic<'a, T: Debug, const N: usize>(all: &'a [T; N]) -> Option<&'a T> {
    let _ = all; // keeps the compiler quiet until you use it
    todo!("write `generic`")
}

pub fn bounded<T>(value: T) -> String
where
    T: Debug + Send,
{
    let _ = value; // keeps the compiler quiet until you use it
    todo!("write `bounded`")
}

pub async fn later(bytes: Vec<u8>) -> usize {
    let _ = bytes; // keeps the compiler quiet until you use it
    todo!("write `later`")
}

pub const fn doubled(value: u32) -> u32 {
    let _ = &value; // keeps the compiler quiet until you use it
    panic!("not yet implemented: write `doubled`")
}

pub const fn constant() -> u32 {
    panic!("not yet implemented: write `constant`")
}

/// # Safety
///
/// None.
pub unsafe fn risky(at: *const u8) -> bool {
    let _ = at; // keeps the compiler quiet until you use it
    todo!("write `risky`")
}

pub fn long(
    // The one that opens.
    opening: impl Read + Send + 'static,
    closing: Box<dyn FnMut(&[u8]) -> std::io::Result<usize> + Send>, // and the one that closes
) -> Result<(), Box<dyn std::error::Error>> {
    let _ = (opening, closing); // keeps the compiler quiet until you use them
    todo!("write `long`")
}
"#,
    },
    Pair {
        holds: "a stub has no use for `mut`, and names what patterns bind",
        solution: r#"
pub fn count(mut left: usize, (a, mut b): (u8, u8), [first, ..]: [u8; 4], _unused: u8) -> usize {
    left += usize::from(a);
    b += first;
    left + usize::from(b)
}

pub fn ignored(_: u8, r#type: &mut [u8]) -> usize {
    r#type.len()
}
"#,
        stub: r#"
pub fn count(left: usize, (a, b): (u8, u8), [first, ..]: [u8; 4], _unused: u8) -> usize {
    let _ = (left, a, b, first); // keeps the compiler quiet until you use them
    todo!("write `count`")
}

pub fn ignored(_: u8, r#type: &mut [u8]) -> usize {
    let _ = r#type; // keeps the compiler quiet until you use it
    todo!("write `ignored`")
}
"#,
    },
    Pair {
        holds: "many parameters are quieted in several lines",
        solution: r#"
pub fn many(
    first_of_several: u8,
    second_of_several: u8,
    third_of_several: u8,
    fourth_of_several: u8,
) -> u8 {
    first_of_several + second_of_several + third_of_several + fourth_of_several
}
"#,
        stub: r#"
pub fn many(
    first_of_several: u8,
    second_of_several: u8,
    third_of_several: u8,
    fourth_of_several: u8,
) -> u8 {
    // keeps the compiler quiet until you use them
    let _ = (first_of_several, second_of_several, third_of_several);
    let _ = fourth_of_several;
    todo!("write `many`")
}
"#,
    },
    Pair {
        holds: "futures and guards are borrowed, as lints want it",
        solution: r#"
use std::sync::MutexGuard;

pub fn peek(guard: MutexGuard<'_, u8>) -> u8 {
    *guard
}

pub async fn both(one: impl Future<Output = u8>, other: u8) -> u8 {
    one.await + other
}
"#,
        stub: r#"
use std::sync::MutexGuard;

pub fn peek(guard: MutexGuard<'_, u8>) -> u8 {
    let _ = &guard; // keeps the compiler quiet until you use it
    todo!("write `peek`")
}

pub async fn both(one: impl Future<Output = u8>, other: u8) -> u8 {
    let _ = (&one, &other); // keeps the compiler quiet until you use them
    todo!("write `both`")
}
"#,
    },
    Pair {
        holds: "private items and tests go, with the comments that belong to them",
        solution: r#"
//! A lesson.

// Read me first.

use std::collections::HashMap;

/// How many at most.
pub const LIMIT: usize = 3;

// How many we try.
const TRIES: usize = 4; // a guess

static COUNT: u8 = 1;

type Table = HashMap<u8, u8>;

/// Looks it up.
// Not in a loop.
pub fn look(key: u8) -> Option<u8> {
    table().get(&key).copied().filter(|_| TRIES > 1)
}

/* The table

of all. */
fn table() -> Table {
    HashMap::from([(1, COUNT)])
}

struct Inner;

impl Inner {
    fn new() -> Inner {
        Inner
    }
}

impl Drop for Inner {
    fn drop(&mut self) {}
}

// What comes last.

pub fn last() -> bool {
    let _inner = Inner::new();
    true
}

// ---- helpers ----

pub(crate) fn help() {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_helps() {
        help();
    }
}
"#,
        stub: r#"
//! A lesson.

// Read me first.

/// How many at most.
pub const LIMIT: usize = 3;

/// Looks it up.
// Not in a loop.
pub fn look(key: u8) -> Option<u8> {
    let _ = key; // keeps the compiler quiet until you use it
    todo!("write `look`")
}

// What comes last.

pub fn last() -> bool {
    todo!("write `last`")
}
"#,
    },
    Pair {
        holds: "imports shrink to what the stub uses",
        solution: r#"
use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::fmt::{self, Display, Write as _};
use std::io::{self, BufRead, Read, Write};
use std::net::{Ipv4Addr, SocketAddr as Address, TcpListener, TcpStream, ToSocketAddrs, UdpSocket};

/// Not to be mistaken for [`Display`].
pub fn copy(input: &mut TcpStream, to: &mut dyn Write) -> io::Result<BTreeMap<u8, Address>> {
    let mut text = String::new();
    input.read_to_string(&mut text)?;
    write!(to, "{text}")?;
    let _: (HashMap<u8, u8>, Ipv4Addr) = (HashMap::new(), Ipv4Addr::LOCALHOST);
    Ok(BTreeMap::new())
}

pub fn refuse() -> io::Error {
    let mut words = String::new();
    _ = write!(words, "{}", fmt::Error);
    let boxed: Box<dyn Error> = words.into();
    io::Error::other(boxed.to_string())
}

fn unused(_: impl BufRead, _: impl ToSocketAddrs, _: impl Display, _: TcpListener, _: UdpSocket) {}

pub fn last() {
    let sockets = (TcpListener::bind("").unwrap(), UdpSocket::bind("").unwrap());
    unused(io::empty(), "", 1, sockets.0, sockets.1);
}
"#,
        stub: r#"
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::{SocketAddr as Address, TcpStream};

/// Not to be mistaken for [`Display`].
pub fn copy(input: &mut TcpStream, to: &mut dyn Write) -> io::Result<BTreeMap<u8, Address>> {
    let _ = (input, to); // keeps the compiler quiet until you use them
    todo!("write `copy`")
}

pub fn refuse() -> io::Error {
    todo!("write `refuse`")
}

pub fn last() {
    todo!("write `last`")
}
"#,
    },
    Pair {
        holds: "what is left of an import is laid out anew",
        solution: r#"
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    env, fmt, fs,
    io::{self, Read, Write},
    net::IpAddr,
    process,
};

pub fn all(
    from: BorrowedFd<'_>,
    to: impl AsRawFd + FromRawFd + IntoRawFd,
    _: OwnedFd,
    _: &mut dyn Read,
    _: HashMap<u8, fmt::Error>,
    _: BTreeMap<IpAddr, process::Command>,
) -> io::Result<RawFd> {
    let seen: HashSet<u8> = env::args().flat_map(String::into_bytes).collect();
    fs::File::create("")?.write_all(&Vec::from_iter(seen))?;
    Ok(from.as_fd().as_raw_fd() + to.into_raw_fd())
}
"#,
        stub: r#"
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};
use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    io::{self, Read},
    net::IpAddr,
    process,
};

pub fn all(
    from: BorrowedFd<'_>,
    to: impl AsRawFd + FromRawFd + IntoRawFd,
    _: OwnedFd,
    _: &mut dyn Read,
    _: HashMap<u8, fmt::Error>,
    _: BTreeMap<IpAddr, process::Command>,
) -> io::Result<RawFd> {
    let _ = (from, to); // keeps the compiler quiet until you use them
    todo!("write `all`")
}
"#,
    },
    Pair {
        holds: "public types come with their derives, and impls without their bodies",
        solution: r#"
use std::fmt;
use std::io;

/// What went wrong.
#[derive(Debug)]
#[non_exhaustive]
pub enum Failure {
    /// A status.
    Bad(u16),
    // And the rest.
    Io(io::Error),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Failure {}

// given
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Io(error)
    }
}

impl Failure {
    /// The code.
    pub const CODE: u8 = 1;
    const OTHER: u8 = 2;

    /// How bad it is.
    pub fn severity(self, mut more: u8) -> u8 {
        more += self.inner();
        more + Failure::OTHER
    }

    // How bad it really is.
    fn inner(self) -> u8 {
        1
    }

    pub fn boxed(mut self) -> Box<Failure> {
        self = Failure::Bad(1);
        Box::new(self)
    }
}

impl Failure {
    fn only_ours(&self) {}
}

pub trait Answer {
    type Of;

    fn of(&self) -> Self::Of;

    fn twice(&self) -> (Self::Of, Self::Of) {
        (self.of(), self.of())
    }
}

impl Answer for Failure {
    type Of = u8;

    fn of(&self) -> u8 {
        self.only_ours();
        1
    }
}
"#,
        stub: r#"
use std::fmt;
use std::io;

/// What went wrong.
#[derive(Debug)]
#[non_exhaustive]
pub enum Failure {
    /// A status.
    Bad(u16),
    // And the rest.
    Io(io::Error),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let _ = f; // keeps the compiler quiet until you use it
        todo!("write `Failure::fmt`")
    }
}

impl std::error::Error for Failure {}

// given
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Io(error)
    }
}

impl Failure {
    /// The code.
    pub const CODE: u8 = 1;

    /// How bad it is.
    pub fn severity(self, more: u8) -> u8 {
        let _ = more; // keeps the compiler quiet until you use it
        todo!("write `Failure::severity`")
    }

    pub fn boxed(self) -> Box<Failure> {
        todo!("write `Failure::boxed`")
    }
}

pub trait Answer {
    type Of;

    fn of(&self) -> Self::Of;

    fn twice(&self) -> (Self::Of, Self::Of) {
        todo!("write `Answer::twice`")
    }
}

impl Answer for Failure {
    type Of = u8;

    fn of(&self) -> u8 {
        todo!("write `Failure::of`")
    }
}
"#,
    },
    Pair {
        holds: "private fields are the learner's choice",
        solution: r#"
use std::collections::VecDeque;
use std::io::Read;

/// Reads lines.
#[derive(Debug, Clone)]
pub struct Lines<'a, R> {
    /// Where from.
    inner: R,
    // How many so far.
    count: usize, // since the start

    /// Its name.
    pub name: String,
    rest: &'a [u8],
}

#[derive(Default)]
pub struct Queue {
    waiting: VecDeque<u8>,
}

#[derive(Clone, Copy)]
pub struct Id(u32);

pub struct Holder<T>(T);

pub struct Open {
    pub port: u16,
}

pub struct Unit;

impl<'a, R: Read> Lines<'a, R> {
    pub fn next_line(&mut self) -> usize {
        self.count += self.rest.len();
        self.inner.read(&mut []).unwrap_or(self.count)
    }
}

impl Queue {
    pub fn len(&self, _: Id, _: Holder<u8>) -> usize {
        self.waiting.len() + Id(1).0 as usize + usize::from(Holder(1_u8).0)
    }
}
"#,
        stub: r#"
use std::io::Read;

/// Reads lines.
#[derive(Debug, Clone)]
pub struct Lines<'a, R> {
    /// Its name.
    pub name: String,
    // Private fields are yours to choose.
    _until_then: std::marker::PhantomData<(&'a (), R)>,
}

#[derive(Default)]
pub struct Queue {
    // Private fields are yours to choose.
}

#[derive(Clone, Copy)]
pub struct Id(); // private fields are yours to choose

pub struct Holder<T>(std::marker::PhantomData<T>); // private fields are yours to choose

pub struct Open {
    pub port: u16,
}

pub struct Unit;

impl<'a, R: Read> Lines<'a, R> {
    pub fn next_line(&mut self) -> usize {
        todo!("write `Lines::next_line`")
    }
}

impl Queue {
    pub fn len(&self, _: Id, _: Holder<u8>) -> usize {
        todo!("write `Queue::len`")
    }
}
"#,
    },
    Pair {
        holds: "what is given stays whole, and so does what it needs",
        solution: r#"
use std::io::{self, BufRead, Read, Write};
use std::net::TcpStream;

/// Says hello.
// given
pub fn hello(stream: &mut TcpStream) -> io::Result<()> {
    let mut guard = Guard { count: LIMIT };
    guard.bump();
    stream.write_all(greeting().as_bytes())
}

// given: for whoever is curious
fn curious() -> u8 {
    1
}

fn greeting() -> String {
    format!("hello {NAME}")
}

const NAME: &str = "you";
const LIMIT: u8 = 1;
const UNUSED: u8 = 2;

struct Guard {
    count: u8,
}

impl Guard {
    fn bump(&mut self) {
        self.count += 1;
    }

    fn stay(&mut self) {
        self.count += curious() + UNUSED;
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.count = 0;
    }
}

/// Holds.
// given
pub struct Held {
    pub open: u8,
    closed: u8,
}

impl Held {
    // given
    pub fn sum(&self) -> u8 {
        self.open + self.closed + curious()
    }

    pub fn read(&self, stream: TcpStream) -> u8 {
        let mut line = String::new();
        _ = io::BufReader::new(stream.take(1)).read_line(&mut line);
        Guard { count: 2 }.stay();
        self.sum()
    }
}
"#,
        stub: r#"
use std::io::{self, Write};
use std::net::TcpStream;

/// Says hello.
// given
pub fn hello(stream: &mut TcpStream) -> io::Result<()> {
    let mut guard = Guard { count: LIMIT };
    guard.bump();
    stream.write_all(greeting().as_bytes())
}

// given: for whoever is curious
fn curious() -> u8 {
    1
}

fn greeting() -> String {
    format!("hello {NAME}")
}

const NAME: &str = "you";
const LIMIT: u8 = 1;

struct Guard {
    count: u8,
}

impl Guard {
    fn bump(&mut self) {
        self.count += 1;
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.count = 0;
    }
}

/// Holds.
// given
pub struct Held {
    pub open: u8,
    closed: u8,
}

impl Held {
    // given
    pub fn sum(&self) -> u8 {
        self.open + self.closed + curious()
    }

    pub fn read(&self, stream: TcpStream) -> u8 {
        let _ = stream; // keeps the compiler quiet until you use it
        todo!("write `Held::read`")
    }
}
"#,
    },
    Pair {
        holds: "a private item stays where the surface mentions it",
        solution: r#"
const HEAD: usize = 8;
const TAIL: usize = 8;

/// How much in all.
pub const ALL: usize = HEAD + 2;

/// A function named like a parameter is not mentioned by it.
pub fn wait(timeout: u64) -> u64 {
    timeout + self::timeout() + TAIL as u64
}

fn timeout() -> u64 {
    1
}
"#,
        stub: r#"
const HEAD: usize = 8;

/// How much in all.
pub const ALL: usize = HEAD + 2;

/// A function named like a parameter is not mentioned by it.
pub fn wait(timeout: u64) -> u64 {
    let _ = timeout; // keeps the compiler quiet until you use it
    todo!("write `wait`")
}
"#,
    },
    Pair {
        holds: "modules inside a file are stubbed likewise",
        solution: r#"
pub mod outer {
    //! Outside.

    use std::io::{self, Read};

    /// Inside.
    pub mod inner {
        use super::*;

        pub fn read(from: &mut dyn Read) -> io::Result<u8> {
            let mut one = [helper(); 1];
            from.read_exact(&mut one)?;
            Ok(one[0])
        }

        fn helper() -> u8 {
            0
        }
    }

    pub fn copy(_: io::Empty) {
        if true {
            // Nothing.
        }
    }
}

mod parts {
    pub struct Part;

    impl Part {
        pub fn new() -> Part {
            hidden();
            Part
        }
    }

    pub fn hidden() {}

    pub fn shown() {}
}

mod gone {
    pub fn help() {}
}

pub use parts::{Part, shown};

pub fn all() {
    gone::help();
}
"#,
        stub: r#"
pub mod outer {
    //! Outside.

    use std::io::{self, Read};

    /// Inside.
    pub mod inner {
        use super::*;

        pub fn read(from: &mut dyn Read) -> io::Result<u8> {
            let _ = from; // keeps the compiler quiet until you use it
            todo!("write `read`")
        }
    }

    pub fn copy(_: io::Empty) {
        todo!("write `copy`")
    }
}

mod parts {
    pub struct Part;

    impl Part {
        pub fn new() -> Part {
            todo!("write `Part::new`")
        }
    }

    pub fn shown() {
        todo!("write `shown`")
    }
}

pub use parts::{Part, shown};

pub fn all() {
    todo!("write `all`")
}
"#,
    },
    Pair {
        holds: "braces and quotes in texts are texts",
        solution: r##"
/// Braces: } { "
pub const OPEN: &str = "}} { \" fn x() { // no comment";
pub const RAW: &str = r#"
fn not_a_function() -> u8 { "}" }
// given
"#;

pub fn braces(open: char) -> String {
    // } and "
    let text = r#"}"{"#;
    format!("{{{open}{}{}", '}', text)
}

const PRIVATE: &str = "

// given

";

pub fn umlauts(text: &str) -> usize {
    text.len() + "äöü → ✓".len() + PRIVATE.len()
}

/// Grüße → danach.
pub fn after() {
    println!("ö");
}
"##,
        stub: r##"
/// Braces: } { "
pub const OPEN: &str = "}} { \" fn x() { // no comment";
pub const RAW: &str = r#"
fn not_a_function() -> u8 { "}" }
// given
"#;

pub fn braces(open: char) -> String {
    let _ = open; // keeps the compiler quiet until you use it
    todo!("write `braces`")
}

pub fn umlauts(text: &str) -> usize {
    let _ = text; // keeps the compiler quiet until you use it
    todo!("write `umlauts`")
}

/// Grüße → danach.
pub fn after() {
    todo!("write `after`")
}
"##,
    },
    Pair {
        holds: "macros stay where they are used, and a result may be what `!` can be",
        solution: r#"
use std::fmt;

macro_rules! used {
    ($name:ident) => {
        pub struct $name;
    };
}

macro_rules! unused {
    () => {
        1
    };
}

// given
used!(Made);

pub fn shown(value: u8) -> impl fmt::Display {
    value + unused!()
}

pub fn never() -> ! {
    std::process::exit(1)
}
"#,
        stub: r#"
use std::fmt;

macro_rules! used {
    ($name:ident) => {
        pub struct $name;
    };
}

// given
used!(Made);

pub fn shown(value: u8) -> impl fmt::Display {
    let _ = value; // keeps the compiler quiet until you use it
    todo!("write `shown`")
}

pub fn never() -> ! {
    todo!("write `never`")
}
"#,
    },
];

#[test]
fn each_solution_gives_its_stub() {
    for pair in PAIRS {
        let got = stub(pair.solution);
        assert_eq!(got, pair.stub, "\n--- {}, but is\n{got}", pair.holds);
    }
}

#[test]
fn the_stub_of_a_stub_is_itself() {
    for pair in PAIRS {
        assert_eq!(stub(pair.stub), pair.stub, "{}", pair.holds);
        assert!(is_stub(&sources(&[(LIBRARY, pair.stub)])), "{}", pair.holds);
        assert!(
            !is_stub(&sources(&[(LIBRARY, pair.solution)])),
            "{}",
            pair.holds
        );
    }
}

#[test]
fn line_ends_stay_as_they_were() {
    for pair in PAIRS {
        let with_return = pair.solution.replace('\n', "\r\n");
        let (text, line_end) = with_plain_line_ends(&with_return);
        assert_eq!(line_end, LineEnd::WithReturn);
        assert_eq!(
            line_end.put_into(stub(&text)),
            pair.stub.replace('\n', "\r\n"),
            "{}",
            pair.holds
        );
    }
}

#[test]
fn a_result_that_no_todo_can_have_is_an_error() {
    let error = try_stub("\npub fn all() -> Option<impl Iterator<Item = u8>> {\n    None\n}\n");
    let error = error.unwrap_err();
    assert_eq!((error.file.as_str(), error.line), ("src/lib.rs", 2));
    assert!(
        error.message.contains("`all`") && error.message.contains("// given"),
        "{error}"
    );
    let given = "// given\npub fn all() -> impl Iterator<Item = u8> {\n    0..3\n}\n";
    assert_eq!(stub(given), given);
}

#[test]
fn a_field_that_would_get_another_number_is_an_error() {
    let error = try_stub("pub struct Two(u8, pub u8);\n").unwrap_err();
    assert!(error.message.contains("`Two`"), "{error}");
}

#[test]
fn what_is_no_rust_is_an_error_with_a_line() {
    let error = try_stub("pub fn f() {\n    let = 1;\n}\n").unwrap_err();
    assert_eq!(error.line, 2);
}

fn sources(files: &[(&str, &str)]) -> BTreeMap<String, String> {
    files
        .iter()
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
        .collect()
}

#[test]
fn a_module_in_a_file_of_its_own_is_stubbed_too() {
    let stubs = stub_library(
        &sources(&[
            (
                "src/lib.rs",
                "mod frame;\nmod gone;\npub mod deep;\n\npub use frame::Frame;\n\npub fn f() {\n    gone::g()\n}\n",
            ),
            ("src/frame.rs", "pub struct Frame;\n\nfn private() {}\n"),
            ("src/gone.rs", "pub fn g() {}\n"),
            ("src/deep/mod.rs", "mod tests;\npub mod er;\n"),
            ("src/deep/er.rs", "use crate::Frame;\n\npub fn deeper(frame: Frame) {\n    drop(frame)\n}\n"),
            ("src/main.rs", "mod args;\n"),
            ("src/args.rs", "fn parse() {}\n"),
        ]),
        LIBRARY,
    )
    .unwrap();
    let of = |path: &str| stubs[path].as_deref();
    assert_eq!(
        of("src/lib.rs").unwrap(),
        "mod frame;\npub mod deep;\n\npub use frame::Frame;\n\npub fn f() {\n    todo!(\"write `f`\")\n}\n"
    );
    let again = stubs
        .iter()
        .filter_map(|(path, stub)| Some((path.clone(), stub.clone()?)));
    assert!(is_stub(&again.collect()));
    assert_eq!(of("src/frame.rs").unwrap(), "pub struct Frame;\n");
    assert_eq!(of("src/gone.rs"), None);
    assert_eq!(of("src/deep/mod.rs").unwrap(), "pub mod er;\n");
    assert!(
        of("src/deep/er.rs")
            .unwrap()
            .starts_with("use crate::Frame;\n\npub fn deeper(frame")
    );
    // These belong to the program, which is given.
    assert!(!stubs.contains_key("src/main.rs") && !stubs.contains_key("src/args.rs"));
}

#[test]
fn the_solutions_names_become_the_lessons() {
    for (from, to) in [
        ("use solution01::open;", "use lesson01::open;"),
        ("name = \"solution-listen\"", "name = \"listen\""),
        ("CARGO_BIN_EXE_solution-listen", "CARGO_BIN_EXE_listen"),
        ("solutions/lesson01-listen", "solutions/lesson01-listen"),
        ("a resolution-free solution", "a resolution-free solution"),
        (
            "solution1 solution012 resolution01",
            "solution1 solution012 resolution01",
        ),
        ("solution- solution-\"", "solution- solution-\""),
    ] {
        assert_eq!(as_lesson(from), to);
    }
}

#[test]
fn a_whole_solution_becomes_a_lesson() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, contents: &[u8]| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    };
    write("Cargo.toml", b"[package]\nname = \"solution09\"\n");
    write(
        "src/lib.rs",
        b"pub fn f() -> u8 {\r\n    private()\r\n}\r\n\r\nfn private() -> u8 {\r\n    1\r\n}\r\n",
    );
    write(
        "src/main.rs",
        b"use solution09::f;\n\nfn main() {\n    f();\n}\n",
    );
    write("src/bin/solution-more.rs", b"fn main() {}\n");
    write("tests/data/picture", b"\x89\xff solution09");
    write("target/debug/x", b"");
    write("src/lib.rs.kept-1", b"");
    let files = lesson_files(folder.path()).unwrap();
    let listed: Vec<(&str, &[u8])> = files
        .iter()
        .map(|file| (file.path.as_str(), &file.contents[..]))
        .collect();
    assert_eq!(
        listed,
        [
            ("Cargo.toml", &b"[package]\nname = \"lesson09\"\n"[..]),
            ("src/bin/more.rs", b"fn main() {}\n"),
            (
                "src/lib.rs",
                b"pub fn f() -> u8 {\r\n    todo!(\"write `f`\")\r\n}\r\n"
            ),
            (
                "src/main.rs",
                b"use lesson09::f;\n\nfn main() {\n    f();\n}\n"
            ),
            ("tests/data/picture", b"\x89\xff solution09"),
        ]
    );
}

#[test]
fn line_ends_make_no_difference() {
    assert!(same_text(b"a\nb\n", b"a\r\nb\r\n"));
    assert!(!same_text(b"a\nb\n", b"a\rb\n"));
    assert!(!same_text(b"a\nb", b"a\nb\n"));
}

#[test]
fn every_stub_compiles_without_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    for (nth, pair) in PAIRS.iter().enumerate() {
        for (kind, text) in [("solution", pair.solution), ("stub", pair.stub)] {
            let file = folder.path().join(format!("{kind}{nth}.rs"));
            fs::write(&file, text).unwrap();
            let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
            let output = Command::new(rustc)
                .args([
                    "--edition",
                    "2024",
                    "--crate-type",
                    "lib",
                    "--emit",
                    "metadata",
                ])
                .args(["--out-dir"])
                .args([folder.path(), &file])
                .arg(if kind == "stub" {
                    "-Dwarnings"
                } else {
                    "-Awarnings"
                })
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(
                output.status.success(),
                "{}: the {kind} gives\n{said}",
                pair.holds
            );
        }
    }
}

#[test]
fn every_stub_is_as_rustfmt_would_have_it() {
    let rustfmt = || Command::new("rustfmt");
    let there = rustfmt()
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if !there.is_ok_and(|status| status.success()) {
        return; // A component of its own, which not everybody has.
    }
    let folder = tempfile::tempdir().unwrap();
    for (nth, pair) in PAIRS.iter().enumerate() {
        for (kind, text) in [("solution", pair.solution), ("stub", pair.stub)] {
            let file = folder.path().join(format!("{kind}{nth}.rs"));
            fs::write(&file, text.trim_start()).unwrap();
            let output = rustfmt()
                .args(["--edition", "2024", "--check"])
                .arg(&file)
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(
                output.status.success(),
                "{}: the {kind} differs\n{said}",
                pair.holds
            );
        }
    }
}
