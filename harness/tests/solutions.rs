//! Right submissions, by whatever means: each passes every case.

fn main() -> std::process::ExitCode {
    harness_tests::grade_all(
        "solutions",
        env!("CARGO_BIN_EXE_graded"),
        harness_tests::Depth::Whole,
    )
}
