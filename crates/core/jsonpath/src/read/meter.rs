//! Counting what a reading costs.
//!
//! Each place looked at is a step. The meter is told of them in lots, no larger than what it grants without a
//! look, and before whatever else is asked of it.

use super::Reader;
use crate::MAX_VISITS;
use crate::stop::Stop;
use tollgate_meter::{BYTES_PER_STEP, Meter};

impl<'m> Reader<'m> {
    #[inline]
    pub(crate) fn visit<'p>(&mut self) -> Result<(), Stop<'p>> {
        self.charge(1)
    }

    /// Counts so many places.
    #[inline]
    pub(crate) fn charge<'p>(&mut self, places: usize) -> Result<(), Stop<'p>> {
        self.visits = self.visits.saturating_add(places);
        if self.visits > self.free_until {
            return self.ask();
        }
        Ok(())
    }

    /// Counts the bytes of texts that are compared.
    #[inline]
    pub(crate) fn work<'p>(&mut self, bytes: usize) -> Result<(), Stop<'p>> {
        self.charge(bytes / BYTES_PER_STEP as usize)
    }

    #[cold]
    fn ask<'p>(&mut self) -> Result<(), Stop<'p>> {
        if self.visits > MAX_VISITS {
            return Err(Stop::TooLarge(
                &"the path looks at too many places of the document",
            ));
        }
        self.settled()?;
        let lot = usize::try_from(self.meter.steps_at_once()).unwrap_or(usize::MAX);
        self.free_until = self.visits.saturating_add(lot).min(MAX_VISITS);
        Ok(())
    }

    /// The meter, after it was told of all visits.
    #[inline]
    pub(crate) fn settled<'p>(&mut self) -> Result<&'m Meter, Stop<'p>> {
        let new = self.visits - self.settled;
        self.settled = self.visits;
        self.free_until = self.visits;
        if new > 0 {
            self.meter.steps(new as u64)?;
        }
        Ok(self.meter)
    }
}
