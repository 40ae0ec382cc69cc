//! Workflows and their published versions.

use super::check;
use super::list::Select;
use super::record::{self, Column, Record, absent, columns, found, select, versioned};
use crate::backend::{Row, values};
use crate::error::{Entity, StoreError, StoreResult};
use crate::id::{EntityId, Version};
use crate::limits;
use crate::seam::{By, Expected, Flow, FlowBody, FlowQuery, FlowSort, FlowVersion, NewFlow, Page};
use crate::store::Store;
use serde_json::json;

impl Record for Flow {
    const ENTITY: Entity = Entity::Flow;
    const TABLE: &'static str = "flow";
    const COLUMNS: &'static str =
        "id, flow_type, name, description, yaml, published, version, created, modified";
    const UNIQUE: &'static [&'static str] = &["flow_type", "name_key"];

    fn read(row: &mut Row) -> StoreResult<Self> {
        Ok(Self {
            id: row.id()?,
            flow_type: row.text()?,
            body: FlowBody {
                name: row.text()?,
                description: row.text()?,
                yaml: row.text()?,
            },
            published: row.maybe_int()?.and_then(|n| u32::try_from(n).ok()),
            version: row.version()?,
            created: row.time()?,
            modified: row.time()?,
        })
    }

    fn columns(&self) -> Vec<Column> {
        columns! {
            id: &self.id,
            flow_type: &self.flow_type,
            name: &self.body.name,
            name_key: check::key(&self.body.name),
            description: &self.body.description,
            yaml: &self.body.yaml,
            published: self.published,
            version: self.version,
            created: self.created,
            modified: self.modified,
        }
    }

    versioned! {}

    fn detail(&self) -> serde_json::Value {
        json!({
            "name": self.body.name,
            "type": self.flow_type,
            "version": self.version.0,
            "published": self.published,
        })
    }
}

impl Store {
    /// Makes a workflow, saved and not yet published.
    ///
    /// # Errors
    /// `Conflict` for a taken id, or for a name that is taken within the type.
    pub async fn create_flow(&self, new: NewFlow, by: &By) -> StoreResult<Flow> {
        check::name("type", &new.flow_type)?;
        check_body(&new.body)?;
        let made = Flow {
            id: new.id,
            flow_type: new.flow_type,
            body: new.body,
            version: Version::FIRST,
            published: None,
            created: by.at,
            modified: by.at,
        };
        self.create(made, by).await
    }

    /// The workflow with this id.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn flow(&self, id: &EntityId) -> StoreResult<Flow> {
        self.get(id).await
    }

    /// The workflow of this type and name; the name's case doesn't matter.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn flow_named(&self, flow_type: &str, name: &str) -> StoreResult<Flow> {
        let sql = select::<Flow>("flow_type = $1 AND name_key = $2");
        let row = self
            .first(&sql, values![flow_type, check::key(name)])
            .await?;
        found(row, format!("{flow_type}/{name}"))
    }

    /// A page of workflows.
    pub async fn list_flows(&self, query: &FlowQuery) -> StoreResult<Page<Flow>> {
        let order = match query.sort.key {
            FlowSort::Name => "name_key",
            FlowSort::Type => "flow_type",
            FlowSort::Modified => "modified",
        };
        Select::of::<Flow>()
            .name("name_key", query.name.as_ref())
            .compare("flow_type", "=", query.flow_type.as_ref())
            .page(
                self,
                (order, "id", query.sort.descending),
                query.page,
                Flow::read,
            )
            .await
    }

    /// Saves a workflow anew. What is published stays.
    ///
    /// # Errors
    /// `NotFound`, `Stale`, `Conflict`.
    pub async fn update_flow(
        &self,
        id: &EntityId,
        expected: Expected,
        body: FlowBody,
        by: &By,
    ) -> StoreResult<Flow> {
        check_body(&body)?;
        self.update(id, expected, by, |flow: &mut Flow| flow.body = body)
            .await
    }

    /// Publishes what is saved of a workflow, as its next version.
    ///
    /// # Errors
    /// `NotFound`, `Stale`; `Full` past [`limits::VERSIONS_PER_FLOW`].
    pub async fn publish_flow(
        &self,
        id: &EntityId,
        expected: Expected,
        by: &By,
    ) -> StoreResult<FlowVersion> {
        self.change(async |tx| {
            let mut flow: Flow = record::current(tx, id, expected).await?;
            let number = flow.published.unwrap_or(0).saturating_add(1);
            if number > limits::VERSIONS_PER_FLOW {
                return Err(StoreError::Full {
                    entity: Entity::FlowVersion,
                    limit: limits::VERSIONS_PER_FLOW.into(),
                });
            }
            flow.published = Some(number);
            flow.touch(by);
            record::replace(tx, &flow).await?;
            record::note(tx, by, "publish", &flow).await?;
            let made = FlowVersion {
                number,
                yaml: flow.body.yaml,
                published: by.at,
                published_by: by.actor.as_str().to_owned(),
            };
            let insert = "INSERT INTO flow_version (flow_id, number, yaml, published, published_by) \
                          VALUES ($1, $2, $3, $4, $5)";
            let row = values![id, number, &made.yaml, made.published, &made.published_by];
            tx.execute(insert, row).await?;
            Ok(made)
        })
        .await
    }

    /// The published version of a workflow that has this number.
    ///
    /// # Errors
    /// `NotFound` for workflow or number.
    pub async fn flow_version(&self, id: &EntityId, number: u32) -> StoreResult<FlowVersion> {
        let sql = "SELECT number, yaml, published, published_by FROM flow_version \
                   WHERE flow_id = $1 AND number = $2";
        let Some(mut row) = self.first(sql, values![id, number]).await? else {
            return Err(absent(Entity::FlowVersion, format!("{number} of {id}")));
        };
        Ok(FlowVersion {
            number: row.small()?,
            yaml: row.text()?,
            published: row.time()?,
            published_by: row.text()?,
        })
    }

    /// Removes a workflow and its published versions.
    ///
    /// # Errors
    /// `NotFound`, `Stale`.
    pub async fn delete_flow(&self, id: &EntityId, expected: Expected, by: &By) -> StoreResult<()> {
        self.change(async |tx| {
            let flow: Flow = record::current(tx, id, expected).await?;
            record::delete(tx, &flow, by).await
        })
        .await
    }
}

fn check_body(body: &FlowBody) -> StoreResult<()> {
    check::name("name", &body.name)?;
    check::text("description", &body.description)?;
    check::document("yaml", &body.yaml)
}
