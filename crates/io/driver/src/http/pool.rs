//! Which connection carries a request.
//!
//! A request takes a connection that is open and has a place, else it opens one. Where it isn't known
//! that the server speaks HTTP/1.1 only, those that need a new connection to it wait for the first of
//! them, whose connection may carry all; if that one fails, so do they: each in turn would only find
//! out the same.
//!
//! Nothing is used for longer than [`Bounds::connection_max_age`], so a name that leads elsewhere by now
//! is followed within that time. What isn't used is closed after [`Bounds::pool_idle_timeout`].

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

/// How often unused connections are looked for, at the least and at the most.
const SWEEPS: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(10));

/// Pause before another connection to a server that took no request on the last.
const PAUSE: Duration = Duration::from_millis(100);

/// The connections of one client.
pub(super) struct Pool {
    dialer: Dialer,
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
    /// Without a request, the last used behind.
    http1: Vec<Http1>,
    /// The connection that is being opened, for whoever can wait for it.
    opening: Option<Opening>,
    /// Whether the server chose HTTP/1.1 when it was last asked.
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
        let host = hosts.known.entry(origin.clone()).or_default();
        host.http2
            .retain(|connection| connection.is_usable(&self.bounds));
        let place = |connection: &Arc<Http2>| connection.place(&self.bounds, give_up);
        if let Some(place) = host.http2.iter().find_map(place) {
            return Found::Lease(Lease::Http2(place));
        }
        while let Some(connection) = host.http1.pop() {
            if connection.is_usable(&self.bounds) {
                return Found::Lease(Lease::Http1(connection));
            }
        }
        if !origin.secure || host.speaks_http1 {
            return Found::Nothing;
        }
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
            pool.host(&origin, |host| host.opening = None);
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
        self.host(origin, |host| match opened {
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
        });
        self.sweep_from_now_on();
    }

    /// Takes a connection back behind a whole answer.
    pub(super) async fn take_back(self: &Arc<Self>, origin: &Origin, connection: Http1) {
        let mut settle = Box::pin(connection.settle());
        if let Some(settled) = (&mut settle).now_or_never() {
            if let Some(connection) = settled {
                self.put(origin, Opened::Http1(connection));
            }
            return;
        }
        // The answer isn't held back for it.
        let (pool, origin) = (Arc::downgrade(self), origin.clone());
        tokio::spawn(async move {
            if let Some(connection) = settle.await
                && let Some(pool) = pool.upgrade()
            {
                pool.put(&origin, Opened::Http1(connection));
            }
        });
    }

    /// Uses none of these any more: one of them was found closed.
    pub(super) fn drop_idle(&self, origin: &Origin) {
        self.host(origin, |host| host.http1.clear());
    }

    fn hosts(&self) -> MutexGuard<'_, Hosts> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn host(&self, origin: &Origin, change: impl FnOnce(&mut Host)) {
        change(self.hosts().known.entry(origin.clone()).or_default());
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

    /// Closes what isn't used. Whether anything is left.
    fn sweep(&self) -> bool {
        let bounds = &self.bounds;
        let mut hosts = self.hosts();
        hosts.known.retain(|_, host| {
            host.http2.retain(|connection| connection.is_usable(bounds));
            host.http1.retain(|connection| connection.is_usable(bounds));
            !(host.http2.is_empty() && host.http1.is_empty() && host.opening.is_none())
        });
        hosts.swept = !hosts.known.is_empty();
        hosts.swept
    }
}

fn too_late(origin: &Origin, within: Duration) -> Loss {
    let authority = origin.authority();
    Loss::never_sent(format!("no connection to {authority} within {within:?}"))
}
