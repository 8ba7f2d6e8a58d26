//! Deliberate mistakes: each fails at the case and with the finding that its first lines state.

fn main() -> std::process::ExitCode {
    harness_tests::grade_all("mistakes", env!("CARGO_BIN_EXE_graded"))
}
