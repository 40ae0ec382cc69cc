//! An upstream that counts.

use super::random::Random;
use super::setup::{BURST, CONCURRENCY, INTEGRATION, OF_FLOW, ORGANISATION, Windows};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use tollgate_engine::{Config, Family, WindowFact};
use tollgate_model::{LimitId, RouteId, Rule};

pub(crate) const SECOND: u64 = 1_000_000_000;

/// What an attempt is called across restarts of the engine: its process, its number there.
pub(crate) type Key = (u32, u64);

/// A call that was sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    pub(crate) route: RouteId,
    pub(crate) has_flow_limit: bool,
    /// Whether its flow is in shadow, so that it obeyed no limit.
    pub(crate) in_shadow: bool,
    pub(crate) token: Option<Key>,
    pub(crate) cost: u32,
    /// Which call of all this is.
    pub(crate) number: u64,
    /// When it is counted.
    pub(crate) counted: u64,
    /// Whether it is answered 429 by something that stands before the limits.
    pub(crate) stray: bool,
}

/// One slot that was counted.
#[derive(Clone, Copy, Debug)]
struct Slot {
    counted: u64,
    /// Which call of all took it.
    number: u64,
    /// What the engine was told that the limit allows, when it sent the call.
    allowed: u32,
    in_shadow: bool,
}

/// One limit's count.
#[derive(Clone, Debug)]
pub(crate) struct Counter {
    windows: Windows,
    period: u64,
    /// Whether a bound on a call's way in is declared.
    bounded: bool,
    phase: u64,
    closes: Option<u64>,
    /// Ours in the window; in the last period where windows lie anywhere.
    ours: VecDeque<Slot>,
    others: VecDeque<u64>,
    /// The numbers that the engine was told, and how many calls had been sent by then.
    told: Vec<(u64, u32)>,
}

impl Counter {
    fn new(rule: Rule, windows: Windows, random: &mut Random) -> Self {
        let (period, within) = match rule {
            Rule::Window {
                period,
                counted_within,
                ..
            } => (period.as_nanos() as u64, counted_within),
            Rule::Concurrency { .. } => (u64::MAX, None),
        };
        Self {
            windows,
            period,
            bounded: within.is_some(),
            phase: random.next() % period.max(1),
            closes: None,
            ours: VecDeque::new(),
            others: VecDeque::new(),
            told: vec![(0, rule.allowed())],
        }
    }

    pub(crate) fn allowed(&self) -> u32 {
        self.told.last().map_or(0, |(_, allowed)| *allowed)
    }

    fn roll(&mut self, now: u64) {
        match self.windows {
            Windows::Anywhere => {
                let period = self.period;
                while self
                    .ours
                    .front()
                    .is_some_and(|it| it.counted + period <= now)
                {
                    self.ours.pop_front();
                }
                while self.others.front().is_some_and(|at| at + period <= now) {
                    self.others.pop_front();
                }
            }
            Windows::FirstCall | Windows::Aligned => {
                if self.closes.is_some_and(|closes| now >= closes) {
                    self.closes = None;
                    self.ours.clear();
                    self.others.clear();
                }
            }
        }
    }

    /// Opens a window, unless one is open; tells when it closes.
    fn open(&mut self, now: u64) -> u64 {
        let aligned = self.windows == Windows::Aligned;
        let into = (now + self.period - self.phase) % self.period;
        let left = self.period - if aligned { into } else { 0 };
        *self.closes.get_or_insert(now.saturating_add(left))
    }

    fn is_full(&mut self, now: u64, cost: u32) -> bool {
        self.roll(now);
        (self.ours.len() + self.others.len()) as u32 + cost > self.allowed()
    }

    /// Whether a full window may be other applications' doing, or that of flows in shadow. Where no header could tell
    /// of it, the latter are counted beyond what is allowed, so that the others' overcounts are seen.
    fn has_excuse(&self) -> bool {
        let tells = self.windows != Windows::Anywhere;
        !self.others.is_empty() || tells && self.ours.iter().any(|slot| slot.in_shadow)
    }

    fn count(&mut self, now: u64, call: &Call) {
        self.open(now);
        let then = self
            .told
            .iter()
            .rev()
            .find(|(from, _)| *from <= call.number);
        let allowed = then.map_or(0, |(_, allowed)| *allowed);
        for _ in 0..call.cost {
            self.ours.push_back(Slot {
                counted: now,
                number: call.number,
                allowed,
                in_shadow: call.in_shadow,
            });
        }
    }

    /// Whether ours, up to the last that obeyed the limit, are no more than the limit allowed when that was sent.
    pub(crate) fn within_bounds(&self) -> bool {
        let enforced = self.ours.iter().filter(|slot| !slot.in_shadow);
        let last = enforced.max_by_key(|slot| slot.number);
        last.is_none_or(|last| {
            let before = self.ours.iter().filter(|slot| slot.number <= last.number);
            before.count() as u32 <= last.allowed
        })
    }

    fn header(&mut self, now: u64) -> WindowFact {
        let closes = self.open(now);
        WindowFact {
            count: (self.ours.len() + self.others.len()) as u32,
            allowed: self.allowed(),
            reset: Duration::from_secs((closes - now) / SECOND + 1),
            family: Family::Platform,
        }
    }
}

/// The upstream: a counter for each limit, and for each token it granted.
#[derive(Debug)]
pub(crate) struct Upstream {
    pub(crate) windows: Windows,
    pub(crate) limits: BTreeMap<LimitId, Counter>,
    pub(crate) tokens: BTreeMap<Key, Counter>,
    token_rule: Rule,
    token_allowed: Vec<(u64, u32)>,
    /// Until when each call is under way, as far as the upstream knows.
    pub(crate) under_way: BTreeMap<Key, u64>,
    /// Calls that may be under way at once: what is allowed, and more only while a lowered limit drains.
    pub(crate) at_once: u32,
    /// Calls sent so far.
    pub(crate) sent: u64,
}

impl Upstream {
    pub(crate) fn new(config: &Config, windows: Windows, random: &mut Random) -> Self {
        let limits = [ORGANISATION, INTEGRATION, OF_FLOW, BURST].into_iter();
        let limits = limits.map(|id| {
            let rule = config.limits[id.index()].rule;
            (id, Counter::new(rule, windows, random))
        });
        let token_rule = config.clients[0].token_limits[0].rule;
        Self {
            windows,
            limits: limits.collect(),
            tokens: BTreeMap::new(),
            token_rule,
            token_allowed: vec![(0, token_rule.allowed())],
            under_way: BTreeMap::new(),
            at_once: config.limits[CONCURRENCY.index()].rule.allowed(),
            sent: 0,
        }
    }

    pub(crate) fn grant(&mut self, token: Key, random: &mut Random) {
        let mut counter = Counter::new(self.token_rule, self.windows, random);
        counter.told.clone_from(&self.token_allowed);
        self.tokens.insert(token, counter);
    }

    /// The limit changes, here and for the engine at once.
    pub(crate) fn set(&mut self, limit: LimitId, allowed: u32) {
        if let Some(counter) = self.limits.get_mut(&limit) {
            counter.told.push((self.sent, allowed));
        }
    }

    pub(crate) fn set_tokens(&mut self, allowed: u32) {
        self.token_allowed.push((self.sent, allowed));
        for counter in self.tokens.values_mut() {
            counter.told.push((self.sent, allowed));
        }
    }

    /// What a token's window allows.
    pub(crate) fn token_allowed(&self) -> u32 {
        self.token_allowed.last().map_or(0, |(_, allowed)| *allowed)
    }

    /// Somebody else calls, as far as the limit lets it.
    pub(crate) fn foreign(&mut self, now: u64) {
        if let Some(counter) = self.limits.get_mut(&ORGANISATION)
            && !counter.is_full(now, 1)
        {
            counter.open(now);
            counter.others.push_back(now);
        }
    }

    fn passes(&mut self, call: &Call) -> Vec<&mut Counter> {
        let mut passed = Vec::new();
        for (limit, counter) in &mut self.limits {
            let passes = match *limit {
                ORGANISATION => true,
                INTEGRATION => call.route == RouteId(1),
                OF_FLOW => call.has_flow_limit,
                _ => call.route != RouteId(1),
            };
            if passes {
                passed.push(counter);
            }
        }
        passed.extend(call.token.and_then(|token| self.tokens.get_mut(&token)));
        passed
    }

    /// Whether one of the limits that the call passes declares a bound on its way in.
    pub(crate) fn is_bounded(&mut self, call: &Call) -> bool {
        self.passes(call).iter().any(|counter| counter.bounded)
    }

    /// A call arrives. None if it was counted; else for how long its limit is closed. A limit is
    /// held against all: whose fault it is that the window is full is for the invariants to say.
    pub(crate) fn arrive(&mut self, call: &Call, now: u64) -> Option<Duration> {
        for counter in self.passes(call) {
            let period = counter.period;
            if counter.is_full(now, call.cost) && counter.has_excuse() {
                return Some(Duration::from_nanos(period).min(Duration::from_secs(2)));
            }
        }
        for counter in self.passes(call) {
            counter.count(now, call);
        }
        None
    }

    /// What the answer's headers say: of the token's window where there is one, else of the
    /// integration's.
    pub(crate) fn header(&mut self, call: &Call, now: u64) -> Option<WindowFact> {
        if self.windows == Windows::Anywhere {
            return None;
        }
        let counter = match call.token {
            Some(token) => self.tokens.get_mut(&token)?,
            None => self.limits.get_mut(&INTEGRATION)?,
        };
        counter.roll(now);
        Some(counter.header(now))
    }
}
