//! What every kind of coordination store offers.

use crate::error::CoordinationError;
use async_trait::async_trait;
use std::fmt;
use std::time::Duration;
use tokio::sync::watch;

/// Longest value, in bytes (*ours*: of a cluster of a hundred nodes it takes a part).
pub const LONGEST_VALUE: usize = 256 * 1024;
/// Longest note of a hint, in bytes (*ours*: PostgreSQL's `NOTIFY` takes less than 8,000, the organisation's name
/// included, *documented*).
pub const LONGEST_NOTE: usize = 4_000;
/// Longest name of an organisation, in bytes (*ours*).
pub const LONGEST_NAME: usize = 200;
/// Longest time until a read or a swap has an outcome, connecting and waiting for its turn included.
pub const BOUND: Duration = Duration::from_secs(3);

/// First revisions are from 1 to this: so many that two histories don't meet, and as many again until the largest of
/// PostgreSQL's `bigint` is reached.
const LAST_FIRST_REVISION: u64 = 1 << 61;

/// Counts the swaps of a value, from a number that is drawn when the value is put where there is none.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Revision(pub u64);

impl Revision {
    /// Of the value that is put in the place of one of the revision `expected`, or of none.
    pub(crate) fn after(expected: Option<Self>) -> Self {
        Self(match expected {
            Some(expected) => expected.0.saturating_add(1),
            None => rand::random_range(1..=LAST_FIRST_REVISION),
        })
    }
}

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

/// What is known of the latest change without reading.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Hint {
    /// Of the value then; none after a reconnect, when all that is known is that the value may have changed.
    pub revision: Option<Revision>,
    /// What was given to the swap; empty if it was left out, and after a reconnect.
    pub note: String,
    /// How many hints there were, this one included: whoever finds that it rose by more than one has missed some.
    pub count: u64,
}

impl Hint {
    /// Becomes the next one.
    pub(crate) fn follow(&mut self, revision: Option<Revision>, note: &str) {
        self.revision = revision;
        note.clone_into(&mut self.note);
        self.count += 1;
    }
}

/// A swap that is to be made.
pub(crate) struct Prepared {
    pub(crate) expected: Option<Revision>,
    /// The value's revision, once it is made.
    pub(crate) next: Revision,
    pub(crate) value: Vec<u8>,
    pub(crate) note: String,
}

impl Prepared {
    pub(crate) fn new(
        expected: Option<Revision>,
        value: &[u8],
        note: &str,
    ) -> Result<Self, CoordinationError> {
        if value.len() > LONGEST_VALUE {
            return Err(CoordinationError::TooLong(value.len()));
        }
        // PostgreSQL has no texts with a NUL.
        let can_be_sent = note.len() <= LONGEST_NOTE && !note.contains('\0');
        Ok(Self {
            expected,
            next: Revision::after(expected),
            value: value.to_vec(),
            note: if can_be_sent { note } else { "" }.to_owned(),
        })
    }

    /// What is sent to those who listen; [`crate::keeper::Hints::heard`] reads it.
    pub(crate) fn message(&self) -> String {
        format!("{} {}", self.next.0, self.note)
    }
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

    /// Puts `value` there if the value's revision is `expected`; where none is expected, if there is no value. Those who
    /// listen to [`Self::changes`] hear `note` with it; one that is longer than [`LONGEST_NOTE`] or has a NUL is left
    /// out.
    ///
    /// # Errors
    /// [`CoordinationError`]; within [`BOUND`]. See [`CoordinationError::is_in_doubt`].
    async fn swap(
        &self,
        expected: Option<Revision>,
        value: &[u8],
        note: &str,
    ) -> Result<Swap, CoordinationError>;

    /// Changes whenever the value has changed, own swaps included, and after each reconnect. Some hints are lost with
    /// the connection that would have brought them, and of several that come at once only the last is seen.
    fn changes(&self) -> watch::Receiver<Hint>;
}
