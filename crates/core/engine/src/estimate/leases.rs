//! What leases make of a start that was foretold, and what a refusal says of them.

use super::{Estimate, Estimator};
use crate::Submission;
use crate::resource::{PoolCapacity, Resource};
use tollgate_model::{Instant, LeaseShare, LimitId, Reason};
use tollgate_quota::Ledger;

impl Estimator<'_> {
    /// A start that lies behind the end of a lease which is not renewed is none. Of one that is too late under our part
    /// of the limit that `binds`, and would not be under all of it, the part is noted.
    pub(super) fn consider_leases(
        &mut self,
        submission: &Submission,
        binds: Option<LimitId>,
        latest: &mut Estimate,
    ) {
        let s = &mut self.situation;
        if !s.resources.any_leased() {
            return;
        }
        let (config, now) = (s.config, s.now);
        for limit in config.passed(submission.flow, submission.route) {
            let ledger = &s.resources.ledgers[limit.index()];
            // Where another limit gives nothing at all, it is not for the lease's end.
            let is_of_other = latest.at == Instant::NEVER && binds != Some(limit);
            let ends = ledger.lease_ends_by(latest.at, now) && !is_of_other;
            if ends || ledger.has_lease_ended(now) {
                return latest.end_with_lease(&config.limits[limit.index()].name, ledger);
            }
        }
        if latest.at <= submission.deadline || latest.reason != Reason::DeadlineCannotBeMet {
            return;
        }
        let names_it = |limit: &LimitId| {
            latest.limit.as_deref() == Some(config.limits[limit.index()].name.as_str())
        };
        let Some(limit) = binds.filter(names_it) else {
            return;
        };
        let Some(lease) = s.resources.ledgers[limit.index()].lease() else {
            return;
        };
        s.resources.ledgers[limit.index()].set_lease(None);
        let under_all = self.earliest_under(&Resource::Limit(limit), submission);
        let ledger = &mut self.situation.resources.ledgers[limit.index()];
        ledger.set_lease(Some(lease));
        if under_all <= submission.deadline {
            latest.lease = Some(share(ledger));
            latest.others_may_have = Some(limit);
        }
    }

    /// No client of the pool gives a start any more. If that is for the end of a lease, it is said so.
    pub(super) fn consider_leases_of_clients(
        &mut self,
        clients: &PoolCapacity,
        latest: &mut Estimate,
    ) {
        let s = &self.situation;
        if let Some(limit) = clients.lease_that_ends(s.resources, s.now) {
            let ledger = &s.resources.ledgers[limit.index()];
            latest.end_with_lease(&s.config.limits[limit.index()].name, ledger);
        }
    }
}

impl Estimate {
    fn end_with_lease(&mut self, limit: &str, ledger: &Ledger) {
        *self = Self {
            at: Instant::NEVER,
            limit: Some(limit.to_owned()),
            reason: Reason::LeaseEnded,
            is_at_once: false,
            lease: Some(share(ledger)),
            others_may_have: None,
        };
    }
}

fn share(ledger: &Ledger) -> LeaseShare {
    LeaseShare {
        slots: ledger.leased(),
        allowed: ledger.allowed(),
    }
}
