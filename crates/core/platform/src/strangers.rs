//! Calls of others, each at its own instant, made up for whenever the provider is looked at.

use crate::{Share, Stranger};
use std::time::Duration;
use tollgate_model::{Instant, Stream};

/// Longest stretch without a call; the rate is looked at again after it.
const STEP: Duration = Duration::from_millis(100);

/// One stranger and when it calls next.
#[derive(Clone, Debug)]
pub(crate) struct StrangerCalls {
    stranger: Stranger,
    random: Stream,
    /// Looked at up to here.
    seen: Instant,
    /// Of one call's distance, what is still to go; a unit is the mean distance at the rate of the time.
    left: f64,
    next: Option<Instant>,
}

impl StrangerCalls {
    pub(crate) fn new(stranger: Stranger, seed: u64, now: Instant) -> Self {
        let mut random = Stream::new(seed);
        let left = distance(&stranger, &mut random);
        Self {
            stranger,
            random,
            seen: now,
            left,
            next: None,
        }
    }

    pub(crate) fn path(&self) -> &str {
        &self.stranger.path
    }

    pub(crate) fn share(&self) -> Share {
        self.stranger.share
    }

    /// When the next call is, if that is no later than `now`. `began` is when the rates began.
    pub(crate) fn due(&mut self, began: Instant, now: Instant) -> Option<Instant> {
        while self.next.is_none() && self.seen < now {
            let rate = self.stranger.rate(self.seen.since(began));
            let until = (self.seen + STEP).min(now);
            let span = until.since(self.seen).as_secs_f64();
            if rate * span < self.left {
                self.left -= rate * span;
                self.seen = until;
                continue;
            }
            let at = self.seen + Duration::from_secs_f64(self.left / rate);
            self.seen = at.min(until);
            self.left = distance(&self.stranger, &mut self.random);
            self.next = Some(self.seen);
        }
        self.next
    }

    /// The call that was due has been made.
    pub(crate) fn take(&mut self) {
        self.next = None;
    }
}

impl Stranger {
    /// Calls a second, so long after the beginning.
    #[must_use]
    pub fn rate(&self, since: Duration) -> f64 {
        let since = match self.again {
            Some(again) if !again.is_zero() => {
                Duration::from_nanos((since.as_nanos() % again.as_nanos()) as u64)
            }
            _ => since,
        };
        let step = self.rates.iter().take_while(|(from, _)| *from <= since);
        step.last().map_or(0.0, |(_, rate)| *rate)
    }
}

fn distance(stranger: &Stranger, random: &mut Stream) -> f64 {
    match stranger.steady {
        true => 1.0,
        false => -(1.0 - random.fraction()).ln(),
    }
}
