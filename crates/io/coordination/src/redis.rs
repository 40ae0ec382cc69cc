//! Redis and Valkey, from 7 on: one string of a key of its own, by one connection.
//!
//! **A swap is one script**, which sets the string if it begins as expected and publishes revision and note on a
//! channel of the key's name. Scripts are sent each time: they are short beside the value, and there is no cache of
//! scripts to be found empty after a failover. (They aren't run in a transaction: before 7.2 a message that a client
//! publishes to itself in one comes in the middle of the transaction's answer.)
//!
//! **What is answered is a primary's**: both scripts ask `INFO` for the server's role, its run and its history
//! (`run_id`, `master_replid`: the incarnation).
//!
//! **Durability**: Redis acknowledges before a replica has it, and a primary that was cut off goes on to answer those
//! who were cut off with it. So where there are replicas, a swap that none of them confirms in 300 ms isn't
//! durable: where a replica was ever seen by this store, and always behind Sentinels, since these put a replica in the
//! primary's place. What reaches no disk is the server's configuration (`appendonly`).
//!
//! **The value** is `tollgate1 REVISION`, a line feed, and the bytes. Keys have a hash tag, so that all that one
//! organisation has is on one node of a cluster.

mod connection;
mod dial;
mod primary;
mod session;
pub(crate) mod url;

use crate::error::{CoordinationError, UrlError};
use crate::keeper::Keeper;
use crate::store::{CoordinationStore, Found, Hint, Revision, Swap};
use async_trait::async_trait;
use dial::Server;
use tokio::sync::watch;
use url::RedisUrl;

/// The value of one organisation.
pub(crate) struct Redis(Keeper);

impl Redis {
    pub(crate) fn open(url: &RedisUrl, organization: &str) -> Result<Self, UrlError> {
        let key = format!("tollgate:{{{organization}}}:coordination");
        Ok(Self(Keeper::start(Server::new(url, key)?)))
    }
}

#[async_trait]
impl CoordinationStore for Redis {
    fn kind(&self) -> &'static str {
        "redis"
    }

    async fn read(&self) -> Result<Found, CoordinationError> {
        self.0.read().await
    }

    async fn swap(
        &self,
        expected: Option<Revision>,
        value: &[u8],
        note: &str,
    ) -> Result<Swap, CoordinationError> {
        self.0.swap(expected, value, note).await
    }

    fn changes(&self) -> watch::Receiver<Hint> {
        self.0.changes()
    }
}
