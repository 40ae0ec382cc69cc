//! The listeners of the service: its own, and those of gateways.

use futures_util::future::{join_all, select_all};
use std::net::SocketAddr;
use std::time::Duration;
use tollgate_listen::Listener;

/// All listeners. They live and end together.
#[derive(Debug)]
pub(crate) struct Listeners {
    own: Listener,
    of_gateways: Vec<Listener>,
}

impl Listeners {
    /// `of_gateways`: in the order of the configuration.
    pub(crate) fn new(own: Listener, of_gateways: Vec<Listener>) -> Self {
        Self { own, of_gateways }
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
