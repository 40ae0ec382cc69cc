//! Flows: the text as saved, and every version published of it.

use super::{NameFilter, PageRequest, Sort, WallTime};
use crate::id::{EntityId, Version};

/// A new flow, saved and not yet published.
#[derive(Clone, Debug)]
pub struct NewFlow {
    /// Its id.
    pub id: EntityId,
    /// Its type (`inboundCall`, `workflow`, …). It never changes.
    pub flow_type: String,
    /// The rest.
    pub body: FlowBody,
}

/// What an update may change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FlowBody {
    /// Name, unique within the type whatever its case.
    pub name: String,
    /// Free text.
    pub description: String,
    /// The flow file as saved, at most [`crate::limits::DOCUMENT_BYTES`].
    pub yaml: String,
}

/// A stored flow.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Flow {
    /// Its id.
    pub id: EntityId,
    /// Its type.
    pub flow_type: String,
    /// What is saved.
    pub body: FlowBody,
    /// Version of what is saved.
    pub version: Version,
    /// Number of the version published last, from 1.
    pub published: Option<u32>,
    /// When it was made.
    pub created: WallTime,
    /// When it was last saved or published.
    pub modified: WallTime,
}

/// A published version. It never changes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FlowVersion {
    /// Its number, from 1.
    pub number: u32,
    /// The text.
    pub yaml: String,
    /// When it was published.
    pub published: WallTime,
    /// By whom.
    pub published_by: String,
}

/// Order of a list of flows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum FlowSort {
    /// By name, whatever its case.
    #[default]
    Name,
    /// By type.
    Type,
    /// By time of the last change.
    Modified,
}

/// Which flows.
#[derive(Clone, Debug, Default)]
pub struct FlowQuery {
    /// By name.
    pub name: Option<NameFilter>,
    /// By type.
    pub flow_type: Option<String>,
    /// Order.
    pub sort: Sort<FlowSort>,
    /// Part.
    pub page: PageRequest,
}
