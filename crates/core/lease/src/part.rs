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
}

impl Part {
    /// Slots that a flow with a guarantee would hold here.
    pub(crate) fn guaranteed(&self, flow: &str) -> u32 {
        let of_flow = self.guaranteed.iter().filter(|it| it.flow == flow);
        of_flow.map(|it| it.slots).sum()
    }
}
