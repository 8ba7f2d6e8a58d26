//! Who sleeps where there is nothing to sleep for.

use std::time::Duration;

use crate::attempt::Attempt;
use crate::clock::Slept;
use crate::conduct;
use crate::finding::Stop;

/// A loop that asks again and again may pause once more than it needs to.
const A_MOMENT: Duration = Duration::from_millis(5);

/// All that the function could have waited for was there, which `why` says: it must not have slept.
pub fn must_not_have_slept(
    attempt: &Attempt,
    slept: &Slept,
    function: &str,
    why: &str,
) -> Result<(), Stop> {
    let long = slept.long();
    if long < A_MOMENT {
        return Ok(());
    }
    attempt.fact(
        format!("{function} asked for a sleep"),
        format!("of {long:?} in all"),
    );
    attempt.remark("expected none");
    Err(conduct::SLEEPS.seen(format!("{why}, and {function} slept, for {long:?} in all.")))
}

/// Nobody has called, and the function has had the time to ask more than once: it must not sleep in between.
pub fn must_not_have_asked(attempt: &Attempt, slept: &Slept, function: &str) -> Result<(), Stop> {
    /// Once is no habit.
    const AGAIN: u64 = 3;
    let times = slept.between_questions();
    if times < AGAIN {
        return Ok(());
    }
    attempt.fact(
        format!("{function} asked for callers, and slept"),
        format!("{times} times"),
    );
    attempt.remark("expected it to wait in accept");
    Err(conduct::SLEEPS.seen(format!(
        "Nobody had called. {function} was told \"not yet\", slept, and asked again, {times} times in a row."
    )))
}
