//! Workflows that clients bring: published in the transaction that ends the transfer.

use super::claim::{end, is_held};
use crate::error::StoreResult;
use crate::seam::{
    Author, EndedTransfer, JsonText, NewWorkflowVersion, PublishedWorkflow, TransferClaim,
};
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
            let how = EndedTransfer {
                succeeded: true,
                report: report(&published),
                at: by.at,
                // There is nothing to be fetched.
                link_until: by.at,
            };
            end(tx, claim, &how).await
        })
        .await
    }
}
