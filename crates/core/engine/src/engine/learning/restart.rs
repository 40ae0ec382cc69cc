//! What was learned, from one process to the next.
//!
//! It is handed on by names, for ids differ from process to process. An endpoint's name is known once
//! the first call for it comes, an integration of the store once it is loaded: until then it waits.
//!
//! How many slots the earlier process has used of it is not handed on. A shared window is held whole for
//! one period, if that is no longer than an hour: then no window that the earlier process began is
//! exceeded. A token's windows are empty, for the next process fetches tokens of its own.

use crate::engine::machine::Engine;
use crate::learned_limit::{Group, TableEntry};
use crate::upstream::Upstream;
use crate::{LearnedGroup, LearnedLimit};
use std::time::Duration;
use tollgate_learn::{Finding, FindingId, Group as Found, State};
use tollgate_model::{ClientId, Instant, PoolId, RouteId, Rule};

/// A window that is longer is not held whole.
const LONG: Duration = Duration::from_secs(3_600);
/// Limits that are taken over, at the most.
const MOST: usize = 1_024;

impl Engine {
    /// For the next process.
    pub(in crate::engine) fn learned_so_far(&self) -> Vec<LearnedLimit> {
        let mut all = Vec::new();
        for (upstream, lesson) in &self.lessons.of {
            for finding in lesson.learner.export() {
                all.push(LearnedLimit {
                    upstream: self.whose(Group::Upstream(*upstream)),
                    group: self.group_name(finding.group),
                    rule: finding.rule,
                    counts_refused: finding.counts_refused,
                    accepted: finding.accepted,
                    refused: finding.refused,
                });
            }
        }
        all.extend(self.lessons.earlier.iter().cloned());
        all.truncate(MOST);
        all
    }

    fn group_name(&self, group: Found) -> LearnedGroup {
        let client = |client: ClientId| self.config.clients[client.index()].name.clone();
        match group {
            Found::Token => LearnedGroup::Token,
            Found::ClientTokens(id) => LearnedGroup::ClientTokens(client(id)),
            Found::Client(id) => LearnedGroup::Client(client(id)),
            Found::Endpoint(endpoint) => LearnedGroup::Endpoint(self.endpoints.name(endpoint)),
            Found::Upstream => LearnedGroup::Upstream,
        }
    }

    /// What an earlier process has learned.
    pub(in crate::engine) fn remember_learned(&mut self, learned: &[LearnedLimit], now: Instant) {
        self.lessons.past.begin_anew(now);
        let sound = |limit: &&LearnedLimit| {
            let empty = matches!(limit.rule, Rule::Window { period, .. } if period.is_zero());
            limit.rule.allowed() > 0 && !empty
        };
        self.lessons.earlier = learned.iter().filter(sound).take(MOST).cloned().collect();
    }

    /// Holds what an earlier process has learned of what is known by now.
    pub(in crate::engine) fn hold_earlier(&mut self, now: Instant) {
        for learned in std::mem::take(&mut self.lessons.earlier) {
            match self.found_earlier(&learned) {
                Some((upstream, group)) => self.hold_again(upstream, group, &learned, now),
                None => self.lessons.earlier.push(learned),
            }
        }
    }

    fn found_earlier(&self, learned: &LearnedLimit) -> Option<(Upstream, Found)> {
        let client = |name: &str| {
            let mut clients = self.config.clients.with_ids();
            let (id, _) = clients.find(|(_, client)| client.name == name)?;
            Some(id)
        };
        let group = match &learned.group {
            LearnedGroup::Token => Found::Token,
            LearnedGroup::Upstream => Found::Upstream,
            LearnedGroup::ClientTokens(name) => Found::ClientTokens(client(name)?),
            LearnedGroup::Client(name) => Found::Client(client(name)?),
            LearnedGroup::Endpoint(name) => Found::Endpoint(self.endpoints.named(name)?),
        };
        let pools = self.config.pools.iter().zip(0..).map(|(pool, id)| {
            let upstream = Upstream::Pool(PoolId(id));
            (&pool.name, upstream)
        });
        let routes = self.config.routes.iter().zip(0..).map(|(route, id)| {
            let upstream = self.upstreams.of(RouteId(id));
            (&route.name, upstream)
        });
        let mut all = pools.chain(routes);
        let (_, upstream) = all.find(|(name, _)| **name == learned.upstream)?;
        Some((upstream, group))
    }

    fn hold_again(
        &mut self,
        upstream: Upstream,
        group: Found,
        learned: &LearnedLimit,
        now: Instant,
    ) {
        self.begin_lesson(upstream);
        let Some(lesson) = self.lessons.of.get_mut(&upstream) else {
            return;
        };
        let before: Vec<FindingId> = lesson.held.keys().copied().collect();
        let finding = Finding {
            id: FindingId(0),
            group,
            rule: learned.rule,
            counts_refused: learned.counts_refused,
            state: State::Confirmed,
            accepted: learned.accepted,
            refused: learned.refused,
            since: now,
        };
        lesson.learner.import(vec![finding], now);
        self.lessons.told.insert(upstream);
        self.apply_findings(now);
        let Some(lesson) = self.lessons.of.get(&upstream) else {
            return;
        };
        let fresh = lesson.held.iter().filter(|(id, _)| !before.contains(id));
        for (place, _) in fresh.map(|(_, held)| *held) {
            if let (
                TableEntry::Shared(limit),
                Rule::Window {
                    allowed, period, ..
                },
            ) = (place, learned.rule)
                && period <= LONG
            {
                self.resources.ledgers[limit.index()].hold(allowed, now + period);
            }
        }
        self.resources.unblock();
    }
}
