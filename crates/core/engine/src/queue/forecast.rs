//! What waits, what will come, and what of it goes first.

use super::share::FlowState;
use super::{ONE, Queue};
use crate::deadline_queue::{DeadlineQueue, QueueKey, RUNS};
use crate::demand::most_arrivals;
use crate::{Config, Submission};
use std::cmp::Ordering;
use std::time::Duration;
use tollgate_model::{FlowId, Instant, RouteId, count, tally};

/// The recent span where no limit has a period.
const NO_PERIOD: Duration = Duration::from_secs(60);
/// The recent span, at the most.
const LONGEST: Duration = Duration::from_secs(600);

impl Queue {
    /// Lanes of the classes above this one, and how many calls a second have come of late.
    pub(crate) fn above(
        &self,
        class: u8,
        now: Instant,
    ) -> impl Iterator<Item = (FlowId, RouteId, f64)> {
        let above = self
            .lanes
            .iter()
            .filter(move |lane| self.flows[lane.flow.index()].class < class);
        above.map(move |lane| (lane.flow, lane.route, lane.arrivals.per_second(now)))
    }

    /// The last deadline that waits behind the submission in its flow.
    pub(crate) fn last_behind(&self, submission: &Submission) -> Option<Instant> {
        let last = self
            .own(submission)
            .filter_map(|queue| queue.last())
            .max()?;
        Some(last.deadline).filter(|deadline| *deadline > submission.deadline)
    }

    /// What waits behind the submission in its flow, in a few runs of deadlines from the first to the
    /// last.
    pub(crate) fn behind(&self, submission: &Submission) -> Vec<(Instant, Instant)> {
        let own = self.own(submission);
        let mut runs: Vec<_> = own
            .flat_map(|queue| queue.later(submission.deadline))
            .collect();
        // Of many lanes together no more than of one.
        runs.sort_unstable();
        let many = runs.len().div_ceil(RUNS).max(1);
        let together = runs.chunks(many).map(|runs| {
            let last = runs.iter().map(|(_, last)| *last).max();
            (runs[0].0, last.unwrap_or(runs[0].1))
        });
        together.collect()
    }

    /// The span that counts as recent: how often calls come is taken from it. It is the longest period of all
    /// limits, ten minutes at the most.
    pub(crate) fn recent(&self) -> Duration {
        self.recent
    }

    /// When a submission's turn comes by its flow's guarantee, were there a slot, and how many of its
    /// own flow's are before it. None without a guarantee.
    fn by_guarantee(
        &mut self,
        submission: &Submission,
        standing: Standing,
        now: Instant,
    ) -> Option<(Instant, u64)> {
        let rank = self.rank(submission, standing);
        let ledger = self.flows[submission.flow.index()].guaranteed.as_mut()?;
        Some((ledger.earliest(rank + 1, now), rank))
    }

    /// Starts before a submission's turn by the floor, at the most: those of higher classes that earn it,
    /// and those of its own class. None where there is no floor.
    fn by_floor(&self, submission: &Submission, standing: Standing) -> Option<u64> {
        let class = self
            .classes
            .get(&self.flows[submission.flow.index()].class)?;
        let own = tally(class.queued).saturating_sub(u32::from(standing == Standing::Admitted));
        let to_earn = (i64::from(own) + 1) * ONE - class.owed;
        let floor = u64::from(self.floor_percent);
        let higher = to_earn.max(0).unsigned_abs();
        (floor > 0).then(|| higher.div_ceil(floor) + u64::from(own))
    }

    /// Executions of the submission's flow that go before it.
    fn rank(&self, submission: &Submission, standing: Standing) -> u64 {
        self.own(submission)
            .map(|queue| standing.behind(queue, submission))
            .sum()
    }

    /// All that waits, or will wait again, of the submission's flow.
    fn own(&self, submission: &Submission) -> impl Iterator<Item = &DeadlineQueue> {
        let own = self
            .lanes
            .iter()
            .filter(|lane| lane.flow == submission.flow);
        own.flat_map(|lane| [&lane.queue, &lane.pausing])
            .filter(|queue| queue.len() > 0)
    }

    /// All that goes before the submission, and comes to.
    pub(crate) fn line(
        &mut self,
        submission: &Submission,
        standing: Standing,
        now: Instant,
        into: &mut Line,
    ) {
        into.standing = standing;
        into.by_guarantee = self.by_guarantee(submission, standing, now);
        into.by_floor = self.by_floor(submission, standing);
        into.lanes.clear();
        let own = &self.flows[submission.flow.index()];
        let present = |flow: &FlowState| {
            let class = self.classes.get(&flow.class);
            flow.virtual_time
                .max(class.map_or(0, |class| class.virtual_time))
        };
        let lead =
            present(own).saturating_add(u128::from(self.rank(submission, standing)) * own.cost);
        for lane in &self.lanes {
            let other = &self.flows[lane.flow.index()];
            let (waiting, turn) = if lane.flow == submission.flow {
                let before = |queue| standing.behind(queue, submission);
                (before(&lane.queue) + before(&lane.pausing), Turn::Own)
            } else {
                let turn = match other.class.cmp(&own.class) {
                    Ordering::Less => Turn::HigherClass,
                    Ordering::Equal => {
                        let calls = lead.saturating_sub(present(other)) / other.cost;
                        Turn::FairShare(calls.try_into().unwrap_or(u64::MAX))
                    }
                    Ordering::Greater if other.guaranteed.is_none() => continue,
                    Ordering::Greater => Turn::ByGuarantee,
                };
                ((lane.queue.len() + lane.pausing.len()) as u64, turn)
            };
            let per_second = match turn {
                Turn::Own => 0.0,
                _ => lane.arrivals.per_second(now),
            };
            if waiting > 0 || per_second > 0.0 {
                into.lanes.push(LineEntry {
                    flow: lane.flow,
                    route: lane.route,
                    waiting,
                    per_second,
                    turn,
                });
            }
        }
    }

    /// Calls of the lane that go before, were the submission's turn `within` from now: of what waits and
    /// what will have come by then.
    pub(crate) fn before(
        &self,
        it: &LineEntry,
        standing: Standing,
        within: Duration,
        now: Instant,
    ) -> u64 {
        let coming = match it.turn {
            Turn::Own => return it.waiting,
            _ if standing == Standing::Admitted => count(it.per_second * within.as_secs_f64()),
            _ => count(most_arrivals(it.per_second, within, self.recent)),
        };
        let most = it.waiting.saturating_add(coming);
        match it.turn {
            Turn::Own | Turn::HigherClass => most,
            Turn::FairShare(calls) => most.min(calls),
            Turn::ByGuarantee => {
                most.min(self.flows[it.flow.index()].guaranteed_within(within, now))
            }
        }
    }
}

/// Whether the call whose start is foretold has been taken in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Standing {
    /// The call asks to be taken in. What is foretold to it has to come true, whatever chance brings.
    #[default]
    Newcomer,
    /// The call was taken in and waits. It is sent away only if it can't be expected to start in time, so what is
    /// likely counts, and what is reserved against chance does not.
    Admitted,
}

impl Standing {
    /// How many of the queue's executions the submission is behind.
    fn behind(self, queue: &DeadlineQueue, submission: &Submission) -> u64 {
        let behind = match self {
            Self::Newcomer => queue.until(submission.deadline),
            Self::Admitted => queue.before(&QueueKey {
                deadline: submission.deadline,
                execution: submission.execution,
            }),
        };
        behind as u64
    }
}

/// The calls that go before a submission.
#[derive(Debug, Default)]
pub(crate) struct Line {
    pub(crate) standing: Standing,
    /// Calls that start before all others.
    pub(crate) started: u64,
    pub(crate) lanes: Vec<LineEntry>,
    /// When its turn comes by its flow's guarantee, and how many of its flow are before it.
    pub(crate) by_guarantee: Option<(Instant, u64)>,
    /// Starts before its turn by the floor.
    pub(crate) by_floor: Option<u64>,
}

/// A lane of which something goes before a submission, or will.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LineEntry {
    pub(crate) flow: FlowId,
    pub(crate) route: RouteId,
    waiting: u64,
    /// Calls a second that come.
    per_second: f64,
    turn: Turn,
}

/// What gives a lane its turn before a submission.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Turn {
    /// Calls of the same flow with earlier deadlines.
    Own,
    /// All calls of a higher class.
    HigherClass,
    /// So many calls of another flow of the class, by its weight.
    FairShare(u64),
    /// Calls within the flow's guarantee.
    ByGuarantee,
}

/// The span that counts as recent.
pub(super) fn longest_period(config: &Config) -> Duration {
    let periods = config.limits.iter().filter_map(|limit| limit.rule.period());
    periods.max().unwrap_or(NO_PERIOD).min(LONGEST)
}
