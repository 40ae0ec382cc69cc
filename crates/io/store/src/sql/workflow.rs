//! Workflows and their published versions.

use super::check;
use super::list::Select;
use super::record::{self, Column, Record, absent, columns, found, select, versioned};
use crate::backend::{Row, values};
use crate::error::{Entity, StoreError, StoreResult};
use crate::id::{EntityId, Version};
use crate::limits;
use crate::seam::{
    By, Expected, NewWorkflow, Page, Workflow, WorkflowBody, WorkflowQuery, WorkflowSort,
    WorkflowVersion,
};
use crate::store::Store;
use serde_json::json;

impl Record for Workflow {
    const ENTITY: Entity = Entity::Workflow;
    const TABLE: &'static str = "flow";
    const COLUMNS: &'static str =
        "id, flow_type, name, description, yaml, published, version, created, modified";
    const UNIQUE: &'static [&'static str] = &["flow_type", "name_key"];

    fn read(row: &mut Row) -> StoreResult<Self> {
        Ok(Self {
            id: row.id()?,
            kind: row.text()?,
            body: WorkflowBody {
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
            flow_type: &self.kind,
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
            "type": self.kind,
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
    pub async fn create_workflow(&self, new: NewWorkflow, by: &By) -> StoreResult<Workflow> {
        check::name("type", &new.kind)?;
        check_body(&new.body)?;
        let made = Workflow {
            id: new.id,
            kind: new.kind,
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
    pub async fn workflow(&self, id: &EntityId) -> StoreResult<Workflow> {
        self.get(id).await
    }

    /// The workflow of this type and name; the name's case doesn't matter.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn workflow_named(&self, kind: &str, name: &str) -> StoreResult<Workflow> {
        let sql = select::<Workflow>("flow_type = $1 AND name_key = $2");
        let row = self.first(&sql, values![kind, check::key(name)]).await?;
        found(row, format!("{kind}/{name}"))
    }

    /// A page of workflows.
    pub async fn list_workflows(&self, query: &WorkflowQuery) -> StoreResult<Page<Workflow>> {
        let order = match query.sort.key {
            WorkflowSort::Name => "name_key",
            WorkflowSort::Type => "flow_type",
            WorkflowSort::Modified => "modified",
        };
        Select::of::<Workflow>()
            .name("name_key", query.name.as_ref())
            .compare("flow_type", "=", query.kind.as_ref())
            .page(
                self,
                (order, "id", query.sort.descending),
                query.page,
                Workflow::read,
            )
            .await
    }

    /// Saves a workflow anew. What is published stays.
    ///
    /// # Errors
    /// `NotFound`, `Stale`, `Conflict`.
    pub async fn update_workflow(
        &self,
        id: &EntityId,
        expected: Expected,
        body: WorkflowBody,
        by: &By,
    ) -> StoreResult<Workflow> {
        check_body(&body)?;
        self.update(id, expected, by, |workflow: &mut Workflow| {
            workflow.body = body
        })
        .await
    }

    /// Publishes what is saved of a workflow, as its next version.
    ///
    /// # Errors
    /// `NotFound`, `Stale`; `Full` past [`limits::VERSIONS_PER_WORKFLOW`].
    pub async fn publish_workflow(
        &self,
        id: &EntityId,
        expected: Expected,
        by: &By,
    ) -> StoreResult<WorkflowVersion> {
        self.change(async |tx| {
            let mut workflow: Workflow = record::current(tx, id, expected).await?;
            let number = workflow.published.unwrap_or(0).saturating_add(1);
            if number > limits::VERSIONS_PER_WORKFLOW {
                return Err(StoreError::Full {
                    entity: Entity::WorkflowVersion,
                    limit: limits::VERSIONS_PER_WORKFLOW.into(),
                });
            }
            workflow.published = Some(number);
            workflow.touch(by);
            record::replace(tx, &workflow).await?;
            record::note(tx, by, "publish", &workflow).await?;
            let made = WorkflowVersion {
                number,
                yaml: workflow.body.yaml,
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
    pub async fn workflow_version(
        &self,
        id: &EntityId,
        number: u32,
    ) -> StoreResult<WorkflowVersion> {
        let sql = "SELECT number, yaml, published, published_by FROM flow_version \
                   WHERE flow_id = $1 AND number = $2";
        let Some(mut row) = self.first(sql, values![id, number]).await? else {
            return Err(absent(Entity::WorkflowVersion, format!("{number} of {id}")));
        };
        Ok(WorkflowVersion {
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
    pub async fn delete_workflow(
        &self,
        id: &EntityId,
        expected: Expected,
        by: &By,
    ) -> StoreResult<()> {
        self.change(async |tx| {
            let workflow: Workflow = record::current(tx, id, expected).await?;
            record::delete(tx, &workflow, by).await
        })
        .await
    }
}

fn check_body(body: &WorkflowBody) -> StoreResult<()> {
    check::name("name", &body.name)?;
    check::text("description", &body.description)?;
    check::document("yaml", &body.yaml)
}
