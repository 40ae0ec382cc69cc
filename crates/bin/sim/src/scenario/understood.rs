//! What a service's configuration comes to in a scenario.
//!
//! tollgate itself is simulated with the service's own tables ([`super::ServiceTables`]), so all of its limits
//! hold. A scenario has numbers for what many calls have in common, since these are what a sweep varies and
//! what the provider is made of: windows of one length over each token, over each client, over all calls with
//! a token (the organisation's) and over all executions, beside a bound on executions at once. The provider
//! has each further limit of integrations and actions as one more counter. What it can't tell apart, and the
//! plan's formulas can't, is told ([`Understood::in_part`]).

use super::{Client, Limits};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tollgate_config::Config;
use tollgate_engine::{LimitSpec, Route};
use tollgate_model::{ClientId, Limit, LimitId, Rule};
use tollgate_settings::show_span;

/// Limits and clients of a configuration, as a scenario has them.
pub(super) struct Understood {
    /// What it says of limits; where windows open and what is on its way for how long it can't say.
    pub(super) limits: Limits,
    /// The clients whose tokens some integration takes.
    pub(super) clients: Vec<Client>,
    /// Which of its limits these are.
    pub(super) varied: Varied,
    /// What isn't simulated and planned in all its parts, a line for each.
    pub(super) in_part: Vec<String>,
}

/// The limits of a service whose numbers a scenario has too.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Varied {
    pub(super) organisation: Option<LimitId>,
    pub(super) executions: Option<LimitId>,
    pub(super) concurrency: Option<LimitId>,
}

impl Varied {
    pub(super) fn has(self, id: LimitId) -> bool {
        [self.organisation, self.executions, self.concurrency].contains(&Some(id))
    }
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
            varied: Varied::default(),
            in_part: Vec::new(),
        };
        understood.take_limits(config);
        understood.take_clients(config);
        understood.take_declared(config);
        for route in config.engine.routes.iter().filter(|route| route.cost > 1) {
            let cost = format!("the cost of {} ({})", route.name, route.cost);
            understood.tell(&cost, "the simulated provider counts a call once");
        }
        if !config.engine.is_enforced() {
            understood.tell(
                "mode",
                "what is in shadow is simulated as if it were enforced",
            );
        }
        for integration in &config.integrations {
            for of in &integration.routes.endpoints {
                let what = format!("the limits of {} ({})", of.endpoint, integration.name);
                understood.tell(&what, "a simulated call has no method and no path");
            }
        }
        understood
    }

    /// Notes what is simulated or planned in part only, and how.
    fn tell(&mut self, what: &str, how: &str) {
        self.in_part.push(format!("{what}: {how}"));
    }

    /// The limits that calls of several integrations pass.
    fn take_limits(&mut self, config: &Config) {
        for (id, limit) in config.engine.limits.with_ids() {
            let Some((allowed, known)) = self.counterpart(id, limit, config) else {
                continue;
            };
            // Of two windows of one length over the same calls, the narrower one is all that binds.
            if allowed.is_none_or(|allowed| limit.rule.allowed() < allowed) {
                *allowed = Some(limit.rule.allowed());
                *known = Some(id);
            }
        }
    }

    /// The scenario's number that says what this limit allows, and which limit says it so far. None of a limit
    /// of clients, of single integrations, of an action or of a flow, and of a window of another length.
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
        let shared = &config.shared_limits;
        let is_passed = |route: &Route| route.limits.contains(&id);
        let of_tokens = shared.with_token.contains(&id);
        let of_all = !of_tokens && (shared.all.contains(&id) || routes.iter().all(is_passed));
        let of_tokens = of_tokens
            || routes
                .iter()
                .all(|route| is_passed(route) == route.pool.is_some());
        let (limits, varied) = (&mut self.limits, &mut self.varied);
        match limit.rule {
            Rule::Concurrency { .. } if of_all => {
                Some((&mut limits.concurrency, &mut varied.concurrency))
            }
            Rule::Window { period, .. } if period != limits.period => None,
            Rule::Window { .. } if of_all => Some((&mut limits.executions, &mut varied.executions)),
            Rule::Window { .. } if of_tokens => {
                Some((&mut limits.organisation, &mut varied.organisation))
            }
            _ => None,
        }
    }

    /// Clients whose tokens some integration takes, and the limits of each and of its tokens.
    fn take_clients(&mut self, config: &Config) {
        let (limits, pools) = (&config.engine.limits, &config.engine.pools);
        if pools.iter().any(|pool| pool.clients != pools[0].clients) {
            let what = "which integration takes the tokens of which client";
            self.tell(
                what,
                "the plan, and all policies but tollgate, take one of any client",
            );
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
                self.tell(&what, "the narrowest is taken as that of each");
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
            self.tell(
                what,
                "the plan goes by windows of which nothing is declared",
            );
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
                _ => self.tell(
                    &shown(limit),
                    "tollgate alone holds it, and the plan leaves it out",
                ),
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
