//! What happens by itself, whatever a run is at, and ends it.

use super::effect::Happening;
use super::{AnswerError, End, Run, State};
use tollgate_model::Instant;

impl Run {
    /// Something happens by itself: the run is over, whatever it was at.
    ///
    /// # Errors
    /// It can't happen in a workflow of this kind; the run is as it was.
    pub fn happens(&mut self, what: Happening, now: Instant) -> Result<(), AnswerError> {
        let kind = self.workflow.kind;
        let can = match what {
            Happening::HangsUp => kind.meets_people(),
            Happening::Answered => self.workflow.waits(),
        };
        if !can {
            return Err(AnswerError::CannotHappen { what, kind });
        }
        let end = match what {
            Happening::HangsUp => End::HungUp,
            Happening::Answered => End::Step {
                step: kind.ends(),
                reason: None,
            },
        };
        self.over(end, now);
        Ok(())
    }

    /// The person leaves: the run is over, whatever it was at.
    pub fn hang_up(&mut self, now: Instant) {
        self.over(End::HungUp, now);
    }

    /// The run ends, unless it has ended.
    fn over(&mut self, end: End, now: Instant) {
        self.now = self.now.max(now);
        if !matches!(self.state, State::Ended(_)) {
            self.child = None;
            self.state = State::Ended(end);
        }
    }
}
