//! Grades `src/lib.rs` and `src/main.rs`. Given: where the compiler points here, a function of
//! `src/lib.rs` no longer has the signature that stands beside its name.

use std::process::ExitCode;

use rubric02 as rubric;
use solution02 as submission;

fn main() -> ExitCode {
    harness::grade(
        &rubric::LESSON,
        harness::submission!("solution-echo"),
        rubric::Functions {
            recv: submission::recv, // fn(&mut TcpStream, usize) -> io::Result<Vec<u8>>
            send_all: submission::send_all, // fn(&mut TcpStream, &[u8]) -> io::Result<()>
            echo: submission::echo, // fn(TcpStream) -> io::Result<u64>
            serve: submission::serve, // fn(TcpListener) -> io::Result<()>
        },
    )
}
