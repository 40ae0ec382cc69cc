//! Flows: the text as saved, and every version published of it.

use super::{By, EntityId, Expected, NameFilter, Page, PageRequest, Sort, Version, WallTime};
use crate::error::StoreResult;
use async_trait::async_trait;

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

/// Flows.
#[async_trait]
pub trait Flows {
    /// Makes one.
    ///
    /// # Errors
    /// `Conflict` for a taken id or name.
    async fn create_flow(&self, new: NewFlow, by: &By) -> StoreResult<Flow>;
    /// One by id.
    async fn flow(&self, id: &EntityId) -> StoreResult<Flow>;
    /// One by type and name, whatever the name's case.
    async fn flow_named(&self, flow_type: &str, name: &str) -> StoreResult<Flow>;
    /// A page of them.
    async fn list_flows(&self, query: &FlowQuery) -> StoreResult<Page<Flow>>;
    /// Saves it anew. What is published stays.
    ///
    /// # Errors
    /// `NotFound`, `Stale`, `Conflict`.
    async fn update_flow(
        &self,
        id: &EntityId,
        expected: Expected,
        body: FlowBody,
        by: &By,
    ) -> StoreResult<Flow>;
    /// Publishes what is saved, as the next version.
    ///
    /// # Errors
    /// `NotFound`, `Stale`; `Full` past [`crate::limits::VERSIONS_PER_FLOW`].
    async fn publish_flow(
        &self,
        id: &EntityId,
        expected: Expected,
        by: &By,
    ) -> StoreResult<FlowVersion>;
    /// A published version.
    ///
    /// # Errors
    /// `NotFound` for flow or number.
    async fn flow_version(&self, id: &EntityId, number: u32) -> StoreResult<FlowVersion>;
    /// A page of published versions, the newest first.
    async fn list_flow_versions(
        &self,
        id: &EntityId,
        page: PageRequest,
    ) -> StoreResult<Page<FlowVersion>>;
    /// Removes a flow and its versions.
    ///
    /// # Errors
    /// `NotFound`, `Stale`.
    async fn delete_flow(&self, id: &EntityId, expected: Expected, by: &By) -> StoreResult<()>;
}
