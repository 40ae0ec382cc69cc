//! A caller that goes before its execution has come to its end.

use crate::pump::message::{Message, Shared};
use std::sync::Arc;
use tollgate_model::ExecutionId;

/// Cancels the execution if dropped before its end.
#[derive(Debug)]
pub(crate) struct HangUp {
    shared: Arc<Shared>,
    execution: Option<ExecutionId>,
}

impl HangUp {
    pub(crate) fn new(shared: &Arc<Shared>, execution: ExecutionId) -> Self {
        Self {
            shared: Arc::clone(shared),
            execution: Some(execution),
        }
    }

    /// The execution has come to its end: there is nothing left to cancel.
    pub(crate) fn disarm(&mut self) {
        self.execution = None;
    }
}

impl Drop for HangUp {
    fn drop(&mut self) {
        if let Some(execution) = self.execution {
            // An error means that the engine is gone, and the place with it.
            let _ = self.shared.inbox.send(Message::Cancel(execution));
        }
    }
}
