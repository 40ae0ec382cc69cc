//! Every limit as slots that calls hold for a while.

use super::Demand;
use crate::action::Action;
use crate::scenario::Scenario;
use tollgate_platform::{Config as Platform, Family, Kind, Law, Paths, Share, Whose};

/// Instants of the measured time at which what changes is looked at.
const PARTS: u32 = 200;

/// A limit.
#[derive(Clone, Debug)]
pub(super) struct Slots {
    pub(super) name: &'static str,
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
    /// By the calls of these actions, for so many seconds: a limit that the upstream really has.
    Real(Vec<bool>, f64),
    /// By the calls of these actions, while they are under way.
    RealAtOnce(Vec<bool>),
}

/// The limits of a scenario: those that tollgate is told, and those that the upstream really has.
pub(super) fn of(scenario: &Scenario) -> Vec<Slots> {
    let real = scenario.upstream.as_ref().filter(|it| !it.laws.is_empty());
    let mut all = told(scenario);
    if let Some(real) = real {
        all.retain(|limit| !is_corrected(limit.name, real));
        all.extend(really(scenario, real));
    }
    all
}

/// Whether headers tell another number in the place of this one.
fn is_corrected(name: &str, real: &Platform) -> bool {
    let whose = match name {
        "tokens" => Whose::Token,
        "clients" => Whose::Client,
        "organisation" => Whose::Organisation,
        _ => return false,
    };
    let mut laws = real.laws.iter();
    real.headers.family != Family::None
        && real.headers.lie.is_none()
        && laws.any(|law| law.shown && law.whose == whose && law.paths == Paths::All)
}

/// What tollgate is told.
fn told(scenario: &Scenario) -> Vec<Slots> {
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
    let leave = |allowed: Option<u32>| {
        let leave = limits.leave.zip(allowed);
        leave.map_or(0.0, |(leave, allowed)| f64::from(leave.of(allowed)))
    };
    let foreign = |whose| foreign(scenario, whose) * period;
    let organisation = leave(limits.organisation).max(foreign(Whose::Organisation));
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
            organisation,
            Held::WithToken(period),
        ),
        (
            "executions",
            limits.executions.map(u64::from),
            leave(limits.executions),
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
                name,
                allowed: allowed?,
                others,
                held,
            })
        })
        .collect()
}

/// What the upstream really has.
fn really(scenario: &Scenario, real: &Platform) -> Vec<Slots> {
    let reaches = |action: &Action| action.token || !real.needs_token;
    let mut all = Vec::new();
    for law in &real.laws {
        let under = |concerns: &dyn Fn(&Action) -> bool| -> Vec<bool> {
            let actions = scenario.actions.iter();
            actions.map(|it| reaches(it) && concerns(it)).collect()
        };
        match &law.paths {
            Paths::All => all.push(slots(scenario, real, law, under(&|_| true))),
            Paths::Under { method, prefix } => {
                let concerned = under(&|action| {
                    method.as_deref().is_none_or(|it| it == action.method)
                        && action.path.starts_with(prefix.as_str())
                });
                all.push(slots(scenario, real, law, concerned));
            }
            Paths::Each => {
                for one in &scenario.actions {
                    let concerned = under(&|it| it.path == one.path && it.method == one.method);
                    all.push(slots(scenario, real, law, concerned));
                }
            }
        }
    }
    all
}

fn slots(scenario: &Scenario, real: &Platform, law: &Law, concerned: Vec<bool>) -> Slots {
    let clients = scenario.clients.iter().enumerate();
    let clients = clients
        .filter(|(place, _)| law.clients.is_empty() || law.clients.contains(place))
        .map(|(_, client)| client.tokens);
    // Calls without tokens are all one caller's.
    let keys = match law.whose {
        _ if !real.needs_token => 1,
        Whose::Token => clients.sum::<u32>(),
        Whose::Client => clients.count() as u32,
        Whose::Organisation => 1,
    };
    let keys = f64::from(keys.max(1));
    let name = match (&law.paths, law.kind, law.whose) {
        (Paths::Under { .. } | Paths::Each, ..) => "really, of a path",
        (_, Kind::Concurrency(_), _) => "really, at once",
        (.., Whose::Token) => "really, tokens",
        (.., Whose::Client) => "really, clients",
        (.., Whose::Organisation) => "really, organisation",
    };
    if let Kind::Concurrency(most) = law.kind {
        return Slots {
            name,
            allowed: (f64::from(most) * keys) as u64,
            others: 0.0,
            held: Held::RealAtOnce(concerned),
        };
    }
    let period = match law.kind {
        Kind::Fixed(window) | Kind::Sliding(window) | Kind::Weighted(window) => window.period,
        Kind::Bucket { refill, .. } => refill.period,
        Kind::Concurrency(_) => scenario.limits.period,
    };
    let period = period.as_secs_f64();
    let rate = mean(scenario, |at| law.at(at).rate().unwrap_or(0.0));
    Slots {
        name,
        allowed: (rate * period * keys).round() as u64,
        others: match law.paths {
            Paths::All => foreign(scenario, law.whose) * period,
            _ => 0.0,
        },
        held: Held::Real(concerned, period),
    }
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
        !matches!(self.held, Held::UnderWay | Held::RealAtOnce(_))
    }

    /// Calls a second that take one.
    pub(super) fn rate(&self, demand: &Demand, scale: f64) -> f64 {
        let a_minute = match &self.held {
            Held::WithToken(_) => demand.with_token(scale),
            Held::All(_) | Held::UnderWay => demand.upstream(scale),
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
        let (Held::WithToken(period) | Held::All(period)) = self.held else {
            return self.sure(demand, 0.0);
        };
        demand.ceiling(|scale| self.rate(demand, scale) * period, self.free())
    }

    /// What part of the memoryless wait is waited.
    pub(super) fn steadiness(&self) -> f64 {
        if self.is_window() { 0.5 } else { 1.0 }
    }
}
