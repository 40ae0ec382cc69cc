//! The learner of one upstream.

use crate::call::{Call, Outcome, State as Called};
use crate::finding::Change;
use crate::finding::{Finding, FindingId, KnownLimit, Slot, is_named};
use crate::guard::Guard;
use crate::settings::Settings;
use crate::state::{Batch, Learner};
use crate::statistic::Statistic;
use crate::work::Work;
use std::time::Duration;
use tollgate_model::{AttemptId, Instant, Rule, tally};

impl Learner {
    /// Replaces what is configured. If that is another a study that is under way begins anew.
    pub fn configure(&mut self, known: Vec<KnownLimit>) {
        if self.observed.known == known {
            return;
        }
        self.observed.known = known;
        if let Some(run) = self.study.run.take() {
            self.observed.seen = run.seen_before();
            self.study.due = Some(run.due);
        }
    }

    /// Calls that ended by now were not told.
    pub fn missed(&mut self, now: Instant) {
        self.observed.missed = Some(now);
    }

    /// A call is sent. Attempts ascend; one that doesn't is not looked at.
    pub fn sent(&mut self, attempt: AttemptId, call: Call) {
        let Settings { calls, history, .. } = self.observed.settings;
        self.observed.ring.push(attempt, call, calls, history);
    }

    /// What the upstream made of a call is known.
    pub fn answered(&mut self, attempt: AttemptId, now: Instant, outcome: Outcome) {
        let Some(record) = self.observed.ring.get_mut(attempt) else {
            return;
        };
        if record.state != Called::Pending {
            return;
        }
        let call = record.call;
        record.took = now.as_nanos().saturating_sub(call.sent.as_nanos());
        record.state = match outcome {
            Outcome::Accepted => Called::Accepted,
            Outcome::Refused { .. } => Called::Refused,
            Outcome::Unknown => Called::Unknown,
        };
        match outcome {
            Outcome::Accepted => self.accepted(&call),
            Outcome::Refused { .. } => self.refused(attempt, now),
            Outcome::Unknown => {}
        }
        if self.study.due.is_some() && call.sent <= self.study.upto && self.study.waiting > 0 {
            self.study.waiting -= 1;
            if self.study.waiting == 0 {
                self.study.due = Some(now.max(self.study.last + self.pause()));
            }
        }
    }

    /// A call's response is over, or nothing is expected of it any longer.
    pub fn ended(&mut self, attempt: AttemptId, now: Instant) {
        self.answered(attempt, now, Outcome::Unknown);
        if let Some(record) = self.observed.ring.get_mut(attempt) {
            record.ended = record.ended.min(now);
        }
    }

    /// Does what is due, or a part of it: about [`Settings::turn`] calls are looked at. For how long nothing
    /// should be looked at then, by this learner or another one on the same thread.
    pub fn handle_timeout(&mut self, now: Instant) -> Duration {
        let mut work = Work::new(self.observed.settings.turn);
        self.probe(now, &mut work);
        self.go_on(now, &mut work);
        self.looked += work.spent();
        self.observed.settings.rest_after(work.spent())
    }

    /// When [`Self::handle_timeout`] is to be called; before now if it had more to do than one turn allows.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let probes = self.observed.held.iter().map(|held| held.probe.check);
        let study = match &self.study.run {
            Some(run) => Some(run.due),
            None => self.study.due,
        };
        probes.chain(study).min()
    }

    /// Calls that were looked at since the beginning, each as often as it was.
    #[must_use]
    pub fn looked(&self) -> u64 {
        self.looked
    }

    /// What is to be done, in order.
    pub fn poll_change(&mut self) -> Option<Change> {
        self.changes.pop_front()
    }

    /// What binds.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.observed.held.iter().map(|held| &held.finding)
    }

    /// What another process needs, to go on where this one ends.
    #[must_use]
    pub fn export(&self) -> Vec<Finding> {
        let settled = self.observed.held.iter().map(|held| Finding {
            rule: held.probe.settled(held.finding.rule),
            ..held.finding.clone()
        });
        settled.collect()
    }

    /// Takes over what was exported. Each is held again, under another number.
    pub fn import(&mut self, findings: Vec<Finding>, now: Instant) {
        for finding in findings {
            let statistic = Statistic::in_force(&finding, finding.rule);
            self.hold(finding, statistic, Guard::default(), now);
        }
    }

    /// Gives a finding up because somebody says so.
    pub fn forget(&mut self, id: FindingId) {
        self.observed.held.retain(|held| held.finding.id != id);
    }

    /// The calls of late that take slots of the finding. Whoever begins to hold it, or holds it with
    /// another rule, begins with these.
    pub fn slots(&self, id: FindingId, now: Instant) -> impl Iterator<Item = Slot> {
        let finding = self.observed.held.iter().map(|held| &held.finding);
        let finding = finding.filter(move |finding| finding.id == id);
        finding.flat_map(move |finding| {
            let period = match finding.rule {
                Rule::Window { period, .. } => Some(period),
                Rule::Concurrency { .. } => None,
            };
            let from = period.map_or(Instant::ZERO, |period| now.before(period));
            self.observed.ring.since(from).filter_map(move |record| {
                let token = finding.group.part(&record.call)?;
                let takes = match finding.rule {
                    rule if is_named(rule) => {
                        matches!(record.state, Called::Accepted | Called::Unknown)
                    }
                    Rule::Window { .. } => {
                        finding.counts_refused || record.state != Called::Refused
                    }
                    Rule::Concurrency { .. } => {
                        record.ended == Instant::NEVER && record.state != Called::Refused
                    }
                };
                let counted_by = match is_named(finding.rule) {
                    true => record.answered(),
                    false => record.call.sent,
                };
                takes.then(|| Slot {
                    token,
                    sent: record.call.sent,
                    until: period.map(|period| counted_by + period),
                    cost: record.call.cost,
                })
            })
        })
    }

    fn accepted(&mut self, call: &Call) {
        for held in &mut self.observed.held {
            if held.finding.group.part(call).is_some() {
                held.finding.accepted += 1;
                held.probe.accepted += 1;
            }
        }
    }

    fn refused(&mut self, attempt: AttemptId, now: Instant) {
        let Some(record) = self.observed.ring.get_mut(attempt) else {
            return;
        };
        let sent = record.call.sent;
        if self.batch.number == 0 || sent >= self.batch.known {
            self.batch = Batch {
                number: self.batch.number + 1,
                size: 0,
                known: now,
            };
        }
        record.batch = self.batch.number;
        record.weight = 1.0 / (1.0 + self.batch.size as f32 / 3.0);
        self.batch.size += 1;
        self.refused_while_trying(attempt, now);
        if self.study.due.is_none() {
            let recent = self
                .observed
                .ring
                .since(now.before(self.observed.settings.settle));
            let waiting = recent.filter(|record| record.state == Called::Pending);
            self.study.waiting = tally(waiting.count());
            self.study.upto = now;
            let settle = match self.study.waiting {
                0 => Duration::ZERO,
                _ => self.observed.settings.settle,
            };
            self.study.due = Some((now + settle).max(self.study.last + self.pause()));
        }
    }
}
