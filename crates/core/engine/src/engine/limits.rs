//! What the upstream says of its limits, what an operator changes in them, and what the next process
//! must know of them.
//!
//! **Which limit a header speaks of.** Headers name no limit, only how many it allows, and that may
//! fit another limit by chance (a token's raised to the organisation's number, and nobody told us). A
//! header is taken as that of the narrowest scope with a window that the call passes (token, client,
//! action, integration, host, organisation; a flow's limits are ours, no upstream knows them), and
//! there of the one window that allows as many. Where none does, or several, it is ignored and
//! counted.

use super::Engine;
use super::attempt::Attempt;
use crate::{Checkpoint, Facts, LimitUsage, Record, WindowFact};
use std::sync::Arc;
use std::time::Duration;
use tollgate_model::{ClientId, Instant, Limit, LimitId, Rule, Scope};
use tollgate_quota::{Header, Ledger};

impl Engine {
    /// What must be on disk before the commands given after it are carried out. Whoever persists
    /// nothing need not ask.
    pub fn poll_record(&mut self) -> Option<Record> {
        self.resources.journal.next()
    }

    /// The use of all shared limits now. Records given from now on are relative to it.
    pub fn checkpoint(&mut self, now: Instant) -> Checkpoint {
        let ends = self.resources.journal.restart(now);
        let limits = self.config.limits.iter().zip(&self.resources.ledgers);
        let limits = limits.zip(ends).map(|((limit, ledger), until)| LimitUsage {
            name: limit.name.clone(),
            scope: limit.scope,
            period: ledger.period(),
            usage: ledger.usage(now),
            taken: 0,
            until,
        });
        Checkpoint {
            limits: limits.collect(),
        }
    }

    /// Holds what an earlier process has used. To be called before the first event. `elapsed` has
    /// surely passed since the checkpoint; zero is always safe. It is kept for limits that
    /// [`Engine::extend`] brings later.
    pub fn restore(&mut self, checkpoint: &Checkpoint, elapsed: Duration, now: Instant) {
        self.restored = Some((checkpoint.clone(), elapsed, now));
        self.restore_from(0, now);
    }

    /// Restores the limits from this place on.
    pub(super) fn restore_from(&mut self, first: usize, now: Instant) {
        let Some((checkpoint, elapsed, at)) = &self.restored else {
            return;
        };
        // What the dead process had sent was counted a grace after the start, however late a limit is
        // restored.
        let counted_by = *at + self.config.policy.grace;
        let elapsed = *elapsed + now.since(*at);
        let limits = self.config.limits.iter().zip(&mut self.resources.ledgers);
        for (limit, ledger) in limits.skip(first) {
            let same = |it: &&LimitUsage| it.name == limit.name && it.scope == limit.scope;
            if let Some(it) = checkpoint.limits.iter().find(same) {
                restore(it, ledger, elapsed, counted_by, now);
            }
        }
    }

    pub(super) fn set_limit(&mut self, limit: LimitId, allowed: u32) {
        let mut config = (*self.config).clone();
        if let Some(limit) = config.limits.get_mut(limit.index()) {
            set(&mut limit.rule, allowed);
            self.configure(config);
        }
    }

    pub(super) fn set_token_limit(&mut self, client: ClientId, place: usize, allowed: u32) {
        let mut config = (*self.config).clone();
        let client = config.clients.get_mut(client.index());
        if let Some(limit) = client.and_then(|client| client.token_limits.get_mut(place)) {
            set(&mut limit.rule, allowed);
            self.configure(config);
        }
    }

    pub(super) fn configure(&mut self, config: crate::Config) {
        self.config = Arc::new(config);
        self.resources.configure(Arc::clone(&self.config));
    }

    /// Learns from an answer's headers.
    pub(super) fn observe(&mut self, it: &Attempt, facts: Facts, now: Instant) {
        let Some(fact) = facts.window else {
            return;
        };
        let (sent, cost) = (it.sent, it.passage.cost);
        let header = Header {
            count: fact.count,
            reset: fact.reset,
        };
        let believed = match self.spoken_of(it, fact) {
            Some(Window::Token(place)) => it.passage.token.is_some_and(|token| {
                let pools = &mut self.resources.pools;
                pools.observe(token, place, |ledger| {
                    ledger.observe(sent, now, cost, header)
                })
            }),
            Some(Window::Shared(limit)) => {
                let ledger = &mut self.resources.ledgers[limit.index()];
                ledger.observe(sent, now, cost, header).is_some()
            }
            None => false,
        };
        self.headers_ignored += u64::from(!believed);
        if let Some(token) = it.passage.token {
            self.resources.pools.rewatch(token, now);
        }
        self.resources.unblock();
    }

    /// The window that the answer's header speaks of.
    fn spoken_of(&self, it: &Attempt, fact: WindowFact) -> Option<Window> {
        let windows = match it.passage.client {
            Some(client) => &self.config.clients[client.index()].token_limits[..],
            None => &[],
        };
        let mut windows = windows.iter().enumerate().filter(|(_, it)| counts(it));
        let first = windows.next();
        if first.is_some() {
            let mut fits = first
                .into_iter()
                .chain(windows)
                .filter(|(_, limit)| limit.rule.allowed() == fact.allowed);
            let (place, _) = fits.next()?;
            return fits.next().is_none().then_some(Window::Token(place));
        }
        let shared = || {
            let limits = self.resources.limits_of(&it.passage);
            limits.filter_map(|id| {
                let limit = &self.config.limits[id.index()];
                Some((narrowness(limit.scope)?, id, limit)).filter(|_| counts(limit))
            })
        };
        let narrowest = shared().map(|(narrowness, ..)| narrowness).min()?;
        let mut fits = shared().filter(|(narrowness, _, limit)| {
            *narrowness == narrowest && limit.rule.allowed() == fact.allowed
        });
        let (_, id, _) = fits.next()?;
        fits.next().is_none().then_some(Window::Shared(id))
    }
}

/// One of the windows that a call passes.
enum Window {
    /// By its place in the client's `token_limits`.
    Token(usize),
    Shared(LimitId),
}

pub(super) fn counts(limit: &Limit) -> bool {
    matches!(limit.rule, Rule::Window { .. })
}

/// How few calls share the limit, the narrowest first.
fn narrowness(scope: Scope) -> Option<u8> {
    match scope {
        Scope::Token => Some(0),
        Scope::Client => Some(1),
        Scope::Action => Some(2),
        Scope::Integration => Some(3),
        Scope::Host => Some(4),
        Scope::Organisation => Some(5),
        Scope::Flow => None,
    }
}

pub(super) fn set(rule: &mut Rule, to: u32) {
    match rule {
        Rule::Window { allowed, .. } | Rule::Concurrency { allowed } => *allowed = to,
    }
}

fn restore(
    it: &LimitUsage,
    ledger: &mut Ledger,
    elapsed: Duration,
    counted_by: Instant,
    now: Instant,
) {
    let over_by = match ledger.period() {
        Some(_) => counted_by,
        None => counted_by.max(now) + it.until.saturating_sub(elapsed),
    };
    if it.period == ledger.period() {
        return ledger.restore(&it.usage, it.taken, elapsed, over_by, now);
    }
    // Of another period: when they were counted is not known.
    let settled: u32 = it.usage.ends.iter().map(|(_, slots)| slots).sum();
    let usage = tollgate_quota::Usage {
        open: it.usage.open.saturating_add(settled),
        ends: Vec::new(),
        closed: it.usage.closed,
    };
    ledger.restore(&usage, it.taken, elapsed, over_by, now);
}
