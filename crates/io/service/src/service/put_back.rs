//! What is worked on when the service ends, and can be gone on with later, by this node or another one.

use super::Service;
use std::time::Duration;

/// Of the time that executions have to end, at most so much is kept for putting back jobs.
const PUT_BACK: Duration = Duration::from_secs(1);

impl Service {
    /// Takes no further jobs, lets those under way come to their ends, and puts back what isn't over before that
    /// time is; true if nothing is left.
    pub(super) async fn drain_jobs(&self, within: Duration) -> bool {
        let Some(jobs) = &self.jobs else { return true };
        let end = tokio::time::Instant::now() + within;
        jobs.drain(end - (within / 4).min(PUT_BACK), end).await
    }

    /// Puts back the transfers that are worked on; true if nothing is left.
    pub(super) async fn drain_transfers(&self, within: Duration) -> bool {
        match &self.transfers {
            Some(transfers) => transfers.drain(within).await,
            None => true,
        }
    }
}
