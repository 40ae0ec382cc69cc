//! The store's time, and spans that cross from one clock to another.
//!
//! **No clock is trusted for an instant.** Nodes' wall clocks may be anywhere and may be stepped; the store's clock
//! jumps back at a failover. So instants never cross the wire, spans do. A span is measured by its sender before the
//! message leaves and begins at its receiver after the message came, so the way only lengthens it.
//!
//! **Rates differ.** Every node's clock, one that goes on while the machine sleeps, is assumed to run within
//! [`RATE_ERROR`] of real time. [`at_least`] makes a span that is surely no shorter in real time than the given one,
//! whoever measures it; [`at_most`] one that is surely no longer.
//!
//! **The store's time is made of nodes' measures.** A [`StoreTime`] advances, from one exchange to the next, by what the
//! node that makes the next one has measured since it first knew of the last one's revision: from its own answer, or from the
//! store's hint. It can't know of an exchange before that was made, so what it has measured is a part of what really passed
//! between the two, and with [`at_most`] it is never more. So *no two instants of the store's time are further apart than the
//! real ones*, and whatever the store's time says to be over is over. Where no node knew of the last exchange, as when hints
//! are lost, the store's time stands still, which only makes things last longer.
//!
//! It would not do that each node measures since its *own* last exchange and the furthest wins: the store's time would never be
//! ahead of real time, but it could stand back while one node measures and catch up by another's measure, and what was noted
//! meanwhile would be over too soon. (A model of ours found it: a slot came back 29 ms early in 40 s.)

use serde::{Deserialize, Serialize};
use std::ops::Add;
use std::time::Duration;
use tollgate_model::nanos;

/// The part by which a node's clock may run too fast or too slow: one in a thousand. Quartz that is disciplined by NTP
/// is slewed by half of that at most; *ours*.
pub const RATE_ERROR: f64 = 1.0 / PARTS as f64;

/// What [`RATE_ERROR`] is one of.
const PARTS: u32 = 1_000;

/// A span that, measured by any node's clock, lasts at least `span` of real time.
#[must_use]
pub fn at_least(span: Duration) -> Duration {
    // span / (1 - 1/n) = span · n / (n - 1), rounded up.
    span + span / (PARTS - 1) + Duration::from_nanos(1)
}

/// A span that, measured by any node's clock, lasts at most `span` of real time; and what has surely passed when a
/// node's clock has measured `span`.
#[must_use]
pub fn at_most(span: Duration) -> Duration {
    // span · (1 - 1/n), rounded down: less than span / (1 + 1/n), too.
    span.saturating_sub(span / PARTS + Duration::from_nanos(1))
}

/// Nanoseconds on the store's own line of time, whose origin is where the value was made.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StoreTime(u64);

impl StoreTime {
    /// The span since `earlier`; zero if that is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for StoreTime {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(nanos(span)))
    }
}

/// A span as it stands in the value: nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Nanos(u64);

impl Nanos {
    pub(crate) const fn span(self) -> Duration {
        Duration::from_nanos(self.0)
    }
}

impl From<Duration> for Nanos {
    fn from(span: Duration) -> Self {
        Self(nanos(span))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_cross_clocks_of_any_rate_on_the_safe_side() {
        for span in [0, 1, 999, 1_000_001, 60_000_000_000, 86_400_000_000_000] {
            let span = Duration::from_nanos(span);
            for rate in [1.0 - RATE_ERROR, 1.0, 1.0 + RATE_ERROR] {
                // A clock of this rate shows `shown` after `shown / rate` of real time.
                let real = |shown: Duration| shown.as_secs_f64() / rate;
                assert!(real(at_least(span)) >= span.as_secs_f64());
                assert!(real(at_most(span)) <= span.as_secs_f64());
            }
        }
    }
}
