//! Every limit as slots that calls hold for a while.

use super::Demand;
use crate::scenario::Scenario;

/// A limit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slots {
    pub(super) name: &'static str,
    /// Slots there are.
    pub(super) allowed: u64,
    held: Held,
}

/// By which calls, and how long.
#[derive(Clone, Copy, Debug)]
enum Held {
    /// By calls with a token, for a window of this many seconds and the uncertainty.
    WithToken(f64),
    /// By all calls, for as long.
    All(f64),
    /// By all calls, while they are under way.
    UnderWay,
}

/// The limits of a scenario.
pub(super) fn of(scenario: &Scenario) -> Vec<Slots> {
    let limits = &scenario.limits;
    let tokens = limits.token.map(|token| {
        let own = scenario.clients.iter().map(|client| {
            let all = u64::from(client.tokens) * u64::from(token);
            limits.client.map_or(all, |client| all.min(client.into()))
        });
        own.sum::<u64>()
    });
    let clients = limits.client.filter(|_| limits.token.is_none());
    let clients = clients.map(|client| u64::from(client) * scenario.clients.len() as u64);
    let period = limits.period.as_secs_f64();
    let all = [
        ("tokens", tokens, Held::WithToken(period)),
        ("clients", clients, Held::WithToken(period)),
        (
            "organisation",
            limits.organisation.map(u64::from),
            Held::WithToken(period),
        ),
        (
            "executions",
            limits.executions.map(u64::from),
            Held::All(period),
        ),
        (
            "concurrency",
            limits.concurrency.map(u64::from),
            Held::UnderWay,
        ),
    ];
    let there = all.into_iter();
    there
        .filter_map(|(name, allowed, held)| {
            Some(Slots {
                name,
                allowed: allowed?,
                held,
            })
        })
        .collect()
}

impl Slots {
    /// Calls a second that take one.
    pub(super) fn rate(&self, demand: &Demand, scale: f64) -> f64 {
        let a_minute = match self.held {
            Held::WithToken(_) => demand.with_token(scale),
            Held::All(_) | Held::UnderWay => demand.upstream(scale),
        };
        a_minute / 60.0
    }

    /// Slots that are held on the average.
    pub(super) fn busy(&self, demand: &Demand, scale: f64) -> f64 {
        match self.held {
            Held::WithToken(period) | Held::All(period) => {
                self.rate(demand, scale) * (period + demand.window_hold(scale))
            }
            Held::UnderWay => demand.busy(scale),
        }
    }

    /// Interactions a minute that it carries for sure.
    pub(super) fn sure(&self, demand: &Demand) -> Option<f64> {
        demand.ceiling(|scale| self.busy(demand, scale), self.allowed as f64)
    }

    /// Interactions a minute that the provider itself would carry.
    pub(super) fn nominal(&self, demand: &Demand) -> Option<f64> {
        let (Held::WithToken(period) | Held::All(period)) = self.held else {
            return self.sure(demand);
        };
        demand.ceiling(
            |scale| self.rate(demand, scale) * period,
            self.allowed as f64,
        )
    }

    /// What part of the memoryless wait is waited.
    pub(super) fn steadiness(&self) -> f64 {
        match self.held {
            Held::WithToken(_) | Held::All(_) => 0.5,
            Held::UnderWay => 1.0,
        }
    }
}
