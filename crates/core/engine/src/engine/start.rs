//! Starting what can start, and knowing when the rest could.
//!
//! A start is checked without side effects ([`Engine::can_start`]), and takes all its slots at one
//! point ([`Engine::send`]): a call never holds a slot under one limit while it waits for another.

use super::attempt::Attempt;
use super::{Engine, State};
use crate::queue::Lane;
use crate::timer::Timer;
use crate::{Command, Submission};
use tollgate_model::{AttemptId, ExecutionId, Instant, PoolId, RouteId, TokenId};

impl Engine {
    /// Starts executions until none that waits can start. Ends with every waiting route blocked, and
    /// with `wake` at the first instant at which one may not be.
    pub(super) fn start_what_can(&mut self, now: Instant) {
        if self.queue.len() == 0 {
            self.wake = None;
            return;
        }
        if self.wake.is_some_and(|wake| wake <= now) {
            self.resources.unblock();
        }
        while let Some((route, execution)) = self.next_to_start(now) {
            let token = self.resources.token_for(route, now);
            self.send(execution, route, token, now);
            self.grow_ahead(route, now);
        }
        self.grow_for_waiting(now);
        self.wake = self.next_room(now);
    }

    /// Whether a submission on this route would go out now: there is room, and nothing waits for it.
    pub(super) fn starts_at_once(&mut self, route: RouteId, now: Instant) -> bool {
        self.forget_stale(route);
        !self.waits(route) && self.resources.can_start(route, now)
    }

    /// No wake-up looks again at a route that nothing waits for, so what is remembered of it is stale
    /// once something does.
    pub(super) fn forget_stale(&mut self, route: RouteId) {
        if !self.waits(route) {
            self.resources.unblock_route(route);
        }
    }

    fn waits(&self, route: RouteId) -> bool {
        self.queue.lanes().any(|lane| lane.route == route)
    }

    /// The earliest instant at which the submission could start, behind those that go before it, and
    /// the limit that says so. A lower bound: what is refused by it could not have been served.
    pub(super) fn earliest_start(
        &mut self,
        submission: &Submission,
        now: Instant,
    ) -> (Instant, Option<String>) {
        let mut latest = (now, None);
        let mut consider = |at: Instant, name: &str| {
            if at > latest.0 || latest.1.is_none() && at >= latest.0 && at > now {
                latest = (at, Some(name.to_owned()));
            }
        };
        let route = &self.config.routes[submission.route.index()];
        for &limit in &route.limits {
            let ahead = ahead_under(self, submission, |lane| {
                self.route(lane.route).limits.contains(&limit)
            });
            let at = self.resources.ledgers[limit.index()].earliest(ahead + 1, now);
            consider(at, &self.config.limits[limit.index()].name);
        }
        if let Some(pool) = route.pool
            && !self.resources.pools.may_grow(pool, &self.config)
        {
            let ahead = ahead_under(self, submission, |lane| {
                self.route(lane.route).pool == Some(pool)
            });
            let client = self.resources.pools.pools[pool.index()].clients.first();
            let limits = client.map_or(&[][..], |client| {
                &self.config.clients[client.index()].token_limits
            });
            for (ledger, limit) in self.resources.pools.pools[pool.index()]
                .aggregates
                .iter_mut()
                .zip(limits)
            {
                consider(ledger.earliest(ahead + 1, now), &limit.name);
            }
        }
        latest
    }

    fn next_to_start(&mut self, now: Instant) -> Option<(RouteId, ExecutionId)> {
        let resources = &mut self.resources;
        let (flow, route) = self
            .queue
            .choose(now, |route| resources.can_start(route, now))?;
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
        let client = token.and_then(|token| Some(self.resources.pools.tokens.get(&token)?.client));
        let attempt_state = Attempt {
            execution,
            route,
            token,
            client,
            sent: now,
            head: None,
        };
        self.resources
            .each_shared(route, client, |ledger| ledger.take(now));
        if let Some(token) = token {
            self.resources.pools.take(token, now);
        }
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

    /// When a waiting route may have room by the passing of time alone.
    fn next_room(&mut self, now: Instant) -> Option<Instant> {
        let mut routes: Vec<RouteId> = self.queue.lanes().map(|lane| lane.route).collect();
        routes.sort_unstable();
        routes.dedup();
        routes
            .into_iter()
            .filter_map(|route| self.resources.route_room(route, now))
            .min()
    }
}

/// Executions that wait and start before the submission, among the lanes that `counts` names.
fn ahead_under(engine: &Engine, submission: &Submission, counts: impl Fn(&Lane) -> bool) -> u32 {
    let lanes = engine.queue.lanes().filter(|lane| counts(lane));
    let ahead: usize = lanes
        .map(|lane| {
            engine
                .queue
                .ahead(lane, submission.flow, submission.deadline)
        })
        .sum();
    u32::try_from(ahead).unwrap_or(u32::MAX - 1)
}
