//! How long a learner waits, as ratios against something run beside it; and whether the grader is steady.
//!
//! `cargo bench -p harness --bench feedback` measures; with `-- soak 500` it grades every solution 500
//! times, half of them with four busy processes to a processor. Needs `cargo` and nothing else; works
//! on a copy of the workspace, in a temporary folder.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use harness::attempt::Attempt;
use harness::finding::Stop;
use harness::lesson::{Case, Lesson};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Tells a copy of this program what it is to be.
const ROLE: &str = "FEEDBACK_BENCH_ROLE";
/// How often each of two commands is timed, in turn.
const ROUNDS: usize = 9;
/// How many cases the lesson for measuring has.
const CASES: usize = 200;

fn main() -> ExitCode {
    match std::env::var(ROLE).as_deref() {
        Ok("grade") => return harness::grade(&LESSON, harness::submission!("none"), ()),
        Ok("spin") => loop {
            std::hint::spin_loop();
        },
        _ => {}
    }
    let args: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| arg != "--bench")
        .collect();
    let result = match args
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        [] => measure(),
        ["soak", times] => times.parse().map_err(Into::into).and_then(soak),
        _ => Err("usage: cargo bench -p harness --bench feedback [-- soak TIMES]".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("feedback: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure() -> Result<()> {
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    println!("{processors} processors; medians of {ROUNDS}, the two of a ratio in turn\n");
    isolation()?;
    let copy = Copy::make()?;
    whole_lesson(&copy)?;
    save_to_verdict(&copy)?;
    cold(&copy)
}

// What the isolation of a case costs

static LESSON: Lesson<()> = Lesson {
    number: 0,
    name: "nothing",
    chapter: "none",
    cases: &[const {
        Case {
            name: "binds_and_listens",
            function: "none",
            run: bind_and_listen,
        }
    }; CASES],
    misconceptions: &[],
};

fn bind_and_listen((): &(), _: &mut Attempt) -> std::result::Result<(), Stop> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let addr = listener.local_addr()?;
    std::net::TcpStream::connect(addr)?;
    listener.accept()?;
    Ok(())
}

fn isolation() -> Result<()> {
    let mut plain = Vec::new();
    let mut isolated = Vec::new();
    for _ in 0..ROUNDS {
        let began = Instant::now();
        for _ in 0..CASES {
            let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
            std::net::TcpStream::connect(listener.local_addr()?)?;
            listener.accept()?;
        }
        plain.push(began.elapsed() / CASES as u32);
        let mut grade = Command::new(std::env::current_exe()?);
        grade.args(["-q", "--test-threads", "1"]).env(ROLE, "grade");
        isolated.push(time(&mut grade)? / CASES as u32);
    }
    let (plain, isolated) = (median(plain), median(isolated));
    println!("a case, as a plain function call       {}", ms(plain));
    println!("the same case, in a process of its own {}", ms(isolated));
    println!(
        "  isolation costs                      {}\n",
        ms(isolated.saturating_sub(plain))
    );
    Ok(())
}

// What a learner waits for

fn whole_lesson(copy: &Copy) -> Result<()> {
    let grader = copy.test_binary("solution01")?;
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        times.push(time(Command::new(&grader).arg("-q"))?);
    }
    println!(
        "lesson 01, graded in full              {}\n",
        ms(median(times))
    );
    Ok(())
}

fn save_to_verdict(copy: &Copy) -> Result<()> {
    copy.floor()?;
    let lesson = copy.folder.join("lessons/lesson01-listen/src/lib.rs");
    let floor = copy.folder.join("lessons/floor/src/lib.rs");
    let solved = std::fs::read(copy.folder.join("solutions/lesson01-listen/src/lib.rs"))?;
    let stub = std::fs::read(&lesson)?;
    for (what, text) in [("all cases passing", &solved), ("the stub", &stub)] {
        std::fs::write(&lesson, text)?;
        let (mut ours, mut plain) = (Vec::new(), Vec::new());
        for round in 0..=ROUNDS {
            let touch = |file: &Path| -> Result<()> {
                let mut text = std::fs::read_to_string(file)?;
                text.push_str(&format!("// {round}\n"));
                Ok(std::fs::write(file, text)?)
            };
            touch(&floor)?;
            let floor = time(&mut copy.cargo(&["test", "-q", "-p", "floor"]))?;
            touch(&lesson)?;
            let lesson = time_whatever_comes(&mut copy.cargo(&["test", "-q", "-p", "lesson01"]))?;
            // The first round builds what both depend on.
            if round > 0 {
                plain.push(floor);
                ours.push(lesson);
            }
        }
        let (ours, plain) = (median(ours), median(plain));
        println!("save to verdict, {what:<22}{}", ms(ours));
        println!("  a crate of that size, one #[test]    {}", ms(plain));
        println!(
            "  ratio                                {:.2}\n",
            ratio(ours, plain)
        );
    }
    Ok(())
}

fn cold(copy: &Copy) -> Result<()> {
    let fresh = |package: &str| -> Result<Duration> {
        let target = copy.folder.join("target/cold");
        // Nothing to remove at the first time.
        let _ = std::fs::remove_dir_all(&target);
        time_whatever_comes(
            copy.cargo(&["test", "-q", "-p", package])
                .env("CARGO_TARGET_DIR", &target),
        )
    };
    let (mut ours, mut plain) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        plain.push(fresh("floor")?);
        ours.push(fresh("lesson01")?);
    }
    let (ours, plain) = (median(ours), median(plain));
    println!(
        "fresh clone to first verdict           {}   (crates downloaded; of 3)",
        ms(ours)
    );
    println!("  the crate with one #[test], as fresh {}", ms(plain));
    println!(
        "  ratio                                {:.2}",
        ratio(ours, plain)
    );
    Ok(())
}

// Steadiness

fn soak(times: usize) -> Result<()> {
    let copy = Copy::make()?;
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut solutions: Vec<String> = std::fs::read_dir(copy.folder.join("solutions"))?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|name| Some(name.split_once('-')?.0.replace("lesson", "solution")))
        .collect();
    solutions.sort();
    let mut failures = 0;
    for solution in &solutions {
        let grader = copy.test_binary(solution)?;
        for busy in [false, true] {
            let mut spinning = Vec::new();
            for _ in 0..if busy { 4 * processors } else { 0 } {
                let mut spin = Command::new(std::env::current_exe()?);
                spinning.push(Killed(spin.env(ROLE, "spin").spawn()?));
            }
            let mut took = Vec::new();
            for _ in 0..times.div_ceil(2) {
                let began = Instant::now();
                let output = Command::new(&grader).output()?;
                took.push(began.elapsed());
                if !output.status.success() {
                    failures += 1;
                    println!("{}", String::from_utf8_lossy(&output.stdout));
                }
            }
            let load = if busy {
                "every processor busy"
            } else {
                "at rest"
            };
            let longest = took.iter().max().copied().unwrap_or_default();
            println!(
                "{solution}, {load}: {} gradings, median {}, longest {}",
                took.len(),
                ms(median(took)).trim_start(),
                ms(longest).trim_start()
            );
        }
    }
    println!("{failures} failures");
    if failures > 0 {
        Err("a solution was failed".into())
    } else {
        Ok(())
    }
}

struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

// A copy of the workspace to work on

struct Copy {
    folder: PathBuf,
}

impl Copy {
    fn make() -> Result<Copy> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("..")
            .canonicalize()?;
        let folder = std::env::temp_dir().join(format!("socketlings-bench-{}", std::process::id()));
        for part in [
            "Cargo.toml",
            "Cargo.lock",
            "lessons",
            "solutions",
            "harness",
            "book",
        ] {
            copy_all(&root.join(part), &folder.join(part))?;
        }
        let copy = Copy { folder };
        // The lessons as a newcomer finds them, whatever has been done in the original.
        let output = copy
            .cargo(&["run", "-q", "-p", "course", "--", "stubs"])
            .output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into());
        }
        Ok(copy)
    }

    /// Adds a crate as large as lesson 01, program and all, with one plain test.
    fn floor(&self) -> Result<()> {
        let floor = self.folder.join("lessons/floor");
        let solution = self.folder.join("solutions/lesson01-listen");
        copy_all(&solution.join("src"), &floor.join("src"))?;
        let main = std::fs::read_to_string(solution.join("src/main.rs"))?;
        std::fs::write(
            floor.join("src/main.rs"),
            main.replace("solution01", "floor"),
        )?;
        std::fs::write(
            floor.join("Cargo.toml"),
            "[package]\nname = \"floor\"\nedition.workspace = true\n\n\
             [lib]\ntest = false\ndoctest = false\n\n\
             [[bin]]\nname = \"floor\"\ntest = false\n\n\
             [dependencies]\nsocket2.workspace = true\n",
        )?;
        std::fs::create_dir_all(floor.join("tests"))?;
        let test = "#[test]\nfn opens() {\n    floor::open().unwrap();\n}\n";
        Ok(std::fs::write(floor.join("tests/plain.rs"), test)?)
    }

    fn cargo(&self, args: &[&str]) -> Command {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
        cargo
            .args(args)
            .current_dir(&self.folder)
            .stdin(Stdio::null());
        cargo
            .env("CARGO_TARGET_DIR", self.folder.join("target"))
            .env_remove("RUSTFLAGS");
        cargo
    }

    /// Builds the grader of a package and gives its path.
    fn test_binary(&self, package: &str) -> Result<PathBuf> {
        let args = [
            "test",
            "-q",
            "-p",
            package,
            "--no-run",
            "--message-format",
            "json",
        ];
        let output = self.cargo(&args).output()?;
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let message: serde_json::Value = serde_json::from_str(line)?;
            if let (Some(path), "grade") = (
                message["executable"].as_str(),
                message["target"]["name"].as_str().unwrap_or_default(),
            ) {
                return Ok(path.into());
            }
        }
        Err(format!("{package}: {}", String::from_utf8_lossy(&output.stderr)).into())
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn copy_all(from: &Path, to: &Path) -> Result<()> {
    if from.is_dir() {
        if from.file_name().is_some_and(|name| name == "target") {
            return Ok(());
        }
        std::fs::create_dir_all(to)?;
        for entry in std::fs::read_dir(from)? {
            let entry = entry?;
            copy_all(&entry.path(), &to.join(entry.file_name()))?;
        }
        return Ok(());
    }
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::copy(from, to)?;
    Ok(())
}

fn time(command: &mut Command) -> Result<Duration> {
    let began = Instant::now();
    let output = command.output()?;
    let took = began.elapsed();
    if output.status.success() {
        return Ok(took);
    }
    Err(format!(
        "{command:?} failed:\n{}",
        String::from_utf8_lossy(&output.stderr)
    )
    .into())
}

/// For commands that are meant to fail, such as the grading of a stub.
fn time_whatever_comes(command: &mut Command) -> Result<Duration> {
    let began = Instant::now();
    let output = command.output()?;
    let took = began.elapsed();
    if String::from_utf8_lossy(&output.stdout).contains("test result:") {
        return Ok(took);
    }
    Err(format!(
        "{command:?} gave no verdict:\n{}",
        String::from_utf8_lossy(&output.stderr)
    )
    .into())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64()
}

fn ms(time: Duration) -> String {
    format!("{:>9.2} ms", time.as_secs_f64() * 1000.0)
}
