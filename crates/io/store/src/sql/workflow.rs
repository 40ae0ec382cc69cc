//! Workflows and their published versions.

use super::check;
use super::layout::{Layout, layout};
use super::list::Select;
use super::record::{self, Editable, Record, absent};
use crate::backend::{Tx, values};
use crate::error::{Entity, StoreError, StoreResult};
use crate::id::{EntityId, Version};
use crate::limits;
use crate::seam::{
    Author, Expected, NewWorkflow, Workflow, WorkflowBody, WorkflowQuery, WorkflowSort,
    WorkflowVersion,
};
use crate::store::Store;
use serde_json::{Value as Json, json};

layout! {
    Workflow as Workflow in "flow", unique ["flow_type", "name_key"];
    id, kind = "flow_type", published, version, created, modified;
    body: WorkflowBody { name, description, yaml }
}

impl Record for Workflow {
    type Query = WorkflowQuery;

    fn detail(&self) -> Json {
        json!({
            "name": self.body.name,
            "type": self.kind,
            "version": self.version.0,
            "published": self.published,
        })
    }

    fn select(query: &WorkflowQuery) -> StoreResult<Select> {
        let column = match query.sort.key {
            WorkflowSort::Name => "name_key",
            WorkflowSort::Type => "flow_type",
            WorkflowSort::Modified => "modified",
        };
        Ok(
            Select::of::<Self>(column, query.sort.descending, query.page)
                .name("name_key", query.name.as_ref())
                .compare("flow_type", "=", query.kind.as_ref()),
        )
    }
}

impl Editable for Workflow {
    type New = NewWorkflow;
    type Change = WorkflowBody;

    fn make(new: NewWorkflow, by: &Author) -> StoreResult<Self> {
        check::name("type", &new.kind)?;
        Self::check(&new.body)?;
        Ok(Self {
            id: new.id,
            kind: new.kind,
            body: new.body,
            version: Version::FIRST,
            published: None,
            created: by.at,
            modified: by.at,
        })
    }

    fn check(body: &WorkflowBody) -> StoreResult<()> {
        check::name("name", &body.name)?;
        check::text("description", &body.description)?;
        check::document("yaml", &body.yaml)
    }

    /// What is published stays.
    async fn edit(&mut self, _tx: &mut Tx, body: WorkflowBody) -> StoreResult<()> {
        self.body = body;
        Ok(())
    }
}

impl Store {
    /// The workflow of this type and name; the name's case doesn't matter.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn workflow_named(&self, kind: &str, name: &str) -> StoreResult<Workflow> {
        let keys = values![kind, check::key(name)];
        self.named(
            "flow_type = $1 AND name_key = $2",
            keys,
            format!("{kind}/{name}"),
        )
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
        by: &Author,
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
            number: row.take()?,
            yaml: row.take()?,
            published: row.take()?,
            published_by: row.take()?,
        })
    }
}
