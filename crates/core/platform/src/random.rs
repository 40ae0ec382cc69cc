//! A seeded stream (splitmix64).

use crate::Spread;
use std::time::Duration;

#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 up to but not 1.
    pub(crate) fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub(crate) fn percent(&mut self, chance: u8) -> bool {
        chance > 0 && self.next() % 100 < u64::from(chance)
    }

    pub(crate) fn span(&mut self, spread: Spread) -> Duration {
        let width = spread.to.saturating_sub(spread.from).as_nanos() as u64;
        if width == 0 {
            return spread.from;
        }
        spread.from + Duration::from_nanos(self.next() % (width + 1))
    }
}
