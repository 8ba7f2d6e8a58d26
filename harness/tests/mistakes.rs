//! Deliberate mistakes: each fails with the finding that its first lines state, at the case that they state. That this
//! case is the first to fail takes a whole grading to see, and all of these together many minutes: it is looked at for
//! those that are asked for by name (`--test mistakes lesson03`), and for all by `cargo trust mistakes`.

fn main() -> std::process::ExitCode {
    harness_tests::grade_all(
        "mistakes",
        env!("CARGO_BIN_EXE_graded"),
        harness_tests::Depth::by_arguments(),
    )
}
