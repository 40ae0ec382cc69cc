//! A finding that binds.

use crate::finding::{Finding, is_named};
use crate::guard::Guard;
use crate::probe::Probe;
use crate::statistic::Statistic;
use tollgate_model::{AttemptId, Rule};

/// A finding that binds, and what it is found with.
#[derive(Clone, Debug)]
pub(crate) struct HeldFinding {
    pub(crate) finding: Finding,
    pub(crate) statistic: Statistic,
    /// The first attempt that it was in force for.
    pub(crate) from: AttemptId,
    pub(crate) probe: Probe,
    pub(crate) guard: Guard,
    /// Small corrections of its period, one after another.
    pub(crate) small: u8,
}

impl HeldFinding {
    /// Whether the limit is a bucket.
    pub(crate) fn leaks(&self) -> bool {
        let number = self.statistic.number(self.finding.rule);
        self.statistic.gap(number).is_some()
    }

    /// The rule without what its period was stretched by.
    pub(crate) fn as_found(&self) -> Rule {
        match self.finding.rule {
            Rule::Window {
                allowed,
                period,
                counted_within,
            } => Rule::Window {
                allowed,
                period: period.saturating_sub(self.guard.by),
                counted_within,
            },
            rule => rule,
        }
    }

    /// Whether refusals have named its limit.
    pub(crate) fn is_named(&self) -> bool {
        is_named(self.finding.rule)
    }
}
