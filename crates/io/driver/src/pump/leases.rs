//! Limits that several processes share.

use super::Pump;
use crate::Demands;
use std::time::Duration;
use tollgate_engine::{GivenBack, NoSuchEntry};
use tollgate_model::LimitId;

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

    /// What is asked for of all that processes may share, and when.
    pub(crate) fn demand(&self, soon: Duration) -> Demands {
        let now = self.clock.now();
        Demands {
            now,
            limits: self.engine.demand(soon, now),
            tokens: self.engine.token_demand(soon, now),
        }
    }
}
