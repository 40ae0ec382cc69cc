//! Which connection carries a request.
//!
//! A request takes an open connection that has room for it, or else opens one. As long as the server may
//! speak HTTP/2, requests that need a new connection at the same time open one together, since one HTTP/2
//! connection may carry all of them. If that connection can't be opened, all of these requests fail: each
//! by itself would find out the same.
//!
//! No connection takes requests for longer than [`Bounds::connection_max_age`], so that a host name whose
//! address changes is followed within that time. An unused connection is closed after
//! [`Bounds::pool_idle_timeout`].

use super::dial::{Dialer, Opened};
use super::origin::Origin;
use super::{Http1, Http2, Loss, http2};
use crate::Bounds;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The shortest and the longest pause between two looks for unused connections.
const SWEEPS: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(10));

/// Pause before another connection to a server that took no request on the last.
const PAUSE: Duration = Duration::from_millis(100);

/// The connections of one client.
pub(super) struct Pool {
    pub(super) dialer: Dialer,
    pub(super) bounds: Bounds,
    hosts: Mutex<Hosts>,
}

#[derive(Default)]
struct Hosts {
    known: HashMap<Origin, Host>,
    /// Whether a task looks for unused connections.
    swept: bool,
}

#[derive(Default)]
struct Host {
    http2: Vec<Arc<Http2>>,
    /// Connections that carry no request now; the one used last is the last.
    http1: Vec<Http1>,
    /// The connection that is being opened for all requests that wait.
    opening: Option<Opening>,
    /// Whether the server chose HTTP/1.1 when the last connection was opened.
    speaks_http1: bool,
}

type Opening = Shared<BoxFuture<'static, Result<(), Loss>>>;

/// A connection, or a place on one, for one request.
pub(super) enum Lease {
    Http1(Http1),
    Http2(http2::Place),
}

/// What there is for a request.
enum Found {
    Lease(Lease),
    Opening(Opening),
    Nothing,
}

impl Pool {
    pub(super) fn new(dialer: Dialer, bounds: Bounds) -> Arc<Self> {
        Arc::new(Self {
            dialer,
            bounds,
            hosts: Mutex::default(),
        })
    }

    /// A connection for a request that is given up at `give_up`.
    pub(super) async fn lease(
        self: &Arc<Self>,
        origin: &Origin,
        give_up: Instant,
    ) -> Result<Lease, Loss> {
        let within = self.bounds.connect_timeout;
        let leased = tokio::time::timeout(within, self.find_or_open(origin, give_up));
        leased
            .await
            .unwrap_or_else(|_| Err(too_late(origin, within)))
    }

    async fn find_or_open(
        self: &Arc<Self>,
        origin: &Origin,
        give_up: Instant,
    ) -> Result<Lease, Loss> {
        loop {
            match self.find(origin, give_up) {
                Found::Lease(lease) => return Ok(lease),
                Found::Opening(opening) => opening.await?,
                Found::Nothing => match self.dialer.open(origin, &self.bounds).await? {
                    Opened::Http1(connection) => return Ok(Lease::Http1(connection)),
                    opened => self.put(origin, opened),
                },
            }
        }
    }

    fn find(self: &Arc<Self>, origin: &Origin, give_up: Instant) -> Found {
        let mut hosts = self.hosts();
        if let Some(host) = hosts.known.get_mut(origin) {
            if let Some(lease) = host.lease(&self.bounds, give_up) {
                return Found::Lease(lease);
            }
            if host.speaks_http1 {
                return Found::Nothing;
            }
        }
        if !origin.secure {
            return Found::Nothing;
        }
        let host = hosts.known.entry(origin.clone()).or_default();
        let opening = host.opening.get_or_insert_with(|| self.begin(origin));
        Found::Opening(opening.clone())
    }

    /// Opens a connection whether or not its first user stays.
    fn begin(self: &Arc<Self>, origin: &Origin) -> Opening {
        let (pool, origin) = (Arc::clone(self), origin.clone());
        let within = self.bounds.connect_timeout;
        let task = tokio::spawn(async move {
            let dialled = tokio::time::timeout(within, pool.dialer.open(&origin, &pool.bounds));
            // Unwinding would leave those who wait without an end.
            let dialled = std::panic::AssertUnwindSafe(dialled).catch_unwind().await;
            if matches!(dialled, Ok(Ok(Ok(Opened::Useless)))) {
                tokio::time::sleep(PAUSE).await;
            }
            pool.end_opening(&origin);
            match dialled {
                Ok(Ok(Ok(opened))) => pool.put(&origin, opened),
                Ok(Ok(Err(loss))) => return Err(loss),
                Ok(Err(_)) => return Err(too_late(&origin, within)),
                Err(_) => return Err(Loss::never_sent("connecting died".to_owned())),
            }
            Ok(())
        });
        let died = |_| Err(Loss::never_sent("connecting was stopped".to_owned()));
        task.map(move |ended| ended.unwrap_or_else(died))
            .boxed()
            .shared()
    }

    /// Keeps a connection for the next request.
    fn put(self: &Arc<Self>, origin: &Origin, opened: Opened) {
        if matches!(opened, Opened::Useless) {
            return;
        }
        let mut hosts = self.hosts();
        let host = hosts.known.entry(origin.clone()).or_default();
        match opened {
            Opened::Http1(connection) => {
                host.speaks_http1 = true;
                if host.http1.len() < self.bounds.pool_max_idle_per_host {
                    host.http1.push(connection);
                }
            }
            Opened::Http2(connection) => {
                host.speaks_http1 = false;
                host.http2.push(Arc::new(connection));
            }
            Opened::Useless => {}
        }
        drop(hosts);
        self.sweep_from_now_on();
    }

    /// Takes a connection back after a whole answer has been read.
    pub(super) async fn take_back(self: &Arc<Self>, origin: &Origin, connection: Http1) {
        let mut settle = Box::pin(connection.settle());
        if let Some(settled) = (&mut settle).now_or_never() {
            if let Some(connection) = settled {
                self.put(origin, Opened::Http1(connection));
            }
            return;
        }
        // The answer doesn't wait until the connection has settled.
        let (pool, origin) = (Arc::downgrade(self), origin.clone());
        tokio::spawn(async move {
            if let Some(connection) = settle.await
                && let Some(pool) = pool.upgrade()
            {
                pool.put(&origin, Opened::Http1(connection));
            }
        });
    }

    /// Closes the unused HTTP/1.1 connections to a server that was found to have closed one of them.
    pub(super) fn drop_idle(&self, origin: &Origin) {
        if let Some(host) = self.hosts().known.get_mut(origin) {
            host.http1.clear();
        }
    }

    /// Ends the wait for the connection that is being opened. A host without any connection is forgotten:
    /// names that lead nowhere are as many as callers can think of.
    fn end_opening(&self, origin: &Origin) {
        let mut hosts = self.hosts();
        if let Some(host) = hosts.known.get_mut(origin) {
            host.opening = None;
            if host.is_unused() {
                hosts.known.remove(origin);
            }
        }
    }

    fn hosts(&self) -> MutexGuard<'_, Hosts> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sweep_from_now_on(self: &Arc<Self>) {
        if std::mem::replace(&mut self.hosts().swept, true) {
            return;
        }
        let every = (self.bounds.pool_idle_timeout / 4).clamp(SWEEPS.0, SWEEPS.1);
        let pool = Arc::downgrade(self);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(every).await;
                match pool.upgrade() {
                    Some(pool) if pool.sweep() => {}
                    _ => return,
                }
            }
        });
    }

    /// Closes unused connections. True if any host is left.
    fn sweep(&self) -> bool {
        let bounds = &self.bounds;
        let mut hosts = self.hosts();
        hosts.known.retain(|_, host| {
            host.http2.retain(|connection| connection.is_usable(bounds));
            host.http1.retain(|connection| connection.is_usable(bounds));
            !host.is_unused()
        });
        hosts.swept = !hosts.known.is_empty();
        hosts.swept
    }
}

impl Host {
    /// An unused HTTP/1.1 connection, or a place on an HTTP/2 connection, if there is one.
    fn lease(&mut self, bounds: &Bounds, give_up: Instant) -> Option<Lease> {
        self.http2.retain(|connection| connection.is_usable(bounds));
        let place = |connection: &Arc<Http2>| connection.place(bounds, give_up);
        if let Some(place) = self.http2.iter().find_map(place) {
            return Some(Lease::Http2(place));
        }
        while let Some(connection) = self.http1.pop() {
            if connection.is_usable(bounds) {
                return Some(Lease::Http1(connection));
            }
        }
        None
    }

    /// Whether the host has no connection, and none is being opened.
    fn is_unused(&self) -> bool {
        self.http2.is_empty() && self.http1.is_empty() && self.opening.is_none()
    }
}

fn too_late(origin: &Origin, within: Duration) -> Loss {
    let authority = origin.authority();
    Loss::never_sent(format!("no connection to {authority} within {within:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::tls;

    #[tokio::test]
    async fn a_host_that_no_connection_leads_to_is_not_remembered() {
        let dialer = Dialer {
            tls: Arc::new(tls::settings(&[], None).unwrap()),
            resolver: None,
            proxy: None,
        };
        let pool = Pool::new(dialer, Bounds::default());
        // Port 1 of loopback is nobody's; TLS and plain HTTP take different ways to it.
        for scheme in ["http", "https"] {
            let url = format!("{scheme}://127.0.0.1:1/").parse().unwrap();
            let origin = Origin::of(&url).unwrap();
            let give_up = Instant::now() + Duration::from_secs(60);
            assert!(pool.lease(&origin, give_up).await.is_err());
            pool.drop_idle(&origin);
        }
        assert_eq!(pool.hosts().known.len(), 0);
    }
}
