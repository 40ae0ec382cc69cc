//! How long a call takes, and what strikes it.

use super::Platform;
use crate::{Counted, Fault, Slowing};
use std::time::Duration;
use tollgate_model::Instant;

impl Platform {
    /// How long a call takes that begins now, and what strikes it.
    pub(super) fn fate(
        &mut self,
        takes: Option<&mut dyn FnMut() -> Duration>,
        now: Instant,
    ) -> (Duration, Option<Fault>) {
        let faults = self.config.faults;
        let mut latency = match (takes, self.config.counted) {
            (Some(takes), _) => takes(),
            (None, Counted::OnArrival) => self.config.latency.draw(&mut self.random),
            (None, Counted::AtAnswer) => Duration::ZERO,
        };
        if self.random.percent(faults.slow_percent) {
            latency *= 10;
        }
        let fault = if self.random.percent(faults.unavailable_percent) {
            Some(Fault::Unavailable)
        } else if self.random.percent(faults.dropped_percent) {
            Some(Fault::Dropped)
        } else {
            None
        };
        if let Slowing::Thrashing(knee) = self.config.slowing {
            let crowd = f64::from(self.under_way) / f64::from(knee.max(1));
            latency = latency.mul_f64(1.0 + crowd * crowd);
        }
        if let Some(free) = self.workers.iter_mut().min() {
            *free = (*free).max(now) + latency;
            latency = free.since(now);
        }
        (latency, fault)
    }
}
