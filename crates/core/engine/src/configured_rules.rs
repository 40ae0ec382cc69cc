//! What is configured where something else is in force.

use std::collections::BTreeMap;
use tollgate_model::{ClientId, Instant, LimitId, Rule};

/// The rules that are configured where others are in force.
#[derive(Clone, Debug, Default)]
pub(crate) struct ConfiguredRules {
    pub(crate) limits: BTreeMap<LimitId, Rule>,
    /// By the client and the limit's place in its `token_limits`.
    pub(crate) tokens: BTreeMap<(ClientId, usize), Rule>,
    /// Since when a limit has had another number, and each client's tokens.
    pub(crate) since: BTreeMap<CorrectedLimit, Instant>,
}

/// A limit that headers speak of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum CorrectedLimit {
    Limit(LimitId),
    Tokens(ClientId, usize),
}
