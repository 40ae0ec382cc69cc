//! How a workflow's text becomes a version: read and compiled by the workers, then published in one transaction.

use super::found::Known;
use super::shapes::Flow;
use crate::changes::managed;
use crate::error::ApiError;
use http::StatusCode;
use tollgate_architect::Problems;
use tollgate_definitions::WorkflowError;
use tollgate_store::Author;

/// A workflow that was published.
pub(super) struct Published {
    pub(super) flow: Flow,
    /// What isn't known of it here, and what may surprise, each with its place.
    pub(super) problems: Problems,
}

/// Publishes the workflow that a text says.
pub(super) async fn publish(
    known: &Known,
    yaml: String,
    by: &Author,
) -> Result<Published, ApiError> {
    let (new, problems) = known.workflows.to_publish(yaml).await?;
    let published = known.live.store()?.publish_workflow(new, by).await?;
    Ok(Published {
        flow: known.show(&published),
        problems,
    })
}

impl From<WorkflowError> for ApiError {
    fn from(error: WorkflowError) -> Self {
        let message = error.to_string();
        match error {
            WorkflowError::Invalid(problems) => {
                let problems = problems.as_slice().iter().map(ToString::to_string);
                let problems = problems.collect();
                Self::new(StatusCode::BAD_REQUEST, "flow.invalid", message).because(problems)
            }
            WorkflowError::OfAFile(_) => managed("workflow"),
            WorkflowError::Store(error) => error.into(),
            WorkflowError::Workers(refused) => refused.into(),
        }
    }
}
