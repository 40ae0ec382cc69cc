//! What waits, what will come, and what of it goes first.

use super::{FlowState, ONE, Queue};
use crate::places::{Place, Places, RUNS};
use crate::{Config, Submission, rate};
use std::cmp::Ordering;
use std::time::Duration;
use tollgate_model::{FlowId, Instant, RouteId, Rule};

/// What "of late" means where no limit has a period, and at the most.
const LATE: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(600));

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
            .filter_map(|places| places.last())
            .max()?;
        Some(last.deadline).filter(|deadline| *deadline > submission.deadline)
    }

    /// What waits behind the submission in its flow, in a few runs of deadlines from the first to the
    /// last.
    pub(crate) fn behind(&self, submission: &Submission) -> Vec<(Instant, Instant)> {
        let own = self.own(submission);
        let mut runs: Vec<_> = own
            .flat_map(|places| places.later(submission.deadline))
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

    /// What "of late" means.
    pub(crate) fn late(&self) -> Duration {
        self.late
    }

    /// When a submission's turn comes by its flow's guarantee, were there a slot, and how many of its
    /// own flow's are before it. None without a guarantee.
    fn by_guarantee(
        &mut self,
        submission: &Submission,
        who: Who,
        now: Instant,
    ) -> Option<(Instant, u64)> {
        let rank = self.rank(submission, who);
        let ledger = self.flows[submission.flow.index()].guaranteed.as_mut()?;
        Some((ledger.earliest(rank + 1, now), rank))
    }

    /// Starts before a submission's turn by the floor, at the most: those of higher classes that earn it,
    /// and those of its own class. None where there is no floor.
    fn by_floor(&self, submission: &Submission, who: Who) -> Option<u64> {
        let class = self
            .classes
            .get(&self.flows[submission.flow.index()].class)?;
        let own = (class.queued as u64).saturating_sub(u64::from(who == Who::Waits));
        let to_earn = (own as i64 + 1) * ONE - class.owed;
        let floor = u64::from(self.floor_percent);
        let higher = u64::try_from(to_earn).unwrap_or(0);
        (floor > 0).then(|| higher.div_ceil(floor) + own)
    }

    /// Executions of the submission's flow that go before it.
    fn rank(&self, submission: &Submission, who: Who) -> u64 {
        self.own(submission)
            .map(|places| who.behind(places, submission))
            .sum()
    }

    /// All that waits, or will wait again, of the submission's flow.
    fn own(&self, submission: &Submission) -> impl Iterator<Item = &Places> {
        let own = self
            .lanes
            .iter()
            .filter(|lane| lane.flow == submission.flow);
        own.flat_map(|lane| [&lane.places, &lane.pausing])
            .filter(|places| places.len() > 0)
    }

    /// All that goes before the submission, and comes to.
    pub(crate) fn line(
        &mut self,
        submission: &Submission,
        who: Who,
        now: Instant,
        into: &mut Line,
    ) {
        into.who = who;
        into.by_guarantee = self.by_guarantee(submission, who, now);
        into.by_floor = self.by_floor(submission, who);
        into.lanes.clear();
        let own = &self.flows[submission.flow.index()];
        let present = |flow: &FlowState| {
            let class = self.classes.get(&flow.class);
            flow.virtual_time
                .max(class.map_or(0, |class| class.virtual_time))
        };
        let lead = present(own).saturating_add(u128::from(self.rank(submission, who)) * own.cost);
        for lane in &self.lanes {
            let other = &self.flows[lane.flow.index()];
            let (waiting, turn) = if lane.flow == submission.flow {
                let before = |places| who.behind(places, submission);
                (before(&lane.places) + before(&lane.pausing), Turn::Own)
            } else {
                let turn = match other.class.cmp(&own.class) {
                    Ordering::Less => Turn::First,
                    Ordering::Equal => {
                        Turn::UpTo((lead.saturating_sub(present(other)) / other.cost) as u64)
                    }
                    Ordering::Greater if other.guaranteed.is_none() => continue,
                    Ordering::Greater => Turn::ByGuarantee,
                };
                ((lane.places.len() + lane.pausing.len()) as u64, turn)
            };
            let per_second = match turn {
                Turn::Own => 0.0,
                _ => lane.arrivals.per_second(now),
            };
            if waiting > 0 || per_second > 0.0 {
                into.lanes.push(InLine {
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
    pub(crate) fn before(&self, it: &InLine, who: Who, within: Duration, now: Instant) -> u64 {
        let coming = match it.turn {
            Turn::Own => return it.waiting,
            _ if who == Who::Waits => (it.per_second * within.as_secs_f64()) as u64,
            _ => rate::most(it.per_second, within, self.late) as u64,
        };
        let most = it.waiting.saturating_add(coming);
        match it.turn {
            Turn::Own | Turn::First => most,
            Turn::UpTo(calls) => most.min(calls),
            Turn::ByGuarantee => {
                most.min(self.flows[it.flow.index()].guaranteed_within(within, now))
            }
        }
    }
}

/// Whose start is foretold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Who {
    /// One who asks to be taken in. A start that is foretold comes true, whatever chance brings.
    #[default]
    Comes,
    /// One who was taken in and waits. Only who can't be expected to start in time is sent away, so what is
    /// likely counts, and what is kept for others by chance does not.
    Waits,
}

impl Who {
    /// How many of these places the submission is behind.
    fn behind(self, places: &Places, submission: &Submission) -> u64 {
        let behind = match self {
            Self::Comes => places.until(submission.deadline),
            Self::Waits => places.before(&Place {
                deadline: submission.deadline,
                execution: submission.execution,
            }),
        };
        behind as u64
    }
}

/// What goes before a submission.
#[derive(Debug, Default)]
pub(crate) struct Line {
    pub(crate) who: Who,
    /// Calls that start before all others.
    pub(crate) started: u64,
    pub(crate) lanes: Vec<InLine>,
    /// When its turn comes by its flow's guarantee, and how many of its flow are before it.
    pub(crate) by_guarantee: Option<(Instant, u64)>,
    /// Starts before its turn by the floor.
    pub(crate) by_floor: Option<u64>,
}

/// A lane of which something goes before a submission, or will.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InLine {
    pub(crate) flow: FlowId,
    pub(crate) route: RouteId,
    waiting: u64,
    /// What comes of it.
    per_second: f64,
    turn: Turn,
}

/// What gives a lane its turn before a submission.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Turn {
    /// Earlier deadlines of the same flow.
    Own,
    /// The class.
    First,
    /// Its weight, for so many calls.
    UpTo(u64),
    ByGuarantee,
}

impl FlowState {
    /// Starts that the guarantee gives it within a span.
    fn guaranteed_within(&self, within: Duration, now: Instant) -> u64 {
        let Some(ledger) = &self.guaranteed else {
            return 0;
        };
        let left = u64::from(ledger.allowed().saturating_sub(ledger.held(now)));
        left + u64::from(ledger.freed_by(now + within))
    }
}

pub(super) fn longest_period(config: &Config) -> Duration {
    let periods = config.limits.iter().filter_map(|limit| match limit.rule {
        Rule::Window { period, .. } => Some(period),
        Rule::Concurrency { .. } => None,
    });
    periods.max().map_or(LATE.0, |longest| longest.min(LATE.1))
}
