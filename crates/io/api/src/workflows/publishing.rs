//! How a workflow's text becomes a version: read and compiled by the workers, then published in one transaction. All
//! ways to publish one lead here.

use super::found::Known;
use super::shapes::Flow;
use crate::changes::managed;
use crate::error::ApiError;
use http::StatusCode;
use serde_json::Value;
use tollgate_architect::Problem;
use tollgate_definitions::WorkflowError;
use tollgate_store::{Author, JsonText, NewWorkflowVersion};

/// A workflow that was published.
pub(super) struct Published {
    pub(super) flow: Flow,
    /// What isn't known of it here, and what may surprise, each with its place.
    pub(super) problems: Vec<Problem>,
}

/// Publishes the workflow that a text says.
pub(super) async fn publish(
    known: &Known,
    yaml: String,
    by: &Author,
) -> Result<Published, ApiError> {
    let (workflow, yaml) = known.workflows.compile(yaml).await?;
    let in_files = known.workflows.files().library.get(workflow.name());
    if in_files.is_some_and(|it| it.kind() == workflow.kind()) {
        return Err(managed("workflow"));
    }
    let text = |schema: Value| JsonText::parse(schema.to_string());
    let new = NewWorkflowVersion {
        kind: workflow.kind().word().to_owned(),
        name: workflow.name().to_owned(),
        description: workflow.description().to_owned(),
        yaml,
        input_schema: text(workflow.input_schema())?,
        output_schema: text(workflow.output_schema())?,
    };
    let published = known.live.store()?.publish_workflow(new, by).await?;
    Ok(Published {
        flow: known.show(&published),
        problems: workflow.warnings().as_slice().to_vec(),
    })
}

impl From<WorkflowError> for ApiError {
    fn from(error: WorkflowError) -> Self {
        let message = error.to_string();
        match error {
            WorkflowError::Invalid(problems) => {
                Self::new(StatusCode::BAD_REQUEST, "flow.invalid", message).because(problems)
            }
            WorkflowError::Store(error) => error.into(),
            WorkflowError::Workers(refused) => refused.into(),
        }
    }
}
