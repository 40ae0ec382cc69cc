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
//! (the engine's corrections). Tokens of which the number was believed so far have again what is configured. A limit that
//! isn't told for four of its windows, while other numbers are, is held no more.

use crate::attempt::Attempt;
use crate::event::ROUNDING;
use crate::learned_limit::Group;
use crate::upstream::Upstream;
use crate::{Family, WindowFact};
use std::collections::{BTreeMap, BTreeSet};
use tollgate_model::{ClientId, EndpointId, Instant, LimitId, TokenId};

/// Counts that exceed the calls of their token.
const EXCEEDING: u32 = 3;
/// Counts of a window that are remembered.
const MOST_COUNTS: usize = 4_096;
/// Numbers that are looked at, of all upstreams.
pub(crate) const MOST_NUMBERS: usize = 64;
/// A number that headers speak of, of one upstream, and of one client where it has several.
pub(crate) type Number = (Upstream, Option<ClientId>, Family, u32);

/// The numbers that headers speak of and that no configured limit has, with their counts.
#[derive(Debug, Default)]
pub(crate) struct HeaderNumbers {
    pub(crate) numbers: BTreeMap<Number, Counts>,
}

/// The counts of one number.
#[derive(Clone, Debug)]
pub(crate) struct Counts {
    /// The window that is open closes after `low` and no later than `up`.
    pub(crate) low: Instant,
    pub(crate) up: Instant,
    pub(crate) counts: BTreeSet<u32>,
    pub(crate) tokens: BTreeSet<TokenId>,
    /// Counts that exceed the calls of their token.
    pub(crate) exceeding: u32,
    /// The highest count, and when its answer had come.
    pub(crate) highest: (u32, Instant),
    pub(crate) clients: BTreeSet<ClientId>,
    pub(crate) endpoints: BTreeSet<EndpointId>,
    /// A count came twice in this window, or was no higher than that of a call which was answered before.
    pub(crate) is_vain: bool,
    /// Whose calls count together, as a window has shown.
    pub(crate) shown: Option<Group>,
    pub(crate) held: Option<(Group, LimitId)>,
    pub(crate) since: Instant,
}

impl Counts {
    pub(crate) fn new(now: Instant) -> Self {
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
    pub(crate) fn hear(&mut self, it: &Attempt, fact: WindowFact, own: u32, now: Instant) -> bool {
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
    pub(crate) fn group(&self, (upstream, client, ..): Number, several: bool) -> Option<Group> {
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

/// The narrowest group that contains both.
pub(crate) fn wider(one: Option<Group>, other: Option<Group>) -> Option<Group> {
    match (one, other) {
        (Some(one), Some(other)) if one != other => Some(match (one, other) {
            (Group::Upstream(_), _) => one,
            (Group::Endpoint(upstream, _), _) => Group::Upstream(upstream),
            _ => other,
        }),
        (one, other) => one.or(other),
    }
}
