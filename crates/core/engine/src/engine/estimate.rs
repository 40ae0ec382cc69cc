//! When a submission could start, behind those that go before it and those that are expected to come
//! and go before it.

mod ahead;
mod clients;
mod several;
mod tokens;
mod under;

use super::Engine;
use crate::Submission;
use crate::queue::Who;
use crate::rate::Kept;
pub(super) use ahead::Ahead;
use clients::Together;
use std::sync::Arc;
use std::time::Duration;
use tollgate_model::{Instant, PoolId, Reason, Rule};
use tollgate_quota::Need;
pub(super) use under::{Key, Under};

/// Rounds in which the estimate of a start and of what will have come before it agree, or don't.
const ROUNDS: u32 = 20;

/// When a submission could start.
#[derive(Debug)]
pub(super) struct Estimate {
    pub(super) at: Instant,
    /// The limit that says so.
    pub(super) limit: Option<String>,
    /// What stands in the way, should that be too late.
    pub(super) reason: Reason,
    /// The limit counts calls at once.
    pub(super) is_at_once: bool,
}

impl Engine {
    /// When the submission could start, behind those that go before it and those that are expected
    /// to come and go before it.
    pub(super) fn earliest_start(&mut self, submission: &Submission, now: Instant) -> Estimate {
        let pool = self.route(submission.route).pool;
        let sums = pool.map(|pool| (pool, self.resources.pools.foresee(pool)));
        let estimate = self.foretell(submission, (Who::Comes, 0), now);
        if let Some((pool, sums)) = sums {
            self.resources.pools.put_back(pool, sums);
        }
        estimate
    }

    /// The same, where what closed tokens will have is in their pool's sums already, and were so many calls
    /// started before.
    pub(super) fn foretell(
        &mut self,
        submission: &Submission,
        (who, started): (Who, u64),
        now: Instant,
    ) -> Estimate {
        let opens = self.resources.opens(submission.route);
        let mut latest = Estimate {
            at: now.max(opens),
            limit: None,
            reason: too_late(opens > now),
            is_at_once: false,
        };
        let config = Arc::clone(&self.config);
        let route = &config.routes[submission.route.index()];
        let mut ahead = std::mem::take(&mut self.ahead);
        self.queue.line(submission, who, now, &mut ahead.line);
        ahead.line.started = started;
        ahead.look_up(submission, &config, &self.resources, now);
        for limit in config.passed(submission.flow, submission.route) {
            let at = self.earliest_under(&Under::Limit(limit), submission, &mut ahead, now);
            latest.consider(at, &config.limits[limit.index()].name);
            if latest.at == at && at > now {
                latest.is_at_once =
                    matches!(config.limits[limit.index()].rule, Rule::Concurrency { .. });
            }
            let closed_until = self.resources.ledgers[limit.index()].closed_until(now);
            if latest.at == at && closed_until == Some(at) {
                latest.reason = too_late(true);
            }
        }
        if let Some(pool) = route.pool {
            let pools = &mut self.resources.pools;
            pools.forecast(pool, &config, now, submission.deadline);
            pools.join(pool, now, submission.deadline);
            self.consider_tokens(pool, submission, &mut ahead, &mut latest, now);
        }
        self.consider_together(&mut ahead, &mut latest, (now, submission.deadline));
        if let Some(pool) = route.pool {
            self.resources.pools.put_back(pool, None);
        }
        self.ahead = ahead;
        latest
    }

    fn consider_tokens(
        &mut self,
        pool: PoolId,
        submission: &Submission,
        ahead: &mut Ahead,
        latest: &mut Estimate,
        now: Instant,
    ) {
        let config = Arc::clone(&self.config);
        if let Some(at) = self.resources.pools.first_token(pool, &config, now) {
            // Nothing can be sent before the first fetch has ended.
            latest.at = latest.at.max(at);
            if at > submission.deadline {
                latest.reason = Reason::NoToken;
                latest.limit = None;
                return;
            }
        }
        if let Some(clients) = Together::of(pool, &config, &self.resources) {
            let under = Under::Clients(clients);
            let at = self.earliest_under(&under, submission, ahead, now);
            if let Under::Clients(clients) = &under {
                let full = clients.first_full(&mut self.resources, at, now, &config);
                latest.consider(at, full);
            }
        }
        let client = config.pools[pool.index()].clients.first();
        let limits = client.map_or(&[][..], |client| {
            &config.clients[client.index()].token_limits
        });
        for (place, limit) in limits.iter().enumerate() {
            let under = Under::Tokens(pool, place);
            let at = self.earliest_under(&under, submission, ahead, now);
            latest.consider(at, &limit.name);
        }
    }

    /// Whether those with later deadlines, who were taken in and count on their start, would miss it if
    /// the submission went before. If so, when it could start behind them. Of each run of them the last
    /// is held against the first one's deadline, so none between is overlooked.
    pub(super) fn displaces(&mut self, submission: &Submission, now: Instant) -> Option<Estimate> {
        let behind = |deadline| Submission {
            deadline,
            ..*submission
        };
        let last = self.queue.last_behind(submission)?;
        if self.earliest_start(&behind(last), now).at <= submission.deadline {
            // Even the last would start by then.
            return None;
        }
        for (first, last) in self.queue.behind(submission) {
            let estimate = self.earliest_start(&behind(last), now);
            if estimate.at > first {
                return Some(estimate);
            }
        }
        None
    }

    /// The later the start, the more others will have come before it; so the two are found together.
    fn earliest_under(
        &mut self,
        under: &Under,
        submission: &Submission,
        ahead: &mut Ahead,
        now: Instant,
    ) -> Instant {
        let Under::Limit(limit) = *under else {
            return self.earliest_with(under, submission, ahead, now);
        };
        let foretold = match self.yields(submission.flow) {
            true => self.foreign.foretold(limit),
            false => 0,
        };
        let left = self.resources.ledgers[limit.index()].left_free();
        if foretold <= left {
            return self.earliest_with(under, submission, ahead, now);
        }
        self.resources.ledgers[limit.index()].leave_free(foretold);
        let at = self.earliest_with(under, submission, ahead, now);
        self.resources.ledgers[limit.index()].leave_free(left);
        at
    }

    fn earliest_with(
        &mut self,
        under: &Under,
        submission: &Submission,
        ahead: &mut Ahead,
        now: Instant,
    ) -> Instant {
        let config = Arc::clone(&self.config);
        let from = &mut self.resources;
        let own = under.cost(&config, submission.flow, submission.route);
        if own > under.allowed(&config, from) {
            return Instant::NEVER;
        }
        let own = u64::from(own);
        let who = ahead.line.who;
        let mut by_right = Instant::NEVER;
        if let Some((at, rank)) = ahead.line.by_guarantee {
            by_right = at.max(under.earliest(&config, from, rank * own + own, who, now));
        }
        if let Some(starts) = ahead.line.by_floor {
            by_right = by_right.min(under.earliest(&config, from, starts * own + own, who, now));
        }
        // What is kept for higher classes is as good as taken; by then it may be more than it is now. Of a pool
        // that grows nothing is, and nothing from who was taken in.
        let keeps = who == Who::Comes && !under.grows(from);
        let mut extra = ExtraSlots {
            own: own + ahead.line.started * own,
            kept: 0.0,
            others: self.others_under(under, who, submission.flow, now),
        };
        if keeps {
            extra.kept = self.reserve(submission.flow, under, now);
        }
        let supply = match *under {
            Under::Limit(limit)
                if !self.foreign.is_none() && self.queue.is_last(submission.flow) =>
            {
                Some(self.supply(limit, submission.flow, now))
            }
            _ => None,
        };
        let (mut at, mut slots) = (now, own);
        for _ in 0..ROUNDS {
            let within = at.since(now);
            let (ours, theirs) = self.slots_to(under, extra, ahead, within, now);
            slots = ours.saturating_add(theirs + extra.kept.ceil() as u64);
            let mut next = under.earliest(&config, &mut self.resources, slots, who, now);
            if let Some(supply) = supply {
                next = next.max(self.foreign.spread(supply, (ours, theirs), now));
            }
            if next > submission.deadline {
                return next.min(by_right);
            }
            if next <= at {
                if !keeps {
                    break;
                }
                let then = self.reserve_in(within, submission.flow, under, now);
                if then <= extra.kept {
                    break;
                }
                extra.kept = then;
            }
            at = at.max(next);
        }
        self.note_gate(under, (slots, extra), by_right, ahead);
        at.min(by_right)
    }

    /// Slots that have to come free for the submission, its own included, were its turn `within` from now: those of
    /// the queue, and others'. What is kept is left out.
    fn slots_to(
        &mut self,
        under: &Under,
        extra: ExtraSlots,
        ahead: &mut Ahead,
        within: Duration,
        now: Instant,
    ) -> (u64, u64) {
        let tables = (&*self.config, &self.queue, &mut self.resources);
        let before = ahead.slots(under, within, now, tables);
        let theirs = extra.others.within(within).ceil() as u64;
        (before.saturating_add(extra.own), theirs)
    }
}

/// Slots beside those of the queue that have to come free for a submission.
#[derive(Clone, Copy, Debug)]
struct ExtraSlots {
    /// Its own, and those of calls that are taken to have started before.
    own: u64,
    kept: f64,
    /// What other applications take.
    others: Kept,
}

impl Estimate {
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
