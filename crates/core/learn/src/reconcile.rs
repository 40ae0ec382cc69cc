//! What a study finds, beside what binds already.

use crate::call::State as Called;
use crate::finding::{Change, Finding, FindingId, Group, Reason, State, implies};
use crate::fit::{Hypothesis, Search, Totals, explained, is_bounded};
use crate::guard::Guard;
use crate::learner::{Held, Learner};
use crate::probe::Probe;
use crate::series::Series;
use crate::statistic::Statistic;
use std::collections::{BTreeMap, BTreeSet};
use tollgate_model::{AttemptId, EndpointId, Instant, Rule};

/// Endpoints looked at by themselves in one study.
const ENDPOINTS: usize = 4;
/// Clients looked at by themselves in one study.
const CLIENTS: usize = 2;

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
        if fresh.len() <= (self.study.barren / 8).min(32) as usize {
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
        // All calls, then half of them, and so on: a limit may have changed.
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
            calls /= 2;
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
            if found.gain < evidence {
                return None;
            }
            let series = series(found.group);
            // A finding that has been lengthened by a little before is not near to what it should be.
            let mended = self
                .held
                .iter()
                .any(|held| is_longer(&found, &held.finding));
            let found = search.middle(&series, found, mended);
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

    /// Holds what was found, in place of what it makes superfluous. False if it changes nothing.
    fn take(
        &mut self,
        found: &Hypothesis,
        explains: &BTreeMap<AttemptId, f64>,
        from: Instant,
        mend: bool,
        now: Instant,
    ) -> bool {
        let rule = found.rule();
        let series = Series::of(&self.ring, found.group, Instant::ZERO, self.floor, |_| true);
        let all = explained(found.statistic, found.number, &series);
        let all = all.map(|(attempt, _, weight)| (attempt, weight)).collect();
        let superfluous: Vec<FindingId> = self
            .held
            .iter()
            .filter(|held| self.is_superfluous(held, found, &all))
            .map(|held| held.finding.id)
            .collect();
        let stricter = |held: &Held| {
            found.group.is_within(held.finding.group)
                && implies(held.finding.rule, rule)
                && !superfluous.contains(&held.finding.id)
        };
        if self.held.iter().any(stricter) {
            return false;
        }
        let series = Series::of(&self.ring, found.group, Instant::ZERO, from, |_| true);
        let mut counts = Vec::new();
        found.statistic.counts(&series, &mut counts);
        let finding = Finding {
            id: FindingId(0),
            group: found.group,
            rule,
            counts_refused: matches!(found.statistic, Statistic::Greedy(_)),
            state: State::Confirmed,
            accepted: counts
                .iter()
                .filter(|&&count| count <= found.number)
                .count() as u64,
            refused: explains.len() as u64,
            since: now,
        };
        let Some((&first, others)) = superfluous.split_first() else {
            if !mend && self.held.len() < self.settings.findings {
                self.hold(finding, found.statistic, now);
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
        let next = self.ring.next();
        for held in self.held.iter_mut().filter(|held| held.finding.id == first) {
            let changed = (held.finding.rule, held.finding.group) != (finding.rule, finding.group);
            let since = held.finding.since;
            held.statistic = found.statistic;
            held.from = next;
            held.finding = Finding {
                id: first,
                since,
                ..finding.clone()
            };
            if changed {
                held.probe = Probe::new(&probing, rule, now);
                held.guard = Guard::default();
                self.changes.push_back(Change::Adjust(held.finding.clone()));
            }
        }
        true
    }

    /// Whether what was found explains all that the finding does.
    fn is_superfluous(
        &self,
        held: &Held,
        found: &Hypothesis,
        explains: &BTreeMap<AttemptId, f64>,
    ) -> bool {
        if held.finding.group == found.group && implies(found.rule(), held.finding.rule) {
            return true;
        }
        let of_held = self.explained_by(held);
        let (mut all, mut only) = (0.0, 0.0);
        for (attempt, weight) in of_held {
            all += weight;
            if !explains.contains_key(&attempt) {
                only += weight;
            }
        }
        all > 0.0 && only <= 0.1 * all
    }

    /// The refusals that a finding explains.
    fn explained_by(&self, held: &Held) -> BTreeMap<AttemptId, f64> {
        let group = held.finding.group;
        let series = Series::of(&self.ring, group, Instant::ZERO, self.floor, |_| true);
        let rule = held.probe.settled(held.finding.rule);
        let found = explained(held.statistic, rule.allowed(), &series);
        // What was sent while it was in force it has let pass, whatever the upstream counts.
        let found = found.filter(|&(attempt, ..)| attempt < held.from);
        let series = series.clone().in_order();
        let in_force = explained(
            Statistic::in_force(&held.finding, rule),
            rule.allowed(),
            &series,
        );
        found
            .chain(in_force)
            .map(|(attempt, _, weight)| (attempt, weight))
            .collect()
    }
}

/// Whether the hypothesis is the finding over a period that is a little longer.
fn is_longer(found: &Hypothesis, finding: &Finding) -> bool {
    match (found.rule(), finding.rule) {
        (
            Rule::Window {
                allowed, period, ..
            },
            Rule::Window {
                allowed: number,
                period: before,
                ..
            },
        ) => {
            let longer = period > before && period < before + before / 8;
            found.group == finding.group && allowed == number && longer
        }
        _ => false,
    }
}
