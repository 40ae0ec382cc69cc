//! What a finding's period is stretched by. Why: [`crate::stretching`].

use crate::finding::FindingId;
use std::collections::BTreeSet;
use std::time::Duration;
use tollgate_model::Rule;

/// The most that it is stretched by, of the least.
const MOST: u32 = 16;

/// What a finding's period is stretched by.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guard {
    pub(crate) steps: u32,
    pub(crate) by: Duration,
    /// Batches of refusals near to the finding since its period was last stretched.
    pub(crate) batches: BTreeSet<u32>,
    /// Calls refused in these batches.
    pub(crate) refused: u64,
    /// Calls that the finding had let pass when its period was last stretched.
    pub(crate) accepted: u64,
}

/// Refusals near to a finding.
#[derive(Clone, Debug)]
pub(crate) struct NearbyRefusals {
    pub(crate) finding: FindingId,
    /// The finding's rule when they were refused.
    pub(crate) rule: Rule,
    pub(crate) batches: BTreeSet<u32>,
    pub(crate) refused: u64,
}

impl Guard {
    /// The guard of a window that was found, and what is held of it, where ways differ by as much.
    pub(crate) fn of(rule: Rule, by: Duration) -> (Self, Rule) {
        let mut guard = Self::default();
        let rule = match rule {
            Rule::Window {
                allowed,
                period,
                counted_within,
            } => {
                guard.by = by.min(least(period) * MOST);
                Rule::Window {
                    allowed,
                    period: period + guard.by,
                    counted_within,
                }
            }
            Rule::Concurrency { .. } => rule,
        };
        (guard, rule)
    }

    /// What the next step would stretch the period by.
    pub(crate) fn next(&self, period: Duration) -> Duration {
        let least = least(period);
        (self.by * 2).clamp(least, least * MOST)
    }
}

/// The least that a window of this period is stretched by.
pub(crate) fn least(period: Duration) -> Duration {
    (period / 512).max(Duration::from_millis(1))
}
