//! A send rate that follows 429s: the *adaptive* retry mode of the AWS SDKs.
//!
//! Our own implementation of what botocore publishes (`retries/adaptive.py`, `throttling.py`,
//! `bucket.py`) with the defaults it has there. Before the first 429 nothing is held back. At a 429 the
//! rate falls to 0.7 of the rate measured; after it the rate grows with CUBIC's curve, which is flat
//! near the rate of the last 429 and steep beyond. A bucket that holds one second of the rate lets the
//! calls through.

use std::time::Duration;
use tollgate_model::Instant;

/// What of the rate is kept at a 429.
const BETA: f64 = 0.7;
/// How steep the curve is, in calls a second per cubic second.
const SCALE: f64 = 0.4;
/// Least rate, calls a second.
const LEAST: f64 = 0.5;
/// The rate is no more than this many times the measured one.
const MOST: f64 = 2.0;
/// Answers are counted in slices of this many seconds.
const SLICE: f64 = 0.5;
/// Weight of the newest slice in the measured rate.
const NEWEST: f64 = 0.8;

/// A rate and the bucket that it fills.
#[derive(Debug)]
pub struct SendRate {
    /// Whether a 429 was seen.
    limited: bool,
    /// Calls a second that the bucket is filled with.
    rate: f64,
    bucket: f64,
    filled: f64,
    /// Rate at the last 429, and when that was.
    rate_then: f64,
    last_429: f64,
    measured: f64,
    slice: f64,
    count: f64,
}

impl Default for SendRate {
    fn default() -> Self {
        Self::new()
    }
}

impl SendRate {
    /// One that no 429 has limited yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            limited: false,
            rate: 1.0,
            bucket: 0.0,
            filled: 0.0,
            rate_then: 0.0,
            last_429: 0.0,
            measured: 0.0,
            slice: 0.0,
            count: 0.0,
        }
    }

    /// Takes one from the bucket.
    ///
    /// # Errors
    /// There is none; how long until there is one.
    pub fn take(&mut self, now: Instant) -> Result<(), Duration> {
        if !self.limited {
            return Ok(());
        }
        self.fill(seconds(now));
        let lacks = 1.0 - self.bucket;
        // A wait is rounded to nanoseconds, and what it fills may lack as little.
        if lacks <= 1e-6 {
            self.bucket -= 1.0;
            return Ok(());
        }
        Err(Duration::from_secs_f64(lacks / self.rate))
    }

    /// An answer came; `limited` if it was 429.
    pub fn answered(&mut self, limited: bool, now: Instant) {
        let now = seconds(now);
        self.count += 1.0;
        let slice = (now / SLICE).floor() * SLICE;
        if slice > self.slice {
            let newest = self.count / (slice - self.slice);
            self.measured = newest * NEWEST + self.measured * (1.0 - NEWEST);
            (self.count, self.slice) = (0.0, slice);
        }
        let rate = if limited {
            let reached = if self.limited {
                self.measured.min(self.rate)
            } else {
                self.measured
            };
            self.limited = true;
            (self.rate_then, self.last_429) = (reached, now);
            reached * BETA
        } else {
            let flat = (self.rate_then * (1.0 - BETA) / SCALE).cbrt();
            SCALE * (now - self.last_429 - flat).powi(3) + self.rate_then
        };
        self.fill(now);
        self.rate = rate.min(MOST * self.measured).max(LEAST);
        self.bucket = self.bucket.min(self.rate.max(1.0));
    }

    fn fill(&mut self, now: f64) {
        let more = (now - self.filled) * self.rate;
        self.bucket = (self.bucket + more).min(self.rate.max(1.0));
        self.filled = now;
    }
}

fn seconds(now: Instant) -> f64 {
    now.as_nanos() as f64 / 1e9
}
