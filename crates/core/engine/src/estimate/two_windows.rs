//! Starts under two windows at once.
//!
//! Each window that a call passes foretells by itself when the `k`-th start is. The later of two is too early
//! where one gives many slots at one instant and the other lets few of them be used at a time. Let `T(k)` be what
//! one foretells of calls that all pass another of `c` calls in `p` as well. Any `c + 1` of them take `p`, so for
//! each number of rounds `b` the `k`-th starts no earlier than
//!
//! ```text
//! T(k − b·c) + b·p
//! ```
//!
//! Under two windows, calls that start as soon as they may start at the latest of these, over both of them and all
//! rounds: such a call takes a slot that is held now, or that of the call `c` before it, a period later. Each step
//! back from call to call is one round of one of the two, and steps of one kind can be taken before those of the
//! other; the last call found so takes a slot that is held now, in an instant that one of them foretells by itself.
//! (Under more than two it is no earlier than under any two.) What a pool's tokens give is foretold as a whole and
//! taken for one window.
//!
//! Where others wait who pass one of the two only, those that pass both count.
//!
//! **Cost.** A window through which no fewer calls pass in no longer time says nothing new. A run of rounds that
//! can't come to more than what is known is passed over, and no more than [`LOOKS`] forecasts are read for a start.

use super::backlog::{Backlog, ROUNDS};
use super::gate::Gate;
use crate::queue::Standing;
use crate::resource::Resource;
use crate::situation::Situation;
use std::time::Duration;
use tollgate_model::{Instant, count, tally};

/// Forecasts that are read of two windows for one start, at the most.
const LOOKS: u32 = 128;

/// The start under all the windows that the submission passes, where `known` is the latest under one of them.
pub(super) fn start_under_all(
    backlog: &mut Backlog,
    known: Instant,
    deadline: Instant,
    s: &mut Situation<'_>,
) -> Instant {
    let by_right = backlog.gates.iter().map(|gate| gate.by_right).max();
    let by_right = by_right.unwrap_or(Instant::NEVER);
    let mut latest = known;
    for _ in 0..ROUNDS {
        if backlog.gates.len() < 2 || latest > deadline {
            break;
        }
        let at = latest_of_two(backlog, latest, s).min(by_right);
        if at <= latest {
            break;
        }
        latest = at;
        // The later the start, the more others will have come before it.
        for index in 0..backlog.gates.len() {
            let Gate { key, extra, .. } = backlog.gates[index];
            let (ours, theirs) = backlog.slots_before(&key.into(), extra, at.since(s.now), s);
            let slots = ours.saturating_add(theirs + count(extra.reserved.ceil()));
            let gate = &mut backlog.gates[index];
            gate.slots = slots.max(gate.slots);
        }
    }
    latest
}

/// The latest start under two of the windows, if that is later than what is known.
fn latest_of_two(backlog: &mut Backlog, known: Instant, s: &mut Situation<'_>) -> Instant {
    let mut latest = known;
    for index in 0..backlog.gates.len() {
        for other in 0..backlog.gates.len() {
            let (gate, other) = (backlog.gates[index], backlog.gates[other]);
            let fewest = gate.slots.min(other.slots);
            if fewest <= other.each || gate.implies(&other) {
                continue;
            }
            let within = latest.since(s.now);
            let slots = slots_in_common(backlog, (&gate, &other), within, s);
            let most = slots.min(slots_in_common(backlog, (&other, &gate), within, s));
            let mut rounds = Rounds {
                resource: gate.key.into(),
                standing: backlog.line.standing,
                slots,
                each: other.each,
                lasts: other.lasts,
                latest,
                looks: LOOKS,
            };
            let last = most.saturating_sub(1) / other.each;
            rounds.look(s, (0, last));
            latest = rounds.latest;
        }
    }
    latest
}

/// Slots of the first window that have to come free, but for those of calls that don't pass the other.
fn slots_in_common(
    backlog: &mut Backlog,
    (gate, other): (&Gate, &Gate),
    within: Duration,
    s: &mut Situation<'_>,
) -> u64 {
    if backlog.is_alike {
        return gate.slots;
    }
    let (resource, other) = (gate.key.into(), other.key.into());
    let mut slots = |other| backlog.slots_of_both((&resource, other), within, s);
    let alone = slots(&resource).saturating_sub(slots(&other));
    gate.slots.saturating_sub(alone)
}

/// The search of one window's forecast for the latest start, where rounds of another window come between.
struct Rounds {
    resource: Resource,
    standing: Standing,
    slots: u64,
    /// Slots that the other window lets through in a round, and how long a round takes.
    each: u64,
    lasts: Duration,
    /// The latest start that was found.
    latest: Instant,
    /// Forecasts that may still be read.
    looks: u32,
}

impl Rounds {
    /// Looks for a later start with so many rounds of the other window.
    fn look(&mut self, s: &mut Situation<'_>, (from, to): (u64, u64)) {
        let Some(looks) = self.looks.checked_sub(1) else {
            return;
        };
        self.looks = looks;
        let slots = (self.slots - from * self.each).max(1);
        let at = self
            .resource
            .earliest(s.config, s.resources, slots, self.standing, s.now);
        let rounds = tally(to);
        let at = at + self.lasts.saturating_mul(rounds);
        if at <= self.latest {
            return;
        }
        if from == to {
            self.latest = at;
            return;
        }
        let middle = from + (to - from) / 2;
        self.look(s, (middle + 1, to));
        self.look(s, (from, middle));
    }
}
