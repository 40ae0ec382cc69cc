//! The engine as it is seen from outside.

use super::machine::Engine;
use crate::learned_limit::{is_learned, is_place_kept};
use crate::pool::Token;
use crate::{
    ClientView, Closed, ClosedView, FlowView, LearnedView, LimitSpec, LimitView, Snapshot,
    TokenSupply, TokenView,
};
use tollgate_model::{ClientId, Instant, TokenId};
use tollgate_quota::Ledger;

impl Engine {
    /// What can be seen from outside.
    #[must_use]
    pub fn snapshot(&self, now: Instant) -> Snapshot {
        let clients = self
            .config
            .clients
            .iter()
            .zip(&self.resources.pools.clients);
        let clients = clients.map(|(client, state)| ClientView {
            name: client.name.clone(),
            tokens: state.used(),
            fetching: !state.fetching.is_empty(),
            fetches_from: Some(state.fetches_from()).filter(|&from| from > now),
        });
        let routes = self.config.routes.ids();
        let closed = routes.map(|route| (route, self.resources.closed_until(route)));
        let flows = self.config.flows.with_ids().zip(&self.flows);
        Snapshot {
            limits: self.limit_views(now),
            tokens: self.token_views(now),
            clients: clients.collect(),
            flows: flows
                .map(|((id, flow), count)| FlowView {
                    name: flow.name.clone(),
                    queued: self.queue.queued(id),
                    running: count.running,
                    answered: count.answered,
                    errors: count.errors,
                    lost: count.lost,
                    refused: count.refused,
                    mode: flow.mode,
                    would_have: self.shadow.as_ref().map(|it| it.counts()[id.index()]),
                })
                .collect(),
            headers_ignored: self.headers_ignored,
            closed_routes: closed.filter(|(_, until)| *until > now).collect(),
            closed: self.closed(now),
            limited: self.limited,
            learned: self.learned(),
        }
    }

    fn limit_views(&self, now: Instant) -> Vec<LimitView> {
        let limits = self.config.limits.with_ids().zip(&self.resources.ledgers);
        let limits = limits.filter(|((id, _), _)| !self.own.is_unused_limit(*id));
        let limits = limits.filter(|((id, _), _)| !self.lifted.contains(id));
        let limits = limits.map(|((id, limit), ledger)| {
            let view = view(now)((limit, ledger));
            LimitView {
                configured: view
                    .configured
                    .filter(|_| !self.own.has_limit(id))
                    .map(|known| self.latencies.configured(id).unwrap_or(known)),
                left_free: self.left_free(id, now),
                would_refuse: self.shadow.as_ref().map(|it| it.refused_by(id)),
                ..view
            }
        });
        limits.collect()
    }

    fn token_views(&self, now: Instant) -> Vec<TokenView> {
        let pools = &self.resources.pools;
        let used = |(id, token): &(TokenId, &Token)| !pools.is_parked(token.client, *id);
        let tokens = pools.tokens.iter().filter(used).map(|(id, token)| {
            let client = &self.config.clients[token.client.index()];
            TokenView {
                client: client.name.clone(),
                token: id.0,
                sent: token.sent,
                limits: client
                    .token_limits
                    .iter()
                    .zip(&token.ledgers)
                    .filter(|(limit, _)| !is_place_kept(limit))
                    .map(|(limit, ledger)| (is_learned(limit), view(now)((limit, ledger))))
                    .map(|(learned, view)| LimitView {
                        configured: view.configured.filter(|_| !learned),
                        closed_until: Some(token.closed_until).filter(|&until| until > now),
                        ..view
                    })
                    .collect(),
            }
        });
        tokens.collect()
    }

    /// What the upstream has told or shown that nobody has configured.
    #[must_use]
    pub fn learned(&self) -> Vec<LearnedView> {
        let corrected = self.corrected().into_iter().chain(self.beside_view());
        let found = self.lessons_view().into_iter();
        corrected
            .chain(found)
            .chain(self.latencies_view())
            .collect()
    }

    /// What the client's tokens are for, as far as they can be had.
    #[must_use]
    pub fn token_supply(&self, client: ClientId) -> Option<TokenSupply> {
        let name = self.config.clients.get(client.index())?.name.clone();
        let state = &self.resources.pools.clients[client.index()];
        let pool = state.pool;
        let routes = self.config.routes.with_ids();
        let routes = routes.filter(|(_, route)| pool.is_some() && route.pool == pool);
        Some(TokenSupply {
            name,
            routes: routes.map(|(id, _)| id).collect(),
            has_none: state.endpoint.has_failed() && state.used() == 0,
            dry: state.endpoint.has_failed()
                && pool.is_some_and(|pool| self.resources.pools.all_closed(pool)),
        })
    }

    fn closed(&self, now: Instant) -> Vec<ClosedView> {
        let (config, pools) = (&self.config, &self.resources.pools);
        let limits = config.limits.with_ids().zip(&self.resources.ledgers);
        let limits = limits.map(|((id, limit), ledger)| {
            let until = ledger.closed_until(now).unwrap_or(Instant::ZERO);
            (Closed::Limit(id), &limit.name, until)
        });
        let routes = config.routes.with_ids().map(|(id, route)| {
            let until = self.resources.closed_until(id);
            (Closed::Route(id), &route.name, until)
        });
        let clients = config.clients.with_ids().map(|(id, client)| {
            let until = pools.closed_until(id);
            (Closed::Client(id), &client.name, until)
        });
        let tokens = pools.tokens.iter().map(|(id, token)| {
            let name = &config.clients[token.client.index()].name;
            (Closed::Token(id), name, token.closed_until)
        });
        limits
            .chain(routes)
            .chain(clients)
            .chain(tokens)
            .filter(|(.., until)| *until > now)
            .map(|(what, name, until)| ClosedView {
                what,
                name: name.clone(),
                until,
            })
            .collect()
    }
}

fn view(now: Instant) -> impl Fn((&LimitSpec, &Ledger)) -> LimitView {
    move |(limit, ledger)| LimitView {
        name: limit.name.clone(),
        scope: limit.scope,
        allowed: ledger.allowed(),
        configured: Some(
            ledger
                .configured()
                .map_or(limit.rule.allowed(), |span| span.allowed),
        ),
        period: ledger.period(),
        held: ledger.held(now),
        foreign: ledger.foreign(now),
        left_free: ledger.left_free(),
        lease: ledger.lease(),
        closed_until: ledger.closed_until(now),
        mode: limit.mode,
        would_refuse: None,
    }
}
