//! What a study finds, beside what binds already.

use crate::explained::{Evidence, Explained, is_longer, windows};
use crate::finding::{Change, Finding, FindingId, KnownLimit, Reason, State, implies};
use crate::fit::{Hypothesis, chosen, explained};
use crate::guard::Guard;
use crate::held::HeldFinding;
use crate::probe::Probe;
use crate::series::Series;
use crate::state::Learner;
use crate::statistic::Statistic;
use crate::work::Work;
use std::collections::BTreeMap;
use tollgate_model::{Instant, Rule, nanos};

impl Learner {
    /// Holds what a study has found, in place of what it makes superfluous. False if it changes nothing.
    pub(crate) fn take(
        &mut self,
        found: &Hypothesis,
        study: &Evidence<'_>,
        now: Instant,
        work: &mut Work,
    ) -> bool {
        let rule = found.rule();
        let series = Series::of(
            &self.observed.ring,
            found.group,
            Instant::ZERO,
            self.observed.floor,
            |_| true,
        );
        work.spend(series.cost() + series.passes(3));
        let all = explained(found.statistic, found.number, &series);
        let all = all.map(|(attempt, _, weight)| (attempt, weight)).collect();
        let superfluous: Vec<FindingId> = self
            .observed
            .held
            .iter()
            .filter(|held| !held.is_named() && is_superfluous(held, study.of_held, found, &all))
            .map(|held| held.finding.id)
            .collect();
        let counts_refused = found.counts_refused();
        let stricter = |held: &HeldFinding| {
            found.group.is_within(held.finding.group)
                && held.finding.counts_refused >= counts_refused
                && implies(held.finding.rule, rule)
                && !superfluous.contains(&held.finding.id)
        };
        if self.observed.held.iter().any(stricter) {
            return false;
        }
        let finding = confirmed(found, &series, study.explains.len(), now);
        let Some((&first, others)) = superfluous.split_first() else {
            if !study.mend && self.observed.held.len() < self.observed.settings.findings {
                let (guard, rule) = Guard::of(rule, self.observed.stretched_by(found));
                self.hold(Finding { rule, ..finding }, found.statistic, guard, now);
                return true;
            }
            return false;
        };
        self.correct(found, finding, (first, others), now);
        true
    }

    /// Puts what was found in the place of the first finding, and gives the others up.
    fn correct(
        &mut self,
        found: &Hypothesis,
        finding: Finding,
        (first, others): (FindingId, &[FindingId]),
        now: Instant,
    ) {
        for &other in others {
            self.observed.held.retain(|held| held.finding.id != other);
            self.changes
                .push_back(Change::Forget(other, Reason::Superseded));
        }
        let probing = self.observed.settings.probing.clone();
        let (next, by) = (self.observed.ring.next(), self.observed.stretched_by(found));
        for held in self
            .observed
            .held
            .iter_mut()
            .filter(|held| held.finding.id == first)
        {
            let since = held.finding.since;
            held.small = match is_longer(found, &held.finding) {
                true => held.small.saturating_add(1),
                false => 0,
            };
            let (statistic, rule) = match held.small {
                0 | 1 => (found.statistic, found.rule()),
                _ if found.leaks() => (found.statistic, found.rule()),
                _ => rounded_up(found, &self.observed.known),
            };
            let is_same = (rule, found.group) == (held.as_found(), held.finding.group);
            let (guard, stretched) = Guard::of(rule, by);
            held.statistic = statistic;
            held.from = next;
            held.finding = Finding {
                id: first,
                since,
                rule: if is_same {
                    held.finding.rule
                } else {
                    stretched
                },
                ..finding.clone()
            };
            if !is_same {
                held.probe = Probe::new(&probing, stretched, now);
                held.guard = guard;
                self.changes.push_back(Change::Adjust(held.finding.clone()));
            }
        }
    }
}

/// What was found, as a finding that has no id yet. So many refused calls are its evidence.
fn confirmed(found: &Hypothesis, series: &Series, refused: usize, now: Instant) -> Finding {
    let mut counts = Vec::new();
    found.statistic.counts(series, &mut counts);
    let accepted = counts.iter().filter(|&&count| count <= found.number);
    Finding {
        id: FindingId(0),
        group: found.group,
        rule: found.rule(),
        counts_refused: found.counts_refused(),
        state: State::Confirmed,
        accepted: accepted.count() as u64,
        refused: refused as u64,
        since: now,
    }
}

/// Whether what was found explains all that the finding does.
fn is_superfluous(
    held: &HeldFinding,
    of_held: &BTreeMap<FindingId, Explained>,
    found: &Hypothesis,
    explains: &Explained,
) -> bool {
    if held.finding.group == found.group
        && (implies(found.rule(), held.finding.rule) || is_uncounted(found, &held.finding))
    {
        return true;
    }
    let (mut all, mut only) = (0.0, 0.0);
    for (attempt, weight) in of_held.get(&held.finding.id).into_iter().flatten() {
        all += weight;
        if !explains.contains_key(attempt) {
            only += weight;
        }
    }
    all > 0.0 && only <= 0.1 * all
}

/// Whether the finding is the hypothesis but for refused calls, which it does not count: its number is lower by those
/// that were refused while it was found.
fn is_uncounted(found: &Hypothesis, finding: &Finding) -> bool {
    let counts = found.counts_refused() && !finding.counts_refused;
    windows(found, finding).is_some_and(|((allowed, period), (number, before))| {
        counts && number <= allowed && period.abs_diff(before) <= period / 8
    })
}

/// The hypothesis over the next longer period that people choose, if one is near.
///
/// Of the periods that explain what was seen the laxest is held first, for the next refusal corrects it. A
/// correction that makes the period a little longer may be one of many, as a call tries the same edge again
/// and again. So the second of these goes on to a period that people choose: if it is somewhat too long,
/// tries shorten it, and what they cost is bounded.
fn rounded_up(found: &Hypothesis, known: &[KnownLimit]) -> (Statistic, Rule) {
    let as_found = (found.statistic, found.rule());
    let Rule::Window {
        allowed, period, ..
    } = found.rule()
    else {
        return as_found;
    };
    let near = nanos(period)..=nanos(period + period / 4);
    let near = chosen(known).filter(|span| near.contains(span)).min();
    let statistic = match (found.statistic, near) {
        (_, None) | (Statistic::Greedy(_) | Statistic::Weighted(..), _) => return as_found,
        (Statistic::Bucket(_), Some(near)) => Statistic::Bucket(near / u64::from(allowed.max(1))),
        (other, Some(near)) => other.with(near),
    };
    (statistic, statistic.rule(allowed))
}
