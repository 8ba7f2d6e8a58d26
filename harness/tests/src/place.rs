//! A place of its own for the grading of a hostile submission, and what is still there when that is over: a
//! process, a socket that listens, a file.
//!
//! Where namespaces can be had, what is done there cannot reach anybody else, and nothing that it leaves can hide.
//! Where they cannot, processes are found by their mark alone, see [`crate`].

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Runs a command, and then writes down who else is there and what listens. The first argument is the file for
/// that, the others are the command. Only words of the shell: what it starts would be found, too.
const SCRIPT: &str = r#"
left=$1
shift
"$@"
code=$?
for process in /proc/[0-9]*; do
    { read -r line < "$process/stat"; } 2>/dev/null || continue
    case $line in
        "1 "* | "$$ "* | *") Z "*) ;;
        *) echo "the process $line" ;;
    esac
done > "$left"
for table in /proc/net/tcp /proc/net/tcp6; do
    [ -r $table ] || continue
    while read -r _ own _ state _; do
        [ "$state" != 0A ] || echo "a socket that listens at $own"
    done < $table
done >> "$left"
exit $code
"#;

/// A folder with one for temporary files and one to be in.
pub struct Place {
    folder: PathBuf,
}

impl Place {
    /// # Errors
    ///
    /// Those of mkdir(2).
    pub fn new() -> io::Result<Place> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("hostile-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        // One with this number may have been here before, and been ended by force.
        let _ = std::fs::remove_dir_all(&folder);
        for part in ["tmp", "work"] {
            std::fs::create_dir_all(folder.join(part))?;
        }
        Ok(Place { folder })
    }

    fn left(&self) -> PathBuf {
        self.folder.join("left")
    }

    /// The same command, in this place.
    pub fn hold(&self, command: &Command) -> Command {
        let script = format!("ip link set lo up\n{SCRIPT}");
        let left = self.left();
        let mut words: Vec<&OsStr> = Vec::new();
        if let Some(flags) = namespaces() {
            words.push("unshare".as_ref());
            words.extend(flags.split_whitespace().map(OsStr::new));
            words.extend(["sh", "-c", &script, "sh"].map(OsStr::new));
            words.push(left.as_os_str());
        }
        let mut held = behind(&words, command);
        held.env("TMPDIR", self.folder.join("tmp"))
            .env("PWD", self.folder.join("work"))
            .current_dir(self.folder.join("work"));
        held
    }

    /// What is still there, now that the command has ended.
    pub fn left_behind(&self) -> Vec<String> {
        let left = std::fs::read_to_string(self.left()).unwrap_or_default();
        let mut left: Vec<String> = left.lines().map(str::to_owned).collect();
        left.extend(files_in(&self.folder.join("tmp")));
        left
    }
}

/// The same command, behind these words: `taskset -c 0 COMMAND`. Nothing can be typed into it.
pub fn behind<W: AsRef<OsStr>>(words: &[W], command: &Command) -> Command {
    let mut all = words.iter().map(AsRef::as_ref);
    let first = all.next();
    let mut wrapped = Command::new(first.unwrap_or(command.get_program()));
    wrapped.args(all);
    if first.is_some() {
        wrapped.arg(command.get_program());
    }
    wrapped.args(command.get_args()).stdin(Stdio::null());
    for (key, value) in command.get_envs() {
        match value {
            Some(value) => wrapped.env(key, value),
            None => wrapped.env_remove(key),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        wrapped.current_dir(folder);
    }
    wrapped
}

fn files_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| format!("the file {}", entry.path().display()))
        .collect()
}

impl Drop for Place {
    fn drop(&mut self) {
        // What cannot be removed stays; there is nobody to tell.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The arguments of unshare(1) that work here, if any do: a network, and processes, of its own.
fn namespaces() -> Option<&'static str> {
    static FOUND: OnceLock<Option<&str>> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let flags = [
            "-npf --mount-proc --kill-child",
            "-rnpf --mount-proc --kill-child",
        ];
        let works = |flags: &&str| {
            let mut command = Command::new("unshare");
            command
                .args(flags.split_whitespace())
                .args(["sh", "-c", "ip link set lo up"]);
            let output = command.stdin(Stdio::null()).output();
            output.is_ok_and(|output| output.status.success())
        };
        let found = flags.into_iter().find(works);
        if found.is_none() {
            eprintln!(
                "no namespaces can be had here: less is seen of what hostile submissions leave"
            );
        }
        found
    })
}
