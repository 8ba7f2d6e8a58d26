//! `fetch [OPTIONS] URL…`: a small curl.

fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
