//! What is shared, and what it is called on every node.
//!
//! **A key goes by what doesn't change while nodes live.** To nodes that call one limit by two keys it is two limits, and both
//! are used. A limit of a stored integration goes by the integration's id: a rename reaches nodes one after the other.
//! One of the configuration file has no id: its key is its scope and name, which all nodes have from files that say the same,
//! unless `shared_as` says another. What people are shown is scope and name in any case. The key of a client's tokens is
//! `tokens` and the client's name, or the id of the integration that brings it.
//!
//! Where two have one key, the second is `scope:name#2`: both are shared, in the order of the tables. Nodes whose files have
//! them in another order would share the one as the other, so the log warns of it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tollgate_driver::Demands;
use tollgate_engine::{LimitDemand, TokenDemand};
use tollgate_lease::{Demand, LimitKey, SharedLimit, TokenWants, Wants};
use tollgate_model::{ClientId, Instant, LimitId};

/// What is shared, each by its key, and what is asked of it.
#[derive(Default)]
pub(crate) struct Shared {
    entries: BTreeMap<LimitKey, Entry>,
    /// Limits that have had a part.
    begun: BTreeSet<LimitId>,
    demands: BTreeMap<LimitId, Demand>,
    of_tokens: BTreeMap<ClientId, TokenWants>,
    /// Clients of which the log has said that they may have fewer tokens than there are members.
    short: BTreeSet<ClientId>,
}

/// What the engine has under a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Entry {
    Limit(LimitId),
    /// The tokens of a client.
    Tokens(ClientId),
}

/// One entry as it was last looked at.
pub(crate) struct Look {
    pub(crate) key: LimitKey,
    pub(crate) limit: SharedLimit,
    pub(crate) wants: Wants,
    /// The part that an earlier process had.
    pub(crate) earlier_part: Option<u32>,
    /// Until when a 429 has closed it.
    pub(crate) closed_until: Option<Instant>,
}

impl Shared {
    /// Looks at all that is shared. `tail` is how long a call may still be counted that was sent at the end of a lease,
    /// without the window's period.
    pub(crate) fn look(&mut self, all: &Demands, tail: Duration) -> Vec<Look> {
        let mut seen = BTreeMap::new();
        let limits = all.limits.iter().filter(|it| it.is_leased);
        let mut looks = Vec::new();
        for demand in limits {
            let key = self.key(&demand.key, Entry::Limit(demand.limit), &mut seen);
            looks.push(self.look_at_limit(key, demand, tail, all.now));
        }
        for demand in &all.tokens {
            let key = self.key(&demand.key, Entry::Tokens(demand.client), &mut seen);
            looks.push(self.look_at_tokens(key, demand, all.now));
        }
        looks
    }

    /// The key of an entry that has this one, after those that were `seen` before it.
    fn key(&mut self, key: &str, entry: Entry, seen: &mut BTreeMap<String, u32>) -> LimitKey {
        let count = seen.entry(key.to_owned()).or_default();
        *count += 1;
        let key = match *count {
            1 => key.to_owned(),
            count => format!("{key}#{count}"),
        };
        if self.entries.insert(key.clone(), entry).is_none() && *count > 1 {
            tracing::warn!(
                limit = key,
                "two limits of one name are shared by their order"
            );
        }
        key
    }

    fn look_at_limit(
        &mut self,
        key: LimitKey,
        demand: &LimitDemand,
        tail: Duration,
        now: Instant,
    ) -> Look {
        let wants = self.demands.entry(demand.limit).or_default();
        Look {
            limit: SharedLimit {
                name: shown(&key, &demand.key, &demand.shown),
                allowed: demand.allowed,
                tail: tail + demand.used.period.unwrap_or_default(),
                moves_singly: false,
            },
            wants: wants.wants(demand.by_class(), &demand.guaranteed, demand.used, now),
            earlier_part: demand.earlier_part,
            closed_until: demand.closed_until,
            key,
        }
    }

    fn look_at_tokens(&mut self, key: LimitKey, demand: &TokenDemand, now: Instant) -> Look {
        let wants = self.of_tokens.entry(demand.client).or_default();
        let name = format!("tokens:{}", demand.name);
        Look {
            limit: SharedLimit {
                name: shown(&key, &demand.key, &name),
                allowed: demand.max_tokens,
                tail: Duration::ZERO,
                moves_singly: true,
            },
            wants: wants.wants(&demand.tokens, now),
            earlier_part: None,
            closed_until: None,
            key,
        }
    }

    /// Says once of each client if it may have fewer tokens than there are members, each of which uses one all the same.
    pub(crate) fn warn_of_few_tokens(&mut self, all: &[TokenDemand], members: usize) {
        for demand in all {
            let is_short = (1..members).contains(&(demand.max_tokens as usize));
            if is_short && self.short.insert(demand.client) {
                tracing::warn!(
                    client = demand.name,
                    max_tokens = demand.max_tokens,
                    members,
                    "each node uses one token of the client, so all of them use more than max_tokens"
                );
            }
        }
    }

    /// The limit gets a part; whether that is its first.
    pub(crate) fn begins(&mut self, limit: LimitId) -> bool {
        self.begun.insert(limit)
    }

    /// What the engine has under the key.
    pub(crate) fn entry(&self, key: &str) -> Option<Entry> {
        self.entries.get(key).copied()
    }

    /// Which limit the engine has under the key.
    pub(crate) fn limit(&self, key: &str) -> Option<LimitId> {
        match self.entry(key)? {
            Entry::Limit(limit) => Some(limit),
            Entry::Tokens(_) => None,
        }
    }
}

/// What people are to be shown of the entry with this key, if that is something else. The second of a key is shown by
/// its own, which tells it from the first.
fn shown(key: &str, of_first: &str, shown: &str) -> Option<String> {
    (key == of_first && key != shown).then(|| shown.to_owned())
}
