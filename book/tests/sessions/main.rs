//! Plays the ```console sessions of the book's pages, each section in a network of its own:
//! `cargo test -p book --test sessions`, and with a word after it, only what has it in its name:
//! `… --test sessions lesson02`, `… --test sessions half-close`.
//!
//! # How to write a session
//!
//! **Prompts.** `$ command` runs in `bash -c`, in a terminal of its own. `# command` is the same, and needs root:
//! elsewhere the rest of the section is skipped. `>>> line` goes to one Python for the whole section, which has done
//! `import socket` already; `... line` goes on with the statement. A command that ends in `\` goes on in the next
//! line. Nothing is ended by the next prompt: a server that was started goes on, as in another terminal. An `&` at the
//! end of a command is for the reader.
//!
//! **Output.** Every other line is expected, whole and in order. The process that was given something last is asked
//! first, then the others, the youngest first, but these only once all is still (below). Each process has a reading
//! position: a line is taken only from behind the one that was taken last, and from Python only from behind the last
//! `>>>`. Lines that the page does not show are passed over, and so are empty ones. `…` stands for anything within
//! a line; a line of nothing but `…` is for the reader, and expects nothing. A line without its line feed counts once
//! its process has ended, or if the expected line ends in `…`. Runs of spaces are one. What is typed into a program
//! shows up as output, since it is a terminal. The lines of `$ ss …` may come in any order, for the kernel has none.
//!
//! **What may differ** is listed in `normal.rs`: ports of the kernel's choice beside an address, `pid=`,
//! times with their unit, numbers with four decimals or more, HTTP dates, tcpdump's times and first sequence numbers.
//! All else is compared as it stands. A port that stands alone does not count as one: show the address with it.
//! For what depends on the kernel or the machine, such as the size of a buffer, show a real line, and below it the
//! hidden line `~=PATTERN`: a regular expression for the whole line, of which the line shown must be an example. It
//! is compared with the line as it is made the same, with `PORT` for a port and single spaces.
//!
//! **When the next prompt is played.** As soon as all is still: everything that the section started has ended, or
//! waits for somebody else (for a connection, for bytes, for a key) and has not run for a moment. So a server listens
//! and a command like `head -c 100 …` is done before the next line is played, and a client that waits for an answer
//! does not hold up the session. The command started last is waited for also while it sleeps. A `>>>` waits for
//! Python's prompt on top of that: a line that blocks may be followed by `$`, and then by whatever ends the blocking.
//! No pauses are needed, and none help.
//!
//! **Hidden lines** begin with `~`. They are for the player, readers do not see them. `~$ command`, `~# command`,
//! `~>>> line`, `~... line` and `~output` are as above. `~<text` types the text and Enter into the `$` command started
//! last, `~<^D`, `~<^C` and so on that key. `~wait` waits until the `$` command started last has ended, which is
//! needed only if it waits with a timeout of its own (`nc -w 1`, `timeout 1 …`) and shows nothing.
//!
//! **Sections.** All blocks of a `##` or `###` are one session, in a network and an empty folder of their own. A block
//! fenced as `console,continues` goes on with the section before. `<!-- file: NAME -->` right before a block of any
//! language makes it a file in that folder, for all sections of the page.
//!
//! **Programs.** `cargo run -q -p lesson02 -- ARGS` and `target/debug/echo` run the solution's program.
//!
//! **It fails** if an expected line does not come within 20 seconds; and when `bash` complains (a command that is not
//! there) or Python raises something that the page does not show. A section that fails is played once more.
//!
//! Each section is a test of its own. It is skipped, with a line that says why, where a tool is missing, or where there
//! may be no namespaces; and one that goes otherwise than the page has it is skipped where a program is another version
//! than the one that it was written with (`versions.rs`).

#[cfg(target_os = "linux")]
mod idle;
#[cfg(target_os = "linux")]
mod normal;
#[cfg(target_os = "linux")]
mod own_tests;
#[cfg(target_os = "linux")]
mod page;
#[cfg(target_os = "linux")]
mod play;
#[cfg(target_os = "linux")]
mod trials;
#[cfg(target_os = "linux")]
mod versions;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    trials::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("skipped: the sessions of the book need Linux");
}
