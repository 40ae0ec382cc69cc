//! What an answer says of a limit, and what follows from its word.

use crate::ledger::header::Header;
use std::time::Duration;
use tollgate_model::Instant;

/// What an answer says of a limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Announcement {
    /// The header family, by a number of the caller's.
    pub family: u8,
    /// Slots that the window allows.
    pub allowed: u32,
    /// Its count and its end.
    pub header: Header,
    /// The call was refused, so it was not counted.
    pub refused: bool,
}

/// A number and a period.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Span {
    /// Slots per window.
    pub allowed: u32,
    /// The window's length.
    pub period: Duration,
}

/// What follows from an answer's word.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Verdict {
    /// The word agrees with those before it, so its count and its end may be used.
    pub sound: bool,
    /// Its window seems to close after the first and no later than the second, sooner than a period after
    /// its opening, and nobody looks yet.
    pub look_at: Option<(Instant, Instant)>,
    /// This is in force from now on.
    pub change: Option<Span>,
}

/// What is in force, and what was configured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Numbers {
    pub(crate) configured: Span,
    pub(crate) in_force: Span,
    /// The configured number is the most that may be in force.
    pub(crate) is_ceiling: bool,
}

impl Numbers {
    pub(super) fn periods(&self) -> Periods {
        Periods {
            configured: self.configured.period,
            in_force: self.in_force.period,
        }
    }
}

/// The length of windows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Periods {
    pub(super) configured: Duration,
    pub(super) in_force: Duration,
}
