//! What the pages' sessions were obtained with. Other versions of these programs say some things in other words.

use std::process::{Command, Stdio};
use std::sync::LazyLock;

/// A program, the argument that makes it say its version, and what it said when the sessions were written.
const WRITTEN_WITH: &[(&str, &str, &str)] = &[
    ("bash", "--version", "version 5.2"),
    ("curl", "--version", "curl 7.88.1"),
    ("nc", "-h", "Debian patchlevel 1.219"),
    ("python3", "--version", "Python 3.11"),
    ("ss", "-V", "iproute2-6.1"),
    ("strace", "-V", "version 6.1"),
    ("tcpdump", "--version", "tcpdump version 4.99"),
    ("uname", "-r", "6.18"),
];

/// What is here in another version than the sessions were written with: `curl (written with curl 7.88.1)`.
pub fn others() -> &'static [String] {
    static OTHERS: LazyLock<Vec<String>> = LazyLock::new(|| {
        let others = WRITTEN_WITH.iter().filter(|(program, how, version)| {
            // One that is not here is missed by the sections that need it.
            said(program, how).is_some_and(|said| !said.contains(version))
        });
        others
            .map(|(program, _, version)| format!("{program} (written with {version})"))
            .collect()
    });
    &OTHERS
}

fn said(program: &str, how: &str) -> Option<String> {
    let output = Command::new(program)
        .arg(how)
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let both = [output.stdout, output.stderr].concat();
    Some(String::from_utf8_lossy(&both).into_owned())
}
