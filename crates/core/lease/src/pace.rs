//! When a node asks.
//!
//! Every sixth part of a lease in any case, so that a lease is renewed long before it ends. Sooner, but no more often than
//! [`PAUSE`], if it wants more than it has and this is news to the value, or if others are short of what it has beyond its
//! target. Not for each call: what a node has it uses without asking anybody. Where calls can't be served with that, and
//! would be with what others may have to spare, requests are made without delay for a moment ([`Pace::hasten`]): the node's,
//! and then those of the nodes that it calls.

use std::time::Duration;
use tollgate_model::Instant;

/// From one request to the next, at the least.
pub const PAUSE: Duration = Duration::from_millis(500);
/// From the news that others are short to the request that gives them what they lack, at the least.
const PUSHED: Duration = Duration::from_millis(50);
/// For so long calls wait for what others give: the node asks, they give, it takes.
const HASTE: Duration = Duration::from_millis(50);
/// In haste, from one request to the next, at the least.
const HASTY: Duration = Duration::from_millis(5);
/// Parts of a lease after which it is renewed.
pub const RENEWALS: u32 = 6;

/// How it stands with a node's requests.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pace {
    /// The last request, or failure.
    asked_at: Option<Instant>,
    /// Whether a request is due that others need, or for which they have something.
    is_pushed: bool,
    hasty_until: Instant,
    failures: u32,
}

impl Pace {
    /// Exchanges in a row that have failed.
    pub(crate) fn failures(&self) -> u32 {
        self.failures
    }

    pub(crate) fn push(&mut self) {
        self.is_pushed = true;
    }

    /// The next request is made soon, and the following ones without delay for [`HASTE`]. Haste comes once in [`PAUSE`],
    /// however many limits calls are short of.
    pub(crate) fn hasten(&mut self, now: Instant) {
        if now + HASTE >= self.hasty_until + PAUSE {
            self.hasty_until = now + HASTE;
        }
        self.push();
    }

    pub(crate) fn asked(&mut self, now: Instant) {
        self.asked_at = Some(now);
        self.is_pushed = false;
    }

    /// Whether or not a request was made, the next try waits.
    pub(crate) fn failed(&mut self, now: Instant) {
        self.asked_at = Some(now);
        self.failures += 1;
    }

    pub(crate) fn answered(&mut self) {
        self.failures = 0;
    }

    /// When the next request is to be made.
    pub(crate) fn due(
        &self,
        lease: Duration,
        is_urgent: bool,
        has_news: impl FnOnce() -> bool,
        now: Instant,
    ) -> Instant {
        let Some(asked_at) = self.asked_at else {
            return now;
        };
        let pause = if self.failures > 0 {
            PAUSE * self.failures.min(4)
        } else if self.is_pushed || is_urgent {
            if now < self.hasty_until {
                HASTY
            } else {
                PUSHED
            }
        } else if has_news() {
            PAUSE
        } else {
            lease / RENEWALS
        };
        asked_at + pause
    }
}
