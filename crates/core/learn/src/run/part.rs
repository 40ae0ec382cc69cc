//! Which of the calls are looked at.

use super::{Run, Stage};
use crate::call::State as Called;
use crate::fit::Totals;
use crate::work::Work;
use std::collections::BTreeSet;
use tollgate_model::{AttemptId, Instant};

/// Some of the calls: a limit may have changed, so all of them are looked at, then the last quarter, and so
/// on; each with all refusals, and then without those that are explained.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub(super) calls: usize,
    /// SignStart when refusals count, and since when calls are known that they may be counted with.
    pub(super) from: Instant,
    pub(super) begin: Instant,
    pub(super) missed: Option<Instant>,
    pub(super) totals: Totals,
    /// What a hypothesis has to gain.
    pub(super) evidence: f64,
    pub(super) without_explained: bool,
}

impl Run {
    /// Looks at so many of the last calls, or at fewer, if there are two batches of refusals among them.
    pub(super) fn turn_to(
        &mut self,
        mut calls: usize,
        mut evidence: f64,
        mut without_explained: bool,
        work: &mut Work,
    ) {
        loop {
            if let Some(part) = self.part(calls, evidence, without_explained, work) {
                self.stage = Stage::Look(part, 0, Vec::new());
                return;
            }
            if !without_explained && !self.explained.is_empty() && !self.mend {
                without_explained = true;
                continue;
            }
            without_explained = false;
            calls /= 4;
            evidence += 1.0;
            if calls < self.of.settings.least {
                return;
            }
        }
    }

    /// The step after all that was to be looked at in the part.
    pub(super) fn turn_from(&mut self, part: &Part, work: &mut Work) {
        if !part.without_explained && !self.explained.is_empty() && !self.mend {
            self.turn_to(part.calls, part.evidence, true, work);
        } else if part.calls / 4 >= self.of.settings.least {
            self.turn_to(part.calls / 4, part.evidence + 1.0, false, work);
        }
    }

    /// The last so many calls; none if there are not two batches of refusals among them.
    fn part(
        &self,
        calls: usize,
        evidence: f64,
        without_explained: bool,
        work: &mut Work,
    ) -> Option<Part> {
        let from = self.of.ring.last(calls);
        let mut totals = Totals::default();
        let mut batches = BTreeSet::new();
        for record in self.of.ring.since(from) {
            match record.state {
                Called::Accepted => totals.accepted += 1.0,
                Called::Refused if !self.is_left_out(without_explained, record.attempt) => {
                    totals.refused += f64::from(record.weight);
                    batches.insert(record.batch);
                }
                _ => {}
            }
        }
        work.spend(4 * calls);
        if batches.len() < 2 {
            return None;
        }
        // Refusals are counted with calls of as long before them as the evidence lasts.
        let mut records = self.of.ring.iter();
        let (first, last) = (records.next()?.call.sent, records.next_back()?.call.sent);
        let begin = from.before(last.since(from));
        let missed = if begin <= first {
            self.of.missed
        } else {
            self.of.missed.max(Some(begin))
        };
        Some(Part {
            calls,
            from,
            begin,
            missed,
            totals,
            evidence,
            without_explained,
        })
    }

    pub(super) fn is_left_out(&self, without_explained: bool, attempt: AttemptId) -> bool {
        without_explained && self.explained.contains(&attempt)
    }
}
