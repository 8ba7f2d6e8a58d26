//! One attempt at one case: calls the submission's functions, and records what comes of it.
//!
//! Every call runs in a thread of its own. So it can be watched, and given up when it will never
//! return; the process that it is part of ends with the case anyway, see [`crate::isolate`].

use std::any::Any;
use std::cell::RefCell;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use socket2::Socket;

use crate::clock;
use crate::conduct;
use crate::finding::Stop;
use crate::kernel;
use crate::submission::Submission;
use crate::trace::{HAS_NOT_RETURNED, Recorder, What};
use crate::watch::{self, GaveUp, Grader, Look, Patience};

/// Has a process outlived the program that started it?
static LEFT_A_PROCESS: AtomicBool = AtomicBool::new(false);

/// A process has outlived the program that started it. It is ended; this keeps it from being forgotten.
pub fn a_process_was_left() {
    LEFT_A_PROCESS.store(true, Ordering::Relaxed);
}

/// One case of one submission, under way.
pub struct Attempt {
    submission: Submission,
    recorder: Recorder,
    /// Told of each call before it is made: if the process dies, this is the last that was heard.
    on_call: OnCall,
    /// The descriptors that were open before the case began.
    not_its_own: Vec<i32>,
    unfinished_calls: bool,
}

/// Hears of a call before it is made: the function, and how the call reads.
pub type OnCall = Box<dyn Fn(&str, &str)>;

impl Attempt {
    /// An attempt by `submission`. `on_call` hears of each call, function and text, before it is made.
    pub fn new(submission: Submission, on_call: OnCall) -> Attempt {
        Attempt {
            submission,
            recorder: Recorder::new(),
            on_call,
            not_its_own: kernel::open_descriptors(),
            unfinished_calls: false,
        }
    }

    /// Who is graded.
    pub fn submission(&self) -> &Submission {
        &self.submission
    }

    /// Where everything that happens is written down; for peers.
    pub fn recorder(&self) -> Recorder {
        self.recorder.clone()
    }

    /// Has the submission left open what it opened, or a process running?
    ///
    /// # Errors
    ///
    /// The finding of [`conduct`] that says so.
    pub fn nothing_left_behind(&self, function: &str) -> Result<(), Stop> {
        // A thread that the code started may be about to end, and to close what it holds.
        let left = || {
            let mut open = kernel::open_descriptors();
            open.retain(|descriptor| !self.not_its_own.contains(descriptor));
            open
        };
        let _ = watch::until(&watch::AT_REST, |slice| {
            if self.unfinished_calls || left().is_empty() {
                return Look::Done(());
            }
            // Nothing tells when another thread closes a descriptor.
            std::thread::park_timeout(slice);
            Look::Nothing
        });
        if let Some(panic) = PanicNote::any_stray() {
            return Err(conduct::PANICKED
                .seen(format!(
                    "A thread that `{function}` started {}.",
                    panic.told(&self.submission)
                ))
                .in_function(function));
        }
        if kernel::has_running_child() || LEFT_A_PROCESS.load(Ordering::Relaxed) {
            return Err(conduct::LEFT_A_PROCESS
                .seen("A process that the code started still runs after it.".to_owned())
                .in_function(function));
        }
        match left().first() {
            Some(descriptor) if !self.unfinished_calls => Err(conduct::LEFT_OPEN
                .seen(format!(
                    "After the last call, with everything dropped that was handed out, {} is still \
                     open (descriptor {descriptor}).",
                    kernel::kind_of(*descriptor)
                ))
                .in_function(function)),
            _ => Ok(()),
        }
    }

    /// Was a call given up or left running? Then what is open now may still be in its hands.
    pub fn has_unfinished_calls(&self) -> bool {
        self.unfinished_calls
    }

    /// Does work of the grader's own. What it opens and leaves open is not held against the submission.
    pub fn own_work<T>(&mut self, work: impl FnOnce(&Attempt) -> T) -> T {
        let before = kernel::open_descriptors();
        let result = work(self);
        let new = kernel::open_descriptors()
            .into_iter()
            .filter(|open| !before.contains(open));
        self.not_its_own.extend(new);
        result
    }

    /// Records what the grader itself asked and was answered.
    pub fn fact(&self, asked: impl Into<String>, answer: impl Into<String>) {
        self.recorder.record(What::Fact {
            asked: asked.into(),
            answer: answer.into(),
        });
    }

    /// Remarks on the newest event: `expected ...`.
    pub fn remark(&self, remark: impl Into<String>) {
        self.recorder.remark(remark);
    }

    /// Calls `function` of the submission and waits for what it gives. `text` is how the call reads.
    ///
    /// # Errors
    ///
    /// [`Stop::Stub`] when it is not written yet; a finding of [`conduct`] when it panics, never
    /// returns, or does to the process what no function may do.
    pub fn call<T: Shown + Send + 'static>(
        &mut self,
        function: &'static str,
        text: impl Into<String>,
        code: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Stop> {
        let call = self.start(function, text, code);
        self.finish(call)
    }

    /// Begins a call that is expected to wait for something.
    pub fn start<T: Shown + Send + 'static>(
        &mut self,
        function: &'static str,
        text: impl Into<String>,
        code: impl FnOnce() -> T + Send + 'static,
    ) -> Call<T> {
        let text = text.into();
        (self.on_call)(function, &text);
        let number = self.recorder.record(What::Call {
            call: text.clone(),
            gave: None,
        });
        let manners = kernel::Manners::now();
        let (ended, end) = channel();
        // A thread that cannot be started is the machine's trouble; `end` hears nothing then.
        let started = std::thread::Builder::new()
            .name(function.to_owned())
            .spawn(move || {
                clock::this_thread_is_a_calls();
                let signals_before = kernel::blocked_signals();
                let result = catch_unwind(AssertUnwindSafe(code));
                let end = match result {
                    Err(payload) => End::Panicked(PanicNote::of_this_thread(payload.as_ref())),
                    Ok(_) if kernel::blocked_signals() != signals_before => End::ChangedSignals,
                    Ok(value) => End::Returned(value),
                };
                // Nobody listens any more when the call was given up.
                let _ = ended.send(end);
            });
        Call {
            function,
            text,
            number,
            end,
            manners,
            started: started.is_ok(),
        }
    }

    /// Waits for what a call gives.
    ///
    /// # Errors
    ///
    /// As [`Attempt::call`].
    pub fn finish<T: Shown>(&mut self, call: Call<T>) -> Result<T, Stop> {
        if !call.started {
            return Err(Stop::Trouble("no thread could be started".to_owned()));
        }
        let ended = watch::until(&watch::DUE, |slice| match call.end.recv_timeout(slice) {
            Ok(end) => Look::Done(Some(end)),
            Err(RecvTimeoutError::Timeout) => Look::Nothing,
            Err(RecvTimeoutError::Disconnected) => Look::Done(None),
        });
        match ended {
            Ok(Some(end)) => self.conclude(&call, end),
            Ok(None) => Err(Stop::Trouble(
                "the thread of a call ended without a word".to_owned(),
            )),
            Err(gave_up) => Err(self.given_up(&call, &gave_up)),
        }
    }

    /// Has the call ended? Then what it gave.
    ///
    /// # Errors
    ///
    /// As [`Attempt::call`].
    pub fn poll<T: Shown>(&mut self, call: &Call<T>) -> Option<Result<T, Stop>> {
        match call.end.try_recv() {
            Ok(end) => Some(self.conclude(call, end)),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Err(Stop::Trouble(
                "the thread of a call ended without a word".to_owned(),
            ))),
        }
    }

    /// Waits until the call can get no further on its own: it waits for something that only the
    /// grader can bring about. `None` then; or what it gave, if it ended instead.
    ///
    /// Where the system does not tell what a thread waits for, a second without an end will do.
    ///
    /// # Errors
    ///
    /// As [`Attempt::call`].
    pub fn until_it_waits<T: Shown>(&mut self, call: &Call<T>) -> Option<Result<T, Stop>> {
        self.until_it_rests(call, &watch::AT_REST)
    }

    /// As [`Attempt::until_it_waits`], with another patience.
    ///
    /// # Errors
    ///
    /// As [`Attempt::call`].
    pub fn until_it_rests<T: Shown>(
        &mut self,
        call: &Call<T>,
        patience: &Patience,
    ) -> Option<Result<T, Stop>> {
        let ended = watch::until(patience, |slice| match call.end.recv_timeout(slice) {
            Ok(end) => Look::Done(Some(end)),
            Err(RecvTimeoutError::Timeout) => Look::Nothing,
            Err(RecvTimeoutError::Disconnected) => Look::Done(None),
        });
        match ended {
            Ok(Some(end)) => Some(self.conclude(call, end)),
            Ok(None) => Some(Err(Stop::Trouble(
                "the thread of a call ended without a word".to_owned(),
            ))),
            Err(GaveUp::Stuck(_) | GaveUp::TooLong(_)) => None,
            Err(gave_up @ GaveUp::Spinning(_)) => Some(Err(self.given_up(call, &gave_up))),
        }
    }

    /// Leaves a call running: what it holds stays open until the case ends.
    pub fn abandon<T>(&mut self, call: Call<T>) {
        drop(call);
        self.unfinished_calls = true;
    }

    fn given_up<T>(&mut self, call: &Call<T>, gave_up: &GaveUp) -> Stop {
        self.unfinished_calls = true;
        self.recorder
            .returned(call.number, HAS_NOT_RETURNED.to_owned());
        let misconception = match gave_up {
            GaveUp::Spinning(_) => &conduct::SPINS,
            GaveUp::Stuck(_) | GaveUp::TooLong(_) => &conduct::NEVER_RETURNED,
        };
        misconception
            .seen(format!("{} never came back: {gave_up}.", call.text))
            .in_function(call.function)
    }

    fn conclude<T: Shown>(&mut self, call: &Call<T>, end: End<T>) -> Result<T, Stop> {
        match end {
            End::Returned(value) => {
                self.recorder.returned(call.number, value.shown());
                self.nothing_else_closed(call)?;
                if let Some(what) = call.manners.changed() {
                    return Err(conduct::CHANGED_THE_PROCESS
                        .seen(format!("{} changed {what}.", call.text))
                        .in_function(call.function));
                }
                Ok(value)
            }
            End::Panicked(note) => {
                self.recorder.returned(call.number, "a panic".to_owned());
                Err(note.into_stop(&self.submission, call.function))
            }
            End::ChangedSignals => Err(conduct::CHANGED_SIGNALS
                .seen(format!(
                    "{} changed which signals its thread blocks.",
                    call.text
                ))
                .in_function(call.function)),
        }
    }

    /// What was open before the case began is not the submission's to close.
    fn nothing_else_closed<T>(&self, call: &Call<T>) -> Result<(), Stop> {
        let open = kernel::open_descriptors();
        if self
            .not_its_own
            .iter()
            .all(|descriptor| open.contains(descriptor))
        {
            return Ok(());
        }
        Err(conduct::CLOSED_ANOTHERS
            .seen(format!(
                "{} closed descriptors that it had not opened.",
                call.text
            ))
            .in_function(call.function))
    }
}

/// A call that was begun.
pub struct Call<T> {
    function: &'static str,
    text: String,
    number: usize,
    end: Receiver<End<T>>,
    /// Those of the process, before the call.
    manners: kernel::Manners,
    started: bool,
}

enum End<T> {
    Returned(T),
    Panicked(PanicNote),
    ChangedSignals,
}

/// What is known of a panic: its message and its place.
#[derive(Clone, Debug)]
pub struct PanicNote {
    message: String,
    file: String,
    line: u32,
}

thread_local! {
    static LAST_PANIC: RefCell<Option<PanicNote>> = const { RefCell::new(None) };
}

/// Panics in threads that the submission started itself, which no call sees.
static STRAY_PANICS: Mutex<Vec<PanicNote>> = Mutex::new(Vec::new());

impl PanicNote {
    /// Keeps every panic to itself from now on, in place of a message on stderr. `on_panic` hears of
    /// each, in case the process does not live to tell.
    pub fn collect_all(on_panic: impl Fn(&PanicNote) + Send + Sync + 'static) {
        std::panic::set_hook(Box::new(move |info| {
            let message = message_in(info.payload());
            let (file, line) = info
                .location()
                .map_or((String::new(), 0), |at| (at.file().to_owned(), at.line()));
            let (file, line) = called_from(&file).unwrap_or((file, line));
            let note = PanicNote {
                message,
                file,
                line,
            };
            on_panic(&note);
            LAST_PANIC.set(Some(note.clone()));
            stray_panics().push(note);
        }));
    }

    fn of_this_thread(payload: &(dyn Any + Send)) -> PanicNote {
        let note = LAST_PANIC.take().unwrap_or_else(|| PanicNote {
            message: message_in(payload),
            file: String::new(),
            line: 0,
        });
        stray_panics().retain(|stray| (&stray.file, stray.line) != (&note.file, note.line));
        note
    }

    /// A panic that no call has accounted for.
    pub fn any_stray() -> Option<PanicNote> {
        stray_panics().pop()
    }

    /// Is this a stub's `todo!`?
    pub fn is_stub(&self) -> bool {
        ["not yet implemented", "not implemented"]
            .iter()
            .any(|macros| self.message.starts_with(macros))
    }

    /// The panic as a sentence's end: `panicked at FILE:LINE: "message"`.
    pub fn told(&self, submission: &Submission) -> String {
        // Somebody else's hook may have heard of the panic in place of ours, which knows the place.
        if self.file.is_empty() {
            return format!("panicked: {:?}", self.message);
        }
        let place = submission.place_at(&self.file, self.line);
        format!(
            "panicked at {}:{}: {:?}",
            place.file, self.line, self.message
        )
    }

    /// The stop that this panic is: a stub, or the finding `panicked`.
    pub fn into_stop(self, submission: &Submission, function: &str) -> Stop {
        if self.is_stub() {
            let mut place = submission.place_at(&self.file, self.line);
            if place.function.is_none() {
                place.function = Some(function.to_owned());
            }
            return Stop::Stub(place);
        }
        conduct::PANICKED
            .seen(format!("`{function}` {}.", self.told(submission)))
            .in_function(function)
    }
}

fn stray_panics() -> MutexGuard<'static, Vec<PanicNote>> {
    STRAY_PANICS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn message_in(payload: &(dyn Any + Send)) -> String {
    payload
        .downcast_ref::<&str>()
        .map(|message| (*message).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_default()
}

/// Where the standard library was called that panicked in `file`, a file of its own: the nearest place
/// outside of it.
fn called_from(file: &str) -> Option<(String, u32)> {
    let is_std = |file: &str| file.starts_with("/rustc/") || file.contains("/library/");
    if !is_std(&with_slashes(file)) {
        return None;
    }
    // A line of it reads "             at ./src/lib.rs:41:9".
    let backtrace = std::backtrace::Backtrace::force_capture().to_string();
    backtrace.lines().find_map(|line| {
        let place = line.trim_start().strip_prefix("at ")?;
        let mut parts = place.rsplitn(3, ':').skip(1);
        let line = parts.next()?.parse().ok()?;
        let file = with_slashes(parts.next()?);
        let file = file.trim_start_matches("./");
        let is_ours =
            file.ends_with(&with_slashes(file!())) || file.ends_with("harness/src/isolate.rs");
        (!is_std(file) && !is_ours).then(|| (file.to_owned(), line))
    })
}

/// A path with the separators of Unix: on Windows the compiler writes others.
fn with_slashes(path: &str) -> String {
    if cfg!(windows) {
        path.replace('\\', "/")
    } else {
        path.to_owned()
    }
}

/// Runs the grader's own `work` in a thread that counts as the grader's.
pub fn in_the_background<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<std::thread::JoinHandle<T>> {
    std::thread::Builder::new()
        .name("grader".to_owned())
        .spawn(move || {
            clock::this_thread_is_the_graders();
            let _grader = Grader::acts();
            work()
        })
}

/// How the value that a function gave reads in a trace.
pub trait Shown {
    /// In a few words.
    fn shown(&self) -> String;
}

impl<T: Shown, E: Shown> Shown for Result<T, E> {
    fn shown(&self) -> String {
        match self {
            Ok(value) => value.shown(),
            Err(error) => error.shown(),
        }
    }
}

impl<T: Shown> Shown for Option<T> {
    fn shown(&self) -> String {
        self.as_ref().map_or("None".to_owned(), Shown::shown)
    }
}

impl Shown for io::Error {
    fn shown(&self) -> String {
        // The number stands where the error is judged; here there is little room.
        let text = self.to_string();
        let text = text.split(" (os error ").next().unwrap_or(&text);
        format!("the error {text:?}")
    }
}

impl Shown for bool {
    fn shown(&self) -> String {
        self.to_string()
    }
}

impl Shown for () {
    fn shown(&self) -> String {
        "Ok".to_owned()
    }
}

impl Shown for u64 {
    fn shown(&self) -> String {
        self.to_string()
    }
}

/// Bytes as a list of numbers, of a long one only the beginning.
impl Shown for Vec<u8> {
    fn shown(&self) -> String {
        const ENOUGH: usize = 8;
        if self.is_empty() {
            return "0 bytes".to_owned();
        }
        let unit = if self.len() == 1 { "byte" } else { "bytes" };
        let start = self.iter().take(ENOUGH);
        let start: Vec<String> = start.map(|byte| format!("{byte:02x}")).collect();
        let rest = if self.len() > ENOUGH { " …" } else { "" };
        format!("{}{rest} ({} {unit})", start.join(" "), self.len())
    }
}

impl Shown for Socket {
    fn shown(&self) -> String {
        "a socket".to_owned()
    }
}

impl Shown for SocketAddr {
    fn shown(&self) -> String {
        self.to_string()
    }
}

impl Shown for (Socket, SocketAddr) {
    fn shown(&self) -> String {
        format!("a socket, and {}", self.1)
    }
}

impl Shown for TcpStream {
    fn shown(&self) -> String {
        match self.peer_addr() {
            Ok(addr) => format!("a connection to {addr}"),
            Err(_) => "a stream that is not connected".to_owned(),
        }
    }
}

impl Shown for Vec<SocketAddr> {
    fn shown(&self) -> String {
        format!("{self:?}")
    }
}

/// What a call gave, and how long it took.
impl<T: Shown> Shown for (T, Duration) {
    fn shown(&self) -> String {
        format!("{} after {} ms", self.0.shown(), self.1.as_millis())
    }
}
