//! The progress meter, in curl's columns.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io::{self, Write};
use std::time::{Duration, Instant};

const TITLE: &str =
    "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current
                                 Dload  Upload   Total   Spent    Left  Speed
";
/// The current speed is that of the last five seconds.
const SAMPLES: usize = 6;

/// What has come and gone so far. The connection and the output both tell it.
pub struct Meter {
    begun: Instant,
    received: Progress,
    sent: Progress,
    drawn: Cell<Option<Instant>>,
    samples: RefCell<VecDeque<(Instant, u64)>>,
}

#[derive(Default)]
struct Progress {
    bytes: Cell<u64>,
    total: Cell<Option<u64>>,
}

impl Meter {
    /// How often it is drawn.
    pub const TICK: Duration = Duration::from_secs(1);

    /// Draws its title.
    pub fn new() -> Meter {
        eprint!("{TITLE}");
        let meter = Meter {
            begun: Instant::now(),
            received: Progress::default(),
            sent: Progress::default(),
            drawn: Cell::new(None),
            samples: RefCell::default(),
        };
        meter.tick();
        meter
    }

    pub fn received(&self, count: usize) {
        self.received.add(count);
        self.tick();
    }

    pub fn sent(&self, count: usize) {
        self.sent.add(count);
        self.tick();
    }

    pub fn expect_to_receive(&self, total: Option<u64>) {
        self.received.total.set(total);
    }

    pub fn expect_to_send(&self, total: Option<u64>) {
        self.sent.total.set(total);
    }

    /// Draws it if it is time to.
    pub fn tick(&self) {
        let now = Instant::now();
        if self
            .drawn
            .get()
            .is_none_or(|drawn| now - drawn >= Meter::TICK)
        {
            self.draw(now);
        }
    }

    /// Draws it a last time.
    pub fn finish(&self) {
        self.draw(Instant::now());
        eprintln!();
    }

    fn draw(&self, now: Instant) {
        self.drawn.set(Some(now));
        let (received, sent) = (&self.received, &self.sent);
        let spent = now - self.begun;
        let (down, up) = (
            per_second(received.bytes.get(), spent),
            per_second(sent.bytes.get(), spent),
        );
        let done = received.bytes.get() + sent.bytes.get();
        // What nobody knows is as much as there is so far.
        let total = received.expected() + sent.expected();
        let known = received.total.get().or(sent.total.get());
        let whole = known
            .filter(|_| done > 0)
            .map(|_| spent.mul_f64(total as f64 / done as f64));
        let line = format!(
            "\r{:>3} {}  {:>3} {}  {:>3} {}  {}  {} {} {} {} {}",
            percent(done, total),
            short(total),
            received.percent(),
            short(received.bytes.get()),
            sent.percent(),
            short(sent.bytes.get()),
            short(down),
            short(up),
            clock(whole),
            clock(Some(spent)),
            clock(whole.map(|whole| whole.saturating_sub(spent))),
            short(self.current_speed(now, done)),
        );
        // A meter that cannot be seen harms nobody.
        let _ = io::stderr().write_all(line.as_bytes());
    }

    fn current_speed(&self, now: Instant, done: u64) -> u64 {
        let mut samples = self.samples.borrow_mut();
        samples.push_back((now, done));
        if samples.len() > SAMPLES {
            samples.pop_front();
        }
        let (then, before) = samples[0];
        per_second(done - before, now - then)
    }
}

impl Progress {
    fn add(&self, count: usize) {
        self.bytes.set(self.bytes.get() + count as u64);
    }

    fn expected(&self) -> u64 {
        self.total.get().unwrap_or(self.bytes.get())
    }

    fn percent(&self) -> u64 {
        percent(self.bytes.get(), self.total.get().unwrap_or(0))
    }
}

/// 0 where nothing is expected.
fn percent(done: u64, total: u64) -> u64 {
    let percent = (u128::from(done) * 100).checked_div(total.into());
    percent.unwrap_or(0) as u64
}

pub fn per_second(bytes: u64, time: Duration) -> u64 {
    match time.as_micros() {
        0 => bytes,
        micros => (u128::from(bytes) * 1_000_000 / micros) as u64,
    }
}

/// A number of bytes in five columns.
fn short(bytes: u64) -> String {
    const UNITS: [(&str, u32); 5] = [("k", 10), ("M", 20), ("G", 30), ("T", 40), ("P", 50)];
    if bytes < 100_000 {
        return format!("{bytes:>5}");
    }
    for (unit, shift) in UNITS {
        let whole = bytes >> shift;
        if "MG".contains(unit) && whole < 100 {
            let tenths = (bytes >> (shift - 10)) % 1024 * 10 / 1024;
            return format!("{whole:>2}.{tenths}{unit}");
        }
        if whole < 10_000 {
            return format!("{whole:>4}{unit}");
        }
    }
    format!("{:>4}E", bytes >> 60)
}

/// A time in eight columns.
fn clock(time: Option<Duration>) -> String {
    match time.map(|time| time.as_secs()) {
        None | Some(0) => "--:--:--".to_owned(),
        Some(seconds) if seconds < 360_000 => {
            format!(
                "{:>2}:{:02}:{:02}",
                seconds / 3600,
                seconds / 60 % 60,
                seconds % 60
            )
        }
        Some(seconds) if seconds < 86_400_000 => {
            format!("{:>3}d {:02}h", seconds / 86_400, seconds / 3600 % 24)
        }
        Some(seconds) => format!("{:>7}d", seconds / 86_400),
    }
}
