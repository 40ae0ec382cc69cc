//! What the engine is told once. Every bound and every span is here.

use std::time::Duration;
use tollgate_model::{ClientId, Limit, LimitId, PoolId};

/// The engine's tables. An id is an index into its table.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Limits shared by routes and clients.
    pub limits: Vec<Limit>,
    /// OAuth clients of the upstream.
    pub clients: Vec<Client>,
    /// Groups of clients that are interchangeable to a route.
    pub pools: Vec<Pool>,
    /// What an execution passes through.
    pub routes: Vec<Route>,
    /// Who calls.
    pub flows: Vec<Flow>,
    /// Spans and bounds that hold for all.
    pub policy: Policy,
}

/// An OAuth client and the limits of it and of each of its tokens.
#[derive(Clone, Debug)]
pub struct Client {
    /// Name in configuration and metrics.
    pub name: String,
    /// Shared limits that every call with this client passes, beside those of its route.
    pub limits: Vec<LimitId>,
    /// Limits that each token has for itself.
    pub token_limits: Vec<Limit>,
    /// Tokens held at once, at the most.
    pub max_tokens: u32,
}

/// A token pool.
#[derive(Clone, Debug)]
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
    /// Share of starts that classes below the first get at least while they wait, in percent.
    pub floor_percent: u32,
    /// How long after a limit answered 429 without `Retry-After` it stays closed.
    pub closed_for: Duration,
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
            floor_percent: 1,
            closed_for: Duration::from_secs(1),
        }
    }
}
