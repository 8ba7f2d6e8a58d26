//! Keeps the machine busy while something else runs.

use std::fmt;
use std::fs::File;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use clap::ValueEnum;

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Load {
    /// The machine is left to the gradings
    None,
    /// Four spinning threads for each processor
    Processors,
    /// Two threads for each processor that write files, have them on the disk and remove them
    Disk,
    /// Each grading in a network of its own that loses packets, and delays them where the kernel can
    Network,
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Load::None => "none",
            Load::Processors => "processors",
            Load::Disk => "disk",
            Load::Network => "network",
        })
    }
}

/// The load, until it is dropped.
pub struct Busy {
    over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Busy {
    pub fn with(load: Load) -> Busy {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let (threads, work): (usize, fn(&AtomicBool)) = match load {
            Load::None | Load::Network => (0, |_| {}),
            Load::Processors => (4 * cores, spin),
            Load::Disk => (2 * cores, write),
        };
        let over = Arc::new(AtomicBool::new(false));
        let thread = |_| {
            let over = Arc::clone(&over);
            std::thread::spawn(move || work(&over))
        };
        Busy {
            threads: (0..threads).map(thread).collect(),
            over,
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn spin(over: &AtomicBool) {
    while !over.load(Ordering::Relaxed) {
        std::hint::spin_loop();
    }
}

fn write(over: &AtomicBool) {
    let block = vec![b'x'; 1 << 20];
    while !over.load(Ordering::Relaxed) {
        let written = tempfile::tempfile().and_then(|mut file: File| {
            for _ in 0..8 {
                file.write_all(&block)?;
            }
            file.sync_all()
        });
        if let Err(error) = written {
            eprintln!("no load on the disk any more: {error}");
            return;
        }
    }
}
