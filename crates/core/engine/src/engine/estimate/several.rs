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

use super::super::Engine;
use super::under::{Key, Under};
use super::{Ahead, Estimate, ExtraSlots, ROUNDS};
use crate::queue::Who;
use std::sync::Arc;
use std::time::Duration;
use tollgate_model::Instant;

/// Forecasts that are read of two windows for one start, at the most.
const LOOKS: u32 = 128;

/// A window that a call passes, and the call's place there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gate {
    key: Key,
    /// What it lets through each time it comes round, and how long that takes.
    each: u64,
    lasts: Duration,
    /// Slots that have to come free, the call's own included, and which of them aren't the queue's.
    slots: u64,
    extra: ExtraSlots,
    /// When the call's turn comes by a right of its own; never without one.
    by_right: Instant,
}

impl Gate {
    /// Whether the other never binds where this one does.
    fn implies(&self, other: &Self) -> bool {
        let is_same_pool = matches!(
            (self.key, other.key),
            (Key::Tokens(pool, _), Key::Tokens(other, _)) if pool == other
        );
        is_same_pool || (self.each <= other.each && self.lasts >= other.lasts)
    }
}

impl Engine {
    /// Notes a window at which the call's turn comes with this slot.
    pub(super) fn note_gate(
        &mut self,
        under: &Under,
        (slots, extra): (u64, ExtraSlots),
        by_right: Instant,
        ahead: &mut Ahead,
    ) {
        let ledger = under.ledger(&mut self.resources);
        let round = ledger.and_then(|it| Some((u64::from(it.given()), it.cycle()?)));
        if let Some((each, lasts)) = round.filter(|(each, _)| *each > 0) {
            ahead.gates.push(Gate {
                key: under.key(),
                each,
                lasts,
                slots,
                extra,
                by_right,
            });
        }
    }

    /// Makes the start later, if two of the noted windows let calls through together later than each by itself.
    pub(super) fn consider_together(
        &mut self,
        ahead: &mut Ahead,
        latest: &mut Estimate,
        (now, deadline): (Instant, Instant),
    ) {
        let by_right = ahead.gates.iter().map(|it| it.by_right).max();
        let by_right = by_right.unwrap_or(Instant::NEVER);
        for _ in 0..ROUNDS {
            if ahead.gates.len() < 2 || latest.at > deadline {
                return;
            }
            let at = self.latest_of_two(ahead, latest.at, now).min(by_right);
            if at <= latest.at {
                return;
            }
            latest.at = at;
            // The later the start, the more others will have come before it.
            for place in 0..ahead.gates.len() {
                let Gate { key, extra, .. } = ahead.gates[place];
                let (ours, theirs) = self.slots_to(&key.into(), extra, ahead, at.since(now), now);
                let slots = ours.saturating_add(theirs + extra.kept.ceil() as u64);
                ahead.gates[place].slots = slots.max(ahead.gates[place].slots);
            }
        }
    }

    /// The latest start under two of the windows, if that is later than what is known.
    fn latest_of_two(&mut self, ahead: &mut Ahead, known: Instant, now: Instant) -> Instant {
        let mut latest = known;
        for place in 0..ahead.gates.len() {
            for other in 0..ahead.gates.len() {
                let (gate, other) = (ahead.gates[place], ahead.gates[other]);
                let fewest = gate.slots.min(other.slots);
                if fewest <= other.each || gate.implies(&other) {
                    continue;
                }
                let within = latest.since(now);
                let slots = self.slots_in_common(ahead, (&gate, &other), within, now);
                let most = slots.min(self.slots_in_common(ahead, (&other, &gate), within, now));
                let mut rounds = Rounds {
                    under: gate.key.into(),
                    slots,
                    each: other.each,
                    lasts: other.lasts,
                    latest,
                    looks: LOOKS,
                };
                let last = most.saturating_sub(1) / other.each;
                rounds.look(self, (0, last), ahead.line.who, now);
                latest = rounds.latest;
            }
        }
        latest
    }

    /// Slots of the first window that have to come free, but for those of calls that don't pass the other.
    fn slots_in_common(
        &mut self,
        ahead: &mut Ahead,
        (gate, other): (&Gate, &Gate),
        within: Duration,
        now: Instant,
    ) -> u64 {
        if ahead.is_alike {
            return gate.slots;
        }
        let (under, other) = (gate.key.into(), other.key.into());
        let mut slots = |other| {
            let tables = (&*self.config, &self.queue, &mut self.resources);
            ahead.slots_of_both((&under, other), within, now, tables)
        };
        let alone = slots(&under).saturating_sub(slots(&other));
        gate.slots.saturating_sub(alone)
    }
}

/// What is to be read of one window's forecast, where rounds of another come between.
struct Rounds {
    under: Under,
    slots: u64,
    /// Of the other.
    each: u64,
    lasts: Duration,
    latest: Instant,
    looks: u32,
}

impl Rounds {
    /// Looks at so many rounds.
    fn look(&mut self, engine: &mut Engine, (from, to): (u64, u64), who: Who, now: Instant) {
        let Some(looks) = self.looks.checked_sub(1) else {
            return;
        };
        self.looks = looks;
        let config = Arc::clone(&engine.config);
        let slots = (self.slots - from * self.each).max(1);
        let at = self
            .under
            .earliest(&config, &mut engine.resources, slots, who, now);
        let rounds = u32::try_from(to).unwrap_or(u32::MAX);
        let at = at + self.lasts.saturating_mul(rounds);
        if at <= self.latest {
            return;
        }
        if from == to {
            self.latest = at;
            return;
        }
        let middle = from + (to - from) / 2;
        self.look(engine, (middle + 1, to), who, now);
        self.look(engine, (from, middle), who, now);
    }
}
