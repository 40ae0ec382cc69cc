//! More than was found is tried.
//!
//! A finding may be too strict, and limits are raised. So now and then one call more is let pass, but
//! only while calls wait for the finding, and for as long as an upstream needs to refuse it: two periods,
//! or so many as a shortened period needs to add up to a whole one. What goes well is kept, and half as
//! much again is tried, then four times as much; what is refused is taken back at once, and so many calls
//! hold as were accepted.
//!
//! **What it costs.** One call for each part (a token, say) is too much in a try that fails, and as many
//! calls wait for a period's end as a shorter period may cost. So a try of a higher number comes after
//! [`Probing::accepted`] accepted calls for each part, of a shorter period after as many times the
//! number, and each that fails doubles that, up to [`Probing::most`]: of *n* accepted calls no more than
//! n ∕ 300 are tried in vain at first, and n ∕ 8000 in the end, besides those that were on their way. A
//! limit that was raised costs more once: the last try may be refused as many calls as it let pass.

mod surplus;

use crate::finding::{Change, Finding, Reason, State, implies};
use crate::held::HeldFinding;
use crate::observations::Observations;
use crate::probe::{FEW, Trial, lasts, pause, raised, with_number};
use crate::series::{Series, Sign};
use crate::state::Learner;
use crate::statistic::Statistic;
use crate::work::Work;
use std::collections::BTreeSet;
use std::time::Duration;
use tollgate_model::{AttemptId, Instant, Rule, nanos};

/// What the calls of a finding show.
struct TrialLook {
    /// Calls that came near to the number.
    near: usize,
    /// Parts (tokens, say) that calls were of.
    parts: u64,
    /// Whether more was accepted than the finding allows.
    is_more: bool,
}

/// The calls of a finding since then: the count with each, whether it was accepted, how many parts.
fn counts(
    observed: &Observations,
    held: &HeldFinding,
    rule: Rule,
    from: Instant,
) -> (Series, Vec<u32>) {
    let before = match rule {
        Rule::Window { period, .. } => from.before(period),
        Rule::Concurrency { .. } => from.before(Duration::from_secs(60)),
    };
    let series = Series::of(&observed.ring, held.finding.group, before, from, |_| true);
    let mut counts = Vec::new();
    Statistic::in_force(&held.finding, rule).counts(&series, &mut counts);
    (series, counts)
}

impl Observations {
    /// What calls since then show of a finding for which this rule holds for certain.
    fn look_at_trial(
        &self,
        held: &HeldFinding,
        settled: Rule,
        from: Instant,
        work: &mut Work,
    ) -> TrialLook {
        let (series, counts) = counts(self, held, settled, from);
        work.spend(series.cost() + series.passes(4));
        let number = settled.allowed();
        let late = |sent: u64| sent >= from.as_nanos();
        let near = series.items.iter().zip(&counts);
        let near = near
            .filter(|(item, count)| late(item.sent) && **count >= number)
            .count();
        let parts: BTreeSet<_> = series.items.iter().map(|item| item.token).collect();
        let is_more = match settled {
            Rule::Window { period, .. } => surplus::is_refuted(&series, number, nanos(period)),
            Rule::Concurrency { .. } => {
                let accepted = series.items.iter().zip(&counts);
                let mut accepted = accepted.filter(|(item, _)| item.sign == Sign::Accepted);
                accepted.any(|(_, count)| *count > number)
            }
        };
        TrialLook {
            near,
            parts: parts.len() as u64,
            is_more,
        }
    }

    /// After a try that was too much, as many calls hold as were accepted in it. Gives the findings that change.
    pub(crate) fn measure(&mut self, now: Instant) -> Vec<Finding> {
        let mut changed = Vec::new();
        for at in 0..self.held.len() {
            let Some(from) = self.held[at].probe.measure.take() else {
                continue;
            };
            let held = &self.held[at];
            let rule = held.finding.rule;
            let (series, counts) = counts(self, held, rule, from);
            let accepted = series.items.iter().zip(&counts);
            let accepted = accepted.filter(|(item, _)| item.sign == Sign::Accepted);
            let most = accepted.map(|(_, &count)| count).max().unwrap_or(0);
            let most = match rule {
                Rule::Window { period, .. } => {
                    surplus::most(&series, rule.allowed(), nanos(period), most)
                }
                Rule::Concurrency { .. } => most,
            };
            let held = &mut self.held[at];
            if most > rule.allowed() {
                held.finding.rule = with_number(rule, most);
                held.probe.check = now + pause(&self.settings.probing, rule);
                changed.push(held.finding.clone());
            }
        }
        changed
    }
}

impl Learner {
    /// Begins or ends the try that has been due for longest.
    pub(crate) fn probe(&mut self, now: Instant, work: &mut Work) {
        let due =
            (0..self.observed.held.len()).min_by_key(|&at| self.observed.held[at].probe.check);
        if let Some(at) = due.filter(|&at| self.observed.held[at].probe.check <= now) {
            self.check(at, now, work);
        }
        self.observed
            .held
            .retain(|held| held.probe.check != Instant::NEVER);
    }

    fn check(&mut self, at: usize, now: Instant, work: &mut Work) {
        let held = &self.observed.held[at];
        let rule = held.finding.rule;
        let wait = pause(&self.observed.settings.probing, rule);
        let known = |rule: Rule| {
            self.observed
                .known
                .iter()
                .any(|known| held.finding.group.is_within(known.group) && implies(known.rule, rule))
        };
        let settled = held.probe.settled(rule);
        if known(settled) {
            return self.give_up(at, Reason::Contradicted);
        }
        let from = held.probe.trying.map_or(now.before(wait), |it| it.since);
        let look = self.observed.look_at_trial(held, settled, from, work);
        let next = self.next_trial(at, &look, wait, now);
        let held = &mut self.observed.held[at];
        if look.near > 0 {
            held.probe.near = now;
        }
        if let Some((well, settled)) = next {
            held.finding.rule = raised(settled, well, held.probe.shorter, held.leaks());
            held.finding.state = State::Probing;
            held.probe.trying = Some(Trial {
                since: now,
                settled,
                well,
            });
            self.changes.push_back(Change::Adjust(held.finding.clone()));
        }
        held.probe.check = now + pause(&self.observed.settings.probing, held.finding.rule);
        if now.since(held.probe.near) > self.observed.settings.forget_after {
            self.give_up(at, Reason::Silent);
        }
    }

    /// What is to be tried now, if anything: how many tries in a row went well, and the rule that holds for certain.
    /// A try that is over without more having been accepted ends.
    fn next_trial(
        &mut self,
        at: usize,
        look: &TrialLook,
        wait: Duration,
        now: Instant,
    ) -> Option<(u32, Rule)> {
        let held = &mut self.observed.held[at];
        let (rule, leaks) = (held.finding.rule, held.leaks());
        let number = held.probe.settled(rule).allowed();
        match held.probe.trying {
            None if look.near > 0 => {
                let (accepted, interval) = (held.probe.accepted, held.probe.interval * look.parts);
                // A shorter period may cost as many refusals as calls wait for its end.
                let shorter = accepted - held.probe.shorter_at >= interval * u64::from(number);
                let few = number < FEW && matches!(rule, Rule::Window { .. });
                if shorter || accepted - held.probe.higher_at >= interval {
                    held.probe.shorter = shorter || few;
                    return Some((0, rule));
                }
            }
            None => {}
            Some(it) if now < it.since + wait * lasts(it.settled, rule, it.well) => {}
            Some(it) if look.is_more => {
                // What has gathered in a bucket while less was asked for passes once.
                if !leaks || it.well > 0 {
                    self.observed.floor = self.observed.floor.max(it.since);
                }
                return Some((it.well + 1, rule));
            }
            Some(it) if now >= it.since + wait * (2 + lasts(it.settled, rule, it.well)) => {
                held.probe.end();
                held.finding.rule = it.settled;
                held.finding.state = State::Confirmed;
                self.changes.push_back(Change::Adjust(held.finding.clone()));
            }
            Some(_) => {}
        }
        None
    }

    /// A refusal while more is tried: if what is tried has let the call pass, the try has failed.
    pub(crate) fn refused_while_trying(&mut self, attempt: AttemptId, now: Instant) {
        for at in 0..self.observed.held.len() {
            let held = &self.observed.held[at];
            let Some(it) = held.probe.trying else {
                continue;
            };
            let record = self.observed.ring.get(attempt);
            let sent_in_it = record.is_some_and(|record| {
                record.call.sent >= it.since && held.finding.group.part(&record.call).is_some()
            });
            if !sent_in_it {
                continue;
            }
            let (series, counts) = counts(&self.observed, held, it.settled, it.since);
            let mut refused = series.items.iter().zip(&counts);
            let Some((_, &count)) = refused.find(|(item, _)| item.attempt == attempt) else {
                continue;
            };
            let tried = count > it.settled.allowed();
            let held = &mut self.observed.held[at];
            held.finding.rule = it.settled;
            if tried && it.well > 0 {
                held.probe.measure = Some(it.since);
            }
            held.finding.state = State::Confirmed;
            if tried {
                held.probe.fail(&self.observed.settings.probing);
            } else {
                held.probe.end();
            }
            held.probe.check = now + pause(&self.observed.settings.probing, held.finding.rule);
            self.changes.push_back(Change::Adjust(held.finding.clone()));
        }
    }

    /// Holds a finding no longer. It is taken off the list at the end of the look.
    fn give_up(&mut self, at: usize, reason: Reason) {
        let held = &mut self.observed.held[at];
        self.changes
            .push_back(Change::Forget(held.finding.id, reason));
        held.probe.check = Instant::NEVER;
    }
}
