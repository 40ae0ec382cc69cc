//! Calls that overtake one another on their way.
//!
//! The upstream counts a call some milliseconds after its sending, and not always as many. So of two
//! calls that are sent a period apart the later may be counted less than a period after the earlier,
//! and be refused, though the finding is right. Nobody can tell that from one number too many by
//! looking at calls that all leave the instant a slot is free; so the period is stretched by a little,
//! then by twice as much, until such refusals are rare. If a thirty-second part doesn't help it was not
//! that, and the period is what it was.

use crate::finding::{Change, Finding};
use crate::learner::Learner;
use crate::series::Series;
use crate::statistic::Statistic;
use std::collections::BTreeSet;
use std::time::Duration;
use tollgate_model::{AttemptId, Instant, Rule};

/// How often a period is stretched.
const STEPS: u32 = 5;
/// Batches of refusals before it is stretched again.
const BATCHES: usize = 2;
/// Not more than one in so many calls may be refused.
const RARE: u64 = 300;

/// What a finding's period is stretched by.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guard {
    steps: u32,
    by: Duration,
    /// Batches of refusals since it was stretched, and calls accepted by then.
    batches: BTreeSet<u32>,
    accepted: u64,
}

impl Guard {
    /// What the next step would make of a period that is stretched by `self.by`.
    fn next(&self, period: Duration) -> Duration {
        let least = (period / 512).max(Duration::from_millis(1));
        least * (1 << self.steps)
    }
}

impl Learner {
    /// Takes those refusals out of `fresh` that calls on their way may be the cause of, and stretches
    /// the periods of findings that have too many.
    pub(crate) fn guard(&mut self, fresh: &mut BTreeSet<AttemptId>) {
        for held in &mut self.held {
            let Rule::Window {
                allowed,
                period,
                counted_within,
            } = held.finding.rule
            else {
                continue;
            };
            if held.guard.steps > STEPS {
                continue;
            }
            let next = held.guard.next(period - held.guard.by);
            let longer = period - held.guard.by + next;
            let longer = Statistic::in_force(
                &held.finding,
                Rule::Window {
                    allowed,
                    period: longer,
                    counted_within,
                },
            );
            let Some(&first) = fresh.range(held.from..).next() else {
                continue;
            };
            let from = self
                .ring
                .get_mut(first)
                .map_or(Instant::ZERO, |record| record.call.sent);
            let before = from.before(period * 2);
            let series =
                Series::of(&self.ring, held.finding.group, before, from, |_| true).in_order();
            let mut counts = Vec::new();
            longer.counts(&series, &mut counts);
            for (item, &count) in series.items.iter().zip(&counts) {
                if count > allowed && fresh.remove(&item.attempt) {
                    held.guard.batches.insert(item.batch);
                }
            }
            let since = held.finding.accepted - held.guard.accepted;
            let batches = held.guard.batches.len();
            if batches < BATCHES {
                continue;
            }
            let rare = batches as u64 * RARE < since;
            held.guard.batches.clear();
            held.guard.accepted = held.finding.accepted;
            if rare {
                continue;
            }
            let before = period - held.guard.by;
            held.guard.steps += 1;
            held.guard.by = if held.guard.steps > STEPS {
                Duration::ZERO
            } else {
                next
            };
            let period = before + held.guard.by;
            held.finding = Finding {
                rule: Rule::Window {
                    allowed,
                    period,
                    counted_within,
                },
                ..held.finding.clone()
            };
            self.changes.push_back(Change::Adjust(held.finding.clone()));
        }
    }
}
