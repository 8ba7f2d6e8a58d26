//! Judging by time, on a clock that goes faster for the submission.

use std::cell::Cell;

use crate::attempt::Attempt;
use crate::clock;
use crate::finding::Stop;

/// What one round came to: passed, or a finding that a slow machine may have caused.
pub type Round = Result<Option<Stop>, Stop>;

/// Judges by time, on a faster clock. A finding has to show twice, the second time on a slower clock:
/// the first may be a machine that was busy. A round that is `certain` of it needs no second.
pub fn judged_twice(
    attempt: &mut Attempt,
    factors: [u32; 2],
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
            break;
        }
    }
    found.map_or(Ok(()), Err)
}
