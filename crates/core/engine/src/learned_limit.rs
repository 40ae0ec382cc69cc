//! A limit that was learned: whose calls it counts, where it stands in the tables, and what it is called.

use crate::upstream::Upstream;
use std::fmt::Write;
use std::time::Duration;
use tollgate_model::{ClientId, EndpointId, Instant, Limit, LimitId, PoolId, Rule, Scope, TokenId};

/// The number of a token limit that isn't in force: more than any token is ever sent with.
pub(crate) const UNBOUND: u32 = 1_000_000;

/// Whose calls count together under a learned limit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Group {
    /// All calls to the upstream.
    Upstream(Upstream),
    /// Those with the client's tokens.
    Client(ClientId),
    /// Those for the endpoint of the upstream.
    Endpoint(Upstream, EndpointId),
    /// Those with one token, for each of the pool's tokens by itself; of one client only, if it is named.
    Token(PoolId, Option<ClientId>),
}

/// Where a learned limit stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TableEntry {
    Shared(LimitId),
    /// The pool's clients have it at this place of their `token_limits`.
    Tokens(PoolId, usize),
}

/// A call that holds slots under a learned limit from the beginning, until then.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecentCall {
    pub(crate) until: Instant,
    pub(crate) token: Option<TokenId>,
    pub(crate) cost: u32,
}

/// What the name of each limit begins with that the engine has learned; no configured limit may be called so.
pub const LEARNED: &str = "learned: ";

/// Whether the limit was learned, in force or not.
pub(crate) fn is_learned(limit: &Limit) -> bool {
    limit.name.is_empty() || limit.name.starts_with(LEARNED)
}

/// Whether a token limit's place is only kept: nothing is in force there for this client.
pub(crate) fn is_place_kept(limit: &Limit) -> bool {
    is_learned(limit) && limit.rule.allowed() == UNBOUND
}

/// The limit with a name that says what it allows to whom.
pub(crate) fn named(scope: Scope, rule: Rule, whose: &str) -> Limit {
    let mut name = String::from(LEARNED);
    let written = match rule {
        Rule::Window {
            allowed, period, ..
        } => write!(name, "{allowed} in {}", Span(period)),
        Rule::Concurrency { allowed } => write!(name, "{allowed} at once"),
    };
    debug_assert!(written.is_ok(), "a text can be written to");
    name.push_str(" for ");
    name.push_str(whose);
    Limit { name, scope, rule }
}

/// A span in the largest unit that gives a short number.
struct Span(Duration);

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let millis = self.0.as_millis();
        if millis.is_multiple_of(60_000) {
            write!(f, "{} min", millis / 60_000)
        } else if millis >= 10_000 || millis.is_multiple_of(1_000) {
            write!(f, "{} s", (millis + 500) / 1_000)
        } else {
            write!(f, "{millis} ms")
        }
    }
}
