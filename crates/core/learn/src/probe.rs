//! How far trying more than was found has come, and what is tried next. Why, and at what cost: [`crate::probing`].

use crate::finding::is_named;
use crate::settings::Probing;
use std::time::Duration;
use tollgate_model::{Instant, Rule};

/// Up to this many calls the period is tried shorter, not the number higher: one more were too much.
pub(crate) const FEW: u32 = 4;

/// How far trying more has come.
#[derive(Clone, Debug)]
pub(crate) struct Probe {
    /// Accepted calls of the group.
    pub(crate) accepted: u64,
    /// Accepted calls of the group when a higher number was last tried, and a shorter period.
    pub(crate) higher_at: u64,
    pub(crate) shorter_at: u64,
    /// Accepted calls between two trials.
    pub(crate) interval: u64,
    pub(crate) trying: Option<Trial>,
    /// A try that began then was too much; what was accepted in it is not known yet.
    pub(crate) measure: Option<Instant>,
    /// Whether a shorter period is tried, not a higher number.
    pub(crate) shorter: bool,
    /// When it is looked at again.
    pub(crate) check: Instant,
    /// When a call last came near to the limit.
    pub(crate) near: Instant,
}

/// More than was found, being tried.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trial {
    pub(crate) since: Instant,
    /// What holds for certain.
    pub(crate) settled: Rule,
    /// Tries in a row that went well.
    pub(crate) well: u32,
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
    pub(crate) fn end(&mut self) {
        self.trying = None;
        self.higher_at = self.accepted;
        if self.shorter {
            self.shorter_at = self.accepted;
        }
    }

    pub(crate) fn fail(&mut self, settings: &Probing) {
        self.end();
        self.interval = (self.interval * 2).min(settings.most);
    }
}

/// A try's length, and the time between two looks.
pub(crate) fn pause(settings: &Probing, rule: Rule) -> Duration {
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
pub(crate) fn raised(rule: Rule, well: u32, shorter: bool, leaks: bool) -> Rule {
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
pub(crate) fn lasts(settled: Rule, tried: Rule, well: u32) -> u32 {
    match (settled, tried) {
        (Rule::Window { period: long, .. }, Rule::Window { period: short, .. }) if short < long => {
            1 + (long.as_nanos() / (long - short).as_nanos().max(1)).min(16) as u32
        }
        _ if well == 0 => 2,
        _ => 1,
    }
}

/// The rule with another number.
pub(crate) fn with_number(rule: Rule, number: u32) -> Rule {
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
