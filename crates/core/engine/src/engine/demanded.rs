//! What is asked for of each shared limit, for whoever divides limits among processes.

use super::machine::Engine;
use std::collections::BTreeMap;
use tollgate_model::{FlowId, Instant, LimitId, RouteId};

/// What is asked for of a shared limit, and held of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LimitDemand {
    /// By class, the most important first: slots that submissions have asked for since the engine began, whatever became
    /// of them. It only rises.
    pub asked: Vec<(u8, u64)>,
    /// By class: slots of the calls that wait, or pause before another try.
    pub waiting: Vec<(u8, u64)>,
    /// Slots that are held here, those among them that other processes' calls are reckoned to hold as long.
    pub held: u32,
    /// Of these, held by calls under way whose ends are not known.
    pub open: u32,
}

impl Engine {
    /// What is asked for of each shared limit, in the order of the table. A call that may go by one of several clients
    /// asks each of them for its part.
    #[must_use]
    pub fn demand(&self, now: Instant) -> Vec<LimitDemand> {
        let mut demands: Vec<BTreeMap<u8, (u64, u64)>> =
            vec![BTreeMap::new(); self.config.limits.len()];
        for lane in self.queue.all_lanes() {
            let class = self.queue.class(lane.flow);
            let waiting = lane.all_waiting() as u64;
            for (limit, slots, parts) in self.asks_for(lane.flow, lane.route) {
                let of_class = demands[limit.index()].entry(class).or_default();
                of_class.0 += lane.asked * slots / parts;
                of_class.1 += (waiting * slots).div_ceil(parts);
            }
        }
        let ledgers = self.resources.ledgers.iter();
        let all = demands.into_iter().zip(ledgers);
        all.map(|(of_classes, ledger)| LimitDemand {
            asked: of_classes
                .iter()
                .map(|(class, it)| (*class, it.0))
                .collect(),
            waiting: of_classes
                .iter()
                .filter(|(_, it)| it.1 > 0)
                .map(|(class, it)| (*class, it.1))
                .collect(),
            held: ledger.ours(now),
            open: ledger.under_way(),
        })
        .collect()
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
