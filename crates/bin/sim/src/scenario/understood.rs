//! What a service's configuration comes to in a scenario.
//!
//! The simulated provider has windows of one length: over each token, over each client, over all calls with a
//! token (the organisation's) and over all executions, beside a bound on executions at once. A configuration
//! may hold more than that. What has no counterpart is left out and told ([`Understood::left_out`]), so that
//! nobody takes a ceiling for the service's that leaves out what binds there.

use super::{Client, Limits};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tollgate_config::Config;
use tollgate_engine::{Leave, LimitSpec};
use tollgate_model::{ClientId, Limit, LimitId, Rule};
use tollgate_settings::show_span;

const NO_COUNTERPART: &str = "no limit of the simulated provider is like it";

/// Limits and clients of a configuration, as a scenario has them.
pub(super) struct Understood {
    /// What it says of limits; where windows open and what is on its way for how long it can't say.
    pub(super) limits: Limits,
    /// The clients whose tokens some integration takes.
    pub(super) clients: Vec<Client>,
    /// Which of its limits each of these is.
    pub(super) organisation: Option<LimitId>,
    pub(super) executions: Option<LimitId>,
    pub(super) concurrency: Option<LimitId>,
    /// What has no counterpart, a line for each.
    pub(super) left_out: Vec<String>,
}

impl Understood {
    pub(super) fn of(config: &Config) -> Self {
        let mut understood = Self {
            limits: Limits {
                token: None,
                organisation: None,
                executions: None,
                concurrency: None,
                period: usual_period(config),
                ..Limits::default()
            },
            clients: Vec::new(),
            organisation: None,
            executions: None,
            concurrency: None,
            left_out: Vec::new(),
        };
        understood.take_limits(config);
        understood.take_clients(config);
        understood.take_declared(config);
        for route in config.engine.routes.iter().filter(|route| route.cost > 1) {
            let cost = format!("the cost of {} ({})", route.name, route.cost);
            understood.leave_out(&cost, "each call takes one slot");
        }
        understood
    }

    /// Notes what isn't simulated, and why.
    pub(super) fn leave_out(&mut self, what: &str, why: &str) {
        self.left_out.push(format!("{what}: {why}"));
    }

    /// The limits that calls of several integrations pass.
    fn take_limits(&mut self, config: &Config) {
        let mut leaves: Vec<Option<Leave>> = Vec::new();
        for (id, limit) in config.engine.limits.with_ids() {
            let mut clients = config.engine.clients.iter();
            if clients.any(|client| client.limits.contains(&id)) {
                continue;
            }
            let Some((allowed, known)) = self.counterpart(id, limit, config) else {
                self.leave_out(&shown(limit), NO_COUNTERPART);
                continue;
            };
            // Of two windows of one length over the same calls, the narrower one is all that binds.
            if allowed.is_none_or(|allowed| limit.rule.allowed() < allowed) {
                *allowed = Some(limit.rule.allowed());
                *known = Some(id);
            }
            if matches!(limit.rule, Rule::Window { .. }) {
                leaves.push(limit.leave);
            }
        }
        let first = leaves.first().copied().flatten();
        if leaves.iter().all(|leave| *leave == first) {
            self.limits.leave = first;
        } else {
            let what = "what is left free of some limits and not of all";
            self.leave_out(what, "one number is left free of all windows");
        }
    }

    /// The scenario's number that says what this limit allows, and which limit says it so far.
    fn counterpart(
        &mut self,
        id: LimitId,
        limit: &Limit,
        config: &Config,
    ) -> Option<(&mut Option<u32>, &mut Option<LimitId>)> {
        let routes = &config.engine.routes;
        if !routes.iter().any(|route| route.limits.contains(&id)) {
            return None;
        }
        let passed = |token: bool| {
            let mut own = routes.iter().filter(|it| it.pool.is_some() == token);
            own.all(|route| route.limits.contains(&id))
        };
        let shared = &config.shared_limits;
        let of_tokens = shared.with_token.contains(&id);
        let of_all = !of_tokens && (shared.all.contains(&id) || passed(true) && passed(false));
        let limits = &mut self.limits;
        match limit.rule {
            Rule::Concurrency { .. } if of_all => {
                Some((&mut limits.concurrency, &mut self.concurrency))
            }
            Rule::Window { period, .. } if period != limits.period => None,
            Rule::Window { .. } if of_all => Some((&mut limits.executions, &mut self.executions)),
            Rule::Window { .. } if of_tokens || passed(true) => {
                Some((&mut limits.organisation, &mut self.organisation))
            }
            _ => None,
        }
    }

    /// Clients whose tokens some integration takes, and the limits of each and of its tokens.
    fn take_clients(&mut self, config: &Config) {
        let (limits, pools) = (&config.engine.limits, &config.engine.pools);
        if pools.iter().any(|pool| pool.clients != pools[0].clients) {
            let what = "which integration takes the tokens of which client";
            self.leave_out(what, "every call with a token takes one of any client");
        }
        let in_pool = |id: &ClientId| pools.iter().any(|pool| pool.clients.contains(id));
        let (mut of_tokens, mut of_clients) = (Vec::new(), Vec::new());
        let clients = config.engine.clients.with_ids();
        for (_, client) in clients.filter(|(id, _)| in_pool(id)) {
            self.clients.push(Client {
                name: client.name.clone(),
                tokens: client.max_tokens,
            });
            let own = client.limits.iter().map(|id| &limits[id.index()]);
            of_tokens.push(self.narrowest(client.token_limits.iter()));
            of_clients.push(self.narrowest(own));
        }
        for (what, each) in [("tokens", &of_tokens), ("clients", &of_clients)] {
            if each.iter().any(|allowed| *allowed != each[0]) {
                let what = format!("that the limits of {what} differ from client to client");
                self.leave_out(&what, "the narrowest is taken as that of each");
            }
        }
        self.limits.token = of_tokens.into_iter().flatten().min();
        self.limits.client = of_clients.into_iter().flatten().min();
    }

    /// Within which time after its send a call is counted, where all windows declare the same.
    fn take_declared(&mut self, config: &Config) {
        let declared: BTreeSet<_> = windows(config).map(|(_, declared)| declared).collect();
        if declared.len() > 1 {
            let what = "counted_within of some windows and not of all";
            self.leave_out(what, "one span is declared of all windows");
        } else {
            self.limits.counted_within = declared.first().copied().flatten();
        }
    }

    /// What the narrowest of these windows allows; others are left out.
    fn narrowest<'a>(&mut self, limits: impl Iterator<Item = &'a LimitSpec>) -> Option<u32> {
        let mut narrowest = None;
        for limit in limits {
            match limit.rule {
                Rule::Window {
                    allowed, period, ..
                } if period == self.limits.period => {
                    narrowest = Some(narrowest.map_or(allowed, |least: u32| least.min(allowed)));
                }
                _ => self.leave_out(&shown(limit), NO_COUNTERPART),
            }
        }
        narrowest
    }
}

/// The length that most of the windows have; the longest of several such.
fn usual_period(config: &Config) -> Duration {
    let mut lengths = BTreeMap::<Duration, u32>::new();
    for (period, _) in windows(config) {
        *lengths.entry(period).or_default() += 1;
    }
    let usual = lengths.into_iter().max_by_key(|(_, times)| *times);
    usual.map_or(Limits::default().period, |(period, _)| period)
}

/// The length of each window, and within which time its calls are declared to be counted.
fn windows(config: &Config) -> impl Iterator<Item = (Duration, Option<Duration>)> {
    let of_tokens = config.engine.clients.iter().flat_map(|it| &it.token_limits);
    let limits = config.engine.limits.iter().chain(of_tokens);
    limits.filter_map(|limit| match limit.rule {
        Rule::Window {
            period,
            counted_within,
            ..
        } => Some((period, counted_within)),
        Rule::Concurrency { .. } => None,
    })
}

fn shown(limit: &Limit) -> String {
    let rule = match limit.rule {
        Rule::Window {
            allowed, period, ..
        } => format!("{allowed} in {}", show_span(period)),
        Rule::Concurrency { allowed } => format!("{allowed} at once"),
    };
    format!(
        "the limit {} ({rule}, {})",
        limit.name,
        limit.scope.as_str()
    )
}
