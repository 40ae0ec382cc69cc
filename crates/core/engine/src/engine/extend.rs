//! Tables that grow while the engine runs.
//!
//! What an engine was told once stays: ids keep their places, nothing is removed, and no ledger is
//! touched. New entries are appended; they may refer to old ones and to each other, so a route that
//! takes another's place goes on with its limits, its pool and all that they hold. A route that is no
//! longer wanted just gets no submissions; its client is retired ([`crate::Event::RetireClient`]).

use super::Engine;
use crate::{Client, Config, ConfigError, Leave, Pool, Route};
use std::collections::BTreeMap;
use std::sync::Arc;
use tollgate_model::{ClientId, Instant, Limit, LimitId, PoolId, RouteId};

/// What is appended. Ids in it count from the begin of the whole table, as [`Engine::places`] says.
#[derive(Clone, Debug, Default)]
pub struct Extension {
    /// Further shared limits.
    pub limits: Vec<Limit>,
    /// Further OAuth clients.
    pub clients: Vec<Client>,
    /// Further token pools.
    pub pools: Vec<Pool>,
    /// Further routes.
    pub routes: Vec<Route>,
    /// What is left free of the further limits.
    pub leave: BTreeMap<LimitId, Leave>,
}

/// The ids that the next entries of each table get.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the types say it")]
pub struct Places {
    pub limit: LimitId,
    pub client: ClientId,
    pub pool: PoolId,
    pub route: RouteId,
}

impl Config {
    /// The ids that the next entries of each table get.
    #[must_use]
    pub fn places(&self) -> Places {
        let place = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
        Places {
            limit: LimitId(place(self.limits.len())),
            client: ClientId(place(self.clients.len())),
            pool: PoolId(place(self.pools.len())),
            route: RouteId(place(self.routes.len())),
        }
    }

    fn append(&mut self, more: Extension) {
        self.limits.extend(more.limits);
        self.clients.extend(more.clients);
        self.pools.extend(more.pools);
        self.routes.extend(more.routes);
        self.leave.extend(more.leave);
    }
}

impl Engine {
    /// The tables with what was lowered meanwhile raised to what the old routes take: an operator may
    /// close a limit, and that makes no table wrong.
    fn as_told(&self, config: &Config) -> Config {
        let dearest = self.config.routes.iter().map(|route| route.cost).max();
        let (limits, clients) = (self.config.limits.len(), self.config.clients.len());
        let mut told = config.clone();
        for (limit, rule) in &self.configured.limits {
            told.limits[limit.index()].rule = *rule;
        }
        for ((client, place), rule) in &self.configured.tokens {
            told.clients[client.index()].token_limits[*place].rule = *rule;
        }
        let of_clients = told.clients.iter_mut().take(clients);
        let of_tokens = of_clients.flat_map(|client| &mut client.token_limits);
        for limit in told.limits.iter_mut().take(limits).chain(of_tokens) {
            let allowed = limit.rule.allowed().max(dearest.unwrap_or(1));
            limit.rule.set_allowed(allowed);
        }
        // What is left free of old limits was checked when it was told.
        told.leave.retain(|limit, _| limit.index() >= limits);
        told
    }

    /// The ids that the next entries of each table get.
    #[must_use]
    pub fn places(&self) -> Places {
        self.config.places()
    }

    /// Appends to the tables. A limit that an earlier process knew has what that used of it; a
    /// checkpoint is due afterwards, for records only tell of limits that the last one has.
    ///
    /// # Errors
    /// What [`Config::check`] says of the whole; nothing has changed then.
    pub fn extend(&mut self, more: Extension, now: Instant) -> Result<(), ConfigError> {
        let known = self.places();
        let mut config = Config::clone(&self.config);
        config.append(more);
        self.as_told(&config).check()?;
        self.upstreams.extend(&config);
        self.pass_learned(&mut config, known.route);
        self.config = Arc::new(config);
        self.resources.extend(Arc::clone(&self.config));
        self.forget_foretold();
        self.tell_learners();
        self.restore_from((known.limit, known.client, known.route), now);
        // Further routes may be what a pool's next token is for.
        self.settle_down(now);
        Ok(())
    }

    pub(super) fn rename_limit(&mut self, limit: LimitId, name: String) {
        if let Some(it) = Arc::make_mut(&mut self.config)
            .limits
            .get_mut(limit.index())
        {
            it.name = name;
        }
    }

    pub(super) fn rename_client(&mut self, client: ClientId, name: String) {
        if let Some(it) = Arc::make_mut(&mut self.config)
            .clients
            .get_mut(client.index())
        {
            it.name = name;
        }
    }
}
