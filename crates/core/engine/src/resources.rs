//! Everything a call takes a slot of: the shared ledgers and the token pools.
//!
//! A look has no side effect but that a route without room is remembered as blocked, until something
//! happens to a slot, or time frees one.

use crate::counted::Counted;
use crate::journal::{CallSlots, Journal};
use crate::learned_limit::is_learned;
use crate::pool::Pools;
use crate::{Config, LimitSpec, Mode};
use std::sync::Arc;
use tollgate_model::{ClientId, FlowId, Instant, LimitId, RouteId, TokenId};
use tollgate_quota::{Lease, Ledger, Span};

#[derive(Debug)]
pub(crate) struct Resources {
    config: Arc<Config>,
    /// Limits that calls are counted under, and that hold none back.
    counted: Counted,
    /// By `LimitId`.
    pub(crate) ledgers: Vec<Ledger>,
    pub(crate) pools: Pools,
    pub(crate) journal: Journal,
    /// By `RouteId`: until when the route is known to have no room, unless something happens.
    blocked: Vec<Instant>,
    /// By `RouteId`: until when a 429 has shut the route.
    closed: Vec<Instant>,
    /// Whether a limit is shared with other processes.
    any_leased: bool,
    /// The latest instant until which a call may wait for the answer of a window's first call.
    answered_by: Instant,
}

/// What a call passes and what it costs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Passage {
    pub(crate) route: RouteId,
    pub(crate) flow: FlowId,
    pub(crate) client: Option<ClientId>,
    pub(crate) token: Option<TokenId>,
    pub(crate) cost: u32,
}

impl Resources {
    pub(crate) fn new(config: Arc<Config>, counted: Counted, now: Instant) -> Self {
        let limits = config.limits.iter();
        let mut resources = Self {
            ledgers: limits.map(|limit| ledger(&config, limit)).collect(),
            pools: Pools::new(&config),
            journal: Journal::new(config.limits.len(), now),
            blocked: vec![Instant::ZERO; config.routes.len()],
            closed: vec![Instant::ZERO; config.routes.len()],
            any_leased: false,
            answered_by: Instant::ZERO,
            config,
            counted,
        };
        resources.note_leases();
        resources.leave_free();
        resources
    }

    /// Whether the route is not known to have no room.
    pub(crate) fn may_start(&self, route: RouteId, now: Instant) -> bool {
        self.blocked[route.index()].max(self.closed[route.index()]) <= now
    }

    /// Sends nothing on the route until this instant, and then again.
    pub(crate) fn close_route(&mut self, route: RouteId, until: Instant) {
        if let Some(closed) = self.closed.get_mut(route.index()) {
            *closed = until;
        }
    }

    /// Until when the route is shut by a 429; an instant that has passed if it is not.
    pub(crate) fn closed_until(&self, route: RouteId) -> Instant {
        self.closed[route.index()]
    }

    /// When something may be sent on the route, as far as answers 429 are in the way.
    pub(crate) fn opens(&self, route: RouteId) -> Instant {
        let pool = self.config.routes[route.index()].pool;
        let pool = pool.map(|pool| self.pools.opens(pool, &self.config));
        self.closed_until(route).max(pool.unwrap_or(Instant::ZERO))
    }

    /// Takes further limits and routes over: `config` is the old configuration with more at the tables' ends.
    pub(crate) fn extend(&mut self, config: Arc<Config>, counted: Counted) {
        let limits = config.limits.iter().skip(self.ledgers.len());
        self.ledgers
            .extend(limits.map(|limit| ledger(&config, limit)));
        self.pools.extend(&config);
        self.journal.extend(config.limits.len());
        self.blocked.resize(config.routes.len(), Instant::ZERO);
        self.closed.resize(config.routes.len(), Instant::ZERO);
        self.config = config;
        self.counted = counted;
        self.note_leases();
        self.leave_free();
    }

    /// Limits that calls are counted under, and that hold none back.
    pub(crate) fn counted(&self) -> &Counted {
        &self.counted
    }

    /// A route takes the place of another one for some of its calls.
    pub(crate) fn copy_route(&mut self, from: RouteId, to: RouteId) {
        self.counted.copy_route(from, to);
    }

    /// Whether a call on this route may be sent now. Remembers a no until something changes.
    pub(crate) fn can_start(&mut self, route: RouteId, now: Instant) -> bool {
        if !self.may_start(route, now) {
            return false;
        }
        let pool = self.config.routes[route.index()].pool;
        let room =
            self.has_room(route, now) && pool.is_none_or(|_| self.token_for(route, now).is_some());
        if !room {
            let until = self.route_room(route, now);
            self.blocked[route.index()] = until.unwrap_or(Instant::NEVER);
        }
        room
    }

    pub(crate) fn token_for(&mut self, route: RouteId, now: Instant) -> Option<TokenId> {
        let it = &self.config.routes[route.index()];
        let (clients, ledgers) = (&self.config.clients, &mut self.ledgers);
        self.pools.choose(it.pool?, it.cost, now, |client| {
            room(ledgers, &clients[client.index()].limits, it.cost, now)
        })
    }

    /// The token that a call takes which waits for no limit: one with room if there is one, else the one under which the
    /// fewest calls are held.
    pub(crate) fn any_token(&mut self, route: RouteId, now: Instant) -> Option<TokenId> {
        let with_room = self.token_for(route, now);
        let pool = self.config.routes[route.index()].pool?;
        with_room.or_else(|| self.pools.least_held(pool, now))
    }

    /// The client that is to fetch a token for calls that wait on this route, if its pool may grow; `beside`
    /// others that it fetches, or only if it fetches none.
    pub(crate) fn grower(
        &mut self,
        route: RouteId,
        now: Instant,
        beside: bool,
    ) -> Option<ClientId> {
        let it = &self.config.routes[route.index()];
        let (config, ledgers) = (&self.config, &mut self.ledgers);
        self.pools.grower(it.pool?, config, now, beside, |client| {
            let limits = &config.clients[client.index()].limits;
            room(ledgers, limits, it.cost, now)
        })
    }

    /// Whether the route's own limits have room; its tokens aside.
    pub(crate) fn has_room(&mut self, route: RouteId, now: Instant) -> bool {
        let it = &self.config.routes[route.index()];
        room(&mut self.ledgers, &it.limits, it.cost, now)
    }

    /// Whether the flow's own limits have room for a call on this route.
    pub(crate) fn flow_has_room(&mut self, flow: FlowId, route: RouteId, now: Instant) -> bool {
        let cost = self.config.routes[route.index()].cost;
        let limits = &self.config.flows[flow.index()].limits;
        room(&mut self.ledgers, limits, cost, now)
    }

    /// When a call of the flow's on this route may have room, or a token be fetched for it, by the passing of
    /// time alone.
    pub(crate) fn lane_room(
        &mut self,
        flow: FlowId,
        route: RouteId,
        now: Instant,
    ) -> Option<Instant> {
        let latest = self.route_room(route, now)?;
        let cost = self.config.routes[route.index()].cost;
        let limits = &self.config.flows[flow.index()].limits;
        Some(rooms(&mut self.ledgers, limits, cost, now)?.max(latest))
    }

    /// When a call on this route may have room, or a token be fetched for it, by the passing of time alone.
    fn route_room(&mut self, route: RouteId, now: Instant) -> Option<Instant> {
        let it = &self.config.routes[route.index()];
        let closed_until = self.closed_until(route);
        let limits = rooms(&mut self.ledgers, &it.limits, it.cost, now)?;
        let latest = limits.max(closed_until);
        let Some(pool) = it.pool else {
            return Some(latest);
        };
        let (config, ledgers, pools) = (&self.config, &mut self.ledgers, &mut self.pools);
        let mut next: Option<Instant> = None;
        for &client in &config.pools[pool.index()].clients {
            // A client carries the call once its own limits have room and one of its tokens does. A further
            // token is fetched once the call could be sent with it: before that there is none whose coming
            // could wake anybody. What could be fetched now is not needed, or it was fetched.
            let token = pools.next_room(client, it.cost, now);
            let token = token.map(|at| at.max(latest));
            let fetch = pools.may_fetch_from(client, config);
            let fetch = fetch.map(|at| at.max(limits));
            if token.is_none() && fetch.is_none() {
                continue;
            }
            let own = &config.clients[client.index()].limits;
            let Some(own) = rooms(ledgers, own, it.cost, now) else {
                continue;
            };
            let fetch = fetch.map(|at| at.max(own)).filter(|&at| at > now);
            let token = token.map(|at| at.max(own));
            next = next.into_iter().chain(token).chain(fetch).min();
        }
        next
    }

    /// Limits that hold a call back and that it shares with others: its route's, its client's, its flow's.
    fn binding<'a>(config: &'a Config, it: &Passage) -> [&'a [LimitId]; 3] {
        let client = it.client.map(|client| &config.clients[client.index()]);
        [
            &config.routes[it.route.index()].limits,
            client.map_or(&[], |client| &client.limits),
            &config.flows[it.flow.index()].limits,
        ]
    }

    /// The limits that the call shares with others.
    pub(crate) fn limits_of(&self, it: &Passage) -> impl Iterator<Item = LimitId> {
        let counted = self.counted.of(it.route, it.client, it.flow);
        let lists = [Some(Self::binding(&self.config, it)), counted];
        lists.into_iter().flatten().flat_map(each_once)
    }

    /// Takes all slots of a call, which is given up at `give_up` at the latest.
    pub(crate) fn take(&mut self, it: &Passage, now: Instant, give_up: Instant) {
        let (ledgers, journal) = (&mut self.ledgers, &mut self.journal);
        let mut answered_by = self.answered_by;
        let mut take = |limit: LimitId| {
            let ledger = &mut ledgers[limit.index()];
            ledger.take(now, it.cost);
            answered_by = answered_by.max(ledger.answered_by(now));
            let (slots, at_once) = match ledger.period() {
                Some(_) => (it.cost, 0),
                None => (1, ledger.held(now)),
            };
            let allowed = ledger.allowed();
            let call = CallSlots {
                slots,
                allowed,
                at_once,
                give_up,
            };
            journal.take(limit, call);
        };
        each_once(Self::binding(&self.config, it)).for_each(&mut take);
        if let Some(counted) = self.counted.of(it.route, it.client, it.flow) {
            each_once(counted).for_each(take);
        }
        self.answered_by = answered_by;
        if let Some(token) = it.token {
            self.pools.take(token, it.cost, now);
            let held = self.pools.tokens.get(token);
            let ledgers = held.into_iter().flat_map(|held| &held.ledgers);
            let answered_by = ledgers.map(|ledger| ledger.answered_by(now)).max();
            self.answered_by = self.answered_by.max(answered_by.unwrap_or_default());
        }
    }

    /// Whether calls may wait for the answer of a window's first call.
    pub(crate) fn any_waits_for_answer(&self, now: Instant) -> bool {
        self.answered_by > now
    }

    /// Whether a call on this route has room that is used once another call is answered.
    pub(crate) fn waits_for_answer(&self, route: RouteId, now: Instant) -> bool {
        let waits = |ledger: &Ledger| ledger.waits_for_answer(now);
        let of_token = |token: TokenId| {
            let held = self.pools.tokens.get(token);
            held.is_some_and(|held| held.ledgers.iter().any(waits))
        };
        self.any_waits_for_answer(now)
            && (self
                .limits_before(route)
                .any(|limit| waits(&self.ledgers[limit.index()]))
                || self.open_tokens(route).into_iter().any(of_token))
    }

    /// Lets one more call of this route go before another is answered.
    pub(crate) fn wait_no_more(&mut self, route: RouteId, now: Instant) {
        let limits: Vec<LimitId> = self.limits_before(route).collect();
        for limit in limits {
            self.ledgers[limit.index()].wait_no_more();
        }
        for token in self.open_tokens(route) {
            let held = self.pools.tokens.get_mut(token);
            let ledgers = held.into_iter().flat_map(|held| &mut held.ledgers);
            ledgers.for_each(Ledger::wait_no_more);
            self.pools.rewatch(token, now);
        }
        self.unblock();
    }

    /// The limits of the route and of its pool's clients.
    fn limits_before(&self, route: RouteId) -> impl Iterator<Item = LimitId> {
        let it = &self.config.routes[route.index()];
        let pool = it.pool.map(|pool| &self.config.pools[pool.index()].clients);
        let clients = pool.into_iter().flatten();
        let of_clients = clients.flat_map(|it| &self.config.clients[it.index()].limits);
        it.limits.iter().chain(of_clients).copied()
    }

    fn open_tokens(&self, route: RouteId) -> Vec<TokenId> {
        let pool = self.config.routes[route.index()].pool;
        pool.map_or(Vec::new(), |pool| self.pools.open_tokens(pool))
    }

    /// Applies `change` to every ledger that the call has slots of.
    pub(crate) fn each_ledger(
        &mut self,
        it: &Passage,
        now: Instant,
        mut change: impl FnMut(&mut Ledger),
    ) {
        self.each_shared(it, &mut change);
        if let Some(token) = it.token {
            self.pools.each_ledger(token, change);
            self.pools.rewatch(token, now);
        }
        self.unblock();
    }

    /// Applies `change` to the ledgers that the call shares with others.
    pub(crate) fn each_shared(&mut self, it: &Passage, mut change: impl FnMut(&mut Ledger)) {
        let ledgers = &mut self.ledgers;
        let mut change = |limit: LimitId| change(&mut ledgers[limit.index()]);
        each_once(Self::binding(&self.config, it)).for_each(&mut change);
        if let Some(counted) = self.counted.of(it.route, it.client, it.flow) {
            each_once(counted).for_each(change);
        }
    }

    /// Notes that limits have changed.
    pub(crate) fn configure(&mut self, config: Arc<Config>) {
        for (ledger, limit) in self.ledgers.iter_mut().zip(&config.limits) {
            match Span::of(limit.rule) {
                Some(span) => ledger.obey(span),
                None => ledger.set_allowed(limit.rule.allowed()),
            }
        }
        self.pools.configure(&config);
        self.config = config;
        self.leave_free();
        self.unblock();
    }

    /// Whether a limit is shared with other processes.
    pub(crate) fn any_leased(&self) -> bool {
        self.any_leased
    }

    /// When the first of the leases ends of the limits that the call shares with others.
    pub(crate) fn lease_ends(&self, it: &Passage) -> Option<Instant> {
        if !self.any_leased {
            return None;
        }
        let leases = self
            .limits_of(it)
            .filter_map(|limit| self.ledgers[limit.index()].lease());
        leases.map(|lease| lease.until).min()
    }

    /// Notes that leases have changed.
    pub(crate) fn note_leases(&mut self) {
        self.any_leased = self.ledgers.iter().any(|it| it.lease().is_some());
    }

    /// Leaves free of each limit what the configuration says.
    fn leave_free(&mut self) {
        for (limit, ledger) in self.config.limits.iter().zip(&mut self.ledgers) {
            if let Some(leave) = limit.leave {
                ledger.leave_free(leave.of_ledger(ledger));
            }
        }
    }

    /// Notes that slots have become free, or may have.
    pub(crate) fn unblock(&mut self) {
        self.blocked.fill(Instant::ZERO);
        self.journal.changed = true;
    }
}

/// The ledger that a limit begins with: of one that is shared, with nothing of it.
fn ledger(config: &Config, limit: &LimitSpec) -> Ledger {
    let mut ledger = Ledger::new(limit.rule);
    let is_shared = config.policy.shares_limits && limit.mode == Mode::Enforce;
    if is_shared && !is_learned(limit) {
        ledger.set_lease(Some(Lease {
            slots: 0,
            until: Instant::ZERO,
            is_renewed: false,
        }));
    }
    ledger
}

/// The limits of three lists, each once.
fn each_once([route, client, flow]: [&[LimitId]; 3]) -> impl Iterator<Item = LimitId> {
    let of_client = client.iter().filter(|it| !route.contains(it));
    let of_flow = flow
        .iter()
        .filter(|it| !route.contains(it) && !client.contains(it));
    route.iter().chain(of_client).chain(of_flow).copied()
}

fn room(ledgers: &mut [Ledger], limits: &[LimitId], cost: u32, now: Instant) -> bool {
    limits
        .iter()
        .all(|limit| ledgers[limit.index()].has_room(now, cost))
}

/// When all the limits have room by the passing of time alone; none while one of them waits for an
/// answer.
fn rooms(ledgers: &mut [Ledger], limits: &[LimitId], cost: u32, now: Instant) -> Option<Instant> {
    limits.iter().try_fold(now, |latest, limit| {
        Some(latest.max(ledgers[limit.index()].next_room(now, cost)?))
    })
}
