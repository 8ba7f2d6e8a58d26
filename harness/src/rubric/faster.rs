//! Judging by time, on a clock that goes faster for the submission.

use std::cell::Cell;
use std::time::Duration;

use crate::attempt::Attempt;
use crate::clock;
use crate::finding::Stop;
use crate::watch;

/// What one round came to: passed, or a finding that a slow machine may have caused.
pub type Round = Result<Option<Stop>, Stop>;

/// A case must not take longer than this by the real clock.
const BEARABLE: Duration = Duration::from_secs(40);

/// Judges by time, on a faster clock. A finding has to show twice, the second time on a slower clock:
/// the first may be a machine that was busy. A round that is `certain` of it needs no second.
///
/// Code that calls the kernel past the C library has time-outs of real time, see [`clock`]. A finding against it has to
/// show once more by the real clock; where a round, which takes `lasts` then, would be too long for that, there is none.
pub fn judged_twice(
    attempt: &mut Attempt,
    factors: [u32; 2],
    lasts: Duration,
    round: impl Fn(&mut Attempt, u32, &Cell<bool>) -> Round,
) -> Result<(), Stop> {
    let mut found = None;
    for factor in factors {
        if !clock::run_faster(factor) {
            return Err(Stop::Skip(
                "only on Linux can time run faster, and nobody should wait for these time-outs"
                    .to_owned(),
            ));
        }
        let fast = format!("time runs {factor} times as fast for your code");
        attempt.fact(fast, "");
        let certain = Cell::new(false);
        found = round(attempt, factor, &certain)?;
        if found.is_none() || certain.get() {
            return found.map_or(Ok(()), Err);
        }
    }
    if !watch::calls_past_libc() {
        return found.map_or(Ok(()), Err);
    }
    if lasts > BEARABLE {
        return Err(Stop::Skip(
            "the code calls the kernel past the C library: time cannot run faster for it"
                .to_owned(),
        ));
    }
    clock::run_faster(1);
    attempt.fact(
        "the code calls the kernel past the C library",
        "by the real clock, then",
    );
    round(attempt, 1, &Cell::new(false))?.map_or(Ok(()), Err)
}
