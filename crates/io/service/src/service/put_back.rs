//! What is worked on when the service ends, and can be gone on with later, by this node or another one.

use super::Service;
use std::sync::Arc;
use std::time::Duration;
use tollgate_cluster::Cluster;

/// Of the time that executions have to end, at most so much is kept for putting back jobs.
const PUT_BACK: Duration = Duration::from_secs(1);

/// Gives this node's part of the shared limits back to the others.
pub(super) async fn leave(cluster: &Cluster, within: Duration) {
    if !cluster.leave(within).await {
        tracing::warn!(
            "the cluster was not left in time: the others have this node's part when its leases have ended"
        );
    }
}

impl Service {
    /// Takes no further jobs, lets those under way come to their ends, and puts back what isn't over before that
    /// time is; true if nothing is left.
    pub(super) async fn drain_jobs(&self, within: Duration) -> bool {
        let Some(jobs) = &self.jobs else { return true };
        let end = tokio::time::Instant::now() + within;
        jobs.drain(end - (within / 4).min(PUT_BACK), end).await
    }

    /// Waits until what was seen is in the system's hands.
    pub(super) async fn settle_history(&self, within: Duration) {
        let history = Arc::clone(&self.history);
        let settled = tokio::task::spawn_blocking(move || history.settle(within));
        if !settled.await.unwrap_or(false) {
            tracing::warn!("the last seconds of the history were not written in time");
        }
    }

    /// Puts back the transfers that are worked on; true if nothing is left.
    pub(super) async fn drain_transfers(&self, within: Duration) -> bool {
        match &self.transfers {
            Some(transfers) => transfers.drain(within).await,
            None => true,
        }
    }
}
