//! How an integration's calls leave, where that differs from the others.

use super::Builder;
use std::sync::Arc;
use tollgate_config::Access;
use tollgate_driver::{Addresses, Outlet, Proxy, Resolve};
use tollgate_guard::Guard;
use tollgate_model::{ClientId, RouteId};

/// Connections are made to the addresses that a guard has allowed, and to no others.
struct Guarded(Guard);

impl Resolve for Guarded {
    fn resolve(&self, name: String) -> Addresses {
        let guard = self.0.clone();
        Box::pin(async move { guard.resolve_checked(name).await })
    }
}

/// The way out of calls with this access, which a guard looks at, where these authorities are trusted as well and this
/// proxy leads out unless the integration says otherwise.
#[must_use]
pub fn outlet(
    (roots, proxy): (&[Vec<u8>], Option<&Proxy>),
    access: &Access,
    guard: Option<&Guard>,
) -> Outlet {
    let roots = roots.iter().chain(&access.extra_roots_pem);
    Outlet {
        resolver: guard.map(|guard| Arc::new(Guarded(guard.clone())) as Arc<dyn Resolve>),
        extra_roots_pem: roots.cloned().collect(),
        identity_pem: access.identity_pem.clone(),
        proxy: access.proxy.or(proxy),
    }
}

impl Builder {
    /// The way out of calls that are guarded or secured in a way of their own.
    pub(in crate::live) fn set_outlet(
        &self,
        (route, client): (RouteId, Option<ClientId>),
        access: &Access,
        guard: Option<&Guard>,
    ) -> Result<(), String> {
        let (roots, proxy) = (
            &self.foundation.extra_roots_pem,
            self.foundation.proxy.as_ref(),
        );
        let outlet = outlet((roots, proxy), access, guard);
        let set = self
            .driver
            .set_outlet((route, client), &self.foundation.bounds, &outlet);
        set.map_err(|error| error.to_string())
    }
}
