//! What can be seen from outside.

use crate::{Closed, Mode, ShadowCount};
use std::time::Duration;
use tollgate_model::{Instant, LimitId, RouteId, Scope};
use tollgate_quota::Lease;

/// The state at one instant.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Shared limits, in the order of the configuration.
    pub limits: Vec<LimitView>,
    /// Live tokens.
    pub tokens: Vec<TokenView>,
    /// OAuth clients, in the order of the configuration.
    pub clients: Vec<ClientView>,
    /// Flows, in the order of the configuration.
    pub flows: Vec<FlowView>,
    /// Rate-limit headers that spoke of no limit the call passes, or of several, or could not be true.
    pub headers_ignored: u64,
    /// Routes that a 429 has shut, each until when.
    pub closed_routes: Vec<(RouteId, Instant)>,
    /// All that a 429 has closed.
    pub closed: Vec<ClosedView>,
    /// Answers 429.
    pub limited: u64,
    /// What the upstream has told or shown that nobody has configured.
    pub learned: Vec<LearnedView>,
}

/// A number that was not configured, and where it comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LearnedView {
    /// The limit in force; none while it is only suspected.
    pub limit: Option<LimitId>,
    /// Its name: that of the configured limit which it corrects, or one of its own.
    pub name: String,
    /// Whose calls count together.
    pub scope: Scope,
    /// Name of the client, route or endpoint whose calls count together.
    pub of: String,
    /// Calls per window or at once.
    pub allowed: u32,
    /// The window's length; none for a limit on calls at once.
    pub period: Option<Duration>,
    /// What was configured in its place; none where nothing was.
    pub configured: Option<u32>,
    /// Where it comes from.
    pub source: Source,
    /// Calls that were accepted and refused while it was learned.
    pub accepted: u64,
    /// See `accepted`.
    pub refused: u64,
    /// When it came into force, or was first suspected.
    pub since: Instant,
}

/// Where a number that was not configured comes from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Source {
    /// The upstream's headers.
    Headers,
    /// Which calls were accepted and which refused.
    Refusals,
    /// How long answers took.
    Latency,
}

impl Source {
    /// The word used in the API, on the page and in metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Headers => "headers",
            Self::Refusals => "refusals",
            Self::Latency => "latency",
        }
    }
}

/// What a 429 has closed.
#[derive(Clone, Debug)]
pub struct ClosedView {
    /// Which.
    pub what: Closed,
    /// Name of the limit, the route or the client; of a token, its client's.
    pub name: String,
    /// It opens then.
    pub until: Instant,
}

/// One limit.
#[derive(Clone, Debug)]
pub struct LimitView {
    /// The limit's name.
    pub name: String,
    /// Its scope.
    pub scope: Scope,
    /// Calls per window or at once, as they are in force.
    pub allowed: u32,
    /// What was configured; none of a limit that was learned.
    pub configured: Option<u32>,
    /// The window's length; none for a limit on calls at once.
    pub period: Option<Duration>,
    /// Slots held now.
    pub held: u32,
    /// Of these, held by somebody else, as far as headers have told.
    pub foreign: u32,
    /// Slots of a window that are left free for others.
    pub left_free: u32,
    /// The part of it that is this process's; none where all of it is.
    pub lease: Option<Lease>,
    /// Closed by a 429 until then.
    pub closed_until: Option<Instant>,
    /// Whether it holds calls back.
    pub mode: Mode,
    /// Calls that it would have turned away since start, were nothing in shadow; none if nothing is.
    pub would_refuse: Option<u64>,
}

/// One token.
#[derive(Clone, Debug)]
pub struct TokenView {
    /// Name of its client.
    pub client: String,
    /// The token's number, in the order of fetching.
    pub token: u32,
    /// Calls sent with it since it was granted.
    pub sent: u64,
    /// The limits that the token has for itself.
    pub limits: Vec<LimitView>,
}

/// One OAuth client.
#[derive(Clone, Debug)]
pub struct ClientView {
    /// The client's name.
    pub name: String,
    /// Tokens to send with.
    pub tokens: usize,
    /// Whether a token is being fetched.
    pub fetching: bool,
    /// No token is fetched before: a fetch has failed, or the client is closed by a 429.
    pub fetches_from: Option<Instant>,
}

/// What a client's tokens are for.
#[derive(Clone, Debug)]
pub struct TokenSupply {
    /// The client's name.
    pub name: String,
    /// Routes whose calls take tokens of its pool.
    pub routes: Vec<RouteId>,
    /// The client's last fetch failed, and it has no token.
    pub has_none: bool,
    /// The client's last fetch failed, and nothing can be sent with a token of its pool.
    pub dry: bool,
}

/// One flow.
#[derive(Clone, Debug)]
pub struct FlowView {
    /// The flow's name.
    pub name: String,
    /// Executions waiting.
    pub queued: usize,
    /// Executions under way.
    pub running: usize,
    /// Executions answered since start, whatever the status.
    pub answered: u64,
    /// Of these, answered 5xx or 429.
    pub errors: u64,
    /// Executions sent since start that no answer came to.
    pub lost: u64,
    /// Executions refused since start, whatever the reason.
    pub refused: u64,
    /// Whether they wait and are refused.
    pub mode: Mode,
    /// What would have become of them, were nothing in shadow; none if nothing is.
    pub would_have: Option<ShadowCount>,
}
