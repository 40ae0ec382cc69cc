//! What waits, what will come, and what of it goes first.

use super::{FlowState, ONE, Queue};
use crate::{Config, Submission, rate};
use std::cmp::Ordering;
use std::time::Duration;
use tollgate_model::{FlowId, Instant, RouteId, Rule};

/// What "of late" means where no limit has a period, and at the most.
const LATE: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(600));

impl Queue {
    /// Slots a second that classes above this one have asked for of late, where `cost` is what a
    /// call on a route costs.
    pub(crate) fn demand(
        &self,
        class: u8,
        now: Instant,
        cost: impl Fn(FlowId, RouteId) -> u32,
    ) -> f64 {
        let above = self
            .lanes
            .iter()
            .filter(|lane| self.flows[lane.flow.index()].class < class);
        above
            .map(|lane| match cost(lane.flow, lane.route) {
                0 => 0.0,
                cost => f64::from(cost) * lane.arrivals.per_second(now),
            })
            .sum()
    }

    /// The last deadline that waits behind the submission in its flow.
    pub(crate) fn last_behind(&self, submission: &Submission) -> Option<Instant> {
        let own = self.lanes().filter(|lane| lane.flow == submission.flow);
        let last = own.filter_map(|lane| lane.places.last()).max()?;
        Some(last.deadline).filter(|deadline| *deadline > submission.deadline)
    }

    /// What waits behind the submission in its flow, in runs of deadlines from the first to the last.
    pub(crate) fn behind(&self, submission: &Submission) -> Vec<(Instant, Instant)> {
        let own = self.lanes().filter(|lane| lane.flow == submission.flow);
        own.flat_map(|lane| lane.places.later(submission.deadline))
            .collect()
    }

    /// What "of late" means.
    pub(crate) fn late(&self) -> Duration {
        self.late
    }

    /// When a submission's turn comes by its flow's guarantee, were there a slot, and how many of its
    /// own flow's are before it. None without a guarantee.
    pub(crate) fn by_guarantee(
        &mut self,
        submission: &Submission,
        now: Instant,
    ) -> Option<(Instant, u64)> {
        let rank = self.rank(submission);
        let ledger = self.flows[submission.flow.index()].guaranteed.as_mut()?;
        Some((ledger.earliest(rank + 1, now), rank))
    }

    /// Starts before a submission's turn by the floor, at the most: those of higher classes that earn it,
    /// and those of its own class. None where there is no floor.
    pub(crate) fn by_floor(&self, submission: &Submission) -> Option<u64> {
        let class = self
            .classes
            .get(&self.flows[submission.flow.index()].class)?;
        let own = class.queued as u64;
        let to_earn = (own as i64 + 1) * ONE - class.owed;
        let floor = u64::from(self.floor_percent);
        let higher = u64::try_from(to_earn).unwrap_or(0);
        (floor > 0).then(|| higher.div_ceil(floor) + own)
    }

    /// Executions of the submission's flow that go before it.
    fn rank(&self, submission: &Submission) -> u64 {
        let own = self.lanes().filter(|lane| lane.flow == submission.flow);
        own.map(|lane| lane.places.until(submission.deadline) as u64)
            .sum()
    }

    /// Slots that are taken before the submission's turn, were that `within` from now, by what waits
    /// and by what will have come by then, where `cost` is what a call on a route costs: its own
    /// flow's earlier deadlines, all of higher classes, of its class's other flows what their weights
    /// give them meanwhile, and of lower classes what is guaranteed to them.
    pub(crate) fn ahead(
        &self,
        submission: &Submission,
        within: Duration,
        now: Instant,
        cost: impl Fn(FlowId, RouteId) -> u32,
    ) -> u64 {
        let own = &self.flows[submission.flow.index()];
        let present = |flow: &FlowState| {
            let class = self.classes.get(&flow.class);
            flow.virtual_time
                .max(class.map_or(0, |class| class.virtual_time))
        };
        let lead = present(own).saturating_add(u128::from(self.rank(submission)) * own.cost);
        let mut slots = 0;
        for lane in &self.lanes {
            let cost = u64::from(cost(lane.flow, lane.route));
            let other = &self.flows[lane.flow.index()];
            if cost == 0 || other.class > own.class && other.guaranteed.is_none() {
                continue;
            }
            if lane.flow == submission.flow {
                slots += cost * lane.places.until(submission.deadline) as u64;
                continue;
            }
            let coming = rate::most(lane.arrivals.per_second(now), within, self.late);
            let most = lane.places.len() as u64 + coming as u64;
            let first = match other.class.cmp(&own.class) {
                Ordering::Less => most,
                Ordering::Equal => (lead.saturating_sub(present(other)) / other.cost) as u64,
                Ordering::Greater => other.guaranteed_within(within, now),
            };
            slots += cost * most.min(first);
        }
        slots
    }
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
