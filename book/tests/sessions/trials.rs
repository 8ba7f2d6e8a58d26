//! The list of tests, and what each needs: tools, programs, a scratch folder and a process of its own.

use crate::page::{Page, Section, What};
use crate::{normal, own_tests, page, play, versions};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use std::collections::BTreeMap;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::{Arc, LazyLock};
use std::{env, fs};

/// What a solution's program is called in its lesson.
const PROGRAMS: &[(&str, &str)] = &[
    ("lesson01", "listen"),
    ("lesson02", "echo"),
    ("lesson03", "client"),
    ("lesson04", "http-server"),
    ("lesson05", "fetch"),
];

/// Programs that a machine may lack. A section that names one of them is skipped there.
const TOOLS: &[&str] = &[
    "curl", "dig", "gcc", "getent", "ip", "lsof", "nc", "openssl", "ping", "python3", "socat",
    "ss", "strace", "tcpdump", "telnet", "wget", "xxd",
];

/// The exit codes of the process that plays a section.
const FAILED: u8 = 1;
const SKIPPED: u8 = 77;

pub fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().collect();
    if let [_, play, page, section, scratch] = &arguments[..]
        && play == "--play"
    {
        return play_one(Path::new(page), section, Path::new(scratch));
    }
    let mut arguments = Arguments::from_args();
    // Sessions wait more than they work.
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    arguments.test_threads.get_or_insert(4 * cores);
    let mut trials: Vec<Trial> = normal::tests()
        .into_iter()
        .map(|(name, test)| Trial::test(format!("player/{name}"), move || caught(test)))
        .collect();
    trials.push(Trial::test(
        "player/forgives_what_other_versions_say",
        || caught(forgives_what_other_versions_say),
    ));
    trials.extend(own_tests::tests());
    let mut pages = Vec::new();
    for path in files(&book().join("src")) {
        match page::read(&path) {
            Ok(page) => pages.push((path, page)),
            Err(complaint) => {
                let name = path
                    .file_stem()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned();
                trials.push(Trial::test(format!("{name}/page"), || {
                    Err(Failed::from(complaint))
                }));
            }
        }
    }
    let pages = Arc::new(pages);
    for (index, (_, page)) in pages.iter().enumerate() {
        for (number, section) in page.sections.iter().enumerate() {
            let pages = Arc::clone(&pages);
            trials.push(Trial::ignorable_test(
                format!("{}/{}", page.name, section.name),
                move || {
                    let (path, page) = &pages[index];
                    // What two processes do at once may come in another order while the machine is busy.
                    let play = || play_in_child(path, page, &page.sections[number]);
                    let played = play().or_else(|first| play().map_err(|_| first));
                    played.or_else(|failed| forgiven(failed, versions::others()))
                },
            ));
        }
    }
    let shared = Arc::clone(&pages);
    trials.push(Trial::test("pages/fences", move || fences(&shared)));
    trials.push(Trial::ignorable_test("pages/python", move || {
        python_compiles(&pages)
    }));
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// A session that went otherwise than the page has it. With the programs that it was written with, that is a failure;
/// with others it is to be expected, and no fault of the page.
fn forgiven(failed: Failed, others: &[String]) -> Result<Completion, Failed> {
    if others.is_empty() {
        return Err(failed);
    }
    let report = failed.message().unwrap_or_default();
    let first = report.lines().next().unwrap_or_default();
    let others = others.join(", ");
    Ok(Completion::ignored_with(format!(
        "other versions here of {others}: {first}"
    )))
}

fn forgives_what_other_versions_say() {
    let failed = || Failed::from("book/src/a.md:7: expected\nmore");
    assert!(forgiven(failed(), &[]).is_err());
    let others = ["curl (written with curl 7)".to_owned()];
    let Ok(Completion::Ignored { reason }) = forgiven(failed(), &others) else {
        panic!("a session failed that other programs played");
    };
    let reason = reason.unwrap_or_default();
    assert!(
        reason.contains("a.md:7: expected") && reason.contains("curl 7"),
        "{reason}"
    );
    assert!(!reason.contains("more"), "{reason}");
}

fn caught(test: fn()) -> Result<(), Failed> {
    std::panic::catch_unwind(test).map_err(|panic| {
        let message = panic.downcast_ref::<String>().cloned();
        Failed::from(
            message
                .or_else(|| Some((*panic.downcast_ref::<&str>()?).to_owned()))
                .unwrap_or_default(),
        )
    })
}

fn book() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// How a person would call the page: `book/src/lesson02-echo.md`.
fn called(path: &Path) -> String {
    let path = path
        .strip_prefix(book().parent().unwrap_or(book()))
        .unwrap_or(path);
    path.display().to_string()
}

pub fn play_in_child(path: &Path, page: &Page, section: &Section) -> Result<Completion, Failed> {
    if let Some(missing) = missing(section) {
        return Ok(Completion::ignored_with(missing));
    }
    let scratch = tempfile::tempdir().map_err(|error| format!("no scratch folder: {error}"))?;
    prepare(scratch.path(), page, section)?;
    let output = Command::new(env::current_exe().map_err(|error| error.to_string())?)
        .arg("--play")
        .args([path, Path::new(&section.name), scratch.path()])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("cannot start the player: {error}"))?;
    let said = String::from_utf8_lossy(&output.stdout)
        .trim_end()
        .to_owned();
    match output.status.code() {
        Some(0) => Ok(Completion::Completed),
        Some(code) if code == i32::from(SKIPPED) => Ok(Completion::ignored_with(said)),
        Some(code) if code == i32::from(FAILED) => Err(Failed::from(said)),
        _ => {
            let stderr = String::from_utf8_lossy(&output.stderr);
            Err(Failed::from(format!(
                "the player broke down, {}:\n{said}\n{stderr}",
                output.status
            )))
        }
    }
}

/// What a process of its own does: `--play PAGE SECTION SCRATCH`.
fn play_one(path: &Path, section: &str, scratch: &Path) -> ExitCode {
    // SAFETY: changes nothing but what becomes of this process when its parent has ended, and of orphans.
    unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1);
    }
    // SAFETY: `geteuid` has no preconditions.
    let root = unsafe { libc::geteuid() } == 0;
    if let Err(complaint) = play::own_network() {
        println!("{complaint}");
        return SKIPPED.into();
    }
    let page = match page::read(path) {
        Ok(page) => page,
        Err(complaint) => {
            println!("{complaint}");
            return FAILED.into();
        }
    };
    let Some(section) = page
        .sections
        .iter()
        .find(|candidate| candidate.name == section)
    else {
        println!("{} has no session in {section}", path.display());
        return FAILED.into();
    };
    match play::Player::new(&called(path), scratch, root).play(section) {
        play::Outcome::Played => ExitCode::SUCCESS,
        play::Outcome::Skipped(why) => {
            println!("{why}");
            SKIPPED.into()
        }
        play::Outcome::Failed(report) => {
            println!("{report}");
            FAILED.into()
        }
    }
}

/// The first tool that the section uses and that is not here.
fn missing(section: &Section) -> Option<String> {
    static PYTHON: LazyLock<Option<PathBuf>> = LazyLock::new(python);
    static NC: LazyLock<bool> = LazyLock::new(|| {
        let help = Command::new("nc").arg("-h").stdin(Stdio::null()).output();
        help.is_ok_and(|help| String::from_utf8_lossy(&help.stderr).contains("OpenBSD"))
    });
    static STRACE: LazyLock<bool> = LazyLock::new(|| {
        let traced = Command::new("strace")
            .args(["-o", "/dev/null", "true"])
            .output();
        traced.is_ok_and(|traced| traced.status.success())
    });
    section.steps.iter().find_map(|step| {
        let tool = match &step.what {
            What::Python { .. } => (PYTHON.is_none()).then_some("python3"),
            What::Shell { command, .. } => words(command).find_map(|word| {
                let tool = *TOOLS.iter().find(|tool| **tool == word)?;
                let here = match tool {
                    "python3" => PYTHON.is_some(),
                    "nc" => *NC,
                    "strace" => *STRACE,
                    _ => on_path(tool),
                };
                (!here).then_some(tool)
            }),
            _ => None,
        }?;
        let kind = if tool == "nc" {
            " of the OpenBSD kind"
        } else {
            ""
        };
        Some(format!(
            "line {} needs {tool}{kind}, which does not work here",
            step.line
        ))
    })
}

fn words(command: &str) -> impl Iterator<Item = &str> {
    command.split(|c: char| !(c.is_alphanumeric() || "_-./".contains(c)))
}

fn on_path(tool: &str) -> bool {
    let path = env::var("PATH").unwrap_or_default() + ":/usr/sbin:/sbin";
    env::split_paths(&path).any(|folder| folder.join(tool).is_file())
}

/// The interpreter itself: what `python3` on the PATH is may be a script that needs the home folder.
fn python() -> Option<PathBuf> {
    let asked = Command::new("python3")
        .args(["-c", "import sys; print(sys.executable)"])
        .stdin(Stdio::null())
        .output();
    let asked = asked.ok().filter(|asked| asked.status.success())?;
    Some(PathBuf::from(String::from_utf8_lossy(&asked.stdout).trim()))
}

fn prepare(scratch: &Path, page: &Page, section: &Section) -> Result<(), String> {
    set(scratch, page, section)
        .map_err(|error| format!("cannot prepare the scratch folder: {error}"))
}

fn set(scratch: &Path, page: &Page, section: &Section) -> std::io::Result<()> {
    let (bin, work) = (scratch.join("bin"), scratch.join("work"));
    for folder in [&bin, &work, &scratch.join("home")] {
        fs::create_dir(folder)?;
    }
    for (name, text) in &page.files {
        fs::write(work.join(name), text)?;
    }
    static PYTHON: LazyLock<Option<PathBuf>> = LazyLock::new(python);
    if let Some(python) = &*PYTHON {
        symlink(python, bin.join("python3"))?;
    }
    // The compiler itself, too: what `rustc` on the PATH is may be rustup, which looks into the home folder.
    let rustc = Path::new(env!("CARGO")).with_file_name("rustc");
    if rustc.is_file() {
        symlink(rustc, bin.join("rustc"))?;
    }
    let commands = || {
        section.steps.iter().filter_map(|step| match &step.what {
            What::Shell { command, .. } => Some(command.as_str()),
            _ => None,
        })
    };
    let target = commands().any(|command| command.contains("target/debug"));
    if !target && !commands().any(|command| words(command).any(|word| word == "cargo")) {
        return Ok(());
    }
    let programs = solutions().map_err(std::io::Error::other)?;
    let folder = if target {
        work.join("target/debug")
    } else {
        scratch.join("programs")
    };
    fs::create_dir_all(&folder)?;
    for (_, name) in PROGRAMS {
        symlink(&programs[*name], folder.join(name))?;
    }
    let mut script = "#!/bin/sh\ncase \"$1 $2 $3 $4 $5\" in\n".to_owned();
    for (lesson, name) in PROGRAMS {
        let program = folder.join(name);
        script.push_str(&format!(
            "'run -q -p {lesson} '|'run -q -p {lesson} --') name='{}' ;;\n",
            program.display()
        ));
    }
    script.push_str(
        "*) echo \"bash: cargo $*: not a command that sessions can play\"; exit 127 ;;\nesac\n",
    );
    script.push_str("shift 4\n[ $# -eq 0 ] || shift\nexec \"$name\" \"$@\"\n");
    let cargo = bin.join("cargo");
    fs::write(&cargo, script)?;
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755))
}

/// The solutions' programs, built once.
fn solutions() -> Result<&'static BTreeMap<String, PathBuf>, String> {
    static BUILT: LazyLock<Result<BTreeMap<String, PathBuf>, String>> = LazyLock::new(|| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--message-format=json", "--bins"]);
        cargo.args((1..=PROGRAMS.len()).map(|number| format!("--package=solution{number:02}")));
        let built = cargo.current_dir(book()).stdin(Stdio::null()).output();
        let built = built.map_err(|error| format!("cannot start cargo: {error}"))?;
        if !built.status.success() {
            return Err(format!(
                "cannot build the solutions:\n{}",
                String::from_utf8_lossy(&built.stderr)
            ));
        }
        let mut programs = BTreeMap::new();
        for line in String::from_utf8_lossy(&built.stdout).lines() {
            let Ok(message) = serde_json::from_str::<serde_json::Value>(line) else {
                continue;
            };
            if let (Some(program), Some(name)) = (
                message["executable"].as_str(),
                message["target"]["name"].as_str(),
            ) {
                let name = name.strip_prefix("solution-").unwrap_or(name);
                programs.insert(name.to_owned(), PathBuf::from(program));
            }
        }
        match PROGRAMS
            .iter()
            .find(|(_, name)| !programs.contains_key(*name))
        {
            Some((_, name)) => Err(format!("cargo built no solution-{name}")),
            None => Ok(programs),
        }
    });
    BUILT.as_ref().map_err(Clone::clone)
}

fn fences(pages: &[(PathBuf, Page)]) -> Result<(), Failed> {
    let mut complaints = String::new();
    for (path, page) in pages {
        for fence in &page.fences {
            let place = format!("{}:{}", called(path), fence.line);
            if fence.language().is_empty() {
                complaints.push_str(&format!(
                    "{place}: a fence needs a language, `text` for plain text\n"
                ));
            }
            let prompt = |line: &str| ["$ ", ">>> "].iter().any(|prompt| line.starts_with(prompt));
            if fence.language() == "text"
                && !fence.says("unplayed")
                && fence.text.lines().any(prompt)
            {
                complaints.push_str(&format!(
                    "{place}: a session that is not played: `console`, or `text,unplayed`\n"
                ));
            }
        }
    }
    if complaints.is_empty() {
        Ok(())
    } else {
        Err(Failed::from(complaints))
    }
}

fn python_compiles(pages: &[(PathBuf, Page)]) -> Result<Completion, Failed> {
    let Some(python) = python() else {
        return Ok(Completion::ignored_with("there is no python3"));
    };
    let mut complaints = String::new();
    for (path, page) in pages {
        for fence in page
            .fences
            .iter()
            .filter(|fence| fence.language() == "python")
        {
            let parse = "import ast, sys; ast.parse(sys.argv[1])";
            let parsed = Command::new(&python)
                .args(["-c", parse, &fence.text])
                .stdin(Stdio::null())
                .output();
            let parsed = parsed.map_err(|error| error.to_string())?;
            if !parsed.status.success() {
                let said = String::from_utf8_lossy(&parsed.stderr);
                complaints.push_str(&format!(
                    "{}:{}: no Python:\n{said}\n",
                    called(path),
                    fence.line
                ));
            }
        }
    }
    if complaints.is_empty() {
        Ok(Completion::Completed)
    } else {
        Err(Failed::from(complaints))
    }
}
