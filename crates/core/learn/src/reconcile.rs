//! What a study finds, beside what binds already.

use crate::finding::{Change, Finding, FindingId, Known, Reason, State, implies};
use crate::fit::{Hypothesis, chosen, explained};
use crate::guard::Guard;
use crate::learner::{Held, Learner};
use crate::probe::Probe;
use crate::series::Series;
use crate::statistic::{Statistic, nanos};
use crate::work::Work;
use std::collections::BTreeMap;
use std::time::Duration;
use tollgate_model::{AttemptId, Instant, Rule};

/// Refused calls that a limit explains, and what each counts for.
pub(crate) type Explained = BTreeMap<AttemptId, f64>;

/// What a study holds a hypothesis against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Evidence<'a> {
    /// What the hypothesis explains.
    pub(crate) explains: &'a Explained,
    /// What each finding explains.
    pub(crate) of_held: &'a BTreeMap<FindingId, Explained>,
    /// Whether it may only mend what binds already.
    pub(crate) mend: bool,
}

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
        let series = Series::of(&self.ring, found.group, Instant::ZERO, self.floor, |_| true);
        work.spend(series.cost() + series.passes(3));
        let all = explained(found.statistic, found.number, &series);
        let all = all.map(|(attempt, _, weight)| (attempt, weight)).collect();
        let superfluous: Vec<FindingId> = self
            .held
            .iter()
            .filter(|held| !held.is_named() && is_superfluous(held, study.of_held, found, &all))
            .map(|held| held.finding.id)
            .collect();
        let counts_refused = found.counts_refused();
        let stricter = |held: &Held| {
            found.group.is_within(held.finding.group)
                && held.finding.counts_refused >= counts_refused
                && implies(held.finding.rule, rule)
                && !superfluous.contains(&held.finding.id)
        };
        if self.held.iter().any(stricter) {
            return false;
        }
        let mut counts = Vec::new();
        found.statistic.counts(&series, &mut counts);
        let finding = Finding {
            id: FindingId(0),
            group: found.group,
            rule,
            counts_refused,
            state: State::Confirmed,
            accepted: counts
                .iter()
                .filter(|&&count| count <= found.number)
                .count() as u64,
            refused: study.explains.len() as u64,
            since: now,
        };
        let Some((&first, others)) = superfluous.split_first() else {
            if !study.mend && self.held.len() < self.settings.findings {
                let (guard, rule) = Guard::of(rule, self.stretched_by(found));
                self.hold(Finding { rule, ..finding }, found.statistic, guard, now);
                return true;
            }
            return false;
        };
        for &other in others {
            self.held.retain(|held| held.finding.id != other);
            self.changes
                .push_back(Change::Forget(other, Reason::Superseded));
        }
        let probing = self.settings.probing.clone();
        let (next, by) = (self.ring.next(), self.stretched_by(found));
        for held in self.held.iter_mut().filter(|held| held.finding.id == first) {
            let since = held.finding.since;
            held.small = match is_longer(found, &held.finding) {
                true => held.small.saturating_add(1),
                false => 0,
            };
            let (statistic, rule) = match held.small {
                0 | 1 => (found.statistic, found.rule()),
                _ if found.leaks() => (found.statistic, found.rule()),
                _ => rounded_up(found, &self.known),
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
        true
    }

    /// The refusals that a finding explains.
    pub(crate) fn explained_by(&self, held: &Held, work: &mut Work) -> Explained {
        let group = held.finding.group;
        let series = Series::of(&self.ring, group, Instant::ZERO, self.floor, |_| true);
        work.spend(series.cost() + series.passes(4));
        let rule = held.probe.settled(held.finding.rule);
        let found = explained(held.statistic, held.statistic.number(rule), &series);
        // What was sent while it was in force it has let pass, whatever the upstream counts.
        let found = found.filter(|&(attempt, ..)| attempt < held.from);
        let mut all: Explained = found
            .map(|(attempt, _, weight)| (attempt, weight))
            .collect();
        let in_force = Statistic::in_force(&held.finding, rule);
        let series = series.in_order();
        let found = explained(in_force, rule.allowed(), &series);
        all.extend(found.map(|(attempt, _, weight)| (attempt, weight)));
        all.extend(self.named_by(held).map(|attempt| (attempt, 1.0)));
        all
    }
}

/// Whether what was found explains all that the finding does.
fn is_superfluous(
    held: &Held,
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
fn rounded_up(found: &Hypothesis, known: &[Known]) -> (Statistic, Rule) {
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

/// Whether the hypothesis is the finding over a period that is a little longer.
pub(crate) fn is_longer(found: &Hypothesis, finding: &Finding) -> bool {
    windows(found, finding).is_some_and(|((allowed, period), (number, before))| {
        let longer = period > before && period < before + before / 8;
        found.group == finding.group && allowed == number && longer
    })
}

/// The numbers and periods of the hypothesis and of the finding, if both are windows.
fn windows(found: &Hypothesis, finding: &Finding) -> Option<((u32, Duration), (u32, Duration))> {
    let window = |rule| match rule {
        Rule::Window {
            allowed, period, ..
        } => Some((allowed, period)),
        Rule::Concurrency { .. } => None,
    };
    window(found.rule()).zip(window(finding.rule))
}
