//! Numbers of calls: one, and a range from the least to the most.

use std::fmt;

/// A number of calls, or no bound.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Count {
    /// So many.
    Finite(u64),
    /// As many as the run goes on.
    Unbounded,
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Count::Finite(count) => count.fmt(f),
            Count::Unbounded => f.write_str("unbounded"),
        }
    }
}

impl Count {
    pub(super) const ZERO: Count = Count::Finite(0);

    pub(super) fn plus(self, other: Count) -> Count {
        match (self, other) {
            (Count::Finite(l), Count::Finite(r)) => Count::Finite(l.saturating_add(r)),
            _ => Count::Unbounded,
        }
    }

    pub(super) fn times(self, rounds: Count) -> Count {
        match (self, rounds) {
            (Count::Finite(0), _) | (_, Count::Finite(0)) => Count::ZERO,
            (Count::Finite(l), Count::Finite(r)) => Count::Finite(l.saturating_mul(r)),
            _ => Count::Unbounded,
        }
    }
}

/// The least and the most calls on any of several ways.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Range {
    pub(super) least: u64,
    pub(super) most: Count,
}

impl Range {
    /// No call.
    pub(super) const NONE: Range = Range {
        least: 0,
        most: Count::ZERO,
    };
    /// One call.
    pub(super) const ONE: Range = Range {
        least: 1,
        most: Count::Finite(1),
    };

    /// The calls of these ways, each followed by one of the ways of `after`.
    pub(super) fn then(self, after: Range) -> Range {
        Range {
            least: self.least.saturating_add(after.least),
            most: self.most.plus(after.most),
        }
    }

    /// The calls of these ways or of the ways of `other`.
    pub(super) fn or(self, other: Range) -> Range {
        Range {
            least: self.least.min(other.least),
            most: self.most.max(other.most),
        }
    }
}
