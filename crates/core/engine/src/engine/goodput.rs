//! What calls show of limits on calls at once, and the numbers that follow from it ([`crate::latency`]).

use super::machine::Engine;
use crate::attempt::Attempt;
use crate::latency::SendLoad;
use crate::resources::Passage;
use crate::{LearnedView, Mode, Source};
use tollgate_learn::TimedCall;
use tollgate_model::{AttemptId, Instant, LimitId, Rule, Scope};

impl Engine {
    /// Notes that a call was sent. Gives the limit under which the call is seen; none where no limit is followed.
    pub(super) fn see_load(
        &mut self,
        attempt: AttemptId,
        passage: &Passage,
        now: Instant,
    ) -> Option<SendLoad> {
        if !self.config.policy.follow_latency {
            return None;
        }
        let limits = self.resources.limits_of(passage).filter(|id| {
            let limit = &self.config.limits[id.index()];
            matches!(limit.rule, Rule::Concurrency { .. })
                && limit.mode == Mode::Enforce
                && limit.scope != Scope::Flow
                && !self.own.has_limit(*id)
        });
        let configured = |limit: LimitId| {
            let in_force = self.config.limits[limit.index()].rule.allowed();
            self.latencies.configured(limit).unwrap_or(in_force)
        };
        let (configured, limit) = limits.map(|limit| (configured(limit), limit)).min()?;
        self.latencies.sent(limit, configured, attempt);
        let at_once = self.resources.ledgers[limit.index()].held(now);
        Some(SendLoad { limit, at_once })
    }

    /// Learns how long the call took. `brought` tells whether its answer brought anything; none of a call that says
    /// nothing of the upstream.
    pub(super) fn learn_latency(&mut self, of: &Attempt, brought: Option<bool>, now: Instant) {
        let Some(SendLoad { limit, at_once }) = of.load else {
            return;
        };
        let took = brought.map(|brought| TimedCall {
            endpoint: of.endpoint,
            sent: of.sent,
            latency: now.since(of.sent),
            at_once,
            brought,
        });
        let Some(change) = self.latencies.ended(limit, of.number, took, now) else {
            return;
        };
        let mut config = (*self.config).clone();
        if let Some(limit) = config.limits.get_mut(limit.index()) {
            limit.rule.set_allowed(change.allowed);
        }
        self.configure(config);
        if change.is_lower {
            self.recheck_promises();
        }
    }

    /// The limits whose number in force is lower than what is configured.
    pub(super) fn latencies_view(&self) -> impl Iterator<Item = LearnedView> {
        self.latencies.iter().filter_map(|(id, followed)| {
            let limit = self.config.limits.get(id.index())?;
            Some(LearnedView {
                limit: Some(id),
                name: limit.name.clone(),
                scope: limit.scope,
                of: limit.name.clone(),
                allowed: followed.allowed(),
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
