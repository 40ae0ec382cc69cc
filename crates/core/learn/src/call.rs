//! The calls of late, and what became of them.

use std::collections::VecDeque;
use std::time::Duration;
use tollgate_model::{AttemptId, ClientId, EndpointId, Instant, TokenId};

/// What is known of a call as it is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Call {
    /// When it may first leave.
    pub sent: Instant,
    /// The token that it is sent with, if it has one.
    pub token: Option<TokenId>,
    /// Whose token that is.
    pub client: Option<ClientId>,
    /// What it asks for.
    pub endpoint: EndpointId,
    /// What it takes of a window.
    pub cost: u32,
}

/// What the upstream made of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It was counted and worked on, whatever came of that.
    Accepted,
    /// The upstream says that a limit is reached.
    Refused {
        /// The pause that it asks for. What is learned doesn't depend on it: pauses that are kept show in
        /// what is accepted next, and those of refusals by chance say nothing.
        retry_after: Option<Duration>,
    },
    /// Nobody knows: no answer came, or one from somebody in between.
    Unknown,
}

/// What became of a call so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum State {
    Pending,
    Accepted,
    Refused,
    Unknown,
}

/// A call that was sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record {
    pub(crate) attempt: AttemptId,
    pub(crate) call: Call,
    pub(crate) state: State,
    /// When its response was over; never, while it is under way.
    pub(crate) ended: Instant,
    /// How long its answer took, in nanoseconds.
    pub(crate) took: u64,
    /// The batch of refusals that it belongs to, if it was refused.
    pub(crate) batch: u32,
    /// What its refusal counts for: that of a large batch less than one that stands alone.
    pub(crate) weight: f32,
}

impl Record {
    /// When its answer had arrived.
    pub(crate) fn answered(&self) -> Instant {
        self.call.sent + Duration::from_nanos(self.took)
    }
}

/// The calls of late in the order of sending.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ring {
    records: VecDeque<Record>,
}

impl Ring {
    /// Adds a call, and forgets what is more than `most` calls or longer than `longest` ago.
    pub(crate) fn push(&mut self, attempt: AttemptId, call: Call, most: usize, longest: Duration) {
        if self
            .records
            .back()
            .is_some_and(|last| last.attempt >= attempt)
        {
            return;
        }
        let oldest = call.sent.before(longest);
        while self.records.len() >= most
            || self
                .records
                .front()
                .is_some_and(|first| first.call.sent < oldest)
        {
            self.records.pop_front();
        }
        self.records.push_back(Record {
            attempt,
            call,
            state: State::Pending,
            ended: Instant::NEVER,
            took: 0,
            batch: 0,
            weight: 0.0,
        });
    }

    pub(crate) fn get_mut(&mut self, attempt: AttemptId) -> Option<&mut Record> {
        let at = self
            .records
            .binary_search_by_key(&attempt, |record| record.attempt);
        at.ok().map(|at| &mut self.records[at])
    }

    pub(crate) fn get(&self, attempt: AttemptId) -> Option<&Record> {
        let at = self
            .records
            .binary_search_by_key(&attempt, |record| record.attempt);
        at.ok().map(|at| &self.records[at])
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Record> + ExactSizeIterator {
        self.records.iter()
    }

    /// The calls sent at or after `from`.
    pub(crate) fn since(&self, from: Instant) -> impl DoubleEndedIterator<Item = &Record> {
        let first = self
            .records
            .partition_point(|record| record.call.sent < from);
        self.records.range(first..)
    }

    /// When the first of the last so many calls was sent.
    pub(crate) fn last(&self, calls: usize) -> Instant {
        let at = self.records.len().saturating_sub(calls);
        self.records
            .get(at)
            .map_or(Instant::ZERO, |record| record.call.sent)
    }

    /// An attempt that was not sent yet.
    pub(crate) fn next(&self) -> AttemptId {
        AttemptId(self.records.back().map_or(0, |last| last.attempt.0 + 1))
    }

    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }
}
