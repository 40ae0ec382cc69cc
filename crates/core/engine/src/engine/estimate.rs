//! When a submission could start, behind those that go before it and those that are expected to come
//! and go before it.

use super::Engine;
use crate::Submission;
use tollgate_model::{FlowId, Instant, LimitId, PoolId, Reason, RouteId};
use tollgate_quota::Ledger;

/// Rounds in which the estimate of a start and of what will have come before it agree, or don't.
const ROUNDS: u32 = 8;

/// When a submission could start.
#[derive(Debug)]
pub(super) struct Estimate {
    pub(super) at: Instant,
    /// The limit that says so.
    pub(super) limit: Option<String>,
    /// What stands in the way, should that be too late.
    pub(super) reason: Reason,
}

impl Engine {
    /// When the submission could start, behind those that go before it and those that are expected
    /// to come and go before it.
    pub(super) fn earliest_start(&mut self, submission: &Submission, now: Instant) -> Estimate {
        let mut latest = Estimate {
            at: now.max(self.resources.opens(submission.route)),
            limit: None,
            reason: Reason::DeadlineCannotBeMet,
        };
        let config = std::sync::Arc::clone(&self.config);
        let route = &config.routes[submission.route.index()];
        let of_flow = &config.flows[submission.flow.index()].limits;
        let of_client = config.only_client(route).map(|client| &client.limits);
        let limits = route.limits.iter().chain(of_flow);
        for &limit in limits.chain(of_client.into_iter().flatten()) {
            let mut ledger = std::mem::replace(
                &mut self.resources.ledgers[limit.index()],
                Ledger::new(config.limits[limit.index()].rule),
            );
            let at = self.earliest_under(&mut ledger, submission, now, |it, flow, route| {
                it.config.cost_under(limit, flow, route)
            });
            self.resources.ledgers[limit.index()] = ledger;
            latest.consider(at, &config.limits[limit.index()].name);
        }
        let Some(pool) = route.pool else {
            return latest;
        };
        if let Some(at) = self.resources.pools.first_token(pool, now) {
            // No token, and none on its way: the pause after a failed fetch has to pass.
            if at > submission.deadline && at > latest.at {
                latest.at = at;
                latest.reason = Reason::NoToken;
                latest.limit = None;
            }
        } else if !self
            .resources
            .pools
            .may_grow(pool, &config, submission.deadline)
        {
            let foreseen = self.resources.pools.foreseen(pool);
            let state = &mut self.resources.pools.pools[pool.index()];
            let own = foreseen.map(|it| std::mem::replace(&mut state.aggregates, it));
            let mut aggregates = std::mem::take(&mut state.aggregates);
            let client = config.pools[pool.index()].clients.first();
            let limits = client.map_or(&[][..], |client| {
                &config.clients[client.index()].token_limits
            });
            for (ledger, limit) in aggregates.iter_mut().zip(limits) {
                let at = self.earliest_under(ledger, submission, now, |it, _, route| {
                    it.config.cost_in(pool, route)
                });
                latest.consider(at, &limit.name);
            }
            self.resources.pools.pools[pool.index()].aggregates = own.unwrap_or(aggregates);
        }
        latest
    }

    /// Whether those with later deadlines, who were taken in and count on their start, would miss it if
    /// the submission went before. If so, when it could start behind them. Of each run of them the last
    /// is held against the first one's deadline, so none between is overlooked.
    pub(super) fn displaces(&mut self, submission: &Submission, now: Instant) -> Option<Estimate> {
        let behind = |deadline| Submission {
            deadline,
            ..*submission
        };
        let last = self.queue.last_behind(submission)?;
        if self.earliest_start(&behind(last), now).at <= submission.deadline {
            // Even the last would start by then.
            return None;
        }
        for (first, last) in self.queue.behind(submission) {
            let estimate = self.earliest_start(&behind(last), now);
            if estimate.at > first {
                return Some(estimate);
            }
        }
        None
    }

    /// The later the start, the more others will have come before it; so the two are found together.
    fn earliest_under(
        &mut self,
        ledger: &mut Ledger,
        submission: &Submission,
        now: Instant,
        cost: impl Fn(&Self, FlowId, RouteId) -> u32,
    ) -> Instant {
        let own = u64::from(self.config.routes[submission.route.index()].cost);
        if own > u64::from(ledger.allowed()) && ledger.period().is_some() {
            return Instant::NEVER;
        }
        let by_guarantee = self.queue.by_guarantee(submission, now);
        let by_guarantee = by_guarantee.map_or(Instant::NEVER, |(at, rank)| {
            at.max(ledger.earliest(rank * own + own, now))
        });
        let by_floor = self.queue.by_floor(submission);
        let by_floor = by_floor.map_or(Instant::NEVER, |starts| {
            ledger.earliest(starts * own + own, now)
        });
        let by_right = by_guarantee.min(by_floor);
        // What is kept for higher classes is as good as taken.
        let kept = self.kept_before(ledger, submission.flow, now, |flow, route| {
            cost(self, flow, route)
        });
        let mut at = now;
        for _ in 0..ROUNDS {
            let ahead = self
                .queue
                .ahead(submission, at.since(now), now, |flow, route| {
                    cost(self, flow, route)
                });
            let next = ledger.earliest(ahead + kept + own, now);
            if next <= at || next > submission.deadline {
                return at.max(next).min(by_right);
            }
            at = next;
        }
        at.min(by_right)
    }
}

impl Estimate {
    fn consider(&mut self, at: Instant, name: &str) {
        if at > self.at {
            self.at = at;
            self.limit = Some(name.to_owned());
        }
    }
}

impl crate::Config {
    /// What a call of the flow's on the route takes of the limit.
    pub(super) fn cost_under(&self, limit: LimitId, flow: FlowId, route: RouteId) -> u32 {
        let route = &self.routes[route.index()];
        let passes = route.limits.contains(&limit)
            || self.flows[flow.index()].limits.contains(&limit)
            || self
                .only_client(route)
                .is_some_and(|it| it.limits.contains(&limit));
        if passes { route.cost } else { 0 }
    }

    /// The client that carries every call on the route, where there is but one.
    pub(super) fn only_client(&self, route: &crate::Route) -> Option<&crate::Client> {
        match self.pools[route.pool?.index()].clients[..] {
            [client] => Some(&self.clients[client.index()]),
            _ => None,
        }
    }

    /// What a call on the route takes of the pool's tokens.
    pub(super) fn cost_in(&self, pool: PoolId, route: RouteId) -> u32 {
        let route = &self.routes[route.index()];
        if route.pool == Some(pool) {
            route.cost
        } else {
            0
        }
    }
}
