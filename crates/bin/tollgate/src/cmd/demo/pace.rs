//! How much faster time passes in the demo than at the platform.

use std::time::Duration;

/// How long a minute of the platform's takes here, and how many calls the organisation has in it. Windows, deadlines and
/// latencies are shorter by the same factor.
#[derive(Clone, Copy)]
pub(super) struct Pace {
    seconds: u32,
    organisation: u32,
}

impl Pace {
    /// Of one process: nothing in it takes longer than a step of a call. The platform's default limit.
    pub(super) const FAST: Self = Self {
        seconds: 2,
        organisation: 3_000,
    };
    /// Of several nodes, whose renewals and pauses take as long as ever, however fast the platform's time passes. The
    /// limit is less than what the load asks for, so that it matters which node has which part.
    pub(super) const OF_NODES: Self = Self {
        seconds: 6,
        organisation: 900,
    };

    /// A minute of the platform's.
    pub(super) fn minute(self) -> Duration {
        self.minutes(1.0)
    }

    /// A minute of the platform's, in seconds.
    pub(super) const fn seconds(self) -> u32 {
        self.seconds
    }

    /// So many minutes of the platform's.
    pub(super) fn minutes(self, minutes: f64) -> Duration {
        Duration::from_secs(self.seconds.into()).mul_f64(minutes)
    }

    /// How much faster time passes here.
    pub(super) const fn speed(self) -> u32 {
        60 / self.seconds
    }

    /// Calls of the organisation in a minute.
    pub(super) const fn organisation(self) -> u32 {
        self.organisation
    }
}
