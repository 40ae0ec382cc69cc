//! Requests on their way, by the policy's numbers.

use super::World;
use crate::policy::Limiter;
use crate::upstream::Place;
use tollgate_engine::Facts;
use tollgate_model::{AttemptId, ExecutionId, TokenId};

/// One request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    pub(super) execution: u64,
    pub(super) token: Option<TokenId>,
    pub(super) state: State,
    pub(super) facts: Facts,
    /// Upstream, once it is admitted.
    pub(super) place: Option<Place>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    OnItsWay,
    /// Given up by the policy before it arrived.
    GivenUpOnItsWay,
    /// Admitted upstream; the status it is to be answered with, none if its answer gets lost.
    Inside(Option<u16>),
    /// Turned away.
    TurnedAway(u16),
    Over,
}

impl<P: Limiter> World<'_, P> {
    /// Notes a new one; policies number them one after the other.
    pub(super) fn register(
        &mut self,
        attempt: AttemptId,
        execution: ExecutionId,
        token: Option<TokenId>,
    ) {
        if self.attempts.is_empty() {
            self.first_attempt = attempt.0;
        }
        debug_assert_eq!(
            attempt.0,
            self.first_attempt + self.attempts.len() as u64,
            "attempts are numbered one after the other"
        );
        self.attempts.push_back(Attempt {
            execution: execution.0,
            token,
            state: State::OnItsWay,
            facts: Facts::default(),
            place: None,
        });
    }

    pub(super) fn attempt(&mut self, attempt: u64) -> Option<&mut Attempt> {
        let place = attempt.checked_sub(self.first_attempt)?;
        self.attempts.get_mut(place as usize)
    }

    pub(super) fn over(&mut self, attempt: u64) {
        if let Some(it) = self.attempt(attempt) {
            it.state = State::Over;
        }
        while self
            .attempts
            .front()
            .is_some_and(|it| it.state == State::Over)
        {
            self.attempts.pop_front();
            self.first_attempt += 1;
        }
    }
}
