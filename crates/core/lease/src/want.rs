//! What a member would use of a limit.

use serde::{Deserialize, Serialize};
use tollgate_model::tally;

/// Slots that one class of a member's calls would hold.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Want {
    /// The class; 0 goes first.
    pub class: u8,
    /// The sum of the weights of the flows that ask.
    pub weight: u32,
    /// Slots.
    pub slots: u32,
}

/// Slots that a flow with a guarantee would hold at a member.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct GuaranteedWant {
    /// The flow's name.
    pub flow: String,
    /// Its class.
    pub class: u8,
    /// What the flow is guaranteed, over all members.
    pub guarantee: u32,
    /// Slots that it would hold here, which are among those of its class.
    pub slots: u32,
}

/// Slots that all classes would hold.
pub(crate) fn wanted(wants: &[Want]) -> u32 {
    tally(wants.iter().map(|want| u64::from(want.slots)).sum::<u64>())
}
