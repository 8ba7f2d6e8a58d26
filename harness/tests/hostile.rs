//! Submissions that try to hang, fool or flood the grader: each fails, is told why, and leaves nothing.

fn main() -> std::process::ExitCode {
    harness_tests::grade_all(
        "hostile",
        env!("CARGO_BIN_EXE_graded"),
        harness_tests::Depth::Whole,
    )
}
