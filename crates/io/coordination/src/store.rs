//! What every kind of coordination store offers.

use crate::error::CoordinationError;
use async_trait::async_trait;
use std::fmt;
use std::time::Duration;
use tokio::sync::watch;

/// Longest value, in bytes (*ours*: of a cluster of a hundred nodes it takes a part).
pub const LONGEST_VALUE: usize = 256 * 1024;
/// Longest name of an organisation, in bytes (*ours*).
pub const LONGEST_NAME: usize = 200;
/// Longest time until a read or a swap has an outcome, connecting and waiting for its turn included.
pub const BOUND: Duration = Duration::from_secs(3);

/// Counts the swaps of a value, from 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Revision(pub u64);

/// Stays the same only as long as the same server process goes on with the same history. Texts of different
/// servers differ; nothing else can be read from one.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ServerIncarnation(pub(crate) String);

impl ServerIncarnation {
    /// The text, to be kept and compared.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ServerIncarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a server has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// The value and its revision; none if there is no value.
    pub value: Option<(Revision, Vec<u8>)>,
    /// The server that said so.
    pub server: ServerIncarnation,
}

/// What became of a swap.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Swap {
    /// It was made.
    Done {
        /// Of the value now.
        revision: Revision,
        /// The server that has it.
        server: ServerIncarnation,
        /// Whether it is where it has to be in order to outlive the server that took it: on its disk (PostgreSQL)
        /// and, where there are replicas that are to have it, on one of them.
        is_durable: bool,
    },
    /// It wasn't made: the value has another revision than expected, or there is none, or there is one.
    Changed(Found),
}

/// One organisation's value on one server, or on several servers of which one is the primary.
///
/// Calls may be dropped at any time; a swap that is dropped was made or wasn't.
#[async_trait]
pub trait CoordinationStore: Send + Sync {
    /// `postgres`, `redis` or `memory`.
    fn kind(&self) -> &'static str;

    /// The value as the primary has it.
    ///
    /// # Errors
    /// [`CoordinationError`]; within [`BOUND`].
    async fn read(&self) -> Result<Found, CoordinationError>;

    /// Puts `value` there if the value's revision is `expected`; where none is expected, if there is no value.
    ///
    /// # Errors
    /// [`CoordinationError`]; within [`BOUND`]. See [`CoordinationError::is_in_doubt`].
    async fn swap(
        &self,
        expected: Option<Revision>,
        value: &[u8],
    ) -> Result<Swap, CoordinationError>;

    /// Changes whenever the value may have changed, own swaps included, and after each reconnect. A hint: some are
    /// lost with the connection that would have brought them, and several may come as one.
    fn changes(&self) -> watch::Receiver<u64>;
}
