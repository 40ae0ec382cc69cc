//! What refusals have named of late. What follows from that: [`crate::named`].

use crate::call::Call;
use std::collections::VecDeque;
use std::time::Duration;
use tollgate_model::{AttemptId, Instant};

/// Headers round to whole seconds, and nobody says which way.
const ROUNDING: Duration = Duration::from_secs(1);

/// A window that a refusal's header says to be full.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FullWindow {
    /// Slots that it allows.
    pub allowed: u32,
    /// Time to its end, in whole seconds, rounded either way.
    pub reset: Duration,
}

/// A refusal that names a limit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Naming {
    pub(crate) attempt: AttemptId,
    pub(crate) batch: u32,
    pub(crate) call: Call,
    pub(crate) answered: Instant,
    pub(crate) window: FullWindow,
}

/// What refusals have named of late.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    pub(crate) namings: VecDeque<Naming>,
    /// Something was named since they were last looked at.
    pub(crate) is_fresh: bool,
}

impl Naming {
    /// The window ended after the first, and no later than the second.
    pub(crate) fn end(&self) -> (Instant, Instant) {
        let reset = self.window.reset;
        let earliest = (self.call.sent + reset).before(ROUNDING * 2);
        (earliest, self.answered + reset + ROUNDING)
    }
}
