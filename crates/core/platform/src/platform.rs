//! Who is admitted.

use crate::counter::Counter;
use crate::random::Random;
use crate::{Config, Faults};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use tollgate_model::Instant;

/// The organisation's windows that are remembered.
const REMEMBERED_WINDOWS: usize = 4_096;
/// Tokens that may be granted; beyond it there are none to be had.
const MAX_TOKENS: usize = 100_000;

/// The provider.
#[derive(Debug)]
pub struct Platform {
    config: Config,
    random: Random,
    tokens: Vec<Token>,
    by_bearer: BTreeMap<String, TokenNumber>,
    clients: Vec<Option<Counter>>,
    organisation: Option<Counter>,
    under_way: u32,
    counts: Counts,
}

/// A granted token's place; cheaper to look up than its text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct TokenNumber(u32);

#[derive(Debug)]
struct Token {
    client: usize,
    expires: Instant,
    revoked: bool,
    counter: Option<Counter>,
}

/// An access token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Grant {
    /// Its place here.
    pub number: TokenNumber,
    /// Its text.
    pub access_token: String,
    /// Its life.
    pub expires_in: Duration,
}

/// What is said of a call that arrives.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It is carried out; [`Platform::leave`] is to be called at its end.
    Admitted(Admitted),
    /// A limit turned it away: 429.
    Limited(Limited),
    /// The token is unknown, expired or revoked: 401.
    Unauthorized,
}

/// A call that is carried out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Admitted {
    /// The token's window.
    pub facts: Option<Facts>,
    /// How long until it answers.
    pub latency: Duration,
    /// What strikes it.
    pub fault: Option<Fault>,
}

/// A call that is turned away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limited {
    /// The limit that did it.
    pub limit: LimitName,
    /// `Retry-After`, whole seconds.
    pub retry_after: u64,
    /// Its window; none for concurrency.
    pub facts: Option<Facts>,
}

/// The numbers in the rate-limit headers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Facts {
    /// Calls counted, this one included if it was admitted.
    pub count: u32,
    /// Calls allowed.
    pub allowed: u32,
    /// Whole seconds to the window's end.
    pub reset: u64,
}

/// The limits by name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum LimitName {
    Token,
    Client,
    Organisation,
    Concurrency,
}

/// What strikes a call that was counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// It is answered 503.
    Unavailable,
    /// Its connection is dropped without an answer.
    Dropped,
}

/// What was counted since the start.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// Calls admitted.
    pub admitted: u64,
    /// Calls turned away, by limit.
    pub limited: BTreeMap<LimitName, u64>,
    /// Calls with a token that is not good.
    pub unauthorized: u64,
    /// Most calls at once.
    pub most_at_once: u32,
    /// By token, in the order of their grants.
    pub tokens: Vec<TokenCounts>,
    /// The organisation's windows, the oldest first; the last 4,096.
    pub windows: VecDeque<WindowCount>,
}

impl Counts {
    /// Calls answered 429, whichever limit it was.
    #[must_use]
    pub fn limited(&self) -> u64 {
        self.limited.values().sum()
    }
}

/// One token's calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TokenCounts {
    /// The place of its client in the configuration.
    pub client: usize,
    /// Calls admitted.
    pub admitted: u64,
    /// Calls turned away.
    pub limited: u64,
}

/// One window of the organisation's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WindowCount {
    /// When it opened.
    pub opened: Instant,
    /// Calls counted in it.
    pub count: u32,
}

impl Platform {
    /// A provider that has counted nothing.
    #[must_use]
    pub fn new(config: Config, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let alignment = config.alignment;
        let mut counter = |window: Option<crate::Window>| {
            window.map(|window| Counter::new(window, alignment, random.next()))
        };
        let clients = config
            .clients
            .iter()
            .map(|_| counter(config.client))
            .collect();
        let organisation = counter(config.organisation);
        Self {
            clients,
            organisation,
            random,
            tokens: Vec::new(),
            by_bearer: BTreeMap::new(),
            under_way: 0,
            counts: Counts::default(),
            config,
        }
    }

    /// Grants a token for a client's credentials; none if they are wrong.
    pub fn grant(&mut self, id: &str, secret: &str, now: Instant) -> Option<Grant> {
        let known = |client: &crate::Client| client.id == id && client.secret == secret;
        let client = self.config.clients.iter().position(known)?;
        if self.tokens.len() >= MAX_TOKENS {
            return None;
        }
        let number = TokenNumber(self.tokens.len() as u32);
        let access_token = format!("{:016x}{:016x}", self.random.next(), self.random.next());
        let phase = self.random.next();
        let alignment = self.config.alignment;
        self.tokens.push(Token {
            client,
            expires: now + self.config.expires_in,
            revoked: false,
            counter: self
                .config
                .token
                .map(|window| Counter::new(window, alignment, phase)),
        });
        self.counts.tokens.push(TokenCounts {
            client,
            ..TokenCounts::default()
        });
        self.by_bearer.insert(access_token.clone(), number);
        Some(Grant {
            number,
            access_token,
            expires_in: self.config.expires_in,
        })
    }

    /// The token with this text.
    #[must_use]
    pub fn token(&self, bearer: &str) -> Option<TokenNumber> {
        self.by_bearer.get(bearer).copied()
    }

    /// Makes a token worthless.
    pub fn revoke(&mut self, token: TokenNumber) {
        if let Some(token) = self.tokens.get_mut(token.0 as usize) {
            token.revoked = true;
        }
    }

    /// Makes every token granted so far worthless.
    pub fn revoke_all(&mut self) {
        self.tokens
            .iter_mut()
            .for_each(|token| token.revoked = true);
    }

    /// Changes what goes wrong from now on.
    pub fn set_faults(&mut self, faults: Faults) {
        self.config.faults = faults;
    }

    /// How long this call is on its way before it counts.
    pub fn way_in(&mut self) -> Duration {
        self.random.span(self.config.way_in)
    }

    /// A call arrives; `token` is what its bearer stands for, if anything.
    pub fn arrive(&mut self, token: Option<TokenNumber>, now: Instant) -> Verdict {
        let good = token.filter(|token| {
            let token = self.tokens.get(token.0 as usize);
            token.is_some_and(|token| !token.revoked && now < token.expires)
        });
        let Some(number) = good else {
            self.counts.unauthorized += 1;
            return Verdict::Unauthorized;
        };
        let place = number.0 as usize;
        if let Some(limited) = self.turned_away(place, now) {
            *self.counts.limited.entry(limited.limit).or_default() += 1;
            self.counts.tokens[place].limited += 1;
            return Verdict::Limited(limited);
        }
        self.count(place, now);
        let facts = self.tokens[place]
            .counter
            .as_mut()
            .map(|counter| facts(counter, now));
        let faults = self.config.faults;
        let mut latency = self.random.span(self.config.latency);
        if self.random.percent(faults.slow_percent) {
            latency *= 10;
        }
        let fault = if self.random.percent(faults.unavailable_percent) {
            Some(Fault::Unavailable)
        } else if self.random.percent(faults.dropped_percent) {
            Some(Fault::Dropped)
        } else {
            None
        };
        Verdict::Admitted(Admitted {
            facts,
            latency,
            fault,
        })
    }

    /// An admitted call is over.
    pub fn leave(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
    }

    /// What was counted.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    fn turned_away(&mut self, place: usize, now: Instant) -> Option<Limited> {
        let token = &mut self.tokens[place];
        let windows = [
            (LimitName::Token, token.counter.as_mut()),
            (LimitName::Client, self.clients[token.client].as_mut()),
            (LimitName::Organisation, self.organisation.as_mut()),
        ];
        for (limit, counter) in windows {
            if let Some(counter) = counter
                && !counter.has_room(now)
            {
                let facts = facts(counter, now);
                return Some(Limited {
                    limit,
                    retry_after: facts.reset,
                    facts: Some(facts),
                });
            }
        }
        let full = self
            .config
            .concurrency
            .is_some_and(|most| self.under_way >= most);
        full.then_some(Limited {
            limit: LimitName::Concurrency,
            retry_after: 1,
            facts: None,
        })
    }

    fn count(&mut self, place: usize, now: Instant) {
        let token = &mut self.tokens[place];
        let own = [token.counter.as_mut(), self.clients[token.client].as_mut()];
        for counter in own.into_iter().flatten() {
            counter.count(now);
        }
        if let Some(organisation) = &mut self.organisation {
            if organisation.count(now) {
                if self.counts.windows.len() == REMEMBERED_WINDOWS {
                    self.counts.windows.pop_front();
                }
                self.counts.windows.push_back(WindowCount {
                    opened: organisation.opened().unwrap_or(now),
                    count: 0,
                });
            }
            if let Some(window) = self.counts.windows.back_mut() {
                window.count = organisation.counted();
            }
        }
        self.under_way += 1;
        self.counts.most_at_once = self.counts.most_at_once.max(self.under_way);
        self.counts.admitted += 1;
        self.counts.tokens[place].admitted += 1;
    }
}

fn facts(counter: &mut Counter, now: Instant) -> Facts {
    Facts {
        count: counter.counted(),
        allowed: counter.allowed(),
        reset: counter.reset_seconds(now),
    }
}
