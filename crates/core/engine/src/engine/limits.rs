//! What the upstream says of its limits, and what an operator changes in them.
//!
//! **Which limit a header speaks of.** Headers name no limit, only how many it allows, and that may
//! fit another limit by chance (a token's raised to the organisation's number, and nobody told us). A
//! header is taken as that of the narrowest scope with a window that the call passes (token, client,
//! action, integration, host, organisation; a flow's limits are ours, no upstream knows them), and
//! there of the one window that allows as many. A number that no limit of the call's has is taken as that
//! of the one window there, or of the one that is long enough; what follows is said in [`super::corrections`].
//! What fits none, or several, is ignored and counted.

use super::machine::Engine;
use crate::attempt::Attempt;
use crate::event::ROUNDING;
use crate::learned_limit::{UNBOUND, is_learned};
use crate::{Leave, LimitSpec, WindowFact};
use std::sync::Arc;
use tollgate_model::{ClientId, Instant, Limit, LimitId, Rule, Scope};
use tollgate_quota::{Ledger, Span};

impl Engine {
    pub(super) fn set_limit(&mut self, limit: LimitId, allowed: u32, now: Instant) {
        let mut config = (*self.config).clone();
        let Some(it) = config.limits.get_mut(limit.index()) else {
            return;
        };
        self.lifted.remove(&limit);
        it.rule = self.configured.limits.remove(&limit).unwrap_or(it.rule);
        it.rule.set_allowed(allowed);
        self.resources.ledgers[limit.index()].configure(allowed);
        self.configure(config);
        self.latencies.forget(limit);
        self.tell_learners();
        self.open_under(limit, now);
        self.recheck_promises();
    }

    pub(super) fn lift_limit(&mut self, limit: LimitId, now: Instant) {
        self.set_limit(limit, UNBOUND, now);
        self.set_leave(limit, Leave::Calls(0));
        self.lifted.insert(limit);
    }

    pub(super) fn set_leave(&mut self, limit: LimitId, leave: Leave) {
        let mut config = (*self.config).clone();
        if let Some(it) = config.limits.get_mut(limit.index()) {
            it.leave = Some(leave);
            self.configure(config);
        }
    }

    pub(super) fn set_token_limit(&mut self, client: ClientId, place: usize, allowed: u32) {
        let mut config = (*self.config).clone();
        let of_client = config.clients.get_mut(client.index());
        let Some(it) = of_client.and_then(|it| it.token_limits.get_mut(place)) else {
            return;
        };
        let told = self.configured.tokens.remove(&(client, place));
        it.rule = told.unwrap_or(it.rule);
        it.rule.set_allowed(allowed);
        self.configure(config);
        let pools = &mut self.resources.pools;
        pools.each_token(client, place, |ledger| ledger.configure(allowed));
        self.tell_learners();
    }

    pub(super) fn configure(&mut self, config: crate::Config) {
        self.config = Arc::new(config);
        self.resources.configure(Arc::clone(&self.config));
        self.leave_all_free();
        self.share_guarantees();
    }

    /// The window that the answer's header speaks of.
    pub(super) fn spoken_of(&self, it: &Attempt, fact: WindowFact) -> Option<Window> {
        let windows = self.narrowest(it);
        // A window's configured number tells it, and the one in force.
        let of = |window: &Window, number: fn(&Ledger) -> Option<Span>| {
            let ledger = self.ledger_of(it, *window);
            ledger.and_then(number).map(|span| span.allowed) == Some(fact.allowed)
        };
        for number in [Ledger::in_force, Ledger::configured] {
            let mut fits = windows.iter().filter(|window| of(window, number));
            if let Some(window) = fits.next() {
                return fits.next().is_none().then_some(*window);
            }
        }
        if self.shared_with_number(it, fact).next().is_some() {
            return None;
        }
        // Another number than all: that of the one window, or of the one that lasts as long.
        let as_long = |window: &&Window| {
            let period = self.ledger_of(it, **window).and_then(Ledger::period);
            period.is_some_and(|period| period + ROUNDING >= fact.reset)
        };
        match windows[..] {
            [one] => Some(one),
            _ => {
                let mut fits = windows.iter().filter(as_long);
                let window = fits.next()?;
                fits.next().is_none().then_some(*window)
            }
        }
    }

    /// The shared windows that the call passes and that are configured with this number; a flow's is ours.
    fn shared_with_number(&self, it: &Attempt, fact: WindowFact) -> impl Iterator<Item = LimitId> {
        self.resources.limits_of(&it.passage).filter(move |id| {
            let limit = &self.config.limits[id.index()];
            let configured = self.resources.ledgers[id.index()].configured();
            counts(limit)
                && limit.scope != Scope::Flow
                && configured.is_some_and(|it| it.allowed == fact.allowed)
        })
    }

    /// The one window wider than a token's that the call passes and that is configured with this number, if no
    /// other is.
    pub(super) fn only_wider(&self, it: &Attempt, fact: WindowFact) -> Option<LimitId> {
        let mut shared = self.shared_with_number(it, fact);
        let one = shared.next().filter(|_| shared.next().is_none())?;
        let mut windows = self.narrowest(it).into_iter();
        let is_narrow = windows.any(|window| {
            let ledger = self.ledger_of(it, window);
            let spans = ledger.map(|it| [it.configured(), it.in_force()]);
            let mut spans = spans.into_iter().flatten().flatten();
            window == Window::Shared(one) || spans.any(|span| span.allowed == fact.allowed)
        });
        (!is_narrow).then_some(one)
    }

    /// Whether a window that the call passes has this number, configured or in force; a flow's is ours.
    pub(super) fn is_known(&self, it: &Attempt, fact: WindowFact) -> bool {
        self.is_number_of(it, fact, &[Ledger::configured, Ledger::in_force])
    }

    /// Whether a window that the call passes is configured with this number; a flow's window is ours.
    pub(super) fn is_configured(&self, it: &Attempt, fact: WindowFact) -> bool {
        self.is_number_of(it, fact, &[Ledger::configured])
    }

    fn is_number_of(
        &self,
        it: &Attempt,
        fact: WindowFact,
        spans: &[fn(&Ledger) -> Option<Span>],
    ) -> bool {
        let is_its = |span: Option<Span>| span.is_some_and(|span| span.allowed == fact.allowed);
        let is_known = |ledger: &Ledger| spans.iter().any(|of| is_its(of(ledger)));
        self.all_passed(it)
            .any(|(limit, ledger)| counts(limit) && limit.scope != Scope::Flow && is_known(ledger))
    }

    /// All limits that the call passes, those of its token last, each with its ledger.
    pub(super) fn all_passed(&self, it: &Attempt) -> impl Iterator<Item = (&LimitSpec, &Ledger)> {
        let token = it.passage.token;
        let token = token.and_then(|token| self.resources.pools.tokens.get(token));
        let of_token = token.into_iter().flat_map(|token| {
            let limits = &self.config.clients[token.client.index()].token_limits;
            limits.iter().zip(&token.ledgers)
        });
        let shared = self.resources.limits_of(&it.passage).map(|limit| {
            let place = limit.index();
            (&self.config.limits[place], &self.resources.ledgers[place])
        });
        shared.chain(of_token)
    }

    /// The windows of the narrowest scope that the call passes.
    pub(super) fn narrowest(&self, it: &Attempt) -> Vec<Window> {
        let windows = match it.passage.client {
            Some(client) => &self.config.clients[client.index()].token_limits[..],
            None => &[],
        };
        let windows = windows.iter().enumerate().filter(|(_, it)| counts(it));
        let of_token: Vec<Window> = windows.map(|(place, _)| Window::Token(place)).collect();
        if !of_token.is_empty() {
            return of_token;
        }
        let shared = || {
            let limits = self.resources.limits_of(&it.passage);
            limits.filter_map(|id| {
                let limit = &self.config.limits[id.index()];
                Some((narrowness(limit.scope)?, id)).filter(|_| counts(limit))
            })
        };
        let narrowest = shared().map(|(narrowness, _)| narrowness).min();
        let fits = shared().filter(|(narrowness, _)| Some(*narrowness) == narrowest);
        fits.map(|(_, id)| Window::Shared(id)).collect()
    }

    pub(super) fn ledger_of(&self, it: &Attempt, window: Window) -> Option<&Ledger> {
        match window {
            Window::Token(place) => {
                let token = self.resources.pools.tokens.get(it.passage.token?)?;
                token.ledgers.get(place)
            }
            Window::Shared(limit) => self.resources.ledgers.get(limit.index()),
        }
    }
}

/// One of the windows that a call passes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Window {
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
