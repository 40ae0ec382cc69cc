//! What is asked for of each shared limit, for whoever divides limits among processes.

use super::machine::Engine;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tollgate_model::{ClassDemand, FlowDemand, FlowId, Instant, LimitId, LimitUse, RouteId};
use tollgate_quota::Ledger;

/// What is asked for of a shared limit, and held of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LimitDemand {
    /// Which.
    pub limit: LimitId,
    /// What processes that share it call it ([`crate::LimitSpec::key`]).
    pub key: String,
    /// What people call it: scope and name.
    pub shown: String,
    /// What it allows in all, as far as this process knows: calls per window or at once.
    pub allowed: u32,
    /// Whether this process has only a part of it.
    pub is_leased: bool,
    /// The part that an earlier process had at its last checkpoint, as long as this one has none.
    pub earlier_part: Option<u32>,
    /// By class: the sum of the weights of the flows that have asked since the engine began.
    pub weights: Vec<(u8, u32)>,
    /// By class, the most important first: slots that submissions have asked for since the engine began, whatever became
    /// of them. It only rises.
    pub asked: Vec<(u8, u64)>,
    /// By class: slots of the calls that wait, or pause before another try.
    pub waiting: Vec<(u8, u64)>,
    /// Flows that are guaranteed something of it.
    pub guaranteed: Vec<FlowDemand>,
    /// What is used of it here. Held are those slots, too, that other processes' calls are reckoned to hold as long.
    pub used: LimitUse,
    /// Of the slots that are held, those of calls under way whose ends are not known.
    pub open: u32,
    /// Until when a 429 has closed it.
    pub closed_until: Option<Instant>,
}

impl LimitDemand {
    /// What each class asks for, the most important first. The engine doesn't count calls under way by class: they are
    /// reckoned to the classes in proportion to what these have asked for.
    pub fn by_class(&self) -> impl Iterator<Item = ClassDemand> {
        let all: u64 = self.asked.iter().map(|(_, asked)| asked).sum();
        let weights = self.weights.iter().zip(&self.asked);
        weights.map(move |(&(class, weight), &(_, asked))| {
            let waiting = self.waiting.iter().find(|(it, _)| *it == class);
            ClassDemand {
                class,
                weight,
                asked,
                waiting: waiting.map_or(0, |(_, slots)| *slots),
                open: (u64::from(self.open) * asked).div_ceil(all.max(1)),
            }
        })
    }
}

impl Engine {
    /// What is asked for of each shared limit, in the order of the table, and what of it will stay held for longer than
    /// `soon`. A call that may go by one of several clients asks each of them for its part.
    #[must_use]
    pub fn demand(&self, soon: Duration, now: Instant) -> Vec<LimitDemand> {
        let mut demands: Vec<BTreeMap<u8, OfClass>> = Vec::new();
        demands.resize_with(self.config.limits.len(), BTreeMap::new);
        for lane in self.queue.all_lanes() {
            let class = self.queue.class(lane.flow);
            let waiting = lane.all_waiting() as u64;
            for (limit, slots, parts) in self.asks_for(lane.flow, lane.route) {
                let of_class = demands[limit.index()].entry(class).or_default();
                of_class.asked += lane.asked * slots / parts;
                of_class.waiting += (waiting * slots).div_ceil(parts);
                of_class.flows.insert(lane.flow);
            }
        }
        let mut guaranteed = self.guaranteed_demand(soon, now);
        let limits = self.config.limits.with_ids().zip(&self.resources.ledgers);
        let all = demands.into_iter().zip(limits);
        all.map(|(classes, ((id, limit), ledger))| LimitDemand {
            limit: id,
            key: limit.key(),
            shown: limit.shown(),
            allowed: ledger.allowed(),
            is_leased: ledger.lease().is_some(),
            earlier_part: self.earlier_part(id),
            weights: each(&classes, |it| self.weight(&it.flows)),
            asked: each(&classes, |it| it.asked),
            waiting: {
                let mut waiting = each(&classes, |it| it.waiting);
                waiting.retain(|(_, slots)| *slots > 0);
                waiting
            },
            guaranteed: guaranteed.remove(&id).unwrap_or_default(),
            used: ledger_use(ledger, soon, now),
            open: ledger.under_way(),
            closed_until: ledger.closed_until(now),
        })
        .collect()
    }

    /// By limit: what flows ask for to which something of it is guaranteed.
    fn guaranteed_demand(
        &self,
        soon: Duration,
        now: Instant,
    ) -> BTreeMap<LimitId, Vec<FlowDemand>> {
        let mut demands: BTreeMap<LimitId, Vec<FlowDemand>> = BTreeMap::new();
        for (id, flow) in self.config.flows.with_ids() {
            let used = self.queue.started_by_right(id, soon, now);
            let Some((guarantee, used)) = flow.guarantee.zip(used) else {
                continue;
            };
            let mut demand = FlowDemand {
                flow: flow.name.clone(),
                class: flow.priority,
                guarantee: guarantee.slots,
                asked: 0,
                waiting: 0,
                used,
            };
            for lane in self.queue.all_lanes().filter(|lane| lane.flow == id) {
                let passed = self.asks_for(id, lane.route).into_iter();
                for (.., parts) in passed.filter(|(limit, ..)| *limit == guarantee.limit) {
                    demand.asked += lane.asked / parts;
                    demand.waiting += (lane.all_waiting() as u64).div_ceil(parts);
                }
            }
            demands.entry(guarantee.limit).or_default().push(demand);
        }
        demands
    }

    fn weight(&self, flows: &BTreeSet<FlowId>) -> u32 {
        let weights = flows
            .iter()
            .map(|flow| self.config.flows[flow.index()].weight);
        weights.fold(0, u32::saturating_add)
    }

    /// Each limit that a call of the flow's on the route passes or may pass, what it takes of it, and by how many ways
    /// the call may go of which one passes it.
    fn asks_for(&self, flow: FlowId, route: RouteId) -> Vec<(LimitId, u64, u64)> {
        let config = &self.config;
        let mut asked: Vec<_> = config
            .passed(flow, route)
            .map(|limit| (limit, u64::from(config.cost_under(limit, flow, route)), 1))
            .collect();
        let Some(pool) = config.routes[route.index()].pool else {
            return asked;
        };
        let passed = asked.len();
        let clients = &config.pools[pool.index()].clients;
        for client in clients {
            for &limit in &config.clients[client.index()].limits {
                if asked[..passed].iter().all(|(known, ..)| *known != limit) {
                    let slots = match self.resources.ledgers[limit.index()].period() {
                        Some(_) => config.routes[route.index()].cost,
                        None => 1,
                    };
                    asked.push((limit, slots.into(), clients.len() as u64));
                }
            }
        }
        asked
    }
}

fn ledger_use(ledger: &Ledger, soon: Duration, now: Instant) -> LimitUse {
    let held = ledger.ours(now);
    LimitUse {
        period: ledger.period(),
        held,
        stay: ledger.ours(now + soon).min(held),
    }
}

/// What is asked of one limit in one class.
#[derive(Default)]
struct OfClass {
    asked: u64,
    waiting: u64,
    flows: BTreeSet<FlowId>,
}

fn each<T>(classes: &BTreeMap<u8, OfClass>, of: impl Fn(&OfClass) -> T) -> Vec<(u8, T)> {
    let classes = classes.iter();
    classes.map(|(class, it)| (*class, of(it))).collect()
}
