//! All reasons to wake, in one enum and one table.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use tollgate_model::{AttemptId, ClientId, ExecutionId, Instant, LimitId, TokenId};

/// Why the engine wakes. A timer is not taken back: whoever it is for checks that it still matters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Timer {
    /// The attempt has taken as long as it may.
    GiveUp(AttemptId),
    /// The pause before the execution's next attempt is over.
    Retry(ExecutionId),
    /// The token is about to expire: fetch another.
    Renew(TokenId),
    /// The token is too old to send with.
    Retire(TokenId),
    /// The token is no longer closed.
    Open(TokenId),
    /// The pause of something closed is over.
    Probes,
    /// Those that wait are to be looked through further for starts that can't be in time.
    Promises,
    /// The client may fetch again: a pause after a failure is over, or it is no longer closed.
    Fetch(ClientId),
    /// The lease of the limit ends, unless it was renewed.
    Lease(LimitId),
    /// Other processes were asked for slots of the limit for long enough.
    Asked(LimitId),
}

/// Timers are not looked through as long as there are no more than this many.
const FEW: usize = 64;

/// Timers in the order of their instants; ties in the order of setting.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    heap: BinaryHeap<Reverse<(Instant, u64, Timer)>>,
    serial: u64,
    /// Timers that mattered when all were last looked at.
    mattered: usize,
}

impl Timers {
    pub(crate) fn set(&mut self, at: Instant, timer: Timer) {
        self.serial += 1;
        self.heap.push(Reverse((at, self.serial, timer)));
    }

    pub(crate) fn next(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse((at, ..))| *at)
    }

    /// Drops the next timers for as long as they don't matter any more, lest they wake for nothing;
    /// and all that don't when there are twice as many as did, lest they pile up.
    pub(crate) fn prune(&mut self, matters: impl Fn(Timer) -> bool) {
        if self.heap.len() > 2 * self.mattered.max(FEW) {
            self.heap.retain(|Reverse((.., timer))| matters(*timer));
            self.mattered = self.heap.len();
        }
        while let Some(&Reverse((.., timer))) = self.heap.peek() {
            if matters(timer) {
                break;
            }
            self.heap.pop();
        }
    }

    /// A timer that is due, the earliest first.
    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<Timer> {
        if self.next()? > now {
            return None;
        }
        self.heap.pop().map(|Reverse((.., timer))| timer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_that_do_not_matter_do_not_pile_up() {
        let mut timers = Timers::default();
        for number in 0..100_000_u32 {
            let expiry = Instant::from_nanos(u64::from(number) + 1_000_000);
            timers.set(expiry, Timer::Retire(TokenId(number)));
            // The first stays to the end, so none behind it is ever the next.
            timers.prune(|timer| {
                timer == Timer::Retire(TokenId(0)) || timer == Timer::Retire(TokenId(number))
            });
            assert!(timers.heap.len() <= 2 * FEW, "{}", timers.heap.len());
        }
        assert_eq!(timers.next(), Some(Instant::from_nanos(1_000_000)));
    }

    #[test]
    fn timers_are_due_in_the_order_of_their_instants_then_of_their_setting() {
        let mut timers = Timers::default();
        let fetch = |client| Timer::Fetch(ClientId(client));
        let at = Instant::from_nanos;
        for (nanos, client) in [(7, 3), (5, 2), (7, 1), (5, 4), (7, 2)] {
            timers.set(at(nanos), fetch(client));
        }
        assert_eq!(timers.next(), Some(at(5)));
        assert_eq!(timers.pop_due(at(4)), None);
        let due: Vec<_> = std::iter::from_fn(|| timers.pop_due(at(7))).collect();
        assert_eq!(due, [2, 4, 3, 1, 2].map(fetch));
        timers.set(at(1), fetch(1));
        timers.set(at(2), fetch(2));
        timers.set(at(3), fetch(1));
        timers.prune(|timer| timer != fetch(1));
        assert_eq!(timers.next(), Some(at(2)), "what matters hides the rest");
    }
}
