//! The solutions' programs, started as a person starts them.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};

use harness::program::PROGRAM_VARIABLE;

use crate::Submission;

/// The program of a lesson's solution, about to be started by hand. `graded` is the path of the program
/// that holds all submissions.
pub fn program(lesson: &str, graded: &str) -> Command {
    let name = format!("solutions/{lesson}/lib");
    let mut command = Submission::named(&name, graded).command();
    command.env(PROGRAM_VARIABLE, "by-hand");
    command
}

/// A server that is killed when the test is done with it.
pub struct Server {
    child: Child,
    /// What it prints after the line that says where it listens.
    pub stdout: BufReader<ChildStdout>,
    pub addr: SocketAddr,
}

impl Server {
    /// Returns once the server listens; `None` when the program ended instead.
    pub fn start(mut command: Command) -> Option<Server> {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let Some(addr) = line.trim_end().strip_prefix("listening on ") else {
            child.wait().unwrap();
            return None;
        };
        Some(Server {
            child,
            stdout,
            addr: addr.parse().unwrap(),
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
