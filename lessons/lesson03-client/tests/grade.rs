//! Grades `src/lib.rs` and `src/main.rs`. Given: where the compiler points here, a function of
//! `src/lib.rs` no longer has the signature that stands beside its name.

use std::process::ExitCode;

use lesson03 as submission;
use rubric03 as rubric;

fn main() -> ExitCode {
    harness::grade(
        &rubric::LESSON,
        harness::submission!("client"),
        rubric::Functions {
            resolve: submission::resolve, // fn(&str, u16) -> io::Result<Vec<SocketAddr>>
            connect_any: submission::connect_any, // fn(&[SocketAddr], Duration) -> io::Result<TcpStream>
            exchange: submission::exchange,       // fn(TcpStream, &[u8]) -> io::Result<Vec<u8>>
            talk: submission::talk, // fn(TcpStream, Box<dyn Read + Send>, &mut dyn Write) -> io::Result<()>
        },
    )
}
