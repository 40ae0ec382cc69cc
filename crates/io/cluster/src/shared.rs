//! Which limits are shared, and what they are called on every node.
//!
//! A limit's key is its scope and name, which every node has from the same configuration. Where two limits of one scope have one
//! name, the second is `scope:name#2`: both are shared, in the order of the tables. Nodes whose files have them in another
//! order would share the one as the other, so the log warns of it.

use std::collections::BTreeMap;
use std::time::Duration;
use tollgate_engine::LimitDemand;
use tollgate_lease::{Demand, LimitKey, SharedLimit, Wants};
use tollgate_model::{Instant, LimitId};

/// The shared limits, each by its key, and what is asked of them.
#[derive(Default)]
pub(crate) struct Shared {
    ids: BTreeMap<LimitKey, LimitId>,
    demands: BTreeMap<LimitKey, Demand>,
}

/// A limit as it was last looked at.
pub(crate) struct Look {
    pub(crate) key: LimitKey,
    pub(crate) limit: SharedLimit,
    pub(crate) wants: Wants,
    /// Until when a 429 has closed it.
    pub(crate) closed_until: Option<Instant>,
}

impl Shared {
    /// Looks at all limits. `tail` is how long a call may still be counted that was sent at the end of a lease, without the
    /// window's period.
    pub(crate) fn look(&mut self, all: &[LimitDemand], tail: Duration, now: Instant) -> Vec<Look> {
        let mut seen: BTreeMap<LimitKey, u32> = BTreeMap::new();
        let mut looks = Vec::new();
        for demand in all.iter().filter(|it| it.is_leased) {
            let name = format!("{}:{}", demand.scope.as_str(), demand.name);
            let count = seen.entry(name.clone()).or_default();
            *count += 1;
            let key = match *count {
                1 => name,
                count => format!("{name}#{count}"),
            };
            if self.ids.insert(key.clone(), demand.limit).is_none() && *count > 1 {
                tracing::warn!(
                    limit = key,
                    "two limits of one name are shared by their order"
                );
            }
            let wants = self.demands.entry(key.clone()).or_default();
            let wants = wants.wants(demand.by_class(), demand.used, now);
            let limit = SharedLimit {
                allowed: demand.allowed,
                tail: tail + demand.used.period.unwrap_or_default(),
            };
            looks.push(Look {
                key,
                limit,
                wants,
                closed_until: demand.closed_until,
            });
        }
        looks
    }

    /// Where the engine has the limit.
    pub(crate) fn id(&self, key: &str) -> Option<LimitId> {
        self.ids.get(key).copied()
    }
}
