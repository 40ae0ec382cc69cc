//! Starting what can start, and knowing when the rest could.
//!
//! A start is checked without side effects ([`Engine::can_start`]), and takes all its slots at one
//! point ([`Engine::send`]): a call never holds a slot under one limit while it waits for another.

use super::machine::Engine;
use crate::attempt::Attempt;
use crate::execution::State;
use crate::queue::Lane;
use crate::reservations::DUE_WITHIN;
use crate::resources::Passage;
use crate::timer::Timer;
use crate::{Command, Mode, Submission};
use tollgate_model::{AttemptId, ExecutionId, FlowId, Instant, RouteId, TokenId};

impl Engine {
    /// Starts executions until none that waits can start. Ends with every waiting lane blocked, and
    /// with `wake` at the first instant at which one may not be.
    pub(super) fn start_what_can(&mut self, now: Instant) {
        if self.queue.len() == 0 {
            self.wake = None;
            return;
        }
        while let Some((flow, route)) = self.next_lane(now).or_else(|| self.next_overdue(now)) {
            if self.brings_back(flow, route, now) {
                continue;
            }
            let Some(execution) = self.queue.start(flow, route, now) else {
                break;
            };
            let token = self.resources.token_for(route, now);
            self.send(execution, route, token, now);
            self.grow_ahead(route, now);
        }
        self.grow_for_waiting(now);
        self.wake = self.next_room(now);
    }

    /// Sends what waits of flows in shadow, whatever limits say, as soon as there is a token to send it with.
    #[cold]
    pub(super) fn send_in_shadow(&mut self, now: Instant) {
        let lanes = self.queue.lanes().map(|lane| (lane.flow, lane.route));
        let lanes: Vec<_> = lanes.filter(|(flow, _)| self.is_in_shadow(*flow)).collect();
        for (flow, route) in lanes {
            while self.queue.waits(flow, route) {
                let token = self.resources.any_token(route, now);
                if token.is_none() && self.route(route).pool.is_some() {
                    self.grow_in_shadow(route, now);
                    break;
                }
                let Some(execution) = self.queue.start(flow, route, now) else {
                    break;
                };
                self.send(execution, route, token, now);
                // Another try may begin until its timeout, which its first attempt has set.
                if let Some(it) = self.executions.get_mut(&execution) {
                    it.starts_by = it.give_up.unwrap_or(it.starts_by);
                }
                self.grow_ahead(route, now);
            }
        }
    }

    pub(super) fn is_in_shadow(&self, flow: FlowId) -> bool {
        self.any_flow_in_shadow && self.config.flows[flow.index()].mode == Mode::Shadow
    }

    /// Whether a submission would go out now: there is room, and nothing waits for it.
    pub(super) fn starts_at_once(&mut self, submission: &Submission, now: Instant) -> bool {
        let (flow, route) = (submission.flow, submission.route);
        !self.waits(route)
            && !self.queue.pauses(route)
            && self.has_room(flow, route, now)
            && self.reserves_allow(flow, route, now)
    }

    /// Whether a call of the flow on the route has room under all its limits and a token, beside what other
    /// applications are left.
    fn has_room(&mut self, flow: FlowId, route: RouteId, now: Instant) -> bool {
        let (mut situation, reservations) = self.situation(now);
        situation.resources.can_start(route, now)
            && situation.resources.flow_has_room(flow, route, now)
            && reservations.have_room_for_others(flow, route, &mut situation)
    }

    /// Whether what is reserved for other calls allows a call of the flow on the route to start.
    fn reserves_allow(&mut self, flow: FlowId, route: RouteId, now: Instant) -> bool {
        let (mut situation, reservations) = self.situation(now);
        reservations.allow(flow, route, &mut situation)
    }

    fn waits(&self, route: RouteId) -> bool {
        self.queue.lanes().any(|lane| lane.route == route)
    }

    fn next_lane(&mut self, now: Instant) -> Option<(FlowId, RouteId)> {
        let mut order = std::mem::take(&mut self.order);
        let resources = &self.resources;
        self.queue
            .order(now, &mut order, |route| resources.may_start(route, now));
        self.reservations.begin_choice();
        let chosen = order.iter().find(|lane| {
            self.has_room(lane.flow, lane.route, now)
                && (!lane.obeys_reserves()
                    || lane.is_due(now + DUE_WITHIN)
                    || self.reserves_allow(lane.flow, lane.route, now))
        });
        let chosen = chosen.map(|lane| (lane.flow, lane.route));
        self.order = order;
        chosen
    }

    /// A lane that has room, but waits for the answer of a window's first call, while the deadline has come
    /// of one in it: what is promised goes before what is only feared.
    fn next_overdue(&mut self, now: Instant) -> Option<(FlowId, RouteId)> {
        if !self.resources.any_waits_for_answer(now) {
            return None;
        }
        let waits = |lane: &&Lane| {
            let is_due = lane.first_deadline().is_some_and(|at| at <= now);
            is_due && self.resources.waits_for_answer(lane.route, now)
        };
        let route = self.queue.lanes().find(waits)?.route;
        self.resources.wait_no_more(route, now);
        self.next_lane(now)
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
        let endpoint = it.submission.endpoint;
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
        self.resources.take(&passage, now, give_up);
        let attempt_state = Attempt {
            number: attempt,
            execution,
            passage,
            endpoint,
            sent: now,
            head: None,
            load: self.see_load(attempt, &passage, now),
        };
        self.learn_sent(attempt, &attempt_state);
        self.attempts.insert(attempt, attempt_state);
        self.probes(&attempt_state, now);
        self.space(&attempt_state, now);
        self.earn_retries();
        self.timers.set(give_up, Timer::GiveUp(attempt));
        self.commands.push_back(Command::Send {
            execution,
            attempt,
            token,
            give_up,
            lease_ends: self.resources.lease_ends(&passage),
        });
    }

    /// When a waiting lane may have room, or a token be fetched for one, by the passing of time alone.
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
            if self.resources.waits_for_answer(route, now) {
                next = next.into_iter().chain(self.queue.next_due(now)).min();
            }
            let at = match self.resources.lane_room(flow, route, now) {
                // It has room, so what it lacks is reserved for a higher class.
                Some(at) if at <= now => Some(self.reservations.next_look(&self.queue, now)),
                at => at,
            };
            next = next.into_iter().chain(at).min();
        }
        next
    }
}
