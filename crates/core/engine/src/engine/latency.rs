//! Calls at once, lowered to where goodput is highest.
//!
//! An upstream that slows down under load refuses nothing, so a configured number of calls at once that is
//! too high costs answers: with latency that grows with the square of what is under way, 200 at once bring a
//! third of what 20 do. The number in force under each configured limit on calls at once follows how long
//! answers take (`tollgate_learn::Gradient`), from the configured number down and back up to it; the
//! configured number stays the ceiling, so no law of the limit changes. A lower number drains; who waits is
//! foretold by it.
//!
//! *Which limit.* Of several that a call passes, the one that lets the least be under way: under the others
//! nothing could be seen. A flow's own limit is ours, no upstream slows down by it, and a number found from
//! refusals has its own learner.
//!
//! *Where none is configured* nothing is lowered. How long answers take differs by what is asked for, and a
//! route without any bound has nothing to come back to: what a lower number brings would be tried against a
//! number that nobody chose. A configured number, however generous, is enough for it to be followed.
//!
//! *Which answers.* Those of the upstream, errors (5xx) and answers that never came as such that brought
//! nothing. A refusal tells nothing of how long a call takes. A call that its caller took back doesn't
//! either.

use super::Engine;
use super::attempt::Attempt;
use super::limits::set;
use crate::resources::Passage;
use crate::{LearnedView, Source};
use std::collections::BTreeMap;
use tollgate_learn::{Gradient, InOrder, Took};
use tollgate_model::{AttemptId, Instant, LimitId, Rule, Scope};

/// Limits on calls at once that are followed.
#[derive(Debug, Default)]
pub(super) struct Latencies(BTreeMap<LimitId, Followed>);

#[derive(Debug)]
struct Followed {
    gradient: Gradient,
    calls: InOrder<Took>,
    configured: u32,
    /// Since when another number than the configured one is in force.
    since: Option<Instant>,
    answers: u64,
}

/// The limit that a call is seen under, and how many calls were under way with it.
#[derive(Clone, Copy, Debug)]
pub(super) struct AtOnce {
    limit: LimitId,
    calls: u32,
}

impl Engine {
    /// Notes that a call was sent. Gives the limit that it is seen under; none where none is followed.
    pub(super) fn see_at_once(
        &mut self,
        attempt: AttemptId,
        passage: &Passage,
        now: Instant,
    ) -> Option<AtOnce> {
        if !self.config.policy.follow_latency {
            return None;
        }
        let limits = self.resources.limits_of(passage);
        let limits = limits.filter(|limit| {
            let it = &self.config.limits[limit.index()];
            matches!(it.rule, Rule::Concurrency { .. })
                && it.scope != Scope::Flow
                && !self.own.has_limit(*limit)
        });
        let configured = |limit: LimitId| {
            let in_force = self.config.limits[limit.index()].rule.allowed();
            self.followed_from(limit).unwrap_or(in_force)
        };
        let (configured, limit) = limits.map(|limit| (configured(limit), limit)).min()?;
        let followed = self.latencies.0.entry(limit).or_insert_with(|| Followed {
            gradient: Gradient::new(configured),
            calls: InOrder::default(),
            configured,
            since: None,
            answers: 0,
        });
        followed.calls.sent(attempt);
        let calls = self.resources.ledgers[limit.index()].held(now);
        Some(AtOnce { limit, calls })
    }

    /// What is configured under a limit on calls at once that is followed.
    pub(super) fn followed_from(&self, limit: LimitId) -> Option<u32> {
        Some(self.latencies.0.get(&limit)?.configured)
    }

    /// Learns how long the call took. `brought` tells whether its answer is one; nothing does of a call that
    /// says nothing of the upstream.
    pub(super) fn learn_latency(&mut self, of: &Attempt, brought: Option<bool>, now: Instant) {
        let Some(AtOnce { limit, calls }) = of.at_once else {
            return;
        };
        let Some(followed) = self.latencies.0.get_mut(&limit) else {
            return;
        };
        let took = brought.map(|brought| Took {
            endpoint: of.endpoint,
            sent: of.sent,
            latency: now.since(of.sent),
            at_once: calls,
            brought,
        });
        followed.calls.ended(of.number, took);
        let before = followed.gradient.allowed();
        while let Some(took) = followed.calls.take() {
            followed.answers += 1;
            followed.gradient.sample(now, &took);
        }
        let allowed = followed.gradient.allowed().min(followed.configured);
        if allowed == before {
            return;
        }
        let is_lower = allowed < followed.configured;
        followed.since = is_lower.then(|| followed.since.unwrap_or(now));
        let mut config = (*self.config).clone();
        if let Some(limit) = config.limits.get_mut(limit.index()) {
            set(&mut limit.rule, allowed);
        }
        self.configure(config);
        if allowed < before {
            self.recheck_promises();
        }
    }

    /// An operator has set the number of the limit: it is learned anew from there.
    pub(super) fn forget_latency(&mut self, limit: LimitId) {
        self.latencies.0.remove(&limit);
    }

    /// The limits whose number in force is lower than what is configured.
    pub(super) fn latencies_view(&self) -> impl Iterator<Item = LearnedView> {
        self.latencies.0.iter().filter_map(|(&id, followed)| {
            let limit = self.config.limits.get(id.index())?;
            Some(LearnedView {
                limit: Some(id),
                name: limit.name.clone(),
                scope: limit.scope,
                of: limit.name.clone(),
                allowed: followed.gradient.allowed(),
                period: None,
                configured: Some(followed.configured),
                source: Source::Latency,
                accepted: followed.answers,
                refused: 0,
                since: followed.since?,
            })
        })
    }
}
