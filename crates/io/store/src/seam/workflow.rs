//! Workflows, and every version published of them. A workflow has no text of its own: what it does is said by its
//! versions, and one is there from its first moment on.

use super::{JsonText, WallTime};
use crate::id::{EntityId, Version};

/// A workflow's file that is to be published: as the first version of a new workflow, or as the next of the one that
/// has this type and name.
#[derive(Clone, Debug)]
pub struct NewWorkflowVersion {
    /// The type as Architect names it (`inboundCall`, `workflow`, …).
    pub kind: String,
    /// The name, unique within the type whatever its case.
    pub name: String,
    /// Notes of the author's.
    pub description: String,
    /// The workflow's file, at most [`crate::limits::DOCUMENT_BYTES`].
    pub yaml: String,
    /// The input variables, as JSON Schema.
    pub input_schema: JsonText,
    /// The output variables, likewise.
    pub output_schema: JsonText,
}

/// A stored workflow: what Architect calls a flow.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Workflow {
    /// The id.
    pub id: EntityId,
    /// The type as Architect names it. It never changes.
    pub kind: String,
    /// The name, as it was published last.
    pub name: String,
    /// Notes of the author's, likewise.
    pub description: String,
    /// Number of the version that was published last, from 1.
    pub published: u32,
    /// Whether it may be begun; a workflow is active from each publishing until it is deactivated.
    pub active: bool,
    /// How often the workflow was written.
    pub version: Version,
    /// When the workflow was made.
    pub created: WallTime,
    /// When the workflow was last written.
    pub modified: WallTime,
}

/// A published version of a workflow, without its text. It never changes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WorkflowVersion {
    /// The number among the versions of the workflow, from 1.
    pub number: u32,
    /// When the version was published.
    pub published: WallTime,
    /// When the next version was published; `None` for the last.
    pub ended: Option<WallTime>,
    /// Who published the version, as the audit log names actors.
    pub published_by: String,
    /// The input variables, as JSON Schema; `None` where the version was published before schemas were kept.
    pub input_schema: Option<JsonText>,
    /// The output variables, likewise.
    pub output_schema: Option<JsonText>,
}

/// A workflow, and the version of it that was published last.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PublishedWorkflow {
    /// The workflow.
    pub workflow: Workflow,
    /// Its last version.
    pub last: WorkflowVersion,
}
