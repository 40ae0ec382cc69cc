//! What is left free of a limit by configuration.

use tollgate_model::{count, tally};
use tollgate_quota::Ledger;

/// Calls of a limit that are left free for other applications.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Leave {
    /// This many calls per window, or at once.
    Calls(u32),
    /// A part of what the limit allows, in percent, rounded up to whole calls.
    Percent(f64),
}

impl Leave {
    /// Calls left free where so many are allowed. One is always for us.
    #[must_use]
    pub fn of(self, allowed: u32) -> u32 {
        let calls = match self {
            Self::Calls(calls) => calls,
            // Saturates; what is no number leaves nothing.
            Self::Percent(percent) => tally(count((f64::from(allowed) * percent / 100.0).ceil())),
        };
        calls.min(allowed.saturating_sub(1))
    }

    /// Slots of the ledger that are left free: of a leased limit our part of what is left free of all, rounded up.
    #[must_use]
    pub(crate) fn of_ledger(self, ledger: &Ledger) -> u32 {
        let (all, leased) = (self.of(ledger.allowed()), ledger.leased());
        if leased == ledger.allowed() {
            return all;
        }
        let part = u64::from(all) * u64::from(leased);
        let part = part.div_ceil(ledger.allowed().max(1).into());
        tally(part).min(leased.saturating_sub(1))
    }

    /// Reads `10 %`, with or without the space, or a number of calls. None if it is neither.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let Some(percent) = text.strip_suffix('%') else {
            return text.parse().ok().map(Self::Calls);
        };
        let percent = percent.trim_end().parse().ok();
        let percent = percent.filter(|percent| (0.0..100.0).contains(percent));
        percent.map(Self::Percent)
    }
}

/// As [`Leave::parse`] reads it.
impl std::fmt::Display for Leave {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Calls(calls) => calls.fmt(f),
            Self::Percent(percent) => write!(f, "{percent} %"),
        }
    }
}
