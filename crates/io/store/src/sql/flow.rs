//! Flows and their published versions.

use super::list::{Select, by_id, one_id};
use super::{Store, audit, check, current, found, free};
use crate::backend::{Row, Tx, values};
use crate::error::{Entity, StoreError, StoreResult};
use crate::limits;
use crate::seam::{
    By, EntityId, Expected, Flow, FlowBody, FlowQuery, FlowSort, FlowVersion, NewFlow, Page,
    Version,
};
use serde_json::json;

const COLUMNS: &str =
    "id, flow_type, name, description, yaml, published, version, created, modified";

impl Store {
    /// Makes one.
    ///
    /// # Errors
    /// `Conflict` for a taken id or name.
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
        let mut tx = self.write().await?;
        let outcome = create(&mut tx, made, by).await;
        tx.finish(outcome).await
    }

    /// One by id.
    pub async fn flow(&self, id: &EntityId) -> StoreResult<Flow> {
        let row = self.first(&by_id(COLUMNS, "flow"), one_id(id)).await?;
        found(row, Entity::Flow, id, read)
    }

    /// One by type and name, whatever the name's case.
    pub async fn flow_named(&self, flow_type: &str, name: &str) -> StoreResult<Flow> {
        let sql = format!("SELECT {COLUMNS} FROM flow WHERE flow_type = $1 AND name_key = $2");
        let row = self
            .first(&sql, values![flow_type, check::key(name)])
            .await?;
        found(row, Entity::Flow, format!("{flow_type}/{name}"), read)
    }

    /// A page of them.
    pub async fn list_flows(&self, query: &FlowQuery) -> StoreResult<Page<Flow>> {
        let order = match query.sort.key {
            FlowSort::Name => "name_key",
            FlowSort::Type => "flow_type",
            FlowSort::Modified => "modified",
        };
        Select::new(COLUMNS, "flow")
            .name("name_key", query.name.as_ref())
            .compare("flow_type", "=", query.flow_type.as_ref())
            .page(self, (order, "id", query.sort.descending), query.page, read)
            .await
    }

    /// Saves it anew. What is published stays.
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
        let mut tx = self.write().await?;
        let outcome = change(&mut tx, id, expected, body, by).await;
        tx.finish(outcome).await
    }

    /// Publishes what is saved, as the next version.
    ///
    /// # Errors
    /// `NotFound`, `Stale`; `Full` past [`crate::limits::VERSIONS_PER_FLOW`].
    pub async fn publish_flow(
        &self,
        id: &EntityId,
        expected: Expected,
        by: &By,
    ) -> StoreResult<FlowVersion> {
        let mut tx = self.write().await?;
        let outcome = publish(&mut tx, id, expected, by).await;
        tx.finish(outcome).await
    }

    /// A published version.
    ///
    /// # Errors
    /// `NotFound` for flow or number.
    pub async fn flow_version(&self, id: &EntityId, number: u32) -> StoreResult<FlowVersion> {
        let sql = "SELECT number, yaml, published, published_by FROM flow_version \
                   WHERE flow_id = $1 AND number = $2";
        let row = self.first(sql, values![id, number]).await?;
        found(
            row,
            Entity::FlowVersion,
            format!("{number} of {id}"),
            read_version,
        )
    }

    /// Removes a flow and its versions.
    ///
    /// # Errors
    /// `NotFound`, `Stale`.
    pub async fn delete_flow(&self, id: &EntityId, expected: Expected, by: &By) -> StoreResult<()> {
        let mut tx = self.write().await?;
        let outcome = delete(&mut tx, id, expected, by).await;
        tx.finish(outcome).await
    }
}

async fn get(tx: &mut Tx, id: &EntityId) -> StoreResult<Flow> {
    let row = tx.first(&by_id(COLUMNS, "flow"), one_id(id)).await?;
    found(row, Entity::Flow, id, read)
}

async fn create(tx: &mut Tx, made: Flow, by: &By) -> StoreResult<Flow> {
    free(
        tx,
        Entity::Flow,
        "id",
        "SELECT 1 FROM flow WHERE id = $1",
        one_id(&made.id),
    )
    .await?;
    name_free(tx, &made).await?;
    let sql = format!(
        "INSERT INTO flow (name_key, {COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
    );
    let row = values![
        check::key(&made.body.name),
        &made.id,
        &made.flow_type,
        &made.body.name,
        &made.body.description,
        &made.body.yaml,
        made.published,
        made.version,
        made.created,
        made.modified,
    ];
    tx.execute(&sql, row).await?;
    audit::note(
        tx,
        by,
        "create",
        Entity::Flow,
        made.id.as_str(),
        told(&made),
    )
    .await?;
    Ok(made)
}

async fn change(
    tx: &mut Tx,
    id: &EntityId,
    expected: Expected,
    body: FlowBody,
    by: &By,
) -> StoreResult<Flow> {
    let mut it = get(tx, id).await?;
    current(Entity::Flow, expected, it.version)?;
    it.body = body;
    it.version = it.version.next();
    it.modified = by.at;
    name_free(tx, &it).await?;
    let row = values![
        id,
        &it.body.name,
        check::key(&it.body.name),
        &it.body.description,
        &it.body.yaml,
        it.version,
        it.modified,
    ];
    tx.execute(
        "UPDATE flow SET name = $2, name_key = $3, description = $4, yaml = $5, version = $6, modified = $7 \
         WHERE id = $1",
        row,
    )
    .await?;
    audit::note(tx, by, "update", Entity::Flow, id.as_str(), told(&it)).await?;
    Ok(it)
}

async fn publish(
    tx: &mut Tx,
    id: &EntityId,
    expected: Expected,
    by: &By,
) -> StoreResult<FlowVersion> {
    let mut it = get(tx, id).await?;
    current(Entity::Flow, expected, it.version)?;
    let number = it.published.unwrap_or(0).saturating_add(1);
    if number > limits::VERSIONS_PER_FLOW {
        return Err(StoreError::Full {
            entity: Entity::FlowVersion,
            limit: limits::VERSIONS_PER_FLOW.into(),
        });
    }
    let made = FlowVersion {
        number,
        yaml: it.body.yaml.clone(),
        published: by.at,
        published_by: by.actor.as_str().to_owned(),
    };
    it.published = Some(number);
    it.version = it.version.next();
    it.modified = by.at;
    let insert = "INSERT INTO flow_version (flow_id, number, yaml, published, published_by) \
                  VALUES ($1, $2, $3, $4, $5)";
    let row = values![id, number, &made.yaml, made.published, &made.published_by];
    tx.execute(insert, row).await?;
    let update = "UPDATE flow SET published = $2, version = $3, modified = $4 WHERE id = $1";
    tx.execute(update, values![id, number, it.version, it.modified])
        .await?;
    audit::note(tx, by, "publish", Entity::Flow, id.as_str(), told(&it)).await?;
    Ok(made)
}

async fn delete(tx: &mut Tx, id: &EntityId, expected: Expected, by: &By) -> StoreResult<()> {
    let it = get(tx, id).await?;
    current(Entity::Flow, expected, it.version)?;
    tx.execute("DELETE FROM flow WHERE id = $1", one_id(id))
        .await?;
    audit::note(tx, by, "delete", Entity::Flow, id.as_str(), told(&it)).await
}

async fn name_free(tx: &mut Tx, it: &Flow) -> StoreResult<()> {
    let taken = "SELECT 1 FROM flow WHERE flow_type = $1 AND name_key = $2 AND id <> $3";
    let names = values![&it.flow_type, check::key(&it.body.name), &it.id];
    free(tx, Entity::Flow, "name", taken, names).await
}

fn check_body(body: &FlowBody) -> StoreResult<()> {
    check::name("name", &body.name)?;
    check::text("description", &body.description)?;
    check::document("yaml", &body.yaml)
}

fn told(it: &Flow) -> serde_json::Value {
    json!({
        "name": it.body.name,
        "type": it.flow_type,
        "version": it.version.0,
        "published": it.published,
    })
}

fn read(row: &mut Row) -> StoreResult<Flow> {
    Ok(Flow {
        id: row.id()?,
        flow_type: row.text()?,
        body: FlowBody {
            name: row.text()?,
            description: row.text()?,
            yaml: row.text()?,
        },
        published: match row.maybe_int()? {
            Some(number) => u32::try_from(number).ok(),
            None => None,
        },
        version: row.version()?,
        created: row.time()?,
        modified: row.time()?,
    })
}

fn read_version(row: &mut Row) -> StoreResult<FlowVersion> {
    Ok(FlowVersion {
        number: row.small()?,
        yaml: row.text()?,
        published: row.time()?,
        published_by: row.text()?,
    })
}
