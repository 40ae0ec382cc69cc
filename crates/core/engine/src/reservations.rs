//! Slots that are reserved for more important calls than the one that could take them: trunk reservation, as telephony
//! calls it.
//!
//! **What this decides.** How many slots of a resource have to be free before a call of a lower class may take
//! one, and when to look again while it may not.
//!
//! **Why.** A slot that is given away comes back a period later. A call of a higher class that comes meanwhile
//! would wait for that long, though it goes first in every queue.
//!
//! **The rule.**
//! 1. How many calls of a lane come in a second is told by those that came of late ([`crate::rate`]). What the classes
//!    above one ask for of a resource together is their [`OfferedLoad`].
//! 2. Within a span they ask for that rate times the span, and by chance for more ([`RandomDemand`]).
//! 3. The reserve is the most by which that is above what has come back by then of the slots that are held now, over all
//!    spans up to a period (`Ledger::reserve`): little while slots come back evenly, much before a gap.
//! 4. A call of a lower class starts if it leaves the reserve free of each resource ([`Reservations::allow`]). If not,
//!    it is looked at again when the next call of the classes above could have come ([`Reservations::next_look`]).
//! 5. A start is foretold behind the reserve, as it is now and as it may have risen to by then
//!    ([`Reservations::reserve_in`]).
//!
//! Other applications that share a limit are a higher class too, without chance ([`crate::foreign`]).
//! `docs/decisions/reserve.md` has the simpler rules that were tried, and what each part of this one is for.
//!
//! **Who may take reserved slots all the same.** A flow within its guarantee, a class that the floor owes a start
//! ([`crate::queue`]), and a call that was taken in, once its deadline is nearer than [`DUE_WITHIN`]: what is promised
//! goes before what is only expected. So reserved slots go before a lower call in the estimate of its start as well.
//!
//! **What it costs.** Slots that are reserved and not asked for stay unused until the need for them has passed: with
//! each slot that the higher class could have taken and didn't, one less is reserved. Reserves are found anew only
//! every [`REFRESHES`]-th part of the recent span, because finding one reads the ledger's ends.
//!
//! Tested in `tests/flows.rs` and `tests/first_class.rs`; the ledger's part in `tollgate_quota`, `tests/reserve.rs`.

mod offered_load;

use crate::Config;
use crate::demand::RandomDemand;
use crate::foreign::Supply;
use crate::queue::{Queue, Standing};
use crate::resource::{Resource, ResourceKey};
use crate::situation::Situation;
use offered_load::OfferedLoad;
use std::collections::BTreeMap;
use std::time::Duration;
use tollgate_model::{FlowId, Instant, LimitId, RouteId};

/// How long before its deadline a call that was taken in may take reserved slots.
pub(crate) const DUE_WITHIN: Duration = Duration::from_millis(400);
/// Standard deviations of chance for which other applications go before the last class where a start is foretold.
const OTHERS: f64 = 3.0;
/// Offered loads and reserves are found anew after this part of the recent span: after 15 ms where that is a minute.
const REFRESHES: u32 = 4_096;
/// A reserve is found anew, too, once this part of the slots that were free has come back.
const MORE_ROOM: u32 = 8;
/// The shortest pause before the next look at whether a reserve has become smaller.
const SOONEST: Duration = Duration::from_millis(1);
/// The longest such pause.
const LATEST: Duration = Duration::from_secs(1);

/// What is reserved of each resource, for whom, and when to look again.
#[derive(Debug)]
pub(crate) struct Reservations {
    /// The most important class of all flows.
    top_class: u8,
    /// The highest rate, in slots a second, at which those ask for whom the last choice of a lane reserved slots.
    highest_rate: f64,
    /// By class: the load that the classes above it have offered.
    offered: BTreeMap<u8, OfferedLoad>,
    /// By class and resource: what calls of the class have to leave free.
    reserves: BTreeMap<(u8, ResourceKey), Reserve>,
}

/// Slots of a resource that a class has to leave free, found a moment ago.
#[derive(Debug, Default)]
struct Reserve {
    /// When they are to be found again.
    until: Instant,
    slots: f64,
    /// The fewest slots that were free since. When many more are free, they have come back meanwhile, and those that
    /// were expected to come back soon have to be reserved among them.
    room: u32,
}

impl Reservations {
    pub(crate) fn new(config: &Config) -> Self {
        let classes = config.flows.iter().map(|flow| flow.priority);
        Self {
            top_class: classes.min().unwrap_or(0),
            highest_rate: 0.0,
            offered: BTreeMap::new(),
            reserves: BTreeMap::new(),
        }
    }

    /// Flows have changed.
    pub(crate) fn follow(&mut self, config: &Config) {
        *self = Self::new(config);
    }

    /// A lane is about to be chosen: [`Self::next_look`] will be about this choice.
    pub(crate) fn begin_choice(&mut self) {
        self.highest_rate = 0.0;
    }

    /// Limits or routes have changed: what was found under the old ones is not used again.
    pub(crate) fn forget(&mut self) {
        self.offered.clear();
        self.reserves.clear();
    }

    /// When to look again at calls that reserves hold back. A reserve is a slot less each time a call of the higher
    /// class could have come and didn't; and it doesn't bind a call whose deadline is near.
    pub(crate) fn next_look(&self, queue: &Queue, now: Instant) -> Instant {
        let pause = Duration::try_from_secs_f64(1.0 / self.highest_rate).unwrap_or(LATEST);
        let again = now + pause.clamp(SOONEST, LATEST);
        match queue.next_due(now + DUE_WITHIN) {
            Some(deadline) => again.min(deadline.before(DUE_WITHIN)),
            None => again,
        }
    }

    /// Whether a call of the flow on the route may take its slots now: it leaves what is reserved for the classes
    /// above it, and for other applications, until its slots come back.
    pub(crate) fn allow(&mut self, flow: FlowId, route: RouteId, s: &mut Situation<'_>) -> bool {
        let offered = self.offered(flow, s);
        let none_above = offered.is_none_or(|offered| offered.is_none);
        if none_above && s.foreign.is_none() {
            return true;
        }
        let crate::Route { cost, pool, .. } = &s.config.routes[route.index()];
        for limit in s.config.passed(flow, route) {
            if !self.allow_of(&Resource::Limit(limit), flow, *cost, s) {
                return false;
            }
        }
        if none_above {
            return true;
        }
        let (pools, now) = (&s.resources.pools, s.now);
        let tokens = pool.filter(|&pool| {
            let by = now + pools.fetch_takes(pool, now) * 2;
            !pools.may_grow(pool, s.config, now, by)
        });
        tokens.is_none_or(|pool| {
            let limits = s.resources.pools.pools[pool.index()].aggregates.len();
            (0..limits).all(|at| self.allow_of(&Resource::Tokens(pool, at), flow, *cost, s))
        })
    }

    /// Whether a call of this cost may take its slots of the resource.
    fn allow_of(
        &mut self,
        resource: &Resource,
        flow: FlowId,
        cost: u32,
        s: &mut Situation<'_>,
    ) -> bool {
        if let Resource::Limit(limit) = *resource
            && s.queue.is_last(flow)
        {
            let supply = self.supply(limit, flow, s);
            let next = s.foreign.next(supply, cost, s.now);
            if next > s.now {
                let rate = 1.0 / next.since(s.now).as_secs_f64();
                self.highest_rate = self.highest_rate.max(rate);
                return false;
            }
        }
        let reserve = self.reserve(flow, resource, s);
        let others = match resource {
            Resource::Limit(limit) if self.leaves_to_others(flow, s.queue) => {
                s.foreign.slots(*limit)
            }
            _ => 0,
        };
        let ledger = resource.ledger(s.resources);
        let room = ledger.map_or(0.0, |ledger| f64::from(ledger.room_beside(others, s.now)));
        let allows = reserve <= 0.0 || room - f64::from(cost) >= reserve;
        if !allows {
            let (above, others) = self.rates_before(flow, resource, s);
            self.highest_rate = self.highest_rate.max(above + others);
        }
        allows
    }

    /// Whether the flow has a call's slots of each of its limits beside those that others have had in a recent
    /// period. A call that was promised a start was promised it so.
    pub(crate) fn have_room_for_others(
        &mut self,
        flow: FlowId,
        route: RouteId,
        s: &mut Situation<'_>,
    ) -> bool {
        if s.foreign.is_none() || !self.leaves_to_others(flow, s.queue) {
            return true;
        }
        let cost = s.config.routes[route.index()].cost;
        for limit in s.config.passed(flow, route) {
            let left = s.foreign.slots(limit);
            let ledger = &mut s.resources.ledgers[limit.index()];
            if left > ledger.left_free() && ledger.room_beside(left, s.now) < cost {
                let period = ledger.period().unwrap_or(LATEST).as_secs_f64();
                let rate = f64::from(ledger.allowed()) / period;
                self.highest_rate = self.highest_rate.max(rate);
                return false;
            }
        }
        true
    }

    /// Whether calls of the flow leave slots to other applications. Those of the first class don't, where our lower
    /// classes can: they leave what both need.
    pub(crate) fn leaves_to_others(&self, flow: FlowId, queue: &Queue) -> bool {
        queue.class(flow) != self.top_class || queue.is_last(flow)
    }

    /// Slots of the resource that have to be free before a call of the flow takes one, as it was a moment ago.
    pub(crate) fn reserve(
        &mut self,
        flow: FlowId,
        resource: &Resource,
        s: &mut Situation<'_>,
    ) -> f64 {
        let (above, others) = self.rates_before(flow, resource, s);
        if above + others <= 0.0 {
            return 0.0;
        }
        let (recent, now) = (s.queue.recent(), s.now);
        let Some(ledger) = resource.ledger(s.resources) else {
            return 0.0;
        };
        let key = (s.queue.class(flow), resource.key());
        let known = self.reserves.entry(key).or_default();
        let room = ledger.room(now);
        if known.until <= now || room > known.room + known.room / MORE_ROOM {
            let demand = RandomDemand::to_reserve(above, recent).and(others, 0.0);
            known.slots = ledger.reserve(Duration::ZERO, now, |span| demand.within(span));
            known.room = room;
            let fresh = now + recent / REFRESHES;
            let closing = ledger.next_closing(now);
            known.until = closing.map_or(fresh, |closing| closing.min(fresh));
        }
        known.room = known.room.min(room);
        known.slots
    }

    /// What [`Self::reserve`] may have risen to when a span has passed.
    pub(crate) fn reserve_in(
        &mut self,
        span: Duration,
        flow: FlowId,
        resource: &Resource,
        s: &mut Situation<'_>,
    ) -> f64 {
        let reserve = self.reserve(flow, resource, s);
        if reserve <= 0.0 {
            return reserve;
        }
        let (above, others) = self.rates_before(flow, resource, s);
        let demand = RandomDemand::to_foresee(above, s.queue.recent()).and(others, 0.0);
        let ledger = resource.ledger(s.resources);
        let then = ledger.map_or(0.0, |ledger| {
            ledger.reserve(span, s.now, |span| demand.within(span))
        });
        let Resource::Limit(limit) = resource else {
            return reserve.max(then);
        };
        let left = s.foreign.left_of_window(*limit, s.now + span);
        reserve.max(then).max(others * left.as_secs_f64())
    }

    /// What the flow, which is of the last class, may have of the limit.
    pub(crate) fn supply(&mut self, limit: LimitId, flow: FlowId, s: &mut Situation<'_>) -> Supply {
        let (above, _) = self.rates_before(flow, &Resource::Limit(limit), s);
        let room = s.resources.ledgers[limit.index()].room(s.now);
        Supply { limit, room, above }
    }

    /// What other applications will take of the resource before a start of the flow that is foretold.
    pub(crate) fn demand_of_others(
        &self,
        resource: &Resource,
        standing: Standing,
        flow: FlowId,
        s: &Situation<'_>,
    ) -> RandomDemand {
        let others = match resource {
            Resource::Limit(limit) => self.rate_of_others(flow, *limit, s),
            _ => 0.0,
        };
        // Chance is the last class's to bear.
        let bears = standing == Standing::Newcomer && s.queue.is_last(flow);
        let deviations = if bears { OTHERS } else { 0.0 };
        RandomDemand::to_reserve(0.0, s.queue.recent()).and(others, deviations)
    }

    /// Slots a second of the resource that go before calls of the flow: what the classes above it have asked for of
    /// late, and what other applications take.
    fn rates_before(&mut self, flow: FlowId, resource: &Resource, s: &Situation<'_>) -> (f64, f64) {
        let above = match self.offered(flow, s) {
            Some(offered) if !offered.is_none => offered.of(resource),
            _ => 0.0,
        };
        // The last class is spread over the window, so that nobody waits for what it leaves.
        let is_spread = above <= 0.0 && s.queue.is_last(flow);
        let others = match resource {
            Resource::Limit(limit) if !is_spread => self.rate_of_others(flow, *limit, s),
            _ => 0.0,
        };
        (above, others)
    }

    /// Slots a second of the limit that other applications take, and calls of the flow leave to them.
    fn rate_of_others(&self, flow: FlowId, limit: LimitId, s: &Situation<'_>) -> f64 {
        match self.leaves_to_others(flow, s.queue) {
            true => s.foreign.per_second(limit, s.now),
            false => 0.0,
        }
    }

    /// The load that the classes above the flow's have offered, as it was a moment ago. None for the first class.
    fn offered(&mut self, flow: FlowId, s: &Situation<'_>) -> Option<&OfferedLoad> {
        let class = s.queue.class(flow);
        if class == self.top_class {
            return None;
        }
        let offered = self.offered.entry(class).or_default();
        if offered.until <= s.now {
            let above = s.queue.above(class, s.now);
            offered.count(s.config, &s.resources.ledgers, above);
            offered.until = s.now + s.queue.recent() / REFRESHES;
        }
        Some(offered)
    }
}
