//! The present, by two clocks.

use std::time::Instant;
use tollgate_definitions::wall_time;
use tollgate_store::WallTime;

/// An instant, by the clock that measures spans and by the one that the store's times are of.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// By the clock that only moves forward.
    pub instant: Instant,
    /// By the wall's.
    pub wall: WallTime,
}

impl Now {
    /// The present.
    #[must_use]
    pub fn read() -> Self {
        Self {
            instant: Instant::now(),
            wall: wall_time(),
        }
    }
}
