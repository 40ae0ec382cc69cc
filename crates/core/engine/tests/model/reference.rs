//! What an engine has to hold: the quota's rule, applied to what the engine was told.

use super::setup::{CONCURRENCY, INTEGRATION};
use std::collections::BTreeMap;
use tollgate_engine::{Config, LimitView, Snapshot};
use tollgate_model::{FlowId, Limit, LimitId, RouteId, Rule};

/// What the engine was told of an attempt.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Told {
    Head,
    /// The head of an answer that a limit has turned the call away.
    Refused,
    Done,
    NoAnswer,
    NeverSent,
}

/// One process's use of all limits.
#[derive(Debug)]
pub(crate) struct Reference {
    config: Config,
    grace: u64,
    limits: Vec<Slots>,
    tokens: BTreeMap<u64, Slots>,
    calls: BTreeMap<u64, Call>,
    /// What each limit held at the process's begin, and when nothing of it is held any more.
    restored: Vec<(u32, u64)>,
}

#[derive(Clone, Debug)]
struct Call {
    sent: u64,
    limits: Vec<LimitId>,
    token: Option<u64>,
    cost: u32,
    head: bool,
}

/// One limit's slots.
#[derive(Clone, Debug, Default)]
struct Slots {
    /// None for a concurrency limit.
    period: Option<u64>,
    bound: Option<u64>,
    open: u32,
    /// How many end when.
    ends: BTreeMap<u64, u32>,
    settled: u32,
}

impl Slots {
    fn new(limit: &Limit) -> Self {
        let (period, bound) = match limit.rule {
            Rule::Window {
                period,
                counted_within,
                ..
            } => (Some(period), counted_within),
            Rule::Concurrency { .. } => (None, None),
        };
        Self {
            period: period.map(|it| it.as_nanos() as u64),
            bound: bound.map(|it| it.as_nanos() as u64),
            ..Self::default()
        }
    }

    fn held(&mut self, now: u64) -> u32 {
        while let Some(end) = self.ends.first_entry().filter(|end| *end.key() <= now) {
            self.settled -= end.remove();
        }
        self.open + self.settled
    }

    fn add(&mut self, end: u64, slots: u32) {
        *self.ends.entry(end).or_default() += slots;
        self.settled += slots;
    }

    fn take(&mut self, sent: u64, cost: u32) {
        match (self.period, self.bound) {
            (None, _) => self.open += 1,
            (Some(_), None) => self.open += cost,
            (Some(period), Some(bound)) => self.add(sent + bound + period, cost),
        }
    }

    /// Gives back what `take` took, as far as it is still held.
    fn give_back(&mut self, sent: u64, cost: u32) -> u32 {
        let (Some(period), Some(bound)) = (self.period, self.bound) else {
            self.open -= cost;
            return cost;
        };
        let Some(there) = self.ends.get_mut(&(sent + bound + period)) else {
            return 0;
        };
        // Some of it may have been given back to those who share the limit.
        let cost = cost.min(*there);
        *there -= cost;
        self.settled -= cost;
        cost
    }

    /// A slot is held no more that ends then, or later where headers have told of it.
    fn drop_one(&mut self, end: u64) {
        let found = self.ends.range_mut(end..).find(|(_, slots)| **slots > 0);
        if let Some((_, slots)) = found {
            *slots -= 1;
            self.settled -= 1;
        }
    }

    fn settle(&mut self, sent: u64, counted_by: u64, cost: u32) {
        if let Some(period) = self.period
            && self.bound.is_none_or(|bound| counted_by < sent + bound)
        {
            let slots = self.give_back(sent, cost);
            self.add(counted_by + period, slots);
        }
    }
}

impl Reference {
    /// Of a process that begins at `now` with what `snapshot` says. Of the concurrency limit nothing that an
    /// earlier process has used is held from `free_from` on.
    pub(crate) fn new(config: &Config, snapshot: &Snapshot, free_from: u64, now: u64) -> Self {
        let grace = config.policy.grace.as_nanos() as u64;
        let restored = config.limits.iter().zip(&snapshot.limits);
        let restored = restored.map(|(limit, view)| match limit.rule {
            // An end may lie a grace and a period ahead, and is rounded up.
            Rule::Window { period, .. } => {
                let period = period.as_nanos() as u64;
                (view.held, now + 2 * grace + period + period / 64 + 64)
            }
            Rule::Concurrency { .. } => (view.held, free_from),
        });
        Self {
            grace,
            limits: config
                .limits
                .iter()
                .map(|limit| Slots::new(limit))
                .collect(),
            tokens: BTreeMap::new(),
            calls: BTreeMap::new(),
            restored: restored.collect(),
            config: config.clone(),
        }
    }

    /// Slots of calls that another process has made are held until then.
    pub(crate) fn taken_over(&mut self, limit: LimitId, until: u64, slots: u32) {
        self.limits[limit.index()].add(until, slots);
    }

    /// A slot of the limit was given back that was to end then. Whether it was one of this process's own calls.
    pub(crate) fn gave_back(&mut self, limit: LimitId, end: u64) {
        self.limits[limit.index()].drop_one(end);
    }

    /// When nothing of the concurrency limit is held any more that an earlier process has used.
    pub(crate) fn free_from(&self) -> u64 {
        self.restored[CONCURRENCY.index()].1
    }

    pub(crate) fn sent(
        &mut self,
        attempt: u64,
        flow: FlowId,
        route: RouteId,
        token: Option<u64>,
        now: u64,
    ) {
        let (flow, route) = (
            &self.config.flows[flow.index()],
            &self.config.routes[route.index()],
        );
        let call = Call {
            sent: now,
            limits: route.limits.iter().chain(&flow.limits).copied().collect(),
            token,
            cost: route.cost,
            head: false,
        };
        self.each(&call, |slots, cost| slots.take(now, cost));
        self.calls.insert(attempt, call);
    }

    /// The engine has given the attempt up.
    pub(crate) fn given_up(&mut self, attempt: u64, now: u64) {
        self.told(attempt, Told::NoAnswer, now);
    }

    pub(crate) fn told(&mut self, attempt: u64, told: Told, now: u64) {
        let Some(mut call) = self.calls.remove(&attempt) else {
            return;
        };
        let sent = call.sent;
        match told {
            Told::Head => self.each(&call, |slots, cost| slots.settle(sent, now, cost)),
            Told::NeverSent | Told::Refused if !call.head => self.each(&call, |slots, cost| {
                if slots.period.is_some() {
                    slots.give_back(sent, cost);
                }
            }),
            Told::NoAnswer | Told::NeverSent if !call.head => {
                let counted_by = now + self.grace;
                self.each(&call, |slots, cost| slots.settle(sent, counted_by, cost));
            }
            _ => {}
        }
        if let Told::Head | Told::Refused = told {
            call.head = true;
            self.calls.insert(attempt, call);
        } else {
            self.each(&call, |slots, _| {
                if slots.period.is_none() {
                    slots.open -= 1;
                }
            });
        }
    }

    fn each(&mut self, call: &Call, mut change: impl FnMut(&mut Slots, u32)) {
        for limit in &call.limits {
            change(&mut self.limits[limit.index()], call.cost);
        }
        if let Some(token) = call.token {
            let limit = &self.config.clients[0].token_limits[0];
            let slots = self
                .tokens
                .entry(token)
                .or_insert_with(|| Slots::new(limit));
            change(slots, call.cost);
        }
    }

    /// Whether the engine holds what it has to and no more. Where `learns`, headers may have freed
    /// slots earlier, and hold some for others.
    pub(crate) fn agrees(&mut self, snapshot: &Snapshot, learns: bool, now: u64) -> bool {
        let limits = snapshot.limits.iter().zip(&mut self.limits).enumerate();
        let mut limits = limits.map(|(at, (view, slots))| {
            let (restored, until) = self.restored[at];
            let restored = if now < until { restored } else { 0 };
            let learns = learns && at == INTEGRATION.index();
            agree(view, slots.held(now), restored, learns)
        });
        let limits = limits.all(|agrees| agrees);
        let mut tokens = snapshot.tokens.iter();
        let tokens = tokens.all(|token| {
            let slots = self.tokens.get_mut(&token.token.into());
            let held = slots.map_or(0, |slots| slots.held(now));
            agree(&token.limits[0], held, 0, learns)
        });
        limits && tokens
    }
}

fn agree(view: &LimitView, held: u32, restored: u32, learns: bool) -> bool {
    if learns {
        return view.held - view.foreign <= held + restored;
    }
    (held..=held + restored).contains(&view.held)
}
