//! One limit's slots.

use std::collections::VecDeque;
use std::time::Duration;
use tollgate_model::{Instant, Rule};

/// The slots held under one limit.
///
/// A slot is *open* while its end is not known, and *settled* once it is. The caller sends only
/// while [`Self::has_room`], and ends each slot it took by exactly one of [`Self::settle`] and
/// [`Self::cancel`] for a window, [`Self::leave`] for a concurrency limit.
#[derive(Clone, Debug)]
pub struct Ledger {
    rule: Rule,
    /// Slots without a known end.
    open: u32,
    /// Ends of the settled slots, ascending.
    ends: VecDeque<Instant>,
    closed_until: Instant,
}

impl Ledger {
    /// An empty ledger.
    #[must_use]
    pub fn new(rule: Rule) -> Self {
        Self {
            rule,
            open: 0,
            ends: VecDeque::new(),
            closed_until: Instant::ZERO,
        }
    }

    /// The ledger of several interchangeable ones of this shape together, for [`Self::earliest`].
    #[must_use]
    pub fn sum<'a>(rule: Rule, ledgers: impl Iterator<Item = &'a Self>) -> Self {
        let mut sum = Self::new(rule);
        let mut allowed = 0;
        for ledger in ledgers {
            allowed += ledger.allowed();
            sum.open += ledger.open;
            sum.ends.extend(&ledger.ends);
        }
        sum.set_allowed(allowed);
        sum.ends.make_contiguous().sort_unstable();
        sum
    }

    /// Slots that may be held at once.
    #[must_use]
    pub fn allowed(&self) -> u32 {
        self.rule.allowed()
    }

    /// Slots held at `now`.
    #[must_use]
    pub fn held(&self, now: Instant) -> u32 {
        let ended = self.ends.partition_point(|&end| end <= now);
        self.open + (self.ends.len() - ended) as u32
    }

    /// Until when the ledger is shut, if it is.
    #[must_use]
    pub fn closed_until(&self, now: Instant) -> Option<Instant> {
        (self.closed_until > now).then_some(self.closed_until)
    }

    /// Whether one more call may be sent.
    #[must_use]
    pub fn has_room(&mut self, now: Instant) -> bool {
        self.forget_ended(now);
        self.closed_until <= now && self.occupied() < self.allowed()
    }

    /// Holds a slot for a call that may leave at `now`.
    pub fn take(&mut self, now: Instant) {
        match self.rule {
            Rule::Window {
                period,
                counted_within: Some(bound),
                ..
            } => {
                self.insert(now + bound + period);
            }
            Rule::Window { .. } | Rule::Concurrency { .. } => self.open += 1,
        }
    }

    /// The call sent at `sent` was counted no later than `counted_by`. No effect on a concurrency limit.
    pub fn settle(&mut self, sent: Instant, counted_by: Instant) {
        match self.rule {
            Rule::Window {
                period,
                counted_within: Some(bound),
                ..
            } => {
                // Already settled at the bound; an answer within the bound frees the slot earlier.
                if counted_by < sent + bound && self.remove(sent + bound + period) {
                    self.insert(counted_by + period);
                }
            }
            Rule::Window { period, .. } => {
                debug_assert!(self.open > 0, "settled a slot that was not taken");
                self.open -= 1;
                self.insert(counted_by + period);
            }
            Rule::Concurrency { .. } => {}
        }
    }

    /// The call sent at `sent` never left, so it was never counted.
    pub fn cancel(&mut self, sent: Instant) {
        match self.rule {
            Rule::Window {
                period,
                counted_within: Some(bound),
                ..
            } => {
                self.remove(sent + bound + period);
            }
            Rule::Window { .. } => self.open -= 1,
            Rule::Concurrency { .. } => {}
        }
    }

    /// The call is over. No effect on a window.
    pub fn leave(&mut self) {
        if let Rule::Concurrency { .. } = self.rule {
            debug_assert!(self.open > 0, "left a slot that was not taken");
            self.open -= 1;
        }
    }

    /// Shuts the ledger until `until`, or for longer if it was shut for longer.
    pub fn close(&mut self, until: Instant) {
        self.closed_until = self.closed_until.max(until);
    }

    /// Changes how many slots may be held. A lower number drains; it takes nothing back.
    pub fn set_allowed(&mut self, to: u32) {
        match &mut self.rule {
            Rule::Window { allowed, .. } | Rule::Concurrency { allowed } => *allowed = to,
        }
    }

    /// The earliest instant at which the `k`-th call from now (1 is the next) may be sent, were
    /// nothing else sent in between: exact for settled slots, a lower bound where open ones must
    /// end first.
    #[must_use]
    pub fn earliest(&mut self, k: u32, now: Instant) -> Instant {
        self.forget_ended(now);
        let start = self.closed_until.max(now);
        let allowed = self.allowed();
        if allowed == 0 {
            return Instant::NEVER;
        }
        let period = match self.rule {
            Rule::Window { period, .. } => period,
            // How long calls under way will take is not the ledger's to know.
            Rule::Concurrency { .. } => Duration::ZERO,
        };
        // Each slot serves one call a period: the k-th call is in round `rounds` of its slot.
        let rounds = (k - 1) / allowed;
        let place = (k - 1) % allowed;
        let free = allowed.saturating_sub(self.occupied());
        let first = if place < free {
            now
        } else {
            let over = self.occupied().saturating_sub(allowed);
            let index = (place - free + over) as usize;
            self.ends.get(index).copied().unwrap_or(now + period)
        };
        first.max(start) + period * rounds
    }

    /// When room may come back by itself: none while nothing is settled, or there is room.
    #[must_use]
    pub fn next_room(&mut self, now: Instant) -> Option<Instant> {
        self.forget_ended(now);
        let allowed = self.allowed();
        let end = match (self.occupied() + 1).checked_sub(allowed) {
            None | Some(0) => now,
            Some(nth) => *self.ends.get(nth as usize - 1)?,
        };
        Some(end.max(self.closed_until))
    }

    fn occupied(&self) -> u32 {
        self.open + self.ends.len() as u32
    }

    fn forget_ended(&mut self, now: Instant) {
        while self.ends.front().is_some_and(|&end| end <= now) {
            self.ends.pop_front();
        }
    }

    /// Answers come almost in order, so the place is at the back or near it.
    fn insert(&mut self, end: Instant) {
        if self.ends.back().is_none_or(|&last| last <= end) {
            self.ends.push_back(end);
        } else {
            let at = self.ends.partition_point(|&other| other <= end);
            self.ends.insert(at, end);
        }
    }

    /// Whether it was there; an end that has passed may have been forgotten.
    fn remove(&mut self, end: Instant) -> bool {
        let found = self.ends.binary_search(&end);
        if let Ok(at) = found {
            self.ends.remove(at);
        }
        found.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::from_nanos(millis * 1_000_000)
    }

    fn window(allowed: u32, millis: u64) -> Ledger {
        let period = Duration::from_millis(millis);
        Ledger::new(Rule::Window {
            allowed,
            period,
            counted_within: None,
        })
    }

    #[test]
    fn a_slot_is_held_from_sending_until_a_period_after_the_answer() {
        let mut ledger = window(1, 100);
        ledger.take(at(0));
        assert!(!ledger.has_room(at(500)), "no answer yet");
        ledger.settle(at(0), at(30));
        assert!(!ledger.has_room(at(129)));
        assert!(ledger.has_room(at(130)));
    }

    #[test]
    fn a_declared_bound_frees_the_slot_without_an_answer() {
        let mut ledger = Ledger::new(Rule::Window {
            allowed: 1,
            period: Duration::from_millis(100),
            counted_within: Some(Duration::from_millis(20)),
        });
        ledger.take(at(0));
        assert!(!ledger.has_room(at(119)));
        assert!(ledger.has_room(at(120)));
        ledger.take(at(120));
        ledger.settle(at(120), at(125));
        assert!(ledger.has_room(at(225)), "answered within the bound");
        ledger.take(at(225));
        ledger.settle(at(225), at(290));
        assert!(!ledger.has_room(at(344)), "a later answer changes nothing");
        assert!(ledger.has_room(at(345)));
    }

    #[test]
    fn the_earliest_start_of_the_kth_call_follows_the_ends() {
        let mut ledger = window(3, 100);
        for millis in [0, 10] {
            ledger.take(at(millis));
            ledger.settle(at(millis), at(millis));
        }
        assert_eq!(ledger.earliest(1, at(20)), at(20), "one is free");
        assert_eq!(ledger.earliest(2, at(20)), at(100));
        assert_eq!(ledger.earliest(3, at(20)), at(110));
        assert_eq!(ledger.earliest(4, at(20)), at(120), "the free one again");
        assert_eq!(ledger.earliest(5, at(20)), at(200));
    }

    #[test]
    fn a_lowered_limit_drains() {
        let mut ledger = window(3, 100);
        for millis in [0, 10, 20] {
            ledger.take(at(millis));
            ledger.settle(at(millis), at(millis));
        }
        ledger.set_allowed(1);
        assert_eq!(ledger.next_room(at(30)), Some(at(120)));
        assert!(!ledger.has_room(at(119)));
        assert!(ledger.has_room(at(120)));
    }

    #[test]
    fn a_closed_ledger_has_no_room() {
        let mut ledger = window(5, 100);
        ledger.close(at(70));
        assert!(!ledger.has_room(at(69)));
        assert_eq!(ledger.earliest(1, at(10)), at(70));
        assert_eq!(ledger.next_room(at(10)), Some(at(70)));
        assert!(ledger.has_room(at(70)));
    }
}
