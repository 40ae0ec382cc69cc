//! What may not be exceeded.

use std::time::Duration;

/// A named bound on calls.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Limit {
    /// The vendor's name where it has one, such as `token.rate.per.minute`.
    pub name: String,
    /// Whose calls count together.
    pub scope: Scope,
    /// How many, and over what.
    pub rule: Rule,
}

/// Whose calls count together under a limit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[expect(missing_docs, reason = "each scope is the noun it is called by")]
pub enum Scope {
    Token,
    Client,
    Organisation,
    Integration,
    Action,
    Host,
    Flow,
}

impl Scope {
    /// The word used in configuration, metrics and refusals.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Client => "client",
            Self::Organisation => "organisation",
            Self::Integration => "integration",
            Self::Action => "action",
            Self::Host => "host",
            Self::Flow => "flow",
        }
    }
}

/// How a limit counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rule {
    /// At most `allowed` calls counted in any window of `period`, wherever the window opens.
    Window {
        /// Calls per window.
        allowed: u32,
        /// Length of a window; more than zero.
        period: Duration,
        /// If declared: the upstream counts a call no later than this after it was sent.
        counted_within: Option<Duration>,
    },
    /// At most `allowed` calls under way at once.
    Concurrency {
        /// Calls under way.
        allowed: u32,
    },
}

impl Rule {
    /// Calls per window, or calls at once.
    #[must_use]
    pub const fn allowed(self) -> u32 {
        match self {
            Self::Window { allowed, .. } | Self::Concurrency { allowed } => allowed,
        }
    }

    /// Changes how many calls are allowed, per window or at once.
    pub const fn set_allowed(&mut self, to: u32) {
        match self {
            Self::Window { allowed, .. } | Self::Concurrency { allowed } => *allowed = to,
        }
    }

    /// Length of a window; none where calls at once are counted.
    #[must_use]
    pub const fn period(self) -> Option<Duration> {
        match self {
            Self::Window { period, .. } => Some(period),
            Self::Concurrency { .. } => None,
        }
    }
}
