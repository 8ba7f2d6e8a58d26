//! The same again and again, on a busy machine: the verdict is the same each time.

use std::time::Instant;

use anyhow::Result;
use harness_tests::{Depth, Expected};

use crate::Lessons;
use crate::gradings::{self, Held, Manner, Tally};
use crate::load::{Busy, Load};
use crate::network::{self, Network};
use crate::record::{self, Run, Soak};

#[derive(clap::Args)]
pub struct Arguments {
    /// How often each solution is graded, under each load
    #[arg(long, default_value_t = 250)]
    solutions: usize,
    /// How often each right program by other means is graded, under each load
    #[arg(long, default_value_t = 10)]
    alternatives: usize,
    /// How often each mistake is graded by its case, under each load
    #[arg(long, default_value_t = 13)]
    mistakes: usize,
    /// What the machine is kept busy with: one run for each
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "none,processors,disk,network"
    )]
    load: Vec<Load>,
    /// How many gradings run at once; twice as many as processors, if nothing is said
    #[arg(long)]
    jobs: Option<usize>,
    /// Does not write down what came of it
    #[arg(long)]
    no_record: bool,
    #[command(flatten)]
    lessons: Lessons,
}

pub fn run(arguments: &Arguments) -> Result<bool> {
    let graded = gradings::graded()?;
    let all = gradings::all(&graded, &arguments.lessons)?;
    let mut right = true;
    for load in &arguments.load {
        let network = match load {
            Load::Network => Network::Lossy,
            _ => Network::own(),
        };
        if let Some(trouble) = network.trouble() {
            println!("load {load}: skipped, there can be no such network here: {trouble}");
            continue;
        }
        let manner = |times| Manner {
            times,
            depth: Depth::ItsCase,
            jobs: arguments.jobs.unwrap_or_else(gradings::at_once).max(1),
            network,
            wrap: &|command| command,
        };
        let what = match load {
            Load::Network => format!("{load} ({})", network::lossy()),
            _ => load.to_string(),
        };
        println!("load: {what}");
        let _busy = Busy::with(*load);
        for (kind, times) in [
            ("solutions", arguments.solutions),
            ("alternatives", arguments.alternatives),
            ("mistakes", arguments.mistakes),
        ] {
            let is_wanted = |held: &&Held| held.kind() == kind;
            for lesson in lessons_of(&all) {
                let held: Vec<&Held> = all
                    .iter()
                    .filter(is_wanted)
                    .filter(|it| it.lesson() == lesson)
                    .collect();
                if held.is_empty() || times == 0 {
                    continue;
                }
                let begun = Instant::now();
                let tallies = gradings::run(&held, &manner(times))?;
                let mut records = Vec::new();
                for ((lesson, kind), tally) in &tallies {
                    say(lesson, kind, tally, begun);
                    right &= tally.wrong == 0;
                    records.push(Soak {
                        lesson: lesson.clone(),
                        kind: kind.clone(),
                        load: load.to_string(),
                        submissions: tally.submissions,
                        gradings: tally.gradings,
                        wrong: tally.wrong,
                        run: Run::now()?,
                    });
                }
                if !arguments.no_record {
                    // After each lesson: a run of hours may be broken off.
                    let key = |it: &Soak| (it.lesson.clone(), it.kind.clone(), it.load.clone());
                    record::replace("soak", records, key)?;
                }
            }
        }
    }
    Ok(right)
}

/// Each mistake, once, by all cases.
pub fn mistakes(lessons: &Lessons) -> Result<bool> {
    let graded = gradings::graded()?;
    let all = gradings::all(&graded, lessons)?;
    let mut right = true;
    for lesson in lessons_of(&all) {
        let is_wanted = |it: &&Held| it.lesson() == lesson && it.expected != Expected::Passes;
        let held: Vec<&Held> = all.iter().filter(is_wanted).collect();
        let manner = Manner {
            times: 1,
            depth: Depth::Whole,
            jobs: gradings::at_once(),
            network: Network::own(),
            wrap: &|command| command,
        };
        let begun = Instant::now();
        for ((lesson, kind), tally) in &gradings::run(&held, &manner)? {
            say(lesson, kind, tally, begun);
            right &= tally.wrong == 0;
        }
    }
    Ok(right)
}

fn lessons_of(all: &[Held]) -> Vec<String> {
    let mut lessons: Vec<String> = all.iter().map(|held| held.lesson().to_owned()).collect();
    lessons.sort();
    lessons.dedup();
    lessons
}

fn say(lesson: &str, kind: &str, tally: &Tally, begun: Instant) {
    let Tally {
        submissions,
        gradings,
        wrong,
        ..
    } = tally;
    let time = begun.elapsed().as_secs();
    println!(
        "  {lesson}  {kind:<12}  {submissions:>4} graded {gradings:>6} times, {wrong} wrong  {time} s"
    );
}
