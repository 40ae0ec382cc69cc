//! Workflows: the text as saved, and every version published of it.

use super::{NameFilter, PageRequest, Sort, WallTime};
use crate::id::{EntityId, Version};

/// A new workflow, saved and not yet published.
#[derive(Clone, Debug)]
pub struct NewWorkflow {
    /// The id, which no workflow may have yet.
    pub id: EntityId,
    /// The type as Architect names it (`inboundCall`, `workflow`, …). It never changes.
    pub kind: String,
    /// What an update may change later.
    pub body: WorkflowBody,
}

/// What an update of a workflow replaces.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WorkflowBody {
    /// The name, unique within the type whatever its case.
    pub name: String,
    /// Notes of the author's.
    pub description: String,
    /// The workflow's file as saved, at most [`crate::limits::DOCUMENT_BYTES`].
    pub yaml: String,
}

/// A stored workflow: what Architect calls a flow.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Workflow {
    /// The id.
    pub id: EntityId,
    /// The type as Architect names it.
    pub kind: String,
    /// What was saved last, published or not.
    pub body: WorkflowBody,
    /// How often the workflow was saved or published.
    pub version: Version,
    /// Number of the version that was published last, from 1; `None` before the first.
    pub published: Option<u32>,
    /// When the workflow was made.
    pub created: WallTime,
    /// When the workflow was last saved or published.
    pub modified: WallTime,
}

/// A published version of a workflow. It never changes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WorkflowVersion {
    /// The number among the versions of the workflow, from 1.
    pub number: u32,
    /// The workflow's file as it was published.
    pub yaml: String,
    /// When the version was published.
    pub published: WallTime,
    /// Who published the version, as the audit log names actors.
    pub published_by: String,
}

/// What a list of workflows is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum WorkflowSort {
    /// The name, whatever its case.
    #[default]
    Name,
    /// The type.
    Type,
    /// The time of the last change.
    Modified,
}

/// Which workflows a list has; a filter that is `None` lets all pass.
#[derive(Clone, Debug, Default)]
pub struct WorkflowQuery {
    /// A filter on the name.
    pub name: Option<NameFilter>,
    /// The type of the workflows.
    pub kind: Option<String>,
    /// The order of the list.
    pub sort: Sort<WorkflowSort>,
    /// Which page of the list.
    pub page: PageRequest,
}
