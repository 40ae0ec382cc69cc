//! What was found.

use crate::call::Call;
use std::time::Duration;
use tollgate_model::{ClientId, EndpointId, Instant, Rule, TokenId};

/// Whose calls count together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Group {
    /// Those of each token of the upstream for itself.
    Token,
    /// Those of each token of one client for itself.
    ClientTokens(ClientId),
    /// Those of one endpoint.
    Endpoint(EndpointId),
    /// Those of one client.
    Client(ClientId),
    /// All.
    Upstream,
}

impl Group {
    /// Which of the group's parts the call counts in: its token where each token counts for itself,
    /// else always the same. None if it does not count.
    #[must_use]
    pub fn part(self, call: &Call) -> Option<Option<TokenId>> {
        match self {
            Self::Token => call.token.map(Some),
            Self::ClientTokens(client) if call.client == Some(client) => call.token.map(Some),
            Self::Endpoint(endpoint) if call.endpoint == endpoint => Some(None),
            Self::Client(client) if call.client == Some(client) => Some(None),
            Self::Upstream => Some(None),
            _ => None,
        }
    }

    /// Whether all calls that count together here do so in `other`, too.
    #[must_use]
    pub fn is_within(self, other: Self) -> bool {
        self == other
            || other == Self::Upstream
            || matches!(
                (self, other),
                (Self::ClientTokens(_), Self::Token | Self::Client(_))
            ) && !matches!((self, other), (Self::ClientTokens(one), Self::Client(two)) if one != two)
    }
}

/// A limit that is configured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KnownLimit {
    /// Whose calls count together under the limit.
    pub group: Group,
    /// How it counts.
    pub rule: Rule,
}

/// A finding's number. None is used twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FindingId(pub u32);

/// How much is known of a finding.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// It binds.
    Confirmed,
    /// It binds, and more than was found is tried.
    Probing,
}

/// A limit that was found.
#[derive(Clone, PartialEq, Debug)]
pub struct Finding {
    /// The finding's number.
    pub id: FindingId,
    /// Whose calls count together.
    pub group: Group,
    /// The limit in force. A window's slot lasts from a call's sending for a period.
    pub rule: Rule,
    /// Whether a refused call takes a slot, too: the upstream counts what it refuses.
    pub counts_refused: bool,
    /// How much is known of it.
    pub state: State,
    /// Calls that it lets pass and that were accepted while it was learned.
    pub accepted: u64,
    /// Calls that it explains and that were refused.
    pub refused: u64,
    /// SignStart when it binds.
    pub since: Instant,
}

/// Why a finding is given up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason {
    /// More was accepted, up to what is configured.
    Contradicted,
    /// Another finding explains what it explained.
    Superseded,
    /// For long no call has come near it.
    Silent,
}

impl Reason {
    /// The word used in the log and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Contradicted => "contradicted",
            Self::Superseded => "superseded",
            Self::Silent => "silent",
        }
    }
}

/// What whoever sends has to do.
#[derive(Clone, PartialEq, Debug)]
pub enum Change {
    /// Hold a limit more.
    Hold(Finding),
    /// The finding's group or rule is another now.
    Adjust(Finding),
    /// Hold it no longer.
    Forget(FindingId, Reason),
}

/// A call that was sent before its finding was held, and takes a slot of it all the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slot {
    /// The token whose slot it is, where each token counts for itself.
    pub token: Option<TokenId>,
    /// When it was sent.
    pub sent: Instant,
    /// When the slot is free again; never, as far as is known, of a call under way.
    pub until: Option<Instant>,
    /// Slots.
    pub cost: u32,
}

/// Whether nothing that `one` lets pass in `group` is stopped by `other`: it is no looser.
pub(crate) fn implies(one: Rule, other: Rule) -> bool {
    match (one, other) {
        (
            Rule::Window {
                allowed: a,
                period: p,
                ..
            },
            Rule::Window {
                allowed: b,
                period: q,
                ..
            },
        ) => a <= b && p >= q || rate_below(a, p, b, q),
        (Rule::Concurrency { allowed: a }, Rule::Concurrency { allowed: b }) => a <= b,
        _ => false,
    }
}

/// A window of p lets pass at most `a` for each begun p in q.
fn rate_below(a: u32, p: Duration, b: u32, q: Duration) -> bool {
    let begun = q.as_nanos().div_ceil(p.as_nanos().max(1));
    u128::from(a) * begun <= u128::from(b)
}

/// Whether refusals have named the limit of this rule: its slots last until a period after the answer.
pub(crate) fn is_named(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::Window {
            counted_within: None,
            ..
        }
    )
}
