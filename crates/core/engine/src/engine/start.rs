//! Starting what can start, and knowing when the rest could.
//!
//! A start is checked without side effects ([`Engine::can_start`]), and takes all its slots at one
//! point ([`Engine::send`]): a call never holds a slot under one limit while it waits for another.

use super::attempt::Attempt;
use super::{Engine, State};
use crate::rate;
use crate::resources::Passage;
use crate::timer::Timer;
use crate::{Command, Submission};
use std::time::Duration;
use tollgate_model::{
    AttemptId, ExecutionId, FlowId, Instant, LimitId, PoolId, Reason, RouteId, TokenId,
};
use tollgate_quota::Ledger;

/// Looks again at what is kept for a higher class, at the soonest and at the latest.
const KEPT: (Duration, Duration) = (Duration::from_millis(1), Duration::from_secs(1));
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
    /// Starts executions until none that waits can start. Ends with every waiting lane blocked, and
    /// with `wake` at the first instant at which one may not be.
    pub(super) fn start_what_can(&mut self, now: Instant) {
        if self.queue.len() == 0 {
            self.wake = None;
            return;
        }
        while let Some((route, execution)) = self.next_to_start(now) {
            let token = self.resources.token_for(route, now);
            self.send(execution, route, token, now);
            self.grow_ahead(route, now);
        }
        self.wake = None;
        if self.queue.len() > 0 {
            self.grow_for_waiting(now);
            self.wake = self.next_room(now);
        }
    }

    /// Whether a submission would go out now: there is room, and nothing waits for it.
    pub(super) fn starts_at_once(&mut self, submission: &Submission, now: Instant) -> bool {
        let (flow, route) = (submission.flow, submission.route);
        !self.waits(route)
            && self.resources.can_start(route, now)
            && self.resources.flow_has_room(flow, route, now)
            && self.spares(flow, route, now)
    }

    fn waits(&self, route: RouteId) -> bool {
        self.queue.lanes().any(|lane| lane.route == route)
    }

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
        let guaranteed = by_guarantee.map_or(Instant::NEVER, |(at, rank)| {
            at.max(ledger.earliest(rank * own + own, now))
        });
        let mut at = now;
        for _ in 0..ROUNDS {
            let ahead = self
                .queue
                .ahead(submission, at.since(now), now, |flow, route| {
                    cost(self, flow, route)
                });
            let next = ledger.earliest(ahead + own, now);
            if next <= at || next > submission.deadline {
                return at.max(next).min(guaranteed);
            }
            at = next;
        }
        at.min(guaranteed)
    }

    /// Whether a start of this flow's leaves the classes above it what they will need before its
    /// slots come back.
    fn spares(&mut self, flow: FlowId, route: RouteId, now: Instant) -> bool {
        let class = self.queue.class(flow);
        if class == self.top_class {
            return true;
        }
        let config = std::sync::Arc::clone(&self.config);
        let late = self.queue.late();
        let it = &config.routes[route.index()];
        for &limit in &it.limits {
            let rate = self.queue.demand(class, now, |flow, route| {
                config.cost_under(limit, flow, route)
            });
            let ledger = &mut self.resources.ledgers[limit.index()];
            if !spares(ledger, rate, late, it.cost, now) {
                self.kept_rate = self.kept_rate.max(rate);
                return false;
            }
        }
        let Some(pool) = it.pool else {
            return true;
        };
        if self.resources.pools.may_grow(pool, &config) {
            return true;
        }
        let rate = self
            .queue
            .demand(class, now, |_, route| config.cost_in(pool, route));
        let aggregates = &mut self.resources.pools.pools[pool.index()].aggregates;
        let spared = aggregates
            .iter_mut()
            .all(|ledger| spares(ledger, rate, late, it.cost, now));
        if !spared {
            self.kept_rate = self.kept_rate.max(rate);
        }
        spared
    }

    fn next_to_start(&mut self, now: Instant) -> Option<(RouteId, ExecutionId)> {
        let mut order = std::mem::take(&mut self.order);
        let resources = &self.resources;
        self.queue
            .order(now, &mut order, |route| resources.may_start(route, now));
        self.kept_rate = 0.0;
        let chosen = order.iter().find(|it| {
            self.resources.can_start(it.route, now)
                && self.resources.flow_has_room(it.flow, it.route, now)
                && (!it.lent() || self.spares(it.flow, it.route, now))
        });
        let chosen = chosen.map(|it| (it.flow, it.route));
        self.order = order;
        let (flow, route) = chosen?;
        Some((route, self.queue.start(flow, route, now)?))
    }

    fn send(
        &mut self,
        execution: ExecutionId,
        route: RouteId,
        token: Option<TokenId>,
        now: Instant,
    ) {
        let Some(it) = self.executions.get_mut(&execution) else {
            return;
        };
        let attempt = AttemptId(self.next_attempt);
        self.next_attempt += 1;
        let give_up = *it.give_up.get_or_insert(now + it.submission.timeout);
        it.state = State::Running(attempt);
        it.attempts += 1;
        self.flows[it.submission.flow.index()].running += 1;
        let client = token.and_then(|token| Some(self.resources.pools.tokens.get(token)?.client));
        let passage = Passage {
            route,
            flow: it.submission.flow,
            client,
            token,
            cost: self.config.routes[route.index()].cost,
        };
        let attempt_state = Attempt {
            execution,
            passage,
            sent: now,
            head: None,
        };
        self.resources.take(&passage, now, give_up);
        self.attempts.insert(attempt, attempt_state);
        self.earn_retries();
        self.timers.set(give_up, Timer::GiveUp(attempt));
        self.commands.push_back(Command::Send {
            execution,
            attempt,
            token,
            give_up,
        });
    }

    /// Fetches one more token before the pool runs out.
    fn grow_ahead(&mut self, route: RouteId, now: Instant) {
        if let Some(pool) = self.route(route).pool
            && self.resources.pools.runs_short(pool, now)
        {
            self.grow(pool, now);
        }
    }

    /// Fetches tokens for routes that wait for nothing else.
    fn grow_for_waiting(&mut self, now: Instant) {
        let waiting: Vec<RouteId> = self.queue.lanes().map(|lane| lane.route).collect();
        for route in waiting {
            if let Some(pool) = self.route(route).pool
                && self.resources.has_room(route, now)
            {
                self.grow(pool, now);
            }
        }
    }

    fn grow(&mut self, pool: PoolId, now: Instant) {
        while let Some(client) = self.resources.pools.grower(pool, &self.config, now) {
            self.fetch(client);
            // While there is a token, the others can wait to see whether they are needed.
            if !self.resources.pools.clients[client.index()].live.is_empty()
                || self.queue.len() == 0
            {
                break;
            }
        }
    }

    /// When a waiting lane may have room by the passing of time alone.
    fn next_room(&mut self, now: Instant) -> Option<Instant> {
        let mut next = None;
        let mut lanes: Vec<(FlowId, RouteId)> = Vec::new();
        for lane in self.queue.lanes() {
            // Lanes of one route differ by their flow's own limits only.
            let known = lanes.iter().any(|(flow, route)| {
                let limits = |flow: FlowId| &self.config.flows[flow.index()].limits;
                *route == lane.route && limits(*flow) == limits(lane.flow)
            });
            if !known {
                lanes.push((lane.flow, lane.route));
            }
        }
        for (flow, route) in lanes {
            let at = match self.resources.lane_room(flow, route, now) {
                // It has room, so what it lacks is kept for a higher class, a slot less each time one
                // of that class is due and doesn't come.
                Some(at) if at <= now => {
                    let pause = Duration::try_from_secs_f64(1.0 / self.kept_rate);
                    Some(now + pause.unwrap_or(KEPT.1).clamp(KEPT.0, KEPT.1))
                }
                at => at,
            };
            next = next.into_iter().chain(at).min();
        }
        next
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
    fn cost_under(&self, limit: LimitId, flow: FlowId, route: RouteId) -> u32 {
        let route = &self.routes[route.index()];
        let passes = route.limits.contains(&limit)
            || self.flows[flow.index()].limits.contains(&limit)
            || self
                .only_client(route)
                .is_some_and(|it| it.limits.contains(&limit));
        if passes { route.cost } else { 0 }
    }

    /// The client that carries every call on the route, where there is but one.
    fn only_client(&self, route: &crate::Route) -> Option<&crate::Client> {
        match self.pools[route.pool?.index()].clients[..] {
            [client] => Some(&self.clients[client.index()]),
            _ => None,
        }
    }

    /// What a call on the route takes of the pool's tokens.
    fn cost_in(&self, pool: PoolId, route: RouteId) -> u32 {
        let route = &self.routes[route.index()];
        if route.pool == Some(pool) {
            route.cost
        } else {
            0
        }
    }
}

/// Whether the ledger has enough for `rate` slots a second, chance included, after this call.
fn spares(ledger: &mut Ledger, rate: f64, late: Duration, cost: u32, now: Instant) -> bool {
    rate <= 0.0 || ledger.spares(cost, now, |span| rate::kept(rate, span, late))
}
