//! Promises that can't be kept any more.
//!
//! Who is taken in can start in time, as far as it is known then. A limit that is lowered, one that is
//! learned, or something that closes may make that false for many at once. They are told at that moment,
//! with the limit and the earliest start, and not when their time is up: so those who can still be
//! served are, and the others can turn elsewhere.
//!
//! The queue is looked through lane by lane, the most important first, and in each in the order of
//! deadlines; who is sent away frees the place for those behind. What is likely counts, not what chance may
//! bring at worst, which is what new ones are held against: a promise is broken only where it can't be
//! expected to be kept.
//!
//! Starts move a little, too: a slot comes back as much later as its call's answer was awaited, and a refused
//! call's slot is taken by another when the refusal is known. Whom that concerns is not known before those
//! calls are answered. So where a call was refused of late, or one has expired, whoever is next in a lane is
//! looked at again after each event, for sixteen of the longest periods.
//!
//! **Cost.** Where the last of a run of calls would start by the first one's deadline, the whole run is
//! passed over with one estimate. No event pays for more than [`MOST`] estimates: a timer goes on with the rest.
//! Should something change meanwhile, the walk begins again when it is through, so that a stream of
//! changes can't keep it from the end.

use super::machine::Engine;
use crate::deadline_queue::QueueKey;
use crate::estimate::Estimate;
use crate::queue::{LaneKey, Standing};
use crate::timer::Timer;
use std::time::Duration;
use tollgate_model::{FlowId, Instant, Reason, RouteId};

/// Estimates for one event, at the most.
const MOST: u32 = 512;
/// Calls that are passed over with one estimate.
const RUN: usize = 32;
/// Lanes of which the next calls are looked at after an event, and calls of each, at the most.
const MOST_NEXT: usize = 4;
/// Pause before the walk goes on.
const PAUSE: Duration = Duration::from_millis(1);

impl Engine {
    /// Asks for a look at all that wait: something has changed for the worse. It is taken before the
    /// event's end.
    pub(super) fn recheck_promises(&mut self) {
        self.promises.is_asked = true;
        self.promises.is_due |= self.promises.at.is_none();
    }

    /// Slots come back later than was promised to those who wait: who is next is looked at until then.
    pub(super) fn starts_have_moved(&mut self, until: Instant) {
        self.promises.moved_until = self.promises.moved_until.max(until);
    }

    /// Refuses whoever is next in a lane and can't start in time any more.
    pub(super) fn keep_next_promises(&mut self, now: Instant) {
        if now >= self.promises.moved_until {
            return;
        }
        let mut from = LaneKey::FIRST;
        for _ in 0..MOST_NEXT {
            let Some(lane) = self.queue.lane_from(from) else {
                return;
            };
            from = lane.next();
            let pool = self.route(lane.route).pool;
            let sums = pool.map(|pool| (pool, self.resources.pools.foresee(pool)));
            for next in self.queue.run_after(lane, None, MOST_NEXT) {
                if self.keep_promise(next, now) {
                    break;
                }
                let again = now + self.longest_period() * 16;
                self.starts_have_moved(again);
            }
            if let Some((pool, sums)) = sums {
                self.resources.pools.put_back(pool, sums);
            }
        }
    }

    /// The pause in the walk is over.
    pub(super) fn recheck_the_rest(&mut self) {
        self.promises.is_due = true;
    }

    /// Refuses those that wait and can't start in time any more.
    pub(super) fn keep_promises(&mut self, now: Instant) {
        if !std::mem::take(&mut self.promises.is_due) {
            return;
        }
        let mut left = MOST;
        while left > 0 {
            let Some((lane, key)) = self.promises.at else {
                if !std::mem::take(&mut self.promises.is_asked) {
                    return;
                }
                self.promises.at = Some((LaneKey::FIRST, None));
                continue;
            };
            let Some(next) = self.queue.lane_from(lane) else {
                self.promises.at = None;
                continue;
            };
            let key = key.filter(|_| next == lane);
            let last = self.keep_promises_of(next, key, &mut left, now);
            self.promises.at = Some(match last {
                Some(last) => (next, Some(last)),
                None => (next.next(), None),
            });
        }
        self.timers.set(now + PAUSE, Timer::Promises);
    }

    /// Looks at the lane's calls behind this key, as far as the estimates go. Gives the last one, if
    /// there may be more.
    fn keep_promises_of(
        &mut self,
        lane: LaneKey,
        mut key: Option<QueueKey>,
        left: &mut u32,
        now: Instant,
    ) -> Option<QueueKey> {
        let pool = self.route(lane.route).pool;
        let sums = pool.map(|pool| (pool, self.resources.pools.foresee(pool)));
        while *left > 0 {
            let run = self.queue.run_after(lane, key, RUN);
            let (Some(first), Some(last)) = (run.first().copied(), run.last().copied()) else {
                key = None;
                break;
            };
            *left -= 1;
            let by = self.start_of(last, 0, now);
            if by.is_none_or(|estimate| estimate.at > first.deadline) {
                for it in &run {
                    *left = left.saturating_sub(1);
                    self.keep_promise(*it, now);
                }
            }
            key = Some(last);
        }
        if let Some((pool, sums)) = sums {
            self.resources.pools.put_back(pool, sums);
        }
        key
    }

    /// When the execution that waits or pauses can be expected to start, were so many started before.
    pub(super) fn start_of(
        &mut self,
        key: QueueKey,
        started: u64,
        now: Instant,
    ) -> Option<Estimate> {
        let mut submission = self.executions.get(&key.execution)?.submission;
        submission.deadline = key.deadline;
        Some(
            self.estimator(now)
                .foretell(&submission, Standing::Admitted, started),
        )
    }

    /// Ends the pause of a call that would miss its deadline if another started on this route now: the
    /// upstream gets no more calls if that one goes instead. Whether there was such a call.
    pub(super) fn brings_back(&mut self, flow: FlowId, route: RouteId, now: Instant) -> bool {
        for key in self.queue.pausing_on(route, self.queue.class(flow)) {
            let by = |estimate: Option<Estimate>| {
                estimate.is_some_and(|estimate| estimate.at <= key.deadline)
            };
            let was_refused = self
                .executions
                .get(&key.execution)
                .is_some_and(|it| it.refusals > 0);
            if was_refused && !by(self.start_of(key, 1, now)) && by(self.start_of(key, 0, now)) {
                self.end_pause(key.execution);
                self.enqueue(key.execution);
                return true;
            }
        }
        false
    }

    /// Refuses the execution if it can't start in time. Whether it stays.
    fn keep_promise(&mut self, key: QueueKey, now: Instant) -> bool {
        if self.asking.keeps(key.execution) {
            return true;
        }
        let Some(estimate) = self.start_of(key, 0, now) else {
            return true;
        };
        // A limit that allows nothing was shut by an operator, who may open it any time, or our part of it is empty and may
        // be filled.
        let is_shut = estimate.at == Instant::NEVER && estimate.reason != Reason::LeaseEnded;
        if estimate.at <= key.deadline || is_shut {
            return true;
        }
        let Some(it) = self.executions.get(&key.execution) else {
            return true;
        };
        // It starts when there is a token, or when its pause is over.
        if self.is_in_shadow(it.submission.flow) {
            return true;
        }
        let reason = match it.times_out_first() {
            false => estimate.reason,
            true if it.refusals > 0 => Reason::UpstreamClosed,
            // It will be told that its time is up.
            true => return true,
        };
        self.dequeue(key.execution);
        self.refuse_late(key.execution, reason, estimate);
        false
    }
}
