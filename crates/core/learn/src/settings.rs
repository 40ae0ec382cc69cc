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
    /// The least pause between two studies. A study that took longer is followed by a pause as long as it took.
    pub study_every: Duration,
    /// Calls that may be looked at in one turn, each counted as often as it is looked at. What is left waits
    /// for the next turn. What is begun last may exceed this by 16 looks at each remembered call. A look takes
    /// some three nanoseconds.
    pub turn: u64,
    /// How long nothing is looked at after a million looks: some twenty times as long as these take.
    pub rest: Duration,
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

impl Settings {
    /// How long nothing is looked at after so many looks.
    pub(crate) fn rest_after(&self, looks: u64) -> Duration {
        Duration::from_nanos_u128(self.rest.as_nanos() * u128::from(looks) / 1_000_000)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            calls: 8192,
            history: Duration::from_secs(900),
            findings: 8,
            settle: Duration::from_secs(1),
            study_every: Duration::from_millis(50),
            turn: 100_000,
            rest: Duration::from_millis(75),
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
