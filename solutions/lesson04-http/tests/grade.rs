//! Grades `src/lib.rs` and `src/main.rs`. Given: where the compiler points here, a function or a type
//! of `src/lib.rs` is no longer what stands here beside its name.

use std::process::ExitCode;

use rubric04 as rubric;
use solution04 as submission;

fn main() -> ExitCode {
    harness::grade(
        &rubric::LESSON,
        harness::submission!("solution-http-server"),
        rubric::Functions {
            // fn(&mut BufReader<TcpStream>) -> Result<Option<Request>, RequestError>
            read_request: |reader| match submission::read_request(reader) {
                Ok(request) => Ok(request.map(to_grader)),
                Err(submission::RequestError::Bad(status)) => {
                    Err(rubric::RequestError::Bad(status))
                }
                Err(submission::RequestError::Io(error)) => Err(rubric::RequestError::Io(error)),
            },
            // fn(&Request) -> bool
            keep_alive: |request| submission::keep_alive(&from_grader(request)),
            // fn(&mut TcpStream, &str, Response) -> io::Result<()>
            write_response: |stream, method, response| {
                submission::write_response(stream, method, response_from_grader(response))
            },
            locate: submission::locate, // fn(&Path, &str) -> Option<PathBuf>
            // fn(&Path, &Request) -> Response
            respond: |root, request| {
                response_to_grader(submission::respond(root, &from_grader(request)))
            },
            serve_connection: submission::serve_connection, // fn(TcpStream, &Path) -> io::Result<()>
            serve: submission::serve, // fn(TcpListener, &Path) -> io::Result<()>
        },
    )
}

fn to_grader(request: submission::Request) -> rubric::Request {
    rubric::Request {
        method: request.method,
        target: request.target,
        minor_version: request.minor_version,
        headers: request.headers,
        body: request.body,
    }
}

fn from_grader(request: &rubric::Request) -> submission::Request {
    submission::Request {
        method: request.method.clone(),
        target: request.target.clone(),
        minor_version: request.minor_version,
        headers: request.headers.clone(),
        body: request.body.clone(),
    }
}

fn response_to_grader(response: submission::Response) -> rubric::Response {
    rubric::Response {
        status: response.status,
        headers: response.headers,
        body: match response.body {
            submission::Body::Empty => rubric::Body::Empty,
            submission::Body::Bytes(bytes) => rubric::Body::Bytes(bytes),
            submission::Body::File {
                file,
                start,
                length,
            } => rubric::Body::File {
                file,
                start,
                length,
            },
        },
    }
}

fn response_from_grader(response: rubric::Response) -> submission::Response {
    submission::Response {
        status: response.status,
        headers: response.headers,
        body: match response.body {
            rubric::Body::Empty => submission::Body::Empty,
            rubric::Body::Bytes(bytes) => submission::Body::Bytes(bytes),
            rubric::Body::File {
                file,
                start,
                length,
            } => submission::Body::File {
                file,
                start,
                length,
            },
        },
    }
}
