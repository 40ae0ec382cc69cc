//! Limits that several processes share: which part is this one's, until when, and how some of it is given back.
//!
//! A limit's number stays what is configured, told or set; a lease says which part of it is ours
//! ([`tollgate_quota::Lease`]). What the configuration leaves free is left free of our part in proportion, rounded up. What
//! is guaranteed to a flow is told with the part, since its calls may all come to one process: until it is told nothing is.
//!
//! Other applications can't be told from other processes by what headers count and whom the upstream refuses, so
//! nothing is learned of them where a limit is leased ([`crate::foreign`]); what is configured to be left free is.

use super::machine::Engine;
use crate::Event;
use crate::timer::Timer;
use std::collections::BTreeMap;
use tollgate_model::{Instant, LimitId};
use tollgate_quota::{GivenBack, Lease};

impl Engine {
    pub(super) fn set_lease(
        &mut self,
        limit: LimitId,
        lease: Option<Lease>,
        held: &[(Instant, u32)],
        now: Instant,
    ) {
        let Some(ledger) = self.resources.ledgers.get_mut(limit.index()) else {
            return;
        };
        let (before, room) = (ledger.lease(), ledger.room(now));
        ledger.set_lease(lease);
        for &(until, slots) in held {
            ledger.take_over(slots, until);
        }
        let is_less = ledger.room(now) < room || !held.is_empty();
        if before.is_none() {
            self.forget_others(limit);
            self.foreign.suspicions.remove(&limit);
        }
        self.follow_lease(limit);
        if let Some(lease) = lease {
            let ends_sooner = before.is_some_and(|before| lease.until < before.until);
            let has_ended = lease.until <= now;
            if is_less || ends_sooner || has_ended || !lease.is_renewed {
                self.recheck_promises();
            }
            if !has_ended {
                self.timers.set(lease.until, Timer::Lease(limit));
            }
        }
    }

    /// Gives back so many slots of the lease, or as many as can be: free ones first, then settled ones with their ends,
    /// the latest first. See [`tollgate_quota::Ledger::give_back`].
    pub fn give_back(&mut self, limit: LimitId, slots: u32, now: Instant) -> GivenBack {
        let from = self.commands.len();
        self.run_timers(now);
        let ledger = self.resources.ledgers.get_mut(limit.index());
        let given_back = ledger.map_or_else(GivenBack::default, |it| it.give_back(slots, now));
        if given_back.slots() > 0 {
            self.follow_lease(limit);
            self.recheck_promises();
        }
        self.settle_down(now);
        if self.shadow.is_some() {
            let event = Event::SetLease {
                limit,
                lease: self.resources.ledgers[limit.index()].lease(),
                held: Vec::new(),
            };
            self.tell_shadow(&event, now);
            self.show_to_shadow(from, now);
        }
        given_back
    }

    /// Who waits for a lease that has ended is told so now.
    pub(super) fn lease_may_have_ended(&mut self, limit: LimitId, now: Instant) {
        let ledger = self.resources.ledgers.get(limit.index());
        if ledger.is_some_and(|ledger| ledger.has_lease_ended(now)) {
            self.recheck_promises();
        }
    }

    fn follow_lease(&mut self, limit: LimitId) {
        self.resources.note_leases();
        self.leave_free(limit);
        self.share_guarantees();
    }

    /// What flows are guaranteed of a limit that is shared is this here from now on.
    pub(super) fn set_guarantees(&mut self, limit: LimitId, slots: &BTreeMap<String, u32>) {
        let mut is_less = false;
        for (id, flow) in self.config.flows.with_ids() {
            if flow.guarantee.is_some_and(|it| it.limit == limit) {
                let slots = slots.get(&flow.name).copied().unwrap_or_default();
                let before = self.guaranteed.insert(id, slots);
                is_less |= before.is_some_and(|before| slots < before);
            }
        }
        self.share_guarantees();
        if is_less {
            self.recheck_promises();
        }
    }

    /// What is guaranteed of a limit is so here as a whole where the limit is ours alone.
    pub(super) fn share_guarantees(&mut self) {
        for (flow, it) in self.config.flows.with_ids() {
            let Some(guarantee) = it.guarantee else {
                continue;
            };
            let Some(ledger) = self.resources.ledgers.get(guarantee.limit.index()) else {
                continue;
            };
            let slots = match ledger.lease() {
                None => guarantee.slots,
                Some(_) => self.guaranteed.get(&flow).copied().unwrap_or_default(),
            };
            self.queue.guarantee(flow, slots);
        }
    }
}
