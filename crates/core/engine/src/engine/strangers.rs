//! What answers tell of other applications, brought to what is known of them ([`crate::foreign`]).

use super::limits::counts;
use super::machine::Engine;
use crate::attempt::Attempt;
use crate::foreign::{ForeignUse, OthersDemand, Refusal, RefusalEvidence, Suspicion};
use crate::upstream::Upstream;
use std::time::Duration;
use tollgate_model::{Id, Instant, LimitId, Scope, count, tally};
use tollgate_quota::ForeignCalls;

impl Engine {
    /// A call was sent: where calls are spread over a period that slides, the next one follows at its distance.
    pub(super) fn space(&mut self, sent: &Attempt, now: Instant) {
        if self.foreign.is_none() {
            return;
        }
        let limits: Vec<_> = self.resources.limits_of(&sent.passage).collect();
        for limit in limits {
            if let Some(shared) = self.foreign.get_mut(limit)
                && shared.spreads()
            {
                let from = shared.sliding.next.max(shared.earliest_next(now));
                shared.sliding.next = from + shared.gap() * sent.passage.cost;
            }
        }
    }

    /// A header says that the limit's window is full.
    pub(super) fn see_full(
        &mut self,
        limit: LimitId,
        it: &Attempt,
        asked: Option<Duration>,
        now: Instant,
    ) {
        let ledger = &mut self.resources.ledgers[limit.index()];
        if ledger.in_force() != ledger.configured() || ledger.lease().is_some() {
            return;
        }
        if !ledger.forgets_at_once() {
            let is_told = self
                .foreign
                .get(limit)
                .is_some_and(|it| it.sliding.is_told());
            if is_told {
                let others = ledger.allowed().saturating_sub(ledger.ours(now));
                return self.see_sliding(limit, others, now);
            }
            let Some(refusal) = self.refusal(limit, (it, asked), now) else {
                return;
            };
            let of = (refusal.period, refusal.allowed);
            let suspicion = self.foreign.suspicions.entry(limit).or_default();
            if let Some(others) = suspicion.full(refusal) {
                let it = self.foreign.of(limit, of.0, of.1);
                it.sliding.refused(others, of, now);
                self.leave_free(limit);
            }
            return;
        }
        let known = ledger.is_full(now);
        let Some(others) = ledger.others(now).filter(|_| known) else {
            return;
        };
        // It became full at some time since the last answer: at once, it is taken for, which costs nothing but
        // that more is kept until the next answer.
        let counted = self.foreign.last_seen(limit, others.until);
        let count = self.resources.ledgers[limit.index()].allowed();
        self.see(limit, ForeignCalls { counted, ..others }, count);
    }

    /// Headers have contradicted each other, or put another number or period in force: what they told of
    /// others is forgotten.
    pub(super) fn forget_others(&mut self, limit: LimitId) {
        if let Some(it) = self.foreign.limits.get_mut(limit.index()) {
            *it = None;
            self.leave_free(limit);
        }
    }

    /// A header has told of the limit.
    pub(super) fn see_others(&mut self, limit: LimitId, count: u32, now: Instant) {
        let ledger = &self.resources.ledgers[limit.index()];
        // Where another number than the configured one was told of late, what is ours of a count is not sure.
        if ledger.in_force() != ledger.configured() || ledger.lease().is_some() {
            return;
        }
        if !ledger.forgets_at_once() {
            let others = count.saturating_sub(ledger.ours(now));
            if others > 0 || self.foreign.get(limit).is_some() {
                self.see_sliding(limit, others, now);
            }
            return;
        }
        let Some(others) = ledger.others(now) else {
            return;
        };
        self.see(limit, others, count);
    }

    /// Headers tell what others had in the last period, but not of windows that are forgotten all at once.
    fn see_sliding(&mut self, limit: LimitId, slots: u32, now: Instant) {
        let ledger = &self.resources.ledgers[limit.index()];
        let Some(period) = ledger.period() else {
            return;
        };
        let of = self.foreign.of(limit, period, ledger.allowed());
        of.sliding.see(slots, (of.period, of.allowed), now);
        self.leave_free(limit);
    }

    fn see(&mut self, limit: LimitId, others: ForeignCalls, count: u32) {
        let ledger = &self.resources.ledgers[limit.index()];
        if let Some(period) = ledger.period() {
            let allowed = ledger.allowed();
            let is_more = self.foreign.of(limit, period, allowed).see(others, count);
            self.leave_free(limit);
            if is_more {
                self.recheck_promises();
            }
        }
    }

    /// An upstream has refused a call, and no header says that a window is full. Whether others are known to be
    /// the reason.
    pub(super) fn suspect(&mut self, it: &Attempt, asked: Option<Duration>, now: Instant) -> bool {
        let Some(limit) = self.fullest(it, now) else {
            return false;
        };
        let Some(refusal) = self.refusal(limit, (it, asked), now) else {
            return false;
        };
        let suspicion = self.foreign.suspicions.entry(limit).or_default();
        let shown = suspicion.refused(refusal);
        let is_shared = suspicion.is_shared();
        let is_tried = self
            .foreign
            .get(limit)
            .is_some_and(|it| it.sliding.is_tried());
        let (proven, others) = match shown {
            RefusalEvidence::First(others) if is_tried => (true, OthersDemand::AtLeast(others)),
            RefusalEvidence::Full { proven, others } => (proven, others),
            _ => return is_shared,
        };
        self.see_refused(limit, (proven, others), now);
        is_shared
    }

    /// A window was full without a header that says so. What others want of it is left free, if it is they: as is
    /// proven, or was before.
    fn see_refused(
        &mut self,
        limit: LimitId,
        (proven, others): (bool, OthersDemand),
        now: Instant,
    ) {
        let ledger = &self.resources.ledgers[limit.index()];
        let (Some(period), allowed) = (ledger.period(), ledger.allowed()) else {
            return;
        };
        if !proven && self.foreign.slots(limit) == 0 {
            return;
        }
        let of = self.foreign.of(limit, period, allowed);
        of.sliding.refused(others, (period, allowed), now);
        self.leave_free(limit);
    }

    /// The refused call, and what is known of the limit.
    fn refusal(
        &self,
        limit: LimitId,
        (it, asked): (&Attempt, Option<Duration>),
        now: Instant,
    ) -> Option<Refusal> {
        let ledger = &self.resources.ledgers[limit.index()];
        let suspicion = self.foreign.suspicions.get(&limit);
        let opened = suspicion.and_then(Suspicion::opened);
        let under_way = self.attempts.values().filter(|other| {
            let is_of_window = opened.is_some_and(|opened| other.sent >= opened);
            is_of_window && other.head.is_none() && other.sent < it.sent
        });
        let under_way = under_way
            .filter(|other| {
                self.resources
                    .limits_of(&other.passage)
                    .any(|of| of == limit)
            })
            .map(|other| other.passage.cost)
            .sum();
        Some(Refusal {
            sent: it.sent,
            known: now,
            token: it.passage.token,
            endpoint: it.endpoint,
            period: ledger.period()?,
            allowed: ledger.allowed(),
            held: ledger.held(now),
            under_way,
            asked,
        })
    }

    /// Of the windows that a call passes and headers don't tell of, the one of which we hold the largest part.
    /// None if we hold less than half, for then another limit is the nearer reason, or as good as all.
    fn fullest(&self, it: &Attempt, now: Instant) -> Option<LimitId> {
        let mut fullest: Option<(f64, LimitId)> = None;
        for id in self.resources.limits_of(&it.passage) {
            let limit = &self.config.limits[id.index()];
            let ledger = &self.resources.ledgers[id.index()];
            let told = self.foreign.get(id);
            let is_told = told.is_some_and(|it| it.told.is_some() || it.sliding.is_told());
            if !counts(limit) || limit.scope == Scope::Flow || is_told || ledger.lease().is_some() {
                continue;
            }
            let part = f64::from(ledger.held(now)) / f64::from(ledger.given().max(1));
            if fullest.is_none_or(|(most, _)| part > most) {
                fullest = Some((part, id));
            }
        }
        fullest
            .filter(|(part, _)| *part >= 0.5)
            .map(|(_, limit)| limit)
    }

    /// A limit of the upstream was learned. What looked like somebody else's calls may have been that.
    pub(super) fn explain_refusals(&mut self, upstream: Upstream) {
        let routes = self.upstreams.routes(upstream);
        let limits = routes.flat_map(|route| &self.config.routes[route.index()].limits);
        let limits: Vec<LimitId> = limits.copied().collect();
        for limit in limits {
            let Some(suspicion) = self.foreign.suspicions.get_mut(&limit) else {
                continue;
            };
            suspicion.explain();
            let of_refusals = |it: &ForeignUse| it.told.is_none() && !it.sliding.is_told();
            if self.foreign.get(limit).is_some_and(of_refusals) {
                self.forget_others(limit);
            }
        }
    }

    /// An upstream has accepted a call. Where no header tells, or none any more, what is left free of a period
    /// is ours again after a while.
    pub(super) fn fade(&mut self, it: &Attempt, now: Instant) {
        if self.foreign.is_none() && self.foreign.suspicions.is_empty() {
            return;
        }
        let limits: Vec<_> = self.resources.limits_of(&it.passage).collect();
        for limit in limits {
            if let Some(suspicion) = self.foreign.suspicions.get_mut(&limit)
                && let Some((proven, others)) =
                    suspicion.accepted((it.sent, now), it.endpoint, it.passage.cost)
            {
                self.see_refused(limit, (proven, others), now);
            }
            let Some(of) = self.foreign.get_mut(limit) else {
                continue;
            };
            let before = of.sliding.slots();
            of.sliding.fade((of.period, of.allowed), now);
            if of.sliding.slots() != before {
                self.leave_free(limit);
            }
        }
    }

    /// Slots of the limit that the last class leaves free now: what the configuration says, or what others may come
    /// to take until the window ends.
    pub(super) fn left_free(&self, limit: LimitId, now: Instant) -> u32 {
        let ledger = &self.resources.ledgers[limit.index()];
        let others = self.foreign.slots(limit);
        let may_come = tally(count(self.foreign.may_come(limit, now).ceil()));
        ledger.left_free().max(others).max(may_come)
    }

    /// Leaves free of all limits what they are to leave free. Their numbers may have changed.
    pub(super) fn leave_all_free(&mut self) {
        for limit in 0..self.foreign.limits.len() {
            self.leave_free(LimitId::at(limit));
        }
    }

    /// Leaves free what the configuration says, and notes what others are found to use.
    pub(super) fn leave_free(&mut self, limit: LimitId) {
        let ledger = &mut self.resources.ledgers[limit.index()];
        let leave = self.config.limits[limit.index()].leave;
        let configured = leave.map_or(0, |leave| leave.of_ledger(ledger));
        ledger.leave_free(configured);
        let mut is_more = false;
        if let Some(it) = self.foreign.get_mut(limit) {
            it.leave = configured;
            let slots = it.sliding.slots();
            is_more = slots > it.promised;
            it.promised = slots;
        }
        if is_more {
            self.recheck_promises();
        }
        self.resources.unblock();
    }
}
