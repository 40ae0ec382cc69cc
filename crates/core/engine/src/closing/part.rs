//! What a refusal may be about, and the call that was refused.

use std::time::Duration;
use tollgate_model::{AttemptId, ClientId, EndpointId, RouteId, TokenId};

/// What a refusal may be about. The narrowest is the least.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Part {
    Token(TokenId),
    /// An endpoint that calls on a route ask for.
    Endpoint(RouteId, EndpointId),
    Client(ClientId),
    /// All that calls on a route ask for.
    Upstream(RouteId),
}

/// A call, as far as its answer is evidence.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    pub(crate) attempt: AttemptId,
    /// Slots that the call takes of a window.
    pub(crate) cost: u32,
    /// The parts that the call has passed, the narrowest first.
    pub(crate) parts: [Option<Part>; 4],
}

/// How long a refusal may close something.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pauses {
    /// What the upstream asks for.
    pub(crate) asked: Option<Duration>,
    /// The pause where it asks for nothing.
    pub(crate) first: Duration,
    /// The longest period of the call's limits.
    pub(crate) longest: Duration,
    /// Slots that are taken of the window of this period, by calls that were not refused.
    pub(crate) counted: u32,
}

impl Pauses {
    /// These pauses, where no more slots than these have been taken, if that is known.
    pub(super) fn having_counted(self, most: Option<u32>) -> Self {
        Self {
            counted: most.map_or(self.counted, |most| self.counted.min(most)),
            ..self
        }
    }

    /// What the upstream asks for, as far as that is plausible: where it is more than ten of the longest
    /// periods, and a thousandth of it is no more than one, some write milliseconds where seconds are meant.
    pub(crate) fn plausible(&self) -> Option<Duration> {
        let in_millis =
            |asked: Duration| asked > self.longest * 10 && asked / 1_000 <= self.longest;
        self.asked.map(|asked| {
            if in_millis(asked) {
                asked / 1_000
            } else {
                asked
            }
        })
    }
}

/// What a refusal has led to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Effect {
    /// Nothing is closed.
    Alone,
    /// Something that the call has passed had been closed since it was sent.
    Known,
    /// This part is to be shut.
    Closed(Part),
}
