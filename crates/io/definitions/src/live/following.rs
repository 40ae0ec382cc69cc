//! How the picture stands with the store, for whoever asks whether the node is ready.
//!
//! The follower asks the store every second anyway, so its last round says whether the store is there, and nobody has
//! to ask it once more. That the store is away is told apart from that what it holds can't be read: the first passes by
//! itself, the second needs somebody.

use super::{Live, RefreshError};
use std::sync::PoisonError;
use tollgate_model::Instant;
use tollgate_store::StoreError;

/// What became of the last round.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FollowState {
    /// The picture is where the store is.
    Followed,
    /// The store can't be asked: it is away, taken, or has no room.
    StoreAway,
    /// The store answers, and what it holds can't be read or compiled.
    Unreadable,
}

/// How the picture stands with the store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Following {
    /// What became of the last round.
    pub state: FollowState,
    /// Since when that is so, on the driver's time line.
    pub since: Instant,
}

impl Following {
    pub(super) fn begin(now: Instant) -> Self {
        Self {
            state: FollowState::Followed,
            since: now,
        }
    }
}

impl FollowState {
    fn of(outcome: &Result<(), RefreshError>) -> Self {
        match outcome {
            Ok(()) => Self::Followed,
            Err(RefreshError::Store(
                StoreError::Database { .. } | StoreError::Busy { .. } | StoreError::DiskFull,
            )) => Self::StoreAway,
            Err(_) => Self::Unreadable,
        }
    }
}

impl Live {
    /// Notes what became of a round.
    pub(super) fn note(&self, outcome: &Result<(), RefreshError>, now: Instant) {
        let state = FollowState::of(outcome);
        let mut following = self
            .following
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if following.state != state {
            *following = Following { state, since: now };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_is_away_is_told_apart_from_one_that_cannot_be_read() {
        let of = |error: StoreError| FollowState::of(&Err(error.into()));
        let away = StoreError::Database {
            backend: "postgres",
            message: "can't be reached".to_owned(),
            disconnected: true,
        };
        assert_eq!(of(away), FollowState::StoreAway);
        assert_eq!(
            of(StoreError::Busy { what: "a lock" }),
            FollowState::StoreAway
        );
        let corrupt = StoreError::Corrupt {
            table: "action",
            why: "no JSON".to_owned(),
        };
        assert_eq!(of(corrupt), FollowState::Unreadable);
        assert_eq!(FollowState::of(&Ok(())), FollowState::Followed);
    }
}
