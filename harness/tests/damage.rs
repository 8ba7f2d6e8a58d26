//! Messages that are nearly right: what the property tests of the parsers have in common.

use std::ops::Range;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// How often a property is tried. What fails is printed, reduced, and belongs into the corpus.
pub fn tries(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        // In milliseconds: each try of a reader that waits for too much takes as long as it waits.
        max_shrink_time: 20_000,
        ..ProptestConfig::default()
    }
}

/// A small change that a program, a network or an attacker may make.
#[derive(Clone, Debug)]
pub enum Damage {
    Cut(Index),
    Drop(Index),
    Double(Index, Index),
    Replace(Index, Vec<u8>),
    Insert(Index, Vec<u8>),
}

/// Any of them.
pub fn damage() -> impl Strategy<Value = Damage> {
    let bytes = || {
        prop_oneof![
            select(&b"\r\n\0 \t:;,-+0159afxAF/\"\x7f\xff"[..]).prop_map(|byte| vec![byte]),
            vec(any::<u8>(), 1..3),
        ]
    };
    prop_oneof![
        any::<Index>().prop_map(Damage::Cut),
        any::<Index>().prop_map(Damage::Drop),
        any::<(Index, Index)>().prop_map(|(from, to)| Damage::Double(from, to)),
        (any::<Index>(), bytes()).prop_map(|(at, bytes)| Damage::Replace(at, bytes)),
        (any::<Index>(), bytes()).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
    ]
}

impl Damage {
    /// Makes the change.
    pub fn apply(&self, bytes: &mut Vec<u8>) {
        // After the last byte is a place, too.
        let at = |index: &Index| index.index(bytes.len() + 1);
        let from = |at: usize, count: usize| -> Range<usize> { at..bytes.len().min(at + count) };
        match self {
            Damage::Cut(end) => bytes.truncate(at(end)),
            Damage::Drop(one) => drop(bytes.drain(from(at(one), 1))),
            Damage::Double(one, other) => {
                let (one, other) = (at(one), at(other));
                let copied = bytes[one.min(other)..one.max(other)].to_vec();
                bytes.splice(one..one, copied);
            }
            Damage::Replace(one, new) => {
                bytes.splice(from(at(one), 1), new.iter().copied());
            }
            Damage::Insert(one, new) => {
                let one = at(one);
                bytes.splice(one..one, new.iter().copied());
            }
        }
    }
}
