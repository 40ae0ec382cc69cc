//! What the engine is told once. Every bound and every span is here.

use crate::Leave;
use std::ops::{Deref, DerefMut};
use std::time::Duration;
use tollgate_model::{ClientId, FlowId, Limit, LimitId, PoolId, RouteId, Rule, Table};

/// The engine's tables. Each hands out the ids by which the others, events and views name its entries.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Limits shared by routes and clients.
    pub limits: Table<LimitId, LimitSpec>,
    /// OAuth clients of the upstream.
    pub clients: Table<ClientId, Client>,
    /// Groups of clients that are interchangeable to a route.
    pub pools: Table<PoolId, Pool>,
    /// What an execution passes through.
    pub routes: Table<RouteId, Route>,
    /// Who calls.
    pub flows: Table<FlowId, Flow>,
    /// Spans and bounds that hold for all.
    pub policy: Policy,
}

/// Whether a limit, or what is decided of a flow's calls, is carried out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Mode {
    /// It is.
    #[default]
    Enforce,
    /// It is only decided and counted: nothing is delayed or refused because of it ([`crate::ShadowDecision`]).
    Shadow,
}

/// A limit, and how the engine is to hold it. Reads as the limit.
#[derive(Clone, PartialEq, Debug)]
pub struct LimitSpec {
    /// The limit as it is configured.
    pub limit: Limit,
    /// Whether it holds calls back. A token's limits always do.
    pub mode: Mode,
    /// What of it is left free for other applications; nothing if none. A token has no other application,
    /// so its limits leave nothing.
    pub leave: Option<Leave>,
    /// What headers may change of it; what the policy says if none.
    pub follow: Option<Follow>,
    /// What processes that share it call it, if that isn't its scope and name; see [`Self::key`].
    pub shared_as: Option<String>,
}

impl LimitSpec {
    /// What processes that share the limit call it. While any of them lives it has to stay, whatever the limit is called by
    /// then: to those with another key it is another limit, and both are used.
    #[must_use]
    pub fn key(&self) -> String {
        self.shared_as.clone().unwrap_or_else(|| self.shown())
    }

    /// What people call it: its scope and name.
    #[must_use]
    pub fn shown(&self) -> String {
        format!("{}:{}", self.scope.as_str(), self.name)
    }
}

impl From<Limit> for LimitSpec {
    fn from(limit: Limit) -> Self {
        Self {
            limit,
            mode: Mode::Enforce,
            leave: None,
            follow: None,
            shared_as: None,
        }
    }
}

impl Deref for LimitSpec {
    type Target = Limit;

    fn deref(&self) -> &Limit {
        &self.limit
    }
}

impl DerefMut for LimitSpec {
    fn deref_mut(&mut self) -> &mut Limit {
        &mut self.limit
    }
}

/// An OAuth client and the limits of it and of each of its tokens.
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// Name in configuration and metrics.
    pub name: String,
    /// Shared limits that every call with this client passes, beside those of its route.
    pub limits: Vec<LimitId>,
    /// Limits that each token has for itself.
    pub token_limits: Vec<LimitSpec>,
    /// Tokens held at once, at the most.
    pub max_tokens: u32,
    /// What processes that share its tokens call it, where its name may change while they live; its name if none.
    pub shared_as: Option<String>,
}

/// A token pool.
#[derive(Clone, Debug, Default)]
pub struct Pool {
    /// Name in configuration and metrics.
    pub name: String,
    /// Its clients, the preferred first.
    pub clients: Vec<ClientId>,
}

/// A set of limits, and the pool whose tokens the call takes.
#[derive(Clone, Debug)]
pub struct Route {
    /// Name in configuration and metrics.
    pub name: String,
    /// Limits that every attempt on this route passes.
    pub limits: Vec<LimitId>,
    /// Where the access token comes from; none for calls that need none.
    pub pool: Option<PoolId>,
    /// Slots that one call takes of each windowed limit it passes; at least 1.
    pub cost: u32,
}

impl Default for Route {
    fn default() -> Self {
        Self {
            name: String::new(),
            limits: Vec::new(),
            pool: None,
            cost: 1,
        }
    }
}

/// Who calls: importance and share.
#[derive(Clone, Debug)]
pub struct Flow {
    /// Name in configuration and metrics.
    pub name: String,
    /// Class: 0 goes first. Strict between classes, with the policy's floor.
    pub priority: u8,
    /// Share within the class; at least 1.
    pub weight: u32,
    /// Calls of a limit that are this flow's when it asks, lent out while it does not.
    pub guarantee: Option<Guarantee>,
    /// Executions that may wait, at the most.
    pub max_queued: usize,
    /// Limits that every attempt of this flow passes, beside those of its route.
    pub limits: Vec<LimitId>,
    /// Whether its calls wait and are refused. In shadow each is sent as soon as there is a token to send it with, and
    /// an answer of the upstream that a limit has turned it away is its answer.
    pub mode: Mode,
}

impl Default for Flow {
    fn default() -> Self {
        Self {
            name: String::new(),
            priority: 0,
            weight: 1,
            guarantee: None,
            max_queued: 10_000,
            limits: Vec::new(),
            mode: Mode::Enforce,
        }
    }
}

/// A guaranteed share of one windowed limit.
#[derive(Clone, Copy, Debug)]
pub struct Guarantee {
    /// The limit shared out.
    pub limit: LimitId,
    /// Calls per window of that limit.
    pub slots: u32,
}

/// Spans and bounds that hold for all.
#[derive(Clone, Debug)]
pub struct Policy {
    /// How long after an attempt was given up the upstream may still come to count it.
    pub grace: Duration,
    /// Executions that may wait, over all flows.
    pub max_queued: usize,
    /// Attempts of one execution, the first included.
    pub max_attempts: u32,
    /// First pause before a retry; doubles each time.
    pub retry_pause: Duration,
    /// Retries allowed as a part of all attempts, in percent (the retry budget).
    pub retry_budget_percent: u32,
    /// How long before its expiry a token is renewed.
    pub renew_ahead: Duration,
    /// First pause after a failed token fetch; doubles up to a minute.
    pub fetch_pause: Duration,
    /// Tokens fetched at once for one client, at the most; at least 1.
    pub fetches_at_once: u32,
    /// Whether an execution waits, as long as its deadline allows, while its pool has no token and the
    /// last fetch for each of its clients failed. If not, it is refused, and so are those that wait.
    /// Nobody waits for a client whose credentials were called wrong twice in a row, or whose endpoint
    /// did not answer in time twice in a row.
    pub wait_for_tokens: bool,
    /// Share of starts that each class below the first gets at least while it asks, in percent; 0 for none.
    pub floor_percent: u32,
    /// Whether a limit on calls at once is lowered, as far as its answers show that fewer at once bring more.
    pub follow_latency: bool,
    /// First pause of what is closed without a `Retry-After`; doubles up to the longest period of the limits
    /// that a call passes.
    pub closed_for: Duration,
    /// What is in force where headers tell another number than is configured, unless the limit's own word
    /// says otherwise.
    pub follow: Follow,
    /// Whether limits wider than a token's are shared with other processes. Each then begins with nothing of it, until a
    /// [`crate::Event::SetLease`] gives this process a part, and nothing of it is taken over from an earlier process: what that
    /// one had is out until its calls are over. Not so limits that were learned, and those in shadow.
    pub shares_limits: bool,
    /// How long a call is kept, whose way only this process's part of a shared limit bars, while other processes are asked for
    /// slots ([`crate::Command::AskForSlots`]). Zero refuses it at once.
    pub ask: Duration,
    /// Limits that may be learned, over all upstreams; with 0 none is.
    pub learned_limits: u32,
    /// Endpoints that may have a route of their own, over all upstreams.
    pub endpoint_routes: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            grace: Duration::from_secs(5),
            max_queued: 100_000,
            max_attempts: 3,
            retry_pause: Duration::from_millis(100),
            retry_budget_percent: 10,
            renew_ahead: Duration::from_secs(60),
            fetch_pause: Duration::from_millis(500),
            fetches_at_once: 8,
            wait_for_tokens: true,
            floor_percent: 1,
            follow_latency: true,
            closed_for: Duration::from_millis(100),
            follow: Follow::Headers,
            shares_limits: false,
            ask: Duration::ZERO,
            learned_limits: 64,
            endpoint_routes: 256,
        }
    }
}

/// What is in force where headers tell another number than is configured.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Follow {
    /// What headers tell consistently, be it higher or lower.
    #[default]
    Headers,
    /// What headers tell if it is lower; the configured number is the most.
    Configuration,
}

/// What is wrong with a configuration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigError(pub String);

impl std::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Whether nothing is in shadow.
    #[must_use]
    pub fn is_enforced(&self) -> bool {
        let flows = self.flows.iter().map(|flow| flow.mode);
        let limits = self.limits.iter().map(|limit| limit.mode);
        flows.chain(limits).all(|mode| mode == Mode::Enforce)
    }

    /// The same tables with nothing in shadow.
    #[must_use]
    pub fn enforced(mut self) -> Self {
        self.flows.iter_mut().for_each(|it| it.mode = Mode::Enforce);
        self.limits
            .iter_mut()
            .for_each(|it| it.mode = Mode::Enforce);
        self
    }

    /// Checks what the types can't say.
    ///
    /// # Errors
    /// An id of another configuration, without an entry here; a limit that allows nothing, has no period or is left free
    /// as a whole; a call that costs more than one of its limits allows, or nothing; a client in two pools; a pool whose
    /// clients' tokens are not interchangeable (limits of other number or period); a token's limit that is in shadow, or
    /// a guarantee of a limit that is.
    pub fn check(&self) -> Result<(), ConfigError> {
        let fail = |what: String| Err(ConfigError(what));
        let token_limits = self.clients.iter().flat_map(|client| &client.token_limits);
        for limit in self.limits.iter().chain(token_limits.clone()) {
            let empty = matches!(limit.rule, Rule::Window { period, .. } if period.is_zero());
            if empty || limit.rule.allowed() == 0 {
                return fail(format!(
                    "limit {}: allows nothing or has no period",
                    limit.name
                ));
            }
        }
        if let Some(limit) = token_limits.clone().find(|it| it.mode == Mode::Shadow) {
            return fail(format!(
                "limit {}: of a token, and so never in shadow",
                limit.name
            ));
        }
        for limit in &self.limits {
            let possible = match limit.leave.unwrap_or(Leave::Calls(0)) {
                Leave::Calls(calls) => calls < limit.rule.allowed(),
                Leave::Percent(percent) => (0.0..100.0).contains(&percent),
            };
            if !possible {
                return fail(format!("limit {}: leaves nothing to send", limit.name));
            }
        }
        let routes = self.routes.iter().map(|it| (&it.name, &it.limits));
        let clients = self.clients.iter().map(|it| (&it.name, &it.limits));
        let flows = self.flows.iter().map(|it| (&it.name, &it.limits));
        for (name, limits) in routes.chain(clients).chain(flows) {
            if limits
                .iter()
                .any(|limit| limit.index() >= self.limits.len())
            {
                return fail(format!("{name}: names a limit that does not exist"));
            }
        }
        for route in &self.routes {
            let clients = route.pool.and_then(|pool| self.pools.get(pool.index()));
            let clients = clients.iter().flat_map(|pool| &pool.clients);
            let clients = clients.filter_map(|client| self.clients.get(client.index()));
            let of_clients = clients.clone().flat_map(|client| &client.limits);
            let shared = route.limits.iter().chain(of_clients);
            let shared = shared.map(|limit| &self.limits[limit.index()]);
            let dear = shared
                .chain(clients.flat_map(|client| &client.token_limits))
                .find(|limit| {
                    matches!(limit.rule, Rule::Window { allowed, .. } if allowed < route.cost)
                });
            if let Some(limit) = dear {
                return fail(format!(
                    "route {}: a call costs {}, which limit {} never allows",
                    route.name, route.cost, limit.name
                ));
            }
            if route.cost == 0 {
                return fail(format!("route {}: a call costs nothing", route.name));
            }
        }
        let mut pooled = vec![false; self.clients.len()];
        for pool in &self.pools {
            let mut shape = None;
            for client in &pool.clients {
                let Some(it) = self.clients.get(client.index()) else {
                    return fail(format!(
                        "pool {}: names a client that does not exist",
                        pool.name
                    ));
                };
                if std::mem::replace(&mut pooled[client.index()], true) {
                    return fail(format!(
                        "client {}: is in two pools; a client belongs to one",
                        it.name
                    ));
                }
                let periods: Vec<_> = it
                    .token_limits
                    .iter()
                    .map(|limit| period(limit.rule))
                    .collect();
                if *shape.get_or_insert(periods.clone()) != periods {
                    return fail(format!(
                        "pool {}: client {}'s tokens have limits of other periods than the first client's",
                        pool.name, it.name
                    ));
                }
            }
        }
        let missing = |route: &&Route| {
            route
                .pool
                .is_some_and(|pool| pool.index() >= self.pools.len())
        };
        if let Some(route) = self.routes.iter().find(missing) {
            return fail(format!(
                "route {}: names a pool that does not exist",
                route.name
            ));
        }
        let lost = |flow: &&Flow| {
            flow.guarantee
                .is_some_and(|it| it.limit.index() >= self.limits.len())
        };
        let in_shadow = |flow: &&Flow| {
            let limit = flow
                .guarantee
                .and_then(|it| self.limits.get(it.limit.index()));
            limit.is_some_and(|it| it.mode == Mode::Shadow)
        };
        if let Some(flow) = self.flows.iter().find(in_shadow) {
            return fail(format!(
                "flow {}: is guaranteed a share of a limit in shadow, which keeps nobody from it",
                flow.name
            ));
        }
        if let Some(flow) = self.flows.iter().find(lost) {
            return fail(format!(
                "flow {}: is guaranteed a share of a limit that does not exist",
                flow.name
            ));
        }
        Ok(())
    }
}

fn period(rule: Rule) -> (Option<Duration>, Option<Duration>) {
    match rule {
        Rule::Window {
            period,
            counted_within,
            ..
        } => (Some(period), counted_within),
        Rule::Concurrency { .. } => (None, None),
    }
}
