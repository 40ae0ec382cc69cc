//! One node: its engine, and what it says and is told of the limits that are shared.

use crate::scenario::Scenario;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;
use tollgate_engine::{Config, Engine, Event, Lease, LimitDemand, Mode};
use tollgate_lease::{
    Answer, Asked, Demand, LimitKey, MemberId, Node, Request, SharedLimit, Value, Wants,
};
use tollgate_model::{Instant, LimitId};

/// How long a lease lasts: the default of `[cluster]`.
const LEASE: Duration = Duration::from_secs(60);

/// The limits that are shared, and the weight of each class.
#[derive(Debug)]
pub(super) struct SharedTable {
    limits: BTreeMap<LimitKey, (LimitId, SharedLimit, Option<Duration>)>,
    weights: BTreeMap<u8, u32>,
}

impl SharedTable {
    /// Each limit of the tables that holds calls back. None of a single token is among them.
    pub(super) fn new(scenario: &Scenario, config: &Config) -> Self {
        let timeouts = scenario.actions.iter().map(|action| action.timeout);
        let longest = timeouts.max().unwrap_or_default() + config.policy.grace;
        let enforced = config.limits.with_ids();
        let enforced = enforced.filter(|(_, limit)| limit.mode == Mode::Enforce);
        let limits = enforced.map(|(id, limit)| {
            let period = limit.rule.period();
            let shared = SharedLimit {
                allowed: limit.rule.allowed(),
                tail: longest + period.unwrap_or_default(),
            };
            // Limits of several clients have one name; all nodes have one table.
            (id.index().to_string(), (id, shared, period))
        });
        let mut weights = BTreeMap::new();
        for flow in &config.flows {
            *weights.entry(flow.priority).or_default() += flow.weight;
        }
        Self {
            limits: limits.collect(),
            weights,
        }
    }
}

#[derive(Debug)]
pub(super) struct Member {
    pub(super) engine: Engine,
    pub(super) node: Node,
    demands: BTreeMap<LimitKey, Demand>,
    shared: Rc<SharedTable>,
}

impl Member {
    pub(super) fn new(place: u32, config: Config, seed: u64, shared: Rc<SharedTable>) -> Self {
        let member = MemberId::new(format!("node-{}", place + 1), place.into());
        let limits = shared.limits.iter();
        let limits = limits.map(|(key, (_, limit, _))| (key.clone(), limit.clone()));
        let keys = shared.limits.keys().cloned();
        Self {
            engine: Engine::new(config, seed, Instant::ZERO),
            node: Node::new(member, LEASE, limits),
            demands: keys.map(|key| (key, Demand::default())).collect(),
            shared,
        }
    }

    /// Follows what is asked for.
    pub(super) fn look(&mut self, now: Instant) {
        let asked = self.engine.demand(now);
        for (key, (limit, _, period)) in &self.shared.limits {
            let demand = self.demands.entry(key.clone()).or_default();
            let of_limit = &asked[limit.index()];
            let of_classes = self.shared.of_classes(of_limit);
            let wants = demand.wants(of_classes, (*period, of_limit.held), now);
            self.node.want(key, wants);
        }
    }

    /// What the node says to a value that it has read. Before that its ledgers give back what it owes.
    pub(super) fn ask(&mut self, value: &Value, now: Instant) -> Request {
        let wants: BTreeMap<LimitKey, Wants> = self.node.wants();
        let owed = value.owed(self.node.member(), &wants);
        self.node.see(&owed);
        for (key, slots) in self.node.owed() {
            if let Some((limit, ..)) = self.shared.limits.get(&key) {
                let given_back = self.engine.give_back(*limit, slots, now);
                self.node
                    .give_back(&key, given_back.free, &given_back.settled);
            }
        }
        self.node.request(now)
    }

    /// The value of this revision has what the node asked for.
    pub(super) fn hear(&mut self, answer: &Answer, revision: u64, now: Instant) {
        for (key, lease) in self.node.answer(answer, revision, now) {
            if let Some((limit, ..)) = self.shared.limits.get(&key) {
                let event = Event::SetLease {
                    limit: *limit,
                    lease: Some(Lease {
                        slots: lease.slots,
                        until: lease.until,
                        is_renewed: true,
                    }),
                    held: lease.phantoms,
                };
                self.engine.handle_event(event, now);
            }
        }
    }
}

impl SharedTable {
    /// What each class asks of a limit. Whose calls are under way the engine doesn't say; they are reckoned to the classes
    /// in proportion to what these have asked for.
    fn of_classes(&self, demand: &LimitDemand) -> Vec<(u8, Asked)> {
        let waiting: BTreeMap<u8, u64> = demand.waiting.iter().copied().collect();
        let all: u64 = demand.asked.iter().map(|(_, asked)| asked).sum();
        let of_classes = demand.asked.iter().map(|&(class, in_all)| {
            let open = u64::from(demand.open) * in_all;
            let asked = Asked {
                in_all,
                waiting: waiting.get(&class).copied().unwrap_or(0),
                open: open.div_ceil(all.max(1)),
                weight: self.weights.get(&class).copied().unwrap_or(1),
            };
            (class, asked)
        });
        of_classes.collect()
    }
}
