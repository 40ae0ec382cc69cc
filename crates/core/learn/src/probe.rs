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

use crate::finding::{Change, Reason, State, implies};
use crate::learner::{Held, Learner};
use crate::named::is_named;
use crate::series::{Series, Sign};
use crate::settings::Probing;
use crate::statistic::{Statistic, nanos};
use crate::work::Work;
use std::collections::BTreeSet;
use std::time::Duration;
use tollgate_model::{AttemptId, Instant, Rule};

/// Up to this many calls the period is tried shorter, not the number higher: one more were too much.
pub(crate) const FEW: u32 = 4;

/// How far trying more has come.
#[derive(Clone, Debug)]
pub(crate) struct Probe {
    /// Accepted calls of the group.
    pub(crate) accepted: u64,
    /// So many there were when a higher number was last tried, and a shorter period.
    higher_at: u64,
    shorter_at: u64,
    /// So many are waited for.
    interval: u64,
    trying: Option<Try>,
    /// A try that began then was too much; what was accepted in it is not known yet.
    measure: Option<Instant>,
    /// Whether a shorter period is tried, not a higher number.
    shorter: bool,
    /// When it is looked at again.
    pub(crate) check: Instant,
    /// When a call last came near to the limit.
    near: Instant,
}

#[derive(Clone, Copy, Debug)]
struct Try {
    since: Instant,
    /// What holds for certain.
    settled: Rule,
    /// Tries in a row that went well.
    well: u32,
}

impl Probe {
    pub(crate) fn new(settings: &Probing, rule: Rule, now: Instant) -> Self {
        Self {
            accepted: 0,
            higher_at: 0,
            shorter_at: 0,
            interval: if is_named(rule) {
                settings.most
            } else {
                settings.accepted
            },
            trying: None,
            measure: None,
            shorter: false,
            check: now + pause(settings, rule),
            near: now,
        }
    }

    /// The rule that holds for certain, of a finding with that rule in force.
    pub(crate) fn settled(&self, rule: Rule) -> Rule {
        self.trying.map_or(rule, |it| it.settled)
    }

    /// The try is over.
    fn end(&mut self) {
        self.trying = None;
        self.higher_at = self.accepted;
        if self.shorter {
            self.shorter_at = self.accepted;
        }
    }

    fn fail(&mut self, settings: &Probing) {
        self.end();
        self.interval = (self.interval * 2).min(settings.most);
    }
}

/// A try's length, and the time between two looks.
fn pause(settings: &Probing, rule: Rule) -> Duration {
    match rule {
        Rule::Window { period, .. } => (period + period / 16).max(Duration::from_secs(1)),
        Rule::Concurrency { .. } => settings.at_once,
    }
}

/// A little more; half as much again after a try that went well, and then four times as much. Of windows
/// a shorter period is tried, too, since either may be what is wrong.
///
/// In a bucket gathers what was not asked for, so that a little more may go well for a while though it is too much. So no
/// more is added to a bucket's number than tries before have shown, twice as much after each, and its period is shortened
/// by the same part each time.
fn raised(rule: Rule, well: u32, shorter: bool, leaks: bool) -> Rule {
    match rule {
        Rule::Window {
            allowed,
            period,
            counted_within,
        } if shorter || allowed < FEW => {
            let part = if leaks { 8 } else { 8_u32 >> well.min(2) };
            let period = (period - period / part).max(Duration::from_millis(1));
            Rule::Window {
                allowed,
                period,
                counted_within,
            }
        }
        _ if well == 0 => with_number(rule, rule.allowed() + 1),
        _ if leaks => with_number(rule, rule.allowed().saturating_add(1 << well.min(16))),
        _ if well == 1 => with_number(rule, rule.allowed() + rule.allowed() / 2 + 1),
        _ => with_number(rule, rule.allowed().saturating_mul(4)),
    }
}

/// How many periods a try lasts. What is sent a little too often is refused once what was sent too much
/// adds up to a call, or to a window: after a period divided by what it is shorter by.
fn lasts(settled: Rule, tried: Rule, well: u32) -> u32 {
    match (settled, tried) {
        (Rule::Window { period: long, .. }, Rule::Window { period: short, .. }) if short < long => {
            1 + (long.as_nanos() / (long - short).as_nanos().max(1)).min(16) as u32
        }
        _ if well == 0 => 2,
        _ => 1,
    }
}

/// The rule with another number.
fn with_number(rule: Rule, number: u32) -> Rule {
    match rule {
        Rule::Window {
            period,
            counted_within,
            ..
        } => Rule::Window {
            allowed: number,
            period,
            counted_within,
        },
        Rule::Concurrency { .. } => Rule::Concurrency { allowed: number },
    }
}

/// The calls of a finding since then: the count with each, whether it was accepted, how many parts.
fn counts(learner: &Learner, held: &Held, rule: Rule, from: Instant) -> (Series, Vec<u32>) {
    let before = match rule {
        Rule::Window { period, .. } => from.before(period),
        Rule::Concurrency { .. } => from.before(Duration::from_secs(60)),
    };
    let series = Series::of(&learner.ring, held.finding.group, before, from, |_| true);
    let mut counts = Vec::new();
    Statistic::in_force(&held.finding, rule).counts(&series, &mut counts);
    (series, counts)
}

impl Learner {
    /// Begins or ends the try that has been due for longest.
    pub(crate) fn probe(&mut self, now: Instant, work: &mut Work) {
        let due = (0..self.held.len()).min_by_key(|&at| self.held[at].probe.check);
        if let Some(at) = due.filter(|&at| self.held[at].probe.check <= now) {
            self.check(at, now, work);
        }
        self.held.retain(|held| held.probe.check != Instant::NEVER);
    }

    fn check(&mut self, at: usize, now: Instant, work: &mut Work) {
        let held = &self.held[at];
        let rule = held.finding.rule;
        let wait = pause(&self.settings.probing, rule);
        let known = |rule: Rule| {
            self.known
                .iter()
                .any(|known| held.finding.group.is_within(known.group) && implies(known.rule, rule))
        };
        let settled = held.probe.settled(rule);
        if known(settled) {
            return self.give_up(at, Reason::Contradicted);
        }
        let from = held.probe.trying.map_or(now.before(wait), |it| it.since);
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
        let mut next = None;
        let leaks = held.leaks();
        let held = &mut self.held[at];
        if near > 0 {
            held.probe.near = now;
        }
        match held.probe.trying {
            None if near > 0 => {
                let parts = parts.len() as u64;
                let (accepted, interval) = (held.probe.accepted, held.probe.interval * parts);
                // A shorter period may cost as many refusals as calls wait for its end.
                let shorter = accepted - held.probe.shorter_at >= interval * u64::from(number);
                let few = number < FEW && matches!(rule, Rule::Window { .. });
                if shorter || accepted - held.probe.higher_at >= interval {
                    held.probe.shorter = shorter || few;
                    next = Some((0, rule));
                }
            }
            None => {}
            Some(it) if now < it.since + wait * lasts(it.settled, rule, it.well) => {}
            Some(it) if is_more => {
                // What has gathered in a bucket while less was asked for passes once.
                if !leaks || it.well > 0 {
                    self.floor = self.floor.max(it.since);
                }
                next = Some((it.well + 1, rule));
            }
            Some(it) if now >= it.since + wait * (2 + lasts(it.settled, rule, it.well)) => {
                held.probe.end();
                held.finding.rule = it.settled;
                held.finding.state = State::Confirmed;
                self.changes.push_back(Change::Adjust(held.finding.clone()));
            }
            Some(_) => {}
        }
        if let Some((well, settled)) = next {
            held.finding.rule = raised(settled, well, held.probe.shorter, leaks);
            held.finding.state = State::Probing;
            held.probe.trying = Some(Try {
                since: now,
                settled,
                well,
            });
            self.changes.push_back(Change::Adjust(held.finding.clone()));
        }
        held.probe.check = now + pause(&self.settings.probing, held.finding.rule);
        if now.since(held.probe.near) > self.settings.forget_after {
            self.give_up(at, Reason::Silent);
        }
    }

    /// A refusal while more is tried: if what is tried has let the call pass, the try has failed.
    pub(crate) fn refused_while_trying(&mut self, attempt: AttemptId, now: Instant) {
        for at in 0..self.held.len() {
            let held = &self.held[at];
            let Some(it) = held.probe.trying else {
                continue;
            };
            let record = self.ring.get(attempt);
            let sent_in_it = record.is_some_and(|record| {
                record.call.sent >= it.since && held.finding.group.part(&record.call).is_some()
            });
            if !sent_in_it {
                continue;
            }
            let (series, counts) = counts(self, held, it.settled, it.since);
            let mut refused = series.items.iter().zip(&counts);
            let Some((_, &count)) = refused.find(|(item, _)| item.attempt == attempt) else {
                continue;
            };
            let tried = count > it.settled.allowed();
            let held = &mut self.held[at];
            held.finding.rule = it.settled;
            if tried && it.well > 0 {
                held.probe.measure = Some(it.since);
            }
            held.finding.state = State::Confirmed;
            if tried {
                held.probe.fail(&self.settings.probing);
            } else {
                held.probe.end();
            }
            held.probe.check = now + pause(&self.settings.probing, held.finding.rule);
            self.changes.push_back(Change::Adjust(held.finding.clone()));
        }
    }

    /// After a try that was too much: as many as were accepted in it.
    pub(crate) fn measure(&mut self, now: Instant) {
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
                self.changes.push_back(Change::Adjust(held.finding.clone()));
            }
        }
    }

    /// Holds a finding no longer. It is taken off the list at the end of the look.
    fn give_up(&mut self, at: usize, reason: Reason) {
        let held = &mut self.held[at];
        self.changes
            .push_back(Change::Forget(held.finding.id, reason));
        held.probe.check = Instant::NEVER;
    }
}
