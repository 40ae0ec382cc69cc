//! Limits of which headers speak beside the configured ones.
//!
//! Where tokens have a limit each, and an organisation, say, has one that nobody has configured, an accepted
//! answer's headers may speak of the latter: a number that none of the call's limits has. It could be that the
//! token's own number was changed. Which of the two shows in the counts. Where calls with several tokens are
//! counted together, no two have the same count in a window, a later call has a higher one than those that were
//! answered before it was sent, and a token's counts exceed the calls that were sent with it. So the counts of one
//! number are taken together over all tokens ([`Counts`]). If those of one window show all that, the number
//! is held as one limit more from the next window's opening on. It is one over the narrowest of endpoint,
//! client and upstream that all these calls have in common; wider as soon as others are counted with them. Where
//! a pool has several clients, the counts of each client are taken together as well.
//!
//! Where a wider limit is configured with that number, the counts show in the same way that it is that one, and no
//! other is held.
//!
//! From then on what headers say by this number is that limit's: its count, its ends, its period
//! ([`super::told`]). Tokens of which the number was believed so far have again what is configured. A limit that
//! isn't told for four of its windows, while other numbers are, is held no more.

use super::Engine;
use super::attempt::Attempt;
use super::learned::{Group, Recent, TablePlace};
use super::limits::Window;
use super::upstream::Upstream;
use crate::event::ROUNDING;
use crate::{Family, LearnedView, Source, WindowFact};
use std::collections::{BTreeMap, BTreeSet};
use tollgate_model::{ClientId, EndpointId, Instant, LimitId, Rule, TokenId};
use tollgate_quota::Span;

/// Counts that exceed the calls of their token.
const EXCEEDING: u32 = 3;
/// Counts of a window that are remembered.
const MOST_COUNTS: usize = 4_096;
/// Numbers that are looked at, of all upstreams.
const MOST_NUMBERS: usize = 64;
/// A limit is held for so many windows after it was told last.
const WINDOWS: u32 = 4;

/// A number that headers speak of, of one upstream, and of one client where it has several.
type Number = (Upstream, Option<ClientId>, Family, u32);

/// The numbers that headers speak of and that no configured limit has, with their counts.
#[derive(Debug, Default)]
pub(super) struct HeaderNumbers {
    numbers: BTreeMap<Number, Counts>,
}

/// The counts of one number.
#[derive(Clone, Debug)]
struct Counts {
    /// The window that is open closes after `low` and no later than `up`.
    low: Instant,
    up: Instant,
    counts: BTreeSet<u32>,
    tokens: BTreeSet<TokenId>,
    /// Counts that exceed the calls of their token.
    exceeding: u32,
    /// The highest count, and when its answer had come.
    highest: (u32, Instant),
    clients: BTreeSet<ClientId>,
    endpoints: BTreeSet<EndpointId>,
    /// A count came twice in this window, or was no higher than that of a call which was answered before.
    is_vain: bool,
    /// Whose calls count together, as a window has shown.
    shown: Option<Group>,
    held: Option<(Group, LimitId)>,
    since: Instant,
}

impl Counts {
    fn new(now: Instant) -> Self {
        Self {
            low: Instant::ZERO,
            up: Instant::ZERO,
            counts: BTreeSet::new(),
            tokens: BTreeSet::new(),
            exceeding: 0,
            highest: (0, now),
            clients: BTreeSet::new(),
            endpoints: BTreeSet::new(),
            is_vain: false,
            shown: None,
            held: None,
            since: now,
        }
    }

    /// Takes in an answer's count, of a token that has sent `own` in the last period. Whether it is the first
    /// of a window.
    fn hear(&mut self, it: &Attempt, fact: WindowFact, own: u32, now: Instant) -> bool {
        let low = (it.sent + fact.reset).before(ROUNDING * 2);
        let up = now + fact.reset + ROUNDING;
        if up <= self.low {
            // Of a window before.
            return false;
        }
        let opens = low >= self.up || now > self.up;
        if opens {
            let (shown, held, since) = (self.shown, self.held, self.since);
            *self = Self {
                low,
                up,
                shown,
                held,
                since,
                ..Self::new(now)
            };
        }
        (self.low, self.up) = (self.low.max(low), self.up.min(up));
        if self.counts.len() < MOST_COUNTS {
            self.is_vain |= !self.counts.insert(fact.count);
        }
        let (highest, answered) = self.highest;
        self.is_vain |= it.sent >= answered && fact.count <= highest;
        if fact.count > highest {
            self.highest = (fact.count, now);
        }
        self.exceeding += u32::from(fact.count > own);
        self.tokens.extend(it.passage.token);
        self.clients.extend(it.passage.client);
        self.endpoints.insert(it.endpoint);
        opens
    }

    /// Whose calls count together, by this window: those of the client, or of one of `several` or of one alone.
    fn group(&self, (upstream, client, ..): Number, several: bool) -> Option<Group> {
        if self.is_vain || self.tokens.len() < 2 || self.exceeding < EXCEEDING {
            return None;
        }
        if client.is_some() || (several && self.clients.len() < 2) {
            return client.map(Group::Client);
        }
        let one = self.endpoints.first().filter(|_| self.endpoints.len() == 1);
        let one = one.filter(|&&endpoint| endpoint != EndpointId::UNKNOWN);
        Some(one.map_or(Group::Upstream(upstream), |endpoint| {
            Group::Endpoint(upstream, *endpoint)
        }))
    }
}

impl Engine {
    /// The limit beside the configured ones that an accepted answer speaks of.
    pub(super) fn spoken_of_beside(
        &mut self,
        it: &Attempt,
        fact: WindowFact,
        now: Instant,
    ) -> Option<Window> {
        let upstream = self.upstreams.of(it.passage.route);
        self.release_untold(upstream, fact.allowed, now);
        let Upstream::Pool(pool) = upstream else {
            return None;
        };
        // A wider window may be configured with this number: then it is that, once the counts have shown it.
        let configured = self.only_wider(it, fact);
        if configured.is_none() && self.is_configured(it, fact) {
            return None;
        }
        let mut of_token = self.narrowest(it).into_iter();
        let own = of_token.find_map(|window| Some(self.ledger_of(it, window)?.held(now)))?;
        let several = self.config.pools[pool.index()].clients.len() > 1;
        let of_client = it.passage.client.filter(|_| several);
        for client in [None].into_iter().chain(of_client.map(Some)) {
            let number = (upstream, client, fact.family, fact.allowed);
            let numbers = &mut self.header_numbers.numbers;
            if numbers.len() >= MOST_NUMBERS && !numbers.contains_key(&number) {
                continue;
            }
            let counts = numbers.entry(number).or_insert_with(|| Counts::new(now));
            let opens = counts.hear(it, fact, own, now);
            let group = counts.group(number, several);
            counts.shown = wider(counts.shown, group);
            let (shown, held) = (counts.shown, counts.held);
            if let Some(limit) = configured {
                if shown.is_some() {
                    return Some(Window::Shared(limit));
                }
                continue;
            }
            if opens && shown.is_some() && shown != held.map(|(group, _)| group) {
                self.hold_beside(it, number, now);
            }
        }
        let numbers = &self.header_numbers.numbers;
        let keys = [None, of_client].map(|client| (upstream, client, fact.family, fact.allowed));
        let mut held = keys.iter().filter_map(|key| numbers.get(key)?.held);
        let is_passed =
            |limit: LimitId| self.resources.limits_of(&it.passage).any(|it| it == limit);
        let (_, limit) = held.find(|(_, limit)| is_passed(*limit))?;
        Some(Window::Shared(limit))
    }

    /// Holds the limit of this number from this call on, the first that is known of a window.
    fn hold_beside(&mut self, it: &Attempt, number: Number, now: Instant) {
        let (upstream, _, _, allowed) = number;
        let windows = self.narrowest(it).into_iter();
        let periods = windows.filter_map(|window| self.ledger_of(it, window)?.configured());
        let Some(period) = periods.map(|span| span.period).max() else {
            return;
        };
        let Some(group) = self.release_beside(number) else {
            return;
        };
        self.recheck_promises();
        let rule = Rule::Window {
            allowed,
            period,
            counted_within: None,
        };
        let counted = Recent {
            until: now + period,
            token: it.passage.token,
            cost: it.passage.cost,
        };
        let place = self.hold_learned(group, rule, &[counted]);
        if let (Some(TablePlace::Shared(limit)), Some(counts)) =
            (place, self.header_numbers.numbers.get_mut(&number))
        {
            counts.held = Some((group, limit));
            counts.since = now;
        }
        self.disown(upstream, allowed, now);
    }

    /// No token has the number that is another limit's.
    fn disown(&mut self, upstream: Upstream, allowed: u32, now: Instant) {
        let Upstream::Pool(pool) = upstream else {
            return;
        };
        for client in self.config.pools[pool.index()].clients.clone() {
            for place in 0..self.config.clients[client.index()].token_limits.len() {
                for token in self.resources.pools.live(client) {
                    let ledger = self.resources.pools.ledger(token, place);
                    let spans = ledger.and_then(|it| it.configured().zip(it.in_force()));
                    let is_its = |(configured, in_force): &(Span, Span)| {
                        in_force.allowed == allowed && configured.allowed != allowed
                    };
                    if let Some((configured, _)) = spans.filter(is_its) {
                        self.resources.pools.change(token, |ledgers| {
                            ledgers[place].configure(configured.allowed);
                        });
                        self.obey(token, place, configured, now);
                    }
                }
            }
        }
    }

    /// Holds the number's limit no more. Whose calls count under the number, as was shown.
    fn release_beside(&mut self, number: Number) -> Option<Group> {
        let counts = self.header_numbers.numbers.get_mut(&number)?;
        let (shown, held) = (counts.shown, counts.held.take());
        if let Some((_, limit)) = held {
            self.forget_correction(limit);
            self.release_learned(TablePlace::Shared(limit));
        }
        shown
    }

    /// Holds no more what headers of the upstream have not told for long, where they tell of another number.
    fn release_untold(&mut self, upstream: Upstream, told: u32, now: Instant) {
        let ledgers = &self.resources.ledgers;
        let is_late = |counts: &Counts| {
            let ledger = counts.held.map(|(_, limit)| &ledgers[limit.index()]);
            let period = ledger.and_then(|it| it.period());
            now.since(counts.up) > period.unwrap_or_default() * WINDOWS
        };
        let others = self.header_numbers.numbers.iter();
        let others = others.filter(|((of, .., number), _)| *of == upstream && *number != told);
        let late = others.filter(|(_, it)| is_late(it));
        let late: Vec<Number> = late.map(|(number, _)| *number).collect();
        for number in late {
            self.release_beside(number);
            self.header_numbers.numbers.remove(&number);
        }
    }

    /// What headers speak of beside what is configured.
    pub(super) fn beside_view(&self) -> Vec<LearnedView> {
        let held = self.header_numbers.numbers.values();
        let held = held.filter_map(|it| it.held.map(|held| (held, it.since)));
        let views = held.filter_map(|((group, id), since)| {
            let limit = self.config.limits.get(id.index())?;
            let span = Span::of(limit.rule)?;
            Some(LearnedView {
                limit: Some(id),
                name: limit.name.clone(),
                scope: limit.scope,
                of: self.whose(group),
                allowed: span.allowed,
                period: Some(span.period),
                configured: None,
                source: Source::Headers,
                accepted: 0,
                refused: 0,
                since,
            })
        });
        views.collect()
    }
}

/// The narrowest that both are in.
fn wider(one: Option<Group>, other: Option<Group>) -> Option<Group> {
    match (one, other) {
        (Some(one), Some(other)) if one != other => Some(match (one, other) {
            (Group::Upstream(_), _) => one,
            (Group::Endpoint(upstream, _), _) => Group::Upstream(upstream),
            _ => other,
        }),
        (one, other) => one.or(other),
    }
}
