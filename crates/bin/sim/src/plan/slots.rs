//! Every limit as slots that calls hold for a while.

mod real;

use super::Demand;
use crate::scenario::Scenario;
use real::{is_corrected, really};
use tollgate_model::LimitId;
use tollgate_platform::{Share, Whose};

/// Instants of the measured time at which what changes is looked at.
const PARTS: u32 = 200;

/// A limit.
#[derive(Clone, Debug)]
pub(super) struct Slots {
    pub(super) name: String,
    /// Slots there are.
    pub(super) allowed: u64,
    /// Of them, those that others hold on the average, or that are left to them.
    others: f64,
    held: Held,
}

/// By which calls, and how long.
#[derive(Clone, Debug)]
enum Held {
    /// By calls with a token, for a window of this many seconds and the uncertainty.
    WithToken(f64),
    /// By all calls, for as long.
    All(f64),
    /// By all calls, while they are under way.
    UnderWay,
    /// By the calls that pass this limit of the service, for a window of this many seconds and the uncertainty.
    Further(LimitId, f64),
    /// By the calls that pass this limit of the service, while they are under way.
    FurtherAtOnce(LimitId),
    /// By the calls of these actions, for so many seconds: a limit that the upstream really has.
    Real(Vec<bool>, f64),
    /// By the calls of these actions, while they are under way.
    RealAtOnce(Vec<bool>),
}

/// The limits of a scenario: those that tollgate is told, and those that the upstream really has.
pub(super) fn of(scenario: &Scenario) -> Vec<Slots> {
    let real = scenario.upstream.as_ref().filter(|it| !it.laws.is_empty());
    let mut all = told(scenario);
    all.extend(further(scenario));
    if let Some(real) = real {
        all.retain(|limit| !is_corrected(&limit.name, real));
        all.extend(really(scenario, real));
    }
    all
}

/// What tollgate is told.
fn told(scenario: &Scenario) -> Vec<Slots> {
    let limits = &scenario.limits;
    let tokens = limits.token.map(|token| {
        let own = scenario.clients.iter().map(|client| {
            let all = u64::from(scenario.tokens_of(client)) * u64::from(token);
            limits.client.map_or(all, |client| all.min(client.into()))
        });
        own.sum::<u64>()
    });
    let clients = limits.client.filter(|_| limits.token.is_none());
    let clients = clients.map(|client| u64::from(client) * scenario.clients.len() as u64);
    let period = limits.period.as_secs_f64();
    let [of_organisation, of_executions] = scenario.left_free();
    let foreign = |whose| foreign(scenario, whose) * period;
    let all = [
        (
            "tokens",
            tokens,
            foreign(Whose::Token),
            Held::WithToken(period),
        ),
        (
            "clients",
            clients,
            foreign(Whose::Client),
            Held::WithToken(period),
        ),
        (
            "organisation",
            limits.organisation.map(u64::from),
            of_organisation.max(foreign(Whose::Organisation)),
            Held::WithToken(period),
        ),
        (
            "executions",
            limits.executions.map(u64::from),
            of_executions,
            Held::All(period),
        ),
        (
            "concurrency",
            limits.concurrency.map(u64::from),
            0.0,
            Held::UnderWay,
        ),
    ];
    let there = all.into_iter();
    there
        .filter_map(|(name, allowed, others, held)| {
            Some(Slots {
                name: name.to_owned(),
                allowed: allowed?,
                others,
                held,
            })
        })
        .collect()
}

/// Further limits of the service that the scenario is about, but those that no call of the scenario passes.
fn further(scenario: &Scenario) -> Vec<Slots> {
    let further = scenario.service.iter().flat_map(|it| it.further_limits());
    let passed = |id: &LimitId| {
        let actions = scenario.actions.iter();
        let mut routes = actions.filter_map(|action| scenario.route_of(action));
        let mut flows = scenario.flows.iter();
        routes.any(|route| route.limits.contains(id))
            || flows.any(|flow| scenario.limits_of(flow).contains(id))
    };
    let further = further.filter(|(id, _)| passed(id)).map(|(id, limit)| {
        let allowed = limit.rule.allowed();
        Slots {
            name: limit.name.clone(),
            allowed: allowed.into(),
            others: limit.leave.map_or(0.0, |leave| leave.of(allowed).into()),
            held: match limit.rule.period() {
                Some(period) => Held::Further(id, period.as_secs_f64()),
                None => Held::FurtherAtOnce(id),
            },
        }
    });
    further.collect()
}

/// Calls a second of other applications that count under limits of `whose`, on the average.
pub(super) fn foreign(scenario: &Scenario, whose: Whose) -> f64 {
    let strangers = scenario.upstream.iter().flat_map(|it| &it.strangers);
    let counted = strangers.filter(|it| match (whose, it.share) {
        (Whose::Organisation, _) => true,
        (Whose::Client, share) => share != Share::Organisation,
        (Whose::Token, share) => matches!(share, Share::Token(_)),
    });
    counted.map(|it| mean(scenario, |at| it.rate(at))).sum()
}

/// The mean over the measured time.
fn mean(scenario: &Scenario, of: impl Fn(std::time::Duration) -> f64) -> f64 {
    let at = |part| of(scenario.warm_up + scenario.duration * part / PARTS);
    (0..PARTS).map(at).sum::<f64>() / f64::from(PARTS)
}

impl Slots {
    /// Slots that others leave.
    pub(super) fn free(&self) -> f64 {
        (self.allowed as f64 - self.others).max(f64::MIN_POSITIVE)
    }

    /// Whether tollgate holds a call's slot for a window's length.
    pub(super) fn is_window(&self) -> bool {
        !matches!(
            self.held,
            Held::UnderWay | Held::FurtherAtOnce(_) | Held::RealAtOnce(_)
        )
    }

    /// Slots a second that calls take.
    pub(super) fn rate(&self, demand: &Demand, scale: f64) -> f64 {
        let a_minute = match &self.held {
            Held::WithToken(_) => demand.slots(true, scale),
            Held::All(_) => demand.slots(false, scale),
            Held::UnderWay => demand.upstream(scale),
            Held::Further(limit, _) => demand.slots_of(*limit, scale),
            Held::FurtherAtOnce(limit) => demand.calls_of(*limit, scale),
            Held::Real(actions, _) | Held::RealAtOnce(actions) => demand.of_actions(actions, scale),
        };
        a_minute / 60.0
    }

    /// Slots that are held on the average.
    pub(super) fn busy(&self, demand: &Demand, scale: f64) -> f64 {
        match &self.held {
            Held::WithToken(period) | Held::All(period) => {
                self.rate(demand, scale) * (period + demand.window_hold(scale))
            }
            Held::Real(_, period) => self.rate(demand, scale) * period,
            Held::UnderWay => demand.busy(scale),
            Held::Further(limit, period) => demand.held_of(*limit, *period, scale),
            Held::FurtherAtOnce(limit) => demand.under_way_of(*limit, scale),
            Held::RealAtOnce(actions) => demand.busy_of(actions, scale),
        }
    }

    /// Slots that are used at the most where this part of the windows' stays empty.
    pub(super) fn usable(&self, kept: f64) -> f64 {
        if self.is_window() {
            self.free() * (1.0 - kept)
        } else {
            self.free()
        }
    }

    /// Interactions a minute that it carries for sure, where this part of the windows' slots is kept.
    pub(super) fn sure(&self, demand: &Demand, kept: f64) -> Option<f64> {
        demand.ceiling(|scale| self.busy(demand, scale), self.usable(kept))
    }

    /// Interactions a minute that the provider itself would carry beside others.
    pub(super) fn nominal(&self, demand: &Demand) -> Option<f64> {
        let (Held::WithToken(period) | Held::All(period) | Held::Further(_, period)) = self.held
        else {
            return self.sure(demand, 0.0);
        };
        demand.ceiling(|scale| self.rate(demand, scale) * period, self.free())
    }

    /// What part of the memoryless wait is waited.
    pub(super) fn steadiness(&self) -> f64 {
        if self.is_window() { 0.5 } else { 1.0 }
    }
}
