//! One node: its engine, and what it says and is told of what is shared.

use crate::scenario::Scenario;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;
use tollgate_config::ClusterConfig;
use tollgate_engine::{Config, Engine, Event, Lease, Mode};
use tollgate_lease::{
    Answer, Demand, LimitKey, MemberId, Node, Request, SOON, SharedLimit, TokenWants, Value,
};
use tollgate_model::{ClientId, Instant, LimitId};

/// What the store calls itself. It never restarts.
pub(super) const SERVER: &str = "memory";

/// What is shared.
#[derive(Debug)]
pub(super) struct SharedTable {
    entries: BTreeMap<LimitKey, (Entry, SharedLimit)>,
}

/// What the engine has under a key.
#[derive(Clone, Copy, Debug)]
enum Entry {
    Limit(LimitId),
    /// The tokens of a client.
    Tokens(ClientId),
}

impl SharedTable {
    /// Each limit of the tables that holds calls back, none of a single token among them; and each client's tokens.
    pub(super) fn new(scenario: &Scenario, config: &Config) -> Self {
        let timeouts = scenario.actions.iter().map(|action| action.timeout);
        let longest = timeouts.max().unwrap_or_default() + config.policy.grace;
        let enforced = config.limits.with_ids();
        let enforced = enforced.filter(|(_, limit)| limit.mode == Mode::Enforce);
        let limits = enforced.map(|(id, limit)| {
            let shared = SharedLimit {
                name: None,
                allowed: limit.rule.allowed(),
                tail: longest + limit.rule.period().unwrap_or_default(),
                moves_singly: false,
            };
            // Limits of several clients have one name; all nodes have one table.
            (id.index().to_string(), (Entry::Limit(id), shared))
        });
        let tokens = config.clients.with_ids().map(|(id, client)| {
            let shared = SharedLimit {
                name: None,
                allowed: client.max_tokens,
                tail: Duration::ZERO,
                moves_singly: true,
            };
            (
                format!("tokens:{}", id.index()),
                (Entry::Tokens(id), shared),
            )
        });
        Self {
            entries: limits.chain(tokens).collect(),
        }
    }
}

#[derive(Debug)]
pub(super) struct Member {
    pub(super) engine: Engine,
    pub(super) node: Node,
    demands: BTreeMap<LimitId, Demand>,
    of_tokens: BTreeMap<ClientId, TokenWants>,
    shared: Rc<SharedTable>,
}

impl Member {
    pub(super) fn new(place: u32, config: Config, seed: u64, shared: Rc<SharedTable>) -> Self {
        let member = MemberId::new(format!("node-{}", place + 1), place.into());
        let entries = shared.entries.iter();
        let limits = entries.map(|(key, (_, limit))| (key.clone(), limit.clone()));
        Self {
            engine: Engine::new(config, seed, Instant::ZERO),
            node: Node::new(member, ClusterConfig::LEASE, limits),
            demands: BTreeMap::new(),
            of_tokens: BTreeMap::new(),
            shared,
        }
    }

    /// Follows what is asked for.
    pub(super) fn look(&mut self, now: Instant) {
        let of_limits = self.engine.demand(SOON, now);
        let of_clients = self.engine.token_demand(SOON, now);
        for (key, (entry, _)) in &self.shared.entries {
            let wants = match entry {
                Entry::Limit(limit) => {
                    let of = &of_limits[limit.index()];
                    let demand = self.demands.entry(*limit).or_default();
                    demand.wants(of.by_class(), &of.guaranteed, of.used, now)
                }
                Entry::Tokens(client) => {
                    let Some(of) = of_clients.iter().find(|it| it.client == *client) else {
                        continue;
                    };
                    let demand = self.of_tokens.entry(*client).or_default();
                    demand.wants(&of.tokens, now)
                }
            };
            self.node.want(key, wants);
        }
    }

    /// What the node says to a value that it has read. Before that its ledgers give back what it owes.
    pub(super) fn ask(&mut self, found: (u64, &Value), now: Instant) -> Request {
        self.node.see(found, SERVER, now);
        for (key, slots) in self.node.owed() {
            match self.shared.entries.get(&key) {
                Some((Entry::Limit(limit), _)) => {
                    let given = self.engine.give_back(*limit, slots, now);
                    self.node.give_back(&key, given.free, &given.settled);
                }
                Some((Entry::Tokens(client), _)) => {
                    self.use_tokens(*client, self.node.slots(&key) - slots, now);
                    self.node.give_back(&key, slots, &[]);
                }
                None => {}
            }
        }
        self.node.request(now)
    }

    /// The value of this revision has what the node asked for.
    pub(super) fn hear(&mut self, answer: &Answer, revision: u64, now: Instant) {
        for (key, lease) in self.node.answer(answer, revision, now) {
            match self.shared.entries.get(&key) {
                Some((Entry::Limit(limit), _)) => {
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
                    let event = Event::SetGuarantees {
                        limit: *limit,
                        slots: lease.guaranteed,
                    };
                    self.engine.handle_event(event, now);
                }
                Some((Entry::Tokens(client), _)) => self.use_tokens(*client, lease.slots, now),
                None => {}
            }
        }
    }

    fn use_tokens(&mut self, client: ClientId, tokens: u32, now: Instant) {
        let event = Event::SetTokenPart { client, tokens };
        self.engine.handle_event(event, now);
    }
}
