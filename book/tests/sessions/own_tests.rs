//! Small pages that the player has to get through, and others that it must not.

use crate::page;
use crate::trials::play_in_child;
use libtest_mimic::{Completion, Failed, Trial};

/// The first section of a page, without its fences: what is to be played, and what its failure must say; none if it is
/// to be played to the end.
const PLAYS: &[(&str, &str, Option<&str>)] = &[
    (
        "a command",
        "$ echo one; echo two; echo three\none\nthree\n",
        None,
    ),
    (
        "lines out of order",
        "$ echo one; echo two\ntwo\none\n",
        Some("page.md:4: nothing has printed this line:\n    one"),
    ),
    (
        "a line too many",
        "$ echo one\none\none\n",
        Some("nothing has printed"),
    ),
    (
        "part of a line",
        "$ echo one two\none\n",
        Some("nothing has printed"),
    ),
    (
        "part of an open line",
        "$ printf one; read x\none\n",
        Some("nothing has printed"),
    ),
    ("an open line at the end", "$ printf one\none\n", None),
    (
        "an open line, elided",
        "$ printf 'one two'; read x\none …\n",
        None,
    ),
    (
        "a command that is not there",
        "$ no-such-tool; true\n",
        Some("no-such-tool: command not found"),
    ),
    (
        "a command that is shown not to be there",
        "$ no-such-tool\nbash: line 1: no-such-tool: command not found\n",
        None,
    ),
    (
        "a file that is not there",
        "$ cat < missing\n",
        Some("missing: No such file"),
    ),
    (
        "an exception",
        "$ true\n>>> 1 / 0\n>>> 1\n1\n",
        Some("ZeroDivisionError"),
    ),
    (
        "an exception at the end",
        ">>> 1 / 0\n",
        Some("ZeroDivisionError"),
    ),
    (
        "an exception that is shown",
        ">>> 1 / 0\nZeroDivisionError: division by zero\n>>> 2\n2\n",
        None,
    ),
    ("bad Python", ">>> 1 +\n>>> 2\n2\n", Some("SyntaxError")),
    (
        "a traceback of a command",
        "$ python3 -c 'raise OSError(5)'\n",
        Some("OSError: 5"),
    ),
    (
        "Python",
        ">>> x = 1\n>>> x + 1\n2\n>>> for i in range(2):\n...     print(i)\n...\n0\n1\n>>> x\n1\n",
        None,
    ),
    (
        "a statement left open",
        ">>> def f():\n...     return 3\n>>> f()\n3\n",
        None,
    ),
    (
        "the echo is no output",
        ">>> print(end='')  # hello\nprint(end='')  # hello\n",
        Some("nothing has printed"),
    ),
    (
        "output of the statement before",
        ">>> 5\n>>> 6\n5\n",
        Some("It has been printed, but before"),
    ),
    (
        "a port that is taken by nobody else",
        ">>> s = socket.create_server(('127.0.0.1', 7000))\n",
        None,
    ),
    (
        "server and client",
        "$ nc -l 127.0.0.1 7000\n$ echo hello | nc -N 127.0.0.1 7000\nhello\n~wait\n$ ss -tanH | grep -c LISTEN\n0\n",
        None,
    ),
    (
        "accept waits",
        ">>> s = socket.create_server(('127.0.0.1', 7000))\n>>> c, a = s.accept(); c.recv(9)\n\
         $ printf hello | nc -N 127.0.0.1 7000\nb'hello'\n>>> a\n('127.0.0.1', 40000)\n>>> c.close()\n",
        None,
    ),
    (
        "typing",
        "$ cat\n~<hello\nhello\nhello\n~<^D\n~wait\n$ echo done\ndone\n",
        None,
    ),
    (
        "typing once",
        "$ cat > file\n~<hello\nhello\nhello\n",
        Some("nothing has printed"),
    ),
    ("breaking off", "$ cat\n~<^C\n~wait\n", None),
    (
        "typing into what has ended",
        "$ true\n~<hello\n",
        Some("has ended, nothing can be typed"),
    ),
    (
        "a file made by a command",
        "$ sleep 0.3; echo one > file\n$ cat file\none\n",
        None,
    ),
    (
        "a pipe that takes its time",
        "$ (sleep 0.3; echo one) | cat > file\n$ cat file\none\n",
        None,
    ),
    (
        "a background job",
        "$ nc -lk 127.0.0.1 7000 &\n$ echo hello | nc -N 127.0.0.1 7000\nhello\n",
        None,
    ),
    (
        "over more than a line",
        "$ echo one \\\n    two\none two\n",
        None,
    ),
    (
        "output of two at once",
        "$ cat\n$ cat\n~<two\ntwo\ntwo\n",
        None,
    ),
    (
        "the solution",
        "$ cargo run -q -p lesson02 -- 127.0.0.1:7000\nlistening on 127.0.0.1:7000\n",
        None,
    ),
    (
        "target/debug",
        "$ target/debug/echo '[::1]:7000'\nlistening on [::1]:7000\n",
        None,
    ),
    (
        "another cargo",
        "$ cargo test\n",
        Some("not a command that sessions can play"),
    ),
    (
        "an example",
        "$ echo 17 apples\n12 apples\n~=\\d+ apples\n",
        None,
    ),
    (
        "an example of something else",
        "$ echo 17 apples\n12 pears\n~=\\d+ apples\n",
        Some("is no example"),
    ),
    (
        "an example that is not met",
        "$ echo 17 pears\n12 apples\n~=\\d+ apples\n",
        Some("nothing has printed"),
    ),
    (
        "an example of anything",
        "$ echo 17 apples\n12 apples\n~=.*\n",
        Some("anything is an example"),
    ),
    (
        "ss in any order",
        ">>> s = socket.create_server(('127.0.0.1', 7000)); t = socket.create_server(('127.0.0.1', 8000), backlog=5)\n\
         $ ss -tan\nLISTEN 0 5 127.0.0.1:8000 0.0.0.0:*\n~LISTEN 0 128 127.0.0.1:7000 0.0.0.0:*\n\
         $ ss -tan\n~LISTEN 0 128 127.0.0.1:7000 0.0.0.0:*\nLISTEN 0 5 127.0.0.1:8000 0.0.0.0:*\n",
        None,
    ),
    (
        "a line of ss counts once",
        ">>> s = socket.create_server(('127.0.0.1', 7000))\n\
         $ ss -tan\nLISTEN 0 128 127.0.0.1:7000 0.0.0.0:*\nLISTEN 0 128 127.0.0.1:7000 0.0.0.0:*\n",
        Some("page.md:5: nothing has printed"),
    ),
    ("a network of its own", "$ ss -tanH | wc -l\n0\n", None),
];

pub fn tests() -> Vec<Trial> {
    PLAYS
        .iter()
        .map(|(name, text, fails)| {
            Trial::ignorable_test(format!("player/{name}"), move || {
                plays_as_said(text, *fails)
            })
        })
        .collect()
}

fn plays_as_said(text: &str, fails: Option<&str>) -> Result<Completion, Failed> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("page.md");
    std::fs::write(&path, format!("```console\n{text}```\n"))?;
    let page = page::read(&path)?;
    match (play_in_child(&path, &page, &page.sections[0]), fails) {
        (Err(failed), None) => Err(failed),
        (Ok(Completion::Completed), Some(_)) => {
            Err(Failed::from("it was played to the end, and should not"))
        }
        (Err(failed), Some(with)) if !failed.message().unwrap_or("").contains(with) => {
            Err(Failed::from(format!(
                "it should have failed with {with:?}:\n{}",
                failed.message().unwrap_or("")
            )))
        }
        (Err(_), Some(_)) => Ok(Completion::Completed),
        (done, _) => done,
    }
}
