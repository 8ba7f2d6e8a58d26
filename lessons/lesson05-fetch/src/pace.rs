//! `--limit-rate`: not more bytes a second than that.

use std::thread;
use std::time::{Duration, Instant};

/// Counts what passes in one direction, and says when more may.
pub struct Pace {
    /// Bytes a second.
    rate: Option<u64>,
    begun: Instant,
    bytes: u64,
}

impl Pace {
    pub fn new(rate: Option<u64>) -> Pace {
        Pace {
            // curl takes 0 for no limit.
            rate: rate.filter(|&rate| rate > 0),
            begun: Instant::now(),
            bytes: 0,
        }
    }

    pub fn passed(&mut self, count: usize) {
        self.bytes += count as u64;
    }

    /// Waits until more may pass, or the deadline comes, and gives how much: a quarter of a second's, so that it passes
    /// evenly.
    pub fn wait(&self, deadline: Option<Instant>) -> usize {
        let Some(rate) = self.rate else {
            return usize::MAX;
        };
        let due = self.begun + Duration::from_secs_f64(self.bytes as f64 / rate as f64);
        let until = deadline.map_or(due, |deadline| due.min(deadline));
        thread::sleep(until.saturating_duration_since(Instant::now()));
        usize::try_from(rate / 4).unwrap_or(usize::MAX).max(1)
    }
}
