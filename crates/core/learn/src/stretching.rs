//! Calls that overtake one another on their way.
//!
//! The upstream counts a call some milliseconds after its sending, and not always as many. So of two
//! calls that are sent a period apart the later may be counted less than a period after the earlier,
//! and be refused, though the finding is right. Where calls wait for a window, this happens to the first call of every
//! other one. So what is held lasts from the beginning longer than the period that was found, by as much as ways differ.
//! That shows in how long refusals take, for these are answered at once.
//!
//! If calls are refused all the same nobody can tell that from one number too many by
//! looking at calls that all leave the instant a slot is free; so the period is stretched by twice as much, again and
//! again, until such refusals are rare. If a thirty-second part doesn't help it was not that, and the period is what was
//! found.

use crate::call::State;
use crate::finding::{Change, FindingId};
use crate::fit::Hypothesis;
use crate::guard::{NearbyRefusals, least};
use crate::held::HeldFinding;
use crate::observations::Observations;
use crate::probe::FEW;
use crate::series::Series;
use crate::state::Learner;
use crate::statistic::Statistic;
use crate::work::Work;
use std::collections::BTreeSet;
use std::time::Duration;
use tollgate_model::{AttemptId, Instant, Rule};

/// How often a period is stretched.
const STEPS: u32 = 5;
/// A period of a limit of few that was stretched so often is looked at anew.
const LITTLE: u32 = 3;
/// Batches of refusals before it is stretched again.
const BATCHES: usize = 2;
/// The last refused calls whose ways are compared.
const WAYS: usize = 32;
/// Not more than one in so many calls may be refused.
const RARE: u64 = 300;

impl Observations {
    /// By how much a period that is found is stretched at first: as much as ways differ. Few refusals show little of that,
    /// so if ways differ at all, by a thousandth part at least, but no longer than any way takes. A weighted window is
    /// obeyed with some milliseconds to spare.
    pub(crate) fn stretched_by(&self, found: &Hypothesis) -> Duration {
        let period = match found.statistic {
            Statistic::Weighted(..) => None,
            _ => found.window(),
        };
        let ways = self.ways();
        let (Some(period), Some(&shortest), Some(&longest)) = (period, ways.first(), ways.last())
        else {
            return Duration::ZERO;
        };
        if shortest == longest {
            return Duration::ZERO;
        }
        let most = ways[ways.len() * 9 / 10];
        let least = least(Duration::from_nanos(period)) / 2;
        (most - shortest).max(least).min(longest)
    }

    /// How long the last refused calls were on their way there and back, ascending: a refusal is answered at once.
    fn ways(&self) -> Vec<Duration> {
        let records = self.ring.iter().rev();
        let refused = records.filter(|record| record.state == State::Refused);
        let mut took: Vec<_> = refused
            .take(WAYS)
            .map(|record| Duration::from_nanos(record.took))
            .collect();
        took.sort_unstable();
        took
    }

    /// Takes those refusals out of `fresh` that calls on their way may be the cause of, if the finding is
    /// right but for them.
    pub(crate) fn near(
        &self,
        held: &HeldFinding,
        fresh: &mut BTreeSet<AttemptId>,
        work: &mut Work,
    ) -> Option<NearbyRefusals> {
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
        let plain = period.saturating_sub(held.guard.by);
        let longer = Rule::Window {
            allowed,
            period: plain + held.guard.next(plain),
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
        (!batches.is_empty()).then_some(NearbyRefusals {
            finding: held.finding.id,
            rule: held.finding.rule,
            batches,
            refused,
        })
    }

    /// Whether the finding's period may be right but for calls on their way. That is likelier where each call of a
    /// limit of few follows close on another. A bucket is looked at anew at once, for each refusal bounds its rate.
    pub(crate) fn is_little_stretched(&self, id: FindingId) -> bool {
        let mut held = self.held.iter();
        held.any(|held| {
            let few = held.finding.rule.allowed() < FEW;
            let little = match () {
                () if held.leaks() => 0,
                () if few => LITTLE,
                () => 1,
            };
            held.finding.id == id && held.guard.steps < little
        })
    }
}

impl Learner {
    /// Stretches the periods of findings that have too many refusals near to them. What is another by now is not.
    pub(crate) fn stretch(&mut self, near: Vec<NearbyRefusals>) {
        for near in near {
            let is_it = |held: &&mut HeldFinding| {
                held.finding.id == near.finding && held.finding.rule == near.rule
            };
            let Some(held) = self.observed.held.iter_mut().find(is_it) else {
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
            let plain = period.saturating_sub(held.guard.by);
            let next = held.guard.next(plain);
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
