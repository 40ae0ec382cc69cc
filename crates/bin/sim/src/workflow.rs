//! An Architect workflow as what an interaction does.
//!
//! **What this decides.** How the effects of `tollgate_architect`'s step machine become steps in virtual
//! time: a data action is a call of the scenario's action of that name, and its end takes the step's
//! path; waits and speech are pauses; data tables, persons and the rest of the platform answer as the
//! scenario's [`Answers`] say. **What it does not:** what a workflow does, and how a call fares.
//!
//! | effect | answer |
//! |---|---|
//! | data action | answered: as declared, or `success`; failed, refused, lost or too late upstream: `failure`; past the step's own time: the call is hung up on, and the step times out |
//! | data table | as declared, or `notFound`; `notFound` without a key |
//! | person | as declared, or the first choice, after the time for thinking |
//! | transfer, called workflow | as declared, or `success` |
//! | anything else | as declared, or the step's first path |
//!
//! This is what the live runner does with data actions (its failures and its timeout), so that a workflow
//! meets the same limits in both.

mod answers;
mod interaction;
mod sample;
mod setting;

pub(crate) use answers::{Answer, Answers, Does, Draw};
pub(crate) use sample::Unfit;
pub(crate) use setting::Setting;

use crate::action::ActionId;
use crate::interaction::{Begin, Script};
use interaction::Interaction;

use std::sync::Arc;

/// Begins interactions that run the workflow.
#[derive(Debug)]
pub(crate) struct WorkflowRuns {
    setting: Arc<Setting>,
    calls: Vec<(ActionId, f64)>,
}

impl WorkflowRuns {
    /// Tries the workflow out, for its mean number of calls and for answers that don't fit.
    ///
    /// # Errors
    /// No run comes to a good end, or an answer isn't one of its step's.
    pub(crate) fn new(setting: Setting) -> Result<Self, Unfit> {
        let setting = Arc::new(setting);
        let calls = sample::mean_calls(&setting)?;
        Ok(Self { setting, calls })
    }
}

impl Begin for WorkflowRuns {
    fn begin(&self) -> Box<dyn Script> {
        Box::new(Interaction::new(Arc::clone(&self.setting)))
    }

    /// The mean of sampled runs in which every call is answered.
    fn calls(&self) -> Vec<(ActionId, f64)> {
        self.calls.clone()
    }
}
