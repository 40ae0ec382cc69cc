//! Why no access token can be had, for those who ask on behalf of callers, and for operators.
//!
//! A client is in trouble from a fetch of it that failed until one is granted to it. Calls are in trouble only while no
//! client of their pool has a token: until then they go over the others, and the operator learns which one is wrong.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tollgate_model::{ClientId, Instant, RouteId};

/// A token endpoint that gives none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TokenTrouble {
    /// The client that was to have a token.
    pub client: String,
    /// Host and port of the endpoint.
    pub endpoint: String,
    /// What became of the last fetch, without anything secret.
    pub reason: String,
    /// When it was first so, on the driver's time line.
    pub since: Instant,
}

/// What is in the way of tokens.
#[derive(Debug, Default)]
pub(crate) struct Troubles(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    /// By client, what is in the way, and the routes that would take its tokens.
    clients: BTreeMap<ClientId, (TokenTrouble, Vec<RouteId>)>,
    /// Routes that can have no token at all, and whose fetch was the last to fail.
    dry: BTreeMap<RouteId, ClientId>,
}

impl Troubles {
    /// Why no call on the route can have a token.
    pub(crate) fn of(&self, route: RouteId) -> Option<TokenTrouble> {
        let table = self.table();
        let (trouble, _) = table.clients.get(table.dry.get(&route)?)?;
        Some(trouble.clone())
    }

    /// Which of the clients whose tokens the route would take have none, and why.
    pub(crate) fn beside(&self, route: RouteId) -> Vec<TokenTrouble> {
        let table = self.table();
        let clients = table.clients.values();
        let of_route = clients.filter(|(_, routes)| routes.contains(&route));
        of_route.map(|(trouble, _)| trouble.clone()).collect()
    }

    pub(crate) fn all(&self) -> Vec<TokenTrouble> {
        let table = self.table();
        let clients = table.clients.values();
        clients.map(|(trouble, _)| trouble.clone()).collect()
    }

    /// Notes it for the client whose tokens are for these routes; `dry`, that they can have none of others either.
    pub(crate) fn note(
        &self,
        client: ClientId,
        (routes, dry): (Vec<RouteId>, bool),
        mut trouble: TokenTrouble,
    ) {
        let mut table = self.table();
        if let Some((known, _)) = table.clients.get(&client) {
            trouble.since = known.since;
        }
        if dry {
            table
                .dry
                .extend(routes.iter().map(|route| (*route, client)));
        }
        table.clients.insert(client, (trouble, routes));
    }

    /// The client has a token, for these routes. Whether there was any trouble of it.
    pub(crate) fn forget(&self, client: ClientId, routes: &[RouteId]) -> bool {
        let mut table = self.table();
        table.dry.retain(|route, _| !routes.contains(route));
        table.clients.remove(&client).is_some()
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
