//! How tokens are got, and how they end.

use crate::{RetryAfter, Spread, Window};
use std::time::Duration;

/// The token endpoint.
#[derive(Clone, PartialEq, Debug)]
pub struct TokenEndpoint {
    /// How long a grant takes.
    pub takes: Spread,
    /// Grants allowed, over all clients.
    pub allowed: Option<Window>,
    /// What it says when there were too many.
    pub retry_after: RetryAfter,
    /// Grants that fail with 503, in percent.
    pub failing_percent: u8,
    /// From the first grant asked for: it fails between these instants.
    pub failing: Vec<(Duration, Duration)>,
    /// Clients that are switched off, by their id.
    pub disabled: Vec<String>,
    /// Whether a client gets the same token as long as that lives.
    pub same: bool,
    /// The life that is said.
    pub says: Life,
    /// A token's life; none for the configuration's `expires_in`.
    pub lives: Option<Duration>,
    /// A token ends after so many calls.
    pub calls: Option<u64>,
}

impl Default for TokenEndpoint {
    fn default() -> Self {
        Self {
            takes: Spread::fixed(Duration::ZERO),
            allowed: None,
            retry_after: RetryAfter::Seconds,
            failing_percent: 0,
            failing: Vec::new(),
            disabled: Vec::new(),
            same: false,
            says: Life::True,
            lives: None,
            calls: None,
        }
    }
}

/// What `expires_in` says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Life {
    /// The configuration's `expires_in`.
    True,
    /// It is missing.
    Unsaid,
    /// This.
    Is(Duration),
}
