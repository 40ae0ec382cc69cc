//! Workflows and their published versions. What lists need lies beside the texts, which no list reads.

use super::check;
use super::layout::{Layout, layout};
use super::list::Select;
use super::record::{self, Record, absent};
use crate::backend::{Row, Tx, values};
use crate::error::{Entity, StoreError, StoreResult};
use crate::id::{EntityId, Version};
use crate::limits;
use crate::seam::{
    Author, Expected, NewWorkflowVersion, Page, PageRequest, PublishedWorkflow, Workflow,
    WorkflowVersion,
};
use crate::store::Store;
use serde_json::{Value as Json, json};

layout! {
    Workflow as Workflow in "flow", unique ["flow_type", "name_key"];
    id, kind = "flow_type", name, description, published, active, version, created, modified;
}

/// What [`read_version`] takes, and where it is.
const VERSION_COLUMNS: &str = "number, this.published, (SELECT later.published FROM flow_version AS later \
     WHERE later.flow_id = this.flow_id AND later.number = this.number + 1), published_by, input_schema, output_schema";
const VERSIONS: &str = "flow_version AS this";
/// What [`read_published`] takes: the columns of a workflow in the order of its layout, then those of its last version.
const PUBLISHED_COLUMNS: &str = "id, flow_type, name, description, flow.published, active, version, created, \
     modified, number, this.published, NULL, published_by, input_schema, output_schema";
const PUBLISHED: &str =
    "flow JOIN flow_version AS this ON this.flow_id = flow.id AND this.number = flow.published";

impl Record for Workflow {
    type Query = PageRequest;

    fn detail(&self) -> Json {
        json!({
            "name": self.name,
            "type": self.kind,
            "version": self.version.0,
            "published": self.published,
        })
    }

    fn select(page: &PageRequest) -> StoreResult<Select> {
        Ok(Select::of::<Self>("id", false, *page))
    }
}

impl Store {
    /// Publishes a workflow's file, as the next version of the workflow that has its type and name, or of a new one.
    /// The workflow is active then.
    ///
    /// # Errors
    /// `Full` past [`limits::VERSIONS_PER_WORKFLOW`].
    pub async fn publish_workflow(
        &self,
        new: NewWorkflowVersion,
        by: &Author,
    ) -> StoreResult<PublishedWorkflow> {
        check(&new)?;
        self.change(async |tx| publish(tx, new, by).await).await
    }

    /// The workflow of this type and name, and its last version. The name's case doesn't matter.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn workflow_named(&self, kind: &str, name: &str) -> StoreResult<PublishedWorkflow> {
        let sql = format!(
            "SELECT {PUBLISHED_COLUMNS} FROM {PUBLISHED} WHERE flow_type = $1 AND name_key = $2"
        );
        match self.first(&sql, values![kind, check::key(name)]).await? {
            Some(mut row) => read_published(&mut row),
            None => Err(absent(Entity::Workflow, format!("{kind}/{name}"))),
        }
    }

    /// The workflow with this id, and its last version.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn workflow(&self, id: &EntityId) -> StoreResult<PublishedWorkflow> {
        let sql = format!("SELECT {PUBLISHED_COLUMNS} FROM {PUBLISHED} WHERE id = $1");
        match self.first(&sql, values![id]).await? {
            Some(mut row) => read_published(&mut row),
            None => Err(absent(Entity::Workflow, id)),
        }
    }

    /// A page of all workflows with their last versions, by id.
    ///
    /// # Errors
    /// `Invalid` for a page of too many bytes.
    pub async fn workflows(&self, page: PageRequest) -> StoreResult<Page<PublishedWorkflow>> {
        let order = ("id", "number", false);
        let all = Select::new(PUBLISHED_COLUMNS, PUBLISHED, order, page);
        all.page(self, read_published).await
    }

    /// A page of the versions of a workflow, the last one first.
    ///
    /// # Errors
    /// `NotFound` for the workflow; `Invalid` for a page of too many bytes.
    pub async fn workflow_versions(
        &self,
        id: &EntityId,
        page: PageRequest,
    ) -> StoreResult<Page<WorkflowVersion>> {
        self.get::<Workflow>(id).await?;
        let all = Select::new(VERSION_COLUMNS, VERSIONS, ("number", "flow_id", true), page);
        let own = all.compare("flow_id", "=", Some(id));
        own.page(self, read_version).await
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
        let sql =
            format!("SELECT {VERSION_COLUMNS} FROM {VERSIONS} WHERE flow_id = $1 AND number = $2");
        match self.first(&sql, values![id, number]).await? {
            Some(mut row) => read_version(&mut row),
            None => Err(no_version(id, number)),
        }
    }

    /// The text of a published version of a workflow, byte for byte as it was published.
    ///
    /// # Errors
    /// `NotFound` for workflow or number.
    pub async fn workflow_text(&self, id: &EntityId, number: u32) -> StoreResult<String> {
        let sql = "SELECT yaml FROM flow_version WHERE flow_id = $1 AND number = $2";
        match self.first(sql, values![id, number]).await? {
            Some(mut row) => row.take(),
            None => Err(no_version(id, number)),
        }
    }

    /// Makes a workflow inactive until it is published again.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn deactivate_workflow(
        &self,
        id: &EntityId,
        by: &Author,
    ) -> StoreResult<PublishedWorkflow> {
        self.change(async |tx| {
            let mut workflow: Workflow = record::get(tx, id).await?;
            workflow.active = false;
            workflow.touch(by);
            record::replace(tx, &workflow).await?;
            record::note(tx, by, "deactivate", &workflow).await
        })
        .await?;
        self.workflow(id).await
    }

    /// Removes workflows with all their versions: all of them, or none where one isn't there.
    ///
    /// # Errors
    /// `NotFound` for the first that isn't there.
    pub async fn delete_workflows(&self, ids: &[EntityId], by: &Author) -> StoreResult<()> {
        self.change(async |tx| {
            for id in ids {
                record::delete::<Workflow>(tx, id, Expected::Any, by).await?;
            }
            Ok(())
        })
        .await
    }
}

/// An error for what can't be kept of a version.
pub(super) fn check(new: &NewWorkflowVersion) -> StoreResult<()> {
    check::name("type", &new.kind)?;
    check::name("name", &new.name)?;
    check::text("description", &new.description)?;
    check::document("yaml", &new.yaml)
}

/// Publishes a version that was checked.
pub(super) async fn publish(
    tx: &mut Tx,
    new: NewWorkflowVersion,
    by: &Author,
) -> StoreResult<PublishedWorkflow> {
    let workflow = next(tx, &new, by).await?;
    let last = WorkflowVersion {
        number: workflow.published,
        published: by.at,
        ended: None,
        published_by: by.actor.as_str().to_owned(),
        input_schema: Some(new.input_schema),
        output_schema: Some(new.output_schema),
    };
    let insert = "INSERT INTO flow_version \
        (flow_id, number, yaml, published, published_by, input_schema, output_schema) \
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let row = values![
        &workflow.id,
        last.number,
        &new.yaml,
        last.published,
        &last.published_by,
        &last.input_schema,
        &last.output_schema,
    ];
    tx.execute(insert, row).await?;
    Ok(PublishedWorkflow { workflow, last })
}

/// Writes the workflow that a version is published of, with the number of that version.
async fn next(tx: &mut Tx, new: &NewWorkflowVersion, by: &Author) -> StoreResult<Workflow> {
    let sql = format!(
        "SELECT {} FROM flow WHERE flow_type = $1 AND name_key = $2",
        Workflow::COLUMNS
    );
    let keys = values![&new.kind, check::key(&new.name)];
    let Some(mut row) = tx.first(&sql, keys).await? else {
        let made = Workflow {
            id: EntityId::random(),
            kind: new.kind.clone(),
            name: new.name.clone(),
            description: new.description.clone(),
            published: 1,
            active: true,
            version: Version::FIRST,
            created: by.at,
            modified: by.at,
        };
        let made = record::create(tx, made, Vec::new(), by).await?;
        record::note(tx, by, "publish", &made).await?;
        return Ok(made);
    };
    let mut workflow = Workflow::read(&mut row)?;
    if workflow.published >= limits::VERSIONS_PER_WORKFLOW {
        return Err(StoreError::Full {
            entity: Entity::WorkflowVersion,
            limit: limits::VERSIONS_PER_WORKFLOW.into(),
        });
    }
    workflow.name.clone_from(&new.name);
    workflow.description.clone_from(&new.description);
    workflow.published += 1;
    workflow.active = true;
    workflow.touch(by);
    record::replace(tx, &workflow).await?;
    record::note(tx, by, "publish", &workflow).await?;
    Ok(workflow)
}

fn read_published(row: &mut Row) -> StoreResult<PublishedWorkflow> {
    Ok(PublishedWorkflow {
        workflow: Workflow::read(row)?,
        last: read_version(row)?,
    })
}

fn read_version(row: &mut Row) -> StoreResult<WorkflowVersion> {
    Ok(WorkflowVersion {
        number: row.take()?,
        published: row.take()?,
        ended: row.take()?,
        published_by: row.take()?,
        input_schema: row.take()?,
        output_schema: row.take()?,
    })
}

fn no_version(id: &EntityId, number: u32) -> StoreError {
    absent(Entity::WorkflowVersion, format!("{number} of {id}"))
}
