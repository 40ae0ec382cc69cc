//! What is noted as time goes by: the steps of the series, and what others had of the upstream.

use super::World;
use crate::policy::Limiter;
use crate::stats::Bucket;
use tollgate_model::Instant;

impl<P: Limiter> World<'_, P> {
    pub(super) fn advance(&mut self, to: u64) {
        let before = self.now;
        self.now = self.now.max(to);
        for (at, sign) in [(self.measured.start, false), (self.measured.end, true)] {
            if before < at && self.now >= at {
                self.mark(at, sign);
            }
        }
        if self.now >= self.bucket_end {
            self.bucket = self.stats.series.place(self.now);
            self.bucket_end = (self.bucket as u64 + 1) * self.stats.series.step;
            let (tokens, at_once, waiting) = (self.tokens, self.under_way, self.waiting);
            self.bucket(|bucket| {
                bucket.tokens = tokens;
                bucket.at_once = at_once;
                bucket.waiting = waiting;
            });
        }
    }

    /// Counts what others had of the measured time, at its beginning and at its end.
    pub(super) fn mark(&mut self, at: u64, ends: bool) {
        let counts = self.upstream.strangers(Instant::from_nanos(at));
        let stats = &mut self.stats.strangers;
        if ends {
            stats.asked = counts.asked - self.strangers_before.asked;
            stats.admitted = counts.admitted - self.strangers_before.admitted;
        } else {
            self.strangers_before = counts;
        }
    }

    pub(super) fn bucket(&mut self, change: impl FnOnce(&mut Bucket)) {
        if let Some(bucket) = self.stats.series.buckets.get_mut(self.bucket) {
            change(bucket);
        }
    }
}
