//! A running service's own records as a workload: yesterday's traffic under tomorrow's limits.
//!
//! One record a call: `at,flow,action,latency_ms,outcome`, as CSV with that heading (columns in any
//! order, others are passed over) or as JSON objects, one a line. `at` is RFC 3339 in UTC or a number
//! of seconds; `latency_ms` is how long the upstream took, empty if it was not asked; `outcome` is a
//! word, of which two matter: a `cached` call never went upstream and is left out, and so is a `composite` one, whose
//! calls have records of their own.

mod parse;

use crate::action::ActionId;
use std::time::Duration;

pub use parse::RecordError;

/// One call as it was recorded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// Since the first.
    pub at: Duration,
    /// The place of its flow in the scenario.
    pub flow: u32,
    /// What it called.
    pub action: ActionId,
    /// How long the upstream took; drawn from the action's distribution if that isn't known.
    pub latency: Option<Duration>,
}

/// A file of records.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Records {
    /// In the order of time; `flow` and `action` are places in the two lists.
    pub(crate) lines: Vec<Record>,
    flows: Vec<String>,
    actions: Vec<String>,
    /// Left out: they were answered from a cache.
    pub cached: u64,
}

impl Records {
    /// The names of the flows in them.
    #[must_use]
    pub fn flows(&self) -> &[String] {
        &self.flows
    }

    /// The names of the actions in them.
    #[must_use]
    pub fn actions(&self) -> &[String] {
        &self.actions
    }
}
