//! Finding, entry by entry, the place that the engine has for it, or giving it one.

use super::{Places, Running};
use crate::Config;
use crate::reload::obstacle::Obstacle;
use std::collections::BTreeSet;
use tollgate_engine::{Client, Config as Tables, LimitSpec, Mode, Pool, Route};
use tollgate_model::{ClientId, LimitId, PoolId, RouteId, Rule};
use tollgate_upstream::ClientCredentials;

/// Routes that the tables may have come to; *ours*: with a restart they are as few as the text says.
const MOST_ROUTES: usize = 10_000;

/// A plan under way.
pub(super) struct Planning<'a> {
    pub(super) running: Running,
    pub(super) tables: Tables,
    pub(super) credentials: Vec<ClientCredentials>,
    next: &'a Config,
    pub(super) places: Places,
    pub(super) obstacles: Vec<Obstacle>,
}

impl<'a> Planning<'a> {
    pub(super) fn new(
        running: Running,
        (tables, credentials): (Tables, Vec<ClientCredentials>),
        next: &'a Config,
    ) -> Self {
        Self {
            running,
            tables,
            credentials,
            next,
            places: Places::default(),
            obstacles: Vec::new(),
        }
    }

    pub(super) fn run(&mut self) {
        let next = self.next;
        for (id, limit) in next.engine.limits.with_ids() {
            let owner = next.limit_owners.get(id.index());
            self.limit(owner.map_or("", String::as_str), limit);
        }
        for (client, credentials) in next.engine.clients.iter().zip(&next.clients) {
            self.client(client, credentials);
        }
        for pool in &next.engine.pools {
            self.pool(pool);
        }
        for flow in &next.engine.flows {
            self.flow(flow);
        }
        self.rest_flows();
        for route in &next.engine.routes {
            self.route(route);
        }
        if self.tables.routes.len() > MOST_ROUTES {
            let message = "the engine's tables have grown to their bound by reloads";
            self.refuse("integration", message);
        }
        self.running.used = (
            self.places.limits.iter().copied().collect(),
            self.places.clients.iter().copied().collect(),
        );
    }

    fn refuse(&mut self, field: impl Into<String>, what: &str) {
        self.obstacles.push(Obstacle::new(field, what));
    }

    /// The field of the table that a limit belongs to.
    fn field(&self, owner: &str, name: &str) -> String {
        let document = &self.next.document;
        match owner.split_once(' ') {
            None => document.entry("limit", name),
            Some((list, rest)) => {
                let rest = rest.split(" action ").next().unwrap_or(rest);
                let rest = rest.split(" endpoint ").next().unwrap_or(rest);
                document.entry(list, rest)
            }
        }
    }

    fn limit(&mut self, owner: &str, limit: &LimitSpec) {
        let key = match &limit.shared_as {
            Some(shared_as) => ("shared_as".to_owned(), shared_as.clone()),
            None => (owner.to_owned(), limit.name.clone()),
        };
        let id = match self.running.limits.get(&key).cloned() {
            Some((id, before)) => {
                let is_same = fixed(limit) == fixed(&before);
                if !is_same {
                    let what = format!(
                        "the period, kind, mode, scope and follow of the limit {:?} can't change while the service runs",
                        limit.name
                    );
                    let field = self.field(owner, &limit.name);
                    self.refuse(field, &what);
                }
                id
            }
            None => {
                self.refuse_shadow(limit.mode, || format!("the limit {:?}", limit.name), owner);
                self.tables.limits.add(limit.clone())
            }
        };
        self.running.limits.insert(key, (id, limit.clone()));
        self.places.limits.push(id);
    }

    fn refuse_shadow(&mut self, mode: Mode, what: impl FnOnce() -> String, owner: &str) {
        if mode == Mode::Shadow && !self.running.has_shadow {
            let what = format!("{} is in shadow, and nothing was at the start", what());
            let field = self.field(owner, "");
            self.refuse(field, &what);
        }
    }

    fn limits(&self, limits: &[LimitId]) -> Vec<LimitId> {
        let limits = limits
            .iter()
            .filter_map(|id| self.places.limits.get(id.index()));
        limits.copied().collect()
    }

    fn client(&mut self, client: &Client, credentials: &ClientCredentials) {
        let wanted = Client {
            limits: self.limits(&client.limits),
            ..client.clone()
        };
        let id = match self.running.clients.get(&client.name).cloned() {
            Some((id, before)) => {
                let limits_of =
                    |client: &Client| -> Vec<_> { client.token_limits.iter().map(named).collect() };
                let same_tokens = limits_of(&before) == limits_of(&wanted);
                if before.limits != wanted.limits || !same_tokens {
                    let what = format!(
                        "which limits the client {:?} and its tokens have can't change while the service runs, only \
                         their numbers",
                        client.name
                    );
                    let field = self.next.document.entry("client", &client.name);
                    self.refuse(field, &what);
                }
                if let Some(known) = self.credentials.get_mut(id.index()) {
                    known.clone_from(credentials);
                }
                id
            }
            None => {
                let id = self.tables.clients.add(wanted.clone());
                // As many as there are clients, but for `Running::of`, which has them all.
                if self.credentials.len() < self.tables.clients.len() {
                    self.credentials.push(credentials.clone());
                }
                id
            }
        };
        self.running
            .clients
            .insert(client.name.clone(), (id, wanted));
        self.places.clients.push(id);
    }

    fn pool(&mut self, pool: &Pool) {
        let clients = pool.clients.iter();
        let clients = clients.filter_map(|id| self.places.clients.get(id.index()));
        let clients: Vec<_> = clients.copied().collect();
        let known = clients.iter().filter_map(|it| self.running.pools.get(it));
        let known: BTreeSet<_> = known.copied().collect();
        let field = self.next.document.entry("integration", &pool.name);
        if known.len() > 1 || known.iter().any(|it| self.places.pools.contains(it)) {
            let what = "clients can't go from one integration to another while the service runs";
            self.refuse(format!("{field}.clients"), what);
        }
        let id = match known.first() {
            None => self.tables.pools.add(Pool {
                name: pool.name.clone(),
                clients: clients.clone(),
            }),
            Some(id) => {
                self.grow(*id, &clients, &field);
                *id
            }
        };
        for client in clients {
            self.running.pools.insert(client, id);
        }
        self.places.pools.push(id);
    }

    /// Puts further clients into a pool. Those that have left it are the last, so that what they have is used up.
    fn grow(&mut self, id: PoolId, clients: &[ClientId], field: &str) {
        let Some(pool) = self.tables.pools.get_mut(id.index()) else {
            return;
        };
        let left = pool.clients.iter().filter(|it| !clients.contains(it));
        let grown: Vec<_> = clients.iter().chain(left).copied().collect();
        let is_larger = grown.len() > pool.clients.len();
        pool.clients.clone_from(&grown);
        let tables = &self.tables.clients;
        let mut of_pool = grown.iter().filter_map(|it| tables.get(it.index()));
        if is_larger && of_pool.any(|it| !it.limits.is_empty()) {
            let what =
                "clients with limits of their own can't be added to others while the service runs";
            self.refuse(format!("{field}.clients"), what);
        }
    }

    fn flow(&mut self, flow: &tollgate_engine::Flow) {
        let mut wanted = flow.clone();
        wanted.limits = self.limits(&flow.limits);
        if let Some(guarantee) = &mut wanted.guarantee
            && let Some(id) = self.places.limits.get(guarantee.limit.index())
        {
            guarantee.limit = *id;
        }
        let (limits, mode) = (wanted.limits.clone(), wanted.mode);
        let field = self.next.document.entry("flow", &flow.name);
        let id = match self.running.flows.get(&flow.name).cloned() {
            Some((id, before, mode_before)) => {
                if before != limits {
                    let what = "which limits a flow has can't change while the service runs, only their numbers";
                    self.refuse(format!("{field}.limit"), what);
                }
                if mode != mode_before {
                    let what = "the mode of a flow can't change while the service runs";
                    self.refuse(format!("{field}.mode"), what);
                }
                if let Some(known) = self.tables.flows.get_mut(id.index()) {
                    *known = wanted;
                }
                id
            }
            None => {
                self.refuse_shadow(mode, || format!("the flow {:?}", flow.name), "");
                self.tables.flows.add(wanted)
            }
        };
        self.running
            .flows
            .insert(flow.name.clone(), (id, limits, mode));
        self.places.flows.push(id);
    }

    /// A flow that is gone is guaranteed nothing any more.
    fn rest_flows(&mut self) {
        for (id, ..) in self.running.flows.values() {
            if !self.places.flows.contains(id)
                && let Some(flow) = self.tables.flows.get_mut(id.index())
            {
                flow.guarantee = None;
            }
        }
    }

    fn route(&mut self, route: &Route) {
        let pool = route.pool.and_then(|it| self.places.pools.get(it.index()));
        let wanted = Route {
            limits: self.limits(&route.limits),
            pool: pool.copied(),
            ..route.clone()
        };
        let is_it = |(known, _): &&(Route, RouteId)| {
            (&known.name, &known.limits, known.pool, known.cost)
                == (&wanted.name, &wanted.limits, wanted.pool, wanted.cost)
        };
        let known = self.running.routes.iter().find(is_it).map(|(_, id)| *id);
        let id = known.unwrap_or_else(|| {
            let id = self.tables.routes.add(wanted.clone());
            self.running.routes.push((wanted, id));
            id
        });
        self.places.routes.push(id);
    }
}

/// What tells the limits of one client's tokens from each other, and what stays of them.
fn named(limit: &LimitSpec) -> impl PartialEq + use<> {
    (limit.name.clone(), fixed(limit))
}

/// What of a limit stays for as long as the engine has it.
fn fixed(limit: &LimitSpec) -> impl PartialEq + use<> {
    let rule = match limit.rule {
        Rule::Window {
            period,
            counted_within,
            ..
        } => Some((period, counted_within)),
        Rule::Concurrency { .. } => None,
    };
    (limit.scope, rule, limit.mode, limit.follow)
}
