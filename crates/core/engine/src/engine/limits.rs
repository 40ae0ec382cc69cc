//! What the upstream says of its limits, and what an operator changes in them.
//!
//! **Which limit a header speaks of.** Headers name no limit, only how many it allows, and that may
//! fit another limit by chance (a token's raised to the organisation's number, and nobody told us). A
//! header is taken as that of the narrowest scope with a window that the call passes (token, client,
//! action, integration, host, organisation; a flow's limits are ours, no upstream knows them), and
//! there of the one window that allows as many. Where none does, or several, it is ignored and
//! counted.

use super::Engine;
use super::attempt::Attempt;
use super::learned::is_learned;
use crate::{Facts, Leave, WindowFact};
use std::sync::Arc;
use tollgate_model::{ClientId, Instant, Limit, LimitId, Rule, Scope};
use tollgate_quota::Header;

impl Engine {
    pub(super) fn set_limit(&mut self, limit: LimitId, allowed: u32) {
        let mut config = (*self.config).clone();
        if let Some(limit) = config.limits.get_mut(limit.index()) {
            set(&mut limit.rule, allowed);
            self.configure(config);
            self.tell_learners();
        }
    }

    pub(super) fn set_leave(&mut self, limit: LimitId, leave: Leave) {
        if self.config.limits.get(limit.index()).is_some() {
            let mut config = (*self.config).clone();
            config.leave.insert(limit, leave);
            self.configure(config);
        }
    }

    pub(super) fn set_token_limit(&mut self, client: ClientId, place: usize, allowed: u32) {
        let mut config = (*self.config).clone();
        let client = config.clients.get_mut(client.index());
        if let Some(limit) = client.and_then(|client| client.token_limits.get_mut(place)) {
            set(&mut limit.rule, allowed);
            self.configure(config);
            self.tell_learners();
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
    /// A token's window, by its place in the client's `token_limits`.
    Token(usize),
    Shared(LimitId),
}

/// Whether the limit is a window that the upstream may speak of: one that was configured.
pub(super) fn counts(limit: &Limit) -> bool {
    matches!(limit.rule, Rule::Window { .. }) && !is_learned(limit)
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
