//! What is asked of a limit, and used of it: what is told to whoever shares limits out among processes.

use std::time::Duration;

/// What one class asks of a limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ClassDemand {
    /// The class; 0 goes first.
    pub class: u8,
    /// The sum of the weights of its flows that have asked since the process began.
    pub weight: u32,
    /// Slots that its calls have asked for since the process began. It only rises.
    pub asked: u64,
    /// Slots of its calls that wait.
    pub waiting: u64,
    /// Slots of its calls under way.
    pub open: u64,
}

/// What a flow asks for that a part of a limit is guaranteed to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FlowDemand {
    /// Its name, which is the same in every process.
    pub flow: String,
    /// Its class.
    pub class: u8,
    /// Starts that are guaranteed to it in any period of the limit's, in all processes together.
    pub guarantee: u32,
    /// Its calls under the limit since the process began. It only rises.
    pub asked: u64,
    /// Its calls that wait.
    pub waiting: u64,
    /// Its starts by right of the guarantee that still count.
    pub used: LimitUse,
}

/// What is used of a limit now, in slots.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LimitUse {
    /// The window's length; none for a limit on calls at once.
    pub period: Option<Duration>,
    /// Slots that are held.
    pub held: u32,
    /// Of these, held still when the span is over that was asked about.
    pub stay: u32,
}

/// What is asked of all tokens of a client together, and used of them: slots of the limit of each token that is the scarcest.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TokensUse {
    /// What is asked, all classes as one.
    pub asked: ClassDemand,
    /// What is used.
    pub used: LimitUse,
    /// Slots that one token has; [`u32::MAX`] where tokens have no limit.
    pub of_token: u32,
    /// Slots that wider limits let be used in the limit's period.
    pub wider: u32,
}
