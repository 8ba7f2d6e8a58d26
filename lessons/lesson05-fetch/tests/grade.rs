//! Grades `src/lib.rs` and `src/main.rs`. Given: where the compiler points here, a function or a type
//! of `src/lib.rs` is no longer what stands here beside its name.

use std::process::ExitCode;

use lesson05 as submission;
use rubric05 as rubric;

fn main() -> ExitCode {
    harness::grade(
        &rubric::LESSON,
        // The name of the program in Cargo.toml.
        harness::submission!("fetch"),
        functions(),
    )
}

/// The functions, with the grader's types in place of the lesson's.
pub fn functions() -> rubric::Functions {
    rubric::Functions {
        // fn(&str) -> Result<Url, FetchError>
        parse_url: |text| {
            submission::parse_url(text)
                .map(url_to_grader)
                .map_err(to_grader)
        },
        // fn(&mut dyn Write, &Request) -> Result<(), FetchError>
        write_request: |stream, request| {
            submission::write_request(stream, &request_from_grader(request)).map_err(to_grader)
        },
        // fn(&mut dyn BufRead) -> Result<Head, FetchError>
        read_head: |reader| {
            submission::read_head(reader)
                .map(head_to_grader)
                .map_err(to_grader)
        },
        // fn(&str, &Head) -> Result<Framing, FetchError>
        framing: |method, head| {
            let framing = submission::framing(method, &head_from_grader(head));
            framing.map(framing_to_grader).map_err(to_grader)
        },
        // fn(&mut dyn BufRead, Framing, &mut dyn Write) -> Result<u64, FetchError>
        copy_body: |reader, framing, sink| {
            submission::copy_body(reader, framing_from_grader(framing), sink).map_err(to_grader)
        },
        // fn(&Request, &Head) -> Result<Option<Request>, FetchError>
        redirected: |request, head| {
            submission::redirected(&request_from_grader(request), &head_from_grader(head))
                .map(|next| next.map(request_to_grader))
                .map_err(to_grader)
        },
        // fn(Request, u32, &mut dyn Write) -> Result<Vec<Head>, FetchError>
        fetch: |request, max_redirects, sink| {
            submission::fetch(request_from_grader(&request), max_redirects, sink)
                .map(|heads| heads.into_iter().map(head_to_grader).collect())
                .map_err(to_grader)
        },
    }
}

fn url_to_grader(url: submission::Url) -> rubric::Url {
    rubric::Url {
        scheme: url.scheme,
        user: url.user,
        host: url.host,
        port: url.port,
        target: url.target,
    }
}

fn url_from_grader(url: &rubric::Url) -> submission::Url {
    submission::Url {
        scheme: url.scheme.clone(),
        user: url.user.clone(),
        host: url.host.clone(),
        port: url.port,
        target: url.target.clone(),
    }
}

fn request_to_grader(request: submission::Request) -> rubric::Request {
    rubric::Request {
        method: request.method,
        url: url_to_grader(request.url),
        headers: request.headers,
        body: request.body,
        proxy: request.proxy.map(url_to_grader),
        deadline: request.deadline,
    }
}

fn request_from_grader(request: &rubric::Request) -> submission::Request {
    submission::Request {
        method: request.method.clone(),
        url: url_from_grader(&request.url),
        headers: request.headers.clone(),
        body: request.body.clone(),
        proxy: request.proxy.as_ref().map(url_from_grader),
        deadline: request.deadline,
    }
}

fn head_to_grader(head: submission::Head) -> rubric::Head {
    rubric::Head {
        minor_version: head.minor_version,
        status: head.status,
        reason: head.reason,
        headers: head.headers,
    }
}

fn head_from_grader(head: &rubric::Head) -> submission::Head {
    submission::Head {
        minor_version: head.minor_version,
        status: head.status,
        reason: head.reason.clone(),
        headers: head.headers.clone(),
    }
}

fn framing_to_grader(framing: submission::Framing) -> rubric::Framing {
    match framing {
        submission::Framing::None => rubric::Framing::None,
        submission::Framing::Length(length) => rubric::Framing::Length(length),
        submission::Framing::Chunked => rubric::Framing::Chunked,
        submission::Framing::UntilClose => rubric::Framing::UntilClose,
    }
}

fn framing_from_grader(framing: rubric::Framing) -> submission::Framing {
    match framing {
        rubric::Framing::None => submission::Framing::None,
        rubric::Framing::Length(length) => submission::Framing::Length(length),
        rubric::Framing::Chunked => submission::Framing::Chunked,
        rubric::Framing::UntilClose => submission::Framing::UntilClose,
    }
}

fn to_grader(error: submission::FetchError) -> rubric::FetchError {
    match error {
        submission::FetchError::Url => rubric::FetchError::Url,
        submission::FetchError::Resolve => rubric::FetchError::Resolve,
        submission::FetchError::Connect => rubric::FetchError::Connect,
        submission::FetchError::BadReply => rubric::FetchError::BadReply,
        submission::FetchError::Partial => rubric::FetchError::Partial,
        submission::FetchError::Write => rubric::FetchError::Write,
        submission::FetchError::Timeout => rubric::FetchError::Timeout,
        submission::FetchError::TooManyRedirects => rubric::FetchError::TooManyRedirects,
        submission::FetchError::EmptyReply => rubric::FetchError::EmptyReply,
        submission::FetchError::Send => rubric::FetchError::Send,
        submission::FetchError::Receive => rubric::FetchError::Receive,
    }
}
