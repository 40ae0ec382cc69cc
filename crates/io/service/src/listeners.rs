//! The listeners of the service: its own, and those of gateways.

use crate::StartError;
use crate::current::Entrance;
use crate::renewal::Renewal;
use crate::shown::Shown;
use futures_util::future::{join_all, select_all};
use hyper_util::service::TowerToHyperService;
use std::net::SocketAddr;
use std::time::Duration;
use tollgate_config::{ListenerTls, Server};
use tollgate_listen::{Bounds, Listener, most_connections};

/// All listeners. They live and end together.
#[derive(Debug)]
pub(crate) struct Listeners {
    own: Listener,
    of_gateways: Vec<Listener>,
}

impl Listeners {
    /// Answers requests from now on, at the service's own listener and at those of gateways; and what is shown at each,
    /// in the same order.
    pub(crate) async fn start(
        server: &Server,
        renewals: &[Renewal],
        entrances: Vec<Entrance>,
    ) -> Result<(Self, Vec<Shown>), StartError> {
        let bounds = bounds(server, entrances.len());
        let start = async |it: &Entrance| {
            let tls = |tls: &ListenerTls| renewals.iter().find_map(|it| it.tls_of(&tls.table));
            let service = TowerToHyperService::new(it.shown.clone());
            let tls = it.tls.as_ref().and_then(tls);
            let listening = Listener::start_secured(it.address, tls, bounds, service).await;
            listening.map_err(|error| StartError::Listen(it.address, error))
        };
        let (mut own, mut of_gateways, mut shown) = (None, Vec::new(), Vec::new());
        for entrance in &entrances {
            let listener = start(entrance).await?;
            match own {
                None => own = Some(listener),
                Some(_) => of_gateways.push(listener),
            }
            shown.push(entrance.shown.clone());
        }
        let none = || StartError::Listen(server.listen, std::io::Error::other("nothing to answer"));
        let own = own.ok_or_else(none)?;
        Ok((Self { own, of_gateways }, shown))
    }

    /// Where the service's own one listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.own.address()
    }

    /// Where the service's own one is called.
    pub(crate) fn url(&self) -> String {
        self.own.url()
    }

    /// Where those of gateways are called.
    pub(crate) fn urls_of_gateways(&self) -> impl Iterator<Item = String> {
        self.of_gateways.iter().map(Listener::url)
    }

    fn all(&self) -> impl Iterator<Item = &Listener> {
        self.of_gateways.iter().chain([&self.own])
    }

    /// Connections that all of them take at once.
    pub(crate) fn max_connections(&self) -> usize {
        self.all().map(Listener::max_connections).sum()
    }

    /// Waits until one of them accepts no more connections.
    pub(crate) async fn ended(&mut self) {
        let all = self.of_gateways.iter_mut().chain([&mut self.own]);
        select_all(all.map(|it| Box::pin(it.ended()))).await;
    }

    /// From now on connections are closed after their next answer; further ones are accepted as before.
    pub(crate) fn announce(&self) {
        self.all().for_each(Listener::announce);
    }

    /// Drains all of them at once. True if all their connections came to their end in time.
    pub(crate) async fn drain(&self, within: Duration) -> bool {
        let drained = join_all(self.all().map(|it| it.drain(within))).await;
        drained.into_iter().all(|whole| whole)
    }
}

/// What the connections to one of so many listeners may take: they share the connections of all evenly.
fn bounds(server: &Server, listeners: usize) -> Bounds {
    Bounds {
        max_connections: server.max_connections.min(most_connections()) / listeners.max(1),
        header_timeout: server.header_timeout,
        idle_timeout: server.idle_timeout,
        write_timeout: server.write_timeout,
        ping_interval: server.http2_ping_interval,
        max_streams: server.http2_max_streams,
        max_untaken_bytes: server.max_untaken_bytes,
    }
}
