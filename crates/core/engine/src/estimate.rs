//! When a submission could start.
//!
//! **What this decides.** The earliest start of a call that isn't sent at once: behind the calls that go before it,
//! and those that are expected to come and go before it. Whoever asks is refused at once when that is later than the
//! deadline, so what is foretold to a newcomer allows for chance; a call that was taken in is sent away only when it
//! can't be expected to start in time ([`Standing`]).
//!
//! **How.** A call needs slots of several [`Resource`]s, and starts when the last of them gives some. Of each resource
//! the estimate asks when the `k`-th slot comes free, where `k` counts the call's own slots, those of the calls
//! before it ([`Backlog`]), what other applications take, and what is reserved for higher classes. The later the
//! start, the more others will have come before it; so start and `k` are found together, in a few rounds. A right of
//! the call's own (its flow's guarantee, the floor of its class) may give an earlier turn. What two windows do to each
//! other is added at the end ([`two_windows`]).
//!
//! **What it costs.** A few looks into the ledgers for each resource. Nothing is changed by an estimate but memory
//! that is kept for the next one, and what is left free of a limit while it is read.
//!
//! How accurate estimates are is tested in `tests/foretold.rs`, `tests/flows.rs` and `tests/several.rs`.

mod backlog;
mod gate;
mod leases;
mod two_windows;

use crate::Submission;
use crate::queue::Standing;
use crate::reservations::Reservations;
use crate::resource::{PoolCapacity, Resource};
use crate::situation::Situation;
pub(crate) use backlog::Backlog;
use backlog::ROUNDS;
use gate::ExtraSlots;
use tollgate_model::{Instant, LeaseShare, LimitId, PoolId, Reason, Rule, count};
use two_windows::start_under_all;

/// When a submission could start.
#[derive(Debug)]
pub(crate) struct Estimate {
    pub(crate) at: Instant,
    /// Name of the limit that keeps it from starting earlier.
    pub(crate) limit: Option<String>,
    /// What stands in the way, should the start be too late.
    pub(crate) reason: Reason,
    /// Whether that limit counts calls at once.
    pub(crate) is_at_once: bool,
    /// Our part of that limit, where all of it would have given a start in time.
    pub(crate) lease: Option<LeaseShare>,
    /// That limit then: others may have slots to spare.
    pub(crate) others_may_have: Option<LimitId>,
}

impl Estimate {
    /// Makes the start as late as this limit says, if that is later.
    fn consider(&mut self, at: Instant, name: &str) {
        if at > self.at {
            self.at = at;
            self.limit = Some(name.to_owned());
            self.reason = too_late(false);
            self.is_at_once = false;
        }
    }
}

/// Why a start is too late: a 429 keeps it from being earlier, or the quota does.
fn too_late(is_closed: bool) -> Reason {
    if is_closed {
        Reason::UpstreamClosed
    } else {
        Reason::DeadlineCannotBeMet
    }
}

/// Estimates starts in one situation.
#[derive(Debug)]
pub(crate) struct Estimator<'a> {
    pub(crate) situation: Situation<'a>,
    pub(crate) reservations: &'a mut Reservations,
    pub(crate) backlog: &'a mut Backlog,
}

impl Estimator<'_> {
    /// When the submission, which asks to be taken in, could start.
    pub(crate) fn earliest_start(&mut self, submission: &Submission) -> Estimate {
        let pool = self.situation.config.routes[submission.route.index()].pool;
        let pools = &mut self.situation.resources.pools;
        let sums = pool.map(|pool| (pool, pools.foresee(pool)));
        let estimate = self.foretell(submission, Standing::Newcomer, 0);
        if let Some((pool, sums)) = sums {
            self.situation.resources.pools.put_back(pool, sums);
        }
        estimate
    }

    /// When the submission could start, if so many calls started before all others. The sums of its pool have to
    /// tell already what closed tokens will have (`Pools::foresee`).
    pub(crate) fn foretell(
        &mut self,
        submission: &Submission,
        standing: Standing,
        started: u64,
    ) -> Estimate {
        let s = &mut self.situation;
        let (config, now) = (s.config, s.now);
        let opens = s.resources.opens(submission.route);
        let mut latest = Estimate {
            at: now.max(opens),
            limit: None,
            reason: too_late(opens > now),
            is_at_once: false,
            lease: None,
            others_may_have: None,
        };
        let mut binds = None;
        self.backlog.begin(submission, standing, started, s);
        for limit in config.passed(submission.flow, submission.route) {
            let at = self.earliest_under(&Resource::Limit(limit), submission);
            let known = &config.limits[limit.index()];
            latest.consider(at, &known.name);
            if latest.at == at && at > now {
                latest.is_at_once = matches!(known.rule, Rule::Concurrency { .. });
                binds = Some(limit);
            }
            let ledger = &self.situation.resources.ledgers[limit.index()];
            if latest.at == at && ledger.closed_until(now) == Some(at) {
                latest.reason = too_late(true);
            }
        }
        let pool = config.routes[submission.route.index()].pool;
        if let Some(pool) = pool {
            let pools = &mut self.situation.resources.pools;
            pools.forecast(pool, config, now, submission.deadline);
            pools.join(pool, now, submission.deadline);
            self.consider_tokens(pool, submission, &mut latest);
        }
        let s = &mut self.situation;
        latest.at = start_under_all(self.backlog, latest.at, submission.deadline, s);
        self.consider_leases(submission, binds, &mut latest);
        if let Some(pool) = pool {
            self.situation.resources.pools.put_back(pool, None);
        }
        latest
    }

    fn consider_tokens(&mut self, pool: PoolId, submission: &Submission, latest: &mut Estimate) {
        let (config, now) = (self.situation.config, self.situation.now);
        let pools = &mut self.situation.resources.pools;
        if let Some(at) = pools.first_token(pool, config, now) {
            // Nothing can be sent before the first fetch has ended.
            latest.at = latest.at.max(at);
            if at > submission.deadline {
                latest.reason = Reason::NoToken;
                latest.limit = None;
                return;
            }
        }
        if let Some(clients) = PoolCapacity::of(pool, config, self.situation.resources) {
            let resource = Resource::Clients(clients);
            let at = self.earliest_under(&resource, submission);
            if let Resource::Clients(clients) = &resource {
                let full = clients.first_full(self.situation.resources, at, now, config);
                latest.consider(at, full);
                if at == Instant::NEVER {
                    self.consider_leases_of_clients(clients, latest);
                }
            }
        }
        let client = config.pools[pool.index()].clients.first();
        let limits = client.map_or(&[][..], |client| {
            &config.clients[client.index()].token_limits
        });
        for (index, limit) in limits.iter().enumerate() {
            let at = self.earliest_under(&Resource::Tokens(pool, index), submission);
            latest.consider(at, &limit.name);
        }
    }

    /// Whether calls of the flow with later deadlines, which were taken in and count on their start, would miss their
    /// deadlines if the submission went before them. If so, when it could start behind them. Of each run of such calls
    /// the last one's start is held against the first one's deadline, so no call between is overlooked.
    pub(crate) fn displaces(&mut self, submission: &Submission) -> Option<Estimate> {
        let behind = |deadline| Submission {
            deadline,
            ..*submission
        };
        let last = self.situation.queue.last_behind(submission)?;
        if self.earliest_start(&behind(last)).at <= submission.deadline {
            // Even the last would start by then.
            return None;
        }
        for (first, last) in self.situation.queue.behind(submission) {
            let estimate = self.earliest_start(&behind(last));
            if estimate.at > first {
                return Some(estimate);
            }
        }
        None
    }

    /// When the resource has the submission's slots. Of a limit that others share, as many slots are left free
    /// meanwhile as may be left to them by then.
    fn earliest_under(&mut self, resource: &Resource, submission: &Submission) -> Instant {
        let Resource::Limit(limit) = *resource else {
            return self.earliest_with(resource, submission);
        };
        let s = &mut self.situation;
        let foretold = match self.reservations.leaves_to_others(submission.flow, s.queue) {
            true => s.foreign.foretold(limit),
            false => 0,
        };
        let left = s.resources.ledgers[limit.index()].left_free();
        if foretold <= left {
            return self.earliest_with(resource, submission);
        }
        s.resources.ledgers[limit.index()].leave_free(foretold);
        let at = self.earliest_with(resource, submission);
        self.situation.resources.ledgers[limit.index()].leave_free(left);
        at
    }

    /// When the resource has the submission's slots, as it leaves slots free now.
    fn earliest_with(&mut self, resource: &Resource, submission: &Submission) -> Instant {
        let (config, now) = (self.situation.config, self.situation.now);
        let flow = submission.flow;
        let cost = resource.cost(config, flow, submission.route);
        if cost > resource.allowed(config, self.situation.resources) {
            return Instant::NEVER;
        }
        let own = u64::from(cost);
        let by_right = self.turn_by_right(resource, own);
        // What is reserved for higher classes is as good as taken; by then it may be more than it is now. Of a pool
        // that grows nothing is reserved, nor from a call that was taken in.
        let s = &mut self.situation;
        let standing = self.backlog.line.standing;
        let reserves = standing == Standing::Newcomer && !resource.grows(s.resources);
        let reservations = &mut *self.reservations;
        let mut extra = ExtraSlots {
            own: own + self.backlog.line.started * own,
            reserved: 0.0,
            others: reservations.demand_of_others(resource, standing, flow, s),
        };
        if reserves {
            extra.reserved = reservations.reserve(flow, resource, s);
        }
        let supply = match *resource {
            Resource::Limit(limit) if !s.foreign.is_none() && s.queue.is_last(flow) => {
                Some(reservations.supply(limit, flow, s))
            }
            _ => None,
        };
        let (mut at, mut slots) = (now, own);
        for _ in 0..ROUNDS {
            let within = at.since(now);
            let s = &mut self.situation;
            let (ours, theirs) = self.backlog.slots_before(resource, extra, within, s);
            slots = ours.saturating_add(theirs + count(extra.reserved.ceil()));
            let mut next = resource.earliest(config, s.resources, slots, standing, now);
            if let Some(supply) = supply {
                next = next.max(s.foreign.spread(supply, (ours, theirs), now));
            }
            if next > submission.deadline {
                return next.min(by_right);
            }
            if next <= at {
                if !reserves {
                    break;
                }
                let then = self.reservations.reserve_in(within, flow, resource, s);
                if then <= extra.reserved {
                    break;
                }
                extra.reserved = then;
            }
            at = at.max(next);
        }
        let s = &mut self.situation;
        self.backlog
            .note_gate(resource, (slots, extra), by_right, s);
        at.min(by_right)
    }

    /// When the submission's turn comes by its flow's guarantee or by its class's floor; never without either.
    fn turn_by_right(&mut self, resource: &Resource, own: u64) -> Instant {
        let (s, line) = (&mut self.situation, &self.backlog.line);
        let mut earliest =
            |slots| resource.earliest(s.config, s.resources, slots, line.standing, s.now);
        let mut by_right = Instant::NEVER;
        if let Some((at, rank)) = line.by_guarantee {
            by_right = at.max(earliest(rank * own + own));
        }
        if let Some(starts) = line.by_floor {
            by_right = by_right.min(earliest(starts * own + own));
        }
        by_right
    }
}
