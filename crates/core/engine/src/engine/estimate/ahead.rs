//! How much of something goes before a submission.
//!
//! What goes before is not more than what limits of its own let through: a higher class that waits for
//! an action of ten calls a minute takes ten slots a minute of the organisation's, however long its
//! queue is.

use super::several::Gate;
use super::under::Under;
use crate::queue::{Line, Queue};
use crate::resources::Resources;
use crate::{Config, Submission};
use std::time::Duration;
use tollgate_model::{FlowId, Instant};

/// What goes before a submission, and what holds it back. Made anew for each, kept for its memory.
#[derive(Debug, Default)]
pub(crate) struct Ahead {
    pub(super) line: Line,
    /// What others have to pass and the submission has not.
    others: Vec<Under>,
    /// Which of the line's lanes has to pass which of the others, in the order of lanes.
    passes: Vec<(usize, usize)>,
    /// Slots left of each of the others.
    left: Vec<u64>,
    /// Whether all in line pass what the submission passes.
    pub(super) is_alike: bool,
    /// The windows that the submission passes.
    pub(super) gates: Vec<Gate>,
}

impl Ahead {
    /// To be called once the line is known.
    pub(super) fn look_up(
        &mut self,
        submission: &Submission,
        config: &Config,
        from: &Resources,
        now: Instant,
    ) {
        self.others.clear();
        self.passes.clear();
        self.gates.clear();
        self.is_alike = true;
        let own = (submission.flow, submission.route);
        for (place, lane) in self.line.lanes.iter().enumerate() {
            let same_limits = |flow: FlowId| {
                config.flows[flow.index()].limits == config.flows[own.0.index()].limits
            };
            if lane.route == own.1 && same_limits(lane.flow) {
                continue;
            }
            self.is_alike = false;
            let mut pass = |under: Under| {
                let known = self.others.iter().position(|it| it.key() == under.key());
                let other = known.unwrap_or(self.others.len());
                if known.is_none() {
                    self.others.push(under);
                }
                self.passes.push((place, other));
            };
            for limit in config.passed(lane.flow, lane.route) {
                if config.cost_under(limit, own.0, own.1) == 0 {
                    pass(Under::Limit(limit));
                }
            }
            let pool = config.routes[lane.route.index()].pool;
            if let Some(pool) = pool
                && config.cost_in(pool, own.1) == 0
                && !from.pools.may_grow(pool, config, now, submission.deadline)
            {
                for at in 0..from.pools.pools[pool.index()].aggregates.len() {
                    pass(Under::Tokens(pool, at));
                }
            }
        }
    }

    /// Slots of `under` that go before, were the submission's turn `within` from now.
    pub(super) fn slots(
        &mut self,
        under: &Under,
        within: Duration,
        now: Instant,
        tables: (&Config, &Queue, &mut Resources),
    ) -> u64 {
        self.slots_of_those((under, None), within, now, tables)
    }

    /// The same of those that pass the other as well.
    pub(super) fn slots_of_both(
        &mut self,
        (under, other): (&Under, &Under),
        within: Duration,
        now: Instant,
        tables: (&Config, &Queue, &mut Resources),
    ) -> u64 {
        self.slots_of_those((under, Some(other)), within, now, tables)
    }

    fn slots_of_those(
        &mut self,
        (under, other): (&Under, Option<&Under>),
        within: Duration,
        now: Instant,
        (config, queue, from): (&Config, &Queue, &mut Resources),
    ) -> u64 {
        self.left.clear();
        let others = self.others.iter();
        self.left
            .extend(others.map(|other| other.slots_by(config, from, now + within, now)));
        let (mut slots, mut next) = (0_u64, 0);
        for (place, lane) in self.line.lanes.iter().enumerate() {
            let first = next;
            while self.passes.get(next).is_some_and(|(it, _)| *it == place) {
                next += 1;
            }
            let cost = u64::from(under.cost(config, lane.flow, lane.route));
            let passes_other = |other: &Under| other.cost(config, lane.flow, lane.route) > 0;
            if cost == 0 || !other.is_none_or(passes_other) {
                continue;
            }
            let mut calls = queue.before(lane, self.line.who, within, now);
            let passes = &self.passes[first..next];
            let of =
                |other: usize| u64::from(self.others[other].cost(config, lane.flow, lane.route));
            for &(_, other) in passes {
                calls = calls.min(self.left[other] / of(other).max(1));
            }
            for &(_, other) in passes {
                self.left[other] -= calls * of(other);
            }
            slots = slots.saturating_add(calls.saturating_mul(cost));
        }
        slots
    }
}
