//! What was found, for a verdict.

use std::time::Duration;
use tollgate_model::Scope;

/// What was found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Situation {
    /// How far the process is.
    pub node: Node,
    /// How long it has run.
    pub running_for: Duration,
    /// The store can't be asked.
    pub store_away: bool,
    /// This node's part of the shared limits has ended.
    pub lease_ended: bool,
    /// Clients that get no token.
    pub without_token: Vec<Without>,
    /// Integrations that can have no token at all.
    pub dry_integrations: usize,
    /// Calls of the last minute, by how they ended.
    pub calls: Calls,
    /// Calls that were refused in the last minute.
    pub refused: Vec<Refused>,
    /// Calls that have failed in the last minute: integration, reason, calls.
    pub failed: Vec<(String, String, u64)>,
    /// Answers 429 in the last minute, by integration.
    pub too_many: Vec<(String, u64)>,
    /// Limits that are shared and hold calls back.
    pub limits: Vec<LimitFound>,
    /// There are limits that nodes share: how much is left of them isn't known here, so they are not among `limits`.
    pub parted: bool,
    /// The flow whose call waits the longest now, and how long.
    pub longest_wait: Option<(String, Duration)>,
}

/// How far a process is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Node {
    /// Its first tokens are being fetched.
    Starting,
    /// It takes calls.
    #[default]
    Serving,
    /// It is about to end.
    Draining,
    /// Its engine gives no answer.
    Silent,
}

/// A client that gets no token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Without {
    /// The client.
    pub client: String,
    /// Where it asks.
    pub endpoint: String,
}

/// Calls by how they have ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Calls {
    /// With an output, kept ones included.
    pub answered: u64,
    /// Held off by a limit.
    pub refused: u64,
    /// Otherwise without an output.
    pub failed: u64,
}

/// Calls of a flow that were refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refused {
    /// The flow.
    pub flow: String,
    /// The limit; empty where none did it.
    pub limit: String,
    /// The reason, in the word of `tollgateCode`.
    pub reason: String,
    /// How many.
    pub calls: u64,
}

/// A shared limit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LimitFound {
    /// Its name.
    pub name: String,
    /// Whose calls count together.
    pub scope: Scope,
    /// What may be used of it.
    pub allowed: u64,
    /// The most that was used of it at once in the last minute.
    pub used: u64,
    /// What is configured, where the upstream's headers say another number.
    pub told_otherwise: Option<u64>,
}
