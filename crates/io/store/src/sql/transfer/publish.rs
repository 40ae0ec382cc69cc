//! Workflows that clients bring: published in the transaction that ends the transfer.

use super::claim::{end_well, is_held};
use crate::error::StoreResult;
use crate::seam::{Author, JsonText, NewWorkflowVersion, PublishedWorkflow, TransferClaim};
use crate::sql::workflow;
use crate::store::Store;

impl Store {
    /// Publishes a workflow as [`Self::publish_workflow`] does, and ends the transfer that brought it well, with what
    /// `report` says of it. False if the claim is lost; nothing is changed then.
    ///
    /// # Errors
    /// As of [`Self::publish_workflow`].
    pub async fn end_publish(
        &self,
        claim: &TransferClaim,
        new: NewWorkflowVersion,
        by: &Author,
        report: impl FnOnce(&PublishedWorkflow) -> JsonText,
    ) -> StoreResult<bool> {
        workflow::check(&new)?;
        self.change(async |tx| {
            if !is_held(tx, claim).await? {
                return Ok(false);
            }
            let published = workflow::publish(tx, new, by).await?;
            end_well(tx, claim, report(&published), by.at).await
        })
        .await
    }
}
