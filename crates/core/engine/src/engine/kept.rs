//! What a lower class leaves to those above it.
//!
//! A slot that is given away comes back a period later. Who is more important and comes meanwhile would
//! wait for that long, though it goes first in every queue; so what it is expected to need is kept.
//! What is kept goes before a lower call in the estimate of its start as well. Should more be expected
//! of the higher class later, a call that was taken in is started all the same when its deadline comes:
//! what is promised goes before what is only expected. Other applications that share a limit are such a class too
//! ([`super::foreign`]).

use super::Engine;
use super::estimate::Under;
use super::foreign::Supply;
use crate::Config;
use crate::queue::Who;
use crate::rate::Kept;
use std::sync::Arc;
use std::time::Duration;
use tollgate_model::{FlowId, Instant, LimitId, PoolId, RouteId, Rule};

/// How long before its deadline a call that was taken in gets what is kept for others.
pub(super) const DUE: Duration = Duration::from_millis(400);
/// Standard deviations of chance for which other applications go before the last class where a start is foretold.
const OTHERS: f64 = 3.0;
/// What was asked for of late, and what is to be kept for it, is found anew after this part of what "of
/// late" means: after 15 ms where that is a minute.
const FRESH: u32 = 4_096;
/// What is to be kept is found anew, too, once this part of the slots that were free has come back.
const MORE_ROOM: u32 = 8;
/// Looks again at what is kept, at the soonest and at the latest.
const LOOK: (Duration, Duration) = (Duration::from_millis(1), Duration::from_secs(1));

impl Engine {
    /// When to look again at what is kept: it is a slot less each time one of the higher class is due and
    /// doesn't come, and is none for a call that is due itself.
    pub(super) fn look_again(&self, now: Instant) -> Instant {
        let pause = Duration::try_from_secs_f64(1.0 / self.kept_rate).unwrap_or(LOOK.1);
        let again = now + pause.clamp(LOOK.0, LOOK.1);
        match self.queue.next_due(now + DUE) {
            Some(deadline) => again.min(deadline.before(DUE)),
            None => again,
        }
    }

    /// What classes above the flow's have asked for of late, as it was a moment ago. None of the first
    /// class.
    pub(super) fn demand(&mut self, flow: FlowId, now: Instant) -> Option<&Demand> {
        let class = self.queue.class(flow);
        if class == self.top_class {
            return None;
        }
        let fresh = self.queue.late() / FRESH;
        let demand = self.demands.entry(class).or_default();
        if demand.until <= now {
            demand.count(&self.config, self.queue.above(class, now));
            demand.until = now + fresh;
        }
        Some(demand)
    }

    /// Slots a second that are kept from the flow: what classes above it ask for of late, and what other
    /// applications take.
    fn kept_from(&mut self, flow: FlowId, under: &Under, now: Instant) -> (f64, f64) {
        let above = match self.demand(flow, now) {
            Some(demand) if !demand.is_none => under.demand(demand),
            _ => 0.0,
        };
        // The last class is spread over the window, so that nobody waits for what it leaves.
        let is_spread = above <= 0.0 && self.queue.is_last(flow);
        let others = match under {
            Under::Limit(limit) if !is_spread => self.others_before(flow, *limit, now),
            _ => 0.0,
        };
        (above, others)
    }

    /// Whether calls of the flow leave slots to other applications. Those of the first class don't, where others of
    /// ours can: lower classes leave what both need.
    pub(super) fn yields(&self, flow: FlowId) -> bool {
        self.queue.class(flow) != self.top_class || self.queue.is_last(flow)
    }

    /// Slots a second of the limit that other applications take, and calls of the flow leave to them.
    fn others_before(&self, flow: FlowId, limit: LimitId, now: Instant) -> f64 {
        match self.yields(flow) {
            true => self.foreign.per_second(limit, now),
            false => 0.0,
        }
    }

    /// Whether the flow has a call's slots of each of its limits beside those that others have had in a period of
    /// late. A call that was promised a start was promised it so.
    pub(super) fn leaves_others(&mut self, flow: FlowId, route: RouteId, now: Instant) -> bool {
        if self.foreign.is_none() || !self.yields(flow) {
            return true;
        }
        let config = Arc::clone(&self.config);
        let cost = config.routes[route.index()].cost;
        for limit in config.passed(flow, route) {
            let left = self.foreign.slots(limit);
            let ledger = &mut self.resources.ledgers[limit.index()];
            if left > ledger.left_free() && ledger.room_beside(left, now) < cost {
                let period = ledger.period().unwrap_or(LOOK.1).as_secs_f64();
                self.kept_rate = self.kept_rate.max(f64::from(ledger.allowed()) / period);
                return false;
            }
        }
        true
    }

    /// What other applications will take, so that it goes before whoever is told of a start.
    pub(super) fn others_under(&self, under: &Under, who: Who, flow: FlowId, now: Instant) -> Kept {
        let others = match under {
            Under::Limit(limit) => self.others_before(flow, *limit, now),
            _ => 0.0,
        };
        // Chance is the last class's to bear.
        let bears = who == Who::Comes && self.queue.is_last(flow);
        let deviations = if bears { OTHERS } else { 0.0 };
        Kept::now(0.0, self.queue.late()).and(others, deviations)
    }

    /// Slots that have to be free before a call of this flow's takes one, lest classes above miss them, or
    /// other applications; as it was a moment ago.
    pub(super) fn reserve(&mut self, flow: FlowId, under: &Under, now: Instant) -> f64 {
        let (above, others) = self.kept_from(flow, under, now);
        if above + others <= 0.0 {
            return 0.0;
        }
        let late = self.queue.late();
        let Some(ledger) = under.ledger(&mut self.resources) else {
            return 0.0;
        };
        let key = (self.queue.class(flow), under.key());
        let known = self.reserves.entry(key).or_default();
        let room = ledger.room(now);
        if known.until <= now || room > known.room + known.room / MORE_ROOM {
            let need = Kept::now(above, late).and(others, 0.0);
            known.slots = ledger.reserve(Duration::ZERO, now, &need);
            known.room = room;
            let fresh = now + late / FRESH;
            let closing = ledger.next_closing(now);
            known.until = closing.map_or(fresh, |closing| closing.min(fresh));
        }
        known.room = known.room.min(room);
        known.slots
    }

    /// What [`Self::reserve`] will be when a span has passed, as far as it is known.
    pub(super) fn reserve_in(
        &mut self,
        span: Duration,
        flow: FlowId,
        under: &Under,
        now: Instant,
    ) -> f64 {
        let reserve = self.reserve(flow, under, now);
        if reserve <= 0.0 {
            return reserve;
        }
        let (above, others) = self.kept_from(flow, under, now);
        let need = Kept::later(above, self.queue.late()).and(others, 0.0);
        let ledger = under.ledger(&mut self.resources);
        let reserve = reserve.max(ledger.map_or(0.0, |ledger| ledger.reserve(span, now, &need)));
        let Under::Limit(limit) = under else {
            return reserve;
        };
        let left = self.foreign.left_of_window(*limit, now + span);
        reserve.max(others * left.as_secs_f64())
    }

    /// Whether a start of this flow's leaves the classes above it, and other applications, what they will
    /// need before its slots come back.
    pub(super) fn spares(&mut self, flow: FlowId, route: RouteId, now: Instant) -> bool {
        let none_above = self.demand(flow, now).is_none_or(|demand| demand.is_none);
        if none_above && self.foreign.is_none() {
            return true;
        }
        let config = Arc::clone(&self.config);
        let it = &config.routes[route.index()];
        for limit in config.passed(flow, route) {
            if !self.spares_of(&Under::Limit(limit), flow, it.cost, now) {
                return false;
            }
        }
        if none_above {
            return true;
        }
        let pools = &self.resources.pools;
        let tokens = it.pool.filter(|&pool| {
            !pools.may_grow(pool, &config, now, now + pools.fetch_takes(pool, now) * 2)
        });
        tokens.is_none_or(|pool| {
            let limits = self.resources.pools.pools[pool.index()].aggregates.len();
            (0..limits).all(|at| self.spares_of(&Under::Tokens(pool, at), flow, it.cost, now))
        })
    }

    /// What the flow, which is of the last class, may have of the limit.
    pub(super) fn supply(&mut self, limit: LimitId, flow: FlowId, now: Instant) -> Supply {
        let (above, _) = self.kept_from(flow, &Under::Limit(limit), now);
        let room = self.resources.ledgers[limit.index()].room(now);
        Supply { limit, room, above }
    }

    fn spares_of(&mut self, under: &Under, flow: FlowId, cost: u32, now: Instant) -> bool {
        if let Under::Limit(limit) = *under
            && self.queue.is_last(flow)
        {
            let supply = self.supply(limit, flow, now);
            let next = self.foreign.next(supply, cost, now);
            if next > now {
                self.kept_rate = self.kept_rate.max(1.0 / next.since(now).as_secs_f64());
                return false;
            }
        }
        let reserve = self.reserve(flow, under, now);
        let others = match under {
            Under::Limit(limit) if self.yields(flow) => self.foreign.slots(*limit),
            _ => 0,
        };
        let ledger = under.ledger(&mut self.resources);
        let left = ledger.map_or(0.0, |ledger| f64::from(ledger.room_beside(others, now)));
        let spares = reserve <= 0.0 || left - f64::from(cost) >= reserve;
        if !spares {
            let (above, others) = self.kept_from(flow, under, now);
            self.kept_rate = self.kept_rate.max(above + others);
        }
        spares
    }
}

/// What a class has to leave free of a limit, found a moment ago.
#[derive(Debug, Default)]
pub(crate) struct Reserve {
    /// When it is to be found again.
    until: Instant,
    slots: f64,
    /// The fewest slots that were free since. Were there many more, they have come back meanwhile, and
    /// what was expected to come back soon has to be kept of them.
    room: u32,
}

/// Slots a second that classes above one have asked for of late.
#[derive(Debug, Default)]
pub(crate) struct Demand {
    /// When it is to be counted again.
    until: Instant,
    /// Whether nothing was asked for.
    is_none: bool,
    /// By `LimitId`.
    limits: Vec<f64>,
    /// By `PoolId`.
    pools: Vec<f64>,
}

impl Demand {
    pub(super) fn under(&self, limit: LimitId) -> f64 {
        self.limits[limit.index()]
    }

    pub(super) fn of_tokens(&self, pool: PoolId) -> f64 {
        self.pools[pool.index()]
    }

    /// `above`: flows, routes, and how many calls a second come of each. No more of them take slots of
    /// one limit than their other limits let through.
    fn count(&mut self, config: &Config, above: impl Iterator<Item = (FlowId, RouteId, f64)>) {
        self.is_none = true;
        for (slots, len) in [
            (&mut self.limits, config.limits.len()),
            (&mut self.pools, config.pools.len()),
        ] {
            slots.clear();
            slots.resize(len, 0.0);
        }
        for (flow, route, mut calls) in above.filter(|(.., calls)| *calls > 0.0) {
            self.is_none = false;
            let it = &config.routes[route.index()];
            let cost = f64::from(it.cost);
            for limit in config.passed(flow, route) {
                if let Rule::Window {
                    allowed, period, ..
                } = config.limits[limit.index()].rule
                {
                    let given = f64::from(allowed) / period.as_secs_f64();
                    let left = (given - self.limits[limit.index()]).max(0.0);
                    calls = calls.min(left / cost);
                }
            }
            for limit in config.passed(flow, route) {
                self.limits[limit.index()] += calls * cost;
            }
            if let Some(pool) = it.pool {
                self.pools[pool.index()] += calls * cost;
            }
        }
    }
}
