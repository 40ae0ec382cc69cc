//! What a simulated workflow meets.

use super::answers::Answers;
use crate::action::ActionId;
use std::collections::BTreeMap;
use std::sync::Arc;
use tollgate_architect::{Inputs, Workflow};

/// A workflow, and the world its runs meet.
#[derive(Debug)]
pub(crate) struct Setting {
    pub(crate) workflow: Arc<Workflow>,
    pub(crate) inputs: Inputs,
    /// The scenario's actions by the names that the workflow calls them.
    pub(crate) actions: BTreeMap<String, ActionId>,
    pub(crate) answers: Answers,
}
