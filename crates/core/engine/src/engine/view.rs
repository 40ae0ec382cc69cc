//! The engine as it is seen from outside.

use super::Engine;
use super::learned::{is_learned, is_place_kept};
use crate::{
    ClientView, Closed, ClosedView, FlowView, LearnedView, LimitView, Snapshot, TokenSupply,
    TokenView,
};
use tollgate_model::{ClientId, FlowId, Instant, Limit, LimitId, RouteId};
use tollgate_quota::Ledger;

impl Engine {
    /// What can be seen from outside.
    #[must_use]
    pub fn snapshot(&self, now: Instant) -> Snapshot {
        let limits = self.config.limits.iter().zip(&self.resources.ledgers);
        let limits = limits.zip(0..);
        let limits = limits.filter(|(_, id)| !self.own.is_unused_limit(LimitId(*id)));
        let limits = limits.map(|(limit, id)| {
            let view = view(now)(limit);
            LimitView {
                configured: view
                    .configured
                    .filter(|_| !self.own.has_limit(LimitId(id)))
                    .map(|known| self.latencies.configured(LimitId(id)).unwrap_or(known)),
                left_free: self.left_free(LimitId(id), now),
                ..view
            }
        });
        let tokens = self.resources.pools.tokens.iter().map(|(id, token)| {
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
        let clients = self
            .config
            .clients
            .iter()
            .zip(&self.resources.pools.clients);
        let clients = clients.map(|(client, state)| ClientView {
            name: client.name.clone(),
            tokens: state.live.len(),
            fetching: !state.fetching.is_empty(),
            fetches_from: Some(state.fetches_from()).filter(|&from| from > now),
        });
        let routes = (0..self.config.routes.len()).map(|at| RouteId(at as u32));
        let closed = routes.map(|route| (route, self.resources.closed_until(route)));
        let flows = self.config.flows.iter().zip(&self.flows).enumerate();
        Snapshot {
            limits: limits.collect(),
            tokens: tokens.collect(),
            clients: clients.collect(),
            flows: flows
                .map(|(at, (flow, count))| FlowView {
                    name: flow.name.clone(),
                    queued: self.queue.queued(FlowId(at as u32)),
                    running: count.running,
                    answered: count.answered,
                    errors: count.errors,
                    lost: count.lost,
                    refused: count.refused,
                })
                .collect(),
            headers_ignored: self.headers_ignored,
            closed_routes: closed.filter(|(_, until)| *until > now).collect(),
            closed: self.closed(now),
            limited: self.limited,
            learned: self.learned(),
        }
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
        let routes = self.config.routes.iter().zip(0..);
        let routes = routes.filter(|(route, _)| pool.is_some() && route.pool == pool);
        Some(TokenSupply {
            name,
            routes: routes.map(|(_, id)| RouteId(id)).collect(),
            dry: state.endpoint.has_failed()
                && pool.is_some_and(|pool| self.resources.pools.all_closed(pool)),
        })
    }

    fn closed(&self, now: Instant) -> Vec<ClosedView> {
        let (config, pools) = (&self.config, &self.resources.pools);
        let limits = config.limits.iter().zip(&self.resources.ledgers).zip(0..);
        let limits = limits.map(|((limit, ledger), id)| {
            let until = ledger.closed_until(now).unwrap_or(Instant::ZERO);
            (Closed::Limit(LimitId(id)), &limit.name, until)
        });
        let routes = config.routes.iter().zip(0..).map(|(route, id)| {
            let until = self.resources.closed_until(RouteId(id));
            (Closed::Route(RouteId(id)), &route.name, until)
        });
        let clients = config.clients.iter().zip(0..).map(|(client, id)| {
            let until = pools.closed_until(ClientId(id));
            (Closed::Client(ClientId(id)), &client.name, until)
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

fn view(now: Instant) -> impl Fn((&Limit, &Ledger)) -> LimitView {
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
        closed_until: ledger.closed_until(now),
    }
}
