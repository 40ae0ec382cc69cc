//! A service, whose own files say much of what a scenario says.

use super::understood::Understood;
use crate::records::Records;
use std::time::Duration;
use tollgate_config::Config;
use tollgate_model::LimitId;

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
}
