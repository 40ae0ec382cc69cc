//! A service, whose own files say much of what a scenario says.

use super::understood::{Understood, Varied};
use crate::records::Records;
use std::time::Duration;
use tollgate_config::Config;
use tollgate_engine::{Leave, LimitSpec};
use tollgate_model::{LimitId, RouteId};

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

/// The engine's tables of a service, as it hands them to its own engine.
#[derive(Clone, Debug)]
pub struct ServiceTables {
    /// The tables.
    pub engine: tollgate_engine::Config,
    /// The limits whose numbers the scenario has too.
    pub(super) varied: Varied,
}

impl ServiceTables {
    pub(super) fn new(config: &Config, understood: &Understood) -> Self {
        Self {
            engine: config.engine.clone(),
            varied: understood.varied,
        }
    }

    /// What is left free of the organisation's window and of the executions.
    pub(super) fn leave(&self) -> [Option<Leave>; 2] {
        let varied = [self.varied.organisation, self.varied.executions];
        varied.map(|id| self.engine.limits[id?.index()].leave)
    }

    /// Lets calls pass no limit on calls at once.
    pub(super) fn forget_at_once(&mut self) {
        let limits = &self.engine.limits;
        let is_window = |id: &LimitId| limits[id.index()].rule.period().is_some();
        let routes = self.engine.routes.iter_mut().map(|it| &mut it.limits);
        let flows = self.engine.flows.iter_mut().map(|it| &mut it.limits);
        routes
            .chain(flows)
            .for_each(|passed| passed.retain(is_window));
    }

    /// Limits of which the scenario has no number: those of some integrations, of an action, of a flow, and
    /// further windows. Clients' limits are not among them.
    pub(crate) fn further_limits(&self) -> impl Iterator<Item = (LimitId, &LimitSpec)> {
        let of_clients = |id| self.engine.clients.iter().any(|it| it.limits.contains(&id));
        let limits = self.engine.limits.with_ids();
        limits.filter(move |(id, _)| !self.varied.has(*id) && !of_clients(*id))
    }
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
            "executions" => shared(understood.varied.executions),
            "concurrency" => shared(understood.varied.concurrency),
            _ => shared(understood.varied.organisation),
        }
    }

    /// The route of an action of the integration with this place, and whether its calls take a token.
    pub(super) fn route_of(&self, integration: usize, action: &str) -> (Option<RouteId>, bool) {
        let integration = self.config.integrations.get(integration);
        let route = integration.map(|it| it.routes.of_action(action));
        let routes = &self.config.engine.routes;
        let takes_token = route.is_some_and(|route| routes[route.index()].pool.is_some());
        (route, takes_token)
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
}
