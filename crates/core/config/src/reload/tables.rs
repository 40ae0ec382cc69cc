//! The engine's tables as another text wants them, each entry in the place where the engine has it already.
//!
//! **What tells entries apart.** A limit by what it belongs to and its name, or by the key under which nodes share it; a
//! client and a flow by their names; a pool by its clients, each of which is in one alone; a route by all that it is.
//! Order means nothing.
//!
//! **What becomes of each.** *A limit* keeps its ledger, whatever its number or what is left free becomes; another
//! period, kind or mode is in the way. One that is gone is lifted: it holds nobody back, so that what waits under it is
//! judged anew, and is found again with its use should it come back. *A client* keeps its tokens, whatever its secret and
//! their number become; one that is gone fetches none. *A flow* keeps what waits. *A route* that passes other limits is
//! another route: what waits goes on under the old one, what comes takes the new one. Nothing is ever removed from the
//! tables, so they grow with the number of such changes, to a bound.

mod planning;

use super::obstacle::Obstacle;
use crate::Config;
use planning::Planning;
use std::collections::{BTreeMap, BTreeSet};
use tollgate_engine::{Client, Config as Tables, LimitSpec, Mode, Route};
use tollgate_model::{ClientId, FlowId, Id as _, LimitId, PoolId, RouteId};
use tollgate_upstream::ClientCredentials;

/// Which of the engine's entries are the file's, whether it still has them or had them since the start.
#[derive(Clone, Debug, Default)]
pub struct Running {
    /// By what tells a limit from others: its place, and what it was when it was last defined.
    limits: BTreeMap<(String, String), (LimitId, LimitSpec)>,
    clients: BTreeMap<String, (ClientId, Client)>,
    flows: BTreeMap<String, (FlowId, Vec<LimitId>, Mode)>,
    pools: BTreeMap<ClientId, PoolId>,
    routes: Vec<(Route, RouteId)>,
    /// Limits and clients that the text has now.
    used: (BTreeSet<LimitId>, BTreeSet<ClientId>),
    /// Whether something was in shadow at the start: only then is there a second engine that decides for it.
    has_shadow: bool,
}

/// What another text makes of the engine's tables.
#[derive(Debug)]
pub struct Planned {
    /// The text's meaning, whose ids are the engine's.
    pub config: Config,
    /// What runs then.
    pub running: Running,
    /// The tables, grown.
    pub tables: Tables,
    /// The limits that the text has, by the engine's ids.
    pub limits: Vec<(LimitId, LimitSpec)>,
    /// Limits that the text had before.
    pub lifted: Vec<LimitId>,
    /// Limits that were lifted and that the text has again.
    pub returned: BTreeSet<LimitId>,
    /// The clients that the text has, by the engine's ids.
    pub clients: Vec<(ClientId, Client)>,
    /// Clients that the text had before.
    pub idle: Vec<ClientId>,
    /// Flows by their names.
    pub flows: BTreeMap<String, FlowId>,
}

/// Where the entries of a text's tables are in the engine's, by their own ids.
#[derive(Default)]
struct Places {
    limits: Vec<LimitId>,
    clients: Vec<ClientId>,
    pools: Vec<PoolId>,
    routes: Vec<RouteId>,
    flows: Vec<FlowId>,
}

impl Running {
    /// What an engine has that was started with this configuration.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let credentials = config.clients.clone();
        let empty = Self {
            has_shadow: !config.engine.is_enforced(),
            ..Self::default()
        };
        let mut planning = Planning::new(empty, (Tables::default(), credentials), config);
        planning.run();
        planning.running
    }

    /// What `next` makes of the engine's tables, which are these with these credentials.
    ///
    /// # Errors
    /// What is in the way.
    pub fn plan(
        &self,
        tables: (Tables, Vec<ClientCredentials>),
        next: Config,
    ) -> Result<Planned, Vec<Obstacle>> {
        let (before, known_limits) = (self.used.clone(), tables.0.limits.len());
        let mut planning = Planning::new(self.clone(), tables, &next);
        planning.run();
        if !planning.obstacles.is_empty() {
            return Err(planning.obstacles);
        }
        let Planning {
            running,
            tables,
            credentials,
            places,
            ..
        } = planning;
        let limits = places.limits.iter().zip(&next.engine.limits);
        let clients = places.clients.iter().zip(&next.engine.clients);
        let flows = places.flows.iter().zip(&next.engine.flows);
        Ok(Planned {
            limits: limits.map(|(id, it)| (*id, it.clone())).collect(),
            lifted: before.0.difference(&running.used.0).copied().collect(),
            returned: running
                .used
                .0
                .difference(&before.0)
                .filter(|id| id.index() < known_limits)
                .copied()
                .collect(),
            clients: clients.map(|(id, it)| (*id, it.clone())).collect(),
            idle: before.1.difference(&running.used.1).copied().collect(),
            flows: flows.map(|(id, it)| (it.name.clone(), *id)).collect(),
            config: places.put_in(next, (tables.clone(), credentials)),
            running,
            tables,
        })
    }
}

impl Places {
    /// The configuration with the engine's ids in the place of its own, and these tables. Flows that it doesn't have are
    /// called nothing there.
    fn put_in(
        self,
        mut config: Config,
        (mut tables, credentials): (Tables, Vec<ClientCredentials>),
    ) -> Config {
        let route = |id: &mut RouteId| {
            if let Some(known) = self.routes.get(id.index()) {
                *id = *known;
            }
        };
        for integration in &mut config.integrations {
            let routes = &mut integration.routes;
            route(&mut routes.route);
            routes.by_action.values_mut().for_each(route);
            for endpoint in &mut routes.endpoints {
                route(&mut endpoint.route);
                endpoint.by_action.values_mut().for_each(route);
            }
        }
        if let Some(id) = self.flows.get(config.default_flow.index()) {
            config.default_flow = *id;
        }
        let shared = &mut config.shared_limits;
        for limit in shared.all.iter_mut().chain(&mut shared.with_token) {
            if let Some(id) = self.limits.get(limit.index()) {
                *limit = *id;
            }
        }
        for (id, flow) in (0..).map(FlowId::at).zip(tables.flows.iter_mut()) {
            if !self.flows.contains(&id) {
                flow.name.clear();
            }
        }
        config.engine = tables;
        config.clients = credentials;
        config
    }
}
