//! Submissions that try to hang, fool or flood the grader: each fails, is told why, and leaves nothing. As with the
//! mistakes, those that are asked for by name (`--test hostile lesson`: all of them) are graded by the whole of their
//! lesson, and the case that they state has to be the first to fail.

fn main() -> std::process::ExitCode {
    harness_tests::grade_all(
        "hostile",
        env!("CARGO_BIN_EXE_graded"),
        harness_tests::Depth::by_arguments(),
    )
}
