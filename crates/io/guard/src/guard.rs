//! A policy, and the resolver whose answers it checks.

use std::error::Error;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tollgate_upstream::{Policy, Refused, Url};

/// Addresses taken of one answer. A name with more of them has its first ones tried.
const ADDRESSES: usize = 32;
/// Wait for an answer.
const LOOKUP: Duration = Duration::from_secs(5);

/// Turns a name into addresses.
pub trait Lookup: Send + Sync + 'static {
    /// All addresses of a name.
    fn lookup(&self, name: String)
    -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;
}

/// The system's resolver.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn lookup(
        &self,
        name: String,
    ) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// A policy, and the resolver whose answers it checks. One per integration: clients pool connections,
/// and a connection is only as good as the policy it was made under.
#[derive(Clone)]
pub struct Guard {
    policy: Arc<Policy>,
    lookup: Arc<dyn Lookup>,
}

impl Guard {
    /// With the system's resolver.
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        Self::with_lookup(policy, SystemLookup)
    }

    /// With a resolver of another kind.
    #[must_use]
    pub fn with_lookup(policy: Policy, lookup: impl Lookup) -> Self {
        Self {
            policy: Arc::new(policy),
            lookup: Arc::new(lookup),
        }
    }

    /// Checks a URL. To be called before every request: a client asks no resolver about an address that
    /// is written in the URL.
    ///
    /// # Errors
    /// The first rule it breaks.
    pub fn check(&self, url: &Url) -> Result<(), Refused> {
        self.policy.check(url)
    }

    /// The addresses that a name leads to, all of them allowed; at most 32.
    ///
    /// # Errors
    /// No answer in time, or a [`Refused`] if one of the addresses breaks a rule.
    pub async fn resolve_checked(
        &self,
        name: String,
    ) -> Result<Vec<IpAddr>, Box<dyn Error + Send + Sync>> {
        let answer = tokio::time::timeout(LOOKUP, self.lookup.lookup(name.clone()));
        let mut addresses = answer
            .await
            .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        // Checked before any is left out: one forbidden address refuses the name.
        self.policy.check_resolved(&name, &addresses)?;
        addresses.truncate(ADDRESSES);
        Ok(addresses)
    }
}
