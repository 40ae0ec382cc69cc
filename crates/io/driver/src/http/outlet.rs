//! A way out of calls that differs from the others'.

use super::dial::Resolve;
use crate::Secret;
use std::sync::Arc;
use tollgate_upstream::Proxy;

/// How the calls of one route leave, where that differs from the others.
#[derive(Clone, Default)]
pub struct Outlet {
    /// Resolves names; the system does where there is none.
    pub resolver: Option<Arc<dyn Resolve>>,
    /// Certificate authorities trusted beside the public ones, each as PEM text.
    pub extra_roots_pem: Vec<Vec<u8>>,
    /// Certificate chain and private key of ours, as PEM text.
    pub identity_pem: Option<Secret>,
    /// The proxy that connections are made through.
    pub proxy: Option<Proxy>,
}

impl std::fmt::Debug for Outlet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outlet")
            .field("resolver", &self.resolver.is_some())
            .field("extra_roots", &self.extra_roots_pem.len())
            .field("identity", &self.identity_pem.is_some())
            .field("proxy", &self.proxy.as_ref().map(|it| &it.address))
            .finish()
    }
}
