//! Grades `src/lib.rs` and `src/main.rs`. Given: where the compiler points here, a function of
//! `src/lib.rs` no longer has the signature that stands beside its name.

use std::process::ExitCode;

use rubric01 as rubric;
use solution01 as submission;

fn main() -> ExitCode {
    harness::grade(
        &rubric::LESSON,
        harness::submission!("solution-listen"),
        rubric::Functions {
            open: submission::open,                       // fn() -> io::Result<Socket>
            bind_to: submission::bind_to, // fn(&Socket, SocketAddr) -> io::Result<SocketAddr>
            start_listening: submission::start_listening, // fn(&Socket, i32) -> io::Result<()>
            accept_one: submission::accept_one, // fn(&Socket) -> io::Result<(Socket, SocketAddr)>
            listen_on: submission::listen_on, // fn(SocketAddr, i32) -> io::Result<Socket>
            explain: |error| match submission::explain(error) {
                // fn(&io::Error) -> BindError
                submission::BindError::PortTaken => rubric::BindError::PortTaken,
                submission::BindError::NotAllowed => rubric::BindError::NotAllowed,
                submission::BindError::NotOurAddress => rubric::BindError::NotOurAddress,
                submission::BindError::Other => rubric::BindError::Other,
            },
        },
    )
}
