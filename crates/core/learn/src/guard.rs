//! Calls that overtake one another on their way.
//!
//! The upstream counts a call some milliseconds after its sending, and not always as many. So of two
//! calls that are sent a period apart the later may be counted less than a period after the earlier,
//! and be refused, though the finding is right. Nobody can tell that from one number too many by
//! looking at calls that all leave the instant a slot is free; so the period is stretched by a little,
//! then by twice as much, until such refusals are rare. By how much the ways differ shows in how long
//! refusals take, which are answered at once; that is the first step, if it is more than a 512th part. If a
//! thirty-second part doesn't help it was not that, and the period is what it was.

use crate::call::State;
use crate::finding::{Change, FindingId};
use crate::fit::is_common;
use crate::learner::{Held, Learner};
use crate::probe::FEW;
use crate::series::Series;
use crate::statistic::{Statistic, nanos};
use crate::work::Work;
use std::collections::BTreeSet;
use std::time::Duration;
use tollgate_model::{AttemptId, Instant, Rule};

/// How often a period is stretched.
const STEPS: u32 = 5;
/// A period that was stretched so often is looked at anew.
const LITTLE: u32 = 3;
/// Batches of refusals before it is stretched again.
const BATCHES: usize = 2;
/// The last refused calls whose ways are compared.
const WAYS: usize = 32;
/// Not more than one in so many calls may be refused.
const RARE: u64 = 300;

/// What a finding's period is stretched by.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guard {
    steps: u32,
    by: Duration,
    /// Batches of refusals near to the finding since its period was last stretched.
    batches: BTreeSet<u32>,
    /// Calls refused in these batches.
    refused: u64,
    /// Calls that the finding had let pass when its period was last stretched.
    accepted: u64,
}

/// Refusals near to a finding.
#[derive(Clone, Debug)]
pub(crate) struct Near {
    pub(crate) finding: FindingId,
    batches: BTreeSet<u32>,
    refused: u64,
}

impl Guard {
    /// What the next step would stretch the period by, where calls are on their way for longer than others by as
    /// much as `jitter`.
    fn next(&self, period: Duration, jitter: Duration) -> Duration {
        let least = (period / 512).max(Duration::from_millis(1));
        let first = least.max(jitter.min(least * 8));
        (first * (1 << self.steps)).min(least * (1 << (STEPS - 1)))
    }
}

impl Learner {
    /// By how much longer some calls are on their way than others. A refusal is answered at once, so of refused
    /// calls the time to the answer is the way there and back.
    fn jitter(&self) -> Duration {
        let records = self.ring.iter().rev();
        let refused = records.filter(|record| record.state == State::Refused);
        let mut took: Vec<u64> = refused.take(WAYS).map(|record| record.took).collect();
        took.sort_unstable();
        let least = took.first().copied().unwrap_or(0);
        let most = took.get(took.len() * 9 / 10).copied().unwrap_or(0);
        Duration::from_nanos(most - least)
    }

    /// Takes those refusals out of `fresh` that calls on their way may be the cause of, if the finding is
    /// right but for them.
    pub(crate) fn near(
        &self,
        held: &Held,
        fresh: &mut BTreeSet<AttemptId>,
        work: &mut Work,
    ) -> Option<Near> {
        let Rule::Window {
            allowed,
            period,
            counted_within,
        } = held.finding.rule
        else {
            return None;
        };
        let &first = fresh.range(held.from..).next()?;
        if held.guard.steps > STEPS {
            return None;
        }
        let plain = period - held.guard.by;
        let longer = Rule::Window {
            allowed,
            period: plain + held.guard.next(plain, self.jitter()),
            counted_within,
        };
        let from = self
            .ring
            .get(first)
            .map_or(Instant::ZERO, |record| record.call.sent);
        let before = from.before(period * 2);
        let series = Series::of(&self.ring, held.finding.group, before, from, |_| true);
        let series = series.in_order();
        work.spend(self.ring.len() + series.cost() + series.passes(2));
        let mut counts = Vec::new();
        Statistic::in_force(&held.finding, longer).counts(&series, &mut counts);
        let mut batches = BTreeSet::new();
        let mut refused = 0;
        for (item, &count) in series.items.iter().zip(&counts) {
            if count > allowed && fresh.remove(&item.attempt) {
                batches.insert(item.batch);
                refused += 1;
            }
        }
        (!batches.is_empty()).then_some(Near {
            finding: held.finding.id,
            batches,
            refused,
        })
    }

    /// Whether the finding's period may be right but for calls on their way. That is likelier of a period that
    /// most limits have, and where each call of a limit of few follows close on another.
    pub(crate) fn is_little_stretched(&self, id: FindingId) -> bool {
        let mut held = self.held.iter();
        held.any(|held| {
            let likely = match held.finding.rule {
                Rule::Window {
                    allowed, period, ..
                } => allowed < FEW || is_common(&self.known, nanos(period - held.guard.by)),
                Rule::Concurrency { .. } => true,
            };
            let little = if likely { LITTLE } else { 1 };
            held.finding.id == id && held.guard.steps < little
        })
    }

    /// Stretches the periods of findings that have too many refusals near to them.
    pub(crate) fn stretch(&mut self, near: Vec<Near>) {
        let jitter = self.jitter();
        for near in near {
            let mut all = self.held.iter_mut();
            let Some(held) = all.find(|held| held.finding.id == near.finding) else {
                continue;
            };
            let Rule::Window {
                allowed,
                period,
                counted_within,
            } = held.finding.rule
            else {
                continue;
            };
            held.guard.batches.extend(near.batches);
            held.guard.refused += near.refused;
            let since = held.finding.accepted.saturating_sub(held.guard.accepted);
            if held.guard.batches.len() < BATCHES {
                continue;
            }
            let refused = std::mem::take(&mut held.guard.refused);
            held.guard.batches.clear();
            held.guard.accepted = held.finding.accepted;
            if refused * RARE < since {
                continue;
            }
            let plain = period - held.guard.by;
            let next = held.guard.next(plain, jitter);
            held.guard.steps += 1;
            held.guard.by = match held.guard.steps {
                0..=STEPS => next,
                _ => Duration::ZERO,
            };
            held.finding.rule = Rule::Window {
                allowed,
                period: plain + held.guard.by,
                counted_within,
            };
            self.changes.push_back(Change::Adjust(held.finding.clone()));
        }
    }
}
