//! A ledger's slots in few words, for the process that comes after this one.

use super::Ledger;
use std::time::Duration;
use tollgate_model::{Instant, Rule};

/// Steps into which the ends of settled slots are gathered.
const STEPS: u32 = 64;

/// What a limit's slots looked like at an instant. Spans are from then.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Usage {
    /// Slots without a known end.
    pub open: u32,
    /// Slots that end no later than so much later, the earliest first.
    pub ends: Vec<(Duration, u32)>,
    /// How much longer it is closed.
    pub closed: Duration,
}

impl Ledger {
    /// The slots held at `now`, their ends rounded up to the 64th part of a period.
    #[must_use]
    pub fn usage(&self, now: Instant) -> Usage {
        let step = self.period().unwrap_or(Duration::from_secs(64)) / STEPS;
        let step = step.max(Duration::from_nanos(1));
        let mut ends: Vec<(Duration, u32)> = Vec::new();
        let mut all = Vec::with_capacity(self.ends.len());
        self.each_end(|end| all.push(end));
        all.sort_unstable();
        for end in all.into_iter().filter(|&end| end > now) {
            let steps = end.since(now).as_nanos().div_ceil(step.as_nanos());
            let end = step.saturating_mul(u32::try_from(steps).unwrap_or(u32::MAX));
            match ends.last_mut() {
                Some((last, slots)) if *last == end => *slots += 1,
                _ => ends.push((end, 1)),
            }
        }
        Usage {
            open: self.open,
            ends,
            closed: self.closed_until.since(now),
        }
    }

    /// Holds what an earlier process has used. `usage` was true `elapsed` ago or longer; since then
    /// up to `since` more slots were taken. Slots without a known end are counted no later than
    /// `counted_by`; a concurrency limit's are free by then.
    pub fn restore(
        &mut self,
        usage: &Usage,
        since: u32,
        elapsed: Duration,
        counted_by: Instant,
        now: Instant,
    ) {
        // Not bounded by what is allowed: that may have been more then, and may be again.
        let unknown = usage.open.saturating_add(since);
        let end = match self.rule {
            Rule::Window { period, .. } => counted_by + period,
            Rule::Concurrency { .. } => counted_by,
        };
        for &(span, slots) in &usage.ends {
            let left = span.saturating_sub(elapsed);
            if !left.is_zero() {
                self.hold(slots, now + left);
            }
        }
        self.hold(unknown, end);
        self.close(now + usage.closed.saturating_sub(elapsed));
    }
}
