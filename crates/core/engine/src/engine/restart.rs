//! What this process tells the next one, and takes over from an earlier one. Why that is enough is said in
//! the journal's documentation.

use super::machine::Engine;
use crate::closing::Part;
use crate::journal::{EarlierProcess, LeasedPart};
use crate::{Checkpoint, Config, LimitUsage, Record, Since};
use std::sync::Arc;
use std::time::Duration;
use tollgate_model::{AttemptId, Instant, LimitId};
use tollgate_quota::{Ledger, Usage};

impl Engine {
    /// What must be on disk before the commands given after it are carried out. Whoever persists
    /// nothing need not ask.
    pub fn poll_record(&mut self) -> Option<Record> {
        loop {
            let (limit, since) = self.resources.journal.next()?;
            if let Some(limit) = self.own.recorded(limit) {
                return Some(Record { limit, since });
            }
        }
    }

    /// Whether slots or closures have changed since the last checkpoint. The next process holds no less
    /// than it must without another, but for longer: it doesn't know of the calls that have ended.
    #[must_use]
    pub fn checkpoint_is_due(&self) -> bool {
        self.resources.journal.changed
    }

    /// The use of all shared limits now, and what is closed. Records given from now on are relative to it.
    pub fn checkpoint(&mut self, now: Instant) -> Checkpoint {
        self.resources.journal.restart(now);
        let mut running: Vec<Vec<Instant>> = vec![Vec::new(); self.config.limits.len()];
        for it in self.attempts.values() {
            let execution = self.executions.get(&it.execution);
            if let Some(give_up) = execution.and_then(|execution| execution.give_up) {
                for limit in self.resources.limits_of(&it.passage) {
                    running[limit.index()].push(give_up);
                }
            }
        }
        let limits = self
            .config
            .limits
            .with_ids()
            .zip(&mut self.resources.ledgers);
        let own = &self.own;
        let limits = limits.zip(running);
        let recorded = limits.filter(|(((id, _), _), _)| own.recorded(*id).is_some());
        let limits = recorded.map(|(((_, limit), ledger), running)| {
            let last = running.iter().max().map(|last| last.since(now));
            let part = ledger.lease().map(|lease| LeasedPart {
                key: limit.key(),
                slots: lease.slots,
            });
            let mut usage = ledger.usage(now);
            if ledger.period().is_none() {
                usage.running = ledger.in_steps(running, now);
            }
            LimitUsage {
                name: limit.name.clone(),
                scope: limit.scope,
                period: ledger.period(),
                usage,
                since: Since {
                    until: last.unwrap_or_default(),
                    ..Since::default()
                },
                part,
            }
        });
        let limits = limits.collect();
        let routes = self.config.routes.with_ids().map(|(id, route)| {
            let until = self.closings.until(Part::Upstream(id));
            (route.name.clone(), until.since(now))
        });
        let clients = self.config.clients.with_ids().map(|(id, client)| {
            let until = self.closings.until(Part::Client(id));
            (client.name.clone(), until.since(now))
        });
        let longest = self.longest_period();
        let closed = |(_, left): &(String, Duration)| !left.is_zero() && *left <= longest;
        Checkpoint {
            limits,
            closed_routes: routes.filter(closed).collect(),
            closed_clients: clients.filter(closed).collect(),
            learned: self.learned_so_far(),
        }
    }

    /// Holds what an earlier process has used. To be called before the first event. `elapsed` has
    /// surely passed since the checkpoint; zero is always safe. It is kept for limits that
    /// [`Engine::extend`] brings later.
    pub fn restore(&mut self, checkpoint: &Checkpoint, elapsed: Duration, now: Instant) {
        self.earlier = Some(EarlierProcess {
            checkpoint: checkpoint.clone(),
            elapsed,
            begun: now,
        });
        self.remember_learned(&checkpoint.learned, now);
        self.restore_beyond(&Config::default(), now);
    }

    /// Holds what an earlier process has used of a limit that several share, as this one has got its part.
    pub(super) fn inherit(&mut self, limit: LimitId, now: Instant) {
        let (Some(earlier), Some(usage)) = (&self.earlier, self.earlier_usage(limit)) else {
            return;
        };
        let elapsed = earlier.elapsed_by(now);
        let (usage, begun, grace) = (usage.clone(), earlier.begun, self.config.policy.grace);
        if let Some(ledger) = self.resources.ledgers.get_mut(limit.index()) {
            restore(&usage, ledger, elapsed, (begun, grace), now);
            self.resources.journal.changed = true;
        }
    }

    /// The part of a shared limit that an earlier process had at its last checkpoint. Once this process has a part of its
    /// own, nobody asks for that any more.
    pub(super) fn earlier_part(&self, limit: LimitId) -> Option<u32> {
        if self.resources.ledgers.get(limit.index())?.leased() > 0 {
            return None;
        }
        let part = self.earlier_usage(limit)?.part.as_ref()?;
        Some(part.slots)
    }

    /// What an earlier process has said of a limit that it shared; none where it had two of one key.
    fn earlier_usage(&self, limit: LimitId) -> Option<&LimitUsage> {
        let earlier = self.earlier.as_ref()?;
        let key = self.config.limits.get(limit.index())?.key();
        let has_key = |it: &&LimitUsage| it.part.as_ref().is_some_and(|part| part.key == key);
        let mut then = earlier.checkpoint.limits.iter().filter(has_key);
        let found = then.next()?;
        then.next().is_none().then_some(found)
    }

    /// Restores what the tables have beyond those that were known.
    pub(super) fn restore_beyond(&mut self, known: &Config, now: Instant) {
        let Some(earlier) = self.earlier.take() else {
            return;
        };
        let elapsed = earlier.elapsed_by(now);
        let grace = self.config.policy.grace;
        let limits = self.config.limits.iter().zip(&mut self.resources.ledgers);
        for (limit, ledger) in limits.skip(known.limits.len()) {
            let same = |it: &&LimitUsage| it.name == limit.name && it.scope == limit.scope;
            let is_shared = ledger.lease().is_some();
            if let Some(it) = earlier
                .checkpoint
                .limits
                .iter()
                .find(same)
                .filter(|_| !is_shared)
            {
                restore(it, ledger, elapsed, (earlier.begun, grace), now);
            }
        }
        let next = AttemptId(self.next_attempt);
        let longest = self.longest_period();
        let config = Arc::clone(&self.config);
        for (id, route) in config.routes.with_ids().skip(known.routes.len()) {
            if self.own.has_route(id) {
                continue;
            }
            let name = &route.name;
            if let Some(left) = left_of(&earlier.checkpoint.closed_routes, name, elapsed, longest) {
                let part = Part::Upstream(id);
                self.closings.restore(part, left, next, now);
                self.shut(part, now);
            }
        }
        for (id, client) in config.clients.with_ids().skip(known.clients.len()) {
            let name = &client.name;
            if let Some(left) = left_of(&earlier.checkpoint.closed_clients, name, elapsed, longest)
            {
                let part = Part::Client(id);
                self.closings.restore(part, left, next, now);
                self.shut(part, now);
            }
        }
        self.earlier = Some(earlier);
        self.hold_earlier(now);
    }
}

/// For how much longer the route or client of this name is closed; `None` if it isn't, or if it was to be
/// closed for longer than any window lasts: then a new process asks anew.
fn left_of(
    closed: &[(String, Duration)],
    name: &str,
    elapsed: Duration,
    longest: Duration,
) -> Option<Duration> {
    let (_, left) = closed.iter().find(|(it, _)| it == name)?;
    let left = left.saturating_sub(elapsed);
    Some(left).filter(|left| !left.is_zero() && *left <= longest)
}

/// Restores one limit's ledger from what an earlier process said of the limit.
fn restore(
    it: &LimitUsage,
    ledger: &mut Ledger,
    elapsed: Duration,
    (begun, grace): (Instant, Duration),
    now: Instant,
) {
    let mut usage = it.usage.clone();
    // A closing that is longer than the window came from an answer that nothing has confirmed.
    if ledger.period().is_none_or(|period| usage.closed > period) {
        usage.closed = Duration::ZERO;
    }
    if it.period != ledger.period() {
        // The instants at which the slots were counted are not known in another period.
        let settled: u32 = usage.ends.iter().map(|(_, slots)| slots).sum();
        usage = Usage {
            open: usage.open.saturating_add(settled),
            closed: usage.closed,
            ..Usage::default()
        };
    }
    if ledger.period().is_none() {
        return ledger.restore_at_once(&usage, it.since, elapsed, (begun, grace), now);
    }
    // What the dead process had sent was counted a grace after the start, however late a limit is
    // restored.
    ledger.restore(&usage, it.since.taken, elapsed, begun + grace, now);
}
