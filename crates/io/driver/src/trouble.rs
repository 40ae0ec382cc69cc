//! Why no access token can be had, for those who ask on behalf of callers.
//!
//! Noted when a fetch fails and the engine has no token left for the client's routes; forgotten when one
//! is granted.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tollgate_model::{Instant, RouteId};

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

/// By route, what is in the way of its calls' tokens.
#[derive(Debug, Default)]
pub(crate) struct Troubles(Mutex<BTreeMap<RouteId, TokenTrouble>>);

impl Troubles {
    pub(crate) fn of(&self, route: RouteId) -> Option<TokenTrouble> {
        self.table().get(&route).cloned()
    }

    pub(crate) fn all(&self) -> Vec<TokenTrouble> {
        let mut all: Vec<TokenTrouble> = Vec::new();
        for trouble in self.table().values() {
            if !all.contains(trouble) {
                all.push(trouble.clone());
            }
        }
        all
    }

    pub(crate) fn note(&self, routes: &[RouteId], trouble: &TokenTrouble) {
        let mut table = self.table();
        for route in routes {
            let known = table.get(route).map(|known| known.since);
            let since = known.unwrap_or(trouble.since);
            let trouble = TokenTrouble {
                since,
                ..trouble.clone()
            };
            table.insert(*route, trouble);
        }
    }

    /// Whether there was any.
    pub(crate) fn forget(&self, routes: &[RouteId]) -> bool {
        let mut table = self.table();
        let gone = |route| table.remove(route).is_some();
        routes.iter().map(gone).fold(false, |any, gone| any | gone)
    }

    fn table(&self) -> MutexGuard<'_, BTreeMap<RouteId, TokenTrouble>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
