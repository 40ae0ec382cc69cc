//! One node: its engine, and what it says and is told of the limits that are shared.

use crate::scenario::Scenario;
use std::collections::BTreeMap;
use std::rc::Rc;
use tollgate_config::ClusterConfig;
use tollgate_engine::{Config, Engine, Event, Lease, Mode};
use tollgate_lease::{Answer, Demand, LimitKey, MemberId, Node, Request, SOON, SharedLimit, Value};
use tollgate_model::{Instant, LimitId};

/// The limits that are shared.
#[derive(Debug)]
pub(super) struct SharedTable {
    limits: BTreeMap<LimitKey, (LimitId, SharedLimit)>,
}

impl SharedTable {
    /// Each limit of the tables that holds calls back. None of a single token is among them.
    pub(super) fn new(scenario: &Scenario, config: &Config) -> Self {
        let timeouts = scenario.actions.iter().map(|action| action.timeout);
        let longest = timeouts.max().unwrap_or_default() + config.policy.grace;
        let enforced = config.limits.with_ids();
        let enforced = enforced.filter(|(_, limit)| limit.mode == Mode::Enforce);
        let limits = enforced.map(|(id, limit)| {
            let shared = SharedLimit {
                allowed: limit.rule.allowed(),
                tail: longest + limit.rule.period().unwrap_or_default(),
            };
            // Limits of several clients have one name; all nodes have one table.
            (id.index().to_string(), (id, shared))
        });
        Self {
            limits: limits.collect(),
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
        let limits = limits.map(|(key, (_, limit))| (key.clone(), limit.clone()));
        let keys = shared.limits.keys().cloned();
        Self {
            engine: Engine::new(config, seed, Instant::ZERO),
            node: Node::new(member, ClusterConfig::LEASE, limits),
            demands: keys.map(|key| (key, Demand::default())).collect(),
            shared,
        }
    }

    /// Follows what is asked for.
    pub(super) fn look(&mut self, now: Instant) {
        let all = self.engine.demand(SOON, now);
        for (key, (limit, _)) in &self.shared.limits {
            let demand = self.demands.entry(key.clone()).or_default();
            let of_limit = &all[limit.index()];
            let wants = demand.wants(of_limit.by_class(), of_limit.used, now);
            self.node.want(key, wants);
        }
    }

    /// What the node says to a value that it has read. Before that its ledgers give back what it owes.
    pub(super) fn ask(&mut self, value: &Value, now: Instant) -> Request {
        self.node.see(value, now);
        for (key, slots) in self.node.owed() {
            if let Some((limit, _)) = self.shared.limits.get(&key) {
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
            if let Some((limit, _)) = self.shared.limits.get(&key) {
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
