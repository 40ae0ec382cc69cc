//! A scenario's limits, clients and flows as a service's own configuration has them.
//!
//! The simulated provider has windows of one length: over each token, over each client, over all calls with a
//! token (the organisation's) and over all executions, beside a bound on executions at once. A configuration
//! may hold more than that. What has no counterpart is left out and told ([`Understood::left_out`]), so that
//! nobody takes a ceiling for the service's that leaves out what binds there.

use super::{Client, Limits};
use crate::records::Records;
use std::collections::BTreeMap;
use std::time::Duration;
use tollgate_config::Config;
use tollgate_engine::{Leave, LimitSpec};
use tollgate_model::{ClientId, Limit, LimitId, Rule};
use tollgate_settings::show_span;

/// A service, as its own files describe it.
#[derive(Clone, Copy)]
pub struct Service<'a> {
    /// Its configuration.
    pub config: &'a Config,
    /// The actions of its integrations' files.
    pub actions: &'a [ServiceAction],
    /// Its records, if they are to be replayed: whoever is named there needs no place in the scenario.
    pub records: Option<&'a Records>,
}

/// An action of a service.
#[derive(Clone, Debug)]
pub struct ServiceAction {
    /// Its name.
    pub name: String,
    /// The place of its integration in the configuration.
    pub integration: usize,
    /// The file that describes it.
    pub file: String,
    /// How long one execution may take once it was sent.
    pub timeout: Duration,
    /// Its request's method, in capitals.
    pub method: &'static str,
}

/// What a configuration comes to.
pub(super) struct Understood {
    /// What it says of limits; where windows open and what is on its way for how long it can't say.
    pub(super) limits: Limits,
    pub(super) clients: Vec<Client>,
    /// Which of its limits each of these is.
    organisation: Option<LimitId>,
    executions: Option<LimitId>,
    concurrency: Option<LimitId>,
    /// What has no counterpart, a line for each.
    pub(super) left_out: Vec<String>,
}

impl Service<'_> {
    /// Says where the configuration has what a scenario has too.
    pub(super) fn says(&self, field: &str) -> String {
        let file = &self.config.file;
        if !self.config.places.has(field) {
            return format!("{file} says that already, by its default for {field}; remove it here");
        }
        let place = self.config.places.of(field);
        let (line, column) = (place.line, place.column);
        format!("{file}:{line}:{column}: {field} says that already; remove it here")
    }

    /// The configuration's field that says what `key` of a scenario's `[limits]` does.
    pub(super) fn field_of(&self, key: &str, understood: &Understood) -> String {
        let shared = |limit: Option<LimitId>| {
            limit.map_or("limit".to_owned(), |it| {
                format!("limit[{}]", it.index() + 1)
            })
        };
        match key {
            "token" => "client[1].token_rate".to_owned(),
            "client" => "client[1].limit".to_owned(),
            "executions" => shared(understood.executions),
            "concurrency" => shared(understood.concurrency),
            _ => shared(understood.organisation),
        }
    }

    /// Whether calls of the integration with this place take a token.
    pub(super) fn takes_token(&self, integration: usize) -> bool {
        let route = self.config.engine.routes.get(integration);
        route.is_some_and(|route| route.pool.is_some())
    }

    /// The place of the integration that has the action, and the action if a file describes it. `named`: the
    /// integration that the scenario names.
    ///
    /// # Errors
    /// Why it can't be told.
    pub(super) fn integration_of(
        &self,
        name: &str,
        named: Option<usize>,
    ) -> Result<(usize, Option<&ServiceAction>), &'static str> {
        let is_named = |at: usize| named.is_none_or(|named| named == at);
        let mut found = self
            .actions
            .iter()
            .filter(|it| it.name == name && is_named(it.integration));
        match (found.next(), found.next()) {
            (Some(action), None) => Ok((action.integration, Some(action))),
            (Some(_), Some(_)) => Err("several integrations have an action of this name"),
            (None, _) if named.is_some() || self.config.integrations.len() == 1 => {
                Ok((named.unwrap_or(0), None))
            }
            (None, _) => Err("no action file has this name"),
        }
    }

    /// The slots of the organisation's window that are guaranteed to a flow.
    pub(super) fn guaranteed(&self, flow: usize, understood: &mut Understood) -> Option<u32> {
        let flow = &self.config.engine.flows[flow];
        let guarantee = flow.guarantee?;
        if Some(guarantee.limit) == understood.organisation {
            return Some(guarantee.slots);
        }
        let what = format!("what is guaranteed to the flow {}", flow.name);
        understood.leave_out(&what, "only the organisation's window has guarantees");
        None
    }

    pub(super) fn understood(&self) -> Understood {
        let tables = &self.config.engine;
        let mut understood = Understood {
            limits: Limits {
                token: None,
                organisation: None,
                executions: None,
                concurrency: None,
                period: usual_period(self.config),
                ..Limits::default()
            },
            clients: Vec::new(),
            organisation: None,
            executions: None,
            concurrency: None,
            left_out: Vec::new(),
        };
        self.shared_limits(&mut understood);
        self.clients_of_pools(&mut understood);
        let routes = tables.routes.iter();
        for route in routes.filter(|route| route.cost > 1) {
            let cost = format!("the cost of {} ({})", route.name, route.cost);
            understood.leave_out(&cost, "each call takes one slot");
        }
        understood
    }

    /// The limits of routes: of all, of those that take a token, and of others.
    fn shared_limits(&self, understood: &mut Understood) {
        let tables = &self.config.engine;
        let mut leaves: Vec<Option<Leave>> = Vec::new();
        for (id, limit) in tables.limits.with_ids() {
            if tables
                .clients
                .iter()
                .any(|client| client.limits.contains(&id))
            {
                continue;
            }
            let passed = |token: bool| {
                let mut routes = tables.routes.iter().filter(|it| it.pool.is_some() == token);
                routes.all(|route| route.limits.contains(&id))
            };
            let passed_by_some = tables.routes.iter().any(|it| it.limits.contains(&id));
            let shared = &self.config.shared_limits;
            let of_tokens = shared.with_token.contains(&id);
            let of_all = !of_tokens && (shared.all.contains(&id) || passed(true) && passed(false));
            let of_tokens = of_tokens || passed(true) && !of_all;
            let slot = match limit.rule {
                _ if !passed_by_some || !(of_all || of_tokens) => None,
                Rule::Concurrency { .. } if of_all => Some((
                    &mut understood.limits.concurrency,
                    &mut understood.concurrency,
                )),
                Rule::Window { period, .. } if period == understood.limits.period => {
                    Some(if of_all {
                        (
                            &mut understood.limits.executions,
                            &mut understood.executions,
                        )
                    } else {
                        (
                            &mut understood.limits.organisation,
                            &mut understood.organisation,
                        )
                    })
                }
                _ => None,
            };
            let Some((allowed, known)) = slot else {
                understood.leave_out(
                    &shown(limit),
                    "no limit of the simulated provider is like it",
                );
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
        match leaves.first() {
            Some(first) if leaves.iter().all(|leave| leave == first) => {
                understood.limits.leave = *first;
            }
            Some(_) => {
                let what = "what is left free of some limits and not of all";
                understood.leave_out(what, "one number is left free of all windows");
            }
            None => {}
        }
    }

    /// Clients whose tokens some integration takes, and the limits of each and of its tokens.
    fn clients_of_pools(&self, understood: &mut Understood) {
        let tables = &self.config.engine;
        let pools = tables.pools.iter();
        let in_pool = |id: &ClientId| pools.clone().any(|pool| pool.clients.contains(id));
        if pools
            .clone()
            .any(|pool| pool.clients != tables.pools[0].clients)
        {
            let what = "which integration takes the tokens of which client";
            understood.leave_out(what, "every call with a token takes one of any client");
        }
        let (mut of_tokens, mut of_clients) = (Vec::new(), Vec::new());
        let clients = tables.clients.with_ids();
        for (_, client) in clients.filter(|(id, _)| in_pool(id)) {
            understood.clients.push(Client {
                name: client.name.clone(),
                tokens: client.max_tokens,
            });
            let own = client.limits.iter().map(|id| &tables.limits[id.index()]);
            of_tokens.push(understood.narrowest(client.token_limits.iter()));
            of_clients.push(understood.narrowest(own));
        }
        for (what, each) in [("tokens", &of_tokens), ("clients", &of_clients)] {
            if each.iter().any(|allowed| *allowed != each[0]) {
                let what = format!("that the limits of {what} differ from client to client");
                understood.leave_out(&what, "the narrowest is taken as that of each");
            }
        }
        understood.limits.token = of_tokens.into_iter().flatten().min();
        understood.limits.client = of_clients.into_iter().flatten().min();
    }
}

impl Understood {
    fn leave_out(&mut self, what: &str, why: &str) {
        self.left_out.push(format!("{what}: {why}"));
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
                _ => self.leave_out(
                    &shown(limit),
                    "no limit of the simulated provider is like it",
                ),
            }
        }
        narrowest
    }
}

/// The length that most of the windows have; the longest of several such.
fn usual_period(config: &Config) -> Duration {
    let of_tokens = config.engine.clients.iter().flat_map(|it| &it.token_limits);
    let mut lengths = BTreeMap::<Duration, u32>::new();
    for limit in config.engine.limits.iter().chain(of_tokens) {
        if let Rule::Window { period, .. } = limit.rule {
            *lengths.entry(period).or_default() += 1;
        }
    }
    let usual = lengths.into_iter().max_by_key(|(_, times)| *times);
    usual.map_or(Limits::default().period, |(period, _)| period)
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
