//! What one interaction does, call by call: the seam at which a flow plugs in.
//!
//! The world knows nothing of flows. It asks an interaction for its next [`Step`], carries it out in
//! virtual time, and comes back with how it ended. A list of calls and pauses is built in
//! ([`Behaviour::Steps`]); anything that runs step by step (an Architect flow, a recorded session)
//! implements [`Script`] and is begun once for each arrival.

use crate::action::ActionId;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;
use tollgate_model::Instant;
use tollgate_model::Stream;

/// What an interaction does next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// Calls an action and waits for its end.
    Call(ActionId),
    /// Calls an action, and hangs up if it has not ended within this time.
    CallWithin(ActionId, Duration),
    /// Does something else for a while.
    Pause(Duration),
    /// It is over.
    End {
        /// Whether the caller got what it came for.
        served: bool,
    },
}

/// How a call ended, as its flow sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// With an answer that says success.
    Answered,
    /// In any other way.
    Failed,
    /// Not at all within the time given.
    TimedOut,
}

/// An interaction under way.
pub trait Script: Debug {
    /// The next step at `now`, which never goes back; `last` is how the call before ended, none at the
    /// start and after a pause. Must come to [`Step::End`] after finitely many steps.
    fn next(&mut self, now: Instant, last: Option<Ended>, random: &mut Stream) -> Step;
}

/// Begins interactions of one kind.
pub trait Begin: Debug + Send + Sync {
    /// A new interaction.
    fn begin(&self) -> Box<dyn Script>;
    /// Calls of each action that an interaction makes on the average if all goes well: what the plan
    /// counts with.
    fn calls(&self) -> Vec<(ActionId, f64)>;
}

/// What all interactions of a flow do.
#[derive(Clone, Debug)]
pub enum Behaviour {
    /// These steps in turn. It ends, unserved, with the first call that fails.
    Steps(Arc<[Step]>),
    /// Whatever the script says.
    Script(Arc<dyn Begin>),
}

impl Behaviour {
    /// Calls of each action that one interaction makes if all goes well.
    #[must_use]
    pub fn calls(&self) -> Vec<(ActionId, f64)> {
        match self {
            Self::Steps(steps) => {
                let calls = steps.iter().filter_map(|step| match step {
                    Step::Call(action) | Step::CallWithin(action, _) => Some((*action, 1.0)),
                    Step::Pause(_) | Step::End { .. } => None,
                });
                calls.collect()
            }
            Self::Script(begin) => begin.calls(),
        }
    }

    pub(crate) fn begin(&self) -> Progress {
        match self {
            Self::Steps(_) => Progress::At(0),
            Self::Script(begin) => Progress::Script(begin.begin()),
        }
    }
}

/// How far an interaction has come.
#[derive(Debug)]
pub(crate) enum Progress {
    /// The place of the next step.
    At(usize),
    Script(Box<dyn Script>),
    /// A recorded call and how long it took then.
    Record(ActionId, Option<Duration>),
}

impl Progress {
    pub(crate) fn next(
        &mut self,
        behaviour: &Behaviour,
        now: Instant,
        last: Option<Ended>,
        random: &mut Stream,
    ) -> Step {
        match (self, behaviour) {
            (Self::At(at), Behaviour::Steps(steps)) => {
                if last.is_some_and(|last| last != Ended::Answered) {
                    return Step::End { served: false };
                }
                *at += 1;
                let end = Step::End { served: true };
                steps.get(*at - 1).copied().unwrap_or(end)
            }
            (Self::Script(script), _) => script.next(now, last, random),
            (Self::Record(action, _), _) => match last {
                None => Step::Call(*action),
                Some(last) => Step::End {
                    served: last == Ended::Answered,
                },
            },
            (Self::At(_), Behaviour::Script(_)) => Step::End { served: false },
        }
    }
}
