//! The handle on a node's part in a cluster.

use crate::task::Task;
use crate::trips::RoundTrips;
use crate::{LeaseState, Setup, Status};
use prometheus_client::metrics::histogram::Histogram;
use std::time::Duration;
use tokio::sync::watch;
use tollgate_model::Instant;

/// A node's part in a cluster.
#[derive(Debug)]
pub struct Cluster {
    status: watch::Receiver<Status>,
    leaving: watch::Sender<bool>,
    trips: RoundTrips,
}

impl Cluster {
    /// The handle, and the task that does it all until it is dropped or has left.
    pub fn new(setup: Setup) -> (Self, impl Future<Output = ()> + Send) {
        let (seen, status) = watch::channel(Status::new(
            setup.member.to_string(),
            setup.store.kind(),
            setup.lease,
            setup.driver.now(),
        ));
        let (leaving, leaves) = watch::channel(false);
        let trips = RoundTrips::new();
        let task = Task::new(setup, trips.clone(), seen, leaves);
        let cluster = Self {
            status,
            leaving,
            trips,
        };
        (cluster, task.run())
    }

    /// What the node knows of its part.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status.borrow().clone()
    }

    /// What whoever runs the node should know; see [`Status::notice`].
    #[must_use]
    pub fn notice(&self, now: Instant) -> Option<&'static str> {
        self.status.borrow().notice(now)
    }

    /// How the node stands with its part of the shared limits.
    #[must_use]
    pub fn lease_state(&self, now: Instant) -> LeaseState {
        self.status.borrow().lease_state(now)
    }

    /// How long the store took to answer, or to fail, in seconds.
    #[must_use]
    pub fn round_trips(&self) -> &Histogram {
        &self.trips.0
    }

    /// Waits until the store has answered for the first time; false if it hasn't within that time.
    pub async fn joined(&self, within: Duration) -> bool {
        let mut status = self.status.clone();
        let joined = status.wait_for(|status| status.exchanged_at.is_some());
        matches!(tokio::time::timeout(within, joined).await, Ok(Ok(_)))
    }

    /// Gives all back, so that the other nodes have it at once. To be called when nothing is under way any more. False if
    /// it could not be done within that time: then the others have it when the leases have ended, and the calls' tails.
    pub async fn leave(&self, within: Duration) -> bool {
        self.leaving.send_replace(true);
        let mut status = self.status.clone();
        // The task ends when all is given back, and its status with it.
        let gone = async { while status.changed().await.is_ok() {} };
        tokio::time::timeout(within, gone).await.is_ok()
    }
}
