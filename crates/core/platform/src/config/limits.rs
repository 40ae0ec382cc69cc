//! Limits of any kind.

use crate::Window;
use std::time::Duration;

/// A limit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Law {
    /// Whose calls count together.
    pub whose: Whose,
    /// The clients whose calls it concerns, by their place in the configuration; none for all.
    pub clients: Vec<usize>,
    /// The calls that it concerns.
    pub paths: Paths,
    /// How it counts, and up to what.
    pub kind: Kind,
    /// What it becomes, the earliest first.
    pub steps: Vec<Step>,
    /// The steps begin anew after so long.
    pub again: Option<Duration>,
    /// Whether headers speak of it.
    pub shown: bool,
    /// Whether a call that it turns away counts under it all the same.
    pub counts_refused: bool,
}

impl Law {
    /// A limit on all calls of each of `whose`, of which headers speak.
    #[must_use]
    pub const fn new(whose: Whose, kind: Kind) -> Self {
        Self {
            whose,
            clients: Vec::new(),
            paths: Paths::All,
            kind,
            steps: Vec::new(),
            again: None,
            shown: true,
            counts_refused: false,
        }
    }

    /// The same, in no header.
    #[must_use]
    pub fn hidden(self) -> Self {
        Self {
            shown: false,
            ..self
        }
    }

    /// What holds so long after the beginning.
    #[must_use]
    pub fn at(&self, since: Duration) -> Kind {
        let since = match self.again {
            Some(again) if !again.is_zero() => {
                Duration::from_nanos((since.as_nanos() % again.as_nanos()) as u64)
            }
            _ => since,
        };
        let step = self
            .steps
            .iter()
            .take_while(|step| step.from <= since)
            .last();
        step.map_or(self.kind, |step| step.kind)
    }
}

/// Whose calls count together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Whose {
    /// Those with one token.
    Token,
    /// Those with any token of one client.
    Client,
    /// All.
    Organisation,
}

/// Which calls a limit concerns.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Paths {
    /// All.
    #[default]
    All,
    /// Those of one method, or of any if none is named, whose path begins like this.
    Under {
        /// In capitals.
        method: Option<String>,
        /// As `/api/v2/users`.
        prefix: String,
    },
    /// All, but those of each method and path count by themselves.
    Each,
}

/// What a limit becomes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step {
    /// When, from the first call or token on.
    pub from: Duration,
    /// What holds from then on. What was counted stays counted if both count alike.
    pub kind: Kind,
}

/// How a limit counts, and up to what.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// One window after another, opening as the provider's alignment says.
    Fixed(Window),
    /// No span of the period counts more, wherever it begins.
    Sliding(Window),
    /// Fixed windows, where the last one counts in part as long as it would overlap a sliding one.
    Weighted(Window),
    /// A token bucket; with a burst of 1, a leaky bucket.
    Bucket {
        /// What it holds when it is full.
        burst: u32,
        /// What comes back, evenly.
        refill: Window,
    },
    /// Calls at once.
    Concurrency(u32),
}

impl Kind {
    /// Calls a second that it lets pass in the long run; none if that depends on how long calls take.
    #[must_use]
    pub fn rate(self) -> Option<f64> {
        match self {
            Self::Fixed(window) | Self::Sliding(window) => Some(window.rate()),
            // The last of the allowed calls would have to wait until nothing is left of the window before, and so
            // until its own is over; one call alone waits for a window in between.
            Self::Weighted(window) => Some(match window.allowed {
                1 => window.rate() / 2.0,
                allowed => f64::from(allowed.saturating_sub(1)) / window.period.as_secs_f64(),
            }),
            Self::Bucket { refill, .. } => Some(refill.rate()),
            Self::Concurrency(_) => None,
        }
    }
}

impl Window {
    /// Calls a second, on the average.
    #[must_use]
    pub fn rate(self) -> f64 {
        f64::from(self.allowed) / self.period.as_secs_f64()
    }
}
