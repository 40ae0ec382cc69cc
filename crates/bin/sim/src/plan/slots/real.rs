//! Limits that the upstream really has, where the scenario lists them.

use super::{Held, Slots, foreign, mean};
use crate::action::Action;
use crate::scenario::Scenario;
use tollgate_platform::{Config as Platform, Family, Kind, Law, Paths, Whose};

/// What the upstream really has.
pub(super) fn really(scenario: &Scenario, real: &Platform) -> Vec<Slots> {
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
        .map(|(_, client)| scenario.tokens_of(client));
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
            name: name.to_owned(),
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
        name: name.to_owned(),
        allowed: (rate * period * keys).round() as u64,
        others: match law.paths {
            Paths::All => foreign(scenario, law.whose) * period,
            _ => 0.0,
        },
        held: Held::Real(concerned, period),
    }
}

/// Whether headers tell another number in the place of this one.
pub(super) fn is_corrected(name: &str, real: &Platform) -> bool {
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
