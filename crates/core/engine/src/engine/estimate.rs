//! When a submission could start, behind those that go before it and those that are expected to come
//! and go before it.

mod clients;

use super::Engine;
use crate::Submission;
use clients::Together;
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
            at: now,
            limit: None,
            reason: Reason::DeadlineCannotBeMet,
        };
        let config = std::sync::Arc::clone(&self.config);
        let route = &config.routes[submission.route.index()];
        let of_flow = &config.flows[submission.flow.index()].limits;
        let limits = route.limits.iter().chain(of_flow);
        for &limit in limits.chain(config.of_all_clients(route)) {
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
        if let Some(mut clients) = Together::take(pool, &config, &mut self.resources) {
            let at = self.earliest_behind(
                submission,
                now,
                |it, _, route| it.config.cost_in(pool, route),
                |k| clients.earliest(k, now),
            );
            latest.consider(at, clients.first_full(at, now, &config));
            clients.give_back(&mut self.resources);
        }
        if let Some(at) = self.resources.pools.first_token(pool, now) {
            // No token, and none on its way: the pause after a failed fetch has to pass.
            if at > submission.deadline && at > latest.at {
                latest.at = at;
                latest.reason = Reason::NoToken;
                latest.limit = None;
            }
        } else if !self.resources.pools.may_grow(pool, &config) {
            let state = &mut self.resources.pools.pools[pool.index()];
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
            self.resources.pools.pools[pool.index()].aggregates = aggregates;
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

    fn earliest_under(
        &mut self,
        ledger: &mut Ledger,
        submission: &Submission,
        now: Instant,
        cost: impl Fn(&Self, FlowId, RouteId) -> u32,
    ) -> Instant {
        let own = self.config.routes[submission.route.index()].cost;
        if own > ledger.allowed() && ledger.period().is_some() {
            return Instant::NEVER;
        }
        // What is kept for higher classes is as good as taken.
        let kept = self.kept_before(ledger, submission.flow, now, |flow, route| {
            cost(self, flow, route)
        });
        self.earliest_behind(submission, now, cost, |k| ledger.earliest(kept + k, now))
    }

    /// When the submission starts, where `earliest` says when the k-th slot from now is free. The
    /// later the start, the more others will have come before it; so the two are found together.
    fn earliest_behind(
        &mut self,
        submission: &Submission,
        now: Instant,
        cost: impl Fn(&Self, FlowId, RouteId) -> u32,
        mut earliest: impl FnMut(u64) -> Instant,
    ) -> Instant {
        let own = u64::from(self.config.routes[submission.route.index()].cost);
        let by_guarantee = self.queue.by_guarantee(submission, now);
        let by_guarantee = by_guarantee.map_or(Instant::NEVER, |(at, rank)| {
            at.max(earliest(rank * own + own))
        });
        let by_floor = self.queue.by_floor(submission);
        let by_floor = by_floor.map_or(Instant::NEVER, |starts| earliest(starts * own + own));
        let by_right = by_guarantee.min(by_floor);
        let mut at = now;
        for _ in 0..ROUNDS {
            let ahead = self
                .queue
                .ahead(submission, at.since(now), now, |flow, route| {
                    cost(self, flow, route)
                });
            let next = earliest(ahead + own);
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
            || self.of_all_clients(route).any(|&it| it == limit);
        if passes { route.cost } else { 0 }
    }

    /// The limits that all clients of the route's pool name: as good as the route's own.
    pub(super) fn of_all_clients(&self, route: &crate::Route) -> impl Iterator<Item = &LimitId> {
        let first = |pool: PoolId| self.pools[pool.index()].clients.first();
        let limits = route.pool.into_iter().flat_map(move |pool| {
            let first = first(pool).map(|client| &self.clients[client.index()].limits);
            first.into_iter().flatten().map(move |limit| (pool, limit))
        });
        limits.filter_map(|(pool, limit)| self.all_name(pool, *limit).then_some(limit))
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
