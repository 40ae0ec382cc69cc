//! Numbers and periods that the upstream's headers tell, in force in place of the configured ones.
//!
//! What is believed of them is said in `tollgate_quota`. Each token and each shared limit is told by itself; but
//! what makes one token's limit stricter is expected of its client's other tokens, until their own headers
//! tell. So when all are changed together no more than one token's window is refused.
//! The engine's tables hold what is in force, so that all that reads them follows: starts foretold, what is
//! kept for others, how far pools grow. What was configured is kept beside.

use super::limits::Window;
use super::machine::Engine;
use crate::attempt::Attempt;
use crate::configured_rules::CorrectedLimit;
use crate::{Facts, Follow, LearnedView, Source, WindowFact};
use tollgate_model::{ClientId, Instant, LimitId, Rule, Scope, TokenId};
use tollgate_quota::{Announcement, Header, Span, Verdict};

impl Engine {
    /// Learns from an accepted answer's headers.
    pub(super) fn observe(&mut self, it: &Attempt, facts: Facts, now: Instant) {
        let Some(fact) = facts.window else {
            return;
        };
        let beside = self.spoken_of_beside(it, fact, now);
        let believed = match beside.or_else(|| self.spoken_of(it, fact)) {
            Some(window) => self.hear(it, window, fact, false, now),
            None => false,
        };
        self.headers_ignored += u64::from(!believed);
        if let Some(token) = it.passage.token {
            self.resources.pools.rewatch(token, now);
        }
        self.resources.unblock();
    }

    /// Learns from a refused call's headers.
    pub(super) fn observe_refusal(&mut self, it: &Attempt, facts: Facts, now: Instant) {
        if let Some(fact) = facts.window
            && let Some(window) = self.spoken_of(it, fact)
        {
            self.hear(it, window, fact, true, now);
        }
    }

    /// Whether what was said is believed of the window that is in force.
    fn hear(
        &mut self,
        it: &Attempt,
        window: Window,
        fact: WindowFact,
        refused: bool,
        now: Instant,
    ) -> bool {
        let header = Header {
            count: fact.count,
            reset: fact.reset,
        };
        let word = Announcement {
            family: fact.family as u8,
            allowed: fact.allowed,
            header,
            refused,
        };
        let own = match window {
            Window::Shared(limit) => self.config.limits.get(limit.index()),
            Window::Token(place) => it
                .passage
                .client
                .and_then(|client| self.config.clients[client.index()].token_limits.get(place)),
        };
        let follow = own.and_then(|limit| limit.follow);
        let follow = follow.unwrap_or(self.config.policy.follow);
        let is_ceiling = follow == Follow::Configuration;
        let (sent, cost) = (it.sent, it.passage.cost);
        let (pools, ledgers) = (&mut self.resources.pools, &mut self.resources.ledgers);
        let ledger = match (window, it.passage.token) {
            (Window::Token(place), Some(token)) => pools.ledger(token, place),
            (Window::Token(_), None) => None,
            (Window::Shared(limit), _) => ledgers.get_mut(limit.index()),
        };
        let Some(ledger) = ledger else {
            return false;
        };
        ledger.trust_evidence(!is_ceiling);
        let verdict = ledger.hear(sent, now, cost, word, is_ceiling);
        if let Some(to) = verdict.change {
            self.put_in_force(it, window, to, now);
        }
        let in_force = self.ledger_of(it, window).and_then(|it| it.in_force());
        let is_in_force = in_force.is_some_and(|it| it.allowed == fact.allowed);
        if is_in_force && !refused {
            self.learn_spoken_of(it, fact.allowed);
        }
        !refused && is_in_force && self.count(it, window, header, verdict, now)
    }

    /// Takes the count and the end of the window in.
    fn count(
        &mut self,
        it: &Attempt,
        window: Window,
        header: Header,
        verdict: Verdict,
        now: Instant,
    ) -> bool {
        let (sent, cost) = (it.sent, it.passage.cost);
        let mut shift = |learn: &mut dyn FnMut(&mut tollgate_quota::Ledger) -> _| match window {
            Window::Token(place) => it.passage.token.is_some_and(|token| {
                let pools = &mut self.resources.pools;
                pools.observe(token, place, learn)
            }),
            Window::Shared(limit) => learn(&mut self.resources.ledgers[limit.index()]).is_some(),
        };
        if !verdict.sound {
            shift(&mut |ledger| ledger.disbelieve());
            if let Window::Shared(limit) = window {
                self.forget_others(limit);
            }
            return false;
        }
        let believed = shift(&mut |ledger| ledger.observe(sent, now, cost, header));
        if let Some(end) = verdict.look_at {
            shift(&mut |ledger| ledger.look_at(end, now));
        }
        if let Window::Shared(limit) = window {
            self.see_others(limit, header.count, now);
        }
        believed
    }

    /// Puts what was told of the window in force.
    fn put_in_force(&mut self, it: &Attempt, window: Window, to: Span, now: Instant) {
        match (window, it.passage.token) {
            (Window::Token(place), Some(token)) => {
                self.obey(token, place, to, now);
                self.expect_of_others(token, place, to, now);
            }
            (Window::Shared(limit), _) => {
                self.forget_others(limit);
                self.correct(limit, to, now);
            }
            (Window::Token(_), None) => {}
        }
    }

    /// What one token is told of its limit is expected of the client's others as far as it is stricter, until
    /// their own headers tell: limits of one client's tokens are changed together.
    fn expect_of_others(&mut self, token: TokenId, place: usize, told: Span, now: Instant) {
        let pools = &mut self.resources.pools;
        let Some(client) = pools.tokens.get(token).map(|it| it.client) else {
            return;
        };
        for other in pools.live(client) {
            let ledger = self.resources.pools.ledger(other, place);
            let Some(in_force) = ledger.and_then(|ledger| ledger.in_force()) else {
                continue;
            };
            let stricter = Span {
                allowed: told.allowed.min(in_force.allowed),
                period: told.period.max(in_force.period),
            };
            if stricter != in_force {
                self.obey(other, place, stricter, now);
            }
        }
    }

    pub(super) fn obey(&mut self, token: TokenId, place: usize, to: Span, now: Instant) {
        let pools = &mut self.resources.pools;
        let Some(client) = pools.tokens.get(token).map(|it| it.client) else {
            return;
        };
        pools.obey(token, place, to);
        // Those who wait were promised their starts under another number.
        self.recheck_promises();
        let pools = &self.resources.pools;
        let most = pools.in_force(client, place).unwrap_or(to);
        let rule = self.config.clients[client.index()].token_limits[place].rule;
        if Span::of(rule) != Some(most) {
            let mut config = (*self.config).clone();
            config.clients[client.index()].token_limits[place].rule = most.put_in(rule);
            let first = *self
                .configured
                .tokens
                .entry((client, place))
                .or_insert(rule);
            if first == most.put_in(rule) {
                self.configured.tokens.remove(&(client, place));
            }
            self.configure(config);
            self.note_since(CorrectedLimit::Tokens(client, place), first, most, now);
        }
        self.forget_foretold();
    }

    fn correct(&mut self, limit: LimitId, to: Span, now: Instant) {
        self.recheck_promises();
        let mut config = (*self.config).clone();
        let rule = config.limits[limit.index()].rule;
        config.limits[limit.index()].rule = to.put_in(rule);
        let first = *self.configured.limits.entry(limit).or_insert(rule);
        if first == to.put_in(rule) {
            self.configured.limits.remove(&limit);
        }
        self.configure(config);
        self.note_since(CorrectedLimit::Limit(limit), first, to, now);
        self.forget_foretold();
    }

    /// Notes since when something else than what is configured is in force.
    fn note_since(
        &mut self,
        which: CorrectedLimit,
        configured: Rule,
        in_force: Span,
        now: Instant,
    ) {
        match Span::of(configured) {
            None => {}
            Some(configured) if configured == in_force => {
                self.configured.since.remove(&which);
            }
            Some(_) => {
                self.configured.since.entry(which).or_insert(now);
            }
        }
    }

    /// The limit is held no more.
    pub(super) fn forget_correction(&mut self, limit: LimitId) {
        self.configured.limits.remove(&limit);
        self.configured.since.remove(&CorrectedLimit::Limit(limit));
    }

    /// The token begins with what is in force for its client's; what is configured is kept beside.
    pub(super) fn keep_configured(&mut self, token: TokenId, client: ClientId) {
        let of_client = (client, 0)..=(client, usize::MAX);
        for (&(_, place), &rule) in self.configured.tokens.range(of_client) {
            self.resources.pools.was_configured(token, place, rule);
        }
    }

    /// What headers have corrected.
    pub(super) fn corrected(&self) -> Vec<LearnedView> {
        let since = |which| self.configured.since.get(&which).copied();
        let limits = self.configured.limits.iter();
        let limits = limits.filter(|(id, _)| !self.own.has_limit(**id));
        let limits = limits.map(|(&id, &configured)| {
            let limit = &self.config.limits[id.index()];
            let of = String::new();
            (
                Some(id),
                limit,
                of,
                configured,
                since(CorrectedLimit::Limit(id)),
            )
        });
        let tokens = self.configured.tokens.iter();
        let tokens = tokens.map(|(&(client, place), &configured)| {
            let of = &self.config.clients[client.index()];
            let limit = &of.token_limits[place];
            let since = since(CorrectedLimit::Tokens(client, place));
            (None, limit, of.name.clone(), configured, since)
        });
        let views = limits
            .chain(tokens)
            .filter_map(|(id, limit, of, configured, since)| {
                let in_force = Span::of(limit.rule)?;
                Some(LearnedView {
                    limit: id,
                    name: limit.name.clone(),
                    scope: limit.scope,
                    of: if limit.scope == Scope::Token {
                        of
                    } else {
                        limit.name.clone()
                    },
                    allowed: in_force.allowed,
                    period: Some(in_force.period),
                    configured: Some(configured.allowed()),
                    source: Source::Headers,
                    accepted: 0,
                    refused: 0,
                    since: since.unwrap_or(Instant::ZERO),
                })
            });
        views.collect()
    }
}
