//! What a server does while accept fails.

use std::io;
use std::time::{Duration, Instant};

use crate::attempt::{Attempt, Call};
use crate::finding::Stop;
use crate::watch::{self, Burnt, Look, Onlooker};

/// Every accept fails at once: waits until the server that `call` is has paused more than once, or gives
/// what it returned. The error is the processor time that a loop without a pause has burnt.
pub fn pauses_between_accepts(
    attempt: &mut Attempt,
    call: &Call<io::Result<()>>,
    onlooker: &Onlooker,
) -> Result<Option<Result<io::Result<()>, Stop>>, Duration> {
    /// A loop without a pause is never found pausing.
    const SURE: u32 = 16;
    /// Where the system does not tell who pauses, a loop without a pause shows in this time.
    const LONG: Duration = Duration::from_millis(500);
    let (spent, began) = (Burnt::from_now(), Instant::now());
    let mut pausing = 0;
    let seen = watch::until(&watch::LOOKING_ON, |slice| {
        if let Some(ended) = attempt.poll(call) {
            return Look::Done(Ok(Some(ended)));
        }
        if let Some(burnt) = spent.too_much() {
            return Look::Done(Err(burnt));
        }
        pausing += u32::from(onlooker.sees_a_pause());
        if pausing >= SURE || !cfg!(target_os = "linux") && began.elapsed() > LONG {
            return Look::Done(Ok(None));
        }
        std::thread::park_timeout(slice);
        Look::Nothing
    });
    // Given up, it waits for something else, or does little.
    seen.unwrap_or(Ok(None))
}
