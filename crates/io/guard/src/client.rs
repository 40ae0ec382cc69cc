//! An HTTP client that reaches only what a policy allows.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{ClientBuilder, redirect};
use std::error::Error;
use std::io;
use std::net::{IpAddr, SocketAddr};
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

    /// With another.
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

    /// Makes a client resolve through this guard, follow at most `redirects` redirects, each checked,
    /// and use no proxy: a proxy would do the resolving.
    pub fn configure(&self, builder: ClientBuilder, redirects: usize) -> ClientBuilder {
        builder
            .dns_resolver(Arc::new(self.clone()))
            .redirect(self.redirects(redirects))
            .no_proxy()
    }

    /// Whether a redirect may be followed: the hop's number (from 1), where it comes from, where it
    /// leads. For callers that follow redirects themselves.
    ///
    /// # Errors
    /// Too many of them, from `https` to `http`, or a URL that breaks a rule.
    pub fn check_redirect(
        &self,
        hop: usize,
        limit: usize,
        from: &Url,
        to: &Url,
    ) -> Result<(), Refused> {
        if hop > limit {
            return Err(Refused::TooManyRedirects { limit });
        }
        if from.scheme() == "https" && to.scheme() == "http" {
            let host = to.host_str().unwrap_or_default().to_owned();
            return Err(Refused::Downgrade { host });
        }
        self.check(to)
    }

    fn redirects(&self, limit: usize) -> redirect::Policy {
        let guard = self.clone();
        if limit == 0 {
            return redirect::Policy::none();
        }
        redirect::Policy::custom(move |attempt| {
            // The list holds every URL asked for so far, so its length is this hop's number.
            let hop = attempt.previous().len();
            let checked = match attempt.previous().last() {
                Some(from) => guard.check_redirect(hop, limit, from, attempt.url()),
                None => guard.check(attempt.url()),
            };
            match checked {
                Ok(()) => attempt.follow(),
                Err(refused) => attempt.error(refused),
            }
        })
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

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let addresses = guard.resolve_checked(name.as_str().to_owned()).await?;
            // Port 0: the URL's.
            let sockets = addresses.into_iter().map(|ip| SocketAddr::new(ip, 0));
            Ok(Box::new(sockets) as Addrs)
        })
    }
}

/// The refusal inside a client's error, if it is one.
#[must_use]
pub fn refusal<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Refused> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(refused) = error.downcast_ref() {
            return Some(refused);
        }
        next = error.source();
    }
    None
}
