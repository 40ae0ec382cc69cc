//! Slots of a resource that go to other calls before a submission.
//!
//! No more slots go before it than limits of the other calls' own let through: a higher class that waits for an action
//! of ten calls a minute takes ten slots a minute of the organisation's limit, however long its queue is.

use super::gate::{ExtraSlots, Gate};
use crate::Submission;
use crate::queue::{Line, Standing};
use crate::resource::Resource;
use crate::situation::Situation;
use std::time::Duration;
use tollgate_model::{FlowId, Instant, count};

/// Rounds in which a start and the slots that go before it are found together, at the most. If they don't agree by
/// then, the last start that was found is taken.
pub(super) const ROUNDS: u32 = 20;

/// The calls before a submission, and what holds them back. Made anew for each submission; kept for its memory.
#[derive(Debug, Default)]
pub(crate) struct Backlog {
    pub(super) line: Line,
    /// Resources that calls before the submission have to pass, and the submission hasn't.
    others: Vec<Resource>,
    /// Which lane of the line (by its index) has to pass which of the others, in the order of lanes.
    passes: Vec<(usize, usize)>,
    /// Slots left of each of the others.
    left: Vec<u64>,
    /// Whether all calls in the line pass what the submission passes.
    pub(super) is_alike: bool,
    /// The windows that the submission passes.
    pub(super) gates: Vec<Gate>,
}

impl Backlog {
    /// Finds the calls before this submission, where so many calls are taken to have started before all others.
    pub(super) fn begin(
        &mut self,
        submission: &Submission,
        standing: Standing,
        started: u64,
        s: &mut Situation<'_>,
    ) {
        s.queue.line(submission, standing, s.now, &mut self.line);
        self.line.started = started;
        self.others.clear();
        self.passes.clear();
        self.gates.clear();
        self.is_alike = true;
        let config = s.config;
        let own = (submission.flow, submission.route);
        for (at, lane) in self.line.lanes.iter().enumerate() {
            let same_limits = |flow: FlowId| {
                config.flows[flow.index()].limits == config.flows[own.0.index()].limits
            };
            if lane.route == own.1 && same_limits(lane.flow) {
                continue;
            }
            self.is_alike = false;
            let mut pass = |resource: Resource| {
                let mut others = self.others.iter();
                let known = others.position(|other| other.key() == resource.key());
                let index = known.unwrap_or(self.others.len());
                if known.is_none() {
                    self.others.push(resource);
                }
                self.passes.push((at, index));
            };
            for limit in config.passed(lane.flow, lane.route) {
                if config.cost_under(limit, own.0, own.1) == 0 {
                    pass(Resource::Limit(limit));
                }
            }
            let pools = &s.resources.pools;
            if let Some(pool) = config.routes[lane.route.index()].pool
                && config.cost_in(pool, own.1) == 0
                && !pools.may_grow(pool, config, s.now, submission.deadline)
            {
                for index in 0..pools.pools[pool.index()].aggregates.len() {
                    pass(Resource::Tokens(pool, index));
                }
            }
        }
    }

    /// Notes a window at which the submission's turn comes with this slot.
    pub(super) fn note_gate(
        &mut self,
        resource: &Resource,
        (slots, extra): (u64, ExtraSlots),
        by_right: Instant,
        s: &mut Situation<'_>,
    ) {
        let ledger = resource.ledger(s.resources);
        let round = ledger.and_then(|ledger| Some((u64::from(ledger.given()), ledger.cycle()?)));
        if let Some((each, lasts)) = round.filter(|(each, _)| *each > 0) {
            self.gates.push(Gate {
                key: resource.key(),
                each,
                lasts,
                slots,
                extra,
                by_right,
            });
        }
    }

    /// Slots of the resource that have to come free for the submission, were its turn `within` from now: ours, its own
    /// included, and other applications'. Reserved slots are not among them.
    pub(super) fn slots_before(
        &mut self,
        resource: &Resource,
        extra: ExtraSlots,
        within: Duration,
        s: &mut Situation<'_>,
    ) -> (u64, u64) {
        let before = self.slots((resource, None), within, s);
        let theirs = count(extra.others.within(within).ceil());
        (before.saturating_add(extra.own), theirs)
    }

    /// Slots of the first resource that go before to calls which pass the other one as well, were the submission's
    /// turn `within` from now.
    pub(super) fn slots_of_both(
        &mut self,
        (resource, other): (&Resource, &Resource),
        within: Duration,
        s: &mut Situation<'_>,
    ) -> u64 {
        self.slots((resource, Some(other)), within, s)
    }

    /// Slots of the first resource that go to calls in the line; to those which pass the other one, if there is one.
    fn slots(
        &mut self,
        (resource, other): (&Resource, Option<&Resource>),
        within: Duration,
        s: &mut Situation<'_>,
    ) -> u64 {
        let (config, now) = (s.config, s.now);
        self.left.clear();
        let others = self.others.iter();
        self.left
            .extend(others.map(|other| other.slots_by(config, s.resources, now + within, now)));
        let (mut slots, mut next) = (0_u64, 0);
        for (at, lane) in self.line.lanes.iter().enumerate() {
            let first = next;
            while self.passes.get(next).is_some_and(|(lane, _)| *lane == at) {
                next += 1;
            }
            let cost = u64::from(resource.cost(config, lane.flow, lane.route));
            let passes_other = |other: &Resource| other.cost(config, lane.flow, lane.route) > 0;
            if cost == 0 || !other.is_none_or(passes_other) {
                continue;
            }
            let mut calls = s.queue.before(lane, self.line.standing, within, now);
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
