//! The signals that end, stop and wake us, as events.

use std::io;
use std::sync::mpsc::Sender;
use std::thread;

use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use super::event::Event;
use super::terminal;

/// Starts to hear them. `farewell` is done when one ends us at once, because the terminal is somebody else's.
///
/// # Errors
///
/// They cannot be heard.
pub fn hear(events: Sender<Event>, farewell: impl Fn() + Send + 'static) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH])?;
    thread::spawn(move || {
        for signal in signals.forever() {
            if !terminal::is_taken() {
                act_while_away(signal, &farewell);
                continue;
            }
            let event = match signal {
                SIGWINCH => Event::Resized,
                SIGTSTP => Event::Stop,
                SIGCONT => Event::Continued,
                _ => Event::End(signal),
            };
            if events.send(event).is_err() {
                return;
            }
        }
    });
    Ok(())
}

/// A pager has the terminal, and whoever watches waits for it.
fn act_while_away(signal: i32, farewell: &impl Fn()) {
    match signal {
        // The pager knows what to do with these.
        SIGINT | SIGQUIT | SIGWINCH | SIGCONT => {}
        SIGTSTP => _ = emulate_default_handler(SIGTSTP),
        _ => {
            farewell();
            _ = emulate_default_handler(signal);
        }
    }
}

/// Stops us and those that were started with us, as Ctrl-Z does it, until SIGCONT.
///
/// # Errors
///
/// The system refuses.
pub fn stop() -> io::Result<()> {
    let ours = dispose(libc::SIG_IGN)?;
    // SAFETY: kill takes integers only; 0 means our own group. We ourselves ignore it.
    unsafe { libc::kill(0, libc::SIGTSTP) };
    dispose(libc::SIG_DFL)?;
    // To this thread, so that it has happened when the call returns.
    // SAFETY: raise takes an integer only.
    unsafe { libc::raise(libc::SIGTSTP) };
    // SAFETY: `ours` is what sigaction said was installed before.
    match unsafe { libc::sigaction(libc::SIGTSTP, &ours, std::ptr::null_mut()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Sets what SIGTSTP does; returns what it did.
fn dispose(handler: libc::sighandler_t) -> io::Result<libc::sigaction> {
    // SAFETY: all zeroes is a valid sigaction: no flags, an empty mask, the default handler.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    let mut before = action;
    action.sa_sigaction = handler;
    // SAFETY: both point to whole sigactions; the handler is SIG_IGN or SIG_DFL, no code of ours.
    match unsafe { libc::sigaction(libc::SIGTSTP, &action, &mut before) } {
        0 => Ok(before),
        _ => Err(io::Error::last_os_error()),
    }
}
