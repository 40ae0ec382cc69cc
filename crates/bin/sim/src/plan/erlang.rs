//! Erlang's C: the chance to wait for one of c servers.
//!
//! Exact up to a million servers; above, by Halfin and Whitt's limit, which is exact to a thousandth
//! long before.

use crate::latency::normal_below;

/// A queue with as many servers as a limit has slots.
#[derive(Clone, Copy, Debug)]
pub(super) struct Queue {
    /// Servers busy on the average, were there enough.
    offered: f64,
    servers: f64,
}

impl Queue {
    pub(super) fn new(offered: f64, servers: f64) -> Self {
        Self { offered, servers }
    }

    /// Servers up to which the recursion is followed.
    const EXACT: f64 = 1e6;

    /// The chance to wait; none if the queue grows for ever.
    pub(super) fn waits(self) -> Option<f64> {
        if self.offered >= self.servers {
            return None;
        }
        if self.servers > Self::EXACT {
            let spare = (self.servers - self.offered) / self.offered.max(1.0).sqrt();
            let density = (-spare * spare / 2.0).exp() / std::f64::consts::TAU.sqrt();
            return Some(density / (density + spare * normal_below(spare)));
        }
        // Erlang's B by its recursion over the servers, then C from B.
        let (offered, mut blocked, mut n) = (self.offered, 1.0, 0.0);
        while n < self.servers.floor() {
            n += 1.0;
            blocked = offered * blocked / (n + offered * blocked);
        }
        let load = offered / self.servers;
        Some(blocked / (1.0 - load * (1.0 - blocked)))
    }

    /// Mean wait for memoryless service of this mean length, in its unit.
    pub(super) fn mean_wait(self, service: f64) -> Option<f64> {
        Some(self.waits()? * service / (self.servers - self.offered))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        // One server waits with the chance of its load; two: 2ρ²/(1+ρ).
        let waits = |offered, servers| Queue::new(offered, servers).waits();
        assert!((waits(0.7, 1.0).unwrap() - 0.7).abs() < 1e-12);
        assert!((waits(1.6, 2.0).unwrap() - 2.0 * 0.64 / 1.8).abs() < 1e-12);
        assert_eq!(waits(2.0, 2.0), None);
        // Where both can be asked, the limit agrees with the recursion.
        let (exact, limit) = (waits(998_500.0, 1e6), waits(998_500.0, 1e6 + 1e-3));
        assert!(
            (exact.unwrap() / limit.unwrap() - 1.0).abs() < 2e-3,
            "{exact:?} {limit:?}"
        );
        assert_eq!(waits(5.0, 4e12), Some(0.0));
        let wait = Queue::new(0.5, 1.0).mean_wait(3.0).unwrap();
        assert!((wait - 3.0).abs() < 1e-12, "ρ/(1−ρ)·s = {wait}");
    }
}
