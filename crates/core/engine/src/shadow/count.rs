//! What is told of a flow as a whole.

use crate::ShadowDecision;
use std::time::Duration;

/// What would have become of a flow's calls since start, were nothing in shadow.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ShadowCount {
    /// Calls that would have gone out at once.
    pub at_once: u64,
    /// Calls that would have waited and then been sent.
    pub delayed: u64,
    /// Calls that would have been refused, at once or after a wait.
    pub refused: u64,
    /// How long the delayed ones would have waited in all.
    pub waited: Duration,
    /// How long the one of them would have waited that waited longest.
    pub longest: Duration,
}

impl ShadowCount {
    pub(super) fn add(&mut self, decision: &ShadowDecision) {
        match decision {
            ShadowDecision::Sent { waited } if waited.is_zero() => self.at_once += 1,
            ShadowDecision::Sent { waited } => {
                self.delayed += 1;
                self.waited += *waited;
                self.longest = self.longest.max(*waited);
            }
            ShadowDecision::Refused(_) => self.refused += 1,
        }
    }
}
