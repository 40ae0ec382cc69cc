//! What the log was warned of, so that it is warned once for as long as it goes on.
//!
//! A warning says that somebody should look. One for each call would be read as noise, and would hide the others; so each is of
//! a condition, which goes on until it hasn't been seen for [`QUIET`].

use std::collections::BTreeMap;
use std::time::Duration;
use tollgate_model::{ClientId, Instant, RouteId};

/// A condition that hasn't been seen for so long is over.
const QUIET: Duration = Duration::from_secs(60);
/// Conditions that are remembered. Where there are more, those that are over go, and a new one is told of each time.
const MOST: usize = 1024;

/// What the log was warned of.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    /// Routes whose calls an upstream has refused.
    pub(super) refusals: Warned<RouteId>,
    /// When it is next to be looked at what is closed.
    pub(super) closings_due: Option<Instant>,
    /// Kind and name of what is closed.
    pub(super) closings: Warned<(&'static str, String)>,
    /// Clients without a token, and what is in the way.
    pub(super) tokens: Warned<(ClientId, &'static str)>,
}

/// Conditions, and when each was seen last.
#[derive(Debug)]
pub(super) struct Warned<K>(BTreeMap<K, Instant>);

impl<K> Default for Warned<K> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord> Warned<K> {
    /// Notes that the condition is seen. Whether it begins with that.
    pub(super) fn begins(&mut self, what: K, now: Instant) -> bool {
        if let Some(last) = self.0.get_mut(&what) {
            let before = std::mem::replace(last, now);
            return now.since(before) >= QUIET;
        }
        if self.0.len() >= MOST {
            self.0.retain(|_, last| now.since(*last) < QUIET);
        }
        if self.0.len() < MOST {
            self.0.insert(what, now);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_begins_once_until_it_is_over() {
        let at = |seconds| Instant::ZERO + Duration::from_secs(seconds);
        let mut warned = Warned::default();
        assert!(warned.begins("a", at(1)));
        assert!(warned.begins("b", at(1)));
        assert!(!warned.begins("a", at(50)));
        assert!(!warned.begins("a", at(100)), "it went on");
        assert!(warned.begins("a", at(160)), "it was over");
    }

    #[test]
    fn what_is_remembered_has_a_bound() {
        let mut warned = Warned::default();
        for number in 0..10_000 {
            assert!(warned.begins(number, Instant::ZERO));
        }
        assert_eq!(warned.0.len(), MOST);
        assert!(warned.begins(20_000, Instant::ZERO + QUIET));
        assert_eq!(warned.0.len(), 1);
    }
}
