//! By how much a limit explains which calls were refused.
//!
//! Under a statistic each call has a count. The number is looked for above which calls were refused and below which
//! they were accepted, and both are held against chance, which refuses all calls alike.

use super::weighted::SEVERAL;
use super::{Hypothesis, MOSTLY, Search};
use crate::series::{Series, Sign};
use crate::statistic::Statistic;
use std::time::Duration;
use tollgate_model::{Rule, nanos, tally};

/// A period below this can't be told from calls that overtake one another.
const BRIEF: Duration = Duration::from_millis(50);
/// The logarithm of how many phases are tried.
const PHASES: f64 = 3.0;
/// The largest part of calls that is refused for no limit's sake, by firewalls and restarts.
const OFTEN: f64 = 0.2;
/// A count above this is as good as this.
const HIGHEST: usize = 1 << 14;

/// From when on calls are signs, in nanoseconds.
#[derive(Clone, Copy, Default)]
pub(super) struct SignStart {
    pub(super) refused: u64,
    pub(super) accepted: u64,
}

impl Search<'_> {
    /// The number that separates best under the statistic. None, and nothing is looked at, once the turn's
    /// work is done: the step is gone through again in the next turn.
    pub(super) fn weigh(
        &mut self,
        series: &Series,
        statistic: Statistic,
        under_way: f64,
    ) -> Option<Hypothesis> {
        let refused = self.missed.map_or(0, |missed| statistic.known_from(missed));
        let since = SignStart {
            refused,
            ..SignStart::default()
        };
        let weighed = self.weigh_since(series, statistic, under_way, since)?;
        (!weighed.is_unseen).then_some(weighed)
    }

    /// The number that separates the calls since then best under the statistic, whose period may be longer than was
    /// looked at.
    pub(super) fn weigh_since(
        &mut self,
        series: &Series,
        statistic: Statistic,
        under_way: f64,
        since: SignStart,
    ) -> Option<Hypothesis> {
        if let Some(weighed) = self.tape.next() {
            return weighed;
        }
        if !self.work.goes_on() {
            return None;
        }
        let weighed = self.weigh_anew(series, statistic, under_way, since);
        self.tape.push(weighed);
        weighed
    }

    fn weigh_anew(
        &mut self,
        series: &Series,
        statistic: Statistic,
        under_way: f64,
        since: SignStart,
    ) -> Option<Hypothesis> {
        let (highest, refused) = self.tally(series, statistic, since)?;
        let accepted = self.totals.accepted;
        let null = by_chance(refused, accepted);
        let (number, mut gain) = self.best_number(highest, (refused, accepted), null)?;
        let mostly = gain >= MOSTLY * -null;
        match statistic {
            Statistic::Greedy(_) if !mostly => return None,
            Statistic::Weighted(..) if !mostly || refused < SEVERAL => return None,
            // One call in each of a clock's windows looks like a bucket of one.
            Statistic::Clock(span) if number == 1 && !self.is_common(span) => return None,
            _ => {}
        }
        if let Statistic::Clock(..) | Statistic::Weighted(..) = statistic {
            // Any of several phases might have separated as well by chance.
            gain -= PHASES;
        }
        let rule = statistic.rule(number);
        let brief = matches!(rule, Rule::Window { period, .. } if period < BRIEF);
        if brief || self.is_known(series.group, rule) {
            return None;
        }
        Some(Hypothesis {
            group: series.group,
            statistic,
            number,
            gain,
            value: gain + self.taste(series, statistic, number, under_way),
            is_unseen: self.is_unseen(series, statistic, rule),
        })
    }

    /// Counts accepted and refused calls by the count that each had. Gives the highest count, and what refusals weigh
    /// together that the limit may be about.
    fn tally(
        &mut self,
        series: &Series,
        statistic: Statistic,
        since: SignStart,
    ) -> Option<(usize, f64)> {
        statistic.counts(series, &mut self.counts);
        let highest = self.counts.iter().copied().max()? as usize;
        let highest = highest.min(HIGHEST);
        self.work.spend(series.items.len() + highest);
        self.refused.clear();
        self.refused.resize(highest + 1, 0.0);
        self.accepted.clear();
        self.accepted.resize(highest + 1, 0.0);
        let mut refused = self.totals.refused;
        for (item, &count) in series.items.iter().zip(&self.counts) {
            let at = (count as usize).min(highest);
            match item.sign {
                // Calls that it may be about are not known.
                Sign::Refused(weight) if item.sent < since.refused => refused -= weight,
                Sign::Accepted if item.sent < since.accepted => {}
                Sign::None => {}
                Sign::Accepted => self.accepted[at] += 1.0,
                Sign::Refused(weight) => self.refused[at] += weight,
            }
        }
        Some((highest, refused))
    }

    /// The number that separates accepted calls from refused ones best, and what that gains over chance.
    fn best_number(
        &self,
        highest: usize,
        (refused, accepted): (f64, f64),
        null: f64,
    ) -> Option<(u32, f64)> {
        let (mut stopped, mut blocked) = (0.0, 0.0);
        let mut best: Option<(u32, f64)> = None;
        for at in (2..=highest).rev() {
            stopped += self.refused[at];
            blocked += self.accepted[at];
            if self.refused[at] == 0.0 {
                continue;
            }
            if blocked > 2.0 * stopped + 2.0 {
                break;
            }
            let gain = likelihood(stopped, blocked)
                + by_chance(refused - stopped, accepted - blocked)
                - null;
            // More of those counted less are refused: that is no limit.
            let other_way = stopped * (accepted - blocked) < (refused - stopped) * blocked;
            if !other_way && stopped >= 0.7 * blocked && best.is_none_or(|(_, most)| gain > most) {
                best = Some((tally(at) - 1, gain));
            }
        }
        best
    }

    /// Whether the rule's period is longer than was looked at from the first call on, and since calls were missed:
    /// nothing says that its slots come back as late as that.
    ///
    /// Nor says anything yet that refused calls count in a short window, or windows by parts, and not in one of a
    /// configured period: refusals follow one another in all of these.
    fn is_unseen(&self, series: &Series, statistic: Statistic, rule: Rule) -> bool {
        let Rule::Window { period, .. } = rule else {
            return false;
        };
        let first = series.items.iter().map(|item| item.sent).min();
        if nanos(period) > series.last_sent() - first.unwrap_or(0) {
            return true;
        }
        let Some(missed) = self.missed else {
            return false;
        };
        let usual = match statistic {
            Statistic::Greedy(_) | Statistic::Weighted(..) => self.configured().max(),
            _ => None,
        };
        let looked = nanos(period).max(usual.unwrap_or(0));
        let from = statistic.known_from(missed).max(missed + looked);
        from > series.last_sent()
    }
}

/// The logarithm of how likely so many refusals are among so many calls, at the likeliest share.
fn likelihood(refused: f64, accepted: f64) -> f64 {
    let all = refused + accepted;
    let part = |some: f64| {
        if some > 0.0 {
            some * (some / all).ln()
        } else {
            0.0
        }
    };
    part(refused) + part(accepted)
}

/// Likelihood, as a logarithm, of this many refused and accepted calls where calls are refused for no limit's sake:
/// that is not likelier than [`OFTEN`].
pub(super) fn by_chance(refused: f64, accepted: f64) -> f64 {
    let all = refused + accepted;
    if refused <= OFTEN * all {
        return likelihood(refused, accepted);
    }
    refused * OFTEN.ln() + accepted * (1.0 - OFTEN).ln()
}
