//! Limits that several processes share.

use super::Pump;
use std::time::Duration;
use tollgate_engine::{GivenBack, LimitDemand, NoSuchEntry};
use tollgate_model::{Instant, LimitId};

impl Pump {
    /// Gives back some of this process's part of a limit.
    pub(crate) fn give_back(
        &mut self,
        limit: LimitId,
        slots: u32,
    ) -> Result<GivenBack, NoSuchEntry> {
        if limit.index() >= self.engine.config().limits.len() {
            return Err(NoSuchEntry);
        }
        Ok(self.engine.give_back(limit, slots, self.clock.now()))
    }

    /// What is asked for of each shared limit, and when.
    pub(crate) fn demand(&self, soon: Duration) -> (Instant, Vec<LimitDemand>) {
        let now = self.clock.now();
        (now, self.engine.demand(soon, now))
    }
}
