//! A study: which limit explains the refusals that nothing explains yet.

use crate::call::State as Called;
use crate::finding::Group;
use crate::fit::{Hypothesis, Search, Totals, explained, is_bounded};
use crate::learner::Learner;
use crate::reconcile::is_longer;
use crate::series::Series;
use crate::statistic::nanos;
use std::collections::{BTreeMap, BTreeSet};
use tollgate_model::{AttemptId, EndpointId, Instant, Rule};

/// Endpoints looked at by themselves in one study.
const ENDPOINTS: usize = 4;
/// Clients looked at by themselves in one study.
const CLIENTS: usize = 2;

/// By so much less evidence a limit with a configured period needs, as a logarithm: they are few.
const USUAL: f64 = 3.0;

impl Learner {
    /// Looks for a limit that explains the refusals that nothing explains yet.
    pub(crate) fn look(&mut self, now: Instant) {
        let explained: BTreeSet<AttemptId> = self
            .held
            .iter()
            .flat_map(|held| self.explained_by(held).into_keys())
            .collect();
        let seen = self.study.seen;
        let fresh: BTreeSet<AttemptId> = self
            .ring
            .iter()
            .filter(|record| record.state == Called::Refused && Some(record.attempt) > seen)
            .map(|record| record.attempt)
            .filter(|attempt| !explained.contains(attempt))
            .collect();
        // Where studies find nothing, as after refusals by chance, the next waits for more refusals.
        let barren = if self.held.is_empty() { 8 } else { 64 };
        if fresh.len() <= (self.study.barren / barren).min(32) as usize {
            return;
        }
        self.study.seen = self
            .ring
            .iter()
            .next_back()
            .map(|record| record.attempt)
            .max(seen);
        self.measure(now);
        if fresh.is_empty() {
            return;
        }
        let mut others = fresh.clone();
        let near = self.near(&mut others);
        // What is near to a finding may mend it, but is no evidence for another limit.
        let mend = others.is_empty();
        let fine = near
            .iter()
            .all(|near| self.is_little_stretched(near.finding));
        if mend && fine {
            self.stretch(near);
        } else if self.study(&fresh, &explained, mend, now) {
            self.study.barren = 0;
        } else {
            self.study.barren += 1;
            self.stretch(near);
        }
    }

    /// Whether something was found that explains what is fresh.
    fn study(
        &mut self,
        fresh: &BTreeSet<AttemptId>,
        explained: &BTreeSet<AttemptId>,
        mend: bool,
        now: Instant,
    ) -> bool {
        let none = BTreeSet::new();
        // All calls, then the last quarter of them, and so on: a limit may have changed.
        let mut calls = self.ring.since(self.floor).count();
        let mut evidence = self.settings.evidence;
        loop {
            let from = self.ring.last(calls);
            let ways = [&none, explained].into_iter();
            for without in ways.take(1 + usize::from(!explained.is_empty() && !mend)) {
                if let Some((found, explains)) = self.search(from, without, fresh, evidence)
                    && self.take(&found, &explains, from, mend, now)
                {
                    return true;
                }
            }
            calls /= 4;
            evidence += 1.0;
            if calls < self.settings.least {
                return false;
            }
        }
    }

    /// The best hypothesis, if it is sure enough and explains what is fresh, and all that it explains.
    fn search(
        &self,
        from: Instant,
        without: &BTreeSet<AttemptId>,
        fresh: &BTreeSet<AttemptId>,
        evidence: f64,
    ) -> Option<(Hypothesis, BTreeMap<AttemptId, f64>)> {
        let mut totals = Totals::default();
        let mut batches = BTreeSet::new();
        for record in self.ring.since(from) {
            match record.state {
                Called::Accepted => totals.accepted += 1.0,
                Called::Refused if !without.contains(&record.attempt) => {
                    totals.refused += f64::from(record.weight);
                    batches.insert(record.batch);
                }
                _ => {}
            }
        }
        if batches.len() < 2 {
            return None;
        }
        let series = |group| {
            Series::of(&self.ring, group, Instant::ZERO, from, |record| {
                !without.contains(&record.attempt)
            })
        };
        let mut search = Search::new(&self.known, totals, self.missed);
        for group in self.groups(fresh) {
            search.look(&series(group));
        }
        for found in search.best() {
            if found.gain < evidence - USUAL {
                return None;
            }
            let gain = found.gain;
            let series = series(found.group);
            // A finding that has been lengthened by a little before is not near to what it should be.
            let mended = self
                .held
                .iter()
                .any(|held| is_longer(&found, &held.finding));
            let found = search.middle(&series, found, mended);
            let found = search.usual(&series, found);
            let few = match found.rule() {
                Rule::Window { period, .. } => search.is_configured(nanos(period)),
                Rule::Concurrency { .. } => false,
            };
            if gain < evidence - if few { USUAL } else { 0.0 } {
                continue;
            }
            if let Some(sure) = self.is_sure(found, &series, fresh) {
                return Some(sure);
            }
        }
        None
    }

    /// The hypothesis and all that it explains, if that is enough.
    fn is_sure(
        &self,
        found: Hypothesis,
        series: &Series,
        fresh: &BTreeSet<AttemptId>,
    ) -> Option<(Hypothesis, BTreeMap<AttemptId, f64>)> {
        if !is_bounded(&found, series) {
            return None;
        }
        let mut explains = BTreeMap::new();
        let mut batches = BTreeSet::new();
        for (attempt, batch, weight) in explained(found.statistic, found.number, series) {
            explains.insert(attempt, weight);
            batches.insert(batch);
        }
        let of_fresh = fresh
            .iter()
            .filter(|attempt| explains.contains_key(attempt));
        let sure = batches.len() >= 2 && 2 * of_fresh.count() >= fresh.len();
        sure.then_some((found, explains))
    }

    /// The groups that the refused calls belong to, narrow to wide.
    fn groups(&self, fresh: &BTreeSet<AttemptId>) -> Vec<Group> {
        let mut clients = BTreeSet::new();
        let mut endpoints = BTreeSet::new();
        for record in self.ring.iter() {
            clients.extend(record.call.client);
            endpoints.insert(record.call.endpoint);
        }
        let refused = || {
            self.ring
                .iter()
                .rev()
                .filter(|record| fresh.contains(&record.attempt))
        };
        let mut groups = BTreeSet::new();
        for record in refused() {
            if record.call.token.is_some() {
                groups.insert(Group::Token);
            }
            if endpoints.len() > 1
                && record.call.endpoint != EndpointId::UNKNOWN
                && groups
                    .iter()
                    .filter(|group| matches!(group, Group::Endpoint(_)))
                    .count()
                    < ENDPOINTS
            {
                groups.insert(Group::Endpoint(record.call.endpoint));
            }
            if let Some(client) = record.call.client
                && clients.len() > 1
                && groups
                    .iter()
                    .filter(|group| matches!(group, Group::Client(_)))
                    .count()
                    < CLIENTS
            {
                groups.insert(Group::Client(client));
                groups.insert(Group::ClientTokens(client));
            }
        }
        groups.insert(match endpoints.first() {
            Some(&only) if endpoints.len() == 1 && only != EndpointId::UNKNOWN => {
                Group::Endpoint(only)
            }
            _ => Group::Upstream,
        });
        groups.into_iter().collect()
    }
}
