//! The engine as it is seen from outside.

use super::Engine;
use crate::{ClientView, FlowView, LimitView, Snapshot, TokenView};
use tollgate_model::{FlowId, Instant, Limit, RouteId};
use tollgate_quota::Ledger;

impl Engine {
    /// What can be seen from outside.
    #[must_use]
    pub fn snapshot(&self, now: Instant) -> Snapshot {
        let limits = self.config.limits.iter().zip(&self.resources.ledgers);
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
                    .map(view(now))
                    .map(|view| LimitView {
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
            fetching: state.fetching.is_some(),
            fetches_from: Some(state.fetches_from()).filter(|&from| from > now),
        });
        let routes = (0..self.config.routes.len()).map(|at| RouteId(at as u32));
        let closed = routes.map(|route| (route, self.resources.closed_until(route)));
        let flows = self.config.flows.iter().zip(&self.flows).enumerate();
        Snapshot {
            limits: limits.map(view(now)).collect(),
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
            limited: self.limited,
        }
    }
}

fn view(now: Instant) -> impl Fn((&Limit, &Ledger)) -> LimitView {
    move |(limit, ledger)| LimitView {
        name: limit.name.clone(),
        scope: limit.scope,
        allowed: ledger.allowed(),
        held: ledger.held(now),
        foreign: ledger.foreign(now),
        closed_until: ledger.closed_until(now),
    }
}
