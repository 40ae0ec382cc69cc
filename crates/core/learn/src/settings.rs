//! Bounds and spans.

use std::time::Duration;

/// What bounds the learning.
#[derive(Clone, PartialEq, Debug)]
pub struct Settings {
    /// Calls that are remembered.
    pub calls: usize,
    /// How long a call is remembered.
    pub history: Duration,
    /// Findings at once.
    pub findings: usize,
    /// Calls sent before a refusal was known are waited for no longer than this before it is studied.
    pub settle: Duration,
    /// The least pause between two studies; it grows with the calls to be looked at.
    pub study_every: Duration,
    /// Evidence, as a logarithm of a likelihood ratio, that a finding needs against refusals by chance.
    pub evidence: f64,
    /// The least calls that are studied by themselves.
    pub least: usize,
    /// A finding that no call came near for this long is forgotten.
    pub forget_after: Duration,
    /// How more than was found is tried.
    pub probing: Probing,
}

/// How more than was found is tried.
#[derive(Clone, PartialEq, Debug)]
pub struct Probing {
    /// Accepted calls of the group between two tries, times the parts that try.
    pub accepted: u64,
    /// The most that this grows to, by doubling after each try that failed.
    pub most: u64,
    /// How long a try of a limit on calls at once lasts.
    pub at_once: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            calls: 8192,
            history: Duration::from_secs(900),
            findings: 8,
            settle: Duration::from_secs(1),
            study_every: Duration::from_millis(50),
            evidence: 14.0,
            least: 100,
            forget_after: Duration::from_secs(7 * 86_400),
            probing: Probing::default(),
        }
    }
}

impl Default for Probing {
    fn default() -> Self {
        Self {
            accepted: 300,
            most: 8_000,
            at_once: Duration::from_secs(5),
        }
    }
}
