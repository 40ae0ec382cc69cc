//! What the clients of a pool can carry together, each under limits of its own.
//!
//! By an instant each client will have had as many slots as the scarcest of its limits gives by then,
//! and the pool as many as its clients together. A limit that several clients name gives its slots
//! once: clients take in the pool's order what those before them have left. (Where clients name several
//! such limits crosswise another order might give more.) A limit that all of them name is the route's.

use crate::Config;
use std::time::Duration;
use tollgate_model::{Instant, LimitId, PoolId};
use tollgate_quota::Ledger;

/// How exactly an instant is found. It is never told too late.
const EXACT: Duration = Duration::from_millis(1);
/// How far ahead is looked.
const FURTHEST: Duration = Duration::from_secs(7 * 86_400);

/// The limits that some clients of a pool name and others don't.
#[derive(Debug)]
pub(super) struct OwnLimits {
    limits: Vec<LimitId>,
    /// By client, places in `limits`.
    clients: Vec<Vec<usize>>,
}

impl OwnLimits {
    /// None if a client is under none, for it carries what its tokens do.
    pub(super) fn of(pool: PoolId, config: &Config) -> Option<Self> {
        let clients = config.pools[pool.index()].clients.iter();
        let clients = clients.map(|client| &config.clients[client.index()].limits);
        let of_all = |limit: &LimitId| clients.clone().all(|limits| limits.contains(limit));
        let mut own = Self {
            limits: Vec::new(),
            clients: Vec::new(),
        };
        for limits in clients.clone() {
            let mut places = Vec::new();
            for &limit in limits.iter().filter(|limit| !of_all(limit)) {
                let known = own.limits.iter().position(|&it| it == limit);
                places.push(known.unwrap_or(own.limits.len()));
                if known.is_none() {
                    own.limits.push(limit);
                }
            }
            if places.is_empty() {
                return None;
            }
            own.clients.push(places);
        }
        Some(own).filter(|own| !own.clients.is_empty())
    }

    /// The earliest instant at which the `k`-th slot from now (1 is the next) may be taken.
    pub(super) fn earliest(&self, k: u64, ledgers: &mut [Ledger], now: Instant) -> Instant {
        let mut enough = |span| self.slots_by(now + span, ledgers, now) >= k;
        if enough(Duration::ZERO) {
            return now;
        }
        let (mut few, mut many) = (Duration::ZERO, EXACT);
        while !enough(many) {
            if many > FURTHEST {
                return Instant::NEVER;
            }
            (few, many) = (many, many * 2);
        }
        while many - few > EXACT {
            let middle = (few + many) / 2;
            if enough(middle) {
                many = middle;
            } else {
                few = middle;
            }
        }
        now + few
    }

    /// The limit of the preferred client that gives the least by then.
    pub(super) fn first_full(&self, ledgers: &mut [Ledger], at: Instant, now: Instant) -> LimitId {
        let limits = self.clients[0].iter().map(|&place| self.limits[place]);
        let slots = limits.map(|limit| (ledgers[limit.index()].slots_by(at, now), limit));
        slots.min().map_or(self.limits[0], |(_, limit)| limit)
    }

    /// Slots that come free until then, those free now included.
    fn slots_by(&self, at: Instant, ledgers: &mut [Ledger], now: Instant) -> u64 {
        let limits = self.limits.iter();
        let mut left: Vec<_> = limits
            .map(|limit| ledgers[limit.index()].slots_by(at, now))
            .collect();
        let mut all = 0_u64;
        for places in &self.clients {
            let slots = places.iter().map(|&place| left[place]).min().unwrap_or(0);
            places.iter().for_each(|&place| left[place] -= slots);
            all = all.saturating_add(slots);
        }
        all
    }
}
