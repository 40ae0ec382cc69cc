//! A member's part of one limit, in the value.

use crate::time::Nanos;
use crate::{GuaranteedWant, StoreTime, Want};
use serde::{Deserialize, Serialize};

/// A member's part of a limit.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Part {
    pub(crate) slots: u32,
    /// What the member says that the limit allows in all.
    pub(crate) allowed: u32,
    /// The tail that the member states.
    pub(crate) tail: Nanos,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) wants: Vec<Want>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) guaranteed: Vec<GuaranteedWant>,
    /// Slots of the last grant that other members' calls still count under, so that its answer can be repeated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) phantoms: Vec<(StoreTime, u32)>,
    /// Whether the last grant had slots of the process that the member succeeds, for the same reason.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) is_inherited: bool,
}

impl Part {
    /// Flows with guarantees would hold this. Who would hold nothing takes no place in the value.
    pub(crate) fn ask(&mut self, wants: &[GuaranteedWant]) {
        let any = wants.iter().filter(|want| want.is_any());
        self.guaranteed = any.cloned().collect();
    }

    /// What a flow with a guarantee would hold here, if it would hold anything.
    pub(crate) fn guaranteed(&self, flow: &str) -> Option<&GuaranteedWant> {
        self.guaranteed.iter().find(|it| it.flow == flow)
    }
}
