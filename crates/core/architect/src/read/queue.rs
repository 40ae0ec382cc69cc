//! What becomes of an interaction in a queue when its workflow is at the end of its tasks.
//!
//! The vendor's flow goes on until an agent answers, somebody leaves, or a step ends it. So the end of the last
//! task leads to a step of ours: the platform is asked whether an agent answers now, and if not the workflow
//! waits and begins again, with its recurring state where it has one. The file has no such step; a script
//! answers it under the name `queue`.

use super::Reader;
use crate::workflow::{Action, Duty, Next, Path};
use tollgate_expression::{Expr, Value};

/// The step's name in scripts and transcripts.
const QUEUE: &str = "queue";

/// What the vendor's editor calls the state that a waiting mail or message comes to again and again.
const RECURRING: &str = "Recurring State";

impl Reader<'_> {
    /// The step that the end of the last task leads to; none in a workflow that is then over.
    pub(super) fn queue(&mut self, start: u32) -> Option<u32> {
        let span = i64::try_from(self.kind.again()?.as_millis()).ok()?;
        let mut recurring = self.tasks.iter();
        let recurring = recurring
            .position(|task| task.name.eq_ignore_ascii_case(RECURRING))
            .map_or(start, |task| task as u32);
        let place = self.root.place;
        let [asks, waits, begins, ends] =
            [QUEUE, "wait", "changeState", QUEUE].map(|word| self.reserve(place, word));
        let way = |name: &str, to| Path {
            name: name.into(),
            next: Next::Step(to),
        };
        let platform = Action::Platform {
            duty: Duty::Tell,
            before: None,
            inputs: Vec::new(),
            outputs: Vec::new(),
        };
        self.finish(
            asks,
            platform,
            vec![way("answered", ends), way("again", waits)],
        );
        let wait = Action::Wait(Expr::Constant(Value::Duration(span)));
        self.finish(waits, wait, vec![way("", begins)]);
        self.finish(begins, Action::Jump(recurring), Vec::new());
        let end = Action::End {
            inputs: Vec::new(),
            word: self.kind.ends(),
            reason: None,
        };
        self.finish(ends, end, Vec::new());
        Some(asks)
    }
}
