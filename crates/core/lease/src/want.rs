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

/// Slots that a flow with a guarantee would hold at a member by right of it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct GuaranteedWant {
    /// The flow's name.
    pub flow: String,
    /// Its class.
    pub class: u8,
    /// What the flow is guaranteed, over all members.
    pub guarantee: u32,
    /// Slots that it would hold here, no more than the guarantee. They are among those of its class.
    pub slots: u32,
    /// Of these, slots that are held, and stay held for as long as the next exchange may come late ([`crate::SOON`]).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub held: u32,
    /// Of what it would hold, what the member was told last that it has a right to. The value notes that; members don't
    /// state it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub told: u32,
}

impl GuaranteedWant {
    pub(crate) fn is_any(&self) -> bool {
        self.slots > 0 || self.held > 0
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_zero(slots: &u32) -> bool {
    *slots == 0
}

/// Slots that all classes would hold.
pub(crate) fn wanted(wants: &[Want]) -> u32 {
    tally(wants.iter().map(|want| u64::from(want.slots)).sum::<u64>())
}

/// The least number of slots that is worth a move to or from a member that has or wants so many of a limit: chance alone
/// moves a want by its root, where it isn't said that single ones are worth it.
pub(crate) fn least_move(moves_singly: bool, allowed: u32, slots: u32) -> u32 {
    match moves_singly {
        true => 1,
        false => (allowed / 100).max(slots.isqrt()).max(1),
    }
}
