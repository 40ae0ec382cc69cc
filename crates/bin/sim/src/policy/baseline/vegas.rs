//! A number of calls at once that follows answer times: Netflix's `concurrency-limits`, Vegas.
//!
//! Our own implementation of what that library publishes (`VegasLimit.java`), with its defaults. Of its
//! algorithms Vegas is the one that heeds a refusal at all: Gradient2 looks at answer times alone, and
//! a 429 is quick. A 429, a timeout or a lost connection is a drop. The probe for a new least answer
//! time comes after 30 × limit answers; the library jitters that between half and all of it, here it
//! is always three quarters, so that a run can be repeated.

use std::time::Duration;

/// Calls at once to begin with.
const FIRST: f64 = 20.0;
/// Most calls at once.
const MOST: f64 = 1_000.0;
/// Answers per call at once until the least answer time is measured anew, jitter's mean included.
const PROBE: f64 = 30.0 * 0.75;

/// A number of calls at once.
#[derive(Debug)]
pub struct Vegas {
    limit: f64,
    /// Least answer time; none before the first answer.
    least: Option<Duration>,
    answers: f64,
}

impl Default for Vegas {
    fn default() -> Self {
        Self::new()
    }
}

impl Vegas {
    /// One that has seen no answer.
    #[must_use]
    pub fn new() -> Self {
        Self {
            limit: FIRST,
            least: None,
            answers: 0.0,
        }
    }

    /// Whether another call may be sent beside `in_flight`.
    #[must_use]
    pub fn lets(&self, in_flight: usize) -> bool {
        (in_flight as f64) < self.limit.floor()
    }

    /// A call ended that took `took`, with `in_flight` at once when it was sent.
    pub fn ended(&mut self, took: Duration, in_flight: usize, dropped: bool) {
        self.answers += 1.0;
        if self.answers >= PROBE * self.limit {
            self.answers = 0.0;
            self.least = Some(took);
            return;
        }
        let Some(least) = self.least.filter(|least| took >= *least) else {
            self.least = Some(took);
            return;
        };
        let step = self.limit.floor().log10().floor().max(1.0);
        let free = least.as_secs_f64() / took.as_secs_f64().max(1e-9);
        let queue = (self.limit * (1.0 - free)).ceil();
        let limit = if dropped {
            self.limit - step
        } else if (in_flight as f64) * 2.0 < self.limit {
            self.limit
        } else if queue <= step {
            self.limit + 6.0 * step
        } else if queue < 3.0 * step {
            self.limit + step
        } else if queue > 6.0 * step {
            self.limit - step
        } else {
            self.limit
        };
        self.limit = limit.clamp(1.0, MOST);
    }
}
